/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Files of master keys: what they say, who may touch them, and what they may change while the
 * keys are in use.
 */
#include "cookie_keys_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY "write `from_epoch <number> key <32 hexadecimal digits>`"

static char path[64];

static bool
key_at_is(const struct tg_cookie_masters *m, uint64_t epoch, const struct tg_siphash_key *expected)
{
	const struct tg_siphash_key *key = tg_cookie_master_of(m, epoch);

	return key != NULL && keys_equal(key, expected);
}

static void
expect_error(unsigned i, const char *want)
{
	CU_ASSERT_TRUE(i < err.n);
	CU_ASSERT_STRING_EQUAL(err.e[i].text, want);
	if (strcmp(err.e[i].text, want) != 0)
		printf("# got:  %s\n# want: %s\n", err.e[i].text, want);
}

/* ---- What a file says. */

static void
test_file_of_one_master_serves_all_epochs(void)
{
	CU_ASSERT_EQUAL(parse("from_epoch 0 key " KEY_A "\n"), 0);
	CU_ASSERT_EQUAL(masters.n, 1);
	CU_ASSERT_TRUE(key_at_is(&masters, 0, &key_a));
	CU_ASSERT_TRUE(key_at_is(&masters, UINT64_MAX, &key_a));
}

static void
test_file_with_comments_blanks_and_no_last_newline_is_read(void)
{
	CU_ASSERT_EQUAL(parse("# keys\n"
			      "\n"
			      " \t \n"
			      "\t from_epoch\t27999999   key " KEY_A " # the old one\n"
			      "#from_epoch 1 key x\n"
			      "from_epoch 28000100 key " KEY_B "#"),
	    0);
	CU_ASSERT_EQUAL(masters.n, 2);
	CU_ASSERT_EQUAL(masters.master[0].from_epoch, 27999999);
	CU_ASSERT_EQUAL(masters.master[1].from_epoch, 28000100);
}

static void
test_master_serves_from_its_epoch_to_the_one_before_the_next(void)
{
	CU_ASSERT_EQUAL(
	    parse("from_epoch 27999999 key " KEY_A "\nfrom_epoch 28000100 key " KEY_B "\n"), 0);
	CU_ASSERT_PTR_NULL(tg_cookie_master_of(&masters, 27999998));
	CU_ASSERT_TRUE(key_at_is(&masters, 27999999, &key_a));
	CU_ASSERT_TRUE(key_at_is(&masters, 28000099, &key_a));
	CU_ASSERT_TRUE(key_at_is(&masters, 28000100, &key_b));
	CU_ASSERT_TRUE(key_at_is(&masters, 28000101, &key_b));
}

static void
test_line_malformed_gives_its_place_and_what_is_right(void)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "key " KEY_A, "k:1:1: `from_epoch` is missing; " ENTRY },
		{ "\n  from_epochs 0 key " KEY_A, "k:2:3: `from_epoch` is missing; " ENTRY },
		{ "from_epoch", "k:1:11: is no epoch; write a decimal number, `date +%s` divided "
				"by 64" },
		{ "from_epoch x key " KEY_A, "k:1:12: is no epoch; write a decimal number, `date "
					     "+%s` divided by 64" },
		{ "from_epoch -1 key " KEY_A, "k:1:12: is no epoch; write a decimal number, `date "
					      "+%s` divided by 64" },
		{ "from_epoch 01 key " KEY_A, "k:1:12: is no epoch; write a decimal number, `date "
					      "+%s` divided by 64" },
		{ "from_epoch 18446744073709551616 key " KEY_A,
		    "k:1:12: is no epoch; write a decimal number, `date +%s` divided by 64" },
		{ "from_epoch 1 key " KEY_A "\nfrom_epoch 1792000000 key " KEY_B,
		    "k:2:12: begins more than ten years ahead; count in epochs of 64 seconds, now "
		    "is 28000000" },
		{ "from_epoch 0\n", "k:1:13: `key` is missing; " ENTRY },
		{ "from_epoch 0 kay " KEY_A, "k:1:14: `key` is missing; " ENTRY },
		{ "from_epoch 0 key", "k:1:17: is no key; write 32 hexadecimal digits, as "
				      "`openssl rand -hex 16` does" },
		{ "from_epoch 0 key " KEY_A "0", "k:1:18: is no key; write 32 hexadecimal digits, "
						 "as `openssl rand -hex 16` does" },
		{ "from_epoch 0 key 00010203040506070809" /* too short */,
		    "k:1:18: is no key; write 32 hexadecimal digits, as `openssl rand -hex 16` "
		    "does" },
		{ "from_epoch 0 key g00102030405060708090a0b0c0d0e0f",
		    "k:1:18: is no key; write 32 hexadecimal digits, as `openssl rand -hex 16` "
		    "does" },
		{ "from_epoch 0 key 000102030405060708090a0b0c0d0e0/",
		    "k:1:18: is no key; write 32 hexadecimal digits, as `openssl rand -hex 16` "
		    "does" },
		{ "from_epoch 0 key 00000000000000000000000000000000",
		    "k:1:18: all zeros is no secret; write 16 random bytes, as `openssl rand -hex "
		    "16` does" },
		{ "from_epoch 0 key " KEY_A " " KEY_B,
		    "k:1:51: something follows the key; write one master on a line" },
	};
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		CU_ASSERT_EQUAL(parse(rows[i].text), -EINVAL);
		CU_ASSERT_EQUAL(err.n, 1);
		expect_error(0, rows[i].error);
	}
}

