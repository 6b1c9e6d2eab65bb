/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * XDP: drops SYN-ACKs without options of IP before the kernel spends anything on them, and
 * lets all else through.
 *
 *   clang -O2 -ffreestanding -target bpf -c drop_answers.bpf.c -o drop_answers.o
 *   ip link set dev IFACE xdpdrv object drop_answers.o section xdp
 */
#include <linux/bpf.h>
#include <stdint.h>

#define PROTOCOL_AT 23 /* behind Ethernet, in the IPv4 header */
#define FLAGS_AT    47 /* in the TCP header behind it */
#define SYN_ACK     0x12

__attribute__((section("xdp"), used)) int
drop_answers(struct xdp_md *ctx)
{
	const uint8_t *data = (const uint8_t *)(uintptr_t)ctx->data;
	const uint8_t *end = (const uint8_t *)(uintptr_t)ctx->data_end;

	if (data + FLAGS_AT + 1 > end || data[12] != 0x08 || data[13] != 0x00 || data[14] != 0x45 ||
	    data[PROTOCOL_AT] != 6 || (data[FLAGS_AT] & SYN_ACK) != SYN_ACK)
		return XDP_PASS;
	return XDP_DROP;
}
