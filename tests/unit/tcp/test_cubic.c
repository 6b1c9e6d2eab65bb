/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * CUBIC (RFC 9438): reduction, the window over time against figures computed from the RFC's
 * formulas in real numbers, and when time does not count.
 */
#include "fixture.h"

#define ROUND_TRIP 100 /* ticks */
#define PLENTY     500000000

static void
ack_all(void)
{
	fx_peer(".", 1, 0, fx.t->snd_nxt - fx.iss);
	fx_forget();
}

/* A window of CWND segments under way, one round trip at a time acknowledged by one ACK. */
static void
round_trips(uint32_t n, uint32_t ticks)
{
	while (n-- > 0) {
		fx_wait(ticks);
		ack_all();
	}
}

static void
lose(void)
{
	uint32_t una = fx.t->snd_una - fx.iss, i;

	for (i = 0; i < 3; i++)
		fx_peer(".", 1, 0, una);
	fx_forget();
}

/* n segments of 1000 bytes under way, with a known round-trip time. */
static void
enter_sending(uint16_t n, uint32_t rtt)
{
	fx.config.congestion_control = TG_CC_CUBIC;
	fx.config.initial_window = n;
	fx.config.timers.rto_min = tg_ticks_from_ms(10000);
	fx.peer.syn.present |= TG_OPT_WSCALE;
	fx.peer.syn.wscale = 7;
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx.t->srtt = tg_sf16_encode(rtt * TG_RTT_PER_TICK);
	fx_append(PLENTY);
	FX_EQUAL(fx.n_sent, n);
	fx_forget();
}

/* Such a connection after one of them was lost, when recovery has ended. */
static void
enter_avoidance(uint16_t n, uint32_t rtt)
{
	enter_sending(n, rtt);
	fx_wait(rtt);
	lose();
	ack_all();
	FX_EQUAL(fx_side()->recovering, false);
	FX_EQUAL(fx.t->cwnd, fx.t->ssthresh);
}

static void
test_cube_root_is_the_floor(void)
{
	static const struct {
		uint64_t x;
		uint32_t root;
	} rows[] = { { 0, 0 }, { 1, 1 }, { 7, 1 }, { 8, 2 }, { 26, 2 }, { 27, 3 }, { 999999, 99 },
		{ 1000000, 100 }, { 65052119040, 4021 }, { 142097726412486, 52182 },
		{ 142097726412487, 52183 }, { 281474976710655, 65535 } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++)
		FX_EQUAL(tg_cubic_root(rows[i].x), rows[i].root);
}

/* Section 4.6: beta is 0.7, and two segments remain. */
static void
test_loss_reduces_to_seven_tenths(void)
{
	static const struct {
		uint16_t cwnd, ssthresh;
	} rows[] = { { 100, 70 }, { 99, 69 }, { 10, 7 }, { 4, 2 } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		enter_sending(rows[i].cwnd, ROUND_TRIP);
		lose();
		FX_EQUAL(fx.t->ssthresh, rows[i].ssthresh);
		FX_EQUAL(fx_side()->loss->cubic.w_max, rows[i].cwnd);
		FX_EQUAL(fx_side()->loss->cubic.cwnd_prior, rows[i].cwnd);
	}
}

struct course {
	const char *label;
	uint16_t lost_at; /* CWND at the loss */
	bool forget;      /* W_max is not known */
	uint32_t rtt;     /* ticks */
	uint32_t first, step;
	uint16_t cwnd[20]; /* after so many round trips */
};

static void
follow(const struct course *c)
{
	uint32_t i;

	fx_teardown();
	fx_setup();
	enter_avoidance(c->lost_at, c->rtt);
	if (c->forget)
		fx_side()->loss->cubic.w_max = 0;
	for (i = 0; i < TG_ARRAY_LEN(c->cwnd) && c->cwnd[i] != 0; i++) {
		round_trips(i == 0 ? c->first : c->step, c->rtt);
		FX_TRUE(fx.t->cwnd + 1 >= c->cwnd[i] && fx.t->cwnd <= c->cwnd[i] + 1, c->label);
	}
}

