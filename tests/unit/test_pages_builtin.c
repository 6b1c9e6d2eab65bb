/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The pages that are built in: /readyz, /status and the live page; the report that they show, and
 * the room that they take.
 */
#include "pages_fixture.h"

#define WORKERS TG_CONFIG_WORKERS_MAX

static void
test_readyz_is_503_while_draining(void)
{
	start();
	create_and_render();
	CU_ASSERT_TRUE(body_is(page_of("/readyz"), "ready\n"));
	free(buf);
	moment.draining = true;
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_EQUAL(page_of("/readyz")->status, TG_HTTP_503);
	CU_ASSERT_TRUE(head_has(page_of("/readyz"), "\r\nRetry-After: 5\r\n"));
	CU_ASSERT_TRUE(head_has(page_of("/readyz"), "\r\nContent-Length: 14\r\n"));
	CU_ASSERT_TRUE(body_is(page_of("/readyz"), "shutting down\n"));
	CU_ASSERT_EQUAL(page_of("/healthz")->status, TG_HTTP_200);
	finish();
}

/* Renders anew with these facts. Returns the status of /readyz. */
static enum tg_http_status
ready_with(bool shared, bool synchronised, bool trusted)
{
	keys.shared = shared;
	keys.clock_synchronised = synchronised;
	keys.clock_trusted = trusted;
	free(buf);
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_EQUAL(page_of("/healthz")->status, TG_HTTP_200);
	return page_of("/readyz")->status;
}

static void
test_readyz_is_503_with_shared_keys_and_a_clock_of_its_own(void)
{
	start();
	create_and_render();
	CU_ASSERT_EQUAL(ready_with(false, false, false), TG_HTTP_200);
	CU_ASSERT_EQUAL(ready_with(true, true, false), TG_HTTP_200);
	CU_ASSERT_EQUAL(ready_with(true, false, true), TG_HTTP_200);
	CU_ASSERT_TRUE(body_is(page_of("/readyz"), "ready\n"));
	CU_ASSERT_EQUAL(ready_with(true, false, false), TG_HTTP_503);
	CU_ASSERT_TRUE(head_has(page_of("/readyz"), "HTTP/1.1 503 "));
	CU_ASSERT_TRUE(head_has(page_of("/readyz"), "\r\nRetry-After: 5\r\n"));
	CU_ASSERT_TRUE(body_is(page_of("/readyz"),
	    "the clock is not synchronised, which the keys that nodes share depend on\n"));
	moment.draining = true;
	CU_ASSERT_EQUAL(ready_with(true, false, false), TG_HTTP_503);
	CU_ASSERT_TRUE(body_is(page_of("/readyz"), "shutting down\n"));
	finish();
}

static void
test_status_shows_listeners_and_who_answers_with_cookies(void)
{
	static const enum tg_config_syn_cookies mode[] = { TG_CONFIG_SYN_COOKIES_NEVER,
		TG_CONFIG_SYN_COOKIES_AUTO, TG_CONFIG_SYN_COOKIES_ALWAYS };
	unsigned i;

	start();
	about.n_listeners = 3;
	for (i = 0; i < 3; i++) {
		about.listener[i].port = (uint16_t)(80 + i);
		about.listener[i].syn_cookies = mode[i];
		strcpy(about.listener[i].address, i == 0 ? "any" : "2001:db8::2");
	}
	now.n_workers = 4;
	now.total.syn_pressure = 3;
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 4)));
	CU_ASSERT_TRUE(body_has(page_of("/status"),
	    "\"listeners\":[{\"address\":\"any\",\"port\":80,\"syn_cookies\":\"never\","
	    "\"overflow\":\"drop\",\"active_workers\":0},"
	    "{\"address\":\"2001:db8::2\",\"port\":81,\"syn_cookies\":\"auto\","
	    "\"overflow\":\"drop\",\"active_workers\":3},"));
	CU_ASSERT_TRUE(
	    body_has(page_of("/status"), "\"port\":82,\"syn_cookies\":\"always\",\"overflow\":"
					 "\"drop\",\"active_workers\":4}],"));
	free(buf);
	about.syn_overflow = TG_CONFIG_SYN_RESET;
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 4)));
	CU_ASSERT_TRUE(
	    body_has(page_of("/status"), "\"overflow\":\"reset\",\"active_workers\":4}],"));
	finish();
}

