/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * RACK, RFC 8985 sections 5 and 6: what was sent before something that has arrived, and long
 * enough ago, is lost. In order of sending the lost text is all that lies before a mark, apart
 * from what was SACKed; what is resent lies behind it again. Times are in 2^10 ns.
 */
#include "tcp/tcp_internal.h"

#define REO_WND_PERSIST 16         /* recoveries, RFC 8985 section 6.2, step 4 */
#define ANCIENT         (1U << 30) /* 18 minutes: far from where times wrap */
#define TICK_BITS       (32 - (TG_TICK_SHIFT - TG_RTT_SHIFT)) /* of the tick that a time has */

void
tg_rack_init(const struct tg_tcb *t, struct tg_side *s)
{
	uint32_t first = s->loss->run[0].sent;

	s->loss->rack = (struct tg_rack){
		.xmit_ts = first,
		.end_seq = t->snd_una,
		.fack = t->snd_una,
		.lost_ts = first,
		.lost_seq = t->snd_una,
		.rtt = tg_sf16_decode(t->srtt),
		.min_rtt = t->srtt != 0 ? tg_sf16_decode(t->srtt) : UINT32_MAX,
		.reo_wnd_mult = 1,
	};
}

/* RACK_sent_after */
static bool
sent_after(uint32_t ts1, uint32_t seq1, uint32_t ts2, uint32_t seq2)
{
	return tg_seq_gt(ts1, ts2) || (ts1 == ts2 && tg_seq_gt(seq1, seq2));
}

void
tg_rack_rtt_sample(struct tg_side *s, uint32_t rtt, tg_time_t now)
{
	struct tg_rack *rack = &s->loss->rack;
	uint32_t time = tg_time_rtt(now);

	rack->min_rtt = TG_MIN(rack->min_rtt, rtt);
	if (time - rack->xmit_ts > ANCIENT)
		rack->xmit_ts = time - ANCIENT;
	if (time - rack->lost_ts > ANCIENT)
		rack->lost_ts = time - ANCIENT;
}

/* Whether the ACK answers what was sent before: its timestamp is older than that of sent. */
static bool
echoes_older(const struct tg_tcp_input *in, uint32_t sent)
{
	const struct tg_tcp_options *opt = &in->seg->opt;
	uint32_t ticks = (tg_time_rtt(in->now) / TG_RTT_PER_TICK - sent / TG_RTT_PER_TICK) &
			 ((1U << TICK_BITS) - 1);

	return (in->t->flags & TG_TCB_TIMESTAMPS) != 0 && (opt->present & TG_OPT_TIMESTAMP) != 0 &&
	       tg_seq_lt(opt->tsecr - in->t->ts_off, tg_time_tick(in->now) - ticks);
}

/* Text of one run up to end has arrived: steps 1 to 3. */
static void
run_delivered(const struct tg_tcp_input *in, const struct tg_tx_run *run, uint32_t end)
{
	struct tg_rack *rack = &in->s->loss->rack;
	uint32_t rtt = tg_time_rtt(in->now) - run->sent;

	if (run->resent && (rtt < rack->min_rtt || echoes_older(in, run->sent)))
		return; /* perhaps what was sent first */
	if (!run->resent) {
		tg_rack_rtt_sample(in->s, rtt, in->now);
		rack->reordering_seen |= tg_seq_lt(end, rack->fack);
	}
	if (sent_after(run->sent, end, rack->xmit_ts, rack->end_seq)) {
		rack->rtt = rtt;
		rack->xmit_ts = run->sent;
		rack->end_seq = end;
	}
}

void
tg_rack_delivered(const struct tg_tcp_input *in, uint32_t left, uint32_t right)
{
	const struct tg_tx_run *run = in->s->loss->run;
	uint8_t i;

	for (i = 0; i < in->s->n_runs; i++) {
		uint32_t end = tg_seq_min(tg_run_end(in->t, in->s, i), right);

		if (tg_seq_lt(tg_seq_max(run[i].left, left), end))
			run_delivered(in, &run[i], end);
	}
}

static bool
in_recovery(const struct tg_tcb *t, const struct tg_side *s)
{
	return tg_seq_lt(t->snd_una, s->recover);
}

/* Whether enough was SACKed for what lies below to be lost: DupThresh segments (RFC 6675
 * section 4, IsLost). */
