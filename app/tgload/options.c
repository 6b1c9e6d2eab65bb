/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "options.h"

#include "command_line.h"

#include <errno.h>

#define DEFAULT_PMD_FILE "/etc/tidegate/pmd.yaml"

static int
set_action(void *to, const struct tg_option *o, const char *text)
{
	struct tg_load_options *options = to;

	(void)text;
	options->action = (enum tg_load_action)o->action;
	return 0;
}

#define AT(field) offsetof(struct tg_load_options, field)

static const struct tg_option infos[] = {
	{ .name = "pmd",
	    .arg = "FILE",
	    .kind = TG_OPTION_TEXT,
	    .offset = AT(pmd_file),
	    .help = "device configuration: which port, and how\n"
		    "(default " DEFAULT_PMD_FILE "); --device is the same" },
	{ .name = "device", .arg = "FILE", .kind = TG_OPTION_TEXT, .offset = AT(pmd_file) },
	{ .name = "address",
	    .arg = "IP/LEN",
	    .kind = TG_OPTION_CUSTOM,
	    .take = tg_load_take_address,
	    .help = "local address and prefix length; may be repeated: more\n"
		    "addresses have more ports. Not probed for duplicates" },
	{ .name = "gateway",
	    .arg = "IP",
	    .kind = TG_OPTION_CUSTOM,
	    .take = tg_load_take_gateway,
	    .help = "router for what is off-link; one for each family" },
	{ .name = "vlan",
	    .arg = "ID",
	    .kind = TG_OPTION_WHOLE,
	    .offset = AT(vlan),
	    .max = 4094,
	    .help = "VLAN of the addresses (default 0, untagged)" },
	{ .name = "workers",
	    .arg = "N",
	    .kind = TG_OPTION_WHOLE,
	    .offset = AT(workers),
	    .min = 1,
	    .max = TG_CONFIG_WORKERS_MAX,
	    .def = 1,
	    .help = "poll-mode workers, one lcore each (default 1)" },
	{ .name = "connections",
	    .arg = "N",
	    .kind = TG_OPTION_WHOLE,
	    .offset = AT(connections),
	    .min = 1,
	    .max = 4000000,
	    .help = "connections open at once, at most (default 100, or\n"
		    "10000 with --rate)" },
	{ .name = "rate",
	    .arg = "N",
	    .kind = TG_OPTION_NUMBER,
	    .offset = AT(rate),
	    .min = 0.01,
	    .max = 1e8,
	    .help = "connections opened per second (default: one whenever\n"
		    "another has ended)" },
	{ .name = "requests",
	    .arg = "N",
	    .kind = TG_OPTION_WHOLE,
	    .offset = AT(requests),
	    .max = 4e9,
	    .def = 1,
	    .help = "requests on each connection, one after the other\n"
		    "(default 1; 0: without limit)" },
	{ .name = "no-keep-alive",
	    .kind = TG_OPTION_FLAG,
	    .offset = AT(no_keep_alive),
	    .help = "the same as --requests 1" },
	{ .name = "total",
	    .arg = "N",
	    .kind = TG_OPTION_WHOLE,
	    .offset = AT(total),
	    .min = 1,
	    .max = 1e15,
	    .help = "end after so many requests (default: no limit)" },
	{ .name = "duration",
	    .arg = "SECONDS",
	    .kind = TG_OPTION_NUMBER,
	    .offset = AT(duration_s),
	    .min = 0.1,
	    .max = 1e6,
	    .def = 10,
	    .help = "end after so long in any case (default 10)" },
	{ .name = "delay",
	    .arg = "SECONDS",
	    .kind = TG_OPTION_NUMBER,
	    .offset = AT(delay_s),
	    .max = 3600,
	    .help = "wait with the first connection (default 0)" },
	{ .name = "timeout",
	    .arg = "SECONDS",
	    .kind = TG_OPTION_NUMBER,
	    .offset = AT(timeout_s),
	    .min = 0.1,
	    .max = 86400,
	    .def = 10,
	    .help = "give a connection up that is silent for so long\n"
		    "(default 10)" },
	{ .name = "close",
	    .kind = TG_OPTION_FLAG,
	    .offset = AT(close),
	    .help = "close behind the last response, instead of letting\n"
		    "the server: TIME-WAIT is ours then" },
	{ .name = "half-close",
	    .kind = TG_OPTION_FLAG,
	    .offset = AT(half_close),
	    .help = "close the sending side right behind the last request" },
	{ .name = "fast-open",
	    .kind = TG_OPTION_FLAG,
	    .offset = AT(fast_open),
	    .help = "TCP Fast Open: ask the server for a cookie, then send\n"
		    "the first request of each connection in its SYN" },
	{ .name = "verify",
	    .arg = "FILE",
	    .kind = TG_OPTION_TEXT,
	    .offset = AT(verify_file),
	    .help = "every body must be as this file" },
	{ .name = "local-ports",
	    .arg = "MIN-MAX",
	    .kind = TG_OPTION_TEXT,
	    .offset = AT(local_ports),
	    .help = "range of local ports (default 1024-65535)" },
	{ .name = "json", .kind = TG_OPTION_FLAG, .offset = AT(json), .help = "report as JSON" },
	{ .name = "quiet",
	    .kind = TG_OPTION_FLAG,
	    .offset = AT(quiet),
	    .help = "no line each second" },
	{ .name = "version",
	    .kind = TG_OPTION_CUSTOM,
	    .take = set_action,
	    .action = TG_LOAD_ACTION_VERSION,
	    .help = "print the version" },
	{ .name = "help",
	    .kind = TG_OPTION_CUSTOM,
	    .take = set_action,
	    .action = TG_LOAD_ACTION_HELP,
	    .help = "print this" },
};

