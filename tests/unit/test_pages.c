/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/pages.h"
#include "control/secrets.h"
#include "crypto/sha256.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BODY_ETAG "57a82c5c02fadb88"
#define WORKERS   TG_CONFIG_WORKERS_MAX

static struct tg_service_config service;
static struct tg_about about;
static struct tg_report now, before;
static struct tg_key_facts keys;
static struct tg_moment moment = {
	.about = &about, .now = &now, .before = &before, .keys = &keys, .unix_seconds = 784111777
};
static struct tg_pages *pages;
static char why[TG_PAGES_WHY_MAX];
static char file[] = "/tmp/tg-pages-XXXXXX";
static struct tg_http_page page[256];
static char *buf;

static int
setup(void)
{
	int fd = mkstemp(file);

	if (fd < 0 || write(fd, "from a file", 11) != 11)
		return -1;
	return close(fd);
}

static int
cleanup(void)
{
	return unlink(file);
}

static void
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

static void
add_route(const char *path, const char *from, const char *body)
{
	struct tg_config_route *route = &service.route[service.n_routes++];

	snprintf(route->path, sizeof(route->path), "%s", path);
	snprintf(route->file, sizeof(route->file), "%s", from);
	snprintf(route->body, sizeof(route->body), "%s", body);
	snprintf(route->type, sizeof(route->type), "text/x-test");
	route->status = 200;
}

/* A route of no content. */
static struct tg_config_route *
add_status(const char *path, uint32_t status, const char *redirect)
{
	struct tg_config_route *route = &service.route[service.n_routes];

	add_route(path, "", "");
	snprintf(route->redirect, sizeof(route->redirect), "%s", redirect);
	route->status = status;
	return route;
}

static bool
render(size_t bytes)
{
	struct tg_text room;

	buf = malloc(bytes);
	CU_ASSERT_PTR_NOT_NULL_FATAL(buf);
	tg_text_init(&room, buf, bytes);
	return tg_pages_render(pages, &moment, page, &room);
}

static void
finish(void)
{
	tg_pages_free(pages);
	pages = NULL;
	free(buf);
}

/* The page of a path; fails the test if there is none. */
static const struct tg_http_page *
page_of(const char *path)
{
	const struct tg_http_route *route =
	    tg_http_site_find(tg_pages_site(pages), path, (uint32_t)strlen(path));

	CU_ASSERT_PTR_NOT_NULL_FATAL(route);
	return &page[route->page];
}

static bool
body_is(const struct tg_http_page *p, const char *expected)
{
	return p->body_len == strlen(expected) && memcmp(p->body, expected, p->body_len) == 0;
}

static bool
body_has(const struct tg_http_page *p, const char *part)
{
	return memmem(p->body, p->body_len, part, strlen(part)) != NULL;
}

static bool
head_is(const struct tg_http_page *p, unsigned i, const char *expected)
{
	return p->head_len[i] == strlen(expected) &&
	       memcmp(p->head[i], expected, p->head_len[i]) == 0;
}

static void
test_configured_root_takes_the_place_of_the_builtin_page(void)
{
	start();
	add_status("/", 204, "");
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_EQUAL(tg_pages_site(pages)->n_routes, 5);
	CU_ASSERT_EQUAL(page_of("/")->status, TG_HTTP_204);
	CU_ASSERT_FALSE(tg_http_site_find(tg_pages_site(pages), "/", 1)->spared);
	CU_ASSERT_TRUE(tg_http_site_find(tg_pages_site(pages), "/status", 7)->spared);
	finish();
}

static void
test_site_has_the_builtin_pages_and_every_error(void)
{
	const struct tg_http_site *site;
	unsigned i;

	start();
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	site = tg_pages_site(pages);
	CU_ASSERT_EQUAL(site->n_routes, 5);
	/* One page for each route, one more of /metrics, one for each status but 200, two that say
	 * what is allowed, and the 304 of the live page. */
	CU_ASSERT_EQUAL(site->n_pages, 6 + TG_HTTP_STATUS_MAX - 1 + 2 + 1);
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_TRUE(body_is(page_of("/healthz"), "ok\n"));
	for (i = 0; i < TG_HTTP_STATUS_MAX; i++)
		CU_ASSERT_TRUE(i == TG_HTTP_200 || page[site->error_page[i]].status == i);
	CU_ASSERT_TRUE(body_is(&page[site->error_page[TG_HTTP_404]], "404 Not Found\n"));
	finish();
}

