/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "io/sources.h"

#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <stdio.h>

#include "io/frames.h"
#include "io/log.h"
#include "packet/packet.h"

#define CHUNK         64    /* frames looked up together */
#define TBL8_MAX      32767 /* as many as entries of two bytes can name */
#define FIB_NAME_MAX  20    /* a mempool's is MP_ and this, in RTE_MEMPOOL_NAMESIZE */
#define TBL8_STEPS_V6 13    /* tables behind the first 24 bits of an address */

/* RFC 4861 section 4. */
#define ND_FIRST     133
#define ND_LAST      137
#define ND_HOP_LIMIT 255

struct tg_sources {
	struct rte_fib *fib4;  /* NULL: no prefix of IPv4 */
	struct rte_fib6 *fib6; /* likewise */
	uint32_t denied;       /* set of classes: bit 1 << class */
};

/* Addresses of a chunk on their way through one table. */
struct batch4 {
	uint32_t ip[CHUNK]; /* host byte order */
	uint64_t src_class[CHUNK];
	uint8_t frame[CHUNK]; /* whose it is */
	uint32_t n;
};

struct batch6 {
	uint8_t ip[CHUNK][16];
	uint64_t src_class[CHUNK];
	uint8_t frame[CHUNK];
	uint32_t n;
};

/* Prefixes of one family. */
struct census {
	uint32_t n;
	uint32_t deep; /* beyond 24 bits */
};

static struct census
take_census(const struct tg_config_source *source, unsigned n, bool is_ipv6)
{
	struct census c = { 0 };
	unsigned i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < source[i].n_prefixes; j++) {
			if (source[i].prefix[j].is_ipv6 != is_ipv6)
				continue;
			c.n++;
			c.deep += source[i].prefix[j].bits > 24;
		}
	}
	return c;
}

static struct rte_fib *
create_fib4(const char *owner, struct census c, int node)
{
	char name[FIB_NAME_MAX];
	struct rte_fib_conf conf = { .type = RTE_FIB_DIR24_8, .max_routes = (int)c.n };

	conf.dir24_8.nh_sz = RTE_FIB_DIR24_8_2B;
	conf.dir24_8.num_tbl8 = TG_MIN(c.deep + 1, (uint32_t)TBL8_MAX);
	snprintf(name, sizeof(name), "%s_4", owner);
	return rte_fib_create(name, node, &conf);
}

static struct rte_fib6 *
create_fib6(const char *owner, struct census c, int node)
{
	char name[FIB_NAME_MAX];
	struct rte_fib6_conf conf = { .type = RTE_FIB6_TRIE, .max_routes = (int)c.n };

	conf.trie.nh_sz = RTE_FIB6_TRIE_2B;
	conf.trie.num_tbl8 = TG_MIN(c.deep * TBL8_STEPS_V6 + 1, (uint32_t)TBL8_MAX);
	snprintf(name, sizeof(name), "%s_6", owner); /* both make a mempool of that name */
	return rte_fib6_create(name, node, &conf);
}

/* Makes the tables that there are prefixes for. */
static bool
create_tables(struct tg_sources *s, const char *name, const struct tg_config_source *source,
    unsigned n, int node)
{
	struct census c4 = take_census(source, n, false), c6 = take_census(source, n, true);

	if (c4.n != 0 && (s->fib4 = create_fib4(name, c4, node)) == NULL)
		s->fib4 = create_fib4(name, c4, SOCKET_ID_ANY);
	if (c6.n != 0 && (s->fib6 = create_fib6(name, c6, node)) == NULL)
		s->fib6 = create_fib6(name, c6, SOCKET_ID_ANY);
	return (c4.n == 0 || s->fib4 != NULL) && (c6.n == 0 || s->fib6 != NULL);
}

static int
add_class(struct tg_sources *s, const struct tg_config_source *source, unsigned src_class)
{
	unsigned i;
	int rc = 0;

	if (source->action == TG_CONFIG_SOURCE_DENY)
		s->denied |= UINT32_C(1) << src_class;
	for (i = 0; i < source->n_prefixes && rc == 0; i++) {
		const struct tg_config_prefix *p = &source->prefix[i];

		if (p->is_ipv6)
			rc = rte_fib6_add(s->fib6, (const void *)p->ip.b, p->bits, src_class);
		else
			rc = rte_fib_add(s->fib4, tg_host32(p->ip.v4), p->bits, src_class);
	}
	return rc;
}

struct tg_sources *
tg_sources_create(const char *name, const struct tg_config_source *source, unsigned n, int node)
{
	struct tg_sources *s = rte_zmalloc_socket("tg_sources", sizeof(*s), 0, node);
	unsigned i;
	int rc;

	if (s == NULL)
		s = rte_zmalloc("tg_sources", sizeof(*s), 0);
	if (s == NULL || !create_tables(s, name, source, n, node)) {
		TG_IO_LOG(
		    ERR, "No memory for the prefixes of sources: IPv4 and IPv6 take 32 MiB each");
		goto err_sources;
	}
	for (i = 0; i < n; i++) {
		rc = add_class(s, &source[i], i + 1);
		if (rc != 0) {
			TG_IO_LOG(ERR, "The prefixes of class %s do not fit the table: %s",
			    source[i].name, rte_strerror(-rc));
			goto err_sources;
		}
	}
	return s;

err_sources:
	tg_sources_free(s);
	return NULL;
}

