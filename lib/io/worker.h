/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Worker: the loop that turns a queue pair and a shard into a running server, and the
 * steering of frames between workers.
 *
 * A worker receives a burst, makes frames of the buffers, hands frames of other
 * workers' flows over through rings, runs its shard and sends what comes out. It
 * reports quiescence once per loop, so that the control thread may free what it has
 * replaced. Where the port has fewer queues than workers, the workers without a queue
 * receive and send through rings of the worker that has one.
 *
 * A frame goes to the worker that its flow names: by RSS where the port has it, else
 * by tg_flow_hash, which TG_FRAME_HASHED then passes on. ARP and neighbour discovery
 * are handled where they arrive and copied to all others (TG_FRAME_COPY).
 */
#ifndef TG_IO_WORKER_H
#define TG_IO_WORKER_H

#include <rte_rcu_qsbr.h>
#include <stdatomic.h>

#include "io/port.h"
#include "shard/shard.h"

#define TG_WORKERS_MAX 64

struct tg_workers; /* all workers of one port; opaque */

struct tg_workers_config {
	const struct tg_port *port;
	const struct tg_device_config *dev; /* burst, idle policy */
	const struct tg_shard_config *shard;
	const struct tg_siphash_key *flow_key; /* steering where the port has no RSS */
	const struct tg_config_source *source; /* classes of sources; NULL where there are none */
	unsigned n_sources;
	uint16_t n_workers;
	const unsigned *lcore; /* n_workers lcore ids */
};

/* Allocates shards (on the NUMA node of their lcore, through libnuma), rings and
 * magazines, and lets the port join the multicast groups of shard->net. What config
 * points to must outlive the workers, config itself need not. Returns NULL and has
 * logged why on failure. Control thread. */
struct tg_workers *tg_workers_create(const struct tg_workers_config *config);

/* Publishes what the shards see. The previous world may be freed once
 * tg_workers_quiesce returned. Must be called once before tg_workers_start. Control. */
void tg_workers_publish(struct tg_workers *w, const struct tg_world *world);

/* Waits until no worker can hold a world published before the last one; bounded by
 * one loop of the slowest worker. Asleep meanwhile, so that a worker on the same CPU runs.
 * Control. */
void tg_workers_quiesce(struct tg_workers *w);

/* Launches one loop per lcore. 0 or -errno. Control. */
int tg_workers_start(struct tg_workers *w);

/* Tells the shards that the link came up; they hear it in their next loop. Control. */
void tg_workers_link_up(struct tg_workers *w);

/* Asks the loops to end and waits for them. Control. */
void tg_workers_stop(struct tg_workers *w);

/* Frees everything, held frames included. The workers must have stopped, the port
 * must still be open. */
void tg_workers_free(struct tg_workers *w);

uint16_t tg_workers_count(const struct tg_workers *w);
struct tg_shard *tg_workers_shard(struct tg_workers *w, uint16_t i);

/* Share of its time that worker i spent with frames or timers since it started, in
 * TSC cycles: busy and total. Control, at any time. */
void tg_workers_load(const struct tg_workers *w, uint16_t i, uint64_t *busy, uint64_t *total);

/* Frames that worker i received from source class src_class, below TG_SOURCE_CLASSES, since it
 * started. Control, at any time. */
uint64_t tg_workers_class_frames(const struct tg_workers *w, uint16_t i, unsigned src_class);

/* The worker that the segments of a tuple come to, as their receiver sees it: remote is the
 * peer, ports in wire order. flow_key: of the workers' configuration. Any thread. */
uint16_t tg_workers_of_tuple(const struct tg_port *port, const struct tg_siphash_key *flow_key,
    bool is_ipv6, const union tg_ip *remote, const union tg_ip *local, be16_t rport, be16_t lport);

/* The clock that workers pass to their shards: monotonic nanoseconds from the TSC. */
tg_time_t tg_clock_ns(void);

#endif
