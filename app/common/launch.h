/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Launch: from what is wired to workers on their lcores, and the link they wait for.
 */
#ifndef TG_APP_LAUNCH_H
#define TG_APP_LAUNCH_H

#include "io/worker.h"
#include "wire.h"

/* Creates n_workers workers for port, one on each of EAL's worker lcores, of which there are
 * enough. w and dev must outlive them. Returns NULL and has logged why on failure. */
struct tg_workers *tg_launch_create(const struct tg_port *port, const struct tg_device_config *dev,
    const struct tg_wiring *w, uint32_t n_workers);

/* What is known of the link; zeroed before the first look. */
struct tg_link {
	bool known; /* it was looked at */
	bool up;
};

/* Looks at the link; says in the log when it has changed, and tells the workers when it came
 * up. */
void tg_launch_watch_link(
    struct tg_link *link, const struct tg_port *port, struct tg_workers *workers);

#endif
