/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Time running out: R2 (RFC 9293 3.8.3), idle connections, several deadlines of one
 * connection, work put off, and a clock that wraps.
 */
#include "fixture.h"

#define MINUTE_MS 60000

static void
enter_with_idle_ms(uint32_t ms)
{
	fx.config.timers.idle = tg_ticks_from_ms(ms);
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
}

/* SHLD-11: R2 is 100 seconds at least, with the usual 15 retransmissions. */
static void
test_text_never_acknowledged_gives_up_at_r2_with_a_reset(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10);
	fx_mark();
	while (fx_state() != TG_TCP_CLOSED && fx.n_sent < 100)
		fx_wait(100);
	FX_EQUAL(fx.n_sent, 17); /* once, 15 times more, and the reset */
	FX_TRUE(fx_elapsed() > tg_ticks_from_ms(100000), "R2");
	FX_EQUAL(fx.sent[16].seg.flags, TG_TCP_RST | TG_TCP_ACK);
	FX_EQUAL(fx.sent[16].seg.seq - fx.iss, 11);
	FX_EQUAL(fx_counter(TG_COUNTER_USER_TIMEOUTS), 1);
	FX_EQUAL(fx.r.why, TG_COUNTER_USER_TIMEOUTS);
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_US), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_RST_SENT), 1);
}

static void
test_progress_starts_the_count_to_r2_again(void)
{
	uint32_t ack, i;

	fx.config.timers.retries = 3;
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10000);
	for (ack = 1001; ack < 10001; ack += 1000) {
		for (i = 0; i < 3; i++)
			fx_wait(fx_side()->deadline[TG_TIMER_RETRANSMIT] - tg_time_tick(fx.now));
		FX_STATE(TG_TCP_ESTABLISHED);
		fx_peer(".", 1, 0, ack);
		FX_EQUAL(fx.t->retries, 0);
		fx_forget();
	}
}

