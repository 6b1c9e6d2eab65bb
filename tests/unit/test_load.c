/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The client against the server's shard, and against a server that does what a test says.
 */
#include "../sim/duel.h"
#include "load/load_internal.h"
#include "tap.h"

/* A server that answers whatever comes by the same bytes, then does something. */
enum finale { FINALE_NONE, FINALE_CLOSE, FINALE_ABORT };

struct script {
	const char *text;   /* the answer to each piece of text */
	enum finale finale; /* behind it */
	bool speaks_first;  /* answers the handshake */
	uint32_t served;    /* pieces of text */
	uint32_t bytes;     /* of requests */
	char last[128];     /* the last piece, cut off */
	bool doomed;
};

static struct script script;
static struct duel d;
static const struct sim_link_quality clean = { .delay_ns = TG_NS_PER_MS };

static void *
script_layout(struct tg_arena *arena, const struct tg_shard_config *config)
{
	(void)arena;
	(void)config;
	return NULL;
}

static void
script_answer(struct tg_run *run, uint32_t h)
{
	if (tg_tcp_side(run->tcp, h) == NULL)
		return;
	tg_tcp_append(run->tcp, h, (uint32_t)strlen(script.text));
	if (script.finale == FINALE_CLOSE)
		tg_connection_close(run, h);
	script.doomed = script.finale == FINALE_ABORT;
}

static uint32_t
script_feed(struct tg_run *run, uint32_t h, const uint8_t *text, uint32_t len, uint8_t src_class)
{
	uint32_t n = TG_MIN(len, (uint32_t)sizeof(script.last) - 1);

	(void)src_class;
	script.served++;
	script.bytes += len;
	memcpy(script.last, text, n);
	script.last[n] = '\0';
	if ((tg_tcp_tcb(run->tcp, h)->flags & TG_TCB_FIN_QUEUED) == 0)
		script_answer(run, h);
	return len;
}

static void
script_poll(struct tg_run *run)
{
	(void)run;
}

static void
script_serve(struct tg_run *run, uint32_t h)
{
	const struct tg_tcb *t = tg_tcp_tcb(run->tcp, h);

	if (script.speaks_first && t->state == TG_TCP_ESTABLISHED && t->side == TG_HANDLE_NONE)
		script_answer(run, h);
}

static void
script_eof(struct tg_run *run, uint32_t h)
{
	tg_connection_close(run, h);
}

static bool
script_render(struct tg_run *run, uint32_t h, uint32_t offset, uint8_t *dst, uint32_t len)
{
	uint32_t i;

	(void)run;
	(void)h;
	for (i = 0; i < len; i++)
		dst[i] = (uint8_t)script.text[(offset + i) % strlen(script.text)];
	return true;
}

static void
script_rest(struct tg_run *run, uint32_t h)
{
	if (script.doomed)
		tg_connection_abort(run, h);
	else
		tg_tcp_rest(run->tcp, h, true, run->spare, run->now);
}

static void
script_closed(struct tg_run *run, uint32_t h, const struct tg_tcp_result *r)
{
	(void)run;
	(void)h;
	(void)r;
}

static tg_time_t
script_due(const struct tg_shard *shard, tg_time_t now)
{
	(void)shard;
	(void)now;
	return UINT64_MAX;
}

static const struct tg_user_ops script_user = { script_layout, script_feed, script_poll,
	script_serve, script_eof, script_render, script_rest, script_closed, script_due };

static struct rig_options client, server;

static void
setup(void)
{
	d.now = 99 * TG_NS_PER_SEC;
	d.random.state = 1;
	client = server = rig_defaults;
	client.idle_ms = 5000;
	script = (struct script){ .text = "" };
	d.plan = duel_plan(false, false, 1, 1);
}

static void
begin(void)
{
	duel_init(&d, &client, &server, &clean);
}

/* The plan's connections meet a server that answers by text. */
static void
begin_script(const char *text, enum finale finale)
{
	script.text = text;
	script.finale = finale;
	server.user = &script_user;
	begin();
}

