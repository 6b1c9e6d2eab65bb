/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Urgent text, RFC 9293 3.8.5.
 */
#include "fixture.h"

/* A segment with an urgent pointer. */
static void
urgent(uint32_t seq, uint32_t len, uint16_t up)
{
	struct tg_segment seg = fx_segment(".U", seq, len, 1);

	seg.urg = up;
	fx_arrives(&seg);
	fx_serve();
}

/* A user that cares keeps the side record; text waits for fx.appetite. */
static void
enter_caring(void)
{
	fx.user_busy = true;
	fx.appetite = 0;
	fx_enter(TG_TCP_ESTABLISHED);
}

static void
take(uint32_t n)
{
	fx.appetite = n;
	fx_serve();
	FX_EQUAL(fx.appetite, 0);
}

/* MUST-32, MUST-33. */
static void
test_urgent_text_is_told_and_counted_down_as_it_is_taken(void)
{
	enter_caring();
	urgent(1, 100, 60);
	FX_TRUE((fx.r.events & TG_TCP_EVENT_URGENT) != 0, "told");
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 60);
	take(20);
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 40);
	take(39);
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 1);
	take(1);
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 0);
	FX_EQUAL(fx_side()->rare, 0);
	take(40);
	FX_EQUAL(fx.taken, 100);
}

/* MUST-32: "and whenever the urgent pointer advances". */
static void
test_urgent_pointer_is_told_again_only_if_it_advances(void)
{
	enter_caring();
	urgent(1, 10, 10);
	FX_TRUE((fx.r.events & TG_TCP_EVENT_URGENT) != 0, "the first");
	urgent(1, 10, 10);
	FX_EQUAL(fx.r.events & TG_TCP_EVENT_URGENT, 0);
	urgent(11, 10, 0);
	FX_EQUAL(fx.r.events & TG_TCP_EVENT_URGENT, 0);
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 10);
	urgent(21, 10, 10);
	FX_TRUE((fx.r.events & TG_TCP_EVENT_URGENT) != 0, "further");
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 30);
}

/* MUST-31: of any length, announced ahead of the text. */
static void
test_urgent_pointer_ahead_of_the_text_counts_what_is_to_come(void)
{
	uint32_t at;

	enter_caring();
	urgent(1, 0, 60000);
	FX_TRUE((fx.r.events & TG_TCP_EVENT_URGENT) != 0, "told");
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 60000);
	urgent(1, 0, 65535);
	fx.appetite = UINT32_MAX;
	for (at = 1; at < 100001; at += 1000) {
		urgent(at, 1000, (uint16_t)TG_MIN(100001 - at, 65535));
		FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h),
		    TG_MIN(TG_MIN(100001 - at, 65535) - 1000, 100000));
	}
	FX_EQUAL(fx.taken, 100000);
	FX_EQUAL(fx_side()->rare, 0);
}

/* MUST-62: the pointer names the byte after; what it names of text taken before is over. */
static void
test_urgent_pointer_into_text_already_taken_is_nothing(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 100, 1);
	fx_wait_ms(40);
	urgent(51, 50, 50);
	FX_EQUAL(fx.r.events & TG_TCP_EVENT_URGENT, 0);
	FX_TRUE(fx_side() == NULL, "no side record for it");
	urgent(51, 51, 51); /* one byte is new, and taken before anyone asks */
	FX_TRUE((fx.r.events & TG_TCP_EVENT_URGENT) != 0, "told");
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 0);
	FX_EQUAL(fx.taken, 101);
}

/* A user that does not care is at rest as before: a pointer holds nothing back. */
static void
test_urgent_pointer_keeps_no_side_record_for_itself(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	urgent(1, 0, 1000);
	FX_TRUE((fx.r.events & TG_TCP_EVENT_URGENT) != 0, "told");
	FX_TRUE(fx_side() == NULL, "given back");
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 0);
}

static void
test_urgent_pointer_without_a_side_record_is_counted(void)
{
	fx.config.limits.sides = 0;
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
	urgent(1, 0, 1000);
	FX_EQUAL(fx.r.events & TG_TCP_EVENT_URGENT, 0);
	FX_EQUAL(fx_counter(TG_COUNTER_SIDE_FULL), 1);
	FX_STATE(TG_TCP_ESTABLISHED);
}

/* MUST-66: the pointer passes a closed window. */
static void
test_urgent_pointer_counts_with_the_window_closed(void)
{
	uint32_t at;

	enter_caring();
	for (at = 1; at < FX_WINDOW; at += 1024)
		fx_peer("P.", at, 1024, 1);
	fx_forget();
	urgent(FX_WINDOW + 1, 1, 1);
	FX_TRUE((fx.events & TG_TCP_EVENT_URGENT) != 0, "told");
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), FX_WINDOW + 1);
}

static void
test_urgent_pointer_of_a_dropped_segment_is_nothing(void)
{
	struct tg_segment seg;

	enter_caring();
	urgent(FX_WINDOW + 2, 1, 10);
	seg = fx_segment(".U", 1, 0, 2); /* acknowledges what was never sent */
	seg.urg = 10;
	fx_arrives(&seg);
	FX_EQUAL(fx.events & TG_TCP_EVENT_URGENT, 0);
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 0);
}

