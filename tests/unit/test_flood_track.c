/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Handshakes that a flood completes, and what becomes of them.
 */
#include "flood_fixture.h"

#define GET  "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#define OK   "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define BUSY "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
#define ISS  0xfffffff0 /* the target's: its numbers wrap */

static struct tg_packet syn;

/* A flood that completes every handshake. */
static struct tg_flood_config
completing(bool is_ipv6, bool request, enum tg_flood_close close)
{
	struct tg_flood_config config = is_ipv6 ? plain6 : plain4;

	config.complete_every = 1;
	config.close = close;
	if (request) {
		config.request = (const uint8_t *)GET;
		config.request_len = sizeof(GET) - 1;
	}
	return config;
}

/* The target speaks: flags, `at` bytes behind its first, of the next SYN or the last one. */
static enum tg_flood_verdict
hear(uint8_t flags, uint32_t at, uint32_t ack, const char *text)
{
	make_reply(&syn, &(struct tg_segment){ .seq = ISS + at,
			     .ack = ack,
			     .flags = flags,
			     .text = (const uint8_t *)text,
			     .len = text != NULL ? (uint32_t)strlen(text) : 0 });
	return take();
}

static enum tg_flood_verdict
hear_syn_ack(void)
{
	return hear(TG_TCP_SYN | TG_TCP_ACK, 0, syn.tcp.seq + 1, NULL);
}

/* Begins with a handshake that has just been completed; returns its third segment. */
static struct tg_packet
begin_completed(const struct tg_flood_config *config)
{
	begin(config);
	syn = next_syn(now_ns);
	CU_ASSERT_EQUAL_FATAL(hear_syn_ack(), TG_FLOOD_ANSWER);
	return read_frame(frame_len);
}

/* Every completed handshake has come to something. */
static void
end_settled(enum tg_flood_count outcome)
{
	tg_flood_end(flood);
	CU_ASSERT_EQUAL(count(TG_FLOOD_COMPLETED), 1);
	CU_ASSERT_EQUAL(count(outcome), 1);
	CU_ASSERT_EQUAL(sum_of(TG_FLOOD_KIND_OUTCOME), 1);
	end();
}

static void
expect_segment(const struct tg_packet *pkt, uint8_t flags, uint32_t seq, uint32_t ack)
{
	CU_ASSERT_EQUAL(pkt->tcp.flags, flags);
	CU_ASSERT_EQUAL(pkt->tcp.seq, seq);
	CU_ASSERT_EQUAL(pkt->tcp.ack, ack);
	CU_ASSERT_TRUE(tg_ip_equal(&pkt->src, &syn.src));
	CU_ASSERT_TRUE(tg_ip_equal(&pkt->dst, &syn.dst));
	CU_ASSERT_EQUAL(pkt->tcp.sport, syn.tcp.sport);
	CU_ASSERT_EQUAL(pkt->tcp.dport, syn.tcp.dport);
	CU_ASSERT_EQUAL(memcmp(frame_room, peer_mac, 6), 0);
}

static void
test_syn_ack_is_completed_by_an_ack(void)
{
	unsigned ip6;

	for (ip6 = 0; ip6 < 2; ip6++) {
		struct tg_flood_config config = completing(ip6, false, TG_FLOOD_LEAVE);
		struct tg_packet third = begin_completed(&config);

		expect_segment(&third, TG_TCP_ACK, syn.tcp.seq + 1, ISS + 1);
		CU_ASSERT_EQUAL(third.tcp.len, 0);
		CU_ASSERT_EQUAL(third.tcp.opt.present, 0);
		CU_ASSERT_EQUAL(count(TG_FLOOD_SYN_ACKS), 1);
		end_settled(TG_FLOOD_SILENT);
	}
}

static void
test_third_segment_carries_the_request(void)
{
	unsigned ip6;

	for (ip6 = 0; ip6 < 2; ip6++) {
		struct tg_flood_config config = completing(ip6, true, TG_FLOOD_FIN);
		struct tg_packet third = begin_completed(&config);

		expect_segment(&third, TG_TCP_ACK | TG_TCP_PSH, syn.tcp.seq + 1, ISS + 1);
		CU_ASSERT_EQUAL_FATAL(third.tcp.len, sizeof(GET) - 1);
		CU_ASSERT_EQUAL(memcmp(third.tcp.text, GET, sizeof(GET) - 1), 0);
		end_settled(TG_FLOOD_SILENT);
	}
}

