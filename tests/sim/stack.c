/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "stack.h"

#include "base/seq.h"
#include "packet/flow_hash.h"

#define PORT      5000
#define USER_PACE (5 * TG_NS_PER_MS) /* a user that has text waiting looks again */
#define WINDOW    16384

static uint8_t
pattern(enum sim_end from, uint32_t offset)
{
	return (uint8_t)((offset * 2654435761u + from * 77u) >> 11);
}

static void
set_config(struct stack *s, bool listens)
{
	s->config = (struct tg_tcp_config){
		.timers = { .rto_initial = tg_ticks_from_ms(1000),
		    .rto_min = tg_ticks_from_ms(200),
		    .rto_max = tg_ticks_from_ms(60000),
		    .delayed_ack = tg_ticks_from_ms(40),
		    .msl = tg_ticks_from_ms(500),
		    .fin_wait2 = tg_ticks_from_ms(600000),
		    .idle = tg_ticks_from_ms(600000),
		    .syn_retries = 10,
		    .syn_ack_retries = 10,
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
		.window_scale = (uint8_t)sim_random_below(s->random, 8),
		.timestamps = sim_random_percent(s->random, 60),
		.sack = sim_random_percent(s->random, 60),
		.initial_window = 10,
		.mss4 = (uint16_t)(100 + sim_random_below(s->random, 1361)),
		.n_endpoints = 1,
		.endpoint = &s->endpoint,
	};
	s->endpoint = (struct tg_endpoint){ .ip.v4 = tg_be32(0xc0000201 + s->self),
		.port = tg_be16(listens ? PORT : 0) };
}

void
stack_init(struct stack *s, enum sim_end self, bool listens, struct sim_link *link,
    struct sim_random *random, tg_time_t now)
{
	struct tg_arena arena = { s->arena, sizeof(s->arena), 0 };
	uint32_t i;

	memset(s, 0, sizeof(*s));
	s->self = self;
	s->link = link;
	s->random = random;
	s->h = TG_HANDLE_NONE;
	set_config(s, listens);
	tg_tcp_layout(&s->tcp, &arena, &s->config, &s->stats, &s->gauges, tg_time_tick(now));
	s->path = (struct tg_path){
		.ttl = 64, .src = s->endpoint.ip, .dst.v4 = tg_be32(0xc0000201 + !self)
	};
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
		text[i] = pattern(s->self, offset + i);
	tg_build_tcp(&f, &s->path, seg);
	sim_link_send(s->link, now, s->self == SIM_SHARD ? SIM_PEER : SIM_SHARD, f.data, f.len);
}

/* The user reads text. Returns the bytes it takes. */
static uint32_t
read_text(struct stack *s, const uint8_t *text, uint32_t len)
{
	enum sim_end from = s->self == SIM_SHARD ? SIM_PEER : SIM_SHARD;
	uint32_t n = sim_random_below(s->random, s->user.appetite + 1), i;

	n = TG_MIN(n, len);
	for (i = 0; i < n; i++)
		s->user.wrong |= text[i] != pattern(from, s->user.taken + i);
	s->user.taken += n;
	return n;
}

/* What is still there when the connection has ended. */
static void
read_rest(struct stack *s)
{
	const uint8_t *text;
	uint32_t len;

	while ((len = tg_tcp_take(&s->tcp, s->h, &text)) != 0)
		tg_tcp_taken(&s->tcp, s->h, read_text(s, text, len), &s->spare);
}

static void
ended(struct stack *s, const struct tg_tcp_result *r, tg_time_t now)
{
	if (r->has_reply)
		transmit(s, now, &r->reply, 0);
	if ((r->events & TG_TCP_EVENT_CLOSED) == 0)
		return;
	if (r->handle == s->h)
		read_rest(s);
	tg_tcp_free(&s->tcp, r->handle, &s->spare);
	if (r->handle == s->h) {
		s->h = TG_HANDLE_NONE;
		s->user.ended = true;
	}
}

static void
user_moves(struct stack *s, tg_time_t now)
{
	const struct tg_tcb *t = tg_tcp_tcb(&s->tcp, s->h);
	struct stack_user *u = &s->user;
	struct tg_tcp_result r = { .handle = s->h };
	const uint8_t *text;

	if (t->state == TG_TCP_SYN_SENT || t->state == TG_TCP_SYN_RECEIVED)
		return;
	if (!u->started && tg_tcp_side(&s->tcp, s->h) != NULL) {
		u->started = true;
		tg_tcp_append(&s->tcp, s->h, u->send_len);
	}
	if (t->state != TG_TCP_ESTABLISHED && t->state != TG_TCP_FIN_WAIT_1 &&
	    t->state != TG_TCP_FIN_WAIT_2 && tg_tcp_take(&s->tcp, s->h, &text) == 0)
		u->eof = true;
	if (u->started && (u->close == STACK_CLOSE_AT_ONCE || u->eof))
		tg_tcp_close(&s->tcp, s->h, &r);
	if (u->close == STACK_CLOSE_NEVER && now >= u->abort_at)
		tg_tcp_abort(&s->tcp, s->h, &r);
	ended(s, &r, now);
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
		n = len != 0 ? read_text(s, text, len) : 0;
		tg_tcp_taken(&s->tcp, s->h, n, &s->spare);
	} while (n != 0);
	user_moves(s, now);
	if (s->h == TG_HANDLE_NONE)
		return;
	while (tg_tcp_output(&s->tcp, s->h, now, &seg, &offset))
		transmit(s, now, &seg, offset);
	/* The user's stream is counted from its side record's start, so it keeps it. */
	tg_tcp_rest(&s->tcp, s->h, false, &s->spare, now);
}

