/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The siege simulator: one shard under SYNs that nobody stands behind, for a minute of virtual
 * time, at rates from what the table of half-open connections hardly notices to what fills it in
 * a moment. In each mode of the listener: what is kept, what is refused, who gets in all the same,
 * and how often the shard turns to cookies and back.
 */
#include <stdio.h>

#include "packet/build.h"
#include "random.h"
#include "rig.h"

#define HALF_OPEN 128
#define SIEGE_S   60
#define RELIEF_S  130 /* what may be half open then has gone, whatever the retries */
#define STEP_NS   TG_NS_PER_MS
#define NOBODY    0xc6130000 /* 198.19.0.0/16 */
#define CLIENT    0xc0000201 /* 192.0.2.1 */
#define EPOCH     27000000ULL
#define ARP_BYTES 42

struct siege {
	struct sim_random random;
	struct rig rig;
	struct tg_cookie_keys keys;
	tg_time_t begin, now;
	uint32_t most; /* half-open connections, at any time */
	uint32_t clients, served;
	uint16_t port;
	struct tg_segment syn_ack; /* the last for the client; no flags: none */
};

struct outcome {
	uint64_t begun, over, issued, refused, received;
	uint32_t most, clients, served;
};

static uint32_t
half_open(const struct siege *s)
{
	return tg_gauge(&tg_shard_gauges(s->rig.shard)->state[TG_TCP_SYN_RECEIVED]);
}

static uint64_t
counter(const struct siege *s, enum tg_counter c)
{
	return tg_stats_counter(tg_shard_stats(s->rig.shard), c);
}

/* What control publishes. */
static void
publish_keys(struct siege *s)
{
	static const struct tg_siphash_key master = { { 3, 4 } };
	uint64_t epoch = EPOCH + (s->now - s->begin) / TG_NS_PER_SEC / TG_COOKIE_EPOCH_S;
	unsigned i;

	if (s->keys.epoch == epoch)
		return;
	s->keys = (struct tg_cookie_keys){
		.epoch = epoch, .at = s->begin, .wall_ns = EPOCH * TG_COOKIE_EPOCH_S * TG_NS_PER_SEC
	};
	for (i = 0; i < TG_ARRAY_LEN(s->keys.key); i++)
		tg_cookie_make_key(
		    &master, s->rig.tcp.window_scale, epoch - 1 + i, &s->keys.key[i]);
	s->rig.world.syn_cookies = &s->keys;
}

static struct tg_frame
make_frame(struct siege *s, uint32_t from, const struct tg_segment *seg)
{
	struct tg_path path = { .ttl = 64, .dst = s->rig.net.addr[0].ip };
	struct tg_frame f = rig_frame(&s->rig);

	path.src.v4 = tg_be32(from);
	memcpy(path.src_mac, rig_peer_mac, 6);
	memcpy(path.dst_mac, s->rig.net.mac, 6);
	tg_build_tcp(&f, &path, seg);
	f.flags = 0;
	return f;
}

/* The only neighbour, the gateway, answers. */
static struct tg_frame
arp_reply(struct siege *s, const struct tg_frame *request)
{
	struct tg_frame f = rig_frame(&s->rig);

	memcpy(f.data, request->data, ARP_BYTES);
	f.len = ARP_BYTES;
	memcpy(f.data, s->rig.net.mac, 6);
	memcpy(f.data + 6, rig_peer_mac, 6);
	tg_store16(f.data + 20, 2);
	memcpy(f.data + 22, rig_peer_mac, 6);
	tg_store32(f.data + 28, CLIENT);
	memcpy(f.data + 32, request->data + 22, 10);
	return f;
}

/* Looks at what was sent: at the SYN-ACK for the client, and for a question to its gateway, whose
 * answer is then in reply. */
static bool
look(struct siege *s, struct tg_frame *reply)
{
	struct tg_packet pkt;
	bool asked = false;
	uint32_t i;

	for (i = 0; i < s->rig.tx.n; i++) {
		struct tg_frame *f = &s->rig.tx.v[i];

		if (tg_load16(f->data + 12) == TG_ETHERTYPE_ARP && !asked &&
		    tg_load32(f->data + 38) == CLIENT) {
			*reply = arp_reply(s, f);
			asked = true;
		} else if (tg_load16(f->data + 12) == TG_ETHERTYPE_IP4 &&
			   tg_load32(f->data + 30) == CLIENT &&
			   tg_packet_parse(f, &pkt) == TG_DROP_NONE &&
			   pkt.tcp.flags == (TG_TCP_SYN | TG_TCP_ACK)) {
			s->syn_ack = pkt.tcp;
		}
	}
	return asked;
}

static void
run(struct siege *s, const struct tg_frame *rx, uint32_t n)
{
	struct tg_frame reply;

	rig_run(&s->rig, s->now, rx, n);
	while (look(s, &reply))
		rig_run(&s->rig, s->now, &reply, 1);
	s->most = TG_MAX(s->most, half_open(s));
}

static void
flood(struct siege *s, uint32_t n)
{
	struct tg_frame rx[RIG_BURST];
	uint32_t i;

	for (i = 0; i < n; i++) {
		struct tg_segment syn = { .seq = (uint32_t)sim_random_next(&s->random),
			.sport = (be16_t)sim_random_next(&s->random),
			.dport = tg_be16(80),
			.flags = TG_TCP_SYN };

		rx[i] = make_frame(s, NOBODY + 1 + sim_random_below(&s->random, 65000), &syn);
	}
	run(s, rx, n);
}

