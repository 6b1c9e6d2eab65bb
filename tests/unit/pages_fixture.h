/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A site made of a configuration that a test writes, its pages rendered, and what they say.
 */
#ifndef TG_TESTS_PAGES_FIXTURE_H
#define TG_TESTS_PAGES_FIXTURE_H

#include "control/pages.h"
#include "tap.h"

#include <stdlib.h>

static struct tg_service_config service;
static struct tg_about about;
static struct tg_report now, before;
static struct tg_key_facts keys;
static struct tg_moment moment = {
	.about = &about, .now = &now, .before = &before, .keys = &keys, .unix_seconds = 784111777
};
static struct tg_pages *pages;
static char why[TG_PAGES_WHY_MAX];
static struct tg_http_page page[256];
static char *buf;

static inline void
start(void)
{
	memset(&service, 0, sizeof(service));
	memset(&now, 0, sizeof(now));
	memset(&before, 0, sizeof(before));
	memset(&keys, 0, sizeof(keys));
	snprintf(service.http.server, sizeof(service.http.server), "tidegate");
	moment.draining = false;
	about = (struct tg_about){ .version = "1.2.3", .port_name = "net_tap0" };
	now.n_workers = before.n_workers = 1;
	buf = NULL;
}

static inline void
add_route(const char *path, const char *from, const char *body)
{
	struct tg_config_route *route = &service.route[service.n_routes++];

	snprintf(route->path, sizeof(route->path), "%s", path);
	snprintf(route->file, sizeof(route->file), "%s", from);
	snprintf(route->body, sizeof(route->body), "%s", body);
	snprintf(route->type, sizeof(route->type), "text/x-test");
	route->status = 200;
}

static inline bool
render(size_t bytes)
{
	struct tg_text room;

	buf = malloc(bytes);
	CU_ASSERT_PTR_NOT_NULL_FATAL(buf);
	tg_text_init(&room, buf, bytes);
	return tg_pages_render(pages, &moment, page, &room);
}

static inline void
create_and_render(void)
{
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
}

static inline void
finish(void)
{
	tg_pages_free(pages);
	pages = NULL;
	free(buf);
}

static inline const struct tg_http_route *
route_of(const char *path)
{
	return tg_http_site_find(tg_pages_site(pages), path, (uint32_t)strlen(path));
}

/* The page of a path; fails the test if there is none. */
static inline const struct tg_http_page *
page_of(const char *path)
{
	const struct tg_http_route *route = route_of(path);

	CU_ASSERT_PTR_NOT_NULL_FATAL(route);
	return &page[route->page];
}

static inline bool
body_is(const struct tg_http_page *p, const char *expected)
{
	return p->body_len == strlen(expected) && memcmp(p->body, expected, p->body_len) == 0;
}

static inline bool
body_has(const struct tg_http_page *p, const char *part)
{
	return memmem(p->body, p->body_len, part, strlen(part)) != NULL;
}

/* Whether the head of p, for a connection that is kept, has a part. */
static inline bool
head_has(const struct tg_http_page *p, const char *part)
{
	return memmem(p->head[0], p->head_len[0], part, strlen(part)) != NULL;
}

#endif
