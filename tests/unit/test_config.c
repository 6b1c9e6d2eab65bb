/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/broken.h"
#include "config_fixture.h"

static void
expect_broken_services(const struct broken *b, size_t n)
{
	for (; n > 0; n--, b++) {
		CU_ASSERT_EQUAL(parse_service(b->text), -EINVAL);
		expect_one_error(b->error);
	}
}

static void
test_document_broken_gives_its_place(void)
{
	expect_broken_services(broken_documents, TG_ARRAY_LEN(broken_documents));
}

static void
test_key_wrong_gives_its_place_and_the_key_meant(void)
{
	expect_broken_services(broken_keys, TG_ARRAY_LEN(broken_keys));
}

static void
test_value_wrong_gives_value_and_what_is_right(void)
{
	expect_broken_services(broken_values, TG_ARRAY_LEN(broken_values));
}

static void
test_net_contradictory_gives_the_value_to_change(void)
{
	expect_broken_services(broken_net, TG_ARRAY_LEN(broken_net));
}

static void
test_relations_contradictory_give_the_value_to_change(void)
{
	expect_broken_services(broken_relations, TG_ARRAY_LEN(broken_relations));
}

static void
test_sources_contradictory_give_the_value_to_change(void)
{
	expect_broken_services(broken_sources, TG_ARRAY_LEN(broken_sources));
}

/* Prefixes may lie in each other, in one class or in two. */
static void
test_sources_are_stored_with_the_routes_that_name_them(void)
{
	static const char text[] = SOURCES(
	    "{ class: a-1, prefixes: [10.0.0.0/8, '2001:db8::/32', 192.0.2.1/32] },"
	    "{ class: B_2, prefixes: [10.0.0.0/9], action: allow },"
	    "{ class: c, prefixes: ['::1/128'], action: deny }") "routes: [{ path: /a, body: b, "
								 "allow_classes: [B_2, a-1] },\n"
								 "  { path: /b, body: b }]\n";

	CU_ASSERT_EQUAL(parse_service(text), 0);
	CU_ASSERT_EQUAL_FATAL(service.n_sources, 3);
	CU_ASSERT_STRING_EQUAL(service.source[0].name, "a-1");
	CU_ASSERT_EQUAL(service.source[0].action, TG_CONFIG_SOURCE_NONE);
	CU_ASSERT_EQUAL_FATAL(service.source[0].n_prefixes, 3);
	CU_ASSERT_EQUAL(service.source[0].prefix[0].ip.v4, tg_be32(0x0a000000));
	CU_ASSERT_EQUAL(service.source[0].prefix[0].bits, 8);
	CU_ASSERT_FALSE(service.source[0].prefix[0].is_ipv6);
	CU_ASSERT_TRUE(service.source[0].prefix[1].is_ipv6);
	CU_ASSERT_EQUAL(service.source[0].prefix[1].bits, 32);
	CU_ASSERT_EQUAL(service.source[0].prefix[2].bits, 32);
	CU_ASSERT_EQUAL(service.source[1].action, TG_CONFIG_SOURCE_ALLOW);
	CU_ASSERT_EQUAL(service.source[2].action, TG_CONFIG_SOURCE_DENY);
	CU_ASSERT_EQUAL(service.source[2].prefix[0].bits, 128);
	CU_ASSERT_EQUAL(service.route[0].classes, 1U << 1 | 1U << 2);
	CU_ASSERT_EQUAL(service.route[1].classes, 0);
}

static void
test_device_broken_gives_the_value_to_change(void)
{
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(broken_devices); i++) {
		CU_ASSERT_EQUAL(parse_device(broken_devices[i].text), -EINVAL);
		expect_one_error(broken_devices[i].error);
	}
}

static void
test_errors_several_are_all_collected_in_order(void)
{
	CU_ASSERT_EQUAL(
	    parse_service("workers: x\nlisteners: [{ port: 0 }]\nlimits: { neighbors: 1 }\n"),
	    -EINVAL);
	CU_ASSERT_EQUAL_FATAL(err.n, 4);
	CU_ASSERT_TRUE(matches(err.e[0].text, "t.yaml:1:10: workers: ..."));
	CU_ASSERT_TRUE(matches(err.e[1].text, "t.yaml:2:21: listeners[0].port: ..."));
	CU_ASSERT_TRUE(matches(err.e[2].text, "t.yaml:3:22: limits.neighbors: ..."));
	CU_ASSERT_TRUE(matches(err.e[3].text, "t.yaml:1:1: addresses: is missing; ..."));
}

