/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Segments that meet no connection: LISTEN (RFC 9293 3.10.7.2) and CLOSED (3.10.7.1), and
 * SYNs that open a connection again.
 */
#include "packet/flow_hash.h"
#include "tcp/tcp_internal.h"

/* RFC 9293 3.10.7.1: the reset that answers a segment of no connection. */
static void
make_reset(const struct tg_segment *seg, struct tg_segment *reply)
{
	*reply = (struct tg_segment){
		.flags = TG_TCP_RST,
		.sport = seg->dport,
		.dport = seg->sport,
	};
	if ((seg->flags & TG_TCP_ACK) != 0) {
		reply->seq = seg->ack;
		return;
	}
	reply->ack = seg->seq + tg_seg_len(seg);
	reply->flags |= TG_TCP_ACK;
}

void
tg_tcp_reset(struct tg_tcp_input *in, enum tg_drop why)
{
	struct tg_tcp *tcp = in->tcp;

	in->r->drop = why;
	if (!tg_rate_limit_take(&tcp->resets, in->now)) {
		in->r->drop = TG_DROP_TCP_RST_LIMITED;
		return;
	}
	make_reset(in->seg, &in->r->reply);
	in->r->has_reply = true;
	tg_count(tcp->stats, TG_COUNTER_RST_SENT);
}

uint16_t
tg_tcp_find_listener(const struct tg_tcp_config *config, bool is_ipv6, const union tg_ip *dst,
    be16_t port, uint16_t vlan)
{
	uint16_t i;

	for (i = 0; i < config->n_endpoints; i++) {
		const struct tg_endpoint *e = &config->endpoint[i];

		if (e->port == port && e->port != 0 && e->is_ipv6 == is_ipv6 && e->vlan == vlan &&
		    tg_ip_equal(&e->ip, dst))
			return i;
	}
	return TG_ENDPOINT_NONE;
}

/* Enters SYN-RECEIVED: 3.10.7.2, "third, check for a SYN". iss is the caller's choice. */
static void
receive_syn(struct tg_tcp_input *in, uint32_t iss)
{
	struct tg_tcp *tcp = in->tcp;
	struct tg_tcb *t = in->t;

	t->flags = TG_TCB_SEND_SYN | tg_tcp_default_flags(tcp->config);
	t->retries = 0;
	t->rcv_nxt = in->seg->seq + 1;
	t->snd_una = iss;
	t->snd_nxt = iss + 1;
	tg_tcp_negotiate(tcp, t, in->pkt);
	if ((t->flags & TG_TCB_TIMESTAMPS) != 0)
		t->ts_off = tg_tcp_ts_offset(tcp, in->pkt);
	tg_cc_init(tcp, t);
	t->syn_time = 0;
	tg_tcp_set_state(tcp, t, TG_TCP_SYN_RECEIVED);
	tg_wheel_cancel(&tcp->wheel, in->h);
	tg_wheel_arm(&tcp->wheel, in->h, tg_time_tick(in->now) + tcp->config->timers.rto_initial);
	tg_count(tcp->stats, TG_COUNTER_SYN_RECEIVED);
	in->r->handle = in->h;
	if ((in->seg->opt.present & TG_OPT_FAST_OPEN) != 0)
		tg_fast_open_receive_syn(in);
}

static void
open_passive(struct tg_tcp_input *in, uint16_t endpoint)
{
	struct tg_tcp *tcp = in->tcp;

	in->h = tg_tcp_new_connection(tcp, endpoint, in->pkt, in->hash);
	if (in->h == TG_HANDLE_NONE) {
		in->r->drop = TG_DROP_TCP_NO_TCB;
		return;
	}
	in->t = &tcp->tcb[in->h];
	receive_syn(in, tg_tcp_isn(tcp, in->pkt, in->now));
}

/* A SYN that the table of half-open connections has no room for. */
static void
refuse_syn(struct tg_tcp_input *in)
{
	if (in->tcp->config->reset_on_overflow)
		tg_tcp_reset(in, TG_DROP_TCP_BACKLOG);
	else
		in->r->drop = TG_DROP_TCP_BACKLOG;
}

/* An ACK of no connection: the end of a handshake by cookie, or a mistake. */
static void
receive_ack(struct tg_tcp_input *in, uint16_t endpoint)
{
	if ((in->seg->flags & TG_TCP_SYN) != 0 || in->tcp->draining ||
	    !tg_syn_cookies_accept(in, endpoint))
		tg_tcp_reset(in, TG_DROP_TCP_NO_CONNECTION);
}

static void
receive_first_syn(struct tg_tcp_input *in, uint16_t endpoint)
{
	struct tg_tcp *tcp = in->tcp;

	tg_syn_pressure_check(tcp, in->now);
	in->r->drop = tg_syn_limit(
	    tcp, endpoint, in->pkt->is_ipv6, &in->pkt->src, in->pkt->src_class, in->now);
	if (in->r->drop != TG_DROP_NONE)
		return;
	if (tg_syn_cookies_wanted(tcp, endpoint, in->pkt) && tg_syn_cookies_answer(in, endpoint))
		return;
	if (tg_gauge(&tcp->gauges->state[TG_TCP_SYN_RECEIVED]) >= tcp->config->limits.half_open)
		refuse_syn(in);
	else
		open_passive(in, endpoint);
}

