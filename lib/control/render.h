/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Render: the bodies that show the state of the appliance at one moment.
 *
 * Control thread only.
 */
#ifndef TG_CONTROL_RENDER_H
#define TG_CONTROL_RENDER_H

#include "control/report.h"
#include "control/text.h"

struct tg_moment {
	const struct tg_about *about;
	const struct tg_report *now;
	const struct tg_report *before; /* rates are taken between the two; may equal now */
	const struct tg_key_facts *keys;
	uint64_t unix_seconds;
	bool draining;
};

/* Bytes that the bodies take at most: every entry at its longest. */
#define TG_RENDER_STATUS_BYTES(n_workers)                                                          \
	(4096U + 160U * TG_CONFIG_LISTENERS_MAX + 112U * TG_CONFIG_SOURCES_MAX +                   \
	    64U * (TG_COUNTER_MAX + TG_DROP_MAX) + 96U * TG_LIMIT_MAX + 512U * TG_TIMED_MAX +      \
	    1536U * (n_workers))

#define TG_RENDER_METRICS_BYTES(n_workers)                                                         \
	(12288U + 352U * TG_COUNTER_MAX + 128U * TG_DROP_MAX + 192U * TG_LIMIT_MAX +               \
	    3072U * TG_TIMED_MAX + 96U * TG_CONFIG_SOURCES_MAX + 256U * (n_workers))

/* Writes the body of `/status`: one JSON object, as docs/status.schema.json has it. */
void tg_render_status(struct tg_text *t, const struct tg_moment *m);

/* Writes the body of `/metrics`: in Prometheus' text format 0.0.4, or in OpenMetrics 1.0. */
void tg_render_metrics(struct tg_text *t, const struct tg_moment *m);
void tg_render_openmetrics(struct tg_text *t, const struct tg_moment *m);

/* Whole seconds since the program started. */
uint64_t tg_moment_uptime(const struct tg_moment *m);

#endif
