/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "flowtable/flowtable.h"
#include "tap.h"

#include <errno.h>

#define BUCKETS 1024
#define FULL    8704 /* 0.85 of ten entries in each */

static _Alignas(64) uint8_t block[BUCKETS * sizeof(struct tg_flow_bucket)];
static struct tg_flowtable table;
static uint64_t random_state;

/* The model: which handles are in, and under which hash. */
static struct {
	bool in;
	uint32_t hash;
} model[FULL];

static void
start(uint32_t capacity)
{
	struct tg_arena arena = { block, sizeof(block), 0 };

	memset(block, 0, sizeof(block));
	memset(model, 0, sizeof(model));
	tg_flowtable_layout(&table, &arena, capacity);
	random_state = 0x9e3779b97f4a7c15;
}

static uint32_t
random32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state * 0x2545f4914f6cdd1d >> 32);
}

static void
insert(uint32_t hash, uint32_t handle)
{
	CU_ASSERT_EQUAL_FATAL(tg_flowtable_insert(&table, hash, handle), 0);
	model[handle].in = true;
	model[handle].hash = hash;
}

static void
take_out(uint32_t handle)
{
	CU_ASSERT_TRUE_FATAL(tg_flowtable_remove(&table, model[handle].hash, handle));
	model[handle].in = false;
}

/* Whether a lookup of hash yields handle; all it yields is in the table, with the
 * same tag, and nothing more than twice. */
static bool
is_found(uint32_t hash, uint32_t handle)
{
	struct tg_flow_probe p;
	uint32_t found;
	unsigned n = 0;

	tg_flowtable_probe(&table, hash, &p);
	while ((found = tg_flowtable_next(&table, &p)) != TG_HANDLE_NONE) {
		CU_ASSERT_TRUE_FATAL(found < FULL && model[found].in);
		CU_ASSERT_EQUAL_FATAL(tg_flow_tag(model[found].hash), tg_flow_tag(hash));
		n += found == handle;
	}
	CU_ASSERT_TRUE_FATAL(n <= 2);
	return n > 0;
}

/* Where a lookup finds handle. */
static uint32_t
bucket_of(uint32_t handle)
{
	struct tg_flow_probe p;
	uint32_t found;

	tg_flowtable_probe(&table, model[handle].hash, &p);
	do {
		found = tg_flowtable_next(&table, &p);
		CU_ASSERT_NOT_EQUAL_FATAL(found, TG_HANDLE_NONE);
	} while (found != handle);
	return p.bucket;
}

static unsigned
buckets_visited(uint32_t hash, uint32_t until)
{
	struct tg_flow_probe p;
	uint32_t found;

	tg_flowtable_probe(&table, hash, &p);
	do
		found = tg_flowtable_next(&table, &p);
	while (found != until && found != TG_HANDLE_NONE);
	return 1 + p.away + (table.mask - p.left);
}

static void
check_all_found(void)
{
	uint32_t h, n = 0;

	for (h = 0; h < FULL; h++) {
		if (model[h].in)
			CU_ASSERT_TRUE_FATAL(is_found(model[h].hash, h));
		n += model[h].in;
	}
	CU_ASSERT_EQUAL_FATAL(table.count, n);
}

/* Counts are what the entries' ways from home add up to. */
static void
check_counts(void)
{
	static uint32_t away[BUCKETS], passed[BUCKETS];
	uint32_t h, at, bucket;

	memset(away, 0, sizeof(away));
	memset(passed, 0, sizeof(passed));
	for (h = 0; h < FULL; h++) {
		uint32_t home = model[h].hash & table.mask;

		if (!model[h].in || (bucket = bucket_of(h)) == home)
			continue;
		away[home]++;
		for (at = tg_flow_alternate(&table, home, tg_flow_tag(model[h].hash)); at != bucket;
		     at = (at + 1) & table.mask)
			passed[at]++;
	}
	for (at = 0; at <= table.mask; at++) {
		CU_ASSERT_EQUAL_FATAL(table.bucket[at].away, away[at]);
		CU_ASSERT_EQUAL_FATAL(table.bucket[at].passed, passed[at]);
	}
}

