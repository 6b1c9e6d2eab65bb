/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/head.h"
#include "packet/build.h"

const struct rig_options rig_defaults = {
	.connections = 64,
	.sides = 64,
	.held = 256,
	.half_open = 64,
	.msl_ms = 500,
	.idle_ms = 60000,
	.timestamps = true,
	.sack = true,
	.receive_window = 65536,
	.window_scale = 7,
};

const uint8_t rig_peer_mac[6] = { 0x02, 0, 0, 0, 0, 0x01 };

static void
set_net(struct rig *rig, uint8_t host)
{
	static const uint8_t mac[6] = { 0x02, 0, 0, 0, 0, 0x02 };
	static const uint8_t ip6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };

	memcpy(rig->net.mac, mac, sizeof(mac));
	rig->net.mtu = 1500;
	rig->net.ttl = 64;
	rig->net.n_addrs = 2;
	rig->net.addr[0] = (struct tg_net_addr){ .ip.v4 = tg_be32(0xc0000202), .prefix_len = 24 };
	rig->net.addr[1] = (struct tg_net_addr){ .is_ipv6 = true, .prefix_len = 64 };
	memcpy(rig->net.addr[1].ip.b, ip6, sizeof(ip6));
	if (host == 0)
		return;
	rig->net.mac[5] = rig->net.addr[0].ip.b[3] = rig->net.addr[1].ip.b[15] = host;
}

static void
set_tcp(struct rig *rig, const struct rig_options *o)
{
	unsigned i;

	rig->tcp = (struct tg_tcp_config){
		.timers = { .rto_initial = tg_ticks_from_ms(1000),
		    .rto_min = tg_ticks_from_ms(200),
		    .rto_max = tg_ticks_from_ms(60000),
		    .delayed_ack = tg_ticks_from_ms(40),
		    .msl = tg_ticks_from_ms(o->msl_ms),
		    .fin_wait2 = tg_ticks_from_ms(60000),
		    .idle = tg_ticks_from_ms(o->idle_ms),
		    .syn_retries = 5,
		    .syn_ack_retries = 5,
		    .retries = 15 },
		.limits = { .connections4 = o->connections,
		    .connections6 = o->connections,
		    .half_open = o->half_open,
		    .sides = o->sides,
		    .held = o->held,
		    .held_per_connection = 16,
		    .fast_open_pending = o->half_open,
		    .fast_open_cookies = o->fast_open_cookies,
		    .challenge_acks_per_second = 100,
		    .resets_per_second = 100 },
		.source_limits = { .per_source = o->syns_per_source, .cells = TG_SKETCH_CELLS_MIN },
		.secrets = { { { 1, 2 } }, { { 3, 4 } }, { { 5, 6 } } },
		.receive_window = o->receive_window,
		.window_scale = o->window_scale,
		.timestamps = o->timestamps,
		.sack = o->sack,
		.initial_window = 10,
		.mss4 = 1460,
		.mss6 = 1440,
		.n_endpoints = 2,
		.endpoint = rig->endpoint,
	};
	for (i = 0; i < 2; i++)
		rig->endpoint[i] = (struct tg_endpoint){ .ip = rig->net.addr[i].ip,
			.is_ipv6 = rig->net.addr[i].is_ipv6,
			.port = tg_be16(80),
			.addr = (uint16_t)i,
			.fast_open = true,
			.syn_cookies = o->syn_cookies };
	if (o->role == RIG_LISTENS)
		return;
	rig->tcp.endpoint = &rig->endpoint[o->role == RIG_CONNECTS_6];
	rig->tcp.n_endpoints = 1;
	rig->endpoint[o->role == RIG_CONNECTS_6].port = 0;
}

static void
set_page(struct rig *rig, unsigned i, enum tg_http_status status, const void *body, uint32_t len)
{
	struct tg_http_page *page = &rig->page[i];
	unsigned close;

	page->status = status;
	page->body = body;
	page->body_len = len;
	for (close = 0; close < 2; close++) {
		struct tg_http_head head = { .status = status,
			.date = "Sun, 06 Nov 1994 08:49:37 GMT",
			.content_length = len,
			.close = close };

		page->head[close] = (uint8_t *)rig->head[i][close];
		page->head_len[close] =
		    (uint32_t)tg_http_head_write(rig->head[i][close], RIG_HEAD_BYTES, &head);
	}
}

