/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The table of half-open connections, full: modes of listeners, when pressure begins and ends, and
 * what else it changes.
 */
#include "syn_cookies_fixture.h"

/* SYNs from n ports, the first of them port. */
static void
fill(uint16_t port, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		fx_turn_to((uint16_t)(port + i));
		fx_peer("S", 0, 0, 0);
	}
	fx_forget();
}

static uint32_t
half_open(void)
{
	return tg_gauge(&fx.gauges.state[TG_TCP_SYN_RECEIVED]);
}

static uint32_t
pressure(void)
{
	return tg_gauge(&fx.gauges.syn_pressure);
}

static void
test_never_full_table_drops_the_syn_in_silence(void)
{
	sc_listen(TG_SYN_COOKIES_NEVER, 2);
	fill(40000, 2);
	fx_turn_to(40002);
	fx_peer("S", 0, 0, 0);
	FX_SENT("");
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_BACKLOG);
	FX_EQUAL(half_open(), 2);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), 0);
}

static void
test_never_full_table_resets_where_told_to(void)
{
	fx.config.reset_on_overflow = true;
	sc_listen(TG_SYN_COOKIES_NEVER, 2);
	fill(40000, 2);
	fx_turn_to(40002);
	fx_peer("S", 0, 0, 0);
	FX_SENT("R. 0:0 ack 1");
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_BACKLOG);
	FX_EQUAL(fx_counter(TG_COUNTER_RST_SENT), 1);
}

static void
test_never_full_table_resets_no_more_than_the_limit(void)
{
	uint32_t i;

	fx.config.reset_on_overflow = true;
	fx.config.limits.resets_per_second = 3;
	sc_listen(TG_SYN_COOKIES_NEVER, 2);
	fill(40000, 2);
	for (i = 0; i < 5; i++) {
		fx_turn_to((uint16_t)(41000 + i));
		fx_peer("S", 0, 0, 0);
	}
	FX_EQUAL(fx.n_sent, 3);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_RST_LIMITED);
	fx_forget();
}

static void
test_auto_below_the_limit_is_a_tcb(void)
{
	sc_listen(TG_SYN_COOKIES_AUTO, 2);
	fill(40000, 2);
	FX_EQUAL(half_open(), 2);
	FX_EQUAL(pressure(), 0);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), 0);
}

static void
test_auto_full_table_turns_to_cookies(void)
{
	sc_listen(TG_SYN_COOKIES_AUTO, 2);
	fill(40000, 2);
	fx_turn_to(40002);
	sc_syn("S", 0);
	FX_EQUAL(half_open(), 2);
	FX_EQUAL(pressure(), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_PRESSURE), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), 1);
	FX_EQUAL(fx.r.drop, TG_DROP_NONE);
	fx_turn_to(40003);
	sc_syn("S", 0);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_PRESSURE), 1); /* the same one */
}

static void
test_auto_without_keys_refuses(void)
{
	sc_listen(TG_SYN_COOKIES_AUTO, 2);
	fx.tcp.syn_cookies.keys = NULL;
	fill(40000, 3);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_BACKLOG);
	FX_TRUE(!tg_syn_cookies_active(&fx.tcp, fx.now), "no batch either");
}

static void
test_auto_without_the_key_of_the_moment_refuses(void)
{
	sc_listen(TG_SYN_COOKIES_AUTO, 2);
	sc_keys.wall_ns += 2 * TG_COOKIE_EPOCH_S * TG_NS_PER_SEC;
	fill(40000, 3);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_BACKLOG);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), 0);
}

/* In mode auto, with a table of which a sixteenth is four. */
static void
listen_large(void)
{
	fx.config.limits.connections4 = 80;
	sc_listen(TG_SYN_COOKIES_AUTO, 64);
}

/* Three of four half-open connections go, one remains: below the low-water mark of two. */
static void
drain_to(uint32_t left)
{
	uint16_t port = 40000;

	while (half_open() > left) {
		fx_turn_to(port++);
		fx_peer("R", 1, 0, 0);
	}
	fx_forget();
}

static void
test_pressure_lasts_until_half_of_the_limit(void)
{
	listen_large();
	fx.config.timers.syn_ack_retries_pressure = 15;
	fill(40000, 65);
	FX_EQUAL(pressure(), 1);
	drain_to(33);
	fx.now += 5 * TG_NS_PER_SEC;
	fx_turn_to(41000);
	sc_syn("S", 0);
	FX_EQUAL(pressure(), 1);
	drain_to(32);
	FX_TRUE(!tg_syn_cookies_active(&fx.tcp, fx.now), "over");
	FX_EQUAL(pressure(), 0);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_PRESSURE_OVER), 1);
	fill(41001, 1);
	FX_EQUAL(half_open(), 33);
}

