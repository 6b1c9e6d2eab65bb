/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The HTTP server as the user of TCP: text in, answers out, rendered whenever a segment is
 * sent, the first time or again.
 */
#include "shard/shard_internal.h"

#define NEXT_HOP_RETRY_TICKS 10 /* an answer to our solicitation takes less */
#define NO_SPARE_RETRY_TICKS 1

static struct tg_http_conn *
user_of(const struct tg_shard *shard, const struct tg_tcb *t)
{
	if (t->side == TG_HANDLE_NONE || !shard->tcp.side[t->side].user_ready)
		return NULL;
	return &shard->http[t->side];
}

static struct tg_http_conn *
user_start(struct tg_shard *shard, uint32_t h)
{
	struct tg_side *s = tg_tcp_side(&shard->tcp, h);

	if (s == NULL)
		return NULL;
	if (!s->user_ready) {
		tg_http_conn_init(&shard->http[s - shard->tcp.side]);
		s->user_ready = true;
	}
	return &shard->http[s - shard->tcp.side];
}

void
tg_connection_touch(struct tg_run *run, uint32_t h)
{
	struct tg_tcb *t = tg_tcp_tcb(&run->shard->tcp, h);

	if ((t->flags & TG_TCB_TOUCHED) != 0)
		return;
	t->flags |= TG_TCB_TOUCHED;
	assert(run->shard->n_touched < TG_ARRAY_LEN(run->shard->touched)); /* one per event */
	run->shard->touched[run->shard->n_touched++] = h;
}

static void
finish(struct tg_run *run, uint32_t h)
{
	struct tg_shard *shard = run->shard;
	struct tg_http_conn *user = user_of(shard, tg_tcp_tcb(&shard->tcp, h));

	if (user != NULL)
		tg_http_conn_release(user, shard->pins);
	tg_tcp_free(&shard->tcp, h, run->spare);
}

/* Fills in the way to the peer of h. False: the next hop is not known yet. */
static bool
find_path(struct tg_run *run, uint32_t h, struct tg_path *path)
{
	struct tg_shard *shard = run->shard;
	const struct tg_net *net = shard->config->net;
	const struct tg_endpoint *e = tg_tcp_endpoint(&shard->tcp, h);
	union tg_ip hop;

	*path = (struct tg_path){ .vlan = e->vlan,
		.is_ipv6 = e->is_ipv6,
		.ttl = 64,
		.offload = net->offload,
		.src = e->ip };
	memcpy(path->src_mac, net->mac, sizeof(path->src_mac));
	tg_tcp_remote(&shard->tcp, h, &path->dst);
	return tg_net_next_hop(net, e->is_ipv6, &path->dst, e->vlan, &hop) &&
	       tg_neighbor_resolve(shard->neighbor, e->is_ipv6, &hop, e->vlan, run->now,
		   &tg_tcp_tcb(&shard->tcp, h)->nexthop, path->dst_mac);
}

static void
send_reset(struct tg_run *run, uint32_t h, const struct tg_segment *reset)
{
	struct tg_frame frame;
	struct tg_path path;

	if (run->tx->n == run->tx->cap || !find_path(run, h, &path) ||
	    !tg_frames_pop(run->spare, &frame))
		return; /* a reset is a courtesy: the peer finds out by itself */
	tg_build_tcp(&frame, &path, reset);
	tg_frames_push(run->tx, &frame);
}

void
tg_connection_result(struct tg_run *run, uint32_t h, const struct tg_tcp_result *r)
{
	if ((r->events & TG_TCP_EVENT_CLOSED) == 0) {
		tg_connection_touch(run, h);
		return;
	}
	if (r->has_reply)
		send_reset(run, h, &r->reply);
	finish(run, h);
}

/* Closes h on behalf of the user. Returns whether the connection still exists. */
static bool
close_connection(struct tg_run *run, uint32_t h)
{
	struct tg_tcp_result r = { .handle = h };

	tg_tcp_close(&run->shard->tcp, h, &r);
	if ((r.events & TG_TCP_EVENT_CLOSED) == 0)
		return true;
	tg_connection_result(run, h, &r);
	return false;
}

