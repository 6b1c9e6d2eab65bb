/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http_rules.h"

#include <string.h>
#include <strings.h>

#include "base/types.h"
#include "http/site.h"

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

size_t
sight_trimmed(const char *p, size_t len)
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
		if (is_named(s, f, "host") &&
		    !is_authority(s->o->text + f->value.at,
			sight_trimmed(s->o->text + f->value.at, f->value.len)))
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
		*chunked +=
		    sight_trimmed(p + i, end - i) == 7 && strncasecmp(p + i, "chunked", 7) == 0;
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
			return sight_trimmed(p + i, len - i) == 0;
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

bool
sight_has_odd_coding(const struct sight *s)
{
	return has_odd_list(s, "transfer-encoding") || count_named(s, "transfer-encoding") > 1;
}

bool
sight_has_odd_connection(const struct sight *s)
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
	{ "a list of codings with tabs or empty members, RFC 9110 5.6.1", sight_has_odd_coding },
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

const char *
http_rule_stricter(const struct sight *s)
{
	return find_rule(stricter, TG_ARRAY_LEN(stricter), s);
}

const char *
http_rule_laxer(const struct sight *s)
{
	return find_rule(laxer, TG_ARRAY_LEN(laxer), s);
}

const char *
http_rule_stricter_body(const struct sight *s)
{
	return find_rule(stricter_body, TG_ARRAY_LEN(stricter_body), s);
}

const char *
http_rule_laxer_body(const struct sight *s)
{
	return find_rule(laxer_body, TG_ARRAY_LEN(laxer_body), s);
}
