/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The client against the server's shard.
 */
#include "load/load_internal.h"
#include "load_fixture.h"

static void
test_one_request_is_answered_and_the_server_closes(void)
{
	begin();
	check_end();
	CU_ASSERT_EQUAL(COUNT(OPENED), 1);
	CU_ASSERT_EQUAL(COUNT(ESTABLISHED), 1);
	CU_ASSERT_EQUAL(COUNT(STATUS_2XX), 1);
	CU_ASSERT_EQUAL(COUNT(CLOSED), 1);
	CU_ASSERT_EQUAL(COUNT(BODY_BYTES), 3);
	CU_ASSERT_EQUAL(COUNT(SENT_BYTES), d.plan.last_request.len);
	CU_ASSERT_EQUAL(COUNT(RECEIVED_BYTES), 3 + d.rig[SIM_SHARD].page[TG_HTTP_200].head_len[1]);
	/* It took the server's word, and left TIME-WAIT to it. */
	CU_ASSERT_EQUAL(
	    tg_stats_counter(tg_shard_stats(d.rig[SIM_SHARD].shard), TG_COUNTER_HTTP_REQUESTS), 1);
	teardown();
}

static void
test_times_are_those_of_the_link(void)
{
	const struct tg_load_figures *f;

	d.plan.total = d.plan.requests = 10;
	begin();
	check_end();
	f = tg_load_figures(d.rig[SIM_PEER].shard);
	/* ARP takes the first round trip, and the SYN follows at once. */
	CU_ASSERT_EQUAL(tg_histogram_count(&f->request), 10);
	CU_ASSERT_TRUE(tg_histogram_min(&f->request) >= 2 * TG_NS_PER_MS);
	CU_ASSERT_TRUE(tg_histogram_max(&f->request) < 3 * TG_NS_PER_MS);
	CU_ASSERT_EQUAL(tg_histogram_count(&f->handshake), 1);
	CU_ASSERT_TRUE(tg_histogram_min(&f->handshake) >= 4 * TG_NS_PER_MS);
	CU_ASSERT_TRUE(tg_histogram_max(&f->handshake) < 5 * TG_NS_PER_MS);
	teardown();
}

static void
test_many_requests_share_a_connection_up_to_the_limit(void)
{
	d.plan.requests = 4;
	d.plan.total = 10;
	begin();
	check_end();
	CU_ASSERT_EQUAL(COUNT(OPENED), 3);
	CU_ASSERT_EQUAL(COUNT(STATUS_2XX), 10);
	CU_ASSERT_EQUAL(COUNT(CLOSED), 3);
	teardown();
}

static void
test_no_more_connections_are_opened_than_requests_left(void)
{
	d.plan.connections = 50;
	d.plan.total = 7;
	begin();
	check_end();
	CU_ASSERT_EQUAL(COUNT(OPENED), 7);
	CU_ASSERT_EQUAL(COUNT(REQUESTS), 7);
	teardown();
}

static void
test_ipv6_is_served_alike(void)
{
	d.plan = duel_plan(true, false, 3, 9);
	begin();
	check_end();
	CU_ASSERT_EQUAL(COUNT(STATUS_2XX), 9);
	teardown();
}

static void
test_active_close_leaves_time_wait_here_and_counts_it_as_closed(void)
{
	d.plan.close = true;
	d.plan.requests = 3;
	d.plan.total = 2; /* so that the server is not told */
	begin();
	duel_run_ms(&d, 300);
	CU_ASSERT_EQUAL(COUNT(CLOSED), 1);
	CU_ASSERT_EQUAL(tg_gauge(&tg_load_figures(d.rig[SIM_PEER].shard)->open), 0);
	check_end();
	teardown();
}

