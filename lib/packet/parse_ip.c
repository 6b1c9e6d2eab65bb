/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/checksum.h"
#include "packet/parse.h"

enum ip4_option {
	IP4_OPTION_END = 0,
	IP4_OPTION_NOP = 1,
	IP4_OPTION_LOOSE_ROUTE = 131,
	IP4_OPTION_STRICT_ROUTE = 137,
};

enum ip6_extension {
	IP6_HOP_BY_HOP = 0,
	IP6_ROUTING = 43,
	IP6_FRAGMENT = 44,
	IP6_DESTINATION = 60,
};

#define IP6_EXTENSION_BYTES_MIN 8
#define IP6_FRAGMENT_BYTES      8
#define IP6_FRAGMENT_MASK       0xfff9 /* offset and M flag: both zero in an atomic fragment */

enum ip6_option { IP6_OPTION_PAD1 = 0, IP6_OPTION_ROUTER_ALERT = 5 };

#define IP6_OPTION_ACTION_MASK 0xc0 /* RFC 8200 4.2: zero says skip if unknown */

static enum tg_drop
parse_ip4_options(const uint8_t *p, uint32_t len)
{
	uint32_t at = 0;

	while (at < len && p[at] != IP4_OPTION_END) {
		if (p[at] == IP4_OPTION_NOP) {
			at++;
			continue;
		}
		if (len - at < 2 || p[at + 1] < 2 || p[at + 1] > len - at)
			return TG_DROP_IP4_HEADER;
		if (p[at] == IP4_OPTION_LOOSE_ROUTE || p[at] == IP4_OPTION_STRICT_ROUTE)
			return TG_DROP_IP4_SOURCE_ROUTE;
		at += p[at + 1];
	}
	return TG_DROP_NONE;
}

static bool
ip4_checksum_holds(const uint8_t *p, uint32_t len, enum tg_rx_csum csum)
{
	switch (csum) {
	case TG_RX_CSUM_GOOD:
	case TG_RX_CSUM_NONE:
		return true;
	case TG_RX_CSUM_BAD:
		return false;
	case TG_RX_CSUM_UNKNOWN:
		break;
	}
	return tg_checksum_fold(tg_checksum_add(0, p, len)) == 0;
}

static void
fill_ip4(const uint8_t *p, uint32_t header, uint32_t total, struct tg_packet *pkt)
{
	pkt->is_ipv6 = false;
	pkt->tos = p[1];
	pkt->ttl = p[8];
	pkt->ip6_router_alert = 0;
	pkt->l4_off = (uint16_t)(pkt->l3_off + header);
	pkt->l4_len = (uint16_t)(total - header);
	pkt->src = pkt->dst = (union tg_ip){ 0 };
	memcpy(&pkt->src.v4, p + 12, sizeof(pkt->src.v4));
	memcpy(&pkt->dst.v4, p + 16, sizeof(pkt->dst.v4));
}

enum tg_drop
tg_parse_ip4(
    const uint8_t *p, uint32_t avail, enum tg_rx_csum csum, struct tg_packet *pkt, uint8_t *proto)
{
	uint32_t header, total;

	if (avail < TG_IP4_HEADER_BYTES || p[0] >> 4 != 4)
		return TG_DROP_IP4_HEADER;
	header = (p[0] & 15) * 4U;
	total = tg_load16(p + 2);
	if (header < TG_IP4_HEADER_BYTES || total < header || total > avail)
		return TG_DROP_IP4_HEADER;
	if (!ip4_checksum_holds(p, header, csum))
		return TG_DROP_IP4_CHECKSUM;
	if (tg_load16(p + 6) & TG_IP4_FRAGMENT_MASK)
		return TG_DROP_IP4_FRAGMENT;
	if (tg_ip4_source_refused(p + 12))
		return TG_DROP_IP4_SOURCE;
	fill_ip4(p, header, total, pkt);
	*proto = p[9];
	if (header == TG_IP4_HEADER_BYTES)
		return TG_DROP_NONE;
	return parse_ip4_options(p + TG_IP4_HEADER_BYTES, header - TG_IP4_HEADER_BYTES);
}

/* Multicast, loopback, IPv4-mapped and IPv4-compatible. */
static bool
ip6_source_refused(const union tg_ip *src)
{
	if (src->b[0] == 0xff)
		return true;
	if (src->q[0] != 0)
		return false;
	if (src->w[2] == tg_be32(0xffff))
		return true;
	return src->w[2] == 0 && src->w[3] != 0; /* the unspecified address passes */
}

