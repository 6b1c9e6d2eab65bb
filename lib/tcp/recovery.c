/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Loss recovery by SACK: how much of what RACK found lost each ACK lets go (PRR, RFC 6937).
 */
#include "tcp/tcp_internal.h"

/* What was neither SACKed nor lost. What is resent is no longer lost. */
uint32_t
tg_recovery_pipe(const struct tg_tcb *t, const struct tg_side *s)
{
	return t->snd_nxt - t->snd_una - tg_sack_bytes_below(s, t->snd_nxt) -
	       tg_rack_lost_bytes(t, s);
}

void
tg_recovery_begin(const struct tg_tcb *t, struct tg_side *s)
{
	s->loss->recover_fs = t->snd_nxt - t->snd_una;
	s->loss->prr_delivered = 0;
	s->loss->prr_out = 0;
	s->tlp = TG_TLP_NONE; /* PRR answers for the loss */
}

/* RFC 6937 section 3.1, with the slow start reduction bound. */
void
tg_recovery_delivered(const struct tg_tcb *t, struct tg_side *s, uint32_t bytes)
{
	uint32_t mss = tg_tcp_effective_mss(t), ssthresh = t->ssthresh * mss;
	uint32_t pipe = tg_recovery_pipe(t, s), unused, target;
	struct tg_sack_block lost;

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
	/* The segment that everything waits for waits for nothing: perhaps no other ACK
	 * follows. */
	if (tg_rack_next_lost(t, s, t->snd_una, &lost) && lost.left == t->snd_una)
		s->loss->prr_credit = TG_MAX(s->loss->prr_credit, mss);
}

void
tg_recovery_sent(struct tg_side *s, uint32_t bytes)
{
	s->loss->prr_out += bytes;
	s->loss->prr_credit -= TG_MIN(s->loss->prr_credit, bytes);
}

/* The lowest lost text goes first. */
bool
tg_recovery_next(const struct tg_tcb *t, const struct tg_side *s, struct tg_sack_block *resend)
{
	return tg_recovering_by_sack(t, s) && tg_rack_next_lost(t, s, t->snd_una, resend) &&
	       s->loss->prr_credit >= TG_MIN(resend->right - resend->left, tg_tcp_effective_mss(t));
}
