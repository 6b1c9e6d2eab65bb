/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * ACKs that bring a cookie again, a wrong one, or one where none is honoured; and for how long, and
 * for whom, one is.
 */
#include "syn_cookies_fixture.h"

/* An ACK with ISN offset by `by` from the cookie is refused. */
static void
refused(const struct tg_segment *syn_ack, uint32_t by, enum tg_drop why)
{
	fx.iss = syn_ack->seq + by;
	sc_ack(syn_ack, ".", 0);
	FX_EQUAL(fx.h, TG_HANDLE_NONE);
	FX_EQUAL(fx.r.drop, why);
	FX_SENT(why == TG_DROP_TCP_NO_CONNECTION ? "R 1:1" : "");
}

static void
test_replay_meets_the_connection(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, "P.", 100);
	sc_ack(&syn_ack, "P.", 100);
	FX_EQUAL(fx.taken, 100);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ACCEPTED), 1);
	FX_EQUAL(tg_gauge(&fx.gauges.state[TG_TCP_ESTABLISHED]), 1);
}

static void
test_replay_meets_time_wait(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, ".", 0);
	fx_close();
	fx_peer("F.", 1, 0, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
	sc_ack(&syn_ack, ".", 0);
	FX_STATE(TG_TCP_TIME_WAIT);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ACCEPTED), 1);
}

/* Once nothing is left of the connection, the third packet opens one again while the cookie lives:
 * one, however often it comes, and it does not outlive the idle time. */
static void
test_replay_after_the_connection_opens_one_that_idle_time_ends(void)
{
	struct tg_segment syn_ack;
	unsigned i;

	fx.config.timers.idle = tg_ticks_from_ms(10000);
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, "P.", 100);
	fx_abort();
	FX_EQUAL(tg_gauge(&fx.gauges.state[TG_TCP_ESTABLISHED]), 0);
	fx.iss = syn_ack.seq;
	for (i = 0; i < 3; i++) {
		fx.now += TG_NS_PER_SEC;
		sc_ack(&syn_ack, "P.", 100);
		FX_STATE(TG_TCP_ESTABLISHED);
		FX_EQUAL(tg_gauge(&fx.gauges.state[TG_TCP_ESTABLISHED]), 1);
	}
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ACCEPTED), 2);
	FX_EQUAL(fx.taken, 200); /* the request is asked again, as that of Fast Open may be */
	fx_wait_ms(7000);        /* it last moved a second and more ago */
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_wait_ms(4000);
	FX_STATE(TG_TCP_FIN_WAIT_1);
	FX_EQUAL(fx_counter(TG_COUNTER_IDLE_TIMEOUTS), 1);
	fx_wait_ms(1000 * 1000); /* the FIN is given up like any other */
	FX_EQUAL(fx_counter(TG_COUNTER_USER_TIMEOUTS), 1);
	FX_EQUAL(tg_gauge(&fx.gauges.state[TG_TCP_FIN_WAIT_1]), 0);
	/* By then the cookie is too old for another. */
	fx_forget();
	sc_publish();
	fx.tcp.syn_cookies.issued = tg_cookie_wall_s(&sc_keys, fx.now) / TG_COOKIE_EPOCH_S;
	refused(&syn_ack, 0, TG_DROP_TCP_NO_CONNECTION);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_REFUSED), 1);
}

static void
test_time_wait_syn_is_answered_with_state(void)
{
	struct tg_segment syn_ack;
	uint32_t end;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, ".", 0);
	fx_close();
	fx_peer("F.", 1, 0, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
	end = fx.t->snd_nxt;
	fx_forget();
	fx.peer.iss += 1000;
	fx_peer("S", 0, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_TRUE(tg_seq_gt(fx.t->snd_una, end), "above the old connection");
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), 1);
}

static void
test_wrong_cookie_is_reset(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	refused(&syn_ack, 1, TG_DROP_TCP_NO_CONNECTION);
	refused(&syn_ack, 1U << 28, TG_DROP_TCP_NO_CONNECTION);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_REFUSED), 2);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ACCEPTED), 0);
	fx.iss = syn_ack.seq;
	sc_ack(&syn_ack, ".", 0);
	FX_STATE(TG_TCP_ESTABLISHED);
}

static void
test_wrong_cookies_draw_no_more_resets_than_the_limit(void)
{
	struct tg_segment syn_ack;
	uint32_t i;

	fx.config.limits.resets_per_second = 3;
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	for (i = 1; i <= 3; i++)
		refused(&syn_ack, i, TG_DROP_TCP_NO_CONNECTION);
	refused(&syn_ack, 4, TG_DROP_TCP_RST_LIMITED);
}

static void
test_syn_ack_of_the_peer_is_no_cookie(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, "S.", 0);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_NO_CONNECTION);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ACCEPTED), 0);
}

static void
test_reset_for_a_cookie_opens_nothing(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, "R.", 0);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_NO_LISTENER_RST);
	FX_SENT("");
}

static void
test_cookie_while_draining_is_reset(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	fx.tcp.draining = true;
	refused(&syn_ack, 0, TG_DROP_TCP_NO_CONNECTION);
}

