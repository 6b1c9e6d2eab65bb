/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Pipelined requests, and the stream of their answers.
 */
#include "http_conn_fixture.h"

static const char pipeline[] =
    GET_A HEAD_BIG POST_A GET_NONE GET_BIG GET_A "\r\n" GET_BIG GET_NONE HEAD_BIG LAST_A;

static void
expect_pipeline(void)
{
	const struct rendered *r = &fx.now[0];

	expect_answer(r, PAGE_A, KEEP);
	expect_answer(r, PAGE_BIG, KEEP_HEAD);
	expect_answer(r, TG_HTTP_405, KEEP);
	expect_answer(r, TG_HTTP_404, KEEP);
	expect_answer(r, PAGE_BIG, KEEP);
	expect_answer(r, PAGE_A, KEEP);
	expect_answer(r, PAGE_BIG, KEEP);
	expect_answer(r, TG_HTTP_404, KEEP);
	expect_answer(r, PAGE_BIG, KEEP_HEAD);
	expect_answer(r, PAGE_A, CLOSE);
}

static void
test_pipelined_fourth_answer_stops_and_ack_resumes(void)
{
	uint32_t taken;

	setup();
	expect_pipeline();
	taken = receive(pipeline);
	CU_ASSERT_EQUAL(taken, strlen(GET_A HEAD_BIG POST_A GET_NONE));
	CU_ASSERT_EQUAL(pinned(7), 4);
	CU_ASSERT_EQUAL(receive(pipeline + taken), 0);
	acked(fx.now[0].page[PAGE_A].head_len[0]); /* not its body */
	CU_ASSERT_EQUAL(receive(pipeline + taken), 0);
	acked(fx.now[0].page[PAGE_A].head_len[0] + fx.now[0].page[PAGE_A].body_len);
	CU_ASSERT_EQUAL(pinned(7), 3);
	CU_ASSERT_EQUAL(receive(pipeline + taken), strlen(GET_BIG));
	CU_ASSERT_EQUAL(pinned(7), 4);
	CU_ASSERT_TRUE(renders(fx.conn.released, tg_http_stream_end(&fx.conn) - fx.conn.released));
	teardown();
}

static void
test_pipelined_fourth_answer_with_body_leaves_the_body(void)
{
	setup();
	CU_ASSERT_EQUAL(
	    receive(GET_A GET_A GET_A POST_A GET_A), strlen(GET_A GET_A GET_A POST_A) - 5);
	CU_ASSERT_EQUAL(receive("12345"), 0);
	acked(tg_http_stream_end(&fx.conn));
	CU_ASSERT_FALSE(tg_http_idle(&fx.conn));
	CU_ASSERT_EQUAL(receive("12345" GET_A), 5 + strlen(GET_A));
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), 5);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_200), 4);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_405), 1);
	teardown();
}

/* Offers the pipeline in pieces, acknowledging all answers whenever it stops. */
static void
drive_pipeline(uint32_t first, uint32_t rest)
{
	uint32_t at = 0, taken, piece = first, len = sizeof(pipeline) - 1;

	while (at < len) {
		piece = TG_MIN(piece, len - at);
		taken = receive_bytes(pipeline + at, piece);
		CU_ASSERT_TRUE_FATAL(taken <= piece);
		at += taken;
		if (taken == piece) {
			piece = rest;
			continue;
		}
		CU_ASSERT_TRUE(
		    renders(fx.conn.released, tg_http_stream_end(&fx.conn) - fx.conn.released));
		CU_ASSERT_EQUAL_FATAL(pinned(7), TG_HTTP_ANSWERS_MAX);
		acked(tg_http_stream_end(&fx.conn));
		CU_ASSERT_EQUAL(pinned(7), 0);
		piece -= taken;
	}
}

static void
test_pipelined_in_any_pieces_gives_one_stream(void)
{
	uint32_t first;

	for (first = 0; first < sizeof(pipeline); first++) {
		setup();
		expect_pipeline();
		drive_pipeline(first, first % 3 == 0 ? 1 : sizeof(pipeline));
		CU_ASSERT_TRUE(stream_is_expected(fx.conn.released));
		CU_ASSERT_TRUE(tg_http_closing(&fx.conn));
		CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), 10);
		CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_200), 7);
		CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_404), 2);
		CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_405), 1);
		teardown();
	}
}

static uint32_t
random_below(uint64_t *state, uint32_t bound)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 32) * bound >> 32);
}

