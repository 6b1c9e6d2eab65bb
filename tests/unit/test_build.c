/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/build.h"

#include <stdlib.h>

#include "packet/checksum.h"
#include "raw_frame.h"
#include "tap.h"

#define TEXT_MAX 80

/* The addresses, ports and numbers that raw_frame.h writes. */
static const struct tg_path path4 = {
	.src_mac = { 2, 0, 0, 0, 0, 1 },
	.dst_mac = { 2, 0, 0, 0, 0, 2 },
	.ttl = 64,
	.src = { .b = { 192, 0, 2, 1 } },
	.dst = { .b = { 198, 51, 100, 7 } },
};

static const struct tg_segment segment = {
	.seq = 0xfffffff0,
	.ack = 0x12345678,
	.wnd = 0x7210,
	.urg = 0xabcd,
	.flags = TG_TCP_ACK | TG_TCP_PSH,
};

static const char letters[TEXT_MAX + 1] =
    "0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01234567";

static struct tg_frame frame;

static struct tg_path
path6(void)
{
	struct tg_path path = path4;

	path.is_ipv6 = true;
	memcpy(&path.src, raw_src6, 16);
	memcpy(&path.dst, raw_dst6, 16);
	return path;
}

/* A segment with n bytes of letters, its ports in place. */
static struct tg_segment
segment_of(uint32_t n)
{
	struct tg_segment seg = segment;

	seg.sport = tg_be16(40000);
	seg.dport = tg_be16(80);
	seg.len = n;
	return seg;
}

/* A frame whose room ends where the heap block ends; it carries what reception
 * left behind. */
static void
new_frame(uint32_t room)
{
	free(frame.data);
	frame = (struct tg_frame){
		.data = malloc(room),
		.room = (uint16_t)room,
		.len = 1,
		.vlan = 7,
		.flags = TG_FRAME_VLAN | TG_FRAME_HASHED | TG_FRAME_COPY | 0xf,
	};
	CU_ASSERT_PTR_NOT_NULL_FATAL(frame.data);
	memset(frame.data, 0xa5, room);
}

static int
drop_frame(void)
{
	free(frame.data);
	frame.data = NULL;
	return 0;
}

/* Builds with text in place, into exactly the room that the headers foretell. */
static void
build(const struct tg_path *path, struct tg_segment *seg)
{
	uint32_t text =
	    tg_path_header_bytes(path) + TG_TCP_HEADER_BYTES + tg_tcp_options_bytes(&seg->opt);

	new_frame(text + seg->len);
	memcpy(frame.data + text, letters, seg->len);
	seg->text = frame.data + text;
	tg_build_tcp(&frame, path, seg);
}

static void
assert_frame_is(const struct raw *want)
{
	CU_ASSERT_EQUAL_FATAL(frame.len, want->len);
	CU_ASSERT_EQUAL(memcmp(frame.data, want->b, want->len), 0);
}

/* The frame that build() should make, by other means. */
static struct raw
expect(const struct tg_path *path, const char *options, uint32_t n_options, uint32_t n_text)
{
	struct raw r = { .len = 0 };
	char text[TEXT_MAX + 1] = { 0 };

	memcpy(text, letters, n_text);
	if (path->is_ipv6)
		raw_ip6(&r, TG_IPPROTO_TCP);
	else
		raw_ip4(&r, TG_IPPROTO_TCP, "", 0);
	raw_tcp(&r, segment.flags, options, n_options, text);
	if (path->vlan != 0)
		raw_tag(&r, path->vlan);
	raw_seal(&r, TG_IPPROTO_TCP);
	return r;
}

static void
test_tcp_over_either_family_is_byte_exact_for_every_length(void)
{
	struct tg_path paths[2] = { path4, path6() };
	struct tg_segment seg;
	struct raw want;
	uint32_t i, n;

	for (i = 0; i < 2; i++) {
		for (n = 0; n <= TEXT_MAX; n++) {
			seg = segment_of(n);
			build(&paths[i], &seg);
			want = expect(&paths[i], "", 0, n);
			assert_frame_is(&want);
		}
	}
}

