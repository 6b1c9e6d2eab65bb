/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/date.h"

#define SECONDS_PER_DAY  86400U
#define DAYS_PER_400YEAR 146097U
#define DAYS_PER_100YEAR 36524U
#define DAYS_PER_4YEAR   1461U
#define DAYS_PER_YEAR    365U

/* Days from 1 March of the year 0 to 1 January 1970. */
#define EPOCH_DAYS 719468U

/* In the order in which they are counted: the year begins in March. */
static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";

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

/* The forms of a date behind the name of the day: 0 is a digit, _ one or a space, and the
 * letters are the month's. The others are offsets. */
static const struct form {
	const char *shape;
	uint8_t day, month, year, year_digits, time;
} forms[] = {
	{ ", 00 Aaa 0000 00:00:00 GMT", 2, 5, 9, 4, 14 },
	{ ", 00-Aaa-00 00:00:00 GMT", 2, 5, 9, 2, 12 }, /* RFC 850 */
	{ " Aaa _0 00:00:00 0000", 5, 1, 17, 4, 8 },    /* asctime */
};

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
fits_char(char c, char shape)
{
	if (shape == '0' || (shape == '_' && c != ' '))
		return c >= '0' && c <= '9';
	if (is_letter(shape) && shape != 'G' && shape != 'M' && shape != 'T')
		return is_letter(c);
	return c == (shape == '_' ? ' ' : shape);
}

static bool
has_shape(const char *p, size_t len, const char *shape)
{
	for (; len > 0 && *shape != '\0' && fits_char(*p, *shape); p++, shape++)
		len--;
	return len == 0 && *shape == '\0';
}

static uint32_t
read_digits(const char *p, uint32_t n)
{
	uint32_t value = 0;

	for (; n > 0; n--, p++)
		value = value * 10 + (*p == ' ' ? 0 : (uint32_t)(*p - '0'));
	return value;
}

/* Days since 1 March of the year 0 of a day of such a year. */
static uint32_t
count_days(uint32_t year, uint32_t month, uint32_t day)
{
	return year * DAYS_PER_YEAR + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
	       day - 1;
}

static bool
read_parts(const char *p, const struct form *form, uint64_t *unix_seconds)
{
	uint32_t day = read_digits(p + form->day, 2), month, days;
	uint32_t year = read_digits(p + form->year, form->year_digits);
	uint32_t hour = read_digits(p + form->time, 2), minute = read_digits(p + form->time + 3, 2);
	uint32_t second = read_digits(p + form->time + 6, 2);

	for (month = 0; month < 12; month++)
		if (memcmp(p + form->month, months + 3 * (size_t)month, 3) == 0)
			break;
	/* Nothing that is served is older than 1970. A second may be a leap second. */
	if (form->year_digits == 2)
		year += year < 70 ? 2000 : 1900;
	if (month == 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return false;
	days = count_days(year - (month >= 10), month, day);
	if (days < EPOCH_DAYS)
		return false;
	*unix_seconds =
	    (uint64_t)(days - EPOCH_DAYS) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
	return true;
}

bool
tg_http_date_read(const char *p, size_t len, uint64_t *unix_seconds)
{
	size_t i;

	for (; len > 0 && is_letter(*p); p++)
		len--;
	for (i = 0; i < TG_ARRAY_LEN(forms); i++)
		if (has_shape(p, len, forms[i].shape))
			return read_parts(p, &forms[i], unix_seconds);
	return false;
}
