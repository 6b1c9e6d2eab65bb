/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "run.h"

#include "control/log.h"
#include "control/secrets.h"
#include "launch.h"
#include "report.h"
#include "signals.h"

#include <errno.h>

#define POLL_MS    20
#define LINK_UP_NS (10 * TG_NS_PER_SEC) /* a link that takes longer is no link */
#define DRAIN_NS   TG_NS_PER_SEC        /* requests that take longer are cut off at the end */

struct generator {
	const struct tg_load_options *options;
	struct tg_port port;
	struct tg_wiring wiring;
	struct tg_workers *workers;
	struct tg_world world[2]; /* draining, and running */
	struct tg_link link;
	tg_time_t began;
	struct tg_load_report report, before;
};

static void
publish(struct generator *g, bool draining)
{
	tg_workers_publish(g->workers, &g->world[!draining]);
}

/* Waits until `end`, or the link is up where that is waited for; keeps the link watched.
 * Returns the signal that ended it, or 0. */
static int
wait_until(struct generator *g, tg_time_t end, bool for_link)
{
	int signo = 0;

	do {
		tg_launch_watch_link(&g->link, &g->port, g->workers);
		if (for_link && g->link.up)
			break;
		signo = tg_signals_wait(POLL_MS);
	} while (signo == 0 && tg_clock_ns() < end);
	return signo;
}

/* Until the time is up, everything was sent, or a signal. */
static int
run_load(struct generator *g)
{
	const struct tg_load_options *o = g->options;
	tg_time_t end, line, now;
	int signo = 0;

	g->began = now = tg_clock_ns();
	end = now + (tg_time_t)(o->duration_s * 1e9);
	line = now + TG_NS_PER_SEC;
	publish(g, false);
	do {
		signo =
		    wait_until(g, TG_MIN(TG_MIN(end, line), now + POLL_MS * TG_NS_PER_MS), false);
		now = tg_clock_ns();
		tg_load_report_read(&g->report, g->workers, &g->port, now - g->began);
		if (now < line)
			continue;
		if (!o->quiet)
			tg_load_report_line(&g->report, &g->before);
		memcpy(&g->before, &g->report, sizeof(g->before));
		line += TG_NS_PER_SEC;
	} while (signo == 0 && now < end && !g->report.finished);
	if (!o->quiet)
		tg_load_report_line_end();
	return signo;
}

/* What is under way may end; then everything stops. The figures are those of the time before,
 * but for how it ended. */
static void
wind_down(struct generator *g)
{
	tg_time_t elapsed = tg_clock_ns() - g->began, end = tg_clock_ns() + DRAIN_NS;
	uint16_t i;

	publish(g, true);
	do {
		wait_until(g, tg_clock_ns() + POLL_MS * TG_NS_PER_MS, false);
		tg_load_report_read(&g->report, g->workers, &g->port, elapsed);
	} while (!g->report.finished && tg_clock_ns() < end);
	tg_workers_stop(g->workers);
	for (i = 0; i < tg_workers_count(g->workers); i++)
		tg_load_cut_off(tg_workers_shard(g->workers, i));
	tg_load_report_read(&g->report, g->workers, &g->port, elapsed);
}

static int
judge(const struct generator *g)
{
	const struct tg_load_report *r = &g->report;

	return tg_load_report_errors(r) != 0 || r->count[TG_LOAD_RESPONSES] == 0 ||
	       r->count[TG_LOAD_STATUS_4XX] + r->count[TG_LOAD_STATUS_5XX] != 0;
}

static int
run_workers(struct generator *g)
{
	int rc, signo;

	publish(g, true);
	rc = tg_workers_start(g->workers);
	if (rc < 0)
		return rc;
	signo = wait_until(g, tg_clock_ns() + LINK_UP_NS, true);
	if (signo == 0 && !g->link.up) {
		TG_CONTROL_LOG(ERR, "the link does not come up");
		tg_workers_stop(g->workers);
		return -ENETDOWN;
	}
	if (signo == 0 && g->options->delay_s != 0)
		signo =
		    wait_until(g, tg_clock_ns() + (tg_time_t)(g->options->delay_s * 1e9), false);
	g->began = tg_clock_ns();
	if (signo == 0)
		signo = run_load(g);
	if (signo != 0)
		tg_signals_arm_exit();
	wind_down(g);
	if (g->options->json)
		tg_load_report_json(&g->report);
	else
		tg_load_report_text(&g->report);
	return judge(g);
}

static int
run_on_port(struct generator *g, const struct tg_device_config *dev, struct tg_plan *plan)
{
	uint16_t i;
	int rc = tg_plan_wire(plan, &g->wiring, &g->port);

	if (rc < 0)
		return rc;
	g->workers = tg_launch_create(&g->port, dev, &g->wiring, plan->n_workers);
	if (g->workers == NULL)
		return -ENOMEM;
	for (i = 0; i < plan->n_workers; i++)
		tg_plan_share(plan, tg_workers_shard(g->workers, i), i);
	rc = run_workers(g);
	tg_workers_free(g->workers);
	return rc;
}

int
tg_load_run(const struct tg_device_config *dev, struct tg_plan *plan)
{
	static struct generator g = { .world = { { .draining = true }, { .draining = false } } };
	const struct tg_service_config *service = &plan->service;
	int rc;

	g.options = plan->options;
	rc = tg_secrets_make(&g.wiring.tcp.secrets);
	if (rc < 0) {
		TG_CONTROL_LOG(ERR, "no random keys: %s", strerror(-rc));
		return rc;
	}
	rc = tg_port_open(
	    &g.port, dev, (uint16_t)plan->n_workers, plan->n_workers * service->limits.held_frames);
	if (rc < 0)
		return rc;
	rc = run_on_port(&g, dev, plan);
	tg_port_close(&g.port);
	return rc;
}
