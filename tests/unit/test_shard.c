/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A whole shard: frames in, frames out, and the time.
 */
#include "../sim/random.h"
#include "shard_fixture.h"
#include "tcp/tcp_internal.h"

static void
check_page(const struct tg_segment *seg, uint32_t page, unsigned close)
{
	const struct tg_http_page *p = &rig.page[page];

	CU_ASSERT_EQUAL_FATAL(seg->len, p->head_len[close] + p->body_len);
	CU_ASSERT_EQUAL(memcmp(seg->text, p->head[close], p->head_len[close]), 0);
	CU_ASSERT_EQUAL(memcmp(seg->text + p->head_len[close], p->body, p->body_len), 0);
}

static uint32_t
ok_bytes(void)
{
	return rig.page[TG_HTTP_200].head_len[0] + rig.page[TG_HTTP_200].body_len;
}

static void
test_request_is_answered_and_the_connection_closed_without_a_trace(void)
{
	uint32_t n = rig.page[TG_HTTP_200].head_len[1] + 3, len;
	static const char request[] = "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	struct tg_packet pkt;

	len = (uint32_t)strlen(request);
	open_connection(1);
	add(TG_TCP_ACK, 1, 1, request);
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	check_page(&pkt.tcp, TG_HTTP_200, 1);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_ACK | TG_TCP_PSH | TG_TCP_FIN);
	CU_ASSERT_EQUAL(memcmp(rig.tx.v[0].data, rig_peer_mac, 6), 0);
	add(TG_TCP_ACK | TG_TCP_FIN, 1 + len, 2 + n, "");
	run();
	CU_ASSERT_EQUAL(connections(TG_TCP_TIME_WAIT), 1);
	run_after_ms(1100);
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

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

/* The client guesses nothing: the test works out the ISS. */
static void
test_burst_of_syn_ack_and_request_is_one_handshake_and_one_answer(void)
{
	struct tg_tcp tcp = { .config = &rig.tcp };
	struct tg_packet pkt = { .src = path.src,
		.dst = path.dst,
		.tcp = { .sport = tg_be16(port), .dport = tg_be16(80) } };

	iss = tg_tcp_isn(&tcp, &pkt, now);
	add(TG_TCP_SYN, 0, 0, "");
	add(TG_TCP_ACK, 1, 1, "");
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_ESTABLISHED), 1);
	CU_ASSERT_EQUAL(n_sent(), 1);
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(pkt.tcp.seq, iss + 1);
	check_page(&pkt.tcp, TG_HTTP_200, 0);
	CU_ASSERT_EQUAL(all_drops(), 0);
}

/* Beyond four answers the rest is held, then taken as answers are acknowledged. */
static void
test_pipelined_requests_beyond_four_answers_wait_for_acks(void)
{
	char requests[10 * sizeof(get_ok)] = "";
	uint32_t seq, i, acked = 0;
	struct tg_packet pkt;

	for (i = 0; i < 10; i++)
		strcat(requests, get_ok);
	open_connection(1);
	add(TG_TCP_ACK, 1, 1, requests);
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_REQUESTS), 4);
	CU_ASSERT_EQUAL(tg_gauge(&tg_shard_gauges(rig.shard)->held), 1);
	seq = 1 + (uint32_t)strlen(requests);
	for (i = 0; i < 20 && counter(TG_COUNTER_HTTP_REQUESTS) < 10; i++) {
		CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
		CU_ASSERT_EQUAL(pkt.tcp.ack, ISS + seq); /* all of it arrived */
		acked = pkt.tcp.seq + pkt.tcp.len - iss;
		add(TG_TCP_ACK, seq, acked, "");
		run();
	}
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_REQUESTS), 10);
	add(TG_TCP_ACK, seq, 1 + 10 * ok_bytes(), "");
	run();
	CU_ASSERT_EQUAL(tg_gauge(&tg_shard_gauges(rig.shard)->sides), 0);
	CU_ASSERT_EQUAL(tg_gauge(&tg_shard_gauges(rig.shard)->held), 0);
	CU_ASSERT_EQUAL(atomic_load(&tg_shard_pins(rig.shard)->count[0]), 0);
}

