/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Steering: frames to the worker that owns their flow.
 */
#include "io/frames.h"
#include "io/port_internal.h"
#include "io/worker_internal.h"
#include "packet/flow_hash.h"
#include "packet/parse.h"

#define IP4_NO_OPTIONS 0x45 /* version 4, five words */

/* A tuple as the receiver of the peer's segments sees it. */
struct tuple {
	bool is_ipv6;
	union tg_ip remote, local;
	be16_t rport, lport;
};

/* The tuple that tg_flow_steer hashed. */
static bool
read_tuple(const struct tg_frame *f, struct tuple *t)
{
	struct tg_packet pkt;
	struct tg_quote q;
	be16_t port[2];

	if (tg_parse_l3(f, TG_RX_CSUM_NONE, &pkt) != TG_DROP_NONE)
		return false;
	if (pkt.kind == TG_PACKET_TCP) {
		memcpy(port, f->data + pkt.l4_off, sizeof(port));
		*t = (struct tuple){ pkt.is_ipv6, pkt.src, pkt.dst, port[0], port[1] };
		return true;
	}
	if (!tg_packet_parse_quote(f, &pkt, &q))
		return false;
	*t = (struct tuple){ q.is_ipv6, q.dst, q.src, q.dport, q.sport };
	return true;
}

/* TCP right behind an IP header without options: every port with RSS reads that far.
 * Behind options and extension headers and in ICMP errors some do not. */
static bool
rss_has_spread(const struct tg_frame *f)
{
	uint32_t at = TG_ETH_HEADER_BYTES;
	uint16_t type;

	if (f->len < TG_ETH_HEADER_BYTES + TG_VLAN_BYTES + TG_IP4_HEADER_BYTES)
		return false;
	type = tg_load16(f->data + at - 2);
	if (type == TG_ETHERTYPE_VLAN) {
		at += TG_VLAN_BYTES;
		type = tg_load16(f->data + at - 2);
	}
	if (type == TG_ETHERTYPE_IP4)
		return f->data[at] == IP4_NO_OPTIONS && f->data[at + 9] == TG_IPPROTO_TCP;
	return type == TG_ETHERTYPE_IP6 && f->data[at + 6] == TG_IPPROTO_TCP;
}

/* What to do with a frame; *to: with TG_STEER_HASH, its worker. */
static enum tg_steer
steer(const struct tg_worker *w, struct tg_frame *f, uint16_t *to)
{
	struct tuple t;
	enum tg_steer verdict;

	if (w->port->rss && rss_has_spread(f))
		return TG_STEER_HERE;
	verdict = tg_flow_steer(w->key, f, &f->hash);
	if (verdict != TG_STEER_HASH)
		return verdict;
	f->flags |= TG_FRAME_HASHED;
	if (!w->port->rss)
		*to = (uint16_t)tg_flow_shard(f->hash, w->n_workers);
	else if (read_tuple(f, &t))
		*to = tg_rss_queue(w->port, t.is_ipv6, &t.remote, &t.local, t.rport, t.lport);
	return verdict;
}

/* Copies take spare frames, so a storm of broadcasts costs copies and nothing else. */
static void
copy_to_others(struct tg_worker *w, const struct tg_frame *f)
{
	struct tg_frame copy = *f, spare;
	uint16_t i;

	copy.flags |= TG_FRAME_COPY;

	for (i = 0; i < w->n_workers; i++) {
		if (i == w->id)
			continue;
		if (!tg_frames_pop(&w->spare, &spare)) {
			tg_count_drop(w->stats, TG_DROP_NO_SPARE);
			continue;
		}
		assert(f->room == spare.room); /* as all frames, io/frames.h */
		copy.data = spare.data;
		copy.buf = spare.buf;
		memcpy(copy.data, f->data, f->len);
		tg_frames_push(&w->out[i], &copy);
	}
}

static void
flush(struct tg_worker *w, uint16_t to)
{
	struct tg_frames *out = &w->out[to];
	uint32_t sent;

	if (out->n == 0)
		return;
	sent = rte_ring_enqueue_burst_elem(
	    w->all->worker[to]->in, out->v, sizeof(*out->v), out->n, NULL);
	tg_count_n(w->stats, TG_COUNTER_STEERED_OUT, sent);
	tg_stat_add(&w->stats->drop[TG_DROP_STEER_FULL], out->n - sent);
	tg_frames_free(out->v + sent, out->n - sent);
	out->n = 0;
}

uint32_t
tg_steer_burst(struct tg_worker *w, struct tg_frame *frame, uint32_t n)
{
	uint32_t i, kept = 0;
	uint16_t to;

	for (i = 0; i < n; i++) {
		to = w->id;
		if (steer(w, &frame[i], &to) == TG_STEER_ALL)
			copy_to_others(w, &frame[i]);
		if (to == w->id)
			frame[kept++] = frame[i];
		else
			tg_frames_push(&w->out[to], &frame[i]);
	}
	for (to = 0; to < w->n_workers; to++)
		flush(w, to);
	return kept;
}

uint16_t
tg_workers_of_tuple(const struct tg_port *port, const struct tg_siphash_key *flow_key, bool is_ipv6,
    const union tg_ip *remote, const union tg_ip *local, be16_t rport, be16_t lport)
{
	if (port->rss)
		return tg_rss_queue(port, is_ipv6, remote, local, rport, lport);
	return (uint16_t)tg_flow_shard(
	    tg_flow_hash(flow_key, is_ipv6, remote, local, rport, lport), port->n_workers);
}
