/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * mbuf to frame and back.
 */
#include "eal.h"
#include "io/frames.h"
#include "packet/build.h"
#include "wire.h"

#define BOTH (TG_OFFLOAD_IP_CSUM | TG_OFFLOAD_L4_CSUM)

static struct wire wire;
static struct rte_mempool *foreign;
static struct tg_stats stats;

static void
set_up(void)
{
	CU_ASSERT_TRUE_FATAL(wire_open(&wire, 1, 1, 0));
	foreign = rte_pktmbuf_pool_create("foreign", 127, 0, 0, 4096, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(foreign);
	memset(&stats, 0, sizeof(stats));
}

static void
tear_down(void)
{
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(foreign), 0);
	rte_mempool_free(foreign);
	CU_ASSERT_EQUAL(wire_close(&wire), 0);
}

/* len bytes 0, 1, 2, ... from the given one on */
static struct rte_mbuf *
numbers(struct rte_mempool *pool, uint16_t len, uint8_t from)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, len);
	uint16_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(from + i);
	return m;
}

static bool
has_numbers(const struct tg_frame *f)
{
	uint16_t i;

	for (i = 0; i < f->len; i++)
		if (f->data[i] != (uint8_t)i)
			return false;
	return true;
}

static void
test_plain_mbuf_becomes_a_frame_in_place(void)
{
	struct rte_mbuf *m = numbers(wire.port.pool, 100, 0);
	struct tg_frame f;

	m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD;
	CU_ASSERT_EQUAL(tg_frames_from_mbufs(&wire.port, &m, 1, &f, &stats), 1);
	CU_ASSERT_PTR_EQUAL(f.buf, m);
	CU_ASSERT_PTR_EQUAL(f.data, rte_pktmbuf_mtod(m, uint8_t *));
	CU_ASSERT_EQUAL(f.len, 100);
	CU_ASSERT_TRUE(f.room >= 1500 + 18);
	CU_ASSERT_EQUAL(f.room, m->buf_len - RTE_PKTMBUF_HEADROOM);
	CU_ASSERT_EQUAL(f.flags, 0); /* the checksum states were not negotiated */
	tg_frames_free(&f, 1);
}

static void
test_checksum_states_are_told_where_negotiated(void)
{
	static const struct {
		uint64_t ol;
		enum tg_rx_csum ip, l4;
	} c[] = {
		{ 0, TG_RX_CSUM_UNKNOWN, TG_RX_CSUM_UNKNOWN },
		{ RTE_MBUF_F_RX_IP_CKSUM_GOOD, TG_RX_CSUM_GOOD, TG_RX_CSUM_UNKNOWN },
		{ RTE_MBUF_F_RX_IP_CKSUM_BAD, TG_RX_CSUM_BAD, TG_RX_CSUM_UNKNOWN },
		{ RTE_MBUF_F_RX_IP_CKSUM_NONE, TG_RX_CSUM_NONE, TG_RX_CSUM_UNKNOWN },
		{ RTE_MBUF_F_RX_L4_CKSUM_GOOD, TG_RX_CSUM_UNKNOWN, TG_RX_CSUM_GOOD },
		{ RTE_MBUF_F_RX_L4_CKSUM_BAD, TG_RX_CSUM_UNKNOWN, TG_RX_CSUM_BAD },
		{ RTE_MBUF_F_RX_L4_CKSUM_NONE, TG_RX_CSUM_UNKNOWN, TG_RX_CSUM_NONE },
		{ RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD, TG_RX_CSUM_GOOD,
		    TG_RX_CSUM_BAD },
	};
	struct tg_frame f;
	unsigned i, have;

	for (i = 0; i < TG_ARRAY_LEN(c) * 4; i++) {
		struct rte_mbuf *m = numbers(wire.port.pool, 60, 0);

		have = i % 4;
		wire.port.rx_offload = (uint8_t)have;
		m->ol_flags = c[i / 4].ol;
		CU_ASSERT_EQUAL(tg_frames_from_mbufs(&wire.port, &m, 1, &f, &stats), 1);
		CU_ASSERT_EQUAL(tg_frame_rx_ip(&f),
		    have & TG_OFFLOAD_IP_CSUM ? c[i / 4].ip : TG_RX_CSUM_UNKNOWN);
		CU_ASSERT_EQUAL(tg_frame_rx_l4(&f),
		    have & TG_OFFLOAD_L4_CSUM ? c[i / 4].l4 : TG_RX_CSUM_UNKNOWN);
		CU_ASSERT_FALSE(f.flags & TG_FRAME_VLAN);
		tg_frames_free(&f, 1);
	}
}

