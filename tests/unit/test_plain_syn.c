/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What is a plain SYN, and that it is read as tg_packet_parse reads it. How it is answered,
 * test_shard_syn_batch.c compares.
 */
#include "packet/plain_syn.h"

#include "raw_frame.h"
#include "tap.h"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 2 };
static struct raw r;

static struct tg_frame
frame_of(uint16_t flags, uint16_t tci)
{
	return (struct tg_frame){ .data = r.b,
		.len = (uint16_t)r.len,
		.room = sizeof(r.b),
		.flags = flags,
		.vlan = tci };
}

/* What SYNs to the destination of r look like. */
static bool pattern_is_ipv6;
static struct tg_syn_pattern pattern;

static void
note_pattern(void)
{
	struct tg_frame f = frame_of(0, 0);
	struct tg_packet pkt;

	CU_ASSERT_EQUAL_FATAL(tg_packet_parse(&f, &pkt), TG_DROP_NONE);
	pattern_is_ipv6 = pkt.is_ipv6;
	memset(&pattern, 0xa5, sizeof(pattern));
	tg_syn_pattern_make(&pattern, mac, pkt.is_ipv6, &pkt.dst, pkt.tcp.dport);
}

static bool
is_fitting(const struct tg_frame *f, struct tg_plain_syn *syn)
{
	return pattern_is_ipv6 ? tg_plain_syn_read_fitting(f, &pattern, true, syn)
			       : tg_plain_syn_read_fitting(f, &pattern, false, syn);
}

/* With the pattern and without: what has no tag is read alike. */
static bool
is_plain(const struct tg_frame *f)
{
	struct tg_plain_syn syn, fitting;
	bool plain = tg_plain_syn_read(f, mac, &syn);

	if ((f->flags & TG_FRAME_VLAN) == 0 && tg_load16(r.b + 12) != TG_ETHERTYPE_VLAN)
		CU_ASSERT_EQUAL(is_fitting(f, &fitting), plain);
	return plain;
}

static void
start_syn(bool is_ipv6, const void *options, uint32_t n)
{
	if (is_ipv6)
		raw_ip6(&r, 6);
	else
		raw_ip4(&r, 6, NULL, 0);
	raw_tcp(&r, TG_TCP_SYN, options, n, "");
	raw_seal(&r, 6);
	note_pattern();
}

static void
expect_fitting(const struct tg_frame *f, const struct tg_plain_syn *plain)
{
	struct tg_plain_syn syn = *plain; /* padding, and what is not set, too */

	note_pattern();
	syn.ip = NULL;
	syn.head = syn.vlan = syn.flags = UINT8_MAX;
	syn.present = (uint8_t)~syn.present;
	syn.mss++;
	syn.is_ipv6 = !syn.is_ipv6;
	CU_ASSERT_TRUE(is_fitting(f, &syn));
	CU_ASSERT_EQUAL(memcmp(&syn, plain, sizeof(syn)), 0);
}

/* Reads r all ways. */
static void
expect_same(uint16_t flags, uint16_t tci)
{
	struct tg_frame f = frame_of(flags, tci);
	struct tg_plain_syn syn;
	struct tg_packet pkt;

	CU_ASSERT_TRUE_FATAL(tg_plain_syn_read(&f, mac, &syn));
	CU_ASSERT_EQUAL_FATAL(tg_packet_parse(&f, &pkt), TG_DROP_NONE);
	CU_ASSERT_EQUAL(syn.is_ipv6, pkt.is_ipv6);
	CU_ASSERT_EQUAL(syn.vlan, pkt.vlan);
	CU_ASSERT_PTR_EQUAL(syn.ip, r.b + pkt.l3_off);
	CU_ASSERT_EQUAL((be16_t)syn.head, pkt.tcp.sport);
	CU_ASSERT_EQUAL(tg_plain_syn_dport(&syn), pkt.tcp.dport);
	CU_ASSERT_EQUAL(tg_host32((be32_t)(syn.head >> 32)), pkt.tcp.seq);
	CU_ASSERT_EQUAL(syn.flags, pkt.tcp.flags);
	CU_ASSERT_EQUAL(syn.present, pkt.tcp.opt.present);
	CU_ASSERT_EQUAL(syn.mss, pkt.tcp.opt.mss);
	if ((syn.present & TG_OPT_WSCALE) != 0)
		CU_ASSERT_EQUAL(syn.wscale, pkt.tcp.opt.wscale);
	if ((syn.present & TG_OPT_TIMESTAMP) != 0)
		CU_ASSERT_EQUAL(syn.tsval, pkt.tcp.opt.tsval);
	if (flags == 0 && syn.vlan == 0)
		expect_fitting(&f, &syn);
}

static void
test_syns_of_linux_are_plain(void)
{
	r.len = 0;
	raw_hex(&r, linux_syn4);
	expect_same(0, 0);
	r.len = 0;
	raw_hex(&r, linux_syn6);
	expect_same(0, 0);
}

static void
test_all_layouts_of_options_are_read_alike(void)
{
	static const uint8_t kinds[][12] = { { 2, 4, 5, 0xb4 }, { 3, 3, 200, 1 }, { 4, 2, 1, 1 },
		{ 1, 1, 8, 10, 1, 2, 3, 4 }, { 1, 1, 1, 1 }, { 2, 3, 5, 0xb4 }, { 7, 4, 1, 1 },
		{ 0, 4, 5, 0xb4 } };
	uint8_t options[40];
	uint64_t random = 7;
	uint32_t round, n;

	for (round = 0; round < 20000; round++) {
		for (n = 0; n <= 24 && raw_random(&random) % 4 != 0;) {
			uint32_t kind = (uint32_t)(raw_random(&random) % TG_ARRAY_LEN(kinds));
			uint32_t len = kind == 3 ? 12 : 4;

			memcpy(options + n, kinds[kind], len);
			n += len;
		}
		start_syn(round % 2 == 1, options, n);
		expect_same(0, 0);
	}
}

