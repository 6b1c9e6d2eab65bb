/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SipHash-2-4 of 16-byte messages in the lanes of a vector, for any vector. The file that
 * includes this one defines
 *
 *   LANE_CODE   the attributes of its functions: always inlined, and the instructions
 *   vec         a vector of uint64_t
 *   rotate_13 .. rotate_32   functions that rotate every lane to the left
 */
#include "crypto/siphash_internal.h"

struct lanes {
	vec v0, v1, v2, v3;
};

static inline LANE_CODE void
lanes_round(struct lanes *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate_13(s->v1) ^ s->v0;
	s->v3 = rotate_16(s->v3) ^ s->v2;
	s->v0 = rotate_32(s->v0);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate_17(s->v1) ^ s->v2;
	s->v3 = rotate_21(s->v3) ^ s->v0;
	s->v2 = rotate_32(s->v2);
}

static inline LANE_CODE void
lanes_start(struct lanes *s, const struct tg_siphash_key *key)
{
	const vec zero = { 0 };

	s->v0 = zero + (key->k[0] ^ TG_SIPHASH_INIT0);
	s->v1 = zero + (key->k[1] ^ TG_SIPHASH_INIT1);
	s->v2 = zero + (key->k[0] ^ TG_SIPHASH_INIT2);
	s->v3 = zero + (key->k[1] ^ TG_SIPHASH_INIT3);
}

/* Two vectors go side by side: one alone waits for its own results most of the time. */
static inline LANE_CODE void
lanes_compress(struct lanes *a, vec word_a, struct lanes *b, vec word_b)
{
	a->v3 ^= word_a;
	b->v3 ^= word_b;
	lanes_round(a);
	lanes_round(b);
	lanes_round(a);
	lanes_round(b);
	a->v0 ^= word_a;
	b->v0 ^= word_b;
}

static inline LANE_CODE vec
lanes_sum(const struct lanes *s)
{
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* The hashes of messages whose first words are in wa[0], wb[0] and second ones in wa[1], wb[1]. */
static inline LANE_CODE void
lanes_hash(
    const struct tg_siphash_key *key, const vec wa[2], const vec wb[2], vec *hash_a, vec *hash_b)
{
	const vec zero = { 0 }, length = zero + ((uint64_t)sizeof(struct tg_siphash_block) << 56);
	struct lanes a, b;
	int i;

	lanes_start(&a, key);
	b = a;
	lanes_compress(&a, wa[0], &b, wb[0]);
	lanes_compress(&a, wa[1], &b, wb[1]);
	lanes_compress(&a, length, &b, length);
	a.v2 ^= zero + 0xff;
	b.v2 ^= zero + 0xff;
	for (i = 0; i < 4; i++) {
		lanes_round(&a);
		lanes_round(&b);
	}
	*hash_a = lanes_sum(&a);
	*hash_b = lanes_sum(&b);
}
