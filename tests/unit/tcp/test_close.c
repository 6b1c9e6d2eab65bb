/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Closing: every path of RFC 9293 figure 5, half-closed connections, and ABORT.
 */
#include "fixture.h"

static void
test_established_close_is_an_active_close(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_close();
	FX_STATE(TG_TCP_FIN_WAIT_1);
	FX_SENT("F. 1:1 ack 1");
	fx_peer(".", 1, 0, 2);
	FX_STATE(TG_TCP_FIN_WAIT_2);
	FX_SENT("");
	fx_peer("F.", 1, 0, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
	FX_SENT(". 2:2 ack 2");
	FX_EQUAL(fx_counter(TG_COUNTER_CLOSED), 1);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
}

static void
test_established_fin_then_close_is_a_passive_close(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("F.", 1, 0, 1);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_EQUAL(fx.r.events, TG_TCP_EVENT_FIN);
	FX_SENT(". 1:1 ack 2");
	fx_close();
	FX_STATE(TG_TCP_LAST_ACK);
	FX_SENT("F. 1:1 ack 2");
	fx_peer(".", 2, 0, 2);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx.r.events & TG_TCP_EVENT_CLOSED, TG_TCP_EVENT_CLOSED);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_CLOSED), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_PEER), 0);
}

static void
test_fin_wait_1_fin_that_crosses_ours_goes_to_closing(void)
{
	fx_enter(TG_TCP_FIN_WAIT_1);
	fx_peer("F.", 1, 0, 1);
	FX_STATE(TG_TCP_CLOSING);
	FX_SENT(". 2:2 ack 2");
	fx_peer(".", 2, 0, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
	FX_SENT("");
}

static void
test_fin_wait_1_fin_with_ack_of_ours_goes_to_time_wait(void)
{
	fx_enter(TG_TCP_FIN_WAIT_1);
	fx_peer("F.", 1, 0, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
	FX_SENT(". 2:2 ack 2");
}

static void
test_established_fin_with_text_is_taken_after_it(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("FP.", 1, 250, 1);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_EQUAL(fx.taken, 250);
	FX_EQUAL(fx.t->rcv_nxt, fx.peer.iss + 252);
	FX_SENT(". 1:1 ack 252");
}

static void
test_established_fin_behind_a_gap_waits_for_the_text(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("F.", 301, 0, 1);
	FX_SENT("");
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_peer("FP.", 201, 100, 1);
	FX_SENT(". 1:1 ack 1");
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 200, 1);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_EQUAL(fx.taken, 300);
	FX_SENT(". 1:1 ack 302");
}

static void
test_established_fin_behind_text_the_user_has_not_taken_is_acknowledged(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.appetite = 100;
	fx_peer("FP.", 1, 250, 1);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_EQUAL(fx.taken, 100);
	FX_SENT(". 1:1 ack 252");
	fx.appetite = UINT32_MAX;
	fx_serve();
	FX_EQUAL(fx.taken, 250);
	fx_close();
	fx_peer(".", 252, 0, 2);
	FX_STATE(TG_TCP_CLOSED);
}

static void
test_close_with_text_queued_sends_fin_behind_it(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.peer.wnd = 1500;
	fx_peer(".", 1, 0, 1);
	fx_append(2500);
	fx_close();
	FX_STATE(TG_TCP_ESTABLISHED); /* CLOSE is queued until the text has left */
	FX_SENT(". 1:1001 ack 1");
	fx.peer.wnd = FX_PEER_WND;
	fx_peer(".", 1, 0, 1001);
	FX_STATE(TG_TCP_FIN_WAIT_1);
	FX_SENT(". 1001:2001 ack 1, FP. 2001:2501 ack 1");
	fx_peer(".", 1, 0, 2501);
	FX_STATE(TG_TCP_FIN_WAIT_1);
	fx_peer(".", 1, 0, 2502);
	FX_STATE(TG_TCP_FIN_WAIT_2);
}

static void
test_close_twice_sends_one_fin(void)
{
	fx_enter(TG_TCP_FIN_WAIT_1);
	fx_close();
	FX_SENT("");
	fx_peer(".", 1, 0, 2);
	fx_close();
	FX_SENT("");
	FX_STATE(TG_TCP_FIN_WAIT_2);
}

/* The ACK of our FIN ends the connection whatever else it says, and what counts is counted. */
static void
test_last_ack_ack_with_sack_blocks_counts_what_they_say(void)
{
	struct tg_segment seg;

	fx_offer_all(0);
	fx_enter(TG_TCP_CLOSE_WAIT);
	fx_append(100);
	fx_close();
	FX_STATE(TG_TCP_LAST_ACK);
	seg = fx_segment(".", 2, 0, 102);
	seg.opt.present |= TG_OPT_SACK;
	seg.opt.n_sack = 1;
	seg.opt.sack[0] = (struct tg_sack_block){ fx.iss + 1, fx.iss + 101 };
	fx_arrives(&seg);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_DUPLICATE_SACKS), 1);
	FX_EQUAL(fx.r.events, TG_TCP_EVENT_ACKED | TG_TCP_EVENT_CLOSED);
}

