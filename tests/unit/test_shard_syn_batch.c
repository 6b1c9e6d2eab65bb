/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SYNs answered together against SYNs answered one by one: two shards of the same
 * configuration get the same frames, the second in buffers too small for the answer in a batch,
 * so that all of them go the ordinary way. What they send must be equal to the byte, and so must
 * all their counters and drop reasons.
 */
#include <stdlib.h>

#include "../sim/rig.h"
#include "packet/flow_hash.h"
#include "raw_frame.h"
#include "siphash_width.h"
#include "tap.h"
#include "tcp/cookie_fixture.h"

#define BURSTS     5000 /* of each kind of shard */
#define SMALL_ROOM 127  /* not enough for the batch, and enough for any answer */
#define VLAN       7
#define EXEMPT     3 /* class of sources that no limit is for */

static struct rig batch, single;
static struct tg_cookie_keys keys;
static struct tg_frame batch_rx[RIG_BURST], single_rx[RIG_BURST];
static uint32_t n_rx;
static tg_time_t now;
static uint64_t seed;
static uint32_t n_sources;

static uint32_t
pick(uint32_t n)
{
	return (uint32_t)(raw_random(&seed) % n);
}

static bool
one_in(uint32_t n)
{
	return pick(n) == 0;
}

/* ---- Frames. */

static const uint8_t opt_mss[] = { 2, 4, 5, 0xb4 };
static const uint8_t opt_small_mss[] = { 2, 4, 1, 0 };
static const uint8_t opt_linux[] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3,
	7 };
static const uint8_t opt_windows[] = { 2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2 };
static const uint8_t opt_bsd[] = { 2, 4, 5, 0x78, 1, 3, 3, 6, 4, 2, 8, 10, 9, 9, 9, 9, 0, 0, 0, 0 };
static const uint8_t opt_mac[] = { 2, 4, 5, 0xb4, 1, 3, 3, 6, 1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0,
	4, 2, 0, 0 };
static const uint8_t opt_wide[] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3,
	200 };
static const uint8_t opt_wide_alone[] = { 2, 4, 5, 0xb4, 1, 3, 3, 15, 1, 1, 4, 2 };
static const uint8_t opt_timestamps[] = { 2, 4, 5, 0xb4, 1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0 };
static const uint8_t opt_fast_open[] = { 2, 4, 5, 0xb4, 34, 2, 1, 1 };
static const uint8_t opt_experiment[] = { 2, 4, 5, 0xb4, 254, 4, 0xf9, 0x89 };
static const uint8_t opt_twice[] = { 2, 4, 5, 0xb4, 2, 4, 1, 0 };
static const uint8_t opt_short[] = { 2, 3, 5, 0xb4 };
static const uint8_t opt_beyond[] = { 2, 4, 5, 0xb4, 3, 9, 7, 0 };
static const uint8_t opt_nops[] = { 1, 1, 1, 1 };
static const uint8_t opt_end[] = { 0, 4, 5, 0xb4 };
static const uint8_t opt_all[40] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 3, 3, 7, 1,
	34, 10, 1, 2, 3, 4, 5, 6, 7, 8 };

static const struct {
	const uint8_t *bytes;
	uint32_t len;
} layouts[] = {
#define LAYOUT(name)                                                                               \
	{                                                                                          \
		name, sizeof(name)                                                                 \
	}
	{ NULL, 0 },
	LAYOUT(opt_mss),
	LAYOUT(opt_mss),
	LAYOUT(opt_linux),
	LAYOUT(opt_linux),
	LAYOUT(opt_windows),
	LAYOUT(opt_small_mss),
	LAYOUT(opt_bsd),
	LAYOUT(opt_mac),
	LAYOUT(opt_wide),
	LAYOUT(opt_wide_alone),
	LAYOUT(opt_timestamps),
	LAYOUT(opt_fast_open),
	LAYOUT(opt_experiment),
	LAYOUT(opt_twice),
	LAYOUT(opt_short),
	LAYOUT(opt_beyond),
	LAYOUT(opt_nops),
	LAYOUT(opt_end),
	LAYOUT(opt_all),
#undef LAYOUT
};

