/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Run: the load from the port's start to the report, on the control thread.
 */
#ifndef TG_TGLOAD_RUN_H
#define TG_TGLOAD_RUN_H

#include "plan.h"

/* Brings everything up, runs the plan to its end or until SIGINT or SIGTERM, reports and takes
 * everything down. EAL must be up, signals blocked. Returns 0 if all went well, 1 if it ran and
 * something failed, or -errno after saying why it could not run. */
int tg_load_run(const struct tg_device_config *dev, struct tg_plan *plan);

#endif
