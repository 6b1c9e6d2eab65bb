/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Urgent text, RFC 9293 3.8.5. The pointer names the byte after the urgent text in both
 * directions (MUST-62), and the text itself stays in line (RFC 6093 section 4).
 */
#include "tcp/tcp_internal.h"

/* RFC 9293 3.10.7.4, "sixth, check the URG bit": RCV.UP <- max(RCV.UP, SEG.UP). Told whenever it
 * advances (MUST-32). A pointer that finds no side record is lost, and counted by that. */
void
tg_urgent_check(struct tg_tcp_input *in)
{
	struct tg_tcp *tcp = in->tcp;
	struct tg_side *s = tg_tcp_side_of(tcp, in->t);
	uint32_t up = in->seg->seq + in->seg->urg;
	struct tg_rare *rare;

	if (!tg_tcp_receives(in->t) || tg_seq_leq(up, s != NULL ? s->rcv_user : in->t->rcv_nxt))
		return;
	s = tg_tcp_side(tcp, in->h);
	if (s == NULL)
		return;
	rare = tg_tcp_rare_of(tcp, in->t);
	if ((s->rare & TG_RARE_URGENT_IN) != 0 && tg_seq_leq(up, rare->rcv_up))
		return;
	s->rare |= TG_RARE_URGENT_IN;
	rare->rcv_up = up;
	in->r->events |= TG_TCP_EVENT_URGENT;
}

void
tg_urgent_taken(const struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s)
{
	if (tg_seq_leq(tg_tcp_rare_of(tcp, t)->rcv_up, s->rcv_user))
		s->rare &= (uint8_t)~TG_RARE_URGENT_IN;
}

/* A pointer beyond the peer's FIN ends there. */
uint32_t
tg_tcp_urgent_left(const struct tg_tcp *tcp, uint32_t h)
{
	const struct tg_tcb *t = &tcp->tcb[h];
	const struct tg_side *s = tg_tcp_side_of(tcp, t);
	uint32_t up;

	if (s == NULL || (s->rare & TG_RARE_URGENT_IN) == 0)
		return 0;
	up = tg_tcp_rare_of(tcp, t)->rcv_up;
	if (!tg_tcp_receives(t))
		up = tg_seq_min(up, t->rcv_nxt - 1);
	return tg_seq_gt(up, s->rcv_user) ? up - s->rcv_user : 0;
}

/* The pointer goes at once, in a bare ACK if the text has to wait (RFC 9293 MUST-66). */
void
tg_tcp_append_urgent(struct tg_tcp *tcp, uint32_t h, uint32_t n)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);

	s->snd_end += n;
	s->rare |= TG_RARE_URGENT_OUT;
	tg_tcp_rare_of(tcp, t)->snd_up = s->snd_end;
	t->flags |= TG_TCB_SEND_ACK;
}

void
tg_urgent_mark(
    const struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s, struct tg_segment *seg)
{
	uint32_t up = tg_tcp_rare_of(tcp, t)->snd_up;

	if (tg_seq_leq(up, t->snd_una)) {
		s->rare &= (uint8_t)~TG_RARE_URGENT_OUT;
	} else if (tg_seq_gt(up, seg->seq)) {
		seg->flags |= TG_TCP_URG;
		seg->urg = (uint16_t)TG_MIN(up - seg->seq, UINT16_MAX);
	}
}
