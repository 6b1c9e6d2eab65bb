/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "run.h"

#include "control/log.h"
#include "control/secrets.h"
#include "io/worker.h"
#include "report.h"
#include "signals.h"

#include <errno.h>
#include <rte_lcore.h>
#include <time.h>

#define POLL_MS    20
#define READY_NS   (10 * TG_NS_PER_SEC) /* for the link, and for the next hop */
#define DRAIN_MS   100                  /* for replies under way */
#define SILENCE_NS (TG_FLOOD_SILENCE_NS + DRAIN_MS * TG_NS_PER_MS)

struct flooder {
	const struct tg_flood_args *args;
	struct tg_plan *plan;
	struct tg_port port;
	struct tg_wiring wiring;
	struct tg_flood_config flood;
	struct tg_flood_loop *loop;
	bool link_up;
	tg_time_t began;
	struct tg_flood_report report, before;
	struct tg_flood_interval interval[TG_FLOOD_INTERVALS_MAX];
	uint32_t n_intervals;
};

static void
watch_link(struct flooder *g)
{
	uint32_t speed_mbps;
	bool up = tg_port_link(&g->port, &speed_mbps);

	if (up && !g->link_up)
		tg_flood_loop_link_up(g->loop);
	g->link_up = up;
}

static bool
is_aimed(const struct flooder *g)
{
	/* Pairs with the release in the loop. */
	return atomic_load_explicit(&tg_flood_loop_figures(g->loop)->aimed, memory_order_acquire);
}

static bool
is_finished(const struct flooder *g)
{
	return atomic_load_explicit(
	    &tg_flood_loop_figures(g->loop)->finished, memory_order_relaxed);
}

/* Until the time, or the next hop is known where that is waited for. Returns the signal that ended
 * it, or 0. */
static int
wait_until(struct flooder *g, tg_time_t end, bool for_aim)
{
	int signo = 0;

	do {
		watch_link(g);
		if (for_aim && is_aimed(g))
			break;
		signo = tg_signals_wait(POLL_MS);
	} while (signo == 0 && tg_clock_ns() < end);
	return signo;
}

static void
read_report(struct flooder *g, tg_time_t elapsed_ns)
{
	tg_flood_report_read(&g->report, g->loop, &g->port, elapsed_ns);
	g->report.has_clients = g->args->host.rate != 0;
}

static uint64_t
wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * TG_NS_PER_SEC + (uint64_t)t.tv_nsec;
}

static void
end_interval(struct flooder *g, tg_time_t now)
{
	read_report(g, now - g->began);
	if (g->n_intervals < TG_FLOOD_INTERVALS_MAX)
		g->interval[g->n_intervals++] = tg_flood_report_interval(&g->report, &g->before);
	if (!g->args->quiet)
		tg_flood_report_line(&g->report, &g->before);
	memcpy(&g->before, &g->report, sizeof(g->before));
}

/* Until the time is up, everything was sent, or a signal. */
static int
run_flood(struct flooder *g)
{
	const struct tg_flood_args *args = g->args;
	tg_time_t end, line, now, interval = (tg_time_t)(args->interval_s * 1e9);
	int signo = 0;

	g->report.began_ns = wall_ns();
	g->began = now = tg_clock_ns();
	end = now + (tg_time_t)(args->duration_s * 1e9);
	line = now + interval;
	tg_flood_loop_enter(g->loop, TG_FLOOD_RUNNING);
	do {
		watch_link(g);
		signo = tg_signals_wait((unsigned)TG_MIN(POLL_MS, (end - now) / TG_NS_PER_MS + 1));
		now = tg_clock_ns();
		if (now < line)
			continue;
		end_interval(g, now);
		line += interval;
	} while (signo == 0 && now < end && !is_finished(g));
	if (!args->quiet)
		tg_flood_report_line_end();
	return signo;
}

static bool
is_quiet(const struct flooder *g)
{
	const struct tg_load_figures *f = tg_load_figures(tg_flood_loop_shard(g->loop));

	return tg_flood_report_kind(&g->report, TG_FLOOD_KIND_OUTCOME) ==
		   g->report.count[TG_FLOOD_COMPLETED] &&
	       tg_gauge(&f->open) == 0;
}

/* Answers under way may come; then everything stops. */
static void
wind_down(struct flooder *g, unsigned lcore)
{
	tg_time_t now = tg_clock_ns(), least = now + DRAIN_MS * TG_NS_PER_MS;
	tg_time_t end = now + SILENCE_NS;

	tg_flood_loop_enter(g->loop, TG_FLOOD_DRAINING);
	do {
		wait_until(g, tg_clock_ns() + POLL_MS * TG_NS_PER_MS, false);
		read_report(g, 0);
		now = tg_clock_ns();
	} while (now < least || (!is_quiet(g) && now < end));
	tg_flood_loop_enter(g->loop, TG_FLOOD_STOPPED);
	tg_flood_loop_wait(g->loop, lcore);
	tg_load_cut_off(tg_flood_loop_shard(g->loop));
	read_report(g, 0);
}

/* Whether SYNs were sent and nothing came back that was waited for. */
static bool
is_unanswered(const struct flooder *g)
{
	return g->report.count[TG_FLOOD_SYNS] != 0 && !g->args->no_replies &&
	       tg_flood_report_kind(&g->report, TG_FLOOD_KIND_REPLY) == 0;
}

