/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Rules: where lib/http and libhttp-parser may differ about a request. docs/http.md has the
 * same for readers.
 */
#ifndef TG_TESTS_HTTP_RULES_H
#define TG_TESTS_HTTP_RULES_H

#include "http_other.h"

/* A request, whole or not, and what the other parser made of it. */
struct sight {
	const uint8_t *data;
	size_t size; /* the head, where the other parser found its end */
	const struct other *o;
};

/* The first rule that speaks of a request's head, or of its body alone, in words; or NULL. The
 * stricter ones speak of what lib/http refuses and the other parser takes, the laxer ones of the
 * reverse. */
const char *http_rule_stricter(const struct sight *s);
const char *http_rule_laxer(const struct sight *s);
const char *http_rule_stricter_body(const struct sight *s);
const char *http_rule_laxer_body(const struct sight *s);

/* Whether a Transfer-Encoding, or a Connection, is a list that the other reads differently. */
bool sight_has_odd_coding(const struct sight *s);
bool sight_has_odd_connection(const struct sight *s);

/* Length of a field value without the white space at its end. */
size_t sight_trimmed(const char *p, size_t len);

#endif
