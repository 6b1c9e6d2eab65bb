/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SipHash of eight messages in two vectors of AVX2.
 */
#include "base/types.h"

#include <stdint.h>

#define LANE_CODE __attribute__((always_inline, target("avx2")))

typedef uint64_t vec __attribute__((vector_size(32)));
typedef uint32_t halves __attribute__((vector_size(32)));
typedef uint16_t quarters __attribute__((vector_size(32)));

static inline LANE_CODE vec
rotate_13(vec x)
{
	return x << 13 | x >> 51;
}

/* By whole bytes one shuffle does what else takes two shifts and an or. */
static inline LANE_CODE vec
rotate_16(vec x)
{
	quarters q = (quarters)x;

	return (vec)__builtin_shufflevector(
	    q, q, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
}

static inline LANE_CODE vec
rotate_17(vec x)
{
	return x << 17 | x >> 47;
}

static inline LANE_CODE vec
rotate_21(vec x)
{
	return x << 21 | x >> 43;
}

static inline LANE_CODE vec
rotate_32(vec x)
{
	halves h = (halves)x;

	return (vec)__builtin_shufflevector(h, h, 1, 0, 3, 2, 5, 4, 7, 6);
}

#include "crypto/siphash_vector.h"

__attribute__((target("avx2"))) void
tg_siphash24_x8(const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words,
    size_t at, uint64_t *hash)
{
	lanes_hash(key, word, n_words, at, 2, 4, hash);
}

__attribute__((target("avx2"))) void
tg_siphash13_x8(const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words,
    size_t at, uint64_t *hash)
{
	lanes_hash(key, word, n_words, at, 1, 3, hash);
}
