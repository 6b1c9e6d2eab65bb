/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012), the one
 * keyed function of the house: sequence numbers and cookies take SipHash-2-4,
 * hash tables SipHash-1-3, keys made of keys SipHash-2-4-128. siphash_lanes.h hashes
 * many short messages at once.
 *
 * Any thread may call these functions; they keep no state. Keys come from the
 * caller; nothing here knows randomness.
 */
#ifndef TG_CRYPTO_SIPHASH_H
#define TG_CRYPTO_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* A 128-bit key; k[0] is its first eight bytes read as little endian. */
struct tg_siphash_key {
	uint64_t k[2];
};

/* SipHash-2-4 of len bytes at data, 64-bit output. */
uint64_t tg_siphash24(const struct tg_siphash_key *key, const void *data, size_t len);

/* SipHash-1-3 of len bytes at data, 64-bit output. */
uint64_t tg_siphash13(const struct tg_siphash_key *key, const void *data, size_t len);

/* SipHash-2-4-128 of len bytes at data: the 128-bit output of the authors' reference code,
 * as a key. *out may be *key. */
void tg_siphash24_128(
    const struct tg_siphash_key *key, const void *data, size_t len, struct tg_siphash_key *out);

#endif
