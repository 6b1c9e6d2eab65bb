/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_PMD_FILE    "/etc/tidegate/pmd.yaml"
#define DEFAULT_CONFIG_FILE "/etc/tidegate/tidegate.yaml"

enum { OPT_PMD = 1, OPT_CONFIG, OPT_ACTION };

static const struct option long_options[] = {
	{ "pmd", required_argument, NULL, OPT_PMD },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "check", no_argument, NULL, OPT_ACTION + TG_ACTION_CHECK },
	{ "print-config", no_argument, NULL, OPT_ACTION + TG_ACTION_PRINT_CONFIG },
	{ "help", no_argument, NULL, OPT_ACTION + TG_ACTION_HELP },
	{ "help-config", no_argument, NULL, OPT_ACTION + TG_ACTION_HELP_CONFIG },
	{ "version", no_argument, NULL, OPT_ACTION + TG_ACTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

void
tg_options_help(void)
{
	puts("Usage: tidegate [EAL arguments --] [options]\n"
	     "       tidegate secret NAME\n"
	     "\n"
	     "Owns a network port by DPDK, answers TCP on it and serves HTTP status pages.\n"
	     "\n"
	     "  --pmd FILE      device configuration: which port, and how\n"
	     "                  (default " DEFAULT_PMD_FILE ")\n"
	     "  --config FILE   service configuration: addresses, listeners, limits, pages\n"
	     "                  (default " DEFAULT_CONFIG_FILE ")\n"
	     "  --check         check both files and end: 0 valid, 1 not\n"
	     "  --print-config  print a complete, commented service configuration\n"
	     "  --help-config   print the reference of both files' keys\n"
	     "  --version       print the version\n"
	     "  --help          print this\n"
	     "\n"
	     "`tidegate secret` makes a secret for a user of a route: it prints the line for\n"
	     "routes[].users and, this once, the secret.\n"
	     "\n"
	     "EAL arguments come before a lone \"--\" and join those of the device file.\n"
	     "SIGINT and SIGTERM close the connections and end; a second one ends at once.\n"
	     "SIGHUP has the file of keys read again.");
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

static int
parse_own(struct tg_options *options, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (c) {
		case '?': /* getopt_long said which */
			fputs("EAL arguments come before a lone \"--\"; "
			      "try `tidegate --help`.\n",
			    stderr);
			return -EINVAL;
		case OPT_PMD:
			options->pmd_file = optarg;
			break;
		case OPT_CONFIG:
			options->config_file = optarg;
			break;
		default:
			options->action = (enum tg_action)(c - OPT_ACTION);
		}
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "%s: argument '%s' is not an option; try `tidegate --help`.\n", argv[0],
	    argv[optind]);
	return -EINVAL;
}

static int
default_file(const char **file, const char *standard, const char *what, const char *option)
{
	if (*file != NULL)
		return 0;
	*file = standard;
	if (access(standard, F_OK) == 0)
		return 0;
	fprintf(stderr, "tidegate: no %s configuration: give %s FILE, there is no %s\n", what,
	    option, standard);
	return -EINVAL;
}

/* tidegate secret NAME. A colon would end the name (RFC 7617 section 2). */
static int
parse_secret(struct tg_options *options, int argc, char **argv)
{
	options->action = TG_ACTION_SECRET;
	if (argc == 3 && strlen(argv[2]) > 0 && strlen(argv[2]) < 32 &&
	    strpbrk(argv[2], ": \t\"\\#") == NULL) {
		options->user = argv[2];
		return 0;
	}
	fputs("tidegate secret: give one name of 1 to 31 characters, without colon, space, quote,\n"
	      "backslash and number sign.\n",
	    stderr);
	return -EINVAL;
}

int
tg_options_parse(struct tg_options *options, int argc, char **argv)
{
	int at = find_separator(argc, argv), rc;

	*options = (struct tg_options){ .action = TG_ACTION_RUN };
	if (argc > 1 && strcmp(argv[1], "secret") == 0)
		return parse_secret(options, argc, argv);
	if (at > 0) {
		options->eal_argc = at - 1;
		options->eal_argv = argv + 1;
		argv[at] = argv[0]; /* the name that getopt_long puts before its messages */
	}
	rc = parse_own(options, argc - at, argv + at);
	if (rc < 0)
		return rc;
	if (options->action != TG_ACTION_RUN && options->action != TG_ACTION_CHECK)
		return 0;
	rc = default_file(&options->pmd_file, DEFAULT_PMD_FILE, "device", "--pmd");
	if (rc < 0)
		return rc;
	return default_file(&options->config_file, DEFAULT_CONFIG_FILE, "service", "--config");
}