static void
test_half_close_after_the_request_is_answered_then_closed(void)
{
	uint32_t len = (uint32_t)strlen(get_ok);
	struct tg_packet pkt;

	open_connection(1);
	add(TG_TCP_ACK | TG_TCP_FIN, 1, 1, get_ok);
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	check_page(&pkt.tcp, TG_HTTP_200, 0);
	CU_ASSERT_EQUAL(pkt.tcp.ack, ISS + len + 2);
	CU_ASSERT_EQUAL(connections(TG_TCP_LAST_ACK), 1);
	add(TG_TCP_ACK, len + 2, 2 + ok_bytes(), "");
	run();
	CU_ASSERT_TRUE(rig_is_empty(&rig));
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
test_expired_snapshot_resets_its_connections_and_unpins(void)
{
	struct tg_http_snapshot newer = { .serial = 2, .page = rig.page };
	const struct tg_http_pins *pins = tg_shard_pins(rig.shard);
	struct tg_packet pkt;

	open_connection(1);
	add(TG_TCP_ACK, 1, 1, get_big);
	run();
	open_connection(2); /* idle: it has nothing to lose */
	CU_ASSERT_EQUAL(atomic_load(&pins->count[0]), 1);
	rig.view.slot[1] = &newer;
	rig.view.current = 1;
	run();
	CU_ASSERT_EQUAL(rig_connections(&rig), 2);
	rig.view.oldest_serial = 2;
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_SNAPSHOT_EXPIRED), 1);
	CU_ASSERT_EQUAL(atomic_load(&pins->count[0]), 0);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_RST | TG_TCP_ACK);
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(pkt.tcp.dport, tg_be16(1));
	CU_ASSERT_EQUAL(rig_connections(&rig), 1);
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	CU_ASSERT_EQUAL(atomic_load(&pins->count[1]), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_SNAPSHOT_EXPIRED), 1);
}

static void
test_draining_closes_idle_connections_and_refuses_syns(void)
{
	open_connection(1);
	rig.world.draining = true;
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_FIN | TG_TCP_ACK);
	CU_ASSERT_EQUAL(connections(TG_TCP_FIN_WAIT_1), 1);
	add(TG_TCP_ACK, 1, 2, get_ok); /* too late for a request */
	run();
	run_after_ms(50);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_ACK);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_REQUESTS), 0);
	port = 2;
	add(TG_TCP_SYN, 0, 0, "");
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_RST | TG_TCP_ACK);
	CU_ASSERT_EQUAL(dropped(TG_DROP_TCP_DRAINING), 1);
	CU_ASSERT_EQUAL(rig_connections(&rig), 1);
}

static void
test_draining_lets_an_answer_finish_and_then_closes(void)
{
	uint32_t len = (uint32_t)strlen(get_ok), i;
	bool fin = false;
	struct tg_packet pkt;

	open_connection(1);
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	rig.world.draining = true;
	for (i = 0; i < 5; i++)
		run();
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	add(TG_TCP_ACK, 1 + len, 1 + ok_bytes(), "");
	for (i = 0; i < 5; i++) {
		run();
		fin |= sent(0, &pkt) && (pkt.tcp.flags & TG_TCP_FIN) != 0;
	}
	CU_ASSERT_TRUE(fin);
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

/* One byte every ten seconds does not prolong the idle time of sixty. */
static void
test_request_that_never_ends_is_closed_after_the_idle_time(void)
{
	static const char *const bytes[] = { "G", "E", "T", " ", "/", "o" };
	uint32_t i;

	open_connection(1);
	for (i = 0; i < TG_ARRAY_LEN(bytes); i++) {
		CU_ASSERT_EQUAL(counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
		add(TG_TCP_ACK, 1 + i, 1, bytes[i]);
		run();
		run_after_ms(10000);
	}
	run_after_ms(100);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_IDLE_TIMEOUTS), 1);
}

/* The first text that the server sends on a connection must be an answer of this status. */
static void
expect_answer_and_fin(const char *status)
{
	struct tg_packet pkt;

	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL_FATAL(pkt.tcp.flags, TG_TCP_FIN | TG_TCP_PSH | TG_TCP_ACK);
	CU_ASSERT_EQUAL(memcmp(rig.tx.v[0].data + 14 + 20 + 20, status, strlen(status)), 0);
}

/* One byte a second does not prolong the time of a request, which ends with 408. */
static void
test_request_that_takes_too_long_is_answered_408_and_closed(void)
{
	uint32_t i;

	rig.tcp.timers.request = tg_ticks_from_ms(5000);
	open_connection(1);
	run_after_ms(20000); /* idle time is no request's */
	for (i = 0; i < 6; i++) {
		add(TG_TCP_PSH | TG_TCP_ACK, 1 + i, 1, "G");
		run();
		CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
		if (i < 5)
			run_after_ms(990);
	}
	run_after_ms(100);
	expect_answer_and_fin("HTTP/1.1 408 Request Timeout\r\n");
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
	CU_ASSERT_EQUAL(connections(TG_TCP_FIN_WAIT_1), 1);
}