static void
test_window_over_time_is_that_of_the_formulas(void)
{
	static const struct course courses[] = {
		{ "concave, flat, Reno-friendly, convex", 100, false, 100, 5, 5,
		    { 80, 87, 93, 96, 98, 100, 100, 100, 100, 100, 101, 103, 108, 113, 118, 129,
			141, 157, 176, 199 } },
		{ "a long path", 100, false, 1000, 2, 1,
		    { 96, 99, 100, 100, 104, 112, 129, 157, 198, 257 } },
		{ "a short path: as Reno", 20, false, 10, 4, 4,
		    { 16, 18, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68 } },
		{ "nothing known: convex at once", 100, true, 1000, 1, 1,
		    { 71, 71, 82, 99, 128, 169, 228, 306, 406 } },
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(courses); i++)
		follow(&courses[i]);
}

/* Each ACK of one segment gains its share: the sum is the same. */
static void
test_divided_acks_gain_the_same(void)
{
	uint32_t i, ack;

	enter_avoidance(100, ROUND_TRIP);
	round_trips(5, ROUND_TRIP);
	fx_wait(ROUND_TRIP);
	ack = fx.t->snd_una - fx.iss;
	for (i = 0; i < 80; i++) {
		fx_peer(".", 1, 0, ack += 1000);
		fx_forget();
	}
	FX_TRUE(fx.t->cwnd >= 80 && fx.t->cwnd <= 82, "80.9 in real numbers");
}

/* Section 4.3: alpha is 9/17 as long as less than before the loss is estimated, and then 1. */
static void
test_reno_estimate_grows_by_alpha(void)
{
	uint32_t i;

	enter_avoidance(20, ROUND_TRIP);
	round_trips(1, ROUND_TRIP);
	fx_side()->loss->cubic.w_est = 10;
	fx_side()->loss->cubic.est_acked = 0;
	for (i = 0; i < 17; i++) {
		fx.t->cwnd = 18;
		tg_cubic_acked(fx.t, fx_side(), 18000, fx_side()->loss->cubic.epoch);
	}
	FX_EQUAL(fx_side()->loss->cubic.w_est, 19);
	fx_side()->loss->cubic.cwnd_prior = 0;
	for (i = 0; i < 5; i++) {
		fx.t->cwnd = 18;
		tg_cubic_acked(fx.t, fx_side(), 18000, fx_side()->loss->cubic.epoch);
	}
	FX_EQUAL(fx_side()->loss->cubic.w_est, 24);
}

/* Section 4.4: however much time has passed, half of CWND in a round trip at most. */
static void
test_growth_is_half_the_window_for_a_round_trip_at_most(void)
{
	enter_avoidance(20, ROUND_TRIP);
	round_trips(1, ROUND_TRIP);
	fx_side()->loss->cubic.epoch -= 1000000;
	fx_side()->loss->cubic.credit = 0;
	FX_EQUAL(fx.t->cwnd, 14);
	round_trips(1, ROUND_TRIP);
	FX_EQUAL(fx.t->cwnd, 21);
	round_trips(1, ROUND_TRIP);
	FX_EQUAL(fx.t->cwnd, 31);
}

static void
test_window_stays_within_its_field(void)
{
	enter_avoidance(20, ROUND_TRIP);
	round_trips(1, ROUND_TRIP);
	fx.t->cwnd = UINT16_MAX;
	fx_side()->loss->cubic.credit = (1U << 24) - 1;
	fx_side()->flight_max = 1000U * (UINT16_MAX + 1);
	fx_side()->flight_end = fx.t->snd_nxt + 1;
	fx_side()->loss->cubic.epoch -= 1000000;
	fx.peer.wnd = 10; /* not now */
	ack_all();
	FX_EQUAL(fx.t->cwnd, UINT16_MAX);
}

