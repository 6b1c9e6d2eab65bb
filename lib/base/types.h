/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Types that every room shares: values in wire order, addresses, handles.
 *
 * A be16_t or be32_t holds the bytes as they stand on the wire. It is compared
 * and copied as it is and converted only by the functions below, so a value in
 * the wrong order shows in its type.
 */
#ifndef TG_BASE_TYPES_H
#define TG_BASE_TYPES_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t be16_t;
typedef uint32_t be32_t;

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "conversions below assume little endian");

static inline be16_t
tg_be16(uint16_t host)
{
	return __builtin_bswap16(host);
}

static inline uint16_t
tg_host16(be16_t wire)
{
	return __builtin_bswap16(wire);
}

static inline be32_t
tg_be32(uint32_t host)
{
	return __builtin_bswap32(host);
}

static inline uint32_t
tg_host32(be32_t wire)
{
	return __builtin_bswap32(wire);
}

/* Unaligned reads and writes of packet bytes. */
static inline uint16_t
tg_load16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
tg_load32(const uint8_t *p)
{
	be32_t v;

	memcpy(&v, p, sizeof(v));
	return tg_host32(v);
}

static inline void
tg_store16(uint8_t *p, uint16_t host)
{
	p[0] = (uint8_t)(host >> 8);
	p[1] = (uint8_t)host;
}

static inline void
tg_store32(uint8_t *p, uint32_t host)
{
	be32_t v = tg_be32(host);

	memcpy(p, &v, sizeof(v));
}

/* An IPv4 or IPv6 address in wire order. IPv4 lies in v4, the rest is zero, so
 * that two addresses of one family compare by their 16 bytes. The family is
 * kept beside it. */
union tg_ip {
	uint8_t b[16];
	be32_t v4;
	uint32_t w[4];
	uint64_t q[2];
};

static inline bool
tg_ip_equal(const union tg_ip *a, const union tg_ip *b)
{
	return a->q[0] == b->q[0] && a->q[1] == b->q[1];
}

/* Pools and tables name records by 32-bit handles. */
#define TG_HANDLE_NONE UINT32_MAX

#define TG_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define TG_MIN(a, b)    ((a) < (b) ? (a) : (b))
#define TG_MAX(a, b)    ((a) > (b) ? (a) : (b))

#endif
