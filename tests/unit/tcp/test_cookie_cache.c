/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "tcp/cookie_cache.h"

#include "fixture.h"

static const struct tg_siphash_key hash_key = { { 1, 2 } };
static struct tg_cookie_cache cache;
static _Alignas(64) uint8_t block[64 * 64];

static void
lay_out(uint32_t n)
{
	struct tg_arena arena = { block, sizeof(block), 0 };

	memset(block, 0, sizeof(block));
	tg_cookie_cache_layout(&cache, &arena, n);
}

static struct tg_cookie_key
key(uint32_t i)
{
	return (struct tg_cookie_key){ .remote.v4 = tg_be32(0xc0000200 + i), .rport = 80 };
}

static struct tg_cookie_entry *
find(uint32_t i)
{
	const struct tg_cookie_key k = key(i);

	return tg_cookie_cache_find(&cache, &hash_key, &k);
}

static struct tg_cookie_entry *
add(uint32_t i, bool *evicted)
{
	const struct tg_cookie_key k = key(i);

	return tg_cookie_cache_add(&cache, &hash_key, &k, evicted);
}

static void
test_cache_without_entries_finds_and_adds_nothing(void)
{
	bool evicted;

	lay_out(0);
	CU_ASSERT_PTR_NULL(find(1));
	CU_ASSERT_PTR_NULL(add(1, &evicted));
	CU_ASSERT_FALSE(evicted);
}

static void
test_cache_rounds_up_to_whole_buckets(void)
{
	lay_out(1);
	FX_EQUAL(cache.n, TG_COOKIE_CACHE_WAYS);
	lay_out(TG_COOKIE_CACHE_WAYS + 1);
	FX_EQUAL(cache.n, 2 * TG_COOKIE_CACHE_WAYS);
}

static void
test_cache_finds_what_was_added_by_every_part_of_its_key(void)
{
	struct tg_cookie_key k = key(1);
	struct tg_cookie_entry *e;
	bool evicted;

	lay_out(16);
	e = add(1, &evicted);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	e->mss = 1000;
	CU_ASSERT_PTR_EQUAL(find(1), e);
	CU_ASSERT_PTR_EQUAL(add(1, &evicted), e);
	FX_EQUAL(e->mss, 1000);
	k.rport++;
	CU_ASSERT_PTR_NULL(tg_cookie_cache_find(&cache, &hash_key, &k));
	k = key(1);
	k.endpoint++;
	CU_ASSERT_PTR_NULL(tg_cookie_cache_find(&cache, &hash_key, &k));
	k = key(1);
	k.remote.b[15] ^= 1;
	CU_ASSERT_PTR_NULL(tg_cookie_cache_find(&cache, &hash_key, &k));
}

static void
test_full_bucket_forgets_the_one_unused_for_longest(void)
{
	struct tg_cookie_entry *e;
	bool evicted;
	uint32_t i;

	lay_out(4);
	cache.clock = UINT32_MAX - 3; /* uses are counted across the wrap */
	for (i = 0; i < 4; i++) {
		e = add(i, &evicted);
		CU_ASSERT_PTR_NOT_NULL_FATAL(e);
		CU_ASSERT_TRUE(e->used != 0);
		CU_ASSERT_FALSE(evicted);
		e->mss = 1000;
	}
	CU_ASSERT_PTR_NOT_NULL(find(0));
	e = add(9, &evicted);
	CU_ASSERT_TRUE(evicted);
	FX_EQUAL(e->mss, 0);
	CU_ASSERT_PTR_NULL(find(1));
	CU_ASSERT_TRUE(find(0) != NULL && find(2) != NULL && find(3) != NULL && find(9) != NULL);
}

static void
test_many_servers_keep_within_their_bound(void)
{
	uint32_t i, n = 0, forgotten = 0;
	bool evicted;

	lay_out(64);
	for (i = 0; i < 1000; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(add(i, &evicted));
		forgotten += evicted;
		CU_ASSERT_PTR_NOT_NULL(find(i));
	}
	for (i = 0; i < 1000; i++)
		n += find(i) != NULL;
	FX_EQUAL(n + forgotten, 1000);
	CU_ASSERT_TRUE(n > 48); /* buckets fill evenly */
}

static CU_TestInfo tests[] = {
	{ "cache without entries finds and adds nothing",
	    test_cache_without_entries_finds_and_adds_nothing },
	{ "cache rounds up to whole buckets", test_cache_rounds_up_to_whole_buckets },
	{ "cache finds what was added by every part of its key",
	    test_cache_finds_what_was_added_by_every_part_of_its_key },
	{ "full bucket forgets the one unused for longest",
	    test_full_bucket_forgets_the_one_unused_for_longest },
	{ "many servers keep within their bound", test_many_servers_keep_within_their_bound },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp cookie cache", tests);
}
