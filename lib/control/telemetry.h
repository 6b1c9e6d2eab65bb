/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Telemetry: commands on EAL's telemetry socket, for dpdk-telemetry.py.
 *
 *   /tidegate/status        version, uptime, load of the workers
 *   /tidegate/port          the port, its features in effect, its link, what it lost
 *   /tidegate/connections   connections by state
 *   /tidegate/pools         pools: in use and limit
 *   /tidegate/listeners     listeners and their modes
 *   /tidegate/syn_cookies   keys of SYN cookies, and the clock
 *   /tidegate/reload        reads the file of keys again, as SIGHUP does
 *   /tidegate/sources       frames of each class of sources
 *   /tidegate/counters      what was counted
 *   /tidegate/drops         why frames were dropped
 *
 * Connections, sources, counters and drops are sums over all workers, or those of one
 * worker: `/tidegate/drops,0`.
 */
#ifndef TG_CONTROL_TELEMETRY_H
#define TG_CONTROL_TELEMETRY_H

#include "control/key_store.h"

/* Registers the commands. about, workers, port and keys must stay valid until
 * tg_telemetry_stop. Returns 0 or -errno. Control thread, once, EAL must be up. */
int tg_telemetry_start(const struct tg_about *about, struct tg_workers *workers,
    const struct tg_port *port, struct tg_key_store *keys);

/* From its return on the commands answer nothing and touch nothing. */
void tg_telemetry_stop(void);

#endif
