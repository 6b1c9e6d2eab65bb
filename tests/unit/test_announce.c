/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What happens after link-up: duplicate address detection, announcements, listener
 * reports. Frames in hexadecimal were made by another implementation.
 */
#include "neighbor_fixture.h"

#define GRATUITOUS_ARP                                                                             \
	"ffffffffffff02000000000108060001080006040001020000000001c000020a000000000000c000020a"
#define DAD_PROBE                                                                                  \
	"3333ff00001002000000000186dd6000000000183aff00000000000000000000000000000000ff020000"     \
	"0000000000000001ff00001087004ccf0000000020010db8000000000000000000000010"
#define UNSOLICITED_NA                                                                             \
	"33330000000102000000000186dd6000000000203aff20010db8000000000000000000000010ff020000"     \
	"0000000000000000000000018800f90c20000000"                                                 \
	"20010db80000000000000000000000100201020000000001"
#define JOIN_UNSPECIFIED                                                                           \
	"33330000001602000000000186dd600000000038000100000000000000000000000000000000ff020000"     \
	"0000000000000000000000163a000502000001008f006d5f00000002"                                 \
	"04000000ff0200000000000000000001ff00000104000000ff0200000000000000000001ff000010"
#define JOIN_LINK_LOCAL                                                                            \
	"33330000001602000000000186dd6000000000380001fe8000000000000000"                           \
	"0000fffe000001ff0200000000000000000000000000163a000502000001008f006fdd00000002"           \
	"04000000ff0200000000000000000001ff00000104000000ff0200000000000000000001ff000010"
#define JOIN_VLAN7                                                                                 \
	"3333000000160200000000018100000786dd6000000000240001fe8000000000000000"                   \
	"0000fffe000001ff0200000000000000000000000000163a000502000001008f00720700000001"           \
	"04000000ff0200000000000000000001ff000001"
#define CURRENT_STATE                                                                              \
	"33330000001602000000000186dd6000000000380001fe8000000000000000"                           \
	"0000fffe000001ff0200000000000000000000000000163a000502000001008f0073dd00000002"           \
	"02000000ff0200000000000000000001ff00000102000000ff0200000000000000000001ff000010"
#define V1_REPORT_1                                                                                \
	"3333ff00000102000000000186dd6000000000200001fe80000000000000000000fffe000001"             \
	"ff0200000000000000000001ff0000013a000502000001008300831f00000000"                         \
	"ff0200000000000000000001ff000001"
#define V1_REPORT_10                                                                               \
	"3333ff00001002000000000186dd6000000000200001fe80000000000000000000fffe000001"             \
	"ff0200000000000000000001ff0000103a000502000001008300830100000000"                         \
	"ff0200000000000000000001ff000010"
#define QUERY_V2                                                                                   \
	"33330000000102000000009986dd6000000000240001fe80000000000000000000000000009"              \
	"9ff0200000000000000000000000000013a000502000001008200587b27100000"                        \
	"0000000000000000000000000000000000000000"
#define QUERY_V1                                                                                   \
	"33330000000102000000009986dd6000000000200001fe80000000000000000000000000009"              \
	"9ff0200000000000000000000000000013a000502000001008200587f27100000"                        \
	"00000000000000000000000000000000"

static const union tg_ip us = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x10 } };
static const union tg_ip our_group = { .b = { 0xff, 2, [11] = 1, 0xff, 0, 0, 0x10 } };
static const union tg_ip all_nodes = { .b = { 0xff, 2, [15] = 1 } };
static const union tg_ip unspecified;

static bool
sent(const char *hex)
{
	for (uint32_t i = 0; i < fx.tx.n; i++) {
		if (fx_frame_is(&fx.tx.v[i], hex))
			return true;
	}
	return false;
}

static void
setup_dad(void)
{
	fx_setup();
	fx.net.dad = true;
	tg_neighbor_link_up(fx.nb, fx.now);
}

static void
setup_dad_probed(void)
{
	setup_dad();
	fx_run_after(0);
}

/* Link-up without DAD, everything announced. */
static void
setup_quiet(void)
{
	fx_setup();
	tg_neighbor_link_up(fx.nb, fx.now);
	for (int i = 0; i < 10; i++)
		fx_run_after(FX_SECOND);
	CU_ASSERT_EQUAL(fx.tx.n, 0);
}

