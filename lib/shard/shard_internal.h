/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Shared inside lib/shard.
 */
#ifndef TG_SHARD_SHARD_INTERNAL_H
#define TG_SHARD_SHARD_INTERNAL_H

#include "base/seq.h"
#include "shard/shard.h"
#include "shard/user.h"
#include "tcp/tcp.h"

#define TIMERS_PER_RUN 64 /* connections whose timers are handled in one run */

struct tg_shard {
	const struct tg_shard_config *config;
	const struct tg_user_ops *ops;
	void *user;
	struct tg_neighbor *neighbor;
	struct tg_stats *stats;
	struct tg_tcp_gauges *gauges;
	uint32_t n_touched;
	uint32_t touched[TG_SHARD_BURST_MAX + TIMERS_PER_RUN + TG_USER_POLL_MAX];
	struct tg_tcp tcp;
};

/* connection.c, with what shard/user.h declares. */

/* Acts on what TCP reported: sends a reset that belongs to connection h, frees it when it
 * has ended, or touches it. */
void tg_connection_result(struct tg_run *run, uint32_t h, const struct tg_tcp_result *r);

/* Serves every touched connection: user, output, timers. */
void tg_connection_serve_touched(struct tg_run *run);

#endif
