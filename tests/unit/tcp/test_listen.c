/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Segments of no connection: LISTEN (RFC 9293 3.10.7.2), CLOSED (3.10.7.1), what a SYN-ACK
 * offers, and initial sequence numbers (RFC 6528).
 */
#include "fixture.h"

static void
arrives_at(uint16_t port, const char *flags, uint32_t seq, uint32_t len, uint32_t ack)
{
	struct tg_segment seg = fx_segment(flags, 0, len, 0);

	seg.seq = seq;
	seg.ack = ack;
	seg.dport = tg_be16(port);
	fx_arrives(&seg);
	fx_serve();
}

/* RFC 9293 3.10.7.1: without ACK <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>, with ACK
 * <SEQ=SEG.ACK><CTL=RST>. */
static void
test_closed_port_any_segment_draws_the_exact_reset(void)
{
	static const struct {
		const char *flags;
		uint32_t len;
		uint32_t seq, ack;
		uint8_t reply;
		uint32_t reply_seq, reply_ack;
	} rows[] = {
		{ "S", 0, 0x100, 0, TG_TCP_RST | TG_TCP_ACK, 0, 0x101 },
		{ "S", 0, 0xffffffff, 0, TG_TCP_RST | TG_TCP_ACK, 0, 0 },
		{ "S", 10, 0xfffffffa, 0, TG_TCP_RST | TG_TCP_ACK, 0, 5 },
		{ "SF", 0, 0x100, 0, TG_TCP_RST | TG_TCP_ACK, 0, 0x102 },
		{ "F", 0, 0x100, 0, TG_TCP_RST | TG_TCP_ACK, 0, 0x101 },
		{ "P", 100, 0x100, 0, TG_TCP_RST | TG_TCP_ACK, 0, 0x164 },
		{ "", 0, 0x100, 0, TG_TCP_RST | TG_TCP_ACK, 0, 0x100 },
		{ ".", 0, 0x100, 0x200, TG_TCP_RST, 0x200, 0 },
		{ "F.", 0, 0x100, 0xffffffff, TG_TCP_RST, 0xffffffff, 0 },
		{ "S.", 0, 0x100, 0x200, TG_TCP_RST, 0x200, 0 },
		{ "P.", 100, 0x100, 0, TG_TCP_RST, 0, 0 },
	};
	uint32_t i;

	fx.config.limits.resets_per_second = 100;
	fx_lay_out();
	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		arrives_at(81, rows[i].flags, rows[i].seq, rows[i].len, rows[i].ack);
		FX_EQUAL(fx.n_sent, 1);
		FX_EQUAL(fx.sent[0].seg.flags, rows[i].reply);
		FX_EQUAL(fx.sent[0].seg.seq, rows[i].reply_seq);
		FX_EQUAL(fx.sent[0].seg.ack, rows[i].reply_ack);
		FX_EQUAL(fx.sent[0].seg.sport, tg_be16(81));
		FX_EQUAL(fx.sent[0].seg.dport, tg_be16(fx.peer.port));
		FX_EQUAL(fx.sent[0].seg.len, 0);
		FX_EQUAL(fx.sent[0].seg.opt.present, 0);
		FX_EQUAL(fx.r.drop, TG_DROP_TCP_NO_CONNECTION);
		fx_forget();
	}
	FX_EQUAL(fx_counter(TG_COUNTER_RST_SENT), TG_ARRAY_LEN(rows));
}

/* An endpoint to connect from has port 0, and a segment may name port 0, too. */
static void
test_closed_syn_to_port_0_of_an_endpoint_that_does_not_listen_is_refused(void)
{
	fx.endpoint[0].port = 0;
	fx.config.limits.resets_per_second = 100;
	fx_lay_out();
	arrives_at(0, "S", 0x100, 0, 0);
	FX_EQUAL(fx.n_sent, 1);
	FX_EQUAL(fx.sent[0].seg.flags, TG_TCP_RST | TG_TCP_ACK);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_NO_CONNECTION);
}