/* Emptied, the table is as good as new. */
static void
check_pristine(void)
{
	static const uint16_t none[TG_FLOW_BUCKET_ENTRIES];
	uint32_t at;

	CU_ASSERT_EQUAL(table.count, 0);
	for (at = 0; at <= table.mask; at++) {
		CU_ASSERT_EQUAL_FATAL(memcmp(table.bucket[at].tag, none, sizeof(none)), 0);
		CU_ASSERT_EQUAL_FATAL(table.bucket[at].away, 0);
		CU_ASSERT_EQUAL_FATAL(table.bucket[at].passed, 0);
	}
}

static void
take_all_out_in_random_order(void)
{
	uint32_t h = 0, step = 4801; /* a prime that does not divide FULL */

	do {
		if (model[h].in)
			take_out(h);
		h = (h + step) % FULL;
	} while (h != 0);
	check_pristine();
}

static void
fill(uint32_t from, uint32_t to)
{
	uint32_t h;

	for (h = from; h < to; h++)
		insert(random32(), h);
}

/* A hash of the given home whose alternate bucket is as given, out of many. */
static uint32_t
hash_between(uint32_t home, uint32_t alternate)
{
	uint32_t hash;

	for (hash = home; tg_flow_alternate(&table, home, tg_flow_tag(hash)) != alternate;)
		hash += table.mask + 1;
	return hash;
}

static void
test_layout_of_a_capacity_keeps_the_load_and_the_bytes_per_entry(void)
{
	static const uint32_t capacity[] = { 0, 1, 8, 9, 17, 18, 1000, FULL, FULL + 1, 1000000,
		17 << 19, 1 << 28 };
	static const uint32_t buckets[] = { 1, 1, 1, 2, 2, 4, 128, 1024, 2048, 1 << 17, 1 << 20,
		1 << 25 };
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(capacity); i++) {
		struct tg_arena measure = { 0 };

		tg_flowtable_layout(&table, &measure, capacity[i]);
		CU_ASSERT_PTR_NULL(table.bucket);
		CU_ASSERT_EQUAL(table.mask + 1, buckets[i]);
		CU_ASSERT_EQUAL(table.limit, capacity[i]);
		CU_ASSERT_EQUAL(measure.used, (size_t)buckets[i] * 64);
	}
	CU_ASSERT_TRUE(sizeof(block) <= 8 * (size_t)FULL);
}

static void
test_empty_lookup_yields_nothing(void)
{
	uint32_t i;

	start(FULL);
	for (i = 0; i < 10000; i++)
		CU_ASSERT_FALSE_FATAL(is_found(random32(), 0));
	CU_ASSERT_FALSE(is_found(0, 0));
	CU_ASSERT_FALSE(tg_flowtable_remove(&table, 0, 0));
	check_pristine();
}

static void
test_inserted_lookup_yields_it_until_removed(void)
{
	static const uint32_t hash[] = { 0, 1, 0xffffffff, 0x80000000, BUCKETS - 1, 0xdeadbeef };
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(hash); i++) {
		start(FULL);
		insert(hash[i], 0);
		CU_ASSERT_TRUE(is_found(hash[i], 0));
		CU_ASSERT_EQUAL(bucket_of(0), hash[i] % BUCKETS);
		CU_ASSERT_FALSE(tg_flowtable_remove(&table, hash[i], 1));
		CU_ASSERT_FALSE(tg_flowtable_remove(&table, hash[i] ^ 0x10000, 0));
		CU_ASSERT_EQUAL(table.count, 1);
		take_out(0);
		CU_ASSERT_FALSE(is_found(hash[i], 0));
		CU_ASSERT_FALSE(tg_flowtable_remove(&table, hash[i], 0));
		check_pristine();
	}
}

static void
test_bucket_match_tells_every_entry(void)
{
	static const uint16_t others[] = { 0, 1, 0x7fff, 0x8000, 0x8001, 0xffff };
	struct tg_flow_bucket b;
	uint32_t entry;
	size_t i, j;

	for (i = 0; i < TG_ARRAY_LEN(others); i++) {
		for (j = 0; j < TG_ARRAY_LEN(others); j++) {
			if (i == j)
				continue;
			for (entry = 0; entry < TG_FLOW_BUCKET_ENTRIES; entry++) {
				uint32_t k;

				/* The bytes after the tags match, and do not count. */
				memset(&b, others[i] & 0xff, sizeof(b));
				for (k = 0; k < TG_FLOW_BUCKET_ENTRIES; k++)
					b.tag[k] = others[j];
				CU_ASSERT_EQUAL_FATAL(tg_flow_match(&b, others[i]), 0);
				b.tag[entry] = others[i];
				CU_ASSERT_EQUAL_FATAL(
				    __builtin_popcountll(tg_flow_match(&b, others[i])), 1);
				CU_ASSERT_EQUAL_FATAL(
				    tg_flow_entry(tg_flow_match(&b, others[i])), entry);
				CU_ASSERT_EQUAL_FATAL(
				    __builtin_popcountll(tg_flow_match(&b, others[j])), 9);
			}
		}
	}
}

