/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "io/clock.h"

#include <rte_cycles.h>
#include <stdatomic.h>

#include "io/worker.h"

/* Nanoseconds per cycle, times 2^32: exact to one part in 2^29 up to 8 GHz. */
static uint64_t
scale(void)
{
	static _Atomic uint64_t cached;
	uint64_t s = atomic_load_explicit(&cached, memory_order_relaxed);

	if (s == 0) {
		s = (TG_NS_PER_SEC << 32) / rte_get_tsc_hz();
		atomic_store_explicit(&cached, s, memory_order_relaxed); /* all compute the same */
	}
	return s;
}

tg_time_t
tg_clock_from_tsc(uint64_t tsc)
{
	return (tg_time_t)((unsigned __int128)tsc * scale() >> 32);
}

tg_time_t
tg_clock_ns(void)
{
	return tg_clock_from_tsc(rte_rdtsc());
}