static void
test_tcp_with_tag_is_byte_exact(void)
{
	struct tg_path paths[2] = { path4, path6() };
	struct tg_segment seg = segment_of(3);
	struct raw want;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		paths[i].vlan = 4094;
		build(&paths[i], &seg);
		want = expect(&paths[i], "", 0, 3);
		assert_frame_is(&want);
		CU_ASSERT_EQUAL(frame.l3_off, 18);
		CU_ASSERT_EQUAL(frame.l4_off, i == 0 ? 38 : 58);
	}
}

static void
test_tcp_with_options_is_byte_exact(void)
{
	struct tg_segment seg = segment_of(5);
	struct raw want;

	seg.opt.present = TG_OPT_MSS | TG_OPT_SACK_OK | TG_OPT_WSCALE;
	seg.opt.mss = 1460;
	seg.opt.wscale = 7;
	build(&path4, &seg);
	want = expect(&path4, "\2\4\5\xb4\1\1\4\2\1\3\3\7", 12, 5);
	assert_frame_is(&want);
}

static void
test_traffic_class_and_hop_limit_reach_the_header(void)
{
	struct tg_path path = path4;
	struct tg_segment seg = segment_of(0);

	path.tos = 0xb9;
	path.ttl = 255;
	build(&path, &seg);
	CU_ASSERT_EQUAL(frame.data[15], 0xb9);
	CU_ASSERT_EQUAL(frame.data[22], 255);
	CU_ASSERT_EQUAL(raw_sum(0, frame.data + 14, 20), 0xffff);
	path = path6();
	path.tos = 0xb9;
	path.ttl = 255;
	build(&path, &seg);
	CU_ASSERT_EQUAL(tg_load32(frame.data + 14), 0x6b900000);
	CU_ASSERT_EQUAL(frame.data[21], 255);
}

/* Beside the DSCP of the path. */
static void
test_ecn_of_the_segment_reaches_the_header(void)
{
	struct tg_path path = path4;
	struct tg_segment seg = segment_of(0);

	path.tos = 0xb8;
	seg.ecn = TG_ECN_ECT0;
	build(&path, &seg);
	CU_ASSERT_EQUAL(frame.data[15], 0xba);
	CU_ASSERT_EQUAL(raw_sum(0, frame.data + 14, 20), 0xffff);
	path = path6();
	path.tos = 0xb8;
	build(&path, &seg);
	CU_ASSERT_EQUAL(tg_load32(frame.data + 14), 0x6ba00000);
}

static void
test_flags_of_reception_are_forgotten(void)
{
	struct tg_path path = path6();
	struct tg_segment seg = segment_of(0);

	build(&path4, &seg);
	CU_ASSERT_EQUAL(frame.flags, 0);
	CU_ASSERT_EQUAL(frame.vlan, 0);
	CU_ASSERT_EQUAL(frame.l3_off, 14);
	CU_ASSERT_EQUAL(frame.l4_off, 34);
	build(&path, &seg);
	CU_ASSERT_EQUAL(frame.flags, TG_FRAME_IPV6);
	CU_ASSERT_EQUAL(frame.l4_off, 54);
}

static void
test_ip_offload_leaves_the_header_checksum_to_the_port(void)
{
	struct tg_path path = path4;
	struct tg_segment seg = segment_of(9);
	struct raw want = expect(&path4, "", 0, 9);

	path.offload = TG_OFFLOAD_IP_CSUM;
	build(&path, &seg);
	CU_ASSERT_EQUAL(frame.flags, TG_FRAME_TX_IP_CSUM);
	raw_put16(want.b + want.l3 + 10, 0);
	assert_frame_is(&want); /* the TCP checksum is there */
	path = path6();
	path.offload = TG_OFFLOAD_IP_CSUM; /* IPv6 has none */
	build(&path, &seg);
	CU_ASSERT_EQUAL(frame.flags, TG_FRAME_IPV6);
}