static void
test_errors_beyond_the_bound_are_counted(void)
{
	char text[2048] = SERVICE;
	unsigned i;

	for (i = 0; i < TG_CONFIG_ERRORS_MAX + 3; i++)
		sprintf(text + strlen(text), "unknown%u: 1\n", i);
	CU_ASSERT_EQUAL(parse_service(text), -EINVAL);
	CU_ASSERT_EQUAL(err.n, TG_CONFIG_ERRORS_MAX);
	CU_ASSERT_EQUAL(err.lost, 3);

	/* Full already: a further error still makes the call fail. */
	CU_ASSERT_EQUAL(tg_config_parse_service("t.yaml", "", 0, &service, &err), -EINVAL);
	CU_ASSERT_EQUAL(err.lost, 4);
}

static void
test_errors_of_long_names_and_values_are_cut(void)
{
	char text[4096], name[1000], *at = text;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	at += sprintf(at, SERVICE "%s: 1\nlimits: { %s: 1 }\nworkers: %s\n", name, name, name);
	CU_ASSERT_EQUAL(parse_service(text), -EINVAL);
	CU_ASSERT_EQUAL_FATAL(err.n, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.e[0].text, "nnn...: is no key; remove it"));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.e[1].text, "4:11: limits.nnn"));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.e[2].text, "nnn...\": is no plain decimal integer"));

	memset(&err, 0, sizeof(err));
	CU_ASSERT_EQUAL(tg_config_parse_service(name, "workers: 0", 10, &service, &err), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.e[0].text, "n:1:10: workers: value \"0\": is too small"));
	CU_ASSERT_EQUAL(strlen(service.file), TG_CONFIG_FILE_MAX - 1);
}

