/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "stack.h"

#include "base/seq.h"
#include "packet/flow_hash.h"

#define USER_PACE (5 * TG_NS_PER_MS) /* a user that has text waiting looks again */
#define WINDOW    16384
/* A peer whose segments are lost, its RTO at the maximum, must not look like one that is gone:
 * in FIN-WAIT-2 nothing of ours is under way that would tell. */
#define FIN_WAIT_2_MS (30 * 60 * 1000)
#define MSS_MIN       88
#define MSS_MAX       1460

/* Byte by byte a different stream for each end and each incarnation. */
static uint8_t
pattern(enum sim_end from, uint32_t generation, uint32_t offset)
{
	return (uint8_t)((offset * 2654435761u + from * 77u + generation * 0x01234567u) >> 11);
}

static enum sim_end
other_end(const struct stack *s)
{
	return s->self == SIM_SHARD ? SIM_PEER : SIM_SHARD;
}

static void
set_config(struct stack *s, bool listens)
{
	struct sim_random *r = s->random;
	uint32_t mss_range;

	s->config = (struct tg_tcp_config){
		.timers = { .rto_initial = tg_ticks_from_ms(1000),
		    .rto_min = tg_ticks_from_ms(200),
		    .rto_max = tg_ticks_from_ms(60000),
		    .delayed_ack = tg_ticks_from_ms(40),
		    .msl = tg_ticks_from_ms(500),
		    .fin_wait2 = tg_ticks_from_ms(FIN_WAIT_2_MS),
		    .idle = tg_ticks_from_ms(60000),
		    .keep_alive = tg_ticks_from_ms(3000),
		    .keep_alive_interval = tg_ticks_from_ms(10000),
		    .keep_alive_probes = 100,
		    .syn_retries = 15,
		    .syn_ack_retries = 15,
		    .retries = 20 },
		.limits = { .connections4 = 4,
		    .half_open = 4,
		    .sides = 4,
		    .held = 64,
		    .held_per_connection = 32,
		    .challenge_acks_per_second = 100,
		    .resets_per_second = 100 },
		.secrets = { { { 1, s->self } }, { { 3, 4 } }, { { 5, 6 } } },
		.receive_window = WINDOW,
		.initial_window = 10,
		.n_endpoints = 1,
		.endpoint = &s->endpoint,
	};
	if (sim_random_percent(r, 20))
		s->config.receive_window = 128 + sim_random_below(r, 1400);
	else
		s->config.window_scale = (uint8_t)sim_random_below(r, 8);
	s->config.timestamps = sim_random_percent(r, 60);
	s->config.sack = sim_random_percent(r, 60);
	s->config.keep_alive = sim_random_percent(r, 30);
	s->config.nagle = sim_random_percent(r, 30);
	s->config.congestion_control = sim_random_percent(r, 50) ? TG_CC_CUBIC : TG_CC_RENO;
	s->config.ecn = (enum tg_tcp_ecn)sim_random_below(r, TG_TCP_ECN_ALWAYS + 1);
	mss_range = sim_random_percent(r, 20) ? 50 : MSS_MAX - MSS_MIN;
	s->config.mss4 = (uint16_t)(MSS_MIN + sim_random_below(r, mss_range));
	/* Not in an initialiser, which need not clear the rest of the union. */
	s->endpoint = (struct tg_endpoint){ .port = tg_be16(listens ? STACK_PORT : 0) };
	s->endpoint.ip.v4 = tg_be32(0xc0000201 + s->self);
}

void
stack_restart(struct stack *s, tg_time_t now)
{
	struct tg_arena arena = { s->arena, sizeof(s->arena), 0 };

	memset(s->arena, 0, sizeof(s->arena));
	tg_tcp_layout(&s->tcp, &arena, &s->config, &s->stats, &s->gauges, tg_time_tick(now));
}

void
stack_init(struct stack *s, enum sim_end self, bool listens, struct sim_link *link,
    struct sim_random *random, tg_time_t now)
{
	uint32_t i;

	memset(s, 0, sizeof(*s));
	s->self = self;
	s->link = link;
	s->random = random;
	s->h = TG_HANDLE_NONE;
	s->user.ended = true;
	set_config(s, listens);
	stack_restart(s, now);
	s->path = (struct tg_path){ .ttl = 64, .src = s->endpoint.ip };
	s->path.dst.v4 = tg_be32(0xc0000201 + !self);
	s->path.src_mac[5] = (uint8_t)self;
	s->path.dst_mac[5] = !self;
	s->spare = (struct tg_frames){ s->spare_store, 0, STACK_FRAMES };
	for (i = 0; i < STACK_FRAMES; i++) {
		struct tg_frame f = { .data = s->buffer[i], .room = STACK_FRAME_BYTES };

		tg_frames_push(&s->spare, &f);
	}
}