void
tg_sources_free(struct tg_sources *s)
{
	if (s == NULL)
		return;
	rte_fib_free(s->fib4);
	rte_fib6_free(s->fib6);
	rte_free(s);
}

/* Where the IP header lies and of which type it is; at most one tag is looked behind, as nothing
 * with two is taken. */
static uint32_t
find_l3(const struct tg_frame *f, uint16_t *type)
{
	uint32_t at = TG_ETH_HEADER_BYTES;

	*type = 0;
	if (f->len < TG_ETH_HEADER_BYTES + TG_VLAN_BYTES)
		return at;
	*type = tg_load16(f->data + at - 2);
	if (*type != TG_ETHERTYPE_VLAN)
		return at;
	at += TG_VLAN_BYTES;
	*type = tg_load16(f->data + at - 2);
	return at;
}

/* Puts the source of frame i into the table's batch that knows its family, if there is one. */
static void
read_source(const struct tg_sources *s, const struct tg_frame *f, uint8_t i, struct batch4 *b4,
    struct batch6 *b6)
{
	uint16_t type;
	uint32_t at = find_l3(f, &type);

	if (type == TG_ETHERTYPE_IP4 && s->fib4 != NULL && f->len >= at + TG_IP4_HEADER_BYTES) {
		b4->frame[b4->n] = i;
		b4->ip[b4->n++] = tg_load32(f->data + at + 12);
	} else if (type == TG_ETHERTYPE_IP6 && s->fib6 != NULL &&
		   f->len >= at + TG_IP6_HEADER_BYTES) {
		b6->frame[b6->n] = i;
		memcpy(b6->ip[b6->n++], f->data + at + 8, 16);
	}
}

static void
stamp(const struct tg_sources *s, struct tg_frame *frame, uint32_t n)
{
	struct batch4 b4;
	struct batch6 b6;
	uint32_t i;

	b4.n = b6.n = 0;
	for (i = 0; i < n; i++)
		read_source(s, &frame[i], (uint8_t)i, &b4, &b6);
	if (b4.n != 0)
		rte_fib_lookup_bulk(s->fib4, b4.ip, b4.src_class, (int)b4.n);
	if (b6.n != 0)
		rte_fib6_lookup_bulk(s->fib6, (void *)b6.ip, b6.src_class, (int)b6.n);
	for (i = 0; i < b4.n; i++)
		frame[b4.frame[i]].src_class = (uint8_t)b4.src_class[i];
	for (i = 0; i < b6.n; i++)
		frame[b6.frame[i]].src_class = (uint8_t)b6.src_class[i];
}

static bool
is_neighbour_discovery(const struct tg_frame *f)
{
	uint16_t type;
	uint32_t at = find_l3(f, &type);
	const uint8_t *ip = f->data + at;

	return type == TG_ETHERTYPE_IP6 && f->len > at + TG_IP6_HEADER_BYTES &&
	       ip[6] == TG_IPPROTO_ICMP6 && ip[7] == ND_HOP_LIMIT &&
	       ip[TG_IP6_HEADER_BYTES] >= ND_FIRST && ip[TG_IP6_HEADER_BYTES] <= ND_LAST;
}

/* Separates the frames of one chunk; kept: where those that stay go. Returns their number. */
static uint32_t
sort_chunk(const struct tg_sources *s, struct tg_frame *frame, uint32_t n, struct tg_frame *kept,
    struct tg_class_frames *seen, struct tg_stats *stats)
{
	struct tg_frame denied[CHUNK];
	uint32_t i, n_denied = 0, n_kept = 0;

	stamp(s, frame, n);
	for (i = 0; i < n; i++) {
		uint8_t src_class = frame[i].src_class;

		if (src_class != 0)
			tg_stat_add(&seen->n[src_class], 1);
		if ((s->denied & UINT32_C(1) << src_class) != 0 &&
		    !is_neighbour_discovery(&frame[i]))
			denied[n_denied++] = frame[i];
		else
			kept[n_kept++] = frame[i];
	}
	if (n_denied != 0) {
		tg_stat_add(&stats->drop[TG_DROP_SOURCE_DENIED], n_denied);
		tg_frames_free(denied, n_denied);
	}
	return n_kept;
}

uint32_t
tg_sources_sort(const struct tg_sources *s, struct tg_frame *frame, uint32_t n,
    struct tg_class_frames *seen, struct tg_stats *stats)
{
	uint32_t at, kept = 0;

	for (at = 0; at < n; at += CHUNK)
		kept += sort_chunk(
		    s, frame + at, TG_MIN(n - at, (uint32_t)CHUNK), frame + kept, seen, stats);
	return kept;
}
