/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Neighbour solicitations and advertisements, RFC 4861. The router flag of an
 * advertisement is not kept: routers come from the configuration. Frames with our
 * own MAC address as source are our own come back (RFC 4862 5.4.3) and say nothing.
 */
#include "neighbor/neighbor_internal.h"
#include "packet/checksum.h"

#define ND_BYTES        24 /* ICMPv6 header, flags or reserved, target */
#define ND_OPTION_BYTES 8  /* link-layer address option on Ethernet */
#define ND_HOP_LIMIT    255

enum { ND_FLAGS = 4, ND_TARGET = 8 }; /* offsets */
enum { ND_SOLICITATION = 135, ND_ADVERTISEMENT = 136 };
enum { ND_OPT_SOURCE = 1, ND_OPT_TARGET = 2 };
enum { ND_SOLICITED = 0x40, ND_OVERRIDE = 0x20 };

static const union tg_ip all_nodes = { .b = { 0xff, 0x02, [15] = 1 } };

void
tg_ndp_solicited_node(const union tg_ip *addr, union tg_ip *group)
{
	*group = (union tg_ip){ .b = { 0xff, 0x02, [11] = 1, 0xff, addr->b[13], addr->b[14],
				    addr->b[15] } };
}

static bool
is_solicited_node(const union tg_ip *ip)
{
	union tg_ip group;

	tg_ndp_solicited_node(ip, &group);
	return tg_ip_equal(ip, &group);
}

/* Writes a message over path, whose hop limit and MAC addresses are filled in here
 * (dst_mac only for a group). The unspecified source may not name its MAC address. */
static void
nd_write(const struct tg_net *net, struct tg_frame *frame, struct tg_path *path, uint8_t type,
    uint8_t flags, const union tg_ip *target)
{
	bool option = !tg_ip_is_unspecified(&path->src);
	uint32_t len = ND_BYTES + (option ? ND_OPTION_BYTES : 0);
	be16_t csum;
	uint8_t *nd;

	path->is_ipv6 = true;
	path->ttl = ND_HOP_LIMIT;
	memcpy(path->src_mac, net->mac, sizeof(path->src_mac));
	if (tg_ip6_is_multicast(&path->dst))
		tg_ip6_multicast_mac(&path->dst, path->dst_mac);
	nd = frame->data + tg_build_ip(frame, path, TG_IPPROTO_ICMP6, len);
	memset(nd, 0, len);
	nd[0] = type;
	nd[ND_FLAGS] = flags;
	memcpy(nd + ND_TARGET, target->b, 16);
	if (option) {
		nd[ND_BYTES] = type == ND_SOLICITATION ? ND_OPT_SOURCE : ND_OPT_TARGET;
		nd[ND_BYTES + 1] = ND_OPTION_BYTES / 8;
		memcpy(nd + ND_BYTES + 2, net->mac, 6);
	}
	csum = tg_checksum_fold(tg_checksum_add(
	    tg_checksum_pseudo(true, &path->src, &path->dst, TG_IPPROTO_ICMP6, len), nd, len));
	memcpy(nd + 2, &csum, sizeof(csum));
}

void
tg_ndp_write_solicitation(const struct tg_net *net, struct tg_frame *frame, uint16_t vlan,
    const union tg_ip *src, const union tg_ip *target, const uint8_t *dst_mac)
{
	struct tg_path path = { .vlan = vlan, .src = *src, .dst = *target };

	if (dst_mac == NULL)
		tg_ndp_solicited_node(target, &path.dst);
	else
		memcpy(path.dst_mac, dst_mac, sizeof(path.dst_mac));
	nd_write(net, frame, &path, ND_SOLICITATION, 0, target);
}

void
tg_ndp_write_unsolicited(
    const struct tg_net *net, struct tg_frame *frame, uint16_t vlan, const union tg_ip *addr)
{
	struct tg_path path = { .vlan = vlan, .src = *addr, .dst = all_nodes };

	nd_write(net, frame, &path, ND_ADVERTISEMENT, ND_OVERRIDE, addr);
}

/* Turns a received solicitation for target into the advertisement that answers it
 * (RFC 4861 7.2.4). A DAD probe is answered to all nodes. */
static enum tg_drop
answer(struct tg_neighbor *nb, struct tg_frame *frame, const struct tg_packet *pkt,
    const union tg_ip *target)
{
	bool probe = tg_ip_is_unspecified(&pkt->src);
	struct tg_path path = {
		.vlan = pkt->vlan,
		.src = *target,
		.dst = probe ? all_nodes : pkt->src,
	};

	if (frame->room < TG_NEIGHBOR_FRAME_BYTES)
		return TG_DROP_RX_SHAPE;
	memcpy(path.dst_mac, frame->data + 6, sizeof(path.dst_mac));
	nd_write(nb->net, frame, &path, ND_ADVERTISEMENT,
	    probe ? ND_OVERRIDE : ND_SOLICITED | ND_OVERRIDE, target);
	tg_count(nb->stats, TG_COUNTER_ND_ADVERTISEMENTS);
	return TG_DROP_NONE;
}

