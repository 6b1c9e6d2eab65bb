/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The turns of workers.
 */
#include <pthread.h>
#include <stdio.h>

#include "worker_fixture.h"

static const struct tg_world draining = { .draining = true };

static void
test_alone_receives_and_answers_without_steering(void)
{
	uint8_t head[64];
	unsigned i;

	set_up(1, 1);
	CU_ASSERT_TRUE(shard(0)->first);
	CU_ASSERT_FALSE(step(0));
	for (i = 0; i < 10; i++)
		send_tcp(0, false, 2, (uint16_t)(1000 + i));
	CU_ASSERT_TRUE(step(0));
	CU_ASSERT_EQUAL(shard(0)->n_seen, 10);
	CU_ASSERT_EQUAL(shard(0)->seen[0].flags, 0);
	CU_ASSERT_EQUAL(wire_drain(&wire, 0, head), 10);
	CU_ASSERT_EQUAL(tg_load16(head + 34), 1009); /* in order */
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_RX_FRAMES), 10);
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_RX_BYTES), 540);
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_TX_FRAMES), 10);
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_TX_BYTES), 540);
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_BURSTS), 1);
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_STEERED_OUT), 0);
	tear_down();
}

static void
test_burst_of_the_configuration_bounds_a_turn(void)
{
	unsigned i;

	set_up(1, 1);
	for (i = 0; i < 40; i++)
		send_tcp(0, false, 2, (uint16_t)(1000 + i));
	(void)step(0);
	CU_ASSERT_EQUAL(shard(0)->n_seen, 32);
	(void)step(0);
	CU_ASSERT_EQUAL(shard(0)->n_seen, 40);
	tear_down();
}

static void
test_queue_full_drops_and_counts_after_bounded_tries(void)
{
	set_up(1, 1);
	shard(0)->generate = WIRE_FRAMES + 20;
	CU_ASSERT_TRUE(step(0));
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_TX_FRAMES), WIRE_FRAMES);
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_TX_BYTES), WIRE_FRAMES * 60);
	CU_ASSERT_EQUAL(drops(0, TG_DROP_TX_FULL), 20);
	CU_ASSERT_EQUAL(wire_drain(&wire, 0, NULL), WIRE_FRAMES);
	tear_down();
}

static void
test_workers_without_a_queue_send_through_theirs(void)
{
	set_up(2, 4);
	shard(2)->generate = 3; /* sends through worker 0 */
	shard(3)->generate = 5; /* through worker 1 */
	(void)step(2);
	(void)step(3);
	(void)step(0);
	(void)step(1);
	CU_ASSERT_EQUAL(wire_drain(&wire, 0, NULL), 3);
	CU_ASSERT_EQUAL(wire_drain(&wire, 1, NULL), 5);
	CU_ASSERT_EQUAL(counter(1, TG_COUNTER_TX_FRAMES), 5);
	CU_ASSERT_EQUAL(counter(3, TG_COUNTER_TX_FRAMES), 0);
	tear_down();
}

static void
test_magazine_stays_between_its_marks(void)
{
	unsigned i, j;

	set_up(1, 1);
	shard(0)->mode = FAKE_SWALLOW;
	for (i = 0; i < 30; i++) {
		for (j = 0; j < 32; j++)
			send_tcp(0, false, 2, 1000);
		(void)step(0);
		CU_ASSERT_TRUE(shard(0)->spare_n >= TG_SPARE_LOW);
		CU_ASSERT_TRUE(shard(0)->spare_n <= TG_SPARE_HIGH);
	}
	for (i = 0; i < 10; i++) {
		shard(0)->generate = 200;
		(void)step(0);
		(void)wire_drain(&wire, 0, NULL);
		CU_ASSERT_TRUE(shard(0)->spare_n >= TG_SPARE_LOW);
	}
	CU_ASSERT_EQUAL(counter(0, TG_COUNTER_TX_FRAMES), 2000);
	tear_down();
}

