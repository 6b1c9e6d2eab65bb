/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SYNs of a chunk that are answered with cookies: plain ones (packet/plain_syn.h), together, in
 * place, and before all other frames of the chunk. Nothing is allocated and no TCB is touched.
 *
 *   read    each frame: is it a plain SYN to a listener that gives cookies, from a source that
 *           may be answered
 *   hash    all flows; their buckets are on the way from memory
 *   make    all cookies meanwhile
 *   answer  each of a flow that the table lacks, be it by its tag only, and drop those beyond the
 *           limit of their source
 *
 * What any stage refuses goes the ordinary way, where it is looked at as if this did not exist,
 * and where the reason is counted if it is dropped.
 */
#include "packet/plain_syn.h"
#include "shard/shard_internal.h"

/* For functions that are made once for each family. */
#define ALWAYS __attribute__((always_inline))

_Static_assert(TG_SHARD_CHUNK <= TG_TUPLES_MAX, "a chunk is one batch");
_Static_assert(TG_SHARD_CHUNK <= 32, "a bit for each frame");

_Static_assert(TG_OWN_SOURCES_BITS == 1 << 10, "what own_source_bit yields");

/* The SYNs of one family. */
struct syns {
	uint16_t flags_all;                 /* TG_FRAME_* that all their frames have */
	uint8_t present_any;                /* TG_OPT_* that any of them has */
	const struct tg_endpoint *listener; /* of the last one; NULL: none yet */
	bool has_pattern;
	struct tg_syn_pattern pattern; /* of SYNs to it, where there is one */
	struct tg_tuples tuple;
	uint8_t at[TG_SHARD_CHUNK]; /* where in the chunk */
	uint16_t mss[TG_SHARD_CHUNK];
	uint32_t hash[TG_SHARD_CHUNK]; /* of the flow */
	uint32_t iss[TG_SHARD_CHUNK];
	uint32_t ts[TG_SHARD_CHUNK]; /* timestamp clock of the flow */
};

/* A chunk under way. */
struct batch {
	struct tg_run *run;
	const struct tg_frame *rx;
	struct tg_plain_syn syn[TG_SHARD_CHUNK];
	struct syns of[2]; /* by is_ipv6 */
};

/* Where a source stands in the filter of our own addresses: what is not there is not ours. */
static inline uint32_t
own_source_bit(bool is_ipv6, const uint8_t *src)
{
	uint64_t q[2];
	be32_t v4;

	if (!is_ipv6) {
		memcpy(&v4, src, sizeof(v4));
		return (v4 * 0x9e3779b1u) >> 22;
	}
	memcpy(q, src, sizeof(q));
	return (uint32_t)((q[0] * 31 + q[1]) * 0x9e3779b97f4a7c15u >> 54);
}

static void
add_own_source(struct tg_shard *shard, bool is_ipv6, const union tg_ip *ip)
{
	uint32_t bit = own_source_bit(is_ipv6, ip->b);

	shard->own_sources[bit / 64] |= UINT64_C(1) << bit % 64;
}

void
tg_syn_batch_layout(struct tg_shard *shard)
{
	const struct tg_net *net = shard->config->net;
	uint16_t i;

	for (i = 0; i < net->n_addrs; i++) {
		const struct tg_net_addr *a = &net->addr[i];
		union tg_ip broadcast = a->ip;

		add_own_source(shard, a->is_ipv6, &a->ip);
		if (a->is_ipv6 || a->prefix_len > 30)
			continue;
		broadcast.v4 |= tg_be32(UINT32_MAX >> a->prefix_len);
		add_own_source(shard, false, &broadcast);
	}
}

/* Widens an address of the packet to the type that tables are asked with. */
static inline union tg_ip
ip_at(bool is_ipv6, const uint8_t *p)
{
	union tg_ip ip = { 0 };

	memcpy(&ip, p, is_ipv6 ? sizeof(ip) : sizeof(ip.v4));
	return ip;
}