static void
test_service_least_gets_defaults(void)
{
	CU_ASSERT_EQUAL_FATAL(parse_service(SERVICE), 0);
	CU_ASSERT_EQUAL(err.n, 0);
	CU_ASSERT_STRING_EQUAL(service.file, "t.yaml");
	CU_ASSERT_EQUAL(service.workers, 1);
	CU_ASSERT_EQUAL(service.workers_at.line, 0);
	CU_ASSERT_EQUAL(service.n_addresses, 1);
	CU_ASSERT_EQUAL(service.address[0].ip.v4, tg_be32(0xc0000202));
	CU_ASSERT_EQUAL(service.address[0].prefix_len, 24);
	CU_ASSERT_EQUAL(service.address[0].vlan, 0);
	CU_ASSERT_FALSE(service.address[0].is_ipv6);
	CU_ASSERT_FALSE(service.gateway4.set);
	CU_ASSERT_FALSE(service.gateway6.set);
	CU_ASSERT_TRUE(service.dad);
	CU_ASSERT_EQUAL(service.n_listeners, 1);
	CU_ASSERT_EQUAL(service.listener[0].port, 80);
	CU_ASSERT_FALSE(service.listener[0].address.set);
	CU_ASSERT_FALSE(service.listener[0].fast_open);
	CU_ASSERT_EQUAL(service.listener[0].syn_cookies, TG_CONFIG_SYN_COOKIES_AUTO);
	CU_ASSERT_EQUAL(service.timers.syn_ack_retries_pressure, 1);
	CU_ASSERT_EQUAL(service.tcp.syn_overflow, TG_CONFIG_SYN_DROP);
	CU_ASSERT_STRING_EQUAL(service.syn_cookies.key_file, "random");
	CU_ASSERT_FALSE(service.syn_cookies.trust_clock);
	CU_ASSERT_EQUAL(service.limits.fast_open_pending, 256);
	CU_ASSERT_EQUAL(service.tcp_fast_open.key_rotation_s, 3600);
	CU_ASSERT_EQUAL(service.limits.connections, 65536);
	CU_ASSERT_EQUAL(service.limits.half_open, 16384);
	CU_ASSERT_EQUAL(service.limits.side_records, 16384);
	CU_ASSERT_EQUAL(service.limits.held_frames, 4096);
	CU_ASSERT_EQUAL(service.limits.held_frames_per_connection, 16);
	CU_ASSERT_EQUAL(service.limits.neighbors, 1024);
	CU_ASSERT_EQUAL(service.timers.msl_ms, 30000);
	CU_ASSERT_EQUAL(service.timers.syn_ack_retries, 5);
	CU_ASSERT_EQUAL(service.timers.retries, 15);
	CU_ASSERT_EQUAL(service.timers.rto_initial_ms, 1000);
	CU_ASSERT_EQUAL(service.timers.rto_min_ms, 200);
	CU_ASSERT_EQUAL(service.timers.rto_max_ms, 60000);
	CU_ASSERT_EQUAL(service.timers.delayed_ack_ms, 40);
	CU_ASSERT_EQUAL(service.timers.idle_timeout_ms, 60000);
	CU_ASSERT_EQUAL(service.timers.fin_wait2_ms, 60000);
	CU_ASSERT_EQUAL(service.tcp.receive_window_bytes, 65408); /* 65535, in steps of 2^7 */
	CU_ASSERT_EQUAL(service.tcp.window_scale, 7);
	CU_ASSERT_TRUE(service.tcp.timestamps && service.tcp.sack);
	CU_ASSERT_EQUAL(service.tcp.initial_window_segments, 10);
	CU_ASSERT_EQUAL(service.tcp.congestion_control, TG_CONFIG_CUBIC);
	CU_ASSERT_EQUAL(service.tcp.ecn, TG_CONFIG_ECN_ACCEPT);
	CU_ASSERT_EQUAL(service.tcp.mss, 0);
	CU_ASSERT_EQUAL(service.n_routes, 0);
	CU_ASSERT_STRING_EQUAL(service.http.server, "tidegate");
	CU_ASSERT_EQUAL(service.http.busy_connections, 0);
	CU_ASSERT_EQUAL(service.log_level, TG_CONFIG_LOG_INFO);
	CU_ASSERT_TRUE(service.telemetry && service.pdump);
}

