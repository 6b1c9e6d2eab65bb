/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Opening: what active and passive opens share, the active OPEN (RFC 9293 3.10.1), and
 * SYN-SENT (3.10.7.3) with simultaneous open.
 */
#include "packet/flow_hash.h"
#include "tcp/tcp_internal.h"

#define MSS_DEFAULT_IP4 536 /* RFC 9293 MUST-15: the peer sent no MSS */
#define MSS_DEFAULT_IP6 1220
#define MSS_MIN         64 /* smaller offers would make us send headers, not data */

/* A TCB in CLOSED with its tuple, that of pkt as the peer's segments carry it, in the flow
 * table. TG_HANDLE_NONE: there is none free. */
uint32_t
tg_tcp_new_connection(
    struct tg_tcp *tcp, uint16_t endpoint, const struct tg_packet *pkt, uint32_t hash)
{
	uint32_t h = tg_tcb_alloc(tcp, pkt->is_ipv6);
	struct tg_tcb *t;

	if (h == TG_HANDLE_NONE)
		return h;
	if (tg_flowtable_insert(&tcp->flows, hash, h) != 0) {
		tg_tcb_release(tcp, h);
		return TG_HANDLE_NONE;
	}
	t = &tcp->tcb[h];
	*t = (struct tg_tcb){
		.raddr = pkt->is_ipv6 ? 0 : pkt->src.v4,
		.rport = pkt->tcp.sport,
		.lport = pkt->tcp.dport,
		.endpoint = endpoint,
		.nexthop = UINT16_MAX,
		.side = TG_HANDLE_NONE,
		.timer = t->timer,
	};
	if (pkt->is_ipv6)
		tcp->raddr6[h - tcp->n4] = pkt->src;
	return h;
}

static uint16_t
send_mss(const struct tg_tcp_config *config, bool is_ipv6, const struct tg_tcp_options *opt)
{
	uint16_t ours = is_ipv6 ? config->mss6 : config->mss4;
	uint16_t theirs = is_ipv6 ? MSS_DEFAULT_IP6 : MSS_DEFAULT_IP4;

	if ((opt->present & TG_OPT_MSS) != 0)
		theirs = TG_MAX(opt->mss, MSS_MIN);
	return TG_MIN(ours, theirs);
}

/* Whether a SYN agrees on ECN, RFC 3168 6.1.1. What answers our SYN agrees only if that one
 * offered it. */
static bool
agrees_on_ecn(
    const struct tg_tcp_config *config, const struct tg_tcb *t, const struct tg_segment *syn)
{
	uint8_t flags = syn->flags & (TG_TCP_ACK | TG_TCP_ECE | TG_TCP_CWR);

	if (t->state == TG_TCP_SYN_SENT && (t->flags & TG_TCB_ECN) == 0)
		return false;
	return config->ecn != TG_TCP_ECN_OFF &&
	       (flags == (TG_TCP_ECE | TG_TCP_CWR) || flags == (TG_TCP_ACK | TG_TCP_ECE));
}

/* Settles the options from the peer's SYN: in force is what both sides offer. */
void
tg_tcp_negotiate(const struct tg_tcp *tcp, struct tg_tcb *t, const struct tg_packet *pkt)
{
	const struct tg_tcp_config *config = tcp->config;
	const struct tg_tcp_options *opt = &pkt->tcp.opt;
	bool ecn = agrees_on_ecn(config, t, &pkt->tcp);

	t->flags &= (uint16_t) ~(TG_TCB_WSCALE | TG_TCB_SACK | TG_TCB_TIMESTAMPS | TG_TCB_ECN);
	if (ecn)
		t->flags |= TG_TCB_ECN;
	t->mss = send_mss(config, pkt->is_ipv6, opt);
	t->snd_wscale = 0;
	if ((opt->present & TG_OPT_WSCALE) != 0) {
		t->flags |= TG_TCB_WSCALE;
		t->snd_wscale = opt->wscale & 15;
	}
	t->snd_wnd = pkt->tcp.wnd >> t->snd_wscale; /* RFC 7323 2.2: in a SYN it is not scaled */
	if (config->sack && (opt->present & TG_OPT_SACK_OK) != 0)
		t->flags |= TG_TCB_SACK;
	if (config->timestamps && (opt->present & TG_OPT_TIMESTAMP) != 0) {
		t->flags |= TG_TCB_TIMESTAMPS;
		t->ts_recent = opt->tsval;
	}
}

