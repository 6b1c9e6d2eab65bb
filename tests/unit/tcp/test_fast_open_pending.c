/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Fast Open (RFC 7413): connections that are answered before their handshake is complete.
 */
#include "fast_open_fixture.h"

/* RFC 7413 section 5.1. */
static void
test_pending_reset_keeps_its_place_for_a_minute(void)
{
	enter_pending();
	fx.config.limits.fast_open_pending = 1;
	fx_peer("R", 11, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
	fx_wait(MINUTE_TICKS - 1);
	fx_turn_to(40001);
	fx_peer("S", 0, 10, 0);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_LIMITED), 1);
	fx_wait(2 * MINUTE_TICKS);
	fx_turn_to(40002);
	fx_peer("S", 0, 10, 0);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_LIMITED), 1);
	FX_EQUAL(fx.taken, 20);
}

/* Resets at the end of a period count through the whole of the next, and no longer. */
static void
test_pending_resets_are_forgotten_period_by_period(void)
{
	struct tg_fast_open_backlog *b = &fx.tcp.fast_open;
	tg_time_t minute = (tg_time_t)MINUTE_TICKS << TG_TICK_SHIFT;

	b->period = tg_time_tick(fx.now);
	tg_fast_open_reset(&fx.tcp, fx.now);
	tg_fast_open_reset(&fx.tcp, fx.now + minute - (1U << TG_TICK_SHIFT));
	FX_EQUAL(b->reset, 2);
	tg_fast_open_reset(&fx.tcp, fx.now + minute);
	FX_EQUAL(b->reset_before, 2);
	FX_EQUAL(b->reset, 1);
	tg_fast_open_reset(&fx.tcp, fx.now + 2 * minute);
	FX_EQUAL(b->reset_before, 1);
	tg_fast_open_reset(&fx.tcp, fx.now + 4 * minute);
	FX_EQUAL(b->reset_before, 0);
	FX_EQUAL(b->reset, 1);
}

static void
test_pending_reset_beside_the_edge_is_challenged_and_counts_nothing(void)
{
	enter_pending();
	fx_peer("R", 12, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_EQUAL(fx.tcp.fast_open.reset, 0);
	FX_SENT(". 1:1 ack 11");
}

static void
test_established_reset_counts_nothing(void)
{
	enter_pending();
	fx_peer(".", 11, 0, 1);
	fx_append(10); /* a side record */
	fx_peer("R", 11, 0, 1);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx.tcp.fast_open.reset, 0);
}

static void
test_pending_answer_leaves_before_the_handshake_is_complete(void)
{
	enter_pending();
	fx_append(2500);
	FX_SENT(". 1:1001 ack 11, . 1001:2001 ack 11, P. 2001:2501 ack 11");
	FX_EQUAL(fx.t->state, TG_TCP_SYN_RECEIVED);
	FX_EQUAL(fx.t->snd_nxt, fx.iss + 2501);
	fx_peer(".", 11, 0, 2501);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.events & (TG_TCP_EVENT_ACKED | TG_TCP_EVENT_ESTABLISHED),
	    TG_TCP_EVENT_ACKED | TG_TCP_EVENT_ESTABLISHED);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	FX_SENT("");
}

static void
test_pending_syn_ack_goes_before_the_answer(void)
{
	struct tg_segment syn;

	listen_fast();
	syn = fx_segment("S", 0, 10, 0);
	fx_arrives(&syn);
	fx_append(100);
	FX_SENT("S. 0:0 ack 11, P. 1:101 ack 11");
}

static void
test_pending_answer_is_no_more_than_the_initial_window(void)
{
	enter_pending();
	fx_append(30000);
	FX_EQUAL(fx.n_sent, fx.config.initial_window);
	FX_EQUAL(fx.t->snd_nxt, fx.iss + 1 + 10 * FX_PEER_MSS);
}

static void
test_pending_answer_is_no_more_than_the_window_of_the_syn(void)
{
	fx.peer.wnd = 700;
	enter_pending();
	fx_append(1000);
	FX_SENT(". 1:701 ack 11");
}

