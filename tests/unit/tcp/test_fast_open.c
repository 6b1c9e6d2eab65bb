/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The server's part of Fast Open (RFC 7413): cookies, and which SYNs' text is taken.
 */
#include "fast_open_fixture.h"

static const struct tg_siphash_key other_key = { { 11, 12 } };
static const union tg_ip client = { .v4 = 0x010200c0 }; /* 192.0.2.1 */

/* Whether the i-th segment sent carries this cookie. */
static bool
granted(uint32_t i, const uint8_t *cookie)
{
	const struct tg_tcp_options *opt = &fx.sent[i].seg.opt;

	return (opt->present & TG_OPT_FAST_OPEN) != 0 && opt->n_cookie == 8 &&
	       memcmp(opt->cookie, cookie, 8) == 0;
}

static bool
any_cookie_sent(void)
{
	uint32_t i;

	for (i = 0; i < fx.n_sent; i++)
		if ((fx.sent[i].seg.opt.present & TG_OPT_FAST_OPEN) != 0)
			return true;
	return false;
}

static void
test_cookie_of_ipv4_is_that_of_linux(void)
{
	const union tg_ip server = { .v4 = tg_be32(0xc0a80001) };
	uint8_t got[8], swapped[8];

	tg_fast_open_cookie(&fx.keys.current, false, &client, &server, got);
	FX_EQUAL(memcmp(got, linux_cookie, 8), 0);
	tg_fast_open_cookie(&fx.keys.current, false, &server, &client, swapped);
	FX_TRUE(memcmp(swapped, linux_cookie, 8) != 0, "direction matters");
}

static void
test_cookie_of_ipv6_is_over_both_whole_addresses(void)
{
	union tg_ip ip[2] = { { .q = { 1, 2 } }, { .q = { 3, 4 } } };
	uint64_t want = tg_siphash24(&fx.keys.current, ip, 32);
	uint8_t got[8], other[8];
	uint32_t i;

	tg_fast_open_cookie(&fx.keys.current, true, &ip[0], &ip[1], got);
	FX_EQUAL(memcmp(got, &want, 8), 0);
	for (i = 0; i < 32; i++) {
		ip[i / 16].b[i % 16] ^= 1;
		tg_fast_open_cookie(&fx.keys.current, true, &ip[0], &ip[1], other);
		FX_TRUE(memcmp(got, other, 8) != 0, "every byte matters");
		ip[i / 16].b[i % 16] ^= 1;
	}
}

static void
test_listen_cookie_request_is_granted_and_text_ignored(void)
{
	listen_fast();
	offer(linux_cookie, 0);
	fx_peer("S", 0, 10, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_TRUE(granted(0, linux_cookie), "cookie");
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx.taken, 0);
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_REQUESTED), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_GRANTED), 1);
	fx_peer(".", 1, 10, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.taken, 10);
	FX_EQUAL(fx.t->flags & TG_TCB_FAST_OPEN, 0);
}

static void
test_listen_cookie_fits_beside_all_other_options(void)
{
	listen_fast();
	offer(linux_cookie, 0);
	fx_offer_all(7);
	fx_peer("S", 0, 0, 0);
	FX_EQUAL(tg_tcp_options_bytes(&fx.sent[0].seg.opt), 32);
	FX_TRUE(granted(0, linux_cookie), "cookie");
}

static void
test_syn_received_repeated_syn_ack_grants_the_cookie_again(void)
{
	listen_fast();
	offer(linux_cookie, 0);
	fx_peer("S", 0, 0, 0);
	fx_forget();
	fx_wait(fx.config.timers.rto_initial);
	FX_TRUE(granted(0, linux_cookie), "cookie");
	FX_SENT("S. 0:0 ack 1");
}

