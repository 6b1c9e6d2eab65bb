/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/parse.h"
#include "packet/checksum.h"
#include "packet/packet.h"

#define ICMP_HEADER_BYTES 8

static bool
l4_checksum_holds(const struct tg_frame *frame, const struct tg_packet *pkt, uint8_t proto)
{
	uint64_t sum = tg_checksum_pseudo(pkt->is_ipv6, &pkt->src, &pkt->dst, proto, pkt->l4_len);

	return tg_checksum_fold(tg_checksum_add(sum, frame->data + pkt->l4_off, pkt->l4_len)) == 0;
}

static bool
tcp_checksum_holds(const struct tg_frame *frame, const struct tg_packet *pkt)
{
	switch (tg_frame_rx_l4(frame)) {
	case TG_RX_CSUM_GOOD:
	case TG_RX_CSUM_NONE:
		return true;
	case TG_RX_CSUM_BAD:
		return false;
	case TG_RX_CSUM_UNKNOWN:
		break;
	}
	return l4_checksum_holds(frame, pkt, TG_IPPROTO_TCP);
}

/* Destinations that no connection can have, RFC 9293 MUST-57. A directed broadcast
 * takes our prefixes to recognise. */
static bool
is_group(const struct tg_packet *pkt)
{
	if (pkt->eth_multicast)
		return true;
	if (pkt->is_ipv6)
		return pkt->dst.b[0] == 0xff;
	return (pkt->dst.b[0] & 0xf0) == 0xe0 || pkt->dst.v4 == UINT32_MAX;
}

enum tg_drop
tg_packet_parse_tcp(const uint8_t *p, uint32_t len, struct tg_segment *seg)
{
	uint32_t header;

	if (len < TG_TCP_HEADER_BYTES)
		return TG_DROP_TCP_HEADER;
	header = (p[12] >> 4) * 4U;
	if (header < TG_TCP_HEADER_BYTES || header > len)
		return TG_DROP_TCP_HEADER;
	memcpy(&seg->sport, p, sizeof(seg->sport));
	memcpy(&seg->dport, p + 2, sizeof(seg->dport));
	seg->seq = tg_load32(p + 4);
	seg->ack = tg_load32(p + 8);
	seg->flags = p[13];
	seg->wnd = tg_load16(p + 14);
	seg->urg = tg_load16(p + 18);
	seg->text = p + header;
	seg->len = len - header;
	tg_tcp_options_parse(p + TG_TCP_HEADER_BYTES, header - TG_TCP_HEADER_BYTES, &seg->opt);
	return TG_DROP_NONE;
}

static enum tg_drop
parse_tcp(const struct tg_frame *frame, struct tg_packet *pkt)
{
	static const union tg_ip unspecified;

	if (is_group(pkt))
		return TG_DROP_TCP_BROADCAST;
	if (pkt->is_ipv6 && tg_ip_equal(&pkt->src, &unspecified))
		return TG_DROP_IP6_SOURCE;
	if (!tcp_checksum_holds(frame, pkt))
		return TG_DROP_TCP_CHECKSUM;
	return tg_packet_parse_tcp(frame->data + pkt->l4_off, pkt->l4_len, &pkt->tcp);
}

static enum tg_drop
check_icmp4(const struct tg_frame *frame, const struct tg_packet *pkt)
{
	const uint8_t *p = frame->data + pkt->l4_off;

	if (pkt->l4_len < ICMP_HEADER_BYTES ||
	    tg_checksum_fold(tg_checksum_add(0, p, pkt->l4_len)) != 0)
		return TG_DROP_ICMP_MALFORMED;
	return TG_DROP_NONE;
}

/* The port's word on layer 4 is about TCP: only its praise is taken here. */
static enum tg_drop
check_icmp6(const struct tg_frame *frame, const struct tg_packet *pkt)
{
	if (pkt->l4_len < ICMP_HEADER_BYTES)
		return TG_DROP_ICMP_MALFORMED;
	if (tg_frame_rx_l4(frame) == TG_RX_CSUM_GOOD)
		return TG_DROP_NONE;
	return l4_checksum_holds(frame, pkt, TG_IPPROTO_ICMP6) ? TG_DROP_NONE
							       : TG_DROP_ICMP_MALFORMED;
}

enum tg_drop
tg_packet_parse(const struct tg_frame *frame, struct tg_packet *pkt)
{
	enum tg_drop why = tg_parse_l3(frame, tg_frame_rx_ip(frame), pkt);

	if (why != TG_DROP_NONE)
		return why;
	switch (pkt->kind) {
	case TG_PACKET_TCP:
		return parse_tcp(frame, pkt);
	case TG_PACKET_ICMP4:
		return check_icmp4(frame, pkt);
	case TG_PACKET_ICMP6:
		return check_icmp6(frame, pkt);
	case TG_PACKET_ARP:
		break;
	}
	return TG_DROP_NONE;
}
