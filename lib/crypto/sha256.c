/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "crypto/sha256.h"

#include "base/types.h"

#define BLOCK_BYTES 64

static const uint32_t initial[8] = {
	0x6a09e667,
	0xbb67ae85,
	0x3c6ef372,
	0xa54ff53a,
	0x510e527f,
	0x9b05688c,
	0x1f83d9ab,
	0x5be0cd19,
};

static const uint32_t round_key[64] = {
	0x428a2f98,
	0x71374491,
	0xb5c0fbcf,
	0xe9b5dba5,
	0x3956c25b,
	0x59f111f1,
	0x923f82a4,
	0xab1c5ed5,
	0xd807aa98,
	0x12835b01,
	0x243185be,
	0x550c7dc3,
	0x72be5d74,
	0x80deb1fe,
	0x9bdc06a7,
	0xc19bf174,
	0xe49b69c1,
	0xefbe4786,
	0x0fc19dc6,
	0x240ca1cc,
	0x2de92c6f,
	0x4a7484aa,
	0x5cb0a9dc,
	0x76f988da,
	0x983e5152,
	0xa831c66d,
	0xb00327c8,
	0xbf597fc7,
	0xc6e00bf3,
	0xd5a79147,
	0x06ca6351,
	0x14292967,
	0x27b70a85,
	0x2e1b2138,
	0x4d2c6dfc,
	0x53380d13,
	0x650a7354,
	0x766a0abb,
	0x81c2c92e,
	0x92722c85,
	0xa2bfe8a1,
	0xa81a664b,
	0xc24b8b70,
	0xc76c51a3,
	0xd192e819,
	0xd6990624,
	0xf40e3585,
	0x106aa070,
	0x19a4c116,
	0x1e376c08,
	0x2748774c,
	0x34b0bcb5,
	0x391c0cb3,
	0x4ed8aa4a,
	0x5b9cca4f,
	0x682e6ff3,
	0x748f82ee,
	0x78a5636f,
	0x84c87814,
	0x8cc70208,
	0x90befffa,
	0xa4506ceb,
	0xbef9a3f7,
	0xc67178f2,
};

static uint32_t
ror(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void
expand(uint32_t w[64], const uint8_t *block)
{
	unsigned i;

	for (i = 0; i < 16; i++)
		w[i] = tg_load32(block + 4 * (size_t)i);
	for (; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) +
		       (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
	}
}

/* s: a to h of the standard. */
static void
step(uint32_t s[8], uint32_t key)
{
	uint32_t e = s[4], a = s[0];
	uint32_t t1 =
	    s[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + key;
	uint32_t t2 =
	    (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

	memmove(s + 1, s, 7 * sizeof(s[0]));
	s[4] += t1;
	s[0] = t1 + t2;
}

static void
compress(uint32_t state[8], const uint8_t *block)
{
	uint32_t w[64], s[8];
	unsigned i;

	expand(w, block);
	memcpy(s, state, sizeof(s));
	for (i = 0; i < 64; i++)
		step(s, round_key[i] + w[i]);
	for (i = 0; i < 8; i++)
		state[i] += s[i];
}

/* The last blocks: what is left, a one bit, zeros, and the length in bits. */
static void
finish(uint32_t state[8], const uint8_t *rest, size_t n_rest, uint64_t len)
{
	uint8_t tail[2 * BLOCK_BYTES] = { 0 };
	size_t n = n_rest + 9 <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;

	memcpy(tail, rest, n_rest);
	tail[n_rest] = 0x80;
	tg_store32(tail + n - 8, (uint32_t)(len >> 29));
	tg_store32(tail + n - 4, (uint32_t)(len << 3));
	compress(state, tail);
	if (n > BLOCK_BYTES)
		compress(state, tail + BLOCK_BYTES);
}

void
tg_sha256(const void *data, size_t len, uint8_t hash[TG_SHA256_BYTES])
{
	const uint8_t *p = data;
	uint32_t state[8];
	size_t left = len;
	unsigned i;

	memcpy(state, initial, sizeof(state));
	for (; left >= BLOCK_BYTES; left -= BLOCK_BYTES, p += BLOCK_BYTES)
		compress(state, p);
	finish(state, p, left, len);
	for (i = 0; i < 8; i++)
		tg_store32(hash + 4 * (size_t)i, state[i]);
}