static void
test_third_segment_echoes_the_timestamp(void)
{
	struct tg_flood_config config = completing(false, true, TG_FLOOD_LEAVE);
	struct tg_packet third;

	config.options = TG_FLOOD_OPTIONS_LINUX;
	begin(&config);
	syn = next_syn(now_ns);
	make_reply(&syn,
	    &(struct tg_segment){ .seq = ISS,
		.ack = syn.tcp.seq + 1,
		.flags = TG_TCP_SYN | TG_TCP_ACK,
		.opt = { .present = TG_OPT_TIMESTAMP, .tsval = 77, .tsecr = syn.tcp.opt.tsval } });
	CU_ASSERT_EQUAL_FATAL(take(), TG_FLOOD_ANSWER);
	third = read_frame(frame_len);
	CU_ASSERT_EQUAL(third.tcp.opt.present, TG_OPT_TIMESTAMP);
	CU_ASSERT_EQUAL(third.tcp.opt.tsecr, 77);
	CU_ASSERT_TRUE(third.tcp.opt.tsval - syn.tcp.opt.tsval < 2);
	CU_ASSERT_EQUAL(memcmp(third.tcp.text, GET, sizeof(GET) - 1), 0);
	end();
}

static void
test_wrong_ack_is_not_completed(void)
{
	struct tg_flood_config config = completing(false, false, TG_FLOOD_LEAVE);

	begin(&config);
	syn = next_syn(now_ns);
	CU_ASSERT_EQUAL(hear(TG_TCP_SYN | TG_TCP_ACK, 0, syn.tcp.seq + 2, NULL), TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(count(TG_FLOOD_BAD_ACK), 1);
	CU_ASSERT_EQUAL(count(TG_FLOOD_COMPLETED), 0);
	end();
}

static void
test_one_in_n_is_completed_and_the_same_ones_again(void)
{
	struct tg_flood_config config = completing(false, false, TG_FLOOD_LEAVE);
	uint32_t i, chosen = 0;

	config.complete_every = 16;
	begin(&config);
	for (i = 0; i < 16000; i++) {
		enum tg_flood_verdict first;

		syn = next_syn(now_ns);
		first = hear_syn_ack();
		chosen += first == TG_FLOOD_ANSWER;
		CU_ASSERT_EQUAL(hear_syn_ack(), first);
	}
	CU_ASSERT_TRUE(chosen > 850 && chosen < 1150);
	CU_ASSERT_EQUAL(count(TG_FLOOD_COMPLETED), chosen);
	end();
}

static void
test_repeated_syn_ack_gets_the_same_third_segment(void)
{
	struct tg_flood_config config = completing(false, true, TG_FLOOD_FIN);
	struct tg_packet third = begin_completed(&config), again;

	CU_ASSERT_EQUAL_FATAL(hear_syn_ack(), TG_FLOOD_ANSWER);
	again = read_frame(frame_len);
	expect_segment(&again, third.tcp.flags, third.tcp.seq, third.tcp.ack);
	CU_ASSERT_EQUAL(again.tcp.len, third.tcp.len);
	/* A SYN-ACK with another number is of a connection that we do not have. */
	CU_ASSERT_EQUAL(hear(TG_TCP_SYN | TG_TCP_ACK, 5, syn.tcp.seq + 1, NULL), TG_FLOOD_DONE);
	end_settled(TG_FLOOD_SILENT);
}

static void
test_answer_is_acknowledged_and_counts(void)
{
	static const struct {
		const char *text;
		enum tg_flood_count outcome;
	} row[] = {
		{ OK, TG_FLOOD_ANSWERED },
		{ "HTTP/1.1 304 Not Modified\r\n\r\n", TG_FLOOD_ANSWERED },
		{ "HTTP/1.1 404 Not Found\r\n\r\n", TG_FLOOD_DENIED },
		{ BUSY, TG_FLOOD_DENIED },
		{ "HTTP/1.1 20", TG_FLOOD_DENIED },
		{ "220 mail.example ready\r\n", TG_FLOOD_DENIED },
	};
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(row); i++) {
		struct tg_flood_config config = completing(false, true, TG_FLOOD_LEAVE);
		struct tg_packet third = begin_completed(&config), ack;
		uint32_t len = (uint32_t)strlen(row[i].text);

		now_ns += 5000;
		CU_ASSERT_EQUAL_FATAL(
		    hear(TG_TCP_ACK | TG_TCP_PSH, 1, third.tcp.seq + third.tcp.len, row[i].text),
		    TG_FLOOD_ANSWER);
		ack = read_frame(frame_len);
		expect_segment(&ack, TG_TCP_ACK, third.tcp.seq + third.tcp.len, ISS + 1 + len);
		CU_ASSERT_EQUAL(count(TG_FLOOD_CONVERSATION), 1);
		CU_ASSERT_EQUAL(tg_histogram_max(&tg_flood_figures(flood)->answer), 5000);
		end_settled(row[i].outcome);
	}
}