static void
test_half_close_still_gets_the_whole_answer(void)
{
	d.plan = duel_plan(false, true, 1, 1);
	d.plan.half_close = true;
	d.plan.verify = true;
	begin();
	d.plan.body_bytes = RIG_BIG_BYTES;
	d.plan.body_sum = tg_body_sum(
	    TG_BODY_SUM_INIT, d.rig[SIM_SHARD].page[TG_HTTP_STATUS_MAX].body, RIG_BIG_BYTES);
	duel_run_ms(&d, 3);
	duel_run_ms(&d, 20);
	/* Our FIN has gone while the answer is still coming. */
	CU_ASSERT_TRUE(COUNT(RESPONSES) == 0);
	CU_ASSERT_EQUAL(
	    tg_gauge(&tg_shard_gauges(d.rig[SIM_PEER].shard)->state[TG_TCP_FIN_WAIT_2]), 1);
	check_end();
	CU_ASSERT_EQUAL(COUNT(STATUS_2XX), 1);
	CU_ASSERT_EQUAL(COUNT(BODY_BYTES), RIG_BIG_BYTES);
	teardown();
}

static void
test_body_other_than_expected_fails_the_connection(void)
{
	d.plan.verify = true;
	d.plan.body_bytes = 3;
	d.plan.body_sum = tg_body_sum(TG_BODY_SUM_INIT, (const uint8_t *)"ok!", 3);
	begin();
	check_end();
	CU_ASSERT_EQUAL(COUNT(WRONG_BODY), 1);
	CU_ASSERT_EQUAL(COUNT(STATUS_2XX), 1);
	CU_ASSERT_EQUAL(COUNT(CLOSED), 0);
	teardown();
}

static void
test_status_of_each_class_is_counted(void)
{
	static const char text[] = "GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

	d.plan.last_request = (struct tg_load_request){ (const uint8_t *)text, sizeof(text) - 1 };
	begin();
	check_end();
	CU_ASSERT_EQUAL(COUNT(STATUS_4XX), 1);
	CU_ASSERT_EQUAL(COUNT(STATUS_2XX), 0);
	teardown();
}

static void
test_rate_opens_on_time_and_no_faster(void)
{
	d.plan.connections = 100;
	d.plan.total = UINT64_MAX;
	d.plan.interval_ns = 10 * TG_NS_PER_MS;
	begin();
	duel_run_ms(&d, 1000);
	CU_ASSERT_TRUE(COUNT(OPENED) >= 99 && COUNT(OPENED) <= 101);
	CU_ASSERT_EQUAL(COUNT(HELD_BACK), 0);
	d.rig[SIM_PEER].world.draining = true;
	check_end();
	teardown();
}

static void
test_rate_begins_when_draining_ends_and_makes_up_for_nothing(void)
{
	d.plan.connections = 100;
	d.plan.total = UINT64_MAX;
	d.plan.interval_ns = 10 * TG_NS_PER_MS;
	begin();
	d.rig[SIM_PEER].world.draining = true;
	duel_run_ms(&d, 1000);
	CU_ASSERT_EQUAL(COUNT(OPENED), 0);
	d.rig[SIM_PEER].world.draining = false;
	duel_wake(&d);
	duel_run_ms(&d, 1000);
	CU_ASSERT_TRUE(COUNT(OPENED) >= 98 && COUNT(OPENED) <= 102);
	teardown();
}

static void
test_rate_beyond_the_connections_is_held_back_and_counted(void)
{
	d.plan.connections = 1;
	d.plan.total = UINT64_MAX;
	d.plan.interval_ns = TG_NS_PER_MS;
	begin();
	duel_run_ms(&d, 1000);
	CU_ASSERT_TRUE(COUNT(OPENED) > 50 && COUNT(OPENED) < 300);
	CU_ASSERT_TRUE(COUNT(HELD_BACK) > 500);
	CU_ASSERT_TRUE(COUNT(OPENED) + COUNT(HELD_BACK) <= 1001);
	CU_ASSERT_TRUE(duel_adds_up(&d));
	teardown();
}

