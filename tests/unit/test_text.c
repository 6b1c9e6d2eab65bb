/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/text.h"
#include "tap.h"

#include <string.h>

static struct tg_text text;
static char room[64];

static int
start_text(size_t cap)
{
	memset(room, '#', sizeof(room));
	tg_text_init(&text, room, cap);
	return 0;
}

static bool
text_is(const char *expected)
{
	return !text.cut && text.len == strlen(expected) &&
	       memcmp(text.buf, expected, text.len) == 0;
}

static void
test_text_put_fills_to_the_last_byte(void)
{
	start_text(6);
	tg_text_put(&text, "abc");
	tg_text_put(&text, "");
	tg_text_put(&text, "def");
	CU_ASSERT_TRUE(text_is("abcdef"));
	CU_ASSERT_EQUAL(room[6], '#');
}

static void
test_text_put_beyond_the_end_is_left_out_whole_and_remembered(void)
{
	start_text(5);
	tg_text_put(&text, "abc");
	tg_text_put(&text, "def");
	CU_ASSERT_TRUE(text.cut);
	CU_ASSERT_EQUAL(text.len, 3);
	tg_text_put(&text, "g");
	CU_ASSERT_EQUAL(text.len, 3);
	CU_ASSERT_EQUAL(room[5], '#');
}

static void
test_text_printf_needs_one_byte_more_than_it_keeps(void)
{
	start_text(5);
	tg_text_printf(&text, "%u", 1234U);
	CU_ASSERT_TRUE(text_is("1234"));
	start_text(4);
	tg_text_printf(&text, "%u", 1234U);
	CU_ASSERT_TRUE(text.cut);
	CU_ASSERT_EQUAL(text.len, 0);
	CU_ASSERT_EQUAL(room[4], '#');
}

static void
test_text_printf_after_a_cut_writes_nothing(void)
{
	start_text(4);
	tg_text_put(&text, "abcde");
	tg_text_printf(&text, "x");
	CU_ASSERT_EQUAL(text.len, 0);
	CU_ASSERT_TRUE(text.cut);
}

static void
test_json_separates_values_and_nests(void)
{
	struct tg_json j;

	start_text(sizeof(room));
	tg_json_init(&j, &text);
	tg_json_open(&j, NULL, '{');
	tg_json_open(&j, "a", '[');
	tg_json_number(&j, NULL, 0);
	tg_json_number(&j, NULL, UINT64_MAX);
	tg_json_open(&j, NULL, '{');
	tg_json_close(&j, '}');
	tg_json_close(&j, ']');
	tg_json_bool(&j, "t", true);
	tg_json_bool(&j, "f", false);
	tg_json_close(&j, '}');
	CU_ASSERT_TRUE(text_is("{\"a\":[0,18446744073709551615,{}],\"t\":true,\"f\":false}"));
}

static void
test_json_string_escapes_quotes_backslashes_and_controls(void)
{
	struct tg_json j;

	start_text(sizeof(room));
	tg_json_init(&j, &text);
	tg_json_string(&j, NULL, "a\"b\\c\n\x1f\x7f\xc3\xbc");
	CU_ASSERT_TRUE(text_is("\"a\\\"b\\\\c\\u000a\\u001f\x7f\xc3\xbc\""));
}

static CU_TestInfo tests[] = {
	{ "text put: fills to the last byte", test_text_put_fills_to_the_last_byte },
	{ "text put: beyond the end is left out whole and remembered",
	    test_text_put_beyond_the_end_is_left_out_whole_and_remembered },
	{ "text printf: needs one byte more than it keeps",
	    test_text_printf_needs_one_byte_more_than_it_keeps },
	{ "text printf: after a cut writes nothing", test_text_printf_after_a_cut_writes_nothing },
	{ "json: separates values and nests", test_json_separates_values_and_nests },
	{ "json: string escapes quotes, backslashes and controls",
	    test_json_string_escapes_quotes_backslashes_and_controls },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "text", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