/* What a port does: it sums the segment, the field included, and complements. */
static void
test_l4_offload_leaves_a_pseudo_header_sum_that_completes(void)
{
	struct tg_path paths[2] = { path4, path6() };
	struct tg_segment seg;
	struct raw want;
	uint32_t i, n;
	uint8_t *csum;

	for (i = 0; i < 2; i++) {
		for (n = 0; n <= TEXT_MAX; n++) {
			seg = segment_of(n);
			paths[i].offload = TG_OFFLOAD_L4_CSUM;
			build(&paths[i], &seg);
			want = expect(&paths[i], "", 0, n);
			CU_ASSERT_TRUE(frame.flags & TG_FRAME_TX_L4_CSUM);
			csum = frame.data + frame.l4_off + 16;
			CU_ASSERT_EQUAL(tg_load16(csum), raw_pseudo(&want, TG_IPPROTO_TCP, 20 + n));
			raw_put16(csum, ~raw_sum(0, frame.data + frame.l4_off, 20 + n));
			assert_frame_is(&want);
		}
	}
}

/* Every path and combination of options is parsed as it was meant. */
static void
assert_parses_back(const struct tg_path *path, const struct tg_segment *seg)
{
	struct tg_packet pkt;

	CU_ASSERT_EQUAL_FATAL(tg_packet_parse(&frame, &pkt), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.is_ipv6, path->is_ipv6);
	CU_ASSERT_EQUAL(pkt.vlan, path->vlan);
	CU_ASSERT_TRUE(tg_ip_equal(&pkt.src, &path->src));
	CU_ASSERT_TRUE(tg_ip_equal(&pkt.dst, &path->dst));
	CU_ASSERT_EQUAL(pkt.tcp.seq, seg->seq);
	CU_ASSERT_EQUAL(pkt.tcp.ack, seg->ack);
	CU_ASSERT_EQUAL(pkt.tcp.wnd, seg->wnd);
	CU_ASSERT_EQUAL(pkt.tcp.flags, seg->flags);
	CU_ASSERT_EQUAL(pkt.tcp.sport, seg->sport);
	CU_ASSERT_EQUAL(pkt.tcp.dport, seg->dport);
	CU_ASSERT_PTR_EQUAL(pkt.tcp.text, seg->text);
	CU_ASSERT_EQUAL(pkt.tcp.len, seg->len);
	CU_ASSERT_EQUAL(memcmp(pkt.tcp.text, letters, seg->len), 0);
	CU_ASSERT_EQUAL(pkt.tcp.opt.present, seg->opt.present);
}

static void
test_every_combination_of_path_and_options_parses_back(void)
{
	struct tg_path path;
	struct tg_segment seg;
	uint32_t i;

	for (i = 0; i < 128; i++) {
		path = i & 32 ? path6() : path4;
		path.vlan = i & 64 ? 100 : 0;
		seg = segment_of(i % TEXT_MAX);
		seg.flags = (uint8_t)(i * 37);
		seg.opt.present = i & 31;
		seg.opt.n_sack = i & TG_OPT_SACK ? 1 : 0;
		seg.opt.sack[0] = (struct tg_sack_block){ 1, 2 };
		build(&path, &seg);
		assert_parses_back(&path, &seg);
	}
}

static void
test_text_left_out_takes_what_lies_there(void)
{
	struct tg_segment seg = segment_of(4);
	struct tg_packet pkt;

	new_frame(58);
	seg.text = NULL;
	tg_build_tcp(&frame, &path4, &seg);
	CU_ASSERT_EQUAL(tg_packet_parse(&frame, &pkt), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.tcp.len, 4);
	CU_ASSERT_EQUAL(pkt.tcp.text[3], 0xa5);
}

