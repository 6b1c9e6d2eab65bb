/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Broken files and the one error that each must give.
 */
#ifndef TG_TESTS_CONFIG_BROKEN_H
#define TG_TESTS_CONFIG_BROKEN_H

struct broken {
	const char *text;
	const char *error; /* without the file name; where it ends in "...", a beginning */
};

/* The least that a service file must say: two lines. */
#define SERVICE "addresses: [{ address: 192.0.2.2/24 }]\nlisteners: [{ port: 80 }]\n"

/* Two addresses of each family, to refer to: three lines. */
#define DUAL                                                                                       \
	"addresses: [{ address: 192.0.2.2/24 }, { address: 10.1.2.3/8, vlan: 7 },\n"               \
	"  { address: 2001:db8::2/64 }]\n"                                                         \
	"listeners: [{ port: 80 }]\n"

#define ADDRESS(text) "addresses: [{ address: " text " }]\nlisteners: [{ port: 80 }]\n"
#define ROUTE(text)   SERVICE "routes: [" text "]\n"
#define SOURCES(text) SERVICE "sources: [" text "]\n"
#define HOST          "give an address that a host can have"

/* Not YAML, or not one map. */
static const struct broken broken_documents[] = {
	{ "", ":1:1: the file is empty; write `key: value` lines" },
	{ "# only a comment\n", ":1:1: the file is empty; write `key: value` lines" },
	{ "- workers\n", ":1:1: is no map; write `key: value` lines" },
	{ "workers\n", ":1:1: value \"workers\": is no map; write `key: value` lines" },
	{ SERVICE "---\n" SERVICE, ":3:1: a second document begins; write one document, ..." },
	{ SERVICE "---\n", ":3:1: a second document begins; write one document, ..." },
	{ SERVICE "--- [\n", ":4:1: ..." },
	{ "workers: [1\n", ":2:1: did not find expected ',' or ']', while parsing a flow sequence "
			   "that began on line 1; write valid YAML" },
	{ "workers: 1\n\tdad: true\n", ":2:1: found a tab character ..." },
	{ "workers: *nowhere\n", ":1:10: found undefined alias; write valid YAML" },
	{ "workers: 1\nlog: \xff\n",
	    ":2:6: invalid leading UTF-8 octet (byte 0xff); write printable characters in UTF-8" },
	{ "\xff\xfew\0:\0", ":1:1: invalid leading UTF-8 octet (byte 0xff); ..." },
	{ "log: \x07\n", ":1:6: control characters are not allowed (byte 0x07); ..." },
};

/* Keys that are wrong, missing or twice. */
static const struct broken broken_keys[] = {
	{ SERVICE "worker: 2\n", ":3:1: worker: is no key; did you mean workers?" },
	{ SERVICE "limits: { conections: 5 }\n",
	    ":3:11: limits.conections: is no key; did you mean limits.connections?" },
	{ SERVICE "connections: 5\n",
	    ":3:1: connections: is no key; did you mean limits.connections?" },
	{ SERVICE "zebra: 5\n", ":3:1: zebra: is no key; remove it" },
	{ SERVICE "log: { mss: 5 }\n", ":3:8: log.mss: is no key; did you mean tcp.mss?" },
	{ SERVICE "limits.connections: 5\n", ":3:1: limits.connections: is no key; remove it" },
	{ SERVICE "<<: { workers: 2 }\n", ":3:1: <<: is no key; remove it" },
	{ SERVICE "\"\\e[2J\\xff\": 1\n", ":3:1: \\x1b[2J\\xc3\\xbf: is no key; remove it" },
	{ SERVICE "? [a]\n: 1\n", ":3:3: this key is no name; write `name: value`" },
	{ SERVICE "\"workers\\0\": 1\n", ":3:1: this key is no name; write `name: value`" },
	{ SERVICE "workers: 1\ndad: true\nworkers: 1\n",
	    ":5:1: workers: is given twice, on lines 3 and 5; keep one" },
	{ SERVICE "limits:\n  neighbors: 16\n  neighbors: 17\n",
	    ":5:3: limits.neighbors: is given twice, on lines 4 and 5; keep one" },
	{ "listeners: [{ port: 80 }]\n",
	    ":1:1: addresses: is missing; give a list of 1 to 64 maps" },
	{ "addresses: [{ vlan: 1 }]\nlisteners: [{ port: 80 }]\n",
	    ":1:13: addresses[0].address: is missing; give an address and its prefix length "
	    "such as 192.0.2.2/24 or 2001:db8::2/64" },
	{ SERVICE "routes: [{ path: /a, body: b }, { body: c }]\n",
	    ":3:33: routes[1].path: is missing; give one line of 1 to 127 bytes" },
};

