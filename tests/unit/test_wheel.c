/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "base/seq.h"
#include "tap.h"
#include "wheel/wheel.h"

#define RECORDS   256
#define NEAR_WRAP 0xfffffff0u
#define BUDGET    1000000u

/* A record as the owner has it: the node lies in its middle. */
struct record {
	uint32_t before;
	uint8_t pad[20];
	struct tg_wheel_node node;
	uint32_t after;
};

static struct record records[RECORDS];
static struct tg_wheel wheel;
static uint32_t expired[RECORDS];
static uint64_t random_state;

static void
start(uint32_t now)
{
	uint32_t h;

	memset(records, 0x5a, sizeof(records));
	for (h = 0; h < RECORDS; h++)
		records[h].before = records[h].after = ~h;
	tg_wheel_init(
	    &wheel, now, records, sizeof(records[0]), offsetof(struct record, node), RECORDS);
	random_state = 0x9e3779b97f4a7c15;
}

static uint32_t
random32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state * 0x2545f4914f6cdd1d >> 32);
}

static uint32_t
advance(uint32_t now)
{
	return tg_wheel_advance(&wheel, now, BUDGET, expired, RECORDS);
}

/* The nodes of one slot, a list that is consistent, none due before the slot starts. */
static uint32_t
check_slot(uint32_t slot)
{
	unsigned level = slot / TG_WHEEL_SLOTS, shift = level * 8;
	uint32_t h, prev = 1u << 31 | slot, n = 0;
	uint32_t ahead = (slot - (wheel.clock[level] >> shift)) % TG_WHEEL_SLOTS;

	CU_ASSERT_EQUAL_FATAL(wheel.occupied[level][slot % TG_WHEEL_SLOTS / 64] >> slot % 64 & 1,
	    wheel.head[slot] != TG_HANDLE_NONE);
	for (h = wheel.head[slot]; h != TG_HANDLE_NONE; h = records[h].node.next) {
		CU_ASSERT_EQUAL_FATAL(records[h].node.prev, prev);
		CU_ASSERT_TRUE_FATAL(
		    (uint64_t)ahead << shift <= records[h].node.deadline - wheel.clock[level]);
		prev = h;
		CU_ASSERT_TRUE_FATAL(++n <= RECORDS);
	}
	return n;
}

static void
check_wheel(void)
{
	uint32_t level, slot, h, armed = 0, listed = 0;

	for (level = 0; level < TG_WHEEL_LEVELS; level++)
		CU_ASSERT_TRUE_FATAL(tg_seq_leq(wheel.clock[level], wheel.now));
	for (slot = 0; slot < TG_WHEEL_LEVELS * TG_WHEEL_SLOTS; slot++)
		listed += check_slot(slot);
	for (h = 0; h < RECORDS; h++) {
		armed += tg_wheel_armed(&wheel, h);
		CU_ASSERT_TRUE_FATAL(records[h].before == ~h && records[h].after == ~h);
	}
	CU_ASSERT_EQUAL_FATAL(listed, armed);
}

static bool
fired(uint32_t handle, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (expired[i] == handle)
			return true;
	}
	return false;
}

static void
test_new_wheel_advance_fires_nothing(void)
{
	uint32_t h, tick = 77;

	start(NEAR_WRAP);
	for (h = 0; h < RECORDS; h++)
		CU_ASSERT_FALSE(tg_wheel_armed(&wheel, h));
	CU_ASSERT_FALSE(tg_wheel_next(&wheel, &tick));
	CU_ASSERT_EQUAL(tick, 77);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP), 0);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 0x7fffffff), 0);
	CU_ASSERT_FALSE(tg_wheel_behind(&wheel, NEAR_WRAP + 0x7fffffff));
	check_wheel();
}

