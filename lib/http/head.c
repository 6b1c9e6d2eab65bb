/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/head.h"

struct out {
	const char *start;
	char *at, *end;
	bool is_short;
};

static uint16_t
written(const struct out *o)
{
	return (uint16_t)(o->at - o->start);
}

static void
put_bytes(struct out *o, const char *p, size_t len)
{
	if ((size_t)(o->end - o->at) < len) {
		o->is_short = true;
		return;
	}
	memcpy(o->at, p, len);
	o->at += len;
}

static void
put_text(struct out *o, const char *text)
{
	for (; *text != '\0'; text++)
		put_bytes(o, text, 1);
}

static void
put_number(struct out *o, uint32_t value)
{
	char digits[10];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	put_bytes(o, digits + at, sizeof(digits) - at);
}

static void
put_field(struct out *o, const char *name, const char *value)
{
	put_text(o, name);
	put_text(o, ": ");
	put_text(o, value);
	put_text(o, "\r\n");
}

static void
put_status(struct out *o, enum tg_http_status status)
{
	put_text(o, "HTTP/1.1 ");
	put_number(o, tg_http_status_info[status].code);
	put_text(o, " ");
	put_text(o, tg_http_status_info[status].reason);
	put_text(o, "\r\n");
}

static void
put_content(struct out *o, const struct tg_http_head *h, struct tg_http_marks *marks)
{
	marks->type = written(o);
	if (h->content_type != NULL)
		put_field(o, "Content-Type", h->content_type);
	marks->length = written(o);
	if (h->status == TG_HTTP_204 || h->status == TG_HTTP_304)
		return;
	put_text(o, "Content-Length: ");
	put_number(o, h->content_length);
	put_text(o, "\r\n");
}

static void
put_fields(struct out *o, const struct tg_http_head *h, struct tg_http_marks *marks)
{
	marks->fields = written(o);
	if (h->server != NULL)
		put_field(o, "Server", h->server);
	put_text(o, "Date: ");
	put_bytes(o, h->date, TG_HTTP_DATE_BYTES);
	put_text(o, "\r\n");
	if (h->fields != NULL)
		put_text(o, h->fields);
	put_content(o, h, marks);
	marks->connection = written(o);
	/* keep-alive is said aloud because an HTTP/1.0 client waits for it. */
	put_field(o, "Connection", h->close ? "close" : "keep-alive");
}

size_t
tg_http_head_write_marked(
    char *dst, size_t cap, const struct tg_http_head *h, struct tg_http_marks *marks)
{
	struct out o = { dst, dst, dst + cap, false };

	put_status(&o, h->status);
	if (h->status != TG_HTTP_100)
		put_fields(&o, h, marks);
	put_text(&o, "\r\n");
	return o.is_short ? 0 : (size_t)(o.at - dst);
}

size_t
tg_http_head_write(char *dst, size_t cap, const struct tg_http_head *h)
{
	struct tg_http_marks unused;

	return tg_http_head_write_marked(dst, cap, h, &unused);
}