static void
test_idle_connection_is_closed_after_its_time(void)
{
	enter_with_idle_ms(MINUTE_MS);
	fx_wait(fx.config.timers.idle - 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_SENT("");
	fx_wait(1);
	FX_STATE(TG_TCP_FIN_WAIT_1);
	FX_SENT("F. 1:1 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_IDLE_TIMEOUTS), 1);
	fx_peer("F.", 1, 0, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
}

static void
test_idle_time_starts_again_with_every_segment_heard(void)
{
	static const char *const heard[] = { ".", "P." };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(heard); i++) {
		fx_teardown();
		fx_setup();
		enter_with_idle_ms(MINUTE_MS);
		fx_wait(fx.config.timers.idle - 1);
		fx_peer(heard[i], 1, heard[i][0] == 'P' ? 10 : 0, 1);
		fx_forget();
		fx_wait(fx.config.timers.idle - 1);
		FX_STATE(TG_TCP_ESTABLISHED);
		fx_wait(1);
		FX_STATE(TG_TCP_FIN_WAIT_1);
	}
}

/* A segment that is dropped is not heard. */
static void
test_idle_time_goes_on_through_dropped_segments(void)
{
	enter_with_idle_ms(MINUTE_MS);
	fx_wait(fx.config.timers.idle - 1);
	fx_peer(".", 0, 0, 1);
	fx_peer("R", 2, 0, 0);
	fx_peer("S", 1, 0, 0);
	fx_peer(".", 1, 0, 2);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(1);
	FX_STATE(TG_TCP_FIN_WAIT_1);
}

static void
test_idle_time_spans_a_side_record(void)
{
	enter_with_idle_ms(MINUTE_MS);
	fx_wait(fx.config.timers.idle / 2);
	fx.user_busy = true;
	FX_TRUE(tg_tcp_side(&fx.tcp, fx.h) != NULL, "a side record");
	fx_serve(); /* our own use of it is not hearing */
	fx_wait(fx.config.timers.idle / 2 - 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(2);
	FX_STATE(TG_TCP_FIN_WAIT_1);
}

/* How long text is sent again is for R2 to say. */
static void
test_idle_time_does_not_end_what_is_under_way(void)
{
	fx.config.timers.retries = 10;
	enter_with_idle_ms(1200);
	fx_append(10);
	fx_mark();
	while (fx_state() == TG_TCP_ESTABLISHED && fx.n_sent < 100)
		fx_wait(100);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx.n_sent, 12); /* once, 10 times more, and the reset */
	FX_TRUE(fx_elapsed() > 50 * fx.config.timers.idle, "R2");
	FX_EQUAL(fx_counter(TG_COUNTER_USER_TIMEOUTS), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
}

/* So it is with a FIN, and with text that a closed window holds back. */
static void
test_idle_time_does_not_end_a_fin_or_a_probe(void)
{
	fx.config.timers.retries = 10;
	enter_with_idle_ms(1200);
	fx_close();
	fx_wait(10 * fx.config.timers.idle);
	FX_STATE(TG_TCP_FIN_WAIT_1);
	FX_EQUAL(fx_counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
	fx_turn_to(fx.peer.port + 1);
	fx.peer.wnd = 0;
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10);
	fx_wait(10 * fx.config.timers.idle);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_TRUE(fx_counter(TG_COUNTER_WINDOW_PROBES) > 3, "probes");
	FX_EQUAL(fx_counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
}

static void
test_idle_time_begins_with_the_last_ack(void)
{
	enter_with_idle_ms(1200);
	fx.user_busy = true;
	fx_append(10);
	fx_wait(3 * fx.config.timers.idle);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_peer(".", 1, 0, 11);
	fx_forget();
	fx_wait(fx.config.timers.idle - 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(1);
	FX_SENT("F. 11:11 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_IDLE_TIMEOUTS), 1);
}

/* What they wait for is not an ACK. */
static void
test_impatient_user_does_not_wait_for_what_is_under_way(void)
{
	enter_with_idle_ms(1200);
	fx.user_busy = true;
	fx_append(10);
	tg_tcp_set_impatient(&fx.tcp, fx.h, true, fx.now);
	fx_wait(fx.config.timers.idle - 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(1);
	FX_STATE(TG_TCP_FIN_WAIT_1);
	FX_EQUAL(fx_counter(TG_COUNTER_IDLE_TIMEOUTS), 1);
}

static void
test_impatient_user_is_told_once_then_the_idle_time_ends_it(void)
{
	enter_with_idle_ms(1200);
	fx.config.timers.request = tg_ticks_from_ms(500);
	fx.user_busy = true;
	FX_TRUE(tg_tcp_side(&fx.tcp, fx.h) != NULL, "a side record");
	tg_tcp_set_impatient(&fx.tcp, fx.h, true, fx.now);
	tg_tcp_rest(&fx.tcp, fx.h, false, &fx.spare, fx.now);
	fx_wait(fx.config.timers.request);
	FX_TRUE(fx.tcp.side[fx.t->side].overdue, "overdue");
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(fx.config.timers.idle - 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(1);
	FX_STATE(TG_TCP_FIN_WAIT_1);
	FX_EQUAL(fx_counter(TG_COUNTER_IDLE_TIMEOUTS), 1);
}

static void
test_patient_user_is_never_overdue(void)
{
	enter_with_idle_ms(1200);
	fx.config.timers.request = tg_ticks_from_ms(500);
	fx.user_busy = true;
	FX_TRUE(tg_tcp_side(&fx.tcp, fx.h) != NULL, "a side record");
	tg_tcp_set_impatient(&fx.tcp, fx.h, true, fx.now);
	tg_tcp_rest(&fx.tcp, fx.h, false, &fx.spare, fx.now);
	fx_wait(fx.config.timers.request);
	FX_TRUE(fx.tcp.side[fx.t->side].overdue, "overdue");
	tg_tcp_set_impatient(&fx.tcp, fx.h, false, fx.now);
	tg_tcp_rest(&fx.tcp, fx.h, false, &fx.spare, fx.now);
	FX_TRUE(!fx.tcp.side[fx.t->side].overdue, "no longer overdue");
	fx_wait(fx.config.timers.idle - 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(1);
	FX_STATE(TG_TCP_FIN_WAIT_1);
}

static void
test_idle_connection_without_side_records_is_reset(void)
{
	fx.config.limits.sides = 1;
	enter_with_idle_ms(MINUTE_MS);
	fx_peer("P.", 101, 10, 1); /* holds the only one, behind a gap */
	fx_forget();
	fx_turn_to(fx.peer.port + 1);
	fx_enter(TG_TCP_ESTABLISHED);
	fx_wait(1000);
	fx_wait(fx.config.timers.idle - 1000);
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_US), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_SIDE_FULL), 1);
}

/* The wheel holds the earliest; the others must come, too. */
static void
test_all_deadlines_of_a_connection_come(void)
{
	uint32_t rto;

	enter_with_idle_ms(1200);
	fx.config.timers.rto_min = tg_ticks_from_ms(500);
	fx_append(10);
	tg_tcp_set_impatient(&fx.tcp, fx.h, true, fx.now);
	fx_peer("P.", 1, 10, 1);
	FX_SENT("P. 1:11 ack 1");
	rto = tg_tcp_rto(&fx.tcp, fx.t, 0);
	fx_wait(fx.config.timers.delayed_ack);
	FX_SENT(". 11:11 ack 11");
	fx_wait(rto - fx.config.timers.delayed_ack);
	FX_SENT("P. 1:11 ack 11");
	fx_wait(fx.config.timers.idle - rto);
	FX_SENT("F. 11:11 ack 11");
	fx_wait(3 * rto - fx.config.timers.idle);
	FX_SENT("FP. 1:11 ack 11");
}

static void
test_deferred_output_comes_back_after_the_delay(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	FX_TRUE(tg_tcp_side(&fx.tcp, fx.h) != NULL, "a side record");
	tg_tcp_append(&fx.tcp, fx.h, 10);
	FX_TRUE(tg_tcp_wants_output(&fx.tcp, fx.h), "text to send");
	tg_tcp_defer(&fx.tcp, fx.h, 10, fx.now);
	tg_tcp_rest(&fx.tcp, fx.h, true, &fx.spare, fx.now);
	fx_wait(9);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 1:11 ack 1");
}

/* After a timeout it is the retransmission timer that paces what cannot leave, and R2 that
 * ends it. */
static void
test_output_deferred_for_ever_gives_up_at_r2(void)
{
	struct tg_segment seg;
	uint32_t h, offset, i;

	fx.config.timers.retries = 3;
	fx_enter(TG_TCP_ESTABLISHED);
	h = fx.h;
	FX_TRUE(tg_tcp_side(&fx.tcp, h) != NULL, "a side record");
	tg_tcp_append(&fx.tcp, h, 10);
	for (i = 0; i < 1000000 && fx.t->state != TG_TCP_CLOSED; i++) {
		fx.now += 1ULL << TG_TICK_SHIFT;
		if (tg_tcp_wants_output(&fx.tcp, h))
			tg_tcp_defer(&fx.tcp, h, 10, fx.now);
		tg_tcp_timer(&fx.tcp, h, fx.now, &fx.r);
	}
	FX_EQUAL(fx.t->state, TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_USER_TIMEOUTS), 1);
	FX_TRUE(!tg_tcp_output(&fx.tcp, h, fx.now, &seg, &offset), "nothing more");
	tg_tcp_free(&fx.tcp, h, &fx.spare);
}

/* A SYN-ACK for which there was no next hop: tried in vain after 10 ticks, too. */
static void
wait_for_next_hop(void)
{
	struct tg_segment syn = fx_segment("S", 0, 0, 0);

	fx_arrives(&syn);
	tg_tcp_defer(&fx.tcp, fx.h, 10, fx.now);
	fx.now += 10ULL << TG_TICK_SHIFT;
	tg_tcp_timer(&fx.tcp, fx.h, fx.now, &fx.r);
	tg_tcp_defer(&fx.tcp, fx.h, 10, fx.now);
	FX_EQUAL(fx.t->retries, 1);
}

static void
test_resumed_syn_ack_leaves_and_has_its_whole_time(void)
{
	uint32_t rto = fx.config.timers.rto_initial, i;

	wait_for_next_hop();
	fx.now += 100ULL << TG_TICK_SHIFT;
	tg_tcp_resume(&fx.tcp, fx.h, fx.now);
	fx_serve();
	FX_SENT("S. 0:0 ack 1");
	for (i = 0; i < fx.config.timers.syn_ack_retries; i++) {
		fx_wait((rto << i) - 1);
		FX_SENT("");
		fx_wait(1);
		FX_SENT("S. 0:0 ack 1");
	}
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_RETRANSMITS), fx.config.timers.syn_ack_retries);
}

static void
test_resume_of_a_syn_ack_under_way_changes_nothing(void)
{
	fx_enter(TG_TCP_SYN_RECEIVED);
	fx_wait(fx.config.timers.rto_initial - 5);
	tg_tcp_resume(&fx.tcp, fx.h, fx.now);
	fx_serve();
	FX_SENT("");
	fx_wait(5);
	FX_SENT("S. 0:0 ack 1");
	fx.t->flags |= TG_TCB_SEND_SYN; /* it could not be repeated: no frame was free */
	tg_tcp_resume(&fx.tcp, fx.h, fx.now);
	FX_EQUAL(fx.t->retries, 1);
}

static void
test_resumed_text_has_its_whole_time(void)
{
	uint32_t rto;

	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10);
	FX_SENT("P. 1:11 ack 1");
	fx_spend_probe();
	fx_forget();
	rto = tg_tcp_rto(&fx.tcp, fx.t, 0);
	fx.now += (tg_time_t)rto << TG_TICK_SHIFT;
	tg_tcp_timer(&fx.tcp, fx.h, fx.now, &fx.r);
	FX_TRUE(tg_tcp_wants_output(&fx.tcp, fx.h), "again");
	tg_tcp_defer(&fx.tcp, fx.h, 10, fx.now);
	fx.now += (2ULL * rto - 5) << TG_TICK_SHIFT;
	tg_tcp_resume(&fx.tcp, fx.h, fx.now);
	fx_serve();
	FX_SENT("P. 1:11 ack 1");
	fx_wait(2 * rto - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 1:11 ack 1");
}

static void
test_resume_of_a_connection_at_rest_changes_nothing(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	tg_tcp_resume(&fx.tcp, fx.h, fx.now);
	fx_serve();
	FX_SENT("");
	fx_append(10);
	FX_SENT("P. 1:11 ack 1");
	fx_wait(tg_ticks_from_ms(10));
	tg_tcp_resume(&fx.tcp, fx.h, fx.now);
	fx_peer(".", 1, 0, 11);
	FX_EQUAL(fx.t->retries, 0);
}

/* Ticks wrap after 52 days; the bench starts in the last 1/256 of a turn. */
static void
test_timers_work_across_the_wrap_of_ticks(void)
{
	uint32_t until_wrap, rto;

	fx.config.timers.idle = 1U << 30;
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
	until_wrap = 0 - tg_time_tick(fx.now);
	FX_TRUE(until_wrap < 1U << 24, "near the wrap");
	fx_wait(until_wrap - 20);
	FX_STATE(TG_TCP_ESTABLISHED);
	rto = tg_tcp_rto(&fx.tcp, fx.t, 0);
	fx_append(10);
	fx_peer("P.", 1, 10, 1);
	fx_forget();
	fx_wait(fx.config.timers.delayed_ack);
	FX_SENT(". 11:11 ack 11");
	fx_wait(rto - fx.config.timers.delayed_ack);
	FX_SENT("P. 1:11 ack 11");
	FX_TRUE(tg_time_tick(fx.now) < 1000, "past the wrap");
	fx_peer(".", 11, 0, 11);
	fx_wait(fx.config.timers.idle - 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(1);
	FX_STATE(TG_TCP_FIN_WAIT_1);
}

/* MUST-25: keep-alives are off. */
static void
test_idle_connection_sends_nothing(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_wait(fx.config.timers.idle - 1);
	FX_SENT("");
}

static CU_TestInfo tests[] = {
	{ "text never acknowledged: reset at R2",
	    test_text_never_acknowledged_gives_up_at_r2_with_a_reset },
	{ "progress starts the count to R2 again", test_progress_starts_the_count_to_r2_again },
	{ "idle connection is closed after its time",
	    test_idle_connection_is_closed_after_its_time },
	{ "idle time starts again with every segment heard",
	    test_idle_time_starts_again_with_every_segment_heard },
	{ "idle time goes on through dropped segments",
	    test_idle_time_goes_on_through_dropped_segments },
	{ "idle time spans a side record", test_idle_time_spans_a_side_record },
	{ "idle time does not end what is under way",
	    test_idle_time_does_not_end_what_is_under_way },
	{ "idle time does not end a FIN or a probe", test_idle_time_does_not_end_a_fin_or_a_probe },
	{ "idle time begins with the last ACK", test_idle_time_begins_with_the_last_ack },
	{ "impatient user does not wait for what is under way",
	    test_impatient_user_does_not_wait_for_what_is_under_way },
	{ "impatient user: told once, then the idle time ends it",
	    test_impatient_user_is_told_once_then_the_idle_time_ends_it },
	{ "patient user: never overdue", test_patient_user_is_never_overdue },
	{ "idle connection without side records: reset",
	    test_idle_connection_without_side_records_is_reset },
	{ "all deadlines of a connection come", test_all_deadlines_of_a_connection_come },
	{ "deferred output comes back after the delay",
	    test_deferred_output_comes_back_after_the_delay },
	{ "resumed SYN-ACK: leaves, and has its whole time",
	    test_resumed_syn_ack_leaves_and_has_its_whole_time },
	{ "resume of a SYN-ACK under way: nothing changes",
	    test_resume_of_a_syn_ack_under_way_changes_nothing },
	{ "resumed text has its whole time", test_resumed_text_has_its_whole_time },
	{ "resume of a connection at rest: nothing changes",
	    test_resume_of_a_connection_at_rest_changes_nothing },
	{ "output deferred for ever: gives up at R2",
	    test_output_deferred_for_ever_gives_up_at_r2 },
	{ "timers work across the wrap of ticks", test_timers_work_across_the_wrap_of_ticks },
	{ "idle connection sends nothing", test_idle_connection_sends_nothing },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp timers", tests);
}
