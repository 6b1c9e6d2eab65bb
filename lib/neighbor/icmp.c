/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * ICMP (RFC 792) and ICMPv6 (RFC 4443): echo is answered in place, errors are
 * classified for the connection they are about, everything else is ignored.
 */
#include "neighbor/neighbor_internal.h"
#include "packet/checksum.h"

#define ECHO_TTL      64
#define TOS_DSCP_MASK 0xfc /* ECN of a request says nothing about its reply */

enum {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_ECHO = 8,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER = 12,
};

enum {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_MLD_QUERY = 130,
	ICMP6_SOLICITATION = 135,
	ICMP6_ADVERTISEMENT = 136,
};

/* By code, RFC 1122 4.2.3.9 and RFC 5927. */
static const enum tg_icmp_error_kind unreachable4[] = {
	[0] = TG_ICMP_SOFT,    /* network */
	[1] = TG_ICMP_SOFT,    /* host */
	[2] = TG_ICMP_HARD,    /* protocol */
	[3] = TG_ICMP_HARD,    /* port */
	[4] = TG_ICMP_TOO_BIG, /* fragmentation needed */
	[5] = TG_ICMP_SOFT,    /* source route failed */
	[6] = TG_ICMP_SOFT,    /* network unknown */
	[7] = TG_ICMP_SOFT,    /* host unknown */
	[8] = TG_ICMP_SOFT,    /* host isolated */
	[9] = TG_ICMP_SOFT,    /* network prohibited */
	[10] = TG_ICMP_SOFT,   /* host prohibited */
	[11] = TG_ICMP_SOFT,   /* network, for this type of service */
	[12] = TG_ICMP_SOFT,   /* host, for this type of service */
	[13] = TG_ICMP_SOFT,   /* administratively prohibited */
	[14] = TG_ICMP_SOFT,   /* precedence violation */
	[15] = TG_ICMP_SOFT,   /* precedence cutoff */
};

/* Whether the packet is to one usable address of ours and from somebody else. */
static enum tg_drop
check_addresses(const struct tg_neighbor *nb, const struct tg_packet *pkt)
{
	const struct tg_net *net = nb->net;
	bool is_ipv6 = pkt->is_ipv6;
	uint16_t local = tg_net_find(net, is_ipv6, &pkt->dst, pkt->vlan);

	if (local == TG_NET_ADDR_NONE || !tg_neighbor_addr_usable(nb, local))
		return is_ipv6 ? TG_DROP_IP6_NOT_FOR_US : TG_DROP_IP4_NOT_FOR_US;
	if (is_ipv6 ? tg_ip_is_unspecified(&pkt->src)
		    : tg_net_is_broadcast4(net, pkt->src.v4, pkt->vlan))
		return is_ipv6 ? TG_DROP_IP6_SOURCE : TG_DROP_IP4_SOURCE;
	if (tg_net_find(net, is_ipv6, &pkt->src, pkt->vlan) != TG_NET_ADDR_NONE)
		return is_ipv6 ? TG_DROP_IP6_SOURCE : TG_DROP_IP4_SOURCE;
	return TG_DROP_NONE;
}

static bool
is_to_group(const struct tg_net *net, const struct tg_packet *pkt)
{
	if (pkt->eth_multicast)
		return true;
	if (pkt->is_ipv6)
		return tg_ip6_is_multicast(&pkt->dst);
	return (pkt->dst.b[0] & 0xf0) == 0xe0 || tg_net_is_broadcast4(net, pkt->dst.v4, pkt->vlan);
}

/* A bucket that holds one second's worth of replies, kept as the time at which it
 * would be full again. */
static bool
echo_allowed(struct tg_neighbor *nb, tg_time_t now)
{
	tg_time_t full_at = TG_MAX(nb->echo_time, now);

	if (nb->limits.echo_per_second == 0)
		return false;
	full_at += TG_NS_PER_SEC / nb->limits.echo_per_second;
	if (full_at > now + TG_NS_PER_SEC)
		return false;
	nb->echo_time = full_at;
	return true;
}

/* Rewrites a request into its reply. Headers are written anew, so that options and
 * extension headers of the request are not reflected. */
static enum tg_drop
echo_rewrite(const struct tg_net *net, struct tg_frame *frame, const struct tg_packet *pkt)
{
	uint8_t proto = pkt->is_ipv6 ? TG_IPPROTO_ICMP6 : TG_IPPROTO_ICMP;
	struct tg_path path = {
		.vlan = pkt->vlan,
		.is_ipv6 = pkt->is_ipv6,
		.ttl = ECHO_TTL,
		.tos = pkt->tos & TOS_DSCP_MASK,
		.offload = net->offload & TG_OFFLOAD_IP_CSUM,
		.src = pkt->dst,
		.dst = pkt->src,
	};
	uint32_t l4_off = tg_path_header_bytes(&path);
	uint8_t *icmp = frame->data + l4_off;
	uint64_t sum = 0;
	be16_t csum;

	if (l4_off + pkt->l4_len > frame->room)
		return TG_DROP_RX_SHAPE;
	memcpy(path.dst_mac, frame->data + 6, sizeof(path.dst_mac));
	memcpy(path.src_mac, net->mac, sizeof(path.src_mac));
	memmove(icmp, frame->data + pkt->l4_off, pkt->l4_len);
	tg_build_ip(frame, &path, proto, pkt->l4_len);
	icmp[0] = pkt->is_ipv6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY;
	memset(icmp + 2, 0, 2);
	if (pkt->is_ipv6)
		sum = tg_checksum_pseudo(true, &path.src, &path.dst, proto, pkt->l4_len);
	csum = tg_checksum_fold(tg_checksum_add(sum, icmp, pkt->l4_len));
	memcpy(icmp + 2, &csum, sizeof(csum));
	return TG_DROP_NONE;
}

