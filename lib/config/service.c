/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/reader.h"

#include <string.h>

/* Compares the leading bits. */
static bool
same_prefix(const union tg_ip *a, const union tg_ip *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a->b, b->b, whole) != 0)
		return false;
	return rest == 0 || (a->b[whole] ^ b->b[whole]) >> (8 - rest) == 0;
}

/* Whether all bits behind the prefix are ones (with 0xff) or zeros (with 0). */
static bool
host_part_is(const union tg_ip *ip, unsigned prefix_len, unsigned bytes, uint8_t fill)
{
	union tg_ip want;

	memset(want.b, fill, sizeof(want.b));
	memcpy(want.b, ip->b, prefix_len / 8);
	if (prefix_len % 8 != 0) {
		uint8_t mask = (uint8_t)(0xff00 >> prefix_len % 8);
		uint8_t kept = ip->b[prefix_len / 8] & mask;

		want.b[prefix_len / 8] = (uint8_t)(kept | (fill & ~mask));
	}
	return memcmp(want.b, ip->b, bytes) == 0;
}

static const char *
problem4(const union tg_ip *ip, unsigned prefix_len)
{
	if (ip->b[0] == 0)
		return "is in 0.0.0.0/8, this network";
	if (ip->b[0] == 127)
		return "is a loopback address";
	if (ip->b[0] >= 224 && ip->b[0] < 240)
		return "is a multicast address";
	if (ip->b[0] >= 240)
		return "is in the reserved 240.0.0.0/4";
	if (prefix_len <= 30 && host_part_is(ip, prefix_len, 4, 0))
		return "is the network address of its prefix";
	if (prefix_len <= 30 && host_part_is(ip, prefix_len, 4, 0xff))
		return "is the broadcast address of its prefix";
	return NULL;
}

static const char *
problem6(const union tg_ip *ip, unsigned prefix_len)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (host_part_is(ip, 0, 16, 0))
		return "is the unspecified address";
	if (host_part_is(ip, 0, 15, 0) && ip->b[15] == 1)
		return "is the loopback address";
	if (ip->b[0] == 0xff)
		return "is a multicast address";
	if (memcmp(ip->b, mapped, sizeof(mapped)) == 0)
		return "is an IPv4-mapped address";
	if (prefix_len <= 126 && host_part_is(ip, prefix_len, 16, 0))
		return "is the subnet-router anycast address of its prefix";
	return NULL;
}

/* Why no host can have this address, or NULL. RFC 3021: in a /31 both addresses are
 * hosts; RFC 6164: likewise in a /127. */
static const char *
host_problem(bool is_ipv6, const union tg_ip *ip, unsigned prefix_len)
{
	return is_ipv6 ? problem6(ip, prefix_len) : problem4(ip, prefix_len);
}

static bool
is_link_local(const struct tg_config_address *a)
{
	return a->is_ipv6 && a->ip.b[0] == 0xfe && (a->ip.b[1] & 0xc0) == 0x80;
}

/* Whether address i is the first IPv6 address of its VLAN and none there is
 * link-local: the program will then add one. */
static bool
needs_link_local(const struct tg_service_config *s, unsigned i)
{
	unsigned j;

	if (!s->address[i].is_ipv6)
		return false;
	for (j = 0; j < s->n_addresses; j++) {
		const struct tg_config_address *a = &s->address[j];

		if (a->is_ipv6 && a->vlan == s->address[i].vlan && (j < i || is_link_local(a)))
			return false;
	}
	return true;
}

static void
check_addresses(struct tg_reader *r, const struct tg_service_config *s)
{
	unsigned i, j, n = s->n_addresses;

	for (i = 0; i < s->n_addresses; i++) {
		const struct tg_config_address *a = &s->address[i];
		const char *problem = host_problem(a->is_ipv6, &a->ip, a->prefix_len);

		if (problem != NULL)
			tg_reader_fault_at(r, tg_item_path("addresses", i, "address").text,
			    "%s; give an address that a host can have", problem);
		for (j = 0; j < i; j++) {
			if (a->is_ipv6 == s->address[j].is_ipv6 && a->vlan == s->address[j].vlan &&
			    tg_ip_equal(&a->ip, &s->address[j].ip))
				tg_reader_fault_at(r, tg_item_path("addresses", i, "address").text,
				    "is addresses[%u] again; give each address once per VLAN", j);
		}
		n += needs_link_local(s, i);
	}
	if (n > TG_CONFIG_ADDRESSES_MAX)
		tg_reader_fault_at(r, "addresses",
		    "makes %u addresses with a link-local one per IPv6 VLAN; give fewer, so that "
		    "they are at most %u",
		    n, TG_CONFIG_ADDRESSES_MAX);
}

/* The address in whose prefix the gateway lies, or NULL. */
static const struct tg_config_address *
on_link(const struct tg_service_config *s, const struct tg_config_ip *gateway)
{
	static const union tg_ip link_local = { .b = { 0xfe, 0x80 } };
	unsigned i;

	for (i = 0; i < s->n_addresses; i++) {
		const struct tg_config_address *a = &s->address[i];

		if (a->is_ipv6 != gateway->is_ipv6)
			continue;
		if (same_prefix(&a->ip, &gateway->ip, a->prefix_len) ||
		    (a->is_ipv6 && same_prefix(&link_local, &gateway->ip, 64)))
			return a;
	}
	return NULL;
}