static void
check_end(void)
{
	CU_ASSERT_TRUE(duel_finish(&d, 60000));
	CU_ASSERT_TRUE(duel_adds_up(&d));
}

static void
teardown(void)
{
	duel_free(&d);
}

static uint64_t
counter(enum tg_counter c)
{
	return tg_stats_counter(tg_shard_stats(d.rig[SIM_PEER].shard), c);
}

#define COUNT(what) duel_count(&d, TG_LOAD_##what)

/* ---- against the server */

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

/* ---- what can go wrong */

static void
test_closed_port_counts_as_refused(void)
{
	d.plan.port = tg_be16(81);
	d.plan.total = UINT64_MAX;
	d.plan.interval_ns = 100 * TG_NS_PER_MS;
	begin();
	duel_run_ms(&d, 1050);
	CU_ASSERT_TRUE(COUNT(REFUSED) >= 9);
	CU_ASSERT_EQUAL(duel_errors(&d), COUNT(REFUSED));
	CU_ASSERT_EQUAL(COUNT(ESTABLISHED), 0);
	CU_ASSERT_TRUE(duel_adds_up(&d));
	teardown();
}

static void
test_nobody_at_the_address_counts_as_unreachable(void)
{
	d.plan.remote.v4 = tg_be32(0xc0000209);
	d.plan.total = UINT64_MAX;
	begin();
	d.rig[SIM_PEER].tcp.timers.syn_retries = 2;
	duel_run_ms(&d, 20000);
	CU_ASSERT_TRUE(COUNT(UNREACHABLE) >= 1);
	CU_ASSERT_EQUAL(duel_errors(&d), COUNT(UNREACHABLE));
	CU_ASSERT_TRUE(duel_adds_up(&d));
	teardown();
}

static void
test_syn_without_answer_counts_as_connect_timeout(void)
{
	d.plan.total = UINT64_MAX;
	begin();
	d.rig[SIM_PEER].tcp.timers.syn_retries = 2;
	duel_run_ms(&d, 2); /* ARP is answered */
	d.link.quality.loss_permille = 1000;
	duel_run_ms(&d, 9000);
	CU_ASSERT_TRUE(COUNT(CONNECT_TIMEOUT) >= 1);
	CU_ASSERT_EQUAL(duel_errors(&d), COUNT(CONNECT_TIMEOUT));
	CU_ASSERT_TRUE(counter(TG_COUNTER_SYN_RETRANSMITS) >= 2);
	teardown();
}

static void
test_silent_server_counts_as_timeout_after_the_idle_time(void)
{
	begin_script("", FINALE_NONE);
	duel_run_ms(&d, 4500);
	CU_ASSERT_EQUAL(duel_errors(&d), 0);
	duel_run_ms(&d, 1500);
	CU_ASSERT_EQUAL(COUNT(TIMEOUT), 1);
	CU_ASSERT_EQUAL(duel_errors(&d), 1);
	CU_ASSERT_TRUE(duel_adds_up(&d));
	teardown();
}

static void
test_reset_instead_of_an_answer_counts_as_reset(void)
{
	begin_script("", FINALE_ABORT);
	duel_run_ms(&d, 100);
	CU_ASSERT_TRUE(COUNT(RESET) == 1);
	CU_ASSERT_EQUAL(duel_errors(&d), COUNT(RESET));
	teardown();
}

static void
test_close_instead_of_an_answer_counts_as_closed_early(void)
{
	begin_script("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", FINALE_CLOSE);
	check_end();
	CU_ASSERT_EQUAL(COUNT(CLOSED_EARLY), 1);
	CU_ASSERT_EQUAL(duel_errors(&d), 1);
	CU_ASSERT_EQUAL(COUNT(RESPONSES), 0);
	teardown();
}

