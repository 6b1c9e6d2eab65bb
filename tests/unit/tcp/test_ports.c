/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Ports of active opens, RFC 6056.
 */
#include "packet/flow_hash.h"
#include "tcp/ports.h"

#include "fixture.h"

#define SHARDS 4

static struct tg_tcp_ports ports;
static const be16_t http = 0x5000; /* port 80 in wire order */

static union tg_ip
server(uint32_t i)
{
	return (union tg_ip){ .v4 = tg_be32(0xc6120000 + i) };
}

static uint16_t
next_to(uint32_t i)
{
	union tg_ip remote = server(i);

	return tg_host16(tg_tcp_ports_next(&fx.tcp, &ports, 0, &remote, http));
}

static uint32_t
shard_of(uint32_t to, uint16_t port)
{
	union tg_ip remote = server(to);

	return tg_flow_shard(tg_flow_hash(&fx.config.secrets.flow, false, &remote,
				 &fx.endpoint[0].ip, http, tg_be16(port)),
	    SHARDS);
}

static void
test_ports_go_through_the_whole_range_before_one_comes_again(void)
{
	bool seen[100] = { false };
	uint32_t i, first;

	tg_tcp_ports_init(&ports, 50000, 50099, 0, 1);
	first = next_to(1);
	seen[first - 50000] = true;
	for (i = 1; i < 100; i++) {
		uint32_t port = next_to(1);

		FX_TRUE(port >= 50000 && port <= 50099, "in range");
		FX_EQUAL(port, 50000 + (first - 50000 + i) % 100);
		FX_TRUE(!seen[port - 50000], "once");
		seen[port - 50000] = true;
	}
	FX_EQUAL(next_to(1), first);
}

/* The largest range, and one of a single port. */
static void
test_ports_of_any_range_stay_inside(void)
{
	static const struct {
		uint16_t first, last;
	} rows[] = { { 1, 65535 }, { TG_PORTS_FIRST, TG_PORTS_LAST }, { 65535, 65535 }, { 1, 1 } };
	uint32_t i, n;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		tg_tcp_ports_init(&ports, rows[i].first, rows[i].last, 0, 1);
		for (n = 0; n < 70000; n++) {
			uint16_t port = next_to(n & 3);

			if (port < rows[i].first || port > rows[i].last)
				FX_TRUE(false, "in range");
		}
	}
}

/* Algorithm 4: the first port depends on the key and on the server. */
static void
test_ports_begin_where_only_the_key_tells(void)
{
	uint16_t mine[32];
	uint32_t i, same = 0, near = 0;

	for (i = 0; i < TG_ARRAY_LEN(mine); i++) {
		tg_tcp_ports_init(&ports, TG_PORTS_FIRST, TG_PORTS_LAST, 0, 1);
		mine[i] = next_to(i);
		near += i != 0 && mine[i] - mine[i - 1] < 64 && mine[i - 1] - mine[i] < 64;
	}
	fx.config.secrets.ports.k[1] ^= 1;
	for (i = 0; i < TG_ARRAY_LEN(mine); i++) {
		tg_tcp_ports_init(&ports, TG_PORTS_FIRST, TG_PORTS_LAST, 0, 1);
		same += next_to(i) == mine[i];
	}
	FX_TRUE(near <= 2, "one server tells nothing of the next");
	FX_EQUAL(same, 0);
}

/* Algorithm 3 has one counter for all, which each server could watch. */
static void
test_ports_to_other_servers_move_other_counters(void)
{
	uint32_t i, moved = 0;
	uint16_t before;

	tg_tcp_ports_init(&ports, TG_PORTS_FIRST, TG_PORTS_LAST, 0, 1);
	before = next_to(0);
	for (i = 1; i <= 1000; i++)
		next_to(i);
	moved = (uint16_t)(next_to(0) - before - 1) % 16384;
	FX_TRUE(moved < 100, "a 64th of them, more or less");
}

