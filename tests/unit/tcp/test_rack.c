/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * RACK (RFC 8985 section 6): when what was sent, what is lost, what was only late. A round trip
 * takes 20 ticks, a quarter of which is the reordering window. The stream wraps behind its first
 * segment.
 */
#include "fixture.h"

#include <stdio.h>

#define RTT      20 /* ticks */
#define REO_WND  (RTT / 4)
#define PLENTY   1000000
#define ONE_TICK TG_RTT_PER_TICK

/* A connection with n segments of 1000 bytes under way for an RTT, and room for more. */
static void
enter(uint16_t n)
{
	fx.config.initial_window = 60;
	fx.config.timers.rto_min = tg_ticks_from_ms(1000);
	fx_lay_out();
	fx.peer.syn.present |= TG_OPT_SACK_OK;
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx.t->srtt = tg_sf16_encode(RTT * ONE_TICK);
	fx.t->cwnd = 60;
	fx_append(1000 * n);
	FX_EQUAL(fx.n_sent, n);
	fx_forget();
	fx_mark();
	fx_wait(RTT);
}

static struct tg_rack *
rack(void)
{
	return &fx_side()->loss->rack;
}

/* Runs by where they begin, how many ticks after enter they were sent, and r for resent. */
static void
check_runs(const char *want, unsigned line)
{
	const struct tg_side *s = fx_side();
	char got[512] = "";
	size_t n = 0;
	uint8_t i;

	for (i = 0; i < s->n_runs; i++) {
		const struct tg_tx_run *run = &s->loss->run[i];
		uint32_t age = (tg_time_rtt(fx.now) - run->sent) / ONE_TICK;

		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%u@%d%s", i != 0 ? " " : "",
		    run->left - fx.iss, (int32_t)(fx_elapsed() - age), run->resent ? "r" : "");
	}
	if (strcmp(got, want) != 0)
		printf("# runs: %s\n", got);
	fx_check_true(strcmp(got, want) == 0, "runs", want, __FILE__, line);
}

#define RUNS(want) check_runs(want, __LINE__)

/* One burst at a time under way needs no runs. */
static void
test_one_burst_under_way_keeps_no_runs(void)
{
	enter(10);
	RUNS("");
	fx_peer(".", 1, 0, 4001);
	fx_peer(".", 1, 0, 10001);
	fx_append(3000);
	RUNS("");
	fx_append(3000); /* at the same time */
	RUNS("");
}

static void
test_bursts_under_way_are_told_apart(void)
{
	enter(2);
	fx_append(2000);
	fx_append(2000);
	RUNS("1@0 2001@20");
	fx_wait(3);
	fx_append(1000);
	RUNS("1@0 2001@20 6001@23");
	fx_wait(1);
	fx_peer(".", 1, 0, 2001);
	fx_append(1000); /* what is acknowledged is forgotten when there is something to add */
	RUNS("2001@20 6001@23 7001@24");
	fx_peer(".", 1, 0, 8001);
	fx_append(1000); /* nothing was under way */
	RUNS("8001@24");
}

static void
test_resending_splits_a_run(void)
{
	enter(10);
	fx_sack(1, "1001:2001 3001:4001 5001:8001");
	FX_SENT(". 1:1001 ack 1, . 2001:3001 ack 1, . 4001:5001 ack 1");
	RUNS("1@20r 1001@0 2001@20r 3001@0 4001@20r 5001@0");
}

/* Resent side by side at one time is one run, and the last of all may be resent, too. */
static void
test_resending_neighbours_makes_one_run(void)
{
	enter(4);
	fx_spend_probe();
	fx_wait_ms(1000);
	fx_forget();
	fx.t->cwnd = 60;
	fx_serve();
	FX_SENT(". 1001:2001 ack 1, . 2001:3001 ack 1, P. 3001:4001 ack 1");
	FX_EQUAL(fx_side()->n_runs, 2); /* the first went when the timer fired */
	FX_EQUAL(fx_side()->loss->run[1].left - fx.iss, 1001);
	FX_EQUAL(fx_side()->loss->run[1].resent, true);
}

