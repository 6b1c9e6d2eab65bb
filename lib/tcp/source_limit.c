/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "tcp/source_limit.h"

#include "tcp/tcp_internal.h"

_Static_assert(TG_SKETCH_ROWS * 16 == 64, "a hash has an index for each row");

static uint32_t
square_root(uint32_t n)
{
	uint32_t root = 0, bit;

	for (bit = 1U << 15; bit != 0; bit >>= 1) {
		if ((root | bit) * (root | bit) <= n)
			root |= bit;
	}
	return root;
}

/* The mean is rounded up, and its root taken of four times as much: what is lost to rounding is
 * not lost twice. */
static void
set_ceiling(struct tg_sketch *s)
{
	uint32_t mean = s->counted / (s->mask + 1) + 1;

	s->ceiling = s->limit + mean + square_root(4 * mean) + 2;
}

static void
clear(struct tg_sketch *s)
{
	if (s->counted != 0)
		memset(s->cell, 0, TG_SKETCH_ROWS * (s->mask + 1) * sizeof(*s->cell));
	s->counted = 0;
	set_ceiling(s);
}

static void
layout_sketch(struct tg_sketch *s, struct tg_arena *arena, uint32_t cells, uint32_t limit)
{
	*s = (struct tg_sketch){ .mask = cells - 1, .limit = limit };
	if (limit != 0)
		s->cell = tg_arena_take(arena, TG_SKETCH_ROWS * cells, sizeof(*s->cell));
}

void
tg_source_limit_layout(struct tg_source_limit *limit, struct tg_arena *arena,
    const struct tg_source_limits *config, const struct tg_siphash_key *master)
{
	*limit =
	    (struct tg_source_limit){ .config = config, .master = master, .second = UINT64_MAX };
	layout_sketch(&limit->source, arena, config->cells, config->per_source);
	layout_sketch(&limit->prefix, arena, config->cells, config->per_prefix);
}

/* Empties the sketches and draws the keys of the second that has begun. */
static void
begin_second(struct tg_source_limit *limit, tg_time_t second)
{
	uint64_t input[2] = { second };
	unsigned i;

	limit->second = second;
	for (i = 0; i < TG_ARRAY_LEN(limit->key); i++) {
		input[1] = i;
		tg_siphash24_128(limit->master, input, sizeof(input), &limit->key[i]);
	}
	clear(&limit->source);
	clear(&limit->prefix);
}

static uint64_t
hash_source(const struct tg_source_limit *limit, bool is_ipv6, const union tg_ip *src)
{
	if (is_ipv6)
		return tg_siphash24(&limit->key[TG_SKETCH_IP6], src->b, sizeof(src->b));
	return tg_siphash24(&limit->key[TG_SKETCH_IP4], &src->v4, sizeof(src->v4));
}

static uint64_t
hash_prefix(const struct tg_source_limit *limit, bool is_ipv6, const union tg_ip *src)
{
	uint64_t prefix;
	uint32_t prefix4;

	if (is_ipv6) {
		prefix = __builtin_bswap64(src->q[0]) >> (64 - limit->config->prefix6_bits);
		return tg_siphash24(&limit->key[TG_SKETCH_PREFIX6], &prefix, sizeof(prefix));
	}
	prefix4 = tg_host32(src->v4) >> (32 - limit->config->prefix4_bits);
	return tg_siphash24(&limit->key[TG_SKETCH_PREFIX4], &prefix4, sizeof(prefix4));
}

static uint16_t *
cell_of(const struct tg_sketch *s, uint32_t row, uint64_t hash)
{
	return &s->cell[row * (s->mask + 1) + ((uint32_t)(hash >> 16 * row) & s->mask)];
}

static bool
is_over(const struct tg_sketch *s, uint64_t hash)
{
	uint32_t row, least = UINT32_MAX;

	for (row = 0; row < TG_SKETCH_ROWS; row++)
		least = TG_MIN(least, *cell_of(s, row, hash));
	return least >= s->ceiling;
}

static void
count(struct tg_sketch *s, uint64_t hash)
{
	uint32_t row;

	for (row = 0; row < TG_SKETCH_ROWS; row++) {
		uint16_t *cell = cell_of(s, row, hash);

		*cell = (uint16_t)(*cell + (*cell != UINT16_MAX));
	}
	s->counted++;
	if ((s->counted & s->mask) == 0)
		set_ceiling(s);
}

enum tg_drop
tg_source_limit_judge(
    struct tg_source_limit *limit, bool is_ipv6, const union tg_ip *src, tg_time_t now)
{
	tg_time_t second = now / TG_NS_PER_SEC;
	uint64_t source = 0, prefix = 0;

	if (limit->second != second)
		begin_second(limit, second);
	if (limit->source.limit != 0) {
		source = hash_source(limit, is_ipv6, src);
		if (is_over(&limit->source, source))
			return TG_DROP_SYN_SOURCE_LIMIT;
	}
	if (limit->prefix.limit != 0) {
		prefix = hash_prefix(limit, is_ipv6, src);
		if (is_over(&limit->prefix, prefix))
			return TG_DROP_SYN_PREFIX_LIMIT;
		count(&limit->prefix, prefix);
	}
	if (limit->source.limit != 0)
		count(&limit->source, source);
	return TG_DROP_NONE;
}

enum tg_drop
tg_syn_limit(struct tg_tcp *tcp, uint16_t endpoint, bool is_ipv6, const union tg_ip *src,
    uint8_t src_class, tg_time_t now)
{
	struct tg_source_limit *limit = &tcp->source_limit;
	const struct tg_endpoint *listener = &tcp->config->endpoint[endpoint];

	if (!tg_source_limit_is_set(limit))
		return TG_DROP_NONE;
	if (!tcp->syn_cookies.pressure && listener->syn_cookies != TG_SYN_COOKIES_ALWAYS)
		return TG_DROP_NONE;
	if ((limit->config->exempt & 1U << src_class) != 0)
		return TG_DROP_NONE;
	return tg_source_limit_judge(limit, is_ipv6, src, now);
}