/* A second of n SYNs that draw cookies. Returns whether there is pressure at its end. */
static bool
second_of(uint32_t n, bool answered)
{
	static uint16_t port;
	struct tg_segment syn_ack;

	while (n-- > 0) {
		fx_turn_to((uint16_t)(1024 + port++ % 30000));
		syn_ack = sc_syn("S", 0);
		if (!answered)
			continue;
		sc_ack(&syn_ack, ".", 0);
		FX_STATE(TG_TCP_ESTABLISHED);
		fx_abort();
	}
	fx_forget();
	fx.now += TG_NS_PER_SEC + TG_NS_PER_MS; /* four of them are four seconds in ticks, too */
	return tg_syn_cookies_active(&fx.tcp, fx.now);
}

/* A sixteenth of the table in four seconds would fill it in the life of a half-open one. */
static void
test_pressure_lasts_while_cookies_go_unanswered(void)
{
	uint32_t i;

	listen_large();
	fill(40000, 65);
	drain_to(0);
	for (i = 0; i < 60; i++)
		FX_TRUE(second_of(2, false), "the flood goes on");
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_PRESSURE), 1);
	FX_EQUAL(half_open(), 0);
	for (i = 0; i < 3; i++)
		second_of(0, false);
	FX_TRUE(!second_of(0, false), "over, four seconds later");
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_PRESSURE), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_PRESSURE_OVER), 1);
}

static void
test_pressure_ends_with_few_cookies_unanswered(void)
{
	uint32_t i;

	listen_large();
	fill(40000, 65); /* the last of them by cookie */
	drain_to(0);
	for (i = 0; i < 3; i++)
		FX_TRUE(second_of(1, false), "not yet");
	FX_TRUE(!second_of(0, false), "a sixteenth of the table, no more");
}

static void
test_pressure_ends_with_any_number_of_cookies_answered(void)
{
	uint32_t i;

	listen_large();
	fill(40000, 65);
	drain_to(0);
	for (i = 0; i < 3; i++)
		FX_TRUE(second_of(200, true), "not yet");
	FX_TRUE(!second_of(200, true), "over");
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ACCEPTED), 800);
}

/* Cookies of another node are answered here: more are taken than made. */
static void
test_pressure_ends_with_more_cookies_taken_than_made(void)
{
	listen_large();
	fill(40000, 65);
	drain_to(0);
	tg_count_n(&fx.stats, TG_COUNTER_COOKIES_ACCEPTED, 1000);
	fx.now += 5 * TG_NS_PER_SEC;
	FX_TRUE(!tg_syn_cookies_active(&fx.tcp, fx.now), "over");
}

static void
test_pressure_lasts_four_seconds_from_when_it_was_full(void)
{
	sc_listen(TG_SYN_COOKIES_AUTO, 4);
	fill(40000, 5);
	fx.now += TG_NS_PER_SEC;
	fill(40006, 1); /* still full: the time begins again */
	drain_to(0);
	fx.now += 3900 * TG_NS_PER_MS;
	FX_TRUE(tg_syn_cookies_active(&fx.tcp, fx.now), "not yet");
	fx.now += 200 * TG_NS_PER_MS;
	FX_TRUE(!tg_syn_cookies_active(&fx.tcp, fx.now), "over");
}

static void
test_pressure_ends_across_the_wrap_of_ticks(void)
{
	sc_listen(TG_SYN_COOKIES_AUTO, 4);
	fill(40000, 5);
	drain_to(0);
	fx.tcp.syn_cookies.full = 0xffffff00;
	fx.now = (tg_time_t)(1ULL << 32 | 100) << TG_TICK_SHIFT;
	FX_TRUE(tg_syn_cookies_active(&fx.tcp, fx.now), "356 ticks");
	fx.now = (tg_time_t)(1ULL << 32 | 4000) << TG_TICK_SHIFT;
	FX_TRUE(!tg_syn_cookies_active(&fx.tcp, fx.now), "4256 ticks");
}

static void
test_pressure_gives_half_open_connections_fewer_syn_acks(void)
{
	fx.config.timers.syn_ack_retries_pressure = 1;
	sc_listen(TG_SYN_COOKIES_NEVER, 4);
	fill(40000, 5);
	fx_wait_ms(2900);
	FX_EQUAL(half_open(), 4);
	fx_wait_ms(200);
	FX_EQUAL(half_open(), 0); /* one retry: after 1 + 2 seconds */
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_RETRANSMITS), 4);
	fx_wait_ms(2000);
	fill(40000, 1); /* the pressure is over: as many as ever */
	fx_wait_ms(62000);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_RETRANSMITS), 4 + 5);
	fx_forget();
	fx_wait_ms(2000);
	FX_EQUAL(half_open(), 0);
}

static void
test_pressure_gives_never_more_syn_acks(void)
{
	fx.config.timers.syn_ack_retries = 1;
	fx.config.timers.syn_ack_retries_pressure = 9;
	sc_listen(TG_SYN_COOKIES_NEVER, 4);
	fill(40000, 5);
	fx_wait_ms(3100);
	FX_EQUAL(half_open(), 0);
	fx_forget();
}

