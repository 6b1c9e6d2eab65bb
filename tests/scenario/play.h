/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A scenario being played against lib/tcp, its sockets and a virtual clock. README.md has
 * the language.
 */
#ifndef TG_TESTS_SCENARIO_PLAY_H
#define TG_TESTS_SCENARIO_PLAY_H

#include "base/time.h"
#include "segment.h"

#define PLAY_FDS       16
#define PLAY_ERROR_MAX 1000

/* How a scenario is played. */
struct play_variant {
	const char *name;
	bool is_ipv6;
	bool fixed_isn; /* our first ISN and the peer's are isn; else ours is the stack's own */
	uint32_t isn;
};

struct play {
	const struct play_variant *variant;
	const char *path;
	unsigned line;
	char error[PLAY_ERROR_MAX]; /* empty while all is well */
	struct wire wire;
	bool has_isn;      /* ours has been seen */
	bool peer_opened;  /* the peer has sent a SYN, */
	uint32_t peer_syn; /* with this number */
	tg_time_t start;
	tg_time_t at;       /* of the last event */
	uint32_t first_isn; /* of ours, absolute */
	bool seen_first;
	int fd[PLAY_FDS]; /* the stack's descriptor for that of the script, or -1 */
};

/* Plays the scenario text, which came from path, with a stack that starts at time start.
 * Returns whether it went as written; p->error says what did not. */
bool play_script(struct play *p, const struct play_variant *variant, const char *path,
    const char *text, tg_time_t start);

/* Notes what went wrong in this line; the first to do so counts. Returns false. */
__attribute__((format(printf, 2, 3))) bool play_fail(struct play *p, const char *format, ...);

/* Whether the scenario is for this family: "--ip=ipv4" or "--ip=ipv6" names the one. */
bool play_is_for(const char *text, bool is_ipv6);

/* calls.c: makes the socket call in text, "name(arguments) = result". */
bool play_call(struct play *p, const char *text);

/* settings.c: the configuration that scenarios start from, and one line "--name=value" of it.
 * False: there is no such name. */
struct tg_tcp_config;
void play_defaults(struct tg_tcp_config *config);
bool play_setting(struct tg_tcp_config *config, const char *text);

#endif
