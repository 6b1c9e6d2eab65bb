/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/render.h"

/* What is also shown per second, and per worker. */
static const enum tg_counter watched[] = {
	TG_COUNTER_RX_FRAMES,
	TG_COUNTER_RX_BYTES,
	TG_COUNTER_TX_FRAMES,
	TG_COUNTER_TX_BYTES,
	TG_COUNTER_SYN_RECEIVED,
	TG_COUNTER_COOKIES_ISSUED,
	TG_COUNTER_ESTABLISHED,
	TG_COUNTER_CLOSED,
	TG_COUNTER_RETRANSMITS,
	TG_COUNTER_HTTP_REQUESTS,
};

uint64_t
tg_moment_uptime(const struct tg_moment *m)
{
	return (m->now->at - m->about->started) / TG_NS_PER_SEC;
}

static void
put_port(struct tg_json *j, const struct tg_about *about, const struct tg_report *now)
{
	tg_json_open(j, "port", '{');
	tg_json_string(j, "name", about->port_name);
	tg_json_string(j, "driver", about->driver);
	tg_json_string(j, "mac", about->mac);
	tg_json_number(j, "mtu", about->mtu);
	tg_json_bool(j, "link_up", now->link_up);
	tg_json_number(j, "speed_mbps", now->speed_mbps);
	tg_json_number(j, "queues", about->n_queues);
	tg_json_bool(j, "rss", about->rss);
	tg_json_bool(j, "rx_checksum", about->rx_checksum);
	tg_json_bool(j, "tx_checksum", about->tx_checksum);
	tg_json_number(j, "rx_missed", now->rx_missed);
	tg_json_number(j, "rx_errors", now->rx_errors);
	tg_json_number(j, "rx_no_buffer", now->rx_no_buffer);
	tg_json_close(j, '}');
}

static void
put_connections(struct tg_json *j, const struct tg_tally *tally)
{
	char name[TG_REPORT_NAME_MAX];
	unsigned i;

	tg_json_open(j, "connections", '{');
	for (i = 0; i < TG_TCP_STATES; i++) {
		if (!tg_report_state_shown((enum tg_tcp_state)i))
			continue;
		tg_report_state_name(name, (enum tg_tcp_state)i);
		tg_json_number(j, name, tally->state[i]);
	}
	tg_json_number(j, "total", tally->connections);
	tg_json_close(j, '}');
}

static void
put_pools(struct tg_json *j, const struct tg_about *about, const struct tg_report *now)
{
	struct tg_pool_level pool[TG_REPORT_POOLS];
	unsigned i;

	tg_report_pools(pool, about, now);
	tg_json_open(j, "pools", '{');
	for (i = 0; i < TG_REPORT_POOLS; i++) {
		tg_json_open(j, pool[i].name, '{');
		tg_json_number(j, "in_use", pool[i].in_use);
		tg_json_number(j, "limit", pool[i].limit);
		tg_json_close(j, '}');
	}
	tg_json_close(j, '}');
}

static void
put_listeners(struct tg_json *j, const struct tg_about *about, const struct tg_report *now)
{
	unsigned i;

	tg_json_open(j, "listeners", '[');
	for (i = 0; i < about->n_listeners; i++) {
		const struct tg_about_listener *listener = &about->listener[i];

		tg_json_open(j, NULL, '{');
		tg_json_string(j, "address", listener->address);
		tg_json_number(j, "port", listener->port);
		tg_json_string(j, "syn_cookies", tg_report_syn_cookies_name(listener->syn_cookies));
		tg_json_string(j, "overflow", tg_report_syn_overflow_name(about->syn_overflow));
		tg_json_number(j, "active_workers", tg_report_active_workers(listener, now));
		tg_json_close(j, '}');
	}
	tg_json_close(j, ']');
}

