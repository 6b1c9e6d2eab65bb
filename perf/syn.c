/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Cycles from SYN to SYN-ACK with a cookie in tg_shard_run: by burst and by lanes of SipHash, by
 * what the SYN looks like, and by the connections that the shard holds. Beside them, in turns
 * and of the same frames, those of a bare responder, which keeps no connections and looks
 * at no more than it must.
 *
 *   perf/syn [--8] [--rounds N] [CONNECTIONS ...]
 *
 * --8: at most 8 lanes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "packet/build.h"
#include "packet/checksum.h"
#include "rig.h"

#define ROUNDS      15  /* of either, in turns; the least is printed: others only add */
#define BURSTS      501 /* the median of these is a round's figure */
#define BURST_MAX   64
#define FIRST_KNOWN 0x80000000 /* clients of the connections that are there */
#define IP          TG_ETH_HEADER_BYTES

/* What a SYN looks like. */
struct look {
	const char *name;
	bool is_ipv6;
	bool verified; /* the port has checked the checksums */
	struct tg_tcp_options opt;
};

#define LINUX                                                                                      \
	{                                                                                          \
		.present = TG_OPT_MSS | TG_OPT_SACK_OK | TG_OPT_TIMESTAMP | TG_OPT_WSCALE,         \
		.mss = 1460, .wscale = 7, .tsval = 4711                                            \
	}

static const struct look looks[] = {
	{ "IPv4", .opt = { .present = 0 } },
	{ "IPv4, MSS", .opt = { .present = TG_OPT_MSS, .mss = 1460 } },
	{ "IPv4, as Linux", .opt = LINUX },
	{ "IPv4, MSS, verified by port", .verified = true,
	    .opt = { .present = TG_OPT_MSS, .mss = 1460 } },
	{ "IPv6, MSS", .is_ipv6 = true, .opt = { .present = TG_OPT_MSS, .mss = 1440 } },
	{ "IPv6, as Linux", .is_ipv6 = true, .opt = LINUX },
};
#define USUAL (&looks[1])

static struct rig rig;
static struct tg_cookie_keys keys;
static tg_time_t now = TG_NS_PER_SEC;
static unsigned rounds = ROUNDS;
static enum tg_siphash_width widest;

/* A segment of client i. */
static void
make_segment(struct tg_frame *f, const struct look *look, uint32_t i, uint8_t flags, uint32_t ack)
{
	struct tg_path path = { .ttl = 64,
		.is_ipv6 = look->is_ipv6,
		.src = rig.net.addr[look->is_ipv6].ip,
		.dst = rig.net.addr[look->is_ipv6].ip };
	struct tg_segment seg = { .seq = i * 2654435761u + ((flags & TG_TCP_ACK) != 0),
		.ack = ack,
		.wnd = 65535,
		.sport = tg_be16((uint16_t)(1024 + i % 60000)),
		.dport = tg_be16(80),
		.flags = flags };

	if ((flags & TG_TCP_SYN) != 0)
		seg.opt = look->opt;
	if (look->is_ipv6)
		path.src.w[3] = tg_be32(0x10000000 + i % 65521);
	else
		path.src.v4 = tg_be32(0xc6120000 + i % 65521);
	memcpy(path.src_mac, rig_peer_mac, 6);
	memcpy(path.dst_mac, rig.net.mac, 6);
	tg_build_tcp(f, &path, &seg);
	f->flags = 0;
	if (look->verified)
		f->flags = TG_RX_CSUM_GOOD << TG_FRAME_RX_IP_SHIFT | TG_RX_CSUM_GOOD
									 << TG_FRAME_RX_L4_SHIFT;
}

/* ---- The bare responder: verifies checksums where the port has not, hashes one by one, turns the
 * frame round. Options come back as they came. */

/* Where the parts of a frame are. */
struct shape {
	uint32_t addr, addr_bytes; /* the source address; the destination's is behind it */
	uint32_t tcp, tcp_bytes;
};

static struct shape
shape_of(const uint8_t *p)
{
	if (tg_load16(p + 12) == TG_ETHERTYPE_IP6)
		return (
		    struct shape){ IP + 8, 16, IP + TG_IP6_HEADER_BYTES, tg_load16(p + IP + 4) };
	return (struct shape){ IP + 12, 4, IP + TG_IP4_HEADER_BYTES,
		tg_load16(p + IP + 2) - (uint32_t)TG_IP4_HEADER_BYTES };
}