/* Received: a query for group, as v1 or v2, with its checksum. */
static void
rx_query(bool v2, union tg_ip group)
{
	uint8_t *p = fx.rx_room;
	uint32_t len = v2 ? 28 : 24;

	fx_rx_hex(v2 ? QUERY_V2 : QUERY_V1);
	memcpy(p + 70, group.b, 16);
	memset(p + 64, 0, 2);
	fx_put_checksum(p + 64, fx_sum(fx_sum(58 + len, p + 22, 32), p + 62, len));
}

static void
test_before_link_up_all_addresses_are_usable_and_nothing_is_sent(void)
{
	for (uint16_t i = 0; i < FX_ADDRS; i++)
		CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, i));
	CU_ASSERT_EQUAL(fx_run_after(100 * FX_SECOND), 0);
}

static void
test_link_up_without_dad_announces_everything_twice(void)
{
	tg_neighbor_link_up(fx.nb, fx.now);
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_V6));
	CU_ASSERT_EQUAL(fx_run_after(0), 2 + 2 + 3); /* reports, ARP, NA */
	CU_ASSERT_TRUE(sent(GRATUITOUS_ARP));
	CU_ASSERT_TRUE(sent(UNSOLICITED_NA));
	CU_ASSERT_FALSE(sent(DAD_PROBE));
	CU_ASSERT_EQUAL(fx_run_after(2 * FX_SECOND - 1), 2); /* reports, after one second */
	CU_ASSERT_EQUAL(fx_run_after(1), 2 + 3);
	CU_ASSERT_TRUE(sent(GRATUITOUS_ARP));
	CU_ASSERT_TRUE(sent(UNSOLICITED_NA));
	CU_ASSERT_EQUAL(fx_run_after(3600 * FX_SECOND), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ARP_REQUESTS), 4);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ND_ADVERTISEMENTS), 6);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_MLD_REPORTS), 4);
}

static void
test_link_up_with_dad_probes_after_the_reports(void)
{
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_V4));
	CU_ASSERT_FALSE(tg_neighbor_addr_usable(fx.nb, FX_V6));
	CU_ASSERT_EQUAL_FATAL(fx_run_after(0), 2 + 2 + 3);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], JOIN_UNSPECIFIED));
	CU_ASSERT_TRUE(sent(DAD_PROBE));
	CU_ASSERT_TRUE(sent(GRATUITOUS_ARP));
	CU_ASSERT_FALSE(sent(UNSOLICITED_NA));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ND_SOLICITATIONS), 3);
	CU_ASSERT_FALSE(tg_neighbor_addr_usable(fx.nb, FX_V6));
}

static void
test_probed_unopposed_becomes_usable_and_is_announced(void)
{
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND - 1), 0);
	CU_ASSERT_FALSE(tg_neighbor_addr_usable(fx.nb, FX_V6));
	fx_run_after(1);
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_V6));
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_LL));
	CU_ASSERT_TRUE(sent(UNSOLICITED_NA));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_DAD_CONFLICTS), 0);
}

static void
test_probed_link_local_repeats_the_reports_with_its_address(void)
{
	fx_run_after(FX_SECOND);
	fx_run_after(0);
	CU_ASSERT_EQUAL_FATAL(fx.tx.n, 2);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], JOIN_LINK_LOCAL));
	CU_ASSERT(fx_frame_is(&fx.tx.v[1], JOIN_VLAN7));
	fx_run_after(FX_SECOND);
	CU_ASSERT_TRUE(sent(JOIN_LINK_LOCAL));
	fx_run_after(FX_SECOND);
	CU_ASSERT_FALSE(sent(JOIN_LINK_LOCAL));
}

static void
expect_conflict(void)
{
	CU_ASSERT_FALSE(tg_neighbor_addr_usable(fx.nb, FX_V6));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_DAD_CONFLICTS), 1);
	for (int i = 0; i < 10; i++) {
		fx_run_after(FX_SECOND);
		CU_ASSERT_FALSE(sent(UNSOLICITED_NA));
	}
	CU_ASSERT_FALSE(tg_neighbor_addr_usable(fx.nb, FX_V6));
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_LL));
}

