/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Limit: what bounds the appliance, and how often each bound was hit.
 */
#ifndef TG_CONTROL_LIMIT_H
#define TG_CONTROL_LIMIT_H

#include "config/config.h"

struct tg_tally;

enum tg_limit {
#define TG_LIMIT(symbol, name, help) TG_LIMIT_##symbol,
#include "control/limit.def"
#undef TG_LIMIT
	TG_LIMIT_MAX
};

struct tg_limit_info {
	const char *name; /* snake case, as in /status and /metrics */
	const char *help; /* one sentence */
};

extern const struct tg_limit_info tg_limit_info[TG_LIMIT_MAX];

/* Says where the limits are. Control thread, at start. */
void tg_limits_fill(uint64_t value[TG_LIMIT_MAX], const struct tg_service_config *service);

/* How often a limit was hit. Any thread. */
uint64_t tg_limit_hits(enum tg_limit limit, const struct tg_tally *tally);

#endif
