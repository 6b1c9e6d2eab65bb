/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum value_use {
	VALUE_NONE,
	VALUE_ATTACHED, /* only as --name=value */
	VALUE_NEXT,     /* attached, or else the next argument */
};

struct eal_option {
	const char *name; /* long, or NULL */
	char letter;      /* short, or 0 */
	enum value_use value;
	bool many;         /* EAL takes several */
	const char *group; /* spellings of one setting share it; NULL: alone */
};

static const struct eal_option options[] = {
	{ .letter = 'c', .value = VALUE_NEXT, .group = "lcores" },
	{ .letter = 'l', .value = VALUE_NEXT, .group = "lcores" },
	{ .name = "lcores", .value = VALUE_NEXT, .group = "lcores" },
	{ .letter = 's', .value = VALUE_NEXT, .group = "service cores" },
	{ .letter = 'S', .value = VALUE_NEXT, .group = "service cores" },
	{ .letter = 'm', .value = VALUE_NEXT, .group = "memory" },
	{ .name = "socket-mem", .value = VALUE_NEXT, .group = "memory" },
	{ .letter = 'n', .value = VALUE_NEXT, .group = "channels" },
	{ .letter = 'r', .value = VALUE_NEXT, .group = "ranks" },
	{ .letter = 'd', .value = VALUE_NEXT, .many = true },
	{ .letter = 'v' },
	{ .name = "help", .letter = 'h' },
	{ .name = "allow", .letter = 'a', .value = VALUE_NEXT, .many = true },
	{ .name = "block", .letter = 'b', .value = VALUE_NEXT, .many = true },
	{ .name = "vdev", .value = VALUE_NEXT, .many = true },
	{ .name = "log-level", .value = VALUE_NEXT, .many = true },
	{ .name = "trace", .value = VALUE_NEXT, .many = true },
	{ .name = "trace-dir", .value = VALUE_NEXT },
	{ .name = "trace-bufsz", .value = VALUE_NEXT },
	{ .name = "trace-mode", .value = VALUE_NEXT },
	{ .name = "base-virtaddr", .value = VALUE_NEXT },
	{ .name = "create-uio-dev" },
	{ .name = "file-prefix", .value = VALUE_NEXT },
	{ .name = "force-max-simd-bitwidth", .value = VALUE_NEXT },
	{ .name = "huge-dir", .value = VALUE_NEXT },
	{ .name = "huge-unlink", .value = VALUE_ATTACHED },
	{ .name = "huge-worker-stack", .value = VALUE_ATTACHED },
	{ .name = "in-memory" },
	{ .name = "iova-mode", .value = VALUE_NEXT },
	{ .name = "legacy-mem" },
	{ .name = "main-lcore", .value = VALUE_NEXT },
	{ .name = "match-allocations" },
	{ .name = "mbuf-pool-ops-name", .value = VALUE_NEXT },
	{ .name = "no-hpet" },
	{ .name = "no-huge" },
	{ .name = "no-pci" },
	{ .name = "no-shconf" },
	{ .name = "proc-type", .value = VALUE_NEXT },
	{ .name = "single-file-segments" },
	{ .name = "socket-limit", .value = VALUE_NEXT },
	{ .name = "syslog", .value = VALUE_NEXT },
	{ .name = "telemetry", .group = "telemetry" },
	{ .name = "no-telemetry", .group = "telemetry" },
	{ .name = "vfio-intr", .value = VALUE_NEXT },
	{ .name = "vfio-vf-token", .value = VALUE_NEXT },
	{ .name = "vmware-tsc-map" },
};

/* Where an argument came from. */
struct origin {
	char key[32];                 /* "eal.args[1]" or "command line" */
	struct tg_config_place place; /* in the device file */
	bool cli;
};

struct merge {
	const struct tg_device_config *dev;
	struct tg_eal_args *out;
	struct tg_config_errors *err;
	unsigned n_texts;
	struct origin origin[TG_CONFIG_EAL_ARGV_MAX];
	const struct eal_option *seen[TG_CONFIG_EAL_ARGV_MAX]; /* option that argv[i] is, or NULL */
};

