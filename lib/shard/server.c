/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The HTTP server as the user of TCP: text in, answers out, rendered whenever a segment is
 * sent, the first time or again.
 */
#include "shard/shard_internal.h"

#define SWEEP_PER_RUN TG_USER_POLL_MAX /* connections or side records looked at by a sweep */

struct server {
	struct tg_http_conn *conn; /* one for each side record of TCP, same index */
	struct tg_http_pins pins;  /* control: ro */
	uint64_t oldest_serial;    /* answers older than this have been swept for */
	uint32_t expiry_cursor;    /* next side record to look at for expired answers */
	uint32_t drain_cursor;     /* next connection to close while draining */
};

static void *
layout(struct tg_arena *arena, const struct tg_shard_config *config)
{
	struct server *server = tg_arena_take(arena, 1, sizeof(*server));
	struct tg_http_conn *conn = tg_arena_take(arena, config->tcp->limits.sides, sizeof(*conn));

	if (server != NULL)
		server->conn = conn;
	return server;
}

static struct tg_http_conn *
conn_of(const struct tg_run *run, const struct tg_tcb *t)
{
	const struct server *server = run->user;

	if (t->side == TG_HANDLE_NONE || !run->tcp->side[t->side].user_ready)
		return NULL;
	return &server->conn[t->side];
}

static struct tg_http_conn *
conn_start(struct tg_run *run, uint32_t h)
{
	const struct server *server = run->user;
	struct tg_side *s = tg_tcp_side(run->tcp, h);

	if (s == NULL)
		return NULL;
	if (!s->user_ready) {
		tg_http_conn_init(&server->conn[s - run->tcp->side]);
		s->user_ready = true;
	}
	return &server->conn[s - run->tcp->side];
}

/* Whether more connections move than requests are answered for. */
static bool
is_busy(const struct tg_run *run)
{
	uint32_t limit = run->world->http->site->busy_connections;

	return limit != 0 && tg_gauge(&run->shard->gauges->sides) > limit;
}

static uint32_t
feed(struct tg_run *run, uint32_t h, const uint8_t *text, uint32_t len, uint8_t src_class)
{
	struct server *server = run->user;
	const struct tg_tcb *t = tg_tcp_tcb(run->tcp, h);
	struct tg_http_conn *conn;
	uint32_t taken, end;

	if ((t->flags & TG_TCB_FIN_QUEUED) != 0)
		return len; /* closed: what still comes is read and forgotten */
	conn = conn_start(run, h);
	if (conn == NULL)
		return 0;
	tg_http_set_busy(conn, is_busy(run));
	tg_http_set_source(conn, src_class);
	end = tg_http_stream_end(conn);
	taken =
	    tg_http_receive(conn, run->world->http, &server->pins, run->stats, run->now, text, len);
	tg_tcp_append(run->tcp, h, tg_http_stream_end(conn) - end);
	if (tg_http_closing(conn))
		tg_connection_close(run, h); /* has its side record, so it cannot fail */
	return taken;
}

/* The request has taken too long: says so, and closes. */
static void
give_up(struct tg_run *run, uint32_t h, struct tg_http_conn *conn)
{
	struct server *server = run->user;
	uint32_t end = tg_http_stream_end(conn);

	tg_http_timeout(conn, run->world->http, &server->pins, run->stats);
	tg_tcp_append(run->tcp, h, tg_http_stream_end(conn) - end);
	if (tg_http_closing(conn))
		tg_connection_close(run, h); /* has its side record, so it cannot fail */
}

static void
serve(struct tg_run *run, uint32_t h)
{
	struct server *server = run->user;
	const struct tg_tcb *t = tg_tcp_tcb(run->tcp, h);
	struct tg_http_conn *conn = conn_of(run, t);
	const struct tg_side *s;

	if (conn == NULL)
		return;
	/* An acknowledged FIN lies one beyond the stream, a SYN that is not one before. */
	s = &run->tcp->side[t->side];
	tg_http_acked(conn, &server->pins, run->stats, run->now,
	    tg_seq_min(t->snd_una, s->snd_end) - s->snd_base);
	if (s->overdue)
		give_up(run, h, conn);
}

static void
eof(struct tg_run *run, uint32_t h)
{
	struct tg_http_conn *conn = conn_of(run, tg_tcp_tcb(run->tcp, h));

	if (conn != NULL)
		tg_http_eof(conn);
	tg_connection_close(run, h);
}