static void
test_last_ack_ack_of_text_alone_does_not_end(void)
{
	fx_enter(TG_TCP_CLOSE_WAIT);
	fx_append(100);
	fx_close();
	fx_peer(".", 2, 0, 101);
	FX_STATE(TG_TCP_LAST_ACK);
	FX_EQUAL(fx.r.events, TG_TCP_EVENT_ACKED);
	fx_peer(".", 2, 0, 102);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx.r.events, TG_TCP_EVENT_ACKED | TG_TCP_EVENT_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_CLOSED), 1);
}

static void
test_close_wait_side_still_sends(void)
{
	fx_enter(TG_TCP_CLOSE_WAIT);
	fx_append(1700);
	FX_SENT(". 1:1001 ack 2, P. 1001:1701 ack 2");
	fx_peer(".", 2, 0, 1701);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	fx_append(10);
	FX_SENT("P. 1701:1711 ack 2");
	fx_close();
	FX_STATE(TG_TCP_LAST_ACK);
	FX_SENT("F. 1711:1711 ack 2");
	fx_peer(".", 2, 0, 1711);
	FX_STATE(TG_TCP_LAST_ACK);
	fx_peer(".", 2, 0, 1712);
	FX_STATE(TG_TCP_CLOSED);
}

static void
test_close_wait_text_is_retransmitted(void)
{
	fx_enter(TG_TCP_CLOSE_WAIT);
	fx_append(10);
	fx_forget();
	fx_wait(fx.config.timers.rto_min);
	FX_SENT("P. 1:11 ack 2");
}

static void
test_fin_wait_states_still_receive(void)
{
	fx_enter(TG_TCP_FIN_WAIT_1);
	fx_peer("P.", 1, 100, 1);
	FX_EQUAL(fx.taken, 100);
	fx_peer(".", 101, 0, 2);
	FX_STATE(TG_TCP_FIN_WAIT_2);
	fx_forget();
	fx_peer("P.", 101, 100, 2);
	FX_EQUAL(fx.taken, 200);
	fx_peer("FP.", 201, 100, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
	FX_EQUAL(fx.taken, 300);
	FX_EQUAL(fx.sent[fx.n_sent - 1].seg.ack, fx.peer.iss + 302);
}

/* FIN is retransmitted like text: RTO, doubled each time (RFC 6298 5.4 to 5.6). */
static void
test_unacknowledged_fin_is_sent_again(void)
{
	static const enum tg_tcp_state with_fin[] = { TG_TCP_FIN_WAIT_1, TG_TCP_CLOSING,
		TG_TCP_LAST_ACK };
	uint32_t i, rto;

	for (i = 0; i < TG_ARRAY_LEN(with_fin); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(with_fin[i]);
		rto = tg_tcp_rto(&fx.tcp, fx.t, 0);
		fx_wait(rto - 1);
		FX_SENT("");
		fx_wait(1);
		FX_SENT(with_fin[i] == TG_TCP_FIN_WAIT_1 ? "F. 1:1 ack 1" : "F. 1:1 ack 2");
		fx_wait(2 * rto - 1);
		FX_SENT("");
		fx_wait(1);
		FX_EQUAL(fx.n_sent, 1);
		FX_STATE(with_fin[i]);
	}
}

static void
test_fin_sent_again_with_the_last_text(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10);
	fx_close();
	FX_SENT("P. 1:11 ack 1, F. 11:11 ack 1");
	fx_wait(fx.config.timers.rto_min);
	FX_SENT("FP. 1:11 ack 1");
	fx_peer(".", 1, 0, 12);
	FX_STATE(TG_TCP_FIN_WAIT_2);
}

