/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Shared inside lib/shard.
 */
#ifndef TG_SHARD_SHARD_INTERNAL_H
#define TG_SHARD_SHARD_INTERNAL_H

#include "base/seq.h"
#include "shard/shard.h"
#include "tcp/tcp.h"

#define TIMERS_PER_RUN 64 /* connections whose timers are handled in one run */
#define SWEEP_PER_RUN  64 /* connections or side records looked at by a sweep in one run */

struct tg_shard {
	const struct tg_shard_config *config;
	struct tg_neighbor *neighbor;
	struct tg_http_conn *http; /* one for each side record of tcp, same index */
	struct tg_stats *stats;
	struct tg_tcp_gauges *gauges;
	struct tg_http_pins *pins;
	uint64_t oldest_serial; /* answers older than this have been swept for */
	uint32_t expiry_cursor; /* next side record to look at for expired answers */
	uint32_t drain_cursor;  /* next connection to close while draining */
	uint32_t n_touched;
	uint32_t touched[TG_SHARD_BURST_MAX + TIMERS_PER_RUN + 2 * SWEEP_PER_RUN];
	struct tg_tcp tcp;
};

/* One call of tg_shard_run. */
struct tg_run {
	struct tg_shard *shard;
	const struct tg_world *world;
	tg_time_t now;
	struct tg_frames *spare;
	struct tg_frames *tx;
};

/* connection.c: the HTTP server as the user of TCP. */

/* Offers in-order text of connection h to its user. Returns the bytes taken. */
uint32_t tg_connection_feed(struct tg_run *run, uint32_t h, const uint8_t *text, uint32_t len);

/* Notes that h has something to do at the end of this run. */
void tg_connection_touch(struct tg_run *run, uint32_t h);

/* Acts on what TCP reported: sends a reset that belongs to connection h, frees it when it
 * has ended, or touches it. */
void tg_connection_result(struct tg_run *run, uint32_t h, const struct tg_tcp_result *r);

/* Serves every touched connection: user, output, timers. */
void tg_connection_serve_touched(struct tg_run *run);

/* Looks at some connections for work that nothing else would bring up: answers from
 * snapshots that must go, idle connections while draining. */
void tg_connection_sweep(struct tg_run *run);

/* Whether a sweep is under way, so that the next run has work whatever the wheel says. */
bool tg_connection_is_sweeping(const struct tg_shard *shard);

#endif
