/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "figures.h"

#include <stdio.h>

static const struct {
	const char *name;
	uint32_t permyriad;
} percentiles[] = { { "p50", 5000 }, { "p90", 9000 }, { "p99", 9900 }, { "p99_9", 9990 } };

double
tg_figures_per_second(uint64_t n, tg_time_t ns)
{
	return ns == 0 ? 0 : (double)n * 1e9 / (double)ns;
}

double
tg_figures_ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

void
tg_figures_print_latency_head(void)
{
	printf("%-14s %9s %9s %9s %9s %9s %9s %9s\n", "latency in ms", "min", "p50", "p90", "p99",
	    "p99.9", "max", "mean");
}

void
tg_figures_print_latency(const char *name, const struct tg_histogram *h)
{
	unsigned i;

	printf("%-14s %9.3f", name, tg_figures_ms(tg_histogram_min(h)));
	for (i = 0; i < TG_ARRAY_LEN(percentiles); i++)
		printf(
		    " %9.3f", tg_figures_ms(tg_histogram_percentile(h, percentiles[i].permyriad)));
	printf(" %9.3f %9.3f\n", tg_figures_ms(tg_histogram_max(h)),
	    tg_figures_ms(tg_histogram_mean(h)));
}

void
tg_figures_put_latency(struct tg_json *j, const char *name, const struct tg_histogram *h)
{
	unsigned i;

	tg_json_open(j, name, '{');
	tg_json_number(j, "count", tg_histogram_count(h));
	tg_json_number(j, "min", tg_histogram_min(h));
	for (i = 0; i < TG_ARRAY_LEN(percentiles); i++)
		tg_json_number(
		    j, percentiles[i].name, tg_histogram_percentile(h, percentiles[i].permyriad));
	tg_json_number(j, "max", tg_histogram_max(h));
	tg_json_number(j, "mean", tg_histogram_mean(h));
	tg_json_close(j, '}');
}

void
tg_figures_put_stack(struct tg_json *j, const uint64_t *counter, const uint64_t *drop,
    const struct tg_port_losses *losses)
{
	unsigned i;

	tg_json_open(j, "counters", '{');
	for (i = 0; i < TG_COUNTER_MAX; i++)
		if (counter[i] != 0)
			tg_json_number(j, tg_counter_info[i].name, counter[i]);
	tg_json_close(j, '}');
	tg_json_open(j, "drops", '{');
	for (i = 0; i < TG_DROP_MAX; i++)
		if (drop[i] != 0)
			tg_json_number(j, tg_drop_info[i].name, drop[i]);
	tg_json_close(j, '}');
	tg_json_number(j, "port_missed", losses->missed);
}
