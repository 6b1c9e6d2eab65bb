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
	for (n = 0; n < TG_CONFIG_SOURCES_MAX; n++)
		sum->source_frames[n] += tally->source_frames[n];
	sum->busy += tally->busy;
	sum->cycles += tally->cycles;
	for (n = 0; n < TG_TIMED_MAX; n++)
		tg_times_add(&sum->times[n], &tally->times[n]);
}

unsigned
tg_report_active_workers(const struct tg_about_listener *listener, const struct tg_report *report)
{
	switch (listener->syn_cookies) {
	case TG_CONFIG_SYN_COOKIES_NEVER:
		return 0;
	case TG_CONFIG_SYN_COOKIES_AUTO:
		return report->total.syn_pressure;
	case TG_CONFIG_SYN_COOKIES_ALWAYS:
		return report->n_workers;
	}
	return 0;
}

const char *
tg_report_syn_cookies_name(enum tg_config_syn_cookies mode)
{
	static const char *const name[] = {
		[TG_CONFIG_SYN_COOKIES_NEVER] = "never",
		[TG_CONFIG_SYN_COOKIES_AUTO] = "auto",
		[TG_CONFIG_SYN_COOKIES_ALWAYS] = "always",
	};

	return name[mode];
}

const char *
tg_report_syn_overflow_name(enum tg_config_syn_overflow overflow)
{
	static const char *const name[] = {
		[TG_CONFIG_SYN_DROP] = "drop",
		[TG_CONFIG_SYN_RESET] = "reset",
	};

	return name[overflow];
}

const char *
tg_report_source_action_name(enum tg_config_source_action action)
{
	static const char *const name[] = {
		[TG_CONFIG_SOURCE_NONE] = "none",
		[TG_CONFIG_SOURCE_ALLOW] = "allow",
		[TG_CONFIG_SOURCE_DENY] = "deny",
	};

	return name[action];
}

enum tg_readiness
tg_report_readiness(bool draining, const struct tg_key_facts *keys)
{
	if (draining)
		return TG_NOT_READY_DRAINING;
	if (keys->shared && !keys->clock_synchronised && !keys->clock_trusted)
		return TG_NOT_READY_CLOCK;
	return TG_READY;
}

void
tg_report_pools(struct tg_pool_level pool[TG_REPORT_POOLS], const struct tg_about *about,
    const struct tg_report *report)
{
	const struct tg_tally *total = &report->total;
	uint64_t n = report->n_workers;
	uint32_t half_open = total->state[TG_TCP_SYN_RECEIVED];

	pool[0] =
	    (struct tg_pool_level){ "connections", total->connections, n * about->connections };
	pool[1] = (struct tg_pool_level){ "half_open", half_open, n * about->half_open };
	pool[2] = (struct tg_pool_level){ "side_records", total->sides, n * about->sides };
	pool[3] = (struct tg_pool_level){ "held_frames", total->held, n * about->held };
	pool[4] = (struct tg_pool_level){ "mbufs", report->mbufs, about->mbufs };
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
