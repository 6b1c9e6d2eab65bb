/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/telemetry.h"

#include "io/worker.h"

#include <errno.h>
#include <pthread.h>
#include <rte_telemetry.h>
#include <rte_version.h>
#include <stdlib.h>

/* EAL's handlers have no argument of ours and cannot be taken back, so what they read
 * is found here, and the lock keeps it while one of them runs. */
static struct {
	pthread_mutex_t lock;
	const struct tg_about *about; /* NULL: stopped */
	struct tg_workers *workers;
	const struct tg_port *port;
	struct tg_key_store *keys;
	struct tg_report report;
} source = { .lock = PTHREAD_MUTEX_INITIALIZER };

_Static_assert(TG_COUNTER_MAX <= RTE_TEL_MAX_DICT_ENTRIES, "one dictionary holds all counters");
_Static_assert(3 * TG_CONFIG_LISTENERS_MAX < RTE_TEL_MAX_DICT_ENTRIES, "and one all listeners");
_Static_assert(2 * TG_CONFIG_SOURCES_MAX < RTE_TEL_MAX_DICT_ENTRIES, "and one all classes");
_Static_assert(TG_DROP_MAX <= RTE_TEL_MAX_DICT_ENTRIES, "one dictionary holds all reasons");

static void
put_number(struct rte_tel_data *data, const char *name, uint64_t value)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
	rte_tel_data_add_dict_uint(data, name, value);
#else
	rte_tel_data_add_dict_u64(data, name, value);
#endif
}

static void
fill_status(struct rte_tel_data *data, const struct tg_report *report, const struct tg_tally *tally)
{
	static const struct tg_tally since_start;
	char name[32];
	uint16_t i;

	(void)tally;
	rte_tel_data_add_dict_string(data, "version", source.about->version);
	put_number(data, "uptime_seconds", (report->at - source.about->started) / TG_NS_PER_SEC);
	put_number(data, "workers", report->n_workers);
	for (i = 0; i < report->n_workers; i++) {
		snprintf(name, sizeof(name), "worker_%u_load_percent", i);
		put_number(data, name, tg_report_load(&report->worker[i], &since_start));
	}
}

static void
fill_port(struct rte_tel_data *data, const struct tg_report *report, const struct tg_tally *tally)
{
	const struct tg_about *about = source.about;

	(void)tally;
	rte_tel_data_add_dict_string(data, "name", about->port_name);
	rte_tel_data_add_dict_string(data, "driver", about->driver);
	rte_tel_data_add_dict_string(data, "mac", about->mac);
	rte_tel_data_add_dict_string(data, "link", report->link_up ? "up" : "down");
	put_number(data, "speed_mbps", report->speed_mbps);
	put_number(data, "mtu", about->mtu);
	put_number(data, "queues", about->n_queues);
	put_number(data, "rss", about->rss);
	put_number(data, "rx_checksum", about->rx_checksum);
	put_number(data, "tx_checksum", about->tx_checksum);
	put_number(data, "rx_missed", report->rx_missed);
	put_number(data, "rx_errors", report->rx_errors);
	put_number(data, "rx_no_buffer", report->rx_no_buffer);
}

static void
fill_connections(
    struct rte_tel_data *data, const struct tg_report *report, const struct tg_tally *tally)
{
	char name[TG_REPORT_NAME_MAX];
	unsigned i;

	(void)report;
	for (i = 0; i < TG_TCP_STATES; i++) {
		if (!tg_report_state_shown((enum tg_tcp_state)i))
			continue;
		tg_report_state_name(name, (enum tg_tcp_state)i);
		put_number(data, name, tally->state[i]);
	}
	put_number(data, "total", tally->connections);
	put_number(data, "workers_under_syn_pressure", tally->syn_pressure);
}

static void
fill_pools(struct rte_tel_data *data, const struct tg_report *report, const struct tg_tally *tally)
{
	struct tg_pool_level pool[TG_REPORT_POOLS];
	char name[48];
	unsigned i;

	(void)tally;
	tg_report_pools(pool, source.about, report);
	for (i = 0; i < TG_REPORT_POOLS; i++) {
		put_number(data, pool[i].name, pool[i].in_use);
		snprintf(name, sizeof(name), "%s_limit", pool[i].name);
		put_number(data, name, pool[i].limit);
	}
}

