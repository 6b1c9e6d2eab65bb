/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Echo and ICMP errors. Frames in hexadecimal were made by another implementation.
 */
#include "neighbor_fixture.h"

#define ECHO_DATA "00770003000102030405060708090a0b0c0d0e0f1011121314151617"

#define ECHO4                                                                                      \
	"020000000001020000000099080045b900341234000007011c6fc0000263c000020a080072f5" ECHO_DATA
#define ECHO4_OPTIONS                                                                              \
	"020000000001020000000099080047b9003c1234000007010f60c0000263c000020a"                     \
	"0707040000000000080072f5" ECHO_DATA
#define ECHO4_REPLY                                                                                \
	"020000000099020000000001080045b80034000040004001b5a3c000020ac000026300007af5" ECHO_DATA
#define ECHO4_REPLY_VLAN7                                                                          \
	"02000000009902000000000181000007080045000034000040004001e5f4c633640ac6336463"             \
	"00007af5" ECHO_DATA
#define ECHO6                                                                                      \
	"02000000000102000000009986dd6b9abcde00213a0920010db8000000000000000000000099"             \
	"20010db800000000000000000000001080009d7e" ECHO_DATA "01"
#define ECHO6_OPTIONS                                                                              \
	"02000000000102000000009986dd6b9abcde00293c0920010db8000000000000000000000099"             \
	"20010db80000000000000000000000103a0001040000000080009d7e" ECHO_DATA "01"
#define ECHO6_REPLY                                                                                \
	"02000000009902000000000186dd6b80000000213a4020010db8000000000000000000000010"             \
	"20010db800000000000000000000009981009c7e" ECHO_DATA "01"
#define TOO_BIG4                                                                                   \
	"0200000000010200000000990800450000440001000040017ca8cb007105c000020a0304f5f600000578"     \
	"450000280000400040063c78c000020acb00714d00509c40fffffff00000000050022000f5080000"
#define TOO_BIG6                                                                                   \
	"02000000000102000000009986dd6000000000443a4020010db800050000000000000000000520010db8"     \
	"000000000000000000000010020036bb000005006000000000140640"                                 \
	"20010db800000000000000000000001020010db8000700000000000000000007"                         \
	"00509c40fffffff0000000005002200097d10000"

static const union tg_ip us = { .b = { 192, 0, 2, 10 } };
static const union tg_ip peer = { .b = { 192, 0, 2, 99 } };
static const union tg_ip router = { .b = { 203, 0, 113, 5 } };
static const union tg_ip far = { .b = { 203, 0, 113, 77 } };
static const union tg_ip us6 = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x10 } };
static const union tg_ip peer6 = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x99 } };
static const uint8_t echo_body[8] = { 8 };
static const uint8_t echo6_body[8] = { 128 };

/* Received: an error of a router about TCP from src to far, its second word rest. */
static void
rx_error4(uint8_t type, uint8_t code, uint32_t rest, union tg_ip src)
{
	uint8_t body[36] = { type, code, [8] = 0x45, [17] = 6 };

	tg_store32(body + 4, rest);
	memcpy(body + 20, src.b, 4);
	memcpy(body + 24, far.b, 4);
	tg_store32(body + 28, 0x00509c40);
	tg_store32(body + 32, 0xfffffff0);
	fx_rx_icmp4(router, us, body, sizeof(body));
}

static void
rx_error6(uint8_t type, uint8_t code, uint32_t rest, union tg_ip src)
{
	uint8_t body[56] = { type, code, [8] = 0x60, [14] = 6 };

	tg_store32(body + 4, rest);
	memcpy(body + 16, src.b, 16);
	memcpy(body + 32, peer6.b, 16);
	tg_store32(body + 48, 0x00509c40);
	tg_store32(body + 52, 0xfffffff0);
	fx_rx_icmp6(64, ip6(1), us6, body, sizeof(body));
}

static void
expect_error(enum tg_icmp_error_kind kind, uint16_t mtu)
{
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_ERROR);
	CU_ASSERT_EQUAL(fx.why, TG_DROP_NONE);
	CU_ASSERT_EQUAL(fx.err.kind, kind);
	CU_ASSERT_EQUAL(fx.err.mtu, mtu);
}