static void
test_status_shows_classes_of_sources_where_there_are_any(void)
{
	static const struct tg_config_source classes[] = {
		{ .name = "office" },
		{ .name = "pets", .action = TG_CONFIG_SOURCE_ALLOW },
		{ .name = "pests", .action = TG_CONFIG_SOURCE_DENY },
	};
	unsigned i;

	start();
	create_and_render();
	CU_ASSERT_FALSE(body_has(page_of("/status"), "\"sources\""));
	free(buf);
	about.source = classes;
	about.n_sources = TG_ARRAY_LEN(classes);
	for (i = 0; i < TG_ARRAY_LEN(classes); i++)
		now.total.source_frames[i] = 10 + i;
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_TRUE(body_has(page_of("/status"),
	    "\"sources\":[{\"class\":\"office\",\"action\":\"none\",\"frames\":10},"
	    "{\"class\":\"pets\",\"action\":\"allow\",\"frames\":11},"
	    "{\"class\":\"pests\",\"action\":\"deny\",\"frames\":12}],"));
	finish();
}

static void
test_status_shows_the_keys_and_the_clock(void)
{
	start();
	create_and_render();
	CU_ASSERT_TRUE(body_has(page_of("/status"),
	    "\"syn_cookies\":{\"keys\":\"own\",\"usable\":false,\"epoch\":0,"
	    "\"next_master_epoch\":0,\"clock_synchronised\":false,\"clock_trusted\":false,"
	    "\"key_reloads\":0,\"key_reloads_refused\":0}"));
	free(buf);
	keys = (struct tg_key_facts){ .shared = true,
		.usable = true,
		.epoch = 28000000,
		.next_master_epoch = 28000100,
		.clock_synchronised = true,
		.clock_trusted = true,
		.reloads = 7,
		.reloads_refused = 8 };
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_TRUE(body_has(page_of("/status"),
	    "\"syn_cookies\":{\"keys\":\"fleet\",\"usable\":true,\"epoch\":28000000,"
	    "\"next_master_epoch\":28000100,\"clock_synchronised\":true,\"clock_trusted\":true,"
	    "\"key_reloads\":7,\"key_reloads_refused\":8}"));
	finish();
}

static void
test_status_shows_rates_between_two_reports(void)
{
	start();
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	before.at = 5 * TG_NS_PER_SEC;
	now.at = 7 * TG_NS_PER_SEC;
	before.total.counter[TG_COUNTER_HTTP_REQUESTS] = 100;
	now.total.counter[TG_COUNTER_HTTP_REQUESTS] = 121;
	now.total.state[TG_TCP_SYN_RECEIVED] = 9;
	now.total.connections = 11;
	now.rx_missed = 7;
	now.rx_errors = 8;
	now.rx_no_buffer = UINT64_MAX;
	about.started = TG_NS_PER_SEC / 2;
	CU_ASSERT_TRUE(render(tg_pages_room(pages, 1)));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"http_requests\":11,\"drops\":0}"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"http_requests\":121,"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"uptime_seconds\":6,"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"rx_missed\":7,\"rx_errors\":8,"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"rx_no_buffer\":18446744073709551615}"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"connections\":{\"syn_received\":9,"));
	CU_ASSERT_TRUE(body_has(page_of("/status"), "\"total\":11}"));
	finish();
}

