/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What time does to a connection. The wheel holds its earliest deadline; here it is
 * decided which of its deadlines have passed and what that means.
 */
#include "tcp/tcp_internal.h"

void
tg_tcp_set_timer(struct tg_side *s, enum tg_tcp_timer timer, uint32_t deadline)
{
	if (timer == TG_TIMER_REORDER)
		s->loss->reorder_deadline = deadline;
	else
		s->deadline[timer] = deadline;
	s->armed |= (uint8_t)(1U << timer);
}

void
tg_tcp_stop_timer(struct tg_side *s, enum tg_tcp_timer timer)
{
	s->armed &= (uint8_t) ~(1U << timer);
}

/* How long a connection may go on without hearing from its peer. */
uint32_t
tg_tcp_life(const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s)
{
	const struct tg_tcp_timers *timers = &tcp->config->timers;

	if (tg_keep_alive_applies(t, s))
		return timers->keep_alive;
	return t->state == TG_TCP_FIN_WAIT_2 ? timers->fin_wait2 : timers->idle;
}

/* The peer was heard: its time starts again. TIME-WAIT keeps its own, and an impatient user
 * the one it gave. */
void
tg_tcp_refresh_life(struct tg_tcp *tcp, uint32_t h, tg_time_t now)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);
	uint32_t deadline = tg_time_tick(now) + tg_tcp_life(tcp, t, s);

	if ((t->flags & TG_TCB_KEEP_ALIVE) != 0)
		tg_keep_alive_answered(t, s);
	if (t->state == TG_TCP_TIME_WAIT || (s != NULL && s->impatient))
		return;
	if (s != NULL) {
		tg_tcp_set_timer(s, TG_TIMER_LIFE, deadline);
		return;
	}
	/* At rest the deadline tells when the peer was last heard, which is no earlier than when
	 * we last sent. */
	if (tg_wheel_armed(&tcp->wheel, h))
		tg_cc_idle(tcp, t, deadline - t->timer.deadline);
	tg_wheel_arm(&tcp->wheel, h, deadline);
}

void
tg_tcp_set_impatient(struct tg_tcp *tcp, uint32_t h, bool impatient, tg_time_t now)
{
	struct tg_side *s = tg_tcp_side_of(tcp, &tcp->tcb[h]);
	const struct tg_tcp_timers *timers = &tcp->config->timers;
	bool was = s->impatient;

	s->impatient = impatient;
	if (was == impatient)
		return;
	s->overdue = false;
	if (!impatient)
		tg_tcp_refresh_life(tcp, h, now);
	else if (timers->request != 0)
		tg_tcp_set_timer(s, TG_TIMER_LIFE, tg_time_tick(now) + timers->request);
	else if ((tcp->tcb[h].flags & TG_TCB_KEEP_ALIVE) != 0)
		/* Until now the deadline was that of a probe. */
		tg_tcp_set_timer(s, TG_TIMER_LIFE, tg_time_tick(now) + timers->idle);
}

static uint8_t
syn_ack_retries(struct tg_tcp *tcp, tg_time_t now)
{
	const struct tg_tcp_timers *timers = &tcp->config->timers;

	if (tcp->syn_cookies.pressure)
		tg_syn_pressure_check(tcp, now);
	return tcp->syn_cookies.pressure
		   ? TG_MIN(timers->syn_ack_retries, timers->syn_ack_retries_pressure)
		   : timers->syn_ack_retries;
}

/* RFC 9293 3.10.8, in SYN-SENT and SYN-RECEIVED: the SYN or SYN-ACK again, until its
 * retries are used up. */
static void
syn_timeout(struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_tcp_result *r)
{
	const struct tg_tcp_timers *timers = &tcp->config->timers;
	struct tg_tcb *t = &tcp->tcb[h];
	bool sent = t->state == TG_TCP_SYN_SENT;

	if (t->retries >= (sent ? timers->syn_retries : syn_ack_retries(tcp, now))) {
		tg_tcp_end(tcp, h, sent ? TG_COUNTER_SYN_TIMEOUTS : TG_COUNTER_SYN_ACK_TIMEOUTS, r);
		return;
	}
	t->retries++;
	t->flags |= TG_TCB_SEND_SYN;
	if (t->syn_time != 0) { /* else none has left yet: the next hop was not known */
		if (sent)
			tg_fast_open_failed(tcp, h, now);
		t->flags |= TG_TCB_RETRIED;
		if (sent) /* RFC 3168 6.1.1.1: perhaps ECN is why the SYN was lost */
			t->flags &= (uint16_t)~TG_TCB_ECN;
		tg_count(
		    tcp->stats, sent ? TG_COUNTER_SYN_RETRANSMITS : TG_COUNTER_SYN_ACK_RETRANSMITS);
	}
	tg_wheel_arm(&tcp->wheel, h,
	    tg_time_tick(now) +
		TG_MIN(timers->rto_initial << TG_MIN(t->retries, 16), timers->rto_max));
}

