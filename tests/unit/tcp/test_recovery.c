/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Loss recovery by SACK: what is resent and when (PRR, RFC 6937); what is lost is in test_rack.c;
 * limited transmit (RFC 3042); the start after idle time (RFC 5681 4.1).
 */
#include "fixture.h"

#include <stdio.h>

#define PLENTY 1000000
#define RTT    20 /* ticks */

/* A connection with CWND of n, bytes appended in segments of 1000. */
static void
enter(bool sack, uint16_t n, uint32_t bytes)
{
	fx.config.initial_window = n;
	fx.config.timers.rto_min = tg_ticks_from_ms(1000);
	fx_lay_out();
	fx.peer.syn.present |= sack ? TG_OPT_SACK_OK : 0;
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx.t->srtt = tg_sf16_encode(RTT * TG_RTT_PER_TICK);
	fx_append(bytes);
	fx_wait(RTT);
	fx_forget();
}

static void
duplicate_acks(uint32_t ack, uint32_t n)
{
	while (n-- > 0)
		fx_peer(".", 1, 0, ack);
}

/* Each new segment that arrives is SACKed: [left, ...) up to right, by 1000. */
static void
sack_up_to(uint32_t ack, uint32_t left, uint32_t right)
{
	char block[32];

	snprintf(block, sizeof(block), "%u:%u", left, right);
	fx_sack(ack, block);
}

static void
test_third_segment_sacked_above_a_hole_resends_it(void)
{
	enter(true, 10, 10000);
	fx_sack(1, "1001:2001");
	fx_sack(1, "1001:3001");
	FX_SENT("");
	fx_sack(1, "1001:4001");
	FX_SENT(". 1:1001 ack 1");
	FX_EQUAL(fx_side()->recovering, true);
	FX_EQUAL(fx.t->ssthresh, 5);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_RETRANSMITS), 1);
}

/* IsLost: one ACK is enough if it tells enough. */
static void
test_one_ack_with_enough_above_a_hole_resends_it(void)
{
	static const struct {
		const char *blocks;
		bool is_lost;
	} rows[] = {
		{ "1001:3001", false },                    /* two segments */
		{ "1001:3002", true },                     /* and a byte */
		{ "2001:2002 4001:4002", false },          /* two ranges */
		{ "2001:2002 4001:4002 6001:6002", true }, /* three */
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		enter(true, 10, 10000);
		fx_sack(1, rows[i].blocks);
		FX_TRUE(fx_side()->recovering == rows[i].is_lost, rows[i].blocks);
		FX_SENT(rows[i].is_lost ? ". 1:1001 ack 1" : "");
	}
}

/* Holes 1:1001, 3001:4001 and 6001:7001 of ten segments: each is resent once, in order and as
 * soon as something above it was SACKed and PRR lets it go. */
static void
test_holes_are_resent_once_in_order(void)
{
	enter(true, 10, 10000);
	fx_sack(1, "1001:2001");
	fx_sack(1, "1001:3001");
	fx_sack(1, "4001:5001 1001:3001");
	FX_SENT(". 1:1001 ack 1");
	fx_sack(1, "4001:6001 1001:3001");
	FX_EQUAL(tg_recovery_pipe(fx.t, fx_side()), 5000); /* all but four and 3001:4001 */
	FX_SENT("");
	fx_sack(1, "7001:8001 4001:6001 1001:3001");
	FX_EQUAL(tg_recovery_pipe(fx.t, fx_side()), 5000); /* what was resent, and what follows */
	FX_SENT(". 3001:4001 ack 1, . 6001:7001 ack 1");
	fx_sack(1, "7001:9001 4001:6001 1001:3001");
	FX_SENT("");
	fx_sack(1, "7001:10001 4001:6001 1001:3001");
	FX_SENT("");
	fx_sack(3001, "7001:10001 4001:6001");
	fx_sack(6001, "7001:10001");
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_RETRANSMITS), 3);
	fx_peer(".", 1, 0, 10001);
	FX_EQUAL(fx_side()->recovering, false);
	FX_EQUAL(fx.t->cwnd, 5);
	FX_EQUAL(fx.t->ssthresh, 5);
}

