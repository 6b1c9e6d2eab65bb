/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "eal.h"

#include "control/log.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <sched.h>
#include <unistd.h>

void
tg_print_errors(const struct tg_config_errors *err)
{
	unsigned i;

	for (i = 0; i < err->n; i++)
		fprintf(stderr, "%s\n", err->e[i].text);
	if (err->lost > 0)
		fprintf(stderr, "and %u more errors\n", err->lost);
}

/* Whether an argument names lcores, in any of EAL's spellings. */
static bool
names_lcores(const char *arg)
{
	return strncmp(arg, "-l", 2) == 0 || strncmp(arg, "-c", 2) == 0 ||
	       strncmp(arg, "--lc", 4) == 0;
}

static bool
names_telemetry(const char *arg)
{
	return strcmp(arg, "--no-telemetry") == 0 || strcmp(arg, "--telemetry") == 0;
}

/* Whether some argument of the device file or the command line is of a kind. */
static bool
is_given(const struct tg_device_config *dev, int argc, char **argv, bool (*is_kind)(const char *))
{
	unsigned i;
	int k;

	for (i = 0; i < dev->eal.n_args; i++) {
		if (is_kind(dev->eal.args[i]))
			return true;
	}
	for (k = 0; k < argc; k++) {
		if (is_kind(argv[k]))
			return true;
	}
	return false;
}

/* The CPUs that the process may use, in order; returns how many. */
static unsigned
list_cpus(unsigned *cpu, unsigned max)
{
	cpu_set_t set;
	unsigned i, n = 0;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 0;
	for (i = 0; i < CPU_SETSIZE && n < max; i++) {
		if (CPU_ISSET(i, &set))
			cpu[n++] = i;
	}
	return n;
}

static int
derive_lcores(struct tg_device_config *dev, uint32_t n_workers)
{
	unsigned cpu[TG_CONFIG_WORKERS_MAX + 1];
	unsigned n = list_cpus(cpu, n_workers + 1), i;
	char *to = dev->eal.lcores;
	size_t room = sizeof(dev->eal.lcores), used;

	if (n == 0)
		return -errno;
	used = (size_t)snprintf(to, room, "0@%u", cpu[0]);
	for (i = 0; i < n_workers && used < room; i++)
		used += (size_t)snprintf(
		    to + used, room - used, ",%u@%u", i + 1, cpu[n > n_workers ? i + 1 : i % n]);
	if (used >= room) {
		TG_CONTROL_LOG(ERR,
		    "%u workers are too many to place by itself: name the lcores, for example "
		    "`eal.lcores: 0-%u` in %s",
		    n_workers, n_workers, dev->file);
		return -E2BIG;
	}
	dev->eal.n_lcores = n_workers + 1;
	return 0;
}

/* Merges the arguments. out must outlive EAL. */
static int
merge_args(const struct tg_device_config *dev, bool telemetry, int argc, char **argv,
    struct tg_eal_args *out)
{
	static char no_telemetry[] = "--no-telemetry";
	static struct tg_config_errors err;
	char *all[TG_CONFIG_EAL_ARGV_MAX];
	int n;

	for (n = 0; n < argc && n < TG_CONFIG_EAL_ARGV_MAX - 1; n++)
		all[n] = argv[n];
	if (!telemetry && !is_given(dev, argc, argv, names_telemetry))
		all[n++] = no_telemetry;
	if (tg_config_merge_eal(dev, n, all, out, &err) == 0)
		return 0;
	tg_print_errors(&err);
	return -EINVAL;
}

int
tg_eal_start(struct tg_device_config *dev, const struct tg_service_config *service, int eal_argc,
    char **eal_argv)
{
	static struct tg_eal_args args;
	int rc = 0;

	if (dev->eal.lcores[0] == '\0' && !is_given(dev, eal_argc, eal_argv, names_lcores))
		rc = derive_lcores(dev, service->workers);
	if (rc == 0)
		rc = merge_args(dev, service->telemetry, eal_argc, eal_argv, &args);
	if (rc < 0)
		return rc;
	if (rte_eal_init(args.argc, args.argv) < 0) {
		/* rte_errno is not always set; EAL has logged the reason. */
		TG_CONTROL_LOG(ERR, "EAL does not start");
		return -ENODEV;
	}
	if (rte_lcore_count() < service->workers + 1) {
		TG_CONTROL_LOG(ERR,
		    "%u workers need %u lcores, one of them for control, and EAL has %u: give "
		    "fewer workers in %s, or more lcores",
		    service->workers, service->workers + 1, rte_lcore_count(), service->file);
		tg_eal_stop();
		return -EINVAL;
	}
	return 0;
}

/* Removes the files in EAL's directory, then the directory. */
static void
remove_runtime_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	rmdir(path);
}

void
tg_eal_stop(void)
{
	bool ours = rte_eal_process_type() == RTE_PROC_PRIMARY;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	if (ours)
		remove_runtime_dir(path);
}
