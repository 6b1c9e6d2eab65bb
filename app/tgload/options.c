/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>

#define DEFAULT_PMD_FILE "/etc/tidegate/pmd.yaml"

enum kind {
	KIND_FLAG,
	KIND_NUMBER,
	KIND_WHOLE,
	KIND_TEXT,
	KIND_ADDRESS,
	KIND_GATEWAY,
	KIND_ACTION
};

struct option_info {
	const char *name;
	const char *arg; /* as in the help; NULL: it takes none */
	enum kind kind;
	size_t offset; /* in struct tg_load_options */
	double min, max;
	double def;
	enum tg_load_action action;
	const char *help; /* NULL: another name of the one before */
};

#define AT(field) offsetof(struct tg_load_options, field)

static const struct option_info infos[] = {
	{ .name = "pmd",
	    .arg = "FILE",
	    .kind = KIND_TEXT,
	    .offset = AT(pmd_file),
	    .help = "device configuration: which port, and how\n"
		    "(default " DEFAULT_PMD_FILE "); --device is the same" },
	{ .name = "device", .arg = "FILE", .kind = KIND_TEXT, .offset = AT(pmd_file) },
	{ .name = "address",
	    .arg = "IP/LEN",
	    .kind = KIND_ADDRESS,
	    .help = "local address and prefix length; may be repeated: more\n"
		    "addresses have more ports. Not probed for duplicates" },
	{ .name = "gateway",
	    .arg = "IP",
	    .kind = KIND_GATEWAY,
	    .help = "router for what is off-link; one for each family" },
	{ .name = "vlan",
	    .arg = "ID",
	    .kind = KIND_WHOLE,
	    .offset = AT(vlan),
	    .max = 4094,
	    .help = "VLAN of the addresses (default 0, untagged)" },
	{ .name = "workers",
	    .arg = "N",
	    .kind = KIND_WHOLE,
	    .offset = AT(workers),
	    .min = 1,
	    .max = TG_CONFIG_WORKERS_MAX,
	    .def = 1,
	    .help = "poll-mode workers, one lcore each (default 1)" },
	{ .name = "connections",
	    .arg = "N",
	    .kind = KIND_WHOLE,
	    .offset = AT(connections),
	    .min = 1,
	    .max = 4000000,
	    .help = "connections open at once, at most (default 100, or\n"
		    "10000 with --rate)" },
	{ .name = "rate",
	    .arg = "N",
	    .kind = KIND_NUMBER,
	    .offset = AT(rate),
	    .min = 0.01,
	    .max = 1e8,
	    .help = "connections opened per second (default: one whenever\n"
		    "another has ended)" },
	{ .name = "requests",
	    .arg = "N",
	    .kind = KIND_WHOLE,
	    .offset = AT(requests),
	    .max = 4e9,
	    .def = 1,
	    .help = "requests on each connection, one after the other\n"
		    "(default 1; 0: without limit)" },
	{ .name = "no-keep-alive",
	    .kind = KIND_FLAG,
	    .offset = AT(no_keep_alive),
	    .help = "the same as --requests 1" },
	{ .name = "total",
	    .arg = "N",
	    .kind = KIND_WHOLE,
	    .offset = AT(total),
	    .min = 1,
	    .max = 1e15,
	    .help = "end after so many requests (default: no limit)" },
	{ .name = "duration",
	    .arg = "SECONDS",
	    .kind = KIND_NUMBER,
	    .offset = AT(duration_s),
	    .min = 0.1,
	    .max = 1e6,
	    .def = 10,
	    .help = "end after so long in any case (default 10)" },
	{ .name = "delay",
	    .arg = "SECONDS",
	    .kind = KIND_NUMBER,
	    .offset = AT(delay_s),
	    .max = 3600,
	    .help = "wait with the first connection (default 0)" },
	{ .name = "timeout",
	    .arg = "SECONDS",
	    .kind = KIND_NUMBER,
	    .offset = AT(timeout_s),
	    .min = 0.1,
	    .max = 86400,
	    .def = 10,
	    .help = "give a connection up that is silent for so long\n"
		    "(default 10)" },
	{ .name = "close",
	    .kind = KIND_FLAG,
	    .offset = AT(close),
	    .help = "close behind the last response, instead of letting\n"
		    "the server: TIME-WAIT is ours then" },
	{ .name = "half-close",
	    .kind = KIND_FLAG,
	    .offset = AT(half_close),
	    .help = "close the sending side right behind the last request" },
	{ .name = "fast-open",
	    .kind = KIND_FLAG,
	    .offset = AT(fast_open),
	    .help = "TCP Fast Open: ask the server for a cookie, then send\n"
		    "the first request of each connection in its SYN" },
	{ .name = "verify",
	    .arg = "FILE",
	    .kind = KIND_TEXT,
	    .offset = AT(verify_file),
	    .help = "every body must be as this file" },
	{ .name = "local-ports",
	    .arg = "MIN-MAX",
	    .kind = KIND_TEXT,
	    .offset = AT(local_ports),
	    .help = "range of local ports (default 1024-65535)" },
	{ .name = "json", .kind = KIND_FLAG, .offset = AT(json), .help = "report as JSON" },
	{ .name = "quiet", .kind = KIND_FLAG, .offset = AT(quiet), .help = "no line each second" },
	{ .name = "version",
	    .kind = KIND_ACTION,
	    .action = TG_LOAD_ACTION_VERSION,
	    .help = "print the version" },
	{ .name = "help",
	    .kind = KIND_ACTION,
	    .action = TG_LOAD_ACTION_HELP,
	    .help = "print this" },
};

