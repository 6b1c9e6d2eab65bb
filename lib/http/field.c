/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/field.h"

#include "http/accept.h"
#include "http/auth.h"
#include "http/condition.h"
#include "http/lex.h"

/* Fields whose value means something here, by the length of their names. */
enum field {
	FIELD_OTHER,
	FIELD_HOST,
	FIELD_RANGE,
	FIELD_ACCEPT,
	FIELD_EXPECT,
	FIELD_IF_MATCH,
	FIELD_IF_RANGE,
	FIELD_CONNECTION,
	FIELD_AUTHORIZATION,
	FIELD_IF_NONE_MATCH,
	FIELD_CONTENT_LENGTH,
	FIELD_IF_MODIFIED_SINCE,
	FIELD_TRANSFER_ENCODING,
	FIELD_IF_UNMODIFIED_SINCE,
	FIELD_MAX
};

/* How far the value of Content-Length is. */
enum number { NUMBER_EMPTY, NUMBER_DIGITS, NUMBER_SPACE };

static const struct {
	struct tg_http_word name; /* lower case */
	uint32_t seen;            /* TG_HTTP_SEEN_* that its presence sets */
	bool once;                /* a second one is an error */
} fields[FIELD_MAX + 1] = {
	[FIELD_OTHER] = { { NULL, 0 }, 0, false },
	[FIELD_HOST] = { TG_HTTP_WORD("host"), TG_HTTP_SEEN_HOST, true },
	[FIELD_RANGE] = { TG_HTTP_WORD("range"), TG_HTTP_SEEN_RANGE, true },
	[FIELD_ACCEPT] = { TG_HTTP_WORD("accept"), TG_HTTP_SEEN_ACCEPT, false },
	[FIELD_EXPECT] = { TG_HTTP_WORD("expect"), 0, false },
	[FIELD_IF_MATCH] = { TG_HTTP_WORD("if-match"), TG_HTTP_SEEN_IF_MATCH, false },
	[FIELD_IF_RANGE] = { TG_HTTP_WORD("if-range"), TG_HTTP_SEEN_IF_RANGE, true },
	[FIELD_CONNECTION] = { TG_HTTP_WORD("connection"), 0, false },
	[FIELD_AUTHORIZATION] = { TG_HTTP_WORD("authorization"), TG_HTTP_SEEN_AUTHORIZATION, true },
	[FIELD_IF_NONE_MATCH] = { TG_HTTP_WORD("if-none-match"), TG_HTTP_SEEN_IF_NONE_MATCH,
	    false },
	[FIELD_CONTENT_LENGTH] = { TG_HTTP_WORD("content-length"), TG_HTTP_SEEN_CONTENT_LENGTH,
	    true },
	[FIELD_IF_MODIFIED_SINCE] = { TG_HTTP_WORD("if-modified-since"),
	    TG_HTTP_SEEN_IF_MODIFIED_SINCE, true },
	[FIELD_TRANSFER_ENCODING] = { TG_HTTP_WORD("transfer-encoding"),
	    TG_HTTP_SEEN_TRANSFER_ENCODING, false },
	[FIELD_IF_UNMODIFIED_SINCE] = { TG_HTTP_WORD("if-unmodified-since"),
	    TG_HTTP_SEEN_IF_UNMODIFIED_SINCE, true },
	[FIELD_MAX] = { { NULL, UINT8_MAX }, 0, false },
};

/* The first field whose name has so many characters; most names find none. */
static const uint8_t first_of_length[TG_HTTP_WORD_MAX + 1] = {
	[4] = FIELD_HOST,
	[5] = FIELD_RANGE,
	[6] = FIELD_ACCEPT,
	[8] = FIELD_IF_MATCH,
	[10] = FIELD_CONNECTION,
	[13] = FIELD_AUTHORIZATION,
	[14] = FIELD_CONTENT_LENGTH,
	[17] = FIELD_IF_MODIFIED_SINCE,
	[19] = FIELD_IF_UNMODIFIED_SINCE,
};

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static enum field
find_field(const struct tg_http_parser *ps)
{
	unsigned i = first_of_length[ps->word_len];

	for (; i != FIELD_OTHER && fields[i].name.len == ps->word_len; i++)
		if (tg_http_word_is_nocase(ps, &fields[i].name))
			return (enum field)i;
	return FIELD_OTHER;
}

