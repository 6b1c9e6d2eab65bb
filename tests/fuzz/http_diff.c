/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Any bytes as one request, read by lib/http and by libhttp-parser. Both must take it or refuse
 * it, find the same method, target, version, fields and persistence, and the same end of its
 * body. Where they may differ the rules say (http_rules.h), and not more: a request that a rule
 * speaks of must be refused, and one that no rule speaks of must not.
 *
 * Field values are compared in a way of their own, since lib/http keeps none: what the other
 * parser read is written anew, without the spaces and the cuts of the original, and must then
 * mean the same.
 */
#include <assert.h>
#include <stdio.h>

#include "fuzz.h"
#include "http/chunk.h"
#include "http/judge.h"
#include "http_rules.h"

/* ---- What lib/http reads. */

struct own {
	enum tg_http_parse result;
	uint32_t used;
	uint8_t path_len;
	char path[TG_HTTP_TARGET_MAX];
	struct tg_http_parser ps;
};

/* A page that conditions and ranges are held against. */
static const struct tg_http_route route = {
	.path = "/",
	.path_len = 1,
	.methods = TG_HTTP_METHODS_READ,
	.conditional = true,
	.fixed = true,
	.etag = { '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f' },
	.body_len = 700,
	.modified_s = 784111777,
};

static void
own_read(struct own *own, const uint8_t *data, size_t size)
{
	uint32_t more;

	memset(own, 0, sizeof(*own));
	tg_http_parser_init(&own->ps);
	own->result = tg_http_parser_feed(&own->ps, data, (uint32_t)size, &own->used);
	if (own->result != TG_HTTP_PARSE_LINE)
		return;
	own->path_len = own->ps.path_len;
	memcpy(own->path, own->ps.path, own->path_len);
	own->ps.route = &route;
	own->result =
	    tg_http_parser_feed(&own->ps, data + own->used, (uint32_t)(size - own->used), &more);
	own->used += more;
}

/* What is refused only once the head is known to be well formed. */
static bool
own_refuses(const struct own *own)
{
	return own->result == TG_HTTP_PARSE_FAILED ||
	       (own->result == TG_HTTP_PARSE_HEAD &&
		   (own->ps.seen & TG_HTTP_SEEN_TRANSFER_ENCODING) != 0 &&
		   !tg_http_is_chunked(&own->ps));
}

/* ---- Both heads. */

static void
report(const char *what, const struct sight *s)
{
	fprintf(stderr, "%s; %zu bytes read, head ends at %zu\n", what, s->o->used, s->o->head_end);
	fwrite(s->data, 1, s->size, stderr);
	abort();
}

/* Path of the request target, as tg_http_parser.path has it. */
static struct piece
path_of(const struct other *o)
{
	const char *url = o->text + o->url.at, *start = url, *end = url + o->url.len, *query;

	if (strcmp(o->method, "CONNECT") == 0 || *url == '*')
		return (struct piece){ o->url.at, 0 };
	if (*url != '/') {
		start = (const char *)memchr(url, ':', o->url.len) + 3;
		while (start < end && *start != '/' && *start != '?')
			start++;
	}
	query = memchr(start, '?', (size_t)(end - start));
	end = query != NULL ? query : end;
	return (struct piece){ (size_t)(start - o->text),
		TG_MIN((size_t)(end - start), (size_t)TG_HTTP_TARGET_MAX) };
}

static bool
is_same_path(const struct own *own, const struct other *o)
{
	struct piece path = path_of(o);

	if (path.len == 0 && strcmp(o->method, "CONNECT") != 0 && o->text[o->url.at] != '*')
		return own->path_len == 1 && own->path[0] == '/';
	return own->path_len == path.len && memcmp(own->path, o->text + path.at, path.len) == 0;
}

static bool
is_same_method(const struct own *own, const struct other *o)
{
	unsigned i;

	for (i = TG_HTTP_METHOD_OTHER + 1; i < TG_HTTP_METHOD_MAX; i++)
		if (strcmp(tg_http_method_name[i], o->method) == 0)
			return own->ps.method == i;
	return own->ps.method == TG_HTTP_METHOD_OTHER;
}

/* Writes the request anew from what the other read. Returns its length. */
static size_t
rewrite(char *dst, size_t cap, const struct other *o)
{
	size_t at = (size_t)snprintf(dst, cap, "%s %.*s HTTP/1.%u\r\n", o->method, (int)o->url.len,
	    o->text + o->url.at, o->minor);
	const struct other_field *f;
	unsigned i;

	for (i = 0; i < o->n_fields; i++) {
		f = &o->field[i];
		at += (size_t)snprintf(
		    dst + at, cap - at, "%.*s:", (int)f->name.len, o->text + f->name.at);
		memcpy(dst + at, o->text + f->value.at, f->value.len);
		at += sight_trimmed(o->text + f->value.at, f->value.len);
		memcpy(dst + at, "\r\n", 2);
		at += 2;
	}
	memcpy(dst + at, "\r\n", 2);
	return at + 2;
}

