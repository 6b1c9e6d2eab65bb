/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * ICMP errors, RFC 5927: believed only if they quote something in flight, and never a
 * reason to abort a synchronised connection.
 */
#include "tcp/tcp_internal.h"

#define MTU_MIN_IP4 552  /* below, only an attacker asks for it; RFC 1191 routers are gone */
#define MTU_MIN_IP6 1280 /* RFC 8200 section 5 */

static void
lower_mss(struct tg_tcp *tcp, uint32_t h, uint16_t mtu)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);
	bool is_ipv6 = tg_tcp_is_ipv6(tcp, h);
	uint16_t headers = TG_TCP_HEADER_BYTES;
	uint16_t mss;

	headers += is_ipv6 ? TG_IP6_HEADER_BYTES : TG_IP4_HEADER_BYTES;
	mss = TG_MAX(mtu, is_ipv6 ? MTU_MIN_IP6 : MTU_MIN_IP4) - headers;
	if (mss >= t->mss)
		return;
	t->mss = mss;
	tg_count(tcp->stats, TG_COUNTER_PMTU_LOWERED);
	if (s == NULL)
		return;
	/* The lost segment goes again, smaller; it was not congestion that lost it. */
	s->snd_ptr = tg_tcp_is_opening(t) ? s->snd_base : t->snd_una;
	s->rtt_timing = false;
	s->rare &= (uint8_t)~TG_RARE_SMALLER_MSS; /* no trial: it is known now */
}

/* RFC 9293 MUST-47: ERROR_REPORT, with reason and subreason. */
static void
report(struct tg_tcp *tcp, const struct tg_tcp_icmp_error *err, struct tg_tcp_result *r)
{
	tg_count(tcp->stats, TG_COUNTER_ICMP_SOFT_ERRORS);
	r->events |= TG_TCP_EVENT_ICMP;
	r->icmp_type = err->type;
	r->icmp_code = err->code;
}

/* Only text makes a SYN too big: it goes again without, as if its timer had passed. */
static void
syn_too_big(struct tg_tcp *tcp, uint32_t h, tg_time_t now)
{
	struct tg_tcb *t = &tcp->tcb[h];

	if ((t->flags & TG_TCB_FAST_OPEN) == 0 || (t->flags & TG_TCB_RETRIED) != 0)
		return;
	tg_fast_open_failed(tcp, h, now);
	t->flags |= TG_TCB_RETRIED | TG_TCB_SEND_SYN;
	tg_count(tcp->stats, TG_COUNTER_SYN_RETRANSMITS);
}

static void
refuse(struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_tcp_result *r)
{
	if (tcp->tcb[h].state == TG_TCP_SYN_SENT)
		tg_fast_open_failed(tcp, h, now);
	tg_tcp_end(tcp, h, TG_COUNTER_ICMP_REFUSED, r);
}

void
tg_tcp_icmp(struct tg_tcp *tcp, uint32_t h, const struct tg_tcp_icmp_error *err, tg_time_t now,
    struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];

	tg_tcp_clear_result(r, h);
	/* RFC 5927 section 4.1: SND.UNA =< quoted sequence number < SND.NXT. */
	if (!tg_seq_in_window(err->quoted_seq, t->snd_una, t->snd_nxt - t->snd_una)) {
		r->drop = TG_DROP_ICMP_NO_CONNECTION;
		return;
	}
	r->drop = TG_DROP_ICMP_CONSUMED;
	if (err->too_big && t->state == TG_TCP_SYN_SENT) {
		syn_too_big(tcp, h, now);
		return;
	}
	if (err->too_big) {
		lower_mss(tcp, h, err->mtu);
		return;
	}
	report(tcp, err, r);
	if (err->hard && tg_tcp_is_opening(t)) /* once synchronised, soft (RFC 5927 4.2) */
		refuse(tcp, h, now, r);
}
