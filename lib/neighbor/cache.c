/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The cache: a hash index over an array of entries, an LRU list, and two lists of
 * deadlines. Everything in one list waits equally long, so a new deadline goes to
 * the back and the list stays sorted; what is due at once goes to the front.
 */
#include "neighbor/neighbor_internal.h"

#define DELAY_FIRST_PROBE_NS (5 * TG_NS_PER_SEC) /* RFC 4861 10 */
#define FAILED_HOLD_NS       (1 * TG_NS_PER_SEC)
#define RUN_MAX              32 /* entries looked at per run */

static void
list_remove(struct tg_neighbor *nb, struct tg_list *list, enum tg_link kind, uint16_t i)
{
	uint16_t prev = nb->entry[i].link[kind].prev, next = nb->entry[i].link[kind].next;

	if (prev == TG_NEIGHBOR_NONE)
		list->head = next;
	else
		nb->entry[prev].link[kind].next = next;
	if (next == TG_NEIGHBOR_NONE)
		list->tail = prev;
	else
		nb->entry[next].link[kind].prev = prev;
}

static void
list_push_front(struct tg_neighbor *nb, struct tg_list *list, enum tg_link kind, uint16_t i)
{
	nb->entry[i].link[kind].prev = TG_NEIGHBOR_NONE;
	nb->entry[i].link[kind].next = list->head;
	if (list->head == TG_NEIGHBOR_NONE)
		list->tail = i;
	else
		nb->entry[list->head].link[kind].prev = i;
	list->head = i;
}

static void
list_push_back(struct tg_neighbor *nb, struct tg_list *list, enum tg_link kind, uint16_t i)
{
	nb->entry[i].link[kind].prev = list->tail;
	nb->entry[i].link[kind].next = TG_NEIGHBOR_NONE;
	if (list->tail == TG_NEIGHBOR_NONE)
		list->head = i;
	else
		nb->entry[list->tail].link[kind].next = i;
	list->tail = i;
}

/* Unkeyed: only nodes of our own links choose these addresses, and a long chain
 * costs users of a hint nothing. */
static uint32_t
bucket_of(const struct tg_neighbor *nb, const union tg_ip *ip, uint16_t vlan)
{
	uint64_t h = (ip->q[0] ^ vlan) * 0x9e3779b97f4a7c15;

	h = (h ^ h >> 32 ^ ip->q[1]) * 0x9e3779b97f4a7c15;
	return (uint32_t)(h >> 32) & nb->bucket_mask;
}

static void
index_insert(struct tg_neighbor *nb, uint16_t i)
{
	uint16_t *head = &nb->bucket[bucket_of(nb, &nb->entry[i].ip, nb->entry[i].vlan)];

	nb->entry[i].hash_next = *head;
	*head = i;
}

static void
index_remove(struct tg_neighbor *nb, uint16_t i)
{
	uint16_t *at = &nb->bucket[bucket_of(nb, &nb->entry[i].ip, nb->entry[i].vlan)];

	while (*at != i)
		at = &nb->entry[*at].hash_next;
	*at = nb->entry[i].hash_next;
}

bool
tg_cache_is(
    const struct tg_neighbor *nb, uint16_t i, bool is_ipv6, const union tg_ip *ip, uint16_t vlan)
{
	const struct tg_entry *e;

	if (i >= nb->used)
		return false;
	e = &nb->entry[i];
	return tg_ip_equal(&e->ip, ip) && e->vlan == vlan && e->is_ipv6 == is_ipv6;
}

uint16_t
tg_cache_find(const struct tg_neighbor *nb, bool is_ipv6, const union tg_ip *ip, uint16_t vlan)
{
	uint16_t i = nb->bucket[bucket_of(nb, ip, vlan)];

	while (i != TG_NEIGHBOR_NONE && !tg_cache_is(nb, i, is_ipv6, ip, vlan))
		i = nb->entry[i].hash_next;
	return i;
}