static void
test_stripped_tag_is_told(void)
{
	struct rte_mbuf *m = numbers(wire.port.pool, 60, 0);
	struct tg_frame f;

	m->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = 0x600a;
	CU_ASSERT_EQUAL(tg_frames_from_mbufs(&wire.port, &m, 1, &f, &stats), 1);
	CU_ASSERT_EQUAL(f.flags, TG_FRAME_VLAN);
	CU_ASSERT_EQUAL(f.vlan, 0x600a);
	tg_frames_free(&f, 1);
}

static struct rte_mbuf *
make_chained(void)
{
	struct rte_mbuf *m = numbers(wire.port.pool, 70, 0);

	CU_ASSERT_EQUAL(rte_pktmbuf_chain(m, numbers(wire.port.pool, 50, 70)), 0);
	return m;
}

static struct rte_mbuf *
make_foreign(void)
{
	return numbers(foreign, 120, 0);
}

static struct rte_mbuf *
make_moved(void)
{
	struct rte_mbuf *m = numbers(wire.port.pool, 122, 254);

	(void)rte_pktmbuf_adj(m, 2);
	return m;
}

static struct rte_mbuf *
make_clone(void)
{
	struct rte_mbuf *m = numbers(wire.port.pool, 120, 0);
	struct rte_mbuf *c = rte_pktmbuf_clone(m, wire.port.pool);

	rte_pktmbuf_free(m);
	return c;
}

static void
test_odd_mbuf_is_copied_into_a_plain_one(void)
{
	static struct rte_mbuf *(*const make[])(
	    void) = { make_chained, make_foreign, make_moved, make_clone };
	struct tg_frame f;
	unsigned i;

	wire.port.rx_offload = BOTH;
	for (i = 0; i < TG_ARRAY_LEN(make); i++) {
		struct rte_mbuf *m = make[i](), *b;

		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
		CU_ASSERT_EQUAL_FATAL(tg_frames_from_mbufs(&wire.port, &m, 1, &f, &stats), 1);
		b = f.buf;
		CU_ASSERT_PTR_EQUAL(b->pool, wire.port.pool);
		CU_ASSERT_TRUE(RTE_MBUF_DIRECT(b) && b->nb_segs == 1 && b->next == NULL);
		CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(b), 1);
		CU_ASSERT_EQUAL(b->data_off, RTE_PKTMBUF_HEADROOM);
		CU_ASSERT_EQUAL(f.len, 120);
		CU_ASSERT_TRUE(has_numbers(&f));
		CU_ASSERT_EQUAL(tg_frame_rx_l4(&f), TG_RX_CSUM_GOOD);
		tg_frames_free(&f, 1);
	}
	CU_ASSERT_EQUAL(tg_stats_drop(&stats, TG_DROP_RX_SHAPE), 0);
}

/* Somebody else still reads it: writing in place would be seen there. */
static void
test_shared_mbuf_is_copied_and_the_other_reference_stays(void)
{
	struct rte_mbuf *m = numbers(wire.port.pool, 120, 0), *received = m;
	struct tg_frame f;

	rte_mbuf_refcnt_update(m, 1);
	CU_ASSERT_EQUAL_FATAL(tg_frames_from_mbufs(&wire.port, &received, 1, &f, &stats), 1);
	CU_ASSERT_PTR_NOT_EQUAL(f.buf, m);
	CU_ASSERT_TRUE(has_numbers(&f));
	CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(m), 1);
	tg_frames_free(&f, 1);
	rte_pktmbuf_free(m);
}

