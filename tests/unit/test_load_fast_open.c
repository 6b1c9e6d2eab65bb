/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The client's first requests in the SYN, against the server's shard.
 */
#include "load_fixture.h"

static void
setup_fast_open(void)
{
	setup();
	client.fast_open_cookies = 8;
	d.plan = duel_plan(false, false, 1, 5);
	d.plan.fast_open = true;
	all_are_served = true;
}

/* Checks what the SYNs had. */
static void
check_syns(uint64_t asked, uint64_t sent, uint64_t taken)
{
	CU_ASSERT_EQUAL(counter(TG_COUNTER_FAST_OPEN_ASKED), asked);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_FAST_OPEN_SENT), sent);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_FAST_OPEN_TAKEN), taken);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_FAST_OPEN_UNTAKEN), sent - taken);
}

static void
test_first_syn_asks_and_the_others_carry_the_request(void)
{
	begin();
	check_end();
	CU_ASSERT_EQUAL(COUNT(OPENED), 5);
	check_syns(1, 4, 4);
	CU_ASSERT_EQUAL(COUNT(SENT_BYTES), 5 * d.plan.last_request.len);
}

static void
test_ipv6_carries_it_alike(void)
{
	d.plan = duel_plan(true, false, 1, 5);
	d.plan.fast_open = true;
	begin();
	check_end();
	check_syns(1, 4, 4);
}

static void
test_request_in_the_syn_takes_one_round_trip_from_there(void)
{
	const struct tg_load_figures *f;

	begin();
	check_end();
	f = tg_load_figures(d.rig[SIM_PEER].shard);
	CU_ASSERT_TRUE(tg_histogram_min(&f->request) >= 2 * TG_NS_PER_MS);
	CU_ASSERT_TRUE(tg_histogram_max(&f->request) < 3 * TG_NS_PER_MS);
	CU_ASSERT_TRUE(tg_histogram_min(&f->handshake) >= 2 * TG_NS_PER_MS);
	/* The first one waits for ARP, which its request does not count. */
	CU_ASSERT_TRUE(tg_histogram_max(&f->handshake) >= 4 * TG_NS_PER_MS);
}

static void
test_request_that_is_not_in_the_syn_is_timed_from_the_handshake_on(void)
{
	d.plan.total = 1;
	begin();
	check_end();
	check_syns(1, 0, 0);
	CU_ASSERT_TRUE(
	    tg_histogram_max(&tg_load_figures(d.rig[SIM_PEER].shard)->request) < 3 * TG_NS_PER_MS);
}

static void
test_only_the_first_request_of_a_connection_is_in_the_syn(void)
{
	d.plan.requests = 3;
	d.plan.total = 8;
	begin();
	check_end();
	CU_ASSERT_EQUAL(COUNT(OPENED), 3);
	check_syns(1, 2, 2);
}

static void
test_server_that_grants_nothing_is_asked_each_time(void)
{
	begin();
	d.rig[SIM_SHARD].world.fast_open = NULL;
	check_end();
	check_syns(5, 0, 0);
}

/* Its keys are others now: it takes no text, but gives a cookie, which the next SYN shows. */
static void
test_request_that_is_not_taken_goes_again_behind_the_handshake(void)
{
	begin();
	duel_run_ms(&d, 7); /* ARP, handshake, request: the cookie is here */
	CU_ASSERT_EQUAL(counter(TG_COUNTER_FAST_OPEN_CACHED), 1);
	d.rig[SIM_SHARD].keys.current = (struct tg_siphash_key){ { 9, 10 } };
	check_end();
	check_syns(1, 4, 3);
	CU_ASSERT_EQUAL(COUNT(SENT_BYTES), 5 * d.plan.last_request.len);
}

static void
test_half_close_follows_the_handshake(void)
{
	d.plan.half_close = true;
	begin();
	check_end();
	check_syns(1, 4, 4);
}

static void
test_active_close_is_as_without(void)
{
	d.plan.close = true;
	d.plan.requests = 2;
	d.plan.total = 6;
	begin();
	check_end();
	check_syns(1, 2, 2);
}

/* None was sent, and each is there for another connection to send. */
static void
test_request_of_a_refused_connection_is_given_back(void)
{
	d.plan.port = tg_be16(81);
	d.plan.total = 3;
	d.plan.connections = 2;
	begin();
	duel_run_ms(&d, 200);
	CU_ASSERT_TRUE(COUNT(REFUSED) > 3);
	CU_ASSERT_EQUAL(COUNT(REQUESTS), 0);
	CU_ASSERT_EQUAL(COUNT(SENT_BYTES), 0);
	CU_ASSERT_TRUE(duel_adds_up(&d));
}

/* What is under way counts against the total before it counts as sent. */
static void
test_no_more_are_opened_than_requests_left(void)
{
	d.plan.connections = 50;
	d.plan.total = 7;
	begin();
	check_end();
	CU_ASSERT_EQUAL(COUNT(OPENED), 7);
	check_syns(7, 0, 0);
}

static void
test_without_a_free_side_record_it_opens_as_ever(void)
{
	client.sides = 2;
	d.plan.connections = 3;
	d.plan.requests = 0;
	d.plan.total = UINT64_MAX;
	begin();
	duel_run_ms(&d, 100);
	CU_ASSERT_TRUE(COUNT(NO_SIDE) >= 1);
	CU_ASSERT_TRUE(COUNT(RESPONSES) > 10);
	CU_ASSERT_TRUE(duel_adds_up(&d));
	d.rig[SIM_PEER].world.draining = true;
	CU_ASSERT_TRUE(duel_finish(&d, 60000));
	CU_ASSERT_EQUAL(COUNT(RESPONSES), COUNT(REQUESTS));
}

static void
test_without_the_option_no_syn_asks(void)
{
	d.plan.fast_open = false;
	begin();
	check_end();
	check_syns(0, 0, 0);
}

static CU_TestInfo tests[] = {
	{ "the first SYN asks, the others carry the request",
	    test_first_syn_asks_and_the_others_carry_the_request },
	{ "IPv6 alike", test_ipv6_carries_it_alike },
	{ "request in the SYN: one round trip from there",
	    test_request_in_the_syn_takes_one_round_trip_from_there },
	{ "request not in the SYN: timed from the handshake on",
	    test_request_that_is_not_in_the_syn_is_timed_from_the_handshake_on },
	{ "only the first request is in the SYN",
	    test_only_the_first_request_of_a_connection_is_in_the_syn },
	{ "server that grants nothing: asked each time",
	    test_server_that_grants_nothing_is_asked_each_time },
	{ "request that is not taken: goes again",
	    test_request_that_is_not_taken_goes_again_behind_the_handshake },
	{ "half-close follows the handshake", test_half_close_follows_the_handshake },
	{ "active close is as without", test_active_close_is_as_without },
	{ "request of a refused connection: given back",
	    test_request_of_a_refused_connection_is_given_back },
	{ "no more are opened than requests left", test_no_more_are_opened_than_requests_left },
	{ "no free side record: opens as ever", test_without_a_free_side_record_it_opens_as_ever },
	{ "without the option no SYN asks", test_without_the_option_no_syn_asks },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "load, fast open", NULL, NULL, setup_fast_open, teardown,
				      tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
