/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Master keys from the system, and the keys made of masters.
 */
#include "cookie_keys_fixture.h"

#include <errno.h>

#define WSCALE   7
#define PERIOD_S 3600ULL

static void
test_masters_made_twice_differ_and_serve_all_epochs(void)
{
	struct tg_cookie_masters other;

	CU_ASSERT_EQUAL(tg_cookie_masters_make(&masters), 0);
	CU_ASSERT_EQUAL(tg_cookie_masters_make(&other), 0);
	CU_ASSERT_EQUAL(masters.n, 1);
	CU_ASSERT_PTR_NOT_NULL(tg_cookie_master_of(&masters, 0));
	CU_ASSERT_FALSE(keys_equal(&masters.master[0].key, &other.master[0].key));
	CU_ASSERT_NOT_EQUAL(masters.master[0].key.k[0], 0);
	CU_ASSERT_NOT_EQUAL(masters.master[0].key.k[1], 0);
}

static void
test_keys_are_of_the_epoch_and_its_neighbours_each_by_its_master(void)
{
	const struct tg_siphash_key *const master[3] = { &key_a, &key_b, &key_b };
	struct tg_siphash_key expected;
	struct tg_cookie_keys keys;
	uint64_t wall_ns;
	unsigned i;

	CU_ASSERT_EQUAL(
	    parse("from_epoch 0 key " KEY_A "\nfrom_epoch 28000000 key " KEY_B "\n"), 0);
	wall_ns = (NOW * TG_COOKIE_EPOCH_S + 63) * TG_NS_PER_SEC + 999999999;
	CU_ASSERT_EQUAL(tg_cookie_keys_make(&masters, WSCALE, 5, wall_ns, &keys), 0);
	CU_ASSERT_EQUAL(keys.epoch, NOW);
	CU_ASSERT_EQUAL(keys.at, 5);
	CU_ASSERT_EQUAL(keys.wall_ns, wall_ns);
	for (i = 0; i < TG_ARRAY_LEN(master); i++) {
		tg_cookie_make_key(master[i], WSCALE, NOW - 1 + i, &expected);
		CU_ASSERT_TRUE(keys_equal(&keys.key[i], &expected));
	}
	CU_ASSERT_EQUAL(tg_cookie_keys_make(&masters, WSCALE, 6, wall_ns + 1, &keys), 0);
	CU_ASSERT_EQUAL(keys.epoch, NOW + 1);
}

static void
test_keys_of_a_clock_before_the_first_master_are_not_made(void)
{
	struct tg_cookie_keys keys;
	uint64_t epoch_ns = TG_COOKIE_EPOCH_S * TG_NS_PER_SEC;

	CU_ASSERT_EQUAL(parse("from_epoch 27999999 key " KEY_A), 0);
	CU_ASSERT_EQUAL(tg_cookie_keys_make(&masters, WSCALE, 0, NOW * epoch_ns, &keys), 0);
	CU_ASSERT_EQUAL(
	    tg_cookie_keys_make(&masters, WSCALE, 0, NOW * epoch_ns - 1, &keys), -ENOENT);
	CU_ASSERT_EQUAL(tg_cookie_keys_make(&masters, WSCALE, 0, 0, &keys), -ENOENT);
}

static bool
is_key_of_period(const struct tg_siphash_key *key, const struct tg_siphash_key *master,
    uint64_t period_s, uint64_t period)
{
	struct tg_siphash_key expected;

	tg_fast_open_make_key(master, period_s, period, &expected);
	return keys_equal(key, &expected);
}

/* Against an implementation of SipHash that is not ours. */
static void
test_fast_open_key_of_a_period_is_the_known_one(void)
{
	struct tg_siphash_key key;

	tg_fast_open_make_key(&key_a, PERIOD_S, 497777, &key);
	CU_ASSERT_EQUAL(key.k[0], 0x680514f2909dbf82);
	CU_ASSERT_EQUAL(key.k[1], 0xd0002ef01b2c8369);
}

static void
test_fast_open_keys_turn_with_wall_time_and_honour_one_other(void)
{
	static const struct {
		uint64_t second;
		int64_t other;
	} rows[] = { { 0, -1 }, { 1, -1 }, { PERIOD_S - 4, -1 }, { PERIOD_S - 3, 1 },
		{ PERIOD_S - 1, 1 } };
	struct tg_fast_open_keys keys;
	uint64_t period = 497777;
	unsigned i;

	CU_ASSERT_EQUAL(parse("from_epoch 0 key " KEY_A), 0);
	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		tg_cookie_fast_open_keys_make(
		    &masters, PERIOD_S, period * PERIOD_S + rows[i].second, &keys);
		CU_ASSERT_TRUE(is_key_of_period(&keys.current, &key_a, PERIOD_S, period));
		CU_ASSERT_TRUE(keys.has_previous);
		CU_ASSERT_TRUE(is_key_of_period(
		    &keys.previous, &key_a, PERIOD_S, period + (uint64_t)rows[i].other));
	}
	/* Nodes of different periods have different keys. */
	tg_fast_open_make_key(&key_a, PERIOD_S + 1, period, &keys.previous);
	CU_ASSERT_FALSE(keys_equal(&keys.current, &keys.previous));
}

