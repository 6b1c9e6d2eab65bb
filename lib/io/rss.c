/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include <errno.h>
#include <rte_thash.h>

#include "io/log.h"
#include "io/port_internal.h"

#define KEY_BYTES_MIN 40 /* covers the 36 bytes of an IPv6 tuple */
#define RETA_MAX      2048
#define GROUPS        (RETA_MAX / RTE_ETH_RETA_GROUP_SIZE)

/* What keeps the port from spreading flows, or NULL. */
static const char *
lacks(const struct tg_port_plan *plan, const struct rte_eth_dev_info *info, uint16_t n_workers)
{
	if (plan->n_queues != n_workers)
		return "it has fewer queues than there are workers";
	if ((info->flow_type_rss_offloads & TG_RSS_TYPES) != TG_RSS_TYPES)
		return "it does not hash the ports of TCP over both IPv4 and IPv6";
	if (info->reta_size == 0 || info->reta_size > RETA_MAX)
		return "it has no usable redirection table";
	if (info->hash_key_size > TG_RSS_KEY_MAX ||
	    (info->hash_key_size != 0 && info->hash_key_size < KEY_BYTES_MIN))
		return "it takes no key of a usable length";
	return NULL;
}

/* The answer to why the port cannot spread flows, if the configuration allows that. */
static int
refuse(const struct tg_device_config *dev, const char *why)
{
	if (dev->rss == TG_CONFIG_ON) {
		TG_IO_LOG(ERR, "%s: the configuration insists on RSS, which the port lacks: %s",
		    dev->port.name, why);
		return -ENOTSUP;
	}
	TG_IO_LOG(INFO, "%s: no RSS: %s; the workers spread the flows", dev->port.name, why);
	return 0;
}

int
tg_rss_plan(struct tg_port_plan *plan, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info, uint16_t n_workers)
{
	const char *why;

	if (n_workers == 1 || dev->rss == TG_CONFIG_OFF)
		return 0;
	why = lacks(plan, info, n_workers);
	if (why != NULL)
		return refuse(dev, why);
	plan->rss_key_bytes = info->hash_key_size != 0 ? info->hash_key_size : KEY_BYTES_MIN;
	plan->rss_reta_size = info->reta_size;
	return 0;
}

static void
fill_reta(struct rte_eth_rss_reta_entry64 reta[GROUPS], uint16_t size, uint16_t n_queues)
{
	uint16_t i;

	memset(reta, 0, sizeof(*reta) * GROUPS);
	for (i = 0; i < size; i++) {
		reta[i / RTE_ETH_RETA_GROUP_SIZE].mask |= 1ULL << i % RTE_ETH_RETA_GROUP_SIZE;
		reta[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] = i % n_queues;
	}
}

static bool
reta_reads_back(uint16_t id, uint16_t size, uint16_t n_queues)
{
	struct rte_eth_rss_reta_entry64 want[GROUPS], have[GROUPS];
	uint16_t i;

	fill_reta(want, size, n_queues);
	if (rte_eth_dev_rss_reta_update(id, want, size) != 0)
		return false;
	memset(have, 0, sizeof(have));
	for (i = 0; i < GROUPS; i++)
		have[i].mask = want[i].mask;
	if (rte_eth_dev_rss_reta_query(id, have, size) != 0)
		return false;
	for (i = 0; i < GROUPS; i++)
		if (memcmp(have[i].reta, want[i].reta, sizeof(have[i].reta)) != 0)
			return false;
	return true;
}

static bool
key_reads_back(const struct tg_port *port, uint8_t key_bytes)
{
	uint8_t key[TG_RSS_KEY_MAX] = { 0 };
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = key_bytes };

	return rte_eth_dev_rss_hash_conf_get(port->id, &conf) == 0 &&
	       (conf.rss_hf & TG_RSS_TYPES) == TG_RSS_TYPES &&
	       memcmp(key, port->rss_key, key_bytes) == 0;
}

int
tg_rss_settle(
    struct tg_port *port, const struct tg_port_plan *plan, const struct tg_device_config *dev)
{
	if (plan->rss_key_bytes == 0)
		return 0;
	if (!reta_reads_back(port->id, plan->rss_reta_size, port->n_queues))
		return refuse(dev, "its redirection table does not read back as written");
	if (!key_reads_back(port, plan->rss_key_bytes))
		return refuse(dev, "its key does not read back as written");
	port->rss = true;
	port->rss_reta_size = plan->rss_reta_size;
	return 0;
}

uint16_t
tg_rss_queue(const struct tg_port *port, bool is_ipv6, const union tg_ip *remote,
    const union tg_ip *local, be16_t rport, be16_t lport)
{
	uint32_t n = is_ipv6 ? 4 : 1, i, tuple[9], hash;

	for (i = 0; i < n; i++) {
		tuple[i] = tg_host32(remote->w[i]);
		tuple[n + i] = tg_host32(local->w[i]);
	}
	tuple[2 * n] = (uint32_t)tg_host16(rport) << 16 | tg_host16(lport);
	hash = rte_softrss(tuple, 2 * n + 1, port->rss_key);
	return (uint16_t)(hash % port->rss_reta_size % port->n_queues);
}
