/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
put_bytes(struct tg_text *t, const char *p, size_t n)
{
	if (t->cut || t->cap - t->len < n) {
		t->cut = true;
		return;
	}
	memcpy(t->buf + t->len, p, n);
	t->len += n;
}

void
tg_text_init(struct tg_text *t, char *buf, size_t cap)
{
	*t = (struct tg_text){ .buf = buf, .cap = cap };
}

void
tg_text_put(struct tg_text *t, const char *s)
{
	put_bytes(t, s, strlen(s));
}

void
tg_text_printf(struct tg_text *t, const char *format, ...)
{
	size_t room = t->cap - t->len;
	va_list args;
	int n;

	if (t->cut)
		return;
	va_start(args, format);
	n = vsnprintf(t->buf + t->len, room, format, args);
	va_end(args);
	/* vsnprintf wants a byte for the zero that it writes and we do not keep. */
	if (n < 0 || (size_t)n >= room)
		t->cut = true;
	else
		t->len += (size_t)n;
}

static void
put_json_string(struct tg_text *t, const char *s)
{
	put_bytes(t, "\"", 1);
	for (; *s != '\0'; s++) {
		if ((uint8_t)*s < 0x20)
			tg_text_printf(t, "\\u%04x", (unsigned)*s);
		else if (*s == '"' || *s == '\\')
			tg_text_printf(t, "\\%c", *s);
		else
			put_bytes(t, s, 1);
	}
	put_bytes(t, "\"", 1);
}

static void
start_value(struct tg_json *j, const char *key)
{
	if (j->comma)
		put_bytes(j->text, ",", 1);
	j->comma = true;
	if (key == NULL)
		return;
	put_json_string(j->text, key);
	put_bytes(j->text, ":", 1);
}

void
tg_json_init(struct tg_json *j, struct tg_text *text)
{
	*j = (struct tg_json){ .text = text };
}

void
tg_json_open(struct tg_json *j, const char *key, char bracket)
{
	start_value(j, key);
	put_bytes(j->text, &bracket, 1);
	j->comma = false;
}

void
tg_json_close(struct tg_json *j, char bracket)
{
	put_bytes(j->text, &bracket, 1);
	j->comma = true;
}

void
tg_json_number(struct tg_json *j, const char *key, uint64_t value)
{
	start_value(j, key);
	tg_text_printf(j->text, "%" PRIu64, value);
}

void
tg_json_bool(struct tg_json *j, const char *key, bool value)
{
	start_value(j, key);
	tg_text_put(j->text, value ? "true" : "false");
}

void
tg_json_string(struct tg_json *j, const char *key, const char *value)
{
	start_value(j, key);
	put_json_string(j->text, value);
}
