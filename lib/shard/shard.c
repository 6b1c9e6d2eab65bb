/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * One burst through a shard: parse, prefetch, look up, input; then timers, output and
 * the neighbour cache.
 */
#include "shard/shard.h"

#include "packet/flow_hash.h"
#include "shard/shard_internal.h"

#define WHEEL_BUDGET 256 /* wheel nodes visited in one run */

/* A TCP segment of the chunk under way. */
struct arrival {
	struct tg_frame frame;
	struct tg_packet pkt;
	uint32_t hash;
	uint32_t likely; /* the connection that it seems to belong to, or TG_HANDLE_NONE */
};

void
tg_shard_drop(struct tg_run *run, const struct tg_frame *frame, enum tg_drop why)
{
	tg_count_drop(run->shard->stats, why);
	tg_frames_push(run->spare, frame);
}

static void
send_or_drop(struct tg_run *run, const struct tg_frame *frame)
{
	if (run->tx->n == run->tx->cap)
		tg_shard_drop(run, frame, TG_DROP_TX_FULL);
	else
		tg_frames_push(run->tx, frame);
}

/* Whether a frame is addressed to this station and to a VLAN of ours. */
static enum tg_drop
check_layer2(const struct tg_net *net, const struct tg_frame *frame, const struct tg_packet *pkt)
{
	if (!pkt->eth_multicast && memcmp(frame->data, net->mac, sizeof(net->mac)) != 0)
		return TG_DROP_L2_NOT_FOR_US;
	return tg_net_has_vlan(net, pkt->vlan) ? TG_DROP_NONE : TG_DROP_L2_VLAN;
}

/* Whether an address may be reached from outside. RFC 9293 MUST-57. */
enum tg_drop
tg_shard_check_destination(
    const struct tg_shard *shard, bool is_ipv6, const union tg_ip *dst, uint16_t vlan)
{
	const struct tg_net *net = shard->config->net;
	uint16_t addr = tg_net_find(net, is_ipv6, dst, vlan);

	if (!is_ipv6 && tg_net_is_broadcast4(net, dst->v4, vlan))
		return TG_DROP_TCP_BROADCAST;
	if (addr == TG_NET_ADDR_NONE || !tg_neighbor_addr_usable(shard->neighbor, addr))
		return is_ipv6 ? TG_DROP_IP6_NOT_FOR_US : TG_DROP_IP4_NOT_FOR_US;
	return TG_DROP_NONE;
}

/* Whether an address may be answered. RFC 9293 MUST-63. */
enum tg_drop
tg_shard_check_source(
    const struct tg_shard *shard, bool is_ipv6, const union tg_ip *src, uint16_t vlan)
{
	const struct tg_net *net = shard->config->net;

	if (tg_net_find(net, is_ipv6, src, vlan) != TG_NET_ADDR_NONE)
		return is_ipv6 ? TG_DROP_IP6_SOURCE : TG_DROP_IP4_SOURCE;
	if (!is_ipv6 && tg_net_is_broadcast4(net, src->v4, vlan))
		return TG_DROP_IP4_SOURCE;
	if (is_ipv6 && (src->q[0] | src->q[1]) == 0)
		return TG_DROP_IP6_SOURCE;
	return TG_DROP_NONE;
}

/* Whether a segment that belongs to no connection may reach a listener. */
static enum tg_drop
check_addresses(const struct tg_shard *shard, const struct tg_packet *pkt)
{
	enum tg_drop why = tg_shard_check_destination(shard, pkt->is_ipv6, &pkt->dst, pkt->vlan);

	if (why != TG_DROP_NONE)
		return why;
	return tg_shard_check_source(shard, pkt->is_ipv6, &pkt->src, pkt->vlan);
}

/* Turns a received segment's frame into the one that answers it, back where it came
 * from: no state is needed, and no next hop has to be known. */
static void
reply_in_place(struct tg_run *run, struct arrival *a, const struct tg_segment *reply)
{
	const struct tg_net *net = run->shard->config->net;
	struct tg_path path = {
		.vlan = a->pkt.vlan,
		.is_ipv6 = a->pkt.is_ipv6,
		.ttl = net->ttl,
		.tos = net->tos,
		.offload = net->offload,
		.src = a->pkt.dst,
		.dst = a->pkt.src,
	};

	memcpy(path.src_mac, net->mac, sizeof(path.src_mac));
	memcpy(path.dst_mac, a->frame.data + sizeof(path.dst_mac), sizeof(path.dst_mac));
	a->frame.flags = 0;
	tg_build_tcp(&a->frame, &path, reply);
	send_or_drop(run, &a->frame);
}