static void
test_closed_port_reset_is_never_answered(void)
{
	arrives_at(81, "R", 0x100, 0, 0);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_NO_LISTENER_RST);
	arrives_at(81, "R.", 0x100, 0, 0x200);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_NO_LISTENER_RST);
	FX_SENT("");
}

static void
test_closed_port_resets_are_limited_and_recover(void)
{
	uint32_t i;

	for (i = 0; i < 25; i++)
		arrives_at(81, ".", i, 0, i);
	FX_EQUAL(fx.n_sent, 10);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_RST_LIMITED);
	FX_EQUAL(fx_counter(TG_COUNTER_RST_SENT), 10);
	fx_wait_ms(100); /* a tenth of a second earns one of ten */
	fx_forget();
	arrives_at(81, ".", 1, 0, 1);
	arrives_at(81, ".", 1, 0, 1);
	FX_EQUAL(fx.n_sent, 1);
	fx_wait_ms(5000); /* five seconds earn no more than ten */
	fx_forget();
	for (i = 0; i < 25; i++)
		arrives_at(81, ".", i, 0, i);
	FX_EQUAL(fx.n_sent, 10);
}

/* 3.10.7.2: first RST, second ACK, third SYN, fourth anything else. */
static void
test_listen_takes_nothing_but_a_syn(void)
{
	static const struct {
		const char *flags;
		uint32_t len;
		enum tg_drop drop;
		const char *sent;
	} rows[] = {
		{ "R", 0, TG_DROP_TCP_NO_LISTENER_RST, "" },
		{ "R.", 0, TG_DROP_TCP_NO_LISTENER_RST, "" },
		{ "SR", 0, TG_DROP_TCP_NO_LISTENER_RST, "" },
		{ ".", 0, TG_DROP_TCP_NO_CONNECTION, "R 700:700" },
		{ "F.", 0, TG_DROP_TCP_NO_CONNECTION, "R 700:700" },
		{ "P.", 9, TG_DROP_TCP_NO_CONNECTION, "R 700:700" },
		{ "S.", 0, TG_DROP_TCP_NO_CONNECTION, "R 700:700" },
		{ "", 0, TG_DROP_TCP_FLAGS, "" },
		{ "P", 9, TG_DROP_TCP_FLAGS, "" },
		{ "F", 0, TG_DROP_TCP_FLAGS, "" },
		{ "SF", 0, TG_DROP_TCP_FLAGS, "" },
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_peer(rows[i].flags, 0, rows[i].len, 700);
		FX_EQUAL(fx.r.drop, rows[i].drop);
		FX_EQUAL(fx.r.handle, TG_HANDLE_NONE);
		FX_SENT(rows[i].sent);
	}
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_RECEIVED), 0);
}

static void
test_listen_syn_opens_a_half_open_connection(void)
{
	struct tg_tcb want = { .raddr = tg_be32(0xc0000201),
		.rport = tg_be16(40000),
		.lport = tg_be16(80),
		.nexthop = UINT16_MAX,
		.state = TG_TCP_SYN_RECEIVED,
		.rcv_nxt = fx.peer.iss + 1,
		.snd_wnd = FX_PEER_WND,
		.mss = FX_PEER_MSS,
		.syn_time = tg_time_rtt(fx.now),
		.cwnd = 10,
		.ssthresh = UINT16_MAX,
		.timer.deadline = tg_time_tick(fx.now) + tg_ticks_from_ms(1000),
		.side = TG_HANDLE_NONE };

	fx_peer("S", 0, 0, 0);
	want.snd_una = fx.iss;
	want.snd_nxt = fx.iss + 1;
	want.ts_off = fx.t->ts_off;
	FX_TCB(&want);
	FX_TRUE(0 - fx.iss < 2048, "an ISS near the wrap");
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(tg_gauge(&fx.gauges.state[TG_TCP_SYN_RECEIVED]), 1);
	FX_EQUAL(fx_counter(TG_COUNTER_SYN_RECEIVED), 1);
}

static void
test_listen_syn_with_text_acknowledges_the_syn_alone(void)
{
	fx_peer("S", 0, 100, 0);
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx.t->rcv_nxt, fx.peer.iss + 1);
	fx_peer(".", 101, 0, 1);
	FX_STATE(TG_TCP_ESTABLISHED);
	FX_EQUAL(fx.t->rcv_nxt, fx.peer.iss + 1);
	fx_peer("P.", 1, 100, 1); /* so the peer has to send it again */
	FX_EQUAL(fx.taken, 100);
}

