/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Pools, the table of legal transitions, and the ways a connection ends.
 */
#include "packet/flow_hash.h"
#include "tcp/tcp_internal.h"

const char *const tg_tcp_state_name[TG_TCP_STATES] = {
	[TG_TCP_CLOSED] = "CLOSED",
	[TG_TCP_LISTEN] = "LISTEN",
	[TG_TCP_SYN_SENT] = "SYN-SENT",
	[TG_TCP_SYN_RECEIVED] = "SYN-RECEIVED",
	[TG_TCP_ESTABLISHED] = "ESTABLISHED",
	[TG_TCP_FIN_WAIT_1] = "FIN-WAIT-1",
	[TG_TCP_FIN_WAIT_2] = "FIN-WAIT-2",
	[TG_TCP_CLOSE_WAIT] = "CLOSE-WAIT",
	[TG_TCP_CLOSING] = "CLOSING",
	[TG_TCP_LAST_ACK] = "LAST-ACK",
	[TG_TCP_TIME_WAIT] = "TIME-WAIT",
};

#define TO(state) (1U << TG_TCP_##state)

/* RFC 9293 figure 5. LISTEN belongs to an endpoint, not to a TCB: a new TCB steps from
 * CLOSED straight to SYN-RECEIVED. Every state may end in CLOSED. */
static const uint16_t legal[TG_TCP_STATES] = {
	[TG_TCP_CLOSED] = TO(SYN_RECEIVED) | TO(SYN_SENT),
	[TG_TCP_LISTEN] = 0,
	[TG_TCP_SYN_SENT] = TO(SYN_RECEIVED) | TO(ESTABLISHED) | TO(CLOSED),
	[TG_TCP_SYN_RECEIVED] = TO(ESTABLISHED) | TO(FIN_WAIT_1) | TO(CLOSED),
	[TG_TCP_ESTABLISHED] = TO(FIN_WAIT_1) | TO(CLOSE_WAIT) | TO(CLOSED),
	[TG_TCP_FIN_WAIT_1] = TO(FIN_WAIT_2) | TO(CLOSING) | TO(TIME_WAIT) | TO(CLOSED),
	[TG_TCP_FIN_WAIT_2] = TO(TIME_WAIT) | TO(CLOSED),
	[TG_TCP_CLOSE_WAIT] = TO(LAST_ACK) | TO(CLOSED),
	[TG_TCP_CLOSING] = TO(TIME_WAIT) | TO(CLOSED),
	[TG_TCP_LAST_ACK] = TO(CLOSED),
	[TG_TCP_TIME_WAIT] = TO(SYN_RECEIVED) | TO(CLOSED), /* RFC 6191 reopens */
};

static void
leave_syn_received(struct tg_tcp *tcp, const struct tg_tcb *t)
{
	struct tg_side *s = tg_tcp_side_of(tcp, t);

	if (s == NULL || !s->fast_open)
		return;
	s->fast_open = false;
	tcp->fast_open.pending--;
}

void
tg_tcp_set_state(struct tg_tcp *tcp, struct tg_tcb *t, enum tg_tcp_state to)
{
	assert((legal[t->state] & 1U << to) != 0); /* callers follow figure 5 */
	if (t->state == TG_TCP_SYN_RECEIVED)
		leave_syn_received(tcp, t);
	if (t->state != TG_TCP_CLOSED)
		tg_gauge_add(&tcp->gauges->state[t->state], -1);
	if (to != TG_TCP_CLOSED)
		tg_gauge_add(&tcp->gauges->state[to], 1);
	t->state = (uint8_t)to & 15;
}

static uint32_t
link_tcbs(struct tg_tcp *tcp, uint32_t first, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		tcp->tcb[first + i].side = i + 1 < n ? first + i + 1 : TG_HANDLE_NONE;
	return n != 0 ? first : TG_HANDLE_NONE;
}

static void
link_pools(struct tg_tcp *tcp)
{
	const struct tg_tcp_limits *limits = &tcp->config->limits;
	uint32_t i;

	tcp->free4 = link_tcbs(tcp, 0, tcp->n4);
	tcp->free6 = link_tcbs(tcp, tcp->n4, tcp->n6);
	tcp->free_side = limits->sides != 0 ? 0 : TG_HANDLE_NONE;
	for (i = 0; i < limits->sides; i++)
		tcp->side[i].owner = i + 1 < limits->sides ? i + 1 : TG_HANDLE_NONE;
	tcp->free_held = limits->held != 0 ? 0 : TG_HANDLE_NONE;
	for (i = 0; i < limits->held; i++)
		tcp->held[i].next = i + 1 < limits->held ? i + 1 : TG_HANDLE_NONE;
}

