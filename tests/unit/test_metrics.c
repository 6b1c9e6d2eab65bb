/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * `/metrics` in both formats, and what `/status` says of limits and times.
 */
#include "control/pages.h"
#include "http/site.h"
#include "tap.h"

#include <stdlib.h>

#define ROOM 200000

static struct tg_about about;
static struct tg_report now, before;
static struct tg_key_facts keys;
static struct tg_moment moment = { &about, &now, &before, &keys, 784111777, false };
static char body[ROOM + 1];
static struct tg_config_source classes[TG_CONFIG_SOURCES_MAX];

static void
start(void)
{
	memset(&about, 0, sizeof(about));
	memset(&now, 0, sizeof(now));
	memset(&before, 0, sizeof(before));
	now.n_workers = before.n_workers = 2;
	about.tsc_hz = 1000000000;
}

static void
render(void (*body_of)(struct tg_text *, const struct tg_moment *))
{
	struct tg_text t;

	tg_text_init(&t, body, ROOM);
	body_of(&t, &moment);
	CU_ASSERT_FALSE_FATAL(t.cut);
	body[t.len] = '\0';
}

/* Whether the body has these lines, one after the other. */
static bool
has(const char *lines)
{
	const char *at = strstr(body, lines);

	if (at == NULL)
		printf("# there is no %s\n", lines);
	return at != NULL && (at == body || at[-1] == '\n');
}

static void
test_counter_is_named_as_each_format_has_it(void)
{
	start();
	now.total.counter[TG_COUNTER_RX_BYTES] = UINT64_MAX;
	render(tg_render_metrics);
	CU_ASSERT_TRUE(has("# HELP tidegate_rx_bytes_total Bytes received, from Ethernet header to "
			   "payload.\n# TYPE tidegate_rx_bytes_total counter\n"
			   "tidegate_rx_bytes_total 18446744073709551615\n"));
	CU_ASSERT_PTR_NULL(strstr(body, "# UNIT"));
	CU_ASSERT_PTR_NULL(strstr(body, "# EOF"));
	render(tg_render_openmetrics);
	CU_ASSERT_TRUE(has("# HELP tidegate_rx_bytes Bytes received, from Ethernet header to "
			   "payload.\n# TYPE tidegate_rx_bytes counter\n"
			   "# UNIT tidegate_rx_bytes bytes\n"
			   "tidegate_rx_bytes_total 18446744073709551615\n"));
	CU_ASSERT_STRING_EQUAL(body + strlen(body) - strlen("\n# EOF\n"), "\n# EOF\n");
}

static void
test_build_is_a_gauge_or_an_info(void)
{
	start();
	strcpy(about.version, "1.2.3");
	strcpy(about.compiler, "cc 4");
	strcpy(about.dpdk, "DPDK 5");
	render(tg_render_metrics);
	CU_ASSERT_TRUE(
	    has("# TYPE tidegate_build_info gauge\ntidegate_build_info{version=\"1.2.3\","
		"compiler=\"cc 4\",dpdk=\"DPDK 5\"} 1\n"));
	render(tg_render_openmetrics);
	CU_ASSERT_TRUE(has("# TYPE tidegate_build info\ntidegate_build_info{version=\"1.2.3\","));
}

static void
test_reasons_states_codes_and_outcomes_are_labels(void)
{
	start();
	now.total.drop[TG_DROP_TX_FULL] = 3;
	now.total.state[TG_TCP_SYN_RECEIVED] = 4;
	now.total.counter[TG_COUNTER_HTTP_404] = 5;
	now.total.counter[TG_COUNTER_COOKIES_STALE] = 6;
	now.total.counter[TG_COUNTER_RESET_BY_US] = 7;
	render(tg_render_metrics);
	CU_ASSERT_TRUE(has("tidegate_drops_total{reason=\"tx_full\",severity=\"error\"} 3\n"));
	CU_ASSERT_TRUE(has("tidegate_connections{state=\"syn_received\"} 4\n"));
	CU_ASSERT_TRUE(has("tidegate_http_responses_total{code=\"404\"} 5\n"));
	CU_ASSERT_TRUE(has("tidegate_cookies_returned_total{outcome=\"stale\"} 6\n"));
	CU_ASSERT_TRUE(has("tidegate_resets_total{by=\"us\"} 7\n"));
	CU_ASSERT_PTR_NULL(strstr(body, "tidegate_reset_by"));
	CU_ASSERT_PTR_NULL(strstr(body, "tidegate_http_404"));
	CU_ASSERT_PTR_NULL(strstr(body, "tidegate_cookies_stale"));
	CU_ASSERT_PTR_NULL(strstr(body, "reason=\"none\""));
}

