/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Private to pages.c, which makes the pages, and pages_render.c, which renders them.
 */
#ifndef TG_CONTROL_PAGES_INTERNAL_H
#define TG_CONTROL_PAGES_INTERNAL_H

#include "control/pages.h"

#define TG_PAGES_FIELDS_MAX  512 /* bytes of further field lines, the final zero included */
#define TG_PAGES_TEXT_PLAIN  "text/plain; charset=utf-8"
#define TG_PAGES_RETRY_AFTER "Retry-After: 5\r\n"
#define TG_PAGES_BUILTIN     5 /* built-in routes */

typedef void (*tg_render_body)(struct tg_text *, const struct tg_moment *);

/* One page, from which each snapshot renders its copy. */
struct tg_page_source {
	enum tg_http_status status;
	char type[64];                    /* empty: no Content-Type */
	char fields[TG_PAGES_FIELDS_MAX]; /* further field lines */
	tg_render_body render;            /* NULL: the body is fixed */
	bool ready;
	uint8_t *body;
	uint32_t body_len;   /* bytes */
	uint64_t modified_s; /* of a file; 0: not known for sure */
};

/* Every route may have pages of its own for OPTIONS and the methods that it lacks, as has the
 * site, for 304 and for 401. */
#define TG_PAGES_ROUTES_MAX (TG_PAGES_BUILTIN + TG_CONFIG_ROUTES_MAX)
#define TG_PAGES_MAX        (5 * TG_PAGES_ROUTES_MAX + TG_PAGES_BUILTIN + TG_HTTP_STATUS_MAX + 2)

struct tg_pages {
	struct tg_http_site site;
	char server[TG_CONFIG_SERVER_MAX];
	struct tg_http_route route[TG_PAGES_ROUTES_MAX];
	struct tg_http_choice choice[TG_PAGES_BUILTIN];
	struct tg_http_realm realm[TG_CONFIG_ROUTES_MAX];
	struct tg_http_user user[TG_CONFIG_ROUTES_MAX][TG_CONFIG_USERS_MAX];
	struct tg_page_source source[TG_PAGES_MAX];
};

#endif
