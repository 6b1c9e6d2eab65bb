/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SipHash-2-4 of many messages of 16 bytes at once, under one key: the lanes of a
 * vector register hash one message each.
 *
 * How wide the machine is, and how wide it may be used, is for the caller to know;
 * every width gives the same hashes. Any thread may call these functions; they keep
 * no state.
 */
#ifndef TG_CRYPTO_SIPHASH_LANES_H
#define TG_CRYPTO_SIPHASH_LANES_H

#include "crypto/siphash.h"

/* How many messages are hashed side by side. A width needs its instructions: AVX2 for
 * 8; AVX2, AVX-512F and its use by the operating system for 16. */
enum tg_siphash_width { TG_SIPHASH_X1, TG_SIPHASH_X8, TG_SIPHASH_X16 };

/* A message of 16 bytes; w[0] is its first eight bytes read as little endian. */
struct tg_siphash_block {
	uint64_t w[2];
};

/* Writes the SipHash-2-4 of block[i] to hash[i], for i below n.
 *
 * block, hash: n entries each, of any alignment that their types have; they must not
 * overlap. No other memory is read or written, whatever n is.
 * width: what the processor has; more is an illegal instruction. */
void tg_siphash24_blocks(const struct tg_siphash_key *key, enum tg_siphash_width width,
    const struct tg_siphash_block *block, size_t n, uint64_t *hash);

#endif
