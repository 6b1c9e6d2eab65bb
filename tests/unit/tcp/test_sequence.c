/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What is checked before a segment may say anything: sequence numbers (RFC 9293 3.10.7.4,
 * table 6), timestamps (RFC 7323 sections 3 to 5), and the limit on challenge ACKs (RFC 5961
 * section 7).
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

static void
enter_with_timestamps(void)
{
	fx.peer.syn.present |= TG_OPT_TIMESTAMP;
	fx_enter(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->flags & TG_TCB_TIMESTAMPS, TG_TCB_TIMESTAMPS);
}

static void
test_timestamps_are_sent_and_echoed_on_every_segment(void)
{
	const struct tg_tcp_options *opt = &fx.sent[0].seg.opt;

	enter_with_timestamps();
	fx.peer.tsval = FX_PEER_TSVAL + 0x20; /* across the wrap */
	fx_wait(5);
	fx_peer("P.", 1, 10, 1);
	fx_wait_ms(40);
	FX_EQUAL(opt->present, TG_OPT_TIMESTAMP);
	FX_EQUAL(opt->tsval, tg_time_tick(fx.now) + fx.t->ts_off);
	FX_EQUAL(opt->tsecr, 0x10);
	fx_forget();
	fx_append(10);
	FX_EQUAL(opt->present, TG_OPT_TIMESTAMP);
	FX_EQUAL(opt->tsecr, 0x10);
	fx_forget();
	fx_close();
	FX_EQUAL(opt->present, TG_OPT_TIMESTAMP);
}

/* RFC 7323 5.3 R1. */
static void
test_paws_older_timestamp_is_dropped_and_acknowledged(void)
{
	struct tg_tcb before;

	enter_with_timestamps();
	before = *fx.t;
	fx.peer.tsval = FX_PEER_TSVAL - 1;
	fx_peer("P.", 1, 10, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_PAWS);
	FX_SENT(". 1:1 ack 1");
	fx_peer("F.", 1, 0, 1);
	FX_SENT(". 1:1 ack 1");
	fx.peer.tsval = FX_PEER_TSVAL + (1U << 31); /* older by half the circle */
	fx_peer("P.", 1, 10, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_PAWS);
	FX_TCB(&before);
	FX_EQUAL(fx.taken, 0);
}

static void
test_paws_same_and_newer_timestamps_pass(void)
{
	enter_with_timestamps();
	fx_peer("P.", 1, 10, 1);
	FX_EQUAL(fx.taken, 10);
	fx.peer.tsval = FX_PEER_TSVAL + (1U << 31) - 1;
	fx_peer("P.", 11, 10, 1);
	FX_EQUAL(fx.taken, 20);
}

/* RFC 7323 5.2: an old RST may be taken, its timestamp says nothing. */
static void
test_paws_resets_are_exempt(void)
{
	struct tg_segment rst;

	enter_with_timestamps();
	rst = fx_segment("R", 1, 0, 0);
	rst.opt.present = TG_OPT_TIMESTAMP;
	rst.opt.tsval = FX_PEER_TSVAL - 1000;
	fx_arrives(&rst);
	FX_STATE(TG_TCP_CLOSED);
	enter_with_timestamps();
	fx_peer("R", 1, 0, 0); /* and none is as good */
	FX_STATE(TG_TCP_CLOSED);
}

/* RFC 7323 3.2: once agreed, segments without one are dropped, silently. */
static void
test_missing_timestamp_is_dropped_silently(void)
{
	enter_with_timestamps();
	fx.peer.syn.present = TG_OPT_MSS;
	fx_peer("P.", 1, 10, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_PAWS);
	FX_SENT("");
	FX_EQUAL(fx.taken, 0);
}

/* RFC 5961 section 4 goes before: a SYN is challenged, whatever timestamp it has or lacks and
 * wherever it lies. */
