/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The sketch that counts SYNs by their source: whom it refuses, and how seldom by mistake.
 */
#include "tcp/source_limit.h"

#include "tap.h"

#include <stdlib.h>

#define CELLS     1024
#define LIMIT     100
#define ALONE     (LIMIT + 5) /* what one source may send where there is no other */
#define FIRST     0xc6336401  /* 198.51.100.1 */
#define SECOND(n) ((77 + (tg_time_t)(n)) * TG_NS_PER_SEC)

static const struct tg_siphash_key master = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
static struct tg_source_limits config;
static struct tg_source_limit limit;
static void *memory;
static size_t bytes;

static void
start(uint32_t per_source, uint32_t per_prefix, uint32_t cells)
{
	struct tg_arena measure = { 0 }, arena;

	free(memory);
	config = (struct tg_source_limits){ .per_source = per_source,
		.per_prefix = per_prefix,
		.cells = cells,
		.prefix4_bits = 24,
		.prefix6_bits = 64 };
	tg_source_limit_layout(&limit, &measure, &config, &master);
	bytes = measure.used;
	memory = calloc(1, bytes + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	arena = (struct tg_arena){ memory, bytes, 0 };
	tg_source_limit_layout(&limit, &arena, &config, &master);
}

static enum tg_drop
syn4(uint32_t source, tg_time_t now)
{
	union tg_ip src = { .v4 = tg_be32(source) };

	return tg_source_limit_judge(&limit, false, &src, now);
}

static enum tg_drop
syn6(uint64_t network, uint64_t host, tg_time_t now)
{
	union tg_ip src;

	src.q[0] = __builtin_bswap64(network);
	src.q[1] = __builtin_bswap64(host);
	return tg_source_limit_judge(&limit, true, &src, now);
}

/* How many of n SYNs of one source are taken. */
static uint32_t
taken4(uint32_t source, uint32_t n, tg_time_t now)
{
	uint32_t taken = 0;

	while (n-- > 0)
		taken += syn4(source, now) == TG_DROP_NONE;
	return taken;
}

/* The sources of a spoofed flood, other ones with each call. */
static uint32_t
spoofed(void)
{
	static uint64_t n;

	n = n * 6364136223846793005 + 1442695040888963407;
	return 0x0a000000 | (uint32_t)(n >> 40);
}

static void
test_source_below_the_limit_is_taken(void)
{
	start(LIMIT, 0, CELLS);
	CU_ASSERT_EQUAL(taken4(FIRST, LIMIT, SECOND(0)), LIMIT);
}

static void
test_source_above_the_limit_is_refused_and_others_are_not(void)
{
	start(LIMIT, 0, CELLS);
	CU_ASSERT_EQUAL(taken4(FIRST, 100000, SECOND(0)), ALONE);
	CU_ASSERT_EQUAL(syn4(FIRST, SECOND(0)), TG_DROP_SYN_SOURCE_LIMIT);
	CU_ASSERT_EQUAL(taken4(FIRST + 1, LIMIT, SECOND(0)), LIMIT);
}

static void
test_source_over_ipv6_is_the_whole_address(void)
{
	uint32_t i, taken = 0;

	start(LIMIT, 0, CELLS);
	for (i = 0; i < 1000; i++)
		taken += syn6(0x20010db800000000, 1, SECOND(0)) == TG_DROP_NONE;
	CU_ASSERT_EQUAL(taken, ALONE);
	CU_ASSERT_EQUAL(syn6(0x20010db800000000, 2, SECOND(0)), TG_DROP_NONE);
	CU_ASSERT_EQUAL(syn6(0x20010db800000001, 1, SECOND(0)), TG_DROP_NONE);
}

static void
test_second_over_takes_as_many_again(void)
{
	start(LIMIT, LIMIT, CELLS);
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, SECOND(0)), ALONE);
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, SECOND(1) - 1), 0);
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, SECOND(1)), ALONE);
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, SECOND(5000)), ALONE);
}

static void
test_second_over_at_the_wrap_of_time_begins_anew(void)
{
	start(LIMIT, 0, CELLS);
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, UINT64_MAX), ALONE);
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, 0), ALONE);
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, TG_NS_PER_SEC - 1), 0);
}

/* The very first second of the clock is no exception. */
static void
test_second_zero_is_limited(void)
{
	start(LIMIT, 0, CELLS);
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, 0), ALONE);
}

static void
test_prefix_counts_its_sources_together(void)
{
	start(0, LIMIT, CELLS);
	CU_ASSERT_EQUAL(taken4(FIRST, 60, SECOND(0)), 60);
	CU_ASSERT_EQUAL(taken4(FIRST + 77, 60, SECOND(0)), ALONE - 60);
	CU_ASSERT_EQUAL(syn4(FIRST + 100, SECOND(0)), TG_DROP_SYN_PREFIX_LIMIT);
	CU_ASSERT_EQUAL(syn4(FIRST + 256, SECOND(0)), TG_DROP_NONE);
}

