/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * TIME-WAIT: its length, the FIN again, and which SYN may open a new incarnation (RFC 9293
 * 3.6.1, RFC 6191).
 */
#include "fixture.h"

static uint32_t
two_msl(void)
{
	return 2 * fx.config.timers.msl;
}

static void
test_time_wait_lasts_exactly_2msl(void)
{
	fx_enter(TG_TCP_TIME_WAIT);
	fx_wait(two_msl() - 1);
	FX_STATE(TG_TCP_TIME_WAIT);
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_CLOSED), 1);
}

static void
test_time_wait_is_a_compact_record(void)
{
	fx.user_busy = true;
	fx_enter(TG_TCP_FIN_WAIT_2);
	fx_peer("P.", 101, 100, 2); /* held behind a gap */
	FX_EQUAL(tg_gauge(&fx.gauges.held), 1);
	fx_peer("FP.", 1, 100, 2);
	FX_STATE(TG_TCP_FIN_WAIT_2); /* that FIN lies before text already seen */
	fx_peer("F.", 201, 0, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	FX_EQUAL(tg_gauge(&fx.gauges.held), 0);
}

static void
test_time_wait_fin_again_is_acknowledged_and_restarts_2msl(void)
{
	fx_enter(TG_TCP_TIME_WAIT);
	fx_wait(two_msl() - 1);
	fx_peer("F.", 1, 0, 2);
	FX_SENT(". 2:2 ack 2");
	FX_EQUAL(fx_counter(TG_COUNTER_TIME_WAIT_REACKED), 1);
	fx_wait(two_msl() - 1);
	FX_STATE(TG_TCP_TIME_WAIT);
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_CLOSED), 1);
}

static void
test_time_wait_fin_with_its_text_again_restarts_2msl(void)
{
	fx_enter(TG_TCP_FIN_WAIT_2);
	fx_peer("FP.", 1, 100, 2);
	fx_wait(two_msl() - 1);
	fx_forget();
	fx_peer("FP.", 1, 100, 2);
	FX_SENT(". 2:2 ack 102");
	fx_wait(two_msl() - 1);
	FX_STATE(TG_TCP_TIME_WAIT);
}

static void
test_time_wait_acks_and_text_do_not_prolong_it(void)
{
	fx_enter(TG_TCP_TIME_WAIT);
	fx_wait(two_msl() - 1);
	fx_peer(".", 2, 0, 2);
	FX_SENT("");
	fx_peer("P.", 2, 10, 2);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_TEXT_AFTER_FIN);
	FX_SENT("");
	fx_peer(".", 1, 0, 2);
	FX_SENT(". 2:2 ack 2");
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
}

