/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Sources: the class of a received packet, by the longest configured prefix that its source
 * address lies in. Class 0 is that of no prefix, class 1 + i the i-th of the configuration.
 *
 * The tables (rte_fib: 32 MiB for IPv4 and as many for IPv6, each only where it has a prefix) are
 * made at start, and only read from then on: workers of one NUMA node share them. rte_fib rather
 * than rte_lpm, whose tables are twice as large, for IPv6 too, and whose lookups come in fours at
 * most; a burst is looked up in one call.
 */
#ifndef TG_IO_SOURCES_H
#define TG_IO_SOURCES_H

#include "base/frame.h"
#include "base/stats.h"
#include "config/config.h"

#define TG_SOURCE_CLASSES (TG_CONFIG_SOURCES_MAX + 1)

/* Frames received of each class, those denied included; of class 0 none is counted. */
struct tg_class_frames {
	_Atomic uint64_t n[TG_SOURCE_CLASSES]; /* worker: rw, control: ro */
};

struct tg_sources; /* opaque */

/* Makes the tables of n classes on NUMA node `node`, or elsewhere where it has no memory. name:
 * unique among those that exist. NULL after logging what is missing. EAL must be up. Control. */
struct tg_sources *tg_sources_create(
    const char *name, const struct tg_config_source *source, unsigned n, int node);

/* Frees what tg_sources_create gave; NULL is left alone. No worker may read it. Control. */
void tg_sources_free(struct tg_sources *s);

/* Stamps n frames with the class of their source (class 0: neither IPv4 nor IPv6) and drops
 * those of classes that are denied, but for neighbour discovery from the link: its packets come
 * with the hop limit 255, which no router lets through (RFC 4861). Frames that stay are moved to
 * the front. Returns their number. The worker that received them. */
uint32_t tg_sources_sort(const struct tg_sources *s, struct tg_frame *frame, uint32_t n,
    struct tg_class_frames *seen, struct tg_stats *stats);

#endif
