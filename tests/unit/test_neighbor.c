/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The cache that both families share, driven by ARP. Frames in hexadecimal were made
 * by another implementation.
 */
#include "neighbor_fixture.h"

#define ARP_REQUEST 1
#define ARP_REPLY   2
#define OTHER_MAC   "\x02\x00\x00\x00\x00\x55"

#define PEER_ASKS                                                                                  \
	"ffffffffffff02000000009908060001080006040001020000000099c0000263000000000000c000020a"
#define WE_ANSWER                                                                                  \
	"02000000009902000000000108060001080006040002020000000001c000020a020000000099c0000263"
#define WE_ASK                                                                                     \
	"ffffffffffff02000000000108060001080006040001020000000001c000020a000000000000c0000263"
#define WE_PROBE                                                                                   \
	"02000000009902000000000108060001080006040001020000000001c000020a020000000099c0000263"

static const union tg_ip us = { .b = { 192, 0, 2, 10 } };
static const union tg_ip peer = { .b = { 192, 0, 2, 99 } };
static const union tg_ip gateway = { .b = { 192, 0, 2, 1 } };

static void
peer_says(uint16_t op, const char *mac, union tg_ip target)
{
	fx_rx_arp(op, mac, peer, target);
	fx_input();
}

/* The peer answered our request: REACHABLE. */
static void
make_reachable(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	CU_ASSERT_EQUAL(fx_run_after(0), 1);
	peer_says(ARP_REPLY, FX_PEER_MAC, us);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
}

/* Entries for 192.0.2.first and following, all resolved. */
static void
fill(uint8_t first, uint8_t n)
{
	for (uint8_t i = 0; i < n; i++) {
		fx_rx_arp(ARP_REQUEST, FX_PEER_MAC, ip4(192, 0, 2, first + i), us);
		CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	}
}

static void
test_unknown_hop_is_asked_for_by_the_next_run(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	CU_ASSERT_EQUAL_FATAL(fx_run_after(0), 1);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], WE_ASK));
	CU_ASSERT_EQUAL(fx_run_after(0), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ARP_REQUESTS), 1);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 1);
}

static void
test_reply_to_our_request_resolves(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	fx_run_after(0);
	fx_rx_arp(ARP_REPLY, FX_PEER_MAC, peer, us);
	ASSERT_DROP(TG_DROP_ARP_LEARNED);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(fx_run_after(10 * FX_SECOND), 0); /* confirmed: no probe */
}

static void
test_incomplete_request_from_the_neighbour_resolves_too(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	fx_rx_hex(PEER_ASKS);
	ASSERT_REPLY(WE_ANSWER);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 0);
}

static void
test_hop_on_vlan_is_another_than_untagged(void)
{
	uint16_t hint = TG_NEIGHBOR_NONE, hint7 = TG_NEIGHBOR_NONE;
	union tg_ip hop = ip4(198, 51, 100, 99);
	uint8_t mac[6];

	CU_ASSERT_FALSE(fx_resolve_on(false, hop, 7, &hint7, mac));
	CU_ASSERT_FALSE(fx_resolve_on(false, hop, 0, &hint, mac));
	CU_ASSERT_NOT_EQUAL(hint, hint7);
	CU_ASSERT_EQUAL_FATAL(fx_run_after(0), 2);
	CU_ASSERT_EQUAL(tg_load16(fx.tx.v[1].data + 12), TG_ETHERTYPE_VLAN);
	CU_ASSERT_EQUAL(tg_load16(fx.tx.v[1].data + 14), 7);
	CU_ASSERT_EQUAL(fx.tx.v[1].len, 46);
	CU_ASSERT_EQUAL(tg_load16(fx.tx.v[0].data + 12), TG_ETHERTYPE_ARP);
	hint = hint7;
	CU_ASSERT_FALSE(fx_resolve_on(false, hop, 0, &hint, mac));
	CU_ASSERT_NOT_EQUAL(hint, hint7);
}

static void
test_incomplete_gratuitous_arp_resolves_unconfirmed(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	fx_run_after(0);
	peer_says(ARP_REQUEST, FX_PEER_MAC, peer);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(fx_run_after(5 * FX_SECOND), 1);
}

static void
test_incomplete_is_retransmitted_then_fails_and_is_held_off(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	CU_ASSERT_EQUAL(fx_run_after(0), 1);
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND - 1), 0);
	CU_ASSERT_EQUAL(fx_run_after(1), 1);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], WE_ASK));
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_FAILED), 0);
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_FAILED), 1);
	fx.now += FX_SECOND - 1;
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	CU_ASSERT_EQUAL(fx_run_after(0), 0);
	fx.now += 1;
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	CU_ASSERT_EQUAL(fx_run_after(0), 1);
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ARP_REQUESTS), 5);
}

