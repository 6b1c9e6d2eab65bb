/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Conditional requests, RFC 9110 section 13: every rule, its order, and any cut.
 */
#include "http/date.h"
#include "http_conn_fixture.h"

#define TAG    "\"" BIG_ETAG "\""
#define OTHER  "\"fedcba9876543210\""
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER  "Sun, 06 Nov 1994 08:49:38 GMT"

/* Fields of a request for /big, which has validators, and the status they lead to. */
struct condition {
	const char *fields;
	enum tg_http_status status;
};

/* The answer to a request, cut into a first piece of `first` bytes and the rest. */
static bool
answers(const char *request, uint32_t first, enum tg_http_status status, enum variant variant)
{
	uint32_t len = (uint32_t)strlen(request);
	bool same;

	setup();
	expect_answer(
	    &fx.now[0], status == TG_HTTP_200 ? (unsigned)PAGE_BIG : (unsigned)status, variant);
	receive_bytes(request, TG_MIN(first, len));
	receive_bytes(request + TG_MIN(first, len), len - TG_MIN(first, len));
	same = stream_is_expected(0) && counted(tg_http_status_info[status].counter) == 1;
	teardown();
	return same;
}

static void
check(const char *method, const struct condition *c, size_t n, enum variant variant)
{
	char request[1024];
	uint32_t first, len;

	for (; n > 0; n--, c++) {
		strcpy(request, method);
		strcat(strcat(strcat(request, " /big HTTP/1.1\r\n"), c->fields), HOST_END);
		len = (uint32_t)strlen(request);
		for (first = 0; first <= len; first++) {
			if (!answers(request, first, c->status, variant)) {
				CU_FAIL(c->fields);
				break;
			}
		}
	}
}

static void
test_if_none_match_is_compared_weakly_with_every_tag(void)
{
	static const struct condition c[] = {
		{ "If-None-Match: " TAG "\r\n", TG_HTTP_304 },
		{ "if-none-match:" TAG "\t \r\n", TG_HTTP_304 },
		{ "If-None-Match: W/" TAG "\r\n", TG_HTTP_304 },
		{ "If-None-Match: *\r\n", TG_HTTP_304 },
		{ "If-None-Match: " OTHER "\r\n", TG_HTTP_200 },
		{ "If-None-Match: " OTHER ", " TAG "\r\n", TG_HTTP_304 },
		{ "If-None-Match: ," OTHER ",,W/" TAG ",\r\n", TG_HTTP_304 },
		{ "If-None-Match: \"a,b\", \"\", " TAG "\r\n", TG_HTTP_304 },
		{ "If-None-Match: " OTHER "\r\nIf-None-Match: " TAG "\r\n", TG_HTTP_304 },
		{ "If-None-Match: \"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\", "
		  "\"j\", "
		  "\"k\", \"l\", \"m\", \"n\", \"o\", \"p\", \"q\", \"r\", \"s\", \"t\", " TAG
		  "\r\n",
		    TG_HTTP_304 },
		{ "If-None-Match: \"" BIG_ETAG "0\"\r\n", TG_HTTP_200 },
		{ "If-None-Match: \"0123456789abcde\"\r\n", TG_HTTP_200 },
		{ "If-None-Match: \"0123456789ABCDEF\"\r\n", TG_HTTP_200 },
		{ "If-None-Match: \"0123456789abcdef0123456789abcdef\"\r\n", TG_HTTP_200 },
		{ "If-None-Match:\r\n", TG_HTTP_200 },
	};

	check("GET", c, TG_ARRAY_LEN(c), KEEP);
}

static void
test_if_none_match_malformed_does_not_hold(void)
{
	static const struct condition c[] = {
		{ "If-None-Match: " BIG_ETAG "\r\n", TG_HTTP_200 },
		{ "If-None-Match: \"" BIG_ETAG "\r\n", TG_HTTP_200 },
		{ "If-None-Match: w/" TAG "\r\n", TG_HTTP_200 },
		{ "If-None-Match: W" TAG "\r\n", TG_HTTP_200 },
		{ "If-None-Match: W/\r\n", TG_HTTP_200 },
		{ "If-None-Match: " TAG " " TAG "\r\n", TG_HTTP_200 },
		{ "If-None-Match: " TAG ", x\r\n", TG_HTTP_200 },
		{ "If-None-Match: **\r\n", TG_HTTP_200 },
	};

	check("GET", c, TG_ARRAY_LEN(c), KEEP);
}