/* Distances around every boundary between levels, from times around the wrap. */
static void
test_armed_advance_fires_at_the_deadline_and_not_before(void)
{
	static const uint32_t from[] = { 0, 1, 0xff, 0x100, 0xffff, 0x00ffffff, 0x7fffffff,
		0x80000000, 0xffffff00, NEAR_WRAP, 0xffffffff, 0x12345678 };
	static const uint32_t ahead[] = { 0, 1, 2, 0x10, 0xfe, 0xff, 0x100, 0x101, 0xffff, 0x10000,
		0x10001, 0xffffff, 0x1000000, 0x1000001, 0x7f000000, 0x7ffffffe, 0x7fffffff };
	size_t i, j;

	for (i = 0; i < TG_ARRAY_LEN(from); i++) {
		for (j = 0; j < TG_ARRAY_LEN(ahead); j++) {
			start(from[i]);
			tg_wheel_arm(&wheel, 3, from[i] + ahead[j]);
			CU_ASSERT_TRUE(tg_wheel_armed(&wheel, 3));
			check_wheel();
			if (ahead[j] > 0) {
				CU_ASSERT_EQUAL(advance(from[i] + ahead[j] - 1), 0);
				CU_ASSERT_TRUE(tg_wheel_armed(&wheel, 3));
				check_wheel();
			}
			CU_ASSERT_EQUAL(advance(from[i] + ahead[j]), 1);
			CU_ASSERT_EQUAL(expired[0], 3);
			CU_ASSERT_FALSE(tg_wheel_armed(&wheel, 3));
			check_wheel();
		}
	}
}

static void
test_armed_advance_tick_by_tick_fires_each_at_its_own_tick(void)
{
	uint32_t h, tick;

	start(NEAR_WRAP - 600);
	for (h = 0; h < RECORDS; h++)
		tg_wheel_arm(&wheel, h, NEAR_WRAP - 600 + 5 * h);
	for (tick = 0; tick < 5 * RECORDS; tick++) {
		CU_ASSERT_EQUAL_FATAL(advance(NEAR_WRAP - 600 + tick), tick % 5 == 0);
		if (tick % 5 == 0)
			CU_ASSERT_EQUAL_FATAL(expired[0], tick / 5);
	}
}

static void
test_arm_in_the_past_fires_on_next_advance_to_the_same_tick(void)
{
	start(5);
	CU_ASSERT_EQUAL(advance(1000), 0);
	tg_wheel_arm(&wheel, 0, 1000);
	tg_wheel_arm(&wheel, 1, 999);
	tg_wheel_arm(&wheel, 2, 5);
	tg_wheel_arm(&wheel, 3, (uint32_t)-100);
	tg_wheel_arm(&wheel, 4, 1001);
	CU_ASSERT_EQUAL(records[2].node.deadline, 1000);
	CU_ASSERT_TRUE(tg_wheel_behind(&wheel, 1000));
	CU_ASSERT_EQUAL(advance(1000), 4);
	CU_ASSERT_FALSE(fired(4, 4));
	CU_ASSERT_FALSE(tg_wheel_behind(&wheel, 1000));
	CU_ASSERT_EQUAL(advance(1000), 0);
	CU_ASSERT_EQUAL(advance(1001), 1);
}

static void
test_armed_rearm_in_the_past_fires_on_next_advance(void)
{
	start(NEAR_WRAP);
	tg_wheel_arm(&wheel, 0, NEAR_WRAP + 70000);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 100), 0);
	tg_wheel_arm(&wheel, 0, NEAR_WRAP + 50);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 100), 1);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 70000), 0);
}

static void
test_armed_rearm_later_moves_only_the_deadline(void)
{
	struct tg_wheel_node node;

	start(NEAR_WRAP);
	tg_wheel_arm(&wheel, 7, NEAR_WRAP + 10);
	node = records[7].node;
	tg_wheel_arm(&wheel, 7, NEAR_WRAP + 100000);
	CU_ASSERT_EQUAL(records[7].node.next, node.next);
	CU_ASSERT_EQUAL(records[7].node.prev, node.prev);
	CU_ASSERT_EQUAL(records[7].node.deadline, NEAR_WRAP + 100000);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 10), 0);
	CU_ASSERT_NOT_EQUAL(records[7].node.prev, node.prev);
	check_wheel();
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 99999), 0);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 100000), 1);
}

