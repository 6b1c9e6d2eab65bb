/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Loss recovery by SACK: which holes of the scoreboard are lost and what is still under way
 * (RFC 6675), and how much each ACK lets go (PRR, RFC 6937).
 */
#include "tcp/tcp_internal.h"

/* Text between two ranges that has not been SACKed. */
struct hole {
	uint32_t left, right;
	uint32_t lost; /* [left, lost) counts as lost */
};

/* IsLost, RFC 6675 section 4, of what lies just below range i. */
static bool
is_lost_below(const struct tg_tcb *t, const struct tg_side *s, uint8_t i)
{
	uint32_t above;

	if (i >= s->n_sacked)
		return false;
	above =
	    tg_sack_bytes_below(s, t->snd_nxt) - tg_sack_bytes_below(s, s->loss->sacked[i].left);
	return s->n_sacked - i >= TG_DUP_ACK_THRESHOLD ||
	       above > (TG_DUP_ACK_THRESHOLD - 1) * tg_tcp_effective_mss(t);
}

bool
tg_recovery_is_due(const struct tg_tcb *t, const struct tg_side *s)
{
	return s->dup_acks >= TG_DUP_ACK_THRESHOLD || is_lost_below(t, s, 0);
}

/* The hole below range i, or above them all. A segment at SND.UNA is lost in any case: that
 * is why recovery began (RFC 6675 section 5, 4.3), and what a partial ACK means (RFC 6582). */
static struct hole
hole_below(const struct tg_tcb *t, const struct tg_side *s, uint8_t i)
{
	struct hole h = { .left = i == 0 ? t->snd_una : s->loss->sacked[i - 1].right,
		.right = i < s->n_sacked ? s->loss->sacked[i].left : t->snd_nxt };

	h.lost = h.left;
	if (is_lost_below(t, s, i))
		h.lost = h.right;
	else if (i == 0 && tg_seq_gt(s->loss->high_rxt, h.left))
		h.lost = tg_seq_min(s->loss->high_rxt, h.right);
	else if (i == 0)
		h.lost = tg_seq_min(h.left + tg_tcp_effective_mss(t), h.right);
	return h;
}

/* SetPipe, RFC 6675 section 4: what is not lost, and what was resent. */
uint32_t
tg_recovery_pipe(const struct tg_tcb *t, const struct tg_side *s)
{
	uint32_t pipe = 0;
	uint8_t i;

	for (i = 0; i <= s->n_sacked; i++) {
		struct hole h = hole_below(t, s, i);

		pipe += h.right - h.lost;
		if (tg_seq_lt(h.left, s->loss->high_rxt))
			pipe += tg_seq_min(s->loss->high_rxt, h.right) - h.left;
	}
	return pipe;
}

void
tg_recovery_begin(const struct tg_tcb *t, struct tg_side *s)
{
	s->loss->high_rxt = t->snd_una;
	s->loss->recover_fs = t->snd_nxt - t->snd_una;
	s->loss->prr_delivered = 0;
	s->loss->prr_out = 0;
}

/* RFC 6937 section 3.1, with the slow start reduction bound. */
void
tg_recovery_delivered(const struct tg_tcb *t, struct tg_side *s, uint32_t bytes)
{
	uint32_t mss = tg_tcp_effective_mss(t), ssthresh = t->ssthresh * mss;
	uint32_t pipe = tg_recovery_pipe(t, s), unused, target;

	s->loss->prr_delivered += bytes;
	if (pipe > ssthresh) {
		target = (uint32_t)(((uint64_t)s->loss->prr_delivered * ssthresh +
					s->loss->recover_fs - 1) /
				    s->loss->recover_fs);
		s->loss->prr_credit = target > s->loss->prr_out ? target - s->loss->prr_out : 0;
	} else {
		unused = s->loss->prr_delivered > s->loss->prr_out
			     ? s->loss->prr_delivered - s->loss->prr_out
			     : 0;
		s->loss->prr_credit = TG_MIN(ssthresh - pipe, TG_MAX(unused, bytes) + mss);
	}
	/* The fast retransmit waits for nothing, nor does that of a partial ACK: perhaps no other
	 * ACK follows. */
	if (tg_seq_geq(t->snd_una, s->loss->high_rxt))
		s->loss->prr_credit = TG_MAX(s->loss->prr_credit, mss);
}

void
tg_recovery_sent(struct tg_side *s, uint32_t bytes)
{
	s->loss->prr_out += bytes;
	s->loss->prr_credit -= TG_MIN(s->loss->prr_credit, bytes);
}

/* NextSeg, RFC 6675 section 4: rule 1, or without lost_only rule 3. Rule 2, new text, comes
 * between them, and rule 4 is what hole_below makes of a partial ACK. */
bool
tg_recovery_next(
    const struct tg_tcb *t, const struct tg_side *s, bool lost_only, struct tg_sack_block *resend)
{
	uint8_t i;

	if (!tg_recovering_by_sack(t, s))
		return false;
	for (i = 0; i < s->n_sacked + lost_only; i++) {
		struct hole h = hole_below(t, s, i);

		resend->left = tg_seq_max(h.left, s->loss->high_rxt);
		resend->right = h.right;
		if (tg_seq_lt(resend->left, lost_only ? h.lost : h.right))
			return s->loss->prr_credit >=
			       TG_MIN(h.right - resend->left, tg_tcp_effective_mss(t));
	}
	return false;
}
