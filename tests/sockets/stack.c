/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "stack.h"

#include <stdlib.h>

#include "packet/build.h"
#include "packet/flow_hash.h"

#define EXPIRED_MAX 32

static const uint8_t our_mac[6] = { 0x02, 0, 0, 0, 0, 2 };
static const uint8_t peer_mac[6] = { 0x02, 0, 0, 0, 0, 1 };

void
stack_limits(struct tg_tcp_limits *limits)
{
	*limits = (struct tg_tcp_limits){ .connections4 = STACK_CONNECTIONS,
		.connections6 = STACK_CONNECTIONS,
		.half_open = STACK_CONNECTIONS,
		.sides = 2 * STACK_CONNECTIONS,
		.held = STACK_FRAMES / 2,
		.held_per_connection = STACK_FRAMES / 2,
		.challenge_acks_per_second = 100,
		.resets_per_second = 100 };
}

static void *
allocate(size_t size)
{
	void *p = aligned_alloc(64, (size + 63) & ~(size_t)63);

	if (p == NULL)
		abort();
	return p;
}

static void
fill_spare(struct stack *stack)
{
	uint32_t i;

	stack->buffers = allocate((size_t)STACK_FRAMES * STACK_FRAME_BYTES);
	stack->spare = (struct tg_frames){ stack->spare_store, 0, STACK_FRAMES };
	for (i = 0; i < STACK_FRAMES; i++) {
		uint8_t *data = stack->buffers + (size_t)i * STACK_FRAME_BYTES;
		struct tg_frame f = { .data = data, .buf = data, .room = STACK_FRAME_BYTES };

		tg_frames_push(&stack->spare, &f);
	}
}

void
stack_init(struct stack *stack, const struct tg_tcp_config *config, tg_time_t now)
{
	struct tg_arena arena = { 0 };
	uint32_t tick = tg_time_tick(now);

	memset(stack, 0, sizeof(*stack));
	stack->now = now;
	stack->last = &stack->first;
	stack->config = *config;
	stack->config.endpoint = stack->endpoint;
	stack->config.secrets = (struct tg_tcp_secrets){ { { 1, 2 } }, { { 3, 4 } }, { { 5, 6 } } };
	tg_tcp_layout(&stack->tcp, &arena, &stack->config, &stack->stats, &stack->gauges, tick);
	arena.size = arena.used;
	arena.base = memset(allocate(arena.size), 0, arena.size);
	arena.used = 0;
	tg_tcp_layout(&stack->tcp, &arena, &stack->config, &stack->stats, &stack->gauges, tick);
	stack->memory = arena.base;
	fill_spare(stack);
}

void
stack_exit(struct stack *stack)
{
	struct stack_packet *p;

	while ((p = stack_sent(stack)) != NULL)
		free(p);
	free(stack->memory);
	free(stack->buffers);
}

bool
stack_listen(struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t port)
{
	if (stack->config.n_endpoints == STACK_ENDPOINTS)
		return false;
	stack->endpoint[stack->config.n_endpoints++] =
	    (struct tg_endpoint){ .ip = *ip, .is_ipv6 = is_ipv6, .port = port };
	return true;
}

/* The entry stays, connections name it; port 0 is what no segment asks for. */
void
stack_unlisten(struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t port)
{
	uint32_t i;

	for (i = 0; i < stack->config.n_endpoints; i++) {
		struct tg_endpoint *e = &stack->endpoint[i];

		if (e->is_ipv6 == is_ipv6 && e->port == port && tg_ip_equal(&e->ip, ip))
			e->port = 0;
	}
}

uint32_t
stack_connect(struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t lport,
    const union tg_ip *remote, be16_t rport)
{
	uint16_t endpoint = stack->config.n_endpoints;
	uint32_t h;

	if (!stack_listen(stack, is_ipv6, ip, 0)) /* port 0: nothing is accepted there */
		return TG_HANDLE_NONE;
	h = tg_tcp_connect(&stack->tcp, endpoint, remote, rport, lport, stack->now);
	if (h != TG_HANDLE_NONE)
		stack_serve(stack, h);
	return h;
}

static void
enqueue(struct stack *stack, const struct tg_frame *frame)
{
	uint32_t len = frame->len - TG_ETH_HEADER_BYTES;
	struct stack_packet *p = allocate(sizeof(*p) + len);

	p->next = NULL;
	p->sent = stack->now;
	p->len = len;
	memcpy(p->ip, frame->data + TG_ETH_HEADER_BYTES, len);
	*stack->last = p;
	stack->last = &p->next;
}

/* The bytes of every stream are zero: nobody looks at them. */
static void
send_segment(struct stack *stack, bool is_ipv6, const union tg_ip *src, const union tg_ip *dst,
    const struct tg_segment *seg)
{
	static uint8_t buffer[STACK_FRAME_BYTES];
	struct tg_frame frame = { .data = buffer, .room = sizeof(buffer) };
	struct tg_path path = { .is_ipv6 = is_ipv6, .ttl = 64, .src = *src, .dst = *dst };
	uint32_t at =
	    tg_path_header_bytes(&path) + TG_TCP_HEADER_BYTES + tg_tcp_options_bytes(&seg->opt);

	memcpy(path.src_mac, our_mac, sizeof(our_mac));
	memcpy(path.dst_mac, peer_mac, sizeof(peer_mac));
	memset(buffer + at, 0, seg->len);
	tg_build_tcp(&frame, &path, seg);
	enqueue(stack, &frame);
}

