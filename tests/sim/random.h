/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SplitMix64: a run is its seed. (Steele, Lea, Flood 2014.)
 */
#ifndef TG_TESTS_SIM_RANDOM_H
#define TG_TESTS_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
	uint64_t state;
};

static inline uint64_t
sim_random_next(struct sim_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Uniform in [0, n), n > 0. */
static inline uint32_t
sim_random_below(struct sim_random *r, uint32_t n)
{
	return (uint32_t)((sim_random_next(r) >> 32) * n >> 32);
}

static inline bool
sim_random_percent(struct sim_random *r, uint32_t percent)
{
	return sim_random_below(r, 100) < percent;
}

#endif