static void
test_failed_late_reply_resolves(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	for (int i = 0; i < 4; i++)
		fx_run_after(FX_SECOND);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_FAILED), 1);
	peer_says(ARP_REPLY, FX_PEER_MAC, us);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
}

static void
test_reachable_unused_goes_stale_in_silence(void)
{
	make_reachable();
	CU_ASSERT_EQUAL(fx_run_after(3600 * FX_SECOND), 0);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
}

static void
test_stale_used_waits_then_probes_by_unicast(void)
{
	make_reachable();
	fx.now += 30 * FX_SECOND;
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(fx_run_after(5 * FX_SECOND - 1), 0);
	CU_ASSERT_EQUAL_FATAL(fx_run_after(1), 1);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], WE_PROBE));
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	peer_says(ARP_REPLY, FX_PEER_MAC, us);
	CU_ASSERT_EQUAL(fx_run_after(29 * FX_SECOND), 0);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(fx_run_after(10 * FX_SECOND), 0);
}

static void
test_reachable_used_just_before_its_end_is_not_probed(void)
{
	make_reachable();
	fx.now += 30 * FX_SECOND - 1;
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(fx_run_after(10 * FX_SECOND), 0);
}

static void
test_probe_unanswered_fails(void)
{
	make_reachable();
	fx.now += 30 * FX_SECOND;
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(fx_run_after(5 * FX_SECOND), 1);
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 1);
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 1);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_FAILED), 1);
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	fx.now += FX_SECOND;
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	CU_ASSERT_EQUAL_FATAL(fx_run_after(0), 1);
	CU_ASSERT(fx_frame_is(&fx.tx.v[0], WE_ASK));
}

static void
test_confirm_in_delay_ends_it(void)
{
	uint16_t hint = TG_NEIGHBOR_NONE;
	uint8_t mac[6];

	fill(99, 1); /* STALE */
	CU_ASSERT_TRUE(fx_resolve_on(false, peer, 0, &hint, mac));
	tg_neighbor_confirm(fx.nb, hint, fx.now + FX_SECOND);
	CU_ASSERT_EQUAL(fx_run_after(20 * FX_SECOND), 0);
	CU_ASSERT_TRUE(fx_resolve_on(false, peer, 0, &hint, mac));
	CU_ASSERT_EQUAL(fx_run_after(9 * FX_SECOND), 0);
}

static void
test_confirm_of_nothing_known_changes_nothing(void)
{
	uint16_t hint = TG_NEIGHBOR_NONE;
	uint8_t mac[6];

	tg_neighbor_confirm(fx.nb, TG_NEIGHBOR_NONE, fx.now);
	tg_neighbor_confirm(fx.nb, 0, fx.now);
	CU_ASSERT_FALSE(fx_resolve_on(false, peer, 0, &hint, mac));
	tg_neighbor_confirm(fx.nb, hint, fx.now);
	CU_ASSERT_FALSE(fx_resolve_on(false, peer, 0, &hint, mac));
}

static void
test_reachable_other_mac_unasked_updates_and_is_verified_on_use(void)
{
	make_reachable();
	peer_says(ARP_REPLY, OTHER_MAC, us);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, OTHER_MAC));
	CU_ASSERT_EQUAL_FATAL(fx_run_after(5 * FX_SECOND), 1);
	CU_ASSERT_EQUAL(memcmp(fx.tx.v[0].data, OTHER_MAC, 6), 0);
}

static void
test_gratuitous_arp_updates_an_existing_entry(void)
{
	fill(99, 1);
	fx_rx_arp(ARP_REQUEST, OTHER_MAC, peer, peer);
	ASSERT_DROP(TG_DROP_ARP_LEARNED);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, OTHER_MAC));
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 1);
}

static void
test_request_with_the_known_mac_does_not_unconfirm(void)
{
	make_reachable();
	peer_says(ARP_REQUEST, FX_PEER_MAC, us);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(fx_run_after(10 * FX_SECOND), 0);
}

