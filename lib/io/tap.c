/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What net_tap does to its process besides moving frames.
 */
#include <signal.h>

#include "io/port_internal.h"

/* net_tap has the kernel raise a real-time signal for every frame that arrives. Where
 * the program blocks it, as it should for its workers' sake, the signals queue up, one
 * kernel object each, until the user's limit (RLIMIT_SIGPENDING) is reached; from then
 * on pthread_cancel and timer_create fail in all programs of the user, and this one
 * hangs in rte_eal_cleanup. Ignored signals are not queued, provided that the main
 * thread does not block them. The driver then polls, as it does until the first signal
 * reaches it. */
void
tg_tap_ignore_signals(const struct rte_eth_dev_info *info)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction was;
	sigset_t blocked, ignored;
	int signo;

	if (strcmp(info->driver_name, "net_tap") != 0)
		return;
	sigemptyset(&ignored);
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	for (signo = SIGRTMIN; signo <= SIGRTMAX; signo++) {
		if (sigismember(&blocked, signo) != 1 || sigaction(signo, NULL, &was) != 0 ||
		    was.sa_handler == SIG_DFL || was.sa_handler == SIG_IGN)
			continue;
		sigaction(signo, &ignore, NULL);
		sigaddset(&ignored, signo);
	}
	pthread_sigmask(SIG_UNBLOCK, &ignored, NULL);
}
