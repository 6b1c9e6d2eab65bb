/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The client's part of Fast Open (RFC 7413 section 4.1.3): what its SYN has, and the text that was
 * taken or was not.
 */
#include "fast_open_client_fixture.h"

static void
test_connect_without_cookie_asks_for_one(void)
{
	fx_connect_fast(100);
	FX_EQUAL(fx.syn_text, 0);
	FX_TRUE(option_sent(), "request");
	FX_TRUE(!tg_tcp_wants_output(&fx.tcp, fx.h), "text waits");
	FX_EQUAL(fx.sent[0].seg.opt.n_cookie, 0);
	FX_SENT("S 0:0");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_ASKED), 1);
	syn_ack(1, cookie_a, 8);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_SENT("P. 1:101 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_CACHED), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_RETRANSMITS), 0);
	fx_peer(".", 1, 0, 101);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
}

static void
test_connect_without_the_call_is_an_ordinary_one(void)
{
	learn(cookie_a, 8);
	fx_connect();
	FX_TRUE(!option_sent(), "no option");
	FX_SENT("S 0:0");
}

static void
test_connect_without_a_cache_is_an_ordinary_one(void)
{
	fx.config.limits.fast_open_cookies = 0;
	fx_lay_out();
	fx_connect_fast(100);
	FX_TRUE(!option_sent(), "no option");
	FX_SENT("S 0:0");
	syn_ack(1, cookie_a, 8);
	FX_SENT("P. 1:101 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_CACHED), 0);
}

static void
test_connect_with_cookie_and_no_text_shows_the_cookie(void)
{
	learn(cookie_a, 8);
	fx_connect_fast(0);
	FX_TRUE(shown(cookie_a, 8), "shown");
	FX_SENT("S 0:0");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_SENT), 0);
	syn_ack(1, cookie_b, 4);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_CACHED), 2);
}

static void
test_syn_sent_cookie_of_a_connection_that_did_not_ask_is_ignored(void)
{
	fx_connect();
	syn_ack(1, cookie_a, 8);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_CACHED), 0);
	end();
	fx_connect_fast(10);
	FX_EQUAL(fx.sent[0].seg.opt.n_cookie, 0);
}

static void
test_syn_sent_text_acknowledged_is_established_with_nothing_left(void)
{
	enter_fast();
	syn_ack(101, NULL, 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.events & (TG_TCP_EVENT_ACKED | TG_TCP_EVENT_ESTABLISHED),
	    TG_TCP_EVENT_ACKED | TG_TCP_EVENT_ESTABLISHED);
	FX_SENT(". 101:101 ack 1");
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_SENT), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_TAKEN), 1);
	end();
	FX_TRUE(is_on(), "the cookie stays");
}

static void
test_syn_sent_answer_behind_the_syn_ack_is_taken(void)
{
	enter_fast();
	syn_ack(101, NULL, 0);
	fx_peer("P.", 1, 500, 101);
	FX_EQUAL(fx.taken, 500);
	FX_EQUAL(fx.t->rcv_nxt, fx.peer.iss + 501);
	fx_append(50);
	FX_EQUAL(fx.sent[fx.n_sent - 1].seg.seq, fx.iss + 101);
}

static void
test_syn_sent_text_not_acknowledged_goes_again_at_once(void)
{
	enter_fast();
	syn_ack(1, cookie_b, 4);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx_side()->snd_wl1, fx.peer.iss);
	FX_EQUAL(fx_side()->rcv_adv, fx.peer.iss + 1 + FX_WINDOW);
	FX_EQUAL(fx_side()->max_wnd, FX_PEER_WND);
	FX_EQUAL(fx.sent[0].seg.wnd, FX_WINDOW);
	FX_EQUAL(fx.sent[0].offset, 0);
	FX_SENT("P. 1:101 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_UNTAKEN), 1);
	fx_peer(".", 1, 0, 101);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	end();
	fx_connect_fast(10);
	FX_TRUE(shown(cookie_b, 4), "the new one, at once");
}

static void
test_syn_sent_text_acknowledged_in_part_sends_the_rest(void)
{
	enter_fast();
	syn_ack(31, NULL, 0);
	FX_EQUAL(fx.sent[0].offset, 30);
	FX_SENT("P. 31:101 ack 1");
	FX_EQUAL(fx.t->snd_una, fx.iss + 31);
	end();
	FX_TRUE(is_on(), "taken in part is taken");
}

