/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The scoreboard: what SACK blocks say (RFC 2018), what D-SACK says (RFC 2883), and when it
 * is forgotten; and the D-SACKs that we send. The streams wrap behind their first segments.
 */
#include "fixture.h"

#include <stdio.h>

#define RTT 20 /* ticks */

/* A connection with n segments of 1000 bytes under way and nothing more to send. */
static void
enter_sending(uint16_t n)
{
	fx.config.initial_window = n;
	fx.config.timers.rto_min = tg_ticks_from_ms(1000);
	fx_lay_out();
	fx.peer.syn.present |= TG_OPT_SACK_OK;
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx.t->srtt = tg_sf16_encode(RTT * TG_RTT_PER_TICK);
	fx_append(1000 * n);
	fx_wait(RTT);
	FX_EQUAL(fx.n_sent, n);
	fx_forget();
}

static void
check_scoreboard(const char *want, unsigned line)
{
	const struct tg_side *s = fx_side();
	char got[256] = "";
	size_t n = 0;
	uint8_t i;

	for (i = 0; i < s->n_sacked; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%u:%u", i != 0 ? " " : "",
		    s->loss->sacked[i].left - fx.iss, s->loss->sacked[i].right - fx.iss);
	if (strcmp(got, want) != 0)
		printf("# scoreboard: %s\n", got);
	fx_check_true(strcmp(got, want) == 0, "scoreboard", want, __FILE__, line);
}

#define SCOREBOARD(want) check_scoreboard(want, __LINE__)

static void
test_sending_block_is_remembered(void)
{
	enter_sending(10);
	SCOREBOARD("");
	fx_sack(1, "1001:2001");
	SCOREBOARD("1001:2001");
	fx_sack(1, "1001:2001");
	SCOREBOARD("1001:2001");
}

static void
test_sending_blocks_in_any_order_are_kept_ascending(void)
{
	enter_sending(10);
	fx_sack(1, "7001:8001 3001:4001 5001:6001");
	SCOREBOARD("3001:4001 5001:6001 7001:8001");
	fx_sack(1, "1001:2001");
	fx_sack(1, "9001:10001");
	SCOREBOARD("1001:2001 3001:4001 5001:6001 7001:8001 9001:10001");
}

static void
test_sending_blocks_that_touch_are_merged(void)
{
	static const struct {
		const char *block, *want;
	} rows[] = {
		{ "2001:3001", "2001:4001 6001:7001" },          /* from below */
		{ "4001:5001", "3001:5001 6001:7001" },          /* from above */
		{ "3501:5001", "3001:5001 6001:7001" },          /* overlapping */
		{ "2001:6501", "2001:7001" },                    /* both, and beyond the first */
		{ "4001:6001", "3001:7001" },                    /* the hole between */
		{ "3101:3201", "3001:4001 6001:7001" },          /* inside */
		{ "2001:9001", "2001:9001" },                    /* around everything */
		{ "4002:6000", "3001:4001 4002:6000 6001:7001" } /* one byte short of either */
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		enter_sending(10);
		fx_sack(1, "3001:4001 6001:7001");
		fx_sack(1, rows[i].block);
		SCOREBOARD(rows[i].want);
	}
}

static void
test_sending_invalid_block_is_ignored(void)
{
	static const char *const rows[] = {
		"3001:3001",                  /* empty */
		"4001:3001",                  /* backward */
		"9001:10002",                 /* never sent */
		"20001:21001",                /* far from it */
		"1001:3001",                  /* begins at SND.UNA, which is missing */
		"501:3001",                   /* below it */
		"2147484650:3001",            /* half the number space away */
		"3001:2147484650",            /* and the other way */
		"8001:9001 4000000000:10001", /* one of two */
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		enter_sending(10);
		fx_sack(1001, rows[i]);
		SCOREBOARD(i == TG_ARRAY_LEN(rows) - 1 ? "8001:9001" : "");
		FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 0);
	}
}

/* RFC 2883 section 4.1: text below the ACK came twice. */
static void
test_sending_duplicate_report_below_the_ack_is_not_added(void)
{
	enter_sending(10);
	fx_sack(4001, "3001:4001");
	SCOREBOARD("");
	fx_sack(4001, "3001:4001 6001:7001");
	SCOREBOARD("6001:7001");
	FX_EQUAL(fx_counter(TG_COUNTER_DUPLICATE_SACKS), 2);
}

