/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "options.h"
#include "tap.h"
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>

static struct tg_wiring w;
static struct tg_service_config service;
static struct tg_port port;

static void
start(void)
{
	memset(&w, 0, sizeof(w));
	memset(&service, 0, sizeof(service));
	port = (struct tg_port){
		.mtu = 1500, .mac = { 0x02, 0, 0, 0, 0, 0x07 }, .tx_offload = TG_OFFLOAD_L4_CSUM
	};
	service.limits.connections = 101;
	service.limits.neighbors = 64;
}

static void
add_address(const char *text, uint32_t vlan)
{
	struct tg_config_address *a = &service.address[service.n_addresses++];

	a->is_ipv6 = strchr(text, ':') != NULL;
	a->prefix_len = a->is_ipv6 ? 64 : 24;
	a->vlan = vlan;
	CU_ASSERT_EQUAL_FATAL(inet_pton(a->is_ipv6 ? AF_INET6 : AF_INET, text, a->ip.b), 1);
}

/* address: one of the service's addresses by index, or -1 for all. */
static void
add_listener(uint32_t number, int address)
{
	struct tg_config_listener *l = &service.listener[service.n_listeners++];

	l->port = number;
	if (address < 0)
		return;
	l->address = (struct tg_config_ip){ true, service.address[address].is_ipv6,
		service.address[address].ip };
}

static bool
endpoint_is(unsigned i, uint16_t number, uint16_t addr, uint16_t vlan)
{
	const struct tg_endpoint *e = &w.endpoint[i];

	return e->port == tg_be16(number) && e->addr == addr && e->vlan == vlan &&
	       e->is_ipv6 == w.net.addr[addr].is_ipv6 && tg_ip_equal(&e->ip, &w.net.addr[addr].ip);
}

static void
test_wire_ipv4_alone_adds_no_address(void)
{
	start();
	add_address("192.0.2.2", 0);
	add_listener(80, -1);
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_EQUAL(w.net.n_addrs, 1);
	CU_ASSERT_EQUAL(w.net.offload, TG_OFFLOAD_L4_CSUM);
	CU_ASSERT_EQUAL(w.tcp.n_endpoints, 1);
	CU_ASSERT_TRUE(endpoint_is(0, 80, 0, 0));
	CU_ASSERT_EQUAL(w.tcp.limits.connections4, 101);
	CU_ASSERT_EQUAL(w.tcp.limits.connections6, 1);
	CU_ASSERT_PTR_EQUAL(w.shard.net, &w.net);
	CU_ASSERT_PTR_EQUAL(w.tcp.endpoint, w.endpoint);
}

static void
test_wire_ipv6_adds_one_link_local_per_vlan(void)
{
	union tg_ip expected;

	start();
	add_address("2001:db8::2", 0);
	add_address("2001:db8:1::2", 7);
	add_address("2001:db8:2::2", 7);
	add_address("192.0.2.2", 8);
	tg_net_link_local(port.mac, &expected);
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_EQUAL(w.net.n_addrs, 6);
	CU_ASSERT_TRUE(tg_ip_equal(&w.net.addr[4].ip, &expected));
	CU_ASSERT_EQUAL(w.net.addr[4].vlan, 0);
	CU_ASSERT_EQUAL(w.net.addr[4].prefix_len, 64);
	CU_ASSERT_TRUE(tg_ip_equal(&w.net.addr[5].ip, &expected));
	CU_ASSERT_EQUAL(w.net.addr[5].vlan, 7);
	CU_ASSERT_EQUAL(w.tcp.limits.connections4, 51);
	CU_ASSERT_EQUAL(w.tcp.limits.connections6, 50);
}

static void
test_wire_link_local_that_is_configured_is_the_only_one(void)
{
	start();
	add_address("2001:db8::2", 0);
	add_address("fe80::1:2", 0);
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_EQUAL(w.net.n_addrs, 2);
	CU_ASSERT_EQUAL(w.tcp.limits.connections4, 1);
	CU_ASSERT_EQUAL(w.tcp.limits.connections6, 101);
}

static void
test_wire_without_room_for_a_link_local_is_refused(void)
{
	unsigned i;

	start();
	for (i = 0; i < TG_NET_ADDRS_MAX - 1; i++)
		add_address("192.0.2.2", i + 1);
	add_address("2001:db8::2", 0);
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), -ENOSPC);
}

static void
test_wire_listener_takes_its_address_on_every_vlan_or_all(void)
{
	start();
	add_address("192.0.2.2", 0);
	add_address("198.51.100.2", 0);
	add_address("192.0.2.2", 7);
	add_listener(8080, 0);
	service.listener[0].fast_open = true;
	add_listener(80, -1);
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_EQUAL_FATAL(w.tcp.n_endpoints, 5);
	CU_ASSERT_TRUE(endpoint_is(0, 8080, 0, 0));
	CU_ASSERT_TRUE(endpoint_is(1, 8080, 2, 7));
	CU_ASSERT_TRUE(endpoint_is(2, 80, 0, 0));
	CU_ASSERT_TRUE(endpoint_is(3, 80, 1, 0));
	CU_ASSERT_TRUE(endpoint_is(4, 80, 2, 7));
	CU_ASSERT_TRUE(w.endpoint[0].fast_open && w.endpoint[1].fast_open);
	CU_ASSERT_FALSE(w.endpoint[2].fast_open);
}

