/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "base/timing.h"

#include "base/stats.h"
#include "base/time.h"
#include "base/types.h"

#define LINEAR  (1U << TG_TIMING_LINEAR_BITS)
#define LONGEST (1U << (TG_TIMING_EDGES - 1)) /* units; from here on in the last bucket */

_Static_assert(TG_TIMING_BUCKETS == 97, "six cache lines, and those beyond");

const struct tg_timed_info tg_timed_info[TG_TIMED_MAX] = {
#define TG_TIMING(symbol, name, help) [TG_TIMED_##symbol] = { #name, help },
#include "base/timing.def"
#undef TG_TIMING
};

/* As in base/histogram.c: below 2 * LINEAR the value itself; above, shift makes it a number from
 * LINEAR to 2 * LINEAR - 1, and the buckets go on without a gap. */
static uint32_t
bucket_of(uint32_t units)
{
	uint32_t shift;

	units = TG_MIN(units, LONGEST);
	if (units < 2 * LINEAR)
		return units;
	shift = 31 - TG_TIMING_LINEAR_BITS - (uint32_t)__builtin_clz(units);
	return shift * LINEAR + (units >> shift);
}

/* The smallest value of a bucket. */
static uint64_t
start_of(uint32_t bucket)
{
	uint32_t shift = bucket < 2 * LINEAR ? 0 : bucket / LINEAR - 1;

	return (uint64_t)(bucket - shift * LINEAR) << shift;
}

void
tg_timing_record(struct tg_timing *timing, uint32_t units)
{
	tg_stat_add(&timing->bucket[bucket_of(units)], 1);
	tg_stat_add(&timing->sum, units);
}

void
tg_timing_read(const struct tg_timing *timing, struct tg_times *times)
{
	uint32_t i;

	times->sum = atomic_load_explicit(&timing->sum, memory_order_relaxed);
	for (i = 0; i < TG_TIMING_BUCKETS; i++)
		times->bucket[i] = atomic_load_explicit(&timing->bucket[i], memory_order_relaxed);
}

void
tg_times_add(struct tg_times *times, const struct tg_times *other)
{
	uint32_t i;

	times->sum += other->sum;
	for (i = 0; i < TG_TIMING_BUCKETS; i++)
		times->bucket[i] += other->bucket[i];
}

void
tg_times_between(
    const struct tg_times *before, const struct tg_times *now, struct tg_times *between)
{
	uint32_t i;

	between->sum = now->sum - before->sum;
	for (i = 0; i < TG_TIMING_BUCKETS; i++)
		between->bucket[i] = now->bucket[i] - before->bucket[i];
}

static uint64_t
count_until(const struct tg_times *times, uint32_t bucket)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < bucket; i++)
		n += times->bucket[i];
	return n;
}

uint64_t
tg_times_count(const struct tg_times *times)
{
	return count_until(times, TG_TIMING_BUCKETS);
}

uint64_t
tg_times_below(const struct tg_times *times, unsigned edge)
{
	return count_until(times, bucket_of(1U << edge));
}

uint64_t
tg_times_mean_ns(const struct tg_times *times)
{
	uint64_t n = tg_times_count(times);

	if (n == 0)
		return 0;
	/* In two parts, so that it does not overflow. */
	return (times->sum / n << TG_RTT_SHIFT) + (times->sum % n << TG_RTT_SHIFT) / n;
}

uint64_t
tg_times_quantile_ns(const struct tg_times *times, uint32_t permyriad)
{
	uint64_t total = tg_times_count(times), rank, left, width;
	uint32_t i;

	if (total == 0)
		return 0;
	/* In two parts, likewise. */
	rank = total / 10000 * permyriad + (total % 10000 * permyriad + 9999) / 10000;
	left = TG_MAX(rank, 1);
	for (i = 0; i < TG_TIMING_BUCKETS - 1 && times->bucket[i] < left; i++)
		left -= times->bucket[i];
	if (i == TG_TIMING_BUCKETS - 1)
		return (uint64_t)LONGEST << TG_RTT_SHIFT;
	width = start_of(i + 1) - start_of(i);
	return (start_of(i) << TG_RTT_SHIFT) + (uint64_t)((double)(width << TG_RTT_SHIFT) *
							  (double)left / (double)times->bucket[i]);
}
