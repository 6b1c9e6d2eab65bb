/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Time: unsigned nanoseconds of a monotonic clock, read once per burst by the
 * caller and passed down. Connections keep it in coarser units reached by
 * shifts only:
 *
 *   tick    2^20 ns (1.05 ms)  u32  deadlines, the RFC 7323 timestamp clock
 *   rtt     2^10 ns (1.02 us)  u32  round-trip times; stored as tg_sf16
 *
 * Ticks wrap after 52 days and are compared with base/seq.h.
 */
#ifndef TG_BASE_TIME_H
#define TG_BASE_TIME_H

#include <stdint.h>

typedef uint64_t tg_time_t;

#define TG_NS_PER_MS    1000000ULL
#define TG_NS_PER_SEC   1000000000ULL
#define TG_TICK_SHIFT   20
#define TG_RTT_SHIFT    10
#define TG_RTT_PER_TICK (1U << (TG_TICK_SHIFT - TG_RTT_SHIFT))

static inline uint32_t
tg_time_tick(tg_time_t now_ns)
{
	return (uint32_t)(now_ns >> TG_TICK_SHIFT);
}

static inline uint32_t
tg_time_rtt(tg_time_t now_ns)
{
	return (uint32_t)(now_ns >> TG_RTT_SHIFT);
}

/* Milliseconds to ticks, rounded up. A deadline is counted from the tick that has begun, so it
 * passes at most one tick early. */
static inline uint32_t
tg_ticks_from_ms(uint64_t ms)
{
	return (uint32_t)((ms * TG_NS_PER_MS + (1ULL << TG_TICK_SHIFT) - 1) >> TG_TICK_SHIFT);
}

/* A 16-bit float for round-trip times: 12 bits of mantissa, 4 of exponent, value
 * = mantissa << exponent. Exact below 4096, within 1/2048 above, up to 134 s in
 * units of 2^10 ns; larger values saturate. */
typedef uint16_t tg_sf16_t;

static inline uint32_t
tg_sf16_decode(tg_sf16_t f)
{
	return (uint32_t)(f & 0xfff) << (f >> 12);
}

static inline tg_sf16_t
tg_sf16_encode(uint32_t value)
{
	uint32_t exponent;

	if (value < 0x1000)
		return (tg_sf16_t)value;
	exponent = 20 - (uint32_t)__builtin_clz(value);
	if (exponent > 15)
		return UINT16_MAX;
	return (tg_sf16_t)(exponent << 12 | value >> exponent);
}

#endif
