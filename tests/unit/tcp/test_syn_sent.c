/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Active OPEN: SYN-SENT, its ends, and simultaneous open (RFC 9293 3.5, 3.10.7.3).
 */
#include "fixture.h"

/* The peer's SYN-ACK, with the options of its SYN. */
static void
answer(void)
{
	struct tg_segment seg = fx_segment("S.", 0, 0, 1);

	seg.opt = fx.peer.syn;
	fx_arrives(&seg);
	fx_serve();
}

static void
test_closed_connect_sends_syn_with_all_options(void)
{
	const struct tg_segment *seg = &fx.sent[0].seg;

	fx_connect();
	FX_STATE(TG_TCP_SYN_SENT);
	FX_EQUAL(fx.n_sent, 1);
	FX_EQUAL(seg->flags, TG_TCP_SYN);
	FX_EQUAL(seg->ack, 0);
	FX_EQUAL(seg->wnd, FX_WINDOW);
	FX_EQUAL(seg->opt.present, TG_OPT_MSS | TG_OPT_WSCALE | TG_OPT_SACK_OK | TG_OPT_TIMESTAMP);
	FX_EQUAL(seg->opt.wscale, FX_SHIFT);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_SENT), 1);
}

static void
test_closed_connect_offers_only_what_is_configured(void)
{
	fx.config.sack = fx.config.timestamps = false;
	fx_lay_out();
	fx_connect();
	FX_EQUAL(fx.sent[0].seg.opt.present, TG_OPT_MSS | TG_OPT_WSCALE);
}

static void
test_syn_sent_syn_ack_establishes_and_is_acknowledged(void)
{
	fx_offer_all(3);
	fx_connect();
	fx_forget();
	answer();
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_TRUE((fx.events & TG_TCP_EVENT_ESTABLISHED) != 0, "event");
	FX_SENT(". 1:1 ack 1");
	FX_EQUAL(fx.t->snd_wscale, 3);
	FX_EQUAL(fx.t->flags & (TG_TCB_TIMESTAMPS | TG_TCB_SACK | TG_TCB_WSCALE),
	    TG_TCB_TIMESTAMPS | TG_TCB_SACK | TG_TCB_WSCALE);
	FX_EQUAL(fx.t->mss, FX_PEER_MSS);
	fx_append(10);
	FX_SENT("P. 1:11 ack 1");
}

static void
test_syn_sent_plain_syn_ack_turns_options_off(void)
{
	fx_connect();
	fx_forget();
	fx_peer("S.", 0, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->flags & (TG_TCB_TIMESTAMPS | TG_TCB_SACK | TG_TCB_WSCALE), 0);
	FX_EQUAL(fx.t->snd_wscale, 0);
	FX_EQUAL(fx.t->mss, 536);
	FX_EQUAL(fx.sent[0].seg.opt.present, 0);
}

static void
test_syn_sent_syn_ack_gives_a_round_trip_sample(void)
{
	fx_connect();
	fx_wait_ms(100);
	answer();
	FX_TRUE(tg_sf16_decode(fx.t->srtt) > 90 * 976 && tg_sf16_decode(fx.t->srtt) < 110 * 976,
	    "100 ms in 2^10 ns");
	FX_EQUAL(fx.t->cwnd, fx.config.initial_window);
}

static void
test_syn_sent_silence_repeats_syn_five_times_then_gives_up(void)
{
	uint32_t rto = fx.config.timers.rto_initial;

	fx_connect();
	fx_wait(63 * rto - 1);
	FX_STATE(TG_TCP_SYN_SENT);
	FX_SENT("S 0:0, S 0:0, S 0:0, S 0:0, S 0:0, S 0:0");
	fx_wait(1);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_RETRANSMITS), 5);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_TIMEOUTS), 1);
}

static void
test_syn_sent_answer_to_a_repeated_syn_takes_no_sample(void)
{
	fx_connect();
	fx_wait(fx.config.timers.rto_initial);
	answer();
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->srtt, 0);
	FX_EQUAL(fx.t->cwnd, 1);
}

static void
test_syn_sent_wrong_ack_draws_a_reset_and_stays(void)
{
	static const uint32_t wrong[] = { 0, 2, 1000, 0x80000000 };
	uint32_t i;

	fx_connect();
	fx_forget();
	for (i = 0; i < TG_ARRAY_LEN(wrong); i++) {
		fx_peer("S.", 0, 0, wrong[i]);
		FX_STATE(TG_TCP_SYN_SENT);
		FX_EQUAL(fx.n_sent, 1);
		FX_EQUAL(fx.sent[0].seg.flags, TG_TCP_RST);
		FX_EQUAL(fx.sent[0].seg.seq - fx.iss, wrong[i]);
		FX_EQUAL(fx.r.drop, TG_DROP_TCP_ACK_INVALID);
		fx_forget();
	}
}

static void
test_syn_sent_reset_of_our_syn_ends(void)
{
	fx_connect();
	fx_forget();
	fx_peer("R.", 0, 0, 1);
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_RESET_BY_PEER), 1);
}

