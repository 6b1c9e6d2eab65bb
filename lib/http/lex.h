/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Lex: character classes and words for the parser; private to lib/http.
 */
#ifndef TG_HTTP_LEX_H
#define TG_HTTP_LEX_H

#include "http/parser.h"

/* Character classes, RFC 9110 5.5 and 5.6.2, RFC 9112 3.2, RFC 3986 2. */
enum tg_http_class {
	TG_HTTP_CLASS_TOKEN = 1 << 0,  /* tchar */
	TG_HTTP_CLASS_TARGET = 1 << 1, /* request target: visible ASCII but '#' */
	TG_HTTP_CLASS_PATH = 1 << 2,   /* the same without '?' */
	TG_HTTP_CLASS_VALUE = 1 << 3,  /* field value: visible, obs-text, SP and HTAB */
	TG_HTTP_CLASS_HOST = 1 << 4,   /* reg-name: unreserved, sub-delims and '%' */
	TG_HTTP_CLASS_DIGIT = 1 << 5,
};

extern const uint8_t tg_http_classes[256]; /* TG_HTTP_CLASS_* of each byte */

static inline bool
tg_http_is_class(uint8_t c, enum tg_http_class class)
{
	return (tg_http_classes[c] & class) != 0;
}

/* The first byte of p[0..end) outside class, or end. */
static inline const uint8_t *
tg_http_skip_class(const uint8_t *p, const uint8_t *end, enum tg_http_class class)
{
	while (p < end && tg_http_is_class(*p, class))
		p++;
	return p;
}

/* Likewise for TG_HTTP_CLASS_VALUE, eight bytes at a time while none is a control character: tabs
 * are rare, and values are most of a head. */
static inline const uint8_t *
tg_http_skip_value(const uint8_t *p, const uint8_t *end)
{
	const uint64_t ones = 0x0101010101010101, tops = 0x80 * ones;
	uint64_t v, del;

	for (; end - p >= 8; p += 8) {
		memcpy(&v, p, 8);
		del = v ^ 0x7f * ones;
		/* The top bit of a byte that is below 0x20, or 0x7f; perhaps of those above it. */
		if ((((v - 0x20 * ones) & ~v) | ((del - ones) & ~del)) & tops)
			break;
	}
	return tg_http_skip_class(p, end, TG_HTTP_CLASS_VALUE);
}

/* A known name or token, shorter than TG_HTTP_WORD_MAX. */
struct tg_http_word {
	const char *text;
	uint8_t len;
};

#define TG_HTTP_WORD(text)                                                                         \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

/* Appends a piece of the token being read. One that fills ps->word is longer than any
 * known word and matches none. */
void tg_http_word_keep(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end);

/* Whether the token is w. */
bool tg_http_word_is(const struct tg_http_parser *ps, const struct tg_http_word *w);

/* Whether the token is w, which is given in lower case, in any case. */
bool tg_http_word_is_nocase(const struct tg_http_parser *ps, const struct tg_http_word *w);

#endif
