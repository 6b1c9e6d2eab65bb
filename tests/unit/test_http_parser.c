/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http_parser_fixture.h"

static void
expect_heads(const struct vector *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct outcome o = parse_every_cut(v[i].bytes, v[i].len);

		if (o.result != TG_HTTP_PARSE_HEAD || o.used != v[i].len)
			CU_FAIL_FATAL(v[i].bytes);
	}
}

static void
expect_errors(const struct vector *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct outcome o = parse_every_cut(v[i].bytes, v[i].len);

		if (o.result != TG_HTTP_PARSE_FAILED || o.error != v[i].error)
			CU_FAIL(v[i].bytes);
	}
}

static void
expect_fresh_and_more(const struct vector *v, size_t n, bool fresh)
{
	struct tg_http_parser ps;
	uint32_t used;
	size_t i;

	for (i = 0; i < n; i++) {
		tg_http_parser_init(&ps);
		CU_ASSERT_EQUAL(feed_head(&ps, (const uint8_t *)v[i].bytes, v[i].len, &used),
		    TG_HTTP_PARSE_MORE);
		CU_ASSERT_EQUAL(tg_http_parser_fresh(&ps), fresh);
	}
}

static bool
path_is(const struct outcome *o, const char *path)
{
	return o->path_len == strlen(path) && memcmp(o->path, path, o->path_len) == 0;
}

static void
test_request_well_formed_is_a_head(void)
{
	expect_heads(good, TG_ARRAY_LEN(good));
}

static void
test_request_cut_short_at_any_byte_waits(void)
{
	struct tg_http_parser ps;
	struct outcome o;
	size_t i;
	uint32_t at;

	for (i = 0; i < TG_ARRAY_LEN(good); i++) {
		for (at = 0; at < good[i].len; at++) {
			o = parse_whole(good[i].bytes, at);
			CU_ASSERT_EQUAL_FATAL(o.result, TG_HTTP_PARSE_MORE);
			CU_ASSERT_EQUAL_FATAL(o.used, at);
		}
	}
	tg_http_parser_init(&ps);
	CU_ASSERT_TRUE(tg_http_parser_fresh(&ps));
}

static void
test_request_bytes_behind_the_head_are_not_taken(void)
{
	static const char two[] = "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\n";
	struct outcome o = parse_every_cut(two, sizeof(two) - 1);

	CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_HEAD);
	CU_ASSERT_EQUAL(o.used, strlen("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"));
	CU_ASSERT_TRUE(path_is(&o, "/a"));
}

static void
test_parser_is_fresh_until_the_first_byte_of_a_line(void)
{
	static const struct vector fresh[] = { VECTOR(""), VECTOR("\r\n"), VECTOR("\r\n\r\n\r\n") };
	static const struct vector begun[] = { VECTOR("\r"), VECTOR("G"), VECTOR("\r\nG"),
		VECTOR("GET / HTTP/1.1\r\n"), VECTOR("GET / HTTP/1.1\r\n" HOST_LINE "\r") };

	expect_fresh_and_more(fresh, TG_ARRAY_LEN(fresh), true);
	expect_fresh_and_more(begun, TG_ARRAY_LEN(begun), false);
}