static void
test_wire_every_listener_on_every_address_fits(void)
{
	unsigned i;

	start();
	for (i = 0; i < TG_NET_ADDRS_MAX; i++)
		add_address("192.0.2.2", i);
	for (i = 0; i < TG_CONFIG_LISTENERS_MAX; i++)
		add_listener(i + 1, -1);
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_EQUAL(w.tcp.n_endpoints, TG_ARRAY_LEN(w.endpoint));
}

static void
test_wire_tcp_is_in_the_units_of_the_shard(void)
{
	start();
	add_address("192.0.2.2", 0);
	service.timers.msl_ms = 1;
	service.timers.rto_min_ms = 200;
	service.timers.request_ms = 200;
	service.tcp.window_scale = 3;
	service.tcp.receive_window_bytes = 65535;
	service.ip.ttl = 255;
	service.ip.dscp = 46;
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_EQUAL(w.net.ttl, 255);
	CU_ASSERT_EQUAL(w.net.tos, 0xb8);
	CU_ASSERT_EQUAL(w.tcp.timers.msl, 1);
	CU_ASSERT_EQUAL(w.tcp.timers.rto_min, 191);
	CU_ASSERT_EQUAL(w.tcp.timers.request, 191);
	CU_ASSERT_EQUAL(w.tcp.receive_window, 65528);
	CU_ASSERT_EQUAL(w.tcp.window_scale, 3);
	CU_ASSERT_EQUAL(w.tcp.mss4, 1460);
	CU_ASSERT_EQUAL(w.tcp.mss6, 1440);
	service.tcp.mss = 1450;
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_EQUAL(w.tcp.mss4, 1450);
	CU_ASSERT_EQUAL(w.tcp.mss6, 1440);
}

/* MUST-28: a connection that asks for keep-alives itself gets the RFC's two hours. */
static void
test_wire_keep_alive_is_off_and_two_hours_unless_configured(void)
{
	start();
	add_address("192.0.2.2", 0);
	service.timers.keep_alive_interval_ms = 75000;
	service.timers.keep_alive_probes = 9;
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_FALSE(w.tcp.keep_alive);
	CU_ASSERT_EQUAL(w.tcp.timers.keep_alive, tg_ticks_from_ms(7200000));
	CU_ASSERT_EQUAL(w.tcp.timers.keep_alive_interval, tg_ticks_from_ms(75000));
	CU_ASSERT_EQUAL(w.tcp.timers.keep_alive_probes, 9);
	service.timers.keep_alive_ms = 60000;
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_TRUE(w.tcp.keep_alive);
	CU_ASSERT_EQUAL(w.tcp.timers.keep_alive, tg_ticks_from_ms(60000));
}

static void
test_wire_congestion_control_by_name(void)
{
	start();
	add_address("192.0.2.2", 0);
	service.tcp.congestion_control = TG_CONFIG_RENO;
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_EQUAL(w.tcp.congestion_control, TG_CC_RENO);
	service.tcp.congestion_control = TG_CONFIG_CUBIC;
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_EQUAL(w.tcp.congestion_control, TG_CC_CUBIC);
}

static void
test_wire_ecn_by_name(void)
{
	static const struct {
		enum tg_config_ecn from;
		enum tg_tcp_ecn to;
	} rows[] = { { TG_CONFIG_ECN_OFF, TG_TCP_ECN_OFF },
		{ TG_CONFIG_ECN_ACCEPT, TG_TCP_ECN_ACCEPT },
		{ TG_CONFIG_ECN_ALWAYS, TG_TCP_ECN_ALWAYS } };
	unsigned i;

	start();
	add_address("192.0.2.2", 0);
	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		service.tcp.ecn = rows[i].from;
		CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
		CU_ASSERT_EQUAL(w.tcp.ecn, rows[i].to);
	}
}

static void
test_wire_syn_cookies_by_name(void)
{
	static const struct {
		enum tg_config_syn_cookies from;
		enum tg_syn_cookies_mode to;
	} rows[] = { { TG_CONFIG_SYN_COOKIES_NEVER, TG_SYN_COOKIES_NEVER },
		{ TG_CONFIG_SYN_COOKIES_AUTO, TG_SYN_COOKIES_AUTO },
		{ TG_CONFIG_SYN_COOKIES_ALWAYS, TG_SYN_COOKIES_ALWAYS } };
	unsigned i;

	start();
	add_address("192.0.2.2", 0);
	add_listener(80, -1);
	service.timers.syn_ack_retries_pressure = 7;
	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		service.listener[0].syn_cookies = rows[i].from;
		service.tcp.syn_overflow = i == 1 ? TG_CONFIG_SYN_RESET : TG_CONFIG_SYN_DROP;
		CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
		CU_ASSERT_EQUAL(w.endpoint[0].syn_cookies, rows[i].to);
		CU_ASSERT_EQUAL(w.tcp.reset_on_overflow, i == 1);
		CU_ASSERT_EQUAL(w.tcp.timers.syn_ack_retries_pressure, 7);
	}
}