static void
test_tag_is_never_that_of_an_empty_entry(void)
{
	uint32_t i;

	CU_ASSERT_EQUAL(tg_flow_tag(0), 1);
	for (i = 0; i < 1u << 20; i++)
		CU_ASSERT_NOT_EQUAL_FATAL(tg_flow_tag(i * 4097), 0);
}

/* Distinct tags among the hashes of one shard (of 2^s) and one bucket (of 2^b). */
static uint32_t
distinct_tags(unsigned s, unsigned b, uint32_t shard, uint32_t bucket)
{
	static bool seen[1 << 16];
	uint32_t i, n = 0, hash;

	memset(seen, 0, sizeof(seen));
	for (i = 0; i < 1u << (32 - s - b); i++) {
		hash = (s > 0 ? shard << (32 - s) : 0) | i << b | bucket;
		n += !seen[tg_flow_tag(hash)];
		seen[tg_flow_tag(hash)] = true;
	}
	return n;
}

static void
test_tag_within_a_shard_and_bucket_keeps_the_bits_that_are_left(void)
{
	uint32_t i;

	for (i = 0; i < 16; i++) {
		CU_ASSERT_TRUE(distinct_tags(0, 16, 0, i * 4099) >= 65535);
		CU_ASSERT_TRUE(distinct_tags(0, 17, 0, i * 8191) >= (1 << 15) - 1);
		CU_ASSERT_TRUE(distinct_tags(4, 17, i, i * 8191) >= (1 << 11) - 1);
		CU_ASSERT_TRUE(distinct_tags(0, 25, 0, i * 1999993) >= (1 << 7) - 1);
	}
}

static void
test_alternate_of_any_tag_is_not_home(void)
{
	uint32_t i;

	start(FULL);
	for (i = 0; i < 1u << 16; i++)
		CU_ASSERT_NOT_EQUAL_FATAL(tg_flow_alternate(&table, 7, (uint16_t)i), 7);
}

static void
test_full_home_insert_goes_to_the_alternate(void)
{
	uint32_t h, hash;

	start(FULL);
	hash = hash_between(5, 700);
	for (h = 0; h < 25; h++)
		insert(hash, h);
	/* The tenth goes away, as the alternate has more room; the last entry of home is
	 * filled when the alternate is down to one as well. */
	for (h = 0; h < 9; h++)
		CU_ASSERT_EQUAL(bucket_of(h), 5);
	for (h = 9; h < 18; h++)
		CU_ASSERT_EQUAL(bucket_of(h), 700);
	CU_ASSERT_EQUAL(bucket_of(18), 5);
	CU_ASSERT_EQUAL(bucket_of(19), 700);
	CU_ASSERT_EQUAL(bucket_of(20), 701);
	CU_ASSERT_EQUAL(table.bucket[5].away, 15);
	CU_ASSERT_EQUAL(table.bucket[700].passed, 5);
	CU_ASSERT_EQUAL(table.bucket[701].passed, 0);
	check_counts();
	check_all_found();
}

static void
test_chain_at_the_last_bucket_goes_on_at_the_first(void)
{
	uint32_t h, hash;

	start(FULL);
	hash = hash_between(500, BUCKETS - 1);
	for (h = 0; h < 40; h++)
		insert(hash, h);
	CU_ASSERT_EQUAL(bucket_of(19), BUCKETS - 1);
	CU_ASSERT_EQUAL(bucket_of(20), 0);
	CU_ASSERT_EQUAL(bucket_of(30), 1);
	CU_ASSERT_EQUAL(table.bucket[0].passed, 10);
	check_counts();
	check_all_found();
	take_out(25);
	insert(hash, 25);
	CU_ASSERT_EQUAL(bucket_of(25), 0);
	take_all_out_in_random_order();
}

