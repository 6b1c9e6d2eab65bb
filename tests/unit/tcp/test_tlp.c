/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Tail loss probes (RFC 8985 section 7). A round trip takes 20 ticks, so that PTO is 42, and 233
 * for a single segment; RTO is a second.
 */
#include "fixture.h"

#define RTT       20
#define PTO       (2 * RTT + 2)
#define ACK_DELAY 191
#define RTO       954
#define PLENTY    1000000

/* A connection that has just sent bytes in segments of 1000, with CWND of n. */
static void
enter(uint16_t n, uint32_t bytes)
{
	fx.config.initial_window = n;
	fx.config.timers.rto_min = RTO;
	fx_lay_out();
	fx.peer.syn.present |= TG_OPT_SACK_OK;
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx.t->srtt = tg_sf16_encode(RTT * TG_RTT_PER_TICK);
	fx_append(bytes);
	fx_forget();
}

static bool
is_armed(enum tg_tcp_timer timer)
{
	return (fx_side()->armed & 1U << timer) != 0;
}

static void
test_sending_silence_sends_the_last_segment_again(void)
{
	enter(10, 5000);
	fx_wait(PTO - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 4001:5001 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_TAIL_PROBES), 1);
	FX_EQUAL(fx.t->cwnd, 10);
	FX_EQUAL(fx.t->retries, 0);
}

