/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * When connections are opened, and from where.
 */
#include "load/load_internal.h"

#define OPENS_PER_RUN  32           /* a burst's worth of SYNs */
#define TUPLES_PER_RUN 1024         /* looked at in one run */
#define RETRY_NS       TG_NS_PER_MS /* what is short now may be back then */
#define BACKLOG_MAX    256 /* opens that a late worker makes up for; more are not due any longer */

_Static_assert(OPENS_PER_RUN <= TG_USER_POLL_MAX, "each of them is touched");

const struct tg_load_count_info tg_load_count_info[TG_LOAD_MAX] = {
#define TG_LOAD(symbol, name, kind, help) [TG_LOAD_##symbol] = { #name, help, TG_LOAD_##kind },
#include "load/count.def"
#undef TG_LOAD
};

void *
tg_load_layout(struct tg_arena *arena, const struct tg_shard_config *config)
{
	const struct tg_load_config *plan = config->user_config;
	const struct tg_tcp_config *tcp = config->tcp;
	struct tg_load *load = tg_arena_take(arena, 1, sizeof(*load));
	struct tg_load_conn *conn = tg_arena_take(
	    arena, tcp->limits.connections4 + tcp->limits.connections6, sizeof(*conn));

	if (load == NULL)
		return NULL;
	load->config = plan;
	load->conn = conn;
	load->connections = plan->connections;
	load->total = plan->total;
	tg_tcp_ports_init(&load->ports, plan->local_port_min, plan->local_port_max, 0, 1);
	return load;
}

void
tg_load_set_share(struct tg_shard *shard, uint16_t worker, uint16_t n_workers, uint32_t connections,
    uint64_t total)
{
	struct tg_load *load = tg_shard_user(shard);
	const struct tg_load_config *config = load->config;

	load->worker = worker;
	load->connections = connections;
	load->total = total;
	if (config->worker_of == NULL)
		tg_tcp_ports_init(&load->ports, config->local_port_min, config->local_port_max,
		    worker, n_workers);
}

const struct tg_load_figures *
tg_load_figures(const struct tg_shard *shard)
{
	const struct tg_load *load = tg_shard_user(shard);

	return &load->figures;
}

void
tg_load_cut_off(struct tg_shard *shard)
{
	struct tg_load *load = tg_shard_user(shard);

	tg_stat_add(&load->figures.count[TG_LOAD_CUT_OFF], tg_gauge(&load->figures.open));
	tg_gauge_add(&load->figures.open, -(int32_t)tg_gauge(&load->figures.open));
}

static bool
has_room(const struct tg_load *load)
{
	return tg_gauge(&load->figures.open) < load->connections;
}

/* Every connection being opened is going to send a request: no more of them are opened than
 * there are requests left. */
static bool
wants_more(const struct tg_load *load)
{
	return !load->stopping && load->begun + load->opening < load->total;
}

static bool
is_finished(const struct tg_load *load)
{
	return !wants_more(load) && tg_gauge(&load->figures.open) == 0;
}

/* Whether the answers to a connection from here come to this worker, where tg_tcp_ports cannot
 * know. */
static bool
is_home(const struct tg_load *load, const struct tg_endpoint *e, be16_t port)
{
	const struct tg_load_config *config = load->config;

	return config->worker_of == NULL ||
	       config->worker_of(config->worker_ctx, config->is_ipv6, &config->remote, &e->ip,
		   config->port, port) == load->worker;
}

/* A local endpoint, each in turn, and a free port there. *tuples is what may still be tried. */
static bool
choose_local(struct tg_run *run, uint32_t *tuples, uint16_t *endpoint, be16_t *port)
{
	struct tg_load *load = run->user;
	const struct tg_tcp_config *tcp = run->tcp->config;

	for (; *tuples != 0; (*tuples)--) {
		*endpoint = load->next_endpoint;
		load->next_endpoint = (uint16_t)((*endpoint + 1) % tcp->n_endpoints);
		*port = tg_tcp_ports_next(
		    run->tcp, &load->ports, *endpoint, &load->config->remote, load->config->port);
		if (*port != 0 && is_home(load, &tcp->endpoint[*endpoint], *port))
			return true;
		if (*port == 0) /* that one was looked through: count it as much */
			*tuples -= TG_MIN(*tuples - 1, TUPLES_PER_RUN / tcp->n_endpoints);
	}
	return false;
}