enum tg_http_host
tg_http_host_next(enum tg_http_host at, uint8_t c)
{
	switch (at) {
	case TG_HTTP_HOST_EMPTY:
		if (c == '[')
			return TG_HTTP_HOST_LITERAL;
		return tg_http_is_class(c, TG_HTTP_CLASS_HOST) ? TG_HTTP_HOST_NAME
							       : TG_HTTP_HOST_BAD;
	case TG_HTTP_HOST_NAME:
		if (c == ':')
			return TG_HTTP_HOST_COLON;
		return tg_http_is_class(c, TG_HTTP_CLASS_HOST) ? TG_HTTP_HOST_NAME
							       : TG_HTTP_HOST_BAD;
	case TG_HTTP_HOST_LITERAL:
		if (c == ']')
			return TG_HTTP_HOST_LITERAL_END;
		return c == ':' || tg_http_is_class(c, TG_HTTP_CLASS_HOST) ? TG_HTTP_HOST_LITERAL
									   : TG_HTTP_HOST_BAD;
	case TG_HTTP_HOST_LITERAL_END:
		return c == ':' ? TG_HTTP_HOST_COLON : TG_HTTP_HOST_BAD;
	case TG_HTTP_HOST_COLON:
	case TG_HTTP_HOST_PORT:
		return tg_http_is_class(c, TG_HTTP_CLASS_DIGIT) ? TG_HTTP_HOST_PORT
								: TG_HTTP_HOST_BAD;
	case TG_HTTP_HOST_SPACE:
	case TG_HTTP_HOST_BAD:
		break;
	}
	return TG_HTTP_HOST_BAD;
}

bool
tg_http_field_begin(struct tg_http_parser *ps)
{
	enum field field = find_field(ps);

	if (fields[field].once && (ps->seen & fields[field].seen))
		return false;
	if (field == FIELD_ACCEPT && !tg_http_accept_begin(ps))
		field = FIELD_OTHER;
	ps->field = (uint8_t)field;
	ps->text_len = 0;
	ps->seen |= fields[field].seen;
	return true;
}

/* Reads one byte of the value; false if it cannot stand there. */
static bool
take_host(struct tg_http_parser *ps, uint8_t c)
{
	enum tg_http_host at = (enum tg_http_host)ps->value;

	if (!is_space(c))
		at = tg_http_host_next(at, c);
	else if (at == TG_HTTP_HOST_LITERAL)
		at = TG_HTTP_HOST_BAD;
	else if (at != TG_HTTP_HOST_EMPTY)
		at = TG_HTTP_HOST_SPACE;
	if (at == TG_HTTP_HOST_BAD)
		return false; /* ps->value still says whether the value before c is whole */
	ps->value = (uint8_t)at;
	return true;
}

static bool
take_content_length(struct tg_http_parser *ps, uint8_t c)
{
	uint64_t number;

	if (is_space(c)) {
		if (ps->value == NUMBER_DIGITS)
			ps->value = NUMBER_SPACE;
		return true;
	}
	if (!tg_http_is_class(c, TG_HTTP_CLASS_DIGIT) || ps->value == NUMBER_SPACE)
		return false;
	ps->value = NUMBER_DIGITS;
	number = (uint64_t)ps->content_length * 10 + (c - (uint8_t)'0');
	ps->content_length = (uint32_t)TG_MIN(number, (uint64_t)UINT32_MAX);
	return true;
}

static void
end_connection_option(struct tg_http_parser *ps)
{
	static const struct tg_http_word close = TG_HTTP_WORD("close");
	static const struct tg_http_word keep_alive = TG_HTTP_WORD("keep-alive");

	if (tg_http_word_is_nocase(ps, &close))
		ps->seen |= TG_HTTP_SEEN_CLOSE;
	else if (tg_http_word_is_nocase(ps, &keep_alive))
		ps->seen |= TG_HTTP_SEEN_KEEP_ALIVE;
	ps->word_len = 0;
}

static const uint8_t *
read_host(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	for (;; p++) {
		if (ps->value == TG_HTTP_HOST_NAME)
			p = tg_http_skip_class(p, end, TG_HTTP_CLASS_HOST);
		if (p == end || !take_host(ps, *p))
			return p;
	}
}

static const uint8_t *
read_content_length(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	while (p < end && take_content_length(ps, *p))
		p++;
	return p;
}

