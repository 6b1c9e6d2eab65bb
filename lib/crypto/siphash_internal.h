/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Shared by the files of SipHash.
 */
#ifndef TG_CRYPTO_SIPHASH_INTERNAL_H
#define TG_CRYPTO_SIPHASH_INTERNAL_H

#include "crypto/siphash_lanes.h"

/* "somepseudorandomlygeneratedbytes": what the state begins with, before the key. */
#define TG_SIPHASH_INIT0 0x736f6d6570736575U
#define TG_SIPHASH_INIT1 0x646f72616e646f6dU
#define TG_SIPHASH_INIT2 0x6c7967656e657261U
#define TG_SIPHASH_INIT3 0x7465646279746573U

/* Hashes n blocks one after the other. */
void tg_siphash24_x1(const struct tg_siphash_key *key, const struct tg_siphash_block *block,
    size_t n, uint64_t *hash);

/* Hash exactly 8 and 16 blocks; need AVX2 and AVX-512F. */
void tg_siphash24_x8(
    const struct tg_siphash_key *key, const struct tg_siphash_block block[8], uint64_t hash[8]);
void tg_siphash24_x16(
    const struct tg_siphash_key *key, const struct tg_siphash_block block[16], uint64_t hash[16]);

#endif
