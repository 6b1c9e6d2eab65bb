/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/report.h"

#include "io/worker.h"

#include <string.h>

void
tg_tally_read(struct tg_tally *tally, struct tg_workers *workers, uint16_t i)
{
	struct tg_shard *shard = tg_workers_shard(workers, i);
	const struct tg_stats *stats = tg_shard_stats(shard);
	const struct tg_tcp_gauges *gauges = tg_shard_gauges(shard);
	unsigned n;

	*tally = (struct tg_tally){ .sides = tg_gauge(&gauges->sides),
		.held = tg_gauge(&gauges->held),
		.syn_pressure = tg_gauge(&gauges->syn_pressure) };
	for (n = 0; n < TG_COUNTER_MAX; n++)
		tally->counter[n] = tg_stats_counter(stats, (enum tg_counter)n);
	for (n = 0; n < TG_DROP_MAX; n++) {
		tally->drop[n] = tg_stats_drop(stats, (enum tg_drop)n);
		tally->drops += tally->drop[n];
	}
	for (n = 0; n < TG_TCP_STATES; n++) {
		tally->state[n] = tg_gauge(&gauges->state[n]);
		tally->connections += tally->state[n];
	}
	for (n = 0; n < TG_CONFIG_SOURCES_MAX; n++)
		tally->source_frames[n] = tg_workers_class_frames(workers, i, n + 1);
	for (n = 0; n < TG_TIMED_MAX; n++)
		tg_timing_read(&stats->timing[n], &tally->times[n]);
	tg_workers_load(workers, i, &tally->busy, &tally->cycles);
}

void
tg_report_read(struct tg_report *report, struct tg_workers *workers, const struct tg_port *port)
{
	struct tg_port_losses losses;
	uint16_t i;

	memset(&report->total, 0, sizeof(report->total));
	report->at = tg_clock_ns();
	report->link_up = tg_port_link(port, &report->speed_mbps);
	tg_port_read_losses(port, &losses);
	report->rx_missed = losses.missed;
	report->rx_errors = losses.errors;
	report->rx_no_buffer = losses.no_buffer;
	report->mbufs = rte_mempool_in_use_count(port->pool);
	report->n_workers = tg_workers_count(workers);
	for (i = 0; i < report->n_workers; i++) {
		tg_tally_read(&report->worker[i], workers, i);
		tg_tally_add(&report->total, &report->worker[i]);
	}
}
