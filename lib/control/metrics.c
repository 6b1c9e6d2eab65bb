/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The body of `/metrics`: Prometheus' text format 0.0.4, and OpenMetrics 1.0. They differ in the
 * names of counters, in units and in their last line.
 */
#include "control/limit.h"
#include "control/render.h"
#include "http/site.h"

#include <inttypes.h>
#include <string.h>

#define PREFIX     "tidegate_"
#define NS_PER_SEC UINT64_C(1000000000) /* of the type that PRIu64 wants */

enum type { COUNTER, GAUGE, HISTOGRAM, INFO };

static const char *const type_name[2][4] = {
	{ "counter", "gauge", "histogram", "gauge" },
	{ "counter", "gauge", "histogram", "info" },
};

/* The family of samples being written. */
struct metrics {
	struct tg_text *text;
	const struct tg_moment *m;
	bool open; /* OpenMetrics */
	const char *name;
	const char *suffix; /* of each sample's name */
};

/* Counters that are samples of one family; all others are families of their own. */
struct labelled {
	enum tg_counter counter;
	const char *label;
};

static const struct labelled cookies[] = {
	{ TG_COUNTER_COOKIES_ACCEPTED, "accepted" },
	{ TG_COUNTER_COOKIES_REFUSED, "refused" },
	{ TG_COUNTER_COOKIES_STALE, "stale" },
	{ TG_COUNTER_COOKIES_NO_TCB, "no_tcb" },
};

static const struct labelled resets[] = {
	{ TG_COUNTER_RESET_BY_PEER, "peer" },
	{ TG_COUNTER_RESET_BY_US, "us" },
};

static const char *const severity_name[] = {
	[TG_SEVERITY_INFO] = "info",
	[TG_SEVERITY_WARN] = "warn",
	[TG_SEVERITY_ERROR] = "error",
};

static void
put_unit(const struct metrics *x, const char *name)
{
	static const char *const units[] = { "seconds", "bytes", "ratio" };
	const char *last = strrchr(name, '_');
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(units) && last != NULL; i++) {
		if (strcmp(last + 1, units[i]) == 0)
			tg_text_printf(x->text, "# UNIT " PREFIX "%s %s\n", name, units[i]);
	}
}

/* Begins a family. In the text format it has the name of its samples. */
static void
put_family(struct metrics *x, const char *name, enum type type, const char *help)
{
	const char *in_family;

	x->name = name;
	x->suffix = type == COUNTER ? "_total" : type == INFO ? "_info" : "";
	in_family = x->open ? "" : x->suffix;
	tg_text_printf(x->text, "# HELP " PREFIX "%s%s %s\n", name, in_family, help);
	tg_text_printf(
	    x->text, "# TYPE " PREFIX "%s%s %s\n", name, in_family, type_name[x->open][type]);
	if (x->open)
		put_unit(x, name);
}

static void
put_sample(const struct metrics *x, const char *label, const char *value, uint64_t number)
{
	if (label == NULL)
		tg_text_printf(x->text, PREFIX "%s%s %" PRIu64 "\n", x->name, x->suffix, number);
	else
		tg_text_printf(x->text, PREFIX "%s%s{%s=\"%s\"} %" PRIu64 "\n", x->name, x->suffix,
		    label, value, number);
}

static void
put_number(struct metrics *x, const char *name, enum type type, const char *help, uint64_t number)
{
	put_family(x, name, type, help);
	put_sample(x, NULL, NULL, number);
}

static void
put_about(struct metrics *x)
{
	const struct tg_about *about = x->m->about;

	put_family(x, "build", INFO, "What runs here.");
	tg_text_printf(x->text, PREFIX "build_info{version=\"%s\",compiler=\"%s\",dpdk=\"%s\"} 1\n",
	    about->version, about->compiler, about->dpdk);
	put_number(
	    x, "uptime_seconds", GAUGE, "Time since the program started.", tg_moment_uptime(x->m));
	put_number(x, "draining", GAUGE, "Whether the program shuts down.", x->m->draining);
}

static void
put_port(struct metrics *x)
{
	const struct tg_report *now = x->m->now;

	put_number(x, "port_up", GAUGE, "Whether the port has a link.", now->link_up);
	put_number(x, "port_speed_bytes", GAUGE, "What the link carries in a second, 0: unknown.",
	    now->speed_mbps * UINT64_C(125000));
	put_number(x, "port_rx_missed", COUNTER,
	    "Frames lost by the port because its queue was full.", now->rx_missed);
	put_number(x, "port_rx_errors", COUNTER, "Frames received broken.", now->rx_errors);
	put_number(x, "port_rx_no_buffer", COUNTER,
	    "Frames lost by the port because no buffer was free.", now->rx_no_buffer);
}

