/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A wire for tests: a port whose queues are rings, with the test at their other end.
 */
#ifndef TG_TESTS_IO_WIRE_H
#define TG_TESTS_IO_WIRE_H

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "io/port.h"

#define WIRE_QUEUES_MAX 4
#define WIRE_FRAMES     256 /* that each direction of a queue holds */

struct wire {
	struct tg_device_config dev;
	struct tg_port port;
	struct rte_ring *to_port[WIRE_QUEUES_MAX], *from_port[WIRE_QUEUES_MAX];
};

/* Opens a port of n_queues for n_workers. held_max as in tg_port_open. False on failure. */
bool wire_open(struct wire *wire, uint16_t n_queues, uint16_t n_workers, uint32_t held_max);

/* Closes it. Returns the number of buffers that somebody kept: 0 is right. */
unsigned wire_close(struct wire *wire);

/* Puts a frame of len bytes on the way to queue q, in a buffer of pool. */
void wire_send(struct wire *wire, uint16_t q, const void *data, uint16_t len);

/* Takes what queue q sent and frees it; the first bytes of the last frame go to head,
 * which may be NULL. Returns the number of frames. */
unsigned wire_drain(struct wire *wire, uint16_t q, uint8_t head[64]);

/* Frames as peers send them; all return their length. Peers are 192.0.2.x or
 * 2001:db8::x, we are .1 or ::1. x tells flows apart, as does port. */
uint16_t wire_tcp(uint8_t *p, bool is_ipv6, uint8_t x, uint16_t port);
uint16_t wire_arp(uint8_t *p);
/* The ICMP error that quotes a segment of ours to that peer. */
uint16_t wire_icmp_error(uint8_t *p, uint8_t x, uint16_t port);
uint16_t wire_echo(uint8_t *p);

/* The tuple of wire_tcp. */
union tg_ip wire_peer(bool is_ipv6, uint8_t x);
union tg_ip wire_us(bool is_ipv6);

#endif
