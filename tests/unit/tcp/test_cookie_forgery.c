/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Cookies that nobody made: what a guess is worth, and that nothing of a flow can be
 * changed. Where TG_LONG is set, all acknowledgment numbers are tried.
 */
#include "cookie_fixture.h"

#include <stdlib.h>

#define FLOWS 64
#define SLICE (1U << 20) /* acknowledgment numbers tried around a right one */
#define RIGHT 8          /* right numbers: two epochs times four classes */

/* The SYN of one of many flows. */
static struct tg_packet
random_syn(bool is_ipv6, uint64_t *random)
{
	struct tg_packet syn = ck_syn(is_ipv6);

	syn.src.q[0] = syn.dst.q[0] = ck_random(random);
	syn.dst.v4 = (uint32_t)ck_random(random);
	if (is_ipv6) {
		syn.src.q[1] = ck_random(random);
		syn.dst.q[1] = ck_random(random);
	} else {
		syn.src.w[1] = syn.dst.w[1] = 0;
	}
	syn.tcp.seq = (uint32_t)ck_random(random);
	syn.tcp.sport = (be16_t)ck_random(random);
	syn.tcp.dport = (be16_t)ck_random(random);
	syn.tcp.opt.mss = (uint16_t)(ck_random(random) % 1500);
	return syn;
}

/* ---- One bit. */

/* Bits 29 and 30 say which class and are not authenticated: another class comes back. */
static void
expect_ack_bits_refused(const struct tg_cookie_now *now, const struct tg_packet *ack)
{
	struct tg_cookie_peer peer, other;
	struct tg_packet flipped = *ack;
	unsigned bit;

	CU_ASSERT_EQUAL(tg_cookie_check(now, ack, 0, &peer), TG_COOKIE_ACCEPTED);
	for (bit = 0; bit < 32; bit++) {
		flipped.tcp.ack = ack->tcp.ack ^ 1U << bit;
		if (bit != 29 && bit != 30) {
			CU_ASSERT_EQUAL(ck_check(now, &flipped), TG_COOKIE_REFUSED);
			continue;
		}
		CU_ASSERT_EQUAL(tg_cookie_check(now, &flipped, 0, &other), TG_COOKIE_ACCEPTED);
		CU_ASSERT_NOT_EQUAL(peer.mss, other.mss);
	}
}

static void
test_ack_with_one_bit_flipped_is_refused_but_for_the_class(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL), next = ck_at(CK_WALL + TG_COOKIE_EPOCH_S);
	uint64_t random = 1;
	unsigned i;

	for (i = 0; i < FLOWS; i++) {
		struct tg_packet syn = random_syn(i % 2 != 0, &random);
		struct tg_packet ack = ck_ack(&syn, tg_cookie_make(&now, &syn));

		expect_ack_bits_refused(&now, &ack);
		expect_ack_bits_refused(&next, &ack);
	}
}

static void
expect_bits_refused(
    const struct tg_cookie_now *now, struct tg_packet *ack, void *field, unsigned bytes)
{
	uint8_t *p = field;
	unsigned bit;

	for (bit = 0; bit < 8 * bytes; bit++) {
		p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CU_ASSERT_EQUAL(ck_check(now, ack), TG_COOKIE_REFUSED);
		p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CU_ASSERT_EQUAL(ck_check(now, ack), TG_COOKIE_ACCEPTED);
}

static void
test_flow_with_one_bit_flipped_is_refused(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL);
	uint64_t random = 2;
	unsigned i, address;

	for (i = 0; i < FLOWS; i++) {
		struct tg_packet syn = random_syn(i % 2 != 0, &random);
		struct tg_packet ack = ck_ack(&syn, tg_cookie_make(&now, &syn));

		address = syn.is_ipv6 ? 16 : 4;
		expect_bits_refused(&now, &ack, &ack.src, address);
		expect_bits_refused(&now, &ack, &ack.dst, address);
		expect_bits_refused(&now, &ack, &ack.tcp.sport, sizeof(ack.tcp.sport));
		expect_bits_refused(&now, &ack, &ack.tcp.dport, sizeof(ack.tcp.dport));
		expect_bits_refused(&now, &ack, &ack.tcp.seq, sizeof(ack.tcp.seq));
	}
}

