/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The time that requests take, from the first byte of each to the acknowledgment of its answer.
 */
#include "http_conn_fixture.h"

#define UNITS(n) ((tg_time_t)(n) << TG_RTT_SHIFT)

static struct tg_times times;

/* How many requests were timed. */
static uint64_t
timed(void)
{
	tg_timing_read(&fx.stats.timing[TG_TIMED_REQUEST], &times);
	return tg_times_count(&times);
}

static void
setup_at(tg_time_t time)
{
	setup();
	fx.time = time;
}

/* Every route takes POST, whose body is read before it is answered. */
static void
setup_for_bodies(void)
{
	unsigned i;

	setup_at(UNITS(1000));
	for (i = 0; i < fx.site.n_routes; i++)
		fx.route[i].methods |= 1U << TG_HTTP_METHOD_POST;
}

static void
test_request_in_one_piece_is_timed_when_its_answer_is_acknowledged(void)
{
	setup_at(UNITS(1000));
	receive(GET_A);
	CU_ASSERT_EQUAL(timed(), 0);
	fx.time += UNITS(700);
	acked(tg_http_stream_end(&fx.conn) - 1);
	CU_ASSERT_EQUAL(timed(), 0);
	fx.time += UNITS(3);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 1);
	CU_ASSERT_EQUAL(times.sum, 703);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 1);
	teardown();
}

static void
test_request_in_pieces_is_timed_from_the_first(void)
{
	setup_at(UNITS(1000));
	receive("GET /a HTT");
	fx.time += UNITS(50);
	receive("P/1.1\r\nHost: a\r\n");
	fx.time += UNITS(60);
	receive("\r\n");
	fx.time += UNITS(7);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 1);
	CU_ASSERT_EQUAL(times.sum, 117);
	teardown();
}

static void
test_body_belongs_to_the_time_of_its_request(void)
{
	setup_for_bodies();
	receive("POST /a HTTP/1.1\r\nContent-Length: 5\r\n" HOST_END "12");
	CU_ASSERT_EQUAL(fx.conn.n_answers, 0);
	fx.time += UNITS(40);
	receive("345" GET_A);
	fx.time += UNITS(2);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 2);
	CU_ASSERT_EQUAL(times.sum, 42 + 2);
	teardown();
}

/* The second begins in the piece that ends the first; the third in a later one. */
static void
test_pipelined_requests_are_timed_each_from_its_own_first_byte(void)
{
	setup_at(UNITS(1000));
	receive("GET /a HTTP/1.1\r\n");
	fx.time += UNITS(100);
	receive(HOST_END "GET /big HTTP/1.1\r\n");
	fx.time += UNITS(20);
	receive(HOST_END);
	fx.time += UNITS(3);
	receive(GET_A);
	CU_ASSERT_EQUAL(fx.conn.n_answers, 3);
	acked(fx.conn.answer[0].len);
	CU_ASSERT_EQUAL(timed(), 1);
	CU_ASSERT_EQUAL(times.sum, 123);
	fx.time += UNITS(1);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 3);
	CU_ASSERT_EQUAL(times.sum, 123 + 24 + 1);
	teardown();
}

/* Between requests a connection waits for its client. */
static void
test_time_between_requests_is_none(void)
{
	setup_at(UNITS(1000));
	receive(GET_A);
	acked(tg_http_stream_end(&fx.conn));
	fx.time += UNITS(5000);
	receive("\r\n"); /* left over from a body */
	fx.time += UNITS(5000);
	receive(GET_A);
	fx.time += UNITS(9);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 2);
	CU_ASSERT_EQUAL(times.sum, 9);
	teardown();
}

/* A body that is discarded behind its answer is no part of the next request. */
static void
test_request_behind_a_discarded_body_begins_with_itself(void)
{
	setup_at(UNITS(1000));
	receive("POST /none HTTP/1.1\r\nContent-Length: 5\r\n" HOST_END);
	acked(tg_http_stream_end(&fx.conn));
	fx.time += UNITS(800);
	receive("123");
	fx.time += UNITS(80);
	receive("45" GET_A);
	fx.time += UNITS(8);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 2);
	CU_ASSERT_EQUAL(times.sum, 8);
	teardown();
}

static void
test_interim_answer_is_not_timed_and_the_final_one_is(void)
{
	setup_for_bodies();
	receive("POST /a HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n" HOST_END);
	CU_ASSERT_EQUAL(fx.conn.n_answers, 1);
	fx.time += UNITS(30);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 0);
	receive("12345");
	fx.time += UNITS(4);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 1);
	CU_ASSERT_EQUAL(times.sum, 34);
	teardown();
}

static void
test_answer_that_is_never_acknowledged_is_not_timed(void)
{
	setup_at(UNITS(1000));
	receive(GET_A);
	teardown();
	CU_ASSERT_EQUAL(timed(), 0);
}

static void
test_refused_request_is_timed(void)
{
	setup_at(UNITS(1000));
	receive("GET");
	fx.time += UNITS(200);
	tg_http_timeout(&fx.conn, &fx.view, &fx.pins, &fx.stats);
	fx.time += UNITS(11);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 1);
	CU_ASSERT_EQUAL(times.sum, 211);
	teardown();
}

/* The clock of 2^10 ns wraps after 73 minutes, and 0 means no time at all. */
static void
test_time_across_the_wrap_of_the_clock(void)
{
	setup_at(UNITS(UINT32_MAX));
	receive(GET_A);
	fx.time += UNITS(101);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 1);
	CU_ASSERT_EQUAL(times.sum, 101);
	fx.time = UNITS(1ULL << 32);
	receive(GET_A);
	fx.time += UNITS(101);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_EQUAL(timed(), 2);
	CU_ASSERT_EQUAL(times.sum, 101 + 100);
	teardown();
}

static CU_TestInfo tests[] = {
	{ "request in one piece: timed when its answer is acknowledged",
	    test_request_in_one_piece_is_timed_when_its_answer_is_acknowledged },
	{ "request in pieces: timed from the first",
	    test_request_in_pieces_is_timed_from_the_first },
	{ "body: belongs to its request", test_body_belongs_to_the_time_of_its_request },
	{ "pipelined requests: each from its own first byte",
	    test_pipelined_requests_are_timed_each_from_its_own_first_byte },
	{ "between requests: no time", test_time_between_requests_is_none },
	{ "request behind a discarded body: begins with itself",
	    test_request_behind_a_discarded_body_begins_with_itself },
	{ "interim answer: not timed, the final one is",
	    test_interim_answer_is_not_timed_and_the_final_one_is },
	{ "answer never acknowledged: not timed",
	    test_answer_that_is_never_acknowledged_is_not_timed },
	{ "refused request: timed", test_refused_request_is_timed },
	{ "clock: wraps", test_time_across_the_wrap_of_the_clock },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "http timing", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
