/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Chunk: reads a body in the chunked coding, RFC 9112 section 7.1, and forgets it;
 * private to lib/http.
 *
 * As strict as the parser: lines end in CRLF only. Chunk extensions and trailer fields,
 * which mean nothing here, are bounded together by TG_HTTP_CHUNK_LINES_MAX bytes.
 */
#ifndef TG_HTTP_CHUNK_H
#define TG_HTTP_CHUNK_H

#include "base/types.h"

#define TG_HTTP_CHUNK_LINES_MAX 4096 /* bytes of a body that are not data; beyond: bad */

struct tg_http_chunks {
	uint32_t size;  /* of the chunk that begins, or what is left of it */
	uint32_t limit; /* bytes of data that may still come */
	uint16_t lines; /* bytes of anything else that may still come */
	uint8_t state;
};

enum tg_http_chunked {
	TG_HTTP_CHUNKED_MORE, /* everything was taken, the body goes on */
	TG_HTTP_CHUNKED_END,
	TG_HTTP_CHUNKED_BAD,       /* 400 */
	TG_HTTP_CHUNKED_TOO_LARGE, /* 413 */
};

/* Makes c ready for a body of at most limit bytes of data. */
void tg_http_chunks_init(struct tg_http_chunks *c, uint32_t limit);

/* Reads body bytes p[0..len) in stream order. *used: out, the bytes taken; those behind the
 * end of the body are not. */
enum tg_http_chunked tg_http_chunks_read(
    struct tg_http_chunks *c, const uint8_t *p, uint32_t len, uint32_t *used);

#endif
