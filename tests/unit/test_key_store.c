/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The store of master keys: files that change while it is in use, and the clock.
 */
#include "control/key_store.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define EPOCH  28000000ULL
#define WALL   (EPOCH * TG_COOKIE_EPOCH_S * TG_NS_PER_SEC + 5 * TG_NS_PER_SEC)
#define EPOCHS (TG_COOKIE_EPOCH_S * TG_NS_PER_SEC)
#define WSCALE 7
#define KEY_A  "000102030405060708090a0b0c0d0e0f"
#define KEY_B  "f0e1d2c3b4a5968778695a4b3c2d1e0f"

static struct tg_key_store store;
static struct tg_config_errors err;
static struct tg_key_facts facts;
static struct tg_cookie_keys keys;
static char path[] = "/tmp/tg-key-store-XXXXXX";
static bool synchronised;
static uint64_t period_s; /* of Fast Open keys */

static bool
clock_is_synchronised(void)
{
	return synchronised;
}

static int
create_file(void)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int
remove_file(void)
{
	return unlink(path);
}

static void
write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static int
open_store(const char *file, bool trust)
{
	struct tg_key_store_config config = { .file = file,
		.fast_open_period_s = period_s,
		.trust_clock = trust,
		.clock_is_synchronised = clock_is_synchronised };

	memset(&err, 0, sizeof(err));
	synchronised = true;
	return tg_key_store_open(&store, &config, WALL, &err);
}

static int
reload(uint64_t wall_ns)
{
	memset(&err, 0, sizeof(err));
	return tg_key_store_reload(&store, wall_ns, &err);
}

/* Makes the keys of a moment and reads the facts. */
static int
make_keys(uint64_t wall_ns)
{
	int rc = tg_key_store_make_keys(&store, WSCALE, 1, wall_ns, &keys);

	tg_key_store_read(&store, &facts);
	return rc;
}

static bool
key_is_of(unsigned i, uint64_t epoch, const char *digits)
{
	struct tg_siphash_key master = { { 0 } }, want;
	unsigned b, byte;

	for (b = 0; b < sizeof(master); b++) {
		sscanf(digits + 2 * b, "%2x", &byte);
		((uint8_t *)&master)[b] = (uint8_t)byte;
	}
	tg_cookie_make_key(&master, WSCALE, epoch, &want);
	return memcmp(&want, &keys.key[i], sizeof(want)) == 0;
}

static void
test_own_store_makes_keys_and_has_nothing_to_read_again(void)
{
	struct tg_siphash_key first;

	CU_ASSERT_EQUAL_FATAL(open_store(NULL, false), 0);
	CU_ASSERT_EQUAL(make_keys(WALL), 0);
	CU_ASSERT_FALSE(keys.shared || facts.shared);
	CU_ASSERT_TRUE(facts.usable);
	CU_ASSERT_EQUAL(facts.epoch, EPOCH);
	CU_ASSERT_EQUAL(facts.next_master_epoch, 0);
	first = keys.key[1];
	CU_ASSERT_EQUAL(reload(WALL), -ENOENT);
	CU_ASSERT_EQUAL(err.n, 0);
	make_keys(WALL);
	CU_ASSERT_EQUAL(memcmp(&first, &keys.key[1], sizeof(first)), 0);
	CU_ASSERT_EQUAL(facts.reloads + facts.reloads_refused, 0);
	CU_ASSERT_EQUAL_FATAL(open_store(NULL, false), 0);
	make_keys(WALL);
	CU_ASSERT_NOT_EQUAL(memcmp(&first, &keys.key[1], sizeof(first)), 0);
}

static void
test_wrong_file_opens_nothing(void)
{
	write_file("from_epoch 0 key 7\n");
	CU_ASSERT_EQUAL(open_store(path, false), -EINVAL);
	CU_ASSERT_EQUAL(err.n, 1);
	CU_ASSERT_EQUAL(open_store("/nonexistent/keys", false), -ENOENT);
	CU_ASSERT_EQUAL(err.n, 1);
}

