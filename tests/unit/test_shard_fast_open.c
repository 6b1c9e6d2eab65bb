/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Fast Open from end to end: a request in the SYN, answered by a whole shard.
 */
#include <stdlib.h>

#include "shard_fixture.h"

static const char get_and_close[] = "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/* The client learns its cookie by a connection of its own. */
static void
learn_cookie(void)
{
	struct tg_packet pkt = { 0 };

	offered.present |= TG_OPT_FAST_OPEN;
	add(TG_TCP_SYN, 0, 0, "");
	run();
	CU_ASSERT_TRUE_FATAL(sent(0, &pkt));
	CU_ASSERT_TRUE_FATAL((pkt.tcp.opt.present & TG_OPT_FAST_OPEN) != 0);
	CU_ASSERT_EQUAL(pkt.tcp.opt.n_cookie, TG_FAST_OPEN_COOKIE_BYTES);
	offered = pkt.tcp.opt;
	offered.present = TG_OPT_MSS | TG_OPT_FAST_OPEN;
	iss = pkt.tcp.seq;
	add(TG_TCP_RST, 1, 0, "");
	run();
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

/* Opens from a port with a request in the SYN, which must be answered at once. */
static void
ask_in_syn(uint16_t from, const char *request, struct tg_packet *answer)
{
	struct tg_packet pkt = { 0 };

	port = from;
	add(TG_TCP_SYN, 0, 0, request);
	run();
	CU_ASSERT_TRUE_FATAL(n_sent() >= 2);
	sent(0, &pkt);
	CU_ASSERT_EQUAL(pkt.tcp.flags, TG_TCP_SYN | TG_TCP_ACK);
	CU_ASSERT_EQUAL(pkt.tcp.ack, ISS + 1 + strlen(request));
	iss = pkt.tcp.seq;
	sent(1, answer);
	CU_ASSERT_EQUAL(answer->tcp.seq, iss + 1);
	CU_ASSERT_EQUAL(memcmp(answer->tcp.text, "HTTP/1.1 200", 12), 0);
	CU_ASSERT_EQUAL(connections(TG_TCP_SYN_RECEIVED), 1);
}

static void
test_request_in_the_syn_is_answered_behind_the_syn_ack(void)
{
	uint32_t n = (uint32_t)strlen(get_ok);
	struct tg_packet answer = { 0 };
	uint64_t drops;

	learn_cookie();
	drops = all_drops();
	ask_in_syn(40001, get_ok, &answer);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_FAST_OPEN_ACCEPTED), 1);
	add(TG_TCP_ACK, 1 + n, 1 + answer.tcp.len, "");
	run();
	CU_ASSERT_EQUAL(n_sent(), 0);
	CU_ASSERT_EQUAL(connections(TG_TCP_ESTABLISHED), 1);
	/* It goes on as any other. */
	add(TG_TCP_ACK, 1 + n, 1 + answer.tcp.len, get_ok);
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_ACK | TG_TCP_PSH);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_200), 2);
	CU_ASSERT_EQUAL(all_drops(), drops);
}

static void
test_request_to_close_in_the_syn_is_answered_and_closed(void)
{
	uint32_t n = (uint32_t)strlen(get_and_close);
	struct tg_packet answer = { 0 };

	learn_cookie();
	ask_in_syn(40001, get_and_close, &answer);
	add(TG_TCP_ACK, 1 + n, 1 + answer.tcp.len, "");
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_ACK | TG_TCP_FIN);
	add(TG_TCP_ACK | TG_TCP_FIN, 1 + n, 2 + answer.tcp.len, "");
	run();
	CU_ASSERT_EQUAL(connections(TG_TCP_TIME_WAIT), 1);
	run_after_ms(1100);
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

static void
test_request_in_the_syn_never_acknowledged_leaves_no_trace(void)
{
	struct tg_packet answer = { 0 };
	uint32_t i;

	learn_cookie();
	ask_in_syn(40001, get_big, &answer);
	for (i = 0; i < 200; i++)
		run_after_ms(1000);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_SYN_ACK_TIMEOUTS), 1);
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