static bool
dup_thresh_reached(const struct tg_tcb *t, const struct tg_side *s)
{
	return s->n_sacked >= TG_DUP_ACK_THRESHOLD ||
	       tg_sack_bytes_below(s, t->snd_nxt) >
		   (TG_DUP_ACK_THRESHOLD - 1) * tg_tcp_effective_mss(t);
}

/* RACK.reo_wnd */
static uint32_t
reo_wnd(const struct tg_tcb *t, const struct tg_side *s)
{
	const struct tg_rack *rack = &s->loss->rack;
	uint64_t wnd = (uint64_t)rack->reo_wnd_mult * rack->min_rtt / 4;

	if (!rack->reordering_seen && (in_recovery(t, s) || dup_thresh_reached(t, s)))
		return 0;
	return (uint32_t)TG_MIN(wnd, tg_sf16_decode(t->srtt));
}

/* Each round with a D-SACK widens the window: what was resent had only been late. */
static void
adapt_reo_wnd(const struct tg_tcp_input *in)
{
	struct tg_rack *rack = &in->s->loss->rack;
	bool recovering = in_recovery(in->t, in->s), was = rack->was_recovering;

	rack->was_recovering = recovering;
	if (rack->in_dsack_round && tg_seq_geq(in->t->snd_una, rack->dsack_round))
		rack->in_dsack_round = false;
	if (in->duplicate != NULL && !rack->in_dsack_round) {
		rack->in_dsack_round = true;
		rack->dsack_round = in->t->snd_nxt;
		rack->reo_wnd_mult = (uint8_t)TG_MIN(rack->reo_wnd_mult + 1, UINT8_MAX);
		rack->reo_wnd_persist = REO_WND_PERSIST;
	} else if (was && !recovering && rack->reo_wnd_persist != 0 && --rack->reo_wnd_persist == 0)
		rack->reo_wnd_mult = 1;
}

static void
mark_lost(struct tg_rack *rack, uint32_t ts, uint32_t seq)
{
	if (sent_after(ts, seq, rack->lost_ts, rack->lost_seq)) {
		rack->lost_ts = ts;
		rack->lost_seq = seq;
	}
}

/* Where what was sent before (ts, seq) ends in run i. */
static uint32_t
end_before(const struct tg_tcb *t, const struct tg_side *s, uint8_t i, uint32_t ts, uint32_t seq)
{
	const struct tg_tx_run *run = &s->loss->run[i];

	if (run->sent == ts)
		return tg_seq_min(tg_run_end(t, s, i), tg_seq_max(run->left, seq));
	return tg_seq_lt(run->sent, ts) ? tg_run_end(t, s, i) : run->left;
}

/* The first text from *left on, sent before (ts, seq) in run i, that was not SACKed. False
 * if there is none. */
static bool
missing(const struct tg_tcb *t, const struct tg_side *s, uint8_t i, uint32_t ts, uint32_t seq,
    struct tg_sack_block *text)
{
	uint32_t end = end_before(t, s, i, ts, seq);

	text->left = tg_seq_max(tg_seq_max(text->left, t->snd_una), s->loss->run[i].left);
	text->right = tg_seq_min(tg_sack_gap(t, s, &text->left), end);
	return tg_seq_lt(text->left, text->right);
}

bool
tg_rack_next_lost(
    const struct tg_tcb *t, const struct tg_side *s, uint32_t from, struct tg_sack_block *lost)
{
	const struct tg_rack *rack = &s->loss->rack;
	struct tg_sack_block next;
	uint8_t i;

	for (i = 0; i < s->n_runs; i++) {
		lost->left = from;
		if (missing(t, s, i, rack->lost_ts, rack->lost_seq, lost))
			break;
	}
	if (i == s->n_runs)
		return false;
	while (++i < s->n_runs && s->loss->run[i].left == lost->right) {
		next.left = lost->right;
		if (missing(t, s, i, rack->lost_ts, rack->lost_seq, &next) &&
		    next.left == lost->right)
			lost->right = next.right;
	}
	return true;
}

