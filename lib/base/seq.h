/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Sequence number arithmetic, RFC 9293 section 3.4: numbers are compared modulo
 * 2^32. This is the only place that compares them; timestamps (RFC 7323) and
 * wheel ticks wrap the same way and use the same functions.
 */
#ifndef TG_BASE_SEQ_H
#define TG_BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

static inline bool
tg_seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool
tg_seq_leq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

static inline bool
tg_seq_gt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static inline bool
tg_seq_geq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}

static inline uint32_t
tg_seq_max(uint32_t a, uint32_t b)
{
	return tg_seq_gt(a, b) ? a : b;
}

static inline uint32_t
tg_seq_min(uint32_t a, uint32_t b)
{
	return tg_seq_lt(a, b) ? a : b;
}

/* Whether seq lies in [left, left + size); a window of size 0 holds nothing. */
static inline bool
tg_seq_in_window(uint32_t seq, uint32_t left, uint32_t size)
{
	return seq - left < size;
}

#endif
