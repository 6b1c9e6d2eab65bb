/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/head.h"
#include "http/site.h"
#include "tap.h"

#include <stdio.h>

static struct tg_http_route
route(const char *path, uint16_t page)
{
	struct tg_http_route r = { .path_len = (uint8_t)strlen(path), .page = page };

	memcpy(r.path, path, r.path_len);
	return r;
}

static bool
finds(const struct tg_http_site *site, const char *path, uint16_t page)
{
	const struct tg_http_route *found = tg_http_site_find(site, path, (uint32_t)strlen(path));

	return found != NULL && found->page == page;
}

static bool
lacks(const struct tg_http_site *site, const char *path)
{
	return tg_http_site_find(site, path, (uint32_t)strlen(path)) == NULL;
}

static void
test_status_table_every_row_has_code_reason_and_counter(void)
{
	unsigned i;

	for (i = 0; i < TG_HTTP_STATUS_MAX; i++) {
		const struct tg_http_status_info *s = &tg_http_status_info[i];

		CU_ASSERT_TRUE(s->code >= 100 && s->code <= 599);
		CU_ASSERT_PTR_NOT_NULL_FATAL(s->reason);
		CU_ASSERT_TRUE(s->reason[0] != '\0');
		CU_ASSERT_EQUAL(s->counter, TG_COUNTER_HTTP_100 + i);
		if (i > 0)
			CU_ASSERT_TRUE(s->code > tg_http_status_info[i - 1].code);
	}
	CU_ASSERT_EQUAL(tg_http_status_info[TG_HTTP_404].counter, TG_COUNTER_HTTP_404);
	CU_ASSERT_EQUAL(tg_http_status_info[TG_HTTP_431].code, 431);
	CU_ASSERT_EQUAL(tg_http_status_info[TG_HTTP_431].counter, TG_COUNTER_HTTP_431);
}

static void
test_site_without_routes_finds_nothing(void)
{
	struct tg_http_site site = { .n_pages = 1 };

	CU_ASSERT_TRUE(tg_http_site_init(&site, NULL, 0));
	CU_ASSERT_TRUE(lacks(&site, "/"));
}

static void
test_site_unsorted_routes_are_all_found(void)
{
	struct tg_http_route routes[] = { route("/status", 3), route("/", 0), route("/b", 2),
		route("/metrics", 4), route("/a", 1), route("/status/", 5) };
	struct tg_http_site site = { .body_limit = 7, .error_page = { [TG_HTTP_404] = 9 } };

	CU_ASSERT_TRUE_FATAL(tg_http_site_init(&site, routes, 6));
	CU_ASSERT_TRUE(finds(&site, "/", 0));
	CU_ASSERT_TRUE(finds(&site, "/a", 1));
	CU_ASSERT_TRUE(finds(&site, "/b", 2));
	CU_ASSERT_TRUE(finds(&site, "/status", 3));
	CU_ASSERT_TRUE(finds(&site, "/metrics", 4));
	CU_ASSERT_TRUE(finds(&site, "/status/", 5));
	CU_ASSERT_EQUAL(site.body_limit, 7);
	CU_ASSERT_EQUAL(site.error_page[TG_HTTP_404], 9);
}

static void
test_site_near_misses_are_not_found(void)
{
	struct tg_http_route routes[] = { route("/status", 3), route("/a", 1), route("/", 0) };
	struct tg_http_site site = { 0 };

	CU_ASSERT_TRUE_FATAL(tg_http_site_init(&site, routes, 3));
	CU_ASSERT_TRUE(lacks(&site, ""));
	CU_ASSERT_TRUE(lacks(&site, "/b"));
	CU_ASSERT_TRUE(lacks(&site, "/A"));
	CU_ASSERT_TRUE(lacks(&site, "/statu"));
	CU_ASSERT_TRUE(lacks(&site, "/statuS"));
	CU_ASSERT_TRUE(lacks(&site, "/status/"));
	CU_ASSERT_TRUE(lacks(&site, "/%73tatus"));
}

static void
test_site_many_routes_in_any_order_are_all_found(void)
{
	static struct tg_http_route routes[1000];
	struct tg_http_site site = { 0 };
	char path[32];
	uint32_t i;

	for (i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/%u", i * 617 % 1000);
		routes[i] = route(path, (uint16_t)(i * 617 % 1000));
	}
	CU_ASSERT_TRUE_FATAL(tg_http_site_init(&site, routes, 1000));
	for (i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		CU_ASSERT_TRUE(finds(&site, path, (uint16_t)i));
	}
	CU_ASSERT_TRUE(lacks(&site, "/1000"));
	CU_ASSERT_TRUE(lacks(&site, "/00"));
}

