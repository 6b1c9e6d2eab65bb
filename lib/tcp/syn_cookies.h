/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * When SYNs are answered with cookies (tcp/cookie.h) instead of TCBs, and what becomes of the
 * cookies that come back.
 *
 *   never    a SYN beyond limits.half_open is refused: by silence, or by a reset
 *   auto     SYNs get TCBs until limits.half_open of them are half open; then the shard is under
 *            pressure, and they get cookies
 *   always   they get cookies
 *
 * Pressure is the shard's, not a listener's: they share the table. It ends once no more than
 * half of the limit are half open, and not within four seconds of the table having been full, so
 * that a flood does not switch with every connection that times out. Nor within four seconds of
 * so many cookies having gone unanswered as would have filled the table: a flood that goes on
 * would fill it again at once, and the clients behind it would wait for their next try. Under
 * pressure half-open connections are given fewer SYN-ACKs, whatever the mode of their listener.
 *
 * A cookie is honoured by every listener not in mode never if other nodes make cookies with the
 * same keys, and else only if this shard made one in this epoch or the one before: as long as
 * there is no flood, there is nothing to be guessed. A segment of a living connection, or of one in
 * TIME-WAIT, is never taken for a cookie; nor is a SYN for one in TIME-WAIT answered with one.
 *
 * A SYN whose MSS is below the smallest class always wants a TCB: a cookie cannot keep that.
 * Text in a SYN is ignored, whatever Fast Open cookie comes with it; one that asks for a Fast
 * Open cookie is granted it.
 *
 * Called by the shard's worker only.
 */
#ifndef TG_TCP_SYN_COOKIES_H
#define TG_TCP_SYN_COOKIES_H

#include "tcp/cookie.h"

struct tg_tcp;

#define TG_ENDPOINT_NONE UINT16_MAX

/* Of one shard. */
struct tg_syn_cookies {
	/* Set by the shard, valid while it runs; NULL: no cookie is made or honoured. */
	const struct tg_cookie_keys *keys;
	uint64_t issued; /* epoch of the last cookie made; 0: none was */
	bool always;     /* a listener is in mode always */
	bool pressure;
	uint32_t full;       /* tick at which the table was last full, or would have been */
	uint64_t unanswered; /* cookies that nobody had answered by then */
};

/* A SYN that is to be answered with a cookie. */
struct tg_cookie_syn {
	const struct tg_packet *pkt;
	uint16_t endpoint;
	uint32_t iss; /* the cookie */
};

/* Whether any SYN may be answered with a cookie at this moment: once for a burst. May end
 * the pressure. */
bool tg_syn_cookies_active(struct tg_tcp *tcp, tg_time_t now);

/* The listener that answers this SYN, which has no other of the flags RST, ACK and FIN and
 * belongs to no connection, with a cookie; TG_ENDPOINT_NONE if none does. Without
 * tg_syn_cookies_active it is none. */
uint16_t tg_syn_cookies_listener(const struct tg_tcp *tcp, const struct tg_packet *syn);

/* Makes the cookies of n SYNs at once, those that would be made one by one. Returns false and
 * makes none if the key of this moment is not known. n: 1 to TG_SYN_COOKIES_MAX. */
#define TG_SYN_COOKIES_MAX 32
bool tg_syn_cookies_make(struct tg_tcp *tcp, struct tg_cookie_syn *syn, uint32_t n, tg_time_t now);

/* Describes the SYN-ACK with the cookie. */
void tg_syn_cookies_reply(
    struct tg_tcp *tcp, const struct tg_cookie_syn *syn, tg_time_t now, struct tg_segment *reply);

#endif
