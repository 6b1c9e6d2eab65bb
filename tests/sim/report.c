/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What loss and reordering cost: a shard serves 4 MB through a bottleneck, for every cell
 * of a fixed grid and under a few fixed seeds, and a table is printed. Nothing is
 * judged: it compares algorithms, before and after. The same code prints the same table.
 *
 *   report [--seeds N]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "link.h"
#include "peer.h"
#include "rig.h"

#define SEEDS            10
#define RATE             2500000 /* bytes per second */
#define DELAY_NS         (20 * TG_NS_PER_MS)
#define QUEUE_NS         (40 * TG_NS_PER_MS) /* as long as the round trip */
#define VIRTUAL_LIMIT_NS (3600 * TG_NS_PER_SEC)
#define STEP_MAX_NS      TG_NS_PER_SEC

static const uint32_t losses_permille[] = { 0, 1, 10, 50, 200 };
static const uint32_t reorders_percent[] = { 0, 1, 10 };
static const char request[] =
    "GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /big HTTP/1.1\r\nHost: a\r\n\r\n"
    "GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /big HTTP/1.1\r\nHost: a\r\n"
    "Connection: close\r\n\r\n";

struct bench {
	struct sim_random random;
	struct sim_link link;
	struct rig rig;
	struct peer peer;
	tg_time_t now;
};

/* Sums over seeds. */
struct cell {
	tg_time_t took_ns;
	uint64_t bytes, resent, fast, timeouts;
	uint32_t unfinished;
};

static void
prepare(struct bench *b, uint32_t loss, uint32_t reorder, bool sack, uint64_t seed)
{
	const struct sim_link_quality quality = { .loss_permille = loss,
		.reorder = reorder,
		.delay_ns = DELAY_NS,
		.rate = RATE,
		.queue_ns = QUEUE_NS };
	const struct tg_http_page *big = &b->rig.page[TG_HTTP_STATUS_MAX];
	struct peer_script script = { .timestamps = true,
		.sack = sack,
		.wscale = true,
		.port = 40000,
		.mss = 1460,
		.window = 1 << 18,
		.request = (const uint8_t *)request,
		.request_len = sizeof(request) - 1,
		.close = PEER_CLOSE_AFTER_FIN };

	b->random.state = seed;
	b->now = TG_NS_PER_SEC;
	rig_init(&b->rig, &rig_defaults, b->now);
	script.expect_len = 3 * big->head_len[0] + big->head_len[1] + 4 * RIG_BIG_BYTES;
	sim_link_init(&b->link, &b->random, &quality);
	peer_init(&b->peer, &script, &b->link, script.expect_len + 1000, b->now);
}

static void
step(struct bench *b)
{
	tg_time_t next = b->now + tg_shard_idle_ns(b->rig.shard, b->now, STEP_MAX_NS);
	const struct sim_flight *flight;
	struct tg_frame rx;
	uint32_t n = 0, i;

	next = TG_MIN(TG_MIN(next, sim_link_next(&b->link)), b->peer.timer);
	b->now = TG_MAX(next, b->now + 1000);
	while (n == 0 && (flight = sim_link_receive(&b->link, b->now)) != NULL) {
		uint8_t data[SIM_LINK_FRAME_BYTES];

		memcpy(data, flight->data, flight->len);
		if (flight->to == SIM_PEER) {
			peer_receive(&b->peer, data, flight->len, b->now);
			continue;
		}
		rx = rig_frame(&b->rig);
		rx.len = flight->len;
		memcpy(rx.data, data, rx.len);
		n = 1;
	}
	rig_run(&b->rig, b->now, &rx, n);
	for (i = 0; i < b->rig.tx.n; i++)
		sim_link_send(&b->link, b->now, SIM_PEER, b->rig.tx.v[i].data, b->rig.tx.v[i].len);
	peer_timer(&b->peer, b->now);
}

/* Until the last byte has arrived: how the connection ends does not count. */
static void
measure(struct bench *b, struct cell *cell)
{
	const struct peer *p = &b->peer;
	const struct tg_stats *stats = tg_shard_stats(b->rig.shard);
	tg_time_t begin = b->now;

	while (p->got_top < p->script.expect_len || peer_received(p) < p->script.expect_len) {
		if (p->reset || p->done || b->now - begin > VIRTUAL_LIMIT_NS) {
			cell->unfinished++;
			break;
		}
		step(b);
	}
	cell->took_ns += b->now - begin;
	cell->bytes += peer_received(p);
	cell->resent += tg_stats_counter(stats, TG_COUNTER_RETRANSMITS);
	cell->fast += tg_stats_counter(stats, TG_COUNTER_FAST_RETRANSMITS);
	cell->timeouts += tg_stats_counter(stats, TG_COUNTER_RTO_TIMEOUTS);
}

static void
report(struct bench *b, uint32_t loss, uint32_t reorder, bool sack, uint64_t seeds)
{
	struct cell c = { 0 };
	uint64_t seed;

	for (seed = 1; seed <= seeds; seed++) {
		prepare(b, loss, reorder, sack, seed);
		measure(b, &c);
		peer_free(&b->peer);
		rig_free(&b->rig);
	}
	printf("%5.1f %8u %5s %9.0f %8.1f %7.1f %7.1f %11u\n", loss / 10.0, reorder,
	    sack ? "yes" : "no", (double)c.bytes * 1e6 / (double)c.took_ns,
	    (double)c.resent / (double)seeds, (double)c.fast / (double)seeds,
	    (double)c.timeouts / (double)seeds, c.unfinished);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static const struct option longopts[] = { { "seeds", required_argument, NULL, 'n' },
		{ 0 } };
	static struct bench b;
	uint64_t seeds = SEEDS;
	unsigned sack, i, j;
	int opt;

	while ((opt = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		if (opt != 'n')
			return 2;
		seeds = TG_MAX(strtoull(optarg, NULL, 10), 1);
	}
	printf("4 MB, 20 Mbit/s, 40 ms, queue 40 ms; means of %lu seeds\n", seeds);
	printf("%5s %8s %5s %9s %8s %7s %7s %11s\n", "loss%", "reorder%", "SACK", "kB/s", "resent",
	    "fast", "RTOs", "unfinished");
	for (sack = 0; sack < 2; sack++)
		for (i = 0; i < TG_ARRAY_LEN(losses_permille); i++)
			for (j = 0; j < TG_ARRAY_LEN(reorders_percent); j++)
				report(&b, losses_permille[i], reorders_percent[j], sack, seeds);
	return 0;
}
