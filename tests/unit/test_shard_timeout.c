/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Requests that never end, on a whole shard: the time they have, and what comes of it.
 */
#include "shard_fixture.h"

#define REQUEST_MS 2000
#define TICK_MS    2 /* more than one tick of the wheel */

static const char begun[] = "GET /ok HTTP/1.1\r\nHost: ";
static const char rest[] = "a\r\n\r\n";

/* A connection on which nothing was said yet, and the time of a request. */
static void
connect_with_request_ms(uint32_t request_ms)
{
	setup();
	rig.tcp.timers.request = tg_ticks_from_ms(request_ms);
	open_connection(40000);
}

/* The text of the first segment that the last run sent. */
static bool
sent_text(const char *start)
{
	struct tg_packet pkt;
	size_t len = strlen(start);

	return sent(0, &pkt) && pkt.tcp.len >= len && memcmp(pkt.tcp.text, start, len) == 0;
}

static uint32_t
text_len(void)
{
	struct tg_packet pkt;

	return sent(0, &pkt) ? pkt.tcp.len : 0;
}

static bool
sent_fin(void)
{
	struct tg_packet pkt;

	return n_sent() > 0 && sent(n_sent() - 1, &pkt) && (pkt.tcp.flags & TG_TCP_FIN) != 0;
}

static void
say(uint32_t seq, const char *text)
{
	add(TG_TCP_ACK | TG_TCP_PSH, seq, 1, text);
	run();
}

static void
test_begun_request_without_end_gets_408_and_fin_after_its_time(void)
{
	connect_with_request_ms(REQUEST_MS);
	say(1, begun);
	run_after_ms(REQUEST_MS - TICK_MS);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	run_after_ms(2 * TICK_MS);
	CU_ASSERT_TRUE(sent_text("HTTP/1.1 408 Request Timeout\r\n"));
	CU_ASSERT_TRUE(sent_fin());
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 1);
	CU_ASSERT_EQUAL(connections(TG_TCP_FIN_WAIT_1), 1);
	teardown();
}

static void
test_begun_request_byte_after_byte_has_no_more_time(void)
{
	uint32_t ms;

	connect_with_request_ms(REQUEST_MS);
	say(1, begun);
	for (ms = 0; ms + 100 < REQUEST_MS; ms += 100) {
		now += 100 * TG_NS_PER_MS;
		say(sizeof(begun) + ms / 100, "x");
		CU_ASSERT_EQUAL_FATAL(counter(TG_COUNTER_HTTP_408), 0);
	}
	run_after_ms(100 + TICK_MS);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 1);
	teardown();
}

static void
test_request_ended_in_time_gets_its_answer_and_no_408(void)
{
	connect_with_request_ms(REQUEST_MS);
	say(1, begun);
	run_after_ms(REQUEST_MS - TICK_MS);
	say(sizeof(begun), rest);
	CU_ASSERT_TRUE(sent_text("HTTP/1.1 200 OK\r\n"));
	add(TG_TCP_ACK, sizeof(begun) + sizeof(rest) - 1, 1 + text_len(), "");
	run();
	run_after_ms(2 * REQUEST_MS);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	teardown();
}

static void
test_answered_connection_gives_the_next_request_a_time_of_its_own(void)
{
	uint32_t next = sizeof(get_ok), answered;

	connect_with_request_ms(REQUEST_MS);
	say(1, get_ok);
	answered = 1 + text_len();
	add(TG_TCP_ACK, next, answered, "");
	run_after_ms(REQUEST_MS - 100);
	add(TG_TCP_ACK | TG_TCP_PSH, next, answered, begun);
	run();
	run_after_ms(REQUEST_MS - TICK_MS);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
	run_after_ms(2 * TICK_MS);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 1);
	CU_ASSERT_TRUE(sent_text("HTTP/1.1 408 "));
	teardown();
}