static struct tg_list *
timer_list(struct tg_neighbor *nb, enum tg_entry_state state)
{
	switch (state) {
	case TG_ENTRY_INCOMPLETE:
	case TG_ENTRY_PROBE:
		return &nb->solicit;
	case TG_ENTRY_DELAY:
		return &nb->delay;
	case TG_ENTRY_REACHABLE: /* its deadline is looked at on use */
	case TG_ENTRY_FAILED:
	case TG_ENTRY_STALE:
	case TG_ENTRY_STATE_MAX:
		break;
	}
	return NULL;
}

/* Puts entry i, which is in no timer list, into a state until deadline. */
static void
arm(struct tg_neighbor *nb, uint16_t i, enum tg_entry_state state, tg_time_t deadline,
    tg_time_t now)
{
	struct tg_list *list = timer_list(nb, state);

	nb->entry[i].state = (uint8_t)state;
	nb->entry[i].deadline = deadline;
	if (list == NULL)
		return;
	if (deadline <= now)
		list_push_front(nb, list, TG_LINK_TIMER, i);
	else
		list_push_back(nb, list, TG_LINK_TIMER, i);
	tg_neighbor_wake(nb, deadline);
}

static void
disarm(struct tg_neighbor *nb, uint16_t i)
{
	struct tg_list *list = timer_list(nb, (enum tg_entry_state)nb->entry[i].state);

	if (list != NULL)
		list_remove(nb, list, TG_LINK_TIMER, i);
}

/* No link-layer address is known that could be used. */
static bool
is_unresolved(const struct tg_entry *e)
{
	return e->state == TG_ENTRY_INCOMPLETE || e->state == TG_ENTRY_FAILED;
}

/* Where entry i, which is no gateway, waits for its turn to make room. */
static struct tg_list *
room_list(struct tg_neighbor *nb, uint16_t i)
{
	return is_unresolved(&nb->entry[i]) ? &nb->unresolved : &nb->lru;
}

static void
enter(struct tg_neighbor *nb, uint16_t i, enum tg_entry_state state, tg_time_t deadline,
    tg_time_t now)
{
	struct tg_list *was = room_list(nb, i), *is;

	disarm(nb, i);
	nb->entry[i].sent = 0;
	arm(nb, i, state, deadline, now);
	is = room_list(nb, i);
	if (nb->entry[i].awaited && is == &nb->lru) {
		nb->entry[i].awaited = false;
		nb->resolutions++;
	}
	if (is == was || nb->entry[i].gateway)
		return;
	list_remove(nb, was, TG_LINK_LRU, i);
	list_push_front(nb, is, TG_LINK_LRU, i);
}

static void
enter_reachable(struct tg_neighbor *nb, uint16_t i, tg_time_t now)
{
	enter(nb, i, TG_ENTRY_REACHABLE, now + nb->limits.reachable_ms * TG_NS_PER_MS, now);
}

static void
enter_stale(struct tg_neighbor *nb, uint16_t i, tg_time_t now)
{
	enter(nb, i, TG_ENTRY_STALE, TG_TIME_NEVER, now);
}

static void
touch(struct tg_neighbor *nb, uint16_t i)
{
	struct tg_list *list = room_list(nb, i);

	if (nb->entry[i].gateway || list->head == i)
		return;
	list_remove(nb, list, TG_LINK_LRU, i);
	list_push_front(nb, list, TG_LINK_LRU, i);
}

static bool
is_gateway(const struct tg_net *net, bool is_ipv6, const union tg_ip *ip)
{
	if (is_ipv6)
		return net->has_gateway6 && tg_ip_equal(ip, &net->gateway6);
	return net->has_gateway4 && tg_ip_equal(ip, &net->gateway4);
}

/* A record for a new entry: a fresh one, or the least recently used of those without an address,
 * or else of all. Hosts that do not exist, however many are asked for, displace one another and
 * none that answers. */