static void
swap(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t t[16];

	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

static uint64_t
tcp_sum(const uint8_t *p, const struct shape *s)
{
	uint64_t sum = (uint64_t)tg_be32(s->tcp_bytes) + tg_be32(TG_IPPROTO_TCP);

	sum = tg_checksum_add(sum, p + s->addr, 2 * s->addr_bytes);
	return tg_checksum_add(sum, p + s->tcp, s->tcp_bytes);
}

static bool
is_good_syn(const struct tg_frame *f, const struct shape *s)
{
	const uint8_t *p = f->data;
	bool is_ipv6 = s->addr_bytes == 16;

	if (p[IP + (is_ipv6 ? 6 : 9)] != TG_IPPROTO_TCP || p[s->tcp + 13] != TG_TCP_SYN)
		return false;
	if (tg_frame_rx_l4(f) == TG_RX_CSUM_GOOD)
		return true;
	if (!is_ipv6 && tg_checksum_fold(tg_checksum_add(0, p + IP, TG_IP4_HEADER_BYTES)) != 0)
		return false;
	return tg_checksum_fold(tcp_sum(p, s)) == 0;
}

static void
respond(struct tg_frame *f)
{
	uint8_t *p = f->data, block[40];
	struct shape s = shape_of(p);
	uint32_t n = 2 * s.addr_bytes, seq;
	be16_t csum;

	if (!is_good_syn(f, &s))
		return;
	seq = tg_load32(p + s.tcp + 4);
	memcpy(block, p + s.addr, n);
	memcpy(block + n, p + s.tcp, 4);
	memcpy(block + n + 4, &seq, 4);
	swap(p, p + 6, 6);
	swap(p + s.addr, p + s.addr + s.addr_bytes, s.addr_bytes);
	swap(p + s.tcp, p + s.tcp + 2, 2);
	tg_store32(p + s.tcp + 4, (uint32_t)tg_siphash24(&keys.key[1], block, n + 8));
	tg_store32(p + s.tcp + 8, seq + 1);
	p[s.tcp + 13] = TG_TCP_SYN | TG_TCP_ACK;
	tg_store16(p + s.tcp + 16, 0);
	csum = tg_checksum_fold(tcp_sum(p, &s));
	memcpy(p + s.tcp + 16, &csum, sizeof(csum));
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_size);
	return v[n / 2];
}

static void
take_back(struct tg_frames *list)
{
	while (list->n != 0)
		tg_frames_push(&rig.spare, &list->v[--list->n]);
}

/* Median cycles for each of n SYNs in a burst. */
static double
one_round(const struct look *look, uint32_t n, bool bare)
{
	static double v[BURSTS];
	static uint32_t next;
	struct tg_frame rx[BURST_MAX];
	uint64_t start;
	uint32_t burst, i;

	for (burst = 0; burst < BURSTS; burst++) {
		for (i = 0; i < n; i++) {
			rx[i] = rig_frame(&rig);
			make_segment(&rx[i], look, next++, TG_TCP_SYN, 0);
		}
		now += 1000;
		start = __rdtsc();
		if (!bare)
			tg_shard_run(rig.shard, &rig.world, now, rx, n, &rig.spare, &rig.tx);
		for (i = 0; bare && i < n; i++)
			respond(&rx[i]);
		v[burst] = (double)(__rdtsc() - start) / n;
		for (i = 0; bare && i < n; i++)
			tg_frames_push(&rig.spare, &rx[i]);
		take_back(&rig.tx);
	}
	return median(v, BURSTS);
}

static void
compare(const struct look *look, uint32_t n, enum tg_siphash_width width)
{
	double b = 1e9, w = 1e9, one;
	unsigned i;

	rig.tcp.siphash_width = width;
	for (i = 0; i < rounds; i++) {
		one = one_round(look, n, true);
		b = TG_MIN(b, one);
		one = one_round(look, n, false);
		w = TG_MIN(w, one);
	}
	printf(" %8.0f %8.0f %8.2f\n", w, b, b / w);
}

