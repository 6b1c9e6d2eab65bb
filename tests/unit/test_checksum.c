/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/checksum.h"

#include <stdlib.h>

#include "raw_frame.h"
#include "tap.h"

/* What tg_checksum_fold should give over these bytes, in host order. */
static uint16_t
naive(const uint8_t *p, uint32_t len)
{
	return (uint16_t)~raw_sum(0, p, len);
}

static uint16_t
checksum(uint64_t sum, const uint8_t *p, size_t len)
{
	return tg_host16(tg_checksum_fold(tg_checksum_add(sum, p, len)));
}

static void
fill_random(uint8_t *p, size_t len, uint64_t *seed)
{
	while (len-- > 0)
		*p++ = (uint8_t)raw_random(seed);
}

/* RFC 1071 section 3. */
static void
test_rfc1071_example_sums_to_ddf2(void)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	CU_ASSERT_EQUAL(checksum(0, bytes, sizeof(bytes)), (uint16_t)~0xddf2);
}

static void
test_real_ip4_header_folds_to_zero(void)
{
	static const uint8_t header[] = { 0x45, 0x00, 0x00, 0x3c, 0x18, 0x87, 0x40, 0x00, 0x40,
		0x06, 0x9e, 0x31, 0xc0, 0x00, 0x02, 0x01, 0xc0, 0x00, 0x02, 0x02 };

	CU_ASSERT_EQUAL(checksum(0, header, sizeof(header)), 0);
}

static void
test_nothing_and_zeros_fold_to_ffff(void)
{
	static const uint8_t zeros[40];

	CU_ASSERT_EQUAL(checksum(0, zeros, 0), 0xffff);
	CU_ASSERT_EQUAL(checksum(0, zeros, sizeof(zeros)), 0xffff);
}

static void
test_all_ones_fold_to_zero_through_every_carry(void)
{
	uint8_t ones[1024];
	uint32_t len;

	memset(ones, 0xff, sizeof(ones));
	for (len = 2; len <= sizeof(ones); len += 2)
		CU_ASSERT_EQUAL(checksum(0, ones, len), 0);
	CU_ASSERT_EQUAL(checksum(UINT64_MAX, ones, sizeof(ones)), 0);
}

static void
test_every_length_and_alignment_matches_naive_sum(void)
{
	uint8_t *exact;
	uint64_t seed = 1;
	uint32_t len, shift;

	for (len = 0; len <= 130; len++) {
		for (shift = 0; shift < 8; shift++) {
			exact = malloc(shift + len);
			CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
			fill_random(exact, shift + len, &seed);
			CU_ASSERT_EQUAL(checksum(0, exact + shift, len), naive(exact + shift, len));
			free(exact);
		}
	}
}

static void
test_random_long_buffers_match_naive_sum(void)
{
	static uint8_t bytes[9000];
	uint64_t seed = 2;
	uint32_t i, len, shift;

	for (i = 0; i < 300; i++) {
		fill_random(bytes, sizeof(bytes), &seed);
		shift = (uint32_t)(raw_random(&seed) % 8);
		len = (uint32_t)(raw_random(&seed) % (sizeof(bytes) - shift));
		CU_ASSERT_EQUAL(checksum(0, bytes + shift, len), naive(bytes + shift, len));
	}
}

static void
test_pieces_sum_to_the_whole(void)
{
	uint8_t bytes[201];
	uint64_t seed = 3, sum;
	uint32_t cut;

	fill_random(bytes, sizeof(bytes), &seed);
	for (cut = 0; cut <= sizeof(bytes); cut += 2) {
		sum = tg_checksum_add(0, bytes, cut);
		CU_ASSERT_EQUAL(
		    checksum(sum, bytes + cut, sizeof(bytes) - cut), naive(bytes, sizeof(bytes)));
	}
}

static void
test_fold_of_any_sum_is_its_residue(void)
{
	static const uint64_t edges[] = { 0, 1, 0xffff, 0x10000, 0xffffffff, 0x100000000,
		0xffff0000ffff0000, UINT64_MAX - 1, UINT64_MAX };
	uint64_t seed = 4, sum;
	uint32_t i;
	uint16_t folded;

	for (i = 0; i < 10000; i++) {
		sum = i < TG_ARRAY_LEN(edges) ? edges[i] : raw_random(&seed);
		folded = (uint16_t)~tg_checksum_fold(sum);
		CU_ASSERT_EQUAL(folded % 0xffff, sum % 0xffff);
		CU_ASSERT_EQUAL(folded == 0, sum == 0);
	}
}

/* The pseudo-header of RFC 9293 3.1, laid out as it is summed. */
static void
test_pseudo_header_of_ip4_matches_naive_sum(void)
{
	static const uint8_t header[12] = { 192, 0, 2, 1, 198, 51, 100, 7, 0, 6, 0x12, 0x35 };
	union tg_ip src = { .b = { 192, 0, 2, 1 } }, dst = { .b = { 198, 51, 100, 7 } };
	uint64_t sum = tg_checksum_pseudo(false, &src, &dst, 6, 0x1235);

	CU_ASSERT_EQUAL(tg_host16(tg_checksum_fold(sum)), naive(header, sizeof(header)));
}

/* The pseudo-header of RFC 8200 8.1; every length byte counts. */
static void
test_pseudo_header_of_ip6_matches_naive_sum(void)
{
	uint8_t header[40];
	union tg_ip src, dst;
	uint64_t seed = 5;
	uint32_t i;

	for (i = 0; i < 1000; i++) {
		fill_random(header, sizeof(header), &seed);
		memset(header + 36, 0, 3);
		memcpy(&src, header, 16);
		memcpy(&dst, header + 16, 16);
		CU_ASSERT_EQUAL(tg_host16(tg_checksum_fold(tg_checksum_pseudo(
				    true, &src, &dst, header[39], tg_load32(header + 32)))),
		    naive(header, sizeof(header)));
	}
}