static void
test_answer_is_followed_by_fin_until_the_target_closes(void)
{
	struct tg_flood_config config = completing(false, true, TG_FLOOD_FIN);
	struct tg_packet third = begin_completed(&config), fin, last;
	uint32_t snd = third.tcp.seq + third.tcp.len, len = sizeof(OK) - 1;

	CU_ASSERT_EQUAL(hear(TG_TCP_ACK, 1, snd, NULL), TG_FLOOD_DONE); /* the request arrived */
	CU_ASSERT_EQUAL_FATAL(hear(TG_TCP_ACK | TG_TCP_PSH, 1, snd, OK), TG_FLOOD_ANSWER);
	fin = read_frame(frame_len);
	expect_segment(&fin, TG_TCP_ACK | TG_TCP_FIN, snd, ISS + 1 + len);
	/* The text once more, as our ACK was lost: acknowledged, and not closed twice. */
	CU_ASSERT_EQUAL_FATAL(hear(TG_TCP_ACK | TG_TCP_PSH, 1, snd, OK), TG_FLOOD_ANSWER);
	last = read_frame(frame_len);
	expect_segment(&last, TG_TCP_ACK, snd + 1, ISS + 1 + len);
	CU_ASSERT_EQUAL_FATAL(
	    hear(TG_TCP_ACK | TG_TCP_FIN, 1 + len, snd + 1, NULL), TG_FLOOD_ANSWER);
	last = read_frame(frame_len);
	expect_segment(&last, TG_TCP_ACK, snd + 1, ISS + 2 + len);
	/* Forgotten: what still comes is no more than counted. */
	CU_ASSERT_EQUAL(hear(TG_TCP_ACK, 2 + len, snd + 1, NULL), TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(count(TG_FLOOD_OTHERS), 1);
	end_settled(TG_FLOOD_ANSWERED);
}

static void
test_answer_in_two_segments_is_one_answer(void)
{
	struct tg_flood_config config = completing(false, true, TG_FLOOD_FIN);
	struct tg_packet third = begin_completed(&config), ack;
	uint32_t snd = third.tcp.seq + third.tcp.len, len = sizeof(OK) - 1;

	/* The second comes first, and has to come again. */
	CU_ASSERT_EQUAL_FATAL(hear(TG_TCP_ACK, 1 + len, snd, "body"), TG_FLOOD_ANSWER);
	ack = read_frame(frame_len);
	expect_segment(&ack, TG_TCP_ACK, snd, ISS + 1);
	CU_ASSERT_EQUAL(sum_of(TG_FLOOD_KIND_OUTCOME), 0);
	CU_ASSERT_EQUAL_FATAL(hear(TG_TCP_ACK, 1, snd, OK), TG_FLOOD_ANSWER);
	CU_ASSERT_EQUAL_FATAL(hear(TG_TCP_ACK, 1 + len, snd + 1, "body"), TG_FLOOD_ANSWER);
	ack = read_frame(frame_len);
	expect_segment(&ack, TG_TCP_ACK, snd + 1, ISS + 5 + len);
	end_settled(TG_FLOOD_ANSWERED);
}

static void
test_answer_is_followed_by_reset(void)
{
	struct tg_flood_config config = completing(false, true, TG_FLOOD_RST);
	struct tg_packet third = begin_completed(&config), rst;
	uint32_t snd = third.tcp.seq + third.tcp.len;

	CU_ASSERT_EQUAL_FATAL(hear(TG_TCP_ACK | TG_TCP_PSH, 1, snd, OK), TG_FLOOD_ANSWER);
	rst = read_frame(frame_len);
	expect_segment(&rst, TG_TCP_RST | TG_TCP_ACK, snd, ISS + (uint32_t)sizeof(OK));
	CU_ASSERT_EQUAL(hear(TG_TCP_ACK | TG_TCP_PSH, 1, snd, OK), TG_FLOOD_DONE);
	end_settled(TG_FLOOD_ANSWERED);
}

static void
test_answer_with_fin_is_closed_at_once(void)
{
	struct tg_flood_config config = completing(false, true, TG_FLOOD_FIN);
	struct tg_packet third = begin_completed(&config), fin;
	uint32_t snd = third.tcp.seq + third.tcp.len;

	CU_ASSERT_EQUAL_FATAL(hear(TG_TCP_ACK | TG_TCP_FIN, 1, snd, BUSY), TG_FLOOD_ANSWER);
	fin = read_frame(frame_len);
	expect_segment(&fin, TG_TCP_ACK | TG_TCP_FIN, snd, ISS + (uint32_t)sizeof(BUSY) + 1);
	CU_ASSERT_EQUAL(hear(TG_TCP_ACK, sizeof(BUSY) + 1, snd + 1, NULL), TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(count(TG_FLOOD_OTHERS), 1);
	end_settled(TG_FLOOD_DENIED);
}

static void
test_fin_without_a_request_goes_with_the_third_segment(void)
{
	struct tg_flood_config config = completing(false, false, TG_FLOOD_FIN);
	struct tg_packet third = begin_completed(&config), ack;
	uint32_t snd = syn.tcp.seq + 2;

	expect_segment(&third, TG_TCP_ACK | TG_TCP_FIN, syn.tcp.seq + 1, ISS + 1);
	CU_ASSERT_EQUAL(hear(TG_TCP_ACK, 1, snd - 1, NULL), TG_FLOOD_DONE); /* not of the FIN */
	CU_ASSERT_EQUAL(count(TG_FLOOD_CLOSED), 0);
	CU_ASSERT_EQUAL_FATAL(hear(TG_TCP_ACK | TG_TCP_FIN, 1, snd, NULL), TG_FLOOD_ANSWER);
	ack = read_frame(frame_len);
	expect_segment(&ack, TG_TCP_ACK, snd, ISS + 2);
	end_settled(TG_FLOOD_CLOSED);
}

static void
test_reset_settles_and_is_not_answered(void)
{
	struct tg_flood_config config = completing(false, true, TG_FLOOD_LEAVE);

	(void)begin_completed(&config);
	CU_ASSERT_EQUAL(hear(TG_TCP_RST, 1, 0, NULL), TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(count(TG_FLOOD_RESETS), 0); /* it was no answer to a SYN */
	CU_ASSERT_EQUAL(hear(TG_TCP_RST, 1, 0, NULL), TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(count(TG_FLOOD_RESETS), 1);
	end_settled(TG_FLOOD_RESET);
}

static void
test_reset_behind_the_answer_changes_nothing(void)
{
	struct tg_flood_config config = completing(false, true, TG_FLOOD_LEAVE);
	struct tg_packet third = begin_completed(&config);

	CU_ASSERT_EQUAL(hear(TG_TCP_ACK, 1, third.tcp.seq + third.tcp.len, OK), TG_FLOOD_ANSWER);
	CU_ASSERT_EQUAL(hear(TG_TCP_RST, sizeof(OK), 0, NULL), TG_FLOOD_DONE);
	end_settled(TG_FLOOD_ANSWERED);
}

/* Completes handshakes until one meets another's slot: two differ in address and port, or where
 * there is one address in the port alone. */
static void
fill_slots(void)
{
	uint32_t i;

	for (i = 0; i < 60000 && count(TG_FLOOD_NO_SLOT) == 0; i++) {
		syn = next_syn(now_ns);
		(void)hear_syn_ack();
	}
	CU_ASSERT_EQUAL_FATAL(count(TG_FLOOD_NO_SLOT), 1);
}

static void
test_taken_slot_keeps_a_handshake_from_being_completed(void)
{
	static const uint8_t source_bits[] = { 17, 0 };
	uint64_t before;
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(source_bits); i++) {
		struct tg_flood_config config = completing(false, true, TG_FLOOD_LEAVE);

		config.source_bits = source_bits[i];
		begin(&config);
		fill_slots();
		before = count(TG_FLOOD_COMPLETED);
		CU_ASSERT_TRUE(before > 20); /* slots are not all the same one */
		now_ns += TG_FLOOD_SILENCE_NS - 1;
		CU_ASSERT_EQUAL(hear_syn_ack(), TG_FLOOD_DONE);
		CU_ASSERT_EQUAL(count(TG_FLOOD_NO_SLOT), 2);
		now_ns++; /* its owner has been silent for long enough */
		CU_ASSERT_EQUAL(hear_syn_ack(), TG_FLOOD_ANSWER);
		CU_ASSERT_EQUAL(count(TG_FLOOD_COMPLETED), before + 1);
		CU_ASSERT_EQUAL(count(TG_FLOOD_SILENT), 1);
		tg_flood_end(flood);
		CU_ASSERT_EQUAL(count(TG_FLOOD_SILENT), before + 1);
		end();
	}
}

static void
test_answered_slot_is_free_for_another(void)
{
	struct tg_flood_config config = completing(false, true, TG_FLOOD_LEAVE);
	uint32_t i;

	begin(&config);
	for (i = 0; i < 3 * TG_FLOOD_SLOTS; i++) {
		struct tg_packet third;

		syn = next_syn(now_ns);
		CU_ASSERT_EQUAL_FATAL(hear_syn_ack(), TG_FLOOD_ANSWER);
		third = read_frame(frame_len);
		CU_ASSERT_EQUAL_FATAL(
		    hear(TG_TCP_ACK, 1, third.tcp.seq + third.tcp.len, OK), TG_FLOOD_ANSWER);
	}
	CU_ASSERT_EQUAL(count(TG_FLOOD_NO_SLOT), 0);
	CU_ASSERT_EQUAL(count(TG_FLOOD_ANSWERED), 3 * TG_FLOOD_SLOTS);
	end();
}

static void
test_tuple_used_again_is_a_new_handshake(void)
{
	struct tg_flood_config config = completing(false, true, TG_FLOOD_LEAVE);
	struct tg_packet third = begin_completed(&config);

	CU_ASSERT_EQUAL(hear(TG_TCP_ACK, 1, third.tcp.seq + third.tcp.len, OK), TG_FLOOD_ANSWER);
	CU_ASSERT_EQUAL(hear_syn_ack(), TG_FLOOD_ANSWER);
	CU_ASSERT_EQUAL(count(TG_FLOOD_COMPLETED), 2);
	tg_flood_end(flood);
	CU_ASSERT_EQUAL(count(TG_FLOOD_SILENT), 1);
	end();
}

static CU_TestInfo third_tests[] = {
	{ "a SYN-ACK is completed by an ACK", test_syn_ack_is_completed_by_an_ack },
	{ "the third segment carries the request", test_third_segment_carries_the_request },
	{ "the third segment echoes the timestamp", test_third_segment_echoes_the_timestamp },
	{ "a wrong ACK is not completed", test_wrong_ack_is_not_completed },
	{ "one in n is completed, and the same ones again",
	    test_one_in_n_is_completed_and_the_same_ones_again },
	{ "a repeated SYN-ACK gets the same third segment",
	    test_repeated_syn_ack_gets_the_same_third_segment },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo answer_tests[] = {
	{ "an answer is acknowledged and counts", test_answer_is_acknowledged_and_counts },
	{ "an answer is followed by FIN until the target closes",
	    test_answer_is_followed_by_fin_until_the_target_closes },
	{ "an answer in two segments is one", test_answer_in_two_segments_is_one_answer },
	{ "an answer is followed by a reset", test_answer_is_followed_by_reset },
	{ "an answer with FIN is closed at once", test_answer_with_fin_is_closed_at_once },
	{ "without a request FIN goes with the third segment",
	    test_fin_without_a_request_goes_with_the_third_segment },
	{ "a reset settles and is not answered", test_reset_settles_and_is_not_answered },
	{ "a reset behind the answer changes nothing",
	    test_reset_behind_the_answer_changes_nothing },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo slot_tests[] = {
	{ "a taken slot keeps a handshake from being completed",
	    test_taken_slot_keeps_a_handshake_from_being_completed },
	{ "an answered slot is free for another", test_answered_slot_is_free_for_another },
	{ "a tuple used again is a new handshake", test_tuple_used_again_is_a_new_handshake },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "third segment", NULL, NULL, NULL, NULL, third_tests },
		{ "answers", NULL, NULL, NULL, NULL, answer_tests },
		{ "slots", NULL, NULL, NULL, NULL, slot_tests }, CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