static void
test_reloaded_master_takes_over_in_its_epoch_and_not_before(void)
{
	write_file("from_epoch 0 key " KEY_A "\n");
	CU_ASSERT_EQUAL_FATAL(open_store(path, false), 0);
	write_file("from_epoch 0 key " KEY_A "\nfrom_epoch 28000002 key " KEY_B "\n");
	CU_ASSERT_EQUAL(reload(WALL), 0);
	CU_ASSERT_EQUAL(make_keys(WALL), 0);
	CU_ASSERT_TRUE(keys.shared && facts.shared);
	CU_ASSERT_EQUAL(facts.reloads, 1);
	CU_ASSERT_EQUAL(facts.next_master_epoch, EPOCH + 2);
	CU_ASSERT_TRUE(key_is_of(0, EPOCH - 1, KEY_A));
	CU_ASSERT_TRUE(key_is_of(1, EPOCH, KEY_A));
	CU_ASSERT_TRUE(key_is_of(2, EPOCH + 1, KEY_A));
	make_keys(WALL + EPOCHS);
	CU_ASSERT_EQUAL(facts.next_master_epoch, EPOCH + 2);
	CU_ASSERT_TRUE(key_is_of(1, EPOCH + 1, KEY_A));
	CU_ASSERT_TRUE(key_is_of(2, EPOCH + 2, KEY_B));
	make_keys(WALL + 2 * EPOCHS);
	CU_ASSERT_EQUAL(facts.next_master_epoch, 0);
	CU_ASSERT_TRUE(key_is_of(0, EPOCH + 1, KEY_A));
	CU_ASSERT_TRUE(key_is_of(1, EPOCH + 2, KEY_B));
}

/* Whatever is wrong, the keys stay, and the error is told. */
static void
expect_refused(const char *text, const char *error)
{
	struct tg_cookie_keys before;
	uint64_t refused, done;

	make_keys(WALL);
	before = keys;
	refused = facts.reloads_refused;
	done = facts.reloads;
	write_file(text);
	CU_ASSERT_EQUAL(reload(WALL), -EINVAL);
	CU_ASSERT_EQUAL(err.n, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.e[0].text, error));
	make_keys(WALL);
	CU_ASSERT_EQUAL(memcmp(&before, &keys, sizeof(keys)), 0);
	CU_ASSERT_EQUAL(facts.reloads_refused, refused + 1);
	CU_ASSERT_EQUAL(facts.reloads, done);
}

static void
test_reload_of_a_wrong_file_changes_nothing(void)
{
	write_file("from_epoch 0 key " KEY_A "\n");
	CU_ASSERT_EQUAL_FATAL(open_store(path, false), 0);
	expect_refused("", "epoch 27999999 has no master");
	expect_refused("from_epoch 0 key " KEY_A "\nfrom_epoch 28000002 key 77\n", ":2:25: is no");
	/* Of each epoch that cookies are made or taken of now. */
	expect_refused("from_epoch 0 key " KEY_B "\n", "epoch 27999999 is in use with another");
	expect_refused("from_epoch 0 key " KEY_A "\nfrom_epoch 28000000 key " KEY_B "\n",
	    "epoch 28000000 is in use with another master; let a new one begin with 28000002");
	expect_refused("from_epoch 0 key " KEY_A "\nfrom_epoch 28000001 key " KEY_B "\n",
	    "epoch 28000001 is in use with another master; let a new one begin with 28000002");
	CU_ASSERT_EQUAL(chmod(path, 0644), 0);
	expect_refused("from_epoch 0 key " KEY_A "\n", "mode 0644 lets others at the keys");
	CU_ASSERT_EQUAL(chmod(path, 0600), 0);
	CU_ASSERT_EQUAL(reload(WALL), 0);
}

