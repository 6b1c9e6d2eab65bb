/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Range: the range sets of RFC 9110 section 14; private to lib/http.
 */
#ifndef TG_HTTP_RANGE_H
#define TG_HTTP_RANGE_H

#include "http/parser.h"

/* Reads a Range field of len bytes at p for a page of body_len bytes: bytes=0-499,-500.
 *
 * range, *n: out, the ranges that lie in the page, in their order, cut to its end; *n is
 * 0 if the field is to be ignored: it is malformed, in another unit, has more than
 * TG_HTTP_RANGES_MAX ranges or some that overlap, which RFC 9110 14.2 permits. Returns
 * false if it is well formed and none of its ranges lies in the page. */
bool tg_http_ranges_read(const char *p, size_t len, uint32_t body_len,
    struct tg_http_range range[TG_HTTP_RANGES_MAX], uint8_t *n);

#endif
