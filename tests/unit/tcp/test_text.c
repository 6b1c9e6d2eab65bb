/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Receiving: text in and out of order, what is held, SACK blocks (RFC 2018), and when an ACK
 * goes out (RFC 9293 3.8.6.3, RFC 5681 4.2).
 */
#include "fixture.h"

static uint32_t
held(void)
{
	return tg_gauge(&fx.gauges.held);
}

static void
enter_with_sack(bool timestamps)
{
	fx.peer.syn.present |= TG_OPT_SACK_OK | (timestamps ? TG_OPT_TIMESTAMP : 0);
	fx_enter(TG_TCP_ESTABLISHED);
}

static void
test_text_in_order_is_acknowledged_after_the_delay(void)
{
	uint32_t delay = fx.config.timers.delayed_ack;

	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 100, 1);
	FX_EQUAL(fx.taken, 100);
	fx_wait(delay - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT(". 1:1 ack 101");
	FX_EQUAL(fx_counter(TG_COUNTER_DELAYED_ACKS), 1);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
}

static void
test_every_second_segment_is_acknowledged_at_once(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer(".", 1, 1000, 1);
	FX_SENT("");
	fx_peer(".", 1001, 1000, 1);
	FX_SENT(". 1:1 ack 2001");
	fx_peer(".", 2001, 1000, 1);
	FX_SENT("");
	fx_peer(".", 3001, 1000, 1);
	FX_SENT(". 1:1 ack 4001");
	fx_wait_ms(1000);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_DELAYED_ACKS), 0);
}

/* MUST-58, MUST-59: a burst is looked at whole before anything is answered. */
static void
test_burst_of_segments_draws_one_ack(void)
{
	struct tg_segment seg;
	uint32_t i;

	fx_enter(TG_TCP_ESTABLISHED);
	for (i = 0; i < 8; i++) {
		seg = fx_segment("P.", 1 + i * 100, 100, 1);
		fx_arrives(&seg);
	}
	fx_serve();
	FX_SENT(". 1:1 ack 801");
}

static void
test_ack_rides_on_text_and_on_fin(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 100, 1);
	fx_append(10);
	FX_SENT("P. 1:11 ack 101");
	fx_wait_ms(100);
	FX_SENT("");
	fx_peer("P.", 101, 100, 11);
	fx_close();
	FX_SENT("F. 11:11 ack 201");
	fx_wait_ms(100);
	FX_SENT("");
}

/* RFC 5681 4.2: at once while text is missing, and when a gap is filled. */
static void
test_gap_draws_duplicate_acks_at_once_and_so_does_its_end(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 1:1 ack 1");
	fx_peer("P.", 201, 100, 1);
	FX_SENT(". 1:1 ack 1");
	FX_EQUAL(held(), 2);
	FX_EQUAL(fx_counter(TG_COUNTER_OUT_OF_ORDER), 2);
	fx_peer("P.", 1, 50, 1); /* fills half of it */
	FX_SENT(". 1:1 ack 51");
	fx_peer("P.", 51, 50, 1);
	FX_SENT(". 1:1 ack 301");
	FX_EQUAL(fx.taken, 300);
	FX_EQUAL(held(), 0);
}

static void
test_text_out_of_order_is_held_in_any_order(void)
{
	static const uint8_t order[][5] = { { 4, 3, 2, 1, 0 }, { 1, 3, 0, 4, 2 }, { 2, 4, 1, 3, 0 },
		{ 4, 1, 2, 3, 0 }, { 3, 2, 4, 0, 1 } };
	uint32_t i, j;

	for (i = 0; i < TG_ARRAY_LEN(order); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(TG_TCP_ESTABLISHED);
		for (j = 0; j < 5; j++)
			fx_peer("P.", 1 + 100U * order[i][j], 100, 1);
		FX_EQUAL(fx.taken, 500); /* and the user compared every byte */
		FX_EQUAL(fx.t->rcv_nxt - fx.peer.iss, 501);
		FX_EQUAL(held(), 0);
	}
}

