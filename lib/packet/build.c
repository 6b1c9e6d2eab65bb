/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/build.h"

#include "packet/checksum.h"
#include "packet/parse.h"

#define IP4_VERSION_AND_LENGTH 0x45 /* version 4, five words: no options */

uint32_t
tg_build_eth(
    uint8_t *p, const uint8_t dst[6], const uint8_t src[6], uint16_t vlan, uint16_t ethertype)
{
	uint32_t at = 12;

	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	if (vlan != 0) {
		tg_store16(p + at, TG_ETHERTYPE_VLAN);
		tg_store16(p + at + 2, vlan);
		at += TG_VLAN_BYTES;
	}
	tg_store16(p + at, ethertype);
	return at + 2;
}

/* Headers are made in registers and summed there: a load of several fields would have to wait
 * until their stores have left the store buffer. A sum of the halves of words, which cannot
 * overflow. */
static uint64_t
halves(uint64_t word)
{
	return (word & UINT32_MAX) + (word >> 32);
}

/* Identification 0 is right for an atomic datagram, RFC 6864 4.1. */
static void
build_ip4(uint8_t *p, const struct tg_path *path, uint8_t tos, uint8_t proto, uint32_t l4_len)
{
	uint64_t first = IP4_VERSION_AND_LENGTH | (uint64_t)tos << 8 |
			 (uint64_t)tg_be16((uint16_t)(TG_IP4_HEADER_BYTES + l4_len)) << 16 |
			 (uint64_t)tg_be16(TG_IP4_DONT_FRAGMENT) << 48;
	uint32_t second = path->ttl | (uint32_t)proto << 8;

	if (!(path->offload & TG_OFFLOAD_IP_CSUM))
		second |=
		    (uint32_t)tg_checksum_fold(halves(first) + second + path->src.v4 + path->dst.v4)
		    << 16;
	memcpy(p, &first, sizeof(first));
	memcpy(p + 8, &second, sizeof(second));
	memcpy(p + 12, &path->src.v4, sizeof(path->src.v4));
	memcpy(p + 16, &path->dst.v4, sizeof(path->dst.v4));
}

static void
build_ip6(uint8_t *p, const struct tg_path *path, uint8_t tos, uint8_t proto, uint32_t l4_len)
{
	tg_store32(p, 6U << 28 | (uint32_t)tos << 20);
	tg_store16(p + 4, (uint16_t)l4_len);
	p[6] = proto;
	p[7] = path->ttl;
	memcpy(p + 8, &path->src, sizeof(path->src));
	memcpy(p + 24, &path->dst, sizeof(path->dst));
}

static uint32_t
build_ip(
    struct tg_frame *f, const struct tg_path *path, uint8_t tos, uint8_t proto, uint32_t l4_len)
{
	uint32_t l3, l4;

	l3 = tg_build_eth(f->data, path->dst_mac, path->src_mac, path->vlan,
	    path->is_ipv6 ? TG_ETHERTYPE_IP6 : TG_ETHERTYPE_IP4);
	l4 = l3 + (path->is_ipv6 ? TG_IP6_HEADER_BYTES : TG_IP4_HEADER_BYTES);
	if (path->is_ipv6)
		build_ip6(f->data + l3, path, tos, proto, l4_len);
	else
		build_ip4(f->data + l3, path, tos, proto, l4_len);
	f->flags = path->is_ipv6 ? TG_FRAME_IPV6 : 0; /* what reception said is over */
	if (!path->is_ipv6 && path->offload & TG_OFFLOAD_IP_CSUM)
		f->flags |= TG_FRAME_TX_IP_CSUM;
	f->vlan = 0;
	f->len = (uint16_t)(l4 + l4_len);
	f->l3_off = (uint8_t)l3;
	f->l4_off = (uint8_t)l4;
	return l4;
}

uint32_t
tg_build_ip(struct tg_frame *f, const struct tg_path *path, uint8_t proto, uint32_t l4_len)
{
	assert(tg_path_header_bytes(path) + l4_len <= f->room);
	return build_ip(f, path, path->tos, proto, l4_len);
}

/* Writes the TCP header with a checksum of 0; returns its length. *sum: that of its first
 * TG_TCP_HEADER_BYTES. */
static uint32_t
build_tcp_header(uint8_t *p, const struct tg_segment *seg, uint64_t *sum)
{
	uint32_t len =
	    TG_TCP_HEADER_BYTES + tg_tcp_options_write(p + TG_TCP_HEADER_BYTES, &seg->opt);
	uint64_t first =
	    seg->sport | (uint32_t)seg->dport << 16 | (uint64_t)tg_be32(seg->seq) << 32;
	uint64_t second = tg_be32(seg->ack) | (uint64_t)(len / 4 << 4) << 32 |
			  (uint64_t)seg->flags << 40 | (uint64_t)tg_be16(seg->wnd) << 48;
	uint32_t third = (uint32_t)tg_be16(seg->urg) << 16;

	memcpy(p, &first, sizeof(first));
	memcpy(p + 8, &second, sizeof(second));
	memcpy(p + 16, &third, sizeof(third));
	*sum = halves(first) + halves(second) + third;
	return len;
}

void
tg_build_tcp(struct tg_frame *f, const struct tg_path *path, const struct tg_segment *seg)
{
	uint32_t tcp_len, l4 = tg_path_header_bytes(path);
	uint8_t *tcp = f->data + l4;
	uint64_t sum, header;
	be16_t csum;

	assert(l4 + TG_TCP_HEADER_BYTES + tg_tcp_options_bytes(&seg->opt) + seg->len <= f->room);
	tcp_len = build_tcp_header(tcp, seg, &header) + seg->len;
	assert(seg->text == NULL || seg->text + seg->len == tcp + tcp_len);
	build_ip(f, path, path->tos | seg->ecn, TG_IPPROTO_TCP, tcp_len);
	sum = tg_checksum_pseudo(path->is_ipv6, &path->src, &path->dst, TG_IPPROTO_TCP, tcp_len);
	if (path->offload & TG_OFFLOAD_L4_CSUM) {
		/* The port adds the segment to this sum and complements the whole. */
		f->flags |= TG_FRAME_TX_L4_CSUM;
		csum = (be16_t)~tg_checksum_fold(sum);
	} else {
		sum =
		    tg_checksum_add(sum, tcp + TG_TCP_HEADER_BYTES, tcp_len - TG_TCP_HEADER_BYTES);
		csum = tg_checksum_fold(halves(sum) + header);
	}
	memcpy(tcp + 16, &csum, sizeof(csum));
}
