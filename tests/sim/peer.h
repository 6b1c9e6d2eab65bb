/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Peer: a TCP client written for testing alone, sharing no code with the stack under
 * test but the packet room. Simple and stubborn: it acknowledges everything at once,
 * resends everything on a timer, and closes by script.
 */
#ifndef TG_TESTS_SIM_PEER_H
#define TG_TESTS_SIM_PEER_H

#include "link.h"
#include "packet/build.h"

/* When the peer sends its FIN. */
enum peer_close {
	PEER_CLOSE_WITH_REQUEST, /* half-close: FIN right behind the request */
	PEER_CLOSE_AFTER_ANSWER, /* when all expected bytes have arrived */
	PEER_CLOSE_AFTER_FIN,    /* when the server has closed */
	PEER_CLOSE_MIDWAY,       /* when half the expected bytes have arrived */
};

struct peer_script {
	bool is_ipv6;
	bool timestamps, sack, wscale;
	uint16_t port;
	uint16_t mss;
	uint32_t iss;
	uint32_t window;        /* bytes that it takes beyond what it has */
	const uint8_t *request; /* sent once the handshake is done */
	uint32_t request_len;
	uint32_t expect_len; /* bytes of answer to wait for */
	enum peer_close close;
	bool data_with_handshake; /* first text rides on the third packet */
};

struct peer {
	struct peer_script script;
	struct sim_link *link;
	struct tg_path path;
	bool resolved; /* the server's MAC is known */
	bool established, reset, fin_received, done;
	bool fin_wanted;
	uint32_t snd_una, snd_nxt, snd_max; /* resending begins at snd_nxt */
	uint32_t rcv_nxt, irs;
	uint32_t srv_wnd; /* bytes */
	uint8_t srv_wscale;
	bool use_ts, use_wscale, use_sack;
	uint32_t ts_recent;
	uint32_t fin_at; /* stream offset of the server's FIN, UINT32_MAX until seen */
	uint32_t timeouts;
	tg_time_t timer; /* when to resend; UINT64_MAX: never */
	uint8_t *got;    /* answer bytes by stream offset */
	bool *have;      /* which of them have arrived */
	uint32_t got_cap;
	uint32_t got_top;          /* stream offset behind the highest byte that has arrived */
	struct tg_sack_block last; /* stream offsets of the latest segment's text */
	bool last_twice;           /* all of which had arrived before */
};

/* got_cap bounds the answer: got and have are allocated. */
void peer_init(struct peer *p, const struct peer_script *script, struct sim_link *link,
    uint32_t got_cap, tg_time_t now);
void peer_free(struct peer *p);

/* A frame arrived. */
void peer_receive(struct peer *p, const uint8_t *data, uint16_t len, tg_time_t now);

/* Time passed. */
void peer_timer(struct peer *p, tg_time_t now);

/* Answer bytes received in order so far. */
uint32_t peer_received(const struct peer *p);

#endif
