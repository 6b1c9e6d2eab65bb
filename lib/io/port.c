/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "io/port.h"

#include <errno.h>
#include <sys/random.h>

#include "io/log.h"
#include "io/port_internal.h"

static int
find(struct tg_port *port, const struct tg_device_config *dev, struct rte_eth_dev_info *info)
{
	int rc = rte_eth_dev_get_port_by_name(dev->port.name, &port->id);

	if (rc == 0)
		rc = rte_eth_dev_info_get(port->id, info);
	if (rc != 0) {
		TG_IO_LOG(ERR,
		    "%s: no such port: %s; is its driver installed and, for a NIC, bound to "
		    "vfio-pci?",
		    dev->port.name, strerror(-rc));
		return rc;
	}
	port->numa = rte_eth_dev_socket_id(port->id);
	return 0;
}

static int
configure_once(const struct tg_port *port, const struct tg_port_plan *plan)
{
	struct rte_eth_conf conf = {
		.rxmode = { .mtu = plan->mtu, .offloads = plan->rx_flags },
		.txmode = { .offloads = plan->tx_flags },
	};
	uint8_t key[TG_RSS_KEY_MAX];

	if (plan->rss_key_bytes != 0) {
		memcpy(key, port->rss_key, sizeof(key));
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf = (struct rte_eth_rss_conf){
			.rss_key = key,
			.rss_key_len = plan->rss_key_bytes,
			.rss_hf = TG_RSS_TYPES,
		};
	}
	return rte_eth_dev_configure(port->id, plan->n_queues, plan->n_queues, &conf);
}

static int
configure(struct tg_port *port, struct tg_port_plan *plan, const struct tg_device_config *dev)
{
	int rc;

	if (getrandom(port->rss_key, sizeof(port->rss_key), 0) != sizeof(port->rss_key)) {
		TG_IO_LOG(ERR, "%s: no random key for RSS", dev->port.name);
		return -EIO;
	}
	rc = configure_once(port, plan);
	if (rc != 0 && plan->rss_key_bytes != 0 && dev->rss == TG_CONFIG_AUTO) {
		TG_IO_LOG(INFO,
		    "%s: no RSS: the port refuses to be configured with it; the workers "
		    "spread the flows",
		    dev->port.name);
		plan->rss_key_bytes = 0;
		rc = configure_once(port, plan);
	}
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &plan->rx_desc, &plan->tx_desc);
	if (rc != 0)
		TG_IO_LOG(ERR, "%s: cannot be configured with %u queue pairs: %s", dev->port.name,
		    plan->n_queues, strerror(-rc));
	return rc;
}

static int
set_up_queues(const struct tg_port *port, const struct tg_port_plan *plan,
    const struct tg_device_config *dev, const struct rte_eth_dev_info *info)
{
	struct rte_eth_rxconf rx = info->default_rxconf;
	struct rte_eth_txconf tx = info->default_txconf;
	unsigned node = (unsigned)port->numa;
	uint16_t q;
	int rc = 0;

	rx.offloads = plan->rx_flags;
	tx.offloads = plan->tx_flags;
	for (q = 0; q < plan->n_queues && rc == 0; q++) {
		rc = rte_eth_rx_queue_setup(port->id, q, plan->rx_desc, node, &rx, port->pool);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(port->id, q, plan->tx_desc, node, &tx);
	}
	if (rc != 0)
		TG_IO_LOG(ERR, "%s: queue pair %u of %u and %u descriptors cannot be set up: %s",
		    dev->port.name, q - 1, plan->rx_desc, plan->tx_desc, strerror(-rc));
	return rc;
}

/* Some drivers take the MTU with the configuration, some only here. */
static int
set_mtu(
    const struct tg_port *port, const struct tg_port_plan *plan, const struct tg_device_config *dev)
{
	int rc = rte_eth_dev_set_mtu(port->id, plan->mtu);

	if (rc == 0 || rc == -ENOTSUP)
		return 0;
	TG_IO_LOG(ERR, "%s: cannot set an MTU of %u: %s", dev->port.name, plan->mtu, strerror(-rc));
	return rc;
}

static int
start(const struct tg_port *port, const struct tg_device_config *dev)
{
	int rc = rte_eth_dev_start(port->id);

	if (rc != 0)
		TG_IO_LOG(ERR, "%s: cannot be started: %s", dev->port.name, strerror(-rc));
	return rc;
}

