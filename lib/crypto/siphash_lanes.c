/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "crypto/siphash_internal.h"

#include "base/types.h"

#define SINGLES_MAX 3 /* so many take less time one by one than lanes that are mostly empty */

typedef uint64_t hash_one(
    const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words, size_t at);
typedef void hash_some(const struct tg_siphash_key *key, const uint64_t *const word[],
    size_t n_words, size_t at, uint64_t *hash);

/* One hash function in its widths. */
struct widths {
	hash_one *x1;
	hash_some *x8, *x16;
};

static inline __attribute__((always_inline)) void
hash_all(const struct widths *by, const struct tg_siphash_key *key, enum tg_siphash_width width,
    const uint64_t *const word[], size_t n_words, size_t n, uint64_t *hash)
{
	size_t at = 0;

	if (width == TG_SIPHASH_X16)
		for (; at + 8 < n; at += 16)
			by->x16(key, word, n_words, at, hash + at);
	if (width != TG_SIPHASH_X1)
		for (; at + SINGLES_MAX < n; at += 8)
			by->x8(key, word, n_words, at, hash + at);
	for (; at < n; at++)
		hash[at] = by->x1(key, word, n_words, at);
}

void
tg_siphash24_lanes(const struct tg_siphash_key *key, enum tg_siphash_width width,
    const uint64_t *const word[], size_t n_words, size_t n, uint64_t *hash)
{
	static const struct widths by = { tg_siphash24_x1, tg_siphash24_x8, tg_siphash24_x16 };

	hash_all(&by, key, width, word, n_words, n, hash);
}

void
tg_siphash13_lanes(const struct tg_siphash_key *key, enum tg_siphash_width width,
    const uint64_t *const word[], size_t n_words, size_t n, uint64_t *hash)
{
	static const struct widths by = { tg_siphash13_x1, tg_siphash13_x8, tg_siphash13_x16 };

	hash_all(&by, key, width, word, n_words, n, hash);
}
