/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * RFC 5681 congestion control with NewReno recovery (RFC 6582) for peers without SACK; with
 * SACK recovery.c decides what is sent until recovery ends. How CWND grows beyond SSTHRESH, and
 * to what it is reduced, is the operator's choice: as RFC 5681 says, or by CUBIC (cubic.c).
 * CWND and SSTHRESH count segments; bytes are turned into segments by the effective MSS.
 */
#include "tcp/tcp_internal.h"

#define CWND_MAX         UINT16_MAX
#define LIMITED_TRANSMIT 2    /* segments, RFC 3042 */
#define SLOW_START_MAX   8    /* segments that one ACK may gain, L of RFC 9406 section 4.3 */
#define IW_MSS           1460 /* RFC 6928 bounds IW in bytes: segments of this size, or two */

void
tg_cc_init(const struct tg_tcp *tcp, struct tg_tcb *t)
{
	uint32_t iw = tcp->config->initial_window;

	t->cwnd = (uint16_t)TG_MIN(iw, TG_MAX(2, iw * IW_MSS / t->mss));
	t->ssthresh = UINT16_MAX;
}

/* Segments under way. */
static uint32_t
flight(const struct tg_tcb *t)
{
	return (t->snd_nxt - t->snd_una) / tg_tcp_effective_mss(t);
}

/* SSTHRESH after congestion met so many segments: RFC 5681 equation 4, RFC 9438 section 4.6. */
static uint16_t
reduced(const struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, uint32_t segments)
{
	switch (tcp->config->congestion_control) {
	case TG_CC_CUBIC:
		tg_cubic_reduce(t, s);
		segments = segments * 7 / 10;
		break;
	case TG_CC_RENO:
		segments /= 2;
		break;
	}
	if ((t->flags & TG_TCB_ECN) != 0 && !tg_tcp_is_opening(t))
		t->flags |= TG_TCB_SEND_CWR; /* whatever the reason, RFC 3168 6.1.2 */
	return (uint16_t)TG_MAX(TG_MIN(segments, CWND_MAX), 2);
}

/* Whether it is CWND that holds the sender back (RFC 7661): a window that was not filled says
 * nothing about a larger one. Slow start doubles what was under way. */
static bool
is_cwnd_limited(const struct tg_tcb *t, const struct tg_side *s)
{
	uint32_t mss = tg_tcp_effective_mss(t), window = t->cwnd * mss;

	if (t->cwnd < t->ssthresh)
		return window < 2 * s->flight_max;
	return window < s->flight_max + mss;
}

/* What was sent has made a flight of so many bytes. */
void
tg_cc_sent(const struct tg_tcb *t, struct tg_side *s)
{
	uint32_t bytes = t->snd_nxt - t->snd_una;

	if (bytes <= s->flight_max && tg_seq_lt(t->snd_una, s->flight_end))
		return;
	s->flight_max = bytes;
	s->flight_end = t->snd_nxt;
}

/* What duplicate ACKs had reported of the bytes up to SND.UNA: limited transmit has sent as
 * much for it, so it does not count again. */
static uint32_t
reported(const struct tg_tcb *t, const struct tg_side *s)
{
	if ((t->flags & TG_TCB_SACK) != 0)
		return tg_sack_bytes_below(s, t->snd_una);
	return s->dup_acks * tg_tcp_effective_mss(t);
}

/* One segment for each one acknowledged (RFC 5681 3.1, counting bytes as RFC 3465 does). What
 * arrived before a timeout is acknowledged in leaps that say little about the window: then one
 * segment for each ACK (RFC 3465 section 2.3). */
static void
slow_start(struct tg_tcb *t, struct tg_side *s, uint32_t bytes)
{
	uint32_t mss = tg_tcp_effective_mss(t), seen = reported(t, s);
	bool timed_out = tg_seq_lt(t->snd_una - bytes, s->recover);

	bytes = bytes > seen ? bytes - seen : 0;
	s->acked += TG_MIN(bytes, timed_out ? mss : SLOW_START_MAX * mss);
	for (; s->acked >= mss && t->cwnd < t->ssthresh; s->acked -= mss)
		t->cwnd++;
}

/* One segment for each window acknowledged, RFC 5681 3.1. */
static void
avoid_congestion(struct tg_tcb *t, struct tg_side *s, uint32_t bytes)
{
	uint32_t window = tg_tcp_effective_mss(t) * t->cwnd;

	s->acked += bytes;
	if (s->acked >= window && t->cwnd < CWND_MAX) {
		s->acked -= window;
		t->cwnd++;
	}
}

static void
grow(const struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, uint32_t bytes, tg_time_t now)
{
	if (s->cwr || !is_cwnd_limited(t, s)) {
		tg_cubic_pause(s, tg_time_tick(now));
		return;
	}
	if (t->cwnd < t->ssthresh) {
		s->cubic_epoch = false; /* after an idle time */
		slow_start(t, s, bytes);
		return;
	}
	switch (tcp->config->congestion_control) {
	case TG_CC_CUBIC:
		tg_cubic_acked(t, s, bytes, tg_time_tick(now));
		break;
	case TG_CC_RENO:
		avoid_congestion(t, s, bytes);
		break;
	}
}

static uint16_t
deflate(const struct tg_tcb *t, uint32_t bytes)
{
	uint32_t segments = bytes / tg_tcp_effective_mss(t);

	return (uint16_t)(t->cwnd > segments ? t->cwnd - segments + 1 : 1);
}