static const char *
csum_words(uint8_t offload)
{
	static const char *const words[] = {
		[0] = "none",
		[TG_OFFLOAD_IP_CSUM] = "IPv4",
		[TG_OFFLOAD_L4_CSUM] = "TCP",
		[TG_OFFLOAD_IP_CSUM | TG_OFFLOAD_L4_CSUM] = "IPv4 and TCP",
	};

	return words[offload];
}

static void
log_summary(const struct tg_port *port, const struct tg_port_plan *plan,
    const struct tg_device_config *dev, const struct rte_eth_dev_info *info)
{
	TG_IO_LOG(INFO,
	    "%s: driver %s, queue pairs: %u of %u and %u descriptors, MTU %u, %u packet "
	    "buffers, checksums by the port: RX %s, TX %s, RSS %s",
	    dev->port.name, info->driver_name, port->n_queues, plan->rx_desc, plan->tx_desc,
	    port->mtu, port->pool->size, csum_words(port->rx_offload), csum_words(port->tx_offload),
	    port->rss ? "on" : "off");
	if (port->vlan_strip)
		TG_IO_LOG(
		    INFO, "%s: the port insists on taking VLAN tags out of frames", dev->port.name);
}

static int
carry_out(struct tg_port *port, struct tg_port_plan *plan, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info, uint32_t held_max)
{
	bool promiscuous;
	int rc;

	rc = configure(port, plan, dev);
	if (rc == 0)
		rc = tg_pool_create(port, plan, dev, held_max);
	if (rc == 0)
		rc = set_up_queues(port, plan, dev, info);
	if (rc == 0)
		rc = set_mtu(port, plan, dev);
	if (rc == 0)
		rc = tg_filter_set_mac(port, dev, info, &promiscuous);
	if (rc == 0)
		rc = start(port, dev);
	if (rc != 0)
		return rc;
	tg_tap_ignore_signals(info);
	rc = tg_filter_set_promiscuous(port, dev, promiscuous);
	if (rc == 0)
		rc = tg_rss_settle(port, plan, dev);
	return rc;
}

int
tg_port_open(
    struct tg_port *port, const struct tg_device_config *dev, uint16_t n_workers, uint32_t held_max)
{
	struct rte_eth_dev_info info;
	struct tg_port_plan plan;
	int rc;

	memset(port, 0, sizeof(*port));
	port->n_workers = n_workers;
	rc = find(port, dev, &info);
	if (rc != 0)
		return rc;
	rc = tg_port_plan(&plan, dev, &info, n_workers);
	if (rc != 0)
		goto err_port;
	port->n_queues = plan.n_queues;
	port->mtu = plan.mtu;
	port->tx_offload = plan.tx_offload;
	port->rx_offload = plan.rx_offload;
	port->may_be_promiscuous = dev->port.promiscuous != TG_CONFIG_OFF;
	rc = carry_out(port, &plan, dev, &info, held_max);
	if (rc != 0)
		goto err_port;
	port->vlan_strip = rte_eth_dev_get_vlan_offload(port->id) & RTE_ETH_VLAN_STRIP_OFFLOAD;
	log_summary(port, &plan, dev, &info);
	return 0;

err_port:
	tg_port_close(port);
	return rc;
}

void
tg_port_close(struct tg_port *port)
{
	(void)rte_eth_dev_stop(port->id); /* of a port that never started: no harm */
	(void)rte_eth_dev_close(port->id);
	if (port->pool != NULL && !rte_mempool_full(port->pool))
		TG_IO_LOG(WARNING, "Port %u: %u packet buffers were not given back", port->id,
		    rte_mempool_in_use_count(port->pool));
	rte_mempool_free(port->pool);
	port->pool = NULL;
}

bool
tg_port_link(const struct tg_port *port, uint32_t *speed_mbps)
{
	struct rte_eth_link link;

	*speed_mbps = 0;
	if (rte_eth_link_get_nowait(port->id, &link) != 0 || link.link_status != RTE_ETH_LINK_UP)
		return false;
	if (link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN)
		*speed_mbps = link.link_speed;
	return true;
}

void
tg_port_read_losses(const struct tg_port *port, struct tg_port_losses *losses)
{
	struct rte_eth_stats stats;

	*losses = (struct tg_port_losses){ 0 };
	if (rte_eth_stats_get(port->id, &stats) != 0)
		return;
	losses->missed = stats.imissed;
	losses->errors = stats.ierrors;
	losses->no_buffer = stats.rx_nombuf;
}
