/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Plain SYN: what a flood consists of, and what almost every connection begins with. A SYN to
 * this station's MAC address without ACK, RST and FIN, at most one VLAN tag, an IP header
 * without options or extension headers, no fragment, checksums right, no Fast Open.
 *
 * tg_plain_syn_read recognises one by a few loads and comparisons. What it takes tg_packet_parse
 * takes, too, and reads alike; whatever else is wrong or rare it leaves to that, which names
 * the reason to drop a frame. tg_plain_syn_answer turns the frame into the SYN-ACK that
 * tg_build_tcp would write. Both are here to become part of the caller's loops: called
 * for each frame they cost a quarter more.
 *
 * Any thread may call these functions; they keep no state.
 */
#ifndef TG_PACKET_PLAIN_SYN_H
#define TG_PACKET_PLAIN_SYN_H

#include "packet/build.h"
#include "packet/checksum.h"
#include "packet/parse.h"

struct tg_plain_syn {
	const uint8_t *ip; /* the IP header, in the frame */
	uint64_t head;     /* as it stands on the wire: ports and SEG.SEQ */
	uint32_t tsval;    /* with TG_OPT_TIMESTAMP */
	uint16_t vlan;     /* VLAN identifier, 0 untagged */
	uint16_t mss;      /* 0: names none */
	bool is_ipv6;
	uint8_t flags;   /* TG_TCP_* */
	uint8_t present; /* TG_OPT_* */
	uint8_t wscale;  /* with TG_OPT_WSCALE: 0..14 */
};

static inline be16_t
tg_plain_syn_dport(const struct tg_plain_syn *syn)
{
	return (be16_t)(syn->head >> 16);
}

/* Source and destination address, where they stand. is_ipv6: of syn; here and below apart, as it is
 * a constant to callers that deal with one family. */
static inline const uint8_t *
tg_plain_syn_src(const struct tg_plain_syn *syn, bool is_ipv6)
{
	return syn->ip + (is_ipv6 ? 8 : 12);
}

static inline const uint8_t *
tg_plain_syn_dst(const struct tg_plain_syn *syn, bool is_ipv6)
{
	return syn->ip + (is_ipv6 ? 24 : 16);
}

/* A SYN-ACK but for what differs from one to the next: addresses, ports, sequence numbers,
 * timestamps. */
#define TG_SYN_FORM_ETH      8 /* bytes in front of the IP header */
#define TG_SYN_ACK_BYTES_MAX (TG_SYN_FORM_ETH + TG_IP6_HEADER_BYTES + TG_TCP_HEADER_BYTES + 20)
struct tg_syn_ack_form {
	uint8_t bytes[TG_SYN_ACK_BYTES_MAX]; /* from the sender's MAC address on, untagged */
	uint8_t len;                         /* bytes from the IP header on */
	uint8_t offload;                     /* TG_OFFLOAD_*, packet/build.h */
	bool timestamps;
	uint16_t flags;           /* of the frame */
	uint16_t ip_sum, tcp_sum; /* what the bytes add to either checksum */
};

/* Makes a form with tg_build_tcp. path: own MAC address, IP version, TTL, TOS and offload are used.
 * syn_ack: flags, wnd, and of its options, MSS, and window scale and SACK permitted with timestamps
 * only. */
void tg_syn_ack_form_make(
    struct tg_syn_ack_form *form, const struct tg_path *path, const struct tg_segment *syn_ack);

/* Reads all layouts of options but the common ones, len bytes at p. Returns false with Fast
 * Open. */
bool tg_plain_syn_rare_options(const uint8_t *p, uint32_t len, struct tg_plain_syn *syn);

/* What untagged SYNs to one listener have in common, in front of their options: all that
 * tg_plain_syn_read looks at, but for lengths, sources and checksums. */
#define TG_SYN_PATTERN4_BYTES 48 /* up to the flags */
#define TG_SYN_PATTERN6_BYTES 80
struct tg_syn_pattern {
	_Alignas(16) uint8_t mask[TG_SYN_PATTERN6_BYTES]; /* bits that matter */
	uint8_t want[TG_SYN_PATTERN6_BYTES];              /* what they are; 0 where they do not */
};

/* mac, ip, port: of the listener. */
void tg_syn_pattern_make(struct tg_syn_pattern *pattern, const uint8_t mac[6], bool is_ipv6,
    const union tg_ip *ip, be16_t port);