/* Section 4.7, fast convergence. */
static void
test_loss_below_w_max_makes_room(void)
{
	uint16_t cwnd;

	enter_avoidance(100, ROUND_TRIP);
	round_trips(11, ROUND_TRIP);
	cwnd = fx.t->cwnd;
	FX_TRUE(cwnd > 80 && cwnd < 100, "between the reduced window and W_max");
	lose();
	FX_EQUAL(fx_side()->loss->cubic.w_max, cwnd * 17 / 20);
	FX_EQUAL(fx_side()->loss->cubic.cwnd_prior, cwnd);
	FX_EQUAL(fx.t->ssthresh, cwnd * 7 / 10);
	ack_all();
	round_trips(60, ROUND_TRIP);
	cwnd = fx.t->cwnd;
	FX_TRUE(cwnd > 90, "beyond W_max");
	lose();
	FX_EQUAL(fx_side()->loss->cubic.w_max, cwnd);
}

/* Section 4.8: SSTHRESH by beta once, and W_max is where congestion avoidance begins. */
static void
test_timeout_forgets_w_max(void)
{
	enter_sending(100, ROUND_TRIP);
	fx_wait_ms(10000);
	FX_EQUAL(fx.t->cwnd, 1);
	FX_EQUAL(fx.t->ssthresh, 70);
	fx_wait_ms(20000);
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 2);
	FX_EQUAL(fx.t->ssthresh, 70);
	ack_all();
	while (fx.t->cwnd < 70)
		round_trips(1, ROUND_TRIP);
	FX_EQUAL(fx_side()->cubic_epoch, false);
	round_trips(1, ROUND_TRIP);
	FX_EQUAL(fx_side()->cubic_epoch, true);
	FX_EQUAL(fx_side()->loss->cubic.w_max, 70);
	FX_EQUAL(fx_side()->loss->cubic.k, 0);
}

static void
test_timeout_in_avoidance_ends_the_epoch(void)
{
	enter_avoidance(100, ROUND_TRIP);
	round_trips(10, ROUND_TRIP);
	FX_EQUAL(fx_side()->cubic_epoch, true);
	fx_wait_ms(60000);
	FX_EQUAL(fx_side()->cubic_epoch, false);
	FX_EQUAL(fx_side()->loss->cubic.w_max, 0);
}

/* Section 5.8: while CWND is not filled time stands still. */
static void
test_time_with_a_window_that_is_not_filled_does_not_count(void)
{
	uint32_t before;
	uint16_t cwnd;

	enter_avoidance(100, ROUND_TRIP);
	round_trips(5, ROUND_TRIP);
	before = tg_time_tick(fx.now) - fx_side()->loss->cubic.epoch;
	cwnd = fx.t->cwnd;
	fx.peer.wnd = 40000 >> 7;
	round_trips(1, ROUND_TRIP); /* acknowledges a full window, for the last time */
	before += ROUND_TRIP;
	cwnd = fx.t->cwnd;
	round_trips(200, ROUND_TRIP);
	FX_EQUAL(fx.t->cwnd, cwnd);
	FX_EQUAL(tg_time_tick(fx.now) - fx_side()->loss->cubic.epoch, before);
}

/* Nor does an idle time, short enough for CWND to stay. */
static void
test_idle_time_does_not_count(void)
{
	uint32_t before;

	enter_avoidance(100, ROUND_TRIP);
	round_trips(5, ROUND_TRIP);
	fx.peer.wnd = 0; /* the window closes: nothing more is sent */
	ack_all();
	before = tg_time_tick(fx.now) - fx_side()->loss->cubic.epoch;
	fx_wait_ms(5000);
	fx.peer.wnd = UINT16_MAX;
	fx_peer(".", 1, 0, fx.t->snd_nxt - fx.iss);
	FX_EQUAL(tg_time_tick(fx.now) - fx_side()->loss->cubic.epoch, before);
	FX_EQUAL(fx_side()->cubic_epoch, true);
}

