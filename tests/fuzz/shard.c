/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A conversation with a whole shard. The input is a list of steps: segments of a few
 * connections whose numbers lie near those in use, raw frames, and time. Frames must be
 * conserved after each, and in the end nothing may be left.
 */
#include "fuzz.h"
#include "packet/build.h"
#include "rig.h"

#define CONNECTIONS 4
#define WAITS_MAX   36000 /* more than any connection lives */

struct client {
	uint32_t seq, ack; /* what a well-behaved client would send next */
};

struct reader {
	const uint8_t *p;
	size_t left;
};

static uint8_t
next(struct reader *r)
{
	if (r->left == 0)
		return 0;
	r->left--;
	return *r->p++;
}

static void
learn(struct rig *rig, struct client *client)
{
	struct tg_packet pkt;
	uint32_t i;

	for (i = 0; i < rig->tx.n; i++) {
		struct tg_frame f = rig->tx.v[i];

		f.flags = 0;
		if (tg_packet_parse(&f, &pkt) == TG_DROP_NONE && pkt.kind == TG_PACKET_TCP)
			client[tg_host16(pkt.tcp.dport) % CONNECTIONS].ack =
			    pkt.tcp.seq + pkt.tcp.len +
			    ((pkt.tcp.flags & (TG_TCP_SYN | TG_TCP_FIN)) != 0);
	}
}

/* One segment: which connection, flags, how far its numbers are off, text, options. */
static struct tg_frame
segment(struct rig *rig, struct client *client, struct reader *r)
{
	static const char request[] = "GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /ok HTTP/1.1\r\n";
	static const int8_t off[8] = { 0, 0, 0, 1, -1, 40, -40, 127 };
	struct tg_path path = { .ttl = 64, .src.v4 = tg_be32(0xc0000201) };
	struct tg_frame f = rig_frame(rig);
	uint8_t which = next(r) % CONNECTIONS, shape = next(r), options = next(r);
	struct tg_segment seg = { .sport = tg_be16((uint16_t)(4000 + which)),
		.dport = tg_be16(80),
		.flags = next(r),
		.wnd = (uint16_t)(next(r) << 8) };

	path.dst.v4 = tg_be32(0xc0000202);
	memcpy(path.src_mac, rig_peer_mac, 6);
	memcpy(path.dst_mac, rig->net.mac, 6);
	seg.seq = client[which].seq + (uint32_t)off[shape & 7];
	seg.ack = client[which].ack + (uint32_t)off[shape >> 3 & 7];
	seg.len = shape >> 6 != 0 ? next(r) % sizeof(request) : 0;
	seg.opt.present =
	    options & (TG_OPT_MSS | TG_OPT_WSCALE | TG_OPT_SACK_OK | TG_OPT_TIMESTAMP);
	seg.opt.mss = (uint16_t)(next(r) * 8);
	seg.opt.wscale = options >> 4;
	seg.opt.tsval = next(r);
	memcpy(f.data + tg_path_header_bytes(&path) + TG_TCP_HEADER_BYTES +
		   tg_tcp_options_bytes(&seg.opt),
	    request, seg.len);
	tg_build_tcp(&f, &path, &seg);
	if ((shape & 7) == 0)
		client[which].seq =
		    seg.seq + seg.len + ((seg.flags & (TG_TCP_SYN | TG_TCP_FIN)) != 0);
	return f;
}

static struct tg_frame
raw(struct rig *rig, struct reader *r)
{
	struct tg_frame f = rig_frame(rig);

	for (f.len = 0; f.len < 128 && r->left != 0; f.len++)
		f.data[f.len] = next(r);
	return f;
}

/* The ARP request that makes the peer known. */
static void
introduce(struct rig *rig, tg_time_t now)
{
	struct tg_frame f = rig_frame(rig);
	uint8_t *arp =
	    f.data + tg_build_eth(f.data, rig->net.mac, rig_peer_mac, 0, TG_ETHERTYPE_ARP);

	memset(arp, 0, 46);
	memcpy(arp, (const uint8_t[]){ 0, 1, 8, 0, 6, 4, 0, 1 }, 8);
	memcpy(arp + 8, rig_peer_mac, 6);
	memcpy(arp + 14, (const uint8_t[]){ 192, 0, 2, 1 }, 4);
	memcpy(arp + 24, (const uint8_t[]){ 192, 0, 2, 2 }, 4);
	f.len = 60;
	rig_run(rig, now, &f, 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rig rig;
	struct client client[CONNECTIONS] = { { 0xfffffff0, 0 } };
	struct reader r = { data, size };
	tg_time_t now = TG_NS_PER_SEC;
	unsigned wait;

	rig_init(&rig, &rig_defaults, now);
	introduce(&rig, now);
	while (r.left != 0) {
		struct tg_frame rx;
		uint8_t kind = next(&r);

		now += (tg_time_t)(kind & 0x3f) << 22; /* up to a quarter of a second */
		if (kind >> 6 == 3)
			rx = raw(&rig, &r);
		else if (kind >> 6 != 0)
			rx = segment(&rig, client, &r);
		rig_run(&rig, now, &rx, kind >> 6 != 0);
		learn(&rig, client);
	}
	for (wait = 0; wait < WAITS_MAX && rig_connections(&rig) != 0; wait++) {
		now += 1 + tg_shard_idle_ns(rig.shard, now, TG_NS_PER_SEC);
		rig_run(&rig, now, NULL, 0);
	}
	if (!rig_is_empty(&rig))
		abort();
	rig_free(&rig);
	return 0;
}
