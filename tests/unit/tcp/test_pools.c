/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Bounds: half-open connections, TCBs, side records and held frames run out one at a time;
 * each is counted, harms nobody else, and recovers. And finding the right connection.
 */
#include "fixture.h"

#include "packet/flow_hash.h"

/* Opens n connections from ports of their own, at ports from first on. */
static void
open_many(uint16_t first, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		fx_turn_to((uint16_t)(first + i));
		fx_enter(TG_TCP_ESTABLISHED);
	}
}

static void
syn_from(uint16_t port)
{
	fx_turn_to(port);
	fx_forget();
	fx_peer("S", 0, 0, 0);
}

static void
test_half_open_limit_drops_syns_until_one_completes(void)
{
	fx.config.limits.half_open = 2;
	fx_lay_out();
	syn_from(1);
	syn_from(2);
	syn_from(3);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_BACKLOG);
	FX_SENT("");
	syn_from(2); /* the same one again is no third */
	FX_SENT("S. 0:0 ack 1");
	fx_peer(".", 1, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	syn_from(3);
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(tg_gauge(&fx.gauges.state[TG_TCP_SYN_RECEIVED]), 2);
}

static void
test_half_open_limit_recovers_when_they_are_given_up(void)
{
	fx.config.limits.half_open = 2;
	fx_lay_out();
	syn_from(1);
	syn_from(2);
	fx_wait_ms(70000);
	FX_EQUAL(tg_gauge(&fx.gauges.state[TG_TCP_SYN_RECEIVED]), 0);
	syn_from(3);
	FX_STATE(TG_TCP_SYN_RECEIVED);
}

static void
test_tcbs_of_one_family_run_out_and_come_back(void)
{
	open_many(1, fx.config.limits.connections4);
	syn_from(100);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_NO_TCB);
	FX_EQUAL(fx.r.handle, TG_HANDLE_NONE);
	FX_EQUAL(fx_counter(TG_COUNTER_TCB_FULL), 0);
	fx_connect();
	FX_EQUAL(fx.h, TG_HANDLE_NONE);
	FX_EQUAL(fx_counter(TG_COUNTER_TCB_FULL), 1);
	FX_SENT("");
	fx.peer.is_ipv6 = true; /* the other family has its own */
	syn_from(100);
	FX_SENT("S. 0:0 ack 1");
	fx.peer.is_ipv6 = false;
	fx_turn_to(1);
	fx_peer("R", 1, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
	syn_from(100);
	FX_SENT("S. 0:0 ack 1");
}

static void
test_tcbs_are_used_over_and_over(void)
{
	uint32_t i;

	for (i = 0; i < 1000; i++) {
		fx_turn_to((uint16_t)(i + 1));
		fx.peer.is_ipv6 = i % 2 != 0;
		fx_enter(TG_TCP_ESTABLISHED);
		fx_peer("R", 1, 0, 0);
		FX_STATE(TG_TCP_CLOSED);
	}
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_PEER), 1000);
}

/* Text that cannot be worked on is not acknowledged; the peer sends it again. */
static void
test_side_records_run_out_and_come_back(void)
{
	fx.config.limits.sides = 1;
	fx_lay_out();
	open_many(1, 2);
	fx_turn_to(1);
	fx_peer("P.", 101, 10, 1); /* holds the only one */
	fx_forget();
	fx_turn_to(2);
	fx_peer("P.", 1, 10, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_TEXT_REFUSED);
	FX_EQUAL(fx.r.frame_held, false);
	FX_EQUAL(fx.taken, 0);
	FX_SENT(". 1:1 ack 1");
	FX_TRUE(fx_counter(TG_COUNTER_SIDE_FULL) != 0, "counted");
	fx_turn_to(1);
	fx_peer("P.", 1, 100, 1);
	FX_EQUAL(fx.taken, 110);
	fx_wait_ms(40);
	fx_turn_to(2);
	fx_peer("P.", 1, 10, 1);
	FX_EQUAL(fx.taken, 120);
}

