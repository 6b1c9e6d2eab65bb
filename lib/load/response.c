/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "load/response.h"

#define STATUS_BYTES 12 /* "HTTP/1.1 200" */
#define DIGITS_MAX   18 /* of a Content-Length: it fits 63 bits */
#define HEX_MAX      15 /* likewise, of a chunk size */

uint64_t
tg_body_sum(uint64_t sum, const uint8_t *p, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 0x100000001b3ULL;
	return sum;
}

void
tg_response_begin(struct tg_response *r)
{
	/* The line is written before it is read. */
	memset(r, 0, offsetof(struct tg_response, line));
	r->body_sum = TG_BODY_SUM_INIT;
}

static void
enter(struct tg_response *r, enum tg_response_state state)
{
	r->state = (uint8_t)state;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Whether p[0..len) is word, which is in lower case, in any case. */
static bool
is_word(const char *p, uint32_t len, const char *word)
{
	uint32_t i;

	for (i = 0; i < len && word[i] != '\0' && lower(p[i]) == word[i]; i++)
		;
	return i == len && word[i] == '\0';
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

static enum tg_response_state
read_status(struct tg_response *r)
{
	const char *p = r->line;

	if (r->line_len < STATUS_BYTES || memcmp(p, "HTTP/1.", 7) != 0 || !is_digit(p[7]) ||
	    p[8] != ' ' || !is_digit(p[9]) || !is_digit(p[10]) || !is_digit(p[11]) ||
	    (r->line_len > STATUS_BYTES && p[STATUS_BYTES] != ' '))
		return TG_RESPONSE_BAD;
	r->status = (uint16_t)((p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0'));
	r->close = p[7] == '0'; /* HTTP/1.0 closes unless it says otherwise */
	return r->status >= 100 && r->status <= 599 ? TG_RESPONSE_FIELDS : TG_RESPONSE_BAD;
}

static bool
field_length(struct tg_response *r, const char *p, uint32_t len)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < len && is_digit(p[i]); i++)
		n = n * 10 + (uint64_t)(p[i] - '0');
	if (len == 0 || len > DIGITS_MAX || i < len || (r->has_length && n != r->left))
		return false;
	r->has_length = true;
	r->left = n;
	return true;
}

static bool
field_coding(struct tg_response *r, const char *p, uint32_t len)
{
	r->chunked = is_word(p, len, "chunked");
	return r->chunked;
}

/* A list of tokens, of which two mean something. */
static bool
field_connection(struct tg_response *r, const char *p, uint32_t len)
{
	uint32_t i = 0, begin, end;

	while (i < len) {
		for (begin = i; begin < len && (is_space(p[begin]) || p[begin] == ','); begin++)
			;
		for (i = begin; i < len && p[i] != ','; i++)
			;
		for (end = i; end > begin && is_space(p[end - 1]); end--)
			;
		if (is_word(p + begin, end - begin, "close"))
			r->close = true;
		else if (is_word(p + begin, end - begin, "keep-alive"))
			r->close = false;
	}
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct tg_response *r, const char *p, uint32_t len);
} fields[] = {
	{ "content-length", field_length },
	{ "transfer-encoding", field_coding },
	{ "connection", field_connection },
};

static enum tg_response_state
read_field(struct tg_response *r)
{
	const char *p = r->line;
	uint32_t colon = 0, begin, end = r->line_len, i;

	while (colon < end && p[colon] != ':')
		colon++;
	if (colon == end) /* a name this long is none of ours */
		return r->line_cut ? TG_RESPONSE_FIELDS : TG_RESPONSE_BAD;
	for (begin = colon + 1; begin < end && is_space(p[begin]); begin++)
		;
	while (end > begin && is_space(p[end - 1]))
		end--;
	for (i = 0; i < TG_ARRAY_LEN(fields); i++) {
		if (!is_word(p, colon, fields[i].name))
			continue;
		return !r->line_cut && fields[i].read(r, p + begin, end - begin)
			   ? TG_RESPONSE_FIELDS
			   : TG_RESPONSE_BAD;
	}
	return TG_RESPONSE_FIELDS;
}

/* Behind the last field: what follows. */
static enum tg_response_state
read_head_end(struct tg_response *r)
{
	uint32_t head_bytes = r->head_bytes;

	if (r->status == 101)
		return TG_RESPONSE_BAD; /* nobody asked for another protocol */
	if (r->status < 200) {
		tg_response_begin(r);
		r->head_bytes = head_bytes;
		return TG_RESPONSE_STATUS;
	}
	if (r->status == 204 || r->status == 304)
		return TG_RESPONSE_DONE;
	if (r->chunked)
		return TG_RESPONSE_CHUNK_SIZE;
	if (r->has_length)
		return r->left == 0 ? TG_RESPONSE_DONE : TG_RESPONSE_BODY;
	r->close = true;
	return TG_RESPONSE_UNTIL_CLOSE;
}

/* RFC 9112 section 7.1. Extensions mean nothing. */
static enum tg_response_state
read_chunk_size(struct tg_response *r)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < r->line_len; i++) {
		char c = lower(r->line[i]);

		if (!is_digit(c) && (c < 'a' || c > 'f'))
			break;
		n = n * 16 + (uint64_t)(is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	if (i == 0 || i > HEX_MAX ||
	    (i < r->line_len && r->line[i] != ';' && !is_space(r->line[i])))
		return TG_RESPONSE_BAD;
	r->left = n;
	r->head_bytes = 0; /* the bound is for what comes between two pieces of body */
	return n == 0 ? TG_RESPONSE_TRAILER : TG_RESPONSE_BODY;
}

/* What the line means that has just ended. */
static enum tg_response_state
read_line(struct tg_response *r)
{
	bool empty = r->line_len == 0;

	switch ((enum tg_response_state)r->state) {
	case TG_RESPONSE_STATUS:
		return read_status(r);
	case TG_RESPONSE_FIELDS:
		return empty ? read_head_end(r) : read_field(r);
	case TG_RESPONSE_CHUNK_SIZE:
		return read_chunk_size(r);
	case TG_RESPONSE_CHUNK_END:
		return empty ? TG_RESPONSE_CHUNK_SIZE : TG_RESPONSE_BAD;
	case TG_RESPONSE_TRAILER:
		return empty ? TG_RESPONSE_DONE : TG_RESPONSE_TRAILER;
	case TG_RESPONSE_BODY:
	case TG_RESPONSE_UNTIL_CLOSE:
	case TG_RESPONSE_DONE:
	case TG_RESPONSE_BAD:
		break; /* are not read by lines */
	}
	return TG_RESPONSE_BAD;
}

/* Takes text up to the end of a line; LF alone ends one, too (RFC 9112 section 2.2). */
static uint32_t
take_line(struct tg_response *r, const uint8_t *p, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len && p[i] != '\n'; i++) {
		if (r->line_len < TG_RESPONSE_LINE_MAX)
			r->line[r->line_len++] = (char)p[i];
		else
			r->line_cut = true;
	}
	r->head_bytes += i;
	if (r->head_bytes > TG_RESPONSE_HEAD_BYTES)
		enter(r, TG_RESPONSE_BAD);
	if (i == len || r->state == TG_RESPONSE_BAD)
		return i;
	if (!r->line_cut && r->line_len != 0 && r->line[r->line_len - 1] == '\r')
		r->line_len--;
	enter(r, read_line(r));
	r->line_len = 0;
	r->line_cut = false;
	return i + 1;
}

