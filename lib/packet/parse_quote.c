/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/packet.h"

#define ICMP_HEADER_BYTES   8
#define QUOTED_TCP_BYTES    8 /* ports and sequence number; RFC 792 promises no more */
#define IP4_FRAGMENT_OFFSET 0x1fff

enum icmp4_error { ICMP4_UNREACHABLE = 3, ICMP4_TIME_EXCEEDED = 11, ICMP4_PARAMETER = 12 };

enum icmp6_error { ICMP6_UNREACHABLE = 1, ICMP6_PARAMETER = 4 };

/* Source Quench and redirects quote a packet too, and are no errors. */
static bool
is_error(bool is_ipv6, uint8_t type)
{
	if (is_ipv6)
		return type >= ICMP6_UNREACHABLE && type <= ICMP6_PARAMETER;
	return type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER;
}

/* Both return the length of the quoted IP header, 0 if it is not one with TCP
 * behind it. A quoted length field may be anything: routers have rewritten it. */
static uint32_t
quoted_ip4(const uint8_t *p, uint32_t len, struct tg_quote *quote)
{
	uint32_t header;

	if (len < TG_IP4_HEADER_BYTES || p[0] >> 4 != 4)
		return 0;
	header = (p[0] & 15) * 4U;
	if (header < TG_IP4_HEADER_BYTES || p[9] != TG_IPPROTO_TCP ||
	    tg_load16(p + 6) & IP4_FRAGMENT_OFFSET)
		return 0;
	quote->src = quote->dst = (union tg_ip){ 0 };
	memcpy(&quote->src.v4, p + 12, sizeof(quote->src.v4));
	memcpy(&quote->dst.v4, p + 16, sizeof(quote->dst.v4));
	return header;
}

/* We send no extension headers, so none are looked for. */
static uint32_t
quoted_ip6(const uint8_t *p, uint32_t len, struct tg_quote *quote)
{
	if (len < TG_IP6_HEADER_BYTES || p[0] >> 4 != 6 || p[6] != TG_IPPROTO_TCP)
		return 0;
	memcpy(&quote->src, p + 8, sizeof(quote->src));
	memcpy(&quote->dst, p + 24, sizeof(quote->dst));
	return TG_IP6_HEADER_BYTES;
}

bool
tg_packet_parse_quote(
    const struct tg_frame *frame, const struct tg_packet *pkt, struct tg_quote *quote)
{
	const uint8_t *p = frame->data + pkt->l4_off;
	uint32_t header, len;

	if (pkt->l4_len < ICMP_HEADER_BYTES || !is_error(pkt->is_ipv6, p[0]))
		return false;
	p += ICMP_HEADER_BYTES;
	len = pkt->l4_len - ICMP_HEADER_BYTES;
	header = pkt->is_ipv6 ? quoted_ip6(p, len, quote) : quoted_ip4(p, len, quote);
	if (header == 0 || len < header + QUOTED_TCP_BYTES)
		return false;
	p += header;
	quote->is_ipv6 = pkt->is_ipv6;
	memcpy(&quote->sport, p, sizeof(quote->sport));
	memcpy(&quote->dport, p + 2, sizeof(quote->dport));
	quote->seq = tg_load32(p + 4);
	return true;
}
