/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Congestion control: slow start and congestion avoidance (RFC 5681), fast retransmit and
 * NewReno recovery (RFC 6582), timeouts.
 */
#include "fixture.h"

/* A connection with n segments of 1000 bytes under way, and a lot more to send. */
static void
enter_sending(uint16_t n)
{
	fx.config.initial_window = n;
	fx.config.timers.rto_min = tg_ticks_from_ms(1000);
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx_append(1000000);
	FX_EQUAL(fx.n_sent, n);
	fx_forget();
}

static void
duplicate_acks(uint32_t ack, uint32_t n)
{
	while (n-- > 0)
		fx_peer(".", 1, 0, ack);
}

static void
test_slow_start_grows_by_one_segment_for_each_acknowledged(void)
{
	uint32_t i;

	enter_sending(4);
	for (i = 1; i <= 20; i++) {
		fx_peer(".", 1, 0, 1 + 1000 * i);
		FX_EQUAL(fx.t->cwnd, 4 + i);
		FX_EQUAL(fx.n_sent, 2);
		fx_forget();
	}
}

static void
test_slow_start_grows_by_what_a_stretch_ack_covers(void)
{
	enter_sending(8);
	fx_peer(".", 1, 0, 4001);
	FX_EQUAL(fx.t->cwnd, 12);
	FX_EQUAL(fx.n_sent, 8);
	fx_peer(".", 1, 0, 4501);
	FX_EQUAL(fx.t->cwnd, 12);
	fx_peer(".", 1, 0, 5001); /* two halves make a segment */
	FX_EQUAL(fx.t->cwnd, 13);
}

/* RFC 9406 4.3, without pacing. */
static void
test_slow_start_grows_by_eight_segments_for_an_ack_at_most(void)
{
	enter_sending(20);
	fx_peer(".", 1, 0, 8001);
	FX_EQUAL(fx.t->cwnd, 28);
	fx_peer(".", 1, 0, 17001);
	FX_EQUAL(fx.t->cwnd, 36);
	fx_peer(".", 1, 0, 18001); /* nothing was saved up */
	FX_EQUAL(fx.t->cwnd, 37);
}

/* RFC 3465 2.3: what had arrived before the timeout is acknowledged at once. */
static void
test_slow_start_after_a_timeout_grows_by_one_segment_for_an_ack(void)
{
	enter_sending(20);
	fx_wait_ms(1000);
	fx_peer(".", 1, 0, 1001);
	fx_peer(".", 1, 0, 8001);
	FX_EQUAL(fx.t->cwnd, 3);
	fx_peer(".", 1, 0, 20001);
	FX_EQUAL(fx.t->cwnd, 4);
	fx_peer(".", 1, 0, 24001); /* sent since */
	FX_EQUAL(fx.t->cwnd, 8);
}

/* Duplicate ACKs have let a segment go each (RFC 3042). */
static void
test_slow_start_does_not_count_twice_what_duplicate_acks_reported(void)
{
	uint32_t sack;

	for (sack = 0; sack < 2; sack++) {
		fx_teardown();
		fx_setup();
		if (sack)
			fx_offer_all(0);
		fx.peer.syn.present &= (uint16_t)~TG_OPT_TIMESTAMP;
		enter_sending(10);
		if (sack) {
			fx_sack(1, "1001:2001");
			fx_sack(1, "1001:3001");
		} else
			duplicate_acks(1, 2);
		FX_SENT(". 10001:11001 ack 1, . 11001:12001 ack 1");
		fx_peer(".", 1, 0, 3001);
		FX_EQUAL(fx.t->cwnd, 11);
		FX_SENT(". 12001:13001 ack 1, P. 13001:14001 ack 1");
	}
}

/* RFC 7661: only a window that was filled may grow, to twice what was under way. */
static void
test_slow_start_doubles_what_was_under_way_at_most(void)
{
	static const struct {
		uint16_t segments, cwnd;
	} rows[] = { { 4, 10 }, { 5, 10 }, { 6, 12 }, { 9, 18 }, { 10, 20 } };
	uint32_t i, acked;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(TG_TCP_ESTABLISHED);
		fx.user_busy = true;
		fx_append(rows[i].segments * 1000U);
		for (acked = 1; acked <= rows[i].segments; acked++)
			fx_peer(".", 1, 0, 1 + 1000 * acked);
		FX_EQUAL(fx.t->cwnd, rows[i].cwnd);
	}
}

static void
test_congestion_avoidance_does_not_grow_while_cwnd_is_not_filled(void)
{
	uint32_t i, ack = 1;

	enter_sending(4);
	fx.t->ssthresh = 4;
	fx.t->cwnd = 8;
	fx.peer.wnd = 7000; /* which the peer's window prevents */
	for (i = 0; i < 40; i++)
		fx_peer(".", 1, 0, ack += 1000);
	FX_EQUAL(fx.t->cwnd, 8);
	fx.peer.wnd = 8000;
	for (i = 0; i < 12; i++)
		fx_peer(".", 1, 0, ack += 1000);
	FX_EQUAL(fx.t->cwnd, 9);
}