/* Section 4.2.1: text in the second block came twice. What the blocks behind it say is
 * believed. */
static void
test_sending_duplicate_report_inside_the_second_block_is_not_added(void)
{
	enter_sending(10);
	fx_sack(1, "4001:5001 3001:6001");
	SCOREBOARD("3001:6001");
	FX_EQUAL(fx_counter(TG_COUNTER_DUPLICATE_SACKS), 1);
	fx_sack(1, "3001:6001 8001:9001"); /* no duplicate: beside it */
	fx_sack(1, "2001:6001 3001:5001"); /* nor this: around it */
	SCOREBOARD("2001:6001 8001:9001");
	FX_EQUAL(fx_counter(TG_COUNTER_DUPLICATE_SACKS), 1);
}

static void
test_sending_duplicate_report_is_no_duplicate_ack(void)
{
	uint32_t i;

	enter_sending(10);
	fx_sack(2001, "");
	for (i = 0; i < 5; i++)
		fx_sack(2001, "1001:2001");
	FX_EQUAL(fx_side()->dup_acks, 0);
	FX_EQUAL(fx_counter(TG_COUNTER_FAST_RETRANSMITS), 0);
}

/* RFC 6675 section 2: an ACK that says nothing new is no sign of anything. */
static void
test_sending_repeated_block_is_no_duplicate_ack(void)
{
	uint32_t i;

	enter_sending(10);
	for (i = 0; i < 5; i++)
		fx_sack(1, "2001:3001");
	FX_EQUAL(fx_side()->dup_acks, 1);
}

/* And one that does is a duplicate ACK even if it changes the window. */
static void
test_sending_news_in_a_block_is_a_duplicate_ack(void)
{
	enter_sending(10);
	fx.peer.wnd -= 1000;
	fx_sack(1, "2001:3001");
	FX_EQUAL(fx_side()->dup_acks, 1);
	fx_sack(1001, "2001:4001"); /* acknowledges more, too: the count starts again */
	FX_EQUAL(fx_side()->dup_acks, 1);
}

static void
test_sending_ack_forgets_what_it_covers(void)
{
	enter_sending(10);
	fx_sack(1, "1001:2001 3001:4001 6001:7001");
	fx_peer(".", 1, 0, 2001);
	SCOREBOARD("3001:4001 6001:7001");
	fx_peer(".", 1, 0, 5001);
	SCOREBOARD("6001:7001");
	fx_peer(".", 1, 0, 10001);
	SCOREBOARD("");
}

/* RFC 2018 section 8: the receiver may discard what it SACKed. An ACK that ends inside a range
 * says that it did. */
static void
test_sending_ack_inside_a_range_forgets_it(void)
{
	enter_sending(10);
	fx_sack(1, "1001:4001 6001:7001");
	fx_peer(".", 1, 0, 1001);
	SCOREBOARD("6001:7001");
	fx_sack(1001, "5001:8001");
	fx_peer(".", 1, 0, 6001);
	SCOREBOARD("");
}

static void
test_sending_full_scoreboard_forgets_the_highest(void)
{
	static const char full[] = "2001:2101 3001:3101 4001:4101 5001:5101 6001:6101 7001:7101 "
				   "8001:8101 9001:9101";

	enter_sending(12);
	fx_sack(1, "2001:2101 3001:3101 4001:4101 5001:5101");
	fx_sack(1, "6001:6101 7001:7101 8001:8101 9001:9101");
	SCOREBOARD(full);
	fx_sack(1, "10001:10101"); /* the highest itself */
	SCOREBOARD(full);
	fx_sack(1, "4501:4601");
	SCOREBOARD("2001:2101 3001:3101 4001:4101 4501:4601 5001:5101 6001:6101 7001:7101 "
		   "8001:8101");
	fx_sack(1, "5001:6101"); /* merging makes room */
	fx_sack(1, "9001:9101");
	SCOREBOARD("2001:2101 3001:3101 4001:4101 4501:4601 5001:6101 7001:7101 8001:8101 "
		   "9001:9101");
	fx_sack(1, "9001:9201"); /* growing needs none */
	fx_sack(1, "1501:1601");
	SCOREBOARD("1501:1601 2001:2101 3001:3101 4001:4101 4501:4601 5001:6101 7001:7101 "
		   "8001:8101");
}

