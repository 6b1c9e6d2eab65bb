/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * XDP: answers SYNs to port 80 with a cookie of the kernel's, and lets all else through, so that
 * the kernel's TCP completes what begins here. The least that a cookie takes in the kernel: IPv4
 * without options, an MSS and nothing else offered, checksums of SYNs taken on trust.
 *
 *   clang -O2 -target bpf -c answer_cookies.bpf.c -o answer_cookies.bpf.o
 *   ip link set dev IFACE xdpdrv object answer_cookies.bpf.o section xdp
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TCP_AT     34
#define TCP_MOST   60
#define PORT       80
#define MSS        1460
#define MSS_OPTION bpf_htonl(2U << 24 | 4U << 16 | MSS)

struct answer {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
	__be32 mss;
} __attribute__((packed));

struct pseudo {
	__be32 from, to;
	__u8 zero, protocol;
	__be16 bytes;
};

static __u32
sum(void *from, __u32 bytes, __u32 before)
{
	return (__u32)bpf_csum_diff(NULL, 0, from, bytes, before);
}

static __u16
folded(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

static void
turn_round(struct answer *a, __u32 cookie)
{
	struct pseudo pseudo = { .from = a->ip.daddr,
		.to = a->ip.saddr,
		.protocol = IPPROTO_TCP,
		.bytes = bpf_htons(sizeof(a->tcp) + sizeof(a->mss)) };
	__be32 seq = a->tcp.seq;
	__be16 port = a->tcp.source;
	__u8 mac[ETH_ALEN];

	__builtin_memcpy(mac, a->eth.h_source, ETH_ALEN);
	__builtin_memcpy(a->eth.h_source, a->eth.h_dest, ETH_ALEN);
	__builtin_memcpy(a->eth.h_dest, mac, ETH_ALEN);
	a->ip = (struct iphdr){ .version = 4,
		.ihl = 5,
		.frag_off = bpf_htons(0x4000),
		.ttl = 64,
		.tot_len = bpf_htons(sizeof(*a) - sizeof(a->eth)),
		.protocol = IPPROTO_TCP,
		.saddr = pseudo.from,
		.daddr = pseudo.to };
	a->ip.check = folded(sum(&a->ip, sizeof(a->ip), 0));
	a->tcp = (struct tcphdr){ .source = a->tcp.dest,
		.dest = port,
		.seq = bpf_htonl(cookie),
		.ack_seq = bpf_htonl(bpf_ntohl(seq) + 1),
		.doff = 6,
		.syn = 1,
		.ack = 1,
		.window = bpf_htons(65535) };
	a->mss = MSS_OPTION;
	a->tcp.check =
	    folded(sum(&a->tcp, sizeof(a->tcp) + sizeof(a->mss), sum(&pseudo, sizeof(pseudo), 0)));
}

static int
is_syn(const struct answer *a)
{
	return a->eth.h_proto == bpf_htons(ETH_P_IP) && a->ip.version == 4 && a->ip.ihl == 5 &&
	       a->ip.protocol == IPPROTO_TCP && (a->ip.frag_off & bpf_htons(0x3fff)) == 0 &&
	       a->tcp.dest == bpf_htons(PORT) && a->tcp.syn && !a->tcp.ack && !a->tcp.rst;
}

SEC("xdp")
int
answer_cookies(struct xdp_md *ctx)
{
	struct answer *a = (struct answer *)(long)ctx->data;
	__u8 *end = (__u8 *)(long)ctx->data_end;
	__u32 tcp[TCP_MOST / 4] = { 0 }; /* the helper wants to be sure of the longest header */
	__u32 tcp_bytes;
	__s64 cookie;

	if ((__u8 *)&a->mss > end || !is_syn(a))
		return XDP_PASS;
	tcp_bytes = a->tcp.doff * 4U;
	if (tcp_bytes < sizeof(a->tcp) || bpf_xdp_load_bytes(ctx, TCP_AT, tcp, tcp_bytes) != 0)
		return XDP_PASS;
	cookie = bpf_tcp_raw_gen_syncookie_ipv4((void *)&a->ip, (void *)tcp, tcp_bytes);
	if (cookie < 0)
		return XDP_ABORTED;
	if (bpf_xdp_adjust_tail(ctx, (int)sizeof(*a) - (int)(ctx->data_end - ctx->data)) != 0)
		return XDP_ABORTED;
	a = (struct answer *)(long)ctx->data;
	if ((__u8 *)(a + 1) > (__u8 *)(long)ctx->data_end)
		return XDP_ABORTED;
	turn_round(a, (__u32)cookie);
	return XDP_TX;
}

/* The helper is for programs that may be used under the GPL's terms, as this one may. */
char terms[] SEC("license") = "Dual BSD/GPL";
