/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Port: one DPDK port, brought up as the device configuration asks and as far as
 * the driver can.
 *
 * Every feature is negotiated: what the port lacks is done in software, and the log
 * says so by name, once. What the configuration insists on (`on`) and the port
 * lacks is an error.
 *
 * Control thread only, before the workers start and after they stopped, unless said
 * otherwise.
 */
#ifndef TG_IO_PORT_H
#define TG_IO_PORT_H

#include <rte_mempool.h>

#include "config/config.h"
#include "neighbor/net.h"

#define TG_RSS_KEY_MAX 64 /* bytes; drivers take 40 or 52 */

struct tg_port {
	uint16_t id;       /* DPDK port id */
	uint16_t n_queues; /* RX/TX queue pairs, 1..n_workers */
	uint16_t n_workers;
	int numa;     /* node of the port; -1 means any */
	uint16_t mtu; /* bytes of IP packet */
	uint8_t mac[6];
	uint8_t tx_offload;      /* TG_OFFLOAD_* in effect, packet/build.h */
	uint8_t rx_offload;      /* TG_OFFLOAD_*: checksums whose state the port reports */
	bool rss;                /* the port spreads flows: key and RETA read back as written */
	bool may_be_promiscuous; /* the configuration does not forbid it */
	bool vlan_strip;         /* only where the port insists: else tags stay in the frame */
	_Alignas(4) uint8_t rss_key[TG_RSS_KEY_MAX]; /* where rss; as the port has it */
	uint16_t rss_reta_size;                      /* entries; entry i names queue i % n_queues */
	struct rte_mempool *pool;
};

/* Finds the port that the device configuration names, negotiates, configures its
 * queues and starts it. EAL must be up; for net_tap the calling thread must be the main
 * one, with real-time signals blocked since before EAL came up. held_max: frames that all shards
 * together may hold, added to the size of the mbuf pool. On failure returns -errno, has logged what
 * is wrong and has left nothing behind. */
int tg_port_open(struct tg_port *port, const struct tg_device_config *dev, uint16_t n_workers,
    uint32_t held_max);

/* Lets the port receive the multicast groups of net's IPv6 addresses: all nodes and
 * the solicited nodes (RFC 4861 2.3), or else all multicast, or else everything.
 * tg_workers_create does it. Returns 0, or -errno with a warning logged: neighbour
 * discovery is deaf unless the port, as some virtual ones, filters nothing. */
int tg_port_join(const struct tg_port *port, const struct tg_net *net);

/* Stops and closes the port, frees the pool. The workers must have stopped. */
void tg_port_close(struct tg_port *port);

/* Reads the link state; true when up. speed_mbps: out, 0 if unknown. Control and
 * telemetry thread, also while workers run. */
bool tg_port_link(const struct tg_port *port, uint32_t *speed_mbps);

/* Frames that no worker saw, as far as the port counts them. */
struct tg_port_losses {
	uint64_t missed;    /* the receive queue was full */
	uint64_t errors;    /* received broken */
	uint64_t no_buffer; /* the mbuf pool was empty */
};

/* Reads what the port lost since it was opened; zeros if it does not say. Control and
 * telemetry thread, also while workers run. */
void tg_port_read_losses(const struct tg_port *port, struct tg_port_losses *losses);

#endif
