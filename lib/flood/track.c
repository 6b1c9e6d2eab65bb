/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Completed handshakes: the third segment, and what follows it.
 */
#include "flood/flood_internal.h"
#include "packet/build.h"

#define STATUS_BYTES 12 /* "HTTP/1.1 200" */

static struct tg_flood_slot *
slot_of(struct tg_flood *f, struct tg_flood_source from)
{
	return &f->slot[tg_flood_isn(&f->space, from) >> 16 & (TG_FLOOD_SLOTS - 1)];
}

static bool
is_same(const struct tg_flood_slot *s, struct tg_flood_source from)
{
	return s->used && s->source.offset == from.offset && s->source.port == from.port;
}

static void
settle(struct tg_flood *f, struct tg_flood_slot *s, enum tg_flood_count outcome)
{
	if (s->settled)
		return;
	s->settled = true;
	tg_flood_add(f, outcome, 1);
}

/* A slot holds what was not answered as long as an answer may come. */
static bool
free_slot(struct tg_flood *f, struct tg_flood_slot *s, tg_time_t now)
{
	if (!s->used || s->settled)
		return true;
	if (now - s->began < TG_FLOOD_SILENCE_NS)
		return false;
	settle(f, s, TG_FLOOD_SILENT);
	return true;
}

/* Turns the reply's frame into a segment of ours, with the text if that is not NULL. */
static enum tg_flood_verdict
answer(struct tg_flood *f, tg_time_t now, struct tg_flood_reply *reply,
    const struct tg_flood_slot *s, uint8_t flags, const uint8_t *text)
{
	const struct tg_flood_config *config = f->config;
	struct tg_frame frame = { .data = reply->data, .room = TG_FLOOD_ANSWER_ROOM };
	struct tg_path path = { .is_ipv6 = config->is_ipv6,
		.ttl = TG_FLOOD_TTL,
		.src = config->sources,
		.dst = config->target };
	struct tg_segment seg = { .seq = s->snd_nxt,
		.ack = s->rcv_nxt,
		.wnd = TG_FLOOD_WINDOW,
		.sport = tg_be16(reply->source.port),
		.dport = config->port,
		.flags = flags };

	path.src.w[config->is_ipv6 ? 3 : 0] |= tg_be32(reply->source.offset);
	memcpy(path.src_mac, f->src_mac, 6);
	memcpy(path.dst_mac, f->dst_mac, 6);
	if ((reply->seg.opt.present & TG_OPT_TIMESTAMP) != 0) {
		seg.opt.present = TG_OPT_TIMESTAMP;
		seg.opt.tsval = (uint32_t)(now >> TG_FLOOD_MS_SHIFT);
		seg.opt.tsecr = reply->seg.opt.tsval;
	}
	if (text != NULL) {
		seg.len = config->request_len;
		memcpy(reply->data + tg_path_header_bytes(&path) + TG_TCP_HEADER_BYTES +
			   tg_tcp_options_bytes(&seg.opt),
		    text, seg.len);
	}
	tg_build_tcp(&frame, &path, &seg);
	*reply->len = frame.len;
	return TG_FLOOD_ANSWER;
}

/* The third segment: without a request it may be the last one, too. */
static enum tg_flood_verdict
send_third(struct tg_flood *f, tg_time_t now, struct tg_flood_reply *reply, struct tg_flood_slot *s)
{
	const struct tg_flood_config *config = f->config;
	enum tg_flood_verdict verdict;
	uint8_t flags = TG_TCP_ACK;

	if (config->request != NULL)
		flags |= TG_TCP_PSH;
	s->closed = config->request == NULL && config->close == TG_FLOOD_FIN;
	if (s->closed)
		flags |= TG_TCP_FIN;
	s->snd_nxt = reply->seg.ack;
	verdict = answer(f, now, reply, s, flags, config->request);
	s->snd_nxt += config->request_len + s->closed;
	return verdict;
}