/* What a segment may be instead of a SYN. */
static const uint8_t other_flags[] = { TG_TCP_SYN | TG_TCP_ECE | TG_TCP_CWR,
	TG_TCP_SYN | TG_TCP_ECE, TG_TCP_SYN | TG_TCP_PSH, TG_TCP_SYN | TG_TCP_URG,
	TG_TCP_SYN | TG_TCP_ACK, TG_TCP_SYN | TG_TCP_FIN, TG_TCP_SYN | TG_TCP_RST, TG_TCP_ACK,
	TG_TCP_RST, TG_TCP_FIN, 0 };

static uint8_t
some_flags(void)
{
	return one_in(4) ? other_flags[pick(sizeof(other_flags))] : TG_TCP_SYN;
}

static const uint32_t odd_ip4[] = { 0xc0000202, 0xc00002ff, 0xffffffff, 0xe0000001, 0x7f000001, 0,
	0xc0000209, 0xc6120000, 0xf0000001 };

static void
set_ip4(uint8_t *p, uint32_t ip)
{
	raw_put16(p, ip >> 16);
	raw_put16(p + 2, ip);
}

static void
set_addresses4(uint8_t *ip)
{
	set_ip4(ip + 12,
	    one_in(8) ? odd_ip4[pick(TG_ARRAY_LEN(odd_ip4))] : 0xc6120000 + pick(n_sources));
	set_ip4(ip + 16, one_in(12) ? odd_ip4[pick(TG_ARRAY_LEN(odd_ip4))] : 0xc0000202);
}

/* From 2001:db8::/32 to 2001:db8::2, mostly. */
static void
set_addresses6(uint8_t *ip)
{
	static const uint8_t odd[][16] = { { 0 }, { [15] = 1 }, { [15] = 9 }, { 0xff, 2, [15] = 1 },
		{ [10] = 0xff, 0xff, 192, 0, 2, 1 }, { 0xfe, 0x80, [15] = 1 }, { 0xfd, [15] = 1 },
		{ 0x20, 0x01, 0x0d, 0xb8, [15] = 2 }, { 0x20, 0x01, 0x0d, 0xb8, [15] = 3 } };

	memcpy(ip + 8, one_in(8) ? odd[pick(9)] : raw_src6, 16);
	ip[8 + 14] = one_in(8) ? ip[8 + 14] : (uint8_t)pick(200);
	memcpy(ip + 24, one_in(12) ? odd[pick(9)] : odd[7], 16);
}

static void
add_extension(struct raw *r)
{
	static const uint8_t padding[6] = { 1, 4 };

	if (one_in(16)) {
		raw_ip6(r, 60);
		raw_extension(r, 6, padding, sizeof(padding));
	} else {
		raw_ip6(r, 6);
	}
}

/* A SYN, or something near it, as it leaves its sender. */
static void
make_segment(struct raw *r, bool is_ipv6)
{
	static const uint8_t nops[4] = { 1, 1, 1, 1 };
	static const char *const texts[] = { "", "", "", "x", "sixty!", "some more than that" };
	uint32_t layout = pick(TG_ARRAY_LEN(layouts));

	if (is_ipv6)
		add_extension(r);
	else
		raw_ip4(r, 6, nops, one_in(16) ? 4 : 0);
	raw_tcp(r, some_flags(), layouts[layout].bytes, layouts[layout].len, texts[pick(6)]);
	raw_put16(r->b + r->l4, 1024 + pick(60000));
	if (one_in(10))
		raw_put16(r->b + r->l4 + 2, pick(90));
	raw_put16(r->b + r->l4 + 4, pick(65536));
	if (one_in(12))
		r->b[r->l4 + 12] = (uint8_t)(pick(16) << 4);
	if (is_ipv6)
		set_addresses6(r->b + r->l3);
	else
		set_addresses4(r->b + r->l3);
	if (!is_ipv6 && one_in(16))
		raw_put16(r->b + r->l3 + 6, pick(65536)); /* some of them fragments */
	raw_seal(r, 6);
}