/* What was under way long ago is no proof that CWND is filled now. */
static void
test_flight_of_an_earlier_window_does_not_count(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx_append(10000);
	fx_peer(".", 1, 0, 8001);
	FX_EQUAL(fx.t->cwnd, 18);
	fx_append(1000);
	fx_peer(".", 1, 0, 10001); /* the window ends */
	fx_append(1000);
	FX_EQUAL(fx_side()->flight_max, 2000);
	fx_peer(".", 1, 0, 12001);
	FX_EQUAL(fx.t->cwnd, 20);
	fx_append(9000);
	fx_peer(".", 1, 0, 21001);
	FX_EQUAL(fx.t->cwnd, 20);
}

/* Dividing an ACK gains nothing (RFC 3465). */
static void
test_slow_start_gains_nothing_from_divided_acks(void)
{
	uint32_t i;

	enter_sending(4);
	for (i = 1; i <= 10; i++)
		fx_peer(".", 1, 0, 1 + 100 * i);
	FX_EQUAL(fx.t->cwnd, 5);
}

static void
test_congestion_avoidance_grows_by_one_segment_for_each_window(void)
{
	uint32_t ack = 1, window, i;

	enter_sending(4);
	fx.t->ssthresh = 4;
	for (window = 4; window < 9; window++) {
		FX_EQUAL(fx.t->cwnd, window);
		for (i = 0; i < window; i++) {
			FX_EQUAL(fx.t->cwnd, window);
			fx_peer(".", 1, 0, ack += 1000);
			fx_forget();
		}
	}
	FX_EQUAL(fx.t->cwnd, 9);
}

static void
test_slow_start_ends_at_ssthresh(void)
{
	uint32_t i;

	enter_sending(4);
	fx.t->ssthresh = 6;
	for (i = 1; i <= 7; i++)
		fx_peer(".", 1, 0, 1 + 1000 * i);
	FX_EQUAL(fx.t->cwnd, 6); /* two by slow start, five ACKs on the way to seven */
	fx_peer(".", 1, 0, 8001);
	FX_EQUAL(fx.t->cwnd, 7);
}

static void
test_third_duplicate_ack_resends_the_first_segment(void)
{
	enter_sending(10);
	duplicate_acks(1, 2);
	FX_SENT(". 10001:11001 ack 1, . 11001:12001 ack 1"); /* RFC 3042 */
	duplicate_acks(1, 1);
	FX_SENT(". 1:1001 ack 1");
	FX_EQUAL(fx.t->ssthresh, 5);
	FX_EQUAL(fx.t->cwnd, 8);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_RETRANSMITS), 1);
}

static void
test_further_duplicate_acks_let_new_text_go(void)
{
	enter_sending(10);
	duplicate_acks(1, 3);
	fx_forget();
	duplicate_acks(1, 4);
	FX_SENT("");
	FX_EQUAL(fx.t->cwnd, 12);
	duplicate_acks(1, 1);
	FX_SENT(". 12001:13001 ack 1");
	duplicate_acks(1, 1);
	FX_SENT(". 13001:14001 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
}

/* RFC 6582 3.2 step 3: all that was out when it began is acknowledged. */
static void
test_full_ack_ends_recovery_at_ssthresh(void)
{
	enter_sending(10);
	duplicate_acks(1, 9);
	FX_EQUAL(fx.t->snd_nxt - fx.iss, 14001);
	fx_forget();
	fx_peer(".", 1, 0, 12001);
	FX_EQUAL(fx.t->cwnd, 5);
	FX_EQUAL(fx_side()->recovering, false);
	FX_SENT(". 14001:15001 ack 1, . 15001:16001 ack 1, P. 16001:17001 ack 1");
	fx_peer(".", 1, 0, 13001); /* congestion avoidance */
	FX_EQUAL(fx.t->cwnd, 5);
}

/* A partial one means another hole: resent at once, CWND deflated by what was acknowledged
 * less one segment, still in recovery. */
static void
test_partial_ack_resends_the_next_hole(void)
{
	enter_sending(10);
	duplicate_acks(1, 7);
	FX_EQUAL(fx.t->cwnd, 12);
	fx_forget();
	fx_peer(".", 1, 0, 3001);
	FX_EQUAL(fx.sent[0].seg.seq - fx.iss, 3001);
	FX_EQUAL(fx.sent[0].seg.len, 1000);
	FX_EQUAL(fx.t->cwnd, 10);
	FX_EQUAL(fx_side()->recovering, true);
	fx_forget();
	fx_peer(".", 1, 0, 6001);
	FX_EQUAL(fx.sent[0].seg.seq - fx.iss, 6001);
	fx_peer(".", 1, 0, 12001);
	FX_EQUAL(fx_side()->recovering, false);
	FX_EQUAL(fx.t->cwnd, 5);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
}

static void
test_recovery_can_begin_again(void)
{
	enter_sending(10);
	duplicate_acks(1, 3);
	fx_peer(".", 1, 0, 12001);
	duplicate_acks(12001, 2);
	fx_forget();
	duplicate_acks(12001, 1);
	FX_EQUAL(fx.sent[0].seg.seq - fx.iss, 12001);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 2);
	FX_EQUAL(fx.t->ssthresh, 2);
}

