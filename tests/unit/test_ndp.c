/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Neighbour discovery. Frames in hexadecimal were made by another implementation.
 */
#include "neighbor_fixture.h"

#define SOLICITATION  135
#define ADVERTISEMENT 136
#define R             0x80
#define S             0x40
#define O             0x20
#define OTHER_MAC     "\x02\x00\x00\x00\x00\x55"

#define PEER_ASKS                                                                                  \
	"3333ff00001002000000009986dd6000000000203aff20010db8000000000000000000000099ff020000"     \
	"0000000000000001ff00001087001adb00000000"                                                 \
	"20010db80000000000000000000000100101020000000099"
#define WE_ANSWER                                                                                  \
	"02000000009902000000000186dd6000000000203aff20010db800000000000000000000001020010db8"     \
	"000000000000000000000099880089be60000000"                                                 \
	"20010db80000000000000000000000100201020000000001"
#define WE_ANSWER_ALL_NODES                                                                        \
	"33330000000102000000000186dd6000000000203aff20010db8000000000000000000000010ff020000"     \
	"0000000000000000000000018800f90c20000000"                                                 \
	"20010db80000000000000000000000100201020000000001"
#define WE_ASK                                                                                     \
	"3333ff00009902000000000186dd6000000000203aff20010db8000000000000000000000010ff020000"     \
	"0000000000000001ff00009987001aea00000000"                                                 \
	"20010db80000000000000000000000990101020000000001"
#define WE_PROBE                                                                                   \
	"02000000009902000000000186dd6000000000203aff20010db800000000000000000000001020010db8"     \
	"0000000000000000000000998700eb3500000000"                                                 \
	"20010db80000000000000000000000990101020000000001"

static const union tg_ip us = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x10 } };
static const union tg_ip peer = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x99 } };
static const union tg_ip our_group = { .b = { 0xff, 2, [11] = 1, 0xff, 0, 0, 0x10 } };
static const union tg_ip all_nodes = { .b = { 0xff, 2, [15] = 1 } };
static const union tg_ip unspecified;

static void
peer_advertises(uint8_t flags, const char *mac)
{
	fx_rx_nd(ADVERTISEMENT, flags, peer, (flags & S) != 0 ? us : all_nodes, peer, mac);
	ASSERT_DROP(TG_DROP_ND_LEARNED);
}

/* The peer asked us: STALE. */
static void
make_stale(void)
{
	fx_rx_hex(PEER_ASKS);
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
}

/* We asked the peer, and it answered: REACHABLE. */
static void
make_reachable(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(true, peer));
	CU_ASSERT_EQUAL(fx_run_after(0), 1);
	peer_advertises(S | O, FX_PEER_MAC);
}

/* Whether use of the peer is followed by a probe: its entry was not REACHABLE. */
static bool
use_is_verified(void)
{
	uint16_t hint = TG_NEIGHBOR_NONE;
	uint8_t mac[6];

	CU_ASSERT_TRUE(fx_resolve_on(true, peer, 0, &hint, mac));
	return fx_run_after(5 * FX_SECOND) != 0;
}

static void
test_solicitation_for_us_is_answered_in_place(void)
{
	fx_rx_hex(PEER_ASKS);
	ASSERT_REPLY(WE_ANSWER);
	CU_ASSERT_EQUAL(fx.rx.flags & (TG_FRAME_TX_IP_CSUM | TG_FRAME_TX_L4_CSUM), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ND_ADVERTISEMENTS), 1);
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 1);
}

static void
test_unicast_solicitation_without_option_is_answered_and_not_learned(void)
{
	fx_rx_nd(SOLICITATION, 0, peer, us, us, NULL);
	ASSERT_REPLY(WE_ANSWER);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_dad_probe_for_our_address_is_answered_to_all_nodes(void)
{
	fx_rx_nd(SOLICITATION, 0, unspecified, our_group, us, NULL);
	ASSERT_REPLY(WE_ANSWER_ALL_NODES);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_V6));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_DAD_CONFLICTS), 0);
}