static void
test_site_longest_route_is_found_and_a_cut_path_is_not(void)
{
	struct tg_http_route routes[1] = { { .path_len = TG_HTTP_TARGET_MAX - 1, .page = 6 } };
	struct tg_http_site site = { 0 };

	memset(routes[0].path, '/', sizeof(routes[0].path));
	CU_ASSERT_TRUE_FATAL(tg_http_site_init(&site, routes, 1));
	CU_ASSERT_PTR_EQUAL(
	    tg_http_site_find(&site, routes[0].path, TG_HTTP_TARGET_MAX - 1), routes);
	CU_ASSERT_PTR_NULL(tg_http_site_find(&site, routes[0].path, TG_HTTP_TARGET_MAX));
}

static void
test_site_impossible_routes_are_refused(void)
{
	struct tg_http_route same[] = { route("/x", 0), route("/y", 1), route("/x", 2) };
	struct tg_http_route last[] = { route("/z", 0), route("/y", 1), route("/x", 1),
		route("/x", 2) };
	struct tg_http_route relative[] = { route("x", 0) };
	struct tg_http_route empty[] = { route("", 0) };
	struct tg_http_route too_long[] = { { .path = "/", .path_len = TG_HTTP_TARGET_MAX } };
	struct tg_http_site site = { 0 };

	CU_ASSERT_FALSE(tg_http_site_init(&site, same, 3));
	CU_ASSERT_FALSE(tg_http_site_init(&site, last, 4));
	CU_ASSERT_FALSE(tg_http_site_init(&site, relative, 1));
	CU_ASSERT_FALSE(tg_http_site_init(&site, empty, 1));
	CU_ASSERT_FALSE(tg_http_site_init(&site, too_long, 1));
}

static bool
date_is(uint64_t unix_seconds, const char *expected)
{
	char date[TG_HTTP_DATE_BYTES + 1];

	date[TG_HTTP_DATE_BYTES] = '#';
	tg_http_date_write(date, unix_seconds);
	return memcmp(date, expected, TG_HTTP_DATE_BYTES) == 0 && date[TG_HTTP_DATE_BYTES] == '#' &&
	       strlen(expected) == TG_HTTP_DATE_BYTES;
}

