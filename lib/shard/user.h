/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * User: who speaks over a shard's connections, and how the shard drives it.
 *
 * RFC 9293 section 3.9 puts a user above TCP. A shard has one kind: the HTTP server
 * (tg_server_user, shard/server.c), or a client that opens connections by itself. The kind is
 * a table of functions; what a user keeps for the whole shard it cuts from the shard's arena.
 *
 * One burst, as the user sees it:
 *
 *   feed     once for every segment with text in order, before anything is sent
 *   poll     once: the user's own moves, such as opening connections
 *   then, once for each connection that something happened to:
 *   serve    the peer's ACK
 *   feed     again, for text that was held
 *   eof      the peer has closed
 *   render   once for each segment with text, the first time it is sent and any other
 *   rest     nothing more can be sent now
 *
 * and closed once a connection has ended, which users bring about by tg_connection_close and
 * tg_connection_abort. All are called by the shard's worker only.
 */
#ifndef TG_SHARD_USER_H
#define TG_SHARD_USER_H

#include "base/arena.h"
#include "base/frame.h"
#include "tcp/tcp.h"

struct tg_shard;
struct tg_shard_config;
struct tg_world;

/* One call of tg_shard_run. */
struct tg_run {
	struct tg_shard *shard;
	const struct tg_world *world;
	tg_time_t now;
	struct tg_frames *spare;
	struct tg_frames *tx;
	/* the shard's, at hand for the user */
	struct tg_tcp *tcp;
	struct tg_stats *stats;
	void *user; /* what layout gave */
};

struct tg_user_ops {
	/* Cuts the user's state; NULL while measuring. */
	void *(*layout)(struct tg_arena *arena, const struct tg_shard_config *config);

	/* Offers in-order text of connection h, whose peer is of source class src_class. Returns
	 * the bytes taken; the rest is held and offered again. Must not end h. */
	uint32_t (*feed)(
	    struct tg_run *run, uint32_t h, const uint8_t *text, uint32_t len, uint8_t src_class);

	/* Makes moves of the user's own, bounded in number: it touches TG_USER_POLL_MAX
	 * connections at most. */
	void (*poll)(struct tg_run *run);

	/* Something happened to h: SND.UNA or the state may have moved. Must not end h. */
	void (*serve)(struct tg_run *run, uint32_t h);

	/* The peer's FIN was reached, and all text before it taken; perhaps not for the first time.
	 * May end h. */
	void (*eof)(struct tg_run *run, uint32_t h);

	/* Writes bytes [offset, offset + len) of the user's stream on h to dst, the same each time.
	 * False: it no longer can, and h is to be reset. */
	bool (*render)(struct tg_run *run, uint32_t h, uint32_t offset, uint8_t *dst, uint32_t len);

	/* h has sent what it may: calls tg_tcp_rest, saying whether the user is at rest, too. May
	 * end h. */
	void (*rest)(struct tg_run *run, uint32_t h);

	/* h has ended, r->why says of what; it is freed on return. */
	void (*closed)(struct tg_run *run, uint32_t h, const struct tg_tcp_result *r);

	/* When poll has work, if nothing happens before; now or earlier: at once, UINT64_MAX: not
	 * by itself. */
	tg_time_t (*due)(const struct tg_shard *shard, tg_time_t now);
};

#define TG_USER_POLL_MAX 64 /* connections that poll may touch in one run */

/* Notes that h has something to do at the end of this run. */
void tg_connection_touch(struct tg_run *run, uint32_t h);

/* Closes h on behalf of the user; a connection that has no side record and gets none is reset.
 * Returns whether h still exists. */
bool tg_connection_close(struct tg_run *run, uint32_t h);

/* Resets h: it no longer exists. */
void tg_connection_abort(struct tg_run *run, uint32_t h);

/* What layout gave for this shard. */
void *tg_shard_user(const struct tg_shard *shard);

#endif