/* What happens to some on the way: bytes that change, are lost, or are padding. */
static void
spoil(struct raw *r)
{
	if (one_in(8))
		r->b[pick(r->len)] ^= (uint8_t)(1 + pick(255));
	if (one_in(12))
		r->len = pick(r->len + 1);
	while (r->len < 60 && one_in(2))
		r->b[r->len++] = (uint8_t)pick(2);
}

/* Tags in the frame; a tag that the port has stripped is in *flags and *tci. */
static void
tag(struct raw *r, uint16_t *flags, uint16_t *tci)
{
	static const uint16_t some[] = { VLAN, VLAN | 0x6000, 0, 0x2000, 0xfff, 8 };

	*tci = some[pick(6)];
	if (one_in(3))
		*flags |= TG_FRAME_VLAN;
	else if (one_in(2))
		raw_tag(r, *tci);
}

static void
put_frame(struct rig *rig, struct tg_frame *f, const struct raw *r, uint16_t flags, uint16_t tci)
{
	*f = rig_frame(rig);
	memcpy(f->data, r->b, r->len);
	f->len = (uint16_t)r->len;
	f->flags = flags;
	f->vlan = tci;
}

/* Some frames bring their hash, or what the port thinks of their checksums. */
static uint16_t
stamp(struct tg_frame *f)
{
	uint16_t flags = f->flags;

	if (one_in(2) && tg_flow_steer(&batch.tcp.secrets.flow, f, &f->hash) == TG_STEER_HASH)
		flags |= TG_FRAME_HASHED;
	if (one_in(3))
		flags |= (uint16_t)pick(16);
	return flags;
}

static void
add_frame(bool is_ipv6)
{
	struct tg_frame *f = &batch_rx[n_rx], *g = &single_rx[n_rx];
	uint16_t flags = 0, tci = 0;
	struct raw r;

	make_segment(&r, is_ipv6);
	if (one_in(3))
		tag(&r, &flags, &tci);
	if (one_in(5))
		spoil(&r);
	put_frame(&batch, f, &r, flags, tci);
	put_frame(&single, g, &r, flags, tci);
	f->flags = g->flags = stamp(f);
	g->hash = f->hash;
	f->src_class = g->src_class = one_in(4) ? EXEMPT : 1;
	g->room = SMALL_ROOM;
	n_rx++;
}

/* ---- Comparison. */

/* The frame that a shard sends in the buffer in which it received rx; NULL: none. */
static const struct tg_frame *
sent_in(const struct rig *rig, const struct tg_frame *rx)
{
	uint32_t i;

	for (i = 0; i < rig->tx.n; i++)
		if (rig->tx.v[i].buf == rx->buf)
			return &rig->tx.v[i];
	return NULL;
}

static bool
is_equal(const struct tg_frame *a, const struct tg_frame *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->len != b->len || memcmp(a->data, b->data, a->len) != 0 || a->flags != b->flags ||
	    a->vlan != b->vlan)
		return false;
	/* The port reads offsets where it is asked for something. */
	return a->flags == 0 || (a->l3_off == b->l3_off && a->l4_off == b->l4_off);
}

static uint32_t
stats_differ(void)
{
	struct tg_stats *a = tg_shard_stats(batch.shard), *b = tg_shard_stats(single.shard);
	uint32_t i, n = 0;

	for (i = 0; i < TG_COUNTER_MAX; i++)
		n += tg_stats_counter(a, (enum tg_counter)i) !=
		     tg_stats_counter(b, (enum tg_counter)i);
	for (i = 0; i < TG_DROP_MAX; i++)
		n += tg_stats_drop(a, (enum tg_drop)i) != tg_stats_drop(b, (enum tg_drop)i);
	return n;
}

/* Gives their room back to buffers that come round. */
static void
refill(struct rig *rig)
{
	uint32_t i;

	while (rig->tx.n != 0)
		tg_frames_push(&rig->spare, &rig->tx.v[--rig->tx.n]);
	for (i = 0; i < rig->spare.n; i++) {
		rig->spare.v[i].data = rig->spare.v[i].buf;
		rig->spare.v[i].room = RIG_FRAME_BYTES;
	}
}

