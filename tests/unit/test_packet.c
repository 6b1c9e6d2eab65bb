/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet_fixture.h"

#define RX(ip, l4)                                                                                 \
	((uint16_t)(TG_RX_CSUM_##ip << TG_FRAME_RX_IP_SHIFT | TG_RX_CSUM_##l4                      \
								  << TG_FRAME_RX_L4_SHIFT))

static enum tg_drop
parse_source4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	uint8_t src[4] = { a, b, c, d };

	make_tcp4();
	memcpy(r.b + r.l3 + 12, src, 4);
	raw_seal(&r, TG_IPPROTO_TCP);
	return parse();
}

static enum tg_drop
parse_destination4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	uint8_t dst[4] = { a, b, c, d };

	make_tcp4();
	memcpy(r.b + r.l3 + 16, dst, 4);
	raw_seal(&r, TG_IPPROTO_TCP);
	return parse();
}

static void
test_linux_syn_over_ip4_is_read_whole(void)
{
	CU_ASSERT_EQUAL_FATAL(parse_hex(linux_syn4), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.kind, TG_PACKET_TCP);
	CU_ASSERT_FALSE(pkt.is_ipv6);
	CU_ASSERT_FALSE(pkt.eth_multicast);
	CU_ASSERT_EQUAL(pkt.ttl, 64);
	CU_ASSERT_EQUAL(pkt.tos, 0);
	CU_ASSERT_EQUAL(pkt.vlan, 0);
	CU_ASSERT_EQUAL(pkt.ip6_router_alert, 0);
	CU_ASSERT_EQUAL(pkt.l3_off, 14);
	CU_ASSERT_EQUAL(pkt.l4_off, 34);
	CU_ASSERT_EQUAL(pkt.l4_len, 40);
	CU_ASSERT_EQUAL(tg_host32(pkt.src.v4), 0xc0000201);
	CU_ASSERT_EQUAL(tg_host32(pkt.dst.v4), 0xc0000202);
	CU_ASSERT_EQUAL(pkt.src.q[1] | pkt.dst.q[1] | pkt.src.w[1] | pkt.dst.w[1], 0);
	CU_ASSERT_EQUAL(tg_host16(pkt.tcp.sport), 0x9340);
	CU_ASSERT_EQUAL(tg_host16(pkt.tcp.dport), 80);
	CU_ASSERT_EQUAL(pkt.tcp.seq, 0x89991d60);
	CU_ASSERT_EQUAL(pkt.tcp.ack, 0);
	CU_ASSERT_EQUAL(pkt.tcp.flags, TG_TCP_SYN);
	CU_ASSERT_EQUAL(pkt.tcp.wnd, 0xfaf0);
	CU_ASSERT_EQUAL(pkt.tcp.urg, 0);
	CU_ASSERT_EQUAL(pkt.tcp.len, 0);
	CU_ASSERT_EQUAL(pkt.tcp.opt.mss, 1460);
	CU_ASSERT_EQUAL(pkt.tcp.opt.wscale, 10);
	CU_ASSERT_EQUAL(pkt.tcp.opt.tsval, 0x2f189f32);
}

static void
test_linux_syn_over_ip6_is_read_whole(void)
{
	static const uint8_t dst[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };

	CU_ASSERT_EQUAL_FATAL(parse_hex(linux_syn6), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.kind, TG_PACKET_TCP);
	CU_ASSERT_TRUE(pkt.is_ipv6);
	CU_ASSERT_EQUAL(pkt.ttl, 64);
	CU_ASSERT_EQUAL(pkt.tos, 0);
	CU_ASSERT_EQUAL(pkt.l4_off, 54);
	CU_ASSERT_EQUAL(pkt.l4_len, 40);
	CU_ASSERT_EQUAL(memcmp(&pkt.src, raw_src6, 16), 0);
	CU_ASSERT_EQUAL(memcmp(&pkt.dst, dst, 16), 0);
	CU_ASSERT_EQUAL(pkt.tcp.opt.mss, 1440);
}

