/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Options by which every program that opens connections says who it is on the wire.
 */
#include <string.h>

#include "command_line.h"
#include "options.h"

int
tg_load_take_address(void *to, const struct tg_option *o, const char *text)
{
	struct tg_load_options *options = to;

	/* One place is for the link-local address. */
	if (options->n_addresses == TG_CONFIG_ADDRESSES_MAX - 1)
		return tg_command_line_fault(o->name, text, "is one address too many");
	options->address[options->n_addresses++] = text;
	return 0;
}

int
tg_load_take_gateway(void *to, const struct tg_option *o, const char *text)
{
	struct tg_load_options *options = to;
	const char **gateway = strchr(text, ':') != NULL ? &options->gateway6 : &options->gateway4;

	if (*gateway != NULL)
		return tg_command_line_fault(o->name, text, "is the second gateway of its family");
	*gateway = text;
	return 0;
}