static void
test_probed_advertisement_of_the_address_is_a_conflict(void)
{
	fx_rx_nd(136, 0x20, us, all_nodes, us, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	fx_rx_nd(136, 0x20, us, all_nodes, us, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_LEARNED); /* counted once */
	expect_conflict();
}

static void
test_probed_probe_of_another_is_a_conflict(void)
{
	fx_rx_nd(135, 0, unspecified, our_group, us, NULL);
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	expect_conflict();
}

static void
test_tentative_probe_of_another_is_a_conflict(void)
{
	fx_rx_nd(135, 0, unspecified, our_group, us, NULL);
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	expect_conflict();
}

static void
test_probed_our_own_probe_come_back_is_no_conflict(void)
{
	fx_rx_hex(DAD_PROBE);
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	fx_rx_hex(UNSOLICITED_NA); /* from before the link went down */
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_DAD_CONFLICTS), 0);
	fx_run_after(FX_SECOND);
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_V6));
}

static void
test_probed_solicitation_of_a_resolver_is_ignored(void)
{
	fx_rx_nd(135, 0, ip6(0x99), our_group, us, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_DAD_CONFLICTS), 0);
}

static void
test_duplicate_next_link_up_probes_again(void)
{
	fx_rx_nd(135, 0, unspecified, our_group, us, NULL);
	fx_input();
	tg_neighbor_link_up(fx.nb, fx.now);
	fx_run_after(0);
	CU_ASSERT_TRUE(sent(DAD_PROBE));
	fx_run_after(FX_SECOND);
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_V6));
}

static void
test_duplicate_solicited_stays_silent(void)
{
	fx_rx_nd(136, 0x20, us, all_nodes, us, FX_PEER_MAC);
	fx_input();
	fx_rx_nd(135, 0, ip6(0x99), our_group, us, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	fx_run_after(FX_SECOND);
	fx_run_after(0);
	CU_ASSERT_EQUAL_FATAL(fx.tx.n, 2);
	CU_ASSERT_EQUAL(tg_load16(fx.tx.v[0].data + 68), 1); /* reports one group less */
}

static void
test_duplicate_sharing_a_group_does_not_hide_it(void)
{
	union tg_ip link_local = fx.net.addr[FX_LL].ip;

	fx.net.addr[FX_V6].ip = ip6(1);
	fx_rx_nd(136, 0x20, ip6_ll(0x99), all_nodes, link_local, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	CU_ASSERT_FALSE(tg_neighbor_addr_usable(fx.nb, FX_LL));
	fx_run_after(FX_SECOND);
	CU_ASSERT_EQUAL(tg_load16(fx.tx.v[0].data + 68), 1);
	CU_ASSERT_EQUAL(memcmp(fx.tx.v[0].data + 22, unspecified.b, 16), 0); /* no source left */
}

static void
test_probed_hop_is_asked_for_once_an_address_is_usable(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(true, ip6(0x99)));
	CU_ASSERT_EQUAL(fx_run_after(0), 0);
	fx_run_after(FX_SECOND);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ND_SOLICITATIONS), 3 + 1);
}

static void
test_not_sender_goes_through_the_states_in_silence(void)
{
	fx.net.dad = true;
	fx_layout(false);
	tg_neighbor_link_up(fx.nb, fx.now);
	CU_ASSERT_EQUAL(fx_run_after(0), 0);
	CU_ASSERT_FALSE(tg_neighbor_addr_usable(fx.nb, FX_V6));
	fx_rx_nd(136, 0x20, us, all_nodes, us, FX_PEER_MAC);
	fx.rx.flags = TG_FRAME_COPY;
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 0);
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 0);
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_LL));
	CU_ASSERT_FALSE(tg_neighbor_addr_usable(fx.nb, FX_V6));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_DAD_CONFLICTS), 0); /* the sender counts */
	fx_rx_hex(QUERY_V2);
	ASSERT_DROP(TG_DROP_MLD_CONSUMED);
	CU_ASSERT_EQUAL(fx_run_after(10 * FX_SECOND), 0);
}

static void
test_link_up_with_few_frames_goes_on_next_run(void)
{
	struct tg_frames one;
	unsigned runs = 0;

	tg_neighbor_link_up(fx.nb, fx.now);
	do {
		fx_clear_tx();
		one = (struct tg_frames){ fx.spare_v, 1, FX_SPARES };
		tg_neighbor_run(fx.nb, fx.now, &one, &fx.tx);
		runs++;
	} while (fx.tx.n != 0 && runs < 100);
	CU_ASSERT_EQUAL(runs, 2 + 2 + 3 + 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_MLD_REPORTS), 2);
}

