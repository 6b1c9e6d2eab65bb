/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * XDP: makes each frame that it is run on a SYN from somewhere in 198.18.0.0/15 and sends it
 * by the interface of the plan. flood.c runs it, on frames that the kernel makes up.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "flood_plan.h"

#define SOURCE_NET  0x12c6 /* 198.18, as it lies in memory */
#define SOURCE_BIT  0x0100 /* of 198.18 and 198.19 */
#define FIELDS_AT   26     /* IPv4 addresses, ports and sequence number are side by side */
#define IP_CSUM_AT  24
#define TCP_CSUM_AT 50

struct fields {
	__u16 net, host; /* source */
	__u32 to;
	__u16 port, to_port;
	__u32 seq;
};

_Static_assert(sizeof(struct fields) == 16, "bpf_csum_diff takes whole words");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flood_plan);
} plans SEC(".maps");

static __u16
folded(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/* The checksum that was right before from became to. */
static __u16
updated(__u16 csum, struct fields *from, struct fields *to, __u32 bytes)
{
	return folded(
	    (__u32)bpf_csum_diff((__be32 *)from, bytes, (__be32 *)to, bytes, (__u16)~csum));
}

SEC("xdp")
int
flood(struct xdp_md *ctx)
{
	__u8 *data = (__u8 *)(long)ctx->data;
	__u8 *end = (__u8 *)(long)ctx->data_end;
	__u32 first = 0, random = bpf_get_prandom_u32(), more = bpf_get_prandom_u32();
	struct flood_plan *plan = bpf_map_lookup_elem(&plans, &first);
	struct fields from, to;

	if (plan == NULL || data + FLOOD_LEAST_BYTES > end)
		return XDP_ABORTED;
	/* A frame may have been here before, and been changed since by who received it. */
	__builtin_memcpy(data, plan->frame, FLOOD_LEAST_BYTES);
	if (data + FLOOD_LEAST_BYTES + 4 <= end)
		__builtin_memcpy(data + FLOOD_LEAST_BYTES, plan->frame + FLOOD_LEAST_BYTES, 4);
	if (data + FLOOD_MOST_BYTES <= end)
		__builtin_memcpy(data + FLOOD_LEAST_BYTES, plan->frame + FLOOD_LEAST_BYTES,
		    FLOOD_MOST_BYTES - FLOOD_LEAST_BYTES);
	__builtin_memcpy(&from, data + FIELDS_AT, sizeof(from));
	to = from;
	to.net = (__u16)(SOURCE_NET | (more & SOURCE_BIT));
	to.host = (__u16)random;
	to.port = (__u16)(random >> 16);
	to.seq = more;
	*(__u16 *)(data + IP_CSUM_AT) =
	    updated(*(__u16 *)(data + IP_CSUM_AT), &from, &to, sizeof(to.net) + sizeof(to.host));
	*(__u16 *)(data + TCP_CSUM_AT) =
	    updated(*(__u16 *)(data + TCP_CSUM_AT), &from, &to, sizeof(to));
	__builtin_memcpy(data + FIELDS_AT, &to, sizeof(to));
	return (int)bpf_redirect(plan->interface, 0);
}

char terms[] SEC("license") = "BSD-3-Clause";
