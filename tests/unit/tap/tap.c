/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "tap.h"

#include <CUnit/TestRun.h>
#include <stdio.h>

static unsigned tests_run;

static void
print_failures(const CU_FailureRecord *failure)
{
	for (; failure != NULL; failure = failure->pNext)
		printf("# %s:%u: %s\n", failure->strFileName, failure->uiLineNumber,
		    failure->strCondition);
}

static void
on_test_complete(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failure)
{
	printf("%s %u - %s: %s\n", failure == NULL ? "ok" : "not ok", ++tests_run, suite->pName,
	    test->pName);
	print_failures(failure);
	fflush(stdout); /* a later crash must not swallow this line */
}

static void
on_suite_init_failure(const CU_pSuite suite)
{
	printf("not ok %u - %s: suite could not start\n", ++tests_run, suite->pName);
}

int
tg_tap_run(CU_SuiteInfo *suites)
{
	unsigned failed;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
		printf("Bail out! CUnit: %s\n", CU_get_error_msg());
		return 1;
	}
	CU_set_test_complete_handler(on_test_complete);
	CU_set_suite_init_failure_handler(on_suite_init_failure);
	CU_run_all_tests();
	printf("1..%u\n", tests_run);
	/* CUnit counts a suite that cannot start as a failure record, not as a failed test. */
	failed = CU_get_number_of_failure_records();
	CU_cleanup_registry();
	return failed == 0 && tests_run > 0 ? 0 : 1;
}