static void
test_joining_query_leaves_the_second_join(void)
{
	fx_run_after(0);
	fx_rx_hex(QUERY_V2);
	ASSERT_DROP(TG_DROP_MLD_CONSUMED);
	CU_ASSERT_EQUAL(fx_run_after(0), 0);
	fx_run_after(FX_SECOND);
	CU_ASSERT_FALSE(sent(CURRENT_STATE));
	CU_ASSERT_TRUE(sent(JOIN_UNSPECIFIED)); /* sent before the address became usable */
}

static void
test_quiet_query_is_answered_with_current_state(void)
{
	fx_rx_hex(QUERY_V2);
	ASSERT_DROP(TG_DROP_MLD_CONSUMED);
	CU_ASSERT_EQUAL_FATAL(fx_run_after(0), 1);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], CURRENT_STATE));
	CU_ASSERT_EQUAL(fx_run_after(10 * FX_SECOND), 0);
}

static void
test_quiet_query_as_copy_is_answered_too(void)
{
	fx_rx_hex(QUERY_V2);
	fx.rx.flags = TG_FRAME_COPY;
	ASSERT_DROP(TG_DROP_MLD_CONSUMED);
	CU_ASSERT_EQUAL(fx_run_after(0), 1);
}

static void
test_quiet_v1_query_is_answered_by_a_report_per_group(void)
{
	fx_rx_hex(QUERY_V1);
	ASSERT_DROP(TG_DROP_MLD_CONSUMED);
	CU_ASSERT_EQUAL_FATAL(fx_run_after(0), 2);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], V1_REPORT_1));
	CU_ASSERT(fx_frame_is(&fx.tx.v[1], V1_REPORT_10));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_MLD_REPORTS), 4 + 2);
}

static void
test_quiet_query_storm_is_answered_once_per_second(void)
{
	unsigned reports = 0;

	for (int i = 0; i < 30; i++) {
		fx_rx_hex(QUERY_V2);
		ASSERT_DROP(TG_DROP_MLD_CONSUMED);
		reports += fx_run_after(FX_SECOND / 10);
	}
	CU_ASSERT_EQUAL(reports, 3);
}

static void
test_quiet_group_query_is_answered_only_for_our_groups(void)
{
	union tg_ip foreign = our_group;

	rx_query(true, our_group);
	ASSERT_DROP(TG_DROP_MLD_CONSUMED);
	CU_ASSERT_EQUAL(fx_run_after(0), 1);
	foreign.b[15] = 0x11;
	rx_query(true, foreign);
	ASSERT_DROP(TG_DROP_MLD_CONSUMED);
	CU_ASSERT_EQUAL(fx_run_after(10 * FX_SECOND), 0);
	rx_query(false, our_group);
	ASSERT_DROP(TG_DROP_MLD_CONSUMED);
	CU_ASSERT_EQUAL(fx_run_after(0), 2);
}

static void
test_quiet_query_on_a_vlan_is_answered_there(void)
{
	fx_rx_hex(QUERY_V2);
	fx.rx.flags = TG_FRAME_VLAN;
	fx.rx.vlan = 7;
	ASSERT_DROP(TG_DROP_MLD_CONSUMED);
	CU_ASSERT_EQUAL_FATAL(fx_run_after(0), 1);
	CU_ASSERT_EQUAL(tg_load32(fx.tx.v[0].data + 12), 0x81000007);
	CU_ASSERT_EQUAL(fx.tx.v[0].len, 94);
}

/* RFC 3810 5.1.14: hop limit 1, link-local source, router alert; lengths of 8.1. */
static void
test_quiet_query_invalid_is_ignored(void)
{
	uint8_t body[28] = { 130 };

	fx_rx_hex(QUERY_V2);
	fx.rx_room[21] = 2; /* hop limit is no part of the checksum */
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	fx_rx_icmp6(1, ip6_ll(0x99), all_nodes, body, 28);
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	fx_rx_hex(QUERY_V2);
	memcpy(fx.rx_room + 22, "\x20\x01\x00\x00", 4);
	rx_query(true, unspecified);
	memcpy(fx.rx_room + 22, "\x20\x01\x0d\xb8", 4);
	memset(fx.rx_room + 64, 0, 2);
	fx_put_checksum(
	    fx.rx_room + 64, fx_sum(fx_sum(58 + 28, fx.rx_room + 22, 32), fx.rx_room + 62, 28));
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	CU_ASSERT_EQUAL(fx_run_after(10 * FX_SECOND), 0);
}