/* An option of the experiment is answered in kind, also again, and leaves nothing behind. */
static void
test_listen_experimental_request_is_granted_in_that_form(void)
{
	listen_fast();
	offer(linux_cookie, 0);
	fx.peer.syn.present |= TG_OPT_FAST_OPEN_EXPERIMENT;
	fx_peer("S", 0, 0, 0);
	FX_TRUE(granted(0, linux_cookie), "cookie");
	FX_TRUE((fx.sent[0].seg.opt.present & TG_OPT_FAST_OPEN_EXPERIMENT) != 0, "form");
	fx_forget();
	fx_wait(fx.config.timers.rto_initial);
	FX_TRUE(granted(0, linux_cookie), "cookie again");
	FX_TRUE((fx.sent[0].seg.opt.present & TG_OPT_FAST_OPEN_EXPERIMENT) != 0, "form again");
	fx_peer(".", 1, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->flags & (TG_TCB_FIN_SENT | TG_TCB_FAST_OPEN), 0);
}

static void
test_listen_experimental_cookie_brings_the_text_of_the_syn(void)
{
	listen_fast();
	fx.peer.syn.present |= TG_OPT_FAST_OPEN_EXPERIMENT;
	fx_peer("S", 0, 10, 0);
	FX_TRUE(!any_cookie_sent(), "no new cookie");
	FX_SENT("S. 0:0 ack 11");
	FX_EQUAL(fx.taken, 10);
	FX_EQUAL(fx.t->flags & TG_TCB_FIN_SENT, 0);
}

/* What says which form the option has is the bit of a FIN sent: a pending connection, which may
 * send, does without. */
static void
test_listen_experimental_cookie_that_grew_old_brings_text_and_a_new_one(void)
{
	listen_fast();
	fx.keys.previous = fx.keys.current;
	fx.keys.has_previous = true;
	fx.keys.current = other_key;
	fx.peer.syn.present |= TG_OPT_FAST_OPEN_EXPERIMENT;
	fx_peer("S", 0, 10, 0);
	FX_TRUE(any_cookie_sent(), "a new cookie");
	FX_SENT("S. 0:0 ack 11");
	FX_EQUAL(fx.taken, 10);
	FX_EQUAL(fx.t->flags & TG_TCB_FIN_SENT, 0);
}

static void
test_syn_received_close_after_an_experimental_grant_sends_fin_later(void)
{
	listen_fast();
	offer(linux_cookie, 0);
	fx.peer.syn.present |= TG_OPT_FAST_OPEN_EXPERIMENT;
	fx_peer("S", 0, 0, 0);
	fx_forget();
	fx_close();
	FX_SENT("");
	fx_peer(".", 1, 0, 1);
	FX_SENT("F. 1:1 ack 1");
	FX_STATE(TG_TCP_FIN_WAIT_1);
}

static void
test_listen_valid_cookie_brings_the_text_of_the_syn(void)
{
	listen_fast();
	fx_peer("S", 0, 10, 0);
	FX_TRUE(fx.r.syn_text, "result");
	FX_TRUE(!any_cookie_sent(), "no new cookie");
	FX_SENT("S. 0:0 ack 11");
	FX_EQUAL(fx.taken, 10);
	FX_EQUAL(fx.t->rcv_nxt, fx.peer.iss + 11);
	FX_EQUAL(fx.tcp.fast_open.pending, 1);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_ACCEPTED), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_GRANTED), 0);
	fx_peer(".", 11, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	FX_SENT("");
}

static void
test_listen_valid_cookie_over_ipv6_brings_the_text(void)
{
	struct tg_segment syn_ack;

	listen_fast();
	fx.peer.is_ipv6 = true;
	fx_lay_out();
	offer(linux_cookie, 0);
	fx_peer("S", 0, 0, 0);
	syn_ack = fx.sent[0].seg;
	fx_abort();
	fx_lay_out();
	offer(syn_ack.opt.cookie, 8);
	fx_peer("S", 0, 10, 0);
	FX_SENT("S. 0:0 ack 11");
	FX_EQUAL(fx.taken, 10);
}

static void
test_listen_valid_cookie_without_text_is_an_ordinary_syn(void)
{
	listen_fast();
	fx_peer("S", 0, 0, 0);
	FX_TRUE(!any_cookie_sent(), "no cookie");
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
}

