/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Classes of sources, stamped on what a worker receives.
 */
#include "worker_fixture.h"

#define TAG_BYTES 4

enum { OFFICE = 1, HOST, LONG, DENIED };

static struct tg_config_source classes[] = {
	{ .name = "office", .n_prefixes = 2 },
	{ .name = "host", .n_prefixes = 2, .action = TG_CONFIG_SOURCE_ALLOW },
	{ .name = "long", .n_prefixes = 1 },
	{ .name = "denied", .n_prefixes = 2, .action = TG_CONFIG_SOURCE_DENY },
};

/* 192.0.2.0/24 and 2001:db8::/32, with .16 and ::16 in a class of their own, .32/27 and
 * 2001:db8::/64 beyond 31 denied. */
static void
set_classes(void)
{
	struct tg_config_prefix *p;
	unsigned v6;

	for (v6 = 0; v6 < 2; v6++) {
		p = &classes[OFFICE - 1].prefix[v6];
		*p = (struct tg_config_prefix){ wire_peer(v6, 0), v6, v6 ? 32 : 24 };
		p = &classes[HOST - 1].prefix[v6];
		*p = (struct tg_config_prefix){ wire_peer(v6, 16), v6, v6 ? 128 : 32 };
		p = &classes[DENIED - 1].prefix[v6];
		*p = (struct tg_config_prefix){ wire_peer(v6, 32), v6, v6 ? 123 : 27 };
	}
	p = &classes[LONG - 1].prefix[0];
	*p = (struct tg_config_prefix){ wire_peer(true, 0), true, 121 };
	source = classes;
	n_sources = TG_ARRAY_LEN(classes);
}

static void
set_up_classes(uint16_t n_queues, uint16_t n_workers)
{
	set_classes();
	set_up(n_queues, n_workers);
	shard(0)->mode = FAKE_SWALLOW;
}

/* The class of the one frame that worker 0 sees, or -1 if it sees none. */
static int
class_of(const uint8_t *p, uint16_t len)
{
	uint32_t before = shard(0)->n_seen;

	wire_send(&wire, 0, p, len);
	(void)step(0);
	return shard(0)->n_seen == before + 1 ? shard(0)->seen[before % FAKE_SEEN_MAX].src_class
					      : -1;
}

static int
class_of_peer(bool is_ipv6, uint8_t x)
{
	uint8_t p[128];

	return class_of(p, wire_tcp(p, is_ipv6, x, 1000));
}

static void
test_longest_prefix_gives_the_class(void)
{
	set_up_classes(1, 1);
	CU_ASSERT_EQUAL(class_of_peer(false, 2), OFFICE);
	CU_ASSERT_EQUAL(class_of_peer(false, 15), OFFICE);
	CU_ASSERT_EQUAL(class_of_peer(false, 16), HOST);
	CU_ASSERT_EQUAL(class_of_peer(false, 17), OFFICE);
	CU_ASSERT_EQUAL(class_of_peer(true, 2), LONG);
	CU_ASSERT_EQUAL(class_of_peer(true, 16), HOST);
	CU_ASSERT_EQUAL(class_of_peer(true, 127), LONG);
	CU_ASSERT_EQUAL(class_of_peer(true, 128), OFFICE);
	tear_down();
}

static void
test_source_in_no_prefix_is_of_class_zero(void)
{
	uint8_t p[128];
	uint16_t len;

	set_up_classes(1, 1);
	len = wire_tcp(p, false, 2, 1000);
	p[28]++; /* 192.0.3.2 */
	CU_ASSERT_EQUAL(class_of(p, len), 0);
	len = wire_tcp(p, true, 2, 1000);
	p[25]++; /* 2001:db9::2 */
	CU_ASSERT_EQUAL(class_of(p, len), 0);
	CU_ASSERT_EQUAL(class_of(p, wire_arp(p)), 0);
	tear_down();
}

static void
test_class_behind_a_tag_is_found(void)
{
	uint8_t p[128];
	uint16_t len = wire_tcp(p, false, 16, 1000);

	set_up_classes(1, 1);
	memmove(p + 12 + TAG_BYTES, p + 12, len - 12U);
	tg_store16(p + 12, TG_ETHERTYPE_VLAN);
	tg_store16(p + 14, 7);
	CU_ASSERT_EQUAL(class_of(p, (uint16_t)(len + TAG_BYTES)), HOST);
	tear_down();
}

