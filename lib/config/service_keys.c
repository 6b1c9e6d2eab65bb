/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/keys.h"

#define AT(field)          offsetof(struct tg_service_config, field)
#define SIZE(field)        sizeof(((struct tg_service_config *)NULL)->field)
#define ADDRESS_AT(field)  offsetof(struct tg_config_address, field)
#define LISTENER_AT(field) offsetof(struct tg_config_listener, field)
#define SOURCE_AT(field)   offsetof(struct tg_config_source, field)
#define SOURCE_SIZE(field) sizeof(((struct tg_config_source *)NULL)->field)
#define ROUTE_AT(field)    offsetof(struct tg_config_route, field)
#define ROUTE_SIZE(field)  sizeof(((struct tg_config_route *)NULL)->field)

/* Deadlines are compared as signed 32-bit ticks, and RFC 7323 5.5 wants TS.Recent no
 * older than 24 days. */
#define DAYS_24_MS 2073600000

static const char *const log_level_names[] = {
	[TG_CONFIG_LOG_DEBUG] = "debug",
	[TG_CONFIG_LOG_INFO] = "info",
	[TG_CONFIG_LOG_WARN] = "warn",
	[TG_CONFIG_LOG_ERROR] = "error",
	NULL,
};

static const char *const congestion_control_names[] = {
	[TG_CONFIG_CUBIC] = "cubic",
	[TG_CONFIG_RENO] = "reno",
	NULL,
};

static const char *const ecn_names[] = {
	[TG_CONFIG_ECN_OFF] = "off",
	[TG_CONFIG_ECN_ACCEPT] = "accept",
	[TG_CONFIG_ECN_ALWAYS] = "always",
	NULL,
};

static const char *const syn_cookies_names[] = {
	[TG_CONFIG_SYN_COOKIES_NEVER] = "never",
	[TG_CONFIG_SYN_COOKIES_AUTO] = "auto",
	[TG_CONFIG_SYN_COOKIES_ALWAYS] = "always",
	NULL,
};

static const char *const syn_overflow_names[] = {
	[TG_CONFIG_SYN_DROP] = "drop",
	[TG_CONFIG_SYN_RESET] = "reset",
	NULL,
};

static const char *const source_action_names[] = {
	[TG_CONFIG_SOURCE_NONE] = "none",
	[TG_CONFIG_SOURCE_ALLOW] = "allow",
	[TG_CONFIG_SOURCE_DENY] = "deny",
	NULL,
};

