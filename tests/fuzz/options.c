/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Any bytes as TCP options. What is read can be written, is as long as was said, and reads
 * the same again; a walk over the same bytes that knows no option finds each one that
 * parsing found.
 */
#include <assert.h>

#include "fuzz.h"
#include "packet/tcp_options.h"

#define KINDS 9

/* Bytes of the first option of each kind with a right length, as RFC 9293 3.2 walks. */
static void
walk(const uint8_t *p, size_t len, const uint8_t *found[KINDS])
{
	static const uint8_t bytes[KINDS] = { [2] = 4, [3] = 3, [4] = 2, [8] = 10 };
	size_t i;

	for (i = 0; i < len && p[i] != 0; i += p[i] == 1 ? 1u : p[i + 1]) {
		if (p[i] == 1)
			continue;
		if (i + 1 == len || p[i + 1] < 2 || i + p[i + 1] > len)
			return;
		if (p[i] < KINDS && found[p[i]] == NULL &&
		    (p[i + 1] == bytes[p[i]] ||
			(p[i] == 5 && p[i + 1] > 2 && (p[i + 1] - 2) % 8 == 0)))
			found[p[i]] = p + i;
	}
}

static uint32_t
read32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
compare(const struct tg_tcp_options *opt, const uint8_t *found[KINDS])
{
	uint8_t i;

	assert(((opt->present & TG_OPT_MSS) != 0) == (found[2] != NULL));
	assert(((opt->present & TG_OPT_WSCALE) != 0) == (found[3] != NULL));
	assert(((opt->present & TG_OPT_SACK_OK) != 0) == (found[4] != NULL));
	assert(((opt->present & TG_OPT_SACK) != 0) == (found[5] != NULL));
	assert(((opt->present & TG_OPT_TIMESTAMP) != 0) == (found[8] != NULL));
	if (found[2] != NULL)
		assert(opt->mss == read32(found[2]) % 65536);
	if (found[3] != NULL)
		assert(opt->wscale == (found[3][2] < 14 ? found[3][2] : 14));
	if (found[8] != NULL)
		assert(opt->tsval == read32(found[8] + 2) && opt->tsecr == read32(found[8] + 6));
	assert(opt->n_sack <= TG_TCP_SACK_BLOCKS_MAX);
	for (i = 0; found[5] != NULL && i < opt->n_sack; i++)
		assert(opt->sack[i].left == read32(found[5] + 2 + 8 * i) &&
		       opt->sack[i].right == read32(found[5] + 6 + 8 * i));
}

/* Written and read again: the same, but for SACK blocks that had no room. */
static void
round_trip(const struct tg_tcp_options *opt)
{
	uint8_t *area =
	    fuzz_copy((const uint8_t[TG_TCP_OPTIONS_BYTES_MAX]){ 0 }, TG_TCP_OPTIONS_BYTES_MAX);
	struct tg_tcp_options again;
	uint32_t len = tg_tcp_options_write(area, opt);
	uint8_t i;

	assert(len == tg_tcp_options_bytes(opt));
	assert(len % 4 == 0 && len <= TG_TCP_OPTIONS_BYTES_MAX);
	tg_tcp_options_parse(area, len, &again);
	assert((again.present | TG_OPT_SACK) == (opt->present | TG_OPT_SACK));
	assert(again.mss == opt->mss && again.wscale == opt->wscale);
	assert(again.tsval == opt->tsval && again.tsecr == opt->tsecr);
	assert(again.n_sack <= opt->n_sack);
	for (i = 0; i < again.n_sack; i++)
		assert(again.sack[i].left == opt->sack[i].left &&
		       again.sack[i].right == opt->sack[i].right);
	free(area);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *found[KINDS] = { NULL };
	struct tg_tcp_options opt;
	uint8_t *copy;

	if (size > TG_TCP_OPTIONS_BYTES_MAX)
		return 0;
	copy = fuzz_copy(data, size);
	tg_tcp_options_parse(copy, (uint32_t)size, &opt);
	walk(copy, size, found);
	compare(&opt, found);
	round_trip(&opt);
	free(copy);
	return 0;
}
