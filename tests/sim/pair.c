/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The pair simulator: two stacks of ours on a bad link, under virtual time. Streams go both
 * ways at once, windows and segments may be tiny, users read slowly or stop reading, both
 * sides open or close at the same time, some abort; the same pair of ports is used again,
 * in TIME-WAIT too, while copies of segments of earlier incarnations still arrive. After
 * every event the invariants of both ends must hold; in the end every byte has arrived
 * once and in order, and nothing is left. Some links lose nothing but mark (ECN): there
 * the windows shrink, and nothing may be sent again. Nor may an end send again that does not
 * read itself: the other one probes its closed window, and must be heard all the same.
 *
 *   pair [--seeds N] [--first SEED] [--seed SEED]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "stack.h"
#include "tcp/tcp_internal.h"

#define SEEDS            2000
#define LONG_SEEDS       100000 /* where TG_LONG is set */
#define VIRTUAL_LIMIT_NS (24 * 3600 * TG_NS_PER_SEC)
#define STREAM_MAX       60000
#define MARKED_STREAM    300000
#define MARKED_WINDOW    16384
#define HALTED_STREAM    100000 /* through HALTED_WINDOW: many seconds */
#define HALTED_WINDOW    500
/* A new incarnation begins where the last one could have ended (RFC 6528's clock passes
 * STREAM_MAX in a quarter of this), unless timestamps keep them apart. */
#define QUIET_NS (TG_NS_PER_SEC)

enum opening { ONE_LISTENS, BOTH_CONNECT, OPENINGS };

struct pair {
	struct sim_random random;
	struct sim_link link;
	struct stack stack[2];
	tg_time_t now;
	enum opening opening;
	uint32_t generation, generations; /* incarnations: the current one, and how many */
	bool opened;                      /* the current one */
	tg_time_t open_at;                /* when it is to open */
	bool may_fail;                    /* it need not come to a good end */
	bool only_marks;                  /* the link loses nothing */
	bool halted;                      /* nor here, but end 0 does not read for long */
	uint64_t seen[TG_COUNTER_MAX];    /* counters of both ends, all seeds */
};

/* What the seeds are meant to meet. */
static const struct {
	enum tg_counter counter;
	const char *what;
} meets[] = {
	{ TG_COUNTER_ESTABLISHED, "connections established" },
	{ TG_COUNTER_RETRANSMITS, "segments sent again" },
	{ TG_COUNTER_WINDOW_PROBES, "closed windows probed" },
	{ TG_COUNTER_SYN_DUPLICATE, "duplicate SYNs" },
	{ TG_COUNTER_TIME_WAIT_REOPENED, "opened again in TIME-WAIT" },
	{ TG_COUNTER_CHALLENGE_ACKS, "challenge ACKs" },
	{ TG_COUNTER_RESET_BY_PEER, "reset by the other end" },
	{ TG_COUNTER_ECN_MARKED, "marked segments" },
	{ TG_COUNTER_ECN_REDUCTIONS, "windows reduced for marks" },
};

static void
plan_user(struct pair *p, struct stack_user *u, struct stack_user *other)
{
	struct sim_random *r = &p->random;

	*u = (struct stack_user){ .generation = p->generation,
		.want_len = u->want_len,
		.abort_at = UINT64_MAX,
		.pause_at = UINT32_MAX };
	u->appetite = sim_random_percent(r, 30) ? 1 + sim_random_below(r, 300) : 100000;
	u->close = sim_random_percent(r, 50) ? STACK_CLOSE_AT_ONCE : STACK_CLOSE_AFTER_EOF;
	u->send_len = other->want_len =
	    sim_random_below(r, sim_random_percent(r, 50) ? 50 : STREAM_MAX);
	if (sim_random_percent(r, 30))
		u->pause_at = 1 + sim_random_below(r, STREAM_MAX / 4);
	u->pause_ns = sim_random_below(r, sim_random_percent(r, 50) ? 300000 : 3000) * TG_NS_PER_MS;
}

static bool
plan_abort(struct pair *p, struct stack_user *u)
{
	struct sim_random *r = &p->random;
	tg_time_t range;

	if (!sim_random_percent(r, 8))
		return false;
	range = (sim_random_percent(r, 50) ? 20000 : 200) * TG_NS_PER_MS;
	u->abort_at = p->open_at + sim_random_next(r) % range;
	return true;
}

/* A long stream, and users who are not what holds it up. */
static void
plan_marked_stream(struct pair *p)
{
	struct stack_user *u = &p->stack[0].next, *v = &p->stack[1].next;

	p->may_fail = false;
	plan_user(p, u, v);
	plan_user(p, v, u);
	u->close = v->close = STACK_CLOSE_AT_ONCE;
	u->appetite = v->appetite = 100000;
	u->pause_at = v->pause_at = UINT32_MAX;
	u->send_len = v->want_len = MARKED_STREAM;
}