/* Whether a line of the body begins so and ends in this number. */
static bool
is_told(const char *sample, uint64_t number)
{
	char line[160];

	snprintf(line, sizeof(line), "%s %lu\n", sample, (unsigned long)number);
	return has(line);
}

static void
test_every_counter_and_reason_is_told(void)
{
	char sample[128];
	unsigned i;

	start();
	for (i = 0; i < TG_COUNTER_MAX; i++)
		now.total.counter[i] = 1000000 + i;
	for (i = 1; i < TG_DROP_MAX; i++)
		now.total.drop[i] = 2000000 + i;
	render(tg_render_metrics);
	for (i = 0; i < TG_COUNTER_MAX; i++) {
		snprintf(sample, sizeof(sample), " %u\n", 1000000 + i);
		CU_ASSERT_PTR_NOT_NULL(strstr(body, sample));
	}
	for (i = 1; i < TG_DROP_MAX; i++) {
		snprintf(sample, sizeof(sample), "tidegate_drops_total{reason=\"%s\",",
		    tg_drop_info[i].name);
		CU_ASSERT_TRUE(has(sample));
	}
	CU_ASSERT_TRUE(is_told("tidegate_established_total", 1000000 + TG_COUNTER_ESTABLISHED));
}

/* Two of 1.024 us to 2.048 us, one that is longer than the last edge. */
static void
test_histogram_is_cumulative_and_in_seconds(void)
{
	struct tg_times *times = &now.total.times[TG_TIMED_HANDSHAKE];

	start();
	times->bucket[1] = 2;
	times->bucket[TG_TIMING_BUCKETS - 1] = 1;
	times->sum = 2 + (1U << 26);
	render(tg_render_metrics);
	CU_ASSERT_TRUE(has("# TYPE tidegate_handshake_duration_seconds histogram\n"
			   "tidegate_handshake_duration_seconds_bucket{le=\"1.024e-06\"} 0\n"
			   "tidegate_handshake_duration_seconds_bucket{le=\"2.048e-06\"} 2\n"
			   "tidegate_handshake_duration_seconds_bucket{le=\"4.096e-06\"} 2\n"));
	CU_ASSERT_TRUE(has("tidegate_handshake_duration_seconds_bucket{le=\"34.359738368\"} 2\n"
			   "tidegate_handshake_duration_seconds_bucket{le=\"+Inf\"} 3\n"
			   "tidegate_handshake_duration_seconds_sum 68.719478784\n"
			   "tidegate_handshake_duration_seconds_count 3\n"));
	CU_ASSERT_TRUE(has("tidegate_request_duration_seconds_count 0\n"));
}

static void
test_workers_have_their_own_load(void)
{
	start();
	now.worker[1].busy = 2500000000;
	now.worker[1].cycles = 4000000000;
	before.worker[1].cycles = 3000000000;
	before.worker[1].busy = 2000000000;
	now.worker[1].connections = 9;
	render(tg_render_metrics);
	CU_ASSERT_TRUE(has("tidegate_worker_busy_seconds_total{worker=\"0\"} 0.000000000\n"
			   "tidegate_worker_busy_seconds_total{worker=\"1\"} 2.500000000\n"));
	CU_ASSERT_TRUE(has("tidegate_worker_load_ratio{worker=\"1\"} 0.50\n"));
	CU_ASSERT_TRUE(has("tidegate_worker_connections{worker=\"1\"} 9\n"));
	now.worker[0].busy = now.worker[0].cycles = 1000;
	about.tsc_hz = 0;
	render(tg_render_metrics);
	CU_ASSERT_TRUE(has("tidegate_worker_busy_seconds_total{worker=\"1\"} 0.000000000\n"));
	CU_ASSERT_TRUE(has("tidegate_worker_load_ratio{worker=\"0\"} 1.00\n"));
}

