/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A shard on the rig and a client that sends it whatever a test says, in bursts. The rig
 * aborts the program whenever a frame is lost or made up.
 */
#ifndef TG_TESTS_SHARD_FIXTURE_H
#define TG_TESTS_SHARD_FIXTURE_H

#include "../sim/rig.h"
#include "packet/checksum.h"
#include "tap.h"

#define CLIENT_IP 0xc0000201 /* 192.0.2.1, on-link */
#define SERVER_IP 0xc0000202
#define ISS       0xffffff00 /* the client's, near the wrap */
#define MAX_RX    64

static struct rig rig;
static tg_time_t now;
static struct tg_frame rx[MAX_RX];
static uint32_t n_rx;
static uint16_t port; /* the client's */
static uint32_t iss;  /* the server's, on the connection of port */
static struct tg_path path;
static struct tg_tcp_options offered; /* by the client's SYN */

/* Requests of the client. */
static const char get_ok[] = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n";
static const char get_big[] = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
static const uint8_t server_mac[6] = { 2, 0, 0, 0, 0, 2 };

static inline void
add_frame(const void *data, uint32_t len)
{
	CU_ASSERT_FATAL(n_rx < MAX_RX && len <= RIG_FRAME_BYTES);
	rx[n_rx] = rig_frame(&rig);
	memcpy(rx[n_rx].data, data, len);
	rx[n_rx++].len = (uint16_t)len;
}

/* Adds a segment to the next burst; seq and ack count from the ISSs. */
static inline void
add(uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	struct tg_segment seg = { .seq = ISS + seq,
		.ack = (flags & TG_TCP_ACK) != 0 ? iss + ack : 0,
		.wnd = 65535,
		.sport = tg_be16(port),
		.dport = tg_be16(80),
		.flags = flags,
		.len = (uint32_t)strlen(text) };
	struct tg_frame *f;

	if ((flags & TG_TCP_SYN) != 0)
		seg.opt = offered;
	CU_ASSERT_FATAL(n_rx < MAX_RX);
	f = &rx[n_rx++];
	*f = rig_frame(&rig);
	memcpy(f->data + tg_path_header_bytes(&path) + TG_TCP_HEADER_BYTES +
		   tg_tcp_options_bytes(&seg.opt),
	    text, seg.len);
	tg_build_tcp(f, &path, &seg);
	f->flags = 0;
}

static inline void
run(void)
{
	rig_run(&rig, now, rx, n_rx);
	n_rx = 0;
}

static inline void
run_after_ms(uint32_t ms)
{
	now += ms * TG_NS_PER_MS;
	run();
}

/* The i-th TCP segment that the last run sent, checked as any receiver would. */
static inline bool
sent(uint32_t i, struct tg_packet *pkt)
{
	uint32_t j;

	for (j = 0; j < rig.tx.n; j++) {
		CU_ASSERT_EQUAL(tg_packet_parse(&rig.tx.v[j], pkt), TG_DROP_NONE);
		if (pkt->kind == TG_PACKET_TCP && i-- == 0)
			return true;
	}
	return false;
}

static inline uint32_t
n_sent(void)
{
	struct tg_packet pkt;
	uint32_t n = 0;

	while (sent(n, &pkt))
		n++;
	return n;
}

/* Flags of the one segment that was sent; 0 if it was none or several. */
static inline uint8_t
sent_flags(void)
{
	struct tg_packet pkt;

	return n_sent() == 1 && sent(0, &pkt) ? pkt.tcp.flags : 0;
}

/* Checks that a segment is a whole answer, the page and its head; close: the one that closes. */
static inline void
check_page(const struct tg_segment *seg, uint32_t page, unsigned close)
{
	const struct tg_http_page *p = &rig.page[page];

	CU_ASSERT_EQUAL_FATAL(seg->len, p->head_len[close] + p->body_len);
	CU_ASSERT_EQUAL(memcmp(seg->text, p->head[close], p->head_len[close]), 0);
	CU_ASSERT_EQUAL(memcmp(seg->text + p->head_len[close], p->body, p->body_len), 0);
}