static void
test_freed_entry_at_home_is_used_again_while_others_are_away(void)
{
	uint32_t h;

	start(FULL);
	for (h = 0; h < 25; h++)
		insert(77, h);
	take_out(3);
	take_out(4);
	CU_ASSERT_TRUE(is_found(77, 24));
	insert(77, 3);
	CU_ASSERT_EQUAL(bucket_of(3), 77);
	check_counts();
	check_all_found();
}

static void
test_one_hash_for_all_insert_and_remove_stay_exact(void)
{
	uint32_t h;

	start(FULL);
	for (h = 0; h < FULL; h++)
		insert(0xc0ffee, h);
	CU_ASSERT_EQUAL(tg_flowtable_insert(&table, 0xc0ffee, FULL), -ENOSPC);
	for (h = 0; h < FULL; h += 97)
		CU_ASSERT_TRUE_FATAL(is_found(0xc0ffee, h));
	take_all_out_in_random_order();
}

static void
test_one_bucket_table_is_searched_once(void)
{
	uint32_t h;

	start(8);
	CU_ASSERT_EQUAL(table.mask, 0);
	fill(0, 8);
	CU_ASSERT_EQUAL(tg_flowtable_insert(&table, 1, 8), -ENOSPC);
	check_all_found();
	for (h = 0; h < 8; h++)
		CU_ASSERT_EQUAL(bucket_of(h), 0);
	take_all_out_in_random_order();
}

static void
test_two_bucket_table_at_its_limit_finds_all(void)
{
	uint32_t round, h;

	start(17);
	CU_ASSERT_EQUAL(table.mask, 1);
	fill(0, 17);
	for (round = 0; round < 20000; round++) {
		h = random32() % 17;
		take_out(h);
		insert(random32() & 0xffff00fe, h); /* all at home in bucket 0 */
		CU_ASSERT_TRUE_FATAL(buckets_visited(random32(), TG_HANDLE_NONE) <= 3);
	}
	check_counts();
	check_all_found();
	take_all_out_in_random_order();
}

static void
test_at_limit_insert_is_refused_and_after_a_removal_taken(void)
{
	start(FULL);
	fill(0, FULL);
	CU_ASSERT_EQUAL(table.count, FULL);
	CU_ASSERT_EQUAL(tg_flowtable_insert(&table, random32(), FULL), -ENOSPC);
	CU_ASSERT_EQUAL(table.count, FULL);
	check_counts();
	check_all_found();
	take_out(1234);
	insert(42, 1234);
	CU_ASSERT_EQUAL(tg_flowtable_insert(&table, random32(), FULL), -ENOSPC);
	take_all_out_in_random_order();
	start(0);
	CU_ASSERT_EQUAL(tg_flowtable_insert(&table, 1, 1), -ENOSPC);
}

static void
test_counts_used_up_insert_is_refused_and_changes_nothing(void)
{
	struct tg_flow_bucket before[2];
	uint32_t h, hash;

	start(FULL);
	hash = hash_between(5, 700);
	for (h = 0; h < 30; h++)
		insert(hash, h);
	table.bucket[5].away = UINT16_MAX;
	CU_ASSERT_EQUAL(tg_flowtable_insert(&table, hash, 30), -ENOSPC);
	table.bucket[5].away = UINT16_MAX - 1;
	table.bucket[701].passed = UINT16_MAX;
	before[0] = table.bucket[5];
	before[1] = table.bucket[700];
	CU_ASSERT_EQUAL(tg_flowtable_insert(&table, hash, 30), -ENOSPC);
	CU_ASSERT_EQUAL(memcmp(&before[0], &table.bucket[5], sizeof(before[0])), 0);
	CU_ASSERT_EQUAL(memcmp(&before[1], &table.bucket[700], sizeof(before[1])), 0);
	CU_ASSERT_EQUAL(table.count, 30);
}

static void
test_every_bucket_passed_lookup_ends_after_one_round(void)
{
	uint32_t at;

	start(FULL);
	for (at = 0; at < BUCKETS; at++)
		table.bucket[at].away = table.bucket[at].passed = 1;
	CU_ASSERT_EQUAL(buckets_visited(99, TG_HANDLE_NONE), BUCKETS + 1);
	CU_ASSERT_FALSE(tg_flowtable_remove(&table, 99, 0));
}

