/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Plan: from the command line to what lib/config, the wiring and lib/load take.
 */
#ifndef TG_TGLOAD_PLAN_H
#define TG_TGLOAD_PLAN_H

#include "load/load.h"
#include "options.h"
#include "wire.h"

/* Points into itself: must not be copied. Large: keep it static. */
struct tg_plan {
	const struct tg_load_options *options;
	struct tg_service_config service; /* called "command line" in errors */
	struct tg_load_config load;
	char request[2][2048]; /* any but the last, the last */
	uint32_t n_workers;
	/* what worker_of needs */
	const struct tg_port *port;
	const struct tg_siphash_key *flow_key;
};

/* Makes the plan as far as the options tell. Errors go to err, or for --verify to stderr.
 * Returns 0 or -errno. */
int tg_plan_make(
    struct tg_plan *plan, const struct tg_load_options *options, struct tg_config_errors *err);

/* Wires the port as tg_wire does, with the client as the user and endpoints to connect from.
 * w, secrets filled in, and port outlive the plan. Returns 0, or -errno after saying in the log
 * what is wrong, for instance that there is no way to the remote address. */
int tg_plan_wire(struct tg_plan *plan, struct tg_wiring *w, const struct tg_port *port);

/* Gives worker i of the plan's its share. */
void tg_plan_share(const struct tg_plan *plan, struct tg_shard *shard, uint16_t i);

#endif