/* Values of the wrong kind or form. */
static const struct broken broken_values[] = {
	{ SERVICE "workers: [1]\n",
	    ":3:10: workers: is a list; give an integer from 1 to 64 threads" },
	{ SERVICE "workers:\n",
	    ":3:9: workers: value \"\": is empty; give an integer from 1 to 64 threads" },
	{ SERVICE "workers: ~\n", ":3:10: workers: value \"~\": is empty; ..." },
	{ SERVICE "workers: null\n", ":3:10: workers: value \"null\": is empty; ..." },
	{ SERVICE "workers: \"4\"\n",
	    ":3:10: workers: value \"4\": is in quotes; give an integer from 1 to 64 threads" },
	{ SERVICE "workers: !!int 4\n", ":3:10: workers: value \"4\": carries a tag; ..." },
	{ SERVICE "dad: yes\n", ":3:6: dad: value \"yes\": is no boolean; give true or false" },
	{ SERVICE "dad: True\n", ":3:6: dad: value \"True\": is no boolean; ..." },
	{ SERVICE "dad: 'true'\n", ":3:6: dad: value \"true\": is in quotes; ..." },
	{ SERVICE "log: { level: loud }\n",
	    ":3:15: log.level: value \"loud\": is not one of the values; give one of debug, "
	    "info, warn, error" },
	{ SERVICE "log: info\n",
	    ":3:6: log: value \"info\": is a single value; give a section of `key: value` lines" },
	{ SERVICE "log:\n", ":3:5: log: value \"\": is empty; give a section ..." },
	{ SERVICE "log: [info]\n", ":3:6: log: is a list; give a section ..." },
	{ "addresses: []\nlisteners: [{ port: 80 }]\n",
	    ":1:12: addresses: is empty; give a list of 1 to 64 maps" },
	{ "addresses: { address: 192.0.2.2/24 }\nlisteners: [{ port: 80 }]\n",
	    ":1:12: addresses: is a map; give a list of 1 to 64 maps" },
	{ "addresses: [192.0.2.2/24]\nlisteners: [{ port: 80 }]\n",
	    ":1:13: addresses[0]: value \"192.0.2.2/24\": is a single value; give a map such as "
	    "{ key: value }" },
	{ "addresses: &a [ *a ]\nlisteners: [{ port: 80 }]\n",
	    ":1:12: addresses[0]: is a list; give a map such as { key: value }" },
	{ ADDRESS("192.0.2.2"), ":1:24: addresses[0].address: value \"192.0.2.2\": has no prefix "
				"length; give an address and its prefix length such as "
				"192.0.2.2/24 or 2001:db8::2/64" },
	{ ADDRESS("192.0.2.2/33"), ":1:24: addresses[0].address: value \"192.0.2.2/33\": has a "
				   "bad prefix length; ..." },
	{ ADDRESS("192.0.2.2/0"), ":1:24: addresses[0].address: value \"192.0.2.2/0\": has a bad "
				  "prefix length; ..." },
	{ ADDRESS("192.0.2.2/024"), ":1:24: addresses[0].address: value \"192.0.2.2/024\": has a "
				    "bad prefix length; ..." },
	{ ADDRESS("192.0.2.2/"), ":1:24: addresses[0].address: value \"192.0.2.2/\": has a bad "
				 "prefix length; ..." },
	{ ADDRESS("192.0.2.256/24"), ":1:24: addresses[0].address: value \"192.0.2.256/24\": is no "
				     "IP address with a prefix length; ..." },
	{ ADDRESS("192.0.2/24"), ":1:24: addresses[0].address: value \"192.0.2/24\": is no IP "
				 "address with a prefix length; ..." },
	{ ADDRESS("'2001:db8::2/129'"), ":1:24: addresses[0].address: value \"2001:db8::2/129\": "
					"has a bad prefix length; ..." },
	{ ADDRESS("'fe80::1%eth0/64'"), ":1:24: addresses[0].address: value \"fe80::1%eth0/64\": "
					"is no IP address with a prefix length; ..." },
	{ ADDRESS("'1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64'"),
	    ":1:24: addresses[0].address: value "
	    "\"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64\": is no IP address with a "
	    "prefix length; ..." },
	{ SERVICE "gateway4: router\n",
	    ":3:11: gateway4: value \"router\": is no IP address; give an address such as "
	    "192.0.2.1 or 2001:db8::1" },
	{ ROUTE("{ path: /a, body: '' }"),
	    ":3:28: routes[0].body: value \"\": is empty; give a text of 1 to 1023 bytes" },
	{ ROUTE("{ path: /a, body: \"a\\0b\" }"),
	    ":3:28: routes[0].body: value \"a\": holds a zero byte; ..." },
	{ ROUTE("{ path: /a, body: b, type: \"text/plain\\r\\nX: y\" }"),
	    ":3:37: routes[0].type: value \"text/plain\\x0d\\x0aX: y\": holds a control "
	    "character; give one line of 1 to 63 bytes" },
};