static void
put_connections(struct metrics *x)
{
	char name[TG_REPORT_NAME_MAX];
	unsigned i;

	put_family(x, "connections", GAUGE, "Connections by state.");
	for (i = 0; i < TG_TCP_STATES; i++) {
		if (!tg_report_state_shown((enum tg_tcp_state)i))
			continue;
		tg_report_state_name(name, (enum tg_tcp_state)i);
		put_sample(x, "state", name, x->m->now->total.state[i]);
	}
}

static void
put_pools(struct metrics *x)
{
	struct tg_pool_level pool[TG_REPORT_POOLS];
	unsigned i;

	tg_report_pools(pool, x->m->about, x->m->now);
	put_family(x, "pool_used", GAUGE, "Records, frames and buffers in use.");
	for (i = 0; i < TG_REPORT_POOLS; i++)
		put_sample(x, "pool", pool[i].name, pool[i].in_use);
	put_family(x, "pool_size", GAUGE, "And how many there are, of all workers together.");
	for (i = 0; i < TG_REPORT_POOLS; i++)
		put_sample(x, "pool", pool[i].name, pool[i].limit);
}

static void
put_limits(struct metrics *x)
{
	unsigned i;

	put_family(x, "limit", GAUGE, "The limits that are counted when they bite.");
	for (i = 0; i < TG_LIMIT_MAX; i++)
		put_sample(x, "limit", tg_limit_info[i].name, x->m->about->limit[i]);
	put_family(x, "limit_hits", COUNTER, "How often a limit was hit.");
	for (i = 0; i < TG_LIMIT_MAX; i++)
		put_sample(x, "limit", tg_limit_info[i].name,
		    tg_limit_hits((enum tg_limit)i, &x->m->now->total));
}

static uint64_t
busy_ns(const struct metrics *x, uint16_t worker)
{
	uint64_t hz = x->m->about->tsc_hz;

	if (hz == 0)
		return 0;
	return (uint64_t)((unsigned __int128)x->m->now->worker[worker].busy * NS_PER_SEC / hz);
}

static void
put_workers(struct metrics *x)
{
	const struct tg_report *now = x->m->now;
	uint16_t i;

	put_number(x, "workers", GAUGE, "Threads that serve connections.", now->n_workers);
	put_number(x, "workers_under_syn_pressure", GAUGE,
	    "Those whose table of half-open connections was full.", now->total.syn_pressure);
	put_family(x, "worker_busy_seconds", COUNTER, "Time that a worker had work.");
	for (i = 0; i < now->n_workers; i++) {
		uint64_t ns = busy_ns(x, i);

		tg_text_printf(x->text,
		    PREFIX "worker_busy_seconds_total{worker=\"%u\"} %" PRIu64 ".%09u\n", i,
		    ns / NS_PER_SEC, (unsigned)(ns % NS_PER_SEC));
	}
	put_family(x, "worker_load_ratio", GAUGE, "Share of the last second that it had work.");
	for (i = 0; i < now->n_workers; i++) {
		unsigned load = tg_report_load(&now->worker[i], &x->m->before->worker[i]);

		tg_text_printf(x->text, PREFIX "worker_load_ratio{worker=\"%u\"} %u.%02u\n", i,
		    load / 100, load % 100);
	}
	put_family(x, "worker_connections", GAUGE, "Connections of a worker, in all states.");
	for (i = 0; i < now->n_workers; i++)
		tg_text_printf(x->text, PREFIX "worker_connections{worker=\"%u\"} %u\n", i,
		    now->worker[i].connections);
}

static void
put_http(struct metrics *x)
{
	char code[8];
	unsigned i;

	put_family(x, "http_responses", COUNTER, "HTTP answers by status code.");
	for (i = 0; i < TG_HTTP_STATUS_MAX; i++) {
		snprintf(code, sizeof(code), "%u", tg_http_status_info[i].code);
		put_sample(
		    x, "code", code, x->m->now->total.counter[tg_http_status_info[i].counter]);
	}
}

static void
put_labelled(const struct metrics *x, const char *name, const struct labelled *from, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		put_sample(x, name, from[i].label, x->m->now->total.counter[from[i].counter]);
}

