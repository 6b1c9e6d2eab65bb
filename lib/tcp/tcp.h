/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * TCP: RFC 9293, without I/O.
 *
 * One struct tg_tcp holds all connections of one shard. It is given parsed segments
 * and the time; it answers with events, text for the user, and segments to send that
 * it describes by sequence number and length. The user renders the bytes of a segment
 * whenever it is sent, the first time or again: there is no send buffer.
 *
 * The user of a connection is driven like this:
 *
 *   tg_tcp_connect   opens actively; listening endpoints open passively by themselves
 *   tg_tcp_input     a segment, checked in the order of RFC 9293 3.10.7; what it says is
 *                    a struct tg_tcp_result
 *   tg_tcp_take      text that is next in order; the user takes some or all of it, and
 *                    says so with tg_tcp_taken
 *   tg_tcp_append    more bytes of the user's stream exist;  tg_tcp_close  and no more
 *   tg_tcp_output    the next segment to send, until there is none
 *   tg_tcp_rest      done for now: gives the side record back if everything came to rest
 *   tg_tcp_timer     a deadline of a connection passed
 *   tg_tcp_free      after TG_TCP_EVENT_CLOSED, once the user let go of it
 *
 * Connections are named by handles below tcp->n4 + tcp->n6. All functions are called by
 * the shard's worker only.
 */
#ifndef TG_TCP_TCP_H
#define TG_TCP_TCP_H

#include "base/arena.h"
#include "base/frame.h"
#include "base/stats.h"
#include "base/time.h"
#include "flowtable/flowtable.h"
#include "packet/packet.h"
#include "tcp/config.h"
#include "tcp/cookie_cache.h"
#include "tcp/fast_open.h"
#include "tcp/gauges.h"
#include "tcp/source_limit.h"
#include "tcp/syn_cookies.h"
#include "tcp/tcb.h"
#include "wheel/wheel.h"

/* Challenge ACKs: in each interval of 2^30 ns at most a number that is drawn anew, between half
 * the rate and one and a half times it.
 *
 * One limit for all connections tells who shares it what the others did: an attacker who draws
 * challenge ACKs on a connection of his own until they stop, and knows how many there are to be
 * had, learns whether a forged segment hit another connection (CVE-2016-5696). Here nobody
 * knows. A limit for each connection would tell nothing, too, but bound nothing either: there
 * may be millions of them. drawn chains the draws and takes in the nanosecond of each, so that
 * no shard tells of another. */
struct tg_challenge_limit {
	uint64_t drawn;    /* the last output of the keyed function */
	uint32_t interval; /* for which it was drawn */
	uint32_t left;
};

/* Replies that an attacker could make us send: at most rate per second, in bursts of
 * at most rate. */
struct tg_rate_limit {
	uint32_t rate;
	uint32_t left;
	tg_time_t since;
};

struct tg_tcp {
	const struct tg_tcp_config *config;
	struct tg_stats *stats;
	struct tg_tcp_gauges *gauges;
	struct tg_tcb *tcb;  /* n4 for IPv4, then n6 for IPv6 */
	union tg_ip *raddr6; /* remote address of TCB n4 + i */
	struct tg_side *side;
	struct tg_loss *loss; /* of each side record */
	struct tg_rare *rare; /* one for each side record, same index */
	struct tg_held *held;
	uint32_t n4, n6;
	uint32_t free4, free6; /* first free TCB of each family, linked through side */
	uint32_t free_side;
	uint32_t free_held;
	uint32_t recycle4, recycle6; /* where the next search for a TIME-WAIT to end begins */
	bool draining;               /* SYNs are refused; set by the shard */
	/* Set by the shard, valid while it runs; NULL: no cookie is granted or taken. */
	const struct tg_fast_open_keys *fast_open_keys;
	struct tg_fast_open_backlog fast_open;
	struct tg_cookie_cache cookies; /* the client's, of Fast Open */
	struct tg_challenge_limit challenge_acks;
	struct tg_rate_limit resets;
	struct tg_flowtable flows;
	struct tg_wheel wheel;
	struct tg_syn_cookies syn_cookies;
	struct tg_source_limit source_limit;
};

/* tg_tcp_result.events */
#define TG_TCP_EVENT_ESTABLISHED (1U << 0) /* the handshake is complete */
#define TG_TCP_EVENT_ACKED       (1U << 1) /* SND.UNA moved */
#define TG_TCP_EVENT_TEXT        (1U << 2) /* text is in order: tg_tcp_take */
#define TG_TCP_EVENT_FIN         (1U << 3) /* the peer's FIN is in order: no more text */
#define TG_TCP_EVENT_CLOSED      (1U << 4) /* the connection ended: let go of it, tg_tcp_free */
#define TG_TCP_EVENT_R1          (1U << 5) /* a segment was lost R1 times: RFC 9293 3.8.3 */
#define TG_TCP_EVENT_URGENT      (1U << 6) /* there is urgent text, or more of it */
#define TG_TCP_EVENT_ICMP        (1U << 7) /* the way to the peer failed: icmp_type, icmp_code */