static void
transmit(struct stack *s, tg_time_t now, const struct tg_segment *seg, uint32_t offset)
{
	uint8_t data[STACK_FRAME_BYTES];
	struct tg_frame f = { .data = data, .room = sizeof(data) };
	uint8_t *text = data + tg_path_header_bytes(&s->path) + TG_TCP_HEADER_BYTES +
			tg_tcp_options_bytes(&seg->opt);
	uint32_t i;

	for (i = 0; i < seg->len; i++)
		text[i] = pattern(s->self, s->user.generation, offset + i);
	tg_build_tcp(&f, &s->path, seg);
	sim_link_send(s->link, now, other_end(s), f.data, f.len);
}

/* The user reads text. Returns the bytes it takes. */
static uint32_t
read_text(struct stack *s, const uint8_t *text, uint32_t len, tg_time_t now)
{
	struct stack_user *u = &s->user;
	uint32_t n = sim_random_below(s->random, u->appetite + 1), i;

	if (now < u->paused_until)
		return 0;
	n = TG_MIN(TG_MIN(n, len), u->pause_at - u->taken);
	for (i = 0; i < n; i++)
		u->wrong |= text[i] != pattern(other_end(s), u->generation, u->taken + i);
	u->taken += n;
	if (u->taken == u->pause_at) {
		u->pause_at = UINT32_MAX;
		u->paused_until = now + u->pause_ns;
	}
	return n;
}

/* What is still there when the connection has ended. */
static void
read_rest(struct stack *s)
{
	const uint8_t *text;
	uint32_t len;

	s->user.pause_at = UINT32_MAX;
	while ((len = tg_tcp_take(&s->tcp, s->h, &text)) != 0)
		tg_tcp_taken(&s->tcp, s->h, read_text(s, text, len, UINT64_MAX), &s->spare);
}

/* After each call into lib/tcp. */
static void
after(struct stack *s, enum watch_call call, const struct tg_tcp_result *r, tg_time_t now)
{
	watch_call(&s->watch, &s->tcp, s->h, call);
	if (r->has_reply)
		transmit(s, now, &r->reply, 0);
	if ((r->events & TG_TCP_EVENT_CLOSED) == 0)
		return;
	if (!s->user.ended)
		read_rest(s);
	tg_tcp_free(&s->tcp, s->h, &s->spare);
	s->h = TG_HANDLE_NONE;
	s->user.ended = true;
}

static void
begin_use(struct stack *s)
{
	s->user = s->next;
	s->user.opened = true;
}

/* Whether the user has read up to the other side's FIN. */
static bool
is_at_eof(const struct stack *s, const struct tg_tcb *t)
{
	const uint8_t *text;

	return t->state != TG_TCP_ESTABLISHED && t->state != TG_TCP_FIN_WAIT_1 &&
	       t->state != TG_TCP_FIN_WAIT_2 && tg_tcp_take(&s->tcp, s->h, &text) == 0;
}

/* The user's calls, but for reading. Nobody uses a connection that a stale SYN opens, for it
 * never gets further. */
static void
user_moves(struct stack *s, tg_time_t now)
{
	const struct tg_tcb *t = tg_tcp_tcb(&s->tcp, s->h);
	struct stack_user *u = &s->user;
	struct tg_tcp_result r = { .handle = s->h };

	if (u->ended)
		return;
	if (now >= u->abort_at) {
		tg_tcp_abort(&s->tcp, s->h, &r);
		after(s, WATCH_USER, &r, now);
		return;
	}
	if (t->state == TG_TCP_SYN_SENT || t->state == TG_TCP_SYN_RECEIVED)
		return;
	if (!u->started && tg_tcp_side(&s->tcp, s->h) != NULL) {
		u->started = true;
		tg_tcp_append(&s->tcp, s->h, u->send_len);
	}
	u->eof = u->eof || is_at_eof(s, t);
	if (u->started && (u->close == STACK_CLOSE_AT_ONCE || u->eof))
		tg_tcp_close(&s->tcp, s->h, &r);
	u->ended = t->state == TG_TCP_TIME_WAIT && u->eof;
	after(s, WATCH_USER, &r, now);
}

static void
serve(struct stack *s, tg_time_t now)
{
	struct tg_segment seg;
	const uint8_t *text;
	uint32_t offset, len, n;

	if (s->h == TG_HANDLE_NONE)
		return;
	do {
		len = tg_tcp_take(&s->tcp, s->h, &text);
		n = len != 0 ? read_text(s, text, len, now) : 0;
		tg_tcp_taken(&s->tcp, s->h, n, &s->spare);
	} while (n != 0);
	user_moves(s, now);
	if (s->h == TG_HANDLE_NONE)
		return;
	while (tg_tcp_output(&s->tcp, s->h, now, &seg, &offset)) {
		watch_call(&s->watch, &s->tcp, s->h, WATCH_OUTPUT);
		watch_segment(&s->watch, &s->tcp, s->h, &seg);
		transmit(s, now, &seg, offset);
	}
	/* The user's stream is counted from its side record's start, so it keeps it. */
	tg_tcp_rest(&s->tcp, s->h, false, &s->spare, now);
	watch_call(&s->watch, &s->tcp, s->h, WATCH_OUTPUT);
	watch_rest(&s->watch, &s->tcp, s->h);
}

