/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet_fixture.h"

#define DESTINATION 60
#define HOP_BY_HOP  0
#define ROUTING     43
#define FRAGMENT    44

/* An IPv6 packet with one extension header of n own bytes before TCP. */
static enum tg_drop
parse_extension(uint8_t type, const void *bytes, uint32_t n)
{
	reset();
	raw_ip6(&r, type);
	raw_extension(&r, TG_IPPROTO_TCP, bytes, n);
	raw_tcp(&r, TG_TCP_SYN, "", 0, "");
	raw_seal(&r, TG_IPPROTO_TCP);
	return parse();
}

static void
test_ip6_header_of_wrong_shape_is_dropped(void)
{
	make_tcp6();
	r.b[r.l3] = 0x40;
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP6_HEADER);
	make_tcp6();
	raw_put16(r.b + r.l3 + 4, r.len - r.l3 - 39);
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP6_HEADER);
	raw_put16(r.b + r.l3 + 4, 0); /* nothing behind the header */
	CU_ASSERT_EQUAL(parse(), TG_DROP_TCP_CHECKSUM);
}

static void
test_ip6_sources_that_no_packet_may_carry_are_dropped(void)
{
	CU_ASSERT_EQUAL(parse_address6(8, "ff020000000000000000000000000001"), TG_DROP_IP6_SOURCE);
	CU_ASSERT_EQUAL(parse_address6(8, "00000000000000000000000000000001"), TG_DROP_IP6_SOURCE);
	CU_ASSERT_EQUAL(parse_address6(8, "00000000000000000000ffffc0000201"), TG_DROP_IP6_SOURCE);
	CU_ASSERT_EQUAL(parse_address6(8, "000000000000000000000000c0000201"), TG_DROP_IP6_SOURCE);
	CU_ASSERT_EQUAL(parse_address6(8, "00000000000000000000000000000000"), TG_DROP_IP6_SOURCE);
	CU_ASSERT_EQUAL(parse_address6(8, "00000000000000000000fffec0000201"), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_address6(8, "0064ff9b0000000000000000c0000201"), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_address6(8, "fe800000000000000000000000000001"), TG_DROP_NONE);
}

static void
test_ip6_unspecified_source_passes_with_icmp6(void)
{
	CU_ASSERT_EQUAL(parse_hex(linux_mld_report), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.kind, TG_PACKET_ICMP6);
	CU_ASSERT_EQUAL(pkt.src.q[0] | pkt.src.q[1], 0);
	CU_ASSERT_TRUE(pkt.eth_multicast);
}

/* The router alert of linux_mld_report. */
static void
test_ip6_router_alert_in_hop_by_hop_is_noticed(void)
{
	CU_ASSERT_EQUAL(parse_hex(linux_mld_report), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.ip6_router_alert, 1);
	CU_ASSERT_EQUAL(pkt.l4_off, 62);
	CU_ASSERT_EQUAL(parse_extension(HOP_BY_HOP, "\0\0\x05\x02\0\0", 6), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.ip6_router_alert, 1);
	CU_ASSERT_EQUAL(parse_extension(HOP_BY_HOP, "\x05\x02\0\x01\0\0", 6), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.ip6_router_alert, 0); /* RSVP's */
	CU_ASSERT_EQUAL(parse_extension(DESTINATION, "\x05\x02\0\0\0\0", 6), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.ip6_router_alert, 0);
}

static void
test_ip6_options_unknown_are_skipped_or_drop_by_their_action(void)
{
	CU_ASSERT_EQUAL(parse_extension(DESTINATION, "\x1e\x04\1\2\3\4", 6), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_extension(DESTINATION, "\x3e\x04\1\2\3\4", 6), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_extension(DESTINATION, "\x5e\x04\1\2\3\4", 6), TG_DROP_IP6_EXTENSION);
	CU_ASSERT_EQUAL(parse_extension(HOP_BY_HOP, "\x9e\x04\1\2\3\4", 6), TG_DROP_IP6_EXTENSION);
	CU_ASSERT_EQUAL(parse_extension(HOP_BY_HOP, "\xde\x04\1\2\3\4", 6), TG_DROP_IP6_EXTENSION);
}

static void
test_ip6_options_cut_short_drop(void)
{
	CU_ASSERT_EQUAL(parse_extension(HOP_BY_HOP, "\1\5\0\0\0\0", 6), TG_DROP_IP6_EXTENSION);
	CU_ASSERT_EQUAL(parse_extension(HOP_BY_HOP, "\0\0\0\0\0\1", 6), TG_DROP_IP6_EXTENSION);
	CU_ASSERT_EQUAL(parse_extension(HOP_BY_HOP, "\1\4\0\0\0\0", 6), TG_DROP_NONE);
}

static void
test_ip6_routing_header_passes_only_with_no_segments_left(void)
{
	CU_ASSERT_EQUAL(parse_extension(ROUTING, "\4\0\0\0\0\0", 6), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_extension(ROUTING, "\4\1\0\0\0\0", 6), TG_DROP_IP6_EXTENSION);
}

