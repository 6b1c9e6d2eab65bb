/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "crypto/siphash_internal.h"

#include "base/types.h"

#define SINGLES_MAX 3 /* so many take less time one by one than lanes that are mostly empty */

/* Fewer than eight: the last lanes repeat the first block, and nobody reads them. */
static void
hash_some(const struct tg_siphash_key *key, const struct tg_siphash_block *block, size_t n,
    uint64_t *hash)
{
	struct tg_siphash_block padded[8];
	uint64_t out[8];
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(padded); i++)
		padded[i] = block[i < n ? i : 0];
	tg_siphash24_x8(key, padded, out);
	memcpy(hash, out, n * sizeof(*hash));
}

void
tg_siphash24_blocks(const struct tg_siphash_key *key, enum tg_siphash_width width,
    const struct tg_siphash_block *block, size_t n, uint64_t *hash)
{
	size_t i = 0;

	if (width == TG_SIPHASH_X16)
		for (; n - i >= 16; i += 16)
			tg_siphash24_x16(key, block + i, hash + i);
	if (width != TG_SIPHASH_X1)
		for (; n - i >= 8; i += 8)
			tg_siphash24_x8(key, block + i, hash + i);
	if (width != TG_SIPHASH_X1 && n - i > SINGLES_MAX)
		hash_some(key, block + i, n - i, hash + i);
	else
		tg_siphash24_x1(key, block + i, n - i, hash + i);
}
