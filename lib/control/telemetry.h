/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Telemetry: commands on EAL's telemetry socket, for dpdk-telemetry.py.
 *
 *   /tidegate/status        version, uptime, load of the workers
 *   /tidegate/port          the port, its features in effect, its link, what it lost
 *   /tidegate/connections   connections by state
 *   /tidegate/pools         pools: in use and limit
 *   /tidegate/counters      what was counted
 *   /tidegate/drops         why frames were dropped
 *
 * Connections, counters and drops are sums over all workers, or those of one worker:
 * `/tidegate/drops,0`.
 */
#ifndef TG_CONTROL_TELEMETRY_H
#define TG_CONTROL_TELEMETRY_H

#include "control/report.h"

/* Registers the commands. about, workers and port must stay valid until
 * tg_telemetry_stop. Returns 0 or -errno. Control thread, once, EAL must be up. */
int tg_telemetry_start(
    const struct tg_about *about, struct tg_workers *workers, const struct tg_port *port);

/* From its return on the commands answer nothing and touch nothing. */
void tg_telemetry_stop(void);

#endif
