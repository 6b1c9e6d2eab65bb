/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "base/time.h"
#include "base/timing.h"
#include "base/types.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define VALUES 5000

static struct tg_timing timing;
static struct tg_times times;

static void
setup(void)
{
	memset(&timing, 0, sizeof(timing));
}

static const struct tg_times *
read_all(void)
{
	tg_timing_read(&timing, &times);
	return &times;
}

static void
record_n(uint32_t units, unsigned n)
{
	while (n-- > 0)
		tg_timing_record(&timing, units);
}

static void
test_nothing_recorded_reads_zero(void)
{
	setup();
	CU_ASSERT_EQUAL(tg_times_count(read_all()), 0);
	CU_ASSERT_EQUAL(tg_times_mean_ns(&times), 0);
	CU_ASSERT_EQUAL(tg_times_quantile_ns(&times, 9900), 0);
	CU_ASSERT_EQUAL(tg_times_below(&times, TG_TIMING_EDGES - 1), 0);
}

/* An edge of 2^k is exact: one unit less counts below it, the edge itself does not. */
static void
test_every_edge_divides_what_is_shorter_from_what_is_not(void)
{
	unsigned edge, e;

	for (edge = 0; edge < TG_TIMING_EDGES; edge++) {
		setup();
		record_n((1U << edge) - 1, 3);
		record_n(1U << edge, 5);
		read_all();
		for (e = 0; e < TG_TIMING_EDGES; e++)
			CU_ASSERT_EQUAL(tg_times_below(&times, e), e < edge    ? 0
								   : e == edge ? 3
									       : 8);
		CU_ASSERT_EQUAL(tg_times_count(&times), 8);
	}
}

static void
test_zero_counts_below_the_first_edge(void)
{
	setup();
	record_n(0, 1);
	CU_ASSERT_EQUAL(tg_times_below(read_all(), 0), 1);
	CU_ASSERT_TRUE(tg_times_quantile_ns(&times, 10000) <= 1U << TG_RTT_SHIFT);
}

static void
test_longer_than_the_last_edge_counts_beyond_it(void)
{
	setup();
	record_n(1U << (TG_TIMING_EDGES - 1), 1);
	record_n(UINT32_MAX, 1);
	CU_ASSERT_EQUAL(tg_times_below(read_all(), TG_TIMING_EDGES - 1), 0);
	CU_ASSERT_EQUAL(tg_times_count(&times), 2);
	CU_ASSERT_EQUAL(times.sum, (1ULL << (TG_TIMING_EDGES - 1)) + UINT32_MAX);
	CU_ASSERT_EQUAL(
	    tg_times_quantile_ns(&times, 5000), 1ULL << (TG_TIMING_EDGES - 1 + TG_RTT_SHIFT));
}

static void
test_mean_is_exact(void)
{
	setup();
	record_n(1000, 3);
	record_n(5000, 1);
	CU_ASSERT_EQUAL(tg_times_mean_ns(read_all()), 2000ULL << TG_RTT_SHIFT);
	record_n(2001, 1);
	CU_ASSERT_EQUAL(tg_times_mean_ns(read_all()), (10001ULL << TG_RTT_SHIFT) / 5);
}

static int
by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Whether ns is off from so many units by a quarter at most, or by a unit. */
static bool
is_close(uint64_t ns, uint32_t units)
{
	uint64_t exact = (uint64_t)units << TG_RTT_SHIFT;
	uint64_t off = ns > exact ? ns - exact : exact - ns;

	return off <= exact / 4 + (1U << TG_RTT_SHIFT);
}

/* Values over all octaves, in a fixed order that is none. */
static void
test_quantiles_of_many_are_close_to_the_exact_ones(void)
{
	static const uint32_t permyriads[] = { 1, 100, 2500, 5000, 9000, 9900, 9999, 10000 };
	static uint32_t value[VALUES];
	uint64_t x = 88172645463325252ULL;
	unsigned i;

	setup();
	for (i = 0; i < VALUES; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		value[i] = (uint32_t)(x >> 20) & ((1U << i % TG_TIMING_EDGES) - 1);
		tg_timing_record(&timing, value[i]);
	}
	qsort(value, VALUES, sizeof(*value), by_value);
	read_all();
	for (i = 0; i < TG_ARRAY_LEN(permyriads); i++) {
		uint32_t rank = (VALUES * permyriads[i] + 9999) / 10000;

		CU_ASSERT_TRUE(
		    is_close(tg_times_quantile_ns(&times, permyriads[i]), value[rank - 1]));
	}
}

