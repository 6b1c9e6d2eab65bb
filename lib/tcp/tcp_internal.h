/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Shared inside lib/tcp. Functions are named after the step of RFC 9293 that they are.
 */
#ifndef TG_TCP_TCP_INTERNAL_H
#define TG_TCP_TCP_INTERNAL_H

#include "base/seq.h"
#include "tcp/tcp.h"

/* One segment on its way through one connection. */
struct tg_tcp_input {
	struct tg_tcp *tcp;
	uint32_t h;
	struct tg_tcb *t;
	struct tg_side *s; /* NULL while the connection is at rest */
	const struct tg_packet *pkt;
	const struct tg_segment *seg;
	uint32_t hash;
	tg_time_t now;
	struct tg_tcp_result *r;
	const struct tg_sack_block *duplicate; /* the segment's D-SACK, or NULL */
};

/* What a step says about the segment. */
enum tg_tcp_step {
	TG_STEP_ON,   /* the next step looks at it */
	TG_STEP_DONE, /* handled or dropped; r->drop says why */
};

static inline struct tg_side *
tg_tcp_side_of(const struct tg_tcp *tcp, const struct tg_tcb *t)
{
	return t->side == TG_HANDLE_NONE ? NULL : &tcp->side[t->side];
}

/* Of a connection that has a side record. */
static inline struct tg_rare *
tg_tcp_rare_of(const struct tg_tcp *tcp, const struct tg_tcb *t)
{
	return &tcp->rare[t->side];
}

static inline enum tg_tcp_step
tg_step_drop(struct tg_tcp_input *in, enum tg_drop why)
{
	in->r->drop = why;
	return TG_STEP_DONE;
}

/* state.c */
uint32_t tg_tcb_alloc(struct tg_tcp *tcp, bool is_ipv6);
void tg_tcb_release(struct tg_tcp *tcp, uint32_t h);
void tg_tcp_set_state(struct tg_tcp *tcp, struct tg_tcb *t, enum tg_tcp_state to);
void tg_tcp_end(struct tg_tcp *tcp, uint32_t h, enum tg_counter why, struct tg_tcp_result *r);
void tg_tcp_enter_time_wait(struct tg_tcp *tcp, uint32_t h, tg_time_t now);
uint32_t tg_tcp_hash_of(const struct tg_tcp *tcp, uint32_t h);
bool tg_rate_limit_take(struct tg_rate_limit *limit, tg_time_t now);

/* timer.c. tg_tcp_deadline: of a timer that is armed. */
static inline uint32_t
tg_tcp_deadline(const struct tg_side *s, enum tg_tcp_timer timer)
{
	return timer == TG_TIMER_REORDER ? s->loss->reorder_deadline : s->deadline[timer];
}

void tg_tcp_set_timer(struct tg_side *s, enum tg_tcp_timer timer, uint32_t deadline);
void tg_tcp_stop_timer(struct tg_side *s, enum tg_tcp_timer timer);
uint32_t tg_tcp_life(const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s);
void tg_tcp_refresh_life(struct tg_tcp *tcp, uint32_t h, tg_time_t now);

/* isn.c. tg_tcp_ts_offsets: those of many flows at once. */
uint32_t tg_tcp_isn(const struct tg_tcp *tcp, const struct tg_packet *pkt, tg_time_t now);
uint32_t tg_tcp_ts_offset(const struct tg_tcp *tcp, const struct tg_packet *pkt);
void tg_tcp_ts_offsets(const struct tg_tcp *tcp, const struct tg_tuples *t, uint32_t *offset);

/* handshake.c */
uint32_t tg_tcp_new_connection(
    struct tg_tcp *tcp, uint16_t endpoint, const struct tg_packet *pkt, uint32_t hash);
void tg_tcp_negotiate(const struct tg_tcp *tcp, struct tg_tcb *t, const struct tg_packet *pkt);
void tg_tcp_set_window(struct tg_tcp_input *in);
void tg_tcp_establish(struct tg_tcp_input *in);
void tg_tcp_syn_sent(struct tg_tcp_input *in);