static void
expect_quote(bool is_ipv6, union tg_ip src)
{
	CU_ASSERT_EQUAL(fx.err.quote.is_ipv6, is_ipv6);
	CU_ASSERT(tg_ip_equal(&fx.err.quote.src, &src));
	CU_ASSERT_EQUAL(fx.err.quote.sport, tg_be16(80));
	CU_ASSERT_EQUAL(fx.err.quote.dport, tg_be16(40000));
	CU_ASSERT_EQUAL(fx.err.quote.seq, 0xfffffff0);
}

static void
test_echo4_is_answered_in_place(void)
{
	fx_rx_hex(ECHO4);
	ASSERT_REPLY(ECHO4_REPLY);
	CU_ASSERT_EQUAL(fx.rx.flags, 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ICMP_ECHO_REPLIES), 1);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_echo4_padding_is_not_sent_back(void)
{
	fx_rx_hex(ECHO4);
	fx.rx.len += 5;
	ASSERT_REPLY(ECHO4_REPLY);
}

static void
test_echo4_options_are_not_reflected(void)
{
	fx_rx_hex(ECHO4_OPTIONS);
	ASSERT_REPLY(ECHO4_REPLY);
}

static void
test_echo4_with_port_checksum_leaves_the_header_sum_to_it(void)
{
	fx.net.offload = TG_OFFLOAD_IP_CSUM | TG_OFFLOAD_L4_CSUM;
	fx_rx_hex(ECHO4);
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	CU_ASSERT_EQUAL(fx.rx.flags, TG_FRAME_TX_IP_CSUM);
	CU_ASSERT_EQUAL(fx.rx.l3_off, 14);
	CU_ASSERT_EQUAL(tg_load16(fx.rx.data + 36), 0x7af5); /* ICMP is never left to it */
}

static void
test_echo4_stripped_tag_is_put_back(void)
{
	static const uint8_t data[] = { 8, 0, 0, 0, 0, 0x77, 0, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
		11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23 };

	fx_rx_icmp4(ip4(198, 51, 100, 99), ip4(198, 51, 100, 10), data, sizeof(data));
	fx.rx.flags = TG_FRAME_VLAN;
	fx.rx.vlan = 7;
	ASSERT_REPLY(ECHO4_REPLY_VLAN7);
	CU_ASSERT_EQUAL(fx.rx.flags, 0);
}

static void
test_echo4_stripped_tag_without_room_for_it_is_dropped(void)
{
	fx_rx_icmp4(ip4(198, 51, 100, 99), ip4(198, 51, 100, 10), echo_body, sizeof(echo_body));
	fx.rx.flags = TG_FRAME_VLAN;
	fx.rx.vlan = 7;
	fx.rx.room = fx.rx.len + 3;
	ASSERT_DROP(TG_DROP_RX_SHAPE);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ICMP_ECHO_REPLIES), 0);
}

static void
test_echo4_to_a_group_is_ignored(void)
{
	fx_rx_icmp4(peer, ip4(192, 0, 2, 255), echo_body, sizeof(echo_body));
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	fx_rx_icmp4(peer, ip4(255, 255, 255, 255), echo_body, sizeof(echo_body));
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	fx_rx_icmp4(peer, ip4(224, 0, 0, 1), echo_body, sizeof(echo_body));
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	fx_rx_icmp4(peer, us, echo_body, sizeof(echo_body));
	memset(fx.rx_room, 0xff, 6);
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
}

static void
test_echo4_to_another_address_is_not_for_us(void)
{
	fx_rx_icmp4(peer, ip4(192, 0, 2, 11), echo_body, sizeof(echo_body));
	ASSERT_DROP(TG_DROP_IP4_NOT_FOR_US);
	fx_rx_icmp4(peer, ip4(198, 51, 100, 10), echo_body, sizeof(echo_body));
	ASSERT_DROP(TG_DROP_IP4_NOT_FOR_US); /* ours, on another VLAN */
}

static void
test_echo4_from_our_own_or_broadcast_address_is_refused(void)
{
	fx_rx_icmp4(us, us, echo_body, sizeof(echo_body));
	ASSERT_DROP(TG_DROP_IP4_SOURCE);
	fx_rx_icmp4(ip4(192, 0, 2, 255), us, echo_body, sizeof(echo_body));
	ASSERT_DROP(TG_DROP_IP4_SOURCE);
}

