/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What is checked before a segment may say anything: sequence numbers (RFC 9293 3.10.7.4,
 * table 6).
 */
#include "fixture.h"

/* Fills the receive window: 16384 bytes that the user does not take. The side record
 * stays. */
static void
close_window(void)
{
	uint32_t at;

	fx.appetite = 0;
	for (at = 1; at < FX_WINDOW; at += 1024)
		fx_peer("P.", at, 1024, 1);
	FX_EQUAL(fx.sent[fx.n_sent - 1].seg.wnd, 0);
	fx_forget();
}

/* RCV.NXT is 1, the window 16384 bytes: 1 .. 16384. */
static void
test_sequence_table_with_an_open_window(void)
{
	static const struct {
		uint32_t seq, len;
		bool acceptable;
	} rows[] = {
		/* SEG.LEN = 0: RCV.NXT =< SEG.SEQ < RCV.NXT+RCV.WND */
		{ 0, 0, false },
		{ 1, 0, true },
		{ 2, 0, true },
		{ FX_WINDOW, 0, true },
		{ FX_WINDOW + 1, 0, false },
		{ 1U << 31, 0, false },
		/* SEG.LEN > 0: the first or the last byte lies in it */
		{ 0, 1, false },
		{ 0, 2, true },
		{ 0 - 99U, 100, false },
		{ 0 - 98U, 100, true },
		{ 1, 1, true },
		{ FX_WINDOW, 1, true },
		{ FX_WINDOW, 100, true },
		{ FX_WINDOW + 1, 1, false },
		{ 1U << 31, 1, false },
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(TG_TCP_ESTABLISHED);
		fx_peer(".", rows[i].seq, rows[i].len, 1);
		FX_EQUAL(fx.r.drop == TG_DROP_TCP_SEQUENCE, !rows[i].acceptable);
		if (!rows[i].acceptable)
			FX_SENT(". 1:1 ack 1");
	}
}

/* RCV.WND = 0 and RCV.NXT = 16385: only an empty segment at RCV.NXT is acceptable, but valid
 * ACKs and RSTs are allowed for. */
static void
test_sequence_table_with_a_closed_window(void)
{
	static const struct {
		const char *flags;
		uint32_t seq, len;
		enum tg_tcp_state state;
		const char *sent;
	} rows[] = {
		{ ".", 16385, 0, TG_TCP_ESTABLISHED, "" },
		{ ".", 16386, 0, TG_TCP_ESTABLISHED, ". 1:1 ack 16385" },
		{ ".", 16384, 0, TG_TCP_ESTABLISHED, ". 1:1 ack 16385" },
		{ "P.", 16385, 1, TG_TCP_ESTABLISHED, ". 1:1 ack 16385" },
		{ "P.", 16385, 100, TG_TCP_ESTABLISHED, ". 1:1 ack 16385" },
		{ "P.", 16386, 1, TG_TCP_ESTABLISHED, ". 1:1 ack 16385" },
		{ "R", 16385, 0, TG_TCP_CLOSED, "" },
		{ "R", 16386, 0, TG_TCP_ESTABLISHED, "" },
		{ "S", 16385, 0, TG_TCP_ESTABLISHED, ". 1:1 ack 16385" },
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(TG_TCP_ESTABLISHED);
		close_window();
		fx_peer(rows[i].flags, rows[i].seq, rows[i].len, 1);
		FX_STATE(rows[i].state);
		FX_SENT(rows[i].sent);
		FX_EQUAL(fx.taken, 0);
		if (fx_state() != TG_TCP_CLOSED)
			FX_EQUAL(fx.t->rcv_nxt - fx.peer.iss, 16385);
	}
}

/* MUST-66 and "special allowance": the ACK of a probe of the peer's counts. */
static void
test_closed_window_ack_on_refused_text_counts(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_append(500);
	close_window();
	fx_peer("P.", 16385, 1, 501);
	FX_EQUAL(fx.t->snd_una - fx.iss, 501);
	FX_EQUAL(fx.r.events & TG_TCP_EVENT_ACKED, TG_TCP_EVENT_ACKED);
	FX_SENT(". 501:501 ack 16385");
}

/* The ACK of a peer that has probed and heard nothing stands one behind where we took its byte,
 * one beyond where a strict peer counts it as sent and we refused it. Only news counts. */
static void
test_ack_beside_rcv_nxt_counts_if_it_is_news(void)
{
	static const struct {
		const char *flags;
		uint32_t seq, ack;
		bool closed, counts;
	} rows[] = {
		{ ".", 0, 501, false, true },
		{ ".", 0, 501, true, true },
		{ ".", 2, 501, true, true },
		{ ".", UINT32_MAX, 501, true, false }, /* two behind */
		{ ".", 3, 501, true, false },
		{ "S.", 0, 501, true, false },
		{ "R.", 0, 501, true, false },
		{ "F.", 2, 501, true, false },
		{ ".", 0, 1, true, false }, /* no news */
		{ ".", 2, 1, true, false },
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(TG_TCP_ESTABLISHED);
		fx_append(500);
		if (rows[i].closed)
			close_window();
		fx_forget();
		fx_peer(
		    rows[i].flags, fx.t->rcv_nxt - fx.peer.iss - 1 + rows[i].seq, 0, rows[i].ack);
		FX_STATE(TG_TCP_ESTABLISHED);
		FX_EQUAL(fx.t->snd_una - fx.iss, rows[i].counts ? 501 : 1);
		FX_EQUAL(fx.r.drop, rows[i].counts ? TG_DROP_NONE : TG_DROP_TCP_SEQUENCE);
		FX_EQUAL(fx.n_sent, rows[i].flags[0] != 'R');
	}
}

/* Nobody has probed yet. */
static void
test_syn_received_ack_one_behind_does_not_count(void)
{
	fx_enter(TG_TCP_SYN_RECEIVED);
	fx_peer(".", 0, 0, 1);
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_SEQUENCE);
}

/* Our window is open again, and the peer's, but its update stands one behind. */
static void
test_window_update_one_behind_opens_a_closed_window(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.peer.wnd = 0;
	fx_peer("P.", 1, 1, 1); /* its probe, taken */
	fx_append(500);
	FX_EQUAL(fx.t->snd_wnd, 0);
	fx_forget();
	fx.peer.wnd = 1000;
	fx_peer(".", 1, 0, 1);
	FX_SENT("P. 1:501 ack 2");
}

/* A keep-alive probe of the old kind, with a byte (RFC 9293 MAY-6), and the new. */
static void
test_keep_alive_probes_are_acknowledged(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer(".", 0, 0, 1);
	FX_SENT(". 1:1 ack 1");
	fx_peer(".", 0, 1, 1);
	FX_SENT(". 1:1 ack 1");
	FX_EQUAL(fx.taken, 0);
}

static CU_TestInfo tests[] = {
	{ "sequence table with an open window", test_sequence_table_with_an_open_window },
	{ "sequence table with a closed window", test_sequence_table_with_a_closed_window },
	{ "closed window: the ACK on refused text counts",
	    test_closed_window_ack_on_refused_text_counts },
	{ "ACK beside RCV.NXT: counts if it is news",
	    test_ack_beside_rcv_nxt_counts_if_it_is_news },
	{ "SYN-RECEIVED: an ACK one behind does not count",
	    test_syn_received_ack_one_behind_does_not_count },
	{ "window update one behind opens a closed window",
	    test_window_update_one_behind_opens_a_closed_window },
	{ "keep-alive probes are acknowledged", test_keep_alive_probes_are_acknowledged },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp sequence", tests);
}
