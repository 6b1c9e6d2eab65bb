/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Net: who we are on the wire. The addresses of the port, their prefixes and
 * VLANs, the gateways. Made once from the configuration, then immutable and
 * shared by all shards.
 */
#ifndef TG_NEIGHBOR_NET_H
#define TG_NEIGHBOR_NET_H

#include "base/types.h"

#define TG_NET_ADDRS_MAX 64
#define TG_NET_ADDR_NONE UINT16_MAX

/* A local address. IPv6 link-local addresses are entries like any other; the
 * program adds one per VLAN, formed from the MAC address (RFC 4291 appendix A). */
struct tg_net_addr {
	union tg_ip ip;
	bool is_ipv6;
	uint8_t prefix_len; /* bits: 0..32 or 0..128 */
	uint16_t vlan;      /* VLAN identifier, 0 untagged */
};

struct tg_net {
	uint8_t mac[6];
	uint16_t mtu;    /* bytes of IP packet */
	uint8_t offload; /* TG_OFFLOAD_* that the port has, packet/build.h */
	uint8_t ttl;     /* of TCP segments: TTL, or hop limit */
	uint8_t tos;     /* likewise: DSCP in the upper six bits, the lower two are ECN's and 0 */
	bool dad;        /* probe IPv6 addresses before use (RFC 4862 5.4) */
	bool has_gateway4, has_gateway6;
	union tg_ip gateway4, gateway6; /* on-link: inside the prefix of one address */
	uint16_t n_addrs;
	struct tg_net_addr addr[TG_NET_ADDRS_MAX];
};

/* Index of the local address equal to ip on vlan, or TG_NET_ADDR_NONE. */
uint16_t tg_net_find(const struct tg_net *net, bool is_ipv6, const union tg_ip *ip, uint16_t vlan);

/* Whether any local address lies on vlan. */
bool tg_net_has_vlan(const struct tg_net *net, uint16_t vlan);

/* Index of a local address whose prefix holds ip on vlan (ip is on-link there), or
 * TG_NET_ADDR_NONE. */
uint16_t tg_net_on_link(
    const struct tg_net *net, bool is_ipv6, const union tg_ip *ip, uint16_t vlan);

/* Whether ip is the limited broadcast address, or the directed broadcast address
 * of one of our IPv4 prefixes on vlan. */
bool tg_net_is_broadcast4(const struct tg_net *net, be32_t ip, uint16_t vlan);

/* The next hop towards dst on vlan: dst itself when on-link, else the gateway of
 * its family when that is on-link on vlan. False: no route. */
bool tg_net_next_hop(const struct tg_net *net, bool is_ipv6, const union tg_ip *dst, uint16_t vlan,
    union tg_ip *hop);

/* The IPv6 link-local address formed from a MAC address. */
void tg_net_link_local(const uint8_t mac[6], union tg_ip *ip);

#endif
