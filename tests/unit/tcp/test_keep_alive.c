/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Keep-alives, RFC 9293 3.8.4.
 */
#include "fixture.h"

#define KEEP_ALIVE tg_ticks_from_ms(60000)
#define INTERVAL   tg_ticks_from_ms(5000)
#define PROBES     3

static void
enter_with_keep_alive(enum tg_tcp_state state)
{
	fx.config.timers.keep_alive = KEEP_ALIVE;
	fx.config.timers.keep_alive_interval = INTERVAL;
	fx.config.timers.keep_alive_probes = PROBES;
	fx.config.keep_alive = true;
	fx.config.timers.idle = tg_ticks_from_ms(100000);
	fx_enter(state);
}

/* The connection has no side record, and what is in its TCB for a moment is gone. */
static void
expect_at_rest(void)
{
	FX_TRUE(fx_side() == NULL, "64 bytes");
	FX_EQUAL(fx.t->retries, 0);
}

/* SHLD-12, MUST-26: SND.NXT - 1, no text, and not before the time is over. */
static void
test_keep_alive_probe_is_sent_after_silence(void)
{
	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	fx_wait(KEEP_ALIVE - 1);
	FX_SENT("");
	fx_wait(1);
	FX_EQUAL(fx.sent[0].seg.flags, TG_TCP_ACK);
	FX_SENT(". 0:0 ack 1");
	FX_TRUE(fx_side() == NULL, "no side record for it");
	FX_EQUAL(fx_counter(TG_COUNTER_KEEP_ALIVES), 1);
}

static void
test_keep_alive_probe_after_text_lies_before_snd_nxt(void)
{
	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	fx_append(100);
	fx_peer(".", 1, 50, 101);
	fx_wait_ms(40);
	fx_forget();
	fx_wait(KEEP_ALIVE - tg_ticks_from_ms(40));
	FX_SENT(". 100:100 ack 51");
}

static void
test_keep_alive_answered_goes_on_for_ever(void)
{
	uint32_t i;

	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	for (i = 0; i < 100; i++) {
		fx_wait(KEEP_ALIVE);
		FX_SENT(". 0:0 ack 1");
		fx_peer(".", 1, 0, 1);
		FX_SENT("");
		expect_at_rest();
	}
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx_counter(TG_COUNTER_KEEP_ALIVES), 100);
	FX_EQUAL(fx_counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
}

