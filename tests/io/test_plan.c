/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What is decided about a port from its capabilities and its driver; no EAL.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "io/log.h"
#include "io/port_internal.h"
#include "tap.h"

#define RX_BOTH (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM)
#define TX_BOTH (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
#define BOTH    (TG_OFFLOAD_IP_CSUM | TG_OFFLOAD_L4_CSUM)

static struct tg_device_config dev;
static struct rte_eth_dev_info info;
static struct tg_port_plan plan;

/* A port that has everything, and a configuration that asks for what there is. */
static void
set_up(void)
{
	dev = (struct tg_device_config){
		.port = { .name = "net_test0", .mtu = 1500 },
		.queues = { 1024, 512, 0 },
		.burst = 32,
	};
	info = (struct rte_eth_dev_info){
		.driver_name = "net_test",
		.min_mtu = 68,
		.max_mtu = 9200,
		.max_rx_pktlen = 9222,
		.max_rx_queues = 8,
		.max_tx_queues = 16,
		.rx_offload_capa = RX_BOTH,
		.tx_offload_capa = TX_BOTH | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE,
		.reta_size = 128,
		.hash_key_size = 40,
		.flow_type_rss_offloads = TG_RSS_TYPES,
	};
}

static void
test_queues_are_the_least_of_workers_rx_tx_and_configuration(void)
{
	static const struct {
		uint16_t workers, rx, tx, max, want;
	} c[] = {
		{ 4, 8, 16, 0, 4 },
		{ 16, 8, 16, 0, 8 },
		{ 16, 16, 6, 0, 6 },
		{ 4, 8, 16, 2, 2 },
		{ 1, 8, 16, 5, 1 },
	};
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(c); i++) {
		set_up();
		info.max_rx_queues = c[i].rx;
		info.max_tx_queues = c[i].tx;
		dev.queues.max_queues = c[i].max;
		CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, c[i].workers), 0);
		CU_ASSERT_EQUAL(plan.n_queues, c[i].want);
	}
}

static void
test_port_without_a_tx_queue_is_refused(void)
{
	set_up();
	info.max_tx_queues = 0;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 2), -ENODEV);
}

static void
test_mtu_within_bounds_is_taken(void)
{
	set_up();
	dev.port.mtu = 9200;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), 0);
	CU_ASSERT_EQUAL(plan.mtu, 9200);
	CU_ASSERT_EQUAL(plan.rx_desc, 1024);
	CU_ASSERT_EQUAL(plan.tx_desc, 512);
}

static void
test_mtu_above_the_ports_is_lowered(void)
{
	set_up();
	info.max_mtu = 1600;
	dev.port.mtu = 9000;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), 0);
	CU_ASSERT_EQUAL(plan.mtu, 1600);
}

/* A port that names no MTU is bound by its frame, as ethdev checks it. */
static void
test_mtu_above_what_a_frame_holds_is_lowered(void)
{
	set_up();
	info.max_mtu = UINT16_MAX;
	info.max_rx_pktlen = 1522;
	dev.port.mtu = 9000;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), 0);
	CU_ASSERT_EQUAL(plan.mtu, 1504);
}

static void
test_mtu_below_the_ports_is_refused(void)
{
	set_up();
	info.min_mtu = 600;
	dev.port.mtu = 599;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), -EINVAL);
	dev.port.mtu = 600;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), 0);
}

static void
test_checksums_auto_takes_each_that_the_port_has(void)
{
	set_up();
	info.rx_offload_capa = RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	info.tx_offload_capa = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), 0);
	CU_ASSERT_EQUAL(plan.rx_offload, TG_OFFLOAD_L4_CSUM);
	CU_ASSERT_EQUAL(plan.rx_flags, RTE_ETH_RX_OFFLOAD_TCP_CKSUM);
	CU_ASSERT_EQUAL(plan.tx_offload, TG_OFFLOAD_IP_CSUM);
	CU_ASSERT_EQUAL(plan.tx_flags, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM);
}

static void
test_checksums_off_takes_none(void)
{
	set_up();
	dev.offloads.rx_checksum = TG_CONFIG_OFF;
	dev.offloads.tx_checksum = TG_CONFIG_OFF;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), 0);
	CU_ASSERT_EQUAL(plan.rx_offload | plan.tx_offload, 0);
	CU_ASSERT_EQUAL(plan.rx_flags, 0);
	CU_ASSERT_EQUAL(plan.tx_flags, RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
}

