/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http_conn_fixture.h"

static void
test_new_conn_is_idle_and_open(void)
{
	setup();
	CU_ASSERT_TRUE(tg_http_idle(&fx.conn));
	CU_ASSERT_FALSE(tg_http_closing(&fx.conn));
	CU_ASSERT_FALSE(tg_http_expired(&fx.conn, &fx.view));
	CU_ASSERT_EQUAL(tg_http_stream_end(&fx.conn), 0);
	CU_ASSERT_TRUE(renders(0, 0));
	CU_ASSERT_EQUAL(receive(""), 0);
	teardown();
}

static void
test_idle_get_is_answered_and_counted(void)
{
	setup();
	CU_ASSERT_EQUAL(receive(GET_A), strlen(GET_A));
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_FALSE(tg_http_closing(&fx.conn));
	CU_ASSERT_FALSE(tg_http_idle(&fx.conn));
	CU_ASSERT_EQUAL(pinned(7), 1);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), 1);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_200), 1);
	teardown();
}

static void
test_idle_head_is_answered_without_body(void)
{
	setup();
	receive(HEAD_BIG "HEAD /none HTTP/1.1\r\n" HOST_END "HEAD /a HTTP/1.0\r\n\r\n");
	expect_answer(&fx.now[0], PAGE_BIG, KEEP_HEAD);
	expect_answer(&fx.now[0], TG_HTTP_404, KEEP_HEAD);
	expect_answer(&fx.now[0], PAGE_A, CLOSE_HEAD);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_idle_get_of_empty_page_is_a_head(void)
{
	setup();
	receive("GET /empty HTTP/1.1\r\n" HOST_END GET_A);
	expect_answer(&fx.now[0], PAGE_EMPTY, KEEP);
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_idle_query_and_absolute_form_find_the_route(void)
{
	setup();
	receive(
	    "GET /a?x=/big HTTP/1.1\r\n" HOST_END "GET http://b:80/big?y HTTP/1.1\r\n" HOST_END);
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

/* One request, the status it gets, and whether the connection lives on. */
struct exchange {
	const char *request;
	enum tg_http_status status;
	enum variant variant;
};

static const struct exchange exchanges[] = {
	{ GET_NONE, TG_HTTP_404, KEEP },
	{ "GET /A HTTP/1.1\r\n" HOST_END, TG_HTTP_404, KEEP },
	{ "GET /none HTTP/1.0\r\n\r\n", TG_HTTP_404, CLOSE },
	{ "PUT /none HTTP/1.1\r\n" HOST_END, TG_HTTP_404, KEEP },
	{ "TRACE /none HTTP/1.1\r\n" HOST_END, TG_HTTP_404, KEEP },
	{ "OPTIONS /none HTTP/1.1\r\n" HOST_END, TG_HTTP_404, KEEP },
	{ POST_A, TG_HTTP_405, KEEP },
	{ "PUT /a HTTP/1.1\r\n" HOST_END, TG_HTTP_405, KEEP },
	{ "DELETE /a HTTP/1.1\r\n" HOST_END, TG_HTTP_405, KEEP },
	{ "PATCH /a HTTP/1.1\r\n" HOST_END, TG_HTTP_405, KEEP },
	{ "TRACE /a HTTP/1.1\r\n" HOST_END, TG_HTTP_405, KEEP },
	{ "CONNECT a:80 HTTP/1.1\r\n" HOST_END, TG_HTTP_405, KEEP },
	{ "OPTIONS /a HTTP/1.1\r\n" HOST_END, TG_HTTP_204, KEEP },
	{ "OPTIONS * HTTP/1.1\r\n" HOST_END, TG_HTTP_204, KEEP },
	{ "get /a HTTP/1.1\r\n" HOST_END, TG_HTTP_501, KEEP },
	{ "BREW /a HTTP/1.1\r\nConnection: close\r\n" HOST_END, TG_HTTP_501, CLOSE },
	{ "BREW /none HTTP/1.1\r\n" HOST_END, TG_HTTP_501, KEEP },
	{ "GET /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" HOST_END "0\r\n\r\n", TG_HTTP_501,
	    CLOSE },
	{ "GET /a HTTP/1.1\r\n\r\n", TG_HTTP_400, CLOSE },
	{ "GET /a HTTP/1.1\n", TG_HTTP_400, CLOSE },
	{ "HEAD /a HTTP/1.1\r\n\r\n", TG_HTTP_400, CLOSE_HEAD },
	{ "GET /a HTTP/2.0\r\n" HOST_END, TG_HTTP_505, CLOSE },
	{ LAST_A, TG_HTTP_200, CLOSE },
	{ "GET /a HTTP/1.0\r\n\r\n", TG_HTTP_200, CLOSE },
	{ "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", TG_HTTP_200, KEEP },
	{ "GET /a HTTP/1.1\r\nContent-Length: 65537\r\n" HOST_END, TG_HTTP_413, CLOSE },
	{ "POST /a HTTP/1.1\r\nContent-Length: 99999999999\r\n" HOST_END, TG_HTTP_413, CLOSE },
	{ "GET /a HTTP/1.1\r\nContent-Length: 3\r\n" HOST_END "abc", TG_HTTP_200, KEEP },
	{ "HEAD /a HTTP/1.1\r\nContent-Length: 3\r\n" HOST_END "abc", TG_HTTP_200, KEEP_HEAD },
	/* Expectations, RFC 9110 10.1.1: refused before the body, the connection is not reusable.
	 */
	{ "GET /a HTTP/1.1\r\nExpect: 100-continue\r\n" HOST_END, TG_HTTP_200, KEEP },
	{ "GET /none HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n" HOST_END,
	    TG_HTTP_404, CLOSE },
	{ "GET /none HTTP/1.1\r\nExpect: 100-continue\r\n" HOST_END, TG_HTTP_404, KEEP },
	{ "PUT /a HTTP/1.1\r\nExpect: 100-CONTINUE\r\nContent-Length: 3\r\n" HOST_END, TG_HTTP_405,
	    CLOSE },
	{ "GET /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 65537\r\n" HOST_END,
	    TG_HTTP_413, CLOSE },
	{ "GET /a HTTP/1.1\r\nExpect: 100\r\n" HOST_END, TG_HTTP_417, KEEP },
	{ "GET /a HTTP/1.1\r\nExpect: 100-continue, x=y\r\n" HOST_END, TG_HTTP_417, KEEP },
	{ "GET /a HTTP/1.1\r\nExpect: \"100-continue\"\r\n" HOST_END, TG_HTTP_417, KEEP },
	{ "GET /a HTTP/1.1\r\nExpect:\r\n" HOST_END, TG_HTTP_200, KEEP },
	{ "GET /a HTTP/1.0\r\nExpect: x\r\n\r\n", TG_HTTP_200, CLOSE },
	{ "GET /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", TG_HTTP_200,
	    CLOSE },
};

static void
test_idle_request_gets_its_status_and_persistence(void)
{
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(exchanges); i++) {
		const struct exchange *x = &exchanges[i];
		bool closes = x->variant == CLOSE || x->variant == CLOSE_HEAD;

		setup();
		expect_answer(&fx.now[0], x->status, x->variant);
		CU_ASSERT_EQUAL(receive(x->request), strlen(x->request));
		if (!stream_is_expected(0) || tg_http_closing(&fx.conn) != closes)
			CU_FAIL(x->request);
		CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), 1);
		CU_ASSERT_EQUAL(counted(tg_http_status_info[x->status].counter), 1);
		acked(tg_http_stream_end(&fx.conn));
		CU_ASSERT_EQUAL(tg_http_idle(&fx.conn), !closes);
		teardown();
	}
}

