/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Watch: what must hold for one connection after every call into lib/tcp, whatever comes
 * from the network. It remembers how the connection stood before the call and judges what
 * the call made of it: sequence numbers (RFC 9293 3.4), the window (3.8.6), and states,
 * by a table of its own of what each call may do (figure 5).
 *
 * The first violation sticks in wrong.
 */
#ifndef TG_TESTS_SIM_WATCH_H
#define TG_TESTS_SIM_WATCH_H

#include "tcp/tcp.h"

enum watch_call {
	WATCH_CONNECT,
	WATCH_INPUT,  /* tg_tcp_input: steps one to six; watch_input makes it */
	WATCH_TEXT,   /* tg_tcp_text: text and FIN */
	WATCH_USER,   /* take, append, close, abort, icmp */
	WATCH_OUTPUT, /* tg_tcp_output and tg_tcp_rest */
	WATCH_TIMER,
	WATCH_CALLS
};

struct watch {
	const char *wrong;       /* what does not hold, or NULL */
	enum tg_tcp_state state; /* CLOSED: there is no connection */
	uint32_t iss, irs;       /* of this incarnation; irs once synchronised */
	uint32_t snd_una, snd_nxt, rcv_nxt;
	uint32_t rcv_adv; /* with a side record */
	bool had_side;
	struct tg_sack_block sacked[TG_SACK_RANGES]; /* with a side record */
	uint8_t n_sacked;
	uint32_t may_send;  /* highest right edge that the peer ever offered */
	bool has_sent;      /* since synchronised: the next two count */
	uint32_t sent_ack;  /* SEG.ACK of the last segment sent */
	uint32_t sent_edge; /* right edge that it offered */
};

/* After a call about connection h, or about none if h is TG_HANDLE_NONE. */
void watch_call(struct watch *w, const struct tg_tcp *tcp, uint32_t h, enum watch_call call);

/* After tg_tcp_input said r about seg, in the place of watch_call. */
void watch_input(struct watch *w, const struct tg_tcp *tcp, const struct tg_segment *seg,
    const struct tg_tcp_result *r, tg_time_t now);

/* After tg_tcp_output described seg. */
void watch_segment(
    struct watch *w, const struct tg_tcp *tcp, uint32_t h, const struct tg_segment *seg);

/* Once the connection has been served, output is exhausted and tg_tcp_rest was called: what
 * it waits for has a timer, and what it holds is in order. */
void watch_rest(struct watch *w, const struct tg_tcp *tcp, uint32_t h);

/* Whether both watch the same incarnation of a connection between them. */
bool watch_are_peers(const struct watch *a, const struct watch *b);

/* What does not hold between two ends of one connection, or NULL. */
const char *watch_compare(const struct watch *a, const struct watch *b);

#endif
