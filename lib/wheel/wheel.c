/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "wheel/wheel.h"
#include "base/seq.h"

#define SLOT_BITS 8
/* A prev with this bit names the slot whose head the node is. */
#define HEAD_OF (1u << 31)

static struct tg_wheel_node *
node_of(const struct tg_wheel *w, uint32_t handle)
{
	assert(handle < w->n_records); /* handles come from the owner's pool */
	return (void *)(w->nodes + handle * w->stride);
}

/* The slot of a level that a tick lies in, counted over all levels. */
static uint32_t
slot_of(uint32_t tick, unsigned level)
{
	return level * TG_WHEEL_SLOTS + (tick >> level * SLOT_BITS) % TG_WHEEL_SLOTS;
}

/* Slots of a level from the one its clock is in to that of tick, not before it. */
static uint32_t
slots_ahead(const struct tg_wheel *w, unsigned level, uint32_t tick)
{
	return (tick - w->clock[level]) >> level * SLOT_BITS;
}

static uint64_t *
occupied_word(struct tg_wheel *w, uint32_t slot)
{
	return &w->occupied[slot / TG_WHEEL_SLOTS][slot % TG_WHEEL_SLOTS / 64];
}

static void
link_node(struct tg_wheel *w, uint32_t handle, struct tg_wheel_node *node)
{
	unsigned level = 0;
	uint32_t slot;

	/* Ends: 256 slots of the last level go round all ticks. */
	while (slots_ahead(w, level, node->deadline) >= TG_WHEEL_SLOTS)
		level++;
	slot = slot_of(node->deadline, level);
	node->prev = HEAD_OF | slot;
	node->next = w->head[slot];
	if (node->next != TG_HANDLE_NONE)
		node_of(w, node->next)->prev = handle;
	w->head[slot] = handle;
	*occupied_word(w, slot) |= 1ULL << slot % 64;
}

static void
unlink_node(struct tg_wheel *w, struct tg_wheel_node *node)
{
	uint32_t slot = node->prev & ~HEAD_OF;

	if (node->next != TG_HANDLE_NONE)
		node_of(w, node->next)->prev = node->prev;
	if (!(node->prev & HEAD_OF)) {
		node_of(w, node->prev)->next = node->next;
	} else {
		w->head[slot] = node->next;
		if (node->next == TG_HANDLE_NONE)
			*occupied_word(w, slot) &= ~(1ULL << slot % 64);
	}
	node->prev = TG_HANDLE_NONE;
}

void
tg_wheel_init(struct tg_wheel *w, uint32_t now, void *records, size_t stride, size_t node_offset,
    uint32_t n_records)
{
	uint32_t handle;
	unsigned level;

	assert(n_records < HEAD_OF);
	memset(w, 0, sizeof(*w));
	memset(w->head, 0xff, sizeof(w->head));
	w->nodes = (uint8_t *)records + node_offset;
	w->stride = stride;
	w->n_records = n_records;
	w->now = now;
	for (level = 0; level < TG_WHEEL_LEVELS; level++)
		w->clock[level] = now >> level * SLOT_BITS << level * SLOT_BITS;
	for (handle = 0; handle < n_records; handle++)
		node_of(w, handle)->prev = TG_HANDLE_NONE;
}

bool
tg_wheel_armed(const struct tg_wheel *w, uint32_t handle)
{
	return node_of(w, handle)->prev != TG_HANDLE_NONE;
}

void
tg_wheel_arm(struct tg_wheel *w, uint32_t handle, uint32_t deadline)
{
	struct tg_wheel_node *node = node_of(w, handle);

	deadline = tg_seq_max(deadline, w->now);
	if (node->prev != TG_HANDLE_NONE) {
		if (tg_seq_geq(deadline, node->deadline)) {
			node->deadline = deadline;
			return;
		}
		unlink_node(w, node);
	}
	node->deadline = deadline;
	link_node(w, handle, node);
}

void
tg_wheel_cancel(struct tg_wheel *w, uint32_t handle)
{
	struct tg_wheel_node *node = node_of(w, handle);

	if (node->prev != TG_HANDLE_NONE)
		unlink_node(w, node);
}