static void
test_random_operations_agree_with_the_model(void)
{
	uint32_t round, h, spread;

	/* Few distinct hashes make long chains and equal tags, many make none. */
	for (spread = 0; spread <= 24; spread += 8) {
		start(FULL);
		for (round = 0; round < 40000; round++) {
			h = random32() % (spread == 24 ? FULL / 8 : FULL);
			CU_ASSERT_EQUAL_FATAL(is_found(model[h].hash, h), model[h].in);
			if (model[h].in)
				take_out(h);
			else
				insert(random32() >> spread, h);
		}
		check_counts();
		check_all_found();
		take_all_out_in_random_order();
	}
}

/* The figures that the header gives. */
static void
test_full_table_after_twenty_turnovers_keeps_lookups_short(void)
{
	uint32_t i, h, hit = 0, miss = 0, n = 10000;

	start(FULL);
	fill(0, FULL);
	for (i = 0; i < 20 * FULL; i++) {
		h = random32() % FULL;
		take_out(h);
		insert(random32(), h);
	}
	for (i = 0; i < n; i++) {
		h = random32() % FULL;
		hit += buckets_visited(model[h].hash, h);
		miss += buckets_visited(random32(), TG_HANDLE_NONE);
	}
	CU_ASSERT_TRUE(hit < n * 16 / 10);
	CU_ASSERT_TRUE(miss < n * 38 / 10);
	check_counts();
	check_all_found();
	take_all_out_in_random_order();
}

/* Of hashes that are in, were in, or never were. */
static void
test_lacks_says_whether_a_lookup_yields_nothing(void)
{
	uint32_t i, hash, n[2] = { 0 };
	struct tg_flow_probe p;
	bool lacks;

	start(FULL);
	for (i = 0; i < FULL; i++)
		insert(random32(), i);
	for (i = 0; i < FULL; i += 8)
		take_out(i);
	for (i = 0; i < 10 * FULL; i++) {
		hash = i < FULL ? model[i].hash : random32();
		tg_flowtable_probe(&table, hash, &p);
		lacks = tg_flowtable_lacks(&table, hash);
		CU_ASSERT_EQUAL(lacks, tg_flowtable_next(&table, &p) == TG_HANDLE_NONE);
		n[lacks]++;
	}
	CU_ASSERT_TRUE(n[false] >= FULL / 8 * 7 && n[true] > 8 * FULL);
}

static CU_TestInfo flowtable_tests[] = {
	{ "layout keeps load and bytes per entry",
	    test_layout_of_a_capacity_keeps_the_load_and_the_bytes_per_entry },
	{ "empty lookup yields nothing", test_empty_lookup_yields_nothing },
	{ "inserted lookup yields it until removed", test_inserted_lookup_yields_it_until_removed },
	{ "bucket match tells every entry", test_bucket_match_tells_every_entry },
	{ "tag is never that of an empty entry", test_tag_is_never_that_of_an_empty_entry },
	{ "tag keeps the bits that are left",
	    test_tag_within_a_shard_and_bucket_keeps_the_bits_that_are_left },
	{ "alternate of any tag is not home", test_alternate_of_any_tag_is_not_home },
	{ "full home insert goes to the alternate", test_full_home_insert_goes_to_the_alternate },
	{ "chain goes on at the first bucket", test_chain_at_the_last_bucket_goes_on_at_the_first },
	{ "freed entry at home is used again",
	    test_freed_entry_at_home_is_used_again_while_others_are_away },
	{ "one hash for all stays exact", test_one_hash_for_all_insert_and_remove_stay_exact },
	{ "one bucket table", test_one_bucket_table_is_searched_once },
	{ "two bucket table", test_two_bucket_table_at_its_limit_finds_all },
	{ "at limit insert is refused", test_at_limit_insert_is_refused_and_after_a_removal_taken },
	{ "counts used up insert is refused",
	    test_counts_used_up_insert_is_refused_and_changes_nothing },
	{ "every bucket passed lookup ends", test_every_bucket_passed_lookup_ends_after_one_round },
	{ "random operations agree with the model", test_random_operations_agree_with_the_model },
	{ "aged full table keeps lookups short",
	    test_full_table_after_twenty_turnovers_keeps_lookups_short },
	{ "lacks says whether a lookup yields nothing",
	    test_lacks_says_whether_a_lookup_yields_nothing },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "flowtable", NULL, NULL, NULL, NULL, flowtable_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
