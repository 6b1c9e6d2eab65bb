/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A route with two representations, and what clients say they would rather have.
 */
#include "http_conn_fixture.h"

static const struct tg_http_choice choice = {
	.media = { { "text/plain", "0.0.4" }, { "application/openmetrics-text", "1.0.0" } },
	.other = PAGE_BIG,
};

#define OPENMETRICS "application/openmetrics-text"

static void
setup_choice(void)
{
	unsigned i;

	setup();
	for (i = 0; i < fx.site.n_routes; i++)
		if (fx.route[i].page == PAGE_A)
			fx.route[i].choice = &choice;
}

/* The page that a request with these field lines draws, given in pieces of some size. */
static unsigned
page_for(const char *method, const char *lines, size_t piece)
{
	char request[1024];
	size_t len, at;
	unsigned page;

	setup_choice();
	len = (size_t)snprintf(
	    request, sizeof(request), "%s /a HTTP/1.1\r\n%s" HOST_END, method, lines);
	CU_ASSERT_FATAL(len < sizeof(request));
	for (at = 0; at < len; at += piece)
		receive_bytes(request + at, (uint32_t)TG_MIN(piece, len - at));
	CU_ASSERT_EQUAL_FATAL(fx.conn.n_answers, 1);
	page = fx.conn.answer[0].page;
	teardown();
	return page;
}

static void
expect_page(const char *lines, unsigned page)
{
	size_t piece;

	for (piece = 1; piece < 9; piece++) {
		unsigned got = page_for("GET", lines, piece);

		if (got != page)
			printf("# %s", lines);
		CU_ASSERT_EQUAL(got, page);
	}
}

static void
expect_first(const char *lines)
{
	expect_page(lines, PAGE_A);
}

static void
expect_other(const char *lines)
{
	expect_page(lines, PAGE_BIG);
}

static void
test_no_preference_gets_the_first(void)
{
	expect_first("");
	expect_first("Accept: */*\r\n");
	expect_first("Accept:\r\n");
	expect_first("Accept: ,, ,\r\n");
	expect_first("Accept: text/html, application/xml;q=0.9, */*;q=0.8\r\n");
}

static void
test_type_that_is_named_is_preferred_to_the_rest(void)
{
	expect_other("Accept: " OPENMETRICS "\r\n");
	expect_other("accept:\tAPPLICATION/OpenMetrics-Text\t\r\n");
	expect_other("Accept: application/*\r\n");
	expect_other("Accept: " OPENMETRICS ";version=1.0.0;q=0.8, */*;q=0.1\r\n");
	expect_first("Accept: text/plain, " OPENMETRICS ";q=0.9\r\n");
	expect_first("Accept: text/*\r\n");
}

/* What Prometheus 2.42 and 3 send. */
static void
test_what_prometheus_sends_gets_openmetrics(void)
{
	expect_other("Accept: " OPENMETRICS ";version=1.0.0," OPENMETRICS
		     ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\n");
	expect_other("Accept: " OPENMETRICS ";version=1.0.0;escaping=allow-utf-8;q=0.6," OPENMETRICS
		     ";version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
		     "text/plain;version=0.0.4;q=0.3,*/*;q=0.2\r\n");
}

static void
test_other_version_is_another_type(void)
{
	expect_first("Accept: " OPENMETRICS ";version=0.0.1\r\n");
	expect_first("Accept: " OPENMETRICS ";version=1.0.0.0\r\n");
	expect_first("Accept: " OPENMETRICS ";version=0.0.1, text/plain;q=0.1\r\n");
	expect_other("Accept: text/plain;version=1.0.0, " OPENMETRICS ";q=0.1\r\n");
	expect_first("Accept: application/*;version=1.0.0, text/plain;q=0.1\r\n");
	expect_other("Accept: " OPENMETRICS ";q=0.2;version=9, text/plain;q=0.1\r\n");
	expect_other("Accept: " OPENMETRICS " ; charset=utf-8 ; VERSION=\"1.0.0\" ; q=1\r\n");
}

static void
test_weights_decide(void)
{
	expect_other("Accept: text/plain;q=0.5, " OPENMETRICS ";q=0.501\r\n");
	expect_first("Accept: text/plain;q=0.5, " OPENMETRICS ";q=0.5\r\n");
	expect_first("Accept: text/plain;q=0.5, " OPENMETRICS ";q=0.499\r\n");
	expect_other("Accept: text/plain;q=0.999, " OPENMETRICS ";q=1.000\r\n");
	expect_other("Accept: text/plain;q=0, " OPENMETRICS ";Q=0.001\r\n");
	expect_first("Accept: " OPENMETRICS ";q=0\r\n"); /* neither: as if it did not say */
	expect_other("Accept: text/plain;q=0., " OPENMETRICS ";q=0.1\r\n");
}

/* The most specific range that fits has the say, RFC 9110 12.5.1. */
static void
test_more_specific_range_has_the_say(void)
{
	expect_other("Accept: */*, text/plain;q=0.3\r\n");
	expect_other("Accept: text/plain;q=0.3, */*\r\n");
	expect_first(
	    "Accept: " OPENMETRICS ";version=1.0.0;q=0.2, " OPENMETRICS ", text/plain;q=0.5\r\n");
	expect_first(
	    "Accept: " OPENMETRICS ", " OPENMETRICS ";version=1.0.0;q=0.2, text/plain;q=0.5\r\n");
	expect_other("Accept: text/*;q=0.2, */*;q=0.4\r\n");
	expect_first("Accept: application/*;q=0.9, " OPENMETRICS ";q=0.1, text/plain;q=0.5\r\n");
}

static void
test_malformed_range_is_as_good_as_none(void)
{
	static const char *const weights[] = { "2", "1.001", "-1", ".5", "0.1234", "a", "", "1x",
		"0.x" };
	char lines[128];
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(weights); i++) {
		snprintf(lines, sizeof(lines), "Accept: " OPENMETRICS ";q=%s\r\n", weights[i]);
		expect_first(lines);
	}
	expect_first("Accept: " OPENMETRICS "x\r\n");
	expect_first("Accept: x" OPENMETRICS "\r\n");
	expect_first("Accept: application\r\n");
	expect_first("Accept: application/\r\n");
	expect_first("Accept: applications/*\r\n");
	expect_first("Accept: application/x\r\n");
	expect_first("Accept: application*\r\n");
	expect_first("Accept: application/o*\r\n");
	expect_first("Accept: */openmetrics-text\r\n");
	expect_other("Accept: ;;=;, /, " OPENMETRICS "\r\n");
}