static void
test_every_tcp_field_arrives_in_host_order(void)
{
	make_tcp4();
	r.b[r.l3 + 1] = 0xb9; /* DSCP and ECN */
	raw_seal(&r, TG_IPPROTO_TCP);
	CU_ASSERT_EQUAL_FATAL(parse(), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.tos, 0xb9);
	CU_ASSERT_EQUAL(tg_host16(pkt.tcp.sport), 40000);
	CU_ASSERT_EQUAL(pkt.tcp.seq, 0xfffffff0);
	CU_ASSERT_EQUAL(pkt.tcp.ack, 0x12345678);
	CU_ASSERT_EQUAL(pkt.tcp.wnd, 0x7210);
	CU_ASSERT_EQUAL(pkt.tcp.urg, 0xabcd);
	CU_ASSERT_EQUAL(pkt.tcp.flags, TG_TCP_ACK | TG_TCP_PSH);
	CU_ASSERT_EQUAL_FATAL(pkt.tcp.len, 5);
	CU_ASSERT_EQUAL(memcmp(pkt.tcp.text, "hello", 5), 0);
	CU_ASSERT_EQUAL(pkt.tcp.opt.present, 0);
	make_tcp6();
	r.b[r.l3] = 0x6b;
	r.b[r.l3 + 1] = 0x9f; /* traffic class b9, the rest is flow label */
	CU_ASSERT_EQUAL_FATAL(parse(), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.tos, 0xb9);
	CU_ASSERT_EQUAL(pkt.tcp.len, 5);
}

static void
test_syn_padded_to_60_bytes_has_no_text(void)
{
	reset();
	raw_ip4(&r, TG_IPPROTO_TCP, "", 0);
	raw_tcp(&r, TG_TCP_SYN, "", 0, "");
	raw_seal(&r, TG_IPPROTO_TCP);
	raw_add(&r, "\xff\xff\xff\xff\xff\xff", 6);
	CU_ASSERT_EQUAL(r.len, 60);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.tcp.len, 0);
	CU_ASSERT_EQUAL(pkt.l4_len, 20);
}

/* As pktgen sends them. */
static void
test_syn_of_60_bytes_with_six_of_text_has_text(void)
{
	reset();
	raw_ip4(&r, TG_IPPROTO_TCP, "", 0);
	raw_tcp(&r, TG_TCP_SYN, "", 0, "abcdef");
	raw_seal(&r, TG_IPPROTO_TCP);
	CU_ASSERT_EQUAL(r.len, 60);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.tcp.len, 6);
}

static void
test_every_truncation_of_a_frame_is_dropped(void)
{
	static const char *const frames[] = { linux_syn4, linux_syn6, linux_arp, linux_echo4,
		linux_solicitation, linux_mld_report };
	uint32_t i, len;

	for (i = 0; i < TG_ARRAY_LEN(frames); i++) {
		CU_ASSERT_EQUAL_FATAL(parse_hex(frames[i]), TG_DROP_NONE);
		for (len = 0; len < r.len; len++)
			CU_ASSERT_NOT_EQUAL(parse_bytes(len), TG_DROP_NONE);
		CU_ASSERT_EQUAL(parse_bytes(13), TG_DROP_L2_SHORT);
	}
}

static void
test_tag_in_frame_names_the_vlan(void)
{
	make_tcp4();
	raw_tag(&r, 0xe064); /* priority 7, VLAN 100 */
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.vlan, 100);
	CU_ASSERT_EQUAL(pkt.l3_off, 18);
	CU_ASSERT_EQUAL(pkt.l4_off, 38);
	CU_ASSERT_EQUAL(pkt.tcp.len, 5);
	CU_ASSERT_EQUAL(parse_bytes(17), TG_DROP_L2_SHORT);
}

static void
test_stripped_tag_names_the_vlan(void)
{
	make_tcp6();
	rx_flags = TG_FRAME_VLAN;
	rx_vlan = 0x6ffe;
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.vlan, 4094);
	CU_ASSERT_EQUAL(pkt.l3_off, 14);
	rx_flags = 0; /* without the flag the field is stale */
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.vlan, 0);
}

static void
test_priority_tag_reads_as_untagged(void)
{
	make_tcp4();
	rx_flags = TG_FRAME_VLAN;
	rx_vlan = 0xe000;
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.vlan, 0);
	rx_flags = 0;
	raw_tag(&r, 0xe000);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.vlan, 0);
}

