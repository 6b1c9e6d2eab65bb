/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "options.h"

#include "command_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#define DEFAULT_PMD_FILE "/etc/tidegate/pmd.yaml"

static const char *const orders[] = {
	[TG_FLOOD_RANDOM] = "random", [TG_FLOOD_SEQUENTIAL] = "sequential", NULL
};
static const char *const tcp_options[] = { [TG_FLOOD_OPTIONS_NONE] = "none",
	[TG_FLOOD_OPTIONS_MSS] = "mss",
	[TG_FLOOD_OPTIONS_LINUX] = "linux",
	NULL };
static const char *const closes[] = {
	[TG_FLOOD_LEAVE] = "leave", [TG_FLOOD_FIN] = "fin", [TG_FLOOD_RST] = "rst", NULL
};

static int
set_mac(void *to, const struct tg_option *o, const char *text)
{
	struct tg_flood_args *args = to;
	uint8_t *m = args->mac;
	int used = 0;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &m[0], &m[1], &m[2], &m[3], &m[4],
		&m[5], &used) != 6 ||
	    text[used] != '\0' || (m[0] & 1) != 0)
		return tg_command_line_fault(
		    o->name, text, "is no MAC address of a station, such as 02:00:00:00:00:02");
	args->has_mac = true;
	return 0;
}

static int
set_action(void *to, const struct tg_option *o, const char *text)
{
	(void)text;
	((struct tg_flood_args *)to)->action = (enum tg_flood_action)o->action;
	return 0;
}

#define AT(field) offsetof(struct tg_flood_args, field)

static const struct tg_option infos[] = {
	{ .name = "pmd",
	    .arg = "FILE",
	    .kind = TG_OPTION_TEXT,
	    .offset = AT(host.pmd_file),
	    .help = "device configuration: which port, and how\n"
		    "(default " DEFAULT_PMD_FILE ")" },
	{ .name = "address",
	    .arg = "IP/LEN",
	    .kind = TG_OPTION_CUSTOM,
	    .offset = AT(host),
	    .take = tg_load_take_address,
	    .help = "own address and prefix length, for ARP and neighbour\n"
		    "discovery; may be repeated" },
	{ .name = "gateway",
	    .arg = "IP",
	    .kind = TG_OPTION_CUSTOM,
	    .offset = AT(host),
	    .take = tg_load_take_gateway,
	    .help = "router for what is off-link; one for each family" },
	{ .name = "mac",
	    .arg = "MAC",
	    .kind = TG_OPTION_CUSTOM,
	    .take = set_mac,
	    .help = "the next hop's, which is not asked for it" },
	{ .name = "sources",
	    .arg = "IP/LEN",
	    .kind = TG_OPTION_TEXT,
	    .offset = AT(sources_text),
	    .help = "prefix that the SYNs come from, at most 32 bits of host" },
	{ .name = "ports",
	    .arg = "MIN-MAX",
	    .kind = TG_OPTION_TEXT,
	    .offset = AT(ports_text),
	    .help = "range of source ports (default 1024-65535)" },
	{ .name = "order",
	    .arg = "WORD",
	    .kind = TG_OPTION_WORD,
	    .offset = AT(order),
	    .words = orders,
	    .help = "random (default) or sequential: the order of sources;\n"
		    "none comes twice before all were used" },
	{ .name = "seed",
	    .arg = "N",
	    .kind = TG_OPTION_WHOLE,
	    .offset = AT(seed),
	    .max = 1e15,
	    .def = -1,
	    .help = "decides order and sequence numbers (default: another\n"
		    "one each time)" },
	{ .name = "options",
	    .arg = "WORD",
	    .kind = TG_OPTION_WORD,
	    .offset = AT(tcp_options),
	    .words = tcp_options,
	    .help = "TCP options of the SYNs: none (default), mss, or linux:\n"
		    "MSS, SACK, timestamp and window scale" },
	{ .name = "rate",
	    .arg = "N",
	    .kind = TG_OPTION_NUMBER,
	    .offset = AT(rate),
	    .max = 1e9,
	    .def = -1,
	    .help = "SYNs per second (default: as many as go; 0: none)" },
	{ .name = "count",
	    .arg = "N",
	    .kind = TG_OPTION_WHOLE,
	    .offset = AT(count),
	    .min = 1,
	    .max = 1e15,
	    .help = "end after so many SYNs (default: no limit)" },
	{ .name = "duration",
	    .arg = "SECONDS",
	    .kind = TG_OPTION_NUMBER,
	    .offset = AT(duration_s),
	    .min = 0.01,
	    .max = 1e6,
	    .def = 10,
	    .help = "end after so long in any case (default 10)" },
	{ .name = "interval",
	    .arg = "SECONDS",
	    .kind = TG_OPTION_NUMBER,
	    .offset = AT(interval_s),
	    .min = 0.05,
	    .max = 3600,
	    .def = 1,
	    .help = "a line, and rates in the report, each so often (default 1)" },
	{ .name = "delay",
	    .arg = "SECONDS",
	    .kind = TG_OPTION_NUMBER,
	    .offset = AT(delay_s),
	    .max = 3600,
	    .help = "wait with the first SYN (default 0)" },
	{ .name = "check",
	    .arg = "N",
	    .kind = TG_OPTION_WHOLE,
	    .offset = AT(check),
	    .max = 4e9,
	    .def = 64,
	    .help = "checksums and acknowledgement of one reply in N are\n"
		    "verified (default 64; 0: of none)" },
	{ .name = "complete",
	    .arg = "N",
	    .kind = TG_OPTION_WHOLE,
	    .offset = AT(complete),
	    .max = 4e9,
	    .help = "complete one handshake in N (default 0: none)" },
	{ .name = "request",
	    .kind = TG_OPTION_FLAG,
	    .offset = AT(request),
	    .help = "send a GET on each completed one" },
	{ .name = "close",
	    .arg = "WORD",
	    .kind = TG_OPTION_WORD,
	    .offset = AT(close),
	    .words = closes,
	    .help = "what ends it, behind the answer if there was a request:\n"
		    "leave (default: nothing does), fin or rst" },
	{ .name = "clients",
	    .arg = "N",
	    .kind = TG_OPTION_NUMBER,
	    .offset = AT(host.rate),
	    .min = 0.01,
	    .max = 1e7,
	    .help = "beside the flood, N whole connections per second from\n"
		    "--address, with a GET on each, measured (default: none)" },
	{ .name = "no-replies",
	    .kind = TG_OPTION_FLAG,
	    .offset = AT(no_replies),
	    .help = "throw away unread whatever comes back" },
	{ .name = "any-address",
	    .kind = TG_OPTION_FLAG,
	    .offset = AT(any_address),
	    .help = "allow sources and targets that are neither private nor\n"
		    "set apart for documentation and benchmarks" },
	{ .name = "json", .kind = TG_OPTION_FLAG, .offset = AT(json), .help = "report as JSON" },
	{ .name = "quiet",
	    .kind = TG_OPTION_FLAG,
	    .offset = AT(quiet),
	    .help = "no line each interval" },
	{ .name = "version",
	    .kind = TG_OPTION_CUSTOM,
	    .take = set_action,
	    .action = TG_FLOOD_ACTION_VERSION,
	    .help = "print the version" },
	{ .name = "help",
	    .kind = TG_OPTION_CUSTOM,
	    .take = set_action,
	    .action = TG_FLOOD_ACTION_HELP,
	    .help = "print this" },
};

