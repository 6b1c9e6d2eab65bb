/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Cycles of one SipHash-2-4 of 16 bytes, by how many go side by side and how many there are
 * at a time; widths that the processor has not are left out.
 *
 *   perf/siphash
 */
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "base/types.h"
#include "crypto/siphash_lanes.h"

#define ROUNDS 15 /* the median of these is printed */
#define HASHES 200000
#define MOST   256 /* messages in one call */

static const char *const width_name[] = {
	[TG_SIPHASH_X1] = "scalar",
	[TG_SIPHASH_X8] = "8 lanes",
	[TG_SIPHASH_X16] = "16 lanes",
};

static struct tg_siphash_key key = { { 1, 2 } };
static uint64_t first[MOST], second[MOST], end[MOST], hash[MOST];

static bool
is_possible(enum tg_siphash_width width)
{
	switch (width) {
	case TG_SIPHASH_X1:
		return true;
	case TG_SIPHASH_X8:
		return __builtin_cpu_supports("avx2");
	case TG_SIPHASH_X16:
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avx512f");
	}
	return false;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Each call's input depends on the output of the one before: calls do not overlap. */
static double
cycles_per_hash(enum tg_siphash_width width, size_t n)
{
	const uint64_t *const word[] = { first, second, end };
	double v[ROUNDS];
	size_t round, done;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t start = __rdtsc();

		for (done = 0; done < HASHES; done += n) {
			first[0] = hash[n - 1];
			tg_siphash24_lanes(&key, width, word, TG_ARRAY_LEN(word), n, hash);
		}
		v[round] = (double)(__rdtsc() - start) / (double)done;
	}
	qsort(v, ROUNDS, sizeof(*v), by_size);
	return v[ROUNDS / 2];
}

int
main(void)
{
	static const size_t sizes[] = { 1, 2, 3, 4, 7, 8, 12, 16, 31, 32, MOST };
	enum tg_siphash_width width;
	size_t i;

	for (i = 0; i < MOST; i++)
		end[i] = tg_siphash_end(0, 16);
	printf("%10s", "at a time");
	for (i = 0; i < TG_ARRAY_LEN(sizes); i++)
		printf(" %6zu", sizes[i]);
	printf("\n");
	for (width = TG_SIPHASH_X1; width <= TG_SIPHASH_X16; width++) {
		if (!is_possible(width))
			continue;
		printf("%10s", width_name[width]);
		for (i = 0; i < TG_ARRAY_LEN(sizes); i++)
			printf(" %6.1f", cycles_per_hash(width, sizes[i]));
		printf("\n");
	}
	return 0;
}
