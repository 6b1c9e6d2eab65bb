/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Cookie keys: from master keys to what workers make and check cookies with, those of SYNs
 * and, in a fleet, those of Fast Open.
 *
 * tcp/cookie.h says what a cookie is and what an epoch. Each epoch belongs to exactly
 * one master key, from which its own key is derived. One node makes itself a random
 * master at start. Nodes that are to accept each other's cookies read the same masters
 * from a file:
 *
 *     # epochs last 64 seconds; `date +%s` divided by 64 is the current one
 *     from_epoch 0 key 8f1c0b72a4d95e363d07e2f6915bca48
 *     from_epoch 27312345 key 5be90c4417fa2d8360c1f7b8e29d3a06
 *
 * One master on a line, in ascending order of the epochs it begins with; it ends where the
 * next begins. A key is 32 hexadecimal digits, 16 random bytes (`openssl rand -hex 16`).
 * Blank lines and what follows a # do not count. The file belongs to the user that runs
 * the program, or to root, and nobody else may read it: mode 0600 or 0400.
 *
 * To change the master, append one that begins some minutes ahead, bring the file to all
 * nodes, have each read it again, and remove the old line once it ended two epochs
 * ago, or with Fast Open two of its periods (tcp/fast_open.h). A file that gives an epoch in use
 * to another master is refused: the cookies of the moment would be lost, and nodes would
 * disagree.
 *
 * A period of Fast Open belongs to the master of the epoch in which it begins, or where the file
 * begins later, to its first.
 *
 * Errors name file, line and column and never show what stands there, which may be a key.
 *
 * One thread at a time; tg_cookie_masters_load may block on the file.
 */
#ifndef TG_CONTROL_COOKIE_KEYS_H
#define TG_CONTROL_COOKIE_KEYS_H

#include "config/config.h"
#include "tcp/cookie.h"
#include "tcp/fast_open.h"

#define TG_COOKIE_MASTERS_MAX 16

/* In ascending order of from_epoch, no two the same. */
struct tg_cookie_masters {
	unsigned n;
	bool shared; /* with other nodes: they came from a file */
	struct {
		uint64_t from_epoch;
		struct tg_siphash_key key;
	} master[TG_COOKIE_MASTERS_MAX];
};

/* The epoch of a wall time in nanoseconds since 1970. */
static inline uint64_t
tg_cookie_epoch(uint64_t wall_ns)
{
	return wall_ns / TG_NS_PER_SEC / TG_COOKIE_EPOCH_S;
}

/* Makes one random master for all epochs, by getrandom(2). Returns 0 or -errno. */
int tg_cookie_masters_make(struct tg_cookie_masters *masters);

/* Reads masters from len bytes of memory, called `name` in errors.
 *
 * epoch: the current one; it and its neighbours need a master.
 * masters: out, not to be used after an error.
 * err: errors are appended, all that there are.
 * Returns 0 or -EINVAL. */
int tg_cookie_masters_parse(const char *name, const char *text, size_t len, uint64_t epoch,
    struct tg_cookie_masters *masters, struct tg_config_errors *err);

/* Reads them from a file, whose owner and mode must be as said above.
 *
 * since: the first epoch whose master must stay what it is, before `epoch`.
 * in_use: what an earlier call read, still to be used if this one fails; NULL at
 * start. Returns 0; -EINVAL where something is wrong with the file, or -errno where it
 * cannot be read. */
int tg_cookie_masters_load(const char *file, uint64_t epoch, uint64_t since,
    const struct tg_cookie_masters *in_use, struct tg_cookie_masters *masters,
    struct tg_config_errors *err);

/* The master that an epoch belongs to, or NULL: it is before the first. */
const struct tg_siphash_key *tg_cookie_master_of(
    const struct tg_cookie_masters *masters, uint64_t epoch);

/* The master of a Fast Open period that begins in an epoch. masters: at least one. */
const struct tg_siphash_key *tg_cookie_master_of_period(
    const struct tg_cookie_masters *masters, uint64_t epoch);

/* Makes the keys to be published: of the epoch of wall_ns and its neighbours.
 *
 * wscale: the window scale that we offer, 0..14.
 * at: the workers' clock at the moment whose wall time is wall_ns.
 * Returns 0, or -ENOENT if one of the epochs has no master: the clock was set back. */
int tg_cookie_keys_make(const struct tg_cookie_masters *masters, uint8_t wscale, tg_time_t at,
    uint64_t wall_ns, struct tg_cookie_keys *keys);

/* Seconds of a period's end in which Fast Open cookies of the next are taken: by which clocks may
 * be apart, and what passes between two publications. */
#define TG_FAST_OPEN_SKEW_S (TG_COOKIE_SKEW_S + 1)

/* Makes the keys of Fast Open cookies at wall_s, seconds since 1970, of periods of period_s
 * seconds, more than TG_FAST_OPEN_SKEW_S. masters: at least one. */
void tg_cookie_fast_open_keys_make(const struct tg_cookie_masters *masters, uint64_t period_s,
    uint64_t wall_s, struct tg_fast_open_keys *keys);

/* The first epoch whose master the keys of wall_s depend on; period_s: 0 without Fast Open. */
uint64_t tg_cookie_epoch_in_use(uint64_t period_s, uint64_t wall_s);

#endif
