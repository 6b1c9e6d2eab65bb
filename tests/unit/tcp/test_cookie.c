/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Cookies that are made and come back: what they bring, and for how long they are good.
 */
#include "../siphash_width.h"
#include "cookie_fixture.h"

#define TICK 0xfffffff0U /* base/time.h */

/* Against an implementation of SipHash that is not ours. */
static void
test_cookie_of_a_known_flow_is_the_known_number(void)
{
	static const struct {
		bool is_ipv6;
		uint64_t epoch;
		uint16_t mss;
		uint32_t iss;
	} rows[] = {
		{ false, CK_EPOCH, 0, 0x89a05998 },
		{ false, CK_EPOCH, 1460, 0xe9a05998 },
		{ false, CK_EPOCH + 1, 0, 0x50446ec7 },
		{ false, CK_EPOCH + 1, 1460, 0x30446ec7 },
		{ true, CK_EPOCH, 0, 0x9219dc60 },
		{ true, CK_EPOCH, 1440, 0xf219dc60 },
		{ true, CK_EPOCH + 1, 0, 0x64547bbd },
		{ true, CK_EPOCH + 1, 1440, 0x04547bbd },
	};
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		struct tg_packet syn = ck_syn(rows[i].is_ipv6);
		struct tg_cookie_now now = ck_at(rows[i].epoch * TG_COOKIE_EPOCH_S);

		syn.tcp.opt.mss = rows[i].mss;
		CU_ASSERT_EQUAL(tg_cookie_make(&now, &syn), rows[i].iss);
	}
}

static void
test_key_of_an_epoch_is_the_known_one_and_of_another_another(void)
{
	struct tg_siphash_key key, other;

	tg_cookie_make_key(&ck_master, CK_WSCALE, CK_EPOCH, &key);
	CU_ASSERT_EQUAL(key.k[0], 0x1018e3227a20de33);
	CU_ASSERT_EQUAL(key.k[1], 0x9c53ba19c47a2a13);
	tg_cookie_make_key(&ck_master, CK_WSCALE, CK_EPOCH + (1ULL << 32), &other);
	CU_ASSERT_NOT_EQUAL(key.k[0], other.k[0]);
	tg_cookie_make_key(&ck_master, CK_WSCALE + 1, CK_EPOCH, &other);
	CU_ASSERT_NOT_EQUAL(key.k[0], other.k[0]);
}

/* What a peer that names this MSS is known by when its cookie comes back; mss < 0: names none. */
static uint16_t
mss_remembered(bool is_ipv6, uint64_t wall_s, int mss)
{
	struct tg_cookie_now now = ck_at(wall_s);
	struct tg_packet syn = ck_syn(is_ipv6), ack;
	struct tg_cookie_peer peer = { 0 };

	syn.tcp.opt.present = mss < 0 ? 0 : TG_OPT_MSS;
	syn.tcp.opt.mss = mss < 0 ? 9000 : (uint16_t)mss;
	ack = ck_ack(&syn, tg_cookie_make(&now, &syn));
	CU_ASSERT_EQUAL(tg_cookie_check(&now, &ack, TICK, &peer), TG_COOKIE_ACCEPTED);
	return peer.mss;
}

static void
expect_classes(bool is_ipv6, uint64_t wall_s)
{
	const uint16_t *t = tg_cookie_mss[is_ipv6];
	unsigned i;

	for (i = 0; i < TG_COOKIE_MSS_CLASSES; i++) {
		int next = i + 1 == TG_COOKIE_MSS_CLASSES ? 65536 : t[i + 1];

		CU_ASSERT_EQUAL(mss_remembered(is_ipv6, wall_s, t[i]), t[i]);
		CU_ASSERT_EQUAL(mss_remembered(is_ipv6, wall_s, next - 1), t[i]);
	}
	CU_ASSERT_EQUAL(mss_remembered(is_ipv6, wall_s, -1), t[0]);
	CU_ASSERT_EQUAL(mss_remembered(is_ipv6, wall_s, 0), t[0]);
	CU_ASSERT_EQUAL(mss_remembered(is_ipv6, wall_s, t[0] - 1), t[0]);
}

static void
test_mss_comes_back_as_the_class_at_or_below(void)
{
	unsigned parity;

	for (parity = 0; parity < 2; parity++) {
		expect_classes(false, CK_WALL + parity * TG_COOKIE_EPOCH_S);
		expect_classes(true, CK_WALL + parity * TG_COOKIE_EPOCH_S);
	}
}