static void
test_cookie_without_a_free_tcb_is_dropped_in_silence(void)
{
	struct tg_segment syn_ack;

	fx.config.limits.connections4 = 1;
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, ".", 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_turn_to(40001);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, ".", 0);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_NO_TCB);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_NO_TCB), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ACCEPTED), 1);
}

static void
test_cookie_of_the_epoch_before_is_honoured_and_older_ones_are_not(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	fx.now += 125 * TG_NS_PER_SEC;
	sc_publish();
	sc_ack(&syn_ack, ".", 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	fx_abort();
	fx_turn_to(40001);
	syn_ack = sc_syn("S", 0); /* so that cookies are honoured */
	fx.now += 130 * TG_NS_PER_SEC;
	sc_publish();
	fx_turn_to(40002);
	sc_syn("S", 0);
	fx_turn_to(40001);
	refused(&syn_ack, 0, TG_DROP_TCP_NO_CONNECTION);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_REFUSED), 1);
}

static void
test_cookie_whose_key_is_not_published_is_stale(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	fx.now += 66 * TG_NS_PER_SEC;
	sc_keys = ck_keys_of(&ck_master, FX_SHIFT, CK_EPOCH + 2); /* not of this one before */
	sc_keys.at = fx.now;
	sc_keys.wall_ns = (CK_WALL + 66) * TG_NS_PER_SEC;
	refused(&syn_ack, 0, TG_DROP_TCP_NO_CONNECTION);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_STALE), 1);
}

static void
test_cookie_is_not_looked_at_where_none_was_made(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	fx.tcp.syn_cookies.issued = 0; /* another shard, that made none */
	refused(&syn_ack, 0, TG_DROP_TCP_NO_CONNECTION);
	fx.tcp.syn_cookies.issued = CK_EPOCH - 2;
	refused(&syn_ack, 0, TG_DROP_TCP_NO_CONNECTION);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_REFUSED), 0);
	fx.tcp.syn_cookies.issued = CK_EPOCH - 1;
	fx.iss = syn_ack.seq;
	sc_ack(&syn_ack, ".", 0);
	FX_STATE(TG_TCP_ESTABLISHED);
}

static void
test_cookie_of_another_node_is_honoured_with_shared_keys(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_AUTO, 8);
	fx.endpoint[0].syn_cookies = TG_SYN_COOKIES_ALWAYS;
	syn_ack = sc_syn("S", 0);
	fx.endpoint[0].syn_cookies = TG_SYN_COOKIES_AUTO;
	fx.tcp.syn_cookies.issued = 0;
	refused(&syn_ack, 0, TG_DROP_TCP_NO_CONNECTION);
	sc_keys.shared = true;
	fx.iss = syn_ack.seq;
	sc_ack(&syn_ack, ".", 0);
	FX_STATE(TG_TCP_ESTABLISHED);
}

static void
test_cookie_is_not_honoured_in_mode_never(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	sc_keys.shared = true;
	syn_ack = sc_syn("S", 0);
	fx.endpoint[0].syn_cookies = TG_SYN_COOKIES_NEVER;
	refused(&syn_ack, 0, TG_DROP_TCP_NO_CONNECTION);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_REFUSED), 0);
}

static void
test_cookie_without_keys_is_reset(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	fx.tcp.syn_cookies.keys = NULL;
	refused(&syn_ack, 0, TG_DROP_TCP_NO_CONNECTION);
}

static CU_TestInfo tests[] = {
	{ "replay_meets_the_connection", test_replay_meets_the_connection },
	{ "replay_meets_time_wait", test_replay_meets_time_wait },
	{ "replay_after_the_connection_opens_one_that_idle_time_ends",
	    test_replay_after_the_connection_opens_one_that_idle_time_ends },
	{ "time_wait_syn_is_answered_with_state", test_time_wait_syn_is_answered_with_state },
	{ "wrong_cookie_is_reset", test_wrong_cookie_is_reset },
	{ "wrong_cookies_draw_no_more_resets_than_the_limit",
	    test_wrong_cookies_draw_no_more_resets_than_the_limit },
	{ "syn_ack_of_the_peer_is_no_cookie", test_syn_ack_of_the_peer_is_no_cookie },
	{ "reset_for_a_cookie_opens_nothing", test_reset_for_a_cookie_opens_nothing },
	{ "cookie_while_draining_is_reset", test_cookie_while_draining_is_reset },
	{ "cookie_without_a_free_tcb_is_dropped_in_silence",
	    test_cookie_without_a_free_tcb_is_dropped_in_silence },
	{ "cookie_of_the_epoch_before_is_honoured_and_older_ones_are_not",
	    test_cookie_of_the_epoch_before_is_honoured_and_older_ones_are_not },
	{ "cookie_whose_key_is_not_published_is_stale",
	    test_cookie_whose_key_is_not_published_is_stale },
	{ "cookie_is_not_looked_at_where_none_was_made",
	    test_cookie_is_not_looked_at_where_none_was_made },
	{ "cookie_of_another_node_is_honoured_with_shared_keys",
	    test_cookie_of_another_node_is_honoured_with_shared_keys },
	{ "cookie_is_not_honoured_in_mode_never", test_cookie_is_not_honoured_in_mode_never },
	{ "cookie_without_keys_is_reset", test_cookie_without_keys_is_reset },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("SYN cookies refused", tests);
}