struct tg_tcp_result {
	uint32_t handle;   /* the connection, TG_HANDLE_NONE if there is none */
	uint32_t events;   /* TG_TCP_EVENT_* */
	enum tg_drop drop; /* why the segment was not taken; NONE if it was */
	uint8_t icmp_type; /* with TG_TCP_EVENT_ICMP: reason and subreason (RFC 9293 3.9.1.8) */
	uint8_t icmp_code;
	bool frame_held; /* the frame is kept: do not reuse it */
	bool has_reply;  /* reply is to be sent, outside the connection's own output */
	bool syn_text;   /* the SYN's text may be taken: tg_tcp_strip_syn */
	uint8_t why;     /* with CLOSED: enum tg_counter that the end counted as */
	bool hashed;     /* hash is that of the connection, for tg_tcp_free */
	uint32_t hash;
	struct tg_segment reply; /* only with has_reply */
};

/* Makes *r say that nothing happened to h. The reply, most of it, is written with has_reply. */
static inline void
tg_tcp_clear_result(struct tg_tcp_result *r, uint32_t h)
{
	memset(r, 0, offsetof(struct tg_tcp_result, reply));
	r->handle = h;
}

/* Cuts everything from arena; tcp itself, stats and gauges are the caller's. Run over a
 * measuring arena it only measures. now_tick starts the wheel. */
void tg_tcp_layout(struct tg_tcp *tcp, struct tg_arena *arena, const struct tg_tcp_config *config,
    struct tg_stats *stats, struct tg_tcp_gauges *gauges, uint32_t now_tick);

/* The connection that a received segment belongs to, or TG_HANDLE_NONE. hash is
 * tg_flow_hash of the packet. */
uint32_t tg_tcp_find(const struct tg_tcp *tcp, const struct tg_packet *pkt, uint32_t hash);

/* The same, where likely is a connection that the flow table yielded for hash a moment ago, before
 * other segments were handled; or TG_HANDLE_NONE. */
uint32_t tg_tcp_find_likely(
    const struct tg_tcp *tcp, uint32_t likely, const struct tg_packet *pkt, uint32_t hash);

/* Handles one received segment up to its text: RFC 9293 3.10.7, steps one to six, for
 * connection h or, with TG_HANDLE_NONE, for LISTEN and CLOSED. Text and FIN follow by
 * tg_tcp_text; those of a SYN only with r->syn_text. hash as above. */
void tg_tcp_input(struct tg_tcp *tcp, uint32_t h, const struct tg_packet *pkt, uint32_t hash,
    tg_time_t now, struct tg_tcp_result *r);

/* Makes a SYN whose text may be taken (r->syn_text) the segment that follows it: what
 * tg_tcp_in_order and tg_tcp_text are then given. */
static inline void
tg_tcp_strip_syn(struct tg_segment *seg)
{
	seg->seq++;
	seg->flags &= (uint8_t)~TG_TCP_SYN;
}

/* Steps seven and eight, text and FIN, of a segment that tg_tcp_input took without
 * closing the connection. taken: how many bytes of the segment's in-order text, as
 * tg_tcp_in_order told, the user has already taken; what remains is held, and frame with it
 * (r->frame_held), within limits, or refused. */
void tg_tcp_text(struct tg_tcp *tcp, uint32_t h, const struct tg_packet *pkt,
    const struct tg_frame *frame, uint32_t taken, tg_time_t now, struct tg_tcp_result *r);

/* The part of a segment's text that the user may take at once: in order, new, and with
 * nothing held before it. Returns its length, 0 if there is none. */
uint32_t tg_tcp_in_order(
    const struct tg_tcp *tcp, uint32_t h, const struct tg_segment *seg, const uint8_t **text);

/* Held text that is next in order: its length, or 0. */
uint32_t tg_tcp_take(const struct tg_tcp *tcp, uint32_t h, const uint8_t **text);

/* The source class of the frames held, of which there is one: that of the connection's peer. */
uint8_t tg_tcp_held_class(const struct tg_tcp *tcp, uint32_t h);

/* The user took n bytes of held text. Frames that are done with are pushed on spare. */
void tg_tcp_taken(struct tg_tcp *tcp, uint32_t h, uint32_t n, struct tg_frames *spare);

