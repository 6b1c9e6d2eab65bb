/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include <rte_pause.h>
#include <time.h>

#include "io/worker_internal.h"

#define EMPTY_BEFORE_SLEEP 64 /* loops: some ten microseconds */
#define SLEEP_MIN_NS       20000
#define SLEEP_MAX_NS       TG_NS_PER_MS

/* Each sleep is twice as long as the one before, as far as the shard's timers allow.
 * Asleep the worker holds no world, so control need not wait for it. */
static void
sleep_a_moment(struct tg_worker *w, tg_time_t now)
{
	tg_time_t most = TG_MAX(w->idle.sleep_ns, SLEEP_MIN_NS); /* it starts at 0 */
	tg_time_t ns = tg_shard_idle_ns(w->shard, now, most);
	struct timespec t = { 0, (long)ns };

	if (ns == 0)
		return;
	rte_rcu_qsbr_thread_offline(w->all->qsbr, w->id);
	(void)nanosleep(&t, NULL); /* cut short by a signal: polls sooner */
	rte_rcu_qsbr_thread_online(w->all->qsbr, w->id);
	w->idle.sleep_ns = TG_MIN(most * 2, SLEEP_MAX_NS);
}

void
tg_idle_wait(struct tg_worker *w, bool busy, tg_time_t now)
{
	if (busy) {
		w->idle.empty = 0;
		w->idle.sleep_ns = SLEEP_MIN_NS;
		return;
	}
	switch (w->idle.policy) {
	case TG_CONFIG_IDLE_AUTO: /* resolved when the configuration was read */
	case TG_CONFIG_IDLE_POLL:
		break;
	case TG_CONFIG_IDLE_SLEEP:
		if (w->idle.empty++ >= EMPTY_BEFORE_SLEEP) {
			sleep_a_moment(w, now);
			break;
		}
		rte_pause();
		break;
	case TG_CONFIG_IDLE_PAUSE:
		rte_pause();
		break;
	}
}