static void
test_request_that_ends_in_time_gives_the_next_its_whole_time(void)
{
	uint32_t i, len = (uint32_t)strlen(get_ok);
	char half[sizeof(get_ok)] = "";
	struct tg_packet pkt;
	uint32_t acked = 1;

	rig.tcp.timers.request = tg_ticks_from_ms(5000);
	memcpy(half, get_ok, len / 2);
	open_connection(1);
	for (i = 0; i < 5; i++) {
		add(TG_TCP_PSH | TG_TCP_ACK, 1 + i * len, acked, half);
		run();
		run_after_ms(4000);
		add(TG_TCP_PSH | TG_TCP_ACK, 1 + i * len + len / 2, acked, get_ok + len / 2);
		run();
		CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
		acked += pkt.tcp.len;
		add(TG_TCP_ACK, 1 + (i + 1) * len, acked, "");
		run();
	}
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_408), 0);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_200), 5);
}

/* Above its limit of connections that move a shard answers 503. */
static void
test_shard_with_too_many_moving_connections_answers_503(void)
{
	struct tg_packet pkt;

	rig.site.busy_connections = 1;
	open_connection(1);
	add(TG_TCP_PSH | TG_TCP_ACK, 1, 1, get_big);
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_200), 1);
	open_connection(2);
	add(TG_TCP_PSH | TG_TCP_ACK, 1, 1, get_ok);
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_503), 1);
}

/* Each finished request starts the idle time anew. */
static void
test_request_now_and_then_keeps_the_connection(void)
{
	uint32_t i, len = (uint32_t)strlen(get_ok);

	open_connection(1);
	for (i = 0; i < 5; i++) {
		run_after_ms(30000);
		add(TG_TCP_ACK, 1 + i * len, 1 + i * ok_bytes(), "GET /o");
		run();
		run_after_ms(20000);
		add(TG_TCP_ACK, 7 + i * len, 1 + i * ok_bytes(), get_ok + 6);
		run();
		add(TG_TCP_ACK, 1 + (i + 1) * len, 1 + (i + 1) * ok_bytes(), "");
		run();
	}
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_REQUESTS), 5);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_IDLE_TIMEOUTS), 0);
}

static CU_TestInfo tests[] = {
	{ "request: answered, closed, no trace",
	    test_request_is_answered_and_the_connection_closed_without_a_trace },
	{ "burst of SYN, ACK and request: one handshake, one answer",
	    test_burst_of_syn_ack_and_request_is_one_handshake_and_one_answer },
	{ "pipelined requests beyond four answers wait for ACKs",
	    test_pipelined_requests_beyond_four_answers_wait_for_acks },
	{ "request that takes too long: 408 and closed",
	    test_request_that_takes_too_long_is_answered_408_and_closed },
	{ "request that ends in time: the next has its own",
	    test_request_that_ends_in_time_gives_the_next_its_whole_time },
	{ "shard with too many moving connections: 503",
	    test_shard_with_too_many_moving_connections_answers_503 },
	{ "request that never ends: closed after the idle time",
	    test_request_that_never_ends_is_closed_after_the_idle_time },
	{ "request now and then: the connection stays",
	    test_request_now_and_then_keeps_the_connection },
	{ "half-close after the request: answered, then closed",
	    test_half_close_after_the_request_is_answered_then_closed },
	{ "retransmission without a spare frame: done later",
	    test_retransmission_without_a_spare_frame_is_done_later },
	{ "output beyond the transmit list: done later",
	    test_output_beyond_the_transmit_list_is_done_later },
	{ "ACK beyond the transmit list: goes with the next segment",
	    test_ack_beyond_the_transmit_list_goes_with_the_next_segment },
	{ "expired snapshot: its connections reset, unpinned",
	    test_expired_snapshot_resets_its_connections_and_unpins },
	{ "draining: idle connections closed, SYNs refused",
	    test_draining_closes_idle_connections_and_refuses_syns },
	{ "draining: an answer finishes, then the connection closes",
	    test_draining_lets_an_answer_finish_and_then_closes },
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
