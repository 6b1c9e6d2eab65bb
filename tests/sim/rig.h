/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Rig: one whole shard on a bench. Frames are plain memory, the clock is the caller's, the
 * site has a few fixed pages. Keeps account of every frame and fails loudly when one is lost.
 */
#ifndef TG_TESTS_SIM_RIG_H
#define TG_TESTS_SIM_RIG_H

#include "shard/shard.h"

#define RIG_BURST       32
#define RIG_SPARES      64
#define RIG_FRAMES      1024
#define RIG_FRAME_BYTES 2048
#define RIG_FRAME_PITCH 2368 /* 37 cache lines, as mbufs have: neighbours in other cache sets */
#define RIG_BIG_BYTES   (1U << 20) /* body of /big */
#define RIG_HEAD_BYTES  512

/* What the endpoints are for: to listen on port 80 of both addresses, or to connect from one of
 * them. */
enum rig_role { RIG_LISTENS, RIG_CONNECTS_4, RIG_CONNECTS_6 };

struct rig_options {
	uint32_t connections; /* TCBs of each family */
	uint32_t sides;
	uint32_t held;
	uint32_t half_open;
	uint32_t fast_open_cookies; /* servers that a client knows; 0: no Fast Open */
	uint32_t msl_ms;
	uint32_t idle_ms;
	bool timestamps, sack;
	uint32_t receive_window;
	uint8_t window_scale;
	uint8_t host; /* of 192.0.2.x, 2001:db8::x and the MAC address; 0: 2 */
	enum rig_role role;
	enum tg_syn_cookies_mode syn_cookies; /* the keys are the caller's to put into the world */
	uint32_t syns_per_source;             /* each second, as in tg_source_limits */
	const struct tg_user_ops *user;       /* NULL: the server */
	const void *user_config;
};

struct rig {
	struct tg_net net;
	struct tg_tcp_config tcp;
	struct tg_endpoint endpoint[2]; /* the IPv4 and the IPv6 address */
	struct tg_neighbor_limits neighbor;
	struct tg_shard_config config;
	struct tg_http_route route[2];
	struct tg_http_site site;
	struct tg_http_page page[TG_HTTP_STATUS_MAX + 1];
	char head[TG_HTTP_STATUS_MAX + 1][2][RIG_HEAD_BYTES];
	struct tg_http_snapshot snapshot;
	struct tg_http_view view;
	struct tg_fast_open_keys keys; /* all endpoints do Fast Open */
	struct tg_world world;
	struct tg_shard *shard;
	void *memory;
	uint8_t (*buffer)[RIG_FRAME_PITCH];
	struct tg_frame spare_store[RIG_FRAMES], tx_store[RIG_FRAMES];
	struct tg_frames spare, tx;
};

/* The usual bench: everything offered, generous pools, 2MSL of one second. */
extern const struct rig_options rig_defaults;

/* MAC address of the other end of the rig's link. */
extern const uint8_t rig_peer_mac[6];

void rig_init(struct rig *rig, const struct rig_options *options, tg_time_t now);
void rig_free(struct rig *rig);

/* Runs one burst of n frames given as bytes; what the shard sends is in rig->tx until the
 * next run. Aborts the program if frames are not conserved. */
void rig_run(struct rig *rig, tg_time_t now, const struct tg_frame *rx, uint32_t n);

/* An empty frame to receive into, to be filled and given to rig_run. */
struct tg_frame rig_frame(struct rig *rig);

/* Sum of connections in all states. */
uint32_t rig_connections(const struct rig *rig);

/* Whether nothing is left: no connection, side record, held frame, pinned snapshot. */
bool rig_is_empty(const struct rig *rig);

#endif