static void
test_listen_syn_to_another_address_family_or_vlan_is_not_heard(void)
{
	fx.endpoint[0].vlan = 7;
	fx_peer("S", 0, 0, 0);
	FX_SENT("R. 0:0 ack 1");
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_NO_CONNECTION);
	fx.peer.is_ipv6 = true;
	fx_peer("S", 0, 0, 0);
	FX_SENT("S. 0:0 ack 1");
	FX_EQUAL(fx.t->endpoint, 1);
	FX_TRUE(fx.h >= fx.tcp.n4, "an IPv6 handle");
}

static void
test_listen_syn_while_draining_is_reset(void)
{
	fx.tcp.draining = true;
	fx_peer("S", 0, 0, 0);
	FX_EQUAL(fx.r.drop, TG_DROP_TCP_DRAINING);
	FX_EQUAL(fx.n_sent, 1);
	FX_EQUAL(fx.sent[0].seg.flags, TG_TCP_RST | TG_TCP_ACK);
	FX_EQUAL(fx.sent[0].seg.ack, fx.peer.iss + 1);
}

#define TS "\x08\x0a\x11\x22\x33\x44\x7f\xff\xff\xff"

/* Bytes of the SYN-ACK's options for what a SYN offers. Our timestamp is set to
 * 0x11223344. */
static void
test_syn_ack_offers_what_the_syn_offered_byte_for_byte(void)
{
	enum { M = TG_OPT_MSS, W = TG_OPT_WSCALE, S = TG_OPT_SACK_OK, T = TG_OPT_TIMESTAMP };
	static const struct {
		uint8_t offered;
		uint8_t len;
		const char *bytes;
	} rows[] = {
		{ 0, 4, "\x02\x04\x05\xb4" },
		{ M, 4, "\x02\x04\x05\xb4" },
		{ M | W, 8, "\x02\x04\x05\xb4\x01\x03\x03\x07" },
		{ M | S, 8, "\x02\x04\x05\xb4\x01\x01\x04\x02" },
		{ M | T, 16, "\x02\x04\x05\xb4\x01\x01" TS },
		{ M | S | T, 16, "\x02\x04\x05\xb4\x04\x02" TS },
		{ M | W | S, 12, "\x02\x04\x05\xb4\x01\x01\x04\x02\x01\x03\x03\x07" },
		{ M | W | T, 20, "\x02\x04\x05\xb4\x01\x01" TS "\x01\x03\x03\x07" },
		{ M | W | S | T, 20, "\x02\x04\x05\xb4\x04\x02" TS "\x01\x03\x03\x07" },
		{ W, 8, "\x02\x04\x05\xb4\x01\x03\x03\x07" },
	};
	uint8_t bytes[TG_TCP_OPTIONS_BYTES_MAX];
	struct tg_tcp_options *opt;
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_lay_out();
		fx.peer.syn.present = rows[i].offered;
		fx.peer.tsval = 0x7fffffff;
		fx_peer("S", 0, 0, 0);
		opt = &fx.sent[0].seg.opt;
		if ((rows[i].offered & T) != 0) {
			FX_EQUAL(opt->tsval, tg_time_tick(fx.now) + fx.t->ts_off);
			opt->tsval = 0x11223344;
		}
		FX_EQUAL(tg_tcp_options_write(bytes, opt), rows[i].len);
		FX_EQUAL(memcmp(bytes, rows[i].bytes, rows[i].len), 0);
		fx_teardown();
	}
}

static void
test_syn_ack_offers_only_what_is_configured(void)
{
	fx.config.sack = fx.config.timestamps = false;
	fx_offer_all(5);
	fx_peer("S", 0, 0, 0);
	FX_EQUAL(fx.sent[0].seg.opt.present, TG_OPT_MSS | TG_OPT_WSCALE);
	FX_EQUAL(fx.t->flags & (TG_TCB_SACK | TG_TCB_TIMESTAMPS | TG_TCB_WSCALE), TG_TCB_WSCALE);
}

