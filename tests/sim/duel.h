/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Duel: two shards face each other over a link, under virtual time: the client of lib/load on
 * one side, the HTTP server or whatever a test says on the other.
 */
#ifndef TG_TESTS_SIM_DUEL_H
#define TG_TESTS_SIM_DUEL_H

#include "link.h"
#include "load/load.h"
#include "rig.h"

#define DUEL_ENDS 2 /* enum sim_end: SIM_SHARD is the server, SIM_PEER the client */

struct duel {
	struct sim_random random;
	struct sim_link link;
	struct rig rig[DUEL_ENDS];
	struct tg_load_config plan;
	tg_time_t now;
};

/* A plan against the server's /ok (or /big): one request on each of `connections` connections
 * until there were `total`. */
struct tg_load_config duel_plan(bool is_ipv6, bool big, uint32_t connections, uint64_t total);

/* Lays out both ends for d->plan at d->now. */
void duel_init(struct duel *d, const struct rig_options *client, const struct rig_options *server,
    const struct sim_link_quality *quality);
void duel_free(struct duel *d);

/* The next event, at most until `end`. False: nothing is left to come before. */
bool duel_step(struct duel *d, tg_time_t end);

/* Both ends run now, as workers that look up from their sleep. */
void duel_wake(struct duel *d);

/* Runs for ms milliseconds of virtual time. */
void duel_run_ms(struct duel *d, uint64_t ms);

/* Runs until the client has finished and both ends are empty, at most ms milliseconds; returns
 * whether they are. */
bool duel_finish(struct duel *d, uint64_t ms);

uint64_t duel_count(const struct duel *d, enum tg_load_count what);

/* All connections that failed. */
uint64_t duel_errors(const struct duel *d);

/* Whether what the client counted adds up. */
bool duel_adds_up(const struct duel *d);

#endif