static void
test_live_page_is_fixed_and_tells_what_it_may_load(void)
{
	const struct tg_http_page *not_modified;
	char etag[TG_HTTP_ETAG_BYTES + 16];

	start();
	create_and_render();
	CU_ASSERT_TRUE(body_has(page_of("/"), "<!doctype html>\n"));
	CU_ASSERT_TRUE(body_has(page_of("/"), "</html>\n"));
	CU_ASSERT_TRUE(page_of("/")->body_len < 60000);
	CU_ASSERT_TRUE(route_of("/")->fixed && route_of("/")->spared);
	snprintf(
	    etag, sizeof(etag), "\r\nETag: \"%.*s\"\r\n", TG_HTTP_ETAG_BYTES, route_of("/")->etag);
	CU_ASSERT_TRUE(head_has(page_of("/"), etag));
	CU_ASSERT_TRUE(head_has(
	    page_of("/"), "\r\nContent-Security-Policy: default-src 'none'; connect-src 'self'; "));
	CU_ASSERT_TRUE(head_has(page_of("/"), "; script-src 'sha256-"));
	CU_ASSERT_TRUE(head_has(page_of("/"), "; frame-ancestors 'none'\r\n"));
	CU_ASSERT_TRUE(head_has(page_of("/"), "\r\nAccept-Ranges: bytes\r\n"));
	not_modified = &page[route_of("/")->not_modified];
	CU_ASSERT_TRUE(head_has(not_modified, "HTTP/1.1 304 Not Modified\r\n"));
	CU_ASSERT_TRUE(head_has(not_modified, etag));
	CU_ASSERT_FALSE(head_has(page_of("/status"), "Content-Security-Policy"));
	finish();
}

static void
test_live_page_has_the_sentence_of_every_reason_and_counter(void)
{
	char part[256];
	unsigned i;

	start();
	create_and_render();
	for (i = TG_DROP_NONE + 1; i < TG_DROP_MAX; i++) {
		snprintf(part, sizeof(part), ",\"%s\"]", tg_drop_info[i].help);
		CU_ASSERT_TRUE(body_has(page_of("/"), part));
	}
	for (i = 0; i < TG_COUNTER_MAX; i++) {
		snprintf(part, sizeof(part), "\"%s\":\"%s\"", tg_counter_info[i].name,
		    tg_counter_info[i].help);
		CU_ASSERT_TRUE(body_has(page_of("/"), part));
	}
	finish();
}

/* With more and more room first the heads are served, then the page as well. */
static void
test_page_without_room_is_500_and_the_others_are_served(void)
{
	bool seen_none = false, seen_all = false;
	size_t bytes;

	start();
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	for (bytes = 4096; !seen_all; bytes += 256) {
		bool fits = render(bytes);
		enum tg_http_status status = page_of("/status")->status;

		CU_ASSERT_TRUE_FATAL(bytes <= tg_pages_room(pages, 1));
		if (fits && status == TG_HTTP_500) {
			seen_none = true;
			CU_ASSERT_TRUE(body_is(page_of("/status"), "500 Internal Server Error\n"));
			CU_ASSERT_TRUE(
			    head_has(page_of("/status"), "HTTP/1.1 500 Internal Server Error\r\n"));
			CU_ASSERT_TRUE(body_is(page_of("/healthz"), "ok\n"));
		}
		seen_all = fits && status == TG_HTTP_200;
		free(buf);
	}
	buf = NULL;
	CU_ASSERT_TRUE(seen_none);
	finish();
}

static void
fill_tally(struct tg_tally *tally)
{
	memset(tally, 0xff, sizeof(*tally));
	tally->busy = tally->cycles = 0;
}

static void
test_room_holds_the_largest_numbers_of_all_workers_and_routes(void)
{
	static struct tg_config_source classes[TG_CONFIG_SOURCES_MAX];
	char path[TG_CONFIG_ROUTE_MAX];
	unsigned i;

	start();
	for (i = 0; i < TG_CONFIG_ROUTES_MAX; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		add_route(path, "", "x");
		memset(service.route[i].type, 't', sizeof(service.route[i].type) - 1);
	}
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	memset(&about, 'a', sizeof(about));
	about.syn_overflow = TG_CONFIG_SYN_RESET;
	about.n_listeners = TG_CONFIG_LISTENERS_MAX;
	for (i = 0; i < TG_CONFIG_LISTENERS_MAX; i++) {
		about.listener[i].syn_cookies = TG_CONFIG_SYN_COOKIES_ALWAYS;
		about.listener[i].address[TG_REPORT_ADDRESS_MAX - 1] = '\0';
	}
	memset(classes, 'c', sizeof(classes));
	about.source = classes;
	about.n_sources = TG_CONFIG_SOURCES_MAX;
	for (i = 0; i < TG_CONFIG_SOURCES_MAX; i++) {
		classes[i].action = TG_CONFIG_SOURCE_ALLOW;
		classes[i].name[TG_CONFIG_CLASS_MAX - 1] = '\0';
	}
	memset(&keys, 0xff, sizeof(keys));
	keys.shared = true;
	keys.usable = keys.clock_synchronised = keys.clock_trusted = false;
	about.version[31] = about.port_name[63] = about.driver[31] = about.mac[17] = '\0';
	memset(about.port_name, '&', sizeof(about.port_name) - 1);
	memset(&now, 0xff, sizeof(now));
	now.link_up = about.rss = about.rx_checksum = about.tx_checksum = false;
	fill_tally(&now.total);
	for (i = 0; i < WORKERS; i++)
		fill_tally(&now.worker[i]);
	now.n_workers = WORKERS;
	CU_ASSERT_TRUE(render(tg_pages_room(pages, WORKERS)));
	finish();
}

