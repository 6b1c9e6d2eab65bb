/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Shared inside lib/flood.
 */
#ifndef TG_FLOOD_FLOOD_INTERNAL_H
#define TG_FLOOD_FLOOD_INTERNAL_H

#include "flood/flood.h"
#include "packet/packet.h"

#define TG_FLOOD_ROUNDS   3
#define TG_FLOOD_TTL      64
#define TG_FLOOD_WINDOW   65535
#define TG_FLOOD_MSS_IP4  1460
#define TG_FLOOD_MSS_IP6  1440
#define TG_FLOOD_WSCALE   7
#define TG_FLOOD_COPY     96 /* bytes copied for any SYN: no longer one exists */
#define TG_FLOOD_MS_SHIFT 20 /* ns to ticks of the timestamp clock */

/* One source. */
struct tg_flood_source {
	uint32_t offset; /* of the address in its prefix */
	uint16_t port;   /* host order */
};

/* All sources, numbered by port_bits of port and the offset above them. */
struct tg_flood_space {
	uint64_t next; /* steps taken */
	uint64_t mask; /* of numbers */
	uint64_t factor[TG_FLOOD_ROUNDS], term[TG_FLOOD_ROUNDS];
	uint64_t isn_key;
	uint32_t shift;
	uint32_t port_bits, port_mask;
	uint32_t n_ports;
	uint16_t port_min;
	bool random;
};

/* A completed handshake. */
struct tg_flood_slot {
	tg_time_t began;
	struct tg_flood_source source;
	uint32_t rcv_nxt, snd_nxt;
	bool used;
	bool settled; /* its outcome is counted */
	bool closed;  /* our FIN is sent */
};

struct tg_flood {
	const struct tg_flood_config *config;
	struct tg_flood_space space;
	uint8_t frame[TG_FLOOD_COPY]; /* a SYN from offset 0, port 0, sequence 0 */
	uint32_t bytes;               /* of it */
	uint32_t l4;                  /* where TCP begins */
	uint32_t source_at;           /* the last four bytes of the source, likewise */
	uint32_t time_at;             /* timestamp value; 0: there is none */
	uint32_t time;                /* it, host order */
	uint64_t ip_sum, tcp_sum;     /* of the frame without its checksums, folded */
	be32_t source_base;           /* those last four bytes */
	be32_t source_mask;           /* what is the same in all sources */
	uint32_t to_check;            /* replies until the next is checked */
	uint32_t complete_below;      /* of 2^32 */
	uint8_t src_mac[6], dst_mac[6];
	struct tg_flood_slot *slot; /* TG_FLOOD_SLOTS */
	struct tg_flood_figures figures;
};

/* A reply being looked at. */
struct tg_flood_reply {
	uint8_t *data;
	uint16_t *len;
	struct tg_flood_source source;
	struct tg_segment seg;
};

/* source.c */
void tg_flood_space_init(struct tg_flood_space *s, const struct tg_flood_config *config);
struct tg_flood_source tg_flood_space_next(struct tg_flood_space *s);

/* Sequence number of the SYN from there. */
static inline uint32_t
tg_flood_isn(const struct tg_flood_space *s, struct tg_flood_source from)
{
	uint64_t x = ((uint64_t)from.offset << 16 | from.port) ^ s->isn_key;

	x *= 0x9e3779b97f4a7c15;
	return (uint32_t)((x ^ x >> 32) * 0xd6e8feb86659fd93 >> 32);
}

/* track.c: a SYN-ACK that is to be completed; a segment that is no SYN-ACK. */
enum tg_flood_verdict tg_flood_complete(
    struct tg_flood *f, tg_time_t now, struct tg_flood_reply *reply);
enum tg_flood_verdict tg_flood_converse(
    struct tg_flood *f, tg_time_t now, struct tg_flood_reply *reply);

static inline void
tg_flood_add(struct tg_flood *f, enum tg_flood_count what, uint64_t n)
{
	tg_stat_add(&f->figures.count[what], n);
}

#endif
