/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Sending: segmentation, what CWND and the peer's window let go, silly windows (RFC 9293
 * 3.8.6.2.1) and closed ones (3.8.6.1).
 */
#include "fixture.h"

/* A connection whose peer announced a window of wnd bytes. */
static void
enter_with_window(uint16_t wnd)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.peer.wnd = wnd;
	fx_peer(".", 1, 0, 1);
	fx_forget();
}

static uint32_t
rto(void)
{
	return tg_tcp_rto(&fx.tcp, fx.t, 0);
}

static void
test_text_goes_in_full_segments_and_the_last_pushes(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(3500);
	FX_EQUAL(fx.sent[0].offset, 0);
	FX_EQUAL(fx.sent[3].offset, 3000);
	FX_SENT(". 1:1001 ack 1, . 1001:2001 ack 1, . 2001:3001 ack 1, P. 3001:3501 ack 1");
	fx_peer(".", 1, 0, 3501);
	fx_append(1000);
	FX_SENT("P. 3501:4501 ack 1");
}

/* MUST-16: 12 bytes of timestamp come out of the MSS; MUST-65: no MSS option but on SYNs. */
static void
test_text_with_timestamps_leaves_room_for_them(void)
{
	fx.peer.syn.present |= TG_OPT_TIMESTAMP;
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(2000);
	FX_EQUAL(fx.sent[0].seg.opt.present, TG_OPT_TIMESTAMP);
	FX_SENT(". 1:989 ack 1, . 989:1977 ack 1, P. 1977:2001 ack 1");
}

static void
test_text_without_mss_option_goes_in_536_bytes(void)
{
	fx.peer.syn.present = 0;
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(600);
	FX_SENT(". 1:537 ack 1, P. 537:601 ack 1");
}

/* No Nagle: every append leaves at once, whatever is outstanding. */
static void
test_small_text_leaves_at_once(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(1);
	fx_append(1);
	fx_append(100);
	FX_SENT("P. 1:2 ack 1, P. 2:3 ack 1, P. 3:103 ack 1");
}

static void
test_offset_counts_from_the_first_byte_of_a_side_record(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(100);
	fx_peer(".", 1, 0, 101);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	fx_forget();
	fx_append(1100);
	FX_EQUAL(fx.sent[0].offset, 0);
	FX_EQUAL(fx.sent[1].offset, 1000);
	fx_forget();
	fx_wait(rto());
	FX_EQUAL(fx.sent[0].offset, 0); /* and again when resent */
	FX_SENT(". 101:1101 ack 1");
}

static void
test_initial_window_bounds_the_first_flight(void)
{
	fx.config.initial_window = 3;
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10000);
	FX_EQUAL(fx.n_sent, 3);
	fx_forget();
	fx_peer(".", 1, 0, 1001); /* slow start: one acknowledged, two more */
	FX_SENT(". 3001:4001 ack 1, P. 4001:5001 ack 1");
}

/* CWND limits text (RFC 5681 section 2): FIN needs only the peer's window. */
static void
test_fin_does_not_wait_for_cwnd(void)
{
	fx.config.initial_window = 3;
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(3000);
	fx_forget();
	fx_close();
	FX_SENT("F. 3001:3001 ack 1");
	FX_STATE(TG_TCP_FIN_WAIT_1);
}

static void
test_fin_waits_for_the_peer_window(void)
{
	enter_with_window(2000);
	fx_append(2000);
	fx_forget();
	fx_close();
	FX_SENT("");
	fx.peer.wnd = 2001;
	fx_peer(".", 1, 0, 1);
	FX_SENT("F. 2001:2001 ack 1");
}

static void
test_fin_waits_for_text_that_cwnd_holds_back(void)
{
	fx.config.initial_window = 3;
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(3001);
	fx_close();
	FX_SENT(". 1:1001 ack 1, . 1001:2001 ack 1, P. 2001:3001 ack 1");
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_peer(".", 1, 0, 1001);
	FX_SENT("FP. 3001:3002 ack 1");
}