static void
receive_text(struct tg_run *run, struct arrival *a, struct tg_tcp_result *r)
{
	struct tg_tcp *tcp = &run->shard->tcp;
	const uint8_t *text;
	uint32_t len = tg_tcp_in_order(tcp, r->handle, &a->pkt.tcp, &text), taken = 0;

	if (len != 0)
		taken = run->shard->ops->feed(run, r->handle, text, len, a->frame.src_class);
	tg_tcp_text(tcp, r->handle, &a->pkt, &a->frame, taken, run->now, r);
}

static void
receive_syn_text(struct tg_run *run, struct arrival *a, struct tg_tcp_result *r)
{
	tg_tcp_strip_syn(&a->pkt.tcp);
	receive_text(run, a, r);
}

/* Gives a segment that wanted a TCB another try, if one in TIME-WAIT makes room. */
static void
input_again(struct tg_run *run, const struct arrival *a, struct tg_tcp_result *r)
{
	struct tg_tcp_result recycled;

	tg_tcp_recycle_time_wait(run->tcp, a->pkt.is_ipv6, &recycled);
	if (recycled.handle == TG_HANDLE_NONE)
		return;
	tg_connection_result(run, recycled.handle, &recycled);
	tg_tcp_input_again(run->tcp, &a->pkt, a->hash, run->now, r);
}

static void
receive_tcp(struct tg_run *run, struct arrival *a)
{
	struct tg_shard *shard = run->shard;
	uint32_t h = tg_tcp_find_likely(&shard->tcp, a->likely, &a->pkt, a->hash);
	enum tg_drop why = h == TG_HANDLE_NONE ? check_addresses(shard, &a->pkt) : TG_DROP_NONE;
	struct tg_tcp_result r;

	if (why != TG_DROP_NONE) {
		tg_shard_drop(run, &a->frame, why);
		return;
	}
	tg_tcp_input(&shard->tcp, h, &a->pkt, a->hash, run->now, &r);
	if (r.drop == TG_DROP_TCP_NO_TCB)
		input_again(run, a, &r);
	if (r.drop == TG_DROP_NONE && (r.events & TG_TCP_EVENT_CLOSED) == 0 &&
	    (a->pkt.tcp.flags & TG_TCP_SYN) == 0)
		receive_text(run, a, &r);
	else if (r.syn_text)
		receive_syn_text(run, a, &r);
	if ((r.events & TG_TCP_EVENT_ACKED) != 0)
		tg_neighbor_confirm(
		    shard->neighbor, tg_tcp_tcb(&shard->tcp, r.handle)->nexthop, run->now);
	if (r.has_reply && run->tx->n == run->tx->cap) {
		r.drop = TG_DROP_TX_FULL; /* one reason for one frame */
		r.has_reply = false;
	}
	if (r.drop != TG_DROP_NONE)
		tg_count_drop(shard->stats, r.drop);
	if (r.has_reply) {
		reply_in_place(run, a, &r.reply);
		r.has_reply = false;
	} else if (!r.frame_held)
		tg_frames_push(run->spare, &a->frame);
	if (r.handle != TG_HANDLE_NONE)
		tg_connection_result(run, r.handle, &r);
}

/* An ICMP error: the connection that sent the quoted segment hears it. */
static enum tg_drop
receive_icmp_error(struct tg_run *run, const struct tg_packet *pkt, const struct tg_icmp_error *err)
{
	struct tg_tcp *tcp = &run->shard->tcp;
	const struct tg_quote *quote = &err->quote;
	struct tg_packet sender = { .is_ipv6 = quote->is_ipv6,
		.vlan = pkt->vlan,
		.src = quote->dst,
		.dst = quote->src,
		.tcp = { .sport = quote->dport, .dport = quote->sport } };
	uint32_t h = tg_tcp_find(tcp, &sender,
	    tg_flow_hash(&tcp->config->secrets.flow, sender.is_ipv6, &sender.src, &sender.dst,
		sender.tcp.sport, sender.tcp.dport));
	const struct tg_tcp_icmp_error error = { .hard = err->kind == TG_ICMP_HARD,
		.too_big = err->kind == TG_ICMP_TOO_BIG,
		.type = err->type,
		.code = err->code,
		.mtu = err->mtu,
		.quoted_seq = quote->seq };
	struct tg_tcp_result r;

	if (h == TG_HANDLE_NONE)
		return TG_DROP_ICMP_NO_CONNECTION;
	tg_tcp_icmp(tcp, h, &error, run->now, &r);
	tg_connection_result(run, h, &r);
	return r.drop;
}