/* Segments as left and right edge of their text; all together they are 1:501. */
static void
test_text_that_overlaps_is_taken_once(void)
{
	static const struct {
		uint16_t edge[8][2];
	} rows[] = {
		{ { { 1, 301 }, { 201, 501 } } }, { { { 201, 501 }, { 1, 301 } } },
		{ { { 101, 201 }, { 1, 501 } } },                             /* covers */
		{ { { 101, 501 }, { 201, 301 }, { 1, 101 } } },               /* is covered */
		{ { { 101, 201 }, { 301, 401 }, { 101, 501 }, { 1, 101 } } }, /* covers two */
		{ { { 301, 501 }, { 201, 401 }, { 101, 301 }, { 1, 201 } } }, /* stairs */
		{ { { 401, 501 }, { 401, 501 }, { 1, 401 }, { 1, 401 } } },   /* twice */
		{ { { 101, 301 }, { 101, 201 }, { 101, 501 }, { 1, 102 } } }, /* same left edge */
	};
	uint32_t i, j;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(TG_TCP_ESTABLISHED);
		for (j = 0; j < 8 && rows[i].edge[j][1] != 0; j++)
			fx_peer(
			    "P.", rows[i].edge[j][0], rows[i].edge[j][1] - rows[i].edge[j][0], 1);
		FX_EQUAL(fx.taken, 500);
		FX_EQUAL(fx.t->rcv_nxt - fx.peer.iss, 501);
		FX_EQUAL(held(), 0);
	}
}

static void
test_duplicate_of_held_text_is_refused_and_acknowledged(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 101, 200, 1);
	fx_forget();
	fx_peer("P.", 151, 100, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_TEXT_REFUSED);
	FX_EQUAL(fx.r.frame_held, false);
	FX_EQUAL(held(), 1);
	FX_SENT(". 1:1 ack 1");
}

static void
test_text_across_the_right_edge_is_cut(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", FX_WINDOW - 49, 100, 1);
	FX_EQUAL(held(), 1);
	FX_EQUAL(fx.tcp.held[fx_side()->held].len, 50);
	fx.appetite = 0;
	fx_peer("P.", 1, FX_WINDOW / 8, 1);
	FX_EQUAL(fx.t->rcv_nxt - fx.peer.iss, 1 + FX_WINDOW / 8);
}

static void
test_text_the_user_takes_in_part_is_kept_for_it(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.appetite = 30;
	fx_peer("P.", 1, 100, 1);
	FX_EQUAL(fx.taken, 30);
	FX_EQUAL(fx.t->rcv_nxt - fx.peer.iss, 101);
	FX_EQUAL(fx.r.frame_held, true);
	FX_EQUAL(fx.r.events, TG_TCP_EVENT_TEXT);
	fx.appetite = 10;
	fx_peer("P.", 101, 100, 1);
	FX_EQUAL(fx.taken, 40); /* what comes later waits behind it */
	FX_EQUAL(held(), 2);
	fx.appetite = 100;
	fx_serve();
	FX_EQUAL(fx.taken, 140);
	FX_EQUAL(held(), 1);
	fx.appetite = UINT32_MAX;
	fx_serve();
	FX_EQUAL(fx.taken, 200);
	FX_EQUAL(held(), 0);
}

static void
test_text_in_order_beyond_the_window_is_cut(void)
{
	fx.config.receive_window = 512;
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 1000, 1);
	FX_EQUAL(fx.taken, 512);
	FX_EQUAL(fx.t->rcv_nxt - fx.peer.iss, 513);
}

/* The first block holds the segment that drew this ACK (RFC 2018 section 4). */
static void
test_sack_first_block_is_the_latest_and_grows(void)
{
	enter_with_sack(false);
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 1:1 ack 1 sack 101:201");
	fx_peer("P.", 301, 100, 1);
	FX_SENT(". 1:1 ack 1 sack 301:401 sack 101:201");
	fx_peer("P.", 201, 50, 1);
	FX_SENT(". 1:1 ack 1 sack 101:251 sack 301:401");
	fx_peer("P.", 251, 50, 1);
	FX_SENT(". 1:1 ack 1 sack 101:401");
	fx_peer("P.", 1, 50, 1);
	FX_SENT(". 1:1 ack 51 sack 101:401");
	fx_peer("P.", 51, 50, 1);
	FX_SENT(". 1:1 ack 401");
}

