/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Range requests, RFC 9110 section 14: sets, answers in parts, and their bytes.
 */
#include "http/range.h"
#include "http_conn_fixture.h"

#include <stdio.h>

#define GET_RANGE(set) "GET /big HTTP/1.1\r\nRange: " set "\r\n" HOST_END
#define IGNORED        "200"
#define OUTSIDE        "416"

/* A set and the ranges of a page of 700 bytes, or what else it leads to. */
static const struct {
	const char *set, *ranges;
} sets[] = {
	{ "bytes=0-0", "0-0" },
	{ "bytes=0-699", "0-699" },
	{ "bytes=0-700", "0-699" },
	{ "bytes=699-", "699-699" },
	{ "bytes=5-", "5-699" },
	{ "bytes=-1", "699-699" },
	{ "bytes=-700", "0-699" },
	{ "bytes=-99999999999999999999", "0-699" },
	{ "bytes=1-99999999999999999999", "1-699" },
	{ "BYTES=1-2", "1-2" },
	{ "bytes=0-1,3-4", "0-1 3-4" },
	{ "bytes= 3-4 , 0-1 ,", "3-4 0-1" },
	{ "bytes=,,0-1", "0-1" },
	{ "bytes=0-1,2-3,4-5,-1", "0-1 2-3 4-5 699-699" },
	{ "bytes=0-1,700-", "0-1" },
	{ "bytes=700-,-0,0-1", "0-1" },
	{ "bytes=700-", OUTSIDE },
	{ "bytes=700-800,4294967296-", OUTSIDE },
	{ "bytes=-0", OUTSIDE },
	{ "bytes=0-1,2-3,4-5,6-7,8-9", IGNORED }, /* too many */
	{ "bytes=0-5,5-6", IGNORED },             /* they overlap */
	{ "bytes=-10,690-691", IGNORED },
	{ "bytes=2-1", IGNORED },
	{ "bytes=0-1,2-1", IGNORED },
	{ "bytes=", IGNORED },
	{ "bytes=,", IGNORED },
	{ "bytes=-", IGNORED },
	{ "bytes=a-b", IGNORED },
	{ "bytes=1", IGNORED },
	{ "bytes=1-2-3", IGNORED },
	{ "bytes=1- 2", IGNORED },
	{ "bytes=0-1 2-3", IGNORED },
	{ "bytes 0-1", IGNORED },
	{ "bytes", IGNORED },
	{ "byte", IGNORED },
	{ "items=0-1", IGNORED },
	{ "", IGNORED },
};

static void
test_set_leads_to_its_ranges(void)
{
	struct tg_http_range range[TG_HTTP_RANGES_MAX];
	char text[128];
	uint8_t n, k;
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(sets); i++) {
		int at = 0;

		strcpy(text, tg_http_ranges_read(sets[i].set, strlen(sets[i].set), 700, range, &n)
				 ? IGNORED
				 : OUTSIDE);
		for (k = 0; k < n; k++)
			at += sprintf(
			    text + at, "%s%u-%u", k == 0 ? "" : " ", range[k].first, range[k].last);
		if (strcmp(text, sets[i].ranges) != 0)
			CU_FAIL(sets[i].set);
	}
}

static void
test_set_for_an_empty_page_is_ignored_or_outside(void)
{
	struct tg_http_range range[TG_HTTP_RANGES_MAX];
	uint8_t n;

	CU_ASSERT_FALSE(tg_http_ranges_read("bytes=0-", 8, 0, range, &n));
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_TRUE(tg_http_ranges_read("bytes=-5", 8, 0, range, &n));
	CU_ASSERT_EQUAL(n, 0);
}

/* Appends text to the stream that is expected. */
static void
expect_text(const char *text)
{
	memcpy(fx.expected + fx.n_expected, text, strlen(text));
	fx.n_expected += (uint32_t)strlen(text);
}

static void
expect_body(unsigned first, unsigned last)
{
	memcpy(fx.expected + fx.n_expected, fx.now[0].body[PAGE_BIG] + first, last - first + 1);
	fx.n_expected += last - first + 1;
}

#define DATE "Date: Sun, 06 Nov 1994 08:50:18 GMT\r\n"
#define TYPE "Content-Type: x/y\r\n"

