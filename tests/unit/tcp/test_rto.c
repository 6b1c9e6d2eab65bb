/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * RFC 6298: how RTO is computed from samples, which samples are taken (Karn), and how the
 * timer is managed.
 */
#include "fixture.h"

/* Round trips here are in ticks. RTO may be short by what the small floats cut off and
 * long by a tick of rounding up. */
static void
check_rto(double want)
{
	double got = tg_tcp_rto(&fx.tcp, fx.t, 0);

	FX_TRUE(got >= want * 0.998 - 0.1, "RTO is not too short");
	FX_TRUE(got <= want + 1.1, "RTO is not too long");
}

/* Sends n bytes that the peer acknowledges after a round trip. */
static void
exchange(uint32_t n, uint32_t round_trip)
{
	fx_append(n);
	fx_wait(round_trip);
	fx_peer(".", 1, 0, fx.t->snd_nxt - fx.iss);
}

static void
enter_after(uint32_t round_trip)
{
	fx_peer("S", 0, 0, 0);
	fx_wait(round_trip);
	fx_peer(".", 1, 0, 1);
	fx.user_busy = true;
	fx_forget();
}

/* Section 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR. */
static void
test_first_sample_makes_three_times_the_round_trip(void)
{
	static const uint32_t ticks[] = { 100, 250, 700, 950 };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(ticks); i++) {
		fx_teardown();
		fx_setup();
		enter_after(ticks[i]);
		check_rto(3.0 * ticks[i]);
	}
}

/* Section 2.3 worked out by hand: alpha 1/8, beta 1/4, RTTVAR before SRTT. */
static void
test_later_samples_follow_the_known_sequence(void)
{
	static const struct {
		uint32_t round_trip;
		double srtt, rttvar;
	} rows[] = {
		{ 100, 100, 37.5 },
		{ 200, 112.5, 53.125 },
		{ 50, 104.6875, 55.46875 },
		{ 50, 97.8515625, 55.2734375 },
		{ 300, 123.1201171875, 91.9921875 },
		{ 120, 122.7301025390625, 69.774169921875 },
	};
	uint32_t i;

	fx.config.timers.rto_min = 1;
	enter_after(100);
	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		exchange(10, rows[i].round_trip);
		check_rto(rows[i].srtt + 4 * rows[i].rttvar);
	}
}

static void
test_steady_round_trips_shrink_rto_to_its_floor(void)
{
	uint32_t i;

	enter_after(500);
	for (i = 0; i < 60; i++)
		exchange(10, 150);
	FX_EQUAL(tg_tcp_rto(&fx.tcp, fx.t, 0), fx.config.timers.rto_min);
}

/* Section 2.4 as configured: a floor of a second is kept, too. */
static void
test_rto_is_bounded_on_both_sides(void)
{
	fx.config.timers.rto_min = tg_ticks_from_ms(1000);
	fx_lay_out();
	enter_after(10);
	FX_EQUAL(tg_tcp_rto(&fx.tcp, fx.t, 0), tg_ticks_from_ms(1000));
	FX_EQUAL(tg_tcp_rto(&fx.tcp, fx.t, 3), 8 * tg_ticks_from_ms(1000));
	FX_EQUAL(tg_tcp_rto(&fx.tcp, fx.t, 20), fx.config.timers.rto_max);
	FX_EQUAL(tg_tcp_rto(&fx.tcp, fx.t, 255), fx.config.timers.rto_max);
}

/* Section 2.1: until there is a sample, one second. */
static void
test_rto_without_a_sample_is_the_initial_one(void)
{
	struct tg_tcb t = { 0 };

	FX_EQUAL(tg_tcp_rto(&fx.tcp, &t, 0), fx.config.timers.rto_initial);
	FX_EQUAL(tg_tcp_rto(&fx.tcp, &t, 1), 2 * fx.config.timers.rto_initial);
}

