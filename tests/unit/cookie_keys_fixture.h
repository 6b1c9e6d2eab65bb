/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Two master keys, and the masters of a file's text.
 */
#ifndef TG_TESTS_COOKIE_KEYS_FIXTURE_H
#define TG_TESTS_COOKIE_KEYS_FIXTURE_H

#include "control/cookie_keys.h"
#include "tap.h"

#define NOW   28000000ULL /* the current epoch */
#define KEY_A "000102030405060708090a0b0c0d0e0f"
#define KEY_B "F0e1D2c3B4a5968778695a4b3c2d1e0f"

static const struct tg_siphash_key key_a = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
static const struct tg_siphash_key key_b = { { 0x8796a5b4c3d2e1f0, 0x0f1e2d3c4b5a6978 } };

static struct tg_cookie_masters masters;
static struct tg_config_errors err;

static inline int
parse_bytes(const char *text, size_t len)
{
	memset(&err, 0, sizeof(err));
	return tg_cookie_masters_parse("k", text, len, NOW, &masters, &err);
}

static inline int
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static inline bool
keys_equal(const struct tg_siphash_key *a, const struct tg_siphash_key *b)
{
	return a->k[0] == b->k[0] && a->k[1] == b->k[1];
}

#endif
