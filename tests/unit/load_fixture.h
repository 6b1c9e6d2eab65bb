/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The client against another shard, by a plan that a test changes before it begins.
 */
#ifndef TG_TESTS_LOAD_FIXTURE_H
#define TG_TESTS_LOAD_FIXTURE_H

#include "../sim/duel.h"
#include "tap.h"

#define COUNT(what) duel_count(&d, TG_LOAD_##what)

static struct duel d;
static struct rig_options client, server;
static bool all_are_served; /* the plan's requests, at its end */
static const struct sim_link_quality clean = { .delay_ns = TG_NS_PER_MS };

static inline void
setup(void)
{
	d.now = 99 * TG_NS_PER_SEC;
	d.random.state = 1;
	client = server = rig_defaults;
	client.idle_ms = 5000;
	d.plan = duel_plan(false, false, 1, 1);
	all_are_served = false;
}

static inline void
begin(void)
{
	duel_init(&d, &client, &server, &clean);
}

static inline void
check_end(void)
{
	CU_ASSERT_TRUE(duel_finish(&d, 60000));
	CU_ASSERT_TRUE(duel_adds_up(&d));
	if (!all_are_served)
		return;
	CU_ASSERT_EQUAL(COUNT(REQUESTS), d.plan.total);
	CU_ASSERT_EQUAL(COUNT(STATUS_2XX), d.plan.total);
	CU_ASSERT_EQUAL(COUNT(CLOSED), COUNT(OPENED));
}

static inline void
teardown(void)
{
	duel_free(&d);
}

/* Of the client. */
static inline uint64_t
counter(enum tg_counter c)
{
	return tg_stats_counter(tg_shard_stats(d.rig[SIM_PEER].shard), c);
}

#endif
