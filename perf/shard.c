/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Cycles that a shard spends on a connection and on a keep-alive request, by the number of
 * connections it holds. Frames come from memory; only tg_shard_run is timed. Beside them, as
 * the yardstick of the same run, the cycles of one SipHash-2-4 of 16 bytes.
 *
 *   perf/shard [CONNECTIONS ...]
 *   perf/shard PHASE ROUNDS    so many rounds on each of 32, for perf/callgrind; PHASE is open,
 *                              requests, close or teardown, in which counted_run is called
 */
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "packet/build.h"
#include "rig.h"

/* The least of some rounds is printed, as what else runs on the core only adds: of so many that few
 * connections are looked at for as long as many, seconds. */
#define ROUNDS_MIN 15
#define CLIENTS    2000000 /* of all rounds */
#define BATCH      32

struct bench {
	struct rig rig;
	tg_time_t now;
	uint64_t cycles;
	bool counted;        /* what runs belongs to the phase that callgrind counts */
	uint32_t *seq, *ack; /* of each connection, as the client sees them */
};

static const char keep_alive[] = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n";
static const char closing[] = "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

static struct tg_path
client_path(uint32_t i)
{
	static const uint8_t server[6] = { 0x02, 0, 0, 0, 0, 0x02 };
	struct tg_path path = { .ttl = 64 };

	memcpy(path.src_mac, rig_peer_mac, 6);
	memcpy(path.dst_mac, server, 6);
	path.src.v4 = tg_be32(0xc0000203 + i % 200);
	path.dst.v4 = tg_be32(0xc0000202);
	return path;
}

/* Fills f with a segment of connection i. */
static void
make_segment(struct bench *b, uint32_t i, uint8_t flags, const char *text, struct tg_frame *f)
{
	struct tg_path path = client_path(i);
	struct tg_segment seg = { .seq = b->seq[i],
		.ack = b->ack[i],
		.wnd = 65535,
		.sport = tg_be16((uint16_t)(1024 + i / 200)),
		.dport = tg_be16(80),
		.flags = flags,
		.len = text == NULL ? 0 : (uint32_t)strlen(text) };

	if ((flags & TG_TCP_SYN) != 0)
		seg.opt = (struct tg_tcp_options){ .present = TG_OPT_MSS, .mss = 1460 };
	if (text != NULL)
		memcpy(f->data + tg_path_header_bytes(&path) + TG_TCP_HEADER_BYTES +
			   tg_tcp_options_bytes(&seg.opt),
		    text, seg.len);
	tg_build_tcp(f, &path, &seg);
	f->flags = TG_RX_CSUM_GOOD << TG_FRAME_RX_IP_SHIFT | TG_RX_CSUM_GOOD
								 << TG_FRAME_RX_L4_SHIFT;
	b->seq[i] += seg.len + ((flags & (TG_TCP_SYN | TG_TCP_FIN)) != 0);
}

/* Keeps the client's idea of what it has received up to date. */
static void
read_answers(struct bench *b)
{
	struct tg_packet pkt;
	uint32_t k, i;

	for (k = 0; k < b->rig.tx.n; k++) {
		struct tg_frame f = b->rig.tx.v[k];

		f.flags = 0;
		if (tg_packet_parse(&f, &pkt) != TG_DROP_NONE || pkt.kind != TG_PACKET_TCP)
			continue;
		i = (tg_host16(pkt.tcp.dport) - 1024u) * 200 + tg_host32(pkt.dst.v4) - 0xc0000203;
		b->ack[i] =
		    pkt.tcp.seq + pkt.tcp.len + ((pkt.tcp.flags & (TG_TCP_SYN | TG_TCP_FIN)) != 0);
	}
}

/* Callgrind counts what is called from here: not inlined, it has a name. */
static void __attribute__((noinline))
counted_run(struct bench *b, const struct tg_frame *rx, uint32_t n)
{
	rig_run(&b->rig, b->now, rx, n);
}

static void
run(struct bench *b, const struct tg_frame *rx, uint32_t n)
{
	uint64_t start = __rdtsc();

	if (b->counted)
		counted_run(b, rx, n);
	else
		rig_run(&b->rig, b->now, rx, n);
	b->cycles += __rdtsc() - start;
}

/* Sends one segment on each of n connections, in bursts, in an order that is not the order
 * of memory; adds the cycles spent. */
static void
step(struct bench *b, uint32_t n, uint8_t flags, const char *text)
{
	struct tg_frame rx[BATCH];
	uint32_t at, k;

	for (at = 0; at < n; at += BATCH) {
		uint32_t m = TG_MIN(n - at, BATCH);

		for (k = 0; k < m; k++) {
			rx[k] = rig_frame(&b->rig);
			make_segment(b, (uint32_t)((at + k) * 7919ULL % n), flags, text, &rx[k]);
		}
		b->now += 10000;
		run(b, rx, m);
		read_answers(b);
	}
}

/* The shard's clients all live on the link: they are made known by ARP requests first. */
static void
introduce_clients(struct bench *b)
{
	uint32_t i;

	for (i = 0; i < 200; i++) {
		struct tg_frame f = rig_frame(&b->rig);
		struct tg_path path = client_path(i);
		uint8_t *arp;

		memset(f.data, 0, 60);
		arp =
		    f.data + tg_build_eth(f.data, path.dst_mac, path.src_mac, 0, TG_ETHERTYPE_ARP);
		memcpy(arp, (const uint8_t[]){ 0, 1, 8, 0, 6, 4, 0, 1 }, 8);
		memcpy(arp + 8, path.src_mac, 6);
		memcpy(arp + 14, &path.src.v4, 4);
		memcpy(arp + 24, &path.dst.v4, 4);
		f.len = 60;
		rig_run(&b->rig, b->now, &f, 1);
	}
}

