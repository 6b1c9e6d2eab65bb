/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What a user sets for its connection: Nagle's algorithm (RFC 9293 3.7.4).
 */
#include "fixture.h"

static void
enter_with_nagle(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	tg_tcp_set_nagle(&fx.tcp, fx.h, true);
}

static void
test_nagle_small_text_waits_for_the_ack_of_what_was_sent(void)
{
	enter_with_nagle();
	fx_append(1);
	FX_SENT("P. 1:2 ack 1");
	fx_append(1);
	fx_append(100);
	FX_SENT("");
	FX_TRUE(fx_side()->armed & 1U << TG_TIMER_RETRANSMIT, "something is under way");
	fx_peer(".", 1, 0, 2);
	FX_SENT("P. 2:103 ack 1");
}

static void
test_nagle_ack_of_a_part_is_not_enough(void)
{
	enter_with_nagle();
	fx_append(2500);
	FX_SENT(". 1:1001 ack 1, . 1001:2001 ack 1");
	fx_peer(".", 1, 0, 1001);
	FX_SENT("");
	fx_peer(".", 1, 0, 2001);
	FX_SENT("P. 2001:2501 ack 1");
}

static void
test_nagle_full_segments_do_not_wait(void)
{
	enter_with_nagle();
	fx_append(10);
	fx_append(990);
	FX_SENT("P. 1:11 ack 1");
	fx_append(10);
	FX_SENT("P. 11:1011 ack 1");
	fx_append(1001);
	FX_SENT(". 1011:2011 ack 1");
}

/* RFC 9293 3.8.6.2.1, (3): what half the largest window would let go waits, too. */
static void
test_nagle_half_the_largest_window_waits(void)
{
	fx.peer.wnd = 200;
	enter_with_nagle();
	fx_append(50);
	FX_SENT("P. 1:51 ack 1");
	fx_append(300);
	FX_SENT("");
	tg_tcp_set_nagle(&fx.tcp, fx.h, false);
	fx_serve();
	FX_SENT(". 51:201 ack 1");
}

/* No more will come. */
static void
test_nagle_text_before_a_fin_does_not_wait(void)
{
	enter_with_nagle();
	fx_append(10);
	fx_append(10);
	fx_close();
	FX_SENT("P. 1:11 ack 1, FP. 11:21 ack 1");
}

static void
test_nagle_text_sent_before_goes_again_after_a_timeout(void)
{
	enter_with_nagle();
	fx_append(1);
	fx_forget();
	fx_append(1);
	fx_wait(tg_tcp_rto(&fx.tcp, fx.t, 0));
	FX_TRUE(fx.n_sent == 1 && fx.sent[0].seg.seq == fx.iss + 1, "again");
	fx_forget();
	fx_peer(".", 1, 0, 3); /* with what had waited */
	FX_EQUAL(fx.t->snd_una, fx.t->snd_nxt);
}

/* MUST-17. */
static void
test_nagle_switched_off_lets_go_what_waited(void)
{
	enter_with_nagle();
	fx_append(1);
	fx_append(1);
	fx_forget();
	tg_tcp_set_nagle(&fx.tcp, fx.h, false);
	FX_TRUE(tg_tcp_wants_output(&fx.tcp, fx.h), "text to send");
	fx_serve();
	FX_SENT("P. 2:3 ack 1");
	fx_append(1);
	FX_SENT("P. 3:4 ack 1");
}

static void
test_nagle_of_the_configuration_is_that_of_new_connections(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->flags & TG_TCB_NAGLE, 0);
	fx_peer("R", 1, 0, 0);
	fx.config.nagle = true;
	fx_enter(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->flags & TG_TCB_NAGLE, TG_TCB_NAGLE);
	fx_append(1);
	fx_append(1);
	FX_SENT("P. 1:2 ack 1");
	fx_abort();
	fx_connect();
	FX_EQUAL(fx.t->flags & TG_TCB_NAGLE, TG_TCB_NAGLE);
}

static CU_TestInfo tests[] = {
	{ "Nagle: small text waits for the ACK of what was sent",
	    test_nagle_small_text_waits_for_the_ack_of_what_was_sent },
	{ "Nagle: an ACK of a part is not enough", test_nagle_ack_of_a_part_is_not_enough },
	{ "Nagle: full segments do not wait", test_nagle_full_segments_do_not_wait },
	{ "Nagle: half the largest window waits", test_nagle_half_the_largest_window_waits },
	{ "Nagle: text before a FIN does not wait", test_nagle_text_before_a_fin_does_not_wait },
	{ "Nagle: text sent before goes again after a timeout",
	    test_nagle_text_sent_before_goes_again_after_a_timeout },
	{ "Nagle switched off: what waited goes", test_nagle_switched_off_lets_go_what_waited },
	{ "Nagle of the configuration is that of new connections",
	    test_nagle_of_the_configuration_is_that_of_new_connections },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp settings", tests);
}
