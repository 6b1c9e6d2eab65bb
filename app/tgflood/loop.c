/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "loop.h"

#include "control/log.h"
#include "io/clock.h"
#include "io/frames.h"
#include "io/worker.h"
#include "load/load.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_prefetch.h>

#define SPARE_LOW   512
#define SPARE_FILL  768
#define TX_MAX      512
#define OUTBOX_MAX  2048 /* frames that wait for the port; beyond it they are dropped */
#define BACKLOG_MAX 1024 /* SYNs made up for when the loop was away; the rest is unsent */

struct tg_flood_loop {
	struct tg_flood_loop_config config;
	struct tg_shard *shard;
	struct tg_flood *flood;
	_Atomic uint32_t phase;    /* control: rw, worker: ro */
	_Atomic uint32_t link_ups; /* control: rw, worker: ro */
	uint32_t link_seen;
	uint32_t phase_seen;
	bool aimed;
	uint64_t begin, end; /* TSC: of running; end is 0 before the last SYN is sent */
	uint64_t last;       /* of the turn before */
	/* The interval under way, and what the clients' handshakes were when it began. */
	tg_time_t interval_end, heard; /* heard: the last frame */
	bool dirty, was_dirty;
	struct tg_histogram handshake;
	double rate_per_cycle;
	uint64_t made; /* SYNs, with those given up */
	/* What is not of the flood goes first, and is not lost where the port is slow. */
	struct rte_mbuf **outbox;
	uint32_t n_outbox;
	struct rte_mbuf *pending[TG_FLOOD_BURST]; /* SYNs */
	uint16_t n_pending, pending_at;
	struct tg_frames rx, spare, tx;
	struct tg_flood_loop_figures figures;
	struct tg_numa_block block, shard_block;
};

/* The clients open connections while running only. */
static const struct tg_world worlds[] = { { .draining = true }, { .draining = false } };

static struct tg_frames
take_frames(struct tg_arena *arena, uint32_t cap)
{
	return (struct tg_frames){ tg_arena_take(arena, cap, sizeof(struct tg_frame)), 0, cap };
}

/* Cuts the loop, its lists and the flood; NULL while measuring. */
static struct tg_flood_loop *
layout(struct tg_arena *arena, const struct tg_flood_config *config, uint32_t held_max)
{
	struct tg_flood_loop *l = tg_arena_take(arena, 1, sizeof(*l));
	struct tg_frames rx = take_frames(arena, TG_FLOOD_BURST);
	struct tg_frames spare = take_frames(arena, SPARE_FILL + TG_FLOOD_BURST + held_max);
	struct tg_frames tx = take_frames(arena, TX_MAX);
	struct rte_mbuf **outbox = tg_arena_take(arena, OUTBOX_MAX, sizeof(struct rte_mbuf *));
	struct tg_flood *flood = tg_flood_layout(arena, config);

	if (l == NULL)
		return NULL;
	l->rx = rx;
	l->spare = spare;
	l->tx = tx;
	l->outbox = outbox;
	l->flood = flood;
	return l;
}

static struct tg_shard *
create_shard(struct tg_numa_block *block, const struct tg_shard_config *config, int node)
{
	struct tg_arena measure = { 0 }, arena;
	tg_time_t now = tg_clock_ns();

	(void)tg_shard_layout(&measure, config, true, now);
	if (!tg_numa_alloc(block, measure.used, node))
		return NULL;
	arena = (struct tg_arena){ block->p, block->bytes, 0 };
	return tg_shard_layout(&arena, config, true, now);
}

struct tg_flood_loop *
tg_flood_loop_create(const struct tg_flood_loop_config *config)
{
	struct tg_numa_block block = { 0 }, shard_block = { 0 };
	struct tg_arena measure = { 0 }, arena;
	struct tg_shard *shard = create_shard(&shard_block, config->shard, config->port->numa);
	struct tg_flood_loop *l;
	uint32_t held_max;

	if (shard == NULL)
		goto err_memory;
	held_max = tg_shard_held_max(shard);
	(void)layout(&measure, config->flood, held_max);
	if (!tg_numa_alloc(&block, measure.used, config->port->numa))
		goto err_memory;
	arena = (struct tg_arena){ block.p, block.bytes, 0 };
	l = layout(&arena, config->flood, held_max);
	l->config = *config;
	l->shard = shard;
	l->block = block;
	l->shard_block = shard_block;
	l->rate_per_cycle = config->rate / (double)rte_get_tsc_hz();
	(void)tg_port_join(config->port, config->shard->net); /* it warns; IPv4 works */
	return l;
err_memory:
	TG_CONTROL_LOG(ERR, "no memory for the flood and its clients");
	tg_numa_free(&shard_block);
	return NULL;
}