static void
test_armed_rearm_later_every_tick_never_fires_until_left_alone(void)
{
	uint32_t tick;

	start(NEAR_WRAP);
	for (tick = 0; tick < 100000; tick++) {
		tg_wheel_arm(&wheel, 7, NEAR_WRAP + tick + 300);
		CU_ASSERT_EQUAL_FATAL(advance(NEAR_WRAP + tick), 0);
	}
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 99999 + 299), 0);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 99999 + 300), 1);
}

static void
test_armed_rearm_earlier_fires_at_the_earlier_deadline_once(void)
{
	start(NEAR_WRAP);
	tg_wheel_arm(&wheel, 7, NEAR_WRAP + 100000);
	tg_wheel_arm(&wheel, 7, NEAR_WRAP + 300);
	check_wheel();
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 299), 0);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 300), 1);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 100000), 0);
}

static void
test_lazily_moved_rearm_between_slot_and_deadline_fires_in_time(void)
{
	start(NEAR_WRAP);
	tg_wheel_arm(&wheel, 7, NEAR_WRAP + 300);
	tg_wheel_arm(&wheel, 7, NEAR_WRAP + 90000);
	tg_wheel_arm(&wheel, 7, NEAR_WRAP + 5000);
	check_wheel();
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 4999), 0);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 5000), 1);
}

static void
test_slot_of_three_cancel_in_every_position_leaves_the_others(void)
{
	uint32_t gone, also, n;

	for (gone = 0; gone < 3; gone++) {
		for (also = 0; also < 3; also++) {
			start(NEAR_WRAP);
			tg_wheel_arm(&wheel, 0, NEAR_WRAP + 400);
			tg_wheel_arm(&wheel, 1, NEAR_WRAP + 400);
			tg_wheel_arm(&wheel, 2, NEAR_WRAP + 400);
			tg_wheel_cancel(&wheel, gone);
			check_wheel();
			tg_wheel_cancel(&wheel, also);
			check_wheel();
			CU_ASSERT_FALSE(tg_wheel_armed(&wheel, gone));
			n = advance(NEAR_WRAP + 400);
			CU_ASSERT_EQUAL(n, gone == also ? 2 : 1);
			CU_ASSERT_FALSE(fired(gone, n) || fired(also, n));
		}
	}
}

static void
test_last_of_a_slot_cancel_empties_the_wheel(void)
{
	uint32_t tick;

	start(NEAR_WRAP);
	tg_wheel_arm(&wheel, 9, NEAR_WRAP + 0x123456);
	tg_wheel_cancel(&wheel, 9);
	tg_wheel_cancel(&wheel, 9);
	check_wheel();
	CU_ASSERT_FALSE(tg_wheel_next(&wheel, &tick));
	tg_wheel_arm(&wheel, 9, NEAR_WRAP + 1);
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 0x123456), 1);
}

static void
test_fired_rearm_fires_again(void)
{
	uint32_t round, now = NEAR_WRAP;

	start(now);
	for (round = 0; round < 1000; round++) {
		tg_wheel_arm(&wheel, 1, now += 300);
		CU_ASSERT_EQUAL_FATAL(advance(now), 1);
	}
}

static void
test_many_due_advance_with_small_budget_goes_on_next_time(void)
{
	uint32_t h, n = 0, calls = 0;

	start(NEAR_WRAP);
	for (h = 0; h < RECORDS; h++)
		tg_wheel_arm(&wheel, h, NEAR_WRAP + 1 + h * h);
	while (tg_wheel_behind(&wheel, NEAR_WRAP + 0x20000)) {
		n += tg_wheel_advance(&wheel, NEAR_WRAP + 0x20000, 7, expired, RECORDS);
		check_wheel();
		calls++;
	}
	CU_ASSERT_EQUAL(n, RECORDS);
	/* The target is known to the first call, so each is looked at once. */
	CU_ASSERT_EQUAL(calls, (RECORDS + 6) / 7);
}

