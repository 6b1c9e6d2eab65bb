/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "tcp/cookie_cache.h"

#include "base/seq.h"

void
tg_cookie_cache_layout(struct tg_cookie_cache *cache, struct tg_arena *arena, uint32_t n)
{
	cache->n = (n + TG_COOKIE_CACHE_WAYS - 1) / TG_COOKIE_CACHE_WAYS * TG_COOKIE_CACHE_WAYS;
	cache->clock = 0;
	cache->entry = tg_arena_take(arena, cache->n, sizeof(*cache->entry));
}

static struct tg_cookie_entry *
bucket_of(struct tg_cookie_cache *cache, const struct tg_siphash_key *hash_key,
    const struct tg_cookie_key *key)
{
	uint32_t hash = (uint32_t)tg_siphash13(hash_key, key, sizeof(*key));
	uint32_t n_buckets = cache->n / TG_COOKIE_CACHE_WAYS;

	return &cache->entry[((uint64_t)hash * n_buckets >> 32) * TG_COOKIE_CACHE_WAYS];
}

static void
touch(struct tg_cookie_cache *cache, struct tg_cookie_entry *e)
{
	cache->clock += 1 + (cache->clock == UINT32_MAX); /* 0 is for free entries */
	e->used = cache->clock;
}

struct tg_cookie_entry *
tg_cookie_cache_find(struct tg_cookie_cache *cache, const struct tg_siphash_key *hash_key,
    const struct tg_cookie_key *key)
{
	struct tg_cookie_entry *e;
	uint32_t i;

	if (cache->n == 0)
		return NULL;
	e = bucket_of(cache, hash_key, key);
	for (i = 0; i < TG_COOKIE_CACHE_WAYS; i++, e++) {
		if (e->used == 0 || memcmp(&e->key, key, sizeof(*key)) != 0)
			continue;
		touch(cache, e);
		return e;
	}
	return NULL;
}

struct tg_cookie_entry *
tg_cookie_cache_add(struct tg_cookie_cache *cache, const struct tg_siphash_key *hash_key,
    const struct tg_cookie_key *key, bool *evicted)
{
	struct tg_cookie_entry *e = tg_cookie_cache_find(cache, hash_key, key), *oldest;
	uint32_t i;

	*evicted = false;
	if (e != NULL || cache->n == 0)
		return e;
	e = oldest = bucket_of(cache, hash_key, key);
	for (i = 0; i < TG_COOKIE_CACHE_WAYS && oldest->used != 0; i++, e++)
		if (e->used == 0 || tg_seq_lt(e->used, oldest->used))
			oldest = e;
	*evicted = oldest->used != 0;
	*oldest = (struct tg_cookie_entry){ .key = *key };
	touch(cache, oldest);
	return oldest;
}
