/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Wire: turns the configuration and the port as it came up into what the shards are
 * made from.
 */
#ifndef TG_APP_WIRE_H
#define TG_APP_WIRE_H

#include "config/config.h"
#include "io/port.h"
#include "shard/shard.h"

/* Points into itself: must not be copied. Large: keep it static. */
struct tg_wiring {
	struct tg_net net;
	struct tg_tcp_config tcp; /* secrets are the caller's to fill before tg_wire */
	struct tg_neighbor_limits neighbor;
	struct tg_shard_config shard;
	const struct tg_config_source *source; /* the configuration's */
	unsigned n_sources;
	struct tg_endpoint endpoint[TG_CONFIG_LISTENERS_MAX * TG_NET_ADDRS_MAX];
};

/* Fills w. Returns 0, or -ENOSPC after saying in the log which table is full. */
int tg_wire(
    struct tg_wiring *w, const struct tg_service_config *service, const struct tg_port *port);

#endif