/* A FIN needs none. */
static void
test_side_records_gone_a_fin_is_still_taken(void)
{
	fx.config.limits.sides = 1;
	fx_lay_out();
	open_many(1, 2);
	fx_turn_to(1);
	fx_peer("P.", 101, 10, 1);
	fx_forget();
	fx_turn_to(2);
	fx_peer("F.", 1, 0, 1);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_SENT(". 1:1 ack 2");
}

static void
test_held_frames_run_out_and_come_back(void)
{
	fx.config.limits.held = 3;
	fx_lay_out();
	open_many(1, 2);
	fx_turn_to(1);
	fx_peer("P.", 101, 10, 1);
	fx_peer("P.", 201, 10, 1);
	fx_turn_to(2);
	fx_peer("P.", 101, 10, 1);
	FX_EQUAL(tg_gauge(&fx.gauges.held), 3);
	fx_forget();
	fx_peer("P.", 201, 10, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_TEXT_REFUSED);
	FX_EQUAL(fx_counter(TG_COUNTER_HELD_FULL), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_HELD_CONNECTION_FULL), 0);
	FX_EQUAL(tg_gauge(&fx.gauges.held), 3);
	FX_SENT(". 1:1 ack 1"); /* the peer learns that it is missing */
	fx_peer("P.", 1, 100, 1);
	FX_EQUAL(fx.taken, 110);
	FX_EQUAL(tg_gauge(&fx.gauges.held), 2);
	fx_peer("P.", 201, 10, 1);
	FX_EQUAL(tg_gauge(&fx.gauges.held), 3);
}

static void
test_held_frames_of_one_connection_are_bounded(void)
{
	uint32_t i;

	fx.config.limits.held_per_connection = 4;
	fx_lay_out();
	open_many(1, 2);
	fx_turn_to(1);
	for (i = 0; i < 10; i++)
		fx_peer("P.", 101 + 20 * i, 10, 1);
	FX_EQUAL(tg_gauge(&fx.gauges.held), 4);
	FX_EQUAL(fx_counter(TG_COUNTER_HELD_CONNECTION_FULL), 6);
	FX_EQUAL(fx_counter(TG_COUNTER_HELD_FULL), 0);
	fx_turn_to(2);
	fx_peer("P.", 101, 10, 1);
	FX_EQUAL(tg_gauge(&fx.gauges.held), 5);
}

/* The frame in order is taken even if nothing can be held. */
static void
test_held_frames_gone_text_in_order_still_flows(void)
{
	fx.config.limits.held = 1;
	fx_lay_out();
	open_many(1, 2);
	fx_turn_to(1);
	fx_peer("P.", 101, 10, 1);
	fx_turn_to(2);
	fx_peer("P.", 1, 1000, 1);
	fx_peer("P.", 1001, 1000, 1);
	FX_EQUAL(fx.taken, 2000);
}

/* The text has to come again, the FIN need not. */
static void
test_held_frames_gone_a_fin_behind_a_gap_is_remembered(void)
{
	fx.config.limits.held = 0;
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("FP.", 101, 100, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_TEXT_REFUSED);
	fx_peer("P.", 1, 100, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_peer("P.", 101, 100, 1);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_EQUAL(fx.taken, 200);
}

static void
test_no_pools_at_all_refuses_politely(void)
{
	fx.config.limits.connections4 = 1;
	fx.config.limits.connections6 = 0;
	fx.config.limits.sides = 0;
	fx.config.limits.held = 0;
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 10, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_TEXT_REFUSED);
	fx.peer.is_ipv6 = true;
	syn_from(7);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_NO_TCB);
}

