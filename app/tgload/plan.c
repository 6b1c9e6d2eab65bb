/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "plan.h"

#include "control/log.h"
#include "control/text.h"
#include "io/worker.h"
#include "load/response.h"

#include <errno.h>

/* Short, as ports are taken in turn: 60,000 connections later the other end has forgotten. */
#define MSL_MS         500
#define TIME_WAIT_ROOM 131072 /* TCBs beside those of open connections, where TIME-WAIT is ours */
#define SPARE_TCBS     1024
#define SYN_RETRIES    5
#define WINDOW_BYTES   (1 << 20)
#define WINDOW_SCALE   7

/* What one of n workers gets of a sum. */
static uint64_t
share_of(uint64_t sum, uint32_t n, uint32_t i)
{
	return sum / n + (i < sum % n);
}

static void
put_addresses(struct tg_text *t, const struct tg_load_options *o)
{
	unsigned i;

	tg_text_put(t, "addresses:\n");
	for (i = 0; i < o->n_addresses; i++)
		tg_text_printf(t, "- address: \"%s\"\n  vlan: %.0f\n", o->address[i], o->vlan);
	if (o->gateway4 != NULL)
		tg_text_printf(t, "gateway4: \"%s\"\n", o->gateway4);
	if (o->gateway6 != NULL)
		tg_text_printf(t, "gateway6: \"%s\"\n", o->gateway6);
}

/* Where TIME-WAIT is on our side it holds records beside those of open connections. */
static void
put_limits(struct tg_text *t, const struct tg_load_options *o)
{
	uint64_t open = share_of((uint64_t)o->connections, (uint32_t)o->workers, 0);
	bool time_wait = o->close || o->half_close;

	tg_text_printf(t, "limits:\n  connections: %lu\n  side_records: %lu\n",
	    2 * open + (time_wait ? TIME_WAIT_ROOM : SPARE_TCBS), open);
}

/* Retransmissions of a SYN, first after one second, that keep on for so long at least. */
static unsigned
syn_retries(double timeout_s)
{
	unsigned n = 0;

	while (n < 15 && (2 << n) - 1 < timeout_s)
		n++;
	return n;
}

static void
put_timers(struct tg_text *t, const struct tg_load_options *o)
{
	double ms = o->timeout_s * 1000;

	tg_text_printf(t,
	    "timers:\n  msl_ms: %d\n  syn_retries: %u\n  idle_timeout_ms: %.0f\n"
	    "  fin_wait2_ms: %.0f\n",
	    MSL_MS, syn_retries(o->timeout_s), ms, ms);
}

/* The command line as a service file: what is wrong with an address is said the same way. */
static int
make_service(struct tg_plan *plan, struct tg_config_errors *err)
{
	const struct tg_load_options *o = plan->options;
	static char buf[16384];
	struct tg_text t;

	tg_text_init(&t, buf, sizeof(buf));
	tg_text_printf(&t, "workers: %.0f\ndad: false\n", o->workers);
	put_addresses(&t, o);
	/* A service listens; the endpoints are replaced. */
	tg_text_put(&t, "listeners: [ { port: 1 } ]\n");
	put_limits(&t, o);
	put_timers(&t, o);
	tg_text_printf(&t, "tcp:\n  receive_window_bytes: %d\n  window_scale: %d\n", WINDOW_BYTES,
	    WINDOW_SCALE);
	tg_text_put(&t, "telemetry: false\npdump: false\n");
	if (t.cut) {
		fprintf(
		    stderr, "%s: the command line is too long\n", program_invocation_short_name);
		return -E2BIG;
	}
	return tg_config_parse_service("command line", buf, t.len, &plan->service, err);
}

static int
make_requests(struct tg_plan *plan)
{
	const struct tg_url *url = &plan->options->url;
	unsigned last;

	for (last = 0; last < 2; last++) {
		struct tg_load_request *r =
		    last == 0 ? &plan->load.request : &plan->load.last_request;

		r->text = (const uint8_t *)plan->request[last];
		r->len = (uint32_t)snprintf(plan->request[last], sizeof(plan->request[last]),
		    "GET %s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: %s/" TG_VERSION "\r\n%s\r\n",
		    url->path, (int)url->host_len, url->host, program_invocation_short_name,
		    last == 0 ? "" : "Connection: close\r\n");
		if (r->len >= sizeof(plan->request[last])) {
			fprintf(stderr, "%s: the URL is too long\n", program_invocation_short_name);
			return -E2BIG;
		}
	}
	return 0;
}

