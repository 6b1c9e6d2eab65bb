/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Report: the figures of all workers added up, as a line, as text and as JSON.
 */
#ifndef TG_TGLOAD_REPORT_H
#define TG_TGLOAD_REPORT_H

#include "io/worker.h"
#include "load/load.h"

/* Large: keep it static. */
struct tg_load_report {
	tg_time_t elapsed_ns; /* since the first connection could be opened */
	uint64_t count[TG_LOAD_MAX];
	uint64_t counter[TG_COUNTER_MAX];
	uint64_t drop[TG_DROP_MAX];
	uint64_t open;
	bool finished; /* on every worker */
	struct tg_histogram handshake, request;
	struct tg_port_losses losses;
};

/* Reads the figures of all workers. Control thread, also while they run. */
void tg_load_report_read(struct tg_load_report *r, struct tg_workers *workers,
    const struct tg_port *port, tg_time_t elapsed_ns);

/* Writes the line of the second between two reports on stderr: over the last one if it is a
 * terminal. */
void tg_load_report_line(const struct tg_load_report *now, const struct tg_load_report *before);

/* Ends the line on a terminal. */
void tg_load_report_line_end(void);

/* Writes the whole on stdout. */
void tg_load_report_text(const struct tg_load_report *r);
void tg_load_report_json(const struct tg_load_report *r);

/* Connections that failed; those that were open at the end are not counted. */
uint64_t tg_load_report_errors(const struct tg_load_report *r);

#endif
