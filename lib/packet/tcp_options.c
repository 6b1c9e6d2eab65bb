/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/tcp_options.h"

enum option_kind {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_WSCALE = 3,
	KIND_SACK_OK = 4,
	KIND_SACK = 5,
	KIND_TIMESTAMP = 8,
	KIND_FAST_OPEN = 34,
	KIND_EXPERIMENT = 254,
};

#define MSS_BYTES        4
#define WSCALE_BYTES     3
#define SACK_OK_BYTES    2
#define TIMESTAMP_BYTES  10
#define SACK_BLOCK_BYTES 8

#define FAST_OPEN_EXPERIMENT 0xf989 /* ExID, RFC 6994 and 7413 section 7 */

/* What almost every segment of a connection with timestamps carries. */
#define NOP_NOP_TIMESTAMP                                                                          \
	((uint32_t)KIND_NOP << 24 | KIND_NOP << 16 | KIND_TIMESTAMP << 8 | TIMESTAMP_BYTES)

static void
read_timestamp(const uint8_t *p, struct tg_tcp_options *opt)
{
	opt->present |= TG_OPT_TIMESTAMP;
	opt->tsval = tg_load32(p + 2);
	opt->tsecr = tg_load32(p + 6);
}

static void
read_sack(const uint8_t *p, uint32_t len, struct tg_tcp_options *opt)
{
	uint32_t i, n = (len - 2) / SACK_BLOCK_BYTES;

	if (len != 2 + n * SACK_BLOCK_BYTES || n == 0 || n > TG_TCP_SACK_BLOCKS_MAX)
		return;
	opt->present |= TG_OPT_SACK;
	opt->n_sack = (uint8_t)n;
	for (i = 0; i < n; i++) {
		opt->sack[i].left = tg_load32(p + 2 + i * SACK_BLOCK_BYTES);
		opt->sack[i].right = tg_load32(p + 6 + i * SACK_BLOCK_BYTES);
	}
}

/* RFC 7413 4.1.1: no cookie, or one of 4 to 16 bytes, an even number. */
static void
read_fast_open(const uint8_t *cookie, uint32_t n, struct tg_tcp_options *opt)
{
	if (n != 0 && (n < TG_TCP_COOKIE_MIN || n > TG_TCP_COOKIE_MAX || n % 2 != 0))
		return;
	opt->present |= TG_OPT_FAST_OPEN;
	opt->n_cookie = (uint8_t)n;
	memcpy(opt->cookie, cookie, n);
}

/* One option whose len bytes lie at p. A known kind of a length it never has says
 * nothing and is skipped like an unknown one. */
static void
read_option(const uint8_t *p, uint32_t len, struct tg_tcp_options *opt)
{
	switch (p[0]) {
	case KIND_MSS:
		if (len != MSS_BYTES || opt->present & TG_OPT_MSS)
			return;
		opt->present |= TG_OPT_MSS;
		opt->mss = tg_load16(p + 2);
		return;
	case KIND_WSCALE:
		if (len != WSCALE_BYTES || opt->present & TG_OPT_WSCALE)
			return;
		opt->present |= TG_OPT_WSCALE;
		opt->wscale = TG_MIN(p[2], TG_TCP_WSCALE_MAX);
		return;
	case KIND_SACK_OK:
		if (len == SACK_OK_BYTES)
			opt->present |= TG_OPT_SACK_OK;
		return;
	case KIND_TIMESTAMP:
		if (len == TIMESTAMP_BYTES && !(opt->present & TG_OPT_TIMESTAMP))
			read_timestamp(p, opt);
		return;
	case KIND_SACK:
		if (!(opt->present & TG_OPT_SACK))
			read_sack(p, len, opt);
		return;
	case KIND_FAST_OPEN:
		if (!(opt->present & TG_OPT_FAST_OPEN))
			read_fast_open(p + 2, len - 2, opt);
		return;
	case KIND_EXPERIMENT: /* what clients sent before Fast Open had a kind of its own */
		if (!(opt->present & TG_OPT_FAST_OPEN) && len >= 4 &&
		    tg_load16(p + 2) == FAST_OPEN_EXPERIMENT) {
			read_fast_open(p + 4, len - 4, opt);
			if (opt->present & TG_OPT_FAST_OPEN)
				opt->present |= TG_OPT_FAST_OPEN_EXPERIMENT;
		}
		return;
	}
}

void
tg_tcp_options_parse(const uint8_t *p, uint32_t len, struct tg_tcp_options *opt)
{
	uint32_t at = 0;

	*opt = (struct tg_tcp_options){ 0 };
	if (len == 2 + TIMESTAMP_BYTES && tg_load32(p) == NOP_NOP_TIMESTAMP) {
		read_timestamp(p + 2, opt);
		return;
	}
	while (at < len && p[at] != KIND_END) {
		if (p[at] == KIND_NOP) {
			at++;
			continue;
		}
		if (len - at < 2 || p[at + 1] < 2 || p[at + 1] > len - at)
			return;
		read_option(p + at, p[at + 1], opt);
		at += p[at + 1];
	}
}