static void
test_lost_text_goes_before_new_text(void)
{
	enter(true, 10, 11000);
	fx_sack(1, "2001:3001 4001:5001 6001:7001");
	FX_SENT(". 1:1001 ack 1, . 1001:2001 ack 1"); /* the pipe is at SSTHRESH */
	fx_side()->loss->prr_credit = PLENTY;
	fx_serve();
	FX_SENT(". 3001:4001 ack 1, . 5001:6001 ack 1, P. 10001:11001 ack 1");
}

static void
test_hole_is_resent_in_full_segments_and_a_rest(void)
{
	enter(true, 10, 10000);
	fx_sack(1, "2501:7001");
	FX_SENT(". 1:1001 ack 1, . 1001:2001 ack 1");
	fx_side()->loss->prr_credit = 500; /* enough for what is left of it */
	fx_serve();
	FX_SENT(". 2001:2501 ack 1");
	fx_side()->loss->prr_credit = PLENTY;
	fx_serve();
	FX_SENT(""); /* what lies above every range is not known to be lost */
}

/* A peer that agreed to SACK and has no room for blocks: without news there is no loss. */
static void
test_duplicate_acks_without_blocks_resend_nothing(void)
{
	enter(true, 10, 10000);
	duplicate_acks(1, 5);
	FX_SENT("");
	FX_EQUAL(fx_side()->recovering, false);
}

static void
test_fin_rides_with_the_last_text_of_a_hole(void)
{
	enter(true, 10, 2500);
	fx_close();
	fx_forget();
	fx_sack(1, "1001:2001");
	fx_wait(RTT);
	FX_SENT(". 1:1001 ack 1");
	fx_wait(RTT);
	fx_peer(".", 1, 0, 2001); /* what was sent before this came is lost, too */
	FX_SENT("FP. 2001:2501 ack 1");
}

/* The FIN was SACKed: what is resent below it carries none. */
static void
test_fin_that_arrived_is_not_resent(void)
{
	enter(true, 10, 4500);
	fx_close();
	fx_forget();
	fx_sack(1, "1001:4001 4501:4502");
	FX_EQUAL(fx.n_sent, 2);
	FX_SENT(". 1:1001 ack 1, P. 4001:4501 ack 1");
}

/* RFC 6937 section 4, first figure: twenty segments under way, the first one lost. Limited
 * transmit sends two, so RecoverFS = 22000; SSTHRESH is ten segments. While the pipe is larger,
 *
 *   sndcnt = CEIL(prr_delivered * 10000 / 22000) - prr_out
 *
 * which passes 1000 with prr_delivered 5000 (2273 - 1000), 7000 (3182 - 2000), 9000 (4091 -
 * 3000), 11000 (5000 - 4000). With the 16th ACK the pipe is down at SSTHRESH, and from then on
 * each ACK sends what has left. */
