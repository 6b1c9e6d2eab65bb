/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * RFC 6298: the retransmission timer. SRTT and RTTVAR in 2^10 ns, RTO in ticks.
 */
#include "tcp/tcp_internal.h"

#define RTO_AFTER_LOST_SYN 2862 /* three seconds in ticks */

/* Section 2.2 and 2.3, alpha 1/8, beta 1/4. rtt in 2^10 ns. */
void
tg_tcp_rtt_sample(struct tg_tcb *t, uint32_t rtt)
{
	uint32_t srtt = tg_sf16_decode(t->srtt), rttvar = tg_sf16_decode(t->rttvar), delta;

	rtt = TG_MAX(rtt, 1); /* 0 means that there is no sample yet */
	if (srtt == 0) {
		srtt = rtt;
		rttvar = rtt / 2;
	} else {
		delta = srtt > rtt ? srtt - rtt : rtt - srtt;
		rttvar = rttvar - rttvar / 4 + delta / 4;
		srtt = TG_MAX(srtt - srtt / 8 + rtt / 8, 1);
	}
	t->srtt = tg_sf16_encode(srtt);
	t->rttvar = tg_sf16_encode(rttvar);
}

/* Sections 2.1, 2.4, 2.5, 5.5 and 5.7. The lower bound is the operator's: RFC 6298 says one
 * second, deployed stacks a fifth of it. */
uint32_t
tg_tcp_rto(const struct tg_tcp *tcp, const struct tg_tcb *t, uint32_t backoff)
{
	const struct tg_tcp_timers *timers = &tcp->config->timers;
	uint64_t rto = timers->rto_initial;

	if (t->srtt == 0 && (t->flags & TG_TCB_RETRIED) != 0)
		rto = TG_MAX(rto, RTO_AFTER_LOST_SYN);
	if (t->srtt != 0)
		rto = 1 + (tg_sf16_decode(t->srtt) +
			      TG_MAX(4 * (uint64_t)tg_sf16_decode(t->rttvar), TG_RTT_PER_TICK)) /
			      TG_RTT_PER_TICK;
	rto = TG_MAX(rto, timers->rto_min) << TG_MIN(backoff, 30);
	return (uint32_t)TG_MIN(rto, timers->rto_max);
}
