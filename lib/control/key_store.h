/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Key store: the master keys in use, where they came from, and what an operator wants to know
 * about them.
 *
 * A node of its own makes a master at start and keeps it. A node of a fleet reads the file that
 * control/cookie_keys.h describes, and again whenever it is told to: a file that is wrong, or
 * that gives epochs in use to another master, changes nothing and is counted.
 *
 * In a fleet the wall time decides which key a cookie is made with, so the clocks must agree. The
 * kernel knows whether somebody disciplines its clock; if nobody does, the node is not ready. Where
 * the kernel cannot know, as where a hypervisor or a PTP daemon sets the clock, the
 * operator may have it trusted. A node of its own does not depend on its clock.
 *
 * Fast Open cookies have keys of periods. In a fleet they come from the masters; a node of its own
 * makes a random one each time.
 *
 * The control thread makes keys; any thread may reload and read the facts.
 */
#ifndef TG_CONTROL_KEY_STORE_H
#define TG_CONTROL_KEY_STORE_H

#include "control/cookie_keys.h"
#include "control/report.h"

#include <pthread.h>

struct tg_key_store_config {
	const char *file;            /* of masters, outlives the store; NULL: one is made */
	uint64_t fast_open_period_s; /* 0: no listener has Fast Open */
	bool trust_clock;
	bool (*clock_is_synchronised)(void);
};

/* Its members are for the functions below. */
struct tg_key_store {
	pthread_mutex_t lock;
	struct tg_key_store_config config;
	struct tg_cookie_masters masters;
	struct tg_key_facts facts;
	struct tg_fast_open_keys fast_open; /* of a node of its own */
	bool has_fast_open;
	tg_time_t fast_open_due; /* when the next of them takes over */
};

/* Wall time, ns since 1970. Any thread. */
uint64_t tg_wall_ns(void);

/* Whether the kernel says that its clock is disciplined: adjtimex(2). Any thread. */
bool tg_clock_is_synchronised(void);

/* Gets the masters.
 *
 * wall_ns: wall time, ns since 1970.
 * err: errors in the file are appended.
 * Returns 0; -EINVAL where something is wrong with the file, or -errno. */
int tg_key_store_open(struct tg_key_store *store, const struct tg_key_store_config *config,
    uint64_t wall_ns, struct tg_config_errors *err);

/* Reads the file again, which may block, and says in the log how it went. Returns 0; -ENOENT if
 * there is no file to read; -EINVAL if it is wrong or cannot be read: then the masters stay as
 * they were. */
int tg_key_store_reload(struct tg_key_store *store, uint64_t wall_ns, struct tg_config_errors *err);

/* Makes the keys to be published, as tg_cookie_keys_make does, and looks at the clock. Returns
 * 0 or -ENOENT. */
int tg_key_store_make_keys(struct tg_key_store *store, uint8_t wscale, tg_time_t at,
    uint64_t wall_ns, struct tg_cookie_keys *keys);

/* Makes the keys of Fast Open cookies at such a moment. Returns 0, or -ENOENT if there are none:
 * no listener has Fast Open, or the system gives no random bytes. */
int tg_key_store_make_fast_open_keys(
    struct tg_key_store *store, tg_time_t at, uint64_t wall_ns, struct tg_fast_open_keys *keys);

/* Copies what is known; of epoch and clock, since the last tg_key_store_make_keys. */
void tg_key_store_read(struct tg_key_store *store, struct tg_key_facts *facts);

#endif