static void
test_prr_spreads_the_reduction_over_a_round_trip(void)
{
	static const uint8_t sends[] = { 1, 1, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1,
		1 };
	static const uint16_t credit[] = { [3] = 0,
		[4] = 364,
		[5] = 819,
		[6] = 273,
		[7] = 728,
		[8] = 182,
		[9] = 637,
		[10] = 91,
		[11] = 546,
		[12] = 0,
		[13] = 455,
		[14] = 910 };
	static const uint8_t pipe[] = { [2] = 19,
		[3] = 18,
		[4] = 17,
		[5] = 16,
		[6] = 16,
		[7] = 15,
		[8] = 15,
		[9] = 14,
		[10] = 14,
		[11] = 13,
		[12] = 13,
		[13] = 12,
		[14] = 11,
		[15] = 10,
		[16] = 10,
		[17] = 10,
		[18] = 10,
		[19] = 10,
		[20] = 10 };
	uint32_t i;

	enter(true, 20, PLENTY);
	for (i = 0; i < TG_ARRAY_LEN(sends); i++) {
		sack_up_to(1, 1001, 2001 + 1000 * i);
		FX_EQUAL(fx.n_sent, sends[i]);
		if (i == 2)
			FX_SENT(". 1:1001 ack 1");
		fx_forget();
		if (i >= 2)
			FX_EQUAL(tg_recovery_pipe(fx.t, fx_side()), 1000 * pipe[i]);
		if (i >= 3 && i < TG_ARRAY_LEN(credit))
			FX_EQUAL(fx_side()->loss->prr_credit, credit[i]);
	}
	FX_EQUAL(fx_side()->loss->recover_fs, 22000);
	FX_EQUAL(fx.t->ssthresh, 10);
	FX_EQUAL(fx_side()->loss->prr_delivered, 19000);
	fx_peer(".", 1, 0, 22001); /* all that was under way when it began */
	FX_EQUAL(fx_side()->recovering, false);
	FX_EQUAL(fx.t->cwnd, 10);
}

/* Same section, second figure: the first fifteen of twenty are lost. The pipe is below SSTHRESH
 * at once (22 - 3 SACKed - 15 lost = 4 segments), and the slow start reduction bound lets each
 * ACK send what it delivers and one segment more. */
static void
test_prr_after_heavy_loss_slow_starts(void)
{
	uint32_t i;

	enter(true, 20, PLENTY);
	sack_up_to(1, 15001, 16001);
	sack_up_to(1, 15001, 17001);
	FX_EQUAL(fx.n_sent, 2);
	fx_forget();
	for (i = 0; i < 5; i++) {
		sack_up_to(1, 15001, 18001 + 1000 * i);
		FX_EQUAL(fx.n_sent, 2);
		FX_EQUAL(fx.sent[0].seg.seq - fx.iss, 1 + 2000 * i);
		FX_EQUAL(fx.sent[1].seg.seq - fx.iss, 1001 + 2000 * i);
		FX_EQUAL(tg_recovery_pipe(fx.t, fx_side()), 6000 + 1000 * i);
		fx_forget();
	}
	sack_up_to(1001, 15001, 22001); /* what was resent arrives: the pipe is full */
	FX_EQUAL(fx.n_sent, 1);
}

/* Two segments were delivered by one ACK: the bound is three, the room to SSTHRESH less. */
static void
test_prr_never_fills_the_pipe_beyond_ssthresh(void)
{
	enter(true, 10, PLENTY);
	fx_sack(1, "3001:9001"); /* pipe 1, SSTHRESH 5 */
	FX_EQUAL(fx.n_sent, 4);
	FX_EQUAL(tg_recovery_pipe(fx.t, fx_side()), 5000);
}

static void
test_recovery_respects_the_window(void)
{
	enter(true, 10, PLENTY);
	fx.peer.wnd = 10000;
	fx_sack(1, "1001:9001");
	FX_SENT(". 1:1001 ack 1"); /* a hole lies in the window by nature; new text does not */
}

static void
test_recovery_can_begin_again(void)
{
	enter(true, 10, 20000);
	fx_sack(1, "1001:4001");
	fx_peer(".", 1, 0, 10001);
	FX_EQUAL(fx_side()->recovering, false);
	fx_forget();
	fx_wait(RTT);
	fx_sack(10001, "11001:14001");
	FX_EQUAL(fx.sent[0].seg.seq - fx.iss, 10001);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 2);
}

/* RFC 6675 5.1: the timer starts over, and what it resends is no cause to recover again until
 * all that was under way is acknowledged. */
