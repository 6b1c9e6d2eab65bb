/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A frame under construction, `r`, and its parsing as if a port had received it.
 */
#ifndef TG_TESTS_PACKET_FIXTURE_H
#define TG_TESTS_PACKET_FIXTURE_H

#include "packet/packet.h"

#include <stdlib.h>

#include "raw_frame.h"
#include "tap.h"

/* What the last call of parse() made of its frame. */
static struct tg_packet pkt;
static struct tg_quote quote;
static bool quoted;
static uint16_t rx_flags, rx_vlan;

static struct raw r;

static inline void
reset(void)
{
	memset(&r, 0, sizeof(r));
	rx_flags = rx_vlan = 0;
}

/* Parses len bytes of r from a buffer that ends there, so that no read beyond it
 * goes unnoticed, and checks that the frame was not written. pkt.tcp.text moves
 * with the bytes back into r. */
static inline enum tg_drop
parse_bytes(uint32_t len)
{
	uint8_t *exact = malloc(len + 1); /* one in front: odd alignment, never 0 bytes */
	struct tg_frame f = {
		.data = exact + 1, .len = (uint16_t)len, .flags = rx_flags, .vlan = rx_vlan
	};
	enum tg_drop why;

	CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
	memcpy(f.data, r.b, len);
	memset(&pkt, 0xa5, sizeof(pkt));
	why = tg_packet_parse(&f, &pkt);
	CU_ASSERT_EQUAL(memcmp(f.data, r.b, len), 0);
	quoted = why == TG_DROP_NONE &&
		 (pkt.kind == TG_PACKET_ICMP4 || pkt.kind == TG_PACKET_ICMP6) &&
		 tg_packet_parse_quote(&f, &pkt, &quote);
	if (why == TG_DROP_NONE && pkt.kind == TG_PACKET_TCP)
		pkt.tcp.text = r.b + (pkt.tcp.text - f.data);
	free(exact);
	return why;
}

static inline enum tg_drop
parse(void)
{
	return parse_bytes(r.len);
}

static inline enum tg_drop
parse_hex(const char *hex)
{
	reset();
	raw_hex(&r, hex);
	return parse();
}

/* A sound TCP frame of each family, sealed. */
static inline void
make_tcp4(void)
{
	reset();
	raw_ip4(&r, TG_IPPROTO_TCP, "", 0);
	raw_tcp(&r, TG_TCP_ACK | TG_TCP_PSH, "", 0, "hello");
	raw_seal(&r, TG_IPPROTO_TCP);
}

static inline void
make_tcp6(void)
{
	reset();
	raw_ip6(&r, TG_IPPROTO_TCP);
	raw_tcp(&r, TG_TCP_ACK | TG_TCP_PSH, "", 0, "hello");
	raw_seal(&r, TG_IPPROTO_TCP);
}

/* off: 8 for the source, 24 for the destination. */
static inline enum tg_drop
parse_address6(uint32_t off, const char *hex)
{
	struct raw ip = { .len = 0 };

	raw_hex(&ip, hex);
	make_tcp6();
	memcpy(r.b + r.l3 + off, ip.b, 16);
	raw_seal(&r, TG_IPPROTO_TCP);
	return parse();
}

#endif
