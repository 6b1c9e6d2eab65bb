/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Ports brought up for real, on the driver that receives empty frames.
 */
#include <errno.h>
#include <rte_ethdev.h>
#include <stdio.h>

#include "eal.h"
#include "io/block.h"
#include "io/port_internal.h"
#include "io/worker.h"
#include "wire.h"

static struct tg_device_config dev;
static struct tg_port port;

/* Each test takes a device of its own: a closed port is gone. */
static void
use_device(const char *name)
{
	dev = (struct tg_device_config){
		.port = { .mtu = 1500 },
		.queues = { 64, 64, 0 },
		.burst = 32,
	};
	snprintf(dev.port.name, sizeof(dev.port.name), "%s", name);
}

static void
test_open_unknown_port_fails(void)
{
	use_device("net_nowhere0");
	CU_ASSERT_EQUAL(tg_port_open(&port, &dev, 1, 0), -ENODEV);
}

static void
test_open_starts_the_port_with_a_queue_per_worker(void)
{
	struct tg_port_losses losses = { 1, 1, 1 };
	uint32_t mbps = 1;

	use_device("net_null0");
	CU_ASSERT_EQUAL_FATAL(tg_port_open(&port, &dev, 2, 100), 0);
	CU_ASSERT_EQUAL(port.n_queues, 2);
	CU_ASSERT_EQUAL(port.n_workers, 2);
	CU_ASSERT_EQUAL(port.mtu, 1500);
	CU_ASSERT_TRUE(tg_port_link(&port, &mbps));
	tg_port_read_losses(&port, &losses);
	CU_ASSERT_EQUAL(losses.missed + losses.errors + losses.no_buffer, 0);
	CU_ASSERT_TRUE(port.mac[0] != 0 || port.mac[5] != 0);
	CU_ASSERT_TRUE(port.pool->size >= 2 * 128 + 100);
	tg_port_close(&port);
	CU_ASSERT_PTR_NULL(rte_mempool_lookup("tg_mbuf_0"));
}

static void
test_open_port_lacking_what_is_on_fails_and_leaves_nothing(void)
{
	use_device("net_null1");
	dev.offloads.tx_checksum = TG_CONFIG_ON;
	CU_ASSERT_EQUAL(tg_port_open(&port, &dev, 1, 0), -ENOTSUP);
	CU_ASSERT_PTR_NULL(port.pool);
	CU_ASSERT_EQUAL(rte_eth_dev_get_port_by_name("net_null1", &port.id), -ENODEV);
}

static void
test_open_without_memory_fails_and_leaves_nothing(void)
{
	use_device("net_null2");
	dev.mbufs = 1 << 20;
	CU_ASSERT_EQUAL(tg_port_open(&port, &dev, 1, 0), -ENOMEM);
	CU_ASSERT_EQUAL(rte_eth_dev_get_port_by_name("net_null2", &port.id), -ENODEV);
}

static void
test_open_with_mac_gives_it_to_the_port(void)
{
	static const uint8_t mac[6] = { 2, 0, 0, 1, 2, 3 };
	struct rte_ether_addr have;

	use_device("net_null3");
	dev.port.mac.set = true;
	memcpy(dev.port.mac.b, mac, sizeof(mac));
	CU_ASSERT_EQUAL_FATAL(tg_port_open(&port, &dev, 1, 0), 0);
	CU_ASSERT_EQUAL(memcmp(port.mac, mac, sizeof(mac)), 0);
	CU_ASSERT_EQUAL(rte_eth_macaddr_get(port.id, &have), 0);
	CU_ASSERT_EQUAL(memcmp(have.addr_bytes, mac, sizeof(mac)), 0);
	tg_port_close(&port);
}

/* This driver claims RSS and ignores the key that it is configured with. */
static void
test_open_of_a_port_that_only_claims_rss_does_without(void)
{
	use_device("net_null4");
	CU_ASSERT_EQUAL_FATAL(tg_port_open(&port, &dev, 2, 0), 0);
	CU_ASSERT_FALSE(port.rss);
	tg_port_close(&port);
	use_device("net_null5");
	dev.rss = TG_CONFIG_ON;
	CU_ASSERT_EQUAL(tg_port_open(&port, &dev, 2, 0), -ENOTSUP);
}

