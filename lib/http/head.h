/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Head: renders the status line and the header section of an answer, RFC 9112
 * sections 4 and 5. The control thread does this when it makes a snapshot; workers
 * only refer to the result.
 */
#ifndef TG_HTTP_HEAD_H
#define TG_HTTP_HEAD_H

#include "http/site.h"

#define TG_HTTP_DATE_BYTES 29 /* IMF-fixdate */

struct tg_http_head {
	enum tg_http_status status;
	const char *date;         /* TG_HTTP_DATE_BYTES bytes, not terminated */
	const char *content_type; /* terminated; NULL leaves the field out */
	const char *server;       /* terminated; NULL leaves the field out */
	const char *fields;       /* terminated; further field lines, whole; NULL: none */
	uint32_t content_length;  /* bytes */
	bool close;               /* Connection: close, else Connection: keep-alive */
};

/* Writes the head h to dst, its empty line included. That of an interim answer has
 * nothing else, and one that never has content has no Content-Length (RFC 9110 8.6).
 *
 * Any thread. dst: cap bytes. Returns the bytes written, or 0 if cap is short. */
size_t tg_http_head_write(char *dst, size_t cap, const struct tg_http_head *h);

/* Writes an instant as IMF-fixdate, RFC 9110 section 5.6.7, e.g.
 * "Sun, 06 Nov 1994 08:49:37 GMT", not terminated.
 *
 * Any thread. unix_seconds: seconds since 1970, leap seconds not counted, up to the
 * end of the year 9999. */
void tg_http_date_write(char dst[TG_HTTP_DATE_BYTES], uint64_t unix_seconds);

#endif
