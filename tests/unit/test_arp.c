/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * ARP. Frames in hexadecimal were made by another implementation.
 */
#include "neighbor_fixture.h"

#define ARP_REQUEST 1
#define ARP_REPLY   2

#define PEER_ASKS                                                                                  \
	"ffffffffffff02000000009908060001080006040001020000000099c0000263000000000000c000020a"
#define WE_ANSWER                                                                                  \
	"02000000009902000000000108060001080006040002020000000001c000020a020000000099c0000263"
#define WE_ANSWER_PROBE                                                                            \
	"02000000009902000000000108060001080006040002020000000001c000020a02000000009900000000"
#define WE_ANSWER_ON_VLAN7                                                                         \
	"0200000000990200000000018100000708060001080006040002020000000001c633640a020000000099"     \
	"c6336463"
#define WE_ANNOUNCE                                                                                \
	"ffffffffffff02000000000108060001080006040001020000000001c000020a000000000000c000020a"

static const union tg_ip us = { .b = { 192, 0, 2, 10 } };
static const union tg_ip peer = { .b = { 192, 0, 2, 99 } };

static void
test_request_for_us_is_answered_in_place(void)
{
	fx_rx_hex(PEER_ASKS);
	fx.rx.flags = TG_RX_CSUM_GOOD << TG_FRAME_RX_IP_SHIFT | TG_FRAME_HASHED;
	ASSERT_REPLY(WE_ANSWER);
	CU_ASSERT_EQUAL(fx.rx.flags, 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ARP_REPLIES), 1);
}

static void
test_padded_request_is_answered_without_padding(void)
{
	fx_rx_hex(PEER_ASKS);
	fx.rx.len = 60;
	ASSERT_REPLY(WE_ANSWER);
}

static void
test_tagged_request_is_answered_on_its_vlan(void)
{
	fx_rx_arp(ARP_REQUEST, FX_PEER_MAC, ip4(198, 51, 100, 99), ip4(198, 51, 100, 10));
	memmove(fx.rx_room + 16, fx.rx_room + 12, 30);
	memcpy(fx.rx_room + 12, "\x81\x00\xe0\x07", 4); /* priority 7 */
	fx.rx.len += 4;
	ASSERT_REPLY(WE_ANSWER_ON_VLAN7);
}

static void
test_request_with_stripped_tag_is_answered_with_a_tag(void)
{
	fx_rx_arp(ARP_REQUEST, FX_PEER_MAC, ip4(198, 51, 100, 99), ip4(198, 51, 100, 10));
	fx.rx.flags = TG_FRAME_VLAN;
	fx.rx.vlan = 7;
	ASSERT_REPLY(WE_ANSWER_ON_VLAN7);
	CU_ASSERT_EQUAL(fx.rx.flags, 0);
	CU_ASSERT_EQUAL(fx.rx.vlan, 0);
}

static void
test_request_on_another_vlan_is_not_for_us(void)
{
	fx_rx_hex(PEER_ASKS);
	fx.rx.flags = TG_FRAME_VLAN;
	fx.rx.vlan = 7;
	ASSERT_DROP(TG_DROP_ARP_NOT_FOR_US);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_request_without_room_for_the_reply_is_dropped(void)
{
	fx_rx_hex(PEER_ASKS);
	fx.rx.room = 42;
	ASSERT_DROP(TG_DROP_RX_SHAPE);
}

static void
test_request_marked_copy_is_learned_and_not_answered(void)
{
	fx_rx_hex(PEER_ASKS);
	fx.rx.flags = TG_FRAME_COPY;
	ASSERT_DROP(TG_DROP_ARP_LEARNED);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ARP_REPLIES), 0);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
}

