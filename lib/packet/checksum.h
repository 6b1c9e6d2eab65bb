/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The Internet checksum, RFC 1071, and its incremental form, RFC 1624. Sums are
 * carried as unfolded 64-bit values in wire order and folded once.
 *
 * Any thread may call these functions; they keep no state.
 */
#ifndef TG_PACKET_CHECKSUM_H
#define TG_PACKET_CHECKSUM_H

#include "base/types.h"

/* Adds len bytes at p, of any alignment, to a running sum, 0 at first. An odd last
 * byte is padded with zero, so only the last piece may be odd. */
uint64_t tg_checksum_add(uint64_t sum, const void *p, size_t len);

/* Folds a sum to 16 bits, complemented: the value to store, in wire order. Over
 * data that includes a correct checksum it is 0. */
static inline be16_t
tg_checksum_fold(uint64_t sum)
{
	uint32_t half;

	/* Halves are added by adding the sum to itself, turned: the carry of the lower half comes
	 * in at the bottom of the upper one. */
	half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
	return (be16_t) ~((half + (half << 16 | half >> 16)) >> 16);
}

/* Whether a sum that is not 0, over data that includes its checksum, is right: a multiple of 65535.
 * The inverse of 65535 modulo 2^64 takes multiples, and nothing else, to their quotients, the
 * greatest of which is 2^64 / 65535. */
static inline bool
tg_checksum_holds(uint64_t sum)
{
	const uint64_t greatest = UINT64_MAX / UINT16_MAX, inverse = -greatest;

	return sum * inverse <= greatest;
}

/* Sum of the TCP or ICMPv6 pseudo-header (RFC 9293 3.1, RFC 8200 8.1). is_ipv6 names
 * the family; len is the length of the upper-layer packet in bytes; proto its
 * protocol number. */
uint64_t tg_checksum_pseudo(
    bool is_ipv6, const union tg_ip *src, const union tg_ip *dst, uint8_t proto, uint32_t len);

/* RFC 1624 equation 3: the checksum after a 16-bit or 32-bit field it covers
 * changed from old to new; everything in wire order. */
be16_t tg_checksum_update16(be16_t csum, be16_t old, be16_t new);
be16_t tg_checksum_update32(be16_t csum, be32_t old, be32_t new);

#endif