static void
test_idle_request_line_and_section_beyond_caps_get_414_and_431(void)
{
	static char big[20000];

	setup();
	memset(big, 'a', sizeof(big));
	memcpy(big, "GET /", 5);
	CU_ASSERT_EQUAL(receive_bytes(big, sizeof(big)), sizeof(big));
	expect_answer(&fx.now[0], TG_HTTP_414, CLOSE);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
	setup();
	memcpy(big, "GET /a HTTP/1.1\r\nX: ", 20);
	CU_ASSERT_EQUAL(receive_bytes(big, sizeof(big)), sizeof(big));
	expect_answer(&fx.now[0], TG_HTTP_431, CLOSE);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_431), 1);
	teardown();
}

static void
test_body_at_the_limit_is_discarded_and_the_next_request_found(void)
{
	static uint8_t body[TG_HTTP_BODY_BYTES_MAX];

	setup();
	memset(body, 'G', sizeof(body));
	receive("GET /a HTTP/1.1\r\nContent-Length: 65536\r\n" HOST_END);
	CU_ASSERT_EQUAL(receive_bytes(body, 65535), 65535);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_FALSE(tg_http_idle(&fx.conn));
	CU_ASSERT_EQUAL(receive("x" GET_BIG), 1 + strlen(GET_BIG));
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(fx.conn.released));
	teardown();
}

