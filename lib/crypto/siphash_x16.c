/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SipHash-2-4 of sixteen messages in two vectors of AVX-512.
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

/* Eight blocks, by word: w[0] has the first words of blocks 0 to 7, w[1] the second ones. */
static inline LANE_CODE void
load_words(vec w[2], const struct tg_siphash_block block[8])
{
	vec low, high;

	memcpy(&low, &block[0], sizeof(low));
	memcpy(&high, &block[4], sizeof(high));
	w[0] = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
	w[1] = __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}

__attribute__((target("avx512f"))) void
tg_siphash24_x16(
    const struct tg_siphash_key *key, const struct tg_siphash_block block[16], uint64_t hash[16])
{
	vec wa[2], wb[2], a, b;

	load_words(wa, block);
	load_words(wb, block + 8);
	lanes_hash(key, wa, wb, &a, &b);
	memcpy(hash, &a, sizeof(a));
	memcpy(hash + 8, &b, sizeof(b));
}