static void
test_timeout_in_recovery_starts_over(void)
{
	enter(true, 10, 20000);
	fx_sack(1, "1001:4001");
	fx_forget();
	fx_wait_ms(1000);
	FX_EQUAL(fx_side()->recovering, false);
	FX_EQUAL(fx_side()->n_sacked, 0);
	FX_EQUAL(fx.t->cwnd, 1);
	FX_SENT(". 1:1001 ack 1");
	fx_sack(1001, "2001:3001 4001:5001 6001:7001 8001:9001");
	FX_EQUAL(fx_side()->recovering, false);
	FX_SENT(". 1001:2001 ack 1, P. 3001:4001 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
}

/* A receiver that discarded what it SACKed gets it again, by the timer. */
static void
test_reneged_text_is_resent_after_a_timeout(void)
{
	uint32_t i;

	enter(true, 10, 5000);
	fx_sack(1, "1001:5001");
	fx_forget();
	fx_peer(".", 1, 0, 1001);
	for (i = 1; i < 5; i++) {
		fx_forget();
		fx_wait_ms(1000 << i);
		FX_EQUAL(fx.sent[0].seg.seq - fx.iss, 1000 * i + 1);
		fx_peer(".", 1, 0, 1000 * (i + 1) + 1);
	}
	FX_EQUAL(fx.t->snd_una, fx.t->snd_nxt);
}

/* RFC 3042: a new segment for each of the first two, CWND as it was. */
static void
test_limited_transmit_sends_one_segment_for_each_of_two(void)
{
	uint32_t sack;

	for (sack = 0; sack < 2; sack++) {
		fx_teardown();
		fx_setup();
		enter(sack, 10, PLENTY);
		sack_up_to(1, 1001, 2001);
		FX_SENT(". 10001:11001 ack 1");
		sack_up_to(1, 1001, 3001);
		FX_SENT(". 11001:12001 ack 1");
		FX_EQUAL(fx.t->cwnd, 10);
		sack_up_to(1, 1001, 4001);
		FX_SENT(". 1:1001 ack 1");
		FX_EQUAL(fx.t->ssthresh, 5); /* RFC 5681 3.2: not half of twelve */
	}
}

static void
test_limited_transmit_respects_the_window(void)
{
	enter(false, 10, 1000);
	fx.peer.wnd = 10000;
	fx_peer(".", 1, 0, 1001);
	fx_append(PLENTY);
	FX_EQUAL(fx.t->snd_nxt - fx.iss, 11001);
	fx_forget();
	duplicate_acks(1001, 2);
	FX_SENT("");
}

/* What a timeout resends is not new: duplicate ACKs do not speed it up. */
static void
test_limited_transmit_resends_nothing(void)
{
	enter(false, 10, PLENTY);
	fx_wait_ms(1000);
	fx_forget();
	duplicate_acks(1, 3);
	FX_SENT("");
}

/* RFC 5681 4.1, while the connection keeps its side record and while it rests. */
static void
test_idle_longer_than_rto_restarts_at_the_initial_window(void)
{
	uint32_t busy;

	for (busy = 0; busy < 2; busy++) {
		fx_teardown();
		fx_setup();
		enter(true, 4, 4000);
		fx.user_busy = busy;
		fx_peer(".", 1, 0, 2001);
		fx_peer(".", 1, 0, 4001);
		FX_EQUAL(fx.t->cwnd, 8);
		FX_TRUE((fx_side() != NULL) == busy, "rests unless busy");
		fx_wait(tg_tcp_rto(&fx.tcp, fx.t, 0) + 1);
		fx_append(PLENTY);
		FX_EQUAL(fx.t->cwnd, 4);
		FX_EQUAL(fx.n_sent, 4);
	}
}

static void
test_idle_up_to_rto_keeps_cwnd(void)
{
	uint32_t busy;

	for (busy = 0; busy < 2; busy++) {
		fx_teardown();
		fx_setup();
		enter(true, 4, 4000);
		fx.user_busy = busy;
		fx_peer(".", 1, 0, 2001);
		fx_peer(".", 1, 0, 4001);
		/* busy, it is the last text sent that counts, an RTT ago */
		fx_wait(tg_tcp_rto(&fx.tcp, fx.t, 0) - (busy ? RTT : 0));
		fx_append(PLENTY);
		FX_EQUAL(fx.t->cwnd, 8);
		FX_EQUAL(fx.n_sent, 8);
	}
}

/* The next request of a persistent connection arrives after a pause. */
static void
test_request_after_idle_time_restarts(void)
{
	enter(true, 4, 4000);
	fx.user_busy = false;
	fx_peer(".", 1, 0, 2001);
	fx_peer(".", 1, 0, 4001);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	fx_wait(tg_tcp_rto(&fx.tcp, fx.t, 0) + 1);
	fx_peer("P.", 1, 10, 4001);
	FX_EQUAL(fx.t->cwnd, 4);
}

static void
test_idle_time_never_raises_cwnd(void)
{
	enter(true, 10, 1000);
	fx_peer(".", 1, 0, 1001);
	fx.t->cwnd = 2;
	fx_wait_ms(5000);
	fx_append(PLENTY);
	FX_EQUAL(fx.t->cwnd, 2);
}

/* What waits for an ACK is not idle. */
static void
test_text_under_way_keeps_cwnd(void)
{
	enter(true, 10, 1000);
	fx_peer(".", 1, 0, 1001);
	fx.t->cwnd = 12;
	fx_append(1000);
	fx_wait(tg_tcp_rto(&fx.tcp, fx.t, 0) - 1);
	fx_append(1000);
	FX_EQUAL(fx.t->cwnd, 12);
}

static CU_TestInfo tests[] = {
	{ "third segment SACKed above a hole: resent",
	    test_third_segment_sacked_above_a_hole_resends_it },
	{ "one ACK with enough above a hole: resent",
	    test_one_ack_with_enough_above_a_hole_resends_it },
	{ "holes: once, in order", test_holes_are_resent_once_in_order },
	{ "lost text before new text", test_lost_text_goes_before_new_text },
	{ "a hole: full segments and a rest", test_hole_is_resent_in_full_segments_and_a_rest },
	{ "duplicate ACKs without blocks: nothing resent",
	    test_duplicate_acks_without_blocks_resend_nothing },
	{ "FIN rides with the last text of a hole", test_fin_rides_with_the_last_text_of_a_hole },
	{ "FIN that arrived: not resent", test_fin_that_arrived_is_not_resent },
	{ "PRR: spreads the reduction over a round trip",
	    test_prr_spreads_the_reduction_over_a_round_trip },
	{ "PRR after heavy loss: slow start", test_prr_after_heavy_loss_slow_starts },
	{ "PRR: never beyond SSTHRESH", test_prr_never_fills_the_pipe_beyond_ssthresh },
	{ "recovery respects the window", test_recovery_respects_the_window },
	{ "recovery can begin again", test_recovery_can_begin_again },
	{ "timeout in recovery: starts over", test_timeout_in_recovery_starts_over },
	{ "reneged text: resent after a timeout", test_reneged_text_is_resent_after_a_timeout },
	{ "limited transmit: one for each of two",
	    test_limited_transmit_sends_one_segment_for_each_of_two },
	{ "limited transmit respects the window", test_limited_transmit_respects_the_window },
	{ "limited transmit resends nothing", test_limited_transmit_resends_nothing },
	{ "idle longer than RTO: initial window",
	    test_idle_longer_than_rto_restarts_at_the_initial_window },
	{ "idle up to RTO: CWND stays", test_idle_up_to_rto_keeps_cwnd },
	{ "request after idle time: initial window", test_request_after_idle_time_restarts },
	{ "idle time never raises CWND", test_idle_time_never_raises_cwnd },
	{ "text under way: CWND stays", test_text_under_way_keeps_cwnd },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp recovery", tests);
}