/* Addresses, gateways and listeners that are right alone and wrong together. */
static const struct broken broken_net[] = {
	{ ADDRESS("192.0.2.0/24"), ":1:24: addresses[0].address: value \"192.0.2.0/24\": is the "
				   "network address of its prefix; " HOST },
	{ ADDRESS("192.0.2.255/24"), ":1:24: addresses[0].address: value \"192.0.2.255/24\": is "
				     "the broadcast address of its prefix; " HOST },
	{ ADDRESS("192.0.2.132/30"), ":1:24: addresses[0].address: value \"192.0.2.132/30\": is "
				     "the network address of its prefix; " HOST },
	{ ADDRESS("192.0.2.135/30"), ":1:24: addresses[0].address: value \"192.0.2.135/30\": is "
				     "the broadcast address of its prefix; " HOST },
	{ ADDRESS("127.0.0.1/8"), ":1:24: addresses[0].address: value \"127.0.0.1/8\": is a "
				  "loopback address; " HOST },
	{ ADDRESS("224.0.0.1/24"), ":1:24: addresses[0].address: value \"224.0.0.1/24\": is a "
				   "multicast address; " HOST },
	{ ADDRESS("239.255.255.254/32"), ":1:24: addresses[0].address: value "
					 "\"239.255.255.254/32\": is a multicast address; " HOST },
	{ ADDRESS("240.0.0.1/24"), ":1:24: addresses[0].address: value \"240.0.0.1/24\": is in "
				   "the reserved 240.0.0.0/4; " HOST },
	{ ADDRESS("255.255.255.255/32"),
	    ":1:24: addresses[0].address: value \"255.255.255.255/32\": is in the reserved "
	    "240.0.0.0/4; " HOST },
	{ ADDRESS("0.1.2.3/8"), ":1:24: addresses[0].address: value \"0.1.2.3/8\": is in "
				"0.0.0.0/8, this network; " HOST },
	{ ADDRESS("'::/128'"), ":1:24: addresses[0].address: value \"::/128\": is the unspecified "
			       "address; " HOST },
	{ ADDRESS("'::1/128'"), ":1:24: addresses[0].address: value \"::1/128\": is the loopback "
				"address; " HOST },
	{ ADDRESS("'ff02::1/64'"), ":1:24: addresses[0].address: value \"ff02::1/64\": is a "
				   "multicast address; " HOST },
	{ ADDRESS("'::ffff:192.0.2.2/96'"), ":1:24: addresses[0].address: value "
					    "\"::ffff:192.0.2.2/96\": is an IPv4-mapped "
					    "address; " HOST },
	{ ADDRESS("'2001:db8::/64'"), ":1:24: addresses[0].address: value \"2001:db8::/64\": is "
				      "the subnet-router anycast address of its prefix; " HOST },
	{ "addresses:\n- address: 192.0.2.2/24\n- address: 192.0.2.2/25\nlisteners: [{ port: 80 "
	  "}]\n",
	    ":3:12: addresses[1].address: value \"192.0.2.2/25\": is addresses[0] again; give "
	    "each address once per VLAN" },
	{ SERVICE "gateway4: 192.0.3.1\n",
	    ":3:11: gateway4: value \"192.0.3.1\": is in the prefix of none of addresses; give "
	    "an on-link router" },
	{ SERVICE "gateway4: 192.0.2.2\n",
	    ":3:11: gateway4: value \"192.0.2.2\": is one of addresses; give the address of "
	    "another machine" },
	{ SERVICE "gateway4: 192.0.2.255\n",
	    ":3:11: gateway4: value \"192.0.2.255\": is the broadcast address of its prefix; "
	    "give the address of a router" },
	{ SERVICE "gateway4: 2001:db8::1\n", ":3:11: gateway4: value \"2001:db8::1\": is an IPv6 "
					     "address; give an IPv4 address" },
	{ SERVICE "gateway6: 192.0.2.1\n", ":3:11: gateway6: value \"192.0.2.1\": is an IPv4 "
					   "address; give an IPv6 address" },
	{ SERVICE "gateway6: fe80::1\n",
	    ":3:11: gateway6: value \"fe80::1\": is in the prefix of none of addresses; give an "
	    "on-link router" },
	{ DUAL "gateway6: 2001:db8:0:1::1\n", ":4:11: gateway6: value \"2001:db8:0:1::1\": is in "
					      "the prefix of none of addresses; ..." },
	{ "addresses: [{ address: 192.0.2.2/24 }]\nlisteners: [{ port: 80, address: 192.0.2.3 }]\n",
	    ":2:34: listeners[0].address: value \"192.0.2.3\": is none of addresses; give one of "
	    "them, or leave it out for all" },
	{ "addresses: [{ address: 192.0.2.2/24 }]\nlisteners: [{ port: 80 }, { port: 80 }]\n",
	    ":2:35: listeners[1].port: value \"80\": is taken by listeners[0], on all "
	    "addresses; give each port and address once" },
	{ "addresses: [{ address: 192.0.2.2/24 }]\nlisteners: [{ port: 80, address: 192.0.2.2 }, "
	  "{ port: 80, address: 192.0.2.2 }]\n",
	    ":2:55: listeners[1].port: value \"80\": is taken by listeners[0]; give each port "
	    "and address once" },
};