static void
test_draining_opens_nothing_and_ends_what_is_open(void)
{
	uint64_t opened;

	d.plan.connections = 5;
	d.plan.total = UINT64_MAX;
	d.plan.requests = 0;
	begin();
	duel_run_ms(&d, 200);
	opened = COUNT(OPENED);
	CU_ASSERT_EQUAL(opened, 5);
	CU_ASSERT_TRUE(COUNT(RESPONSES) > 100);
	d.rig[SIM_PEER].world.draining = true;
	check_end();
	CU_ASSERT_EQUAL(COUNT(OPENED), opened);
	CU_ASSERT_EQUAL(COUNT(CLOSED), opened);
	teardown();
}

static void
test_no_free_tcb_puts_off_and_counts(void)
{
	client.connections = 4;
	client.msl_ms = 5000;
	d.plan.connections = 4;
	d.plan.total = UINT64_MAX;
	d.plan.close = true;
	d.plan.half_close = true; /* so that TIME-WAIT is ours */
	begin();
	duel_run_ms(&d, 1000);
	CU_ASSERT_EQUAL(COUNT(OPENED), 4);
	CU_ASSERT_TRUE(COUNT(NO_TCB) > 10);
	duel_run_ms(&d, 12000);
	CU_ASSERT_TRUE(COUNT(OPENED) > 4);
	CU_ASSERT_TRUE(duel_adds_up(&d));
	teardown();
}

static void
test_no_free_port_puts_off_and_counts(void)
{
	d.plan.local_port_min = 5000;
	d.plan.local_port_max = 5002;
	d.plan.connections = 10;
	d.plan.total = UINT64_MAX;
	d.plan.requests = 0;
	begin();
	duel_run_ms(&d, 100);
	CU_ASSERT_EQUAL(COUNT(OPENED), 3);
	CU_ASSERT_TRUE(COUNT(NO_PORT) > 10);
	teardown();
}

static void
test_no_free_side_record_fails_the_connection(void)
{
	client.sides = 2;
	d.plan.connections = 3;
	d.plan.total = UINT64_MAX;
	d.plan.requests = 0;
	begin();
	duel_run_ms(&d, 50);
	CU_ASSERT_TRUE(COUNT(NO_SIDE) >= 1);
	CU_ASSERT_TRUE(counter(TG_COUNTER_SIDE_FULL) >= 1);
	CU_ASSERT_TRUE(duel_adds_up(&d));
	teardown();
}

static uint16_t
odd_ports_are_of_worker_1(const void *ctx, bool is_ipv6, const union tg_ip *remote,
    const union tg_ip *local, be16_t rport, be16_t lport)
{
	CU_ASSERT_PTR_EQUAL(ctx, &d);
	CU_ASSERT_FALSE(is_ipv6);
	CU_ASSERT_EQUAL(remote->v4, tg_be32(0xc0000202));
	CU_ASSERT_EQUAL(local->v4, tg_be32(0xc0000201));
	CU_ASSERT_EQUAL(tg_host16(rport), 80);
	return tg_host16(lport) % 2;
}

static void
test_only_ports_that_come_home_are_used(void)
{
	d.plan.worker_of = odd_ports_are_of_worker_1;
	d.plan.worker_ctx = &d;
	d.plan.local_port_min = 5000;
	d.plan.local_port_max = 5005;
	d.plan.connections = 10;
	d.plan.total = UINT64_MAX;
	d.plan.requests = 0;
	begin();
	tg_load_set_share(d.rig[SIM_PEER].shard, 1, 2, 10, UINT64_MAX);
	duel_run_ms(&d, 100);
	CU_ASSERT_EQUAL(COUNT(OPENED), 3);
	CU_ASSERT_EQUAL(COUNT(ESTABLISHED), 3);
	teardown();
}

/* Two halves of the ports by the flow hash, as two workers would have them. */
static uint64_t
opened_by_worker(uint16_t worker)
{
	uint64_t n;

	d.plan.local_port_min = 5000;
	d.plan.local_port_max = 5098; /* an odd number: no two halves are alike */
	d.plan.connections = 60;
	d.plan.total = UINT64_MAX;
	d.plan.requests = 0;
	begin();
	tg_load_set_share(d.rig[SIM_PEER].shard, worker, 2, 100, UINT64_MAX);
	duel_run_ms(&d, 200);
	n = COUNT(OPENED);
	CU_ASSERT_TRUE(COUNT(NO_PORT) > 0);
	teardown();
	return n;
}

