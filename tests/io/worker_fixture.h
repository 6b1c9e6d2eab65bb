/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Workers on a port of rings, most of them driven by hand, turn by turn.
 */
#ifndef TG_TESTS_WORKER_FIXTURE_H
#define TG_TESTS_WORKER_FIXTURE_H

#include <rte_cycles.h>

#include "eal.h"
#include "fake_shard.h"
#include "io/frames.h"
#include "io/port_internal.h"
#include "io/worker_internal.h"
#include "packet/flow_hash.h"
#include "wire.h"

#define HELD_MAX 40

static const struct tg_siphash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
static const struct tg_world world = { .draining = false };
static const unsigned lcores[4] = { 1, 2, 0, 0 }; /* only two are ever launched */
static const struct tg_net net;                   /* no address */
static const struct tg_tcp_config tcp = { .limits = { .held = HELD_MAX } };
static const struct tg_shard_config shard_config = { .net = &net, .tcp = &tcp };

static struct wire wire;
static struct tg_workers *all;

static const struct tg_config_source *source; /* what set_up configures; NULL: none */
static unsigned n_sources;

static inline void
set_up(uint16_t n_queues, uint16_t n_workers)
{
	struct tg_workers_config config = {
		.port = &wire.port,
		.dev = &wire.dev,
		.shard = &shard_config,
		.flow_key = &key,
		.source = source,
		.n_sources = n_sources,
		.n_workers = n_workers,
		.lcore = lcores,
	};

	CU_ASSERT_TRUE_FATAL(wire_open(&wire, n_queues, n_workers, n_workers * HELD_MAX));
	all = tg_workers_create(&config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(all);
	tg_workers_publish(all, &world);
}

/* Whatever a test left where, every buffer must come home. */
static inline void
tear_down(void)
{
	if (all == NULL)
		return;
	tg_workers_free(all);
	all = NULL;
	CU_ASSERT_EQUAL(wire_close(&wire), 0);
}

static inline struct tg_shard *
shard(uint16_t i)
{
	return tg_workers_shard(all, i);
}

static inline uint64_t
counter(uint16_t i, enum tg_counter c)
{
	return tg_stats_counter(&shard(i)->stats, c);
}

static inline uint64_t
drops(uint16_t i, enum tg_drop why)
{
	return tg_stats_drop(&shard(i)->stats, why);
}

static inline bool
step(uint16_t i)
{
	return tg_worker_step(all->worker[i], rte_rdtsc());
}

static inline void
send_tcp(uint16_t q, bool is_ipv6, uint8_t x, uint16_t port)
{
	uint8_t p[128];

	wire_send(&wire, q, p, wire_tcp(p, is_ipv6, x, port));
}

static inline void
send_arp(uint16_t q)
{
	uint8_t p[128];

	wire_send(&wire, q, p, wire_arp(p));
}

static inline uint32_t
flow_hash(bool is_ipv6, uint8_t x, uint16_t port)
{
	union tg_ip peer = wire_peer(is_ipv6, x), us = wire_us(is_ipv6);

	return tg_flow_hash(&key, is_ipv6, &peer, &us, tg_be16(port), tg_be16(80));
}

/* A source port from `from` on whose flow belongs to worker `want` of n. */
static inline uint16_t
port_of_worker(uint32_t want, uint32_t n, uint16_t from)
{
	while (tg_flow_shard(flow_hash(false, 2, from), n) != want)
		from++;
	return from;
}

#endif
