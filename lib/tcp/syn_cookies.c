/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "tcp/syn_cookies.h"

#include "tcp/tcp_internal.h"

#define PRESSURE_TICKS 3815 /* four seconds: two tries of a client with the usual RTO */
#define FEW_SYNS       4    /* fewer are not worth the wide registers */

/* Half-open connections live for 63 seconds by default, sixteen times as long as PRESSURE_TICKS: a
 * flood that leaves this part of a table within those fills it. */
#define FLOOD_SHARE(limit) TG_MAX((limit) / 16, 1U)

/* Cookies that nobody has answered, or only on another node; by now. */
static uint64_t
count_unanswered(const struct tg_tcp *tcp)
{
	return tg_stats_counter(tcp->stats, TG_COUNTER_COOKIES_ISSUED) -
	       tg_stats_counter(tcp->stats, TG_COUNTER_COOKIES_ACCEPTED);
}

/* Whether the cookies made under pressure show that the flood goes on. */
static bool
is_flooded(const struct tg_tcp *tcp)
{
	int64_t more = (int64_t)(count_unanswered(tcp) - tcp->syn_cookies.unanswered);

	return more > (int64_t)FLOOD_SHARE(tcp->config->limits.half_open);
}

void
tg_syn_pressure_check(struct tg_tcp *tcp, tg_time_t now)
{
	struct tg_syn_cookies *c = &tcp->syn_cookies;
	uint32_t n = tg_gauge(&tcp->gauges->state[TG_TCP_SYN_RECEIVED]);
	uint32_t limit = tcp->config->limits.half_open, tick = tg_time_tick(now);

	if (n >= limit || (c->pressure && is_flooded(tcp))) {
		c->full = tick;
		c->unanswered = count_unanswered(tcp);
		if (c->pressure)
			return;
		c->pressure = true;
		tg_gauge_add(&tcp->gauges->syn_pressure, 1);
		tg_count(tcp->stats, TG_COUNTER_SYN_PRESSURE);
	} else if (c->pressure && n <= limit / 2 && tick - c->full >= PRESSURE_TICKS) {
		c->pressure = false;
		tg_gauge_add(&tcp->gauges->syn_pressure, -1);
		tg_count(tcp->stats, TG_COUNTER_SYN_PRESSURE_OVER);
	}
}

bool
tg_syn_cookies_active(struct tg_tcp *tcp, tg_time_t now)
{
	if (tcp->syn_cookies.pressure)
		tg_syn_pressure_check(tcp, now);
	return tcp->syn_cookies.keys != NULL &&
	       (tcp->syn_cookies.always || tcp->syn_cookies.pressure);
}

static bool
is_in_force(const struct tg_tcp *tcp, uint16_t endpoint)
{
	switch (tcp->config->endpoint[endpoint].syn_cookies) {
	case TG_SYN_COOKIES_NEVER:
		return false;
	case TG_SYN_COOKIES_AUTO:
		return tcp->syn_cookies.pressure;
	case TG_SYN_COOKIES_ALWAYS:
		return true;
	}
	return false;
}

/* Whether a cookie can keep the MSS that a SYN names. */
static bool
fits_class(const struct tg_packet *syn)
{
	const struct tg_tcp_options *opt = &syn->tcp.opt;

	return (opt->present & TG_OPT_MSS) == 0 || opt->mss >= tg_cookie_mss[syn->is_ipv6][0];
}

bool
tg_syn_cookies_wanted(const struct tg_tcp *tcp, uint16_t endpoint, const struct tg_packet *syn)
{
	return tcp->syn_cookies.keys != NULL && is_in_force(tcp, endpoint) && fits_class(syn);
}

uint16_t
tg_syn_cookies_listener(const struct tg_tcp *tcp, const struct tg_packet *syn)
{
	uint16_t endpoint;

	if (tcp->draining)
		return TG_ENDPOINT_NONE;
	endpoint = tg_tcp_find_listener(tcp->config, syn);
	if (endpoint == TG_ENDPOINT_NONE || !tg_syn_cookies_wanted(tcp, endpoint, syn))
		return TG_ENDPOINT_NONE;
	return endpoint;
}

