/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Log lines of lib/io, under the DPDK log type "tidegate.io". Control path only.
 */
#ifndef TG_IO_LOG_H
#define TG_IO_LOG_H

#include <rte_log.h>

extern int tg_io_logtype;

/* level: ERR, WARNING, NOTICE, INFO or DEBUG. The format is a sentence without newline. */
#define TG_IO_LOG(level, ...)                                                                      \
	rte_log(RTE_LOG_##level, tg_io_logtype,                                                    \
	    "tidegate.io: " RTE_FMT(                                                               \
		RTE_FMT_HEAD(__VA_ARGS__, ) "\n", RTE_FMT_TAIL(__VA_ARGS__, )))

#endif
