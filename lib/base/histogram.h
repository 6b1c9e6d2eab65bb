/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Histogram: how often which value was seen, from 0 to 2^40 - 1, in fixed memory.
 *
 * Buckets are log-linear: below 128 there is one for each value; from there on every power
 * of two is divided into 64 buckets of equal width. A bucket is therefore at most 1/64 of its
 * smallest value wide, and what is read from it, its middle, is off by at most 1/128, 0.8 %.
 * Larger values count in the last bucket. Minimum, maximum and sum are exact.
 *
 * One thread records; others may read meanwhile, and see some of the values. In nanoseconds
 * 2^40 are 18 minutes.
 */
#ifndef TG_BASE_HISTOGRAM_H
#define TG_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#define TG_HISTOGRAM_VALUE_BITS  40
#define TG_HISTOGRAM_LINEAR_BITS 6 /* 2^6 buckets to a power of two */
#define TG_HISTOGRAM_BUCKETS                                                                       \
	((TG_HISTOGRAM_VALUE_BITS - TG_HISTOGRAM_LINEAR_BITS + 1) << TG_HISTOGRAM_LINEAR_BITS)

/* Begins zeroed. recorder: rw, others: ro */
struct tg_histogram {
	_Atomic uint64_t count; /* values seen */
	_Atomic uint64_t sum;   /* of all values, modulo 2^64 */
	_Atomic uint64_t above; /* one above the smallest value; 0: none seen */
	_Atomic uint64_t max;
	_Atomic uint64_t bucket[TG_HISTOGRAM_BUCKETS];
};

/* Counts value once. The recording thread. */
void tg_histogram_record(struct tg_histogram *h, uint64_t value);

/* Adds all that from has seen to h, as if h had seen it. The thread that records in h. */
void tg_histogram_merge(struct tg_histogram *h, const struct tg_histogram *from);

/* Adds what now has seen and before, a copy of it from earlier, has not. A bucket's middle stands
 * for its values, in minimum, maximum and sum, too. The thread that records in h and in now. */
void tg_histogram_add_since(
    struct tg_histogram *h, const struct tg_histogram *now, const struct tg_histogram *before);

/* The value that permyriad of 10000 values do not exceed: 5000 is the median, 9990 the 99.9th
 * percentile, 10000 the maximum. At most 1/128 off; never below the minimum or above the
 * maximum. 0 if no value was seen. Any thread. */
uint64_t tg_histogram_percentile(const struct tg_histogram *h, uint32_t permyriad);

/* Smallest and largest value, and the mean rounded down; 0 if none was seen. Any thread. */
uint64_t tg_histogram_min(const struct tg_histogram *h);
uint64_t tg_histogram_max(const struct tg_histogram *h);
uint64_t tg_histogram_mean(const struct tg_histogram *h);

/* How many values were seen. Any thread. */
uint64_t tg_histogram_count(const struct tg_histogram *h);

#endif
