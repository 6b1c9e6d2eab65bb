/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/snapshot.h"

#include "io/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct slot {
	struct tg_http_snapshot snapshot; /* serial 0: never used */
	struct tg_http_page *page;
	char *room;
};

/* What one publication hands to the workers. Two alternate: once the grace period of
 * one is over, nobody reads the other. */
struct edition {
	struct tg_world world;
	struct tg_http_view view;
	struct tg_fast_open_keys fast_open;
	struct tg_cookie_keys syn_cookies;
};

struct tg_publisher {
	struct tg_publisher_config config;
	size_t room_bytes;
	uint64_t serial; /* of the current snapshot, 0 before the first */
	bool draining;
	unsigned current; /* index into edition and report */
	struct edition edition[2];
	struct tg_report report[2];
	struct slot slot[TG_HTTP_SLOTS];
};

static int
alloc_slots(struct tg_publisher *pub)
{
	const struct tg_http_site *site = tg_pages_site(pub->config.pages);
	unsigned i;

	for (i = 0; i < TG_HTTP_SLOTS; i++) {
		struct slot *slot = &pub->slot[i];

		slot->page = calloc(site->n_pages, sizeof(*slot->page));
		slot->room = malloc(pub->room_bytes);
		if (slot->page == NULL || slot->room == NULL)
			return -ENOMEM;
		slot->snapshot.page = slot->page;
	}
	return 0;
}

struct tg_publisher *
tg_publisher_create(const struct tg_publisher_config *config)
{
	struct tg_publisher *pub = calloc(1, sizeof(*pub));

	if (pub == NULL)
		return NULL;
	pub->config = *config;
	pub->room_bytes = tg_pages_room(config->pages, tg_workers_count(config->workers));
	if (alloc_slots(pub) < 0) {
		tg_publisher_free(pub);
		return NULL;
	}
	return pub;
}

void
tg_publisher_free(struct tg_publisher *pub)
{
	unsigned i;

	if (pub == NULL)
		return;
	for (i = 0; i < TG_HTTP_SLOTS; i++) {
		free(pub->slot[i].page);
		free(pub->slot[i].room);
	}
	free(pub);
}

static bool
is_pinned(const struct tg_publisher *pub, unsigned slot)
{
	uint16_t i, n = tg_workers_count(pub->config.workers);

	for (i = 0; i < n; i++) {
		const struct tg_http_pins *pins =
		    tg_shard_pins(tg_workers_shard(pub->config.workers, i));

		/* Pairs with the release of the last unpin: its reads of the slot are over. */
		if (atomic_load_explicit(&pins->count[slot], memory_order_acquire) != 0)
			return true;
	}
	return false;
}

/* Whether slot may be rendered into, by the view that all workers have seen. */
static bool
is_free(const struct tg_publisher *pub, const struct tg_http_view *view, unsigned slot)
{
	if (slot == view->current)
		return false;
	return pub->slot[slot].snapshot.serial < view->oldest_serial || !is_pinned(pub, slot);
}

static unsigned
count_free(const struct tg_publisher *pub, const struct tg_http_view *view)
{
	unsigned i, n = 0;

	for (i = 0; i < TG_HTTP_SLOTS; i++)
		n += is_free(pub, view, i);
	return n;
}

/* The free slot that rested longest: one whose late unpins have had the most time. */
static unsigned
find_free(const struct tg_publisher *pub, const struct tg_http_view *view)
{
	unsigned i, best = TG_HTTP_SLOTS;

	for (i = 0; i < TG_HTTP_SLOTS; i++) {
		if (!is_free(pub, view, i))
			continue;
		if (best == TG_HTTP_SLOTS ||
		    pub->slot[i].snapshot.serial < pub->slot[best].snapshot.serial)
			best = i;
	}
	assert(best < TG_HTTP_SLOTS); /* tg_publisher_publish left one */
	return best;
}

/* Expires the oldest snapshot that is not expired yet; the current one is younger. */
static void
expire_oldest(const struct tg_publisher *pub, struct tg_http_view *view)
{
	uint64_t oldest = pub->serial;
	unsigned i;

	for (i = 0; i < TG_HTTP_SLOTS; i++) {
		uint64_t serial = pub->slot[i].snapshot.serial;

		if (serial >= view->oldest_serial && serial < oldest)
			oldest = serial;
	}
	view->oldest_serial = oldest + 1;
}

static void
render(struct tg_publisher *pub, struct slot *slot)
{
	struct tg_report *now = &pub->report[pub->current];
	struct tg_key_facts keys;
	struct tg_moment moment = { .about = pub->config.about,
		.now = now,
		.before = pub->serial == 0 ? now : &pub->report[!pub->current],
		.keys = &keys,
		.unix_seconds = (uint64_t)time(NULL),
		.draining = pub->draining };
	struct tg_text room;
	bool fits;

	tg_key_store_read(pub->config.keys, &keys);
	tg_text_init(&room, slot->room, pub->room_bytes);
	fits = tg_pages_render(pub->config.pages, &moment, slot->page, &room);
	assert(fits); /* tg_pages_room bounds every head */
	(void)fits;
}

/* Fills in the keys of this moment, as far as there are some. */
static void
make_keys(const struct tg_publisher *pub, tg_time_t now, struct edition *next)
{
	struct tg_key_store *store = pub->config.keys;
	uint64_t wall_ns = tg_wall_ns();

	next->world.syn_cookies = NULL;
	next->world.fast_open = NULL;
	if (tg_key_store_make_keys(
		store, pub->config.window_scale, now, wall_ns, &next->syn_cookies) == 0)
		next->world.syn_cookies = &next->syn_cookies;
	if (tg_key_store_make_fast_open_keys(store, now, wall_ns, &next->fast_open) == 0)
		next->world.fast_open = &next->fast_open;
}

void
tg_publisher_publish(struct tg_publisher *pub)
{
	const struct tg_http_view *old = &pub->edition[pub->current].view;
	struct edition *next = &pub->edition[!pub->current];
	unsigned at = find_free(pub, old);
	bool is_last = count_free(pub, old) == 1, first = pub->serial == 0;
	struct tg_report *now;

	pub->current = !pub->current;
	now = &pub->report[pub->current];
	tg_report_read(now, pub->config.workers, pub->config.port);
	make_keys(pub, now->at, next);
	render(pub, &pub->slot[at]);
	pub->slot[at].snapshot.serial = ++pub->serial;
	next->view = *old;
	next->view.site = tg_pages_site(pub->config.pages);
	next->view.slot[at] = &pub->slot[at].snapshot;
	next->view.current = (uint16_t)at;
	if (is_last)
		expire_oldest(pub, &next->view);
	next->world.http = &next->view;
	next->world.draining = pub->draining;
	tg_workers_publish(pub->config.workers, &next->world);
	if (!first)
		tg_workers_quiesce(pub->config.workers);
}

void
tg_publisher_drain(struct tg_publisher *pub)
{
	pub->draining = true;
}

const struct tg_report *
tg_publisher_report(const struct tg_publisher *pub)
{
	return &pub->report[pub->current];
}
