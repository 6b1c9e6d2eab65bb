/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Run: the flood from the port's start to the report, on the control thread.
 */
#ifndef TG_TGFLOOD_RUN_H
#define TG_TGFLOOD_RUN_H

#include "../tgload/plan.h"
#include "options.h"

/* Brings everything up, floods until the end or SIGINT or SIGTERM, reports and takes everything
 * down. EAL must be up, signals blocked; plan is that of args->host. Returns 0 if all went well, 1
 * if it ran and something was wrong, or -errno after saying why it could not run. */
int tg_flood_run(
    const struct tg_device_config *dev, const struct tg_flood_args *args, struct tg_plan *plan);

#endif
