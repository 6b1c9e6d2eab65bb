/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The simulator: one shard and one peer on a bad link, under virtual time. A seed decides
 * everything, so a failing run replays exactly:
 *
 *   sim [--seeds N] [--first SEED] [--every N] [--seed SEED] [--scenario NAME] [-v]
 *
 * With --every it takes one seed of each N: so that builds share the seeds among them.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "link.h"
#include "packet/build.h"
#include "packet/checksum.h"
#include "peer.h"
#include "rig.h"

#define SEEDS            1000
#define LONG_SEEDS       20000 /* where TG_LONG is set */
#define VIRTUAL_LIMIT_NS (3600 * TG_NS_PER_SEC)
#define STEP_MAX_NS      (10 * TG_NS_PER_SEC)
#define FLOOD_NS         (5 * TG_NS_PER_SEC)
#define FLOOD_NET        0xc6130000 /* 198.19.0.0: where nobody answers */
#define FLOOD_HALF_OPEN  8

struct world {
	struct sim_random random;
	struct sim_link link;
	struct rig rig;
	struct peer peer;
	tg_time_t now;
	tg_time_t took;        /* virtual time of all seeds */
	uint64_t resent;       /* segments that the shard sent again, all seeds */
	uint64_t by_cookie;    /* connections, all seeds */
	tg_time_t flood_until; /* 0: there is none */
	struct tg_cookie_keys keys;
	bool verbose;
};

struct seeds {
	uint64_t first, n, every;
};

struct scenario {
	const char *name;
	const char *what;
	void (*script)(struct world *w, struct peer_script *s);
	void (*quality)(struct world *w, struct sim_link_quality *q);
	bool flood; /* SYNs of nobody come before the peer's and with it */
};

static void
quality_clean(struct world *w, struct sim_link_quality *q)
{
	(void)w;
	*q = (struct sim_link_quality){ .delay_ns = 2 * TG_NS_PER_MS };
}

static void
quality_bad(struct world *w, struct sim_link_quality *q)
{
	struct sim_random *r = &w->random;

	*q = (struct sim_link_quality){ .loss_permille = 10 * sim_random_below(r, 11) };
	q->duplicate = sim_random_below(r, 6);
	q->reorder = sim_random_below(r, 11);
	q->corrupt = sim_random_below(r, 3);
	q->delay_ns = (1 + sim_random_below(r, 40)) * TG_NS_PER_MS;
	q->jitter_ns = 1 + sim_random_below(r, 2000) * 1000;
}

/* Loss and corruption alone: behind a cookie the first segment to arrive has to be the next one,
 * a later one is refused with a reset. */
static void
quality_in_order(struct world *w, struct sim_link_quality *q)
{
	quality_bad(w, q);
	q->reorder = 0;
	q->duplicate = 0;
	q->jitter_ns = 1;
}

static void
common_script(struct world *w, struct peer_script *s)
{
	struct sim_random *r = &w->random;

	s->is_ipv6 = sim_random_percent(r, 30);
	s->timestamps = sim_random_percent(r, 60);
	s->sack = sim_random_percent(r, 60);
	s->wscale = sim_random_percent(r, 60);
	s->port = (uint16_t)(1024 + sim_random_below(r, 60000));
	s->mss = (uint16_t)(sim_random_percent(r, 20) ? 536 : 1400);
	/* Close to the wrap as often as not. */
	s->iss = sim_random_percent(r, 50) ? (uint32_t)sim_random_next(r)
					   : 0u - 1 - sim_random_below(r, 4000);
	s->window = 4 * (4000 + sim_random_below(r, 40000));
	s->data_with_handshake = sim_random_percent(r, 30);
}

/* One request for 1 MB; closed by either side or both. */
static void
script_download(struct world *w, struct peer_script *s)
{
	static const char *const request[2] = { "GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" };
	bool close;

	common_script(w, s);
	s->close = (enum peer_close)sim_random_below(&w->random, 4);
	close = s->close == PEER_CLOSE_AFTER_FIN || sim_random_percent(&w->random, 30);
	s->request = (const uint8_t *)request[close];
	s->request_len = (uint32_t)strlen(request[close]);
	s->expect_len = w->rig.page[TG_HTTP_STATUS_MAX].head_len[close] + RIG_BIG_BYTES;
}