static void
run_both(void)
{
	uint32_t i;

	now += TG_NS_PER_MS;
	rig_run(&batch, now, batch_rx, n_rx);
	rig_run(&single, now, single_rx, n_rx);
	CU_ASSERT_EQUAL(batch.tx.n, single.tx.n);
	for (i = 0; i < n_rx; i++)
		CU_ASSERT_TRUE(
		    is_equal(sent_in(&batch, &batch_rx[i]), sent_in(&single, &single_rx[i])));
	CU_ASSERT_EQUAL(stats_differ(), 0);
	n_rx = 0;
	refill(&batch);
	refill(&single);
}

/* ---- Shards. */

static void
start(struct rig *rig, const struct rig_options *options)
{
	rig_init(rig, options, now);
	rig->tcp.siphash_width = widest();
	rig->tcp.secrets.ts = (struct tg_siphash_key){ { 11, 12 } };
	rig->net.dad = false;
	rig->world.syn_cookies = &keys;
}

/* Listeners of both families, in a VLAN, on a second port, and one that never gives cookies. */
static void
listen_widely(struct rig *rig)
{
	static struct tg_endpoint many[2][5];
	struct tg_endpoint *e = many[rig == &single];

	e[0] = rig->endpoint[0];
	e[1] = rig->endpoint[1];
	e[2] = e[3] = e[4] = rig->endpoint[0];
	e[2].port = tg_be16(81);
	e[3].port = tg_be16(82);
	e[3].syn_cookies = TG_SYN_COOKIES_NEVER;
	e[4].vlan = VLAN;
	e[4].addr = 2;
	rig->net.addr[2] = rig->net.addr[0];
	rig->net.addr[2].vlan = VLAN;
	rig->net.n_addrs = 3;
	rig->tcp.endpoint = e;
	rig->tcp.n_endpoints = 5;
}

static void
set_up_limited(
    enum tg_syn_cookies_mode mode, uint8_t offload, enum tg_tcp_ecn ecn, uint32_t per_source)
{
	struct rig_options options = rig_defaults;

	now = 77 * TG_NS_PER_SEC;
	options.syn_cookies = mode;
	options.syns_per_source = per_source;
	options.connections = 4096;
	options.half_open = mode == TG_SYN_COOKIES_ALWAYS ? 4096 : 8;
	start(&batch, &options);
	start(&single, &options);
	listen_widely(&batch);
	listen_widely(&single);
	batch.net.offload = single.net.offload = offload;
	batch.net.tos = single.net.tos = 0x28;
	batch.tcp.ecn = single.tcp.ecn = ecn;
	keys = ck_published(batch.tcp.window_scale, now);
	seed = 88172645463325252u;
	n_sources = per_source == 0 ? 500 : 10;
	run_both();
}

static void
set_up(enum tg_syn_cookies_mode mode, uint8_t offload, enum tg_tcp_ecn ecn)
{
	set_up_limited(mode, offload, ecn, 0);
}

static void
tear_down(void)
{
	rig_free(&batch);
	rig_free(&single);
}

static void
compare_bursts(uint32_t most)
{
	uint32_t burst, i, n;

	for (burst = 0; burst < BURSTS; burst++) {
		n = 1 + pick(most);
		for (i = 0; i < n; i++)
			add_frame(one_in(3));
		run_both();
	}
}

/* At least so many cookies show that it was not only refusals that were equal. */
static void
compare(uint32_t most, uint32_t cookies)
{
	compare_bursts(most);
	CU_ASSERT_TRUE(
	    tg_stats_counter(tg_shard_stats(batch.shard), TG_COUNTER_COOKIES_ISSUED) >= cookies);
	tear_down();
}

static void
test_always_any_frames_are_answered_as_one_by_one(void)
{
	set_up(TG_SYN_COOKIES_ALWAYS, 0, TG_TCP_ECN_OFF);
	compare(RIG_BURST, 5 * BURSTS);
}

static void
test_always_with_ecn_and_few_frames_are_answered_as_one_by_one(void)
{
	set_up(TG_SYN_COOKIES_ALWAYS, 0, TG_TCP_ECN_ACCEPT);
	compare(5, BURSTS / 2);
}

