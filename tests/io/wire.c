/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "wire.h"

#include <CUnit/CUnit.h>
#include <rte_eth_ring.h>
#include <stdio.h>

#include "packet/build.h"

static unsigned serial; /* of wires: names of rings and ports are never reused */

bool
wire_open(struct wire *wire, uint16_t n_queues, uint16_t n_workers, uint32_t held_max)
{
	char name[32];
	uint16_t q;

	memset(wire, 0, sizeof(*wire));
	serial++;
	for (q = 0; q < n_queues; q++) {
		snprintf(name, sizeof(name), "to%u_%u", serial, q);
		wire->to_port[q] = rte_ring_create(name, WIRE_FRAMES, 0, RING_F_EXACT_SZ);
		snprintf(name, sizeof(name), "from%u_%u", serial, q);
		wire->from_port[q] = rte_ring_create(name, WIRE_FRAMES, 0, RING_F_EXACT_SZ);
	}
	snprintf(name, sizeof(name), "wire%u", serial);
	if (rte_eth_from_rings(name, wire->to_port, n_queues, wire->from_port, n_queues, 0) < 0)
		return false;
	snprintf(wire->dev.port.name, sizeof(wire->dev.port.name), "net_ring_%s", name);
	wire->dev.port.mtu = 1500;
	wire->dev.queues.rx_descriptors = 64;
	wire->dev.queues.tx_descriptors = 64;
	wire->dev.burst = 32;
	wire->dev.idle = TG_CONFIG_IDLE_SLEEP;
	return tg_port_open(&wire->port, &wire->dev, n_workers, held_max) == 0;
}

unsigned
wire_close(struct wire *wire)
{
	unsigned lost;
	uint16_t q;

	for (q = 0; q < wire->port.n_queues; q++) {
		struct rte_mbuf *m;

		while (rte_ring_dequeue(wire->to_port[q], (void **)&m) == 0)
			rte_pktmbuf_free(m);
		(void)wire_drain(wire, q, NULL);
	}
	lost = rte_mempool_in_use_count(wire->port.pool);
	tg_port_close(&wire->port);
	for (q = 0; q < WIRE_QUEUES_MAX; q++) {
		rte_ring_free(wire->to_port[q]);
		rte_ring_free(wire->from_port[q]);
	}
	return lost;
}

void
wire_send(struct wire *wire, uint16_t q, const void *data, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(wire->port.pool);

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	memcpy(rte_pktmbuf_append(m, len), data, len);
	CU_ASSERT_EQUAL_FATAL(rte_ring_enqueue(wire->to_port[q], m), 0);
}

unsigned
wire_drain(struct wire *wire, uint16_t q, uint8_t head[64])
{
	struct rte_mbuf *m;
	unsigned n = 0;

	for (; rte_ring_dequeue(wire->from_port[q], (void **)&m) == 0; n++) {
		if (head != NULL)
			memcpy(head, rte_pktmbuf_mtod(m, void *), TG_MIN(m->data_len, 64));
		rte_pktmbuf_free(m);
	}
	return n;
}

union tg_ip
wire_peer(bool is_ipv6, uint8_t x)
{
	if (is_ipv6)
		return (union tg_ip){ .b = { 0x20, 1, 0x0d, 0xb8, [15] = x } };
	return (union tg_ip){ .b = { 192, 0, 2, x } };
}

union tg_ip
wire_us(bool is_ipv6)
{
	return wire_peer(is_ipv6, 1);
}

static struct tg_path
from_peer(bool is_ipv6, uint8_t x)
{
	return (struct tg_path){
		.src_mac = { 2, 0, 0, 0, 0, x },
		.dst_mac = { 2, 0, 0, 0, 0, 1 },
		.is_ipv6 = is_ipv6,
		.ttl = 64,
		.src = wire_peer(is_ipv6, x),
		.dst = wire_us(is_ipv6),
	};
}

uint16_t
wire_tcp(uint8_t *p, bool is_ipv6, uint8_t x, uint16_t port)
{
	struct tg_frame f = { .data = p, .room = 128 };
	struct tg_path path = from_peer(is_ipv6, x);
	struct tg_segment seg = {
		.sport = tg_be16(port), .dport = tg_be16(80), .flags = TG_TCP_SYN
	};

	tg_build_tcp(&f, &path, &seg);
	return f.len;
}

uint16_t
wire_arp(uint8_t *p)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 },
			     src[6] = { 2, 0, 0, 0, 0, 9 };

	memset(p, 0, 60);
	(void)tg_build_eth(p, all, src, 0, TG_ETHERTYPE_ARP);
	memcpy(p + 14, "\0\1\10\0\6\4\0\1", 8); /* Ethernet, IPv4, request */
	return 60;
}

static uint16_t
wire_icmp(uint8_t *p, uint8_t x, uint8_t type, const uint8_t *quote, uint32_t quote_len)
{
	struct tg_frame f = { .data = p, .room = 128 };
	struct tg_path path = from_peer(false, x);
	uint32_t l4 = tg_build_ip(&f, &path, TG_IPPROTO_ICMP, 8 + quote_len);

	memset(p + l4, 0, 8);
	p[l4] = type;
	memcpy(p + l4 + 8, quote, quote_len);
	return f.len;
}

uint16_t
wire_icmp_error(uint8_t *p, uint8_t x, uint16_t port)
{
	uint8_t ours[128];
	struct tg_frame f = { .data = ours, .room = sizeof(ours) };
	struct tg_path path = from_peer(false, x);
	struct tg_segment seg = {
		.sport = tg_be16(80), .dport = tg_be16(port), .flags = TG_TCP_ACK
	};

	path.src = wire_us(false);
	path.dst = wire_peer(false, x);
	tg_build_tcp(&f, &path, &seg);
	return wire_icmp(p, 200, 3, ours + TG_ETH_HEADER_BYTES, 28); /* from a router on the way */
}

uint16_t
wire_echo(uint8_t *p)
{
	return wire_icmp(p, 7, 8, (const uint8_t *)"ping", 4);
}
