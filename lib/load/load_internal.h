/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Shared inside lib/load.
 */
#ifndef TG_LOAD_LOAD_INTERNAL_H
#define TG_LOAD_LOAD_INTERNAL_H

#include "base/seq.h"
#include "load/load.h"
#include "load/response.h"
#include "tcp/ports.h"

enum tg_load_phase {
	TG_LOAD_OPENING, /* the handshake is under way */
	TG_LOAD_WAITING, /* for a response, or the rest of it */
	TG_LOAD_DONE,    /* everything was answered: it only has to end */
	TG_LOAD_FAILED,  /* counted; is to be reset */
};

/* Beside each TCB, same index. */
struct tg_load_conn {
	tg_time_t began; /* when the SYN, later the request under way was sent */
	uint32_t base;   /* stream offset of the request under way */
	uint32_t n;      /* requests begun */
	enum tg_load_phase phase;
	bool last;   /* the request under way is the last one */
	bool in_syn; /* Fast Open: the first request went with the SYN */
	bool closed; /* we have closed our side */
	bool left;   /* no longer counts as open */
	struct tg_response response;
};

/* One shard's client. */
struct tg_load {
	const struct tg_load_config *config;
	struct tg_load_conn *conn;
	struct tg_tcp_ports ports;
	uint16_t next_endpoint;
	uint16_t worker;
	uint32_t connections; /* open at once */
	uint64_t total;       /* requests */
	bool stopping;
	tg_time_t next_open;
	uint64_t begun;   /* requests */
	uint32_t opening; /* connections that have yet to begin their first */
	struct tg_load_figures figures;
};

/* client.c: the next request on h, whose side record exists, is under way from now on. */
void tg_load_put_request(struct tg_run *run, uint32_t h, struct tg_load_conn *c);

/* open.c: the part of tg_load_user that is about opening. */
void *tg_load_layout(struct tg_arena *arena, const struct tg_shard_config *config);
void tg_load_poll(struct tg_run *run);
tg_time_t tg_load_due(const struct tg_shard *shard, tg_time_t now);

#endif
