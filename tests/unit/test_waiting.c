/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Connections whose next hop is not known: what happens once it is.
 */
#include "../sim/random.h"
#include "shard/shard_internal.h"
#include "shard_fixture.h"

#define OTHER_IP 0xc0000263 /* 192.0.2.99 */

/* The two have not met. */
static void
setup_strangers(void)
{
	struct rig_options options = rig_defaults;

	options.connections = options.half_open = 256;
	now = 77 * TG_NS_PER_SEC;
	start(&options);
}

static void
add_syns(uint32_t from, uint16_t first_port, uint32_t n)
{
	path.src.v4 = tg_be32(from);
	for (port = first_port; port < first_port + n; port++)
		add(TG_TCP_SYN, 0, 0, "");
	path.src.v4 = tg_be32(CLIENT_IP);
}

static void
test_syn_ack_leaves_in_the_run_that_learns_the_next_hop(void)
{
	add_syns(CLIENT_IP, 1, 1);
	run();
	CU_ASSERT_EQUAL(n_sent(), 0);
	add_arp(2, CLIENT_IP, SERVER_IP);
	run_after_ms(1);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	run_after_ms(5);
	CU_ASSERT_EQUAL(n_sent(), 0);
}

static void
test_syn_ack_that_waited_long_leaves_at_once_and_has_its_whole_time(void)
{
	uint32_t ms;

	add_syns(CLIENT_IP, 1, 1);
	run();
	for (ms = 0; ms < 900; ms += 10)
		run_after_ms(10);
	CU_ASSERT_EQUAL(n_sent(), 0);
	add_arp(2, CLIENT_IP, SERVER_IP);
	run_after_ms(1);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	run_after_ms(990);
	CU_ASSERT_EQUAL(n_sent(), 0);
	run_after_ms(20);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_SYN_ACK_RETRANSMITS), 1);
}

static void
test_many_that_wait_leave_a_bounded_number_in_each_run(void)
{
	uint32_t i;

	for (i = 0; i < 3; i++) {
		add_syns(CLIENT_IP, (uint16_t)(1000 + 50 * i), 50);
		run();
	}
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_WAIT), 150);
	add_arp(2, CLIENT_IP, SERVER_IP);
	run();
	CU_ASSERT_EQUAL(n_sent(), 64);
	CU_ASSERT_EQUAL(tg_shard_idle_ns(rig.shard, now, TG_NS_PER_SEC), 0);
	run();
	CU_ASSERT_EQUAL(n_sent(), 64);
	run();
	CU_ASSERT_EQUAL(n_sent(), 22);
	run();
	CU_ASSERT_EQUAL(n_sent(), 0);
	CU_ASSERT_TRUE(tg_shard_idle_ns(rig.shard, now, TG_NS_PER_SEC) > 0);
	CU_ASSERT_EQUAL(connections(TG_TCP_SYN_RECEIVED), 150);
}

static void
test_those_of_another_next_hop_wait_on(void)
{
	struct tg_packet pkt = { 0 };

	add_syns(OTHER_IP, 1, 2);
	add_syns(CLIENT_IP, 3, 2);
	add_syns(OTHER_IP, 5, 2);
	run();
	add_arp(2, CLIENT_IP, SERVER_IP);
	run_after_ms(1);
	CU_ASSERT_EQUAL(n_sent(), 2);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_WAIT), 6);
	add_arp(2, OTHER_IP, SERVER_IP);
	run_after_ms(1);
	CU_ASSERT_EQUAL_FATAL(n_sent(), 4);
	sent(0, &pkt);
	CU_ASSERT_EQUAL(pkt.dst.v4, tg_be32(OTHER_IP));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_SYN_ACK_RETRANSMITS), 0);
}

static void
test_connection_that_ended_while_it_waited_is_forgotten(void)
{
	add_syns(CLIENT_IP, 1, 1);
	run();
	port = 1;
	add(TG_TCP_RST, 1, 0, "");
	run();
	CU_ASSERT_EQUAL(rig_connections(&rig), 0);
	CU_ASSERT_EQUAL(rig.shard->waiting.n, 0);
	add_arp(2, CLIENT_IP, SERVER_IP);
	run_after_ms(1);
	CU_ASSERT_EQUAL(n_sent(), 0);
	add_syns(CLIENT_IP, 2, 1);
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	run_after_ms(1);
	CU_ASSERT_EQUAL(n_sent(), 0);
}