void
tg_flood_loop_free(struct tg_flood_loop *l)
{
	struct tg_numa_block block = l->block, shard_block = l->shard_block;

	tg_shard_release_frames(l->shard, &l->spare);
	tg_frames_free(l->spare.v, l->spare.n);
	rte_pktmbuf_free_bulk(l->pending + l->pending_at, l->n_pending);
	rte_pktmbuf_free_bulk(l->outbox, l->n_outbox);
	tg_numa_free(&shard_block);
	tg_numa_free(&block);
}

/* ---- Sending. */

static void
send_outbox(struct tg_flood_loop *l)
{
	uint16_t sent;

	if (l->n_outbox == 0)
		return;
	sent = rte_eth_tx_burst(l->config.port->id, 0, l->outbox, (uint16_t)l->n_outbox);
	l->n_outbox -= sent;
	memmove(l->outbox, l->outbox + sent, l->n_outbox * sizeof(*l->outbox));
}

/* Sends n mbufs as soon as the port takes them. */
static void
put_outbox(struct tg_flood_loop *l, struct rte_mbuf **m, uint32_t n)
{
	uint32_t taken = TG_MIN(n, OUTBOX_MAX - l->n_outbox);

	memcpy(l->outbox + l->n_outbox, m, taken * sizeof(*m));
	l->n_outbox += taken;
	tg_stat_add(&tg_shard_stats(l->shard)->drop[TG_DROP_TX_FULL], n - taken);
	rte_pktmbuf_free_bulk(m + taken, n - taken);
	send_outbox(l);
}

static void
send_pending(struct tg_flood_loop *l)
{
	uint16_t sent =
	    rte_eth_tx_burst(l->config.port->id, 0, l->pending + l->pending_at, l->n_pending);

	l->pending_at = (uint16_t)(l->pending_at + sent);
	l->n_pending = (uint16_t)(l->n_pending - sent);
	tg_flood_sent(l->flood, sent);
}

static void
make_pending(struct tg_flood_loop *l, tg_time_t now, uint32_t n)
{
	uint8_t *data[TG_FLOOD_BURST];
	uint16_t bytes = (uint16_t)tg_flood_syn_bytes(l->flood);
	uint32_t i;

	if (rte_pktmbuf_alloc_bulk(l->config.port->pool, l->pending, n) != 0)
		return; /* they are due again in the next turn */
	for (i = 0; i < n; i++) {
		data[i] = rte_pktmbuf_mtod(l->pending[i], uint8_t *);
		l->pending[i]->data_len = bytes;
		l->pending[i]->pkt_len = bytes;
	}
	tg_flood_make(l->flood, now, data, n);
	l->pending_at = 0;
	l->n_pending = (uint16_t)n;
	l->made += n;
}

/* SYNs to be made now, a burst at most. */
static uint32_t
due(struct tg_flood_loop *l, uint64_t tsc)
{
	uint64_t left = l->config.count - l->made, n = TG_FLOOD_BURST, late;

	if (l->config.rate >= 0) {
		n = (uint64_t)((double)(tsc - l->begin) * l->rate_per_cycle);
		n = n > l->made ? n - l->made : 0;
	}
	if (n > BACKLOG_MAX) {
		late = TG_MIN(n - BACKLOG_MAX, left);
		l->made += late;
		left -= late;
		tg_flood_unsent(l->flood, late);
	}
	return (uint32_t)TG_MIN(TG_MIN(n, left), TG_FLOOD_BURST);
}

static void
finish(struct tg_flood_loop *l, uint64_t tsc)
{
	l->end = tsc;
	atomic_store_explicit(&l->figures.finished, true, memory_order_relaxed);
}

static void
send_syns(struct tg_flood_loop *l, uint64_t tsc, tg_time_t now)
{
	uint32_t n;

	if (l->n_outbox != 0)
		return;
	if (l->n_pending == 0 && (n = due(l, tsc)) != 0)
		make_pending(l, now, n);
	if (l->n_pending != 0)
		send_pending(l);
	else if (l->made == l->config.count && l->end == 0)
		finish(l, tsc);
}

/* ---- Receiving. */