static void
test_sending_silence_sends_new_text_beyond_cwnd(void)
{
	enter(4, PLENTY);
	fx_wait(PTO);
	FX_SENT(". 4001:5001 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_RETRANSMITS), 0);
	FX_EQUAL(fx_side()->snd_ptr, fx.t->snd_nxt);
}

/* The peer's window still holds; so does its end. */
static void
test_sending_silence_respects_the_window(void)
{
	static const struct {
		uint16_t wnd;
		const char *sent;
	} rows[] = { { 4999, ". 3001:4001 ack 1" }, { 5000, ". 4001:5001 ack 1" } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		fx.peer.wnd = rows[i].wnd;
		enter(4, PLENTY);
		fx_wait(PTO);
		FX_SENT(rows[i].sent);
	}
}

static void
test_probe_carries_the_fin(void)
{
	enter(4, 4500);
	fx_close();
	fx_wait(PTO);
	FX_SENT("FP. 4001:4501 ack 1"); /* new: CWND held it back */
	FX_STATE(TG_TCP_FIN_WAIT_1);
	fx_peer(".", 1, 0, 4001);
	fx_wait(RTO);
	FX_SENT("FP. 4001:4501 ack 1");
	fx_teardown();
	fx_setup();
	enter(10, 4500);
	fx_close();
	fx_forget();
	fx_wait(PTO);
	FX_SENT("FP. 3501:4501 ack 1"); /* again */
}

static void
test_lone_fin_is_probed_for(void)
{
	enter(10, 1000);
	fx_peer(".", 1, 0, 1001);
	fx.t->srtt = tg_sf16_encode(RTT * TG_RTT_PER_TICK);
	fx_close();
	fx_forget();
	fx_wait(PTO + ACK_DELAY);
	FX_SENT("F. 1001:1001 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_TAIL_PROBES), 1);
}

static void
test_single_segment_waits_for_a_delayed_ack(void)
{
	enter(10, 1000);
	fx_wait(PTO + ACK_DELAY - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 1:1001 ack 1");
}

/* Without a sample PTO is a second, which is the RTO here: the probe takes its place. */
static void
test_probe_takes_the_place_of_an_earlier_rto(void)
{
	enter(10, 3000);
	fx.t->srtt = 0;
	fx_append(1000);
	fx_forget();
	FX_EQUAL(is_armed(TG_TIMER_PROBE), false);
	fx_wait(RTO);
	FX_SENT("P. 3001:4001 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 0);
	fx_wait(RTO);
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 1);
	FX_SENT(". 1:1001 ack 1");
}

/* Never more than one probe; RTO starts over with it. */
static void
test_unanswered_probe_ends_in_rto(void)
{
	enter(10, 5000);
	fx_wait(PTO);
	fx_forget();
	fx_wait(RTO - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT(". 1:1001 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_TAIL_PROBES), 1);
	FX_EQUAL(fx_side()->tlp, TG_TLP_NONE);
}

static void
test_new_text_and_news_put_the_probe_off(void)
{
	enter(10, 3000);
	fx_wait(PTO - 1);
	fx_append(2000);
	fx_forget();
	fx_wait(PTO - 1);
	fx_peer(".", 1, 0, 2001);
	FX_SENT("");
	fx_peer(".", 1, 0, 2001); /* no news */
	fx.t->srtt = tg_sf16_encode(RTT * TG_RTT_PER_TICK);
	fx_append(1000);
	fx_forget();
	fx_wait(PTO - 1);
	FX_SENT("");
	fx_wait(1);
	FX_SENT("P. 5001:6001 ack 1");
	fx_peer(".", 1, 0, 6001);
	FX_EQUAL(is_armed(TG_TIMER_PROBE), false);
}

static void
test_no_probe_where_others_are_at_work(void)
{
	enter(10, 5000);
	fx_sack(1, "1001:2001"); /* RACK */
	FX_EQUAL(is_armed(TG_TIMER_PROBE), false);
	fx_wait(PTO);
	FX_EQUAL(fx_counter(TG_COUNTER_TAIL_PROBES), 0);
	fx_teardown();
	fx_setup();
	enter(10, 5000);
	fx_spend_probe();
	fx_wait(RTO); /* RTO */
	fx_forget();
	fx_peer(".", 1, 0, 1001);
	FX_EQUAL(is_armed(TG_TIMER_PROBE), false);
	fx_teardown();
	fx_setup();
	enter(10, 5000);
	fx.peer.wnd = 0; /* the persist timer */
	fx_peer(".", 1, 0, 1001);
	fx_wait(RTO);
	FX_EQUAL(fx_counter(TG_COUNTER_TAIL_PROBES), 0);
	FX_EQUAL(fx_counter(TG_COUNTER_WINDOW_PROBES), 1);
}

static void
test_peer_without_sack_is_not_probed(void)
{
	fx.config.timers.rto_min = RTO;
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(3000);
	FX_EQUAL(is_armed(TG_TIMER_PROBE), false);
	fx_forget();
	fx_wait(RTO);
	FX_EQUAL(fx_counter(TG_COUNTER_TAIL_PROBES), 0);
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 1);
}

/* The tail is lost: the probe's SACK tells RACK, which resends the rest. */
static void
test_answer_to_the_probe_reports_the_tail(void)
{
	enter(10, 6000);
	fx_wait(RTT);
	fx_peer(".", 1, 0, 3001);
	fx_wait(PTO);
	FX_SENT("P. 5001:6001 ack 1");
	fx_wait(RTT);
	fx_sack(3001, "5001:6001");
	FX_SENT(". 3001:4001 ack 1, . 4001:5001 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 0);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 1);
	FX_EQUAL(fx_side()->tlp, TG_TLP_NONE); /* one loss, one reduction */
	fx_peer(".", 1, 0, 6001);
	fx_append(2000);
	fx_peer(".", 1, 0, 7001);
	FX_EQUAL(fx_counter(TG_COUNTER_TAIL_REPAIRS), 0);
}

/* Section 7.4.2: the last segment alone was lost, the probe repaired that, and only the ACK of
 * what follows says so: no D-SACK has come. */
static void
test_repaired_loss_halves_cwnd(void)
{
	enter(10, 5000);
	fx_wait(PTO);
	fx_peer(".", 1, 0, 5001);
	FX_EQUAL(fx_side()->tlp, TG_TLP_AGAIN);
	FX_TRUE(fx.t->cwnd >= 10, "not yet");
	fx.t->cwnd = 10;
	fx_append(2000);
	fx_peer(".", 1, 0, 6001);
	FX_EQUAL(fx.t->ssthresh, 5);
	FX_EQUAL(fx.t->cwnd, 5);
	FX_EQUAL(fx_counter(TG_COUNTER_TAIL_REPAIRS), 1);
	FX_EQUAL(fx_side()->tlp, TG_TLP_NONE);
	fx_peer(".", 1, 0, 7001);
	FX_EQUAL(fx_counter(TG_COUNTER_TAIL_REPAIRS), 1);
}

/* Both arrived: a D-SACK that ends where the probe did, or without D-SACK a duplicate ACK. */
static void
test_probe_for_nothing_keeps_cwnd(void)
{
	static const struct {
		const char *blocks;
		uint32_t tlp;
	} rows[] = { { "4001:5001", TG_TLP_NONE }, { "", TG_TLP_NONE },
		{ "3001:4001", TG_TLP_AGAIN } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		enter(10, 5000);
		fx_wait(PTO);
		fx_peer(".", 1, 0, 5001);
		if (rows[i].blocks[0] != '\0')
			fx_sack(5001, rows[i].blocks);
		else
			fx_peer(".", 1, 0, 5001);
		FX_TRUE(fx_side()->tlp == rows[i].tlp, rows[i].blocks);
		FX_EQUAL(fx_counter(TG_COUNTER_TAIL_REPAIRS), 0);
	}
}

static void
test_acknowledged_probe_of_new_text_is_over(void)
{
	enter(4, PLENTY);
	fx_wait(PTO);
	FX_EQUAL(fx_side()->tlp, TG_TLP_NEW);
	fx_peer(".", 1, 0, 4001);
	FX_EQUAL(fx_side()->tlp, TG_TLP_NEW);
	fx_peer(".", 1, 0, 5001);
	FX_EQUAL(fx_side()->tlp, TG_TLP_NONE);
	FX_EQUAL(fx_counter(TG_COUNTER_TAIL_REPAIRS), 0);
	FX_EQUAL(is_armed(TG_TIMER_PROBE), true); /* of what was sent since */
}

/* The probe could not leave, and everything is acknowledged meanwhile. */
static void
test_late_ack_calls_the_probe_off(void)
{
	struct tg_segment ack;

	enter(10, 3000);
	fx.now += (tg_time_t)PTO << TG_TICK_SHIFT;
	tg_tcp_timer(&fx.tcp, fx.h, fx.now, &fx.r);
	FX_EQUAL(fx_side()->tlp, TG_TLP_DUE);
	ack = fx_segment(".", 1, 0, 3001);
	fx_arrives(&ack);
	FX_EQUAL(fx_side()->tlp, TG_TLP_NONE);
	fx_serve();
	FX_SENT("");
}

static CU_TestInfo tests[] = {
	{ "silence: the last segment again", test_sending_silence_sends_the_last_segment_again },
	{ "silence: new text beyond CWND", test_sending_silence_sends_new_text_beyond_cwnd },
	{ "silence: respects the window", test_sending_silence_respects_the_window },
	{ "probe carries the FIN", test_probe_carries_the_fin },
	{ "lone FIN: probed for", test_lone_fin_is_probed_for },
	{ "single segment: a delayed ACK", test_single_segment_waits_for_a_delayed_ack },
	{ "RTO no later: the probe instead", test_probe_takes_the_place_of_an_earlier_rto },
	{ "unanswered: RTO", test_unanswered_probe_ends_in_rto },
	{ "new text, news: put off", test_new_text_and_news_put_the_probe_off },
	{ "none where others are at work", test_no_probe_where_others_are_at_work },
	{ "none without SACK", test_peer_without_sack_is_not_probed },
	{ "answer reports the tail", test_answer_to_the_probe_reports_the_tail },
	{ "repaired loss: half CWND", test_repaired_loss_halves_cwnd },
	{ "for nothing: CWND stays", test_probe_for_nothing_keeps_cwnd },
	{ "new text acknowledged: over", test_acknowledged_probe_of_new_text_is_over },
	{ "late ACK: called off", test_late_ack_calls_the_probe_off },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp tlp", tests);
}
