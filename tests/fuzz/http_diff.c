/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Any bytes as one request, read by lib/http and by libhttp-parser. Both must take it or refuse
 * it, find the same method, target, version, fields and persistence, and the same end of its
 * body. Where they may differ is said below, rule by rule, and not more: a request that a
 * rule speaks of must be refused, and one that no rule speaks of must not.
 *
 * Field values are compared in a way of their own, since lib/http keeps none: what the other
 * parser read is written anew, without the spaces and the cuts of the original, and must then
 * mean the same.
 */
#include <assert.h>
#include <stdio.h>
#include <strings.h>

#include "fuzz.h"
#include "http/chunk.h"
#include "http/judge.h"
#include "http_other.h"

/* A request, whole or not, and what the other parser made of it. */
struct sight {
	const uint8_t *data;
	size_t size; /* the head, where the other parser found its end */
	const struct other *o;
};

static bool
is_named(const struct sight *s, const struct other_field *f, const char *name)
{
	return f->name.len == strlen(name) &&
	       strncasecmp(s->o->text + f->name.at, name, f->name.len) == 0;
}

static unsigned
count_named(const struct sight *s, const char *name)
{
	unsigned i, n = 0;

	for (i = 0; i < s->o->n_fields; i++)
		n += is_named(s, &s->o->field[i], name);
	return n;
}

/* Where the request line starts. */
static size_t
line_start(const struct sight *s)
{
	size_t at = 0;

	while (at < s->size && (s->data[at] == '\r' || s->data[at] == '\n'))
		at++;
	return at;
}

static size_t
line_len(const struct sight *s)
{
	const uint8_t *line = s->data + line_start(s);
	const uint8_t *end = memchr(line, '\n', s->size - line_start(s));

	return end != NULL ? (size_t)(end - line) + 1 : s->size - line_start(s);
}

/* ---- What lib/http refuses and the other does not. */

static bool
has_bare_line_end(const struct sight *s)
{
	size_t i;

	for (i = 0; i < s->size; i++) {
		if (s->data[i] == '\n' && (i == 0 || s->data[i - 1] != '\r'))
			return true;
		if (s->data[i] == '\r' && i + 1 < s->size && s->data[i + 1] != '\n')
			return true;
	}
	return false;
}

static bool
is_folded(const struct sight *s)
{
	size_t i;

	for (i = line_start(s); i + 1 < s->size; i++)
		if (s->data[i] == '\n' && (s->data[i + 1] == ' ' || s->data[i + 1] == '\t'))
			return true;
	return false;
}

static bool
has_many_empty_lines(const struct sight *s)
{
	return line_start(s) > 2 * TG_HTTP_EMPTY_LINES_MAX;
}

static bool
has_spaced_line(const struct sight *s)
{
	const char *line = (const char *)s->data + line_start(s);
	size_t i, len = line_len(s);

	for (i = 1; i < len; i++)
		if (line[i] == ' ' && line[i - 1] == ' ')
			return true;
	return false;
}

static bool
has_control(const struct sight *s)
{
	size_t i;

	for (i = 0; i < s->size; i++)
		if ((s->data[i] < ' ' && memchr("\t\r\n", s->data[i], 3) == NULL) ||
		    s->data[i] == 0x7f)
			return true;
	return false;
}

static bool
is_other_version(const struct sight *s)
{
	return s->o->major != 1;
}

/* What stands where "HTTP/" should, in front of the three characters of the version. */
static bool
is_other_protocol(const struct sight *s)
{
	size_t start = line_start(s), end = start + line_len(s);

	while (end > start && (s->data[end - 1] == '\n' || s->data[end - 1] == '\r'))
		end--;
	return end < start + 8 || memcmp(s->data + end - 8, "HTTP/", 5) != 0;
}

static bool
has_spaced_name(const struct sight *s)
{
	unsigned i;

	for (i = 0; i < s->o->n_fields; i++)
		if (memchr(s->o->text + s->o->field[i].name.at, ' ', s->o->field[i].name.len) !=
		    NULL)
			return true;
	return false;
}

static bool
lacks_host(const struct sight *s)
{
	return s->o->minor > 0 && count_named(s, "host") == 0;
}

