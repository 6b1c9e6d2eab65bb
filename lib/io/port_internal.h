/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * How tg_port_open goes about it: a plan is made from what the port says it can do
 * and what the configuration wants, then carried out. Private to lib/io and its
 * tests. Functions that return int give 0, or -errno and have logged why.
 */
#ifndef TG_IO_PORT_INTERNAL_H
#define TG_IO_PORT_INTERNAL_H

#include <rte_ethdev.h>

#include "io/port.h"
#include "packet/build.h"

#define TG_RSS_TYPES (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP)

struct tg_port_plan {
	uint16_t n_queues;
	uint16_t mtu;                   /* bytes of IP packet */
	uint16_t rx_desc, tx_desc;      /* per queue */
	uint64_t rx_flags, tx_flags;    /* RTE_ETH_RX_OFFLOAD_*, RTE_ETH_TX_OFFLOAD_* */
	uint8_t rx_offload, tx_offload; /* TG_OFFLOAD_* */
	uint8_t rss_key_bytes;          /* 0: RSS is not asked for */
	uint16_t rss_reta_size;
};

/* Decides everything that follows from info and the configuration alone. */
int tg_port_plan(struct tg_port_plan *plan, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info, uint16_t n_workers);

/* The part of the plan that offload.c knows about: checksums and FAST_FREE. */
int tg_offload_plan(struct tg_port_plan *plan, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info);

/* The part of the plan that rss.c knows about; n_queues must be decided. */
int tg_rss_plan(struct tg_port_plan *plan, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info, uint16_t n_workers);

/* Writes the RETA of a started port and reads table and key back. port->rss becomes
 * true if both, and the hash types, are as asked for. */
int tg_rss_settle(
    struct tg_port *port, const struct tg_port_plan *plan, const struct tg_device_config *dev);

/* The queue that RSS gives the segments of a tuple, as their receiver sees it. Ports
 * in wire order. port->rss must be true. Any thread. */
uint16_t tg_rss_queue(const struct tg_port *port, bool is_ipv6, const union tg_ip *remote,
    const union tg_ip *local, be16_t rport, be16_t lport);

/* Gives the configured port its MAC address, or reads it. *promiscuous: out, whether
 * the port must be promiscuous to hear it. */
int tg_filter_set_mac(struct tg_port *port, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info, bool *promiscuous);

/* Makes the started port promiscuous if that is configured or needed. */
int tg_filter_set_promiscuous(
    const struct tg_port *port, const struct tg_device_config *dev, bool needed);

/* Keeps the started port's signals from queueing up, where net_tap raises them and the
 * calling thread, the main one, blocks them. */
void tg_tap_ignore_signals(const struct rte_eth_dev_info *info);

/* Buffers that queues, workers, rings and shards may hold at once. */
uint32_t tg_pool_count(const struct tg_port_plan *plan, uint16_t n_workers, uint32_t held_max);

/* Creates port->pool with room for the plan's MTU. port: id, n_workers and numa are set. */
int tg_pool_create(struct tg_port *port, const struct tg_port_plan *plan,
    const struct tg_device_config *dev, uint32_t held_max);

#endif
