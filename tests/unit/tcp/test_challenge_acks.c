/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The limit on challenge ACKs (RFC 5961 section 7), and ACKs that it is not for.
 */
#include "fixture.h"

static void
provoke(const char *what, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (what[0] == 'R')
			fx_peer("R", 2, 0, 0);
		else if (what[0] == 'S')
			fx_peer("S", 1, 0, 0);
		else if (what[0] == 'A')
			fx_peer(".", 1, 0, 5000);
		else
			fx_peer(".", 0, 0, 1);
	}
}

/* To where the next interval begins. */
static void
wait_for_interval(void)
{
	fx_wait(1024 - tg_time_tick(fx.now) % 1024);
	fx_forget();
}

/* How many challenge ACKs an interval grants; all of them are taken. */
static uint32_t
limit_of_interval(const char *what)
{
	wait_for_interval();
	provoke(what, 30);
	return fx.n_sent;
}

/* RFC 5961 section 7: ten a second here, give or take a half. */
static void
test_challenge_acks_are_limited_whatever_provokes_them(void)
{
	static const char *const what[] = { "RST", "SYN", "ACK", "sequence" };
	uint32_t i, n;

	for (i = 0; i < TG_ARRAY_LEN(what); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(TG_TCP_ESTABLISHED);
		n = limit_of_interval(what[i]);
		FX_TRUE(n >= 5 && n <= 15, what[i]);
		FX_EQUAL(fx_counter(TG_COUNTER_CHALLENGE_ACKS), n);
		FX_EQUAL(fx_counter(TG_COUNTER_CHALLENGE_ACKS_LIMITED), 30 - n);
		fx_forget();
		fx_wait(1023); /* the interval to its end */
		provoke(what[i], 30);
		FX_TRUE(fx.n_sent == 0, what[i]);
		n = limit_of_interval(what[i]);
		FX_TRUE(n >= 5 && n <= 15, what[i]);
		FX_STATE(TG_TCP_ESTABLISHED);
	}
}

/* CVE-2016-5696: every number in the range comes, about equally often, and none tells the
 * next. */
static void
test_challenge_ack_limit_is_drawn_anew_for_each_interval(void)
{
	uint32_t seen[16] = { 0 }, same = 0, last = 0, n, i;

	fx_enter(TG_TCP_ESTABLISHED);
	for (i = 0; i < 1100; i++) {
		n = limit_of_interval("RST");
		FX_TRUE(n >= 5 && n <= 15, "in range");
		seen[n & 15]++;
		same += n == last;
		last = n;
	}
	for (n = 5; n <= 15; n++)
		FX_TRUE(seen[n] > 60 && seen[n] < 145, "as often as the others");
	FX_TRUE(same > 60 && same < 145, "as often as by chance");
}

static void
take_limits(uint32_t limits[20], uint64_t key, uint32_t late_ns)
{
	uint32_t i;

	fx_teardown();
	fx_setup();
	fx.config.secrets.challenge.k[0] = key;
	fx_enter(TG_TCP_ESTABLISHED);
	fx.now += late_ns;
	for (i = 0; i < 20; i++)
		limits[i] = limit_of_interval("RST");
}

/* Another key draws other numbers, and so does another shard with the same key: its first
 * provocation came a nanosecond later. */
static void
test_challenge_ack_limits_depend_on_the_key_and_on_the_shard(void)
{
	uint32_t first[20], again[20], key[20], late[20];

	take_limits(first, 1, 0);
	take_limits(again, 1, 0);
	take_limits(key, 2, 0);
	take_limits(late, 1, 1);
	FX_EQUAL(memcmp(first, again, sizeof(first)), 0);
	FX_TRUE(memcmp(first, key, sizeof(first)) != 0, "another key");
	FX_TRUE(memcmp(first, late, sizeof(first)) != 0, "another time");
}

static void
test_challenge_ack_limit_of_one_or_none_is_kept(void)
{
	uint32_t i, n;

	for (i = 0; i < 20; i++) {
		fx.config.limits.challenge_acks_per_second = 1;
		fx_enter(TG_TCP_ESTABLISHED);
		n = limit_of_interval("RST");
		FX_TRUE(n == 1 || n == 2, "one");
		fx.config.limits.challenge_acks_per_second = 0;
		FX_EQUAL(limit_of_interval("RST"), 0);
		fx_peer("R", 1, 0, 0);
	}
}

static void
test_challenge_ack_limit_is_one_for_all_connections(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	limit_of_interval("RST");
	fx_turn_to(fx.peer.port + 1);
	fx_enter(TG_TCP_ESTABLISHED);
	provoke("RST", 10);
	FX_SENT("");
}

/* Text outside the window is acknowledged without limit: a peer that lost our ACKs must
 * hear them. */
static void
test_acks_of_repeated_text_are_not_limited(void)
{
	uint32_t i;

	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 10, 1);
	fx_wait_ms(40);
	fx_forget();
	for (i = 0; i < 30; i++)
		fx_peer("P.", 1, 10, 1);
	FX_EQUAL(fx.n_sent, 30);
}

static CU_TestInfo tests[] = {
	{ "challenge ACKs are limited, whatever provokes them",
	    test_challenge_acks_are_limited_whatever_provokes_them },
	{ "challenge ACK limit is drawn anew for each interval",
	    test_challenge_ack_limit_is_drawn_anew_for_each_interval },
	{ "challenge ACK limits depend on the key and on the shard",
	    test_challenge_ack_limits_depend_on_the_key_and_on_the_shard },
	{ "challenge ACK limit of one, or none, is kept",
	    test_challenge_ack_limit_of_one_or_none_is_kept },
	{ "challenge ACKs: one limit for all connections",
	    test_challenge_ack_limit_is_one_for_all_connections },
	{ "ACKs of repeated text are not limited", test_acks_of_repeated_text_are_not_limited },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp challenge ACKs", tests);
}
