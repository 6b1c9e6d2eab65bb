/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A whole shard: frames in, frames out, and the time.
 */
#include "../sim/random.h"
#include "shard_fixture.h"

static void
expect_marks(const char *what)
{
	struct tg_packet pkt;

	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	if (pkt.ttl != 17 || pkt.tos != 0xb8)
		printf("# %s: TTL %u, TOS %u\n", what, pkt.ttl, pkt.tos);
	CU_ASSERT_TRUE(pkt.ttl == 17 && pkt.tos == 0xb8);
}

/* MUST-48, MUST-49: on SYN-ACKs, answers and resets. */
static void
test_ttl_and_dscp_are_those_of_the_configuration(void)
{
	rig.net.ttl = 17;
	rig.net.tos = 0xb8;
	add(TG_TCP_SYN, 0, 0, "");
	run();
	expect_marks("SYN-ACK");
	add(TG_TCP_RST, 1, 0, "");
	run();
	open_connection(2);
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	expect_marks("answer");
	port++;
	add(TG_TCP_ACK, 1, 1, "");
	run();
	expect_marks("reset");
	rig.net.ttl = 64;
	rig.net.tos = 0;
}

/* Timers alone bring no frames along: with no spare one the work waits. */
static void
test_retransmission_without_a_spare_frame_is_done_later(void)
{
	struct tg_frames none = { rig.spare.v, 0, RIG_FRAMES };
	struct tg_packet pkt;

	open_connection(1);
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	CU_ASSERT_EQUAL(n_sent(), 1);
	run();
	now += 300 * TG_NS_PER_MS;
	tg_shard_run(rig.shard, &rig.world, now, NULL, 0, &none, &rig.tx);
	CU_ASSERT_EQUAL(rig.tx.n, 0);
	CU_ASSERT_TRUE(counter(TG_COUNTER_TIMER_NO_SPARE) > 0);
	run_after_ms(500); /* the next timeout */
	CU_ASSERT_EQUAL(n_sent(), 1);
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	check_page(&pkt.tcp, TG_HTTP_200, 0);
}

static void
test_output_beyond_the_transmit_list_is_done_later(void)
{
	open_connection(1);
	rig.tx.cap = 3;
	add(TG_TCP_ACK, 1, 1, get_big);
	run();
	CU_ASSERT_EQUAL(n_sent(), 3);
	run_after_ms(3);
	CU_ASSERT_EQUAL(n_sent(), 3);
	rig.tx.cap = RIG_FRAMES;
	run_after_ms(3);
	CU_ASSERT_EQUAL(n_sent(), 4); /* ten in all: the initial window */
}

/* A bare ACK that finds no room is as good as lost: the peer sends again. */
static void
test_ack_beyond_the_transmit_list_goes_with_the_next_segment(void)
{
	struct tg_packet pkt;

	open_connection(1);
	rig.tx.cap = 0;
	add(TG_TCP_ACK, 11, 1, "text behind a gap");
	run();
	CU_ASSERT_EQUAL(rig.tx.n, 0);
	rig.tx.cap = RIG_FRAMES;
	add(TG_TCP_ACK, 11, 1, "text behind a gap");
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_ACK);
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(pkt.tcp.ack, ISS + 1);
}

static void
test_syn_with_text_is_answered_and_no_drop(void)
{
	struct tg_packet pkt;

	add(TG_TCP_SYN, 0, 0, get_ok);
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(pkt.tcp.ack, ISS + 1);
	CU_ASSERT_EQUAL(all_drops(), 0);
}

static void
test_closed_port_is_answered_by_a_reset_in_place(void)
{
	struct tg_packet pkt;
	void *buffer;

	add(TG_TCP_SYN, 0, 0, "");
	tg_store16(rx[0].data + 36, 81);
	tg_store16(rx[0].data + 50, (uint16_t)(tg_load16(rx[0].data + 50) - 1)); /* checksum */
	buffer = rx[0].buf;
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_RST | TG_TCP_ACK);
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(pkt.tcp.ack, ISS + 1);
	CU_ASSERT_EQUAL(pkt.tcp.seq, 0);
	CU_ASSERT_EQUAL(pkt.tcp.sport, tg_be16(81));
	CU_ASSERT_PTR_EQUAL(rig.tx.v[0].buf, buffer);
	CU_ASSERT_EQUAL(memcmp(rig.tx.v[0].data, rig_peer_mac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(rig.tx.v[0].data + 6, server_mac, 6), 0);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_NO_CONNECTION), 1);
}

