/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "eal.h"

#include <dirent.h>
#include <rte_eal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/log.h"
#include "tap.h"

#define ARGS_MAX 24

/* rte_eal_cleanup leaves its files behind. */
static void
remove_directory(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	(void)rmdir(path);
}

int
tg_eal_tap_run(CU_SuiteInfo *suites, const char *const more[])
{
	static char prefix[32], runtime[4096], arg[ARGS_MAX][64];
	static const char *const fixed[] = { "test", "--no-huge", "--no-pci", "--no-telemetry",
		"--log-level=lib.eal:critical", "--log-level=lib.ethdev:critical", "-m", "192",
		"--lcores=(0-2)@0" };
	char *argv[ARGS_MAX + 1];
	int argc = 0, rc;
	unsigned i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		snprintf(arg[argc++], sizeof(arg[0]), "%s", fixed[i]);
	snprintf(prefix, sizeof(prefix), "--file-prefix=tgio%d", (int)getpid());
	snprintf(arg[argc++], sizeof(arg[0]), "%s", prefix);
	for (i = 0; more != NULL && more[i] != NULL; i++)
		snprintf(arg[argc++], sizeof(arg[0]), "%s", more[i]);
	for (i = 0; i < (unsigned)argc; i++)
		argv[i] = arg[i];
	argv[argc] = NULL;
	if (rte_eal_init(argc, argv) < 0) {
		printf("Bail out! EAL does not start\n");
		return 1;
	}
	rte_log_set_level(tg_io_logtype, RTE_LOG_EMERG); /* refusals are the subject of tests */
	snprintf(runtime, sizeof(runtime), "%s", rte_eal_get_runtime_dir());
	rc = tg_tap_run(suites);
	(void)rte_eal_cleanup();
	remove_directory(runtime);
	return rc;
}
