/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "tcp/cookie.h"

#include "base/seq.h"

#define PARITY_SHIFT 31
#define CLASS_SHIFT  29
#define CLASS_MASK   3U
#define MAC_MASK     ((1U << CLASS_SHIFT) - 1)
#define PRF_MASK     ((1U << PARITY_SHIFT) - 1)

#define TS_BITS_MASK   63U
#define TS_WSCALE_MASK 15U
#define TS_SACK        (1U << 4)
#define TS_ECN         (1U << 5)

const uint16_t tg_cookie_mss[2][TG_COOKIE_MSS_CLASSES] = {
	{ 536, 1300, 1380, 1452 },
	{ 1220, 1300, 1360, 1432 },
};

void
tg_cookie_make_key(
    const struct tg_siphash_key *master, uint8_t wscale, uint64_t epoch, struct tg_siphash_key *key)
{
	struct {
		char name[15];
		uint8_t wscale;
		uint16_t mss[2][TG_COOKIE_MSS_CLASSES];
		uint64_t epoch;
	} label = { .name = "Tidegate cookie", .wscale = wscale, .epoch = epoch };

	_Static_assert(sizeof(label) == 40, "padding would be hashed");
	memcpy(label.mss, tg_cookie_mss, sizeof(label.mss));
	tg_siphash24_128(master, &label, sizeof(label), key);
}

/* Takes the key of an epoch over, if there is one. */
static bool
take_key(struct tg_cookie_now *now, const struct tg_cookie_keys *keys, uint64_t epoch)
{
	uint64_t i = epoch - (keys->epoch - 1);

	if (i >= TG_ARRAY_LEN(keys->key))
		return false;
	now->key[epoch & 1] = keys->key[i];
	now->known[epoch & 1] = true;
	return true;
}

bool
tg_cookie_begin(struct tg_cookie_now *now, const struct tg_cookie_keys *keys, uint64_t wall_s)
{
	uint64_t epoch = wall_s / TG_COOKIE_EPOCH_S;
	bool ends = wall_s % TG_COOKIE_EPOCH_S >= TG_COOKIE_EPOCH_S - TG_COOKIE_SKEW_S;

	*now = (struct tg_cookie_now){ .parity = epoch & 1 };
	take_key(now, keys, ends ? epoch + 1 : epoch - 1);
	return take_key(now, keys, epoch);
}

/* What is hashed of a flow; two lengths, two families. */
struct flow4 {
	be32_t remote, local;
	be16_t rport, lport;
	be32_t irs;
};
_Static_assert(sizeof(struct flow4) == 16, "padding would be hashed");

struct flow6 {
	union tg_ip remote, local;
	be16_t rport, lport;
	be32_t irs;
};
_Static_assert(sizeof(struct flow6) == 40, "padding would be hashed");

/* offset: what SEG.SEQ is above the client's ISN. */
static uint64_t
hash_flow(const struct tg_siphash_key *key, const struct tg_packet *pkt, uint32_t offset)
{
	const struct tg_segment *seg = &pkt->tcp;

	if (pkt->is_ipv6) {
		struct flow6 flow = { pkt->src, pkt->dst, seg->sport, seg->dport,
			tg_be32(seg->seq - offset) };

		return tg_siphash24(key, &flow, sizeof(flow));
	} else {
		struct flow4 flow = { pkt->src.v4, pkt->dst.v4, seg->sport, seg->dport,
			tg_be32(seg->seq - offset) };

		return tg_siphash24(key, &flow, sizeof(flow));
	}
}

/* The class of an MSS: how many of the larger ones it reaches. No branch: in a batch the next
 * peer's MSS is anyone's guess. */
static uint32_t
class_of(bool is_ipv6, uint16_t mss)
{
	const uint16_t *t = tg_cookie_mss[is_ipv6];

	return (uint32_t)(mss >= t[1]) + (mss >= t[2]) + (mss >= t[3]);
}

static uint32_t
compose(uint64_t hash, uint32_t mss_class, uint32_t parity)
{
	return parity << PARITY_SHIFT | (((uint32_t)hash ^ mss_class << CLASS_SHIFT) & PRF_MASK);
}

uint32_t
tg_cookie_make(const struct tg_cookie_now *now, const struct tg_packet *syn)
{
	const struct tg_tcp_options *opt = &syn->tcp.opt;
	uint16_t mss = (opt->present & TG_OPT_MSS) != 0 ? opt->mss : 0;

	return compose(
	    hash_flow(&now->key[now->parity], syn, 0), class_of(syn->is_ipv6, mss), now->parity);
}

void
tg_cookie_make_tuples(const struct tg_cookie_now *now, enum tg_siphash_width width,
    const struct tg_tuples *t, const uint16_t *mss, uint32_t *iss)
{
	size_t bytes = t->is_ipv6 ? sizeof(struct flow6) : sizeof(struct flow4);
	uint64_t end[TG_TUPLES_MAX], hash[TG_TUPLES_MAX];
	const uint64_t *word4[] = { t->addr[0], t->head, end };
	const uint64_t *word6[] = { t->addr[0], t->addr[1], t->addr[2], t->addr[3], t->head, end };
	uint32_t i;

	for (i = 0; i < t->n; i++)
		end[i] = tg_siphash_end(0, bytes);
	tg_siphash24_lanes(&now->key[now->parity], width, t->is_ipv6 ? word6 : word4,
	    tg_tuples_addr_rows(t) + 2, t->n, hash);
	for (i = 0; i < t->n; i++)
		iss[i] = compose(hash[i], class_of(t->is_ipv6, mss[i]), now->parity);
}

uint32_t
tg_cookie_tsval(uint32_t ts, const struct tg_cookie_options *opt)
{
	uint32_t v = (ts & ~TS_BITS_MASK) | (opt->wscale & TS_WSCALE_MASK) |
		     (opt->sack ? TS_SACK : 0) | (opt->ecn ? TS_ECN : 0);

	return tg_seq_gt(v, ts) ? v - (TS_BITS_MASK + 1) : v;
}

static void
read_timestamp(struct tg_cookie_peer *peer, const struct tg_tcp_options *opt, uint32_t tick)
{
	peer->timestamps = (opt->present & TG_OPT_TIMESTAMP) != 0;
	if (!peer->timestamps)
		return;
	peer->opt.wscale = opt->tsecr & TS_WSCALE_MASK;
	peer->opt.sack = (opt->tsecr & TS_SACK) != 0;
	peer->opt.ecn = (opt->tsecr & TS_ECN) != 0;
	peer->ts_off = opt->tsecr + 1 - tick;
}

enum tg_cookie_verdict
tg_cookie_check(const struct tg_cookie_now *now, const struct tg_packet *ack, uint32_t tick,
    struct tg_cookie_peer *peer)
{
	uint32_t iss = ack->tcp.ack - 1, parity = iss >> PARITY_SHIFT, differ;

	if (!now->known[parity])
		return TG_COOKIE_KEY_UNKNOWN;
	differ = iss ^ (uint32_t)hash_flow(&now->key[parity], ack, 1);
	if ((differ & MAC_MASK) != 0)
		return TG_COOKIE_REFUSED;
	*peer = (struct tg_cookie_peer){
		.mss = tg_cookie_mss[ack->is_ipv6][differ >> CLASS_SHIFT & CLASS_MASK],
		.opt.wscale = TG_COOKIE_NO_WSCALE,
	};
	read_timestamp(peer, &ack->tcp.opt, tick);
	return TG_COOKIE_ACCEPTED;
}
