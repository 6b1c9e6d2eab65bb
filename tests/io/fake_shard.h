/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A shard that does as it is told and remembers what it saw; stands in for lib/shard.
 */
#ifndef TG_TESTS_IO_FAKE_SHARD_H
#define TG_TESTS_IO_FAKE_SHARD_H

#include "shard/shard.h"

#define FAKE_SEEN_MAX 4096

enum fake_mode {
	FAKE_ECHO,    /* sends every received frame back, copies excepted */
	FAKE_SWALLOW, /* makes spares of them */
	FAKE_HOLD,    /* keeps them until it may hold no more */
};

struct tg_shard {
	struct tg_stats stats;
	/* set by the test */
	enum fake_mode mode;
	uint32_t generate; /* frames that the next run sends by itself */
	tg_time_t idle_ns; /* answer of tg_shard_idle_ns */
	/* read by the test */
	bool first;
	_Atomic uint32_t runs, link_ups, draining_runs;
	uint32_t spare_n; /* spares at the start of the last run */
	tg_time_t now;    /* of the last run */
	uint32_t n_seen;
	struct tg_frame seen[FAKE_SEEN_MAX];
	uint32_t n_held, held_max;
	struct tg_frame *held;
};

#endif