/* Some generators fill a SYN up to sixty bytes, inside the packet. */
static void
test_syn_with_text_is_plain(void)
{
	raw_ip4(&r, 6, NULL, 0);
	raw_tcp(&r, TG_TCP_SYN, NULL, 0, "sixty!!");
	raw_seal(&r, 6);
	expect_same(0, 0);
	raw_ip6(&r, 6);
	raw_tcp(&r, TG_TCP_SYN, NULL, 0, "sixty");
	raw_seal(&r, 6);
	expect_same(0, 0);
}

static void
test_tags_are_read_alike_and_vlan_4095_is_not_plain(void)
{
	struct tg_frame f;

	start_syn(false, NULL, 0);
	expect_same(TG_FRAME_VLAN, 0x6007);
	f = frame_of(TG_FRAME_VLAN, 0xfff);
	CU_ASSERT_FALSE(is_plain(&f));
	raw_tag(&r, 0x6007);
	expect_same(0, 0);
	f = frame_of(TG_FRAME_VLAN, 7); /* two tags */
	CU_ASSERT_FALSE(is_plain(&f));
	raw_put16(r.b + 14, 0xfff);
	f = frame_of(0, 0);
	CU_ASSERT_FALSE(is_plain(&f));
}

/* Any byte that changes makes a checksum wrong, or something else. A MAC address alone has none:
 * that of the sender is taken as it is. */
static void
test_frames_with_one_byte_changed_are_not_plain(void)
{
	struct tg_frame f;
	uint32_t i;
	int family;

	for (family = 0; family < 2; family++) {
		start_syn(family == 1, NULL, 0);
		f = frame_of(0, 0);
		CU_ASSERT_TRUE_FATAL(is_plain(&f));
		for (i = 0; i < r.len; i++) {
			bool covered = family == 0 || i < r.l3 || i >= r.l3 + 8 ||
				       (i >= r.l3 + 4 && i < r.l3 + 7);

			if (i == 6)
				i = 12;
			if (!covered && i != r.l3)
				continue; /* class, flow label and hop limit have no checksum */
			r.b[i] ^= 0x10;
			CU_ASSERT_FALSE(is_plain(&f));
			r.b[i] ^= 0x10;
		}
	}
}

static void
test_frames_cut_short_are_not_plain(void)
{
	struct tg_frame f;
	int family;

	for (family = 0; family < 2; family++) {
		start_syn(family == 1, NULL, 0);
		f = frame_of(0, 0);
		while (f.len-- != 0)
			CU_ASSERT_FALSE(is_plain(&f));
	}
}

static void
test_buffer_without_room_for_the_answer_is_not_plain(void)
{
	struct tg_frame f;

	start_syn(false, NULL, 0);
	f = frame_of(0, 0);
	f.room = 127;
	CU_ASSERT_FALSE(is_plain(&f));
	f.room = 128;
	CU_ASSERT_TRUE(is_plain(&f));
}

/* Every bit of the headers, with checksums that are right again: what fits is what is plain, and
 * for the same listener. */
static void
test_pattern_is_that_of_one_listener(void)
{
	struct tg_plain_syn syn;
	struct tg_frame f;
	uint32_t family, at, bit, dst, dst_end;
	bool plain, elsewhere;

	for (family = 0; family < 2; family++) {
		start_syn(family == 1, NULL, 0);
		dst = r.l3 + (family == 1 ? 24 : 16);
		dst_end = r.l3 + (family == 1 ? 40 : 20);
		for (bit = 0; bit < 8 * (r.l4 + 14); bit++) {
			at = bit / 8;
			elsewhere = (at >= dst && at < dst_end) || at == r.l4 + 2 || at == r.l4 + 3;
			start_syn(family == 1, NULL, 0);
			r.b[at] ^= (uint8_t)(1 << bit % 8);
			raw_seal(&r, 6);
			f = frame_of(0, 0);
			plain = tg_plain_syn_read(&f, mac, &syn);
			CU_ASSERT_TRUE(plain || !elsewhere);
			CU_ASSERT_EQUAL(is_fitting(&f, &syn), plain && !elsewhere);
		}
		start_syn(family == 1, NULL, 0);
		f = frame_of(TG_FRAME_VLAN, 0);
		CU_ASSERT_FALSE(is_fitting(&f, &syn));
	}
}

static CU_TestInfo tests[] = {
	{ "syns of linux are plain", test_syns_of_linux_are_plain },
	{ "all layouts of options are read alike", test_all_layouts_of_options_are_read_alike },
	{ "syn with text is plain", test_syn_with_text_is_plain },
	{ "tags are read alike and vlan 4095 is not plain",
	    test_tags_are_read_alike_and_vlan_4095_is_not_plain },
	{ "frames with one byte changed are not plain",
	    test_frames_with_one_byte_changed_are_not_plain },
	{ "frames cut short are not plain", test_frames_cut_short_are_not_plain },
	{ "buffer without room for the answer is not plain",
	    test_buffer_without_room_for_the_answer_is_not_plain },
	{ "a pattern is that of one listener", test_pattern_is_that_of_one_listener },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "plain syn", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