static void
test_if_match_is_compared_strongly(void)
{
	static const struct condition c[] = {
		{ "If-Match: " TAG "\r\n", TG_HTTP_200 },
		{ "If-Match: *\r\n", TG_HTTP_200 },
		{ "If-Match: " OTHER ", " TAG "\r\n", TG_HTTP_200 },
		{ "If-Match: W/" TAG "\r\n", TG_HTTP_412 },
		{ "If-Match: " OTHER "\r\n", TG_HTTP_412 },
		{ "If-Match: " TAG ", x\r\n", TG_HTTP_412 },
		{ "If-Match:\r\n", TG_HTTP_412 },
	};

	check("GET", c, TG_ARRAY_LEN(c), KEEP);
}

static void
test_dates_are_compared_by_the_second(void)
{
	static const struct condition c[] = {
		{ "If-Modified-Since: " BIG_DATE "\r\n", TG_HTTP_304 },
		{ "If-Modified-Since: " AFTER "\r\n", TG_HTTP_304 },
		{ "If-Modified-Since: " BEFORE "\r\n", TG_HTTP_200 },
		{ "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", TG_HTTP_304 },
		{ "If-Modified-Since: Sun Nov  6 08:49:37 1994 \r\n", TG_HTTP_304 },
		{ "If-Modified-Since: Sun Nov  6 08:49:36 1994\r\n", TG_HTTP_200 },
		{ "If-Modified-Since: yesterday\r\n", TG_HTTP_200 },
		{ "If-Modified-Since:\r\n", TG_HTTP_200 },
		{ "If-Unmodified-Since: " BIG_DATE "\r\n", TG_HTTP_200 },
		{ "If-Unmodified-Since: " AFTER "\r\n", TG_HTTP_200 },
		{ "If-Unmodified-Since: " BEFORE "\r\n", TG_HTTP_412 },
		{ "If-Unmodified-Since: yesterday\r\n", TG_HTTP_200 },
	};

	check("GET", c, TG_ARRAY_LEN(c), KEEP);
}

static void
test_conditions_are_looked_at_in_their_order(void)
{
	static const struct condition c[] = {
		/* If-Match goes before If-Unmodified-Since, If-None-Match before If-Modified-Since.
		 */
		{ "If-Match: " TAG "\r\nIf-Unmodified-Since: " BEFORE "\r\n", TG_HTTP_200 },
		{ "If-Unmodified-Since: " AFTER "\r\nIf-Match: " OTHER "\r\n", TG_HTTP_412 },
		{ "If-None-Match: " OTHER "\r\nIf-Modified-Since: " AFTER "\r\n", TG_HTTP_200 },
		{ "If-Modified-Since: " BEFORE "\r\nIf-None-Match: " TAG "\r\n", TG_HTTP_304 },
		/* The first two go before the last two. */
		{ "If-None-Match: " TAG "\r\nIf-Match: " OTHER "\r\n", TG_HTTP_412 },
		{ "If-None-Match: " TAG "\r\nIf-Match: " TAG "\r\n", TG_HTTP_304 },
		{ "If-Modified-Since: " AFTER "\r\nIf-Unmodified-Since: " BEFORE "\r\n",
		    TG_HTTP_412 },
		{ "Range: bytes=0-1\r\nIf-None-Match: " TAG "\r\n", TG_HTTP_304 },
		{ "Range: bytes=0-1\r\nIf-Match: " OTHER "\r\n", TG_HTTP_412 },
	};

	check("GET", c, TG_ARRAY_LEN(c), KEEP);
}

static void
test_head_is_answered_as_get_is(void)
{
	static const struct condition c[] = {
		{ "If-None-Match: " TAG "\r\n", TG_HTTP_304 },
		{ "If-Modified-Since: " BIG_DATE "\r\n", TG_HTTP_304 },
		{ "If-Match: " OTHER "\r\n", TG_HTTP_412 },
		{ "Range: bytes=0-1\r\n", TG_HTTP_200 },
	};

	check("HEAD", c, TG_ARRAY_LEN(c), KEEP_HEAD);
}

