/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "load/ports.h"

void
tg_load_ports_init(struct tg_load_ports *p, uint16_t min, uint16_t max, uint16_t n_endpoints,
    const struct tg_siphash_key *key, const union tg_ip *remote, be16_t rport)
{
	struct {
		union tg_ip ip;
		uint64_t port;
	} in = { *remote, rport };

	*p = (struct tg_load_ports){
		.min = min, .n_ports = max - min + 1u, .n_endpoints = n_endpoints
	};
	p->next = (uint32_t)(tg_siphash24(key, &in, sizeof(in)) % (p->n_ports * p->n_endpoints));
}

uint16_t
tg_load_ports_next(struct tg_load_ports *p, be16_t *port)
{
	uint32_t pair = p->next;

	p->next = pair + 1 < p->n_ports * p->n_endpoints ? pair + 1 : 0;
	*port = tg_be16((uint16_t)(p->min + pair / p->n_endpoints));
	return (uint16_t)(pair % p->n_endpoints);
}