/* A lone segment between two ACKs is not pushed, and a burst in two halves, for want of
 * frames, is one burst. */
static void
test_only_the_end_of_a_burst_is_pushed(void)
{
	struct tg_segment seg;
	uint32_t offset;

	enter_with_window(3000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tg_tcp_side(&fx.tcp, fx.h));
	tg_tcp_append(&fx.tcp, fx.h, 7000);
	FX_TRUE(tg_tcp_output(&fx.tcp, fx.h, fx.now, &seg, &offset), "first of three");
	FX_EQUAL(seg.flags, TG_TCP_ACK);
	FX_TRUE(tg_tcp_output(&fx.tcp, fx.h, fx.now, &seg, &offset), "second of three");
	FX_EQUAL(seg.flags, TG_TCP_ACK);
	fx_serve();
	FX_SENT("P. 2001:3001 ack 1");
	fx_peer(".", 1, 0, 1001);
	FX_SENT(". 3001:4001 ack 1");
	fx_peer(".", 1, 0, 3001);
	FX_SENT(". 4001:5001 ack 1, P. 5001:6001 ack 1");
	fx_peer(".", 1, 0, 6001);
	FX_SENT("P. 6001:7001 ack 1"); /* MUST-61: the last there is */
}

/* RFC 6928 section 2: IW is 14600 bytes at most, or two segments. */
static void
test_initial_window_of_large_segments_is_bounded_in_bytes(void)
{
	static const struct {
		uint16_t mss, segments;
	} rows[] = { { 536, 10 }, { 1460, 10 }, { 1461, 9 }, { 4000, 3 }, { 7300, 2 },
		{ 8960, 2 } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		fx.config.mss4 = fx.peer.syn.mss = rows[i].mss;
		fx_enter(TG_TCP_ESTABLISHED);
		FX_EQUAL(fx.t->cwnd, rows[i].segments);
	}
}

static void
test_peer_window_bounds_what_is_sent(void)
{
	enter_with_window(2000);
	fx_append(5000);
	FX_SENT(". 1:1001 ack 1, P. 1001:2001 ack 1");
	fx_peer(".", 1, 0, 1001);
	FX_SENT(". 2001:3001 ack 1");
	fx.peer.wnd = 3000;
	fx_peer(".", 1, 0, 1001); /* the window opens */
	FX_SENT(". 3001:4001 ack 1");
}

static void
test_peer_window_is_scaled(void)
{
	fx.peer.syn.present |= TG_OPT_WSCALE;
	fx.peer.syn.wscale = 3;
	enter_with_window(250); /* 2000 bytes */
	fx_append(5000);
	FX_SENT(". 1:1001 ack 1, P. 1001:2001 ack 1");
}

/* MUST-1: the field is unsigned. */
static void
test_peer_window_of_more_than_32767_is_used(void)
{
	fx.config.initial_window = 100;
	enter_with_window(60000);
	fx_append(80000);
	FX_EQUAL(fx.n_sent, 60);
}

/* RFC 9293 3.10.7.4: SND.WL1 and SND.WL2 keep old segments from setting the window. */
static void
test_peer_window_is_not_taken_from_old_segments(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx_append(10);
	fx_peer("P.", 1, 100, 11);
	FX_EQUAL(fx.t->snd_wnd, FX_PEER_WND);
	fx.peer.wnd = 5000;
	fx_peer(".", 101, 0, 11);
	FX_EQUAL(fx.t->snd_wnd, 5000);
	fx.peer.wnd = 7000;
	fx_peer("P.", 51, 100, 11); /* SEG.SEQ < SND.WL1, in the window by its end */
	FX_EQUAL(fx.t->snd_wnd, 5000);
	fx_peer(".", 151, 0, 1); /* newer, but acknowledges less than SND.UNA */
	FX_EQUAL(fx.t->snd_wnd, 5000);
	fx_peer(".", 151, 0, 11);
	FX_EQUAL(fx.t->snd_wnd, 7000);
}