static void
test_other_methods_fail_where_get_is_not_modified(void)
{
	static const char none_match[] =
	    "POST /big HTTP/1.1\r\nIf-None-Match: " TAG "\r\n" HOST_END;
	static const char since[] =
	    "POST /big HTTP/1.1\r\nIf-Modified-Since: " AFTER "\r\n" HOST_END;

	setup();
	fx.route[2].methods |= 1U << TG_HTTP_METHOD_POST; /* the longest path but one */
	fx.route[1].methods |= 1U << TG_HTTP_METHOD_POST;
	receive(none_match);
	receive(since);
	expect_answer(&fx.now[0], TG_HTTP_412, KEEP);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_page_without_validators_matches_the_star_alone(void)
{
	setup();
	receive("GET /a HTTP/1.1\r\nIf-None-Match: " TAG "\r\n" HOST_END);
	receive("GET /a HTTP/1.1\r\nIf-None-Match: *\r\n" HOST_END);
	receive("GET /a HTTP/1.1\r\nIf-Match: \"\"\r\n" HOST_END);
	receive("GET /a HTTP/1.1\r\nIf-Modified-Since: " AFTER "\r\n" HOST_END);
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_304, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_412, KEEP);
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

/* RFC 9110 13.2.1: what is answered otherwise than with 2xx is so under any condition. */
static void
test_errors_and_redirects_ignore_conditions(void)
{
	setup();
	fx.route[0].conditional = false;
	receive("GET /none HTTP/1.1\r\nIf-Match: " TAG "\r\n" HOST_END);
	receive("GET /a HTTP/1.1\r\nIf-None-Match: *\r\n" HOST_END);
	receive("PUT /a HTTP/1.1\r\nIf-Match: " TAG "\r\n" HOST_END);
	expect_answer(&fx.now[0], TG_HTTP_404, KEEP);
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_405, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_date_field_given_twice_is_400(void)
{
	static const char *const names[] = { "If-Modified-Since: x\r\n",
		"If-Unmodified-Since: x\r\n", "If-Range: x\r\n", "Range: x\r\n" };
	char request[256];
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(names); i++) {
		setup();
		strcpy(request, "GET /a HTTP/1.1\r\n");
		strcat(strcat(strcat(request, names[i]), names[i]), HOST_END);
		receive(request);
		CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_400), 1);
		teardown();
	}
}

static bool
date_reads(const char *text, uint64_t expected)
{
	uint64_t seconds = 77;
	bool read = tg_http_date_read(text, strlen(text), &seconds);

	return expected == UINT64_MAX ? !read && seconds == 77 : read && seconds == expected;
}

static void
test_date_of_each_form_is_read(void)
{
	CU_ASSERT_TRUE(date_reads("Sun, 06 Nov 1994 08:49:37 GMT", 784111777));
	CU_ASSERT_TRUE(date_reads("Sunday, 06-Nov-94 08:49:37 GMT", 784111777));
	CU_ASSERT_TRUE(date_reads("Sun Nov  6 08:49:37 1994", 784111777));
	CU_ASSERT_TRUE(date_reads("Sun Nov 16 08:49:37 1994", 784111777 + 864000));
	CU_ASSERT_TRUE(date_reads("Thu, 01 Jan 1970 00:00:00 GMT", 0));
	CU_ASSERT_TRUE(date_reads("Sunday, 01-Jan-69 00:00:00 GMT", 3124224000));
	CU_ASSERT_TRUE(date_reads("Thursday, 01-Jan-70 00:00:00 GMT", 0));
	CU_ASSERT_TRUE(date_reads("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799));
	CU_ASSERT_TRUE(date_reads("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800));
}

static void
test_date_malformed_is_none(void)
{
	static const char *const bad[] = { "", "Sun", "Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 06 Nov 1994 08.49.37 GMT", "Sun, 0x Nov 1994 08:49:37 GMT",
		"Wed, 31 Dec 1969 23:59:59 GMT", "Sun Nov 6 08:49:37 1994",
		"Sunday, 06-Nov-1994 08:49:37 GMT", "784111777" };
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(bad); i++)
		if (!date_reads(bad[i], UINT64_MAX))
			CU_FAIL(bad[i]);
}

static void
test_date_of_every_day_is_read_as_it_was_written(void)
{
	char date[TG_HTTP_DATE_BYTES];
	uint64_t seconds, read;

	for (seconds = 0; seconds < UINT64_C(253402300800); seconds += 86400 * 13 + 3601) {
		tg_http_date_write(date, seconds);
		if (!tg_http_date_read(date, sizeof(date), &read) || read != seconds)
			CU_FAIL_FATAL("a date differs");
	}
}

static CU_TestInfo condition_tests[] = {
	{ "If-None-Match, every tag weakly", test_if_none_match_is_compared_weakly_with_every_tag },
	{ "If-None-Match malformed", test_if_none_match_malformed_does_not_hold },
	{ "If-Match strongly", test_if_match_is_compared_strongly },
	{ "dates by the second", test_dates_are_compared_by_the_second },
	{ "order of the conditions", test_conditions_are_looked_at_in_their_order },
	{ "HEAD as GET", test_head_is_answered_as_get_is },
	{ "other methods fail", test_other_methods_fail_where_get_is_not_modified },
	{ "no validators, the star alone", test_page_without_validators_matches_the_star_alone },
	{ "errors ignore conditions", test_errors_and_redirects_ignore_conditions },
	{ "date given twice is 400", test_date_field_given_twice_is_400 },
	{ "date of each form", test_date_of_each_form_is_read },
	{ "date malformed", test_date_malformed_is_none },
	{ "date of every day", test_date_of_every_day_is_read_as_it_was_written },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "condition", NULL, NULL, NULL, NULL, condition_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
