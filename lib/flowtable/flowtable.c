/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "flowtable/flowtable.h"

#include <errno.h>

#define EMPTY 0 /* the tag of an empty entry, as the arena's zeroed memory has it */

void
tg_flowtable_layout(struct tg_flowtable *t, struct tg_arena *arena, uint32_t capacity)
{
	uint32_t buckets = 1;

	assert(capacity <= 1u << 28); /* the caller's configuration is bounded */
	while ((uint64_t)capacity * 100 > (uint64_t)buckets * TG_FLOW_BUCKET_ENTRIES * 85)
		buckets *= 2;
	t->bucket = tg_arena_take(arena, buckets, sizeof(*t->bucket));
	t->mask = buckets - 1;
	t->count = 0;
	t->limit = capacity;
}

static uint64_t
empty_entries(const struct tg_flowtable *t, uint32_t bucket)
{
	return tg_flow_match(&t->bucket[bucket], EMPTY);
}

static bool
more_than_one(uint64_t match)
{
	return (match & (match - 1)) != 0;
}

/* Whether a new entry stays at home. Giving up the last empty entry only to a home
 * whose alternate is as full balances the two, while most entries stay. */
static bool
stays_home(const struct tg_flowtable *t, uint32_t home, uint32_t alternate)
{
	uint64_t empty = empty_entries(t, home);

	return more_than_one(empty) || (empty != 0 && !more_than_one(empty_entries(t, alternate)));
}

/* Counts an entry of home, in a bucket along its chain, in or out: by is 1 or -1. */
static void
count_away(struct tg_flowtable *t, uint32_t home, uint16_t tag, uint32_t bucket, int by)
{
	uint32_t at = tg_flow_alternate(t, home, tag);

	t->bucket[home].away = (uint16_t)(t->bucket[home].away + by);
	for (; at != bucket; at = (at + 1) & t->mask)
		t->bucket[at].passed = (uint16_t)(t->bucket[at].passed + by);
}

/* The bucket along the chain for a new entry of home; false if a count is used up. */
static bool
find_away(const struct tg_flowtable *t, uint32_t home, uint16_t tag, uint32_t *bucket)
{
	uint32_t at = tg_flow_alternate(t, home, tag);

	if (t->bucket[home].away == UINT16_MAX)
		return false;
	/* Ends: the limit leaves empty entries. */
	for (; empty_entries(t, at) == 0; at = (at + 1) & t->mask) {
		if (t->bucket[at].passed == UINT16_MAX)
			return false;
	}
	*bucket = at;
	return true;
}

int
tg_flowtable_insert(struct tg_flowtable *t, uint32_t hash, uint32_t handle)
{
	uint16_t tag = tg_flow_tag(hash);
	uint32_t home = hash & t->mask, bucket = home, entry;

	if (t->count == t->limit)
		return -ENOSPC;
	if (!stays_home(t, home, tg_flow_alternate(t, home, tag))) {
		if (!find_away(t, home, tag, &bucket))
			return -ENOSPC;
		count_away(t, home, tag, bucket, 1);
	}
	entry = tg_flow_entry(empty_entries(t, bucket));
	t->bucket[bucket].tag[entry] = tag;
	t->bucket[bucket].handle[entry] = handle;
	t->count++;
	return 0;
}

bool
tg_flowtable_remove(struct tg_flowtable *t, uint32_t hash, uint32_t handle)
{
	struct tg_flow_probe p;
	uint32_t found;

	tg_flowtable_probe(t, hash, &p);
	do {
		found = tg_flowtable_next(t, &p);
		if (found == TG_HANDLE_NONE)
			return false;
	} while (found != handle);
	if (p.away)
		count_away(t, hash & t->mask, p.tag, p.bucket, -1);
	t->bucket[p.bucket].tag[p.entry] = EMPTY;
	t->count--;
	return true;
}