/* input.c. The steps of 3.10.7.4 up to URG. */
void tg_tcp_steps(struct tg_tcp_input *in);

/* keep_alive.c. tg_keep_alive_applies: silence is for keep-alives to deal with. */
bool tg_keep_alive_applies(const struct tg_tcb *t, const struct tg_side *s);
void tg_keep_alive_answered(struct tg_tcb *t, struct tg_side *s);
void tg_keep_alive_timeout(struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_tcp_result *r);
uint32_t tg_keep_alive_seq(struct tg_tcb *t, struct tg_side *s);

/* urgent.c. tg_urgent_taken: the user took text, some of it urgent. tg_urgent_mark: seg is to be
 * sent while urgent text is not acknowledged. */
void tg_urgent_check(struct tg_tcp_input *in);
void tg_urgent_taken(const struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s);
void tg_urgent_mark(
    const struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s, struct tg_segment *seg);

/* black_hole.c */
void tg_black_hole_timeout(struct tg_tcp *tcp, uint32_t h);

/* settings.c */
uint16_t tg_tcp_default_flags(const struct tg_tcp_config *config);

/* listen.c. tg_tcp_find_listener: TG_ENDPOINT_NONE if nobody listens there. tg_tcp_reset: drops a
 * segment, and answers it by a reset if the limit allows. */
uint16_t tg_tcp_find_listener(const struct tg_tcp_config *config, bool is_ipv6,
    const union tg_ip *dst, be16_t port, uint16_t vlan);
void tg_tcp_no_connection(struct tg_tcp_input *in);
void tg_tcp_time_wait_syn(struct tg_tcp_input *in);
void tg_tcp_duplicate_syn(struct tg_tcp_input *in);
void tg_tcp_reset(struct tg_tcp_input *in, enum tg_drop why);

/* syn_cookies.c, with what syn_cookies.h declares. tg_syn_pressure_check: whether pressure begins
 * or ends. tg_syn_cookies_wanted: a SYN that opens a connection there gets a cookie, which
 * tg_syn_cookies_answer makes; false: it has no key. tg_syn_cookies_accept: an ACK of no
 * connection; false: it is to be reset, too, if it brought a cookie. */
void tg_syn_pressure_check(struct tg_tcp *tcp, tg_time_t now);
bool tg_syn_cookies_wanted(
    const struct tg_tcp *tcp, uint16_t endpoint, const struct tg_packet *syn);
bool tg_syn_cookies_answer(struct tg_tcp_input *in, uint16_t endpoint);
bool tg_syn_cookies_accept(struct tg_tcp_input *in, uint16_t endpoint);

/* fast_open.c. tg_fast_open_receive_syn: a SYN with the option, its TCB new in SYN-RECEIVED.
 * tg_fast_open_grant: adds a cookie to the SYN-ACK of h. tg_fast_open_answer: to one
 * without a connection, if the SYN with the option makes it due. tg_fast_open_reset: a reset ended
 * a pending connection. */
void tg_fast_open_receive_syn(struct tg_tcp_input *in);
void tg_fast_open_grant(struct tg_tcp *tcp, uint32_t h, struct tg_segment *syn_ack);
void tg_fast_open_answer(
    struct tg_tcp *tcp, uint16_t endpoint, const struct tg_packet *syn, struct tg_tcp_options *opt);
void tg_fast_open_reset(struct tg_tcp *tcp, tg_time_t now);

/* fast_open_client.c. tg_fast_open_offer: adds option and text to the SYN of h.
 * tg_fast_open_failed: that SYN drew nothing good. tg_fast_open_answered: its SYN-ACK, before
 * SND.UNA moves. */
void tg_fast_open_offer(struct tg_tcp *tcp, uint32_t h, struct tg_segment *syn);
void tg_fast_open_failed(struct tg_tcp *tcp, uint32_t h, tg_time_t now);
void tg_fast_open_answered(struct tg_tcp_input *in);

