/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Initial sequence numbers and timestamp offsets.
 */
#include "tcp/tcp_internal.h"

/* RFC 6528: ISN = M + F(tuple, secret), M a clock of about 4 us, F a keyed PRF. */
uint32_t
tg_tcp_isn(const struct tg_tcp *tcp, const struct tg_packet *pkt, tg_time_t now)
{
	struct {
		union tg_ip remote, local;
		be16_t rport, lport;
		uint32_t zero;
	} tuple = { pkt->src, pkt->dst, pkt->tcp.sport, pkt->tcp.dport, 0 };

	return (uint32_t)(now >> 12) +
	       (uint32_t)tg_siphash24(&tcp->config->secrets.isn, &tuple, sizeof(tuple));
}

#define PAIR4_BYTES 8
#define PAIR6_BYTES 32

/* RFC 7323 section 5.4. One offset for each pair of addresses, not of ports: so the
 * timestamps of successive connections from one host grow, which RFC 6191 needs. */
uint32_t
tg_tcp_ts_offset(const struct tg_tcp *tcp, const struct tg_packet *pkt)
{
	const struct tg_siphash_key *key = &tcp->config->secrets.ts;

	if (pkt->is_ipv6) {
		const union tg_ip pair[2] = { pkt->src, pkt->dst };

		return (uint32_t)tg_siphash24(key, pair, PAIR6_BYTES);
	} else {
		const be32_t pair[2] = { pkt->src.v4, pkt->dst.v4 };

		return (uint32_t)tg_siphash24(key, pair, PAIR4_BYTES);
	}
}

void
tg_tcp_ts_offsets(const struct tg_tcp *tcp, const struct tg_tuples *t, uint32_t *offset)
{
	uint64_t end[TG_TUPLES_MAX], hash[TG_TUPLES_MAX];
	const uint64_t *word4[] = { t->addr[0], end };
	const uint64_t *word6[] = { t->addr[0], t->addr[1], t->addr[2], t->addr[3], end };
	uint32_t i;

	for (i = 0; i < t->n; i++)
		end[i] = tg_siphash_end(0, t->is_ipv6 ? PAIR6_BYTES : PAIR4_BYTES);
	tg_siphash24_lanes(&tcp->config->secrets.ts, tcp->config->siphash_width,
	    t->is_ipv6 ? word6 : word4, tg_tuples_addr_rows(t) + 1, t->n, hash);
	for (i = 0; i < t->n; i++)
		offset[i] = (uint32_t)hash[i];
}