/* Limits, timers and routes that are right alone and wrong together. */
static const struct broken broken_relations[] = {
	{ SERVICE "limits: { connections: 100, half_open: 101 }\n",
	    ":3:40: limits.half_open: value \"101\": is above limits.connections, 100; give at "
	    "most that" },
	{ SERVICE "limits: { side_records: 65537 }\n",
	    ":3:25: limits.side_records: value \"65537\": is above limits.connections, 65536; "
	    "give at most that" },
	{ SERVICE "limits: { held_frames: 8 }\n",
	    ":3:9: limits.held_frames_per_connection: is 16, above limits.held_frames, 8; give at "
	    "most that" },
	{ SERVICE "timers: { rto_min_ms: 1001 }\n",
	    ":3:23: timers.rto_min_ms: value \"1001\": is 1001, above timers.rto_initial_ms, "
	    "1000; give at most that" },
	{ SERVICE "timers: { rto_initial_ms: 2000, rto_max_ms: 1999 }\n",
	    ":3:45: timers.rto_max_ms: value \"1999\": is 1999, below timers.rto_initial_ms, "
	    "2000; give at least that" },
	{ SERVICE "tcp: { receive_window_bytes: 65536, window_scale: 0 }\n",
	    ":3:30: tcp.receive_window_bytes: value \"65536\": is more than window_scale 0 can "
	    "say; give at most 65535, or a larger scale" },
	{ SERVICE "tcp: { receive_window_bytes: 16383, window_scale: 14 }\n",
	    ":3:30: tcp.receive_window_bytes: value \"16383\": is less than one step of "
	    "window_scale 14; give at least 16384, or a smaller scale" },
	{ ROUTE("{ path: /status, body: b }"),
	    ":3:18: routes[0].path: value \"/status\": is a built-in page; give another path "
	    "such as /hello" },
	{ ROUTE("{ path: /metrics, body: b }"),
	    ":3:18: routes[0].path: value \"/metrics\": is a built-in ..." },
	{ ROUTE("{ path: /healthz, body: b }"),
	    ":3:18: routes[0].path: value \"/healthz\": is a built-in ..." },
	{ ROUTE("{ path: hello, body: b }"),
	    ":3:18: routes[0].path: value \"hello\": does not begin with a slash; ..." },
	{ ROUTE("{ path: /a?b, body: b }"),
	    ":3:18: routes[0].path: value \"/a?b\": holds a character that no path has; ..." },
	{ ROUTE("{ path: /a b, body: b }"),
	    ":3:18: routes[0].path: value \"/a b\": holds a character that no path has; ..." },
	{ ROUTE("{ path: /a, body: b }, { path: /a, body: c }"),
	    ":3:41: routes[1].path: value \"/a\": is routes[0] again; give each path once" },
	{ ROUTE("{ path: /a }"),
	    ":3:18: routes[0].path: value \"/a\": has no content; give one of file, body, "
	    "redirect and status" },
	{ ROUTE("{ path: /a, body: b, file: c }"),
	    ":3:18: routes[0].path: value \"/a\": has more than one content; give one of file, "
	    "body, redirect and status" },
	{ ROUTE("{ path: /a, body: b, redirect: c }"),
	    ":3:18: routes[0].path: value \"/a\": has more than one content; ..." },
	{ ROUTE("{ path: /readyz, body: b }"),
	    ":3:18: routes[0].path: value \"/readyz\": is a built-in ..." },
	{ ROUTE("{ path: /a, redirect: /b, status: 200 }"),
	    ":3:44: routes[0].status: value \"200\": redirects nobody; give 301, 302, 303 or 307" },
	{ ROUTE("{ path: /a, redirect: /b c }"),
	    ":3:32: routes[0].redirect: value \"/b c\": holds a character that no URL has; write "
	    "it as %XX" },
	{ ROUTE("{ path: /a, status: 302 }"),
	    ":3:30: routes[0].status: value \"302\": leads nowhere; give a redirect, too" },
	{ ROUTE("{ path: /a, status: 304 }"),
	    ":3:30: routes[0].status: value \"304\": is not one of the values; ..." },
	{ ROUTE("{ path: /a, body: b, status: 404 }"),
	    ":3:39: routes[0].status: value \"404\": has a content of its own; give no file and no "
	    "body" },
	{ ROUTE("{ path: /a, status: 204, realm: x }"),
	    ":3:42: routes[0].realm: value \"x\": and users belong together; give both" },
	{ ROUTE("{ path: /a, status: 204, realm: x, users: [alice:secret] }"),
	    ":3:52: routes[0].users: has no user in line 1; give what `tidegate secret NAME` "
	    "prints" },
	{ ROUTE("{ path: /a, status: 204, methods: [BREW] }"),
	    ":3:44: routes[0].methods: has BREW, which is no method here; give GET, HEAD, POST, "
	    "PUT, DELETE, PATCH or OPTIONS" },
	{ ROUTE("{ path: /a, body: b, type: html }"),
	    ":3:37: routes[0].type: value \"html\": is no media type; give one such as "
	    "text/plain" },
	{ ROUTE("{ path: /a, body: b, type: text/ }"),
	    ":3:37: routes[0].type: value \"text/\": is no media type; ..." },
};