static void fault(const struct merge *m, int i, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
fault(const struct merge *m, int i, const char *fmt, ...)
{
	const struct origin *o = &m->origin[i];
	va_list ap;

	va_start(ap, fmt);
	tg_config_error_add(m->err, o->cli ? o->key : m->dev->file, o->place,
	    o->cli ? NULL : o->key, m->out->argv[i], fmt, ap);
	va_end(ap);
}

static void
push(struct merge *m, char *arg, const struct origin *from)
{
	m->origin[m->out->argc] = *from;
	m->out->argv[m->out->argc++] = arg;
}

static void
push_text(struct merge *m, const char *key, const char *option, const char *value)
{
	struct origin from = { .cli = false };
	char *text = m->out->text[m->n_texts++];

	snprintf(from.key, sizeof(from.key), "%s", key);
	snprintf(text, TG_CONFIG_EAL_ARG_MAX, "%s%s", option, value);
	push(m, text, &from);
}

static void
push_device(struct merge *m)
{
	const struct tg_device_config *dev = m->dev;
	char number[24];
	unsigned i;

	push_text(m, "program", "tidegate", "");
	if (dev->eal.lcores[0] != '\0')
		push_text(m, "eal.lcores", "--lcores=", dev->eal.lcores);
	if (dev->eal.memory_mb != 0) {
		snprintf(number, sizeof(number), "%u", dev->eal.memory_mb);
		push_text(m, "eal.memory_mb", "-m", "");
		push_text(m, "eal.memory_mb", number, "");
	}
	if (!dev->eal.huge)
		push_text(m, "eal.huge", "--no-huge", "");
	push_text(m, "eal.file_prefix", "--file-prefix=", dev->eal.file_prefix);
	if (dev->port.vdev[0] != '\0') {
		if (!dev->eal.pci)
			push_text(m, "eal.pci", "--no-pci", "");
		push_text(m, "port.vdev", "--vdev=", dev->port.vdev);
	} else {
		push_text(m, "port.pci", "--allow=", dev->port.pci);
	}
	for (i = 0; i < dev->eal.n_args; i++) {
		snprintf(number, sizeof(number), "eal.args[%u]", i);
		push_text(m, number, dev->eal.args[i], "");
		m->origin[m->out->argc - 1].place = dev->eal.args_at[i];
	}
}

/* EAL reads its command line with getopt_long, which takes unambiguous beginnings. */
static const struct eal_option *
find_long(const char *name, size_t len)
{
	const struct eal_option *found = NULL;
	unsigned i, n = 0;

	for (i = 0; i < TG_ARRAY_LEN(options); i++) {
		const struct eal_option *o = &options[i];

		if (o->name == NULL || strncmp(o->name, name, len) != 0)
			continue;
		if (o->name[len] == '\0')
			return o;
		found = o;
		n++;
	}
	return n == 1 ? found : NULL;
}

static const struct eal_option *
find_option(const char *arg)
{
	unsigned i;

	if (arg[0] != '-' || arg[1] == '\0')
		return NULL;
	if (arg[1] == '-')
		return find_long(arg + 2, strcspn(arg + 2, "="));
	for (i = 0; i < TG_ARRAY_LEN(options); i++) {
		if (options[i].letter == arg[1])
			return &options[i];
	}
	return NULL;
}

/* Whether the argument behind `arg` is its value. */
static bool
takes_next(const struct eal_option *o, const char *arg)
{
	if (o == NULL || o->value != VALUE_NEXT)
		return false;
	return arg[1] == '-' ? strchr(arg, '=') == NULL : arg[2] == '\0';
}

static bool
same_setting(const struct eal_option *a, const struct eal_option *b)
{
	if (a == NULL || b == NULL || a->many)
		return false;
	return a == b || (a->group != NULL && b->group != NULL && strcmp(a->group, b->group) == 0);
}

static void
check_once(const struct merge *m, int i)
{
	int j;

	for (j = 1; j < i; j++) {
		if (!same_setting(m->seen[i], m->seen[j]))
			continue;
		if (m->origin[j].cli)
			fault(m, i, "is on the command line twice; give it once");
		else
			fault(m, i, "is given by %s of %s too, as %s; give it in one place",
			    m->origin[j].key, m->dev->file, m->out->argv[j]);
		return;
	}
}

/* Finds out which arguments are options and which are their values. */
static void
check_options(struct merge *m)
{
	int argc = m->out->argc, i;
	bool unknown_before = false;

	for (i = 1; i < argc; i++) {
		const char *arg = m->out->argv[i];

		m->seen[i] = find_option(arg);
		if (arg[0] != '-' && !unknown_before)
			fault(m, i, "is no option; give EAL options that begin with a dash");
		/* What follows an option that a later DPDK added may be its value. */
		unknown_before = arg[0] == '-' && m->seen[i] == NULL;
		check_once(m, i);
		i += takes_next(m->seen[i], arg);
	}
}

static void
check_memory_mode(const struct merge *m)
{
	const struct eal_option *no_huge = find_long("no-huge", 7);
	const struct eal_option *in_memory = find_long("in-memory", 9);
	int argc = m->out->argc, i, a = 0, b = 0;

	for (i = 1; i < argc; i++) {
		a = m->seen[i] == no_huge ? i : a;
		b = m->seen[i] == in_memory ? i : b;
	}
	if (a != 0 && b != 0)
		fault(m, TG_MAX(a, b), "excludes %s, given by %s; give one of them",
		    m->out->argv[TG_MIN(a, b)], m->origin[TG_MIN(a, b)].key);
}

int
tg_config_merge_eal(const struct tg_device_config *dev, int cli_argc, char **cli_argv,
    struct tg_eal_args *out, struct tg_config_errors *err)
{
	static const struct origin cli = { .key = "command line", .cli = true };
	struct merge m = { .dev = dev, .out = out, .err = err };
	unsigned before = tg_config_errors_seen(err);
	int i;

	memset(out, 0, sizeof(*out));
	push_device(&m);
	for (i = 0; i < cli_argc && out->argc < TG_CONFIG_EAL_ARGV_MAX; i++)
		push(&m, cli_argv[i], &cli);
	if (i < cli_argc)
		fault(&m, out->argc - 1, "is followed by too many arguments; give at most %d",
		    TG_CONFIG_EAL_ARGV_MAX);
	check_options(&m);
	check_memory_mode(&m);
	return tg_config_errors_seen(err) == before ? 0 : -EINVAL;
}
