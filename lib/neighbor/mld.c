/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Multicast listener discovery, RFC 3810, as a host that listens to the
 * solicited-node groups of its addresses and to nothing else: switches that snoop
 * do not let neighbour solicitations through to us otherwise.
 *
 * Simplified: a query is answered by one report of all groups of its VLAN, whatever
 * group it asks for, by the next run instead of after a random delay, at most once
 * per second. A query of MLDv1 is answered in MLDv1 (RFC 2710).
 */
#include "neighbor/neighbor_internal.h"
#include "packet/checksum.h"

#define HOP_BY_HOP         0 /* next header */
#define HOP_BY_HOP_BYTES   8
#define MLD_HEADER_BYTES   8
#define MLD_V1_BYTES       24
#define MLD_V2_QUERY_BYTES 28
#define MLD_RECORD_BYTES   20
#define MLD_ROBUSTNESS     2
#define MLD_INTERVAL_NS    (1 * TG_NS_PER_SEC)

enum { MLD_V1_REPORT = 131, MLD_V2_REPORT = 143 };
enum { MLD_GROUP = 8 }; /* offset in queries and MLDv1 reports */

static const union tg_ip mld_routers = { .b = { 0xff, 0x02, [15] = 0x16 } };

/* Hop-by-hop header: ICMPv6 follows, router alert for MLD (RFC 2711), padding. */
static const uint8_t router_alert[HOP_BY_HOP_BYTES] = { TG_IPPROTO_ICMP6, 0, 5, 2, 0, 0, 1, 0 };

/* The address that keeps the MLD state of a VLAN: its first of IPv6. */
static uint16_t
keeper(const struct tg_net *net, uint16_t vlan)
{
	uint16_t i = 0;

	while (i < net->n_addrs && !(net->addr[i].is_ipv6 && net->addr[i].vlan == vlan))
		i++;
	return i < net->n_addrs ? i : TG_NET_ADDR_NONE;
}

/* Whether address i brings a group to the report of its VLAN: it is not given up, and
 * no address before it has the same group. */
static bool
group_of(const struct tg_neighbor *nb, uint16_t vlan, uint16_t i, union tg_ip *group)
{
	const struct tg_net_addr *addr = nb->net->addr;
	union tg_ip other;

	if (!addr[i].is_ipv6 || addr[i].vlan != vlan || nb->addr[i].state == TG_ADDR_DUPLICATE)
		return false;
	tg_ndp_solicited_node(&addr[i].ip, group);
	for (uint16_t j = 0; j < i; j++) {
		if (!addr[j].is_ipv6 || addr[j].vlan != vlan ||
		    nb->addr[j].state == TG_ADDR_DUPLICATE)
			continue;
		tg_ndp_solicited_node(&addr[j].ip, &other);
		if (tg_ip_equal(group, &other))
			return false;
	}
	return true;
}

/* The first address from i on that brings a group; n_addrs if none does. */
static uint16_t
next_group(const struct tg_neighbor *nb, uint16_t vlan, uint16_t i, union tg_ip *group)
{
	while (i < nb->net->n_addrs && !group_of(nb, vlan, i, group))
		i++;
	return i;
}

/* A usable link-local address, else the unspecified one (RFC 3810 5.2.13). */
static void
source_for(const struct tg_neighbor *nb, uint16_t vlan, union tg_ip *src)
{
	*src = (union tg_ip){ 0 };
	for (uint16_t i = 0; i < nb->net->n_addrs; i++) {
		const struct tg_net_addr *a = &nb->net->addr[i];

		if (a->is_ipv6 && a->vlan == vlan && tg_ip6_is_link_local(&a->ip) &&
		    tg_neighbor_addr_usable(nb, i)) {
			*src = a->ip;
			return;
		}
	}
}

/* Puts the headers around a message of len bytes at mld_at(path). */
static void
finish(const struct tg_net *net, struct tg_frame *frame, struct tg_path *path, uint32_t len)
{
	uint8_t *p;
	be16_t csum;

	path->ttl = 1;
	memcpy(path->src_mac, net->mac, sizeof(path->src_mac));
	tg_ip6_multicast_mac(&path->dst, path->dst_mac);
	p = frame->data + tg_build_ip(frame, path, HOP_BY_HOP, HOP_BY_HOP_BYTES + len);
	memcpy(p, router_alert, sizeof(router_alert));
	p += HOP_BY_HOP_BYTES;
	csum = tg_checksum_fold(tg_checksum_add(
	    tg_checksum_pseudo(true, &path->src, &path->dst, TG_IPPROTO_ICMP6, len), p, len));
	memcpy(p + 2, &csum, sizeof(csum));
}

static uint8_t *
mld_at(const struct tg_frame *frame, const struct tg_path *path)
{
	return frame->data + tg_path_header_bytes(path) + HOP_BY_HOP_BYTES;
}

/* Writes a report of as many groups as fit, from address i on, which brings the
 * first; that one fits always, so that a report comes to an end. Returns the address
 * to go on with. */