static const struct tg_key service_keys[] = {
	{
	    .path = "workers",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(workers),
	    .place_offset = AT(workers_at),
	    .min = 1,
	    .max = TG_CONFIG_WORKERS_MAX,
	    .def = "1",
	    .unit = "threads",
	    .help = "Poll-mode workers, each alone on an lcore. The control thread needs one "
		    "lcore more.",
	},
	{
	    .path = "addresses",
	    .type = TG_KEY_LIST,
	    .required = true,
	    .offset = AT(address),
	    .size = SIZE(address[0]),
	    .count_offset = AT(n_addresses),
	    .min = 1,
	    .max = TG_CONFIG_ADDRESSES_MAX,
	    .help =
		"The local addresses. A link-local one is added for each VLAN that has IPv6 and "
		"none of its own.",
	    .sample = "  - { address: 192.0.2.2/24, vlan: 0 }\n"
		      "  - { address: 2001:db8::2/64 }\n",
	},
	{
	    .path = "addresses[].address",
	    .type = TG_KEY_PREFIX,
	    .required = true,
	    .offset = 0,
	    .help = "Address and prefix length of the subnet.",
	},
	{
	    .path = "addresses[].vlan",
	    .type = TG_KEY_INTEGER,
	    .offset = ADDRESS_AT(vlan),
	    .min = 1,
	    .max = 4094,
	    .zero = "untagged",
	    .def = "0",
	    .help = "VLAN on which the address is used.",
	},
	{
	    .path = "gateway4",
	    .type = TG_KEY_IP,
	    .offset = AT(gateway4),
	    .help = "IPv4 router for all that is off-link; it lies in the subnet of an address.",
	    .sample = "192.0.2.1",
	},
	{
	    .path = "gateway6",
	    .type = TG_KEY_IP,
	    .offset = AT(gateway6),
	    .help = "IPv6 router for all that is off-link; link-local, or in the subnet of an "
		    "address.",
	    .sample = "2001:db8::1",
	},
	{
	    .path = "dad",
	    .type = TG_KEY_BOOLEAN,
	    .offset = AT(dad),
	    .def = "true",
	    .help = "Whether to probe IPv6 addresses for duplicates before use (RFC 4862).",
	},
	{
	    .path = "listeners",
	    .type = TG_KEY_LIST,
	    .required = true,
	    .offset = AT(listener),
	    .size = SIZE(listener[0]),
	    .count_offset = AT(n_listeners),
	    .min = 1,
	    .max = TG_CONFIG_LISTENERS_MAX,
	    .help = "Where HTTP is served.",
	    .sample = "  - { port: 80 }\n"
		      "  - { port: 8080, address: 192.0.2.2 }\n",
	},
	{
	    .path = "listeners[].port",
	    .type = TG_KEY_INTEGER,
	    .required = true,
	    .offset = LISTENER_AT(port),
	    .min = 1,
	    .max = 65535,
	    .help = "TCP port.",
	},
	{
	    .path = "listeners[].address",
	    .type = TG_KEY_IP,
	    .offset = LISTENER_AT(address),
	    .help = "One of the local addresses, without prefix length. Left out: all of them.",
	},
	{
	    .path = "listeners[].fast_open",
	    .type = TG_KEY_BOOLEAN,
	    .offset = LISTENER_AT(fast_open),
	    .def = "false",
	    .help = "Whether to answer a request in the SYN of a client with a cookie (TCP Fast "
		    "Open, RFC 7413). Such a request may be answered twice.",
	},
	{
	    .path = "listeners[].syn_cookies",
	    .type = TG_KEY_ENUM,
	    .offset = LISTENER_AT(syn_cookies),
	    .names = syn_cookies_names,
	    .def = "auto",
	    .help = "When to answer SYNs with cookies, keeping nothing about them (RFC 4987): auto "
		    "while limits.half_open is reached.",
	},
#include "config/source_keys.def"

#include "config/limit_keys.def"
#include "config/timer_keys.def"
	{
	    .path = "ip",
	    .type = TG_KEY_SECTION,
	    .help = "Headers of what TCP sends.",
	},
	{
	    .path = "ip.ttl",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(ip.ttl),
	    .min = 1,
	    .max = 255,
	    .def = "64",
	    .unit = "hops",
	    .help = "Time to live, or hop limit (RFC 9293 3.9.2).",
	},
	{
	    .path = "ip.dscp",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(ip.dscp),
	    .min = 0,
	    .max = 63,
	    .def = "0",
	    .help = "Differentiated services code point (RFC 2474).",
	},
	{
	    .path = "tcp",
	    .type = TG_KEY_SECTION,
	    .help = "What is offered to peers.",
	},
	{
	    .path = "tcp.receive_window_bytes",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(tcp.receive_window_bytes),
	    .min = 536,
	    .max = 65535U << 14,
	    .def = "65535",
	    .unit = "bytes",
	    .help = "Receive window of a connection; at most 65535 << window_scale, and rounded "
		    "down to a multiple of 1 << window_scale.",
	},
	{
	    .path = "tcp.window_scale",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(tcp.window_scale),
	    .min = 0,
	    .max = 14,
	    .def = "7",
	    .help = "Shift of the window field (RFC 7323).",
	},
	{
	    .path = "tcp.timestamps",
	    .type = TG_KEY_BOOLEAN,
	    .offset = AT(tcp.timestamps),
	    .def = "true",
	    .help = "Whether to use timestamps where the peer offers them (RFC 7323).",
	},
	{
	    .path = "tcp.sack",
	    .type = TG_KEY_BOOLEAN,
	    .offset = AT(tcp.sack),
	    .def = "true",
	    .help = "Whether to use selective acknowledgements where the peer offers them (RFC "
		    "2018).",
	},
	{
	    .path = "tcp.nagle",
	    .type = TG_KEY_BOOLEAN,
	    .offset = AT(tcp.nagle),
	    .def = "false",
	    .help = "Whether text that does not fill a segment waits until all that was sent is "
		    "acknowledged (RFC 9293 3.7.4). Answers are handed over whole, so that there "
		    "is nothing to gain.",
	},
	{
	    .path = "tcp.initial_window_segments",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(tcp.initial_window_segments),
	    .min = 1,
	    .max = 64,
	    .def = "10",
	    .unit = "segments",
	    .help = "Initial congestion window (RFC 6928).",
	},
	{
	    .path = "tcp.congestion_control",
	    .type = TG_KEY_ENUM,
	    .offset = AT(tcp.congestion_control),
	    .names = congestion_control_names,
	    .def = "cubic",
	    .help = "How the congestion window grows, and shrinks on loss: CUBIC (RFC 9438), or "
		    "as RFC 5681 has it.",
	},
	{
	    .path = "tcp.ecn",
	    .type = TG_KEY_ENUM,
	    .offset = AT(tcp.ecn),
	    .names = ecn_names,
	    .def = "accept",
	    .help =
		"Explicit congestion notification (RFC 3168): routers mark segments instead "
		"of dropping them. accept agrees where the peer asks; always asks on connections "
		"that are opened here, too.",
	},
	{
	    .path = "tcp.syn_overflow",
	    .type = TG_KEY_ENUM,
	    .offset = AT(tcp.syn_overflow),
	    .names = syn_overflow_names,
	    .def = "drop",
	    .help = "What becomes of a SYN beyond limits.half_open that gets no cookie. A client "
		    "tries again after drop, and gives up after reset.",
	},
	{
	    .path = "tcp.mss",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(tcp.mss),
	    .place_offset = AT(tcp.mss_at),
	    .min = 88,
	    .max = 9176,
	    .zero = "from the MTU",
	    .def = "0",
	    .unit = "bytes",
	    .help =
		"Largest segment to receive; at most the port's MTU less 40 bytes. Over IPv6 no "
		"more than the MTU less 60 is offered.",
	},
	{
	    .path = "tcp_fast_open",
	    .type = TG_KEY_SECTION,
	    .help = "TCP Fast Open, for the listeners that have it.",
	},
	{
	    .path = "tcp_fast_open.key_rotation_s",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(tcp_fast_open.key_rotation_s),
	    .min = 10,
	    .max = 31536000,
	    .def = "3600",
	    .unit = "s",
	    .help = "How often the key of the cookies changes. A cookie is taken for one to two "
		    "such times.",
	},
	{
	    .path = "syn_cookies",
	    .type = TG_KEY_SECTION,
	    .help = "SYN cookies, for the listeners that make them.",
	},
	{
	    .path = "syn_cookies.key_file",
	    .type = TG_KEY_STRING,
	    .offset = AT(syn_cookies.key_file),
	    .size = SIZE(syn_cookies.key_file),
	    .def = "random",
	    .help = "File of keys that nodes share, so that one takes the cookies of another; each "
		    "line is `from_epoch <number> key <32 hexadecimal digits>`. Or random: a key "
		    "of this node's own.",
	},
	{
	    .path = "syn_cookies.trust_clock",
	    .type = TG_KEY_BOOLEAN,
	    .offset = AT(syn_cookies.trust_clock),
	    .def = "false",
	    .help = "Whether the clock is right though the kernel does not know it to be "
		    "synchronised: it does not where a hypervisor or a PTP daemon sets it. With "
		    "false and a key_file, /readyz is 503 until the kernel does.",
	},
	{
	    .path = "http",
	    .type = TG_KEY_SECTION,
	    .help = "What all answers have in common.",
	},
	{
	    .path = "http.server",
	    .type = TG_KEY_STRING,
	    .offset = AT(http.server),
	    .size = SIZE(http.server),
	    .def = "tidegate",
	    .help = "The Server field of answers; off: none.",
	},
	{
	    .path = "http.busy_connections",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(http.busy_connections),
	    .min = 1,
	    .max = 1 << 24,
	    .zero = "no limit",
	    .def = "0",
	    .unit = "connections",
	    .help = "Connections of a worker that move data at the same time, beyond which "
		    "requests are answered with 503, but for those of built-in pages.",
	},
	{
	    .path = "routes",
	    .type = TG_KEY_LIST,
	    .offset = AT(route),
	    .size = SIZE(route[0]),
	    .count_offset = AT(n_routes),
	    .max = TG_CONFIG_ROUTES_MAX,
	    .help = "Pages beside the built-in /status, /metrics, /healthz and /readyz, or in "
		    "place of the one at /: each has a file, a body, a redirect, or nothing but a "
		    "status.",
	    .sample = "  - { path: /hello, body: \"Hello.\\n\", type: text/plain }\n"
		      "  - { path: /old, redirect: /hello, status: 301 }\n",
	},
	{
	    .path = "routes[].path",
	    .type = TG_KEY_STRING,
	    .required = true,
	    .offset = ROUTE_AT(path),
	    .size = ROUTE_SIZE(path),
	    .help = "Path of the page, compared byte by byte.",
	},
	{
	    .path = "routes[].file",
	    .type = TG_KEY_STRING,
	    .offset = ROUTE_AT(file),
	    .size = ROUTE_SIZE(file),
	    .help = "File with the content, read at start; relative to the working directory.",
	},
	{
	    .path = "routes[].body",
	    .type = TG_KEY_TEXT,
	    .offset = ROUTE_AT(body),
	    .size = ROUTE_SIZE(body),
	    .help = "The content itself.",
	},
	{
	    .path = "routes[].redirect",
	    .type = TG_KEY_STRING,
	    .offset = ROUTE_AT(redirect),
	    .size = ROUTE_SIZE(redirect),
	    .help = "Where the client is sent, a URL or a path.",
	},
	{
	    .path = "routes[].status",
	    .type = TG_KEY_ENUM,
	    .offset = ROUTE_AT(status),
	    .names = tg_route_status_names,
	    .def = "auto",
	    .help = "Status of the answer: those from 301 to 307 with a redirect, 302 unless "
		    "given; 200 with a file or a body; all but redirects by themselves.",
	},
	{
	    .path = "routes[].methods",
	    .type = TG_KEY_STRINGS,
	    .offset = ROUTE_AT(methods),
	    .size = ROUTE_SIZE(methods[0]),
	    .count_offset = ROUTE_AT(n_methods),
	    .min = 1,
	    .max = TG_CONFIG_METHODS_MAX,
	    .help = "Methods that are answered, GET with HEAD; others get 405. Left out: GET "
		    "and HEAD, and all but TRACE and CONNECT for a redirect or a status.",
	},
	{
	    .path = "routes[].realm",
	    .type = TG_KEY_STRING,
	    .offset = ROUTE_AT(realm),
	    .size = ROUTE_SIZE(realm),
	    .help = "Name of what users are let into, by HTTP's Basic scheme (RFC 7617). Left "
		    "out: everybody is let in. Without TLS anyone on the way can read a secret.",
	},
	{
	    .path = "routes[].users",
	    .type = TG_KEY_STRINGS,
	    .offset = ROUTE_AT(users),
	    .size = ROUTE_SIZE(users[0]),
	    .count_offset = ROUTE_AT(n_users),
	    .min = 1,
	    .max = TG_CONFIG_USERS_MAX,
	    .help = "Who is let in, one line each as `tidegate secret NAME` prints it.",
	},
	{
	    .path = "routes[].allow_classes",
	    .type = TG_KEY_STRINGS,
	    .offset = ROUTE_AT(allow_classes),
	    .size = ROUTE_SIZE(allow_classes[0]),
	    .count_offset = ROUTE_AT(n_allow_classes),
	    .min = 1,
	    .max = TG_CONFIG_SOURCES_MAX,
	    .help = "Classes of sources that are let in; all others get 403. Left out: everybody "
		    "is let in.",
	},
	{
	    .path = "routes[].type",
	    .type = TG_KEY_STRING,
	    .offset = ROUTE_AT(type),
	    .size = ROUTE_SIZE(type),
	    .def = "text/plain",
	    .help = "Content-Type of the page.",
	},
	{
	    .path = "log",
	    .type = TG_KEY_SECTION,
	    .help = "The program's log.",
	},
	{
	    .path = "log.level",
	    .type = TG_KEY_ENUM,
	    .offset = AT(log_level),
	    .names = log_level_names,
	    .def = "info",
	    .help = "Least severity that is logged.",
	},
	{
	    .path = "telemetry",
	    .type = TG_KEY_BOOLEAN,
	    .offset = AT(telemetry),
	    .def = "true",
	    .help = "Whether to serve DPDK telemetry.",
	},
	{
	    .path = "pdump",
	    .type = TG_KEY_BOOLEAN,
	    .offset = AT(pdump),
	    .def = "true",
	    .help = "Whether dpdk-dumpcap may capture the port's frames; it needs hugepages.",
	},
};

const struct tg_key_table tg_service_keys = { service_keys, TG_ARRAY_LEN(service_keys) };