void
tg_load_options_help(void)
{
	unsigned i;

	puts("Usage: tgload [EAL arguments --] [options] http://ADDRESS[:PORT][/PATH]\n"
	     "\n"
	     "Opens TCP connections by DPDK, past the kernel, sends HTTP requests on them and\n"
	     "reports rates, latencies and errors.\n");
	for (i = 0; i < TG_ARRAY_LEN(infos); i++) {
		const struct option_info *o = &infos[i];
		const char *line = o->help, *end;
		char name[32];

		if (line == NULL)
			continue;
		snprintf(name, sizeof(name), "--%s %s", o->name, o->arg != NULL ? o->arg : "");
		for (end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
			printf("  %-21s %.*s\n", name, (int)(end - line), line);
			name[0] = '\0';
			line = end + 1;
		}
		printf("  %-21s %s\n", name, line);
	}
	puts("\n"
	     "EAL arguments come before a lone \"--\" and join those of the device file.\n"
	     "Each second a line on stderr; the report is on stdout. SIGINT and SIGTERM end it\n"
	     "early, with the report; a second one ends at once.\n"
	     "\n"
	     "Exit code: 0 if every request was answered by a status below 400 and no connection\n"
	     "failed but those still open at the end; 1 if not, or if it could not run; 2 for a\n"
	     "wrong command line.");
}

static int
fault(const struct option_info *o, const char *value, const char *what)
{
	fprintf(stderr, "tgload: --%s %s: %s; try `tgload --help`.\n", o->name, value, what);
	return -EINVAL;
}

static int
parse_number(const struct option_info *o, const char *text, double *to)
{
	char what[96], *end;
	double v;

	errno = 0;
	v = strtod(text, &end);
	if (end != text && *end == '\0' && errno == 0 && v >= o->min && v <= o->max &&
	    (o->kind == KIND_NUMBER || v == floor(v))) {
		*to = v;
		return 0;
	}
	snprintf(what, sizeof(what), "is no %snumber from %.10g to %.10g",
	    o->kind == KIND_WHOLE ? "whole " : "", o->min, o->max);
	return fault(o, text, what);
}

static int
add_address(struct tg_load_options *options, const struct option_info *o, const char *text)
{
	/* One place is for the link-local address. */
	if (options->n_addresses == TG_CONFIG_ADDRESSES_MAX - 1)
		return fault(o, text, "is one address too many");
	options->address[options->n_addresses++] = text;
	return 0;
}

static int
set_gateway(struct tg_load_options *options, const struct option_info *o, const char *text)
{
	const char **to = strchr(text, ':') != NULL ? &options->gateway6 : &options->gateway4;

	if (*to != NULL)
		return fault(o, text, "is the second gateway of its family");
	*to = text;
	return 0;
}

static int
take(struct tg_load_options *options, const struct option_info *o, const char *arg)
{
	char *at = (char *)options + o->offset;

	switch (o->kind) {
	case KIND_FLAG:
		*(bool *)at = true;
		return 0;
	case KIND_NUMBER:
	case KIND_WHOLE:
		return parse_number(o, arg, (double *)(void *)at);
	case KIND_TEXT:
		*(const char **)(void *)at = arg;
		return 0;
	case KIND_ADDRESS:
		return add_address(options, o, arg);
	case KIND_GATEWAY:
		return set_gateway(options, o, arg);
	case KIND_ACTION:
		options->action = o->action;
		return 0;
	}
	return -EINVAL;
}

static int
bad_url(const char *url, const char *what)
{
	fprintf(stderr,
	    "tgload: %s: %s; give one such as http://192.0.2.2/status or "
	    "http://[2001:db8::2]:8080/\n",
	    url, what);
	return -EINVAL;
}