static bool
has_listener_in_always(const struct tg_tcp_config *config)
{
	uint16_t i;

	for (i = 0; i < config->n_endpoints; i++)
		if (config->endpoint[i].syn_cookies == TG_SYN_COOKIES_ALWAYS)
			return true;
	return false;
}

void
tg_tcp_layout(struct tg_tcp *tcp, struct tg_arena *arena, const struct tg_tcp_config *config,
    struct tg_stats *stats, struct tg_tcp_gauges *gauges, uint32_t now_tick)
{
	const struct tg_tcp_limits *limits = &config->limits;

	memset(tcp, 0, sizeof(*tcp));
	tcp->config = config;
	tcp->stats = stats;
	tcp->gauges = gauges;
	tcp->n4 = limits->connections4;
	tcp->n6 = limits->connections6;
	tcp->tcb = tg_arena_take(arena, tcp->n4 + tcp->n6, sizeof(*tcp->tcb));
	tcp->raddr6 = tg_arena_take(arena, tcp->n6, sizeof(*tcp->raddr6));
	tcp->side = tg_arena_take(arena, limits->sides, sizeof(*tcp->side));
	tcp->loss = tg_arena_take(arena, limits->sides, sizeof(*tcp->loss));
	tcp->rare = tg_arena_take(arena, limits->sides, sizeof(*tcp->rare));
	tcp->held = tg_arena_take(arena, limits->held, sizeof(*tcp->held));
	tg_cookie_cache_layout(&tcp->cookies, arena, limits->fast_open_cookies);
	tg_flowtable_layout(&tcp->flows, arena, tcp->n4 + tcp->n6);
	tg_source_limit_layout(
	    &tcp->source_limit, arena, &config->source_limits, &config->secrets.sources);
	if (arena->base == NULL)
		return;
	link_pools(tcp);
	tg_wheel_init(&tcp->wheel, now_tick, tcp->tcb, sizeof(*tcp->tcb),
	    offsetof(struct tg_tcb, timer), tcp->n4 + tcp->n6);
	tcp->challenge_acks.interval = UINT32_MAX; /* none: intervals have 22 bits */
	tcp->syn_cookies.always = has_listener_in_always(config);
	tcp->resets.rate = limits->resets_per_second;
	tcp->resets.left = limits->resets_per_second;
}

uint32_t
tg_tcb_alloc(struct tg_tcp *tcp, bool is_ipv6)
{
	uint32_t *head = is_ipv6 ? &tcp->free6 : &tcp->free4;
	uint32_t h = *head;

	if (h == TG_HANDLE_NONE)
		return h;
	*head = tcp->tcb[h].side;
	tcp->tcb[h].side = TG_HANDLE_NONE;
	return h;
}

void
tg_tcb_release(struct tg_tcp *tcp, uint32_t h)
{
	uint32_t *head = tg_tcp_is_ipv6(tcp, h) ? &tcp->free6 : &tcp->free4;

	tcp->tcb[h].side = *head;
	*head = h;
}

void
tg_tcp_remote(const struct tg_tcp *tcp, uint32_t h, union tg_ip *ip)
{
	if (tg_tcp_is_ipv6(tcp, h)) {
		*ip = tcp->raddr6[h - tcp->n4];
		return;
	}
	memset(ip, 0, sizeof(*ip));
	ip->v4 = tcp->tcb[h].raddr;
}

uint32_t
tg_tcp_hash_of(const struct tg_tcp *tcp, uint32_t h)
{
	const struct tg_tcb *t = &tcp->tcb[h];
	union tg_ip remote;

	tg_tcp_remote(tcp, h, &remote);
	return tg_flow_hash(&tcp->config->secrets.flow, tg_tcp_is_ipv6(tcp, h), &remote,
	    &tg_tcp_endpoint(tcp, h)->ip, t->rport, t->lport);
}

