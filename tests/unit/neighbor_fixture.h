/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What the tests of lib/neighbor share: a shard's neighbour room on a small net,
 * received frames (from hexadecimal, or built here) and what was sent.
 *
 *   untagged  192.0.2.10/24, fe80::ff:fe00:1/64, 2001:db8::10/64
 *   VLAN 7    198.51.100.10/24, fe80::ff:fe00:1/64
 *   gateways  192.0.2.1, fe80::1; our MAC 02:00:00:00:00:01
 */
#ifndef TG_TESTS_NEIGHBOR_FIXTURE_H
#define TG_TESTS_NEIGHBOR_FIXTURE_H

#include "neighbor/neighbor.h"
#include "tap.h"

#define FX_ENTRIES  4
#define FX_SPARES   64
#define FX_ROOM     2048
#define FX_SECOND   TG_NS_PER_SEC
#define FX_PEER_MAC "\x02\x00\x00\x00\x00\x99"
#define FX_OUR_MAC  "\x02\x00\x00\x00\x00\x01"

enum { FX_V4, FX_LL, FX_V6, FX_V4_VLAN7, FX_LL_VLAN7, FX_ADDRS };

struct fixture {
	struct tg_net net;
	struct tg_neighbor_limits limits;
	struct tg_stats stats;
	struct tg_neighbor *nb;
	tg_time_t now;
	struct tg_frames spare, tx;
	struct tg_frame spare_v[FX_SPARES], tx_v[FX_SPARES];
	uint8_t spare_room[FX_SPARES][FX_ROOM];
	struct tg_frame rx;
	uint8_t rx_room[FX_ROOM];
	enum tg_drop why;
	struct tg_icmp_error err;
};

static struct fixture fx;
static _Alignas(64) uint8_t fx_block[65536];

static inline union tg_ip
ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (union tg_ip){ .b = { a, b, c, d } };
}

/* 2001:db8::last; fe80::last */
static inline union tg_ip
ip6(uint8_t last)
{
	return (union tg_ip){ .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = last } };
}

static inline union tg_ip
ip6_ll(uint8_t last)
{
	return (union tg_ip){ .b = { 0xfe, 0x80, [15] = last } };
}

static inline uint64_t
counter(enum tg_counter c)
{
	return tg_stats_counter(&fx.stats, c);
}

/* Lays the room out anew for fx.net and fx.limits. */
static inline void
fx_layout(bool sender)
{
	struct tg_arena measure = { 0 }, arena = { fx_block, sizeof(fx_block), 0 };

	memset(fx_block, 0, sizeof(fx_block));
	CU_ASSERT_PTR_NULL(tg_neighbor_layout(&measure, &fx.limits, &fx.net, &fx.stats, sender));
	CU_ASSERT_FATAL(measure.used <= sizeof(fx_block));
	fx.nb = tg_neighbor_layout(&arena, &fx.limits, &fx.net, &fx.stats, sender);
	CU_ASSERT_EQUAL(arena.used, measure.used);
}

static inline void
fx_add_addr(union tg_ip ip, bool is_ipv6, uint8_t prefix_len, uint16_t vlan)
{
	fx.net.addr[fx.net.n_addrs++] = (struct tg_net_addr){ ip, is_ipv6, prefix_len, vlan };
}

/* Gives back every frame sent, so that spares are as at the start. */
static inline void
fx_clear_tx(void)
{
	fx.tx.n = 0;
	fx.spare = (struct tg_frames){ fx.spare_v, FX_SPARES, FX_SPARES };
	for (uint32_t i = 0; i < FX_SPARES; i++) {
		memset(fx.spare_room[i], 0xa5, FX_ROOM);
		fx.spare_v[i] = (struct tg_frame){ .data = fx.spare_room[i], .room = FX_ROOM };
	}
}

static inline void
fx_setup(void)
{
	union tg_ip link_local;

	memset(&fx, 0, sizeof(fx));
	memcpy(fx.net.mac, FX_OUR_MAC, 6);
	fx.net.mtu = 1500;
	fx.net.has_gateway4 = fx.net.has_gateway6 = true;
	fx.net.gateway4 = ip4(192, 0, 2, 1);
	fx.net.gateway6 = ip6_ll(1);
	tg_net_link_local(fx.net.mac, &link_local);
	fx_add_addr(ip4(192, 0, 2, 10), false, 24, 0);
	fx_add_addr(link_local, true, 64, 0);
	fx_add_addr(ip6(0x10), true, 64, 0);
	fx_add_addr(ip4(198, 51, 100, 10), false, 24, 7);
	fx_add_addr(link_local, true, 64, 7);
	fx.limits = (struct tg_neighbor_limits){ FX_ENTRIES, 30000, 1000, 3, 1000 };
	fx.now = 1000 * FX_SECOND;
	fx.tx = (struct tg_frames){ fx.tx_v, 0, FX_SPARES };
	fx_clear_tx();
	fx_layout(true);
}

static inline uint8_t
fx_nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Bytes of a hexadecimal string, at most FX_ROOM. */
static inline uint16_t
fx_unhex(const char *hex, uint8_t *to)
{
	uint16_t n = 0;

	for (; hex[0] != '\0'; hex += 2)
		to[n++] = (uint8_t)(fx_nibble(hex[0]) << 4 | fx_nibble(hex[1]));
	return n;
}

/* The received frame is what hex says. */
static inline void
fx_rx_hex(const char *hex)
{
	memset(fx.rx_room, 0x5a, FX_ROOM);
	fx.rx = (struct tg_frame){ .data = fx.rx_room, .room = FX_ROOM };
	fx.rx.len = fx_unhex(hex, fx.rx_room);
}

