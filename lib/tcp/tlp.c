/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Tail loss probes, RFC 8985 section 7: nothing follows the last text under way that could
 * report its loss, so after two round trips one segment asks for an ACK.
 */
#include "tcp/tcp_internal.h"

#define PTO_INITIAL   954 /* one second in ticks: no round trip was measured */
#define MAX_ACK_DELAY 191 /* 200 ms: a single segment's ACK may wait for company */
#define PTO_SLACK     2   /* ticks: the round trip takes whole ones at either end */
#define PTO_MIN       10  /* ticks: a host that was held up for a moment has lost nothing */

/* Section 7.2: one probe at a time, and none where RACK or RTO is at work. */
static bool
may_probe(const struct tg_tcb *t, const struct tg_side *s)
{
	return (t->flags & TG_TCB_SACK) != 0 && s->tlp == TG_TLP_NONE && s->n_sacked == 0 &&
	       t->snd_una != t->snd_nxt && t->snd_wnd != 0 && t->retries == 0 &&
	       tg_seq_geq(t->snd_una, s->recover);
}

/* TLP_calc_PTO, in ticks, without its bound: a PTO that is no shorter than RTO leaves the
 * probe to that timer. */
void
tg_tlp_schedule(const struct tg_tcb *t, struct tg_side *s, tg_time_t now)
{
	uint32_t tick = tg_time_tick(now), pto = PTO_INITIAL;
	bool lone = t->snd_nxt - t->snd_una <= tg_tcp_effective_mss(t);
	uint32_t least = PTO_SLACK + (lone ? MAX_ACK_DELAY : 0);

	tg_tcp_stop_timer(s, TG_TIMER_PROBE);
	/* What most answers are, a segment on a short path, is found here not to need one. */
	if (tg_seq_geq(tick + least, s->deadline[TG_TIMER_RETRANSMIT]) || !may_probe(t, s))
		return;
	if (t->srtt != 0)
		pto = TG_MAX(2 * tg_sf16_decode(t->srtt) / TG_RTT_PER_TICK, PTO_MIN) + least;
	if (tg_seq_lt(tick + pto, s->deadline[TG_TIMER_RETRANSMIT]))
		tg_tcp_set_timer(s, TG_TIMER_PROBE, tick + pto);
}

bool
tg_tlp_timeout(struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s, tg_time_t now)
{
	if (!may_probe(t, s))
		return false;
	s->tlp = TG_TLP_DUE;
	tg_tcp_stop_timer(s, TG_TIMER_PROBE);
	tg_tcp_set_timer(
	    s, TG_TIMER_RETRANSMIT, tg_time_tick(now) + tg_tcp_rto(tcp, t, s->backoff));
	tg_count(tcp->stats, TG_COUNTER_TAIL_PROBES);
	return true;
}

void
tg_tlp_sent(const struct tg_tcb *t, struct tg_side *s, bool again)
{
	s->tlp = again ? TG_TLP_AGAIN : TG_TLP_NEW;
	s->loss->tlp_end_seq = t->snd_nxt;
}

/* Whether the ACK says that all up to the probe came twice: nothing was lost. Without D-SACK it
 * is a duplicate ACK. */
static bool
is_answer_to_both(const struct tg_tcp_input *in, uint32_t una)
{
	const struct tg_segment *seg = in->seg;

	if (in->duplicate != NULL)
		return in->duplicate->right == in->s->loss->tlp_end_seq;
	return seg->ack == una && tg_seg_len(seg) == 0 && seg->wnd == in->t->snd_wnd &&
	       (seg->opt.present & TG_OPT_SACK) == 0;
}

/* Section 7.4.2. That the probe repaired a loss is known from the next ACK on. */
void
tg_tlp_ack(struct tg_tcp_input *in, uint32_t una)
{
	struct tg_side *s = in->s;
	uint32_t end = s->loss->tlp_end_seq, ack = in->seg->ack;

	if (s->tlp == TG_TLP_DUE && in->t->snd_una == in->t->snd_nxt)
		s->tlp = TG_TLP_NONE;
	if (s->tlp <= TG_TLP_DUE || tg_seq_lt(ack, end))
		return;
	if (s->tlp == TG_TLP_NEW || is_answer_to_both(in, una)) {
		s->tlp = TG_TLP_NONE;
	} else if (tg_seq_gt(ack, end)) {
		s->tlp = TG_TLP_NONE;
		tg_count(in->tcp->stats, TG_COUNTER_TAIL_REPAIRS);
		tg_cc_repaired(in->tcp, in->t, s);
	}
}