static void
fill_listeners(
    struct rte_tel_data *data, const struct tg_report *report, const struct tg_tally *tally)
{
	const struct tg_about *about = source.about;
	char name[48], endpoint[TG_REPORT_ADDRESS_MAX + 8];
	unsigned i;

	(void)tally;
	rte_tel_data_add_dict_string(
	    data, "overflow", tg_report_syn_overflow_name(about->syn_overflow));
	for (i = 0; i < about->n_listeners; i++) {
		const struct tg_about_listener *listener = &about->listener[i];

		snprintf(name, sizeof(name), "listener_%u", i);
		snprintf(endpoint, sizeof(endpoint), "%s %u", listener->address, listener->port);
		rte_tel_data_add_dict_string(data, name, endpoint);
		snprintf(name, sizeof(name), "listener_%u_syn_cookies", i);
		rte_tel_data_add_dict_string(
		    data, name, tg_report_syn_cookies_name(listener->syn_cookies));
		snprintf(name, sizeof(name), "listener_%u_active_workers", i);
		put_number(data, name, tg_report_active_workers(listener, report));
	}
}

static void
fill_syn_cookies(
    struct rte_tel_data *data, const struct tg_report *report, const struct tg_tally *tally)
{
	struct tg_key_facts keys;

	(void)report;
	(void)tally;
	tg_key_store_read(source.keys, &keys);
	rte_tel_data_add_dict_string(data, "keys", keys.shared ? "fleet" : "own");
	put_number(data, "usable", keys.usable);
	put_number(data, "epoch", keys.epoch);
	put_number(data, "next_master_epoch", keys.next_master_epoch);
	put_number(data, "clock_synchronised", keys.clock_synchronised);
	put_number(data, "clock_trusted", keys.clock_trusted);
	put_number(data, "key_reloads", keys.reloads);
	put_number(data, "key_reloads_refused", keys.reloads_refused);
}

/* By number: EAL takes no hyphens in a name, and a class may have them. */
static void
fill_sources(
    struct rte_tel_data *data, const struct tg_report *report, const struct tg_tally *tally)
{
	const struct tg_about *about = source.about;
	char name[32];
	unsigned i;

	(void)report;
	put_number(data, "classes", about->n_sources);
	for (i = 0; i < about->n_sources; i++) {
		snprintf(name, sizeof(name), "class_%u", i);
		rte_tel_data_add_dict_string(data, name, about->source[i].name);
		snprintf(name, sizeof(name), "class_%u_frames", i);
		put_number(data, name, tally->source_frames[i]);
	}
}

static void
fill_counters(
    struct rte_tel_data *data, const struct tg_report *report, const struct tg_tally *tally)
{
	unsigned i;

	(void)report;
	for (i = 0; i < TG_COUNTER_MAX; i++)
		put_number(data, tg_counter_info[i].name, tally->counter[i]);
}

static void
fill_drops(struct rte_tel_data *data, const struct tg_report *report, const struct tg_tally *tally)
{
	unsigned i;

	(void)report;
	for (i = TG_DROP_NONE + 1; i < TG_DROP_MAX; i++)
		put_number(data, tg_drop_info[i].name, tally->drop[i]);
	put_number(data, "total", tally->drops);
}

typedef void (*fill_fn)(struct rte_tel_data *, const struct tg_report *, const struct tg_tally *);

static const struct command {
	const char *name;
	bool per_worker;
	fill_fn fill;
	const char *help;
} command[] = {
	{ "/tidegate/status", false, fill_status,
	    "Version, uptime and load of the workers. No parameters." },
	{ "/tidegate/port", false, fill_port,
	    "The port, its features in effect, its link and what it lost. No parameters." },
	{ "/tidegate/connections", true, fill_connections,
	    "Connections by state. Parameter: a worker's index, or none for all together." },
	{ "/tidegate/pools", false, fill_pools,
	    "Records, frames and buffers in use and their limits. No parameters." },
	{ "/tidegate/listeners", false, fill_listeners,
	    "Where SYNs are answered, how, and by how many workers with cookies. No parameters." },
	{ "/tidegate/syn_cookies", false, fill_syn_cookies,
	    "Keys of SYN cookies, and the clock they depend on. No parameters." },
	{ "/tidegate/sources", true, fill_sources,
	    "Frames received from each class of sources. Parameter: a worker's index, or none for "
	    "all together." },
	{ "/tidegate/counters", true, fill_counters,
	    "What was counted. Parameter: a worker's index, or none for all together." },
	{ "/tidegate/drops", true, fill_drops,
	    "Frames dropped, by reason. Parameter: a worker's index, or none for all together." },
};