/* [host][:port][/path] behind "http://". */
static int
parse_url(struct tg_load_url *url, const char *text)
{
	const char *host, *end, *port;
	char ip[INET6_ADDRSTRLEN];
	char *port_end;
	long n = 80;

	if (strncmp(text, "http://", 7) != 0)
		return bad_url(text, "is no URL that begins with http://");
	url->host = host = text + 7;
	url->path = host + strcspn(host, "/?#");
	url->host_len = (unsigned)(url->path - host);
	url->is_ipv6 = *host == '[';
	end = url->is_ipv6 ? strchr(host, ']') : host + strcspn(host, ":/?#");
	if (end == NULL || (size_t)(end - host) >= sizeof(ip))
		return bad_url(text, "has no address");
	host += url->is_ipv6;
	snprintf(ip, sizeof(ip), "%.*s", (int)(end - host), host);
	if (inet_pton(url->is_ipv6 ? AF_INET6 : AF_INET, ip, url->ip.b) != 1)
		return bad_url(text, "names no address: names are not looked up");
	port = end + url->is_ipv6;
	if (*port == ':') {
		n = strtol(port + 1, &port_end, 10);
		port = port_end;
	}
	if (port != url->path || n < 1 || n > 65535)
		return bad_url(text, "has something wrong behind the address");
	url->port = (uint16_t)n;
	if (*url->path == '\0')
		url->path = "/";
	if (*url->path != '/' || strcspn(url->path, " #\t\r\n") != strlen(url->path))
		return bad_url(text, "has a path that no request can name");
	return 0;
}

static int
parse_local_ports(struct tg_load_options *options)
{
	unsigned min, max;
	int used = 0;

	options->local_port_min = 1024;
	options->local_port_max = 65535;
	if (options->local_ports == NULL)
		return 0;
	if (sscanf(options->local_ports, "%5u-%5u%n", &min, &max, &used) != 2 ||
	    options->local_ports[used] != '\0' || min < 1 || max > 65535 || min > max) {
		fprintf(stderr,
		    "tgload: --local-ports %s: is no range of ports such as 1024-65535; try "
		    "`tgload --help`.\n",
		    options->local_ports);
		return -EINVAL;
	}
	options->local_port_min = (uint16_t)min;
	options->local_port_max = (uint16_t)max;
	return 0;
}

static int
say_missing(const char *what)
{
	fprintf(stderr, "tgload: %s; try `tgload --help`.\n", what);
	return -EINVAL;
}

/* What is derived, and what only the whole shows. */
static int
conclude(struct tg_load_options *options, int n_urls, char **urls)
{
	int rc;

	if (options->action != TG_LOAD_ACTION_RUN)
		return 0;
	if (n_urls != 1)
		return say_missing(n_urls == 0 ? "no URL is given" : "more than one URL is given");
	rc = parse_url(&options->url, urls[0]);
	if (rc == 0)
		rc = parse_local_ports(options);
	if (rc < 0)
		return rc;
	if (options->n_addresses == 0)
		return say_missing("no local address is given: --address IP/LEN");
	if (options->no_keep_alive)
		options->requests = 1;
	if (options->connections == 0)
		options->connections = options->rate != 0 ? 10000 : 100;
	/* A worker without a connection would have nothing to do. */
	if (options->connections < options->workers)
		return say_missing("there are more workers than connections");
	if (options->pmd_file == NULL)
		options->pmd_file = DEFAULT_PMD_FILE;
	return 0;
}

static int
parse_own(struct tg_load_options *options, int argc, char **argv)
{
	struct option longopts[TG_ARRAY_LEN(infos) + 1] = { { 0 } };
	unsigned i;
	int c, rc = 0;

	for (i = 0; i < TG_ARRAY_LEN(infos); i++) {
		longopts[i] = (struct option){ infos[i].name,
			infos[i].arg != NULL ? required_argument : no_argument, NULL,
			(int)i + 256 };
		if (infos[i].def != 0)
			*(double *)(void *)((char *)options + infos[i].offset) = infos[i].def;
	}
	while (rc == 0 && (c = getopt_long(argc, argv, "", longopts, NULL)) != -1)
		rc = c == '?' ? say_missing("EAL arguments come before a lone \"--\"")
			      : take(options, &infos[c - 256], optarg);
	return rc != 0 ? rc : conclude(options, argc - optind, argv + optind);
}

/* The place of a lone "--", or 0. */
static int
find_separator(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i;
	}
	return 0;
}

int
tg_load_options_parse(struct tg_load_options *options, int argc, char **argv)
{
	int at = find_separator(argc, argv);

	*options = (struct tg_load_options){ .action = TG_LOAD_ACTION_RUN };
	if (at > 0) {
		options->eal_argc = at - 1;
		options->eal_argv = argv + 1;
		argv[at] = argv[0]; /* the name that getopt_long puts before its messages */
	}
	return parse_own(options, argc - at, argv + at);
}