/* Whether R2 alone decides how long to wait: something is under way, or waits for the window. A
 * user who is impatient waits for something else. */
static bool
is_r2_in_charge(const struct tg_side *s)
{
	return s != NULL && !s->impatient && (s->armed & 1U << TG_TIMER_RETRANSMIT) != 0;
}

/* Whether it is the user's own time that has passed, for the first time. */
static bool
is_overdue(struct tg_tcp *tcp, struct tg_side *s, tg_time_t now)
{
	const struct tg_tcp_timers *timers = &tcp->config->timers;

	if (s == NULL || !s->impatient || s->overdue || timers->request == 0)
		return false;
	s->overdue = true;
	tg_tcp_set_timer(s, TG_TIMER_LIFE, tg_time_tick(now) + timers->idle);
	return true;
}

/* The connection has been silent for its whole life. */
static void
life_timeout(struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);

	if (is_overdue(tcp, s, now))
		return;
	if (tg_keep_alive_applies(t, s)) {
		tg_keep_alive_timeout(tcp, h, now, r);
		return;
	}
	if (is_r2_in_charge(s)) {
		tg_tcp_set_timer(s, TG_TIMER_LIFE, tg_time_tick(now) + tg_tcp_life(tcp, t, s));
		return;
	}
	if (t->state == TG_TCP_FIN_WAIT_2) {
		tg_tcp_end(tcp, h, TG_COUNTER_FIN_WAIT_TIMEOUTS, r);
		return;
	}
	tg_count(tcp->stats, TG_COUNTER_IDLE_TIMEOUTS);
	tg_tcp_close(tcp, h, r);
}

/* Whether what times out is the persist timer: nothing is under way that the peer would take. */
static bool
is_persisting(const struct tg_tcb *t)
{
	return t->snd_wnd == 0 || t->snd_una == t->snd_nxt;
}

/* R2 of this connection: its user's time, or so many retransmissions. What is under way has
 * waited since the timer was armed that fired first; a probe waits from now on. */
static bool
has_passed_r2(struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s, uint32_t tick)
{
	struct tg_rare *rare;

	if ((s->rare & TG_RARE_USER_TIMEOUT) == 0)
		return t->retries >= tcp->config->timers.retries;
	rare = tg_tcp_rare_of(tcp, t);
	if (t->retries == 0)
		rare->stalled_at = is_persisting(t) ? tick
						    : s->deadline[TG_TIMER_RETRANSMIT] -
							  tg_tcp_rto(tcp, t, s->backoff);
	return tick - rare->stalled_at >= rare->user_timeout;
}

/* The next timeout, or the end of the user's time. */
static uint32_t
next_timeout(struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s, uint32_t tick)
{
	const struct tg_rare *rare = tg_tcp_rare_of(tcp, t);
	uint32_t next = tick + tg_tcp_rto(tcp, t, s->backoff);

	if ((s->rare & TG_RARE_USER_TIMEOUT) == 0)
		return next;
	return tg_seq_min(next, rare->stalled_at + rare->user_timeout);
}

static void
count_retry(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_tcp_result *r)
{
	t->retries = (uint8_t)TG_MIN(t->retries + 1, UINT8_MAX); /* with a user timeout */
	if (t->retries == tcp->config->timers.r1) {
		tg_count(tcp->stats, TG_COUNTER_R1_PASSED);
		r->events |= TG_TCP_EVENT_R1;
	}
}

/* RFC 6298 section 5.4 to 5.7; with a closed window, or text held back for want of a better
 * one, RFC 9293 3.8.6.1. */
static void
retransmit_timeout(struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);

	if (has_passed_r2(tcp, t, s, tg_time_tick(now))) {
		tg_count(tcp->stats, TG_COUNTER_USER_TIMEOUTS);
		tg_tcp_abort(tcp, h, r);
		r->why = TG_COUNTER_USER_TIMEOUTS; /* which says more than that we reset it */
		return;
	}
	if (tg_tlp_timeout(tcp, t, s, now))
		return;
	count_retry(tcp, t, r);
	if (is_persisting(t)) {
		s->probe = true;
		tg_count(tcp->stats, TG_COUNTER_WINDOW_PROBES);
	} else {
		tg_cc_timeout(tcp, t, s);
		tg_black_hole_timeout(tcp, h);
		s->snd_ptr = t->snd_una;
		s->tlp = TG_TLP_NONE;
		if ((t->flags & TG_TCB_SACK) != 0)
			tg_rack_timeout(tcp, t, s, now);
		tg_count(tcp->stats, TG_COUNTER_RTO_TIMEOUTS);
	}
	s->backoff = (uint8_t)TG_MIN(s->backoff + 1, 30);
	tg_tcp_set_timer(s, TG_TIMER_RETRANSMIT, next_timeout(tcp, t, s, tg_time_tick(now)));
}

