/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The bare responder: what answering a SYN costs at least. It verifies both checksums, takes the
 * sequence number from SipHash of the tuple, turns the frame round with its options as they came,
 * and keeps nothing: no ARP, no options, no listeners, no counters. One port, one queue, IPv4.
 *
 *   responder [EAL arguments]
 */
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "crypto/siphash.h"
#include "packet/checksum.h"
#include "packet/packet.h"

#define BURST       64
#define DESCRIPTORS 1024
#define BUFFERS     8191
#define CACHE       256
#define TX_TRIES    64
#define IP          TG_ETH_HEADER_BYTES
#define TCP         (IP + TG_IP4_HEADER_BYTES)

static const struct tg_siphash_key key = { { 1, 2 } };
static _Atomic bool ending;

static void
swap(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t t[8];

	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

static uint64_t
tcp_sum(const uint8_t *p, uint32_t len)
{
	union tg_ip src = { 0 }, dst = { 0 };

	memcpy(&src.v4, p + IP + 12, 4);
	memcpy(&dst.v4, p + IP + 16, 4);
	return tg_checksum_add(
	    tg_checksum_pseudo(false, &src, &dst, TG_IPPROTO_TCP, len), p + TCP, len);
}

static bool
is_good_syn(const uint8_t *p, uint32_t len, uint32_t tcp_len)
{
	return len >= TCP + TG_TCP_HEADER_BYTES && tcp_len <= len - TCP &&
	       tg_load16(p + 12) == TG_ETHERTYPE_IP4 && p[IP] == 0x45 &&
	       p[IP + 9] == TG_IPPROTO_TCP && p[TCP + 13] == TG_TCP_SYN &&
	       tg_checksum_fold(tg_checksum_add(0, p + IP, TG_IP4_HEADER_BYTES)) == 0 &&
	       tg_checksum_fold(tcp_sum(p, tcp_len)) == 0;
}

/* Turns a SYN into its SYN-ACK; false: it was none. */
static bool
respond(uint8_t *p, uint32_t len)
{
	uint32_t tcp_len = tg_load16(p + IP + 2) - (uint32_t)TG_IP4_HEADER_BYTES, seq;
	uint8_t block[16];
	be16_t csum;

	if (!is_good_syn(p, len, tcp_len))
		return false;
	seq = tg_load32(p + TCP + 4);
	memcpy(block, p + IP + 12, 8);
	memcpy(block + 8, p + TCP, 4);
	memcpy(block + 12, &seq, 4);
	swap(p, p + 6, 6);
	swap(p + IP + 12, p + IP + 16, 4); /* the sum of the header stays */
	swap(p + TCP, p + TCP + 2, 2);
	tg_store32(p + TCP + 4, (uint32_t)tg_siphash24(&key, block, sizeof(block)));
	tg_store32(p + TCP + 8, seq + 1);
	p[TCP + 13] = TG_TCP_SYN | TG_TCP_ACK;
	tg_store16(p + TCP + 16, 0);
	csum = tg_checksum_fold(tcp_sum(p, tcp_len));
	memcpy(p + TCP + 16, &csum, sizeof(csum));
	return true;
}

static void
send_all(uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	uint16_t sent = 0, part;
	uint32_t tries = 0;

	while (sent < n && tries < TX_TRIES) {
		part = rte_eth_tx_burst(port, 0, m + sent, (uint16_t)(n - sent));
		sent = (uint16_t)(sent + part);
		tries = part == 0 ? tries + 1 : 0;
	}
	rte_pktmbuf_free_bulk(m + sent, (unsigned)(n - sent));
}

static void
run(uint16_t port)
{
	struct rte_mbuf *m[BURST];
	uint16_t n, i, good;

	while (!atomic_load_explicit(&ending, memory_order_relaxed)) {
		n = rte_eth_rx_burst(port, 0, m, BURST);
		for (i = 0; i < n; i++)
			rte_prefetch0(rte_pktmbuf_mtod(m[i], void *));
		for (i = 0, good = 0; i < n; i++) {
			if (respond(rte_pktmbuf_mtod(m[i], uint8_t *), m[i]->data_len))
				m[good++] = m[i];
			else
				rte_pktmbuf_free(m[i]);
		}
		if (good != 0)
			send_all(port, m, good);
	}
}

/* Opens the one port there is. */
static int
open_port(uint16_t port)
{
	struct rte_eth_conf conf = { .rxmode = { .mq_mode = RTE_ETH_MQ_RX_NONE } };
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
	    "responder", BUFFERS, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	int rc;

	if (pool == NULL)
		return -ENOMEM;
	rc = rte_eth_dev_configure(port, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(
		    port, 0, DESCRIPTORS, (unsigned)rte_eth_dev_socket_id(port), NULL, pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(
		    port, 0, DESCRIPTORS, (unsigned)rte_eth_dev_socket_id(port), NULL);
	return rc == 0 ? rte_eth_dev_start(port) : rc;
}

static void
end(int signo)
{
	(void)signo;
	atomic_store_explicit(&ending, true, memory_order_relaxed);
}

int
main(int argc, char **argv)
{
	uint16_t port = 0;
	int rc;

	if (rte_eal_init(argc, argv) < 0)
		return 1;
	rc = rte_eth_dev_count_avail() == 1 ? open_port(port) : -ENODEV;
	if (rc < 0) {
		fprintf(stderr, "responder: the port does not start: %s\n", rte_strerror(-rc));
		return 1;
	}
	signal(SIGTERM, end);
	signal(SIGINT, end);
	puts("responder: ready");
	fflush(stdout);
	run(port);
	rte_eth_dev_stop(port);
	rte_eth_dev_close(port);
	rte_eal_cleanup();
	return 0;
}