static void
set_site(struct rig *rig)
{
	static const char *const path[2] = { "/big", "/ok" };
	static uint8_t big[RIG_BIG_BYTES]; /* the same for all rigs */
	uint32_t i;

	for (i = 0; i < RIG_BIG_BYTES && big[RIG_BIG_BYTES - 1] == 0; i++)
		big[i] = (uint8_t)((i * 2654435761u) >> 13);
	for (i = 0; i < 2; i++) {
		rig->route[i].path_len = (uint8_t)strlen(path[i]);
		memcpy(rig->route[i].path, path[i], rig->route[i].path_len);
		rig->route[i].methods = TG_HTTP_METHODS_READ;
		rig->route[i].options = TG_HTTP_204;
		rig->route[i].not_allowed = TG_HTTP_405;
		rig->route[i].page = (uint16_t)(i == 0 ? TG_HTTP_STATUS_MAX : TG_HTTP_200);
	}
	for (i = 0; i < TG_HTTP_STATUS_MAX; i++) {
		set_page(rig, i, (enum tg_http_status)i, "ok\n", 3);
		rig->site.error_page[i] = (uint16_t)i;
	}
	set_page(rig, TG_HTTP_STATUS_MAX, TG_HTTP_200, big, RIG_BIG_BYTES);
	rig->site.options = TG_HTTP_204;
	rig->site.not_allowed = TG_HTTP_405;
	rig->site.n_pages = TG_HTTP_STATUS_MAX + 1;
	rig->site.body_limit = TG_HTTP_BODY_BYTES_MAX;
	tg_http_site_init(&rig->site, rig->route, 2);
	rig->snapshot = (struct tg_http_snapshot){ .serial = 1, .page = rig->page };
	rig->view.site = &rig->site;
	rig->view.slot[0] = &rig->snapshot;
	rig->world.http = &rig->view;
	rig->keys.current = (struct tg_siphash_key){ { 7, 8 } };
	rig->world.fast_open = &rig->keys;
}

static void
set_frames(struct rig *rig)
{
	uint32_t i;

	rig->spare = (struct tg_frames){ rig->spare_store, 0, RIG_FRAMES };
	rig->tx = (struct tg_frames){ rig->tx_store, 0, RIG_FRAMES };
	for (i = 0; i < RIG_FRAMES; i++) {
		struct tg_frame f = {
			.data = rig->buffer[i], .buf = rig->buffer[i], .room = RIG_FRAME_BYTES
		};

		tg_frames_push(&rig->spare, &f);
	}
}

void
rig_init(struct rig *rig, const struct rig_options *options, tg_time_t now)
{
	struct tg_arena arena = { 0 };

	memset(rig, 0, sizeof(*rig));
	rig->buffer = calloc(RIG_FRAMES, RIG_FRAME_PITCH);
	set_net(rig, options->host);
	set_tcp(rig, options);
	set_site(rig);
	set_frames(rig);
	rig->neighbor = (struct tg_neighbor_limits){ .entries = 256,
		.reachable_ms = 30000,
		.retrans_ms = 1000,
		.probes = 3,
		.echo_per_second = 1000 };
	rig->config = (struct tg_shard_config){ .net = &rig->net,
		.tcp = &rig->tcp,
		.neighbor = &rig->neighbor,
		.user = options->user != NULL ? options->user : &tg_server_user,
		.user_config = options->user_config };
	tg_shard_layout(&arena, &rig->config, true, now);
	arena.size = (arena.used + 63) & ~(size_t)63;
	rig->memory = arena.base = aligned_alloc(64, arena.size);
	memset(arena.base, 0, arena.size);
	arena.used = 0;
	rig->shard = tg_shard_layout(&arena, &rig->config, true, now);
}

void
rig_free(struct rig *rig)
{
	free(rig->memory);
	free(rig->buffer);
}

static uint32_t
held(const struct rig *rig)
{
	return tg_gauge(&tg_shard_gauges(rig->shard)->held);
}

struct tg_frame
rig_frame(struct rig *rig)
{
	struct tg_frame f;

	if (!tg_frames_pop(&rig->spare, &f)) {
		fprintf(stderr, "rig: out of frames\n");
		abort();
	}
	return f;
}

void
rig_run(struct rig *rig, tg_time_t now, const struct tg_frame *rx, uint32_t n)
{
	uint32_t before, after;

	while (rig->tx.n != 0)
		tg_frames_push(&rig->spare, &rig->tx.v[--rig->tx.n]);
	before = n + rig->spare.n + held(rig);
	tg_shard_run(rig->shard, &rig->world, now, rx, n, &rig->spare, &rig->tx);
	after = rig->tx.n + rig->spare.n + held(rig);
	if (before != after) {
		fprintf(stderr, "rig: %u frames in, %u accounted for\n", before, after);
		abort();
	}
}

uint32_t
rig_connections(const struct rig *rig)
{
	uint32_t state, n = 0;

	for (state = 0; state < TG_TCP_STATES; state++)
		n += tg_gauge(&tg_shard_gauges(rig->shard)->state[state]);
	return n;
}

bool
rig_is_empty(const struct rig *rig)
{
	const struct tg_tcp_gauges *gauges = tg_shard_gauges(rig->shard);

	return rig_connections(rig) == 0 && tg_gauge(&gauges->sides) == 0 &&
	       tg_gauge(&gauges->held) == 0 &&
	       (rig->config.user != &tg_server_user ||
		   atomic_load(&tg_shard_pins(rig->shard)->count[0]) == 0);
}
