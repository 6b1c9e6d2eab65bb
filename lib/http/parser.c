/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/parser.h"

#include "http/field.h"
#include "http/lex.h"

/* Where the parser stands, in the order of the bytes of a request. */
enum state {
	STATE_START,
	STATE_START_LF,
	STATE_METHOD,
	STATE_TARGET,
	STATE_SCHEME,
	STATE_SCHEME_SLASH,
	STATE_AUTHORITY,
	STATE_PATH,
	STATE_QUERY,
	STATE_TARGET_END,
	STATE_VERSION,
	STATE_LINE_LF,
	STATE_SECTION, /* nothing is read before the next call */
	STATE_FIELD,
	STATE_NAME,
	STATE_VALUE,
	STATE_VALUE_LF,
	STATE_END_LF,
	STATE_HEAD, /* from here on nothing more is read */
	STATE_FAILED
};

static void
keep_path(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	size_t n = TG_MIN((size_t)(end - p), (size_t)(TG_HTTP_TARGET_MAX - ps->path_len));

	memcpy(ps->path + ps->path_len, p, n);
	ps->path_len = (uint8_t)(ps->path_len + n);
}

static bool
is_named(const struct tg_http_parser *ps, const char *name)
{
	uint8_t i;

	/* No token holds the zero at which a shorter name ends. */
	for (i = 0; i < ps->word_len; i++)
		if (ps->word[i] != name[i])
			return false;
	return name[i] == '\0';
}

static enum tg_http_method
find_method(const struct tg_http_parser *ps)
{
	unsigned i;

	for (i = TG_HTTP_METHOD_OTHER + 1; i < TG_HTTP_METHOD_MAX; i++)
		if (is_named(ps, tg_http_method_name[i]))
			return (enum tg_http_method)i;
	return TG_HTTP_METHOD_OTHER;
}

static const uint8_t *
fail(struct tg_http_parser *ps, enum tg_http_status error, const uint8_t *p)
{
	ps->state = STATE_FAILED;
	ps->error = (uint8_t)error;
	return p;
}

static const uint8_t *
enter(struct tg_http_parser *ps, enum state state, const uint8_t *p)
{
	ps->state = (uint8_t)state;
	ps->word_len = 0;
	ps->value = 0;
	return p;
}

static const uint8_t *
expect(struct tg_http_parser *ps, uint8_t c, enum state state, const uint8_t *p)
{
	return *p == c ? enter(ps, state, p + 1) : fail(ps, TG_HTTP_400, p);
}

/* CRLF before end, taken at once if all of it is there: lf is the state between, behind that
 * after it. */
static const uint8_t *
expect_crlf(struct tg_http_parser *ps, enum state lf, enum state behind, const uint8_t *p,
    const uint8_t *end)
{
	if (end - p >= 2 && p[0] == '\r' && p[1] == '\n')
		return enter(ps, behind, p + 2);
	return expect(ps, '\r', lf, p);
}

/* The functions below read bytes of one state from p, which is before end, and return the
 * first byte that they did not take. Where the next state is certain they may go on with it: end
 * is never beyond what the line or section may hold. */

/* Empty lines before a request are left over from a body, RFC 9112 section 2.2. */
static const uint8_t *
read_start(struct tg_http_parser *ps, const uint8_t *p)
{
	if (*p == '\r' && ps->empty_lines < TG_HTTP_EMPTY_LINES_MAX) {
		ps->empty_lines++;
		return enter(ps, STATE_START_LF, p + 1);
	}
	ps->left = TG_HTTP_LINE_BYTES_MAX + 3; /* CRLF, and one that is too many */
	return enter(ps, STATE_METHOD, p);
}

static const uint8_t *
read_method(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *stop;

	if (ps->word_len == 0 && end - p >= 4 && memcmp(p, "GET ", 4) == 0) {
		ps->method = TG_HTTP_METHOD_GET;
		return enter(ps, STATE_TARGET, p + 4);
	}
	stop = tg_http_skip_class(p, end, TG_HTTP_CLASS_TOKEN);
	tg_http_word_keep(ps, p, stop);
	if (stop == end)
		return stop;
	if (ps->word_len == 0)
		return fail(ps, TG_HTTP_400, stop);
	ps->method = (uint8_t)find_method(ps);
	return expect(ps, ' ', STATE_TARGET, stop);
}

static const uint8_t *
read_path(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *stop = tg_http_skip_class(p, end, TG_HTTP_CLASS_PATH);

	keep_path(ps, p, stop);
	if (stop == end)
		return stop;
	return *stop == ' ' ? enter(ps, STATE_VERSION, stop + 1) : enter(ps, STATE_QUERY, stop);
}

/* Tells the four forms of RFC 9112 section 3.2 apart by their first byte. An authority
 * is only CONNECT's, whose method is refused whatever it names. */