/* A client that tries once, and leaves by a reset if it gets in. */
static void
visit(struct siege *s)
{
	struct tg_segment seg = { .seq = s->port,
		.sport = tg_be16(++s->port),
		.dport = tg_be16(80),
		.flags = TG_TCP_SYN };
	struct tg_frame f = make_frame(s, CLIENT, &seg);

	s->clients++;
	s->syn_ack.flags = 0;
	run(s, &f, 1);
	if (s->syn_ack.flags == 0 || s->syn_ack.dport != seg.sport)
		return;
	seg.seq++;
	seg.ack = s->syn_ack.seq + 1;
	seg.flags = TG_TCP_ACK;
	f = make_frame(s, CLIENT, &seg);
	run(s, &f, 1);
	s->served += tg_gauge(&tg_shard_gauges(s->rig.shard)->state[TG_TCP_ESTABLISHED]);
	seg.flags = TG_TCP_RST;
	f = make_frame(s, CLIENT, &seg);
	run(s, &f, 1);
}

static void
start(struct siege *s, enum tg_syn_cookies_mode mode)
{
	struct rig_options options = rig_defaults;

	*s = (struct siege){ .random.state = 1, .begin = 99 * TG_NS_PER_SEC, .port = 1024 };
	s->now = s->begin;
	options.half_open = HALF_OPEN;
	options.connections = 4 * HALF_OPEN;
	options.syn_cookies = mode;
	rig_init(&s->rig, &options, s->now);
	s->rig.tcp.limits.resets_per_second = 1000000;
	/* The way back to all of them is known. */
	s->rig.net.has_gateway4 = true;
	s->rig.net.gateway4.v4 = tg_be32(CLIENT);
	publish_keys(s);
}

/* rate: SYNs a second. */
static struct outcome
besiege(enum tg_syn_cookies_mode mode, uint32_t rate)
{
	static struct siege s;
	struct outcome o;
	uint64_t ms, sent = 0, due;

	start(&s, mode);
	for (ms = 0; ms < (SIEGE_S + RELIEF_S) * 1000ULL; ms++) {
		due = TG_MIN(ms, SIEGE_S * 1000ULL) * rate / 1000;
		publish_keys(&s);
		for (; sent < due; sent += TG_MIN(due - sent, (uint64_t)RIG_BURST))
			flood(&s, (uint32_t)TG_MIN(due - sent, (uint64_t)RIG_BURST));
		if (ms < SIEGE_S * 1000ULL && ms % 100 == 50)
			visit(&s);
		if (ms % 10 == 0)
			run(&s, NULL, 0);
		s.now += STEP_NS;
	}
	o = (struct outcome){ .begun = counter(&s, TG_COUNTER_SYN_PRESSURE),
		.over = counter(&s, TG_COUNTER_SYN_PRESSURE_OVER),
		.issued = counter(&s, TG_COUNTER_COOKIES_ISSUED),
		.refused = tg_stats_drop(tg_shard_stats(s.rig.shard), TG_DROP_TCP_BACKLOG),
		.received = counter(&s, TG_COUNTER_SYN_RECEIVED),
		.most = s.most,
		.clients = s.clients,
		.served = s.served };
	rig_free(&s.rig);
	return o;
}

/* What is true in every mode. */
static const char *
judge_common(const struct outcome *o)
{
	if (o->most > HALF_OPEN)
		return "more were half open than may be";
	if (o->begun != o->over)
		return "pressure did not end";
	return NULL;
}

/* A table of so many half-open connections is full in the life of one, 63 s: 2 a second. */
static const char *
judge(enum tg_syn_cookies_mode mode, uint32_t rate, const struct outcome *o)
{
	bool fills = rate > HALF_OPEN / 32;
	const char *wrong = judge_common(o);

	if (wrong != NULL)
		return wrong;
	switch (mode) {
	case TG_SYN_COOKIES_NEVER:
		if (o->issued != 0)
			return "a cookie was made";
		return fills && o->refused == 0 ? "nobody was refused" : NULL;
	case TG_SYN_COOKIES_AUTO:
		if (o->refused != 0 || o->served != o->clients)
			return "a client did not get in";
		return o->begun != fills ? "it turned more or less than once" : NULL;
	case TG_SYN_COOKIES_ALWAYS:
		if (o->received != 0 || o->begun != 0)
			return "state was kept";
		return o->served != o->clients ? "a client did not get in" : NULL;
	}
	return NULL;
}

int
main(void)
{
	static const char *const mode_name[] = { [TG_SYN_COOKIES_NEVER] = "never",
		[TG_SYN_COOKIES_AUTO] = "auto",
		[TG_SYN_COOKIES_ALWAYS] = "always" };
	static const uint32_t rate[] = { 1, 5, 8, 20, 100, 1000, 10000 };
	unsigned mode, i, number = 0, failed = 0;

	for (mode = 0; mode < TG_ARRAY_LEN(mode_name); mode++) {
		for (i = 0; i < TG_ARRAY_LEN(rate); i++) {
			struct outcome o = besiege((enum tg_syn_cookies_mode)mode, rate[i]);
			const char *wrong = judge((enum tg_syn_cookies_mode)mode, rate[i], &o);

			printf("# turned %lu times; %u half open at most, %lu cookies, %lu "
			       "refused; %u of %u clients got in\n",
			    o.begun, o.most, o.issued, o.refused, o.served, o.clients);
			printf("%s %u - siege %s: %u SYNs a second%s%s\n",
			    wrong == NULL ? "ok" : "not ok", ++number, mode_name[mode], rate[i],
			    wrong == NULL ? "" : ": ", wrong == NULL ? "" : wrong);
			failed += wrong != NULL;
		}
	}
	printf("1..%u\n", number);
	return failed != 0;
}
