/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Closed windows and their probes (RFC 9293 3.8.6.1).
 */
#include "window_fixture.h"

/* SHLD-29, SHLD-30: the first probe after an RTO, then twice as late each time. */
static void
test_zero_window_is_probed_with_one_byte_and_backoff(void)
{
	uint32_t i, first;

	enter_with_window(0);
	first = rto();
	fx_mark();
	fx_append(3000);
	FX_SENT("");
	fx_wait(31 * first);
	FX_EQUAL(fx.n_sent, 5);
	for (i = 0; i < 5; i++)
		FX_EQUAL(fx.sent[i].tick - fx.mark, ((2U << i) - 1) * first);
	FX_SENT(". 1:2 ack 1, . 1:2 ack 1, . 1:2 ack 1, . 1:2 ack 1, . 1:2 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_WINDOW_PROBES), 5);
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 0);
	FX_EQUAL(fx.t->cwnd, 10); /* a closed window is no congestion */
}

/* MUST-37. A peer that keeps its window closed for half a day. */
static void
test_zero_window_probes_answered_never_give_up(void)
{
	uint32_t i, gap = 0;

	enter_with_window(0);
	fx_append(3000);
	for (i = 0; i < 700; i++) {
		while (fx.n_sent == 0) {
			fx_wait(1000);
			gap++;
		}
		fx_forget();
		fx_peer(".", 1, 0, 1);
	}
	FX_TRUE(gap * 1000ULL > tg_ticks_from_ms(41000000), "probes are a minute apart");
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_forget();
	fx.peer.wnd = 5000;
	fx_peer(".", 1, 0, 1);
	FX_SENT(". 1:1001 ack 1, . 1001:2001 ack 1, P. 2001:3001 ack 1");
}

static void
test_zero_window_probes_unanswered_give_up_at_r2(void)
{
	fx.config.timers.retries = 4;
	enter_with_window(0);
	fx_append(3000);
	fx_wait(31 * rto() - 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.n_sent, 4);
	fx_forget();
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("R. 2:2 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_USER_TIMEOUTS), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_US), 1);
}

static void
test_zero_window_probe_that_is_taken_moves_on(void)
{
	enter_with_window(0);
	fx_append(3000);
	fx_wait(rto());
	FX_SENT(". 1:2 ack 1");
	fx_peer(".", 1, 0, 2); /* took the byte, window still closed */
	FX_SENT("");
	fx_wait(rto());
	FX_SENT(". 2:3 ack 1");
	fx.peer.wnd = 3000;
	fx_peer(".", 1, 0, 3);
	FX_SENT(". 3:1003 ack 1, . 1003:2003 ack 1, P. 2003:3001 ack 1");
}

/* What was refused counts as unsent: ACKs stand where the peer can take them, until it took it. */
static void
test_zero_window_ack_stands_before_what_probed(void)
{
	enter_with_window(0);
	fx_append(3000);
	fx_wait(rto());
	FX_SENT(". 1:2 ack 1");
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 1:1 ack 201");
	fx_peer(".", 201, 0, 2);
	fx_peer("P.", 201, 100, 2);
	fx_peer("P.", 301, 100, 2);
	FX_SENT(". 2:2 ack 401");
}

/* A SYN is no probe, though its peer offers no window. */
static void
test_zero_window_in_syn_received_challenges_behind_the_syn(void)
{
	fx.peer.wnd = 0;
	fx_enter(TG_TCP_SYN_RECEIVED);
	fx_peer(".", 100000, 0, 1);
	FX_SENT(". 1:1 ack 1");
}

/* Nor behind a FIN; but where more is under way than a probe, the window has shrunk since. */
static void
test_zero_window_ack_stands_before_a_fin_behind_other_text(void)
{
	enter_with_window(0);
	fx_close();
	fx_wait(rto());
	fx_forget();
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 1:1 ack 201");
	fx_teardown();
	fx_setup();
	enter_with_window(2);
	fx_append(2);
	fx_forget();
	fx.peer.wnd = 0;
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 3:3 ack 201");
}

static void
test_zero_window_fin_alone_is_the_probe(void)
{
	enter_with_window(0);
	fx_close();
	FX_SENT("");
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait(rto());
	FX_SENT("F. 1:1 ack 1");
	FX_STATE(TG_TCP_FIN_WAIT_1);
	fx_wait(2 * rto());
	FX_SENT("F. 1:1 ack 1");
	fx_peer(".", 1, 0, 2);
	FX_STATE(TG_TCP_FIN_WAIT_2);
}

static void
test_window_that_closes_under_text_is_probed(void)
{
	enter_with_window(2000);
	fx_append(2000);
	fx_forget();
	fx.peer.wnd = 0;
	fx_peer(".", 1, 0, 1001);
	FX_SENT("");
	fx_wait(rto());
	FX_SENT(". 1001:1002 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_WINDOW_PROBES), 1);
}

/* RFC 6298 5.1: text sent into a window that has opened starts its own timer, with the RTO
 * as measured: the probes' backoff was no sign of congestion. */
static void
test_window_that_opens_starts_the_timer_afresh(void)
{
	uint32_t first;

	enter_with_window(0);
	first = rto();
	fx_append(500);
	fx_wait(first * (1 + 2 + 4 + 8) + first * 16 - 1); /* the fifth probe is due */
	fx_forget();
	fx.peer.wnd = 5000;
	fx_peer(".", 1, 0, 1);
	FX_SENT("P. 1:501 ack 1");
	fx_wait(first - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 1:501 ack 1");
	fx_wait(2 * first - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 1:501 ack 1");
}

static CU_TestInfo tests[] = {
	{ "zero window: one byte, with backoff",
	    test_zero_window_is_probed_with_one_byte_and_backoff },
	{ "zero window, probes answered: never gives up",
	    test_zero_window_probes_answered_never_give_up },
	{ "zero window, probes unanswered: gives up at R2",
	    test_zero_window_probes_unanswered_give_up_at_r2 },
	{ "zero window, probe taken: moves on", test_zero_window_probe_that_is_taken_moves_on },
	{ "zero window: ACK before what probed", test_zero_window_ack_stands_before_what_probed },
	{ "zero window: SYN-RECEIVED challenges behind the SYN",
	    test_zero_window_in_syn_received_challenges_behind_the_syn },
	{ "zero window: ACK before a FIN, behind text",
	    test_zero_window_ack_stands_before_a_fin_behind_other_text },
	{ "zero window, FIN alone: it is the probe", test_zero_window_fin_alone_is_the_probe },
	{ "window that closes under text: probed", test_window_that_closes_under_text_is_probed },
	{ "window that opens starts the timer afresh",
	    test_window_that_opens_starts_the_timer_afresh },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp zero window", tests);
}