/* ack.c */
enum tg_tcp_step tg_tcp_check_ack(struct tg_tcp_input *in);
void tg_tcp_challenge_ack(struct tg_tcp_input *in);
void tg_tcp_acknowledged(struct tg_tcp_input *in);

/* rto.c */
void tg_tcp_rtt_sample(struct tg_tcb *t, uint32_t rtt);
uint32_t tg_tcp_rto(const struct tg_tcp *tcp, const struct tg_tcb *t, uint32_t backoff);

/* sack.c. tg_sack_receive: what an ACK says to the scoreboard and to RACK, SND.UNA having moved
 * from una; returns how many bytes the blocks newly report. tg_sack_bytes_below: SACKed bytes below
 * seq. tg_sack_gap: moves *seq past a range that it lies in, and returns where the next begins or
 * SND.NXT. */
uint32_t tg_sack_receive(struct tg_tcp_input *in, uint32_t una);
uint32_t tg_sack_bytes_below(const struct tg_side *s, uint32_t seq);
uint32_t tg_sack_gap(const struct tg_tcb *t, const struct tg_side *s, uint32_t *seq);

/* runs.c. tg_runs_sent: a segment is being sent, SND.NXT not having moved yet; the connection
 * uses SACK. tg_runs_open: has runs from now on. tg_runs_set: [run.left, end), which is under
 * way, was sent as run says. */
void tg_runs_sent(struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s,
    const struct tg_segment *seg, tg_time_t now);
void tg_runs_open(const struct tg_tcb *t, struct tg_side *s);
void tg_runs_set(struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s,
    struct tg_tx_run run, uint32_t end);
uint32_t tg_run_end(const struct tg_tcb *t, const struct tg_side *s, uint8_t i);

/* rack.c, where there are runs. An ACK is told by tg_rack_delivered what has arrived, piece by
 * piece, then to tg_rack_ack, which begins recovery if something is lost. tg_rack_next_lost: the
 * lowest lost text from a sequence number on. tg_rack_timeout: after RTO, the scoreboard empty. */
void tg_rack_init(const struct tg_tcb *t, struct tg_side *s);
void tg_rack_rtt_sample(struct tg_side *s, uint32_t rtt, tg_time_t now);
void tg_rack_delivered(const struct tg_tcp_input *in, uint32_t left, uint32_t right);
void tg_rack_ack(struct tg_tcp_input *in);
void tg_rack_reorder_timeout(
    struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now);
void tg_rack_timeout(struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s, tg_time_t now);
bool tg_rack_next_lost(
    const struct tg_tcb *t, const struct tg_side *s, uint32_t from, struct tg_sack_block *lost);
uint32_t tg_rack_lost_bytes(const struct tg_tcb *t, const struct tg_side *s);

/* tlp.c. tg_tlp_schedule: text was sent, or an ACK brought news. tg_tlp_timeout: PTO, or RTO, is
 * over; false if there is nothing to probe for. tg_tlp_sent: the probe has left. tg_tlp_ack: an
 * ACK while a probe is due or out, SND.UNA having moved from una. */
void tg_tlp_schedule(const struct tg_tcb *t, struct tg_side *s, tg_time_t now);
bool tg_tlp_timeout(struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s, tg_time_t now);
void tg_tlp_sent(const struct tg_tcb *t, struct tg_side *s, bool again);
void tg_tlp_ack(struct tg_tcp_input *in, uint32_t una);

/* recovery.c. Between tg_recovery_begin and the end of recovery every ACK is told to
 * tg_recovery_delivered with the bytes that it and its SACK blocks report as arrived, and every
 * segment to tg_recovery_sent. tg_recovery_pipe: bytes under way. tg_recovery_next: lost text to
 * resend from, if some may be now. */
#define TG_DUP_ACK_THRESHOLD 3

void tg_recovery_begin(const struct tg_tcb *t, struct tg_side *s);
void tg_recovery_delivered(const struct tg_tcb *t, struct tg_side *s, uint32_t bytes);
void tg_recovery_sent(struct tg_side *s, uint32_t bytes);
uint32_t tg_recovery_pipe(const struct tg_tcb *t, const struct tg_side *s);
bool tg_recovery_next(
    const struct tg_tcb *t, const struct tg_side *s, struct tg_sack_block *resend);