/* A comma in quotes divides nothing, and a quote behind a backslash ends nothing. */
static void
test_quoted_string_is_one_parameter(void)
{
	expect_first("Accept: text/html;a=\", " OPENMETRICS ", \"\r\n");
	expect_first("Accept: text/html;a=\"\\\", " OPENMETRICS ", \"\r\n");
	expect_other("Accept: text/html;a=\"\\\\\", " OPENMETRICS "\r\n");
	expect_other("Accept: text/html;a=\"b,c\", " OPENMETRICS "\r\n");
}

/* 96 bytes of each range are looked at; the one behind is whole again. */
static void
test_range_that_is_too_long_is_passed_over(void)
{
	char lines[512];

	snprintf(lines, sizeof(lines), "Accept: " OPENMETRICS ";a=%0100d\r\n", 0);
	expect_first(lines);
	snprintf(lines, sizeof(lines), "Accept: text/html;a=%0100d," OPENMETRICS "\r\n", 0);
	expect_other(lines);
	snprintf(lines, sizeof(lines), "Accept: " OPENMETRICS ";a=%0*d\r\n",
	    TG_HTTP_TEXT_MAX - 3 - (int)strlen(" " OPENMETRICS), 0);
	expect_other(lines);
	snprintf(lines, sizeof(lines), "Accept: " OPENMETRICS ";a=%0*d\r\n",
	    TG_HTTP_TEXT_MAX - 2 - (int)strlen(" " OPENMETRICS), 0);
	expect_first(lines);
}

static void
test_several_fields_are_one_list(void)
{
	expect_other("Accept: text/plain;q=0.2\r\nX: y\r\nAccept: " OPENMETRICS ";q=0.3\r\n");
	expect_first("Accept: " OPENMETRICS ";q=0.2\r\nAccept: text/plain;q=0.3\r\n");
}

static void
test_head_is_answered_as_get(void)
{
	CU_ASSERT_EQUAL(page_for("HEAD", "Accept: " OPENMETRICS "\r\n", 1024), PAGE_BIG);
}

/* What one request says is forgotten by the next. */
static void
test_next_request_starts_anew(void)
{
	setup_choice();
	receive("GET /a HTTP/1.1\r\nAccept: " OPENMETRICS "\r\n" HOST_END);
	receive(GET_A);
	receive("GET /a HTTP/1.1\r\nAccept: text/*;q=0.5\r\n" HOST_END);
	CU_ASSERT_EQUAL_FATAL(fx.conn.n_answers, 3);
	CU_ASSERT_EQUAL(fx.conn.answer[0].page, PAGE_BIG);
	CU_ASSERT_EQUAL(fx.conn.answer[1].page, PAGE_A);
	CU_ASSERT_EQUAL(fx.conn.answer[2].page, PAGE_A);
	teardown();
}

static void
test_route_without_a_choice_ignores_the_field(void)
{
	setup_choice();
	receive("GET /empty HTTP/1.1\r\nAccept: " OPENMETRICS "\r\n" HOST_END);
	receive("GET /none HTTP/1.1\r\nAccept: " OPENMETRICS "\r\n" HOST_END);
	CU_ASSERT_EQUAL_FATAL(fx.conn.n_answers, 2);
	CU_ASSERT_EQUAL(fx.conn.answer[0].page, PAGE_EMPTY);
	CU_ASSERT_EQUAL(fx.conn.answer[1].page, TG_HTTP_404);
	teardown();
}

static void
test_control_character_is_refused(void)
{
	setup_choice();
	receive_bytes("GET /a HTTP/1.1\r\nAccept: a\0b\r\n" HOST_END, 31 + 11);
	CU_ASSERT_EQUAL_FATAL(fx.conn.n_answers, 1);
	CU_ASSERT_EQUAL(fx.conn.answer[0].page, TG_HTTP_400);
	teardown();
}

static CU_TestInfo tests[] = {
	{ "no preference: gets the first", test_no_preference_gets_the_first },
	{ "type that is named: preferred to the rest",
	    test_type_that_is_named_is_preferred_to_the_rest },
	{ "what Prometheus sends: gets OpenMetrics", test_what_prometheus_sends_gets_openmetrics },
	{ "other version: another type", test_other_version_is_another_type },
	{ "weights: decide", test_weights_decide },
	{ "more specific range: has the say", test_more_specific_range_has_the_say },
	{ "malformed range: as good as none", test_malformed_range_is_as_good_as_none },
	{ "quoted string: one parameter", test_quoted_string_is_one_parameter },
	{ "range that is too long: passed over", test_range_that_is_too_long_is_passed_over },
	{ "several fields: one list", test_several_fields_are_one_list },
	{ "HEAD: answered as GET", test_head_is_answered_as_get },
	{ "next request: starts anew", test_next_request_starts_anew },
	{ "route without a choice: ignores the field",
	    test_route_without_a_choice_ignores_the_field },
	{ "control character: refused", test_control_character_is_refused },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "accept", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