static void
test_syn_without_or_with_an_old_timestamp_is_challenged(void)
{
	static const uint32_t seqs[] = { 1, 0, 100, 50000 };
	struct tg_segment syn;
	struct tg_tcb before;
	uint32_t i;

	fx.config.limits.challenge_acks_per_second = 100;
	enter_with_timestamps();
	before = *fx.t;
	for (i = 0; i < TG_ARRAY_LEN(seqs); i++) {
		syn = fx_segment("S", seqs[i], 0, 0);
		syn.opt.present = TG_OPT_MSS;
		fx_arrives(&syn);
		FX_EQUAL(fx.r.drop, TG_DROP_TCP_SYN_CHALLENGED);
		fx_serve();
		FX_SENT(". 1:1 ack 1");
		syn.opt.present = TG_OPT_TIMESTAMP;
		syn.opt.tsval = FX_PEER_TSVAL - 1;
		fx_arrives(&syn);
		fx_serve();
		FX_SENT(". 1:1 ack 1");
	}
	FX_EQUAL(fx_counter(TG_COUNTER_CHALLENGE_ACKS), 2 * TG_ARRAY_LEN(seqs));
	FX_TCB(&before);
}

/* The half-open connection stays: only what PAWS lets pass goes back to LISTEN. */
static void
test_syn_received_another_syn_without_timestamp_is_challenged(void)
{
	struct tg_segment syn;

	fx_offer_all(7);
	fx_enter(TG_TCP_SYN_RECEIVED);
	syn = fx_segment("S", 100, 0, 0);
	syn.opt.present = TG_OPT_MSS;
	fx_arrives(&syn);
	fx_serve();
	FX_STATE(TG_TCP_SYN_RECEIVED);
	FX_SENT(". 1:1 ack 1");
}

static void
test_timestamp_not_agreed_is_ignored(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.peer.syn.present |= TG_OPT_TIMESTAMP;
	fx.peer.tsval = 5;
	fx_peer("P.", 1, 10, 1);
	fx.peer.tsval = 4;
	fx_peer("P.", 11, 10, 1);
	FX_EQUAL(fx.taken, 20);
	FX_EQUAL(fx.t->ts_recent, 0);
	FX_EQUAL(fx.sent[0].seg.opt.present, 0);
}

/* RFC 7323 4.3: TS.Recent moves only with a segment at or before Last.ACK.sent, so that an
 * echo times the oldest segment of those that one ACK answers. */
static void
test_ts_recent_is_that_of_the_first_segment_an_ack_answers(void)
{
	enter_with_timestamps();
	fx.user_busy = true;
	fx.peer.tsval = FX_PEER_TSVAL + 1;
	fx_peer("P.", 1, 10, 1); /* ACK delayed */
	fx.peer.tsval = FX_PEER_TSVAL + 2;
	fx_peer("P.", 11, 10, 1);
	FX_SENT(". 1:1 ack 21");
	FX_EQUAL(fx.t->ts_recent, FX_PEER_TSVAL + 1);
	fx.peer.tsval = FX_PEER_TSVAL + 3;
	fx_peer("P.", 21, 10, 1);
	FX_EQUAL(fx.t->ts_recent, FX_PEER_TSVAL + 3);
}

static void
test_ts_recent_does_not_move_behind_a_gap_and_moves_when_it_is_filled(void)
{
	enter_with_timestamps();
	fx.peer.tsval = FX_PEER_TSVAL + 7;
	fx_peer("P.", 101, 100, 1);
	FX_EQUAL(fx.sent[0].seg.opt.tsecr, FX_PEER_TSVAL);
	fx_forget();
	fx.peer.tsval = FX_PEER_TSVAL + 5;
	fx_peer("P.", 1, 100, 1);
	FX_EQUAL(fx.t->ts_recent, FX_PEER_TSVAL + 5);
	FX_EQUAL(fx.sent[0].seg.opt.tsecr, FX_PEER_TSVAL + 5);
}

static void
test_ts_recent_is_left_alone_by_an_unacceptable_segment(void)
{
	enter_with_timestamps();
	fx.peer.tsval = FX_PEER_TSVAL + 9;
	fx_peer("P.", 0 - 99U, 100, 1);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_SEQUENCE);
	FX_EQUAL(fx.t->ts_recent, FX_PEER_TSVAL);
	fx_peer("P.", 50000, 100, 1);
	FX_EQUAL(fx.t->ts_recent, FX_PEER_TSVAL);
}