#define UPLOAD_REQUESTS      2048
#define UPLOAD_REQUEST_BYTES 512

/* 1 MB of pipelined requests, each with a small answer. */
static void
script_upload(struct world *w, struct peer_script *s)
{
	static uint8_t requests[UPLOAD_REQUESTS][UPLOAD_REQUEST_BYTES];
	static const char head[] = "GET /ok HTTP/1.1\r\nHost: a\r\nX: ";
	unsigned i;

	for (i = 0; i < UPLOAD_REQUESTS; i++) {
		memset(requests[i], 'a' + i % 26, UPLOAD_REQUEST_BYTES);
		memcpy(requests[i], head, sizeof(head) - 1);
		memcpy(requests[i] + UPLOAD_REQUEST_BYTES - 4, "\r\n\r\n", 4);
	}
	common_script(w, s);
	s->close =
	    sim_random_percent(&w->random, 50) ? PEER_CLOSE_WITH_REQUEST : PEER_CLOSE_AFTER_ANSWER;
	s->request = requests[0];
	s->request_len = sizeof(requests);
	s->expect_len = UPLOAD_REQUESTS *
			(w->rig.page[TG_HTTP_200].head_len[0] + w->rig.page[TG_HTTP_200].body_len);
}

static const struct scenario scenarios[] = {
	{ "clean", "1 MB down a clean link", script_download, quality_clean },
	{ "download", "1 MB down a bad link", script_download, quality_bad },
	{ "upload", "1 MB of pipelined requests up a bad link", script_upload, quality_bad },
	{ "flood", "1 MB down a bad link through a flood of SYNs", script_download,
	    quality_in_order, true },
};

static void
trace(const struct world *w, const char *from, const uint8_t *data, uint16_t len)
{
	struct tg_frame f = { .data = (uint8_t *)(uintptr_t)data, .len = len, .room = len };
	struct tg_packet pkt;

	if (!w->verbose)
		return;
	printf("# %10.3f ms %s ", (double)w->now / 1e6, from);
	if (tg_packet_parse(&f, &pkt) != TG_DROP_NONE || pkt.kind != TG_PACKET_TCP) {
		printf("%u bytes\n", len);
		return;
	}
	printf("%s%s%s%s seq %u len %u ack %u wnd %u%s\n", pkt.tcp.flags & TG_TCP_SYN ? "S" : "",
	    pkt.tcp.flags & TG_TCP_FIN ? "F" : "", pkt.tcp.flags & TG_TCP_RST ? "R" : "",
	    pkt.tcp.flags & TG_TCP_ACK ? "." : "", pkt.tcp.seq, pkt.tcp.len, pkt.tcp.ack,
	    pkt.tcp.wnd, pkt.tcp.opt.n_sack != 0 ? " sack" : "");
}

static bool
is_to_the_flood(const struct tg_frame *f)
{
	return tg_load16(f->data + 12) == TG_ETHERTYPE_IP4 &&
	       tg_load32(f->data + 30) >> 8 == FLOOD_NET >> 8;
}

static void
run_shard(struct world *w, const struct tg_frame *rx, uint32_t n)
{
	uint32_t i;

	rig_run(&w->rig, w->now, rx, n);
	for (i = 0; i < w->rig.tx.n; i++) {
		if (is_to_the_flood(&w->rig.tx.v[i]))
			continue;
		trace(w, "shard", w->rig.tx.v[i].data, w->rig.tx.v[i].len);
		sim_link_send(&w->link, w->now, SIM_PEER, w->rig.tx.v[i].data, w->rig.tx.v[i].len);
	}
}

static void
deliver(struct world *w)
{
	const struct sim_flight *flight;
	struct tg_frame rx[RIG_BURST];
	uint32_t n = 0;

	while (n < RIG_BURST && (flight = sim_link_receive(&w->link, w->now)) != NULL) {
		if (flight->to == SIM_PEER) {
			uint8_t data[SIM_LINK_FRAME_BYTES];

			memcpy(data, flight->data, flight->len);
			peer_receive(&w->peer, data, flight->len, w->now);
			continue;
		}
		trace(w, "peer ", flight->data, flight->len);
		rx[n] = rig_frame(&w->rig);
		memcpy(rx[n].data, flight->data, flight->len);
		rx[n++].len = flight->len;
	}
	run_shard(w, rx, n);
}