/* SND.WND, SND.WL1 and SND.WL2 from the segment. */
void
tg_tcp_set_window(struct tg_tcp_input *in)
{
	in->t->snd_wnd = in->seg->wnd;
	if (in->s == NULL)
		return;
	in->s->snd_wl1 = in->seg->seq;
	in->s->snd_wl2 = in->seg->ack;
	in->s->max_wnd = TG_MAX(in->s->max_wnd, tg_tcp_snd_wnd(in->t));
}

/* Text left with the SYN or behind the SYN-ACK. What the SYN carried is not repeated with it, so
 * what is not acknowledged now goes again at once; so does what left before a SYN-ACK that
 * had to be repeated. Else it is under way. */
static void
resume_fast_open(struct tg_tcp_input *in, uint32_t syn_time)
{
	struct tg_tcb *t = in->t;

	if ((t->flags & TG_TCB_ACTIVE) != 0)
		in->s->rtt_time = syn_time; /* runs go by it */
	if ((t->flags & (TG_TCB_ACTIVE | TG_TCB_RETRIED)) != 0)
		in->s->snd_ptr = t->snd_una;
	tg_tcp_set_timer(
	    in->s, TG_TIMER_RETRANSMIT, tg_time_tick(in->now) + tg_tcp_rto(in->tcp, t, 0));
}

/* Our SYN is acknowledged; tg_tcp_acknowledged is for what else is. */
void
tg_tcp_establish(struct tg_tcp_input *in)
{
	struct tg_tcb *t = in->t;
	uint32_t sent = t->syn_time; /* 0: nobody kept when, tcp/cookie.h */

	t->snd_una++;
	t->flags &= (uint16_t) ~(TG_TCB_SEND_SYN | TG_TCB_FAST_OPEN | TG_TCB_FAST_OPEN_EXPERIMENT);
	t->srtt = t->rttvar = 0;
	if ((t->flags & TG_TCB_RETRIED) != 0)
		t->cwnd = 1; /* RFC 6928 section 2: the SYN or its ACK was lost */
	else if (sent != 0)
		tg_tcp_rtt_sample(t, tg_time_rtt(in->now) - sent);
	if (sent != 0)
		tg_timing_record(
		    &in->tcp->stats->timing[TG_TIMED_HANDSHAKE], tg_time_rtt(in->now) - sent);
	t->retries = 0;
	tg_wheel_cancel(&in->tcp->wheel, in->h);
	tg_tcp_set_state(in->tcp, t, TG_TCP_ESTABLISHED);
	tg_count(in->tcp->stats, TG_COUNTER_ESTABLISHED);
	if ((t->flags & TG_TCB_ECN) != 0)
		tg_count(in->tcp->stats, TG_COUNTER_ECN_NEGOTIATED);
	in->r->events |= TG_TCP_EVENT_ESTABLISHED;
	if (in->s != NULL && t->snd_una != t->snd_nxt)
		resume_fast_open(in, sent);
}

/* Whether a peer may have this address: no broadcast, no multicast (RFC 9293 MUST-46). The
 * directed broadcasts of local subnets are the caller's to know. */
static bool
is_host(bool is_ipv6, const union tg_ip *ip)
{
	if (is_ipv6)
		return ip->b[0] != 0xff && (ip->q[0] | ip->q[1]) != 0;
	return ip->b[0] != 0 && ip->b[0] < 224;
}

uint32_t
tg_tcp_connect(struct tg_tcp *tcp, uint16_t endpoint, const union tg_ip *remote, be16_t rport,
    be16_t lport, tg_time_t now)
{
	const struct tg_endpoint *e = &tcp->config->endpoint[endpoint];
	const struct tg_packet pkt = { .is_ipv6 = e->is_ipv6,
		.vlan = e->vlan,
		.src = *remote,
		.dst = e->ip,
		.tcp = { .sport = rport, .dport = lport } };
	uint32_t h, hash = tg_flow_hash(
			&tcp->config->secrets.flow, e->is_ipv6, remote, &e->ip, rport, lport);
	struct tg_tcb *t;

	if (!is_host(e->is_ipv6, remote) || tg_tcp_find(tcp, &pkt, hash) != TG_HANDLE_NONE)
		return TG_HANDLE_NONE;
	h = tg_tcp_new_connection(tcp, endpoint, &pkt, hash);
	if (h == TG_HANDLE_NONE) {
		tg_count(tcp->stats, TG_COUNTER_TCB_FULL);
		return h;
	}
	t = &tcp->tcb[h];
	t->flags =
	    TG_TCB_ACTIVE | TG_TCB_SEND_SYN | TG_TCB_WSCALE | tg_tcp_default_flags(tcp->config);
	if (tcp->config->sack)
		t->flags |= TG_TCB_SACK;
	if (tcp->config->timestamps) {
		t->flags |= TG_TCB_TIMESTAMPS;
		t->ts_off = tg_tcp_ts_offset(tcp, &pkt);
	}
	if (tcp->config->ecn == TG_TCP_ECN_ALWAYS)
		t->flags |= TG_TCB_ECN;
	t->snd_una = tg_tcp_isn(tcp, &pkt, now);
	t->snd_nxt = t->snd_una + 1;
	tg_tcp_set_state(tcp, t, TG_TCP_SYN_SENT);
	tg_wheel_arm(&tcp->wheel, h, tg_time_tick(now) + tcp->config->timers.rto_initial);
	tg_count(tcp->stats, TG_COUNTER_SYN_SENT);
	return h;
}

