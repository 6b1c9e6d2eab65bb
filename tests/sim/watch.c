/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "watch.h"

#include "tcp/tcp_internal.h"

#define TO(state) (1U << TG_TCP_##state)
#define ENDS      TO(CLOSED) /* what the user and timers may do to any state */

/* RFC 9293 figure 5 by who may take the step. */
static const uint16_t may_become[WATCH_CALLS][TG_TCP_STATES] = {
	[WATCH_CONNECT] = { [TG_TCP_CLOSED] = TO(SYN_SENT) },
	[WATCH_INPUT] = { [TG_TCP_CLOSED] = TO(SYN_RECEIVED), /* from LISTEN */
	    [TG_TCP_SYN_SENT] = TO(SYN_RECEIVED) | TO(ESTABLISHED) | TO(CLOSED),
	    [TG_TCP_SYN_RECEIVED] = TO(ESTABLISHED) | TO(CLOSED),
	    [TG_TCP_ESTABLISHED] = TO(CLOSED),
	    [TG_TCP_FIN_WAIT_1] = TO(FIN_WAIT_2) | TO(CLOSED),
	    [TG_TCP_FIN_WAIT_2] = TO(CLOSED),
	    [TG_TCP_CLOSE_WAIT] = TO(CLOSED),
	    [TG_TCP_CLOSING] = TO(TIME_WAIT) | TO(CLOSED),
	    [TG_TCP_LAST_ACK] = TO(CLOSED),
	    [TG_TCP_TIME_WAIT] = TO(SYN_RECEIVED) | TO(CLOSED) },
	[WATCH_TEXT] = { [TG_TCP_SYN_RECEIVED] = TO(CLOSE_WAIT),
	    [TG_TCP_ESTABLISHED] = TO(CLOSE_WAIT),
	    [TG_TCP_FIN_WAIT_1] = TO(CLOSING),
	    [TG_TCP_FIN_WAIT_2] = TO(TIME_WAIT) },
	[WATCH_USER] = { [TG_TCP_SYN_SENT] = ENDS,
	    [TG_TCP_SYN_RECEIVED] = ENDS,
	    [TG_TCP_ESTABLISHED] = ENDS,
	    [TG_TCP_FIN_WAIT_1] = ENDS,
	    [TG_TCP_FIN_WAIT_2] = ENDS,
	    [TG_TCP_CLOSE_WAIT] = ENDS,
	    [TG_TCP_CLOSING] = ENDS,
	    [TG_TCP_LAST_ACK] = ENDS,
	    [TG_TCP_TIME_WAIT] = ENDS },
	[WATCH_OUTPUT] = { [TG_TCP_SYN_RECEIVED] = TO(FIN_WAIT_1),
	    [TG_TCP_ESTABLISHED] = TO(FIN_WAIT_1),
	    [TG_TCP_CLOSE_WAIT] = TO(LAST_ACK) },
	[WATCH_TIMER] = { [TG_TCP_SYN_SENT] = ENDS,
	    [TG_TCP_SYN_RECEIVED] = ENDS,
	    [TG_TCP_ESTABLISHED] = ENDS,
	    [TG_TCP_FIN_WAIT_1] = ENDS,
	    [TG_TCP_FIN_WAIT_2] = ENDS,
	    [TG_TCP_CLOSE_WAIT] = ENDS,
	    [TG_TCP_CLOSING] = ENDS,
	    [TG_TCP_LAST_ACK] = ENDS,
	    [TG_TCP_TIME_WAIT] = ENDS },
};

static void
expect(struct watch *w, bool holds, const char *wrong)
{
	if (!holds && w->wrong == NULL)
		w->wrong = wrong;
}

static bool
is_synchronised(enum tg_tcp_state state)
{
	return state != TG_TCP_CLOSED && state != TG_TCP_LISTEN && state != TG_TCP_SYN_SENT;
}

static bool
is_opening(enum tg_tcp_state state)
{
	return state == TG_TCP_SYN_SENT || state == TG_TCP_SYN_RECEIVED;
}

static uint32_t
peer_edge(const struct tg_tcb *t)
{
	return t->snd_una + ((uint32_t)t->snd_wnd << t->snd_wscale);
}

