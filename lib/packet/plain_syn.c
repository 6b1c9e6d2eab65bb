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
	uint8_t data[TG_ETH_HEADER_BYTES + TG_SYN_ACK_BYTES_MAX] = { 0 };
	struct tg_frame frame = { .data = data, .room = sizeof(data) };
	be16_t csum;

	tg_build_tcp(&frame, &bare, syn_ack);
	memcpy(form->bytes, data + frame.l3_off, sizeof(form->bytes));
	form->len = (uint8_t)(frame.len - frame.l3_off);
	form->offload = path->offload;
	form->timestamps = (syn_ack->opt.present & TG_OPT_TIMESTAMP) != 0;
	form->flags = frame.flags;
	form->ip_sum = (be16_t)~load_checksum(data + frame.l3_off + 10);
	csum = load_checksum(data + frame.l4_off + 16);
	form->tcp_sum = (path->offload & TG_OFFLOAD_L4_CSUM) != 0 ? csum : (be16_t)~csum;
}
