/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Arena: one block of memory, given by the caller, cut into arrays at start-up.
 *
 * The pure rooms never allocate. A room that needs memory takes it from an arena
 * in its init function; run once over an arena without a block, the same init
 * measures what it needs:
 *
 *   struct tg_arena measure = { 0 };
 *   tg_thing_layout(&thing, &measure, limits);       measure.used is the size
 *   struct tg_arena arena = { numa_alloc(...), measure.used, 0 };
 *   tg_thing_layout(&thing, &arena, limits);
 */
#ifndef TG_BASE_ARENA_H
#define TG_BASE_ARENA_H

#include "base/types.h"

struct tg_arena {
	uint8_t *base; /* zeroed, aligned to a cache line; NULL only measures */
	size_t size;
	size_t used;
};

/* Cuts n records of size bytes each, aligned to a cache line, zeroed. Returns
 * NULL while measuring. The block must be as large as measured: that is asserted. */
static inline void *
tg_arena_take(struct tg_arena *a, size_t n, size_t size)
{
	size_t at = (a->used + 63) & ~(size_t)63;

	a->used = at + n * size;
	if (a->base == NULL)
		return NULL;
	assert(a->used <= a->size);
	return a->base + at;
}

#endif
