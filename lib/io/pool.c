/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include <errno.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <stdio.h>

#include "io/log.h"
#include "io/port_internal.h"
#include "io/worker_internal.h"

#define CACHE_BUFFERS 256
/* A mempool cache is flushed when it holds half as many again. */
#define CACHE_HELD (CACHE_BUFFERS * 3 / 2)
#define ROOM_STEP  1024 /* drivers set the length of RX buffers in whole KiB */
#define ROOM_MIN   2048

uint32_t
tg_pool_count(const struct tg_port_plan *plan, uint16_t n_workers, uint32_t held_max)
{
	uint32_t queue = (uint32_t)plan->rx_desc + plan->tx_desc;
	uint32_t worker = TG_SPARE_HIGH + TG_SHARD_BURST_MAX + TG_TX_MAX + CACHE_HELD;

	if (n_workers > 1)
		worker += TG_RING_FRAMES;
	if (n_workers > plan->n_queues)
		queue += TG_RING_FRAMES;
	/* One queue more: what arrives while the pool is at its lowest. */
	return plan->n_queues * queue + n_workers * worker + held_max + queue;
}

static uint32_t
data_room(const struct tg_port_plan *plan)
{
	uint32_t frame = plan->mtu + TG_ETH_HEADER_BYTES + TG_VLAN_BYTES + RTE_ETHER_CRC_LEN;

	return TG_MAX(RTE_ALIGN_CEIL(frame, ROOM_STEP), ROOM_MIN) + RTE_PKTMBUF_HEADROOM;
}

int
tg_pool_create(struct tg_port *port, const struct tg_port_plan *plan,
    const struct tg_device_config *dev, uint32_t held_max)
{
	uint32_t needed = tg_pool_count(plan, port->n_workers, held_max);
	uint32_t n = dev->mbufs != 0 ? dev->mbufs : needed, each;
	char name[RTE_MEMPOOL_NAMESIZE];

	if (n < needed)
		TG_IO_LOG(WARNING,
		    "%s: %u packet buffers (mbufs) may run out: queues, workers and held frames "
		    "can take %u",
		    dev->port.name, n, needed);
	snprintf(name, sizeof(name), "tg_mbuf_%u", port->id);
	port->pool = rte_pktmbuf_pool_create(
	    name, n, TG_MIN(CACHE_BUFFERS, n / 8), 0, (uint16_t)data_room(plan), port->numa);
	if (port->pool != NULL)
		return 0;
	each =
	    rte_mempool_calc_obj_size((uint32_t)sizeof(struct rte_mbuf) + data_room(plan), 0, NULL);
	TG_IO_LOG(ERR,
	    "%s: no memory for %u packet buffers, which take about %u MiB: %s; give EAL "
	    "more (eal.memory_mb) or lower mbufs, descriptors or limits.held_frames",
	    dev->port.name, n, (uint32_t)((uint64_t)n * each >> 20) + 1, rte_strerror(rte_errno));
	return -rte_errno;
}