/* What begins: a connection, or its next incarnation. */
static void
begin(struct watch *w, const struct tg_tcb *t)
{
	const char *wrong;

	expect(w, t->snd_nxt == t->snd_una + 1,
	    "an opening has something else than its SYN under way");
	expect(w, w->state != TG_TCP_TIME_WAIT || tg_seq_gt(t->snd_una, w->snd_nxt),
	    "a new incarnation begins below the old one");
	wrong = w->wrong;
	*w = (struct watch){ .wrong = wrong,
		.iss = t->snd_una,
		.snd_una = t->snd_una,
		.snd_nxt = t->snd_nxt,
		.rcv_nxt = t->rcv_nxt,
		.irs = t->rcv_nxt - 1,
		.may_send = t->snd_una + 1 + ((uint32_t)t->snd_wnd << t->snd_wscale) };
}

static void
check_numbers(struct watch *w, const struct tg_tcb *t, enum watch_call call)
{
	bool was_synchronised = is_synchronised(w->state);

	expect(w, tg_seq_leq(t->snd_una, t->snd_nxt), "SND.UNA is beyond SND.NXT");
	expect(w, tg_seq_geq(t->snd_una, w->snd_una), "SND.UNA moved back");
	expect(w, tg_seq_geq(t->snd_nxt, w->snd_nxt), "SND.NXT moved back");
	expect(
	    w, t->snd_una == w->snd_una || call == WATCH_INPUT, "SND.UNA moved without a segment");
	expect(w, t->snd_nxt == w->snd_nxt || call == WATCH_OUTPUT, "SND.NXT moved without output");
	if (!was_synchronised)
		w->irs = t->rcv_nxt - 1;
	else {
		expect(w, tg_seq_geq(t->rcv_nxt, w->rcv_nxt), "RCV.NXT moved back");
		expect(w, t->rcv_nxt == w->rcv_nxt || call == WATCH_TEXT,
		    "RCV.NXT moved without text");
	}
	expect(w, t->cwnd != 0 || t->state == TG_TCP_SYN_SENT, "CWND is zero");
	if (call == WATCH_INPUT)
		w->may_send = tg_seq_max(w->may_send, peer_edge(t));
}

static void
check_scoreboard(struct watch *w, const struct tg_tcb *t, const struct tg_side *s)
{
	uint32_t below = t->snd_una;
	uint8_t i;

	expect(w, s->n_sacked <= TG_SACK_RANGES, "the scoreboard overflows");
	for (i = 0; i < s->n_sacked && i < TG_SACK_RANGES; i++) {
		expect(
		    w, tg_seq_gt(s->loss->sacked[i].left, below), "SACKed ranges touch or overlap");
		expect(w, tg_seq_gt(s->loss->sacked[i].right, s->loss->sacked[i].left),
		    "a SACKed range is empty");
		below = s->loss->sacked[i].right;
	}
	expect(w, tg_seq_leq(below, t->snd_nxt), "SACKed is what was never sent");
}

static void
check_side(
    struct watch *w, const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s)
{
	bool fin_sent = (t->flags & TG_TCB_FIN_SENT) != 0;
	uint32_t step = TG_MIN(tcp->config->receive_window / 2, t->mss); /* RFC 9293 3.8.6.2.2 */
	uint32_t right = tg_seq_max(s->rcv_user + tcp->config->receive_window, s->rcv_adv);

	expect(w, tg_seq_geq(s->snd_ptr, t->snd_una), "the send pointer is below SND.UNA");
	expect(w, tg_seq_leq(s->snd_ptr, t->snd_nxt), "the send pointer is beyond SND.NXT");
	expect(w, tg_seq_leq(t->snd_nxt, s->snd_end + fin_sent),
	    "SND.NXT is beyond the stream and its FIN");
	expect(w, tg_seq_leq(s->rcv_user, t->rcv_nxt), "the user took more than RCV.NXT");
	expect(w, tg_seq_leq(s->last_ack, t->rcv_nxt), "more was acknowledged than RCV.NXT");
	expect(w, tg_seq_leq(t->rcv_nxt, right + 1), "RCV.NXT is beyond the window");
	/* In SYN-SENT nothing is known of the peer's sequence numbers. */
	expect(w, !w->had_side || w->state == TG_TCP_SYN_SENT || tg_seq_geq(s->rcv_adv, w->rcv_adv),
	    "the receive window's edge moved back");
	expect(w, !w->had_side || s->rcv_adv == w->rcv_adv || s->rcv_adv - w->rcv_adv >= step,
	    "the receive window moved by a silly bit");
	check_scoreboard(w, t, s);
	w->rcv_adv = s->rcv_adv;
	w->n_sacked = TG_MIN(s->n_sacked, TG_SACK_RANGES);
	memcpy(w->sacked, s->loss->sacked, w->n_sacked * sizeof(w->sacked[0]));
}