static inline bool
tg_recovering_by_sack(const struct tg_tcb *t, const struct tg_side *s)
{
	return s->recovering && (t->flags & TG_TCB_SACK) != 0;
}

/* congestion.c */
void tg_cc_init(const struct tg_tcp *tcp, struct tg_tcb *t);
void tg_cc_sent(const struct tg_tcb *t, struct tg_side *s);
void tg_cc_acked(
    const struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, uint32_t bytes, tg_time_t now);
void tg_cc_duplicate_ack(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s);
void tg_cc_marked(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, uint32_t ack);
void tg_cc_lost(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s);
void tg_cc_repaired(const struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s);
void tg_cc_timeout(const struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s);
void tg_cc_idle(const struct tg_tcp *tcp, struct tg_tcb *t, uint32_t ticks);
uint32_t tg_cc_edge(const struct tg_tcb *t, const struct tg_side *s, uint32_t seq);

/* cubic.c, now in ticks. tg_cubic_acked: so many bytes in congestion avoidance let CWND grow.
 * tg_cubic_pause: since the last of them it could not have. tg_cubic_reduce: CWND is about to be
 * reduced; tg_cubic_timeout: so far that it says nothing about the path any more. */
uint32_t tg_cubic_root(uint64_t x);
void tg_cubic_acked(struct tg_tcb *t, struct tg_side *s, uint32_t bytes, uint32_t now);
void tg_cubic_pause(struct tg_side *s, uint32_t now);
void tg_cubic_reduce(const struct tg_tcb *t, struct tg_side *s);
void tg_cubic_timeout(struct tg_side *s);

/* receive.c */
uint32_t tg_tcp_rcv_wnd(const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s);
void tg_tcp_note_duplicate(struct tg_tcp *tcp, uint32_t h, uint32_t left, uint32_t right);
void tg_tcp_release_held(struct tg_tcp *tcp, struct tg_side *s, struct tg_frames *spare);

/* output.c */
uint32_t tg_tcp_effective_mss(const struct tg_tcb *t);

/* The peer's window in bytes. */
static inline uint32_t
tg_tcp_snd_wnd(const struct tg_tcb *t)
{
	return (uint32_t)t->snd_wnd << t->snd_wscale;
}

/* SEG.LEN as the RFC counts it: SYN and FIN occupy a sequence number each. */
static inline uint32_t
tg_seg_len(const struct tg_segment *seg)
{
	return seg->len + ((seg->flags & TG_TCP_SYN) != 0) + ((seg->flags & TG_TCP_FIN) != 0);
}

/* Whether the handshake is under way. */
static inline bool
tg_tcp_is_opening(const struct tg_tcb *t)
{
	return t->state == TG_TCP_SYN_SENT || t->state == TG_TCP_SYN_RECEIVED;
}

/* Whether our FIN has been acknowledged. */
static inline bool
tg_tcp_fin_acked(const struct tg_tcb *t)
{
	return (t->flags & TG_TCB_FIN_SENT) != 0 && t->snd_una == t->snd_nxt;
}

/* Whether the state lets text and FIN be sent. Before ESTABLISHED only Fast Open does. */
static inline bool
tg_tcp_sends(const struct tg_tcb *t, const struct tg_side *s)
{
	return t->state > TG_TCP_SYN_RECEIVED || (t->state == TG_TCP_SYN_RECEIVED && s->fast_open);
}

/* Whether the peer may still send text: its FIN has not been taken. In SYN-RECEIVED the only text
 * that comes this far is that of a SYN which Fast Open accepts. */
static inline bool
tg_tcp_receives(const struct tg_tcb *t)
{
	return t->state == TG_TCP_ESTABLISHED || t->state == TG_TCP_FIN_WAIT_1 ||
	       t->state == TG_TCP_FIN_WAIT_2 || t->state == TG_TCP_SYN_RECEIVED;
}

#endif