/* MUST-15, MUST-16: the smaller of what we may send and what the peer takes. */
static void
test_syn_mss_decides_what_we_send(void)
{
	static const struct {
		bool is_ipv6;
		uint16_t offered; /* 0: no option */
		uint16_t mss;
	} rows[] = {
		{ false, 0, 536 }, { true, 0, 1220 }, { false, 1460, 1460 }, { false, 9000, 1460 },
		{ true, 9000, 1440 }, { false, 537, 537 }, { false, 64, 64 },
		{ false, 1, 64 }, /* a floor of our own */
	};
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++) {
		fx_lay_out();
		fx.peer.is_ipv6 = rows[i].is_ipv6;
		fx.peer.syn.present = rows[i].offered != 0 ? TG_OPT_MSS : 0;
		fx.peer.syn.mss = rows[i].offered;
		fx_peer("S", 0, 0, 0);
		FX_EQUAL(fx.t->mss, rows[i].mss);
		FX_EQUAL(fx.sent[0].seg.opt.mss, rows[i].is_ipv6 ? 1440 : 1460);
		fx_teardown();
	}
}

/* RFC 7323 2.2: the window of a SYN is never scaled, in either direction. */
static void
test_syn_windows_are_not_scaled_and_later_ones_are(void)
{
	fx.config.receive_window = 1 << 20;
	fx_lay_out();
	fx_offer_all(4);
	fx.peer.wnd = 1000;
	fx_peer("S", 0, 0, 0);
	FX_EQUAL(fx.sent[0].seg.wnd, 65535);
	fx_peer(".", 1, 0, 1);
	FX_EQUAL(tg_tcp_snd_wnd(fx.t), 16000);
	fx_forget();
	fx_peer(".", 0, 0, 1);
	FX_EQUAL(fx.sent[0].seg.wnd, (1 << 20) >> 7);
}

static uint32_t
isn(uint32_t raddr, uint16_t rport, uint16_t lport, tg_time_t now)
{
	struct tg_packet pkt = { .src.v4 = raddr,
		.dst = fx.endpoint[0].ip,
		.tcp = { .sport = tg_be16(rport), .dport = tg_be16(lport) } };

	return tg_tcp_isn(&fx.tcp, &pkt, now);
}

/* RFC 6528 section 3: ISN = M + F(tuple, secret), M a clock of about 4 us. */
static void
test_isn_depends_on_tuple_key_and_time(void)
{
	uint32_t first = isn(1, 1, 80, 0);

	FX_TRUE(first != isn(2, 1, 80, 0), "address");
	FX_TRUE(first != isn(1, 2, 80, 0), "remote port");
	FX_TRUE(first != isn(1, 1, 81, 0), "local port");
	FX_EQUAL(isn(1, 1, 80, 4096) - first, 1);
	FX_EQUAL(isn(1, 1, 80, TG_NS_PER_SEC) - first, TG_NS_PER_SEC >> 12);
	FX_EQUAL(isn(1, 1, 80, 1ULL << 44), first); /* 4.9 hours later it has gone round */
	fx.config.secrets.isn.k[1]++;
	FX_TRUE(first != isn(1, 1, 80, 0), "key");
}

/* F is SipHash-2-4 of both addresses, both ports and four zero bytes. */
static void
test_isn_is_the_keyed_hash_of_the_tuple(void)
{
	static const uint8_t tuple[40] = { 0xc0, 0, 2, 1, [16] = 0xc0, 0, 2, 2, [32] = 0x9c, 0x40,
		0, 80 };
	struct tg_siphash_key key = fx.config.secrets.isn;

	FX_EQUAL(isn(tg_be32(0xc0000201), 40000, 80, 0),
	    (uint32_t)tg_siphash24(&key, tuple, sizeof(tuple)));
}

/* RFC 7323 5.4: timestamps of one host's connections have one origin, so that they grow
 * from one to the next; other hosts see another. */
