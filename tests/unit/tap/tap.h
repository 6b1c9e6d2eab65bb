/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Runs CUnit suites and reports each test as a TAP line on standard output.
 */
#ifndef TG_TESTS_TAP_H
#define TG_TESTS_TAP_H

#include <CUnit/CUnit.h>

/* Runs the suites, a table that ends with CU_SUITE_INFO_NULL. Returns the exit code
 * of the program: 0 if every suite started and no assertion failed. */
int tg_tap_run(CU_SuiteInfo *suites);

#endif
