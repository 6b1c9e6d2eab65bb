/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Command line: long options from a table into a struct of the program's own.
 *
 *   program [EAL arguments --] [options] WHAT
 *
 * Everything before a lone "--" goes to EAL; without one, all is for the program. Errors are
 * said on stderr, after the name of the program.
 */
#ifndef TG_APP_COMMAND_LINE_H
#define TG_APP_COMMAND_LINE_H

#include <stddef.h>

#include "base/types.h"

#define TG_COMMAND_LINE_MAX 64 /* options in a table */

enum tg_option_kind {
	TG_OPTION_FLAG,   /* a bool */
	TG_OPTION_NUMBER, /* a double */
	TG_OPTION_WHOLE,  /* a double without a fraction: such are small enough to be exact */
	TG_OPTION_TEXT,   /* a const char * */
	TG_OPTION_WORD,   /* an unsigned: the place of the argument in words */
	TG_OPTION_CUSTOM, /* what take says */
};

struct tg_option {
	const char *name;
	const char *arg; /* as in the help; NULL: it takes none */
	enum tg_option_kind kind;
	size_t offset; /* in the program's struct: of the value, or of what take is given */
	double min, max;
	double def;               /* of numbers; 0: none */
	const char *const *words; /* ends with NULL */
	int (*take)(void *at, const struct tg_option *o, const char *arg);
	unsigned action;  /* for take */
	const char *help; /* lines; NULL: another name of the one before */
};

/* The arguments that are no options of the program's. */
struct tg_command_line {
	int eal_argc;
	char **eal_argv; /* eal_argc arguments, without the program name */
	int argc;
	char **argv; /* behind the options */
};

/* Reads the command line into options, which has been zeroed and afterwards points into argv;
 * numbers get their defaults first. Reorders argv. Returns 0, or -EINVAL after saying what is
 * wrong. */
int tg_command_line_parse(struct tg_command_line *line, const struct tg_option *table, unsigned n,
    void *options, int argc, char **argv);

/* Writes the table for --help on stdout. */
void tg_command_line_help(const struct tg_option *table, unsigned n);

/* Says that an option's value is wrong: "is no ...". Returns -EINVAL. */
int tg_command_line_fault(const char *name, const char *value, const char *what);

/* Says what is wrong with the whole. Returns -EINVAL. */
int tg_command_line_say(const char *what);

/* Reads a range of ports such as 1024-65535. Returns 0, or -EINVAL after saying that option name
 * is wrong. */
int tg_command_line_ports(const char *name, const char *text, uint16_t *min, uint16_t *max);

#endif
