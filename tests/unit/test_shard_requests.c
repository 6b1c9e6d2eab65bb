/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Requests to a whole shard: their answers, how long they may take, and how they end when their
 * snapshot expires or the shard drains.
 */
#include "shard_fixture.h"
#include "tcp/tcp_internal.h"

static uint32_t
ok_bytes(void)
{
	return rig.page[TG_HTTP_200].head_len[0] + rig.page[TG_HTTP_200].body_len;
}

static void
test_request_is_answered_and_the_connection_closed_without_a_trace(void)
{
	uint32_t n = rig.page[TG_HTTP_200].head_len[1] + 3, len;
	static const char request[] = "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	struct tg_packet pkt;

	len = (uint32_t)strlen(request);
	open_connection(1);
	add(TG_TCP_ACK, 1, 1, request);
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	check_page(&pkt.tcp, TG_HTTP_200, 1);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_ACK | TG_TCP_PSH | TG_TCP_FIN);
	CU_ASSERT_EQUAL(memcmp(rig.tx.v[0].data, rig_peer_mac, 6), 0);
	add(TG_TCP_ACK | TG_TCP_FIN, 1 + len, 2 + n, "");
	run();
	CU_ASSERT_EQUAL(connections(TG_TCP_TIME_WAIT), 1);
	run_after_ms(1100);
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

/* The client guesses nothing: the test works out the ISS. */
static void
test_burst_of_syn_ack_and_request_is_one_handshake_and_one_answer(void)
{
	struct tg_tcp tcp = { .config = &rig.tcp };
	struct tg_packet pkt = { .src = path.src,
		.dst = path.dst,
		.tcp = { .sport = tg_be16(port), .dport = tg_be16(80) } };

	iss = tg_tcp_isn(&tcp, &pkt, now);
	add(TG_TCP_SYN, 0, 0, "");
	add(TG_TCP_ACK, 1, 1, "");
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ESTABLISHED), 1);
	CU_ASSERT_EQUAL(n_sent(), 1);
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(pkt.tcp.seq, iss + 1);
	check_page(&pkt.tcp, TG_HTTP_200, 0);
	CU_ASSERT_EQUAL(all_drops(), 0);
}

/* Beyond four answers the rest is held, then taken as answers are acknowledged. */
static void
test_pipelined_requests_beyond_four_answers_wait_for_acks(void)
{
	char requests[10 * sizeof(get_ok)] = "";
	uint32_t seq, i, acked = 0;
	struct tg_packet pkt;

	for (i = 0; i < 10; i++)
		strcat(requests, get_ok);
	open_connection(1);
	add(TG_TCP_ACK, 1, 1, requests);
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_REQUESTS), 4);
	CU_ASSERT_EQUAL(tg_gauge(&tg_shard_gauges(rig.shard)->held), 1);
	seq = 1 + (uint32_t)strlen(requests);
	for (i = 0; i < 20 && counter(TG_COUNTER_HTTP_REQUESTS) < 10; i++) {
		CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
		CU_ASSERT_EQUAL(pkt.tcp.ack, ISS + seq); /* all of it arrived */
		acked = pkt.tcp.seq + pkt.tcp.len - iss;
		add(TG_TCP_ACK, seq, acked, "");
		run();
	}
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_REQUESTS), 10);
	add(TG_TCP_ACK, seq, 1 + 10 * ok_bytes(), "");
	run();
	CU_ASSERT_EQUAL(tg_gauge(&tg_shard_gauges(rig.shard)->sides), 0);
	CU_ASSERT_EQUAL(tg_gauge(&tg_shard_gauges(rig.shard)->held), 0);
	CU_ASSERT_EQUAL(atomic_load(&tg_shard_pins(rig.shard)->count[0]), 0);
}

