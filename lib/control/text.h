/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Text: writes characters into a buffer of fixed size, and JSON in them.
 *
 * What does not fit is left out and remembered in `cut`, so that a page is built by
 * calls without error checks and judged once at its end.
 *
 * Any thread; all state is in the structs.
 */
#ifndef TG_CONTROL_TEXT_H
#define TG_CONTROL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tg_text {
	char *buf;  /* the caller's, not terminated */
	size_t cap; /* bytes */
	size_t len; /* bytes written */
	bool cut;   /* something did not fit: the text must not be used */
};

/* Starts an empty text in cap bytes at buf. */
void tg_text_init(struct tg_text *t, char *buf, size_t cap);

/* Appends a terminated string as it is. */
void tg_text_put(struct tg_text *t, const char *s);

/* Appends as printf does. */
void tg_text_printf(struct tg_text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* JSON (RFC 8259) written into a text, from left to right. Members of an object have
 * a key; elements of an array, and the outermost value, have key NULL. */
struct tg_json {
	struct tg_text *text;
	bool comma; /* the next value follows another one */
};

/* Starts JSON at the end of text. */
void tg_json_init(struct tg_json *j, struct tg_text *text);

/* Opens an object or an array: bracket is '{' or '['. */
void tg_json_open(struct tg_json *j, const char *key, char bracket);

/* Closes the innermost one: bracket is '}' or ']'. */
void tg_json_close(struct tg_json *j, char bracket);

void tg_json_number(struct tg_json *j, const char *key, uint64_t value);
void tg_json_bool(struct tg_json *j, const char *key, bool value);
void tg_json_string(struct tg_json *j, const char *key, const char *value);

#endif
