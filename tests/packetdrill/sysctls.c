/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "sysctls.h"

#include <stdio.h>
#include <stdlib.h>

#include "sockets/sockets.h"

/* What the network namespace of the script has for a setting of the kernel's TCP; empty if it
 * knows none of that name. */
static void
sysctl_text(const char *name, char *text, int size)
{
	char path[128];
	FILE *f;

	text[0] = '\0';
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	f = fopen(path, "r");
	if (f == NULL)
		return;
	if (fgets(text, size, f) == NULL)
		text[0] = '\0';
	fclose(f);
}

static uint32_t
sysctl_number(const char *name, uint32_t without_one)
{
	char text[64];

	sysctl_text(name, text, sizeof(text));
	return text[0] == '\0' ? without_one : (uint32_t)strtoul(text, NULL, 0);
}

/* Four numbers of eight digits, each with its least significant byte first. */
static void
read_cookie_key(struct tg_siphash_key *key)
{
	unsigned word[4] = { 0 };
	char text[64];

	sysctl_text("tcp_fastopen_key", text, sizeof(text));
	if (sscanf(text, "%x-%x-%x-%x", &word[0], &word[1], &word[2], &word[3]) == 4)
		memcpy(key, word, sizeof(word));
}

void
follow_sysctls(void)
{
	struct tg_tcp_config *config = &sockets.stack.config;
	static const enum tg_tcp_ecn ecn[] = { TG_TCP_ECN_OFF, TG_TCP_ECN_ALWAYS,
		TG_TCP_ECN_ACCEPT };
	char control[64];

	sysctl_text("tcp_congestion_control", control, sizeof(control));
	config->congestion_control = strncmp(control, "reno", 4) == 0 ? TG_CC_RENO : TG_CC_CUBIC;
	config->ecn = ecn[TG_MIN(sysctl_number("tcp_ecn", 2), 2)];
	config->timestamps = sysctl_number("tcp_timestamps", 1) != 0;
	config->sack = sysctl_number("tcp_sack", 1) != 0;
	config->timers.syn_retries = sockets.syn_retries != 0
					 ? sockets.syn_retries
					 : (uint8_t)sysctl_number("tcp_syn_retries", 5);
	config->timers.syn_ack_retries = (uint8_t)sysctl_number("tcp_synack_retries", 5);
	sockets.fast_open = sysctl_number("tcp_fastopen", SOCKETS_FAST_OPEN_CLIENT);
	read_cookie_key(&sockets.cookie_key);
}