/* The router alert of a multicast listener message, RFC 2711 2.1. p: an option. */
static bool
is_mld_alert(const uint8_t *p)
{
	return p[0] == IP6_OPTION_ROUTER_ALERT && p[1] == 2 && tg_load16(p + 2) == 0;
}

/* The options of one hop-by-hop or destination options header, at p. */
static enum tg_drop
parse_ip6_options(const uint8_t *p, uint32_t len, bool *mld_alert)
{
	uint32_t at = 0;

	while (at < len) {
		if (p[at] == IP6_OPTION_PAD1) {
			at++;
			continue;
		}
		if (len - at < 2 || p[at + 1] > len - at - 2)
			return TG_DROP_IP6_EXTENSION;
		if (p[at] & IP6_OPTION_ACTION_MASK)
			return TG_DROP_IP6_EXTENSION;
		if (is_mld_alert(p + at))
			*mld_alert = true;
		at += 2U + p[at + 1];
	}
	return TG_DROP_NONE;
}

/* One extension header, len bytes at p. */
static enum tg_drop
parse_ip6_extension(uint8_t type, const uint8_t *p, uint32_t len, struct tg_packet *pkt)
{
	bool alert = false;
	enum tg_drop why;

	if (type == IP6_ROUTING)
		return p[3] == 0 ? TG_DROP_NONE : TG_DROP_IP6_EXTENSION; /* segments left */
	if (type == IP6_FRAGMENT) /* an atomic fragment is whole (RFC 6946) */
		return (tg_load16(p + 2) & IP6_FRAGMENT_MASK) == 0 ? TG_DROP_NONE
								   : TG_DROP_IP6_FRAGMENT;
	why = parse_ip6_options(p + 2, len - 2, &alert);
	if (type == IP6_HOP_BY_HOP)
		pkt->ip6_router_alert = alert;
	return why;
}

static bool
is_ip6_extension(uint8_t type)
{
	return type == IP6_HOP_BY_HOP || type == IP6_ROUTING || type == IP6_DESTINATION ||
	       type == IP6_FRAGMENT;
}

/* Walks extension headers from *at to the first other header. *next: in, the type of
 * the first header; out, the upper-layer protocol. */
static enum tg_drop
walk_ip6_extensions(
    const uint8_t *p, uint32_t end, uint32_t *at, uint8_t *next, struct tg_packet *pkt)
{
	uint32_t n, len;
	bool fragment = false;
	enum tg_drop why;

	for (n = 0; is_ip6_extension(*next); n++) {
		if (n == TG_IP6_EXTENSIONS_MAX || end - *at < IP6_EXTENSION_BYTES_MIN)
			return TG_DROP_IP6_EXTENSION;
		fragment = fragment || *next == IP6_FRAGMENT;
		len = *next == IP6_FRAGMENT ? IP6_FRAGMENT_BYTES : (p[*at + 1] + 1U) * 8;
		if (len > end - *at || (*next == IP6_HOP_BY_HOP && n != 0))
			return TG_DROP_IP6_EXTENSION;
		why = parse_ip6_extension(*next, p + *at, len, pkt);
		if (why != TG_DROP_NONE)
			return why;
		*next = p[*at];
		*at += len;
	}
	/* Neighbour discovery is never believed behind a fragment header (RFC 6980). */
	return fragment && *next == TG_IPPROTO_ICMP6 ? TG_DROP_IP6_FRAGMENT : TG_DROP_NONE;
}

enum tg_drop
tg_parse_ip6(const uint8_t *p, uint32_t avail, struct tg_packet *pkt, uint8_t *proto)
{
	uint32_t at = TG_IP6_HEADER_BYTES, end;
	enum tg_drop why;

	if (avail < TG_IP6_HEADER_BYTES || p[0] >> 4 != 6)
		return TG_DROP_IP6_HEADER;
	end = TG_IP6_HEADER_BYTES + (uint32_t)tg_load16(p + 4);
	if (end > avail)
		return TG_DROP_IP6_HEADER;
	pkt->is_ipv6 = true;
	pkt->tos = (uint8_t)(tg_load16(p) >> 4);
	pkt->ttl = p[7];
	pkt->ip6_router_alert = 0;
	memcpy(&pkt->src, p + 8, sizeof(pkt->src));
	memcpy(&pkt->dst, p + 24, sizeof(pkt->dst));
	if (ip6_source_refused(&pkt->src))
		return TG_DROP_IP6_SOURCE;
	*proto = p[6];
	why = walk_ip6_extensions(p, end, &at, proto, pkt);
	pkt->l4_off = (uint16_t)(pkt->l3_off + at);
	pkt->l4_len = (uint16_t)(end - at);
	return why;
}
