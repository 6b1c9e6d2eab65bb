/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include <errno.h>

#include "io/log.h"
#include "io/port_internal.h"

struct feature {
	const char *name;
	uint64_t flag; /* RTE_ETH_*_OFFLOAD_* */
	uint8_t bit;   /* TG_OFFLOAD_* */
};

static const struct feature rx_features[] = {
	{ "verifying IPv4 checksums", RTE_ETH_RX_OFFLOAD_IPV4_CKSUM, TG_OFFLOAD_IP_CSUM },
	{ "verifying TCP checksums", RTE_ETH_RX_OFFLOAD_TCP_CKSUM, TG_OFFLOAD_L4_CSUM },
};

static const struct feature tx_features[] = {
	{ "filling in IPv4 checksums", RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, TG_OFFLOAD_IP_CSUM },
	{ "filling in TCP checksums", RTE_ETH_TX_OFFLOAD_TCP_CKSUM, TG_OFFLOAD_L4_CSUM },
};

/* Takes of the features what capa has. flags, bits: out. */
static int
negotiate(const struct feature feature[2], enum tg_config_switch want, uint64_t capa,
    const char *port, uint64_t *flags, uint8_t *bits)
{
	unsigned i;

	for (i = 0; i < 2 && want != TG_CONFIG_OFF; i++) {
		if (capa & feature[i].flag) {
			*flags |= feature[i].flag;
			*bits |= feature[i].bit;
		} else if (want == TG_CONFIG_ON) {
			TG_IO_LOG(ERR, "%s: the configuration insists on %s, which the port lacks",
			    port, feature[i].name);
			return -ENOTSUP;
		} else {
			TG_IO_LOG(
			    INFO, "%s: the port lacks %s; software does it", port, feature[i].name);
		}
	}
	return 0;
}

int
tg_offload_plan(struct tg_port_plan *plan, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info)
{
	int rc;

	rc = negotiate(rx_features, dev->offloads.rx_checksum, info->rx_offload_capa,
	    dev->port.name, &plan->rx_flags, &plan->rx_offload);
	if (rc == 0)
		rc = negotiate(tx_features, dev->offloads.tx_checksum, info->tx_offload_capa,
		    dev->port.name, &plan->tx_flags, &plan->tx_offload);
	/* Frames come from one pool and have one reference, see frames.h. */
	plan->tx_flags |= info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	return rc;
}