static void
test_prefix_over_ipv6_counts_its_sources_together(void)
{
	uint32_t i, taken = 0;

	start(LIMIT, LIMIT, CELLS);
	for (i = 0; i < 1000; i++)
		taken += syn6(0x20010db800000000, i, SECOND(0)) == TG_DROP_NONE;
	CU_ASSERT_EQUAL(taken, ALONE);
	CU_ASSERT_EQUAL(syn6(0x20010db800000001, 1, SECOND(0)), TG_DROP_NONE);
}

static void
test_prefix_lengths_are_those_configured(void)
{
	start(0, LIMIT, CELLS);
	config.prefix4_bits = 32;
	config.prefix6_bits = 48;
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, SECOND(0)), ALONE);
	CU_ASSERT_EQUAL(syn4(FIRST + 1, SECOND(0)), TG_DROP_NONE);
	while (syn6(0x20010db800000000, 1, SECOND(0)) == TG_DROP_NONE)
		continue;
	CU_ASSERT_EQUAL(syn6(0x20010db80000ffff, 1, SECOND(0)), TG_DROP_SYN_PREFIX_LIMIT);
	CU_ASSERT_EQUAL(syn6(0x20010db800010000, 1, SECOND(0)), TG_DROP_NONE);
}

static void
test_source_refused_leaves_its_prefix_to_others(void)
{
	start(LIMIT, 3 * LIMIT, CELLS);
	CU_ASSERT_EQUAL(taken4(FIRST, 100000, SECOND(0)), ALONE);
	CU_ASSERT_EQUAL(taken4(FIRST + 1, LIMIT, SECOND(0)), LIMIT);
	CU_ASSERT_EQUAL(taken4(FIRST + 2, LIMIT, SECOND(0)), 3 * LIMIT + 5 - ALONE - LIMIT);
	CU_ASSERT_EQUAL(syn4(FIRST + 2, SECOND(0)), TG_DROP_SYN_PREFIX_LIMIT);
}

static void
test_prefix_refused_leaves_the_source_uncounted(void)
{
	start(LIMIT, 10, CELLS);
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, SECOND(0)), 15);
	CU_ASSERT_EQUAL(limit.source.counted, 15);
	CU_ASSERT_EQUAL(limit.prefix.counted, 15);
}

/* Sixty SYNs of others for each cell: a client at its limit does not feel them. */
static void
test_spoofed_mass_costs_a_client_nothing(void)
{
	uint32_t second, i, refused = 0;

	start(LIMIT, 0, CELLS);
	for (second = 0; second < 50; second++) {
		for (i = 0; i < 60 * CELLS; i++) {
			refused += syn4(spoofed(), SECOND(second)) != TG_DROP_NONE;
			if (i % (60 * CELLS / LIMIT) == 0)
				refused += syn4(FIRST, SECOND(second)) != TG_DROP_NONE;
		}
	}
	CU_ASSERT_EQUAL(refused, 0);
}

/* In the same mass: its allowance is what the header says, m + 2 sqrt(m) + 2 beyond the limit. */
static void
test_spoofed_mass_hides_no_flooding_source(void)
{
	uint32_t i, taken = 0;

	start(LIMIT, 0, CELLS);
	for (i = 0; i < 60 * CELLS; i++) {
		(void)syn4(spoofed(), SECOND(0));
		taken += syn4(FIRST, SECOND(0)) == TG_DROP_NONE;
	}
	CU_ASSERT_TRUE(taken >= LIMIT);
	CU_ASSERT_TRUE(taken <= LIMIT + 61 + 16 + 2);
	/* And no more of it is taken off once it is over. */
	CU_ASSERT_EQUAL(taken4(FIRST, 1000, SECOND(1)), ALONE);
}

/* n sources each send, in turns, as much as they are let. */
static void
flood(uint32_t n, tg_time_t now)
{
	uint32_t turn, i, taken = 1;

	for (turn = 0; taken != 0; turn++) {
		for (i = 0, taken = 0; i < n; i++)
			taken += syn4(0xcb007100 + 256 * i, now) == TG_DROP_NONE;
	}
	CU_ASSERT_TRUE(turn > LIMIT);
}

/* Clients out of 10,000 that are refused at their first SYN. */
static uint32_t
mistaken(tg_time_t now, bool *who)
{
	uint32_t i, n = 0;

	for (i = 0; i < 10000; i++) {
		who[i] = syn4(0x20000000 + 4099 * i, now) != TG_DROP_NONE;
		n += who[i];
	}
	return n;
}

/* (100 / 1024 + 1 / 40)^4 is 2.3 in 10,000. */
static void
test_flooding_sources_are_mistaken_for_others_within_the_bound(void)
{
	static bool who[10000];
	uint32_t second, n = 0;

	start(LIMIT, 0, CELLS);
	for (second = 0; second < 20; second++) {
		flood(100, SECOND(second));
		n += mistaken(SECOND(second), who);
	}
	CU_ASSERT_TRUE(n <= 46);
}