static void
test_full_cache_evicts_the_least_recently_used(void)
{
	fill(100, FX_ENTRIES);
	CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 100), FX_PEER_MAC));
	fill(110, 1); /* evicts .101 */
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), FX_ENTRIES);
	CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 100), FX_PEER_MAC));
	CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 102), FX_PEER_MAC));
	CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 103), FX_PEER_MAC));
	CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 110), FX_PEER_MAC));
	CU_ASSERT_TRUE(fx_is_unresolved(false, ip4(192, 0, 2, 101)));
	CU_ASSERT_TRUE(fx_is_unresolved(false, ip4(192, 0, 2, 100))); /* evicted by .101 */
}

/* As many hosts that do not exist as you like. */
static void
test_full_cache_evicts_what_never_answered_first(void)
{
	fill(100, FX_ENTRIES - 1);
	for (uint8_t i = 150; i < 199; i++)
		CU_ASSERT_TRUE(fx_is_unresolved(false, ip4(192, 0, 2, i)));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_EVICTED), 48);
	for (uint8_t i = 0; i < FX_ENTRIES - 1; i++)
		CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 100 + i), FX_PEER_MAC));
}

static void
test_full_cache_evicts_the_failed_before_the_resolved(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	fill(100, FX_ENTRIES - 1);
	for (int i = 0; i < 5; i++)
		fx_run_after(FX_SECOND);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_FAILED), 1);
	fill(110, 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_EVICTED), 1);
	CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 100), FX_PEER_MAC));
	CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 110), FX_PEER_MAC));
}

/* One that answers is as safe as the others, and the least recently used of them goes. */
static void
test_full_cache_keeps_what_has_answered_since(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	fill(100, FX_ENTRIES - 1);
	peer_says(ARP_REPLY, FX_PEER_MAC, us);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	fill(110, 1); /* evicts .100 */
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_TRUE(fx_is_unresolved(false, ip4(192, 0, 2, 100)));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_EVICTED), 2);
}

/* One that answers no longer loses its place: PROBE, FAILED. */
static void
test_full_cache_evicts_what_answers_no_longer(void)
{
	fill(99, FX_ENTRIES);
	CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 102), FX_PEER_MAC)); /* probed */
	for (int i = 0; i < 12; i++)
		fx_run_after(FX_SECOND);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_FAILED), 1);
	fill(110, 1); /* evicts .102, used last */
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_EVICTED), 1);
	CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 99), FX_PEER_MAC));
	CU_ASSERT_TRUE(fx_is_unresolved(false, ip4(192, 0, 2, 102)));
}

static void
test_full_cache_never_evicts_the_gateway(void)
{
	fx_rx_arp(ARP_REQUEST, OTHER_MAC, gateway, us);
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	for (uint8_t i = 100; i < 200; i += FX_ENTRIES)
		fill(i, FX_ENTRIES);
	CU_ASSERT_TRUE(fx_resolves_to(false, gateway, OTHER_MAC));
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), FX_ENTRIES);
}

static void
test_cache_of_gateways_only_refuses_others_and_counts(void)
{
	uint16_t hint = TG_NEIGHBOR_NONE;
	uint8_t mac[6];

	fx.limits.entries = 1;
	fx_layout(true);
	fx_rx_arp(ARP_REQUEST, OTHER_MAC, gateway, us);
	CU_ASSERT_EQUAL(fx_input(), TG_NEIGHBOR_REPLY);
	CU_ASSERT_FALSE(fx_resolve_on(false, peer, 0, &hint, mac));
	CU_ASSERT_EQUAL(hint, TG_NEIGHBOR_NONE);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_FULL), 1);
	fx_rx_hex(PEER_ASKS);
	ASSERT_REPLY(WE_ANSWER);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_FULL), 2);
	CU_ASSERT_TRUE(fx_resolves_to(false, gateway, OTHER_MAC));
}

static void
test_evicted_incomplete_is_not_asked_for(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, ip4(192, 0, 2, 50)));
	CU_ASSERT_TRUE(fx_is_unresolved(false, ip4(192, 0, 2, 51)));
	fill(100, FX_ENTRIES - 1); /* evicts .50 */
	CU_ASSERT_EQUAL(fx_run_after(0), 1);
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 1); /* .51 goes on */
	fill(110, FX_ENTRIES);
	CU_ASSERT_EQUAL(fx_run_after(FX_SECOND), 0);
}

