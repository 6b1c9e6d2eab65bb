/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Host: what the machine under this one gives two CPUs from moment to moment. A hypervisor moves
 * them between cores, next to each other or far apart, and lets somebody else's thread share
 * a core. Fifty times a second, ahead of what else runs on the two, and for a hundredth of
 * the time at most, it measures
 *   - how long a cache line takes from one to the other and back;
 *   - how many TSC cycles a fixed run of independent additions takes on each: the least that is
 *     seen is a core of one's own.
 *
 *   host SECONDS     on CPUs 0 and 1
 *
 * Prints a line for each sample in which both were there: Unix time and way there and back in ns,
 * cycles on CPU 0, on CPU 1.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#define PERIOD_NS 20000000
#define TRIPS     60
#define WARM_UP   10      /* trips that do not count */
#define GIVE_UP   2000000 /* ns; the other CPU is not there */
#define RUNS      8       /* of the additions; the quickest counts */
#define TURNS     1000

static struct {
	_Alignas(128) _Atomic uint32_t there;
	_Alignas(128) _Atomic uint32_t back;
	_Alignas(128) _Atomic uint32_t cycles; /* of CPU 1 */
} shared;
static uint64_t begin;
static uint32_t samples;

static uint64_t
clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Sample k begins on both CPUs at once. Returns the time by which it is given up. */
static uint64_t
wait_for_sample(uint32_t k)
{
	uint64_t at = begin + (uint64_t)k * PERIOD_NS;
	const struct timespec t = { (time_t)(at / 1000000000), (long)(at % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
	return at + GIVE_UP;
}

/* False: the time is over. */
static bool
wait_for_value(const _Atomic uint32_t *v, uint32_t value, uint64_t end)
{
	while (atomic_load_explicit(v, memory_order_acquire) != value)
		if (clock_ns(CLOCK_MONOTONIC) > end)
			return false;
	return true;
}

static uint32_t
measure_cycles(void)
{
	uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, least = UINT32_MAX, took;
	unsigned run, i;

	for (run = 0; run < RUNS; run++) {
		took = __rdtsc();
		for (i = 0; i < TURNS; i++) {
			a += 3, b += 5, c += 7, d += 9, e += 11, f += 13;
			__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
		}
		took = __rdtsc() - took;
		least = took < least ? took : least;
	}
	return (uint32_t)least;
}

/* On this CPU, ahead of everything ordinary. */
static void
settle(int cpu)
{
	const struct sched_param param = { .sched_priority = 1 };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0 ||
	    sched_setscheduler(0, SCHED_FIFO, &param) != 0) {
		fprintf(stderr, "host: CPU %d with real-time priority: %s\n", cpu, strerror(errno));
		exit(1);
	}
}

static void *
run_other(void *arg)
{
	uint32_t k, i;

	settle(1);
	for (k = 0; k < samples; k++) {
		uint64_t end = wait_for_sample(k);

		for (i = 1; i <= TRIPS; i++) {
			if (!wait_for_value(&shared.there, k * TRIPS + i, end))
				break;
			atomic_store_explicit(&shared.back, k * TRIPS + i, memory_order_release);
		}
		atomic_store_explicit(&shared.cycles, measure_cycles(), memory_order_relaxed);
	}
	return arg;
}

/* Nanoseconds of a trip there and back; 0: the other CPU was not there. */
static uint64_t
measure_trips(uint32_t k, uint64_t end)
{
	uint64_t start = 0;
	uint32_t i;

	for (i = 1; i <= TRIPS; i++) {
		if (i == WARM_UP)
			start = clock_ns(CLOCK_MONOTONIC);
		atomic_store_explicit(&shared.there, k * TRIPS + i, memory_order_release);
		if (!wait_for_value(&shared.back, k * TRIPS + i, end))
			return 0;
	}
	return (clock_ns(CLOCK_MONOTONIC) - start) / (TRIPS - WARM_UP + 1);
}

int
main(int argc, char **argv)
{
	uint32_t k, cycles;
	pthread_t other;
	uint64_t ns;

	if (argc != 2 || strtod(argv[1], NULL) <= 0) {
		fprintf(stderr, "usage: host SECONDS\n");
		return 2;
	}
	samples = (uint32_t)(strtod(argv[1], NULL) * 1e9 / PERIOD_NS);
	setvbuf(stdout, NULL, _IOLBF, 0); /* it is ended while it runs */
	begin = clock_ns(CLOCK_MONOTONIC) + PERIOD_NS;
	if (pthread_create(&other, NULL, run_other, NULL) != 0)
		return 1;
	settle(0);
	for (k = 0; k < samples; k++) {
		uint64_t end = wait_for_sample(k);

		ns = measure_trips(k, end);
		cycles = measure_cycles();
		if (ns == 0)
			continue;
		printf("%lu %lu %u %u\n", clock_ns(CLOCK_REALTIME), ns, cycles,
		    atomic_load_explicit(&shared.cycles, memory_order_relaxed));
	}
	pthread_join(other, NULL);
	return 0;
}
