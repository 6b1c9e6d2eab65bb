/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "launch.h"

#include "control/log.h"

#include <rte_lcore.h>

_Static_assert(TG_CONFIG_WORKERS_MAX <= TG_WORKERS_MAX, "as many workers as can be configured");

struct tg_workers *
tg_launch_create(const struct tg_port *port, const struct tg_device_config *dev,
    const struct tg_wiring *w, uint32_t n_workers)
{
	unsigned lcore[TG_CONFIG_WORKERS_MAX], id;
	struct tg_workers_config config = { .port = port,
		.dev = dev,
		.shard = &w->shard,
		.flow_key = &w->tcp.secrets.flow,
		.source = w->source,
		.n_sources = w->n_sources,
		.lcore = lcore };

	RTE_LCORE_FOREACH_WORKER(id)
	{
		if (config.n_workers < n_workers)
			lcore[config.n_workers++] = id;
	}
	return tg_workers_create(&config);
}

void
tg_launch_watch_link(struct tg_link *link, const struct tg_port *port, struct tg_workers *workers)
{
	uint32_t speed_mbps;
	bool up = tg_port_link(port, &speed_mbps);

	if (link->known && up == link->up)
		return;
	link->known = true;
	link->up = up;
	if (!up) {
		TG_CONTROL_LOG(WARNING, "link down");
		return;
	}
	if (speed_mbps != 0)
		TG_CONTROL_LOG(INFO, "link up, %u Mbit/s", speed_mbps);
	else
		TG_CONTROL_LOG(INFO, "link up");
	tg_workers_link_up(workers);
}
