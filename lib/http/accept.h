/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Accept: which of two representations a client would rather have, RFC 9110 section 12.5.1;
 * private to lib/http.
 *
 * Looked at for routes that have two, and passed over for all others. Of every media range
 * TG_HTTP_TEXT_MAX bytes are looked at; one that is longer or malformed is as good as none. Of its
 * parameters, `version` has to be that of the representation, and all others are ignored.
 */
#ifndef TG_HTTP_ACCEPT_H
#define TG_HTTP_ACCEPT_H

#include "http/parser.h"

/* Whether the field means anything to the route; prepares to read it. */
bool tg_http_accept_begin(struct tg_http_parser *ps);

/* Reads value bytes p[0..end); returns the first that belongs to no value, or end. */
const uint8_t *tg_http_accept_read(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end);
void tg_http_accept_end(struct tg_http_parser *ps);

/* The page that the client would rather have, the route's own where it does not care or takes
 * neither. The route has two and TG_HTTP_SEEN_ACCEPT is set. */
uint16_t tg_http_accept_page(const struct tg_http_parser *ps);

#endif
