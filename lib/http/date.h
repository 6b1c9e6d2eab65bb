/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Date: an instant as HTTP writes it.
 */
#ifndef TG_HTTP_DATE_H
#define TG_HTTP_DATE_H

#include "base/types.h"

#define TG_HTTP_DATE_BYTES 29 /* IMF-fixdate */

/* Writes an instant as IMF-fixdate, RFC 9110 section 5.6.7, e.g.
 * "Sun, 06 Nov 1994 08:49:37 GMT", not terminated.
 *
 * Any thread. unix_seconds: seconds since 1970, leap seconds not counted, up to the
 * end of the year 9999. */
void tg_http_date_write(char dst[TG_HTTP_DATE_BYTES], uint64_t unix_seconds);

/* Reads a date in any form of RFC 9110 section 5.6.7: IMF-fixdate, and the obsolete ones
 * of RFC 850, whose two digits of a year are those of 1970 to 2069, and of asctime. The
 * name of the day is not looked at.
 *
 * Any thread. p: len bytes. False, with *unix_seconds unchanged, if it is none or earlier
 * than 1970. */
bool tg_http_date_read(const char *p, size_t len, uint64_t *unix_seconds);

#endif