static void
test_request_line_malformed_is_400(void)
{
	static const struct vector bad[] = {
		VECTOR(" GET / HTTP/1.1\r\n"), VECTOR("\tGET / HTTP/1.1\r\n"),
		VECTOR("GET  / HTTP/1.1\r\n"), VECTOR("GET /  HTTP/1.1\r\n"),
		VECTOR("GET\t/ HTTP/1.1\r\n"), VECTOR("GET /\tHTTP/1.1\r\n"),
		VECTOR("GET / HTTP/1.1 \r\n"), VECTOR("GET / HTTP/1.1\n"),
		VECTOR("GET / HTTP/1.1\r\r\n"), VECTOR("GET / HTTP/1.1\rHost: a\r\n"),
		VECTOR("GET /\r\n"), VECTOR("GET / \r\n"), VECTOR("GET\r\n"), VECTOR("GET \r\n"),
		VECTOR("GET  HTTP/1.1\r\n"), VECTOR("G\x00T / HTTP/1.1\r\n"),
		VECTOR("G(T / HTTP/1.1\r\n"), VECTOR("G\xc3T / HTTP/1.1\r\n"),
		VECTOR(": / HTTP/1.1\r\n"), VECTOR("Extra lineGET / HTTP/1.1\r\n"),
		VECTOR("\x16\x03\x01\x02\x00\x01"), /* a TLS hello */
	};

	expect_errors(bad, TG_ARRAY_LEN(bad));
}

static void
test_request_target_malformed_is_400(void)
{
	static const struct vector bad[] = {
		VECTOR("GET a HTTP/1.1\r\n"),
		VECTOR("GET ?a HTTP/1.1\r\n"),
		VECTOR("GET * HTTP/1.1\r\n"),
		VECTOR("PRI * HTTP/2.0\r\n"),
		VECTOR("OPTIONS ** HTTP/1.1\r\n"),
		VECTOR("OPTIONS */ HTTP/1.1\r\n"),
		VECTOR("GET /a\x7f HTTP/1.1\r\n"),
		VECTOR("GET /\x00 HTTP/1.1\r\n"),
		VECTOR("GET /\x01 HTTP/1.1\r\n"),
		VECTOR("GET /\x80 HTTP/1.1\r\n"),
		VECTOR("GET /?\xff HTTP/1.1\r\n"),
		VECTOR("GET /?\x1f HTTP/1.1\r\n"),
		VECTOR("GET /a#b HTTP/1.1\r\n"),
		VECTOR("GET /?a#b HTTP/1.1\r\n"),
		VECTOR("GET http:/a HTTP/1.1\r\n"),
		VECTOR("GET http:a HTTP/1.1\r\n"),
		VECTOR("GET http HTTP/1.1\r\n"),
		VECTOR("GET http:///a HTTP/1.1\r\n"),
		VECTOR("GET http:// HTTP/1.1\r\n"),
		VECTOR("GET http://?a HTTP/1.1\r\n"),
		VECTOR("GET httpx://a/ HTTP/1.1\r\n"),
		VECTOR("GET ftp://a/ HTTP/1.1\r\n"),
		VECTOR("GET http://u@a/ HTTP/1.1\r\n"),
		VECTOR("GET http://u:p@a/ HTTP/1.1\r\n"),
		VECTOR("GET http://a:b/ HTTP/1.1\r\n"),
		VECTOR("GET http://:80/ HTTP/1.1\r\n"),
		VECTOR("GET http://[::1/ HTTP/1.1\r\n"),
		VECTOR("GET http://[::1]a/ HTTP/1.1\r\n"),
		VECTOR("GET http://a\\b/ HTTP/1.1\r\n"),
		VECTOR("CONNECT * HTTP/1.1 x\r\n"),
		VECTOR("CONNECT a:b HTTP/1.1\r\n"),
		VECTOR("CONNECT /a HTTP/1.1\r\n"),
		VECTOR("CONNECT a HTTP/1.1\r\n"),
		VECTOR("CONNECT a: HTTP/1.1\r\n"),
		VECTOR("CONNECT :80 HTTP/1.1\r\n"),
		VECTOR("CONNECT [::1] HTTP/1.1\r\n"),
		VECTOR("CONNECT a:80/ HTTP/1.1\r\n"),
		VECTOR("CONNECT a:80?b HTTP/1.1\r\n"),
		VECTOR("CONNECT http://a:80/ HTTP/1.1\r\n"),
	};

	expect_errors(bad, TG_ARRAY_LEN(bad));
}

