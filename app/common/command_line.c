/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "command_line.h"

#include "control/text.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_OPTION 256 /* what getopt_long returns: no character */

void
tg_command_line_help(const struct tg_option *table, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		const struct tg_option *o = &table[i];
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
}

int
tg_command_line_fault(const char *name, const char *value, const char *what)
{
	fprintf(stderr, "%s: --%s %s: %s; try `%s --help`.\n", program_invocation_short_name, name,
	    value, what, program_invocation_short_name);
	return -EINVAL;
}

int
tg_command_line_say(const char *what)
{
	fprintf(stderr, "%s: %s; try `%s --help`.\n", program_invocation_short_name, what,
	    program_invocation_short_name);
	return -EINVAL;
}

static int
parse_number(const struct tg_option *o, const char *text, double *to)
{
	char what[96], *end;
	double v;

	errno = 0;
	v = strtod(text, &end);
	if (end != text && *end == '\0' && errno == 0 && v >= o->min && v <= o->max &&
	    (o->kind == TG_OPTION_NUMBER || v == floor(v))) {
		*to = v;
		return 0;
	}
	snprintf(what, sizeof(what), "is no %snumber from %.10g to %.10g",
	    o->kind == TG_OPTION_WHOLE ? "whole " : "", o->min, o->max);
	return tg_command_line_fault(o->name, text, what);
}

static int
parse_word(const struct tg_option *o, const char *text, unsigned *to)
{
	struct tg_text said;
	char what[96];
	unsigned i;

	tg_text_init(&said, what, sizeof(what));
	tg_text_printf(&said, "is none of");
	for (i = 0; o->words[i] != NULL; i++) {
		if (strcmp(text, o->words[i]) == 0) {
			*to = i;
			return 0;
		}
		tg_text_printf(&said, "%s %s", i == 0 ? "" : ",", o->words[i]);
	}
	return tg_command_line_fault(o->name, text, what);
}

int
tg_command_line_ports(const char *name, const char *text, uint16_t *min, uint16_t *max)
{
	unsigned from, to;
	int used = 0;

	if (sscanf(text, "%5u-%5u%n", &from, &to, &used) != 2 || text[used] != '\0' || from < 1 ||
	    to > 65535 || from > to)
		return tg_command_line_fault(name, text, "is no range of ports such as 1024-65535");
	*min = (uint16_t)from;
	*max = (uint16_t)to;
	return 0;
}

static int
take(void *options, const struct tg_option *o, const char *arg)
{
	char *at = (char *)options + o->offset;

	switch (o->kind) {
	case TG_OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case TG_OPTION_NUMBER:
	case TG_OPTION_WHOLE:
		return parse_number(o, arg, (double *)(void *)at);
	case TG_OPTION_TEXT:
		*(const char **)(void *)at = arg;
		return 0;
	case TG_OPTION_WORD:
		return parse_word(o, arg, (unsigned *)(void *)at);
	case TG_OPTION_CUSTOM:
		return o->take(at, o, arg);
	}
	return -EINVAL;
}

static int
parse_own(const struct tg_option *table, unsigned n, void *options, int argc, char **argv)
{
	struct option longopts[TG_COMMAND_LINE_MAX + 1] = { { 0 } };
	unsigned i;
	int c, rc = 0;

	assert(n <= TG_COMMAND_LINE_MAX);
	for (i = 0; i < n; i++) {
		longopts[i] = (struct option){ table[i].name,
			table[i].arg != NULL ? required_argument : no_argument, NULL,
			(int)i + FIRST_OPTION };
		if (table[i].def != 0)
			*(double *)(void *)((char *)options + table[i].offset) = table[i].def;
	}
	while (rc == 0 && (c = getopt_long(argc, argv, "", longopts, NULL)) != -1)
		rc = c == '?' ? tg_command_line_say("EAL arguments come before a lone \"--\"")
			      : take(options, &table[c - FIRST_OPTION], optarg);
	return rc;
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
tg_command_line_parse(struct tg_command_line *line, const struct tg_option *table, unsigned n,
    void *options, int argc, char **argv)
{
	int at = find_separator(argc, argv), rc;

	*line = (struct tg_command_line){ 0 };
	if (at > 0) {
		line->eal_argc = at - 1;
		line->eal_argv = argv + 1;
		argv[at] = argv[0]; /* the name that getopt_long puts before its messages */
	}
	rc = parse_own(table, n, options, argc - at, argv + at);
	line->argc = argc - at - optind;
	line->argv = argv + at + optind;
	return rc;
}