/* No byte behind the end of a frame decides about it. */
static void
test_frame_cut_short_is_of_class_zero(void)
{
	uint8_t p[128];
	uint16_t v6, len;

	set_up_classes(1, 1);
	for (v6 = 0; v6 < 2; v6++) {
		(void)wire_tcp(p, v6, 2, 1000);
		for (len = 14; len < (v6 ? 54 : 34); len++)
			CU_ASSERT_EQUAL(class_of(p, len), 0);
		CU_ASSERT_NOT_EQUAL(class_of(p, len), 0);
	}
	tear_down();
}

static void
test_class_denied_is_dropped_and_counted_once(void)
{
	set_up_classes(1, 1);
	CU_ASSERT_EQUAL(class_of_peer(false, 31), OFFICE);
	CU_ASSERT_EQUAL(class_of_peer(false, 32), -1);
	CU_ASSERT_EQUAL(class_of_peer(false, 63), -1);
	CU_ASSERT_EQUAL(class_of_peer(false, 64), OFFICE);
	CU_ASSERT_EQUAL(class_of_peer(true, 40), -1);
	CU_ASSERT_EQUAL(drops(0, TG_DROP_SOURCE_DENIED), 3);
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_RX_FRAMES), 5);
	CU_ASSERT_EQUAL(tg_workers_class_frames(all, 0, DENIED), 3);
	CU_ASSERT_EQUAL(tg_workers_class_frames(all, 0, OFFICE), 2);
	CU_ASSERT_EQUAL(tg_workers_class_frames(all, 0, 0), 0);
	tear_down();
}

/* Neighbour discovery of a denied address, as a host on the link sends it. */
static uint16_t
solicitation(uint8_t *p, uint8_t type, uint8_t hop_limit)
{
	uint16_t len = wire_tcp(p, true, 40, 1000);

	p[14 + 6] = 58;
	p[14 + 7] = hop_limit;
	p[14 + 40] = type;
	return len;
}

static void
test_neighbour_discovery_of_a_class_denied_stays(void)
{
	uint8_t p[128], type;

	set_up_classes(1, 1);
	for (type = 133; type <= 137; type++)
		CU_ASSERT_EQUAL(class_of(p, solicitation(p, type, 255)), DENIED);
	CU_ASSERT_EQUAL(class_of(p, solicitation(p, 135, 254)), -1);
	CU_ASSERT_EQUAL(class_of(p, solicitation(p, 132, 255)), -1);
	CU_ASSERT_EQUAL(class_of(p, solicitation(p, 138, 255)), -1);
	CU_ASSERT_EQUAL(class_of(p, solicitation(p, 128, 255)), -1);
	(void)solicitation(p, 135, 255);
	p[14 + 6] = TG_IPPROTO_TCP;
	CU_ASSERT_EQUAL(class_of(p, 74), -1);
	tear_down();
}

/* All kinds in one burst: each frame has the class of its own source, in their order. */
static void
test_mixed_burst_is_stamped_frame_by_frame(void)
{
	static const int want[] = { OFFICE, HOST, LONG, HOST };
	unsigned i;

	set_up_classes(1, 1);
	for (i = 0; i < 6; i++) {
		send_tcp(0, false, 2, 1000);
		send_tcp(0, false, 33, 1001);
		send_tcp(0, true, 16, 1002);
		send_tcp(0, true, 2, 1003);
		send_tcp(0, false, 16, 1004);
	}
	(void)step(0);
	CU_ASSERT_EQUAL_FATAL(shard(0)->n_seen, 24);
	for (i = 0; i < 24; i++)
		CU_ASSERT_EQUAL(shard(0)->seen[i].src_class, want[i % 4]);
	CU_ASSERT_EQUAL(drops(0, TG_DROP_SOURCE_DENIED), 6);
	CU_ASSERT_EQUAL(tg_workers_class_frames(all, 0, HOST), 12);
	tear_down();
}

static void
test_large_burst_is_stamped_to_its_end(void)
{
	unsigned i;

	set_classes();
	set_up(1, 1);
	shard(0)->mode = FAKE_SWALLOW;
	all->worker[0]->burst = 200;
	for (i = 0; i < 200; i++)
		send_tcp(0, false, i % 3 == 0 ? 40 : 16, (uint16_t)(1000 + i));
	(void)step(0);
	CU_ASSERT_EQUAL_FATAL(shard(0)->n_seen, 133);
	for (i = 0; i < TG_MIN(133U, (unsigned)FAKE_SEEN_MAX); i++)
		CU_ASSERT_EQUAL(shard(0)->seen[i].src_class, HOST);
	CU_ASSERT_EQUAL(drops(0, TG_DROP_SOURCE_DENIED), 67);
	tear_down();
}

