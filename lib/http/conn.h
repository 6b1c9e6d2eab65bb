/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Conn: one HTTP connection while it is busy.
 *
 * Request bytes go in, and every request appends one answer to the response
 * stream, before it an interim one where the client waits for it. A request that is
 * refused is answered at the end of its head; any other once its body, which nobody
 * here wants, has been read, since the body may still turn out to be wrong. An answer is a
 * descriptor (page, slot, variant, length) that determines each of its bytes, so there is no send
 * buffer: whoever sends or retransmits names a range of the stream and has it rendered again, the
 * same each time. An answer pins its snapshot slot until the peer has acknowledged all of it.
 *
 * Stream offsets are bytes since tg_http_conn_init, modulo 2^32. An idle connection
 * needs no struct tg_http_conn; the caller maps sequence numbers to offsets.
 *
 * All functions are called by the shard's worker, which owns c, pins and stats; view
 * is the one it read in this burst.
 */
#ifndef TG_HTTP_CONN_H
#define TG_HTTP_CONN_H

#include "base/time.h"
#include "http/chunk.h"
#include "http/parser.h"
#include "http/site.h"

#define TG_HTTP_ANSWERS_MAX 4 /* queued per connection; then no request is taken */

/* tg_http_answer.variant */
#define TG_HTTP_VARIANT_CLOSE 1U /* the head that says Connection: close */
#define TG_HTTP_VARIANT_HEAD  2U /* the head alone: answer to a HEAD request */
#define TG_HTTP_VARIANT_RANGE 4U /* made of the page by the ranges in the parser */

struct tg_http_answer {
	uint32_t len;    /* bytes in the stream */
	uint32_t serial; /* low bits of the snapshot's serial, compared by base/seq.h */
	uint32_t began;  /* when the first byte of its request was read, 2^10 ns; 0: interim */
	uint16_t page;
	uint8_t slot;
	uint8_t variant; /* TG_HTTP_VARIANT_* */
};

/* worker: rw */
struct tg_http_conn {
	_Alignas(64) uint32_t released; /* stream offset of the oldest queued answer */
	uint32_t end;                   /* stream offset behind the newest */
	union {
		uint32_t body_left; /* bytes of request body still to be discarded */
		struct tg_http_chunks chunks;
	};
	uint8_t n_answers;
	uint8_t body;      /* private */
	bool closing : 1;  /* no more requests */
	bool ranged : 1;   /* the newest answer needs the parser */
	bool busy : 1;     /* what tg_http_set_busy said */
	uint8_t src_class; /* what tg_http_set_source said */
	uint32_t began;    /* of the request in the parser, 2^10 ns */
	struct tg_http_answer answer[TG_HTTP_ANSWERS_MAX]; /* oldest first */
	struct tg_http_parser parser;
};

_Static_assert(sizeof(struct tg_http_answer) == 16, "four of these are kept per connection");
_Static_assert(
    sizeof(struct tg_http_conn) == 320, "five cache lines; a short path leaves two cold");

/* Makes c an idle connection whose response stream starts at offset 0. */
void tg_http_conn_init(struct tg_http_conn *c);

/* Takes request bytes p[0..len) in stream order and appends an answer, pinned to the
 * current slot, for each request that ends in them or is refused; a body is discarded. An
 * error is answered and closes the connection (RFC 9112 section 9.6).
 *
 * now: when the bytes arrived, for TG_TIMED_REQUEST.
 *
 * Returns the bytes taken: fewer than len only when TG_HTTP_ANSWERS_MAX answers or one
 * to a range request are queued, in which case the rest is to be offered again after tg_http_acked.
 * Once the connection is closing everything is taken and discarded. */
uint32_t tg_http_receive(struct tg_http_conn *c, const struct tg_http_view *view,
    struct tg_http_pins *pins, struct tg_stats *stats, tg_time_t now, const uint8_t *p,
    uint32_t len);

/* Says whether the load is above its limit: requests are then answered with 503, but for
 * those of spared routes. */
void tg_http_set_busy(struct tg_http_conn *c, bool busy);

/* Says which class of sources the client belongs to, below TG_HTTP_CLASSES_MAX: some routes are
 * for some of them. 0, that of no class, until then. */
void tg_http_set_source(struct tg_http_conn *c, uint8_t src_class);

/* The request that has begun did not end in time: answers 408, RFC 9110 section 15.5.9,
 * and closes. Without effect between requests, when closing, and while answers are
 * queued. */
void tg_http_timeout(struct tg_http_conn *c, const struct tg_http_view *view,
    struct tg_http_pins *pins, struct tg_stats *stats);

/* The bytes of response stream appended so far, modulo 2^32. */
uint32_t tg_http_stream_end(const struct tg_http_conn *c);

/* Copies the bytes [off, off + len) of the response stream to dst. The range lies
 * between the oldest unreleased answer and tg_http_stream_end: that is asserted.
 * False, with dst undefined, when a snapshot it needs has expired: the connection is
 * to be reset. */
bool tg_http_render(const struct tg_http_conn *c, const struct tg_http_view *view, uint32_t off,
    uint8_t *dst, uint32_t len);

/* The peer acknowledged every byte before stream offset off: answers that lie wholly
 * before it are timed (TG_TIMED_REQUEST), released and unpinned. off: at most
 * tg_http_stream_end; an older value is harmless. */
void tg_http_acked(struct tg_http_conn *c, struct tg_http_pins *pins, struct tg_stats *stats,
    tg_time_t now, uint32_t off);

/* Unpins all answers, acknowledged or not: the connection ends. c may be given back. */
void tg_http_conn_release(struct tg_http_conn *c, struct tg_http_pins *pins);

/* The peer sent FIN behind all bytes taken so far: a request that is incomplete is
 * dropped and the connection closes after the queued answers. */
void tg_http_eof(struct tg_http_conn *c);

/* Whether the connection is to be closed after the queued answers. */
bool tg_http_closing(const struct tg_http_conn *c);

/* Whether c is between requests: no byte of one was taken, no answer is queued and the
 * connection is not closing. c may then be given back and made anew later. */
bool tg_http_idle(const struct tg_http_conn *c);

/* Whether an answer is pinned to a snapshot older than view->oldest_serial: the
 * connection is to be reset. */
bool tg_http_expired(const struct tg_http_conn *c, const struct tg_http_view *view);

#endif
