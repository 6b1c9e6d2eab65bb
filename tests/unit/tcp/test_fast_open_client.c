/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The client's part of Fast Open (RFC 7413 section 4.1.3).
 */
#include "fixture.h"

#define MINUTE_MS 60000

static const uint8_t cookie_a[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const uint8_t cookie_b[4] = { 9, 9, 9, 9 };

/* The server's SYN-ACK, which acknowledges ack, with a cookie of n bytes, or without. */
static void
syn_ack(uint32_t ack, const uint8_t *cookie, uint8_t n)
{
	struct tg_segment seg = fx_segment("S.", 0, 0, ack);

	seg.opt = fx.peer.syn;
	if (cookie != NULL) {
		seg.opt.present |= TG_OPT_FAST_OPEN;
		seg.opt.n_cookie = n;
		memcpy(seg.opt.cookie, cookie, n);
	}
	fx_arrives(&seg);
	fx_serve();
}

static void
end(void)
{
	fx_abort();
	fx_forget();
	fx.now += TG_NS_PER_MS;
}

static void
learn(const uint8_t *cookie, uint8_t n)
{
	fx_connect_fast(0);
	syn_ack(1, cookie, n);
	end();
}

static bool
shown(const uint8_t *cookie, uint8_t n)
{
	const struct tg_tcp_options *opt = &fx.sent[0].seg.opt;

	return (opt->present & TG_OPT_FAST_OPEN) != 0 && opt->n_cookie == n &&
	       memcmp(opt->cookie, cookie, n) == 0;
}

static bool
option_sent(void)
{
	return (fx.sent[0].seg.opt.present & TG_OPT_FAST_OPEN) != 0;
}

/* Whether the next connection would be opened by Fast Open. */
static bool
is_on(void)
{
	bool on;

	fx_forget();
	fx_connect_fast(10);
	on = option_sent();
	end();
	return on;
}

/* With cookie a known, 100 bytes leave with the SYN. */
static void
enter_fast(void)
{
	learn(cookie_a, 8);
	fx_connect_fast(100);
	FX_EQUAL(fx.syn_text, 100);
	FX_TRUE(shown(cookie_a, 8), "cookie");
	FX_SENT("S 0:100");
	FX_STATE(TG_TCP_SYN_SENT);
}

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
test_syn_sent_refusal_without_cookie_turns_it_off_for_a_minute(void)
{
	enter_fast();
	syn_ack(1, NULL, 0);
	FX_SENT("P. 1:101 ack 1");
	end();
	FX_TRUE(!is_on(), "off");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_AVOIDED), 1);
	fx_wait_ms(MINUTE_MS - 1000);
	FX_TRUE(!is_on(), "still off");
	fx_wait_ms(2000);
	FX_TRUE(is_on(), "on again");
}

static void
test_failures_in_a_row_turn_it_off_for_ever_longer(void)
{
	uint32_t i;

	learn(cookie_a, 8);
	for (i = 0; i < 12; i++) {
		uint32_t factor = 1U << (i < 10 ? i : 10);

		fx_connect_fast(10);
		FX_TRUE(option_sent(), "on");
		syn_ack(1, NULL, 0);
		end();
		fx.now += factor * 60 * TG_NS_PER_SEC - TG_NS_PER_SEC;
		FX_TRUE(!is_on(), "off");
		fx.now += 2 * TG_NS_PER_SEC;
	}
	/* A success forgives everything. */
	fx_forget();
	fx_connect_fast(10);
	syn_ack(11, NULL, 0);
	end();
	fx_connect_fast(10);
	syn_ack(1, NULL, 0);
	end();
	fx_wait_ms(MINUTE_MS + 1000);
	FX_TRUE(is_on(), "on after a minute");
}

static void
test_syn_sent_timeout_repeats_the_syn_bare(void)
{
	enter_fast();
	fx_wait(fx.config.timers.rto_initial);
	FX_TRUE(!option_sent(), "no option");
	FX_SENT("S 0:0");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 1);
	fx_wait(2 * fx.config.timers.rto_initial);
	FX_SENT("S 0:0");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 1);
	syn_ack(1, NULL, 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->cwnd, 1);
	FX_SENT("P. 1:101 ack 1");
	end();
	FX_TRUE(!is_on(), "off");
	fx_wait_ms(MINUTE_MS);
	FX_TRUE(is_on(), "after a minute, for it failed once");
}