static inline ALWAYS bool
is_answerable(const struct tg_shard *shard, const struct tg_plain_syn *syn, bool is_ipv6)
{
	const uint8_t *p = tg_plain_syn_src(syn, is_ipv6);
	uint32_t bit = own_source_bit(is_ipv6, p);
	union tg_ip src;

	if ((shard->own_sources[bit / 64] >> bit % 64 & 1) == 0)
		return true;
	src = ip_at(is_ipv6, p);
	return tg_shard_check_source(shard, is_ipv6, &src, syn->vlan) == TG_DROP_NONE;
}

static bool
find_listener(const struct tg_run *run, const struct tg_plain_syn *syn, struct syns *s)
{
	bool is_ipv6 = syn->is_ipv6;
	union tg_ip dst = ip_at(is_ipv6, tg_plain_syn_dst(syn, is_ipv6));
	uint16_t endpoint =
	    tg_syn_cookies_listener(run->tcp, is_ipv6, &dst, tg_plain_syn_dport(syn), syn->vlan);

	if (endpoint == TG_ENDPOINT_NONE ||
	    tg_shard_check_destination(run->shard, is_ipv6, &dst, syn->vlan) != TG_DROP_NONE)
		return false;
	s->listener = &run->tcp->config->endpoint[endpoint];
	s->has_pattern = syn->vlan == 0;
	if (s->has_pattern)
		tg_syn_pattern_make(
		    &s->pattern, run->shard->config->net->mac, is_ipv6, &dst, s->listener->port);
	return true;
}

/* Whether a listener gives cookies there. SYNs of a flood are for the same one, mostly. */
static inline ALWAYS bool
has_listener(const struct tg_run *run, const struct tg_plain_syn *syn, struct syns *s, bool is_ipv6)
{
	const struct tg_endpoint *e = s->listener;
	const uint8_t *dst = tg_plain_syn_dst(syn, is_ipv6);

	if (e != NULL && e->port == tg_plain_syn_dport(syn) && e->vlan == syn->vlan &&
	    memcmp(dst, &e->ip, is_ipv6 ? sizeof(e->ip) : sizeof(e->ip.v4)) == 0)
		return true;
	return find_listener(run, syn, s);
}

/* Adds SYN number `at` of the chunk to those of its family. */
static inline ALWAYS void
add(struct batch *b, uint32_t at, bool is_ipv6)
{
	const struct tg_plain_syn *syn = &b->syn[at];
	const struct tg_frame *frame = &b->rx[at];
	struct syns *s = &b->of[is_ipv6];
	uint32_t i = s->tuple.n, row;

	if (!tg_syn_cookies_fit(is_ipv6, syn->present, syn->mss) ||
	    !is_answerable(b->run->shard, syn, is_ipv6))
		return;
	for (row = 0; row < (is_ipv6 ? 4 : 1); row++)
		memcpy(&s->tuple.addr[row][i], tg_plain_syn_src(syn, is_ipv6) + 8 * row, 8);
	s->tuple.head[i] = syn->head;
	s->at[i] = (uint8_t)at;
	s->mss[i] = syn->mss;
	s->hash[i] = frame->hash;
	s->flags_all &= frame->flags;
	s->present_any |= syn->present;
	s->tuple.n = i + 1;
}

static inline ALWAYS bool
is_fitting(struct batch *b, uint32_t at, bool is_ipv6)
{
	const struct syns *s = &b->of[is_ipv6];

	return s->has_pattern &&
	       tg_plain_syn_read_fitting(&b->rx[at], &s->pattern, is_ipv6, &b->syn[at]);
}

/* Reads a frame that does not fit what came before. */
static void
read_first(struct batch *b, uint32_t at)
{
	const uint8_t *mac = b->run->shard->config->net->mac;
	struct tg_plain_syn *syn = &b->syn[at];

	if (!tg_plain_syn_read(&b->rx[at], mac, syn))
		return;
	if (syn->is_ipv6 && has_listener(b->run, syn, &b->of[1], true))
		add(b, at, true);
	else if (!syn->is_ipv6 && has_listener(b->run, syn, &b->of[0], false))
		add(b, at, false);
}