static void
test_half_close_after_the_request_is_answered_then_closed(void)
{
	uint32_t len = (uint32_t)strlen(get_ok);
	struct tg_packet pkt;

	open_connection(1);
	add(TG_TCP_ACK | TG_TCP_FIN, 1, 1, get_ok);
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	check_page(&pkt.tcp, TG_HTTP_200, 0);
	CU_ASSERT_EQUAL(pkt.tcp.ack, ISS + len + 2);
	CU_ASSERT_EQUAL(connections(TG_TCP_LAST_ACK), 1);
	add(TG_TCP_ACK, len + 2, 2 + ok_bytes(), "");
	run();
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

static void
test_expired_snapshot_resets_its_connections_and_unpins(void)
{
	struct tg_http_snapshot newer = { .serial = 2, .page = rig.page };
	const struct tg_http_pins *pins = tg_shard_pins(rig.shard);
	struct tg_packet pkt;

	open_connection(1);
	add(TG_TCP_ACK, 1, 1, get_big);
	run();
	open_connection(2); /* idle: it has nothing to lose */
	CU_ASSERT_EQUAL(atomic_load(&pins->count[0]), 1);
	rig.view.slot[1] = &newer;
	rig.view.current = 1;
	run();
	CU_ASSERT_EQUAL(rig_connections(&rig), 2);
	rig.view.oldest_serial = 2;
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_SNAPSHOT_EXPIRED), 1);
	CU_ASSERT_EQUAL(atomic_load(&pins->count[0]), 0);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_RST | TG_TCP_ACK);
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(pkt.tcp.dport, tg_be16(1));
	CU_ASSERT_EQUAL(rig_connections(&rig), 1);
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	CU_ASSERT_EQUAL(atomic_load(&pins->count[1]), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_SNAPSHOT_EXPIRED), 1);
}

static void
test_draining_closes_idle_connections_and_refuses_syns(void)
{
	open_connection(1);
	rig.world.draining = true;
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_FIN | TG_TCP_ACK);
	CU_ASSERT_EQUAL(connections(TG_TCP_FIN_WAIT_1), 1);
	add(TG_TCP_ACK, 1, 2, get_ok); /* too late for a request */
	run();
	run_after_ms(50);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_ACK);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_REQUESTS), 0);
	port = 2;
	add(TG_TCP_SYN, 0, 0, "");
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_RST | TG_TCP_ACK);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_DRAINING), 1);
	CU_ASSERT_EQUAL(rig_connections(&rig), 1);
}

static void
test_draining_lets_an_answer_finish_and_then_closes(void)
{
	uint32_t len = (uint32_t)strlen(get_ok), i;
	bool fin = false;
	struct tg_packet pkt;

	open_connection(1);
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	rig.world.draining = true;
	for (i = 0; i < 5; i++)
		run();
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	add(TG_TCP_ACK, 1 + len, 1 + ok_bytes(), "");
	for (i = 0; i < 5; i++) {
		run();
		fin |= sent(0, &pkt) && (pkt.tcp.flags & TG_TCP_FIN) != 0;
	}
	CU_ASSERT_TRUE(fin);
}

/* One byte every ten seconds does not prolong the idle time of sixty. */
static void
test_request_that_never_ends_is_closed_after_the_idle_time(void)
{
	static const char *const bytes[] = { "G", "E", "T", " ", "/", "o" };
	uint32_t i;

	open_connection(1);
	for (i = 0; i < TG_ARRAY_LEN(bytes); i++) {
		CU_ASSERT_EQUAL(counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
		add(TG_TCP_ACK, 1 + i, 1, bytes[i]);
		run();
		run_after_ms(10000);
	}
	run_after_ms(100);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_IDLE_TIMEOUTS), 1);
}

/* The first text that the server sends on a connection must be an answer of this status. */
static void
expect_answer_and_fin(const char *status)
{
	struct tg_packet pkt;

	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL_FATAL(pkt.tcp.flags, TG_TCP_FIN | TG_TCP_PSH | TG_TCP_ACK);
	CU_ASSERT_EQUAL(memcmp(rig.tx.v[0].data + 14 + 20 + 20, status, strlen(status)), 0);
}

/* One byte a second does not prolong the time of a request, which ends with 408. */
static void
test_request_that_takes_too_long_is_answered_408_and_closed(void)
{
	uint32_t i;

	rig.tcp.timers.request = tg_ticks_from_ms(5000);
	open_connection(1);
	run_after_ms(20000); /* idle time is no request's */
	for (i = 0; i < 6; i++) {
		add(TG_TCP_PSH | TG_TCP_ACK, 1 + i, 1, "G");
		run();
		CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
		if (i < 5)
			run_after_ms(990);
	}
	run_after_ms(100);
	expect_answer_and_fin("HTTP/1.1 408 Request Timeout\r\n");
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
	CU_ASSERT_EQUAL(connections(TG_TCP_FIN_WAIT_1), 1);
}

