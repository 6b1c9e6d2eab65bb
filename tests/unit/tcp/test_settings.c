/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What a user sets for its connection: Nagle's algorithm (RFC 9293 3.7.4), R2 as
 * a time (3.8.3), and R1.
 */
#include "fixture.h"

static void
enter_with_nagle(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	tg_tcp_set_nagle(&fx.tcp, fx.h, true);
}

static void
test_nagle_small_text_waits_for_the_ack_of_what_was_sent(void)
{
	enter_with_nagle();
	fx_append(1);
	FX_SENT("P. 1:2 ack 1");
	fx_append(1);
	fx_append(100);
	FX_SENT("");
	FX_TRUE(fx_side()->armed & 1U << TG_TIMER_RETRANSMIT, "something is under way");
	fx_peer(".", 1, 0, 2);
	FX_SENT("P. 2:103 ack 1");
}

static void
test_nagle_ack_of_a_part_is_not_enough(void)
{
	enter_with_nagle();
	fx_append(2500);
	FX_SENT(". 1:1001 ack 1, P. 1001:2001 ack 1");
	fx_peer(".", 1, 0, 1001);
	FX_SENT("");
	fx_peer(".", 1, 0, 2001);
	FX_SENT("P. 2001:2501 ack 1");
}

static void
test_nagle_full_segments_do_not_wait(void)
{
	enter_with_nagle();
	fx_append(10);
	fx_append(990);
	FX_SENT("P. 1:11 ack 1");
	fx_append(10);
	FX_SENT("P. 11:1011 ack 1");
	fx_append(1001);
	FX_SENT(". 1011:2011 ack 1");
}

/* RFC 9293 3.8.6.2.1, (3): what half the largest window would let go waits, too. */
static void
test_nagle_half_the_largest_window_waits(void)
{
	fx.peer.wnd = 200;
	enter_with_nagle();
	fx_append(50);
	FX_SENT("P. 1:51 ack 1");
	fx_append(300);
	FX_SENT("");
	tg_tcp_set_nagle(&fx.tcp, fx.h, false);
	fx_serve();
	FX_SENT(". 51:201 ack 1");
}

/* No more will come. */
static void
test_nagle_text_before_a_fin_does_not_wait(void)
{
	enter_with_nagle();
	fx_append(10);
	fx_append(10);
	fx_close();
	FX_SENT("P. 1:11 ack 1, FP. 11:21 ack 1");
}

static void
test_nagle_text_sent_before_goes_again_after_a_timeout(void)
{
	enter_with_nagle();
	fx_append(1);
	fx_forget();
	fx_append(1);
	fx_wait(tg_tcp_rto(&fx.tcp, fx.t, 0));
	FX_TRUE(fx.n_sent == 1 && fx.sent[0].seg.seq == fx.iss + 1, "again");
	fx_forget();
	fx_peer(".", 1, 0, 3); /* with what had waited */
	FX_EQUAL(fx.t->snd_una, fx.t->snd_nxt);
}

/* MUST-17. */
static void
test_nagle_switched_off_lets_go_what_waited(void)
{
	enter_with_nagle();
	fx_append(1);
	fx_append(1);
	fx_forget();
	tg_tcp_set_nagle(&fx.tcp, fx.h, false);
	FX_TRUE(tg_tcp_wants_output(&fx.tcp, fx.h), "text to send");
	fx_serve();
	FX_SENT("P. 2:3 ack 1");
	fx_append(1);
	FX_SENT("P. 3:4 ack 1");
}

static void
test_nagle_of_the_configuration_is_that_of_new_connections(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->flags & TG_TCB_NAGLE, 0);
	fx_peer("R", 1, 0, 0);
	fx.config.nagle = true;
	fx_enter(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->flags & TG_TCB_NAGLE, TG_TCB_NAGLE);
	fx_append(1);
	fx_append(1);
	FX_SENT("P. 1:2 ack 1");
	fx_abort();
	fx_connect();
	FX_EQUAL(fx.t->flags & TG_TCB_NAGLE, TG_TCB_NAGLE);
}