#define EXPECT_A "GET /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n" HOST_END

static void
test_expected_body_is_called_for_and_then_answered(void)
{
	setup();
	CU_ASSERT_EQUAL(receive(EXPECT_A), strlen(EXPECT_A));
	expect_answer(&fx.now[0], TG_HTTP_100, KEEP_HEAD);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), 0);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_FALSE(tg_http_idle(&fx.conn));
	CU_ASSERT_EQUAL(receive("ab"), 2);
	CU_ASSERT_TRUE(stream_is_expected(fx.conn.released));
	CU_ASSERT_EQUAL(receive("c" GET_BIG), 1 + strlen(GET_BIG));
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(fx.conn.released));
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_100), 1);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), 2);
	teardown();
}

static void
test_expected_body_waits_where_four_answers_are_queued(void)
{
	setup();
	CU_ASSERT_EQUAL(
	    receive(GET_A GET_A GET_A EXPECT_A "abc"), strlen(GET_A GET_A GET_A EXPECT_A));
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(receive("abc"), 3);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_200), 4);
	teardown();
}

static void
test_busy_request_is_answered_503_unless_its_route_is_spared(void)
{
	setup();
	fx.route[0].spared = true; /* the shortest path is first */
	tg_http_set_busy(&fx.conn, true);
	receive(GET_A GET_BIG GET_NONE);
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_503, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_404, KEEP);
	tg_http_set_busy(&fx.conn, false);
	receive(GET_BIG);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
time_out(void)
{
	tg_http_timeout(&fx.conn, &fx.view, &fx.pins, &fx.stats);
}

static void
test_timeout_within_a_request_is_answered_408(void)
{
	static const char *const begun[] = { "G", "GET /a HTTP/1.1\r\n", "GET /a HTTP/1.1\r\nHost",
		"POST /a HTTP/1.1\r\nContent-Len",
		"GET /a HTTP/1.1\r\nContent-Length: 2\r\n" HOST_END "x" };
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(begun); i++) {
		setup();
		receive(begun[i]);
		time_out();
		expect_answer(&fx.now[0], TG_HTTP_408, CLOSE);
		CU_ASSERT_TRUE(stream_is_expected(0));
		CU_ASSERT_TRUE(tg_http_closing(&fx.conn));
		CU_ASSERT_EQUAL(receive(GET_A), strlen(GET_A));
		CU_ASSERT_TRUE(stream_is_expected(0));
		CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_408), 1);
		teardown();
	}
}

static void
test_timeout_of_an_answered_body_closes_without_a_word(void)
{
	setup();
	receive("POST /a HTTP/1.1\r\nContent-Length: 5\r\n" HOST_END "12");
	expect_answer(&fx.now[0], TG_HTTP_405, KEEP);
	acked(tg_http_stream_end(&fx.conn));
	time_out();
	CU_ASSERT_TRUE(stream_is_expected(fx.conn.released));
	CU_ASSERT_TRUE(tg_http_closing(&fx.conn));
	teardown();
}

