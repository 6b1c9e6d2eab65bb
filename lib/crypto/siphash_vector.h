/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SipHash in the lanes of a vector, for any vector. The file that includes this one
 * defines
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

static inline LANE_CODE vec
lanes_sum(const struct lanes *s)
{
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* The messages of two vectors, from column `at` of the rows on, with c rounds for each word and d
 * at the end. Two go side by side: one alone waits for its own results most of the time. */
static inline LANE_CODE void
lanes_hash(const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words,
    size_t at, int c, int d, uint64_t *hash)
{
	const vec zero = { 0 };
	struct lanes a, b;
	vec wa, wb;
	size_t j;
	int i;

	lanes_start(&a, key);
	b = a;
	for (j = 0; j < n_words; j++) {
		memcpy(&wa, word[j] + at, sizeof(wa));
		memcpy(&wb, word[j] + at + sizeof(vec) / 8, sizeof(wb));
		a.v3 ^= wa;
		b.v3 ^= wb;
		for (i = 0; i < c; i++) {
			lanes_round(&a);
			lanes_round(&b);
		}
		a.v0 ^= wa;
		b.v0 ^= wb;
	}
	a.v2 ^= zero + 0xff;
	b.v2 ^= zero + 0xff;
	for (i = 0; i < d; i++) {
		lanes_round(&a);
		lanes_round(&b);
	}
	wa = lanes_sum(&a);
	wb = lanes_sum(&b);
	memcpy(hash, &wa, sizeof(wa));
	memcpy(hash + sizeof(vec) / 8, &wb, sizeof(wb));
}
