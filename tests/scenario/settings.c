/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What a scenario may configure, under the names of the service's own keys.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"
#include "sockets/stack.h"

#define TIMER(field) offsetof(struct tg_tcp_config, timers.field)
#define LIMIT(field) offsetof(struct tg_tcp_config, limits.field)
#define AT(field)    offsetof(struct tg_tcp_config, field)

enum unit { UNIT_MS, UNIT_U8, UNIT_U16, UNIT_U32, UNIT_ECN };

static const struct {
	const char *name;
	size_t at;
	enum unit unit;
} settings[] = {
	{ "rto_initial_ms", TIMER(rto_initial), UNIT_MS },
	{ "rto_min_ms", TIMER(rto_min), UNIT_MS },
	{ "rto_max_ms", TIMER(rto_max), UNIT_MS },
	{ "delayed_ack_ms", TIMER(delayed_ack), UNIT_MS },
	{ "msl_ms", TIMER(msl), UNIT_MS },
	{ "fin_wait2_ms", TIMER(fin_wait2), UNIT_MS },
	{ "idle_timeout_ms", TIMER(idle), UNIT_MS },
	{ "keep_alive_ms", TIMER(keep_alive), UNIT_MS },
	{ "keep_alive_interval_ms", TIMER(keep_alive_interval), UNIT_MS },
	{ "keep_alive_probes", TIMER(keep_alive_probes), UNIT_U8 },
	{ "syn_retries", TIMER(syn_retries), UNIT_U8 },
	{ "syn_ack_retries", TIMER(syn_ack_retries), UNIT_U8 },
	{ "retries", TIMER(retries), UNIT_U8 },
	{ "half_open", LIMIT(half_open), UNIT_U32 },
	{ "fast_open_pending", LIMIT(fast_open_pending), UNIT_U32 },
	{ "held_per_connection", LIMIT(held_per_connection), UNIT_U32 },
	{ "challenge_acks_per_second", LIMIT(challenge_acks_per_second), UNIT_U32 },
	{ "resets_per_second", LIMIT(resets_per_second), UNIT_U32 },
	{ "receive_window_bytes", AT(receive_window), UNIT_U32 },
	{ "window_scale", AT(window_scale), UNIT_U8 },
	{ "initial_window_segments", AT(initial_window), UNIT_U16 },
	{ "mss4", AT(mss4), UNIT_U16 },
	{ "mss6", AT(mss6), UNIT_U16 },
	{ "timestamps", AT(timestamps), UNIT_U8 },
	{ "sack", AT(sack), UNIT_U8 },
	{ "nagle", AT(nagle), UNIT_U8 },
	{ "keep_alive", AT(keep_alive), UNIT_U8 },
	{ "ecn", AT(ecn), UNIT_ECN },
};

void
play_defaults(struct tg_tcp_config *config)
{
	*config = (struct tg_tcp_config){
		.timers = { .rto_initial = tg_ticks_from_ms(1000),
		    .rto_min = tg_ticks_from_ms(200),
		    .rto_max = tg_ticks_from_ms(60000),
		    .delayed_ack = tg_ticks_from_ms(40),
		    .msl = tg_ticks_from_ms(30000),
		    .fin_wait2 = tg_ticks_from_ms(60000),
		    .idle = tg_ticks_from_ms(7200000),
		    .keep_alive = tg_ticks_from_ms(7200000),
		    .keep_alive_interval = tg_ticks_from_ms(75000),
		    .keep_alive_probes = 9,
		    .syn_retries = 5,
		    .syn_ack_retries = 5,
		    .retries = 15 },
		.receive_window = 65536,
		.window_scale = 7,
		.timestamps = true,
		.sack = true,
		.initial_window = 10,
		.mss4 = 1460,
		.mss6 = 1460, /* one scenario for both: IPv6 has an MTU of 1520 */
	};
	stack_limits(&config->limits);
}

static void
set(void *at, enum unit unit, const char *text)
{
	uint32_t value = (uint32_t)strtoul(text, NULL, 10);

	switch (unit) {
	case UNIT_MS:
		*(uint32_t *)at = tg_ticks_from_ms(value);
		return;
	case UNIT_U8:
		*(uint8_t *)at = (uint8_t)value;
		return;
	case UNIT_U16:
		*(uint16_t *)at = (uint16_t)value;
		return;
	case UNIT_U32:
		*(uint32_t *)at = value;
		return;
	case UNIT_ECN:
		*(enum tg_tcp_ecn *)at = strncmp(text, "always", 6) == 0   ? TG_TCP_ECN_ALWAYS
					 : strncmp(text, "accept", 6) == 0 ? TG_TCP_ECN_ACCEPT
									   : TG_TCP_ECN_OFF;
		return;
	}
}

bool
play_setting(struct tg_tcp_config *config, const char *text)
{
	const char *name = text + 2, *equals = strchr(text, '=');
	size_t i;

	if (equals == NULL)
		return false;
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strlen(settings[i].name) != (size_t)(equals - name) ||
		    strncmp(settings[i].name, name, (size_t)(equals - name)) != 0)
			continue;
		set((char *)config + settings[i].at, settings[i].unit, equals + 1);
		return true;
	}
	return false;
}
