/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Full segments that vanish in silence: RFC 2923 section 2.1.
 */
#include "fixture.h"

/* A connection with full segments of mss bytes that have been sent. */
static void
enter_with_text(uint16_t mss, uint32_t bytes)
{
	fx.peer.syn.mss = mss;
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(bytes);
	fx_forget();
}

static void
time_out(uint32_t times)
{
	uint32_t until = fx.t->retries + times;

	while (fx.t->retries < until)
		fx_wait(fx_side()->deadline[TG_TIMER_RETRANSMIT] - tg_time_tick(fx.now));
}

static void
test_black_hole_two_timeouts_make_segments_smaller(void)
{
	enter_with_text(1460, 3000);
	time_out(1);
	FX_SENT(". 1:1461 ack 1");
	time_out(1);
	FX_SENT(". 1:1025 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_BLACK_HOLES), 1);
}

/* What went through stays, for what follows too. */
static void
test_black_hole_size_that_goes_through_stays(void)
{
	enter_with_text(1460, 3000);
	time_out(2);
	fx_forget();
	fx_peer(".", 1, 0, 1025);
	FX_SENT(". 1025:2049 ack 1, P. 2049:3001 ack 1");
	fx_peer(".", 1, 0, 3001);
	fx_append(1460);
	FX_SENT(". 3001:4025 ack 1, P. 4025:4461 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_BLACK_HOLES_REFUTED), 0);
}

static void
test_black_hole_smallest_size_is_tried_next_then_it_was_not_the_size(void)
{
	enter_with_text(1460, 3000);
	time_out(3);
	FX_EQUAL(fx.t->mss, 1024);
	time_out(1);
	FX_EQUAL(fx.t->mss, 536);
	FX_EQUAL(fx.sent[fx.n_sent - 1].seg.len, 536);
	time_out(1);
	FX_EQUAL(fx.t->mss, 536);
	time_out(1);
	FX_EQUAL(fx.t->mss, 1460);
	FX_EQUAL(fx.sent[fx.n_sent - 1].seg.len, 1460);
	time_out(6); /* and not again */
	FX_EQUAL(fx.t->mss, 1460);
	FX_EQUAL(fx_counter(TG_COUNTER_BLACK_HOLES), 2);
	FX_EQUAL(fx_counter(TG_COUNTER_BLACK_HOLES_REFUTED), 1);
}

static void
test_black_hole_over_ipv6_has_one_size_to_try(void)
{
	fx.peer.is_ipv6 = true;
	enter_with_text(1440, 3000);
	time_out(2);
	FX_EQUAL(fx.t->mss, 1220);
	time_out(2);
	FX_EQUAL(fx.t->mss, 1440);
	FX_EQUAL(fx_counter(TG_COUNTER_BLACK_HOLES), 1);
}

/* A segment that is not full was not lost for its size. */
static void
test_black_hole_segments_that_are_not_full_keep_their_size(void)
{
	enter_with_text(1460, 1459);
	time_out(8);
	FX_EQUAL(fx.t->mss, 1460);
	fx_append(1); /* by then it may be anything */
	time_out(4);
	FX_EQUAL(fx.t->mss, 1460);
	FX_EQUAL(fx_counter(TG_COUNTER_BLACK_HOLES), 0);
}

static void
test_black_hole_sizes_begin_below_the_mss(void)
{
	static const struct {
		uint16_t mss, first, second;
	} rows[] = {
		{ 1460, 1024, 536 },
		{ 1025, 1024, 536 },
		{ 1024, 536, 1024 }, /* and back */
		{ 537, 536, 537 },
		{ 536, 536, 536 },
		{ 100, 100, 100 },
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		enter_with_text(rows[i].mss, 3000);
		time_out(2);
		FX_EQUAL(fx.t->mss, rows[i].first);
		time_out(2);
		FX_EQUAL(fx.t->mss, rows[i].second);
	}
}

/* The next time it begins with the size that is in use now. */
static void
test_black_hole_another_one_begins_below_the_size_in_use(void)
{
	enter_with_text(1460, 3000);
	time_out(2);
	fx_peer(".", 1, 0, 1025);
	time_out(1);
	FX_EQUAL(fx.t->mss, 1024);
	time_out(1);
	FX_EQUAL(fx.t->mss, 536);
	time_out(2);
	FX_EQUAL(fx.t->mss, 1024);
}

/* Between two runs of timeouts there was progress: no trial is left over. */
static void
test_black_hole_trial_ends_with_progress(void)
{
	enter_with_text(1460, 6000);
	time_out(2);
	fx_peer(".", 1, 0, 1025);
	time_out(1);
	FX_EQUAL(fx_side()->rare, 0);
	FX_EQUAL(fx.t->mss, 1024);
}

/* What ICMP has told is not taken back. */
static void
test_black_hole_too_big_during_a_trial_is_final(void)
{
	struct tg_tcp_icmp_error error = { .too_big = true, .mtu = 640 };

	enter_with_text(1460, 3000);
	time_out(2);
	error.quoted_seq = fx.iss + 1;
	tg_tcp_icmp(&fx.tcp, fx.h, &error, fx.now, &fx.r);
	FX_EQUAL(fx.t->mss, 600);
	fx_serve();
	time_out(6);
	FX_EQUAL(fx.t->mss, 600);
}

/* The persist timer is no sign of size. */
static void
test_black_hole_closed_window_keeps_the_size(void)
{
	enter_with_text(1460, 3000);
	fx.peer.wnd = 0;
	fx_peer(".", 1, 0, 1);
	time_out(6);
	FX_EQUAL(fx.t->mss, 1460);
}

static CU_TestInfo tests[] = {
	{ "two timeouts make segments smaller",
	    test_black_hole_two_timeouts_make_segments_smaller },
	{ "the size that goes through stays", test_black_hole_size_that_goes_through_stays },
	{ "the smallest is tried next, then it was not the size",
	    test_black_hole_smallest_size_is_tried_next_then_it_was_not_the_size },
	{ "over IPv6 there is one size to try", test_black_hole_over_ipv6_has_one_size_to_try },
	{ "segments that are not full keep their size",
	    test_black_hole_segments_that_are_not_full_keep_their_size },
	{ "sizes begin below the MSS", test_black_hole_sizes_begin_below_the_mss },
	{ "another one begins below the size in use",
	    test_black_hole_another_one_begins_below_the_size_in_use },
	{ "the trial ends with progress", test_black_hole_trial_ends_with_progress },
	{ "too big during a trial is final", test_black_hole_too_big_during_a_trial_is_final },
	{ "a closed window keeps the size", test_black_hole_closed_window_keeps_the_size },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp black hole", tests);
}
