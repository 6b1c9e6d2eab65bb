/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The local addresses after link-up: duplicate address detection of IPv6 (RFC 4862
 * 5.4), then announcements, of both families alike: ANNOUNCE_COUNT of them,
 * ANNOUNCE_INTERVAL_NS apart (RFC 5227 2.3, RFC 4861 7.2.6). The random delay
 * before the first probe, a SHOULD of RFC 4862 5.4.2, is left out: nothing here knows
 * randomness, and a collision of probes delays nobody.
 *
 * A shard that is not the sender goes through the same states and sends nothing.
 */
#include "neighbor/neighbor_internal.h"

#define ANNOUNCE_COUNT       2
#define ANNOUNCE_INTERVAL_NS (2 * TG_NS_PER_SEC)
#define DEFEND_INTERVAL_NS   (10 * TG_NS_PER_SEC) /* RFC 5227 2.4 (c) */

static void
schedule(struct tg_neighbor *nb, uint16_t i, tg_time_t due)
{
	nb->addr[i].due = due;
	nb->announce_due = TG_MIN(nb->announce_due, due);
	tg_neighbor_wake(nb, due);
}

void
tg_announce_start(struct tg_neighbor *nb, tg_time_t now)
{
	for (uint16_t i = 0; i < nb->net->n_addrs; i++) {
		bool is_ipv6 = nb->net->addr[i].is_ipv6;
		struct tg_addr *a = &nb->addr[i];

		a->state = is_ipv6 && nb->net->dad ? TG_ADDR_TENTATIVE : TG_ADDR_USABLE;
		a->announce = ANNOUNCE_COUNT;
		schedule(nb, i, now);
		if (is_ipv6)
			tg_mld_join(nb, i, now);
	}
}

/* One shard counts, so that the sum over shards is the number of addresses lost. */
void
tg_announce_duplicate(struct tg_neighbor *nb, uint16_t addr)
{
	struct tg_addr *a = &nb->addr[addr];

	if (a->state != TG_ADDR_TENTATIVE && a->state != TG_ADDR_PROBED)
		return;
	a->state = TG_ADDR_DUPLICATE;
	a->due = TG_TIME_NEVER;
	if (nb->sender)
		tg_count(nb->stats, TG_COUNTER_DAD_CONFLICTS);
}

void
tg_announce_defend(struct tg_neighbor *nb, uint16_t addr, tg_time_t now)
{
	struct tg_addr *a = &nb->addr[addr];

	if (now < a->defend_after || a->announce != 0)
		return;
	a->defend_after = now + DEFEND_INTERVAL_NS;
	a->announce = 1;
	schedule(nb, addr, now);
}

static bool
send_announcement(struct tg_neighbor *nb, uint16_t i, const struct tg_neighbor_out *out)
{
	const struct tg_net_addr *local = &nb->net->addr[i];
	struct tg_frame f;

	if (!nb->sender)
		return true;
	if (!tg_neighbor_take_frame(nb, out, &f))
		return false;
	if (local->is_ipv6)
		tg_ndp_write_unsolicited(nb->net, &f, local->vlan, &local->ip);
	else
		tg_arp_write_request(nb->net, &f, local->vlan, local->ip.v4, local->ip.v4, NULL);
	tg_frames_push(out->tx, &f);
	tg_count(
	    nb->stats, local->is_ipv6 ? TG_COUNTER_ND_ADVERTISEMENTS : TG_COUNTER_ARP_REQUESTS);
	return true;
}

static bool
send_probe(struct tg_neighbor *nb, uint16_t i, const struct tg_neighbor_out *out)
{
	static const union tg_ip unspecified;
	const struct tg_net_addr *local = &nb->net->addr[i];
	struct tg_frame f;

	if (!nb->sender)
		return true;
	if (!tg_neighbor_take_frame(nb, out, &f))
		return false;
	tg_ndp_write_solicitation(nb->net, &f, local->vlan, &unspecified, &local->ip, NULL);
	tg_frames_push(out->tx, &f);
	tg_count(nb->stats, TG_COUNTER_ND_SOLICITATIONS);
	return true;
}

/* Sends the next announcement of a usable address. */
static bool
announce(struct tg_neighbor *nb, uint16_t i, tg_time_t now, const struct tg_neighbor_out *out)
{
	struct tg_addr *a = &nb->addr[i];

	if (!send_announcement(nb, i, out))
		return false;
	a->announce--;
	a->due = a->announce != 0 ? now + ANNOUNCE_INTERVAL_NS : TG_TIME_NEVER;
	return true;
}

/* The first report of a tentative link-local address had no source that a router
 * accepts; it is repeated from the address itself (RFC 3590 4). */
static void
become_usable(struct tg_neighbor *nb, uint16_t i, tg_time_t now)
{
	nb->addr[i].state = TG_ADDR_USABLE;
	if (tg_ip6_is_link_local(&nb->net->addr[i].ip))
		tg_mld_join(nb, i, now);
}

/* Address i is due. False: it stays due. */
static bool
step(struct tg_neighbor *nb, uint16_t i, tg_time_t now, const struct tg_neighbor_out *out)
{
	struct tg_addr *a = &nb->addr[i];

	switch ((enum tg_addr_state)a->state) {
	case TG_ADDR_TENTATIVE:
		if (!send_probe(nb, i, out))
			return false;
		a->state = TG_ADDR_PROBED;
		a->due = now + nb->limits.retrans_ms * TG_NS_PER_MS;
		return true;
	case TG_ADDR_PROBED:
		become_usable(nb, i, now);
		return announce(nb, i, now, out);
	case TG_ADDR_USABLE:
		return announce(nb, i, now, out);
	case TG_ADDR_DUPLICATE:
		break;
	}
	return true;
}

/* Reports go first: a snooping switch must know the groups before it lets objections
 * to a probe through (RFC 4862 5.4.2). */
tg_time_t
tg_announce_run(struct tg_neighbor *nb, tg_time_t now, const struct tg_neighbor_out *out)
{
	uint16_t i, n = nb->net->n_addrs;
	bool more = true;

	if (now < nb->announce_due)
		return nb->announce_due;
	for (i = 0; i < n && more; i++)
		more = tg_mld_run(nb, i, now, out);
	for (i = 0; i < n && more; i++) {
		if (nb->addr[i].due <= now)
			more = step(nb, i, now, out);
	}
	nb->announce_due = TG_TIME_NEVER;
	for (i = 0; i < n; i++) {
		tg_time_t due = TG_MIN(nb->addr[i].due, nb->addr[i].mld.due);

		nb->announce_due = TG_MIN(nb->announce_due, due);
	}
	return nb->announce_due;
}
