/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "io/block.h"

#include <numa.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE_BYTES 4096

static void *
alloc_on_node(size_t bytes, int node)
{
	void *p = NULL;

	if (numa_available() < 0)
		return NULL;
	if (node >= 0 && node <= numa_max_node())
		p = numa_alloc_onnode(bytes, node);
	return p != NULL ? p : numa_alloc_local(bytes);
}

bool
tg_numa_alloc(struct tg_numa_block *block, size_t bytes, int node)
{
	bytes = (bytes + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
	*block = (struct tg_numa_block){ alloc_on_node(bytes, node), bytes, true };
	if (block->p == NULL) {
		block->p = aligned_alloc(PAGE_BYTES, bytes);
		block->numa = false;
	}
	if (block->p == NULL)
		return false;
	/* Refusal costs TLB misses only. */
	(void)madvise(block->p, bytes, MADV_HUGEPAGE);
	/* Faults every page in now, not under traffic. */
	memset(block->p, 0, bytes);
	return true;
}

void
tg_numa_free(struct tg_numa_block *block)
{
	if (block->p != NULL && block->numa)
		numa_free(block->p, block->bytes);
	else
		free(block->p);
	*block = (struct tg_numa_block){ 0 };
}