static void
test_mss_classes_grow_from_the_default_and_cost_under_seven_per_cent(void)
{
	static const uint16_t ethernet[2] = { 1460, 1440 };
	unsigned family, i;

	CU_ASSERT_EQUAL(tg_cookie_mss[0][0], 536);
	CU_ASSERT_EQUAL(tg_cookie_mss[1][0], 1220);
	for (family = 0; family < 2; family++) {
		const uint16_t *t = tg_cookie_mss[family];

		for (i = 1; i < TG_COOKIE_MSS_CLASSES; i++)
			CU_ASSERT_TRUE(t[i] > t[i - 1]);
		for (i = family == 0 ? 2 : 1; i < TG_COOKIE_MSS_CLASSES; i++)
			CU_ASSERT_TRUE((t[i] - 1) * 100 < t[i - 1] * 107);
		CU_ASSERT_TRUE(ethernet[family] * 1000 < t[3] * 1006);
	}
}

static bool
options_equal(const struct tg_cookie_options *a, const struct tg_cookie_options *b)
{
	return a->wscale == b->wscale && a->sack == b->sack && a->ecn == b->ecn;
}

/* One handshake with timestamps: our clock shows ts, the third packet comes `later` ticks
 * after. */
static void
expect_options(const struct tg_cookie_options *opt, uint32_t ts, uint32_t later)
{
	struct tg_cookie_now now = ck_at(CK_WALL);
	struct tg_packet syn = ck_syn(false), ack;
	struct tg_cookie_peer peer = { 0 };
	uint32_t tsval = tg_cookie_tsval(ts, opt);

	CU_ASSERT_TRUE(ts - tsval < 64);
	ack = ck_ack(&syn, tg_cookie_make(&now, &syn));
	ack.tcp.opt.present = TG_OPT_TIMESTAMP;
	ack.tcp.opt.tsecr = tsval;
	CU_ASSERT_EQUAL(tg_cookie_check(&now, &ack, TICK + later, &peer), TG_COOKIE_ACCEPTED);
	CU_ASSERT_TRUE(peer.timestamps);
	CU_ASSERT_TRUE(options_equal(&peer.opt, opt));
	CU_ASSERT_EQUAL(TICK + later + peer.ts_off, tsval + 1);
}

static void
test_options_come_back_with_timestamps_whatever_the_clock_shows(void)
{
	static const uint32_t clocks[] = { 0, 1, 62, 63, 64, 0x7fffffff, 0x80000000, 0x80000020,
		0xffffffc0, 0xffffffff, 0x12345678 };
	struct tg_cookie_options opt;
	unsigned i, bits;

	for (i = 0; i < TG_ARRAY_LEN(clocks); i++) {
		for (bits = 0; bits < 64; bits++) {
			opt.wscale = bits & 15;
			opt.sack = (bits & 16) != 0;
			opt.ecn = (bits & 32) != 0;
			expect_options(&opt, clocks[i], i);
		}
	}
}

static void
test_tsval_of_known_clocks_is_the_known_number(void)
{
	static const struct tg_cookie_options none = { .wscale = TG_COOKIE_NO_WSCALE },
					      all = { 14, true, true }, wscale = { 0 };

	CU_ASSERT_EQUAL(tg_cookie_tsval(0x100f, &none), 0x100f);
	CU_ASSERT_EQUAL(tg_cookie_tsval(0x100e, &none), 0xfcf);
	CU_ASSERT_EQUAL(tg_cookie_tsval(0x103e, &all), 0x103e);
	CU_ASSERT_EQUAL(tg_cookie_tsval(0x103d, &all), 0xffe);
	CU_ASSERT_EQUAL(tg_cookie_tsval(0x103f, &wscale), 0x1000);
	CU_ASSERT_EQUAL(tg_cookie_tsval(0, &all), 0xfffffffe);
	CU_ASSERT_EQUAL(tg_cookie_tsval(0, &wscale), 0);
}

