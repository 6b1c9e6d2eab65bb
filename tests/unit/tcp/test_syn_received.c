/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SYN-RECEIVED: repeating the SYN-ACK, giving up, and the third packet with whatever it
 * brings along.
 */
#include "fixture.h"

/* RFC 6298 5.5 applied to the SYN-ACK: 1, 2, 4, 8, 16 and 32 seconds, 63 in all. */
static void
test_syn_received_silence_repeats_syn_ack_five_times_then_gives_up(void)
{
	static const uint32_t at[] = { 0, 1, 3, 7, 15, 31 };
	uint32_t rto = fx.config.timers.rto_initial, i;

	fx_mark();
	fx_peer("S", 0, 0, 0);
	fx_wait(63 * rto - 1);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_EQUAL(fx.n_sent, 6);
	for (i = 0; i < TG_ARRAY_LEN(at); i++)
		FX_EQUAL(fx.sent[i].tick - fx.mark, at[i] * rto);
	FX_SENT("S. 0:0 ack 1, S. 0:0 ack 1, S. 0:0 ack 1, S. 0:0 ack 1, S. 0:0 ack 1, "
		"S. 0:0 ack 1");
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_RETRANSMITS), 5);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_TIMEOUTS), 1);
}

static void
test_syn_received_backoff_is_bounded_by_rto_max(void)
{
	uint32_t rto = fx.config.timers.rto_initial;

	fx.config.timers.rto_max = 3 * rto;
	fx_lay_out();
	fx_mark();
	fx_peer("S", 0, 0, 0);
	fx_wait(9 * rto);
	FX_EQUAL(fx.n_sent, 5);
	FX_EQUAL(fx.sent[2].tick - fx.mark, 3 * rto);
	FX_EQUAL(fx.sent[4].tick - fx.mark, 9 * rto);
}

static void
test_syn_received_repeated_syn_ack_is_the_same_but_for_its_timestamp(void)
{
	struct tg_segment first;

	fx_offer_all(2);
	fx_peer("S", 0, 0, 0);
	first = fx.sent[0].seg;
	fx_wait_ms(1000);
	FX_EQUAL(fx.n_sent, 2);
	FX_EQUAL(fx.sent[1].seg.opt.tsval - first.opt.tsval, tg_ticks_from_ms(1000));
	first.opt.tsval = fx.sent[1].seg.opt.tsval;
	FX_EQUAL(memcmp(&first.opt, &fx.sent[1].seg.opt, sizeof(first.opt)), 0);
	FX_EQUAL(fx.sent[1].seg.seq, first.seq);
	FX_EQUAL(fx.sent[1].seg.ack, first.ack);
	FX_EQUAL(fx.sent[1].seg.wnd, first.wnd);
	FX_EQUAL(first.opt.tsecr, FX_PEER_TSVAL);
}

static void
test_syn_received_same_syn_again_is_answered_with_the_same_iss(void)
{
	uint32_t deadline, iss;

	fx_peer("S", 0, 0, 0);
	iss = fx.iss;
	deadline = fx.t->timer.deadline;
	fx_wait_ms(500);
	fx_peer("S", 0, 0, 0);
	fx_peer("S", 0, 0, 0);
	FX_SENT("S. 0:0 ack 1, S. 0:0 ack 1, S. 0:0 ack 1");
	FX_EQUAL(fx.t->snd_una, iss);
	FX_EQUAL(fx.t->timer.deadline, deadline); /* a peer cannot keep it alive */
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_DUPLICATE), 2);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_RECEIVED), 1);
	FX_EQUAL(tg_gauge(&fx.gauges.state[TG_TCP_SYN_RECEIVED]), 1);
}

static void
test_syn_received_ack_after_one_syn_ack_takes_its_round_trip(void)
{
	struct tg_tcb want;

	fx_peer("S", 0, 0, 0);
	want = *fx.t;
	fx_wait_ms(100);
	fx_peer(".", 1, 0, 1);
	want.state = TG_TCP_ESTABLISHED;
	want.snd_una = fx.iss + 1;
	want.timer.deadline = tg_time_tick(fx.now) + fx.config.timers.idle;
	want.srtt = tg_sf16_encode(tg_ticks_from_ms(100) * TG_RTT_PER_TICK);
	want.rttvar = tg_sf16_encode(tg_ticks_from_ms(100) * TG_RTT_PER_TICK / 2);
	FX_TCB(&want);
	FX_EQUAL(fx.r.events, TG_TCP_EVENT_ESTABLISHED);
	FX_EQUAL(fx_counter(TG_COUNTER_ESTABLISHED), 1);
}