static void
read_all(struct batch *b, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (is_fitting(b, i, false))
			add(b, i, false);
		else if (is_fitting(b, i, true))
			add(b, i, true);
		else
			read_first(b, i);
	}
}

static void
hash_all(const struct tg_tcp *tcp, struct syns *s)
{
	uint32_t i;

	if ((s->flags_all & TG_FRAME_HASHED) == 0)
		tg_flow_hash_tuples(
		    &tcp->config->secrets.flow, tcp->config->siphash_width, &s->tuple, s->hash);
	for (i = 0; i < s->tuple.n; i++)
		tg_flowtable_prefetch(&tcp->flows, s->hash[i]);
}

/* The form of SYN-ACKs that grant the same. */
static const struct tg_syn_ack_form *
make_form(const struct tg_run *run, bool is_ipv6, const struct tg_syn_grant *grant, unsigned which)
{
	struct tg_shard *shard = run->shard;
	const struct tg_net *net = shard->config->net;
	const struct tg_tcp_config *config = run->tcp->config;
	struct tg_syn_ack_form *form = &shard->syn_ack_forms[is_ipv6].form[which];
	struct tg_path path = {
		.is_ipv6 = is_ipv6, .ttl = net->ttl, .tos = net->tos, .offload = net->offload
	};
	const struct tg_segment seg = { .wnd = tg_syn_cookies_window(config),
		.flags = TG_TCP_SYN | TG_TCP_ACK | grant->flags,
		.opt = { .present = TG_OPT_MSS | grant->present,
		    .mss = is_ipv6 ? config->mss6 : config->mss4,
		    .wscale = config->window_scale } };

	memcpy(path.src_mac, net->mac, sizeof(path.src_mac));
	tg_syn_ack_form_make(form, &path, &seg);
	shard->syn_ack_forms[is_ipv6].made |= (uint16_t)(1U << which);
	return form;
}

/* Made when it is first wanted. */
static inline const struct tg_syn_ack_form *
form_of(const struct tg_run *run, bool is_ipv6, const struct tg_syn_grant *grant)
{
	const struct tg_syn_ack_forms *forms = &run->shard->syn_ack_forms[is_ipv6];
	unsigned which = (grant->present | grant->flags >> 2) >> 1;

	if ((forms->made >> which & 1) == 0)
		return make_form(run, is_ipv6, grant, which);
	return &forms->form[which];
}
_Static_assert((TG_OPT_WSCALE | TG_OPT_SACK_OK | TG_OPT_TIMESTAMP | TG_TCP_ECE >> 2) >> 1 == 15,
    "a form for each");

/* Whether a SYN is beyond the limit of its source. Every listener that gives cookies has that in
 * force. */
static enum tg_drop
judge(const struct tg_run *run, const struct tg_frame *frame, const struct tg_plain_syn *syn,
    const struct tg_endpoint *listener)
{
	const union tg_ip src = ip_at(syn->is_ipv6, tg_plain_syn_src(syn, syn->is_ipv6));
	uint16_t endpoint = (uint16_t)(listener - run->tcp->config->endpoint);

	return tg_syn_limit(run->tcp, endpoint, syn->is_ipv6, &src, frame->src_class, run->now);
}

/* Finds those to be answered: of a flow that the table lacks, and within the limit of their source.
 * which: out, their numbers, n of them. Returns which frames of the chunk are dealt with, by an
 * answer or a drop. */
static inline ALWAYS uint32_t
select_new(struct batch *b, const struct syns *s, uint8_t *which, uint32_t *n)
{
	struct tg_run *run = b->run;
	const struct tg_flowtable flows = run->tcp->flows;
	const bool limited = tg_source_limit_is_set(&run->tcp->source_limit);
	uint32_t i, done = 0;

	for (i = 0, *n = 0; i < s->tuple.n; i++) {
		uint32_t at = s->at[i];
		enum tg_drop why = TG_DROP_NONE;

		if (!tg_flowtable_lacks(&flows, s->hash[i]))
			continue;
		done |= UINT32_C(1) << at;
		if (limited)
			why = judge(run, &b->rx[at], &b->syn[at], s->listener);
		if (why == TG_DROP_NONE)
			which[(*n)++] = (uint8_t)i;
		else
			tg_shard_drop(run, &b->rx[at], why);
	}
	return done;
}