static uint32_t
take_body(struct tg_response *r, const uint8_t *p, uint32_t len, bool sum)
{
	if (r->state == TG_RESPONSE_BODY) {
		len = (uint32_t)TG_MIN(len, r->left);
		r->left -= len;
		if (r->left == 0)
			enter(r, r->chunked ? TG_RESPONSE_CHUNK_END : TG_RESPONSE_DONE);
	}
	r->body_bytes += len;
	if (sum)
		r->body_sum = tg_body_sum(r->body_sum, p, len);
	return len;
}

uint32_t
tg_response_read(struct tg_response *r, const uint8_t *p, uint32_t len, bool sum)
{
	uint32_t at = 0;

	while (at < len && r->state != TG_RESPONSE_DONE && r->state != TG_RESPONSE_BAD) {
		if (r->state == TG_RESPONSE_BODY || r->state == TG_RESPONSE_UNTIL_CLOSE)
			at += take_body(r, p + at, len - at, sum);
		else
			at += take_line(r, p + at, len - at);
	}
	return at;
}

void
tg_response_eof(struct tg_response *r)
{
	if (r->state != TG_RESPONSE_DONE)
		enter(r, r->state == TG_RESPONSE_UNTIL_CLOSE ? TG_RESPONSE_DONE : TG_RESPONSE_BAD);
}
