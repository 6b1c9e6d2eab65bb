/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/partial.h"

/* What is wanted of the answer while it goes by. */
struct window {
	uint8_t *dst;
	uint32_t skip; /* bytes before it that are still to come */
	uint32_t n;    /* bytes of it that are still to come */
	uint32_t len;  /* bytes that went by */
};

static void
put(struct window *w, const void *p, uint32_t len)
{
	uint32_t skip = TG_MIN(w->skip, len), n = TG_MIN(w->n, len - skip);

	w->len += len;
	w->skip -= skip;
	if (n == 0)
		return;
	memcpy(w->dst, (const uint8_t *)p + skip, n);
	w->dst += n;
	w->n -= n;
}

#define PUT(w, text) put(w, text, sizeof(text) - 1)

static void
put_number(struct window *w, uint32_t value)
{
	char digits[10];
	uint32_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	put(w, digits + at, (uint32_t)sizeof(digits) - at);
}

/* range: NULL where none can be given. */
static void
put_content_range(struct window *w, const struct tg_http_range *range, uint32_t body_len)
{
	PUT(w, "Content-Range: bytes ");
	if (range != NULL) {
		put_number(w, range->first);
		PUT(w, "-");
		put_number(w, range->last);
	} else {
		PUT(w, "*");
	}
	PUT(w, "/");
	put_number(w, body_len);
	PUT(w, "\r\n");
}

static void
put_range(struct window *w, const struct tg_http_partial *a, const struct tg_http_range *range)
{
	put(w, a->page->body + range->first, range->last - range->first + 1);
}

/* No body holds the hash of itself, but by intent. */
static void
put_boundary(struct window *w, const struct tg_http_partial *a)
{
	PUT(w, "tidegate-");
	put(w, a->route->etag, TG_HTTP_ETAG_BYTES);
}

static const uint8_t *
head_of(const struct tg_http_partial *a)
{
	return a->page->head[a->close];
}

static void
put_type(struct window *w, const struct tg_http_partial *a)
{
	const struct tg_http_marks *marks = &a->page->marks;

	put(w, head_of(a) + marks->type, (uint32_t)(marks->length - marks->type));
}

/* The body of a multipart/byteranges, RFC 9110 14.6. */
static void
put_parts(struct window *w, const struct tg_http_partial *a)
{
	uint8_t i;

	for (i = 0; i < a->n_ranges; i++) {
		PUT(w, "\r\n--");
		put_boundary(w, a);
		PUT(w, "\r\n");
		put_type(w, a);
		put_content_range(w, &a->range[i], a->page->body_len);
		PUT(w, "\r\n");
		put_range(w, a, &a->range[i]);
	}
	PUT(w, "\r\n--");
	put_boundary(w, a);
	PUT(w, "--\r\n");
}

static void
put_content(struct window *w, const struct tg_http_partial *a)
{
	if (a->n_ranges == 1)
		put_range(w, a, a->range);
	else
		put_parts(w, a);
}

static uint32_t
content_length(const struct tg_http_partial *a)
{
	struct window w = { 0 };

	put_content(&w, a);
	return w.len;
}

static void
put_partial(struct window *w, const struct tg_http_partial *a)
{
	const struct tg_http_marks *marks = &a->page->marks;

	PUT(w, "HTTP/1.1 206 Partial Content\r\n");
	put(w, head_of(a) + marks->fields, (uint32_t)(marks->type - marks->fields));
	if (a->n_ranges == 1) {
		put_content_range(w, a->range, a->page->body_len);
		put_type(w, a);
	} else {
		PUT(w, "Content-Type: multipart/byteranges; boundary=");
		put_boundary(w, a);
		PUT(w, "\r\n");
	}
	PUT(w, "Content-Length: ");
	put_number(w, content_length(a));
	PUT(w, "\r\n");
	put(w, head_of(a) + marks->connection, a->page->head_len[a->close] - marks->connection);
	put_content(w, a);
}

static void
put_unsatisfiable(struct window *w, const struct tg_http_partial *a)
{
	uint32_t type = a->page->marks.type;

	put(w, head_of(a), type);
	put_content_range(w, NULL, a->route->body_len);
	put(w, head_of(a) + type, a->page->head_len[a->close] - type);
	put(w, a->page->body, a->page->body_len);
}

static void
put_answer(struct window *w, const struct tg_http_partial *a)
{
	if (a->n_ranges != 0)
		put_partial(w, a);
	else
		put_unsatisfiable(w, a);
}

uint32_t
tg_http_partial_len(const struct tg_http_partial *a)
{
	struct window w = { 0 };

	put_answer(&w, a);
	return w.len;
}

void
tg_http_partial_copy(const struct tg_http_partial *a, uint32_t skip, uint8_t *dst, uint32_t n)
{
	struct window w = { .dst = dst, .skip = skip, .n = n };

	put_answer(&w, a);
}
