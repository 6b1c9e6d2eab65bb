/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Keep-alives, RFC 9293 3.8.4: whether the peer of an idle connection still knows it.
 *
 * A probe is an ACK with the sequence number before SND.NXT, and no text (SHLD-12): the peer
 * cannot accept it and has to answer. An idle connection needs no more than its TCB for this:
 * its one deadline is when to probe, and the retries that no text uses count the probes.
 */
#include "tcp/tcp_internal.h"

#define PROBE_DUE 0x80 /* in the count of probes: the last of them has not left yet */

/* A user that waits for the rest of something is not idle, whatever its peer answers. */
bool
tg_keep_alive_applies(const struct tg_tcb *t, const struct tg_side *s)
{
	return (t->flags & TG_TCB_KEEP_ALIVE) != 0 && (s == NULL || !s->impatient) &&
	       (t->state == TG_TCP_ESTABLISHED || t->state == TG_TCP_CLOSE_WAIT);
}

static uint8_t *
probes(struct tg_tcb *t, struct tg_side *s)
{
	return s != NULL ? &s->keep_alives : &t->retries;
}

static unsigned
probes_sent(struct tg_tcb *t, struct tg_side *s)
{
	return *probes(t, s) & (PROBE_DUE - 1U);
}

/* The peer was heard. */
void
tg_keep_alive_answered(struct tg_tcb *t, struct tg_side *s)
{
	*probes(t, s) = 0;
}

/* The sequence number of a segment without text: that of a probe, once, if one is due. */
uint32_t
tg_keep_alive_seq(struct tg_tcb *t, struct tg_side *s)
{
	uint8_t *n = probes(t, s);

	if (!tg_keep_alive_applies(t, s) || (*n & PROBE_DUE) == 0)
		return t->snd_nxt;
	*n &= (uint8_t)~PROBE_DUE;
	return t->snd_nxt - 1;
}

static void
arm(struct tg_tcp *tcp, uint32_t h, struct tg_side *s, uint32_t deadline)
{
	if (s != NULL)
		tg_tcp_set_timer(s, TG_TIMER_LIFE, deadline);
	else
		tg_wheel_arm(&tcp->wheel, h, deadline);
}

static void
probe(struct tg_tcp *tcp, uint32_t h, tg_time_t now)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);
	unsigned sent = probes_sent(t, s);

	if (sent == 0) /* answers will not tell that nothing was sent for so long */
		tg_cc_idle(tcp, t, tcp->config->timers.keep_alive);
	*probes(t, s) = (uint8_t)(sent + 1) | PROBE_DUE;
	t->flags |= TG_TCB_SEND_ACK;
	tg_count(tcp->stats, TG_COUNTER_KEEP_ALIVES);
	arm(tcp, h, s, tg_time_tick(now) + tcp->config->timers.keep_alive_interval);
}

/* Nothing was heard for as long as the deadline said. With text under way there is no need to
 * probe (MUST-26): it is sent again until R2 ends it. */
void
tg_keep_alive_timeout(struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_tcp_result *r)
{
	const struct tg_tcp_timers *timers = &tcp->config->timers;
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);

	if (s != NULL && (s->armed & 1U << TG_TIMER_RETRANSMIT) != 0) {
		arm(tcp, h, s, tg_time_tick(now) + timers->keep_alive);
	} else if (probes_sent(t, s) < timers->keep_alive_probes) {
		probe(tcp, h, now);
	} else {
		tg_count(tcp->stats, TG_COUNTER_KEEP_ALIVE_TIMEOUTS);
		tg_tcp_abort(tcp, h, r);
		r->why = TG_COUNTER_KEEP_ALIVE_TIMEOUTS;
	}
}
