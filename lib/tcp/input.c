/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SEGMENT ARRIVES, RFC 9293 3.10.7.4: the steps from sequence number to URG, in the
 * RFC's order and under its names. Text and FIN are in receive.c, LISTEN in listen.c.
 */
#include "tcp/tcp_internal.h"

/* Where a segment goes, by the state of its connection and its flags. */
enum route {
	ROUTE_DROP,          /* flags that make no sense */
	ROUTE_STEPS,         /* the steps below */
	ROUTE_SYN_AGAIN,     /* SYN for a half-open connection */
	ROUTE_SYN_ACK_AGAIN, /* SYN-ACK for one: perhaps the end of a simultaneous open */
	ROUTE_TIME_WAIT_SYN, /* may open a new incarnation */
	ROUTE_SYN_SENT,      /* the steps of 3.10.7.3 */
};

/* Index of the flags SYN, RST, ACK, moved together. FIN does not route. */
#define INDEX_OF(flags)                                                                            \
	(((flags) >> 1 & (TG_TCP_SYN | TG_TCP_RST) >> 1) | ((flags) >> 2 & TG_TCP_ACK >> 2))
#define SYN_FLAG INDEX_OF(TG_TCP_SYN)
#define RST_FLAG INDEX_OF(TG_TCP_RST)
#define ACK_FLAG INDEX_OF(TG_TCP_ACK)
_Static_assert((SYN_FLAG | RST_FLAG | ACK_FLAG) == 7, "three bits");

#define SYNCHRONIZED                                                                               \
	{                                                                                          \
		[SYN_FLAG] = ROUTE_STEPS, [RST_FLAG] = ROUTE_STEPS, [ACK_FLAG] = ROUTE_STEPS,      \
		[SYN_FLAG | ACK_FLAG] = ROUTE_STEPS, [RST_FLAG | ACK_FLAG] = ROUTE_STEPS           \
	}

static const uint8_t route[TG_TCP_STATES][8] = {
	[TG_TCP_SYN_SENT] = { [SYN_FLAG] = ROUTE_SYN_SENT,
	    [RST_FLAG] = ROUTE_SYN_SENT,
	    [ACK_FLAG] = ROUTE_SYN_SENT,
	    [SYN_FLAG | ACK_FLAG] = ROUTE_SYN_SENT,
	    [RST_FLAG | ACK_FLAG] = ROUTE_SYN_SENT },
	[TG_TCP_SYN_RECEIVED] = { [SYN_FLAG] = ROUTE_SYN_AGAIN,
	    [RST_FLAG] = ROUTE_STEPS,
	    [ACK_FLAG] = ROUTE_STEPS,
	    [SYN_FLAG | ACK_FLAG] = ROUTE_SYN_ACK_AGAIN,
	    [RST_FLAG | ACK_FLAG] = ROUTE_STEPS },
	[TG_TCP_ESTABLISHED] = SYNCHRONIZED,
	[TG_TCP_FIN_WAIT_1] = SYNCHRONIZED,
	[TG_TCP_FIN_WAIT_2] = SYNCHRONIZED,
	[TG_TCP_CLOSE_WAIT] = SYNCHRONIZED,
	[TG_TCP_CLOSING] = SYNCHRONIZED,
	[TG_TCP_LAST_ACK] = SYNCHRONIZED,
	[TG_TCP_TIME_WAIT] = { [SYN_FLAG] = ROUTE_TIME_WAIT_SYN,
	    [RST_FLAG] = ROUTE_STEPS,
	    [ACK_FLAG] = ROUTE_STEPS,
	    [SYN_FLAG | ACK_FLAG] = ROUTE_STEPS,
	    [RST_FLAG | ACK_FLAG] = ROUTE_STEPS },
};

static enum route
route_of(const struct tg_tcb *t, const struct tg_segment *seg)
{
	return (enum route)route[t->state][INDEX_OF(seg->flags)];
}

/* The table of RFC 9293 3.10.7.4, "first, check sequence number". len counts SYN and FIN. */
static bool
is_acceptable(uint32_t seq, uint32_t len, uint32_t rcv_nxt, uint32_t rcv_wnd)
{
	if (len == 0)
		return rcv_wnd == 0 ? seq == rcv_nxt : tg_seq_in_window(seq, rcv_nxt, rcv_wnd);
	if (rcv_wnd == 0)
		return false;
	return tg_seq_in_window(seq, rcv_nxt, rcv_wnd) ||
	       tg_seq_in_window(seq + len - 1, rcv_nxt, rcv_wnd);
}

/* A SYN with a timestamp that is old or missing is perhaps the first sign of a peer that has
 * started anew, and without timestamps: the ACK lets it reset what it does not know (RFC 5961
 * section 4). */
static enum tg_tcp_step
paws_syn(struct tg_tcp_input *in)
{
	tg_tcp_challenge_ack(in);
	return tg_step_drop(in, TG_DROP_TCP_SYN_CHALLENGED);
}