static void
test_ack_without_timestamps_brings_the_mss_alone(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL);
	struct tg_packet syn = ck_syn(true), ack;
	struct tg_cookie_peer peer;

	memset(&peer, 0xff, sizeof(peer));
	ack = ck_ack(&syn, tg_cookie_make(&now, &syn));
	ack.tcp.opt.tsecr = 0x37; /* not present */
	CU_ASSERT_EQUAL(tg_cookie_check(&now, &ack, TICK, &peer), TG_COOKIE_ACCEPTED);
	CU_ASSERT_EQUAL(peer.mss, 1432);
	CU_ASSERT_FALSE(peer.timestamps);
	CU_ASSERT_EQUAL(peer.opt.wscale, TG_COOKIE_NO_WSCALE);
	CU_ASSERT_FALSE(peer.opt.sack);
	CU_ASSERT_FALSE(peer.opt.ecn);
	CU_ASSERT_EQUAL(peer.ts_off, 0);
}

static void
test_ack_with_data_and_fin_is_accepted(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL);
	struct tg_packet syn = ck_syn(false), ack = ck_ack(&syn, tg_cookie_make(&now, &syn));

	ack.tcp.flags |= TG_TCP_FIN | TG_TCP_PSH;
	ack.tcp.len = 1000;
	CU_ASSERT_EQUAL(ck_check(&now, &ack), TG_COOKIE_ACCEPTED);
}

static void
test_repeated_syn_in_one_epoch_draws_the_same_cookie(void)
{
	struct tg_cookie_now now = ck_at(CK_WALL), later = ck_at(CK_WALL + 63);
	struct tg_packet syn = ck_syn(false);

	CU_ASSERT_EQUAL(tg_cookie_make(&now, &syn), tg_cookie_make(&later, &syn));
}

/* Random SYNs of one family, and their cookies one by one. */
static void
make_batch(bool is_ipv6, struct tg_tuples *t, uint16_t *mss, uint32_t *expected)
{
	struct tg_cookie_now now = ck_at(CK_WALL);
	uint64_t random = 1;
	size_t i;

	*t = (struct tg_tuples){ .is_ipv6 = is_ipv6 };
	for (i = 0; i < TG_TUPLES_MAX; i++) {
		struct tg_packet syn = ck_syn(is_ipv6);

		syn.src.w[is_ipv6 ? 3 : 0] = (uint32_t)ck_random(&random);
		syn.dst.w[is_ipv6 ? 2 : 0] = (uint32_t)ck_random(&random);
		syn.tcp.seq = (uint32_t)ck_random(&random);
		syn.tcp.sport = (uint16_t)ck_random(&random);
		syn.tcp.opt.mss = mss[i] = (uint16_t)(ck_random(&random) % 1600);
		ck_add_tuple(t, &syn);
		expected[i] = tg_cookie_make(&now, &syn);
	}
}

static void
expect_batch(bool is_ipv6)
{
	uint32_t expected[TG_TUPLES_MAX], iss[TG_TUPLES_MAX + 1];
	struct tg_cookie_now now = ck_at(CK_WALL);
	uint16_t mss[TG_TUPLES_MAX];
	enum tg_siphash_width width;
	struct tg_tuples t;

	make_batch(is_ipv6, &t, mss, expected);
	for (width = TG_SIPHASH_X1; width <= widest(); width++) {
		for (t.n = 0; t.n <= TG_TUPLES_MAX; t.n++) {
			memset(iss, 0x55, sizeof(iss));
			tg_cookie_make_tuples(&now, width, &t, mss, iss);
			CU_ASSERT_EQUAL(memcmp(iss, expected, t.n * sizeof(*iss)), 0);
			CU_ASSERT_EQUAL(iss[t.n], 0x55555555);
		}
	}
}

static void
test_batch_of_any_size_and_width_makes_the_cookies_of_single_syns(void)
{
	expect_batch(false);
	expect_batch(true);
}

/* ---- Time. */

/* A cookie made at one wall time and checked at another. */
static enum tg_cookie_verdict
made_and_checked(uint64_t made_s, uint64_t checked_s)
{
	struct tg_cookie_now maker = ck_at(made_s), checker = ck_at(checked_s);
	struct tg_packet syn = ck_syn(false), ack = ck_ack(&syn, tg_cookie_make(&maker, &syn));

	return ck_check(&checker, &ack);
}

static void
test_epoch_rotated_once_accepts_and_twice_refuses(void)
{
	CU_ASSERT_EQUAL(made_and_checked(CK_WALL + 10, CK_WALL + 10), TG_COOKIE_ACCEPTED);
	CU_ASSERT_EQUAL(made_and_checked(CK_WALL + 10, CK_WALL + 74), TG_COOKIE_ACCEPTED);
	CU_ASSERT_EQUAL(made_and_checked(CK_WALL + 10, CK_WALL + 138), TG_COOKIE_REFUSED);
	CU_ASSERT_EQUAL(made_and_checked(CK_WALL + 10, CK_WALL + 202), TG_COOKIE_REFUSED);
}