static void
test_syn_sent_late_answer_to_the_fast_syn_is_welcome(void)
{
	enter_fast();
	fx_wait(fx.config.timers.rto_initial);
	fx_forget();
	syn_ack(101, NULL, 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_SENT(". 101:101 ack 1");
	end();
	FX_TRUE(is_on(), "it worked");
}

static void
test_syn_sent_request_without_answer_is_repeated_bare_and_its_cookie_kept(void)
{
	fx_connect_fast(100);
	fx_forget();
	fx_wait(fx.config.timers.rto_initial);
	FX_TRUE(!option_sent(), "no option");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 1);
	syn_ack(1, cookie_a, 8);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_CACHED), 1);
	end();
	fx_wait_ms(MINUTE_MS);
	fx_connect_fast(10);
	FX_TRUE(shown(cookie_a, 8), "kept");
}

static void
test_syn_sent_reset_leaves_it_on(void)
{
	enter_fast();
	fx_peer("R.", 0, 0, 101);
	FX_STATE(TG_TCP_CLOSED);
	FX_TRUE(is_on(), "on");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 0);
}

static void
test_syn_sent_reset_of_a_bare_syn_says_nothing_of_fast_open(void)
{
	learn(cookie_a, 8);
	fx_connect();
	fx_peer("R.", 0, 0, 1);
	FX_TRUE(is_on(), "on");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_FALLBACK), 0);
}

static void
test_syn_sent_hard_icmp_error_turns_it_off(void)
{
	enter_fast();
	tg_tcp_icmp(&fx.tcp, fx.h,
	    &(struct tg_tcp_icmp_error){ .hard = true, .quoted_seq = fx.iss }, fx.now, &fx.r);
	FX_STATE(TG_TCP_CLOSED);
	tg_tcp_free(&fx.tcp, fx.h, &fx.spare);
	FX_TRUE(!is_on(), "off");
}

static void
test_syn_sent_packet_too_big_repeats_the_syn_bare_once(void)
{
	struct tg_tcp_icmp_error too_big = { .too_big = true, .mtu = 576 };

	enter_fast();
	too_big.quoted_seq = fx.iss;
	tg_tcp_icmp(&fx.tcp, fx.h, &too_big, fx.now, &fx.r);
	fx_serve();
	FX_TRUE(!option_sent(), "no option");
	FX_SENT("S 0:0");
	tg_tcp_icmp(&fx.tcp, fx.h, &too_big, fx.now, &fx.r);
	fx_serve();
	FX_SENT("");
	syn_ack(1, NULL, 0);
	FX_SENT("P. 1:101 ack 1");
}

static void
test_syn_sent_wrong_ack_draws_a_reset_and_stays(void)
{
	static const uint32_t wrong[] = { 0, 102, 100101, 0x80000000 };
	uint32_t i;

	enter_fast();
	for (i = 0; i < TG_ARRAY_LEN(wrong); i++) {
		fx_forget();
		syn_ack(wrong[i], cookie_b, 4);
		FX_EQUAL(fx.sent[0].seg.flags, TG_TCP_RST);
		FX_STATE(TG_TCP_SYN_SENT);
	}
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_CACHED), 1); /* learn's */
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
test_syn_sent_close_ends_and_silence_gives_up(void)
{
	enter_fast();
	fx_close();
	FX_STATE(TG_TCP_CLOSED);
	fx_forget();
	fx_connect_fast(100);
	fx_wait(64 * fx.config.timers.rto_initial);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_TIMEOUTS), 1);
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
	{ "syn sent refusal without cookie turns it off for a minute",
	    test_syn_sent_refusal_without_cookie_turns_it_off_for_a_minute },
	{ "failures in a row turn it off for ever longer",
	    test_failures_in_a_row_turn_it_off_for_ever_longer },
	{ "syn sent timeout repeats the syn bare", test_syn_sent_timeout_repeats_the_syn_bare },
	{ "syn sent late answer to the fast syn is welcome",
	    test_syn_sent_late_answer_to_the_fast_syn_is_welcome },
	{ "syn sent request without answer is repeated bare and its cookie kept",
	    test_syn_sent_request_without_answer_is_repeated_bare_and_its_cookie_kept },
	{ "syn sent reset leaves it on", test_syn_sent_reset_leaves_it_on },
	{ "syn sent reset of a bare syn says nothing of fast open",
	    test_syn_sent_reset_of_a_bare_syn_says_nothing_of_fast_open },
	{ "syn sent hard icmp error turns it off", test_syn_sent_hard_icmp_error_turns_it_off },
	{ "syn sent packet too big repeats the syn bare once",
	    test_syn_sent_packet_too_big_repeats_the_syn_bare_once },
	{ "syn sent wrong ack draws a reset and stays",
	    test_syn_sent_wrong_ack_draws_a_reset_and_stays },
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
	{ "syn sent close ends and silence gives up",
	    test_syn_sent_close_ends_and_silence_gives_up },
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