static void
test_second_tag_is_dropped(void)
{
	make_tcp4();
	raw_tag(&r, 100);
	rx_flags = TG_FRAME_VLAN;
	CU_ASSERT_EQUAL(parse(), TG_DROP_L2_VLAN);
	rx_flags = 0;
	raw_tag(&r, 0);
	CU_ASSERT_EQUAL(parse(), TG_DROP_L2_VLAN);
}

static void
test_reserved_vlan_is_dropped(void)
{
	make_tcp4();
	raw_tag(&r, 0x0fff);
	CU_ASSERT_EQUAL(parse(), TG_DROP_L2_VLAN);
}

static void
test_other_ethertypes_are_dropped(void)
{
	static const uint16_t types[] = { 0, 46, 0x88cc, 0x88a8, 0x8847, 0x0801, 0xffff };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(types); i++) {
		make_tcp4();
		raw_put16(r.b + 12, types[i]);
		CU_ASSERT_EQUAL(parse(), TG_DROP_L2_ETHERTYPE);
	}
}

static void
test_arp_is_accepted_with_its_offset(void)
{
	CU_ASSERT_EQUAL(parse_hex(linux_arp), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.kind, TG_PACKET_ARP);
	CU_ASSERT_TRUE(pkt.eth_multicast);
	CU_ASSERT_EQUAL(pkt.l3_off, 14);
	CU_ASSERT_FALSE(pkt.is_ipv6);
}

static void
test_arp_of_other_hardware_or_protocol_is_dropped(void)
{
	uint32_t at;

	for (at = 14; at < 20; at++) {
		parse_hex(linux_arp);
		r.b[at] ^= 2;
		CU_ASSERT_EQUAL(parse(), TG_DROP_ARP_MALFORMED);
	}
}

static void
test_ip4_header_of_wrong_shape_is_dropped(void)
{
	make_tcp4();
	r.b[r.l3] = 0x65; /* version */
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP4_HEADER);
	r.b[r.l3] = 0x44; /* header shorter than 20 bytes */
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP4_HEADER);
	r.b[r.l3] = 0x4f; /* header longer than the packet */
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP4_HEADER);
	make_tcp4();
	raw_put16(r.b + r.l3 + 2, 19); /* total length below the header's */
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP4_HEADER);
	raw_put16(r.b + r.l3 + 2, r.len - r.l3 + 1); /* and beyond the frame */
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP4_HEADER);
}

static void
test_ip4_checksum_wrong_is_dropped_unless_port_vouches(void)
{
	make_tcp4();
	r.b[r.l3 + 8]--; /* TTL */
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP4_CHECKSUM);
	rx_flags = RX(GOOD, UNKNOWN);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	rx_flags = RX(NONE, UNKNOWN);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	make_tcp4();
	rx_flags = RX(BAD, GOOD);
	CU_ASSERT_EQUAL(parse(), TG_DROP_IP4_CHECKSUM);
}

static void
test_ip4_fragments_are_dropped(void)
{
	static const struct {
		uint16_t field;
		enum tg_drop want;
	} cases[] = {
		{ 0x2000, TG_DROP_IP4_FRAGMENT }, /* first of several */
		{ 0x0001, TG_DROP_IP4_FRAGMENT }, { 0x1fff, TG_DROP_IP4_FRAGMENT },
		{ 0x0000, TG_DROP_NONE }, { 0x4000, TG_DROP_NONE }, /* don't fragment */
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(cases); i++) {
		make_tcp4();
		raw_put16(r.b + r.l3 + 6, cases[i].field);
		raw_seal(&r, TG_IPPROTO_TCP);
		CU_ASSERT_EQUAL(parse(), cases[i].want);
	}
}

static enum tg_drop
parse_ip4_options(const void *options, uint32_t n)
{
	reset();
	raw_ip4(&r, TG_IPPROTO_TCP, options, n);
	raw_tcp(&r, TG_TCP_SYN, "", 0, "");
	raw_seal(&r, TG_IPPROTO_TCP);
	return parse();
}