/* Every dropped frame counts exactly one reason, also one whose reply has no room. */
static void
test_reset_with_no_room_to_send_counts_one_drop(void)
{
	add(TG_TCP_ACK, 1, 1, "");
	rig.tx.cap = 0;
	run();
	CU_ASSERT_EQUAL(rig.tx.n, 0);
	CU_ASSERT_EQUAL(all_drops(), 1);
	rig.tx.cap = RIG_FRAMES;
}

/* MUST-57, MUST-63. */
static void
test_syn_from_or_to_an_impossible_address_is_dropped_silently(void)
{
	static const struct {
		uint32_t src, dst;
		enum tg_drop why;
	} rows[] = {
		{ SERVER_IP, SERVER_IP, TG_DROP_IP4_SOURCE },  /* our own */
		{ 0xc00002ff, SERVER_IP, TG_DROP_IP4_SOURCE }, /* our network's broadcast */
		{ 0xffffffff, SERVER_IP, TG_DROP_IP4_SOURCE },
		{ 0xe0000001, SERVER_IP, TG_DROP_IP4_SOURCE },
		{ 0x00000000, SERVER_IP, TG_DROP_IP4_SOURCE },
		{ 0x7f000001, SERVER_IP, TG_DROP_IP4_SOURCE },
		{ CLIENT_IP, 0xffffffff, TG_DROP_TCP_BROADCAST },
		{ CLIENT_IP, 0xc00002ff, TG_DROP_TCP_BROADCAST },
		{ CLIENT_IP, 0xe0000001, TG_DROP_TCP_BROADCAST },
		{ CLIENT_IP, 0xc0000203, TG_DROP_IP4_NOT_FOR_US },
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		uint64_t before = dropped(rows[i].why), all = all_drops();

		path.src.v4 = tg_be32(rows[i].src);
		path.dst.v4 = tg_be32(rows[i].dst);
		add(TG_TCP_SYN, 0, 0, "");
		run();
		CU_ASSERT_EQUAL(rig.tx.n, 0);
		CU_ASSERT_EQUAL(dropped(rows[i].why) - before, 1);
		CU_ASSERT_EQUAL(all_drops() - all, 1);
	}
	CU_ASSERT_EQUAL(rig_connections(&rig), 0);
}

static void
test_frame_not_addressed_to_us_is_dropped_silently(void)
{
	path.dst_mac[5] = 9;
	add(TG_TCP_SYN, 0, 0, "");
	run();
	CU_ASSERT_EQUAL(dropped(TG_DROP_L2_NOT_FOR_US), 1);
	memset(path.dst_mac, 0xff, 6); /* Ethernet broadcast around our unicast address */
	add(TG_TCP_SYN, 0, 0, "");
	run();
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_BROADCAST), 1);
	memcpy(path.dst_mac, server_mac, 6);
	path.vlan = 5;
	add(TG_TCP_SYN, 0, 0, "");
	run();
	CU_ASSERT_EQUAL(dropped(TG_DROP_L2_VLAN), 1);
	CU_ASSERT_EQUAL(rig.tx.n, 0);
	CU_ASSERT_EQUAL(rig_connections(&rig), 0);
}

static void
test_unresolved_next_hop_is_asked_for_before_the_syn_ack(void)
{
	start(&rig_defaults); /* and the two have not met */
	add(TG_TCP_SYN, 0, 0, "");
	run();
	CU_ASSERT_EQUAL(rig.tx.n, 1);
	CU_ASSERT_EQUAL(tg_load16(rig.tx.v[0].data + 12), TG_ETHERTYPE_ARP);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ARP_REQUESTS), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_NEIGHBOR_WAIT), 1);
	add_arp(2, CLIENT_IP, SERVER_IP);
	run_after_ms(1);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_SYN_ACK_RETRANSMITS), 0);
}

static void
test_icmp_error_reaches_its_connection(void)
{
	struct tg_packet pkt;

	add(TG_TCP_SYN, 0, 0, "");
	run();
	add_unreachable(3, 0, 80);
	run();
	CU_ASSERT_EQUAL(dropped(TG_DROP_ICMP_CONSUMED), 1);
	CU_ASSERT_TRUE(rig_is_empty(&rig));
	open_connection(2);
	add(TG_TCP_ACK, 1, 1, get_big);
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(pkt.tcp.len, 1460);
	add_unreachable(4, 1000, 80);
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(pkt.tcp.seq, iss + 1);
	CU_ASSERT_EQUAL(pkt.tcp.len, 960);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_PMTU_LOWERED), 1);
	add_unreachable(3, 0, 81);
	run();
	CU_ASSERT_EQUAL(dropped(TG_DROP_ICMP_NO_CONNECTION), 1);
	CU_ASSERT_EQUAL(rig_connections(&rig), 1);
}