/* Whether what the other read means what was read here. */
static bool
is_same_meaning(const struct own *own, const struct other *o)
{
	static char text[2 * OTHER_BYTES_MAX];
	struct own anew;

	own_read(&anew, (const uint8_t *)text, rewrite(text, sizeof(text), o));
	return anew.result == own->result && anew.ps.seen == own->ps.seen &&
	       anew.ps.content_length == own->ps.content_length &&
	       anew.ps.n_fields == own->ps.n_fields && anew.ps.n_ranges == own->ps.n_ranges &&
	       memcmp(anew.ps.range, own->ps.range, own->ps.n_ranges * sizeof(own->ps.range[0])) ==
		   0;
}

static void
compare_heads(const struct own *own, const struct sight *s)
{
	const struct other *o = s->o;

	if (own->result != TG_HTTP_PARSE_HEAD || own->used != o->head_end)
		report("not the same end of the head", s);
	if (!is_same_method(own, o))
		report("not the same method", s);
	if (!is_same_path(own, o))
		report("not the same path", s);
	if (own->ps.minor != o->minor || own->ps.n_fields != o->n_fields)
		report("not the same version and number of fields", s);
	if (own->ps.content_length != TG_MIN(o->length, (uint64_t)UINT32_MAX) ||
	    ((own->ps.seen & TG_HTTP_SEEN_CONTENT_LENGTH) != 0) != o->has_length)
		report("not the same Content-Length", s);
	/* Before CONNECT's tunnel the other does not look whether it knows the coding. */
	if (tg_http_is_chunked(&own->ps) != o->chunked && !(o->upgrade && sight_has_odd_coding(s)))
		report("not the same coding", s);
	if (!is_same_meaning(own, o))
		report("not the same field values", s);
	if (tg_http_parser_persists(&own->ps) != o->keep_alive && !sight_has_odd_connection(s))
		report("not the same persistence", s);
}

/* ---- Both bodies. */

/* A size beyond the limit is refused once it is read; the other counts on. */
static void
compare_chunks(const struct sight *s, size_t rest)
{
	const struct other *o = s->o;
	struct tg_http_chunks chunks;
	enum tg_http_chunked result;
	uint32_t used;

	tg_http_chunks_init(&chunks, UINT32_MAX);
	result = tg_http_chunks_read(&chunks, s->data, (uint32_t)rest, &used);
	if (result == TG_HTTP_CHUNKED_TOO_LARGE)
		assert(o->end == 0);
	else if (result == TG_HTTP_CHUNKED_BAD && !o->refused) {
		if (http_rule_stricter_body(s) == NULL)
			report("a body is refused here only", s);
	} else if (result != TG_HTTP_CHUNKED_BAD && o->refused) {
		if (http_rule_laxer_body(s) == NULL)
			report("a body is taken here only", s);
	} else if (result == TG_HTTP_CHUNKED_END || o->end != 0) {
		if (o->refused)
			return;
		if (o->end != o->head_end + used || o->body_len != UINT32_MAX - chunks.limit)
			report("not the same end of a body", s);
	}
}

static void
compare_bodies(const struct own *own, const struct other *o, const uint8_t *data, size_t size)
{
	const struct sight s = { data + o->head_end, o->used - o->head_end, o };

	if (o->upgrade)
		return;
	if (tg_http_is_chunked(&own->ps))
		compare_chunks(&s, size - o->head_end);
	else if ((size - o->head_end >= o->length) != (o->end != 0) ||
		 (o->end != 0 && (o->end != o->head_end + o->length || o->body_len != o->length)))
		report("not the same end of a body", &s);
}

/* ---- Both. */

/* Neither found the end of the head, or the other refused it. */
static void
compare_beginnings(struct own *own, const struct sight *s)
{
	const char *rule;

	if (!s->o->refused) {
		if (own_refuses(own) && http_rule_stricter(s) == NULL)
			report("a beginning is refused here only", s);
		if (own->result == TG_HTTP_PARSE_HEAD)
			report("a head ends here only", s);
		return;
	}
	if (own_refuses(own))
		return;
	/* What is wrong shows here at the end of a line, or of the head. */
	if (own->result == TG_HTTP_PARSE_MORE) {
		uint32_t used;

		own->result = tg_http_parser_feed(&own->ps, (const uint8_t *)"\r\n\r\n", 4, &used);
		if (own->result == TG_HTTP_PARSE_LINE)
			own->result = tg_http_parser_feed(
			    &own->ps, (const uint8_t *)"\r\n\r\n" + used, 4 - used, &used);
	}
	rule = http_rule_laxer(s);
	if (!own_refuses(own) && rule == NULL)
		report("a head is taken here only", s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct other o;
	struct sight s = { data, size, &o };
	struct own own;
	bool refused;

	if (size > OTHER_BYTES_MAX)
		return 0;
	other_read(&o, data, size);
	own_read(&own, data, size);
	if (o.head_end == 0 || (o.refused && o.head_end == o.used)) {
		compare_beginnings(&own, &s);
		return 0;
	}
	s.size = o.head_end;
	refused = own_refuses(&own);
	if (refused != (http_rule_stricter(&s) != NULL))
		report(refused ? "refused here only" : "taken in spite of a rule", &s);
	if (refused)
		return 0;
	compare_heads(&own, &s);
	compare_bodies(&own, &o, data, size);
	return 0;
}