void
watch_call(struct watch *w, const struct tg_tcp *tcp, uint32_t h, enum watch_call call)
{
	const struct tg_tcb *t = h == TG_HANDLE_NONE ? NULL : tg_tcp_tcb(tcp, h);
	enum tg_tcp_state to = t == NULL ? TG_TCP_CLOSED : (enum tg_tcp_state)t->state;

	if (to != w->state)
		expect(
		    w, (may_become[call][w->state] & 1U << to) != 0, "a state that cannot follow");
	if (to == TG_TCP_CLOSED) {
		w->state = to;
		return;
	}
	if (is_opening(to) && !is_opening(w->state))
		begin(w, t);
	else
		check_numbers(w, t, call);
	if (t->side != TG_HANDLE_NONE)
		check_side(w, tcp, t, &tcp->side[t->side]);
	w->had_side = t->side != TG_HANDLE_NONE;
	w->state = to;
	w->snd_una = t->snd_una;
	w->snd_nxt = t->snd_nxt;
	w->rcv_nxt = t->rcv_nxt;
}

/* From seq on, how far n ranges reach without a gap. */
static uint32_t
reach(const struct tg_sack_block *range, unsigned n, uint32_t seq)
{
	uint32_t from;
	unsigned i;

	do {
		from = seq;
		for (i = 0; i < n; i++)
			if (tg_seq_leq(range[i].left, seq) && tg_seq_gt(range[i].right, seq))
				seq = range[i].right;
	} while (seq != from);
	return seq;
}

/* What the scoreboard has to know: what it knew above SND.UNA, and the blocks of seg that lie in
 * what is under way. Returns how many ranges that are, in any order. */
static unsigned
known(const struct watch *w, const struct tg_tcb *t, const struct tg_segment *seg,
    struct tg_sack_block *range)
{
	unsigned n = 0, i, blocks = (seg->opt.present & TG_OPT_SACK) != 0 ? seg->opt.n_sack : 0;

	for (i = 0; i < w->n_sacked; i++)
		if (tg_seq_gt(w->sacked[i].left, t->snd_una))
			range[n++] = w->sacked[i];
	for (i = 0; i < blocks; i++) {
		struct tg_sack_block block = seg->opt.sack[i];

		if (tg_seq_gt(block.left, t->snd_una) && tg_seq_gt(block.right, block.left) &&
		    tg_seq_leq(block.right, t->snd_nxt))
			range[n++] = block;
	}
	return n;
}

/* RFC 2018 section 5: the scoreboard is the union of what it was and of what seg says. */
static void
check_sacked(
    struct watch *w, const struct tg_tcb *t, const struct tg_side *s, const struct tg_segment *seg)
{
	struct tg_sack_block range[TG_SACK_RANGES + TG_TCP_SACK_BLOCKS_MAX];
	const struct tg_sack_block *sacked = s->loss->sacked;
	unsigned n = known(w, t, seg, range), i;

	if (n > TG_SACK_RANGES)
		return; /* it may have had no room for some */
	for (i = 0; i < n; i++)
		expect(w, tg_seq_geq(reach(sacked, s->n_sacked, range[i].left), range[i].right),
		    "the scoreboard lacks what was SACKed");
	for (i = 0; i < s->n_sacked; i++)
		expect(w, tg_seq_geq(reach(range, n, sacked[i].left), sacked[i].right),
		    "the scoreboard has what was not SACKed");
}