static void
test_connect_text_is_bounded_by_the_cached_mss(void)
{
	learn(cookie_a, 8);
	fx_connect_fast(5000);
	FX_EQUAL(fx.syn_text, FX_PEER_MSS - TG_TCP_OPTIONS_BYTES_MAX);
	FX_SENT("S 0:960");
	fx.peer.syn.mss = 500;
	syn_ack(961, NULL, 0);
	FX_EQUAL(fx.sent[0].offset, 960);
	end();
	fx_connect_fast(5000);
	FX_EQUAL(fx.syn_text, 500 - TG_TCP_OPTIONS_BYTES_MAX);
}

static void
test_connect_longest_cookie_fits_beside_all_options(void)
{
	uint8_t longest[16] = { [15] = 1 };

	fx_offer_all(7);
	learn(longest, 16);
	fx_connect_fast(10);
	FX_TRUE(shown(longest, 16), "cookie");
	FX_EQUAL(tg_tcp_options_bytes(&fx.sent[0].seg.opt), TG_TCP_OPTIONS_BYTES_MAX);
}

static void
test_syn_sent_rest_of_the_stream_follows_the_handshake(void)
{
	learn(cookie_a, 8);
	fx_connect_fast(3000);
	fx_forget();
	syn_ack(961, NULL, 0);
	FX_SENT(". 961:1961 ack 1, . 1961:2961 ack 1, P. 2961:3001 ack 1");
}

/* The window of a SYN-ACK is not scaled, so that it may be closed in truth. */
static void
test_syn_sent_window_closed_is_probed(void)
{
	enter_fast();
	fx.peer.wnd = 0;
	syn_ack(1, NULL, 0);
	FX_SENT(". 101:101 ack 1");
	fx_wait_ms(300);
	FX_SENT(". 1:2 ack 1");
	fx.peer.wnd = FX_PEER_WND;
	fx_peer(".", 1, 0, 2);
	FX_SENT("P. 2:101 ack 1");
}

static void
test_syn_sent_simultaneous_open_loses_no_text(void)
{
	enter_fast();
	fx.peer.syn.present |= TG_OPT_FAST_OPEN;
	fx_peer("S", 0, 50, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_TRUE(!option_sent(), "no cookie");
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx.taken, 0);
	fx_peer("P.", 1, 50, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.taken, 50);
	FX_SENT("P. 1:101 ack 51");
}

/* Nobody has shown a cookie, so text waits for ESTABLISHED. */
static void
test_syn_sent_simultaneous_open_without_cookie_holds_text_back(void)
{
	fx_connect_fast(100);
	fx_forget();
	fx_peer("S", 0, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_SENT("S. 0:0 ack 1");
	fx_peer(".", 1, 0, 1);
	FX_SENT("P. 1:101 ack 1");
}

static void
test_syn_sent_simultaneous_open_with_text_taken_sends_it_once(void)
{
	enter_fast();
	fx_peer("S", 0, 0, 0);
	fx_forget();
	fx_peer(".", 1, 0, 101);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_SENT("");
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
}

static void
test_connect_over_ipv6_has_a_cookie_of_its_own(void)
{
	fx.peer.is_ipv6 = true;
	enter_fast();
	end();
	fx.peer.is_ipv6 = false;
	fx_connect_fast(10);
	FX_EQUAL(fx.sent[0].seg.opt.n_cookie, 0);
}

static void
test_connect_to_other_ports_keeps_cookies_apart_and_within_bounds(void)
{
	uint16_t port;

	learn(cookie_a, 8);
	for (port = 50000; port < 50100; port++) {
		fx_turn_to(port);
		fx_connect_fast(10);
		FX_EQUAL(fx.sent[0].seg.opt.n_cookie, 0);
		syn_ack(1, cookie_b, 4);
		end();
	}
	FX_TRUE(fx_counter(TG_COUNTER_FAST_OPEN_EVICTED) >= 101 - 8, "evicted");
}

static void
test_connect_not_yet_resolved_keeps_its_text_for_the_first_syn(void)
{
	struct tg_segment seg;
	uint32_t offset;

	learn(cookie_a, 8);
	fx.h = tg_tcp_connect(&fx.tcp, 0, &(union tg_ip){ .v4 = tg_be32(0xc0000201) },
	    tg_be16(40000), tg_be16(80), fx.now);
	fx.t = &fx.tcp.tcb[fx.h];
	CU_ASSERT_PTR_NOT_NULL_FATAL(tg_tcp_side(&fx.tcp, fx.h));
	tg_tcp_append(&fx.tcp, fx.h, 100);
	FX_EQUAL(tg_tcp_fast_open(&fx.tcp, fx.h, fx.now), 100);
	tg_tcp_defer(&fx.tcp, fx.h, 5, fx.now);
	tg_tcp_rest(&fx.tcp, fx.h, false, &fx.spare, fx.now);
	FX_EQUAL(fx.t->timer.deadline, tg_time_tick(fx.now) + 5);
	tg_tcp_timer(&fx.tcp, fx.h, fx.now, &fx.r);
	FX_TRUE(tg_tcp_output(&fx.tcp, fx.h, fx.now, &seg, &offset), "SYN");
	FX_EQUAL(seg.len, 100);
	FX_EQUAL(seg.opt.n_cookie, 8);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 0);
}

