/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/plain_syn.h"

bool
tg_plain_syn_rare_options(const uint8_t *p, uint32_t len, struct tg_plain_syn *syn)
{
	struct tg_tcp_options opt;

	tg_tcp_options_parse(p, len, &opt);
	syn->present = opt.present;
	syn->mss = (opt.present & TG_OPT_MSS) != 0 ? opt.mss : 0;
	syn->wscale = opt.wscale;
	syn->tsval = opt.tsval;
	return (opt.present & TG_OPT_FAST_OPEN) == 0;
}

/* n bytes that all matter. */
static void
want(struct tg_syn_pattern *pattern, uint32_t at, const void *bytes, uint32_t n)
{
	memcpy(pattern->want + at, bytes, n);
	memset(pattern->mask + at, UINT8_MAX, n);
}

static void
want_byte(struct tg_syn_pattern *pattern, uint32_t at, uint8_t byte, uint8_t mask)
{
	pattern->want[at] = byte;
	pattern->mask[at] = mask;
}

void
tg_syn_pattern_make(struct tg_syn_pattern *pattern, const uint8_t mac[6], bool is_ipv6,
    const union tg_ip *ip, be16_t port)
{
	const uint32_t l3 = TG_ETH_HEADER_BYTES;
	const be16_t ethertype = tg_be16(is_ipv6 ? TG_ETHERTYPE_IP6 : TG_ETHERTYPE_IP4);
	uint32_t l4 = l3 + (is_ipv6 ? TG_IP6_HEADER_BYTES : TG_IP4_HEADER_BYTES);

	memset(pattern, 0, sizeof(*pattern));
	want(pattern, 0, mac, 6);
	want(pattern, 12, &ethertype, sizeof(ethertype));
	if (is_ipv6) {
		want_byte(pattern, l3, 6 << 4, 0xf0);
		want_byte(pattern, l3 + 6, TG_IPPROTO_TCP, UINT8_MAX);
		want(pattern, l3 + 24, ip, sizeof(*ip));
	} else {
		want_byte(pattern, l3, TG_SYN_IP4_START, UINT8_MAX);
		want_byte(pattern, l3 + 6, 0, TG_IP4_FRAGMENT_MASK >> 8);
		want_byte(pattern, l3 + 7, 0, TG_IP4_FRAGMENT_MASK & UINT8_MAX);
		want_byte(pattern, l3 + 9, TG_IPPROTO_TCP, UINT8_MAX);
		want(pattern, l3 + 16, &ip->v4, sizeof(ip->v4));
	}
	want(pattern, l4 + 2, &port, sizeof(port));
	want_byte(pattern, l4 + 13, TG_TCP_SYN, TG_TCP_SYN | TG_TCP_ACK | TG_TCP_RST | TG_TCP_FIN);
}

static be16_t
load_checksum(const uint8_t *p)
{
	be16_t csum;

	memcpy(&csum, p, sizeof(csum));
	return csum;
}

void
tg_syn_ack_form_make(
    struct tg_syn_ack_form *form, const struct tg_path *path, const struct tg_segment *syn_ack)
{
	struct tg_path bare = { .is_ipv6 = path->is_ipv6,
		.ttl = path->ttl,
		.tos = path->tos,
		.offload = path->offload };
	uint8_t data[6 + TG_SYN_ACK_BYTES_MAX] = { 0 };
	struct tg_frame frame = { .data = data, .room = sizeof(data) };
	be16_t csum;

	memcpy(bare.src_mac, path->src_mac, sizeof(bare.src_mac));
	tg_build_tcp(&frame, &bare, syn_ack);
	memcpy(form->bytes, data + 6, sizeof(form->bytes));
	form->len = (uint8_t)(frame.len - frame.l3_off);
	form->offload = path->offload;
	form->timestamps = (syn_ack->opt.present & TG_OPT_TIMESTAMP) != 0;
	form->flags = frame.flags;
	form->ip_sum = (be16_t)~load_checksum(data + frame.l3_off + 10);
	csum = load_checksum(data + frame.l4_off + 16);
	form->tcp_sum = (path->offload & TG_OFFLOAD_L4_CSUM) != 0 ? csum : (be16_t)~csum;
}