static void
test_flow_turned_round_is_refused(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL);
	unsigned family;

	for (family = 0; family < 2; family++) {
		struct tg_packet syn = ck_syn(family);
		struct tg_packet ack = ck_ack(&syn, tg_cookie_make(&now, &syn)), turned = ack;

		turned.src = ack.dst;
		turned.dst = ack.src;
		CU_ASSERT_EQUAL(ck_check(&now, &turned), TG_COOKIE_REFUSED);
		turned = ack;
		turned.tcp.sport = ack.tcp.dport;
		turned.tcp.dport = ack.tcp.sport;
		CU_ASSERT_EQUAL(ck_check(&now, &turned), TG_COOKIE_REFUSED);
		turned = ack;
		turned.is_ipv6 = !ack.is_ipv6;
		CU_ASSERT_EQUAL(ck_check(&now, &turned), TG_COOKIE_REFUSED);
	}
}

static void
test_key_with_one_bit_flipped_refuses(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL), flipped;
	uint64_t random = 3;
	unsigned i, bit;

	for (i = 0; i < FLOWS; i++) {
		struct tg_packet syn = random_syn(i % 2 != 0, &random);
		struct tg_packet ack = ck_ack(&syn, tg_cookie_make(&now, &syn));

		for (bit = 0; bit < 128; bit++) {
			flipped = now;
			flipped.key[now.parity].k[bit / 64] ^= 1ULL << bit % 64;
			CU_ASSERT_EQUAL(ck_check(&flipped, &ack), TG_COOKIE_REFUSED);
		}
	}
}

static void
test_master_with_one_bit_flipped_refuses(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL), other;
	struct tg_packet syn = ck_syn(false), ack = ck_ack(&syn, tg_cookie_make(&now, &syn));
	struct tg_siphash_key master;
	struct tg_cookie_keys keys;
	unsigned bit;

	for (bit = 0; bit < 128; bit++) {
		master = ck_master;
		master.k[bit / 64] ^= 1ULL << bit % 64;
		keys = ck_keys_of(&master, CK_WSCALE, CK_EPOCH);
		CU_ASSERT_TRUE(tg_cookie_begin(&other, &keys, CK_WALL));
		CU_ASSERT_EQUAL(ck_check(&other, &ack), TG_COOKIE_REFUSED);
	}
}

static void
test_node_of_another_window_scale_refuses(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL), other;
	struct tg_packet syn = ck_syn(false), ack = ck_ack(&syn, tg_cookie_make(&now, &syn));
	struct tg_cookie_keys keys;
	uint8_t wscale;

	for (wscale = 0; wscale <= TG_TCP_WSCALE_MAX; wscale++) {
		keys = ck_keys_of(&ck_master, wscale, CK_EPOCH);
		CU_ASSERT_TRUE(tg_cookie_begin(&other, &keys, CK_WALL));
		CU_ASSERT_EQUAL(ck_check(&other, &ack),
		    wscale == CK_WSCALE ? TG_COOKIE_ACCEPTED : TG_COOKIE_REFUSED);
	}
}

/* ---- What cookies look like from outside. */

/* All peers have one MSS, and yet every bit but the parity is set in half of the cookies: six
 * standard deviations allow 192 of 4096 more or less. */
static void
test_bits_of_many_cookies_are_set_in_half_of_them(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL);
	unsigned set[32] = { 0 }, i, bit;
	uint64_t random = 4;

	for (i = 0; i < 4096; i++) {
		struct tg_packet syn = random_syn(i % 2 != 0, &random);
		uint32_t iss;

		syn.tcp.opt.mss = 1460;
		iss = tg_cookie_make(&now, &syn);
		for (bit = 0; bit < 32; bit++)
			set[bit] += iss >> bit & 1;
	}
	for (bit = 0; bit < 31; bit++)
		CU_ASSERT_TRUE(set[bit] > 2048 - 192 && set[bit] < 2048 + 192);
	CU_ASSERT_EQUAL(set[31], now.parity == 0 ? 0 : 4096);
}

/* ---- Guesses. */

/* The numbers that must be right for a flow, by class and parity, made with both candidates. */
static void
make_right(const struct tg_cookie_now *now, struct tg_packet syn, uint32_t right[RIGHT])
{
	struct tg_cookie_now maker = *now;
	unsigned i;

	for (i = 0; i < RIGHT; i++) {
		maker.parity = i % 2;
		syn.tcp.opt.mss = tg_cookie_mss[syn.is_ipv6][i / 2];
		right[i] = tg_cookie_make(&maker, &syn) + 1;
	}
}

