/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Stack: lib/tcp with one connection at a time and a user that sends a stream of its own
 * and checks the one it receives. Two of them face each other in the pair simulator, for
 * one incarnation of the connection after the other.
 */
#ifndef TG_TESTS_SIM_STACK_H
#define TG_TESTS_SIM_STACK_H

#include "link.h"
#include "packet/build.h"
#include "tcp/tcp.h"
#include "watch.h"

#define STACK_PORT        5000
#define STACK_FRAMES      256
#define STACK_FRAME_BYTES 2048
#define STACK_ARENA_BYTES (256 * 1024)

/* When the user closes. */
enum stack_close {
	STACK_CLOSE_AT_ONCE,   /* right behind its stream: half-close while the other goes on */
	STACK_CLOSE_AFTER_EOF, /* when the other side has closed */
};

struct stack_user {
	/* its plan */
	uint32_t generation; /* which incarnation of the connection it uses */
	uint32_t send_len;   /* bytes of the stream to send */
	uint32_t want_len;   /* bytes of the stream that the other side sends */
	uint32_t appetite;   /* most bytes taken at a time; 0 on some calls all the same */
	enum stack_close close;
	tg_time_t abort_at; /* UINT64_MAX: never */
	uint32_t pause_at;  /* having taken so many bytes it stops reading; UINT32_MAX: never */
	tg_time_t pause_ns; /* for so long */
	/* how far it has come */
	tg_time_t paused_until;
	bool started; /* the stream has been appended */
	uint32_t taken;
	bool wrong;  /* a byte differed from the other side's stream */
	bool eof;    /* the other side's FIN was reached */
	bool opened; /* it has had a connection */
	bool ended;  /* and has done with it */
};

struct stack {
	struct tg_tcp tcp;
	struct tg_tcp_config config;
	struct tg_endpoint endpoint;
	struct tg_stats stats;
	struct tg_tcp_gauges gauges;
	struct tg_path path;
	struct sim_link *link;
	struct sim_random *random;
	enum sim_end self;
	uint32_t h;
	struct watch watch;
	struct stack_user user;
	struct stack_user next; /* who gets the next connection */
	struct tg_frame spare_store[STACK_FRAMES];
	struct tg_frames spare;
	uint8_t buffer[STACK_FRAMES][STACK_FRAME_BYTES];
	_Alignas(64) uint8_t arena[STACK_ARENA_BYTES];
};

/* Which: 0 or 1, two stacks of a pair. listens: whether it accepts on its port. */
void stack_init(struct stack *s, enum sim_end self, bool listens, struct sim_link *link,
    struct sim_random *random, tg_time_t now);

/* Begins again at another time, before anything has happened. */
void stack_restart(struct stack *s, tg_time_t now);

/* Opens actively to the other stack, for the next user. Returns false if an earlier
 * incarnation is still there. */
bool stack_connect(struct stack *s, tg_time_t now);

/* A frame arrived. */
void stack_receive(struct stack *s, const uint8_t *data, uint16_t len, tg_time_t now);

/* Time passed: timers, the user's own moves. */
void stack_run(struct stack *s, tg_time_t now);

/* The next moment at which stack_run may have work. */
tg_time_t stack_next(const struct stack *s, tg_time_t now);

/* What does not hold, or NULL. */
const char *stack_check(const struct stack *s);

/* Whether every TCB, side record and frame is back. */
bool stack_is_empty(const struct stack *s);

#endif