static void
test_epoch_of_two_masters_gives_both_lines(void)
{
	CU_ASSERT_EQUAL(
	    parse("from_epoch 7 key " KEY_A "\n\nfrom_epoch 7 key " KEY_B "\n"), -EINVAL);
	CU_ASSERT_EQUAL(err.n, 1);
	expect_error(0, "k:3:12: epoch 7 has two masters, the other on line 1; remove one");
	/* The same key twice is no better. */
	CU_ASSERT_EQUAL(parse("from_epoch 7 key " KEY_A "\nfrom_epoch 7 key " KEY_A), -EINVAL);
	expect_error(0, "k:2:12: epoch 7 has two masters, the other on line 1; remove one");
}

static void
test_masters_out_of_order_give_the_place(void)
{
	CU_ASSERT_EQUAL(parse("from_epoch 8 key " KEY_A "\nfrom_epoch 7 key " KEY_B "\n"), -EINVAL);
	CU_ASSERT_EQUAL(err.n, 1);
	expect_error(
	    0, "k:2:12: begins before the master of line 1; write them in ascending order");
}

static void
test_errors_several_are_all_collected_in_order(void)
{
	char text[40 * 3], *p = text;
	unsigned i;

	CU_ASSERT_EQUAL(
	    parse("x\nfrom_epoch 0 key " KEY_A "\nfrom_epoch y\nfrom_epoch 9 key z\n"), -EINVAL);
	CU_ASSERT_EQUAL(err.n, 3);
	CU_ASSERT_EQUAL(strncmp(err.e[0].text, "k:1:1: ", 7), 0);
	CU_ASSERT_EQUAL(strncmp(err.e[1].text, "k:3:12: ", 8), 0);
	CU_ASSERT_EQUAL(strncmp(err.e[2].text, "k:4:18: ", 8), 0);
	for (i = 0; i < 40; i++, p += 2)
		memcpy(p, "x\n", 2);
	CU_ASSERT_EQUAL(parse_bytes(text, 80), -EINVAL);
	CU_ASSERT_EQUAL(err.n, TG_CONFIG_ERRORS_MAX);
	CU_ASSERT_EQUAL(err.lost, 40 - TG_CONFIG_ERRORS_MAX);
}

static void
test_current_epochs_without_master_are_told(void)
{
	static const char error[] =
	    "k: epoch 27999999 has no master; let the first begin with it or earlier";

	CU_ASSERT_EQUAL(parse(""), -EINVAL);
	CU_ASSERT_EQUAL(err.n, 1);
	expect_error(0, error);
	CU_ASSERT_EQUAL(parse("# none yet\n"), -EINVAL);
	expect_error(0, error);
	CU_ASSERT_EQUAL(parse("from_epoch 28000000 key " KEY_A), -EINVAL);
	expect_error(0, error);
	CU_ASSERT_EQUAL(parse("from_epoch 27999999 key " KEY_A), 0);
}

