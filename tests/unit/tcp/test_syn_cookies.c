/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Handshakes by SYN cookie: what the SYN-ACK says, and the connections that its answer opens.
 */
#include "syn_cookies_fixture.h"

#define TS_AND(more) (TG_OPT_MSS | TG_OPT_TIMESTAMP | (more))

static void
test_syn_ack_says_what_one_with_a_tcb_says(void)
{
	struct tg_segment by_state, by_cookie;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	fx_offer_all(9);
	fx.tcp.syn_cookies.keys = NULL;
	fx_peer("SEW", 0, 0, 0);
	by_state = fx.sent[0].seg;
	fx_abort();
	fx.tcp.syn_cookies.keys = &sc_keys;
	by_cookie = sc_syn("SEW", 0);
	FX_TRUE(by_state.seq != by_cookie.seq, "another ISN");
	FX_TRUE(by_state.opt.tsval - by_cookie.opt.tsval < 64, "the clock, less 63 at most");
	by_state.seq = by_cookie.seq;
	by_state.opt.tsval = by_cookie.opt.tsval;
	FX_EQUAL(memcmp(&by_state, &by_cookie, sizeof(by_state)), 0);
}

static void
test_syn_ack_without_timestamps_grants_the_mss_only(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	fx.peer.syn.present |= TG_OPT_WSCALE | TG_OPT_SACK_OK;
	syn_ack = sc_syn("SEW", 0);
	FX_EQUAL(syn_ack.opt.present, TG_OPT_MSS);
	FX_EQUAL(syn_ack.opt.mss, 1460);
	FX_EQUAL(syn_ack.flags, TG_TCP_SYN | TG_TCP_ACK);
	FX_EQUAL(syn_ack.wnd, FX_WINDOW);
}

static void
test_syn_ack_grants_only_what_is_configured(void)
{
	struct tg_segment syn_ack;

	fx.config.sack = false;
	fx.config.ecn = TG_TCP_ECN_OFF;
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	fx_offer_all(9);
	syn_ack = sc_syn("SEW", 0);
	FX_EQUAL(syn_ack.opt.present, TS_AND(TG_OPT_WSCALE));
	FX_EQUAL(syn_ack.flags, TG_TCP_SYN | TG_TCP_ACK);
	fx.config.timestamps = false;
	syn_ack = sc_syn("S", 0);
	FX_EQUAL(syn_ack.opt.present, TG_OPT_MSS);
}

static void
test_syn_ack_of_a_large_window_says_65535(void)
{
	fx.config.receive_window = 1 << 20;
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	FX_EQUAL(sc_syn("S", 0).wnd, 65535);
}

static void
test_cookie_mss_is_the_class_or_ours(void)
{
	static const struct {
		uint16_t ours, theirs, want;
	} rows[] = { { 1460, 536, 536 }, { 1460, 1299, 536 }, { 1460, 1300, 1300 },
		{ 1460, 1460, 1452 }, { 1460, 9000, 1452 }, { 1400, 1460, 1400 },
		{ 500, 1460, 500 } };
	struct tg_segment syn_ack;
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx.config.mss4 = rows[i].ours;
		fx.peer.syn.mss = rows[i].theirs;
		sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
		syn_ack = sc_syn("S", 0);
		FX_EQUAL(syn_ack.opt.mss, rows[i].ours);
		sc_ack(&syn_ack, ".", 0);
		FX_EQUAL(fx.t->mss, rows[i].want);
		fx_abort();
	}
}

static void
test_cookie_connection_goes_on_in_both_directions(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	fx_offer_all(9);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, ".", 0);
	fx.peer.tsval++;
	fx_peer("P.", 1, 100, 1);
	FX_EQUAL(fx.taken, 100);
	fx_forget();
	fx_append(200);
	FX_SENT("P. 1:201 ack 101");
	FX_TRUE(tg_seq_gt(fx.sent[0].seg.opt.tsval, syn_ack.opt.tsval), "timestamps grow");
	fx_peer(".", 101, 0, 201);
	FX_EQUAL(fx.t->snd_una, fx.iss + 201);
	fx_peer("F.", 101, 0, 201);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	fx_close();
	fx_peer(".", 102, 0, 202);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_CLOSED), 1);
}