static void
test_checksums_on_needs_both(void)
{
	set_up();
	dev.offloads.rx_checksum = TG_CONFIG_ON;
	dev.offloads.tx_checksum = TG_CONFIG_ON;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), 0);
	CU_ASSERT_EQUAL(plan.rx_offload, BOTH);
	CU_ASSERT_EQUAL(plan.tx_offload, BOTH);
	info.tx_offload_capa = RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), -ENOTSUP);
	info.tx_offload_capa = TX_BOTH;
	info.rx_offload_capa = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), -ENOTSUP);
}

static void
test_rss_auto_is_asked_for_where_the_port_has_all_of_it(void)
{
	set_up();
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 2), 0);
	CU_ASSERT_EQUAL(plan.rss_key_bytes, 40);
	CU_ASSERT_EQUAL(plan.rss_reta_size, 128);
	info.hash_key_size = 52;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 2), 0);
	CU_ASSERT_EQUAL(plan.rss_key_bytes, 52);
	info.hash_key_size = 0; /* not said: the usual length */
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 2), 0);
	CU_ASSERT_EQUAL(plan.rss_key_bytes, 40);
}

static void
lack_queues(void)
{
	info.max_rx_queues = 1;
}

static void
lack_ipv6(void)
{
	info.flow_type_rss_offloads = RTE_ETH_RSS_NONFRAG_IPV4_TCP;
}

static void
lack_reta(void)
{
	info.reta_size = 0;
}

static void
lack_long_key(void)
{
	info.hash_key_size = 16;
}

static void
lack_short_key(void)
{
	info.hash_key_size = 128;
}

static void
test_rss_lacking_anything_is_done_without_unless_on(void)
{
	static void (*const lack[])(
	    void) = { lack_queues, lack_ipv6, lack_reta, lack_long_key, lack_short_key };
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(lack); i++) {
		set_up();
		lack[i]();
		CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 2), 0);
		CU_ASSERT_EQUAL(plan.rss_key_bytes, 0);
		dev.rss = TG_CONFIG_ON;
		CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 2), -ENOTSUP);
	}
}

static void
test_rss_is_not_asked_for_when_off_or_alone(void)
{
	set_up();
	dev.rss = TG_CONFIG_OFF;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 2), 0);
	CU_ASSERT_EQUAL(plan.rss_key_bytes, 0);
	dev.rss = TG_CONFIG_ON;
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), 0);
	CU_ASSERT_EQUAL(plan.rss_key_bytes, 0);
}

static union tg_ip
ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (union tg_ip){ .b = { a, b, c, d } };
}

static union tg_ip
ip6(uint16_t a, uint16_t b, uint16_t c, uint16_t d, uint16_t e, uint16_t f, uint16_t g, uint16_t h)
{
	uint16_t w[8] = { a, b, c, d, e, f, g, h };
	union tg_ip ip;
	unsigned i;

	for (i = 0; i < 8; i++)
		tg_store16(&ip.b[2 * i], w[i]);
	return ip;
}

/* Microsoft's "Verifying the RSS Hash Calculation": with a table and a number of queues
 * of 2^16 - 1 or more the queue shows the hash. */
static const uint8_t known_key[40] = { 0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
	0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77,
	0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa };

static void
test_rss_queue_of_known_tuples_follows_the_known_hash(void)
{
	struct tg_port port = { .n_queues = 4, .rss = true, .rss_reta_size = 128 };
	union tg_ip r4 = ip4(66, 9, 149, 187), l4 = ip4(161, 142, 100, 80);
	union tg_ip r6 = ip6(0x3ffe, 0x2501, 0x200, 0x1fff, 0, 0, 0, 7);
	union tg_ip l6 = ip6(0x3ffe, 0x2501, 0x200, 3, 0, 0, 0, 1);
	uint16_t q4, q6;

	memcpy(port.rss_key, known_key, sizeof(known_key));
	q4 = tg_rss_queue(&port, false, &r4, &l4, tg_be16(2794), tg_be16(1766));
	CU_ASSERT_EQUAL(q4, 0x51ccc178 % 128 % 4);
	q6 = tg_rss_queue(&port, true, &r6, &l6, tg_be16(2794), tg_be16(1766));
	CU_ASSERT_EQUAL(q6, 0x40207d3d % 128 % 4);
	port.rss_reta_size = 65521; /* a prime: every bit of the hash counts */
	port.n_queues = UINT16_MAX;
	q4 = tg_rss_queue(&port, false, &r4, &l4, tg_be16(2794), tg_be16(1766));
	CU_ASSERT_EQUAL(q4, 0x51ccc178 % 65521);
	q6 = tg_rss_queue(&port, true, &r6, &l6, tg_be16(2794), tg_be16(1766));
	CU_ASSERT_EQUAL(q6, 0x40207d3d % 65521);
}

