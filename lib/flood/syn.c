/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SYNs: one frame made ready, and copied with what differs from one to the next.
 */
#include "flood/flood_internal.h"
#include "packet/build.h"
#include "packet/checksum.h"

const struct tg_flood_count_info tg_flood_count_info[TG_FLOOD_MAX] = {
#define TG_FLOOD(symbol, name, kind, help)                                                         \
	[TG_FLOOD_##symbol] = { #name, help, TG_FLOOD_KIND_##kind },
#include "flood/count.def"
#undef TG_FLOOD
};

static const uint8_t options_present[] = {
	[TG_FLOOD_OPTIONS_NONE] = 0,
	[TG_FLOOD_OPTIONS_MSS] = TG_OPT_MSS,
	[TG_FLOOD_OPTIONS_LINUX] = TG_OPT_MSS | TG_OPT_SACK_OK | TG_OPT_TIMESTAMP | TG_OPT_WSCALE,
};

/* Those of options_present in the order of tg_tcp_options_write: MSS, sackOK, timestamp. */
#define TIME_IN_OPTIONS (4 + 2 + 2)

static be32_t
prefix_mask(uint32_t host_bits)
{
	return tg_be32(host_bits == 32 ? 0 : UINT32_MAX << host_bits);
}

struct tg_flood *
tg_flood_layout(struct tg_arena *arena, const struct tg_flood_config *config)
{
	struct tg_flood *f = tg_arena_take(arena, 1, sizeof(*f));
	struct tg_flood_slot *slot = tg_arena_take(arena, TG_FLOOD_SLOTS, sizeof(*slot));

	if (f == NULL)
		return NULL;
	assert(config->source_bits <= TG_FLOOD_SOURCE_BITS_MAX);
	assert(config->request_len <= TG_FLOOD_REQUEST_MAX);
	f->config = config;
	f->slot = slot;
	f->l4 = TG_ETH_HEADER_BYTES + (config->is_ipv6 ? TG_IP6_HEADER_BYTES : TG_IP4_HEADER_BYTES);
	f->source_at = TG_ETH_HEADER_BYTES + (config->is_ipv6 ? 20 : 12);
	memcpy(&f->source_base, config->sources.b + (config->is_ipv6 ? 12 : 0),
	    sizeof(f->source_base));
	f->source_mask = prefix_mask(config->source_bits);
	f->to_check = config->check_every;
	f->complete_below = config->complete_every == 0 ? 0 : UINT32_MAX / config->complete_every;
	tg_flood_space_init(&f->space, config);
	return f;
}

static be16_t
load_sum(const uint8_t *p)
{
	be16_t sum;

	memcpy(&sum, p, sizeof(sum));
	return (be16_t)~sum;
}

void
tg_flood_aim(struct tg_flood *f, const uint8_t src_mac[6], const uint8_t dst_mac[6])
{
	const struct tg_flood_config *config = f->config;
	struct tg_frame frame = { .data = f->frame, .room = sizeof(f->frame) };
	struct tg_path path = { .is_ipv6 = config->is_ipv6,
		.ttl = TG_FLOOD_TTL,
		.src = config->sources,
		.dst = config->target };
	struct tg_segment syn = { .dport = config->port,
		.flags = TG_TCP_SYN,
		.wnd = TG_FLOOD_WINDOW,
		.opt = { .present = options_present[config->options],
		    .mss = config->is_ipv6 ? TG_FLOOD_MSS_IP6 : TG_FLOOD_MSS_IP4,
		    .wscale = TG_FLOOD_WSCALE } };

	memcpy(f->src_mac, src_mac, 6);
	memcpy(f->dst_mac, dst_mac, 6);
	memcpy(path.src_mac, src_mac, 6);
	memcpy(path.dst_mac, dst_mac, 6);
	tg_build_tcp(&frame, &path, &syn);
	f->bytes = frame.len;
	f->time = 0;
	f->time_at = config->options == TG_FLOOD_OPTIONS_LINUX
			 ? f->l4 + TG_TCP_HEADER_BYTES + TIME_IN_OPTIONS
			 : 0;
	f->ip_sum = load_sum(f->frame + TG_ETH_HEADER_BYTES + 10);
	f->tcp_sum = load_sum(f->frame + f->l4 + 16);
}

/* The timestamp clock has moved: so has the sum of every SYN from now on. */
static void
set_time(struct tg_flood *f, uint32_t time)
{
	be16_t csum = tg_checksum_update32((be16_t)~f->tcp_sum, tg_be32(f->time), tg_be32(time));

	f->tcp_sum = (be16_t)~csum;
	f->time = time;
	tg_store32(f->frame + f->time_at, time);
}

static void
write_syn(struct tg_flood *f, uint8_t *p)
{
	struct tg_flood_source from = tg_flood_space_next(&f->space);
	be32_t offset = tg_be32(from.offset), source = f->source_base | offset;
	be32_t seq = tg_be32(tg_flood_isn(&f->space, from));
	be16_t port = tg_be16(from.port), csum;

	memcpy(p, f->frame, TG_FLOOD_COPY);
	memcpy(p + f->source_at, &source, sizeof(source));
	memcpy(p + f->l4, &port, sizeof(port));
	memcpy(p + f->l4 + 4, &seq, sizeof(seq));
	csum = tg_checksum_fold(f->tcp_sum + offset + port + seq);
	memcpy(p + f->l4 + 16, &csum, sizeof(csum));
	if (f->config->is_ipv6)
		return;
	csum = tg_checksum_fold(f->ip_sum + offset);
	memcpy(p + TG_ETH_HEADER_BYTES + 10, &csum, sizeof(csum));
}

void
tg_flood_make(struct tg_flood *f, tg_time_t now, uint8_t *const *to, uint32_t n)
{
	uint32_t time = (uint32_t)(now >> TG_FLOOD_MS_SHIFT), i;

	assert(f->bytes != 0); /* it knows where to send to */
	if (f->time_at != 0 && time != f->time)
		set_time(f, time);
	for (i = 0; i < n; i++)
		write_syn(f, to[i]);
}

uint32_t
tg_flood_syn_bytes(const struct tg_flood *f)
{
	return f->bytes;
}

void
tg_flood_sent(struct tg_flood *f, uint64_t n)
{
	tg_flood_add(f, TG_FLOOD_SYNS, n);
}

void
tg_flood_unsent(struct tg_flood *f, uint64_t n)
{
	tg_flood_add(f, TG_FLOOD_UNSENT, n);
}

uint64_t
tg_flood_tuples(const struct tg_flood *f)
{
	return (uint64_t)f->space.n_ports << f->config->source_bits;
}

const struct tg_flood_figures *
tg_flood_figures(const struct tg_flood *f)
{
	return &f->figures;
}
