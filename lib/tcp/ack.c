/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * RFC 9293 3.10.7.4, "fifth, check the ACK field": what the peer has received, how
 * much it will take, and what that means for each state.
 */
#include "tcp/tcp_internal.h"

#define CHALLENGE_INTERVAL_SHIFT 10 /* 2^10 ticks, about a second */

/* The number of challenge ACKs of the interval that has begun. */
static void
draw_challenge_acks(struct tg_tcp *tcp, tg_time_t now)
{
	struct tg_challenge_limit *limit = &tcp->challenge_acks;
	uint64_t rate = tcp->config->limits.challenge_acks_per_second;
	const uint64_t input[2] = { limit->drawn, now };

	limit->drawn = tg_siphash24(&tcp->config->secrets.challenge, input, sizeof(input));
	limit->left = (uint32_t)(rate - rate / 2 + ((limit->drawn >> 32) * (rate + 1) >> 32));
}

static bool
may_challenge(struct tg_tcp *tcp, tg_time_t now)
{
	struct tg_challenge_limit *limit = &tcp->challenge_acks;
	uint32_t interval = tg_time_tick(now) >> CHALLENGE_INTERVAL_SHIFT;

	if (limit->interval != interval) {
		limit->interval = interval;
		draw_challenge_acks(tcp, now);
	}
	if (limit->left == 0)
		return false;
	limit->left--;
	return true;
}

void
tg_tcp_challenge_ack(struct tg_tcp_input *in)
{
	if (!may_challenge(in->tcp, in->now)) {
		tg_count(in->tcp->stats, TG_COUNTER_CHALLENGE_ACKS_LIMITED);
		return;
	}
	tg_count(in->tcp->stats, TG_COUNTER_CHALLENGE_ACKS);
	in->t->flags |= TG_TCB_SEND_ACK;
}

static enum tg_tcp_step
check_ack_in_syn_received(struct tg_tcp_input *in)
{
	uint32_t ack = in->seg->ack;

	if (tg_seq_leq(ack, in->t->snd_una) || tg_seq_gt(ack, in->t->snd_nxt)) {
		tg_tcp_reset(in, TG_DROP_TCP_ACK_INVALID);
		return TG_STEP_DONE;
	}
	tg_tcp_set_window(in);
	tg_tcp_establish(in);
	return TG_STEP_ON;
}

/* RFC 5961 section 5.2: SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT. */
static bool
is_ack_plausible(const struct tg_tcp_input *in)
{
	uint32_t max_wnd = in->s != NULL ? in->s->max_wnd : tg_tcp_snd_wnd(in->t);

	return tg_seq_leq(in->seg->ack, in->t->snd_nxt) &&
	       tg_seq_geq(in->seg->ack, in->t->snd_una - max_wnd);
}

static void
restart_retransmit_timer(struct tg_tcp_input *in)
{
	tg_tcp_set_timer(in->s, TG_TIMER_RETRANSMIT,
	    tg_time_tick(in->now) + tg_tcp_rto(in->tcp, in->t, in->s->backoff));
}

/* One segment is timed at a time, and none that was sent again (Karn's algorithm). After a
 * retransmission timestamps tell which sending was acknowledged (RFC 7323 section 4.1): coarser,
 * but without them the backoff would stay until new text is under way. */
static void
take_rtt_sample(struct tg_tcp_input *in)
{
	const struct tg_tcp_options *opt = &in->seg->opt;
	struct tg_side *s = in->s;
	uint32_t rtt;

	if (s->rtt_timing && tg_seq_geq(in->t->snd_una, s->rtt_seq)) {
		rtt = tg_time_rtt(in->now) - s->rtt_time;
		if (s->n_runs != 0)
			tg_rack_rtt_sample(s, rtt, in->now);
	} else if (s->backoff != 0 && (in->t->flags & TG_TCB_TIMESTAMPS) != 0 &&
		   (opt->present & TG_OPT_TIMESTAMP) != 0)
		rtt = TG_RTT_PER_TICK * TG_MIN(in->tcp->config->timers.rto_max,
					    tg_time_tick(in->now) + in->t->ts_off - opt->tsecr);
	else
		return;
	s->rtt_timing = s->rtt_timing && tg_seq_lt(in->t->snd_una, s->rtt_seq);
	s->backoff = 0; /* RFC 6298 section 5: not before a new measurement */
	tg_tcp_rtt_sample(in->t, rtt);
}

