/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The limits of the parser, and requests mutated at random.
 */
#include "http_parser_fixture.h"

/* A request of a line of `line` bytes and a section of `section`, both at least 32. */
static uint32_t
build_sized(char *dst, uint32_t line, uint32_t section)
{
	memset(dst, 'a', line + 2 + section);
	memcpy(dst, "GET /", 5);
	memcpy(dst + line - 9, " HTTP/1.1\r\nHost: a\r\nX: ", 23);
	memcpy(dst + line + 2 + section - 4, "\r\n\r\n", 4);
	return line + 2 + section;
}

/* The outcome of long requests is the same in odd pieces and around their last bytes. */
static struct outcome
parse_long(const char *p, uint32_t len)
{
	struct outcome whole = parse_whole(p, len), cut;
	uint32_t at;

	for (at = len - TG_MIN(len, 40); at <= len; at++) {
		cut = parse_cut(p, len, at, 1);
		CU_ASSERT_TRUE(same_outcome(&whole, &cut));
	}
	for (at = 7; at < len; at += 1 + len / 23) {
		cut = parse_cut(p, len, at, at);
		CU_ASSERT_TRUE(same_outcome(&whole, &cut));
	}
	cut = parse_cut(p, len, 1, 1);
	CU_ASSERT_TRUE(same_outcome(&whole, &cut));
	return whole;
}

static char big[32768];

static void
test_request_line_at_its_cap_passes_and_beyond_is_414(void)
{
	uint32_t len = build_sized(big, TG_HTTP_LINE_BYTES_MAX, 32);
	struct outcome o = parse_long(big, len);

	CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_HEAD);
	CU_ASSERT_EQUAL(o.used, len);
	len = build_sized(big, TG_HTTP_LINE_BYTES_MAX + 1, 32);
	o = parse_long(big, len);
	CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_FAILED);
	CU_ASSERT_EQUAL(o.error, TG_HTTP_414);
	CU_ASSERT_EQUAL(o.method, TG_HTTP_METHOD_GET);
}

static void
test_request_line_without_end_is_414(void)
{
	static const char *const begins[] = { "A", "GET /", "GET /?", "GET http://a", "GET a",
		"GET / HTTP" };
	struct outcome o;
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(begins); i++) {
		memset(big, 'a', sizeof(big));
		memcpy(big, begins[i], strlen(begins[i]));
		o = parse_long(big, sizeof(big));
		CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_FAILED);
		CU_ASSERT_EQUAL(o.error, TG_HTTP_414);
		CU_ASSERT_EQUAL(o.used, TG_HTTP_LINE_BYTES_MAX + 3);
	}
}

static void
test_section_at_its_cap_passes_and_beyond_is_431(void)
{
	uint32_t len = build_sized(big, 32, TG_HTTP_SECTION_BYTES_MAX);
	struct outcome o = parse_long(big, len);

	CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_HEAD);
	CU_ASSERT_EQUAL(o.used, len);
	len = build_sized(big, 32, TG_HTTP_SECTION_BYTES_MAX + 1);
	o = parse_long(big, len);
	CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_FAILED);
	CU_ASSERT_EQUAL(o.error, TG_HTTP_431);
}

static void
test_section_without_end_is_431(void)
{
	static const char *const begins[] = { LINE "X",
		LINE "X: ", LINE "Connection: ", LINE "Host: " };
	struct outcome o;
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(begins); i++) {
		memset(big, 'a', sizeof(big));
		memcpy(big, begins[i], strlen(begins[i]));
		o = parse_long(big, sizeof(big));
		CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_FAILED);
		CU_ASSERT_EQUAL(o.error, TG_HTTP_431);
		CU_ASSERT_EQUAL(o.used, strlen(LINE) + TG_HTTP_SECTION_BYTES_MAX + 1);
	}
}

static uint32_t
build_fields(unsigned n)
{
	strcpy(big, LINE HOST_LINE);
	while (--n > 0)
		strcat(big, "a: b\r\n");
	strcat(big, "\r\n");
	return (uint32_t)strlen(big);
}

