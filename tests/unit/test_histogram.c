/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "base/histogram.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define VALUES 2000

static struct tg_histogram h, other;

static void
setup(void)
{
	memset(&h, 0, sizeof(h));
	memset(&other, 0, sizeof(other));
}

/* Whether what was read is within the error that the header states. */
static bool
is_close(uint64_t read, uint64_t exact)
{
	uint64_t off = read > exact ? read - exact : exact - read;

	return off * 128 <= exact;
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
test_empty_reads_zero(void)
{
	CU_ASSERT_EQUAL(tg_histogram_count(&h), 0);
	CU_ASSERT_EQUAL(tg_histogram_min(&h), 0);
	CU_ASSERT_EQUAL(tg_histogram_max(&h), 0);
	CU_ASSERT_EQUAL(tg_histogram_mean(&h), 0);
	CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 5000), 0);
	CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 10000), 0);
}

static void
test_one_value_is_every_percentile(void)
{
	static const uint64_t value[] = { 0, 1, 127, 128, 129, 1000003, (1ULL << 40) - 1 };
	unsigned i;

	for (i = 0; i < sizeof(value) / sizeof(*value); i++) {
		setup();
		tg_histogram_record(&h, value[i]);
		CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 0), value[i]);
		CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 5000), value[i]);
		CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 10000), value[i]);
		CU_ASSERT_EQUAL(tg_histogram_mean(&h), value[i]);
		CU_ASSERT_EQUAL(tg_histogram_min(&h), value[i]);
	}
}

static void
test_small_values_are_exact(void)
{
	uint64_t v;

	for (v = 0; v < 100; v++)
		tg_histogram_record(&h, v + 1);
	CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 100), 1);
	CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 101), 2);
	CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 5000), 50);
	CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 9900), 99);
	CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 9999), 100);
}

/* Around every edge of a power of two and of a bucket: a value between two far ones is the
 * median, and is read within the stated error. */
static void
test_error_stays_within_bound_everywhere(void)
{
	uint64_t v, step;

	for (v = 1; v < 1ULL << 40; v += step) {
		step = v < 4096 ? 1 : v / 501;
		setup();
		tg_histogram_record(&h, 0);
		tg_histogram_record(&h, v);
		tg_histogram_record(&h, 1ULL << 40);
		CU_ASSERT_TRUE_FATAL(is_close(tg_histogram_percentile(&h, 5000), v));
	}
	for (v = 1; v < 1ULL << 40; v *= 2) {
		setup();
		tg_histogram_record(&h, 0);
		tg_histogram_record(&h, v - 1);
		tg_histogram_record(&h, 1ULL << 40);
		CU_ASSERT_TRUE_FATAL(is_close(tg_histogram_percentile(&h, 5000), v - 1));
	}
}

static void
test_order_is_kept_across_buckets(void)
{
	uint64_t v, last = 0, read;

	for (v = 1; v < 1ULL << 40; v += 1 + v / 200) {
		setup();
		tg_histogram_record(&h, 0);
		tg_histogram_record(&h, v);
		tg_histogram_record(&h, 1ULL << 40);
		read = tg_histogram_percentile(&h, 5000);
		CU_ASSERT_TRUE_FATAL(read >= last);
		last = read;
	}
}

static void
test_percentiles_of_many_values_match_the_sorted_list(void)
{
	static const uint32_t permyriad[] = { 1, 5000, 9000, 9900, 9990, 9999 };
	static uint64_t v[VALUES];
	uint64_t x = 88172645463325252ULL;
	unsigned i;

	for (i = 0; i < VALUES; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		v[i] = x >> (24 + x % 40);
		tg_histogram_record(&h, v[i]);
	}
	qsort(v, VALUES, sizeof(*v), by_value);
	for (i = 0; i < sizeof(permyriad) / sizeof(*permyriad); i++) {
		uint64_t rank = ((uint64_t)VALUES * permyriad[i] + 9999) / 10000;

		CU_ASSERT_TRUE(is_close(tg_histogram_percentile(&h, permyriad[i]), v[rank - 1]));
	}
	CU_ASSERT_EQUAL(tg_histogram_min(&h), v[0]);
	CU_ASSERT_EQUAL(tg_histogram_max(&h), v[VALUES - 1]);
	CU_ASSERT_EQUAL(tg_histogram_percentile(&h, 10000), v[VALUES - 1]);
}