static bool
render(struct tg_run *run, uint32_t h, uint32_t offset, uint8_t *dst, uint32_t len)
{
	if (tg_http_render(
		conn_of(run, tg_tcp_tcb(run->tcp, h)), run->world->http, offset, dst, len))
		return true;
	tg_count(run->stats, TG_COUNTER_SNAPSHOT_EXPIRED);
	return false;
}

/* Whether a request has begun and waits for its rest. */
static bool
is_in_request(const struct tg_http_conn *conn)
{
	return conn->n_answers == 0 && !tg_http_closing(conn) && !tg_http_idle(conn);
}

static void
rest(struct tg_run *run, uint32_t h)
{
	struct server *server = run->user;
	const struct tg_tcb *t = tg_tcp_tcb(run->tcp, h);
	struct tg_http_conn *conn = conn_of(run, t);
	bool idle = conn == NULL || tg_http_idle(conn) ||
		    ((t->flags & TG_TCB_FIN_QUEUED) != 0 && conn->n_answers == 0);

	if (conn != NULL)
		tg_tcp_set_impatient(run->tcp, h, is_in_request(conn), run->now);
	if (tg_tcp_rest(run->tcp, h, idle, run->spare, run->now) && conn != NULL)
		tg_http_conn_release(conn, &server->pins);
}

static void
closed(struct tg_run *run, uint32_t h, const struct tg_tcp_result *r)
{
	struct server *server = run->user;
	struct tg_http_conn *conn = conn_of(run, tg_tcp_tcb(run->tcp, h));

	if (conn == NULL)
		return;
	/* The ACK of a FIN that ends the connection is the last answer's, too. */
	if (r->why == TG_COUNTER_CLOSED)
		tg_http_acked(conn, &server->pins, run->stats, run->now, tg_http_stream_end(conn));
	tg_http_conn_release(conn, &server->pins);
}

/* Resets connections whose answers are pinned to snapshots that must go: without this,
 * one that never sends again would hold its slot for ever. */
static void
sweep_expired(struct tg_run *run)
{
	struct server *server = run->user;
	const struct tg_tcp *tcp = run->tcp;
	uint32_t n_sides = tcp->config->limits.sides, i;

	if (run->world->http->oldest_serial != server->oldest_serial) {
		server->oldest_serial = run->world->http->oldest_serial;
		server->expiry_cursor = 0;
	}
	for (i = 0; i < SWEEP_PER_RUN && server->expiry_cursor < n_sides; i++) {
		uint32_t side = server->expiry_cursor++, h = tcp->side[side].owner;
		const struct tg_tcb *t;

		/* The owner of a free side record is a link and may be any number. */
		if (h >= tcp->n4 + tcp->n6)
			continue;
		t = tg_tcp_tcb(tcp, h);
		if (t->state != TG_TCP_CLOSED && t->side == side && conn_of(run, t) != NULL &&
		    tg_http_expired(conn_of(run, t), run->world->http)) {
			tg_count(run->stats, TG_COUNTER_SNAPSHOT_EXPIRED);
			tg_connection_abort(run, h);
		}
	}
}

static void
sweep_draining(struct tg_run *run)
{
	struct server *server = run->user;
	uint32_t n = run->tcp->n4 + run->tcp->n6, i;

	if (!run->world->draining) {
		server->drain_cursor = 0;
		return;
	}
	for (i = 0; i < TG_MIN(SWEEP_PER_RUN, n); i++) {
		uint32_t h = server->drain_cursor;
		const struct tg_tcb *t = tg_tcp_tcb(run->tcp, h);

		server->drain_cursor = h + 1 < n ? h + 1 : 0; /* round: busy ones become idle */
		if (t->state == TG_TCP_ESTABLISHED && t->side == TG_HANDLE_NONE &&
		    tg_connection_close(run, h))
			tg_connection_touch(run, h);
	}
}

/* Looks at some connections for work that nothing else would bring up. */
static void
poll(struct tg_run *run)
{
	sweep_expired(run);
	sweep_draining(run);
}

/* While a sweep is under way the next run has work. */
static tg_time_t
due(const struct tg_shard *shard, tg_time_t now)
{
	const struct server *server = shard->user;
	const struct tg_tcp *tcp = &shard->tcp;

	return tcp->draining || server->expiry_cursor < tcp->config->limits.sides ? now
										  : UINT64_MAX;
}

const struct tg_user_ops tg_server_user = {
	.layout = layout,
	.feed = feed,
	.poll = poll,
	.serve = serve,
	.eof = eof,
	.render = render,
	.rest = rest,
	.closed = closed,
	.due = due,
};

const struct tg_http_pins *
tg_shard_pins(const struct tg_shard *shard)
{
	return &((const struct server *)shard->user)->pins;
}
