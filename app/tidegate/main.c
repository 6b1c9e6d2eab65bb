/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/secrets.h"
#include "eal.h"
#include "options.h"
#include "run.h"
#include "signals.h"

#include <rte_log.h>
#include <stdio.h>

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

static struct tg_device_config device;
static struct tg_service_config service;

/* Loads both files and makes the site. NULL after saying everything that is wrong. */
static struct tg_pages *
load(const struct tg_options *options)
{
	static struct tg_config_errors err;
	static struct tg_eal_args args;
	char why[TG_PAGES_WHY_MAX];
	struct tg_pages *pages;
	int device_rc = tg_config_load_device(options->pmd_file, &device, &err);
	int service_rc = tg_config_load_service(options->config_file, &service, &err);

	if (device_rc == 0)
		tg_config_merge_eal(&device, options->eal_argc, options->eal_argv, &args, &err);
	if (device_rc == 0 && service_rc == 0)
		tg_config_check_together(&device, &service, &err);
	tg_print_errors(&err);
	if (err.n > 0)
		return NULL;
	pages = tg_pages_create(&service, why);
	if (pages == NULL)
		fprintf(stderr, "%s: %s\n", service.file, why);
	return pages;
}

/* Before EAL, whose --log-level may then say otherwise. */
static void
set_log_level(enum tg_config_log_level level)
{
	static const uint32_t rte_level[] = {
		[TG_CONFIG_LOG_DEBUG] = RTE_LOG_DEBUG,
		[TG_CONFIG_LOG_INFO] = RTE_LOG_INFO,
		[TG_CONFIG_LOG_WARN] = RTE_LOG_WARNING,
		[TG_CONFIG_LOG_ERROR] = RTE_LOG_ERR,
	};

	rte_log_set_level_pattern("tidegate.*", rte_level[level]);
}

static int
run(const struct tg_options *options)
{
	struct tg_pages *pages = load(options);
	int rc;

	if (pages == NULL)
		return EXIT_FAILED;
	set_log_level(service.log_level);
	tg_signals_block();
	rc = tg_eal_start(&device, &service, options->eal_argc, options->eal_argv);
	if (rc == 0) {
		rc = tg_run(&device, &service, pages);
		tg_eal_stop();
	}
	tg_pages_free(pages);
	return rc == 0 ? EXIT_OK : EXIT_FAILED;
}

static int
check(const struct tg_options *options)
{
	struct tg_pages *pages = load(options);

	if (pages == NULL)
		return EXIT_FAILED;
	puts("configuration is valid");
	tg_pages_free(pages);
	return EXIT_OK;
}

static int
make_secret(const char *user)
{
	char secret[TG_SECRET_CHARS], line[TG_CONFIG_USER_MAX];

	if (tg_secrets_make_user(user, secret, line) < 0) {
		fputs("tidegate: no random bytes\n", stderr);
		return EXIT_FAILED;
	}
	printf("users:  \"%s\"\nsecret: %s\n", line, secret);
	return EXIT_OK;
}

int
main(int argc, char **argv)
{
	struct tg_options options;

	if (tg_options_parse(&options, argc, argv) < 0)
		return EXIT_USAGE;
	switch (options.action) {
	case TG_ACTION_RUN:
		return run(&options);
	case TG_ACTION_CHECK:
		return check(&options);
	case TG_ACTION_SECRET:
		return make_secret(options.user);
	case TG_ACTION_PRINT_CONFIG:
		tg_config_print_sample(stdout);
		break;
	case TG_ACTION_HELP:
		tg_options_help();
		break;
	case TG_ACTION_HELP_CONFIG:
		tg_config_print_reference(stdout);
		break;
	case TG_ACTION_VERSION:
		puts("tidegate " TG_VERSION);
		break;
	}
	return EXIT_OK;
}