/* New text beside what is resent at the same time is a run of its own. */
static void
test_sending_beside_what_is_resent_makes_a_run(void)
{
	enter(4);
	fx_wait(RTT + 2); /* the tail loss probe */
	FX_SENT("P. 3001:4001 ack 1");
	fx_append(1000);
	FX_EQUAL(fx_side()->n_runs, 3);
	FX_EQUAL(fx_side()->loss->run[1].resent, true);
	FX_EQUAL(fx_side()->loss->run[2].left - fx.iss, 4001);
	FX_EQUAL(fx_side()->loss->run[2].sent, fx_side()->loss->run[1].sent);
	FX_EQUAL(fx_side()->loss->run[2].resent, false);
}

/* The two that are closest in time become one, of the newer time. */
static void
test_full_runs_are_merged_into_the_newer_time(void)
{
	uint32_t i;

	enter(1);
	for (i = 1; i < TG_RUNS; i++) {
		fx_wait(i == 3 ? 1 : 2);
		fx_append(1000);
	}
	FX_EQUAL(fx_side()->n_runs, TG_RUNS);
	FX_EQUAL(fx_counter(TG_COUNTER_RUNS_MERGED), 0);
	fx_wait(2);
	fx_append(1000);
	FX_EQUAL(fx_side()->n_runs, TG_RUNS);
	FX_EQUAL(fx_counter(TG_COUNTER_RUNS_MERGED), 1);
	FX_EQUAL(fx_side()->loss->run[2].left - fx.iss, 2001);
	FX_EQUAL(fx_side()->loss->run[2].sent, fx_side()->loss->run[1].sent + 3 * ONE_TICK);
	FX_EQUAL(fx_side()->loss->run[3].left - fx.iss, 4001);
}

/* The time of what was SACKed costs nothing. */
static void
test_full_runs_give_up_what_was_sacked_first(void)
{
	uint32_t i;

	enter(1);
	for (i = 1; i < TG_RUNS; i++) {
		fx_wait(1);
		fx_append(1000);
	}
	fx_sack(1, "1001:2001 3001:4001"); /* to resend may take two more than there are */
	FX_EQUAL(fx.sent[fx.n_sent - 1].seg.seq - fx.iss, 1);
	FX_EQUAL(fx_counter(TG_COUNTER_RUNS_MERGED), 0);
	FX_EQUAL(fx_side()->loss->run[1].left - fx.iss, 1001);
	FX_EQUAL(fx_side()->loss->run[2].left - fx.iss, 2001);
	FX_EQUAL(fx_side()->loss->run[3].left - fx.iss, 4001);
	FX_EQUAL(fx_side()->loss->run[2].sent, fx_side()->loss->run[3].sent - 2 * ONE_TICK);
}

static void
test_late_text_within_the_window_is_not_resent(void)
{
	enter(10);
	fx_sack(1, "1001:3001");
	fx_wait(REO_WND - 1);
	FX_SENT("");
	FX_EQUAL(rack()->reordering_seen, false);
	fx_peer(".", 1, 0, 3001);
	FX_EQUAL(rack()->reordering_seen, true);
	fx_wait(2 * RTT);
	FX_SENT("");
	FX_EQUAL(fx_side()->recovering, false);
}

static void
test_late_text_beyond_the_window_is_resent_once(void)
{
	enter(10);
	fx_sack(1, "1001:3001");
	fx_wait(REO_WND);
	FX_SENT(". 1:1001 ack 1");
	FX_EQUAL(fx_side()->recovering, true);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
	fx_wait(2 * RTT);
	FX_SENT("");
	FX_EQUAL(fx_side()->armed >> TG_TIMER_REORDER & 1, 0);
	fx_peer(".", 1, 0, 3001); /* what was resent arrived: no sign of reordering */
	FX_EQUAL(rack()->reordering_seen, false);
}

/* What was sent before the last that arrived, too, counts from the very moment on. */
static void
test_older_text_beyond_the_window_is_resent(void)
{
	enter(1);
	fx_peer(".", 1, 0, 1001);
	fx_append(3000);
	fx_wait(2);
	fx_append(1000);
	fx_wait(RTT);
	fx_forget();
	fx_sack(1001, "4001:5001");
	fx_wait(REO_WND - 3);
	FX_SENT("");
	fx_wait(1);
	FX_SENT(". 1001:2001 ack 1");
}