uint32_t
tg_connection_feed(struct tg_run *run, uint32_t h, const uint8_t *text, uint32_t len)
{
	struct tg_shard *shard = run->shard;
	struct tg_tcb *t = tg_tcp_tcb(&shard->tcp, h);
	struct tg_http_conn *user;
	uint32_t taken, end;

	if ((t->flags & TG_TCB_FIN_QUEUED) != 0)
		return len; /* closed: what still comes is read and forgotten */
	user = user_start(shard, h);
	if (user == NULL)
		return 0;
	end = tg_http_stream_end(user);
	taken = tg_http_receive(user, run->world->http, shard->pins, shard->stats, text, len);
	tg_tcp_append(&shard->tcp, h, tg_http_stream_end(user) - end);
	if (tg_http_closing(user))
		close_connection(run, h); /* has its side record, so it cannot fail */
	return taken;
}

static void
feed_held(struct tg_run *run, uint32_t h)
{
	const uint8_t *text;
	uint32_t len, taken;

	do {
		len = tg_tcp_take(&run->shard->tcp, h, &text);
		taken = len != 0 ? tg_connection_feed(run, h, text, len) : 0;
		tg_tcp_taken(&run->shard->tcp, h, taken, run->spare);
	} while (taken != 0);
}

/* What the peer's ACK and FIN mean to the user. Returns whether h still exists. */
static bool
serve_user(struct tg_run *run, uint32_t h)
{
	struct tg_shard *shard = run->shard;
	struct tg_tcb *t = tg_tcp_tcb(&shard->tcp, h);
	struct tg_http_conn *user = user_of(shard, t);
	const uint8_t *text;

	if (user != NULL) {
		const struct tg_side *s = &shard->tcp.side[t->side];

		/* An acknowledged FIN lies one beyond the stream. */
		tg_http_acked(user, shard->pins, tg_seq_min(t->snd_una, s->snd_end) - s->snd_base);
	}
	if (t->side != TG_HANDLE_NONE)
		feed_held(run, h);
	if (t->state != TG_TCP_CLOSE_WAIT || tg_tcp_take(&shard->tcp, h, &text) != 0)
		return true;
	user = user_of(shard, t);
	if (user != NULL)
		tg_http_eof(user);
	return close_connection(run, h);
}

/* Renders one segment into a frame. False: its snapshot has gone. */
static bool
render(struct tg_run *run, uint32_t h, const struct tg_path *path, const struct tg_segment *seg,
    uint32_t offset, struct tg_frame *frame)
{
	const struct tg_tcb *t = tg_tcp_tcb(&run->shard->tcp, h);
	uint32_t at =
	    tg_path_header_bytes(path) + TG_TCP_HEADER_BYTES + tg_tcp_options_bytes(&seg->opt);

	if (seg->len != 0 && !tg_http_render(user_of(run->shard, t), run->world->http, offset,
				 frame->data + at, seg->len))
		return false;
	tg_build_tcp(frame, path, seg);
	return true;
}

static bool
expire(struct tg_run *run, uint32_t h)
{
	struct tg_tcp_result r = { .handle = h };

	tg_count(run->shard->stats, TG_COUNTER_SNAPSHOT_EXPIRED);
	tg_tcp_abort(&run->shard->tcp, h, &r);
	tg_connection_result(run, h, &r);
	return false;
}

/* Puts output off if it cannot go now. The reason is counted. */
static bool
can_send(struct tg_run *run, uint32_t h, struct tg_path *path, bool *have_path)
{
	struct tg_shard *shard = run->shard;

	if (run->spare->n == 0 || run->tx->n == run->tx->cap) {
		tg_count(shard->stats, TG_COUNTER_TIMER_NO_SPARE);
		tg_tcp_defer(&shard->tcp, h, NO_SPARE_RETRY_TICKS, run->now);
		return false;
	}
	if (!*have_path)
		*have_path = find_path(run, h, path);
	if (!*have_path) {
		tg_count(shard->stats, TG_COUNTER_NEIGHBOR_WAIT);
		tg_tcp_defer(&shard->tcp, h, NEXT_HOP_RETRY_TICKS, run->now);
	}
	return *have_path;
}

