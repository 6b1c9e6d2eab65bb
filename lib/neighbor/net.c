/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "neighbor/net.h"

static bool
prefix_equal(const union tg_ip *a, const union tg_ip *b, uint8_t prefix_len)
{
	uint64_t differing = a->q[0] ^ b->q[0];
	int equal = 0;

	if (differing == 0) {
		differing = a->q[1] ^ b->q[1];
		equal = 64;
	}
	return differing == 0 ||
	       equal + __builtin_clzll(__builtin_bswap64(differing)) >= prefix_len;
}

uint16_t
tg_net_find(const struct tg_net *net, bool is_ipv6, const union tg_ip *ip, uint16_t vlan)
{
	for (uint16_t i = 0; i < net->n_addrs; i++) {
		const struct tg_net_addr *a = &net->addr[i];

		if (a->vlan == vlan && a->is_ipv6 == is_ipv6 && tg_ip_equal(&a->ip, ip))
			return i;
	}
	return TG_NET_ADDR_NONE;
}

bool
tg_net_has_vlan(const struct tg_net *net, uint16_t vlan)
{
	for (uint16_t i = 0; i < net->n_addrs; i++) {
		if (net->addr[i].vlan == vlan)
			return true;
	}
	return false;
}

uint16_t
tg_net_on_link(const struct tg_net *net, bool is_ipv6, const union tg_ip *ip, uint16_t vlan)
{
	for (uint16_t i = 0; i < net->n_addrs; i++) {
		const struct tg_net_addr *a = &net->addr[i];

		if (a->vlan == vlan && a->is_ipv6 == is_ipv6 &&
		    prefix_equal(&a->ip, ip, a->prefix_len))
			return i;
	}
	return TG_NET_ADDR_NONE;
}

/* Prefixes of 31 and 32 bits have no directed broadcast (RFC 3021). */
static bool
is_directed_broadcast(const struct tg_net_addr *a, be32_t ip)
{
	uint32_t host_bits;

	if (a->is_ipv6 || a->prefix_len > 30)
		return false;
	host_bits = UINT32_MAX >> a->prefix_len;
	return tg_host32(ip) == (tg_host32(a->ip.v4) | host_bits);
}

bool
tg_net_is_broadcast4(const struct tg_net *net, be32_t ip, uint16_t vlan)
{
	if (ip == UINT32_MAX)
		return true;
	for (uint16_t i = 0; i < net->n_addrs; i++) {
		if (net->addr[i].vlan == vlan && is_directed_broadcast(&net->addr[i], ip))
			return true;
	}
	return false;
}

bool
tg_net_next_hop(
    const struct tg_net *net, bool is_ipv6, const union tg_ip *dst, uint16_t vlan, union tg_ip *hop)
{
	bool has_gateway = is_ipv6 ? net->has_gateway6 : net->has_gateway4;
	const union tg_ip *gateway = is_ipv6 ? &net->gateway6 : &net->gateway4;

	if (tg_net_on_link(net, is_ipv6, dst, vlan) != TG_NET_ADDR_NONE) {
		*hop = *dst;
		return true;
	}
	if (!has_gateway || tg_net_on_link(net, is_ipv6, gateway, vlan) == TG_NET_ADDR_NONE)
		return false;
	*hop = *gateway;
	return true;
}

void
tg_net_link_local(const uint8_t mac[6], union tg_ip *ip)
{
	*ip = (union tg_ip){ .b = { 0xfe, 0x80, [8] = mac[0] ^ 0x02, mac[1], mac[2], 0xff, 0xfe,
				 mac[3], mac[4], mac[5] } };
}
