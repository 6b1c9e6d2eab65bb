/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The scoreboard: what the peer has received beyond SND.UNA, as its SACK blocks tell (RFC
 * 2018, RFC 2883). A few disjoint ranges, ascending, none touching another. It is advice: the
 * peer may renege, so a timeout empties it, and what is forgotten only counts as under way.
 */
#include "tcp/tcp_internal.h"

uint32_t
tg_sack_bytes_below(const struct tg_side *s, uint32_t seq)
{
	uint32_t bytes = 0;
	uint8_t i;

	for (i = 0; i < s->n_sacked && tg_seq_lt(s->loss->sacked[i].left, seq); i++)
		bytes += tg_seq_min(s->loss->sacked[i].right, seq) - s->loss->sacked[i].left;
	return bytes;
}

uint32_t
tg_sack_gap(const struct tg_tcb *t, const struct tg_side *s, uint32_t *seq)
{
	uint8_t i = 0;

	while (i < s->n_sacked && tg_seq_leq(s->loss->sacked[i].left, *seq))
		*seq = tg_seq_max(*seq, s->loss->sacked[i++].right);
	return i < s->n_sacked ? s->loss->sacked[i].left : t->snd_nxt;
}

/* Ranges that SND.UNA has passed. One that it stands in was reneged on: a receiver that still
 * had it would have acknowledged all of it. */
static void
forget_acknowledged(const struct tg_tcb *t, struct tg_side *s)
{
	uint8_t n = 0;

	while (n < s->n_sacked && tg_seq_leq(s->loss->sacked[n].left, t->snd_una))
		n++;
	s->n_sacked -= n;
	memmove(s->loss->sacked, s->loss->sacked + n, s->n_sacked * sizeof(s->loss->sacked[0]));
}

/* Puts block at i, where n ranges make room. A full scoreboard forgets the highest: it is
 * the last to matter. */
static void
replace(struct tg_side *s, uint8_t i, uint8_t n, struct tg_sack_block block)
{
	if (n == 0 && s->n_sacked == TG_SACK_RANGES) {
		if (i == TG_SACK_RANGES)
			return;
		s->n_sacked--;
	}
	memmove(s->loss->sacked + i + 1, s->loss->sacked + i + n,
	    (size_t)(s->n_sacked - i - n) * sizeof(s->loss->sacked[0]));
	s->loss->sacked[i] = block;
	s->n_sacked = (uint8_t)(s->n_sacked + 1 - n);
}

static void
add(struct tg_side *s, struct tg_sack_block block)
{
	uint8_t i = 0, end;

	while (i < s->n_sacked && tg_seq_lt(s->loss->sacked[i].right, block.left))
		i++;
	for (end = i; end < s->n_sacked && tg_seq_leq(s->loss->sacked[end].left, block.right);
	     end++) {
		block.left = tg_seq_min(block.left, s->loss->sacked[end].left);
		block.right = tg_seq_max(block.right, s->loss->sacked[end].right);
	}
	replace(s, i, end - i, block);
}

/* A block lies in what was sent and is not acknowledged. That SND.UNA is missing is what it
 * says by being there. */
static bool
is_valid(const struct tg_tcb *t, struct tg_sack_block block)
{
	return tg_seq_lt(t->snd_una, block.left) && tg_seq_lt(block.left, block.right) &&
	       tg_seq_leq(block.right, t->snd_nxt);
}

/* RFC 2883 section 4: the first block reports text that came twice if the ACK or the second
 * block covers it. */
static bool
is_duplicate_report(const struct tg_tcb *t, const struct tg_segment *seg)
{
	const struct tg_sack_block *b = seg->opt.sack;

	if (tg_seq_leq(b[0].right, seg->ack))
		return true;
	return seg->opt.n_sack > 1 && is_valid(t, b[1]) && tg_seq_geq(b[0].left, b[1].left) &&
	       tg_seq_leq(b[0].right, b[1].right);
}

/* [left, right) is known to have arrived: news to RACK is what was not SACKed before. */
static void
tell_rack(const struct tg_tcp_input *in, uint32_t left, uint32_t right)
{
	while (tg_seq_lt(left, right)) {
		uint32_t end = tg_sack_gap(in->t, in->s, &left);

		if (tg_seq_lt(left, right))
			tg_rack_delivered(in, left, tg_seq_min(end, right));
		left = end;
	}
}

uint32_t
tg_sack_receive(struct tg_tcp_input *in, uint32_t una)
{
	const struct tg_segment *seg = in->seg;
	const struct tg_tcb *t = in->t;
	struct tg_side *s = in->s;
	uint32_t before, after;
	uint8_t i = 0;

	tg_runs_open(t, s);
	tell_rack(in, una, t->snd_una);
	forget_acknowledged(t, s);
	if ((seg->opt.present & TG_OPT_SACK) == 0)
		return 0;
	before = tg_sack_bytes_below(s, t->snd_nxt);
	if (seg->opt.n_sack != 0 && is_duplicate_report(t, seg)) {
		tg_count(in->tcp->stats, TG_COUNTER_DUPLICATE_SACKS);
		in->duplicate = &seg->opt.sack[i++];
	}
	for (; i < seg->opt.n_sack; i++) {
		if (!is_valid(t, seg->opt.sack[i]))
			continue;
		tell_rack(in, seg->opt.sack[i].left, seg->opt.sack[i].right);
		add(s, seg->opt.sack[i]);
	}
	after = tg_sack_bytes_below(s, t->snd_nxt);
	return after > before ? after - before : 0;
}
