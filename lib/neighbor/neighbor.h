/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Neighbour: one shard's ARP (RFC 826) and neighbour discovery (RFC 4861), address
 * announcement and duplicate address detection, and ICMP echo.
 *
 * The cache is bounded. An entry is made when a neighbour asks for one of our
 * addresses, or when we have something to send to it; entries go INCOMPLETE ->
 * REACHABLE -> STALE -> DELAY -> PROBE as in RFC 4861 7.3.2, ARP included. A neighbour
 * that never answers is not asked again for a second. When the cache is full, the
 * least recently used entry without a MAC address makes room, or else the least
 * recently used one that is not a gateway; counted as neighbor_evicted.
 *
 * Users keep the index of an entry as a hint and pass it back with the hop they
 * mean; an index that now holds another address is noticed and looked up again,
 * so nothing needs to be told when an entry goes.
 *
 * A frame whose Ethernet source (ARP: sender) is our own MAC address is our own,
 * reflected, and never counts as a conflict. An IPv4 address of ours that another
 * node claims is kept and announced anew, at most once per 10 s (RFC 5227 2.4 (c)).
 *
 * All functions are called by the shard's worker only.
 */
#ifndef TG_NEIGHBOR_NEIGHBOR_H
#define TG_NEIGHBOR_NEIGHBOR_H

#include "base/arena.h"
#include "base/frame.h"
#include "base/stats.h"
#include "base/time.h"
#include "neighbor/net.h"
#include "packet/build.h"
#include "packet/packet.h"

#define TG_NEIGHBOR_NONE UINT16_MAX /* hint that names no entry */

struct tg_neighbor; /* laid out by tg_neighbor_layout */

struct tg_neighbor_limits {
	uint16_t entries;         /* cache size, 1..65534 */
	uint32_t reachable_ms;    /* REACHABLE this long after a confirmation, default 30000 */
	uint32_t retrans_ms;      /* between solicitations, default 1000 */
	uint8_t probes;           /* solicitations before an entry fails, default 3 */
	uint32_t echo_per_second; /* echo replies, rate and burst; 0 none, default 1000 */
};

/* Cuts a cache from arena; returns NULL while measuring. stats outlives it.
 * sender: whether this shard sends the announcements and DAD probes; exactly one
 * shard of a port does, the others keep the same state from the copies they see.
 * Every address is usable until tg_neighbor_link_up. */
struct tg_neighbor *tg_neighbor_layout(struct tg_arena *arena,
    const struct tg_neighbor_limits *limits, const struct tg_net *net, struct tg_stats *stats,
    bool sender);

/* What became of a frame. */
enum tg_neighbor_verdict {
	TG_NEIGHBOR_REPLY, /* the frame was rewritten in place: send it */
	TG_NEIGHBOR_DROP,  /* *why says the reason; take the frame back */
	TG_NEIGHBOR_ERROR, /* an ICMP error about TCP of ours, see *err; take the frame back */
};

/* What an ICMP or ICMPv6 error says, RFC 5927 vocabulary. */
enum tg_icmp_error_kind {
	TG_ICMP_SOFT,    /* network or host unreachable, time exceeded, parameter problem */
	TG_ICMP_HARD,    /* protocol or port unreachable */
	TG_ICMP_TOO_BIG, /* fragmentation needed or packet too big: mtu holds the next hop's MTU */
};

struct tg_icmp_error {
	enum tg_icmp_error_kind kind;
	uint8_t type, code; /* as in the message */
	uint16_t mtu;       /* bytes; 0 if a router did not say */
	struct tg_quote quote;
};

/* Handles an ARP, ICMP or ICMPv6 packet.
 *
 * frame: rewritten in place for a reply, to go out as it is; a frame marked
 * TG_FRAME_COPY is only learned from and never answered. pkt: what tg_packet_parse
 * made of it. why: out, the reason of TG_NEIGHBOR_DROP, else TG_DROP_NONE; counting it
 * is the caller's, and so is TG_DROP_ICMP_CONSUMED or TG_DROP_ICMP_NO_CONNECTION for
 * an error. err: out, meaningful with TG_NEIGHBOR_ERROR only; its quote names one of
 * our addresses as source, whether the connection exists is for the caller to find.
 * RFC 826, RFC 4861 7.2, RFC 792, RFC 4443, RFC 1122 4.2.3.9. */
enum tg_neighbor_verdict tg_neighbor_input(struct tg_neighbor *nb, struct tg_frame *frame,
    const struct tg_packet *pkt, tg_time_t now, enum tg_drop *why, struct tg_icmp_error *err);

/* Fills mac for the next hop `hop` on `vlan` and returns true; or returns false: not
 * resolved yet, resolution has been asked for and is sent by the next tg_neighbor_run.
 * *hint: in, an index got here before or TG_NEIGHBOR_NONE; out, the index to try first
 * next time. hop: on-link on vlan (tg_net_next_hop). */
bool tg_neighbor_resolve(struct tg_neighbor *nb, bool is_ipv6, const union tg_ip *hop,
    uint16_t vlan, tg_time_t now, uint16_t *hint, uint8_t mac[6]);

/* How many neighbours that tg_neighbor_resolve did not find have been found since; wraps. When it
 * moves, one of those who wait may go on. */
uint32_t tg_neighbor_resolutions(const struct tg_neighbor *nb);

/* Whether the neighbour that a hint from tg_neighbor_resolve names is known by now. A hint that has
 * come to name another neighbour tells of that one. */
bool tg_neighbor_is_resolved(const struct tg_neighbor *nb, uint16_t hint);

/* Tells the cache that the upper layer made forward progress with this neighbour
 * (RFC 4861 7.3.1), e.g. an ACK of new data. hint as above; one that has come to
 * name another neighbour confirms that one, whose loss is then noticed up to
 * reachable_ms later. */
void tg_neighbor_confirm(struct tg_neighbor *nb, uint16_t hint, tg_time_t now);

/* The link came up: gratuitous ARP, MLDv2 reports, DAD and unsolicited NAs start,
 * sent by the following tg_neighbor_run calls. With net->dad, IPv6 addresses are
 * tentative from here until nobody objected for retrans_ms (RFC 4862 5.4), also those
 * that were found duplicate before. */
void tg_neighbor_link_up(struct tg_neighbor *nb, tg_time_t now);

/* Whether a local address (index into net->addr) may be used: not tentative, not
 * found duplicate. */
bool tg_neighbor_addr_usable(const struct tg_neighbor *nb, uint16_t addr);

/* Does the work that is due: announcements, DAD, solicitations, ageing. Takes frames
 * from spare and pushes frames to send on tx, at most as many as tx has room and
 * spare has frames; does a bounded amount per call and nothing when nothing is due. */
void tg_neighbor_run(
    struct tg_neighbor *nb, tg_time_t now, struct tg_frames *spare, struct tg_frames *tx);

/* When tg_neighbor_run has work next, unless something is received or resolved before;
 * UINT64_MAX: not by itself. */
tg_time_t tg_neighbor_next_due(const struct tg_neighbor *nb);

/* Entries in use, for the status page. */
uint32_t tg_neighbor_count(const struct tg_neighbor *nb);

#endif
