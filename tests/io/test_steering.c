/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Frames steered between workers, by their flows or by RSS.
 */
#include "worker_fixture.h"

/* One queue, two workers: every flow at the worker that its hash names, answers out of
 * the one queue. */
static void
test_tcp_goes_to_the_worker_of_its_hash(void)
{
	uint32_t want[2] = { 0, 0 }, i, w;

	set_up(1, 2);
	CU_ASSERT_FALSE(shard(1)->first);
	for (i = 0; i < 30; i++) {
		send_tcp(0, i % 2, 2, (uint16_t)(1000 + i));
		want[tg_flow_shard(flow_hash(i % 2, 2, (uint16_t)(1000 + i)), 2)]++;
	}
	CU_ASSERT_TRUE(want[0] > 0 && want[1] > 0);
	(void)step(0);
	CU_ASSERT_TRUE(step(1));
	for (w = 0; w < 2; w++) {
		CU_ASSERT_EQUAL(shard((uint16_t)w)->n_seen, want[w]);
		for (i = 0; i < shard((uint16_t)w)->n_seen; i++) {
			const struct tg_frame *f = &shard((uint16_t)w)->seen[i];

			CU_ASSERT_EQUAL(f->flags, TG_FRAME_HASHED);
			CU_ASSERT_EQUAL(tg_flow_shard(f->hash, 2), w);
		}
	}
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_STEERED_OUT), want[1]);
	CU_ASSERT_EQUAL(counter(1, TG_COUNTER_STEERED_IN), want[1]);
	CU_ASSERT_EQUAL(wire_drain(&wire, 0, NULL), want[0]);
	CU_ASSERT_TRUE(step(0)); /* sends what worker 1 left in the relay */
	CU_ASSERT_EQUAL(wire_drain(&wire, 0, NULL), want[1]);
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_TX_FRAMES), 30);
	tear_down();
}

static void
test_icmp_error_goes_to_the_worker_of_the_flow_it_quotes(void)
{
	uint16_t port;
	uint8_t p[128];

	set_up(2, 2);
	port = port_of_worker(1, 2, 2000);
	wire_send(&wire, 0, p, wire_icmp_error(p, 2, port));
	(void)step(0);
	(void)step(1);
	CU_ASSERT_EQUAL(shard(0)->n_seen, 0);
	CU_ASSERT_EQUAL(shard(1)->n_seen, 1);
	CU_ASSERT_EQUAL(shard(1)->seen[0].hash, flow_hash(false, 2, port));
	tear_down();
}

static void
test_arp_is_handled_where_it_came_and_copied_to_the_others(void)
{
	uint16_t i;

	set_up(3, 3);
	send_arp(1);
	(void)step(1);
	(void)step(0);
	(void)step(2);
	for (i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL_FATAL(shard(i)->n_seen, 1);
		CU_ASSERT_EQUAL(shard(i)->seen[0].flags, i == 1 ? 0 : TG_FRAME_COPY);
		CU_ASSERT_EQUAL(shard(i)->seen[0].len, 60);
	}
	CU_ASSERT_EQUAL(
	    memcmp(shard(0)->seen[0].data, shard(1)->seen[0].data, 42), 0); /* still spares */
	CU_ASSERT_PTR_NOT_EQUAL(shard(0)->seen[0].buf, shard(1)->seen[0].buf);
	CU_ASSERT_EQUAL(wire_drain(&wire, 1, NULL), 1); /* one answer */
	CU_ASSERT_EQUAL(wire_drain(&wire, 0, NULL) + wire_drain(&wire, 2, NULL), 0);
	CU_ASSERT_EQUAL(counter(1, TG_COUNTER_STEERED_OUT), 2);
	tear_down();
}

static void
test_echo_request_stays_where_it_came(void)
{
	uint8_t p[128];

	set_up(2, 2);
	wire_send(&wire, 1, p, wire_echo(p));
	(void)step(1);
	(void)step(0);
	CU_ASSERT_EQUAL(shard(1)->n_seen, 1);
	CU_ASSERT_EQUAL(shard(0)->n_seen, 0);
	tear_down();
}

/* Spares run out before the shard's do: the magazine is filled after steering. */
static void
test_arp_storm_is_copied_as_far_as_spares_go(void)
{
	unsigned i, turns = 0;

	set_up(1, 4);
	shard(0)->mode = FAKE_SWALLOW;
	for (; turns < 20; turns++) {
		for (i = 0; i < 32; i++)
			send_arp(0);
		(void)step(0);
		CU_ASSERT_TRUE(shard(0)->spare_n >= TG_SPARE_LOW);
	}
	CU_ASSERT_EQUAL(shard(0)->n_seen, 640);
	/* The others never ran, but their rings hold 1024. */
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_STEERED_OUT) + drops(0, TG_DROP_STEER_FULL) +
			    drops(0, TG_DROP_NO_SPARE),
	    3 * 640);
	CU_ASSERT_EQUAL(drops(0, TG_DROP_STEER_FULL), 0);
	tear_down();
}

static void
test_ring_of_a_stuck_worker_full_drops_and_counts(void)
{
	uint16_t port, sent = 0;
	unsigned i;

	set_up(1, 2);
	port = port_of_worker(1, 2, 1000);
	while (sent < TG_RING_FRAMES + 64) {
		for (i = 0; i < 32; i++, sent++)
			send_tcp(0, false, 2, port);
		(void)step(0);
	}
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_STEERED_OUT), TG_RING_FRAMES);
	CU_ASSERT_EQUAL(drops(0, TG_DROP_STEER_FULL), 64);
	for (i = 0; i < TG_RING_FRAMES / 32; i++)
		(void)step(1);
	CU_ASSERT_EQUAL(counter(1, TG_COUNTER_STEERED_IN), TG_RING_FRAMES);
	/* Nobody sends for worker 1 meanwhile: its relay took what fits. */
	CU_ASSERT_EQUAL(drops(1, TG_DROP_TX_FULL), 0);
	send_tcp(0, false, 2, port);
	all->worker[0]->has_queue = false; /* keep worker 0 from receiving and sending */
	shard(1)->generate = 10;
	(void)step(1);
	CU_ASSERT_EQUAL(drops(1, TG_DROP_TX_FULL), 10);
	all->worker[0]->has_queue = true;
	tear_down();
}

