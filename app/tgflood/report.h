/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Report: the figures of the flood and of the clients beside it, as a line, as text and as JSON.
 */
#ifndef TG_TGFLOOD_REPORT_H
#define TG_TGFLOOD_REPORT_H

#include "load/load.h"
#include "loop.h"

#define TG_FLOOD_INTERVALS_MAX 1000 /* kept for the report; later ones have their line only */

/* How long an interval was, and what passed each second of it. */
struct tg_flood_interval {
	tg_time_t ns;
	uint32_t syns, replies;
};

/* Large: keep it static. */
struct tg_flood_report {
	uint64_t began_ns;            /* Unix time of the first SYN */
	tg_time_t elapsed_ns;         /* from then on */
	uint64_t count[TG_FLOOD_MAX]; /* up to the end */
	uint64_t timed[TG_FLOOD_MAX]; /* within elapsed_ns */
	uint64_t client[TG_LOAD_MAX];
	uint64_t counter[TG_COUNTER_MAX];
	uint64_t drop[TG_DROP_MAX];
	uint64_t tuples, unread, gaps, gap_ns, gap_max_ns, intervals, clean_intervals;
	bool has_clients;
	struct tg_port_losses losses;
	const struct tg_histogram *answer, *handshake, *clean_handshake, *request; /* of the loop */
};

/* Reads the figures, also while the loop runs. elapsed_ns: since the first SYN; once running has
 * ended that of the loop takes its place. */
void tg_flood_report_read(struct tg_flood_report *r, struct tg_flood_loop *l,
    const struct tg_port *port, tg_time_t elapsed_ns);

/* The sum of the counts of a kind. */
uint64_t tg_flood_report_kind(const struct tg_flood_report *r, enum tg_flood_kind kind);

/* Rates of the interval between two reports; replies of all kinds. */
struct tg_flood_interval tg_flood_report_interval(
    const struct tg_flood_report *now, const struct tg_flood_report *before);

/* Writes the line of the interval between two reports on stderr: over the last one if it is a
 * terminal. */
void tg_flood_report_line(const struct tg_flood_report *now, const struct tg_flood_report *before);

/* Ends the line on a terminal. */
void tg_flood_report_line_end(void);

/* Writes the whole on stdout. */
void tg_flood_report_text(const struct tg_flood_report *r);
void tg_flood_report_json(
    const struct tg_flood_report *r, const struct tg_flood_interval *interval, uint32_t n);

/* What must not be: replies that are wrong, completed handshakes that were refused, clients that
 * failed. */
uint64_t tg_flood_report_errors(const struct tg_flood_report *r);

#endif