/* Parts a burst that is not all counted: answers leave, the shard gets what is foreign. */
static void
part(struct tg_flood_loop *l, struct rte_mbuf **m, const uint16_t *len, const uint8_t *verdict,
    uint32_t n)
{
	struct rte_mbuf *done[TG_FLOOD_BURST], *answer[TG_FLOOD_BURST], *foreign[TG_FLOOD_BURST];
	uint32_t n_done = 0, n_answer = 0, n_foreign = 0, i;

	for (i = 0; i < n; i++) {
		switch ((enum tg_flood_verdict)verdict[i]) {
		case TG_FLOOD_DONE:
			done[n_done++] = m[i];
			break;
		case TG_FLOOD_FOREIGN:
			foreign[n_foreign++] = m[i];
			break;
		case TG_FLOOD_ANSWER:
			m[i]->data_len = len[i];
			m[i]->pkt_len = len[i];
			m[i]->ol_flags = 0;
			answer[n_answer++] = m[i];
			break;
		}
	}
	rte_pktmbuf_free_bulk(done, n_done);
	put_outbox(l, answer, n_answer);
	l->rx.n = tg_frames_from_mbufs(
	    l->config.port, foreign, n_foreign, l->rx.v, tg_shard_stats(l->shard));
}

static void
receive(struct tg_flood_loop *l, tg_time_t now)
{
	struct rte_mbuf *m[TG_FLOOD_BURST];
	uint8_t *data[TG_FLOOD_BURST], verdict[TG_FLOOD_BURST];
	uint16_t len[TG_FLOOD_BURST], n, i;

	n = rte_eth_rx_burst(l->config.port->id, 0, m, TG_FLOOD_BURST);
	if (n == 0)
		return;
	l->heard = now;
	if (l->config.no_replies && l->aimed) {
		rte_pktmbuf_free_bulk(m, n);
		tg_stat_add(&l->figures.unread, n);
		return;
	}
	for (i = 0; i < n; i++) {
		data[i] = rte_pktmbuf_mtod(m[i], uint8_t *);
		rte_prefetch0(data[i]);
		/* A frame in several pieces is longer than any reply. */
		len[i] = m[i]->nb_segs == 1 ? m[i]->data_len : 0;
	}
	if (tg_flood_take(l->flood, now, data, len, verdict, n) == 0)
		rte_pktmbuf_free_bulk(m, n);
	else
		part(l, m, len, verdict, n);
}

/* ---- The shard: addresses of our own. */

static void
run_shard(struct tg_flood_loop *l, tg_time_t now, bool running)
{
	uint32_t link_ups = atomic_load_explicit(&l->link_ups, memory_order_relaxed);
	struct rte_mbuf *m[TX_MAX];

	if (link_ups != l->link_seen) {
		l->link_seen = link_ups;
		tg_shard_link_up(l->shard, now);
	}
	if (l->spare.n > SPARE_FILL) {
		tg_frames_free(l->spare.v + SPARE_FILL, l->spare.n - SPARE_FILL);
		l->spare.n = SPARE_FILL;
	} else if (l->spare.n < SPARE_LOW) {
		(void)tg_frames_alloc(l->config.port, &l->spare, SPARE_FILL - l->spare.n);
	}
	tg_shard_run(l->shard, &worlds[running], now, l->rx.v, l->rx.n, &l->spare, &l->tx);
	l->rx.n = 0;
	if (l->tx.n == 0)
		return;
	tg_frames_to_mbufs(l->tx.v, l->tx.n, m);
	put_outbox(l, m, l->tx.n);
	l->tx.n = 0;
}

static void
aim(struct tg_flood_loop *l, tg_time_t now)
{
	const struct tg_flood_hop *hop = &l->config.hop;
	uint8_t mac[6];

	if (l->aimed || l->link_seen == 0)
		return;
	if (hop->has_mac)
		memcpy(mac, hop->mac, sizeof(mac));
	else if (!tg_shard_resolve(l->shard, hop->is_ipv6, &hop->ip, hop->vlan, now, mac))
		return;
	tg_flood_aim(l->flood, l->config.port->mac, mac);
	l->aimed = true;
	atomic_store_explicit(&l->figures.aimed, true, memory_order_release);
}

/* ---- The loop. */

/* What the flood had come to when its time was up. */
static void
keep_figures(struct tg_flood_loop *l, uint64_t tsc)
{
	const struct tg_flood_figures *now = tg_flood_figures(l->flood);
	unsigned i;

	for (i = 0; i < TG_FLOOD_MAX; i++)
		tg_stat_add(&l->figures.count[i],
		    atomic_load_explicit(&now->count[i], memory_order_relaxed));
	if (l->end != 0)
		tsc = l->end;
	tg_stat_add(&l->figures.elapsed_ns, tg_clock_from_tsc(tsc) - tg_clock_from_tsc(l->begin));
}