/* OPEN, active, RFC 9293 3.10.1: a new connection in SYN-SENT from port lport of a local
 * endpoint (whose own port does not matter here) to remote:rport. The caller chooses lport
 * so that tg_flow_hash brings the answers to this shard. Returns its handle;
 * TG_HANDLE_NONE if the pair of sockets is in use, remote is no host's address or no TCB is
 * free. The user may append at once; it is sent after the handshake, or see
 * tg_tcp_fast_open. TG_TCP_EVENT_ESTABLISHED or _CLOSED tells how it went. */
uint32_t tg_tcp_connect(struct tg_tcp *tcp, uint16_t endpoint, const union tg_ip *remote,
    be16_t rport, be16_t lport, tg_time_t now);

/* Opens h, just made by tg_tcp_connect and with nothing sent yet, by Fast Open (RFC 7413
 * section 4.1.3). The user first appends what it has to say, by tg_tcp_side and tg_tcp_append;
 * text that bears being delivered twice; or nothing, to a server that speaks first. If the server's
 * cookie is known the SYN carries it and as much of the stream as fits a segment: tg_tcp_output
 * then describes a SYN with len bytes from offset 0. If not, the SYN asks for a cookie, for the
 * next time. What the SYN-ACK leaves unacknowledged is sent after the handshake, as is everything
 * if Fast Open is off for this server, because it failed before, or altogether
 * (limits.fast_open_cookies is 0). tg_tcp_close ends the connection as long as it is in SYN-SENT,
 * so it is for later. Returns the number of bytes that the SYN will carry. */
uint32_t tg_tcp_fast_open(struct tg_tcp *tcp, uint32_t h, tg_time_t now);

/* The connection's side record, taken from the pool if it has none; NULL if the pool is
 * empty (counted). */
struct tg_side *tg_tcp_side(struct tg_tcp *tcp, uint32_t h);

/* Says whether the user waits for the rest of something: from then on until it no longer does
 * the peer cannot prolong the connection's idle time by sending bit by bit. After
 * config->timers.request, where it is set, the side record says overdue and the user is served,
 * to close in its own words; if it does not, the idle time ends the connection. The connection
 * has a side record. */
void tg_tcp_set_impatient(struct tg_tcp *tcp, uint32_t h, bool impatient, tg_time_t now);

/* Sets the user timeout of connection h, RFC 9293 3.9.1.1: for how many ticks text may be under
 * way without an acknowledgment before the connection is reset; looked at whenever the
 * retransmission timer fires. 0: after config->timers.retries (R2), as without a call. The
 * connection has a side record, and the setting is given back with it. */
void tg_tcp_set_user_timeout(struct tg_tcp *tcp, uint32_t h, uint32_t ticks);

/* Switches Nagle's algorithm for connection h, RFC 9293 3.7.4: with it on, what does not fill a
 * segment waits until all that was sent is acknowledged, or the user closes. Off unless
 * config->nagle. */
void tg_tcp_set_nagle(struct tg_tcp *tcp, uint32_t h, bool on);

/* Switches keep-alives for connection h, RFC 9293 3.8.4: with them on, a connection that is idle
 * in ESTABLISHED or CLOSE-WAIT is not closed after the idle time but probed, and reset once
 * config->timers.keep_alive_probes in a row were not answered. Off unless config->keep_alive. */
void tg_tcp_set_keep_alive(struct tg_tcp *tcp, uint32_t h, bool on, tg_time_t now);

/* The user's stream grew by n bytes. The connection has a side record. */
void tg_tcp_append(struct tg_tcp *tcp, uint32_t h, uint32_t n);

/* The same, and all of the stream so far is urgent: until it is acknowledged, segments with a
 * part of it have URG and the urgent pointer, which names the byte after it, as RFC 9293 3.8.5
 * has it (RFC 6093: others count one less). More than 65535 bytes ahead the pointer says
 * 65535. */
void tg_tcp_append_urgent(struct tg_tcp *tcp, uint32_t h, uint32_t n);

/* How many bytes of text, from the next that the user takes on, are urgent, RFC 9293 3.8.5; 0 if
 * none are. Urgent text comes in line with the rest. The pointer is kept as long as the side
 * record: a user that cares about it is not idle before this is 0. */
uint32_t tg_tcp_urgent_left(const struct tg_tcp *tcp, uint32_t h);

/* CLOSE, RFC 9293 3.10.4: FIN follows the stream; receiving goes on. Without effect if
 * closed already. A connection that cannot get a side record is reset: see *r. */
void tg_tcp_close(struct tg_tcp *tcp, uint32_t h, struct tg_tcp_result *r);

/* ABORT, RFC 9293 3.10.5: ends the connection, and fills r->reply with a RST unless both
 * sides have closed. */