/* SACK blocks that fit behind used bytes of other options. */
static uint32_t
sack_blocks(const struct tg_tcp_options *opt, uint32_t used)
{
	uint32_t fit = 0;

	if (used + 4 < TG_TCP_OPTIONS_BYTES_MAX)
		fit = (TG_TCP_OPTIONS_BYTES_MAX - used - 4) / SACK_BLOCK_BYTES;
	return opt->present & TG_OPT_SACK ? TG_MIN(opt->n_sack, fit) : 0;
}

static uint32_t
fast_open_header_bytes(const struct tg_tcp_options *opt)
{
	return opt->present & TG_OPT_FAST_OPEN_EXPERIMENT ? 4 : 2;
}

/* The option with the NOPs that align it. */
static uint32_t
fast_open_bytes(const struct tg_tcp_options *opt)
{
	return (fast_open_header_bytes(opt) + opt->n_cookie + 3) & ~3U;
}

uint32_t
tg_tcp_options_bytes(const struct tg_tcp_options *opt)
{
	uint32_t n = 0, blocks;

	if (opt->present == 0)
		return 0;
	if (opt->present & TG_OPT_MSS)
		n += MSS_BYTES;
	if (opt->present & TG_OPT_TIMESTAMP)
		n += 2 + TIMESTAMP_BYTES;
	else if (opt->present & TG_OPT_SACK_OK)
		n += 2 + SACK_OK_BYTES;
	if (opt->present & TG_OPT_WSCALE)
		n += 1 + WSCALE_BYTES;
	if (opt->present & TG_OPT_FAST_OPEN)
		n += fast_open_bytes(opt);
	blocks = sack_blocks(opt, n);
	return blocks > 0 ? n + 4 + blocks * SACK_BLOCK_BYTES : n;
}

/* SACK permitted takes the place of the two NOPs in front of a timestamp, or
 * stands behind two of its own. */
static uint8_t *
write_sack_ok_and_timestamp(uint8_t *p, const struct tg_tcp_options *opt)
{
	if (!(opt->present & (TG_OPT_SACK_OK | TG_OPT_TIMESTAMP)))
		return p;
	if ((opt->present & TG_OPT_SACK_OK) && (opt->present & TG_OPT_TIMESTAMP))
		tg_store16(p, KIND_SACK_OK << 8 | SACK_OK_BYTES);
	else
		tg_store16(p, KIND_NOP << 8 | KIND_NOP);
	p += 2;
	if (!(opt->present & TG_OPT_TIMESTAMP)) {
		tg_store16(p, KIND_SACK_OK << 8 | SACK_OK_BYTES);
		return p + SACK_OK_BYTES;
	}
	tg_store16(p, KIND_TIMESTAMP << 8 | TIMESTAMP_BYTES);
	tg_store32(p + 2, opt->tsval);
	tg_store32(p + 6, opt->tsecr);
	return p + TIMESTAMP_BYTES;
}

static uint8_t *
write_fast_open(uint8_t *p, const struct tg_tcp_options *opt)
{
	uint32_t header = fast_open_header_bytes(opt), bytes = header + opt->n_cookie;
	uint32_t all = fast_open_bytes(opt);

	p[0] = opt->present & TG_OPT_FAST_OPEN_EXPERIMENT ? KIND_EXPERIMENT : KIND_FAST_OPEN;
	p[1] = (uint8_t)bytes;
	if (opt->present & TG_OPT_FAST_OPEN_EXPERIMENT)
		tg_store16(p + 2, FAST_OPEN_EXPERIMENT);
	memcpy(p + header, opt->cookie, opt->n_cookie);
	memset(p + bytes, KIND_NOP, all - bytes);
	return p + all;
}

static uint8_t *
write_sack(uint8_t *p, const struct tg_tcp_options *opt, uint32_t blocks)
{
	uint32_t i;

	if (blocks == 0)
		return p;
	tg_store16(p, KIND_NOP << 8 | KIND_NOP);
	p[2] = KIND_SACK;
	p[3] = (uint8_t)(2 + blocks * SACK_BLOCK_BYTES);
	p += 4;
	for (i = 0; i < blocks; i++, p += SACK_BLOCK_BYTES) {
		tg_store32(p, opt->sack[i].left);
		tg_store32(p + 4, opt->sack[i].right);
	}
	return p;
}

uint32_t
tg_tcp_options_write(uint8_t *start, const struct tg_tcp_options *opt)
{
	uint8_t *p = start;

	if (opt->present == 0)
		return 0;
	if (opt->present & TG_OPT_MSS) {
		tg_store16(p, KIND_MSS << 8 | MSS_BYTES);
		tg_store16(p + 2, opt->mss);
		p += MSS_BYTES;
	}
	p = write_sack_ok_and_timestamp(p, opt);
	if (opt->present & TG_OPT_WSCALE) {
		tg_store16(p, KIND_NOP << 8 | KIND_WSCALE);
		p[2] = WSCALE_BYTES;
		p[3] = opt->wscale;
		p += 1 + WSCALE_BYTES;
	}
	if (opt->present & TG_OPT_FAST_OPEN)
		p = write_fast_open(p, opt);
	p = write_sack(p, opt, sack_blocks(opt, (uint32_t)(p - start)));
	return (uint32_t)(p - start);
}