/* First occupied slot of a level at or after `from`; TG_WHEEL_SLOTS if none. */
static uint32_t
find_occupied(const struct tg_wheel *w, unsigned level, uint32_t from)
{
	const uint64_t *map = w->occupied[level];
	uint64_t skip = ~0ULL << from % 64;
	uint32_t i;

	for (i = from / 64; i < TG_WHEEL_SLOTS / 64; i++) {
		if (map[i] & skip)
			return i * 64 + (uint32_t)__builtin_ctzll(map[i] & skip);
		skip = ~0ULL;
	}
	return TG_WHEEL_SLOTS;
}

/* Slots of a level from the one its clock is in to the first occupied one; without
 * bound, UINT32_MAX, if none is. */
static uint32_t
slots_to_occupied(const struct tg_wheel *w, unsigned level)
{
	uint32_t from = slot_of(w->clock[level], level) % TG_WHEEL_SLOTS;
	uint32_t slot = find_occupied(w, level, from);

	if (slot == TG_WHEEL_SLOTS)
		slot = find_occupied(w, level, 0);
	return slot == TG_WHEEL_SLOTS ? UINT32_MAX : (slot - from) % TG_WHEEL_SLOTS;
}

bool
tg_wheel_next(const struct tg_wheel *w, uint32_t *tick)
{
	uint32_t wait = UINT32_MAX;
	unsigned level;

	for (level = 0; level < TG_WHEEL_LEVELS; level++) {
		uint32_t slots = slots_to_occupied(w, level), start;

		if (slots == UINT32_MAX)
			continue;
		start = w->clock[level] + (slots << level * SLOT_BITS);
		wait = TG_MIN(wait, tg_seq_max(start, w->now) - w->now);
	}
	if (wait == UINT32_MAX)
		return false;
	*tick = w->now + wait;
	return true;
}

/* Whether an advance to now_tick would find nothing, told in no time: everything was looked at up
 * to there, and what has been armed to it since lies in the slot that the first level is in. */
static bool
is_done(const struct tg_wheel *w, uint32_t now_tick)
{
	return now_tick == w->now && !w->left_over &&
	       w->head[slot_of(w->clock[0], 0)] == TG_HANDLE_NONE;
}

bool
tg_wheel_behind(const struct tg_wheel *w, uint32_t now_tick)
{
	uint32_t tick;

	return !is_done(w, now_tick) && tg_wheel_next(w, &tick) && tg_seq_leq(tick, now_tick);
}

/* One call of tg_wheel_advance. */
struct advance {
	uint32_t budget; /* nodes left to look at */
	uint32_t *expired;
	uint32_t n, max; /* handles in expired, room there */
};

/* Empties a slot that time has entered. All lower levels having come up to now, a
 * node that is not due finds its place there, or in a later slot of this level.
 * Returns false if the budget ran out. */
static bool
drain_slot(struct tg_wheel *w, uint32_t slot, struct advance *a)
{
	uint32_t handle;

	while ((handle = w->head[slot]) != TG_HANDLE_NONE) {
		struct tg_wheel_node *node = node_of(w, handle);

		if (a->budget == 0 || a->n == a->max)
			return false;
		a->budget--;
		unlink_node(w, node);
		if (tg_seq_leq(node->deadline, w->now))
			a->expired[a->n++] = handle;
		else
			link_node(w, handle, node);
	}
	return true;
}

/* Brings a level's clock up to now. Returns false if the budget ran out. */
static bool
advance_level(struct tg_wheel *w, unsigned level, struct advance *a)
{
	while (drain_slot(w, slot_of(w->clock[level], level), a)) {
		uint32_t behind = slots_ahead(w, level, w->now);

		if (behind == 0)
			return true;
		w->clock[level] += TG_MIN(behind, slots_to_occupied(w, level)) << level * SLOT_BITS;
	}
	return false;
}

uint32_t
tg_wheel_advance(
    struct tg_wheel *w, uint32_t now_tick, uint32_t budget, uint32_t *expired, uint32_t max)
{
	struct advance a = { budget, expired, 0, max };
	unsigned level;

	assert(tg_seq_geq(now_tick, w->now)); /* the clock is monotonic and read often */
	if (is_done(w, now_tick))
		return 0;
	w->now = now_tick;
	for (level = 0; level < TG_WHEEL_LEVELS; level++) {
		if (!advance_level(w, level, &a))
			break;
	}
	w->left_over = level < TG_WHEEL_LEVELS;
	return a.n;
}
