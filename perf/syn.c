/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Cycles from SYN to SYN-ACK with a cookie in tg_shard_run, by burst and by lanes of SipHash.
 * Beside them, of the same frames in the same run, those of a bare responder.
 */
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "packet/build.h"
#include "packet/checksum.h"
#include "rig.h"

#define ROUNDS 2001 /* the median of these is printed */
#define IP     TG_ETH_HEADER_BYTES
#define TCP    (IP + TG_IP4_HEADER_BYTES)

static struct rig rig;
static struct tg_cookie_keys keys;

static void
make_syn(struct tg_frame *f, uint32_t i)
{
	struct tg_path path = { .ttl = 64, .dst = rig.net.addr[0].ip };
	struct tg_segment syn = { .seq = i * 2654435761u,
		.sport = tg_be16((uint16_t)(1024 + i % 60000)),
		.dport = tg_be16(80),
		.flags = TG_TCP_SYN,
		.opt = { .present = TG_OPT_MSS, .mss = 1460 } };

	path.src.v4 = tg_be32(0xc6120000 + i % 65521);
	memcpy(path.src_mac, rig_peer_mac, 6);
	memcpy(path.dst_mac, rig.net.mac, 6);
	tg_build_tcp(f, &path, &syn);
	f->flags = 0; /* nobody has verified the checksums */
}

static void
swap(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t t[8];

	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

static uint64_t
tcp_sum(const uint8_t *p, uint32_t len)
{
	union tg_ip src = { 0 }, dst = { 0 };

	memcpy(&src.v4, p + IP + 12, 4);
	memcpy(&dst.v4, p + IP + 16, 4);
	return tg_checksum_add(
	    tg_checksum_pseudo(false, &src, &dst, TG_IPPROTO_TCP, len), p + TCP, len);
}

static bool
is_good_syn(const uint8_t *p, uint32_t tcp_len)
{
	return tg_load16(p + 12) == TG_ETHERTYPE_IP4 && p[IP] == 0x45 &&
	       p[IP + 9] == TG_IPPROTO_TCP && p[TCP + 13] == TG_TCP_SYN &&
	       tg_checksum_fold(tg_checksum_add(0, p + IP, TG_IP4_HEADER_BYTES)) == 0 &&
	       tg_checksum_fold(tcp_sum(p, tcp_len)) == 0;
}

static void
respond(struct tg_frame *f)
{
	uint8_t *p = f->data;
	uint32_t len = tg_load16(p + IP + 2) - (uint32_t)TG_IP4_HEADER_BYTES, seq;
	uint8_t block[16];
	be16_t csum;

	if (!is_good_syn(p, len))
		return;
	seq = tg_load32(p + TCP + 4);
	memcpy(block, p + IP + 12, 12);
	memcpy(block + 12, &seq, 4);
	swap(p, p + 6, 6);
	swap(p + IP + 12, p + IP + 16, 4);
	swap(p + TCP, p + TCP + 2, 2);
	tg_store32(p + TCP + 4, (uint32_t)tg_siphash24(&keys.key[1], block, sizeof(block)));
	tg_store32(p + TCP + 8, seq + 1);
	p[TCP + 13] = TG_TCP_SYN | TG_TCP_ACK;
	tg_store16(p + TCP + 16, 0);
	csum = tg_checksum_fold(tcp_sum(p, len));
	memcpy(p + TCP + 16, &csum, sizeof(csum));
}

static int
by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Median cycles for each of n SYNs in a burst. */
static double
measure(uint32_t n, bool bare)
{
	static uint64_t v[ROUNDS];
	static tg_time_t now = TG_NS_PER_SEC;
	struct tg_frame rx[RIG_BURST];
	uint64_t start;
	uint32_t round, i;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < n; i++) {
			rx[i] = rig_frame(&rig);
			make_syn(&rx[i], round * RIG_BURST + i);
		}
		start = __rdtsc();
		if (!bare)
			rig_run(&rig, now += 1000, rx, n);
		for (i = 0; bare && i < n; i++)
			respond(&rx[i]);
		v[round] = __rdtsc() - start;
		for (i = 0; bare && i < n; i++)
			tg_frames_push(&rig.spare, &rx[i]);
	}
	qsort(v, ROUNDS, sizeof(*v), by_size);
	return (double)v[ROUNDS / 2] / n;
}

static void
set_up(void)
{
	struct rig_options options = rig_defaults;
	unsigned i;

	options.connections = 10000;
	options.syn_cookies = TG_SYN_COOKIES_ALWAYS;
	rig_init(&rig, &options, TG_NS_PER_SEC);
	for (i = 0; i < TG_ARRAY_LEN(keys.key); i++)
		keys.key[i] = (struct tg_siphash_key){ { i + 1, 2 } };
	keys.epoch = 27000000;
	keys.at = TG_NS_PER_SEC;
	keys.wall_ns = keys.epoch * TG_COOKIE_EPOCH_S * TG_NS_PER_SEC;
	rig.world.syn_cookies = &keys;
}

int
main(void)
{
	static const uint32_t burst[] = { 1, 4, 8, 16, 32 };
	static const char *const name[] = { "1 lane", "8 lanes", "16 lanes" };
	unsigned widest = !__builtin_cpu_supports("avx2")     ? TG_SIPHASH_X1
			  : __builtin_cpu_supports("avx512f") ? TG_SIPHASH_X16
							      : TG_SIPHASH_X8;
	unsigned i, width;
	double bare, whole;

	set_up();
	printf("%6s %10s %10s %10s %8s\n", "burst", "lanes", "shard", "bare", "ratio");
	for (i = 0; i < TG_ARRAY_LEN(burst); i++)
		for (width = TG_SIPHASH_X1; width <= widest; width++) {
			rig.tcp.siphash_width = (enum tg_siphash_width)width;
			bare = measure(burst[i], true);
			whole = measure(burst[i], false);
			printf("%6u %10s %10.0f %10.0f %8.2f\n", burst[i], name[width], whole, bare,
			    bare / whole);
		}
	printf("%lu cookies made\n",
	    tg_stats_counter(tg_shard_stats(rig.shard), TG_COUNTER_COOKIES_ISSUED));
	rig_free(&rig);
	return 0;
}
