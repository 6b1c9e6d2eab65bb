/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SYNs of one chunk that are answered with cookies: together, in place, and before all other
 * segments of the chunk. Nothing is allocated and no TCB is touched.
 */
#include "shard/shard_internal.h"

_Static_assert(TG_SHARD_CHUNK <= TG_SYN_COOKIES_MAX, "a chunk is one batch");
_Static_assert(TG_SHARD_CHUNK <= 32, "a bit for each segment");

/* Whether a segment is a SYN whose flow no connection can be of: no tag matches. */
static bool
is_first_syn(const struct tg_tcp *tcp, const struct tg_arrival *a)
{
	struct tg_flow_probe probe;

	if ((a->pkt.tcp.flags & (TG_TCP_SYN | TG_TCP_ACK | TG_TCP_RST | TG_TCP_FIN)) != TG_TCP_SYN)
		return false;
	tg_flowtable_probe(&tcp->flows, a->hash, &probe);
	return tg_flowtable_next(&tcp->flows, &probe) == TG_HANDLE_NONE;
}

uint32_t
tg_syn_batch(struct tg_run *run, struct tg_arrival *a, uint32_t n)
{
	struct tg_tcp *tcp = run->tcp;
	struct tg_cookie_syn syn[TG_SHARD_CHUNK];
	uint32_t at[TG_SHARD_CHUNK], done = 0, dropped = 0, n_syn = 0, i;
	struct tg_segment reply;

	if (!tg_syn_cookies_active(tcp, run->now))
		return 0;
	for (i = 0; i < n; i++) {
		uint16_t endpoint;
		enum tg_drop why;

		if (!is_first_syn(tcp, &a[i]))
			continue;
		endpoint = tg_syn_cookies_listener(tcp, &a[i].pkt);
		if (endpoint == TG_ENDPOINT_NONE ||
		    tg_shard_check_addresses(run->shard, &a[i].pkt) != TG_DROP_NONE)
			continue; /* refused, if it is, as any other segment */
		why = tg_syn_limit(tcp, endpoint, &a[i].pkt, run->now);
		if (why != TG_DROP_NONE) {
			tg_shard_drop(run, &a[i].frame, why);
			dropped |= UINT32_C(1) << i;
			continue;
		}
		syn[n_syn] = (struct tg_cookie_syn){ .pkt = &a[i].pkt, .endpoint = endpoint };
		at[n_syn++] = i;
		done |= UINT32_C(1) << i;
	}
	if (n_syn == 0 || !tg_syn_cookies_make(tcp, syn, n_syn, run->now))
		return dropped;
	for (i = 0; i < n_syn; i++) {
		tg_syn_cookies_reply(tcp, &syn[i], run->now, &reply);
		tg_shard_reply_in_place(run, &a[at[i]], &reply);
	}
	return done | dropped;
}