static void
test_hint_of_an_evicted_entry_is_noticed(void)
{
	uint16_t hint = TG_NEIGHBOR_NONE, old;
	uint8_t mac[6];

	fill(99, 1);
	CU_ASSERT_TRUE(fx_resolve_on(false, peer, 0, &hint, mac));
	old = hint;
	fill(100, FX_ENTRIES);
	CU_ASSERT_FALSE(fx_resolve_on(false, peer, 0, &hint, mac));
	CU_ASSERT_NOT_EQUAL(hint, old); /* .100 made room, not what had taken our place */
	hint = 60000;
	CU_ASSERT_TRUE(fx_resolve_on(false, ip4(192, 0, 2, 103), 0, &hint, mac));
	CU_ASSERT(hint < FX_ENTRIES);
}

static void
test_hint_into_unused_entries_finds_nothing_zeroed(void)
{
	uint16_t hint = 0;
	uint8_t mac[6];

	CU_ASSERT_FALSE(fx_resolve_on(false, ip4(0, 0, 0, 0), 0, &hint, mac));
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 1);
}

static void
test_large_cache_finds_every_entry(void)
{
	fx.limits.entries = 200;
	fx_layout(true);
	fill(20, 200);
	CU_ASSERT_EQUAL(tg_neighbor_count(fx.nb), 200);
	for (uint8_t i = 0; i < 200; i++)
		CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 20 + i), FX_PEER_MAC));
	for (uint8_t i = 0; i < 20; i++) /* twenty evictions, chains stay whole */
		CU_ASSERT_TRUE(fx_is_unresolved(false, ip4(192, 0, 2, 220 + i)));
	for (uint8_t i = 20; i < 200; i++)
		CU_ASSERT_TRUE(fx_resolves_to(false, ip4(192, 0, 2, 20 + i), FX_PEER_MAC));
}

static void
test_run_is_bounded_and_goes_on_next_time(void)
{
	uint32_t sent, total = 0;

	fx.limits.entries = 200;
	fx_layout(true);
	for (uint8_t i = 0; i < 100; i++)
		CU_ASSERT_TRUE(fx_is_unresolved(false, ip4(192, 0, 2, 100 + i)));
	for (int i = 0; i < 10; i++) {
		sent = fx_run_after(0);
		CU_ASSERT(sent <= 32);
		total += sent;
	}
	CU_ASSERT_EQUAL(total, 100);
}

static void
test_run_without_spare_frames_keeps_the_work(void)
{
	struct tg_frames none = { fx.spare_v, 0, FX_SPARES };

	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	tg_neighbor_run(fx.nb, fx.now, &none, &fx.tx);
	CU_ASSERT_EQUAL(fx.tx.n, 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_TIMER_NO_SPARE), 1);
	CU_ASSERT_EQUAL(fx_run_after(0), 1);
}

static void
test_run_without_room_to_send_keeps_the_work(void)
{
	struct tg_frames full = { fx.tx_v, 1, 1 };

	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	tg_neighbor_run(fx.nb, fx.now, &fx.spare, &full);
	CU_ASSERT_EQUAL(full.n, 1);
	CU_ASSERT_EQUAL(fx.spare.n, FX_SPARES);
	CU_ASSERT_EQUAL(fx_run_after(0), 1);
}

static void
test_resolution_of_what_was_asked_for_is_told_once(void)
{
	uint16_t hint = TG_NEIGHBOR_NONE;
	uint8_t mac[6];

	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 0);
	CU_ASSERT_FALSE(tg_neighbor_resolve(fx.nb, false, &peer, 0, fx.now, &hint, mac));
	CU_ASSERT_FALSE(tg_neighbor_is_resolved(fx.nb, hint));
	fx_run_after(0);
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 0);
	peer_says(ARP_REPLY, FX_PEER_MAC, us);
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 1);
	CU_ASSERT_TRUE(tg_neighbor_is_resolved(fx.nb, hint));
	peer_says(ARP_REPLY, OTHER_MAC, us);
	peer_says(ARP_REQUEST, FX_PEER_MAC, us);
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 1);
}

static void
test_resolution_that_nobody_asked_for_is_not_told(void)
{
	peer_says(ARP_REQUEST, FX_PEER_MAC, us);
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 0);
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC));
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 0);
}

static void
test_resolution_of_the_failed_and_of_the_gateway_is_told(void)
{
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	for (int i = 0; i < 4; i++)
		fx_run_after(FX_SECOND);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_FAILED), 1);
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 0);
	peer_says(ARP_REPLY, FX_PEER_MAC, us);
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 1);
	CU_ASSERT_TRUE(fx_is_unresolved(false, gateway));
	fx_rx_arp(ARP_REPLY, FX_PEER_MAC, gateway, us);
	fx_input();
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 2);
}