/* A master that begins in the middle of a period makes the key of the next. */
static void
test_fast_open_period_belongs_to_the_master_of_its_first_epoch(void)
{
	uint64_t period = NOW * TG_COOKIE_EPOCH_S / PERIOD_S + 1;
	uint64_t first = period * PERIOD_S / TG_COOKIE_EPOCH_S;
	struct tg_fast_open_keys keys;
	char text[160];

	snprintf(text, sizeof(text), "from_epoch 0 key " KEY_A "\nfrom_epoch %llu key " KEY_B "\n",
	    (unsigned long long)first + 1);
	CU_ASSERT_EQUAL(parse(text), 0);
	tg_cookie_fast_open_keys_make(&masters, PERIOD_S, period * PERIOD_S + 200, &keys);
	CU_ASSERT_TRUE(is_key_of_period(&keys.current, &key_a, PERIOD_S, period));
	CU_ASSERT_TRUE(is_key_of_period(&keys.previous, &key_a, PERIOD_S, period - 1));
	tg_cookie_fast_open_keys_make(&masters, PERIOD_S, (period + 1) * PERIOD_S, &keys);
	CU_ASSERT_TRUE(is_key_of_period(&keys.current, &key_b, PERIOD_S, period + 1));
	CU_ASSERT_TRUE(is_key_of_period(&keys.previous, &key_a, PERIOD_S, period));
	/* Where the file begins later, the first it has. */
	masters.master[0].from_epoch = first;
	tg_cookie_fast_open_keys_make(&masters, PERIOD_S, period * PERIOD_S, &keys);
	CU_ASSERT_TRUE(is_key_of_period(&keys.previous, &key_a, PERIOD_S, period - 1));
}

static void
test_epoch_in_use_is_that_of_the_oldest_key(void)
{
	uint64_t wall_s = NOW * TG_COOKIE_EPOCH_S;
	uint64_t period = wall_s / PERIOD_S;

	CU_ASSERT_EQUAL(tg_cookie_epoch_in_use(0, wall_s), NOW - 1);
	CU_ASSERT_EQUAL(tg_cookie_epoch_in_use(PERIOD_S, wall_s), (period - 1) * PERIOD_S / 64);
	CU_ASSERT_EQUAL(tg_cookie_epoch_in_use(10, wall_s + 63), NOW - 1);
	CU_ASSERT_EQUAL(tg_cookie_epoch_in_use(wall_s + 1, wall_s), NOW - 1);
	CU_ASSERT_EQUAL(tg_cookie_epoch_in_use(wall_s, wall_s), 0);
}

/* Two nodes with one file, and one whose window scale differs. */
static void
test_cookie_of_another_node_is_accepted_where_file_and_scale_agree(void)
{
	struct tg_packet packet = { .tcp = { .seq = 99, .opt = { .mss = 1400 } } };
	struct tg_cookie_keys keys;
	struct tg_cookie_now maker, checker;
	struct tg_cookie_peer peer;
	uint64_t wall_ns = NOW * TG_COOKIE_EPOCH_S * TG_NS_PER_SEC;
	uint8_t wscale;

	CU_ASSERT_EQUAL(parse("from_epoch 0 key " KEY_A), 0);
	CU_ASSERT_EQUAL(tg_cookie_keys_make(&masters, WSCALE, 7, wall_ns, &keys), 0);
	CU_ASSERT_TRUE(tg_cookie_begin(&maker, &keys, tg_cookie_wall_s(&keys, 7)));
	packet.tcp.ack = tg_cookie_make(&maker, &packet) + 1;
	packet.tcp.seq++;
	for (wscale = 0; wscale <= 14; wscale++) {
		CU_ASSERT_EQUAL(tg_cookie_keys_make(&masters, wscale, 0, wall_ns, &keys), 0);
		CU_ASSERT_TRUE(
		    tg_cookie_begin(&checker, &keys, tg_cookie_wall_s(&keys, TG_NS_PER_SEC)));
		CU_ASSERT_EQUAL(tg_cookie_check(&checker, &packet, 0, &peer),
		    wscale == WSCALE ? TG_COOKIE_ACCEPTED : TG_COOKIE_REFUSED);
	}
}

static CU_TestInfo tests[] = {
	{ "masters made twice: differ and serve all epochs",
	    test_masters_made_twice_differ_and_serve_all_epochs },
	{ "keys: of the epoch and its neighbours, each by its master",
	    test_keys_are_of_the_epoch_and_its_neighbours_each_by_its_master },
	{ "clock before the first master: no keys",
	    test_keys_of_a_clock_before_the_first_master_are_not_made },
	{ "Fast Open key of a period: the known one",
	    test_fast_open_key_of_a_period_is_the_known_one },
	{ "Fast Open keys: turn with wall time and honour one other",
	    test_fast_open_keys_turn_with_wall_time_and_honour_one_other },
	{ "Fast Open period: belongs to the master of its first epoch",
	    test_fast_open_period_belongs_to_the_master_of_its_first_epoch },
	{ "epoch in use: that of the oldest key", test_epoch_in_use_is_that_of_the_oldest_key },
	{ "cookie of another node: accepted where file and scale agree",
	    test_cookie_of_another_node_is_accepted_where_file_and_scale_agree },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "cookie keys", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
