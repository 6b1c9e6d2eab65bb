/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The receive window: its field and scale, when it moves (RFC 9293 3.8.6.2.2), and that it
 * is kept to (RFC 7323 2.4).
 */
#include "fixture.h"

#define UNIT (1U << FX_SHIFT)

static void
enter(bool scaled)
{
	if (scaled)
		fx.peer.syn.present |= TG_OPT_WSCALE;
	fx.peer.syn.wscale = 0;
	fx_enter(TG_TCP_ESTABLISHED);
}

/* The window in bytes that the last segment sent announced. */
static uint32_t
announced(void)
{
	uint32_t wnd = fx.sent[fx.n_sent - 1].seg.wnd;

	return (fx.t->flags & TG_TCB_WSCALE) != 0 ? wnd << FX_SHIFT : wnd;
}

/* Sends text in segments of step bytes until the window is used up. */
static void
fill(uint32_t step)
{
	uint32_t at = fx.t->rcv_nxt - fx.peer.iss, end = at + FX_WINDOW, n;

	for (; at < end; at += n) {
		n = TG_MIN(step, end - at);
		fx_peer("P.", at, n, 1);
	}
}

static void
test_window_field_is_scaled_if_agreed(void)
{
	enter(true);
	fx_peer(".", 0, 0, 1);
	FX_EQUAL(fx.sent[0].seg.wnd, FX_WINDOW >> FX_SHIFT);
	fx_teardown();
	fx_setup();
	enter(false);
	fx_peer(".", 0, 0, 1);
	FX_EQUAL(fx.sent[0].seg.wnd, FX_WINDOW);
}

static void
test_window_field_never_exceeds_16_bits_without_scale(void)
{
	fx.config.receive_window = 1 << 20;
	fx_lay_out();
	enter(false);
	fx_peer(".", 0, 0, 1);
	FX_EQUAL(fx.sent[0].seg.wnd, 65535);
	fx_forget();
	fx_append(1);
	FX_EQUAL(fx.sent[0].seg.wnd, 65535);
}

static void
test_window_shrinks_only_by_what_arrives(void)
{
	uint32_t at;

	enter(false);
	fx.appetite = 0;
	for (at = 1; at + 2047 <= FX_WINDOW; at += 2048) {
		fx_peer("P.", at, 1024, 1);
		fx_peer("P.", at + 1024, 1024, 1);
		FX_EQUAL(announced(), FX_WINDOW - at + 1 - 2048);
	}
	FX_EQUAL(announced(), 0);
}

static void
test_window_taken_at_once_stays_whole(void)
{
	uint32_t i;

	enter(true);
	for (i = 0; i < 100; i++) {
		fx_peer("P.", 1 + 1000 * i, 1000, 1);
		if (fx.n_sent != 0)
			FX_TRUE(announced() >= FX_WINDOW - FX_PEER_MSS, "at most a segment less");
	}
}

/* SHLD-14: the right edge is never taken back, but for less than a unit of the scale, which
 * RFC 7323 2.4 knows of. */
static void
check_right_edge(bool scaled, uint32_t step, uint32_t bite)
{
	uint32_t right, farthest = 0, slack = scaled ? UNIT - 1 : 0, at = 1, i;

	enter(scaled);
	fx.appetite = 0;
	for (i = 0; i < 400 && fx.n_sent + 4 < FX_SENT_MAX; i++) {
		if (tg_tcp_rcv_wnd(&fx.tcp, fx.t, fx_side()) >= step) {
			fx_peer("P.", at, step, 1);
			at += step;
		}
		if (i % 3 == 2) {
			fx.appetite = bite;
			fx_serve();
			fx.appetite = 0;
		}
		if (fx.n_sent == 0)
			continue;
		right = fx.sent[fx.n_sent - 1].seg.ack - fx.peer.iss + announced();
		FX_TRUE(right + slack >= farthest, "right edge");
		farthest = TG_MAX(farthest, right);
	}
	FX_TRUE(farthest > FX_WINDOW, "it moves");
}

static void
test_window_right_edge_is_never_taken_back(void)
{
	static const uint32_t steps[] = { 1, 100, 127, 128, 129, 500, 1000 };
	uint32_t i, scaled;

	for (i = 0; i < TG_ARRAY_LEN(steps); i++)
		for (scaled = 0; scaled < 2; scaled++) {
			fx_teardown();
			fx_setup();
			fx.config.limits.held = FX_FRAMES - 2;
			fx.config.limits.held_per_connection = FX_FRAMES - 2;
			fx_lay_out();
			check_right_edge(scaled, steps[i], steps[i] * 2);
		}
}

