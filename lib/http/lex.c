/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/lex.h"

#define N 0U
#define V TG_HTTP_CLASS_VALUE
#define Q (V | TG_HTTP_CLASS_TARGET)                     /* '?' */
#define P (Q | TG_HTTP_CLASS_PATH)                       /* separators that a path may hold */
#define S (P | TG_HTTP_CLASS_HOST)                       /* the same, allowed in a host */
#define F (V | TG_HTTP_CLASS_TOKEN)                      /* '#' */
#define G (P | TG_HTTP_CLASS_TOKEN)                      /* tchar but not allowed in a host */
#define T (P | TG_HTTP_CLASS_TOKEN | TG_HTTP_CLASS_HOST) /* letters and marks */
#define D (T | TG_HTTP_CLASS_DIGIT)

/* clang-format off */
const uint8_t tg_http_classes[256] = {
	N, N, N, N, N, N, N, N, N, V, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	V, T, P, F, T, T, T, T, S, S, T, T, S, T, T, P, /*  !"#$%&'()*+,-./ */
	D, D, D, D, D, D, D, D, D, D, P, S, P, S, P, Q, /* 0-9 :;<=>? */
	P, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* @A-O */
	T, T, T, T, T, T, T, T, T, T, T, P, P, P, G, T, /* P-Z [\]^_ */
	G, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* `a-o */
	T, T, T, T, T, T, T, T, T, T, T, P, G, P, T, N, /* p-z {|}~ DEL */
	V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
	V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
	V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
	V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
	V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
	V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
	V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
	V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
};
/* clang-format on */

#undef N
#undef V
#undef Q
#undef P
#undef S
#undef F
#undef G
#undef T
#undef D

void
tg_http_word_keep(struct tg_http_parser *ps, const uint8_t *p, const uint8_t *end)
{
	size_t n = TG_MIN((size_t)(end - p), (size_t)(TG_HTTP_WORD_MAX - ps->word_len));

	memcpy(ps->word + ps->word_len, p, n);
	ps->word_len = (uint8_t)(ps->word_len + n);
}

bool
tg_http_word_is(const struct tg_http_parser *ps, const struct tg_http_word *w)
{
	return ps->word_len == w->len && memcmp(ps->word, w->text, w->len) == 0;
}

bool
tg_http_word_is_nocase(const struct tg_http_parser *ps, const struct tg_http_word *w)
{
	uint8_t i;

	if (ps->word_len != w->len)
		return false;
	/* A word holds no control characters, and of the others only letters fold onto
	 * letters and only '-' onto '-'. */
	for (i = 0; i < w->len; i++)
		if ((ps->word[i] | 0x20) != w->text[i])
			return false;
	return true;
}