/* A segment that is not taken may be one that came before (RFC 2883 section 4). */
static void
note_duplicate(struct tg_tcp_input *in)
{
	const struct tg_segment *seg = in->seg;

	tg_tcp_note_duplicate(
	    in->tcp, in->h, seg->seq, tg_seq_min(seg->seq + seg->len, in->t->rcv_nxt));
}

/* RFC 7323 5.3, R1 to R3. Resets are exempt. */
static enum tg_tcp_step
check_paws(struct tg_tcp_input *in)
{
	struct tg_tcb *t = in->t;
	const struct tg_tcp_options *opt = &in->seg->opt;
	bool missing = (opt->present & TG_OPT_TIMESTAMP) == 0;

	if ((t->flags & TG_TCB_TIMESTAMPS) == 0 || (in->seg->flags & TG_TCP_RST) != 0)
		return TG_STEP_ON;
	if (!missing && tg_seq_geq(opt->tsval, t->ts_recent))
		return TG_STEP_ON;
	if ((in->seg->flags & TG_TCP_SYN) != 0)
		return paws_syn(in);
	if (missing) /* RFC 7323 3.2: once used, always; what has none is dropped in silence */
		return tg_step_drop(in, TG_DROP_TCP_PAWS);
	t->flags |= TG_TCB_SEND_ACK;
	note_duplicate(in);
	return tg_step_drop(in, TG_DROP_TCP_PAWS);
}

/* Not before the ACK has been found plausible: what is challenged, be it a reset, a SYN or an
 * ACK, must not move the clock that later segments are measured by. */
static void
update_ts_recent(struct tg_tcp_input *in)
{
	uint32_t last_ack = in->s != NULL ? in->s->last_ack : in->t->rcv_nxt;

	if ((in->t->flags & TG_TCB_TIMESTAMPS) != 0 &&
	    (in->seg->opt.present & TG_OPT_TIMESTAMP) != 0 && tg_seq_leq(in->seg->seq, last_ack))
		in->t->ts_recent = in->seg->opt.tsval;
}

/* An unacceptable segment draws an ACK, unless it is a reset. One without text could be
 * the answer to such an ACK, so it is rate limited: two ends never answer each other
 * for ever. A SYN is challenged wherever it lies (RFC 5961 section 4.2). */
static enum tg_tcp_step
not_acceptable(struct tg_tcp_input *in)
{
	const struct tg_segment *seg = in->seg;

	in->r->drop = TG_DROP_TCP_SEQUENCE;
	if ((seg->flags & TG_TCP_RST) != 0)
		return TG_STEP_DONE;
	if (in->t->state == TG_TCP_TIME_WAIT && (seg->flags & TG_TCP_FIN) != 0) {
		tg_count(in->tcp->stats, TG_COUNTER_TIME_WAIT_REACKED);
		tg_tcp_enter_time_wait(in->tcp, in->h, in->now); /* restart 2 MSL */
	}
	if (tg_seg_len(seg) == 0 || (seg->flags & TG_TCP_SYN) != 0) {
		tg_tcp_challenge_ack(in);
		return TG_STEP_DONE;
	}
	in->t->flags |= TG_TCB_SEND_ACK;
	note_duplicate(in);
	return TG_STEP_DONE;
}

/* Who has probed our window and heard no answer cannot know whether we took the byte: its ACKs
 * stand where the probe began, or behind it. Text of ours waits for what they say, and the other
 * way round: two ends that both probed must not refuse each other's ACKs for ever. What brings no
 * news is perhaps a keep-alive probe, which has no say in how long a connection lives. */
static bool
is_ack_of_a_prober(const struct tg_tcp_input *in)
{
	const struct tg_segment *seg = in->seg;
	const struct tg_tcb *t = in->t;

	if (tg_seg_len(seg) != 0 || (seg->flags & TG_TCP_RST) != 0 || tg_tcp_is_opening(t))
		return false;
	if (seg->seq != t->rcv_nxt - 1 && seg->seq != t->rcv_nxt + 1)
		return false;
	return tg_seq_gt(seg->ack, t->snd_una) || t->snd_wnd == 0;
}

/* First. */
static enum tg_tcp_step
check_sequence_number(struct tg_tcp_input *in)
{
	const struct tg_segment *seg = in->seg;
	uint32_t wnd = tg_tcp_rcv_wnd(in->tcp, in->t, in->s);

	if (check_paws(in) == TG_STEP_DONE)
		return TG_STEP_DONE;
	if (!is_acceptable(seg->seq, tg_seg_len(seg), in->t->rcv_nxt, wnd)) {
		/* "If the RCV.WND is zero, no segments will be acceptable, but special
		 * allowance should be made to accept valid ACKs, URGs, and RSTs." */
		if (is_ack_of_a_prober(in))
			tg_tcp_challenge_ack(in);
		else if (wnd != 0 || seg->seq != in->t->rcv_nxt)
			return not_acceptable(in);
		else
			in->t->flags |= TG_TCB_SEND_ACK;
	}
	return TG_STEP_ON;
}

