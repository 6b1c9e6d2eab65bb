/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Condition: conditional and range requests, RFC 9110 sections 13 and 14; private to
 * lib/http.
 *
 * No field is kept. Tags are compared with the page's while they stream by, however many
 * there are; of a date or a range set TG_HTTP_TEXT_MAX bytes are looked at, and a longer
 * one is treated as malformed. A malformed value is as good as none for If-Modified-Since,
 * If-Unmodified-Since and Range; a malformed If-Match fails, and a malformed If-None-Match
 * or If-Range does not hold, so that the whole page is sent.
 */
#ifndef TG_HTTP_CONDITION_H
#define TG_HTTP_CONDITION_H

#include "http/parser.h"

/* Reads value bytes p[0..end) of If-Match, else of If-None-Match; returns the first that
 * belongs to no value, or end. */
const uint8_t *tg_http_tags_read(
    struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end, bool if_match);
void tg_http_tags_end(struct tg_http_parser *ps, bool if_match);

/* Likewise for a field that is looked at as a whole: keeps its start in ps->text. */
const uint8_t *tg_http_text_read(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end);

/* The length of that text without spaces behind it; 0 if it was too long. */
size_t tg_http_text_len(const struct tg_http_parser *ps);

/* These conclude it. */
void tg_http_range_end(struct tg_http_parser *ps);
void tg_http_if_range_end(struct tg_http_parser *ps);
void tg_http_since_end(struct tg_http_parser *ps, bool if_modified);

/* What the conditions of a request for a route, whose method it answers, come to. */
enum tg_http_verdict {
	TG_HTTP_VERDICT_WHOLE,
	TG_HTTP_VERDICT_PARTIAL,       /* ps->range */
	TG_HTTP_VERDICT_UNSATISFIABLE, /* 416 */
	TG_HTTP_VERDICT_NOT_MODIFIED,  /* 304 */
	TG_HTTP_VERDICT_FAILED,        /* 412 */
};

/* In the order of RFC 9110 section 13.2.2. */
enum tg_http_verdict tg_http_conditions(const struct tg_http_parser *ps);

#endif
