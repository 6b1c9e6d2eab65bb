/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/range.h"

/* What a member of the set is. */
enum member { MEMBER_BAD, MEMBER_OUTSIDE, MEMBER_INSIDE };

struct reader {
	const char *p, *end;
	uint32_t body_len;
};

/* Reads digits; false if there are none. Saturates. */
static bool
read_number(struct reader *r, uint32_t *value)
{
	const char *start = r->p;
	uint64_t v = 0;

	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
		v = TG_MIN(v * 10 + (uint64_t)(*r->p - '0'), (uint64_t)UINT32_MAX);
	*value = (uint32_t)v;
	return r->p > start;
}

static bool
read_dash(struct reader *r)
{
	if (r->p == r->end || *r->p != '-')
		return false;
	r->p++;
	return true;
}

/* The last bytes of the page, of which an empty one has none: then there is nothing that
 * Content-Range could say. */
static enum member
read_suffix(struct reader *r, struct tg_http_range *range)
{
	uint32_t n;

	if (!read_dash(r) || !read_number(r, &n) || r->body_len == 0)
		return MEMBER_BAD;
	range->first = r->body_len - TG_MIN(n, r->body_len);
	range->last = r->body_len - 1;
	return n == 0 ? MEMBER_OUTSIDE : MEMBER_INSIDE;
}

static enum member
read_member(struct reader *r, struct tg_http_range *range)
{
	if (!read_number(r, &range->first))
		return read_suffix(r, range);
	if (!read_dash(r))
		return MEMBER_BAD;
	if (!read_number(r, &range->last))
		range->last = UINT32_MAX;
	else if (range->last < range->first)
		return MEMBER_BAD;
	if (range->first >= r->body_len)
		return MEMBER_OUTSIDE;
	range->last = TG_MIN(range->last, r->body_len - 1);
	return MEMBER_INSIDE;
}

static bool
overlaps(const struct tg_http_range *range, uint8_t n, const struct tg_http_range *other)
{
	uint8_t i;

	for (i = 0; i < n; i++)
		if (other->first <= range[i].last && range[i].first <= other->last)
			return true;
	return false;
}

static void
skip_spaces(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
		r->p++;
}

static bool
read_unit(struct reader *r)
{
	static const char unit[] = { 'b', 'y', 't', 'e', 's' };
	size_t i;

	for (i = 0; i < sizeof(unit); i++, r->p++)
		if (r->p == r->end || (*r->p | 0x20) != unit[i])
			return false;
	return r->p < r->end && *r->p++ == '=';
}

/* Reads the members. False at one that makes the set void. */
static bool
read_set(struct reader *r, struct tg_http_range range[TG_HTTP_RANGES_MAX], uint8_t *n, bool *any)
{
	struct tg_http_range next;
	enum member member;

	for (; r->p < r->end; r->p += r->p < r->end) {
		skip_spaces(r);
		if (r->p == r->end || *r->p == ',')
			continue; /* an empty member */
		member = read_member(r, &next);
		skip_spaces(r);
		if (member == MEMBER_BAD || (r->p < r->end && *r->p != ','))
			return false;
		*any = true;
		if (member == MEMBER_OUTSIDE)
			continue;
		if (*n == TG_HTTP_RANGES_MAX || overlaps(range, *n, &next))
			return false;
		range[(*n)++] = next;
	}
	return true;
}

bool
tg_http_ranges_read(const char *p, size_t len, uint32_t body_len,
    struct tg_http_range range[TG_HTTP_RANGES_MAX], uint8_t *n)
{
	struct reader r = { p, p + len, body_len };
	bool any = false;

	*n = 0;
	if (!read_unit(&r))
		return true;
	if (!read_set(&r, range, n, &any)) {
		*n = 0;
		return true;
	}
	return *n != 0 || !any;
}
