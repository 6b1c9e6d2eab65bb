/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SYN cookies from end to end: bursts of SYNs answered in place by a whole shard, and requests on
 * the connections that come of it.
 */
#include "shard_cookies_fixture.h"

static void
start_cookies(enum tg_syn_cookies_mode mode, uint32_t half_open)
{
	struct rig_options options = rig_defaults;

	options.half_open = half_open;
	options.syn_cookies = mode;
	start_with_keys(&options);
}

static void
setup_always(void)
{
	start_cookies(TG_SYN_COOKIES_ALWAYS, 64);
}

static void
offer_all(void)
{
	offered = (struct tg_tcp_options){ .present = TG_OPT_MSS | TG_OPT_TIMESTAMP |
						      TG_OPT_WSCALE | TG_OPT_SACK_OK,
		.mss = 1460,
		.wscale = 9,
		.tsval = 4711 };
}

/* Adds the SYN of port i, of IPv6 and in VLAN as path says. */
static void
add_syn(uint16_t from)
{
	port = from;
	add(TG_TCP_SYN, 0, 0, "");
}

static void
expect_syn_ack(uint32_t i, uint16_t to, struct tg_packet *pkt)
{
	CU_ASSERT_TRUE_FATAL(sent(i, pkt));
	CU_ASSERT_EQUAL(pkt->tcp.flags, TG_TCP_SYN | TG_TCP_ACK);
	CU_ASSERT_EQUAL(pkt->tcp.ack, ISS + 1);
	CU_ASSERT_EQUAL(tg_host16(pkt->tcp.dport), to);
	CU_ASSERT_EQUAL(tg_host16(pkt->tcp.sport), 80);
	CU_ASSERT_TRUE(tg_ip_equal(&pkt->src, &path.dst));
	CU_ASSERT_TRUE(tg_ip_equal(&pkt->dst, &path.src));
	CU_ASSERT_EQUAL(memcmp(rig.tx.v[i].data, rig_peer_mac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(rig.tx.v[i].data + 6, server_mac, 6), 0);
}

static void
test_burst_of_syns_is_answered_in_place_without_state(void)
{
	struct tg_packet pkt = { 0 };
	uint8_t *data[50];
	uint32_t i;

	setup_always();
	for (i = 0; i < 50; i++) {
		add_syn((uint16_t)(40000 + i));
		data[i] = rx[i].data;
	}
	run();
	CU_ASSERT_EQUAL(n_sent(), 50);
	for (i = 0; i < 50; i++) {
		expect_syn_ack(i, (uint16_t)(40000 + i), &pkt);
		CU_ASSERT_PTR_EQUAL(rig.tx.v[i].data, data[i]);
	}
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ISSUED), 50);
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

/* What is sent to n ports together is what is sent to each alone. */
static void
check_batch(uint32_t n)
{
	static uint8_t want[MAX_RX][128];
	uint32_t i;

	for (i = 0; i < n; i++) {
		offered.mss = (uint16_t)(1200 + 40 * i);
		add_syn((uint16_t)(40000 + i));
		run();
		CU_ASSERT_EQUAL_FATAL(rig.tx.n, 1);
		memcpy(want[i], rig.tx.v[0].data, rig.tx.v[0].len);
	}
	for (i = 0; i < n; i++) {
		offered.mss = (uint16_t)(1200 + 40 * i);
		add_syn((uint16_t)(40000 + i));
	}
	run();
	CU_ASSERT_EQUAL_FATAL(rig.tx.n, n);
	for (i = 0; i < n; i++)
		CU_ASSERT_EQUAL(memcmp(want[i], rig.tx.v[i].data, rig.tx.v[i].len), 0);
}

static void
test_batch_is_equal_to_one_by_one(void)
{
	uint32_t n;

	setup_always();
	for (n = 1; n <= 33; n += 4) {
		offered = (struct tg_tcp_options){ .present = TG_OPT_MSS };
		check_batch(n);
		offer_all();
		check_batch(n);
	}
}

static void
test_batch_over_ipv6_is_answered(void)
{
	struct tg_packet pkt = { 0 };

	setup_always();
	path.is_ipv6 = true;
	path.src = path.dst = rig.net.addr[1].ip;
	path.src.b[15] = 1;
	now += 5 * TG_NS_PER_SEC; /* duplicate address detection */
	run();
	now += 5 * TG_NS_PER_SEC;
	run();
	add_syn(40000);
	add_syn(40001);
	run();
	CU_ASSERT_EQUAL(n_sent(), 2);
	expect_syn_ack(0, 40000, &pkt);
	expect_syn_ack(1, 40001, &pkt);
	CU_ASSERT_TRUE(pkt.is_ipv6);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ISSUED), 2);
}