/* RFC 5681 section 2: what a duplicate ACK is, and is not. */
static void
test_what_is_no_duplicate_ack_is_not_counted(void)
{
	enter_sending(10);
	duplicate_acks(1, 2);
	fx_peer("P.", 1, 10, 1); /* carries text */
	fx.peer.wnd -= 1000;     /* changes the window */
	fx_peer(".", 11, 0, 1);
	fx_peer(".", 11, 0, 0); /* acknowledges less */
	FX_EQUAL(fx_side()->dup_acks, 2);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 0);
	fx_peer(".", 11, 0, 1);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
}

static void
test_duplicate_acks_with_nothing_under_way_mean_nothing(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx_append(10);
	fx_peer(".", 1, 0, 11);
	fx_forget();
	duplicate_acks(11, 5);
	FX_SENT("");
	FX_EQUAL(fx.t->cwnd, 10);
}

static void
test_new_ack_starts_the_count_again(void)
{
	enter_sending(10);
	duplicate_acks(1, 2);
	fx_peer(".", 1, 0, 1001);
	duplicate_acks(1001, 2);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 0);
}

static void
test_fast_retransmit_sends_a_lost_fin_again(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.config.timers.rto_min = tg_ticks_from_ms(1000);
	fx_append(3000);
	fx_close();
	fx_peer(".", 1, 0, 3001);
	FX_STATE(TG_TCP_FIN_WAIT_1);
	fx_forget();
	duplicate_acks(3001, 3);
	FX_SENT("F. 3001:3001 ack 1");
}

/* RFC 5681 3.1: one segment, ssthresh half of what was out, and slow start from there. */
static void
test_timeout_starts_over_with_one_segment(void)
{
	enter_sending(10);
	fx_wait_ms(1000);
	FX_SENT(". 1:1001 ack 1");
	FX_EQUAL(fx.t->cwnd, 1);
	FX_EQUAL(fx.t->ssthresh, 5);
	fx_peer(".", 1, 0, 1001);
	FX_SENT(". 1001:2001 ack 1, P. 2001:3001 ack 1");
	FX_EQUAL(fx.t->cwnd, 2);
	fx_peer(".", 1, 0, 10001); /* the rest had arrived after all */
	FX_EQUAL(fx.sent[0].seg.seq - fx.iss, 10001);
}

/* Same section: ssthresh is set once for a segment, not with each of its timeouts. */
static void
test_second_timeout_leaves_ssthresh_alone(void)
{
	enter_sending(10);
	fx_wait_ms(1000);
	fx_wait_ms(2000);
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 2);
	FX_EQUAL(fx.t->ssthresh, 5);
	FX_EQUAL(fx.t->cwnd, 1);
}

/* But a loss after new progress is a new one. */
static void
test_timeout_of_a_later_segment_sets_ssthresh(void)
{
	enter_sending(20);
	fx_wait_ms(1000);
	FX_EQUAL(fx.t->ssthresh, 10);
	fx_peer(".", 1, 0, 20001);
	fx_wait_ms(70000);
	FX_EQUAL(fx.t->ssthresh, 2);
}

static void
test_ssthresh_is_two_segments_at_least(void)
{
	enter_sending(2);
	fx_wait_ms(1000);
	FX_EQUAL(fx.t->ssthresh, 2);
}

static void
test_timeout_ends_recovery(void)
{
	enter_sending(10);
	duplicate_acks(1, 5);
	fx_forget();
	fx_wait_ms(1000);
	FX_EQUAL(fx_side()->recovering, false);
	FX_EQUAL(fx.t->cwnd, 1);
	FX_SENT(". 1:1001 ack 1");
}

/* RFC 6582 section 4.1: what is sent again after a timeout draws duplicate ACKs that are no
 * sign of loss, until everything sent before it is acknowledged. */
static void
test_duplicate_acks_after_a_timeout_do_not_resend(void)
{
	enter_sending(10);
	fx_wait_ms(1000);
	fx_peer(".", 1, 0, 5001);
	fx_forget();
	duplicate_acks(5001, 4);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 0);
	fx_peer(".", 1, 0, 10001);
	duplicate_acks(10001, 3);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
}

