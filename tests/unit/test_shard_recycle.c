/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A table of TCBs that is full, of TIME-WAIT or of others, and one who wants in.
 */
#include <stdlib.h>

#include "shard_fixture.h"

#define LIMIT 8
#define TAKEN (LIMIT + 5) /* of one source, which has the sketch to itself */

static const char get_close[] = "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/* A shard of so many TCBs for each family. */
static void
start_with(uint32_t connections)
{
	struct rig_options options = rig_defaults;

	options.connections = connections;
	options.msl_ms = 120000;
	start(&options);
	meet();
}

/* A connection of the client's that ends in TIME-WAIT here, who closes first. */
static void
leave_time_wait(uint16_t from)
{
	struct tg_packet pkt = { 0 };
	uint32_t next;

	open_connection(from);
	add(TG_TCP_ACK | TG_TCP_PSH, 1, 1, get_close);
	run();
	CU_ASSERT_TRUE_FATAL(sent(n_sent() - 1, &pkt));
	next = pkt.tcp.seq + pkt.tcp.len + 1 - iss;
	add(TG_TCP_ACK | TG_TCP_FIN, 1 + (uint32_t)strlen(get_close), next, "");
	run();
}

static void
test_table_full_of_time_wait_recycles_one_for_a_syn(void)
{
	uint16_t i;

	start_with(4);
	for (i = 0; i < 4; i++)
		leave_time_wait((uint16_t)(40000 + i));
	CU_ASSERT_EQUAL(connections(TG_TCP_TIME_WAIT), 4);
	open_connection(40004);
	CU_ASSERT_EQUAL(connections(TG_TCP_TIME_WAIT), 3);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_TIME_WAIT_RECYCLED), 1);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_NO_TCB), 0);
	for (i = 5; i < 8; i++)
		open_connection((uint16_t)(40000 + i));
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 4);
	/* None is left to make room. */
	port = 40008;
	add(TG_TCP_SYN, 0, 0, "");
	run();
	CU_ASSERT_EQUAL(n_sent(), 0);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_NO_TCB), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_TIME_WAIT_RECYCLED), 4);
}

/* Without keys for cookies, each SYN wants a TCB, and each is one for the limit of its source. */
static void
test_table_full_of_time_wait_counts_each_syn_once_for_its_source(void)
{
	struct rig_options options = rig_defaults;
	uint16_t i;

	options.connections = TAKEN;
	options.msl_ms = 120000;
	options.syn_cookies = TG_SYN_COOKIES_ALWAYS;
	options.syns_per_source = LIMIT;
	start(&options);
	meet();
	for (i = 0; i < TAKEN; i++)
		leave_time_wait((uint16_t)(40000 + i));
	run_after_ms(1000);
	for (i = 0; i < TAKEN; i++)
		open_connection((uint16_t)(41000 + i));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_TIME_WAIT_RECYCLED), TAKEN);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), TAKEN);
	CU_ASSERT_EQUAL(all_drops(), 0);
}

/* Its last ACK is due in the same run: not this one. */
static void
test_table_full_of_time_wait_keeps_one_that_just_heard(void)
{
	start_with(1);
	leave_time_wait(40000);
	CU_ASSERT_EQUAL(connections(TG_TCP_TIME_WAIT), 1);
	add(TG_TCP_ACK | TG_TCP_FIN, 1 + (uint32_t)strlen(get_close), 2, "");
	port = 40001;
	add(TG_TCP_SYN, 0, 0, "");
	run();
	CU_ASSERT_EQUAL(connections(TG_TCP_TIME_WAIT), 1);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_NO_TCB), 1);
	open_connection(40001);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
}

static CU_TestInfo tests[] = {
	{ "table full of time-wait recycles one for a syn",
	    test_table_full_of_time_wait_recycles_one_for_a_syn },
	{ "table full of time-wait counts each syn once for its source",
	    test_table_full_of_time_wait_counts_each_syn_once_for_its_source },
	{ "table full of time-wait keeps one that just heard",
	    test_table_full_of_time_wait_keeps_one_that_just_heard },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "shard recycle", NULL, NULL, setup, teardown, tests },
		CU_SUITE_INFO_NULL };
	int code = tg_tap_run(suites);

	rig_free(&rig);
	return code;
}