static void
test_resolution_of_a_neighbour_lost_and_asked_for_again_is_told_again(void)
{
	make_reachable();
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 1);
	fx.now += 31 * FX_SECOND;
	CU_ASSERT_TRUE(fx_resolves_to(false, peer, FX_PEER_MAC)); /* DELAY */
	for (int i = 0; i < 10; i++)
		fx_run_after(FX_SECOND);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_FAILED), 1);
	CU_ASSERT_TRUE(fx_is_unresolved(false, peer));
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 1);
	peer_says(ARP_REPLY, FX_PEER_MAC, us);
	CU_ASSERT_EQUAL(tg_neighbor_resolutions(fx.nb), 2);
}

static void
test_hint_that_names_nothing_is_not_resolved(void)
{
	CU_ASSERT_FALSE(tg_neighbor_is_resolved(fx.nb, TG_NEIGHBOR_NONE));
	CU_ASSERT_FALSE(tg_neighbor_is_resolved(fx.nb, 0));
}

static CU_TestInfo cache_tests[] = {
	{ "resolution of what was asked for: told once",
	    test_resolution_of_what_was_asked_for_is_told_once },
	{ "resolution that nobody asked for: not told",
	    test_resolution_that_nobody_asked_for_is_not_told },
	{ "resolution of the failed and of the gateway: told",
	    test_resolution_of_the_failed_and_of_the_gateway_is_told },
	{ "resolution of a neighbour lost and asked for again: told again",
	    test_resolution_of_a_neighbour_lost_and_asked_for_again_is_told_again },
	{ "hint that names nothing: not resolved", test_hint_that_names_nothing_is_not_resolved },

	{ "unknown hop is asked for", test_unknown_hop_is_asked_for_by_the_next_run },
	{ "reply resolves", test_reply_to_our_request_resolves },
	{ "request from the neighbour resolves",
	    test_incomplete_request_from_the_neighbour_resolves_too },
	{ "gratuitous ARP resolves unconfirmed",
	    test_incomplete_gratuitous_arp_resolves_unconfirmed },
	{ "VLANs are apart", test_hop_on_vlan_is_another_than_untagged },
	{ "INCOMPLETE retransmits, fails, is held off",
	    test_incomplete_is_retransmitted_then_fails_and_is_held_off },
	{ "FAILED takes a late reply", test_failed_late_reply_resolves },
	{ "REACHABLE goes stale in silence", test_reachable_unused_goes_stale_in_silence },
	{ "STALE used waits, then probes", test_stale_used_waits_then_probes_by_unicast },
	{ "REACHABLE to its last nanosecond",
	    test_reachable_used_just_before_its_end_is_not_probed },
	{ "PROBE unanswered fails", test_probe_unanswered_fails },
	{ "confirmation ends DELAY", test_confirm_in_delay_ends_it },
	{ "confirmation of nothing", test_confirm_of_nothing_known_changes_nothing },
	{ "other MAC unasked is verified on use",
	    test_reachable_other_mac_unasked_updates_and_is_verified_on_use },
	{ "gratuitous ARP updates", test_gratuitous_arp_updates_an_existing_entry },
	{ "same MAC again leaves it confirmed",
	    test_request_with_the_known_mac_does_not_unconfirm },
	{ "LRU goes first", test_full_cache_evicts_the_least_recently_used },
	{ "what never answered goes first", test_full_cache_evicts_what_never_answered_first },
	{ "the failed go before the resolved",
	    test_full_cache_evicts_the_failed_before_the_resolved },
	{ "what has answered since stays", test_full_cache_keeps_what_has_answered_since },
	{ "what answers no longer goes", test_full_cache_evicts_what_answers_no_longer },
	{ "gateway never goes", test_full_cache_never_evicts_the_gateway },
	{ "gateways only: full", test_cache_of_gateways_only_refuses_others_and_counts },
	{ "evicted entry is not asked for", test_evicted_incomplete_is_not_asked_for },
	{ "stale hint is noticed", test_hint_of_an_evicted_entry_is_noticed },
	{ "hint into unused entries", test_hint_into_unused_entries_finds_nothing_zeroed },
	{ "large cache finds all", test_large_cache_finds_every_entry },
	{ "run is bounded", test_run_is_bounded_and_goes_on_next_time },
	{ "run without spares", test_run_without_spare_frames_keeps_the_work },
	{ "run without room", test_run_without_room_to_send_keeps_the_work },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "cache", NULL, NULL, fx_setup, NULL, cache_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