static void
test_request_that_ends_in_time_gives_the_next_its_whole_time(void)
{
	uint32_t i, len = (uint32_t)strlen(get_ok);
	char half[sizeof(get_ok)] = "";
	struct tg_packet pkt;
	uint32_t acked = 1;

	rig.tcp.timers.request = tg_ticks_from_ms(5000);
	memcpy(half, get_ok, len / 2);
	open_connection(1);
	for (i = 0; i < 5; i++) {
		add(TG_TCP_PSH | TG_TCP_ACK, 1 + i * len, acked, half);
		run();
		run_after_ms(4000);
		add(TG_TCP_PSH | TG_TCP_ACK, 1 + i * len + len / 2, acked, get_ok + len / 2);
		run();
		CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
		acked += pkt.tcp.len;
		add(TG_TCP_ACK, 1 + (i + 1) * len, acked, "");
		run();
	}
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_200), 5);
}

/* Above its limit of connections that move a shard answers 503. */
static void
test_shard_with_too_many_moving_connections_answers_503(void)
{
	struct tg_packet pkt;

	rig.site.busy_connections = 1;
	open_connection(1);
	add(TG_TCP_PSH | TG_TCP_ACK, 1, 1, get_big);
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_200), 1);
	open_connection(2);
	add(TG_TCP_PSH | TG_TCP_ACK, 1, 1, get_ok);
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_503), 1);
}

/* Each finished request starts the idle time anew. */
static void
test_request_now_and_then_keeps_the_connection(void)
{
	uint32_t i, len = (uint32_t)strlen(get_ok);

	open_connection(1);
	for (i = 0; i < 5; i++) {
		run_after_ms(30000);
		add(TG_TCP_ACK, 1 + i * len, 1 + i * ok_bytes(), "GET /o");
		run();
		run_after_ms(20000);
		add(TG_TCP_ACK, 7 + i * len, 1 + i * ok_bytes(), get_ok + 6);
		run();
		add(TG_TCP_ACK, 1 + (i + 1) * len, 1 + (i + 1) * ok_bytes(), "");
		run();
	}
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_REQUESTS), 5);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
}

static CU_TestInfo tests[] = {
	{ "request: answered, closed, no trace",
	    test_request_is_answered_and_the_connection_closed_without_a_trace },
	{ "burst of SYN, ACK and request: one handshake, one answer",
	    test_burst_of_syn_ack_and_request_is_one_handshake_and_one_answer },
	{ "pipelined requests beyond four answers wait for ACKs",
	    test_pipelined_requests_beyond_four_answers_wait_for_acks },
	{ "request that takes too long: 408 and closed",
	    test_request_that_takes_too_long_is_answered_408_and_closed },
	{ "request that ends in time: the next has its own",
	    test_request_that_ends_in_time_gives_the_next_its_whole_time },
	{ "shard with too many moving connections: 503",
	    test_shard_with_too_many_moving_connections_answers_503 },
	{ "request that never ends: closed after the idle time",
	    test_request_that_never_ends_is_closed_after_the_idle_time },
	{ "request now and then: the connection stays",
	    test_request_now_and_then_keeps_the_connection },
	{ "half-close after the request: answered, then closed",
	    test_half_close_after_the_request_is_answered_then_closed },
	{ "expired snapshot: its connections reset, unpinned",
	    test_expired_snapshot_resets_its_connections_and_unpins },
	{ "draining: idle connections closed, SYNs refused",
	    test_draining_closes_idle_connections_and_refuses_syns },
	{ "draining: an answer finishes, then the connection closes",
	    test_draining_lets_an_answer_finish_and_then_closes },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "shard requests", NULL, NULL, setup, teardown, tests },
		CU_SUITE_INFO_NULL };
	int code = tg_tap_run(suites);

	rig_free(&rig);
	return code;
}