static void
test_request_version_malformed_is_400_and_foreign_is_505(void)
{
	static const struct vector bad[] = {
		VECTOR("GET / http/1.1\r\n"),
		VECTOR("GET / HTTP/1\r\n"),
		VECTOR("GET / HTTP/1.\r\n"),
		VECTOR("GET / HTTP/.1\r\n"),
		VECTOR("GET / HTTP/1.10\r\n"),
		VECTOR("GET / HTTP/01.1\r\n"),
		VECTOR("GET / HTTP/1,1\r\n"),
		VECTOR("GET / HTTP/1.x\r\n"),
		VECTOR("GET / HTTP/x.1\r\n"),
		VECTOR("GET / HTTPS/1.1\r\n"),
		VECTOR("GET / HTTP 1.1\r\n"),
		VECTOR("GET / HTTP/1.1aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
		ERROR_VECTOR(TG_HTTP_505, "GET / HTTP/2.0\r\n"),
		ERROR_VECTOR(TG_HTTP_505, "GET / HTTP/9.9\r\n"),
		ERROR_VECTOR(TG_HTTP_505, "GET / HTTP/0.9\r\n"),
	};

	expect_errors(bad, TG_ARRAY_LEN(bad));
}

static void
test_field_line_malformed_is_400(void)
{
	static const struct vector bad[] = {
		VECTOR(LINE HOST_LINE " folded: x\r\n\r\n"),
		VECTOR(LINE HOST_LINE "\tfolded\r\n\r\n"),
		VECTOR(LINE " " HOST_LINE "\r\n"),
		VECTOR(LINE HOST_LINE "X: a\r\n b\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X : a\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X\t: a\r\n\r\n"),
		VECTOR(LINE "Host : a\r\n\r\n"),
		VECTOR(LINE HOST_LINE ": a\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X-Invalid[]: a\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X\x80: a\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X\x00: a\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X: a\x00\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X: a\x07\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X: a\x7f\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X: a\x0b\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X: a\n\r\n"),
		VECTOR(LINE HOST_LINE "X: a\rb\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X: a\r\r\n\r\n"),
		VECTOR(LINE HOST_LINE "\n"),
		VECTOR(LINE HOST_LINE "\rX: a\r\n\r\n"),
		VECTOR(LINE HOST_LINE "\r\r\n"),
		VECTOR(LINE "Connection: a\x01\r\n" HOST_LINE "\r\n"),
		VECTOR(LINE "Transfer-Encoding: a\x01\r\n" HOST_LINE "\r\n"),
	};

	expect_errors(bad, TG_ARRAY_LEN(bad));
}

static void
test_host_missing_repeated_or_malformed_is_400(void)
{
	static const struct vector bad[] = {
		VECTOR(LINE "\r\n"),
		VECTOR(LINE "Content-Length: 5\r\n\r\n"),
		VECTOR("GET / HTTP/1.9\r\n\r\n"),
		VECTOR("GET http://a/ HTTP/1.1\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Host: b\r\n\r\n"),
		VECTOR(LINE HOST_LINE "X: y\r\nhost: a\r\n\r\n"),
		VECTOR("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),
		VECTOR("GET / HTTP/1.0\r\nHost:\r\nHost:\r\n\r\n"),
		VECTOR(LINE "Host: a b\r\n\r\n"),
		VECTOR(LINE "Host: a/b\r\n\r\n"),
		VECTOR(LINE "Host: u@a\r\n\r\n"),
		VECTOR(LINE "Host: a:b\r\n\r\n"),
		VECTOR(LINE "Host: a:80 80\r\n\r\n"),
		VECTOR(LINE "Host: a:80:80\r\n\r\n"),
		VECTOR(LINE "Host: :80\r\n\r\n"),
		VECTOR(LINE "Host: ::1\r\n\r\n"),
		VECTOR(LINE "Host: [::1\r\n\r\n"),
		VECTOR(LINE "Host: [::1 ]\r\n\r\n"),
		VECTOR(LINE "Host: [::1]a\r\n\r\n"),
		VECTOR(LINE "Host: [::1]80\r\n\r\n"),
		VECTOR(LINE "Host: [::1]:a\r\n\r\n"),
		VECTOR(LINE "Host: a\\b\r\n\r\n"),
		VECTOR(LINE "Host: a\x80\r\n\r\n"),
	};

	expect_errors(bad, TG_ARRAY_LEN(bad));
}

static void
test_framing_ambiguous_is_400(void)
{
	static const struct vector bad[] = {
		VECTOR(LINE HOST_LINE "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: 1, 1\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: 1 1\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length:\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: \t\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: -1\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: +1\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: 0x1\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: 1a\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: abc\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: 1.0\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: -123456789123456789123456789\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
		VECTOR(LINE HOST_LINE "TransFer-Encoding: chunked\r\ncontent-LengtH: 5\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Transfer-Encoding: x\r\nContent-Length: 0\r\n\r\n"),
		VECTOR("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Transfer-Encoding: chunked, gzip\r\n\r\n"),
		VECTOR(LINE HOST_LINE "Transfer-Encoding: chunked, chunked\r\n\r\n"),
		VECTOR(LINE HOST_LINE
		    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
	};

	expect_errors(bad, TG_ARRAY_LEN(bad));
}

static void
test_empty_lines_beyond_the_limit_or_bare_are_400(void)
{
	static const struct vector bad[] = {
		VECTOR("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n"),
		VECTOR("\nGET / HTTP/1.1\r\n"),
		VECTOR("\rGET / HTTP/1.1\r\n"),
		VECTOR("\r\r\nGET / HTTP/1.1\r\n"),
	};

	expect_errors(bad, TG_ARRAY_LEN(bad));
}

static uint8_t
method_of(const char *method)
{
	char request[64];
	struct outcome o;
	size_t len = strlen(method);

	memcpy(request, method, len);
	memcpy(request + len, " /x HTTP/1.0\r\n\r\n", 16);
	o = parse_every_cut(request, (uint32_t)len + 16);
	CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_HEAD);
	return o.method;
}

static void
test_method_is_matched_whole_and_in_its_case(void)
{
	CU_ASSERT_EQUAL(method_of("GET"), TG_HTTP_METHOD_GET);
	CU_ASSERT_EQUAL(method_of("HEAD"), TG_HTTP_METHOD_HEAD);
	CU_ASSERT_EQUAL(method_of("OPTIONS"), TG_HTTP_METHOD_OPTIONS);
	CU_ASSERT_EQUAL(method_of("POST"), TG_HTTP_METHOD_POST);
	CU_ASSERT_EQUAL(method_of("PUT"), TG_HTTP_METHOD_PUT);
	CU_ASSERT_EQUAL(method_of("PATCH"), TG_HTTP_METHOD_PATCH);
	CU_ASSERT_EQUAL(method_of("DELETE"), TG_HTTP_METHOD_DELETE);
	CU_ASSERT_EQUAL(method_of("TRACE"), TG_HTTP_METHOD_TRACE);
	CU_ASSERT_EQUAL(method_of("BREW"), TG_HTTP_METHOD_OTHER);
	CU_ASSERT_EQUAL(method_of("CONNECTS"), TG_HTTP_METHOD_OTHER);
	CU_ASSERT_EQUAL(method_of("get"), TG_HTTP_METHOD_OTHER);
	CU_ASSERT_EQUAL(method_of("GE"), TG_HTTP_METHOD_OTHER);
	CU_ASSERT_EQUAL(method_of("GETS"), TG_HTTP_METHOD_OTHER);
	CU_ASSERT_EQUAL(method_of("G"), TG_HTTP_METHOD_OTHER);
	CU_ASSERT_EQUAL(method_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), TG_HTTP_METHOD_OTHER);
}

static void
test_method_of_a_failed_head_request_is_known(void)
{
	static const char bad[] = "HEAD / HTTP/1.1\r\n\r\n";

	CU_ASSERT_EQUAL(parse_every_cut(bad, sizeof(bad) - 1).method, TG_HTTP_METHOD_HEAD);
}

static bool
target_leads_to(const char *target, const char *path)
{
	char request[512];
	struct outcome o;
	size_t len = strlen(target);

	memcpy(request, "GET ", 4);
	memcpy(request + 4, target, len);
	memcpy(request + 4 + len, " HTTP/1.0\r\n\r\n", 13);
	o = parse_every_cut(request, (uint32_t)len + 17);
	return o.result == TG_HTTP_PARSE_HEAD && path_is(&o, path);
}

static void
test_target_leads_to_its_path(void)
{
	CU_ASSERT_TRUE(target_leads_to("/", "/"));
	CU_ASSERT_TRUE(target_leads_to("/a/b/", "/a/b/"));
	CU_ASSERT_TRUE(target_leads_to("/a?b", "/a"));
	CU_ASSERT_TRUE(target_leads_to("/a?b?/c", "/a"));
	CU_ASSERT_TRUE(target_leads_to("/?", "/"));
	CU_ASSERT_TRUE(target_leads_to("/%41", "/%41"));
	CU_ASSERT_TRUE(target_leads_to("//a/b", "//a/b"));
	CU_ASSERT_TRUE(target_leads_to("http://a/b", "/b"));
	CU_ASSERT_TRUE(target_leads_to("HtTp://a/b?c", "/b"));
	CU_ASSERT_TRUE(target_leads_to("https://a:443/b", "/b"));
	CU_ASSERT_TRUE(target_leads_to("http://[::1]:80/http://b/", "/http://b/"));
	CU_ASSERT_TRUE(target_leads_to("http://a", "/"));
	CU_ASSERT_TRUE(target_leads_to("http://a:", "/"));
	CU_ASSERT_TRUE(target_leads_to("http://a?b/c", "/"));
}

static void
test_path_longer_than_routes_is_cut_to_a_length_no_route_has(void)
{
	char target[300], path[TG_HTTP_TARGET_MAX + 1] = { 0 };
	uint32_t len;

	for (len = TG_HTTP_TARGET_MAX - 2; len < 300; len += len < 140 ? 1 : 31) {
		memset(target, 'a', len);
		memset(path, 'a', TG_MIN(len, TG_HTTP_TARGET_MAX));
		target[0] = path[0] = '/';
		target[len] = '\0';
		CU_ASSERT_TRUE(target_leads_to(target, path));
	}
}

static void
test_path_is_not_touched_by_long_names_behind_it(void)
{
	static const char request[] = "GET /a HTTP/1.0\r\n"
				      "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz: b\r\n"
				      "Connection: abcdefghijklmnopqrstuvwxyz\r\n\r\n";
	struct outcome o = parse_every_cut(request, sizeof(request) - 1);

	CU_ASSERT_TRUE(path_is(&o, "/a"));
}

static uint32_t
content_length_of(const char *digits)
{
	char request[128] = "GET / HTTP/1.0\r\nContent-Length: ";
	struct outcome o;

	strcat(request, digits);
	strcat(request, "\r\n\r\n");
	o = parse_every_cut(request, (uint32_t)strlen(request));
	CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_HEAD);
	CU_ASSERT_TRUE(o.seen & TG_HTTP_SEEN_CONTENT_LENGTH);
	return o.content_length;
}

static void
test_content_length_is_read_and_saturates(void)
{
	CU_ASSERT_EQUAL(content_length_of("0"), 0);
	CU_ASSERT_EQUAL(content_length_of("7 "), 7);
	CU_ASSERT_EQUAL(content_length_of("0000000000000000000000065536"), 65536);
	CU_ASSERT_EQUAL(content_length_of("4294967294"), 4294967294);
	CU_ASSERT_EQUAL(content_length_of("4294967295"), UINT32_MAX);
	CU_ASSERT_EQUAL(content_length_of("4294967296"), UINT32_MAX);
	CU_ASSERT_EQUAL(content_length_of("18446744073709551616"), UINT32_MAX);
	CU_ASSERT_EQUAL(content_length_of("99999999999999999999999999"), UINT32_MAX);
}

static bool
persists(const char *version, const char *fields)
{
	char request[256] = "GET / HTTP/";
	struct outcome o;

	strcat(strcat(request, version), "\r\n" HOST_LINE);
	strcat(strcat(request, fields), "\r\n");
	o = parse_every_cut(request, (uint32_t)strlen(request));
	CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_HEAD);
	return o.persists;
}

