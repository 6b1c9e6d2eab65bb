/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Cycles and bytes per cycle of reading request heads, beside Debian's libhttp-parser on the
 * same bytes, one after the other in every round.
 */
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include <http_parser.h>

#include "http/parser.h"

#define ROUNDS 501 /* the median of these is printed */
#define REPEAT 200 /* requests of a round */

static const char minimal[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

static const char curl[] = "GET /status HTTP/1.1\r\n"
			   "Host: 192.0.2.2\r\n"
			   "User-Agent: curl/7.88.1\r\n"
			   "Accept: */*\r\n\r\n";

static const char browser[] =
    "GET /status?since=1732300000 HTTP/1.1\r\n"
    "Host: gate.example.net\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;"
    "q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Referer: http://gate.example.net/\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n\r\n";

static const struct {
	const char *name, *text;
	size_t len;
} requests[] = {
	{ "minimal", minimal, sizeof(minimal) - 1 },
	{ "curl", curl, sizeof(curl) - 1 },
	{ "browser", browser, sizeof(browser) - 1 },
};

static int
on_event(http_parser *parser)
{
	(void)parser;
	return 0;
}

static int
on_text(http_parser *parser, const char *p, size_t len)
{
	(void)parser;
	(void)p;
	(void)len;
	return 0;
}

static void
read_other(const char *text, size_t len)
{
	static const http_parser_settings settings = { .on_url = on_text,
		.on_header_field = on_text,
		.on_header_value = on_text,
		.on_message_complete = on_event };
	http_parser parser;

	http_parser_init(&parser, HTTP_REQUEST);
	if (http_parser_execute(&parser, &settings, text, len) != len)
		abort();
}

static void
read_own(const char *text, size_t len)
{
	struct tg_http_parser ps;
	uint32_t line, section;

	tg_http_parser_init(&ps);
	if (tg_http_parser_feed(&ps, (const uint8_t *)text, (uint32_t)len, &line) !=
		TG_HTTP_PARSE_LINE ||
	    tg_http_parser_feed(&ps, (const uint8_t *)text + line, (uint32_t)len - line,
		&section) != TG_HTTP_PARSE_HEAD)
		abort();
}

static double
cycles(void (*read)(const char *, size_t), const char *text, size_t len)
{
	uint64_t start = __rdtsc();
	unsigned i;

	for (i = 0; i < REPEAT; i++)
		read(text, len);
	return (double)(__rdtsc() - start) / REPEAT;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double v[ROUNDS])
{
	qsort(v, ROUNDS, sizeof(*v), by_size);
	return v[ROUNDS / 2];
}

int
main(void)
{
	static double own[ROUNDS], other[ROUNDS];
	unsigned i, round;

	printf("%8s %6s %16s %16s %16s %16s %6s\n", "request", "bytes", "cycles", "bytes/cycle",
	    "http-parser", "bytes/cycle", "ratio");
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		double len = (double)requests[i].len, a, b;

		for (round = 0; round < ROUNDS; round++) {
			own[round] = cycles(read_own, requests[i].text, requests[i].len);
			other[round] = cycles(read_other, requests[i].text, requests[i].len);
		}
		a = median(own);
		b = median(other);
		printf("%8s %6.0f %16.0f %16.2f %16.0f %16.2f %6.2f\n", requests[i].name, len, a,
		    len / a, b, len / b, b / a);
	}
	return 0;
}
