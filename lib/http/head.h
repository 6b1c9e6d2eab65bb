/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Head: renders the status line and the header section of an answer, RFC 9112
 * sections 4 and 5. The control thread does this when it makes a snapshot; workers
 * only refer to the result.
 */
#ifndef TG_HTTP_HEAD_H
#define TG_HTTP_HEAD_H

#include "http/date.h"
#include "http/site.h"

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

/* Likewise, and says where its parts are, for answers that are made of them. */
size_t tg_http_head_write_marked(
    char *dst, size_t cap, const struct tg_http_head *h, struct tg_http_marks *marks);

#endif