/* Only where classes are configured. */
static void
put_sources(struct tg_json *j, const struct tg_about *about, const struct tg_tally *total)
{
	unsigned i;

	if (about->n_sources == 0)
		return;
	tg_json_open(j, "sources", '[');
	for (i = 0; i < about->n_sources; i++) {
		tg_json_open(j, NULL, '{');
		tg_json_string(j, "class", about->source[i].name);
		tg_json_string(j, "action", tg_report_source_action_name(about->source[i].action));
		tg_json_number(j, "frames", total->source_frames[i]);
		tg_json_close(j, '}');
	}
	tg_json_close(j, ']');
}

static void
put_keys(struct tg_json *j, const struct tg_key_facts *keys)
{
	tg_json_open(j, "syn_cookies", '{');
	tg_json_string(j, "keys", keys->shared ? "fleet" : "own");
	tg_json_bool(j, "usable", keys->usable);
	tg_json_number(j, "epoch", keys->epoch);
	tg_json_number(j, "next_master_epoch", keys->next_master_epoch);
	tg_json_bool(j, "clock_synchronised", keys->clock_synchronised);
	tg_json_bool(j, "clock_trusted", keys->clock_trusted);
	tg_json_number(j, "key_reloads", keys->reloads);
	tg_json_number(j, "key_reloads_refused", keys->reloads_refused);
	tg_json_close(j, '}');
}

static void
put_rates(
    struct tg_json *j, const struct tg_tally *now, const struct tg_tally *before, tg_time_t dt)
{
	unsigned i;

	tg_json_open(j, "rates", '{');
	for (i = 0; i < TG_ARRAY_LEN(watched); i++)
		tg_json_number(j, tg_counter_info[watched[i]].name,
		    tg_report_rate(now->counter[watched[i]], before->counter[watched[i]], dt));
	tg_json_number(j, "drops", tg_report_rate(now->drops, before->drops, dt));
	tg_json_close(j, '}');
}

static void
put_build(struct tg_json *j, const struct tg_about *about)
{
	tg_json_open(j, "build", '{');
	tg_json_string(j, "version", about->version);
	tg_json_string(j, "compiler", about->compiler);
	tg_json_string(j, "dpdk", about->dpdk);
	tg_json_close(j, '}');
}

/* A counter under the name that it has in a section. */
struct entry {
	const char *name;
	enum tg_counter counter;
};

static const struct entry handshakes[] = {
	{ "started", TG_COUNTER_SYN_RECEIVED },
	{ "completed", TG_COUNTER_ESTABLISHED },
	{ "completed_by_cookie", TG_COUNTER_COOKIES_ACCEPTED },
	{ "syn_acks_repeated", TG_COUNTER_SYN_ACK_RETRANSMITS },
	{ "timed_out", TG_COUNTER_SYN_ACK_TIMEOUTS },
};

static const struct entry cookies[] = {
	{ "issued", TG_COUNTER_COOKIES_ISSUED },
	{ "accepted", TG_COUNTER_COOKIES_ACCEPTED },
	{ "refused", TG_COUNTER_COOKIES_REFUSED },
	{ "stale", TG_COUNTER_COOKIES_STALE },
	{ "no_tcb", TG_COUNTER_COOKIES_NO_TCB },
};

static void
put_entries(struct tg_json *j, const char *section, const struct entry *entry, unsigned n,
    const struct tg_tally *tally)
{
	unsigned i;

	tg_json_open(j, section, '{');
	for (i = 0; i < n; i++)
		tg_json_number(j, entry[i].name, tally->counter[entry[i].counter]);
	tg_json_close(j, '}');
}

static void
put_limits(struct tg_json *j, const struct tg_about *about, const struct tg_tally *total)
{
	unsigned i;

	tg_json_open(j, "limits", '{');
	for (i = 0; i < TG_LIMIT_MAX; i++) {
		tg_json_open(j, tg_limit_info[i].name, '{');
		tg_json_number(j, "limit", about->limit[i]);
		tg_json_number(j, "hits", tg_limit_hits((enum tg_limit)i, total));
		tg_json_close(j, '}');
	}
	tg_json_close(j, '}');
}

