/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Building frames to send. The caller says what goes into each header; the
 * functions write from the start of the frame's room, set len, offsets and
 * checksums, and ask for offload where the port has it. What reception said of the
 * frame (flags, stripped tag) is forgotten.
 *
 * Any thread may call these functions; they keep no state. No argument may lie
 * inside the frame's buffer, apart from the payload.
 */
#ifndef TG_PACKET_BUILD_H
#define TG_PACKET_BUILD_H

#include "packet/packet.h"

/* What the sending port computes itself; the rest is computed here. */
#define TG_OFFLOAD_IP_CSUM (1U << 0)
#define TG_OFFLOAD_L4_CSUM (1U << 1)

/* Layer 2 and 3 of a packet to send. */
struct tg_path {
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vlan; /* VLAN identifier, 0 untagged */
	bool is_ipv6;
	uint8_t ttl;
	uint8_t tos;
	uint8_t offload; /* TG_OFFLOAD_* */
	union tg_ip src, dst;
};

/* Bytes before the TCP header that a path needs: Ethernet, tag, IP. */
static inline uint32_t
tg_path_header_bytes(const struct tg_path *path)
{
	return TG_ETH_HEADER_BYTES + (path->vlan != 0 ? TG_VLAN_BYTES : 0) +
	       (path->is_ipv6 ? TG_IP6_HEADER_BYTES : TG_IP4_HEADER_BYTES);
}

/* Writes a complete TCP frame except for its payload, which the caller has already
 * put at f->data + tg_path_header_bytes(path) + 20 + tg_tcp_options_bytes(&seg->opt):
 * the checksum covers it.
 *
 * seg: seq, ack, wnd, urg, ports, flags, opt, len (payload bytes) and ecn, which joins
 * path->tos, are used; text is NULL or that place. f->room must hold the frame; both are asserted.
 * IPv4 is sent with DF and identification 0 (RFC 6864 4.1), IPv6 with flow label 0. Sets f->len,
 * l3_off, l4_off and flags. With TG_OFFLOAD_L4_CSUM the checksum field holds the folded sum of the
 * pseudo-header, not complemented. */
void tg_build_tcp(struct tg_frame *f, const struct tg_path *path, const struct tg_segment *seg);

/* Writes Ethernet, tag and IP header for l4_len bytes of protocol proto that the
 * caller writes behind it; f->room must hold it all, that is asserted. Returns the
 * offset of the layer 4 header; sets f->len, l3_off, l4_off and flags. The caller
 * computes the layer 4 checksum. */
uint32_t tg_build_ip(
    struct tg_frame *f, const struct tg_path *path, uint8_t proto, uint32_t l4_len);

/* Writes the Ethernet header at p, with a tag unless vlan is 0. ethertype: host
 * order. Returns the offset behind it, 14 or 18. */
uint32_t tg_build_eth(
    uint8_t *p, const uint8_t dst[6], const uint8_t src[6], uint16_t vlan, uint16_t ethertype);

#endif
