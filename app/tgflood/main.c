/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "eal.h"
#include "options.h"
#include "run.h"
#include "signals.h"

#include <rte_log.h>
#include <stdio.h>

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

static struct tg_device_config device;
static struct tg_plan plan;

/* Loads the device file and makes the plan of the own addresses and the clients, or says everything
 * that is wrong. */
static int
load(const struct tg_load_options *host)
{
	static struct tg_config_errors err;
	static struct tg_eal_args args;
	int device_rc = tg_config_load_device(host->pmd_file, &device, &err);
	int rc = tg_plan_make(&plan, host, &err);

	if (device_rc == 0)
		tg_config_merge_eal(&device, host->eal_argc, host->eal_argv, &args, &err);
	if (device_rc == 0 && rc == 0)
		tg_config_check_together(&device, &plan.service, &err);
	tg_print_errors(&err);
	return err.n > 0 ? -1 : rc;
}

static int
run(const struct tg_flood_args *args)
{
	const struct tg_load_options *host = &args->host;
	int rc;

	if (load(host) < 0)
		return EXIT_FAILED;
	rte_log_set_level_pattern("tidegate.*", RTE_LOG_WARNING);
	tg_signals_block();
	rc = tg_eal_start(&device, &plan.service, host->eal_argc, host->eal_argv);
	if (rc == 0) {
		rc = tg_flood_run(&device, args, &plan);
		tg_eal_stop();
	}
	return rc == 0 ? EXIT_OK : EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	static struct tg_flood_args args;

	if (tg_flood_args_parse(&args, argc, argv) < 0)
		return EXIT_USAGE;
	switch (args.action) {
	case TG_FLOOD_ACTION_RUN:
		return run(&args);
	case TG_FLOOD_ACTION_HELP:
		tg_flood_args_help();
		break;
	case TG_FLOOD_ACTION_VERSION:
		puts("tgflood " TG_VERSION);
		break;
	}
	return EXIT_OK;
}
