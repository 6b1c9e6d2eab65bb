/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Source limit: how many SYNs of one source address, and of one prefix, a shard takes in each
 * second.
 *
 * It is for floods of real hosts, each of which sends more than a client would. A spoofed flood
 * has another source with every SYN: no limit of a source bites there, and cookies answer it
 * (tcp/syn_cookies.h). SYNs are judged while the shard is under pressure, and always for listeners
 * in mode always, whose SYNs cause none. Classes of sources may be exempt.
 *
 * SYNs are counted in a sketch of fixed size: four rows of cells, in each of which a source has one
 * cell, by a keyed hash. All begin at zero with each second, and a refused SYN is not counted.
 * Other sources share the cells, so that one holds, beyond the source's own SYNs, about m of
 * others, m = counted / cells, rounded up. A SYN is refused when all four of its cells have reached
 *
 *     limit + m + 2 sqrt(m) + 2
 *
 * so a source is never refused for what many others do together, each a little: of a flood with
 * ever new sources a cell has more than its allowance in at most one of 40 cases. Of M sources that
 * send many SYNs each, the cell has one with chance M / cells at most. A source within its limit is
 * refused by mistake only if all four rows err at once:
 *
 *     chance <= (M / cells + 1 / 40)^4          1000 of 16384 cells: 6 in 100,000
 *
 * and its next try, which is in another second, meets other cells: the keys are drawn anew. The
 * price is that a source may send up to m + 2 sqrt(m) + 2 more than its limit.
 *
 * The limit is by the second of the clock: across its end twice as many may pass at once. Cells
 * hold 65535: beyond, which a limit of 30000 and 15 million SYNs a second do not reach with the
 * fewest cells, nothing is refused.
 *
 * Called by the shard's worker only.
 */
#ifndef TG_TCP_SOURCE_LIMIT_H
#define TG_TCP_SOURCE_LIMIT_H

#include "base/arena.h"
#include "base/stats.h"
#include "base/time.h"
#include "base/types.h"
#include "crypto/siphash.h"

#define TG_SOURCE_LIMIT_MAX 30000 /* SYNs per second */
#define TG_SKETCH_CELLS_MIN 1024
#define TG_SKETCH_CELLS_MAX 65536 /* four 16-bit indices come of one hash */
#define TG_SKETCH_ROWS      4

struct tg_tcp;

/* What the operator decides; immutable. */
struct tg_source_limits {
	uint32_t per_source; /* SYNs per second, to TG_SOURCE_LIMIT_MAX; 0: no limit */
	uint32_t per_prefix;
	uint32_t cells;       /* of each row: a power of two, TG_SKETCH_CELLS_MIN to _MAX */
	uint8_t prefix4_bits; /* 1..32 */
	uint8_t prefix6_bits; /* 1..64 */
	uint32_t exempt;      /* set of source classes: bit 1 << tg_frame.src_class */
};

struct tg_sketch {
	uint16_t *cell;   /* TG_SKETCH_ROWS rows */
	uint32_t mask;    /* cells of a row, less one */
	uint32_t limit;   /* 0: the sketch is not used */
	uint32_t counted; /* SYNs of this second */
	uint32_t ceiling; /* what a cell of a source within its limit does not reach */
};

enum tg_sketch_key { TG_SKETCH_IP4, TG_SKETCH_IP6, TG_SKETCH_PREFIX4, TG_SKETCH_PREFIX6 };

/* Of one shard. */
struct tg_source_limit {
	const struct tg_source_limits *config;
	const struct tg_siphash_key *master;
	struct tg_siphash_key key[TG_SKETCH_PREFIX6 + 1]; /* of this second */
	tg_time_t second;                                 /* whose keys these are */
	struct tg_sketch source, prefix;
};

/* Cuts the sketches that config asks for from arena; none where nothing is limited. config and
 * master outlive limit. Run over a measuring arena it only measures. */
void tg_source_limit_layout(struct tg_source_limit *limit, struct tg_arena *arena,
    const struct tg_source_limits *config, const struct tg_siphash_key *master);

/* Whether there is any limit. */
static inline bool
tg_source_limit_is_set(const struct tg_source_limit *limit)
{
	return (limit->source.limit | limit->prefix.limit) != 0;
}

/* Judges a SYN from src, and counts it if it is taken: TG_DROP_NONE, or which limit it is beyond.
 * The class of its source does not matter here. */
enum tg_drop tg_source_limit_judge(
    struct tg_source_limit *limit, bool is_ipv6, const union tg_ip *src, tg_time_t now);

/* Whether a first SYN for listener endpoint, from src of class src_class, is beyond a limit that is
 * in force: TG_DROP_NONE, or the reason to drop it. Once for each SYN. */
enum tg_drop tg_syn_limit(struct tg_tcp *tcp, uint16_t endpoint, bool is_ipv6,
    const union tg_ip *src, uint8_t src_class, tg_time_t now);

#endif
