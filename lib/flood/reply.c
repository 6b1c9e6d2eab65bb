/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Replies: told from other frames, counted by kind, checked and completed as samples.
 */
#include "flood/flood_internal.h"
#include "packet/checksum.h"

#define IP4_AT    TG_ETH_HEADER_BYTES
#define IP6_AT    TG_ETH_HEADER_BYTES
#define KIND_MASK (TG_TCP_SYN | TG_TCP_ACK | TG_TCP_RST | TG_TCP_FIN)

static be32_t
load_be32(const uint8_t *p)
{
	be32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool
is_source(const struct tg_flood *f, be32_t address)
{
	return (address & f->source_mask) == f->source_base;
}

static bool
is_port(const struct tg_flood *f, const uint8_t *p)
{
	be16_t port;

	memcpy(&port, p, sizeof(port));
	return port == f->config->port;
}

/* Whether a frame comes from the target to a source of ours, as far as the headers without
 * options say. */
static bool
is_reply4(const struct tg_flood *f, const uint8_t *p, uint32_t len)
{
	return len >= IP4_AT + TG_IP4_HEADER_BYTES + TG_TCP_HEADER_BYTES &&
	       tg_load16(p + 12) == TG_ETHERTYPE_IP4 && p[IP4_AT] == 0x45 &&
	       p[IP4_AT + 9] == TG_IPPROTO_TCP &&
	       load_be32(p + IP4_AT + 12) == f->config->target.v4 &&
	       is_source(f, load_be32(p + IP4_AT + 16)) && is_port(f, p + f->l4);
}

static bool
is_reply6(const struct tg_flood *f, const uint8_t *p, uint32_t len)
{
	return len >= IP6_AT + TG_IP6_HEADER_BYTES + TG_TCP_HEADER_BYTES &&
	       tg_load16(p + 12) == TG_ETHERTYPE_IP6 && p[IP6_AT + 6] == TG_IPPROTO_TCP &&
	       memcmp(p + IP6_AT + 8, f->config->target.b, 16) == 0 &&
	       memcmp(p + IP6_AT + 24, f->config->sources.b, 12) == 0 &&
	       is_source(f, load_be32(p + IP6_AT + 36)) && is_port(f, p + f->l4);
}

static struct tg_flood_source
source_of(const struct tg_flood *f, const uint8_t *p)
{
	be32_t address = load_be32(p + f->l4 - 4); /* the destination, right before TCP */

	return (struct tg_flood_source){ tg_host32(address & ~f->source_mask),
		tg_load16(p + f->l4 + 2) };
}

/* Bytes of TCP that the IP header tells of; 0 if the frame does not hold them. */
static uint32_t
tcp_bytes(const struct tg_flood *f, const uint8_t *p, uint32_t len)
{
	/* Where the packet ends: an IPv6 header does not count itself. */
	uint32_t end = f->config->is_ipv6 ? f->l4 + tg_load16(p + IP6_AT + 4)
					  : (uint32_t)IP4_AT + tg_load16(p + IP4_AT + 2);

	return end >= f->l4 + TG_TCP_HEADER_BYTES && end <= len ? end - f->l4 : 0;
}

static bool
are_sums_good(const struct tg_flood *f, const uint8_t *p, uint32_t len)
{
	uint32_t bytes = tcp_bytes(f, p, len);
	bool is_ipv6 = f->config->is_ipv6;
	union tg_ip dst = { 0 };
	uint64_t sum;

	if (bytes == 0)
		return false;
	memcpy(&dst, p + f->l4 - (is_ipv6 ? 16 : 4), is_ipv6 ? 16 : 4);
	sum = tg_checksum_pseudo(is_ipv6, &f->config->target, &dst, TG_IPPROTO_TCP, bytes);
	if (tg_checksum_fold(tg_checksum_add(sum, p + f->l4, bytes)) != 0)
		return false;
	return is_ipv6 ||
	       tg_checksum_fold(tg_checksum_add(0, p + IP4_AT, TG_IP4_HEADER_BYTES)) == 0;
}

static bool
is_ack_good(const struct tg_flood *f, const uint8_t *p)
{
	return tg_load32(p + f->l4 + 8) == tg_flood_isn(&f->space, source_of(f, p)) + 1;
}

static void
check(struct tg_flood *f, const uint8_t *p, uint32_t len, bool syn_ack)
{
	f->to_check = f->config->check_every;
	tg_flood_add(f, TG_FLOOD_CHECKED, 1);
	if (f->config->check_sums && !are_sums_good(f, p, len))
		tg_flood_add(f, TG_FLOOD_BAD_CHECKSUM, 1);
	if (syn_ack && !is_ack_good(f, p))
		tg_flood_add(f, TG_FLOOD_BAD_ACK, 1);
}

/* The sequence number is spread evenly, but for what one factor does not cost. */
static bool
is_chosen(const struct tg_flood *f, const uint8_t *p)
{
	return f->complete_below != 0 &&
	       (tg_load32(p + f->l4 + 8) - 1) * 0x9e3779b1U <= f->complete_below;
}

static bool
read_reply(const struct tg_flood *f, uint8_t *p, uint16_t *len, struct tg_flood_reply *reply)
{
	uint32_t bytes = tcp_bytes(f, p, *len);

	reply->data = p;
	reply->len = len;
	reply->source = source_of(f, p);
	return bytes != 0 && tg_packet_parse_tcp(p + f->l4, bytes, &reply->seg) == TG_DROP_NONE;
}

static enum tg_flood_verdict
take_syn_ack(struct tg_flood *f, tg_time_t now, uint8_t *p, uint16_t *len)
{
	struct tg_flood_reply reply;

	if (!is_chosen(f, p) || !read_reply(f, p, len, &reply))
		return TG_FLOOD_DONE;
	if (is_ack_good(f, p))
		return tg_flood_complete(f, now, &reply);
	tg_flood_add(f, TG_FLOOD_BAD_ACK, 1);
	return TG_FLOOD_DONE;
}

static enum tg_flood_verdict
take_other(struct tg_flood *f, tg_time_t now, uint8_t *p, uint16_t *len)
{
	struct tg_flood_reply reply;

	if (read_reply(f, p, len, &reply))
		return tg_flood_converse(f, now, &reply);
	tg_flood_add(f, TG_FLOOD_OTHERS, 1);
	return TG_FLOOD_DONE;
}

uint32_t
tg_flood_take(struct tg_flood *f, tg_time_t now, uint8_t *const *data, uint16_t *len,
    uint8_t *verdict, uint32_t n)
{
	uint32_t i, syn_acks = 0, special = 0;

	for (i = 0; i < n; i++) {
		uint8_t *p = data[i];
		bool syn_ack;

		verdict[i] = TG_FLOOD_FOREIGN;
		if (f->config->is_ipv6 ? is_reply6(f, p, len[i]) : is_reply4(f, p, len[i])) {
			syn_ack = (p[f->l4 + 13] & KIND_MASK) == (TG_TCP_SYN | TG_TCP_ACK);
			syn_acks += syn_ack;
			if (f->to_check != 0 && --f->to_check == 0)
				check(f, p, len[i], syn_ack);
			verdict[i] = (uint8_t)(syn_ack ? take_syn_ack(f, now, p, &len[i])
						       : take_other(f, now, p, &len[i]));
		}
		special += verdict[i] != TG_FLOOD_DONE;
	}
	tg_flood_add(f, TG_FLOOD_SYN_ACKS, syn_acks);
	return special;
}
