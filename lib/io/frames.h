/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Frames and mbufs: tg_frame.buf is an mbuf.
 *
 * Every frame's mbuf is direct, has one segment and one reference, belongs to the
 * port's pool and has its data at the usual headroom. So all frames have the same
 * room, any frame may become a spare, and a frame that is sent satisfies what
 * RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE asks for. What a driver delivers in another
 * shape is copied into such an mbuf.
 *
 * A worker calls these for its own frames; several workers may do so at once.
 */
#ifndef TG_IO_FRAMES_H
#define TG_IO_FRAMES_H

#include <rte_mbuf.h>

#include "base/frame.h"
#include "base/stats.h"
#include "io/port.h"

/* Makes frames of n received mbufs, which are taken over. frame: out, room for n.
 * Returns the number of frames; the rest did not fit one buffer, or none was free to
 * copy into, and is dropped and counted as RX_SHAPE. */
uint32_t tg_frames_from_mbufs(const struct tg_port *port, struct rte_mbuf **m, uint32_t n,
    struct tg_frame *frame, struct tg_stats *stats);

/* Prepares the mbufs of n frames for transmission: length, and the offload that each
 * frame asks for. m: out, room for n. Returns their bytes. */
uint64_t tg_frames_to_mbufs(const struct tg_frame *frame, uint32_t n, struct rte_mbuf **m);

/* Pushes n empty frames from the port's pool on spare. False, with nothing pushed, if
 * the pool has not as many. */
bool tg_frames_alloc(const struct tg_port *port, struct tg_frames *spare, uint32_t n);

/* Gives the mbufs of n frames back to their pool. */
void tg_frames_free(const struct tg_frame *frame, uint32_t n);

#endif
