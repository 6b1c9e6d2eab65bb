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

/* The message in column `at` of the rows. */
uint64_t tg_siphash24_x1(
    const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words, size_t at);
uint64_t tg_siphash13_x1(
    const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words, size_t at);

/* Exactly 8 and 16 messages from column `at` on; need AVX2 and AVX-512F. */
void tg_siphash24_x8(const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words,
    size_t at, uint64_t *hash);
void tg_siphash13_x8(const struct tg_siphash_key *key, const uint64_t *const word[], size_t n_words,
    size_t at, uint64_t *hash);
void tg_siphash24_x16(const struct tg_siphash_key *key, const uint64_t *const word[],
    size_t n_words, size_t at, uint64_t *hash);
void tg_siphash13_x16(const struct tg_siphash_key *key, const uint64_t *const word[],
    size_t n_words, size_t at, uint64_t *hash);

#endif
