/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The loop of one worker.
 */
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>
#include <sys/prctl.h>

#include "io/clock.h"
#include "io/frames.h"
#include "io/worker_internal.h"

#define TX_TRIES       64   /* calls in a row that sent nothing, before frames are dropped */
#define TIMER_SLACK_NS 1000 /* the kernel's default would stretch short sleeps by 50 us */

static void
receive_queue(struct tg_worker *w)
{
	uint64_t bytes = 0;
	uint32_t n, i;

	n = rte_eth_rx_burst(w->port->id, w->id, w->m, w->burst);
	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		bytes += w->m[i]->pkt_len;
	tg_count_n(w->stats, TG_COUNTER_RX_FRAMES, n);
	tg_count_n(w->stats, TG_COUNTER_RX_BYTES, bytes);
	n = tg_frames_from_mbufs(w->port, w->m, n, w->rx.v, w->stats);
	if (w->sources != NULL)
		n = tg_sources_sort(w->sources, w->rx.v, n, &w->class_frames, w->stats);
	if (w->n_workers > 1)
		n = tg_steer_burst(w, w->rx.v, n);
	w->rx.n = n;
}

static void
receive_ring(struct tg_worker *w)
{
	uint32_t n;

	assert(w->rx.n + w->burst <= w->rx.cap);
	n = rte_ring_sc_dequeue_burst_elem(
	    w->in, w->rx.v + w->rx.n, sizeof(*w->rx.v), w->burst, NULL);
	tg_count_n(w->stats, TG_COUNTER_STEERED_IN, n);
	w->rx.n += n;
}

/* A pool too empty to fill the magazine still has to feed the port's RX queues: then
 * only the least goes into it. */
static void
fill_spare(struct tg_worker *w)
{
	if (w->spare.n > TG_SPARE_HIGH) {
		tg_frames_free(w->spare.v + TG_SPARE_FILL, w->spare.n - TG_SPARE_FILL);
		w->spare.n = TG_SPARE_FILL;
	} else if (w->spare.n < TG_SPARE_LOW &&
		   !tg_frames_alloc(w->port, &w->spare, TG_SPARE_FILL - w->spare.n) &&
		   w->spare.n < w->burst) {
		(void)tg_frames_alloc(w->port, &w->spare, w->burst - w->spare.n);
	}
}

/* Returns the bytes of the frames that are lost. */
static uint64_t
drop_unsent(struct tg_worker *w, struct rte_mbuf **m, uint32_t n)
{
	uint64_t bytes = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		bytes += m[i]->pkt_len;
	rte_pktmbuf_free_bulk(m, n);
	tg_stat_add(&w->stats->drop[TG_DROP_TX_FULL], n);
	return bytes;
}

/* Sends all of n mbufs that the queue takes within a bounded time. Returns how many. */
static uint16_t
send_mbufs(struct tg_worker *w, struct rte_mbuf **m, uint16_t n)
{
	uint16_t sent = 0, part;
	uint32_t tries = 0;

	while (sent < n && tries < TX_TRIES) {
		part = rte_eth_tx_burst(w->port->id, w->id, m + sent, (uint16_t)(n - sent));
		sent = (uint16_t)(sent + part);
		tries = part == 0 ? tries + 1 : 0;
		if (sent < n)
			rte_pause();
	}
	return sent;
}

/* Some drivers want to prepare frames with offloads, and may refuse one. */
static void
send_queue(struct tg_worker *w, const struct tg_frame *frame, uint16_t n)
{
	uint64_t bytes = tg_frames_to_mbufs(frame, n, w->m);
	uint16_t at, ready, done, sent = 0;

	for (at = 0; at < n; at = (uint16_t)(at + ready + 1)) {
		ready = (uint16_t)(n - at);
		if (w->port->tx_offload != 0)
			ready = rte_eth_tx_prepare(w->port->id, w->id, w->m + at, ready);
		done = send_mbufs(w, w->m + at, ready);
		sent = (uint16_t)(sent + done);
		if (at + done < n) /* and the one that was refused */
			bytes -= drop_unsent(
			    w, w->m + at + done, (uint32_t)(TG_MIN(at + ready + 1, n) - at - done));
	}
	tg_count_n(w->stats, TG_COUNTER_TX_FRAMES, sent);
	tg_count_n(w->stats, TG_COUNTER_TX_BYTES, bytes);
}

