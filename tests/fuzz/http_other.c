/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http_other.h"

#include <http_parser.h>
#include <string.h>

static void
keep(struct other *o, struct piece *piece, const char *p, size_t len)
{
	if (piece->len == 0)
		piece->at = o->text_len;
	memcpy(o->text + o->text_len, p, len);
	o->text_len += len;
	piece->len += len;
}

static int
on_url(http_parser *parser, const char *p, size_t len)
{
	struct other *o = parser->data;

	keep(o, &o->url, p, len);
	return 0;
}

static int
on_name(http_parser *parser, const char *p, size_t len)
{
	struct other *o = parser->data;

	if (o->in_trailer)
		return 0;
	if (o->n_fields == 0 || o->in_value)
		memset(&o->field[o->n_fields++], 0, sizeof(o->field[0]));
	o->in_value = false;
	keep(o, &o->field[o->n_fields - 1].name, p, len);
	return 0;
}

static int
on_value(http_parser *parser, const char *p, size_t len)
{
	struct other *o = parser->data;

	o->in_value = true;
	if (!o->in_trailer)
		keep(o, &o->field[o->n_fields - 1].value, p, len);
	return 0;
}

static int
on_head(http_parser *parser)
{
	struct other *o = parser->data;

	o->in_trailer = true;
	o->major = parser->http_major;
	o->minor = parser->http_minor;
	o->method = http_method_str((enum http_method)parser->method);
	o->chunked = (parser->flags & F_CHUNKED) != 0;
	o->has_length = (parser->flags & F_CONTENTLENGTH) != 0;
	o->length = o->has_length ? parser->content_length : 0;
	o->keep_alive = http_should_keep_alive(parser) != 0;
	return 0;
}

static int
on_body(http_parser *parser, const char *p, size_t len)
{
	struct other *o = parser->data;

	(void)p;
	o->body_len += len;
	o->chunk_left -= len;
	if (o->chunk_left == 0 && o->chunked)
		o->line_end = 0;
	return 0;
}

static int
on_chunk(http_parser *parser)
{
	struct other *o = parser->data;

	o->chunk_left = parser->content_length;
	return 0;
}

static int
on_end(http_parser *parser)
{
	struct other *o = parser->data;

	o->end = 1; /* other_read knows where */
	return 0;
}

void
other_read(struct other *o, const uint8_t *data, size_t size)
{
	static const http_parser_settings settings = {
		.on_url = on_url,
		.on_header_field = on_name,
		.on_header_value = on_value,
		.on_headers_complete = on_head,
		.on_body = on_body,
		.on_chunk_header = on_chunk,
		.on_message_complete = on_end,
	};
	http_parser parser;
	size_t at;

	memset(o, 0, offsetof(struct other, field));
	o->text_len = 0;
	o->line_end = 2;
	http_parser_init(&parser, HTTP_REQUEST);
	parser.data = o;
	for (at = 0; at < size && o->end == 0 && !o->refused; at++) {
		if (o->line_end < 2)
			o->unended |= data[at] != "\r\n"[o->line_end++];
		http_parser_execute(&parser, &settings, (const char *)data + at, 1);
		if (o->in_trailer && o->head_end == 0)
			o->head_end = at + 1;
		o->upgrade = parser.upgrade != 0 && o->head_end != 0;
		o->refused = HTTP_PARSER_ERRNO(&parser) != HPE_OK;
	}
	o->used = at;
	if (o->end != 0)
		o->end = at;
}