/* Nor by what is challenged: forged, it would let no segment of the peer pass any more. */
static void
test_ts_recent_is_left_alone_by_what_is_challenged(void)
{
	static const struct {
		const char *flags;
		uint32_t seq, ack;
	} rows[] = { { "S", 1, 0 }, { "S.", 1, 1 }, { "R", 2, 0 }, { ".", 1, 2 },
		{ ".", 1, 1 - 70000U } };
	struct tg_segment forged;
	uint32_t i;

	enter_with_timestamps();
	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		forged = fx_segment(rows[i].flags, rows[i].seq, 0, rows[i].ack);
		forged.opt.present = TG_OPT_TIMESTAMP;
		forged.opt.tsval = FX_PEER_TSVAL + 1000000;
		fx_arrives(&forged);
		FX_TRUE(fx.r.drop != TG_DROP_NONE, rows[i].flags);
		fx_serve();
		FX_EQUAL(fx.t->ts_recent, FX_PEER_TSVAL);
	}
	fx_peer("P.", 1, 10, 1);
	FX_EQUAL(fx.taken, 10);
}

static void
provoke(const char *what, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (what[0] == 'R')
			fx_peer("R", 2, 0, 0);
		else if (what[0] == 'S')
			fx_peer("S", 1, 0, 0);
		else if (what[0] == 'A')
			fx_peer(".", 1, 0, 5000);
		else
			fx_peer(".", 0, 0, 1);
	}
}

/* To where the next interval begins. */
static void
wait_for_interval(void)
{
	fx_wait(1024 - tg_time_tick(fx.now) % 1024);
	fx_forget();
}

/* How many challenge ACKs an interval grants; all of them are taken. */
static uint32_t
limit_of_interval(const char *what)
{
	wait_for_interval();
	provoke(what, 30);
	return fx.n_sent;
}

/* RFC 5961 section 7: ten a second here, give or take a half. */
static void
test_challenge_acks_are_limited_whatever_provokes_them(void)
{
	static const char *const what[] = { "RST", "SYN", "ACK", "sequence" };
	uint32_t i, n;

	for (i = 0; i < TG_ARRAY_LEN(what); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(TG_TCP_ESTABLISHED);
		n = limit_of_interval(what[i]);
		FX_TRUE(n >= 5 && n <= 15, what[i]);
		FX_EQUAL(fx_counter(TG_COUNTER_CHALLENGE_ACKS), n);
		FX_EQUAL(fx_counter(TG_COUNTER_CHALLENGE_ACKS_LIMITED), 30 - n);
		fx_forget();
		fx_wait(1023); /* the interval to its end */
		provoke(what[i], 30);
		FX_TRUE(fx.n_sent == 0, what[i]);
		n = limit_of_interval(what[i]);
		FX_TRUE(n >= 5 && n <= 15, what[i]);
		FX_STATE(TG_TCP_ESTABLISHED);
	}
}

/* CVE-2016-5696: every number in the range comes, about equally often, and none tells the
 * next. */
static void
test_challenge_ack_limit_is_drawn_anew_for_each_interval(void)
{
	uint32_t seen[16] = { 0 }, same = 0, last = 0, n, i;

	fx_enter(TG_TCP_ESTABLISHED);
	for (i = 0; i < 1100; i++) {
		n = limit_of_interval("RST");
		FX_TRUE(n >= 5 && n <= 15, "in range");
		seen[n & 15]++;
		same += n == last;
		last = n;
	}
	for (n = 5; n <= 15; n++)
		FX_TRUE(seen[n] > 60 && seen[n] < 145, "as often as the others");
	FX_TRUE(same > 60 && same < 145, "as often as by chance");
}

static void
take_limits(uint32_t limits[20], uint64_t key, uint32_t late_ns)
{
	uint32_t i;

	fx_teardown();
	fx_setup();
	fx.config.secrets.challenge.k[0] = key;
	fx_enter(TG_TCP_ESTABLISHED);
	fx.now += late_ns;
	for (i = 0; i < 20; i++)
		limits[i] = limit_of_interval("RST");
}

/* Another key draws other numbers, and so does another shard with the same key: its first
 * provocation came a nanosecond later. */