static bool
is_local(const struct tg_service_config *s, const struct tg_config_ip *ip)
{
	unsigned i;

	for (i = 0; i < s->n_addresses; i++) {
		if (s->address[i].is_ipv6 == ip->is_ipv6 && tg_ip_equal(&s->address[i].ip, &ip->ip))
			return true;
	}
	return false;
}

static void
check_gateway(struct tg_reader *r, const struct tg_service_config *s, const char *path,
    const struct tg_config_ip *gateway, bool is_ipv6)
{
	const struct tg_config_address *link;

	if (!gateway->set)
		return;
	link = on_link(s, gateway);
	if (gateway->is_ipv6 != is_ipv6)
		tg_reader_fault_at(r, path, "is an IPv%c address; give an IPv%c address",
		    gateway->is_ipv6 ? '6' : '4', is_ipv6 ? '6' : '4');
	else if (link == NULL)
		tg_reader_fault_at(
		    r, path, "is in the prefix of none of addresses; give an on-link router");
	else if (is_local(s, gateway))
		tg_reader_fault_at(
		    r, path, "is one of addresses; give the address of another machine");
	else if (host_problem(is_ipv6, &gateway->ip, is_ipv6 ? 128 : link->prefix_len) != NULL)
		tg_reader_fault_at(r, path, "%s; give the address of a router",
		    host_problem(is_ipv6, &gateway->ip, is_ipv6 ? 128 : link->prefix_len));
}

/* Whether some connection could belong to both. */
static bool
listeners_overlap(const struct tg_config_listener *a, const struct tg_config_listener *b)
{
	if (a->port != b->port)
		return false;
	if (!a->address.set || !b->address.set)
		return true;
	return a->address.is_ipv6 == b->address.is_ipv6 &&
	       tg_ip_equal(&a->address.ip, &b->address.ip);
}

static void
check_listeners(struct tg_reader *r, const struct tg_service_config *s)
{
	unsigned i, j;

	for (i = 0; i < s->n_listeners; i++) {
		const struct tg_config_listener *l = &s->listener[i];

		if (l->address.set && !is_local(s, &l->address))
			tg_reader_fault_at(r, tg_item_path("listeners", i, "address").text,
			    "is none of addresses; give one of them, or leave it out for all");
		for (j = 0; j < i; j++) {
			if (listeners_overlap(l, &s->listener[j]))
				tg_reader_fault_at(r, tg_item_path("listeners", i, "port").text,
				    "is taken by listeners[%u]%s; give each port and address once",
				    j, s->listener[j].address.set ? "" : ", on all addresses");
		}
	}
}

static void
check_limits(struct tg_reader *r, const struct tg_service_config *s)
{
	if (s->limits.half_open > s->limits.connections)
		tg_reader_fault_at(r, "limits.half_open",
		    "is above limits.connections, %u; give at most that", s->limits.connections);
	if (s->limits.side_records > s->limits.connections)
		tg_reader_fault_at(r, "limits.side_records",
		    "is above limits.connections, %u; give at most that", s->limits.connections);
	if (s->limits.held_frames_per_connection > s->limits.held_frames)
		tg_reader_fault_at(r, "limits.held_frames_per_connection",
		    "is %u, above limits.held_frames, %u; give at most that",
		    s->limits.held_frames_per_connection, s->limits.held_frames);
}

static void
check_tcp(struct tg_reader *r, const struct tg_service_config *s)
{
	uint32_t scale = s->tcp.window_scale, window = s->tcp.receive_window_bytes;

	if (s->timers.rto_min_ms > s->timers.rto_initial_ms)
		tg_reader_fault_at(r, "timers.rto_min_ms",
		    "is %u, above timers.rto_initial_ms, %u; give at most that",
		    s->timers.rto_min_ms, s->timers.rto_initial_ms);
	if (s->timers.rto_initial_ms > s->timers.rto_max_ms)
		tg_reader_fault_at(r, "timers.rto_max_ms",
		    "is %u, below timers.rto_initial_ms, %u; give at least that",
		    s->timers.rto_max_ms, s->timers.rto_initial_ms);
	if (window > UINT32_C(65535) << scale)
		tg_reader_fault_at(r, "tcp.receive_window_bytes",
		    "is more than window_scale %u can say; give at most %u, or a larger scale",
		    scale, UINT32_C(65535) << scale);
	if (window < UINT32_C(1) << scale)
		tg_reader_fault_at(r, "tcp.receive_window_bytes",
		    "is less than one step of window_scale %u; give at least %u, or a smaller "
		    "scale",
		    scale, UINT32_C(1) << scale);
}

/* Gives the keys that are 0, or rounded, what they stand for. */
static void
resolve(struct tg_service_config *s)
{
	if (s->limits.half_open == 0)
		s->limits.half_open = s->limits.connections / 4;
	if (s->limits.side_records == 0)
		s->limits.side_records = s->limits.connections / 4;
	if (strcmp(s->http.server, "off") == 0)
		s->http.server[0] = '\0';
	s->tcp.receive_window_bytes &= ~((UINT32_C(1) << s->tcp.window_scale) - 1);
}

void
tg_service_check(struct tg_reader *r)
{
	struct tg_service_config *s = r->base;
	unsigned i;

	check_addresses(r, s);
	check_gateway(r, s, "gateway4", &s->gateway4, false);
	check_gateway(r, s, "gateway6", &s->gateway6, true);
	check_listeners(r, s);
	check_limits(r, s);
	check_tcp(r, s);
	tg_sources_check(r);
	for (i = 0; i < s->n_routes; i++)
		tg_route_check(r, i);
	resolve(s);
}
