/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/accept.h"

#include "http/lex.h"

/* Where in a value a byte is: commas in a quoted string divide nothing. */
enum quote { QUOTE_NONE, QUOTE_IN, QUOTE_ESCAPE };

/* How well a media range fits: the best one decides. */
enum rank { RANK_NONE, RANK_ANY, RANK_TYPE, RANK_SUBTYPE, RANK_VERSION };

#define Q_ONE         1000U /* a weight of 1, in thousandths */
#define TEXT_TOO_LONG (TG_HTTP_TEXT_MAX + 1)

/* A piece of a media range. */
struct piece {
	const char *p;
	size_t len;
};

static struct piece
trim(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct piece){ p, (size_t)(end - p) };
}

/* The piece of *p up to c, or to the end, behind which *p is left. */
static struct piece
cut(const char **p, const char *end, char c)
{
	const char *start = *p, *stop = start;

	while (stop < end && *stop != c)
		stop++;
	*p = stop < end ? stop + 1 : end;
	return trim(start, stop);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* How many characters a piece, in any case, has in common with the start of a text in lower
 * case. */
static size_t
common(struct piece piece, const char *text)
{
	size_t n = 0;

	/* No field value holds the zero at which the text ends. */
	while (n < piece.len && lower(piece.p[n]) == text[n])
		n++;
	return n;
}

static bool
is(struct piece piece, const char *text)
{
	return common(piece, text) == piece.len && text[piece.len] == '\0';
}

static enum rank
rank_of(struct piece range, const char *type)
{
	size_t n = common(range, type);

	if (is(range, "*/*"))
		return RANK_ANY;
	if (is(range, type))
		return RANK_SUBTYPE;
	if (n + 1 == range.len && n > 0 && range.p[n - 1] == '/' && range.p[n] == '*')
		return RANK_TYPE;
	return RANK_NONE;
}

static struct piece
unquote(struct piece value)
{
	if (value.len >= 2 && value.p[0] == '"' && value.p[value.len - 1] == '"')
		return (struct piece){ value.p + 1, value.len - 2 };
	return value;
}

/* Reads a weight, RFC 9110 section 12.4.2. False: it is none. */
static bool
read_weight(struct piece piece, uint16_t *q)
{
	uint32_t unit = Q_ONE, value = 0;
	size_t i;

	if (piece.len == 0 || piece.len > 5 || (piece.len > 1 && piece.p[1] != '.'))
		return false;
	for (i = 0; i < piece.len; i++) {
		if (i == 1)
			continue;
		if (!tg_http_is_class((uint8_t)piece.p[i], TG_HTTP_CLASS_DIGIT))
			return false;
		value += (uint32_t)(piece.p[i] - '0') * unit;
		unit /= 10;
	}
	*q = (uint16_t)value;
	return value <= Q_ONE;
}

/* What a media range says about one representation. */
static void
apply(struct tg_http_accept *accept, const struct tg_http_media *media, const char *p,
    const char *end)
{
	enum rank rank = rank_of(cut(&p, end, ';'), media->type);
	uint16_t q = Q_ONE;

	while (p < end) {
		struct piece value = cut(&p, end, ';');
		const char *at = value.p, *behind = value.p + value.len;
		struct piece name = cut(&at, behind, '=');

		value = unquote(trim(at, behind));
		if (is(name, "q")) {
			if (!read_weight(value, &q))
				return;
			break;
		}
		if (is(name, "version")) {
			if (rank != RANK_SUBTYPE || !is(value, media->version))
				return;
			rank = RANK_VERSION;
		}
	}
	if (rank > accept->rank) {
		accept->rank = (uint8_t)rank;
		accept->q = q;
	}
}

static void
end_range(struct tg_http_parser *ps)
{
	unsigned i;

	for (i = 0; i < 2 && ps->text_len != TEXT_TOO_LONG; i++)
		apply(&ps->accept[i], &ps->route->choice->media[i], ps->text,
		    ps->text + ps->text_len);
	ps->text_len = 0;
}

bool
tg_http_accept_begin(struct tg_http_parser *ps)
{
	if (ps->route == NULL || ps->route->choice == NULL)
		return false;
	if ((ps->seen & TG_HTTP_SEEN_ACCEPT) == 0)
		memset(ps->accept, 0, sizeof(ps->accept));
	return true;
}

static enum quote
next_of_quote(enum quote at, uint8_t c)
{
	if (at == QUOTE_ESCAPE)
		return QUOTE_IN;
	if (c == '"')
		return at == QUOTE_NONE ? QUOTE_IN : QUOTE_NONE;
	return at == QUOTE_IN && c == '\\' ? QUOTE_ESCAPE : at;
}

const uint8_t *
tg_http_accept_read(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	for (; p < end && tg_http_is_class(*p, TG_HTTP_CLASS_VALUE); p++) {
		if (*p == ',' && ps->value == QUOTE_NONE)
			end_range(ps);
		else if (ps->text_len < TG_HTTP_TEXT_MAX)
			ps->text[ps->text_len++] = (char)*p;
		else
			ps->text_len = TEXT_TOO_LONG;
		ps->value = (uint8_t)next_of_quote((enum quote)ps->value, *p);
	}
	return p;
}

void
tg_http_accept_end(struct tg_http_parser *ps)
{
	end_range(ps);
}

uint16_t
tg_http_accept_page(const struct tg_http_parser *ps)
{
	return ps->accept[1].q > ps->accept[0].q ? ps->route->choice->other : ps->route->page;
}