/* RFC 7323 2.2: not scaled, whatever the SYN offers. */
static void
test_pending_window_of_the_syn_is_not_scaled(void)
{
	fx.peer.wnd = 768;
	listen_fast();
	fx_offer_all(7);
	fx_peer("S", 0, 10, 0);
	fx_forget();
	fx_append(2000);
	FX_SENT(". 1:769 ack 11");
	fx_peer(".", 11, 0, 1);
	FX_EQUAL(tg_tcp_snd_wnd(fx.t), 768 << 7);
}

static void
test_pending_ack_of_the_syn_alone_leaves_the_answer_under_way(void)
{
	enter_pending();
	fx_append(1500);
	fx_forget();
	fx_wait_ms(10);
	fx_peer(".", 11, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_SENT("");
	FX_EQUAL(fx.t->snd_una, fx.iss + 1);
	FX_EQUAL(fx_side()->dup_acks, 0);
	fx_peer(".", 11, 0, 1501);
	FX_SENT("");
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
}

static void
test_pending_answer_lost_is_repeated_by_its_timer(void)
{
	enter_pending();
	fx_append(100);
	fx_wait_ms(10);
	fx_peer(".", 11, 0, 1);
	fx_forget();
	fx_wait(fx.config.timers.rto_min + 1);
	FX_SENT("P. 1:101 ack 11");
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 1);
}

static void
test_pending_ack_of_part_of_the_answer_takes_it(void)
{
	enter_pending();
	fx_append(2000);
	fx_forget();
	fx_peer(".", 11, 0, 1001);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->snd_una, fx.iss + 1001);
	FX_SENT("");
}

static void
test_pending_ack_of_what_was_never_sent_is_reset(void)
{
	static const uint32_t wrong[] = { 0, 102, 0x80000000 };
	uint32_t i;

	enter_pending();
	fx_append(100);
	for (i = 0; i < TG_ARRAY_LEN(wrong); i++) {
		fx_forget();
		fx_peer(".", 11, 0, wrong[i]);
		FX_EQUAL(fx.sent[0].seg.flags, TG_TCP_RST);
		FX_STATE(TG_TCP_SYN_RECEIVED);
	}
	FX_EQUAL(fx.tcp.fast_open.pending, 1);
}

static void
test_pending_syn_again_draws_the_same_syn_ack_and_no_text(void)
{
	enter_pending();
	fx_append(100);
	fx_forget();
	fx_peer("S", 0, 10, 0);
	FX_SENT("S. 0:0 ack 11");
	FX_EQUAL(fx.taken, 10);
	fx.peer.syn.present = TG_OPT_MSS; /* as RFC 7413 4.1.3 repeats it */
	fx_peer("S", 0, 0, 0);
	FX_SENT("S. 0:0 ack 11");
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_DUPLICATE), 2);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_ACCEPTED), 1);
	FX_EQUAL(fx.tcp.fast_open.pending, 1);
}

static void
test_pending_other_syn_in_the_window_ends_it(void)
{
	enter_pending();
	fx_peer("S", 500, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
}

static void
test_pending_silence_repeats_the_syn_ack_alone_and_gives_up(void)
{
	uint32_t rto = fx.config.timers.rto_initial;

	enter_pending();
	fx_append(100);
	fx_forget();
	fx_wait(63 * rto - 1);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_SENT("S. 0:0 ack 11, S. 0:0 ack 11, S. 0:0 ack 11, S. 0:0 ack 11, S. 0:0 ack 11");
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_TIMEOUTS), 1);
}

static void
test_pending_answer_goes_again_after_a_repeated_syn_ack(void)
{
	enter_pending();
	fx_append(1500);
	fx_wait(fx.config.timers.rto_initial);
	fx_forget();
	fx_peer(".", 11, 0, 1);
	FX_EQUAL(fx.t->cwnd, 1);
	FX_SENT(". 1:1001 ack 11");
	fx_peer(".", 11, 0, 1001);
	FX_SENT("P. 1001:1501 ack 11");
	fx_peer(".", 11, 0, 1501);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
}