static void
test_ports_in_use_are_skipped(void)
{
	union tg_ip remote = server(1);
	uint32_t used[4], n, i;

	tg_tcp_ports_init(&ports, 50000, 50007, 0, 1);
	for (n = 0; n < 4; n++) {
		used[n] = next_to(1);
		FX_TRUE(tg_tcp_connect(&fx.tcp, 0, &remote, http, tg_be16((uint16_t)used[n]),
			    fx.now) != TG_HANDLE_NONE,
		    "connected");
	}
	for (i = 0; i < 40; i++) {
		uint32_t port = next_to(1);

		for (n = 0; n < 4; n++)
			FX_TRUE(port != used[n], "free");
	}
	FX_EQUAL(fx_counter(TG_COUNTER_PORTS_EXHAUSTED), 0);
	FX_TRUE(next_to(2) != 0, "another server has its own");
}

static void
test_ports_all_in_use_are_counted_as_exhausted(void)
{
	union tg_ip remote = server(1);
	uint32_t n;

	tg_tcp_ports_init(&ports, 50000, 50003, 0, 1);
	for (n = 0; n < 4; n++)
		tg_tcp_connect(&fx.tcp, 0, &remote, http, tg_be16(next_to(1)), fx.now);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_SENT), 4);
	FX_EQUAL(next_to(1), 0);
	FX_EQUAL(fx_counter(TG_COUNTER_PORTS_EXHAUSTED), 1);
}

/* The answers come home: and the shards share the range without a word. */
static void
test_ports_lead_back_to_their_shard(void)
{
	bool seen[1000] = { false };
	uint32_t shard, i, n = 0;

	for (shard = 0; shard < SHARDS; shard++) {
		tg_tcp_ports_init(&ports, 50000, 50999, shard, SHARDS);
		for (i = 0; i < 1000; i++) {
			uint16_t port = next_to(7);

			if (shard_of(7, port) != shard)
				FX_TRUE(false, "steered elsewhere");
			n += !seen[port - 50000];
			seen[port - 50000] = true;
		}
	}
	FX_EQUAL(n, 1000);
	FX_EQUAL(fx_counter(TG_COUNTER_PORTS_EXHAUSTED), 0);
}

/* A shard to which no port of the range leads gives up, and soon. */
static void
test_ports_that_lead_nowhere_end_the_search(void)
{
	uint32_t shard;

	for (shard = 0; shard < SHARDS; shard++) {
		tg_tcp_ports_init(&ports, 50000, 50000, shard, SHARDS);
		FX_EQUAL(next_to(7) != 0, shard_of(7, 50000) == shard);
	}
	FX_EQUAL(fx_counter(TG_COUNTER_PORTS_EXHAUSTED), SHARDS - 1);
}

static void
test_ports_over_ipv6_open_a_connection(void)
{
	union tg_ip remote = { .b = { 0x20, 1, 0x0d, 0xb8, [15] = 1 } };
	be16_t port;

	tg_tcp_ports_init(&ports, TG_PORTS_FIRST, TG_PORTS_LAST, 0, 1);
	port = tg_tcp_ports_next(&fx.tcp, &ports, 1, &remote, http);
	FX_TRUE(tg_host16(port) >= TG_PORTS_FIRST, "in range");
	FX_TRUE(
	    tg_tcp_connect(&fx.tcp, 1, &remote, http, port, fx.now) != TG_HANDLE_NONE, "connected");
}

static CU_TestInfo tests[] = {
	{ "the whole range before one comes again",
	    test_ports_go_through_the_whole_range_before_one_comes_again },
	{ "any range: inside", test_ports_of_any_range_stay_inside },
	{ "begin where only the key tells", test_ports_begin_where_only_the_key_tells },
	{ "to other servers: other counters", test_ports_to_other_servers_move_other_counters },
	{ "in use: skipped", test_ports_in_use_are_skipped },
	{ "all in use: counted as exhausted", test_ports_all_in_use_are_counted_as_exhausted },
	{ "lead back to their shard", test_ports_lead_back_to_their_shard },
	{ "none that leads here: the search ends", test_ports_that_lead_nowhere_end_the_search },
	{ "over IPv6", test_ports_over_ipv6_open_a_connection },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp ports", tests);
}