static void
test_date_of_known_instants_is_right(void)
{
	CU_ASSERT_TRUE(date_is(0, "Thu, 01 Jan 1970 00:00:00 GMT"));
	CU_ASSERT_TRUE(date_is(784111777, "Sun, 06 Nov 1994 08:49:37 GMT")); /* RFC 9110 5.6.7 */
	CU_ASSERT_TRUE(date_is(1000000000, "Sun, 09 Sep 2001 01:46:40 GMT"));
	CU_ASSERT_TRUE(date_is(1234567890, "Fri, 13 Feb 2009 23:31:30 GMT"));
	CU_ASSERT_TRUE(date_is(2147483647, "Tue, 19 Jan 2038 03:14:07 GMT"));
	CU_ASSERT_TRUE(date_is(4294967296, "Sun, 07 Feb 2106 06:28:16 GMT"));
	CU_ASSERT_TRUE(date_is(253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"));
}

static void
test_date_around_leap_days_is_right(void)
{
	CU_ASSERT_TRUE(date_is(951782399, "Mon, 28 Feb 2000 23:59:59 GMT"));
	CU_ASSERT_TRUE(date_is(951782400, "Tue, 29 Feb 2000 00:00:00 GMT"));
	CU_ASSERT_TRUE(date_is(951868800, "Wed, 01 Mar 2000 00:00:00 GMT"));
	CU_ASSERT_TRUE(date_is(1709251199, "Thu, 29 Feb 2024 23:59:59 GMT"));
	CU_ASSERT_TRUE(date_is(1709251200, "Fri, 01 Mar 2024 00:00:00 GMT"));
	CU_ASSERT_TRUE(date_is(1735689599, "Tue, 31 Dec 2024 23:59:59 GMT"));
	CU_ASSERT_TRUE(date_is(1735689600, "Wed, 01 Jan 2025 00:00:00 GMT"));
	CU_ASSERT_TRUE(date_is(4107542399, "Sun, 28 Feb 2100 23:59:59 GMT")); /* no leap year */
	CU_ASSERT_TRUE(date_is(4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"));
}

/* The next day, by the calendar's own rules. */
static void
advance_day(unsigned *day, unsigned *month, unsigned *year)
{
	static const unsigned lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = *year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0);

	if (++*day <= lengths[*month] + (*month == 1 && leap))
		return;
	*day = 1;
	if (++*month < 12)
		return;
	*month = 0;
	++*year;
}

static void
test_date_of_every_day_of_four_centuries_follows_the_calendar(void)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const char weekdays[] = "SunMonTueWedThuFriSat";
	unsigned day = 1, month = 0, year = 1970, n;
	char expected[64];

	for (n = 0; n < 146100; n++) {
		snprintf(expected, sizeof(expected), "%.3s, %02u %.3s %04u 23:59:59 GMT",
		    weekdays + 3 * ((n + 4) % 7), day, names + 3 * month, year);
		if (!date_is(n * 86400ULL + 86399, expected))
			break;
		advance_day(&day, &month, &year);
	}
	CU_ASSERT_EQUAL(n, 146100);
}

static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";

static const char full_head[] = "HTTP/1.1 200 OK\r\n"
				"Server: tidegate\r\n"
				"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
				"X: y\r\n"
				"Content-Type: text/plain\r\n"
				"Content-Length: 4294967295\r\n"
				"Connection: keep-alive\r\n"
				"\r\n";

static const struct tg_http_head full = { TG_HTTP_200, date, "text/plain", "tidegate", "X: y\r\n",
	UINT32_MAX, false };

static void
test_head_with_every_field_is_written(void)
{
	char dst[512];
	size_t len = tg_http_head_write(dst, sizeof(dst), &full);

	CU_ASSERT_EQUAL_FATAL(len, sizeof(full_head) - 1);
	CU_ASSERT_EQUAL(memcmp(dst, full_head, len), 0);
}

static void
test_head_without_optional_fields_closes(void)
{
	static const char expected[] = "HTTP/1.1 404 Not Found\r\n"
				       "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
				       "Content-Length: 0\r\n"
				       "Connection: close\r\n"
				       "\r\n";
	const struct tg_http_head h = { .status = TG_HTTP_404, .date = date, .close = true };
	char dst[512];
	size_t len = tg_http_head_write(dst, sizeof(dst), &h);

	CU_ASSERT_EQUAL_FATAL(len, sizeof(expected) - 1);
	CU_ASSERT_EQUAL(memcmp(dst, expected, len), 0);
}

static void
test_head_of_every_status_names_code_and_reason(void)
{
	char dst[512], line[128];
	unsigned i;

	for (i = 0; i < TG_HTTP_STATUS_MAX; i++) {
		const struct tg_http_head h = { .status = (enum tg_http_status)i, .date = date };
		int len = snprintf(line, sizeof(line),
		    i == TG_HTTP_100 ? "HTTP/1.1 %u %s\r\n\r\n" : "HTTP/1.1 %u %s\r\nDate: ",
		    tg_http_status_info[i].code, tg_http_status_info[i].reason);

		CU_ASSERT_TRUE(tg_http_head_write(dst, sizeof(dst), &h) >= (size_t)len);
		CU_ASSERT_EQUAL(memcmp(dst, line, (size_t)len), 0);
	}
}

static void
test_head_with_short_room_is_refused_and_stays_inside(void)
{
	char dst[sizeof(full_head)];
	size_t cap, len = sizeof(full_head) - 1;

	for (cap = 0; cap < len; cap++) {
		memset(dst, '#', sizeof(dst));
		CU_ASSERT_EQUAL(tg_http_head_write(dst, cap, &full), 0);
		CU_ASSERT_EQUAL(dst[cap], '#');
	}
	CU_ASSERT_EQUAL(tg_http_head_write(dst, len, &full), len);
}

static CU_TestInfo site_tests[] = {
	{ "status table is complete", test_status_table_every_row_has_code_reason_and_counter },
	{ "no routes, nothing found", test_site_without_routes_finds_nothing },
	{ "unsorted routes are all found", test_site_unsorted_routes_are_all_found },
	{ "near misses are not found", test_site_near_misses_are_not_found },
	{ "many routes are all found", test_site_many_routes_in_any_order_are_all_found },
	{ "longest route and cut path", test_site_longest_route_is_found_and_a_cut_path_is_not },
	{ "impossible routes are refused", test_site_impossible_routes_are_refused },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo head_tests[] = {
	{ "date of known instants", test_date_of_known_instants_is_right },
	{ "date around leap days", test_date_around_leap_days_is_right },
	{ "date of every day of four centuries",
	    test_date_of_every_day_of_four_centuries_follows_the_calendar },
	{ "head with every field", test_head_with_every_field_is_written },
	{ "head without optional fields", test_head_without_optional_fields_closes },
	{ "head of every status", test_head_of_every_status_names_code_and_reason },
	{ "head with short room is refused",
	    test_head_with_short_room_is_refused_and_stays_inside },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "site", NULL, NULL, NULL, NULL, site_tests },
		{ "head", NULL, NULL, NULL, NULL, head_tests }, CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