/* Where reordering was seen three SACKed segments say nothing. */
static void
test_reordering_seen_ends_the_rule_of_three(void)
{
	enter(10);
	fx_sack(1, "1001:2001");
	fx_peer(".", 1, 0, 2001);
	fx_sack(2001, "3001:8001");
	FX_SENT("");
	fx_wait(REO_WND);
	FX_SENT(". 2001:3001 ack 1");
}

/* What follows what has arrived last is not lost. */
static void
test_text_sent_later_is_not_lost(void)
{
	enter(4);
	fx_append(4000);
	fx_wait(2);
	fx_forget();
	fx_sack(1, "1001:4001");
	FX_SENT(". 1:1001 ack 1");
	FX_EQUAL(tg_rack_lost_bytes(fx.t, fx_side()), 0);
	FX_EQUAL(tg_recovery_pipe(fx.t, fx_side()), 5000);
	fx_wait(RTT);
	fx_sack(1, "1001:4001 6001:7001"); /* the first again: sent at the time of 6001 */
	FX_SENT(". 4001:5001 ack 1, . 5001:6001 ack 1");
}

/* What was resent is lost when something sent after it arrives. */
static void
test_lost_retransmission_is_resent(void)
{
	enter(10);
	fx_sack(1, "1001:4001");
	FX_SENT(". 1:1001 ack 1");
	fx_wait(1);
	fx_side()->loss->prr_credit = 2000;
	fx_append(2000);
	FX_SENT(". 10001:11001 ack 1, P. 11001:12001 ack 1");
	fx_wait(RTT - 1);
	fx_sack(1, "1001:10001"); /* sent before it: nothing new */
	FX_SENT("");
	fx_wait(1);
	fx_sack(1, "1001:11001");
	FX_SENT(". 1:1001 ack 1");
	fx_wait(RTT);
	fx_peer(".", 1, 0, 11001);
	FX_SENT("P. 11001:12001 ack 1"); /* sent before what came now */
	FX_EQUAL(fx_counter(TG_COUNTER_RETRANSMITS), 3);
}

/* An ACK that comes sooner than any before answers what was sent first. */
static void
test_retransmission_acknowledged_too_soon_tells_nothing(void)
{
	enter(10);
	fx_sack(1, "1001:4001 7001:8001");
	FX_EQUAL(rack()->xmit_ts, tg_time_rtt(fx.now) - RTT * ONE_TICK);
	fx_wait(RTT - 1);
	fx_peer(".", 1, 0, 4001);
	FX_EQUAL(rack()->xmit_ts, tg_time_rtt(fx.now) - (2 * RTT - 1) * ONE_TICK);
	FX_EQUAL(rack()->min_rtt, RTT * ONE_TICK);
	fx_wait(1);
	fx_sack(4001, "4001:7001 7001:8001");
	fx_peer(".", 1, 0, 8001);
	FX_EQUAL(rack()->rtt, RTT * ONE_TICK); /* this one was resent a round trip ago */
	FX_EQUAL(rack()->xmit_ts, tg_time_rtt(fx.now) - RTT * ONE_TICK);
}

/* So does one that echoes an older timestamp. */
static void
test_retransmission_that_echoes_an_older_time_tells_nothing(void)
{
	struct tg_segment seg;
	uint32_t ticks;

	for (ticks = RTT; ticks <= RTT + 1; ticks++) {
		fx_teardown();
		fx_setup();
		fx_offer_all(0);
		fx.peer.syn.mss = FX_PEER_MSS + 12;
		fx.config.timers.rto_min = tg_ticks_from_ms(1000);
		enter(10);
		fx_sack(1, "1001:5001");
		FX_EQUAL(rack()->xmit_ts, tg_time_rtt(fx.now) - RTT * ONE_TICK);
		fx_wait(RTT);
		seg = fx_segment(".", 1, 0, 5001);
		seg.opt.tsecr = tg_time_tick(fx.now) + fx.t->ts_off - ticks;
		fx_arrives(&seg);
		fx_serve();
		FX_EQUAL(tg_time_rtt(fx.now) - rack()->xmit_ts,
		    (ticks == RTT ? RTT : 2 * RTT) * ONE_TICK);
	}
}