static void
test_pending_close_sends_fin_once_established(void)
{
	enter_pending();
	fx_append(100);
	fx_close();
	FX_SENT("P. 1:101 ack 11");
	FX_STATE(TG_TCP_SYN_RECEIVED);
	fx_peer(".", 11, 0, 101);
	FX_STATE(TG_TCP_FIN_WAIT_1);
	FX_SENT("F. 101:101 ack 11");
	fx_peer("F.", 11, 0, 102);
	FX_STATE(TG_TCP_TIME_WAIT);
}

static void
test_pending_close_without_text_sends_fin_once_established(void)
{
	enter_pending();
	fx_close();
	FX_SENT("");
	fx_wait(fx.config.timers.rto_initial);
	FX_SENT("S. 0:0 ack 11");
	fx_peer(".", 11, 0, 1);
	FX_SENT("F. 1:1 ack 11");
}

/* The record that holds the FIN back must not bring the SYN-ACK's timer forward. */
static void
test_syn_received_close_repeats_the_syn_ack_at_its_own_times(void)
{
	uint32_t rto = fx.config.timers.rto_initial;

	fx_enter(TG_TCP_SYN_RECEIVED);
	fx_close();
	fx_wait(3 * rto - 1);
	FX_SENT("S. 0:0 ack 1");
	fx_wait(1);
	FX_SENT("S. 0:0 ack 1");
	fx_peer(".", 1, 0, 1);
	FX_SENT("F. 1:1 ack 1");
}

static void
test_pending_abort_sends_a_reset(void)
{
	enter_pending();
	fx_append(100);
	fx_forget();
	fx_abort();
	FX_SENT("R. 101:101 ack 11");
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
}

static void
test_pending_fin_of_the_peer_completes_and_half_closes(void)
{
	enter_pending();
	fx_peer("F.", 11, 0, 1);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_SENT(". 1:1 ack 12");
}

static void
test_pending_text_on_the_third_segment_is_taken(void)
{
	enter_pending();
	fx_append(100);
	fx_forget();
	fx_peer("P.", 11, 20, 101);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.taken, 30);
}

static void
test_pending_hard_icmp_error_ends_it(void)
{
	struct tg_tcp_icmp_error error = { .hard = true };

	enter_pending();
	error.quoted_seq = fx.iss;
	tg_tcp_icmp(&fx.tcp, fx.h, &error, fx.now, &fx.r);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
	tg_tcp_free(&fx.tcp, fx.h, &fx.spare);
	fx.h = TG_HANDLE_NONE;
}

static void
test_pending_packet_too_big_sends_smaller_segments_of_the_text(void)
{
	struct tg_tcp_icmp_error error = { .too_big = true, .mtu = 640 };

	enter_pending();
	fx_append(1000);
	FX_SENT("P. 1:1001 ack 11");
	error.quoted_seq = fx.iss + 1;
	tg_tcp_icmp(&fx.tcp, fx.h, &error, fx.now, &fx.r);
	fx_serve();
	FX_EQUAL(fx.sent[0].offset, 0);
	FX_SENT(". 1:601 ack 11, P. 601:1001 ack 11");
}

static void
test_pending_output_deferred_waits_for_the_syn_ack_timer_or_an_ack(void)
{
	struct tg_segment seg;
	uint32_t offset;

	enter_pending();
	CU_ASSERT_PTR_NOT_NULL_FATAL(tg_tcp_side(&fx.tcp, fx.h));
	tg_tcp_append(&fx.tcp, fx.h, 100);
	FX_TRUE(tg_tcp_wants_output(&fx.tcp, fx.h), "text");
	tg_tcp_defer(&fx.tcp, fx.h, 1, fx.now);
	tg_tcp_rest(&fx.tcp, fx.h, false, &fx.spare, fx.now);
	FX_EQUAL(fx.t->timer.deadline, tg_time_tick(fx.now) + fx.config.timers.rto_initial);
	FX_TRUE(tg_tcp_output(&fx.tcp, fx.h, fx.now, &seg, &offset), "later");
	FX_EQUAL(seg.len, 100);
}

