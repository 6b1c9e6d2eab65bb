/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Responses, whole, split at every place and byte by byte.
 */
#include "load/response.h"
#include "tap.h"

#define HEAD "HTTP/1.1 200 OK\r\n"

static struct tg_response r;

/* Reads text in pieces: [0, split), then pieces of at most `step` bytes. Returns the bytes
 * taken. */
static uint32_t
read_split(const char *text, uint32_t split, uint32_t step)
{
	uint32_t len = (uint32_t)strlen(text), at = 0, n, want;

	tg_response_begin(&r);
	while (at < len && r.state != TG_RESPONSE_DONE && r.state != TG_RESPONSE_BAD) {
		want = at < split ? split - at : TG_MIN(step, len - at);
		n = tg_response_read(&r, (const uint8_t *)text + at, want, true);
		CU_ASSERT_TRUE(
		    n == want || r.state == TG_RESPONSE_DONE || r.state == TG_RESPONSE_BAD);
		at += n;
	}
	return at;
}

struct row {
	const char *text;
	const char *body; /* NULL: the text is bad */
	uint16_t status;
	bool close;
	uint32_t rest; /* bytes behind the response */
};

static const struct row rows[] = {
	{ HEAD "Content-Length: 3\r\n\r\nabc", "abc", 200, false, 0 },
	{ HEAD "Content-Length: 0\r\n\r\n", "", 200, false, 0 },
	{ HEAD "content-LENGTH:3\r\n\r\nabcXYZ", "abc", 200, false, 3 },
	{ HEAD "Content-Length: \t 3 \r\n\r\nabc", "abc", 200, false, 0 },
	{ HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "abc", 200, false, 0 },
	{ "HTTP/1.1 204 No Content\r\n\r\nX", "", 204, false, 1 },
	{ "HTTP/1.1 304\r\nContent-Length: 9\r\n\r\n", "", 304, false, 0 },
	{ "HTTP/1.1 599 \r\nContent-Length: 1\r\n\r\na", "a", 599, false, 0 },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "a", 200, true, 0 },
	{ "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na", "a", 200,
	    false, 0 },
	{ HEAD "Connection: close\r\nContent-Length: 1\r\n\r\na", "a", 200, true, 0 },
	{ HEAD "Connection: upgrade , CLOSE\r\nContent-Length: 1\r\n\r\na", "a", 200, true, 0 },
	{ HEAD "Connection: closed\r\nContent-Length: 1\r\n\r\na", "a", 200, false, 0 },
	{ "HTTP/1.1 200 OK\nContent-Length: 2\n\nab", "ab", 200, false, 0 },
	{ "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" HEAD "Content-Length: 2\r\n\r\nab", "ab", 200,
	    false, 0 },
	{ "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\n\r\n" HEAD
	  "Content-Length: 2\r\n\r\nab",
	    "ab", 200, false, 0 },
	{ HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc", 200, false, 0 },
	{ HEAD "Transfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\nA \r\n0123456789\r\n"
	       "000\r\nT: v\r\n\r\nZ",
	    "abc0123456789", 200, false, 1 },
	{ HEAD "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "a",
	    200, false, 0 },
	/* A long field that means nothing is no trouble. */
	{ HEAD "Set-Cookie: 0123456789012345678901234567890123456789012345678901234567890123456789"
	       "\r\nContent-Length: 1\r\n\r\na",
	    "a", 200, false, 0 },
	{ HEAD "A-name-of-its-own-that-is-longer-than-the-characters-that-are-kept-of-a-line-are:"
	       " 1\r\nContent-Length: 1\r\n\r\na",
	    "a", 200, false, 0 },
	{ .text = "HTTP/2.0 200 OK\r\n" },
	{ .text = "HTTP/1.1 2000\r\n" },
	{ .text = "HTTP/1.1 099 x\r\n" },
	{ .text = "HTTP/1.1 600 x\r\n" },
	{ .text = "HTTP/1.1  200 OK\r\n" },
	{ .text = "HTTP/1.1 20\r\n" },
	{ .text = "\r\n" },
	{ .text = "SSH-2.0-OpenSSH\r\n" },
	{ .text = "HTTP/1.1 101 Switching Protocols\r\n\r\n" },
	{ .text = HEAD "no colon\r\n" },
	{ .text = HEAD "Content-Length:\r\n" },
	{ .text = HEAD "Content-Length: -1\r\n" },
	{ .text = HEAD "Content-Length: 3, 3\r\n" },
	{ .text = HEAD "Content-Length: 1234567890123456789\r\n" },
	{ .text = HEAD "Content-Length: 3\r\nContent-Length: 4\r\n" },
	{ .text = HEAD "Transfer-Encoding: gzip, chunked\r\n" },
	{ .text = HEAD "Transfer-Encoding: chunked\r\n\r\n\r\n" },
	{ .text = HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\n" },
	{ .text = HEAD "Transfer-Encoding: chunked\r\n\r\n1x\r\n" },
	{ .text = HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n" },
	{ .text = HEAD "Transfer-Encoding: chunked\r\n\r\n1234567890123456\r\n" },
	/* The length may be behind what is kept of the line. */
	{ .text = HEAD "Content-Length:                                                            "
		       "         3\r\n" },
};

static bool
matches(const struct row *row, uint32_t taken)
{
	uint32_t len = (uint32_t)(row->body != NULL ? strlen(row->body) : 0);

	if (row->body == NULL)
		return r.state == TG_RESPONSE_BAD;
	return r.state == TG_RESPONSE_DONE && taken == strlen(row->text) - row->rest &&
	       r.status == row->status && r.close == row->close && r.body_bytes == len &&
	       r.body_sum == tg_body_sum(TG_BODY_SUM_INIT, (const uint8_t *)row->body, len);
}

static void
check_row(const struct row *row, uint32_t split, uint32_t step)
{
	if (matches(row, read_split(row->text, split, step)))
		return;
	printf("# row %u, split at %u: state %u, status %u, %lu bytes\n", (unsigned)(row - rows),
	    split, r.state, r.status, r.body_bytes);
	CU_FAIL("a response was misread");
}

static void
test_response_split_anywhere_reads_the_same(void)
{
	uint32_t i, split;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		check_row(&rows[i], 0, 1);
		check_row(&rows[i], 0, 7);
		for (split = 0; split <= strlen(rows[i].text); split++)
			check_row(&rows[i], split, UINT32_MAX);
	}
}

static void
test_response_until_close_ends_with_the_connection(void)
{
	static const char text[] = HEAD "X: y\r\n\r\nall of it";

	CU_ASSERT_EQUAL(read_split(text, 0, 3), sizeof(text) - 1);
	CU_ASSERT_EQUAL(r.state, TG_RESPONSE_UNTIL_CLOSE);
	CU_ASSERT_TRUE(r.close);
	tg_response_eof(&r);
	CU_ASSERT_EQUAL(r.state, TG_RESPONSE_DONE);
	CU_ASSERT_EQUAL(r.body_bytes, 9);
}

/* Wherever it is cut, a response that has an end of its own is not whole. */
static void
test_response_cut_short_by_the_connection_is_bad(void)
{
	static const char *const text[] = { HEAD "Content-Length: 3\r\n\r\nabc",
		HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" };
	uint32_t i, cut;

	for (i = 0; i < TG_ARRAY_LEN(text); i++) {
		for (cut = 0; cut < strlen(text[i]); cut++) {
			tg_response_begin(&r);
			tg_response_read(&r, (const uint8_t *)text[i], cut, false);
			CU_ASSERT_NOT_EQUAL(r.state, TG_RESPONSE_DONE);
			tg_response_eof(&r);
			CU_ASSERT_EQUAL(r.state, TG_RESPONSE_BAD);
		}
	}
}

static void
test_response_head_without_end_is_bad(void)
{
	static const uint8_t field[] = "X-Field: 0123456789\r\n";
	uint32_t bytes = 0;

	read_split(HEAD, 0, 100);
	while (r.state == TG_RESPONSE_FIELDS && bytes < 1 << 20)
		bytes += tg_response_read(&r, field, sizeof(field) - 1, false);
	CU_ASSERT_EQUAL(r.state, TG_RESPONSE_BAD);
	CU_ASSERT_TRUE(bytes > 60000 && bytes < 75000);
}

static void
test_response_of_many_chunks_is_not_a_long_head(void)
{
	static const uint8_t chunk[] = "1;extension=of-some-length\r\na\r\n";
	uint32_t i;

	read_split(HEAD "Transfer-Encoding: chunked\r\n\r\n", 0, 100);
	for (i = 0; i < 10000; i++)
		tg_response_read(&r, chunk, sizeof(chunk) - 1, false);
	CU_ASSERT_EQUAL(r.state, TG_RESPONSE_CHUNK_SIZE);
	CU_ASSERT_EQUAL(r.body_bytes, 10000);
}

static void
test_response_length_beyond_32_bits_counts_down(void)
{
	static uint8_t body[1 << 16];
	uint64_t bytes = 0;

	read_split(HEAD "Content-Length: 4294967299\r\n\r\n", 0, 100);
	while (r.state == TG_RESPONSE_BODY)
		bytes += tg_response_read(&r, body, sizeof(body), false);
	CU_ASSERT_EQUAL(r.state, TG_RESPONSE_DONE);
	CU_ASSERT_EQUAL(bytes, 4294967299);
	CU_ASSERT_EQUAL(r.body_bytes, 4294967299);
}

/* Vectors of the FNV page. */
static void
test_body_sum_is_fnv_1a(void)
{
	CU_ASSERT_EQUAL(tg_body_sum(TG_BODY_SUM_INIT, (const uint8_t *)"a", 1), 0xaf63dc4c8601ec8c);
	CU_ASSERT_EQUAL(
	    tg_body_sum(TG_BODY_SUM_INIT, (const uint8_t *)"foobar", 6), 0x85944171f73967e8);
}

static CU_TestInfo tests[] = {
	{ "split anywhere it reads the same", test_response_split_anywhere_reads_the_same },
	{ "until close it ends with the connection",
	    test_response_until_close_ends_with_the_connection },
	{ "cut short by the connection it is bad",
	    test_response_cut_short_by_the_connection_is_bad },
	{ "a head without end is bad", test_response_head_without_end_is_bad },
	{ "many chunks are not a long head", test_response_of_many_chunks_is_not_a_long_head },
	{ "a length beyond 32 bits counts down", test_response_length_beyond_32_bits_counts_down },
	{ "body sum is FNV-1a", test_body_sum_is_fnv_1a },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "response", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
