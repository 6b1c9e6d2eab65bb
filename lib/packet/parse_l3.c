/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/parse.h"

#define VID_MASK     0x0fff
#define VID_RESERVED 0x0fff /* IEEE 802.1Q table 9-2 */

#define ARP_BYTES          28
#define ARP_HTYPE_ETHERNET 1

static enum tg_drop
parse_eth(const struct tg_frame *frame, struct tg_packet *pkt, uint16_t *ethertype)
{
	bool tagged = frame->flags & TG_FRAME_VLAN;
	uint16_t tci = tagged ? frame->vlan : 0;

	if (frame->len < TG_ETH_HEADER_BYTES)
		return TG_DROP_L2_SHORT;
	*ethertype = tg_load16(frame->data + 12);
	pkt->l3_off = TG_ETH_HEADER_BYTES;
	if (*ethertype == TG_ETHERTYPE_VLAN && !tagged) {
		if (frame->len < TG_ETH_HEADER_BYTES + TG_VLAN_BYTES)
			return TG_DROP_L2_SHORT;
		tci = tg_load16(frame->data + 14);
		*ethertype = tg_load16(frame->data + 16);
		pkt->l3_off += TG_VLAN_BYTES;
	}
	pkt->eth_multicast = frame->data[0] & 1;
	pkt->vlan = tci & VID_MASK; /* 0: a priority tag, which says nothing of a VLAN */
	if (*ethertype == TG_ETHERTYPE_VLAN || pkt->vlan == VID_RESERVED)
		return TG_DROP_L2_VLAN;
	return TG_DROP_NONE;
}

static enum tg_drop
parse_arp(const uint8_t *p, uint32_t avail, struct tg_packet *pkt)
{
	if (avail < ARP_BYTES || tg_load16(p) != ARP_HTYPE_ETHERNET ||
	    tg_load16(p + 2) != TG_ETHERTYPE_IP4 || p[4] != 6 || p[5] != 4)
		return TG_DROP_ARP_MALFORMED;
	pkt->kind = TG_PACKET_ARP;
	pkt->is_ipv6 = false;
	pkt->ttl = pkt->tos = pkt->ip6_router_alert = 0;
	pkt->l4_off = (uint16_t)(pkt->l3_off + ARP_BYTES);
	pkt->l4_len = 0;
	pkt->src = pkt->dst = (union tg_ip){ 0 };
	return TG_DROP_NONE;
}

/* ICMP of the other family is no protocol of this one. */
static enum tg_drop
kind_of(uint8_t proto, struct tg_packet *pkt)
{
	if (proto == TG_IPPROTO_TCP)
		pkt->kind = TG_PACKET_TCP;
	else if (proto == TG_IPPROTO_ICMP && !pkt->is_ipv6)
		pkt->kind = TG_PACKET_ICMP4;
	else if (proto == TG_IPPROTO_ICMP6 && pkt->is_ipv6)
		pkt->kind = TG_PACKET_ICMP6;
	else
		return TG_DROP_IP_PROTOCOL;
	return TG_DROP_NONE;
}

enum tg_drop
tg_parse_l3(const struct tg_frame *frame, enum tg_rx_csum ip_csum, struct tg_packet *pkt)
{
	const uint8_t *l3;
	uint32_t avail;
	uint16_t ethertype;
	uint8_t proto = 0;
	enum tg_drop why;

	pkt->src_class = frame->src_class;
	why = parse_eth(frame, pkt, &ethertype);
	if (why != TG_DROP_NONE)
		return why;
	l3 = frame->data + pkt->l3_off;
	avail = frame->len - pkt->l3_off;
	if (ethertype == TG_ETHERTYPE_IP4)
		why = tg_parse_ip4(l3, avail, ip_csum, pkt, &proto);
	else if (ethertype == TG_ETHERTYPE_IP6)
		why = tg_parse_ip6(l3, avail, pkt, &proto);
	else if (ethertype == TG_ETHERTYPE_ARP)
		return parse_arp(l3, avail, pkt);
	else
		return TG_DROP_L2_ETHERTYPE;
	return why != TG_DROP_NONE ? why : kind_of(proto, pkt);
}
