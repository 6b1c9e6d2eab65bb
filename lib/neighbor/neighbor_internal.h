/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What the files of this room share. Input functions return TG_DROP_NONE when they
 * rewrote the frame into a reply, else the reason to drop it. Functions that send
 * return false when there was no frame to write to: the work stays due.
 */
#ifndef TG_NEIGHBOR_NEIGHBOR_INTERNAL_H
#define TG_NEIGHBOR_NEIGHBOR_INTERNAL_H

#include "neighbor/neighbor.h"

#define TG_TIME_NEVER UINT64_MAX

/* A tagged MLD report of one group: the largest message that is written without a
 * look at the room. */
#define TG_NEIGHBOR_FRAME_BYTES (TG_ETH_HEADER_BYTES + TG_VLAN_BYTES + TG_IP6_HEADER_BYTES + 36)

enum tg_entry_state {
	TG_ENTRY_INCOMPLETE, /* being asked for by broadcast or multicast */
	TG_ENTRY_REACHABLE,  /* confirmed; stale once deadline passes, noticed on use */
	TG_ENTRY_STALE,      /* address known, not confirmed lately */
	TG_ENTRY_DELAY,      /* stale and used: waits for the upper layer to confirm */
	TG_ENTRY_PROBE,      /* being asked by unicast */
	TG_ENTRY_FAILED,     /* gave no answer; not asked again before deadline */
	TG_ENTRY_STATE_MAX
};

/* An entry is in at most one list of each kind. */
enum tg_link { TG_LINK_LRU, TG_LINK_TIMER, TG_LINK_MAX };

struct tg_list {
	uint16_t head, tail;
};

struct tg_entry {
	union tg_ip ip;
	tg_time_t deadline;
	struct {
		uint16_t prev, next;
	} link[TG_LINK_MAX];
	uint16_t hash_next;
	uint16_t vlan;
	uint8_t mac[6];
	uint8_t state; /* enum tg_entry_state */
	uint8_t sent;  /* solicitations since the state was entered */
	bool is_ipv6;
	bool gateway; /* never evicted, hence not in the LRU list */
	bool awaited; /* unresolved, and somebody was told so */
};
_Static_assert(sizeof(struct tg_entry) == 48, "four entries to three cache lines");

enum tg_addr_state {
	TG_ADDR_USABLE,
	TG_ADDR_TENTATIVE, /* its DAD probe is to be sent */
	TG_ADDR_PROBED,    /* tentative: its DAD probe waits for an objection */
	TG_ADDR_DUPLICATE, /* another node holds it */
};

/* How listener reports are written; the numbers are the record types of RFC 3810
 * 5.2.12, and 0 asks for a report of MLDv1 (RFC 2710). */
enum tg_mld_kind {
	TG_MLD_V1 = 0,
	TG_MLD_IS_EXCLUDE = 2, /* current state, answers a query */
	TG_MLD_TO_EXCLUDE = 4, /* change of state: we joined */
};

/* Reports of one VLAN; kept with its first IPv6 address. */
struct tg_mld {
	tg_time_t due;
	tg_time_t quiet_until; /* no query is answered before */
	uint8_t left;          /* reports to send, 0 none */
	uint8_t kind;          /* enum tg_mld_kind */
	uint16_t next;         /* address the next packet of an unfinished report starts at */
};

/* What happens to one local address, net->addr of the same index. */
struct tg_addr {
	tg_time_t due;          /* next probe or announcement */
	tg_time_t defend_after; /* conflicts are not answered before */
	struct tg_mld mld;
	uint8_t state;    /* enum tg_addr_state */
	uint8_t announce; /* announcements left to send */
};

/* Where a run takes frames from and puts them. */
struct tg_neighbor_out {
	struct tg_frames *spare, *tx;
};

struct tg_neighbor {
	tg_time_t next_due; /* nothing is due before */
	const struct tg_net *net;
	struct tg_stats *stats;
	struct tg_entry *entry;
	uint16_t *bucket; /* hash chains, heads */
	uint32_t bucket_mask;
	uint16_t used; /* entries 0..used-1 are in use: an entry goes only to make room */
	bool sender;
	uint32_t resolutions; /* of awaited entries */
	struct tg_neighbor_limits limits;
	struct tg_list lru;        /* resolved entries, most recently used first */
	struct tg_list unresolved; /* INCOMPLETE and FAILED ones, likewise: these make room first */
	struct tg_list solicit;    /* INCOMPLETE and PROBE, by deadline */
	struct tg_list delay;      /* DELAY, by deadline */
	tg_time_t echo_time;       /* when the bucket of echo replies is full again */
	tg_time_t announce_due;
	struct tg_addr addr[TG_NET_ADDRS_MAX];
};

/* cache.c */

/* Index of an entry, or TG_NEIGHBOR_NONE. */
uint16_t tg_cache_find(
    const struct tg_neighbor *nb, bool is_ipv6, const union tg_ip *ip, uint16_t vlan);

/* Index of an entry, made if need be; a new one is INCOMPLETE and due at once.
 * TG_NEIGHBOR_NONE if the cache holds nothing but gateways. */
uint16_t tg_cache_get(
    struct tg_neighbor *nb, bool is_ipv6, const union tg_ip *ip, uint16_t vlan, tg_time_t now);

/* Whether entry i, an index the caller remembers, is the one it means. */
bool tg_cache_is(
    const struct tg_neighbor *nb, uint16_t i, bool is_ipv6, const union tg_ip *ip, uint16_t vlan);

/* Uses entry i to send: fills mac, true; or false, unresolved. */
bool tg_cache_use(struct tg_neighbor *nb, uint16_t i, tg_time_t now, uint8_t mac[6]);

