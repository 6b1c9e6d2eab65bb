/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "fake_shard.h"

struct tg_shard *
tg_shard_layout(
    struct tg_arena *arena, const struct tg_shard_config *config, bool first, tg_time_t now)
{
	struct tg_shard *s = tg_arena_take(arena, 1, sizeof(*s));
	struct tg_frame *held = tg_arena_take(arena, config->tcp->limits.held, sizeof(*held));

	if (s == NULL)
		return NULL;
	s->first = first;
	s->now = now;
	s->held = held;
	s->held_max = config->tcp->limits.held;
	return s;
}

void
tg_shard_link_up(struct tg_shard *shard, tg_time_t now)
{
	assert(now >= shard->now);
	atomic_fetch_add(&shard->link_ups, 1);
}

static void
take(struct tg_shard *s, const struct tg_frame *f, struct tg_frames *spare, struct tg_frames *tx)
{
	s->seen[s->n_seen++ % FAKE_SEEN_MAX] = *f;
	if (s->mode == FAKE_HOLD && s->n_held < s->held_max)
		s->held[s->n_held++] = *f;
	else if (s->mode == FAKE_ECHO && !(f->flags & TG_FRAME_COPY) && tx->n < tx->cap)
		tg_frames_push(tx, f);
	else
		tg_frames_push(spare, f);
}

void
tg_shard_run(struct tg_shard *shard, const struct tg_world *world, tg_time_t now,
    const struct tg_frame *rx, uint32_t n, struct tg_frames *spare, struct tg_frames *tx)
{
	struct tg_frame f;
	uint32_t i;

	assert(now >= shard->now && n <= TG_SHARD_BURST_MAX);
	assert(spare->n + n + shard->held_max <= spare->cap);
	shard->now = now;
	shard->spare_n = spare->n;
	for (i = 0; i < n; i++)
		take(shard, &rx[i], spare, tx);
	for (; shard->generate > 0 && tx->n < tx->cap && tg_frames_pop(spare, &f);
	     shard->generate--) {
		memset(f.data, 0, f.len = 60);
		tg_frames_push(tx, &f);
	}
	atomic_fetch_add(&shard->draining_runs, world->draining);
	atomic_fetch_add(&shard->runs, 1);
}

tg_time_t
tg_shard_idle_ns(const struct tg_shard *shard, tg_time_t now, tg_time_t max_ns)
{
	assert(now == shard->now);
	return TG_MIN(shard->idle_ns, max_ns);
}

void
tg_shard_release_frames(struct tg_shard *shard, struct tg_frames *spare)
{
	while (shard->n_held > 0)
		tg_frames_push(spare, &shard->held[--shard->n_held]);
}

uint32_t
tg_shard_held_max(const struct tg_shard *shard)
{
	return shard->held_max;
}

struct tg_stats *
tg_shard_stats(struct tg_shard *shard)
{
	return &shard->stats;
}