/* 3.10.7.2, LISTEN: RST, then ACK, then SYN. Other segments are dropped. */
static void
listen(struct tg_tcp_input *in, uint16_t endpoint)
{
	uint8_t flags = in->seg->flags;

	if ((flags & TG_TCP_RST) != 0)
		in->r->drop = TG_DROP_TCP_NO_LISTENER_RST;
	else if ((flags & TG_TCP_ACK) != 0)
		receive_ack(in, endpoint);
	else if ((flags & (TG_TCP_SYN | TG_TCP_FIN)) != TG_TCP_SYN)
		in->r->drop = TG_DROP_TCP_FLAGS; /* no sane stack opens and closes at once */
	else if (in->tcp->draining)
		tg_tcp_reset(in, TG_DROP_TCP_DRAINING);
	else
		receive_first_syn(in, endpoint);
}

void
tg_tcp_no_connection(struct tg_tcp_input *in)
{
	const struct tg_packet *pkt = in->pkt;
	uint16_t endpoint = tg_tcp_find_listener(
	    in->tcp->config, pkt->is_ipv6, &pkt->dst, pkt->tcp.dport, pkt->vlan);

	if (endpoint != TG_ENDPOINT_NONE)
		listen(in, endpoint);
	else if ((in->seg->flags & TG_TCP_RST) != 0)
		in->r->drop = TG_DROP_TCP_NO_LISTENER_RST;
	else
		tg_tcp_reset(in, TG_DROP_TCP_NO_CONNECTION);
}

/* Only a first SYN and an ACK with a cookie want a TCB, and both want it of a listener. */
void
tg_tcp_input_again(struct tg_tcp *tcp, const struct tg_packet *pkt, uint32_t hash, tg_time_t now,
    struct tg_tcp_result *r)
{
	struct tg_tcp_input in = { .tcp = tcp,
		.h = TG_HANDLE_NONE,
		.pkt = pkt,
		.seg = &pkt->tcp,
		.hash = hash,
		.now = now,
		.r = r };
	uint16_t endpoint =
	    tg_tcp_find_listener(tcp->config, pkt->is_ipv6, &pkt->dst, pkt->tcp.dport, pkt->vlan);

	tg_tcp_clear_result(r, TG_HANDLE_NONE);
	if ((pkt->tcp.flags & TG_TCP_SYN) != 0)
		open_passive(&in, endpoint);
	else
		receive_ack(&in, endpoint);
}

/* Whether a SYN for a connection in TIME-WAIT is new: RFC 6191 section 2 by timestamps,
 * RFC 9293 3.6.1 by sequence number. */
static bool
is_new_incarnation(const struct tg_tcp_input *in)
{
	const struct tg_tcb *t = in->t;
	const struct tg_segment *seg = in->seg;
	bool newer_seq = tg_seq_gt(seg->seq, t->rcv_nxt);

	if (!in->tcp->config->timestamps || (seg->opt.present & TG_OPT_TIMESTAMP) == 0)
		return newer_seq;
	if ((t->flags & TG_TCB_TIMESTAMPS) == 0)
		return true; /* PAWS tells what is left of the old one: it carries none */
	return tg_seq_gt(seg->opt.tsval, t->ts_recent) ||
	       (seg->opt.tsval == t->ts_recent && newer_seq);
}

void
tg_tcp_time_wait_syn(struct tg_tcp_input *in)
{
	struct tg_tcb *t = in->t;

	if (in->tcp->draining || in->s != NULL || !is_new_incarnation(in)) {
		tg_tcp_challenge_ack(in);
		in->r->drop = TG_DROP_TCP_SYN_CHALLENGED;
		return;
	}
	tg_count(in->tcp->stats, TG_COUNTER_TIME_WAIT_REOPENED);
	/* RFC 9293 MAY-2: the new ISS lies above everything the old incarnation sent. */
	receive_syn(in, tg_seq_max(tg_tcp_isn(in->tcp, in->pkt, in->now), t->snd_nxt + 1));
}

/* The SYN that made this half-open connection, once more: our SYN-ACK was lost. RFC 9293
 * 3.10.7.4 would send a bare ACK; the SYN-ACK says the same and its options as well. */
void
tg_tcp_duplicate_syn(struct tg_tcp_input *in)
{
	in->t->flags |= TG_TCB_SEND_SYN;
	if ((in->seg->flags & (TG_TCP_ECE | TG_TCP_CWR)) != (TG_TCP_ECE | TG_TCP_CWR))
		in->t->flags &= (uint16_t)~TG_TCB_ECN; /* RFC 3168 6.1.1: one without decides */
	if (in->t->syn_time != 0)
		in->t->flags |= TG_TCB_RETRIED;
	tg_count(in->tcp->stats, TG_COUNTER_SYN_DUPLICATE);
}
