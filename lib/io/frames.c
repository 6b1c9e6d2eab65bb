/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "io/frames.h"

#include <rte_prefetch.h>

#include "packet/build.h"

#define AHEAD 4  /* mbufs prefetched ahead of the one being read */
#define CHUNK 64 /* mbuf pointers kept on the stack */

_Static_assert(
    TG_RX_CSUM_UNKNOWN == 0 && TG_RX_CSUM_NONE == (TG_RX_CSUM_GOOD | TG_RX_CSUM_BAD), "csum_state");
_Static_assert(
    RTE_MBUF_F_RX_IP_CKSUM_NONE == (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_IP_CKSUM_BAD),
    "csum_state");
_Static_assert(
    RTE_MBUF_F_RX_L4_CKSUM_NONE == (RTE_MBUF_F_RX_L4_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD),
    "csum_state");

/* Both sides keep good and bad as one bit each, and none as both. */
static uint32_t
csum_state(uint64_t ol, uint64_t good, uint64_t bad)
{
	return (ol & good ? TG_RX_CSUM_GOOD : 0U) | (ol & bad ? TG_RX_CSUM_BAD : 0U);
}

/* Drivers set flags that nobody asked them for, so only negotiated ones count. */
static uint16_t
rx_flags(const struct tg_port *port, uint64_t ol)
{
	uint32_t flags = 0;

	if (port->rx_offload & TG_OFFLOAD_IP_CSUM)
		flags |= csum_state(ol, RTE_MBUF_F_RX_IP_CKSUM_GOOD, RTE_MBUF_F_RX_IP_CKSUM_BAD)
			 << TG_FRAME_RX_IP_SHIFT;
	if (port->rx_offload & TG_OFFLOAD_L4_CSUM)
		flags |= csum_state(ol, RTE_MBUF_F_RX_L4_CKSUM_GOOD, RTE_MBUF_F_RX_L4_CKSUM_BAD)
			 << TG_FRAME_RX_L4_SHIFT;
	if (ol & RTE_MBUF_F_RX_VLAN_STRIPPED)
		flags |= TG_FRAME_VLAN;
	return (uint16_t)flags;
}

static void
set_frame(const struct tg_port *port, struct rte_mbuf *m, struct tg_frame *f)
{
	*f = (struct tg_frame){
		.data = rte_pktmbuf_mtod(m, uint8_t *),
		.buf = m,
		.room = (uint16_t)(m->buf_len - m->data_off),
		.port = (uint8_t)port->id,
	};
}

/* What mbufs that are frames have in common, as it stands in them. */
static const struct shape {
	uint16_t data_off, refcnt, nb_segs;
} usual = { RTE_PKTMBUF_HEADROOM, 1, 1 };
_Static_assert(offsetof(struct rte_mbuf, refcnt) - offsetof(struct rte_mbuf, data_off) ==
		       offsetof(struct shape, refcnt) &&
		   offsetof(struct rte_mbuf, nb_segs) - offsetof(struct rte_mbuf, data_off) ==
		       offsetof(struct shape, nb_segs),
    "compared at once");

static bool
is_frame(const struct tg_port *port, const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && m->pool == port->pool &&
	       memcmp(&m->data_off, &usual, sizeof(usual)) == 0;
}

/* Returns a copy of from in one mbuf of the port, or NULL; frees from. Most drivers never need it,
 * and the loop that calls it keeps its registers. */
static __attribute__((noinline, cold)) struct rte_mbuf *
reshape(const struct tg_port *port, struct rte_mbuf *from)
{
	struct rte_mbuf *to = rte_pktmbuf_alloc(port->pool);
	const struct rte_mbuf *seg;

	if (to != NULL && from->pkt_len > rte_pktmbuf_tailroom(to)) {
		rte_pktmbuf_free(to);
		to = NULL;
	}
	for (seg = from; to != NULL && seg != NULL; seg = seg->next)
		memcpy(rte_pktmbuf_append(to, seg->data_len), rte_pktmbuf_mtod(seg, void *),
		    seg->data_len);
	if (to != NULL) {
		to->ol_flags = from->ol_flags & ~(RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
		to->vlan_tci = from->vlan_tci;
	}
	rte_pktmbuf_free(from);
	return to;
}

uint32_t
tg_frames_from_mbufs(const struct tg_port *port, struct rte_mbuf **m, uint32_t n,
    struct tg_frame *frame, struct tg_stats *stats)
{
	uint32_t i, made = 0;

	for (i = 0; i < TG_MIN(n, AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(m[i], void *));
	for (i = 0; i < n; i++) {
		struct rte_mbuf *b = m[i];
		struct tg_frame *f = &frame[made];

		if (i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(m[i + AHEAD], void *));
		if (!is_frame(port, b) && (b = reshape(port, b)) == NULL) {
			tg_count_drop(stats, TG_DROP_RX_SHAPE);
			continue;
		}
		set_frame(port, b, f);
		f->len = b->data_len;
		f->flags = rx_flags(port, b->ol_flags);
		f->vlan = f->flags & TG_FRAME_VLAN ? b->vlan_tci : 0;
		made++;
	}
	return made;
}

static uint64_t
tx_flags(uint16_t flags)
{
	uint64_t ol;

	if (!(flags & (TG_FRAME_TX_IP_CSUM | TG_FRAME_TX_L4_CSUM)))
		return 0;
	ol = flags & TG_FRAME_IPV6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
	if (flags & TG_FRAME_TX_IP_CSUM)
		ol |= RTE_MBUF_F_TX_IP_CKSUM;
	if (flags & TG_FRAME_TX_L4_CSUM)
		ol |= RTE_MBUF_F_TX_TCP_CKSUM;
	return ol;
}

uint64_t
tg_frames_to_mbufs(const struct tg_frame *frame, uint32_t n, struct rte_mbuf **m)
{
	uint64_t bytes = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		const struct tg_frame *f = &frame[i];
		struct rte_mbuf *b = f->buf;

		assert(
		    f->data == rte_pktmbuf_mtod(b, uint8_t *)); /* the pure rooms never move it */
		assert(f->len <= f->room);
		b->data_len = f->len;
		b->pkt_len = f->len;
		b->ol_flags = tx_flags(f->flags); /* and what reception set is over */
		if (b->ol_flags != 0) { /* else nobody reads it, and its cache line stays away */
			b->tx_offload = 0;
			b->l2_len = f->l3_off;
			b->l3_len = (uint64_t)(f->l4_off - f->l3_off);
		}
		bytes += f->len;
		m[i] = b;
	}
	return bytes;
}

bool
tg_frames_alloc(const struct tg_port *port, struct tg_frames *spare, uint32_t n)
{
	struct rte_mbuf *m[CHUNK];
	uint32_t before = spare->n, i;

	assert(spare->n + n <= spare->cap);
	while (spare->n < before + n) {
		uint32_t part = TG_MIN(before + n - spare->n, CHUNK);

		if (rte_pktmbuf_alloc_bulk(port->pool, m, part) != 0) {
			tg_frames_free(spare->v + before, spare->n - before);
			spare->n = before;
			return false;
		}
		for (i = 0; i < part; i++)
			set_frame(port, m[i], &spare->v[spare->n++]);
	}
	return true;
}

void
tg_frames_free(const struct tg_frame *frame, uint32_t n)
{
	struct rte_mbuf *m[CHUNK];
	uint32_t i, part;

	for (; n > 0; frame += part, n -= part) {
		part = TG_MIN(n, CHUNK);
		for (i = 0; i < part; i++)
			m[i] = frame[i].buf;
		rte_pktmbuf_free_bulk(m, part);
	}
}