static void
test_syn_sent_blind_resets_are_ignored(void)
{
	fx_connect();
	fx_forget();
	fx_peer("R", 0, 0, 0);
	FX_STATE(TG_TCP_SYN_SENT);
	fx_peer("R.", 0, 0, 2);
	FX_STATE(TG_TCP_SYN_SENT);
	FX_SENT("");
}

static void
test_syn_sent_ack_without_syn_is_dropped(void)
{
	fx_connect();
	fx_forget();
	fx_peer(".", 1, 0, 1);
	FX_STATE(TG_TCP_SYN_SENT);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_FLAGS);
	FX_SENT("");
}

/* RFC 9293 figure 7: both SYNs cross; each side answers with its SYN again and an ACK. */
static void
test_syn_sent_syn_is_a_simultaneous_open(void)
{
	fx_connect();
	fx_forget();
	fx_peer("S", 0, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_SENT("S. 0:0 ack 1");
	fx_peer("S.", 0, 0, 1); /* its SYN again, now with an ACK of ours */
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_SENT(". 1:1 ack 1");
	fx_append(5);
	FX_SENT("P. 1:6 ack 1");
}

/* A peer that heard of our SYN-ACK first has nothing to repeat. */
static void
test_simultaneous_open_plain_ack_establishes(void)
{
	fx_connect();
	fx_peer("S", 0, 0, 0);
	fx_forget();
	fx_peer(".", 1, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_SENT("");
}

/* Neither another number nor another ACK than that of our SYN makes it the peer's SYN. */
static void
test_simultaneous_open_other_syn_acks_do_not_establish(void)
{
	fx_connect();
	fx_peer("S", 0, 0, 0);
	fx_peer("S.", UINT32_MAX, 0, 1);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	fx_forget();
	fx_peer("S.", 0, 0, 2);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_SENT(". 1:1 ack 1");
	fx_peer("S.", 0, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
}

/* After a passive open the peer has no business to send a SYN-ACK. */
static void
test_syn_received_syn_ack_does_not_establish(void)
{
	fx_peer("S", 0, 0, 0);
	fx_forget();
	fx_peer("S.", 0, 0, 1);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_SENT(". 1:1 ack 1");
}

/* RFC 7323 2.2: the window of a SYN-ACK is not scaled, that of all later segments is. */
static void
test_syn_sent_syn_ack_window_is_not_scaled(void)
{
	struct tg_segment seg;

	fx_connect();
	seg = fx_segment("S.", 0, 0, 1);
	seg.wnd = 2048;
	seg.opt = (struct tg_tcp_options){ .present = TG_OPT_WSCALE, .wscale = 7 };
	fx_arrives(&seg);
	fx_serve();
	FX_EQUAL(tg_tcp_snd_wnd(fx.t), 2048);
	fx.peer.wnd = 100;
	fx_peer(".", 1, 0, 1);
	FX_EQUAL(tg_tcp_snd_wnd(fx.t), 12800);
}

static void
test_simultaneous_open_syn_ack_window_is_not_scaled(void)
{
	fx.peer.wnd = 2048;
	fx_offer_all(7);
	fx_connect();
	fx_peer("S", 0, 0, 0);
	fx_peer("S.", 0, 0, 1);
	FX_EQUAL(tg_tcp_snd_wnd(fx.t), 2048);
}

static void
test_simultaneous_open_repeats_syn_ack_and_gives_up(void)
{
	fx_connect();
	fx_peer("S", 0, 0, 0);
	fx_wait(64 * fx.config.timers.rto_initial);
	FX_STATE(TG_TCP_CLOSED);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_TIMEOUTS), 1);
}

/* MUST-11: opened by us, SYN-RECEIVED does not fall back to LISTEN for another SYN. */
static void
test_simultaneous_open_another_syn_is_challenged(void)
{
	fx_connect();
	fx_peer("S", 0, 0, 0);
	fx_forget();
	fx_peer("S", 100, 0, 0);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_SYN_CHALLENGED);
	FX_SENT(". 1:1 ack 1");
}

static void
test_simultaneous_open_reset_ends(void)
{
	fx_connect();
	fx_peer("S", 0, 0, 0);
	fx_peer("R", 1, 0, 0);
	FX_STATE(TG_TCP_CLOSED);
}

static void
test_syn_sent_close_ends_without_a_word(void)
{
	fx_connect();
	fx_forget();
	fx_close();
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
}

static void
test_syn_sent_abort_ends_without_a_word(void)
{
	fx_connect();
	fx_forget();
	fx_abort();
	FX_STATE(TG_TCP_CLOSED);
	FX_SENT("");
	FX_EQUAL(fx_counter(TG_COUNTER_RST_SENT), 0);
}

static void
test_connect_twice_to_one_socket_is_refused(void)
{
	fx_connect();
	fx_connect();
	FX_EQUAL(fx.h, TG_HANDLE_NONE);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_SENT), 1);
}