static bool
is_connection(const struct tg_tcp *tcp, uint32_t h, const struct tg_packet *pkt)
{
	const struct tg_tcb *t = &tcp->tcb[h];
	const struct tg_endpoint *e = tg_tcp_endpoint(tcp, h);

	if (t->rport != pkt->tcp.sport || t->lport != pkt->tcp.dport ||
	    tg_tcp_is_ipv6(tcp, h) != pkt->is_ipv6 || e->vlan != pkt->vlan ||
	    !tg_ip_equal(&e->ip, &pkt->dst))
		return false;
	return pkt->is_ipv6 ? tg_ip_equal(&tcp->raddr6[h - tcp->n4], &pkt->src)
			    : t->raddr == pkt->src.v4;
}

uint32_t
tg_tcp_find(const struct tg_tcp *tcp, const struct tg_packet *pkt, uint32_t hash)
{
	struct tg_flow_probe probe;
	uint32_t h;

	tg_flowtable_probe(&tcp->flows, hash, &probe);
	do
		h = tg_flowtable_next(&tcp->flows, &probe);
	while (h != TG_HANDLE_NONE && !is_connection(tcp, h, pkt));
	return h;
}

uint32_t
tg_tcp_find_likely(
    const struct tg_tcp *tcp, uint32_t likely, const struct tg_packet *pkt, uint32_t hash)
{
	/* A TCB that is not CLOSED is in the flow table, no other with the same tuple. */
	if (likely != TG_HANDLE_NONE && tcp->tcb[likely].state != TG_TCP_CLOSED &&
	    is_connection(tcp, likely, pkt))
		return likely;
	return tg_tcp_find(tcp, pkt, hash);
}

struct tg_side *
tg_tcp_side(struct tg_tcp *tcp, uint32_t h)
{
	struct tg_tcb *t = &tcp->tcb[h];
	bool fin_sent = (t->flags & TG_TCB_FIN_SENT) != 0 && !tg_tcp_is_opening(t);
	struct tg_side *s;

	if (t->side != TG_HANDLE_NONE)
		return &tcp->side[t->side];
	if (tcp->free_side == TG_HANDLE_NONE) {
		tg_count(tcp->stats, TG_COUNTER_SIDE_FULL);
		return NULL;
	}
	t->side = tcp->free_side;
	s = &tcp->side[t->side];
	tcp->free_side = s->owner;
	/* A connection at rest: everything sent is acknowledged, everything received taken. */
	*s = (struct tg_side){
		.owner = h,
		.snd_base = t->snd_nxt,
		.snd_end = t->snd_nxt - fin_sent,
		.snd_ptr = t->snd_nxt,
		.snd_wl1 = t->rcv_nxt,
		.snd_wl2 = t->snd_una,
		.max_wnd = tg_tcp_snd_wnd(t),
		.recover = t->snd_una,
		.rcv_user = t->rcv_nxt,
		.rcv_adv = t->rcv_nxt + tcp->config->receive_window,
		.last_ack = t->rcv_nxt,
		.held = TG_HANDLE_NONE,
		.loss = &tcp->loss[t->side],
	};
	if (tg_wheel_armed(&tcp->wheel, h))
		tg_tcp_set_timer(s, TG_TIMER_LIFE, t->timer.deadline);
	s->sent_at = t->timer.deadline - tg_tcp_life(tcp, t, s);
	if (t->retries != 0 &&
	    !tg_tcp_is_opening(t)) { /* the record counts timeouts in its place */
		s->keep_alives = t->retries;
		t->retries = 0;
	}
	tg_gauge_add(&tcp->gauges->sides, 1);
	return s;
}

static void
release_side(struct tg_tcp *tcp, struct tg_tcb *t)
{
	tcp->side[t->side].owner = tcp->free_side;
	tcp->free_side = t->side;
	t->side = TG_HANDLE_NONE;
	tg_gauge_add(&tcp->gauges->sides, -1);
}

static bool
at_rest(const struct tg_tcb *t, const struct tg_side *s)
{
	bool fin_sent = (t->flags & TG_TCB_FIN_SENT) != 0;

	return t->snd_una == t->snd_nxt && s->snd_end + fin_sent == t->snd_nxt &&
	       (fin_sent || (t->flags & TG_TCB_FIN_QUEUED) == 0) && s->n_held == 0 &&
	       !s->fin_held && (t->flags & (TG_TCB_SEND_ACK | TG_TCB_DELAYED_ACK)) == 0;
}