static void
test_samples_of_any_size_keep_srtt_sane(void)
{
	static const uint32_t samples[] = { 0, 1, 2, UINT32_MAX, 0, 1 << 30, 5, 0xfff, 0x1000 };
	struct tg_tcb t = { 0 };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(samples); i++) {
		tg_tcp_rtt_sample(&t, samples[i]);
		FX_TRUE(t.srtt != 0, "0 means no sample");
		FX_TRUE(tg_tcp_rto(&fx.tcp, &t, 0) <= fx.config.timers.rto_max, "bounded");
		FX_TRUE(tg_tcp_rto(&fx.tcp, &t, 0) >= fx.config.timers.rto_min, "bounded");
	}
}

/* Section 5.1: started by the first segment, not restarted by those that follow. */
static void
test_timer_starts_with_the_first_segment(void)
{
	uint32_t rto;

	enter_after(100);
	rto = tg_tcp_rto(&fx.tcp, fx.t, 0);
	fx_append(10);
	fx_wait(rto - 50);
	fx_append(10);
	fx_wait(49);
	FX_SENT("P. 1:11 ack 1, P. 11:21 ack 1");
	fx_wait(1);
	FX_SENT("P. 1:21 ack 1");
}

/* Section 5.2. */
static void
test_timer_stops_when_all_is_acknowledged(void)
{
	enter_after(100);
	fx_append(10);
	fx_peer(".", 1, 0, 11);
	fx_forget();
	fx_wait_ms(100000);
	FX_SENT("");
}

/* Section 5.3. */
static void
test_timer_starts_again_with_each_new_ack(void)
{
	uint32_t rto;

	enter_after(100);
	fx_append(3000);
	fx_wait(100);
	fx_peer(".", 1, 0, 1001);
	fx_forget();
	rto = tg_tcp_rto(&fx.tcp, fx.t, 0);
	fx_wait(rto - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT(". 1001:2001 ack 1");
}

static void
test_timer_is_not_moved_by_duplicate_acks(void)
{
	uint32_t rto;

	enter_after(100);
	rto = tg_tcp_rto(&fx.tcp, fx.t, 0);
	fx_append(3000);
	fx_wait(rto - 10);
	fx_peer(".", 1, 0, 1);
	fx_forget();
	fx_wait(10);
	FX_SENT(". 1:1001 ack 1");
}

/* Sections 5.4 to 5.6. */
static void
test_timeouts_double_rto_up_to_its_bound(void)
{
	uint32_t rto, expect, i;

	fx.config.timers.rto_max = tg_ticks_from_ms(5000);
	fx_lay_out();
	enter_after(100);
	rto = tg_tcp_rto(&fx.tcp, fx.t, 0);
	fx_append(10);
	for (i = 0; i < 10; i++) {
		fx_forget();
		expect = TG_MIN(rto << i, fx.config.timers.rto_max);
		fx_wait(expect - 1);
		FX_SENT("");
		fx_wait(1);
		FX_SENT("P. 1:11 ack 1");
	}
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 10);
	FX_EQUAL(fx_counter(TG_COUNTER_RETRANSMITS), 10);
}

/* Section 3, Karn: an ACK of text sent twice is ambiguous. */
static void
test_text_sent_twice_is_not_sampled(void)
{
	uint32_t before;

	enter_after(100);
	before = fx.t->syn_time; /* srtt and rttvar */
	fx_append(10);
	fx_wait(tg_tcp_rto(&fx.tcp, fx.t, 0));
	FX_EQUAL(fx.n_sent, 2);
	fx_peer(".", 1, 0, 11);
	FX_EQUAL(fx.t->syn_time, before);
	exchange(10, 100);
	FX_TRUE(fx.t->syn_time != before, "the next one is");
}

/* Nor is a segment that was under way when an earlier one was resent. */
static void
test_text_behind_a_retransmission_is_not_sampled(void)
{
	uint32_t before;

	enter_after(100);
	before = fx.t->syn_time;
	fx_append(1000);
	fx_wait(50);
	fx_append(1000);
	fx_wait(tg_tcp_rto(&fx.tcp, fx.t, 0) - 50);
	FX_EQUAL(fx.n_sent, 3);
	fx_peer(".", 1, 0, 2001);
	FX_EQUAL(fx.t->syn_time, before);
}