static void
test_sack_duplicate_puts_its_block_first(void)
{
	enter_with_sack(false);
	fx_peer("P.", 101, 100, 1);
	fx_peer("P.", 301, 100, 1);
	fx_forget();
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 1:1 ack 1 sack 101:201 sack 101:201 sack 301:401"); /* after its D-SACK */
}

static void
test_sack_of_many_runs_never_leaves_out_the_latest(void)
{
	uint32_t i;

	enter_with_sack(false);
	for (i = 0; i < 6; i++)
		fx_peer("P.", 101 + 200 * i, 100, 1);
	FX_EQUAL(fx.sent[5].seg.opt.n_sack, 4);
	FX_EQUAL(fx.sent[5].seg.opt.sack[0].left - fx.peer.iss, 1101);
	FX_EQUAL(fx.sent[5].seg.opt.sack[0].right - fx.peer.iss, 1201);
}

static void
test_sack_with_timestamps_has_three_blocks(void)
{
	uint32_t i;

	enter_with_sack(true);
	for (i = 0; i < 5; i++)
		fx_peer("P.", 1001 - 200 * i, 100, 1);
	FX_EQUAL(fx.sent[4].seg.opt.n_sack, 3);
	FX_EQUAL(fx.sent[4].seg.opt.sack[0].left - fx.peer.iss, 201);
	FX_TRUE(tg_tcp_options_bytes(&fx.sent[4].seg.opt) == 40, "all that fits");
}

static void
test_sack_not_agreed_sends_none(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 1:1 ack 1");
}

/* Text in order that the user has not taken is acknowledged, not SACKed. */
static void
test_sack_leaves_out_text_in_order(void)
{
	enter_with_sack(false);
	fx.appetite = 0;
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 201, 100, 1);
	FX_SENT(". 1:1 ack 101 sack 201:301");
}

/* MUST-16: TCP header options count against what fits a segment. */
static void
test_text_sent_with_sack_blocks_still_fits_a_segment(void)
{
	uint32_t i;

	enter_with_sack(true);
	for (i = 0; i < 3; i++)
		fx_peer("P.", 201 + 200 * i, 100, 1);
	fx_forget();
	fx_append(5000);
	FX_TRUE(fx.n_sent >= 5, "text goes");
	for (i = 0; i < fx.n_sent; i++)
		FX_TRUE(
		    fx.sent[i].seg.len + tg_tcp_options_bytes(&fx.sent[i].seg.opt) <= FX_PEER_MSS,
		    "segment within the MSS");
}

static void
test_text_with_fin_cut_by_the_window_keeps_the_fin_for_later(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.appetite = 0;
	fx_peer("P.", 1, 2000, 1);
	for (uint32_t at = 2001; at < FX_WINDOW - 1000; at += 1000)
		fx_peer("P.", at, 1000, 1);
	fx_peer("FP.", fx.t->rcv_nxt - fx.peer.iss, 1000, 1); /* 616 of them fit */
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->rcv_nxt - fx.peer.iss, FX_WINDOW + 1);
	fx.appetite = UINT32_MAX;
	fx_serve();
	FX_EQUAL(fx.taken, FX_WINDOW);
	fx_peer("FP.", FX_WINDOW + 1, 16001 + 1000 - FX_WINDOW - 1, 1);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_EQUAL(fx.taken, 17000);
}

static void
test_text_after_fin_is_ignored(void)
{
	fx_enter(TG_TCP_CLOSE_WAIT);
	fx_peer("P.", 2, 100, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_TEXT_AFTER_FIN);
	FX_EQUAL(fx.taken, 0);
	FX_EQUAL(fx.t->rcv_nxt - fx.peer.iss, 2);
	FX_SENT("");
}

