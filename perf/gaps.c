/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The gap meter: reads the clock without pause and says for how long the CPU was elsewhere.
 *
 *   gaps SECONDS
 *
 * Prints one JSON object: gaps of more than 0.1 ms, their sum and the longest.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define GAP_NS 100000

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int
main(int argc, char **argv)
{
	uint64_t begin = now_ns(), last = begin, now, gap, n = 0, sum = 0, max = 0, end;

	if (argc != 2) {
		fprintf(stderr, "usage: gaps SECONDS\n");
		return 2;
	}
	end = begin + (uint64_t)(strtod(argv[1], NULL) * 1e9);
	for (; last < end; last = now) {
		now = now_ns();
		gap = now - last;
		if (gap <= GAP_NS)
			continue;
		n++;
		sum += gap;
		if (gap > max)
			max = gap;
	}
	printf("{\"elapsed_ns\":%lu,\"count\":%lu,\"sum_ns\":%lu,\"max_ns\":%lu}\n", last - begin,
	    n, sum, max);
	return 0;
}
