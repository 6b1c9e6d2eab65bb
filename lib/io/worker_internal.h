/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * One worker from the inside. Private to lib/io and its tests, which drive
 * tg_worker_step by hand.
 *
 *   queue -> rx burst -> steer -> out[i] ---in ring---> rx of worker i
 *                          |
 *                          v
 *                          rx -> shard -> tx -> tx burst of the queue, or
 *                                               relay ring of the worker that has one
 *
 * Rings carry struct tg_frame by value: what reception and steering found out
 * travels along, and nobody but the owner touches the buffer.
 */
#ifndef TG_IO_WORKER_INTERNAL_H
#define TG_IO_WORKER_INTERNAL_H

#include <rte_ring.h>

#include "io/block.h"
#include "io/sources.h"
#include "io/worker.h"

/* Spare frames of a worker before it runs its shard: at least LOW, which is what one
 * run can send, unless the pool is exhausted; at most HIGH. */
#define TG_SPARE_LOW   512
#define TG_SPARE_FILL  768
#define TG_SPARE_HIGH  1024
#define TG_TX_MAX      512 /* frames that one run may send */
#define TG_RING_FRAMES 1024

struct tg_idle {
	enum tg_config_idle policy;
	uint32_t empty;     /* loops without work in a row */
	tg_time_t sleep_ns; /* length of the next sleep */
};

/* worker: rw while it runs, control: rw before and after */
struct tg_worker {
	struct tg_workers *all;
	struct tg_shard *shard;
	struct tg_stats *stats; /* of the shard */
	const struct tg_port *port;
	const struct tg_siphash_key *key;
	const struct tg_sources *sources; /* NULL: none are configured */
	uint16_t id;
	uint16_t n_workers;
	uint16_t burst;            /* frames from the queue at once, and from the in ring */
	bool has_queue;            /* queue number id */
	struct rte_ring *in;       /* frames that other workers hand over; NULL if alone */
	struct rte_ring *relay;    /* to be sent for workers without a queue; NULL if none */
	struct rte_ring *relay_to; /* without a queue: relay of the worker that sends */
	struct tg_frames rx, spare, tx;
	struct tg_frames *out; /* n_workers lists on their way to in rings */
	struct rte_mbuf **m;   /* TG_TX_MAX */
	struct tg_idle idle;
	uint32_t link_seen;
	uint64_t tsc; /* start of the last loop */
	bool was_busy;
	/* worker: rw, control: ro */
	_Atomic uint64_t busy_cycles, total_cycles;
	struct tg_class_frames class_frames;
	/* control */
	unsigned lcore;
	struct tg_numa_block block, shard_block;
};

struct tg_workers {
	_Atomic(const struct tg_world *) world; /* control: rw, worker: ro */
	_Atomic uint32_t link_ups;              /* control: rw, worker: ro */
	_Atomic bool stop;                      /* control: rw, worker: ro */
	struct rte_rcu_qsbr *qsbr;              /* thread i is worker i */
	uint16_t n;
	struct tg_worker *worker[TG_WORKERS_MAX];
	struct tg_sources *sources[RTE_MAX_NUMA_NODES]; /* of each node that has a worker */
};

/* The loop of one worker, for rte_eal_remote_launch; arg is the struct tg_worker. */
int tg_worker_main(void *arg);

/* One turn of the loop at TSC value tsc. Returns whether there was work. Worker. */
bool tg_worker_step(struct tg_worker *w, uint64_t tsc);

/* Sends n frames through the worker's queue or through the worker that has one; what
 * the queue or ring does not take is dropped and counted as TX_FULL. Worker. */
void tg_worker_transmit(struct tg_worker *w, const struct tg_frame *frame, uint32_t n);

/* Sorts n received frames: those of other workers leave through their rings, those of
 * this one stay, moved to the front. Returns their number. Worker. */
uint32_t tg_steer_burst(struct tg_worker *w, struct tg_frame *frame, uint32_t n);

/* Spends the time until the next poll as the idle policy says. busy: whether the loop
 * had work; now: when it began. Worker. */
void tg_idle_wait(struct tg_worker *w, bool busy, tg_time_t now);

#endif