static void
test_answer_until_close_is_whole_when_the_server_closes(void)
{
	begin_script("HTTP/1.1 500 Oh\r\n\r\nbody", FINALE_CLOSE);
	check_end();
	CU_ASSERT_EQUAL(COUNT(STATUS_5XX), 1);
	CU_ASSERT_EQUAL(COUNT(BODY_BYTES), 4);
	CU_ASSERT_EQUAL(COUNT(CLOSED), 1);
	teardown();
}

static void
test_what_is_no_http_counts_as_bad_response(void)
{
	begin_script("220 mail.example ESMTP\r\n", FINALE_NONE);
	duel_run_ms(&d, 1000);
	CU_ASSERT_EQUAL(COUNT(BAD_RESPONSE), 1);
	CU_ASSERT_EQUAL(duel_errors(&d), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_RST_SENT), 1);
	teardown();
}

static void
test_more_than_the_answer_counts_as_bad_response(void)
{
	d.plan.requests = 0;
	d.plan.total = UINT64_MAX;
	begin_script("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", FINALE_NONE);
	duel_run_ms(&d, 20);
	CU_ASSERT_TRUE(COUNT(BAD_RESPONSE) >= 1);
	CU_ASSERT_EQUAL(COUNT(BAD_RESPONSE), duel_errors(&d));
	CU_ASSERT_TRUE(duel_adds_up(&d));
	teardown();
}

static void
test_server_that_speaks_first_counts_as_bad_response(void)
{
	script.speaks_first = true;
	begin_script("220 hello\r\n", FINALE_NONE);
	duel_run_ms(&d, 1000);
	CU_ASSERT_EQUAL(COUNT(BAD_RESPONSE), 1);
	teardown();
}

static void
test_answer_that_says_close_gets_no_further_request(void)
{
	d.plan.requests = 5;
	d.plan.total = 3;
	begin_script(
	    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", FINALE_CLOSE);
	check_end();
	CU_ASSERT_EQUAL(COUNT(OPENED), 3);
	CU_ASSERT_EQUAL(COUNT(STATUS_2XX), 3);
	CU_ASSERT_EQUAL(COUNT(CLOSED), 3);
	CU_ASSERT_EQUAL(script.served, 3);
	teardown();
}

static void
test_only_the_last_request_asks_to_close(void)
{
	d.plan.requests = d.plan.total = 2;
	begin_script("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", FINALE_NONE);
	duel_run_ms(&d, 15);
	CU_ASSERT_EQUAL(script.bytes % d.plan.request.len,
	    script.served == 1 ? 0 : d.plan.last_request.len % d.plan.request.len);
	duel_run_ms(&d, 500);
	CU_ASSERT_EQUAL(script.bytes, d.plan.request.len + d.plan.last_request.len);
	CU_ASSERT_STRING_EQUAL(script.last, (const char *)d.plan.last_request.text);
	teardown();
}

static CU_TestInfo server_tests[] = {
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

static CU_TestInfo error_tests[] = {
	{ "closed port: refused", test_closed_port_counts_as_refused },
	{ "nobody there: unreachable", test_nobody_at_the_address_counts_as_unreachable },
	{ "SYN without answer: connect timeout",
	    test_syn_without_answer_counts_as_connect_timeout },
	{ "silent server: timeout", test_silent_server_counts_as_timeout_after_the_idle_time },
	{ "reset", test_reset_instead_of_an_answer_counts_as_reset },
	{ "closed early", test_close_instead_of_an_answer_counts_as_closed_early },
	{ "until close", test_answer_until_close_is_whole_when_the_server_closes },
	{ "no HTTP: bad response", test_what_is_no_http_counts_as_bad_response },
	{ "more than the answer: bad response", test_more_than_the_answer_counts_as_bad_response },
	{ "server speaks first: bad response",
	    test_server_that_speaks_first_counts_as_bad_response },
	{ "answer that says close", test_answer_that_says_close_gets_no_further_request },
	{ "only the last request asks to close", test_only_the_last_request_asks_to_close },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "load", NULL, NULL, setup, NULL, server_tests },
		{ "load errors", NULL, NULL, setup, NULL, error_tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