static const uint8_t *
read_target(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	if (*p == '/' && ps->method != TG_HTTP_METHOD_CONNECT)
		return read_path(ps, enter(ps, STATE_PATH, p), end);
	if (*p == '*' && ps->method == TG_HTTP_METHOD_OPTIONS)
		return enter(ps, STATE_TARGET_END, p + 1);
	if (!tg_http_is_class(*p, TG_HTTP_CLASS_HOST) && *p != '[')
		return fail(ps, TG_HTTP_400, p);
	return enter(ps, ps->method == TG_HTTP_METHOD_CONNECT ? STATE_AUTHORITY : STATE_SCHEME, p);
}

static const uint8_t *
read_scheme(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	static const struct tg_http_word http = TG_HTTP_WORD("http:");
	static const struct tg_http_word https = TG_HTTP_WORD("https:");
	const uint8_t *stop = p;

	while (stop < end && *stop != '/' && tg_http_is_class(*stop, TG_HTTP_CLASS_TARGET))
		stop++;
	tg_http_word_keep(ps, p, stop);
	if (stop == end)
		return stop;
	if (!tg_http_word_is_nocase(ps, &http) && !tg_http_word_is_nocase(ps, &https))
		return fail(ps, TG_HTTP_400, stop);
	return expect(ps, '/', STATE_SCHEME_SLASH, stop);
}

/* CONNECT names a port, and nothing behind it, RFC 9110 section 9.3.6. */
static const uint8_t *
read_connect_end(struct tg_http_parser *ps, const uint8_t *p)
{
	if (ps->value != TG_HTTP_HOST_PORT)
		return fail(ps, TG_HTTP_400, p);
	return expect(ps, ' ', STATE_VERSION, p);
}

/* The authority is checked and skipped: every name leads to the one site. A path left
 * empty means "/", RFC 9110 section 4.2.3. */
static const uint8_t *
read_authority(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	static const uint8_t root[] = { '/' };

	for (; p < end && *p != '/' && *p != '?' && *p != ' '; p++) {
		ps->value = (uint8_t)tg_http_host_next((enum tg_http_host)ps->value, *p);
		if (ps->value == TG_HTTP_HOST_BAD)
			return fail(ps, TG_HTTP_400, p);
	}
	if (p == end)
		return p;
	if (ps->value == TG_HTTP_HOST_EMPTY || ps->value == TG_HTTP_HOST_LITERAL)
		return fail(ps, TG_HTTP_400, p);
	if (ps->method == TG_HTTP_METHOD_CONNECT)
		return read_connect_end(ps, p);
	if (*p == '/')
		return enter(ps, STATE_PATH, p);
	keep_path(ps, root, root + 1);
	return enter(ps, STATE_QUERY, p);
}

static const uint8_t *
read_query(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	p = tg_http_skip_class(p, end, TG_HTTP_CLASS_TARGET);
	return p == end ? p : enter(ps, STATE_TARGET_END, p);
}

static const uint8_t *
read_version(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	static const char form[] = { 'H', 'T', 'T', 'P', '/', '0', '.', '0' };
	const uint8_t *stop;
	const char *w = ps->word;

	if (ps->word_len == 0 && end - p >= 9 && memcmp(p, "HTTP/1.1\r", 9) == 0) {
		ps->minor = 1;
		return expect_crlf(ps, STATE_LINE_LF, STATE_SECTION, p + 8, end);
	}
	stop = tg_http_skip_class(p, end, TG_HTTP_CLASS_TARGET);
	tg_http_word_keep(ps, p, stop);
	if (stop == end)
		return stop;
	if (ps->word_len != sizeof(form) || memcmp(w, form, 5) != 0 || w[6] != '.' ||
	    !tg_http_is_class((uint8_t)w[5], TG_HTTP_CLASS_DIGIT) ||
	    !tg_http_is_class((uint8_t)w[7], TG_HTTP_CLASS_DIGIT))
		return fail(ps, TG_HTTP_400, stop);
	if (w[5] != '1')
		return fail(ps, TG_HTTP_505, stop);
	ps->minor = (uint8_t)(w[7] - '0');
	return expect_crlf(ps, STATE_LINE_LF, STATE_SECTION, stop, end);
}

static const uint8_t *
read_value(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	p = tg_http_field_read(ps, p, end);
	if (p == end)
		return p;
	if (!tg_http_field_end(ps))
		return fail(ps, TG_HTTP_400, p);
	return expect_crlf(ps, STATE_VALUE_LF, STATE_FIELD, p, end);
}

/* A line that starts with a space, the folding of RFC 9112 section 5.2, ends here too:
 * it has no name. */
static const uint8_t *
read_name(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *stop = tg_http_skip_class(p, end, TG_HTTP_CLASS_TOKEN);

	tg_http_word_keep(ps, p, stop);
	if (stop == end)
		return stop;
	if (ps->word_len == 0 || !tg_http_field_begin(ps))
		return fail(ps, TG_HTTP_400, stop);
	if (end - stop < 2 || *stop != ':')
		return expect(ps, ':', STATE_VALUE, stop);
	return read_value(ps, enter(ps, STATE_VALUE, stop + 1), end);
}

