/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Shard: one worker's whole world. Frames in, frames out, the time passed in.
 *
 * A shard owns its flow table, TCBs, timer wheel, neighbour cache, its user's state and
 * counters; nothing outside touches them, apart from the counters, gauges and
 * pins that the control thread reads. It neither waits nor allocates nor reads a
 * clock, so a worker, the simulator and a fuzzer run the same object code.
 *
 * Frames are conserved: frames received plus spares on entry equal frames to send
 * plus spares on return plus frames held inside.
 */
#ifndef TG_SHARD_SHARD_H
#define TG_SHARD_SHARD_H

#include "base/arena.h"
#include "base/frame.h"
#include "base/stats.h"
#include "base/time.h"
#include "http/conn.h"
#include "neighbor/neighbor.h"
#include "shard/user.h"
#include "tcp/config.h"
#include "tcp/fast_open.h"
#include "tcp/gauges.h"

#define TG_SHARD_BURST_MAX 256 /* frames per call of tg_shard_run */

struct tg_shard; /* laid out by tg_shard_layout */

/* Made once from the configuration; immutable, shared by all shards. */
struct tg_shard_config {
	const struct tg_net *net;
	const struct tg_tcp_config *tcp;
	const struct tg_neighbor_limits *neighbor;
	const struct tg_user_ops *user; /* who speaks over the connections */
	const void *user_config;        /* what that user wants to know; NULL for the server */
};

/* The HTTP server, which answers from tg_world.http. */
extern const struct tg_user_ops tg_server_user;

/* What the control thread publishes; a worker reads one pointer to it per burst and
 * keeps it valid by its RCU quiescent state. */
struct tg_world {
	const struct tg_http_view *http; /* the server answers from it */
	bool draining; /* shutting down: no new connections, idle ones are closed */
	const struct tg_fast_open_keys *fast_open; /* of cookies granted; NULL: none is */
	const struct tg_cookie_keys *syn_cookies;  /* NULL: none is made or honoured */
};

/* Cuts a shard from arena and returns it, or NULL while measuring. first: the shard
 * that announces the port's addresses; exactly one shard of a port does. now is the
 * time that later calls continue from. */
struct tg_shard *tg_shard_layout(
    struct tg_arena *arena, const struct tg_shard_config *config, bool first, tg_time_t now);

/* The port's link came up. Worker only. */
void tg_shard_link_up(struct tg_shard *shard, tg_time_t now);

/* Runs one burst.
 *
 * rx: n received frames, at most TG_SHARD_BURST_MAX; the shard takes them over.
 * spare: a stack of empty frames. The shard pops what it sends and pushes what it is
 * done with, so its capacity must exceed its count on entry by n plus
 * tg_shard_held_max(shard).
 * tx: frames to send, appended from tx->n on; the shard stops when it is full, and
 * what could not be sent waits on the wheel.
 * Worker only. */
void tg_shard_run(struct tg_shard *shard, const struct tg_world *world, tg_time_t now,
    const struct tg_frame *rx, uint32_t n, struct tg_frames *spare, struct tg_frames *tx);

/* Nanoseconds that the worker may sleep without missing a timer; 0 if work is due. A
 * lower bound, at most max_ns. Worker only. */
tg_time_t tg_shard_idle_ns(const struct tg_shard *shard, tg_time_t now, tg_time_t max_ns);

/* Gives back every frame held inside, for shutting down: pushes them on spare.
 * Worker only. */
void tg_shard_release_frames(struct tg_shard *shard, struct tg_frames *spare);

/* Most frames that a shard may hold: the bound of tg_tcp_limits.held. */
uint32_t tg_shard_held_max(const struct tg_shard *shard);

/* Fills mac for a next hop and returns true; or returns false, and it is asked for in the next run.
 * hop: on-link on vlan (tg_net_next_hop). Worker only. */
bool tg_shard_resolve(struct tg_shard *shard, bool is_ipv6, const union tg_ip *hop, uint16_t vlan,
    tg_time_t now, uint8_t mac[6]);

/* Read by the control thread at any time. */
struct tg_stats *tg_shard_stats(struct tg_shard *shard);
const struct tg_tcp_gauges *tg_shard_gauges(const struct tg_shard *shard);

/* Likewise, of a shard whose user is tg_server_user. */
const struct tg_http_pins *tg_shard_pins(const struct tg_shard *shard);

#endif