static uint16_t
take_record(struct tg_neighbor *nb)
{
	struct tg_list *list = nb->unresolved.tail != TG_NEIGHBOR_NONE ? &nb->unresolved : &nb->lru;
	uint16_t i = list->tail;

	if (nb->used < nb->limits.entries)
		return nb->used++;
	if (i == TG_NEIGHBOR_NONE)
		return i;
	tg_count(nb->stats, TG_COUNTER_NEIGHBOR_EVICTED);
	disarm(nb, i);
	list_remove(nb, list, TG_LINK_LRU, i);
	index_remove(nb, i);
	return i;
}

uint16_t
tg_cache_get(
    struct tg_neighbor *nb, bool is_ipv6, const union tg_ip *ip, uint16_t vlan, tg_time_t now)
{
	uint16_t i = tg_cache_find(nb, is_ipv6, ip, vlan);

	if (i != TG_NEIGHBOR_NONE)
		return i;
	i = take_record(nb);
	if (i == TG_NEIGHBOR_NONE) {
		tg_count(nb->stats, TG_COUNTER_NEIGHBOR_FULL);
		return i;
	}
	nb->entry[i] = (struct tg_entry){
		.ip = *ip,
		.vlan = vlan,
		.is_ipv6 = is_ipv6,
		.gateway = is_gateway(nb->net, is_ipv6, ip),
	};
	index_insert(nb, i);
	arm(nb, i, TG_ENTRY_INCOMPLETE, now, now);
	if (!nb->entry[i].gateway)
		list_push_front(nb, &nb->unresolved, TG_LINK_LRU, i);
	return i;
}

bool
tg_cache_use(struct tg_neighbor *nb, uint16_t i, tg_time_t now, uint8_t mac[6])
{
	struct tg_entry *e = &nb->entry[i];

	touch(nb, i);
	switch ((enum tg_entry_state)e->state) {
	case TG_ENTRY_REACHABLE:
		if (now < e->deadline)
			break;
		enter(nb, i, TG_ENTRY_DELAY, now + DELAY_FIRST_PROBE_NS, now);
		break;
	case TG_ENTRY_STALE:
		enter(nb, i, TG_ENTRY_DELAY, now + DELAY_FIRST_PROBE_NS, now);
		break;
	case TG_ENTRY_DELAY:
	case TG_ENTRY_PROBE:
		break;
	case TG_ENTRY_FAILED:
		if (now >= e->deadline)
			enter(nb, i, TG_ENTRY_INCOMPLETE, now, now);
		e->awaited = true;
		return false;
	case TG_ENTRY_INCOMPLETE:
		e->awaited = true;
		return false;
	case TG_ENTRY_STATE_MAX:
		return false;
	}
	memcpy(mac, e->mac, sizeof(e->mac));
	return true;
}

bool
tg_cache_is_resolved(const struct tg_neighbor *nb, uint16_t i)
{
	return !is_unresolved(&nb->entry[i]);
}

void
tg_cache_confirm(struct tg_neighbor *nb, uint16_t i, tg_time_t now)
{
	if (!is_unresolved(&nb->entry[i]))
		enter_reachable(nb, i, now);
}

void
tg_cache_learn(struct tg_neighbor *nb, bool is_ipv6, const union tg_ip *ip, uint16_t vlan,
    const uint8_t mac[6], tg_time_t now)
{
	uint16_t i = tg_cache_get(nb, is_ipv6, ip, vlan, now);
	struct tg_entry *e;

	if (i == TG_NEIGHBOR_NONE)
		return;
	e = &nb->entry[i];
	if (!is_unresolved(e) && memcmp(e->mac, mac, sizeof(e->mac)) == 0)
		return;
	memcpy(e->mac, mac, sizeof(e->mac));
	enter_stale(nb, i, now);
}

