/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Routes for some classes of sources: 403 for all others, RFC 9110 section 15.5.4.
 */
#include "http_conn_fixture.h"

#define OFFICE 1
#define LAB    4
#define OTHERS 5

static const struct tg_http_user nobody;
static const struct tg_http_realm realm = { &nobody, 1, TG_HTTP_401 };

/* /a is for the office and the lab. */
static void
setup_for(uint8_t src_class)
{
	setup();
	fx.route[0].classes = 1U << OFFICE | 1U << LAB;
	tg_http_set_source(&fx.conn, src_class);
}

static void
test_route_without_classes_is_for_everybody(void)
{
	uint8_t src_class;

	for (src_class = 0; src_class < TG_HTTP_CLASSES_MAX; src_class++) {
		setup_for(src_class);
		receive(GET_BIG);
		expect_answer(&fx.now[0], PAGE_BIG, KEEP);
		CU_ASSERT_TRUE(stream_is_expected(0));
		teardown();
	}
}

static void
test_route_with_classes_is_for_these(void)
{
	uint8_t src_class;

	for (src_class = 0; src_class < TG_HTTP_CLASSES_MAX; src_class++) {
		bool in = src_class == OFFICE || src_class == LAB;

		setup_for(src_class);
		receive(GET_A);
		expect_answer(&fx.now[0], in ? PAGE_A : TG_HTTP_403, KEEP);
		CU_ASSERT_TRUE(stream_is_expected(0));
		CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_403), !in);
		teardown();
	}
}

static void
test_connection_is_of_no_class_until_told(void)
{
	setup();
	fx.route[0].classes = 1U << OFFICE;
	receive(GET_A);
	expect_answer(&fx.now[0], TG_HTTP_403, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_forbidden_keeps_the_connection_and_mirrors_head(void)
{
	setup_for(OTHERS);
	receive("HEAD /a HTTP/1.1\r\n" HOST_END GET_A GET_BIG);
	expect_answer(&fx.now[0], TG_HTTP_403, KEEP_HEAD);
	expect_answer(&fx.now[0], TG_HTTP_403, KEEP);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_FALSE(tg_http_closing(&fx.conn));
	teardown();
}

static void
test_forbidden_closes_where_the_client_asks(void)
{
	setup_for(OTHERS);
	receive(LAST_A);
	expect_answer(&fx.now[0], TG_HTTP_403, CLOSE);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_TRUE(tg_http_closing(&fx.conn));
	teardown();
}

/* Who may not be here is asked for no credentials, and told neither methods nor validators nor
 * how busy it is. */
static void
test_forbidden_comes_before_load_users_methods_and_conditions(void)
{
	setup_for(OTHERS);
	fx.route[0].realm = &realm;
	tg_http_set_busy(&fx.conn, true);
	receive(GET_A "OPTIONS /a HTTP/1.1\r\n" HOST_END "DELETE /a HTTP/1.1\r\n" HOST_END
		      "GET /a HTTP/1.1\r\nIf-None-Match: *\r\n" HOST_END);
	expect_answer(&fx.now[0], TG_HTTP_403, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_403, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_403, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_403, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_class_let_in_is_still_asked_for_its_user(void)
{
	setup_for(LAB);
	fx.route[0].realm = &realm;
	receive(GET_A);
	expect_answer(&fx.now[0], TG_HTTP_401, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

/* The refusal does not wait for a body, which is read and forgotten. */
static void
test_forbidden_reads_the_body_and_goes_on(void)
{
	setup_for(OTHERS);
	receive(POST_A GET_BIG);
	expect_answer(&fx.now[0], TG_HTTP_403, KEEP);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static void
test_what_is_malformed_or_missing_is_said_to_everybody(void)
{
	setup_for(OTHERS);
	receive(GET_NONE "GET /a HTTP/1.1\r\n\r\n");
	expect_answer(&fx.now[0], TG_HTTP_404, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_400, CLOSE);
	CU_ASSERT_TRUE(stream_is_expected(0));
	teardown();
}

static CU_TestInfo tests[] = {
	{ "route_without_classes_is_for_everybody", test_route_without_classes_is_for_everybody },
	{ "route_with_classes_is_for_these", test_route_with_classes_is_for_these },
	{ "connection_is_of_no_class_until_told", test_connection_is_of_no_class_until_told },
	{ "forbidden_keeps_the_connection_and_mirrors_head",
	    test_forbidden_keeps_the_connection_and_mirrors_head },
	{ "forbidden_closes_where_the_client_asks", test_forbidden_closes_where_the_client_asks },
	{ "forbidden_comes_before_load_users_methods_and_conditions",
	    test_forbidden_comes_before_load_users_methods_and_conditions },
	{ "class_let_in_is_still_asked_for_its_user",
	    test_class_let_in_is_still_asked_for_its_user },
	{ "forbidden_reads_the_body_and_goes_on", test_forbidden_reads_the_body_and_goes_on },
	{ "what_is_malformed_or_missing_is_said_to_everybody",
	    test_what_is_malformed_or_missing_is_said_to_everybody },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "classes", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
