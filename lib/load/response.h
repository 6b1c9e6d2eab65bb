/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Response: reads an HTTP/1.x response as far as a client has to that wants its status and
 * its end, RFC 9112.
 *
 * The end of the body is found in the order of RFC 9112 section 6.3: no body with 204 and
 * 304, chunked coding, Content-Length, the end of the connection. Interim responses (1xx) are
 * skipped. Text comes in pieces of any size, and is looked at once.
 *
 * Any thread; all state is in struct tg_response.
 */
#ifndef TG_LOAD_RESPONSE_H
#define TG_LOAD_RESPONSE_H

#include "base/types.h"

#define TG_RESPONSE_LINE_MAX   72          /* characters kept of a line of the head */
#define TG_RESPONSE_HEAD_BYTES (64 * 1024) /* a longer head or trailer is no response */

#define TG_BODY_SUM_INIT 0xcbf29ce484222325ULL

enum tg_response_state {
	TG_RESPONSE_STATUS, /* in the status line */
	TG_RESPONSE_FIELDS,
	TG_RESPONSE_BODY, /* `left` bytes of it, or of a chunk, are to come */
	TG_RESPONSE_CHUNK_SIZE,
	TG_RESPONSE_CHUNK_END, /* in the line end behind a chunk */
	TG_RESPONSE_TRAILER,
	TG_RESPONSE_UNTIL_CLOSE,
	TG_RESPONSE_DONE, /* whole */
	TG_RESPONSE_BAD,  /* this is no HTTP */
};

struct tg_response {
	uint64_t left;
	uint64_t body_bytes; /* of the body, so far */
	uint64_t body_sum;   /* tg_body_sum of them, where asked for */
	uint32_t head_bytes; /* of lines since the beginning or the last chunk */
	uint16_t status;     /* 100..599 once the status line was read */
	uint8_t state;       /* enum tg_response_state */
	uint8_t line_len;
	bool line_cut;   /* the line is longer than is kept */
	bool close;      /* the server will close the connection behind this response */
	bool has_length; /* Content-Length was given, it is in left */
	bool chunked;
	char line[TG_RESPONSE_LINE_MAX];
};

/* Makes r ready for the first byte of a response. */
void tg_response_begin(struct tg_response *r);

/* Reads text p[0..len). Returns the bytes taken: all, unless the response ended (state DONE)
 * or went wrong (BAD) before. sum: whether body_sum is to be computed. */
uint32_t tg_response_read(struct tg_response *r, const uint8_t *p, uint32_t len, bool sum);

/* The server has closed: DONE if that ends the body, else BAD. */
void tg_response_eof(struct tg_response *r);

/* Continues a sum (64-bit FNV-1a, begun with TG_BODY_SUM_INIT) over len bytes: enough to notice
 * a byte lost, doubled or changed, no defence against anyone. */
uint64_t tg_body_sum(uint64_t sum, const uint8_t *p, uint32_t len);

#endif
