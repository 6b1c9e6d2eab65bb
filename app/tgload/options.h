/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Options: the command line of tgload.
 *
 *   tgload [EAL arguments --] [options] URL
 *
 * Everything before a lone "--" goes to EAL; without one, all is for tgload.
 */
#ifndef TG_TGLOAD_OPTIONS_H
#define TG_TGLOAD_OPTIONS_H

#include "config/config.h"
#include "url.h"

struct tg_option;

enum tg_load_action { TG_LOAD_ACTION_RUN, TG_LOAD_ACTION_HELP, TG_LOAD_ACTION_VERSION };

struct tg_load_options {
	enum tg_load_action action;
	const char *pmd_file;
	unsigned n_addresses;
	const char *address[TG_CONFIG_ADDRESSES_MAX];
	const char *gateway4, *gateway6; /* NULL: none */
	const char *verify_file;         /* NULL: bodies are not verified */
	const char *local_ports;         /* MIN-MAX */
	uint16_t local_port_min, local_port_max;
	/* Numbers of the command line are small enough to be exact. */
	double vlan, workers;
	double rate;        /* connections per second; 0: no limit */
	double connections; /* at once */
	double requests;    /* on a connection; 0: no limit */
	double total;       /* requests; 0: no limit */
	double duration_s, timeout_s, delay_s;
	bool no_keep_alive, close, half_close, fast_open, json, quiet;
	struct tg_url url;
	int eal_argc;
	char **eal_argv; /* eal_argc arguments, without the program name */
};

/* Reads the command line into options, which point into it. Reorders argv. Returns 0,
 * or -EINVAL after saying on stderr what is wrong. */
int tg_load_options_parse(struct tg_load_options *options, int argc, char **argv);

/* Take --address and --gateway, for the table of whatever program has a struct tg_load_options at
 * the option's offset. Return 0, or -EINVAL after saying on stderr what is wrong. */
int tg_load_take_address(void *options, const struct tg_option *o, const char *text);
int tg_load_take_gateway(void *options, const struct tg_option *o, const char *text);

/* Writes the help text on stdout. */
void tg_load_options_help(void);

#endif
