/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The site of a configuration: its routes, what their heads say, and routes that cannot be.
 */
#include "control/secrets.h"
#include "crypto/sha256.h"
#include "pages_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BODY_ETAG "57a82c5c02fadb88"

static char file[] = "/tmp/tg-pages-XXXXXX";

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
	{ "server field: is configured or left out", test_server_field_is_configured_or_left_out },
	{ "route: that cannot be served is named", test_route_that_cannot_be_served_is_named },
	{ "file: beyond the cap is refused", test_file_beyond_the_cap_is_refused },
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
