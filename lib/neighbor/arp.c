/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * ARP, RFC 826. Nobody but who asks for one of our addresses gets an entry: what
 * comes unasked only updates entries that exist, else anyone could fill the cache.
 */
#include "neighbor/neighbor_internal.h"

#define ARP_BYTES 28

enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

/* Offsets of the fields, RFC 826. */
enum { ARP_OP = 6, ARP_SHA = 8, ARP_SPA = 14, ARP_THA = 18, ARP_TPA = 24 };

static const uint8_t arp_fixed[6] = { 0, 1, 8, 0, 6, 4 }; /* Ethernet, IPv4 and their lengths */
static const uint8_t mac_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* The parser has seen to length and address formats. */
static bool
is_valid(const uint8_t *arp)
{
	uint16_t op = tg_load16(arp + ARP_OP);

	return (op == ARP_REQUEST || op == ARP_REPLY) && tg_mac_is_station(arp + ARP_SHA);
}

static void
read_ip(const uint8_t *p, union tg_ip *ip)
{
	*ip = (union tg_ip){ 0 };
	memcpy(&ip->v4, p, sizeof(ip->v4));
}

/* dst_mac is the target hardware address too, except in a broadcast. */
static void
arp_write(const struct tg_net *net, struct tg_frame *frame, uint16_t vlan, uint16_t op,
    const uint8_t dst_mac[6], be32_t src, be32_t target)
{
	uint32_t off = tg_build_eth(frame->data, dst_mac, net->mac, vlan, TG_ETHERTYPE_ARP);
	uint8_t *arp = frame->data + off;

	memset(arp, 0, ARP_BYTES);
	memcpy(arp, arp_fixed, sizeof(arp_fixed));
	tg_store16(arp + ARP_OP, op);
	memcpy(arp + ARP_SHA, net->mac, 6);
	memcpy(arp + ARP_SPA, &src, sizeof(src));
	if ((dst_mac[0] & 1) == 0)
		memcpy(arp + ARP_THA, dst_mac, 6);
	memcpy(arp + ARP_TPA, &target, sizeof(target));
	frame->len = (uint16_t)(off + ARP_BYTES);
	frame->flags = 0;
	frame->vlan = 0;
}

void
tg_arp_write_request(const struct tg_net *net, struct tg_frame *frame, uint16_t vlan, be32_t src,
    be32_t target, const uint8_t *dst_mac)
{
	arp_write(
	    net, frame, vlan, ARP_REQUEST, dst_mac == NULL ? mac_broadcast : dst_mac, src, target);
}

/* A request for our address target. The sender of a probe (RFC 5227 2.1.1), 0.0.0.0,
 * is on no link and so not learned. */
static enum tg_drop
answer(struct tg_neighbor *nb, struct tg_frame *frame, const struct tg_packet *pkt,
    const union tg_ip *sender, const union tg_ip *target, tg_time_t now)
{
	uint8_t mac[6];

	memcpy(mac, frame->data + pkt->l3_off + ARP_SHA, sizeof(mac));
	if (tg_net_on_link(nb->net, false, sender, pkt->vlan) != TG_NET_ADDR_NONE &&
	    !tg_net_is_broadcast4(nb->net, sender->v4, pkt->vlan))
		tg_cache_learn(nb, false, sender, pkt->vlan, mac, now);
	if ((frame->flags & TG_FRAME_COPY) != 0)
		return TG_DROP_ARP_LEARNED;
	if (frame->room < TG_ETH_HEADER_BYTES + TG_VLAN_BYTES + ARP_BYTES)
		return TG_DROP_RX_SHAPE;
	arp_write(nb->net, frame, pkt->vlan, ARP_REPLY, mac, target->v4, sender->v4);
	tg_count(nb->stats, TG_COUNTER_ARP_REPLIES);
	return TG_DROP_NONE;
}

/* Anything else: updates an entry for the sender, if there is one. It confirms the
 * neighbour only as the reply to a request of ours. */
static enum tg_drop
merge(struct tg_neighbor *nb, const uint8_t *arp, const union tg_ip *sender, bool reply_to_us,
    uint16_t vlan, tg_time_t now)
{
	uint16_t i = tg_cache_find(nb, false, sender, vlan);
	bool asked;

	if (i == TG_NEIGHBOR_NONE)
		return TG_DROP_ARP_NOT_FOR_US;
	asked = nb->entry[i].state == TG_ENTRY_INCOMPLETE || nb->entry[i].state == TG_ENTRY_PROBE;
	tg_cache_advertised(nb, i, arp + ARP_SHA, reply_to_us && asked, true, now);
	return TG_DROP_ARP_LEARNED;
}

enum tg_drop
tg_arp_input(
    struct tg_neighbor *nb, struct tg_frame *frame, const struct tg_packet *pkt, tg_time_t now)
{
	const uint8_t *arp = frame->data + pkt->l3_off;
	union tg_ip sender, target;
	uint16_t ours;
	bool for_us;

	if (!is_valid(arp))
		return TG_DROP_ARP_MALFORMED;
	if (memcmp(arp + ARP_SHA, nb->net->mac, 6) == 0)
		return TG_DROP_ARP_NOT_FOR_US; /* our own, come back */
	read_ip(arp + ARP_SPA, &sender);
	read_ip(arp + ARP_TPA, &target);
	ours = tg_net_find(nb->net, false, &sender, pkt->vlan);
	if (ours != TG_NET_ADDR_NONE) {
		tg_announce_defend(nb, ours, now);
		return TG_DROP_ARP_LEARNED;
	}
	for_us = tg_net_find(nb->net, false, &target, pkt->vlan) != TG_NET_ADDR_NONE;
	if (for_us && tg_load16(arp + ARP_OP) == ARP_REQUEST)
		return answer(nb, frame, pkt, &sender, &target, now);
	return merge(nb, arp, &sender, for_us, pkt->vlan, now);
}