static void
test_connection_of_1_1_persists_unless_closed(void)
{
	CU_ASSERT_TRUE(persists("1.1", ""));
	CU_ASSERT_TRUE(persists("1.1", "Connection:\r\n"));
	CU_ASSERT_TRUE(persists("1.1", "Connection: keep-alive\r\n"));
	CU_ASSERT_TRUE(persists("1.1", "Connection: closed, clos, xclose, \"close\"\r\n"));
	CU_ASSERT_TRUE(persists("1.1", "Connections: close\r\n"));
	CU_ASSERT_TRUE(persists("1.1", "Connection: close-aaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"));
	CU_ASSERT_FALSE(persists("1.1", "Connection: close\r\n"));
	CU_ASSERT_FALSE(persists("1.1", "connection:CLOSE\r\n"));
	CU_ASSERT_FALSE(persists("1.1", "Connection: Upgrade,cLoSe\t, x\r\n"));
	CU_ASSERT_FALSE(persists("1.1", "Connection: x\r\nA: b\r\nConnection: close \r\n"));
	CU_ASSERT_FALSE(persists("1.1", "Connection: close\r\nConnection: keep-alive\r\n"));
	CU_ASSERT_FALSE(persists("1.1", "Connection: keep-alive,close\r\n"));
	CU_ASSERT_FALSE(persists("1.7", "Connection: close\r\n"));
}

