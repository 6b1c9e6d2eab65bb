/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A peer that announces its window.
 */
#ifndef TG_TESTS_WINDOW_FIXTURE_H
#define TG_TESTS_WINDOW_FIXTURE_H

#include "fixture.h"

/* A connection whose peer announced a window of wnd bytes. */
static inline void
enter_with_window(uint16_t wnd)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.peer.wnd = wnd;
	fx_peer(".", 1, 0, 1);
	fx_forget();
}

static inline uint32_t
rto(void)
{
	return tg_tcp_rto(&fx.tcp, fx.t, 0);
}

#endif
