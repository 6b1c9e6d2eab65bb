/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include <errno.h>

#include "io/log.h"
#include "io/port_internal.h"

static int
plan_queues(struct tg_port_plan *plan, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info, uint16_t n_workers)
{
	/* RX and TX counts are kept equal: net_tap refuses anything else. */
	uint32_t n = TG_MIN(n_workers, TG_MIN(info->max_rx_queues, info->max_tx_queues));

	if (dev->queues.max_queues != 0)
		n = TG_MIN(n, dev->queues.max_queues);
	if (n == 0) {
		TG_IO_LOG(ERR, "%s has no pair of queues", dev->port.name);
		return -ENODEV;
	}
	if (n < n_workers)
		TG_IO_LOG(INFO,
		    "%s: fewer queue pairs (%u) than workers (%u); the others get their frames "
		    "from rings",
		    dev->port.name, n, n_workers);
	plan->n_queues = (uint16_t)n;
	return 0;
}

/* Bytes of a frame beyond its IP packet, as ethdev computes them. */
static uint32_t
overhead_bytes(const struct rte_eth_dev_info *info)
{
	if (info->max_mtu != UINT16_MAX && info->max_rx_pktlen > info->max_mtu)
		return info->max_rx_pktlen - info->max_mtu;
	return RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
}

static int
plan_mtu(struct tg_port_plan *plan, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info)
{
	uint32_t max = info->max_mtu;

	if (info->max_rx_pktlen > overhead_bytes(info))
		max = TG_MIN(max, info->max_rx_pktlen - overhead_bytes(info));
	if (dev->port.mtu < info->min_mtu) {
		TG_IO_LOG(ERR, "%s: an MTU of %u is too small, the port takes %u to %u bytes",
		    dev->port.name, dev->port.mtu, info->min_mtu, max);
		return -EINVAL;
	}
	if (dev->port.mtu > max)
		TG_IO_LOG(WARNING,
		    "%s: an MTU of %u is more than the port takes; it is %u bytes now",
		    dev->port.name, dev->port.mtu, max);
	plan->mtu = (uint16_t)TG_MIN(dev->port.mtu, max);
	return 0;
}

int
tg_port_plan(struct tg_port_plan *plan, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info, uint16_t n_workers)
{
	int rc;

	*plan = (struct tg_port_plan){
		.rx_desc = (uint16_t)dev->queues.rx_descriptors,
		.tx_desc = (uint16_t)dev->queues.tx_descriptors,
	};
	rc = plan_queues(plan, dev, info, n_workers);
	if (rc == 0)
		rc = plan_mtu(plan, dev, info);
	if (rc == 0)
		rc = tg_offload_plan(plan, dev, info);
	if (rc == 0)
		rc = tg_rss_plan(plan, dev, info, n_workers);
	return rc;
}
