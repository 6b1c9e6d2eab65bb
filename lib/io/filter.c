/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Which frames the port lets through: its MAC address and multicast groups.
 */
#include <errno.h>

#include "io/log.h"
#include "io/port_internal.h"

/* net_tap filters nothing, and gives the port's address to the kernel's end of the wire:
 * two stations with one address, which neither ARP nor IPv6 link-local addresses survive. */
static bool
shares_mac_with_kernel(const struct rte_eth_dev_info *info)
{
	return strcmp(info->driver_name, "net_tap") == 0;
}

static int
take_own_mac(
    struct tg_port *port, const struct tg_device_config *dev, const struct rte_eth_dev_info *info)
{
	struct rte_ether_addr addr;
	int rc = rte_eth_macaddr_get(port->id, &addr);

	if (rc != 0) {
		TG_IO_LOG(ERR, "%s has no MAC address: %s", dev->port.name, strerror(-rc));
		return rc;
	}
	memcpy(port->mac, addr.addr_bytes, sizeof(port->mac));
	if (shares_mac_with_kernel(info))
		port->mac[5] ^= 1;
	return 0;
}

int
tg_filter_set_mac(struct tg_port *port, const struct tg_device_config *dev,
    const struct rte_eth_dev_info *info, bool *promiscuous)
{
	struct rte_ether_addr addr;

	*promiscuous = false;
	if (!dev->port.mac.set)
		return take_own_mac(port, dev, info);
	memcpy(port->mac, dev->port.mac.b, sizeof(port->mac));
	memcpy(addr.addr_bytes, dev->port.mac.b, sizeof(addr.addr_bytes));
	if (shares_mac_with_kernel(info))
		return 0;
	if (rte_eth_dev_default_mac_addr_set(port->id, &addr) != 0) {
		TG_IO_LOG(INFO,
		    "%s: the port lacks setting its MAC address; it has to be promiscuous",
		    dev->port.name);
		*promiscuous = true;
	}
	return 0;
}

int
tg_filter_set_promiscuous(
    const struct tg_port *port, const struct tg_device_config *dev, bool needed)
{
	int rc = -ENOTSUP;

	if (dev->port.promiscuous != TG_CONFIG_ON && !needed)
		return 0;
	if (dev->port.promiscuous != TG_CONFIG_OFF)
		rc = rte_eth_promiscuous_enable(port->id);
	if (rc != 0)
		TG_IO_LOG(ERR, "%s: %s, and the port %s", dev->port.name,
		    needed ? "port.mac needs a promiscuous port" : "port.promiscuous is on",
		    dev->port.promiscuous == TG_CONFIG_OFF ? "must not be promiscuous"
							   : "cannot be promiscuous");
	return rc;
}

/* Appends the Ethernet address of a group that ends in 24 bits of its own, unless it is
 * there already. RFC 2464 7 */
static void
add_group(struct rte_ether_addr *group, uint32_t *n, uint8_t first, const uint8_t last[3])
{
	struct rte_ether_addr g = { { 0x33, 0x33, first, last[0], last[1], last[2] } };
	uint32_t i;

	for (i = 0; i < *n; i++)
		if (rte_is_same_ether_addr(&group[i], &g))
			return;
	group[(*n)++] = g;
}

int
tg_port_join(const struct tg_port *port, const struct tg_net *net)
{
	static const uint8_t all_nodes[3] = { 0, 0, 1 };
	struct rte_ether_addr group[TG_NET_ADDRS_MAX + 1];
	uint32_t n = 0, i;
	int rc;

	for (i = 0; i < net->n_addrs; i++)
		if (net->addr[i].is_ipv6)
			add_group(group, &n, 0xff, &net->addr[i].ip.b[13]);
	if (n == 0)
		return 0;
	add_group(group, &n, 0, all_nodes);
	if (rte_eth_dev_set_mc_addr_list(port->id, group, n) == 0) {
		TG_IO_LOG(INFO, "Port %u receives the %u multicast groups of its IPv6 addresses",
		    port->id, n);
		return 0;
	}
	rc = rte_eth_allmulticast_enable(port->id);
	if (rc == 0) {
		TG_IO_LOG(INFO,
		    "Port %u lacks a list of multicast groups; it receives all multicast",
		    port->id);
		return 0;
	}
	if (port->may_be_promiscuous)
		rc = rte_eth_promiscuous_enable(port->id);
	if (rc == 0)
		TG_IO_LOG(INFO, "Port %u lacks multicast filters; it is promiscuous", port->id);
	else
		TG_IO_LOG(WARNING,
		    "Port %u lacks multicast filters: IPv6 neighbours are heard only if it passes "
		    "all multicast",
		    port->id);
	return rc;
}