static void
test_last_ack_never_acknowledged_gives_up_at_r2(void)
{
	fx.config.timers.retries = 3;
	fx_enter(TG_TCP_LAST_ACK);
	fx_wait_ms(60000);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_USER_TIMEOUTS), 1);
}

static void
test_fin_wait_2_without_fin_is_dropped_after_its_time(void)
{
	fx_enter(TG_TCP_FIN_WAIT_2);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	fx_wait(fx.config.timers.fin_wait2 - 1);
	FX_STATE(TG_TCP_FIN_WAIT_2);
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_FIN_WAIT_TIMEOUTS), 1);
}

static void
test_fin_wait_2_text_starts_its_time_again(void)
{
	fx_enter(TG_TCP_FIN_WAIT_2);
	fx_wait(fx.config.timers.fin_wait2 - 1);
	fx_peer("P.", 1, 100, 2);
	fx_wait(fx.config.timers.fin_wait2 - 1);
	FX_STATE(TG_TCP_FIN_WAIT_2);
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
}

/* RFC 9293 3.10.5: a reset goes out, from the states in which the peer may still send. */
static void
test_abort_sends_a_reset_with_the_exact_fields(void)
{
	static const struct {
		enum tg_tcp_state state;
		const char *sent;
	} rows[] = {
		{ TG_TCP_SYN_RECEIVED, "R. 1:1 ack 1" },
		{ TG_TCP_ESTABLISHED, "R. 1:1 ack 1" },
		{ TG_TCP_FIN_WAIT_1, "R. 2:2 ack 1" },
		{ TG_TCP_FIN_WAIT_2, "R. 2:2 ack 1" },
		{ TG_TCP_CLOSE_WAIT, "R. 1:1 ack 2" },
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(rows[i].state);
		fx_abort();
		FX_STATE(TG_TCP_CLOSED);
		FX_EQUAL(fx.sent[0].seg.sport, tg_be16(80));
		FX_EQUAL(fx.sent[0].seg.dport, tg_be16(fx.peer.port));
		FX_SENT(rows[i].sent);
		FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_US), 1);
		FX_EQUAL(fx_counter(TG_COUNTER_RST_SENT), 1);
	}
}

/* Same section: "CLOSING, LAST-ACK, TIME-WAIT: delete the TCB", without a word. */
static void
test_abort_once_both_sides_closed_sends_nothing(void)
{
	static const enum tg_tcp_state closed[] = { TG_TCP_CLOSING, TG_TCP_LAST_ACK,
		TG_TCP_TIME_WAIT };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(closed); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(closed[i]);
		fx_abort();
		FX_STATE(TG_TCP_CLOSED);
		FX_SENT("");
		FX_EQUAL(fx_counter(TG_COUNTER_RST_SENT), 0);
	}
}

static void
test_abort_with_text_under_way_resets_at_snd_nxt(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(2500);
	fx_peer("P.", 101, 50, 1); /* held, goes back to the spares */
	fx_forget();
	fx_abort();
	FX_SENT("R. 2501:2501 ack 1");
}