static void
test_heads_carry_the_date_and_both_connection_options(void)
{
	start();
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_TRUE(head_is(page_of("/healthz"), 0,
	    "HTTP/1.1 200 OK\r\nServer: tidegate\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n"
	    "Connection: keep-alive\r\n\r\n"));
	CU_ASSERT_TRUE(head_is(page_of("/healthz"), 1,
	    "HTTP/1.1 200 OK\r\nServer: tidegate\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n"
	    "Connection: close\r\n\r\n"));
	finish();
}

static void
test_configured_routes_serve_a_file_and_a_body(void)
{
	start();
	add_route("/b", "", "from a body");
	add_route("/f", file, "");
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_TRUE(body_is(page_of("/b"), "from a body"));
	CU_ASSERT_TRUE(body_is(page_of("/f"), "from a file"));
	CU_ASSERT_PTR_NOT_NULL(
	    memmem(page_of("/f")->head[0], page_of("/f")->head_len[0], "text/x-test", 11));
	finish();
}

/* Whether the head of p, for a connection that is kept, has a part. */
static bool
head_has(const struct tg_http_page *p, const char *part)
{
	return memmem(p->head[0], p->head_len[0], part, strlen(part)) != NULL;
}

static const struct tg_http_route *
route_of(const char *path)
{
	return tg_http_site_find(tg_pages_site(pages), path, (uint32_t)strlen(path));
}

static void
create_and_render(void)
{
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
}

static void
test_redirect_names_its_target_and_answers_every_method(void)
{
	static const struct {
		uint32_t code;
		const char *line;
	} moved[] = { { 301, "HTTP/1.1 301 Moved Permanently\r\n" },
		{ 302, "HTTP/1.1 302 Found\r\n" }, { 303, "HTTP/1.1 303 See Other\r\n" },
		{ 307, "HTTP/1.1 307 Temporary Redirect\r\n" } };
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(moved); i++) {
		start();
		add_status("/old", moved[i].code, "/new?x=1");
		create_and_render();
		CU_ASSERT_TRUE(head_has(page_of("/old"), moved[i].line));
		CU_ASSERT_TRUE(head_has(page_of("/old"), "\r\nLocation: /new?x=1\r\n"));
		CU_ASSERT_TRUE(
		    body_has(page_of("/old"), tg_http_status_info[page_of("/old")->status].reason));
		CU_ASSERT_EQUAL(route_of("/old")->methods,
		    TG_HTTP_METHODS_READ | 1U << TG_HTTP_METHOD_POST | 1U << TG_HTTP_METHOD_PUT |
			1U << TG_HTTP_METHOD_DELETE | 1U << TG_HTTP_METHOD_PATCH |
			1U << TG_HTTP_METHOD_OPTIONS);
		finish();
	}
}

static void
test_status_route_is_framed_as_its_status_has_it(void)
{
	start();
	add_status("/204", 204, "");
	add_status("/205", 205, "");
	add_status("/404", 404, "");
	add_status("/503", 503, "");
	create_and_render();
	CU_ASSERT_FALSE(head_has(page_of("/204"), "Content-"));
	CU_ASSERT_EQUAL(page_of("/204")->body_len, 0);
	CU_ASSERT_TRUE(head_has(page_of("/205"), "\r\nContent-Length: 0\r\n"));
	CU_ASSERT_FALSE(head_has(page_of("/205"), "Content-Type"));
	CU_ASSERT_EQUAL(page_of("/205")->body_len, 0);
	CU_ASSERT_TRUE(body_is(page_of("/404"), "404 Not Found\n"));
	CU_ASSERT_EQUAL(route_of("/404")->page, tg_pages_site(pages)->error_page[TG_HTTP_404]);
	CU_ASSERT_TRUE(head_has(page_of("/503"), "\r\nRetry-After: 5\r\n"));
	CU_ASSERT_EQUAL(route_of("/503")->page, tg_pages_site(pages)->error_page[TG_HTTP_503]);
	finish();
}