static void
put_cookies(struct metrics *x)
{
	put_family(x, "cookies_returned", COUNTER,
	    "ACKs of no connection that were taken for a SYN cookie, by what came of it.");
	put_labelled(x, "outcome", cookies, TG_ARRAY_LEN(cookies));
}

static void
put_resets(struct metrics *x)
{
	put_family(x, "resets", COUNTER, "Connections ended by a RST, by who sent it.");
	put_labelled(x, "by", resets, TG_ARRAY_LEN(resets));
}

static bool
is_labelled(enum tg_counter counter, const struct labelled *in, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (in[i].counter == counter)
			return true;
	}
	return false;
}

static bool
is_in_a_family(enum tg_counter counter)
{
	unsigned i;

	for (i = 0; i < TG_HTTP_STATUS_MAX; i++) {
		if (tg_http_status_info[i].counter == counter)
			return true;
	}
	return is_labelled(counter, cookies, TG_ARRAY_LEN(cookies)) ||
	       is_labelled(counter, resets, TG_ARRAY_LEN(resets));
}

static void
put_counters(struct metrics *x)
{
	unsigned i;

	for (i = 0; i < TG_COUNTER_MAX; i++) {
		if (!is_in_a_family((enum tg_counter)i))
			put_number(x, tg_counter_info[i].name, COUNTER, tg_counter_info[i].help,
			    x->m->now->total.counter[i]);
	}
}

static void
put_drops(struct metrics *x)
{
	unsigned i;

	put_family(x, "drops", COUNTER, "Frames dropped, by reason.");
	for (i = TG_DROP_NONE + 1; i < TG_DROP_MAX; i++)
		tg_text_printf(x->text,
		    PREFIX "drops_total{reason=\"%s\",severity=\"%s\"} %" PRIu64 "\n",
		    tg_drop_info[i].name, severity_name[tg_drop_info[i].severity],
		    x->m->now->total.drop[i]);
}

/* Only where classes are configured. */
static void
put_sources(struct metrics *x)
{
	const struct tg_about *about = x->m->about;
	unsigned i;

	if (about->n_sources == 0)
		return;
	put_family(x, "source_frames", COUNTER, "Frames received, by class of their source.");
	for (i = 0; i < about->n_sources; i++)
		put_sample(x, "class", about->source[i].name, x->m->now->total.source_frames[i]);
}

static void
put_histogram(struct metrics *x, const char *name, const char *help, const struct tg_times *times)
{
	uint64_t ns = times->sum << TG_RTT_SHIFT, count = tg_times_count(times);
	unsigned edge;

	put_family(x, name, HISTOGRAM, help);
	for (edge = 0; edge < TG_TIMING_EDGES; edge++)
		tg_text_printf(x->text, PREFIX "%s_bucket{le=\"%.12g\"} %" PRIu64 "\n", name,
		    (double)(UINT64_C(1) << (edge + TG_RTT_SHIFT)) / (double)NS_PER_SEC,
		    tg_times_below(times, edge));
	tg_text_printf(x->text, PREFIX "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
	tg_text_printf(x->text, PREFIX "%s_sum %" PRIu64 ".%09u\n", name, ns / NS_PER_SEC,
	    (unsigned)(ns % NS_PER_SEC));
	tg_text_printf(x->text, PREFIX "%s_count %" PRIu64 "\n", name, count);
}

static void
put_timings(struct metrics *x)
{
	char name[48];
	unsigned i;

	for (i = 0; i < TG_TIMED_MAX; i++) {
		snprintf(name, sizeof(name), "%s_duration_seconds", tg_timed_info[i].name);
		put_histogram(x, name, tg_timed_info[i].help, &x->m->now->total.times[i]);
	}
}

static void
render(struct metrics *x)
{
	put_about(x);
	put_port(x);
	put_workers(x);
	put_connections(x);
	put_pools(x);
	put_limits(x);
	put_timings(x);
	put_http(x);
	put_cookies(x);
	put_resets(x);
	put_drops(x);
	put_sources(x);
	put_counters(x);
}

void
tg_render_metrics(struct tg_text *t, const struct tg_moment *m)
{
	struct metrics x = { .text = t, .m = m };

	render(&x);
}

void
tg_render_openmetrics(struct tg_text *t, const struct tg_moment *m)
{
	struct metrics x = { .text = t, .m = m, .open = true };

	render(&x);
	tg_text_put(t, "# EOF\n");
}