/* MUST-29: one lost probe ends nothing. */
static void
test_keep_alive_unanswered_is_repeated_then_the_connection_reset(void)
{
	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	fx_wait(KEEP_ALIVE);
	FX_SENT(". 0:0 ack 1");
	fx_wait(INTERVAL - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT(". 0:0 ack 1");
	fx_wait(INTERVAL);
	FX_SENT(". 0:0 ack 1");
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(INTERVAL - 1);
	FX_SENT("");
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("R. 1:1 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_KEEP_ALIVES), PROBES);
	FX_EQUAL(fx_counter(TG_COUNTER_KEEP_ALIVE_TIMEOUTS), 1);
	FX_EQUAL(fx.r.why, TG_COUNTER_KEEP_ALIVE_TIMEOUTS);
}

/* An ACK that answers something else must be acceptable: else two ends that probe at once never
 * get an answer. */
static void
test_keep_alive_unanswered_leaves_other_acks_acceptable(void)
{
	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	fx_wait(KEEP_ALIVE);
	FX_SENT(". 0:0 ack 1");
	fx_peer(".", 0, 0, 1); /* the peer's own probe */
	FX_SENT(". 1:1 ack 1");
	fx_wait(INTERVAL);
	FX_SENT(". 0:0 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_KEEP_ALIVES), 2);
}

static void
test_keep_alive_late_answer_starts_the_count_again(void)
{
	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	fx_wait(KEEP_ALIVE + (PROBES - 1) * INTERVAL);
	fx_peer(".", 1, 0, 1);
	expect_at_rest();
	fx_forget();
	fx_wait(KEEP_ALIVE + PROBES * INTERVAL - 1);
	FX_EQUAL(fx.n_sent, PROBES);
	FX_STATE(TG_TCP_ESTABLISHED);
}

/* MUST-26: any segment heard is as good as an answer. */
static void
test_keep_alive_waits_as_long_as_something_is_heard(void)
{
	uint32_t i;

	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	for (i = 0; i < 5; i++) {
		fx_wait(KEEP_ALIVE - tg_ticks_from_ms(40) - 1);
		fx_peer("P.", 1 + 10 * i, 10, 1);
		fx_wait_ms(40);
		FX_EQUAL(fx.n_sent, 1);
		fx_forget();
	}
	FX_EQUAL(fx_counter(TG_COUNTER_KEEP_ALIVES), 0);
}

/* MUST-26: what is under way is sent again, and R2 counts. */
static void
test_keep_alive_is_not_sent_while_text_is_under_way(void)
{
	fx.config.timers.retries = 8;
	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	fx_append(10);
	while (fx_state() == TG_TCP_ESTABLISHED)
		fx_wait(1000);
	FX_EQUAL(fx_counter(TG_COUNTER_KEEP_ALIVES), 0);
	FX_EQUAL(fx_counter(TG_COUNTER_USER_TIMEOUTS), 1);
}

static void
test_keep_alive_with_a_busy_user_is_sent_from_its_side_record(void)
{
	fx.user_busy = true;
	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 10, 1);
	fx_wait_ms(40);
	fx_forget();
	FX_TRUE(fx_side() != NULL, "a side record");
	fx_wait(KEEP_ALIVE - tg_ticks_from_ms(40));
	FX_SENT(". 0:0 ack 11");
	fx_wait(INTERVAL);
	FX_SENT(". 0:0 ack 11");
	fx_peer(".", 11, 0, 1);
	FX_EQUAL(fx_side()->keep_alives, 0);
	fx_wait(KEEP_ALIVE + PROBES * INTERVAL);
	FX_EQUAL(fx.n_sent, PROBES + 1);
	FX_STATE(TG_TCP_CLOSED);
}

/* The count goes along when a side record comes or goes, and is none of R2's. */
static void
test_keep_alive_count_moves_with_the_side_record(void)
{
	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	fx_wait(KEEP_ALIVE);
	FX_EQUAL(fx.t->retries, 1);
	fx.user_busy = true;
	FX_TRUE(tg_tcp_side(&fx.tcp, fx.h) != NULL, "a side record");
	fx_serve();
	FX_EQUAL(fx.t->retries, 0);
	FX_EQUAL(fx_side()->keep_alives, 1);
	fx_wait(INTERVAL);
	FX_EQUAL(fx_side()->keep_alives, 2);
	fx.user_busy = false;
	fx_serve();
	FX_EQUAL(fx.t->retries, 2);
	fx_forget();
	fx_wait(INTERVAL);
	FX_SENT(". 0:0 ack 1");
	fx_wait(INTERVAL);
	FX_STATE(TG_TCP_CLOSED);
}

/* A peer that sends half a request cannot buy itself the time of a probe. */
static void
test_keep_alive_leaves_impatient_users_their_idle_time(void)
{
	fx.user_busy = true;
	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 10, 1);
	tg_tcp_set_impatient(&fx.tcp, fx.h, true, fx.now);
	fx_serve();
	fx_wait(KEEP_ALIVE);
	fx_peer("P.", 11, 10, 1);
	fx_wait(fx.config.timers.idle - KEEP_ALIVE - 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(1);
	FX_STATE(TG_TCP_FIN_WAIT_1);
	FX_EQUAL(fx_counter(TG_COUNTER_KEEP_ALIVES), 0);
	FX_EQUAL(fx_counter(TG_COUNTER_IDLE_TIMEOUTS), 1);
}

static void
test_keep_alive_in_close_wait_is_sent_and_in_fin_wait_2_not(void)
{
	enter_with_keep_alive(TG_TCP_CLOSE_WAIT);
	fx_wait(KEEP_ALIVE);
	FX_SENT(". 0:0 ack 2");
	fx_peer(".", 2, 0, 1);
	fx_abort();
	fx_enter(TG_TCP_FIN_WAIT_2);
	fx_wait(fx.config.timers.fin_wait2);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_FIN_WAIT_TIMEOUTS), 1);
}

