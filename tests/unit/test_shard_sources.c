/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Source classes and limits through a whole shard: SYNs of a burst that are beyond the limit of
 * their source, beside those that get cookies; and requests judged by the class of the frame that
 * they came in.
 */
#include "shard_cookies_fixture.h"

#define LIMIT  8
#define TAKEN  (LIMIT + 5) /* of one source, which has the sketch to itself */
#define OFFICE 3           /* the class that /ok is for */
#define OTHERS 2

/* A shard laid out with the limits, which rig_defaults do not have. */
static void
start_limited(enum tg_syn_cookies_mode mode)
{
	struct rig_options options = rig_defaults;

	options.half_open = 4;
	options.syn_cookies = mode;
	options.syns_per_source = LIMIT;
	start_with_keys(&options);
}

/* Adds SYNs of n ports from 192.0.2.host, of a class. */
static void
add_syns(uint8_t host, uint16_t from, uint32_t n, uint8_t src_class)
{
	uint32_t i;

	path.src.v4 = tg_be32((CLIENT_IP & ~UINT32_C(255)) | host);
	for (i = 0; i < n; i++) {
		port = (uint16_t)(from + i);
		add(TG_TCP_SYN, 0, 0, "");
		rx[n_rx - 1].src_class = src_class;
	}
}

static void
test_always_burst_of_one_source_gets_its_limit_of_cookies(void)
{
	start_limited(TG_SYN_COOKIES_ALWAYS);
	add_syns(1, 40000, 40, 0);
	run();
	CU_ASSERT_EQUAL(n_sent(), TAKEN);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ISSUED), TAKEN);
	CU_ASSERT_EQUAL(dropped(TG_DROP_SYN_SOURCE_LIMIT), 40 - TAKEN);
	CU_ASSERT_EQUAL(all_drops(), 40 - TAKEN);
	run_after_ms(1000);
	add_syns(1, 41000, 40, 0);
	run();
	CU_ASSERT_EQUAL(n_sent(), TAKEN);
}

/* Refused and answered SYNs alternate within one batch. */
static void
test_always_burst_of_two_sources_answers_the_one_below_its_limit(void)
{
	struct tg_packet pkt = { 0 };
	uint32_t i;

	start_limited(TG_SYN_COOKIES_ALWAYS);
	add_syns(1, 40000, 40, 0);
	run();
	for (i = 0; i < LIMIT; i++) {
		add_syns(1, (uint16_t)(42000 + i), 2, 0);
		add_syns(9, (uint16_t)(43000 + i), 1, 0);
	}
	run();
	CU_ASSERT_EQUAL(n_sent(), LIMIT);
	for (i = 0; i < LIMIT && sent(i, &pkt); i++) {
		CU_ASSERT_EQUAL(pkt.tcp.flags, TG_TCP_SYN | TG_TCP_ACK);
		CU_ASSERT_EQUAL(tg_host32(pkt.dst.v4) & 255, 9);
		CU_ASSERT_EQUAL(tg_host16(pkt.tcp.dport), 43000 + i);
	}
	CU_ASSERT_EQUAL(dropped(TG_DROP_SYN_SOURCE_LIMIT), 40 - TAKEN + 2 * LIMIT);
}

static void
test_auto_source_is_limited_once_the_table_was_full(void)
{
	start_limited(TG_SYN_COOKIES_AUTO);
	add_syns(1, 40000, 4, 0);
	run();
	CU_ASSERT_EQUAL(connections(TG_TCP_SYN_RECEIVED), 4);
	add_syns(1, 41000, 60, 0);
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ISSUED), TAKEN);
	CU_ASSERT_EQUAL(dropped(TG_DROP_SYN_SOURCE_LIMIT), 60 - TAKEN);
	CU_ASSERT_EQUAL(connections(TG_TCP_SYN_RECEIVED), 4);
}

/* Whatever the sources of others do, a client at its limit is served. */
static void
test_client_beside_a_flood_of_ever_new_sources_is_served(void)
{
	uint32_t i, j;

	start_limited(TG_SYN_COOKIES_ALWAYS);
	for (i = 0; i < 50 * LIMIT; i++) {
		for (j = 0; j < 60; j++) {
			path.src.v4 = tg_be32(0x0a000000 + i * 7919 + j * 104729);
			add(TG_TCP_SYN, 0, 0, "");
		}
		run();
		CU_ASSERT_EQUAL(rig.tx.n, 60);
		if (i % 50 != 0)
			continue;
		add_syns(1, (uint16_t)(40000 + i), 1, 0);
		run();
		CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	}
}

