/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * When what is under way was sent. A burst shares one time, so what was sent with it and lies
 * side by side is one run: there is no record per segment. Text sent by one burst to an idle
 * path needs no run at all, its time is that of the segment being timed. Runs above one another
 * cover all from SND.UNA to SND.NXT.
 */
#include "tcp/tcp_internal.h"

uint32_t
tg_run_end(const struct tg_tcb *t, const struct tg_side *s, uint8_t i)
{
	return i + 1 < s->n_runs ? s->loss->run[i + 1].left : t->snd_nxt;
}

void
tg_runs_open(const struct tg_tcb *t, struct tg_side *s)
{
	if (s->n_runs != 0)
		return;
	s->n_runs = 1;
	s->loss->run[0] = (struct tg_tx_run){ .left = t->snd_una, .sent = s->rtt_time };
	tg_rack_init(t, s);
}

static void
remove_runs(struct tg_side *s, uint8_t i, uint8_t n)
{
	struct tg_tx_run *run = s->loss->run + i;

	s->n_runs -= n;
	memmove(run, run + n, (size_t)(s->n_runs - i) * sizeof(*run));
}

static void
forget_acknowledged(const struct tg_tcb *t, struct tg_side *s)
{
	uint8_t n = 0;

	while (n + 1 < s->n_runs && tg_seq_leq(s->loss->run[n + 1].left, t->snd_una))
		n++;
	if (n != 0)
		remove_runs(s, 0, n);
}

static bool
is_sacked(const struct tg_tcb *t, const struct tg_side *s, uint8_t i)
{
	uint32_t left = s->loss->run[i].left, end = tg_run_end(t, s, i);

	return tg_sack_bytes_below(s, end) - tg_sack_bytes_below(s, left) == end - left;
}

/* How much later run i would count as sent if it became one with the next. The time of what
 * was SACKed no longer matters. */
static uint32_t
merge_cost(const struct tg_tcb *t, const struct tg_side *s, uint8_t i)
{
	const struct tg_tx_run *run = s->loss->run + i;

	if (is_sacked(t, s, i) || is_sacked(t, s, i + 1))
		return 0;
	return tg_seq_max(run[0].sent, run[1].sent) - tg_seq_min(run[0].sent, run[1].sent);
}

/* The newer time stands for both: a loss may be found late, never where there is none. */
static void
merge(const struct tg_tcb *t, struct tg_side *s, uint8_t i)
{
	struct tg_tx_run *run = s->loss->run + i;

	if (is_sacked(t, s, i)) {
		run[0].sent = run[1].sent;
		run[0].resent = run[1].resent;
	} else if (!is_sacked(t, s, i + 1)) {
		run[0].sent = tg_seq_max(run[0].sent, run[1].sent);
		run[0].resent |= run[1].resent;
	}
	remove_runs(s, i + 1, 1);
}

/* Room for n more runs. */
static void
make_room(struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s, uint8_t n)
{
	uint8_t i, best;

	forget_acknowledged(t, s);
	while (s->n_runs + n > TG_RUNS) {
		for (best = 0, i = 1; i + 1 < s->n_runs; i++)
			if (merge_cost(t, s, i) < merge_cost(t, s, best))
				best = i;
		if (merge_cost(t, s, best) != 0)
			tg_count(tcp->stats, TG_COUNTER_RUNS_MERGED);
		merge(t, s, best);
	}
}

/* The index of the run that begins at seq, made so if need be. There is room. */
static uint8_t
split(const struct tg_tcb *t, struct tg_side *s, uint32_t seq)
{
	struct tg_tx_run *run = s->loss->run;
	uint8_t i = s->n_runs;

	if (tg_seq_geq(seq, t->snd_nxt))
		return i;
	while (i > 1 && tg_seq_gt(run[i - 1].left, seq))
		i--;
	if (tg_seq_geq(run[i - 1].left, seq))
		return i - 1;
	memmove(run + i + 1, run + i, (size_t)(s->n_runs - i) * sizeof(*run));
	run[i] = run[i - 1];
	run[i].left = seq;
	s->n_runs++;
	return i;
}

void
tg_runs_set(struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s, struct tg_tx_run run,
    uint32_t end)
{
	struct tg_tx_run *at = s->loss->run;
	uint8_t i, j;

	tg_runs_open(t, s);
	make_room(tcp, t, s, 2);
	i = split(t, s, run.left);
	j = split(t, s, end);
	at[i] = run;
	remove_runs(s, i + 1, j - i - 1);
	if (i != 0 && at[i - 1].sent == run.sent && at[i - 1].resent == run.resent)
		remove_runs(s, i, 1);
}

static void
append(struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s, uint32_t time)
{
	const struct tg_tx_run *last;

	if (s->n_runs == 0 && s->rtt_time == time)
		return;
	tg_runs_open(t, s);
	last = &s->loss->run[s->n_runs - 1];
	if (last->sent == time && !last->resent)
		return;
	make_room(tcp, t, s, 1);
	s->loss->run[s->n_runs++] = (struct tg_tx_run){ .left = t->snd_nxt, .sent = time };
}

void
tg_runs_sent(struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s,
    const struct tg_segment *seg, tg_time_t now)
{
	uint32_t end = seg->seq + tg_seg_len(seg), time = tg_time_rtt(now);

	/* Runs tell of text, not of a SYN-ACK before it. */
	if (t->snd_una == t->snd_nxt ||
	    (t->state == TG_TCP_SYN_RECEIVED && seg->seq == t->snd_nxt &&
		t->snd_nxt == t->snd_una + 1)) {
		if (s->n_runs != 0) {
			s->n_runs = 1;
			s->loss->run[0] = (struct tg_tx_run){ .left = seg->seq, .sent = time };
		}
		return;
	}
	/* What probes a closed window counts as unsent until it is acknowledged. */
	if (tg_seq_lt(seg->seq, t->snd_nxt) && t->snd_wnd != 0)
		tg_runs_set(tcp, t, s,
		    (struct tg_tx_run){ .left = seg->seq, .sent = time, .resent = true },
		    tg_seq_min(end, t->snd_nxt));
	if (tg_seq_gt(end, t->snd_nxt))
		append(tcp, t, s, time);
}
