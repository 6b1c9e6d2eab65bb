/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Requests cut into pieces, and all that they lead to.
 */
#ifndef TG_TESTS_HTTP_PARSER_FIXTURE_H
#define TG_TESTS_HTTP_PARSER_FIXTURE_H

#include "http/parser.h"
#include "tap.h"

#include <stdlib.h>

#define HOST_LINE "Host: a\r\n"
#define LINE      "GET / HTTP/1.1\r\n"

/* All that a request leads to. */
struct outcome {
	enum tg_http_parse result;
	uint32_t used;
	uint8_t error;
	uint8_t method, minor;
	uint32_t seen;
	uint32_t content_length;
	uint8_t path_len;
	char path[TG_HTTP_TARGET_MAX];
	bool persists;
};

static inline struct outcome
outcome_of(const struct tg_http_parser *ps, enum tg_http_parse result, uint32_t used)
{
	struct outcome o;

	memset(&o, 0, sizeof(o)); /* compared as bytes */
	o.result = result;
	o.used = used;
	o.method = ps->method;
	if (result == TG_HTTP_PARSE_FAILED)
		o.error = ps->error;
	if (result != TG_HTTP_PARSE_HEAD)
		return o;
	o.minor = ps->minor;
	o.seen = ps->seen;
	o.content_length = ps->content_length;
	o.path_len = ps->path_len;
	memcpy(o.path, ps->path, ps->path_len);
	o.persists = tg_http_parser_persists(ps);
	return o;
}

/* Feeds one piece from a block of exactly its size, so that a sanitizer sees each byte
 * read or kept beyond it. */
static inline enum tg_http_parse
feed_piece(struct tg_http_parser *ps, const uint8_t *p, uint32_t len, uint32_t *used)
{
	uint8_t *exact = malloc(len + 1);
	enum tg_http_parse result;

	CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
	memcpy(exact + 1, p, len);
	result = tg_http_parser_feed(ps, exact + 1, len, used);
	free(exact);
	CU_ASSERT_TRUE_FATAL(*used <= len);
	CU_ASSERT_TRUE(result != TG_HTTP_PARSE_MORE || *used == len);
	return result;
}

/* Likewise, past the request line. */
static inline enum tg_http_parse
feed_head(struct tg_http_parser *ps, const uint8_t *p, uint32_t len, uint32_t *used)
{
	enum tg_http_parse result = feed_piece(ps, p, len, used);
	uint32_t line = *used;

	if (result != TG_HTTP_PARSE_LINE)
		return result;
	result = feed_piece(ps, p + line, len - line, used);
	*used += line;
	return result;
}

/* Parses p[0..len) cut into a first piece of `first` bytes and further ones of `rest`. */
static inline struct outcome
parse_cut(const void *p, uint32_t len, uint32_t first, uint32_t rest)
{
	enum tg_http_parse result = TG_HTTP_PARSE_MORE;
	struct tg_http_parser ps;
	uint32_t at = 0, used, piece = first;

	memset(&ps, 0xa5, sizeof(ps));
	tg_http_parser_init(&ps);
	while (at < len && result <= TG_HTTP_PARSE_LINE) {
		piece = TG_MIN(piece, len - at);
		result = feed_piece(&ps, (const uint8_t *)p + at, piece, &used);
		at += used;
		piece = rest;
	}
	return outcome_of(&ps, result == TG_HTTP_PARSE_LINE ? TG_HTTP_PARSE_MORE : result, at);
}

static inline struct outcome
parse_whole(const void *p, uint32_t len)
{
	return parse_cut(p, len, len, len);
}

static inline bool
same_outcome(const struct outcome *a, const struct outcome *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The outcome must be the same for every cut. */
static inline struct outcome
parse_every_cut(const void *p, uint32_t len)
{
	struct outcome whole = parse_whole(p, len), cut;
	uint32_t at, same = 0;

	for (at = 0; at <= len; at++) {
		cut = parse_cut(p, len, at, len);
		same += same_outcome(&whole, &cut);
	}
	CU_ASSERT_EQUAL(same, len + 1);
	cut = parse_cut(p, len, 1, 1);
	CU_ASSERT_TRUE(same_outcome(&whole, &cut));
	return whole;
}

struct vector {
	const char *bytes;
	uint32_t len;
	enum tg_http_status error; /* of a bad request */
};

#define VECTOR(text)                                                                               \
	{                                                                                          \
		text, sizeof(text) - 1, TG_HTTP_400                                                \
	}
#define ERROR_VECTOR(e, text)                                                                      \
	{                                                                                          \
		text, sizeof(text) - 1, e                                                          \
	}

static const struct vector good[] = {
	VECTOR("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\nhoSt:\texample.com\r\nempty:\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\nHOST:example.com \t \r\nX-Empty:   \r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\nHost:\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\nHost: example.com:8080\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\nHost: example.com:\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\nHost: a_b-c.d~e%20!$&'()*+,;=\r\n\r\n"),
	VECTOR("GET / HTTP/1.0\r\n\r\n"),
	VECTOR("GET / HTTP/1.0\r\nHost: a\r\n\r\n"),
	VECTOR("GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
	VECTOR("HEAD /a/b?c=d&e HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("GET /?/? HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("GET //..//%zz%2 HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("GET /\"<>[\\]^`{|}@:!$&'()*+,;=~ HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("GET http://example.com/x HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("OPTIONS * HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("OPTIONS /x HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("CONNECT example.com:443 HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("CONNECT [::1]:443 HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("!#$%&'*+-.^_`|~09AZaz /x HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("POST /x HTTP/1.1\r\n" HOST_LINE "Content-Length: 65536\r\n\r\n"),
	VECTOR("POST /x HTTP/1.1\r\n" HOST_LINE "content-length:\t0 \t\r\n\r\n"),
	VECTOR("POST /x HTTP/1.1\r\n" HOST_LINE "Transfer-Encoding: chunked\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\n" HOST_LINE "X: a\tb \x80\xff\"{}\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\n" HOST_LINE "!#$%&'*+-.^_`|~09: x\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\n" HOST_LINE "Hosts: b\r\nHos: c\r\nHost-: d\r\n\r\n"),
	VECTOR("GET / HTTP/1.1\r\n" HOST_LINE "Connection: , ,close,\r\nConnection:\r\n\r\n"),
	VECTOR("\r\nGET / HTTP/1.1\r\n" HOST_LINE "\r\n"),
	VECTOR("\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" HOST_LINE "\r\n"),
};

#endif