/* The tuple is address, port, port and VLAN; all of it counts. */
static void
test_find_tells_connections_apart(void)
{
	struct tg_segment seg;
	struct tg_packet pkt;

	fx_enter(TG_TCP_ESTABLISHED);
	seg = fx_segment(".", 1, 0, 1);
	pkt = (struct tg_packet){
		.src.v4 = tg_be32(0xc0000201), .dst = fx.endpoint[0].ip, .tcp = seg
	};
	FX_EQUAL(tg_tcp_find(&fx.tcp, &pkt, tg_tcp_hash_of(&fx.tcp, fx.h)), fx.h);
	pkt.vlan = 7;
	FX_EQUAL(tg_tcp_find(&fx.tcp, &pkt, tg_tcp_hash_of(&fx.tcp, fx.h)), TG_HANDLE_NONE);
	pkt.vlan = 0;
	pkt.src.v4 = tg_be32(0xc0000203);
	FX_EQUAL(tg_tcp_find(&fx.tcp, &pkt, tg_tcp_hash_of(&fx.tcp, fx.h)), TG_HANDLE_NONE);
	pkt.src.v4 = tg_be32(0xc0000201);
	pkt.dst.v4 = tg_be32(0xc0000203);
	FX_EQUAL(tg_tcp_find(&fx.tcp, &pkt, tg_tcp_hash_of(&fx.tcp, fx.h)), TG_HANDLE_NONE);
	pkt.dst = fx.endpoint[0].ip;
	pkt.tcp.sport++;
	FX_EQUAL(tg_tcp_find(&fx.tcp, &pkt, tg_tcp_hash_of(&fx.tcp, fx.h)), TG_HANDLE_NONE);
	pkt.tcp.sport--;
	pkt.is_ipv6 = true;
	FX_EQUAL(tg_tcp_find(&fx.tcp, &pkt, tg_tcp_hash_of(&fx.tcp, fx.h)), TG_HANDLE_NONE);
}

/* A segment of the connection from that port, which has the hash *hash. */
static struct tg_packet
packet_from(uint16_t port, uint32_t *hash)
{
	struct tg_packet pkt = { .src.v4 = tg_be32(0xc0000201), .dst = fx.endpoint[0].ip };

	fx_turn_to(port);
	pkt.tcp = fx_segment(".", 1, 0, 1);
	*hash = tg_flow_hash(
	    &fx.config.secrets.flow, false, &pkt.src, &pkt.dst, pkt.tcp.sport, pkt.tcp.dport);
	return pkt;
}

/* What was likely when a burst began may have ended, or be another connection by now. */
static void
test_find_likely_takes_only_what_is_still_the_connection(void)
{
	uint32_t h1, h2, hash1, hash2;
	struct tg_packet pkt1 = packet_from(1, &hash1), pkt2 = packet_from(2, &hash2);

	fx_turn_to(1);
	fx_enter(TG_TCP_ESTABLISHED);
	h1 = fx.h;
	fx_turn_to(2);
	fx_enter(TG_TCP_ESTABLISHED);
	h2 = fx.h;
	FX_EQUAL(tg_tcp_find_likely(&fx.tcp, h1, &pkt1, hash1), h1);
	FX_EQUAL(tg_tcp_find_likely(&fx.tcp, h2, &pkt1, hash1), h1); /* another one */
	FX_EQUAL(tg_tcp_find_likely(&fx.tcp, TG_HANDLE_NONE, &pkt1, hash1), h1);
	fx_peer("R", 1, 0, 0);
	FX_EQUAL(tg_tcp_find_likely(&fx.tcp, h2, &pkt2, hash2), TG_HANDLE_NONE); /* ended */
	fx_turn_to(3);
	fx_enter(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.h, h2); /* its TCB serves another one */
	FX_EQUAL(tg_tcp_find_likely(&fx.tcp, h2, &pkt2, hash2), TG_HANDLE_NONE);
}

