/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Counters, drop reasons and timings (base/timing.h).
 *
 * All are tables: counter.def, drop.def and timing.def give every entry its symbol,
 * its name on the outside and a sentence. A shard owns one struct tg_stats and is
 * its only writer; the control thread reads it at any time. Relaxed atomics make
 * that well defined and cost a plain add.
 */
#ifndef TG_BASE_STATS_H
#define TG_BASE_STATS_H

#include "base/timing.h"

#include <stdatomic.h>
#include <stdint.h>

enum tg_counter {
#define TG_COUNTER(symbol, name, help) TG_COUNTER_##symbol,
#include "base/counter.def"
#undef TG_COUNTER
	TG_COUNTER_MAX
};

enum tg_severity { TG_SEVERITY_INFO, TG_SEVERITY_WARN, TG_SEVERITY_ERROR };

/* TG_DROP_NONE: the frame goes on. It is no reason and is never counted. */
enum tg_drop {
	TG_DROP_NONE,
#define TG_DROP(symbol, name, severity, help) TG_DROP_##symbol,
#include "base/drop.def"
#undef TG_DROP
	TG_DROP_MAX
};

/* worker: rw, control: ro */
struct tg_stats {
	_Atomic uint64_t counter[TG_COUNTER_MAX];
	_Atomic uint64_t drop[TG_DROP_MAX];
	struct tg_timing timing[TG_TIMED_MAX];
};

struct tg_stat_info {
	const char *name; /* snake case, as in /status and telemetry */
	const char *help; /* one sentence */
	enum tg_severity severity;
};

extern const struct tg_stat_info tg_counter_info[TG_COUNTER_MAX];
extern const struct tg_stat_info tg_drop_info[TG_DROP_MAX];

static inline void
tg_stat_add(_Atomic uint64_t *slot, uint64_t n)
{
	/* One writer: a load and a store, no locked instruction. */
	atomic_store_explicit(
	    slot, atomic_load_explicit(slot, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline void
tg_count(struct tg_stats *s, enum tg_counter c)
{
	tg_stat_add(&s->counter[c], 1);
}

static inline void
tg_count_n(struct tg_stats *s, enum tg_counter c, uint64_t n)
{
	tg_stat_add(&s->counter[c], n);
}

static inline void
tg_count_drop(struct tg_stats *s, enum tg_drop why)
{
	tg_stat_add(&s->drop[why], 1);
}

static inline uint64_t
tg_stats_counter(const struct tg_stats *s, enum tg_counter c)
{
	return atomic_load_explicit(&s->counter[c], memory_order_relaxed);
}

static inline uint64_t
tg_stats_drop(const struct tg_stats *s, enum tg_drop why)
{
	return atomic_load_explicit(&s->drop[why], memory_order_relaxed);
}

#endif