/* SND.UNA moves. Something was outstanding, so there is a side record. */
void
tg_tcp_acknowledged(struct tg_tcp_input *in)
{
	struct tg_tcb *t = in->t;
	struct tg_side *s = in->s;
	uint32_t bytes = in->seg->ack - t->snd_una;

	t->snd_una = in->seg->ack;
	s->snd_ptr = tg_seq_max(s->snd_ptr, t->snd_una);
	in->r->events |= TG_TCP_EVENT_ACKED;
	take_rtt_sample(in);
	tg_cc_acked(in->tcp, t, s, bytes, in->now);
	t->retries = 0;
	if (t->snd_una == t->snd_nxt)
		s->armed &=
		    ~(1U << TG_TIMER_RETRANSMIT | 1U << TG_TIMER_PROBE | 1U << TG_TIMER_REORDER);
	else /* RFC 6298 5.3 */
		restart_retransmit_timer(in);
}

/* RFC 5681 section 2: what counts as a duplicate ACK. One with SACK blocks counts by what
 * they say. */
static bool
is_duplicate_ack(const struct tg_tcp_input *in)
{
	return in->t->snd_una != in->t->snd_nxt && in->seg->ack == in->t->snd_una &&
	       tg_seg_len(in->seg) == 0 && in->seg->wnd == in->t->snd_wnd && in->seg->wnd != 0 &&
	       ((in->t->flags & TG_TCB_SACK) == 0 || (in->seg->opt.present & TG_OPT_SACK) == 0) &&
	       (in->r->events & TG_TCP_EVENT_ESTABLISHED) == 0; /* the SYN's, not a second one */
}

/* Whether an ACK is one for RACK: it reports more than the next text in order, or did before, or
 * there is something to recover from. */
static bool
is_in_trouble(const struct tg_tcp_input *in)
{
	return (in->t->flags & TG_TCB_SACK) != 0 &&
	       ((in->seg->opt.present & TG_OPT_SACK) != 0 || in->s->n_sacked != 0 ||
		   tg_seq_lt(in->t->snd_una, in->s->recover));
}

/* What has arrived, by ACK and SACK blocks. News in a block makes any ACK a duplicate one (RFC
 * 6675 section 2). */
static void
check_progress(struct tg_tcp_input *in)
{
	struct tg_tcb *t = in->t;
	struct tg_side *s = in->s;
	uint32_t una = t->snd_una, sacked = tg_sack_bytes_below(s, t->snd_nxt), fresh = 0;
	bool duplicate = is_duplicate_ack(in), trouble = is_in_trouble(in);
	int32_t delivered;

	if ((in->seg->flags & TG_TCP_ECE) != 0)
		tg_cc_marked(in->tcp, t, s, in->seg->ack);
	if (tg_seq_gt(in->seg->ack, una))
		tg_tcp_acknowledged(in);
	if (trouble)
		fresh = tg_sack_receive(in, una);
	if (fresh != 0 || duplicate)
		tg_cc_duplicate_ack(in->tcp, t, s);
	if (trouble)
		tg_rack_ack(in);
	if (s->tlp != TG_TLP_NONE)
		tg_tlp_ack(in, una);
	if (t->snd_una != t->snd_nxt && (t->snd_una != una || fresh != 0))
		tg_tlp_schedule(t, s, in->now);
	if (!tg_recovering_by_sack(t, s))
		return;
	delivered = (int32_t)(t->snd_una - una + tg_sack_bytes_below(s, t->snd_nxt) - sacked);
	tg_recovery_delivered(t, s, (uint32_t)TG_MAX(delivered, 0));
}