static void
test_unacknowledged_answer_keeps_408_from_the_next_request(void)
{
	uint32_t answered;

	connect_with_request_ms(REQUEST_MS);
	say(1, get_ok);
	answered = 1 + text_len();
	say(sizeof(get_ok), begun);
	run_after_ms(REQUEST_MS + TICK_MS);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	/* With the ACK its time begins. */
	add(TG_TCP_ACK, sizeof(get_ok) + sizeof(begun) - 1, answered, "");
	run_after_ms(REQUEST_MS - TICK_MS);
	run_after_ms(REQUEST_MS - 2 * TICK_MS);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
	run_after_ms(3 * TICK_MS);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 1);
	teardown();
}

/* What is left to do is TCP's, and takes its time. */
static void
test_closing_connection_has_no_request_time(void)
{
	static const char last[] = "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	uint32_t ms;

	connect_with_request_ms(REQUEST_MS);
	say(1, last);
	add(TG_TCP_ACK, sizeof(last), 1 + text_len(), ""); /* but not the FIN */
	run();
	for (ms = 0; ms < 2 * (REQUEST_MS + rig_defaults.idle_ms); ms += 500)
		run_after_ms(500);
	CU_ASSERT_EQUAL(connections(TG_TCP_FIN_WAIT_1), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
	teardown();
}

static void
test_body_without_end_of_a_refused_request_is_closed_in_silence(void)
{
	static const char refused[] =
	    "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1";
	uint32_t answered;

	connect_with_request_ms(REQUEST_MS);
	say(1, refused);
	CU_ASSERT_TRUE(sent_text("HTTP/1.1 404 "));
	answered = 1 + text_len();
	add(TG_TCP_ACK, sizeof(refused), answered, "");
	run();
	run_after_ms(REQUEST_MS + TICK_MS);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
	CU_ASSERT_TRUE(sent_fin());
	CU_ASSERT_EQUAL(text_len(), 0);
	teardown();
}

static void
test_408_without_any_answer_ends_with_the_idle_time(void)
{
	uint32_t i;

	connect_with_request_ms(REQUEST_MS);
	say(1, begun);
	run_after_ms(REQUEST_MS + TICK_MS);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 1);
	for (i = 0; i < 3600 && !rig_is_empty(&rig); i++)
		run_after_ms(1000);
	CU_ASSERT_TRUE(rig_is_empty(&rig));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 1);
	teardown();
}

static void
test_no_request_time_leaves_it_to_the_idle_time(void)
{
	connect_with_request_ms(0);
	say(1, begun);
	run_after_ms(rig_defaults.idle_ms - 10);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	run_after_ms(20);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_IDLE_TIMEOUTS), 1);
	CU_ASSERT_TRUE(sent_fin());
	teardown();
}

static CU_TestInfo tests[] = {
	{ "begun and not ended: 408 and FIN after its time",
	    test_begun_request_without_end_gets_408_and_fin_after_its_time },
	{ "byte after byte: no more time", test_begun_request_byte_after_byte_has_no_more_time },
	{ "ended in time: its answer, no 408",
	    test_request_ended_in_time_gets_its_answer_and_no_408 },
	{ "next request: a time of its own",
	    test_answered_connection_gives_the_next_request_a_time_of_its_own },
	{ "answer not acknowledged: no 408",
	    test_unacknowledged_answer_keeps_408_from_the_next_request },
	{ "closing: no request time", test_closing_connection_has_no_request_time },
	{ "refused, body without end: closed in silence",
	    test_body_without_end_of_a_refused_request_is_closed_in_silence },
	{ "408 never acknowledged: the connection ends",
	    test_408_without_any_answer_ends_with_the_idle_time },
	{ "no request time: the idle time ends it",
	    test_no_request_time_leaves_it_to_the_idle_time },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "requests without end", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };
	int code = tg_tap_run(suites);

	rig_free(&rig);
	return code;
}