static void
test_ip4_options_are_skipped_and_source_routes_refused(void)
{
	CU_ASSERT_EQUAL(parse_ip4_options("\x94\x04\0\0", 4), TG_DROP_NONE); /* router alert */
	CU_ASSERT_EQUAL(pkt.l4_off, 38);
	CU_ASSERT_EQUAL(tg_host16(pkt.tcp.dport), 80);
	CU_ASSERT_EQUAL(parse_ip4_options("\x01\x01\x01\0", 4), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_ip4_options("\0\x83\x03\x04", 4), TG_DROP_NONE); /* behind the end */
	CU_ASSERT_EQUAL(
	    parse_ip4_options("\x83\x07\x04\xc0\0\x02\x09\0", 8), TG_DROP_IP4_SOURCE_ROUTE);
	CU_ASSERT_EQUAL(
	    parse_ip4_options("\x01\x89\x07\x04\xc0\0\x02\x09", 8), TG_DROP_IP4_SOURCE_ROUTE);
	CU_ASSERT_EQUAL(parse_ip4_options("\x94\x01\0\0", 4), TG_DROP_IP4_HEADER);
	CU_ASSERT_EQUAL(parse_ip4_options("\x94\x05\0\0", 4), TG_DROP_IP4_HEADER);
	CU_ASSERT_EQUAL(parse_ip4_options("\x01\x01\x01\x94", 4), TG_DROP_IP4_HEADER);
}

static void
test_ip4_sources_that_no_packet_may_carry_are_dropped(void)
{
	CU_ASSERT_EQUAL(parse_source4(0, 0, 0, 0), TG_DROP_IP4_SOURCE);
	CU_ASSERT_EQUAL(parse_source4(0, 255, 255, 255), TG_DROP_IP4_SOURCE);
	CU_ASSERT_EQUAL(parse_source4(1, 0, 0, 0), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_source4(126, 255, 255, 255), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_source4(127, 0, 0, 1), TG_DROP_IP4_SOURCE);
	CU_ASSERT_EQUAL(parse_source4(128, 0, 0, 1), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_source4(223, 255, 255, 255), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_source4(224, 0, 0, 1), TG_DROP_IP4_SOURCE);
	CU_ASSERT_EQUAL(parse_source4(240, 0, 0, 1), TG_DROP_IP4_SOURCE);
	CU_ASSERT_EQUAL(parse_source4(255, 255, 255, 255), TG_DROP_IP4_SOURCE);
}

static void
test_tcp_to_groups_is_dropped(void)
{
	CU_ASSERT_EQUAL(parse_destination4(223, 255, 255, 255), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_destination4(224, 0, 0, 1), TG_DROP_TCP_BROADCAST);
	CU_ASSERT_EQUAL(parse_destination4(239, 255, 255, 255), TG_DROP_TCP_BROADCAST);
	CU_ASSERT_EQUAL(parse_destination4(240, 0, 0, 1), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_destination4(255, 255, 255, 254), TG_DROP_NONE);
	CU_ASSERT_EQUAL(parse_destination4(255, 255, 255, 255), TG_DROP_TCP_BROADCAST);
	CU_ASSERT_EQUAL(
	    parse_address6(24, "ff020000000000000000000000000001"), TG_DROP_TCP_BROADCAST);
	make_tcp4();
	r.b[0] |= 1;
	CU_ASSERT_EQUAL(parse(), TG_DROP_TCP_BROADCAST);
}

static void
test_ip_protocol_of_the_other_family_or_unknown_is_dropped(void)
{
	static const uint8_t unknown4[] = { 0, 2, 17, 41, 58, 132, 255 };
	static const uint8_t unknown6[] = { 1, 17, 50, 51, 59, 132, 255 };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(unknown4); i++) {
		make_tcp4();
		r.b[r.l3 + 9] = unknown4[i];
		raw_seal(&r, TG_IPPROTO_TCP);
		CU_ASSERT_EQUAL(parse(), TG_DROP_IP_PROTOCOL);
		make_tcp6();
		r.b[r.l3 + 6] = unknown6[i];
		CU_ASSERT_EQUAL(parse(), TG_DROP_IP_PROTOCOL);
	}
}