/* The window has opened: probing is over, and its backoff was no sign of congestion. */
static void
window_opened(struct tg_tcp_input *in)
{
	in->s->probe = false;
	in->s->backoff = 0;
	in->t->retries = 0;
	if (in->t->snd_una != in->t->snd_nxt)
		restart_retransmit_timer(in);
	else
		tg_tcp_stop_timer(in->s, TG_TIMER_RETRANSMIT);
}

/* "SND.WL1 < SEG.SEQ or (SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK)" */
static void
update_window(struct tg_tcp_input *in)
{
	const struct tg_segment *seg = in->seg;
	uint32_t wl1 = in->s != NULL ? in->s->snd_wl1 : in->t->rcv_nxt;
	uint32_t wl2 = in->s != NULL ? in->s->snd_wl2 : in->t->snd_una;
	bool was_closed = in->t->snd_wnd == 0;

	if (tg_seq_lt(seg->ack, in->t->snd_una))
		return;
	if (tg_seq_lt(wl1, seg->seq) || (wl1 == seg->seq && tg_seq_leq(wl2, seg->ack)))
		tg_tcp_set_window(in);
	if (in->s != NULL && was_closed && in->t->snd_wnd != 0)
		window_opened(in);
}

/* What an acknowledgment of our FIN means. */
static enum tg_tcp_step
fin_acknowledged(struct tg_tcp_input *in)
{
	struct tg_tcp *tcp = in->tcp;

	switch ((enum tg_tcp_state)in->t->state) {
	case TG_TCP_FIN_WAIT_1:
		tg_tcp_set_state(tcp, in->t, TG_TCP_FIN_WAIT_2);
		return TG_STEP_ON;
	case TG_TCP_CLOSING:
		tg_tcp_enter_time_wait(tcp, in->h, in->now);
		return TG_STEP_ON;
	case TG_TCP_LAST_ACK:
		tg_tcp_end(tcp, in->h, TG_COUNTER_CLOSED, in->r);
		return TG_STEP_DONE;
	case TG_TCP_CLOSED:
	case TG_TCP_LISTEN:
	case TG_TCP_SYN_SENT:
	case TG_TCP_SYN_RECEIVED:
	case TG_TCP_ESTABLISHED:
	case TG_TCP_FIN_WAIT_2:
	case TG_TCP_CLOSE_WAIT:
	case TG_TCP_TIME_WAIT:
	case TG_TCP_STATES:
		return TG_STEP_ON;
	}
	return TG_STEP_ON;
}

/* Whether an ACK of our FIN, which has been sent in LAST-ACK, ends the connection, and says nothing
 * else that would count. */
static bool
is_last_ack(const struct tg_tcp_input *in)
{
	return in->t->state == TG_TCP_LAST_ACK && in->seg->ack == in->t->snd_nxt &&
	       (in->seg->flags & TG_TCP_ECE) == 0 && in->s->tlp == TG_TLP_NONE &&
	       !is_in_trouble(in);
}

enum tg_tcp_step
tg_tcp_check_ack(struct tg_tcp_input *in)
{
	if ((in->seg->flags & TG_TCP_ACK) == 0)
		return tg_step_drop(in, TG_DROP_TCP_FLAGS);
	if (in->t->state == TG_TCP_SYN_RECEIVED) {
		if (check_ack_in_syn_received(in) == TG_STEP_DONE)
			return TG_STEP_DONE;
	} else if (!is_ack_plausible(in)) {
		tg_tcp_challenge_ack(in);
		return tg_step_drop(in, TG_DROP_TCP_ACK_INVALID);
	}
	if (in->s != NULL) { /* else nothing is under way */
		if (is_last_ack(in)) {
			in->t->snd_una = in->seg->ack;
			in->r->events |= TG_TCP_EVENT_ACKED;
			return fin_acknowledged(in);
		}
		check_progress(in);
	}
	if (in->seg->wnd == 0 && in->seg->ack == in->t->snd_una)
		in->t->retries = 0; /* MUST-37: a peer that answers probes is alive */
	update_window(in);
	return tg_tcp_fin_acked(in->t) ? fin_acknowledged(in) : TG_STEP_ON;
}
