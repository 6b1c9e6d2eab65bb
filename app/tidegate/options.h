/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Options: the command line of tidegate.
 *
 *   tidegate [EAL arguments --] [options]
 *
 *   tidegate secret NAME
 *
 * Everything before a lone "--" goes to EAL; without one, all is for tidegate.
 */
#ifndef TG_APP_OPTIONS_H
#define TG_APP_OPTIONS_H

enum tg_action {
	TG_ACTION_RUN,
	TG_ACTION_CHECK,
	TG_ACTION_PRINT_CONFIG,
	TG_ACTION_HELP,
	TG_ACTION_HELP_CONFIG,
	TG_ACTION_VERSION,
	TG_ACTION_SECRET,
};

struct tg_options {
	enum tg_action action;
	const char *pmd_file;    /* device configuration; set for RUN and CHECK */
	const char *user;        /* set for SECRET */
	const char *config_file; /* service configuration; likewise */
	int eal_argc;
	char **eal_argv; /* eal_argc arguments, without the program name */
};

/* Reads the command line into options, which point into it. Reorders argv. Returns 0,
 * or -EINVAL after saying on stderr what is wrong. */
int tg_options_parse(struct tg_options *options, int argc, char **argv);

/* Writes the help text on stdout. */
void tg_options_help(void);

#endif