/* Classes of sources, and routes for them. */
static const struct broken broken_sources[] = {
	{ SOURCES("{ prefixes: [192.0.2.0/24] }"),
	    ":3:11: sources[0].class: is missing; give one line of 1 to 31 bytes" },
	{ SOURCES("{ class: a }"),
	    ":3:11: sources[0].prefixes: is missing; give a list of 1 to 256 "
	    "prefixes such as 192.0.2.0/24 or 2001:db8::/64" },
	{ SOURCES("{ class: a, prefixes: [] }"), ":3:33: sources[0].prefixes: is empty; ..." },
	{ SOURCES("{ class: a, prefixes: 192.0.2.0/24 }"),
	    ":3:33: sources[0].prefixes: value \"192.0.2.0/24\": is a single value; give a list "
	    "..." },
	{ SOURCES("{ class: a, prefixes: [192.0.2.0] }"),
	    ":3:34: sources[0].prefixes[0]: value \"192.0.2.0\": has no prefix length; ..." },
	{ SOURCES("{ class: a, prefixes: [192.0.2.0/33] }"),
	    ":3:34: sources[0].prefixes[0]: value \"192.0.2.0/33\": has a bad prefix length; ..." },
	{ SOURCES("{ class: a, prefixes: [10.0.0.0/8, 192.0.2.1/24] }"),
	    ":3:46: sources[0].prefixes[1]: value \"192.0.2.1/24\": has host bits set; give a list "
	    "of 1 to 256 prefixes such as 192.0.2.0/24 or 2001:db8::/64" },
	{ SOURCES("{ class: a, prefixes: [192.0.2.128/24] }"),
	    ":3:34: sources[0].prefixes[0]: value \"192.0.2.128/24\": has host bits set; ..." },
	{ SOURCES("{ class: a, prefixes: ['2001:db8::1/127'] }"),
	    ":3:34: sources[0].prefixes[0]: value \"2001:db8::1/127\": has host bits set; ..." },
	{ SOURCES("{ class: a b, prefixes: [192.0.2.0/24] }"),
	    ":3:20: sources[0].class: value \"a b\": holds a character that no class has; give "
	    "letters, digits, hyphens and underscores" },
	{ SOURCES("{ class: a, prefixes: [10.0.0.0/8] }, { class: a, prefixes: [11.0.0.0/8] }"),
	    ":3:58: sources[1].class: value \"a\": is sources[0] again; give each class once" },
	{ SOURCES("{ class: a, prefixes: [10.0.0.0/8, 11.0.0.0/8, 10.0.0.0/8] }"),
	    ":3:58: sources[0].prefixes[2]: value \"10.0.0.0/8\": is sources[0].prefixes[0] again; "
	    "give each prefix once" },
	{ SOURCES("{ class: a, prefixes: [10.0.0.0/8, '2001:db8::/32'] },\n"
		  "{ class: b, prefixes: [10.0.0.0/9, '2001:db8:0::/32'] }"),
	    ":4:36: sources[1].prefixes[1]: value \"2001:db8:0::/32\": is sources[0].prefixes[1] "
	    "again; give each prefix once" },
	{ SOURCES("{ class: a, prefixes: [10.0.0.0/8], action: drop }"),
	    ":3:55: sources[0].action: value \"drop\": is not one of the values; give one of none, "
	    "allow, deny" },
	{ SERVICE "syn_limits: { cells: 3000 }\n",
	    ":3:22: syn_limits.cells: value \"3000\": is no power of two; give one from 1024 to "
	    "65536" },
	{ ROUTE("{ path: /a, body: b, allow_classes: [office] }"),
	    ":3:46: routes[0].allow_classes: has office, which is no class of sources; give the "
	    "name of one" },
	{ ROUTE("{ path: /a, body: b, allow_classes: [] }"),
	    ":3:46: routes[0].allow_classes: is empty; ..." },
	{ SOURCES(
	      "{ class: a, prefixes: [10.0.0.0/8], action: deny }") "routes: [{ path: /a, body: b, "
								    "allow_classes: [a] }]\n",
	    ":4:46: routes[0].allow_classes: has a, whose packets sources denies; remove one of "
	    "the two" },
};

