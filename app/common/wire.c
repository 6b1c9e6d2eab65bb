/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "wire.h"

#include "control/log.h"

#include <errno.h>

/* RFC 4861 section 10. */
#define REACHABLE_MS 30000
#define RETRANS_MS   1000
#define PROBES       3

#define KEEP_ALIVE_MS 7200000 /* RFC 9293 MUST-28; for connections that ask for it themselves */

_Static_assert(TG_CONFIG_SOURCES_MAX < TG_HTTP_CLASSES_MAX, "sets of classes have 32 bits");
_Static_assert(TG_CONFIG_ADDRESSES_MAX <= TG_NET_ADDRS_MAX, "every address has its place");

#define IP4_TCP_BYTES (TG_IP4_HEADER_BYTES + TG_TCP_HEADER_BYTES)
#define IP6_TCP_BYTES (TG_IP6_HEADER_BYTES + TG_TCP_HEADER_BYTES)

static bool
has_link_local(const struct tg_net *net, uint16_t vlan)
{
	uint16_t i;

	for (i = 0; i < net->n_addrs; i++) {
		const struct tg_net_addr *a = &net->addr[i];

		if (a->is_ipv6 && a->vlan == vlan && a->ip.b[0] == 0xfe &&
		    (a->ip.b[1] & 0xc0) == 0x80)
			return true;
	}
	return false;
}

/* Adds the port's link-local address on vlan, unless one is configured there. */
static int
add_link_local(struct tg_net *net, uint16_t vlan)
{
	struct tg_net_addr addr = { .is_ipv6 = true, .prefix_len = 64, .vlan = vlan };

	if (has_link_local(net, vlan))
		return 0;
	tg_net_link_local(net->mac, &addr.ip);
	if (net->n_addrs == TG_NET_ADDRS_MAX) {
		TG_CONTROL_LOG(ERR,
		    "no room for the link-local address of VLAN %u: at most %u addresses, link-"
		    "local ones included",
		    vlan, TG_NET_ADDRS_MAX);
		return -ENOSPC;
	}
	net->addr[net->n_addrs++] = addr;
	return 0;
}

static int
wire_addresses(struct tg_net *net, const struct tg_service_config *service)
{
	unsigned i;
	int rc = 0;

	net->n_addrs = (uint16_t)service->n_addresses;
	for (i = 0; i < service->n_addresses; i++) {
		const struct tg_config_address *from = &service->address[i];

		net->addr[i] = (struct tg_net_addr){ .ip = from->ip,
			.is_ipv6 = from->is_ipv6,
			.prefix_len = from->prefix_len,
			.vlan = (uint16_t)from->vlan };
	}
	for (i = 0; i < service->n_addresses && rc == 0; i++) {
		if (net->addr[i].is_ipv6)
			rc = add_link_local(net, net->addr[i].vlan);
	}
	return rc;
}

static int
wire_net(struct tg_net *net, const struct tg_service_config *service, const struct tg_port *port)
{
	memcpy(net->mac, port->mac, sizeof(net->mac));
	net->mtu = port->mtu;
	net->offload = port->tx_offload;
	net->ttl = (uint8_t)service->ip.ttl;
	net->tos = (uint8_t)(service->ip.dscp << 2);
	net->dad = service->dad;
	net->has_gateway4 = service->gateway4.set;
	net->gateway4 = service->gateway4.ip;
	net->has_gateway6 = service->gateway6.set;
	net->gateway6 = service->gateway6.ip;
	return wire_addresses(net, service);
}