static void
test_echo4_with_code_or_as_copy_is_ignored(void)
{
	static const uint8_t coded[8] = { 8, 1 };

	fx_rx_icmp4(peer, us, coded, sizeof(coded));
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	fx_rx_icmp4(peer, us, echo_body, sizeof(echo_body));
	fx.rx.flags = TG_FRAME_COPY;
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
}

static void
test_echo6_is_answered_in_place(void)
{
	fx_rx_hex(ECHO6);
	ASSERT_REPLY(ECHO6_REPLY);
	CU_ASSERT_EQUAL(fx.rx.flags, TG_FRAME_IPV6);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ICMP_ECHO_REPLIES), 1);
}

static void
test_echo6_extension_headers_are_not_reflected(void)
{
	fx_rx_hex(ECHO6_OPTIONS);
	ASSERT_REPLY(ECHO6_REPLY);
}

static void
test_echo6_to_a_group_or_another_is_not_answered(void)
{
	union tg_ip all_nodes = { .b = { 0xff, 2, [15] = 1 } };

	fx_rx_icmp6(64, peer6, all_nodes, echo6_body, sizeof(echo6_body));
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	fx_rx_icmp6(64, peer6, ip6(0x11), echo6_body, sizeof(echo6_body));
	ASSERT_DROP(TG_DROP_IP6_NOT_FOR_US);
}

static void
test_echo6_from_our_own_or_unspecified_address_is_refused(void)
{
	fx_rx_icmp6(64, us6, us6, echo6_body, sizeof(echo6_body));
	ASSERT_DROP(TG_DROP_IP6_SOURCE);
	fx_rx_icmp6(64, (union tg_ip){ 0 }, us6, echo6_body, sizeof(echo6_body));
	ASSERT_DROP(TG_DROP_IP6_SOURCE);
}

static void
test_echo6_to_a_tentative_address_is_not_answered(void)
{
	fx.net.dad = true;
	tg_neighbor_link_up(fx.nb, fx.now);
	fx_rx_hex(ECHO6);
	ASSERT_DROP(TG_DROP_IP6_NOT_FOR_US);
	fx_run_after(0);
	fx_run_after(FX_SECOND);
	fx_rx_hex(ECHO6);
	ASSERT_REPLY(ECHO6_REPLY);
}

/* How many of n echo requests are answered now; the others are over the limit. */
static unsigned
answered(unsigned n)
{
	unsigned replies = 0;

	while (n-- > 0) {
		fx_rx_hex(ECHO4);
		if (fx_input() == TG_NEIGHBOR_REPLY)
			replies++;
		else
			CU_ASSERT_EQUAL(fx.why, TG_DROP_ICMP_LIMITED);
	}
	return replies;
}

static void
test_echo_beyond_the_rate_is_limited(void)
{
	fx.limits.echo_per_second = 10;
	fx_layout(true);
	CU_ASSERT_EQUAL(answered(20), 10);
	fx.now += FX_SECOND / 10 - 1;
	CU_ASSERT_EQUAL(answered(1), 0);
	fx.now += 1;
	CU_ASSERT_EQUAL(answered(2), 1);
	fx.now += FX_SECOND / 2;
	CU_ASSERT_EQUAL(answered(20), 5);
	fx.now += 100 * FX_SECOND;
	CU_ASSERT_EQUAL(answered(20), 10);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ICMP_ECHO_REPLIES), 26);
}

static void
test_echo_is_limited_for_both_families_together(void)
{
	fx.limits.echo_per_second = 1;
	fx_layout(true);
	CU_ASSERT_EQUAL(answered(1), 1);
	fx_rx_hex(ECHO6);
	ASSERT_DROP(TG_DROP_ICMP_LIMITED);
}

static void
test_echo_with_rate_zero_is_never_answered(void)
{
	fx.limits.echo_per_second = 0;
	fx_layout(true);
	CU_ASSERT_EQUAL(answered(2), 0);
}

