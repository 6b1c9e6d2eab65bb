/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What the peer's window lets go: windows that shrink, and silly ones (RFC 9293 3.8.6.2.1).
 */
#include "window_fixture.h"

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

static CU_TestInfo tests[] = {
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
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp peer's window", tests);
}