static void
test_reload_without_its_file_changes_nothing(void)
{
	write_file("from_epoch 0 key " KEY_A "\n");
	CU_ASSERT_EQUAL_FATAL(open_store(path, false), 0);
	store.config.file = "/nonexistent/keys";
	CU_ASSERT_EQUAL(reload(WALL), -EINVAL); /* there is a file to read, if not this one */
	CU_ASSERT_EQUAL(err.n, 1);
	CU_ASSERT_EQUAL(make_keys(WALL), 0);
	CU_ASSERT_EQUAL(facts.reloads_refused, 1);
	CU_ASSERT_TRUE(key_is_of(1, EPOCH, KEY_A));
}

static void
test_clock_set_back_before_the_first_master_makes_no_keys(void)
{
	write_file("from_epoch 27999999 key " KEY_A "\n");
	CU_ASSERT_EQUAL_FATAL(open_store(path, false), 0);
	CU_ASSERT_EQUAL(make_keys(WALL), 0);
	CU_ASSERT_TRUE(facts.usable);
	CU_ASSERT_EQUAL(make_keys(WALL - EPOCHS), -ENOENT);
	CU_ASSERT_FALSE(facts.usable);
	CU_ASSERT_EQUAL(facts.epoch, EPOCH - 1);
	CU_ASSERT_EQUAL(facts.next_master_epoch, 0);
	CU_ASSERT_EQUAL(make_keys(WALL - 3 * EPOCHS), -ENOENT);
	CU_ASSERT_EQUAL(facts.next_master_epoch, EPOCH - 1);
}

static void
test_clock_is_looked_at_each_time_and_trusted_where_told_to(void)
{
	write_file("from_epoch 0 key " KEY_A "\n");
	CU_ASSERT_EQUAL_FATAL(open_store(path, false), 0);
	make_keys(WALL);
	CU_ASSERT_TRUE(facts.clock_synchronised && !facts.clock_trusted);
	CU_ASSERT_EQUAL(tg_report_readiness(false, &facts), TG_READY);
	synchronised = false;
	make_keys(WALL);
	CU_ASSERT_FALSE(facts.clock_synchronised);
	CU_ASSERT_EQUAL(tg_report_readiness(false, &facts), TG_NOT_READY_CLOCK);
	CU_ASSERT_EQUAL(tg_report_readiness(true, &facts), TG_NOT_READY_DRAINING);
	CU_ASSERT_EQUAL_FATAL(open_store(path, true), 0);
	synchronised = false;
	make_keys(WALL);
	CU_ASSERT_TRUE(!facts.clock_synchronised && facts.clock_trusted);
	CU_ASSERT_EQUAL(tg_report_readiness(false, &facts), TG_READY);
	CU_ASSERT_EQUAL_FATAL(open_store(NULL, false), 0);
	synchronised = false;
	make_keys(WALL);
	CU_ASSERT_EQUAL(tg_report_readiness(false, &facts), TG_READY);
}

static void
test_fast_open_keys_without_a_period_are_none(void)
{
	struct tg_fast_open_keys fo;

	CU_ASSERT_EQUAL_FATAL(open_store(NULL, false), 0);
	CU_ASSERT_EQUAL(tg_key_store_make_fast_open_keys(&store, 1, WALL, &fo), -ENOENT);
}