static void
test_address_that_nobody_waited_for_wakes_nobody(void)
{
	add_syns(OTHER_IP, 1, 1);
	run();
	add_arp(1, CLIENT_IP, SERVER_IP);
	run_after_ms(1);
	CU_ASSERT_EQUAL(n_sent(), 0);
	CU_ASSERT_TRUE(tg_shard_idle_ns(rig.shard, now, TG_NS_PER_SEC) > 0);
}

/* An established connection loses its next hop: what it has to say leaves when that is back,
 * long before the retransmission timer would look. */
static void
test_text_leaves_in_the_run_that_finds_the_next_hop_again(void)
{
	uint64_t waits;
	uint32_t i;

	meet();
	open_connection(1);
	run_after_ms(31000); /* no longer REACHABLE */
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	CU_ASSERT_EQUAL(n_sent(), 1);
	for (i = 0; i < 20000 && counter(TG_COUNTER_NEIGHBOR_WAIT) == 0; i++)
		run_after_ms(1); /* probed in vain, and given up */
	waits = counter(TG_COUNTER_NEIGHBOR_WAIT);
	CU_ASSERT_EQUAL(waits, 1);
	run_after_ms(20);
	CU_ASSERT_EQUAL(n_sent(), 0);
	add_arp(2, CLIENT_IP, SERVER_IP);
	run_after_ms(1);
	CU_ASSERT_EQUAL(n_sent(), 1);
	run_after_ms(1000);
	CU_ASSERT_EQUAL(n_sent(), 0);
}

/* Whatever comes and goes, those that wait are woken once, and the shard comes to rest. */
static void
test_waiting_is_exact_whatever_happens(void)
{
	struct sim_random random = { 17 };
	uint32_t i, n;

	for (i = 0; i < 3000; i++) {
		uint32_t from = CLIENT_IP + 0x10 + sim_random_below(&random, 6);

		add_syns(from, (uint16_t)(1 + sim_random_below(&random, 40)),
		    sim_random_below(&random, 3));
		if (sim_random_percent(&random, 10))
			add_arp(2, from, SERVER_IP);
		if (sim_random_percent(&random, 20)) {
			path.src.v4 = tg_be32(from);
			port = (uint16_t)(1 + sim_random_below(&random, 40));
			add(TG_TCP_RST, 1, 0, "");
			path.src.v4 = tg_be32(CLIENT_IP);
		}
		run_after_ms(sim_random_below(&random, 200));
	}
	CU_ASSERT_TRUE(counter(TG_COUNTER_NEIGHBOR_WAIT) > 100);
	for (i = 0; i < 400 && !rig_is_empty(&rig); i++)
		run_after_ms(1000);
	CU_ASSERT_TRUE(rig_is_empty(&rig));
	CU_ASSERT_EQUAL(rig.shard->waiting.n, 0);
	for (i = n = 0; i < 100; i++) {
		run_after_ms(1);
		n += n_sent();
	}
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_TRUE(tg_shard_idle_ns(rig.shard, now, 5000) > 0);
}

static CU_TestInfo tests[] = {
	{ "SYN-ACK leaves in the run that learns the next hop",
	    test_syn_ack_leaves_in_the_run_that_learns_the_next_hop },
	{ "SYN-ACK that waited long: leaves at once, has its whole time",
	    test_syn_ack_that_waited_long_leaves_at_once_and_has_its_whole_time },
	{ "many that wait: a bounded number in each run",
	    test_many_that_wait_leave_a_bounded_number_in_each_run },
	{ "another next hop: waits on", test_those_of_another_next_hop_wait_on },
	{ "connection that ended while it waited: forgotten",
	    test_connection_that_ended_while_it_waited_is_forgotten },
	{ "address that nobody waited for: wakes nobody",
	    test_address_that_nobody_waited_for_wakes_nobody },
	{ "text leaves in the run that finds the next hop again",
	    test_text_leaves_in_the_run_that_finds_the_next_hop_again },
	{ "waiting is exact whatever happens", test_waiting_is_exact_whatever_happens },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "waiting", NULL, NULL, setup_strangers, teardown, tests },
		CU_SUITE_INFO_NULL };
	int code = tg_tap_run(suites);

	rig_free(&rig);
	return code;
}