static void
change_phase(struct tg_flood_loop *l, uint32_t phase, uint64_t tsc)
{
	if (phase == TG_FLOOD_RUNNING) {
		l->begin = l->last = tsc;
		l->heard = tg_clock_from_tsc(tsc);
		l->dirty = true; /* before the first replies */
		l->interval_end = l->heard + TG_FLOOD_INTERVAL_NS;
	} else if (l->phase_seen == TG_FLOOD_RUNNING) {
		keep_figures(l, tsc);
	}
	l->phase_seen = phase;
}

static void
watch_gap(struct tg_flood_loop *l, uint64_t tsc)
{
	tg_time_t ns = tg_clock_from_tsc(tsc) - tg_clock_from_tsc(l->last);
	struct tg_flood_loop_figures *f = &l->figures;

	l->last = tsc;
	if (ns <= TG_FLOOD_GAP_NS)
		return;
	l->dirty = true;
	tg_stat_add(&f->gaps, 1);
	tg_stat_add(&f->gap_ns, ns);
	if (ns > atomic_load_explicit(&f->gap_max_ns, memory_order_relaxed))
		atomic_store_explicit(&f->gap_max_ns, ns, memory_order_relaxed);
}

static bool
is_silent(const struct tg_flood_loop *l, tg_time_t now)
{
	return (l->config.rate < 0 || l->config.rate >= TG_FLOOD_PILOT_RATE) &&
	       now - l->heard > TG_FLOOD_SILENT_NS;
}

static void
watch_interval(struct tg_flood_loop *l, tg_time_t now)
{
	const struct tg_histogram *handshake = &tg_load_figures(l->shard)->handshake;

	l->dirty = l->dirty || is_silent(l, now);
	if (now < l->interval_end)
		return;
	tg_stat_add(&l->figures.intervals, 1);
	if (!l->dirty && !l->was_dirty) {
		tg_stat_add(&l->figures.clean_intervals, 1);
		tg_histogram_add_since(&l->figures.clean_handshake, handshake, &l->handshake);
	}
	memcpy(&l->handshake, handshake, sizeof(l->handshake));
	l->was_dirty = l->dirty;
	l->dirty = false;
	l->interval_end = now + TG_FLOOD_INTERVAL_NS;
}

static int
loop_main(void *arg)
{
	struct tg_flood_loop *l = arg;
	uint32_t phase;

	while (
	    (phase = atomic_load_explicit(&l->phase, memory_order_relaxed)) != TG_FLOOD_STOPPED) {
		uint64_t tsc = rte_rdtsc();
		tg_time_t now = tg_clock_from_tsc(tsc);

		if (phase != l->phase_seen)
			change_phase(l, phase, tsc);
		send_outbox(l);
		receive(l, now);
		run_shard(l, now, phase == TG_FLOOD_RUNNING);
		if (phase == TG_FLOOD_RUNNING) {
			watch_gap(l, tsc);
			if (l->config.clients)
				watch_interval(l, now);
			send_syns(l, tsc, now);
		} else {
			aim(l, now);
		}
	}
	return 0;
}

int
tg_flood_loop_start(struct tg_flood_loop *l, unsigned lcore)
{
	return rte_eal_remote_launch(loop_main, l, lcore);
}

void
tg_flood_loop_enter(struct tg_flood_loop *l, enum tg_flood_phase phase)
{
	atomic_store_explicit(&l->phase, (uint32_t)phase, memory_order_relaxed);
}

void
tg_flood_loop_link_up(struct tg_flood_loop *l)
{
	atomic_fetch_add_explicit(&l->link_ups, 1, memory_order_relaxed);
}

void
tg_flood_loop_wait(struct tg_flood_loop *l, unsigned lcore)
{
	(void)rte_eal_wait_lcore(lcore);
	tg_flood_end(l->flood);
}

struct tg_shard *
tg_flood_loop_shard(struct tg_flood_loop *l)
{
	return l->shard;
}

const struct tg_flood *
tg_flood_loop_flood(const struct tg_flood_loop *l)
{
	return l->flood;
}

const struct tg_flood_loop_figures *
tg_flood_loop_figures(const struct tg_flood_loop *l)
{
	return &l->figures;
}