static const struct command *
find_command(const char *name)
{
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(command); i++) {
		if (strcmp(name, command[i].name) == 0)
			return &command[i];
	}
	return NULL;
}

/* The tally that the parameters ask for, or NULL: no such worker. */
static const struct tg_tally *
pick_tally(const struct command *c, const char *params)
{
	char *end;
	unsigned long i;

	if (params == NULL || params[0] == '\0')
		return &source.report.total;
	if (!c->per_worker)
		return NULL;
	i = strtoul(params, &end, 10);
	if (*end != '\0' || params[0] == '-' || i >= source.report.n_workers)
		return NULL;
	return &source.report.worker[i];
}

static int
answer(const struct command *c, const char *params, struct rte_tel_data *data)
{
	const struct tg_tally *tally;

	if (source.about == NULL)
		return -ESHUTDOWN;
	tg_report_read(&source.report, source.workers, source.port);
	tally = pick_tally(c, params);
	if (tally == NULL)
		return -EINVAL;
	rte_tel_data_start_dict(data);
	c->fill(data, &source.report, tally);
	return 0;
}

/* EAL's telemetry thread. */
static int
handle(const char *name, const char *params, struct rte_tel_data *data)
{
	const struct command *c = find_command(name);
	int rc;

	if (c == NULL)
		return -ENOENT;
	pthread_mutex_lock(&source.lock);
	rc = answer(c, params, data);
	pthread_mutex_unlock(&source.lock);
	return rc;
}

/* What an operator is told who had the keys read again. */
static void
put_reload(struct rte_tel_data *data, int rc, const struct tg_config_errors *err)
{
	char text[2048] = "";
	size_t n = 0;
	unsigned i;

	if (rc == 0)
		n += (size_t)snprintf(text, sizeof(text), "keys read again");
	else if (rc == -ENOENT)
		n += (size_t)snprintf(
		    text, sizeof(text), "no keys to read again: this node has its own");
	for (i = 0; i < err->n && n < sizeof(text); i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%s%s", i == 0 ? "" : "; ", err->e[i].text);
	rte_tel_data_string(data, text);
}

static int
handle_reload(const char *name, const char *params, struct rte_tel_data *data)
{
	static struct tg_config_errors err; /* under the lock */
	int rc = -ESHUTDOWN;

	(void)name;
	if (params != NULL && params[0] != '\0')
		return -EINVAL;
	pthread_mutex_lock(&source.lock);
	if (source.about != NULL) {
		memset(&err, 0, sizeof(err));
		rc = tg_key_store_reload(source.keys, tg_wall_ns(), &err);
		put_reload(data, rc, &err);
		rc = 0;
	}
	pthread_mutex_unlock(&source.lock);
	return rc;
}

int
tg_telemetry_start(const struct tg_about *about, struct tg_workers *workers,
    const struct tg_port *port, struct tg_key_store *keys)
{
	unsigned i;
	int rc;

	pthread_mutex_lock(&source.lock);
	source.about = about;
	source.workers = workers;
	source.port = port;
	source.keys = keys;
	pthread_mutex_unlock(&source.lock);
	for (i = 0; i < TG_ARRAY_LEN(command); i++) {
		rc = rte_telemetry_register_cmd(command[i].name, handle, command[i].help);
		if (rc < 0)
			return rc;
	}
	return rte_telemetry_register_cmd("/tidegate/reload", handle_reload,
	    "Reads the file of keys again and says how it went. No parameters.");
}

void
tg_telemetry_stop(void)
{
	pthread_mutex_lock(&source.lock);
	source.about = NULL;
	pthread_mutex_unlock(&source.lock);
}