/* Plans the next incarnation. Both ends connecting while copies of an earlier SYN arrive may
 * refuse each other, as RFC 9293 3.5 has it. */
static void
plan_generation(struct pair *p, tg_time_t after)
{
	struct stack_user *u = &p->stack[0].next, *v = &p->stack[1].next;
	bool timestamps = p->stack[0].config.timestamps && p->stack[1].config.timestamps;
	bool quiet = p->may_fail || !timestamps || p->opening == BOTH_CONNECT;

	p->opened = false;
	p->open_at = p->now + (quiet ? after : 0) + sim_random_next(&p->random) % (after / 2 + 1);
	plan_user(p, u, v);
	plan_user(p, v, u);
	/* Someone has to begin. */
	if (u->close == STACK_CLOSE_AFTER_EOF)
		v->close = STACK_CLOSE_AT_ONCE;
	p->may_fail = p->opening == BOTH_CONNECT && p->link.quality.stale_permille != 0;
	p->may_fail |= plan_abort(p, u);
	p->may_fail |= plan_abort(p, v);
}

/* Sets the clock so that the initial sequence number of one end lies close before the wrap:
 * its stream crosses it. */
static void
approach_wrap(struct pair *p)
{
	const struct stack *s = &p->stack[sim_random_below(&p->random, 2)];
	const struct tg_packet pkt = { .src = s->path.dst,
		.dst = s->path.src,
		.tcp = { .sport = tg_be16(STACK_PORT), .dport = tg_be16(STACK_PORT) } };
	uint32_t isn = tg_tcp_isn(&s->tcp, &pkt, p->now);

	p->now += (tg_time_t)(0u - sim_random_below(&p->random, STREAM_MAX) - isn) << 12;
}

/* Statement by statement: C leaves open in which order initialisers would draw. */
static struct sim_link_quality
plan_link(struct sim_random *r)
{
	struct sim_link_quality q = { .loss_permille = 10 * sim_random_below(r, 21) };

	q.duplicate = sim_random_below(r, 6);
	q.reorder = sim_random_below(r, 21);
	q.corrupt = sim_random_below(r, 3);
	if (sim_random_percent(r, 40))
		q.stale_permille = sim_random_below(r, 100);
	q.stale_ns = (1 + sim_random_below(r, 20)) * TG_NS_PER_SEC;
	q.delay_ns = (1 + sim_random_below(r, 40)) * TG_NS_PER_MS;
	q.jitter_ns = sim_random_percent(r, 20) ? 200 * TG_NS_PER_MS : 2 * TG_NS_PER_MS;
	q.jitter_ns = 1 + sim_random_next(r) % q.jitter_ns;
	q.mark = sim_random_below(r, 21);
	return q;
}

static struct sim_link_quality
plan_marking_link(struct sim_random *r)
{
	struct sim_link_quality q = { .mark = 1 + sim_random_below(r, 20) };

	q.delay_ns = (1 + sim_random_below(r, 40)) * TG_NS_PER_MS;
	return q;
}

/* Ends that agree on ECN, and whose windows leave CWND to decide. */
static void
plan_marked_ends(struct pair *p)
{
	unsigned i;

	p->generations = 1;
	for (i = 0; i < 2; i++) {
		struct tg_tcp_config *config = &p->stack[i].config;

		config->ecn = TG_TCP_ECN_ALWAYS;
		config->mss4 = 1460;
		config->receive_window = MARKED_WINDOW;
		config->keep_alive = false;
	}
	plan_marked_stream(p);
}

/* End 0 sends through a small window, so that it is still at it when the other, whose text it does
 * not read, probes. Without SACK there are no tail loss probes: they may be for nothing. */
static void
plan_halted_end(struct pair *p)
{
	struct stack_user *u = &p->stack[0].next, *v = &p->stack[1].next;

	plan_marked_ends(p);
	p->stack[0].config.sack = false;
	p->stack[1].config.receive_window = HALTED_WINDOW;
	u->send_len = v->want_len = HALTED_STREAM;
	v->send_len = u->want_len = STREAM_MAX;
	u->pause_at = 1;
	u->pause_ns = 100 * TG_NS_PER_SEC;
}

static void
plan(struct pair *p)
{
	struct sim_random *r = &p->random;
	struct sim_link_quality quality;
	unsigned i;

	p->only_marks = sim_random_percent(r, 20);
	p->halted = !p->only_marks && sim_random_percent(r, 5);
	quality = p->only_marks || p->halted ? plan_marking_link(r) : plan_link(r);
	p->now = TG_NS_PER_SEC + sim_random_next(r) % (1ULL << 53);
	p->opening =
	    p->only_marks || p->halted ? ONE_LISTENS : (enum opening)sim_random_below(r, OPENINGS);
	p->generation = 0;
	p->generations = 1 + sim_random_below(r, 3);
	p->may_fail = false;
	sim_link_init(&p->link, r, &quality);
	for (i = 0; i < 2; i++)
		stack_init(&p->stack[i], (enum sim_end)i, i == 0 && p->opening == ONE_LISTENS,
		    &p->link, r, p->now);
	if (sim_random_percent(r, 50)) {
		approach_wrap(p);
		for (i = 0; i < 2; i++)
			stack_restart(&p->stack[i], p->now);
	}
	plan_generation(p, 0);
	if (p->only_marks)
		plan_marked_ends(p);
	if (p->halted)
		plan_halted_end(p);
}

