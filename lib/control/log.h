/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Log lines of the control thread, under the DPDK log type "tidegate.control".
 */
#ifndef TG_CONTROL_LOG_H
#define TG_CONTROL_LOG_H

#include <rte_common.h>
#include <rte_log.h>

extern int tg_control_logtype; /* "tidegate.control" */

/* level: ERR, WARNING, NOTICE, INFO or DEBUG. The format is a sentence without newline. */
#define TG_CONTROL_LOG(level, ...)                                                                 \
	rte_log(RTE_LOG_##level, tg_control_logtype,                                               \
	    "tidegate: " RTE_FMT(RTE_FMT_HEAD(__VA_ARGS__, ) "\n", RTE_FMT_TAIL(__VA_ARGS__, )))

#endif