/* RFC 1624 section 4: equation 3 gives 0x0000 where RFC 1141 gives 0xffff. */
static void
test_update16_of_rfc1624_example_gives_zero(void)
{
	CU_ASSERT_EQUAL(tg_checksum_update16(tg_be16(0xdd2f), tg_be16(0x5555), tg_be16(0x3285)), 0);
}

static void
test_update16_away_from_zero_and_back_restores(void)
{
	be16_t away = tg_checksum_update16(0, tg_be16(0x3285), tg_be16(0x5555));

	CU_ASSERT_EQUAL(tg_host16(away), 0xdd2f);
	CU_ASSERT_EQUAL(tg_checksum_update16(away, tg_be16(0x5555), tg_be16(0x3285)), 0);
}

/* Of a packet that is not all zero, the recomputed checksum is never 0xffff: the
 * updated one has to be the same value, not just the same residue. */
static void
test_update16_matches_recomputation(void)
{
	uint8_t bytes[20];
	uint64_t seed = 6;
	uint32_t i, at;
	be16_t csum, old, new;

	for (i = 0; i < 20000; i++) {
		fill_random(bytes, sizeof(bytes), &seed);
		csum = tg_checksum_fold(tg_checksum_add(0, bytes, sizeof(bytes)));
		at = (uint32_t)(raw_random(&seed) % 10) * 2;
		memcpy(&old, bytes + at, sizeof(old));
		new = i & 1 ? (be16_t)~old : (be16_t)raw_random(&seed);
		memcpy(bytes + at, &new, sizeof(new));
		CU_ASSERT_EQUAL(
		    tg_host16(tg_checksum_update16(csum, old, new)), naive(bytes, sizeof(bytes)));
	}
}

static void
test_update16_over_every_old_value_of_a_word_holds(void)
{
	uint8_t bytes[4] = { 0x12, 0x34, 0, 0 };
	uint32_t v;
	be16_t csum;

	csum = tg_be16(naive(bytes, sizeof(bytes)));
	for (v = 1; v <= 0xffff; v++) {
		csum = tg_checksum_update16(csum, tg_be16((uint16_t)(v - 1)), tg_be16((uint16_t)v));
		raw_put16(bytes + 2, v);
		CU_ASSERT_EQUAL(tg_host16(csum), naive(bytes, sizeof(bytes)));
	}
}

static void
test_update32_matches_recomputation(void)
{
	uint8_t bytes[20];
	uint64_t seed = 7;
	uint32_t i, at;
	be32_t old, new;
	be16_t csum;

	for (i = 0; i < 20000; i++) {
		fill_random(bytes, sizeof(bytes), &seed);
		csum = tg_checksum_fold(tg_checksum_add(0, bytes, sizeof(bytes)));
		at = (uint32_t)(raw_random(&seed) % 5) * 4;
		memcpy(&old, bytes + at, sizeof(old));
		new = i & 1 ? ~old : (be32_t)raw_random(&seed);
		memcpy(bytes + at, &new, sizeof(new));
		CU_ASSERT_EQUAL(
		    tg_host16(tg_checksum_update32(csum, old, new)), naive(bytes, sizeof(bytes)));
	}
}

/* Against a division, for multiples, what is next to them, and anything. */
static void
test_holds_for_multiples_and_nothing_else(void)
{
	uint64_t seed = 11, v;
	unsigned i;
	int by;

	for (i = 0; i < 200000; i++) {
		v = raw_random(&seed) >> (i % 64);
		CU_ASSERT_EQUAL(tg_checksum_holds(v), v % 65535 == 0);
		v = v / 65535 * 65535;
		for (by = -1; by <= 1; by++)
			CU_ASSERT_EQUAL(
			    tg_checksum_holds(v + (uint64_t)by), (v + (uint64_t)by) % 65535 == 0);
	}
	CU_ASSERT_TRUE(tg_checksum_holds(UINT64_MAX));
}

static CU_TestInfo checksum_tests[] = {
	{ "RFC 1071 example", test_rfc1071_example_sums_to_ddf2 },
	{ "a real IPv4 header folds to zero", test_real_ip4_header_folds_to_zero },
	{ "nothing and zeros fold to ffff", test_nothing_and_zeros_fold_to_ffff },
	{ "all ones carry all the way", test_all_ones_fold_to_zero_through_every_carry },
	{ "every length and alignment", test_every_length_and_alignment_matches_naive_sum },
	{ "random long buffers", test_random_long_buffers_match_naive_sum },
	{ "pieces sum to the whole", test_pieces_sum_to_the_whole },
	{ "fold keeps the residue of any sum", test_fold_of_any_sum_is_its_residue },
	{ "IPv4 pseudo-header", test_pseudo_header_of_ip4_matches_naive_sum },
	{ "IPv6 pseudo-header", test_pseudo_header_of_ip6_matches_naive_sum },
	{ "RFC 1624 example gives zero", test_update16_of_rfc1624_example_gives_zero },
	{ "update away from zero and back", test_update16_away_from_zero_and_back_restores },
	{ "16-bit update matches recomputation", test_update16_matches_recomputation },
	{ "16-bit update over every value", test_update16_over_every_old_value_of_a_word_holds },
	{ "32-bit update matches recomputation", test_update32_matches_recomputation },
	{ "holds for multiples and nothing else", test_holds_for_multiples_and_nothing_else },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "checksum", NULL, NULL, NULL, NULL, checksum_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