static void
test_connect_to_broadcast_or_multicast_is_refused(void)
{
	static const uint32_t ip4[] = { 0, 0xe0000001, 0xffffffff, 0xf0000001 };
	union tg_ip ip = { .b = { 0xff, 0x02, [15] = 1 } };
	uint32_t i;

	FX_EQUAL(tg_tcp_connect(&fx.tcp, 1, &ip, 1, 2, fx.now), TG_HANDLE_NONE);
	memset(&ip, 0, sizeof(ip));
	FX_EQUAL(tg_tcp_connect(&fx.tcp, 1, &ip, 1, 2, fx.now), TG_HANDLE_NONE);
	for (i = 0; i < TG_ARRAY_LEN(ip4); i++) {
		ip.v4 = tg_be32(ip4[i]);
		FX_EQUAL(tg_tcp_connect(&fx.tcp, 0, &ip, 1, 2, fx.now), TG_HANDLE_NONE);
	}
}

static void
test_connect_without_a_free_tcb_is_refused(void)
{
	uint16_t i;

	for (i = 0; i < 2 * FX_TCBS && fx.h != TG_HANDLE_NONE; i++) {
		fx.peer.port = (uint16_t)(2000 + i);
		fx_connect();
	}
	FX_EQUAL(fx.h, TG_HANDLE_NONE);
	FX_TRUE(i <= FX_TCBS + 1, "bounded by the pool");
}

static void
test_syn_sent_deferred_syn_is_not_a_retransmission(void)
{
	struct tg_segment seg;
	uint32_t offset;

	fx_connect();
	fx.t->flags |= TG_TCB_SEND_SYN;
	fx.t->syn_time = 0; /* as if it had not left */
	tg_tcp_defer(&fx.tcp, fx.h, 10, fx.now);
	FX_TRUE(tg_tcp_output(&fx.tcp, fx.h, fx.now, &seg, &offset), "goes later");
	answer();
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->flags & TG_TCB_RETRIED, 0);
}

static CU_TestInfo tests[] = {
	{ "connect: SYN with all options", test_closed_connect_sends_syn_with_all_options },
	{ "connect: offers what is configured",
	    test_closed_connect_offers_only_what_is_configured },
	{ "SYN-SENT, SYN-ACK: ESTABLISHED", test_syn_sent_syn_ack_establishes_and_is_acknowledged },
	{ "SYN-SENT, plain SYN-ACK: no options", test_syn_sent_plain_syn_ack_turns_options_off },
	{ "SYN-SENT, SYN-ACK: round-trip sample", test_syn_sent_syn_ack_gives_a_round_trip_sample },
	{ "SYN-SENT, silence: five SYNs more, then the end",
	    test_syn_sent_silence_repeats_syn_five_times_then_gives_up },
	{ "SYN-SENT, answer to a repeated SYN: no sample",
	    test_syn_sent_answer_to_a_repeated_syn_takes_no_sample },
	{ "SYN-SENT, wrong ACK: reset", test_syn_sent_wrong_ack_draws_a_reset_and_stays },
	{ "SYN-SENT, reset of our SYN: the end", test_syn_sent_reset_of_our_syn_ends },
	{ "SYN-SENT, blind resets: ignored", test_syn_sent_blind_resets_are_ignored },
	{ "SYN-SENT, ACK alone: dropped", test_syn_sent_ack_without_syn_is_dropped },
	{ "SYN-SENT, SYN: simultaneous open", test_syn_sent_syn_is_a_simultaneous_open },
	{ "simultaneous open, ACK: established", test_simultaneous_open_plain_ack_establishes },
	{ "simultaneous open, other SYN-ACKs: not established",
	    test_simultaneous_open_other_syn_acks_do_not_establish },
	{ "SYN-RECEIVED, SYN-ACK: not established", test_syn_received_syn_ack_does_not_establish },
	{ "SYN-SENT: the window of the SYN-ACK is not scaled",
	    test_syn_sent_syn_ack_window_is_not_scaled },
	{ "simultaneous open: nor is that of its SYN-ACK",
	    test_simultaneous_open_syn_ack_window_is_not_scaled },
	{ "simultaneous open: gives up", test_simultaneous_open_repeats_syn_ack_and_gives_up },
	{ "simultaneous open, another SYN: challenged",
	    test_simultaneous_open_another_syn_is_challenged },
	{ "simultaneous open, reset: the end", test_simultaneous_open_reset_ends },
	{ "SYN-SENT, CLOSE: the end", test_syn_sent_close_ends_without_a_word },
	{ "SYN-SENT, ABORT: the end", test_syn_sent_abort_ends_without_a_word },
	{ "connect twice: refused", test_connect_twice_to_one_socket_is_refused },
	{ "connect to no host: refused", test_connect_to_broadcast_or_multicast_is_refused },
	{ "connect without a TCB: refused", test_connect_without_a_free_tcb_is_refused },
	{ "SYN-SENT: a deferred SYN is no retransmission",
	    test_syn_sent_deferred_syn_is_not_a_retransmission },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp syn-sent", tests);
}
