/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The set of workers: making, starting, stopping, publishing. Control thread.
 */
#include <errno.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <stdio.h>
#include <time.h>

#include "io/frames.h"
#include "io/log.h"
#include "io/worker_internal.h"

#define QUIESCE_POLL_NS 100000 /* a loop takes less */

static int
layout_shard(struct tg_worker *w, const struct tg_shard_config *config, int node)
{
	struct tg_arena measure = { 0 }, arena;
	tg_time_t now = tg_clock_ns();

	(void)tg_shard_layout(&measure, config, w->id == 0, now);
	if (!tg_numa_alloc(&w->shard_block, measure.used, node)) {
		TG_IO_LOG(ERR, "No memory for worker %u: its connections take %zu MiB", w->id,
		    measure.used >> 20);
		return -ENOMEM;
	}
	arena = (struct tg_arena){ w->shard_block.p, w->shard_block.bytes, 0 };
	w->shard = tg_shard_layout(&arena, config, w->id == 0, now);
	w->stats = tg_shard_stats(w->shard);
	return 0;
}

static struct tg_frames
take_frames(struct tg_arena *arena, uint32_t cap)
{
	return (struct tg_frames){ tg_arena_take(arena, cap, sizeof(struct tg_frame)), 0, cap };
}

/* Cuts a worker and its lists; NULL while measuring. */
static struct tg_worker *
layout_worker(struct tg_arena *arena, uint16_t n_workers, uint32_t burst, uint32_t held_max)
{
	struct tg_worker *w = tg_arena_take(arena, 1, sizeof(*w));
	struct tg_frames rx, spare, tx, out, *outs;
	struct rte_mbuf **m;
	uint16_t i;

	rx = take_frames(arena, TG_SHARD_BURST_MAX);
	/* A run adds at most what it received and what the shard held. */
	spare = take_frames(arena, TG_SPARE_HIGH + TG_SHARD_BURST_MAX + held_max);
	tx = take_frames(arena, TG_TX_MAX);
	m = tg_arena_take(arena, TG_TX_MAX, sizeof(*m));
	outs = tg_arena_take(arena, n_workers, sizeof(*outs));
	for (i = 0; i < n_workers; i++) {
		out = take_frames(arena, burst);
		if (outs != NULL)
			outs[i] = out;
	}
	if (w == NULL)
		return NULL;
	w->rx = rx;
	w->spare = spare;
	w->tx = tx;
	w->m = m;
	w->out = outs;
	return w;
}

static int
node_of(unsigned lcore, uint16_t id, const struct tg_port *port)
{
	int node = (int)rte_lcore_to_socket_id(lcore);

	if (port->numa >= 0 && node != port->numa)
		TG_IO_LOG(WARNING,
		    "Worker %u runs on lcore %u of NUMA node %d, the port is on node %d: "
		    "every frame crosses between them",
		    id, lcore, node, port->numa);
	return node;
}

/* The tables of sources for a worker on node; *sources: NULL where none are configured. */
static int
share_sources(struct tg_workers *all, const struct tg_workers_config *config, int node,
    const struct tg_sources **sources)
{
	struct tg_sources **of_node = &all->sources[TG_MAX(node, 0)];
	char name[RTE_RING_NAMESIZE];

	if (config->n_sources != 0 && *of_node == NULL) {
		snprintf(name, sizeof(name), "tg_src_%u_%d", config->port->id, node);
		*of_node = tg_sources_create(name, config->source, config->n_sources, node);
		if (*of_node == NULL)
			return -ENOMEM;
	}
	*sources = *of_node;
	return 0;
}