static void
test_limits_say_their_value_and_how_often_they_were_hit(void)
{
	static struct tg_service_config service;

	start();
	service.limits.half_open = 77;
	service.limits.neighbors = 88;
	tg_limits_fill(about.limit, &service);
	now.total.counter[TG_COUNTER_SYN_PRESSURE] = 2;
	now.total.counter[TG_COUNTER_NEIGHBOR_FULL] = 3;
	now.total.counter[TG_COUNTER_NEIGHBOR_EVICTED] = 40;
	now.total.counter[TG_COUNTER_TCB_FULL] = 5;
	now.total.drop[TG_DROP_TCP_NO_TCB] = 60;
	now.total.drop[TG_DROP_ICMP_LIMITED] = 7;
	render(tg_render_metrics);
	CU_ASSERT_TRUE(has("tidegate_limit{limit=\"half_open\"} 77\n"));
	CU_ASSERT_TRUE(has("tidegate_limit{limit=\"snapshots\"} 64\n"));
	CU_ASSERT_TRUE(has("tidegate_limit_hits_total{limit=\"connections\"} 65\n"));
	CU_ASSERT_TRUE(has("tidegate_limit_hits_total{limit=\"echo_replies_per_second\"} 7\n"));
	render(tg_render_status);
	CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"half_open\":{\"limit\":77,\"hits\":2},"));
	CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"neighbors\":{\"limit\":88,\"hits\":43},"));
}

/* Each is read from somewhere, and something counts when it is hit. */
static void
test_no_limit_is_without_a_value_or_hits(void)
{
	static struct tg_service_config service;
	unsigned i;

	start();
	memset(&service, 1, sizeof(service));
	tg_limits_fill(about.limit, &service);
	for (i = 0; i < TG_LIMIT_MAX; i++)
		CU_ASSERT_TRUE(about.limit[i] != 0);
	memset(&now.total, 0, sizeof(now.total));
	for (i = 0; i < TG_COUNTER_MAX; i++)
		now.total.counter[i] = 1;
	for (i = 1; i < TG_DROP_MAX; i++)
		now.total.drop[i] = 1;
	for (i = 0; i < TG_LIMIT_MAX; i++)
		CU_ASSERT_TRUE(tg_limit_hits((enum tg_limit)i, &now.total) != 0);
}

static void
test_status_tells_times_of_all_and_of_the_last_second(void)
{
	start();
	before.total.times[TG_TIMED_REQUEST].bucket[2] = 1;
	before.total.times[TG_TIMED_REQUEST].sum = 2;
	now.total.times[TG_TIMED_REQUEST].bucket[2] = 1;
	now.total.times[TG_TIMED_REQUEST].bucket[TG_TIMING_BUCKETS - 1] = 1;
	now.total.times[TG_TIMED_REQUEST].sum = 2 + (1U << 26);
	render(tg_render_status);
	CU_ASSERT_PTR_NOT_NULL(strstr(body,
	    "\"request\":{\"total\":{\"count\":2,\"mean_us\":34359739,\"p50_us\":3,"
	    "\"p90_us\":34359738,\"p99_us\":34359738},\"recent\":{\"count\":1,"
	    "\"mean_us\":68719476,\"p50_us\":34359738,\"p90_us\":34359738,\"p99_us\":34359738}}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(body,
	    "\"latency\":{\"handshake\":{\"total\":{\"count\":0,\"mean_us\":0,\"p50_us\":0,"));
}

static void
test_status_sums_up_handshakes_and_cookies(void)
{
	start();
	now.total.counter[TG_COUNTER_SYN_RECEIVED] = 8;
	now.total.counter[TG_COUNTER_ESTABLISHED] = 7;
	now.total.counter[TG_COUNTER_COOKIES_ACCEPTED] = 2;
	now.total.counter[TG_COUNTER_COOKIES_NO_TCB] = 1;
	render(tg_render_status);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(body, "\"handshakes\":{\"started\":8,\"completed\":7,\"completed_by_cookie\":2,"
			 "\"syn_acks_repeated\":0,\"timed_out\":0}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(body,
	    "\"cookies\":{\"issued\":0,\"accepted\":2,\"refused\":0,\"stale\":0,\"no_tcb\":1}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"build\":{\"version\":\"\",\"compiler\":\"\","));
}

static void
test_classes_of_sources_are_told_where_there_are_any(void)
{
	start();
	render(tg_render_metrics);
	CU_ASSERT_PTR_NULL(strstr(body, "source_frames"));
	about.source = classes;
	about.n_sources = 2;
	strcpy(classes[0].name, "office");
	strcpy(classes[1].name, "unwanted");
	now.total.source_frames[1] = 12;
	render(tg_render_metrics);
	CU_ASSERT_TRUE(has("# TYPE tidegate_source_frames_total counter\n"
			   "tidegate_source_frames_total{class=\"office\"} 0\n"
			   "tidegate_source_frames_total{class=\"unwanted\"} 12\n"));
}