/* Opens connections by cookie, a burst at a time, and leaves them be. */
static void
fill(uint32_t n)
{
	struct tg_frame rx[RIG_BURST];
	uint32_t at, i, m;

	for (at = 0; at < n; at += m) {
		m = TG_MIN(n - at, RIG_BURST);
		for (i = 0; i < m; i++) {
			rx[i] = rig_frame(&rig);
			make_segment(&rx[i], USUAL, FIRST_KNOWN + at + i, TG_TCP_SYN, 0);
		}
		rig_run(&rig, now += 1000, rx, m);
		for (i = 0; i < m; i++) {
			uint32_t iss = tg_load32(rig.tx.v[i].data + IP + TG_IP4_HEADER_BYTES + 4);

			rx[i] = rig_frame(&rig);
			make_segment(&rx[i], USUAL, FIRST_KNOWN + at + i, TG_TCP_ACK, iss + 1);
		}
		rig_run(&rig, now += 1000, rx, m);
	}
	take_back(&rig.tx);
}

static void
set_up(uint32_t connections)
{
	struct rig_options options = rig_defaults;
	unsigned i;

	options.connections = TG_MAX(connections, 64);
	options.sides = 4096;
	options.idle_ms = 1000000;
	options.syn_cookies = TG_SYN_COOKIES_ALWAYS;
	rig_init(&rig, &options, now);
	for (i = 0; i < TG_ARRAY_LEN(keys.key); i++)
		keys.key[i] = (struct tg_siphash_key){ { i + 1, 2 } };
	keys.epoch = 27000000;
	keys.at = now;
	keys.wall_ns = keys.epoch * TG_COOKIE_EPOCH_S * TG_NS_PER_SEC;
	rig.world.syn_cookies = &keys;
	fill(connections);
}

static const char *const width_name[] = {
	[TG_SIPHASH_X1] = "scalar",
	[TG_SIPHASH_X8] = "8 lanes",
	[TG_SIPHASH_X16] = "16 lanes",
};

static enum tg_siphash_width
width_of_processor(void)
{
	if (!__builtin_cpu_supports("avx2"))
		return TG_SIPHASH_X1;
	return __builtin_cpu_supports("avx512f") ? TG_SIPHASH_X16 : TG_SIPHASH_X8;
}

static void
print_head(const char *by)
{
	printf("\n%-28s %8s %8s %8s %8s\n", by, "lanes", "shard", "bare", "ratio");
}

static void
by_burst(void)
{
	static const uint32_t burst[] = { 1, 4, 8, 16, 32, 64 };
	enum tg_siphash_width width;
	unsigned i;

	print_head("burst");
	for (i = 0; i < TG_ARRAY_LEN(burst); i++)
		for (width = TG_SIPHASH_X1; width <= widest; width++) {
			printf("%-28u %8s", burst[i], width_name[width]);
			compare(USUAL, burst[i], width);
		}
}

static void
by_look(void)
{
	enum tg_siphash_width width;
	unsigned i;

	print_head("SYN, burst of 32");
	for (i = 0; i < TG_ARRAY_LEN(looks); i++)
		for (width = TG_SIPHASH_X1; width <= widest; width++) {
			printf("%-28s %8s", looks[i].name, width_name[width]);
			compare(&looks[i], 32, width);
		}
}

static void
by_connections(uint32_t n)
{
	enum tg_siphash_width width;

	set_up(n);
	for (width = TG_SIPHASH_X1; width <= widest; width++) {
		printf("%-28u %8s", rig_connections(&rig), width_name[width]);
		compare(USUAL, 32, width);
	}
	rig_free(&rig);
}

static void
read_arguments(int argc, char **argv, int *at)
{
	widest = width_of_processor();
	for (; *at < argc && argv[*at][0] == '-'; ++*at) {
		if (strcmp(argv[*at], "--8") == 0)
			widest = TG_MIN(widest, TG_SIPHASH_X8);
		else if (strcmp(argv[*at], "--rounds") == 0 && *at + 1 < argc)
			rounds = (unsigned)strtoul(argv[++*at], NULL, 10);
	}
	rounds = TG_MAX(rounds, 1);
}

int
main(int argc, char **argv)
{
	int i = 1;

	read_arguments(argc, argv, &i);
	set_up(10000);
	by_burst();
	by_look();
	rig_free(&rig);
	print_head("connections, burst of 32");
	if (i == argc) {
		by_connections(0);
		by_connections(10000);
		by_connections(1000000);
	}
	for (; i < argc; i++)
		by_connections((uint32_t)strtoul(argv[i], NULL, 10));
	return 0;
}
