/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "peer.h"

#include <stdlib.h>

#include "base/seq.h"
#include "packet/checksum.h"
#include "rig.h"

#define RESEND_NS       (300 * TG_NS_PER_MS)
#define RESEND_MAX_NS   (3 * TG_NS_PER_SEC)
#define FLIGHT_SEGMENTS 8
#define WSCALE          2
#define TIMEOUTS_MAX    200

static void
transmit(struct peer *p, tg_time_t now, const struct tg_segment *seg, const uint8_t *text)
{
	uint8_t data[SIM_LINK_FRAME_BYTES];
	struct tg_frame f = { .data = data, .room = sizeof(data) };
	uint32_t at =
	    tg_path_header_bytes(&p->path) + TG_TCP_HEADER_BYTES + tg_tcp_options_bytes(&seg->opt);

	if (seg->len != 0)
		memcpy(data + at, text, seg->len);
	tg_build_tcp(&f, &p->path, seg);
	sim_link_send(p->link, now, SIM_SHARD, f.data, f.len);
}

static struct tg_segment
segment(const struct peer *p, tg_time_t now, uint32_t seq, uint8_t flags)
{
	uint32_t wnd = p->script.window >> (p->use_wscale ? WSCALE : 0);
	struct tg_segment seg = { .seq = seq,
		.ack = p->rcv_nxt,
		.wnd = (uint16_t)TG_MIN(wnd, UINT16_MAX),
		.sport = tg_be16(p->script.port),
		.dport = tg_be16(80),
		.flags = flags };

	if (p->use_ts) {
		seg.opt.present |= TG_OPT_TIMESTAMP;
		seg.opt.tsval = (uint32_t)(now / TG_NS_PER_MS);
		seg.opt.tsecr = p->ts_recent;
	}
	return seg;
}

static void
send_syn(struct peer *p, tg_time_t now)
{
	struct tg_segment seg = segment(p, now, p->script.iss, TG_TCP_SYN);

	seg.ack = 0;
	seg.wnd = (uint16_t)TG_MIN(p->script.window, UINT16_MAX);
	seg.opt = (struct tg_tcp_options){ .present = TG_OPT_MSS, .mss = p->script.mss };
	if (p->script.timestamps) {
		seg.opt.present |= TG_OPT_TIMESTAMP;
		seg.opt.tsval = (uint32_t)(now / TG_NS_PER_MS);
	}
	if (p->script.sack)
		seg.opt.present |= TG_OPT_SACK_OK;
	if (p->script.wscale) {
		seg.opt.present |= TG_OPT_WSCALE;
		seg.opt.wscale = WSCALE;
	}
	transmit(p, now, &seg, NULL);
}

/* The next run of arrived bytes from stream offset *off on. */
static bool
next_run(const struct peer *p, uint32_t *off, struct tg_sack_block *run)
{
	const bool *from, *to;

	from = *off < p->got_top ? memchr(p->have + *off, true, p->got_top - *off) : NULL;
	if (from == NULL)
		return false;
	run->left = (uint32_t)(from - p->have);
	to = memchr(from, false, p->got_top - run->left);
	run->right = *off = to != NULL ? (uint32_t)(to - p->have) : p->got_top;
	return true;
}

static void
add_sack_block(const struct peer *p, struct tg_tcp_options *opt, struct tg_sack_block run)
{
	if (opt->n_sack == (p->use_ts ? 3 : 4))
		return;
	opt->present |= TG_OPT_SACK;
	opt->sack[opt->n_sack++] =
	    (struct tg_sack_block){ p->irs + 1 + run.left, p->irs + 1 + run.right };
}

/* RFC 2883: text that came twice first; RFC 2018: the run of the latest text, the others. */
static void
add_sack_blocks(const struct peer *p, struct tg_tcp_options *opt)
{
	uint32_t begin = p->rcv_nxt - (p->irs + 1), off;
	struct tg_sack_block run;

	if (p->last_twice)
		add_sack_block(p, opt, p->last);
	for (off = begin; next_run(p, &off, &run);)
		if (run.left <= p->last.left && p->last.left < run.right)
			add_sack_block(p, opt, run);
	for (off = begin; next_run(p, &off, &run);)
		if (run.left > p->last.left || p->last.left >= run.right)
			add_sack_block(p, opt, run);
}

static void
send_ack(struct peer *p, tg_time_t now)
{
	struct tg_segment seg = segment(p, now, p->snd_max, TG_TCP_ACK);

	if (p->use_sack)
		add_sack_blocks(p, &seg.opt);
	transmit(p, now, &seg, NULL);
}

static uint32_t
request_seq(const struct peer *p)
{
	return p->script.iss + 1;
}

