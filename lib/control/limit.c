/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/limit.h"

#include "control/report.h"
#include "http/site.h"

const struct tg_limit_info tg_limit_info[TG_LIMIT_MAX] = {
#define TG_LIMIT(symbol, name, help) [TG_LIMIT_##symbol] = { #name, help },
#include "control/limit.def"
#undef TG_LIMIT
};

/* What counts when a limit is hit: counters, and a reason to drop a frame. */
static const struct {
	unsigned n_counters;
	enum tg_counter counter[2];
	enum tg_drop drop;
} hit[TG_LIMIT_MAX] = {
	[TG_LIMIT_CONNECTIONS] = { 1, { TG_COUNTER_TCB_FULL }, TG_DROP_TCP_NO_TCB },
	[TG_LIMIT_HALF_OPEN] = { 1, { TG_COUNTER_SYN_PRESSURE }, TG_DROP_NONE },
	[TG_LIMIT_SYNS_PER_SOURCE] = { .drop = TG_DROP_SYN_SOURCE_LIMIT },
	[TG_LIMIT_SYNS_PER_PREFIX] = { .drop = TG_DROP_SYN_PREFIX_LIMIT },
	[TG_LIMIT_FAST_OPEN_PENDING] = { 1, { TG_COUNTER_FAST_OPEN_LIMITED }, TG_DROP_NONE },
	[TG_LIMIT_SIDE_RECORDS] = { 1, { TG_COUNTER_SIDE_FULL }, TG_DROP_NONE },
	[TG_LIMIT_HELD_FRAMES] = { 1, { TG_COUNTER_HELD_FULL }, TG_DROP_NONE },
	[TG_LIMIT_HELD_FRAMES_PER_CONNECTION] = { 1, { TG_COUNTER_HELD_CONNECTION_FULL },
	    TG_DROP_NONE },
	[TG_LIMIT_NEIGHBORS] = { 2, { TG_COUNTER_NEIGHBOR_FULL, TG_COUNTER_NEIGHBOR_EVICTED },
	    TG_DROP_NONE },
	[TG_LIMIT_CHALLENGE_ACKS] = { 1, { TG_COUNTER_CHALLENGE_ACKS_LIMITED }, TG_DROP_NONE },
	[TG_LIMIT_RESETS] = { .drop = TG_DROP_TCP_RST_LIMITED },
	[TG_LIMIT_ECHO_REPLIES] = { .drop = TG_DROP_ICMP_LIMITED },
	[TG_LIMIT_BUSY_CONNECTIONS] = { 1, { TG_COUNTER_HTTP_503 }, TG_DROP_NONE },
	[TG_LIMIT_REQUEST_LINE] = { 1, { TG_COUNTER_HTTP_414 }, TG_DROP_NONE },
	[TG_LIMIT_REQUEST_FIELDS] = { 1, { TG_COUNTER_HTTP_431 }, TG_DROP_NONE },
	[TG_LIMIT_REQUEST_BODY] = { 1, { TG_COUNTER_HTTP_413 }, TG_DROP_NONE },
	[TG_LIMIT_SNAPSHOTS] = { 1, { TG_COUNTER_SNAPSHOT_EXPIRED }, TG_DROP_NONE },
};

void
tg_limits_fill(uint64_t value[TG_LIMIT_MAX], const struct tg_service_config *service)
{
	value[TG_LIMIT_CONNECTIONS] = service->limits.connections;
	value[TG_LIMIT_HALF_OPEN] = service->limits.half_open;
	value[TG_LIMIT_SYNS_PER_SOURCE] = service->syn_limits.per_source_per_s;
	value[TG_LIMIT_SYNS_PER_PREFIX] = service->syn_limits.per_prefix_per_s;
	value[TG_LIMIT_FAST_OPEN_PENDING] = service->limits.fast_open_pending;
	value[TG_LIMIT_SIDE_RECORDS] = service->limits.side_records;
	value[TG_LIMIT_HELD_FRAMES] = service->limits.held_frames;
	value[TG_LIMIT_HELD_FRAMES_PER_CONNECTION] = service->limits.held_frames_per_connection;
	value[TG_LIMIT_NEIGHBORS] = service->limits.neighbors;
	value[TG_LIMIT_CHALLENGE_ACKS] = service->limits.challenge_acks_per_second;
	value[TG_LIMIT_RESETS] = service->limits.resets_per_second;
	value[TG_LIMIT_ECHO_REPLIES] = service->limits.echo_replies_per_second;
	value[TG_LIMIT_BUSY_CONNECTIONS] = service->http.busy_connections;
	value[TG_LIMIT_REQUEST_LINE] = TG_HTTP_LINE_BYTES_MAX;
	value[TG_LIMIT_REQUEST_FIELDS] = TG_HTTP_SECTION_BYTES_MAX;
	value[TG_LIMIT_REQUEST_BODY] = TG_HTTP_BODY_BYTES_MAX;
	value[TG_LIMIT_SNAPSHOTS] = TG_HTTP_SLOTS;
}

uint64_t
tg_limit_hits(enum tg_limit limit, const struct tg_tally *tally)
{
	uint64_t n = tally->drop[hit[limit].drop]; /* of no drop: 0 */
	unsigned i;

	for (i = 0; i < hit[limit].n_counters; i++)
		n += tally->counter[hit[limit].counter[i]];
	return n;
}
