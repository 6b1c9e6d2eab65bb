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
		.fast_open_pending = STACK_CONNECTIONS,
		.fast_open_cookies = STACK_CONNECTIONS,
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
	stack->tcp.fast_open_keys = &stack->fast_open_keys;
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

static struct tg_endpoint *
find_endpoint(struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t port)
{
	uint32_t i;

	for (i = 0; i < stack->config.n_endpoints; i++) {
		struct tg_endpoint *e = &stack->endpoint[i];

		if (e->is_ipv6 == is_ipv6 && e->port == port && tg_ip_equal(&e->ip, ip))
			return e;
	}
	return NULL;
}

void
stack_listen_fast_open(
    struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t port, bool fast_open)
{
	struct tg_endpoint *e = find_endpoint(stack, is_ipv6, ip, port);

	if (e != NULL)
		e->fast_open = fast_open;
}

/* The entry stays, connections name it; port 0 is what no segment asks for. */
void
stack_unlisten(struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t port)
{
	struct tg_endpoint *e = find_endpoint(stack, is_ipv6, ip, port);

	if (e != NULL)
		e->port = 0;
}

uint32_t
stack_connect(struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t lport,
    const union tg_ip *remote, be16_t rport)
{
	/* Port 0: nothing is accepted there. */
	if (find_endpoint(stack, is_ipv6, ip, 0) == NULL && !stack_listen(stack, is_ipv6, ip, 0))
		return TG_HANDLE_NONE;
	return tg_tcp_connect(&stack->tcp,
	    (uint16_t)(find_endpoint(stack, is_ipv6, ip, 0) - stack->endpoint), remote, rport,
	    lport, stack->now);
}

uint32_t
stack_fast_open(struct stack *stack, uint32_t h, uint32_t n)
{
	struct tg_side *side = n != 0 ? tg_tcp_side(&stack->tcp, h) : NULL;
	uint32_t carried;

	if (side != NULL)
		tg_tcp_append(&stack->tcp, h, n);
	carried = tg_tcp_fast_open(&stack->tcp, h, stack->now);
	if (side != NULL)
		side->snd_end = side->snd_base + carried;
	return carried;
}

bool
stack_has_cookie(struct stack *stack, bool is_ipv6, const union tg_ip *ip,
    const union tg_ip *remote, be16_t rport)
{
	const struct tg_endpoint *e = find_endpoint(stack, is_ipv6, ip, 0);
	const struct tg_cookie_entry *cookie;
	struct tg_cookie_key key = { .remote = *remote, .rport = rport };

	if (e == NULL)
		return false;
	key.endpoint = (uint16_t)(e - stack->endpoint);
	cookie = tg_cookie_cache_find(&stack->tcp.cookies, &stack->config.secrets.flow, &key);
	return cookie != NULL && cookie->n_cookie != 0 && cookie->off_until <= stack->now;
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
	stack->on_time(to - stack->now);
	stack->now = to;
	return fire(stack);
}

static uint32_t
hash_of(const struct stack *stack, const struct tg_packet *pkt)
{
	return tg_flow_hash(&stack->config.secrets.flow, pkt->is_ipv6, &pkt->src, &pkt->dst,
	    pkt->tcp.sport, pkt->tcp.dport);
}

/* Text stays held until the socket's user reads it. */
static bool
receive_segment(struct stack *stack, struct tg_packet *pkt, const struct tg_frame *frame)
{
	uint32_t hash = hash_of(stack, pkt);
	uint32_t h = tg_tcp_find(&stack->tcp, pkt, hash);
	struct tg_tcp_result r;

	tg_tcp_input(&stack->tcp, h, pkt, hash, stack->now, &r);
	h = r.handle;
	if (r.syn_text)
		tg_tcp_strip_syn(&pkt->tcp);
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

/* RFC 1122 4.2.3.9 and RFC 4443: what is too big, and what refuses. */
static void
classify(const uint8_t *icmp, bool is_ipv6, struct tg_tcp_icmp_error *err)
{
	err->type = icmp[0];
	err->code = icmp[1];
	if (is_ipv6) {
		err->too_big = icmp[0] == 2;
		err->hard = icmp[0] == 1 && icmp[1] == 4;
		err->mtu = (uint16_t)TG_MIN(tg_load32(icmp + 4), UINT16_MAX);
		return;
	}
	err->too_big = icmp[0] == 3 && icmp[1] == 4;
	err->hard = icmp[0] == 3 && (icmp[1] == 2 || icmp[1] == 3);
	err->mtu = tg_load16(icmp + 6);
}

static void
receive_icmp(struct stack *stack, const struct tg_packet *pkt, const struct tg_frame *frame)
{
	struct tg_tcp_icmp_error err = { .hard = false };
	struct tg_packet sender = { .is_ipv6 = pkt->is_ipv6 };
	struct tg_tcp_result r;
	struct tg_quote quote;
	uint32_t h;

	if (!tg_packet_parse_quote(frame, pkt, &quote))
		return;
	classify(frame->data + pkt->l4_off, pkt->is_ipv6, &err);
	err.quoted_seq = quote.seq;
	sender.src = quote.dst;
	sender.dst = quote.src;
	sender.tcp.sport = quote.dport;
	sender.tcp.dport = quote.sport;
	h = tg_tcp_find(&stack->tcp, &sender, hash_of(stack, &sender));
	if (h == TG_HANDLE_NONE)
		return;
	tg_tcp_icmp(&stack->tcp, h, &err, stack->now, &r);
	tell(stack, h, &r, err.hard);
	if ((r.events & TG_TCP_EVENT_CLOSED) == 0)
		stack_serve(stack, h);
}

static bool
receive_packet(struct stack *stack, struct tg_packet *pkt, const struct tg_frame *frame)
{
	if (pkt->kind == TG_PACKET_TCP)
		return receive_segment(stack, pkt, frame);
	if (pkt->kind == TG_PACKET_ICMP4 || pkt->kind == TG_PACKET_ICMP6)
		receive_icmp(stack, pkt, frame);
	return false;
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
	if (tg_packet_parse(&frame, &pkt) != TG_DROP_NONE || !receive_packet(stack, &pkt, &frame))
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