/* RECOVER follows SND.UNA, or it would look like the future after 2^31 bytes. */
static void
test_duplicate_acks_after_two_gigabytes_resend(void)
{
	enter_sending(10);
	fx_side()->recover = fx.t->snd_una - (1U << 31) + 1500;
	fx_peer(".", 1, 0, 1001);
	fx_peer(".", 1, 0, 2001);
	duplicate_acks(2001, 3);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
}

/* CWND outlives the side record: a persistent connection does not start over. */
static void
test_cwnd_is_kept_while_the_connection_rests(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10000);
	fx_peer(".", 1, 0, 3001);
	fx_peer(".", 1, 0, 10001);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	FX_EQUAL(fx.t->cwnd, 20);
}

/* What is smaller than the initial window already is no larger for having waited. */
static void
test_cwnd_below_the_initial_window_stays_over_an_idle_time(void)
{
	fx_peer("S", 0, 0, 0);
	fx_wait_ms(1000); /* the SYN-ACK is lost */
	fx_peer(".", 1, 0, 1);
	FX_EQUAL(fx.t->cwnd, 1);
	fx_wait_ms(100000);
	fx_forget();
	fx_append(2000);
	FX_SENT(". 1:1001 ack 1");
	FX_EQUAL(fx.t->cwnd, 1);
}

static CU_TestInfo tests[] = {
	{ "CWND below the initial window stays over an idle time",
	    test_cwnd_below_the_initial_window_stays_over_an_idle_time },
	{ "slow start: one segment for each acknowledged",
	    test_slow_start_grows_by_one_segment_for_each_acknowledged },
	{ "slow start, stretch ACK: what it covers",
	    test_slow_start_grows_by_what_a_stretch_ack_covers },
	{ "slow start: eight segments for an ACK at most",
	    test_slow_start_grows_by_eight_segments_for_an_ack_at_most },
	{ "slow start after a timeout: one segment for an ACK",
	    test_slow_start_after_a_timeout_grows_by_one_segment_for_an_ack },
	{ "slow start: what duplicate ACKs reported counts once",
	    test_slow_start_does_not_count_twice_what_duplicate_acks_reported },
	{ "slow start: doubles what was under way at most",
	    test_slow_start_doubles_what_was_under_way_at_most },
	{ "congestion avoidance, CWND not filled: no growth",
	    test_congestion_avoidance_does_not_grow_while_cwnd_is_not_filled },
	{ "flight of an earlier window does not count",
	    test_flight_of_an_earlier_window_does_not_count },
	{ "slow start, divided ACKs: nothing gained",
	    test_slow_start_gains_nothing_from_divided_acks },
	{ "congestion avoidance: one segment for each window",
	    test_congestion_avoidance_grows_by_one_segment_for_each_window },
	{ "slow start ends at ssthresh", test_slow_start_ends_at_ssthresh },
	{ "third duplicate ACK: the first segment again",
	    test_third_duplicate_ack_resends_the_first_segment },
	{ "further duplicate ACKs: new text", test_further_duplicate_acks_let_new_text_go },
	{ "full ACK: recovery ends at ssthresh", test_full_ack_ends_recovery_at_ssthresh },
	{ "partial ACK: the next hole", test_partial_ack_resends_the_next_hole },
	{ "recovery can begin again", test_recovery_can_begin_again },
	{ "what is no duplicate ACK is not counted", test_what_is_no_duplicate_ack_is_not_counted },
	{ "duplicate ACKs with nothing under way mean nothing",
	    test_duplicate_acks_with_nothing_under_way_mean_nothing },
	{ "new ACK: the count starts again", test_new_ack_starts_the_count_again },
	{ "fast retransmit: a lost FIN again", test_fast_retransmit_sends_a_lost_fin_again },
	{ "timeout: starts over with one segment", test_timeout_starts_over_with_one_segment },
	{ "second timeout: ssthresh stays", test_second_timeout_leaves_ssthresh_alone },
	{ "timeout of a later segment: ssthresh is set",
	    test_timeout_of_a_later_segment_sets_ssthresh },
	{ "ssthresh is two segments at least", test_ssthresh_is_two_segments_at_least },
	{ "timeout ends recovery", test_timeout_ends_recovery },
	{ "duplicate ACKs after a timeout: nothing again",
	    test_duplicate_acks_after_a_timeout_do_not_resend },
	{ "duplicate ACKs after two gigabytes: again",
	    test_duplicate_acks_after_two_gigabytes_resend },
	{ "CWND is kept while the connection rests", test_cwnd_is_kept_while_the_connection_rests },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp congestion", tests);
}