static void
test_half_a_request_in_the_syn_is_answered_once_whole(void)
{
	struct tg_packet pkt = { 0 };

	learn_cookie();
	port = 40001;
	add(TG_TCP_SYN, 0, 0, "GET /ok HT");
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	sent(0, &pkt);
	iss = pkt.tcp.seq;
	add(TG_TCP_ACK, 11, 1, "TP/1.1\r\nHost: a\r\n\r\n");
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_200), 1);
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_ACK | TG_TCP_PSH);
}

static void
test_request_in_the_syn_is_reset_when_its_snapshot_goes(void)
{
	struct tg_packet answer = { 0 };

	learn_cookie();
	ask_in_syn(40001, get_big, &answer);
	rig.view.oldest_serial = 2;
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_ACK | TG_TCP_RST);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_SNAPSHOT_EXPIRED), 1);
	CU_ASSERT_TRUE(rig_is_empty(&rig));
}

static void
test_request_in_the_syn_without_keys_is_answered_after_the_handshake(void)
{
	struct tg_packet pkt = { 0 };

	learn_cookie();
	rig.world.fast_open = NULL;
	port = 40001;
	add(TG_TCP_SYN, 0, 0, get_ok);
	run();
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	sent(0, &pkt);
	CU_ASSERT_EQUAL(pkt.tcp.ack, ISS + 1);
	iss = pkt.tcp.seq;
	add(TG_TCP_ACK, 1, 1, get_ok);
	run();
	CU_ASSERT_EQUAL(counter(TG_COUNTER_HTTP_200), 1);
}

static void
test_keys_that_change_are_those_of_the_world(void)
{
	struct tg_packet answer = { 0 };

	learn_cookie();
	rig.keys = (struct tg_fast_open_keys){ { { 9, 9 } }, rig.keys.current, true };
	ask_in_syn(40001, get_ok, &answer);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_FAST_OPEN_STALE), 1);
}

static void
test_no_spare_frame_for_the_syn_ack_is_made_up_for(void)
{
	struct tg_frames store = rig.spare;
	struct tg_packet pkt;

	learn_cookie();
	port = 40001;
	add(TG_TCP_SYN, 0, 0, get_big);
	store.n = rig.spare.n;
	rig.spare.n = 0;
	store.v = malloc(store.n * sizeof(*store.v));
	CU_ASSERT_PTR_NOT_NULL_FATAL(store.v);
	memcpy(store.v, rig.spare.v, store.n * sizeof(*store.v));
	run(); /* the SYN's own frame is the only one */
	CU_ASSERT_EQUAL(sent_flags(), TG_TCP_SYN | TG_TCP_ACK);
	CU_ASSERT_EQUAL(counter(TG_COUNTER_TIMER_NO_SPARE), 1);
	memcpy(rig.spare.v + rig.spare.n, store.v, store.n * sizeof(*store.v));
	rig.spare.n += store.n;
	free(store.v);
	sent(0, &pkt);
	iss = pkt.tcp.seq;
	add(TG_TCP_ACK, 1 + (uint32_t)strlen(get_big), 1, "");
	run();
	CU_ASSERT_EQUAL(n_sent(), 10);
}

static CU_TestInfo tests[] = {
	{ "request in the syn is answered behind the syn ack",
	    test_request_in_the_syn_is_answered_behind_the_syn_ack },
	{ "request to close in the syn is answered and closed",
	    test_request_to_close_in_the_syn_is_answered_and_closed },
	{ "request in the syn never acknowledged leaves no trace",
	    test_request_in_the_syn_never_acknowledged_leaves_no_trace },
	{ "half a request in the syn is answered once whole",
	    test_half_a_request_in_the_syn_is_answered_once_whole },
	{ "request in the syn is reset when its snapshot goes",
	    test_request_in_the_syn_is_reset_when_its_snapshot_goes },
	{ "request in the syn without keys is answered after the handshake",
	    test_request_in_the_syn_without_keys_is_answered_after_the_handshake },
	{ "keys that change are those of the world", test_keys_that_change_are_those_of_the_world },
	{ "no spare frame for the syn ack is made up for",
	    test_no_spare_frame_for_the_syn_ack_is_made_up_for },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "shard fast open", NULL, NULL, setup, teardown, tests },
		CU_SUITE_INFO_NULL };
	int code = tg_tap_run(suites);

	rig_free(&rig);
	return code;
}
