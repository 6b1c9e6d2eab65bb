/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Timestamps: sent, echoed, and checked before a segment may say anything (RFC 7323 sections 3
 * to 5).
 */
#include "fixture.h"

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

static CU_TestInfo tests[] = {
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
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp timestamps", tests);
}