static void
receive_other(struct tg_run *run, struct tg_frame *frame, const struct tg_packet *pkt)
{
	struct tg_icmp_error err;
	enum tg_drop why = TG_DROP_NONE;

	switch (tg_neighbor_input(run->shard->neighbor, frame, pkt, run->now, &why, &err)) {
	case TG_NEIGHBOR_REPLY:
		send_or_drop(run, frame);
		return;
	case TG_NEIGHBOR_DROP:
		tg_shard_drop(run, frame, why);
		return;
	case TG_NEIGHBOR_ERROR:
		tg_shard_drop(run, frame, receive_icmp_error(run, pkt, &err));
		return;
	}
}

static uint32_t
hash_of(const struct tg_shard *shard, const struct arrival *a)
{
	const struct tg_packet *pkt = &a->pkt;

	if ((a->frame.flags & TG_FRAME_HASHED) != 0)
		return a->frame.hash;
	return tg_flow_hash(&shard->config->tcp->secrets.flow, pkt->is_ipv6, &pkt->src, &pkt->dst,
	    pkt->tcp.sport, pkt->tcp.dport);
}

/* Parses up to TG_SHARD_CHUNK frames, but for those already answered, a bit for each. TCP
 * segments are collected in a[], everything else is handled at once. Returns the number
 * collected. */
static uint32_t
parse_chunk(
    struct tg_run *run, const struct tg_frame *rx, uint32_t n, uint32_t answered, struct arrival *a)
{
	struct tg_shard *shard = run->shard;
	uint64_t left = ((UINT64_C(1) << n) - 1) & ~(uint64_t)answered;
	uint32_t n_tcp = 0;

	for (; left != 0; left &= left - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);
		struct arrival *next = &a[n_tcp];
		enum tg_drop why;

		next->frame = rx[i];
		why = tg_packet_parse(&next->frame, &next->pkt);
		if (why == TG_DROP_NONE)
			why = check_layer2(shard->config->net, &next->frame, &next->pkt);
		if (why != TG_DROP_NONE) {
			tg_shard_drop(run, &next->frame, why);
		} else if (next->pkt.kind != TG_PACKET_TCP) {
			receive_other(run, &next->frame, &next->pkt);
		} else {
			next->hash = hash_of(shard, next);
			tg_flowtable_prefetch(&shard->tcp.flows, next->hash);
			n_tcp++;
		}
	}
	return n_tcp;
}

/* Brings the likely TCB of every segment into the cache. Lookups that count are made
 * one by one: an earlier segment may open or end the connection of a later one. */
static void
prefetch_tcbs(const struct tg_tcp *tcp, struct arrival *a, uint32_t n)
{
	struct tg_flow_probe probe;
	uint32_t i;

	for (i = 0; i < n; i++) {
		tg_flowtable_probe(&tcp->flows, a[i].hash, &probe);
		a[i].likely = tg_flowtable_next(&tcp->flows, &probe);
		if (a[i].likely != TG_HANDLE_NONE)
			__builtin_prefetch(tg_tcp_tcb(tcp, a[i].likely));
	}
}

static void
receive(struct tg_run *run, const struct tg_frame *rx, uint32_t n)
{
	struct arrival a[TG_SHARD_CHUNK];
	uint32_t at, i, m, n_tcp, answered;

	for (at = 0; at < n; at += TG_SHARD_CHUNK) {
		m = TG_MIN(n - at, TG_SHARD_CHUNK);
		answered = tg_syn_batch(run, rx + at, m);
		n_tcp = parse_chunk(run, rx + at, m, answered, a);
		prefetch_tcbs(&run->shard->tcp, a, n_tcp);
		for (i = 0; i < n_tcp; i++)
			receive_tcp(run, &a[i]);
	}
}

static void
run_timers(struct tg_run *run)
{
	struct tg_shard *shard = run->shard;
	uint32_t expired[TIMERS_PER_RUN], tick = tg_time_tick(run->now), n, i;

	/* Pressure ends where nothing arrives, too. */
	if (shard->tcp.syn_cookies.pressure)
		tg_syn_cookies_active(&shard->tcp, run->now);
	n = tg_wheel_advance(&shard->tcp.wheel, tick, WHEEL_BUDGET, expired, TIMERS_PER_RUN);
	for (i = 0; i < n; i++) {
		struct tg_tcp_result r;

		tg_tcp_timer(&shard->tcp, expired[i], run->now, &r);
		tg_connection_result(run, expired[i], &r);
	}
	if (tg_wheel_behind(&shard->tcp.wheel, tick))
		tg_count(shard->stats, TG_COUNTER_WHEEL_DEFERRED);
}

