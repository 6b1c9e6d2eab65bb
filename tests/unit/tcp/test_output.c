/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Sending: segmentation, and what CWND lets go.
 */
#include "window_fixture.h"

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
test_text_of_a_byte_beyond_a_segment_takes_two(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(FX_PEER_MSS);
	FX_SENT("P. 1:1001 ack 1");
	fx_peer(".", 1, 0, 1001);
	fx_append(FX_PEER_MSS + 1);
	FX_SENT(". 1001:2001 ack 1, P. 2001:2002 ack 1");
}

/* Text and FIN at once, nothing under way: the FIN goes with the text or waits for its room. */
static void
test_fin_goes_with_the_last_text_if_the_window_has_room(void)
{
	enter_with_window(501);
	tg_tcp_side(&fx.tcp, fx.h);
	tg_tcp_append(&fx.tcp, fx.h, 500);
	fx_close();
	FX_SENT("FP. 1:501 ack 1");
}

static void
test_fin_is_left_behind_text_that_fills_the_window(void)
{
	enter_with_window(500);
	tg_tcp_side(&fx.tcp, fx.h);
	tg_tcp_append(&fx.tcp, fx.h, 500);
	fx_close();
	FX_SENT("P. 1:501 ack 1");
	fx_peer(".", 1, 0, 501);
	FX_SENT("F. 501:501 ack 1");
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
	{ "text of a byte beyond a segment takes two",
	    test_text_of_a_byte_beyond_a_segment_takes_two },
	{ "FIN goes with the last text if the window has room",
	    test_fin_goes_with_the_last_text_if_the_window_has_room },
	{ "FIN is left behind text that fills the window",
	    test_fin_is_left_behind_text_that_fills_the_window },
	{ "FIN waits for text that CWND holds back", test_fin_waits_for_text_that_cwnd_holds_back },
	{ "only the end of a burst is pushed", test_only_the_end_of_a_burst_is_pushed },
	{ "initial window of large segments: bounded in bytes",
	    test_initial_window_of_large_segments_is_bounded_in_bytes },
	{ "many connections are kept apart", test_output_of_many_connections_is_kept_apart },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp output", tests);
}
