/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What can go wrong for the client: nobody who answers, and a server that does what a test says.
 */
#include "load_fixture.h"

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

static void
setup_script(void)
{
	setup();
	script = (struct script){ .text = "" };
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

static CU_TestInfo tests[] = {
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
	CU_SuiteInfo suites[] = { { "load errors", NULL, NULL, setup_script, NULL, tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