/* Section 5: RTO stays backed off until a segment sent once has been timed; only then
 * is it computed anew. 5.3 speaks of "the current value of RTO". */
static void
test_backoff_lasts_until_the_next_sample(void)
{
	uint32_t rto;

	enter_after(100);
	rto = tg_tcp_rto(&fx.tcp, fx.t, 0);
	fx_append(2000);
	fx_wait(3 * rto); /* two timeouts */
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 2);
	fx_peer(".", 1, 0, 1001);
	fx_forget();
	fx_wait(4 * rto - 1);
	FX_SENT("");
	fx_wait(1);
	FX_EQUAL(fx.sent[0].seg.seq - fx.iss, 1001);
	fx_peer(".", 1, 0, 2001);
	exchange(10, 100); /* sent once: a sample */
	fx_forget();
	fx_append(10);
	fx_forget();
	fx_wait(tg_tcp_rto(&fx.tcp, fx.t, 0));
	FX_EQUAL(fx.n_sent, 1);
}

/* The one segment timed is acknowledged together with later ones. */
static void
test_one_segment_at_a_time_is_timed(void)
{
	enter_after(100);
	fx_append(1000);
	fx_wait(60);
	fx_append(1000);
	fx_wait(40);
	fx_peer(".", 1, 0, 2001);
	check_rto(250); /* timed from the first, 100 ticks, and not 40 */
}

/* RFC 7323 4.1: the timestamp echoed tells that it was the retransmission that arrived. */
static void
test_backoff_with_timestamps_ends_with_the_ack_of_what_was_resent(void)
{
	struct tg_segment seg;

	fx_offer_all(2);
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10);
	fx_wait_ms(5000);
	FX_TRUE(fx_side()->backoff >= 2, "resent more than once");
	seg = fx_segment(".", 1, 0, 6); /* not all of it: the side record stays */
	seg.opt.tsecr = fx.sent[fx.n_sent - 1].seg.opt.tsval;
	fx_arrives(&seg);
	FX_EQUAL(fx_side()->backoff, 0);
	fx_serve();
}

static void
test_backoff_without_timestamps_stays_after_the_ack_of_what_was_resent(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10);
	fx_wait_ms(5000);
	fx_peer(".", 1, 0, 6);
	FX_TRUE(fx_side()->backoff >= 2, "Karn's algorithm");
}

static CU_TestInfo tests[] = {
	{ "first sample: three times the round trip",
	    test_first_sample_makes_three_times_the_round_trip },
	{ "later samples: the known sequence", test_later_samples_follow_the_known_sequence },
	{ "steady round trips shrink RTO to its floor",
	    test_steady_round_trips_shrink_rto_to_its_floor },
	{ "RTO is bounded on both sides", test_rto_is_bounded_on_both_sides },
	{ "RTO without a sample: the initial one", test_rto_without_a_sample_is_the_initial_one },
	{ "samples of any size keep SRTT sane", test_samples_of_any_size_keep_srtt_sane },
	{ "timer starts with the first segment", test_timer_starts_with_the_first_segment },
	{ "timer stops when all is acknowledged", test_timer_stops_when_all_is_acknowledged },
	{ "timer starts again with each new ACK", test_timer_starts_again_with_each_new_ack },
	{ "timer is not moved by duplicate ACKs", test_timer_is_not_moved_by_duplicate_acks },
	{ "timeouts double RTO up to its bound", test_timeouts_double_rto_up_to_its_bound },
	{ "text sent twice is not sampled", test_text_sent_twice_is_not_sampled },
	{ "text behind a retransmission is not sampled",
	    test_text_behind_a_retransmission_is_not_sampled },
	{ "backoff lasts until the next sample", test_backoff_lasts_until_the_next_sample },
	{ "one segment at a time is timed", test_one_segment_at_a_time_is_timed },
	{ "backoff with timestamps ends with the ACK of what was resent",
	    test_backoff_with_timestamps_ends_with_the_ack_of_what_was_resent },
	{ "backoff without timestamps stays",
	    test_backoff_without_timestamps_stays_after_the_ack_of_what_was_resent },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp rto", tests);
}
