/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * When SYNs are limited by their source, and that every reset is within its limit.
 */
#include "syn_cookies_fixture.h"

#define LIMIT 4
#define TAKEN (LIMIT + 5) /* of one source, which has the sketch to itself */

static void
listen_limited(enum tg_syn_cookies_mode mode, uint32_t half_open)
{
	fx.config.source_limits = (struct tg_source_limits){ .per_source = LIMIT,
		.cells = TG_SKETCH_CELLS_MIN,
		.prefix4_bits = 24,
		.prefix6_bits = 64,
		.exempt = 1U << 2 };
	sc_listen(mode, half_open);
}

/* SYNs from n ports, the first of them port; returns how many were limited, which a shard counts.
 */
static uint32_t
syns(uint16_t port, uint32_t n)
{
	uint32_t i, limited = 0;

	for (i = 0; i < n; i++) {
		fx_turn_to((uint16_t)(port + i));
		fx_peer("S", 0, 0, 0);
		if (fx.r.drop != TG_DROP_SYN_SOURCE_LIMIT)
			continue;
		tg_count_drop(&fx.stats, fx.r.drop);
		limited++;
	}
	fx_forget();
	return limited;
}

static void
test_auto_without_pressure_is_not_limited(void)
{
	listen_limited(TG_SYN_COOKIES_AUTO, 12);
	FX_EQUAL(syns(40000, 12), 0);
	FX_EQUAL(fx.tcp.source_limit.source.counted, 0);
}

static void
test_auto_under_pressure_is_limited(void)
{
	listen_limited(TG_SYN_COOKIES_AUTO, 2);
	FX_EQUAL(syns(40000, 2), 0);
	FX_EQUAL(syns(40002, TAKEN), 0);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), TAKEN);
	fx_turn_to(41000);
	fx_peer("S", 0, 0, 0);
	FX_SENT("");
	FX_EQUAL(fx.r.drop, TG_DROP_SYN_SOURCE_LIMIT);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), TAKEN);
}

/* A flood that the limit keeps away is a flood: else it would fill the table every few seconds. The
 * few cookies that it is given are not enough to tell. */
static void
test_auto_stays_under_pressure_while_syns_are_limited(void)
{
	uint32_t i;

	listen_limited(TG_SYN_COOKIES_AUTO, 2);
	FX_EQUAL(syns(40000, 3), 0);
	fx.config.limits.half_open = 1600;
	for (i = 0; i < 10; i++) {
		fx_wait_ms(1000);
		FX_EQUAL(syns(42000, 150), 150 - TAKEN);
		fx_forget();
	}
	FX_EQUAL(tg_gauge(&fx.gauges.syn_pressure), 1);
	for (i = 0; i < 10; i++) {
		fx_wait_ms(1000);
		FX_EQUAL(syns(43000, tg_gauge(&fx.gauges.syn_pressure) * LIMIT), 0);
		fx_forget();
	}
	FX_EQUAL(tg_gauge(&fx.gauges.syn_pressure), 0);
}

static void
test_always_is_limited_without_pressure(void)
{
	listen_limited(TG_SYN_COOKIES_ALWAYS, 12);
	FX_EQUAL(syns(40000, TAKEN + 3), 3);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_PRESSURE), 0);
}

static void
test_never_under_pressure_is_limited_before_it_is_refused(void)
{
	listen_limited(TG_SYN_COOKIES_NEVER, 2);
	FX_EQUAL(syns(40000, 2), 0);
	FX_EQUAL(syns(40002, TAKEN + 3), 3);
}

static void
test_limit_is_over_with_the_second(void)
{
	listen_limited(TG_SYN_COOKIES_ALWAYS, 12);
	FX_EQUAL(syns(40000, TAKEN + 3), 3);
	fx_wait_ms(1000);
	FX_EQUAL(syns(41000, TAKEN + 3), 3);
}

static void
test_class_exempt_is_not_limited(void)
{
	listen_limited(TG_SYN_COOKIES_ALWAYS, 12);
	fx.peer.src_class = 2;
	FX_EQUAL(syns(40000, 3 * TAKEN), 0);
	FX_EQUAL(fx.tcp.source_limit.source.counted, 0);
	fx.peer.src_class = 1;
	FX_EQUAL(syns(41000, TAKEN + 3), 3);
}

/* The source has shown that it is there. */
static void
test_syn_of_a_living_connection_is_not_limited(void)
{
	listen_limited(TG_SYN_COOKIES_AUTO, 1);
	fx_peer("S", 0, 0, 0);
	fx_forget();
	FX_EQUAL(syns(41000, TAKEN + 3), 3);
	fx_turn_to(40000);
	fx_peer("S", 0, 0, 0);
	FX_EQUAL(fx.r.drop, TG_DROP_NONE);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_DUPLICATE), 1);
	fx_forget();
}

static void
test_limits_off_take_no_part(void)
{
	sc_listen(TG_SYN_COOKIES_ALWAYS, 12);
	FX_EQUAL(syns(40000, 100), 0);
	FX_EQUAL(fx.tcp.source_limit.second, UINT64_MAX);
}

/* RFC 9293 3.10.7.4, fifth: whoever guesses at a half-open connection draws no more resets
 * than whoever tries closed ports. */
static void
test_resets_of_a_half_open_connection_are_limited(void)
{
	uint32_t i;

	fx.config.limits.resets_per_second = 3;
	fx_lay_out();
	fx_enter(TG_TCP_SYN_RECEIVED);
	fx_forget();
	for (i = 0; i < 3; i++) {
		fx_peer(".", 1, 0, 100 + i);
		FX_EQUAL(fx.r.drop, TG_DROP_TCP_ACK_INVALID);
	}
	fx_peer(".", 1, 0, 100);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_RST_LIMITED);
	FX_EQUAL(fx.n_sent, 3);
	FX_EQUAL(fx_counter(TG_COUNTER_RST_SENT), 3);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	fx_forget();
}

static void
test_resets_in_syn_sent_are_limited(void)
{
	uint32_t i;

	fx.config.limits.resets_per_second = 3;
	fx_lay_out();
	fx_connect();
	fx_forget();
	for (i = 0; i < 4; i++)
		fx_peer("S.", 0, 0, 100);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_RST_LIMITED);
	FX_EQUAL(fx.n_sent, 3);
	FX_STATE(TG_TCP_SYN_SENT);
	fx_forget();
}

static CU_TestInfo tests[] = {
	{ "auto_without_pressure_is_not_limited", test_auto_without_pressure_is_not_limited },
	{ "auto_under_pressure_is_limited", test_auto_under_pressure_is_limited },
	{ "auto_stays_under_pressure_while_syns_are_limited",
	    test_auto_stays_under_pressure_while_syns_are_limited },
	{ "always_is_limited_without_pressure", test_always_is_limited_without_pressure },
	{ "never_under_pressure_is_limited_before_it_is_refused",
	    test_never_under_pressure_is_limited_before_it_is_refused },
	{ "limit_is_over_with_the_second", test_limit_is_over_with_the_second },
	{ "class_exempt_is_not_limited", test_class_exempt_is_not_limited },
	{ "syn_of_a_living_connection_is_not_limited",
	    test_syn_of_a_living_connection_is_not_limited },
	{ "limits_off_take_no_part", test_limits_off_take_no_part },
	{ "resets_of_a_half_open_connection_are_limited",
	    test_resets_of_a_half_open_connection_are_limited },
	{ "resets_in_syn_sent_are_limited", test_resets_in_syn_sent_are_limited },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("SYN limit", tests);
}