/* Second; RFC 5961 section 3.2: only the exact sequence number resets. */
static enum tg_tcp_step
check_rst(struct tg_tcp_input *in)
{
	if ((in->seg->flags & TG_TCP_RST) == 0)
		return TG_STEP_ON;
	if (in->seg->seq != in->t->rcv_nxt) {
		tg_tcp_challenge_ack(in);
		return tg_step_drop(in, TG_DROP_TCP_RST_CHALLENGED);
	}
	/* SYN-RECEIVED too, however it was opened: back to LISTEN, and refused, mean no TCB. */
	if (in->s != NULL && in->s->fast_open)
		tg_fast_open_reset(in->tcp, in->now);
	tg_tcp_end(in->tcp, in->h, TG_COUNTER_RESET_BY_PEER, in->r);
	return TG_STEP_DONE;
}

/* Fourth (security, the third, is not implemented: no known stack does). RFC 5961
 * section 4.2: a SYN in a synchronised state draws a challenge ACK and nothing else. */
static enum tg_tcp_step
check_syn(struct tg_tcp_input *in)
{
	if ((in->seg->flags & TG_TCP_SYN) == 0)
		return TG_STEP_ON;
	if (in->t->state == TG_TCP_SYN_RECEIVED && (in->t->flags & TG_TCB_ACTIVE) == 0)
		tg_tcp_end(in->tcp, in->h, TG_COUNTER_RESET_BY_PEER, in->r); /* to LISTEN */
	else
		tg_tcp_challenge_ack(in);
	return tg_step_drop(in, TG_DROP_TCP_SYN_CHALLENGED);
}

static void
steps(struct tg_tcp_input *in)
{
	if (check_sequence_number(in) == TG_STEP_DONE || check_rst(in) == TG_STEP_DONE ||
	    check_syn(in) == TG_STEP_DONE || tg_tcp_check_ack(in) == TG_STEP_DONE)
		return;
	update_ts_recent(in);
	if ((in->seg->flags & TG_TCP_URG) != 0)
		tg_urgent_check(in);
	if (in->t->state != TG_TCP_CLOSED)
		tg_tcp_refresh_life(in->tcp, in->h, in->now);
}

/* Apart from steps, which the compiler puts into tg_tcp_input where nobody else can call it. */
void
tg_tcp_steps(struct tg_tcp_input *in)
{
	steps(in);
}

/* A SYN in SYN-RECEIVED: the same one again, or another one. Text that it carried has moved
 * RCV.NXT, but not yet SND.WL1. */
static void
syn_again(struct tg_tcp_input *in)
{
	bool pending = in->s != NULL && in->s->fast_open;

	if (in->seg->seq + 1 == (pending ? in->s->snd_wl1 : in->t->rcv_nxt))
		tg_tcp_duplicate_syn(in);
	else
		steps(in);
}

/* RFC 9293 figure 7: both sides have opened, and the peer's SYN comes once more, with its ACK
 * of ours. The sequence check, for which the SYN is old, would only answer with an ACK. That is
 * due, for a peer that checks so; but the connection is open. */
static void
syn_ack_again(struct tg_tcp_input *in)
{
	const struct tg_segment *seg = in->seg;
	struct tg_tcb *t = in->t;

	if ((t->flags & TG_TCB_ACTIVE) == 0 || seg->seq + 1 != t->rcv_nxt ||
	    seg->ack != t->snd_nxt) {
		steps(in);
		return;
	}
	if (check_paws(in) == TG_STEP_DONE || tg_tcp_check_ack(in) == TG_STEP_DONE)
		return;
	t->snd_wnd >>= t->snd_wscale;
	t->flags |= TG_TCB_SEND_ACK;
	tg_tcp_refresh_life(in->tcp, in->h, in->now);
}

void
tg_tcp_input(struct tg_tcp *tcp, uint32_t h, const struct tg_packet *pkt, uint32_t hash,
    tg_time_t now, struct tg_tcp_result *r)
{
	struct tg_tcp_input in = {
		.tcp = tcp, .h = h, .pkt = pkt, .seg = &pkt->tcp, .hash = hash, .now = now, .r = r
	};

	tg_tcp_clear_result(r, h);
	r->hashed = true;
	r->hash = hash;
	if (h == TG_HANDLE_NONE) {
		tg_tcp_no_connection(&in);
		return;
	}
	in.t = &tcp->tcb[h];
	in.s = tg_tcp_side_of(tcp, in.t);
	switch (route_of(in.t, in.seg)) {
	case ROUTE_DROP:
		r->drop = TG_DROP_TCP_FLAGS;
		return;
	case ROUTE_STEPS:
		steps(&in);
		return;
	case ROUTE_SYN_AGAIN:
		syn_again(&in);
		return;
	case ROUTE_SYN_ACK_AGAIN:
		syn_ack_again(&in);
		return;
	case ROUTE_TIME_WAIT_SYN:
		tg_tcp_time_wait_syn(&in);
		return;
	case ROUTE_SYN_SENT:
		tg_tcp_syn_sent(&in);
		return;
	}
}