/* Whether the fields agree with each other and the version: one Host (RFC 9112 3.2),
 * one way of framing, of which chunked is the last coding (6.1, 6.3). */
static bool
is_consistent(const struct tg_http_parser *ps)
{
	if (ps->minor > 0 && !(ps->seen & TG_HTTP_SEEN_HOST))
		return false;
	if (!(ps->seen & TG_HTTP_SEEN_TRANSFER_ENCODING))
		return true;
	return ps->minor > 0 &&
	       !(ps->seen & (TG_HTTP_SEEN_CONTENT_LENGTH | TG_HTTP_SEEN_BEHIND_CHUNKED));
}

static const uint8_t *
read_end_lf(struct tg_http_parser *ps, const uint8_t *p)
{
	if (*p == '\n' && !is_consistent(ps))
		return fail(ps, TG_HTTP_400, p);
	return expect(ps, '\n', STATE_HEAD, p);
}

static const uint8_t *
read_field(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	if (*p == '\r') {
		p = enter(ps, STATE_END_LF, p + 1);
		return p == end ? p : read_end_lf(ps, p);
	}
	if (ps->n_fields == TG_HTTP_FIELDS_MAX)
		return fail(ps, TG_HTTP_431, p);
	ps->n_fields++;
	return read_name(ps, enter(ps, STATE_NAME, p), end);
}

static const uint8_t *
step(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	switch ((enum state)ps->state) {
	case STATE_START:
		return read_start(ps, p);
	case STATE_START_LF:
		return expect(ps, '\n', STATE_START, p);
	case STATE_METHOD:
		return read_method(ps, p, end);
	case STATE_TARGET:
		return read_target(ps, p, end);
	case STATE_SCHEME:
		return read_scheme(ps, p, end);
	case STATE_SCHEME_SLASH:
		return expect(ps, '/', STATE_AUTHORITY, p);
	case STATE_AUTHORITY:
		return read_authority(ps, p, end);
	case STATE_PATH:
		return read_path(ps, p, end);
	case STATE_QUERY:
		return read_query(ps, p, end);
	case STATE_TARGET_END:
		return expect(ps, ' ', STATE_VERSION, p);
	case STATE_VERSION:
		return read_version(ps, p, end);
	case STATE_LINE_LF:
		return expect(ps, '\n', STATE_SECTION, p);
	case STATE_FIELD:
		return read_field(ps, p, end);
	case STATE_NAME:
		return read_name(ps, p, end);
	case STATE_VALUE:
		return read_value(ps, p, end);
	case STATE_VALUE_LF:
		return expect(ps, '\n', STATE_FIELD, p);
	case STATE_END_LF:
		return read_end_lf(ps, p);
	case STATE_SECTION:
	case STATE_HEAD:
	case STATE_FAILED:
		break;
	}
	return p;
}

void
tg_http_parser_init(struct tg_http_parser *ps)
{
	/* word and path are written before they are read: their lengths are zero. */
	memset(ps, 0, offsetof(struct tg_http_parser, word));
	ps->left = TG_HTTP_LINE_BYTES_MAX;
}

static void
enter_section(struct tg_http_parser *ps)
{
	enter(ps, STATE_FIELD, NULL);
	ps->left = TG_HTTP_SECTION_BYTES_MAX + 1; /* one that is too many */
}

/* Takes n bytes off what the line or section may hold; an error if that was the last. */
static void
take_off(struct tg_http_parser *ps, size_t n)
{
	ps->left = (uint16_t)(ps->left - n);
	if (ps->left == 0 && ps->state != STATE_FAILED)
		fail(ps, ps->state <= STATE_SECTION ? TG_HTTP_414 : TG_HTTP_431, NULL);
}

static enum tg_http_parse
result_of(enum state state)
{
	if (state == STATE_SECTION)
		return TG_HTTP_PARSE_LINE;
	if (state == STATE_HEAD)
		return TG_HTTP_PARSE_HEAD;
	return state == STATE_FAILED ? TG_HTTP_PARSE_FAILED : TG_HTTP_PARSE_MORE;
}

enum tg_http_parse
tg_http_parser_feed(struct tg_http_parser *ps, const uint8_t *p, uint32_t len, uint32_t *used)
{
	const uint8_t *at = p, *end = p + len, *next;

	if (ps->state == STATE_SECTION)
		enter_section(ps);
	while (at < end && ps->state < STATE_HEAD && ps->state != STATE_SECTION) {
		next = step(ps, at, at + TG_MIN((size_t)(end - at), ps->left));
		take_off(ps, (size_t)(next - at));
		at = next;
	}
	*used = (uint32_t)(at - p);
	return result_of((enum state)ps->state);
}

bool
tg_http_parser_fresh(const struct tg_http_parser *ps)
{
	return ps->state == STATE_START;
}

bool
tg_http_parser_persists(const struct tg_http_parser *ps)
{
	if (ps->seen & TG_HTTP_SEEN_CLOSE)
		return false;
	return ps->minor > 0 || (ps->seen & TG_HTTP_SEEN_KEEP_ALIVE) != 0;
}
