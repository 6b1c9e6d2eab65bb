/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "signals.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static void
fill_ending(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

void
tg_signals_block(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;
	int signo;

	/* A telemetry client may go while it is being answered. */
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGIO, &ignore, NULL);
	fill_ending(&set);
	sigaddset(&set, SIGHUP);
	for (signo = SIGRTMIN; signo <= SIGRTMAX; signo++)
		sigaddset(&set, signo);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int
tg_signals_wait(unsigned ms)
{
	struct timespec timeout = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
	sigset_t set;
	int signo;

	fill_ending(&set);
	sigaddset(&set, SIGHUP);
	signo = sigtimedwait(&set, NULL, &timeout);
	return signo > 0 ? signo : 0; /* EINTR is a short wait */
}

static void
exit_at_once(int signo)
{
	_exit(128 + signo);
}

void
tg_signals_arm_exit(void)
{
	struct sigaction action = { .sa_handler = exit_at_once };
	sigset_t set;

	fill_ending(&set);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
