/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The load simulator: the client's shard and the server's face each other on a bad link, under
 * virtual time. Every request is answered with the right body, the figures add up, and in the
 * end nothing is left on either side.
 *
 *   load [--seeds N] [--first SEED] [--seed SEED]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "duel.h"
#include "load/response.h"

#define SEEDS      300
#define LONG_SEEDS 10000 /* where TG_LONG is set */
#define LIMIT_MS   (3600 * 1000ULL)

/* Returns whether the large page is asked for. */
static bool
plan(struct duel *d)
{
	struct sim_random *r = &d->random;
	bool big = sim_random_percent(r, 10);
	uint32_t connections = 1 + sim_random_below(r, 8);

	d->plan = duel_plan(
	    sim_random_percent(r, 30), big, connections, 1 + sim_random_below(r, big ? 4 : 60));
	d->plan.requests = sim_random_below(r, 5);
	d->plan.close = sim_random_percent(r, 30);
	d->plan.half_close = sim_random_percent(r, 30);
	d->plan.fast_open = sim_random_percent(r, 40);
	if (sim_random_percent(r, 30))
		d->plan.interval_ns = 1 + sim_random_next(r) % (200 * TG_NS_PER_MS);
	return big;
}

static void
lay_out(struct duel *d)
{
	struct sim_random *r = &d->random;
	struct sim_link_quality quality = {
		.loss_permille = 10 * sim_random_below(r, 11),
		.duplicate = sim_random_below(r, 6),
		.reorder = sim_random_below(r, 11),
		/* Nothing is corrupted: ARP has no checksum, and would believe it. */
		.delay_ns = (1 + sim_random_below(r, 20)) * TG_NS_PER_MS,
		.jitter_ns = 1 + sim_random_below(r, 2000) * 1000,
	};
	struct rig_options client = rig_defaults, server = rig_defaults;
	const struct tg_http_page *page;
	bool big;

	d->now = TG_NS_PER_SEC + sim_random_next(r) % (1ULL << 53);
	client.timestamps = sim_random_percent(r, 80);
	client.sack = sim_random_percent(r, 80);
	client.msl_ms = server.msl_ms = 15000;
	client.fast_open_cookies = 4;
	big = plan(d);
	duel_init(d, &client, &server, &quality);
	d->rig[SIM_PEER].tcp.timers.syn_retries = 12;
	/* The server's pages exist now, and the client reads the plan when it runs. */
	page = &d->rig[SIM_SHARD].page[big ? TG_HTTP_STATUS_MAX : TG_HTTP_200];
	d->plan.verify = true;
	d->plan.body_bytes = page->body_len;
	d->plan.body_sum = tg_body_sum(TG_BODY_SUM_INIT, page->body, page->body_len);
}

static const char *
verdict(struct duel *d)
{
	const struct tg_load_config *p = &d->plan;
	unsigned i;

	if (!duel_adds_up(d))
		return "the figures do not add up";
	for (i = 0; i < TG_LOAD_MAX; i++)
		if (tg_load_count_info[i].kind == TG_LOAD_ERROR &&
		    duel_count(d, (enum tg_load_count)i) != 0)
			return tg_load_count_info[i].name;
	if (duel_count(d, TG_LOAD_REQUESTS) != p->total)
		return "not every request was sent";
	if (duel_count(d, TG_LOAD_STATUS_2XX) != p->total)
		return "not every request was answered";
	if (duel_count(d, TG_LOAD_BODY_BYTES) != p->total * p->body_bytes)
		return "bytes are missing";
	if (p->requests != 0 &&
	    duel_count(d, TG_LOAD_OPENED) < (p->total + p->requests - 1) / p->requests)
		return "a connection had too many requests";
	return NULL;
}

static const char *
run_seed(struct duel *d, uint64_t seed)
{
	const char *wrong;

	d->random.state = seed;
	lay_out(d);
	wrong = duel_finish(d, LIMIT_MS) ? verdict(d) : "it does not come to its end";
	duel_free(d);
	return wrong;
}

int
main(int argc, char **argv)
{
	static const struct option longopts[] = { { "seeds", required_argument, NULL, 'n' },
		{ "first", required_argument, NULL, 'f' }, { "seed", required_argument, NULL, 's' },
		{ 0 } };
	static struct duel d;
	uint64_t first = 1, n = getenv("TG_LONG") != NULL ? LONG_SEEDS : SEEDS, seed, failed = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		if (opt == 'n')
			n = strtoull(optarg, NULL, 10);
		else if (opt == 'f' || opt == 's')
			first = strtoull(optarg, NULL, 10);
		else
			return 2;
		if (opt == 's')
			n = 1;
	}
	for (seed = first; seed < first + n; seed++) {
		const char *wrong = run_seed(&d, seed);

		if (wrong != NULL && failed++ < 5)
			printf("# seed %lu: %s; replay: load --seed %lu\n", seed, wrong, seed);
	}
	printf("%s 1 - sim load: client and server on a bad link, %lu seeds from %lu\n1..1\n",
	    failed == 0 ? "ok" : "not ok", n, first);
	return failed == 0 ? 0 : 1;
}