/* Sends all that may be sent. Returns whether h still exists. */
static bool
output(struct tg_run *run, uint32_t h)
{
	struct tg_tcp *tcp = &run->shard->tcp;
	struct tg_path path;
	struct tg_frame frame;
	struct tg_segment seg;
	uint32_t offset;
	bool have_path = false;

	for (;;) {
		if (tg_tcp_wants_output(tcp, h) && !can_send(run, h, &path, &have_path))
			return true;
		if (!tg_tcp_output(tcp, h, run->now, &seg, &offset))
			return true;
		tg_frames_pop(run->spare, &frame); /* can_send saw one */
		if (!render(run, h, &path, &seg, offset, &frame)) {
			tg_frames_push(run->spare, &frame);
			return expire(run, h);
		}
		tg_frames_push(run->tx, &frame);
	}
}

/* Whether a request has begun and waits for its rest. */
static bool
is_in_request(const struct tg_http_conn *user)
{
	return user->n_answers == 0 && !tg_http_closing(user) && !tg_http_idle(user);
}

static void
rest(struct tg_run *run, uint32_t h)
{
	struct tg_shard *shard = run->shard;
	struct tg_tcb *t = tg_tcp_tcb(&shard->tcp, h);
	struct tg_http_conn *user = user_of(shard, t);
	bool idle = user == NULL || tg_http_idle(user) ||
		    ((t->flags & TG_TCB_FIN_QUEUED) != 0 && user->n_answers == 0);

	if (user != NULL)
		tg_tcp_set_impatient(&shard->tcp, h, is_in_request(user), run->now);
	if (tg_tcp_rest(&shard->tcp, h, idle, run->spare, run->now) && user != NULL)
		tg_http_conn_release(user, shard->pins);
}

void
tg_connection_serve_touched(struct tg_run *run)
{
	struct tg_shard *shard = run->shard;
	uint32_t i;

	for (i = 0; i < shard->n_touched; i++) {
		uint32_t h = shard->touched[i];
		struct tg_tcb *t = tg_tcp_tcb(&shard->tcp, h);

		if ((t->flags & TG_TCB_TOUCHED) == 0 || t->state == TG_TCP_CLOSED)
			continue;
		t->flags &= (uint16_t)~TG_TCB_TOUCHED;
		if (serve_user(run, h) && output(run, h))
			rest(run, h);
	}
	shard->n_touched = 0;
}

/* Resets connections whose answers are pinned to snapshots that must go: without this,
 * one that never sends again would hold its slot for ever. */
static void
sweep_expired(struct tg_run *run)
{
	struct tg_shard *shard = run->shard;
	uint32_t n_sides = shard->config->tcp->limits.sides, i;

	if (run->world->http->oldest_serial != shard->oldest_serial) {
		shard->oldest_serial = run->world->http->oldest_serial;
		shard->expiry_cursor = 0;
	}
	for (i = 0; i < SWEEP_PER_RUN && shard->expiry_cursor < n_sides; i++) {
		uint32_t side = shard->expiry_cursor++, h = shard->tcp.side[side].owner;
		const struct tg_tcb *t;

		/* The owner of a free side record is a link and may be any number. */
		if (h >= shard->tcp.n4 + shard->tcp.n6)
			continue;
		t = tg_tcp_tcb(&shard->tcp, h);
		if (t->state != TG_TCP_CLOSED && t->side == side && user_of(shard, t) != NULL &&
		    tg_http_expired(user_of(shard, t), run->world->http))
			expire(run, h);
	}
}

static void
sweep_draining(struct tg_run *run)
{
	struct tg_shard *shard = run->shard;
	uint32_t n = shard->tcp.n4 + shard->tcp.n6, i;

	if (!run->world->draining) {
		shard->drain_cursor = 0;
		return;
	}
	for (i = 0; i < TG_MIN(SWEEP_PER_RUN, n); i++) {
		uint32_t h = shard->drain_cursor;

		shard->drain_cursor = h + 1 < n ? h + 1 : 0; /* round: busy ones become idle */
		if (tg_tcp_tcb(&shard->tcp, h)->state == TG_TCP_ESTABLISHED &&
		    tg_tcp_tcb(&shard->tcp, h)->side == TG_HANDLE_NONE && close_connection(run, h))
			tg_connection_touch(run, h);
	}
}

bool
tg_connection_is_sweeping(const struct tg_shard *shard)
{
	return shard->tcp.draining || shard->expiry_cursor < shard->config->tcp->limits.sides;
}

void
tg_connection_sweep(struct tg_run *run)
{
	sweep_expired(run);
	sweep_draining(run);
}