void
stack_connect(struct stack *s, tg_time_t now)
{
	s->h = tg_tcp_connect(&s->tcp, 0, &s->path.dst, tg_be16(PORT), tg_be16(PORT), now);
	s->user.opened = s->h != TG_HANDLE_NONE;
	serve(s, now);
}

static void
receive_text(struct stack *s, const struct tg_packet *pkt, const struct tg_frame *f, tg_time_t now,
    struct tg_tcp_result *r)
{
	const uint8_t *text;
	uint32_t len = tg_tcp_in_order(&s->tcp, r->handle, &pkt->tcp, &text);
	uint32_t taken = 0;

	if (len != 0 && tg_tcp_side(&s->tcp, r->handle) != NULL)
		taken = read_text(s, text, len);
	tg_tcp_text(&s->tcp, r->handle, pkt, f, taken, now, r);
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
	if (s->h == TG_HANDLE_NONE && r.handle != TG_HANDLE_NONE) {
		s->h = r.handle;
		s->user.opened = true;
		s->user.ended = false;
	}
	if (r.drop == TG_DROP_NONE && r.handle != TG_HANDLE_NONE &&
	    (r.events & TG_TCP_EVENT_CLOSED) == 0 && (pkt.tcp.flags & TG_TCP_SYN) == 0)
		receive_text(s, &pkt, &f, now, &r);
	if (!r.frame_held)
		tg_frames_push(&s->spare, &f);
	ended(s, &r, now);
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
		ended(s, &r, now);
	}
	serve(s, now);
}

tg_time_t
stack_next(const struct stack *s, tg_time_t now)
{
	tg_time_t next = UINT64_MAX;
	const uint8_t *text;
	uint32_t tick;

	if (tg_wheel_next(&s->tcp.wheel, &tick))
		next = ((now >> TG_TICK_SHIFT) + (tick - tg_time_tick(now))) << TG_TICK_SHIFT;
	if (s->h != TG_HANDLE_NONE && tg_tcp_take(&s->tcp, s->h, &text) != 0)
		next = TG_MIN(next, now + USER_PACE);
	if (s->h != TG_HANDLE_NONE && s->user.close == STACK_CLOSE_NEVER)
		next = TG_MIN(next, TG_MAX(s->user.abort_at, now));
	return next;
}

const char *
stack_check(const struct stack *s)
{
	const struct tg_tcb *t;
	const struct tg_side *side;

	if (s->h == TG_HANDLE_NONE)
		return NULL;
	t = tg_tcp_tcb(&s->tcp, s->h);
	if (tg_seq_gt(t->snd_una, t->snd_nxt))
		return "SND.UNA is beyond SND.NXT";
	if (t->side == TG_HANDLE_NONE)
		return NULL;
	side = &s->tcp.side[t->side];
	if (tg_seq_gt(side->rcv_user, t->rcv_nxt))
		return "the user took more than RCV.NXT";
	if (tg_seq_gt(t->snd_nxt, side->snd_end + 1))
		return "SND.NXT is beyond the stream and its FIN";
	if (tg_seq_gt(side->last_ack, t->rcv_nxt))
		return "more was acknowledged than RCV.NXT";
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
