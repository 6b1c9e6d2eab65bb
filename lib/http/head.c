/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/head.h"

#define SECONDS_PER_DAY  86400U
#define DAYS_PER_400YEAR 146097U
#define DAYS_PER_100YEAR 36524U
#define DAYS_PER_4YEAR   1461U
#define DAYS_PER_YEAR    365U

/* Days from 1 March of the year 0 to 1 January 1970. */
#define EPOCH_DAYS 719468U

struct out {
	char *at, *end;
	bool is_short;
};

static void
put_bytes(struct out *o, const char *p, size_t len)
{
	if ((size_t)(o->end - o->at) < len) {
		o->is_short = true;
		return;
	}
	memcpy(o->at, p, len);
	o->at += len;
}

static void
put_text(struct out *o, const char *text)
{
	for (; *text != '\0'; text++)
		put_bytes(o, text, 1);
}

static void
put_number(struct out *o, uint32_t value)
{
	char digits[10];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	put_bytes(o, digits + at, sizeof(digits) - at);
}

static void
put_field(struct out *o, const char *name, const char *value)
{
	put_text(o, name);
	put_text(o, ": ");
	put_text(o, value);
	put_text(o, "\r\n");
}

static void
put_status(struct out *o, enum tg_http_status status)
{
	put_text(o, "HTTP/1.1 ");
	put_number(o, tg_http_status_info[status].code);
	put_text(o, " ");
	put_text(o, tg_http_status_info[status].reason);
	put_text(o, "\r\n");
}

static void
put_content(struct out *o, const struct tg_http_head *h)
{
	if (h->content_type != NULL)
		put_field(o, "Content-Type", h->content_type);
	if (h->status == TG_HTTP_204 || h->status == TG_HTTP_304)
		return;
	put_text(o, "Content-Length: ");
	put_number(o, h->content_length);
	put_text(o, "\r\n");
}

static void
put_fields(struct out *o, const struct tg_http_head *h)
{
	if (h->server != NULL)
		put_field(o, "Server", h->server);
	put_text(o, "Date: ");
	put_bytes(o, h->date, TG_HTTP_DATE_BYTES);
	put_text(o, "\r\n");
	if (h->fields != NULL)
		put_text(o, h->fields);
	put_content(o, h);
	/* keep-alive is said aloud because an HTTP/1.0 client waits for it. */
	put_field(o, "Connection", h->close ? "close" : "keep-alive");
}

size_t
tg_http_head_write(char *dst, size_t cap, const struct tg_http_head *h)
{
	struct out o = { dst, dst + cap, false };

	put_status(&o, h->status);
	if (h->status != TG_HTTP_100)
		put_fields(&o, h);
	put_text(&o, "\r\n");
	return o.is_short ? 0 : (size_t)(o.at - dst);
}

static void
put_two_digits(char *dst, uint32_t value)
{
	dst[0] = (char)('0' + value / 10);
	dst[1] = (char)('0' + value % 10);
}

/* Writes day, month and year of days since 1 March of the year 0. Counted from March
 * the leap day is the last of its year and the months before it repeat every 153
 * days: 31 30 31 30 31. */
static void
write_civil(char *dst, uint32_t days)
{
	static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
	uint32_t era = days / DAYS_PER_400YEAR, in_era = days % DAYS_PER_400YEAR;
	/* Takes the leap days out, so that each year is 365 days long. */
	uint32_t even = in_era - in_era / (DAYS_PER_4YEAR - 1) + in_era / DAYS_PER_100YEAR -
			in_era / (DAYS_PER_400YEAR - 1);
	uint32_t year = even / DAYS_PER_YEAR;
	uint32_t in_year = in_era - (year * DAYS_PER_YEAR + year / 4 - year / 100);
	uint32_t month = (5 * in_year + 2) / 153;

	year += era * 400 + (month >= 10);
	put_two_digits(dst, in_year - (153 * month + 2) / 5 + 1);
	memcpy(dst + 3, months + 3 * (size_t)month, 3);
	put_two_digits(dst + 7, year / 100);
	put_two_digits(dst + 9, year % 100);
}

void
tg_http_date_write(char dst[TG_HTTP_DATE_BYTES], uint64_t unix_seconds)
{
	static const char weekdays[] = "ThuFriSatSunMonTueWed"; /* 1970 began on a Thursday */
	uint32_t days = (uint32_t)(unix_seconds / SECONDS_PER_DAY);
	uint32_t second = (uint32_t)(unix_seconds % SECONDS_PER_DAY);

	memcpy(dst, "xxx, 00 xxx 0000 00:00:00 GMT", TG_HTTP_DATE_BYTES);
	memcpy(dst, weekdays + 3 * (size_t)(days % 7), 3);
	write_civil(dst + 5, days + EPOCH_DAYS);
	put_two_digits(dst + 17, second / 3600);
	put_two_digits(dst + 20, second / 60 % 60);
	put_two_digits(dst + 23, second % 60);
}