static bool
is_due(struct tg_side *s, enum tg_tcp_timer timer, uint32_t now)
{
	if ((s->armed & 1U << timer) == 0 || tg_seq_gt(tg_tcp_deadline(s, timer), now))
		return false;
	tg_tcp_stop_timer(s, timer);
	return true;
}

static void
side_timers(struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);
	uint32_t tick = tg_time_tick(now);

	is_due(s, TG_TIMER_RESUME, tick); /* being served again is all it is for */
	if (is_due(s, TG_TIMER_DELAYED_ACK, tick) && (t->flags & TG_TCB_DELAYED_ACK) != 0) {
		t->flags |= TG_TCB_SEND_ACK;
		tg_count(tcp->stats, TG_COUNTER_DELAYED_ACKS);
	}
	if (is_due(s, TG_TIMER_REORDER, tick))
		tg_rack_reorder_timeout(tcp, t, s, now);
	if (is_due(s, TG_TIMER_PROBE, tick))
		tg_tlp_timeout(tcp, t, s, now);
	if (is_due(s, TG_TIMER_RETRANSMIT, tick))
		retransmit_timeout(tcp, h, now, r);
	if (t->state != TG_TCP_CLOSED && is_due(s, TG_TIMER_LIFE, tick))
		life_timeout(tcp, h, now, r);
}

void
tg_tcp_timer(struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_tcp_result *r)
{
	struct tg_tcb *t = &tcp->tcb[h];

	tg_tcp_clear_result(r, h);
	if (tg_tcp_is_opening(t))
		syn_timeout(tcp, h, now, r);
	else if (t->state == TG_TCP_TIME_WAIT) {
		tg_tcp_set_state(tcp, t, TG_TCP_CLOSED);
		r->events |= TG_TCP_EVENT_CLOSED;
		r->why = TG_COUNTER_CLOSED; /* as TIME-WAIT was counted when it began */
	} else if (t->side != TG_HANDLE_NONE)
		side_timers(tcp, h, now, r);
	else
		life_timeout(tcp, h, now, r);
}

void
tg_tcp_defer(struct tg_tcp *tcp, uint32_t h, uint32_t delay, tg_time_t now)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);
	uint32_t tick = tg_time_tick(now);

	if ((t->flags & TG_TCB_SEND_SYN) != 0 && t->retries == 0)
		tg_wheel_arm(&tcp->wheel, h, tick + delay);
	t->flags &= (uint16_t)~TG_TCB_SEND_ACK; /* a bare ACK is not worth waiting for */
	/* Text in SYN-RECEIVED goes once the SYN-ACK is repeated or acknowledged. */
	if (s == NULL || tg_tcp_is_opening(t) || !tg_tcp_wants_output(tcp, h))
		return;
	/* What cannot leave counts as lost: after a first try soon the retransmission timer
	 * paces it, and R2 bounds the wait. */
	if (t->retries == 0)
		tg_tcp_set_timer(s, TG_TIMER_RESUME, tick + delay);
	if ((s->armed & 1U << TG_TIMER_RETRANSMIT) == 0)
		tg_tcp_set_timer(s, TG_TIMER_RETRANSMIT, tick + tg_tcp_rto(tcp, t, s->backoff));
}

void
tg_tcp_resume(struct tg_tcp *tcp, uint32_t h, tg_time_t now)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);
	uint32_t tick = tg_time_tick(now);

	if (!tg_tcp_wants_output(tcp, h))
		return;
	if (tg_tcp_is_opening(t)) {
		if (t->syn_time != 0)
			return; /* one has left, and has its time */
		t->retries = 0;
		tg_wheel_arm(&tcp->wheel, h, tick + tcp->config->timers.rto_initial);
	} else if (s != NULL && (s->armed & 1U << TG_TIMER_RETRANSMIT) != 0)
		tg_tcp_set_timer(s, TG_TIMER_RETRANSMIT, tick + tg_tcp_rto(tcp, t, s->backoff));
}
