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
	return config->nagle ? TG_TCB_NAGLE : 0;
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