/* A connection with text under way, an SRTT of none, and a user timeout. */
static void
enter_with_user_timeout(uint32_t ticks)
{
	fx_enter(TG_TCP_ESTABLISHED);
	FX_TRUE(tg_tcp_side(&fx.tcp, fx.h) != NULL, "a side record");
	tg_tcp_set_user_timeout(&fx.tcp, fx.h, ticks);
	fx_append(10);
	fx_mark();
}

static uint32_t
wait_for_the_end(void)
{
	while (fx_state() != TG_TCP_CLOSED && fx_elapsed() < tg_ticks_from_ms(3600000))
		fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
	return fx_elapsed();
}

/* MUST-21. To the tick, wherever it lies between two retransmissions. */
static void
test_user_timeout_ends_the_connection_when_it_is_over(void)
{
	static const uint32_t ms[] = { 700, 1000, 10000, 1200000 };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(ms); i++) {
		fx_teardown();
		fx_setup();
		enter_with_user_timeout(tg_ticks_from_ms(ms[i]));
		FX_EQUAL(wait_for_the_end(), tg_ticks_from_ms(ms[i]));
		FX_EQUAL(fx.sent[fx.n_sent - 1].seg.flags, TG_TCP_RST | TG_TCP_ACK);
		FX_EQUAL(fx_counter(TG_COUNTER_USER_TIMEOUTS), 1);
	}
}

static void
test_user_timeout_shorter_than_the_first_rto_ends_there(void)
{
	enter_with_user_timeout(1);
	FX_EQUAL(wait_for_the_end(), fx.config.timers.rto_min);
}

/* Even past 255 timeouts. */
static void
test_user_timeout_goes_before_the_count_of_retries(void)
{
	fx.config.timers.retries = 3;
	fx.config.timers.rto_max = tg_ticks_from_ms(1000);
	enter_with_user_timeout(tg_ticks_from_ms(400000));
	FX_EQUAL(wait_for_the_end(), tg_ticks_from_ms(400000));
	FX_TRUE(fx_counter(TG_COUNTER_RTO_TIMEOUTS) > 300, "so many timeouts");
	FX_EQUAL(fx_counter(TG_COUNTER_R1_PASSED), 1);
}

static void
test_user_timeout_starts_again_with_each_ack_of_new_text(void)
{
	uint32_t i;

	fx.config.timers.rto_max = tg_ticks_from_ms(1000); /* backoff outlives these ACKs */
	enter_with_user_timeout(tg_ticks_from_ms(10000));
	fx_append(1000);
	for (i = 1; i <= 20; i++) {
		fx_wait_ms(9000);
		FX_STATE(TG_TCP_ESTABLISHED);
		fx_forget();
		fx_peer(".", 1, 0, 1 + 10 * i);
	}
	fx_mark();
	FX_EQUAL(wait_for_the_end(), tg_ticks_from_ms(10000));
}

/* MUST-37 stays: a peer that answers probes is there. */
static void
test_user_timeout_does_not_count_answered_probes_of_a_window(void)
{
	fx.peer.wnd = 0;
	enter_with_user_timeout(tg_ticks_from_ms(10000));
	while (fx_elapsed() < tg_ticks_from_ms(600000)) {
		fx_forget();
		fx_wait(100);
		if (fx.n_sent != 0)
			fx_peer(".", 1, 0, 1);
	}
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_peer(".", 1, 0, 1);
	FX_TRUE(wait_for_the_end() < tg_ticks_from_ms(700000), "unanswered ones count");
}

static void
test_user_timeout_taken_back_leaves_the_count_of_retries(void)
{
	fx.config.timers.retries = 3;
	enter_with_user_timeout(tg_ticks_from_ms(100000));
	tg_tcp_set_user_timeout(&fx.tcp, fx.h, 0);
	wait_for_the_end();
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 3);
}

