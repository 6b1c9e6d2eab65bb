/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * EAL: starting DPDK with the arguments of the device file and the command line, and
 * leaving nothing of it behind.
 */
#ifndef TG_APP_EAL_H
#define TG_APP_EAL_H

#include "config/config.h"

/* Completes the EAL arguments and starts EAL.
 *
 * Where neither the device file nor the command line names lcores: the control thread
 * runs on the first CPU that the process may use and each worker alone on one of the
 * next; with fewer CPUs than threads they share.
 *
 * dev: its lcores are filled in. Returns 0 or -errno, after saying what is wrong. */
int tg_eal_start(struct tg_device_config *dev, const struct tg_service_config *service,
    int eal_argc, char **eal_argv);

/* Ends EAL and removes its runtime directory. */
void tg_eal_stop(void);

/* Writes the errors of a configuration on stderr, one per line. */
void tg_print_errors(const struct tg_config_errors *err);

#endif