static void
test_render_into_too_little_room_says_so(void)
{
	start();
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	CU_ASSERT_FALSE(render(4096));
	finish();
}

static void
test_report_rate_and_load_are_rounded_and_bounded(void)
{
	struct tg_tally a = { .busy = 10, .cycles = 100 }, b = { .busy = 40, .cycles = 200 };

	CU_ASSERT_EQUAL(tg_report_rate(3, 0, 2 * TG_NS_PER_SEC), 2);
	CU_ASSERT_EQUAL(tg_report_rate(3, 3, TG_NS_PER_SEC), 0);
	CU_ASSERT_EQUAL(tg_report_rate(9, 0, 0), 0);
	CU_ASSERT_EQUAL(tg_report_rate(10000000, 0, TG_NS_PER_SEC / 2), 20000000);
	CU_ASSERT_EQUAL(tg_report_load(&b, &a), 30);
	CU_ASSERT_EQUAL(tg_report_load(&a, &a), 0);
	b.busy = 500;
	CU_ASSERT_EQUAL(tg_report_load(&b, &a), 100);
	b.cycles = a.cycles + (UINT64_C(1) << 62);
	b.busy = a.busy + (UINT64_C(1) << 61);
	CU_ASSERT_EQUAL(tg_report_load(&b, &a), 50);
}

static void
test_report_state_names_are_snake_case(void)
{
	char name[TG_REPORT_NAME_MAX];

	tg_report_state_name(name, TG_TCP_SYN_RECEIVED);
	CU_ASSERT_STRING_EQUAL(name, "syn_received");
	tg_report_state_name(name, TG_TCP_FIN_WAIT_2);
	CU_ASSERT_STRING_EQUAL(name, "fin_wait_2");
	CU_ASSERT_FALSE(tg_report_state_shown(TG_TCP_CLOSED));
	CU_ASSERT_TRUE(tg_report_state_shown(TG_TCP_TIME_WAIT));
}

static CU_TestInfo tests[] = {
	{ "readyz: is 503 while draining", test_readyz_is_503_while_draining },
	{ "readyz: is 503 with shared keys and a clock of its own",
	    test_readyz_is_503_with_shared_keys_and_a_clock_of_its_own },
	{ "status: shows classes of sources where there are any",
	    test_status_shows_classes_of_sources_where_there_are_any },
	{ "status: shows listeners and who answers with cookies",
	    test_status_shows_listeners_and_who_answers_with_cookies },
	{ "status: shows the keys and the clock", test_status_shows_the_keys_and_the_clock },
	{ "page: without room is 500", test_page_without_room_is_500_and_the_others_are_served },
	{ "status: shows rates between two reports", test_status_shows_rates_between_two_reports },
	{ "live page: is fixed and tells what it may load",
	    test_live_page_is_fixed_and_tells_what_it_may_load },
	{ "live page: has the sentence of every reason and counter",
	    test_live_page_has_the_sentence_of_every_reason_and_counter },
	{ "room: holds the largest numbers of all workers and routes",
	    test_room_holds_the_largest_numbers_of_all_workers_and_routes },
	{ "render: into too little room says so", test_render_into_too_little_room_says_so },
	{ "report: rate and load are rounded and bounded",
	    test_report_rate_and_load_are_rounded_and_bounded },
	{ "report: state names are snake case", test_report_state_names_are_snake_case },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "built-in pages", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
