/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/flow_hash.h"

#include "packet/parse.h"

enum icmp6_type {
	ICMP6_MLD_QUERY = 130,
	ICMP6_ROUTER_SOLICITATION = 133, /* the first of neighbour discovery, RFC 4861 */
	ICMP6_REDIRECT = 137,            /* the last */
};

/* The two families hash inputs of different lengths, and SipHash takes the length in:
 * no tuple of one equals a tuple of the other. */
struct tuple4 {
	be32_t remote, local;
	be16_t rport, lport;
};
_Static_assert(sizeof(struct tuple4) == 12, "hashed as bytes");

struct tuple6 {
	union tg_ip remote, local;
	be16_t rport, lport;
};
#define TUPLE6_BYTES 36 /* without the padding at the end */
_Static_assert(offsetof(struct tuple6, lport) == TUPLE6_BYTES - 2, "hashed as bytes");

uint32_t
tg_flow_hash(const struct tg_siphash_key *key, bool is_ipv6, const union tg_ip *remote,
    const union tg_ip *local, be16_t rport, be16_t lport)
{
	if (is_ipv6) {
		struct tuple6 t = { *remote, *local, rport, lport };

		return (uint32_t)tg_siphash13(key, &t, TUPLE6_BYTES);
	} else {
		struct tuple4 t = { remote->v4, local->v4, rport, lport };

		return (uint32_t)tg_siphash13(key, &t, sizeof(t));
	}
}

void
tg_flow_hash_tuples(const struct tg_siphash_key *key, enum tg_siphash_width width,
    const struct tg_tuples *t, uint32_t *hash)
{
	size_t bytes = t->is_ipv6 ? TUPLE6_BYTES : sizeof(struct tuple4);
	uint64_t end[TG_TUPLES_MAX], out[TG_TUPLES_MAX];
	const uint64_t *word4[] = { t->addr[0], end };
	const uint64_t *word6[] = { t->addr[0], t->addr[1], t->addr[2], t->addr[3], end };
	uint32_t i;

	for (i = 0; i < t->n; i++)
		end[i] = tg_siphash_end((uint32_t)t->head[i], bytes);
	tg_siphash13_lanes(
	    key, width, t->is_ipv6 ? word6 : word4, tg_tuples_addr_rows(t) + 1, t->n, out);
	for (i = 0; i < t->n; i++)
		hash[i] = (uint32_t)out[i];
}

static enum tg_steer
steer_tcp(const struct tg_siphash_key *key, const struct tg_frame *frame,
    const struct tg_packet *pkt, uint32_t *hash)
{
	be16_t port[2]; /* source, destination */

	if (pkt->l4_len < TG_TCP_HEADER_BYTES)
		return TG_STEER_HERE;
	memcpy(port, frame->data + pkt->l4_off, sizeof(port));
	*hash = tg_flow_hash(key, pkt->is_ipv6, &pkt->src, &pkt->dst, port[0], port[1]);
	return TG_STEER_HASH;
}

/* An error goes where the segment it quotes came from: we are its source. */
static enum tg_steer
steer_quote(const struct tg_siphash_key *key, const struct tg_frame *frame,
    const struct tg_packet *pkt, uint32_t *hash)
{
	struct tg_quote q;

	if (!tg_packet_parse_quote(frame, pkt, &q))
		return TG_STEER_HERE;
	*hash = tg_flow_hash(key, q.is_ipv6, &q.dst, &q.src, q.dport, q.sport);
	return TG_STEER_HASH;
}

static enum tg_steer
steer_icmp6(const struct tg_siphash_key *key, const struct tg_frame *frame,
    const struct tg_packet *pkt, uint32_t *hash)
{
	uint8_t type;

	if (pkt->l4_len == 0)
		return TG_STEER_HERE;
	type = frame->data[pkt->l4_off];
	if (type == ICMP6_MLD_QUERY ||
	    (type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_REDIRECT))
		return TG_STEER_ALL;
	return steer_quote(key, frame, pkt, hash);
}

enum tg_steer
tg_flow_steer(const struct tg_siphash_key *key, const struct tg_frame *frame, uint32_t *hash)
{
	struct tg_packet pkt;

	/* NONE: a checksum is verified once, where the frame is handled. */
	if (tg_parse_l3(frame, TG_RX_CSUM_NONE, &pkt) != TG_DROP_NONE)
		return TG_STEER_HERE;
	switch (pkt.kind) {
	case TG_PACKET_TCP:
		return steer_tcp(key, frame, &pkt, hash);
	case TG_PACKET_ICMP4:
		return steer_quote(key, frame, &pkt, hash);
	case TG_PACKET_ICMP6:
		return steer_icmp6(key, frame, &pkt, hash);
	case TG_PACKET_ARP:
		break;
	}
	return TG_STEER_ALL;
}