static void
test_listen_text_without_cookie_is_ignored(void)
{
	listen_fast();
	fx.peer.syn.present &= (uint8_t)~TG_OPT_FAST_OPEN;
	fx_peer("S", 0, 10, 0);
	FX_TRUE(!any_cookie_sent(), "no cookie");
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx.taken, 0);
}

static void
test_listen_wrong_cookie_is_refused_and_replaced(void)
{
	uint8_t wrong[8];
	uint32_t i;

	for (i = 0; i < 64; i++) {
		listen_fast();
		memcpy(wrong, linux_cookie, 8);
		wrong[i / 8] ^= (uint8_t)(1 << i % 8);
		offer(wrong, 8);
		fx_peer("S", 0, 10, 0);
		FX_TRUE(granted(0, linux_cookie), "the right one");
		FX_SENT("S. 0:0 ack 1");
		FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_REFUSED), 1);
		FX_EQUAL(fx.tcp.fast_open.pending, 0);
		fx_abort();
	}
	FX_EQUAL(fx.taken, 0);
}

static void
test_listen_cookie_of_foreign_length_is_refused_and_replaced(void)
{
	uint8_t cookie[TG_TCP_COOKIE_MAX] = { 0 };
	uint8_t n;

	memcpy(cookie, linux_cookie, 8);
	for (n = 4; n <= 16; n = (uint8_t)(n + 2)) {
		listen_fast();
		offer(cookie, n);
		fx_peer("S", 0, 10, 0);
		FX_TRUE((n == 8) != granted(0, linux_cookie), "replaced unless it is ours");
		FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_REFUSED), n != 8);
		fx_abort();
	}
}

static void
test_listen_cookie_of_the_previous_key_is_taken_and_renewed(void)
{
	uint8_t fresh[8];

	listen_fast();
	fx.keys.previous = fx.keys.current;
	fx.keys.current = other_key;
	fx.keys.has_previous = true;
	tg_fast_open_cookie(&other_key, false, &client, &fx.endpoint[0].ip, fresh);
	fx_peer("S", 0, 10, 0);
	FX_TRUE(granted(0, fresh), "of the current key");
	FX_SENT("S. 0:0 ack 11");
	FX_EQUAL(fx.taken, 10);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_STALE), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_ACCEPTED), 0);
}

static void
test_listen_before_the_first_change_there_is_no_previous_key(void)
{
	uint8_t cookie[8];

	listen_fast();
	tg_fast_open_cookie(&fx.keys.previous, false, &client, &fx.endpoint[0].ip, cookie);
	offer(cookie, 8);
	fx_peer("S", 0, 10, 0);
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_REFUSED), 1);
}

static void
test_listen_without_fast_open_knows_no_cookie(void)
{
	listen_fast();
	fx.endpoint[0].fast_open = false;
	fx_peer("S", 0, 10, 0);
	FX_TRUE(!any_cookie_sent(), "listener without");
	FX_SENT("S. 0:0 ack 1");
	fx_abort();
	fx_forget();
	fx.endpoint[0].fast_open = true;
	fx.tcp.fast_open_keys = NULL;
	fx_peer("S", 0, 10, 0);
	FX_TRUE(!any_cookie_sent(), "no keys");
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_REFUSED), 0);
	FX_EQUAL(fx.taken, 0);
}

static void
test_listen_keys_gone_before_the_syn_ack_grants_nothing(void)
{
	struct tg_segment syn;

	listen_fast();
	offer(linux_cookie, 0);
	syn = fx_segment("S", 0, 0, 0);
	fx_arrives(&syn);
	fx.tcp.fast_open_keys = NULL;
	fx_serve();
	FX_TRUE(!any_cookie_sent(), "no keys");
	FX_SENT("S. 0:0 ack 1");
}