static void
test_sending_timeout_empties_the_scoreboard(void)
{
	enter_sending(10);
	fx_sack(1, "2001:3001 5001:6001");
	fx_wait_ms(1100);
	FX_EQUAL(fx_counter(TG_COUNTER_RTO_TIMEOUTS), 1);
	SCOREBOARD("");
}

static void
test_sending_blocks_that_were_not_agreed_on_are_ignored(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx_append(5000);
	fx_sack(1, "1001:4001");
	SCOREBOARD("");
	FX_EQUAL(fx_side()->dup_acks, 1); /* but the ACK is a duplicate */
}

static void
test_fin_wait_1_block_may_cover_the_fin(void)
{
	enter_sending(3);
	fx_sack(1, "1001:3002"); /* not sent yet */
	SCOREBOARD("");
	fx_close();
	fx_sack(1, "1001:3002");
	SCOREBOARD("1001:3002");
}

static void
test_sending_older_ack_still_tells(void)
{
	enter_sending(10);
	fx_peer(".", 1, 0, 3001);
	fx_sack(2001, "6001:7001");
	SCOREBOARD("6001:7001");
	fx_sack(1001, "2001:3001"); /* old news */
	SCOREBOARD("6001:7001");
}

/* RFC 6675 5.1: what is resent after a timeout leaves out what the peer has. */
static void
test_resending_after_a_timeout_skips_ranges(void)
{
	enter_sending(10);
	fx_spend_probe();
	fx_wait_ms(1000);
	FX_SENT(". 1:1001 ack 1");
	fx_sack(1001, "2001:4001 5001:6501");
	FX_SENT(". 1001:2001 ack 1, P. 4001:5001 ack 1"); /* CWND of two segments */
	fx_sack(5001, "6501:10001");
	FX_SENT(". 5001:6001 ack 1, P. 6001:6501 ack 1");
	fx_peer(".", 1, 0, 10001);
	FX_SENT("");
	FX_EQUAL(fx.t->snd_una, fx.t->snd_nxt);
}

/* D-SACKs of ours. The peer's stream wraps at 17. */
static void
enter_receiving(uint8_t options)
{
	fx.peer.syn.present |= TG_OPT_SACK_OK | options;
	fx_enter(TG_TCP_ESTABLISHED);
}

/* RFC 2883 section 4.1.1: all of it lies below the ACK. */
static void
test_duplicate_below_the_ack_is_reported_once(void)
{
	enter_receiving(0);
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 1:1 ack 201");
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	fx_peer("P.", 1, 100, 1);
	FX_SENT(". 1:1 ack 201 sack 1:101");
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	fx_peer("F.", 200, 0, 1); /* no text, no report */
	FX_SENT(". 1:1 ack 201");
	fx_peer("P.", 201, 100, 1);
	fx_peer("P.", 301, 100, 1);
	FX_SENT(". 1:1 ack 401");
}

/* And beyond what the user has taken. */
static void
test_duplicate_of_text_that_waits_is_reported(void)
{
	enter_receiving(0);
	fx.appetite = 0;
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 1, 100, 1);
	FX_SENT(". 1:1 ack 101 sack 1:101");
	fx_peer("P.", 201, 100, 1);
	fx_peer("P.", 1, 50, 1);
	FX_SENT(". 1:1 ack 101 sack 201:301, . 1:1 ack 101 sack 1:51 sack 201:301");
}

/* Section 4.2.1: the ACK covers the duplicate part, and comes at once. */
static void
test_partial_duplicate_below_the_ack_is_reported(void)
{
	enter_receiving(0);
	fx_peer("P.", 1, 100, 1);
	fx_wait_ms(100);
	fx_forget();
	fx_peer("P.", 51, 100, 1);
	FX_SENT(". 1:1 ack 151 sack 51:101");
	FX_EQUAL(fx.taken, 150);
}

