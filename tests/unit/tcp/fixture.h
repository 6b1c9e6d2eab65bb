/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A bench for lib/tcp: one struct tg_tcp over a small arena, a peer that sends whatever a
 * test tells it to, a user that takes text, and virtual time.
 *
 * Sequence numbers in tests are relative, as packetdrill has them: the peer's SYN and
 * ours are 0, the first byte of either stream is 1. In truth both lie just before the
 * wrap. What the stack sends is logged in one line,
 *
 *   "S. 0:0 ack 1, P. 1:101 ack 1, F. 101:101 ack 1, . 102:102 ack 1 sack 201:301"
 *
 * flags S F R P, E for ECE, W for CWR and . for ACK, [ect0] where the IP header says so, left
 * and right edge of the text, ACK, SACK blocks.
 *
 * Every test starts from fx_setup and ends in fx_teardown, which ends what the test left
 * and checks that every TCB, side record, held frame, timer and frame is back.
 */
#ifndef TG_TESTS_TCP_FIXTURE_H
#define TG_TESTS_TCP_FIXTURE_H

#include "tcp/tcp_internal.h"

#include "tap.h"

#define FX_WINDOW     16384 /* receive window */
#define FX_SHIFT      7     /* its scale, if agreed */
#define FX_PEER_WND   65535
#define FX_PEER_MSS   1000
#define FX_PEER_TSVAL 0xfffffff0u /* first timestamp of the peer */
#define FX_TCBS       12          /* as configured, of both families */
#define FX_TCBS_MAX   96
#define FX_SENT_MAX   512
#define FX_FRAMES     128

struct fx_sent {
	struct tg_segment seg;
	uint32_t offset; /* of the user's stream */
	uint32_t tick;   /* when */
	uint32_t h;
};

struct fx_peer {
	bool is_ipv6;
	uint16_t port;
	uint32_t iss;
	uint16_t wnd;              /* window field */
	uint32_t tsval;            /* timestamp of the next segment */
	struct tg_tcp_options syn; /* options of its SYN */
	enum tg_ecn ecn;           /* ECN field of its packets */
	uint8_t src_class;
};

struct fixture {
	struct tg_tcp_config config; /* a change takes effect with fx_lay_out */
	struct tg_endpoint endpoint[2];
	struct tg_fast_open_keys keys;
	struct tg_stats stats;
	struct tg_tcp_gauges gauges;
	struct tg_tcp tcp;
	tg_time_t now;
	struct fx_peer peer;
	uint32_t appetite; /* bytes that the user is willing to take */
	uint32_t taken;    /* bytes that it took, all connections together */
	bool user_busy;    /* the user needs the side record */
	uint32_t h;        /* connection of the last segment, TG_HANDLE_NONE once it ended */
	struct tg_tcb *t;  /* its TCB */
	uint32_t iss;      /* ours, on this connection */
	uint32_t iss_of[FX_TCBS_MAX];
	uint32_t mark;          /* tick of the last fx_mark */
	struct tg_tcp_result r; /* what the last segment, timer or call said */
	uint32_t syn_text;      /* bytes that the last fx_connect_fast put in the SYN */
	uint32_t events;        /* all TG_TCP_EVENT_* since fx_forget */
	struct fx_sent sent[FX_SENT_MAX];
	uint32_t n_sent;
	char log[4096];
	struct tg_frame spare_store[FX_FRAMES];
	struct tg_frames spare;
};

extern struct fixture fx;

void fx_setup(void);
void fx_teardown(void);

/* Starts over with fx.config, no connections, and the time at which a connection from
 * the peer's default port gets an ISS just before the wrap. */
void fx_lay_out(void);

/* The peer offers window scaling by shift, timestamps and SACK. */
void fx_offer_all(uint8_t shift);

/* What follows comes from another port of the peer, and is about its connection. */
void fx_turn_to(uint16_t port);

/* A segment of the peer. flags as in the log; seq and ack relative. */
struct tg_segment fx_segment(const char *flags, uint32_t seq, uint32_t len, uint32_t ack);

/* Such a segment arrives; the user takes what it can; nothing is sent yet. */
void fx_arrives(const struct tg_segment *seg);

/* The user takes held text, the stack sends what it has to, and rests. */
void fx_serve(void);

/* A segment arrives and is served. */
void fx_peer(const char *flags, uint32_t seq, uint32_t len, uint32_t ack);

/* A bare ACK with SACK blocks, relative and written as in the log: "2001:3001 5001:6001". */
void fx_sack(uint32_t ack, const char *blocks);

/* Brings a new connection into a state by real segments, and forgets what was sent.
 * Nothing but SYN and FIN has been sent by either side. */
void fx_enter(enum tg_tcp_state state);

/* The user's calls, each served. fx_connect opens to the peer's port; with FX_EQUAL(fx.h,
 * TG_HANDLE_NONE) it could not. */
void fx_connect(void);
void fx_connect_fast(uint32_t n); /* with n bytes appended, by Fast Open */
void fx_append(uint32_t n);
void fx_close(void);
void fx_abort(void);

/* The tail loss probe of what is under way has been sent: RTO comes next. */
void fx_spend_probe(void);

/* Time passes; timers fire and are served. */
void fx_wait(uint32_t ticks);
void fx_wait_ms(uint32_t ms);

/* fx_elapsed: ticks since fx_mark. */
void fx_mark(void);
uint32_t fx_elapsed(void);

/* Empties the log, the list of segments sent and the events. */
void fx_forget(void);

/* The side record of the connection, or NULL. */
struct tg_side *fx_side(void);

enum tg_tcp_state fx_state(void);
uint64_t fx_counter(enum tg_counter c);

/* Checks with a message that says what was there instead. */
#define FX_SENT(want)  fx_check_sent(want, __FILE__, __LINE__)
#define FX_STATE(want) fx_check_state(want, __FILE__, __LINE__)
#define FX_TCB(want)   fx_check_tcb(want, __FILE__, __LINE__)
#define FX_EQUAL(got, want)                                                                        \
	fx_check_number(#got, (int64_t)(got), (int64_t)(want), __FILE__, __LINE__)
#define FX_TRUE(what, label) fx_check_true(what, #what, label, __FILE__, __LINE__)

void fx_check_sent(const char *want, const char *file, unsigned line); /* and forgets */
void fx_check_state(enum tg_tcp_state want, const char *file, unsigned line);
/* The whole TCB but for its place in the wheel's lists. */
void fx_check_tcb(const struct tg_tcb *want, const char *file, unsigned line);
void fx_check_number(const char *what, int64_t got, int64_t want, const char *file, unsigned line);
void fx_check_true(bool is, const char *what, const char *label, const char *file, unsigned line);

/* Runs one suite of tests over this fixture. */
int fx_run(const char *name, CU_TestInfo *tests);

#endif