#define TG_SYN_VID_MASK     0x0fff
#define TG_SYN_VID_RESERVED 0x0fff

#define TG_SYN_IP4_START      0x45 /* version 4, five words: no options */
#define TG_SYN_IP4_FORM_BYTES 72   /* of a form: all that IPv4 may have, and whole registers */
#define TG_SYN_TSVAL          28   /* offset of TSval in the TCP header of a form */
#define TG_SYN_ROOM_MIN       128  /* in front of which no answer ends */

/* Options as they stand in the SYNs of common stacks, which are recognised by whole words. */
#define TG_SYN_WORD(a, b, c, d)  ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define TG_SYN_MSS               TG_SYN_WORD(2, 4, 0, 0)
#define TG_SYN_MSS_MASK          0xffff0000
#define TG_SYN_SACK_OK_TIMESTAMP TG_SYN_WORD(4, 2, 8, 10)
#define TG_SYN_NOP_WSCALE        TG_SYN_WORD(1, 3, 3, 0)
#define TG_SYN_WSCALE_MASK       0xffffff00
#define TG_SYN_NOP_NOP_SACK_OK   TG_SYN_WORD(1, 1, 4, 2)

static inline be32_t
tg_syn_load_be32(const uint8_t *p)
{
	be32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
tg_syn_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Sums of words of 32 bits: they are few, and so no sum can carry. */
static inline uint64_t
tg_syn_sum_two(const uint8_t *p)
{
	return (uint64_t)tg_syn_load_be32(p) + tg_syn_load_be32(p + 4);
}

static inline uint64_t
tg_syn_sum_header(const uint8_t *p)
{
	return tg_syn_sum_two(p) + tg_syn_sum_two(p + 8) + tg_syn_load_be32(p + 16);
}
_Static_assert(
    TG_IP4_HEADER_BYTES == 20 && TG_TCP_HEADER_BYTES == 20, "summed by tg_syn_sum_header");

static inline uint64_t
tg_syn_sum_addr6(const uint8_t *src)
{
	return tg_syn_sum_two(src) + tg_syn_sum_two(src + 8) + tg_syn_sum_two(src + 16) +
	       tg_syn_sum_two(src + 24);
}

/* len: a multiple of 4. */
static inline uint64_t
tg_syn_sum_options(const uint8_t *p, uint32_t len)
{
	uint64_t sum = 0;

	for (; len != 0; len -= 4, p += 4)
		sum += tg_syn_load_be32(p);
	return sum;
}

static inline bool
tg_syn_is_verified(enum tg_rx_csum csum)
{
	return csum == TG_RX_CSUM_GOOD || csum == TG_RX_CSUM_NONE;
}

static inline bool
tg_syn_tcp_checksum_holds(const uint8_t *p, uint32_t header, uint32_t len, uint64_t pseudo)
{
	uint64_t sum = pseudo + tg_syn_sum_header(p) +
		       tg_syn_sum_options(p + TG_TCP_HEADER_BYTES, header - TG_TCP_HEADER_BYTES);

	if (len != header) /* text, or what some generators take for padding */
		sum = tg_checksum_add(sum, p + header, len - header);
	return tg_checksum_holds(sum);
}

static inline void
tg_syn_read_wscale(uint32_t word, struct tg_plain_syn *syn)
{
	syn->present |= TG_OPT_WSCALE;
	syn->wscale = (uint8_t)TG_MIN(word & 0xff, (uint32_t)TG_TCP_WSCALE_MAX);
}

/* TG_SYN_MSS, SACK permitted, timestamps, NOP, window scale, as Linux sends; or TG_SYN_MSS, NOP,
 * window scale, NOP, NOP, SACK permitted, as Windows does; or TG_SYN_MSS alone; or nothing. */
static inline bool
tg_syn_read_options(const uint8_t *p, uint32_t len, struct tg_plain_syn *syn)
{
	uint32_t first;

	syn->present = 0;
	syn->mss = 0;
	if (len == 0)
		return true;
	first = tg_load32(p);
	if ((first & TG_SYN_MSS_MASK) != TG_SYN_MSS)
		return tg_plain_syn_rare_options(p, len, syn);
	syn->present = TG_OPT_MSS;
	syn->mss = (uint16_t)first;
	if (len == 4)
		return true;
	if (len == 20 && tg_load32(p + 4) == TG_SYN_SACK_OK_TIMESTAMP &&
	    (tg_load32(p + 16) & TG_SYN_WSCALE_MASK) == TG_SYN_NOP_WSCALE) {
		syn->present |= TG_OPT_SACK_OK | TG_OPT_TIMESTAMP;
		syn->tsval = tg_load32(p + 8);
		tg_syn_read_wscale(tg_load32(p + 16), syn);
		return true;
	}
	if (len == 12 && (tg_load32(p + 4) & TG_SYN_WSCALE_MASK) == TG_SYN_NOP_WSCALE &&
	    tg_load32(p + 8) == TG_SYN_NOP_NOP_SACK_OK) {
		syn->present |= TG_OPT_SACK_OK;
		tg_syn_read_wscale(tg_load32(p + 4), syn);
		return true;
	}
	return tg_plain_syn_rare_options(p, len, syn);
}

/* len bytes from the TCP header at p to the end of the packet. pseudo: sum of the
 * pseudo-header. */
static inline __attribute__((always_inline)) bool
tg_syn_read_tcp(const struct tg_frame *frame, const uint8_t *p, uint32_t len, uint64_t pseudo,
    struct tg_plain_syn *syn)
{
	uint32_t header = (p[12] >> 4) * 4U;

	if (header < TG_TCP_HEADER_BYTES || header > len)
		return false;
	if (!tg_syn_is_verified(tg_frame_rx_l4(frame)) &&
	    (tg_frame_rx_l4(frame) == TG_RX_CSUM_BAD ||
		!tg_syn_tcp_checksum_holds(p, header, len, pseudo)))
		return false;
	syn->head = tg_syn_load64(p);
	syn->flags = p[13];
	return tg_syn_read_options(p + TG_TCP_HEADER_BYTES, header - TG_TCP_HEADER_BYTES, syn);
}

static inline bool
tg_syn_is_syn(const uint8_t *tcp)
{
	return (tcp[13] & (TG_TCP_SYN | TG_TCP_ACK | TG_TCP_RST | TG_TCP_FIN)) == TG_TCP_SYN;
}

/* What there may be of IPv4: TCP, whole, and a SYN. */
static inline bool
tg_syn_is_syn_ip4(const uint8_t *p)
{
	return p[0] == TG_SYN_IP4_START && p[9] == TG_IPPROTO_TCP &&
	       (tg_load16(p + 6) & TG_IP4_FRAGMENT_MASK) == 0 &&
	       tg_syn_is_syn(p + TG_IP4_HEADER_BYTES);
}

/* Where tg_syn_is_syn_ip4. p: the header, avail bytes to the end of the frame. */
static inline __attribute__((always_inline)) bool
tg_syn_read_ip4(
    const struct tg_frame *frame, const uint8_t *p, uint32_t avail, struct tg_plain_syn *syn)
{
	uint32_t total = tg_load16(p + 2), len;

	if (total < TG_IP4_HEADER_BYTES + TG_TCP_HEADER_BYTES || total > avail ||
	    tg_ip4_source_refused(p + 12))
		return false;
	if (!tg_syn_is_verified(tg_frame_rx_ip(frame)) &&
	    (tg_frame_rx_ip(frame) == TG_RX_CSUM_BAD || !tg_checksum_holds(tg_syn_sum_header(p))))
		return false;
	len = total - TG_IP4_HEADER_BYTES;
	syn->is_ipv6 = false;
	return tg_syn_read_tcp(frame, p + TG_IP4_HEADER_BYTES, len,
	    tg_syn_sum_two(p + 12) + tg_be32(len) + tg_be32(TG_IPPROTO_TCP), syn);
}

/* Multicast, and all that begins with 64 zeros, some of which no packet may carry. */
static inline bool
tg_syn_is_special_ip6(const uint8_t *src)
{
	return src[0] == 0xff || (tg_syn_load_be32(src) | tg_syn_load_be32(src + 4)) == 0;
}

static inline bool
tg_syn_is_syn_ip6(const uint8_t *p)
{
	return p[0] >> 4 == 6 && p[6] == TG_IPPROTO_TCP && tg_syn_is_syn(p + TG_IP6_HEADER_BYTES);
}

/* Where tg_syn_is_syn_ip6. */
static inline __attribute__((always_inline)) bool
tg_syn_read_ip6(
    const struct tg_frame *frame, const uint8_t *p, uint32_t avail, struct tg_plain_syn *syn)
{
	uint32_t len = tg_load16(p + 4);

	if (len < TG_TCP_HEADER_BYTES || len + TG_IP6_HEADER_BYTES > avail ||
	    tg_syn_is_special_ip6(p + 8))
		return false;
	syn->is_ipv6 = true;
	return tg_syn_read_tcp(frame, p + TG_IP6_HEADER_BYTES, len,
	    tg_syn_sum_addr6(p + 8) + tg_be32(len) + tg_be32(TG_IPPROTO_TCP), syn);
}

/* Reads a received frame. mac: of this station. Returns whether it is a plain SYN, in a
 * buffer that its answer fits; *syn is meaningful only then, and as long as the frame is left
 * alone. Whether the addresses are good, but for sources that no packet may carry, is
 * not its business. */
static inline bool
tg_plain_syn_read(const struct tg_frame *frame, const uint8_t mac[6], struct tg_plain_syn *syn)
{
	const uint8_t *p = frame->data;
	uint32_t at = TG_ETH_HEADER_BYTES, ethertype;
	uint16_t tci = 0;

	if (frame->room < TG_SYN_ROOM_MIN || memcmp(p, mac, 6) != 0)
		return false;
	ethertype = tg_load16(p + 12);
	if ((frame->flags & TG_FRAME_VLAN) != 0) {
		tci = frame->vlan;
	} else if (ethertype == TG_ETHERTYPE_VLAN) {
		tci = tg_load16(p + 14);
		ethertype = tg_load16(p + 16);
		at += TG_VLAN_BYTES;
	}
	syn->vlan = tci & TG_SYN_VID_MASK;
	syn->ip = p + at;
	if (syn->vlan == TG_SYN_VID_RESERVED)
		return false;
	if (frame->len < at) /* what is behind the end is in the buffer, and not believed */
		return false;
	if (ethertype == TG_ETHERTYPE_IP4)
		return tg_syn_is_syn_ip4(p + at) &&
		       tg_syn_read_ip4(frame, p + at, frame->len - at, syn);
	return ethertype == TG_ETHERTYPE_IP6 && tg_syn_is_syn_ip6(p + at) &&
	       tg_syn_read_ip6(frame, p + at, frame->len - at, syn);
}

/* Reads a received frame of that family as tg_plain_syn_read does, if it fits the pattern. False
 * may mean that it does not: there is more to a plain SYN than to one that fits. */
static inline __attribute__((always_inline)) bool
tg_plain_syn_read_fitting(const struct tg_frame *frame, const struct tg_syn_pattern *pattern,
    bool is_ipv6, struct tg_plain_syn *syn)
{
	typedef uint64_t words __attribute__((vector_size(16)));
	const uint8_t *p = frame->data;
	words differ = { 0 }, bytes, mask, want;
	uint32_t at;

	if (frame->room < TG_SYN_ROOM_MIN || frame->len < TG_ETH_HEADER_BYTES ||
	    (frame->flags & TG_FRAME_VLAN) != 0)
		return false;
	for (at = 0; at < (is_ipv6 ? TG_SYN_PATTERN6_BYTES : TG_SYN_PATTERN4_BYTES);
	     at += sizeof(words)) {
		memcpy(&bytes, p + at, sizeof(bytes));
		memcpy(&mask, pattern->mask + at, sizeof(mask));
		memcpy(&want, pattern->want + at, sizeof(want));
		differ |= (bytes & mask) ^ want;
	}
	if ((differ[0] | differ[1]) != 0)
		return false;
	syn->vlan = 0;
	syn->ip = p + TG_ETH_HEADER_BYTES;
	at = TG_ETH_HEADER_BYTES;
	return is_ipv6 ? tg_syn_read_ip6(frame, p + at, frame->len - at, syn)
		       : tg_syn_read_ip4(frame, p + at, frame->len - at, syn);
}

static inline void
tg_syn_store_checksum(uint8_t *p, be16_t csum)
{
	memcpy(p, &csum, sizeof(csum));
}

/* Turns the frame round as far as the form does it, bytes of it; returns where the IP header
 * begins. A tag in the frame, or one that the port has stripped, makes the Ethernet header anew:
 * priority and stripping are not for the answer. What is wanted of the IP header has been read. */
static inline __attribute__((always_inline)) uint8_t *
tg_syn_put_form(uint8_t *p, const struct tg_plain_syn *syn, bool is_ipv6,
    const struct tg_syn_ack_form *form, uint32_t bytes)
{
	uint64_t client = tg_syn_load64(p + 6); /* and two bytes more */
	uint8_t *ip = p + TG_ETH_HEADER_BYTES;

	if (syn->vlan != 0 || syn->ip != ip) {
		ip = p + tg_build_eth(p, (uint8_t *)&client, form->bytes, syn->vlan,
			     is_ipv6 ? TG_ETHERTYPE_IP6 : TG_ETHERTYPE_IP4);
		memcpy(ip, form->bytes + TG_SYN_FORM_ETH, bytes - TG_SYN_FORM_ETH);
		return ip;
	}
	memcpy(p, &client, sizeof(client));
	memcpy(p + 6, form->bytes, bytes);
	return ip;
}

/* Writes a word and returns what it adds to a checksum. */
static inline uint64_t
tg_syn_put(uint8_t *p, be32_t word)
{
	memcpy(p, &word, sizeof(word));
	return word;
}

/* Fills in the TCP header. sum: of both addresses. */
static inline void
tg_syn_put_tcp(uint8_t *p, const struct tg_plain_syn *syn, const struct tg_syn_ack_form *form,
    uint64_t sum, uint32_t iss, uint32_t tsval)
{
	uint32_t ports = (uint32_t)syn->head, seq = tg_host32((be32_t)(syn->head >> 32));

	sum += form->tcp_sum;
	if ((form->offload & TG_OFFLOAD_L4_CSUM) != 0)
		tg_syn_store_checksum(p + 16, (be16_t)~tg_checksum_fold(sum));
	sum += tg_syn_put(p, ports << 16 | ports >> 16);
	sum += tg_syn_put(p + 4, tg_be32(iss));
	sum += tg_syn_put(p + 8, tg_be32(seq + 1));
	if (form->timestamps) {
		sum += tg_syn_put(p + TG_SYN_TSVAL, tg_be32(tsval));
		sum += tg_syn_put(p + TG_SYN_TSVAL + 4, tg_be32(syn->tsval));
	}
	if ((form->offload & TG_OFFLOAD_L4_CSUM) == 0)
		tg_syn_store_checksum(p + 16, tg_checksum_fold(sum));
}

/* Turns frame, of which syn was read, into a SYN-ACK of that form: in place, back where it came
 * from. tsval: with timestamps, whose echo is that of the SYN. */
static inline __attribute__((always_inline)) void
tg_plain_syn_answer(struct tg_frame *frame, const struct tg_plain_syn *syn, bool is_ipv6,
    const struct tg_syn_ack_form *form, uint32_t iss, uint32_t tsval)
{
	uint8_t *p = frame->data, *ip, *tcp;
	uint64_t addr_sum;

	if (is_ipv6) {
		union tg_ip addr[2];

		memcpy(addr, syn->ip + 8, sizeof(addr));
		addr_sum = tg_syn_sum_addr6(syn->ip + 8);
		ip = tg_syn_put_form(p, syn, is_ipv6, form, TG_SYN_ACK_BYTES_MAX);
		memcpy(ip + 8, &addr[1], sizeof(addr[1]));
		memcpy(ip + 24, &addr[0], sizeof(addr[0]));
		tcp = ip + TG_IP6_HEADER_BYTES;
	} else {
		uint64_t addr = tg_syn_load64(syn->ip + 12), turned = addr << 32 | addr >> 32;

		addr_sum = (addr & UINT32_MAX) + (addr >> 32);
		ip = tg_syn_put_form(p, syn, is_ipv6, form, TG_SYN_IP4_FORM_BYTES);
		memcpy(ip + 12, &turned, sizeof(turned));
		if ((form->offload & TG_OFFLOAD_IP_CSUM) == 0)
			tg_syn_store_checksum(ip + 10, tg_checksum_fold(addr_sum + form->ip_sum));
		tcp = ip + TG_IP4_HEADER_BYTES;
	}
	tg_syn_put_tcp(tcp, syn, form, addr_sum, iss, tsval);
	frame->flags = form->flags;
	frame->vlan = 0;
	frame->l3_off = (uint8_t)(ip - p);
	frame->l4_off = (uint8_t)(tcp - p);
	frame->len = (uint16_t)(frame->l3_off + form->len);
}

#endif
