/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "duel.h"

#define STEP_MAX_NS (10 * TG_NS_PER_SEC)
#define CLIENT_HOST 1

struct tg_load_config
duel_plan(bool is_ipv6, bool big, uint32_t connections, uint64_t total)
{
	static const char *const text[2][2] = {
		{ "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n",
		    "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" },
		{ "GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
		    "GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" },
	};
	static const uint8_t remote6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };
	struct tg_load_config plan = { .is_ipv6 = is_ipv6,
		.port = tg_be16(80),
		.local_port_min = 1024,
		.local_port_max = 65535,
		.request = { (const uint8_t *)text[big][0], (uint32_t)strlen(text[big][0]) },
		.last_request = { (const uint8_t *)text[big][1], (uint32_t)strlen(text[big][1]) },
		.requests = 1,
		.total = total,
		.connections = connections };

	if (is_ipv6)
		memcpy(plan.remote.b, remote6, sizeof(remote6));
	else
		plan.remote.v4 = tg_be32(0xc0000202);
	return plan;
}

void
duel_init(struct duel *d, const struct rig_options *client, const struct rig_options *server,
    const struct sim_link_quality *quality)
{
	struct rig_options options = *client;

	options.host = CLIENT_HOST;
	options.role = d->plan.is_ipv6 ? RIG_CONNECTS_6 : RIG_CONNECTS_4;
	options.user = &tg_load_user;
	options.user_config = &d->plan;
	rig_init(&d->rig[SIM_SHARD], server, d->now);
	rig_init(&d->rig[SIM_PEER], &options, d->now);
	sim_link_init(&d->link, &d->random, quality);
}

void
duel_free(struct duel *d)
{
	rig_free(&d->rig[SIM_SHARD]);
	rig_free(&d->rig[SIM_PEER]);
}

static void
run_end(struct duel *d, enum sim_end end, const struct tg_frame *rx, uint32_t n)
{
	struct rig *rig = &d->rig[end];
	uint32_t i;

	rig_run(rig, d->now, rx, n);
	for (i = 0; i < rig->tx.n; i++)
		sim_link_send(&d->link, d->now, end == SIM_SHARD ? SIM_PEER : SIM_SHARD,
		    rig->tx.v[i].data, rig->tx.v[i].len);
}

void
duel_wake(struct duel *d)
{
	const struct sim_flight *flight;
	struct tg_frame rx[DUEL_ENDS][RIG_BURST];
	uint32_t n[DUEL_ENDS] = { 0 };

	while (n[0] < RIG_BURST && n[1] < RIG_BURST &&
	       (flight = sim_link_receive(&d->link, d->now)) != NULL) {
		struct tg_frame *f = &rx[flight->to][n[flight->to]++];

		*f = rig_frame(&d->rig[flight->to]);
		memcpy(f->data, flight->data, flight->len);
		f->len = flight->len;
	}
	run_end(d, SIM_SHARD, rx[SIM_SHARD], n[SIM_SHARD]);
	run_end(d, SIM_PEER, rx[SIM_PEER], n[SIM_PEER]);
}

bool
duel_step(struct duel *d, tg_time_t end)
{
	tg_time_t next = sim_link_next(&d->link);
	unsigned i;

	for (i = 0; i < DUEL_ENDS; i++)
		next =
		    TG_MIN(next, d->now + tg_shard_idle_ns(d->rig[i].shard, d->now, STEP_MAX_NS));
	next = TG_MAX(next, d->now + 1000);
	if (next > end)
		return false;
	d->now = next;
	duel_wake(d);
	return true;
}

void
duel_run_ms(struct duel *d, uint64_t ms)
{
	tg_time_t end = d->now + ms * TG_NS_PER_MS;

	while (duel_step(d, end))
		;
	d->now = end;
}

bool
duel_finish(struct duel *d, uint64_t ms)
{
	const struct tg_load_figures *f = tg_load_figures(d->rig[SIM_PEER].shard);
	tg_time_t end = d->now + ms * TG_NS_PER_MS;

	while (!atomic_load(&f->finished) || !rig_is_empty(&d->rig[SIM_SHARD]) ||
	       !rig_is_empty(&d->rig[SIM_PEER]))
		if (!duel_step(d, end))
			return false;
	return true;
}

uint64_t
duel_count(const struct duel *d, enum tg_load_count what)
{
	return atomic_load(&tg_load_figures(d->rig[SIM_PEER].shard)->count[what]);
}

uint64_t
duel_errors(const struct duel *d)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < TG_LOAD_MAX; i++)
		if (tg_load_count_info[i].kind == TG_LOAD_ERROR)
			n += duel_count(d, (enum tg_load_count)i);
	return n;
}

bool
duel_adds_up(const struct duel *d)
{
	const struct tg_load_figures *f = tg_load_figures(d->rig[SIM_PEER].shard);
	uint64_t statuses = duel_count(d, TG_LOAD_STATUS_2XX) + duel_count(d, TG_LOAD_STATUS_3XX) +
			    duel_count(d, TG_LOAD_STATUS_4XX) + duel_count(d, TG_LOAD_STATUS_5XX);

	return duel_count(d, TG_LOAD_OPENED) ==
		   duel_count(d, TG_LOAD_CLOSED) + duel_errors(d) + tg_gauge(&f->open) &&
	       duel_count(d, TG_LOAD_RESPONSES) == statuses &&
	       duel_count(d, TG_LOAD_RESPONSES) == tg_histogram_count(&f->request) &&
	       duel_count(d, TG_LOAD_ESTABLISHED) == tg_histogram_count(&f->handshake) &&
	       duel_count(d, TG_LOAD_RESPONSES) <= duel_count(d, TG_LOAD_REQUESTS);
}
