/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Local ports for active opens: RFC 6056, algorithm 4, "double-hash".
 *
 * Where in the range to look first is a keyed hash of local address, remote address and remote
 * port, so that nobody else can tell which port comes next; how far to go on from there is one
 * of TG_PORTS_COUNTERS counters, chosen by a second hash, so that opens towards one server tell
 * little of those towards another. Towards one server ports go up by steps: one is used again
 * only after all the others.
 *
 * A port is offered if no connection has the tuple, TIME-WAIT included, and if the flow hash of
 * the answers names this shard: so each shard of a port looks at the whole range and finds its
 * own part of it.
 *
 * All functions are called by the shard's worker only.
 */
#ifndef TG_TCP_PORTS_H
#define TG_TCP_PORTS_H

#include "tcp/tcp.h"

#define TG_PORTS_FIRST    49152 /* RFC 6335 section 6: dynamic ports */
#define TG_PORTS_LAST     65535
#define TG_PORTS_COUNTERS 64

struct tg_tcp_ports {
	uint16_t first, last; /* the range, both included; host order */
	uint32_t shard, n_shards;
	uint16_t counter[TG_PORTS_COUNTERS];
};

/* Starts with ports first..last, 1 =< first =< last, host order, for shard number shard of
 * n_shards. */
void tg_tcp_ports_init(
    struct tg_tcp_ports *ports, uint16_t first, uint16_t last, uint32_t shard, uint32_t n_shards);

/* A local port for tg_tcp_connect from endpoint to remote:rport, RFC 6056 section 3.3.4. Looks at
 * a bounded number of ports, in proportion to n_shards, or at each of the range once; 0, counted
 * as ports_exhausted, if none of them will do: another call goes on where this one ended. */
be16_t tg_tcp_ports_next(struct tg_tcp *tcp, struct tg_tcp_ports *ports, uint16_t endpoint,
    const union tg_ip *remote, be16_t rport);

#endif
