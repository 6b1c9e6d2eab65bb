/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SYN cookies (RFC 4987 section 3.6; D. J. Bernstein, "SYN cookies", 1996): a SYN is
 * answered without keeping anything about it. What must be known when the third packet
 * comes is in the initial sequence number of the SYN-ACK, and comes back in SEG.ACK:
 *
 *     31 30 29 28                                                          0
 *    +--+-----+-------------------------------------------------------------+
 *    | P|  M  |                            MAC                              |
 *    +--+-----+-------------------------------------------------------------+
 *
 *   P    parity of the epoch that made the cookie: which of two keys checks it, so
 *        that a check costs one PRF.
 *   M    class of the peer's MSS, XORed with bits 30 and 29 of the PRF, so that sequence
 *        numbers do not tell who is behind which link. It is hidden, not
 *        authenticated: each value is some class, the four share one MAC.
 *   MAC  bits 28 to 0 of the PRF.
 *
 *   PRF = SipHash-2-4 under K_e of both addresses, both ports and the client's ISN
 *   K_e = SipHash-2-4-128 under the master key of (name, own window scale, MSS classes, e)
 *
 * For IPv4 that is 16 bytes, for IPv6 40, and the length alone keeps the families apart. A burst
 * of either goes through the lanes of crypto/siphash_lanes.h. The epoch is in the key and
 * costs the packet nothing. What nodes that share a master must agree on is in the
 * key, too: where window scale or classes differ, a cookie of one node is refused by
 * the other, instead of being misread.
 *
 * Time. An epoch e lasts 64 seconds of wall time, e = floor(wall / 64). A cookie of the
 * current parity was made in e. Of the other parity it is of e-1, but in the last 2
 * seconds of e of e+1, from a node whose clock is ahead. So two keys are candidates at
 * any time, and a cookie is good for 62 to 126 seconds on one node. Clocks may be 2
 * seconds apart.
 *
 * What an attacker can do.
 *   - Guess. Two parities times four classes: 8 of the 2^32 numbers are right for a given
 *     flow at a given time, whatever the key, so a blind ACK makes a connection with
 *     probability 2^-29. There is no slack: a third epoch, a third class bit or a second
 *     master key for one epoch would raise it. At 14.88 million blind ACKs a second, all
 *     that 10 Gbit/s hold, that is one false connection every 36 seconds. The ACK may bring
 *     a request, whose answer goes to the false address; the idle timeout ends the rest.
 *     Within 32 bits this is as good as it gets.
 *   - See its own cookies. They are PRF outputs: they tell nothing about those of
 *     other flows, nor about its own with another ISN.
 *   - See the cookies of others, on the path. No SYN cookie helps against that.
 *   - Replay. While the connection lives, or is in TIME-WAIT, the third packet once more
 *     is a segment of it. Later, within the cookie's life, it opens one
 *     connection again, which ends by the idle timeout.
 *   - Lie. Class and options are not authenticated: who holds a cookie can change them.
 *     Its SYN could have asked for the same, and the lie hurts the liar.
 *
 * What is lost. The MSS is rounded down to a class. Window scale, SACK and ECN come back in
 * timestamps (below) and are lost without: such a connection has a window of 64 KiB at
 * most and recovers without SACK. Sequence numbers of a tuple do not grow with time, as
 * RFC 9293 MUST-8 wants: nobody keeps the tuple's last one. A deviation, on purpose; an
 * old connection in TIME-WAIT is for the caller to find first.
 *
 * Timestamps (RFC 7323). The low 6 bits of the SYN-ACK's TSval carry the options:
 *
 *      31                                          6   5    4   3      0
 *    +----------------------------------------------+-----+------+--------+
 *    |                  our clock                   | ECN | SACK | wscale |
 *    +----------------------------------------------+-----+------+--------+
 *
 *   wscale  the peer's shift, 0 to 14; 15: it offered none
 *
 * TSval is the greatest number with these bits that is not above the clock, hence at
 * most 63 ticks behind. The peer echoes it in TSecr, and the connection goes on with
 * TSecr + 1: its timestamps grow on any node, without a common clock. TSecr is not
 * authenticated and must not become an RTT sample.
 *
 * Functions here keep no state and allocate nothing; any thread may call them.
 */
#ifndef TG_TCP_COOKIE_H
#define TG_TCP_COOKIE_H

#include "base/time.h"
#include "packet/flow_hash.h"

#define TG_COOKIE_EPOCH_S     64 /* seconds */
#define TG_COOKIE_SKEW_S      2  /* seconds by which clocks may be apart */
#define TG_COOKIE_MSS_CLASSES 4
#define TG_COOKIE_NO_WSCALE   15