static void
send_relay(struct tg_worker *w, const struct tg_frame *frame, uint32_t n)
{
	uint32_t sent = 0, tries;

	for (tries = 0; sent < n && tries < TX_TRIES; tries++) {
		sent += rte_ring_enqueue_burst_elem(
		    w->relay_to, frame + sent, sizeof(*frame), n - sent, NULL);
		if (sent < n)
			rte_pause();
	}
	tg_stat_add(&w->stats->drop[TG_DROP_TX_FULL], n - sent);
	tg_frames_free(frame + sent, n - sent);
}

void
tg_worker_transmit(struct tg_worker *w, const struct tg_frame *frame, uint32_t n)
{
	assert(n <= TG_TX_MAX);
	if (n == 0)
		return;
	if (w->has_queue)
		send_queue(w, frame, (uint16_t)n);
	else
		send_relay(w, frame, n);
}

/* Sends what workers without a queue have to send. */
static bool
transmit_for_others(struct tg_worker *w)
{
	assert(w->tx.n == 0);
	w->tx.n =
	    rte_ring_sc_dequeue_burst_elem(w->relay, w->tx.v, sizeof(*w->tx.v), w->tx.cap, NULL);
	if (w->tx.n == 0)
		return false;
	tg_worker_transmit(w, w->tx.v, w->tx.n);
	w->tx.n = 0;
	return true;
}

static bool
run_shard(struct tg_worker *w, tg_time_t now)
{
	/* Pairs with the release in tg_workers_publish: what the world points to is seen. */
	const struct tg_world *world = atomic_load_explicit(&w->all->world, memory_order_acquire);
	uint32_t link_ups = atomic_load_explicit(&w->all->link_ups, memory_order_relaxed);
	bool busy;

	if (link_ups != w->link_seen) {
		w->link_seen = link_ups;
		tg_shard_link_up(w->shard, now);
	}
	tg_shard_run(w->shard, world, now, w->rx.v, w->rx.n, &w->spare, &w->tx);
	busy = w->rx.n > 0 || w->tx.n > 0;
	tg_worker_transmit(w, w->tx.v, w->tx.n);
	w->rx.n = 0;
	w->tx.n = 0;
	return busy;
}

/* The time since the last loop began belongs to that loop. */
static void
account(struct tg_worker *w, uint64_t tsc)
{
	uint64_t cycles = tsc - w->tsc;

	tg_stat_add(&w->total_cycles, cycles);
	if (w->was_busy)
		tg_stat_add(&w->busy_cycles, cycles);
	w->tsc = tsc;
}

bool
tg_worker_step(struct tg_worker *w, uint64_t tsc)
{
	bool busy;

	account(w, tsc);
	if (w->has_queue)
		receive_queue(w);
	if (w->in != NULL)
		receive_ring(w);
	if (w->rx.n > 0)
		tg_count(w->stats, TG_COUNTER_BURSTS);
	fill_spare(w);
	busy = run_shard(w, tg_clock_from_tsc(tsc));
	if (w->relay != NULL)
		busy = transmit_for_others(w) || busy;
	w->was_busy = busy;
	return busy;
}

int
tg_worker_main(void *arg)
{
	struct tg_worker *w = arg;

	if (w->idle.policy == TG_CONFIG_IDLE_SLEEP)
		(void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
	w->tsc = rte_rdtsc();
	rte_rcu_qsbr_thread_online(w->all->qsbr, w->id);
	while (!atomic_load_explicit(&w->all->stop, memory_order_relaxed)) {
		uint64_t tsc = rte_rdtsc();
		bool busy = tg_worker_step(w, tsc);

		rte_rcu_qsbr_quiescent(w->all->qsbr, w->id);
		tg_idle_wait(w, busy, tg_clock_from_tsc(tsc));
	}
	rte_rcu_qsbr_thread_offline(w->all->qsbr, w->id);
	return 0;
}