static void
test_fields_at_their_cap_pass_and_one_more_is_431(void)
{
	uint32_t len = build_fields(TG_HTTP_FIELDS_MAX);
	struct outcome o = parse_every_cut(big, len);

	CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_HEAD);
	len = build_fields(TG_HTTP_FIELDS_MAX + 1);
	o = parse_every_cut(big, len);
	CU_ASSERT_EQUAL(o.result, TG_HTTP_PARSE_FAILED);
	CU_ASSERT_EQUAL(o.error, TG_HTTP_431);
}

static void
test_parser_initialised_again_forgets_the_last_request(void)
{
	static const char rich[] = "HEAD /abc HTTP/1.0\r\nHost: a\r\nContent-Length: 9\r\n"
				   "Connection: close, keep-alive\r\n\r\n";
	static const char poor[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	struct outcome expected = parse_whole(poor, sizeof(poor) - 1), o;
	struct tg_http_parser ps;
	uint32_t used;

	tg_http_parser_init(&ps);
	CU_ASSERT_EQUAL(
	    feed_head(&ps, (const uint8_t *)rich, sizeof(rich) - 1, &used), TG_HTTP_PARSE_HEAD);
	tg_http_parser_init(&ps);
	o = outcome_of(
	    &ps, feed_head(&ps, (const uint8_t *)poor, sizeof(poor) - 1, &used), sizeof(poor) - 1);
	CU_ASSERT_TRUE(same_outcome(&o, &expected));
}

static uint32_t
random_below(uint64_t *state, uint32_t bound)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 32) * bound >> 32);
}

/* Changes, removes, inserts or doubles bytes. Returns the new length. */
static uint32_t
mutate(uint8_t *p, uint32_t len, uint64_t *seed)
{
	static const char spice[] = "\r\n \t:,/?#*[]@0Aa\x00\x7f\xff";
	uint32_t at = random_below(seed, len), n = 1 + random_below(seed, TG_MIN(len - at, 9));
	uint8_t c = (uint8_t)spice[random_below(seed, sizeof(spice) - 1)];

	switch (random_below(seed, 5)) {
	case 0:
		p[at] ^= (uint8_t)(1U << random_below(seed, 8));
		return len;
	case 1:
		p[at] = c;
		return len;
	case 2:
		memmove(p + at, p + at + n, len - at - n);
		return len - n;
	case 3:
		memmove(p + at + 1, p + at, len - at);
		p[at] = c;
		return len + 1;
	}
	memmove(p + at + n, p + at, len - at);
	return len + n;
}

static void
test_requests_mutated_at_random_lead_to_one_outcome_in_any_pieces(void)
{
	uint64_t seed = 0x7469646567617465;
	uint32_t i, n, len, reached[TG_HTTP_PARSE_FAILED + 1] = { 0 };
	struct outcome whole, cut;
	uint8_t p[512];

	for (i = 0; i < 100000; i++) {
		const struct vector *v = &good[random_below(&seed, TG_ARRAY_LEN(good))];

		memcpy(p, v->bytes, v->len);
		len = v->len;
		for (n = 1 + random_below(&seed, 4); n > 0 && len > 1; n--)
			len = mutate(p, len, &seed);
		whole = parse_whole(p, len);
		cut = parse_cut(p, len, random_below(&seed, len + 1), 1 + random_below(&seed, 9));
		CU_ASSERT_TRUE_FATAL(same_outcome(&whole, &cut));
		reached[whole.result]++;
	}
	CU_ASSERT_TRUE(reached[TG_HTTP_PARSE_MORE] > 1000);
	CU_ASSERT_TRUE(reached[TG_HTTP_PARSE_HEAD] > 1000);
	CU_ASSERT_TRUE(reached[TG_HTTP_PARSE_FAILED] > 1000);
}

static CU_TestInfo limit_tests[] = {
	{ "request line cap", test_request_line_at_its_cap_passes_and_beyond_is_414 },
	{ "request line without end is 414", test_request_line_without_end_is_414 },
	{ "section cap", test_section_at_its_cap_passes_and_beyond_is_431 },
	{ "section without end is 431", test_section_without_end_is_431 },
	{ "field count cap", test_fields_at_their_cap_pass_and_one_more_is_431 },
	{ "initialised again forgets", test_parser_initialised_again_forgets_the_last_request },
	{ "mutated requests, any pieces, one outcome",
	    test_requests_mutated_at_random_lead_to_one_outcome_in_any_pieces },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "limit", NULL, NULL, NULL, NULL, limit_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
