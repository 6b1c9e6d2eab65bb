/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "eal.h"
#include "options.h"
#include "plan.h"
#include "run.h"
#include "signals.h"

#include <rte_log.h>
#include <stdio.h>

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

static struct tg_device_config device;
static struct tg_plan plan;

/* Loads the device file and makes the plan, or says everything that is wrong. */
static int
load(const struct tg_load_options *options)
{
	static struct tg_config_errors err;
	static struct tg_eal_args args;
	int device_rc = tg_config_load_device(options->pmd_file, &device, &err);
	int rc = tg_plan_make(&plan, options, &err);

	if (device_rc == 0)
		tg_config_merge_eal(&device, options->eal_argc, options->eal_argv, &args, &err);
	if (device_rc == 0 && rc == 0)
		tg_config_check_together(&device, &plan.service, &err);
	tg_print_errors(&err);
	return err.n > 0 ? -1 : rc;
}

static int
run(const struct tg_load_options *options)
{
	int rc;

	if (load(options) < 0)
		return EXIT_FAILED;
	rte_log_set_level_pattern("tidegate.*", RTE_LOG_WARNING);
	tg_signals_block();
	rc = tg_eal_start(&device, &plan.service, options->eal_argc, options->eal_argv);
	if (rc == 0) {
		rc = tg_load_run(&device, &plan);
		tg_eal_stop();
	}
	return rc == 0 ? EXIT_OK : EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct tg_load_options options;

	if (tg_load_options_parse(&options, argc, argv) < 0)
		return EXIT_USAGE;
	switch (options.action) {
	case TG_LOAD_ACTION_RUN:
		return run(&options);
	case TG_LOAD_ACTION_HELP:
		tg_load_options_help();
		break;
	case TG_LOAD_ACTION_VERSION:
		puts("tgload " TG_VERSION);
		break;
	}
	return EXIT_OK;
}