/* RFC 8985 6.2, step 4: each round with a D-SACK adds a quarter. */
static void
test_duplicate_reports_widen_the_window_once_a_round(void)
{
	enter(10);
	fx_sack(2001, "1:1001");
	FX_EQUAL(rack()->reo_wnd_mult, 2);
	fx_sack(2001, "1001:2001");
	fx_sack(3001, "1001:2001");
	FX_EQUAL(rack()->reo_wnd_mult, 2);
	fx_append(1000);
	fx_forget();
	fx_sack(3001, "4001:5001");
	fx_wait(2 * REO_WND - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT(". 3001:4001 ack 1");
	fx_sack(10001, "3001:4001"); /* the round is over */
	FX_EQUAL(rack()->reo_wnd_mult, 3);
}

static void
test_duplicate_reports_widen_the_window_up_to_srtt(void)
{
	enter(10);
	fx_sack(1, "1001:2001");
	rack()->reo_wnd_mult = UINT8_MAX;
	rack()->reordering_seen = true;
	fx_sack(2001, "1:1001 3001:4001");
	FX_EQUAL(rack()->reo_wnd_mult, UINT8_MAX);
	fx_wait(RTT - 1);
	FX_SENT("");
	fx_wait(2);
	FX_SENT(". 2001:3001 ack 1");
}

/* Sixteen recoveries without one, and the window is a quarter again. */
static void
test_sixteen_recoveries_narrow_the_window(void)
{
	uint32_t i, seq = 2001;

	enter(10);
	fx_sack(2001, "1:1001");
	fx_peer(".", 1, 0, 10001);
	for (i = 0, seq = 10001; i < 16; i++, seq += 5000) {
		FX_EQUAL(rack()->reo_wnd_mult, 2);
		fx_append(5000);
		fx_wait(RTT);
		fx_sack(seq, "");
		rack()->reordering_seen = false;
		fx_side()->recover = seq + fx.iss;
		fx_side()->loss->rack.was_recovering = true;
		fx_sack(seq + 5000, "");
	}
	FX_EQUAL(rack()->reo_wnd_mult, 1);
}

/* RFC 8985 6.3: what left less than a round trip ago can still arrive. */
static void
test_timeout_resends_what_is_overdue(void)
{
	enter(3);
	fx_append(1000);
	fx_spend_probe();
	fx_wait(fx_side()->deadline[TG_TIMER_RETRANSMIT] - tg_time_tick(fx.now) - RTT + 1);
	fx_append(1000); /* an RTT before the timeout, less a tick */
	fx_forget();
	fx_wait(RTT);
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 1);
	fx.t->cwnd = 60;
	fx_serve();
	FX_SENT(". 1:1001 ack 1, . 1001:2001 ack 1, . 2001:3001 ack 1, P. 3001:4001 ack 1");
	fx_wait(RTT);
	fx_peer(".", 1, 0, 4001);
	FX_SENT("P. 4001:5001 ack 1"); /* sent before those: lost after all */
}

/* The first goes again whenever it was sent. */
static void
test_timeout_resends_the_first_in_any_case(void)
{
	enter(3);
	fx_spend_probe();
	fx_wait(fx_side()->deadline[TG_TIMER_RETRANSMIT] - tg_time_tick(fx.now) - 2);
	fx_side()->rtt_time = tg_time_rtt(fx.now);
	fx_wait(2);
	FX_SENT(". 1:1001 ack 1");
	fx.t->cwnd = 60;
	fx_serve();
	FX_SENT("");
}

/* So does what a closed window was probed with: it counts as unsent. */
static void
test_probing_a_closed_window_makes_no_runs(void)
{
	enter(1);
	fx.peer.wnd = 0;
	fx_peer(".", 1, 0, 1001);
	fx_append(3000);
	fx_wait_ms(10000);
	FX_TRUE(fx_counter(TG_COUNTER_WINDOW_PROBES) > 2, "probed again and again");
	RUNS("");
}