static void
test_fixed_page_has_validators_and_its_304_the_same(void)
{
	const struct tg_http_page *not_modified;

	start();
	add_route("/b", "", "from a body");
	add_route("/f", file, "");
	CU_ASSERT_EQUAL_FATAL(
	    utimensat(AT_FDCWD, file,
		(struct timespec[2]){ { .tv_sec = 784111777 }, { .tv_sec = 784111777 } }, 0),
	    0);
	create_and_render();
	CU_ASSERT_TRUE(route_of("/f")->fixed && route_of("/f")->conditional);
	CU_ASSERT_EQUAL(route_of("/f")->body_len, 11);
	CU_ASSERT_EQUAL(route_of("/f")->modified_s, 784111777);
	CU_ASSERT_TRUE(
	    head_has(page_of("/f"), "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
	CU_ASSERT_TRUE(head_has(page_of("/f"), "\r\nAccept-Ranges: bytes\r\n"));
	/* SipHash-2-4 of the body with the key 0: it is the same wherever the page is served. */
	CU_ASSERT_EQUAL(memcmp(route_of("/b")->etag, BODY_ETAG, TG_HTTP_ETAG_BYTES), 0);
	CU_ASSERT_TRUE(head_has(page_of("/b"), "\r\nETag: \"" BODY_ETAG "\"\r\n"));
	CU_ASSERT_EQUAL(route_of("/b")->modified_s, 0);
	CU_ASSERT_FALSE(head_has(page_of("/b"), "Last-Modified"));
	not_modified = &page[route_of("/b")->not_modified];
	CU_ASSERT_TRUE(head_has(not_modified, "HTTP/1.1 304 Not Modified\r\n"));
	CU_ASSERT_TRUE(head_has(not_modified, "\r\nETag: \"" BODY_ETAG "\"\r\n"));
	CU_ASSERT_FALSE(head_has(not_modified, "Content-"));
	CU_ASSERT_EQUAL(not_modified->body_len, 0);
	CU_ASSERT_FALSE(route_of("/status")->fixed);
	CU_ASSERT_FALSE(head_has(page_of("/status"), "ETag"));
	finish();
}

static void
test_guarded_route_has_its_users_and_names_its_realm(void)
{
	struct tg_config_route *closed;

	start();
	closed = add_status("/closed", 204, "");
	strcpy(closed->realm, "the gate");
	closed->n_users = 1;
	strcpy(closed->user[0].name, "al");
	memset(closed->user[0].hash, 7, sizeof(closed->user[0].hash));
	add_status("/open", 204, "");
	create_and_render();
	CU_ASSERT_PTR_NOT_NULL_FATAL(route_of("/closed")->realm);
	CU_ASSERT_EQUAL(route_of("/closed")->realm->n_users, 1);
	CU_ASSERT_STRING_EQUAL(route_of("/closed")->realm->user[0].name, "al");
	CU_ASSERT_EQUAL(route_of("/closed")->realm->user[0].hash[31], 7);
	CU_ASSERT_TRUE(head_has(&page[route_of("/closed")->realm->unauthorized],
	    "\r\nWWW-Authenticate: Basic realm=\"the gate\", charset=\"UTF-8\"\r\n"));
	CU_ASSERT_PTR_NULL(route_of("/open")->realm);
	finish();
}

static void
test_route_for_classes_has_them(void)
{
	start();
	add_status("/office", 204, "")->classes = 6;
	add_status("/open", 204, "");
	create_and_render();
	CU_ASSERT_EQUAL(route_of("/office")->classes, 6);
	CU_ASSERT_EQUAL(route_of("/open")->classes, 0);
	CU_ASSERT_EQUAL(route_of("/status")->classes, 0);
	finish();
}

static void
test_made_secret_opens_the_route_of_its_line(void)
{
	char secret[TG_SECRET_CHARS], line[TG_CONFIG_USER_MAX], other[TG_SECRET_CHARS];
	uint8_t salted[48], hash[TG_SHA256_BYTES];
	char expected[2 * TG_SHA256_BYTES + 1];
	unsigned i, byte;

	CU_ASSERT_EQUAL_FATAL(tg_secrets_make_user("al", secret, line), 0);
	CU_ASSERT_EQUAL(strlen(secret), 32);
	CU_ASSERT_EQUAL_FATAL(strlen(line), 3 + 32 + 1 + 64);
	CU_ASSERT_EQUAL(memcmp(line, "al:", 3), 0);
	for (i = 0; i < 16; i++) {
		CU_ASSERT_EQUAL_FATAL(sscanf(line + 3 + 2 * i, "%2x", &byte), 1);
		salted[i] = (uint8_t)byte;
	}
	memcpy(salted + 16, secret, 32);
	tg_sha256(salted, sizeof(salted), hash);
	for (i = 0; i < sizeof(hash); i++)
		snprintf(expected + 2 * i, 3, "%02x", hash[i]);
	CU_ASSERT_STRING_EQUAL(line + 3 + 32 + 1, expected);
	CU_ASSERT_EQUAL_FATAL(tg_secrets_make_user("al", other, line), 0);
	CU_ASSERT_STRING_NOT_EQUAL(other, secret);
}

static void
test_file_just_changed_has_no_date(void)
{
	start();
	add_route("/f", file, "");
	CU_ASSERT_EQUAL_FATAL(utimensat(AT_FDCWD, file, NULL, 0), 0);
	create_and_render();
	CU_ASSERT_EQUAL(route_of("/f")->modified_s, 0);
	CU_ASSERT_FALSE(head_has(page_of("/f"), "Last-Modified"));
	finish();
}

static void
test_methods_are_told_by_405_and_options(void)
{
	struct tg_config_route *posts;

	start();
	add_route("/get", "", "x");
	posts = add_status("/posts", 204, "");
	posts->n_methods = 2;
	strcpy(posts->methods[0], "POST");
	strcpy(posts->methods[1], "GET");
	create_and_render();
	CU_ASSERT_EQUAL(route_of("/get")->methods, TG_HTTP_METHODS_READ);
	CU_ASSERT_EQUAL(
	    route_of("/posts")->methods, TG_HTTP_METHODS_READ | 1U << TG_HTTP_METHOD_POST);
	CU_ASSERT_TRUE(
	    head_has(&page[route_of("/get")->not_allowed], "\r\nAllow: GET, HEAD, OPTIONS\r\n"));
	CU_ASSERT_TRUE(head_has(
	    &page[route_of("/posts")->not_allowed], "HTTP/1.1 405 Method Not Allowed\r\n"));
	CU_ASSERT_TRUE(head_has(
	    &page[route_of("/posts")->options], "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"));
	CU_ASSERT_TRUE(head_has(&page[route_of("/posts")->options], "HTTP/1.1 204 "));
	CU_ASSERT_EQUAL(route_of("/get")->options, route_of("/status")->options);
	CU_ASSERT_TRUE(head_has(
	    &page[tg_pages_site(pages)->options], "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"));
	finish();
}

static void
test_readyz_is_503_while_draining(void)
{
	start();
	create_and_render();
	CU_ASSERT_TRUE(body_is(page_of("/readyz"), "ready\n"));
	free(buf);
	moment.draining = true;
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_EQUAL(page_of("/readyz")->status, TG_HTTP_503);
	CU_ASSERT_TRUE(head_has(page_of("/readyz"), "\r\nRetry-After: 5\r\n"));
	CU_ASSERT_TRUE(head_has(page_of("/readyz"), "\r\nContent-Length: 14\r\n"));
	CU_ASSERT_TRUE(body_is(page_of("/readyz"), "shutting down\n"));
	CU_ASSERT_EQUAL(page_of("/healthz")->status, TG_HTTP_200);
	finish();
}

/* Renders anew with these facts. Returns the status of /readyz. */
static enum tg_http_status
ready_with(bool shared, bool synchronised, bool trusted)
{
	keys.shared = shared;
	keys.clock_synchronised = synchronised;
	keys.clock_trusted = trusted;
	free(buf);
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_EQUAL(page_of("/healthz")->status, TG_HTTP_200);
	return page_of("/readyz")->status;
}

static void
test_readyz_is_503_with_shared_keys_and_a_clock_of_its_own(void)
{
	start();
	create_and_render();
	CU_ASSERT_EQUAL(ready_with(false, false, false), TG_HTTP_200);
	CU_ASSERT_EQUAL(ready_with(true, true, false), TG_HTTP_200);
	CU_ASSERT_EQUAL(ready_with(true, false, true), TG_HTTP_200);
	CU_ASSERT_TRUE(body_is(page_of("/readyz"), "ready\n"));
	CU_ASSERT_EQUAL(ready_with(true, false, false), TG_HTTP_503);
	CU_ASSERT_TRUE(head_has(page_of("/readyz"), "HTTP/1.1 503 "));
	CU_ASSERT_TRUE(head_has(page_of("/readyz"), "\r\nRetry-After: 5\r\n"));
	CU_ASSERT_TRUE(body_is(page_of("/readyz"),
	    "the clock is not synchronised, which the keys that nodes share depend on\n"));
	moment.draining = true;
	CU_ASSERT_EQUAL(ready_with(true, false, false), TG_HTTP_503);
	CU_ASSERT_TRUE(body_is(page_of("/readyz"), "shutting down\n"));
	finish();
}

static void
test_status_shows_listeners_and_who_answers_with_cookies(void)
{
	static const enum tg_config_syn_cookies mode[] = { TG_CONFIG_SYN_COOKIES_NEVER,
		TG_CONFIG_SYN_COOKIES_AUTO, TG_CONFIG_SYN_COOKIES_ALWAYS };
	unsigned i;

	start();
	about.n_listeners = 3;
	for (i = 0; i < 3; i++) {
		about.listener[i].port = (uint16_t)(80 + i);
		about.listener[i].syn_cookies = mode[i];
		strcpy(about.listener[i].address, i == 0 ? "any" : "2001:db8::2");
	}
	now.n_workers = 4;
	now.total.syn_pressure = 3;
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 4)));
	CU_ASSERT_TRUE(body_has(page_of("/status"),
	    "\"listeners\":[{\"address\":\"any\",\"port\":80,\"syn_cookies\":\"never\","
	    "\"overflow\":\"drop\",\"active_workers\":0},"
	    "{\"address\":\"2001:db8::2\",\"port\":81,\"syn_cookies\":\"auto\","
	    "\"overflow\":\"drop\",\"active_workers\":3},"));
	CU_ASSERT_TRUE(
	    body_has(page_of("/status"), "\"port\":82,\"syn_cookies\":\"always\",\"overflow\":"
					 "\"drop\",\"active_workers\":4}],"));
	free(buf);
	about.syn_overflow = TG_CONFIG_SYN_RESET;
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 4)));
	CU_ASSERT_TRUE(
	    body_has(page_of("/status"), "\"overflow\":\"reset\",\"active_workers\":4}],"));
	finish();
}