void
tg_load_options_help(void)
{
	puts("Usage: tgload [EAL arguments --] [options] http://ADDRESS[:PORT][/PATH]\n"
	     "\n"
	     "Opens TCP connections by DPDK, past the kernel, sends HTTP requests on them and\n"
	     "reports rates, latencies and errors.\n");
	tg_command_line_help(infos, TG_ARRAY_LEN(infos));
	puts("\n"
	     "EAL arguments come before a lone \"--\" and join those of the device file.\n"
	     "Each second a line on stderr; the report is on stdout. SIGINT and SIGTERM end it\n"
	     "early, with the report; a second one ends at once.\n"
	     "\n"
	     "Exit code: 0 if every request was answered by a status below 400 and no connection\n"
	     "failed but those still open at the end; 1 if not, or if it could not run; 2 for a\n"
	     "wrong command line.");
}

/* What is derived, and what only the whole shows. */
static int
conclude(struct tg_load_options *options, const struct tg_command_line *line)
{
	int rc;

	if (options->action != TG_LOAD_ACTION_RUN)
		return 0;
	if (options->local_ports == NULL)
		options->local_ports = "1024-65535";
	if (line->argc != 1)
		return tg_command_line_say(
		    line->argc == 0 ? "no URL is given" : "more than one URL is given");
	rc = tg_url_parse(&options->url, line->argv[0]);
	if (rc == 0)
		rc = tg_command_line_ports("local-ports", options->local_ports,
		    &options->local_port_min, &options->local_port_max);
	if (rc < 0)
		return rc;
	if (options->n_addresses == 0)
		return tg_command_line_say("no local address is given: --address IP/LEN");
	if (options->no_keep_alive)
		options->requests = 1;
	if (options->connections == 0)
		options->connections = options->rate != 0 ? 10000 : 100;
	/* A worker without a connection would have nothing to do. */
	if (options->connections < options->workers)
		return tg_command_line_say("there are more workers than connections");
	if (options->pmd_file == NULL)
		options->pmd_file = DEFAULT_PMD_FILE;
	return 0;
}

int
tg_load_options_parse(struct tg_load_options *options, int argc, char **argv)
{
	struct tg_command_line line;
	int rc;

	*options = (struct tg_load_options){ .action = TG_LOAD_ACTION_RUN };
	rc = tg_command_line_parse(&line, infos, TG_ARRAY_LEN(infos), options, argc, argv);
	options->eal_argc = line.eal_argc;
	options->eal_argv = line.eal_argv;
	return rc != 0 ? rc : conclude(options, &line);
}
