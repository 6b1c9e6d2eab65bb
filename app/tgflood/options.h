/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Options: the command line of tgflood.
 *
 *   tgflood [EAL arguments --] [options] --sources PREFIX URL
 */
#ifndef TG_TGFLOOD_OPTIONS_H
#define TG_TGFLOOD_OPTIONS_H

#include "../tgload/options.h"
#include "flood/flood.h"

enum tg_flood_action { TG_FLOOD_ACTION_RUN, TG_FLOOD_ACTION_HELP, TG_FLOOD_ACTION_VERSION };

struct tg_flood_args {
	enum tg_flood_action action;
	/* The port, its own addresses and the URL, and the clients beside the flood: their rate is
	 * 0 if there are none. */
	struct tg_load_options host;
	const char *sources_text, *ports_text;
	union tg_ip sources; /* prefix */
	uint8_t source_bits; /* its host bits */
	uint16_t port_min, port_max;
	unsigned order, tcp_options, close; /* of flood/flood.h */
	double rate;                        /* SYNs per second; negative: as many as go */
	double count;                       /* SYNs; 0: no limit */
	double duration_s, delay_s, interval_s;
	double check, complete; /* one of so many; 0: none */
	double seed;            /* negative: random */
	uint8_t mac[6];         /* of the next hop, where has_mac */
	bool has_mac, request, any_address, no_replies, json, quiet;
};

/* Reads the command line into args, which point into it. Reorders argv. Returns 0, or -EINVAL
 * after saying on stderr what is wrong. */
int tg_flood_args_parse(struct tg_flood_args *args, int argc, char **argv);

/* Writes the help text on stdout. */
void tg_flood_args_help(void);

#endif