/* The one that receives stamps; denied frames never reach a ring. */
static void
test_frame_handed_over_keeps_its_class(void)
{
	set_up_classes(1, 2);
	shard(1)->mode = FAKE_SWALLOW;
	send_tcp(0, false, 2, port_of_worker(1, 2, 1000));
	(void)step(0);
	(void)step(1);
	CU_ASSERT_EQUAL_FATAL(shard(1)->n_seen, 1);
	CU_ASSERT_EQUAL(shard(1)->seen[0].src_class, OFFICE);
	send_tcp(0, false, 40, 1000);
	send_tcp(0, false, 40, 1001);
	send_tcp(0, false, 40, 1002);
	(void)step(0);
	CU_ASSERT_EQUAL(drops(0, TG_DROP_SOURCE_DENIED), 3);
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_STEERED_OUT), 1);
	CU_ASSERT_PTR_EQUAL(all->worker[0]->sources, all->worker[1]->sources);
	tear_down();
}

static void
test_no_classes_stamp_nothing(void)
{
	source = NULL;
	n_sources = 0;
	set_up(1, 1);
	shard(0)->mode = FAKE_SWALLOW;
	CU_ASSERT_EQUAL(class_of_peer(false, 40), 0);
	CU_ASSERT_PTR_NULL(all->worker[0]->sources);
	tear_down();
}

static void
test_one_family_leaves_the_other_alone(void)
{
	static struct tg_config_source one = { .name = "one", .n_prefixes = 1 };

	one.prefix[0] = (struct tg_config_prefix){ wire_peer(false, 0), false, 24 };
	source = &one;
	n_sources = 1;
	set_up(1, 1);
	shard(0)->mode = FAKE_SWALLOW;
	CU_ASSERT_EQUAL(class_of_peer(false, 2), 1);
	CU_ASSERT_EQUAL(class_of_peer(true, 2), 0);
	tear_down();
	one.prefix[0] = (struct tg_config_prefix){ wire_peer(true, 0), true, 32 };
	set_up(1, 1);
	shard(0)->mode = FAKE_SWALLOW;
	CU_ASSERT_EQUAL(class_of_peer(false, 2), 0);
	CU_ASSERT_EQUAL(class_of_peer(true, 2), 1);
	tear_down();
}

/* As many prefixes as a class may have, each of them beyond the first 24 bits. */
static void
test_full_class_of_deep_prefixes_fits(void)
{
	static struct tg_config_source full = { .name = "full",
		.n_prefixes = TG_CONFIG_PREFIXES_MAX };
	unsigned i;

	for (i = 0; i < TG_CONFIG_PREFIXES_MAX; i++) {
		full.prefix[i] = (struct tg_config_prefix){ wire_peer(i % 2, 2), i % 2, 32 };
		full.prefix[i].ip.b[1] ^= (uint8_t)(i / 2);
		if (i % 2 != 0)
			full.prefix[i].bits = 128;
	}
	source = &full;
	n_sources = 1;
	set_up(1, 1);
	shard(0)->mode = FAKE_SWALLOW;
	CU_ASSERT_EQUAL(class_of_peer(false, 2), 1);
	CU_ASSERT_EQUAL(class_of_peer(false, 3), 0);
	CU_ASSERT_EQUAL(class_of_peer(true, 2), 1);
	CU_ASSERT_EQUAL(class_of_peer(true, 3), 0);
	tear_down();
}

static CU_TestInfo tests[] = {
	{ "longest_prefix_gives_the_class", test_longest_prefix_gives_the_class },
	{ "source_in_no_prefix_is_of_class_zero", test_source_in_no_prefix_is_of_class_zero },
	{ "class_behind_a_tag_is_found", test_class_behind_a_tag_is_found },
	{ "frame_cut_short_is_of_class_zero", test_frame_cut_short_is_of_class_zero },
	{ "class_denied_is_dropped_and_counted_once",
	    test_class_denied_is_dropped_and_counted_once },
	{ "neighbour_discovery_of_a_class_denied_stays",
	    test_neighbour_discovery_of_a_class_denied_stays },
	{ "mixed_burst_is_stamped_frame_by_frame", test_mixed_burst_is_stamped_frame_by_frame },
	{ "large_burst_is_stamped_to_its_end", test_large_burst_is_stamped_to_its_end },
	{ "frame_handed_over_keeps_its_class", test_frame_handed_over_keeps_its_class },
	{ "no_classes_stamp_nothing", test_no_classes_stamp_nothing },
	{ "one_family_leaves_the_other_alone", test_one_family_leaves_the_other_alone },
	{ "full_class_of_deep_prefixes_fits", test_full_class_of_deep_prefixes_fits },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "sources", NULL, NULL, NULL, tear_down, tests },
		CU_SUITE_INFO_NULL };

	return tg_eal_tap_run(suites, NULL);
}