static void
test_tcp_header_of_wrong_shape_is_dropped(void)
{
	static const struct {
		uint8_t offset;
		enum tg_drop want;
	} cases[] = { { 0x00, TG_DROP_TCP_HEADER }, { 0x40, TG_DROP_TCP_HEADER },
		{ 0x50, TG_DROP_NONE }, { 0x60, TG_DROP_NONE }, { 0x70, TG_DROP_TCP_HEADER },
		{ 0xf0, TG_DROP_TCP_HEADER } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(cases); i++) {
		make_tcp4(); /* five bytes of text: a header of 24 still fits */
		r.b[r.l4 + 12] = cases[i].offset;
		raw_seal(&r, TG_IPPROTO_TCP);
		CU_ASSERT_EQUAL(parse(), cases[i].want);
	}
}

static void
test_tcp_shorter_than_its_header_is_dropped_by_any_checksum_state(void)
{
	uint32_t n;

	for (n = 0; n < 20; n++) {
		reset();
		raw_ip4(&r, TG_IPPROTO_TCP, "", 0);
		raw_add(&r, "\x9c\x40\0\x50\0\0\0\0\0\0\0\0\x50\2\0\0\0\0\0\0", n);
		raw_seal(&r, TG_IPPROTO_TCP);
		rx_flags = RX(GOOD, GOOD);
		CU_ASSERT_EQUAL(parse(), TG_DROP_TCP_HEADER);
		rx_flags = RX(GOOD, UNKNOWN);
		CU_ASSERT_NOT_EQUAL(parse(), TG_DROP_NONE);
	}
}

/* Every bit of the segment counts, also where the length is odd. */
static void
test_tcp_checksum_notices_every_bit(void)
{
	uint32_t at, bit;

	for (at = 34; at < 34 + 25; at++) {
		for (bit = 0; bit < 8; bit++) {
			make_tcp4();
			r.b[at] ^= (uint8_t)(1 << bit);
			CU_ASSERT_EQUAL(parse(), TG_DROP_TCP_CHECKSUM);
		}
	}
	make_tcp6();
	r.b[r.l3 + 39] ^= 1; /* the pseudo-header too */
	CU_ASSERT_EQUAL(parse(), TG_DROP_TCP_CHECKSUM);
}

static void
test_tcp_checksum_state_of_port_decides(void)
{
	make_tcp6();
	rx_flags = RX(UNKNOWN, BAD);
	CU_ASSERT_EQUAL(parse(), TG_DROP_TCP_CHECKSUM);
	r.b[r.len - 1] ^= 1;
	rx_flags = RX(UNKNOWN, GOOD);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	rx_flags = RX(UNKNOWN, NONE);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	rx_flags = RX(GOOD, UNKNOWN);
	CU_ASSERT_EQUAL(parse(), TG_DROP_TCP_CHECKSUM);
}

static void
test_icmp4_checksum_is_verified_whatever_the_port_says(void)
{
	CU_ASSERT_EQUAL(parse_hex(linux_echo4), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.kind, TG_PACKET_ICMP4);
	CU_ASSERT_EQUAL(pkt.l4_len, 64);
	rx_flags = RX(GOOD, BAD); /* layer 4 speaks of TCP */
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	r.b[r.len - 1] ^= 1;
	rx_flags = RX(GOOD, GOOD);
	CU_ASSERT_EQUAL(parse(), TG_DROP_ICMP_MALFORMED);
	rx_flags = RX(NONE, NONE);
	CU_ASSERT_EQUAL(parse(), TG_DROP_ICMP_MALFORMED);
}

static void
test_icmp6_checksum_is_verified_unless_the_port_praises_it(void)
{
	CU_ASSERT_EQUAL(parse_hex(linux_solicitation), TG_DROP_NONE);
	CU_ASSERT_EQUAL(pkt.kind, TG_PACKET_ICMP6);
	CU_ASSERT_EQUAL(pkt.ttl, 255);
	rx_flags = RX(UNKNOWN, BAD);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	r.b[r.len - 1] ^= 1;
	CU_ASSERT_EQUAL(parse(), TG_DROP_ICMP_MALFORMED);
	rx_flags = RX(UNKNOWN, NONE);
	CU_ASSERT_EQUAL(parse(), TG_DROP_ICMP_MALFORMED);
	rx_flags = RX(UNKNOWN, GOOD);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
}

