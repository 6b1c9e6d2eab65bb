/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Bodies in chunks, RFC 9112 section 7.1: what is taken, what is refused, in any pieces.
 */
#include "http_conn_fixture.h"

#define CHUNKED "GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST_END

/* A body behind CHUNKED, with the request behind it, and the status it gets. */
static const struct {
	const char *body;
	enum tg_http_status status;
} bodies[] = {
	{ "0\r\n\r\n", TG_HTTP_200 },
	{ "5\r\nhello\r\n0\r\n\r\n", TG_HTTP_200 },
	{ "5\r\nhello\r\n00\r\n\r\n", TG_HTTP_200 },
	{ "00000000000000005\r\nhello\r\n0\r\n\r\n", TG_HTTP_200 },
	{ "a\r\n0123456789\r\nA\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n", TG_HTTP_200 },
	{ "1;x=y\r\n.\r\n0;a=\"b;c\";d\r\n\r\n", TG_HTTP_200 },
	{ "1 ; x\t\r\n.\r\n0\r\n\r\n", TG_HTTP_200 },
	{ "0\r\nTrailer: x\r\nHost: y\r\nz:\r\n\r\n", TG_HTTP_200 },
	{ "0\r\nContent-Length: 5\r\n\r\n", TG_HTTP_200 },
	{ "\r\n\r\n", TG_HTTP_400 },
	{ "x\r\n", TG_HTTP_400 },
	{ "-1\r\n", TG_HTTP_400 },
	{ "+1\r\n", TG_HTTP_400 },
	{ "0x1\r\n", TG_HTTP_400 },
	{ "1 \t;x\r\n.\r\n0;\r\n\r\n", TG_HTTP_200 },
	{ "1 \r\n", TG_HTTP_400 },
	{ "1 2\r\n", TG_HTTP_400 },
	{ "1\tx\r\n", TG_HTTP_400 },
	{ ";x\r\n", TG_HTTP_400 },
	{ " 1\r\n", TG_HTTP_400 },
	{ "1g\r\n", TG_HTTP_400 },
	{ "1\n.\r\n0\r\n\r\n", TG_HTTP_400 },
	{ "1\r.\r\n0\r\n\r\n", TG_HTTP_400 },
	{ "1\r\r\n.", TG_HTTP_400 },
	{ "1;x\x01\r\n", TG_HTTP_400 },
	{ "1;x\n.\r\n0\r\n\r\n", TG_HTTP_400 },
	{ "1\r\n..\r\n0\r\n\r\n", TG_HTTP_400 },
	{ "1\r\n.\n0\r\n\r\n", TG_HTTP_400 },
	{ "1\r\n.\r0\r\n\r\n", TG_HTTP_400 },
	{ "1\r\n.0\r\n\r\n", TG_HTTP_400 },
	{ "0\r\n: x\r\n\r\n", TG_HTTP_400 },
	{ "0\r\n x: y\r\n\r\n", TG_HTTP_400 },
	{ "0\r\nx : y\r\n\r\n", TG_HTTP_400 },
	{ "0\r\nx\r\n\r\n", TG_HTTP_400 },
	{ "0\r\nx: y\n\r\n", TG_HTTP_400 },
	{ "0\r\nx: y\x7f\r\n", TG_HTTP_400 },
	{ "0\r\n\rx", TG_HTTP_400 },
	{ "0\r\n\n", TG_HTTP_400 },
	{ "10001\r\n", TG_HTTP_413 },
	{ "1\r\n.\r\n10000\r\n", TG_HTTP_413 },
	{ "ffffffff\r\n", TG_HTTP_413 },
	{ "100000000\r\n", TG_HTTP_413 },
	{ "fffffffffffffffffffff\r\n", TG_HTTP_413 },
};

static void
test_body_in_any_pieces_has_one_outcome(void)
{
	char request[512];
	uint32_t first, len, at;
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(bodies); i++) {
		bool taken = bodies[i].status == TG_HTTP_200;

		strcat(strcat(strcpy(request, CHUNKED), bodies[i].body), GET_BIG);
		len = (uint32_t)strlen(request);
		for (first = 0; first <= len; first++) {
			setup();
			receive_bytes(request, first);
			for (at = first; at < len && first % 2 == 0; at++)
				receive_bytes(request + at, 1);
			receive_bytes(request + at, len - at);
			expect_answer(&fx.now[0], (unsigned)bodies[i].status, taken ? KEEP : CLOSE);
			if (taken)
				expect_answer(&fx.now[0], PAGE_BIG, KEEP);
			if (!stream_is_expected(0)) {
				CU_FAIL(bodies[i].body);
				break;
			}
			teardown();
		}
	}
}

static void
test_body_at_the_limit_is_taken(void)
{
	static uint8_t data[TG_HTTP_BODY_BYTES_MAX / 2];

	setup();
	receive(CHUNKED "8000\r\n");
	receive_bytes(data, sizeof(data));
	receive("\r\n8000\r\n");
	CU_ASSERT_EQUAL(tg_http_stream_end(&fx.conn), 0);
	receive_bytes(data, sizeof(data));
	CU_ASSERT_FALSE(tg_http_idle(&fx.conn));
	receive("\r\n0\r\n\r\n");
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
fill_lines(unsigned extension)
{
	setup();
	receive(CHUNKED "0;");
	while (extension-- > 0)
		receive("x");
	receive("\r\n\r\n");
}

static void
test_extensions_and_trailers_are_bounded(void)
{
	fill_lines(TG_HTTP_CHUNK_LINES_MAX - 6);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_200), 1);
	teardown();
	fill_lines(TG_HTTP_CHUNK_LINES_MAX - 5);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_400), 1);
	teardown();
}

static void
test_chunks_that_are_expected_are_called_for(void)
{
	setup();
	receive("GET /a HTTP/1.1\r\nExpect: 100-continue\r\n"
		"Transfer-Encoding: Chunked\r\n" HOST_END);
	expect_answer(&fx.now[0], TG_HTTP_100, KEEP_HEAD);
	CU_ASSERT_TRUE(stream_is_expected(0));
	receive("0\r\n\r\n");
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_chunks_of_a_refused_request_end_the_connection(void)
{
	setup();
	receive("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST_END "0\r\n\r\n" GET_A);
	expect_answer(&fx.now[0], TG_HTTP_405, CLOSE);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_other_codings_are_501(void)
{
	static const char *const codings[] = { "gzip", "gzip, chunked", "chunked;x=y", "x-chunked",
		"\"chunked\"", "" };
	char request[256];
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(codings); i++) {
		setup();
		strcat(strcpy(request, "GET /a HTTP/1.1\r\nTransfer-Encoding: "), codings[i]);
		receive(strcat(request, "\r\n" HOST_END));
		expect_answer(&fx.now[0], TG_HTTP_501, CLOSE);
		CU_ASSERT_TRUE(stream_is_expected(0));
		teardown();
	}
}

static CU_TestInfo chunk_tests[] = {
	{ "body in any pieces", test_body_in_any_pieces_has_one_outcome },
	{ "body at the limit", test_body_at_the_limit_is_taken },
	{ "extensions and trailers are bounded", test_extensions_and_trailers_are_bounded },
	{ "expected chunks", test_chunks_that_are_expected_are_called_for },
	{ "chunks of a refused request", test_chunks_of_a_refused_request_end_the_connection },
	{ "other codings", test_other_codings_are_501 },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "chunk", NULL, NULL, NULL, NULL, chunk_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