void
tg_flood_args_help(void)
{
	puts("Usage: tgflood [EAL arguments --] [options] --address IP/LEN --sources IP/LEN\n"
	     "               http://ADDRESS[:PORT][/PATH]\n"
	     "\n"
	     "Sends SYNs from many sources by DPDK, past the kernel, counts what comes back, and\n"
	     "completes a sample of the handshakes. For targets of your own.\n");
	tg_command_line_help(infos, TG_ARRAY_LEN(infos));
	puts("\n"
	     "EAL arguments come before a lone \"--\" and join those of the device file.\n"
	     "Each interval a line on stderr; the report is on stdout. SIGINT and SIGTERM end it\n"
	     "early, with the report; a second one ends at once.\n"
	     "\n"
	     "Exit code: 0 if replies came, those that were checked are right, nothing that was\n"
	     "completed was denied or reset, and no client failed; 1 if not, or if it could not\n"
	     "run; 2 for a wrong command line.");
}

/* Networks that are nobody's, or the operator's own. */
static const struct {
	uint8_t first[4];
	uint8_t bits;
	bool is_ipv6;
} harmless[] = {
	{ { 192, 0, 2 }, 24, false },             /* RFC 5737 */
	{ { 198, 51, 100 }, 24, false },          /* RFC 5737 */
	{ { 203, 0, 113 }, 24, false },           /* RFC 5737 */
	{ { 198, 18 }, 15, false },               /* RFC 2544 */
	{ { 10 }, 8, false },                     /* RFC 1918 */
	{ { 172, 16 }, 12, false },               /* RFC 1918 */
	{ { 192, 168 }, 16, false },              /* RFC 1918 */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, true }, /* RFC 3849 */
	{ { 0xfc }, 7, true },                    /* RFC 4193 */
	{ { 0xfe, 0x80 }, 10, true },             /* RFC 4291 */
};

/* Whether all of the network ip/bits lies in one of these. */
static bool
is_harmless(bool is_ipv6, const union tg_ip *ip, uint32_t bits)
{
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(harmless); i++)
		if (is_ipv6 == harmless[i].is_ipv6 && bits >= harmless[i].bits &&
		    ((tg_load32(ip->b) ^ tg_load32(harmless[i].first)) >>
			(32 - harmless[i].bits)) == 0)
			return true;
	return false;
}

static bool
has_host_bits(const union tg_ip *ip, uint32_t last, uint32_t bits)
{
	uint32_t host = tg_load32(ip->b + last);

	return bits == 32 ? host != 0 : (host & ((1U << bits) - 1)) != 0;
}

