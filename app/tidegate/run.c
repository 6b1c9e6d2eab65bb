/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "run.h"

#include "control/capture.h"
#include "control/key_store.h"
#include "control/log.h"
#include "control/secrets.h"
#include "control/snapshot.h"
#include "control/telemetry.h"
#include "eal.h"
#include "launch.h"
#include "signals.h"

#include <arpa/inet.h>
#include <errno.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_version.h>
#include <signal.h>

#define POLL_MS       100 /* between looks at the link */
#define DRAIN_POLL_MS 10
#define DRAIN_MS      1000 /* connections that last longer are cut off */

#ifdef __clang__
#define COMPILER __VERSION__ /* begins with a name */
#else
#define COMPILER "gcc " __VERSION__
#endif

struct appliance {
	const struct tg_service_config *service;
	struct tg_port port;
	struct tg_wiring wiring;
	struct tg_about about;
	struct tg_workers *workers;
	struct tg_publisher *publisher;
	struct tg_key_store keys;
	struct tg_link link;
	bool capture;
};

static void
fill_listeners(struct tg_about *about, const struct tg_service_config *service)
{
	unsigned i;

	about->n_listeners = service->n_listeners;
	for (i = 0; i < service->n_listeners; i++) {
		const struct tg_config_listener *from = &service->listener[i];
		struct tg_about_listener *to = &about->listener[i];

		to->port = (uint16_t)from->port;
		to->syn_cookies = from->syn_cookies;
		snprintf(to->address, sizeof(to->address), "any");
		if (from->address.set)
			inet_ntop(from->address.is_ipv6 ? AF_INET6 : AF_INET, from->address.ip.b,
			    to->address, sizeof(to->address));
	}
}

static void
fill_about(struct appliance *a)
{
	const struct tg_port *port = &a->port;
	struct tg_about *about = &a->about;
	char name[RTE_ETH_NAME_MAX_LEN] = "";
	struct rte_eth_dev_info info;

	*about = (struct tg_about){ .version = TG_VERSION,
		.mtu = port->mtu,
		.n_queues = port->n_queues,
		.n_workers = port->n_workers,
		.rss = port->rss,
		.rx_checksum = (port->rx_offload & TG_OFFLOAD_L4_CSUM) != 0,
		.tx_checksum = (port->tx_offload & TG_OFFLOAD_L4_CSUM) != 0,
		.started = tg_clock_ns(),
		.tsc_hz = rte_get_tsc_hz(),
		.connections =
		    a->wiring.tcp.limits.connections4 + a->wiring.tcp.limits.connections6,
		.half_open = a->wiring.tcp.limits.half_open,
		.sides = a->wiring.tcp.limits.sides,
		.held = a->wiring.tcp.limits.held,
		.mbufs = port->pool->size,
		.syn_overflow = a->service->tcp.syn_overflow };
	snprintf(about->compiler, sizeof(about->compiler), "%s", COMPILER);
	snprintf(about->dpdk, sizeof(about->dpdk), "%s", rte_version());
	tg_limits_fill(about->limit, a->service);
	snprintf(about->mac, sizeof(about->mac), "%02x:%02x:%02x:%02x:%02x:%02x", port->mac[0],
	    port->mac[1], port->mac[2], port->mac[3], port->mac[4], port->mac[5]);
	rte_eth_dev_get_name_by_port(port->id, name);
	snprintf(about->port_name, sizeof(about->port_name), "%s", name);
	if (rte_eth_dev_info_get(port->id, &info) == 0)
		snprintf(about->driver, sizeof(about->driver), "%s", info.driver_name);
	fill_listeners(about, a->service);
	about->source = a->service->source;
	about->n_sources = a->service->n_sources;
}