static void
test_workers_share_the_ports_by_the_flow_hash(void)
{
	uint64_t a, b;

	client.connections = client.sides = server.connections = server.sides = 128;
	server.half_open = 128;
	a = opened_by_worker(0);
	b = opened_by_worker(1);
	CU_ASSERT_EQUAL(a + b, 99);
	CU_ASSERT_TRUE(a > 30 && b > 30);
}

static void
test_cut_off_counts_what_is_open(void)
{
	d.plan.connections = 5;
	d.plan.total = UINT64_MAX;
	d.plan.requests = 0;
	begin();
	duel_run_ms(&d, 100);
	tg_load_cut_off(d.rig[SIM_PEER].shard);
	CU_ASSERT_EQUAL(COUNT(CUT_OFF), 5);
	CU_ASSERT_TRUE(duel_adds_up(&d));
	teardown();
}

/* A server may answer before it has acknowledged a request: then that one may have to be sent
 * again while the next is under way. The stream lies across the wrap of its offsets. */
static void
test_render_of_earlier_requests_is_the_stream_from_anywhere(void)
{
	static const struct tg_load_config config = { .request = { (const uint8_t *)"abcde", 5 },
		.last_request = { (const uint8_t *)"vwxyz.", 6 } };
	static const char stream[] = "abcdeabcdeabcdevwxyz.";
	struct tg_load_conn conn = { .base = 7, .last = true };
	struct tg_load load = { .config = &config, .conn = &conn };
	struct tg_run run = { .user = &load };
	uint32_t from, len, start = conn.base - 15;
	uint8_t got[32];

	for (from = 0; from < 21; from++) {
		for (len = 1; from + len <= 21; len++) {
			memset(got, 0, sizeof(got));
			CU_ASSERT_TRUE(tg_load_user.render(&run, 0, start + from, got, len));
			CU_ASSERT_EQUAL_FATAL(memcmp(got, stream + from, len), 0);
			CU_ASSERT_EQUAL(got[len], 0);
		}
	}
}

static CU_TestInfo tests[] = {
	{ "one request, and the server closes",
	    test_one_request_is_answered_and_the_server_closes },
	{ "times are those of the link", test_times_are_those_of_the_link },
	{ "requests share a connection up to the limit",
	    test_many_requests_share_a_connection_up_to_the_limit },
	{ "no more connections than requests left",
	    test_no_more_connections_are_opened_than_requests_left },
	{ "IPv6", test_ipv6_is_served_alike },
	{ "active close leaves TIME-WAIT here",
	    test_active_close_leaves_time_wait_here_and_counts_it_as_closed },
	{ "half-close still gets the whole answer", test_half_close_still_gets_the_whole_answer },
	{ "a body other than expected", test_body_other_than_expected_fails_the_connection },
	{ "status of each class", test_status_of_each_class_is_counted },
	{ "rate: on time and no faster", test_rate_opens_on_time_and_no_faster },
	{ "rate begins when draining ends",
	    test_rate_begins_when_draining_ends_and_makes_up_for_nothing },
	{ "rate beyond the connections is held back",
	    test_rate_beyond_the_connections_is_held_back_and_counted },
	{ "draining ends what is open", test_draining_opens_nothing_and_ends_what_is_open },
	{ "no free TCB", test_no_free_tcb_puts_off_and_counts },
	{ "no free port", test_no_free_port_puts_off_and_counts },
	{ "no free side record", test_no_free_side_record_fails_the_connection },
	{ "only ports that come home", test_only_ports_that_come_home_are_used },
	{ "earlier requests are rendered again",
	    test_render_of_earlier_requests_is_the_stream_from_anywhere },
	{ "workers share the ports by the flow hash",
	    test_workers_share_the_ports_by_the_flow_hash },
	{ "cut off counts what is open", test_cut_off_counts_what_is_open },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "load", NULL, NULL, setup, NULL, tests }, CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