static void
test_user_timeout_set_while_text_times_out_begins_then(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10);
	fx_wait_ms(5000);
	FX_TRUE(fx.t->retries > 1, "timeouts");
	fx_mark();
	tg_tcp_set_user_timeout(&fx.tcp, fx.h, tg_ticks_from_ms(100000));
	FX_TRUE(wait_for_the_end() + 1 >= tg_ticks_from_ms(100000), "its time");
	FX_TRUE(fx_elapsed() <= tg_ticks_from_ms(100000), "and no more");
}

/* The next user of the side record has none. */
static void
test_user_timeout_goes_with_the_side_record(void)
{
	fx.config.timers.retries = 3;
	enter_with_user_timeout(tg_ticks_from_ms(100000));
	fx_peer(".", 1, 0, 11);
	FX_TRUE(fx_side() == NULL, "given back");
	fx_append(10);
	FX_EQUAL(fx_side()->rare, 0);
	wait_for_the_end();
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 3);
}

/* SHLD-9, SHLD-10. */
static void
test_r1_is_told_once_between_r1_and_r2(void)
{
	uint32_t i;

	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10);
	for (i = 1; i <= fx.config.timers.retries; i++) {
		fx.events = 0;
		while (fx.t->retries < i)
			fx_wait(1);
		FX_EQUAL(fx.events, i == fx.config.timers.r1 ? TG_TCP_EVENT_R1 : 0);
	}
	FX_EQUAL(fx_counter(TG_COUNTER_R1_PASSED), 1);
	fx_peer(".", 1, 0, 11);
	fx_append(10);
	fx_forget();
	while (fx.t->retries < 3)
		fx_wait(1);
	FX_EQUAL(fx.events, TG_TCP_EVENT_R1);
}

static CU_TestInfo tests[] = {
	{ "Nagle: small text waits for the ACK of what was sent",
	    test_nagle_small_text_waits_for_the_ack_of_what_was_sent },
	{ "Nagle: an ACK of a part is not enough", test_nagle_ack_of_a_part_is_not_enough },
	{ "Nagle: full segments do not wait", test_nagle_full_segments_do_not_wait },
	{ "Nagle: half the largest window waits", test_nagle_half_the_largest_window_waits },
	{ "Nagle: text before a FIN does not wait", test_nagle_text_before_a_fin_does_not_wait },
	{ "Nagle: text sent before goes again after a timeout",
	    test_nagle_text_sent_before_goes_again_after_a_timeout },
	{ "Nagle switched off: what waited goes", test_nagle_switched_off_lets_go_what_waited },
	{ "Nagle of the configuration is that of new connections",
	    test_nagle_of_the_configuration_is_that_of_new_connections },
	{ "user timeout ends the connection when it is over",
	    test_user_timeout_ends_the_connection_when_it_is_over },
	{ "user timeout shorter than the first RTO ends there",
	    test_user_timeout_shorter_than_the_first_rto_ends_there },
	{ "user timeout goes before the count of retries",
	    test_user_timeout_goes_before_the_count_of_retries },
	{ "user timeout starts again with each ACK of new text",
	    test_user_timeout_starts_again_with_each_ack_of_new_text },
	{ "user timeout does not count answered probes of a window",
	    test_user_timeout_does_not_count_answered_probes_of_a_window },
	{ "user timeout taken back: the count of retries",
	    test_user_timeout_taken_back_leaves_the_count_of_retries },
	{ "user timeout set while text times out begins then",
	    test_user_timeout_set_while_text_times_out_begins_then },
	{ "user timeout goes with the side record", test_user_timeout_goes_with_the_side_record },
	{ "R1 is told once, between R1 and R2", test_r1_is_told_once_between_r1_and_r2 },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp settings", tests);
}