static void
test_status_shows_classes_of_sources_where_there_are_any(void)
{
	static const struct tg_config_source classes[] = {
		{ .name = "office" },
		{ .name = "pets", .action = TG_CONFIG_SOURCE_ALLOW },
		{ .name = "pests", .action = TG_CONFIG_SOURCE_DENY },
	};
	unsigned i;

	start();
	create_and_render();
	CU_ASSERT_FALSE(body_has(page_of("/status"), "\"sources\""));
	free(buf);
	about.source = classes;
	about.n_sources = TG_ARRAY_LEN(classes);
	for (i = 0; i < TG_ARRAY_LEN(classes); i++)
		now.total.source_frames[i] = 10 + i;
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_TRUE(body_has(page_of("/status"),
	    "\"sources\":[{\"class\":\"office\",\"action\":\"none\",\"frames\":10},"
	    "{\"class\":\"pets\",\"action\":\"allow\",\"frames\":11},"
	    "{\"class\":\"pests\",\"action\":\"deny\",\"frames\":12}],"));
	finish();
}

static void
test_status_shows_the_keys_and_the_clock(void)
{
	start();
	create_and_render();
	CU_ASSERT_TRUE(body_has(page_of("/status"),
	    "\"syn_cookies\":{\"keys\":\"own\",\"usable\":false,\"epoch\":0,"
	    "\"next_master_epoch\":0,\"clock_synchronised\":false,\"clock_trusted\":false,"
	    "\"key_reloads\":0,\"key_reloads_refused\":0}"));
	free(buf);
	keys = (struct tg_key_facts){ .shared = true,
		.usable = true,
		.epoch = 28000000,
		.next_master_epoch = 28000100,
		.clock_synchronised = true,
		.clock_trusted = true,
		.reloads = 7,
		.reloads_refused = 8 };
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_TRUE(body_has(page_of("/status"),
	    "\"syn_cookies\":{\"keys\":\"fleet\",\"usable\":true,\"epoch\":28000000,"
	    "\"next_master_epoch\":28000100,\"clock_synchronised\":true,\"clock_trusted\":true,"
	    "\"key_reloads\":7,\"key_reloads_refused\":8}"));
	finish();
}

