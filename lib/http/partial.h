/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Partial: answers made of parts of a page, 206 and 416 (RFC 9110 sections 14 and
 * 15.3.7); private to lib/http.
 *
 * Nothing of them is stored: the page's rendered head and body, the ranges and the
 * route's entity tag give every byte, the same each time.
 */
#ifndef TG_HTTP_PARTIAL_H
#define TG_HTTP_PARTIAL_H

#include "http/parser.h"

struct tg_http_partial {
	const struct tg_http_page *page;   /* of the route; of the status 416 for no ranges */
	const struct tg_http_route *route; /* fixed */
	const struct tg_http_range *range; /* bytes of page */
	uint8_t n_ranges;                  /* 0: 416 */
	bool close;
};

/* Bytes of the whole answer. */
uint32_t tg_http_partial_len(const struct tg_http_partial *a);

/* Copies n bytes of the answer from offset skip; they lie in it. */
void tg_http_partial_copy(const struct tg_http_partial *a, uint32_t skip, uint8_t *dst, uint32_t n);

#endif
