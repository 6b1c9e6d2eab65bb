/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Wheel: one deadline for each record of an array, in a hierarchical timer wheel
 * (Varghese and Lauck 1987, scheme 7).
 *
 * A record is named by its handle, its index in the caller's array, and embeds a
 * struct tg_wheel_node. It is idle or armed; when its deadline has come, an
 * advance takes it out, idle again, and gives its handle to the caller. A node
 * never fires early, and fires in the first advance to its deadline or later that
 * has the budget. Nodes fire in no particular order.
 *
 * Time is a tick of base/time.h and wraps. The wheel's time is the tick it was last
 * advanced to; all deadlines lie less than 2^31 ticks (26 days) after that.
 *
 * Four levels of 256 slots, a slot of level k being 256^k ticks wide and a doubly
 * linked list of nodes. A node lies on the lowest level whose 256 slots reach its
 * deadline. When time enters a slot, its nodes are looked at: what is due fires, the
 * rest moves to a lower level. Invariant: the first tick of a node's slot is not
 * after its deadline. Hence arming an armed node to later is one store: the node
 * stays where it is, is looked at early, and then moves.
 *
 * Each level keeps a clock of its own, and advances serve the lower levels first.
 * When a wide slot holds more than the budget, only its own nodes are late: a
 * million idle timeouts that change level do not hold up a retransmission.
 *
 * All functions are called by the owner of the records, one thread, only.
 */
#ifndef TG_WHEEL_WHEEL_H
#define TG_WHEEL_WHEEL_H

#include "base/types.h"

#define TG_WHEEL_LEVELS 4
#define TG_WHEEL_SLOTS  256

/* Embedded in the record; written by the wheel alone. While the node is armed,
 * deadline may be read; while it is idle, deadline and next may be used for
 * something else. */
struct tg_wheel_node {
	uint32_t deadline; /* tick */
	uint32_t next;     /* handle, or TG_HANDLE_NONE at the end of the list */
	uint32_t prev;     /* handle, 2^31 + slot at the head, or TG_HANDLE_NONE: idle */
};
_Static_assert(sizeof(struct tg_wheel_node) == 12, "three words of a record");

struct tg_wheel {
	uint8_t *nodes;                  /* the node of handle 0 */
	size_t stride;                   /* bytes from one node to the next */
	uint32_t n_records;              /* handles are below this */
	uint32_t now;                    /* tick; the wheel's time */
	bool left_over;                  /* the last advance left nodes to the next */
	uint32_t clock[TG_WHEEL_LEVELS]; /* tick; start of the slot a level is in, not after now */
	uint64_t occupied[TG_WHEEL_LEVELS][TG_WHEEL_SLOTS / 64]; /* a bit per slot with nodes */
	uint32_t head[TG_WHEEL_LEVELS * TG_WHEEL_SLOTS];         /* handles */
};

/* Starts an empty wheel at tick now and marks every node idle.
 * records: n_records records (below 2^31) of stride bytes, each with its node at
 * node_offset; they belong to the caller and outlive the wheel. Both stride and
 * node_offset are multiples of 4. */
void tg_wheel_init(struct tg_wheel *w, uint32_t now, void *records, size_t stride,
    size_t node_offset, uint32_t n_records);

/* Arms a node, idle or armed, to fire at deadline (tick). A deadline before the
 * wheel's time counts as the wheel's time: the node fires in the next advance,
 * even one to the same tick. Later than a deadline already armed costs one store;
 * earlier links the node anew. */
void tg_wheel_arm(struct tg_wheel *w, uint32_t handle, uint32_t deadline);

/* Makes a node idle; nothing happens if it is. A record must be idle before it is
 * freed: the wheel would go on naming its handle. */
void tg_wheel_cancel(struct tg_wheel *w, uint32_t handle);

/* Whether a node is armed. */
bool tg_wheel_armed(const struct tg_wheel *w, uint32_t handle);

/* Moves time to now_tick, which is not before the wheel's time and less than 2^31
 * ticks after it, and takes out the nodes that are due.
 * budget: nodes to look at, fired or moved, at most; the cost of the call is bound
 * by it and does not depend on the ticks passed.
 * expired: receives the handles of the nodes that fired, now idle; room for max.
 * Returns their number. What budget or max left over is taken up by the next call,
 * to the same tick or a later one: see tg_wheel_behind. */
uint32_t tg_wheel_advance(
    struct tg_wheel *w, uint32_t now_tick, uint32_t budget, uint32_t *expired, uint32_t max);

/* Tells in *tick the first tick at which an advance may find a node to look at: the
 * wheel's time, if something is due or left over; else no deadline lies before it,
 * and the first may lie later, where the node waits on a higher level or was armed
 * to later. A worker with nothing else to do may sleep until then. Returns false,
 * *tick untouched, if no node is armed. */
bool tg_wheel_next(const struct tg_wheel *w, uint32_t *tick);

/* Whether an advance to now_tick would find a node to look at: true after an
 * advance to now_tick that left work to the next. */
bool tg_wheel_behind(const struct tg_wheel *w, uint32_t now_tick);

#endif