/* With more and more room first the heads are served, then the page as well. */
static void
test_page_without_room_is_500_and_the_others_are_served(void)
{
	bool seen_none = false, seen_all = false;
	size_t bytes;

	start();
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	for (bytes = 4096; !seen_all; bytes += 256) {
		bool fits = render(bytes);
		enum tg_http_status status = page_of("/status")->status;

		CU_ASSERT_TRUE_FATAL(bytes <= tg_pages_room(pages, 1));
		if (fits && status == TG_HTTP_500) {
			seen_none = true;
			CU_ASSERT_TRUE(body_is(page_of("/status"), "500 Internal Server Error\n"));
			CU_ASSERT_TRUE(
			    head_has(page_of("/status"), "HTTP/1.1 500 Internal Server Error\r\n"));
			CU_ASSERT_TRUE(body_is(page_of("/healthz"), "ok\n"));
		}
		seen_all = fits && status == TG_HTTP_200;
		free(buf);
	}
	buf = NULL;
	CU_ASSERT_TRUE(seen_none);
	finish();
}

static void
test_server_field_is_configured_or_left_out(void)
{
	start();
	strcpy(service.http.server, "gate/1");
	create_and_render();
	CU_ASSERT_TRUE(head_has(page_of("/healthz"), "\r\nServer: gate/1\r\n"));
	finish();
	start();
	service.http.server[0] = '\0';
	create_and_render();
	CU_ASSERT_FALSE(head_has(page_of("/healthz"), "Server"));
	finish();
}