/* Times of 2^10 ns: one that was never set would lie before all others, or behind them. */
static void
test_pending_text_is_known_to_be_sent_when_it_was(void)
{
	uint32_t first;

	fx_offer_all(7);
	enter_pending();
	fx_wait_ms(7);
	first = tg_time_rtt(fx.now);
	fx_append(10);
	FX_SENT("P. 1:11 ack 11");
	FX_EQUAL(fx_side()->rtt_time, first);
	FX_EQUAL(fx_side()->n_runs, 0);
	fx_wait_ms(3);
	fx_append(10);
	FX_EQUAL(fx_side()->n_runs, 2);
	FX_EQUAL(fx_side()->loss->run[0].sent, first);
	FX_EQUAL(fx_side()->loss->rack.xmit_ts, first);
	FX_EQUAL(fx_side()->loss->run[1].sent, tg_time_rtt(fx.now));
	FX_EQUAL(fx_side()->loss->run[1].left, fx.iss + 11);
}

static CU_TestInfo tests[] = {
	{ "pending text is known to be sent when it was",
	    test_pending_text_is_known_to_be_sent_when_it_was },
	{ "pending reset keeps its place for a minute",
	    test_pending_reset_keeps_its_place_for_a_minute },
	{ "pending resets are forgotten period by period",
	    test_pending_resets_are_forgotten_period_by_period },
	{ "pending reset beside the edge is challenged and counts nothing",
	    test_pending_reset_beside_the_edge_is_challenged_and_counts_nothing },
	{ "established reset counts nothing", test_established_reset_counts_nothing },
	{ "pending answer leaves before the handshake is complete",
	    test_pending_answer_leaves_before_the_handshake_is_complete },
	{ "pending syn ack goes before the answer", test_pending_syn_ack_goes_before_the_answer },
	{ "pending answer is no more than the initial window",
	    test_pending_answer_is_no_more_than_the_initial_window },
	{ "pending answer is no more than the window of the syn",
	    test_pending_answer_is_no_more_than_the_window_of_the_syn },
	{ "pending window of the syn is not scaled", test_pending_window_of_the_syn_is_not_scaled },
	{ "pending ack of the syn alone leaves the answer under way",
	    test_pending_ack_of_the_syn_alone_leaves_the_answer_under_way },
	{ "pending answer lost is repeated by its timer",
	    test_pending_answer_lost_is_repeated_by_its_timer },
	{ "pending ack of part of the answer takes it",
	    test_pending_ack_of_part_of_the_answer_takes_it },
	{ "pending ack of what was never sent is reset",
	    test_pending_ack_of_what_was_never_sent_is_reset },
	{ "pending syn again draws the same syn ack and no text",
	    test_pending_syn_again_draws_the_same_syn_ack_and_no_text },
	{ "pending other syn in the window ends it", test_pending_other_syn_in_the_window_ends_it },
	{ "pending silence repeats the syn ack alone and gives up",
	    test_pending_silence_repeats_the_syn_ack_alone_and_gives_up },
	{ "pending answer goes again after a repeated syn ack",
	    test_pending_answer_goes_again_after_a_repeated_syn_ack },
	{ "pending close sends fin once established",
	    test_pending_close_sends_fin_once_established },
	{ "pending close without text sends fin once established",
	    test_pending_close_without_text_sends_fin_once_established },
	{ "syn received close repeats the syn ack at its own times",
	    test_syn_received_close_repeats_the_syn_ack_at_its_own_times },
	{ "pending abort sends a reset", test_pending_abort_sends_a_reset },
	{ "pending fin of the peer completes and half closes",
	    test_pending_fin_of_the_peer_completes_and_half_closes },
	{ "pending text on the third segment is taken",
	    test_pending_text_on_the_third_segment_is_taken },
	{ "pending hard icmp error ends it", test_pending_hard_icmp_error_ends_it },
	{ "pending packet too big sends smaller segments of the text",
	    test_pending_packet_too_big_sends_smaller_segments_of_the_text },
	{ "pending output deferred waits for the syn ack timer or an ack",
	    test_pending_output_deferred_waits_for_the_syn_ack_timer_or_an_ack },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp fast open pending", tests);
}