/* MUST-34: a window that shrinks leaves a negative usable one. */
static void
test_peer_window_that_shrinks_stops_new_text(void)
{
	enter_with_window(4000);
	fx_append(8000);
	FX_EQUAL(fx.n_sent, 4);
	fx_forget();
	fx.peer.wnd = 1000;
	fx_peer(".", 1, 0, 1);
	fx_peer(".", 1, 0, 1001);
	FX_SENT("");
	FX_EQUAL(fx.t->snd_nxt - fx.iss, 4001);
	fx_wait(rto());
	FX_SENT(". 1001:2001 ack 1"); /* SHLD-16: old text within the window goes again */
	fx.peer.wnd = 10000;
	fx_peer(".", 1, 0, 4001);
	FX_EQUAL(fx.sent[0].seg.seq - fx.iss, 4001);
}

/* RFC 9293 3.8.6.2.1: not before a full segment, all there is, or half the largest window
 * fits; an override timeout ends the wait. */
static void
test_silly_window_is_not_filled_until_the_override(void)
{
	enter_with_window(FX_PEER_WND);
	fx.user_busy = true;
	fx_append(10);
	fx.peer.wnd = 400;
	fx_peer(".", 1, 0, 11);
	fx_forget();
	fx_append(5000);
	FX_SENT("");
	fx_wait(rto() - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT(". 11:411 ack 1");
	fx.peer.wnd = 5000;
	fx_peer(".", 1, 0, 411);
	FX_SENT(". 411:1411 ack 1, . 1411:2411 ack 1, . 2411:3411 ack 1, . 3411:4411 ack 1, "
		"P. 4411:5011 ack 1");
}

/* The wait for a better window is no retransmission timer: text that leaves at last has the
 * whole of its own. */
static void
test_silly_window_that_ends_starts_the_timer_afresh(void)
{
	enter_with_window(FX_PEER_WND);
	fx.user_busy = true;
	fx_append(10);
	fx.peer.wnd = 400;
	fx_peer(".", 1, 0, 11);
	fx_append(1000);
	fx_wait(rto() - 1);
	fx_forget();
	fx.peer.wnd = 5000;
	fx_peer(".", 1, 0, 11);
	FX_SENT("P. 11:1011 ack 1");
	fx_wait(rto() - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 11:1011 ack 1");
}

/* 10 bytes are acknowledged, and then the window is wnd. */
static void
enter_with_silly_window(uint16_t wnd)
{
	enter_with_window(FX_PEER_WND);
	fx.user_busy = true;
	fx_append(10);
	fx.peer.wnd = wnd;
	fx_peer(".", 1, 0, 11);
	fx_forget();
}

static void
test_silly_window_override_that_is_lost_goes_again(void)
{
	enter_with_silly_window(400);
	fx_append(5000);
	fx_wait(rto());
	FX_SENT(". 11:411 ack 1");
	fx_wait(2 * rto());
	FX_SENT(". 11:411 ack 1");
	fx_wait(4 * rto());
	FX_SENT(". 11:411 ack 1");
}

/* What filled a small window was all there was; it is lost, and by now there is more. */
static void
test_silly_window_text_that_is_lost_goes_again_though_there_is_more(void)
{
	enter_with_silly_window(300);
	fx_append(300);
	FX_SENT("P. 11:311 ack 1");
	fx_append(1000);
	FX_SENT("");
	fx_wait(rto());
	FX_SENT(". 11:311 ack 1");
}

/* SHLD-16. */
static void
test_window_that_shrinks_below_a_segment_resends_what_fits(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(4000);
	fx.peer.wnd = 400;
	fx_peer(".", 1, 0, 1);
	fx_forget();
	fx_wait(rto());
	FX_SENT(". 1:401 ack 1");
	fx_peer(".", 1, 0, 401);
	fx_wait(2 * rto());
	FX_SENT(". 401:801 ack 1");
}

/* SHLD-15: three duplicate ACKs call for old text, not for new beyond the window. */
static void
test_window_that_shrinks_lets_no_new_text_go_with_old(void)
{
	uint32_t i;

	fx_enter(TG_TCP_ESTABLISHED);
	for (i = 0; i < 4; i++)
		fx_append(100);
	fx.peer.wnd = 400;
	fx_peer(".", 1, 0, 1);
	fx_append(5000);
	fx_forget();
	for (i = 0; i < 3; i++)
		fx_peer(".", 1, 0, 1);
	FX_SENT(". 1:401 ack 1");
}

static void
test_silly_window_of_half_the_largest_is_filled(void)
{
	fx.peer.wnd = 800; /* never larger than that */
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(5000);
	FX_SENT(". 1:801 ack 1");
	fx.peer.wnd = 399;
	fx_peer(".", 1, 0, 801);
	FX_SENT("");
	fx.peer.wnd = 400;
	fx_peer(".", 1, 0, 801);
	FX_SENT(". 801:1201 ack 1");
}

/* Half of the largest window ever offered, not of the present one. */
static void
test_silly_window_is_measured_by_the_largest_ever(void)
{
	enter_with_window(400);
	fx.user_busy = true;
	fx_append(10);
	fx.peer.wnd = 1800;
	fx_peer(".", 1, 0, 11);
	fx.peer.wnd = 899;
	fx_peer(".", 1, 0, 11);
	fx_forget();
	fx_append(5000);
	FX_SENT("");
	fx.peer.wnd = 900;
	fx_peer(".", 1, 0, 11);
	FX_SENT(". 11:911 ack 1");
}

static void
test_silly_window_that_holds_all_there_is_is_filled(void)
{
	enter_with_window(400);
	fx_append(300);
	FX_SENT("P. 1:301 ack 1");
}

/* SHLD-29, SHLD-30: the first probe after an RTO, then twice as late each time. */
static void
test_zero_window_is_probed_with_one_byte_and_backoff(void)
{
	uint32_t i, first;

	enter_with_window(0);
	first = rto();
	fx_mark();
	fx_append(3000);
	FX_SENT("");
	fx_wait(31 * first);
	FX_EQUAL(fx.n_sent, 5);
	for (i = 0; i < 5; i++)
		FX_EQUAL(fx.sent[i].tick - fx.mark, ((2U << i) - 1) * first);
	FX_SENT(". 1:2 ack 1, . 1:2 ack 1, . 1:2 ack 1, . 1:2 ack 1, . 1:2 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_WINDOW_PROBES), 5);
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 0);
	FX_EQUAL(fx.t->cwnd, 10); /* a closed window is no congestion */
}

/* MUST-37. A peer that keeps its window closed for half a day. */
static void
test_zero_window_probes_answered_never_give_up(void)
{
	uint32_t i, gap = 0;

	enter_with_window(0);
	fx_append(3000);
	for (i = 0; i < 700; i++) {
		while (fx.n_sent == 0) {
			fx_wait(1000);
			gap++;
		}
		fx_forget();
		fx_peer(".", 1, 0, 1);
	}
	FX_TRUE(gap * 1000ULL > tg_ticks_from_ms(41000000), "probes are a minute apart");
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_forget();
	fx.peer.wnd = 5000;
	fx_peer(".", 1, 0, 1);
	FX_SENT(". 1:1001 ack 1, . 1001:2001 ack 1, P. 2001:3001 ack 1");
}

static void
test_zero_window_probes_unanswered_give_up_at_r2(void)
{
	fx.config.timers.retries = 4;
	enter_with_window(0);
	fx_append(3000);
	fx_wait(31 * rto() - 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.n_sent, 4);
	fx_forget();
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("R. 2:2 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_USER_TIMEOUTS), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_US), 1);
}

static void
test_zero_window_probe_that_is_taken_moves_on(void)
{
	enter_with_window(0);
	fx_append(3000);
	fx_wait(rto());
	FX_SENT(". 1:2 ack 1");
	fx_peer(".", 1, 0, 2); /* took the byte, window still closed */
	FX_SENT("");
	fx_wait(rto());
	FX_SENT(". 2:3 ack 1");
	fx.peer.wnd = 3000;
	fx_peer(".", 1, 0, 3);
	FX_SENT(". 3:1003 ack 1, . 1003:2003 ack 1, P. 2003:3001 ack 1");
}

/* What was refused counts as unsent: ACKs stand where the peer can take them, until it took it. */
static void
test_zero_window_ack_stands_before_what_probed(void)
{
	enter_with_window(0);
	fx_append(3000);
	fx_wait(rto());
	FX_SENT(". 1:2 ack 1");
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 1:1 ack 201");
	fx_peer(".", 201, 0, 2);
	fx_peer("P.", 201, 100, 2);
	fx_peer("P.", 301, 100, 2);
	FX_SENT(". 2:2 ack 401");
}

/* A SYN is no probe, though its peer offers no window. */
static void
test_zero_window_in_syn_received_challenges_behind_the_syn(void)
{
	fx.peer.wnd = 0;
	fx_enter(TG_TCP_SYN_RECEIVED);
	fx_peer(".", 100000, 0, 1);
	FX_SENT(". 1:1 ack 1");
}

/* Nor behind a FIN; but where more is under way than a probe, the window has shrunk since. */
static void
test_zero_window_ack_stands_before_a_fin_behind_other_text(void)
{
	enter_with_window(0);
	fx_close();
	fx_wait(rto());
	fx_forget();
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 1:1 ack 201");
	fx_teardown();
	fx_setup();
	enter_with_window(2);
	fx_append(2);
	fx_forget();
	fx.peer.wnd = 0;
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 3:3 ack 201");
}

static void
test_zero_window_fin_alone_is_the_probe(void)
{
	enter_with_window(0);
	fx_close();
	FX_SENT("");
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(rto());
	FX_SENT("F. 1:1 ack 1");
	FX_STATE(TG_TCP_FIN_WAIT_1);
	fx_wait(2 * rto());
	FX_SENT("F. 1:1 ack 1");
	fx_peer(".", 1, 0, 2);
	FX_STATE(TG_TCP_FIN_WAIT_2);
}

static void
test_window_that_closes_under_text_is_probed(void)
{
	enter_with_window(2000);
	fx_append(2000);
	fx_forget();
	fx.peer.wnd = 0;
	fx_peer(".", 1, 0, 1001);
	FX_SENT("");
	fx_wait(rto());
	FX_SENT(". 1001:1002 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_WINDOW_PROBES), 1);
}

/* RFC 6298 5.1: text sent into a window that has opened starts its own timer, with the RTO
 * as measured: the probes' backoff was no sign of congestion. */
static void
test_window_that_opens_starts_the_timer_afresh(void)
{
	uint32_t first;

	enter_with_window(0);
	first = rto();
	fx_append(500);
	fx_wait(first * (1 + 2 + 4 + 8) + first * 16 - 1); /* the fifth probe is due */
	fx_forget();
	fx.peer.wnd = 5000;
	fx_peer(".", 1, 0, 1);
	FX_SENT("P. 1:501 ack 1");
	fx_wait(first - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 1:501 ack 1");
	fx_wait(2 * first - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 1:501 ack 1");
}

static void
test_output_of_many_connections_is_kept_apart(void)
{
	uint32_t first;

	fx_enter(TG_TCP_ESTABLISHED);
	first = fx.h;
	fx_turn_to(fx.peer.port + 1);
	fx_enter(TG_TCP_ESTABLISHED);
	FX_TRUE(fx.h != first, "two connections");
	fx_append(10);
	FX_EQUAL(fx.sent[0].h, fx.h);
	FX_EQUAL(fx.sent[0].seg.dport, tg_be16(fx.peer.port));
	FX_EQUAL(fx.tcp.tcb[first].snd_nxt, fx.tcp.tcb[first].snd_una);
}

static CU_TestInfo tests[] = {
	{ "text goes in full segments, the last pushes",
	    test_text_goes_in_full_segments_and_the_last_pushes },
	{ "text with timestamps leaves room for them",
	    test_text_with_timestamps_leaves_room_for_them },
	{ "text without MSS option: 536 bytes", test_text_without_mss_option_goes_in_536_bytes },
	{ "small text leaves at once", test_small_text_leaves_at_once },
	{ "offset counts from the first byte of a side record",
	    test_offset_counts_from_the_first_byte_of_a_side_record },
	{ "initial window bounds the first flight", test_initial_window_bounds_the_first_flight },
	{ "FIN does not wait for CWND", test_fin_does_not_wait_for_cwnd },
	{ "FIN waits for the peer's window", test_fin_waits_for_the_peer_window },
	{ "FIN waits for text that CWND holds back", test_fin_waits_for_text_that_cwnd_holds_back },
	{ "only the end of a burst is pushed", test_only_the_end_of_a_burst_is_pushed },
	{ "initial window of large segments: bounded in bytes",
	    test_initial_window_of_large_segments_is_bounded_in_bytes },
	{ "peer's window bounds what is sent", test_peer_window_bounds_what_is_sent },
	{ "peer's window is scaled", test_peer_window_is_scaled },
	{ "peer's window of more than 32767 is used", test_peer_window_of_more_than_32767_is_used },
	{ "peer's window is not taken from old segments",
	    test_peer_window_is_not_taken_from_old_segments },
	{ "peer's window that shrinks stops new text",
	    test_peer_window_that_shrinks_stops_new_text },
	{ "silly window: not filled until the override",
	    test_silly_window_is_not_filled_until_the_override },
	{ "silly window that ends: the timer starts afresh",
	    test_silly_window_that_ends_starts_the_timer_afresh },
	{ "silly window: an override that is lost goes again",
	    test_silly_window_override_that_is_lost_goes_again },
	{ "silly window: lost text goes again though there is more",
	    test_silly_window_text_that_is_lost_goes_again_though_there_is_more },
	{ "window that shrinks below a segment: what fits goes again",
	    test_window_that_shrinks_below_a_segment_resends_what_fits },
	{ "window that shrinks: no new text goes with old",
	    test_window_that_shrinks_lets_no_new_text_go_with_old },
	{ "silly window, half the largest: filled",
	    test_silly_window_of_half_the_largest_is_filled },
	{ "silly window is measured by the largest ever",
	    test_silly_window_is_measured_by_the_largest_ever },
	{ "silly window that holds all there is: filled",
	    test_silly_window_that_holds_all_there_is_is_filled },
	{ "zero window: one byte, with backoff",
	    test_zero_window_is_probed_with_one_byte_and_backoff },
	{ "zero window, probes answered: never gives up",
	    test_zero_window_probes_answered_never_give_up },
	{ "zero window, probes unanswered: gives up at R2",
	    test_zero_window_probes_unanswered_give_up_at_r2 },
	{ "zero window, probe taken: moves on", test_zero_window_probe_that_is_taken_moves_on },
	{ "zero window: ACK before what probed", test_zero_window_ack_stands_before_what_probed },
	{ "zero window: SYN-RECEIVED challenges behind the SYN",
	    test_zero_window_in_syn_received_challenges_behind_the_syn },
	{ "zero window: ACK before a FIN, behind text",
	    test_zero_window_ack_stands_before_a_fin_behind_other_text },
	{ "zero window, FIN alone: it is the probe", test_zero_window_fin_alone_is_the_probe },
	{ "window that closes under text: probed", test_window_that_closes_under_text_is_probed },
	{ "window that opens starts the timer afresh",
	    test_window_that_opens_starts_the_timer_afresh },
	{ "many connections are kept apart", test_output_of_many_connections_is_kept_apart },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp output", tests);
}