static void
test_burst_with_a_frame_too_large_drops_that_one(void)
{
	struct rte_mbuf *m[3] = { numbers(wire.port.pool, 60, 0), numbers(foreign, 3000, 0),
		numbers(wire.port.pool, 61, 0) };
	struct tg_frame f[3];

	CU_ASSERT_EQUAL(tg_frames_from_mbufs(&wire.port, m, 3, f, &stats), 2);
	CU_ASSERT_EQUAL(f[0].len, 60);
	CU_ASSERT_EQUAL(f[1].len, 61);
	CU_ASSERT_EQUAL(tg_stats_drop(&stats, TG_DROP_RX_SHAPE), 1);
	tg_frames_free(f, 2);
}

static void
test_frame_to_send_asks_for_its_offload(void)
{
	static const struct {
		uint16_t flags;
		uint64_t want;
	} c[] = {
		{ 0, 0 }, { TG_FRAME_IPV6, 0 },
		{ TG_FRAME_TX_IP_CSUM, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM },
		{ TG_FRAME_TX_L4_CSUM, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM },
		{ TG_FRAME_TX_IP_CSUM | TG_FRAME_TX_L4_CSUM,
		    RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM },
		{ TG_FRAME_TX_L4_CSUM | TG_FRAME_IPV6,
		    RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_TCP_CKSUM },
		{ 0, 0 }, /* what the frame before asked for is over */
	};
	struct rte_mbuf *m = numbers(wire.port.pool, 60, 0), *out = NULL;
	struct tg_frame f;
	unsigned i;

	CU_ASSERT_EQUAL(tg_frames_from_mbufs(&wire.port, &m, 1, &f, &stats), 1);
	f.len = 90;
	f.l3_off = 18;
	f.l4_off = 38;
	for (i = 0; i < TG_ARRAY_LEN(c); i++) {
		m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_VLAN_STRIPPED;
		f.flags = c[i].flags;
		m->tx_offload = UINT64_MAX; /* of another time */
		CU_ASSERT_EQUAL(tg_frames_to_mbufs(&f, 1, &out), 90);
		CU_ASSERT_PTR_EQUAL(out, m);
		CU_ASSERT_EQUAL(m->ol_flags, c[i].want);
		CU_ASSERT_EQUAL(m->pkt_len, 90);
		CU_ASSERT_EQUAL(m->data_len, 90);
		CU_ASSERT_TRUE(
		    c[i].want == 0 || (m->l2_len == 18 && m->l3_len == 20 && m->tso_segsz == 0));
	}
	tg_frames_free(&f, 1);
}

static void
test_alloc_pushes_all_or_nothing(void)
{
	static struct tg_frame v[16384];
	struct tg_frames list = { v, 0, TG_ARRAY_LEN(v) };
	uint32_t size = wire.port.pool->size;

	CU_ASSERT_TRUE(tg_frames_alloc(&wire.port, &list, 200));
	CU_ASSERT_EQUAL(list.n, 200);
	CU_ASSERT_TRUE(v[199].room >= 1518 && v[199].len == 0 && v[199].flags == 0);
	CU_ASSERT_FALSE(tg_frames_alloc(&wire.port, &list, size));
	CU_ASSERT_EQUAL(list.n, 200);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(wire.port.pool), 200);
	tg_frames_free(v, 200);
}

static CU_TestInfo frames_tests[] = {
	{ "a plain mbuf becomes a frame in place", test_plain_mbuf_becomes_a_frame_in_place },
	{ "checksum states are told where negotiated",
	    test_checksum_states_are_told_where_negotiated },
	{ "a stripped tag is told", test_stripped_tag_is_told },
	{ "an odd mbuf is copied into a plain one", test_odd_mbuf_is_copied_into_a_plain_one },
	{ "a shared mbuf is copied", test_shared_mbuf_is_copied_and_the_other_reference_stays },
	{ "of a burst only the frame too large is dropped",
	    test_burst_with_a_frame_too_large_drops_that_one },
	{ "a frame to send asks for its offload", test_frame_to_send_asks_for_its_offload },
	{ "alloc pushes all or nothing", test_alloc_pushes_all_or_nothing },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "frames", NULL, NULL, set_up, tear_down, frames_tests },
		CU_SUITE_INFO_NULL };

	return tg_eal_tap_run(suites, NULL);
}