static void
test_time_wait_reset_ends_it(void)
{
	fx_enter(TG_TCP_TIME_WAIT);
	fx_peer("R", 2, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
}

/* How a SYN differs from the connection in TIME-WAIT, and whether it may reopen it. The
 * last sequence number that the peer used is that of its FIN, 1. */
static const struct {
	const char *what;
	bool old_ts, new_ts;
	int32_t seq;   /* relative to the peer's old ISS */
	int32_t tsval; /* relative to the last one heard */
	bool reopens;
} syns[] = {
	/* without timestamps: RFC 9293 3.6.1, RFC 1122 4.2.2.13 */
	{ "no timestamps, larger sequence number", false, false, 3, 0, true },
	{ "no timestamps, far larger", false, false, 1 << 30, 0, true },
	{ "no timestamps, old duplicate of the first SYN", false, false, 0, 0, false },
	{ "no timestamps, sequence number of the FIN", false, false, 1, 0, false },
	{ "no timestamps, far smaller", false, false, -(1 << 30), 0, false },
	/* with timestamps in both: RFC 6191 section 2 */
	{ "larger timestamp, larger sequence number", true, true, 100, 1, true },
	{ "larger timestamp, smaller sequence number", true, true, -100000, 1, true },
	{ "same timestamp, larger sequence number", true, true, 100, 0, true },
	{ "same timestamp, smaller sequence number", true, true, -100, 0, false },
	{ "same timestamp, the same SYN", true, true, 0, 0, false },
	{ "smaller timestamp, larger sequence number", true, true, 100, -1, false },
	{ "smaller timestamp, the same SYN", true, true, 0, -1, false },
	/* with timestamps in the old one only */
	{ "timestamps gone, larger sequence number", true, false, 100, 0, true },
	{ "timestamps gone, smaller sequence number", true, false, -100, 0, false },
	/* with timestamps in the new one only */
	{ "timestamps new, larger sequence number", false, true, 100, 0, true },
	{ "timestamps new, smaller sequence number", false, true, -100, 0, true },
};

static void
enter_time_wait(bool timestamps)
{
	fx.peer.syn.present = TG_OPT_MSS | (timestamps ? TG_OPT_TIMESTAMP : 0);
	fx_enter(TG_TCP_TIME_WAIT);
}

static void
send_syn(bool timestamps, int32_t seq, int32_t tsval)
{
	struct tg_segment syn;

	fx.peer.syn.present = TG_OPT_MSS | (timestamps ? TG_OPT_TIMESTAMP : 0);
	fx.peer.tsval = FX_PEER_TSVAL + (uint32_t)tsval;
	syn = fx_segment("S", (uint32_t)seq, 0, 0);
	fx_arrives(&syn);
	fx_serve();
}

static void
check_reopened(uint32_t old_snd_nxt, uint32_t irs, const char *what)
{
	FX_TRUE(fx_state() == TG_TCP_SYN_RECEIVED, what);
	FX_TRUE(tg_seq_gt(fx.t->snd_una, old_snd_nxt), what);
	FX_TRUE(fx.n_sent == 1 && fx.sent[0].seg.flags == (TG_TCP_SYN | TG_TCP_ACK), what);
	FX_TRUE(fx.sent[0].seg.ack == irs + 1, what);
	FX_TRUE(fx_counter(TG_COUNTER_TIME_WAIT_REOPENED) == 1, what);
}

static void
check_not_reopened(const struct tg_tcb *before, const char *what)
{
	FX_TRUE(fx_state() == TG_TCP_TIME_WAIT, what);
	FX_TRUE(fx_counter(TG_COUNTER_TIME_WAIT_REOPENED) == 0, what);
	FX_TRUE(fx.r.drop == TG_DROP_TCP_SYN_CHALLENGED, what);
	FX_TCB(before);
	FX_SENT(". 2:2 ack 2");
}

static void
test_time_wait_syn_reopens_only_if_newer(void)
{
	struct tg_tcb before;
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(syns); i++) {
		fx_teardown();
		fx_setup();
		enter_time_wait(syns[i].old_ts);
		before = *fx.t;
		send_syn(syns[i].new_ts, syns[i].seq, syns[i].tsval);
		if (syns[i].reopens)
			check_reopened(
			    before.snd_nxt, fx.peer.iss + (uint32_t)syns[i].seq, syns[i].what);
		else
			check_not_reopened(&before, syns[i].what);
	}
}

