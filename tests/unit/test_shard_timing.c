/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Handshakes and requests timed by a whole shard.
 */
#include "shard_fixture.h"

static struct tg_times times;

static uint64_t
timed(enum tg_timed what)
{
	tg_timing_read(&tg_shard_stats(rig.shard)->timing[what], &times);
	return tg_times_count(&times);
}

/* Whether the one duration that was timed is so long, but for the rounding of both ends. */
static bool
one_of_ms(enum tg_timed what, uint32_t ms)
{
	uint64_t n = timed(what), want = ms * TG_NS_PER_MS >> TG_RTT_SHIFT;

	return n == 1 && times.sum + 1 >= want && times.sum <= want + 1;
}

static uint32_t
ok_bytes(unsigned close)
{
	return rig.page[TG_HTTP_200].head_len[close] + rig.page[TG_HTTP_200].body_len;
}

static void
test_handshake_takes_until_the_third_segment(void)
{
	struct tg_packet pkt = { 0 };

	add(TG_TCP_SYN, 0, 0, "");
	run();
	sent(0, &pkt);
	iss = pkt.tcp.seq;
	add(TG_TCP_ACK, 1, 1, "");
	run_after_ms(20);
	CU_ASSERT_TRUE(one_of_ms(TG_TIMED_HANDSHAKE, 20));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ESTABLISHED), 1);
}

/* The client acknowledges by its next request, or alone. */
static void
test_request_takes_until_its_answer_is_acknowledged(void)
{
	uint32_t len = (uint32_t)strlen(get_ok), n = ok_bytes(0);

	open_connection(1);
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	add(TG_TCP_ACK, 1 + len, 1 + n, get_ok);
	run_after_ms(30);
	CU_ASSERT_TRUE(one_of_ms(TG_TIMED_REQUEST, 30));
	add(TG_TCP_ACK, 1 + 2 * len, 1 + 2 * n, "");
	run_after_ms(5);
	CU_ASSERT_EQUAL(timed(TG_TIMED_REQUEST), 2);
	CU_ASSERT_EQUAL(
	    times.sum, (now >> TG_RTT_SHIFT) - ((now - 35 * TG_NS_PER_MS) >> TG_RTT_SHIFT));
	CU_ASSERT_EQUAL(tg_gauge(&tg_shard_gauges(rig.shard)->sides), 0);
}

/* The peer has closed first: the ACK of our FIN, which ends the connection, is all that comes. */
static void
test_request_is_timed_by_the_ack_that_ends_the_connection(void)
{
	uint32_t len = (uint32_t)strlen(get_ok);

	open_connection(1);
	add(TG_TCP_ACK | TG_TCP_FIN, 1, 1, get_ok);
	run();
	CU_ASSERT_EQUAL(connections(TG_TCP_LAST_ACK), 1);
	CU_ASSERT_EQUAL(timed(TG_TIMED_REQUEST), 0);
	add(TG_TCP_ACK, 2 + len, 2 + ok_bytes(0), "");
	run_after_ms(40);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_CLOSED), 1);
	CU_ASSERT_TRUE(one_of_ms(TG_TIMED_REQUEST, 40));
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

static void
test_request_of_a_peer_that_resets_is_not_timed(void)
{
	uint32_t len = (uint32_t)strlen(get_ok);

	open_connection(1);
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	add(TG_TCP_RST, 1 + len, 0, "");
	run_after_ms(40);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_RESET_BY_PEER), 1);
	CU_ASSERT_EQUAL(timed(TG_TIMED_REQUEST), 0);
}

static CU_TestInfo tests[] = {
	{ "handshake: takes until the third segment",
	    test_handshake_takes_until_the_third_segment },
	{ "request: takes until its answer is acknowledged",
	    test_request_takes_until_its_answer_is_acknowledged },
	{ "request: timed by the ACK that ends the connection",
	    test_request_is_timed_by_the_ack_that_ends_the_connection },
	{ "request of a peer that resets: not timed",
	    test_request_of_a_peer_that_resets_is_not_timed },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "shard timing", NULL, NULL, setup, teardown, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