/* The MSS classes in bytes, for IPv4 and IPv6 (by is_ipv6), the smallest first. A peer is sent
 * segments of the largest that is not above its own MSS, or of our own MSS if that is less.
 *
 * The smallest is what must be assumed of a peer that names no MSS (RFC 9293 MUST-15). Of
 * one that names less, nothing can be kept: such a SYN wants a TCB, or gets segments
 * larger than it asked for. The largest is right for PPPoE, and costs plain Ethernet, 8
 * bytes wider, 0.6 % more segments: not worth a class. Of the two between one is 1300, a
 * size that filters and VPNs are often set to, the other (1380, 1360) what the
 * tunnels of MTU 1420 leave. So a peer of IPv4 with 1300 or more, or of IPv6 with 1220 or
 * more, loses less than 7 %; of an answer that fits one segment, nothing. */
extern const uint16_t tg_cookie_mss[2][TG_COOKIE_MSS_CLASSES];

/* Keys of three successive epochs, and the time. Control publishes them anew in every epoch,
 * at the latest when the next one has 2 seconds left; workers read. */
struct tg_cookie_keys {
	uint64_t epoch;               /* of key[1] */
	struct tg_siphash_key key[3]; /* of epoch - 1, epoch, epoch + 1 */
	bool shared;                  /* other nodes make cookies with them, too */
	tg_time_t at;                 /* when this was made, by the workers' clock */
	uint64_t wall_ns;             /* wall time of that moment, ns since 1970 */
};

/* What cookies need at one moment: the keys of the two candidates. */
struct tg_cookie_now {
	struct tg_siphash_key key[2]; /* by parity */
	bool known[2];                /* by parity: there is such a key */
	uint8_t parity;               /* of the current epoch */
};

/* What timestamps bring back of the peer's SYN, as far as it was granted. */
struct tg_cookie_options {
	uint8_t wscale; /* 0..14, or TG_COOKIE_NO_WSCALE */
	bool sack, ecn;
};

/* What an accepted cookie says about the peer. */
struct tg_cookie_peer {
	uint16_t mss;                 /* bytes, a class */
	bool timestamps;              /* in force; if not, options are all off */
	struct tg_cookie_options opt; /* in force */
	uint32_t ts_off;              /* added to our tick this gives TSval; with timestamps only */
};

enum tg_cookie_verdict {
	TG_COOKIE_ACCEPTED,
	TG_COOKIE_REFUSED,     /* no cookie, or too old, or of another flow */
	TG_COOKIE_KEY_UNKNOWN, /* its epoch's key was not published */
};

/* Makes the key of one epoch.
 *
 * master: of this epoch; each epoch belongs to exactly one.
 * wscale: the window scale that our SYN-ACKs offer, 0..14.
 * key: out. */
void tg_cookie_make_key(const struct tg_siphash_key *master, uint8_t wscale, uint64_t epoch,
    struct tg_siphash_key *key);

/* Wall time, in seconds since 1970, at `now` of the workers' clock. */
static inline uint64_t
tg_cookie_wall_s(const struct tg_cookie_keys *keys, tg_time_t now)
{
	return (keys->wall_ns + (now - keys->at)) / TG_NS_PER_SEC;
}

/* Picks the candidates at wall_s, seconds since 1970: once for a burst. Returns false if the
 * current epoch's key is not among keys: then no cookie may be made, and *now knows
 * the other candidate at most. */
bool tg_cookie_begin(struct tg_cookie_now *now, const struct tg_cookie_keys *keys, uint64_t wall_s);

/* The ISN of the SYN-ACK that answers syn, a SYN as tg_packet_parse fills it. */
uint32_t tg_cookie_make(const struct tg_cookie_now *now, const struct tg_packet *syn);

/* The ISNs for SYNs of one family at once, those of tg_cookie_make.
 *
 * width: what the processor has, see crypto/siphash_lanes.h.
 * t: of the SYNs.
 * mss: the MSS that each names, 0 for none.
 * iss: out, t->n ISNs. */
void tg_cookie_make_tuples(const struct tg_cookie_now *now, enum tg_siphash_width width,
    const struct tg_tuples *t, const uint16_t *mss, uint32_t *iss);

/* TSval of the SYN-ACK: ts, our timestamp clock with its offset, set back by 63 ticks at most
 * so that it carries opt. To a SYN without timestamps grant neither of opt. */
uint32_t tg_cookie_tsval(uint32_t ts, const struct tg_cookie_options *opt);

/* Checks the third packet of a handshake that left no state here.
 *
 * ack: has ACK and neither SYN nor RST; data and FIN may be with it. SEG.SEQ is the client's
 * ISN + 1, SEG.ACK ours + 1.
 * tick: base/time.h, of this moment.
 * peer: out, with TG_COOKIE_ACCEPTED only. */
enum tg_cookie_verdict tg_cookie_check(const struct tg_cookie_now *now, const struct tg_packet *ack,
    uint32_t tick, struct tg_cookie_peer *peer);

#endif
