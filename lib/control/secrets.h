/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Secrets: keys from the operating system's random source.
 */
#ifndef TG_CONTROL_SECRETS_H
#define TG_CONTROL_SECRETS_H

#include "config/config.h"
#include "tcp/config.h"

#define TG_SECRET_CHARS 33 /* the final zero included */

/* Fills all keys by getrandom(2); waits while the source is not seeded yet. Control
 * thread, at start. Returns 0 or -errno: without keys nothing may start. */
int tg_secrets_make(struct tg_tcp_secrets *secrets);

/* Fills a key in the same way. Returns 0 or -errno, and then leaves the key alone. Control
 * thread. */
int tg_secrets_make_key(struct tg_siphash_key *key);

/* Makes a secret for a user of a route: 32 hexadecimal digits, and the line for the
 * configuration by which it is known again, but not found out. line: out,
 * TG_CONFIG_USER_MAX bytes. name: 1 to 31 bytes without a colon. Returns 0 or -errno. */
int tg_secrets_make_user(const char *name, char secret[TG_SECRET_CHARS], char *line);

#endif