static void
test_batch_in_a_vlan_is_answered_there(void)
{
	struct tg_packet pkt = { 0 };
	uint32_t i;

	setup_always();
	rig.net.addr[0].vlan = rig.endpoint[0].vlan = 7;
	path.vlan = 7;
	add_syn(40000);
	add_syn(40001);
	rx[1].vlan = 7; /* this tag was stripped by the port */
	memmove(rx[1].data + 4, rx[1].data, 12);
	rx[1].data += 4;
	rx[1].room -= 4;
	rx[1].len -= 4;
	rx[1].flags |= TG_FRAME_VLAN;
	run();
	for (i = 0; i < 2; i++) {
		expect_syn_ack(i, (uint16_t)(40000 + i), &pkt);
		CU_ASSERT_EQUAL(pkt.vlan, 7);
	}
}

static void
test_reply_leaves_checksums_to_the_port(void)
{
	setup_always();
	rig.net.offload = TG_OFFLOAD_IP_CSUM | TG_OFFLOAD_L4_CSUM;
	add_syn(40000);
	run();
	CU_ASSERT_EQUAL_FATAL(rig.tx.n, 1);
	CU_ASSERT_EQUAL(rig.tx.v[0].flags, TG_FRAME_TX_IP_CSUM | TG_FRAME_TX_L4_CSUM);
	CU_ASSERT_EQUAL(rig.tx.v[0].l3_off, 14);
	CU_ASSERT_EQUAL(rig.tx.v[0].l4_off, 34);
}

static void
test_reply_is_longer_than_a_syn_without_options(void)
{
	struct tg_packet pkt = { 0 };

	setup_always();
	offered.present = 0;
	add_syn(40000);
	CU_ASSERT_EQUAL(rx[0].len, 54);
	run();
	expect_syn_ack(0, 40000, &pkt);
	CU_ASSERT_EQUAL(rig.tx.v[0].len, 58);
	CU_ASSERT_EQUAL(pkt.tcp.opt.mss, 1460);
}

/* Shakes hands by cookie from a port; the request comes with the third packet. */
static void
ask(uint16_t from, const char *request)
{
	struct tg_packet pkt = { 0 };

	add_syn(from);
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	iss = pkt.tcp.seq;
	add(TG_TCP_ACK | TG_TCP_PSH, 1, 1, request);
	run();
}

static void
test_request_on_the_completing_segment_is_answered(void)
{
	struct tg_packet pkt = { 0 };

	setup_always();
	ask(40000, get_ok);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_ACK | TG_TCP_PSH);
	sent(0, &pkt);
	CU_ASSERT_EQUAL(memcmp(pkt.tcp.text, "HTTP/1.1 200", 12), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ACCEPTED), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_200), 1);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	CU_ASSERT_EQUAL(all_drops(), 0);
}

/* Shakes hands up to the third packet, which is then in rx. */
static void
reach_third_packet(void)
{
	struct tg_packet pkt = { 0 };

	setup_always();
	add_syn(40000);
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	iss = pkt.tcp.seq;
	add(TG_TCP_ACK | TG_TCP_PSH, 1, 1, get_ok);
}

/* The frame ends early: whatever is missing, it is refused and counted once. */
static void
test_completing_frame_cut_anywhere_is_refused_and_counted(void)
{
	uint16_t len, full;

	reach_third_packet();
	full = rx[0].len;
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ACCEPTED), 1);
	for (len = 0; len < full; len++) {
		reach_third_packet();
		rx[0].len = len;
		run();
		CU_ASSERT_EQUAL(dropped(len < 14 ? TG_DROP_L2_SHORT : TG_DROP_IP4_HEADER), 1);
		CU_ASSERT_EQUAL(all_drops(), 1);
		CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ACCEPTED), 0);
		CU_ASSERT_TRUE(rig_is_empty(&rig));
	}
}

/* The packet says itself that it is so short, and its checksums are right. */
static void
test_completing_segment_cut_within_its_header_is_refused_and_counted(void)
{
	uint16_t len;

	for (len = 0; len < 20; len++) {
		reach_third_packet();
		rx[0].len = (uint16_t)(34 + len);
		rx[0].flags = TG_RX_CSUM_GOOD << TG_FRAME_RX_IP_SHIFT | TG_RX_CSUM_GOOD
									    << TG_FRAME_RX_L4_SHIFT;
		tg_store16(rx[0].data + 16, (uint16_t)(20 + len));
		run();
		CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_HEADER), 1);
		CU_ASSERT_EQUAL(all_drops(), 1);
		CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ACCEPTED), 0);
		CU_ASSERT_TRUE(rig_is_empty(&rig));
	}
}