/* RFC 9293 3.10.7.4, eighth: the peer's FIN once more, and 2MSL begin again. */
static void
check_fin_again(struct watch *w, const struct tg_tcp *tcp, const struct tg_tcb *t,
    const struct tg_segment *seg, tg_time_t now)
{
	uint8_t flags = seg->flags & (TG_TCP_SYN | TG_TCP_FIN | TG_TCP_RST | TG_TCP_ACK);

	if (flags != (TG_TCP_FIN | TG_TCP_ACK) || seg->seq + seg->len + 1 != t->rcv_nxt)
		return;
	expect(w, t->timer.deadline == tg_time_tick(now) + 2 * tcp->config->timers.msl,
	    "a FIN did not restart TIME-WAIT");
}

void
watch_input(struct watch *w, const struct tg_tcp *tcp, const struct tg_segment *seg,
    const struct tg_tcp_result *r, tg_time_t now)
{
	const struct tg_tcb *t = r->handle == TG_HANDLE_NONE ? NULL : tg_tcp_tcb(tcp, r->handle);

	if (t != NULL && w->had_side && t->side != TG_HANDLE_NONE && r->drop == TG_DROP_NONE &&
	    t->state != TG_TCP_CLOSED && (t->flags & TG_TCB_SACK) != 0)
		check_sacked(w, t, &tcp->side[t->side], seg);
	if (t != NULL && w->state == TG_TCP_TIME_WAIT && t->state == TG_TCP_TIME_WAIT &&
	    r->drop != TG_DROP_TCP_PAWS)
		check_fin_again(w, tcp, t, seg, now);
	watch_call(w, tcp, r->handle, WATCH_INPUT);
}

/* The window as the peer reads it. What the scale rounds away may be missing (RFC 7323
 * section 2.4). */
static void
check_offer(
    struct watch *w, const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_segment *seg)
{
	bool syn = (seg->flags & TG_TCP_SYN) != 0;
	unsigned shift = (t->flags & TG_TCB_WSCALE) != 0 && !syn ? tcp->config->window_scale : 0;
	uint32_t edge = seg->ack + ((uint32_t)seg->wnd << shift);

	expect(w, seg->ack == t->rcv_nxt, "SEG.ACK is not RCV.NXT");
	if (w->has_sent) {
		expect(w, tg_seq_geq(seg->ack, w->sent_ack), "SEG.ACK moved back");
		/* A SYN sent again cannot say more than 65535. */
		expect(w, syn || tg_seq_geq(edge + (1U << shift) - 1, w->sent_edge),
		    "the window was shrunk");
		edge = tg_seq_max(edge, w->sent_edge);
	}
	w->has_sent = true;
	w->sent_ack = seg->ack;
	w->sent_edge = edge;
}

void
watch_segment(struct watch *w, const struct tg_tcp *tcp, uint32_t h, const struct tg_segment *seg)
{
	const struct tg_tcb *t = tg_tcp_tcb(tcp, h);
	uint32_t end = seg->seq + seg->len;

	expect(w, (seg->flags & TG_TCP_RST) == 0, "a connection's own output resets");
	expect(w, (seg->flags & TG_TCP_ACK) != 0 || t->state == TG_TCP_SYN_SENT,
	    "a segment without ACK");
	if (t->state == TG_TCP_SYN_SENT)
		return;
	check_offer(w, tcp, t, seg);
	/* A keep-alive probe stands one before, so that it draws an ACK. */
	expect(w,
	    (tg_seq_geq(seg->seq, t->snd_una) && tg_seq_leq(end, t->snd_nxt)) ||
		(tcp->config->keep_alive && t->snd_una == t->snd_nxt && seg->len == 0 &&
		    seg->seq == t->snd_nxt - 1),
	    "a segment outside of SND.UNA to SND.NXT");
	expect(w, seg->len == 0 || seg->len + tg_tcp_options_bytes(&seg->opt) <= t->mss,
	    "a segment longer than the MSS");
	/* One octet may probe a closed window. */
	expect(
	    w, seg->len == 0 || tg_seq_leq(end, w->may_send + 1), "text beyond the peer's window");
}

static void
check_held(
    struct watch *w, const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s)
{
	uint32_t right = tg_seq_max(s->rcv_user + tcp->config->receive_window, s->rcv_adv);
	uint32_t i, n = 0, last = s->rcv_user - tcp->config->receive_window;

