/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SHA-256 by its vectors, and who is let into a realm.
 */
#include "http/auth.h"
#include "http_conn_fixture.h"

#include <stdio.h>

static bool
hash_is(const void *data, size_t len, const char *expected)
{
	uint8_t hash[TG_SHA256_BYTES];
	char text[2 * TG_SHA256_BYTES + 1];
	size_t i;

	tg_sha256(data, len, hash);
	for (i = 0; i < sizeof(hash); i++)
		sprintf(text + 2 * i, "%02x", hash[i]);
	return strcmp(text, expected) == 0;
}

/* FIPS 180-4, and lengths around the ends of blocks. */
static void
test_sha256_of_known_vectors_is_right(void)
{
	static char many[1000000];
	static const struct {
		size_t len;
		const char *hash;
	} of_a[] = {
		{ 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ 1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb" },
		{ 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318" },
		{ 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a" },
		{ 63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34" },
		{ 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb" },
		{ 65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0" },
		{ 119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb" },
		{ 120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c" },
		{ 128, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e" },
		{ 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
	};
	size_t i;

	memset(many, 'a', sizeof(many));
	CU_ASSERT_TRUE(
	    hash_is("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	CU_ASSERT_TRUE(hash_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
	for (i = 0; i < TG_ARRAY_LEN(of_a); i++)
		CU_ASSERT_TRUE(hash_is(many, of_a[i].len, of_a[i].hash));
}

#define SECRET "00112233445566778899aabbccddeeff"

static struct tg_http_user users[2];
static struct tg_http_realm realm = { users, 2, TG_HTTP_401 };

static void
set_user(unsigned i, const char *name, const char *secret)
{
	uint8_t salted[TG_HTTP_SALT_BYTES + 32];

	memset(&users[i], 0, sizeof(users[i]));
	memset(users[i].salt, (int)(17 + i), TG_HTTP_SALT_BYTES);
	memcpy(users[i].name, name, strlen(name));
	memcpy(salted, users[i].salt, TG_HTTP_SALT_BYTES);
	memcpy(salted + TG_HTTP_SALT_BYTES, secret, strlen(secret));
	tg_sha256(salted, TG_HTTP_SALT_BYTES + strlen(secret), users[i].hash);
}

static const struct {
	const char *field;
	bool authorizes;
} fields[] = {
	{ "Basic YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY=", true },
	{ "bAsIc   YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY=", true },
	{ "Basic YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY", true },
	{ "Basic YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDp4Onk=", true },
	{ "Basic YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmU=", false },
	{ "Basic YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZg==", false },
	{ "Basic YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmYw", false },
	{ "Basic YWxpY2U6", false },
	{ "Basic QWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY=", false },
	{ "Basic YWxpYzowMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZg==", false },
	{ "Basic Ym9iOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5YWFiYmNjZGRlZWZm", false },
	{ "Basic OjAwMTEyMjMzNDQ1NTY2Nzc4ODk5YWFiYmNjZGRlZWZm", false },
	{ "Basic YWxpY2UwMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZg==", false },
	{ "Basic YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU6eDp5", false },
	{ "BasicYWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY=", false },
	{ "Bearer YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY=", false },
	{ "Basic YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY==", false },
	{ "Basic YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY!", false },
	{ "Basic YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY=, x", false },
	{ "Basic YWxpY2U6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmYxMjM0NTY3OA==", false },
	{ "Basic A", false },
	{ "Basic =", false },
	{ "Basic ", false },
	{ "Basic", false },
	{ "Basi", false },
	{ "", false },
	{ "Basic "
	  "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDowMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZjAw"
	  "MTEyMjMzNDQ1NTY2Nzc4ODk5YWFiYmNjZGRlZWZm",
	    false },
};

static void
set_users(void)
{
	set_user(0, "alice", SECRET);
	set_user(1, "abcdefghijklmnopqrstuvwxyz01234", "x:y");
}

static void
test_field_lets_in_who_knows_the_secret(void)
{
	size_t i;

	set_users();
	for (i = 0; i < TG_ARRAY_LEN(fields); i++)
		if (tg_http_authorizes(&realm, fields[i].field, strlen(fields[i].field)) !=
		    fields[i].authorizes)
			CU_FAIL(fields[i].field);
}

static void
setup_guarded(void)
{
	set_users();
	setup();
	fx.route[0].realm = &realm; /* /a, the shortest path */
}

static void
test_guarded_route_answers_401_or_its_page_in_any_pieces(void)
{
	char request[256];
	uint32_t first, len;
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(fields); i++) {
		len = (uint32_t)sprintf(
		    request, "GET /a HTTP/1.1\r\nAuthorization: %s \r\n" HOST_END, fields[i].field);
		for (first = 0; first <= len; first++) {
			setup_guarded();
			receive_bytes(request, first);
			receive_bytes(request + first, len - first);
			expect_answer(
			    &fx.now[0], fields[i].authorizes ? PAGE_A : TG_HTTP_401, KEEP);
			CU_ASSERT_TRUE_FATAL(stream_is_expected(0));
			teardown();
		}
	}
}

static void
test_guarded_route_tells_nothing_before_it_knows_who_asks(void)
{
	setup_guarded();
	receive(GET_A "POST /a HTTP/1.1\r\n" HOST_END
		      "GET /a HTTP/1.1\r\nIf-None-Match: *\r\n" HOST_END GET_BIG);
	expect_answer(&fx.now[0], TG_HTTP_401, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_401, KEEP);
	expect_answer(&fx.now[0], TG_HTTP_401, KEEP);
	expect_answer(&fx.now[0], PAGE_BIG, KEEP);
	CU_ASSERT_TRUE(stream_is_expected(0));
	CU_ASSERT_EQUAL(counted(TG_COUNTER_HTTP_401), 3);
	teardown();
}

static CU_TestInfo auth_tests[] = {
	{ "SHA-256 vectors", test_sha256_of_known_vectors_is_right },
	{ "field lets in", test_field_lets_in_who_knows_the_secret },
	{ "guarded route", test_guarded_route_answers_401_or_its_page_in_any_pieces },
	{ "guarded route tells nothing",
	    test_guarded_route_tells_nothing_before_it_knows_who_asks },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "auth", NULL, NULL, NULL, NULL, auth_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