/* Parses the received frame and hands it in; why is the parser's where that drops. */
static inline enum tg_neighbor_verdict
fx_input(void)
{
	struct tg_packet pkt;

	fx.why = tg_packet_parse(&fx.rx, &pkt);
	if (fx.why != TG_DROP_NONE)
		return TG_NEIGHBOR_DROP;
	return tg_neighbor_input(fx.nb, &fx.rx, &pkt, fx.now, &fx.why, &fx.err);
}

static inline bool
fx_frame_is(const struct tg_frame *frame, const char *hex)
{
	uint8_t expected[FX_ROOM];
	uint16_t len = fx_unhex(hex, expected);

	return frame->len == len && memcmp(frame->data, expected, len) == 0;
}

#define ASSERT_DROP(reason)                                                                        \
	do {                                                                                       \
		CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_DROP);                                     \
		CU_ASSERT_EQUAL(fx.why, reason);                                                   \
	} while (0)

#define ASSERT_REPLY(hex)                                                                          \
	do {                                                                                       \
		CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);                                    \
		CU_ASSERT_EQUAL(fx.why, TG_DROP_NONE);                                             \
		CU_ASSERT(fx_frame_is(&fx.rx, hex));                                               \
	} while (0)

/* Runs at now + ns; returns how many frames were sent, which are fx.tx.v[0..]. */
static inline uint32_t
fx_run_after(tg_time_t ns)
{
	fx.now += ns;
	fx_clear_tx();
	tg_neighbor_run(fx.nb, fx.now, &fx.spare, &fx.tx);
	CU_ASSERT_EQUAL(fx.spare.n + fx.tx.n, FX_SPARES);
	return fx.tx.n;
}

static inline bool
fx_resolve_on(bool is_ipv6, union tg_ip hop, uint16_t vlan, uint16_t *hint, uint8_t mac[6])
{
	return tg_neighbor_resolve(fx.nb, is_ipv6, &hop, vlan, fx.now, hint, mac);
}

/* Whether hop resolves now, without a hint and untagged, to mac. */
static inline bool
fx_resolves_to(bool is_ipv6, union tg_ip hop, const char *mac)
{
	uint16_t hint = TG_NEIGHBOR_NONE;
	uint8_t got[6];

	return fx_resolve_on(is_ipv6, hop, 0, &hint, got) && memcmp(got, mac, 6) == 0;
}

static inline bool
fx_is_unresolved(bool is_ipv6, union tg_ip hop)
{
	uint16_t hint = TG_NEIGHBOR_NONE;
	uint8_t mac[6];

	return !fx_resolve_on(is_ipv6, hop, 0, &hint, mac);
}

/* The Internet checksum as RFC 1071 4.1 has it, apart from the code under test. */
static inline uint32_t
fx_sum(uint32_t sum, const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	return sum;
}

static inline void
fx_put_checksum(uint8_t *at, uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	tg_store16(at, (uint16_t)~sum);
}

/* Received: an ARP packet from src_mac, which it also names as its sender. */
static inline void
fx_rx_arp(uint16_t op, const char *src_mac, union tg_ip sender, union tg_ip target)
{
	uint8_t *p = fx.rx_room;

	fx_rx_hex("ffffffffffff000000000000080600010800060400000000000000000000"
		  "000000000000000000000000");
	memcpy(p + 6, src_mac, 6);
	tg_store16(p + 20, op);
	memcpy(p + 22, src_mac, 6);
	memcpy(p + 28, sender.b, 4);
	memcpy(p + 38, target.b, 4);
}

/* Received: an IPv4 packet of protocol ICMP from the peer to our MAC address, its
 * body given from the type on; checksums are filled in. */
static inline void
fx_rx_icmp4(union tg_ip src, union tg_ip dst, const uint8_t *body, uint16_t len)
{
	uint8_t *p = fx.rx_room;

	fx_rx_hex("02000000000102000000009908004500000000000000400100000000000000000000");
	tg_store16(p + 16, (uint16_t)(20 + len));
	memcpy(p + 26, src.b, 4);
	memcpy(p + 30, dst.b, 4);
	fx_put_checksum(p + 24, fx_sum(0, p + 14, 20));
	memcpy(p + 34, body, len);
	memset(p + 36, 0, 2);
	fx_put_checksum(p + 36, fx_sum(0, p + 34, len));
	fx.rx.len = (uint16_t)(34 + len);
}

/* Received: the same for ICMPv6. */
static inline void
fx_rx_icmp6(uint8_t hop_limit, union tg_ip src, union tg_ip dst, const uint8_t *body, uint16_t len)
{
	uint8_t *p = fx.rx_room;

	fx_rx_hex("02000000000102000000009986dd6000000000003a00");
	tg_store16(p + 18, len);
	p[21] = hop_limit;
	memcpy(p + 22, src.b, 16);
	memcpy(p + 38, dst.b, 16);
	memcpy(p + 54, body, len);
	memset(p + 56, 0, 2);
	fx_put_checksum(p + 56, fx_sum(fx_sum(58 + len, p + 22, 32), p + 54, len));
	fx.rx.len = (uint16_t)(54 + len);
}

/* Received: a neighbour solicitation (type 135) or advertisement (136) with a
 * link-layer address option if mac is not NULL. */
static inline void
fx_rx_nd(uint8_t type, uint8_t flags, union tg_ip src, union tg_ip dst, union tg_ip target,
    const char *mac)
{
	uint8_t body[32] = { type, 0, 0, 0, flags };

	memcpy(body + 8, target.b, 16);
	if (mac != NULL) {
		body[24] = type == 135 ? 1 : 2;
		body[25] = 1;
		memcpy(body + 26, mac, 6);
	}
	fx_rx_icmp6(255, src, dst, body, mac == NULL ? 24 : 32);
}

#endif