static void
test_pool_exhausted_leaves_the_least_in_the_magazine(void)
{
	static struct tg_frame v[16384];
	struct tg_frames taken = { v, 0, TG_ARRAY_LEN(v) }, *spare;

	set_up(1, 1);
	spare = &all->worker[0]->spare;
	while (spare->n > 0)
		tg_frames_push(&taken, &spare->v[--spare->n]);
	CU_ASSERT_TRUE(tg_frames_alloc(&wire.port, &taken, wire.port.pool->size - taken.n - 100));
	(void)step(0);
	CU_ASSERT_EQUAL(shard(0)->spare_n, 32);
	tg_frames_free(v, taken.n);
	(void)step(0);
	CU_ASSERT_EQUAL(shard(0)->spare_n, TG_SPARE_FILL);
	tear_down();
}

static void
test_held_frames_and_full_rings_are_freed_at_the_end(void)
{
	uint16_t port;

	set_up(1, 2);
	shard(0)->mode = FAKE_HOLD;
	for (port = 1000; port < 1064; port++)
		send_tcp(0, false, 2, port);
	(void)step(0);
	(void)step(0);
	CU_ASSERT_TRUE(shard(0)->n_held > 0);
	CU_ASSERT_TRUE(counter(0, TG_COUNTER_STEERED_OUT) > 0);
	tear_down();
}

static void
test_link_up_is_heard_once_by_each(void)
{
	set_up(1, 2);
	(void)step(0);
	CU_ASSERT_EQUAL(shard(0)->link_ups, 0);
	tg_workers_link_up(all);
	(void)step(0);
	(void)step(0);
	(void)step(1);
	CU_ASSERT_EQUAL(shard(0)->link_ups, 1);
	CU_ASSERT_EQUAL(shard(1)->link_ups, 1);
	tear_down();
}

static void
test_load_counts_turns_with_work_as_busy(void)
{
	uint64_t busy, total, t;

	set_up(1, 1);
	t = rte_rdtsc();
	all->worker[0]->tsc = t;
	(void)tg_worker_step(all->worker[0], t + 1000);
	send_tcp(0, false, 2, 1000);
	(void)tg_worker_step(all->worker[0], t + 3000);
	(void)tg_worker_step(all->worker[0], t + 7000);
	(void)tg_worker_step(all->worker[0], t + 15000);
	tg_workers_load(all, 0, &busy, &total);
	CU_ASSERT_EQUAL(total, 15000);
	CU_ASSERT_EQUAL(busy, 4000);
	tear_down();
}

static void
test_idle_sleeps_longer_each_time_until_there_is_work(void)
{
	struct tg_worker *w;
	unsigned i;

	set_up(1, 1);
	w = all->worker[0];
	tg_idle_wait(w, true, shard(0)->now);
	shard(0)->idle_ns = 1;
	for (i = 0; i < 64; i++)
		tg_idle_wait(w, false, shard(0)->now);
	CU_ASSERT_EQUAL(w->idle.sleep_ns, 20000);
	tg_idle_wait(w, false, shard(0)->now);
	CU_ASSERT_EQUAL(w->idle.sleep_ns, 40000);
	for (i = 0; i < 10; i++)
		tg_idle_wait(w, false, shard(0)->now);
	CU_ASSERT_EQUAL(w->idle.sleep_ns, TG_NS_PER_MS);
	tg_idle_wait(w, true, shard(0)->now);
	CU_ASSERT_EQUAL(w->idle.sleep_ns, 20000);
	rte_rcu_qsbr_thread_offline(all->qsbr, 0); /* as tg_worker_main does at its end */
	tear_down();
}

