/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/cookie_keys.h"

#include <errno.h>
#include <sys/random.h>

int
tg_cookie_masters_make(struct tg_cookie_masters *masters)
{
	ssize_t n;

	*masters = (struct tg_cookie_masters){ .n = 1 };
	do {
		n = getrandom(&masters->master[0].key, sizeof(masters->master[0].key), 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

const struct tg_siphash_key *
tg_cookie_master_of(const struct tg_cookie_masters *masters, uint64_t epoch)
{
	unsigned i = masters->n;

	while (i-- > 0)
		if (masters->master[i].from_epoch <= epoch)
			return &masters->master[i].key;
	return NULL;
}

int
tg_cookie_keys_make(const struct tg_cookie_masters *masters, uint8_t wscale, tg_time_t at,
    uint64_t wall_ns, struct tg_cookie_keys *keys)
{
	const struct tg_siphash_key *master;
	uint64_t epoch = tg_cookie_epoch(wall_ns);
	unsigned i;

	*keys = (struct tg_cookie_keys){
		.epoch = epoch, .shared = masters->shared, .at = at, .wall_ns = wall_ns
	};
	for (i = 0; i < TG_ARRAY_LEN(keys->key); i++) {
		master = tg_cookie_master_of(masters, epoch - 1 + i);
		if (master == NULL)
			return -ENOENT;
		tg_cookie_make_key(master, wscale, epoch - 1 + i, &keys->key[i]);
	}
	return 0;
}

const struct tg_siphash_key *
tg_cookie_master_of_period(const struct tg_cookie_masters *masters, uint64_t epoch)
{
	const struct tg_siphash_key *master = tg_cookie_master_of(masters, epoch);

	return master != NULL ? master : &masters->master[0].key;
}

static void
make_fast_open_key(const struct tg_cookie_masters *masters, uint64_t period_s, uint64_t period,
    struct tg_siphash_key *key)
{
	uint64_t epoch = period * period_s / TG_COOKIE_EPOCH_S;

	tg_fast_open_make_key(tg_cookie_master_of_period(masters, epoch), period_s, period, key);
}

void
tg_cookie_fast_open_keys_make(const struct tg_cookie_masters *masters, uint64_t period_s,
    uint64_t wall_s, struct tg_fast_open_keys *keys)
{
	uint64_t period = wall_s / period_s;
	bool ends = wall_s % period_s >= period_s - TG_FAST_OPEN_SKEW_S;

	make_fast_open_key(masters, period_s, period, &keys->current);
	make_fast_open_key(masters, period_s, ends ? period + 1 : period - 1, &keys->previous);
	keys->has_previous = true;
}

uint64_t
tg_cookie_epoch_in_use(uint64_t period_s, uint64_t wall_s)
{
	uint64_t since = wall_s / TG_COOKIE_EPOCH_S - 1;

	if (period_s == 0 || wall_s < period_s)
		return since;
	return TG_MIN(since, (wall_s / period_s - 1) * period_s / TG_COOKIE_EPOCH_S);
}