static void
test_masters_more_than_there_is_room_are_refused(void)
{
	char text[(TG_COOKIE_MASTERS_MAX + 1) * 64];
	size_t len = 0;
	unsigned i;

	for (i = 0; i <= TG_COOKIE_MASTERS_MAX; i++) {
		if (i == TG_COOKIE_MASTERS_MAX) {
			CU_ASSERT_EQUAL(parse_bytes(text, len), 0);
			CU_ASSERT_EQUAL(masters.n, TG_COOKIE_MASTERS_MAX);
		}
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "from_epoch %u key " KEY_A "\n", i);
	}
	CU_ASSERT_EQUAL(parse_bytes(text, len), -EINVAL);
	expect_error(0, "k:17:1: more than 16 masters; remove those that ended");
}

/* An error goes to terminals and logs. */
static void
test_error_of_any_truncated_file_shows_no_part_of_a_key(void)
{
	static const char text[] =
	    "from_epoch 0 key " KEY_A "\n" KEY_B " from_epoch 5\nfrom_epoch " KEY_B " key 7\n"
	    "from_epoch 9 " KEY_B "\nfrom_epoch 9 key " KEY_B KEY_B "\n";
	size_t len;
	unsigned i;

	for (len = 0; len < sizeof(text); len++) {
		char *exact = malloc(len);

		CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
		memcpy(exact, text, len);
		parse_bytes(exact, len);
		for (i = 0; i < err.n; i++) {
			CU_ASSERT_PTR_NULL(strstr(err.e[i].text, "0102"));
			CU_ASSERT_PTR_NULL(strstr(err.e[i].text, "F0e1"));
		}
		free(exact);
	}
}

static void
test_file_of_bytes_that_are_no_text_is_refused(void)
{
	static const char zero[] = "from_epoch 0\0 key " KEY_A;
	char junk[256];
	unsigned i;

	CU_ASSERT_EQUAL(parse_bytes(zero, sizeof(zero) - 1), -EINVAL);
	CU_ASSERT_EQUAL(parse("from_epoch 0 key " KEY_A "\r\n"), -EINVAL);
	for (i = 0; i < sizeof(junk); i++)
		junk[i] = (char)i;
	CU_ASSERT_EQUAL(parse_bytes(junk, sizeof(junk)), -EINVAL);
}

/* ---- Files. */

static void
put_file(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
	CU_ASSERT_EQUAL(chmod(path, mode), 0);
}

static int
load_since(uint64_t epoch, uint64_t since, const struct tg_cookie_masters *in_use)
{
	memset(&err, 0, sizeof(err));
	return tg_cookie_masters_load(path, epoch, since, in_use, &masters, &err);
}

static int
load(uint64_t epoch, const struct tg_cookie_masters *in_use)
{
	return load_since(epoch, epoch - 1, in_use);
}

/* The file's one error, behind its name. */
static void
expect_file_error(const char *want)
{
	CU_ASSERT_EQUAL(err.n, 1);
	CU_ASSERT_EQUAL(strncmp(err.e[0].text, path, strlen(path)), 0);
	CU_ASSERT_STRING_EQUAL(err.e[0].text + strlen(path), want);
	if (strcmp(err.e[0].text + strlen(path), want) != 0)
		printf("# got:  %s\n# want: %s%s\n", err.e[0].text, path, want);
}

static void
test_file_that_others_may_touch_is_refused(void)
{
	static const mode_t wrong[] = { 0644, 0640, 0604, 0620, 0602, 0601, 0610, 0700, 0777, 04600,
		02600, 01600 };
	char want[80];
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(wrong); i++) {
		put_file("from_epoch 0 key " KEY_A "\n", wrong[i]);
		CU_ASSERT_EQUAL(load(NOW, NULL), -EINVAL);
		snprintf(want, sizeof(want),
		    ": mode %04o lets others at the keys; chmod it to 0600", (unsigned)wrong[i]);
		expect_file_error(want);
	}
	put_file("from_epoch 0 key " KEY_A "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW, NULL), 0);
	put_file("from_epoch 0 key " KEY_A "\n", 0600);
	CU_ASSERT_EQUAL(chmod(path, 0400), 0);
	CU_ASSERT_EQUAL(load(NOW, NULL), 0);
	CU_ASSERT_TRUE(key_at_is(&masters, NOW, &key_a));
	CU_ASSERT_EQUAL(chmod(path, 0600), 0);
}

