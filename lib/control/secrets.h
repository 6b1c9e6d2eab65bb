/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Secrets: keys from the operating system's random source.
 */
#ifndef TG_CONTROL_SECRETS_H
#define TG_CONTROL_SECRETS_H

#include "tcp/config.h"

/* Fills all keys by getrandom(2); waits while the source is not seeded yet. Control
 * thread, at start. Returns 0 or -errno: without keys nothing may start. */
int tg_secrets_make(struct tg_tcp_secrets *secrets);

/* Fills a key in the same way. Returns 0 or -errno, and then leaves the key alone. Control
 * thread. */
int tg_secrets_make_key(struct tg_siphash_key *key);

#endif