static tg_time_t
next_event(const struct pair *p)
{
	tg_time_t next = TG_MIN(stack_next(&p->stack[0], p->now), stack_next(&p->stack[1], p->now));

	next = TG_MIN(next, sim_link_next(&p->link));
	if (!p->opened)
		next = TG_MIN(next, p->open_at);
	return next == UINT64_MAX ? next : TG_MAX(next, p->now + 1000);
}

static const char *
check(const struct pair *p)
{
	const struct watch *w[2] = { &p->stack[0].watch, &p->stack[1].watch };
	const char *wrong = stack_check(&p->stack[0]);

	if (wrong == NULL)
		wrong = stack_check(&p->stack[1]);
	if (wrong == NULL)
		wrong = watch_compare(w[0], w[1]);
	if (wrong == NULL)
		wrong = watch_compare(w[1], w[0]);
	if (wrong == NULL && p->link.sent != p->link.received + p->link.n)
		wrong = "the link lost count of its frames";
	return wrong;
}

static void
open_generation(struct pair *p)
{
	p->opened = true;
	stack_connect(&p->stack[1], p->now);
	if (p->opening == BOTH_CONNECT)
		stack_connect(&p->stack[0], p->now);
}

/* Whether the incarnation is over: the end that connects again is free, the other too, or in
 * TIME-WAIT. */
static bool
is_over(const struct pair *p)
{
	const struct stack *s = &p->stack[0];

	if (p->stack[1].h != TG_HANDLE_NONE)
		return false;
	return s->h == TG_HANDLE_NONE ||
	       (p->opening == ONE_LISTENS && s->user.ended && s->watch.state == TG_TCP_TIME_WAIT);
}

static const char *
judge_generation(const struct pair *p)
{
	unsigned i;

	for (i = 0; i < 2 && !p->may_fail; i++) {
		const struct stack_user *u = &p->stack[i].user;

		if (u->generation != p->generation || !u->opened || !u->ended)
			return "a connection did not open or did not end";
		if (u->taken != u->want_len)
			return "a stream did not arrive whole";
	}
	return NULL;
}

static const char *
next_generation(struct pair *p)
{
	const char *wrong = judge_generation(p);

	if (p->generation + 1 < p->generations && wrong == NULL) {
		p->generation++;
		plan_generation(p, QUIET_NS);
	}
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
	if (!p->opened && p->now >= p->open_at)
		open_generation(p);
	else if (p->opened && is_over(p) && next_generation(p) != NULL)
		return judge_generation(p);
	return check(p);
}

static const char *
verdict(const struct pair *p)
{
	if (!stack_is_empty(&p->stack[0]) || !stack_is_empty(&p->stack[1]))
		return "something is left behind";
	if (!p->opened || p->generation + 1 != p->generations)
		return "an incarnation never ended";
	return judge_generation(p);
}

/* Counts what happened; returns what marks must not do. */
static const char *
count(struct pair *p)
{
	const char *wrong = NULL;
	unsigned i, c;

	for (i = 0; i < (p->only_marks ? 2u : p->halted); i++)
		if (tg_stats_counter(&p->stack[i].stats, TG_COUNTER_RETRANSMITS) != 0)
			wrong = "something was sent again though nothing was lost";
	for (i = 0; i < 2; i++)
		for (c = 0; c < TG_COUNTER_MAX; c++)
			p->seen[c] += tg_stats_counter(&p->stack[i].stats, (enum tg_counter)c);
	return wrong;
}

static const char *
run_seed(struct pair *p, uint64_t seed)
{
	const char *wrong = NULL, *resent;
	tg_time_t end;

	p->random.state = seed;
	plan(p);
	end = p->now + VIRTUAL_LIMIT_NS;
	while (wrong == NULL && p->now < end) {
		tg_time_t next = next_event(p);

		if (next == UINT64_MAX)
			break; /* nothing in flight, no timer: all is over */
		p->now = next;
		wrong = step(p);
	}
	resent = count(p);
	if (wrong == NULL)
		wrong = resent;
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
	unsigned i;
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
	for (i = 0; i < TG_ARRAY_LEN(meets); i++)
		printf("# %s: %lu\n", meets[i].what, p.seen[meets[i].counter]);
	printf("%s 1 - pair: two stacks, %lu seeds from %lu\n1..1\n", failed == 0 ? "ok" : "not ok",
	    n, first);
	return failed == 0 ? 0 : 1;
}
