/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SipHash-2-4 of eight messages in two vectors of AVX2.
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

/* Four blocks, by word: w[0] has the first words of blocks 0, 2, 1, 3, w[1] the second ones.
 * This order costs no instruction that crosses the halves of a register. */
static inline LANE_CODE void
load_words(vec w[2], const struct tg_siphash_block block[4])
{
	vec low, high;

	memcpy(&low, &block[0], sizeof(low));
	memcpy(&high, &block[2], sizeof(high));
	w[0] = __builtin_shufflevector(low, high, 0, 4, 2, 6);
	w[1] = __builtin_shufflevector(low, high, 1, 5, 3, 7);
}

static inline LANE_CODE void
store_hashes(uint64_t hash[4], vec h)
{
	h = __builtin_shufflevector(h, h, 0, 2, 1, 3);
	memcpy(hash, &h, sizeof(h));
}

__attribute__((target("avx2"))) void
tg_siphash24_x8(
    const struct tg_siphash_key *key, const struct tg_siphash_block block[8], uint64_t hash[8])
{
	vec wa[2], wb[2], a, b;

	load_words(wa, block);
	load_words(wb, block + 4);
	lanes_hash(key, wa, wb, &a, &b);
	store_hashes(hash, a);
	store_hashes(hash + 4, b);
}
