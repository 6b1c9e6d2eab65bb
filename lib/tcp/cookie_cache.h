/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Cookie cache: what a shard's client knows of servers that do Fast Open, RFC 7413 section 4.1.3.
 *
 * One entry per server address, port and address of ours: cookies depend on both addresses, and
 * whether a server takes text in a SYN on the port. Entries lie in small buckets found by
 * a keyed hash; in a full bucket the one unused for longest makes room. The shard's worker only.
 */
#ifndef TG_TCP_COOKIE_CACHE_H
#define TG_TCP_COOKIE_CACHE_H

#include "base/arena.h"
#include "base/time.h"
#include "crypto/siphash.h"
#include "packet/tcp_options.h"

#define TG_COOKIE_CACHE_WAYS 4 /* entries of a bucket */

struct tg_cookie_key {
	union tg_ip remote;
	uint16_t endpoint; /* of ours; tells the family, too */
	be16_t rport;
	uint32_t zero; /* in the place of padding, for the key is hashed and compared as a whole */
};
_Static_assert(sizeof(struct tg_cookie_key) == sizeof(union tg_ip) + 8, "no padding");

struct tg_cookie_entry {
	struct tg_cookie_key key;
	uint32_t used;       /* when, on the cache's own clock; 0: free */
	tg_time_t off_until; /* Fast Open has failed: not before then */
	uint16_t mss;        /* largest segment to send to it, options included */
	uint8_t failures;    /* in a row */
	uint8_t n_cookie;    /* bytes, 0: none known */
	uint8_t cookie[TG_TCP_COOKIE_MAX];
};
_Static_assert(sizeof(struct tg_cookie_entry) <= 64, "no more than a cache line");

struct tg_cookie_cache {
	struct tg_cookie_entry *entry;
	uint32_t n; /* a multiple of TG_COOKIE_CACHE_WAYS; 0: nothing is ever found or added */
	uint32_t clock;
};

/* Cuts n entries, rounded up to whole buckets, from arena. */
void tg_cookie_cache_layout(struct tg_cookie_cache *cache, struct tg_arena *arena, uint32_t n);

/* The entry of key, found through hash_key, or NULL. */
struct tg_cookie_entry *tg_cookie_cache_find(struct tg_cookie_cache *cache,
    const struct tg_siphash_key *hash_key, const struct tg_cookie_key *key);

/* The same; where there is none a new one, otherwise empty, which may replace another: then
 * *evicted is true. NULL only if the cache has no entries. */
struct tg_cookie_entry *tg_cookie_cache_add(struct tg_cookie_cache *cache,
    const struct tg_siphash_key *hash_key, const struct tg_cookie_key *key, bool *evicted);

#endif