static const struct broken broken_devices[] = {
	{ "burst: 32\n", ":1:1: port: is missing; give a section of `key: value` lines" },
	{ "port: {}\n", ":1:7: port: has no device; give one of vdev and pci" },
	{ "port: { vdev: net_null0, pci: '0000:01:00.0' }\n",
	    ":1:7: port: has both vdev and pci; give one of vdev and pci" },
	{ "port: { vdev: ',iface=x' }\n",
	    ":1:15: port.vdev: value \",iface=x\": does not begin with a device name; give one "
	    "such as net_tap0, arguments after a comma" },
	{ "port: { vdev: 'net tap0' }\n", ":1:15: port.vdev: value \"net tap0\": does not ..." },
	{ "port: { pci: '0000:01:00' }\n",
	    ":1:14: port.pci: value \"0000:01:00\": does not begin with a PCI address; give one "
	    "such as 0000:01:00.0" },
	{ "port: { pci: '0000:0g:00.0' }\n", ":1:14: port.pci: value \"0000:0g:00.0\": ..." },
	{ "port: { pci: '00000:01:00.0' }\n", ":1:14: port.pci: value \"00000:01:00.0\": ..." },
	{ "port: { vdev: net_null0, mac: '01:00:00:00:00:01' }\n",
	    ":1:31: port.mac: value \"01:00:00:00:00:01\": is a multicast address; give a "
	    "unicast MAC address such as 02:00:00:00:00:01" },
	{ "port: { vdev: net_null0, mac: '00:00:00:00:00:00' }\n",
	    ":1:31: port.mac: value \"00:00:00:00:00:00\": is all zero; ..." },
	{ "port: { vdev: net_null0, mac: '02:00:00:00:00' }\n",
	    ":1:31: port.mac: value \"02:00:00:00:00\": is no MAC address; ..." },
	{ "port: { vdev: net_null0, mac: '02:00:00:00:00-01' }\n",
	    ":1:31: port.mac: value \"02:00:00:00:00-01\": is no MAC address; ..." },
	{ "port: { vdev: net_null0, mac: '02:00:00:00:00:0g' }\n",
	    ":1:31: port.mac: value \"02:00:00:00:00:0g\": is no MAC address; ..." },
	{ "port: { vdev: net_null0 }\nrss: maybe\n",
	    ":2:6: rss: value \"maybe\": is not one of the values; give one of auto, on, off" },
	{ "port: { vdev: net_null0 }\neal: { file_prefix: a/b }\n",
	    ":2:21: eal.file_prefix: value \"a/b\": is no file name; use letters, digits, '_', "
	    "'-' and '.'" },
	{ "port: { vdev: net_null0 }\neal: { file_prefix: .. }\n",
	    ":2:21: eal.file_prefix: value \"..\": is no file name; ..." },
	{ "port: { vdev: net_null0 }\neal: { args: --no-pci }\n",
	    ":2:14: eal.args: value \"--no-pci\": is a single value; give a list of 0 to 32 "
	    "strings of 1 to 127 bytes" },
	{ "port: { vdev: net_null0 }\neal: { args: [a, [b]] }\n",
	    ":2:18: eal.args[1]: is a list; give a list of 0 to 32 ..." },
	{ "port: { vdev: net_null0 }\neal: { lcores: '0@0,' }\n",
	    ":2:16: eal.lcores: value \"0@0,\": is no lcore map; give lcores below 128 and their "
	    "CPUs such as 0@0,1@1 or (0-3)@0" },
};

#endif