/* Answers n SYNs into tx. timestamps: some of them have that option, and may be granted more than
 * the MSS. */
static inline ALWAYS void
answer(const struct batch *b, const uint8_t *which, uint32_t n, struct tg_frame *tx, bool is_ipv6,
    bool timestamps)
{
	const struct syns *s = &b->of[is_ipv6];
	struct tg_syn_grant grant = { 0 };
	const struct tg_syn_ack_form *form = form_of(b->run, is_ipv6, &grant);
	uint32_t i;

	for (i = 0; i < n; i++) {
		uint32_t k = which[i], at = s->at[k];
		const struct tg_plain_syn *syn = &b->syn[at];

		if (timestamps) {
			const struct tg_syn_offer offer = { syn->present, syn->wscale, syn->flags };

			grant = tg_syn_cookies_grant(b->run->tcp->config, &offer, s->ts[k]);
			form = form_of(b->run, is_ipv6, &grant);
		}
		tx[i] = b->rx[at];
		tg_plain_syn_answer(&tx[i], syn, is_ipv6, form, s->iss[k], grant.tsval);
	}
}

/* Returns which frames of the chunk are dealt with. */
static inline ALWAYS uint32_t
answer_all(struct batch *b, bool is_ipv6)
{
	const struct syns *s = &b->of[is_ipv6];
	struct tg_run *run = b->run;
	struct tg_frame *tx = run->tx->v + run->tx->n;
	uint8_t which[TG_SHARD_CHUNK];
	uint32_t n, fit, i, done = select_new(b, s, which, &n);

	fit = TG_MIN(n, run->tx->cap - run->tx->n);
	if ((s->present_any & TG_OPT_TIMESTAMP) != 0)
		answer(b, which, fit, tx, is_ipv6, true);
	else
		answer(b, which, fit, tx, is_ipv6, false);
	run->tx->n += fit;
	for (i = fit; i < n; i++)
		tg_shard_drop(run, &b->rx[s->at[which[i]]], TG_DROP_TX_FULL);
	if (n != 0)
		tg_syn_cookies_issued(run->tcp, n, run->now);
	return done;
}

/* Hashes and answers the SYNs of one family. */
static uint32_t
finish(struct batch *b, bool is_ipv6)
{
	struct syns *s = &b->of[is_ipv6];
	struct tg_tcp *tcp = b->run->tcp;
	tg_time_t now = b->run->now;

	if (s->tuple.n == 0)
		return 0;
	hash_all(tcp, s);
	if (!tg_syn_cookies_make(tcp, &s->tuple, s->mss, now, s->iss))
		return 0;
	if ((s->present_any & TG_OPT_TIMESTAMP) != 0)
		tg_syn_cookies_clocks(tcp, &s->tuple, now, s->ts);
	return is_ipv6 ? answer_all(b, true) : answer_all(b, false);
}

uint32_t
tg_syn_batch(struct tg_run *run, const struct tg_frame *rx, uint32_t n)
{
	struct batch b;
	unsigned i;

	if (!tg_syn_cookies_active(run->tcp, run->now))
		return 0;
	b.run = run;
	b.rx = rx;
	for (i = 0; i < 2; i++) {
		b.of[i].flags_all = UINT16_MAX;
		b.of[i].present_any = 0;
		b.of[i].tuple.n = 0;
		b.of[i].listener = NULL;
		b.of[i].has_pattern = false;
		b.of[i].tuple.is_ipv6 = i == 1;
	}
	read_all(&b, n);
	return finish(&b, false) | finish(&b, true);
}