static int
parse(struct tg_options *o, char **argv)
{
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	optind = 0; /* makes getopt start anew */
	return tg_options_parse(o, argc, argv);
}

static char name[] = "tidegate", dashes[] = "--", check[] = "--check", lcores[] = "-l",
	    list[] = "0-1", pmd[] = "--pmd", pmd_a[] = "a.yaml", config_b[] = "--config=b.yaml",
	    version[] = "--version";

static void
test_options_before_dashes_go_to_eal(void)
{
	char *argv[] = { name, lcores, list, dashes, pmd, pmd_a, config_b, check, NULL };
	struct tg_options o;

	CU_ASSERT_EQUAL(parse(&o, argv), 0);
	CU_ASSERT_EQUAL(o.eal_argc, 2);
	CU_ASSERT_STRING_EQUAL(o.eal_argv[0], "-l");
	CU_ASSERT_STRING_EQUAL(o.eal_argv[1], "0-1");
	CU_ASSERT_STRING_EQUAL(o.pmd_file, "a.yaml");
	CU_ASSERT_STRING_EQUAL(o.config_file, "b.yaml");
	CU_ASSERT_EQUAL(o.action, TG_ACTION_CHECK);
}

static void
test_options_without_dashes_are_all_ours(void)
{
	char *run[] = { name, pmd, pmd_a, config_b, NULL }, *show[] = { name, version, NULL };
	struct tg_options o;

	CU_ASSERT_EQUAL(parse(&o, run), 0);
	CU_ASSERT_EQUAL(o.eal_argc, 0);
	CU_ASSERT_EQUAL(o.action, TG_ACTION_RUN);
	CU_ASSERT_EQUAL(parse(&o, show), 0);
	CU_ASSERT_EQUAL(o.action, TG_ACTION_VERSION);
}

static void
test_wire_sources_exempts_what_is_allowed(void)
{
	start();
	add_address("192.0.2.2", 0);
	service.n_sources = 3;
	service.source[0].action = TG_CONFIG_SOURCE_ALLOW;
	service.source[1].action = TG_CONFIG_SOURCE_DENY;
	service.source[2].action = TG_CONFIG_SOURCE_ALLOW;
	service.syn_limits.per_source_per_s = 7;
	service.syn_limits.per_prefix_per_s = 8;
	service.syn_limits.cells = 2048;
	service.syn_limits.prefix4_bits = 22;
	service.syn_limits.prefix6_bits = 56;
	CU_ASSERT_EQUAL(tg_wire(&w, &service, &port), 0);
	CU_ASSERT_PTR_EQUAL(w.source, service.source);
	CU_ASSERT_EQUAL(w.n_sources, 3);
	CU_ASSERT_EQUAL(w.tcp.source_limits.exempt, 1U << 1 | 1U << 3);
	CU_ASSERT_EQUAL(w.tcp.source_limits.per_source, 7);
	CU_ASSERT_EQUAL(w.tcp.source_limits.per_prefix, 8);
	CU_ASSERT_EQUAL(w.tcp.source_limits.cells, 2048);
	CU_ASSERT_EQUAL(w.tcp.source_limits.prefix4_bits, 22);
	CU_ASSERT_EQUAL(w.tcp.source_limits.prefix6_bits, 56);
}

static CU_TestInfo tests[] = {
	{ "wire: sources exempts what is allowed", test_wire_sources_exempts_what_is_allowed },
	{ "wire: IPv4 alone adds no address", test_wire_ipv4_alone_adds_no_address },
	{ "wire: IPv6 adds one link-local per VLAN", test_wire_ipv6_adds_one_link_local_per_vlan },
	{ "wire: link-local that is configured is the only one",
	    test_wire_link_local_that_is_configured_is_the_only_one },
	{ "wire: without room for a link-local is refused",
	    test_wire_without_room_for_a_link_local_is_refused },
	{ "wire: listener takes its address on every VLAN or all",
	    test_wire_listener_takes_its_address_on_every_vlan_or_all },
	{ "wire: every listener on every address fits",
	    test_wire_every_listener_on_every_address_fits },
	{ "wire: TCP is in the units of the shard", test_wire_tcp_is_in_the_units_of_the_shard },
	{ "wire: keep-alives are off, and two hours unless configured",
	    test_wire_keep_alive_is_off_and_two_hours_unless_configured },
	{ "wire: congestion control by name", test_wire_congestion_control_by_name },
	{ "wire: ECN by name", test_wire_ecn_by_name },
	{ "wire: SYN cookies by name", test_wire_syn_cookies_by_name },
	{ "options: before dashes go to EAL", test_options_before_dashes_go_to_eal },
	{ "options: without dashes are all ours", test_options_without_dashes_are_all_ours },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "wire", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