enum tg_flood_verdict
tg_flood_complete(struct tg_flood *f, tg_time_t now, struct tg_flood_reply *reply)
{
	struct tg_flood_slot *s = slot_of(f, reply->source);

	if (is_same(s, reply->source) && !s->settled) {
		/* The third segment was lost, or another SYN-ACK came for a SYN before. */
		if (s->rcv_nxt != reply->seg.seq + 1)
			return TG_FLOOD_DONE;
		return send_third(f, now, reply, s);
	}
	if (!free_slot(f, s, now)) {
		tg_flood_add(f, TG_FLOOD_NO_SLOT, 1);
		return TG_FLOOD_DONE;
	}
	*s = (struct tg_flood_slot){
		.began = now, .source = reply->source, .rcv_nxt = reply->seg.seq + 1, .used = true
	};
	tg_flood_add(f, TG_FLOOD_COMPLETED, 1);
	return send_third(f, now, reply, s);
}

static enum tg_flood_count
judge_text(const struct tg_segment *seg)
{
	const uint8_t *p = seg->text;

	return seg->len >= STATUS_BYTES && memcmp(p, "HTTP/1.", 7) == 0 && p[9] >= '1' && p[9] < '4'
		   ? TG_FLOOD_ANSWERED
		   : TG_FLOOD_DENIED;
}

/* Whether this segment is the answer that was waited for. */
static void
hear(struct tg_flood *f, tg_time_t now, struct tg_flood_slot *s, const struct tg_segment *seg)
{
	bool text = f->config->request != NULL && seg->len != 0;
	bool fin = f->config->request == NULL && s->closed && seg->ack == s->snd_nxt;

	if (s->settled || (!text && !fin))
		return;
	tg_histogram_record(&f->figures.answer, now - s->began);
	settle(f, s, text ? judge_text(seg) : TG_FLOOD_CLOSED);
}

/* In order, it moves the connection; otherwise the same ACK is sent once more. */
static void
advance(struct tg_flood *f, tg_time_t now, struct tg_flood_slot *s, const struct tg_segment *seg)
{
	if (seg->seq != s->rcv_nxt)
		return;
	hear(f, now, s, seg);
	s->rcv_nxt += seg->len;
	if ((seg->flags & TG_TCP_FIN) != 0)
		s->rcv_nxt++;
}

static enum tg_flood_verdict
follow(struct tg_flood *f, tg_time_t now, struct tg_flood_reply *reply, struct tg_flood_slot *s)
{
	const struct tg_segment *seg = &reply->seg;
	bool was_settled = s->settled, fin = (seg->flags & TG_TCP_FIN) != 0;
	enum tg_flood_verdict verdict;

	advance(f, now, s, seg);
	if (seg->len == 0 && !fin)
		return TG_FLOOD_DONE;
	if (f->config->close == TG_FLOOD_RST && s->settled) {
		s->used = false;
		return answer(f, now, reply, s, TG_TCP_RST | TG_TCP_ACK, NULL);
	}
	if (f->config->close != TG_FLOOD_FIN || s->closed || was_settled == s->settled) {
		verdict = answer(f, now, reply, s, TG_TCP_ACK, NULL);
	} else {
		verdict = answer(f, now, reply, s, TG_TCP_ACK | TG_TCP_FIN, NULL);
		s->closed = true;
		s->snd_nxt++;
	}
	if (fin && s->settled)
		s->used = false;
	return verdict;
}

enum tg_flood_verdict
tg_flood_converse(struct tg_flood *f, tg_time_t now, struct tg_flood_reply *reply)
{
	struct tg_flood_slot *s = slot_of(f, reply->source);
	bool reset = (reply->seg.flags & TG_TCP_RST) != 0;

	if (!is_same(s, reply->source)) {
		tg_flood_add(f, reset ? TG_FLOOD_RESETS : TG_FLOOD_OTHERS, 1);
		return TG_FLOOD_DONE;
	}
	tg_flood_add(f, TG_FLOOD_CONVERSATION, 1);
	if (!reset)
		return follow(f, now, reply, s);
	settle(f, s, TG_FLOOD_RESET);
	s->used = false;
	return TG_FLOOD_DONE;
}

void
tg_flood_end(struct tg_flood *f)
{
	uint32_t i;

	for (i = 0; i < TG_FLOOD_SLOTS; i++)
		if (f->slot[i].used)
			settle(f, &f->slot[i], TG_FLOOD_SILENT);
}
