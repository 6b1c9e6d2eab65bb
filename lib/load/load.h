/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Load: an HTTP client as the user of a shard's connections.
 *
 * It opens connections to one remote socket, at a rate, as many at once as allowed, or both;
 * sends GET requests on each, the next when the response to the last one is whole; and
 * measures. Where a connection has had its last request, that one says so (Connection: close),
 * and the server closes; or the client does.
 *
 * Times are those of the bursts in which something was sent and its answer arrived, so they
 * are as fine as the worker's loop is fast, and hold the time in both ends' queues.
 *
 * By Fast Open the first request is part of the SYN once the server has given a cookie, and one
 * SYN from each local address asks for that first. Its time is then that of the SYN.
 *
 * tg_shard_config: user is &tg_load_user, user_config a struct tg_load_config. All endpoints of
 * its tg_tcp_config have port 0 and the family of the remote address; connections are opened
 * from all of them. While tg_world.draining none is opened, and none gets another request.
 */
#ifndef TG_LOAD_LOAD_H
#define TG_LOAD_LOAD_H

#include "base/histogram.h"
#include "shard/shard.h"

enum tg_load_count {
#define TG_LOAD(symbol, name, kind, help) TG_LOAD_##symbol,
#include "load/count.def"
#undef TG_LOAD
	TG_LOAD_MAX
};

enum tg_load_kind { TG_LOAD_TOTAL, TG_LOAD_ERROR, TG_LOAD_LIMIT };

struct tg_load_count_info {
	const char *name; /* snake case */
	const char *help; /* one sentence */
	enum tg_load_kind kind;
};

extern const struct tg_load_count_info tg_load_count_info[TG_LOAD_MAX];

/* Text of a request, to be sent as it is. */
struct tg_load_request {
	const uint8_t *text;
	uint32_t len; /* bytes */
};

/* The worker that segments of a tuple come to, remote being the peer; ports in wire order. */
typedef uint16_t (*tg_load_worker_of)(const void *ctx, bool is_ipv6, const union tg_ip *remote,
    const union tg_ip *local, be16_t rport, be16_t lport);

/* What to do. Immutable, shared by all shards. */
struct tg_load_config {
	union tg_ip remote;
	bool is_ipv6;
	be16_t port;
	uint16_t local_port_min, local_port_max; /* host order */
	struct tg_load_request request;          /* any but the last one on a connection */
	struct tg_load_request last_request;     /* asks the server to close */
	uint32_t requests;                       /* on each connection; 0: no limit */
	uint64_t total;       /* requests on all connections of a shard; UINT64_MAX: no limit */
	uint32_t connections; /* of a shard, open at once, without TIME-WAIT */
	uint64_t interval_ns; /* between two opens of one shard; 0: whenever there is room */
	bool close;           /* the client closes behind the last response */
	bool half_close;      /* it closes its side behind the last request */
	bool fast_open;       /* the first request on a connection goes in its SYN (RFC 7413) */
	bool verify;          /* bodies must have: */
	uint64_t body_bytes, body_sum; /* this length and tg_body_sum */
	tg_load_worker_of worker_of;   /* NULL: tg_flow_shard of tg_flow_hash says it */
	const void *worker_ctx;
};

/* Worker: rw, control: ro */
struct tg_load_figures {
	_Atomic uint64_t count[TG_LOAD_MAX];
	_Atomic uint32_t open;         /* connections, without TIME-WAIT */
	_Atomic bool finished;         /* no more will be opened, and none is open */
	struct tg_histogram handshake; /* ns, from the first SYN to the SYN-ACK */
	struct tg_histogram request;   /* ns, from a request to the end of its response */
};

extern const struct tg_user_ops tg_load_user;

/* Gives a shard its share of the work, in place of what its configuration says: it is worker
 * number worker of n_workers, and opens only what comes back to it. total: UINT64_MAX is no
 * limit. Before its first run. */
void tg_load_set_share(struct tg_shard *shard, uint16_t worker, uint16_t n_workers,
    uint32_t connections, uint64_t total);

/* Counts the connections that are still open as CUT_OFF. The shard must have stopped. */
void tg_load_cut_off(struct tg_shard *shard);

/* Read by the control thread at any time. */
const struct tg_load_figures *tg_load_figures(const struct tg_shard *shard);

#endif
