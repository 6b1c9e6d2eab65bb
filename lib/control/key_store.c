/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/key_store.h"

#include <errno.h>
#include <sys/timex.h>

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
		.facts = { .shared = config->file != NULL, .clock_trusted = config->trust_clock } };
	pthread_mutex_init(&store->lock, NULL);
	if (config->file == NULL)
		return tg_cookie_masters_make(&store->masters);
	return tg_cookie_masters_load(
	    config->file, tg_cookie_epoch(wall_ns), NULL, &store->masters, err);
}

int
tg_key_store_reload(struct tg_key_store *store, uint64_t wall_ns, struct tg_config_errors *err)
{
	struct tg_cookie_masters fresh;
	int rc;

	if (store->config.file == NULL)
		return -ENOENT;
	pthread_mutex_lock(&store->lock);
	rc = tg_cookie_masters_load(
	    store->config.file, tg_cookie_epoch(wall_ns), &store->masters, &fresh, err);
	if (rc == 0) {
		store->masters = fresh;
		store->facts.reloads++;
	} else {
		store->facts.reloads_refused++;
	}
	pthread_mutex_unlock(&store->lock);
	explicit_bzero(&fresh, sizeof(fresh));
	return rc == -ENOENT ? -EINVAL : rc;
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
	facts->clock_synchronised = synchronised;
	pthread_mutex_unlock(&store->lock);
	return rc;
}

void
tg_key_store_read(struct tg_key_store *store, struct tg_key_facts *facts)
{
	pthread_mutex_lock(&store->lock);
	*facts = store->facts;
	pthread_mutex_unlock(&store->lock);
}
