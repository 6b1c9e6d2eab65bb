/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/tcp_options.h"

#include <stdlib.h>

#include "raw_frame.h"
#include "tap.h"

#define ALL_KINDS 0x3f

/* Every field that a test may find on the wire. */
static const struct tg_tcp_options sample = {
	.mss = 1460,
	.wscale = 7,
	.tsval = 0x01020304,
	.tsecr = 0x05060708,
	.n_sack = 4,
	.n_cookie = 8,
	.sack = { { 0xfffffff0, 0x10 }, { 0x20, 0x30 }, { 0x40, 0x50 }, { 0x60, 0x70 } },
	.cookie = { 0x30, 0x21, 0xb9, 0xd8, 0x89, 0x01, 0x7e, 0xeb },
};

/* Parses from a buffer that ends where the options end. */
static struct tg_tcp_options
parse(const void *bytes, uint32_t len)
{
	struct tg_tcp_options opt;
	uint8_t *exact = malloc(len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
	memcpy(exact, bytes, len);
	memset(&opt, 0xa5, sizeof(opt));
	tg_tcp_options_parse(exact, len, &opt);
	free(exact);
	return opt;
}

static struct tg_tcp_options
parse_hex(const char *hex)
{
	struct raw r = { .len = 0 };

	raw_hex(&r, hex);
	return parse(r.b, r.len);
}

static void
assert_equal(const struct tg_tcp_options *a, const struct tg_tcp_options *b)
{
	CU_ASSERT_EQUAL(a->present, b->present);
	CU_ASSERT_EQUAL(a->wscale, b->wscale);
	CU_ASSERT_EQUAL(a->n_sack, b->n_sack);
	CU_ASSERT_EQUAL(a->mss, b->mss);
	CU_ASSERT_EQUAL(a->tsval, b->tsval);
	CU_ASSERT_EQUAL(a->tsecr, b->tsecr);
	CU_ASSERT_EQUAL(a->n_cookie, b->n_cookie);
	CU_ASSERT_EQUAL(memcmp(a->sack, b->sack, sizeof(a->sack)), 0);
	CU_ASSERT_EQUAL(memcmp(a->cookie, b->cookie, sizeof(a->cookie)), 0);
}

/* The sample with only these kinds, other fields zero, n SACK blocks. */
static struct tg_tcp_options
some(uint8_t present, uint8_t n)
{
	struct tg_tcp_options opt = { .present = present };

	if (present & TG_OPT_MSS)
		opt.mss = sample.mss;
	if (present & TG_OPT_WSCALE)
		opt.wscale = sample.wscale;
	if (present & TG_OPT_TIMESTAMP) {
		opt.tsval = sample.tsval;
		opt.tsecr = sample.tsecr;
	}
	if (present & TG_OPT_SACK) {
		opt.n_sack = n;
		memcpy(opt.sack, sample.sack, n * sizeof(opt.sack[0]));
	}
	if (present & TG_OPT_FAST_OPEN) {
		opt.n_cookie = sample.n_cookie;
		memcpy(opt.cookie, sample.cookie, sizeof(opt.cookie));
	}
	return opt;
}

static void
assert_written(uint8_t present, uint8_t n_sack, const char *hex)
{
	struct tg_tcp_options opt = some(present, n_sack);
	struct raw want = { .len = 0 };
	uint8_t got[TG_TCP_OPTIONS_BYTES_MAX];

	raw_hex(&want, hex);
	CU_ASSERT_EQUAL(tg_tcp_options_bytes(&opt), want.len);
	CU_ASSERT_EQUAL_FATAL(tg_tcp_options_write(got, &opt), want.len);
	CU_ASSERT_EQUAL(memcmp(got, want.b, want.len), 0);
}

static void
test_parse_nothing_finds_nothing(void)
{
	struct tg_tcp_options got = parse("", 0), none = { 0 };

	assert_equal(&got, &none);
}

/* A SYN of Linux 6. */
static void
test_parse_linux_syn_finds_all_four(void)
{
	struct tg_tcp_options got = parse_hex("020405b40402080a2f189f32000000000103030a");
	struct tg_tcp_options want = {
		.present = TG_OPT_MSS | TG_OPT_SACK_OK | TG_OPT_TIMESTAMP | TG_OPT_WSCALE,
		.mss = 1460,
		.tsval = 0x2f189f32,
		.wscale = 10,
	};

	assert_equal(&got, &want);
}

/* A SYN of Windows: mss, nop, wscale, nop, nop, sackOK. */
static void
test_parse_windows_syn_finds_three(void)
{
	struct tg_tcp_options got = parse_hex("020405b40103030801010402");
	struct tg_tcp_options want = {
		.present = TG_OPT_MSS | TG_OPT_WSCALE | TG_OPT_SACK_OK,
		.mss = 1460,
		.wscale = 8,
	};

	assert_equal(&got, &want);
}

static void
test_parse_timestamp_alone_aligned_or_not_is_the_same(void)
{
	struct tg_tcp_options want = some(TG_OPT_TIMESTAMP, 0), got;

	got = parse_hex("0101080a0102030405060708");
	assert_equal(&got, &want);
	got = parse_hex("080a01020304050607080000");
	assert_equal(&got, &want);
	got = parse_hex("01080a010203040506070801");
	assert_equal(&got, &want);
}

static void
test_parse_sack_reads_one_to_four_blocks(void)
{
	struct raw r = { .len = 0 };
	struct tg_tcp_options got, want;
	uint8_t n;

	raw_hex(&r, "0101050afffffff000000010000000200000003000000040000000500000006000000070");
	for (n = 1; n <= 4; n++) {
		r.b[3] = (uint8_t)(2 + 8 * n);
		got = parse(r.b, 4 + 8U * n);
		want = some(TG_OPT_SACK, n);
		assert_equal(&got, &want);
	}
}

/* RFC 7323 2.3: a shift above 14 is used as 14. */
static void
test_parse_wscale_above_14_reads_as_14(void)
{
	CU_ASSERT_EQUAL(parse_hex("0103030e").wscale, 14);
	CU_ASSERT_EQUAL(parse_hex("0103030f").wscale, 14);
	CU_ASSERT_EQUAL(parse_hex("010303ff").wscale, 14);
	CU_ASSERT_EQUAL(parse_hex("01030300").present, TG_OPT_WSCALE);
}

static void
test_parse_repeated_option_keeps_the_first(void)
{
	CU_ASSERT_EQUAL(parse_hex("020405b402040218").mss, 1460);
	CU_ASSERT_EQUAL(parse_hex("0303010303020101").wscale, 1);
	CU_ASSERT_EQUAL(parse_hex("080a0000000100000002080a0000000300000004").tsval, 1);
	CU_ASSERT_EQUAL(parse_hex("050a0000000100000002050a0000000300000004").sack[0].left, 1);
}

/* RFC 9293 MUST-6. */
static void
test_parse_unknown_option_is_skipped_by_its_length(void)
{
	struct tg_tcp_options got = parse_hex("2306aabbccdd1e02fd04f989020405b4");

	CU_ASSERT_EQUAL(got.present, TG_OPT_MSS);
	CU_ASSERT_EQUAL(got.mss, 1460);
}

static void
test_parse_end_of_list_hides_what_follows(void)
{
	CU_ASSERT_EQUAL(parse_hex("0103030700020405b4000000").present, TG_OPT_WSCALE);
}

/* RFC 9293 MUST-7. */
static void
test_parse_impossible_length_keeps_what_was_before(void)
{
	CU_ASSERT_EQUAL(parse_hex("020405b403000402").present, TG_OPT_MSS);
	CU_ASSERT_EQUAL(parse_hex("020405b403010402").present, TG_OPT_MSS);
	CU_ASSERT_EQUAL(parse_hex("020405b422090402").present, TG_OPT_MSS);
	CU_ASSERT_EQUAL(parse_hex("020405b422ff0402").present, TG_OPT_MSS);
	CU_ASSERT_EQUAL(parse_hex("020405b401010108").present, TG_OPT_MSS);
	CU_ASSERT_EQUAL(parse_hex("020405b4080a0000").present, TG_OPT_MSS);
}

static void
test_parse_known_kind_of_foreign_length_says_nothing(void)
{
	CU_ASSERT_EQUAL(
	    parse_hex("020305020605b4000103030104020000").present, TG_OPT_WSCALE | TG_OPT_SACK_OK);
	CU_ASSERT_EQUAL(parse_hex("0304070701010101").present, 0);
	CU_ASSERT_EQUAL(parse_hex("0403000101010101").present, 0);
	CU_ASSERT_EQUAL(parse_hex("0809000000010000000201010101").present, 0);
	CU_ASSERT_EQUAL(parse_hex("05020101").present, 0);
	CU_ASSERT_EQUAL(parse_hex("050b00000001000000020001").present, 0);
	CU_ASSERT_EQUAL(parse_hex("0303090101010101").wscale, 9);
}

static void
test_parse_sack_of_five_blocks_says_nothing(void)
{
	uint8_t bytes[42] = { 5, 42 };

	CU_ASSERT_EQUAL(parse(bytes, sizeof(bytes)).present, 0);
}

/* RFC 7413 4.1.1: nothing, or an even number of bytes from 4 to 16. */
static void
test_parse_fast_open_takes_a_request_and_cookies_of_4_to_16_bytes(void)
{
	uint8_t bytes[20] = { 34 };
	struct tg_tcp_options got;
	uint8_t n, i;

	for (i = 2; i < sizeof(bytes); i++)
		bytes[i] = i;
	for (n = 0; n <= 18; n++) {
		bool right = n == 0 || (n >= 4 && n <= 16 && n % 2 == 0);

		bytes[1] = (uint8_t)(2 + n);
		got = parse(bytes, 2U + n);
		CU_ASSERT_EQUAL(got.present, right ? TG_OPT_FAST_OPEN : 0);
		CU_ASSERT_EQUAL(got.n_cookie, right ? n : 0);
		CU_ASSERT_EQUAL(memcmp(got.cookie, bytes + 2, got.n_cookie), 0);
	}
	got = parse_hex("2206010203042202");
	CU_ASSERT_EQUAL(got.n_cookie, 4); /* the first counts */
}

/* RFC 6994, ExID 0xf989: what clients sent before there was kind 34. */
static void
test_parse_fast_open_takes_the_experimental_form(void)
{
	struct tg_tcp_options got = parse_hex("fe08f98901020304");

	CU_ASSERT_EQUAL(got.present, TG_OPT_FAST_OPEN | TG_OPT_FAST_OPEN_EXPERIMENT);
	CU_ASSERT_EQUAL(got.n_cookie, 4);
	CU_ASSERT_EQUAL(memcmp(got.cookie, "\1\2\3\4", 4), 0);
	got = parse_hex("fe04f989");
	CU_ASSERT_EQUAL(got.present, TG_OPT_FAST_OPEN | TG_OPT_FAST_OPEN_EXPERIMENT);
	CU_ASSERT_EQUAL(got.n_cookie, 0);
	got = parse_hex("220601020304fe04f989");
	CU_ASSERT_EQUAL(got.present, TG_OPT_FAST_OPEN);
	CU_ASSERT_EQUAL(parse_hex("fe07f989010203").present, 0); /* an odd number of bytes */
	CU_ASSERT_EQUAL(parse_hex("fe06f98901020101").present, 0);
	CU_ASSERT_EQUAL(parse_hex("fe08f98801020304").present, 0); /* another experiment */
	CU_ASSERT_EQUAL(parse_hex("fe03f9").present, 0);
}

static void
test_write_fast_open_in_the_experimental_form_is_byte_exact(void)
{
	assert_written(
	    TG_OPT_FAST_OPEN | TG_OPT_FAST_OPEN_EXPERIMENT, 0, "fe0cf9893021b9d889017eeb");
}

static void
test_write_fast_open_is_byte_exact_and_aligned(void)
{
	struct tg_tcp_options opt = some(ALL_KINDS & ~TG_OPT_SACK, 0), back;
	uint8_t p[TG_TCP_OPTIONS_BYTES_MAX];

	assert_written(TG_OPT_FAST_OPEN, 0, "220a3021b9d889017eeb0101");
	assert_written(TG_OPT_MSS | TG_OPT_SACK_OK | TG_OPT_WSCALE | TG_OPT_FAST_OPEN, 0,
	    "020405b40101040201030307220a3021b9d889017eeb0101");
	opt.n_cookie = 0;
	memset(opt.cookie, 0, sizeof(opt.cookie));
	CU_ASSERT_EQUAL(tg_tcp_options_write(p, &opt), 24);
	CU_ASSERT_EQUAL(memcmp(p + 20, "\x22\x02\1\1", 4), 0);
	/* The longest cookie fits a SYN, and lets no SACK block overflow it. */
	opt.present = ALL_KINDS;
	opt.n_cookie = TG_TCP_COOKIE_MAX;
	opt.n_sack = 4;
	CU_ASSERT_EQUAL(tg_tcp_options_bytes(&opt), 40);
	CU_ASSERT_EQUAL(tg_tcp_options_write(p, &opt), 40);
	back = parse(p, 40);
	CU_ASSERT_EQUAL(back.present, ALL_KINDS & ~TG_OPT_SACK);
	CU_ASSERT_EQUAL(back.n_cookie, TG_TCP_COOKIE_MAX);
}

static void
test_write_syn_without_timestamp_is_byte_exact(void)
{
	assert_written(TG_OPT_MSS | TG_OPT_SACK_OK | TG_OPT_WSCALE, 0, "020405b40101040201030307");
}

static void
test_write_syn_with_timestamp_is_byte_exact(void)
{
	assert_written(TG_OPT_MSS | TG_OPT_SACK_OK | TG_OPT_TIMESTAMP | TG_OPT_WSCALE, 0,
	    "020405b40402080a010203040506070801030307");
}

static void
test_write_of_each_kind_alone_is_byte_exact(void)
{
	assert_written(0, 0, "");
	assert_written(TG_OPT_MSS, 0, "020405b4");
	assert_written(TG_OPT_WSCALE, 0, "01030307");
	assert_written(TG_OPT_SACK_OK, 0, "01010402");
	assert_written(TG_OPT_TIMESTAMP, 0, "0101080a0102030405060708");
	assert_written(TG_OPT_SACK, 1, "0101050afffffff000000010");
	assert_written(TG_OPT_SACK, 0, "");
}

static void
test_write_of_timestamp_and_sack_is_byte_exact(void)
{
	assert_written(TG_OPT_TIMESTAMP | TG_OPT_SACK, 2,
	    "0101080a01020304050607080101"
	    "0512fffffff0000000100000002000000030");
	assert_written(TG_OPT_MSS | TG_OPT_TIMESTAMP, 0, "020405b40101080a0102030405060708");
}

static void
test_write_leaves_out_sack_blocks_that_do_not_fit(void)
{
	struct tg_tcp_options opt = some(ALL_KINDS & ~TG_OPT_FAST_OPEN, 4), back;
	uint8_t p[TG_TCP_OPTIONS_BYTES_MAX];

	CU_ASSERT_EQUAL(tg_tcp_options_write(p, &opt), 40);
	back = parse(p, 40);
	CU_ASSERT_EQUAL(back.n_sack, 2);
	opt = some(TG_OPT_TIMESTAMP | TG_OPT_SACK, 4);
	CU_ASSERT_EQUAL(tg_tcp_options_write(p, &opt), 40);
	back = parse(p, 40);
	CU_ASSERT_EQUAL(back.n_sack, 3);
	opt = some(TG_OPT_SACK, 4);
	CU_ASSERT_EQUAL(tg_tcp_options_write(p, &opt), 36);
}

/* Every combination comes back as it went out, aligned, as long as foretold. */
static void
test_write_of_every_combination_parses_back(void)
{
	struct tg_tcp_options opt, back;
	uint32_t len, present;
	uint8_t *p, n;

	for (present = 0; present <= ALL_KINDS; present++) {
		for (n = 1; n <= 4; n++) {
			opt = some((uint8_t)present, n);
			len = tg_tcp_options_bytes(&opt);
			CU_ASSERT_TRUE_FATAL(len <= TG_TCP_OPTIONS_BYTES_MAX && len % 4 == 0);
			p = malloc(len); /* a write beyond the foretold length is caught */
			CU_ASSERT_EQUAL(tg_tcp_options_write(p, &opt), len);
			back = parse(p, len);
			free(p);
			if (len + 4 + 8 > TG_TCP_OPTIONS_BYTES_MAX &&
			    (back.present & TG_OPT_SACK) == 0)
				opt = some((uint8_t)(present & ~TG_OPT_SACK), 0); /* none fits */
			if (back.present & TG_OPT_SACK)
				opt = some((uint8_t)present, back.n_sack);
			assert_equal(&back, &opt);
		}
	}
}

static void
test_parse_of_random_bytes_stays_inside(void)
{
	uint8_t bytes[TG_TCP_OPTIONS_BYTES_MAX];
	struct tg_tcp_options opt;
	uint64_t seed = 0x7469646567617465, x;
	uint32_t i, j, len;

	for (i = 0; i < 50000; i++) {
		len = (uint32_t)(raw_random(&seed) % 11) * 4;
		for (j = 0; j < len; j++) {
			x = raw_random(&seed);
			bytes[j] =
			    (uint8_t)(x & 0x300 ? x % 12 : x); /* kinds and lengths that exist */
		}
		opt = parse(bytes, len);
		CU_ASSERT_TRUE_FATAL((opt.present & ~ALL_KINDS) == 0);
		CU_ASSERT_TRUE_FATAL(opt.n_sack <= TG_TCP_SACK_BLOCKS_MAX);
		CU_ASSERT_TRUE_FATAL(opt.wscale <= TG_TCP_WSCALE_MAX);
		CU_ASSERT_EQUAL_FATAL(opt.n_sack > 0, (opt.present & TG_OPT_SACK) != 0);
	}
}

static CU_TestInfo options_tests[] = {
	{ "parse nothing", test_parse_nothing_finds_nothing },
	{ "parse a SYN of Linux", test_parse_linux_syn_finds_all_four },
	{ "parse a SYN of Windows", test_parse_windows_syn_finds_three },
	{ "parse a timestamp, aligned or not",
	    test_parse_timestamp_alone_aligned_or_not_is_the_same },
	{ "parse one to four SACK blocks", test_parse_sack_reads_one_to_four_blocks },
	{ "parse a window scale above 14", test_parse_wscale_above_14_reads_as_14 },
	{ "the first of a repeated option counts", test_parse_repeated_option_keeps_the_first },
	{ "unknown options are skipped", test_parse_unknown_option_is_skipped_by_its_length },
	{ "end of list hides what follows", test_parse_end_of_list_hides_what_follows },
	{ "an impossible length ends the walk",
	    test_parse_impossible_length_keeps_what_was_before },
	{ "known kinds of foreign length", test_parse_known_kind_of_foreign_length_says_nothing },
	{ "five SACK blocks are none", test_parse_sack_of_five_blocks_says_nothing },
	{ "Fast Open requests and cookies",
	    test_parse_fast_open_takes_a_request_and_cookies_of_4_to_16_bytes },
	{ "Fast Open, experimental", test_parse_fast_open_takes_the_experimental_form },
	{ "write Fast Open", test_write_fast_open_is_byte_exact_and_aligned },
	{ "write Fast Open, experimental",
	    test_write_fast_open_in_the_experimental_form_is_byte_exact },
	{ "write a SYN without timestamp", test_write_syn_without_timestamp_is_byte_exact },
	{ "write a SYN with timestamp", test_write_syn_with_timestamp_is_byte_exact },
	{ "write each kind alone", test_write_of_each_kind_alone_is_byte_exact },
	{ "write timestamp and SACK", test_write_of_timestamp_and_sack_is_byte_exact },
	{ "SACK blocks that do not fit", test_write_leaves_out_sack_blocks_that_do_not_fit },
	{ "every combination parses back", test_write_of_every_combination_parses_back },
	{ "random bytes stay inside", test_parse_of_random_bytes_stays_inside },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "tcp options", NULL, NULL, NULL, NULL, options_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
