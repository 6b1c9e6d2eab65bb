/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Run: the appliance from the port's start to its end, on the control thread.
 */
#ifndef TG_APP_RUN_H
#define TG_APP_RUN_H

#include "control/pages.h"

/* Brings everything up, serves until SIGINT or SIGTERM, drains and takes everything
 * down. EAL must be up, signals blocked. Returns 0 or -errno, after saying what failed. */
int tg_run(const struct tg_device_config *dev, const struct tg_service_config *service,
    const struct tg_pages *pages);

#endif