static void
test_listen_text_beyond_the_pending_limit_is_ignored(void)
{
	listen_fast();
	fx.config.limits.fast_open_pending = 2;
	fx_peer("S", 0, 10, 0);
	fx_turn_to(40001);
	fx_peer("S", 0, 10, 0);
	FX_EQUAL(fx.tcp.fast_open.pending, 2);
	fx_forget();
	fx_turn_to(40002);
	fx_peer("S", 0, 10, 0);
	FX_TRUE(!any_cookie_sent(), "it has a valid one");
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx.taken, 20);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_LIMITED), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_ACCEPTED), 2);
	/* One is completed: there is room for another. */
	fx_turn_to(40001);
	fx_peer(".", 11, 0, 1);
	fx_turn_to(40003);
	fx_peer("S", 0, 10, 0);
	FX_EQUAL(fx.taken, 30);
}

static void
test_listen_pending_limit_of_zero_takes_no_text(void)
{
	listen_fast();
	fx.config.limits.fast_open_pending = 0;
	fx_peer("S", 0, 10, 0);
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_LIMITED), 1);
}

static void
test_listen_without_side_record_falls_back(void)
{
	fx.config.limits.sides = 0;
	listen_fast();
	fx_peer("S", 0, 10, 0);
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_ACCEPTED), 0);
	FX_EQUAL(fx_counter(TG_COUNTER_SIDE_FULL), 1);
}

static void
test_listen_text_that_the_user_leaves_is_held_and_acknowledged(void)
{
	listen_fast();
	fx.appetite = 3;
	fx_peer("S", 0, 10, 0);
	FX_EQUAL(fx.taken, 3);
	FX_EQUAL(tg_gauge(&fx.gauges.held), 1);
	FX_EQUAL(fx.sent[0].seg.wnd, FX_WINDOW - 10);
	FX_SENT("S. 0:0 ack 11");
	fx.appetite = UINT32_MAX;
	fx_peer(".", 11, 0, 1);
	FX_EQUAL(fx.taken, 10);
	FX_EQUAL(tg_gauge(&fx.gauges.held), 0);
}

static void
test_listen_text_that_nobody_takes_is_not_acknowledged(void)
{
	listen_fast();
	fx.config.limits.held_per_connection = 0;
	fx.appetite = 4;
	fx_peer("S", 0, 10, 0);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_TEXT_REFUSED);
	FX_SENT("S. 0:0 ack 5");
	fx.appetite = UINT32_MAX;
	fx_peer(".", 5, 6, 1);
	FX_EQUAL(fx.taken, 10);
}

static void
test_listen_text_beyond_the_window_is_cut(void)
{
	listen_fast();
	fx.config.receive_window = 1024;
	fx_peer("S", 0, 1100, 0);
	FX_SENT("S. 0:0 ack 1025");
	FX_EQUAL(fx.taken, 1024);
}

static void
test_listen_draining_or_full_refuses_cookies_too(void)
{
	listen_fast();
	fx.tcp.draining = true;
	fx_peer("S", 0, 10, 0);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_DRAINING);
	fx.tcp.draining = false;
	fx.config.limits.half_open = 0;
	fx_peer("S", 0, 10, 0);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_BACKLOG);
	FX_EQUAL(fx.taken, 0);
	FX_EQUAL(fx.tcp.fast_open.pending, 0);
}

static void
test_listen_syn_with_fin_is_dropped_whatever_its_cookie(void)
{
	listen_fast();
	fx_peer("SF", 0, 10, 0);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_FLAGS);
	FX_EQUAL(fx.taken, 0);
	FX_SENT("");
}

static void
test_established_option_says_nothing(void)
{
	struct tg_segment seg;

	listen_fast();
	fx_enter(TG_TCP_ESTABLISHED);
	seg = fx_segment(".", 1, 10, 1);
	seg.opt.present |= TG_OPT_FAST_OPEN;
	fx_arrives(&seg);
	fx_serve();
	FX_TRUE(!any_cookie_sent(), "no cookie");
	FX_EQUAL(fx.taken, 10);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_OPEN_REQUESTED), 0);
}