static int
read_body(struct tg_load_config *load, const char *name)
{
	static uint8_t buf[65536];
	FILE *f = fopen(name, "rb");
	size_t n;

	if (f == NULL) {
		fprintf(stderr, "tgload: --verify %s: %s\n", name, strerror(errno));
		return -errno;
	}
	load->verify = true;
	load->body_sum = TG_BODY_SUM_INIT;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
		load->body_bytes += n;
		load->body_sum = tg_body_sum(load->body_sum, buf, (uint32_t)n);
	}
	n = (size_t)ferror(f);
	fclose(f);
	if (n != 0) {
		fprintf(stderr, "tgload: --verify %s: cannot be read\n", name);
		return -EIO;
	}
	return 0;
}

static uint16_t
worker_of(const void *ctx, bool is_ipv6, const union tg_ip *remote, const union tg_ip *local,
    be16_t rport, be16_t lport)
{
	const struct tg_plan *plan = ctx;

	return tg_workers_of_tuple(
	    plan->port, plan->flow_key, is_ipv6, remote, local, rport, lport);
}

int
tg_plan_make(
    struct tg_plan *plan, const struct tg_load_options *options, struct tg_config_errors *err)
{
	int rc;

	plan->options = options;
	plan->n_workers = (uint32_t)options->workers;
	plan->load = (struct tg_load_config){ .remote = options->url.ip,
		.is_ipv6 = options->url.is_ipv6,
		.port = tg_be16(options->url.port),
		.local_port_min = options->local_port_min,
		.local_port_max = options->local_port_max,
		.requests = (uint32_t)options->requests,
		.close = options->close,
		.half_close = options->half_close,
		.fast_open = options->fast_open,
		.worker_ctx = plan };
	if (options->rate != 0)
		plan->load.interval_ns =
		    (uint64_t)(TG_NS_PER_SEC * options->workers / options->rate + 0.5);
	rc = make_service(plan, err);
	if (rc == 0)
		rc = make_requests(plan);
	if (rc == 0 && options->verify_file != NULL)
		rc = read_body(&plan->load, options->verify_file);
	return rc;
}

static bool
is_link_local(const union tg_ip *ip)
{
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

/* Every address of the remote's family and scope is connected from. */
static void
wire_endpoints(struct tg_plan *plan, struct tg_wiring *w)
{
	const struct tg_url *url = &plan->options->url;
	union tg_ip hop;
	uint16_t i;

	w->tcp.n_endpoints = 0;
	for (i = 0; i < w->net.n_addrs; i++) {
		const struct tg_net_addr *a = &w->net.addr[i];

		if (a->is_ipv6 != url->is_ipv6 ||
		    (a->is_ipv6 && is_link_local(&a->ip) != is_link_local(&url->ip)) ||
		    !tg_net_next_hop(&w->net, a->is_ipv6, &url->ip, a->vlan, &hop))
			continue;
		w->endpoint[w->tcp.n_endpoints++] = (struct tg_endpoint){
			.ip = a->ip, .is_ipv6 = a->is_ipv6, .vlan = a->vlan, .addr = i
		};
	}
}

int
tg_plan_wire(struct tg_plan *plan, struct tg_wiring *w, const struct tg_port *port)
{
	int rc = tg_wire(w, &plan->service, port);

	if (rc < 0)
		return rc;
	plan->port = port;
	plan->flow_key = &w->tcp.secrets.flow;
	plan->load.worker_of = port->rss && plan->n_workers > 1 ? worker_of : NULL;
	w->shard.user = &tg_load_user;
	w->shard.user_config = &plan->load;
	wire_endpoints(plan, w);
	/* One server, known from each of them; a cookie that made room would be asked for again. */
	if (plan->load.fast_open)
		w->tcp.limits.fast_open_cookies = TG_COOKIE_CACHE_WAYS * w->tcp.n_endpoints;
	if (w->tcp.n_endpoints != 0)
		return 0;
	TG_CONTROL_LOG(ERR,
	    "no way to %.*s: no --address of its family has it on its link, and no --gateway "
	    "leads there",
	    (int)plan->options->url.host_len, plan->options->url.host);
	return -ENETUNREACH;
}

void
tg_plan_share(const struct tg_plan *plan, struct tg_shard *shard, uint16_t i)
{
	const struct tg_load_options *o = plan->options;
	uint64_t total =
	    o->total == 0 ? UINT64_MAX : share_of((uint64_t)o->total, plan->n_workers, i);

	tg_load_set_share(shard, i, (uint16_t)plan->n_workers,
	    (uint32_t)share_of((uint64_t)o->connections, plan->n_workers, i), total);
}