static void
test_query_of_odd_length_is_ignored(void)
{
	uint8_t *p = fx.rx_room;

	fx_rx_hex(QUERY_V2);
	fx.rx.len -= 1;
	p[19] -= 1;
	memset(p + 64, 0, 2);
	fx_put_checksum(p + 64, fx_sum(fx_sum(58 + 27, p + 22, 32), p + 62, 27));
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
}

/* Sixty-one groups leave 19 bytes of this MTU, one too few; two addresses share a group. */
static void
test_report_of_many_groups_takes_two_packets(void)
{
	fx.net.n_addrs = 0;
	fx.net.mtu = 40 + 8 + 8 + 61 * 20 + 19;
	for (uint8_t i = 0; i < 63; i++)
		fx_add_addr(ip6(i + 1), true, 64, 0);
	fx_add_addr(ip6_ll(5), true, 64, 0);
	fx_layout(true);
	tg_neighbor_link_up(fx.nb, fx.now);
	fx_run_after(0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_MLD_REPORTS), 2);
	CU_ASSERT_EQUAL(tg_load16(fx.tx.v[0].data + 68), 61);
	CU_ASSERT_EQUAL(fx.tx.v[0].len, 14 + 40 + 8 + 8 + 61 * 20);
	CU_ASSERT_EQUAL(tg_load16(fx.tx.v[1].data + 68), 2);
	CU_ASSERT_EQUAL(fx.tx.v[1].data[70 + 19], 62);
	CU_ASSERT_EQUAL(memcmp(fx.tx.v[0].data + 22, ip6_ll(5).b, 16), 0);
}

static CU_TestInfo link_up_tests[] = {
	{ "before link-up all is usable",
	    test_before_link_up_all_addresses_are_usable_and_nothing_is_sent },
	{ "without DAD all is announced twice",
	    test_link_up_without_dad_announces_everything_twice },
	{ "not the sender: silence", test_not_sender_goes_through_the_states_in_silence },
	{ "few frames: goes on", test_link_up_with_few_frames_goes_on_next_run },
	{ "many groups take two packets", test_report_of_many_groups_takes_two_packets },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo dad_tests[] = {
	{ "probes follow the reports", test_link_up_with_dad_probes_after_the_reports },
	{ "query leaves the second join", test_joining_query_leaves_the_second_join },
	{ "tentative: a probe of another", test_tentative_probe_of_another_is_a_conflict },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo probed_tests[] = {
	{ "unopposed becomes usable", test_probed_unopposed_becomes_usable_and_is_announced },
	{ "link-local repeats the reports",
	    test_probed_link_local_repeats_the_reports_with_its_address },
	{ "advertisement is a conflict", test_probed_advertisement_of_the_address_is_a_conflict },
	{ "probe of another is a conflict", test_probed_probe_of_another_is_a_conflict },
	{ "our own probe is none", test_probed_our_own_probe_come_back_is_no_conflict },
	{ "resolver is ignored", test_probed_solicitation_of_a_resolver_is_ignored },
	{ "duplicate probes at next link-up", test_duplicate_next_link_up_probes_again },
	{ "duplicate stays silent", test_duplicate_solicited_stays_silent },
	{ "duplicate does not hide a shared group",
	    test_duplicate_sharing_a_group_does_not_hide_it },
	{ "hop is asked for once usable", test_probed_hop_is_asked_for_once_an_address_is_usable },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo mld_tests[] = {
	{ "query is answered", test_quiet_query_is_answered_with_current_state },
	{ "copy of a query is answered", test_quiet_query_as_copy_is_answered_too },
	{ "MLDv1 query is answered in MLDv1",
	    test_quiet_v1_query_is_answered_by_a_report_per_group },
	{ "query storm is answered once a second",
	    test_quiet_query_storm_is_answered_once_per_second },
	{ "group query only for our groups",
	    test_quiet_group_query_is_answered_only_for_our_groups },
	{ "query on a VLAN", test_quiet_query_on_a_vlan_is_answered_there },
	{ "invalid queries", test_quiet_query_invalid_is_ignored },
	{ "query of odd length", test_query_of_odd_length_is_ignored },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "link up", NULL, NULL, fx_setup, NULL, link_up_tests },
		{ "dad", NULL, NULL, setup_dad, NULL, dad_tests },
		{ "dad probed", NULL, NULL, setup_dad_probed, NULL, probed_tests },
		{ "mld", NULL, NULL, setup_quiet, NULL, mld_tests }, CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
