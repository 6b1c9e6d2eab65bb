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

/* RFC 7323 section 5.4. One offset for each pair of addresses, not of ports: so the
 * timestamps of successive connections from one host grow, which RFC 6191 needs. */
uint32_t
tg_tcp_ts_offset(const struct tg_tcp *tcp, const struct tg_packet *pkt)
{
	const union tg_ip pair[2] = { pkt->src, pkt->dst };

	return (uint32_t)tg_siphash24(&tcp->config->secrets.ts, pair, sizeof(pair));
}
