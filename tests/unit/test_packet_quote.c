/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet_fixture.h"

/* Puts n bytes of an IP packet, as a router quotes them, into an ICMP error. */
static bool
parse_quote4(uint8_t type, const struct raw *inner, uint32_t n)
{
	reset();
	raw_ip4(&r, TG_IPPROTO_ICMP, "", 0);
	raw_icmp(&r, type, inner->b + inner->l3, n);
	raw_seal(&r, TG_IPPROTO_ICMP);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	return quoted;
}

static bool
parse_quote6(uint8_t type, const struct raw *inner, uint32_t n)
{
	reset();
	raw_ip6(&r, TG_IPPROTO_ICMP6);
	raw_icmp(&r, type, inner->b + inner->l3, n);
	raw_seal(&r, TG_IPPROTO_ICMP6);
	CU_ASSERT_EQUAL(parse(), TG_DROP_NONE);
	return quoted;
}

/* What we sent: the frame of make_tcp4 or make_tcp6. */
static struct raw
sent(void (*make)(void))
{
	make();
	return r;
}

static void
test_icmp_error_quoting_tcp_names_its_flow(void)
{
	struct raw ours = sent(make_tcp4);

	CU_ASSERT_TRUE(parse_quote4(3, &ours, 28));
	CU_ASSERT_FALSE(quote.is_ipv6);
	CU_ASSERT_EQUAL(memcmp(&quote.src.v4, raw_src4, 4), 0);
	CU_ASSERT_EQUAL(memcmp(&quote.dst.v4, raw_dst4, 4), 0);
	CU_ASSERT_EQUAL(quote.src.q[1] | quote.dst.q[1] | quote.src.w[1] | quote.dst.w[1], 0);
	CU_ASSERT_EQUAL(tg_host16(quote.sport), 40000);
	CU_ASSERT_EQUAL(tg_host16(quote.dport), 80);
	CU_ASSERT_EQUAL(quote.seq, 0xfffffff0);
}

static void
test_icmp6_error_quoting_tcp_names_its_flow(void)
{
	struct raw ours = sent(make_tcp6);

	CU_ASSERT_TRUE(parse_quote6(2, &ours, 48));
	CU_ASSERT_TRUE(quote.is_ipv6);
	CU_ASSERT_EQUAL(memcmp(&quote.src, raw_src6, 16), 0);
	CU_ASSERT_EQUAL(memcmp(&quote.dst, raw_dst6, 16), 0);
	CU_ASSERT_EQUAL(tg_host16(quote.sport), 40000);
	CU_ASSERT_EQUAL(tg_host16(quote.dport), 80);
	CU_ASSERT_EQUAL(quote.seq, 0xfffffff0);
}

static void
test_only_icmp_errors_quote(void)
{
	struct raw ours4 = sent(make_tcp4), ours6 = sent(make_tcp6);
	uint32_t type;

	for (type = 0; type < 256; type++) {
		CU_ASSERT_EQUAL(
		    parse_quote4((uint8_t)type, &ours4, 28), type == 3 || type == 11 || type == 12);
		CU_ASSERT_EQUAL(parse_quote6((uint8_t)type, &ours6, 48), type >= 1 && type <= 4);
	}
}

static void
test_quote_cut_before_its_sequence_number_is_none(void)
{
	struct raw ours4 = sent(make_tcp4), ours6 = sent(make_tcp6);
	uint32_t n;

	for (n = 0; n < 45; n++)
		CU_ASSERT_EQUAL(parse_quote4(3, &ours4, n), n >= 28);
	for (n = 0; n < 60; n++)
		CU_ASSERT_EQUAL(parse_quote6(1, &ours6, n), n >= 48);
}

static void
test_quote_of_anything_but_tcp_of_its_family_is_none(void)
{
	struct raw ours4 = sent(make_tcp4), ours6 = sent(make_tcp6), bad;

	CU_ASSERT_FALSE(parse_quote4(3, &ours6, 60));
	CU_ASSERT_FALSE(parse_quote6(1, &ours4, 45));
	bad = ours4;
	bad.b[bad.l3 + 9] = 17;
	CU_ASSERT_FALSE(parse_quote4(3, &bad, 28));
	bad = ours4;
	bad.b[bad.l3 + 7] = 1; /* not the first fragment: no ports */
	CU_ASSERT_FALSE(parse_quote4(3, &bad, 28));
	bad = ours4;
	bad.b[bad.l3] = 0x44;
	CU_ASSERT_FALSE(parse_quote4(3, &bad, 28));
	bad = ours6;
	bad.b[bad.l3 + 6] = 58;
	CU_ASSERT_FALSE(parse_quote6(1, &bad, 48));
}

static void
test_quote_with_ip_options_finds_the_ports_behind_them(void)
{
	struct raw ours;

	reset();
	raw_ip4(&r, TG_IPPROTO_TCP, "\1\1\1\1", 4);
	raw_tcp(&r, TG_TCP_SYN, "", 0, "");
	ours = r;
	CU_ASSERT_TRUE(parse_quote4(3, &ours, 32));
	CU_ASSERT_EQUAL(tg_host16(quote.dport), 80);
	CU_ASSERT_FALSE(parse_quote4(3, &ours, 31));
}

static CU_TestInfo packet_tests[] = {
	{ "ICMP error quoting TCP names its flow", test_icmp_error_quoting_tcp_names_its_flow },
	{ "ICMPv6 error quoting TCP names its flow", test_icmp6_error_quoting_tcp_names_its_flow },
	{ "only ICMP errors quote", test_only_icmp_errors_quote },
	{ "quote cut before its sequence number is none",
	    test_quote_cut_before_its_sequence_number_is_none },
	{ "quote of anything but TCP of its family is none",
	    test_quote_of_anything_but_tcp_of_its_family_is_none },
	{ "quote with ip options finds the ports behind them",
	    test_quote_with_ip_options_finds_the_ports_behind_them },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "packet quote", NULL, NULL, NULL, NULL, packet_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