static void
test_cookie_connection_times_its_first_segment_from_a_fresh_rto(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, ".", 0);
	fx_append(100);
	fx_spend_probe();
	fx_forget();
	fx_mark();
	fx_wait_ms(1001);
	FX_SENT("P. 1:101 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 1);
}

static void
test_text_on_the_completing_segment_is_taken(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, "P.", 100);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.taken, 100);
	FX_EQUAL(fx.t->rcv_nxt, fx.peer.iss + 101);
	FX_TRUE((fx.events & TG_TCP_EVENT_ESTABLISHED) != 0, "event");
	FX_EQUAL(fx_counter(TG_COUNTER_ESTABLISHED), 1);
}

static void
test_fin_on_the_completing_segment_is_taken(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, "PF.", 100);
	FX_STATE(TG_TCP_CLOSE_WAIT);
	FX_EQUAL(fx.taken, 100);
	FX_SENT(". 1:1 ack 102");
}

static void
test_text_in_the_syn_is_ignored(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 50);
	FX_EQUAL(fx.taken, 0);
	FX_TRUE(!fx.r.syn_text, "not to be taken");
	sc_ack(&syn_ack, "P.", 50);
	FX_EQUAL(fx.taken, 50);
}

static void
test_repeated_syn_is_answered_alike(void)
{
	struct tg_segment first, again;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	first = sc_syn("S", 0);
	again = sc_syn("S", 0);
	FX_EQUAL(first.seq, again.seq);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), 2);
}

static void
test_acceptance_grants_only_what_is_configured(void)
{
	struct tg_segment syn_ack;

	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	fx_offer_all(9);
	syn_ack = sc_syn("SEW", 0);
	fx.config.sack = false;
	fx.config.ecn = TG_TCP_ECN_OFF;
	sc_ack(&syn_ack, ".", 0);
	FX_EQUAL(fx.t->flags, TG_TCB_TIMESTAMPS | TG_TCB_WSCALE);
	fx_abort();
	fx.config.timestamps = false;
	sc_ack(&syn_ack, ".", 0);
	FX_EQUAL(fx.t->flags, 0);
}

static void
test_accepted_connection_has_the_user_settings(void)
{
	struct tg_segment syn_ack;

	fx.config.nagle = fx.config.keep_alive = true;
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	sc_ack(&syn_ack, ".", 0);
	FX_EQUAL(fx.t->flags, TG_TCB_NAGLE | TG_TCB_KEEP_ALIVE);
}

static void
test_fast_open_request_is_granted_beside_the_cookie(void)
{
	struct tg_segment syn_ack;
	uint8_t want[TG_FAST_OPEN_COOKIE_BYTES];
	union tg_ip client = { .v4 = tg_be32(0xc0000201) };

	fx.endpoint[0].fast_open = true;
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	fx_offer_all(9);
	fx.peer.syn.present |= TG_OPT_FAST_OPEN;
	syn_ack = sc_syn("S", 20);
	tg_fast_open_cookie(&fx.keys.current, false, &client, &fx.endpoint[0].ip, want);
	FX_TRUE((syn_ack.opt.present & TG_OPT_FAST_OPEN) != 0, "granted");
	FX_EQUAL(memcmp(syn_ack.opt.cookie, want, sizeof(want)), 0);
	FX_EQUAL(tg_tcp_options_bytes(&syn_ack.opt), 32);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_REQUESTED), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_GRANTED), 1);
	/* Shown, it brings no new one, and the text is not taken. */
	fx.peer.syn.n_cookie = sizeof(want);
	memcpy(fx.peer.syn.cookie, want, sizeof(want));
	syn_ack = sc_syn("S", 20);
	FX_TRUE((syn_ack.opt.present & TG_OPT_FAST_OPEN) == 0, "none needed");
	FX_EQUAL(fx.taken, 0);
	fx.peer.syn.cookie[0] ^= 1;
	fx.peer.syn.present |= TG_OPT_FAST_OPEN_EXPERIMENT;
	syn_ack = sc_syn("S", 20);
	FX_EQUAL(memcmp(syn_ack.opt.cookie, want, sizeof(want)), 0);
	FX_TRUE((syn_ack.opt.present & TG_OPT_FAST_OPEN_EXPERIMENT) != 0, "in the form asked for");
	FX_EQUAL(tg_tcp_options_bytes(&syn_ack.opt), 32);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_REFUSED), 1);
	fx.endpoint[0].fast_open = false;
	FX_TRUE((sc_syn("S", 0).opt.present & TG_OPT_FAST_OPEN) == 0, "not here");
}