static void
test_timestamp_offset_is_one_for_each_pair_of_hosts(void)
{
	struct tg_packet a = { .src.v4 = 1, .dst.v4 = 2, .tcp.sport = 1 };
	struct tg_packet b = { .src.v4 = 1, .dst.v4 = 2, .tcp.sport = 2 };
	struct tg_packet c = { .src.v4 = 3, .dst.v4 = 2, .tcp.sport = 1 };
	uint32_t offset = tg_tcp_ts_offset(&fx.tcp, &a);

	FX_EQUAL(tg_tcp_ts_offset(&fx.tcp, &b), offset);
	FX_TRUE(tg_tcp_ts_offset(&fx.tcp, &c) != offset, "other host");
	fx.config.secrets.ts.k[0]++;
	FX_TRUE(tg_tcp_ts_offset(&fx.tcp, &a) != offset, "key");
}

/* And so whoever opens. */
static void
test_timestamps_of_a_connection_have_the_offset_of_its_hosts(void)
{
	struct tg_packet pkt = { .src.v4 = tg_be32(0xc0000201), .dst = fx.endpoint[0].ip };
	uint32_t offset = tg_tcp_ts_offset(&fx.tcp, &pkt);

	fx_offer_all(0);
	fx_peer("S", 0, 0, 0);
	FX_EQUAL(fx.sent[0].seg.opt.tsval, tg_time_tick(fx.now) + offset);
	fx_turn_to(2);
	fx_forget();
	fx_connect();
	FX_EQUAL(fx.sent[0].seg.opt.tsval, tg_time_tick(fx.now) + offset);
}

static void
test_state_names_are_those_of_the_rfc(void)
{
	static const char *const names[TG_TCP_STATES] = { "CLOSED", "LISTEN", "SYN-SENT",
		"SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",
		"LAST-ACK", "TIME-WAIT" };
	uint32_t i;

	for (i = 0; i < TG_TCP_STATES; i++)
		CU_ASSERT_STRING_EQUAL(tg_tcp_state_name[i], names[i]);
}

static CU_TestInfo tests[] = {
	{ "timestamps of a connection have the offset of its hosts",
	    test_timestamps_of_a_connection_have_the_offset_of_its_hosts },
	{ "closed port, SYN to port 0 of an endpoint that does not listen",
	    test_closed_syn_to_port_0_of_an_endpoint_that_does_not_listen_is_refused },
	{ "closed port: any segment draws the exact reset",
	    test_closed_port_any_segment_draws_the_exact_reset },
	{ "closed port: a reset is never answered", test_closed_port_reset_is_never_answered },
	{ "closed port: resets are limited and recover",
	    test_closed_port_resets_are_limited_and_recover },
	{ "LISTEN takes nothing but a SYN", test_listen_takes_nothing_but_a_syn },
	{ "LISTEN, SYN: a half-open connection", test_listen_syn_opens_a_half_open_connection },
	{ "LISTEN, SYN with text: the SYN alone is acknowledged",
	    test_listen_syn_with_text_acknowledges_the_syn_alone },
	{ "LISTEN, SYN on another VLAN or family: not heard",
	    test_listen_syn_to_another_address_family_or_vlan_is_not_heard },
	{ "LISTEN, SYN while draining: reset", test_listen_syn_while_draining_is_reset },
	{ "SYN-ACK offers what the SYN offered, byte for byte",
	    test_syn_ack_offers_what_the_syn_offered_byte_for_byte },
	{ "SYN-ACK offers only what is configured", test_syn_ack_offers_only_what_is_configured },
	{ "MSS of the SYN decides what we send", test_syn_mss_decides_what_we_send },
	{ "windows of SYNs are not scaled, later ones are",
	    test_syn_windows_are_not_scaled_and_later_ones_are },
	{ "ISN depends on tuple, key and time", test_isn_depends_on_tuple_key_and_time },
	{ "ISN is the keyed hash of the tuple", test_isn_is_the_keyed_hash_of_the_tuple },
	{ "timestamp offset is one for each pair of hosts",
	    test_timestamp_offset_is_one_for_each_pair_of_hosts },
	{ "state names are those of the RFC", test_state_names_are_those_of_the_rfc },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp listen", tests);
}
