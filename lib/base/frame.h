/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Frame: the border between lib/io and the pure rooms.
 *
 * A frame is one Ethernet frame in one contiguous, writable, exclusively owned
 * buffer. lib/io makes frames from received buffers and hands them to a shard
 * together with a magazine of spare (empty) ones; the shard gives back frames to
 * send and everything it no longer needs, as spares again. The pure rooms move
 * and rewrite frames and never look behind `buf`.
 *
 * Lists of frames are arrays with a count; who may grow them is said by the
 * function that takes them.
 */
#ifndef TG_BASE_FRAME_H
#define TG_BASE_FRAME_H

#include "base/types.h"

/* Received: what the port says of the checksums. NONE comes from ports (virtio)
 * whose frames never had one because they never left the machine; it counts as
 * good. UNKNOWN is verified in software. */
enum tg_rx_csum {
	TG_RX_CSUM_UNKNOWN,
	TG_RX_CSUM_GOOD,
	TG_RX_CSUM_BAD,
	TG_RX_CSUM_NONE,
};

/* tg_frame.flags */
#define TG_FRAME_RX_IP_SHIFT 0         /* two bits of enum tg_rx_csum: IPv4 header */
#define TG_FRAME_RX_L4_SHIFT 2         /* two bits of enum tg_rx_csum: TCP, ICMPv6 */
#define TG_FRAME_TX_IP_CSUM  (1U << 4) /* the port fills in the IPv4 header checksum */
#define TG_FRAME_TX_L4_CSUM                                                                        \
	(1U << 5)                 /* the port completes the TCP checksum from a pseudo-header sum */
#define TG_FRAME_VLAN   (1U << 6) /* received: the port stripped a tag, TCI is in vlan */
#define TG_FRAME_HASHED (1U << 7) /* hash holds tg_flow_hash of the frame */
#define TG_FRAME_COPY   (1U << 8) /* a copy to learn from: another shard answers */
#define TG_FRAME_IPV6   (1U << 9) /* sent: IPv6, for the port's offload descriptor */

struct tg_frame {
	uint8_t *data;     /* first byte of the Ethernet header */
	void *buf;         /* the owner's buffer, opaque here */
	uint32_t hash;     /* flow hash, where TG_FRAME_HASHED */
	uint16_t len;      /* bytes at data */
	uint16_t room;     /* bytes that data can hold */
	uint16_t flags;    /* TG_FRAME_* */
	uint16_t vlan;     /* TCI in host order, where TG_FRAME_VLAN */
	uint8_t l3_off;    /* to send with offload: bytes before the IP header */
	uint8_t l4_off;    /* to send with offload: bytes before the TCP header */
	uint8_t src_class; /* source class stamped by lib/io; 0 is the default class */
	uint8_t port;      /* port it came from or goes to */
};
_Static_assert(sizeof(struct tg_frame) == 32, "two frames to a cache line");

/* A bounded array of frames, used as a stack or filled from the front. */
struct tg_frames {
	struct tg_frame *v;
	uint32_t n;   /* frames present */
	uint32_t cap; /* frames that v can hold */
};

static inline enum tg_rx_csum
tg_frame_rx_ip(const struct tg_frame *f)
{
	return (enum tg_rx_csum)(f->flags >> TG_FRAME_RX_IP_SHIFT & 3);
}

static inline enum tg_rx_csum
tg_frame_rx_l4(const struct tg_frame *f)
{
	return (enum tg_rx_csum)(f->flags >> TG_FRAME_RX_L4_SHIFT & 3);
}

static inline void
tg_frames_push(struct tg_frames *list, const struct tg_frame *f)
{
	assert(list->n < list->cap); /* callers size every list for the worst burst */
	list->v[list->n++] = *f;
}

/* Takes the last frame, emptied. False if there is none. */
static inline bool
tg_frames_pop(struct tg_frames *list, struct tg_frame *f)
{
	if (list->n == 0)
		return false;
	*f = list->v[--list->n];
	f->len = 0;
	f->flags = 0;
	f->vlan = 0;
	return true;
}

#endif
