/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/report.h"

#include <ctype.h>

void
tg_tally_add(struct tg_tally *sum, const struct tg_tally *tally)
{
	unsigned n;

	for (n = 0; n < TG_COUNTER_MAX; n++)
		sum->counter[n] += tally->counter[n];
	for (n = 0; n < TG_DROP_MAX; n++)
		sum->drop[n] += tally->drop[n];
	for (n = 0; n < TG_TCP_STATES; n++)
		sum->state[n] += tally->state[n];
	sum->drops += tally->drops;
	sum->connections += tally->connections;
	sum->sides += tally->sides;
	sum->held += tally->held;
	sum->syn_pressure += tally->syn_pressure;
	sum->busy += tally->busy;
	sum->cycles += tally->cycles;
}

void
tg_report_pools(struct tg_pool_level pool[TG_REPORT_POOLS], const struct tg_about *about,
    const struct tg_report *report)
{
	const struct tg_tally *total = &report->total;
	uint64_t n = report->n_workers;
	uint32_t half_open = total->state[TG_TCP_SYN_RECEIVED];

	pool[0] = (struct tg_pool_level){ "connections", "connections", total->connections,
		n * about->connections };
	pool[1] = (struct tg_pool_level){ "half_open", "half-open connections", half_open,
		n * about->half_open };
	pool[2] = (struct tg_pool_level){ "side_records", "side records", total->sides,
		n * about->sides };
	pool[3] =
	    (struct tg_pool_level){ "held_frames", "held frames", total->held, n * about->held };
	pool[4] = (struct tg_pool_level){ "mbufs", "frame buffers", report->mbufs, about->mbufs };
}

void
tg_report_state_name(char name[TG_REPORT_NAME_MAX], enum tg_tcp_state state)
{
	const char *from = tg_tcp_state_name[state];
	unsigned i;

	for (i = 0; i < TG_REPORT_NAME_MAX - 1 && from[i] != '\0'; i++)
		name[i] =
		    isalnum((unsigned char)from[i]) ? (char)tolower((unsigned char)from[i]) : '_';
	name[i] = '\0';
}

bool
tg_report_state_shown(enum tg_tcp_state state)
{
	return state != TG_TCP_CLOSED && state != TG_TCP_LISTEN && state != TG_TCP_SYN_SENT;
}

uint64_t
tg_report_rate(uint64_t now, uint64_t before, tg_time_t dt)
{
	if (dt == 0)
		return 0;
	return (uint64_t)((double)(now - before) * (double)TG_NS_PER_SEC / (double)dt + 0.5);
}

unsigned
tg_report_load(const struct tg_tally *now, const struct tg_tally *before)
{
	uint64_t cycles = now->cycles - before->cycles;

	if (cycles == 0)
		return 0;
	/* A hundred times the cycles of two years do not fit in 64 bits. */
	return (unsigned)TG_MIN((unsigned __int128)(now->busy - before->busy) * 100 / cycles, 100U);
}
