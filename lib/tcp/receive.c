/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * RFC 9293 3.10.7.4, "seventh, process the segment text" and "eighth, check the FIN bit";
 * the receive window; and received frames that wait for missing text or for the user.
 */
#include "tcp/tcp_internal.h"

#define ACK_EVERY_SEGMENTS 2 /* RFC 9293 SHLD-19 */

/* RCV.WND in bytes: what is accepted. Never less than was advertised, which rounds down. */
uint32_t
tg_tcp_rcv_wnd(const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s)
{
	uint32_t right;

	if (s == NULL)
		return tcp->config->receive_window;
	right = tg_seq_max(s->rcv_user + tcp->config->receive_window, s->rcv_adv);
	if (tg_seq_leq(right, t->rcv_nxt))
		return 0;
	return right - t->rcv_nxt;
}

uint32_t
tg_tcp_in_order(
    const struct tg_tcp *tcp, uint32_t h, const struct tg_segment *seg, const uint8_t **text)
{
	const struct tg_tcb *t = &tcp->tcb[h];
	const struct tg_side *s = tg_tcp_side_of(tcp, t);
	uint32_t skip = t->rcv_nxt - seg->seq;

	if (!tg_tcp_receives(t) || tg_seq_gt(seg->seq, t->rcv_nxt) || skip >= seg->len ||
	    (s != NULL && s->rcv_user != t->rcv_nxt))
		return 0;
	*text = seg->text + skip;
	return TG_MIN(seg->len - skip, tg_tcp_rcv_wnd(tcp, t, s));
}

/* [left, right) arrived before: the next ACK says so (RFC 2883 section 4). It is advice, for
 * which no pool runs dry. */
void
tg_tcp_note_duplicate(struct tg_tcp *tcp, uint32_t h, uint32_t left, uint32_t right)
{
	const struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s;

	if ((t->flags & TG_TCB_SACK) == 0 || !tg_seq_lt(left, right) || tg_tcp_is_opening(t) ||
	    t->state == TG_TCP_TIME_WAIT ||
	    (t->side == TG_HANDLE_NONE && tcp->free_side == TG_HANDLE_NONE))
		return;
	s = tg_tcp_side(tcp, h);
	s->duplicate = true;
	s->loss->duplicate = (struct tg_sack_block){ left, right };
}

/* Moves *seq to the first text from there on that is held, and returns where that ends. At most
 * end. */
static uint32_t
held_from(const struct tg_tcp *tcp, const struct tg_side *s, uint32_t *seq, uint32_t end)
{
	const struct tg_held *held;
	uint32_t i = s->held, right;

	while (i != TG_HANDLE_NONE && tg_seq_leq(tcp->held[i].seq + tcp->held[i].len, *seq))
		i = tcp->held[i].next;
	*seq = i != TG_HANDLE_NONE ? tg_seq_min(tg_seq_max(*seq, tcp->held[i].seq), end) : end;
	for (right = *seq; i != TG_HANDLE_NONE; i = held->next) {
		held = &tcp->held[i];
		if (tg_seq_gt(held->seq, right))
			break;
		right = tg_seq_max(right, held->seq + held->len);
	}
	return tg_seq_min(right, end);
}

static bool
is_full(struct tg_tcp *tcp, const struct tg_side *s)
{
	if (s->n_held >= tcp->config->limits.held_per_connection)
		tg_count(tcp->stats, TG_COUNTER_HELD_CONNECTION_FULL);
	else if (tcp->free_held == TG_HANDLE_NONE)
		tg_count(tcp->stats, TG_COUNTER_HELD_FULL);
	else
		return false;
	return true;
}

/* Keeps the frame with text [seq, end) of segment seg, in order of sequence. */
static bool
hold(struct tg_tcp *tcp, uint32_t h, struct tg_side *s, const struct tg_frame *frame,
    const struct tg_segment *seg, uint32_t seq, uint32_t end)
{
	uint32_t i = tcp->free_held, *link = &s->held, left = seq, right;
	struct tg_held *held;

	s->last_held = seq; /* a duplicate's block goes first, too (RFC 2018 section 4) */
	right = held_from(tcp, s, &left, end);
	tg_tcp_note_duplicate(tcp, h, left, right);
	if (left == seq && right == end)
		return false;
	if (is_full(tcp, s))
		return false;
	while (*link != TG_HANDLE_NONE && tg_seq_leq(tcp->held[*link].seq, seq))
		link = &tcp->held[*link].next;
	held = &tcp->held[i];
	tcp->free_held = held->next;
	*held = (struct tg_held){
		.frame = *frame,
		.text = seg->text + (seq - seg->seq),
		.seq = seq,
		.len = end - seq,
		.next = *link,
	};
	*link = i;
	s->n_held++;
	tg_gauge_add(&tcp->gauges->held, 1);
	return true;
}