static void
test_service_whole_is_stored(void)
{
	CU_ASSERT_EQUAL_FATAL(
	    parse_service(
		"workers: 4\n"
		"addresses:\n"
		"  - { vlan: 7, address: 192.0.2.2/31 }\n"
		"  - { address: 192.0.2.2/24, vlan: 8 }\n"
		"  - address: \"2001:db8::2/64\"\n"
		"gateway4: 192.0.2.3\n"
		"gateway6: fe80::1\n"
		"dad: false\n"
		"listeners:\n"
		"  - port: 80\n"
		"  - &slow { port: 8080, address: 2001:db8::2, fast_open: true }\n"
		"  - { port: 8080, address: 192.0.2.2, syn_cookies: always }\n"
		"syn_cookies: { key_file: /etc/keys, trust_clock: true }\n"
		"timers: { idle_timeout_ms: 7000 }\n"
		"tcp: { window_scale: 0, mss: 1400, congestion_control: reno, ecn: off,\n"
		"  syn_overflow: reset }\n"
		"routes:\n"
		"  - { path: /big, file: /srv/big.bin, type: application/octet-stream }\n"
		"  - path: /text\n"
		"    body: |\n"
		"      two\n"
		"      lines\n"
		"  - { path: /old, redirect: /new }\n"
		"  - { path: /gone, status: 404, methods: [GET, POST] }\n"
		"  - path: /closed\n"
		"    status: 204\n"
		"    realm: the gate\n"
		"    users: [\"al:000102030405060708090a0b0c0d0e0f:00112233445566778899aabbcc"
		"ddeeff00112233445566778899aabbccddeeff\"]\n"
		"http: { server: off, busy_connections: 9 }\n"
		"log: { level: debug }\n"),
	    0);
	CU_ASSERT_EQUAL(service.workers, 4);
	CU_ASSERT_EQUAL(service.workers_at.line, 1);
	CU_ASSERT_EQUAL(service.workers_at.column, 10);
	CU_ASSERT_EQUAL(service.n_addresses, 3);
	CU_ASSERT_EQUAL(service.address[0].vlan, 7);
	CU_ASSERT_EQUAL(service.address[0].prefix_len, 31);
	CU_ASSERT_EQUAL(service.address[1].vlan, 8);
	CU_ASSERT_TRUE(service.address[2].is_ipv6);
	CU_ASSERT_EQUAL(service.address[2].ip.b[15], 2);
	CU_ASSERT_EQUAL(service.address[2].ip.b[0], 0x20);
	CU_ASSERT_EQUAL(service.address[2].prefix_len, 64);
	CU_ASSERT_TRUE(service.gateway4.set && !service.gateway4.is_ipv6);
	CU_ASSERT_EQUAL(service.gateway4.ip.v4, tg_be32(0xc0000203));
	CU_ASSERT_TRUE(service.gateway6.set && service.gateway6.is_ipv6);
	CU_ASSERT_EQUAL(service.gateway6.ip.b[0], 0xfe);
	CU_ASSERT_FALSE(service.dad);
	CU_ASSERT_EQUAL(service.n_listeners, 3);
	CU_ASSERT_TRUE(service.listener[1].fast_open && !service.listener[2].fast_open);
	CU_ASSERT_TRUE(service.listener[1].address.set && service.listener[1].address.is_ipv6);
	CU_ASSERT_TRUE(tg_ip_equal(&service.listener[1].address.ip, &service.address[2].ip));
	CU_ASSERT_EQUAL(service.tcp.receive_window_bytes, 65535);
	CU_ASSERT_EQUAL(service.tcp.mss, 1400);
	CU_ASSERT_EQUAL(service.tcp.congestion_control, TG_CONFIG_RENO);
	CU_ASSERT_EQUAL(service.tcp.ecn, TG_CONFIG_ECN_OFF);
	CU_ASSERT_EQUAL(service.listener[1].syn_cookies, TG_CONFIG_SYN_COOKIES_AUTO);
	CU_ASSERT_EQUAL(service.listener[2].syn_cookies, TG_CONFIG_SYN_COOKIES_ALWAYS);
	CU_ASSERT_EQUAL(service.tcp.syn_overflow, TG_CONFIG_SYN_RESET);
	CU_ASSERT_STRING_EQUAL(service.syn_cookies.key_file, "/etc/keys");
	CU_ASSERT_TRUE(service.syn_cookies.trust_clock);
	CU_ASSERT_EQUAL(service.n_routes, 5);
	CU_ASSERT_STRING_EQUAL(service.route[4].realm, "the gate");
	CU_ASSERT_EQUAL(service.route[4].n_users, 1);
	CU_ASSERT_STRING_EQUAL(service.route[4].user[0].name, "al");
	CU_ASSERT_EQUAL(service.route[4].user[0].salt[15], 15);
	CU_ASSERT_EQUAL(service.route[4].user[0].hash[0], 0);
	CU_ASSERT_EQUAL(service.route[4].user[0].hash[31], 0xff);
	CU_ASSERT_EQUAL(service.route[0].status, 200);
	CU_ASSERT_EQUAL(service.route[2].status, 302);
	CU_ASSERT_STRING_EQUAL(service.route[2].redirect, "/new");
	CU_ASSERT_EQUAL(service.route[2].n_methods, 0);
	CU_ASSERT_EQUAL(service.route[3].status, 404);
	CU_ASSERT_EQUAL(service.route[3].n_methods, 2);
	CU_ASSERT_STRING_EQUAL(service.route[3].methods[1], "POST");
	CU_ASSERT_STRING_EQUAL(service.http.server, "");
	CU_ASSERT_EQUAL(service.http.busy_connections, 9);
	CU_ASSERT_EQUAL(service.timers.idle_timeout_ms, 7000);
	CU_ASSERT_STRING_EQUAL(service.route[0].path, "/big");
	CU_ASSERT_STRING_EQUAL(service.route[0].file, "/srv/big.bin");
	CU_ASSERT_STRING_EQUAL(service.route[0].type, "application/octet-stream");
	CU_ASSERT_STRING_EQUAL(service.route[0].body, "");
	CU_ASSERT_STRING_EQUAL(service.route[1].body, "two\nlines\n");
	CU_ASSERT_STRING_EQUAL(service.route[1].type, "text/plain");
	CU_ASSERT_EQUAL(service.log_level, TG_CONFIG_LOG_DEBUG);
}