static void
test_solicitation_on_vlan_is_answered_with_its_tag(void)
{
	union tg_ip link_local = fx.net.addr[FX_LL].ip;

	fx_rx_nd(SOLICITATION, 0, ip6_ll(0x99), link_local, link_local, FX_PEER_MAC);
	fx.rx.flags = TG_FRAME_VLAN;
	fx.rx.vlan = 7;
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	CU_ASSERT_EQUAL(tg_load32(fx.rx.data + 12), 0x81000007);
	CU_ASSERT_EQUAL(fx.rx.len, 90);
	CU_ASSERT_EQUAL(fx.rx.flags & TG_FRAME_VLAN, 0);
}

static void
test_solicitation_for_another_is_not_for_us_and_not_learned(void)
{
	fx_rx_nd(SOLICITATION, 0, peer, our_group, ip6(0x77), FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_NOT_FOR_US);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_solicitation_from_off_link_is_not_learned(void)
{
	union tg_ip far = { .b = { 0x20, 0x01, 0x0d, 0xb9, [15] = 1 } };

	fx_rx_nd(SOLICITATION, 0, far, us, us, FX_PEER_MAC);
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_solicitation_marked_copy_is_learned_and_not_answered(void)
{
	fx_rx_hex(PEER_ASKS);
	fx.rx.flags = TG_FRAME_COPY;
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ND_ADVERTISEMENTS), 0);
}

static void
test_solicitation_without_room_for_the_answer_is_dropped(void)
{
	fx_rx_hex(PEER_ASKS);
	fx.rx.room = 85;
	ASSERT_DROP(TG_DROP_RX_SHAPE);
}

static void
test_solicitation_from_our_address_is_refused(void)
{
	fx_rx_nd(SOLICITATION, 0, us, us, us, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_IP6_SOURCE);
	memcpy(fx.rx_room + 6, FX_OUR_MAC, 6);
	ASSERT_DROP(TG_DROP_ND_LEARNED); /* our own, come back */
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

/* RFC 4861 7.1.1, one rule broken at a time. */
static void
test_solicitation_invalid_is_discarded(void)
{
	uint8_t body[40] = { SOLICITATION };

	memcpy(body + 8, us.b, 16);
	fx_rx_icmp6(254, peer, us, body, 24);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	body[1] = 1;
	fx_rx_icmp6(255, peer, us, body, 24);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	body[1] = 0;
	fx_rx_icmp6(255, peer, us, body, 23);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	fx_rx_nd(SOLICITATION, 0, peer, us, all_nodes, NULL);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	fx_rx_nd(SOLICITATION, 0, unspecified, all_nodes, us, NULL);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	fx_rx_nd(SOLICITATION, 0, unspecified, us, us, NULL);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	fx_rx_nd(SOLICITATION, 0, unspecified, our_group, us, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	fx_rx_nd(SOLICITATION, 0, peer, us, us, "\x33\x33\x00\x00\x00\x01");
	ASSERT_DROP(TG_DROP_ND_INVALID);
	fx_rx_hex(PEER_ASKS);
	fx.rx_room[56] ^= 1; /* checksum */
	ASSERT_DROP(TG_DROP_ICMP_MALFORMED);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_options_malformed_discard_the_message(void)
{
	uint8_t body[48] = { SOLICITATION, [24] = 1, 1 };

	memcpy(body + 8, us.b, 16);
	body[25] = 0;
	fx_rx_icmp6(255, peer, us, body, 32);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	body[25] = 2;
	fx_rx_icmp6(255, peer, us, body, 32);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	body[25] = 1;
	fx_rx_icmp6(255, peer, us, body, 25);
	ASSERT_DROP(TG_DROP_ND_INVALID);
}

static void
test_options_unknown_are_skipped(void)
{
	uint8_t body[48] = { SOLICITATION, [24] = 14, 1, [32] = 1, 1, 2, 0, 0, 0, 0, 0x99 };

	memcpy(body + 8, us.b, 16);
	fx_rx_icmp6(255, peer, us, body, 40);
	ASSERT_REPLY(WE_ANSWER);
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, FX_PEER_MAC));
}

static void
test_advertisement_invalid_is_discarded(void)
{
	uint8_t body[24] = { ADVERTISEMENT };

	CU_ASSERT_TRUE(fx_is_unresolved(true, peer));
	fx_rx_nd(ADVERTISEMENT, S | O, peer, all_nodes, peer, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	fx_rx_nd(ADVERTISEMENT, S | O, peer, us, all_nodes, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	fx_rx_nd(ADVERTISEMENT, O, unspecified, all_nodes, peer, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	memcpy(body + 8, peer.b, 16);
	fx_rx_icmp6(64, peer, us, body, 24);
	ASSERT_DROP(TG_DROP_ND_INVALID);
	CU_ASSERT_TRUE(fx_is_unresolved(true, peer));
}

static void
test_unknown_hop_is_asked_for_by_multicast(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(true, peer));
	CU_ASSERT_EQUAL_FATAL(fx_run_after(0), 1);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], WE_ASK));
	CU_ASSERT_EQUAL_FATAL(fx_run_after(FX_SECOND), 1);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], WE_ASK));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ND_SOLICITATIONS), 2);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ARP_REQUESTS), 0);
}