/* The cookies of the SYNs of IPv4. */
static void
make_ip4(
    const struct tg_tcp *tcp, const struct tg_cookie_now *at, struct tg_cookie_syn *syn, uint32_t n)
{
	enum tg_siphash_width width = n < FEW_SYNS ? TG_SIPHASH_X1 : tcp->config->siphash_width;
	struct tg_siphash_block block[TG_SYN_COOKIES_MAX];
	uint32_t iss[TG_SYN_COOKIES_MAX], i, k = 0;
	uint16_t mss[TG_SYN_COOKIES_MAX];

	for (i = 0; i < n; i++) {
		const struct tg_packet *pkt = syn[i].pkt;
		const struct tg_tcp_options *opt = &pkt->tcp.opt;

		if (pkt->is_ipv6)
			continue;
		block[k] = tg_cookie_block(pkt, 0);
		mss[k++] = (opt->present & TG_OPT_MSS) != 0 ? opt->mss : 0;
	}
	if (k == 0)
		return;
	tg_cookie_make_ip4(at, width, block, mss, k, iss);
	for (i = 0, k = 0; i < n; i++)
		if (!syn[i].pkt->is_ipv6)
			syn[i].iss = iss[k++];
}

bool
tg_syn_cookies_make(struct tg_tcp *tcp, struct tg_cookie_syn *syn, uint32_t n, tg_time_t now)
{
	struct tg_syn_cookies *c = &tcp->syn_cookies;
	uint64_t wall_s = tg_cookie_wall_s(c->keys, now);
	struct tg_cookie_now at;
	uint32_t i;

	assert(n <= TG_SYN_COOKIES_MAX); /* the header says so */
	if (!tg_cookie_begin(&at, c->keys, wall_s))
		return false;
	make_ip4(tcp, &at, syn, n);
	for (i = 0; i < n; i++)
		if (syn[i].pkt->is_ipv6)
			syn[i].iss = tg_cookie_make(&at, syn[i].pkt);
	c->issued = wall_s / TG_COOKIE_EPOCH_S;
	tg_count_n(tcp->stats, TG_COUNTER_COOKIES_ISSUED, n);
	return true;
}

/* What of the SYN's options is granted. Timestamps bring all but the MSS back. */
static void
grant_options(
    struct tg_tcp *tcp, const struct tg_packet *syn, tg_time_t now, struct tg_segment *reply)
{
	const struct tg_tcp_config *config = tcp->config;
	const struct tg_tcp_options *theirs = &syn->tcp.opt;
	struct tg_tcp_options *opt = &reply->opt;
	struct tg_cookie_options keep = { .wscale = TG_COOKIE_NO_WSCALE };

	opt->present = TG_OPT_MSS;
	opt->mss = syn->is_ipv6 ? config->mss6 : config->mss4;
	if (!config->timestamps || (theirs->present & TG_OPT_TIMESTAMP) == 0)
		return;
	opt->present |= TG_OPT_TIMESTAMP | (theirs->present & TG_OPT_WSCALE);
	if ((theirs->present & TG_OPT_WSCALE) != 0) {
		opt->wscale = config->window_scale;
		keep.wscale = theirs->wscale;
	}
	keep.sack = config->sack && (theirs->present & TG_OPT_SACK_OK) != 0;
	if (keep.sack)
		opt->present |= TG_OPT_SACK_OK;
	keep.ecn = config->ecn != TG_TCP_ECN_OFF &&
		   (syn->tcp.flags & (TG_TCP_ECE | TG_TCP_CWR)) == (TG_TCP_ECE | TG_TCP_CWR);
	if (keep.ecn)
		reply->flags |= TG_TCP_ECE;
	opt->tsval = tg_cookie_tsval(tg_time_tick(now) + tg_tcp_ts_offset(tcp, syn), &keep);
	opt->tsecr = theirs->tsval;
}

void
tg_syn_cookies_reply(
    struct tg_tcp *tcp, const struct tg_cookie_syn *syn, tg_time_t now, struct tg_segment *reply)
{
	const struct tg_segment *seg = &syn->pkt->tcp;

	*reply = (struct tg_segment){ .seq = syn->iss,
		.ack = seg->seq + 1,
		.wnd = (uint16_t)TG_MIN(tcp->config->receive_window, UINT16_MAX),
		.sport = seg->dport,
		.dport = seg->sport,
		.flags = TG_TCP_SYN | TG_TCP_ACK };
	grant_options(tcp, syn->pkt, now, reply);
	if ((seg->opt.present & TG_OPT_FAST_OPEN) != 0)
		tg_fast_open_answer(tcp, syn->endpoint, syn->pkt, &reply->opt);
}

