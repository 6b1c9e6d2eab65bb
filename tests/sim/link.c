/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "link.h"

#include <string.h>

#include "packet/packet.h"

#define IP4_FIRST_BYTE 0x45 /* no options */

void
sim_link_init(
    struct sim_link *link, struct sim_random *random, const struct sim_link_quality *quality)
{
	uint32_t i;

	link->random = random;
	link->quality = *quality;
	link->sent = link->received = link->marked = 0;
	link->busy_until[SIM_SHARD] = link->busy_until[SIM_PEER] = 0;
	link->n = 0;
	for (i = 0; i < SIM_LINK_FRAMES; i++)
		link->heap[i] = i;
}

static bool
is_before(const struct sim_link *link, uint32_t a, uint32_t b)
{
	const struct sim_flight *x = &link->flight[link->heap[a]];
	const struct sim_flight *y = &link->flight[link->heap[b]];

	return x->due != y->due ? x->due < y->due : x->order < y->order;
}

static void
swap(struct sim_link *link, uint32_t a, uint32_t b)
{
	uint32_t t = link->heap[a];

	link->heap[a] = link->heap[b];
	link->heap[b] = t;
}

static tg_time_t
travel_time(struct sim_link *link)
{
	const struct sim_link_quality *q = &link->quality;
	tg_time_t t = q->delay_ns;

	if (q->jitter_ns != 0)
		t += sim_random_next(link->random) % q->jitter_ns;
	if (sim_random_percent(link->random, q->reorder))
		t += sim_random_next(link->random) % (5 * q->delay_ns);
	return t;
}

/* Waits for the frames before it: *leaves becomes the time at which it is on its way. Returns
 * false if the queue is full. */
static bool
pass_queue(struct sim_link *link, tg_time_t *leaves, enum sim_end to, uint16_t len)
{
	const struct sim_link_quality *q = &link->quality;
	tg_time_t begin = TG_MAX(*leaves, link->busy_until[to]);

	if (q->rate == 0)
		return true;
	if (begin - *leaves > q->queue_ns)
		return false;
	*leaves = link->busy_until[to] = begin + len * TG_NS_PER_SEC / q->rate;
	return true;
}

static void
flip_bit(struct sim_random *random, uint8_t *data, uint16_t len)
{
	uint32_t at = sim_random_below(random, len);

	data[at] ^= (uint8_t)(1 << sim_random_below(random, 8));
}

/* RFC 3168 section 5: congestion experienced, and the checksum as RFC 1624 mends it. */
static void
mark(struct sim_link *link, uint8_t *ip)
{
	uint32_t sum, was = ip[1] & TG_TOS_ECN_MASK;

	if (ip[0] != IP4_FIRST_BYTE || was == TG_ECN_NOT_ECT || was == TG_ECN_CE)
		return;
	ip[1] |= TG_ECN_CE;
	sum = (uint32_t)(ip[10] << 8 | ip[11]) + was + (0xffff ^ TG_ECN_CE);
	sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	link->marked++;
}

static void
put(struct sim_link *link, tg_time_t now, enum sim_end to, const uint8_t *data, uint16_t len)
{
	uint32_t i = link->n;
	struct sim_flight *f;

	if (link->n == SIM_LINK_FRAMES || len > SIM_LINK_FRAME_BYTES)
		return;
	f = &link->flight[link->heap[i]];
	f->due = now + travel_time(link);
	f->order = link->sent++;
	f->to = to;
	f->len = len;
	memcpy(f->data, data, len);
	if (link->quality.mark != 0 && sim_random_percent(link->random, link->quality.mark))
		mark(link, f->data + TG_ETH_HEADER_BYTES);
	if (sim_random_percent(link->random, link->quality.corrupt))
		flip_bit(link->random, f->data, len);
	for (link->n++; i > 0 && is_before(link, i, (i - 1) / 2); i = (i - 1) / 2)
		swap(link, i, (i - 1) / 2);
}

void
sim_link_send(
    struct sim_link *link, tg_time_t now, enum sim_end to, const uint8_t *data, uint16_t len)
{
	if (sim_random_below(link->random, 1000) < link->quality.loss_permille ||
	    !pass_queue(link, &now, to, len))
		return;
	put(link, now, to, data, len);
	if (sim_random_percent(link->random, link->quality.duplicate))
		put(link, now, to, data, len);
	if (sim_random_below(link->random, 1000) < link->quality.stale_permille)
		put(link, now + sim_random_next(link->random) % link->quality.stale_ns, to, data,
		    len);
}

tg_time_t
sim_link_next(const struct sim_link *link)
{
	return link->n == 0 ? UINT64_MAX : link->flight[link->heap[0]].due;
}

const struct sim_flight *
sim_link_receive(struct sim_link *link, tg_time_t now)
{
	uint32_t i = 0, child;

	if (sim_link_next(link) > now)
		return NULL;
	link->received++;
	swap(link, 0, --link->n);
	while ((child = 2 * i + 1) < link->n) {
		if (child + 1 < link->n && is_before(link, child + 1, child))
			child++;
		if (is_before(link, i, child))
			break;
		swap(link, i, child);
		i = child;
	}
	return &link->flight[link->heap[link->n]];
}