/* Moves RCV.NXT over held text that has become contiguous. */
static void
advance_over_held(const struct tg_tcp *tcp, struct tg_tcb *t, const struct tg_side *s)
{
	uint32_t i;

	for (i = s->held; i != TG_HANDLE_NONE; i = tcp->held[i].next) {
		const struct tg_held *held = &tcp->held[i];

		if (tg_seq_gt(held->seq, t->rcv_nxt))
			return;
		t->rcv_nxt = tg_seq_max(t->rcv_nxt, held->seq + held->len);
	}
}

/* Whether held text lies beyond a gap. */
static bool
has_gap(const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s)
{
	uint32_t i;

	for (i = s->held; i != TG_HANDLE_NONE; i = tcp->held[i].next)
		if (tg_seq_gt(tcp->held[i].seq, t->rcv_nxt))
			return true;
	return false;
}

/* Every second segment is acknowledged at once, and every one while text is missing or
 * a gap has just been filled (RFC 5681 4.2); otherwise the ACK waits for company. */
static void
schedule_ack(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, bool at_once, tg_time_t now)
{
	if (s == NULL || at_once || ++s->text_segments >= ACK_EVERY_SEGMENTS) {
		t->flags |= TG_TCB_SEND_ACK;
		return;
	}
	t->flags |= TG_TCB_DELAYED_ACK;
	tg_tcp_set_timer(
	    s, TG_TIMER_DELAYED_ACK, tg_time_tick(now) + tcp->config->timers.delayed_ack);
}

static void
fin_in_order(struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);

	if (s != NULL && s->rcv_user == t->rcv_nxt)
		s->rcv_user++;
	if (s != NULL)
		s->fin_held = false;
	t->rcv_nxt++;
	t->flags |= TG_TCB_SEND_ACK;
	r->events |= TG_TCP_EVENT_FIN;
	if (t->state == TG_TCP_ESTABLISHED)
		tg_tcp_set_state(tcp, t, TG_TCP_CLOSE_WAIT);
	else if (t->state == TG_TCP_FIN_WAIT_1) /* our FIN is still unacknowledged */
		tg_tcp_set_state(tcp, t, TG_TCP_CLOSING);
	else
		tg_tcp_enter_time_wait(tcp, h, now);
}

/* Eighth. A FIN behind missing text is remembered. */
static void
check_fin(struct tg_tcp *tcp, uint32_t h, const struct tg_segment *seg, tg_time_t now,
    struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);

	if ((seg->flags & TG_TCP_FIN) != 0 && seg->seq + seg->len == t->rcv_nxt) {
		fin_in_order(tcp, h, now, r);
		return;
	}
	if (s == NULL)
		return;
	if ((seg->flags & TG_TCP_FIN) != 0) {
		s->fin_held = true;
		tg_tcp_rare_of(tcp, t)->fin_seq = seg->seq + seg->len;
		t->flags |= TG_TCB_SEND_ACK;
	}
	if (s->fin_held && tg_tcp_rare_of(tcp, t)->fin_seq == t->rcv_nxt)
		fin_in_order(tcp, h, now, r);
}

/* Holds what the user has not taken of the text [begin, end). */
static void
hold_rest(struct tg_tcp *tcp, uint32_t h, const struct tg_segment *seg,
    const struct tg_frame *frame, uint32_t end, struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];
	uint32_t begin = tg_seq_max(seg->seq, t->rcv_nxt);
	struct tg_side *s;

	if (!tg_seq_lt(begin, end))
		return;
	s = tg_tcp_side(tcp, h);
	if (s == NULL || !hold(tcp, h, s, frame, seg, begin, end)) {
		r->drop = TG_DROP_TCP_TEXT_REFUSED;
		return;
	}
	r->frame_held = true;
	if (tg_seq_gt(begin, t->rcv_nxt))
		tg_count(tcp->stats, TG_COUNTER_OUT_OF_ORDER);
}

static void
user_took(const struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s, uint32_t n)
{
	s->rcv_user += n;
	if ((s->rare & TG_RARE_URGENT_IN) != 0)
		tg_urgent_taken(tcp, t, s);
}

/* Seventh. */
static void
process_text(struct tg_tcp *tcp, uint32_t h, const struct tg_segment *seg,
    const struct tg_frame *frame, uint32_t taken, tg_time_t now, struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);
	uint32_t right = t->rcv_nxt + tg_tcp_rcv_wnd(tcp, t, s);
	bool gap = s != NULL && has_gap(tcp, t, s);

	if (tg_seq_lt(seg->seq, t->rcv_nxt)) {
		tg_tcp_note_duplicate(tcp, h, seg->seq, t->rcv_nxt);
		s = tg_tcp_side_of(tcp, t);
	}
	t->rcv_nxt += taken;
	if (s != NULL)
		user_took(tcp, t, s, taken);
	hold_rest(tcp, h, seg, frame, tg_seq_min(seg->seq + seg->len, right), r);
	s = tg_tcp_side_of(tcp, t);
	if (s != NULL) {
		gap = gap || has_gap(tcp, t, s);
		advance_over_held(tcp, t, s);
		if (s->held != TG_HANDLE_NONE && s->rcv_user != t->rcv_nxt)
			r->events |= TG_TCP_EVENT_TEXT;
	}
	schedule_ack(tcp, t, s, gap || r->drop != TG_DROP_NONE || (s != NULL && s->duplicate), now);
}