/* What a timeout resent and lost again need not wait for the next one. */
static void
test_resending_after_a_timeout_resends_what_is_lost_again(void)
{
	enter(4);
	fx_spend_probe();
	fx_wait_ms(1000);
	FX_SENT(". 1:1001 ack 1");
	fx_wait(RTT);
	fx_peer(".", 1, 0, 1001);
	FX_SENT(". 1001:2001 ack 1, P. 2001:3001 ack 1");
	fx_wait(RTT);
	fx_sack(1001, "2001:3001"); /* sent together, and the lower is missing */
	fx_serve();
	FX_EQUAL(fx.sent[0].seg.seq - fx.iss, 1001);
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 1);
	FX_EQUAL(fx_side()->recovering, false);
}

/* A scoreboard emptied by a timeout makes old news: no reordering. */
static void
test_old_news_after_a_timeout_is_no_reordering(void)
{
	enter(10);
	fx_sack(1, "5001:7001");
	fx_wait_ms(2000);
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 1);
	fx_wait(RTT);
	fx_sack(1001, "5001:6001"); /* below what had arrived before */
	FX_EQUAL(rack()->reordering_seen, false);
}

/* Times wrap after 73 minutes: what nothing was compared with for long is not newer. */
static void
test_times_of_long_ago_are_old(void)
{
	enter(2);
	fx_append(1000);
	FX_EQUAL(fx_side()->n_runs, 2);
	rack()->xmit_ts -= 0x7ffffff0;
	rack()->lost_ts -= 0x80000010;
	fx_wait(RTT);
	fx_peer(".", 1, 0, 2001); /* a sample of the round-trip time */
	FX_EQUAL(tg_time_rtt(fx.now) - rack()->xmit_ts, 1U << 30);
	FX_EQUAL(tg_rack_lost_bytes(fx.t, fx_side()), 0);
}

static CU_TestInfo tests[] = {
	{ "one burst: no runs", test_one_burst_under_way_keeps_no_runs },
	{ "bursts: told apart", test_bursts_under_way_are_told_apart },
	{ "resending: splits a run", test_resending_splits_a_run },
	{ "resending neighbours: one run", test_resending_neighbours_makes_one_run },
	{ "new text beside what is resent: a run", test_sending_beside_what_is_resent_makes_a_run },
	{ "full: the newer time", test_full_runs_are_merged_into_the_newer_time },
	{ "full: what was SACKed first", test_full_runs_give_up_what_was_sacked_first },
	{ "late within the window: not resent", test_late_text_within_the_window_is_not_resent },
	{ "late beyond the window: resent once", test_late_text_beyond_the_window_is_resent_once },
	{ "older beyond the window: resent", test_older_text_beyond_the_window_is_resent },
	{ "reordering seen: no rule of three", test_reordering_seen_ends_the_rule_of_three },
	{ "sent later: not lost", test_text_sent_later_is_not_lost },
	{ "lost retransmission: resent", test_lost_retransmission_is_resent },
	{ "acknowledged too soon: tells nothing",
	    test_retransmission_acknowledged_too_soon_tells_nothing },
	{ "echo of an older time: tells nothing",
	    test_retransmission_that_echoes_an_older_time_tells_nothing },
	{ "D-SACK: wider once a round", test_duplicate_reports_widen_the_window_once_a_round },
	{ "D-SACK: up to SRTT", test_duplicate_reports_widen_the_window_up_to_srtt },
	{ "sixteen recoveries: narrow again", test_sixteen_recoveries_narrow_the_window },
	{ "timeout: what is overdue", test_timeout_resends_what_is_overdue },
	{ "timeout: the first in any case", test_timeout_resends_the_first_in_any_case },
	{ "probing a closed window: no runs", test_probing_a_closed_window_makes_no_runs },
	{ "after a timeout: lost again, resent again",
	    test_resending_after_a_timeout_resends_what_is_lost_again },
	{ "after a timeout: no reordering", test_old_news_after_a_timeout_is_no_reordering },
	{ "times of long ago", test_times_of_long_ago_are_old },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp rack", tests);
}