static void
setup_typed(void)
{
	unsigned i, close;

	setup();
	for (i = 0; i < 2; i++) {
		struct rendered *r = &fx.now[i];
		struct tg_http_head h = { .status = TG_HTTP_200,
			.date = "Sun, 06 Nov 1994 08:50:18 GMT",
			.content_type = "x/y",
			.fields = "ETag: \"" BIG_ETAG "\"\r\n",
			.content_length = 700 };

		for (close = 0; close < 2; close++) {
			h.close = close;
			r->page[PAGE_BIG].head_len[close] =
			    (uint32_t)tg_http_head_write_marked(r->head[PAGE_BIG][close],
				sizeof(r->head[PAGE_BIG][close]), &h, &r->page[PAGE_BIG].marks);
		}
	}
}

/* The stream of a single range of /big. */
static void
expect_single(unsigned first, unsigned last, const char *connection)
{
	char head[512];

	sprintf(head,
	    "HTTP/1.1 206 Partial Content\r\n" DATE "ETag: \"" BIG_ETAG "\"\r\n"
	    "Content-Range: bytes %u-%u/700\r\n" TYPE
	    "Content-Length: %u\r\nConnection: %s\r\n\r\n",
	    first, last, last - first + 1, connection);
	expect_text(head);
	expect_body(first, last);
}

static void
expect_part(unsigned first, unsigned last)
{
	char head[256];

	sprintf(head,
	    "\r\n--tidegate-" BIG_ETAG "\r\n" TYPE "Content-Range: bytes %u-%u/700\r\n\r\n", first,
	    last);
	expect_text(head);
	expect_body(first, last);
}

static void
test_single_range_is_a_part_with_its_place(void)
{
	setup_typed();
	CU_ASSERT_EQUAL(receive(GET_RANGE("bytes=10-19")), strlen(GET_RANGE("bytes=10-19")));
	expect_single(10, 19, "keep-alive");
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_206), 1);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_200), 0);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), 1);
	teardown();
}

static void
test_closing_range_says_so_and_takes_nothing_more(void)
{
	setup_typed();
	receive("GET /big HTTP/1.0\r\nRange: bytes=-3\r\n\r\n" GET_A);
	expect_single(697, 699, "close");
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_TRUE(tg_http_closing(&fx.conn));
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(receive(GET_A), strlen(GET_A));
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), 1);
	teardown();
}

static void
expect_content_of_two(void)
{
	expect_part(0, 9);
	expect_part(699, 699);
	expect_text("\r\n--tidegate-" BIG_ETAG "--\r\n");
}

static void
expect_two_parts(void)
{
	char length[64];

	expect_content_of_two();
	sprintf(length, "Content-Length: %u\r\n", fx.n_expected);
	fx.n_expected = 0;
	expect_text("HTTP/1.1 206 Partial Content\r\n" DATE "ETag: \"" BIG_ETAG "\"\r\n"
		    "Content-Type: multipart/byteranges; boundary=tidegate-" BIG_ETAG "\r\n");
	expect_text(length);
	expect_text("Connection: keep-alive\r\n\r\n");
	expect_content_of_two();
}

static void
test_several_ranges_are_a_multipart_of_the_length_it_says(void)
{
	setup_typed();
	receive(GET_RANGE("bytes=0-9,-1"));
	expect_two_parts();
	CU_ASSERT_EQUAL(tg_http_stream_end(&fx.conn), fx.n_expected);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_206), 1);
	teardown();
}

static void
test_part_renders_the_same_at_every_offset(void)
{
	uint32_t off, len;

	setup_typed();
	receive(GET_RANGE("bytes=0-9,-1"));
	expect_two_parts();
	publish_next(); /* an answer stays as it was begun */
	for (off = 0; off < fx.n_expected; off++)
		for (len = 1; off + len <= fx.n_expected; len += 1 + len / 4)
			CU_ASSERT_TRUE_FATAL(renders(off, len));
	teardown();
}

static void
test_range_behind_other_answers_holds_up_the_next_request(void)
{
	static const char two[] = GET_A GET_RANGE("bytes=10-19");
	uint32_t a_len;

	setup_typed();
	CU_ASSERT_EQUAL(receive(GET_A GET_RANGE("bytes=10-19") GET_BIG), sizeof(two) - 1);
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	a_len = fx.n_expected;
	expect_single(10, 19, "keep-alive");
	CU_ASSERT_TRUE(stream_is_expected(0));
	acked(a_len);
	CU_ASSERT_EQUAL(receive(GET_BIG), 0);
	CU_ASSERT_TRUE(renders(a_len, fx.n_expected - a_len));
	acked(fx.n_expected);
	CU_ASSERT_TRUE(tg_http_idle(&fx.conn));
	CU_ASSERT_EQUAL(receive(GET_RANGE("bytes=0-0")), strlen(GET_RANGE("bytes=0-0")));
	expect_single(0, 0, "keep-alive");
	CU_ASSERT_TRUE(stream_is_expected(fx.conn.released));
	teardown();
}