static void
test_file_of_another_user_is_refused(void)
{
	put_file("from_epoch 0 key " KEY_A "\n", 0600);
	if (geteuid() != 0)
		return; /* only root can give files away */
	CU_ASSERT_EQUAL(chown(path, 65534, 65534), 0);
	CU_ASSERT_EQUAL(load(NOW, NULL), -EINVAL);
	expect_file_error(": belongs to user 65534; chown it to 0");
	CU_ASSERT_EQUAL(chown(path, 0, 0), 0);
	CU_ASSERT_EQUAL(load(NOW, NULL), 0);
}

static void
test_file_that_is_none_is_refused_without_waiting(void)
{
	unlink(path);
	CU_ASSERT_EQUAL(load(NOW, NULL), -ENOENT);
	expect_file_error(": cannot be read: No such file or directory; name a readable file");
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	CU_ASSERT_EQUAL(load(NOW, NULL), -EINVAL);
	expect_file_error(": is no regular file; name one");
	unlink(path);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	CU_ASSERT_EQUAL(load(NOW, NULL), -EINVAL);
	expect_file_error(": is no regular file; name one");
	rmdir(path);
}

static void
test_file_too_large_is_refused(void)
{
	put_file("from_epoch 0 key " KEY_A "\n#", 0600);
	CU_ASSERT_EQUAL(truncate(path, 64 << 10), 0);
	CU_ASSERT_EQUAL(load(NOW, NULL), 0);
	CU_ASSERT_EQUAL(truncate(path, (64 << 10) + 1), 0);
	CU_ASSERT_EQUAL(load(NOW, NULL), -EFBIG);
	expect_file_error(": cannot be read: File too large");
}

static void
test_file_malformed_gives_its_name_and_place(void)
{
	put_file("from_epoch 0 key x\n", 0600);
	CU_ASSERT_EQUAL(load(NOW, NULL), -EINVAL);
	expect_file_error(":1:18: is no key; write 32 hexadecimal digits, as `openssl rand -hex "
			  "16` does");
}