static void
test_mixed_burst_is_taken_apart(void)
{
	struct tg_packet pkt = { 0 };

	setup_always();
	ask(40000, get_ok);
	sent(0, &pkt);
	add_syn(40001);
	port = 40000;
	add(TG_TCP_ACK | TG_TCP_PSH, 1 + (uint32_t)strlen(get_ok), 1 + pkt.tcp.len, get_ok);
	add_syn(40002);
	add(TG_TCP_SYN | TG_TCP_FIN, 0, 0, ""); /* no SYN of a sane stack */
	port = 40003;
	add(TG_TCP_RST, 0, 0, "");
	add_arp(1, CLIENT_IP, SERVER_IP);
	add_syn(40000); /* of a living connection: challenged */
	add_syn(40004);
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ISSUED), 1 + 3);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_CHALLENGE_ACKS), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_200), 2);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_FLAGS), 1);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_NO_LISTENER_RST), 1);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_SEQUENCE), 1);
	expect_syn_ack(0, 40001, &pkt);
	expect_syn_ack(1, 40002, &pkt);
	expect_syn_ack(2, 40004, &pkt);
}

static void
test_syns_to_nobody_are_refused_as_ever(void)
{
	setup_always();
	path.dst.v4 = tg_be32(0xc00002ff); /* broadcast */
	add_syn(40000);
	path.dst.v4 = tg_be32(0xc0000209);
	add_syn(40001);
	path.dst.v4 = tg_be32(SERVER_IP);
	path.src.v4 = tg_be32(SERVER_IP);
	add_syn(40002);
	run();
	CU_ASSERT_EQUAL(n_sent(), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ISSUED), 0);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_BROADCAST), 1);
	CU_ASSERT_EQUAL(dropped(TG_DROP_IP4_NOT_FOR_US), 1);
	CU_ASSERT_EQUAL(dropped(TG_DROP_IP4_SOURCE), 1);
}

static void
test_auto_burst_fills_the_table_and_gets_cookies_beyond(void)
{
	uint32_t i;

	start_cookies(TG_SYN_COOKIES_AUTO, 8);
	for (i = 0; i < 60; i++)
		add_syn((uint16_t)(40000 + i));
	run();
	CU_ASSERT_EQUAL(n_sent(), 60);
	CU_ASSERT_EQUAL(connections(TG_TCP_SYN_RECEIVED), 8);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ISSUED), 52);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_SYN_PRESSURE), 1);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_BACKLOG), 0);
	ask(41000, get_ok);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_200), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ACCEPTED), 1);
}

static void
test_batch_without_the_key_of_the_moment_gets_tcbs(void)
{
	setup_always();
	keys.epoch -= 3;
	add_syn(40000);
	add_syn(40001);
	run();
	CU_ASSERT_EQUAL(connections(TG_TCP_SYN_RECEIVED), 2);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_COOKIES_ISSUED), 0);
	CU_ASSERT_EQUAL(n_sent(), 2);
	port = 40000;
	add(TG_TCP_RST, 1, 0, "");
	port = 40001;
	add(TG_TCP_RST, 1, 0, "");
	run();
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

static void
test_batch_beyond_the_transmit_queue_is_dropped_and_counted(void)
{
	setup_always();
	add_syn(40000);
	add_syn(40001);
	add_syn(40002);
	while (rig.tx.n != 0)
		tg_frames_push(&rig.spare, &rig.tx.v[--rig.tx.n]);
	rig.tx.cap = 2;
	run();
	rig.tx.cap = RIG_FRAMES;
	CU_ASSERT_EQUAL(n_sent(), 2);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TX_FULL), 1);
}

static CU_TestInfo tests[] = {
	{ "burst of syns is answered in place without state",
	    test_burst_of_syns_is_answered_in_place_without_state },
	{ "batch is equal to one by one", test_batch_is_equal_to_one_by_one },
	{ "batch over ipv6 is answered", test_batch_over_ipv6_is_answered },
	{ "batch in a vlan is answered there", test_batch_in_a_vlan_is_answered_there },
	{ "reply leaves checksums to the port", test_reply_leaves_checksums_to_the_port },
	{ "reply is longer than a syn without options",
	    test_reply_is_longer_than_a_syn_without_options },
	{ "request on the completing segment is answered",
	    test_request_on_the_completing_segment_is_answered },
	{ "completing frame cut anywhere is refused and counted",
	    test_completing_frame_cut_anywhere_is_refused_and_counted },
	{ "completing segment cut within its header is refused and counted",
	    test_completing_segment_cut_within_its_header_is_refused_and_counted },
	{ "mixed burst is taken apart", test_mixed_burst_is_taken_apart },
	{ "syns to nobody are refused as ever", test_syns_to_nobody_are_refused_as_ever },
	{ "auto burst fills the table and gets cookies beyond",
	    test_auto_burst_fills_the_table_and_gets_cookies_beyond },
	{ "batch without the key of the moment gets tcbs",
	    test_batch_without_the_key_of_the_moment_gets_tcbs },
	{ "batch beyond the transmit queue is dropped and counted",
	    test_batch_beyond_the_transmit_queue_is_dropped_and_counted },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "shard syn cookies", NULL, NULL, setup, teardown, tests },
		CU_SUITE_INFO_NULL };
	int code = tg_tap_run(suites);

	rig_free(&rig);
	return code;
}