static void
test_stale_used_is_probed_by_unicast(void)
{
	make_stale();
	CU_ASSERT_TRUE(use_is_verified());
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], WE_PROBE));
	peer_advertises(S, NULL); /* a unicast answer need not name its address */
	CU_ASSERT_FALSE(use_is_verified());
}

static void
test_incomplete_solicited_advertisement_makes_reachable(void)
{
	make_reachable();
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, FX_PEER_MAC));
	CU_ASSERT_FALSE(use_is_verified());
}

static void
test_incomplete_unsolicited_advertisement_makes_stale(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(true, peer));
	fx_run_after(0);
	peer_advertises(0, FX_PEER_MAC);
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, FX_PEER_MAC));
	CU_ASSERT_TRUE(use_is_verified());
}

static void
test_incomplete_advertisement_without_address_is_ignored(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(true, peer));
	fx_run_after(0);
	peer_advertises(S | O, NULL);
	CU_ASSERT_TRUE(fx_is_unresolved(true, peer));
}

static void
test_unknown_neighbour_advertisement_makes_no_entry(void)
{
	peer_advertises(S | O, FX_PEER_MAC);
	peer_advertises(O, FX_PEER_MAC);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_reachable_other_address_without_override_only_makes_stale(void)
{
	make_reachable();
	peer_advertises(S, OTHER_MAC);
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, FX_PEER_MAC));
	CU_ASSERT_TRUE(use_is_verified());
}

static void
test_stale_other_address_without_override_changes_nothing(void)
{
	make_stale();
	peer_advertises(S, OTHER_MAC);
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, FX_PEER_MAC));
	CU_ASSERT_TRUE(use_is_verified());
}

static void
test_delay_other_address_without_override_leaves_the_probe(void)
{
	make_stale();
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, FX_PEER_MAC));
	peer_advertises(S, OTHER_MAC);
	CU_ASSERT_EQUAL_FATAL(fx_run_after(5 * FX_SECOND), 1);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], WE_PROBE));
}

static void
test_reachable_other_address_with_override_updates(void)
{
	make_reachable();
	peer_advertises(S | O, OTHER_MAC);
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, OTHER_MAC));
	CU_ASSERT_FALSE(use_is_verified());
}

static void
test_reachable_other_address_unsolicited_override_updates_to_stale(void)
{
	make_reachable();
	peer_advertises(O | R, OTHER_MAC);
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, OTHER_MAC));
	CU_ASSERT_TRUE(use_is_verified());
}

static void
test_reachable_same_address_unsolicited_stays(void)
{
	make_reachable();
	peer_advertises(O, FX_PEER_MAC);
	CU_ASSERT_FALSE(use_is_verified());
}

static void
test_reachable_solicitation_with_other_address_makes_stale(void)
{
	make_reachable();
	fx_rx_nd(SOLICITATION, 0, peer, us, us, OTHER_MAC);
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	CU_ASSERT_TRUE(fx_resolves_to(true, peer, OTHER_MAC));
	CU_ASSERT_TRUE(use_is_verified());
}

static void
test_usable_advertisement_of_our_address_changes_nothing(void)
{
	fx_rx_nd(ADVERTISEMENT, O, us, all_nodes, us, FX_PEER_MAC);
	ASSERT_DROP(TG_DROP_ND_LEARNED);
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_V6));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_DAD_CONFLICTS), 0);
}

