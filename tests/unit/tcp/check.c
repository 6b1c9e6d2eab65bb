/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Checks that say what was there instead, and the search for leaks.
 */
#include "fixture.h"

#include <stdio.h>

static void
judge(bool ok, const char *what, const char *file, unsigned line)
{
	CU_assertImplementation(ok ? CU_TRUE : CU_FALSE, line, what, file, "", CU_FALSE);
}

void
fx_check_sent(const char *want, const char *file, unsigned line)
{
	bool same = strcmp(fx.log, want) == 0;

	if (!same)
		printf("# sent   \"%s\"\n# wanted \"%s\"\n", fx.log, want);
	judge(same, "what was sent", file, line);
	fx_forget();
}

void
fx_check_state(enum tg_tcp_state want, const char *file, unsigned line)
{
	enum tg_tcp_state got = fx_state();

	if (got != want)
		printf(
		    "# state %s instead of %s\n", tg_tcp_state_name[got], tg_tcp_state_name[want]);
	judge(got == want, "state", file, line);
}

void
fx_check_number(const char *what, int64_t got, int64_t want, const char *file, unsigned line)
{
	if (got != want)
		printf("# %s is %lld instead of %lld\n", what, (long long)got, (long long)want);
	judge(got == want, what, file, line);
}

void
fx_check_true(bool is, const char *what, const char *label, const char *file, unsigned line)
{
	if (!is)
		printf("# not so for: %s\n", label);
	judge(is, what, file, line);
}

void
fx_check_tcb(const struct tg_tcb *want, const char *file, unsigned line)
{
	const struct tg_tcb *got = fx.t;

#define SAME(field) fx_check_number("TCB " #field, got->field, want->field, file, line)
	SAME(raddr);
	SAME(rport);
	SAME(lport);
	SAME(endpoint);
	SAME(nexthop);
	SAME(state);
	SAME(snd_wscale);
	SAME(retries);
	SAME(flags);
	SAME(snd_una);
	SAME(snd_nxt);
	SAME(rcv_nxt);
	SAME(snd_wnd);
	SAME(mss);
	SAME(ts_recent);
	SAME(ts_off);
	SAME(syn_time); /* and srtt, rttvar */
	SAME(cwnd);
	SAME(ssthresh);
	SAME(timer.deadline);
	SAME(side);
#undef SAME
}

static uint32_t
count_free_tcbs(uint32_t first)
{
	uint32_t n = 0, h;

	for (h = first; h != TG_HANDLE_NONE; h = fx.tcp.tcb[h].side)
		n++;
	return n;
}

static void
check_pools(void)
{
	const struct tg_tcp_limits *limits = &fx.config.limits;
	uint32_t n, i;

	FX_EQUAL(count_free_tcbs(fx.tcp.free4), limits->connections4);
	FX_EQUAL(count_free_tcbs(fx.tcp.free6), limits->connections6);
	for (n = 0, i = fx.tcp.free_side; i != TG_HANDLE_NONE; i = fx.tcp.side[i].owner)
		n++;
	FX_EQUAL(n, limits->sides);
	for (n = 0, i = fx.tcp.free_held; i != TG_HANDLE_NONE; i = fx.tcp.held[i].next)
		n++;
	FX_EQUAL(n, limits->held);
}

static void
end_everything(void)
{
	uint32_t h;

	for (h = 0; h < fx.tcp.n4 + fx.tcp.n6; h++) {
		struct tg_tcp_result r = { .handle = h };

		if (fx.tcp.tcb[h].state == TG_TCP_CLOSED)
			continue;
		tg_tcp_abort(&fx.tcp, h, &r);
		tg_tcp_free(&fx.tcp, h, &fx.spare);
	}
}

void
fx_teardown(void)
{
	uint32_t i, tick;

	end_everything();
	for (i = 0; i < TG_TCP_STATES; i++)
		FX_EQUAL(tg_gauge(&fx.gauges.state[i]), 0);
	FX_EQUAL(tg_gauge(&fx.gauges.sides), 0);
	FX_EQUAL(tg_gauge(&fx.gauges.held), 0);
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
	FX_EQUAL(fx.spare.n, FX_FRAMES);
	CU_ASSERT_FALSE(tg_wheel_next(&fx.tcp.wheel, &tick));
	check_pools();
}

int
fx_run(const char *name, CU_TestInfo *tests)
{
	CU_SuiteInfo suites[] = { { name, NULL, NULL, fx_setup, fx_teardown, tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
