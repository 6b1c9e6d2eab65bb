/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A client that does Fast Open, and the SYN-ACKs of its server.
 */
#ifndef TG_TESTS_FAST_OPEN_CLIENT_FIXTURE_H
#define TG_TESTS_FAST_OPEN_CLIENT_FIXTURE_H

#include "fixture.h"

#define MINUTE_MS 60000

static const uint8_t cookie_a[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const uint8_t cookie_b[4] = { 9, 9, 9, 9 };

/* The server's SYN-ACK, which acknowledges ack, with a cookie of n bytes, or without. */
static inline void
syn_ack(uint32_t ack, const uint8_t *cookie, uint8_t n)
{
	struct tg_segment seg = fx_segment("S.", 0, 0, ack);

	seg.opt = fx.peer.syn;
	if (cookie != NULL) {
		seg.opt.present |= TG_OPT_FAST_OPEN;
		seg.opt.n_cookie = n;
		memcpy(seg.opt.cookie, cookie, n);
	}
	fx_arrives(&seg);
	fx_serve();
}

static inline void
end(void)
{
	fx_abort();
	fx_forget();
	fx.now += TG_NS_PER_MS;
}

/* A connection that brings this cookie, and is over. */
static inline void
learn(const uint8_t *cookie, uint8_t n)
{
	fx_connect_fast(0);
	syn_ack(1, cookie, n);
	end();
}

/* Whether the first segment sent has this cookie. */
static inline bool
shown(const uint8_t *cookie, uint8_t n)
{
	const struct tg_tcp_options *opt = &fx.sent[0].seg.opt;

	return (opt->present & TG_OPT_FAST_OPEN) != 0 && opt->n_cookie == n &&
	       memcmp(opt->cookie, cookie, n) == 0;
}

static inline bool
option_sent(void)
{
	return (fx.sent[0].seg.opt.present & TG_OPT_FAST_OPEN) != 0;
}

/* Whether the next connection would be opened by Fast Open. */
static inline bool
is_on(void)
{
	bool on;

	fx_forget();
	fx_connect_fast(10);
	on = option_sent();
	end();
	return on;
}

/* With cookie a known, 100 bytes leave with the SYN. */
static inline void
enter_fast(void)
{
	learn(cookie_a, 8);
	fx_connect_fast(100);
	FX_EQUAL(fx.syn_text, 100);
	FX_TRUE(shown(cookie_a, 8), "cookie");
	FX_SENT("S 0:100");
	FX_STATE(TG_TCP_SYN_SENT);
}

#endif