/* The first request goes with the SYN, or waits for the handshake: it is not counted before that
 * is complete. Without a side record there is time to get one until then. */
static void
open_fast(struct tg_run *run, uint32_t h, struct tg_load_conn *c)
{
	if (tg_tcp_side(run->tcp, h) == NULL)
		return;
	tg_load_put_request(run, h, c);
	c->in_syn = tg_tcp_fast_open(run->tcp, h, run->now) != 0;
}

/* Opens one connection. False: there is no port. */
static bool
open_connection(struct tg_run *run, uint32_t *tuples)
{
	struct tg_load *load = run->user;
	const struct tg_load_config *config = load->config;
	struct tg_load_conn *c;
	uint16_t endpoint;
	be16_t port;
	uint32_t h;

	if (!choose_local(run, tuples, &endpoint, &port))
		return false;
	h = tg_tcp_connect(run->tcp, endpoint, &config->remote, config->port, port, run->now);
	if (h == TG_HANDLE_NONE)
		return false; /* the flow table is full in that place */
	c = &load->conn[h];
	c->began = run->now;
	c->phase = TG_LOAD_OPENING;
	c->n = 0;
	c->last = c->in_syn = c->closed = c->left = false;
	if (config->fast_open)
		open_fast(run, h, c);
	load->opening += c->n == 0;
	tg_stat_add(&load->figures.count[TG_LOAD_OPENED], 1);
	tg_gauge_add(&load->figures.open, 1);
	tg_connection_touch(run, h);
	return true;
}

/* A worker that was away makes up for some of what it missed. */
static void
limit_backlog(struct tg_load *load, tg_time_t now)
{
	tg_time_t most = load->config->interval_ns * BACKLOG_MAX;

	if (load->next_open == 0)
		load->next_open = now; /* nothing was due so far */
	if (now > most && load->next_open < now - most)
		load->next_open = now - most;
}

/* Opens that are due while all connections are taken do not pile up. */
static void
hold_back(struct tg_load *load, tg_time_t now)
{
	uint64_t interval = load->config->interval_ns, n;

	if (interval == 0 || load->next_open > now)
		return;
	n = (now - load->next_open) / interval + 1;
	load->next_open += n * interval;
	tg_stat_add(&load->figures.count[TG_LOAD_HELD_BACK], n);
}

static void
put_off(struct tg_load *load, tg_time_t now, enum tg_load_count why)
{
	tg_stat_add(&load->figures.count[why], 1);
	load->next_open = TG_MAX(load->next_open, now + RETRY_NS);
}

void
tg_load_poll(struct tg_run *run)
{
	struct tg_load *load = run->user;
	uint32_t *free = load->config->is_ipv6 ? &run->tcp->free6 : &run->tcp->free4;
	uint32_t n, tuples = TUPLES_PER_RUN;

	if (load->stopping)
		load->next_open = 0; /* the time begins anew */
	load->stopping = run->world->draining;
	limit_backlog(load, run->now);
	for (n = 0; n < OPENS_PER_RUN && wants_more(load) && load->next_open <= run->now; n++) {
		if (!has_room(load)) {
			hold_back(load, run->now);
			break;
		}
		if (*free == TG_HANDLE_NONE) {
			put_off(load, run->now, TG_LOAD_NO_TCB);
			break;
		}
		if (!open_connection(run, &tuples)) {
			put_off(load, run->now, TG_LOAD_NO_PORT);
			break;
		}
		load->next_open += load->config->interval_ns;
	}
	atomic_store_explicit(&load->figures.finished, is_finished(load), memory_order_relaxed);
}

tg_time_t
tg_load_due(const struct tg_shard *shard, tg_time_t now)
{
	const struct tg_load *load = tg_shard_user(shard);

	if (is_finished(load) !=
	    atomic_load_explicit(&load->figures.finished, memory_order_relaxed))
		return now;
	if (!wants_more(load))
		return UINT64_MAX;
	return has_room(load) ? load->next_open : UINT64_MAX;
}
