/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The publisher against workers that are played by the test: two shards whose pins it
 * sets, and a check at every grace period.
 */
#include "control/snapshot.h"
#include "io/worker.h"
#include "tap.h"

#include <inttypes.h>

#define SHARDS 2

static struct tg_http_pins pins[SHARDS];
static const struct tg_world *seen;   /* what the workers go by */
static const struct tg_world *latest; /* published last */
static void (*in_grace)(void);        /* what workers do with the old view meanwhile */
static unsigned n_grace;

static struct tg_service_config service;
static struct tg_about about;
static struct tg_pages *pages;
static struct tg_publisher *pub;

void
tg_workers_publish(struct tg_workers *w, const struct tg_world *world)
{
	(void)w;
	latest = world;
}

void
tg_workers_quiesce(struct tg_workers *w)
{
	(void)w;
	if (in_grace != NULL)
		in_grace();
	n_grace++;
	seen = latest;
}

uint16_t
tg_workers_count(const struct tg_workers *w)
{
	(void)w;
	return SHARDS;
}

struct tg_shard *
tg_workers_shard(struct tg_workers *w, uint16_t i)
{
	(void)w;
	return (struct tg_shard *)&pins[i];
}

const struct tg_http_pins *
tg_shard_pins(const struct tg_shard *shard)
{
	return (const struct tg_http_pins *)shard;
}

void
tg_report_read(struct tg_report *report, struct tg_workers *workers, const struct tg_port *port)
{
	(void)workers;
	(void)port;
	report->at += TG_NS_PER_SEC;
	report->n_workers = SHARDS;
}

static void
publish(void)
{
	tg_publisher_publish(pub);
	seen = latest;
}

static uint64_t period_s; /* of Fast Open keys */
static struct tg_key_store store;

static bool clock_synchronised;

static bool
clock_is_synchronised(void)
{
	return clock_synchronised;
}

static int
setup(void)
{
	static struct tg_config_errors err;

	return tg_key_store_open(&store,
	    &(struct tg_key_store_config){ .clock_is_synchronised = clock_is_synchronised }, 0,
	    &err);
}