static int
judge(const struct flooder *g)
{
	return tg_flood_report_errors(&g->report) != 0 || is_unanswered(g);
}

static int
stop_early(struct flooder *g, unsigned lcore, int rc)
{
	tg_flood_loop_enter(g->loop, TG_FLOOD_STOPPED);
	tg_flood_loop_wait(g->loop, lcore);
	return rc;
}

static int
run_loop(struct flooder *g, unsigned lcore)
{
	int rc = tg_flood_loop_start(g->loop, lcore), signo;

	if (rc < 0)
		return rc;
	signo = wait_until(g, tg_clock_ns() + READY_NS, true);
	if (signo == 0 && !is_aimed(g)) {
		TG_CONTROL_LOG(ERR, "%s",
		    g->link_up ? "the next hop does not answer ARP or neighbour discovery"
			       : "the link does not come up");
		return stop_early(g, lcore, g->link_up ? -EHOSTUNREACH : -ENETDOWN);
	}
	if (signo == 0 && g->args->delay_s != 0)
		signo = wait_until(g, tg_clock_ns() + (tg_time_t)(g->args->delay_s * 1e9), false);
	if (signo == 0)
		signo = run_flood(g);
	if (signo != 0)
		tg_signals_arm_exit();
	wind_down(g, lcore);
	if (g->args->json)
		tg_flood_report_json(&g->report, g->interval, g->n_intervals);
	else
		tg_flood_report_text(&g->report);
	return judge(g);
}

static int
fill_flood(struct flooder *g)
{
	const struct tg_flood_args *args = g->args;
	const struct tg_load_request *request = &g->plan->load.request;

	g->flood = (struct tg_flood_config){ .target = args->host.url.ip,
		.is_ipv6 = args->host.url.is_ipv6,
		.port = tg_be16(args->host.url.port),
		.sources = args->sources,
		.source_bits = args->source_bits,
		.port_min = args->port_min,
		.port_max = args->port_max,
		.order = (enum tg_flood_order)args->order,
		.options = (enum tg_flood_options)args->tcp_options,
		.check_every = (uint32_t)args->check,
		/* Where the port says what it thinks of checksums they may be unfinished. */
		.check_sums = (g->port.rx_offload & TG_OFFLOAD_L4_CSUM) == 0,
		.complete_every = (uint32_t)args->complete,
		.close = (enum tg_flood_close)args->close,
		.request = args->request ? request->text : NULL,
		.request_len = args->request ? request->len : 0 };
	if (args->request && request->len > TG_FLOOD_REQUEST_MAX) {
		TG_CONTROL_LOG(ERR, "the request is longer than %d bytes", TG_FLOOD_REQUEST_MAX);
		return -E2BIG;
	}
	if (args->seed < 0)
		return tg_secrets_make_key(&g->flood.key);
	g->flood.key.k[0] = (uint64_t)args->seed;
	return 0;
}

static int
make_loop(struct flooder *g)
{
	const struct tg_flood_args *args = g->args;
	const struct tg_endpoint *from = &g->wiring.endpoint[0];
	struct tg_flood_loop_config config = { .port = &g->port,
		.shard = &g->wiring.shard,
		.flood = &g->flood,
		.hop = { .is_ipv6 = args->host.url.is_ipv6, .vlan = from->vlan },
		.rate = args->rate,
		.count = args->count == 0 ? UINT64_MAX : (uint64_t)args->count,
		.clients = args->host.rate != 0,
		.no_replies = args->no_replies };

	/* An endpoint is one from which the target can be reached. */
	(void)tg_net_next_hop(&g->wiring.net, config.hop.is_ipv6, &args->host.url.ip,
	    config.hop.vlan, &config.hop.ip);
	config.hop.has_mac = args->has_mac;
	memcpy(config.hop.mac, args->mac, sizeof(args->mac));
	g->loop = tg_flood_loop_create(&config);
	if (g->loop == NULL)
		return -ENOMEM;
	tg_load_set_share(tg_flood_loop_shard(g->loop), 0, 1, (uint32_t)args->host.connections,
	    args->host.rate == 0 ? 0 : UINT64_MAX);
	return 0;
}

static int
run_on_port(struct flooder *g)
{
	int rc = tg_plan_wire(g->plan, &g->wiring, &g->port);

	if (rc == 0)
		rc = fill_flood(g);
	if (rc == 0)
		rc = make_loop(g);
	if (rc < 0)
		return rc;
	rc = run_loop(g, rte_get_next_lcore(-1U, 1, 0));
	tg_flood_loop_free(g->loop);
	return rc;
}

int
tg_flood_run(
    const struct tg_device_config *dev, const struct tg_flood_args *args, struct tg_plan *plan)
{
	static struct flooder g;
	int rc;

	g.args = args;
	g.plan = plan;
	rc = tg_secrets_make(&g.wiring.tcp.secrets);
	if (rc < 0) {
		TG_CONTROL_LOG(ERR, "no random keys: %s", strerror(-rc));
		return rc;
	}
	rc = tg_port_open(&g.port, dev, 1, plan->service.limits.held_frames);
	if (rc < 0)
		return rc;
	rc = run_on_port(&g);
	tg_port_close(&g.port);
	return rc;
}
