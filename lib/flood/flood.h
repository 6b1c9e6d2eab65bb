/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Flood: SYNs from many sources, and what comes back to them.
 *
 * A source is an address of a prefix and a port; a tuple is one of them with the target. The
 * tuples are gone through in order, or in an order that a key decides; none comes twice before
 * all were used. Nothing is kept about a SYN: its sequence number is a function of its tuple, so a
 * reply shows whether it answers a SYN of ours.
 *
 * Of every N handshakes one may be completed: which, the sequence number decides, so that a
 * repeated SYN-ACK is treated as the first was. The third segment may carry a request. What is
 * completed is remembered in a table, in a place that the tuple decides, until the answer is
 * here; there are no retransmissions, so a loss shows as silence.
 *
 *   SYN ->                         sampled:    ACK + request ->
 *                   <- SYN-ACK                                   <- text
 *                                              ACK, or FIN + ACK, or RST ->
 *
 * What belongs to addresses of the host itself, ARP for one, is another's business: such frames
 * are foreign here.
 *
 * All functions but tg_flood_figures are the worker's.
 */
#ifndef TG_FLOOD_FLOOD_H
#define TG_FLOOD_FLOOD_H

#include "base/arena.h"
#include "base/frame.h"
#include "base/histogram.h"
#include "base/stats.h"
#include "base/time.h"
#include "crypto/siphash.h"

#define TG_FLOOD_SOURCE_BITS_MAX 32   /* host bits of the prefix of sources */
#define TG_FLOOD_ROOM            128  /* bytes that a buffer for a SYN must have */
#define TG_FLOOD_ANSWER_ROOM     1514 /* and one with a received frame */
#define TG_FLOOD_REQUEST_MAX     1200 /* bytes of a request */
#define TG_FLOOD_SLOTS           65536
#define TG_FLOOD_SILENCE_NS      TG_NS_PER_SEC /* an answer that takes longer is none */

enum tg_flood_count {
#define TG_FLOOD(symbol, name, kind, help) TG_FLOOD_##symbol,
#include "flood/count.def"
#undef TG_FLOOD
	TG_FLOOD_MAX
};

enum tg_flood_kind {
	TG_FLOOD_KIND_SENT,
	TG_FLOOD_KIND_REPLY,
	TG_FLOOD_KIND_CHECK,
	TG_FLOOD_KIND_OUTCOME,
	TG_FLOOD_KIND_LIMIT
};

struct tg_flood_count_info {
	const char *name; /* snake case */
	const char *help; /* one sentence */
	enum tg_flood_kind kind;
};

extern const struct tg_flood_count_info tg_flood_count_info[TG_FLOOD_MAX];

enum tg_flood_order { TG_FLOOD_RANDOM, TG_FLOOD_SEQUENTIAL };

/* TCP options of the SYNs. */
enum tg_flood_options {
	TG_FLOOD_OPTIONS_NONE,
	TG_FLOOD_OPTIONS_MSS,
	TG_FLOOD_OPTIONS_LINUX, /* MSS, SACK permitted, timestamp, window scale 7 */
};

/* What a completed handshake comes to: with a request when its answer begins, without at once. */
enum tg_flood_close {
	TG_FLOOD_LEAVE, /* nothing more: the connection stays with the target */
	TG_FLOOD_FIN,
	TG_FLOOD_RST, /* only with a request */
};

/* What to do. Immutable; outlives the flood. */
struct tg_flood_config {
	union tg_ip target;
	bool is_ipv6;
	be16_t port;                 /* of the target */
	union tg_ip sources;         /* prefix, its host bits zero */
	uint8_t source_bits;         /* host bits, at most TG_FLOOD_SOURCE_BITS_MAX */
	uint16_t port_min, port_max; /* of the sources, host order */
	enum tg_flood_order order;
	enum tg_flood_options options;
	struct tg_siphash_key key; /* decides order and sequence numbers */
	uint32_t check_every;      /* one of so many replies is checked; 0: none */
	bool check_sums;           /* the port delivers frames with whole checksums */
	uint32_t complete_every;   /* one of so many handshakes is completed; 0: none */
	enum tg_flood_close close;
	const uint8_t *request; /* sent with the third segment; NULL: none */
	uint32_t request_len;   /* bytes, at most TG_FLOOD_REQUEST_MAX */
};

/* Worker: rw, control: ro */
struct tg_flood_figures {
	_Atomic uint64_t count[TG_FLOOD_MAX];
	struct tg_histogram answer; /* ns, from the third segment to the first answer to it */
};

struct tg_flood; /* laid out by tg_flood_layout */

/* Cuts a flood from arena and returns it, or NULL while measuring. */
struct tg_flood *tg_flood_layout(struct tg_arena *arena, const struct tg_flood_config *config);

/* Says where the frames go: link layer addresses of this port and of the next hop. Before the
 * first SYN. */
void tg_flood_aim(struct tg_flood *f, const uint8_t src_mac[6], const uint8_t dst_mac[6]);

/* Writes the next n SYNs to to[0..n), each with room for TG_FLOOD_ROOM bytes. They are
 * tg_flood_syn_bytes long. They count when tg_flood_sent says that they are on their way. */
void tg_flood_make(struct tg_flood *f, tg_time_t now, uint8_t *const *to, uint32_t n);

/* Bytes of a SYN from Ethernet header on. */
uint32_t tg_flood_syn_bytes(const struct tg_flood *f);

/* How many SYNs have been sent, or never will be. */
void tg_flood_sent(struct tg_flood *f, uint64_t n);
void tg_flood_unsent(struct tg_flood *f, uint64_t n);

/* What became of a received frame. */
enum tg_flood_verdict {
	TG_FLOOD_DONE,    /* it was counted */
	TG_FLOOD_FOREIGN, /* it is none of the flood's, and untouched */
	TG_FLOOD_ANSWER,  /* it became the answer: send it */
};

/* Looks at n received frames data[i], len[i] bytes long and with room for TG_FLOOD_ANSWER_ROOM.
 * verdict: out, for each; len is that of the answer where one is to be sent. Returns how many
 * verdicts are not TG_FLOOD_DONE. */
uint32_t tg_flood_take(struct tg_flood *f, tg_time_t now, uint8_t *const *data, uint16_t *len,
    uint8_t *verdict, uint32_t n);

/* Nothing more will come: what has not been answered counts as silent. */
void tg_flood_end(struct tg_flood *f);

/* Tuples there are. */
uint64_t tg_flood_tuples(const struct tg_flood *f);

/* Read by the control thread at any time. */
const struct tg_flood_figures *tg_flood_figures(const struct tg_flood *f);

#endif