void
tg_cache_advertised(struct tg_neighbor *nb, uint16_t i, const uint8_t *mac, bool solicited,
    bool override, tg_time_t now)
{
	struct tg_entry *e = &nb->entry[i];
	bool unresolved = is_unresolved(e);
	bool changed = mac != NULL && (unresolved || memcmp(e->mac, mac, sizeof(e->mac)) != 0);

	if (unresolved && mac == NULL)
		return;
	if (changed && !override && !unresolved) {
		if (e->state == TG_ENTRY_REACHABLE)
			enter_stale(nb, i, now);
		return;
	}
	if (changed)
		memcpy(e->mac, mac, sizeof(e->mac));
	if (solicited)
		enter_reachable(nb, i, now);
	else if (changed)
		enter_stale(nb, i, now);
}

/* The local address to ask from: one whose prefix holds the target, else any of the
 * family on its VLAN. */
static uint16_t
source_for(const struct tg_neighbor *nb, const struct tg_entry *e)
{
	const struct tg_net *net = nb->net;
	uint16_t i = tg_net_on_link(net, e->is_ipv6, &e->ip, e->vlan);

	if (i != TG_NET_ADDR_NONE && tg_neighbor_addr_usable(nb, i))
		return i;
	for (i = 0; i < net->n_addrs; i++) {
		if (net->addr[i].is_ipv6 == e->is_ipv6 && net->addr[i].vlan == e->vlan &&
		    tg_neighbor_addr_usable(nb, i))
			return i;
	}
	return TG_NET_ADDR_NONE;
}

/* Asks for entry i. Without an address to ask from (all still tentative) nothing is
 * sent, and the attempt counts all the same. */
static bool
send_solicitation(struct tg_neighbor *nb, uint16_t i, const struct tg_neighbor_out *out)
{
	const struct tg_entry *e = &nb->entry[i];
	const uint8_t *mac = e->state == TG_ENTRY_PROBE ? e->mac : NULL;
	uint16_t local = source_for(nb, e);
	const union tg_ip *src;
	struct tg_frame f;

	if (local == TG_NET_ADDR_NONE)
		return true;
	if (!tg_neighbor_take_frame(nb, out, &f))
		return false;
	src = &nb->net->addr[local].ip;
	if (e->is_ipv6)
		tg_ndp_write_solicitation(nb->net, &f, e->vlan, src, &e->ip, mac);
	else
		tg_arp_write_request(nb->net, &f, e->vlan, src->v4, e->ip.v4, mac);
	tg_frames_push(out->tx, &f);
	tg_count(nb->stats, e->is_ipv6 ? TG_COUNTER_ND_SOLICITATIONS : TG_COUNTER_ARP_REQUESTS);
	return true;
}

/* Entry i, INCOMPLETE or PROBE, is due. */
static bool
solicit(struct tg_neighbor *nb, uint16_t i, tg_time_t now, const struct tg_neighbor_out *out)
{
	struct tg_entry *e = &nb->entry[i];

	if (e->sent >= nb->limits.probes) {
		tg_count(nb->stats, TG_COUNTER_NEIGHBOR_FAILED);
		enter(nb, i, TG_ENTRY_FAILED, now + FAILED_HOLD_NS, now);
		return true;
	}
	if (!send_solicitation(nb, i, out))
		return false;
	e->sent++;
	disarm(nb, i);
	arm(nb, i, (enum tg_entry_state)e->state, now + nb->limits.retrans_ms * TG_NS_PER_MS, now);
	return true;
}

static tg_time_t
list_due(const struct tg_neighbor *nb, const struct tg_list *list)
{
	return list->head == TG_NEIGHBOR_NONE ? TG_TIME_NEVER : nb->entry[list->head].deadline;
}

tg_time_t
tg_cache_run(struct tg_neighbor *nb, tg_time_t now, const struct tg_neighbor_out *out)
{
	int n;

	for (n = 0; n < RUN_MAX && list_due(nb, &nb->delay) <= now; n++)
		enter(nb, nb->delay.head, TG_ENTRY_PROBE, now, now);
	for (n = 0; n < RUN_MAX && list_due(nb, &nb->solicit) <= now; n++) {
		if (!solicit(nb, nb->solicit.head, now, out))
			break;
	}
	return TG_MIN(list_due(nb, &nb->delay), list_due(nb, &nb->solicit));
}