static void
test_other_types_are_ignored(void)
{
	static const uint8_t types4[] = { 0, 4, 5, 9, 10, 13, 17, 40 };
	static const uint8_t types6[] = { 0, 5, 127, 129, 131, 132, 143, 200 };
	uint8_t body[36] = { 0 };

	for (size_t i = 0; i < TG_ARRAY_LEN(types4); i++) {
		rx_error4(types4[i], 0, 0, us); /* Source Quench among them */
		ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	}
	for (size_t i = 0; i < TG_ARRAY_LEN(types6); i++) {
		body[0] = types6[i];
		fx_rx_icmp6(64, peer6, us6, body, sizeof(body));
		ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	}
}

static void
test_corrupt_icmp_is_malformed(void)
{
	fx_rx_hex(ECHO4);
	fx.rx_room[50] ^= 1;
	ASSERT_DROP(TG_DROP_ICMP_MALFORMED);
	fx_rx_icmp4(peer, us, echo_body, 7);
	ASSERT_DROP(TG_DROP_ICMP_MALFORMED);
}

static void
test_error4_too_big_says_mtu_and_quote(void)
{
	fx_rx_hex(TOO_BIG4);
	expect_error(TG_ICMP_TOO_BIG, 1400);
	expect_quote(false, us);
	CU_ASSERT(tg_ip_equal(&fx.err.quote.dst, &far));
	rx_error4(3, 4, 0, us); /* a router from before RFC 1191 */
	expect_error(TG_ICMP_TOO_BIG, 0);
}

static void
test_error4_unreachable_is_soft_or_hard_by_code(void)
{
	for (uint8_t code = 0; code < 16; code++) {
		if (code == 4)
			continue;
		rx_error4(3, code, 0xffffffff, us);
		expect_error(code == 2 || code == 3 ? TG_ICMP_HARD : TG_ICMP_SOFT, 0);
		CU_ASSERT_EQUAL(fx.err.type, 3);
		CU_ASSERT_EQUAL(fx.err.code, code);
		expect_quote(false, us);
	}
	rx_error4(3, 16, 0, us);
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	rx_error4(3, 255, 0, us);
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
}

static void
test_error4_time_exceeded_and_parameter_problem_are_soft(void)
{
	rx_error4(11, 0, 0, us);
	expect_error(TG_ICMP_SOFT, 0);
	rx_error4(11, 1, 0, us);
	expect_error(TG_ICMP_SOFT, 0);
	rx_error4(12, 0, 0, us);
	expect_error(TG_ICMP_SOFT, 0);
}

static void
test_error_quoting_what_we_did_not_send_matches_no_connection(void)
{
	rx_error4(3, 1, 0, ip4(192, 0, 2, 11));
	ASSERT_DROP(TG_DROP_ICMP_NO_CONNECTION);
	rx_error4(3, 1, 0, ip4(198, 51, 100, 10)); /* ours, on another VLAN */
	ASSERT_DROP(TG_DROP_ICMP_NO_CONNECTION);
	rx_error6(1, 4, 0, ip6(0x11));
	ASSERT_DROP(TG_DROP_ICMP_NO_CONNECTION);
}

static void
test_error_quoting_too_little_or_no_tcp_matches_no_connection(void)
{
	uint8_t body[36] = { 3, 1, [8] = 0x45, [17] = 17 };

	memcpy(body + 20, us.b, 4);
	fx_rx_icmp4(router, us, body, 36); /* UDP */
	ASSERT_DROP(TG_DROP_ICMP_NO_CONNECTION);
	body[17] = 6;
	fx_rx_icmp4(router, us, body, 35);
	ASSERT_DROP(TG_DROP_ICMP_NO_CONNECTION);
	fx_rx_icmp4(router, us, body, 8);
	ASSERT_DROP(TG_DROP_ICMP_NO_CONNECTION);
}

static void
test_error_to_another_address_or_group_is_not_heard(void)
{
	uint8_t body[36] = { 3, 3, [8] = 0x45, [17] = 6 };

	memcpy(body + 20, us.b, 4);
	fx_rx_icmp4(router, ip4(192, 0, 2, 11), body, sizeof(body));
	ASSERT_DROP(TG_DROP_IP4_NOT_FOR_US);
	fx_rx_icmp4(router, ip4(192, 0, 2, 255), body, sizeof(body));
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	rx_error4(3, 3, 0, us);
	fx.rx_room[0] = 0x01; /* unicast IP in a multicast frame */
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
}

