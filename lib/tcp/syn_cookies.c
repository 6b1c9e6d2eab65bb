/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "tcp/syn_cookies.h"

#include "tcp/tcp_internal.h"

#define PRESSURE_TICKS 3815 /* four seconds: two tries of a client with the usual RTO */

/* Half-open connections live for 63 seconds by default, sixteen times as long as PRESSURE_TICKS: a
 * flood that leaves this part of a table within those fills it. */
#define FLOOD_SHARE(limit) TG_MAX((limit) / 16, 1U)

/* SYNs that led to nothing by now: cookies that nobody has answered, or only on another node, and
 * those beyond the limit of their source. */
static uint64_t
count_unanswered(const struct tg_tcp *tcp)
{
	return tg_stats_counter(tcp->stats, TG_COUNTER_COOKIES_ISSUED) -
	       tg_stats_counter(tcp->stats, TG_COUNTER_COOKIES_ACCEPTED) +
	       tg_stats_drop(tcp->stats, TG_DROP_SYN_SOURCE_LIMIT) +
	       tg_stats_drop(tcp->stats, TG_DROP_SYN_PREFIX_LIMIT);
}

/* Whether the SYNs under pressure show that the flood goes on. */
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

bool
tg_syn_cookies_wanted(const struct tg_tcp *tcp, uint16_t endpoint, const struct tg_packet *syn)
{
	return tcp->syn_cookies.keys != NULL && is_in_force(tcp, endpoint) &&
	       tg_syn_cookies_fit(syn->is_ipv6, syn->tcp.opt.present, syn->tcp.opt.mss);
}

uint16_t
tg_syn_cookies_listener(
    const struct tg_tcp *tcp, bool is_ipv6, const union tg_ip *dst, be16_t port, uint16_t vlan)
{
	uint16_t endpoint;

	if (tcp->draining)
		return TG_ENDPOINT_NONE;
	endpoint = tg_tcp_find_listener(tcp->config, is_ipv6, dst, port, vlan);
	if (endpoint == TG_ENDPOINT_NONE || !is_in_force(tcp, endpoint))
		return TG_ENDPOINT_NONE;
	return endpoint;
}

bool
tg_syn_cookies_make(const struct tg_tcp *tcp, const struct tg_tuples *t, const uint16_t *mss,
    tg_time_t now, uint32_t *iss)
{
	const struct tg_cookie_keys *keys = tcp->syn_cookies.keys;
	struct tg_cookie_now at;

	if (!tg_cookie_begin(&at, keys, tg_cookie_wall_s(keys, now)))
		return false;
	tg_cookie_make_tuples(&at, tcp->config->siphash_width, t, mss, iss);
	return true;
}

void
tg_syn_cookies_clocks(
    const struct tg_tcp *tcp, const struct tg_tuples *t, tg_time_t now, uint32_t *ts)
{
	uint32_t i;

	tg_tcp_ts_offsets(tcp, t, ts);
	for (i = 0; i < t->n; i++)
		ts[i] += tg_time_tick(now);
}

void
tg_syn_cookies_issued(struct tg_tcp *tcp, uint32_t n, tg_time_t now)
{
	struct tg_syn_cookies *c = &tcp->syn_cookies;

	c->issued = tg_cookie_wall_s(c->keys, now) / TG_COOKIE_EPOCH_S;
	tg_count_n(tcp->stats, TG_COUNTER_COOKIES_ISSUED, n);
}

static void
grant_options(
    struct tg_tcp *tcp, const struct tg_packet *syn, tg_time_t now, struct tg_segment *reply)
{
	const struct tg_tcp_config *config = tcp->config;
	const struct tg_tcp_options *theirs = &syn->tcp.opt;
	const struct tg_syn_offer offer = { theirs->present, theirs->wscale, syn->tcp.flags };
	struct tg_syn_grant grant;
	uint32_t ts = 0;

	if ((theirs->present & TG_OPT_TIMESTAMP) != 0)
		ts = tg_time_tick(now) + tg_tcp_ts_offset(tcp, syn);
	grant = tg_syn_cookies_grant(config, &offer, ts);
	reply->flags |= grant.flags;
	reply->opt.present = TG_OPT_MSS | grant.present;
	reply->opt.mss = syn->is_ipv6 ? config->mss6 : config->mss4;
	reply->opt.wscale = config->window_scale;
	reply->opt.tsval = grant.tsval;
	reply->opt.tsecr = theirs->tsval;
}

bool
tg_syn_cookies_answer(struct tg_tcp_input *in, uint16_t endpoint)
{
	const struct tg_cookie_keys *keys = in->tcp->syn_cookies.keys;
	const struct tg_segment *seg = in->seg;
	struct tg_segment *reply = &in->r->reply;
	struct tg_cookie_now at;

	if (!tg_cookie_begin(&at, keys, tg_cookie_wall_s(keys, in->now)))
		return false;
	*reply = (struct tg_segment){ .seq = tg_cookie_make(&at, in->pkt),
		.ack = seg->seq + 1,
		.wnd = tg_syn_cookies_window(in->tcp->config),
		.sport = seg->dport,
		.dport = seg->sport,
		.flags = TG_TCP_SYN | TG_TCP_ACK };
	grant_options(in->tcp, in->pkt, in->now, reply);
	if ((seg->opt.present & TG_OPT_FAST_OPEN) != 0)
		tg_fast_open_answer(in->tcp, endpoint, in->pkt, &reply->opt);
	tg_syn_cookies_issued(in->tcp, 1, in->now);
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