/* RFC 7323 2.4: text is taken that any ACK of ours has had a window for. */
static void
test_window_once_announced_is_honoured(void)
{
	static const uint16_t lengths[] = { 100, 26, 1, 1, 1, 1 };
	uint32_t farthest = 0, i;

	enter(true);
	fx.appetite = 0;
	for (i = 0; i < TG_ARRAY_LEN(lengths); i++) {
		fx_peer("P.", fx.t->rcv_nxt - fx.peer.iss, lengths[i], 1);
		if (fx.n_sent != 0)
			farthest = TG_MAX(
			    farthest, fx.sent[fx.n_sent - 1].seg.ack - fx.peer.iss + announced());
	}
	fx_peer("P.", farthest - 1, 1, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_NONE);
	FX_EQUAL(fx.r.frame_held, true);
}

/* RFC 9293 3.8.6.2.2, MUST-39: the window opens by a segment or half the buffer at least. */
static void
test_window_opens_by_no_less_than_a_segment(void)
{
	enter(false);
	fx.appetite = 0;
	fill(1024);
	FX_EQUAL(announced(), 0);
	fx_forget();
	fx.appetite = 900;
	fx_serve();
	FX_SENT(""); /* 900 bytes are not worth an update */
	fx_peer("P.", FX_WINDOW + 1, 1, 1);
	FX_EQUAL(announced(), 0); /* nor do they show on another ACK */
	fx.appetite = 100;
	fx_serve();
	fx_peer("P.", FX_WINDOW + 1, 1, 1);
	FX_EQUAL(announced(), 1000);
}

static void
test_window_update_goes_out_when_two_segments_are_taken(void)
{
	enter(false);
	fx.appetite = 0;
	fill(1024);
	fx_forget();
	fx.appetite = 1999;
	fx_serve();
	FX_SENT("");
	fx.appetite = 1;
	fx_serve();
	FX_EQUAL(announced(), 2000);
	FX_SENT(". 1:1 ack 16385");
	fx.appetite = UINT32_MAX;
	fx_serve();
	FX_EQUAL(announced(), FX_WINDOW);
}

static void
test_window_update_goes_out_when_half_the_window_is_taken(void)
{
	fx.config.receive_window = 2048;
	fx_lay_out();
	enter(false);
	fx.appetite = 0;
	fx_peer("P.", 1, 1024, 1);
	fx_peer("P.", 1025, 1024, 1);
	FX_EQUAL(announced(), 0);
	fx_forget();
	fx.appetite = 1024;
	fx_serve();
	FX_EQUAL(announced(), 1024);
	FX_SENT(". 1:1 ack 2049");
}

static void
test_window_that_opened_takes_text_again(void)
{
	enter(true);
	fx.appetite = 0;
	fill(1024);
	fx_peer("P.", FX_WINDOW + 1, 1000, 1);
	FX_EQUAL(fx.t->rcv_nxt - fx.peer.iss, FX_WINDOW + 1);
	fx.appetite = UINT32_MAX;
	fx_serve();
	fx_peer("P.", FX_WINDOW + 1, 1000, 1);
	FX_EQUAL(fx.taken, FX_WINDOW + 1000);
}

static CU_TestInfo tests[] = {
	{ "window field is scaled if agreed", test_window_field_is_scaled_if_agreed },
	{ "window field without scale: 16 bits",
	    test_window_field_never_exceeds_16_bits_without_scale },
	{ "window shrinks only by what arrives", test_window_shrinks_only_by_what_arrives },
	{ "window of a user that takes at once stays whole",
	    test_window_taken_at_once_stays_whole },
	{ "right edge is never taken back", test_window_right_edge_is_never_taken_back },
	{ "window once announced is honoured", test_window_once_announced_is_honoured },
	{ "window opens by no less than a segment", test_window_opens_by_no_less_than_a_segment },
	{ "window update when two segments are taken",
	    test_window_update_goes_out_when_two_segments_are_taken },
	{ "window update when half the window is taken",
	    test_window_update_goes_out_when_half_the_window_is_taken },
	{ "window that opened takes text again", test_window_that_opened_takes_text_again },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp receive window", tests);
}