static inline uint64_t
counter(enum tg_counter c)
{
	return tg_stats_counter(tg_shard_stats(rig.shard), c);
}

static inline uint64_t
dropped(enum tg_drop why)
{
	return tg_stats_drop(tg_shard_stats(rig.shard), why);
}

static inline uint64_t
all_drops(void)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < TG_DROP_MAX; i++)
		n += dropped((enum tg_drop)i);
	return n;
}

static inline uint32_t
connections(enum tg_tcp_state state)
{
	return tg_gauge(&tg_shard_gauges(rig.shard)->state[state]);
}

static inline void
seal(uint8_t *csum, const uint8_t *p, uint32_t len)
{
	be16_t sum;

	tg_store16(csum, 0);
	sum = tg_checksum_fold(tg_checksum_add(0, p, len));
	memcpy(csum, &sum, sizeof(sum));
}

static inline void
add_arp(uint16_t op, uint32_t sender, uint32_t target)
{
	uint8_t f[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 8, 6, 0, 1, 8, 0, 6, 4 };

	memcpy(f + 6, rig_peer_mac, 6);
	if (op == 2)
		memcpy(f, server_mac, 6);
	tg_store16(f + 20, op);
	memcpy(f + 22, rig_peer_mac, 6);
	tg_store32(f + 28, sender);
	memcpy(f + 32, op == 2 ? server_mac : (const uint8_t[6]){ 0 }, 6);
	tg_store32(f + 38, target);
	add_frame(f, sizeof(f));
}

/* Adds a Destination Unreachable about the last TCP segment sent, as if it came from
 * the server's port sport. */
static inline void
add_unreachable(uint8_t code, uint16_t mtu, uint16_t sport)
{
	uint8_t f[14 + 20 + 8 + 28] = { [12] = 8, 0, 0x45, 0, 0, 56, [22] = 64, 1 };

	memcpy(f, server_mac, 6);
	memcpy(f + 6, rig_peer_mac, 6);
	tg_store32(f + 26, CLIENT_IP);
	tg_store32(f + 30, SERVER_IP);
	f[34] = 3;
	f[35] = code;
	tg_store16(f + 40, mtu);
	memcpy(f + 42, rig.tx.v[0].data + 14, 28);
	tg_store16(f + 62, sport);
	seal(f + 24, f + 14, 20);
	seal(f + 36, f + 34, 36);
	add_frame(f, sizeof(f));
}

static inline void
start(const struct rig_options *options)
{
	rig_free(&rig);
	rig_init(&rig, options, now);
	n_rx = 0;
	iss = 0;
	port = 40000;
	offered = (struct tg_tcp_options){ .present = TG_OPT_MSS, .mss = 1460 };
	path = (struct tg_path){
		.ttl = 64, .src.v4 = tg_be32(CLIENT_IP), .dst.v4 = tg_be32(SERVER_IP)
	};
	memcpy(path.src_mac, rig_peer_mac, 6);
	memcpy(path.dst_mac, server_mac, 6);
}

/* The client asks for the server's address, by which the server learns the client's. */
static inline void
meet(void)
{
	add_arp(1, CLIENT_IP, SERVER_IP);
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ARP_REPLIES), 1);
}

static inline void
setup(void)
{
	now = 77 * TG_NS_PER_SEC;
	start(&rig_defaults);
	meet();
}

static inline void
teardown(void)
{
	tg_shard_release_frames(rig.shard, &rig.spare);
	while (rig.tx.n != 0)
		tg_frames_push(&rig.spare, &rig.tx.v[--rig.tx.n]);
	CU_ASSERT_EQUAL(rig.spare.n, RIG_FRAMES);
}

static inline void
open_connection(uint16_t from)
{
	struct tg_packet pkt = { 0 };

	port = from;
	add(TG_TCP_SYN, 0, 0, "");
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	sent(0, &pkt);
	iss = pkt.tcp.seq;
	add(TG_TCP_ACK, 1, 1, "");
	run();
}

#endif
