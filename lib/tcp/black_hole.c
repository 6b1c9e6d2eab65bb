/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Paths on which large packets vanish and no ICMP error says so (RFC 2923 section 2.1). RFC 4821
 * would search for the largest size that passes; this does what deployed stacks do: when full
 * segments time out again and again, smaller ones are tried, and if they fare no better it was
 * not their size.
 */
#include "tcp/tcp_internal.h"

#define TIMEOUTS_PER_SIZE 2 /* one may be mere loss, two in a row hardly ever */

/* What passes where 1500 does not (a tunnel or two), then what every path takes (RFC 791, RFC
 * 8200); in bytes of TCP payload with its options. */
static const uint16_t sizes4[] = { 1024, 536, 0 };
static const uint16_t sizes6[] = { 1220, 0 };

/* The next size to try; 0: there is none. */
static uint16_t
smaller(bool is_ipv6, uint16_t mss)
{
	const uint16_t *size = is_ipv6 ? sizes6 : sizes4;

	while (*size >= mss)
		size++;
	return *size;
}

static void
lower(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, uint16_t mss)
{
	if ((s->rare & TG_RARE_SMALLER_MSS) == 0) {
		s->rare |= TG_RARE_SMALLER_MSS;
		tg_tcp_rare_of(tcp, t)->mss_before = t->mss;
	}
	t->mss = mss;
	tg_count(tcp->stats, TG_COUNTER_BLACK_HOLES);
}

static void
restore(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s)
{
	s->rare &= (uint8_t)~TG_RARE_SMALLER_MSS;
	t->mss = tg_tcp_rare_of(tcp, t)->mss_before;
	tg_count(tcp->stats, TG_COUNTER_BLACK_HOLES_REFUTED);
}

/* The segment at SND.UNA has timed out, t->retries times in a row. Each size is tried once in a
 * row; when an ACK ends it, the size that went through stays. */
void
tg_black_hole_timeout(struct tg_tcp *tcp, uint32_t h)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);
	bool trying;
	uint16_t mss;

	if (t->retries == 1)
		s->rare &= (uint8_t)~TG_RARE_SMALLER_MSS;
	trying = (s->rare & TG_RARE_SMALLER_MSS) != 0;
	if (t->retries % TIMEOUTS_PER_SIZE != 0 || (!trying && t->retries > TIMEOUTS_PER_SIZE))
		return;
	mss = smaller(tg_tcp_is_ipv6(tcp, h), t->mss);
	if (mss != 0 && t->snd_nxt - t->snd_una >= tg_tcp_effective_mss(t))
		lower(tcp, t, s, mss);
	else if (trying)
		restore(tcp, t, s);
}
