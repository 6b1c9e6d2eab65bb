/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/key_store.h"

#include "control/log.h"
#include "control/secrets.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/timex.h>
#include <time.h>

uint64_t
tg_wall_ns(void)
{
	struct timespec wall = { 0 };

	clock_gettime(CLOCK_REALTIME, &wall);
	return (uint64_t)wall.tv_sec * TG_NS_PER_SEC + (uint64_t)wall.tv_nsec;
}

bool
tg_clock_is_synchronised(void)
{
	struct timex query = { .modes = 0 };
	int state = adjtimex(&query);

	return state >= 0 && state != TIME_ERROR;
}

int
tg_key_store_open(struct tg_key_store *store, const struct tg_key_store_config *config,
    uint64_t wall_ns, struct tg_config_errors *err)
{
	*store = (struct tg_key_store){ .config = *config,
		.facts = { .shared = config->file != NULL,
		    .clock_synchronised = true,
		    .clock_trusted = config->trust_clock } };
	pthread_mutex_init(&store->lock, NULL);
	if (config->file == NULL)
		return tg_cookie_masters_make(&store->masters);
	return tg_cookie_masters_load(
	    config->file, tg_cookie_epoch(wall_ns), 0, NULL, &store->masters, err);
}

static void
log_reload(const struct tg_key_store *store, int rc, const struct tg_config_errors *err)
{
	unsigned i;

	if (rc == 0)
		TG_CONTROL_LOG(NOTICE, "%s: keys read again", store->config.file);
	for (i = 0; i < err->n; i++)
		TG_CONTROL_LOG(ERR, "keys stay as they are: %s", err->e[i].text);
}

int
tg_key_store_reload(struct tg_key_store *store, uint64_t wall_ns, struct tg_config_errors *err)
{
	uint64_t in_use =
	    tg_cookie_epoch_in_use(store->config.fast_open_period_s, wall_ns / TG_NS_PER_SEC);
	struct tg_cookie_masters fresh;
	int rc;

	if (store->config.file == NULL) {
		TG_CONTROL_LOG(NOTICE, "no keys to read again: this node has its own");
		return -ENOENT;
	}
	pthread_mutex_lock(&store->lock);
	rc = tg_cookie_masters_load(
	    store->config.file, tg_cookie_epoch(wall_ns), in_use, &store->masters, &fresh, err);
	if (rc == 0) {
		store->masters = fresh;
		store->facts.reloads++;
	} else {
		store->facts.reloads_refused++;
	}
	log_reload(store, rc, err);
	pthread_mutex_unlock(&store->lock);
	explicit_bzero(&fresh, sizeof(fresh));
	return rc == 0 ? 0 : -EINVAL;
}

/* The epoch in which the next master takes over, 0 if there is none. */
static uint64_t
next_master_epoch(const struct tg_cookie_masters *masters, uint64_t epoch)
{
	unsigned i;

	for (i = 0; i < masters->n; i++) {
		if (masters->master[i].from_epoch > epoch)
			return masters->master[i].from_epoch;
	}
	return 0;
}

/* Says when a clock that matters is left by those who set it, and when they are back. */
static void
log_clock(const struct tg_key_facts *facts, bool synchronised)
{
	if (!facts->shared || facts->clock_trusted || synchronised == facts->clock_synchronised)
		return;
	if (synchronised)
		TG_CONTROL_LOG(NOTICE, "the clock is synchronised");
	else
		TG_CONTROL_LOG(WARNING,
		    "the clock is not synchronised, which the keys that nodes share depend on: "
		    "/readyz is 503; see syn_cookies.trust_clock");
}

int
tg_key_store_make_keys(struct tg_key_store *store, uint8_t wscale, tg_time_t at, uint64_t wall_ns,
    struct tg_cookie_keys *keys)
{
	bool synchronised = store->config.clock_is_synchronised();
	struct tg_key_facts *facts = &store->facts;
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = tg_cookie_keys_make(&store->masters, wscale, at, wall_ns, keys);
	facts->usable = rc == 0;
	facts->epoch = tg_cookie_epoch(wall_ns);
	facts->next_master_epoch = next_master_epoch(&store->masters, facts->epoch);
	log_clock(facts, synchronised);
	facts->clock_synchronised = synchronised;
	pthread_mutex_unlock(&store->lock);
	return rc;
}

/* Makes the current key the previous one once its time has come. If there is no new key to
 * be had, the old ones stay. */
static void
turn_own_keys(struct tg_key_store *store, tg_time_t at)
{
	struct tg_siphash_key fresh;

	if ((store->has_fast_open && at < store->fast_open_due) || tg_secrets_make_key(&fresh) < 0)
		return;
	store->fast_open = (struct tg_fast_open_keys){ .current = fresh,
		.previous = store->fast_open.current,
		.has_previous = store->has_fast_open };
	store->has_fast_open = true;
	store->fast_open_due = at + store->config.fast_open_period_s * TG_NS_PER_SEC;
}

int
tg_key_store_make_fast_open_keys(
    struct tg_key_store *store, tg_time_t at, uint64_t wall_ns, struct tg_fast_open_keys *keys)
{
	uint64_t period_s = store->config.fast_open_period_s;

	if (period_s == 0)
		return -ENOENT;
	if (store->config.file == NULL) {
		turn_own_keys(store, at);
		*keys = store->fast_open;
		return store->has_fast_open ? 0 : -ENOENT;
	}
	pthread_mutex_lock(&store->lock);
	tg_cookie_fast_open_keys_make(&store->masters, period_s, wall_ns / TG_NS_PER_SEC, keys);
	pthread_mutex_unlock(&store->lock);
	return 0;
}

void
tg_key_store_read(struct tg_key_store *store, struct tg_key_facts *facts)
{
	pthread_mutex_lock(&store->lock);
	*facts = store->facts;
	pthread_mutex_unlock(&store->lock);
}