static void
arm_earliest(struct tg_tcp *tcp, uint32_t h, const struct tg_side *s, uint32_t now)
{
	uint32_t left = s->armed, first = now + INT32_MAX;

	for (; left != 0; left &= left - 1)
		first =
		    tg_seq_min(first, tg_tcp_deadline(s, (enum tg_tcp_timer)__builtin_ctz(left)));
	tg_wheel_arm(&tcp->wheel, h, first);
}

/* Whether the side record can go. In TIME-WAIT nothing is left to send, and only text that
 * the user has not taken yet keeps it. */
static bool
is_done_with_side(const struct tg_tcb *t, const struct tg_side *s, bool user_idle)
{
	if (t->state == TG_TCP_TIME_WAIT)
		return user_idle || s->n_held == 0;
	return user_idle && at_rest(t, s);
}

bool
tg_tcp_rest(struct tg_tcp *tcp, uint32_t h, bool user_idle, struct tg_frames *spare, tg_time_t now)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);
	bool time_wait = t->state == TG_TCP_TIME_WAIT; /* its deadline is on the wheel */

	/* Until the handshake is complete the wheel has the SYN's deadline, and no other. */
	if (s == NULL || t->state <= TG_TCP_SYN_RECEIVED)
		return false;
	if (!is_done_with_side(t, s, user_idle)) {
		if (!time_wait)
			arm_earliest(tcp, h, s, tg_time_tick(now));
		return false;
	}
	if (!time_wait)
		tg_wheel_arm(&tcp->wheel, h, s->deadline[TG_TIMER_LIFE]);
	t->retries = s->keep_alives;
	tg_tcp_release_held(tcp, s, spare);
	release_side(tcp, t);
	return true;
}

void
tg_tcp_end(struct tg_tcp *tcp, uint32_t h, enum tg_counter why, struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];

	if (t->state == TG_TCP_CLOSED)
		return;
	tg_count(tcp->stats, why);
	tg_tcp_set_state(tcp, t, TG_TCP_CLOSED);
	r->events |= TG_TCP_EVENT_CLOSED;
	r->why = (uint8_t)why;
}

static void
free_hashed(struct tg_tcp *tcp, uint32_t h, uint32_t hash, struct tg_frames *spare)
{
	struct tg_tcb *t = &tcp->tcb[h];

	assert(t->state == TG_TCP_CLOSED); /* tg_tcp_end came before */
	if (t->side != TG_HANDLE_NONE) {
		tg_tcp_release_held(tcp, &tcp->side[t->side], spare);
		release_side(tcp, t);
	}
	tg_wheel_cancel(&tcp->wheel, h);
	tg_flowtable_remove(&tcp->flows, hash, h);
	tg_tcb_release(tcp, h);
}

void
tg_tcp_free(struct tg_tcp *tcp, uint32_t h, struct tg_frames *spare)
{
	free_hashed(tcp, h, tg_tcp_hash_of(tcp, h), spare);
}

void
tg_tcp_free_ended(
    struct tg_tcp *tcp, uint32_t h, const struct tg_tcp_result *r, struct tg_frames *spare)
{
	free_hashed(tcp, h, r->hashed ? r->hash : tg_tcp_hash_of(tcp, h), spare);
}

void
tg_tcp_release_frames(struct tg_tcp *tcp, struct tg_frames *spare)
{
	uint32_t h;

	for (h = 0; h < tcp->n4 + tcp->n6; h++)
		if (tcp->tcb[h].state != TG_TCP_CLOSED && tcp->tcb[h].side != TG_HANDLE_NONE)
			tg_tcp_release_held(tcp, &tcp->side[tcp->tcb[h].side], spare);
}

void
tg_tcp_enter_time_wait(struct tg_tcp *tcp, uint32_t h, tg_time_t now)
{
	struct tg_tcb *t = &tcp->tcb[h];

	if (t->state != TG_TCP_TIME_WAIT) {
		tg_tcp_set_state(tcp, t, TG_TCP_TIME_WAIT);
		tg_count(tcp->stats, TG_COUNTER_CLOSED);
	}
	tg_wheel_arm(&tcp->wheel, h, tg_time_tick(now) + 2 * tcp->config->timers.msl);
}

#define RECYCLE_SAMPLE 16

/* Whether TIME-WAIT is all that is left of a connection. */
static bool
is_recyclable(const struct tg_tcb *t)
{
	return t->state == TG_TCP_TIME_WAIT && t->side == TG_HANDLE_NONE &&
	       (t->flags & TG_TCB_TOUCHED) == 0;
}