	for (i = s->held; i != TG_HANDLE_NONE && n <= s->n_held; i = tcp->held[i].next, n++) {
		const struct tg_held *held = &tcp->held[i];

		expect(w, held->len != 0, "an empty frame is held");
		expect(w, n == 0 || tg_seq_geq(held->seq, last), "held frames are out of order");
		/* Behind one that covers it a frame may linger. */
		expect(w, n != 0 || tg_seq_gt(held->seq + held->len, s->rcv_user),
		    "a held frame was taken");
		expect(w, tg_seq_leq(held->seq + held->len, right),
		    "a frame is held beyond the window");
		/* Right behind the peer's FIN may lie what it should not have sent. */
		expect(w,
		    tg_seq_leq(held->seq + held->len, t->rcv_nxt) ||
			tg_seq_gt(held->seq, t->rcv_nxt) ||
			(t->state >= TG_TCP_CLOSE_WAIT && held->seq == t->rcv_nxt),
		    "RCV.NXT stops inside of a held frame");
		last = held->seq;
	}
	expect(w, n == s->n_held, "held frames are counted wrong");
	expect(w, n <= tcp->config->limits.held_per_connection, "too many frames are held");
}

/* The deadlines that drive sending, whatever they are called. */
static bool
sends_by_timer(const struct tg_side *s)
{
	return (s->armed & ~(1U << TG_TIMER_DELAYED_ACK | 1U << TG_TIMER_LIFE)) != 0;
}

static void
check_timers(struct watch *w, const struct tg_tcb *t, const struct tg_side *s)
{
	uint16_t fin = t->flags & (TG_TCB_FIN_QUEUED | TG_TCB_FIN_SENT);
	uint32_t left = s->armed;

	expect(w, t->snd_una == t->snd_nxt || sends_by_timer(s),
	    "something is outstanding without a timer");
	expect(w, tg_seq_leq(s->snd_end, t->snd_nxt) || sends_by_timer(s),
	    "text waits to be sent without a timer");
	expect(w, fin != TG_TCB_FIN_QUEUED || sends_by_timer(s),
	    "a FIN waits to be sent without a timer");
	expect(w, (t->flags & TG_TCB_DELAYED_ACK) == 0 || (left & 1U << TG_TIMER_DELAYED_ACK) != 0,
	    "a delayed ACK without a timer");
	for (; left != 0; left &= left - 1)
		expect(w,
		    tg_seq_leq(t->timer.deadline,
			tg_tcp_deadline(s, (enum tg_tcp_timer)__builtin_ctz(left))),
		    "the wheel is set later than a deadline");
}

void
watch_rest(struct watch *w, const struct tg_tcp *tcp, uint32_t h)
{
	const struct tg_tcb *t = tg_tcp_tcb(tcp, h);
	const struct tg_side *s = t->side == TG_HANDLE_NONE ? NULL : &tcp->side[t->side];

	if (t->state == TG_TCP_CLOSED)
		return;
	expect(w, tg_wheel_armed(&tcp->wheel, h), "nothing will ever wake the connection");
	expect(
	    w, (t->flags & (TG_TCB_SEND_SYN | TG_TCB_SEND_ACK)) == 0, "output was not exhausted");
	expect(w,
	    !w->has_sent || w->sent_ack == t->rcv_nxt ||
		(s != NULL && (s->armed & 1U << TG_TIMER_DELAYED_ACK) != 0),
	    "what was received is not acknowledged, and will not be");
	if (s == NULL) {
		expect(w, is_opening(w->state) || t->snd_una == t->snd_nxt,
		    "something is outstanding without a side record");
		return;
	}
	check_held(w, tcp, t, s);
	if (t->state != TG_TCP_TIME_WAIT && !is_opening(w->state))
		check_timers(w, t, s);
}

bool
watch_are_peers(const struct watch *a, const struct watch *b)
{
	return is_synchronised(a->state) && is_synchronised(b->state) && a->irs == b->iss &&
	       b->irs == a->iss;
}

const char *
watch_compare(const struct watch *a, const struct watch *b)
{
	if (!watch_are_peers(a, b))
		return NULL;
	if (tg_seq_gt(a->rcv_nxt, b->snd_nxt))
		return "RCV.NXT is beyond what the peer sent";
	if (tg_seq_gt(a->snd_una, b->rcv_nxt))
		return "SND.UNA is beyond what the peer received";
	return NULL;
}