void tg_tcp_abort(struct tg_tcp *tcp, uint32_t h, struct tg_tcp_result *r);

/* Describes the next segment to send: seq, ack, wnd, ports, flags, options and len.
 * Bytes are those of the user's stream from *offset on. Returns false if there is none
 * now. The segment counts as sent. */
bool tg_tcp_output(
    struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_segment *seg, uint32_t *offset);

/* Whether tg_tcp_output would describe a segment. */
bool tg_tcp_wants_output(const struct tg_tcp *tcp, uint32_t h);

/* Output could not go on, for want of a frame or a next hop: the wheel brings the
 * connection back after delay ticks. */
void tg_tcp_defer(struct tg_tcp *tcp, uint32_t h, uint32_t delay, tg_time_t now);

/* The next hop that h was put off for is known: what waited goes by tg_tcp_output, and is given
 * the time for an answer that it would have had. Without effect on a connection that waits for
 * nothing. */
void tg_tcp_resume(struct tg_tcp *tcp, uint32_t h, tg_time_t now);

/* Gives the side record back if the connection and, so says the caller, its user are at
 * rest; in TIME-WAIT as soon as the user is, or no held text is left, whose frames are pushed
 * on spare. Otherwise arms the wheel for the earliest deadline. Returns whether it was given
 * back. */
bool tg_tcp_rest(
    struct tg_tcp *tcp, uint32_t h, bool user_idle, struct tg_frames *spare, tg_time_t now);

/* A deadline of h may have passed: acts on those that have, for instance by preparing
 * retransmissions that tg_tcp_output then describes. */
void tg_tcp_timer(struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_tcp_result *r);

/* What an ICMP or ICMPv6 error said. */
struct tg_tcp_icmp_error {
	bool hard;           /* protocol or port unreachable */
	bool too_big;        /* mtu says how large it may be */
	uint8_t type, code;  /* as in the message, for the user */
	uint16_t mtu;        /* bytes; 0 if a router did not say */
	uint32_t quoted_seq; /* sequence number of the segment that failed */
};

/* An ICMP error quoting a segment of connection h, RFC 5927. r->drop says what became of it;
 * TG_TCP_EVENT_ICMP tells the user of one that was believed, unless it was about size. It ends
 * no connection but one that is being opened, by a hard error. */
void tg_tcp_icmp(struct tg_tcp *tcp, uint32_t h, const struct tg_tcp_icmp_error *err, tg_time_t now,
    struct tg_tcp_result *r);

/* After TG_DROP_TCP_NO_TCB: ends a connection in TIME-WAIT early, that a new one of its family may
 * have its TCB: the oldest of a few, not of all, which would have to be kept in order by every
 * connection that ends. None whose user is to be served in this run. r->handle: the
 * connection, r->events says that it closed; TG_HANDLE_NONE: none was found, or TCBs are not what
 * is missing. */
void tg_tcp_recycle_time_wait(struct tg_tcp *tcp, bool is_ipv6, struct tg_tcp_result *r);

/* tg_tcp_input of a segment that was TG_DROP_TCP_NO_TCB, after the connection found by
 * tg_tcp_recycle_time_wait was freed. What was decided about a SYN stands, and it does not count
 * once more for the limit of its source. */
void tg_tcp_input_again(struct tg_tcp *tcp, const struct tg_packet *pkt, uint32_t hash,
    tg_time_t now, struct tg_tcp_result *r);

/* Frees a connection in state CLOSED, its frames onto spare. Until then tg_tcp_take yields
 * what arrived in order and was not taken. */
void tg_tcp_free(struct tg_tcp *tcp, uint32_t h, struct tg_frames *spare);

/* The same for the connection that r says has ended: its hash may be known from there. */
void tg_tcp_free_ended(
    struct tg_tcp *tcp, uint32_t h, const struct tg_tcp_result *r, struct tg_frames *spare);

/* Pushes every frame held by any connection onto spare: shutting down. */
void tg_tcp_release_frames(struct tg_tcp *tcp, struct tg_frames *spare);

static inline bool
tg_tcp_is_ipv6(const struct tg_tcp *tcp, uint32_t h)
{
	return h >= tcp->n4;
}

static inline struct tg_tcb *
tg_tcp_tcb(const struct tg_tcp *tcp, uint32_t h)
{
	return &tcp->tcb[h];
}

/* Address of the peer of h. */
void tg_tcp_remote(const struct tg_tcp *tcp, uint32_t h, union tg_ip *ip);

/* Address and VLAN of our end of h. */
static inline const struct tg_endpoint *
tg_tcp_endpoint(const struct tg_tcp *tcp, uint32_t h)
{
	return &tcp->config->endpoint[tcp->tcb[h].endpoint];
}

#endif
