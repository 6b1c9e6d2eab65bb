/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * EAL for tests: one CPU, no hugepages, no PCI, a runtime directory of its own that
 * goes away with it. Three lcores share the CPU: 0 is the test, 1 and 2 are for workers.
 */
#ifndef TG_TESTS_IO_EAL_H
#define TG_TESTS_IO_EAL_H

#include <CUnit/CUnit.h>

/* Starts EAL with further arguments (NULL ends them), runs the suites as
 * tg_tap_run, ends EAL. Returns the exit code of the program. */
int tg_eal_tap_run(CU_SuiteInfo *suites, const char *const more[]);

#endif