static void
test_ip6_fragments_are_dropped_unless_atomic(void)
{
	CU_ASSERT_EQUAL(parse_extension(FRAGMENT, "\0\0\0\0\0\1", 6), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.l4_off, 62);
	CU_ASSERT_EQUAL(parse_extension(FRAGMENT, "\0\1\0\0\0\1", 6), TG_DROP_IP6_FRAGMENT);
	CU_ASSERT_EQUAL(parse_extension(FRAGMENT, "\0\x8\0\0\0\1", 6), TG_DROP_IP6_FRAGMENT);
	CU_ASSERT_EQUAL(parse_extension(FRAGMENT, "\1\0\0\0\0\1", 6), TG_DROP_IP6_FRAGMENT);
}

static void
test_ip6_atomic_fragment_with_icmp_drops(void)
{
	reset();
	raw_ip6(&r, FRAGMENT);
	raw_extension(&r, TG_IPPROTO_ICMP6, "\0\0\0\0\0\1", 6);
	raw_add(&r, "\x80\0\0\0\0\1\0\1", 8);
	raw_seal(&r, TG_IPPROTO_ICMP6);
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP6_FRAGMENT);
	reset();
	raw_ip6(&r, TG_IPPROTO_ICMP6);
	raw_add(&r, "\x80\0\0\0\0\1\0\1", 8);
	raw_seal(&r, TG_IPPROTO_ICMP6);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE); /* the same message by itself */
}

static void
test_ip6_extension_beyond_the_packet_drops(void)
{
	uint32_t n;

	CU_ASSERT_EQUAL(parse_extension(DESTINATION, "\1\4\0\0\0\0", 6), TG_DROP_NONE);
	r.b[r.l3 + 41] = 3; /* 32 bytes; 28 are there */
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP6_EXTENSION);
	for (n = 0; n < 8; n++) { /* not even the smallest */
		reset();
		raw_ip6(&r, DESTINATION);
		raw_add(&r, "\6\0\1\4\0\0\0", n);
		raw_put16(r.b + r.l3 + 4, n);
		CU_ASSERT_EQUAL(parse(), TG_DROP_IP6_EXTENSION);
	}
}

static void
test_ip6_hop_by_hop_anywhere_but_first_drops(void)
{
	reset();
	raw_ip6(&r, DESTINATION);
	raw_extension(&r, HOP_BY_HOP, "\1\4\0\0\0\0", 6);
	raw_extension(&r, TG_IPPROTO_TCP, "\1\4\0\0\0\0", 6);
	raw_tcp(&r, TG_TCP_SYN, "", 0, "");
	raw_seal(&r, TG_IPPROTO_TCP);
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP6_EXTENSION);
}

static void
test_ip6_chain_of_eight_passes_and_nine_drops(void)
{
	uint32_t i, n;

	for (n = TG_IP6_EXTENSIONS_MAX; n <= TG_IP6_EXTENSIONS_MAX + 1; n++) {
		reset();
		raw_ip6(&r, DESTINATION);
		for (i = 1; i < n; i++)
			raw_extension(&r, DESTINATION, "\1\4\0\0\0\0", 6);
		raw_extension(&r, TG_IPPROTO_TCP, "\1\x0c\0\0\0\0\0\0\0\0\0\0\0\0", 14);
		raw_tcp(&r, TG_TCP_SYN, "", 0, "");
		raw_seal(&r, TG_IPPROTO_TCP);
		CU_ASSERT_EQUAL(
		    parse(), n <= TG_IP6_EXTENSIONS_MAX ? TG_DROP_NONE : TG_DROP_IP6_EXTENSION);
	}
}

static CU_TestInfo packet_tests[] = {
	{ "IPv6 header of wrong shape is dropped", test_ip6_header_of_wrong_shape_is_dropped },
	{ "IPv6 sources that no packet may carry are dropped",
	    test_ip6_sources_that_no_packet_may_carry_are_dropped },
	{ "IPv6 unspecified source passes with ICMPv6",
	    test_ip6_unspecified_source_passes_with_icmp6 },
	{ "IPv6 router alert in hop by hop is noticed",
	    test_ip6_router_alert_in_hop_by_hop_is_noticed },
	{ "IPv6 options unknown are skipped or drop by their action",
	    test_ip6_options_unknown_are_skipped_or_drop_by_their_action },
	{ "IPv6 options cut short drop", test_ip6_options_cut_short_drop },
	{ "IPv6 routing header passes only with no segments left",
	    test_ip6_routing_header_passes_only_with_no_segments_left },
	{ "IPv6 fragments are dropped unless atomic",
	    test_ip6_fragments_are_dropped_unless_atomic },
	{ "IPv6 atomic fragment with ICMP drops", test_ip6_atomic_fragment_with_icmp_drops },
	{ "IPv6 extension beyond the packet drops", test_ip6_extension_beyond_the_packet_drops },
	{ "IPv6 hop by hop anywhere but first drops",
	    test_ip6_hop_by_hop_anywhere_but_first_drops },
	{ "IPv6 chain of eight passes and nine drops",
	    test_ip6_chain_of_eight_passes_and_nine_drops },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "packet IPv6", NULL, NULL, NULL, NULL, packet_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