/* Who ended by a segment has its hash, who ended by a timer or a call has to be asked. */
static void
test_free_ended_knows_the_hash_only_of_a_segment(void)
{
	struct tg_tcp_result r = { .hashed = false };
	uint32_t hash;

	packet_from(1, &hash);
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("R", 1, 0, 0);
	FX_TRUE(fx.r.hashed, "by a reset");
	FX_EQUAL(fx.r.hash, hash);
	FX_EQUAL(fx.tcp.flows.count, 0);
	fx_enter(TG_TCP_TIME_WAIT);
	fx_wait(2 * fx.config.timers.msl + 1);
	FX_TRUE(!fx.r.hashed, "by a timer");
	FX_EQUAL(fx.tcp.flows.count, 0);
	r.hash = ~hash;
	fx_enter(TG_TCP_ESTABLISHED);
	tg_tcp_end(&fx.tcp, fx.h, TG_COUNTER_CLOSED, &r);
	tg_tcp_free_ended(&fx.tcp, fx.h, &r, &fx.spare);
	FX_EQUAL(fx.tcp.flows.count, 0);
}

static void
test_remote_and_endpoint_name_both_ends(void)
{
	union tg_ip ip;

	fx_enter(TG_TCP_ESTABLISHED);
	tg_tcp_remote(&fx.tcp, fx.h, &ip);
	FX_EQUAL(ip.v4, tg_be32(0xc0000201));
	FX_EQUAL(ip.w[1] | ip.w[2] | ip.w[3], 0);
	FX_EQUAL(tg_tcp_endpoint(&fx.tcp, fx.h) - fx.endpoint, 0);
	fx.peer.is_ipv6 = true;
	fx_enter(TG_TCP_ESTABLISHED);
	tg_tcp_remote(&fx.tcp, fx.h, &ip);
	FX_EQUAL(ip.b[0], 0x20);
	FX_EQUAL(ip.b[15], 1);
	FX_EQUAL(tg_tcp_endpoint(&fx.tcp, fx.h) - fx.endpoint, 1);
}

/* n connections from ports on that end in TIME-WAIT, a second apart. */
static void
fill_with_time_wait(uint16_t port, uint32_t n)
{
	while (n-- > 0) {
		fx_turn_to(port++);
		fx_enter(TG_TCP_TIME_WAIT);
		fx.now += TG_NS_PER_SEC;
	}
	fx_forget();
}

/* Returns the handle that was recycled, after freeing it as the user does. */
static uint32_t
recycle(bool is_ipv6)
{
	struct tg_tcp_result r;

	tg_tcp_recycle_time_wait(&fx.tcp, is_ipv6, &r);
	if (r.handle == TG_HANDLE_NONE)
		return r.handle;
	FX_EQUAL(r.events, TG_TCP_EVENT_CLOSED);
	FX_EQUAL(r.why, TG_COUNTER_CLOSED);
	tg_tcp_free(&fx.tcp, r.handle, &fx.spare);
	fx.h = TG_HANDLE_NONE;
	return r.handle;
}

static void
test_pool_full_of_time_wait_recycles_the_oldest_of_a_few(void)
{
	fx.config.timers.msl = tg_ticks_from_ms(120000);
	fx.config.limits.connections4 = 3;
	fx_lay_out();
	fill_with_time_wait(40000, 1);
	FX_EQUAL(recycle(false), TG_HANDLE_NONE); /* TCBs are free */
	fill_with_time_wait(40001, 2);
	FX_EQUAL(fx.tcp.free4, TG_HANDLE_NONE);
	FX_EQUAL(tg_host16(fx.tcp.tcb[0].rport), 40000);
	FX_EQUAL(recycle(true), TG_HANDLE_NONE); /* of the other family */
	FX_EQUAL(recycle(false), 0);
	FX_EQUAL(recycle(false), TG_HANDLE_NONE); /* one is free now */
	FX_EQUAL(tg_gauge(&fx.gauges.state[TG_TCP_TIME_WAIT]), 2);
	FX_EQUAL(fx_counter(TG_COUNTER_TIME_WAIT_RECYCLED), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_CLOSED), 3); /* each once, when TIME-WAIT began */
	fill_with_time_wait(40003, 1);
	FX_TRUE(recycle(false) != 0, "the one that took its place is the youngest");
}

