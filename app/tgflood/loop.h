/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Loop: one lcore that sends the flood, takes what comes back, and runs a shard for its own
 * addresses: ARP, neighbour discovery, and the clients beside the flood.
 *
 *   queue -> replies to the flood -> counted, a few answered
 *         -> all else -> shard -> queue
 *            SYNs that are due -> queue
 *
 * It polls without pause, so the time between two turns shows when the lcore was taken away.
 */
#ifndef TG_TGFLOOD_LOOP_H
#define TG_TGFLOOD_LOOP_H

#include <rte_mbuf.h>

#include "flood/flood.h"
#include "io/block.h"
#include "io/port.h"
#include "shard/shard.h"

#define TG_FLOOD_BURST  64
#define TG_FLOOD_GAP_NS 100000 /* a turn that takes longer is a gap */

/* Latencies of clients are kept a second time for intervals of this length that are clean: neither
 * in them nor in the one before was there a gap, or a silence of SILENCE, which at PILOT_RATE SYNs
 * per second and more shows that the other end was away. */
#define TG_FLOOD_INTERVAL_NS (10 * TG_NS_PER_MS)
#define TG_FLOOD_SILENT_NS   500000
#define TG_FLOOD_PILOT_RATE  20000

enum tg_flood_phase {
	TG_FLOOD_RESOLVING, /* the next hop is asked for; nothing is sent before it is known */
	TG_FLOOD_RUNNING,
	TG_FLOOD_DRAINING, /* only what still comes is taken */
	TG_FLOOD_STOPPED,
};

/* Where the SYNs go. */
struct tg_flood_hop {
	union tg_ip ip;
	bool is_ipv6;
	uint16_t vlan;
	bool has_mac; /* it is known, and not asked for */
	uint8_t mac[6];
};

struct tg_flood_loop_config {
	const struct tg_port *port;
	const struct tg_shard_config *shard;
	const struct tg_flood_config *flood;
	struct tg_flood_hop hop;
	double rate;     /* SYNs per second; negative: as many as go */
	uint64_t count;  /* SYNs at most */
	bool clients;    /* the shard opens connections */
	bool no_replies; /* nothing that comes is read once the next hop is known */
};

/* Worker: rw, control: ro */
struct tg_flood_loop_figures {
	_Atomic bool aimed;      /* the next hop is known */
	_Atomic bool finished;   /* count is reached */
	_Atomic uint64_t unread; /* frames thrown away */
	_Atomic uint64_t gaps;   /* while running */
	_Atomic uint64_t gap_ns; /* their sum */
	_Atomic uint64_t gap_max_ns;
	_Atomic uint64_t intervals, clean_intervals;
	struct tg_histogram clean_handshake; /* ns, of clients in clean intervals */
	/* From the beginning to the last SYN or the end of running, once draining has begun; and
	 * what was counted up to then. */
	_Atomic uint64_t elapsed_ns;
	_Atomic uint64_t count[TG_FLOOD_MAX];
};

struct tg_flood_loop; /* opaque */

/* Makes a loop; what config points to must outlive it. Returns NULL and has logged why on
 * failure. Control. */
struct tg_flood_loop *tg_flood_loop_create(const struct tg_flood_loop_config *config);

/* Starts it on an lcore, in the phase TG_FLOOD_RESOLVING. Returns 0 or -errno. Control. */
int tg_flood_loop_start(struct tg_flood_loop *l, unsigned lcore);

/* Goes on to a later phase; clients open connections while running. Control. */
void tg_flood_loop_enter(struct tg_flood_loop *l, enum tg_flood_phase phase);

/* The link came up. Control. */
void tg_flood_loop_link_up(struct tg_flood_loop *l);

/* Waits for the loop of a stopped flood to end and counts what was left. Control. */
void tg_flood_loop_wait(struct tg_flood_loop *l, unsigned lcore);

/* Frees everything; the port must still be open. */
void tg_flood_loop_free(struct tg_flood_loop *l);

/* Read by the control thread at any time. */
struct tg_shard *tg_flood_loop_shard(struct tg_flood_loop *l);
const struct tg_flood *tg_flood_loop_flood(const struct tg_flood_loop *l);
const struct tg_flood_loop_figures *tg_flood_loop_figures(const struct tg_flood_loop *l);

#endif