/* What a batch is told of cookies and timestamp clocks is what single SYN-ACKs bring. */
static void
expect_batch(bool is_ipv6)
{
	struct tg_tuples t = { .is_ipv6 = is_ipv6 };
	uint32_t iss[TG_TUPLES_MAX], ts[TG_TUPLES_MAX], i;
	struct tg_packet pkt[TG_TUPLES_MAX];
	uint16_t mss[TG_TUPLES_MAX];

	for (i = 0; i < TG_TUPLES_MAX; i++) {
		pkt[i] = ck_syn(is_ipv6);
		pkt[i].src.b[3] = (uint8_t)i;
		pkt[i].tcp.sport = (be16_t)(i * 257);
		pkt[i].tcp.opt.mss = mss[i] = (uint16_t)(1200 + 10 * i);
		ck_add_tuple(&t, &pkt[i]);
	}
	FX_TRUE(tg_syn_cookies_make(&fx.tcp, &t, mss, fx.now, iss), "key");
	tg_syn_cookies_clocks(&fx.tcp, &t, fx.now, ts);
	for (i = 0; i < TG_TUPLES_MAX; i++) {
		struct tg_cookie_now at;

		tg_cookie_begin(&at, fx.tcp.syn_cookies.keys,
		    tg_cookie_wall_s(fx.tcp.syn_cookies.keys, fx.now));
		FX_EQUAL(iss[i], tg_cookie_make(&at, &pkt[i]));
		FX_EQUAL(ts[i], tg_time_tick(fx.now) + tg_tcp_ts_offset(&fx.tcp, &pkt[i]));
	}
}

static void
test_batch_is_equal_to_single(void)
{
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	expect_batch(false);
	expect_batch(true);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), 0);
	tg_syn_cookies_issued(&fx.tcp, 5, fx.now);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ISSUED), 5);
}

static CU_TestInfo tests[] = {
	{ "syn_ack_says_what_one_with_a_tcb_says", test_syn_ack_says_what_one_with_a_tcb_says },
	{ "syn_ack_without_timestamps_grants_the_mss_only",
	    test_syn_ack_without_timestamps_grants_the_mss_only },
	{ "syn_ack_grants_only_what_is_configured", test_syn_ack_grants_only_what_is_configured },
	{ "syn_ack_of_a_large_window_says_65535", test_syn_ack_of_a_large_window_says_65535 },
	{ "cookie_mss_is_the_class_or_ours", test_cookie_mss_is_the_class_or_ours },
	{ "cookie_connection_goes_on_in_both_directions",
	    test_cookie_connection_goes_on_in_both_directions },
	{ "cookie_connection_times_its_first_segment_from_a_fresh_rto",
	    test_cookie_connection_times_its_first_segment_from_a_fresh_rto },
	{ "text_on_the_completing_segment_is_taken", test_text_on_the_completing_segment_is_taken },
	{ "fin_on_the_completing_segment_is_taken", test_fin_on_the_completing_segment_is_taken },
	{ "text_in_the_syn_is_ignored", test_text_in_the_syn_is_ignored },
	{ "repeated_syn_is_answered_alike", test_repeated_syn_is_answered_alike },
	{ "acceptance_grants_only_what_is_configured",
	    test_acceptance_grants_only_what_is_configured },
	{ "accepted_connection_has_the_user_settings",
	    test_accepted_connection_has_the_user_settings },
	{ "fast_open_request_is_granted_beside_the_cookie",
	    test_fast_open_request_is_granted_beside_the_cookie },
	{ "batch_is_equal_to_single", test_batch_is_equal_to_single },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("SYN cookies", tests);
}
