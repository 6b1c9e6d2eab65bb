/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SipHash of sixteen messages in two vectors of AVX-512.
 */
#include "base/types.h"

#include <stdint.h>

#define LANE_CODE __attribute__((always_inline, target("avx512f")))

typedef uint64_t vec __attribute__((vector_size(64)));

/* Each is one instruction: VPROLQ. */
static inline LANE_CODE vec
rotate_13(vec x)
{
	return x << 13 | x >> 51;
}

static inline LANE_CODE vec
rotate_16(vec x)
{
	return x << 16 | x >> 48;
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
	return x << 32 | x >> 32;
}

#include "crypto/siphash_vector.h"

__attribute__((target("avx512f"))) void
tg_siphash24_x16(const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words,
    size_t at, uint64_t *hash)
{
	lanes_hash(key, word, n_words, at, 2, 4, hash);
}

__attribute__((target("avx512f"))) void
tg_siphash13_x16(const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words,
    size_t at, uint64_t *hash)
{
	lanes_hash(key, word, n_words, at, 1, 3, hash);
}