static void
test_many_due_advance_with_little_room_writes_no_more_than_max(void)
{
	uint32_t h, n;

	start(NEAR_WRAP);
	for (h = 0; h < RECORDS; h++)
		tg_wheel_arm(&wheel, h, NEAR_WRAP + 20);
	expired[5] = 0xabcd;
	CU_ASSERT_EQUAL(tg_wheel_advance(&wheel, NEAR_WRAP + 30, BUDGET, expired, 5), 5);
	CU_ASSERT_EQUAL(expired[5], 0xabcd);
	CU_ASSERT_EQUAL(tg_wheel_advance(&wheel, NEAR_WRAP + 30, BUDGET, expired, 0), 0);
	CU_ASSERT_EQUAL(tg_wheel_advance(&wheel, NEAR_WRAP + 30, 0, expired, RECORDS), 0);
	CU_ASSERT_TRUE(tg_wheel_behind(&wheel, NEAR_WRAP + 30));
	n = advance(NEAR_WRAP + 30);
	CU_ASSERT_EQUAL(n, RECORDS - 5);
	CU_ASSERT_FALSE(tg_wheel_behind(&wheel, NEAR_WRAP + 30));
}

/* The budget ends in the middle of a slot above level 0, and time enters the next. */
static void
test_wide_slot_budget_ends_amid_and_later_resumes(void)
{
	uint32_t h, tick, base = 0xffffff00, n;

	start(base - 5);
	for (h = 0; h < 64; h++)
		tg_wheel_arm(&wheel, h, base + 0x100 + h % 4);
	for (; h < 128; h++)
		tg_wheel_arm(&wheel, h, base + 0x2ff);
	CU_ASSERT_EQUAL(tg_wheel_advance(&wheel, base + 0xff, 10, expired, RECORDS), 0);
	CU_ASSERT_EQUAL(tg_wheel_advance(&wheel, base + 0x100, 10, expired, RECORDS), 2);
	check_wheel();
	CU_ASSERT_TRUE(tg_wheel_behind(&wheel, base + 0x100));
	CU_ASSERT_TRUE(tg_wheel_next(&wheel, &tick));
	CU_ASSERT_EQUAL(tick, base + 0x100);
	tg_wheel_arm(&wheel, 128, base + 0x101);
	check_wheel();
	for (h = 0, n = 2; h < 20; h++) {
		n += tg_wheel_advance(&wheel, base + 0x200, 10, expired, RECORDS);
		check_wheel();
	}
	CU_ASSERT_FALSE(tg_wheel_behind(&wheel, base + 0x200));
	CU_ASSERT_EQUAL(n, 65);
	CU_ASSERT_EQUAL(advance(base + 0x2fe), 0);
	CU_ASSERT_EQUAL(advance(base + 0x2ff), 64);
}

/* Far deadlines change level in masses while near ones are armed and due. */
static void
test_wide_slot_entered_does_not_hold_up_near_deadlines(void)
{
	uint32_t h, tick, near = RECORDS - 1, base = NEAR_WRAP & ~0xffffu, late = 0;

	start(base);
	for (h = 0; h < near; h++)
		tg_wheel_arm(&wheel, h, base + 0x20000 + h);
	for (tick = base + 0x10000; tick != base + 0x20200; tick++) {
		uint32_t n;

		if (!tg_wheel_armed(&wheel, near))
			tg_wheel_arm(&wheel, near, tick + 3);
		n = tg_wheel_advance(&wheel, tick, 2, expired, RECORDS);
		late += tg_wheel_behind(&wheel, tick);
		if (fired(near, n))
			CU_ASSERT_EQUAL_FATAL(records[near].node.deadline, tick);
		CU_ASSERT_FALSE_FATAL(
		    tg_wheel_armed(&wheel, near) && tg_seq_leq(records[near].node.deadline, tick));
	}
	CU_ASSERT_TRUE(late > 50);
	for (h = 0; h < near; h++)
		CU_ASSERT_FALSE(tg_wheel_armed(&wheel, h));
}