uint32_t
tg_rack_lost_bytes(const struct tg_tcb *t, const struct tg_side *s)
{
	const struct tg_rack *rack = &s->loss->rack;
	uint32_t bytes = 0, left, end;
	uint8_t i;

	for (i = 0; i < s->n_runs; i++) {
		left = tg_seq_max(s->loss->run[i].left, t->snd_una);
		end = end_before(t, s, i, rack->lost_ts, rack->lost_seq);
		if (tg_seq_lt(left, end))
			bytes +=
			    end - left - tg_sack_bytes_below(s, end) + tg_sack_bytes_below(s, left);
	}
	return bytes;
}

/* What was sent before something that arrived and may still do so: the timer decides when it
 * counts as lost. */
static void
arm_timer(const struct tg_tcb *t, struct tg_side *s, uint32_t wait, tg_time_t now)
{
	const struct tg_rack *rack = &s->loss->rack;
	uint32_t time = tg_time_rtt(now), timeout = 0;
	uint8_t i;

	for (i = 0; i < s->n_runs; i++) {
		struct tg_sack_block text = { .left = t->snd_una };
		uint32_t due = s->loss->run[i].sent + wait;

		if (tg_seq_gt(due, time) && missing(t, s, i, rack->xmit_ts, rack->end_seq, &text))
			timeout = TG_MAX(timeout, due - time);
	}
	tg_tcp_stop_timer(s, TG_TIMER_REORDER);
	if (timeout != 0)
		tg_tcp_set_timer(s, TG_TIMER_REORDER,
		    tg_time_tick(now) +
			(time % TG_RTT_PER_TICK + timeout + TG_RTT_PER_TICK - 1) / TG_RTT_PER_TICK);
}

/* Step 5, RACK_detect_loss. What was resent after a timeout keeps to CWND, the rest to PRR. */
static void
detect_loss(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now)
{
	struct tg_rack *rack = &s->loss->rack;
	/* What is sent now is not lost, however short the path. */
	uint32_t wait = TG_MAX(rack->rtt + reo_wnd(t, s), 1), overdue = tg_time_rtt(now) - wait;
	struct tg_sack_block lost;

	if (tg_seq_lt(overdue, rack->xmit_ts))
		mark_lost(rack, overdue + 1, t->snd_una);
	else
		mark_lost(rack, rack->xmit_ts, rack->end_seq);
	arm_timer(t, s, wait, now);
	if (!tg_rack_next_lost(t, s, t->snd_una, &lost) || s->recovering)
		return;
	if (in_recovery(t, s)) {
		s->snd_ptr = tg_seq_min(s->snd_ptr, lost.left);
		return;
	}
	tg_cc_lost(tcp, t, s);
	tg_tcp_set_timer(
	    s, TG_TIMER_RETRANSMIT, tg_time_tick(now) + tg_tcp_rto(tcp, t, s->backoff));
}

void
tg_rack_ack(struct tg_tcp_input *in)
{
	struct tg_tcb *t = in->t;
	struct tg_side *s = in->s;
	struct tg_rack *rack = &s->loss->rack;

	rack->fack = tg_seq_max(rack->fack, t->snd_una);
	if (s->n_sacked != 0)
		rack->fack = tg_seq_max(rack->fack, s->loss->sacked[s->n_sacked - 1].right);
	adapt_reo_wnd(in);
	detect_loss(in->tcp, t, s, in->now);
}

void
tg_rack_reorder_timeout(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now)
{
	if (t->snd_una == t->snd_nxt)
		return;
	detect_loss(tcp, t, s, now);
	if (tg_recovering_by_sack(t, s))
		tg_recovery_delivered(t, s, 0);
}

/* The segment at SND.UNA counts as lost however late it was sent. That the scoreboard is empty
 * makes old news look like reordering, hence FACK. */
void
tg_rack_timeout(struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s, tg_time_t now)
{
	struct tg_rack *rack;
	uint32_t first = TG_MIN(tg_tcp_effective_mss(t), t->snd_nxt - t->snd_una), overdue;

	tg_runs_open(t, s);
	rack = &s->loss->rack;
	rack->fack = t->snd_una;
	overdue = tg_time_rtt(now) - rack->rtt - reo_wnd(t, s);
	mark_lost(rack, overdue + 1, t->snd_una);
	tg_runs_set(tcp, t, s, (struct tg_tx_run){ t->snd_una, overdue, true }, t->snd_una + first);
	tg_tcp_stop_timer(s, TG_TIMER_REORDER);
}
