/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/checksum.h"

/* One's complement addition of 64-bit words: 2^64 is 1 modulo 2^16 - 1, so the
 * carry comes back in at the bottom and the folded result is the same. */
static inline uint64_t
add_carry(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

static inline uint64_t
load_word(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The last len < 8 bytes, zeros behind them. */
static inline uint64_t
load_tail(const uint8_t *p, size_t len)
{
	uint64_t word = 0;
	uint32_t v32;
	uint16_t v16;

	if (len & 4) {
		memcpy(&v32, p, sizeof(v32));
		word = v32;
		p += sizeof(v32);
	}
	if (len & 2) {
		memcpy(&v16, p, sizeof(v16));
		word += v16;
		p += sizeof(v16);
	}
	return len & 1 ? word + *p : word;
}

uint64_t
tg_checksum_add(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t odd = 0;

	for (; len >= 16; len -= 16, p += 16) {
		sum = add_carry(sum, load_word(p));
		odd = add_carry(odd, load_word(p + 8));
	}
	if (len & 8) {
		sum = add_carry(sum, load_word(p));
		p += 8;
	}
	odd = add_carry(odd, load_tail(p, len & 7));
	return add_carry(sum, odd);
}

uint64_t
tg_checksum_pseudo(
    bool is_ipv6, const union tg_ip *src, const union tg_ip *dst, uint8_t proto, uint32_t len)
{
	uint64_t sum = (uint64_t)tg_be32(len) + tg_be32(proto);

	if (!is_ipv6)
		return sum + src->v4 + dst->v4;
	sum = add_carry(sum, src->q[0]);
	sum = add_carry(sum, src->q[1]);
	sum = add_carry(sum, dst->q[0]);
	return add_carry(sum, dst->q[1]);
}

be16_t
tg_checksum_update16(be16_t csum, be16_t old, be16_t new)
{
	return tg_checksum_fold((uint64_t)(be16_t)~csum + (be16_t)~old + new);
}

be16_t
tg_checksum_update32(be16_t csum, be32_t old, be32_t new)
{
	return tg_checksum_fold((uint64_t)(be16_t)~csum + (be32_t)~old + new);
}
