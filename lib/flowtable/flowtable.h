/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Flow table: from a keyed 32-bit flow hash to the 32-bit handles of the records
 * that have it, probably. The table does not know the flow's key: it yields
 * candidates, and the caller compares each with the packet's addresses and ports.
 *
 * A bucket is one cache line: ten entries of a 16-bit tag and a handle, and two
 * counts. The low bits of the hash name an entry's home bucket. When home is full,
 * or down to its last empty entry while the alternate bucket has more, the entry
 * goes away to the alternate bucket, which home and tag name; where that is full
 * too, to the bucket after it, and so on, the first following the last. Home counts
 * its entries that went `away`, a bucket of such a chain those that `passed` it. So
 * a lookup ends where nobody went further, and a removal, which lowers the same
 * counts, leaves no trace: no tombstones, nothing to rehash.
 *
 * The alternate bucket is what keeps chains short in a full table that lives on.
 * Overflowing from home to its neighbour instead lets full buckets grow together with
 * every turnover, and a lookup that finds nothing has to walk them all.
 *
 * Tag: the top 16 bits of the hash times an odd constant, so that it depends on
 * all bits of the hash. With b bits spent on the bucket and s on the choice of the
 * shard (made by the top of the same hash), min(16, 32 - s - b) bits of it tell
 * the entries of a bucket apart. With a full and aged table, that is
 *
 *   connections, s       b    tag bits   false candidates per lookup
 *   2^20 in 1 shard      17   15         0.04 %
 *   2^20 in each of 16   17   11         0.4 %
 *   2^28 in 1 shard      25    7         6 %
 *
 * All functions are called by the shard's worker only.
 */
#ifndef TG_FLOWTABLE_FLOWTABLE_H
#define TG_FLOWTABLE_FLOWTABLE_H

#include "base/arena.h"
#include "base/types.h"

#define TG_FLOW_BUCKET_ENTRIES 10

struct tg_flow_bucket {
	uint16_t tag[TG_FLOW_BUCKET_ENTRIES]; /* 0: empty entry */
	uint16_t away;   /* entries whose home this is and that lie elsewhere */
	uint16_t passed; /* entries away that lie further along their chain */
	uint32_t handle[TG_FLOW_BUCKET_ENTRIES];
};
_Static_assert(sizeof(struct tg_flow_bucket) == 64, "one cache line");

struct tg_flowtable {
	struct tg_flow_bucket *bucket;
	uint32_t mask;  /* buckets - 1 */
	uint32_t count; /* entries present */
	uint32_t limit; /* entries at most */
};

/* A lookup under way. Inserting or removing ends it. */
struct tg_flow_probe {
	uint64_t match;  /* entries of the bucket with the tag, not yet yielded */
	uint32_t bucket; /* where match is from */
	uint32_t entry;  /* index in the bucket of the candidate yielded last */
	uint32_t left;   /* buckets of the chain not yet visited */
	uint16_t tag;
	bool away; /* bucket lies on the chain, it is not home */
};

/* Cuts an empty table for capacity entries (at most 2^28) from arena, or only
 * measures it. The number of buckets is the smallest power of two that keeps the
 * load at 0.85 or below: 7.5 to 15 bytes per entry of capacity. */
void tg_flowtable_layout(struct tg_flowtable *t, struct tg_arena *arena, uint32_t capacity);

/* Adds a handle under hash; it is in the table once at most, the caller knows.
 * Returns 0, or -ENOSPC if the table holds its limit of entries. (Or if 65535 entries
 * are away from one home or passed one bucket, which no keyed hash will show.) */
int tg_flowtable_insert(struct tg_flowtable *t, uint32_t hash, uint32_t handle);

/* Takes out a handle that was added under hash. Returns false if it is not there. */
bool tg_flowtable_remove(struct tg_flowtable *t, uint32_t hash, uint32_t handle);

/* The tag of a hash; never 0, which marks an empty entry. */
static inline uint16_t
tg_flow_tag(uint32_t hash)
{
	uint16_t tag = (uint16_t)((hash * 0x9e3779b1u) >> 16);

	return tag != 0 ? tag : 1;
}

/* The lanes of 16 bits in x that hold tag, as bits 0, 16, 32 and 48. */
static inline uint64_t
tg_flow_lanes(uint64_t x, uint16_t tag)
{
	const uint64_t ones = 0x0001000100010001, low = 0x7fff7fff7fff7fff;

	x ^= tag * ones;
	/* Without its top bit a lane cannot carry into the next. */
	return (~(((x & low) + low) | x) >> 15) & ones;
}

