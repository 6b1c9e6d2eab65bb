/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Timing: how often something took how long, in few buckets that are cheap to fill.
 *
 * The unit is that of round-trip times, 2^10 ns (base/time.h). Every power of two of it is an
 * edge, from 1.024 us to 34.4 s. Between edges there are four buckets, and one beyond the last, so
 * that a quantile read from them is off by less than a quarter, or a unit. Where 0.8 % are wanted,
 * and 18 KiB can be had, there is base/histogram.h.
 *
 * A shard records into struct tg_timing; others copy it to struct tg_times, which they may add up,
 * subtract and read.
 */
#ifndef TG_BASE_TIMING_H
#define TG_BASE_TIMING_H

#include <stdatomic.h>
#include <stdint.h>

enum tg_timed {
#define TG_TIMING(symbol, name, help) TG_TIMED_##symbol,
#include "base/timing.def"
#undef TG_TIMING
	TG_TIMED_MAX
};

struct tg_timed_info {
	const char *name; /* snake case, as in /status */
	const char *help; /* one sentence */
};

extern const struct tg_timed_info tg_timed_info[TG_TIMED_MAX];

#define TG_TIMING_EDGES       26 /* 2^0 to 2^25 units */
#define TG_TIMING_LINEAR_BITS 2  /* 2^2 buckets an octave */
#define TG_TIMING_BUCKETS     (((TG_TIMING_EDGES - TG_TIMING_LINEAR_BITS) << TG_TIMING_LINEAR_BITS) + 1)

/* Begins zeroed. worker: rw, control: ro */
struct tg_timing {
	_Atomic uint64_t sum; /* units */
	_Atomic uint64_t bucket[TG_TIMING_BUCKETS];
};

struct tg_times {
	uint64_t sum; /* units */
	uint64_t bucket[TG_TIMING_BUCKETS];
};

/* Counts one duration in units of 2^10 ns. The recording thread. */
void tg_timing_record(struct tg_timing *timing, uint32_t units);

/* Copies what was recorded so far. Any thread. */
void tg_timing_read(const struct tg_timing *timing, struct tg_times *times);

/* Adds other to times. */
void tg_times_add(struct tg_times *times, const struct tg_times *other);

/* What was recorded after `before` and up to `now`, two readings of the same. */
void tg_times_between(
    const struct tg_times *before, const struct tg_times *now, struct tg_times *between);

/* How many durations there are. */
uint64_t tg_times_count(const struct tg_times *times);

/* How many are shorter than 2^edge units; edge: 0 to TG_TIMING_EDGES - 1. */
uint64_t tg_times_below(const struct tg_times *times, unsigned edge);

/* The mean in ns, rounded down; 0 if there is none. */
uint64_t tg_times_mean_ns(const struct tg_times *times);

/* The duration in ns that permyriad of 10000 do not exceed, as if they were spread evenly over
 * their bucket; 0 if there is none. Those beyond the last edge count as that long. */
uint64_t tg_times_quantile_ns(const struct tg_times *times, uint32_t permyriad);

#endif