/* "First, check the ACK bit." */
static enum tg_tcp_step
check_ack_in_syn_sent(struct tg_tcp_input *in)
{
	const struct tg_segment *seg = in->seg;

	if ((seg->flags & TG_TCP_ACK) == 0 ||
	    (tg_seq_gt(seg->ack, in->t->snd_una) && tg_seq_leq(seg->ack, in->t->snd_nxt)))
		return TG_STEP_ON;
	if ((seg->flags & TG_TCP_RST) != 0)
		return tg_step_drop(in, TG_DROP_TCP_ACK_INVALID);
	tg_tcp_reset(in, TG_DROP_TCP_ACK_INVALID);
	return TG_STEP_DONE;
}

/* "Second, check the RST bit." Only one that acknowledges our SYN is believed. It says that nobody
 * listens, which is no reason to do without Fast Open the next time. */
static enum tg_tcp_step
check_rst_in_syn_sent(struct tg_tcp_input *in)
{
	if ((in->seg->flags & TG_TCP_RST) == 0)
		return TG_STEP_ON;
	if ((in->seg->flags & TG_TCP_ACK) == 0)
		return tg_step_drop(in, TG_DROP_TCP_SEQUENCE);
	tg_tcp_end(in->tcp, in->h, TG_COUNTER_RESET_BY_PEER, in->r);
	return TG_STEP_DONE;
}

/* The side record of a connection that has just heard the peer's SYN: it was made when nothing
 * was known of the peer. */
static void
start_receiving(struct tg_tcp_input *in)
{
	struct tg_side *s = in->s;

	s->rcv_user = s->last_ack = in->t->rcv_nxt;
	s->rcv_adv = in->t->rcv_nxt + in->tcp->config->receive_window;
	s->snd_wl1 = in->seg->seq;
	s->snd_wl2 = in->t->snd_una;
	s->max_wnd = tg_tcp_snd_wnd(in->t);
	s->sent_at = tg_time_tick(in->now);
}

/* The SYN-ACK in SYN-SENT. */
static void
receive_syn_ack(struct tg_tcp_input *in)
{
	if ((in->t->flags & TG_TCB_FAST_OPEN) != 0)
		tg_fast_open_answered(in);
	tg_tcp_establish(in);
	if (tg_seq_gt(in->seg->ack, in->t->snd_una))
		tg_tcp_acknowledged(in); /* text left with the SYN, so there is a side record */
	in->t->flags |= TG_TCB_SEND_ACK;
	tg_tcp_refresh_life(in->tcp, in->h, in->now);
}

/* "Fourth, check the SYN bit", with an ACK of ours: the handshake is complete. Without one
 * both sides have opened at once, and our SYN goes again with an ACK of theirs. */
void
tg_tcp_syn_sent(struct tg_tcp_input *in)
{
	struct tg_tcb *t = in->t;

	if (check_ack_in_syn_sent(in) == TG_STEP_DONE || check_rst_in_syn_sent(in) == TG_STEP_DONE)
		return;
	if ((in->seg->flags & TG_TCP_SYN) == 0) {
		in->r->drop = TG_DROP_TCP_FLAGS;
		return;
	}
	t->rcv_nxt = in->seg->seq + 1;
	tg_tcp_negotiate(in->tcp, t, in->pkt);
	tg_cc_init(in->tcp, t);
	if (in->s != NULL)
		start_receiving(in);
	if ((in->seg->flags & TG_TCP_ACK) != 0) {
		receive_syn_ack(in);
		return;
	}
	t->flags &= (uint16_t)~TG_TCB_FAST_OPEN; /* our SYN-ACK grants nothing */
	tg_tcp_set_state(in->tcp, t, TG_TCP_SYN_RECEIVED);
	t->flags |= TG_TCB_SEND_SYN;
}
