/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * ECN (RFC 3168): agreeing on it in every kind of handshake, what is sent as ECN-capable, marks
 * that arrive, and marks that the peer echoes.
 */
#include "fixture.h"

static bool
has_ecn(void)
{
	return (fx.t->flags & TG_TCB_ECN) != 0;
}

static void
enter(void)
{
	fx_peer("SEW", 0, 0, 0);
	fx_peer(".", 1, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_TRUE(has_ecn(), "agreed on");
	fx_forget();
}

/* n segments of 1000 bytes under way, and a lot more to send. */
static void
enter_sending(uint16_t n)
{
	fx.config.initial_window = n;
	fx.config.timers.rto_min = tg_ticks_from_ms(1000);
	fx_lay_out();
	enter();
	fx.user_busy = true;
	fx_append(1000000);
	FX_EQUAL(fx.n_sent, n);
	fx_forget();
}

static void
start_over(void)
{
	fx_teardown();
	fx_setup();
}

/* Section 6.1.1: both flags ask, and ECE alone agrees. */
static void
test_listen_syn_that_asks_is_agreed_with(void)
{
	fx_peer("SEW", 0, 0, 0);
	FX_SENT("SE. 0:0 ack 1");
	fx_peer(".", 1, 0, 1);
	FX_EQUAL(fx_counter(TG_COUNTER_ECN_NEGOTIATED), 1);
	fx_append(100);
	FX_SENT("P.[ect0] 1:101 ack 1");
}

static void
test_listen_syn_that_does_not_ask_is_not_agreed_with(void)
{
	static const char *const syns[] = { "S", "SE", "SW" };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(syns); i++) {
		start_over();
		fx_peer(syns[i], 0, 0, 0);
		FX_SENT("S. 0:0 ack 1");
		fx_peer(".", 1, 0, 1);
		fx_append(100);
		FX_SENT("P. 1:101 ack 1");
		FX_EQUAL(fx_counter(TG_COUNTER_ECN_NEGOTIATED), 0);
	}
}

static void
test_listen_switched_off_does_not_agree(void)
{
	fx.config.ecn = TG_TCP_ECN_OFF;
	fx_peer("SEW", 0, 0, 0);
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(has_ecn(), false);
}

/* Its first SYN was perhaps lost because it asked: one that does not decides. */
static void
test_syn_received_syn_again_without_ecn_withdraws_it(void)
{
	fx_peer("SEW", 0, 0, 0);
	fx_peer("SEW", 0, 0, 0);
	FX_SENT("SE. 0:0 ack 1, SE. 0:0 ack 1");
	fx_peer("S", 0, 0, 0);
	FX_SENT("S. 0:0 ack 1");
	fx_peer("SEW", 0, 0, 0);
	FX_SENT("S. 0:0 ack 1");
	fx_peer(".", 1, 0, 1);
	fx_append(100);
	FX_SENT("P. 1:101 ack 1");
}

static void
test_syn_received_syn_ack_by_timer_still_agrees(void)
{
	fx_peer("SEW", 0, 0, 0);
	fx_forget();
	fx_wait_ms(1000);
	FX_SENT("SE. 0:0 ack 1");
}

