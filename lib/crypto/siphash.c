/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "crypto/siphash_internal.h"

#include "base/types.h"

struct sip_state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotate_left(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
sip_round(struct sip_state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate_left(s->v1, 13) ^ s->v0;
	s->v3 = rotate_left(s->v3, 16) ^ s->v2;
	s->v0 = rotate_left(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate_left(s->v1, 17) ^ s->v2;
	s->v3 = rotate_left(s->v3, 21) ^ s->v0;
	s->v2 = rotate_left(s->v2, 32);
}

static inline void
sip_rounds(struct sip_state *s, int n)
{
	while (n-- > 0)
		sip_round(s);
}

static inline void
sip_compress(struct sip_state *s, uint64_t word, int rounds)
{
	s->v3 ^= word;
	sip_rounds(s, rounds);
	s->v0 ^= word;
}

static inline uint64_t
load_word(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The last n < 8 bytes as a little endian number. Loads overlap instead of
 * looping over bytes: an overlapping byte is or'ed onto itself. */
static inline uint64_t
load_tail(const uint8_t *p, size_t n)
{
	uint32_t low, high;

	if (n >= 4) {
		memcpy(&low, p, 4);
		memcpy(&high, p + n - 4, 4);
		return low | (uint64_t)high << 8 * (n - 4);
	}
	if (n == 0)
		return 0;
	return p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) | (uint64_t)p[n - 1] << 8 * (n - 1);
}

static inline struct sip_state
sip_start(const struct tg_siphash_key *key)
{
	return (struct sip_state){
		.v0 = key->k[0] ^ TG_SIPHASH_INIT0,
		.v1 = key->k[1] ^ TG_SIPHASH_INIT1,
		.v2 = key->k[0] ^ TG_SIPHASH_INIT2,
		.v3 = key->k[1] ^ TG_SIPHASH_INIT3,
	};
}

static inline uint64_t
sip_sum(const struct sip_state *s)
{
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* This and the next are forced inline: the round counts must be constants where it is called. */
static inline __attribute__((always_inline)) void
sip_absorb(struct sip_state *s, const uint8_t *p, size_t len, int rounds)
{
	const uint8_t *tail = p + (len & ~(size_t)7);

	for (; p != tail; p += 8)
		sip_compress(s, load_word(p), rounds);
	sip_compress(s, load_tail(tail, len & 7) | (uint64_t)len << 56, rounds);
}

static inline __attribute__((always_inline)) uint64_t
siphash(const struct tg_siphash_key *key, const uint8_t *p, size_t len, int c, int d)
{
	struct sip_state s = sip_start(key);

	sip_absorb(&s, p, len, c);
	s.v2 ^= 0xff;
	sip_rounds(&s, d);
	return sip_sum(&s);
}

uint64_t
tg_siphash24(const struct tg_siphash_key *key, const void *data, size_t len)
{
	return siphash(key, data, len, 2, 4);
}

uint64_t
tg_siphash13(const struct tg_siphash_key *key, const void *data, size_t len)
{
	return siphash(key, data, len, 1, 3);
}

void
tg_siphash24_128(
    const struct tg_siphash_key *key, const void *data, size_t len, struct tg_siphash_key *out)
{
	struct sip_state s = sip_start(key);

	s.v1 ^= 0xee;
	sip_absorb(&s, data, len, 2);
	s.v2 ^= 0xee;
	sip_rounds(&s, 4);
	out->k[0] = sip_sum(&s);
	s.v1 ^= 0xdd;
	sip_rounds(&s, 4);
	out->k[1] = sip_sum(&s);
}

static inline __attribute__((always_inline)) uint64_t
siphash_column(const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words,
    size_t at, int c, int d)
{
	struct sip_state s = sip_start(key);
	size_t j;

	for (j = 0; j < n_words; j++)
		sip_compress(&s, word[j][at], c);
	s.v2 ^= 0xff;
	sip_rounds(&s, d);
	return sip_sum(&s);
}

uint64_t
tg_siphash24_x1(
    const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words, size_t at)
{
	return siphash_column(key, word, n_words, at, 2, 4);
}

uint64_t
tg_siphash13_x1(
    const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words, size_t at)
{
	return siphash_column(key, word, n_words, at, 1, 3);
}