static void
test_range_outside_is_416_with_the_length(void)
{
	const struct tg_http_page *page = &fx.now[0].page[TG_HTTP_416];
	uint32_t type;

	setup_typed();
	receive(GET_RANGE("bytes=700-"));
	type = page->marks.type;
	memcpy(fx.expected, page->head[0], type);
	fx.n_expected = type;
	expect_text("Content-Range: bytes */700\r\n");
	memcpy(fx.expected + fx.n_expected, page->head[0] + type, page->head_len[0] - type);
	fx.n_expected += page->head_len[0] - type;
	memcpy(fx.expected + fx.n_expected, page->body, page->body_len);
	fx.n_expected += page->body_len;
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_FALSE(tg_http_closing(&fx.conn));
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_416), 1);
	teardown();
}

/* The status of a range of /big with If-Range. */
static void
check_if_range(const char *value, enum tg_http_status status)
{
	char request[256];
	uint32_t first, len;

	sprintf(
	    request, "GET /big HTTP/1.1\r\nIf-Range: %s\r\nRange: bytes=0-0\r\n" HOST_END, value);
	len = (uint32_t)strlen(request);
	for (first = 0; first <= len; first++) {
		setup_typed();
		receive_bytes(request, first);
		receive_bytes(request + first, len - first);
		if (counted(tg_http_status_info[status].counter) != 1)
			CU_FAIL(value);
		teardown();
	}
}

static void
test_if_range_holds_for_the_strong_validators_alone(void)
{
	check_if_range("\"" BIG_ETAG "\"", TG_HTTP_206);
	check_if_range("\"" BIG_ETAG "\" \t", TG_HTTP_206);
	check_if_range(BIG_DATE, TG_HTTP_206);
	check_if_range("W/\"" BIG_ETAG "\"", TG_HTTP_200);
	check_if_range(BIG_ETAG, TG_HTTP_200);
	check_if_range("\"0123456789abcdee\"", TG_HTTP_200);
	check_if_range("Sun, 06 Nov 1994 08:49:36 GMT", TG_HTTP_200);
	check_if_range("Sun, 06 Nov 1994 08:49:38 GMT", TG_HTTP_200);
	check_if_range("*", TG_HTTP_200);
	check_if_range("", TG_HTTP_200);
}

static void
test_range_is_ignored_where_there_is_none(void)
{
	setup();
	receive("GET /a HTTP/1.1\r\nRange: bytes=0-0\r\n" HOST_END);
	receive("HEAD /big HTTP/1.1\r\nRange: bytes=0-0\r\n" HOST_END);
	receive("GET /big HTTP/1.1\r\nIf-Range: \"x\"\r\nRange: bytes=900-\r\n" HOST_END);
	receive("GET /none HTTP/1.1\r\nRange: bytes=900-\r\n" HOST_END);
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP_HEAD);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_404, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_range_longer_than_is_looked_at_is_ignored(void)
{
	char set[256] = "bytes=0-0", request[512];
	unsigned i, long_by;

	for (i = 0; i < TG_HTTP_TEXT_MAX - 9; i++)
		strcat(set, ",");
	for (long_by = 0; long_by < 2; long_by++) {
		setup();
		sprintf(request, "GET /big HTTP/1.1\r\nRange: %s\r\n" HOST_END, set);
		receive(request);
		CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_206), long_by == 0);
		CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_200), long_by == 1);
		teardown();
		strcat(set, ",");
	}
}

static CU_TestInfo range_tests[] = {
	{ "set leads to its ranges", test_set_leads_to_its_ranges },
	{ "set for an empty page", test_set_for_an_empty_page_is_ignored_or_outside },
	{ "single range", test_single_range_is_a_part_with_its_place },
	{ "closing range", test_closing_range_says_so_and_takes_nothing_more },
	{ "several ranges", test_several_ranges_are_a_multipart_of_the_length_it_says },
	{ "part renders the same", test_part_renders_the_same_at_every_offset },
	{ "range holds up the next request",
	    test_range_behind_other_answers_holds_up_the_next_request },
	{ "range outside is 416", test_range_outside_is_416_with_the_length },
	{ "If-Range", test_if_range_holds_for_the_strong_validators_alone },
	{ "range ignored", test_range_is_ignored_where_there_is_none },
	{ "range too long", test_range_longer_than_is_looked_at_is_ignored },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "range", NULL, NULL, NULL, NULL, range_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
