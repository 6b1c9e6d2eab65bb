/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * ICMP errors: which are believed (RFC 5927 4.1), and what they do (RFC 5927 4.2, RFC 1191,
 * RFC 8201).
 */
#include "fixture.h"

enum kind { SOFT, HARD, TOO_BIG };

static const uint8_t code[] = { [SOFT] = 1, [HARD] = 3, [TOO_BIG] = 4 };

/* An error that quotes our segment at relative sequence number seq. */
static void
icmp(enum kind kind, uint32_t seq, uint16_t mtu)
{
	struct tg_tcp_icmp_error error = { .hard = kind == HARD,
		.too_big = kind == TOO_BIG,
		.type = 3,
		.code = code[kind],
		.mtu = mtu };
	uint32_t h = fx.h;

	error.quoted_seq = fx.iss + seq;
	tg_tcp_icmp(&fx.tcp, h, &error, fx.now, &fx.r);
	if ((fx.r.events & TG_TCP_EVENT_CLOSED) != 0) {
		tg_tcp_free(&fx.tcp, h, &fx.spare);
		fx.h = TG_HANDLE_NONE;
		return;
	}
	fx_serve();
}

/* SND.UNA =< quoted < SND.NXT, here 1 .. 3000. */
static void
test_only_quotes_of_what_is_under_way_are_believed(void)
{
	static const struct {
		uint32_t seq;
		bool believed;
	} rows[] = {
		{ 0, false },
		{ 1, true },
		{ 2, true },
		{ 3000, true },
		{ 3001, false },
		{ 1U << 31, false },
		{ UINT32_MAX, false },
	};
	struct tg_tcb before;
	uint32_t i;

	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(3000);
	fx_forget();
	before = *fx.t;
	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		icmp(SOFT, rows[i].seq, 0);
		FX_EQUAL(fx.r.drop == TG_DROP_ICMP_CONSUMED, rows[i].believed);
		icmp(HARD, rows[i].seq, 0);
		FX_EQUAL(fx.r.drop,
		    rows[i].believed ? TG_DROP_ICMP_CONSUMED : TG_DROP_ICMP_NO_CONNECTION);
		if (!rows[i].believed)
			icmp(TOO_BIG, rows[i].seq, 600);
	}
	FX_TCB(&before);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_ICMP_SOFT_ERRORS), 6);
	FX_EQUAL(fx_counter(TG_COUNTER_PMTU_LOWERED), 0);
}

static void
test_nothing_under_way_nothing_is_believed(void)
{
	struct tg_tcb before;

	fx_enter(TG_TCP_ESTABLISHED);
	before = *fx.t;
	icmp(HARD, 1, 0);
	FX_EQUAL(fx.r.drop, TG_DROP_ICMP_NO_CONNECTION);
	icmp(TOO_BIG, 1, 600);
	icmp(TOO_BIG, 0, 600);
	FX_TCB(&before);
}

/* MUST-56, and RFC 5927 4.2 for hard ones. */
static void
test_synchronised_states_no_error_aborts(void)
{
	static const enum tg_tcp_state states[] = { TG_TCP_ESTABLISHED, TG_TCP_FIN_WAIT_1,
		TG_TCP_CLOSE_WAIT, TG_TCP_CLOSING, TG_TCP_LAST_ACK };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(states); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(states[i]);
		if (fx.t->snd_una == fx.t->snd_nxt)
			fx_append(10);
		fx_forget();
		icmp(HARD, 1, 0);
		icmp(SOFT, 1, 0);
		FX_EQUAL(fx.r.drop, TG_DROP_ICMP_CONSUMED);
		FX_STATE(states[i]);
		FX_SENT("");
	}
}

/* MUST-47, SHLD-25: reason and subreason. */
static void
test_errors_are_reported_to_the_user_of_the_connection(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	icmp(SOFT, 1, 0);
	FX_EQUAL(fx.r.events, 0); /* not believed */
	fx_append(10);
	icmp(SOFT, 1, 0);
	FX_EQUAL(fx.r.events, TG_TCP_EVENT_ICMP);
	FX_EQUAL(fx.r.icmp_type, 3);
	FX_EQUAL(fx.r.icmp_code, 1);
	icmp(HARD, 1, 0);
	FX_EQUAL(fx.r.events, TG_TCP_EVENT_ICMP);
	FX_EQUAL(fx.r.icmp_code, 3);
	icmp(TOO_BIG, 1, 600);
	FX_EQUAL(fx.r.events, 0);
	fx_abort();
	fx_connect();
	icmp(HARD, 0, 0);
	FX_EQUAL(fx.r.events, TG_TCP_EVENT_ICMP | TG_TCP_EVENT_CLOSED);
	FX_EQUAL(fx.r.icmp_code, 3);
	FX_EQUAL(fx_counter(TG_COUNTER_ICMP_REFUSED), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_ICMP_SOFT_ERRORS), 3);
}