static void
test_connection_of_1_0_closes_unless_kept_alive(void)
{
	CU_ASSERT_FALSE(persists("1.0", ""));
	CU_ASSERT_FALSE(persists("1.0", "Connection: x, keepalive\r\n"));
	CU_ASSERT_FALSE(persists("1.0", "Connection: keep-alive, close\r\n"));
	CU_ASSERT_TRUE(persists("1.0", "Connection: Keep-Alive\r\n"));
	CU_ASSERT_TRUE(persists("1.0", "Connection: x\r\nConnection: ,,keep-alive\r\n"));
}

/* Whether RFC 9110 5.6.2 lets c stand in a token. */
static bool
is_tchar(unsigned c)
{
	return c != 0 &&
	       strchr(
		   "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
		   (int)c) != NULL;
}

static bool
passes(const char *before, unsigned c, const char *behind)
{
	char request[128];
	size_t n = strlen(before), m = strlen(behind);

	memcpy(request, before, n);
	request[n] = (char)c;
	memcpy(request + n + 1, behind, m);
	return parse_whole(request, (uint32_t)(n + 1 + m)).result == TG_HTTP_PARSE_HEAD;
}

static void
test_every_byte_passes_exactly_where_the_grammar_has_it(void)
{
	unsigned c;

	for (c = 0; c < 256; c++) {
		bool visible = c > ' ' && c < 0x7f, token = is_tchar(c);
		bool value = visible || c >= 0x80 || c == ' ' || c == '\t';
		bool host = visible && strchr("\"#/<>?@[\\]^`{|}", (int)c) == NULL;

		CU_ASSERT_EQUAL(passes("X", c, " /x HTTP/1.0\r\n\r\n"), token);
		CU_ASSERT_EQUAL(passes("GET /x", c, " HTTP/1.0\r\n\r\n"), visible && c != '#');
		CU_ASSERT_EQUAL(passes("GET /?", c, " HTTP/1.0\r\n\r\n"), visible && c != '#');
		CU_ASSERT_EQUAL(
		    passes("GET / HTTP/1.0\r\nX", c, "Y: a\r\n\r\n"), token || c == ':');
		CU_ASSERT_EQUAL(passes("GET / HTTP/1.0\r\nX: a", c, "b\r\n\r\n"), value);
		CU_ASSERT_EQUAL(passes("GET / HTTP/1.0\r\nHost: a", c, "1\r\n\r\n"), host);
		CU_ASSERT_EQUAL(passes("GET / HTTP/1.0\r\nContent-Length: 1", c, "1\r\n\r\n"),
		    c >= '0' && c <= '9');
	}
}