/* Loss detection goes by when text was sent: that of the SYN with it. */
static void
test_syn_sent_text_not_taken_is_known_to_be_sent_with_the_syn(void)
{
	uint32_t sent;

	fx_offer_all(7);
	learn(cookie_a, 8);
	sent = tg_time_rtt(fx.now);
	fx_connect_fast(100);
	FX_EQUAL(fx.syn_text, 100);
	fx_wait_ms(5);
	syn_ack(1, NULL, 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx_side()->n_runs, 1);
	FX_EQUAL(fx_side()->loss->run[0].sent, tg_time_rtt(fx.now));
	FX_EQUAL(fx_side()->loss->rack.xmit_ts, sent);
}

static CU_TestInfo tests[] = {
	{ "syn sent: text not taken is known to be sent with the syn",
	    test_syn_sent_text_not_taken_is_known_to_be_sent_with_the_syn },
	{ "connect without cookie asks for one", test_connect_without_cookie_asks_for_one },
	{ "connect without the call is an ordinary one",
	    test_connect_without_the_call_is_an_ordinary_one },
	{ "connect without a cache is an ordinary one",
	    test_connect_without_a_cache_is_an_ordinary_one },
	{ "connect with cookie and no text shows the cookie",
	    test_connect_with_cookie_and_no_text_shows_the_cookie },
	{ "syn sent cookie of a connection that did not ask is ignored",
	    test_syn_sent_cookie_of_a_connection_that_did_not_ask_is_ignored },
	{ "syn sent text acknowledged is established with nothing left",
	    test_syn_sent_text_acknowledged_is_established_with_nothing_left },
	{ "syn sent answer behind the syn ack is taken",
	    test_syn_sent_answer_behind_the_syn_ack_is_taken },
	{ "syn sent text not acknowledged goes again at once",
	    test_syn_sent_text_not_acknowledged_goes_again_at_once },
	{ "syn sent text acknowledged in part sends the rest",
	    test_syn_sent_text_acknowledged_in_part_sends_the_rest },
	{ "connect text is bounded by the cached mss",
	    test_connect_text_is_bounded_by_the_cached_mss },
	{ "connect longest cookie fits beside all options",
	    test_connect_longest_cookie_fits_beside_all_options },
	{ "syn sent rest of the stream follows the handshake",
	    test_syn_sent_rest_of_the_stream_follows_the_handshake },
	{ "syn sent window closed is probed", test_syn_sent_window_closed_is_probed },
	{ "syn sent simultaneous open loses no text",
	    test_syn_sent_simultaneous_open_loses_no_text },
	{ "syn sent simultaneous open without cookie holds text back",
	    test_syn_sent_simultaneous_open_without_cookie_holds_text_back },
	{ "syn sent simultaneous open with text taken sends it once",
	    test_syn_sent_simultaneous_open_with_text_taken_sends_it_once },
	{ "connect over ipv6 has a cookie of its own",
	    test_connect_over_ipv6_has_a_cookie_of_its_own },
	{ "connect to other ports keeps cookies apart and within bounds",
	    test_connect_to_other_ports_keeps_cookies_apart_and_within_bounds },
	{ "connect not yet resolved keeps its text for the first syn",
	    test_connect_not_yet_resolved_keeps_its_text_for_the_first_syn },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp fast open client", tests);
}