/* Section 4.1.2 and 4.2.2: the second block holds what came twice. */
static void
test_duplicate_of_held_text_is_reported_before_its_block(void)
{
	static const struct {
		uint32_t seq, len;
		const char *sent;
	} rows[] = {
		{ 101, 100, ". 1:1 ack 1 sack 101:201 sack 101:301 sack 401:501" },
		{ 120, 10, ". 1:1 ack 1 sack 120:130 sack 101:301 sack 401:501" },
		{ 151, 100, ". 1:1 ack 1 sack 151:251 sack 101:301 sack 401:501" }, /* of two */
		{ 251, 100, ". 1:1 ack 1 sack 251:301 sack 101:351 sack 401:501" },
		{ 51, 100, ". 1:1 ack 1 sack 101:151 sack 51:301 sack 401:501" },
		{ 351, 100, ". 1:1 ack 1 sack 401:451 sack 351:501 sack 101:301" },
		{ 351, 250, ". 1:1 ack 1 sack 401:501 sack 351:601 sack 101:301" },
		{ 301, 100, ". 1:1 ack 1 sack 101:501" }, /* beside them */
		{ 501, 10, ". 1:1 ack 1 sack 401:511 sack 101:301" },
		{ 11, 490, ". 1:1 ack 1 sack 101:301 sack 11:501" }, /* the first of two */
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_teardown();
		fx_setup();
		enter_receiving(0);
		fx_peer("P.", 101, 100, 1);
		fx_peer("P.", 201, 100, 1);
		fx_peer("P.", 401, 100, 1);
		fx_forget();
		fx_peer("P.", rows[i].seq, rows[i].len, 1);
		FX_SENT(rows[i].sent);
		FX_EQUAL(tg_gauge(&fx.gauges.held), i < 3 ? 3 : 4);
	}
}

/* The text held last is taken by now: any of the other blocks may follow. */
static void
test_duplicate_goes_before_blocks_of_no_late_arrival(void)
{
	enter_receiving(0);
	fx_peer("P.", 401, 100, 1);
	fx_peer("P.", 601, 100, 1);
	fx_peer("P.", 201, 100, 1);
	fx_peer("P.", 1, 200, 1);
	fx_forget();
	fx_peer("P.", 1, 100, 1);
	FX_SENT(". 1:1 ack 301 sack 1:101 sack 601:701 sack 401:501");
}

/* It is one of the blocks that fit. */
static void
test_duplicate_leaves_room_for_fewer_blocks(void)
{
	static const uint8_t options[] = { 0, TG_OPT_TIMESTAMP };
	uint32_t i, k;

	for (i = 0; i < 2; i++) {
		fx_teardown();
		fx_setup();
		enter_receiving(options[i]);
		for (k = 1; k <= 5; k++)
			fx_peer("P.", 200 * k + 1, 100, 1);
		fx_peer("P.", 801, 100, 1);
		FX_EQUAL(fx.sent[5].seg.opt.n_sack, 4 - i);
		FX_EQUAL(fx.sent[5].seg.opt.sack[0].left - fx.peer.iss, 801);
		FX_EQUAL(fx.sent[5].seg.opt.sack[1].left - fx.peer.iss, 801);
		FX_EQUAL(fx.sent[5].seg.opt.sack[2].left - fx.peer.iss, 201);
	}
}

/* The report takes its room from the text that it rides with. */
static void
test_duplicate_is_reported_with_text(void)
{
	struct tg_segment seg;

	enter_receiving(0);
	fx_peer("P.", 1, 100, 1);
	seg = fx_segment("P.", 1, 100, 1);
	fx_arrives(&seg);
	fx_append(1500);
	FX_SENT(". 1:965 ack 101 sack 1:101, P. 965:1501 ack 101");
}

static void
test_duplicate_with_an_older_timestamp_is_reported(void)
{
	enter_receiving(TG_OPT_TIMESTAMP);
	fx.peer.tsval += 10;
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 101, 100, 1);
	fx_forget();
	fx.peer.tsval -= 5;
	fx_peer("P.", 101, 100, 1);
	FX_SENT(". 1:1 ack 201 sack 101:201");
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_PAWS);
	fx_peer("P.", 201, 100, 1); /* old and new at once cannot be: no duplicate */
	FX_SENT(". 1:1 ack 201");
}