static void
start(void)
{
	char why[TG_PAGES_WHY_MAX];
	struct tg_publisher_config config = { .about = &about, .keys = &store, .window_scale = 7 };

	store.config.fast_open_period_s = period_s;
	store.has_fast_open = false;
	memset(pins, 0, sizeof(pins));
	seen = latest = NULL;
	in_grace = NULL;
	n_grace = 0;
	pages = tg_pages_create(&service, why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	config.pages = pages;
	pub = tg_publisher_create(&config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pub);
	publish();
}

static void
finish(void)
{
	tg_publisher_free(pub);
	tg_pages_free(pages);
}

static uint64_t
serial_now(void)
{
	return seen->http->slot[seen->http->current]->serial;
}

static void
pin_current(unsigned shard)
{
	pins[shard].count[seen->http->current]++;
}

static void
test_first_publication_waits_for_nobody(void)
{
	start();
	CU_ASSERT_EQUAL(n_grace, 0);
	CU_ASSERT_EQUAL(serial_now(), 1);
	CU_ASSERT_PTR_EQUAL(seen->http->site, tg_pages_site(pages));
	CU_ASSERT_FALSE(seen->draining);
	publish();
	CU_ASSERT_EQUAL(n_grace, 1);
	CU_ASSERT_EQUAL(serial_now(), 2);
	finish();
}

static void
test_publication_while_draining_says_so(void)
{
	start();
	tg_publisher_drain(pub);
	CU_ASSERT_FALSE(seen->draining);
	publish();
	CU_ASSERT_TRUE(seen->draining);
	finish();
}

static void
test_publication_never_changes_what_workers_see(void)
{
	const struct tg_world *old;
	struct tg_world world;
	struct tg_http_view view;

	start();
	old = seen;
	world = *seen;
	view = *seen->http;
	tg_publisher_publish(pub);
	CU_ASSERT_PTR_NOT_EQUAL(latest, old);
	CU_ASSERT_EQUAL(memcmp(&world, old, sizeof(world)), 0);
	CU_ASSERT_EQUAL(memcmp(&view, old->http, sizeof(view)), 0);
	finish();
}

static void
test_pinned_slot_keeps_its_snapshot(void)
{
	uint16_t slot;
	unsigned i;

	start();
	slot = seen->http->current;
	pin_current(SHARDS - 1);
	for (i = 0; i < 1000; i++)
		publish();
	CU_ASSERT_EQUAL(seen->http->slot[slot]->serial, 1);
	CU_ASSERT_EQUAL(seen->http->oldest_serial, 0);
	pins[SHARDS - 1].count[slot] = 0;
	for (i = 0; i < TG_HTTP_SLOTS; i++)
		publish();
	CU_ASSERT_TRUE(seen->http->slot[slot]->serial > 1);
	finish();
}

static void
test_all_slots_pinned_expires_the_oldest_only(void)
{
	uint64_t n;

	start();
	for (n = 2; n < 500; n++) {
		pin_current(n % SHARDS);
		publish();
		CU_ASSERT_EQUAL_FATAL(serial_now(), n);
		/* One slot is kept for the next publication; all others are alive. */
		CU_ASSERT_EQUAL_FATAL(
		    seen->http->oldest_serial, n < TG_HTTP_SLOTS ? 0 : n - (TG_HTTP_SLOTS - 2));
	}
	finish();
}

/* Every slot whose snapshot has not expired still holds it. */
static void
check_view(const struct tg_http_view *view, const uint64_t *pinned_serial)
{
	unsigned i;

	for (i = 0; i < TG_HTTP_SLOTS; i++) {
		if (pinned_serial[i] != 0 && pinned_serial[i] >= view->oldest_serial)
			CU_ASSERT_EQUAL_FATAL(view->slot[i]->serial, pinned_serial[i]);
	}
}

static uint64_t pinned_serial[TG_HTTP_SLOTS];

/* A worker that goes by the old view takes one more answer while the new one is on its
 * way; what it refers to must last. */
static void
pin_by_the_old_view(void)
{
	uint16_t slot = seen->http->current;

	pins[0].count[slot]++;
	pinned_serial[slot] = seen->http->slot[slot]->serial;
	check_view(seen->http, pinned_serial);
}

static void
test_pins_taken_during_the_grace_period_hold(void)
{
	unsigned n;

	memset(pinned_serial, 0, sizeof(pinned_serial));
	start();
	in_grace = pin_by_the_old_view;
	for (n = 0; n < 500; n++) {
		publish();
		check_view(seen->http, pinned_serial);
	}
	CU_ASSERT_EQUAL(serial_now(), 501);
	finish();
}

static bool
same_key(const struct tg_siphash_key *a, const struct tg_siphash_key *b)
{
	return a->k[0] == b->k[0] && a->k[1] == b->k[1];
}

static void
test_keys_without_a_rotation_are_none(void)
{
	period_s = 0;
	start();
	CU_ASSERT_PTR_NULL(seen->fast_open);
	publish();
	CU_ASSERT_PTR_NULL(seen->fast_open);
	finish();
}

/* The reports of the test's workers take a second for every two publications. */
static void
test_keys_change_with_their_period_and_the_last_one_stays(void)
{
	struct tg_fast_open_keys was;
	unsigned i, changes = 0;

	period_s = 3;
	start();
	CU_ASSERT_PTR_NOT_NULL_FATAL(seen->fast_open);
	CU_ASSERT_FALSE(seen->fast_open->has_previous);
	CU_ASSERT_TRUE((seen->fast_open->current.k[0] | seen->fast_open->current.k[1]) != 0);
	for (i = 0; i < 24; i++) {
		was = *seen->fast_open;
		publish();
		if (same_key(&was.current, &seen->fast_open->current))
			continue;
		changes++;
		CU_ASSERT_TRUE(seen->fast_open->has_previous);
		CU_ASSERT_TRUE(same_key(&was.current, &seen->fast_open->previous));
		CU_ASSERT_FALSE(same_key(&was.previous, &seen->fast_open->current));
	}
	CU_ASSERT_EQUAL(changes, 4); /* twelve seconds */
	finish();
	period_s = 0;
}

static void
test_syn_cookie_keys_are_those_of_the_moment(void)
{
	struct tg_cookie_masters file = { .n = 1, .shared = true, .master[0].key = { { 1, 2 } } };
	struct tg_cookie_keys want;
	unsigned i;

	store.masters = file;
	start();
	for (i = 0; i < 3; i++) {
		const struct tg_cookie_keys *keys = seen->syn_cookies;

		CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
		CU_ASSERT_TRUE(keys->shared);
		CU_ASSERT_EQUAL(keys->epoch, tg_cookie_epoch(keys->wall_ns));
		tg_cookie_keys_make(&file, 7, keys->at, keys->wall_ns, &want);
		CU_ASSERT_EQUAL(memcmp(keys->key, want.key, sizeof(want.key)), 0);
		CU_ASSERT_TRUE(keys->at != 0);
		publish();
		CU_ASSERT_TRUE(seen->syn_cookies != keys);
	}
	finish();
	store.masters.master[0].from_epoch = UINT64_MAX; /* the clock was set back */
	start();
	CU_ASSERT_PTR_NULL(seen->syn_cookies);
	finish();
	store.masters.master[0].from_epoch = 0;
}

/* The page behind a path, as workers have it. */
static const struct tg_http_page *
page_seen(const char *path)
{
	const struct tg_http_view *view = seen->http;
	const struct tg_http_route *route =
	    tg_http_site_find(view->site, path, (uint32_t)strlen(path));

	return &view->slot[view->current]->page[route->page];
}

static void
test_key_facts_of_the_moment_are_on_its_pages(void)
{
	char epoch[32];

	clock_synchronised = false;
	start();
	CU_ASSERT_EQUAL(page_seen("/readyz")->status, TG_HTTP_200);
	store.facts.shared = true;
	publish();
	CU_ASSERT_EQUAL(page_seen("/readyz")->status, TG_HTTP_503);
	clock_synchronised = true;
	publish();
	CU_ASSERT_EQUAL(page_seen("/readyz")->status, TG_HTTP_200);
	snprintf(epoch, sizeof(epoch), "\"epoch\":%" PRIu64 ",", seen->syn_cookies->epoch);
	CU_ASSERT_PTR_NOT_NULL(memmem(
	    page_seen("/status")->body, page_seen("/status")->body_len, epoch, strlen(epoch)));
	finish();
}

static void
test_fast_open_keys_of_a_fleet_are_those_of_the_moment(void)
{
	static char file[] = "/dev/null"; /* whatever was in it */
	struct tg_fast_open_keys want;
	uint64_t wall_s;

	period_s = 10;
	store.config.file = file;
	start();
	wall_s = seen->syn_cookies->wall_ns / TG_NS_PER_SEC;
	tg_cookie_fast_open_keys_make(&store.masters, period_s, wall_s, &want);
	CU_ASSERT_TRUE(same_key(&want.current, &seen->fast_open->current));
	CU_ASSERT_TRUE(same_key(&want.previous, &seen->fast_open->previous));
	CU_ASSERT_TRUE(seen->fast_open->has_previous);
	finish();
	store.config.file = NULL;
	period_s = 0;
}

static struct tg_fast_open_keys keys_before;

static void
keys_are_as_before(void)
{
	CU_ASSERT_TRUE(same_key(&keys_before.current, &seen->fast_open->current));
	CU_ASSERT_TRUE(same_key(&keys_before.previous, &seen->fast_open->previous));
}

static void
test_keys_that_workers_see_never_change(void)
{
	unsigned i;

	period_s = 1;
	start();
	in_grace = keys_are_as_before;
	for (i = 0; i < 8; i++) {
		keys_before = *seen->fast_open;
		publish();
	}
	CU_ASSERT_EQUAL(n_grace, 8);
	finish();
	period_s = 0;
}

static CU_TestInfo tests[] = {
	{ "keys: without a rotation are none", test_keys_without_a_rotation_are_none },
	{ "keys: change with their period",
	    test_keys_change_with_their_period_and_the_last_one_stays },
	{ "keys: never change under a worker", test_keys_that_workers_see_never_change },
	{ "first publication: waits for nobody", test_first_publication_waits_for_nobody },
	{ "publication: while draining says so", test_publication_while_draining_says_so },
	{ "publication: never changes what workers see",
	    test_publication_never_changes_what_workers_see },
	{ "pinned slot: keeps its snapshot", test_pinned_slot_keeps_its_snapshot },
	{ "all slots pinned: expires the oldest only",
	    test_all_slots_pinned_expires_the_oldest_only },
	{ "pins: taken during the grace period hold",
	    test_pins_taken_during_the_grace_period_hold },
	{ "keys of SYN cookies are those of the moment",
	    test_syn_cookie_keys_are_those_of_the_moment },
	{ "Fast Open keys of a fleet are those of the moment",
	    test_fast_open_keys_of_a_fleet_are_those_of_the_moment },
	{ "key facts of the moment are on its pages",
	    test_key_facts_of_the_moment_are_on_its_pages },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "snapshot", setup, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
