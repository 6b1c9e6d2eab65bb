/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Widths that the processor has not are left out.
 */
#include "base/types.h"
#include "crypto/siphash_lanes.h"
#include "tap.h"

#include <stdlib.h>

#define MOST 100 /* six times sixteen and a tail */

static const struct tg_siphash_key vector_key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

static uint64_t random_state;

/* splitmix64 */
static uint64_t
next_random(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* The widest that this processor has. */
static enum tg_siphash_width
widest(void)
{
	if (!__builtin_cpu_supports("avx2"))
		return TG_SIPHASH_X1;
	return __builtin_cpu_supports("avx512f") ? TG_SIPHASH_X16 : TG_SIPHASH_X8;
}

static void
test_blocks_of_the_reference_message_match_its_vector(void)
{
	static const struct tg_siphash_block message = { { 0x0706050403020100,
	    0x0f0e0d0c0b0a0908 } };
	struct tg_siphash_block block[16];
	enum tg_siphash_width width;
	uint64_t hash[16];
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(block); i++)
		block[i] = message;
	for (width = TG_SIPHASH_X1; width <= widest(); width++) {
		memset(hash, 0, sizeof(hash));
		tg_siphash24_blocks(&vector_key, width, block, TG_ARRAY_LEN(block), hash);
		for (i = 0; i < TG_ARRAY_LEN(hash); i++)
			CU_ASSERT_EQUAL(hash[i], 0x3f2acc7f57c29bdb);
	}
}

/* Each number of blocks, in exactly that much memory: a sanitizer sees one byte more. */
static void
expect_hashes(enum tg_siphash_width width, size_t n)
{
	struct tg_siphash_key key = { { next_random(), next_random() } };
	struct tg_siphash_block *block = malloc(n * sizeof(*block));
	uint64_t *hash = malloc(n * sizeof(*hash));
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(block);
	CU_ASSERT_PTR_NOT_NULL_FATAL(hash);
	for (i = 0; i < n; i++)
		block[i] = (struct tg_siphash_block){ { next_random(), next_random() } };
	memset(hash, 0, n * sizeof(*hash));
	tg_siphash24_blocks(&key, width, block, n, hash);
	for (i = 0; i < n; i++)
		CU_ASSERT_EQUAL(hash[i], tg_siphash24(&key, &block[i], sizeof(block[i])));
	free(block);
	free(hash);
}

static void
test_any_number_of_blocks_at_any_width_hashes_as_one_alone(void)
{
	enum tg_siphash_width width;
	size_t n;

	random_state = 1;
	for (width = TG_SIPHASH_X1; width <= widest(); width++)
		for (n = 1; n <= MOST; n++)
			expect_hashes(width, n);
}

static void
test_many_random_blocks_hash_alike_at_all_widths(void)
{
	unsigned round;

	random_state = 2;
	for (round = 0; round < 2000; round++)
		expect_hashes(widest(), 32);
	for (round = 0; round < 2000 && widest() != TG_SIPHASH_X1; round++)
		expect_hashes(TG_SIPHASH_X8, 32);
}

static void
test_hashes_beyond_the_last_block_are_left_alone(void)
{
	static const struct tg_siphash_block block[MOST];
	enum tg_siphash_width width;
	uint64_t hash[MOST + 16];
	size_t n, i;

	for (width = TG_SIPHASH_X1; width <= widest(); width++) {
		for (n = 0; n <= MOST; n++) {
			memset(hash, 0x55, sizeof(hash));
			tg_siphash24_blocks(&vector_key, width, block, n, hash);
			for (i = n; i < TG_ARRAY_LEN(hash); i++)
				CU_ASSERT_EQUAL(hash[i], 0x5555555555555555);
		}
	}
}

/* A lane that read its neighbour's block, or the key of another lane, would show here. */
static void
test_one_bit_of_one_block_changes_its_hash_alone(void)
{
	static struct tg_siphash_block block[16];
	uint64_t before[16], after[16];
	unsigned bit;
	size_t i, k;

	random_state = 3;
	for (i = 0; i < TG_ARRAY_LEN(block); i++)
		block[i] = (struct tg_siphash_block){ { next_random(), next_random() } };
	tg_siphash24_blocks(&vector_key, widest(), block, TG_ARRAY_LEN(block), before);
	for (i = 0; i < TG_ARRAY_LEN(block); i++) {
		for (bit = 0; bit < 128; bit++) {
			block[i].w[bit / 64] ^= 1ULL << bit % 64;
			tg_siphash24_blocks(
			    &vector_key, widest(), block, TG_ARRAY_LEN(block), after);
			block[i].w[bit / 64] ^= 1ULL << bit % 64;
			for (k = 0; k < TG_ARRAY_LEN(block); k++)
				CU_ASSERT_EQUAL(after[k] != before[k], k == i);
		}
	}
}

static CU_TestInfo tests[] = {
	{ "blocks: the reference message matches its vector",
	    test_blocks_of_the_reference_message_match_its_vector },
	{ "blocks: any number at any width hashes as one alone",
	    test_any_number_of_blocks_at_any_width_hashes_as_one_alone },
	{ "blocks: many random ones hash alike at all widths",
	    test_many_random_blocks_hash_alike_at_all_widths },
	{ "blocks: hashes beyond the last are left alone",
	    test_hashes_beyond_the_last_block_are_left_alone },
	{ "blocks: one bit of one changes its hash alone",
	    test_one_bit_of_one_block_changes_its_hash_alone },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "siphash lanes", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
