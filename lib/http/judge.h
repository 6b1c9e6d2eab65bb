/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Judge: decides the answer to a request from its head alone; private to lib/http.
 *
 * The questions come in an order, and the first that is answered decides: how the
 * request is framed, what it expects, its method, its route, where it
 * comes from, the load, who sends it, its conditions.
 */
#ifndef TG_HTTP_JUDGE_H
#define TG_HTTP_JUDGE_H

#include "http/parser.h"

struct tg_http_outcome {
	uint16_t page;
	bool close;   /* the connection ends with this answer */
	bool refused; /* the answer does not wait for the request's body */
	bool partial; /* made of the page: its ranges or, where it is that of 416, no bytes */
};

/* The answer with a page of the site that says what is wrong. */
struct tg_http_outcome tg_http_refuse(
    const struct tg_http_site *site, enum tg_http_status status, bool close);

/* What is known of a request beyond its bytes. */
struct tg_http_client {
	bool busy;         /* the load is above its limit */
	uint8_t src_class; /* source class */
};

/* The answer to a well-formed head, RFC 9110. */
struct tg_http_outcome tg_http_judge(
    const struct tg_http_parser *ps, const struct tg_http_site *site, struct tg_http_client client);

/* Whether the body comes in chunks and in no other coding. */
bool tg_http_is_chunked(const struct tg_http_parser *ps);

/* Whether the client waits for an interim answer before it sends the body. */
bool tg_http_awaits_continue(const struct tg_http_parser *ps);

#endif