static void
test_idle_time_is_a_lower_bound_of_the_next_timer(void)
{
	tg_time_t sleep;
	uint32_t i;

	CU_ASSERT_EQUAL(tg_shard_idle_ns(rig.shard, now, 5000), 5000);
	add(TG_TCP_SYN, 0, 0, "");
	run();
	for (i = 0; i < 1000; i++) {
		sleep = tg_shard_idle_ns(rig.shard, now, TG_NS_PER_SEC * 10);
		CU_ASSERT_TRUE(sleep <= 1100 * TG_NS_PER_MS);
		now += sleep;
		run();
		if (n_sent() != 0)
			break;
	}
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	CU_ASSERT_TRUE(now >= 78 * TG_NS_PER_SEC - 2 * TG_NS_PER_MS);
	CU_ASSERT_TRUE(now <= 78 * TG_NS_PER_SEC + 2 * TG_NS_PER_MS);
	now += 5 * TG_NS_PER_SEC;
	CU_ASSERT_EQUAL(tg_shard_idle_ns(rig.shard, now, 5000), 0);
}

/* Whatever arrives, the rig accounts for every frame, and none is dropped twice. */
static void
test_frames_are_conserved_whatever_arrives(void)
{
	struct sim_random random = { 4711 };
	uint64_t received = 0;
	uint32_t i, j, n, at;

	for (i = 0; i < 4000; i++) {
		port = (uint16_t)(1 + sim_random_below(&random, 8));
		for (j = 0, n = sim_random_below(&random, 8); j < n; j++) {
			add((uint8_t)sim_random_below(&random, 64), sim_random_below(&random, 4),
			    sim_random_below(&random, 3), j % 2 != 0 ? get_ok : "");
			at = sim_random_below(&random, rx[n_rx - 1].len);
			if (sim_random_percent(&random, 30)) /* spoil a byte */
				rx[n_rx - 1].data[at] ^=
				    (uint8_t)(1 + sim_random_below(&random, 255));
			if (sim_random_percent(&random, 10)) /* cut it short */
				rx[n_rx - 1].len = (uint16_t)at;
			if (sim_random_percent(&random, 50)) /* pass the checksum by */
				rx[n_rx - 1].flags = TG_RX_CSUM_GOOD << TG_FRAME_RX_L4_SHIFT |
						     TG_RX_CSUM_GOOD << TG_FRAME_RX_IP_SHIFT;
		}
		received += n;
		rig.tx.cap = sim_random_percent(&random, 90) ? RIG_FRAMES : 2;
		run_after_ms(sim_random_below(&random, 20));
		if (sim_random_percent(&random, 50) && rig.tx.n != 0)
			CU_ASSERT_TRUE(all_drops() <= received);
	}
	rig.tx.cap = RIG_FRAMES;
	CU_ASSERT_TRUE(all_drops() <= received);
	CU_ASSERT_TRUE(counter(TG_COUNTER_SYN_RECEIVED) > 10);
	rig.tcp.timers.idle = 1;
	for (i = 0; i < 3000 && !rig_is_empty(&rig); i++)
		run_after_ms(1000);
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

static CU_TestInfo tests[] = {
	{ "retransmission without a spare frame: done later",
	    test_retransmission_without_a_spare_frame_is_done_later },
	{ "output beyond the transmit list: done later",
	    test_output_beyond_the_transmit_list_is_done_later },
	{ "ACK beyond the transmit list: goes with the next segment",
	    test_ack_beyond_the_transmit_list_goes_with_the_next_segment },
	{ "SYN with text: answered, and no drop", test_syn_with_text_is_answered_and_no_drop },
	{ "closed port: reset in place", test_closed_port_is_answered_by_a_reset_in_place },
	{ "reset with no room to send: one drop", test_reset_with_no_room_to_send_counts_one_drop },
	{ "SYN from or to an impossible address: dropped silently",
	    test_syn_from_or_to_an_impossible_address_is_dropped_silently },
	{ "frame not addressed to us: dropped silently",
	    test_frame_not_addressed_to_us_is_dropped_silently },
	{ "unresolved next hop: ARP before the SYN-ACK",
	    test_unresolved_next_hop_is_asked_for_before_the_syn_ack },
	{ "TTL and DSCP are those of the configuration",
	    test_ttl_and_dscp_are_those_of_the_configuration },
	{ "ICMP error reaches its connection", test_icmp_error_reaches_its_connection },
	{ "idle time is a lower bound of the next timer",
	    test_idle_time_is_a_lower_bound_of_the_next_timer },
	{ "frames are conserved whatever arrives", test_frames_are_conserved_whatever_arrives },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "shard", NULL, NULL, setup, teardown, tests },
		CU_SUITE_INFO_NULL };
	int code = tg_tap_run(suites);

	rig_free(&rig);
	return code;
}