static void
test_time_wait_new_syn_agrees_for_itself(void)
{
	fx_enter(TG_TCP_TIME_WAIT);
	fx_peer("SEW", 100000, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_TRUE(has_ecn(), "asked for");
	start_over();
	enter();
	fx_close();
	fx_peer("F.", 1, 0, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
	fx_peer("S", 100000, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_TRUE(!has_ecn(), "not asked for");
}

static void
test_connect_offers_ecn_only_if_always(void)
{
	static const struct {
		enum tg_tcp_ecn ecn;
		const char *syn;
	} rows[] = { { TG_TCP_ECN_OFF, "S 0:0" }, { TG_TCP_ECN_ACCEPT, "S 0:0" },
		{ TG_TCP_ECN_ALWAYS, "SEW 0:0" } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		start_over();
		fx.config.ecn = rows[i].ecn;
		fx_connect();
		FX_SENT(rows[i].syn);
	}
}

/* A peer that reflects our flags does not know what they mean. */
static void
test_syn_sent_only_ece_agrees(void)
{
	static const struct {
		enum tg_tcp_ecn ecn;
		const char *syn_ack;
		bool agreed;
	} rows[] = { { TG_TCP_ECN_ALWAYS, "SE.", true }, { TG_TCP_ECN_ALWAYS, "SEW.", false },
		{ TG_TCP_ECN_ALWAYS, "S.", false }, { TG_TCP_ECN_ALWAYS, "SW.", false },
		{ TG_TCP_ECN_ACCEPT, "SE.", false }, { TG_TCP_ECN_OFF, "SE.", false } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		start_over();
		fx.config.ecn = rows[i].ecn;
		fx_connect();
		fx_forget();
		fx_peer(rows[i].syn_ack, 0, 0, 1);
		FX_STATE(TG_TCP_ESTABLISHED);
		FX_SENT(". 1:1 ack 1");
		FX_EQUAL(has_ecn(), rows[i].agreed);
		FX_EQUAL(fx_counter(TG_COUNTER_ECN_NEGOTIATED), rows[i].agreed);
	}
}

/* Section 6.1.1.1. */
static void
test_syn_sent_syn_again_does_not_offer(void)
{
	fx.config.ecn = TG_TCP_ECN_ALWAYS;
	fx_connect();
	fx_forget();
	fx_wait_ms(1000);
	FX_SENT("S 0:0");
	fx_peer("SE.", 0, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(has_ecn(), false);
}

static void
test_syn_sent_simultaneous_open_agrees_if_both_offer(void)
{
	fx.config.ecn = TG_TCP_ECN_ALWAYS;
	fx_connect();
	fx_forget();
	fx_peer("SEW", 0, 0, 0);
	FX_SENT("SE. 0:0 ack 1");
	fx_peer(".", 1, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_TRUE(has_ecn(), "both offered");
	start_over();
	fx_connect();
	fx_forget();
	fx_peer("SEW", 0, 0, 0);
	FX_SENT("S. 0:0 ack 1");
	FX_TRUE(!has_ecn(), "we did not offer");
	start_over();
	fx.config.ecn = TG_TCP_ECN_ALWAYS;
	fx_connect();
	fx_peer("S", 0, 0, 0);
	FX_TRUE(!has_ecn(), "the peer did not offer");
}

/* Sections 6.1.4 to 6.1.6: ACKs, what was sent before, probes, and a FIN alone. */
static void
test_only_new_text_is_capable(void)
{
	enter();
	fx_peer("P.", 1, 10, 1);
	fx_wait_ms(40);
	FX_SENT(". 1:1 ack 11");
	fx_append(2000);
	FX_SENT(".[ect0] 1:1001 ack 11, P.[ect0] 1001:2001 ack 11");
	fx_wait_ms(300);
	FX_SENT(". 1:1001 ack 11");
	fx_peer(".", 11, 0, 2001);
	fx.peer.wnd = 0;
	fx_peer(".", 11, 0, 2001);
	fx_append(10);
	fx_forget();
	fx_wait_ms(1000);
	FX_EQUAL(fx.sent[0].seg.len, 1);
	FX_EQUAL(fx.sent[0].seg.ecn, TG_ECN_NOT_ECT);
	fx.peer.wnd = FX_PEER_WND;
	fx_forget();
	fx_peer(".", 11, 0, 2002);
	FX_SENT("PW.[ect0] 2002:2011 ack 11"); /* the timeout reduced CWND */
	fx_close();
	FX_SENT("F. 2011:2011 ack 11");
}

static void
test_fast_retransmit_is_not_capable(void)
{
	uint32_t i;

	enter_sending(10);
	for (i = 0; i < 3; i++)
		fx_peer(".", 1, 0, 1);
	FX_SENT(".[ect0] 10001:11001 ack 1, .[ect0] 11001:12001 ack 1, . 1:1001 ack 1");
	for (i = 0; i < 5; i++)
		fx_peer(".", 1, 0, 1);
	FX_SENT("W.[ect0] 12001:13001 ack 1"); /* the window was reduced */
	fx_peer(".", 1, 0, 1);
	FX_SENT(".[ect0] 13001:14001 ack 1");
}

/* What goes again after a timeout is not, though SND_PTR passes over it as over new text. */
static void
test_text_resent_after_a_timeout_is_not_capable(void)
{
	enter_sending(4);
	fx_wait_ms(1000);
	FX_SENT(". 1:1001 ack 1");
	fx_peer(".", 1, 0, 1001);
	FX_SENT(". 1001:2001 ack 1, P. 2001:3001 ack 1");
	fx_peer(".", 1, 0, 3001);
	FX_SENT(". 3001:4001 ack 1, W.[ect0] 4001:5001 ack 1, P.[ect0] 5001:6001 ack 1");
}

/* Section 6.1.3: on every ACK until the peer says CWR. */
static void
test_mark_is_echoed_until_cwr(void)
{
	enter();
	fx.peer.ecn = TG_ECN_CE;
	fx_peer(".", 1, 100, 1);
	FX_SENT("E. 1:1 ack 101"); /* at once */
	fx.peer.ecn = TG_ECN_ECT0;
	fx_peer(".", 101, 100, 1);
	fx_wait_ms(40);
	FX_SENT("E. 1:1 ack 201");
	fx_append(100);
	FX_SENT("PE.[ect0] 1:101 ack 201");
	fx_peer("W.", 201, 100, 101);
	fx_wait_ms(40);
	FX_SENT(". 101:101 ack 301");
	FX_EQUAL(fx_counter(TG_COUNTER_ECN_MARKED), 1);
}

/* It outlives the side record. */
static void
test_mark_is_echoed_after_a_rest(void)
{
	enter();
	fx.peer.ecn = TG_ECN_CE;
	fx_peer(".", 1, 100, 1);
	FX_SENT("E. 1:1 ack 101");
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	fx.peer.ecn = TG_ECN_ECT0;
	fx_append(100);
	FX_SENT("PE.[ect0] 1:101 ack 101");
}

/* CWR answers what came before it. */
static void
test_mark_on_the_segment_with_cwr_is_news(void)
{
	enter();
	fx.peer.ecn = TG_ECN_CE;
	fx_peer(".", 1, 100, 1);
	fx_peer("W.", 101, 100, 1);
	FX_SENT("E. 1:1 ack 101, E. 1:1 ack 201");
	FX_EQUAL(fx_counter(TG_COUNTER_ECN_MARKED), 2);
}

static void
test_mark_on_text_ahead_of_a_gap_is_echoed(void)
{
	enter();
	fx.peer.ecn = TG_ECN_CE;
	fx_peer(".", 101, 100, 1);
	FX_SENT("E. 1:1 ack 1");
}

static void
test_mark_that_means_nothing_is_not_echoed(void)
{
	enter();
	fx.peer.ecn = TG_ECN_CE;
	fx_peer(".", 1, 0, 1); /* an ACK is not ECN-capable */
	fx_append(100);
	FX_SENT("P.[ect0] 1:101 ack 1");
	fx_peer(".", 1 + FX_WINDOW, 100, 1); /* outside the window */
	FX_SENT(". 101:101 ack 1");
	start_over();
	fx_enter(TG_TCP_ESTABLISHED); /* without ECN */
	fx.peer.ecn = TG_ECN_CE;
	fx_peer(".", 1, 100, 1);
	fx_wait_ms(40);
	FX_SENT(". 1:1 ack 101");
	FX_EQUAL(fx_counter(TG_COUNTER_ECN_MARKED), 0);
}

/* Section 6.1.2: as for a loss, but nothing is sent again. */
static void
test_echo_reduces_cwnd_and_is_answered_by_cwr(void)
{
	static const struct {
		enum tg_cc_algorithm algorithm;
		uint16_t cwnd;
	} rows[] = { { TG_CC_RENO, 5 }, { TG_CC_CUBIC, 7 } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		start_over();
		fx.config.congestion_control = rows[i].algorithm;
		enter_sending(10);
		fx_peer("E.", 1, 0, 1001);
		FX_EQUAL(fx.t->cwnd, rows[i].cwnd);
		FX_EQUAL(fx.t->ssthresh, rows[i].cwnd);
		FX_SENT("");
		fx_peer("E.", 1, 0, 10001 - 1000U * rows[i].cwnd);
		FX_SENT("");
		fx_peer("E.", 1, 0, 11001 - 1000U * rows[i].cwnd);
		FX_SENT("W.[ect0] 10001:11001 ack 1");
		fx_peer("E.", 1, 0, 12001 - 1000U * rows[i].cwnd);
		FX_SENT(".[ect0] 11001:12001 ack 1");
		FX_EQUAL(fx_counter(TG_COUNTER_ECN_REDUCTIONS), 1);
		FX_EQUAL(fx_counter(TG_COUNTER_RETRANSMITS), 0);
	}
}

/* The echo comes with the last ACK: the connection is at rest before there is new text. */
static void
test_echo_with_the_last_ack_is_answered_by_cwr_after_a_rest(void)
{
	enter();
	fx_append(2000);
	fx_forget();
	fx_peer("E.", 1, 0, 2001);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	fx_append(100);
	FX_SENT("PW.[ect0] 2001:2101 ack 1");
	fx_forget();
	fx_append(100);
	FX_SENT("P.[ect0] 2101:2201 ack 1");
}

static void
test_echo_with_the_ack_of_our_fin_counts(void)
{
	enter();
	fx_peer("F.", 1, 0, 1);
	fx_append(100);
	fx_close();
	FX_STATE(TG_TCP_LAST_ACK);
	fx_peer("E.", 2, 0, 102);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_ECN_REDUCTIONS), 1);
}

static void
test_echo_reduces_once_for_a_window(void)
{
	uint32_t ack;

	enter_sending(20);
	for (ack = 1001; ack <= 20001; ack += 1000)
		fx_peer("E.", 1, 0, ack);
	FX_EQUAL(fx.t->cwnd, 10);
	fx_peer("E.", 1, 0, 20001); /* CWR has not arrived yet */
	FX_EQUAL(fx.t->cwnd, 10);
	fx_peer(".", 1, 0, 21001);
	FX_EQUAL(fx_side()->cwr, false);
	fx_peer("E.", 1, 0, 22001); /* a mark of the next window */
	FX_EQUAL(fx.t->cwnd, 5);
	FX_EQUAL(fx_counter(TG_COUNTER_ECN_REDUCTIONS), 2);
}

static void
test_echo_leaves_two_segments(void)
{
	enter_sending(2);
	fx_peer("E.", 1, 0, 1001);
	FX_EQUAL(fx.t->cwnd, 2);
	start_over();
	enter_sending(4);
	fx.t->cwnd = 1;
	fx_peer("E.", 1, 0, 1001);
	FX_EQUAL(fx.t->cwnd, 1); /* and never raises CWND */
}

/* "MUST NOT increase the congestion window in response to the receipt of an ECN-Echo ACK". */
static void
test_window_does_not_grow_until_it_is_acknowledged(void)
{
	enter_sending(10);
	fx_peer("E.", 1, 0, 1001);
	fx_peer(".", 1, 0, 6001);
	fx_peer(".", 1, 0, 10001);
	FX_EQUAL(fx.t->cwnd, 5);
	FX_EQUAL(fx_side()->acked, 0);
	fx_peer(".", 1, 0, 11001);
	FX_EQUAL(fx_side()->acked, 1000); /* congestion avoidance */
}

static void
test_echo_that_means_nothing_is_ignored(void)
{
	enter_sending(10);
	fx_peer(".", 1, 0, 5001);
	fx_peer("E.", 1, 0, 4001); /* old */
	FX_EQUAL(fx.t->cwnd, 15);
	start_over();
	enter();
	fx.user_busy = true;
	fx_append(1000);
	fx_peer(".", 1, 0, 1001);
	fx_peer("E.", 1, 0, 1001); /* nothing is under way */
	FX_EQUAL(fx.t->cwnd, 10);
	start_over();
	fx_enter(TG_TCP_ESTABLISHED); /* without ECN */
	fx_append(20000);
	fx_peer("E.", 1, 0, 1001);
	FX_EQUAL(fx.t->cwnd, 11);
	FX_EQUAL(fx_counter(TG_COUNTER_ECN_REDUCTIONS), 0);
}

/* A loss and a mark in the same window are one sign of congestion. */
static void
test_echo_in_recovery_does_not_reduce_again(void)
{
	uint32_t i;

	enter_sending(10);
	for (i = 0; i < 3; i++)
		fx_peer(".", 1, 0, 1);
	FX_EQUAL(fx.t->ssthresh, 5);
	fx_peer("E.", 1, 0, 5001);
	fx_peer("E.", 1, 0, 12001);
	FX_EQUAL(fx.t->ssthresh, 5);
	FX_EQUAL(fx.t->cwnd, 5);
	FX_EQUAL(fx_counter(TG_COUNTER_ECN_REDUCTIONS), 0);
}

static void
test_loss_after_an_echo_does_not_reduce_again(void)
{
	uint32_t i;

	enter_sending(10);
	fx_peer("E.", 1, 0, 1001);
	for (i = 0; i < 3; i++)
		fx_peer("E.", 1, 0, 1001);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
	FX_EQUAL(fx.t->ssthresh, 5);
	fx_peer(".", 1, 0, 10001);
	FX_EQUAL(fx.t->cwnd, 5);
}

static void
test_echo_after_a_timeout_does_not_reduce_again(void)
{
	enter_sending(10);
	fx_wait_ms(1000);
	fx_peer("E.", 1, 0, 1001);
	FX_EQUAL(fx.t->ssthresh, 5);
	FX_EQUAL(fx_counter(TG_COUNTER_ECN_REDUCTIONS), 0);
}

static void
test_timeout_after_an_echo_starts_over(void)
{
	enter_sending(10);
	fx_peer("E.", 1, 0, 1001);
	fx_wait_ms(1000);
	FX_EQUAL(fx.t->cwnd, 1);
	FX_EQUAL(fx_side()->cwr, false);
	fx_peer(".", 1, 0, 2001);
	FX_EQUAL(fx.t->cwnd, 2);
}

static CU_TestInfo tests[] = {
	{ "echo with the ACK of our FIN: counts", test_echo_with_the_ack_of_our_fin_counts },
	{ "LISTEN, SYN that asks: agreed with", test_listen_syn_that_asks_is_agreed_with },
	{ "LISTEN, SYN that does not ask: not agreed with",
	    test_listen_syn_that_does_not_ask_is_not_agreed_with },
	{ "LISTEN, switched off: does not agree", test_listen_switched_off_does_not_agree },
	{ "SYN-RECEIVED, SYN again without ECN: withdrawn",
	    test_syn_received_syn_again_without_ecn_withdraws_it },
	{ "SYN-RECEIVED, SYN-ACK by timer: still agrees",
	    test_syn_received_syn_ack_by_timer_still_agrees },
	{ "TIME-WAIT, new SYN: agrees for itself", test_time_wait_new_syn_agrees_for_itself },
	{ "connect: offered only if always", test_connect_offers_ecn_only_if_always },
	{ "SYN-SENT: only ECE agrees", test_syn_sent_only_ece_agrees },
	{ "SYN-SENT: SYN again does not offer", test_syn_sent_syn_again_does_not_offer },
	{ "SYN-SENT, simultaneous open: agreed if both offer",
	    test_syn_sent_simultaneous_open_agrees_if_both_offer },
	{ "only new text is ECN-capable", test_only_new_text_is_capable },
	{ "fast retransmit is not ECN-capable", test_fast_retransmit_is_not_capable },
	{ "text resent after a timeout is not ECN-capable",
	    test_text_resent_after_a_timeout_is_not_capable },
	{ "mark: echoed until CWR", test_mark_is_echoed_until_cwr },
	{ "mark: echoed after a rest", test_mark_is_echoed_after_a_rest },
	{ "mark on the segment with CWR: news", test_mark_on_the_segment_with_cwr_is_news },
	{ "mark on text ahead of a gap: echoed", test_mark_on_text_ahead_of_a_gap_is_echoed },
	{ "mark that means nothing: not echoed", test_mark_that_means_nothing_is_not_echoed },
	{ "echo: CWND is reduced, and CWR sent", test_echo_reduces_cwnd_and_is_answered_by_cwr },
	{ "echo with the last ack is answered by cwr after a rest",
	    test_echo_with_the_last_ack_is_answered_by_cwr_after_a_rest },
	{ "echo: once for a window", test_echo_reduces_once_for_a_window },
	{ "echo: two segments remain", test_echo_leaves_two_segments },
	{ "echo: no growth until the window is acknowledged",
	    test_window_does_not_grow_until_it_is_acknowledged },
	{ "echo that means nothing: ignored", test_echo_that_means_nothing_is_ignored },
	{ "echo in recovery: not reduced again", test_echo_in_recovery_does_not_reduce_again },
	{ "loss after an echo: not reduced again", test_loss_after_an_echo_does_not_reduce_again },
	{ "echo after a timeout: not reduced again",
	    test_echo_after_a_timeout_does_not_reduce_again },
	{ "timeout after an echo: starts over", test_timeout_after_an_echo_starts_over },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp ecn", tests);
}
