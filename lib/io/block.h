/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Large blocks of memory for one worker, on the NUMA node it runs on.
 */
#ifndef TG_IO_BLOCK_H
#define TG_IO_BLOCK_H

#include "base/types.h"

struct tg_numa_block {
	void *p; /* aligned to a page, zeroed; NULL: none */
	size_t bytes;
	bool numa; /* from libnuma, not from the C library */
};

/* Allocates bytes on node (-1: the caller's), zeroed, every page present, in huge
 * pages where the kernel gives them. Where the kernel has no NUMA, or the node has no
 * memory, any memory will do. False if there is none. Control thread. */
bool tg_numa_alloc(struct tg_numa_block *block, size_t bytes, int node);

/* Frees what tg_numa_alloc gave; an empty block is left alone. Control thread. */
void tg_numa_free(struct tg_numa_block *block);

#endif
