/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What programs read from their command lines: options by a table, and URLs.
 */
#include "command_line.h"
#include "tap.h"
#include "url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>

static struct options {
	bool flag;
	double rate, count;
	const char *text;
	unsigned word;
	int custom;
} options;

static int
take_custom(void *to, const struct tg_option *o, const char *arg)
{
	(void)arg;
	((struct options *)to)->custom = (int)o->action;
	return 0;
}

static const char *const long_words[] = { "a-word-of-some-length", "another-word-of-some-length",
	"a-third-word-of-some-length", "a-fourth-word-of-some-length", "the-last", NULL };

static const struct tg_option table[] = {
	{ .name = "flag", .kind = TG_OPTION_FLAG, .offset = offsetof(struct options, flag) },
	{ .name = "rate",
	    .arg = "R",
	    .kind = TG_OPTION_NUMBER,
	    .offset = offsetof(struct options, rate),
	    .min = 0.5,
	    .max = 10,
	    .def = 2.5 },
	{ .name = "count",
	    .arg = "N",
	    .kind = TG_OPTION_WHOLE,
	    .offset = offsetof(struct options, count),
	    .min = 1,
	    .max = 10 },
	{ .name = "text",
	    .arg = "T",
	    .kind = TG_OPTION_TEXT,
	    .offset = offsetof(struct options, text) },
	{ .name = "word",
	    .arg = "W",
	    .kind = TG_OPTION_WORD,
	    .offset = offsetof(struct options, word),
	    .words = long_words },
	{ .name = "custom", .kind = TG_OPTION_CUSTOM, .take = take_custom, .action = 7 },
};

static struct tg_command_line line;

/* Reads words between which there is one space. */
static int
parse(const char *words)
{
	static char text[256], *argv[16];
	char *word;
	int argc = 0;

	snprintf(text, sizeof(text), "program %s", words);
	for (word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	memset(&options, 0, sizeof(options));
	optind = 0;
	return tg_command_line_parse(&line, table, TG_ARRAY_LEN(table), &options, argc, argv);
}

static void
test_options_are_read_by_their_kind(void)
{
	CU_ASSERT_EQUAL(parse("--flag --rate=0.75 --count=3 --text=x"), 0);
	CU_ASSERT_TRUE(options.flag);
	CU_ASSERT_EQUAL(options.rate, 0.75);
	CU_ASSERT_EQUAL(options.count, 3);
	CU_ASSERT_STRING_EQUAL(options.text, "x");
	CU_ASSERT_EQUAL(parse("--word=the-last --custom"), 0);
	CU_ASSERT_EQUAL(options.word, 4);
	CU_ASSERT_EQUAL(options.custom, 7);
	CU_ASSERT_EQUAL(options.rate, 2.5);
}

static void
test_numbers_out_of_bounds_or_malformed_are_refused(void)
{
	static const char *const wrong[] = { "--rate=0.4", "--rate=11", "--rate=nan", "--rate=1x",
		"--rate=", "--count=1.5", "--count=0" };
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(wrong); i++)
		CU_ASSERT_EQUAL(parse(wrong[i]), -EINVAL);
}

/* Its list does not fit into the sentence. */
static void
test_unknown_word_is_refused(void)
{
	CU_ASSERT_EQUAL(parse("--word=none"), -EINVAL);
	CU_ASSERT_EQUAL(parse("--words=none"), -EINVAL);
}

static void
test_arguments_before_a_lone_separator_are_for_eal(void)
{
	CU_ASSERT_EQUAL(parse("--no-huge -- --flag what"), 0);
	CU_ASSERT_EQUAL(line.eal_argc, 1);
	CU_ASSERT_STRING_EQUAL(line.eal_argv[0], "--no-huge");
	CU_ASSERT_TRUE(options.flag);
	CU_ASSERT_EQUAL_FATAL(line.argc, 1);
	CU_ASSERT_STRING_EQUAL(line.argv[0], "what");
	CU_ASSERT_EQUAL(parse("--flag what"), 0);
	CU_ASSERT_EQUAL(line.eal_argc, 0);
	CU_ASSERT_EQUAL(line.argc, 1);
}

static void
test_range_of_ports_is_read_or_refused(void)
{
	static const char *const wrong[] = { "0-5", "5-4", "1-65536", "5", "1-5x", "a-b", "" };
	uint16_t min, max;
	unsigned i;

	CU_ASSERT_EQUAL(tg_command_line_ports("ports", "1-65535", &min, &max), 0);
	CU_ASSERT_EQUAL(min, 1);
	CU_ASSERT_EQUAL(max, 65535);
	for (i = 0; i < TG_ARRAY_LEN(wrong); i++)
		CU_ASSERT_EQUAL(tg_command_line_ports("ports", wrong[i], &min, &max), -EINVAL);
}

static void
test_url_names_an_address_a_port_and_a_path(void)
{
	struct tg_url url;
	uint8_t ip[16];

	CU_ASSERT_EQUAL(tg_url_parse(&url, "http://192.0.2.2"), 0);
	CU_ASSERT_FALSE(url.is_ipv6);
	CU_ASSERT_EQUAL(url.port, 80);
	CU_ASSERT_STRING_EQUAL(url.path, "/");
	CU_ASSERT_EQUAL(url.host_len, strlen("192.0.2.2"));
	CU_ASSERT_EQUAL(tg_url_parse(&url, "http://[2001:db8::2]:8080/a?b:c"), 0);
	inet_pton(AF_INET6, "2001:db8::2", ip);
	CU_ASSERT_TRUE(url.is_ipv6);
	CU_ASSERT_EQUAL(memcmp(url.ip.b, ip, sizeof(ip)), 0);
	CU_ASSERT_EQUAL(url.port, 8080);
	CU_ASSERT_STRING_EQUAL(url.path, "/a?b:c");
	CU_ASSERT_EQUAL(url.host_len, strlen("[2001:db8::2]:8080"));
}

static void
test_url_that_no_request_can_name_is_refused(void)
{
	static const char *const wrong[] = { "192.0.2.2", "https://192.0.2.2/", "http://",
		"http://gate/", "http://192.0.2.2:/", "http://192.0.2.2:0/",
		"http://192.0.2.2:65536/", "http://192.0.2.2: 80/", "http://192.0.2.2:+80/",
		"http://192.0.2.2:80x/", "http://[2001:db8::2/", "http://[2001:db8::2]x/",
		"http://192.0.2.2?q", "http://192.0.2.2/a b", "http://192.0.2.2/a#b" };
	struct tg_url url;
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(wrong); i++)
		CU_ASSERT_EQUAL(tg_url_parse(&url, wrong[i]), -EINVAL);
}

static CU_TestInfo tests[] = {
	{ "options: are read by their kind", test_options_are_read_by_their_kind },
	{ "numbers: out of bounds or malformed are refused",
	    test_numbers_out_of_bounds_or_malformed_are_refused },
	{ "word: unknown is refused", test_unknown_word_is_refused },
	{ "lone separator: EAL's arguments stand before it",
	    test_arguments_before_a_lone_separator_are_for_eal },
	{ "ports: are read or refused", test_range_of_ports_is_read_or_refused },
	{ "URL: names an address, a port and a path", test_url_names_an_address_a_port_and_a_path },
	{ "URL: that no request can name is refused",
	    test_url_that_no_request_can_name_is_refused },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "command line", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
