/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A shard on the rig that has keys for SYN cookies.
 */
#ifndef TG_TESTS_SHARD_COOKIES_FIXTURE_H
#define TG_TESTS_SHARD_COOKIES_FIXTURE_H

#include "tcp/cookie_fixture.h"

#include "shard_fixture.h" /* behind it: has globals of names that are parameters there */

static struct tg_cookie_keys keys;

/* A shard laid out anew; it has met the client, and keys are published. */
static inline void
start_with_keys(const struct rig_options *options)
{
	now = 77 * TG_NS_PER_SEC;
	start(options);
	keys = ck_published(rig.tcp.window_scale, now);
	rig.world.syn_cookies = &keys;
	meet();
}

#endif