static void
test_service_aliases_resolve(void)
{
	CU_ASSERT_EQUAL(parse_service("addresses: [{ address: &a 192.0.2.2/24 }, "
				      "{ address: *a, vlan: 5 }]\n"
				      "listeners: [{ port: &p 80 }]\nworkers: &n 2\n"
				      "limits: { held_frames_per_connection: *n }\n"),
	    0);
	CU_ASSERT_EQUAL(service.n_addresses, 2);
	CU_ASSERT_EQUAL(service.limits.held_frames_per_connection, 2);
}

static void
test_service_addresses_that_hosts_have_are_taken(void)
{
	static const char *const good[] = { ADDRESS("192.0.2.0/31"), ADDRESS("192.0.2.255/31"),
		ADDRESS("192.0.2.255/32"), ADDRESS("10.0.0.255/16"), ADDRESS("10.1.0.0/8"),
		ADDRESS("223.255.255.254/24"), ADDRESS("'2001:db8::/127'"),
		ADDRESS("'2001:db8::/128'"), ADDRESS("'fe80::5/64'"),
		ADDRESS("'2001:db8::ffff:ffff:ffff:ffff/64'"), ADDRESS("192.0.2.129/30") };
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(good); i++)
		CU_ASSERT_EQUAL(parse_service(good[i]), 0);
	CU_ASSERT_EQUAL(parse_service(DUAL "gateway6: 2001:db8::1\ngateway4: 10.255.0.1\n"), 0);
	CU_ASSERT_EQUAL(parse_service(ADDRESS("192.0.2.2/28") "gateway4: 192.0.2.14\n"), 0);
	CU_ASSERT_EQUAL(parse_service(ADDRESS("192.0.2.2/28") "gateway4: 192.0.2.17\n"), -EINVAL);
	/* Bytes alike, families not: no duplicate. */
	CU_ASSERT_EQUAL(parse_service("addresses: [{ address: 32.1.13.184/24 },\n"
				      "  { address: '2001:db8::/128' }]\n"
				      "listeners: [{ port: 80, address: 32.1.13.184 },\n"
				      "  { port: 80, address: '2001:db8::' }]\n"),
	    0);
}

static void
write_addresses(char *text, unsigned n4, unsigned n6)
{
	unsigned i;

	text += sprintf(text, "listeners: [{ port: 80 }]\naddresses:\n");
	for (i = 0; i < n4; i++)
		text += sprintf(text, "- address: 10.0.0.%u/8\n", i + 1);
	for (i = 0; i < n6; i++)
		text += sprintf(text, "- { address: '2001:db8::%u/64', vlan: %u }\n", i + 1, i + 1);
}

static void
test_service_addresses_leave_room_for_link_local_ones(void)
{
	char text[8192];

	write_addresses(text, 64, 0);
	CU_ASSERT_EQUAL(parse_service(text), 0);
	CU_ASSERT_EQUAL(service.n_addresses, 64);
	write_addresses(text, 0, 32);
	CU_ASSERT_EQUAL(parse_service(text), 0);
	write_addresses(text, 1, 32);
	CU_ASSERT_EQUAL(parse_service(text), -EINVAL);
	expect_one_error(":3:1: addresses: makes 65 addresses with a link-local one per IPv6 VLAN; "
			 "give fewer, so that they are at most 64");
	write_addresses(text, 65, 0);
	CU_ASSERT_EQUAL(parse_service(text), -EINVAL);
	expect_one_error(":3:1: addresses: is too long; give a list of 1 to 64 maps");

	/* A link-local address that is there already, before or after, is not added. */
	write_addresses(text, 61, 0);
	strcat(text, "- address: 'fe80::1/64'\n- address: 2001:db8::1/64\n- address: "
		     "2001:db8::2/64\n");
	CU_ASSERT_EQUAL(parse_service(text), 0);
	write_addresses(text, 62, 0);
	strcat(text, "- address: 2001:db8::1/64\n- address: 'fe80::1/64'\n");
	CU_ASSERT_EQUAL(parse_service(text), 0);
	write_addresses(text, 61, 0);
	strcat(text, "- address: 2001:db8::1/64\n- address: 'fec0::1/64'\n");
	CU_ASSERT_EQUAL(parse_service(text), 0);
	write_addresses(text, 62, 0);
	strcat(text, "- address: 2001:db8::1/64\n- address: 'fec0::1/64'\n");
	CU_ASSERT_EQUAL(parse_service(text), -EINVAL);
}