/* Whether the link-layer address of entry i is known. */
bool tg_cache_is_resolved(const struct tg_neighbor *nb, uint16_t i);

/* Forward progress with entry i. */
void tg_cache_confirm(struct tg_neighbor *nb, uint16_t i, tg_time_t now);

/* A neighbour asked for one of our addresses and said its own (RFC 4861 7.2.3). */
void tg_cache_learn(struct tg_neighbor *nb, bool is_ipv6, const union tg_ip *ip, uint16_t vlan,
    const uint8_t mac[6], tg_time_t now);

/* An advertisement for entry i (RFC 4861 7.2.5); mac is NULL if it named none. */
void tg_cache_advertised(struct tg_neighbor *nb, uint16_t i, const uint8_t *mac, bool solicited,
    bool override, tg_time_t now);

/* Sends the solicitations that are due, a bounded number; returns when the next is. */
tg_time_t tg_cache_run(struct tg_neighbor *nb, tg_time_t now, const struct tg_neighbor_out *out);

/* arp.c */

enum tg_drop tg_arp_input(
    struct tg_neighbor *nb, struct tg_frame *frame, const struct tg_packet *pkt, tg_time_t now);

/* Writes a request for target from the local address src to a MAC address, NULL
 * for broadcast. With src equal to target it is an announcement. */
void tg_arp_write_request(const struct tg_net *net, struct tg_frame *frame, uint16_t vlan,
    be32_t src, be32_t target, const uint8_t *dst_mac);

/* ndp.c */

enum tg_drop tg_ndp_input(
    struct tg_neighbor *nb, struct tg_frame *frame, const struct tg_packet *pkt, tg_time_t now);

/* Writes a solicitation for target: to its solicited-node group if dst_mac is NULL,
 * else to target itself. An unspecified src makes it a DAD probe. */
void tg_ndp_write_solicitation(const struct tg_net *net, struct tg_frame *frame, uint16_t vlan,
    const union tg_ip *src, const union tg_ip *target, const uint8_t *dst_mac);

/* Writes an unsolicited advertisement of a local address to all nodes. */
void tg_ndp_write_unsolicited(
    const struct tg_net *net, struct tg_frame *frame, uint16_t vlan, const union tg_ip *addr);

/* The solicited-node group of an address (RFC 4291 2.7.1). */
void tg_ndp_solicited_node(const union tg_ip *addr, union tg_ip *group);

/* icmp.c */

enum tg_neighbor_verdict tg_icmp_input(struct tg_neighbor *nb, struct tg_frame *frame,
    const struct tg_packet *pkt, tg_time_t now, enum tg_drop *why, struct tg_icmp_error *err);

/* announce.c */

void tg_announce_start(struct tg_neighbor *nb, tg_time_t now);

/* Another node uses the address: it is given up if it was tentative. */
void tg_announce_duplicate(struct tg_neighbor *nb, uint16_t addr);

/* Another node uses our IPv4 address: announce it once more, but not too often. */
void tg_announce_defend(struct tg_neighbor *nb, uint16_t addr, tg_time_t now);

/* Does what is due; returns when the next is. */
tg_time_t tg_announce_run(struct tg_neighbor *nb, tg_time_t now, const struct tg_neighbor_out *out);

/* mld.c */

enum tg_drop tg_mld_input(struct tg_neighbor *nb, const struct tg_frame *frame,
    const struct tg_packet *pkt, tg_time_t now);

/* Reports all groups of the VLAN of a local address as joined. */
void tg_mld_join(struct tg_neighbor *nb, uint16_t addr, tg_time_t now);

/* Sends the reports that are due for the VLAN that addr keeps the state of. */
bool tg_mld_run(
    struct tg_neighbor *nb, uint16_t addr, tg_time_t now, const struct tg_neighbor_out *out);

/* neighbor.c */

/* Makes a run happen at `due` at the latest. */
static inline void
tg_neighbor_wake(struct tg_neighbor *nb, tg_time_t due)
{
	nb->next_due = TG_MIN(nb->next_due, due);
}

/* An empty frame for a message of ours, if it can be sent too. */
bool tg_neighbor_take_frame(
    struct tg_neighbor *nb, const struct tg_neighbor_out *out, struct tg_frame *frame);

/* The verdict on a frame: a reason to drop it, or what it is otherwise. */
static inline enum tg_neighbor_verdict
tg_neighbor_verdict(enum tg_drop reason, enum tg_neighbor_verdict otherwise, enum tg_drop *why)
{
	*why = reason;
	return reason == TG_DROP_NONE ? otherwise : TG_NEIGHBOR_DROP;
}

static inline bool
tg_neighbor_from_ourselves(const struct tg_neighbor *nb, const struct tg_frame *frame)
{
	return memcmp(frame->data + 6, nb->net->mac, 6) == 0;
}

/* A MAC address that one station can have. */
static inline bool
tg_mac_is_station(const uint8_t *mac)
{
	static const uint8_t none[6];

	return (mac[0] & 1) == 0 && memcmp(mac, none, sizeof(none)) != 0;
}

static inline bool
tg_ip6_is_multicast(const union tg_ip *ip)
{
	return ip->b[0] == 0xff;
}

static inline bool
tg_ip6_is_link_local(const union tg_ip *ip)
{
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

static inline bool
tg_ip_is_unspecified(const union tg_ip *ip)
{
	return ip->q[0] == 0 && ip->q[1] == 0;
}

/* The group address that an IPv6 multicast destination has on Ethernet (RFC 2464 7). */
static inline void
tg_ip6_multicast_mac(const union tg_ip *group, uint8_t mac[6])
{
	mac[0] = 0x33;
	mac[1] = 0x33;
	memcpy(mac + 2, group->b + 12, 4);
}

#endif
