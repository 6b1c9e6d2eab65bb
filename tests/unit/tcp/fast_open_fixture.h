/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A listener that does Fast Open, and a peer with a cookie.
 */
#ifndef TG_TESTS_FAST_OPEN_FIXTURE_H
#define TG_TESTS_FAST_OPEN_FIXTURE_H

#include "fixture.h"

#define MINUTE_TICKS 57221

/* Of client 192.0.2.1 at server 192.168.0.1 with the key of the fixture: what Linux makes of key
 * a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4. */
static const uint8_t linux_cookie[8] = { 0x30, 0x21, 0xb9, 0xd8, 0x89, 0x01, 0x7e, 0xeb };

static inline void
offer(const uint8_t *cookie, uint8_t n)
{
	fx.peer.syn.present |= TG_OPT_FAST_OPEN;
	fx.peer.syn.n_cookie = n;
	memcpy(fx.peer.syn.cookie, cookie, n);
}

/* The listener does Fast Open, at the address of the vector, and the peer shows its cookie. */
static inline void
listen_fast(void)
{
	fx.endpoint[0].ip.v4 = tg_be32(0xc0a80001);
	fx.endpoint[0].fast_open = fx.endpoint[1].fast_open = true;
	fx_lay_out();
	offer(linux_cookie, sizeof(linux_cookie));
}

/* A connection in SYN-RECEIVED whose SYN brought ten bytes. */
static inline void
enter_pending(void)
{
	listen_fast();
	fx_peer("S", 0, 10, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_EQUAL(fx.tcp.fast_open.pending, 1);
	FX_SENT("S. 0:0 ack 11");
}

#endif