static void
test_behind_arm_and_cancel_take_part(void)
{
	uint32_t h, n;

	start(NEAR_WRAP);
	for (h = 0; h < 20; h++)
		tg_wheel_arm(&wheel, h, NEAR_WRAP + 50);
	CU_ASSERT_EQUAL(tg_wheel_advance(&wheel, NEAR_WRAP + 500, 4, expired, RECORDS), 4);
	for (h = 0; h < 20; h++)
		tg_wheel_cancel(&wheel, h);
	tg_wheel_arm(&wheel, 30, NEAR_WRAP + 500);
	tg_wheel_arm(&wheel, 31, NEAR_WRAP + 501);
	tg_wheel_arm(&wheel, 32, NEAR_WRAP);
	check_wheel();
	n = advance(NEAR_WRAP + 500);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_TRUE(fired(30, n) && fired(32, n));
}

static void
test_long_empty_stretch_advance_costs_no_budget(void)
{
	uint32_t h;

	start(NEAR_WRAP);
	for (h = 0; h < 100; h++)
		tg_wheel_arm(&wheel, h, NEAR_WRAP + 0x7f000000 + h);
	CU_ASSERT_EQUAL(tg_wheel_advance(&wheel, NEAR_WRAP + 0x70000000, 0, expired, RECORDS), 0);
	CU_ASSERT_FALSE(tg_wheel_behind(&wheel, NEAR_WRAP + 0x70000000));
	CU_ASSERT_EQUAL(tg_wheel_advance(&wheel, NEAR_WRAP + 0x7effffff, 400, expired, RECORDS), 0);
	CU_ASSERT_FALSE(tg_wheel_behind(&wheel, NEAR_WRAP + 0x7effffff));
	CU_ASSERT_EQUAL(advance(NEAR_WRAP + 0x7f000000 + 99), 100);
}

static void
test_armed_next_is_never_after_the_first_deadline(void)
{
	uint32_t round, deadline, tick, stops;

	start(NEAR_WRAP);
	for (round = 0; round < 20000; round++) {
		deadline = wheel.now + (random32() >> (1 + random32() % 31));
		tg_wheel_arm(&wheel, 0, deadline);
		for (stops = 0; tg_wheel_next(&wheel, &tick); stops++) {
			CU_ASSERT_TRUE_FATAL(stops <= 4 && tg_seq_leq(tick, deadline));
			CU_ASSERT_FALSE_FATAL(tg_wheel_behind(&wheel, tick - 1));
			CU_ASSERT_TRUE_FATAL(tg_wheel_behind(&wheel, tick));
			CU_ASSERT_EQUAL_FATAL(advance(tick), tick == deadline);
		}
		CU_ASSERT_EQUAL_FATAL(wheel.now, deadline);
	}
}

/* The model: a deadline per handle. */
static struct {
	bool armed;
	uint32_t deadline;
} model[RECORDS];

static void
model_step(uint32_t now)
{
	uint32_t h = random32() % RECORDS, op = random32() % 8;

	if (op == 0) {
		tg_wheel_cancel(&wheel, h);
		model[h].armed = false;
	} else if (op < 6) {
		model[h].deadline = now + (random32() >> (1 + random32() % 31)) - random32() % 3;
		model[h].armed = true;
		tg_wheel_arm(&wheel, h, model[h].deadline);
	}
	CU_ASSERT_EQUAL_FATAL(tg_wheel_armed(&wheel, h), model[h].armed);
}

static void
model_take(uint32_t now, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		CU_ASSERT_TRUE_FATAL(expired[i] < RECORDS && model[expired[i]].armed);
		CU_ASSERT_TRUE_FATAL(tg_seq_leq(model[expired[i]].deadline, now));
		CU_ASSERT_FALSE_FATAL(tg_wheel_armed(&wheel, expired[i]));
		model[expired[i]].armed = false;
	}
}