/* Lets what is left of connections time out. */
static void
empty(struct bench *b)
{
	uint32_t k;

	for (k = 0; !rig_is_empty(&b->rig) && k < 100000; k++)
		rig_run(&b->rig, b->now += 1 << TG_TICK_SHIFT, NULL, 0);
}

/* Makes b serve n clients, none of which has a connection yet. */
static void
begin(struct bench *b, uint32_t n)
{
	struct rig_options options = rig_defaults;

	options.connections = options.sides = options.half_open = n;
	options.msl_ms = 1;
	b->now = TG_NS_PER_SEC;
	b->seq = calloc(n, sizeof(*b->seq));
	b->ack = calloc(n, sizeof(*b->ack));
	rig_init(&b->rig, &options, b->now);
	introduce_clients(b);
}

static void
end(struct bench *b)
{
	rig_free(&b->rig);
	free(b->seq);
	free(b->ack);
}

/* What a connection goes through, in turn. */
enum phase { OPEN, REQUESTS, CLOSE, TEARDOWN, PHASES };

static const char *const phase_name[PHASES] = {
	[OPEN] = "open",
	[REQUESTS] = "requests",
	[CLOSE] = "close",
	[TEARDOWN] = "teardown",
};

static void
phase(struct bench *b, uint32_t n, enum phase p)
{
	switch (p) {
	case OPEN:
		step(b, n, TG_TCP_SYN, NULL);
		step(b, n, TG_TCP_ACK, NULL);
		break;
	case REQUESTS:
		step(b, n, TG_TCP_ACK | TG_TCP_PSH, keep_alive);
		break;
	case CLOSE:
		step(b, n, TG_TCP_ACK | TG_TCP_PSH, closing);
		step(b, n, TG_TCP_ACK | TG_TCP_FIN, NULL);
		break;
	case TEARDOWN:
		step(b, n, TG_TCP_ACK | TG_TCP_FIN, NULL);
		step(b, n, TG_TCP_ACK, NULL);
		break;
	case PHASES:
		break;
	}
}

static void
count_phase(enum phase p, uint32_t rounds)
{
	static struct bench b;

	begin(&b, BATCH);
	if (p == REQUESTS)
		phase(&b, BATCH, OPEN);
	for (; rounds > 0; rounds--) {
		if (p == CLOSE || p == TEARDOWN)
			phase(&b, BATCH, OPEN);
		b.counted = true;
		phase(&b, BATCH, p);
		b.counted = false;
		if (p == OPEN)
			phase(&b, BATCH, TEARDOWN);
		if (p != REQUESTS)
			empty(&b);
	}
	end(&b);
}

/* Whether the arguments ask for a phase to be counted: it is. */
static bool
counts_phase(int argc, char **argv)
{
	unsigned p;

	for (p = 0; argc == 3 && p < PHASES; p++)
		if (strcmp(argv[1], phase_name[p]) == 0) {
			count_phase((enum phase)p, (uint32_t)strtoul(argv[2], NULL, 10));
			return true;
		}
	return false;
}

/* Cycles of the phase for each of n, if less than least; else that. */
static uint64_t
timed(struct bench *b, uint32_t n, enum phase p, uint64_t least)
{
	b->cycles = 0;
	phase(b, n, p);
	return TG_MIN(least, b->cycles / n);
}

static void
measure(uint32_t n)
{
	static struct bench b;
	uint64_t least[PHASES] = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
	uint32_t round, rounds = TG_MAX(ROUNDS_MIN, CLIENTS / n), k;

	begin(&b, n);
	for (round = 0; round < rounds; round++) {
		least[OPEN] = timed(&b, n, OPEN, least[OPEN]);
		for (k = 0; k < 4; k++)
			least[REQUESTS] = timed(&b, n, REQUESTS, least[REQUESTS]);
		least[CLOSE] = timed(&b, n, CLOSE, least[CLOSE]);
		empty(&b);
		phase(&b, n, OPEN);
		least[TEARDOWN] = timed(&b, n, TEARDOWN, least[TEARDOWN]);
		empty(&b);
	}
	printf("%12u %14lu %14lu %20lu %20lu %s\n", n, least[OPEN], least[REQUESTS], least[CLOSE],
	    least[TEARDOWN], rig_is_empty(&b.rig) ? "" : "(connections left: figures are void)");
	end(&b);
}

static void
yardstick(void)
{
	struct tg_siphash_key key = { { 1, 2 } };
	uint64_t least = UINT64_MAX, start, sum = 0;
	uint64_t in[2] = { 3, 4 };
	unsigned round, i;

	for (round = 0; round < ROUNDS_MIN; round++) {
		start = __rdtsc();
		for (i = 0; i < 100000; i++) {
			in[0] = sum += tg_siphash24(&key, in, sizeof(in));
		}
		least = TG_MIN(least, (__rdtsc() - start) / 100000);
	}
	printf("SipHash-2-4 of 16 bytes, dependent: %lu cycles (%x)\n", least, (unsigned)sum & 1);
}

int
main(int argc, char **argv)
{
	int i;

	if (counts_phase(argc, argv))
		return 0;
	yardstick();
	printf("%12s %14s %14s %20s %20s\n", "connections", "open (SYN,ACK)", "keep-alive GET",
	    "GET and close (FIN)", "teardown (FIN,ACK)");
	for (i = 1; i < argc; i++)
		measure((uint32_t)strtoul(argv[i], NULL, 10));
	if (argc == 1) {
		measure(32);
		measure(10000);
		measure(1000000);
	}
	return 0;
}
