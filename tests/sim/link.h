/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Link: a wire between two ends that loses, repeats, reorders, marks and delays frames,
 * all of it decided by a seed.
 */
#ifndef TG_TESTS_SIM_LINK_H
#define TG_TESTS_SIM_LINK_H

#include "base/time.h"
#include "random.h"

#define SIM_LINK_FRAMES      4096 /* in flight at most; more are lost, as in a full queue */
#define SIM_LINK_FRAME_BYTES 1600

enum sim_end { SIM_SHARD, SIM_PEER };

struct sim_link_quality {
	uint32_t loss_permille;
	uint32_t duplicate;      /* percent */
	uint32_t reorder;        /* percent of frames that are held back by up to five delays */
	uint32_t corrupt;        /* percent */
	uint32_t mark;           /* percent of ECN-capable frames over IPv4 that are marked */
	uint32_t stale_permille; /* copies that come much later, from another incarnation */
	tg_time_t stale_ns;      /* by up to so much */
	tg_time_t delay_ns;      /* one way */
	tg_time_t jitter_ns;
	uint32_t rate;      /* bytes per second, each way; 0: no limit */
	tg_time_t queue_ns; /* with rate: a frame that would wait for longer is lost */
};

struct sim_flight {
	tg_time_t due;
	uint64_t order; /* ties go in order of sending */
	enum sim_end to;
	uint16_t len;
	uint8_t data[SIM_LINK_FRAME_BYTES];
};

struct sim_link {
	struct sim_random *random;
	struct sim_link_quality quality;
	uint64_t sent;           /* frames put in flight: copies count, what was lost does not */
	uint64_t received;       /* frames that have arrived */
	uint64_t marked;         /* frames that were marked: congestion experienced */
	tg_time_t busy_until[2]; /* with rate, by the end that receives */
	uint32_t n;
	uint32_t
	    heap[SIM_LINK_FRAMES]; /* indices into flight, earliest first; free ones behind n */
	struct sim_flight flight[SIM_LINK_FRAMES];
};

void sim_link_init(
    struct sim_link *link, struct sim_random *random, const struct sim_link_quality *quality);

/* Sends a frame to one end. */
void sim_link_send(
    struct sim_link *link, tg_time_t now, enum sim_end to, const uint8_t *data, uint16_t len);

/* When the next frame arrives; UINT64_MAX if none is in flight. */
tg_time_t sim_link_next(const struct sim_link *link);

/* The next frame that has arrived by now, or NULL. Valid until the next send. */
const struct sim_flight *sim_link_receive(struct sim_link *link, tg_time_t now);

#endif