static void
test_icmp_shorter_than_eight_bytes_is_dropped(void)
{
	uint32_t n;

	for (n = 0; n <= 8; n++) {
		reset();
		raw_ip4(&r, TG_IPPROTO_ICMP, "", 0);
		raw_add(&r, "\x08\0\0\0\0\0\0\0", n);
		raw_seal(&r, TG_IPPROTO_ICMP);
		CU_ASSERT_EQUAL(parse(), n == 8 ? TG_DROP_NONE : TG_DROP_ICMP_MALFORMED);
		reset();
		raw_ip6(&r, TG_IPPROTO_ICMP6);
		raw_add(&r, "\x80\0\0\0\0\0\0\0", n);
		raw_seal(&r, TG_IPPROTO_ICMP6);
		CU_ASSERT_EQUAL(parse(), n == 8 ? TG_DROP_NONE : TG_DROP_ICMP_MALFORMED);
	}
}

static CU_TestInfo packet_tests[] = {
	{ "linux syn over IPv4 is read whole", test_linux_syn_over_ip4_is_read_whole },
	{ "linux syn over IPv6 is read whole", test_linux_syn_over_ip6_is_read_whole },
	{ "every TCP field arrives in host order", test_every_tcp_field_arrives_in_host_order },
	{ "syn padded to 60 bytes has no text", test_syn_padded_to_60_bytes_has_no_text },
	{ "syn of 60 bytes with six of text has text",
	    test_syn_of_60_bytes_with_six_of_text_has_text },
	{ "every truncation of a frame is dropped", test_every_truncation_of_a_frame_is_dropped },
	{ "tag in frame names the vlan", test_tag_in_frame_names_the_vlan },
	{ "stripped tag names the vlan", test_stripped_tag_names_the_vlan },
	{ "priority tag reads as untagged", test_priority_tag_reads_as_untagged },
	{ "second tag is dropped", test_second_tag_is_dropped },
	{ "reserved vlan is dropped", test_reserved_vlan_is_dropped },
	{ "other ethertypes are dropped", test_other_ethertypes_are_dropped },
	{ "ARP is accepted with its offset", test_arp_is_accepted_with_its_offset },
	{ "ARP of other hardware or protocol is dropped",
	    test_arp_of_other_hardware_or_protocol_is_dropped },
	{ "IPv4 header of wrong shape is dropped", test_ip4_header_of_wrong_shape_is_dropped },
	{ "IPv4 checksum wrong is dropped unless port vouches",
	    test_ip4_checksum_wrong_is_dropped_unless_port_vouches },
	{ "IPv4 fragments are dropped", test_ip4_fragments_are_dropped },
	{ "IPv4 options are skipped and source routes refused",
	    test_ip4_options_are_skipped_and_source_routes_refused },
	{ "IPv4 sources that no packet may carry are dropped",
	    test_ip4_sources_that_no_packet_may_carry_are_dropped },
	{ "TCP to groups is dropped", test_tcp_to_groups_is_dropped },
	{ "ip protocol foreign or unknown is dropped",
	    test_ip_protocol_of_the_other_family_or_unknown_is_dropped },
	{ "TCP header of wrong shape is dropped", test_tcp_header_of_wrong_shape_is_dropped },
	{ "TCP shorter than its header is dropped by any checksum state",
	    test_tcp_shorter_than_its_header_is_dropped_by_any_checksum_state },
	{ "TCP checksum notices every bit", test_tcp_checksum_notices_every_bit },
	{ "TCP checksum state of port decides", test_tcp_checksum_state_of_port_decides },
	{ "ICMP checksum is verified whatever the port says",
	    test_icmp4_checksum_is_verified_whatever_the_port_says },
	{ "ICMPv6 checksum is verified unless the port praises it",
	    test_icmp6_checksum_is_verified_unless_the_port_praises_it },
	{ "ICMP shorter than eight bytes is dropped",
	    test_icmp_shorter_than_eight_bytes_is_dropped },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "packet", NULL, NULL, NULL, NULL, packet_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
