/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Parses texts and files as configuration.
 */
#ifndef TG_TESTS_CONFIG_FIXTURE_H
#define TG_TESTS_CONFIG_FIXTURE_H

#include "config/config.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

static struct tg_config_errors err;
static struct tg_device_config dev;
static struct tg_service_config service;

static inline int
parse_service(const char *text)
{
	memset(&err, 0, sizeof(err));
	return tg_config_parse_service("t.yaml", text, strlen(text), &service, &err);
}

static inline int
parse_device(const char *text)
{
	memset(&err, 0, sizeof(err));
	return tg_config_parse_device("t.yaml", text, strlen(text), &dev, &err);
}

/* Where `want` ends in "...", only what stands before it counts. */
static inline bool
matches(const char *got, const char *want)
{
	size_t len = strlen(want);

	if (len > 3 && strcmp(want + len - 3, "...") == 0)
		return strncmp(got, want, len - 3) == 0;
	return strcmp(got, want) == 0;
}

static inline void
expect_one_error(const char *want)
{
	CU_ASSERT_EQUAL(err.n, 1);
	CU_ASSERT_EQUAL(err.lost, 0);
	CU_ASSERT_EQUAL(strncmp(err.e[0].text, "t.yaml", 6), 0);
	CU_ASSERT_TRUE(matches(err.e[0].text + 6, want));
	if (err.n != 1 || !matches(err.e[0].text + 6, want))
		printf("# got:  %s\n# want: t.yaml%s\n", err.e[0].text, want);
}

/* A file of the source tree. TG_SOURCE_ROOT tells where that is when the program does
 * not run in its build directory, from which __FILE__ is relative. */
static inline const char *
source_file(const char *name)
{
	static char path[1024];
	const char *root = getenv("TG_SOURCE_ROOT");

	if (root != NULL)
		snprintf(path, sizeof(path), "%s/%s", root, name);
	else
		snprintf(path, sizeof(path), "%.*s/../../%s",
		    (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__, name);
	return path;
}

#endif
