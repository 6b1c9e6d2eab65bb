/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/chunk.h"

#include "http/lex.h"

/* Where the reader stands. */
enum state {
	STATE_SIZE_BEGIN,
	STATE_SIZE,
	STATE_SIZE_SPACE, /* that may stand before an extension, and nowhere else */
	STATE_EXTENSION,
	STATE_SIZE_LF,
	STATE_DATA,
	STATE_DATA_CR,
	STATE_DATA_LF,
	STATE_TRAILER_BEGIN,
	STATE_TRAILER_NAME,
	STATE_TRAILER_VALUE,
	STATE_TRAILER_LF,
	STATE_END_LF,
	STATE_END,
	STATE_BAD,
	STATE_TOO_LARGE
};

void
tg_http_chunks_init(struct tg_http_chunks *c, uint32_t limit)
{
	*c = (struct tg_http_chunks){ .limit = limit, .lines = TG_HTTP_CHUNK_LINES_MAX };
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum state
next_of_space(uint8_t byte)
{
	if (byte == ' ' || byte == '\t')
		return STATE_SIZE_SPACE;
	return byte == ';' ? STATE_EXTENSION : STATE_BAD;
}

static enum state
next_of_size(struct tg_http_chunks *c, uint8_t byte, enum state at)
{
	int digit = hex_digit(byte);

	if (digit >= 0) {
		/* Before it could overflow the size is beyond any limit. */
		if (c->size > UINT32_MAX >> 4)
			return STATE_TOO_LARGE;
		c->size = c->size << 4 | (uint32_t)digit;
		return c->size > c->limit ? STATE_TOO_LARGE : STATE_SIZE;
	}
	if (at == STATE_SIZE_BEGIN)
		return STATE_BAD;
	if (byte == '\r')
		return STATE_SIZE_LF;
	return next_of_space(byte);
}

static enum state
begin_data(struct tg_http_chunks *c)
{
	c->limit -= c->size;
	return c->size == 0 ? STATE_TRAILER_BEGIN : STATE_DATA;
}

static enum state
next_of_trailer(uint8_t byte, enum state at)
{
	if (at == STATE_TRAILER_VALUE)
		return byte == '\r'                                  ? STATE_TRAILER_LF
		       : tg_http_is_class(byte, TG_HTTP_CLASS_VALUE) ? STATE_TRAILER_VALUE
								     : STATE_BAD;
	if (at == STATE_TRAILER_BEGIN && byte == '\r')
		return STATE_END_LF;
	if (at == STATE_TRAILER_NAME && byte == ':')
		return STATE_TRAILER_VALUE;
	return tg_http_is_class(byte, TG_HTTP_CLASS_TOKEN) ? STATE_TRAILER_NAME : STATE_BAD;
}

/* Where a byte that is no data leads. */
static enum state
next(struct tg_http_chunks *c, uint8_t byte)
{
	enum state at = (enum state)c->state;

	switch (at) {
	case STATE_SIZE_BEGIN:
	case STATE_SIZE:
		return next_of_size(c, byte, at);
	case STATE_SIZE_SPACE:
		return next_of_space(byte);
	case STATE_EXTENSION:
		if (byte == '\r')
			return STATE_SIZE_LF;
		return tg_http_is_class(byte, TG_HTTP_CLASS_VALUE) ? STATE_EXTENSION : STATE_BAD;
	case STATE_SIZE_LF:
		return byte == '\n' ? begin_data(c) : STATE_BAD;
	case STATE_DATA_CR:
		return byte == '\r' ? STATE_DATA_LF : STATE_BAD;
	case STATE_DATA_LF:
		return byte == '\n' ? STATE_SIZE_BEGIN : STATE_BAD;
	case STATE_TRAILER_BEGIN:
	case STATE_TRAILER_NAME:
	case STATE_TRAILER_VALUE:
		return next_of_trailer(byte, at);
	case STATE_TRAILER_LF:
		return byte == '\n' ? STATE_TRAILER_BEGIN : STATE_BAD;
	case STATE_END_LF:
		return byte == '\n' ? STATE_END : STATE_BAD;
	case STATE_DATA:
	case STATE_END:
	case STATE_BAD:
	case STATE_TOO_LARGE:
		break;
	}
	return at;
}

/* Reads one byte that is no data. CRLF behind data is not held against the limit. */
static void
read_byte(struct tg_http_chunks *c, uint8_t byte)
{
	if (c->state != STATE_DATA_CR && c->state != STATE_DATA_LF && c->lines-- == 0)
		c->state = STATE_BAD;
	else
		c->state = (uint8_t)next(c, byte);
}

static uint32_t
skip_data(struct tg_http_chunks *c, uint32_t len)
{
	uint32_t n = TG_MIN(len, c->size);

	c->size -= n;
	if (c->size == 0)
		c->state = STATE_DATA_CR;
	return n;
}

enum tg_http_chunked
tg_http_chunks_read(struct tg_http_chunks *c, const uint8_t *p, uint32_t len, uint32_t *used)
{
	uint32_t at = 0;

	while (at < len && c->state < STATE_END) {
		if (c->state == STATE_DATA)
			at += skip_data(c, len - at);
		else
			read_byte(c, p[at++]);
	}
	*used = at;
	if (c->state < STATE_END)
		return TG_HTTP_CHUNKED_MORE;
	if (c->state == STATE_END)
		return TG_HTTP_CHUNKED_END;
	return c->state == STATE_BAD ? TG_HTTP_CHUNKED_BAD : TG_HTTP_CHUNKED_TOO_LARGE;
}
