/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "base/histogram.h"

#include "base/stats.h"
#include "base/types.h"

#define LINEAR    (1U << TG_HISTOGRAM_LINEAR_BITS)
#define VALUE_MAX ((1ULL << TG_HISTOGRAM_VALUE_BITS) - 1)

_Static_assert(TG_HISTOGRAM_BUCKETS == 35 * 64, "18 KiB and a cache line");

static uint64_t
load(const _Atomic uint64_t *slot)
{
	return atomic_load_explicit(slot, memory_order_relaxed);
}

static void
store(_Atomic uint64_t *slot, uint64_t v)
{
	atomic_store_explicit(slot, v, memory_order_relaxed);
}

/* Below 2 * LINEAR the value itself. Above, shift makes it a number from LINEAR to
 * 2 * LINEAR - 1, and the buckets go on without a gap. */
static uint32_t
bucket_of(uint64_t value)
{
	uint32_t shift;

	value = TG_MIN(value, VALUE_MAX);
	if (value < 2 * LINEAR)
		return (uint32_t)value;
	shift = 63 - TG_HISTOGRAM_LINEAR_BITS - (uint32_t)__builtin_clzll(value);
	return shift * LINEAR + (uint32_t)(value >> shift);
}

static uint64_t
middle_of(uint32_t bucket)
{
	uint32_t shift = bucket < 2 * LINEAR ? 0 : bucket / LINEAR - 1;

	return ((uint64_t)(bucket - shift * LINEAR) << shift) + (1ULL << shift) / 2;
}

void
tg_histogram_record(struct tg_histogram *h, uint64_t value)
{
	uint64_t above = load(&h->above);

	tg_stat_add(&h->bucket[bucket_of(value)], 1);
	tg_stat_add(&h->sum, value);
	if (above == 0 || value < above - 1)
		store(&h->above, value + 1 != 0 ? value + 1 : value);
	if (value > load(&h->max))
		store(&h->max, value);
	tg_stat_add(&h->count, 1);
}

void
tg_histogram_merge(struct tg_histogram *h, const struct tg_histogram *from)
{
	uint64_t above = load(&h->above), other = load(&from->above);
	uint32_t i;

	for (i = 0; i < TG_HISTOGRAM_BUCKETS; i++)
		tg_stat_add(&h->bucket[i], load(&from->bucket[i]));
	tg_stat_add(&h->sum, load(&from->sum));
	tg_stat_add(&h->count, load(&from->count));
	if (other != 0 && (above == 0 || other < above))
		store(&h->above, other);
	store(&h->max, TG_MAX(load(&h->max), load(&from->max)));
}

/* n values of a bucket whose number is i. */
static void
add_middles(struct tg_histogram *h, uint32_t i, uint64_t n)
{
	uint64_t value = middle_of(i), above = load(&h->above);

	tg_stat_add(&h->bucket[i], n);
	tg_stat_add(&h->sum, n * value);
	tg_stat_add(&h->count, n);
	if (above == 0 || value < above - 1)
		store(&h->above, value + 1);
	store(&h->max, TG_MAX(load(&h->max), value));
}

void
tg_histogram_add_since(
    struct tg_histogram *h, const struct tg_histogram *now, const struct tg_histogram *before)
{
	uint64_t n;
	uint32_t i;

	for (i = 0; i < TG_HISTOGRAM_BUCKETS; i++) {
		n = load(&now->bucket[i]) - load(&before->bucket[i]);
		if (n != 0)
			add_middles(h, i, n);
	}
}

uint64_t
tg_histogram_percentile(const struct tg_histogram *h, uint32_t permyriad)
{
	uint64_t total = 0, rank, seen = 0, value;
	uint32_t i;

	/* By the buckets' own sum: count may be behind them. */
	for (i = 0; i < TG_HISTOGRAM_BUCKETS; i++)
		total += load(&h->bucket[i]);
	if (total == 0)
		return 0;
	if (permyriad >= 10000)
		return tg_histogram_max(h);
	/* The smallest number of values that is permyriad of all, at least one; in two parts,
	 * so that it does not overflow. */
	rank = total / 10000 * permyriad + (total % 10000 * permyriad + 9999) / 10000;
	rank = TG_MAX(rank, 1);
	for (i = 0; i < TG_HISTOGRAM_BUCKETS - 1; i++) {
		seen += load(&h->bucket[i]);
		if (seen >= rank)
			break;
	}
	value = TG_MAX(middle_of(i), tg_histogram_min(h));
	return TG_MIN(value, tg_histogram_max(h));
}

uint64_t
tg_histogram_min(const struct tg_histogram *h)
{
	uint64_t above = load(&h->above);

	return above == 0 ? 0 : above - 1;
}

uint64_t
tg_histogram_max(const struct tg_histogram *h)
{
	return load(&h->max);
}

uint64_t
tg_histogram_mean(const struct tg_histogram *h)
{
	uint64_t n = load(&h->count);

	return n == 0 ? 0 : load(&h->sum) / n;
}

uint64_t
tg_histogram_count(const struct tg_histogram *h)
{
	return load(&h->count);
}