/* Which entries of a bucket carry tag: bit 16j + k stands for entry 4k + j. Four
 * tags at a time in a word: 5 cycles against 17 for a loop over ten. */
static inline uint64_t
tg_flow_match(const struct tg_flow_bucket *b, uint16_t tag)
{
	uint64_t x0, x1;
	uint32_t x2;

	memcpy(&x0, &b->tag[0], sizeof(x0));
	memcpy(&x1, &b->tag[4], sizeof(x1));
	memcpy(&x2, &b->tag[8], sizeof(x2));
	return tg_flow_lanes(x0, tag) | tg_flow_lanes(x1, tag) << 1 |
	       (tg_flow_lanes(x2, tag) << 2 & 0x00040004);
}

/* The entry that the lowest bit of a match stands for; match is not 0. */
static inline uint32_t
tg_flow_entry(uint64_t match)
{
	unsigned bit = (unsigned)__builtin_ctzll(match);

	return (bit & 15) * 4 + (bit >> 4);
}

/* Where the chain of an entry away from home begins: any odd distance is as good
 * and never leads back home, unless home is all there is. */
static inline uint32_t
tg_flow_alternate(const struct tg_flowtable *t, uint32_t home, uint16_t tag)
{
	return (home + (tag | 1)) & t->mask;
}

/* Brings the home bucket of hash into the cache. */
static inline void
tg_flowtable_prefetch(const struct tg_flowtable *t, uint32_t hash)
{
	__builtin_prefetch(&t->bucket[hash & t->mask]);
}

/* Starts a lookup of hash. Started for a whole burst before the first candidate is
 * asked for, lookups that have to leave home find their next bucket in the cache:
 * a third fewer cycles for a lookup that finds nothing in 2^20 buckets at load 0.6. */
static inline void
tg_flowtable_probe(const struct tg_flowtable *t, uint32_t hash, struct tg_flow_probe *p)
{
	uint32_t home = hash & t->mask;

	p->tag = tg_flow_tag(hash);
	p->bucket = home;
	p->entry = 0;
	p->left = t->mask;
	p->away = false;
	p->match = tg_flow_match(&t->bucket[home], p->tag);
	if (p->match == 0 && t->bucket[home].away != 0)
		__builtin_prefetch(&t->bucket[tg_flow_alternate(t, home, p->tag)]);
}

/* Goes on to the next bucket of a lookup. Returns false if nobody went further. */
static inline bool
tg_flow_probe_on(const struct tg_flowtable *t, struct tg_flow_probe *p)
{
	const struct tg_flow_bucket *b = &t->bucket[p->bucket];

	if (!p->away) {
		if (b->away == 0)
			return false;
		p->away = true;
		p->bucket = tg_flow_alternate(t, p->bucket, p->tag);
	} else {
		/* Churn can leave every bucket passed by some entry: once round is enough. */
		if (b->passed == 0 || p->left == 0)
			return false;
		p->left--;
		p->bucket = (p->bucket + 1) & t->mask;
	}
	p->match = tg_flow_match(&t->bucket[p->bucket], p->tag);
	return true;
}

/* Yields the next candidate's handle, or TG_HANDLE_NONE when there are no more. A
 * handle at home comes twice if the chain leads through home. */
static inline uint32_t
tg_flowtable_next(const struct tg_flowtable *t, struct tg_flow_probe *p)
{
	while (p->match == 0) {
		if (!tg_flow_probe_on(t, p))
			return TG_HANDLE_NONE;
	}
	p->entry = tg_flow_entry(p->match);
	p->match &= p->match - 1;
	return t->bucket[p->bucket].handle[p->entry];
}

/* Whether a lookup of hash would yield nothing: home tells, almost always. */
static inline bool
tg_flowtable_lacks(const struct tg_flowtable *t, uint32_t hash)
{
	typedef uint16_t tags __attribute__((vector_size(16)));
	typedef uint64_t words __attribute__((vector_size(16)));
	const struct tg_flow_bucket *home = &t->bucket[hash & t->mask];
	uint16_t tag = tg_flow_tag(hash);
	struct tg_flow_probe probe;
	tags eight;
	words match;

	memcpy(&eight, home->tag, sizeof(eight));
	match = (words)(eight == tag);
	if ((match[0] | match[1]) == 0 && home->tag[8] != tag && home->tag[9] != tag &&
	    home->away == 0)
		return true;
	tg_flowtable_probe(t, hash, &probe);
	return tg_flowtable_next(t, &probe) == TG_HANDLE_NONE;
}

#endif