static void
test_syn_received_hard_error_ends_it_and_soft_does_not(void)
{
	fx_enter(TG_TCP_SYN_RECEIVED);
	icmp(SOFT, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	icmp(HARD, 1, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED); /* not the SYN-ACK's number */
	icmp(HARD, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
}

static void
test_syn_sent_hard_error_ends_it_and_soft_does_not(void)
{
	fx_connect();
	fx_forget();
	icmp(SOFT, 0, 0);
	FX_STATE(TG_TCP_SYN_SENT);
	icmp(HARD, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
}

static void
test_too_big_sends_again_in_smaller_segments(void)
{
	fx.peer.syn.mss = 1460;
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(3000);
	FX_SENT(". 1:1461 ack 1, . 1461:2921 ack 1, P. 2921:3001 ack 1");
	icmp(TOO_BIG, 1, 1040);
	FX_EQUAL(fx.t->mss, 1000);
	FX_SENT(". 1:1001 ack 1, . 1001:2001 ack 1, P. 2001:3001 ack 1");
	FX_EQUAL(fx_counter(TG_COUNTER_PMTU_LOWERED), 1);
	FX_EQUAL(fx.t->cwnd, 10); /* it was not congestion */
	FX_EQUAL(fx_side()->rtt_timing, false);
	fx_peer(".", 1, 0, 3001);
	FX_EQUAL(fx.t->snd_una, fx.t->snd_nxt);
}

static void
test_too_big_respects_the_floor_of_each_family(void)
{
	static const struct {
		bool is_ipv6;
		uint16_t mtu, mss;
	} rows[] = {
		{ false, 1400, 1360 },
		{ false, 1500, 1460 }, /* no lower */
		{ false, 9000, 1460 },
		{ false, 552, 512 },
		{ false, 551, 512 },
		{ false, 68, 512 },
		{ false, 0, 512 }, /* a router that does not say */
		{ true, 1400, 1340 },
		{ true, 1280, 1220 },
		{ true, 1279, 1220 },
		{ true, 0, 1220 },
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		fx.peer.is_ipv6 = rows[i].is_ipv6;
		fx.peer.syn.mss = 1460;
		fx_enter(TG_TCP_ESTABLISHED);
		fx_append(10);
		icmp(TOO_BIG, 1, rows[i].mtu);
		FX_EQUAL(fx.r.drop, TG_DROP_ICMP_CONSUMED);
		FX_EQUAL(fx.t->mss, rows[i].mss);
	}
}

static void
test_too_big_never_raises_the_mss(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(10);
	fx_forget();
	icmp(TOO_BIG, 1, 1400);
	FX_EQUAL(fx.t->mss, FX_PEER_MSS);
	FX_SENT("");
	icmp(TOO_BIG, 1, 800);
	FX_EQUAL(fx.t->mss, 760);
	icmp(TOO_BIG, 1, 1000);
	FX_EQUAL(fx.t->mss, 760);
	FX_EQUAL(fx_counter(TG_COUNTER_PMTU_LOWERED), 1);
}

static void
test_too_big_in_syn_received_counts_for_what_follows(void)
{
	fx_enter(TG_TCP_SYN_RECEIVED);
	icmp(TOO_BIG, 0, 700);
	FX_SENT("");
	fx_peer(".", 1, 0, 1);
	fx_append(1000);
	FX_SENT(". 1:661 ack 1, P. 661:1001 ack 1");
}

static void
test_too_big_while_the_fin_is_under_way_sends_both_again(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(900);
	fx_close();
	fx_forget();
	icmp(TOO_BIG, 1, 640);
	FX_SENT(". 1:601 ack 1, FP. 601:901 ack 1");
	fx_peer(".", 1, 0, 902);
	FX_STATE(TG_TCP_FIN_WAIT_2);
}

static CU_TestInfo tests[] = {
	{ "only quotes of what is under way are believed",
	    test_only_quotes_of_what_is_under_way_are_believed },
	{ "nothing under way: nothing is believed", test_nothing_under_way_nothing_is_believed },
	{ "synchronised states: no error aborts", test_synchronised_states_no_error_aborts },
	{ "errors are reported to the user of the connection",
	    test_errors_are_reported_to_the_user_of_the_connection },
	{ "SYN-RECEIVED: a hard error ends it, a soft one does not",
	    test_syn_received_hard_error_ends_it_and_soft_does_not },
	{ "SYN-SENT: a hard error ends it, a soft one does not",
	    test_syn_sent_hard_error_ends_it_and_soft_does_not },
	{ "too big: again in smaller segments", test_too_big_sends_again_in_smaller_segments },
	{ "too big: the floor of each family", test_too_big_respects_the_floor_of_each_family },
	{ "too big: never raises the MSS", test_too_big_never_raises_the_mss },
	{ "too big in SYN-RECEIVED counts for what follows",
	    test_too_big_in_syn_received_counts_for_what_follows },
	{ "too big while the FIN is under way: both again",
	    test_too_big_while_the_fin_is_under_way_sends_both_again },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp icmp", tests);
}