/* Accepted until two seconds before the next epoch ends, never after: 62 to 126 seconds. */
static void
test_cookie_of_any_second_lives_exactly_to_the_skew_of_the_next_epoch(void)
{
	unsigned phase, age;

	for (phase = 0; phase < 64; phase++) {
		for (age = 0; age < 300; age++) {
			enum tg_cookie_verdict expected =
			    age < 126 - phase ? TG_COOKIE_ACCEPTED : TG_COOKIE_REFUSED;

			CU_ASSERT_EQUAL(
			    made_and_checked(CK_WALL + phase, CK_WALL + phase + age), expected);
		}
	}
}

/* The checker's clock is behind: it meets cookies of its future. */
static void
test_clock_ahead_by_the_skew_is_accepted_and_by_more_is_not(void)
{
	unsigned phase, ahead;

	for (phase = 0; phase < 64; phase++)
		for (ahead = 0; ahead <= TG_COOKIE_SKEW_S; ahead++)
			CU_ASSERT_EQUAL(made_and_checked(CK_WALL + phase, CK_WALL + phase - ahead),
			    TG_COOKIE_ACCEPTED);
	CU_ASSERT_EQUAL(made_and_checked(CK_WALL, CK_WALL - 3), TG_COOKIE_REFUSED);
	CU_ASSERT_EQUAL(made_and_checked(CK_WALL + 1, CK_WALL - 2), TG_COOKIE_ACCEPTED);
	CU_ASSERT_EQUAL(made_and_checked(CK_WALL + 1, CK_WALL - 64), TG_COOKIE_REFUSED);
}

/* In the last two seconds of an epoch the other candidate is the next one. */
static void
test_epoch_ending_swaps_the_previous_candidate_for_the_next(void)
{
	struct tg_siphash_key before, after;
	struct tg_cookie_now now;
	unsigned phase;

	tg_cookie_make_key(&ck_master, CK_WSCALE, CK_EPOCH - 1, &before);
	tg_cookie_make_key(&ck_master, CK_WSCALE, CK_EPOCH + 1, &after);
	for (phase = 0; phase < 64; phase++) {
		now = ck_at(CK_WALL + phase);
		CU_ASSERT_EQUAL(now.parity, 1);
		CU_ASSERT_TRUE(now.known[0] && now.known[1]);
		CU_ASSERT_EQUAL(now.key[0].k[0], phase < 62 ? before.k[0] : after.k[0]);
	}
}

/* Control has not published for a while, or its clock was set. */
static void
test_keys_of_another_epoch_serve_as_far_as_they_reach(void)
{
	static const struct {
		int64_t epochs;
		unsigned phase;
		bool current, other;
	} rows[] = {
		{ 0, 0, true, true },
		{ 0, 63, true, true },
		{ 1, 0, true, true },
		{ 1, 61, true, true },
		{ 1, 62, true, false },
		{ 2, 0, false, true },
		{ 2, 62, false, false },
		{ 3, 0, false, false },
		{ -1, 0, true, false },
		{ -1, 62, true, true },
		{ -2, 0, false, false },
		{ -2, 62, false, true },
		{ -(int64_t)CK_EPOCH, 0, false, false },
	};
	struct tg_cookie_keys keys = ck_keys_of(&ck_master, CK_WSCALE, CK_EPOCH);
	struct tg_cookie_now now;
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		uint64_t epoch = CK_EPOCH + (uint64_t)rows[i].epochs;

		CU_ASSERT_EQUAL(
		    tg_cookie_begin(&now, &keys, epoch * TG_COOKIE_EPOCH_S + rows[i].phase),
		    rows[i].current);
		CU_ASSERT_EQUAL(now.parity, epoch % 2);
		CU_ASSERT_EQUAL(now.known[epoch % 2], rows[i].current);
		CU_ASSERT_EQUAL(now.known[(epoch + 1) % 2], rows[i].other);
	}
}