/* SND.UNA has moved by bytes. */
void
tg_cc_acked(
    const struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, uint32_t bytes, tg_time_t now)
{
	/* Beyond: CWR has reached the peer, so what it still echoes is news. */
	if (s->cwr && tg_seq_gt(t->snd_una, s->loss->cwr_end))
		s->cwr = false;
	if (!s->recovering) {
		grow(tcp, t, s, bytes, now);
		s->recover = tg_seq_max(s->recover, t->snd_una); /* never left behind by a wrap */
		s->dup_acks = 0;
		return;
	}
	s->dup_acks = 0;
	if (tg_seq_geq(t->snd_una, s->recover)) { /* full acknowledgment, RFC 6582 3.2 (3) */
		s->recovering = false;
		t->cwnd = t->ssthresh;
		return;
	}
	if (tg_recovering_by_sack(t, s))
		return;
	/* A partial one: the next hole starts at SND.UNA. */
	s->resend_one = true;
	t->cwnd = deflate(t, bytes);
}

static void
enter_recovery(const struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s)
{
	/* What limited transmit sent beyond CWND does not count (RFC 5681 3.2, step 2). A mark and
	 * a loss in the same window are one sign (RFC 3168 6.1.2). */
	if (!s->cwr)
		t->ssthresh = reduced(tcp, t, s, TG_MIN(flight(t), t->cwnd));
	s->recover = t->snd_nxt;
	s->recovering = true;
	if ((t->flags & TG_TCB_SACK) != 0) {
		t->cwnd = t->ssthresh;
		tg_recovery_begin(t, s);
		return;
	}
	t->cwnd = (uint16_t)TG_MIN(t->ssthresh + TG_DUP_ACK_THRESHOLD, CWND_MAX);
	s->resend_one = true;
}

/* Text is known to be lost: recovery begins. */
void
tg_cc_lost(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s)
{
	tg_count(tcp->stats, TG_COUNTER_FAST_RETRANSMITS);
	enter_recovery(tcp, t, s);
}

/* A probe repaired a loss: there is nothing left to recover from (RFC 8985 7.4.2). */
void
tg_cc_repaired(const struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s)
{
	t->ssthresh = reduced(tcp, t, s, t->cwnd);
	t->cwnd = TG_MIN(t->cwnd, t->ssthresh);
	s->acked = 0;
}

/* With SACK it is RACK that finds losses. */
void
tg_cc_duplicate_ack(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s)
{
	s->dup_acks = (uint8_t)TG_MIN(s->dup_acks + 1, UINT8_MAX);
	if (s->recovering) {
		if ((t->flags & TG_TCB_SACK) == 0)
			t->cwnd = (uint16_t)TG_MIN(t->cwnd + 1, CWND_MAX);
		return;
	}
	/* After a timeout the resent window draws duplicate ACKs that mean nothing until
	 * everything sent before it is acknowledged (RFC 6582 section 4.1). */
	if ((t->flags & TG_TCB_SACK) == 0 && s->dup_acks >= TG_DUP_ACK_THRESHOLD &&
	    tg_seq_geq(t->snd_una, s->recover))
		tg_cc_lost(tcp, t, s);
}

/* The peer echoes a mark, in an ACK: RFC 3168 6.1.2. Once for each window, whatever it was
 * reduced for. */
void
tg_cc_marked(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, uint32_t ack)
{
	bool is_old = tg_seq_lt(ack, t->snd_una) || t->snd_una == t->snd_nxt;
	bool is_reduced = s->cwr || tg_seq_lt(t->snd_una, s->recover);

	if ((t->flags & TG_TCB_ECN) == 0 || is_old || is_reduced)
		return;
	s->cwr = true;
	s->loss->cwr_end = t->snd_nxt;
	t->ssthresh = reduced(tcp, t, s, TG_MIN(flight(t), t->cwnd));
	t->cwnd = TG_MIN(t->cwnd, t->ssthresh);
	tg_count(tcp->stats, TG_COUNTER_ECN_REDUCTIONS);
}

/* RFC 5681 3.1: after a timeout start over with one segment. */
void
tg_cc_timeout(const struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s)
{
	if (t->retries == 1) /* the first timeout of this segment */
		t->ssthresh = reduced(tcp, t, s, flight(t));
	tg_cubic_timeout(s);
	t->cwnd = 1;
	s->acked = 0;
	s->dup_acks = 0;
	s->recovering = false;
	s->cwr = false;
	s->recover = t->snd_nxt;
	s->n_sacked = 0; /* the peer may have reneged (RFC 2018 section 8) */
}

/* RFC 5681 4.1: nothing was sent for so many ticks; after an RTO the ACK clock is gone. */
void
tg_cc_idle(const struct tg_tcp *tcp, struct tg_tcb *t, uint32_t ticks)
{
	if (t->cwnd > tcp->config->initial_window && ticks > tg_tcp_rto(tcp, t, 0))
		t->cwnd = tcp->config->initial_window;
}

/* Up to where CWND lets text go if seq is next. What was SACKed has left the network (RFC 6675
 * section 5, 3.3); without SACK the first two duplicate ACKs let a new segment go each (RFC
 * 3042). */
uint32_t
tg_cc_edge(const struct tg_tcb *t, const struct tg_side *s, uint32_t seq)
{
	uint32_t mss = tg_tcp_effective_mss(t), edge = t->snd_una + t->cwnd * mss;

	if (tg_recovering_by_sack(t, s))
		return seq + s->loss->prr_credit;
	if (s->n_sacked != 0)
		return edge + tg_sack_bytes_below(s, seq);
	if (!s->recovering && seq == t->snd_nxt)
		edge += TG_MIN(s->dup_acks, LIMITED_TRANSMIT) * mss;
	return edge;
}