/* What control publishes. */
static void
publish_keys(struct world *w, tg_time_t begin)
{
	static const struct tg_siphash_key master = { { 1, 2 } };
	uint64_t epoch = 27000000 + (w->now - begin) / TG_NS_PER_SEC / TG_COOKIE_EPOCH_S;
	unsigned i;

	if (w->keys.epoch == epoch && w->keys.at == begin)
		return;
	w->keys = (struct tg_cookie_keys){ .epoch = epoch,
		.at = begin,
		.wall_ns = 27000000ULL * TG_COOKIE_EPOCH_S * TG_NS_PER_SEC };
	for (i = 0; i < TG_ARRAY_LEN(w->keys.key); i++)
		tg_cookie_make_key(
		    &master, w->rig.tcp.window_scale, epoch - 1 + i, &w->keys.key[i]);
	w->rig.world.syn_cookies = &w->keys;
}

static struct tg_frame
flood_syn(struct world *w)
{
	struct tg_path path = { .ttl = 64, .dst = w->rig.net.addr[0].ip };
	struct tg_segment syn = { .seq = (uint32_t)sim_random_next(&w->random),
		.sport = (be16_t)sim_random_next(&w->random),
		.dport = tg_be16(80),
		.flags = TG_TCP_SYN };
	struct tg_frame f = rig_frame(&w->rig);

	path.src.v4 = tg_be32(FLOOD_NET + 1 + sim_random_below(&w->random, 250));
	memcpy(path.src_mac, rig_peer_mac, 6);
	memcpy(path.dst_mac, w->rig.net.mac, 6);
	tg_build_tcp(&f, &path, &syn);
	f.flags = 0;
	return f;
}

/* A burst of SYNs that nobody stands behind. */
static void
flood(struct world *w)
{
	struct tg_frame rx[RIG_BURST];
	uint32_t n = 1 + sim_random_below(&w->random, RIG_BURST), i;

	if (w->now >= w->flood_until)
		return;
	for (i = 0; i < n; i++)
		rx[i] = flood_syn(w);
	run_shard(w, rx, n);
}

static tg_time_t
next_event(const struct world *w)
{
	tg_time_t next = w->now + tg_shard_idle_ns(w->rig.shard, w->now, STEP_MAX_NS);

	next = TG_MIN(next, sim_link_next(&w->link));
	next = TG_MIN(next, w->peer.timer);
	return TG_MAX(next, w->now + 1000);
}

static const char *
verdict(const struct world *w)
{
	const struct peer *p = &w->peer;
	const struct peer_script *s = &p->script;
	const struct tg_http_page *big = &w->rig.page[TG_HTTP_STATUS_MAX];

	if (p->reset)
		return "connection was reset";
	if (!p->done)
		return "not closed by both sides";
	if (!rig_is_empty(&w->rig))
		return "something is left behind";
	if (peer_received(p) != s->expect_len)
		return "answer has the wrong length";
	if (s->expect_len > RIG_BIG_BYTES && s->request_len < 100 &&
	    memcmp(p->got + s->expect_len - RIG_BIG_BYTES, big->body, RIG_BIG_BYTES) != 0)
		return "answer has wrong bytes";
	if (memcmp(p->got, "HTTP/1.1 200 ", 13) != 0)
		return "answer is not 200";
	return NULL;
}