static void
send_for(struct stack *stack, uint32_t h, const struct tg_segment *seg)
{
	union tg_ip remote;

	tg_tcp_remote(&stack->tcp, h, &remote);
	send_segment(stack, tg_tcp_is_ipv6(&stack->tcp, h), &tg_tcp_endpoint(&stack->tcp, h)->ip,
	    &remote, seg);
}

static void
tell(struct stack *stack, uint32_t h, const struct tg_tcp_result *r, bool reset)
{
	if (r->events != 0)
		stack->on_event(stack, h, r, reset);
	if ((r->events & TG_TCP_EVENT_CLOSED) != 0)
		tg_tcp_free(&stack->tcp, h, &stack->spare);
}

void
stack_result(struct stack *stack, uint32_t h, const struct tg_tcp_result *r)
{
	if (r->has_reply)
		send_for(stack, h, &r->reply);
	tell(stack, h, r, false);
}

void
stack_serve(struct stack *stack, uint32_t h)
{
	struct tg_segment seg;
	uint32_t offset;

	while (tg_tcp_output(&stack->tcp, h, stack->now, &seg, &offset))
		send_for(stack, h, &seg);
	tg_tcp_rest(&stack->tcp, h, true, &stack->spare, stack->now);
}

/* Deadlines up to now. Returns whether there were any. */
static bool
fire(struct stack *stack)
{
	uint32_t expired[EXPIRED_MAX], n, i, tick = tg_time_tick(stack->now);
	struct tg_tcp_result r;
	bool any = false;

	while ((n = tg_wheel_advance(&stack->tcp.wheel, tick, UINT32_MAX, expired, EXPIRED_MAX)) !=
	       0) {
		any = true;
		for (i = 0; i < n; i++) {
			tg_tcp_timer(&stack->tcp, expired[i], stack->now, &r);
			stack_result(stack, expired[i], &r);
			if ((r.events & TG_TCP_EVENT_CLOSED) == 0)
				stack_serve(stack, expired[i]);
		}
	}
	return any;
}

bool
stack_advance(struct stack *stack, tg_time_t to)
{
	uint32_t tick;
	tg_time_t due;

	if (tg_wheel_next(&stack->tcp.wheel, &tick)) {
		due = stack->now + ((uint64_t)(tick - tg_time_tick(stack->now)) << TG_TICK_SHIFT);
		due &= ~((1ULL << TG_TICK_SHIFT) - 1);
		to = TG_MAX(TG_MIN(to, due), stack->now);
	}
	stack->now = to;
	return fire(stack);
}

/* Text stays held until the socket's user reads it. */
static bool
receive_segment(struct stack *stack, const struct tg_packet *pkt, const struct tg_frame *frame)
{
	uint32_t hash = tg_flow_hash(&stack->config.secrets.flow, pkt->is_ipv6, &pkt->src,
	    &pkt->dst, pkt->tcp.sport, pkt->tcp.dport);
	uint32_t h = tg_tcp_find(&stack->tcp, pkt, hash);
	struct tg_tcp_result r;

	tg_tcp_input(&stack->tcp, h, pkt, hash, stack->now, &r);
	h = r.handle;
	if (h != TG_HANDLE_NONE && r.drop == TG_DROP_NONE &&
	    (r.events & TG_TCP_EVENT_CLOSED) == 0 && (pkt->tcp.flags & TG_TCP_SYN) == 0)
		tg_tcp_text(&stack->tcp, h, pkt, frame, 0, stack->now, &r);
	if (r.has_reply)
		send_segment(stack, pkt->is_ipv6, &pkt->dst, &pkt->src, &r.reply);
	if (h == TG_HANDLE_NONE)
		return false;
	tell(stack, h, &r, (pkt->tcp.flags & TG_TCP_RST) != 0);
	if ((r.events & TG_TCP_EVENT_CLOSED) == 0)
		stack_serve(stack, h);
	return r.frame_held;
}

void
stack_receive(struct stack *stack, const void *ip, uint32_t len)
{
	bool is_ipv6 = *(const uint8_t *)ip >> 4 == 6;
	struct tg_packet pkt;
	struct tg_frame frame;

	if (len > STACK_FRAME_BYTES - TG_ETH_HEADER_BYTES || !tg_frames_pop(&stack->spare, &frame))
		return;
	tg_build_eth(
	    frame.data, our_mac, peer_mac, 0, is_ipv6 ? TG_ETHERTYPE_IP6 : TG_ETHERTYPE_IP4);
	memcpy(frame.data + TG_ETH_HEADER_BYTES, ip, len);
	frame.len = (uint16_t)(TG_ETH_HEADER_BYTES + len);
	if (tg_packet_parse(&frame, &pkt) != TG_DROP_NONE || pkt.kind != TG_PACKET_TCP ||
	    !receive_segment(stack, &pkt, &frame))
		tg_frames_push(&stack->spare, &frame);
	fire(stack);
}

struct stack_packet *
stack_sent(struct stack *stack)
{
	struct stack_packet *p = stack->first;

	if (p == NULL)
		return NULL;
	stack->first = p->next;
	if (stack->first == NULL)
		stack->last = &stack->first;
	return p;
}