/* Karn: no sample from a SYN-ACK sent twice; and RFC 6928 section 2: one segment then. */
static void
test_syn_received_ack_after_two_syn_acks_takes_no_sample_and_one_segment(void)
{
	fx_peer("S", 0, 0, 0);
	fx_wait_ms(1000);
	fx_peer(".", 1, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->srtt, 0);
	FX_EQUAL(fx.t->cwnd, 1);
	FX_EQUAL(fx.t->retries, 0);
}

/* Nor from one that a repeated SYN drew. */
static void
test_syn_received_ack_after_a_repeated_syn_takes_no_sample(void)
{
	fx_peer("S", 0, 0, 0);
	fx_wait_ms(100);
	fx_peer("S", 0, 0, 0);
	fx_wait_ms(10);
	fx_peer(".", 1, 0, 1);
	FX_EQUAL(fx.t->srtt, 0);
	FX_EQUAL(fx.t->cwnd, 1);
}

/* RFC 6298 5.7: after a SYN that timed out, data starts with an RTO of three seconds. */
static void
test_established_after_lost_syn_ack_starts_with_rto_of_three_seconds(void)
{
	fx_peer("S", 0, 0, 0);
	fx_wait_ms(1000);
	fx_peer(".", 1, 0, 1);
	fx_append(10);
	fx_forget();
	fx_wait(tg_ticks_from_ms(3000) - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 1:11 ack 1");
}

static void
test_syn_received_third_packet_with_text_is_taken(void)
{
	fx_peer("S", 0, 0, 0);
	fx_forget();
	fx_peer("P.", 1, 300, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.taken, 300);
	FX_EQUAL(fx.t->rcv_nxt, fx.peer.iss + 301);
	FX_EQUAL(fx.events, TG_TCP_EVENT_ESTABLISHED);
	FX_SENT("");
	fx_wait_ms(40);
	FX_SENT(". 1:1 ack 301");
}

static void
test_syn_received_third_packet_with_fin_goes_to_close_wait(void)
{
	fx_peer("S", 0, 0, 0);
	fx_forget();
	fx_peer("F.", 1, 0, 1);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_EQUAL(fx.events, TG_TCP_EVENT_ESTABLISHED | TG_TCP_EVENT_FIN);
	FX_SENT(". 1:1 ack 2");
}

static void
test_syn_received_third_packet_with_text_and_fin_takes_both(void)
{
	fx_peer("S", 0, 0, 0);
	fx_forget();
	fx_peer("FP.", 1, 300, 1);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_EQUAL(fx.taken, 300);
	FX_SENT(". 1:1 ack 302");
}

static void
test_syn_received_lost_third_packet_is_made_good_by_text(void)
{
	fx_peer("S", 0, 0, 0);
	fx_forget();
	fx_peer("P.", 301, 100, 1); /* the one with 1:301 was lost, too */
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.taken, 0);
	FX_SENT(". 1:1 ack 1");
	fx_peer("P.", 1, 300, 1);
	FX_EQUAL(fx.taken, 400);
	FX_SENT(". 1:1 ack 401");
}

/* RFC 9293 3.10.7.4: <SEQ=SEG.ACK><CTL=RST>, and the half-open connection stays. */
static void
test_syn_received_wrong_ack_draws_a_reset_and_stays(void)
{
	struct tg_tcb before;

	fx_enter(TG_TCP_SYN_RECEIVED);
	before = *fx.t;
	fx_peer(".", 1, 0, 0);
	fx_peer(".", 1, 0, 2);
	fx_peer("P.", 1, 10, 5000);
	FX_SENT("R 0:0, R 2:2, R 5000:5000");
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_ACK_INVALID);
	FX_TCB(&before);
	fx_peer(".", 1, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
}

/* MUST-11: a connection that came from a passive OPEN goes back to LISTEN. */
static void
test_syn_received_reset_returns_to_listen(void)
{
	fx_enter(TG_TCP_SYN_RECEIVED);
	fx_peer("R", 1, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_PEER), 1);
	fx_peer("S", 0, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
}

/* RFC 9293 3.10.7.4, fourth: so does one that hears another SYN in the window. */
static void
test_syn_received_another_syn_returns_to_listen(void)
{
	fx_enter(TG_TCP_SYN_RECEIVED);
	fx_peer("S", 5, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
}

/* A delayed duplicate of a SYN whose connection is closed and gone: the SYN-ACK meets a
 * peer that knows nothing of it, and its reset ends the matter. */
static void
test_ghost_of_a_syn_never_reaches_established(void)
{
	fx_enter(TG_TCP_LAST_ACK);
	fx_peer(".", 2, 0, 2);
	FX_STATE(TG_TCP_CLOSED);
	fx_forget();
	fx_wait_ms(5000);
	fx_peer("S", 0, 0, 0);
	FX_SENT("S. 0:0 ack 1");
	fx_peer("R", 1, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_ESTABLISHED), 1);
}

