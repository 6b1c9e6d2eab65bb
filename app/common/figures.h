/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Figures: latencies, rates and counters as the reports of programs that measure show them.
 */
#ifndef TG_APP_FIGURES_H
#define TG_APP_FIGURES_H

#include "base/histogram.h"
#include "base/stats.h"
#include "base/time.h"
#include "control/text.h"
#include "io/port.h"

/* n in ns nanoseconds, as a rate; 0 in no time. */
double tg_figures_per_second(uint64_t n, tg_time_t ns);

double tg_figures_ms(uint64_t ns);

/* Writes a table of latencies on stdout: its head, and a line each. */
void tg_figures_print_latency_head(void);
void tg_figures_print_latency(const char *name, const struct tg_histogram *h);

/* The same as a JSON object, in nanoseconds. */
void tg_figures_put_latency(struct tg_json *j, const char *name, const struct tg_histogram *h);

/* Appends counters and drops that are not zero, TG_COUNTER_MAX and TG_DROP_MAX of them, and what
 * the port lost. */
void tg_figures_put_stack(struct tg_json *j, const uint64_t *counter, const uint64_t *drop,
    const struct tg_port_losses *losses);

#endif