static void
test_router_messages_and_redirects_are_ignored(void)
{
	uint8_t body[40] = { 133 };

	fx_rx_icmp6(255, ip6_ll(1), us, body, 16);
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	body[0] = 134;
	fx_rx_icmp6(255, ip6_ll(1), all_nodes, body, 16);
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	body[0] = 137;
	fx_rx_icmp6(255, ip6_ll(1), us, body, 40);
	ASSERT_DROP(TG_DROP_ICMP_IGNORED);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_link_local_gateway_survives_a_full_cache(void)
{
	fx_rx_nd(SOLICITATION, 0, ip6_ll(1), us, us, OTHER_MAC);
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	for (uint8_t i = 0x20; i < 0x40; i++) {
		fx_rx_nd(SOLICITATION, 0, ip6(i), us, us, FX_PEER_MAC);
		CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	}
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), FX_ENTRIES);
	CU_ASSERT_TRUE(fx_resolves_to(true, ip6_ll(1), OTHER_MAC));
}

static CU_TestInfo solicitation_tests[] = {
	{ "solicitation is answered in place", test_solicitation_for_us_is_answered_in_place },
	{ "unicast solicitation without option",
	    test_unicast_solicitation_without_option_is_answered_and_not_learned },
	{ "DAD probe is answered to all nodes",
	    test_dad_probe_for_our_address_is_answered_to_all_nodes },
	{ "solicitation on a VLAN", test_solicitation_on_vlan_is_answered_with_its_tag },
	{ "solicitation for another", test_solicitation_for_another_is_not_for_us_and_not_learned },
	{ "solicitation from off link", test_solicitation_from_off_link_is_not_learned },
	{ "copy is learned, not answered",
	    test_solicitation_marked_copy_is_learned_and_not_answered },
	{ "no room for the answer", test_solicitation_without_room_for_the_answer_is_dropped },
	{ "solicitation from our address", test_solicitation_from_our_address_is_refused },
	{ "invalid solicitations", test_solicitation_invalid_is_discarded },
	{ "malformed options", test_options_malformed_discard_the_message },
	{ "unknown options are skipped", test_options_unknown_are_skipped },
	{ "router messages are ignored", test_router_messages_and_redirects_are_ignored },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo advertisement_tests[] = {
	{ "invalid advertisements", test_advertisement_invalid_is_discarded },
	{ "unknown hop is asked for", test_unknown_hop_is_asked_for_by_multicast },
	{ "STALE used is probed", test_stale_used_is_probed_by_unicast },
	{ "INCOMPLETE, S: reachable", test_incomplete_solicited_advertisement_makes_reachable },
	{ "INCOMPLETE, no S: stale", test_incomplete_unsolicited_advertisement_makes_stale },
	{ "INCOMPLETE, no address: ignored",
	    test_incomplete_advertisement_without_address_is_ignored },
	{ "unknown neighbour: no entry", test_unknown_neighbour_advertisement_makes_no_entry },
	{ "REACHABLE, other address, no O: stale",
	    test_reachable_other_address_without_override_only_makes_stale },
	{ "STALE, other address, no O: nothing",
	    test_stale_other_address_without_override_changes_nothing },
	{ "DELAY, other address, no O: nothing",
	    test_delay_other_address_without_override_leaves_the_probe },
	{ "REACHABLE, other address, S and O", test_reachable_other_address_with_override_updates },
	{ "REACHABLE, other address, O: stale",
	    test_reachable_other_address_unsolicited_override_updates_to_stale },
	{ "REACHABLE, same address, O: stays", test_reachable_same_address_unsolicited_stays },
	{ "REACHABLE, solicitation, other address",
	    test_reachable_solicitation_with_other_address_makes_stale },
	{ "usable address advertised by another",
	    test_usable_advertisement_of_our_address_changes_nothing },
	{ "link-local gateway stays", test_link_local_gateway_survives_a_full_cache },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "ndp solicitation", NULL, NULL, fx_setup, NULL,
				      solicitation_tests },
		{ "ndp advertisement", NULL, NULL, fx_setup, NULL, advertisement_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
