/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Widths that the processor has not are left out.
 */
#include "base/types.h"
#include "siphash_width.h"
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

typedef uint64_t hash_function(const struct tg_siphash_key *key, const void *data, size_t len);
typedef void lanes_function(const struct tg_siphash_key *key, enum tg_siphash_width width,
    const uint64_t *const word[], size_t n_words, size_t n, uint64_t *hash);

/* Each hash and what makes many of it. */
static const struct {
	hash_function *one;
	lanes_function *many;
} kinds[] = { { tg_siphash24, tg_siphash24_lanes }, { tg_siphash13, tg_siphash13_lanes } };

static void
test_rows_of_the_reference_message_match_its_vector(void)
{
	uint64_t first[96], second[96], end[96], hash[96];
	const uint64_t *const word[] = { first, second, end };
	enum tg_siphash_width width;
	size_t i;

	for (i = 0; i < 96; i++) {
		first[i] = 0x0706050403020100;
		second[i] = 0x0f0e0d0c0b0a0908;
		end[i] = tg_siphash_end(0, 16);
	}
	for (width = TG_SIPHASH_X1; width <= widest(); width++) {
		memset(hash, 0, sizeof(hash));
		tg_siphash24_lanes(&vector_key, width, word, TG_ARRAY_LEN(word), 96, hash);
		for (i = 0; i < 96; i++)
			CU_ASSERT_EQUAL(hash[i], 0x3f2acc7f57c29bdb);
	}
}

/* A row in exactly its memory: a sanitizer sees one byte more. */
static uint64_t *
new_row(size_t n)
{
	uint64_t *row = malloc(TG_SIPHASH_ROW(n) * sizeof(*row));
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(row);
	for (i = 0; i < TG_SIPHASH_ROW(n); i++)
		row[i] = next_random();
	return row;
}

/* n messages of len bytes, in at most ROWS rows, against each one alone. */
#define ROWS 6
static void
expect_hashes(unsigned kind, enum tg_siphash_width width, size_t n, size_t len)
{
	struct tg_siphash_key key = { { next_random(), next_random() } };
	size_t rows = len / 8 + 1, i, j;
	uint64_t *word[ROWS], *hash = new_row(n), message[ROWS];

	for (j = 0; j < rows; j++)
		word[j] = new_row(n);
	for (i = 0; i < n; i++)
		word[rows - 1][i] =
		    tg_siphash_end(word[rows - 1][i] & ((UINT64_C(1) << len % 8 * 8) - 1), len);
	kinds[kind].many(&key, width, (const uint64_t *const *)word, rows, n, hash);
	for (i = 0; i < n; i++) {
		for (j = 0; j < rows; j++)
			message[j] = word[j][i];
		CU_ASSERT_EQUAL(hash[i], kinds[kind].one(&key, message, len));
	}
	for (j = 0; j < rows; j++)
		free(word[j]);
	free(hash);
}

static void
test_any_number_of_messages_at_any_width_hashes_as_one_alone(void)
{
	enum tg_siphash_width width;
	unsigned kind;
	size_t n;

	random_state = 1;
	for (kind = 0; kind < TG_ARRAY_LEN(kinds); kind++)
		for (width = TG_SIPHASH_X1; width <= widest(); width++)
			for (n = 1; n <= MOST; n++)
				expect_hashes(kind, width, n, 16);
}

static void
test_messages_of_any_length_hash_as_one_alone(void)
{
	enum tg_siphash_width width;
	unsigned kind;
	size_t len;

	random_state = 2;
	for (kind = 0; kind < TG_ARRAY_LEN(kinds); kind++)
		for (width = TG_SIPHASH_X1; width <= widest(); width++)
			for (len = 0; len < 8 * ROWS; len++)
				expect_hashes(kind, width, 27, len);
}

static void
test_many_random_messages_hash_alike_at_all_widths(void)
{
	enum tg_siphash_width width;
	unsigned round;

	random_state = 3;
	for (round = 0; round < 2000; round++)
		for (width = TG_SIPHASH_X1; width <= widest(); width++)
			expect_hashes(round % 2, width, 32, 12 + round % 2 * 4);
}

static void
test_hashes_beyond_the_row_are_left_alone(void)
{
	static const uint64_t zeros[TG_SIPHASH_ROW(MOST)];
	const uint64_t *const word[] = { zeros, zeros };
	uint64_t hash[TG_SIPHASH_ROW(MOST) + 16];
	enum tg_siphash_width width;
	size_t n, i;

	for (width = TG_SIPHASH_X1; width <= widest(); width++) {
		for (n = 0; n <= MOST; n++) {
			memset(hash, 0x55, sizeof(hash));
			tg_siphash24_lanes(&vector_key, width, word, 2, n, hash);
			for (i = TG_SIPHASH_ROW(n); i < TG_ARRAY_LEN(hash); i++)
				CU_ASSERT_EQUAL(hash[i], 0x5555555555555555);
		}
	}
}

/* A lane that read its neighbour's message, or the key of another lane, would show here. */
static void
test_one_bit_of_one_message_changes_its_hash_alone(void)
{
	static uint64_t row[2][16];
	const uint64_t *const word[] = { row[0], row[1] };
	uint64_t before[16], after[16];
	unsigned bit;
	size_t i, k;

	random_state = 4;
	for (i = 0; i < 16; i++) {
		row[0][i] = next_random();
		row[1][i] = next_random();
	}
	tg_siphash24_lanes(&vector_key, widest(), word, 2, 16, before);
	for (i = 0; i < 16; i++) {
		for (bit = 0; bit < 128; bit++) {
			row[bit / 64][i] ^= 1ULL << bit % 64;
			tg_siphash24_lanes(&vector_key, widest(), word, 2, 16, after);
			row[bit / 64][i] ^= 1ULL << bit % 64;
			for (k = 0; k < 16; k++)
				CU_ASSERT_EQUAL(after[k] != before[k], k == i);
		}
	}
}

static CU_TestInfo tests[] = {
	{ "rows: the reference message matches its vector",
	    test_rows_of_the_reference_message_match_its_vector },
	{ "rows: any number at any width hashes as one alone",
	    test_any_number_of_messages_at_any_width_hashes_as_one_alone },
	{ "rows: messages of any length hash as one alone",
	    test_messages_of_any_length_hash_as_one_alone },
	{ "rows: many random messages hash alike at all widths",
	    test_many_random_messages_hash_alike_at_all_widths },
	{ "rows: hashes beyond the row are left alone", test_hashes_beyond_the_row_are_left_alone },
	{ "rows: one bit of one message changes its hash alone",
	    test_one_bit_of_one_message_changes_its_hash_alone },
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