/* Walks the options; false if one is malformed. *mac points at the link-layer
 * address of the option `wanted`, or is NULL. */
static bool
walk_options(const uint8_t *p, const uint8_t *end, uint8_t wanted, const uint8_t **mac)
{
	size_t len;

	*mac = NULL;
	for (; p < end; p += len) {
		if (end - p < 2 || p[1] == 0)
			return false;
		len = (size_t)p[1] * 8;
		if (len > (size_t)(end - p))
			return false;
		if (p[0] == wanted && len == ND_OPTION_BYTES)
			*mac = p + 2;
	}
	return *mac == NULL || tg_mac_is_station(*mac);
}

/* RFC 4861 7.1.1 and 7.1.2, what is common to both. */
static bool
is_valid(const struct tg_packet *pkt, const uint8_t *nd, const uint8_t **mac)
{
	bool solicitation = nd[0] == ND_SOLICITATION;

	return pkt->l4_len >= ND_BYTES && pkt->ttl == ND_HOP_LIMIT && nd[1] == 0 &&
	       nd[ND_TARGET] != 0xff &&
	       walk_options(nd + ND_BYTES, nd + pkt->l4_len,
		   solicitation ? ND_OPT_SOURCE : ND_OPT_TARGET, mac);
}

static enum tg_drop
solicitation_input(struct tg_neighbor *nb, struct tg_frame *frame, const struct tg_packet *pkt,
    const union tg_ip *target, const uint8_t *mac, tg_time_t now)
{
	bool probe = tg_ip_is_unspecified(&pkt->src);
	uint16_t local = tg_net_find(nb->net, true, target, pkt->vlan);

	if (probe && (!is_solicited_node(&pkt->dst) || mac != NULL))
		return TG_DROP_ND_INVALID;
	if (local == TG_NET_ADDR_NONE)
		return TG_DROP_ND_NOT_FOR_US;
	if (tg_neighbor_from_ourselves(nb, frame))
		return TG_DROP_ND_LEARNED;
	if (tg_net_find(nb->net, true, &pkt->src, pkt->vlan) != TG_NET_ADDR_NONE)
		return TG_DROP_IP6_SOURCE;
	if (!tg_neighbor_addr_usable(nb, local)) {
		if (probe)
			tg_announce_duplicate(nb, local);
		return TG_DROP_ND_LEARNED;
	}
	if (mac != NULL && tg_net_on_link(nb->net, true, &pkt->src, pkt->vlan) != TG_NET_ADDR_NONE)
		tg_cache_learn(nb, true, &pkt->src, pkt->vlan, mac, now);
	if ((frame->flags & TG_FRAME_COPY) != 0)
		return TG_DROP_ND_LEARNED;
	return answer(nb, frame, pkt, target);
}

static enum tg_drop
advertisement_input(struct tg_neighbor *nb, const struct tg_frame *frame,
    const struct tg_packet *pkt, const union tg_ip *target, const uint8_t *mac, tg_time_t now)
{
	uint8_t flags = frame->data[pkt->l4_off + ND_FLAGS];
	bool solicited = (flags & ND_SOLICITED) != 0;
	uint16_t local = tg_net_find(nb->net, true, target, pkt->vlan), i;

	if ((solicited && tg_ip6_is_multicast(&pkt->dst)) || tg_ip_is_unspecified(&pkt->src))
		return TG_DROP_ND_INVALID;
	if (tg_neighbor_from_ourselves(nb, frame))
		return TG_DROP_ND_LEARNED;
	if (local != TG_NET_ADDR_NONE) {
		tg_announce_duplicate(nb, local);
		return TG_DROP_ND_LEARNED;
	}
	i = tg_cache_find(nb, true, target, pkt->vlan);
	if (i != TG_NEIGHBOR_NONE)
		tg_cache_advertised(nb, i, mac, solicited, (flags & ND_OVERRIDE) != 0, now);
	return TG_DROP_ND_LEARNED;
}

enum tg_drop
tg_ndp_input(
    struct tg_neighbor *nb, struct tg_frame *frame, const struct tg_packet *pkt, tg_time_t now)
{
	const uint8_t *nd = frame->data + pkt->l4_off, *mac;
	union tg_ip target;

	if (!is_valid(pkt, nd, &mac))
		return TG_DROP_ND_INVALID;
	memcpy(target.b, nd + ND_TARGET, sizeof(target.b));
	if (nd[0] == ND_SOLICITATION)
		return solicitation_input(nb, frame, pkt, &target, mac, now);
	return advertisement_input(nb, frame, pkt, &target, mac, now);
}