static bool
has_twice(const struct sight *s)
{
	static const char *const once[] = { "host", "range", "authorization", "content-length",
		"if-range", "if-modified-since", "if-unmodified-since" };
	size_t i;

	for (i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (count_named(s, once[i]) > 1)
			return true;
	return false;
}

static bool
is_host_text(const char *p, size_t len, const char *further)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._~!$&'()*+,;=%";
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] == '\0' ||
		    (strchr(allowed, p[i]) == NULL && strchr(further, p[i]) == NULL))
			return false;
	return true;
}

/* uri-host [ ":" port ], RFC 9110 7.2; empty is a host, too, unless a port follows. */
static bool
is_authority(const char *p, size_t len)
{
	const char *close = memchr(p, ']', len);
	size_t host = 0, i;

	if (len > 0 && p[0] == '[') {
		if (close == NULL || !is_host_text(p + 1, (size_t)(close - p) - 1, ":"))
			return false;
		host = (size_t)(close - p) + 1;
	} else {
		while (host < len && p[host] != ':')
			host++;
		if ((host == 0 && len > 0) || !is_host_text(p, host, ""))
			return false;
	}
	if (host < len && p[host] != ':')
		return false;
	for (i = host + 1; i < len; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

static size_t
trimmed(const char *p, size_t len)
{
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	return len;
}

static bool
has_bad_host(const struct sight *s)
{
	const struct other_field *f;
	unsigned i;

	for (i = 0; i < s->o->n_fields; i++) {
		f = &s->o->field[i];
		if (is_named(s, f, "host") && !is_authority(s->o->text + f->value.at,
						  trimmed(s->o->text + f->value.at, f->value.len)))
			return true;
	}
	return false;
}

/* The authority of a target, between "//" and the path; an empty one is none. */
static bool
has_bad_authority(const char *url, size_t len)
{
	size_t end = 0;

	while (end < len && url[end] != '/' && url[end] != '?')
		end++;
	return end == 0 || !is_authority(url, end);
}

static bool
has_bad_target(const struct sight *s)
{
	const char *url = s->o->text + s->o->url.at;
	size_t i, len = s->o->url.len;

	for (i = 0; i < len; i++)
		if (url[i] <= 0x20 || url[i] > 0x7e || url[i] == 0x23)
			return true;
	if (strcmp(s->o->method, "CONNECT") == 0)
		return !is_authority(url, len) || memchr(url, ':', len) == NULL ||
		       url[len - 1] < '0' || url[len - 1] > '9';
	if (url[0] == '/')
		return false;
	if (url[0] == '*')
		return len != 1 || strcmp(s->o->method, "OPTIONS") != 0;
	if (len > 7 && strncasecmp(url, "http://", 7) == 0)
		return has_bad_authority(url + 7, len - 7);
	if (len > 8 && strncasecmp(url, "https://", 8) == 0)
		return has_bad_authority(url + 8, len - 8);
	return true;
}

static bool
is_coded_without_need(const struct sight *s)
{
	return count_named(s, "transfer-encoding") > 0 &&
	       (s->o->minor == 0 || count_named(s, "content-length") > 0);
}

/* Counts the members of a list, and those that are "chunked". */
static unsigned
count_members(const char *p, size_t len, unsigned *chunked)
{
	unsigned n = 0;
	size_t i, end;

	for (i = 0; i < len; i = end + 1) {
		while (i < len && (p[i] == ' ' || p[i] == '\t'))
			i++;
		for (end = i; end < len && p[end] != ',';)
			end++;
		n += end > i;
		*chunked += trimmed(p + i, end - i) == 7 && strncasecmp(p + i, "chunked", 7) == 0;
	}
	return n;
}

static bool
is_coded_otherwise(const struct sight *s)
{
	const struct other_field *f;
	unsigned i, n = 0, chunked = 0;

	for (i = 0; i < s->o->n_fields; i++) {
		f = &s->o->field[i];
		if (is_named(s, f, "transfer-encoding"))
			n += count_members(s->o->text + f->value.at, f->value.len, &chunked);
	}
	return count_named(s, "transfer-encoding") > 0 && (n != 1 || chunked != 1);
}

static bool
is_beyond_limits(const struct sight *s)
{
	return line_len(s) > TG_HTTP_LINE_BYTES_MAX + 2 || s->o->n_fields > TG_HTTP_FIELDS_MAX;
}

/* Each member of the list is one token, and only spaces and commas stand between them. */
static bool
is_plain_list(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] == ',' && (i == 0 || p[i - 1] == ',' || p[i - 1] == ' '))
			return false;
		if (p[i] == ' ' && i > 0 && p[i - 1] != ',' && p[i - 1] != ' ' && p[i + 1] != ' ')
			return trimmed(p + i, len - i) == 0;
		if (p[i] != ',' && p[i] != ' ' && p[i] != '-' &&
		    !((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z'))
			return false;
	}
	return len == 0 || p[len - 1] != ',';
}

static bool
has_odd_list(const struct sight *s, const char *name)
{
	const struct other_field *f;
	unsigned i;

	for (i = 0; i < s->o->n_fields; i++) {
		f = &s->o->field[i];
		if (is_named(s, f, name) && !is_plain_list(s->o->text + f->value.at, f->value.len))
			return true;
	}
	return false;
}

static bool
has_odd_coding(const struct sight *s)
{
	return has_odd_list(s, "transfer-encoding") || count_named(s, "transfer-encoding") > 1;
}

static bool
has_odd_connection(const struct sight *s)
{
	return has_odd_list(s, "connection") || count_named(s, "proxy-connection") > 0 ||
	       (s->o->minor == 0 && count_named(s, "connection") > 0);
}

struct rule {
	const char *what;
	bool (*speaks_of)(const struct sight *s);
};

/* The other takes these. Here they are refused. */
static const struct rule stricter[] = {
	{ "CR or LF alone, RFC 9112 2.2", has_bare_line_end },
	{ "a folded line, RFC 9112 5.2", is_folded },
	{ "more than four empty lines, RFC 9112 2.2 asks for one", has_many_empty_lines },
	{ "more than one space in the request line, RFC 9112 3", has_spaced_line },
	{ "a control character, as the first of a value, RFC 9110 5.5", has_control },
	{ "a version that is not HTTP/1.x, or none", is_other_version },
	{ "a protocol other than HTTP/, down to its letters", is_other_protocol },
	{ "a space in or behind a field name, RFC 9112 5.1", has_spaced_name },
	{ "no Host, RFC 9112 3.2", lacks_host },
	{ "a field twice that is no list", has_twice },
	{ "a Host that is none, RFC 9112 3.2", has_bad_host },
	{ "a target that is none, RFC 9112 3.2", has_bad_target },
	{ "Transfer-Encoding beside Content-Length or in HTTP/1.0, RFC 9112 6.1",
	    is_coded_without_need },
	{ "a transfer coding beside chunked, answered with 501", is_coded_otherwise },
	{ "more than the limits on one request", is_beyond_limits },
};

static bool
is_other_method(const struct sight *s)
{
	return s->o->n_fields == 0 && s->o->url.len == 0;
}

/* Whether the other stopped in the value of Content-Length, at one of these characters. */
static bool
stops_in_length(const struct sight *s, const char *at)
{
	return s->o->n_fields > 0 &&
	       is_named(s, &s->o->field[s->o->n_fields - 1], "content-length") &&
	       strchr(at, s->data[s->o->used - 1]) != NULL;
}

static bool
has_tab_behind_length(const struct sight *s)
{
	return stops_in_length(s, "\t");
}

static bool
has_vast_length(const struct sight *s)
{
	return stops_in_length(s, "0123456789");
}

/* Its name begins with that of the field. */
static bool
has_longer_name(const struct sight *s)
{
	const struct piece *name;
	unsigned i;

	for (i = 0; i < s->o->n_fields; i++) {
		name = &s->o->field[i].name;
		if (name->len > 17 &&
		    strncasecmp(s->o->text + name->at, "transfer-encoding", 17) == 0)
			return true;
	}
	return false;
}

/* The other refuses these. Here they are taken. */
static const struct rule laxer[] = {
	{ "a method it does not know, answered with 501", is_other_method },
	{ "a tab behind Content-Length, RFC 9112 5.1", has_tab_behind_length },
	{ "a Content-Length beyond 64 bits, answered with 413", has_vast_length },
	{ "a field whose name only begins with Transfer-Encoding", has_longer_name },
	{ "a list of codings with tabs or empty members, RFC 9110 5.6.1", has_odd_coding },
};

/* The rule that speaks of it, or NULL. */
static const char *
find_rule(const struct rule *rules, size_t n, const struct sight *s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (rules[i].speaks_of(s))
			return rules[i].what;
	return NULL;
}

#define FIND_RULE(rules, sight) find_rule(rules, sizeof(rules) / sizeof((rules)[0]), sight)

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
		at += trimmed(o->text + f->value.at, f->value.len);
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
	if (tg_http_is_chunked(&own->ps) != o->chunked && !(o->upgrade && has_odd_coding(s)))
		report("not the same coding", s);
	if (!is_same_meaning(own, o))
		report("not the same field values", s);
	if (tg_http_parser_persists(&own->ps) != o->keep_alive && !has_odd_connection(s))
		report("not the same persistence", s);
}

/* ---- Both bodies. The sight is that of the body alone. Its data may be anything, so that a rule
 * that speaks of it does not mean that it must be refused. */

static bool
has_unended_chunk(const struct sight *s)
{
	return s->o->unended;
}

static bool
has_high_byte(const struct sight *s)
{
	size_t i;

	for (i = 0; i < s->size; i++)
		if (s->data[i] >= 0x80)
			return true;
	return false;
}

static bool
has_spaced_beginning(const struct sight *s)
{
	size_t i, line = 0;

	for (i = 0; i < s->size; i++) {
		if (s->data[i] == '\n')
			line = i + 1;
		if (s->data[i] == ' ' && memchr(s->data + line, ':', i - line) == NULL)
			return true;
	}
	return false;
}

static const struct rule stricter_body[] = {
	{ "CR or LF alone, RFC 9112 2.2", has_bare_line_end },
	{ "anything but CRLF behind the data of a chunk, RFC 9112 7.1", has_unended_chunk },
	{ "a folded trailer line, RFC 9112 5.2", is_folded },
	{ "a byte beyond ASCII in a chunk's size, a zero to the other", has_high_byte },
	{ "a space in a chunk's size or the name of a trailer field, RFC 9112 7.1",
	    has_spaced_beginning },
	{ "a control character in a chunk extension, RFC 9112 7.1.1", has_control },
};

static bool
ends_in_tab(const struct sight *s)
{
	return s->size > 0 && s->data[s->size - 1] == '\t';
}

static bool
has_trailer_of_framing(const struct sight *s)
{
	static const char *const names[] = { "\ncontent-length", "\ntransfer-encoding" };
	const char *p = (const char *)s->data;
	size_t i, j;

	for (i = 0; i < s->size; i++)
		for (j = 0; j < 2; j++)
			if (s->size - i >= strlen(names[j]) &&
			    strncasecmp(p + i, names[j], strlen(names[j])) == 0)
				return true;
	return false;
}

static const struct rule laxer_body[] = {
	{ "a tab before a chunk extension, RFC 9112 7.1.1", ends_in_tab },
	{ "Content-Length or Transfer-Encoding as a trailer, to be ignored, RFC 9110 6.5.1",
	    has_trailer_of_framing },
};

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
		if (FIND_RULE(stricter_body, s) == NULL)
			report("a body is refused here only", s);
	} else if (result != TG_HTTP_CHUNKED_BAD && o->refused) {
		if (FIND_RULE(laxer_body, s) == NULL)
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
		if (own_refuses(own) && FIND_RULE(stricter, s) == NULL)
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
	rule = FIND_RULE(laxer, s);
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
	if (refused != (FIND_RULE(stricter, &s) != NULL))
		report(refused ? "refused here only" : "taken in spite of a rule", &s);
	if (refused)
		return 0;
	compare_heads(&own, &s);
	compare_bodies(&own, &o, data, size);
	return 0;
}