/* Expects that the site cannot be made and that the reason has a part in it. */
static void
expect_refused(const char *part)
{
	why[0] = '\0';
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NULL(pages);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, part));
}

static void
test_route_that_cannot_be_served_is_named(void)
{
	start();
	add_route("/none", "/nonexistent/file", "");
	expect_refused("route /none: cannot read file /nonexistent/file: No such file");
	start();
	add_route("/dir", "/", "");
	expect_refused("route /dir: cannot read file /: Is a directory");
	start();
	add_route("/status", "", "mine");
	expect_refused("route /status: the path is built in");
	start();
	add_route("/a", "", "1");
	add_route("/a", "", "2");
	expect_refused("twice");
}

static void
test_file_beyond_the_cap_is_refused(void)
{
	start();
	add_route("/big", file, "");
	CU_ASSERT_EQUAL_FATAL(truncate(file, (off_t)TG_PAGES_FILE_BYTES_MAX + 1), 0);
	expect_refused("route /big: file");
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "has more than 16777216 bytes"));
	CU_ASSERT_EQUAL_FATAL(truncate(file, 11), 0);
}

static void
test_status_shows_rates_between_two_reports(void)
{
	start();
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	before.at = 5 * TG_NS_PER_SEC;
	now.at = 7 * TG_NS_PER_SEC;
	before.total.counter[TG_COUNTER_HTTP_REQUESTS] = 100;
	now.total.counter[TG_COUNTER_HTTP_REQUESTS] = 121;
	now.total.state[TG_TCP_SYN_RECEIVED] = 9;
	now.total.connections = 11;
	now.rx_missed = 7;
	now.rx_errors = 8;
	now.rx_no_buffer = UINT64_MAX;
	about.started = TG_NS_PER_SEC / 2;
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"http_requests\":11,\"drops\":0}"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"http_requests\":121,"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"uptime_seconds\":6,"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"rx_missed\":7,\"rx_errors\":8,"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"rx_no_buffer\":18446744073709551615}"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"connections\":{\"syn_received\":9,"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"total\":11}"));
	finish();
}

