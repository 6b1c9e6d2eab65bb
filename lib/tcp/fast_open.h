/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Fast Open, RFC 7413: text in the SYN, answered before the handshake is complete.
 *
 * A client that has once proved its address, by completing a handshake in which it asked for
 * one, holds a cookie of ours; a SYN with that cookie may carry text.
 *
 *   cookie = SipHash-2-4(key, client address | server address), 8 bytes, little endian
 *            4 + 4 bytes of IPv4 or 16 + 16 of IPv6, in wire order
 *
 * This is the construction of Linux, so machines of both kinds that share a key honour each
 * other's cookies. The key changes every so often. The previous key is honoured, too, and a
 * SYN with such a cookie is granted one of the current key; so a cookie lives for one to two
 * periods.
 *
 * Nodes of a fleet derive the key of a period from the master of its first moment, under a name of
 * its own, period and number of the period hashed in. They turn at the same wall time; in the
 * last seconds of a period the other key that is honoured is the next one, from a node whose
 * clock is ahead.
 *
 * What an attacker can do. Guess: two keys of 2^64 cookies each, one try in 2^63, and each
 * costs a SYN that is otherwise answered as any. Collect cookies for addresses of its own,
 * or see those of others on the path, and then open connections with text from forged
 * addresses: that is what the limit on pending connections is for (section 5.1). Replay a SYN:
 * a repeated one meets its connection; one that comes later than that makes the user
 * take the same text again, so what text asks for must bear being asked for twice (section
 * 2.1), as GET does.
 *
 *   pending   in SYN-RECEIVED, its text taken, its peer not yet proved to be there
 */
#ifndef TG_TCP_FAST_OPEN_H
#define TG_TCP_FAST_OPEN_H

#include "base/types.h"
#include "crypto/siphash.h"

#define TG_FAST_OPEN_COOKIE_BYTES 8 /* of a cookie of ours */

/* Keys of the server's cookies, in the world that workers see. */
struct tg_fast_open_keys {
	struct tg_siphash_key current;
	struct tg_siphash_key previous; /* or the next, see above */
	bool has_previous;              /* false until the first change */
};

/* Pending connections of one shard. A reset ends a pending connection, but may itself be what
 * a forged SYN drew from the owner of the address: the place stays taken for RESET_TICKS and
 * twice that at most (section 5.1). */
struct tg_fast_open_backlog {
	uint32_t pending;
	uint32_t reset, reset_before; /* reset in this period and in the one before */
	uint32_t period;              /* tick at which this period began */
};

/* Makes the key of one period, the period_s seconds of wall time from period * period_s since
 * 1970 on. master: of its first moment. Any thread. */
void tg_fast_open_make_key(const struct tg_siphash_key *master, uint64_t period_s, uint64_t period,
    struct tg_siphash_key *key);

/* Writes the cookie of client at server, both of one family, made with key. Any thread. */
void tg_fast_open_cookie(const struct tg_siphash_key *key, bool is_ipv6, const union tg_ip *client,
    const union tg_ip *server, uint8_t cookie[TG_FAST_OPEN_COOKIE_BYTES]);

#endif