static void
test_duplicate_is_not_reported_unless_agreed(void)
{
	fx_enter(TG_TCP_ESTABLISHED);
	fx_peer("P.", 1, 100, 1);
	fx_peer("P.", 1, 100, 1);
	FX_SENT(". 1:1 ack 101");
}

static void
test_time_wait_duplicate_is_not_reported(void)
{
	fx.peer.syn.present |= TG_OPT_SACK_OK;
	fx_enter(TG_TCP_FIN_WAIT_2);
	fx_peer("FP.", 1, 100, 2);
	FX_STATE(TG_TCP_TIME_WAIT);
	fx_forget();
	fx_peer("P.", 1, 100, 2);
	FX_SENT(". 2:2 ack 102");
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
}

/* Advice is not worth the last side record of others. */
static void
test_duplicate_without_a_side_record_is_not_reported(void)
{
	fx.config.limits.sides = 1;
	fx_lay_out();
	enter_receiving(0);
	fx_peer("P.", 1, 100, 1);
	fx_wait_ms(100);
	FX_EQUAL(fx.t->side, TG_HANDLE_NONE);
	fx_turn_to(40001);
	fx_enter(TG_TCP_ESTABLISHED);
	fx.user_busy = true;
	fx_append(1000);
	fx_turn_to(40000);
	fx_forget();
	fx_peer("P.", 1, 100, 1);
	FX_SENT(". 1:1 ack 101");
	FX_EQUAL(fx_counter(TG_COUNTER_SIDE_FULL), 0);
}

static CU_TestInfo tests[] = {
	{ "block: remembered", test_sending_block_is_remembered },
	{ "blocks in any order: kept ascending",
	    test_sending_blocks_in_any_order_are_kept_ascending },
	{ "blocks that touch: merged", test_sending_blocks_that_touch_are_merged },
	{ "invalid block: ignored", test_sending_invalid_block_is_ignored },
	{ "D-SACK below the ACK: not added",
	    test_sending_duplicate_report_below_the_ack_is_not_added },
	{ "D-SACK inside the second block: not added",
	    test_sending_duplicate_report_inside_the_second_block_is_not_added },
	{ "D-SACK: no duplicate ACK", test_sending_duplicate_report_is_no_duplicate_ack },
	{ "repeated block: no duplicate ACK", test_sending_repeated_block_is_no_duplicate_ack },
	{ "news in a block: a duplicate ACK", test_sending_news_in_a_block_is_a_duplicate_ack },
	{ "ACK: forgets what it covers", test_sending_ack_forgets_what_it_covers },
	{ "ACK inside a range: reneged", test_sending_ack_inside_a_range_forgets_it },
	{ "full scoreboard: forgets the highest",
	    test_sending_full_scoreboard_forgets_the_highest },
	{ "timeout: empties the scoreboard", test_sending_timeout_empties_the_scoreboard },
	{ "not agreed on: ignored", test_sending_blocks_that_were_not_agreed_on_are_ignored },
	{ "block may cover the FIN", test_fin_wait_1_block_may_cover_the_fin },
	{ "older ACK still tells", test_sending_older_ack_still_tells },
	{ "resending after a timeout skips ranges", test_resending_after_a_timeout_skips_ranges },
	{ "duplicate below the ACK: reported once", test_duplicate_below_the_ack_is_reported_once },
	{ "duplicate of text that waits: reported", test_duplicate_of_text_that_waits_is_reported },
	{ "partial duplicate: reported", test_partial_duplicate_below_the_ack_is_reported },
	{ "duplicate of held text: before its block",
	    test_duplicate_of_held_text_is_reported_before_its_block },
	{ "duplicate: before other blocks", test_duplicate_goes_before_blocks_of_no_late_arrival },
	{ "duplicate: room for fewer blocks", test_duplicate_leaves_room_for_fewer_blocks },
	{ "duplicate: reported with text", test_duplicate_is_reported_with_text },
	{ "duplicate of an older timestamp: reported",
	    test_duplicate_with_an_older_timestamp_is_reported },
	{ "duplicate, not agreed: not reported", test_duplicate_is_not_reported_unless_agreed },
	{ "TIME-WAIT: not reported", test_time_wait_duplicate_is_not_reported },
	{ "no side record: not reported", test_duplicate_without_a_side_record_is_not_reported },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp sack", tests);
}
