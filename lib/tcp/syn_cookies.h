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
 * so many cookies having gone unanswered, or SYNs having been beyond the limit of their source
 * (tcp/source_limit.h), as would have filled the table: a flood that goes on
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

#include "tcp/config.h"
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
	uint64_t unanswered; /* SYNs that had led to nothing by then */
};

/* Whether any SYN may be answered with a cookie at this moment: once for a burst. May end
 * the pressure. */
bool tg_syn_cookies_active(struct tg_tcp *tcp, tg_time_t now);

/* The listener that answers SYNs to this address and port with cookies; TG_ENDPOINT_NONE if
 * none does. Without tg_syn_cookies_active it is none. */
uint16_t tg_syn_cookies_listener(
    const struct tg_tcp *tcp, bool is_ipv6, const union tg_ip *dst, be16_t port, uint16_t vlan);

/* Whether a cookie can keep what a SYN says of its MSS; 0: nothing. */
static inline bool
tg_syn_cookies_fit(bool is_ipv6, uint8_t present, uint16_t mss)
{
	return (present & TG_OPT_MSS) == 0 || mss >= tg_cookie_mss[is_ipv6][0];
}

/* Makes the cookies of SYNs of one family, those that would be made one by one. Returns false
 * and makes none if the key of this moment is not known. mss: of each SYN, 0
 * for none; iss: out. Those that are sent are reported by tg_syn_cookies_issued. */
bool tg_syn_cookies_make(const struct tg_tcp *tcp, const struct tg_tuples *t, const uint16_t *mss,
    tg_time_t now, uint32_t *iss);

/* The timestamp clocks of their flows: what tg_syn_cookies_grant takes. ts: out. */
void tg_syn_cookies_clocks(
    const struct tg_tcp *tcp, const struct tg_tuples *t, tg_time_t now, uint32_t *ts);

void tg_syn_cookies_issued(struct tg_tcp *tcp, uint32_t n, tg_time_t now);

/* The window field of a SYN-ACK, which is never scaled. */
static inline uint16_t
tg_syn_cookies_window(const struct tg_tcp_config *config)
{
	return (uint16_t)TG_MIN(config->receive_window, UINT16_MAX);
}

/* What a SYN offers, and what of it a SYN-ACK with a cookie grants, besides the MSS. */
struct tg_syn_offer {
	uint8_t present; /* TG_OPT_* */
	uint8_t wscale;
	uint8_t flags; /* TG_TCP_* */
};

struct tg_syn_grant {
	uint8_t present; /* TG_OPT_* */
	uint8_t flags;   /* TG_TCP_ECE, or 0 */
	uint32_t tsval;
};

/* Timestamps bring back all but the MSS: without, nothing is granted. ts: the flow's timestamp
 * clock. */
static inline struct tg_syn_grant
tg_syn_cookies_grant(
    const struct tg_tcp_config *config, const struct tg_syn_offer *offer, uint32_t ts)
{
	struct tg_cookie_options keep = { .wscale = TG_COOKIE_NO_WSCALE };
	struct tg_syn_grant grant = { 0 };

	if (!config->timestamps || (offer->present & TG_OPT_TIMESTAMP) == 0)
		return grant;
	grant.present = TG_OPT_TIMESTAMP | (offer->present & TG_OPT_WSCALE);
	if ((offer->present & TG_OPT_WSCALE) != 0)
		keep.wscale = offer->wscale;
	keep.sack = config->sack && (offer->present & TG_OPT_SACK_OK) != 0;
	if (keep.sack)
		grant.present |= TG_OPT_SACK_OK;
	keep.ecn = config->ecn != TG_TCP_ECN_OFF &&
		   (offer->flags & (TG_TCP_ECE | TG_TCP_CWR)) == (TG_TCP_ECE | TG_TCP_CWR);
	if (keep.ecn)
		grant.flags = TG_TCP_ECE;
	grant.tsval = tg_cookie_tsval(ts, &keep);
	return grant;
}

#endif