static void
test_always_with_offload_any_frames_are_answered_as_one_by_one(void)
{
	set_up(TG_SYN_COOKIES_ALWAYS, TG_OFFLOAD_IP_CSUM | TG_OFFLOAD_L4_CSUM, TG_TCP_ECN_ACCEPT);
	compare(RIG_BURST, 5 * BURSTS);
}

static void
test_draining_and_stale_keys_any_frames_are_answered_as_one_by_one(void)
{
	uint32_t i;

	set_up(TG_SYN_COOKIES_ALWAYS, 0, TG_TCP_ECN_OFF);
	batch.world.draining = single.world.draining = true;
	for (i = 0; i < 200; i++)
		add_frame(i % 2 == 1), run_both();
	batch.world.draining = single.world.draining = false;
	keys.epoch -= 3;
	for (i = 0; i < 200; i++)
		add_frame(i % 2 == 1), run_both();
	tear_down();
}

static void
test_auto_under_pressure_any_frame_is_answered_as_alone(void)
{
	set_up(TG_SYN_COOKIES_AUTO, 0, TG_TCP_ECN_OFF);
	compare(1, BURSTS / 10);
}

/* One by one, as those that come first are let through. Some sources are exempt. */
static void
test_always_with_a_limit_the_same_syns_are_dropped(void)
{
	struct tg_stats *stats;

	set_up_limited(TG_SYN_COOKIES_ALWAYS, 0, TG_TCP_ECN_OFF, 1);
	batch.tcp.source_limits.exempt = single.tcp.source_limits.exempt = 1U << EXEMPT;
	stats = tg_shard_stats(batch.shard);
	compare_bursts(1);
	CU_ASSERT_TRUE(tg_stats_drop(stats, TG_DROP_SYN_SOURCE_LIMIT) > BURSTS / 20);
	CU_ASSERT_TRUE(tg_stats_counter(stats, TG_COUNTER_COOKIES_ISSUED) > BURSTS / 20);
	tear_down();
}

/* The batch is no dead letter: frames that must take it are told by the order of the answers. */
static void
test_plain_syns_go_before_all_other_frames(void)
{
	struct raw r;
	uint32_t i;

	set_up(TG_SYN_COOKIES_ALWAYS, 0, TG_TCP_ECN_OFF);
	for (i = 0; i < 3; i++) {
		raw_ip4(&r, 6, NULL, 0);
		raw_tcp(&r, i == 0 ? TG_TCP_ACK : TG_TCP_SYN, opt_linux, sizeof(opt_linux), "");
		set_ip4(r.b + r.l3 + 12, 0xc6120001 + i);
		set_ip4(r.b + r.l3 + 16, 0xc0000202);
		raw_seal(&r, 6);
		put_frame(&batch, &batch_rx[i], &r, 0, 0);
	}
	rig_run(&batch, now, batch_rx, 3);
	CU_ASSERT_EQUAL_FATAL(batch.tx.n, 3);
	CU_ASSERT_PTR_EQUAL(batch.tx.v[0].buf, batch_rx[1].buf);
	CU_ASSERT_PTR_EQUAL(batch.tx.v[1].buf, batch_rx[2].buf);
	CU_ASSERT_PTR_EQUAL(batch.tx.v[2].buf, batch_rx[0].buf);
	tear_down();
}

static CU_TestInfo tests[] = {
	{ "always: any frames are answered as one by one",
	    test_always_any_frames_are_answered_as_one_by_one },
	{ "always with ecn: few frames are answered as one by one",
	    test_always_with_ecn_and_few_frames_are_answered_as_one_by_one },
	{ "always with offload: any frames are answered as one by one",
	    test_always_with_offload_any_frames_are_answered_as_one_by_one },
	{ "draining and stale keys: any frames are answered as one by one",
	    test_draining_and_stale_keys_any_frames_are_answered_as_one_by_one },
	{ "auto under pressure: any frame is answered as alone",
	    test_auto_under_pressure_any_frame_is_answered_as_alone },
	{ "always with a limit: the same syns are dropped",
	    test_always_with_a_limit_the_same_syns_are_dropped },
	{ "plain syns go before all other frames", test_plain_syns_go_before_all_other_frames },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "shard syn batch", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