/* Every byte at every place of a value that is long enough to be read in several ways. */
static void
test_value_holds_no_control_character_at_any_place(void)
{
	static const char head[] = "GET / HTTP/1.1\r\n" HOST_LINE "X: ";
	char text[sizeof(head) - 1 + 24 + 4];
	unsigned at, c, wrong = 0;

	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + sizeof(text) - 4, "\r\n\r\n", 4);
	for (at = 0; at < 24; at++) {
		for (c = 0; c < 256; c++) {
			bool legal = c == '\t' || (c >= ' ' && c != 0x7f);

			memset(text + sizeof(head) - 1, 'v', 24);
			text[sizeof(head) - 1 + at] = (char)c;
			wrong +=
			    (parse_whole(text, sizeof(text)).result == TG_HTTP_PARSE_HEAD) != legal;
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static CU_TestInfo line_tests[] = {
	{ "well-formed requests are heads", test_request_well_formed_is_a_head },
	{ "a request cut short waits", test_request_cut_short_at_any_byte_waits },
	{ "bytes behind the head are not taken", test_request_bytes_behind_the_head_are_not_taken },
	{ "fresh until the first byte", test_parser_is_fresh_until_the_first_byte_of_a_line },
	{ "malformed request line is 400", test_request_line_malformed_is_400 },
	{ "malformed target is 400", test_request_target_malformed_is_400 },
	{ "version malformed 400, foreign 505",
	    test_request_version_malformed_is_400_and_foreign_is_505 },
	{ "empty lines beyond the limit are 400",
	    test_empty_lines_beyond_the_limit_or_bare_are_400 },
	{ "method is matched whole", test_method_is_matched_whole_and_in_its_case },
	{ "method of a failed request is known", test_method_of_a_failed_head_request_is_known },
	{ "target leads to its path", test_target_leads_to_its_path },
	{ "path is not touched by long names", test_path_is_not_touched_by_long_names_behind_it },
	{ "long path is cut", test_path_longer_than_routes_is_cut_to_a_length_no_route_has },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo field_tests[] = {
	{ "value: no control character at any place",
	    test_value_holds_no_control_character_at_any_place },
	{ "malformed field line is 400", test_field_line_malformed_is_400 },
	{ "host missing, repeated or malformed is 400",
	    test_host_missing_repeated_or_malformed_is_400 },
	{ "ambiguous framing is 400", test_framing_ambiguous_is_400 },
	{ "content length is read and saturates", test_content_length_is_read_and_saturates },
	{ "1.1 persists unless closed", test_connection_of_1_1_persists_unless_closed },
	{ "1.0 closes unless kept alive", test_connection_of_1_0_closes_unless_kept_alive },
	{ "every byte passes where the grammar has it",
	    test_every_byte_passes_exactly_where_the_grammar_has_it },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "line", NULL, NULL, NULL, NULL, line_tests },
		{ "field", NULL, NULL, NULL, NULL, field_tests }, CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
