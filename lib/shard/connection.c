/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Between TCP and its user: what happened to a connection is gathered while a burst is
 * received, and every such connection is served once.
 */
#include "shard/shard_internal.h"

#define NEXT_HOP_RETRY_TICKS 10 /* an answer to our solicitation takes less */
#define NO_SPARE_RETRY_TICKS 1

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
finish(struct tg_run *run, uint32_t h, const struct tg_tcp_result *r)
{
	run->shard->ops->closed(run, h, r);
	if (run->shard->waiting.n != 0)
		tg_waiting_remove(run, h);
	tg_tcp_free_ended(run->tcp, h, r, run->spare);
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
		.ttl = net->ttl,
		.tos = net->tos,
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
	finish(run, h, r);
}

bool
tg_connection_close(struct tg_run *run, uint32_t h)
{
	struct tg_tcp_result r;

	tg_tcp_clear_result(&r, h);
	tg_tcp_close(run->tcp, h, &r);
	if ((r.events & TG_TCP_EVENT_CLOSED) == 0)
		return true;
	tg_connection_result(run, h, &r);
	return false;
}

void
tg_connection_abort(struct tg_run *run, uint32_t h)
{
	struct tg_tcp_result r;

	tg_tcp_clear_result(&r, h);
	tg_tcp_abort(run->tcp, h, &r);
	tg_connection_result(run, h, &r);
}

static void
feed_held(struct tg_run *run, uint32_t h)
{
	const uint8_t *text;
	uint32_t len, taken;
	uint8_t src_class;

	do {
		len = tg_tcp_take(&run->shard->tcp, h, &text);
		taken = 0;
		if (len != 0) {
			src_class = tg_tcp_held_class(run->tcp, h);
			taken = run->shard->ops->feed(run, h, text, len, src_class);
		}
		tg_tcp_taken(&run->shard->tcp, h, taken, run->spare);
	} while (taken != 0);
}

/* States behind the peer's FIN. */
#define FIN_RECEIVED                                                                               \
	(1U << TG_TCP_CLOSE_WAIT | 1U << TG_TCP_CLOSING | 1U << TG_TCP_LAST_ACK |                  \
	    1U << TG_TCP_TIME_WAIT)

/* What the peer's ACK and FIN mean to the user. Returns whether h still exists. */
static bool
serve_user(struct tg_run *run, uint32_t h)
{
	const struct tg_user_ops *ops = run->shard->ops;
	const struct tg_tcb *t = tg_tcp_tcb(run->tcp, h);
	const uint8_t *text;

	ops->serve(run, h);
	if (t->side != TG_HANDLE_NONE)
		feed_held(run, h);
	if ((FIN_RECEIVED & 1U << t->state) != 0 && tg_tcp_take(run->tcp, h, &text) == 0)
		ops->eof(run, h);
	return t->state != TG_TCP_CLOSED;
}

/* Renders one segment into a frame. False: the user cannot. */
static bool
render(struct tg_run *run, uint32_t h, const struct tg_path *path, const struct tg_segment *seg,
    uint32_t offset, struct tg_frame *frame)
{
	uint32_t at =
	    tg_path_header_bytes(path) + TG_TCP_HEADER_BYTES + tg_tcp_options_bytes(&seg->opt);

	if (seg->len != 0 && !run->shard->ops->render(run, h, offset, frame->data + at, seg->len))
		return false;
	tg_build_tcp(frame, path, seg);
	return true;
}

/* Whether a segment could go at once. */
static bool
has_room(const struct tg_run *run)
{
	return run->spare->n != 0 && run->tx->n != run->tx->cap;
}

/* Puts output off if it cannot go now. The reason is counted. */
static bool
can_send(struct tg_run *run, uint32_t h, struct tg_path *path, bool *have_path)
{
	struct tg_shard *shard = run->shard;

	if (!has_room(run)) {
		tg_count(shard->stats, TG_COUNTER_TIMER_NO_SPARE);
		tg_tcp_defer(&shard->tcp, h, NO_SPARE_RETRY_TICKS, run->now);
		return false;
	}
	if (!*have_path)
		*have_path = find_path(run, h, path);
	if (!*have_path) {
		tg_count(shard->stats, TG_COUNTER_NEIGHBOR_WAIT);
		tg_tcp_defer(&shard->tcp, h, NEXT_HOP_RETRY_TICKS, run->now);
		tg_waiting_add(run, h);
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
		/* With all that a segment takes at hand there is no need to ask for it first. */
		if (!(have_path && has_room(run)) && tg_tcp_wants_output(tcp, h) &&
		    !can_send(run, h, &path, &have_path))
			return true;
		if (!tg_tcp_output(tcp, h, run->now, &seg, &offset))
			return true;
		tg_frames_pop(run->spare, &frame); /* there is one, as was seen */
		if (!render(run, h, &path, &seg, offset, &frame)) {
			tg_frames_push(run->spare, &frame);
			tg_connection_abort(run, h);
			return false;
		}
		tg_frames_push(run->tx, &frame);
	}
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
			shard->ops->rest(run, h);
	}
	shard->n_touched = 0;
}
