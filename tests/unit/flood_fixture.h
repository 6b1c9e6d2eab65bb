/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A flood, and the target at its other end: it takes a SYN out of the flood, and hands a reply in.
 */
#ifndef TG_TESTS_FLOOD_FIXTURE_H
#define TG_TESTS_FLOOD_FIXTURE_H

#include <stdlib.h>

#include "flood/flood.h"
#include "packet/build.h"
#include "packet/packet.h"
#include "tap.h"

static const uint8_t own_mac[6] = { 2, 0, 0, 0, 0, 9 }, peer_mac[6] = { 2, 0, 0, 0, 0, 2 };

static const struct tg_flood_config plain4 = {
	.target = { .b = { 192, 0, 2, 2 } },
	.port = 0x5000,
	.sources = { .b = { 198, 18 } },
	.source_bits = 17,
	.port_min = 1024,
	.port_max = 65535,
	.key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } },
	.check_sums = true,
};

static const struct tg_flood_config plain6 = {
	.target = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } },
	.is_ipv6 = true,
	.port = 0x5000,
	.sources = { .b = { 0x20, 0x01, 0x0d, 0xb8, 0, 9, [12] = 0x12, [13] = 0x34 } },
	.source_bits = 16,
	.port_min = 1024,
	.port_max = 65535,
	.key = { { 3, 5 } },
	.check_sums = true,
};

static struct tg_flood_config used;
static struct tg_flood *flood;
static void *block;
static uint8_t frame_room[TG_FLOOD_ANSWER_ROOM];
static uint16_t frame_len;
static tg_time_t now_ns;

/* Makes the flood of a test, aimed. */
static inline void
begin(const struct tg_flood_config *config)
{
	struct tg_arena measure = { 0 }, arena;

	used = *config;
	CU_ASSERT_PTR_NULL_FATAL(tg_flood_layout(&measure, &used));
	block = aligned_alloc(64, (measure.used + 63) & ~(size_t)63);
	CU_ASSERT_PTR_NOT_NULL_FATAL(block);
	memset(block, 0, measure.used);
	arena = (struct tg_arena){ block, measure.used, 0 };
	flood = tg_flood_layout(&arena, &used);
	now_ns = 7 * TG_NS_PER_SEC;
	tg_flood_aim(flood, own_mac, peer_mac);
}

static inline void
end(void)
{
	free(block);
}

static inline uint64_t
count(enum tg_flood_count what)
{
	return atomic_load(&tg_flood_figures(flood)->count[what]);
}

static inline uint64_t
sum_of(enum tg_flood_kind kind)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < TG_FLOOD_MAX; i++)
		n += tg_flood_count_info[i].kind == kind ? count((enum tg_flood_count)i) : 0;
	return n;
}

static inline uint64_t
replies(void)
{
	return sum_of(TG_FLOOD_KIND_REPLY);
}

/* What frame_room holds, checksums verified. */
static inline struct tg_packet
read_frame(uint16_t len)
{
	struct tg_frame frame = { .data = frame_room, .len = len, .room = sizeof(frame_room) };
	struct tg_packet pkt = { 0 };

	CU_ASSERT_EQUAL_FATAL(tg_packet_parse(&frame, &pkt), TG_DROP_NONE);
	CU_ASSERT_EQUAL_FATAL(pkt.kind, TG_PACKET_TCP);
	return pkt;
}

static inline struct tg_packet
next_syn(tg_time_t now)
{
	uint8_t *to = frame_room;

	tg_flood_make(flood, now, &to, 1);
	return read_frame((uint16_t)tg_flood_syn_bytes(flood));
}

static inline uint32_t
last_word(const struct tg_packet *pkt)
{
	return tg_load32(pkt->src.b + (pkt->is_ipv6 ? 12 : 0));
}

static inline uint32_t
offset_of(const struct tg_packet *pkt)
{
	return last_word(pkt) & ((1U << used.source_bits) - 1);
}

static inline bool
is_from_prefix(const struct tg_packet *pkt)
{
	uint32_t last = used.is_ipv6 ? 12 : 0;

	return memcmp(pkt->src.b, used.sources.b, last) == 0 &&
	       last_word(pkt) - offset_of(pkt) == tg_load32(used.sources.b + last);
}

/* Puts the target's reply to a SYN into frame_room: seq, ack, flags, options and text are those of
 * seg. */
static inline void
make_reply(const struct tg_packet *syn, const struct tg_segment *seg)
{
	struct tg_frame frame = { .data = frame_room, .room = sizeof(frame_room) };
	struct tg_path path = {
		.is_ipv6 = syn->is_ipv6, .ttl = 60, .src = syn->dst, .dst = syn->src
	};
	struct tg_segment reply = *seg;

	reply.sport = syn->tcp.dport;
	reply.dport = syn->tcp.sport;
	reply.text = NULL;
	memcpy(path.src_mac, peer_mac, 6);
	memcpy(path.dst_mac, own_mac, 6);
	if (seg->len != 0)
		memcpy(frame_room + tg_path_header_bytes(&path) + TG_TCP_HEADER_BYTES +
			   tg_tcp_options_bytes(&seg->opt),
		    seg->text, seg->len);
	tg_build_tcp(&frame, &path, &reply);
	frame_len = frame.len;
}

/* Hands frame_room in; an answer lies there then. */
static inline enum tg_flood_verdict
take(void)
{
	uint8_t *data = frame_room, verdict;
	uint32_t special = tg_flood_take(flood, now_ns, &data, &frame_len, &verdict, 1);

	CU_ASSERT_EQUAL(special, verdict != TG_FLOOD_DONE);
	return (enum tg_flood_verdict)verdict;
}

#endif