/* A node of its own counts its own time, whatever the clock says. */
static void
test_own_fast_open_keys_are_random_and_turn_with_the_workers_clock(void)
{
	struct tg_fast_open_keys first, later;

	period_s = 10;
	CU_ASSERT_EQUAL_FATAL(open_store(NULL, false), 0);
	CU_ASSERT_EQUAL(tg_key_store_make_fast_open_keys(&store, 7, WALL, &first), 0);
	CU_ASSERT_FALSE(first.has_previous);
	tg_key_store_make_fast_open_keys(
	    &store, 7 + 10 * TG_NS_PER_SEC - 1, WALL + 10 * TG_NS_PER_SEC, &later);
	CU_ASSERT_FALSE(later.has_previous);
	CU_ASSERT_EQUAL(memcmp(&first.current, &later.current, sizeof(first.current)), 0);
	tg_key_store_make_fast_open_keys(&store, 7 + 10 * TG_NS_PER_SEC, WALL, &later);
	CU_ASSERT_TRUE(later.has_previous);
	CU_ASSERT_EQUAL(memcmp(&first.current, &later.previous, sizeof(later.previous)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(&first.current, &later.current, sizeof(later.current)), 0);
	period_s = 0;
}

static void
test_fast_open_keys_of_a_file_are_those_of_every_node_that_has_it(void)
{
	struct tg_fast_open_keys here, there;

	period_s = 3600;
	write_file("from_epoch 0 key " KEY_A "\n");
	CU_ASSERT_EQUAL_FATAL(open_store(path, false), 0);
	CU_ASSERT_EQUAL(tg_key_store_make_fast_open_keys(&store, 7, WALL, &here), 0);
	CU_ASSERT_EQUAL_FATAL(open_store(path, false), 0); /* another node */
	CU_ASSERT_EQUAL(tg_key_store_make_fast_open_keys(&store, 12345, WALL + 1, &there), 0);
	CU_ASSERT_EQUAL(memcmp(&here.current, &there.current, sizeof(here.current)), 0);
	CU_ASSERT_EQUAL(memcmp(&here.previous, &there.previous, sizeof(here.previous)), 0);
	write_file("from_epoch 0 key " KEY_B "\n");
	CU_ASSERT_EQUAL_FATAL(open_store(path, false), 0);
	CU_ASSERT_EQUAL(tg_key_store_make_fast_open_keys(&store, 7, WALL, &there), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(&here.current, &there.current, sizeof(here.current)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(&here.previous, &there.previous, sizeof(here.previous)), 0);
	period_s = 0;
}

/* The line of an old master may go once no period of Fast Open that counts began under it. */
static void
test_reload_keeps_the_masters_that_fast_open_needs(void)
{
	static const char old_and_new[] =
	    "from_epoch 0 key " KEY_A "\nfrom_epoch 27999901 key " KEY_B "\n";

	write_file(old_and_new);
	CU_ASSERT_EQUAL_FATAL(open_store(path, false), 0);
	write_file("from_epoch 27999901 key " KEY_B "\n");
	CU_ASSERT_EQUAL(reload(WALL), 0);
	period_s = 3600; /* 56.25 epochs: the period before this one began in 27999900 */
	write_file(old_and_new);
	CU_ASSERT_EQUAL_FATAL(open_store(path, false), 0);
	write_file("from_epoch 27999901 key " KEY_B "\n");
	CU_ASSERT_EQUAL(reload(WALL), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.e[0].text, "is in use; keep its line"));
	CU_ASSERT_EQUAL(reload(WALL + 57 * EPOCHS), 0);
	period_s = 0;
}

static CU_TestInfo tests[] = {
	{ "own store: makes keys, has nothing to read again",
	    test_own_store_makes_keys_and_has_nothing_to_read_again },
	{ "wrong file: opens nothing", test_wrong_file_opens_nothing },
	{ "reloaded master: takes over in its epoch and not before",
	    test_reloaded_master_takes_over_in_its_epoch_and_not_before },
	{ "reload: of a wrong file changes nothing", test_reload_of_a_wrong_file_changes_nothing },
	{ "reload: without its file changes nothing",
	    test_reload_without_its_file_changes_nothing },
	{ "clock: set back before the first master makes no keys",
	    test_clock_set_back_before_the_first_master_makes_no_keys },
	{ "clock: is looked at each time, trusted where told to",
	    test_clock_is_looked_at_each_time_and_trusted_where_told_to },
	{ "Fast Open keys: without a period are none",
	    test_fast_open_keys_without_a_period_are_none },
	{ "own Fast Open keys: are random, turn with the workers' clock",
	    test_own_fast_open_keys_are_random_and_turn_with_the_workers_clock },
	{ "Fast Open keys of a file: are those of every node that has it",
	    test_fast_open_keys_of_a_file_are_those_of_every_node_that_has_it },
	{ "reload: keeps the masters that Fast Open needs",
	    test_reload_keeps_the_masters_that_fast_open_needs },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "key store", create_file, remove_file, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tg_tap_run(suites);
}