void
tg_shard_run(struct tg_shard *shard, const struct tg_world *world, tg_time_t now,
    const struct tg_frame *rx, uint32_t n, struct tg_frames *spare, struct tg_frames *tx)
{
	struct tg_run run = { .shard = shard,
		.world = world,
		.now = now,
		.spare = spare,
		.tx = tx,
		.tcp = &shard->tcp,
		.stats = shard->stats,
		.user = shard->user };

	assert(n <= TG_SHARD_BURST_MAX); /* the header says so */
	shard->tcp.draining = world->draining;
	shard->tcp.fast_open_keys = world->fast_open;
	shard->tcp.syn_cookies.keys = world->syn_cookies;
	receive(&run, rx, n);
	run_timers(&run);
	tg_waiting_run(&run);
	shard->ops->poll(&run);
	tg_connection_serve_touched(&run);
	tg_neighbor_run(shard->neighbor, now, spare, tx);
}

static void
lay_out(struct tg_shard *shard, struct tg_arena *arena, const struct tg_shard_config *config,
    bool first, tg_time_t now)
{
	*shard = (struct tg_shard){ .config = config, .ops = config->user };
	shard->stats = tg_arena_take(arena, 1, sizeof(*shard->stats));
	shard->gauges = tg_arena_take(arena, 1, sizeof(*shard->gauges));
	shard->user = shard->ops->layout(arena, config);
	shard->neighbor =
	    tg_neighbor_layout(arena, config->neighbor, config->net, shard->stats, first);
	tg_waiting_layout(&shard->waiting, arena,
	    config->tcp->limits.connections4 + config->tcp->limits.connections6);
	tg_tcp_layout(
	    &shard->tcp, arena, config->tcp, shard->stats, shard->gauges, tg_time_tick(now));
	tg_syn_batch_layout(shard);
}

struct tg_shard *
tg_shard_layout(
    struct tg_arena *arena, const struct tg_shard_config *config, bool first, tg_time_t now)
{
	struct tg_shard measured, *shard = tg_arena_take(arena, 1, sizeof(*shard));

	lay_out(shard != NULL ? shard : &measured, arena, config, first, now);
	return shard;
}

void
tg_shard_link_up(struct tg_shard *shard, tg_time_t now)
{
	tg_neighbor_link_up(shard->neighbor, now);
}

tg_time_t
tg_shard_idle_ns(const struct tg_shard *shard, tg_time_t now, tg_time_t max_ns)
{
	tg_time_t due = TG_MIN(tg_neighbor_next_due(shard->neighbor), now + max_ns);
	uint32_t next, tick = tg_time_tick(now);

	due = TG_MIN(due, shard->ops->due(shard, now));
	if (tg_wheel_next(&shard->tcp.wheel, &next)) {
		/* Ticks wrap, so it is their distance that counts. */
		int64_t ticks = (int64_t)(now >> TG_TICK_SHIFT) + (int32_t)(next - tick);

		due = TG_MIN(due, (tg_time_t)ticks << TG_TICK_SHIFT);
	}
	return due > now && !tg_waiting_due(&shard->waiting) ? due - now : 0;
}

void
tg_shard_release_frames(struct tg_shard *shard, struct tg_frames *spare)
{
	tg_tcp_release_frames(&shard->tcp, spare);
}

uint32_t
tg_shard_held_max(const struct tg_shard *shard)
{
	return shard->config->tcp->limits.held;
}

struct tg_stats *
tg_shard_stats(struct tg_shard *shard)
{
	return shard->stats;
}

const struct tg_tcp_gauges *
tg_shard_gauges(const struct tg_shard *shard)
{
	return shard->gauges;
}

void *
tg_shard_user(const struct tg_shard *shard)
{
	return shard->user;
}

bool
tg_shard_resolve(struct tg_shard *shard, bool is_ipv6, const union tg_ip *hop, uint16_t vlan,
    tg_time_t now, uint8_t mac[6])
{
	uint16_t hint = TG_NEIGHBOR_NONE;

	return tg_neighbor_resolve(shard->neighbor, is_ipv6, hop, vlan, now, &hint, mac);
}
