/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "base/arena.h"
#include "base/frame.h"
#include "base/seq.h"
#include "base/stats.h"
#include "base/time.h"
#include "tap.h"

static void
test_seq_lt_across_wrap_holds(void)
{
	CU_ASSERT_TRUE(tg_seq_lt(0xffffffff, 0));
	CU_ASSERT_TRUE(tg_seq_lt(0xfffffff0, 0x10));
	CU_ASSERT_FALSE(tg_seq_lt(0, 0xffffffff));
	CU_ASSERT_FALSE(tg_seq_lt(7, 7));
	CU_ASSERT_TRUE(tg_seq_leq(7, 7));
	CU_ASSERT_TRUE(tg_seq_gt(0x10, 0xfffffff0));
	CU_ASSERT_TRUE(tg_seq_geq(0, 0xffffffff));
}

static void
test_seq_max_and_min_across_wrap_pick_the_later_and_earlier(void)
{
	CU_ASSERT_EQUAL(tg_seq_max(0xffffffff, 1), 1);
	CU_ASSERT_EQUAL(tg_seq_min(0xffffffff, 1), 0xffffffff);
}

static void
test_seq_in_window_across_wrap_takes_left_edge_and_not_right(void)
{
	CU_ASSERT_TRUE(tg_seq_in_window(0xfffffffe, 0xfffffffe, 4));
	CU_ASSERT_TRUE(tg_seq_in_window(1, 0xfffffffe, 4));
	CU_ASSERT_FALSE(tg_seq_in_window(2, 0xfffffffe, 4));
	CU_ASSERT_FALSE(tg_seq_in_window(0xfffffffd, 0xfffffffe, 4));
	CU_ASSERT_FALSE(tg_seq_in_window(5, 5, 0));
}

static void
test_ticks_from_ms_round_up(void)
{
	CU_ASSERT_EQUAL(tg_ticks_from_ms(0), 0);
	CU_ASSERT_EQUAL(tg_ticks_from_ms(1), 1);
	CU_ASSERT_EQUAL(tg_ticks_from_ms(1000), 954);
	CU_ASSERT_TRUE((uint64_t)tg_ticks_from_ms(63000) << TG_TICK_SHIFT >= 63 * TG_NS_PER_SEC);
}

static void
test_sf16_is_exact_when_small_and_close_when_large(void)
{
	uint32_t v;

	for (v = 0; v < 4096; v++)
		CU_ASSERT_EQUAL_FATAL(tg_sf16_decode(tg_sf16_encode(v)), v);
	for (v = 4096; v < 100u << 20; v += v / 7) {
		uint32_t back = tg_sf16_decode(tg_sf16_encode(v));

		CU_ASSERT_TRUE_FATAL(back <= v && v - back <= v / 2048);
	}
	CU_ASSERT_EQUAL(tg_sf16_encode(UINT32_MAX), UINT16_MAX);
}

static void
test_byte_order_round_trips(void)
{
	uint8_t p[4];

	tg_store32(p, 0x01020304);
	CU_ASSERT_EQUAL(p[0], 1);
	CU_ASSERT_EQUAL(tg_load32(p), 0x01020304);
	tg_store16(p, 0x0a0b);
	CU_ASSERT_EQUAL(p[1], 0x0b);
	CU_ASSERT_EQUAL(tg_load16(p), 0x0a0b);
	CU_ASSERT_EQUAL(tg_host16(tg_be16(80)), 80);
}

static void
test_arena_measures_what_it_then_hands_out(void)
{
	static _Alignas(64) uint8_t block[512];
	struct tg_arena measure = { 0 }, arena = { block, sizeof(block), 0 };

	CU_ASSERT_PTR_NULL(tg_arena_take(&measure, 3, 10));
	CU_ASSERT_PTR_NULL(tg_arena_take(&measure, 1, 1));
	CU_ASSERT_EQUAL(measure.used, 65);
	CU_ASSERT_PTR_EQUAL(tg_arena_take(&arena, 3, 10), block);
	CU_ASSERT_PTR_EQUAL(tg_arena_take(&arena, 1, 1), block + 64);
	CU_ASSERT_EQUAL(arena.used, measure.used);
}

static void
test_frames_pop_gives_back_an_emptied_frame(void)
{
	struct tg_frame store[1], f = { .len = 60, .flags = TG_FRAME_VLAN, .room = 2000 };
	struct tg_frames list = { store, 0, 1 };

	CU_ASSERT_FALSE(tg_frames_pop(&list, &f));
	tg_frames_push(&list, &f);
	CU_ASSERT_TRUE(tg_frames_pop(&list, &f));
	CU_ASSERT_EQUAL(f.len, 0);
	CU_ASSERT_EQUAL(f.flags, 0);
	CU_ASSERT_EQUAL(f.room, 2000);
}

static void
test_stat_tables_are_complete_and_names_unique(void)
{
	unsigned i, j;

	for (i = 0; i < TG_COUNTER_MAX; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(tg_counter_info[i].name);
		for (j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(
			    tg_counter_info[i].name, tg_counter_info[j].name);
	}
	for (i = 0; i < TG_DROP_MAX; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(tg_drop_info[i].name);
		for (j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(tg_drop_info[i].name, tg_drop_info[j].name);
	}
}

static CU_TestInfo base_tests[] = {
	{ "seq_lt across the wrap holds", test_seq_lt_across_wrap_holds },
	{ "seq max and min across the wrap",
	    test_seq_max_and_min_across_wrap_pick_the_later_and_earlier },
	{ "seq_in_window across the wrap",
	    test_seq_in_window_across_wrap_takes_left_edge_and_not_right },
	{ "ticks from milliseconds round up", test_ticks_from_ms_round_up },
	{ "sf16 is exact when small, close when large",
	    test_sf16_is_exact_when_small_and_close_when_large },
	{ "byte order round trips", test_byte_order_round_trips },
	{ "arena measures what it hands out", test_arena_measures_what_it_then_hands_out },
	{ "frames pop gives back an emptied frame", test_frames_pop_gives_back_an_emptied_frame },
	{ "stat tables are complete, names unique",
	    test_stat_tables_are_complete_and_names_unique },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "base", NULL, NULL, NULL, NULL, base_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