static void
test_urgent_text_is_taken_in_line(void)
{
	struct tg_segment seg;

	fx_enter(TG_TCP_ESTABLISHED);
	seg = fx_segment("PU.", 1, 100, 1);
	seg.urg = 50;
	fx_arrives(&seg);
	FX_EQUAL(fx.taken, 100);
	seg = fx_segment("U.", 101, 0, 1);
	seg.urg = 0xffff;
	fx_arrives(&seg);
	FX_STATE(TG_TCP_ESTABLISHED);
}

/* Frames held come back when the whole table is let go. */
static void
test_release_gives_back_every_held_frame(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 101, 100, 1);
	fx_peer("P.", 301, 100, 1);
	fx_turn_to(fx.peer.port + 1);
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 101, 100, 1);
	FX_EQUAL(fx.spare.n, FX_FRAMES - 3);
	tg_tcp_release_frames(&fx.tcp, &fx.spare);
	FX_EQUAL(fx.spare.n, FX_FRAMES);
	FX_EQUAL(held(), 0);
}

/* A peer that contradicts itself: its FIN comes after what it sent beyond it. */
static void
test_text_held_beyond_fin_is_not_taken(void)
{
	uint32_t gap;

	for (gap = 0; gap < 3; gap++) {
		fx_teardown();
		fx_setup();
		fx_enter(TG_TCP_ESTABLISHED);
		fx_peer("P.", 2 + gap, 10, 1);
		FX_EQUAL(tg_gauge(&fx.gauges.held), 1);
		fx_forget();
		fx_peer("F.", 1, 0, 1);
		FX_STATE(TG_TCP_CLOSE_WAIT);
		FX_EQUAL(fx.taken, 0);
		FX_EQUAL(fx.t->rcv_nxt - fx.peer.iss, 2);
		FX_EQUAL(fx_side()->rcv_user, fx.t->rcv_nxt);
	}
}

static CU_TestInfo tests[] = {
	{ "text in order: acknowledged after the delay",
	    test_text_in_order_is_acknowledged_after_the_delay },
	{ "every second segment: acknowledged at once",
	    test_every_second_segment_is_acknowledged_at_once },
	{ "burst of segments: one ACK", test_burst_of_segments_draws_one_ack },
	{ "ACK rides on text and on FIN", test_ack_rides_on_text_and_on_fin },
	{ "gap: duplicate ACKs at once, and when it is filled",
	    test_gap_draws_duplicate_acks_at_once_and_so_does_its_end },
	{ "text out of order: held, in any order", test_text_out_of_order_is_held_in_any_order },
	{ "text that overlaps: taken once", test_text_that_overlaps_is_taken_once },
	{ "duplicate of held text: refused and acknowledged",
	    test_duplicate_of_held_text_is_refused_and_acknowledged },
	{ "text across the right edge: cut", test_text_across_the_right_edge_is_cut },
	{ "text in order beyond the window: cut", test_text_in_order_beyond_the_window_is_cut },
	{ "text taken in part: the rest is kept", test_text_the_user_takes_in_part_is_kept_for_it },
	{ "SACK: the first block is the latest and grows",
	    test_sack_first_block_is_the_latest_and_grows },
	{ "SACK: a duplicate puts its block first", test_sack_duplicate_puts_its_block_first },
	{ "SACK of many runs: the latest is never left out",
	    test_sack_of_many_runs_never_leaves_out_the_latest },
	{ "SACK with timestamps: three blocks", test_sack_with_timestamps_has_three_blocks },
	{ "SACK not agreed: none", test_sack_not_agreed_sends_none },
	{ "SACK leaves out text in order", test_sack_leaves_out_text_in_order },
	{ "text sent with SACK blocks still fits a segment",
	    test_text_sent_with_sack_blocks_still_fits_a_segment },
	{ "text with FIN cut by the window: FIN later",
	    test_text_with_fin_cut_by_the_window_keeps_the_fin_for_later },
	{ "text after FIN: ignored", test_text_after_fin_is_ignored },
	{ "text held beyond FIN: not taken", test_text_held_beyond_fin_is_not_taken },
	{ "urgent text: taken in line", test_urgent_text_is_taken_in_line },
	{ "release gives back every held frame", test_release_gives_back_every_held_frame },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp text", tests);
}