static int
create_worker(struct tg_workers *all, uint16_t id, const struct tg_workers_config *config)
{
	struct tg_worker own = { .id = id }, *w;
	struct tg_numa_block block;
	struct tg_arena measure = { 0 }, arena;
	int node = node_of(config->lcore[id], id, config->port);
	/* Queue and in ring together fill a burst of the shard. */
	uint32_t burst = TG_MIN(config->dev->burst,
	    config->n_workers > 1 ? TG_SHARD_BURST_MAX / 2 : TG_SHARD_BURST_MAX);
	uint32_t held_max;

	if (share_sources(all, config, node, &own.sources) != 0 ||
	    layout_shard(&own, config->shard, node) != 0)
		return -ENOMEM;
	held_max = tg_shard_held_max(own.shard);
	(void)layout_worker(&measure, config->n_workers, burst, held_max);
	if (!tg_numa_alloc(&block, measure.used, node)) {
		TG_IO_LOG(ERR, "No memory for the frame lists of worker %u", id);
		tg_numa_free(&own.shard_block);
		return -ENOMEM;
	}
	arena = (struct tg_arena){ block.p, block.bytes, 0 };
	w = layout_worker(&arena, config->n_workers, burst, held_max);
	w->all = all;
	w->shard = own.shard;
	w->stats = own.stats;
	w->port = config->port;
	w->key = config->flow_key;
	w->sources = own.sources;
	w->id = id;
	w->n_workers = config->n_workers;
	w->burst = (uint16_t)burst;
	w->has_queue = id < config->port->n_queues;
	w->idle.policy = config->dev->idle;
	w->lcore = config->lcore[id];
	w->block = block;
	w->shard_block = own.shard_block;
	/* For copies in the first turn; a worker fills it up by itself from then on. */
	(void)tg_frames_alloc(w->port, &w->spare, TG_SPARE_FILL);
	all->worker[id] = w;
	return 0;
}

static struct rte_ring *
create_ring(const struct tg_worker *w, const char *purpose, unsigned producers)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	snprintf(name, sizeof(name), "tg_%s_%u_%u", purpose, w->port->id, w->id);
	ring = rte_ring_create_elem(name, sizeof(struct tg_frame), TG_RING_FRAMES,
	    (int)rte_lcore_to_socket_id(w->lcore),
	    RING_F_SC_DEQ | RING_F_EXACT_SZ | (producers == 1 ? RING_F_SP_ENQ : 0));
	if (ring == NULL)
		TG_IO_LOG(ERR, "No memory for ring %s: %s", name, rte_strerror(rte_errno));
	return ring;
}

/* Workers that have a queue hand frames to all others; one that has none sends through
 * worker id % n_queues. */
static int
create_rings(struct tg_workers *all, uint16_t n_queues)
{
	uint16_t i;

	for (i = 0; i < all->n; i++) {
		struct tg_worker *w = all->worker[i];
		unsigned givers = n_queues - (w->has_queue ? 1U : 0U);
		unsigned users = w->has_queue ? (all->n - 1U - i) / n_queues : 0;

		if (givers > 0 && (w->in = create_ring(w, "in", givers)) == NULL)
			return -ENOMEM;
		if (users > 0 && (w->relay = create_ring(w, "relay", users)) == NULL)
			return -ENOMEM;
		if (!w->has_queue)
			w->relay_to = all->worker[i % n_queues]->relay;
	}
	return 0;
}

static int
create_qsbr(struct tg_workers *all)
{
	uint16_t i;

	all->qsbr = rte_zmalloc("tg_qsbr", rte_rcu_qsbr_get_memsize(all->n), RTE_CACHE_LINE_SIZE);
	if (all->qsbr == NULL || rte_rcu_qsbr_init(all->qsbr, all->n) != 0) {
		TG_IO_LOG(ERR, "No memory for the quiescent states of %u workers", all->n);
		return -ENOMEM;
	}
	/* Registered, they count from the moment they come online. */
	for (i = 0; i < all->n; i++)
		(void)rte_rcu_qsbr_thread_register(all->qsbr, i);
	return 0;
}

struct tg_workers *
tg_workers_create(const struct tg_workers_config *config)
{
	struct tg_workers *all;
	uint16_t i;

	assert(config->n_workers >= 1 && config->n_workers <= TG_WORKERS_MAX);
	all = rte_zmalloc("tg_workers", sizeof(*all), RTE_CACHE_LINE_SIZE);
	if (all == NULL) {
		TG_IO_LOG(ERR, "No memory for %u workers", config->n_workers);
		return NULL;
	}
	all->n = config->n_workers;
	if (create_qsbr(all) != 0)
		goto err_workers;
	for (i = 0; i < all->n; i++)
		if (create_worker(all, i, config) != 0)
			goto err_workers;
	if (create_rings(all, config->port->n_queues) != 0)
		goto err_workers;
	(void)tg_port_join(config->port, config->shard->net); /* it warns; IPv4 works */
	return all;

err_workers:
	tg_workers_free(all);
	return NULL;
}