/* RFC 7323 section 3.2. */
static void
test_abort_with_timestamps_agreed_resets_with_them(void)
{
	const struct tg_tcp_options *opt = &fx.sent[0].seg.opt;

	fx_offer_all(7);
	fx_enter(TG_TCP_ESTABLISHED);
	fx_wait(1000);
	fx_abort();
	FX_EQUAL(opt->present, TG_OPT_TIMESTAMP);
	FX_EQUAL(opt->tsval, tg_time_tick(fx.now) + fx.t->ts_off);
	FX_EQUAL(opt->tsecr, fx.t->ts_recent);
	FX_SENT("R. 1:1 ack 1");
}

static void
test_abort_without_timestamps_resets_without_options(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_abort();
	FX_EQUAL(fx.sent[0].seg.opt.present, 0);
	FX_SENT("R. 1:1 ack 1");
}

static void
test_close_without_a_side_record_resets(void)
{
	fx.config.limits.sides = 1;
	fx_lay_out();
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10);
	fx_turn_to(fx.peer.port + 1);
	fx_enter(TG_TCP_ESTABLISHED);
	fx_close();
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("R. 1:1 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_SIDE_FULL), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_US), 1);
}

static CU_TestInfo tests[] = {
	{ "LAST-ACK, ACK with SACK blocks: what they say counts",
	    test_last_ack_ack_with_sack_blocks_counts_what_they_say },
	{ "LAST-ACK, ACK of text alone: not the end",
	    test_last_ack_ack_of_text_alone_does_not_end },
	{ "ESTABLISHED, CLOSE: active close", test_established_close_is_an_active_close },
	{ "ESTABLISHED, FIN, CLOSE: passive close",
	    test_established_fin_then_close_is_a_passive_close },
	{ "FIN-WAIT-1, FIN that crosses ours: CLOSING",
	    test_fin_wait_1_fin_that_crosses_ours_goes_to_closing },
	{ "FIN-WAIT-1, FIN with ACK of ours: TIME-WAIT",
	    test_fin_wait_1_fin_with_ack_of_ours_goes_to_time_wait },
	{ "ESTABLISHED, FIN with text: taken after it",
	    test_established_fin_with_text_is_taken_after_it },
	{ "ESTABLISHED, FIN behind a gap: waits for the text",
	    test_established_fin_behind_a_gap_waits_for_the_text },
	{ "ESTABLISHED, FIN behind text not taken: acknowledged",
	    test_established_fin_behind_text_the_user_has_not_taken_is_acknowledged },
	{ "CLOSE with text queued: FIN behind it",
	    test_close_with_text_queued_sends_fin_behind_it },
	{ "CLOSE twice: one FIN", test_close_twice_sends_one_fin },
	{ "CLOSE-WAIT: our side still sends", test_close_wait_side_still_sends },
	{ "CLOSE-WAIT: text is retransmitted", test_close_wait_text_is_retransmitted },
	{ "FIN-WAIT states still receive", test_fin_wait_states_still_receive },
	{ "FIN unacknowledged: sent again", test_unacknowledged_fin_is_sent_again },
	{ "FIN goes again with the last text", test_fin_sent_again_with_the_last_text },
	{ "LAST-ACK never acknowledged: given up at R2",
	    test_last_ack_never_acknowledged_gives_up_at_r2 },
	{ "FIN-WAIT-2 without FIN: dropped after its time",
	    test_fin_wait_2_without_fin_is_dropped_after_its_time },
	{ "FIN-WAIT-2, text: its time starts again", test_fin_wait_2_text_starts_its_time_again },
	{ "ABORT: reset with the exact fields", test_abort_sends_a_reset_with_the_exact_fields },
	{ "ABORT once both sides closed: nothing is sent",
	    test_abort_once_both_sides_closed_sends_nothing },
	{ "ABORT with text under way: reset at SND.NXT",
	    test_abort_with_text_under_way_resets_at_snd_nxt },
	{ "ABORT with timestamps agreed: the reset has them",
	    test_abort_with_timestamps_agreed_resets_with_them },
	{ "ABORT without timestamps: the reset has no options",
	    test_abort_without_timestamps_resets_without_options },
	{ "CLOSE without a side record: reset", test_close_without_a_side_record_resets },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp close", tests);
}
