/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The client's part of Fast Open: RFC 7413 sections 4.1.3 and 4.2.1.
 */
#include "tcp/tcp_internal.h"

#define OFF_NS           (60 * TG_NS_PER_SEC) /* after the first failure; doubles with each */
#define OFF_DOUBLINGS    10                   /* 17 hours */
#define SYN_OPTION_BYTES TG_TCP_OPTIONS_BYTES_MAX

static struct tg_cookie_key
key_of(const struct tg_tcp *tcp, uint32_t h)
{
	struct tg_cookie_key key = { .endpoint = tcp->tcb[h].endpoint, .rport = tcp->tcb[h].rport };

	tg_tcp_remote(tcp, h, &key.remote);
	return key;
}

static struct tg_cookie_entry *
find(struct tg_tcp *tcp, uint32_t h)
{
	const struct tg_cookie_key key = key_of(tcp, h);

	return tg_cookie_cache_find(&tcp->cookies, &tcp->config->secrets.flow, &key);
}

static struct tg_cookie_entry *
add(struct tg_tcp *tcp, uint32_t h)
{
	const struct tg_cookie_key key = key_of(tcp, h);
	bool evicted;
	struct tg_cookie_entry *e =
	    tg_cookie_cache_add(&tcp->cookies, &tcp->config->secrets.flow, &key, &evicted);

	if (evicted)
		tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_EVICTED);
	return e;
}

/* Bytes of the user's stream that a SYN with e's cookie carries. */
static uint32_t
syn_text(const struct tg_tcp *tcp, uint32_t h, const struct tg_cookie_entry *e)
{
	const struct tg_side *s = tg_tcp_side_of(tcp, &tcp->tcb[h]);

	if (s == NULL || e == NULL || e->n_cookie == 0)
		return 0;
	return TG_MIN(s->snd_end - s->snd_base, (uint32_t)e->mss - SYN_OPTION_BYTES);
}

uint32_t
tg_tcp_fast_open(struct tg_tcp *tcp, uint32_t h, tg_time_t now)
{
	const struct tg_cookie_entry *e = find(tcp, h);
	uint32_t len = syn_text(tcp, h, e);

	if (tcp->cookies.n == 0)
		return 0;
	if (e != NULL && now < e->off_until) {
		tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_AVOIDED);
		return 0;
	}
	tcp->tcb[h].flags |= TG_TCB_FAST_OPEN;
	return len;
}

void
tg_fast_open_offer(struct tg_tcp *tcp, uint32_t h, struct tg_segment *syn)
{
	const struct tg_cookie_entry *e = find(tcp, h);
	struct tg_tcb *t = &tcp->tcb[h];

	if ((t->flags & TG_TCB_RETRIED) != 0)
		return; /* section 4.1.3: neither option nor text again */
	syn->opt.present |= TG_OPT_FAST_OPEN;
	if (e == NULL || e->n_cookie == 0) {
		tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_ASKED);
		return;
	}
	syn->opt.n_cookie = e->n_cookie;
	memcpy(syn->opt.cookie, e->cookie, e->n_cookie);
	syn->len = syn_text(tcp, h, e);
	if (syn->len == 0)
		return; /* a server that speaks first may do so at once */
	t->snd_nxt += syn->len;
	tg_tcp_side_of(tcp, t)->snd_ptr = t->snd_nxt;
	tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_SENT);
}

static void
turn_off(struct tg_cookie_entry *e, tg_time_t now)
{
	e->off_until = now + (OFF_NS << TG_MIN(e->failures, OFF_DOUBLINGS));
	e->failures = (uint8_t)TG_MIN(e->failures + 1, UINT8_MAX);
}

void
tg_fast_open_failed(struct tg_tcp *tcp, uint32_t h, tg_time_t now)
{
	uint16_t flags = tcp->tcb[h].flags;
	struct tg_cookie_entry *e;

	if ((flags & TG_TCB_FAST_OPEN) == 0 || (flags & TG_TCB_RETRIED) != 0)
		return; /* not by that SYN */
	tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_FALLBACK);
	e = add(tcp, h);
	if (e != NULL)
		turn_off(e, now);
}

/* Keeps the cookie of a SYN-ACK, asked for or newer than the one shown. */
static void
keep_cookie(struct tg_tcp_input *in, struct tg_cookie_entry *e)
{
	const struct tg_tcp_options *opt = &in->seg->opt;

	e->n_cookie = opt->n_cookie;
	memcpy(e->cookie, opt->cookie, opt->n_cookie);
	tg_count(in->tcp->stats, TG_COUNTER_FAST_OPEN_CACHED);
}

void
tg_fast_open_answered(struct tg_tcp_input *in)
{
	bool has_cookie =
	    (in->seg->opt.present & TG_OPT_FAST_OPEN) != 0 && in->seg->opt.n_cookie != 0;
	uint32_t una = in->t->snd_una + 1;
	struct tg_cookie_entry *e = has_cookie ? add(in->tcp, in->h) : find(in->tcp, in->h);

	if (e != NULL)
		e->mss = in->t->mss;
	if (e != NULL && has_cookie)
		keep_cookie(in, e);
	if (in->t->snd_nxt == una)
		return; /* the SYN had no text */
	if (in->seg->ack != una) {
		tg_count(in->tcp->stats, TG_COUNTER_FAST_OPEN_TAKEN);
		if (e != NULL)
			e->off_until = e->failures = 0;
		return;
	}
	tg_count(in->tcp->stats, TG_COUNTER_FAST_OPEN_UNTAKEN);
	/* A new cookie says that only the old one was wrong; silence, that it is not wanted
	 * (section 4.1.3.1). */
	if (e != NULL && !has_cookie && (in->t->flags & TG_TCB_RETRIED) == 0)
		turn_off(e, in->now);
}