static void
test_load_file_unreadable_gives_the_reason(void)
{
	memset(&err, 0, sizeof(err));
	CU_ASSERT_EQUAL(tg_config_load_device("/nonexistent/tap.yaml", &dev, &err), -ENOENT);
	CU_ASSERT_STRING_EQUAL(err.e[0].text,
	    "/nonexistent/tap.yaml: cannot be read: No such file or "
	    "directory; name a readable file");
	CU_ASSERT_EQUAL(tg_config_load_service("/", &service, &err), -EISDIR);
	CU_ASSERT_EQUAL(tg_config_load_service("/dev/zero", &service, &err), -EFBIG);
	CU_ASSERT_EQUAL(tg_config_load_service("/dev/null", &service, &err), -EINVAL);
	CU_ASSERT_EQUAL(err.n, 4);
	CU_ASSERT_STRING_EQUAL(
	    err.e[3].text, "/dev/null:1:1: the file is empty; write `key: value` lines");
}

static void
test_load_route_without_readable_file_is_refused(void)
{
	const char *file = source_file("tests/unit/config/route-missing-file.yaml");

	memset(&err, 0, sizeof(err));
	CU_ASSERT_EQUAL(tg_config_load_service(file, &service, &err), -EINVAL);
	CU_ASSERT_EQUAL_FATAL(err.n, 2);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(err.e[0].text, "route-missing-file.yaml:4:24: routes[0].file: value "
				  "\"/dev/null\": is no regular file; name a "
				  "readable file"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(err.e[1].text, ":6:11: routes[1].file: value "
				  "\"/nonexistent/page.html\": cannot be read: No "
				  "such file or directory; name a readable file"));
}

static CU_TestInfo broken_tests[] = {
	{ "document broken", test_document_broken_gives_its_place },
	{ "key wrong", test_key_wrong_gives_its_place_and_the_key_meant },
	{ "value wrong", test_value_wrong_gives_value_and_what_is_right },
	{ "net contradictory", test_net_contradictory_gives_the_value_to_change },
	{ "relations contradictory", test_relations_contradictory_give_the_value_to_change },
	{ "sources contradictory", test_sources_contradictory_give_the_value_to_change },
	{ "sources are stored", test_sources_are_stored_with_the_routes_that_name_them },
	{ "device broken", test_device_broken_gives_the_value_to_change },
	{ "several errors are all collected", test_errors_several_are_all_collected_in_order },
	{ "errors beyond the bound are counted", test_errors_beyond_the_bound_are_counted },
	{ "long names and values are cut", test_errors_of_long_names_and_values_are_cut },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo service_tests[] = {
	{ "least file gets defaults", test_service_least_gets_defaults },
	{ "whole file is stored", test_service_whole_is_stored },
	{ "aliases resolve", test_service_aliases_resolve },
	{ "addresses that hosts have are taken", test_service_addresses_that_hosts_have_are_taken },
	{ "addresses leave room for link-local",
	    test_service_addresses_leave_room_for_link_local_ones },
	{ "route without readable file is refused",
	    test_load_route_without_readable_file_is_refused },
	{ "file unreadable gives the reason", test_load_file_unreadable_gives_the_reason },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "broken", NULL, NULL, NULL, NULL, broken_tests },
		{ "service", NULL, NULL, NULL, NULL, service_tests }, CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