static void
test_pool_without_time_wait_recycles_nothing(void)
{
	fx.config.limits.connections4 = 1;
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
	FX_EQUAL(recycle(false), TG_HANDLE_NONE);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx_counter(TG_COUNTER_TIME_WAIT_RECYCLED), 0);
}

static void
test_pool_with_time_wait_in_use_leaves_it(void)
{
	fx.config.limits.connections4 = 1;
	fx_lay_out();
	fx_enter(TG_TCP_TIME_WAIT);
	fx.t->flags |= TG_TCB_TOUCHED; /* the user is to be served */
	FX_EQUAL(recycle(false), TG_HANDLE_NONE);
	fx.t->flags &= (uint16_t)~TG_TCB_TOUCHED;
	tg_tcp_side(&fx.tcp, fx.h); /* has text to take */
	FX_EQUAL(recycle(false), TG_HANDLE_NONE);
	fx_serve();
	FX_EQUAL(recycle(false), 0);
}

/* The search goes on where it stopped: what is far away is found in the end. */
static void
test_pool_with_one_time_wait_far_away_finds_it(void)
{
	uint32_t i, found = TG_HANDLE_NONE;

	fx.config.limits.connections4 = 80;
	fx_lay_out();
	for (i = 0; i < 80; i++) {
		fx_turn_to((uint16_t)(40000 + i));
		fx_enter(i == 40 ? TG_TCP_TIME_WAIT : TG_TCP_ESTABLISHED);
	}
	fx_forget();
	for (i = 0; i < 5 && found == TG_HANDLE_NONE; i++)
		found = recycle(false);
	FX_TRUE(found != TG_HANDLE_NONE, "found");
	FX_TRUE(i > 1, "not at once");
}

static CU_TestInfo tests[] = {
	{ "half-open limit: SYNs dropped until one completes",
	    test_half_open_limit_drops_syns_until_one_completes },
	{ "half-open limit recovers when they are given up",
	    test_half_open_limit_recovers_when_they_are_given_up },
	{ "TCBs of one family run out and come back",
	    test_tcbs_of_one_family_run_out_and_come_back },
	{ "TCBs are used over and over", test_tcbs_are_used_over_and_over },
	{ "side records run out and come back", test_side_records_run_out_and_come_back },
	{ "side records gone: a FIN is still taken", test_side_records_gone_a_fin_is_still_taken },
	{ "held frames run out and come back", test_held_frames_run_out_and_come_back },
	{ "held frames of one connection are bounded",
	    test_held_frames_of_one_connection_are_bounded },
	{ "held frames gone: text in order still flows",
	    test_held_frames_gone_text_in_order_still_flows },
	{ "held frames gone: a FIN behind a gap is remembered",
	    test_held_frames_gone_a_fin_behind_a_gap_is_remembered },
	{ "no pools at all: refuses politely", test_no_pools_at_all_refuses_politely },
	{ "find tells connections apart", test_find_tells_connections_apart },
	{ "find likely takes only what is still the connection",
	    test_find_likely_takes_only_what_is_still_the_connection },
	{ "free ended knows the hash only of a segment",
	    test_free_ended_knows_the_hash_only_of_a_segment },
	{ "remote and endpoint name both ends", test_remote_and_endpoint_name_both_ends },
	{ "pool_full_of_time_wait_recycles_the_oldest_of_a_few",
	    test_pool_full_of_time_wait_recycles_the_oldest_of_a_few },
	{ "pool_without_time_wait_recycles_nothing", test_pool_without_time_wait_recycles_nothing },
	{ "pool_with_time_wait_in_use_leaves_it", test_pool_with_time_wait_in_use_leaves_it },
	{ "pool_with_one_time_wait_far_away_finds_it",
	    test_pool_with_one_time_wait_far_away_finds_it },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp pools", tests);
}