static void
test_reload_with_a_master_of_the_future_is_taken(void)
{
	struct tg_cookie_masters in_use;

	put_file("from_epoch 0 key " KEY_A "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW, NULL), 0);
	in_use = masters;
	put_file("from_epoch 0 key " KEY_A "\nfrom_epoch 28000002 key " KEY_B "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW, &in_use), 0);
	CU_ASSERT_TRUE(key_at_is(&masters, NOW + 1, &key_a));
	CU_ASSERT_TRUE(key_at_is(&masters, NOW + 2, &key_b));
	/* Later, without the old one. */
	in_use = masters;
	put_file("from_epoch 28000002 key " KEY_B "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW + 2, &in_use), -EINVAL);
	CU_ASSERT_EQUAL(load(NOW + 3, &in_use), 0);
}

static void
test_reload_that_changes_the_master_of_an_epoch_in_use_is_refused(void)
{
	struct tg_cookie_masters in_use;

	put_file("from_epoch 0 key " KEY_A "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW, NULL), 0);
	in_use = masters;
	put_file("from_epoch 0 key " KEY_B "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW, &in_use), -EINVAL);
	expect_file_error(": epoch 27999999 is in use with another master; let a new one begin "
			  "with 28000002 or later");
	put_file("from_epoch 0 key " KEY_A "\nfrom_epoch 28000001 key " KEY_B "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW, &in_use), -EINVAL);
	expect_file_error(": epoch 28000001 is in use with another master; let a new one begin "
			  "with 28000002 or later");
	/* What ended is nobody's. */
	put_file("from_epoch 0 key " KEY_B "\nfrom_epoch 27999999 key " KEY_A "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW, &in_use), 0);
}

/* Fast Open keeps masters longer in use. */
static void
test_reload_that_changes_a_master_of_fast_open_is_refused(void)
{
	struct tg_cookie_masters in_use;

	put_file("from_epoch 27999900 key " KEY_A "\nfrom_epoch 27999950 key " KEY_B "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW, NULL), 0);
	in_use = masters;
	put_file("from_epoch 27999950 key " KEY_B "\n", 0600);
	CU_ASSERT_EQUAL(load_since(NOW, 27999949, &in_use), -EINVAL);
	expect_file_error(": the master of epoch 27999949 is in use; keep its line");
	CU_ASSERT_EQUAL(load_since(NOW, 27999950, &in_use), 0);
	put_file("from_epoch 27999900 key " KEY_A "\nfrom_epoch 27999940 key " KEY_B "\n", 0600);
	CU_ASSERT_EQUAL(load_since(NOW, 27999949, &in_use), -EINVAL);
	expect_file_error(": epoch 27999949 is in use with another master; let a new one begin "
			  "with 28000002 or later");
	/* What is in use begins later than the period: its first master counts. */
	put_file("from_epoch 27999950 key " KEY_B "\nfrom_epoch 28000002 key " KEY_A "\n", 0600);
	CU_ASSERT_EQUAL(load_since(NOW, 27999950, &in_use), 0);
	in_use = masters;
	CU_ASSERT_EQUAL(load_since(NOW, 27999000, &in_use), 0);
	put_file("from_epoch 0 key " KEY_A "\nfrom_epoch 27999950 key " KEY_B "\n", 0600);
	CU_ASSERT_EQUAL(load_since(NOW, 27999000, &in_use), -EINVAL);
	CU_ASSERT_EQUAL(load_since(NOW, 27999950, &in_use), 0);
}

static void
test_reload_with_the_clock_set_back_before_the_masters_is_taken(void)
{
	struct tg_cookie_masters in_use;

	put_file("from_epoch 27999999 key " KEY_A "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW, NULL), 0);
	in_use = masters;
	put_file("from_epoch 0 key " KEY_B "\nfrom_epoch 27999999 key " KEY_A "\n", 0600);
	CU_ASSERT_EQUAL(load(NOW - 10, &in_use), 0);
}

static CU_TestInfo text_tests[] = {
	{ "one master: serves all epochs", test_file_of_one_master_serves_all_epochs },
	{ "comments, blanks and no last newline: read",
	    test_file_with_comments_blanks_and_no_last_newline_is_read },
	{ "master: serves from its epoch to the one before the next",
	    test_master_serves_from_its_epoch_to_the_one_before_the_next },
	{ "line malformed: its place and what is right",
	    test_line_malformed_gives_its_place_and_what_is_right },
	{ "epoch of two masters: both lines", test_epoch_of_two_masters_gives_both_lines },
	{ "masters out of order: the place", test_masters_out_of_order_give_the_place },
	{ "errors several: all collected in order",
	    test_errors_several_are_all_collected_in_order },
	{ "current epochs without master: told", test_current_epochs_without_master_are_told },
	{ "masters more than there is room: refused",
	    test_masters_more_than_there_is_room_are_refused },
	{ "error of any truncated file: shows no part of a key",
	    test_error_of_any_truncated_file_shows_no_part_of_a_key },
	{ "bytes that are no text: refused", test_file_of_bytes_that_are_no_text_is_refused },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo file_tests[] = {
	{ "others may touch it: refused", test_file_that_others_may_touch_is_refused },
	{ "of another user: refused", test_file_of_another_user_is_refused },
	{ "none, a pipe, a directory: refused without waiting",
	    test_file_that_is_none_is_refused_without_waiting },
	{ "too large: refused", test_file_too_large_is_refused },
	{ "malformed: its name and place", test_file_malformed_gives_its_name_and_place },
	{ "reload with a master of the future: taken",
	    test_reload_with_a_master_of_the_future_is_taken },
	{ "reload that changes the master of an epoch in use: refused",
	    test_reload_that_changes_the_master_of_an_epoch_in_use_is_refused },
	{ "reload that changes a master of Fast Open: refused",
	    test_reload_that_changes_a_master_of_fast_open_is_refused },
	{ "reload with the clock set back before the masters: taken",
	    test_reload_with_the_clock_set_back_before_the_masters_is_taken },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "cookie key text", NULL, NULL, NULL, NULL, text_tests },
		{ "cookie key file", NULL, NULL, NULL, NULL, file_tests },
		CU_SUITE_INFO_NULL,
	};
	char dir[] = "/tmp/tg-cookie-masters-XXXXXX";
	int rc;

	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/keys", dir);
	rc = tg_tap_run(suites);
	unlink(path);
	rmdir(dir);
	return rc;
}
