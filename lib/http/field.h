/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Field: the header fields that mean something here, read value byte by value byte
 * into the parser; private to lib/http.
 */
#ifndef TG_HTTP_FIELD_H
#define TG_HTTP_FIELD_H

#include "http/parser.h"

/* How far an authority, or the value of Host, is. */
enum tg_http_host {
	TG_HTTP_HOST_EMPTY,
	TG_HTTP_HOST_NAME,
	TG_HTTP_HOST_LITERAL, /* behind '[' */
	TG_HTTP_HOST_LITERAL_END,
	TG_HTTP_HOST_COLON, /* behind ':' */
	TG_HTTP_HOST_PORT,
	TG_HTTP_HOST_SPACE, /* behind the value */
	TG_HTTP_HOST_BAD
};

/* Where c leads in uri-host [ ":" port ], RFC 3986 section 3.2. User information is no
 * part of an http URI, RFC 9110 section 4.2.4. */
enum tg_http_host tg_http_host_next(enum tg_http_host at, uint8_t c);

/* Takes ps->word for the name of a field line. False if the field may not be there. */
bool tg_http_field_begin(struct tg_http_parser *ps);

/* Reads value bytes p[0..end). Returns the first that cannot belong to a valid value of the
 * field, which is CR behind a valid one, or end. */
const uint8_t *tg_http_field_read(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end);

/* Concludes the value. False if something is missing. */
bool tg_http_field_end(struct tg_http_parser *ps);

#endif
