/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Shared inside lib/shard.
 */
#ifndef TG_SHARD_SHARD_INTERNAL_H
#define TG_SHARD_SHARD_INTERNAL_H

#include "base/seq.h"
#include "packet/plain_syn.h"
#include "shard/shard.h"
#include "shard/user.h"
#include "tcp/tcp.h"

#define TIMERS_PER_RUN 64 /* connections whose timers are handled in one run */
#define WAKES_PER_RUN  64 /* and that go on because their next hop was found */

/* Connections whose next hop is not known, by handle. */
struct tg_waiting {
	uint64_t *word;       /* a bit for each connection */
	uint32_t n_words;     /* of 64 bits */
	uint32_t n;           /* bits that are set */
	uint32_t resolutions; /* tg_neighbor_resolutions when they were last looked at */
	uint32_t at;          /* the word to be looked at next */
	uint32_t left;        /* words to be looked at, as one of them may go on */
};

#define TG_SHARD_CHUNK 32 /* frames parsed ahead: their TCBs arrive from memory meanwhile */

#define TG_OWN_SOURCES_BITS 1024

/* SYN-ACKs with cookies of one family, by what they grant. */
struct tg_syn_ack_forms {
	uint16_t made; /* a bit for each */
	struct tg_syn_ack_form form[16];
};

struct tg_shard {
	const struct tg_shard_config *config;
	const struct tg_user_ops *ops;
	void *user;
	struct tg_neighbor *neighbor;
	struct tg_stats *stats;
	struct tg_tcp_gauges *gauges;
	uint32_t n_touched;
	uint32_t touched[TG_SHARD_BURST_MAX + TIMERS_PER_RUN + WAKES_PER_RUN + TG_USER_POLL_MAX];
	struct tg_waiting waiting;
	/* syn_batch.c */
	uint64_t own_sources[TG_OWN_SOURCES_BITS / 64];
	struct tg_syn_ack_forms syn_ack_forms[2]; /* by is_ipv6 */
	struct tg_tcp tcp;
};

/* shard.c. tg_shard_drop: counts why, and the frame becomes a spare one. The others: whether a
 * segment that belongs to no connection may reach a listener, by its destination and by its
 * source; vlan: where it came from. */
void tg_shard_drop(struct tg_run *run, const struct tg_frame *frame, enum tg_drop why);
enum tg_drop tg_shard_check_destination(
    const struct tg_shard *shard, bool is_ipv6, const union tg_ip *dst, uint16_t vlan);
enum tg_drop tg_shard_check_source(
    const struct tg_shard *shard, bool is_ipv6, const union tg_ip *src, uint16_t vlan);

/* syn_batch.c. Answers those of n frames of a chunk that are plain SYNs to be answered with
 * cookies, or drops them as beyond the limit of their source. Returns which: bit i for rx[i]. */
uint32_t tg_syn_batch(struct tg_run *run, const struct tg_frame *rx, uint32_t n);
void tg_syn_batch_layout(struct tg_shard *shard);

/* connection.c, with what shard/user.h declares. */

/* Acts on what TCP reported: sends a reset that belongs to connection h, frees it when it
 * has ended, or touches it. */
void tg_connection_result(struct tg_run *run, uint32_t h, const struct tg_tcp_result *r);

/* Serves every touched connection: user, output, timers. */
void tg_connection_serve_touched(struct tg_run *run);

/* waiting.c */

void tg_waiting_layout(struct tg_waiting *w, struct tg_arena *arena, uint32_t connections);

/* h could not send because its next hop is not known; or it has ended. */
void tg_waiting_add(struct tg_run *run, uint32_t h);
void tg_waiting_remove(struct tg_run *run, uint32_t h);

/* Touches connections whose next hop has been found, a bounded number in one run. */
void tg_waiting_run(struct tg_run *run);

/* Whether the next run has more of them. */
static inline bool
tg_waiting_due(const struct tg_waiting *w)
{
	return w->n != 0 && w->left != 0;
}

#endif
