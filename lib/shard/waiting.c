/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Connections that wait for their next hop. A bit for each connection says which do: a list would
 * need room in every TCB, for what hardly any ever does. They are gone through when the
 * neighbour cache has found one that was asked for; timers bring back those that it never finds.
 */
#include "shard/shard_internal.h"

#define WORD_BITS     64
#define WORDS_PER_RUN 256

void
tg_waiting_layout(struct tg_waiting *w, struct tg_arena *arena, uint32_t connections)
{
	w->n_words = (connections + WORD_BITS - 1) / WORD_BITS;
	w->word = tg_arena_take(arena, w->n_words, sizeof(*w->word));
}

void
tg_waiting_add(struct tg_run *run, uint32_t h)
{
	struct tg_waiting *w = &run->shard->waiting;
	uint64_t bit = 1ULL << h % WORD_BITS, *word = &w->word[h / WORD_BITS];

	if ((*word & bit) != 0)
		return;
	if (w->n++ == 0)
		w->resolutions = tg_neighbor_resolutions(run->shard->neighbor);
	*word |= bit;
}

void
tg_waiting_remove(struct tg_run *run, uint32_t h)
{
	struct tg_waiting *w = &run->shard->waiting;
	uint64_t bit = 1ULL << h % WORD_BITS, *word = &w->word[h / WORD_BITS];

	if ((*word & bit) == 0)
		return;
	*word &= ~bit;
	w->n--;
}

/* Touches those of a word that can go on, at most `most`. Returns their number. */
static uint32_t
wake_word(struct tg_run *run, uint32_t at, uint32_t most)
{
	const struct tg_shard *shard = run->shard;
	uint64_t bits = shard->waiting.word[at];
	uint32_t n = 0;

	for (; bits != 0 && n < most; bits &= bits - 1) {
		uint32_t h = at * WORD_BITS + (uint32_t)__builtin_ctzll(bits);

		if (!tg_neighbor_is_resolved(shard->neighbor, tg_tcp_tcb(run->tcp, h)->nexthop))
			continue;
		tg_waiting_remove(run, h);
		tg_tcp_resume(run->tcp, h, run->now);
		tg_connection_touch(run, h);
		n++;
	}
	return n;
}

void
tg_waiting_run(struct tg_run *run)
{
	struct tg_waiting *w = &run->shard->waiting;
	uint32_t resolutions, woken = 0, i;

	if (w->n == 0)
		return;
	resolutions = tg_neighbor_resolutions(run->shard->neighbor);
	if (resolutions != w->resolutions) {
		w->resolutions = resolutions;
		w->left = w->n_words; /* once round, wherever it stands */
	}
	for (i = 0; i < WORDS_PER_RUN && w->left != 0; i++) {
		woken += wake_word(run, w->at, WAKES_PER_RUN - woken);
		if (woken == WAKES_PER_RUN)
			return; /* there may be more in this word */
		w->at = w->at + 1 < w->n_words ? w->at + 1 : 0;
		w->left--;
	}
}
