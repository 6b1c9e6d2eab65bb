/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SipHash of many short messages at once, under one key: the lanes of a vector register hash
 * one message each.
 *
 * Messages of one length are given by word: row j has word j of every message, so that a
 * register is loaded as it lies there. The last row has the word that ends a message: the bytes
 * left over, as a little endian number, and the length modulo 256 in its top byte,
 * tg_siphash_end.
 *
 * How wide the machine is, and how wide it may be used, is for the caller to know;
 * every width gives the same hashes, those of siphash.h. Any thread may call these functions;
 * they keep no state.
 */
#ifndef TG_CRYPTO_SIPHASH_LANES_H
#define TG_CRYPTO_SIPHASH_LANES_H

#include "crypto/siphash.h"

/* How many messages are hashed side by side. A width needs its instructions: AVX2 for
 * 8; AVX2, AVX-512F and its use by the operating system for 16. */
enum tg_siphash_width { TG_SIPHASH_X1, TG_SIPHASH_X8, TG_SIPHASH_X16 };

#define TG_SIPHASH_LANES 16 /* of the widest */

/* Entries that a row for n messages has: whole registers are read and written, and what they
 * hold beyond the last message means nothing. */
#define TG_SIPHASH_ROW(n) (((n) + TG_SIPHASH_LANES - 1) / TG_SIPHASH_LANES * TG_SIPHASH_LANES)

/* The word that ends a message of len bytes, whose last len % 8 are in rest. */
static inline uint64_t
tg_siphash_end(uint64_t rest, size_t len)
{
	return rest | (uint64_t)len << 56;
}

/* Write the SipHash-2-4, or -1-3, of message i to hash[i], for i below n.
 *
 * word: n_words rows, 1 or more; word[j][i] is word j of message i.
 * hash: a row of its own. All rows have TG_SIPHASH_ROW(n) entries, of any alignment that
 * their type has.
 * width: what the processor has; more is an illegal instruction. */
void tg_siphash24_lanes(const struct tg_siphash_key *key, enum tg_siphash_width width,
    const uint64_t *const word[], size_t n_words, size_t n, uint64_t *hash);
void tg_siphash13_lanes(const struct tg_siphash_key *key, enum tg_siphash_width width,
    const uint64_t *const word[], size_t n_words, size_t n, uint64_t *hash);

#endif