static void
test_pool_counts_queues_workers_rings_and_held_frames(void)
{
	uint32_t one, two, more;

	set_up();
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 1), 0);
	one = tg_pool_count(&plan, 1, 0);
	CU_ASSERT_EQUAL(tg_pool_count(&plan, 1, 5000), one + 5000);
	CU_ASSERT_TRUE(one >= 2 * (1024 + 512));
	CU_ASSERT_EQUAL(tg_port_plan(&plan, &dev, &info, 2), 0);
	two = tg_pool_count(&plan, 2, 0);
	CU_ASSERT_TRUE(two > one + 1024 + 512);
	plan.n_queues = 1; /* the second worker sends through a ring, which holds frames too */
	more = tg_pool_count(&plan, 2, 0);
	CU_ASSERT_TRUE(more + 1024 + 512 > two);
}

static unsigned handled;

static void
on_signal(int signo)
{
	(void)signo;
	handled++;
}

/* Installs a handler for SIGRTMIN, blocked or not, tells about a port of that driver and
 * raises the signal twice. Returns whether it is queued. */
static bool
queues_signals(const char *driver, int how)
{
	const struct sigaction count = { .sa_handler = on_signal };
	const union sigval value = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaction(SIGRTMIN, &count, NULL);
	pthread_sigmask(how, &set, NULL);
	set_up();
	info.driver_name = driver;
	tg_tap_ignore_signals(&info);
	handled = 0;
	CU_ASSERT_EQUAL(sigqueue(getpid(), SIGRTMIN, value), 0);
	CU_ASSERT_EQUAL(sigqueue(getpid(), SIGRTMIN, value), 0);
	sigpending(&set);
	return sigismember(&set, SIGRTMIN) == 1;
}

static void
test_signals_of_tap_are_neither_queued_nor_handled_where_blocked(void)
{
	CU_ASSERT_FALSE(queues_signals("net_tap", SIG_BLOCK));
	CU_ASSERT_EQUAL(handled, 0);
	CU_ASSERT_FALSE(queues_signals("net_tap", SIG_UNBLOCK));
	CU_ASSERT_EQUAL(handled, 2); /* whoever does not block them wants them */
}

static void
test_signals_are_left_alone_for_other_drivers(void)
{
	CU_ASSERT_TRUE(queues_signals("net_test", SIG_BLOCK));
	CU_ASSERT_EQUAL(handled, 0);
}

static CU_TestInfo plan_tests[] = {
	{ "queues are the least of what all have",
	    test_queues_are_the_least_of_workers_rx_tx_and_configuration },
	{ "a port without a TX queue is refused", test_port_without_a_tx_queue_is_refused },
	{ "an MTU within bounds is taken", test_mtu_within_bounds_is_taken },
	{ "an MTU above the port's is lowered", test_mtu_above_the_ports_is_lowered },
	{ "an MTU above what a frame holds is lowered",
	    test_mtu_above_what_a_frame_holds_is_lowered },
	{ "an MTU below the port's is refused", test_mtu_below_the_ports_is_refused },
	{ "checksums auto takes each there is", test_checksums_auto_takes_each_that_the_port_has },
	{ "checksums off takes none", test_checksums_off_takes_none },
	{ "checksums on needs both", test_checksums_on_needs_both },
	{ "RSS auto is asked for where complete",
	    test_rss_auto_is_asked_for_where_the_port_has_all_of_it },
	{ "RSS lacking anything is done without unless on",
	    test_rss_lacking_anything_is_done_without_unless_on },
	{ "RSS is not asked for when off or alone", test_rss_is_not_asked_for_when_off_or_alone },
	{ "RSS queue of known tuples follows the known hash",
	    test_rss_queue_of_known_tuples_follows_the_known_hash },
	{ "pool counts queues, workers, rings and held frames",
	    test_pool_counts_queues_workers_rings_and_held_frames },
	{ "signals of tap are neither queued nor handled",
	    test_signals_of_tap_are_neither_queued_nor_handled_where_blocked },
	{ "signals are left alone for other drivers",
	    test_signals_are_left_alone_for_other_drivers },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "plan", NULL, NULL, NULL, NULL, plan_tests },
		CU_SUITE_INFO_NULL };

	rte_log_set_level(tg_io_logtype, RTE_LOG_EMERG); /* refusals are the subject here */
	return tg_tap_run(suites);
}