/* The clock of the ISN may stand behind what a fast connection used up. */
static void
test_time_wait_reopened_iss_lies_above_what_was_sent(void)
{
	uint32_t end, old_snd_nxt;

	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	for (end = 1; end < 50001; end += 5000) {
		fx_append(5000);
		fx_peer(".", 1, 0, end + 5000);
	}
	fx_close();
	fx_peer("F.", 1, 0, 50002);
	FX_STATE(TG_TCP_TIME_WAIT);
	old_snd_nxt = fx.t->snd_nxt;
	fx_forget();
	send_syn(false, 1000, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_EQUAL(fx.sent[0].seg.seq, old_snd_nxt + 1);
}

static void
test_time_wait_reopened_connection_works_and_forgets_the_old_one(void)
{
	fx_offer_all(3);
	fx_enter(TG_TCP_TIME_WAIT);
	fx.peer.iss += 5000;
	fx.peer.syn = (struct tg_tcp_options){ .present = TG_OPT_MSS, .mss = 700 };
	fx_peer("S", 0, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_EQUAL(fx.t->flags, 0);
	FX_EQUAL(fx.t->snd_wscale, 0);
	FX_EQUAL(fx.t->mss, 700);
	FX_EQUAL(fx.sent[0].seg.opt.present, TG_OPT_MSS);
	fx_forget();
	fx_peer("P.", 1, 100, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.taken, 100);
	fx_append(1000);
	FX_SENT(". 1:701 ack 101, P. 701:1001 ack 101");
}

/* The 2MSL timer of the old incarnation does not end the new one. */
static void
test_time_wait_reopened_connection_has_its_own_time(void)
{
	fx_enter(TG_TCP_TIME_WAIT);
	fx.peer.iss += 5000;
	fx_wait(two_msl() - 10);
	fx_peer("S", 0, 0, 0);
	fx_wait(100);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_SENT("S. 0:0 ack 1");
	fx_wait(fx.config.timers.rto_initial - 100);
	FX_SENT("S. 0:0 ack 1");
}

static void
test_time_wait_syn_while_draining_does_not_reopen(void)
{
	fx_enter(TG_TCP_TIME_WAIT);
	fx.tcp.draining = true;
	send_syn(false, 5000, 0);
	FX_STATE(TG_TCP_TIME_WAIT);
	FX_SENT(". 2:2 ack 2");
}

/* Old duplicate SYN of the very first incarnation, in TIME-WAIT of the second. */
static void
test_ghost_of_a_syn_in_time_wait_gets_an_ack_and_nothing_else(void)
{
	fx_enter(TG_TCP_TIME_WAIT);
	fx_wait(two_msl() / 2);
	fx_peer("S", 0, 0, 0);
	FX_STATE(TG_TCP_TIME_WAIT);
	FX_SENT(". 2:2 ack 2");
	fx_peer("R", 2, 0, 0); /* its sender has no such connection */
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_ESTABLISHED), 1);
}

/* The peer's last words, not read yet when its FIN arrives, are not lost with the state. */
static void
test_time_wait_text_not_yet_taken_stays_until_it_is(void)
{
	fx_enter(TG_TCP_FIN_WAIT_2);
	fx.appetite = 0;
	fx.user_busy = true;
	fx_peer("F.", 1, 100, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
	FX_TRUE(fx_side() != NULL, "text is held");
	fx.appetite = 100;
	fx_serve();
	FX_EQUAL(fx.taken, 100);
	FX_TRUE(fx_side() == NULL, "and then the record goes");
	fx_wait(2 * fx.config.timers.msl);
	FX_STATE(TG_TCP_CLOSED);
}

static CU_TestInfo tests[] = {
	{ "TIME-WAIT lasts exactly 2MSL", test_time_wait_lasts_exactly_2msl },
	{ "TIME-WAIT is a compact record", test_time_wait_is_a_compact_record },
	{ "TIME-WAIT, FIN again: ACK, and 2MSL start again",
	    test_time_wait_fin_again_is_acknowledged_and_restarts_2msl },
	{ "TIME-WAIT, FIN with its text again: 2MSL start again",
	    test_time_wait_fin_with_its_text_again_restarts_2msl },
	{ "TIME-WAIT: ACKs and text do not prolong it",
	    test_time_wait_acks_and_text_do_not_prolong_it },
	{ "TIME-WAIT, RST: ends", test_time_wait_reset_ends_it },
	{ "TIME-WAIT, SYN: reopens only if newer", test_time_wait_syn_reopens_only_if_newer },
	{ "TIME-WAIT reopened: ISS above what was sent",
	    test_time_wait_reopened_iss_lies_above_what_was_sent },
	{ "TIME-WAIT reopened: works and forgets the old one",
	    test_time_wait_reopened_connection_works_and_forgets_the_old_one },
	{ "TIME-WAIT reopened: has its own time",
	    test_time_wait_reopened_connection_has_its_own_time },
	{ "TIME-WAIT, SYN while draining: not reopened",
	    test_time_wait_syn_while_draining_does_not_reopen },
	{ "ghost of a SYN in TIME-WAIT: an ACK and nothing else",
	    test_ghost_of_a_syn_in_time_wait_gets_an_ack_and_nothing_else },
	{ "TIME-WAIT: text not yet taken stays",
	    test_time_wait_text_not_yet_taken_stays_until_it_is },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp time-wait", tests);
}