static void
test_error6_too_big_says_mtu_clipped_to_16_bits(void)
{
	fx_rx_hex(TOO_BIG6);
	expect_error(TG_ICMP_TOO_BIG, 1280);
	expect_quote(true, us6);
	rx_error6(2, 0, 65535, us6);
	expect_error(TG_ICMP_TOO_BIG, 65535);
	rx_error6(2, 0, 65536, us6);
	expect_error(TG_ICMP_TOO_BIG, 65535);
	rx_error6(2, 0, 0xffffffff, us6);
	expect_error(TG_ICMP_TOO_BIG, 65535);
}

static void
test_error6_is_soft_or_hard_by_type_and_code(void)
{
	for (uint8_t code = 0; code < 8; code++) {
		rx_error6(1, code, 0xffffffff, us6);
		expect_error(code == 4 ? TG_ICMP_HARD : TG_ICMP_SOFT, 0);
		CU_ASSERT_EQUAL(fx.err.type, 1);
		CU_ASSERT_EQUAL(fx.err.code, code);
	}
	rx_error6(3, 0, 0, us6);
	expect_error(TG_ICMP_SOFT, 0);
	for (uint8_t code = 0; code < 4; code++) {
		rx_error6(4, code, 40, us6);
		expect_error(TG_ICMP_SOFT, 0);
	}
}

static CU_TestInfo echo_tests[] = {
	{ "IPv4 echo is answered in place", test_echo4_is_answered_in_place },
	{ "padding is not sent back", test_echo4_padding_is_not_sent_back },
	{ "IPv4 options are not reflected", test_echo4_options_are_not_reflected },
	{ "header checksum is left to the port",
	    test_echo4_with_port_checksum_leaves_the_header_sum_to_it },
	{ "stripped tag is put back", test_echo4_stripped_tag_is_put_back },
	{ "no room for the tag", test_echo4_stripped_tag_without_room_for_it_is_dropped },
	{ "IPv4 echo to a group", test_echo4_to_a_group_is_ignored },
	{ "IPv4 echo to another address", test_echo4_to_another_address_is_not_for_us },
	{ "IPv4 echo from ourselves or broadcast",
	    test_echo4_from_our_own_or_broadcast_address_is_refused },
	{ "IPv4 echo with a code, or a copy", test_echo4_with_code_or_as_copy_is_ignored },
	{ "IPv6 echo is answered in place", test_echo6_is_answered_in_place },
	{ "IPv6 extensions are not reflected", test_echo6_extension_headers_are_not_reflected },
	{ "IPv6 echo to a group or another", test_echo6_to_a_group_or_another_is_not_answered },
	{ "IPv6 echo from ourselves or ::",
	    test_echo6_from_our_own_or_unspecified_address_is_refused },
	{ "IPv6 echo to a tentative address", test_echo6_to_a_tentative_address_is_not_answered },
	{ "echo is limited", test_echo_beyond_the_rate_is_limited },
	{ "one limit for both families", test_echo_is_limited_for_both_families_together },
	{ "rate zero answers nothing", test_echo_with_rate_zero_is_never_answered },
	{ "other types are ignored", test_other_types_are_ignored },
	{ "corrupt ICMP is malformed", test_corrupt_icmp_is_malformed },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo error_tests[] = {
	{ "IPv4 too big", test_error4_too_big_says_mtu_and_quote },
	{ "IPv4 unreachable by code", test_error4_unreachable_is_soft_or_hard_by_code },
	{ "IPv4 time exceeded, parameter problem",
	    test_error4_time_exceeded_and_parameter_problem_are_soft },
	{ "quote of what we did not send",
	    test_error_quoting_what_we_did_not_send_matches_no_connection },
	{ "quote too short or not TCP",
	    test_error_quoting_too_little_or_no_tcp_matches_no_connection },
	{ "error to another address or group",
	    test_error_to_another_address_or_group_is_not_heard },
	{ "IPv6 too big", test_error6_too_big_says_mtu_clipped_to_16_bits },
	{ "IPv6 by type and code", test_error6_is_soft_or_hard_by_type_and_code },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "echo", NULL, NULL, fx_setup, NULL, echo_tests },
		{ "icmp error", NULL, NULL, fx_setup, NULL, error_tests }, CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
