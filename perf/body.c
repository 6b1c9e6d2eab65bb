/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Cycles that the 1448 bytes of a full segment cost between the body of a page and a buffer
 * that a port has sent and given back: copied, or attached as an external buffer; with the
 * checksum in software, or left to the port. The body is in the cache, or is not.
 *
 *   perf/body --no-huge -m 128 --no-pci -l 1
 */
#include <rte_eal.h>
#include <rte_mbuf.h>

#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "packet/checksum.h"

#define ROUNDS     301 /* the median of these is printed */
#define BURST      32
#define TEXT_BYTES 1448
#define HEAD_BYTES 66                    /* Ethernet, IPv4, TCP with timestamps */
#define COLD_BYTES (256U << 20)          /* is read once and forgotten */
#define COLD_STEP  (BURST * 1500 + 8191) /* of the bursts in it */

static struct rte_mempool *pool;
static struct rte_mbuf_ext_shared_info shared;
static uint64_t sums; /* so that no sum is left out */

static void
keep_body(void *addr, void *opaque)
{
	(void)addr;
	(void)opaque;
}

static struct rte_mbuf *
copied(uint8_t *text, bool summed)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *at;

	if (m == NULL)
		abort();
	at = (uint8_t *)rte_pktmbuf_append(m, HEAD_BYTES + TEXT_BYTES);
	memcpy(at + HEAD_BYTES, text, TEXT_BYTES);
	if (summed)
		sums += tg_checksum_add(0, at + HEAD_BYTES, TEXT_BYTES);
	return m;
}

static struct rte_mbuf *
attached(uint8_t *text, bool summed)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *tail = rte_pktmbuf_alloc(pool);

	if (m == NULL || tail == NULL)
		abort();
	rte_pktmbuf_append(m, HEAD_BYTES);
	rte_mbuf_ext_refcnt_update(&shared, 1);
	rte_pktmbuf_attach_extbuf(tail, text, (rte_iova_t)(uintptr_t)text, TEXT_BYTES, &shared);
	tail->data_len = TEXT_BYTES;
	tail->pkt_len = TEXT_BYTES;
	if (rte_pktmbuf_chain(m, tail) != 0)
		abort();
	if (summed)
		sums += tg_checksum_add(0, text, TEXT_BYTES);
	return m;
}

static int
by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Median cycles of a segment; a burst is made and freed, as behind a transmission. */
static uint64_t
measure(struct rte_mbuf *(*make)(uint8_t *, bool), bool summed, uint8_t *body, size_t step)
{
	static uint64_t v[ROUNDS];
	static size_t at;
	struct rte_mbuf *m[BURST];
	unsigned round, i;
	uint64_t start;

	for (round = 0; round < ROUNDS; round++) {
		at = step == 0 || at + 2 * step > COLD_BYTES ? 0 : at + step;
		start = __rdtsc();
		for (i = 0; i < BURST; i++)
			m[i] = make(body + at + i * TEXT_BYTES, summed);
		rte_pktmbuf_free_bulk(m, BURST);
		v[round] = (__rdtsc() - start) / BURST;
	}
	qsort(v, ROUNDS, sizeof(v[0]), by_size);
	return v[ROUNDS / 2];
}

static void
print_row(const char *name, uint8_t *body, size_t step)
{
	printf("%6s %18lu %18lu %18lu %18lu\n", name, measure(copied, true, body, step),
	    measure(copied, false, body, step), measure(attached, true, body, step),
	    measure(attached, false, body, step));
}

int
main(int argc, char **argv)
{
	uint8_t *body = malloc(COLD_BYTES);
	int run;

	if (body == NULL || rte_eal_init(argc, argv) < 0)
		return 1;
	memset(body, 1, COLD_BYTES);
	pool = rte_pktmbuf_pool_create("body", 4095, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL)
		return 1;
	shared.free_cb = keep_body;
	rte_mbuf_ext_refcnt_set(&shared, 1);
	printf("%6s %18s %18s %18s %18s\n", "body", "copy, checksum", "copy", "attach, checksum",
	    "attach");
	for (run = 0; run < 3; run++) {
		print_row("warm", body, 0);
		print_row("cold", body, COLD_STEP);
	}
	free(body);
	return sums == 1;
}
