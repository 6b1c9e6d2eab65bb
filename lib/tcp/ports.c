/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "tcp/ports.h"

#include "packet/flow_hash.h"

#define TRIES_PER_SHARD 128 /* with half of the range in use, 2^-128 to find none */

void
tg_tcp_ports_init(
    struct tg_tcp_ports *ports, uint16_t first, uint16_t last, uint32_t shard, uint32_t n_shards)
{
	*ports = (struct tg_tcp_ports){
		.first = first, .last = last, .shard = shard, .n_shards = n_shards
	};
}

static bool
is_usable(const struct tg_tcp *tcp, const struct tg_tcp_ports *ports, const struct tg_packet *pkt)
{
	uint32_t hash = tg_flow_hash(&tcp->config->secrets.flow, pkt->is_ipv6, &pkt->src, &pkt->dst,
	    pkt->tcp.sport, pkt->tcp.dport);

	return tg_flow_shard(hash, ports->n_shards) == ports->shard &&
	       tg_tcp_find(tcp, pkt, hash) == TG_HANDLE_NONE;
}

/* F and G of RFC 6056 in one: the lower half is the offset, the upper one chooses the counter. */
static uint64_t
hash_of(const struct tg_tcp *tcp, const struct tg_packet *pkt)
{
	const struct {
		union tg_ip remote, local;
		uint32_t rport;
		uint32_t vlan;
	} input = { pkt->src, pkt->dst, pkt->tcp.sport, pkt->vlan };

	return tg_siphash24(&tcp->config->secrets.ports, &input, sizeof(input));
}

be16_t
tg_tcp_ports_next(struct tg_tcp *tcp, struct tg_tcp_ports *ports, uint16_t endpoint,
    const union tg_ip *remote, be16_t rport)
{
	const struct tg_endpoint *e = &tcp->config->endpoint[endpoint];
	struct tg_packet pkt = { .is_ipv6 = e->is_ipv6,
		.vlan = e->vlan,
		.src = *remote,
		.dst = e->ip,
		.tcp.sport = rport };
	uint32_t n = ports->last - ports->first + 1U;
	uint32_t tries = TG_MIN(n, TRIES_PER_SHARD * ports->n_shards);
	uint64_t hash = hash_of(tcp, &pkt);
	uint16_t *counter = &ports->counter[(hash >> 32) % TG_PORTS_COUNTERS];

	while (tries-- != 0) {
		uint32_t at = ((uint32_t)hash % n + *counter) % n;

		*counter = (uint16_t)((*counter + 1U) % n);
		pkt.tcp.dport = tg_be16((uint16_t)(ports->first + at));
		if (is_usable(tcp, ports, &pkt))
			return pkt.tcp.dport;
	}
	tg_count(tcp->stats, TG_COUNTER_PORTS_EXHAUSTED);
	return 0;
}