static void
test_pressure_ends_by_the_timers_of_half_open_connections(void)
{
	fx.config.timers.syn_ack_retries_pressure = 15;
	sc_listen(TG_SYN_COOKIES_NEVER, 4);
	fill(40000, 5);
	drain_to(1);
	fx_wait_ms(7100); /* the third retry is at 7 seconds */
	FX_EQUAL(pressure(), 0);
	fx_forget();
}

static void
test_pressure_in_a_shard_of_mixed_modes_is_for_all(void)
{
	sc_listen(TG_SYN_COOKIES_NEVER, 2);
	fx.endpoint[1].syn_cookies = TG_SYN_COOKIES_AUTO;
	fill(40000, 3);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_BACKLOG);
	fx.peer.is_ipv6 = true;
	fx.peer.syn.mss = 1440;
	fx_turn_to(40000);
	sc_syn("S", 0);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), 1);
}

static void
test_always_needs_no_pressure(void)
{
	sc_listen(TG_SYN_COOKIES_ALWAYS, 2);
	FX_TRUE(tg_syn_cookies_active(&fx.tcp, fx.now), "at once");
	sc_syn("S", 0);
	FX_EQUAL(half_open(), 0);
	FX_EQUAL(pressure(), 0);
}

static void
test_always_mss_below_the_classes_is_a_tcb(void)
{
	sc_listen(TG_SYN_COOKIES_ALWAYS, 2);
	fx.peer.syn.mss = 535;
	fill(40000, 1);
	FX_EQUAL(half_open(), 1);
	FX_EQUAL(fx.t->mss, 535);
	fx_turn_to(40001);
	fx.peer.syn.mss = 536;
	sc_syn("S", 0);
	fx.peer.syn.present = 0; /* none counts as the least */
	fx_turn_to(40002);
	sc_syn("S", 0);
	FX_EQUAL(half_open(), 1);
}

static void
test_always_draining_refuses(void)
{
	sc_listen(TG_SYN_COOKIES_ALWAYS, 2);
	fx.tcp.draining = true;
	fx_peer("S", 0, 0, 0);
	FX_SENT("R. 0:0 ack 1");
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_DRAINING);
}

static CU_TestInfo tests[] = {
	{ "never_full_table_drops_the_syn_in_silence",
	    test_never_full_table_drops_the_syn_in_silence },
	{ "never_full_table_resets_where_told_to", test_never_full_table_resets_where_told_to },
	{ "never_full_table_resets_no_more_than_the_limit",
	    test_never_full_table_resets_no_more_than_the_limit },
	{ "auto_below_the_limit_is_a_tcb", test_auto_below_the_limit_is_a_tcb },
	{ "auto_full_table_turns_to_cookies", test_auto_full_table_turns_to_cookies },
	{ "auto_without_keys_refuses", test_auto_without_keys_refuses },
	{ "auto_without_the_key_of_the_moment_refuses",
	    test_auto_without_the_key_of_the_moment_refuses },
	{ "pressure_lasts_until_half_of_the_limit", test_pressure_lasts_until_half_of_the_limit },
	{ "pressure_lasts_while_cookies_go_unanswered",
	    test_pressure_lasts_while_cookies_go_unanswered },
	{ "pressure_ends_with_few_cookies_unanswered",
	    test_pressure_ends_with_few_cookies_unanswered },
	{ "pressure_ends_with_any_number_of_cookies_answered",
	    test_pressure_ends_with_any_number_of_cookies_answered },
	{ "pressure_ends_with_more_cookies_taken_than_made",
	    test_pressure_ends_with_more_cookies_taken_than_made },
	{ "pressure_lasts_four_seconds_from_when_it_was_full",
	    test_pressure_lasts_four_seconds_from_when_it_was_full },
	{ "pressure_ends_across_the_wrap_of_ticks", test_pressure_ends_across_the_wrap_of_ticks },
	{ "pressure_gives_half_open_connections_fewer_syn_acks",
	    test_pressure_gives_half_open_connections_fewer_syn_acks },
	{ "pressure_gives_never_more_syn_acks", test_pressure_gives_never_more_syn_acks },
	{ "pressure_ends_by_the_timers_of_half_open_connections",
	    test_pressure_ends_by_the_timers_of_half_open_connections },
	{ "pressure_in_a_shard_of_mixed_modes_is_for_all",
	    test_pressure_in_a_shard_of_mixed_modes_is_for_all },
	{ "always_needs_no_pressure", test_always_needs_no_pressure },
	{ "always_mss_below_the_classes_is_a_tcb", test_always_mss_below_the_classes_is_a_tcb },
	{ "always_draining_refuses", test_always_draining_refuses },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("SYN pressure", tests);
}