static void
test_live_page_is_fixed_and_tells_what_it_may_load(void)
{
	const struct tg_http_page *not_modified;
	char etag[TG_HTTP_ETAG_BYTES + 16];

	start();
	create_and_render();
	CU_ASSERT_TRUE(body_has(page_of("/"), "<!doctype html>\n"));
	CU_ASSERT_TRUE(body_has(page_of("/"), "</html>\n"));
	CU_ASSERT_TRUE(page_of("/")->body_len < 60000);
	CU_ASSERT_TRUE(route_of("/")->fixed && route_of("/")->spared);
	snprintf(
	    etag, sizeof(etag), "\r\nETag: \"%.*s\"\r\n", TG_HTTP_ETAG_BYTES, route_of("/")->etag);
	CU_ASSERT_TRUE(head_has(page_of("/"), etag));
	CU_ASSERT_TRUE(head_has(
	    page_of("/"), "\r\nContent-Security-Policy: default-src 'none'; connect-src 'self'; "));
	CU_ASSERT_TRUE(head_has(page_of("/"), "; script-src 'sha256-"));
	CU_ASSERT_TRUE(head_has(page_of("/"), "; frame-ancestors 'none'\r\n"));
	CU_ASSERT_TRUE(head_has(page_of("/"), "\r\nAccept-Ranges: bytes\r\n"));
	not_modified = &page[route_of("/")->not_modified];
	CU_ASSERT_TRUE(head_has(not_modified, "HTTP/1.1 304 Not Modified\r\n"));
	CU_ASSERT_TRUE(head_has(not_modified, etag));
	CU_ASSERT_FALSE(head_has(page_of("/status"), "Content-Security-Policy"));
	finish();
}

static void
test_live_page_has_the_sentence_of_every_reason_and_counter(void)
{
	char part[256];
	unsigned i;

	start();
	create_and_render();
	for (i = TG_DROP_NONE + 1; i < TG_DROP_MAX; i++) {
		snprintf(part, sizeof(part), ",\"%s\"]", tg_drop_info[i].help);
		CU_ASSERT_TRUE(body_has(page_of("/"), part));
	}
	for (i = 0; i < TG_COUNTER_MAX; i++) {
		snprintf(part, sizeof(part), "\"%s\":\"%s\"", tg_counter_info[i].name,
		    tg_counter_info[i].help);
		CU_ASSERT_TRUE(body_has(page_of("/"), part));
	}
	finish();
}

static void
fill_tally(struct tg_tally *tally)
{
	memset(tally, 0xff, sizeof(*tally));
	tally->busy = tally->cycles = 0;
}

static void
test_room_holds_the_largest_numbers_of_all_workers_and_routes(void)
{
	static struct tg_config_source classes[TG_CONFIG_SOURCES_MAX];
	char path[TG_CONFIG_ROUTE_MAX];
	unsigned i;

	start();
	for (i = 0; i < TG_CONFIG_ROUTES_MAX; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		add_route(path, "", "x");
		memset(service.route[i].type, 't', sizeof(service.route[i].type) - 1);
	}
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	memset(&about, 'a', sizeof(about));
	about.syn_overflow = TG_CONFIG_SYN_RESET;
	about.n_listeners = TG_CONFIG_LISTENERS_MAX;
	for (i = 0; i < TG_CONFIG_LISTENERS_MAX; i++) {
		about.listener[i].syn_cookies = TG_CONFIG_SYN_COOKIES_ALWAYS;
		about.listener[i].address[TG_REPORT_ADDRESS_MAX - 1] = '\0';
	}
	memset(classes, 'c', sizeof(classes));
	about.source = classes;
	about.n_sources = TG_CONFIG_SOURCES_MAX;
	for (i = 0; i < TG_CONFIG_SOURCES_MAX; i++) {
		classes[i].action = TG_CONFIG_SOURCE_ALLOW;
		classes[i].name[TG_CONFIG_CLASS_MAX - 1] = '\0';
	}
	memset(&keys, 0xff, sizeof(keys));
	keys.shared = true;
	keys.usable = keys.clock_synchronised = keys.clock_trusted = false;
	about.version[31] = about.port_name[63] = about.driver[31] = about.mac[17] = '\0';
	memset(about.port_name, '&', sizeof(about.port_name) - 1);
	memset(&now, 0xff, sizeof(now));
	now.link_up = about.rss = about.rx_checksum = about.tx_checksum = false;
	fill_tally(&now.total);
	for (i = 0; i < WORKERS; i++)
		fill_tally(&now.worker[i]);
	now.n_workers = WORKERS;
	CU_ASSERT_TRUE(render(tg_pages_room(pages, WORKERS)));
	finish();
}

static void
test_render_into_too_little_room_says_so(void)
{
	start();
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	CU_ASSERT_FALSE(render(4096));
	finish();
}