/* So many that some clients are; in the next second they are not the same ones. */
static void
test_client_mistaken_once_is_not_for_ever(void)
{
	static bool who[10000], again[10000];
	uint32_t i, both = 0, first;

	start(LIMIT, 0, CELLS);
	flood(800, SECOND(0));
	first = mistaken(SECOND(0), who);
	CU_ASSERT_TRUE_FATAL(first > 100);
	flood(800, SECOND(1));
	CU_ASSERT_TRUE(mistaken(SECOND(1), again) > 100);
	for (i = 0; i < 10000; i++)
		both += who[i] && again[i];
	CU_ASSERT_TRUE(both < first / 4);
}

static void
test_keys_differ_between_shards_and_kinds(void)
{
	static const struct tg_siphash_key other = { { 1, 2 } };
	struct tg_siphash_key mine[TG_ARRAY_LEN(limit.key)];
	unsigned i, j;

	start(LIMIT, LIMIT, CELLS);
	(void)syn4(FIRST, SECOND(0));
	memcpy(mine, limit.key, sizeof(mine));
	limit.master = &other;
	(void)syn4(FIRST, SECOND(1));
	for (i = 0; i < TG_ARRAY_LEN(mine); i++) {
		CU_ASSERT_NOT_EQUAL(mine[i].k[0], limit.key[i].k[0]);
		for (j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(mine[i].k[0], mine[j].k[0]);
	}
}

/* A cell that is full stays so; it does not begin at zero, and nothing is refused for it. */
static void
test_cell_full_stays_full(void)
{
	uint32_t i, full = 0;

	start(LIMIT, 0, CELLS);
	limit.source.limit = 100000;
	for (i = 0; i < 70000; i++)
		CU_ASSERT_EQUAL_FATAL(syn4(FIRST, SECOND(0)), TG_DROP_NONE);
	for (i = 0; i < TG_SKETCH_ROWS * CELLS; i++)
		full += limit.source.cell[i] == UINT16_MAX;
	CU_ASSERT_EQUAL(full, TG_SKETCH_ROWS);
}

static void
test_largest_limit_fits_a_cell(void)
{
	start(TG_SOURCE_LIMIT_MAX, 0, TG_SKETCH_CELLS_MAX);
	CU_ASSERT_EQUAL(taken4(FIRST, 70000, SECOND(0)), TG_SOURCE_LIMIT_MAX + 5);
}

static void
test_memory_is_for_the_limits_in_use(void)
{
	start(0, 0, CELLS);
	CU_ASSERT_EQUAL(bytes, 0);
	CU_ASSERT_PTR_NULL(limit.source.cell);
	start(LIMIT, 0, CELLS);
	CU_ASSERT_EQUAL(bytes, 8 * CELLS);
	CU_ASSERT_PTR_NULL(limit.prefix.cell);
	start(LIMIT, LIMIT, CELLS);
	CU_ASSERT_EQUAL(bytes, 16 * CELLS);
}

static CU_TestInfo tests[] = {
	{ "source_below_the_limit_is_taken", test_source_below_the_limit_is_taken },
	{ "source_above_the_limit_is_refused_and_others_are_not",
	    test_source_above_the_limit_is_refused_and_others_are_not },
	{ "source_over_ipv6_is_the_whole_address", test_source_over_ipv6_is_the_whole_address },
	{ "second_over_takes_as_many_again", test_second_over_takes_as_many_again },
	{ "second_over_at_the_wrap_of_time_begins_anew",
	    test_second_over_at_the_wrap_of_time_begins_anew },
	{ "second_zero_is_limited", test_second_zero_is_limited },
	{ "prefix_counts_its_sources_together", test_prefix_counts_its_sources_together },
	{ "prefix_over_ipv6_counts_its_sources_together",
	    test_prefix_over_ipv6_counts_its_sources_together },
	{ "prefix_lengths_are_those_configured", test_prefix_lengths_are_those_configured },
	{ "source_refused_leaves_its_prefix_to_others",
	    test_source_refused_leaves_its_prefix_to_others },
	{ "prefix_refused_leaves_the_source_uncounted",
	    test_prefix_refused_leaves_the_source_uncounted },
	{ "spoofed_mass_costs_a_client_nothing", test_spoofed_mass_costs_a_client_nothing },
	{ "spoofed_mass_hides_no_flooding_source", test_spoofed_mass_hides_no_flooding_source },
	{ "flooding_sources_are_mistaken_for_others_within_the_bound",
	    test_flooding_sources_are_mistaken_for_others_within_the_bound },
	{ "client_mistaken_once_is_not_for_ever", test_client_mistaken_once_is_not_for_ever },
	{ "keys_differ_between_shards_and_kinds", test_keys_differ_between_shards_and_kinds },
	{ "cell_full_stays_full", test_cell_full_stays_full },
	{ "largest_limit_fits_a_cell", test_largest_limit_fits_a_cell },
	{ "memory_is_for_the_limits_in_use", test_memory_is_for_the_limits_in_use },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "source limit", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };
	int rc = tg_tap_run(suites);

	free(memory);
	return rc;
}