static uint32_t
model_due(uint32_t now)
{
	uint32_t h, n = 0;

	for (h = 0; h < RECORDS; h++)
		n += model[h].armed && tg_seq_leq(model[h].deadline, now);
	return n;
}

/* Steps of time from single ticks to days, so that the runs cross the wrap many times. */
static void
run_model(uint32_t rounds, uint32_t max_shift, uint32_t budget)
{
	uint32_t round, i, n, now = NEAR_WRAP;

	start(now);
	memset(model, 0, sizeof(model));
	for (round = 0; round < rounds; round++) {
		for (i = random32() % 16; i > 0; i--)
			model_step(now);
		now += random32() & ((1u << random32() % max_shift) - 1);
		n = tg_wheel_advance(&wheel, now, budget, expired, RECORDS);
		model_take(now, n);
		CU_ASSERT_TRUE_FATAL(n <= budget);
		while (tg_wheel_behind(&wheel, now) && random32() % 4 != 0) {
			n = tg_wheel_advance(
			    &wheel, now, budget, expired, 1 + random32() % RECORDS);
			model_take(now, n);
		}
		if (!tg_wheel_behind(&wheel, now))
			CU_ASSERT_EQUAL_FATAL(model_due(now), 0);
		if (round % 64 == 0)
			check_wheel();
	}
}

static void
test_random_operations_agree_with_a_model_in_small_steps(void)
{
	run_model(150000, 8, BUDGET);
}

static void
test_random_operations_agree_with_a_model_in_large_steps(void)
{
	run_model(150000, 30, BUDGET);
}

static void
test_random_operations_agree_with_a_model_on_a_small_budget(void)
{
	run_model(150000, 20, 3);
}

static CU_TestInfo wheel_tests[] = {
	{ "new wheel advance fires nothing", test_new_wheel_advance_fires_nothing },
	{ "armed advance fires at the deadline",
	    test_armed_advance_fires_at_the_deadline_and_not_before },
	{ "armed advance tick by tick",
	    test_armed_advance_tick_by_tick_fires_each_at_its_own_tick },
	{ "arm in the past fires next",
	    test_arm_in_the_past_fires_on_next_advance_to_the_same_tick },
	{ "armed rearm in the past fires next",
	    test_armed_rearm_in_the_past_fires_on_next_advance },
	{ "armed rearm later moves only the deadline",
	    test_armed_rearm_later_moves_only_the_deadline },
	{ "armed rearm later every tick",
	    test_armed_rearm_later_every_tick_never_fires_until_left_alone },
	{ "armed rearm earlier fires once",
	    test_armed_rearm_earlier_fires_at_the_earlier_deadline_once },
	{ "lazily moved rearm between",
	    test_lazily_moved_rearm_between_slot_and_deadline_fires_in_time },
	{ "cancel in every position",
	    test_slot_of_three_cancel_in_every_position_leaves_the_others },
	{ "cancel the last of a slot", test_last_of_a_slot_cancel_empties_the_wheel },
	{ "fired rearm fires again", test_fired_rearm_fires_again },
	{ "small budget goes on next time",
	    test_many_due_advance_with_small_budget_goes_on_next_time },
	{ "little room", test_many_due_advance_with_little_room_writes_no_more_than_max },
	{ "wide slot budget ends amid", test_wide_slot_budget_ends_amid_and_later_resumes },
	{ "wide slot does not hold up near deadlines",
	    test_wide_slot_entered_does_not_hold_up_near_deadlines },
	{ "behind arm and cancel take part", test_behind_arm_and_cancel_take_part },
	{ "long empty stretch costs no budget", test_long_empty_stretch_advance_costs_no_budget },
	{ "armed next is a lower bound", test_armed_next_is_never_after_the_first_deadline },
	{ "model in small steps", test_random_operations_agree_with_a_model_in_small_steps },
	{ "model in large steps", test_random_operations_agree_with_a_model_in_large_steps },
	{ "model on a small budget", test_random_operations_agree_with_a_model_on_a_small_budget },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "wheel", NULL, NULL, NULL, NULL, wheel_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
