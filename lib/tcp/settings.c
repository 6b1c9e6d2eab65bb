/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What a user may set for each of its connections.
 */
#include "tcp/tcp_internal.h"

/* The settings of a connection that has just been opened. */
uint16_t
tg_tcp_default_flags(const struct tg_tcp_config *config)
{
	return (uint16_t)((config->nagle ? TG_TCB_NAGLE : 0) |
			  (config->keep_alive ? TG_TCB_KEEP_ALIVE : 0));
}

static void
set_flag(struct tg_tcb *t, uint16_t flag, bool on)
{
	t->flags = (uint16_t)(on ? t->flags | flag : t->flags & ~flag);
}

void
tg_tcp_set_nagle(struct tg_tcp *tcp, uint32_t h, bool on)
{
	set_flag(&tcp->tcb[h], TG_TCB_NAGLE, on);
}

void
tg_tcp_set_keep_alive(struct tg_tcp *tcp, uint32_t h, bool on, tg_time_t now)
{
	struct tg_tcb *t = &tcp->tcb[h];

	set_flag(t, TG_TCB_KEEP_ALIVE, on);
	if (tg_tcp_is_opening(t)) /* its deadline and retries are those of the SYN */
		return;
	tg_keep_alive_answered(t, tg_tcp_side_of(tcp, t));
	tg_tcp_refresh_life(tcp, h, now);
}

void
tg_tcp_set_user_timeout(struct tg_tcp *tcp, uint32_t h, uint32_t ticks)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);

	if (ticks == 0) {
		s->rare &= (uint8_t)~TG_RARE_USER_TIMEOUT;
		return;
	}
	s->rare |= TG_RARE_USER_TIMEOUT;
	tg_tcp_rare_of(tcp, t)->user_timeout = ticks;
	tg_tcp_rare_of(tcp, t)->stalled_at = tcp->wheel.now; /* if timeouts have begun already */
}
