/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The time that handshakes take: from the first SYN or SYN-ACK sent to ESTABLISHED.
 */
#include "syn_cookies_fixture.h"

static struct tg_times times;

/* How many handshakes were timed. */
static uint64_t
timed(void)
{
	tg_timing_read(&fx.stats.timing[TG_TIMED_HANDSHAKE], &times);
	return tg_times_count(&times);
}

/* In units of the histogram, 2^10 ns. */
static uint64_t
units(uint32_t ms)
{
	return (uint64_t)tg_ticks_from_ms(ms) * TG_RTT_PER_TICK;
}

static void
test_passive_open_is_timed_from_the_syn_ack(void)
{
	fx_peer("S", 0, 0, 0);
	fx_wait_ms(100);
	FX_EQUAL(timed(), 0);
	fx_peer(".", 1, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(timed(), 1);
	FX_EQUAL(times.sum, units(100));
	fx_peer("P.", 1, 10, 1);
	FX_EQUAL(timed(), 1);
}

/* Karn keeps it from the RTT, but the client has waited. */
static void
test_passive_open_with_a_lost_syn_ack_is_timed_from_the_first(void)
{
	fx_peer("S", 0, 0, 0);
	fx_wait_ms(1000);
	fx_wait_ms(50);
	fx_peer(".", 1, 0, 1);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_ACK_RETRANSMITS), 1);
	FX_EQUAL(fx.t->srtt, 0);
	FX_EQUAL(timed(), 1);
	FX_EQUAL(times.sum, units(1000) + units(50));
}

static void
test_active_open_is_timed_from_the_syn(void)
{
	fx_connect();
	fx_wait_ms(30);
	fx_peer("S.", 0, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(timed(), 1);
	FX_EQUAL(times.sum, units(30));
}

static void
test_open_that_fails_is_not_timed(void)
{
	fx_peer("S", 0, 0, 0);
	fx_wait_ms(5);
	fx_peer("R", 1, 0, 0);
	FX_EQUAL(fx.h, TG_HANDLE_NONE);
	fx_connect();
	fx_wait_ms(5);
	fx_peer("R.", 0, 0, 1);
	FX_EQUAL(fx_counter(TG_COUNTER_ESTABLISHED), 0);
	FX_EQUAL(timed(), 0);
}

/* Nobody remembers when the SYN-ACK was sent. */
static void
test_open_by_cookie_is_not_timed(void)
{
	struct tg_segment syn_ack;

	fx_offer_all(2);
	sc_listen(TG_SYN_COOKIES_ALWAYS, 8);
	syn_ack = sc_syn("S", 0);
	fx_wait_ms(20);
	sc_ack(&syn_ack, ".", 0);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx_counter(TG_COUNTER_COOKIES_ACCEPTED), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_ESTABLISHED), 1);
	FX_EQUAL(timed(), 0);
}

static CU_TestInfo tests[] = {
	{ "passive open: timed from the SYN-ACK", test_passive_open_is_timed_from_the_syn_ack },
	{ "passive open with a lost SYN-ACK: timed from the first",
	    test_passive_open_with_a_lost_syn_ack_is_timed_from_the_first },
	{ "active open: timed from the SYN", test_active_open_is_timed_from_the_syn },
	{ "open that fails: not timed", test_open_that_fails_is_not_timed },
	{ "open by cookie: not timed", test_open_by_cookie_is_not_timed },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("handshake time", tests);
}
