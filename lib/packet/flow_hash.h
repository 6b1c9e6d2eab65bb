/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Flow hash: which shard and which bucket a flow belongs to.
 *
 * Keyed SipHash-1-3 of the tuple as its receiver sees it (source is the peer),
 * so that an attacker can neither aim at one shard nor at one bucket. The top bits
 * name the shard; what the flow table makes of the others, flowtable/flowtable.h says.
 */
#ifndef TG_PACKET_FLOW_HASH_H
#define TG_PACKET_FLOW_HASH_H

#include "crypto/siphash_lanes.h"
#include "packet/packet.h"

/* Hash of one tuple; remote is the peer, local is us; ports in wire order. */
uint32_t tg_flow_hash(const struct tg_siphash_key *key, bool is_ipv6, const union tg_ip *remote,
    const union tg_ip *local, be16_t rport, be16_t lport);

/* Tuples of segments of one family, by word as they stand on the wire, to hash many at once
 * (crypto/siphash_lanes.h). */
#define TG_TUPLES_MAX 32
_Static_assert(TG_TUPLES_MAX % TG_SIPHASH_LANES == 0, "rows end with a register");

struct tg_tuples {
	bool is_ipv6;
	uint32_t n;
	/* IPv4: remote and local address in one row. IPv6: the halves of either, remote first. */
	uint64_t addr[4][TG_TUPLES_MAX];
	uint64_t head[TG_TUPLES_MAX]; /* the first eight bytes of the TCP header */
};

/* Rows of addresses. */
static inline uint32_t
tg_tuples_addr_rows(const struct tg_tuples *t)
{
	return t->is_ipv6 ? 4 : 1;
}

/* Writes tg_flow_hash of each tuple to hash[0] up to hash[t->n - 1]. width: what the
 * processor has. */
void tg_flow_hash_tuples(const struct tg_siphash_key *key, enum tg_siphash_width width,
    const struct tg_tuples *t, uint32_t *hash);

/* What steering does with a received frame. */
enum tg_steer {
	TG_STEER_HASH, /* *hash names its shard */
	TG_STEER_ALL,  /* every shard must see it: ARP, neighbour discovery, MLD */
	TG_STEER_HERE, /* the receiving worker handles it: echo, anything malformed */
};

/* Looks just far enough into a received frame to say which shard it belongs to:
 * the tuple of a TCP segment, or of the TCP packet that an ICMP error quotes
 * (swapped, so that it meets the same shard). Trusts nothing and checks no
 * checksum; a frame it cannot read is TG_STEER_HERE and is dropped by
 * tg_packet_parse there. hash: out, written with TG_STEER_HASH only. */
enum tg_steer tg_flow_steer(
    const struct tg_siphash_key *key, const struct tg_frame *frame, uint32_t *hash);

/* The shard of n that a hash names. */
static inline uint32_t
tg_flow_shard(uint32_t hash, uint32_t n_shards)
{
	return (uint32_t)((uint64_t)hash * n_shards >> 32);
}

#endif
