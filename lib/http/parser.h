/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Parser: reads the head of one HTTP/1.x request, RFC 9112, fed in pieces of any
 * size. The outcome depends on the bytes alone, never on how they were cut.
 *
 * It is strict where leniency lets two parsers disagree about where a request ends
 * (RFC 9112 section 11): lines end in CRLF only, no folding, no space around names,
 * one Host, one Content-Length. Nothing is kept but the path, until the caller has
 * made a route of it, and what the header section means for the answer.
 *
 * Called by the shard's worker; all state is in struct tg_http_parser.
 */
#ifndef TG_HTTP_PARSER_H
#define TG_HTTP_PARSER_H

#include "http/site.h"

#define TG_HTTP_WORD_MAX 20 /* longest name or token that is recognised, rounded up */
#define TG_HTTP_TEXT_MAX 96 /* longest value that is looked at as a whole */

enum tg_http_parse {
	TG_HTTP_PARSE_MORE,   /* everything was taken, the head goes on */
	TG_HTTP_PARSE_LINE,   /* the request line is complete: set parser.route, then go on */
	TG_HTTP_PARSE_HEAD,   /* the head is complete and well formed */
	TG_HTTP_PARSE_FAILED, /* answer parser.error and close */
};

/* tg_http_parser.seen */
#define TG_HTTP_SEEN_HOST              (1U << 0)
#define TG_HTTP_SEEN_CONTENT_LENGTH    (1U << 1)
#define TG_HTTP_SEEN_TRANSFER_ENCODING (1U << 2)
#define TG_HTTP_SEEN_CLOSE             (1U << 3)
#define TG_HTTP_SEEN_KEEP_ALIVE        (1U << 4)
#define TG_HTTP_SEEN_CONTINUE          (1U << 5) /* Expect: 100-continue */
#define TG_HTTP_SEEN_EXPECTATION       (1U << 6) /* any other */
/* Conditions, RFC 9110 section 13.1, and what became of them. */
#define TG_HTTP_SEEN_IF_MATCH            (1U << 7)
#define TG_HTTP_SEEN_MATCHED             (1U << 8)
#define TG_HTTP_SEEN_IF_NONE_MATCH       (1U << 9)
#define TG_HTTP_SEEN_NONE_MATCHED        (1U << 10) /* some tag of If-None-Match is the page's */
#define TG_HTTP_SEEN_IF_MODIFIED_SINCE   (1U << 11)
#define TG_HTTP_SEEN_NOT_MODIFIED        (1U << 12)
#define TG_HTTP_SEEN_IF_UNMODIFIED_SINCE (1U << 13)
#define TG_HTTP_SEEN_MODIFIED            (1U << 14)
#define TG_HTTP_SEEN_IF_RANGE            (1U << 15)
#define TG_HTTP_SEEN_RANGE_HOLDS         (1U << 16) /* If-Range names the page as it is */
#define TG_HTTP_SEEN_RANGE               (1U << 17)
#define TG_HTTP_SEEN_UNSATISFIABLE       (1U << 18) /* no range lies in the page */
#define TG_HTTP_SEEN_AUTHORIZATION       (1U << 19)
#define TG_HTTP_SEEN_AUTHORIZED          (1U << 20) /* it lets into the route's realm */
#define TG_HTTP_SEEN_CHUNKED             (1U << 21) /* the transfer coding chunked */
#define TG_HTTP_SEEN_CODING              (1U << 22) /* any other */
#define TG_HTTP_SEEN_BEHIND_CHUNKED      (1U << 23) /* one behind chunked */
#define TG_HTTP_SEEN_ACCEPT              (1U << 24) /* and the route has a choice */

/* What Accept says about one of two representations. */
struct tg_http_accept {
	uint16_t q;   /* weight in thousandths; 0: not wanted */
	uint8_t rank; /* how specific the media range is that says so */
};

/* Bytes of a page, both ends included. */
struct tg_http_range {
	uint32_t first, last;
};

/* worker: rw. The members up to path_len are results, valid after TG_HTTP_PARSE_HEAD;
 * method is valid after TG_HTTP_PARSE_FAILED too. path is valid after TG_HTTP_PARSE_LINE
 * alone: once a route was made of it, its bytes serve the header section. */
struct tg_http_parser {
	const struct tg_http_route *route; /* the caller's finding; NULL: none */
	uint32_t content_length;           /* bytes of body; saturates */
	uint32_t seen;                     /* TG_HTTP_SEEN_* */
	uint8_t method;                    /* enum tg_http_method */
	uint8_t minor;                     /* HTTP/1.minor */
	uint8_t error;                     /* enum tg_http_status, after TG_HTTP_PARSE_FAILED */
	uint8_t n_ranges;                  /* in range: what is asked for; 0: the whole page */
	uint8_t path_len; /* bytes; 0: none; TG_HTTP_TARGET_MAX: cut, matches no route */
	uint8_t state;    /* private from here on */
	uint16_t left;    /* bytes that the line or section may still take */
	uint8_t empty_lines;
	uint8_t n_fields;
	uint8_t field; /* the field whose value is being read */
	uint8_t value; /* how far that value is */
	uint8_t word_len;
	uint8_t text_len;
	char word[TG_HTTP_WORD_MAX]; /* start of the token being read */
	union {
		char path[TG_HTTP_TARGET_MAX]; /* without scheme, authority and query */
		struct {
			char text[TG_HTTP_TEXT_MAX]; /* start of the value being read */
			union {
				/* results, too: of a route that never changes, or has a choice */
				struct tg_http_range range[TG_HTTP_RANGES_MAX];
				struct tg_http_accept accept[2];
			};
		};
	};
};

/* Makes ps ready for a request. */
void tg_http_parser_init(struct tg_http_parser *ps);

/* Reads request bytes p[0..len) in stream order. *used: out, the bytes taken; those
 * behind the request line, the empty line or an error are not. After
 * TG_HTTP_PARSE_HEAD and TG_HTTP_PARSE_FAILED the parser has to be initialised again. */
enum tg_http_parse tg_http_parser_feed(
    struct tg_http_parser *ps, const uint8_t *p, uint32_t len, uint32_t *used);

/* Whether no byte of a request was read yet; empty lines before it do not count. */
bool tg_http_parser_fresh(const struct tg_http_parser *ps);

/* Whether the connection persists behind this request, RFC 9112 section 9.3. */
bool tg_http_parser_persists(const struct tg_http_parser *ps);

#endif