static enum tg_drop
echo_input(
    struct tg_neighbor *nb, struct tg_frame *frame, const struct tg_packet *pkt, tg_time_t now)
{
	enum tg_drop reason;

	if (frame->data[pkt->l4_off + 1] != 0 || is_to_group(nb->net, pkt) ||
	    (frame->flags & TG_FRAME_COPY) != 0)
		return TG_DROP_ICMP_IGNORED;
	reason = check_addresses(nb, pkt);
	if (reason != TG_DROP_NONE)
		return reason;
	if (!echo_allowed(nb, now))
		return TG_DROP_ICMP_LIMITED;
	reason = echo_rewrite(nb->net, frame, pkt);
	if (reason == TG_DROP_NONE)
		tg_count(nb->stats, TG_COUNTER_ICMP_ECHO_REPLIES);
	return reason;
}

/* What an ICMP error says; false if the type or code is no error we know. */
static bool
classify4(const uint8_t *icmp, struct tg_icmp_error *err)
{
	err->kind = TG_ICMP_SOFT;
	err->mtu = 0;
	switch (icmp[0]) {
	case ICMP4_UNREACHABLE:
		if (icmp[1] >= TG_ARRAY_LEN(unreachable4))
			return false;
		err->kind = unreachable4[icmp[1]];
		if (err->kind == TG_ICMP_TOO_BIG)
			err->mtu = tg_load16(icmp + 6); /* RFC 1191 4 */
		return true;
	case ICMP4_TIME_EXCEEDED:
	case ICMP4_PARAMETER:
		return true;
	}
	return false;
}

static bool
classify6(const uint8_t *icmp, struct tg_icmp_error *err)
{
	err->kind = TG_ICMP_SOFT;
	err->mtu = 0;
	switch (icmp[0]) {
	case ICMP6_UNREACHABLE:
		if (icmp[1] == 4) /* port */
			err->kind = TG_ICMP_HARD;
		return true;
	case ICMP6_TOO_BIG:
		err->kind = TG_ICMP_TOO_BIG;
		err->mtu = (uint16_t)TG_MIN(tg_load32(icmp + 4), UINT16_MAX);
		return true;
	case ICMP6_TIME_EXCEEDED:
	case ICMP6_PARAMETER: /* code 1 too, RFC 9293 MUST-56 */
		return true;
	}
	return false;
}

/* Fills err from an ICMP error about TCP that we sent. */
static enum tg_drop
error_input(const struct tg_neighbor *nb, const struct tg_frame *frame, const struct tg_packet *pkt,
    struct tg_icmp_error *err)
{
	const uint8_t *icmp = frame->data + pkt->l4_off;
	enum tg_drop reason;

	err->type = icmp[0];
	err->code = icmp[1];
	if (!(pkt->is_ipv6 ? classify6(icmp, err) : classify4(icmp, err)) ||
	    is_to_group(nb->net, pkt))
		return TG_DROP_ICMP_IGNORED;
	reason = check_addresses(nb, pkt);
	if (reason != TG_DROP_NONE)
		return reason;
	if (!tg_packet_parse_quote(frame, pkt, &err->quote) ||
	    tg_net_find(nb->net, pkt->is_ipv6, &err->quote.src, pkt->vlan) == TG_NET_ADDR_NONE)
		return TG_DROP_ICMP_NO_CONNECTION;
	return TG_DROP_NONE;
}

enum tg_neighbor_verdict
tg_icmp_input(struct tg_neighbor *nb, struct tg_frame *frame, const struct tg_packet *pkt,
    tg_time_t now, enum tg_drop *why, struct tg_icmp_error *err)
{
	uint8_t type = frame->data[pkt->l4_off];

	if (type == (pkt->is_ipv6 ? ICMP6_ECHO : ICMP4_ECHO))
		return tg_neighbor_verdict(echo_input(nb, frame, pkt, now), TG_NEIGHBOR_REPLY, why);
	if (pkt->is_ipv6 && (type == ICMP6_SOLICITATION || type == ICMP6_ADVERTISEMENT))
		return tg_neighbor_verdict(
		    tg_ndp_input(nb, frame, pkt, now), TG_NEIGHBOR_REPLY, why);
	if (pkt->is_ipv6 && type == ICMP6_MLD_QUERY)
		return tg_neighbor_verdict(
		    tg_mld_input(nb, frame, pkt, now), TG_NEIGHBOR_DROP, why);
	return tg_neighbor_verdict(error_input(nb, frame, pkt, err), TG_NEIGHBOR_ERROR, why);
}