/* RFC 3168 6.1.3: a mark is echoed on every ACK until the peer says that it has reduced its
 * window. The ACK does not wait: the sooner it does, the fewer are lost. */
static void
check_marks(struct tg_tcp *tcp, struct tg_tcb *t, const struct tg_packet *pkt)
{
	if ((pkt->tcp.flags & TG_TCP_CWR) != 0)
		t->flags &= (uint16_t)~TG_TCB_ECE;
	if ((pkt->tos & TG_TOS_ECN_MASK) != TG_ECN_CE)
		return;
	t->flags |= TG_TCB_ECE | TG_TCB_SEND_ACK;
	tg_count(tcp->stats, TG_COUNTER_ECN_MARKED);
}

void
tg_tcp_text(struct tg_tcp *tcp, uint32_t h, const struct tg_packet *pkt,
    const struct tg_frame *frame, uint32_t taken, tg_time_t now, struct tg_tcp_result *r)
{
	const struct tg_segment *seg = &pkt->tcp;

	if (!tg_tcp_receives(&tcp->tcb[h])) {
		if (seg->len != 0)
			r->drop = TG_DROP_TCP_TEXT_AFTER_FIN;
		return;
	}
	if ((tcp->tcb[h].flags & TG_TCB_ECN) != 0 && seg->len != 0)
		check_marks(tcp, &tcp->tcb[h], pkt);
	if (seg->len != 0)
		process_text(tcp, h, seg, frame, taken, now, r);
	check_fin(tcp, h, seg, now, r);
}

uint32_t
tg_tcp_take(const struct tg_tcp *tcp, uint32_t h, const uint8_t **text)
{
	const struct tg_tcb *t = &tcp->tcb[h];
	const struct tg_side *s = tg_tcp_side_of(tcp, t);
	uint32_t i;

	/* Held text beyond a FIN is no text of this connection. */
	if (s == NULL || tg_seq_geq(s->rcv_user, t->rcv_nxt))
		return 0;
	for (i = s->held; i != TG_HANDLE_NONE; i = tcp->held[i].next) {
		const struct tg_held *held = &tcp->held[i];

		if (tg_seq_gt(held->seq, s->rcv_user))
			return 0;
		if (tg_seq_gt(held->seq + held->len, s->rcv_user)) {
			*text = held->text + (s->rcv_user - held->seq);
			return held->seq + held->len - s->rcv_user;
		}
	}
	return 0;
}

uint8_t
tg_tcp_held_class(const struct tg_tcp *tcp, uint32_t h)
{
	return tcp->held[tg_tcp_side_of(tcp, &tcp->tcb[h])->held].frame.src_class;
}

static void
pop_held(struct tg_tcp *tcp, struct tg_side *s, struct tg_frames *spare)
{
	uint32_t i = s->held;
	struct tg_held *held = &tcp->held[i];

	tg_frames_push(spare, &held->frame);
	s->held = held->next;
	s->n_held--;
	held->next = tcp->free_held;
	tcp->free_held = i;
	tg_gauge_add(&tcp->gauges->held, -1);
}

void
tg_tcp_release_held(struct tg_tcp *tcp, struct tg_side *s, struct tg_frames *spare)
{
	while (s->held != TG_HANDLE_NONE)
		pop_held(tcp, s, spare);
}

/* RFC 9293 3.8.6.2.2: a window update is worth a segment of its own once the right
 * edge can move by two segments or half the window. */
static bool
is_window_update_due(const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s)
{
	uint32_t window = tcp->config->receive_window;

	return (int32_t)(s->rcv_user + window - s->rcv_adv) >=
	       (int32_t)TG_MIN(window / 2, 2 * (uint32_t)t->mss);
}

void
tg_tcp_taken(struct tg_tcp *tcp, uint32_t h, uint32_t n, struct tg_frames *spare)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);

	if (s == NULL)
		return;
	user_took(tcp, t, s, n);
	while (s->held != TG_HANDLE_NONE &&
	       tg_seq_leq(tcp->held[s->held].seq + tcp->held[s->held].len, s->rcv_user))
		pop_held(tcp, s, spare);
	if (n != 0 && is_window_update_due(tcp, t, s))
		t->flags |= TG_TCB_SEND_ACK;
}