static void
test_report_rate_and_load_are_rounded_and_bounded(void)
{
	struct tg_tally a = { .busy = 10, .cycles = 100 }, b = { .busy = 40, .cycles = 200 };

	CU_ASSERT_EQUAL(tg_report_rate(3, 0, 2 * TG_NS_PER_SEC), 2);
	CU_ASSERT_EQUAL(tg_report_rate(3, 3, TG_NS_PER_SEC), 0);
	CU_ASSERT_EQUAL(tg_report_rate(9, 0, 0), 0);
	CU_ASSERT_EQUAL(tg_report_rate(10000000, 0, TG_NS_PER_SEC / 2), 20000000);
	CU_ASSERT_EQUAL(tg_report_load(&b, &a), 30);
	CU_ASSERT_EQUAL(tg_report_load(&a, &a), 0);
	b.busy = 500;
	CU_ASSERT_EQUAL(tg_report_load(&b, &a), 100);
	b.cycles = a.cycles + (UINT64_C(1) << 62);
	b.busy = a.busy + (UINT64_C(1) << 61);
	CU_ASSERT_EQUAL(tg_report_load(&b, &a), 50);
}

static void
test_report_state_names_are_snake_case(void)
{
	char name[TG_REPORT_NAME_MAX];

	tg_report_state_name(name, TG_TCP_SYN_RECEIVED);
	CU_ASSERT_STRING_EQUAL(name, "syn_received");
	tg_report_state_name(name, TG_TCP_FIN_WAIT_2);
	CU_ASSERT_STRING_EQUAL(name, "fin_wait_2");
	CU_ASSERT_FALSE(tg_report_state_shown(TG_TCP_CLOSED));
	CU_ASSERT_TRUE(tg_report_state_shown(TG_TCP_TIME_WAIT));
}

static CU_TestInfo tests[] = {
	{ "site: a configured / takes the place of the built-in one",
	    test_configured_root_takes_the_place_of_the_builtin_page },
	{ "site: has the built-in pages and every error",
	    test_site_has_the_builtin_pages_and_every_error },
	{ "heads: carry the date and both connection options",
	    test_heads_carry_the_date_and_both_connection_options },
	{ "configured routes: serve a file and a body",
	    test_configured_routes_serve_a_file_and_a_body },
	{ "redirect: names its target, answers every method",
	    test_redirect_names_its_target_and_answers_every_method },
	{ "status route: is framed as its status has it",
	    test_status_route_is_framed_as_its_status_has_it },
	{ "fixed page: has validators, its 304 the same",
	    test_fixed_page_has_validators_and_its_304_the_same },
	{ "route for classes has them", test_route_for_classes_has_them },
	{ "guarded route: has its users and names its realm",
	    test_guarded_route_has_its_users_and_names_its_realm },
	{ "secret: opens the route of its line", test_made_secret_opens_the_route_of_its_line },
	{ "file: just changed has no date", test_file_just_changed_has_no_date },
	{ "methods: are told by 405 and OPTIONS", test_methods_are_told_by_405_and_options },
	{ "readyz: is 503 while draining", test_readyz_is_503_while_draining },
	{ "readyz: is 503 with shared keys and a clock of its own",
	    test_readyz_is_503_with_shared_keys_and_a_clock_of_its_own },
	{ "status: shows classes of sources where there are any",
	    test_status_shows_classes_of_sources_where_there_are_any },
	{ "status: shows listeners and who answers with cookies",
	    test_status_shows_listeners_and_who_answers_with_cookies },
	{ "status: shows the keys and the clock", test_status_shows_the_keys_and_the_clock },
	{ "page: without room is 500", test_page_without_room_is_500_and_the_others_are_served },
	{ "server field: is configured or left out", test_server_field_is_configured_or_left_out },
	{ "route: that cannot be served is named", test_route_that_cannot_be_served_is_named },
	{ "file: beyond the cap is refused", test_file_beyond_the_cap_is_refused },
	{ "status: shows rates between two reports", test_status_shows_rates_between_two_reports },
	{ "live page: is fixed and tells what it may load",
	    test_live_page_is_fixed_and_tells_what_it_may_load },
	{ "live page: has the sentence of every reason and counter",
	    test_live_page_has_the_sentence_of_every_reason_and_counter },
	{ "room: holds the largest numbers of all workers and routes",
	    test_room_holds_the_largest_numbers_of_all_workers_and_routes },
	{ "render: into too little room says so", test_render_into_too_little_room_says_so },
	{ "report: rate and load are rounded and bounded",
	    test_report_rate_and_load_are_rounded_and_bounded },
	{ "report: state names are snake case", test_report_state_names_are_snake_case },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "pages", setup, cleanup, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
