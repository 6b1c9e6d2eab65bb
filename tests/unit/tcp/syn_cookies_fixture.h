/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Listeners with SYN cookies: published keys, and a peer that shakes hands by cookie.
 */
#ifndef TG_TESTS_SYN_COOKIES_FIXTURE_H
#define TG_TESTS_SYN_COOKIES_FIXTURE_H

#include "cookie_fixture.h"
#include "fixture.h"

static struct tg_cookie_keys sc_keys;

/* Both listeners are in this mode; half_open is their limit. */
static inline void
sc_listen(enum tg_syn_cookies_mode mode, uint32_t half_open)
{
	fx.endpoint[0].syn_cookies = fx.endpoint[1].syn_cookies = mode;
	fx.config.limits.half_open = half_open;
	fx_lay_out();
	sc_keys = ck_published(FX_SHIFT, fx.now);
	fx.tcp.syn_cookies.keys = &sc_keys;
}

/* Control publishes the keys of the moment. */
static inline void
sc_publish(void)
{
	uint64_t wall_s = tg_cookie_wall_s(&sc_keys, fx.now);
	struct tg_cookie_keys next = ck_keys_of(&ck_master, FX_SHIFT, wall_s / TG_COOKIE_EPOCH_S);

	next.at = sc_keys.at;
	next.wall_ns = sc_keys.wall_ns;
	next.shared = sc_keys.shared;
	sc_keys = next;
}

/* The peer's SYN, which must be answered with a cookie. */
static inline struct tg_segment
sc_syn(const char *flags, uint32_t len)
{
	fx.iss = 0;
	fx_forget();
	fx_peer(flags, 0, len, 0);
	FX_EQUAL(fx.h, TG_HANDLE_NONE);
	CU_ASSERT_EQUAL_FATAL(fx.n_sent, 1);
	CU_ASSERT_EQUAL_FATAL(fx.sent[0].seg.flags & ~TG_TCP_ECE, TG_TCP_SYN | TG_TCP_ACK);
	FX_EQUAL(fx.sent[0].seg.ack, fx.peer.iss + 1);
	fx.iss = fx.sent[0].seg.seq;
	return fx.sent[0].seg;
}

/* The peer's answer to the SYN-ACK, with its timestamp echoed. */
static inline void
sc_ack(const struct tg_segment *syn_ack, const char *flags, uint32_t len)
{
	struct tg_segment seg = fx_segment(flags, 1, len, 1);

	fx_forget();
	if ((syn_ack->opt.present & TG_OPT_TIMESTAMP) != 0)
		seg.opt.tsecr = syn_ack->opt.tsval;
	fx_arrives(&seg);
	fx_serve();
}

#endif