static void
test_time_wait_newer_syn_with_cookie_brings_its_text(void)
{
	listen_fast();
	fx_enter(TG_TCP_TIME_WAIT);
	fx.peer.iss += 1000;
	fx_peer("S", 0, 10, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_SENT("S. 0:0 ack 11");
	FX_EQUAL(fx.taken, 10);
	FX_EQUAL(fx_counter(TG_COUNTER_TIME_WAIT_REOPENED), 1);
	fx_append(10);
	FX_SENT("P. 1:11 ack 11");
	fx_peer(".", 11, 0, 11);
	FX_STATE(TG_TCP_ESTABLISHED);
}

static CU_TestInfo tests[] = {
	{ "cookie of ipv4 is that of linux", test_cookie_of_ipv4_is_that_of_linux },
	{ "cookie of ipv6 is over both whole addresses",
	    test_cookie_of_ipv6_is_over_both_whole_addresses },
	{ "listen cookie request is granted and text ignored",
	    test_listen_cookie_request_is_granted_and_text_ignored },
	{ "listen cookie fits beside all other options",
	    test_listen_cookie_fits_beside_all_other_options },
	{ "syn received repeated syn ack grants the cookie again",
	    test_syn_received_repeated_syn_ack_grants_the_cookie_again },
	{ "listen experimental request is granted in that form",
	    test_listen_experimental_request_is_granted_in_that_form },
	{ "listen experimental cookie brings the text of the syn",
	    test_listen_experimental_cookie_brings_the_text_of_the_syn },
	{ "listen experimental cookie that grew old brings text and a new one",
	    test_listen_experimental_cookie_that_grew_old_brings_text_and_a_new_one },
	{ "syn received close after an experimental grant sends fin later",
	    test_syn_received_close_after_an_experimental_grant_sends_fin_later },
	{ "listen valid cookie brings the text of the syn",
	    test_listen_valid_cookie_brings_the_text_of_the_syn },
	{ "listen valid cookie over ipv6 brings the text",
	    test_listen_valid_cookie_over_ipv6_brings_the_text },
	{ "listen valid cookie without text is an ordinary syn",
	    test_listen_valid_cookie_without_text_is_an_ordinary_syn },
	{ "listen text without cookie is ignored", test_listen_text_without_cookie_is_ignored },
	{ "listen wrong cookie is refused and replaced",
	    test_listen_wrong_cookie_is_refused_and_replaced },
	{ "listen cookie of foreign length is refused and replaced",
	    test_listen_cookie_of_foreign_length_is_refused_and_replaced },
	{ "listen cookie of the previous key is taken and renewed",
	    test_listen_cookie_of_the_previous_key_is_taken_and_renewed },
	{ "listen before the first change there is no previous key",
	    test_listen_before_the_first_change_there_is_no_previous_key },
	{ "listen without fast open knows no cookie",
	    test_listen_without_fast_open_knows_no_cookie },
	{ "listen keys gone before the syn ack grants nothing",
	    test_listen_keys_gone_before_the_syn_ack_grants_nothing },
	{ "listen text beyond the pending limit is ignored",
	    test_listen_text_beyond_the_pending_limit_is_ignored },
	{ "listen pending limit of zero takes no text",
	    test_listen_pending_limit_of_zero_takes_no_text },
	{ "listen without side record falls back", test_listen_without_side_record_falls_back },
	{ "listen text that the user leaves is held and acknowledged",
	    test_listen_text_that_the_user_leaves_is_held_and_acknowledged },
	{ "listen text that nobody takes is not acknowledged",
	    test_listen_text_that_nobody_takes_is_not_acknowledged },
	{ "listen text beyond the window is cut", test_listen_text_beyond_the_window_is_cut },
	{ "listen draining or full refuses cookies too",
	    test_listen_draining_or_full_refuses_cookies_too },
	{ "listen syn with fin is dropped whatever its cookie",
	    test_listen_syn_with_fin_is_dropped_whatever_its_cookie },
	{ "established option says nothing", test_established_option_says_nothing },
	{ "time wait newer syn with cookie brings its text",
	    test_time_wait_newer_syn_with_cookie_brings_its_text },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp fast open", tests);
}