static int
parse_sources(struct tg_flood_args *args)
{
	const char *text = args->sources_text, *slash = strchr(text, '/');
	bool is_ipv6 = args->host.url.is_ipv6;
	uint32_t width = is_ipv6 ? 128 : 32;
	char ip[INET6_ADDRSTRLEN], *end = NULL;
	unsigned long bits = 0;

	if (slash != NULL && (size_t)(slash - text) < sizeof(ip)) {
		snprintf(ip, sizeof(ip), "%.*s", (int)(slash - text), text);
		bits = strtoul(slash + 1, &end, 10);
	}
	if (end == NULL || end == slash + 1 || *end != '\0' || bits > width ||
	    inet_pton(is_ipv6 ? AF_INET6 : AF_INET, ip, args->sources.b) != 1)
		return tg_command_line_fault(
		    "sources", text, "is no prefix of the target's family, such as 198.18.0.0/15");
	if (width - bits > TG_FLOOD_SOURCE_BITS_MAX)
		return tg_command_line_fault("sources", text, "has more than 32 bits of host");
	args->source_bits = (uint8_t)(width - bits);
	if (has_host_bits(&args->sources, is_ipv6 ? 12 : 0, args->source_bits))
		return tg_command_line_fault("sources", text, "has bits of host set");
	if (!args->any_address && !is_harmless(is_ipv6, &args->sources, (uint32_t)bits))
		return tg_command_line_fault("sources", text,
		    "is neither private nor for documentation or benchmarks, and wants "
		    "--any-address");
	return 0;
}

static bool
is_source(const struct tg_flood_args *args, const union tg_ip *ip)
{
	uint32_t last = args->host.url.is_ipv6 ? 12 : 0;
	uint32_t differs = tg_load32(ip->b + last) ^ tg_load32(args->sources.b + last);

	return memcmp(ip->b, args->sources.b, last) == 0 &&
	       (args->source_bits == 32 || differs >> args->source_bits == 0);
}

/* Replies to an address of our own must not be taken for replies to the flood. */
static int
check_addresses(const struct tg_flood_args *args)
{
	union tg_ip ip;
	char text[INET6_ADDRSTRLEN];
	unsigned i;

	if (!args->any_address && !is_harmless(args->host.url.is_ipv6, &args->host.url.ip,
				      args->host.url.is_ipv6 ? 128 : 32))
		return tg_command_line_say(
		    "the target is neither private nor for documentation or benchmarks, and wants "
		    "--any-address");
	if (is_source(args, &args->host.url.ip))
		return tg_command_line_say("the target is one of --sources");
	for (i = 0; i < args->host.n_addresses; i++) {
		const char *from = args->host.address[i];

		snprintf(text, sizeof(text), "%.*s", (int)strcspn(from, "/"), from);
		if (inet_pton(args->host.url.is_ipv6 ? AF_INET6 : AF_INET, text, ip.b) == 1 &&
		    is_source(args, &ip))
			return tg_command_line_fault("address", from, "is one of --sources");
	}
	return 0;
}

/* The clients beside the flood: one request on each connection, which they close. */
static void
conclude_clients(struct tg_load_options *host)
{
	host->workers = 1;
	host->requests = 1;
	host->timeout_s = 10;
	host->local_port_min = 1024;
	host->local_port_max = 65535;
	host->connections = host->rate != 0 ? 10000 : 1;
	host->close = host->rate != 0;
	if (host->pmd_file == NULL)
		host->pmd_file = DEFAULT_PMD_FILE;
}

static int
conclude(struct tg_flood_args *args, const struct tg_command_line *line)
{
	int rc;

	if (line->argc != 1)
		return tg_command_line_say(
		    line->argc == 0 ? "no URL is given" : "more than one URL is given");
	rc = tg_url_parse(&args->host.url, line->argv[0]);
	if (rc < 0)
		return rc;
	if (args->host.n_addresses == 0)
		return tg_command_line_say("no address of its own is given: --address IP/LEN");
	if (args->sources_text == NULL)
		return tg_command_line_say("no sources are given: --sources IP/LEN");
	if (args->close == TG_FLOOD_RST && !args->request)
		return tg_command_line_say("--close rst goes behind an answer: add --request");
	if (args->no_replies && (args->complete != 0 || args->host.rate != 0))
		return tg_command_line_say(
		    "--no-replies leaves nothing to --complete, and nothing to --clients");
	rc = parse_sources(args);
	if (rc == 0)
		rc = check_addresses(args);
	if (rc == 0)
		rc = tg_command_line_ports("ports",
		    args->ports_text != NULL ? args->ports_text : "1024-65535", &args->port_min,
		    &args->port_max);
	conclude_clients(&args->host);
	return rc;
}

int
tg_flood_args_parse(struct tg_flood_args *args, int argc, char **argv)
{
	struct tg_command_line line;
	int rc;

	*args = (struct tg_flood_args){ .action = TG_FLOOD_ACTION_RUN };
	rc = tg_command_line_parse(&line, infos, TG_ARRAY_LEN(infos), args, argc, argv);
	args->host.eal_argc = line.eal_argc;
	args->host.eal_argv = line.eal_argv;
	if (rc != 0 || args->action != TG_FLOOD_ACTION_RUN)
		return rc;
	return conclude(args, &line);
}
