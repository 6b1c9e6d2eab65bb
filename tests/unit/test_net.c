/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "neighbor_fixture.h"

static union tg_ip
other6(void)
{
	return (union tg_ip){ .b = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, [15] = 0x10 } };
}

static uint16_t
find(bool is_ipv6, union tg_ip ip, uint16_t vlan)
{
	return tg_net_find(&fx.net, is_ipv6, &ip, vlan);
}

static uint16_t
on_link(bool is_ipv6, union tg_ip ip, uint16_t vlan)
{
	return tg_net_on_link(&fx.net, is_ipv6, &ip, vlan);
}

static void
test_find_names_address_only_with_its_family_and_vlan(void)
{
	CU_ASSERT_EQUAL(find(false, ip4(192, 0, 2, 10), 0), FX_V4);
	CU_ASSERT_EQUAL(find(true, ip6(0x10), 0), FX_V6);
	CU_ASSERT_EQUAL(find(true, fx.net.addr[FX_LL].ip, 7), FX_LL_VLAN7);
	CU_ASSERT_EQUAL(find(false, ip4(192, 0, 2, 10), 7), TG_NET_ADDR_NONE);
	CU_ASSERT_EQUAL(find(true, ip4(192, 0, 2, 10), 0), TG_NET_ADDR_NONE);
	CU_ASSERT_EQUAL(find(false, ip4(192, 0, 2, 11), 0), TG_NET_ADDR_NONE);
}

static void
test_has_vlan_knows_ours_and_no_other(void)
{
	CU_ASSERT_TRUE(tg_net_has_vlan(&fx.net, 0));
	CU_ASSERT_TRUE(tg_net_has_vlan(&fx.net, 7));
	CU_ASSERT_FALSE(tg_net_has_vlan(&fx.net, 8));
}

static void
test_on_link_compares_prefix_bits_only(void)
{
	CU_ASSERT_EQUAL(on_link(false, ip4(192, 0, 2, 255), 0), FX_V4);
	CU_ASSERT_EQUAL(on_link(false, ip4(192, 0, 3, 0), 0), TG_NET_ADDR_NONE);
	CU_ASSERT_EQUAL(on_link(true, ip6(0xfe), 0), FX_V6);
	CU_ASSERT_EQUAL(on_link(true, other6(), 0), TG_NET_ADDR_NONE);
	CU_ASSERT_EQUAL(on_link(true, ip6_ll(9), 7), FX_LL_VLAN7);
}

static void
test_on_link_with_odd_prefix_lengths_splits_inside_the_byte(void)
{
	fx.net.addr[FX_V4].prefix_len = 29; /* .8 to .15 */
	CU_ASSERT_EQUAL(on_link(false, ip4(192, 0, 2, 15), 0), FX_V4);
	CU_ASSERT_EQUAL(on_link(false, ip4(192, 0, 2, 8), 0), FX_V4);
	CU_ASSERT_EQUAL(on_link(false, ip4(192, 0, 2, 16), 0), TG_NET_ADDR_NONE);
	CU_ASSERT_EQUAL(on_link(false, ip4(192, 0, 2, 7), 0), TG_NET_ADDR_NONE);
	fx.net.addr[FX_V6].prefix_len = 63;
	CU_ASSERT_EQUAL(on_link(true, other6(), 0), FX_V6);
}

static void
test_on_link_with_extreme_prefixes_holds_all_or_itself(void)
{
	fx.net.addr[FX_V4].prefix_len = 0;
	fx.net.addr[FX_V6].prefix_len = 128;
	CU_ASSERT_EQUAL(on_link(false, ip4(8, 8, 8, 8), 0), FX_V4);
	CU_ASSERT_EQUAL(on_link(true, ip6(0x10), 0), FX_V6);
	CU_ASSERT_EQUAL(on_link(true, ip6(0x11), 0), TG_NET_ADDR_NONE);
	fx.net.addr[FX_V4].prefix_len = 32;
	CU_ASSERT_EQUAL(on_link(false, ip4(192, 0, 2, 10), 0), FX_V4);
	CU_ASSERT_EQUAL(on_link(false, ip4(192, 0, 2, 11), 0), TG_NET_ADDR_NONE);
}