static void
test_running_workers_answer_and_see_what_is_published(void)
{
	uint64_t busy, total;
	unsigned answered = 0;
	uint16_t i;

	set_up(2, 2);
	shard(0)->idle_ns = shard(1)->idle_ns = TG_NS_PER_MS;
	CU_ASSERT_EQUAL_FATAL(tg_workers_start(all), 0);
	for (i = 0; i < 200; i++)
		send_tcp(i % 2, false, 2, (uint16_t)(1000 + i));
	while (answered < 200)
		answered += wire_drain(&wire, 0, NULL) + wire_drain(&wire, 1, NULL);
	tg_workers_publish(all, &draining);
	tg_workers_quiesce(all);
	for (i = 0; i < 2; i++)
		while (atomic_load(&shard(i)->draining_runs) == 0)
			rte_pause();
	tg_workers_link_up(all);
	for (i = 0; i < 2; i++)
		while (atomic_load(&shard(i)->link_ups) == 0)
			rte_pause();
	tg_workers_stop(all);
	tg_workers_quiesce(all); /* nobody is left to wait for */
	CU_ASSERT_EQUAL(answered, 200);
	CU_ASSERT_EQUAL(shard(0)->n_seen + shard(1)->n_seen, 200);
	tg_workers_load(all, 0, &busy, &total);
	CU_ASSERT_TRUE(busy > 0 && busy <= total);
	tear_down();
}

#define LOOKS_MAX 200000

/* How often a thread has gone to sleep. */
static unsigned long
count_sleeps(pid_t tid)
{
	static const char name[] = "voluntary_ctxt_switches:";
	unsigned long n = 0;
	char path[64], line[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, sizeof(name) - 1) == 0)
			n = strtoul(line + sizeof(name) - 1, NULL, 10);
	if (f != NULL)
		(void)fclose(f);
	return n;
}

/* As a worker that runs only while control sleeps. Returns whether it ran. */
static void *
report_after_a_sleep(void *control)
{
	unsigned long before = count_sleeps(*(pid_t *)control);
	bool slept = false;
	unsigned i;

	for (i = 0; i < LOOKS_MAX && !slept; i++)
		slept = count_sleeps(*(pid_t *)control) > before;
	rte_rcu_qsbr_quiescent(all->qsbr, 0);
	return slept ? control : NULL;
}

static void
test_quiesce_worker_in_its_loop_lets_it_have_the_cpu(void)
{
	pid_t control = rte_gettid();
	void *ran = NULL;
	pthread_t worker;

	set_up(1, 1);
	rte_rcu_qsbr_thread_online(all->qsbr, 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&worker, NULL, report_after_a_sleep, &control), 0);
	tg_workers_quiesce(all);
	CU_ASSERT_EQUAL(pthread_join(worker, &ran), 0);
	CU_ASSERT_PTR_NOT_NULL(ran);
	rte_rcu_qsbr_thread_offline(all->qsbr, 0);
	tear_down();
}

static CU_TestInfo worker_tests[] = {
	{ "alone: receives and answers without steering",
	    test_alone_receives_and_answers_without_steering },
	{ "the configured burst bounds a turn", test_burst_of_the_configuration_bounds_a_turn },
	{ "queue full: drops, counts", test_queue_full_drops_and_counts_after_bounded_tries },
	{ "workers without a queue send through theirs",
	    test_workers_without_a_queue_send_through_theirs },
	{ "the magazine stays between its marks", test_magazine_stays_between_its_marks },
	{ "pool exhausted: the least is in the magazine",
	    test_pool_exhausted_leaves_the_least_in_the_magazine },
	{ "held frames and full rings are freed at the end",
	    test_held_frames_and_full_rings_are_freed_at_the_end },
	{ "link up is heard once by each", test_link_up_is_heard_once_by_each },
	{ "load counts turns with work as busy", test_load_counts_turns_with_work_as_busy },
	{ "idle sleeps longer until there is work",
	    test_idle_sleeps_longer_each_time_until_there_is_work },
	{ "quiesce: a worker in its loop gets the CPU",
	    test_quiesce_worker_in_its_loop_lets_it_have_the_cpu },
	{ "running workers answer and see what is published",
	    test_running_workers_answer_and_see_what_is_published },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "worker", NULL, NULL, NULL, NULL, worker_tests },
		CU_SUITE_INFO_NULL };

	return tg_eal_tap_run(suites, NULL);
}
