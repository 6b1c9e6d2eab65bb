/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The pair simulator: two stacks of ours on a bad link, under virtual time. Streams go both
 * ways at once, users read slowly, both sides open or close at the same time, some abort.
 * After every event the sequence invariants must hold; in the end every byte has arrived
 * once and in order, and nothing is left.
 *
 *   pair [--seeds N] [--first SEED] [--seed SEED]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "stack.h"

#define SEEDS            1000
#define LONG_SEEDS       50000 /* where TG_LONG is set */
#define VIRTUAL_LIMIT_NS (4 * 3600 * TG_NS_PER_SEC)

enum opening { ONE_LISTENS, BOTH_CONNECT, OPENINGS };

struct pair {
	struct sim_random random;
	struct sim_link link;
	struct stack stack[2];
	tg_time_t now;
	enum opening opening;
	bool aborts;
};

static void
plan_user(struct pair *p, struct stack_user *u, struct stack_user *other)
{
	struct sim_random *r = &p->random;

	u->send_len = other->want_len = sim_random_below(r, sim_random_percent(r, 50) ? 50 : 60000);
	u->appetite = sim_random_percent(r, 30) ? 1 + sim_random_below(r, 300) : 100000;
	u->close = sim_random_percent(r, 50) ? STACK_CLOSE_AT_ONCE : STACK_CLOSE_AFTER_EOF;
}

static void
plan(struct pair *p)
{
	struct sim_random *r = &p->random;
	struct sim_link_quality quality = {
		.loss_permille = 10 * sim_random_below(r, 21),
		.duplicate = sim_random_below(r, 6),
		.reorder = sim_random_below(r, 21),
		.corrupt = sim_random_below(r, 3),
		.delay_ns = (1 + sim_random_below(r, 40)) * TG_NS_PER_MS,
		.jitter_ns = 1 + sim_random_below(r, 2000) * 1000,
	};
	unsigned i;

	p->now = TG_NS_PER_SEC + sim_random_next(r) % (1ULL << 53);
	p->opening = (enum opening)sim_random_below(r, OPENINGS);
	p->aborts = sim_random_percent(r, 10);
	sim_link_init(&p->link, r, &quality);
	for (i = 0; i < 2; i++)
		stack_init(&p->stack[i], (enum sim_end)i, i == 0 && p->opening == ONE_LISTENS,
		    &p->link, r, p->now);
	plan_user(p, &p->stack[0].user, &p->stack[1].user);
	plan_user(p, &p->stack[1].user, &p->stack[0].user);
	/* Someone has to begin. */
	if (p->stack[0].user.close == STACK_CLOSE_AFTER_EOF)
		p->stack[1].user.close = STACK_CLOSE_AT_ONCE;
	if (p->aborts) {
		p->stack[1].user.close = STACK_CLOSE_NEVER;
		p->stack[1].user.abort_at = p->now + sim_random_next(r) % (20 * TG_NS_PER_SEC);
	}
}

static tg_time_t
next_event(const struct pair *p)
{
	tg_time_t next = TG_MIN(stack_next(&p->stack[0], p->now), stack_next(&p->stack[1], p->now));

	next = TG_MIN(next, sim_link_next(&p->link));
	return next == UINT64_MAX ? next : TG_MAX(next, p->now + 1000);
}

static const char *
check(const struct pair *p)
{
	const char *wrong = stack_check(&p->stack[0]);

	if (wrong == NULL)
		wrong = stack_check(&p->stack[1]);
	if (p->stack[0].user.wrong || p->stack[1].user.wrong)
		wrong = "a byte is wrong";
	return wrong;
}

static const char *
step(struct pair *p)
{
	const struct sim_flight *flight;

	while ((flight = sim_link_receive(&p->link, p->now)) != NULL) {
		uint8_t data[SIM_LINK_FRAME_BYTES];
		uint16_t len = flight->len;
		struct stack *to = &p->stack[flight->to];

		memcpy(data, flight->data, len);
		stack_receive(to, data, len, p->now);
		if (check(p) != NULL)
			return check(p);
	}
	stack_run(&p->stack[0], p->now);
	stack_run(&p->stack[1], p->now);
	return check(p);
}

static const char *
verdict(const struct pair *p)
{
	unsigned i;

	if (!stack_is_empty(&p->stack[0]) || !stack_is_empty(&p->stack[1]))
		return "something is left behind";
	for (i = 0; i < 2 && !p->aborts; i++) {
		const struct stack_user *u = &p->stack[i].user;

		if (!u->opened || !u->ended)
			return "a connection did not open or did not end";
		if (u->taken != u->want_len)
			return "a stream did not arrive whole";
	}
	return NULL;
}

static const char *
run_seed(struct pair *p, uint64_t seed)
{
	const char *wrong = NULL;
	tg_time_t end;

	p->random.state = seed;
	plan(p);
	end = p->now + VIRTUAL_LIMIT_NS;
	stack_connect(&p->stack[1], p->now);
	if (p->opening == BOTH_CONNECT)
		stack_connect(&p->stack[0], p->now);
	while (wrong == NULL && p->now < end) {
		tg_time_t next = next_event(p);

		if (next == UINT64_MAX)
			break; /* nothing in flight, no timer: all is over */
		p->now = next;
		wrong = step(p);
	}
	return wrong != NULL ? wrong : verdict(p);
}

int
main(int argc, char **argv)
{
	static const struct option longopts[] = { { "seeds", required_argument, NULL, 'n' },
		{ "first", required_argument, NULL, 'f' }, { "seed", required_argument, NULL, 's' },
		{ 0 } };
	static struct pair p;
	uint64_t first = 1, n = getenv("TG_LONG") != NULL ? LONG_SEEDS : SEEDS, seed, failed = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		if (opt == 'n')
			n = strtoull(optarg, NULL, 10);
		else if (opt == 'f' || opt == 's')
			first = strtoull(optarg, NULL, 10);
		else
			return 2;
		if (opt == 's')
			n = 1;
	}
	for (seed = first; seed < first + n; seed++) {
		const char *wrong = run_seed(&p, seed);

		if (wrong != NULL && failed++ < 5)
			printf("# seed %lu: %s; replay: pair --seed %lu\n", seed, wrong, seed);
	}
	printf("%s 1 - pair: two stacks, %lu seeds from %lu\n1..1\n", failed == 0 ? "ok" : "not ok",
	    n, first);
	return failed == 0 ? 0 : 1;
}
