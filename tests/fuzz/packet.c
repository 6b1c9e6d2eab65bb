/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Any bytes as a received frame: parsed, steered, and read as an ICMP quote. What is
 * accepted must lie inside the frame.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "packet/flow_hash.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tg_siphash_key key = { { 1, 2 } };
	struct tg_frame f = { .len = (uint16_t)TG_MIN(size, UINT16_MAX) };
	struct tg_packet pkt;
	struct tg_quote quote;
	uint32_t hash;

	f.room = f.len;
	f.data = fuzz_copy(data, f.len); /* sized exactly: one byte beyond is an error */
	if (tg_packet_parse(&f, &pkt) == TG_DROP_NONE) {
		if (pkt.l4_off + pkt.l4_len > f.len && pkt.kind != TG_PACKET_ARP)
			abort();
		if (pkt.kind == TG_PACKET_TCP && pkt.tcp.text + pkt.tcp.len > f.data + f.len)
			abort();
		if (pkt.kind == TG_PACKET_ICMP4 || pkt.kind == TG_PACKET_ICMP6)
			tg_packet_parse_quote(&f, &pkt, &quote);
	}
	tg_flow_steer(&key, &f, &hash);
	free(f.data);
	return 0;
}