static void
test_room_holds_the_largest_numbers(void)
{
	struct tg_text t;
	unsigned i, open;

	start();
	memset(&about, 'a', sizeof(about));
	about.version[31] = about.compiler[47] = about.dpdk[31] = '\0';
	memset(about.limit, 0xff, sizeof(about.limit));
	about.source = classes;
	about.n_sources = TG_CONFIG_SOURCES_MAX;
	for (i = 0; i < TG_CONFIG_SOURCES_MAX; i++)
		memset(classes[i].name, 'c', sizeof(classes[i].name) - 1);
	memset(&now, 0xff, sizeof(now));
	now.n_workers = TG_CONFIG_WORKERS_MAX;
	now.link_up = true;
	for (i = 0; i < TG_CONFIG_WORKERS_MAX; i++)
		now.worker[i].cycles = now.worker[i].busy = 1;
	for (open = 0; open < 2; open++) {
		tg_text_init(&t, body, TG_RENDER_METRICS_BYTES(TG_CONFIG_WORKERS_MAX));
		CU_ASSERT_FATAL(t.cap <= ROOM);
		(open != 0 ? tg_render_openmetrics : tg_render_metrics)(&t, &moment);
		CU_ASSERT_FALSE(t.cut);
	}
}

static void
test_route_has_both_formats_and_says_that_accept_matters(void)
{
	static struct tg_service_config service;
	static struct tg_http_page page[256];
	char why[TG_PAGES_WHY_MAX], *room = malloc(1 << 20);
	struct tg_pages *pages = tg_pages_create(&service, why);
	const struct tg_http_route *route;
	struct tg_text t;

	start();
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	tg_text_init(&t, room, tg_pages_room(pages, 2));
	CU_ASSERT_TRUE(tg_pages_render(pages, &moment, page, &t));
	route = tg_http_site_find(tg_pages_site(pages), "/metrics", 8);
	CU_ASSERT_FATAL(route != NULL && route->choice != NULL);
	CU_ASSERT_TRUE(route->spared);
	CU_ASSERT_PTR_NOT_NULL(memmem(page[route->page].head[0], page[route->page].head_len[0],
	    "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n", 58));
	CU_ASSERT_PTR_NOT_NULL(memmem(
	    page[route->page].head[0], page[route->page].head_len[0], "\r\nVary: Accept\r\n", 16));
	CU_ASSERT_PTR_NOT_NULL(
	    memmem(page[route->choice->other].head[1], page[route->choice->other].head_len[1],
		"\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n",
		75));
	CU_ASSERT_PTR_NOT_NULL(memmem(page[route->choice->other].head[1],
	    page[route->choice->other].head_len[1], "\r\nVary: Accept\r\n", 16));
	CU_ASSERT_EQUAL(
	    memcmp(page[route->choice->other].body + page[route->choice->other].body_len - 6,
		"# EOF\n", 6),
	    0);
	tg_pages_free(pages);
	free(room);
}

static CU_TestInfo tests[] = {
	{ "counter: named as each format has it", test_counter_is_named_as_each_format_has_it },
	{ "build: a gauge or an info", test_build_is_a_gauge_or_an_info },
	{ "reasons, states, codes, outcomes: labels",
	    test_reasons_states_codes_and_outcomes_are_labels },
	{ "every counter and reason: told", test_every_counter_and_reason_is_told },
	{ "histogram: cumulative and in seconds", test_histogram_is_cumulative_and_in_seconds },
	{ "workers: have their own load", test_workers_have_their_own_load },
	{ "limits: say their value and how often they were hit",
	    test_limits_say_their_value_and_how_often_they_were_hit },
	{ "limits: none is without a value", test_no_limit_is_without_a_value_or_hits },
	{ "status: times of all and of the last second",
	    test_status_tells_times_of_all_and_of_the_last_second },
	{ "status: sums up handshakes and cookies", test_status_sums_up_handshakes_and_cookies },
	{ "classes of sources: told where there are any",
	    test_classes_of_sources_are_told_where_there_are_any },
	{ "room: holds the largest numbers", test_room_holds_the_largest_numbers },
	{ "route: has both formats and says that Accept matters",
	    test_route_has_both_formats_and_says_that_accept_matters },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "metrics", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
