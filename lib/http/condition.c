/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/condition.h"

#include "http/date.h"
#include "http/lex.h"
#include "http/range.h"

/* How far a list of entity tags is. */
enum tags { TAGS_BETWEEN, TAGS_WEAK, TAGS_SLASH, TAG_STRONG, TAG_WEAK, TAGS_BEHIND, TAGS_BAD };

#define TEXT_TOO_LONG (TG_HTTP_TEXT_MAX + 1)

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static void
hit(struct tg_http_parser *ps, bool if_match)
{
	ps->seen |= if_match ? TG_HTTP_SEEN_MATCHED : TG_HTTP_SEEN_NONE_MATCHED;
}

/* RFC 9110 8.8.3.2: strong comparison for If-Match, weak for If-None-Match. */
static void
end_tag(struct tg_http_parser *ps, bool if_match, bool weak)
{
	const struct tg_http_route *route = ps->route;

	if (route != NULL && route->fixed && ps->word_len == TG_HTTP_ETAG_BYTES &&
	    memcmp(ps->word, route->etag, TG_HTTP_ETAG_BYTES) == 0 && !(if_match && weak))
		hit(ps, if_match);
	ps->word_len = 0;
}

static enum tags
start_tag(struct tg_http_parser *ps, uint8_t c, bool if_match)
{
	if (c == '*') {
		hit(ps, if_match);
		return TAGS_BEHIND;
	}
	if (c == 'W')
		return TAGS_WEAK;
	return c == '"' ? TAG_STRONG : TAGS_BAD;
}

/* Where a byte that is not inside a tag leads. */
static enum tags
next_of_tags(struct tg_http_parser *ps, enum tags at, uint8_t c, bool if_match)
{
	if (at == TAGS_WEAK)
		return c == '/' ? TAGS_SLASH : TAGS_BAD;
	if (at == TAGS_SLASH)
		return c == '"' ? TAG_WEAK : TAGS_BAD;
	if (at == TAGS_BAD || is_space(c))
		return at;
	if (c == ',')
		return TAGS_BETWEEN;
	return at == TAGS_BEHIND ? TAGS_BAD : start_tag(ps, c, if_match);
}

const uint8_t *
tg_http_tags_read(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end, bool if_match)
{
	enum tags at = (enum tags)ps->value;

	for (; p < end && tg_http_is_class(*p, TG_HTTP_CLASS_VALUE); p++) {
		if (at != TAG_STRONG && at != TAG_WEAK) {
			at = next_of_tags(ps, at, *p, if_match);
		} else if (*p != '"') {
			tg_http_word_keep(ps, p, p + 1);
		} else {
			end_tag(ps, if_match, at == TAG_WEAK);
			at = TAGS_BEHIND;
		}
	}
	ps->value = (uint8_t)at;
	return p;
}

void
tg_http_tags_end(struct tg_http_parser *ps, bool if_match)
{
	if (ps->value != TAGS_BETWEEN && ps->value != TAGS_BEHIND)
		ps->seen &= if_match ? ~TG_HTTP_SEEN_MATCHED : ~TG_HTTP_SEEN_NONE_MATCHED;
}

const uint8_t *
tg_http_text_read(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *stop = tg_http_skip_class(p, end, TG_HTTP_CLASS_VALUE);

	while (p < stop && ps->text_len == 0 && is_space(*p))
		p++;
	for (; p < stop; p++) {
		if (ps->text_len < TG_HTTP_TEXT_MAX)
			ps->text[ps->text_len++] = (char)*p;
		else if (!is_space(*p))
			ps->text_len = TEXT_TOO_LONG;
	}
	return stop;
}

size_t
tg_http_text_len(const struct tg_http_parser *ps)
{
	size_t len = ps->text_len;

	if (len == TEXT_TOO_LONG)
		return 0;
	while (len > 0 && is_space((uint8_t)ps->text[len - 1]))
		len--;
	return len;
}

void
tg_http_range_end(struct tg_http_parser *ps)
{
	const struct tg_http_route *route = ps->route;

	if (route == NULL || !route->fixed)
		return;
	if (!tg_http_ranges_read(
		ps->text, tg_http_text_len(ps), route->body_len, ps->range, &ps->n_ranges))
		ps->seen |= TG_HTTP_SEEN_UNSATISFIABLE;
}

/* A known date of modification is a strong validator, and RFC 9110 13.1.5 wants it to be
 * equal, not later. */
void
tg_http_if_range_end(struct tg_http_parser *ps)
{
	const struct tg_http_route *route = ps->route;
	size_t len = tg_http_text_len(ps);
	uint64_t date;

	if (route == NULL || !route->fixed)
		return;
	if (len == TG_HTTP_ETAG_BYTES + 2 && ps->text[0] == '"' && ps->text[len - 1] == '"' &&
	    memcmp(ps->text + 1, route->etag, TG_HTTP_ETAG_BYTES) == 0)
		ps->seen |= TG_HTTP_SEEN_RANGE_HOLDS;
	else if (route->modified_s != 0 && tg_http_date_read(ps->text, len, &date) &&
		 date == route->modified_s)
		ps->seen |= TG_HTTP_SEEN_RANGE_HOLDS;
}

void
tg_http_since_end(struct tg_http_parser *ps, bool if_modified)
{
	const struct tg_http_route *route = ps->route;
	uint64_t date;

	if (route == NULL || route->modified_s == 0 ||
	    !tg_http_date_read(ps->text, tg_http_text_len(ps), &date))
		return;
	if (if_modified && route->modified_s <= date)
		ps->seen |= TG_HTTP_SEEN_NOT_MODIFIED;
	if (!if_modified && route->modified_s > date)
		ps->seen |= TG_HTTP_SEEN_MODIFIED;
}

static bool
saw(const struct tg_http_parser *ps, uint32_t what)
{
	return (ps->seen & what) != 0;
}

/* RFC 9110 14.2: ranges are GET's alone. */
static enum tg_http_verdict
judge_range(const struct tg_http_parser *ps)
{
	if (ps->method != TG_HTTP_METHOD_GET)
		return TG_HTTP_VERDICT_WHOLE;
	if (saw(ps, TG_HTTP_SEEN_IF_RANGE) && !saw(ps, TG_HTTP_SEEN_RANGE_HOLDS))
		return TG_HTTP_VERDICT_WHOLE;
	if (saw(ps, TG_HTTP_SEEN_UNSATISFIABLE))
		return TG_HTTP_VERDICT_UNSATISFIABLE;
	return ps->n_ranges != 0 ? TG_HTTP_VERDICT_PARTIAL : TG_HTTP_VERDICT_WHOLE;
}

enum tg_http_verdict
tg_http_conditions(const struct tg_http_parser *ps)
{
	bool reads = (TG_HTTP_METHODS_READ & 1U << ps->method) != 0;

	if (saw(ps, TG_HTTP_SEEN_IF_MATCH) ? !saw(ps, TG_HTTP_SEEN_MATCHED)
					   : saw(ps, TG_HTTP_SEEN_MODIFIED))
		return TG_HTTP_VERDICT_FAILED;
	if (saw(ps, TG_HTTP_SEEN_IF_NONE_MATCH)) {
		if (saw(ps, TG_HTTP_SEEN_NONE_MATCHED))
			return reads ? TG_HTTP_VERDICT_NOT_MODIFIED : TG_HTTP_VERDICT_FAILED;
	} else if (reads && saw(ps, TG_HTTP_SEEN_NOT_MODIFIED)) {
		return TG_HTTP_VERDICT_NOT_MODIFIED;
	}
	return judge_range(ps);
}