static void
wire_timers(struct tg_tcp_timers *to, const struct tg_service_config *service)
{
	to->rto_initial = tg_ticks_from_ms(service->timers.rto_initial_ms);
	to->rto_min = tg_ticks_from_ms(service->timers.rto_min_ms);
	to->rto_max = tg_ticks_from_ms(service->timers.rto_max_ms);
	to->delayed_ack = tg_ticks_from_ms(service->timers.delayed_ack_ms);
	to->msl = tg_ticks_from_ms(service->timers.msl_ms);
	to->fin_wait2 = tg_ticks_from_ms(service->timers.fin_wait2_ms);
	to->request = tg_ticks_from_ms(service->timers.request_ms);
	to->idle = tg_ticks_from_ms(service->timers.idle_timeout_ms);
	to->keep_alive = tg_ticks_from_ms(
	    service->timers.keep_alive_ms != 0 ? service->timers.keep_alive_ms : KEEP_ALIVE_MS);
	to->keep_alive_interval = tg_ticks_from_ms(service->timers.keep_alive_interval_ms);
	to->keep_alive_probes = (uint8_t)service->timers.keep_alive_probes;
	to->syn_retries = (uint8_t)service->timers.syn_retries;
	to->syn_ack_retries = (uint8_t)service->timers.syn_ack_retries;
	to->syn_ack_retries_pressure = (uint8_t)service->timers.syn_ack_retries_pressure;
	to->r1 = (uint8_t)service->timers.r1;
	to->retries = (uint8_t)service->timers.retries;
}

/* The configured number of connections is shared by the families in use; a family
 * without an address keeps one record, since no table is empty. */
static void
wire_limits(struct tg_tcp_limits *to, const struct tg_service_config *service, bool has4, bool has6)
{
	uint32_t n = service->limits.connections;

	to->connections6 = !has6 ? 1 : has4 ? TG_MAX(n / 2, 1U) : n;
	to->connections4 = !has4 ? 1 : has6 ? TG_MAX(n - n / 2, 1U) : n;
	to->half_open = service->limits.half_open;
	to->fast_open_pending = service->limits.fast_open_pending;
	to->sides = service->limits.side_records;
	to->held = service->limits.held_frames;
	to->held_per_connection = service->limits.held_frames_per_connection;
	to->challenge_acks_per_second = service->limits.challenge_acks_per_second;
	to->resets_per_second = service->limits.resets_per_second;
}

/* The segment size that fits the MTU, or less where the configuration asks for it. */
static uint16_t
wire_mss(const struct tg_service_config *service, uint32_t mtu, uint32_t header_bytes)
{
	uint32_t mss = mtu - header_bytes;

	if (service->tcp.mss != 0)
		mss = TG_MIN(mss, service->tcp.mss);
	return (uint16_t)mss;
}

static enum tg_cc_algorithm
wire_congestion_control(enum tg_config_congestion_control from)
{
	switch (from) {
	case TG_CONFIG_CUBIC:
		return TG_CC_CUBIC;
	case TG_CONFIG_RENO:
		return TG_CC_RENO;
	}
	return TG_CC_CUBIC;
}

static enum tg_tcp_ecn
wire_ecn(enum tg_config_ecn from)
{
	switch (from) {
	case TG_CONFIG_ECN_OFF:
		return TG_TCP_ECN_OFF;
	case TG_CONFIG_ECN_ACCEPT:
		return TG_TCP_ECN_ACCEPT;
	case TG_CONFIG_ECN_ALWAYS:
		return TG_TCP_ECN_ALWAYS;
	}
	return TG_TCP_ECN_OFF;
}

static enum tg_syn_cookies_mode
wire_syn_cookies(enum tg_config_syn_cookies from)
{
	switch (from) {
	case TG_CONFIG_SYN_COOKIES_NEVER:
		return TG_SYN_COOKIES_NEVER;
	case TG_CONFIG_SYN_COOKIES_AUTO:
		return TG_SYN_COOKIES_AUTO;
	case TG_CONFIG_SYN_COOKIES_ALWAYS:
		return TG_SYN_COOKIES_ALWAYS;
	}
	return TG_SYN_COOKIES_NEVER;
}

/* The widest registers that the processor and the operating system let us use. */
static enum tg_siphash_width
siphash_width(void)
{
	if (!__builtin_cpu_supports("avx2"))
		return TG_SIPHASH_X1;
	return __builtin_cpu_supports("avx512f") ? TG_SIPHASH_X16 : TG_SIPHASH_X8;
}

static void
wire_tcp(
    struct tg_tcp_config *tcp, const struct tg_service_config *service, const struct tg_net *net)
{
	uint32_t scale = service->tcp.window_scale;
	bool has4 = false, has6 = false;
	uint16_t i;