/* The oldest among the next few of n TCBs from first on, in the search that *at goes on with. */
static uint32_t
find_recyclable(const struct tg_tcp *tcp, uint32_t first, uint32_t n, uint32_t *at)
{
	uint32_t best = TG_HANDLE_NONE, i, h;

	for (i = 0; i < TG_MIN(n, (uint32_t)RECYCLE_SAMPLE); i++) {
		h = first + *at;
		*at = *at + 1 == n ? 0 : *at + 1;
		if (is_recyclable(&tcp->tcb[h]) &&
		    (best == TG_HANDLE_NONE ||
			tg_seq_lt(tcp->tcb[h].timer.deadline, tcp->tcb[best].timer.deadline)))
			best = h;
	}
	return best;
}

void
tg_tcp_recycle_time_wait(struct tg_tcp *tcp, bool is_ipv6, struct tg_tcp_result *r)
{
	uint32_t h = TG_HANDLE_NONE;

	tg_tcp_clear_result(r, h);
	if ((is_ipv6 ? tcp->free6 : tcp->free4) != TG_HANDLE_NONE ||
	    tg_gauge(&tcp->gauges->state[TG_TCP_TIME_WAIT]) == 0)
		return;
	if (is_ipv6)
		h = find_recyclable(tcp, tcp->n4, tcp->n6, &tcp->recycle6);
	else
		h = find_recyclable(tcp, 0, tcp->n4, &tcp->recycle4);
	if (h == TG_HANDLE_NONE)
		return;
	r->handle = h;
	tg_tcp_end(tcp, h, TG_COUNTER_TIME_WAIT_RECYCLED, r);
	r->why = TG_COUNTER_CLOSED; /* as TIME-WAIT was counted when it began */
}

/* Whether ABORT owes the peer a reset: where the peer has a connection that it could still
 * believe in. */
static bool
abort_resets(const struct tg_tcb *t)
{
	const unsigned states =
	    TO(SYN_RECEIVED) | TO(ESTABLISHED) | TO(FIN_WAIT_1) | TO(FIN_WAIT_2) | TO(CLOSE_WAIT);

	return (states & 1U << t->state) != 0;
}

/* RFC 7323 section 3.2: a reset should carry them, too. The wheel's time is that of this
 * burst or of the one before. */
static void
add_timestamps(const struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_tcp_options *opt)
{
	if ((t->flags & TG_TCB_TIMESTAMPS) == 0)
		return;
	opt->present = TG_OPT_TIMESTAMP;
	opt->tsval = tcp->wheel.now + t->ts_off;
	opt->tsecr = t->ts_recent;
}

void
tg_tcp_abort(struct tg_tcp *tcp, uint32_t h, struct tg_tcp_result *r)
{
	const struct tg_tcb *t = &tcp->tcb[h];

	if (abort_resets(t)) {
		r->has_reply = true;
		r->reply = (struct tg_segment){
			.seq = t->snd_nxt,
			.ack = t->rcv_nxt,
			.flags = TG_TCP_RST | TG_TCP_ACK,
			.sport = t->lport,
			.dport = t->rport,
		};
		add_timestamps(tcp, t, &r->reply.opt);
		tg_count(tcp->stats, TG_COUNTER_RST_SENT);
	}
	tg_tcp_end(tcp, h, TG_COUNTER_RESET_BY_US, r);
}

void
tg_tcp_close(struct tg_tcp *tcp, uint32_t h, struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];

	if ((t->flags & TG_TCB_FIN_QUEUED) != 0)
		return;
	if (t->state == TG_TCP_SYN_SENT) {
		tg_tcp_end(tcp, h, TG_COUNTER_CLOSED, r);
		return;
	}
	if (tg_tcp_side(tcp, h) == NULL) {
		tg_tcp_abort(tcp, h, r);
		return;
	}
	t->flags |= TG_TCB_FIN_QUEUED;
}

bool
tg_rate_limit_take(struct tg_rate_limit *limit, tg_time_t now)
{
	uint64_t earned = (now - limit->since) * limit->rate / TG_NS_PER_SEC;

	if (now - limit->since >= TG_NS_PER_SEC) {
		limit->left = limit->rate;
		limit->since = now;
	} else if (earned != 0) {
		limit->left = (uint32_t)TG_MIN(limit->left + earned, limit->rate);
		limit->since = now;
	}
	if (limit->left == 0)
		return false;
	limit->left--;
	return true;
}