static void
test_timeout_elsewhere_has_no_effect(void)
{
	setup();
	time_out();
	CU_ASSERT_TRUE(tg_http_idle(&fx.conn));
	receive(GET_A "GET");
	time_out();
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_FALSE(tg_http_closing(&fx.conn));
	acked(tg_http_stream_end(&fx.conn));
	tg_http_eof(&fx.conn); /* within a request, which is dropped */
	time_out();
	CU_ASSERT_EQUAL(fx.conn.n_answers, 0);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_408), 0);
	teardown();
}

static void
test_closing_bytes_are_taken_and_discarded(void)
{
	setup();
	CU_ASSERT_EQUAL(receive(LAST_A GET_A GET_A), strlen(LAST_A GET_A GET_A));
	CU_ASSERT_EQUAL(receive(GET_A), strlen(GET_A));
	expect_answer(&fx.now[0], PAGE_A, CLOSE);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), 1);
	acked(fx.n_expected);
	CU_ASSERT_TRUE(tg_http_closing(&fx.conn));
	CU_ASSERT_FALSE(tg_http_idle(&fx.conn));
	teardown();
}

static void
test_eof_between_requests_closes(void)
{
	setup();
	receive(GET_A);
	tg_http_eof(&fx.conn);
	CU_ASSERT_TRUE(tg_http_closing(&fx.conn));
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_EQUAL(receive(GET_A), strlen(GET_A));
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_eof_within_a_request_drops_it(void)
{
	setup();
	receive("GET /a HTT");
	CU_ASSERT_FALSE(tg_http_idle(&fx.conn));
	tg_http_eof(&fx.conn);
	CU_ASSERT_TRUE(tg_http_closing(&fx.conn));
	CU_ASSERT_EQUAL(tg_http_stream_end(&fx.conn), 0);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), 0);
	teardown();
}

static void
test_idle_between_requests_only(void)
{
	setup();
	CU_ASSERT_EQUAL(receive("\r\n"), 2);
	CU_ASSERT_TRUE(tg_http_idle(&fx.conn));
	receive("G");
	CU_ASSERT_FALSE(tg_http_idle(&fx.conn));
	receive("ET /a HTTP/1.1\r\n" HOST_END);
	CU_ASSERT_FALSE(tg_http_idle(&fx.conn));
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_TRUE(tg_http_idle(&fx.conn));
	teardown();
}

static CU_TestInfo request_tests[] = {
	{ "new connection is idle and open", test_new_conn_is_idle_and_open },
	{ "GET is answered and counted", test_idle_get_is_answered_and_counted },
	{ "HEAD is answered without body", test_idle_head_is_answered_without_body },
	{ "GET of an empty page is a head", test_idle_get_of_empty_page_is_a_head },
	{ "query and absolute form find the route",
	    test_idle_query_and_absolute_form_find_the_route },
	{ "status and persistence of requests", test_idle_request_gets_its_status_and_persistence },
	{ "beyond the caps 414 and 431",
	    test_idle_request_line_and_section_beyond_caps_get_414_and_431 },
	{ "body at the limit is discarded",
	    test_body_at_the_limit_is_discarded_and_the_next_request_found },
	{ "expected body is called for", test_expected_body_is_called_for_and_then_answered },
	{ "expected body waits for room", test_expected_body_waits_where_four_answers_are_queued },
	{ "busy: 503 unless spared", test_busy_request_is_answered_503_unless_its_route_is_spared },
	{ "timeout in a request is 408", test_timeout_within_a_request_is_answered_408 },
	{ "timeout in an answered body closes",
	    test_timeout_of_an_answered_body_closes_without_a_word },
	{ "timeout elsewhere has no effect", test_timeout_elsewhere_has_no_effect },
	{ "closing: bytes are discarded", test_closing_bytes_are_taken_and_discarded },
	{ "FIN between requests closes", test_eof_between_requests_closes },
	{ "FIN within a request drops it", test_eof_within_a_request_drops_it },
	{ "idle between requests only", test_idle_between_requests_only },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "request", NULL, NULL, NULL, NULL, request_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
