/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Levels of one shard's TCP: connections by state and pools in use. Written by the
 * shard's worker, read by the control thread at any time.
 */
#ifndef TG_TCP_GAUGES_H
#define TG_TCP_GAUGES_H

#include <stdatomic.h>
#include <stdint.h>

/* RFC 9293 section 3.3.2. CLOSED is also the state of a free TCB. */
enum tg_tcp_state {
	TG_TCP_CLOSED,
	TG_TCP_LISTEN,
	TG_TCP_SYN_SENT,
	TG_TCP_SYN_RECEIVED,
	TG_TCP_ESTABLISHED,
	TG_TCP_FIN_WAIT_1,
	TG_TCP_FIN_WAIT_2,
	TG_TCP_CLOSE_WAIT,
	TG_TCP_CLOSING,
	TG_TCP_LAST_ACK,
	TG_TCP_TIME_WAIT,
	TG_TCP_STATES
};

extern const char *const tg_tcp_state_name[TG_TCP_STATES]; /* "SYN-RECEIVED", as in the RFC */

struct tg_tcp_gauges {
	_Atomic uint32_t state[TG_TCP_STATES]; /* connections in each state; CLOSED stays 0 */
	_Atomic uint32_t sides;                /* side records in use */
	_Atomic uint32_t held;                 /* frames held */
	_Atomic uint32_t syn_pressure;         /* 1: under pressure, tcp/syn_cookies.h */
};

/* One writer: a load and a store, no locked instruction. */
static inline void
tg_gauge_add(_Atomic uint32_t *gauge, int32_t n)
{
	uint32_t now = atomic_load_explicit(gauge, memory_order_relaxed);

	atomic_store_explicit(gauge, now + (uint32_t)n, memory_order_relaxed);
}

static inline uint32_t
tg_gauge(const _Atomic uint32_t *gauge)
{
	return atomic_load_explicit(gauge, memory_order_relaxed);
}

#endif