static void
end_expectation(struct tg_http_parser *ps)
{
	static const struct tg_http_word expectation = TG_HTTP_WORD("100-continue");

	if (ps->word_len == 0)
		return;
	ps->seen |= tg_http_word_is_nocase(ps, &expectation) ? TG_HTTP_SEEN_CONTINUE
							     : TG_HTTP_SEEN_EXPECTATION;
	ps->word_len = 0;
}

static void
end_coding(struct tg_http_parser *ps)
{
	static const struct tg_http_word chunked = TG_HTTP_WORD("chunked");

	if (ps->word_len == 0)
		return;
	if ((ps->seen & TG_HTTP_SEEN_CHUNKED) != 0)
		ps->seen |= TG_HTTP_SEEN_BEHIND_CHUNKED;
	ps->seen |=
	    tg_http_word_is_nocase(ps, &chunked) ? TG_HTTP_SEEN_CHUNKED : TG_HTTP_SEEN_CODING;
	ps->word_len = 0;
}

static void
end_member(struct tg_http_parser *ps)
{
	if (ps->field == FIELD_EXPECT)
		end_expectation(ps);
	else if (ps->field == FIELD_TRANSFER_ENCODING)
		end_coding(ps);
	else
		end_connection_option(ps);
}

/* Reads a list of tokens; a member that holds anything else is none that is known. */
static const uint8_t *
read_members(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *stop;

	for (;; p = stop + 1) {
		stop = tg_http_skip_class(p, end, TG_HTTP_CLASS_TOKEN);
		tg_http_word_keep(ps, p, stop);
		if (stop == end || !tg_http_is_class(*stop, TG_HTTP_CLASS_VALUE))
			return stop;
		if (*stop == ',' || is_space(*stop))
			end_member(ps);
		else
			tg_http_word_keep(ps, stop, stop + 1);
	}
}

const uint8_t *
tg_http_field_read(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	switch ((enum field)ps->field) {
	case FIELD_HOST:
		return read_host(ps, p, end);
	case FIELD_CONTENT_LENGTH:
		return read_content_length(ps, p, end);
	case FIELD_EXPECT:
	case FIELD_CONNECTION:
	case FIELD_TRANSFER_ENCODING:
		return read_members(ps, p, end);
	case FIELD_ACCEPT:
		return tg_http_accept_read(ps, p, end);
	case FIELD_IF_MATCH:
	case FIELD_IF_NONE_MATCH:
		return tg_http_tags_read(ps, p, end, ps->field == FIELD_IF_MATCH);
	case FIELD_RANGE:
	case FIELD_AUTHORIZATION:
	case FIELD_IF_RANGE:
	case FIELD_IF_MODIFIED_SINCE:
	case FIELD_IF_UNMODIFIED_SINCE:
		return tg_http_text_read(ps, p, end);
	case FIELD_OTHER:
	case FIELD_MAX:
		break;
	}
	return tg_http_skip_value(p, end);
}

static void
end_authorization(struct tg_http_parser *ps)
{
	if (ps->route != NULL && ps->route->realm != NULL &&
	    tg_http_authorizes(ps->route->realm, ps->text, tg_http_text_len(ps)))
		ps->seen |= TG_HTTP_SEEN_AUTHORIZED;
}

bool
tg_http_field_end(struct tg_http_parser *ps)
{
	switch ((enum field)ps->field) {
	case FIELD_HOST:
		return ps->value != TG_HTTP_HOST_LITERAL;
	case FIELD_CONTENT_LENGTH:
		return ps->value != NUMBER_EMPTY;
	case FIELD_EXPECT:
	case FIELD_CONNECTION:
	case FIELD_TRANSFER_ENCODING:
		end_member(ps);
		return true;
	case FIELD_ACCEPT:
		tg_http_accept_end(ps);
		return true;
	case FIELD_IF_MATCH:
	case FIELD_IF_NONE_MATCH:
		tg_http_tags_end(ps, ps->field == FIELD_IF_MATCH);
		return true;
	case FIELD_RANGE:
		tg_http_range_end(ps);
		return true;
	case FIELD_AUTHORIZATION:
		end_authorization(ps);
		return true;
	case FIELD_IF_RANGE:
		tg_http_if_range_end(ps);
		return true;
	case FIELD_IF_MODIFIED_SINCE:
	case FIELD_IF_UNMODIFIED_SINCE:
		tg_http_since_end(ps, ps->field == FIELD_IF_MODIFIED_SINCE);
		return true;
	case FIELD_OTHER:
	case FIELD_MAX:
		break;
	}
	return true;
}