	for (i = 0; i < net->n_addrs; i++) {
		has4 = has4 || !net->addr[i].is_ipv6;
		has6 = has6 || net->addr[i].is_ipv6;
	}
	wire_timers(&tcp->timers, service);
	wire_limits(&tcp->limits, service, has4, has6);
	tcp->receive_window = service->tcp.receive_window_bytes >> scale << scale;
	tcp->window_scale = (uint8_t)scale;
	tcp->timestamps = service->tcp.timestamps;
	tcp->sack = service->tcp.sack;
	tcp->keep_alive = service->timers.keep_alive_ms != 0;
	tcp->nagle = service->tcp.nagle;
	tcp->initial_window = (uint16_t)service->tcp.initial_window_segments;
	tcp->congestion_control = wire_congestion_control(service->tcp.congestion_control);
	tcp->ecn = wire_ecn(service->tcp.ecn);
	tcp->reset_on_overflow = service->tcp.syn_overflow == TG_CONFIG_SYN_RESET;
	tcp->siphash_width = siphash_width();
	tcp->mss4 = wire_mss(service, net->mtu, IP4_TCP_BYTES);
	tcp->mss6 = wire_mss(service, net->mtu, IP6_TCP_BYTES);
}

static void
wire_sources(struct tg_wiring *w, const struct tg_service_config *service)
{
	struct tg_source_limits *limits = &w->tcp.source_limits;
	unsigned i;

	w->source = service->source;
	w->n_sources = service->n_sources;
	*limits = (struct tg_source_limits){ .per_source = service->syn_limits.per_source_per_s,
		.per_prefix = service->syn_limits.per_prefix_per_s,
		.cells = service->syn_limits.cells,
		.prefix4_bits = (uint8_t)service->syn_limits.prefix4_bits,
		.prefix6_bits = (uint8_t)service->syn_limits.prefix6_bits };
	for (i = 0; i < service->n_sources; i++) {
		if (service->source[i].action == TG_CONFIG_SOURCE_ALLOW)
			limits->exempt |= UINT32_C(1) << (i + 1);
	}
}

/* Adds one endpoint per local address that the listener means. */
static void
wire_listener(struct tg_wiring *w, const struct tg_config_listener *from)
{
	uint16_t i;

	for (i = 0; i < w->net.n_addrs; i++) {
		const struct tg_net_addr *addr = &w->net.addr[i];

		if (from->address.set && (from->address.is_ipv6 != addr->is_ipv6 ||
					     !tg_ip_equal(&from->address.ip, &addr->ip)))
			continue;
		w->endpoint[w->tcp.n_endpoints++] = (struct tg_endpoint){ .ip = addr->ip,
			.is_ipv6 = addr->is_ipv6,
			.port = tg_be16((uint16_t)from->port),
			.vlan = addr->vlan,
			.addr = i,
			.fast_open = from->fast_open,
			.syn_cookies = wire_syn_cookies(from->syn_cookies) };
	}
}

int
tg_wire(struct tg_wiring *w, const struct tg_service_config *service, const struct tg_port *port)
{
	unsigned i;
	int rc;

	rc = wire_net(&w->net, service, port);
	if (rc < 0)
		return rc;
	wire_tcp(&w->tcp, service, &w->net);
	wire_sources(w, service);
	w->tcp.endpoint = w->endpoint;
	w->tcp.n_endpoints = 0;
	for (i = 0; i < service->n_listeners; i++)
		wire_listener(w, &service->listener[i]);
	w->neighbor = (struct tg_neighbor_limits){ .entries = (uint16_t)service->limits.neighbors,
		.reachable_ms = REACHABLE_MS,
		.retrans_ms = RETRANS_MS,
		.probes = PROBES,
		.echo_per_second = service->limits.echo_replies_per_second };
	w->shard = (struct tg_shard_config){
		.net = &w->net, .tcp = &w->tcp, .neighbor = &w->neighbor, .user = &tg_server_user
	};
	return 0;
}
