/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Numbered requirements of RFC 9293 that no other file has a place for; docs/conformance.md
 * names the test of each one.
 */
#include "fixture.h"

/* MUST-12. After a FIN the user hears of it before the end; after a reset there is only the
 * end. */
static void
test_reset_is_told_apart_from_a_close(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("R", 1, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx.events, TG_TCP_EVENT_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_PEER), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_CLOSED), 0);
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("F.", 1, 0, 1);
	FX_EQUAL(fx.events, TG_TCP_EVENT_FIN);
	fx_close();
	fx_peer(".", 2, 0, 2);
	FX_STATE(TG_TCP_CLOSED);
	FX_TRUE((fx.events & TG_TCP_EVENT_CLOSED) != 0, "the end");
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_PEER), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_CLOSED), 1);
}

/* MUST-23: three minutes take seven retransmissions: 1 + 2 + 4 + 8 + 16 + 32 + 60 + 60
 * seconds. */
static void
test_syn_and_syn_ack_of_seven_retries_last_three_minutes(void)
{
	fx.config.timers.syn_retries = fx.config.timers.syn_ack_retries = 7;
	fx_enter(TG_TCP_SYN_RECEIVED);
	fx_wait_ms(180000);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_EQUAL(fx.n_sent, 7);
	fx_wait_ms(3100);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_TIMEOUTS), 1);
	fx_connect();
	fx_wait_ms(180000);
	FX_STATE(TG_TCP_SYN_SENT);
	fx_wait_ms(3100);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_TIMEOUTS), 1);
}

/* SHLD-17: text beyond an edge that was taken back does not time out, as long as the peer
 * answers: here for twelve hours. */
static void
test_text_beyond_a_shrunk_window_does_not_time_out(void)
{
	tg_time_t end = fx.now + 12 * 3600 * TG_NS_PER_SEC;

	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(4000);
	fx.peer.wnd = 0;
	fx_peer(".", 1, 0, 1001);
	while (fx.now < end) {
		fx_forget();
		fx_wait(1000);
		if (fx.n_sent != 0)
			fx_peer(".", 1, 0, 1001);
	}
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_forget();
	fx.peer.wnd = FX_PEER_WND;
	fx_peer(".", 1, 0, 1001);
	fx_wait_ms(60000);
	FX_TRUE(fx.n_sent != 0 && fx.sent[0].seg.seq == fx.iss + 1001, "goes on where it was");
	FX_TRUE(fx.sent[0].seg.len == FX_PEER_MSS, "with a full segment");
}

/* MAY-7: the segment that three duplicate ACKs ask for goes, whatever the window has become. */
static void
test_fast_retransmit_looks_at_no_window(void)
{
	uint32_t i;

	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(4000);
	fx.peer.wnd = 500;
	fx_peer(".", 1, 0, 1);
	fx_forget();
	for (i = 0; i < 3; i++)
		fx_peer(".", 1, 0, 1);
	FX_SENT(". 1:1001 ack 1");
}

static CU_TestInfo tests[] = {
	{ "MUST-12: a reset is told apart from a close", test_reset_is_told_apart_from_a_close },
	{ "MUST-23: a SYN or SYN-ACK of seven retries lasts three minutes",
	    test_syn_and_syn_ack_of_seven_retries_last_three_minutes },
	{ "SHLD-17: text beyond a shrunk window does not time out",
	    test_text_beyond_a_shrunk_window_does_not_time_out },
	{ "MAY-7: fast retransmit looks at no window", test_fast_retransmit_looks_at_no_window },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp requirements", tests);
}