static void
test_class_exempt_gets_a_cookie_for_each_syn(void)
{
	start_limited(TG_SYN_COOKIES_ALWAYS);
	rig.tcp.source_limits.exempt = 1U << OFFICE;
	add_syns(1, 40000, 60, OFFICE);
	run();
	CU_ASSERT_EQUAL(n_sent(), 60);
	add_syns(1, 41000, 60, OTHERS);
	run();
	CU_ASSERT_EQUAL(n_sent(), TAKEN);
}

/* Adds a piece of a request, from a source of that class. */
static void
add_piece(const char *request, uint32_t from, uint32_t to, uint8_t src_class)
{
	char piece[64] = "";

	memcpy(piece, request + from, to - from);
	add(TG_TCP_ACK | TG_TCP_PSH, 1 + from, 1, piece);
	rx[n_rx - 1].src_class = src_class;
}

static void
open_guarded(void)
{
	setup();
	rig.route[1].classes = rig.route[0].classes = 1U << OFFICE;
	open_connection(40000);
}

/* Expects the answer to one request: "200" or "403". */
static void
expect_status(const char *status)
{
	struct tg_packet pkt = { 0 };

	CU_ASSERT_TRUE_FATAL(n_sent() >= 1 && sent(n_sent() - 1, &pkt) && pkt.tcp.len > 12);
	CU_ASSERT_EQUAL(memcmp(pkt.tcp.text + 9, status, 3), 0);
}

static void
test_request_of_the_class_is_answered(void)
{
	open_guarded();
	add_piece(get_ok, 0, sizeof(get_ok) - 1, OFFICE);
	run();
	expect_status("200");
}

static void
test_request_of_another_class_is_forbidden(void)
{
	open_guarded();
	add_piece(get_ok, 0, sizeof(get_ok) - 1, OTHERS);
	run();
	expect_status("403");
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_403), 1);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
}

static void
test_request_of_no_class_is_forbidden(void)
{
	open_guarded();
	add_piece(get_ok, 0, sizeof(get_ok) - 1, 0);
	run();
	expect_status("403");
}

/* The text that is held for its beginning is judged by its own frame's class. */
static void
test_request_out_of_order_keeps_its_class(void)
{
	static const struct {
		uint8_t src_class;
		const char *status;
	} v[] = { { OFFICE, "200" }, { OTHERS, "403" } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(v); i++) {
		open_guarded();
		add_piece(get_ok, 10, sizeof(get_ok) - 1, v[i].src_class);
		run();
		CU_ASSERT_EQUAL(counter(TG_COUNTER_OUT_OF_ORDER), 1);
		add_piece(get_ok, 0, 10, v[i].src_class);
		run();
		expect_status(v[i].status);
		teardown();
	}
}

static CU_TestInfo tests[] = {
	{ "always_burst_of_one_source_gets_its_limit_of_cookies",
	    test_always_burst_of_one_source_gets_its_limit_of_cookies },
	{ "always_burst_of_two_sources_answers_the_one_below_its_limit",
	    test_always_burst_of_two_sources_answers_the_one_below_its_limit },
	{ "auto_source_is_limited_once_the_table_was_full",
	    test_auto_source_is_limited_once_the_table_was_full },
	{ "client_beside_a_flood_of_ever_new_sources_is_served",
	    test_client_beside_a_flood_of_ever_new_sources_is_served },
	{ "class_exempt_gets_a_cookie_for_each_syn", test_class_exempt_gets_a_cookie_for_each_syn },
	{ "request_of_the_class_is_answered", test_request_of_the_class_is_answered },
	{ "request_of_another_class_is_forbidden", test_request_of_another_class_is_forbidden },
	{ "request_of_no_class_is_forbidden", test_request_of_no_class_is_forbidden },
	{ "request_out_of_order_keeps_its_class", test_request_out_of_order_keeps_its_class },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "shard sources", NULL, NULL, setup, teardown, tests },
		CU_SUITE_INFO_NULL };
	int code = tg_tap_run(suites);

	rig_free(&rig);
	return code;
}