static void
test_value_beyond_the_range_counts_in_the_last_bucket(void)
{
	tg_histogram_record(&h, UINT64_MAX);
	tg_histogram_record(&h, 1ULL << 50);
	CU_ASSERT_EQUAL(tg_histogram_count(&h), 2);
	CU_ASSERT_EQUAL(tg_histogram_max(&h), UINT64_MAX);
	CU_ASSERT_EQUAL(tg_histogram_min(&h), 1ULL << 50);
	CU_ASSERT_EQUAL(atomic_load(&h.bucket[TG_HISTOGRAM_BUCKETS - 1]), 2);
	CU_ASSERT_TRUE(tg_histogram_percentile(&h, 5000) >= 1ULL << 50);
}

static void
test_largest_value_alone_has_a_minimum(void)
{
	tg_histogram_record(&h, UINT64_MAX);
	CU_ASSERT_EQUAL(tg_histogram_min(&h), UINT64_MAX - 1);
	CU_ASSERT_EQUAL(tg_histogram_max(&h), UINT64_MAX);
}

static void
test_mean_is_exact_and_rounded_down(void)
{
	tg_histogram_record(&h, 1000001);
	tg_histogram_record(&h, 1000002);
	CU_ASSERT_EQUAL(tg_histogram_mean(&h), 1000001);
}

static void
test_merge_is_as_if_one_had_seen_all(void)
{
	static struct tg_histogram all;
	uint64_t v;

	memset(&all, 0, sizeof(all));
	for (v = 1; v < 1ULL << 35; v += 1 + v / 3) {
		tg_histogram_record(v % 2 == 0 ? &h : &other, v);
		tg_histogram_record(&all, v);
	}
	tg_histogram_merge(&h, &other);
	CU_ASSERT_EQUAL(memcmp(&h, &all, sizeof(h)), 0);
}

static void
test_merge_with_an_empty_one_changes_nothing(void)
{
	static struct tg_histogram empty;

	tg_histogram_record(&h, 5);
	tg_histogram_merge(&h, &empty);
	CU_ASSERT_EQUAL(tg_histogram_min(&h), 5);
	CU_ASSERT_EQUAL(tg_histogram_count(&h), 1);
	tg_histogram_merge(&other, &h);
	CU_ASSERT_EQUAL(tg_histogram_min(&other), 5);
	CU_ASSERT_EQUAL(tg_histogram_max(&other), 5);
}

static void
test_add_since_takes_what_came_behind_the_copy(void)
{
	static struct tg_histogram before, between;

	setup();
	tg_histogram_record(&h, 5);
	tg_histogram_record(&h, 1000000);
	memcpy(&before, &h, sizeof(h));
	memset(&between, 0, sizeof(between));
	tg_histogram_add_since(&between, &h, &before);
	CU_ASSERT_EQUAL(tg_histogram_count(&between), 0);
	tg_histogram_record(&h, 100);
	tg_histogram_record(&h, 100);
	tg_histogram_record(&h, 7);
	tg_histogram_add_since(&between, &h, &before);
	CU_ASSERT_EQUAL(tg_histogram_count(&between), 3);
	CU_ASSERT_EQUAL(tg_histogram_min(&between), 7);
	CU_ASSERT_EQUAL(tg_histogram_max(&between), 100);
	CU_ASSERT_EQUAL(tg_histogram_mean(&between), 69);
	CU_ASSERT_EQUAL(tg_histogram_percentile(&between, 5000), 100);
	/* Above the linear part a middle stands for the values. */
	memcpy(&before, &h, sizeof(h));
	tg_histogram_record(&h, 1000000);
	tg_histogram_add_since(&between, &h, &before);
	CU_ASSERT_TRUE(tg_histogram_max(&between) > 992000);
	CU_ASSERT_TRUE(tg_histogram_max(&between) < 1008000);
	CU_ASSERT_EQUAL(tg_histogram_min(&between), 7);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "empty reads zero", test_empty_reads_zero },
		{ "one value is every percentile", test_one_value_is_every_percentile },
		{ "small values are exact", test_small_values_are_exact },
		{ "error stays within bound everywhere", test_error_stays_within_bound_everywhere },
		{ "order is kept across buckets", test_order_is_kept_across_buckets },
		{ "percentiles of many values match the sorted list",
		    test_percentiles_of_many_values_match_the_sorted_list },
		{ "value beyond the range counts in the last bucket",
		    test_value_beyond_the_range_counts_in_the_last_bucket },
		{ "largest value alone has a minimum", test_largest_value_alone_has_a_minimum },
		{ "mean is exact and rounded down", test_mean_is_exact_and_rounded_down },
		{ "merge is as if one had seen all", test_merge_is_as_if_one_had_seen_all },
		{ "add since takes what came behind the copy",
		    test_add_since_takes_what_came_behind_the_copy },
		{ "merge with an empty one changes nothing",
		    test_merge_with_an_empty_one_changes_nothing },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "histogram", NULL, NULL, setup, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