/* After a longer one slow start comes first (RFC 5681 4.1), and then another epoch that heads
 * for the same W_max. */
static void
test_restart_after_idle_time_begins_anew(void)
{
	enter_avoidance(100, ROUND_TRIP);
	round_trips(5, ROUND_TRIP);
	fx.peer.wnd = 0;
	ack_all();
	fx.config.initial_window = 10;
	fx_wait_ms(9000);
	fx.t->snd_wnd = UINT16_MAX;
	fx_side()->sent_at -= tg_ticks_from_ms(60000);
	fx.peer.wnd = UINT16_MAX;
	fx_serve();
	FX_EQUAL(fx.t->cwnd, 10);
	while (fx.t->cwnd < 70)
		round_trips(1, ROUND_TRIP);
	FX_EQUAL(fx_side()->cubic_epoch, false);
	round_trips(1, ROUND_TRIP);
	FX_EQUAL(fx_side()->loss->cubic.epoch, tg_time_tick(fx.now));
	FX_EQUAL(fx_side()->loss->cubic.w_max, 100);
	FX_TRUE(fx_side()->loss->cubic.k >= 4021 && fx_side()->loss->cubic.k <= 4022,
	    "K as after the loss");
}

/* The tick wraps. */
static void
test_time_across_the_wrap_counts(void)
{
	uint16_t cwnd;

	enter_avoidance(100, ROUND_TRIP);
	round_trips(20, ROUND_TRIP);
	cwnd = fx.t->cwnd;
	fx_teardown();
	fx_setup();
	enter_avoidance(100, ROUND_TRIP);
	round_trips(1, ROUND_TRIP);
	/* As if it had begun just before zero. */
	fx_side()->loss->cubic.epoch = 0U - 10;
	tg_cubic_acked(fx.t, fx_side(), 70000, 19U * ROUND_TRIP - 10);
	FX_TRUE(fx.t->cwnd + 2 >= cwnd && fx.t->cwnd <= cwnd + 2, "what it is without a wrap");
}

static void
test_reno_grows_by_one_segment_for_each_window(void)
{
	uint16_t cwnd;

	enter_sending(100, ROUND_TRIP);
	fx.config.congestion_control = TG_CC_RENO;
	lose();
	ack_all();
	cwnd = fx.t->cwnd;
	FX_EQUAL(cwnd, 50);
	round_trips(7, ROUND_TRIP);
	FX_EQUAL(fx.t->cwnd, cwnd + 7);
	FX_EQUAL(fx_side()->cubic_epoch, false);
}

static CU_TestInfo tests[] = {
	{ "cube root: the floor", test_cube_root_is_the_floor },
	{ "loss: seven tenths", test_loss_reduces_to_seven_tenths },
	{ "window over time: that of the formulas", test_window_over_time_is_that_of_the_formulas },
	{ "divided ACKs gain the same", test_divided_acks_gain_the_same },
	{ "estimate of Reno: grows by alpha", test_reno_estimate_grows_by_alpha },
	{ "growth: half the window for a round trip at most",
	    test_growth_is_half_the_window_for_a_round_trip_at_most },
	{ "window stays within its field", test_window_stays_within_its_field },
	{ "loss below W_max makes room", test_loss_below_w_max_makes_room },
	{ "timeout forgets W_max", test_timeout_forgets_w_max },
	{ "timeout in congestion avoidance ends the epoch",
	    test_timeout_in_avoidance_ends_the_epoch },
	{ "time with a window that is not filled does not count",
	    test_time_with_a_window_that_is_not_filled_does_not_count },
	{ "idle time does not count", test_idle_time_does_not_count },
	{ "restart after idle time begins anew", test_restart_after_idle_time_begins_anew },
	{ "time across the wrap counts", test_time_across_the_wrap_counts },
	{ "Reno: one segment for each window", test_reno_grows_by_one_segment_for_each_window },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp cubic", tests);
}
