/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "neighbor/neighbor_internal.h"

static uint32_t
bucket_count(uint32_t entries)
{
	uint32_t n = 1;

	while (n < entries)
		n *= 2;
	return n;
}

struct tg_neighbor *
tg_neighbor_layout(struct tg_arena *arena, const struct tg_neighbor_limits *limits,
    const struct tg_net *net, struct tg_stats *stats, bool sender)
{
	const struct tg_list empty = { TG_NEIGHBOR_NONE, TG_NEIGHBOR_NONE };
	uint32_t n_buckets = bucket_count(limits->entries);
	struct tg_neighbor *nb = tg_arena_take(arena, 1, sizeof(*nb));
	struct tg_entry *entry = tg_arena_take(arena, limits->entries, sizeof(*entry));
	uint16_t *bucket = tg_arena_take(arena, n_buckets, sizeof(*bucket));

	if (nb == NULL)
		return NULL;
	*nb = (struct tg_neighbor){
		.next_due = TG_TIME_NEVER,
		.net = net,
		.stats = stats,
		.entry = entry,
		.bucket = bucket,
		.bucket_mask = n_buckets - 1,
		.sender = sender,
		.limits = *limits,
		.lru = empty,
		.unresolved = empty,
		.solicit = empty,
		.delay = empty,
		.announce_due = TG_TIME_NEVER,
	};
	for (uint32_t i = 0; i < n_buckets; i++)
		bucket[i] = TG_NEIGHBOR_NONE;
	for (uint16_t i = 0; i < TG_NET_ADDRS_MAX; i++)
		nb->addr[i].due = nb->addr[i].mld.due = TG_TIME_NEVER;
	return nb;
}

enum tg_neighbor_verdict
tg_neighbor_input(struct tg_neighbor *nb, struct tg_frame *frame, const struct tg_packet *pkt,
    tg_time_t now, enum tg_drop *why, struct tg_icmp_error *err)
{
	switch (pkt->kind) {
	case TG_PACKET_ARP:
		return tg_neighbor_verdict(
		    tg_arp_input(nb, frame, pkt, now), TG_NEIGHBOR_REPLY, why);
	case TG_PACKET_ICMP4:
	case TG_PACKET_ICMP6:
		return tg_icmp_input(nb, frame, pkt, now, why, err);
	case TG_PACKET_TCP:
		break;
	}
	return tg_neighbor_verdict(TG_DROP_IP_PROTOCOL, TG_NEIGHBOR_DROP, why);
}

bool
tg_neighbor_resolve(struct tg_neighbor *nb, bool is_ipv6, const union tg_ip *hop, uint16_t vlan,
    tg_time_t now, uint16_t *hint, uint8_t mac[6])
{
	if (!tg_cache_is(nb, *hint, is_ipv6, hop, vlan))
		*hint = tg_cache_get(nb, is_ipv6, hop, vlan, now);
	return *hint != TG_NEIGHBOR_NONE && tg_cache_use(nb, *hint, now, mac);
}

uint32_t
tg_neighbor_resolutions(const struct tg_neighbor *nb)
{
	return nb->resolutions;
}

bool
tg_neighbor_is_resolved(const struct tg_neighbor *nb, uint16_t hint)
{
	return hint < nb->used && tg_cache_is_resolved(nb, hint);
}

void
tg_neighbor_confirm(struct tg_neighbor *nb, uint16_t hint, tg_time_t now)
{
	if (hint < nb->used)
		tg_cache_confirm(nb, hint, now);
}

void
tg_neighbor_link_up(struct tg_neighbor *nb, tg_time_t now)
{
	tg_announce_start(nb, now);
}

bool
tg_neighbor_addr_usable(const struct tg_neighbor *nb, uint16_t addr)
{
	return nb->addr[addr].state == TG_ADDR_USABLE;
}

bool
tg_neighbor_take_frame(
    struct tg_neighbor *nb, const struct tg_neighbor_out *out, struct tg_frame *frame)
{
	if (out->tx->n < out->tx->cap && tg_frames_pop(out->spare, frame)) {
		assert(frame->room >= TG_NEIGHBOR_FRAME_BYTES); /* spares hold a full frame */
		return true;
	}
	tg_count(nb->stats, TG_COUNTER_TIMER_NO_SPARE);
	return false;
}

void
tg_neighbor_run(
    struct tg_neighbor *nb, tg_time_t now, struct tg_frames *spare, struct tg_frames *tx)
{
	struct tg_neighbor_out out = { spare, tx };
	tg_time_t announce, solicit;

	if (now < nb->next_due)
		return;
	announce = tg_announce_run(nb, now, &out);
	solicit = tg_cache_run(nb, now, &out);
	nb->next_due = TG_MIN(announce, solicit);
}

tg_time_t
tg_neighbor_next_due(const struct tg_neighbor *nb)
{
	return nb->next_due;
}

uint32_t
tg_neighbor_count(const struct tg_neighbor *nb)
{
	return nb->used;
}