/* Runs one seed to its end. Returns what went wrong, or NULL. */
static const char *
run_seed(struct world *w, const struct scenario *scenario, uint64_t seed)
{
	struct peer_script script = { 0 };
	struct sim_link_quality quality;
	struct rig_options options = rig_defaults;
	const char *wrong;
	tg_time_t begin;

	w->random.state = seed;
	begin = w->now = TG_NS_PER_SEC + sim_random_next(&w->random) % (1ULL << 53);
	options.timestamps = sim_random_percent(&w->random, 80);
	options.sack = sim_random_percent(&w->random, 80);
	options.msl_ms = 15000; /* TIME-WAIT outlasts a run of lost FINs, as it is meant to */
	options.half_open = scenario->flood ? FLOOD_HALF_OPEN : options.half_open;
	options.syn_cookies = scenario->flood ? TG_SYN_COOKIES_AUTO : TG_SYN_COOKIES_NEVER;
	rig_init(&w->rig, &options, w->now);
	w->flood_until = scenario->flood ? begin + FLOOD_NS : 0;
	scenario->script(w, &script);
	scenario->quality(w, &quality);
	sim_link_init(&w->link, &w->random, &quality);
	peer_init(&w->peer, &script, &w->link, script.expect_len + 1000, w->now);
	while (w->now < begin + VIRTUAL_LIMIT_NS) {
		if (scenario->flood)
			publish_keys(w, begin);
		flood(w);
		w->now = next_event(w);
		deliver(w);
		peer_timer(&w->peer, w->now);
		if (w->peer.reset || (w->peer.done && rig_is_empty(&w->rig)))
			break;
	}
	wrong = verdict(w);
	w->took += w->now - begin;
	w->resent += tg_stats_counter(tg_shard_stats(w->rig.shard), TG_COUNTER_RETRANSMITS);
	w->by_cookie += tg_stats_counter(tg_shard_stats(w->rig.shard), TG_COUNTER_COOKIES_ACCEPTED);
	peer_free(&w->peer);
	rig_free(&w->rig);
	return wrong;
}

static bool
run_scenario(
    struct world *w, const struct scenario *scenario, unsigned number, const struct seeds *seeds)
{
	uint64_t seed = seeds->first, failed = 0, n;

	w->took = w->resent = w->by_cookie = 0;
	for (n = 0; n < seeds->n; n++, seed += seeds->every) {
		const char *wrong = run_seed(w, scenario, seed);

		if (wrong == NULL)
			continue;
		if (failed++ < 5)
			printf("# seed %lu: %s; replay: sim --scenario %s --seed %lu -v\n", seed,
			    wrong, scenario->name, seed);
	}
	printf("# %s: %.1f s of virtual time, %lu segments sent again\n", scenario->name,
	    (double)w->took / 1e9, w->resent);
	if (scenario->flood) {
		printf("# %s: %lu connections by cookie\n", scenario->name, w->by_cookie);
		failed += w->by_cookie < n / 2; /* the others found the flood over */
	}
	printf("%s %u - sim %s: %s, %lu seeds from %lu, one of %lu\n",
	    failed == 0 ? "ok" : "not ok", number, scenario->name, scenario->what, seeds->n,
	    seeds->first, seeds->every);
	fflush(stdout);
	return failed == 0;
}

int
main(int argc, char **argv)
{
	static const struct option longopts[] = { { "seeds", required_argument, NULL, 'n' },
		{ "first", required_argument, NULL, 'f' }, { "seed", required_argument, NULL, 's' },
		{ "scenario", required_argument, NULL, 'c' },
		{ "every", required_argument, NULL, 'e' }, { 0 } };
	static struct world w;
	struct seeds seeds = { 1, getenv("TG_LONG") != NULL ? LONG_SEEDS : SEEDS, 1 };
	const char *only = NULL;
	unsigned i, run = 0;
	bool ok = true;
	int opt;

	while ((opt = getopt_long(argc, argv, "v", longopts, NULL)) != -1) {
		if (opt == 'v')
			w.verbose = true;
		else if (opt == 'n')
			seeds.n = strtoull(optarg, NULL, 10);
		else if (opt == 'f')
			seeds.first = strtoull(optarg, NULL, 10);
		else if (opt == 'e')
			seeds.every = TG_MAX(strtoull(optarg, NULL, 10), 1);
		else if (opt == 's')
			seeds.first = strtoull(optarg, NULL, 10), seeds.n = 1;
		else if (opt == 'c')
			only = optarg;
		else
			return 2;
	}
	seeds.n = (seeds.n + seeds.every - 1) / seeds.every;
	for (i = 0; i < TG_ARRAY_LEN(scenarios); i++)
		if (only == NULL || strcmp(only, scenarios[i].name) == 0)
			ok &= run_scenario(&w, &scenarios[i], ++run, &seeds);
	printf("1..%u\n", run);
	return ok && run != 0 ? 0 : 1;
}