/* Within a bucket as Prometheus has it: spread evenly. 1024 to 1279 units are one. */
static void
test_quantile_lies_in_its_bucket_in_proportion(void)
{
	setup();
	record_n(1024, 4);
	read_all();
	CU_ASSERT_EQUAL(tg_times_quantile_ns(&times, 2500), (1024ULL + 64) << TG_RTT_SHIFT);
	CU_ASSERT_EQUAL(tg_times_quantile_ns(&times, 10000), (1024ULL + 256) << TG_RTT_SHIFT);
}

/* Half of three is two: the rank is rounded up. */
static void
test_quantile_of_few_is_the_one_that_enough_do_not_exceed(void)
{
	setup();
	record_n(10, 1);
	record_n(100, 1);
	record_n(1000, 1);
	read_all();
	CU_ASSERT_TRUE(is_close(tg_times_quantile_ns(&times, 3333), 10));
	CU_ASSERT_TRUE(is_close(tg_times_quantile_ns(&times, 3334), 100));
	CU_ASSERT_TRUE(is_close(tg_times_quantile_ns(&times, 5000), 100));
	CU_ASSERT_TRUE(is_close(tg_times_quantile_ns(&times, 9000), 1000));
}

static void
test_quantile_of_very_many_does_not_overflow(void)
{
	setup();
	memset(&times, 0, sizeof(times));
	times.bucket[5] = UINT64_MAX / 2;
	times.bucket[9] = UINT64_MAX / 2;
	CU_ASSERT_TRUE(tg_times_quantile_ns(&times, 4000) <= 6U << TG_RTT_SHIFT);
	CU_ASSERT_TRUE(tg_times_quantile_ns(&times, 6000) > 8U << TG_RTT_SHIFT);
}

static void
test_sum_and_difference_of_two_readings(void)
{
	struct tg_times before, between;

	setup();
	record_n(10, 7);
	tg_timing_read(&timing, &before);
	record_n(3000, 2);
	tg_times_between(&before, read_all(), &between);
	CU_ASSERT_EQUAL(tg_times_count(&between), 2);
	CU_ASSERT_EQUAL(between.sum, 6000);
	CU_ASSERT_EQUAL(tg_times_below(&between, 11), 0);
	tg_times_add(&between, &before);
	CU_ASSERT_EQUAL(memcmp(&between, &times, sizeof(times)), 0);
}

static void
test_every_timing_has_a_name_and_a_sentence(void)
{
	unsigned i;

	for (i = 0; i < TG_TIMED_MAX; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(tg_timed_info[i].name);
		CU_ASSERT_EQUAL(tg_timed_info[i].help[strlen(tg_timed_info[i].help) - 1], '.');
	}
}

static CU_TestInfo tests[] = {
	{ "nothing recorded: reads zero", test_nothing_recorded_reads_zero },
	{ "edges: divide what is shorter from what is not",
	    test_every_edge_divides_what_is_shorter_from_what_is_not },
	{ "zero: counts below the first edge", test_zero_counts_below_the_first_edge },
	{ "longer than the last edge: counts beyond it",
	    test_longer_than_the_last_edge_counts_beyond_it },
	{ "mean: is exact", test_mean_is_exact },
	{ "quantiles: are close to the exact ones",
	    test_quantiles_of_many_are_close_to_the_exact_ones },
	{ "quantile: lies in its bucket in proportion",
	    test_quantile_lies_in_its_bucket_in_proportion },
	{ "quantile: of few is the one that enough do not exceed",
	    test_quantile_of_few_is_the_one_that_enough_do_not_exceed },
	{ "quantile: of very many does not overflow",
	    test_quantile_of_very_many_does_not_overflow },
	{ "two readings: sum and difference", test_sum_and_difference_of_two_readings },
	{ "table: every timing has a name and a sentence",
	    test_every_timing_has_a_name_and_a_sentence },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "timing", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