void
tg_workers_publish(struct tg_workers *w, const struct tg_world *world)
{
	/* Pairs with the acquire in run_shard. */
	atomic_store_explicit(&w->world, world, memory_order_release);
}

/* Not by rte_rcu_qsbr_synchronize, which spins: where control shares a CPU with the worker that it
 * waits for, that one would not run before the scheduler's time slice is over, some milliseconds,
 * and rings of the port overflow. */
void
tg_workers_quiesce(struct tg_workers *w)
{
	const struct timespec step = { .tv_nsec = QUIESCE_POLL_NS };
	uint64_t token = rte_rcu_qsbr_start(w->qsbr);

	while (rte_rcu_qsbr_check(w->qsbr, token, false) == 0)
		(void)nanosleep(&step, NULL); /* cut short by a signal: asks sooner */
}

int
tg_workers_start(struct tg_workers *w)
{
	uint16_t i;
	int rc;

	assert(atomic_load_explicit(&w->world, memory_order_relaxed) != NULL);
	for (i = 0; i < w->n; i++) {
		rc = rte_eal_remote_launch(tg_worker_main, w->worker[i], w->worker[i]->lcore);
		if (rc != 0) {
			TG_IO_LOG(ERR, "Worker %u cannot be launched on lcore %u: %s", i,
			    w->worker[i]->lcore, strerror(-rc));
			tg_workers_stop(w);
			return rc;
		}
	}
	return 0;
}

void
tg_workers_link_up(struct tg_workers *w)
{
	atomic_fetch_add_explicit(&w->link_ups, 1, memory_order_relaxed);
}

void
tg_workers_stop(struct tg_workers *w)
{
	uint16_t i;

	atomic_store_explicit(&w->stop, true, memory_order_relaxed);
	for (i = 0; i < w->n; i++)
		(void)rte_eal_wait_lcore(w->worker[i]->lcore); /* returns at once if it never ran */
	atomic_store_explicit(&w->stop, false, memory_order_relaxed);
}

static void
free_ring(struct rte_ring *ring)
{
	struct tg_frame f;

	while (ring != NULL && rte_ring_sc_dequeue_elem(ring, &f, sizeof(f)) == 0)
		tg_frames_free(&f, 1);
	rte_ring_free(ring);
}

static void
free_worker(struct tg_worker *w)
{
	struct tg_numa_block block = w->block;

	free_ring(w->in);
	free_ring(w->relay);
	tg_shard_release_frames(w->shard, &w->spare);
	tg_frames_free(w->spare.v, w->spare.n);
	tg_numa_free(&w->shard_block);
	tg_numa_free(&block); /* w lies in it */
}

void
tg_workers_free(struct tg_workers *w)
{
	uint16_t i;

	for (i = 0; i < w->n; i++)
		if (w->worker[i] != NULL)
			free_worker(w->worker[i]);
	for (i = 0; i < TG_ARRAY_LEN(w->sources); i++)
		tg_sources_free(w->sources[i]);
	rte_free(w->qsbr);
	rte_free(w);
}

uint16_t
tg_workers_count(const struct tg_workers *w)
{
	return w->n;
}

struct tg_shard *
tg_workers_shard(struct tg_workers *w, uint16_t i)
{
	return w->worker[i]->shard;
}

void
tg_workers_load(const struct tg_workers *w, uint16_t i, uint64_t *busy, uint64_t *total)
{
	*busy = atomic_load_explicit(&w->worker[i]->busy_cycles, memory_order_relaxed);
	*total = atomic_load_explicit(&w->worker[i]->total_cycles, memory_order_relaxed);
}

uint64_t
tg_workers_class_frames(const struct tg_workers *w, uint16_t i, unsigned src_class)
{
	return atomic_load_explicit(&w->worker[i]->class_frames.n[src_class], memory_order_relaxed);
}
