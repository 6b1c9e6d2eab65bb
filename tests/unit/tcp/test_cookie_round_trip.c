/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * There and back: every combination of what a SYN offers, by cookie and with a TCB.
 */
#include "syn_cookies_fixture.h"

/* The same handshake with a TCB: what the connection then looks like. */
static struct tg_tcb
tcb_by_state(const char *syn_flags)
{
	struct tg_segment syn_ack;
	struct tg_tcb t;

	fx.tcp.syn_cookies.keys = NULL;
	fx_peer(syn_flags, 0, 0, 0);
	syn_ack = fx.sent[0].seg;
	sc_ack(&syn_ack, ".", 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	t = *fx.t;
	fx_abort();
	fx_forget();
	fx.tcp.syn_cookies.keys = &sc_keys;
	return t;
}

/* The two handshakes leave the same TCB, but for what nobody kept: the ISN, the round trip and
 * the timestamp's offset, whose next value is one above the echo. */
static void
check_like_state(const char *syn_flags, uint16_t mss)
{
	struct tg_tcb want = tcb_by_state(syn_flags);
	struct tg_segment syn_ack = sc_syn(syn_flags, 0);

	sc_ack(&syn_ack, ".", 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	want.snd_una = want.snd_nxt = syn_ack.seq + 1;
	want.srtt = want.rttvar = 0;
	want.mss = mss;
	want.cwnd = fx.t->cwnd;
	want.timer.deadline = fx.t->timer.deadline;
	if ((want.flags & TG_TCB_TIMESTAMPS) != 0)
		want.ts_off = syn_ack.opt.tsval + 1 - tg_time_tick(fx.now);
	FX_TCB(&want);
	FX_TRUE(fx.t->cwnd >= 10, "initial window");
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ACCEPTED), 1);
	FX_SENT("");
}

/* What one SYN offers, as bits. */
enum { OFFER_TIMESTAMPS = 1, OFFER_SACK = 2, OFFER_ECN = 4, OFFERS = 8 };

/* wscale: 0..14, or TG_COOKIE_NO_WSCALE for none. */
static void
offer(unsigned bits, uint8_t wscale, uint16_t mss)
{
	fx.peer.syn = (struct tg_tcp_options){ .present = TG_OPT_MSS, .mss = mss };
	fx.peer.syn.present |= (bits & OFFER_TIMESTAMPS) != 0 ? TG_OPT_TIMESTAMP : 0;
	fx.peer.syn.present |= (bits & OFFER_SACK) != 0 ? TG_OPT_SACK_OK : 0;
	if (wscale != TG_COOKIE_NO_WSCALE) {
		fx.peer.syn.present |= TG_OPT_WSCALE;
		fx.peer.syn.wscale = wscale;
	}
}

/* With a TCB all is granted; by cookie nothing but the MSS comes back without timestamps. */
static void
check_combination(unsigned bits, uint8_t wscale, uint16_t mss, uint16_t class_mss)
{
	const char *flags = (bits & OFFER_ECN) != 0 ? "SEW" : "S";

	offer(bits, wscale, mss);
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	if ((bits & OFFER_TIMESTAMPS) != 0) {
		check_like_state(flags, class_mss);
		FX_EQUAL((fx.t->flags & TG_TCB_SACK) != 0, (bits & OFFER_SACK) != 0);
		FX_EQUAL((fx.t->flags & TG_TCB_ECN) != 0, (bits & OFFER_ECN) != 0);
		FX_EQUAL((fx.t->flags & TG_TCB_WSCALE) != 0, wscale != TG_COOKIE_NO_WSCALE);
		FX_EQUAL(fx.t->snd_wscale, wscale != TG_COOKIE_NO_WSCALE ? wscale : 0);
	} else {
		struct tg_segment syn_ack = sc_syn(flags, 0);

		FX_EQUAL(syn_ack.opt.present, TG_OPT_MSS);
		sc_ack(&syn_ack, ".", 0);
		FX_STATE(TG_TCP_ESTABLISHED);
		FX_EQUAL(fx.t->flags, 0);
		FX_EQUAL(fx.t->mss, class_mss);
		FX_EQUAL(fx.t->snd_wscale, 0);
	}
	fx_abort();
}

/* Every class by its least and its greatest MSS. */
static void
check_family(bool is_ipv6)
{
	const uint16_t *t = tg_cookie_mss[is_ipv6];
	unsigned i, bits;
	uint8_t wscale;

	fx.peer.is_ipv6 = is_ipv6;
	fx.config.mss4 = fx.config.mss6 = 9000;
	for (i = 0; i < TG_COOKIE_MSS_CLASSES; i++) {
		uint16_t last = i + 1 == TG_COOKIE_MSS_CLASSES ? 65535 : (uint16_t)(t[i + 1] - 1);

		for (bits = 0; bits < OFFERS; bits++) {
			for (wscale = 0; wscale <= TG_COOKIE_NO_WSCALE; wscale++) {
				check_combination(bits, wscale, t[i], t[i]);
				check_combination(bits, wscale, last, t[i]);
			}
		}
	}
}

static void
test_cookie_of_every_offer_opens_a_connection_like_any_other_over_ipv4(void)
{
	check_family(false);
}

static void
test_cookie_of_every_offer_opens_a_connection_like_any_other_over_ipv6(void)
{
	check_family(true);
}

static void
test_cookie_of_no_options_at_all_opens_a_plain_connection(void)
{
	fx.peer.syn.present = 0;
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	check_like_state("S", 536);
	FX_EQUAL(fx.t->flags, 0);
}

static CU_TestInfo tests[] = {
	{ "cookie_of_every_offer_opens_a_connection_like_any_other_over_ipv4",
	    test_cookie_of_every_offer_opens_a_connection_like_any_other_over_ipv4 },
	{ "cookie_of_every_offer_opens_a_connection_like_any_other_over_ipv6",
	    test_cookie_of_every_offer_opens_a_connection_like_any_other_over_ipv6 },
	{ "cookie_of_no_options_at_all_opens_a_plain_connection",
	    test_cookie_of_no_options_at_all_opens_a_plain_connection },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("cookie round trip", tests);
}