static uint16_t
rss_queue(bool is_ipv6, uint16_t port)
{
	union tg_ip peer = wire_peer(is_ipv6, 2), us = wire_us(is_ipv6);

	return tg_rss_queue(&wire.port, is_ipv6, &peer, &us, tg_be16(port), tg_be16(80));
}

/* net_ring has no RSS: as if it had, with a key under which the flows below differ. */
static void
set_up_rss(void)
{
	unsigned i;

	set_up(2, 2);
	wire.port.rss = true;
	wire.port.rss_reta_size = 128;
	for (i = 0; i < TG_RSS_KEY_MAX; i++)
		wire.port.rss_key[i] = (uint8_t)(i * 37 + 11);
}

/* With RSS a segment belongs where the port put it, and an error about it must follow:
 * to where the port would have put it. */
static void
test_rss_is_trusted_for_tcp_and_followed_for_errors(void)
{
	uint16_t port, w;
	uint32_t i;
	uint8_t p[128];

	set_up_rss();
	for (port = 1000; port < 1032; port += 2) {
		send_tcp(0, false, 2, port);
		wire_send(&wire, 1, p, wire_icmp_error(p, 2, port));
	}
	(void)step(0);
	CU_ASSERT_EQUAL(shard(0)->n_seen, 16);
	CU_ASSERT_EQUAL(shard(0)->seen[0].flags, 0);
	shard(0)->n_seen = 0;
	(void)step(1);
	(void)step(0);
	CU_ASSERT_EQUAL(shard(0)->n_seen + shard(1)->n_seen, 16);
	CU_ASSERT_TRUE(shard(0)->n_seen > 0 && shard(1)->n_seen > 0);
	for (w = 0; w < 2; w++) /* the quoted destination port is that of the peer */
		for (i = 0; i < shard(w)->n_seen; i++)
			CU_ASSERT_EQUAL(
			    rss_queue(false, tg_load16(shard(w)->seen[i].data + 64)), w);
	tear_down();
}

/* IPv6 with a destination options header: the port may have hashed it otherwise. */
static void
test_rss_is_not_trusted_behind_extension_headers(void)
{
	static const uint8_t options[8] = { TG_IPPROTO_TCP, 0, 1, 4, 0, 0, 0, 0 };
	uint8_t p[128];
	uint16_t port = 1000, len;

	set_up_rss();
	while (rss_queue(true, port) != 1)
		port++;
	len = wire_tcp(p, true, 2, port);
	memmove(p + 62, p + 54, len - 54U);
	memcpy(p + 54, options, sizeof(options));
	p[20] = 60;
	tg_store16(p + 18, (uint16_t)(len - 54 + 8));
	wire_send(&wire, 0, p, (uint16_t)(len + 8));
	(void)step(0);
	(void)step(1);
	CU_ASSERT_EQUAL(shard(0)->n_seen, 0);
	CU_ASSERT_EQUAL(shard(1)->n_seen, 1);
	tear_down();
}

/* Likewise IPv4 with options, here four that do nothing. */
static void
test_rss_is_not_trusted_behind_ip_options(void)
{
	uint8_t p[128];
	uint16_t port = 1000, len;

	set_up_rss();
	while (rss_queue(false, port) != 1)
		port++;
	len = wire_tcp(p, false, 2, port);
	memmove(p + 38, p + 34, len - 34U);
	memset(p + 34, 1, 4);
	p[14] = 0x46;
	tg_store16(p + 16, (uint16_t)(len - 14 + 4));
	wire_send(&wire, 0, p, (uint16_t)(len + 4));
	(void)step(0);
	(void)step(1);
	CU_ASSERT_EQUAL(shard(0)->n_seen, 0);
	CU_ASSERT_EQUAL(shard(1)->n_seen, 1);
	tear_down();
}

static CU_TestInfo steering_tests[] = {
	{ "TCP goes to the worker of its hash", test_tcp_goes_to_the_worker_of_its_hash },
	{ "an ICMP error follows the flow it quotes",
	    test_icmp_error_goes_to_the_worker_of_the_flow_it_quotes },
	{ "ARP is handled where it came, copied to the others",
	    test_arp_is_handled_where_it_came_and_copied_to_the_others },
	{ "an echo request stays where it came", test_echo_request_stays_where_it_came },
	{ "an ARP storm is copied as far as spares go",
	    test_arp_storm_is_copied_as_far_as_spares_go },
	{ "ring of a stuck worker full: drops, counts",
	    test_ring_of_a_stuck_worker_full_drops_and_counts },
	{ "RSS is trusted for TCP, followed for errors",
	    test_rss_is_trusted_for_tcp_and_followed_for_errors },
	{ "RSS is not trusted behind extension headers",
	    test_rss_is_not_trusted_behind_extension_headers },
	{ "RSS is not trusted behind IP options", test_rss_is_not_trusted_behind_ip_options },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "steering", NULL, NULL, NULL, NULL, steering_tests },
		CU_SUITE_INFO_NULL };

	return tg_eal_tap_run(suites, NULL);
}
