/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Ports: the local address and port of the next connection.
 *
 * All pairs of a local endpoint and a port of the range are gone through in turn, ports slow
 * and endpoints fast, from a start that depends on a secret and on the remote socket (RFC 6056
 * section 3.3.3): a pair comes again as late as possible, when what is left of its last
 * connection at the other end is oldest.
 */
#ifndef TG_LOAD_PORTS_H
#define TG_LOAD_PORTS_H

#include "base/types.h"
#include "crypto/siphash.h"

struct tg_load_ports {
	uint16_t min;         /* first port of the range */
	uint32_t n_ports;     /* ports in the range */
	uint32_t n_endpoints; /* local addresses */
	uint32_t next;        /* pair to be tried next, below n_ports * n_endpoints */
};

/* min..max: the range, host order, min <= max. n_endpoints: 1..1024. remote, rport: where the
 * connections go. */
void tg_load_ports_init(struct tg_load_ports *p, uint16_t min, uint16_t max, uint16_t n_endpoints,
    const struct tg_siphash_key *key, const union tg_ip *remote, be16_t rport);

/* The next pair; whether it is free is for the caller to find out. Returns the index of the
 * endpoint. */
uint16_t tg_load_ports_next(struct tg_load_ports *p, be16_t *port);

#endif