static uint16_t
write_v2(const struct tg_neighbor *nb, struct tg_frame *frame, uint16_t vlan, enum tg_mld_kind kind,
    uint16_t i)
{
	struct tg_path path = { .vlan = vlan, .is_ipv6 = true, .dst = mld_routers };
	uint32_t room =
	    TG_MIN(frame->room, nb->net->mtu + tg_path_header_bytes(&path) - TG_IP6_HEADER_BYTES);
	uint32_t end = tg_path_header_bytes(&path) + HOP_BY_HOP_BYTES + MLD_HEADER_BYTES;
	uint8_t *mld = mld_at(frame, &path), *record = mld + MLD_HEADER_BYTES;
	uint16_t n = 0;
	union tg_ip group;

	memset(mld, 0, MLD_HEADER_BYTES);
	mld[0] = MLD_V2_REPORT;
	for (i = next_group(nb, vlan, i, &group); i < nb->net->n_addrs;
	     i = next_group(nb, vlan, i + 1, &group)) {
		if (end + MLD_RECORD_BYTES > room)
			break;
		memset(record, 0, 4);
		record[0] = (uint8_t)kind;
		memcpy(record + 4, group.b, sizeof(group.b));
		record += MLD_RECORD_BYTES;
		end += MLD_RECORD_BYTES;
		n++;
	}
	tg_store16(mld + 6, n);
	source_for(nb, vlan, &path.src);
	finish(nb->net, frame, &path, (uint32_t)(record - mld));
	return i;
}

/* Writes the MLDv1 report of the group of address i, to that group. */
static uint16_t
write_v1(const struct tg_neighbor *nb, struct tg_frame *frame, uint16_t vlan, uint16_t i)
{
	struct tg_path path = { .vlan = vlan, .is_ipv6 = true };
	uint8_t *mld = mld_at(frame, &path);

	tg_ndp_solicited_node(&nb->net->addr[i].ip, &path.dst);
	source_for(nb, vlan, &path.src);
	memset(mld, 0, MLD_V1_BYTES);
	mld[0] = MLD_V1_REPORT;
	memcpy(mld + MLD_GROUP, path.dst.b, sizeof(path.dst.b));
	finish(nb->net, frame, &path, MLD_V1_BYTES);
	return i + 1;
}

static void
schedule(struct tg_neighbor *nb, uint16_t i, enum tg_mld_kind kind, uint8_t left, tg_time_t due)
{
	struct tg_mld *mld = &nb->addr[i].mld;

	mld->kind = (uint8_t)kind;
	mld->left = left;
	mld->next = i;
	mld->due = due;
	nb->announce_due = TG_MIN(nb->announce_due, due);
	tg_neighbor_wake(nb, due);
}

void
tg_mld_join(struct tg_neighbor *nb, uint16_t addr, tg_time_t now)
{
	if (nb->sender)
		schedule(nb, keeper(nb->net, nb->net->addr[addr].vlan), TG_MLD_TO_EXCLUDE,
		    MLD_ROBUSTNESS, now);
}

/* Whether we listen to the group that a query names; the unspecified one means all. */
static bool
listens_to(const struct tg_neighbor *nb, uint16_t vlan, const union tg_ip *wanted)
{
	union tg_ip group;
	uint16_t i;

	if (tg_ip_is_unspecified(wanted))
		return true;
	for (i = next_group(nb, vlan, 0, &group); i < nb->net->n_addrs;
	     i = next_group(nb, vlan, i + 1, &group)) {
		if (tg_ip_equal(&group, wanted))
			return true;
	}
	return false;
}

/* RFC 3810 5.1.14, and 8.1 for the length, which tells the version. */
static bool
is_valid(const struct tg_packet *pkt)
{
	return pkt->ttl == 1 && pkt->ip6_router_alert != 0 && tg_ip6_is_link_local(&pkt->src) &&
	       (pkt->l4_len == MLD_V1_BYTES || pkt->l4_len >= MLD_V2_QUERY_BYTES);
}

enum tg_drop
tg_mld_input(struct tg_neighbor *nb, const struct tg_frame *frame, const struct tg_packet *pkt,
    tg_time_t now)
{
	uint16_t i = keeper(nb->net, pkt->vlan);
	struct tg_mld *mld;
	union tg_ip wanted;

	if (!is_valid(pkt))
		return TG_DROP_ICMP_IGNORED;
	memcpy(wanted.b, frame->data + pkt->l4_off + MLD_GROUP, sizeof(wanted.b));
	if (!nb->sender || i == TG_NET_ADDR_NONE || !listens_to(nb, pkt->vlan, &wanted))
		return TG_DROP_MLD_CONSUMED;
	mld = &nb->addr[i].mld;
	if (mld->left == 0) /* a report under way answers as well */
		schedule(nb, i, pkt->l4_len == MLD_V1_BYTES ? TG_MLD_V1 : TG_MLD_IS_EXCLUDE, 1,
		    TG_MAX(now, mld->quiet_until));
	return TG_DROP_MLD_CONSUMED;
}

/* All packets of a report are out. */
static void
report_done(struct tg_mld *mld, uint16_t keeper_addr, tg_time_t now)
{
	mld->left--;
	mld->next = keeper_addr;
	mld->quiet_until = now + MLD_INTERVAL_NS;
	mld->due = mld->left != 0 ? now + MLD_INTERVAL_NS : TG_TIME_NEVER;
}

bool
tg_mld_run(struct tg_neighbor *nb, uint16_t addr, tg_time_t now, const struct tg_neighbor_out *out)
{
	struct tg_mld *mld = &nb->addr[addr].mld;
	uint16_t vlan = nb->net->addr[addr].vlan;
	struct tg_frame f;
	union tg_ip group;

	if (now < mld->due)
		return true;
	for (;;) {
		mld->next = next_group(nb, vlan, mld->next, &group);
		if (mld->next == nb->net->n_addrs)
			break;
		if (!tg_neighbor_take_frame(nb, out, &f))
			return false;
		if (mld->kind == TG_MLD_V1)
			mld->next = write_v1(nb, &f, vlan, mld->next);
		else
			mld->next = write_v2(nb, &f, vlan, (enum tg_mld_kind)mld->kind, mld->next);
		tg_frames_push(out->tx, &f);
		tg_count(nb->stats, TG_COUNTER_MLD_REPORTS);
	}
	report_done(mld, addr, now);
	return true;
}