/* MUST-24, MUST-25. */
static void
test_keep_alive_is_off_and_can_be_switched_per_connection(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->flags & TG_TCB_KEEP_ALIVE, 0);
	tg_tcp_set_keep_alive(&fx.tcp, fx.h, true, fx.now);
	fx_wait(fx.config.timers.keep_alive);
	FX_SENT(". 0:0 ack 1");
	tg_tcp_set_keep_alive(&fx.tcp, fx.h, false, fx.now);
	FX_EQUAL(fx.t->retries, 0);
	fx_wait(fx.config.timers.idle - 1);
	FX_SENT("");
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(1);
	FX_STATE(TG_TCP_FIN_WAIT_1);
}

static void
test_keep_alive_switched_while_opening_leaves_the_syn_its_time(void)
{
	fx_connect();
	FX_SENT("S 0:0");
	fx_wait_ms(1000);
	tg_tcp_set_keep_alive(&fx.tcp, fx.h, true, fx.now);
	FX_EQUAL(fx.t->retries, 1);
	fx_forget();
	fx_wait_ms(2000);
	FX_SENT("S 0:0");
	fx_peer("S.", 0, 0, 1);
	fx_forget();
	expect_at_rest();
	fx_wait(fx.config.timers.keep_alive);
	FX_SENT(". 0:0 ack 1");
}

/* RFC 5681 4.1: the answer to a probe is no sign that the path still bears a large window. */
static void
test_keep_alive_leaves_no_old_window_behind(void)
{
	enter_with_keep_alive(TG_TCP_ESTABLISHED);
	fx.t->cwnd = 100;
	fx_wait(KEEP_ALIVE);
	fx_peer(".", 1, 0, 1);
	FX_EQUAL(fx.t->cwnd, fx.config.initial_window);
}

static CU_TestInfo tests[] = {
	{ "probe after silence", test_keep_alive_probe_is_sent_after_silence },
	{ "probe after text lies before SND.NXT",
	    test_keep_alive_probe_after_text_lies_before_snd_nxt },
	{ "answered: goes on for ever", test_keep_alive_answered_goes_on_for_ever },
	{ "unanswered: repeated, then reset",
	    test_keep_alive_unanswered_is_repeated_then_the_connection_reset },
	{ "keep-alive unanswered leaves other acks acceptable",
	    test_keep_alive_unanswered_leaves_other_acks_acceptable },
	{ "a late answer starts the count again",
	    test_keep_alive_late_answer_starts_the_count_again },
	{ "waits as long as something is heard",
	    test_keep_alive_waits_as_long_as_something_is_heard },
	{ "none while text is under way", test_keep_alive_is_not_sent_while_text_is_under_way },
	{ "busy user: from its side record",
	    test_keep_alive_with_a_busy_user_is_sent_from_its_side_record },
	{ "the count moves with the side record",
	    test_keep_alive_count_moves_with_the_side_record },
	{ "impatient users keep their idle time",
	    test_keep_alive_leaves_impatient_users_their_idle_time },
	{ "CLOSE-WAIT: sent; FIN-WAIT-2: not",
	    test_keep_alive_in_close_wait_is_sent_and_in_fin_wait_2_not },
	{ "off, and switched per connection",
	    test_keep_alive_is_off_and_can_be_switched_per_connection },
	{ "switched while opening",
	    test_keep_alive_switched_while_opening_leaves_the_syn_its_time },
	{ "no old window is left behind", test_keep_alive_leaves_no_old_window_behind },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp keep-alive", tests);
}