static void
test_key_unknown_is_told_from_a_cookie_refused(void)
{
	struct tg_cookie_keys keys = ck_keys_of(&ck_master, CK_WSCALE, CK_EPOCH);
	struct tg_packet syn = ck_syn(false), ack;
	struct tg_cookie_now now;

	CU_ASSERT_TRUE(tg_cookie_begin(&now, &keys, CK_WALL - TG_COOKIE_EPOCH_S));
	ack = ck_ack(&syn, 0x80000000);
	CU_ASSERT_EQUAL(ck_check(&now, &ack), TG_COOKIE_KEY_UNKNOWN);
	ack = ck_ack(&syn, 0);
	CU_ASSERT_EQUAL(ck_check(&now, &ack), TG_COOKIE_REFUSED);
	/* Not even the hash under a key of zeros. */
	now.parity = 1;
	ack = ck_ack(&syn, tg_cookie_make(&now, &syn));
	CU_ASSERT_EQUAL(ck_check(&now, &ack), TG_COOKIE_KEY_UNKNOWN);
}

/* The workers' clock was read before the keys were made, or long after. */
static void
test_wall_time_follows_the_workers_clock_both_ways(void)
{
	struct tg_cookie_keys keys = { .at = 5 * TG_NS_PER_SEC,
		.wall_ns = CK_WALL * TG_NS_PER_SEC + 1 };

	CU_ASSERT_EQUAL(tg_cookie_wall_s(&keys, keys.at), CK_WALL);
	CU_ASSERT_EQUAL(tg_cookie_wall_s(&keys, keys.at - 1), CK_WALL);
	CU_ASSERT_EQUAL(tg_cookie_wall_s(&keys, keys.at - 2), CK_WALL - 1);
	CU_ASSERT_EQUAL(tg_cookie_wall_s(&keys, keys.at + TG_NS_PER_SEC - 2), CK_WALL);
	CU_ASSERT_EQUAL(tg_cookie_wall_s(&keys, keys.at + TG_NS_PER_SEC - 1), CK_WALL + 1);
	CU_ASSERT_EQUAL(tg_cookie_wall_s(&keys, keys.at + 100 * TG_NS_PER_SEC), CK_WALL + 100);
}

static CU_TestInfo handshake_tests[] = {
	{ "a known flow: the known number", test_cookie_of_a_known_flow_is_the_known_number },
	{ "the key of an epoch: the known one, and of another another",
	    test_key_of_an_epoch_is_the_known_one_and_of_another_another },
	{ "MSS: comes back as the class at or below",
	    test_mss_comes_back_as_the_class_at_or_below },
	{ "MSS classes: grow from the default and cost under 7 %",
	    test_mss_classes_grow_from_the_default_and_cost_under_seven_per_cent },
	{ "options: come back with timestamps, whatever the clock shows",
	    test_options_come_back_with_timestamps_whatever_the_clock_shows },
	{ "TSval: of known clocks the known number",
	    test_tsval_of_known_clocks_is_the_known_number },
	{ "ACK without timestamps: brings the MSS alone",
	    test_ack_without_timestamps_brings_the_mss_alone },
	{ "ACK with data and FIN: accepted", test_ack_with_data_and_fin_is_accepted },
	{ "repeated SYN: the same cookie", test_repeated_syn_in_one_epoch_draws_the_same_cookie },
	{ "batch: any size and width makes the cookies of single SYNs",
	    test_batch_of_any_size_and_width_makes_the_cookies_of_single_syns },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo time_tests[] = {
	{ "epoch: rotated once accepts, twice refuses",
	    test_epoch_rotated_once_accepts_and_twice_refuses },
	{ "any second: lives exactly to the skew of the next epoch",
	    test_cookie_of_any_second_lives_exactly_to_the_skew_of_the_next_epoch },
	{ "clock ahead: by the skew accepted, by more not",
	    test_clock_ahead_by_the_skew_is_accepted_and_by_more_is_not },
	{ "epoch ending: swaps the previous candidate for the next",
	    test_epoch_ending_swaps_the_previous_candidate_for_the_next },
	{ "keys of another epoch: serve as far as they reach",
	    test_keys_of_another_epoch_serve_as_far_as_they_reach },
	{ "key unknown: told from a cookie refused",
	    test_key_unknown_is_told_from_a_cookie_refused },
	{ "wall time: follows the workers' clock both ways",
	    test_wall_time_follows_the_workers_clock_both_ways },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "cookie", NULL, NULL, NULL, NULL, handshake_tests },
		{ "cookie time", NULL, NULL, NULL, NULL, time_tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