static void
test_room_beyond_the_frame_is_not_touched(void)
{
	struct tg_segment seg = segment_of(0);
	uint32_t i;

	new_frame(200);
	tg_build_tcp(&frame, &path4, &seg);
	CU_ASSERT_EQUAL(frame.len, 54);
	for (i = 54; i < 200; i++)
		CU_ASSERT_EQUAL(frame.data[i], 0xa5);
}

static void
test_ip_for_another_protocol_leaves_layer_4_to_the_caller(void)
{
	struct tg_path path = path6();
	uint32_t l4;

	path.ttl = 255;
	new_frame(54 + 32);
	l4 = tg_build_ip(&frame, &path, TG_IPPROTO_ICMP6, 32);
	CU_ASSERT_EQUAL(l4, 54);
	CU_ASSERT_EQUAL(frame.len, 86);
	CU_ASSERT_EQUAL(frame.data[14 + 6], TG_IPPROTO_ICMP6);
	CU_ASSERT_EQUAL(tg_load16(frame.data + 14 + 4), 32);
	CU_ASSERT_EQUAL(frame.data[l4], 0xa5);
	new_frame(34 + 8);
	l4 = tg_build_ip(&frame, &path4, TG_IPPROTO_ICMP, 8);
	CU_ASSERT_EQUAL(l4, 34);
	CU_ASSERT_EQUAL(frame.data[14 + 9], TG_IPPROTO_ICMP);
	CU_ASSERT_EQUAL(tg_load16(frame.data + 14 + 2), 28);
	CU_ASSERT_EQUAL(raw_sum(0, frame.data + 14, 20), 0xffff);
}

static void
test_eth_with_and_without_tag_is_byte_exact(void)
{
	static const uint8_t dst[6] = { 0x33, 0x33, 0, 0, 0, 1 }, src[6] = { 2, 1, 2, 3, 4, 5 };
	static const uint8_t plain[14] = { 0x33, 0x33, 0, 0, 0, 1, 2, 1, 2, 3, 4, 5, 8, 6 };
	static const uint8_t tagged[18] = { 0x33, 0x33, 0, 0, 0, 1, 2, 1, 2, 3, 4, 5, 0x81, 0, 0x0a,
		0xbc, 8, 6 };
	uint8_t got[18];

	CU_ASSERT_EQUAL(tg_build_eth(got, dst, src, 0, TG_ETHERTYPE_ARP), 14);
	CU_ASSERT_EQUAL(memcmp(got, plain, 14), 0);
	CU_ASSERT_EQUAL(tg_build_eth(got, dst, src, 0xabc, TG_ETHERTYPE_ARP), 18);
	CU_ASSERT_EQUAL(memcmp(got, tagged, 18), 0);
}

static CU_TestInfo build_tests[] = {
	{ "TCP is byte exact for every length",
	    test_tcp_over_either_family_is_byte_exact_for_every_length },
	{ "TCP with a tag is byte exact", test_tcp_with_tag_is_byte_exact },
	{ "TCP with options is byte exact", test_tcp_with_options_is_byte_exact },
	{ "traffic class and hop limit", test_traffic_class_and_hop_limit_reach_the_header },
	{ "flags of reception are forgotten", test_flags_of_reception_are_forgotten },
	{ "ECN of the segment reaches the header", test_ecn_of_the_segment_reaches_the_header },
	{ "IP checksum offload", test_ip_offload_leaves_the_header_checksum_to_the_port },
	{ "TCP checksum offload", test_l4_offload_leaves_a_pseudo_header_sum_that_completes },
	{ "every combination parses back", test_every_combination_of_path_and_options_parses_back },
	{ "text left out", test_text_left_out_takes_what_lies_there },
	{ "room beyond the frame", test_room_beyond_the_frame_is_not_touched },
	{ "IP for another protocol", test_ip_for_another_protocol_leaves_layer_4_to_the_caller },
	{ "Ethernet with and without tag", test_eth_with_and_without_tag_is_byte_exact },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "build", NULL, drop_frame, NULL, NULL, build_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