static void
test_probe_is_answered_and_not_learned(void)
{
	fx_rx_arp(ARP_REQUEST, FX_PEER_MAC, ip4(0, 0, 0, 0), us);
	ASSERT_REPLY(WE_ANSWER_PROBE);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_request_from_off_link_or_broadcast_is_answered_and_not_learned(void)
{
	fx_rx_arp(ARP_REQUEST, FX_PEER_MAC, ip4(203, 0, 113, 9), us);
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	fx_rx_arp(ARP_REQUEST, FX_PEER_MAC, ip4(192, 0, 2, 255), us);
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_malformed_arp_is_refused(void)
{
	fx_rx_hex(PEER_ASKS);
	fx.rx.len = 41;
	ASSERT_DROP(TG_DROP_ARP_MALFORMED);
	fx_rx_hex(PEER_ASKS);
	fx.rx_room[18] = 8; /* hardware address length */
	ASSERT_DROP(TG_DROP_ARP_MALFORMED);
	fx_rx_arp(3, FX_PEER_MAC, peer, us);
	ASSERT_DROP(TG_DROP_ARP_MALFORMED);
	fx_rx_arp(0, FX_PEER_MAC, peer, us);
	ASSERT_DROP(TG_DROP_ARP_MALFORMED);
}

static void
test_sender_hardware_address_of_no_station_is_refused(void)
{
	fx_rx_arp(ARP_REQUEST, "\xff\xff\xff\xff\xff\xff", peer, us);
	ASSERT_DROP(TG_DROP_ARP_MALFORMED);
	fx_rx_arp(ARP_REQUEST, "\x00\x00\x00\x00\x00\x00", peer, us);
	ASSERT_DROP(TG_DROP_ARP_MALFORMED);
	fx_rx_arp(ARP_REQUEST, "\x01\x00\x5e\x00\x00\x01", peer, us);
	ASSERT_DROP(TG_DROP_ARP_MALFORMED);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_unsolicited_arp_makes_no_entry(void)
{
	fx_rx_arp(ARP_REPLY, FX_PEER_MAC, peer, us);
	ASSERT_DROP(TG_DROP_ARP_NOT_FOR_US);
	fx_rx_arp(ARP_REQUEST, FX_PEER_MAC, peer, peer);
	ASSERT_DROP(TG_DROP_ARP_NOT_FOR_US);
	fx_rx_arp(ARP_REQUEST, FX_PEER_MAC, peer, ip4(192, 0, 2, 77));
	ASSERT_DROP(TG_DROP_ARP_NOT_FOR_US);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
}

static void
test_our_own_arp_come_back_means_nothing(void)
{
	fx_rx_arp(ARP_REQUEST, FX_OUR_MAC, us, us);
	ASSERT_DROP(TG_DROP_ARP_NOT_FOR_US);
	CU_ASSERT_EQUAL(fx_run_after(0), 0);
}

static void
test_conflicting_claim_is_defended_once_per_ten_seconds(void)
{
	fx_rx_arp(ARP_REQUEST, FX_PEER_MAC, us, us);
	ASSERT_DROP(TG_DROP_ARP_LEARNED);
	CU_ASSERT_EQUAL_FATAL(fx_run_after(0), 1);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], WE_ANNOUNCE));
	fx_rx_arp(ARP_REPLY, FX_PEER_MAC, us, peer);
	ASSERT_DROP(TG_DROP_ARP_LEARNED);
	CU_ASSERT_EQUAL(fx_run_after(10 * FX_SECOND - 1), 0);
	fx.now += 1;
	fx_rx_arp(ARP_REPLY, FX_PEER_MAC, us, peer);
	ASSERT_DROP(TG_DROP_ARP_LEARNED);
	CU_ASSERT_EQUAL(fx_run_after(0), 1);
	CU_ASSERT_EQUAL(fx_run_after(10 * FX_SECOND), 0);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 0);
	CU_ASSERT_TRUE(tg_neighbor_addr_usable(fx.nb, FX_V4));
}

static CU_TestInfo arp_tests[] = {
	{ "request for us is answered in place", test_request_for_us_is_answered_in_place },
	{ "padding is not sent back", test_padded_request_is_answered_without_padding },
	{ "tagged request is answered on its VLAN", test_tagged_request_is_answered_on_its_vlan },
	{ "stripped tag is put back", test_request_with_stripped_tag_is_answered_with_a_tag },
	{ "request on another VLAN", test_request_on_another_vlan_is_not_for_us },
	{ "no room for the reply", test_request_without_room_for_the_reply_is_dropped },
	{ "copy is learned, not answered", test_request_marked_copy_is_learned_and_not_answered },
	{ "probe is answered, not learned", test_probe_is_answered_and_not_learned },
	{ "sender off link or broadcast is not learned",
	    test_request_from_off_link_or_broadcast_is_answered_and_not_learned },
	{ "malformed ARP is refused", test_malformed_arp_is_refused },
	{ "sender that is no station is refused",
	    test_sender_hardware_address_of_no_station_is_refused },
	{ "unsolicited ARP makes no entry", test_unsolicited_arp_makes_no_entry },
	{ "our own ARP come back", test_our_own_arp_come_back_means_nothing },
	{ "conflict is defended once per 10 s",
	    test_conflicting_claim_is_defended_once_per_ten_seconds },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "arp", NULL, NULL, fx_setup, NULL, arp_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