/* The same with a peer that has gone: nobody answers, the SYN-ACK is given up. Old text
 * of the first incarnation, still under way, acknowledges the wrong ISS. */
static void
test_ghost_of_a_syn_with_old_text_never_reaches_established(void)
{
	struct tg_segment old_text;
	uint32_t old_iss;

	fx_enter(TG_TCP_LAST_ACK);
	old_iss = fx.iss;
	old_text = fx_segment("P.", 1, 100, 1);
	fx_peer(".", 2, 0, 2);
	fx_wait_ms(5000);
	fx_peer("S", 0, 0, 0);
	FX_TRUE(tg_seq_gt(fx.iss, old_iss + 2), "ISS grows with time");
	fx_forget();
	fx_arrives(&old_text);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_EQUAL(fx.n_sent, 1);
	FX_EQUAL(fx.sent[0].seg.flags, TG_TCP_RST);
	FX_EQUAL(fx.sent[0].seg.seq, old_iss + 1);
	fx_wait_ms(70000);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_ESTABLISHED), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_TIMEOUTS), 1);
}

static void
test_syn_received_deferred_syn_ack_is_not_a_retransmission(void)
{
	struct tg_segment syn = fx_segment("S", 0, 0, 0);

	fx_arrives(&syn);
	tg_tcp_defer(&fx.tcp, fx.h, 10, fx.now); /* no next hop yet */
	fx_wait(9);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_RETRANSMITS), 0);
	fx_wait_ms(50);
	fx_peer(".", 1, 0, 1);
	FX_EQUAL(fx.t->srtt, tg_sf16_encode(tg_ticks_from_ms(50) * TG_RTT_PER_TICK));
	FX_EQUAL(fx.t->cwnd, 10);
}

static CU_TestInfo tests[] = {
	{ "SYN-RECEIVED, silence: SYN-ACK five times more, then given up at 63 s",
	    test_syn_received_silence_repeats_syn_ack_five_times_then_gives_up },
	{ "SYN-RECEIVED: backoff is bounded by the largest RTO",
	    test_syn_received_backoff_is_bounded_by_rto_max },
	{ "SYN-RECEIVED: repeated SYN-ACK is the same but for its timestamp",
	    test_syn_received_repeated_syn_ack_is_the_same_but_for_its_timestamp },
	{ "SYN-RECEIVED, same SYN again: same ISS",
	    test_syn_received_same_syn_again_is_answered_with_the_same_iss },
	{ "SYN-RECEIVED, ACK: its round trip is taken",
	    test_syn_received_ack_after_one_syn_ack_takes_its_round_trip },
	{ "SYN-RECEIVED, ACK of the second SYN-ACK: no sample, one segment",
	    test_syn_received_ack_after_two_syn_acks_takes_no_sample_and_one_segment },
	{ "SYN-RECEIVED, ACK after a repeated SYN: no sample",
	    test_syn_received_ack_after_a_repeated_syn_takes_no_sample },
	{ "ESTABLISHED after a lost SYN-ACK: RTO of three seconds",
	    test_established_after_lost_syn_ack_starts_with_rto_of_three_seconds },
	{ "SYN-RECEIVED, third packet with text: taken",
	    test_syn_received_third_packet_with_text_is_taken },
	{ "SYN-RECEIVED, third packet with FIN: CLOSE-WAIT",
	    test_syn_received_third_packet_with_fin_goes_to_close_wait },
	{ "SYN-RECEIVED, third packet with text and FIN: both taken",
	    test_syn_received_third_packet_with_text_and_fin_takes_both },
	{ "SYN-RECEIVED: a lost third packet is made good by text",
	    test_syn_received_lost_third_packet_is_made_good_by_text },
	{ "SYN-RECEIVED, wrong ACK: reset, and the connection stays",
	    test_syn_received_wrong_ack_draws_a_reset_and_stays },
	{ "SYN-RECEIVED, RST: back to LISTEN", test_syn_received_reset_returns_to_listen },
	{ "SYN-RECEIVED, another SYN: back to LISTEN",
	    test_syn_received_another_syn_returns_to_listen },
	{ "ghost of a SYN never reaches ESTABLISHED",
	    test_ghost_of_a_syn_never_reaches_established },
	{ "ghost of a SYN and old text never reach ESTABLISHED",
	    test_ghost_of_a_syn_with_old_text_never_reaches_established },
	{ "SYN-RECEIVED: a deferred SYN-ACK is no retransmission",
	    test_syn_received_deferred_syn_ack_is_not_a_retransmission },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp syn-received", tests);
}