static void
test_challenge_ack_limits_depend_on_the_key_and_on_the_shard(void)
{
	uint32_t first[20], again[20], key[20], late[20];

	take_limits(first, 1, 0);
	take_limits(again, 1, 0);
	take_limits(key, 2, 0);
	take_limits(late, 1, 1);
	FX_EQUAL(memcmp(first, again, sizeof(first)), 0);
	FX_TRUE(memcmp(first, key, sizeof(first)) != 0, "another key");
	FX_TRUE(memcmp(first, late, sizeof(first)) != 0, "another time");
}

static void
test_challenge_ack_limit_of_one_or_none_is_kept(void)
{
	uint32_t i, n;

	for (i = 0; i < 20; i++) {
		fx.config.limits.challenge_acks_per_second = 1;
		fx_enter(TG_TCP_ESTABLISHED);
		n = limit_of_interval("RST");
		FX_TRUE(n == 1 || n == 2, "one");
		fx.config.limits.challenge_acks_per_second = 0;
		FX_EQUAL(limit_of_interval("RST"), 0);
		fx_peer("R", 1, 0, 0);
	}
}

static void
test_challenge_ack_limit_is_one_for_all_connections(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	limit_of_interval("RST");
	fx_turn_to(fx.peer.port + 1);
	fx_enter(TG_TCP_ESTABLISHED);
	provoke("RST", 10);
	FX_SENT("");
}

/* Text outside the window is acknowledged without limit: a peer that lost our ACKs must
 * hear them. */
static void
test_acks_of_repeated_text_are_not_limited(void)
{
	uint32_t i;

	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 10, 1);
	fx_wait_ms(40);
	fx_forget();
	for (i = 0; i < 30; i++)
		fx_peer("P.", 1, 10, 1);
	FX_EQUAL(fx.n_sent, 30);
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
	{ "timestamps are sent and echoed on every segment",
	    test_timestamps_are_sent_and_echoed_on_every_segment },
	{ "PAWS, older timestamp: dropped and acknowledged",
	    test_paws_older_timestamp_is_dropped_and_acknowledged },
	{ "PAWS: the same and newer ones pass", test_paws_same_and_newer_timestamps_pass },
	{ "PAWS: resets are exempt", test_paws_resets_are_exempt },
	{ "timestamp missing: dropped silently", test_missing_timestamp_is_dropped_silently },
	{ "SYN without a timestamp, or an old one: challenged",
	    test_syn_without_or_with_an_old_timestamp_is_challenged },
	{ "SYN-RECEIVED, another SYN without timestamp: challenged",
	    test_syn_received_another_syn_without_timestamp_is_challenged },
	{ "timestamp not agreed: ignored", test_timestamp_not_agreed_is_ignored },
	{ "TS.Recent is that of the first segment an ACK answers",
	    test_ts_recent_is_that_of_the_first_segment_an_ack_answers },
	{ "TS.Recent stays behind a gap and moves when it is filled",
	    test_ts_recent_does_not_move_behind_a_gap_and_moves_when_it_is_filled },
	{ "TS.Recent is left alone by an unacceptable segment",
	    test_ts_recent_is_left_alone_by_an_unacceptable_segment },
	{ "TS.Recent is left alone by what is challenged",
	    test_ts_recent_is_left_alone_by_what_is_challenged },
	{ "challenge ACKs are limited, whatever provokes them",
	    test_challenge_acks_are_limited_whatever_provokes_them },
	{ "challenge ACK limit is drawn anew for each interval",
	    test_challenge_ack_limit_is_drawn_anew_for_each_interval },
	{ "challenge ACK limits depend on the key and on the shard",
	    test_challenge_ack_limits_depend_on_the_key_and_on_the_shard },
	{ "challenge ACK limit of one, or none, is kept",
	    test_challenge_ack_limit_of_one_or_none_is_kept },
	{ "challenge ACKs: one limit for all connections",
	    test_challenge_ack_limit_is_one_for_all_connections },
	{ "ACKs of repeated text are not limited", test_acks_of_repeated_text_are_not_limited },
	{ "keep-alive probes are acknowledged", test_keep_alive_probes_are_acknowledged },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp sequence", tests);
}