/* Sends what window and script allow from snd_nxt on. */
static void
send_more(struct peer *p, tg_time_t now)
{
	uint32_t end = request_seq(p) + p->script.request_len;
	uint32_t flight = TG_MIN(p->srv_wnd, FLIGHT_SEGMENTS * (uint32_t)p->script.mss);
	uint32_t len, room;
	bool fin;

	for (;;) {
		len = tg_seq_lt(p->snd_nxt, end) ? end - p->snd_nxt : 0;
		room = p->snd_una + flight - p->snd_nxt;
		room = (int32_t)room > 0 ? room : 0;
		len = TG_MIN(TG_MIN(len, room), p->script.mss - 40u);
		fin = p->fin_wanted && p->snd_nxt + len == end && room > len;
		if (len == 0 && !fin)
			break;
		struct tg_segment seg = segment(p, now, p->snd_nxt, TG_TCP_ACK);

		seg.len = len;
		seg.flags |= (fin ? TG_TCP_FIN : 0) | (len != 0 ? TG_TCP_PSH : 0);
		transmit(p, now, &seg, p->script.request + (p->snd_nxt - request_seq(p)));
		p->snd_nxt += len + fin;
		p->snd_max = tg_seq_max(p->snd_max, p->snd_nxt);
		if (p->timer == UINT64_MAX)
			p->timer = now + RESEND_NS;
	}
	if (p->timer == UINT64_MAX && tg_seq_lt(p->snd_nxt, end))
		p->timer = now + RESEND_NS; /* closed window: probe by resending */
}

void
peer_init(struct peer *p, const struct peer_script *script, struct sim_link *link, uint32_t got_cap,
    tg_time_t now)
{
	static const uint8_t server_mac[6] = { 0x02, 0, 0, 0, 0, 0x02 };
	static const uint8_t ip6[16] = { 0x20, 0x01, 0x0d, 0xb8 };

	memset(p, 0, sizeof(*p));
	p->script = *script;
	p->link = link;
	p->path = (struct tg_path){ .ttl = 64, .is_ipv6 = script->is_ipv6 };
	memcpy(p->path.src_mac, rig_peer_mac, 6);
	memcpy(p->path.dst_mac, server_mac, 6);
	if (script->is_ipv6) {
		memcpy(p->path.src.b, ip6, 16);
		memcpy(p->path.dst.b, ip6, 16);
		p->path.src.b[15] = 1;
		p->path.dst.b[15] = 2;
	} else {
		p->path.src.v4 = tg_be32(0xc0000201);
		p->path.dst.v4 = tg_be32(0xc0000202);
	}
	p->snd_una = script->iss;
	p->snd_nxt = p->snd_max = script->iss + 1;
	p->fin_at = UINT32_MAX;
	p->got_cap = got_cap;
	p->got = calloc(got_cap, 1);
	p->have = calloc(got_cap, sizeof(bool));
	p->fin_wanted = script->close == PEER_CLOSE_WITH_REQUEST;
	p->timer = now + RESEND_NS;
	send_syn(p, now);
}

void
peer_free(struct peer *p)
{
	free(p->got);
	free(p->have);
}

uint32_t
peer_received(const struct peer *p)
{
	uint32_t n = p->established ? p->rcv_nxt - (p->irs + 1) : 0;

	return n - p->fin_received;
}

/* Answers ARP requests and neighbour solicitations, unicast or not. */
static void
receive_resolution(struct peer *p, const uint8_t *data, uint16_t len, tg_time_t now)
{
	uint8_t reply[86] = { 0 };
	uint64_t sum;
	be16_t csum;

	memcpy(reply, p->path.dst_mac, 6);
	memcpy(reply + 6, rig_peer_mac, 6);
	if (data[12] == 0x08 && data[13] == 0x06) {
		if (data[21] != 1 || memcmp(data + 38, &p->path.src.v4, 4) != 0)
			return;
		memcpy(reply + 12, data + 12, 8);
		reply[21] = 2;
		memcpy(reply + 22, rig_peer_mac, 6);
		memcpy(reply + 28, data + 38, 4);
		memcpy(reply + 32, data + 22, 10);
		sim_link_send(p->link, now, SIM_SHARD, reply, 60);
		return;
	}
	if (len < 78 || data[54] != 135 || memcmp(data + 62, p->path.src.b, 16) != 0)
		return;
	memcpy(reply + 12, data + 12, 6);
	reply[19] = 32;
	reply[20] = 58;
	reply[21] = 255;
	memcpy(reply + 22, p->path.src.b, 16);
	memcpy(reply + 38, data + 22, 16);
	reply[54] = 136;
	reply[58] = 0x60; /* solicited, override */
	memcpy(reply + 62, p->path.src.b, 16);
	reply[78] = 2;
	reply[79] = 1;
	memcpy(reply + 80, rig_peer_mac, 6);
	sum = tg_checksum_pseudo(true, &p->path.src, &p->path.dst, 58, 32);
	csum = tg_checksum_fold(tg_checksum_add(sum, reply + 54, 32));
	memcpy(reply + 56, &csum, 2);
	sim_link_send(p->link, now, SIM_SHARD, reply, 86);
}