static void
test_render_of_random_ranges_is_the_same_each_time(void)
{
	uint64_t seed = 0x726f636b706f6f6c;
	uint32_t i, off;

	setup();
	receive(GET_BIG HEAD_BIG GET_NONE);
	publish_next();
	receive(GET_A);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP_HEAD);
	expect_answer(&fx.now[0], TG_HTTP_404, KEEP);
	expect_answer(&fx.now[1], PAGE_A, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	for (i = 0; i < 5000; i++) {
		off = random_below(&seed, fx.n_expected + 1);
		CU_ASSERT_TRUE_FATAL(renders(off, random_below(&seed, fx.n_expected - off + 1)));
	}
	for (off = 0; off < fx.n_expected; off++)
		CU_ASSERT_TRUE_FATAL(renders(off, 1));
	teardown();
}

static void
test_new_snapshot_leaves_queued_answers_as_they_were(void)
{
	setup();
	receive(GET_A);
	expect_answer(&fx.now[0], PAGE_A, KEEP);
	publish_next();
	CU_ASSERT_TRUE(stream_is_expected(0));
	receive(GET_A);
	expect_answer(&fx.now[1], PAGE_A, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_EQUAL(pinned(7), 1);
	CU_ASSERT_EQUAL(pinned(63), 1);
	teardown();
}

static void
test_acked_at_every_offset_releases_whole_answers_only(void)
{
	uint32_t off, first, len;

	setup();
	receive(GET_A);
	first = tg_http_stream_end(&fx.conn);
	receive(HEAD_BIG);
	len = tg_http_stream_end(&fx.conn);
	for (off = 0; off <= len; off++) {
		acked(off);
		CU_ASSERT_EQUAL(pinned(7), 2u - (off >= first) - (off >= len));
	}
	acked(0);
	CU_ASSERT_EQUAL(pinned_in_all(), 0);
	CU_ASSERT_TRUE(tg_http_idle(&fx.conn));
	CU_ASSERT_EQUAL(tg_http_stream_end(&fx.conn), len);
	teardown();
}

static void
test_acked_in_order_unpins_each_slot(void)
{
	uint32_t first;

	setup();
	receive(GET_A);
	first = tg_http_stream_end(&fx.conn);
	publish_next();
	receive(GET_A GET_A);
	acked(first);
	CU_ASSERT_EQUAL(pinned(7), 0);
	CU_ASSERT_EQUAL(pinned(63), 2);
	tg_http_conn_release(&fx.conn, &fx.pins);
	CU_ASSERT_EQUAL(pinned_in_all(), 0);
	teardown();
}

static void
test_stream_offsets_across_wrap_work(void)
{
	uint8_t dst[2048], again[2048];
	uint32_t start = UINT32_MAX - 100, len;

	setup();
	fx.conn.released = fx.conn.end = start;
	receive(GET_BIG GET_A);
	len = tg_http_stream_end(&fx.conn) - start;
	CU_ASSERT_TRUE(tg_http_stream_end(&fx.conn) < start);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	CU_ASSERT_TRUE(tg_http_render(&fx.conn, &fx.view, start, dst, len));
	CU_ASSERT_EQUAL(memcmp(dst, fx.expected, fx.n_expected), 0);
	CU_ASSERT_TRUE(tg_http_render(&fx.conn, &fx.view, start + 200, again, len - 200));
	CU_ASSERT_EQUAL(memcmp(dst + 200, again, len - 200), 0);
	acked(start + fx.n_expected - 1);
	CU_ASSERT_EQUAL(pinned(7), 2);
	acked(start + fx.n_expected);
	CU_ASSERT_EQUAL(pinned(7), 1);
	acked(start + len);
	CU_ASSERT_TRUE(tg_http_idle(&fx.conn));
	teardown();
}

static void
expire_across(uint64_t serial)
{
	uint32_t first;
	uint8_t dst[256];

	setup_with_serial(serial);
	receive(GET_A);
	first = tg_http_stream_end(&fx.conn);
	publish_next();
	receive(GET_A);
	CU_ASSERT_FALSE(tg_http_expired(&fx.conn, &fx.view));
	fx.view.oldest_serial = serial + 1;
	fx.view.slot[7] = NULL;
	CU_ASSERT_TRUE(tg_http_expired(&fx.conn, &fx.view));
	CU_ASSERT_FALSE(tg_http_render(&fx.conn, &fx.view, 0, dst, 1));
	CU_ASSERT_FALSE(tg_http_render(&fx.conn, &fx.view, first - 1, dst, 2));
	CU_ASSERT_TRUE(tg_http_render(&fx.conn, &fx.view, first, dst, 1));
	acked(first);
	CU_ASSERT_FALSE(tg_http_expired(&fx.conn, &fx.view));
	teardown();
}

static void
test_snapshot_too_old_expires_its_answers(void)
{
	expire_across(41);
	expire_across(UINT32_MAX);
	expire_across(UINT32_MAX - 1);
	expire_across(7ULL << 32);
}

static void
test_slot_rendered_anew_does_not_serve_an_old_answer(void)
{
	uint8_t dst[1];

	setup();
	receive(GET_A);
	fx.view.slot[7] = &fx.now[1].snapshot;
	fx.view.oldest_serial = 42;
	CU_ASSERT_FALSE(tg_http_render(&fx.conn, &fx.view, 0, dst, 1));
	CU_ASSERT_TRUE(tg_http_expired(&fx.conn, &fx.view));
	teardown();
}

/* Feeds len bytes in random pieces, acknowledging at random. */
static void
drive_random(const uint8_t *p, uint32_t len, uint64_t *seed)
{
	uint32_t at = 0, taken, piece, queued;
	uint8_t dst[64];

	while (at < len) {
		piece = 1 + random_below(seed, TG_MIN(len - at, 60));
		taken = receive_bytes(p + at, piece);
		CU_ASSERT_TRUE_FATAL(taken <= piece);
		at += taken;
		queued = tg_http_stream_end(&fx.conn) - fx.conn.released;
		CU_ASSERT_TRUE_FATAL(tg_http_render(
		    &fx.conn, &fx.view, fx.conn.released, dst, TG_MIN(queued, sizeof(dst))));
		if (taken < piece || random_below(seed, 3) == 0)
			acked(fx.conn.released + random_below(seed, queued + 1));
		CU_ASSERT_TRUE_FATAL(pinned_in_all() == fx.conn.n_answers);
	}
}

static void
test_pipeline_mutated_at_random_keeps_counts_and_pins(void)
{
	uint64_t seed = 0x736c756963657321, answers = 0;
	uint32_t round, n, len = sizeof(pipeline) - 1;
	uint8_t p[sizeof(pipeline)];

	setup();
	for (round = 0; round < 2000; round++) {
		memcpy(p, pipeline, len);
		for (n = random_below(&seed, 4); n > 0; n--)
			p[random_below(&seed, len)] ^= (uint8_t)(1U << random_below(&seed, 8));
		tg_http_conn_init(&fx.conn);
		drive_random(p, len, &seed);
		teardown();
	}
	for (n = TG_HTTP_100 + 1; n < TG_HTTP_STATUS_MAX; n++)
		answers += counted(tg_http_status_info[n].counter);
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_REQUESTS), answers);
	CU_ASSERT_TRUE(counted(TG_COUNTER_HTTP_400) > 500);
	CU_ASSERT_TRUE(counted(TG_COUNTER_HTTP_200) > 5000);
}

static CU_TestInfo stream_tests[] = {
	{ "fourth answer stops, ack resumes", test_pipelined_fourth_answer_stops_and_ack_resumes },
	{ "fourth answer leaves its body", test_pipelined_fourth_answer_with_body_leaves_the_body },
	{ "pipeline in any pieces, one stream", test_pipelined_in_any_pieces_gives_one_stream },
	{ "random ranges render the same", test_render_of_random_ranges_is_the_same_each_time },
	{ "new snapshot leaves old answers", test_new_snapshot_leaves_queued_answers_as_they_were },
	{ "ack releases whole answers only",
	    test_acked_at_every_offset_releases_whole_answers_only },
	{ "ack unpins each slot", test_acked_in_order_unpins_each_slot },
	{ "stream offsets across the wrap", test_stream_offsets_across_wrap_work },
	{ "old snapshot expires its answers", test_snapshot_too_old_expires_its_answers },
	{ "slot rendered anew serves no old answer",
	    test_slot_rendered_anew_does_not_serve_an_old_answer },
	{ "mutated pipeline keeps counts and pins",
	    test_pipeline_mutated_at_random_keeps_counts_and_pins },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "stream", NULL, NULL, NULL, NULL, stream_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