static void
put_times(struct tg_json *j, const char *key, const struct tg_times *times)
{
	tg_json_open(j, key, '{');
	tg_json_number(j, "count", tg_times_count(times));
	tg_json_number(j, "mean_us", tg_times_mean_ns(times) / 1000);
	tg_json_number(j, "p50_us", tg_times_quantile_ns(times, 5000) / 1000);
	tg_json_number(j, "p90_us", tg_times_quantile_ns(times, 9000) / 1000);
	tg_json_number(j, "p99_us", tg_times_quantile_ns(times, 9900) / 1000);
	tg_json_close(j, '}');
}

/* Since the start, and since the report before. */
static void
put_latency(struct tg_json *j, const struct tg_tally *now, const struct tg_tally *before)
{
	struct tg_times recent;
	unsigned i;

	tg_json_open(j, "latency", '{');
	for (i = 0; i < TG_TIMED_MAX; i++) {
		tg_times_between(&before->times[i], &now->times[i], &recent);
		tg_json_open(j, tg_timed_info[i].name, '{');
		put_times(j, "total", &now->times[i]);
		put_times(j, "recent", &recent);
		tg_json_close(j, '}');
	}
	tg_json_close(j, '}');
}

static void
put_workers(struct tg_json *j, const struct tg_report *now, const struct tg_report *before)
{
	uint16_t i;

	tg_json_open(j, "per_worker", '[');
	for (i = 0; i < now->n_workers; i++) {
		const struct tg_tally *worker = &now->worker[i];

		tg_json_open(j, NULL, '{');
		tg_json_number(j, "load_percent", tg_report_load(worker, &before->worker[i]));
		put_connections(j, worker);
		put_rates(j, worker, &before->worker[i], now->at - before->at);
		tg_json_number(j, "side_records", worker->sides);
		tg_json_number(j, "held_frames", worker->held);
		tg_json_bool(j, "syn_pressure", worker->syn_pressure != 0);
		tg_json_close(j, '}');
	}
	tg_json_close(j, ']');
}

static void
put_totals(struct tg_json *j, const struct tg_tally *total)
{
	unsigned i;

	tg_json_open(j, "counters", '{');
	for (i = 0; i < TG_COUNTER_MAX; i++)
		tg_json_number(j, tg_counter_info[i].name, total->counter[i]);
	tg_json_close(j, '}');
	tg_json_open(j, "drops", '{');
	for (i = TG_DROP_NONE + 1; i < TG_DROP_MAX; i++)
		tg_json_number(j, tg_drop_info[i].name, total->drop[i]);
	tg_json_close(j, '}');
	tg_json_number(j, "drops_total", total->drops);
}

void
tg_render_status(struct tg_text *t, const struct tg_moment *m)
{
	struct tg_json j;

	tg_json_init(&j, t);
	tg_json_open(&j, NULL, '{');
	tg_json_string(&j, "version", m->about->version);
	put_build(&j, m->about);
	tg_json_number(&j, "time", m->unix_seconds);
	tg_json_number(&j, "uptime_seconds", tg_moment_uptime(m));
	tg_json_bool(&j, "draining", m->draining);
	tg_json_number(&j, "workers", m->now->n_workers);
	tg_json_number(&j, "workers_under_syn_pressure", m->now->total.syn_pressure);
	put_port(&j, m->about, m->now);
	put_listeners(&j, m->about, m->now);
	put_keys(&j, m->keys);
	put_sources(&j, m->about, &m->now->total);
	put_connections(&j, &m->now->total);
	put_entries(&j, "handshakes", handshakes, TG_ARRAY_LEN(handshakes), &m->now->total);
	put_entries(&j, "cookies", cookies, TG_ARRAY_LEN(cookies), &m->now->total);
	put_latency(&j, &m->now->total, &m->before->total);
	put_pools(&j, m->about, m->now);
	put_limits(&j, m->about, &m->now->total);
	put_rates(&j, &m->now->total, &m->before->total, m->now->at - m->before->at);
	put_workers(&j, m->now, m->before);
	put_totals(&j, &m->now->total);
	tg_json_close(&j, '}');
	tg_text_put(t, "\n");
}