static void
receive_syn_ack(struct peer *p, const struct tg_segment *seg, tg_time_t now)
{
	if ((seg->flags & TG_TCP_ACK) == 0 || seg->ack != p->script.iss + 1)
		return;
	p->established = true;
	p->irs = seg->seq;
	p->rcv_nxt = seg->seq + 1;
	p->snd_una = seg->ack;
	p->use_ts = p->script.timestamps && (seg->opt.present & TG_OPT_TIMESTAMP) != 0;
	p->ts_recent = seg->opt.tsval;
	p->use_sack = p->script.sack && (seg->opt.present & TG_OPT_SACK_OK) != 0;
	p->use_wscale = p->script.wscale && (seg->opt.present & TG_OPT_WSCALE) != 0;
	p->srv_wscale = p->use_wscale ? seg->opt.wscale : 0;
	p->srv_wnd = seg->wnd; /* not scaled in a SYN */
	p->timer = UINT64_MAX;
	if (!p->script.data_with_handshake)
		send_ack(p, now);
	send_more(p, now);
}

static void
store_text(struct peer *p, const struct tg_segment *seg)
{
	uint32_t off = seg->seq - (p->irs + 1), i;

	p->last = (struct tg_sack_block){ off, off + seg->len };
	p->last_twice = seg->len != 0;
	for (i = 0; i < seg->len; i++) {
		if ((int32_t)(off + i) < 0 || off + i >= p->got_cap)
			continue;
		p->last_twice &= p->have[off + i];
		p->got_top = TG_MAX(p->got_top, off + i + 1);
		p->got[off + i] = seg->text[i];
		p->have[off + i] = true;
	}
	if ((seg->flags & TG_TCP_FIN) != 0)
		p->fin_at = off + seg->len;
	off = p->rcv_nxt - (p->irs + 1);
	while (!p->fin_received && off < p->got_cap && p->have[off])
		off++;
	if (!p->fin_received)
		p->rcv_nxt = p->irs + 1 + off;
	if (!p->fin_received && off == p->fin_at) {
		p->fin_received = true;
		p->rcv_nxt++;
	}
}

static void
follow_script(struct peer *p)
{
	uint32_t n = peer_received(p);

	if (p->fin_received ||
	    (p->script.close == PEER_CLOSE_AFTER_ANSWER && n >= p->script.expect_len) ||
	    (p->script.close == PEER_CLOSE_MIDWAY && n >= p->script.expect_len / 2))
		p->fin_wanted = true;
}

static void
receive_ack(struct peer *p, const struct tg_segment *seg, tg_time_t now)
{
	uint32_t fin = request_seq(p) + p->script.request_len + 1;

	p->srv_wnd = (uint32_t)seg->wnd << p->srv_wscale;
	if (tg_seq_gt(seg->ack, p->snd_una) && tg_seq_leq(seg->ack, p->snd_max)) {
		p->snd_una = seg->ack;
		p->snd_nxt = tg_seq_max(p->snd_nxt, p->snd_una);
		p->timer = p->snd_una == p->snd_max ? UINT64_MAX : now + RESEND_NS;
		p->timeouts = 0;
	}
	p->done = p->fin_received && p->fin_wanted && p->snd_una == fin;
}

static void
receive_tcp(struct peer *p, const struct tg_segment *seg, tg_time_t now)
{
	bool news = seg->len != 0 || (seg->flags & (TG_TCP_FIN | TG_TCP_SYN)) != 0;

	if ((seg->flags & TG_TCP_RST) != 0) {
		p->reset = true;
		return;
	}
	if (!p->established) {
		if ((seg->flags & TG_TCP_SYN) != 0)
			receive_syn_ack(p, seg, now);
		return;
	}
	if ((seg->flags & TG_TCP_SYN) == 0) {
		if (p->use_ts && tg_seq_leq(seg->seq, p->rcv_nxt))
			p->ts_recent = tg_seq_max(p->ts_recent, seg->opt.tsval);
		store_text(p, seg);
		receive_ack(p, seg, now);
	}
	follow_script(p);
	if (news)
		send_ack(p, now);
	send_more(p, now);
}

void
peer_receive(struct peer *p, const uint8_t *data, uint16_t len, tg_time_t now)
{
	struct tg_frame f = { .data = (uint8_t *)(uintptr_t)data, .len = len, .room = len };
	struct tg_packet pkt;

	if (tg_packet_parse(&f, &pkt) != TG_DROP_NONE)
		return;
	if (pkt.kind != TG_PACKET_TCP)
		receive_resolution(p, data, len, now);
	else if (pkt.tcp.dport == tg_be16(p->script.port))
		receive_tcp(p, &pkt.tcp, now);
}

void
peer_timer(struct peer *p, tg_time_t now)
{
	tg_time_t wait;

	if (p->timer > now)
		return;
	p->timeouts++;
	wait = RESEND_NS << TG_MIN(p->timeouts, 4);
	p->timer = p->timeouts > TIMEOUTS_MAX ? UINT64_MAX : now + TG_MIN(wait, RESEND_MAX_NS);
	if (!p->established) {
		send_syn(p, now);
		return;
	}
	p->snd_nxt = p->snd_una;
	p->srv_wnd = TG_MAX(p->srv_wnd, 1); /* a closed window is probed */
	send_more(p, now);
}
