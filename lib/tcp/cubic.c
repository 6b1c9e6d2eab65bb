/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * CUBIC (RFC 9438): in congestion avoidance CWND is a cubic function of the time since the last
 * reduction, flat around the window that was too much, W_max. In integers: windows in segments,
 * or where fractions count in 1/1024 segments; time in ticks.
 */
#include "tcp/tcp_internal.h"

#define FRACTION_SHIFT 10 /* windows in 1/1024 segments */
#define CREDIT_SHIFT   24 /* what is on the way to CWND's next segment, in 2^-24 segments */

/* C is 0.4 segments/s^3: a tick being 2^20 ns, 8113 * 2^-44 segments for a cubed tick. */
#define CUBE_FACTOR 8113
#define CUBE_SHIFT  44
/* The same the other way: ticks cubed for 1/1024 segment. */
#define TICKS_CUBED 2117582
/* Ticks that are more than enough to grow by 65535 segments; longer times say nothing more. */
#define TIME_MAX 60000

/* The largest root with root^3 <= x. x is below 2^48, so that root^3 does not overflow. */
uint32_t
tg_cubic_root(uint64_t x)
{
	uint64_t root = 0, bit, next;

	for (bit = 1U << 16; bit != 0; bit >>= 1) {
		next = root | bit;
		if (next * next * next <= x)
			root = next;
	}
	return (uint32_t)root;
}

/* W_cubic (RFC 9438 figure 1) at so many ticks, in 1/1024 segments. */
static uint32_t
w_cubic(const struct tg_cubic *c, uint32_t ticks)
{
	bool above = ticks > c->k;
	uint64_t d = TG_MIN(above ? ticks - c->k : c->k - ticks, TIME_MAX);
	uint32_t w_max = (uint32_t)c->w_max << FRACTION_SHIFT;
	uint32_t delta = (uint32_t)(d * d * d * CUBE_FACTOR >> (CUBE_SHIFT - FRACTION_SHIFT));

	if (above)
		return w_max + delta;
	return w_max > delta ? w_max - delta : 0;
}

/* Loss state is not cleared with the side record, so the first use does it. */
static struct tg_cubic *
cubic_of(struct tg_side *s)
{
	if (!s->cubic_used)
		s->loss->cubic = (struct tg_cubic){ 0 };
	s->cubic_used = true;
	return &s->loss->cubic;
}

/* Congestion avoidance begins. A W_max that is not known, or has been passed, is where CWND is
 * now (section 4.8). */
static void
begin(const struct tg_tcb *t, struct tg_side *s, uint32_t now)
{
	struct tg_cubic *c = cubic_of(s);

	s->cubic_epoch = true;
	c->w_max = TG_MAX(c->w_max, t->cwnd);
	c->epoch = c->seen = now;
	c->k = tg_cubic_root(((uint64_t)(c->w_max - t->cwnd) << FRACTION_SHIFT) * TICKS_CUBED);
	c->w_est = t->cwnd;
	c->est_acked = 0;
	c->credit = 0;
}

/* What Reno with this beta would have, section 4.3: alpha is 3 (1 - beta) / (1 + beta) = 9/17,
 * and 1 once the window is back where it was. */
static void
estimate_reno(const struct tg_tcb *t, struct tg_cubic *c, uint32_t bytes)
{
	uint32_t window = t->cwnd * tg_tcp_effective_mss(t);
	uint64_t threshold = c->w_est < c->cwnd_prior ? (uint64_t)window * 17 / 9 : window;

	c->est_acked += bytes;
	if (c->est_acked < threshold)
		return;
	c->est_acked -= (uint32_t)threshold;
	c->w_est = (uint16_t)TG_MIN(c->w_est + 1, UINT16_MAX);
}

/* Sections 4.4 and 4.5: (target - CWND) / CWND for each segment acknowledged, where the target
 * is W_cubic a round trip from now, at most 1.5 CWND. */
static void
approach(struct tg_tcb *t, struct tg_cubic *c, uint32_t bytes, uint32_t ticks)
{
	uint32_t rtt = tg_sf16_decode(t->srtt) / TG_RTT_PER_TICK, mss = tg_tcp_effective_mss(t);
	uint32_t cwnd = (uint32_t)t->cwnd << FRACTION_SHIFT;
	uint32_t target = TG_MIN(w_cubic(c, ticks + rtt), cwnd + cwnd / 2);
	uint64_t credit = c->credit;

	if (target > cwnd)
		credit += (((uint64_t)(target - cwnd) << CREDIT_SHIFT) / cwnd) * bytes / mss;
	c->credit = (uint32_t)(credit & ((1U << CREDIT_SHIFT) - 1));
	t->cwnd = (uint16_t)TG_MIN(t->cwnd + (credit >> CREDIT_SHIFT), UINT16_MAX);
}

void
tg_cubic_acked(struct tg_tcb *t, struct tg_side *s, uint32_t bytes, uint32_t now)
{
	struct tg_cubic *c = cubic_of(s);

	if (!s->cubic_epoch)
		begin(t, s, now);
	c->seen = now;
	estimate_reno(t, c, bytes);
	if (w_cubic(c, now - c->epoch) < (uint32_t)c->w_est << FRACTION_SHIFT)
		t->cwnd = TG_MAX(t->cwnd, c->w_est);
	else
		approach(t, c, bytes, now - c->epoch);
}

void
tg_cubic_pause(struct tg_side *s, uint32_t now)
{
	if (!s->cubic_epoch)
		return;
	s->loss->cubic.epoch += now - s->loss->cubic.seen;
	s->loss->cubic.seen = now;
}

void
tg_cubic_reduce(const struct tg_tcb *t, struct tg_side *s)
{
	struct tg_cubic *c = cubic_of(s);

	c->cwnd_prior = t->cwnd;
	/* Fast convergence, section 4.7: below the last W_max others need room. */
	c->w_max = t->cwnd < c->w_max ? (uint16_t)(t->cwnd * 17U / 20) : t->cwnd;
	s->cubic_epoch = false;
}

void
tg_cubic_timeout(struct tg_side *s)
{
	cubic_of(s)->w_max = 0;
	s->cubic_epoch = false;
}
