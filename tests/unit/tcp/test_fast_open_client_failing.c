/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The client's Fast Open where it fails (RFC 7413 section 4.1.3): the SYN that goes again bare, and
 * for how long no other tries.
 */
#include "fast_open_client_fixture.h"

static void
test_syn_sent_refusal_without_cookie_turns_it_off_for_a_minute(void)
{
	enter_fast();
	syn_ack(1, NULL, 0);
	FX_SENT("P. 1:101 ack 1");
	end();
	FX_TRUE(!is_on(), "off");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_AVOIDED), 1);
	fx_wait_ms(MINUTE_MS - 1000);
	FX_TRUE(!is_on(), "still off");
	fx_wait_ms(2000);
	FX_TRUE(is_on(), "on again");
}

static void
test_failures_in_a_row_turn_it_off_for_ever_longer(void)
{
	uint32_t i;

	learn(cookie_a, 8);
	for (i = 0; i < 12; i++) {
		uint32_t factor = 1U << (i < 10 ? i : 10);

		fx_connect_fast(10);
		FX_TRUE(option_sent(), "on");
		syn_ack(1, NULL, 0);
		end();
		fx.now += factor * 60 * TG_NS_PER_SEC - TG_NS_PER_SEC;
		FX_TRUE(!is_on(), "off");
		fx.now += 2 * TG_NS_PER_SEC;
	}
	/* A success forgives everything. */
	fx_forget();
	fx_connect_fast(10);
	syn_ack(11, NULL, 0);
	end();
	fx_connect_fast(10);
	syn_ack(1, NULL, 0);
	end();
	fx_wait_ms(MINUTE_MS + 1000);
	FX_TRUE(is_on(), "on after a minute");
}

static void
test_syn_sent_timeout_repeats_the_syn_bare(void)
{
	enter_fast();
	fx_wait(fx.config.timers.rto_initial);
	FX_TRUE(!option_sent(), "no option");
	FX_SENT("S 0:0");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 1);
	fx_wait(2 * fx.config.timers.rto_initial);
	FX_SENT("S 0:0");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 1);
	syn_ack(1, NULL, 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->cwnd, 1);
	FX_SENT("P. 1:101 ack 1");
	end();
	FX_TRUE(!is_on(), "off");
	fx_wait_ms(MINUTE_MS);
	FX_TRUE(is_on(), "after a minute, for it failed once");
}

static void
test_syn_sent_late_answer_to_the_fast_syn_is_welcome(void)
{
	enter_fast();
	fx_wait(fx.config.timers.rto_initial);
	fx_forget();
	syn_ack(101, NULL, 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_SENT(". 101:101 ack 1");
	end();
	FX_TRUE(is_on(), "it worked");
}

static void
test_syn_sent_request_without_answer_is_repeated_bare_and_its_cookie_kept(void)
{
	fx_connect_fast(100);
	fx_forget();
	fx_wait(fx.config.timers.rto_initial);
	FX_TRUE(!option_sent(), "no option");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 1);
	syn_ack(1, cookie_a, 8);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_CACHED), 1);
	end();
	fx_wait_ms(MINUTE_MS);
	fx_connect_fast(10);
	FX_TRUE(shown(cookie_a, 8), "kept");
}

static void
test_syn_sent_reset_leaves_it_on(void)
{
	enter_fast();
	fx_peer("R.", 0, 0, 101);
	FX_STATE(TG_TCP_CLOSED);
	FX_TRUE(is_on(), "on");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 0);
}

static void
test_syn_sent_reset_of_a_bare_syn_says_nothing_of_fast_open(void)
{
	learn(cookie_a, 8);
	fx_connect();
	fx_peer("R.", 0, 0, 1);
	FX_TRUE(is_on(), "on");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 0);
}

static void
test_syn_sent_hard_icmp_error_turns_it_off(void)
{
	enter_fast();
	tg_tcp_icmp(&fx.tcp, fx.h,
	    &(struct tg_tcp_icmp_error){ .hard = true, .quoted_seq = fx.iss }, fx.now, &fx.r);
	FX_STATE(TG_TCP_CLOSED);
	tg_tcp_free(&fx.tcp, fx.h, &fx.spare);
	FX_TRUE(!is_on(), "off");
}

static void
test_syn_sent_packet_too_big_repeats_the_syn_bare_once(void)
{
	struct tg_tcp_icmp_error too_big = { .too_big = true, .mtu = 576 };

	enter_fast();
	too_big.quoted_seq = fx.iss;
	tg_tcp_icmp(&fx.tcp, fx.h, &too_big, fx.now, &fx.r);
	fx_serve();
	FX_TRUE(!option_sent(), "no option");
	FX_SENT("S 0:0");
	tg_tcp_icmp(&fx.tcp, fx.h, &too_big, fx.now, &fx.r);
	fx_serve();
	FX_SENT("");
	syn_ack(1, NULL, 0);
	FX_SENT("P. 1:101 ack 1");
}

static void
test_syn_sent_wrong_ack_draws_a_reset_and_stays(void)
{
	static const uint32_t wrong[] = { 0, 102, 100101, 0x80000000 };
	uint32_t i;

	enter_fast();
	for (i = 0; i < TG_ARRAY_LEN(wrong); i++) {
		fx_forget();
		syn_ack(wrong[i], cookie_b, 4);
		FX_EQUAL(fx.sent[0].seg.flags, TG_TCP_RST);
		FX_STATE(TG_TCP_SYN_SENT);
	}
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_CACHED), 1); /* learn's */
}

static void
test_syn_sent_close_ends_and_silence_gives_up(void)
{
	enter_fast();
	fx_close();
	FX_STATE(TG_TCP_CLOSED);
	fx_forget();
	fx_connect_fast(100);
	fx_wait(64 * fx.config.timers.rto_initial);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_TIMEOUTS), 1);
}

static CU_TestInfo tests[] = {
	{ "syn sent refusal without cookie turns it off for a minute",
	    test_syn_sent_refusal_without_cookie_turns_it_off_for_a_minute },
	{ "failures in a row turn it off for ever longer",
	    test_failures_in_a_row_turn_it_off_for_ever_longer },
	{ "syn sent timeout repeats the syn bare", test_syn_sent_timeout_repeats_the_syn_bare },
	{ "syn sent late answer to the fast syn is welcome",
	    test_syn_sent_late_answer_to_the_fast_syn_is_welcome },
	{ "syn sent request without answer is repeated bare and its cookie kept",
	    test_syn_sent_request_without_answer_is_repeated_bare_and_its_cookie_kept },
	{ "syn sent reset leaves it on", test_syn_sent_reset_leaves_it_on },
	{ "syn sent reset of a bare syn says nothing of fast open",
	    test_syn_sent_reset_of_a_bare_syn_says_nothing_of_fast_open },
	{ "syn sent hard icmp error turns it off", test_syn_sent_hard_icmp_error_turns_it_off },
	{ "syn sent packet too big repeats the syn bare once",
	    test_syn_sent_packet_too_big_repeats_the_syn_bare_once },
	{ "syn sent wrong ack draws a reset and stays",
	    test_syn_sent_wrong_ack_draws_a_reset_and_stays },
	{ "syn sent close ends and silence gives up",
	    test_syn_sent_close_ends_and_silence_gives_up },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp fast open client failing", tests);
}
