/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Segments in words.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segment.h"

static const char flag_letters[] = "FSRP.UEW"; /* bit 0 first */

/* What is left to read. */
struct reader {
	const char *p;
};

static void
skip_space(struct reader *r)
{
	while (isspace((unsigned char)*r->p))
		r->p++;
}

/* Takes word if it comes next. */
static bool
take(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	skip_space(r);
	if (strncmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	return true;
}

static bool
take_number(struct reader *r, uint32_t *v)
{
	char *end;

	skip_space(r);
	if (!isdigit((unsigned char)*r->p) && *r->p != '-')
		return false;
	*v = (uint32_t)strtoll(r->p, &end, 10);
	r->p = end;
	return true;
}

/* A number, or * for any. */
static bool
take_value(struct reader *r, struct segment_option *o)
{
	uint8_t i = o->n++;

	if (i >= sizeof(o->any))
		return false;
	o->any[i] = take(r, "*");
	return o->any[i] || take_number(r, &o->value[i]);
}

static bool
read_flags(struct reader *r, struct segment *seg)
{
	const char *letter;

	skip_space(r);
	for (; *r->p != '\0' && !isspace((unsigned char)*r->p); r->p++) {
		letter = strchr(flag_letters, *r->p);
		if (*r->p == 'p')
			seg->any_psh = true;
		else if (letter != NULL)
			seg->flags |= (uint8_t)(1U << (letter - flag_letters));
		else if (*r->p != '-')
			return false;
	}
	return true;
}

static bool
read_sequence(struct reader *r, struct segment *seg)
{
	uint32_t end;

	return take_number(r, &seg->seq) && take(r, ":") && take_number(r, &end) && take(r, "(") &&
	       take_number(r, &seg->len) && take(r, ")") && end == seg->seq + seg->len;
}

static bool
read_sack(struct reader *r, struct segment_option *o)
{
	do
		if (o->n > 6 || !take_value(r, o) || !take(r, ":") || !take_value(r, o))
			return false;
	while (isspace((unsigned char)*r->p));
	return true;
}

/* Nothing, bytes as pairs of hexadecimal digits, or * for any cookie. */
static bool
read_cookie(struct reader *r, struct segment_option *o)
{
	unsigned byte;

	if (take(r, "*")) {
		o->n = COOKIE_BYTES;
		memset(o->any, true, sizeof(o->any));
		return true;
	}
	for (skip_space(r); isxdigit((unsigned char)*r->p); r->p += 2) {
		if (o->n == COOKIE_BYTES || sscanf(r->p, "%2x", &byte) != 1)
			return false;
		o->value[o->n++] = byte;
	}
	return true;
}

static bool
read_option(struct reader *r, struct segment_option *o)
{
	uint32_t n;

	*o = (struct segment_option){ 0 };
	if (take(r, "nop"))
		o->kind = OPTION_NOP;
	else if (take(r, "eol"))
		o->kind = OPTION_EOL;
	else if (take(r, "sackOK"))
		o->kind = OPTION_SACK_OK;
	else if (take(r, "mss"))
		return o->kind = OPTION_MSS, take_value(r, o);
	else if (take(r, "wscale"))
		return o->kind = OPTION_WSCALE, take_value(r, o);
	else if (take(r, "sack"))
		return o->kind = OPTION_SACK, read_sack(r, o);
	else if (take(r, "TS val"))
		return o->kind = OPTION_TIMESTAMP,
		       take_value(r, o) && take(r, "ecr") && take_value(r, o);
	else if (take(r, "FO"))
		return o->kind = OPTION_FAST_OPEN, read_cookie(r, o);
	else if (take(r, "kind") && take_number(r, &n))
		o->kind = (uint8_t)n; /* one that nobody knows */
	else
		return false;
	return true;
}

static bool
read_options(struct reader *r, struct segment *seg)
{
	if (take(r, "...>"))
		return seg->any_options = true;
	do
		if (seg->n_options == SEGMENT_OPTIONS ||
		    !read_option(r, &seg->option[seg->n_options++]))
			return false;
	while (take(r, ","));
	return take(r, ">");
}

static const char *const ecn_words[] = { "[noecn]", "[ect1]", "[ect0]", "[ce]" };

/* The codepoint of the IP header, if one is written. */
static void
read_ecn(struct reader *r, struct segment *seg)
{
	uint8_t i;

	seg->any_ecn = true;
	for (i = 0; i < sizeof(ecn_words) / sizeof(ecn_words[0]); i++)
		if (take(r, ecn_words[i])) {
			seg->ecn = i;
			seg->any_ecn = false;
		}
}

const char *
segment_read(struct segment *seg, const char *text, bool inbound)
{
	struct reader r = { text };
	uint32_t n;

	*seg = (struct segment){ .any_win = true };
	read_ecn(&r, seg);
	if (!read_flags(&r, seg))
		return "flags are of FSRP.UEW and p";
	if (!read_sequence(&r, seg))
		return "first:end(length) is wrong";
	if (take(&r, "ack") != ((seg->flags & FLAG_ACK) != 0) ||
	    ((seg->flags & FLAG_ACK) != 0 && !take_number(&r, &seg->ack)))
		return "ack comes with the flag . and only with it";
	if (take(&r, "win") && take_number(&r, &n)) {
		seg->any_win = false;
		seg->win = (uint16_t)n;
	}
	if (take(&r, "urg") && take_number(&r, &n))
		seg->urg = (uint16_t)n;
	if (take(&r, "<") && !read_options(&r, seg))
		return "an option cannot be read";
	skip_space(&r);
	if (*r.p != '\0')
		return "there is more than a segment";
	if (inbound && (seg->any_psh || seg->any_options))
		return "what the peer sends leaves nothing open";
	if (inbound && seg->any_win && (seg->flags & FLAG_RST) == 0)
		return "what the peer sends has a window";
	return NULL;
}

/* ---- Writing. */

struct writer {
	char *p;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void
put(struct writer *w, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(w->p, w->left, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < w->left) {
		w->p += n;
		w->left -= (size_t)n;
	}
}

static void
put_value(struct writer *w, const struct segment_option *o, uint8_t i)
{
	if (o->any[i])
		put(w, "*");
	else
		put(w, "%d", (int)o->value[i]);
}

static void
put_sack(struct writer *w, const struct segment_option *o)
{
	uint8_t i;

	put(w, "sack");
	for (i = 0; i + 1 < o->n; i += 2) {
		put(w, " ");
		put_value(w, o, i);
		put(w, ":");
		put_value(w, o, i + 1);
	}
}

static void
put_cookie(struct writer *w, const struct segment_option *o)
{
	uint8_t i;

	put(w, o->n != 0 ? "FO " : "FO");
	for (i = 0; i < o->n && !o->any[i]; i++)
		put(w, "%02x", o->value[i]);
	if (i != o->n)
		put(w, "*");
}

static void
put_option(struct writer *w, const struct segment_option *o)
{
	switch (o->kind) {
	case OPTION_EOL:
		put(w, "eol");
		return;
	case OPTION_NOP:
		put(w, "nop");
		return;
	case OPTION_SACK_OK:
		put(w, "sackOK");
		return;
	case OPTION_SACK:
		put_sack(w, o);
		return;
	case OPTION_MSS:
	case OPTION_WSCALE:
		put(w, o->kind == OPTION_MSS ? "mss " : "wscale ");
		put_value(w, o, 0);
		return;
	case OPTION_FAST_OPEN:
		put_cookie(w, o);
		return;
	case OPTION_TIMESTAMP:
		put(w, "TS val ");
		put_value(w, o, 0);
		put(w, " ecr ");
		put_value(w, o, 1);
		return;
	}
	put(w, "kind %u", o->kind);
}

static void
put_options(struct writer *w, const struct segment *seg)
{
	uint8_t i;

	put(w, " <%s", seg->any_options ? "..." : "");
	for (i = 0; i < seg->n_options; i++) {
		if (i != 0)
			put(w, ",");
		put_option(w, &seg->option[i]);
	}
	put(w, ">");
}

void
segment_write(const struct segment *seg, char *text)
{
	struct writer w = { text, SEGMENT_TEXT_MAX };
	uint8_t i;

	if (!seg->any_ecn && seg->ecn != 0)
		put(&w, "%s ", ecn_words[seg->ecn]);
	if (seg->any_psh)
		put(&w, "p");
	for (i = 0; i < 8; i++)
		if ((seg->flags & 1U << i) != 0)
			put(&w, "%c", flag_letters[i]);
	if (seg->flags == 0)
		put(&w, "-");
	put(&w, " %d:%d(%u)", (int)seg->seq, (int)(seg->seq + seg->len), seg->len);
	if ((seg->flags & FLAG_ACK) != 0)
		put(&w, " ack %d", (int)seg->ack);
	if (!seg->any_win)
		put(&w, " win %u", seg->win);
	if (seg->urg != 0)
		put(&w, " urg %u", seg->urg);
	if (seg->n_options != 0 || seg->any_options)
		put_options(&w, seg);
}