static void
log_port(const struct appliance *a)
{
	const struct tg_about *about = &a->about;

	TG_CONTROL_LOG(INFO, "version %s", about->version);
	TG_CONTROL_LOG(INFO, "port %s (%s), MAC %s, MTU %u; queues: %u, workers: %u",
	    about->port_name, about->driver, about->mac, about->mtu, about->n_queues,
	    about->n_workers);
	TG_CONTROL_LOG(INFO,
	    "checksums are verified by the %s and computed by the %s, flows are spread by the %s",
	    about->rx_checksum ? "port" : "workers", about->tx_checksum ? "port" : "workers",
	    about->rss ? "port" : "workers");
}

/* Writes an endpoint as in a URL: 192.0.2.2:8080, [2001:db8::2], without port 80. */
static void
write_endpoint(char *to, size_t room, const struct tg_endpoint *endpoint)
{
	char ip[INET6_ADDRSTRLEN], port[8] = "";

	inet_ntop(endpoint->is_ipv6 ? AF_INET6 : AF_INET, endpoint->ip.b, ip, sizeof(ip));
	if (tg_host16(endpoint->port) != 80)
		snprintf(port, sizeof(port), ":%u", tg_host16(endpoint->port));
	snprintf(to, room, endpoint->is_ipv6 ? "[%s]%s" : "%s%s", ip, port);
}

static void
log_endpoints(const struct tg_tcp_config *tcp)
{
	char text[INET6_ADDRSTRLEN + 16];
	uint16_t i;

	for (i = 0; i < tcp->n_endpoints; i++) {
		const struct tg_endpoint *endpoint = &tcp->endpoint[i];

		write_endpoint(text, sizeof(text), endpoint);
		if (endpoint->vlan != 0)
			TG_CONTROL_LOG(INFO, "listening on %s in VLAN %u", text, endpoint->vlan);
		else
			TG_CONTROL_LOG(INFO, "listening on %s", text);
	}
	if (tcp->n_endpoints == 0)
		return;
	write_endpoint(text, sizeof(text), &tcp->endpoint[0]);
	TG_CONTROL_LOG(INFO, "ready: http://%s/", text);
}

/* Waits for a moment. Returns the signal that ends the program, or 0. */
static int
wait_for_signal(struct appliance *a)
{
	static struct tg_config_errors err;
	int signo = tg_signals_wait(POLL_MS);

	if (signo != SIGHUP)
		return signo;
	memset(&err, 0, sizeof(err));
	tg_key_store_reload(&a->keys, tg_wall_ns(), &err);
	return 0;
}

/* Serves until a signal ends it; returns the signal. */
static int
control_loop(struct appliance *a)
{
	tg_time_t due = tg_clock_ns() + TG_NS_PER_SEC, now;
	int signo;

	do {
		tg_launch_watch_link(&a->link, &a->port, a->workers);
		now = tg_clock_ns();
		if (now >= due) {
			tg_publisher_publish(a->publisher);
			due = TG_MAX(due + TG_NS_PER_SEC, now);
		}
		signo = wait_for_signal(a);
	} while (signo == 0);
	return signo;
}

/* Connections that still have something to say; TIME-WAIT has not. */
static uint32_t
count_live(struct tg_workers *workers)
{
	uint32_t n = 0;
	uint16_t i;
	unsigned s;

	for (i = 0; i < tg_workers_count(workers); i++) {
		const struct tg_tcp_gauges *gauges = tg_shard_gauges(tg_workers_shard(workers, i));

		for (s = 0; s < TG_TCP_STATES; s++)
			n += s == TG_TCP_TIME_WAIT ? 0 : tg_gauge(&gauges->state[s]);
	}
	return n;
}

static void
drain(struct appliance *a)
{
	const struct timespec step = { .tv_nsec = DRAIN_POLL_MS * (long)TG_NS_PER_MS };
	tg_time_t end = tg_clock_ns() + DRAIN_MS * TG_NS_PER_MS;
	uint32_t left;

	tg_publisher_drain(a->publisher);
	tg_publisher_publish(a->publisher);
	while ((left = count_live(a->workers)) > 0 && tg_clock_ns() < end)
		nanosleep(&step, NULL);
	if (left > 0)
		TG_CONTROL_LOG(INFO, "%u connections cut off", left);
}

