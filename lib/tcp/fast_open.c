/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The server's part of Fast Open: RFC 7413 sections 4.1.2, 4.2.2 and 5.1.
 */
#include "tcp/fast_open.h"

#include "tcp/tcp_internal.h"

#define RESET_TICKS 57221 /* a minute */

enum cookie_age { COOKIE_INVALID, COOKIE_PREVIOUS, COOKIE_CURRENT };

void
tg_fast_open_make_key(const struct tg_siphash_key *master, uint64_t period_s, uint64_t period,
    struct tg_siphash_key *key)
{
	struct {
		char name[24];
		uint64_t period_s, period;
	} label = { .name = "Tidegate Fast Open", .period_s = period_s, .period = period };

	_Static_assert(sizeof(label) == 40, "padding would be hashed");
	tg_siphash24_128(master, &label, sizeof(label), key);
}

void
tg_fast_open_cookie(const struct tg_siphash_key *key, bool is_ipv6, const union tg_ip *client,
    const union tg_ip *server, uint8_t cookie[TG_FAST_OPEN_COOKIE_BYTES])
{
	const union tg_ip pair6[2] = { *client, *server };
	const be32_t pair4[2] = { client->v4, server->v4 };
	uint64_t hash = is_ipv6 ? tg_siphash24(key, pair6, sizeof(pair6))
				: tg_siphash24(key, pair4, sizeof(pair4));

	memcpy(cookie, &hash, TG_FAST_OPEN_COOKIE_BYTES);
}

static bool
is_made_with(const struct tg_siphash_key *key, const struct tg_packet *pkt)
{
	uint8_t cookie[TG_FAST_OPEN_COOKIE_BYTES];

	tg_fast_open_cookie(key, pkt->is_ipv6, &pkt->src, &pkt->dst, cookie);
	return memcmp(cookie, pkt->tcp.opt.cookie, sizeof(cookie)) == 0;
}

static enum cookie_age
check_cookie(const struct tg_fast_open_keys *keys, const struct tg_packet *pkt)
{
	if (pkt->tcp.opt.n_cookie != TG_FAST_OPEN_COOKIE_BYTES)
		return COOKIE_INVALID;
	if (is_made_with(&keys->current, pkt))
		return COOKIE_CURRENT;
	if (keys->has_previous && is_made_with(&keys->previous, pkt))
		return COOKIE_PREVIOUS;
	return COOKIE_INVALID;
}

/* Moves on to the period that now lies in. */
static void
turn_period(struct tg_fast_open_backlog *b, uint32_t now)
{
	uint32_t age = now - b->period;

	if (age < RESET_TICKS)
		return;
	b->reset_before = age < 2 * RESET_TICKS ? b->reset : 0;
	b->reset = 0;
	b->period = now;
}

static bool
has_room(struct tg_tcp *tcp, tg_time_t now)
{
	struct tg_fast_open_backlog *b = &tcp->fast_open;

	turn_period(b, tg_time_tick(now));
	return b->pending + b->reset + b->reset_before < tcp->config->limits.fast_open_pending;
}

void
tg_fast_open_reset(struct tg_tcp *tcp, tg_time_t now)
{
	turn_period(&tcp->fast_open, tg_time_tick(now));
	tcp->fast_open.reset++;
}

/* The SYN's text may be taken, if there is room for one more that may be. */
static void
accept_text(struct tg_tcp_input *in, enum cookie_age age)
{
	struct tg_tcp *tcp = in->tcp;
	struct tg_side *s;

	if (!has_room(tcp, in->now)) {
		tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_LIMITED);
		return;
	}
	s = tg_tcp_side(tcp, in->h);
	if (s == NULL)
		return; /* an ordinary handshake, then; the want of a record is counted */
	s->fast_open = true;
	tcp->fast_open.pending++;
	in->r->syn_text = true;
	tg_count(tcp->stats,
	    age == COOKIE_CURRENT ? TG_COUNTER_FAST_OPEN_ACCEPTED : TG_COUNTER_FAST_OPEN_STALE);
}

/* The SYN-ACK is to grant a cookie, in the form in which the client knows the option. While text
 * is pending the newer form is good enough: such a client has a cookie. */
static void
ask_for_grant(struct tg_tcp_input *in)
{
	in->t->flags |= TG_TCB_FAST_OPEN;
	if ((in->seg->opt.present & TG_OPT_FAST_OPEN_EXPERIMENT) != 0 && !in->r->syn_text)
		in->t->flags |= TG_TCB_FAST_OPEN_EXPERIMENT;
}

void
tg_fast_open_receive_syn(struct tg_tcp_input *in)
{
	struct tg_tcp *tcp = in->tcp;
	enum cookie_age age;

	if (!tg_tcp_endpoint(tcp, in->h)->fast_open || tcp->fast_open_keys == NULL)
		return;
	if (in->seg->opt.n_cookie == 0) {
		tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_REQUESTED);
		ask_for_grant(in);
		return;
	}
	age = check_cookie(tcp->fast_open_keys, in->pkt);
	if (age == COOKIE_INVALID)
		tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_REFUSED);
	else if (in->seg->len != 0)
		accept_text(in, age);
	if (age != COOKIE_CURRENT)
		ask_for_grant(in);
}

void
tg_fast_open_answer(
    struct tg_tcp *tcp, uint16_t endpoint, const struct tg_packet *syn, struct tg_tcp_options *opt)
{
	const struct tg_fast_open_keys *keys = tcp->fast_open_keys;
	const struct tg_endpoint *e = &tcp->config->endpoint[endpoint];
	enum cookie_age age;

	if (!e->fast_open || keys == NULL)
		return;
	if (syn->tcp.opt.n_cookie == 0)
		tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_REQUESTED);
	else if ((age = check_cookie(keys, syn)) == COOKIE_CURRENT)
		return;
	else if (age == COOKIE_INVALID)
		tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_REFUSED);
	tg_fast_open_cookie(&keys->current, syn->is_ipv6, &syn->src, &e->ip, opt->cookie);
	opt->n_cookie = TG_FAST_OPEN_COOKIE_BYTES;
	opt->present |= TG_OPT_FAST_OPEN | (syn->tcp.opt.present & TG_OPT_FAST_OPEN_EXPERIMENT);
	tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_GRANTED);
}

void
tg_fast_open_grant(struct tg_tcp *tcp, uint32_t h, struct tg_segment *syn_ack)
{
	union tg_ip client;

	if (tcp->fast_open_keys == NULL)
		return;
	tg_tcp_remote(tcp, h, &client);
	tg_fast_open_cookie(&tcp->fast_open_keys->current, tg_tcp_is_ipv6(tcp, h), &client,
	    &tg_tcp_endpoint(tcp, h)->ip, syn_ack->opt.cookie);
	syn_ack->opt.n_cookie = TG_FAST_OPEN_COOKIE_BYTES;
	syn_ack->opt.present |= TG_OPT_FAST_OPEN;
	if ((tcp->tcb[h].flags & TG_TCB_FAST_OPEN_EXPERIMENT) != 0)
		syn_ack->opt.present |= TG_OPT_FAST_OPEN_EXPERIMENT;
	tg_count(tcp->stats, TG_COUNTER_FAST_OPEN_GRANTED);
}
