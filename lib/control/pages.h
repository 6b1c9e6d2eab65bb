/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Pages: the site that the service configuration describes, and how it is rendered.
 *
 * Built-in routes are `/` (the live page, control/page/page.h), `/status` (the state of the
 * appliance as JSON), `/metrics` (for Prometheus, in two formats between which Accept chooses),
 * `/healthz` (the program runs) and `/readyz` (it takes connections: 503 while it shuts down, or
 * shares keys and its clock is not synchronised); the configuration adds pages with a fixed body,
 * redirects and routes of nothing but a status. Bodies of fixed pages are read once; the head of
 * every page carries the date, so a snapshot renders all heads and the bodies that change. A page
 * whose body finds no room is 500 in that snapshot.
 *
 * Control thread only. Nothing here needs EAL: `tidegate --check` makes the site too.
 */
#ifndef TG_CONTROL_PAGES_H
#define TG_CONTROL_PAGES_H

#include "control/render.h"
#include "http/site.h"

#define TG_PAGES_FILE_BYTES_MAX (16U << 20) /* of one file that a route names */
#define TG_PAGES_WHY_MAX        512

struct tg_pages; /* opaque */

/* Makes the site and reads the files that routes name. Returns NULL when a file cannot
 * be read or is too large, or a path is taken; why: out, then a sentence that names the
 * route. The caller frees the result. */
struct tg_pages *tg_pages_create(
    const struct tg_service_config *service, char why[TG_PAGES_WHY_MAX]);

/* The site, valid as long as pages. */
const struct tg_http_site *tg_pages_site(const struct tg_pages *pages);

/* Bytes that rendering all pages takes at most. */
size_t tg_pages_room(const struct tg_pages *pages, uint16_t n_workers);

/* Renders all pages of one moment. page: out, as many as the site has pages, valid as
 * long as pages and room's buffer. room: empty, tg_pages_room bytes. False if room was
 * too small for the heads: page must not be used. */
bool tg_pages_render(const struct tg_pages *pages, const struct tg_moment *moment,
    struct tg_http_page *page, struct tg_text *room);

void tg_pages_free(struct tg_pages *pages);

#endif