/* How many of n acknowledgment numbers from first on are accepted. Each must be a right one. */
static unsigned
count_accepted(const struct tg_cookie_now *now, struct tg_packet ack, uint32_t first, uint64_t n,
    const uint32_t right[RIGHT])
{
	unsigned accepted = 0, i;

	for (ack.tcp.ack = first; n-- > 0; ack.tcp.ack++) {
		if (ck_check(now, &ack) != TG_COOKIE_ACCEPTED)
			continue;
		accepted++;
		for (i = 0; i < RIGHT && right[i] != ack.tcp.ack; i++)
			;
		CU_ASSERT_NOT_EQUAL(i, RIGHT);
	}
	return accepted;
}

static void
expect_one_right_in_each_slice(bool is_ipv6, uint64_t wall_s)
{
	struct tg_cookie_now now = ck_at(wall_s);
	struct tg_packet syn = ck_syn(is_ipv6), ack = ck_ack(&syn, 0);
	uint32_t right[RIGHT];
	unsigned i, k;

	make_right(&now, syn, right);
	for (i = 0; i < RIGHT; i++) {
		for (k = 0; k < i; k++)
			CU_ASSERT_NOT_EQUAL(right[i], right[k]);
		CU_ASSERT_EQUAL(count_accepted(&now, ack, right[i], 1, right), 1);
	}
	for (i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(count_accepted(&now, ack, right[i] - SLICE / 2, SLICE, right), 1);
}

static void
test_guesses_around_right_numbers_hit_those_eight_alone(void)
{
	expect_one_right_in_each_slice(false, CK_WALL);
	expect_one_right_in_each_slice(false, CK_WALL + TG_COOKIE_EPOCH_S + 63);
	expect_one_right_in_each_slice(true, CK_WALL + 62);
}

/* Numbers drawn at random: 2^20 guesses on as many flows should hit with probability 2^-9, and
 * those drawn here do not. The same with the 29 bits of the MAC copied all hit. */
static void
test_guesses_at_random_miss_and_with_the_mac_known_all_hit(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL);
	uint64_t random = 5;
	unsigned i, hits = 0, known = 0;

	for (i = 0; i < 1U << 20; i++) {
		struct tg_packet syn = random_syn(false, &random);
		struct tg_packet ack = ck_ack(&syn, (uint32_t)ck_random(&random));

		hits += ck_check(&now, &ack) == TG_COOKIE_ACCEPTED;
		ack.tcp.ack = (tg_cookie_make(&now, &syn) ^ (ack.tcp.ack & 0x60000000)) + 1;
		known += ck_check(&now, &ack) == TG_COOKIE_ACCEPTED;
	}
	CU_ASSERT_EQUAL(hits, 0);
	CU_ASSERT_EQUAL(known, 1U << 20);
}

static void
test_guesses_of_all_numbers_hit_exactly_eight(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL);
	struct tg_packet syn = ck_syn(false), ack = ck_ack(&syn, 0);
	uint32_t right[RIGHT];

	if (getenv("TG_LONG") == NULL)
		return;
	make_right(&now, syn, right);
	CU_ASSERT_EQUAL(count_accepted(&now, ack, 0, 1ULL << 32, right), RIGHT);
}

static CU_TestInfo bit_tests[] = {
	{ "ACK with one bit flipped: refused, but for the class",
	    test_ack_with_one_bit_flipped_is_refused_but_for_the_class },
	{ "flow with one bit flipped: refused", test_flow_with_one_bit_flipped_is_refused },
	{ "flow turned round: refused", test_flow_turned_round_is_refused },
	{ "key with one bit flipped: refuses", test_key_with_one_bit_flipped_refuses },
	{ "master with one bit flipped: refuses", test_master_with_one_bit_flipped_refuses },
	{ "node of another window scale: refuses", test_node_of_another_window_scale_refuses },
	{ "bits of many cookies: set in half of them",
	    test_bits_of_many_cookies_are_set_in_half_of_them },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo guess_tests[] = {
	{ "around right numbers: hit those eight alone",
	    test_guesses_around_right_numbers_hit_those_eight_alone },
	{ "at random: miss; with the MAC known: all hit",
	    test_guesses_at_random_miss_and_with_the_mac_known_all_hit },
	{ "all numbers, in the long run: hit exactly eight",
	    test_guesses_of_all_numbers_hit_exactly_eight },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "cookie bits", NULL, NULL, NULL, NULL, bit_tests },
		{ "cookie guesses", NULL, NULL, NULL, NULL, guess_tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