/* What is optional: neither telemetry nor capture keeps the appliance from serving. */
static void
start_tools(struct appliance *a)
{
	int rc;

	if (a->service->telemetry) {
		rc = tg_telemetry_start(&a->about, a->workers, &a->port, &a->keys);
		if (rc < 0)
			TG_CONTROL_LOG(WARNING, "telemetry is unavailable: %s", strerror(-rc));
	}
	a->capture = a->service->pdump && tg_capture_start();
}

static void
stop_tools(struct appliance *a)
{
	tg_telemetry_stop();
	if (a->capture)
		tg_capture_stop();
}

static int
serve(struct appliance *a)
{
	int rc, signo;

	tg_publisher_publish(a->publisher);
	start_tools(a);
	rc = tg_workers_start(a->workers);
	if (rc == 0) {
		log_port(a);
		log_endpoints(&a->wiring.tcp);
		signo = control_loop(a);
		TG_CONTROL_LOG(INFO, "%s: closing connections", strsignal(signo));
		tg_signals_arm_exit();
		drain(a);
		tg_workers_stop(a->workers);
	}
	stop_tools(a);
	return rc;
}

/* Time between two keys of Fast Open cookies, 0 where no listener grants any. */
static uint64_t
fast_open_period_s(const struct tg_service_config *service)
{
	unsigned i;

	for (i = 0; i < service->n_listeners; i++) {
		if (service->listener[i].fast_open)
			return service->tcp_fast_open.key_rotation_s;
	}
	return 0;
}

/* The masters of cookies: those of the file, or a random one. */
static int
open_keys(struct tg_key_store *keys, const struct tg_service_config *service)
{
	static struct tg_config_errors err;
	bool random = strcmp(service->syn_cookies.key_file, "random") == 0;
	struct tg_key_store_config config = { .file = random ? NULL : service->syn_cookies.key_file,
		.fast_open_period_s = fast_open_period_s(service),
		.trust_clock = service->syn_cookies.trust_clock,
		.clock_is_synchronised = tg_clock_is_synchronised };
	int rc = tg_key_store_open(keys, &config, tg_wall_ns(), &err);

	tg_print_errors(&err);
	return rc;
}

static int
serve_on_port(struct appliance *a, const struct tg_device_config *dev, const struct tg_pages *pages)
{
	struct tg_publisher_config config = { .about = &a->about,
		.pages = pages,
		.port = &a->port,
		.keys = &a->keys,
		.window_scale = a->wiring.tcp.window_scale };
	int rc = -ENOMEM;

	a->workers = tg_launch_create(&a->port, dev, &a->wiring, a->service->workers);
	if (a->workers == NULL)
		return rc;
	fill_about(a);
	config.workers = a->workers;
	a->publisher = tg_publisher_create(&config);
	if (a->publisher != NULL) {
		rc = serve(a);
		tg_publisher_free(a->publisher);
	} else {
		TG_CONTROL_LOG(ERR, "no memory for the snapshots");
	}
	tg_workers_free(a->workers);
	return rc;
}

int
tg_run(const struct tg_device_config *dev, const struct tg_service_config *service,
    const struct tg_pages *pages)
{
	static struct appliance a;
	int rc;

	a.service = service;
	rc = tg_secrets_make(&a.wiring.tcp.secrets);
	if (rc < 0) {
		TG_CONTROL_LOG(ERR, "no random keys: %s", strerror(-rc));
		return rc;
	}
	rc = open_keys(&a.keys, service);
	if (rc < 0) {
		TG_CONTROL_LOG(ERR, "no keys for SYN cookies: %s", strerror(-rc));
		return rc;
	}
	rc = tg_port_open(&a.port, dev, (uint16_t)service->workers,
	    service->workers * service->limits.held_frames);
	if (rc < 0)
		return rc;
	rc = tg_wire(&a.wiring, service, &a.port);
	if (rc == 0)
		rc = serve_on_port(&a, dev, pages);
	tg_port_close(&a.port);
	return rc;
}