static void
test_settle_believes_only_what_reads_back(void)
{
	struct tg_port_plan plan = { .rss_key_bytes = 40, .rss_reta_size = 128 };
	struct rte_eth_rss_reta_entry64 reta[2] = { { .mask = UINT64_MAX },
		{ .mask = UINT64_MAX } };
	struct rte_eth_rss_conf conf = { .rss_key_len = 40, .rss_hf = TG_RSS_TYPES };
	unsigned i;

	use_device("net_null6");
	CU_ASSERT_EQUAL_FATAL(tg_port_open(&port, &dev, 2, 0), 0);
	conf.rss_key = port.rss_key;
	CU_ASSERT_EQUAL(rte_eth_dev_rss_hash_update(port.id, &conf), 0);
	CU_ASSERT_EQUAL(tg_rss_settle(&port, &plan, &dev), 0);
	CU_ASSERT_TRUE(port.rss);
	CU_ASSERT_EQUAL(port.rss_reta_size, 128);
	CU_ASSERT_EQUAL(rte_eth_dev_rss_reta_query(port.id, reta, 128), 0);
	for (i = 0; i < 128; i++)
		CU_ASSERT_EQUAL(reta[i / 64].reta[i % 64], i % 2);
	port.rss = false;
	port.rss_key[39] ^= 1;
	CU_ASSERT_EQUAL(tg_rss_settle(&port, &plan, &dev), 0);
	dev.rss = TG_CONFIG_ON;
	CU_ASSERT_EQUAL(tg_rss_settle(&port, &plan, &dev), -ENOTSUP);
	port.rss_key[39] ^= 1;
	plan.rss_reta_size = 64; /* not the table that the port has */
	CU_ASSERT_EQUAL(tg_rss_settle(&port, &plan, &dev), -ENOTSUP);
	CU_ASSERT_FALSE(port.rss);
	tg_port_close(&port);
}

static void
test_join_without_a_list_of_groups_receives_all_multicast(void)
{
	static const struct tg_net net4 = { .n_addrs = 1, .addr = { { .prefix_len = 24 } } };
	static const struct tg_net net6 = { .n_addrs = 1, .addr = { { .is_ipv6 = true } } };

	static struct wire wire;

	CU_ASSERT_TRUE_FATAL(wire_open(&wire, 1, 1, 0));
	CU_ASSERT_EQUAL(tg_port_join(&wire.port, &net4), 0);
	CU_ASSERT_EQUAL(tg_port_join(&wire.port, &net6), 0);
	CU_ASSERT_EQUAL(rte_eth_allmulticast_get(wire.port.id), 1);
	CU_ASSERT_EQUAL(wire_close(&wire), 0);
}

static void
test_clock_counts_nanoseconds_forward(void)
{
	uint64_t tsc = rte_rdtsc(), hz = rte_get_tsc_hz();
	tg_time_t a = tg_clock_ns(), b = tg_clock_ns();

	CU_ASSERT_TRUE(a <= b);
	CU_ASSERT_TRUE(a / TG_NS_PER_SEC - tsc / hz <= 1);
}

static void
test_block_is_zeroed_aligned_and_freed_once(void)
{
	struct tg_numa_block block;
	const uint8_t *p;
	size_t i;

	CU_ASSERT_TRUE_FATAL(tg_numa_alloc(&block, 100000, 0));
	p = block.p;
	CU_ASSERT_EQUAL((uintptr_t)p % 64, 0);
	CU_ASSERT_TRUE(block.bytes >= 100000);
	for (i = 0; i < block.bytes && p[i] == 0; i++)
		continue;
	CU_ASSERT_EQUAL(i, block.bytes);
	tg_numa_free(&block);
	CU_ASSERT_PTR_NULL(block.p);
	tg_numa_free(&block);
}

static CU_TestInfo port_tests[] = {
	{ "open of an unknown port fails", test_open_unknown_port_fails },
	{ "open starts the port, a queue per worker",
	    test_open_starts_the_port_with_a_queue_per_worker },
	{ "open of a port lacking what is on fails",
	    test_open_port_lacking_what_is_on_fails_and_leaves_nothing },
	{ "open without memory fails", test_open_without_memory_fails_and_leaves_nothing },
	{ "open with mac gives it to the port", test_open_with_mac_gives_it_to_the_port },
	{ "open of a port that only claims RSS does without",
	    test_open_of_a_port_that_only_claims_rss_does_without },
	{ "settle believes only what reads back", test_settle_believes_only_what_reads_back },
	{ "join without a list of groups: all multicast",
	    test_join_without_a_list_of_groups_receives_all_multicast },
	{ "clock counts nanoseconds forward", test_clock_counts_nanoseconds_forward },
	{ "block is zeroed, aligned, freed once", test_block_is_zeroed_aligned_and_freed_once },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	static const char *const vdevs[] = { "--vdev=net_null0", "--vdev=net_null1",
		"--vdev=net_null2", "--vdev=net_null3", "--vdev=net_null4", "--vdev=net_null5",
		"--vdev=net_null6", NULL };
	CU_SuiteInfo suites[] = { { "port", NULL, NULL, NULL, NULL, port_tests },
		CU_SUITE_INFO_NULL };

	return tg_eal_tap_run(suites, vdevs);
}
