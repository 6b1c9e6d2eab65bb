/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Shared by the tests of cookies: a master key, the candidates at a wall time, and the two
 * packets that a client sends.
 */
#ifndef TG_TESTS_COOKIE_FIXTURE_H
#define TG_TESTS_COOKIE_FIXTURE_H

#include "tcp/cookie.h"

#include "tap.h"

#define CK_EPOCH  27000001ULL                    /* odd */
#define CK_WALL   (CK_EPOCH * TG_COOKIE_EPOCH_S) /* its first second */
#define CK_WSCALE 7
#define CK_IRS    0xffffffffU /* the client's ISN: the third packet has number 0 */

static const struct tg_siphash_key ck_master = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

/* The keys that control publishes in an epoch. */
static inline struct tg_cookie_keys
ck_keys_of(const struct tg_siphash_key *master, uint8_t wscale, uint64_t epoch)
{
	struct tg_cookie_keys keys = { .epoch = epoch };
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(keys.key); i++)
		tg_cookie_make_key(master, wscale, epoch - 1 + i, &keys.key[i]);
	return keys;
}

/* The keys of CK_EPOCH, published at its first second, which is the time at. */
static inline struct tg_cookie_keys
ck_published(uint8_t wscale, tg_time_t at)
{
	struct tg_cookie_keys keys = ck_keys_of(&ck_master, wscale, CK_EPOCH);

	keys.at = at;
	keys.wall_ns = CK_WALL * TG_NS_PER_SEC;
	return keys;
}

/* The candidates at a wall time, by keys that were published in time. */
static inline struct tg_cookie_now
ck_at(uint64_t wall_s)
{
	struct tg_cookie_keys keys = ck_keys_of(&ck_master, CK_WSCALE, wall_s / TG_COOKIE_EPOCH_S);
	struct tg_cookie_now now;

	CU_ASSERT_TRUE_FATAL(tg_cookie_begin(&now, &keys, wall_s));
	return now;
}

static inline struct tg_packet
ck_syn(bool is_ipv6)
{
	struct tg_packet syn = {
		.kind = TG_PACKET_TCP,
		.is_ipv6 = is_ipv6,
		.tcp = { .seq = CK_IRS,
		    .flags = TG_TCP_SYN,
		    .sport = tg_be16(49152),
		    .dport = tg_be16(80),
		    .opt = { .present = TG_OPT_MSS, .mss = 1460 } },
	};
	unsigned i;

	syn.src.v4 = tg_be32(0xc6336401);
	syn.dst.v4 = tg_be32(0xc0000202);
	for (i = 0; is_ipv6 && i < 16; i++) {
		syn.src.b[i] = (uint8_t)(0x20 + i);
		syn.dst.b[i] = (uint8_t)(0x30 + i);
	}
	return syn;
}

/* The third packet, after a SYN that was answered with iss. */
static inline struct tg_packet
ck_ack(const struct tg_packet *syn, uint32_t iss)
{
	struct tg_packet ack = *syn;

	ack.tcp.seq = syn->tcp.seq + 1;
	ack.tcp.ack = iss + 1;
	ack.tcp.flags = TG_TCP_ACK;
	ack.tcp.opt = (struct tg_tcp_options){ 0 };
	return ack;
}

static inline enum tg_cookie_verdict
ck_check(const struct tg_cookie_now *now, const struct tg_packet *ack)
{
	struct tg_cookie_peer peer;

	return tg_cookie_check(now, ack, 0, &peer);
}

/* splitmix64 */
static inline uint64_t
ck_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Adds the tuple of a packet, to others of its family. */
static inline void
ck_add_tuple(struct tg_tuples *t, const struct tg_packet *pkt)
{
	uint32_t i = t->n++;

	if (pkt->is_ipv6) {
		t->addr[0][i] = pkt->src.q[0];
		t->addr[1][i] = pkt->src.q[1];
		t->addr[2][i] = pkt->dst.q[0];
		t->addr[3][i] = pkt->dst.q[1];
	} else {
		t->addr[0][i] = pkt->src.v4 | (uint64_t)pkt->dst.v4 << 32;
	}
	t->head[i] =
	    pkt->tcp.sport | (uint32_t)pkt->tcp.dport << 16 | (uint64_t)tg_be32(pkt->tcp.seq) << 32;
}

#endif