bool
stack_connect(struct stack *s, tg_time_t now)
{
	uint32_t h =
	    tg_tcp_connect(&s->tcp, 0, &s->path.dst, tg_be16(STACK_PORT), tg_be16(STACK_PORT), now);

	if (h == TG_HANDLE_NONE)
		return false;
	s->h = h;
	watch_call(&s->watch, &s->tcp, s->h, WATCH_CONNECT);
	begin_use(s);
	serve(s, now);
	return true;
}

static void
receive_text(struct stack *s, const struct tg_packet *pkt, const struct tg_frame *f, tg_time_t now,
    struct tg_tcp_result *r)
{
	const uint8_t *text;
	uint32_t len = tg_tcp_in_order(&s->tcp, r->handle, &pkt->tcp, &text);
	uint32_t taken = 0;

	if (len != 0 && tg_tcp_side(&s->tcp, r->handle) != NULL)
		taken = read_text(s, text, len, now);
	tg_tcp_text(&s->tcp, r->handle, pkt, f, taken, now, r);
	watch_call(&s->watch, &s->tcp, s->h, WATCH_TEXT);
}

void
stack_receive(struct stack *s, const uint8_t *data, uint16_t len, tg_time_t now)
{
	struct tg_frame f;
	struct tg_packet pkt;
	struct tg_tcp_result r;
	uint32_t hash;

	if (!tg_frames_pop(&s->spare, &f))
		return;
	memcpy(f.data, data, len);
	f.len = len;
	if (tg_packet_parse(&f, &pkt) != TG_DROP_NONE || pkt.kind != TG_PACKET_TCP ||
	    !tg_ip_equal(&pkt.dst, &s->path.src) || !tg_ip_equal(&pkt.src, &s->path.dst)) {
		tg_frames_push(&s->spare, &f);
		return;
	}
	hash = tg_flow_hash(
	    &s->config.secrets.flow, false, &pkt.src, &pkt.dst, pkt.tcp.sport, pkt.tcp.dport);
	tg_tcp_input(&s->tcp, tg_tcp_find(&s->tcp, &pkt, hash), &pkt, hash, now, &r);
	s->h = r.handle;
	watch_input(&s->watch, &s->tcp, &pkt.tcp, &r, now);
	if ((r.events & TG_TCP_EVENT_ESTABLISHED) != 0 && s->user.ended)
		begin_use(s);
	if (r.drop == TG_DROP_NONE && r.handle != TG_HANDLE_NONE &&
	    (r.events & TG_TCP_EVENT_CLOSED) == 0 && (pkt.tcp.flags & TG_TCP_SYN) == 0)
		receive_text(s, &pkt, &f, now, &r);
	if (!r.frame_held)
		tg_frames_push(&s->spare, &f);
	after(s, WATCH_USER, &r, now);
	serve(s, now);
}

void
stack_run(struct stack *s, tg_time_t now)
{
	uint32_t expired[4], n, i;

	n = tg_wheel_advance(&s->tcp.wheel, tg_time_tick(now), 1000, expired, 4);
	for (i = 0; i < n; i++) {
		struct tg_tcp_result r;

		tg_tcp_timer(&s->tcp, expired[i], now, &r);
		after(s, WATCH_TIMER, &r, now);
	}
	serve(s, now);
}

tg_time_t
stack_next(const struct stack *s, tg_time_t now)
{
	const struct stack_user *u = &s->user;
	tg_time_t next = UINT64_MAX;
	const uint8_t *text;
	uint32_t tick;

	if (tg_wheel_next(&s->tcp.wheel, &tick))
		next = ((now >> TG_TICK_SHIFT) + (tick - tg_time_tick(now))) << TG_TICK_SHIFT;
	if (s->h == TG_HANDLE_NONE || u->ended)
		return next;
	if (tg_tcp_take(&s->tcp, s->h, &text) != 0)
		next = TG_MIN(next, TG_MAX(now + USER_PACE, u->paused_until));
	if (u->abort_at != UINT64_MAX)
		next = TG_MIN(next, TG_MAX(u->abort_at, now));
	return next;
}

const char *
stack_check(const struct stack *s)
{
	if (s->watch.wrong != NULL)
		return s->watch.wrong;
	if (s->user.wrong)
		return "a byte is wrong";
	if (s->user.taken > s->user.want_len)
		return "more arrived than was sent";
	if (s->spare.n + tg_gauge(&s->gauges.held) != STACK_FRAMES)
		return "a frame is lost";
	return NULL;
}

bool
stack_is_empty(const struct stack *s)
{
	uint32_t state, n = 0;

	for (state = 0; state < TG_TCP_STATES; state++)
		n += tg_gauge(&s->gauges.state[state]);
	return n == 0 && tg_gauge(&s->gauges.sides) == 0 && tg_gauge(&s->gauges.held) == 0 &&
	       s->spare.n == STACK_FRAMES;
}