static void
test_broadcast_is_limited_or_directed_on_its_vlan(void)
{
	CU_ASSERT_TRUE(tg_net_is_broadcast4(&fx.net, UINT32_MAX, 0));
	CU_ASSERT_TRUE(tg_net_is_broadcast4(&fx.net, UINT32_MAX, 4000));
	CU_ASSERT_TRUE(tg_net_is_broadcast4(&fx.net, ip4(192, 0, 2, 255).v4, 0));
	CU_ASSERT_FALSE(tg_net_is_broadcast4(&fx.net, ip4(192, 0, 2, 255).v4, 7));
	CU_ASSERT_TRUE(tg_net_is_broadcast4(&fx.net, ip4(198, 51, 100, 255).v4, 7));
	CU_ASSERT_FALSE(tg_net_is_broadcast4(&fx.net, ip4(192, 0, 2, 10).v4, 0));
	CU_ASSERT_FALSE(tg_net_is_broadcast4(&fx.net, ip4(192, 0, 3, 255).v4, 0));
}

static void
test_broadcast_of_point_to_point_and_host_prefixes_is_none(void)
{
	fx.net.addr[FX_V4].prefix_len = 31;
	CU_ASSERT_FALSE(tg_net_is_broadcast4(&fx.net, ip4(192, 0, 2, 11).v4, 0));
	fx.net.addr[FX_V4].prefix_len = 32;
	CU_ASSERT_FALSE(tg_net_is_broadcast4(&fx.net, ip4(192, 0, 2, 10).v4, 0));
	fx.net.addr[FX_V4].prefix_len = 30;
	CU_ASSERT_TRUE(tg_net_is_broadcast4(&fx.net, ip4(192, 0, 2, 11).v4, 0));
}

static void
test_next_hop_is_itself_on_link_else_gateway(void)
{
	union tg_ip dst = ip4(192, 0, 2, 77), hop;

	CU_ASSERT_TRUE(tg_net_next_hop(&fx.net, false, &dst, 0, &hop));
	CU_ASSERT(tg_ip_equal(&hop, &dst));
	dst = ip4(203, 0, 113, 1);
	CU_ASSERT_TRUE(tg_net_next_hop(&fx.net, false, &dst, 0, &hop));
	CU_ASSERT(tg_ip_equal(&hop, &fx.net.gateway4));
	dst = other6();
	CU_ASSERT_TRUE(tg_net_next_hop(&fx.net, true, &dst, 0, &hop));
	CU_ASSERT(tg_ip_equal(&hop, &fx.net.gateway6));
}

static void
test_next_hop_without_gateway_on_the_vlan_is_no_route(void)
{
	union tg_ip dst = ip4(203, 0, 113, 1), dst6 = other6(), hop;

	CU_ASSERT_FALSE(tg_net_next_hop(&fx.net, false, &dst, 7, &hop));
	CU_ASSERT_TRUE(tg_net_next_hop(&fx.net, true, &dst6, 7, &hop)); /* fe80::1 is there too */
	fx.net.has_gateway4 = fx.net.has_gateway6 = false;
	CU_ASSERT_FALSE(tg_net_next_hop(&fx.net, false, &dst, 0, &hop));
	CU_ASSERT_FALSE(tg_net_next_hop(&fx.net, true, &dst6, 0, &hop));
}

/* RFC 4291 appendix A: 34-56-78-9A-BC-DE becomes 36-56-78-FF-FE-9A-BC-DE. */
static void
test_link_local_is_formed_as_rfc4291_shows(void)
{
	static const uint8_t mac[6] = { 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde };
	union tg_ip expected = { .b = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x36, 0x56, 0x78, 0xff, 0xfe,
				     0x9a, 0xbc, 0xde } };
	union tg_ip ip;

	tg_net_link_local(mac, &ip);
	CU_ASSERT(tg_ip_equal(&ip, &expected));
}

static CU_TestInfo net_tests[] = {
	{ "find wants family and VLAN to match",
	    test_find_names_address_only_with_its_family_and_vlan },
	{ "has_vlan knows ours", test_has_vlan_knows_ours_and_no_other },
	{ "on_link compares prefix bits", test_on_link_compares_prefix_bits_only },
	{ "on_link splits inside a byte",
	    test_on_link_with_odd_prefix_lengths_splits_inside_the_byte },
	{ "on_link with prefix 0 and full",
	    test_on_link_with_extreme_prefixes_holds_all_or_itself },
	{ "broadcast is limited or directed", test_broadcast_is_limited_or_directed_on_its_vlan },
	{ "no broadcast in /31 and /32",
	    test_broadcast_of_point_to_point_and_host_prefixes_is_none },
	{ "next hop is itself or the gateway", test_next_hop_is_itself_on_link_else_gateway },
	{ "no gateway on the VLAN, no route",
	    test_next_hop_without_gateway_on_the_vlan_is_no_route },
	{ "link-local as RFC 4291 shows", test_link_local_is_formed_as_rfc4291_shows },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "net", NULL, NULL, fx_setup, NULL, net_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