static void
test_urgent_pointer_beyond_the_fin_ends_there(void)
{
	struct tg_segment seg;

	enter_caring();
	seg = fx_segment("F.U", 1, 10, 1);
	seg.urg = 1000;
	fx_arrives(&seg);
	fx_serve();
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 10);
	take(10);
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 0);
	urgent(12, 0, 10);
	FX_EQUAL(fx.r.events & TG_TCP_EVENT_URGENT, 0);
}

/* What was urgent long ago, further than sequence numbers reach, is not so again. */
static void
test_urgent_text_taken_is_over_across_a_turn_of_sequence_numbers(void)
{
	enter_caring();
	urgent(1, 10, 10);
	take(10);
	fx.t->rcv_nxt += (1U << 31) + 1000;
	fx_side()->rcv_user = fx.t->rcv_nxt;
	FX_EQUAL(tg_tcp_urgent_left(&fx.tcp, fx.h), 0);
}

static void
append_urgent(uint32_t n)
{
	FX_TRUE(tg_tcp_side(&fx.tcp, fx.h) != NULL, "a side record");
	tg_tcp_append_urgent(&fx.tcp, fx.h, n);
	fx_serve();
}

/* Whether segment i of those sent has this pointer; 0: and no URG. */
static void
expect_pointer(uint32_t i, uint16_t want)
{
	FX_TRUE(i < fx.n_sent, "sent");
	FX_EQUAL((fx.sent[i].seg.flags & TG_TCP_URG) != 0, want != 0);
	FX_EQUAL(fx.sent[i].seg.urg, want);
}

/* MUST-30, MUST-62. */
static void
test_urgent_sent_points_to_the_byte_after_from_each_segment(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	append_urgent(2500);
	FX_EQUAL(fx.n_sent, 3);
	expect_pointer(0, 2500);
	expect_pointer(1, 1500);
	expect_pointer(2, 500);
	fx_forget();
	fx_append(100); /* behind it: not urgent */
	FX_EQUAL(fx.n_sent, 1);
	expect_pointer(0, 0);
	fx_forget();
	fx_peer(".", 1, 0, 1001); /* the rest is lost: again with its pointer */
	fx_wait(fx_side()->deadline[TG_TIMER_RETRANSMIT] - tg_time_tick(fx.now));
	FX_EQUAL(fx.n_sent, 1);
	expect_pointer(0, 1500);
}

static void
test_urgent_sent_is_over_once_acknowledged(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	append_urgent(10);
	expect_pointer(0, 10);
	fx.user_busy = true;
	fx_peer(".", 1, 0, 11);
	fx_forget();
	fx_append(10);
	expect_pointer(0, 0);
	FX_EQUAL(fx_side()->rare, 0);
	append_urgent(5); /* the same connection, again */
	expect_pointer(1, 5);
}

/* The peer hears of it even if it takes no text now. */
static void
test_urgent_sent_reaches_a_peer_with_a_closed_window(void)
{
	fx.peer.wnd = 0;
	fx_enter(TG_TCP_ESTABLISHED);
	append_urgent(100);
	expect_pointer(0, 100);
	FX_SENT(". 1:1 ack 1");
}

static void
test_urgent_sent_further_than_the_pointer_reaches_says_the_most(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	append_urgent(100000);
	expect_pointer(0, 65535);
	expect_pointer(9, 65535);
	fx_forget();
	fx_peer(".", 1, 0, 10001);
	FX_TRUE(fx.n_sent > 0, "more");
	while (fx.sent[fx.n_sent - 1].seg.seq - fx.iss < 60001)
		fx_peer(".", 1, 0, fx.t->snd_nxt - fx.iss);
	FX_EQUAL(
	    fx.sent[fx.n_sent - 1].seg.urg, 100001 - (fx.sent[fx.n_sent - 1].seg.seq - fx.iss));
}

static CU_TestInfo tests[] = {
	{ "told, and counted down as it is taken",
	    test_urgent_text_is_told_and_counted_down_as_it_is_taken },
	{ "told again only if the pointer advances",
	    test_urgent_pointer_is_told_again_only_if_it_advances },
	{ "pointer ahead of the text counts what is to come",
	    test_urgent_pointer_ahead_of_the_text_counts_what_is_to_come },
	{ "pointer into text already taken is nothing",
	    test_urgent_pointer_into_text_already_taken_is_nothing },
	{ "pointer keeps no side record for itself",
	    test_urgent_pointer_keeps_no_side_record_for_itself },
	{ "pointer without a side record is counted",
	    test_urgent_pointer_without_a_side_record_is_counted },
	{ "pointer counts with the window closed",
	    test_urgent_pointer_counts_with_the_window_closed },
	{ "pointer of a dropped segment is nothing",
	    test_urgent_pointer_of_a_dropped_segment_is_nothing },
	{ "pointer beyond the FIN ends there", test_urgent_pointer_beyond_the_fin_ends_there },
	{ "taken is over, across a turn of sequence numbers",
	    test_urgent_text_taken_is_over_across_a_turn_of_sequence_numbers },
	{ "sent: points to the byte after from each segment",
	    test_urgent_sent_points_to_the_byte_after_from_each_segment },
	{ "sent: over once acknowledged", test_urgent_sent_is_over_once_acknowledged },
	{ "sent: reaches a peer with a closed window",
	    test_urgent_sent_reaches_a_peer_with_a_closed_window },
	{ "sent: further than the pointer reaches says the most",
	    test_urgent_sent_further_than_the_pointer_reaches_says_the_most },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp urgent", tests);
}