bool
tg_syn_cookies_answer(struct tg_tcp_input *in, uint16_t endpoint)
{
	struct tg_cookie_syn syn = { .pkt = in->pkt, .endpoint = endpoint };

	if (!tg_syn_cookies_make(in->tcp, &syn, 1, in->now))
		return false;
	tg_syn_cookies_reply(in->tcp, &syn, in->now, &in->r->reply);
	in->r->has_reply = true;
	return true;
}

/* Whether cookies are taken for listener e. */
static bool
is_honoured(const struct tg_tcp *tcp, uint16_t endpoint, uint64_t wall_s)
{
	const struct tg_syn_cookies *c = &tcp->syn_cookies;

	return tcp->config->endpoint[endpoint].syn_cookies != TG_SYN_COOKIES_NEVER &&
	       (c->keys->shared || c->issued + 1 >= wall_s / TG_COOKIE_EPOCH_S);
}

/* Makes the TCB that would be in SYN-RECEIVED if the SYN had been given one. */
static void
restore(struct tg_tcp_input *in, const struct tg_cookie_peer *peer)
{
	const struct tg_tcp_config *config = in->tcp->config;
	const struct tg_segment *seg = in->seg;
	struct tg_tcb *t = in->t;

	t->flags = tg_tcp_default_flags(config);
	t->rcv_nxt = seg->seq;
	t->snd_una = seg->ack - 1;
	t->snd_nxt = seg->ack;
	t->mss = TG_MIN(peer->mss, in->pkt->is_ipv6 ? config->mss6 : config->mss4);
	if (peer->timestamps && config->timestamps) {
		t->flags |= TG_TCB_TIMESTAMPS;
		t->ts_recent = seg->opt.tsval;
		t->ts_off = peer->ts_off;
		if (peer->opt.wscale != TG_COOKIE_NO_WSCALE) {
			t->flags |= TG_TCB_WSCALE;
			t->snd_wscale = peer->opt.wscale & 15;
		}
		if (peer->opt.sack && config->sack)
			t->flags |= TG_TCB_SACK;
		if (peer->opt.ecn && config->ecn != TG_TCP_ECN_OFF)
			t->flags |= TG_TCB_ECN;
	}
	tg_cc_init(in->tcp, t);
	tg_tcp_set_state(in->tcp, t, TG_TCP_SYN_RECEIVED);
}

static void
open_restored(struct tg_tcp_input *in, uint16_t endpoint, const struct tg_cookie_peer *peer)
{
	struct tg_tcp *tcp = in->tcp;

	in->h = tg_tcp_new_connection(tcp, endpoint, in->pkt, in->hash);
	if (in->h == TG_HANDLE_NONE) {
		tg_count(tcp->stats, TG_COUNTER_COOKIES_NO_TCB);
		in->r->drop = TG_DROP_TCP_NO_TCB;
		return;
	}
	tg_count(tcp->stats, TG_COUNTER_COOKIES_ACCEPTED);
	in->t = &tcp->tcb[in->h];
	in->r->handle = in->h;
	restore(in, peer);
	tg_tcp_steps(in);
}

bool
tg_syn_cookies_accept(struct tg_tcp_input *in, uint16_t endpoint)
{
	struct tg_tcp *tcp = in->tcp;
	const struct tg_cookie_keys *keys = tcp->syn_cookies.keys;
	struct tg_cookie_peer peer;
	struct tg_cookie_now at;
	uint64_t wall_s;

	if (keys == NULL)
		return false;
	wall_s = tg_cookie_wall_s(keys, in->now);
	if (!is_honoured(tcp, endpoint, wall_s))
		return false;
	tg_cookie_begin(&at, keys, wall_s);
	switch (tg_cookie_check(&at, in->pkt, tg_time_tick(in->now), &peer)) {
	case TG_COOKIE_ACCEPTED:
		open_restored(in, endpoint, &peer);
		return true;
	case TG_COOKIE_REFUSED:
		tg_count(tcp->stats, TG_COUNTER_COOKIES_REFUSED);
		return false;
	case TG_COOKIE_KEY_UNKNOWN:
		tg_count(tcp->stats, TG_COUNTER_COOKIES_STALE);
		return false;
	}
	return false;
}
