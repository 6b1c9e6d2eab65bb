/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Packet: what a received frame says.
 *
 * tg_packet_parse walks Ethernet, one VLAN tag, ARP or IPv4 or IPv6 with its
 * extension headers, and TCP or ICMP, checks lengths and checksums, and fills a
 * struct tg_packet. It accepts a frame or names the one reason to drop it; it
 * never writes to the frame. Whether an address is ours is not its business.
 *
 * Any thread may call these functions; they keep no state.
 */
#ifndef TG_PACKET_PACKET_H
#define TG_PACKET_PACKET_H

#include "base/frame.h"
#include "base/stats.h"
#include "packet/tcp_options.h"

#define TG_ETH_HEADER_BYTES   14
#define TG_VLAN_BYTES         4
#define TG_IP4_HEADER_BYTES   20
#define TG_IP6_HEADER_BYTES   40
#define TG_TCP_HEADER_BYTES   20
#define TG_IP6_EXTENSIONS_MAX 8 /* extension headers walked before a packet is dropped */

enum tg_ethertype {
	TG_ETHERTYPE_IP4 = 0x0800,
	TG_ETHERTYPE_ARP = 0x0806,
	TG_ETHERTYPE_VLAN = 0x8100,
	TG_ETHERTYPE_IP6 = 0x86dd,
};

enum tg_ip_proto { TG_IPPROTO_ICMP = 1, TG_IPPROTO_TCP = 6, TG_IPPROTO_ICMP6 = 58 };

/* TCP flags as they stand in byte 13 of the header. */
#define TG_TCP_FIN 0x01
#define TG_TCP_SYN 0x02
#define TG_TCP_RST 0x04
#define TG_TCP_PSH 0x08
#define TG_TCP_ACK 0x10
#define TG_TCP_URG 0x20
#define TG_TCP_ECE 0x40
#define TG_TCP_CWR 0x80

/* The ECN field, the low bits of TOS or traffic class (RFC 3168 section 5). */
enum tg_ecn { TG_ECN_NOT_ECT, TG_ECN_ECT1, TG_ECN_ECT0, TG_ECN_CE };

#define TG_TOS_ECN_MASK 3

enum tg_packet_kind {
	TG_PACKET_ARP,
	TG_PACKET_ICMP4,
	TG_PACKET_ICMP6,
	TG_PACKET_TCP,
};

/* A TCP segment as RFC 9293 section 3.10.7 speaks of it, in host order. */
struct tg_segment {
	uint32_t seq;        /* SEG.SEQ */
	uint32_t ack;        /* SEG.ACK, meaningful with TG_TCP_ACK */
	uint32_t len;        /* payload bytes; SYN and FIN are not counted here */
	uint16_t wnd;        /* window field, unscaled */
	uint16_t urg;        /* urgent pointer field */
	be16_t sport, dport; /* ports in wire order */
	uint8_t flags;       /* TG_TCP_* */
	uint8_t ecn;         /* to send: enum tg_ecn of the IP header; received: tg_packet.tos */
	const uint8_t *text; /* payload, len bytes inside the frame */
	struct tg_tcp_options opt;
};

struct tg_packet {
	enum tg_packet_kind kind;
	bool is_ipv6;       /* family of src and dst; false for ARP */
	bool eth_multicast; /* destination MAC has the group bit: broadcast or multicast */
	uint8_t ttl;        /* TTL or hop limit */
	uint8_t tos;        /* DSCP and ECN */
	uint8_t src_class;  /* the frame's: class of its source */
	uint16_t vlan;      /* VLAN identifier 1..4094, 0 untagged */
	uint16_t l3_off;    /* offset of the ARP or IP header in the frame */
	uint16_t l4_off;    /* offset of the TCP or ICMP header, behind all extension headers */
	uint16_t l4_len;    /* bytes from l4_off to the end of the IP packet; padding excluded */
	uint8_t ip6_router_alert; /* 1: hop-by-hop router alert for MLD (RFC 2711), else 0 */
	union tg_ip src, dst;     /* IP only, zero for ARP */
	struct tg_segment tcp;    /* kind TG_PACKET_TCP only */
};

/* Parses one received frame.
 *
 * Ethernet and tag: lengths; one tag at most, in the frame or stripped by the port
 * (TG_FRAME_VLAN). Identifier 0 is a priority tag and reads as untagged; 4095 and
 * a second tag are TG_DROP_L2_VLAN.
 * ARP: Ethernet and IPv4, whole; the operation is the neighbour room's business.
 * IPv4: version, lengths, header checksum; fragments and source routes (RFC 7126)
 * are refused, other options skipped.
 * IPv6: version, payload length, at most TG_IP6_EXTENSIONS_MAX of hop-by-hop (first
 * only), routing (segments left 0) and destination options; fragments are refused,
 * but for atomic ones (RFC 6946) that do not carry ICMPv6 (RFC 6980). An option that
 * is unknown is skipped where RFC 8200 4.2 says skip and drops the packet where it
 * says discard, without an answer.
 * TCP: unicast destination, data offset, checksum.
 * ICMP, ICMPv6: eight bytes at least, checksum.
 *
 * Sources that no packet may carry are refused: IPv4 0/8, 127/8 and 224/4 upward;
 * IPv6 multicast, ::1, IPv4-mapped and IPv4-compatible. The unspecified IPv6
 * source passes, neighbour discovery needs it, but not with TCP.
 *
 * Checksums of IPv4 and TCP are verified where the port says UNKNOWN. That of ICMP
 * always is, that of ICMPv6 unless the port says GOOD.
 *
 * frame: received frame, read only; data need not be aligned.
 * pkt: out, meaningful only with TG_DROP_NONE; its text points into the frame.
 * Returns TG_DROP_NONE, or the reason to drop the frame. */
enum tg_drop tg_packet_parse(const struct tg_frame *frame, struct tg_packet *pkt);

/* Parses TCP header and options at p, len bytes to the end of the segment, into
 * seg, whose text then points behind p. No checksum is verified. Malformed options
 * end option parsing and are otherwise ignored (RFC 9293 MUST-7). Returns
 * TG_DROP_NONE, or TG_DROP_TCP_HEADER and leaves seg alone. */
enum tg_drop tg_packet_parse_tcp(const uint8_t *p, uint32_t len, struct tg_segment *seg);

/* The packet quoted in an ICMP or ICMPv6 error: who sent it to whom. Only the
 * first 8 bytes of its TCP header are guaranteed, hence ports and sequence. */
struct tg_quote {
	bool is_ipv6;
	union tg_ip src, dst; /* src is ours: we sent it */
	be16_t sport, dport;
	uint32_t seq;
};

/* Parses the packet quoted by an ICMP error: destination unreachable, packet too
 * big, time exceeded, parameter problem. pkt must be TG_PACKET_ICMP4 or _ICMP6 of
 * the same frame. True if it is such an error and quotes TCP of the same family,
 * first fragment, up to its sequence number; *quote is meaningful only then. */
bool tg_packet_parse_quote(
    const struct tg_frame *frame, const struct tg_packet *pkt, struct tg_quote *quote);

#endif
