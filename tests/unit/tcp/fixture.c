/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "fixture.h"

#include <stdarg.h>
#include <stdio.h>

#include "packet/flow_hash.h"

#define ARENA_BYTES (1U << 20)
#define FRAME_BYTES 2048
#define GIVEN_BACK  0xdd /* what a frame holds once nobody may read it */

struct fixture fx;

static _Alignas(64) uint8_t arena_block[ARENA_BYTES];
static uint8_t buffer[FX_FRAMES][FRAME_BYTES];

/* Byte of the peer's stream at relative sequence number rel. */
static uint8_t
pattern(uint32_t rel)
{
	return (uint8_t)(rel * 131 + (rel >> 8) * 17);
}

static void
set_config(void)
{
	fx.config = (struct tg_tcp_config){
		.timers = { .rto_initial = tg_ticks_from_ms(1000),
		    .rto_min = tg_ticks_from_ms(200),
		    .rto_max = tg_ticks_from_ms(60000),
		    .delayed_ack = tg_ticks_from_ms(40),
		    .msl = tg_ticks_from_ms(30000),
		    .fin_wait2 = tg_ticks_from_ms(20000),
		    .idle = tg_ticks_from_ms(7200000),
		    .keep_alive = tg_ticks_from_ms(7200000),
		    .keep_alive_interval = tg_ticks_from_ms(75000),
		    .keep_alive_probes = 9,
		    .syn_retries = 5,
		    .syn_ack_retries = 5,
		    .r1 = 3,
		    .retries = 15 },
		.limits = { .connections4 = 8,
		    .connections6 = 4,
		    .half_open = 8,
		    .fast_open_pending = 8,
		    .fast_open_cookies = 8,
		    .sides = 8,
		    .held = 32,
		    .held_per_connection = 16,
		    .challenge_acks_per_second = 10,
		    .resets_per_second = 10 },
		.secrets = { { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } }, { { 3, 4 } },
		    { { 5, 6 } }, { { 9, 10 } }, { { 7, 8 } } },
		.receive_window = FX_WINDOW,
		.window_scale = FX_SHIFT,
		.timestamps = true,
		.sack = true,
		.congestion_control = TG_CC_RENO, /* round figures */
		.ecn = TG_TCP_ECN_ACCEPT,
		.initial_window = 10,
		.mss4 = 1460,
		.mss6 = 1440,
		.n_endpoints = 2,
		.endpoint = fx.endpoint,
	};
	fx.keys.current = (struct tg_siphash_key){ { 0xb2b2b2b2a1a1a1a1, 0xd4d4d4d4c3c3c3c3 } };
	fx.endpoint[0] = (struct tg_endpoint){ .ip.v4 = tg_be32(0xc0000202), .port = tg_be16(80) };
	fx.endpoint[1] = (struct tg_endpoint){ .is_ipv6 = true, .port = tg_be16(80) };
	memcpy(fx.endpoint[1].ip.b, (const uint8_t[16]){ 0x20, 1, 0x0d, 0xb8, [15] = 2 }, 16);
}

static struct tg_packet
packet(const struct tg_segment *seg)
{
	struct tg_packet pkt = { .kind = TG_PACKET_TCP,
		.is_ipv6 = fx.peer.is_ipv6,
		.ttl = 64,
		.tos = fx.peer.ecn,
		.src_class = fx.peer.src_class,
		.dst = fx.endpoint[fx.peer.is_ipv6].ip,
		.tcp = *seg };

	if (fx.peer.is_ipv6)
		memcpy(pkt.src.b, (const uint8_t[16]){ 0x20, 1, 0x0d, 0xb8, [15] = 1 }, 16);
	else
		pkt.src.v4 = tg_be32(0xc0000201);
	return pkt;
}

static uint32_t
hash(const struct tg_packet *pkt)
{
	return tg_flow_hash(&fx.config.secrets.flow, pkt->is_ipv6, &pkt->src, &pkt->dst,
	    pkt->tcp.sport, pkt->tcp.dport);
}

/* The clock of RFC 6528 is the time, so the time can be chosen for an ISS, up to what
 * lies within a tick. */
static void
choose_time(void)
{
	struct tg_segment syn = fx_segment("S", 0, 0, 0);
	struct tg_packet pkt = packet(&syn);
	uint32_t clock = (0xfffffc00 - tg_tcp_isn(&fx.tcp, &pkt, 0)) & ~0xffU;

	fx.now = (0xff00000000 | clock) << 12;
}

void
fx_lay_out(void)
{
	struct tg_arena arena = { arena_block, sizeof(arena_block), 0 };
	uint32_t i;

	memset(arena_block, 0, sizeof(arena_block));
	memset(&fx.stats, 0, sizeof(fx.stats));
	memset(&fx.gauges, 0, sizeof(fx.gauges));
	fx.tcp.config = &fx.config;
	fx.iss = 0;
	choose_time();
	tg_tcp_layout(&fx.tcp, &arena, &fx.config, &fx.stats, &fx.gauges, tg_time_tick(fx.now));
	fx.tcp.fast_open_keys = &fx.keys;
	fx.spare = (struct tg_frames){ fx.spare_store, 0, FX_FRAMES };
	for (i = 0; i < FX_FRAMES; i++) {
		struct tg_frame frame = {
			.data = buffer[i], .buf = buffer[i], .room = FRAME_BYTES
		};

		tg_frames_push(&fx.spare, &frame);
	}
	memset(buffer, GIVEN_BACK, sizeof(buffer));
	fx.h = TG_HANDLE_NONE;
	fx.t = NULL;
	fx.mark = tg_time_tick(fx.now);
	fx_forget();
}

void
fx_setup(void)
{
	memset(&fx, 0, sizeof(fx));
	set_config();
	fx.peer = (struct fx_peer){ .port = 40000,
		.iss = 0xfffffff0,
		.wnd = FX_PEER_WND,
		.tsval = FX_PEER_TSVAL,
		.syn = { .present = TG_OPT_MSS, .mss = FX_PEER_MSS } };
	fx.appetite = UINT32_MAX;
	fx_lay_out();
}

void
fx_offer_all(uint8_t shift)
{
	fx.peer.syn.present |= TG_OPT_WSCALE | TG_OPT_SACK_OK | TG_OPT_TIMESTAMP;
	fx.peer.syn.wscale = shift;
}

__attribute__((format(printf, 1, 2))) static void
log_add(const char *format, ...)
{
	size_t n = strlen(fx.log);
	va_list ap;

	va_start(ap, format);
	vsnprintf(fx.log + n, sizeof(fx.log) - n, format, ap);
	va_end(ap);
}

static void
log_segment(const struct tg_segment *seg)
{
	static const struct {
		uint8_t flag;
		char letter;
	} names[] = { { TG_TCP_SYN, 'S' }, { TG_TCP_FIN, 'F' }, { TG_TCP_RST, 'R' },
		{ TG_TCP_PSH, 'P' }, { TG_TCP_ECE, 'E' }, { TG_TCP_CWR, 'W' },
		{ TG_TCP_ACK, '.' } };
	uint32_t seq = seg->seq - fx.iss, i;

	if (fx.log[0] != '\0')
		log_add(", ");
	for (i = 0; i < TG_ARRAY_LEN(names); i++)
		if ((seg->flags & names[i].flag) != 0)
			log_add("%c", names[i].letter);
	if (seg->ecn != TG_ECN_NOT_ECT)
		log_add(seg->ecn == TG_ECN_ECT0 ? "[ect0]" : "[ecn?]");
	log_add(" %d:%d", (int32_t)seq, (int32_t)(seq + seg->len));
	if ((seg->flags & TG_TCP_ACK) != 0)
		log_add(" ack %d", (int32_t)(seg->ack - fx.peer.iss));
	for (i = 0; i < seg->opt.n_sack; i++)
		log_add(" sack %d:%d", (int32_t)(seg->opt.sack[i].left - fx.peer.iss),
		    (int32_t)(seg->opt.sack[i].right - fx.peer.iss));
}

static void
record(uint32_t h, const struct tg_segment *seg, uint32_t offset)
{
	CU_ASSERT_FATAL(fx.n_sent < FX_SENT_MAX);
	fx.sent[fx.n_sent++] = (struct fx_sent){ *seg, offset, tg_time_tick(fx.now), h };
	log_segment(seg);
}

static void
spoil_spares(void)
{
	uint32_t i;

	for (i = 0; i < fx.spare.n; i++)
		memset(fx.spare.v[i].data, GIVEN_BACK, FRAME_BYTES);
}

/* What a user does once a connection has ended. */
static void
finish(uint32_t h)
{
	if (fx.r.has_reply)
		record(h, &fx.r.reply, 0);
	tg_tcp_free_ended(&fx.tcp, h, &fx.r, &fx.spare);
	if (h == fx.h)
		fx.h = TG_HANDLE_NONE;
}

/* The user takes up to len bytes of text that begins at seq. */
static uint32_t
take(uint32_t seq, const uint8_t *text, uint32_t len)
{
	uint32_t n = TG_MIN(len, fx.appetite), i;

	for (i = 0; i < n; i++)
		if (text[i] != pattern(seq + i - fx.peer.iss))
			break;
	FX_EQUAL(i, n); /* every byte is the one that was sent */
	if (fx.appetite != UINT32_MAX)
		fx.appetite -= n;
	fx.taken += n;
	return n;
}

static void
serve(uint32_t h)
{
	struct tg_tcb *t = &fx.tcp.tcb[h];
	struct tg_segment seg;
	uint32_t offset, len, n;
	const uint8_t *text;
	bool wants;

	do {
		len = tg_tcp_take(&fx.tcp, h, &text);
		n = len != 0 ? take(fx.tcp.side[t->side].rcv_user, text, len) : 0;
		tg_tcp_taken(&fx.tcp, h, n, &fx.spare);
	} while (n != 0);
	for (;;) {
		wants = tg_tcp_wants_output(&fx.tcp, h);
		if (!tg_tcp_output(&fx.tcp, h, fx.now, &seg, &offset))
			break;
		CU_ASSERT_TRUE(wants);
		record(h, &seg, offset);
	}
	CU_ASSERT_FALSE(wants);
	tg_tcp_rest(&fx.tcp, h, !fx.user_busy, &fx.spare, fx.now);
	spoil_spares();
}

void
fx_serve(void)
{
	if (fx.h != TG_HANDLE_NONE)
		serve(fx.h);
}

void
fx_turn_to(uint16_t port)
{
	uint32_t h;

	fx.peer.port = port;
	fx.iss = 0;
	for (h = 0; h < fx.tcp.n4 + fx.tcp.n6; h++)
		if (fx.tcp.tcb[h].state != TG_TCP_CLOSED && fx.tcp.tcb[h].rport == tg_be16(port))
			fx.iss = fx.iss_of[h];
}

struct tg_segment
fx_segment(const char *flags, uint32_t seq, uint32_t len, uint32_t ack)
{
	struct tg_segment seg = { .seq = fx.peer.iss + seq,
		.ack = fx.iss + ack,
		.len = len,
		.wnd = fx.peer.wnd,
		.sport = tg_be16(fx.peer.port),
		.dport = tg_be16(80) };
	static const struct {
		char letter;
		uint8_t flag;
	} names[] = { { 'S', TG_TCP_SYN }, { 'F', TG_TCP_FIN }, { 'R', TG_TCP_RST },
		{ 'P', TG_TCP_PSH }, { '.', TG_TCP_ACK }, { 'U', TG_TCP_URG }, { 'E', TG_TCP_ECE },
		{ 'W', TG_TCP_CWR } };
	uint32_t i;

	for (i = 0; i < TG_ARRAY_LEN(names); i++)
		if (strchr(flags, names[i].letter) != NULL)
			seg.flags |= names[i].flag;
	if ((seg.flags & TG_TCP_ACK) == 0)
		seg.ack = 0;
	if ((seg.flags & (TG_TCP_SYN | TG_TCP_ACK)) == TG_TCP_SYN)
		seg.opt = fx.peer.syn;
	else if ((seg.flags & TG_TCP_RST) == 0)
		seg.opt.present = fx.peer.syn.present & TG_OPT_TIMESTAMP;
	if ((seg.opt.present & TG_OPT_TIMESTAMP) != 0)
		seg.opt.tsval = fx.peer.tsval;
	return seg;
}

static void
receive_text(const struct tg_packet *pkt, const struct tg_frame *frame)
{
	struct tg_tcb *t = &fx.tcp.tcb[fx.h];
	uint32_t len, taken = 0;
	const uint8_t *text;

	len = tg_tcp_in_order(&fx.tcp, fx.h, &pkt->tcp, &text);
	if (len != 0 && ((t->flags & TG_TCB_FIN_QUEUED) != 0 || tg_tcp_side(&fx.tcp, fx.h) != NULL))
		taken = take(t->rcv_nxt, text, len);
	tg_tcp_text(&fx.tcp, fx.h, pkt, frame, taken, fx.now, &fx.r);
}

/* The same course as a shard's. */
static void
receive(struct tg_packet *pkt, const struct tg_frame *frame)
{
	bool syn = (pkt->tcp.flags & TG_TCP_SYN) != 0;
	uint32_t h = tg_tcp_find(&fx.tcp, pkt, hash(pkt));

	tg_tcp_input(&fx.tcp, h, pkt, hash(pkt), fx.now, &fx.r);
	fx.h = fx.r.handle;
	fx.t = fx.h != TG_HANDLE_NONE ? &fx.tcp.tcb[fx.h] : NULL;
	if (fx.r.syn_text)
		tg_tcp_strip_syn(&pkt->tcp);
	if (fx.r.drop == TG_DROP_NONE && (fx.r.events & TG_TCP_EVENT_CLOSED) == 0 &&
	    (!syn || fx.r.syn_text))
		receive_text(pkt, frame);
	if (!fx.r.frame_held)
		tg_frames_push(&fx.spare, frame);
	if (fx.t != NULL && fx.t->state == TG_TCP_SYN_RECEIVED)
		fx.iss = fx.iss_of[fx.h] = fx.t->snd_una;
	fx.events |= fx.r.events;
}

void
fx_arrives(const struct tg_segment *seg)
{
	struct tg_packet pkt = packet(seg);
	struct tg_frame frame;
	uint32_t i;

	CU_ASSERT_FATAL(seg->len <= FRAME_BYTES && tg_frames_pop(&fx.spare, &frame));
	pkt.tcp.text = frame.data;
	for (i = 0; i < seg->len; i++)
		frame.data[i] =
		    pattern(seg->seq + ((seg->flags & TG_TCP_SYN) != 0) + i - fx.peer.iss);
	receive(&pkt, &frame);
	if ((fx.r.events & TG_TCP_EVENT_CLOSED) != 0)
		finish(fx.h);
	else if (fx.r.has_reply)
		record(fx.h, &fx.r.reply, 0);
}

void
fx_peer(const char *flags, uint32_t seq, uint32_t len, uint32_t ack)
{
	struct tg_segment seg = fx_segment(flags, seq, len, ack);

	fx_arrives(&seg);
	fx_serve();
}

void
fx_sack(uint32_t ack, const char *blocks)
{
	struct tg_segment seg = fx_segment(".", 1, 0, ack);
	unsigned left, right;
	int n;

	seg.opt.present |= TG_OPT_SACK;
	for (; sscanf(blocks, "%u:%u%n", &left, &right, &n) == 2; blocks += n)
		seg.opt.sack[seg.opt.n_sack++] =
		    (struct tg_sack_block){ fx.iss + left, fx.iss + right };
	fx_arrives(&seg);
	fx_serve();
}

static void
enter_established(void)
{
	fx_peer("S", 0, 0, 0);
	fx_peer(".", 1, 0, 1);
}

void
fx_enter(enum tg_tcp_state state)
{
	switch (state) {
	case TG_TCP_CLOSED:
	case TG_TCP_LISTEN:
	case TG_TCP_SYN_SENT:
	case TG_TCP_STATES:
		break;
	case TG_TCP_SYN_RECEIVED:
		fx_peer("S", 0, 0, 0);
		break;
	case TG_TCP_ESTABLISHED:
		enter_established();
		break;
	case TG_TCP_FIN_WAIT_1:
		enter_established();
		fx_close();
		break;
	case TG_TCP_FIN_WAIT_2:
		fx_enter(TG_TCP_FIN_WAIT_1);
		fx_peer(".", 1, 0, 2);
		break;
	case TG_TCP_CLOSE_WAIT:
		enter_established();
		fx_peer("F.", 1, 0, 1);
		break;
	case TG_TCP_CLOSING:
		fx_enter(TG_TCP_FIN_WAIT_1);
		fx_peer("F.", 1, 0, 1);
		break;
	case TG_TCP_LAST_ACK:
		fx_enter(TG_TCP_CLOSE_WAIT);
		fx_close();
		break;
	case TG_TCP_TIME_WAIT:
		fx_enter(TG_TCP_FIN_WAIT_2);
		fx_peer("F.", 1, 0, 2);
		break;
	}
	FX_STATE(state);
	fx_forget();
}

static void
begin_connect(void)
{
	const struct tg_segment none = { .sport = tg_be16(fx.peer.port) };
	const struct tg_packet pkt = packet(&none);

	fx.h =
	    tg_tcp_connect(&fx.tcp, fx.peer.is_ipv6, &pkt.src, pkt.tcp.sport, tg_be16(80), fx.now);
	fx.t = fx.h != TG_HANDLE_NONE ? &fx.tcp.tcb[fx.h] : NULL;
	if (fx.t == NULL)
		return;
	fx.iss = fx.iss_of[fx.h] = fx.t->snd_una;
}

void
fx_connect(void)
{
	begin_connect();
	fx_serve();
}

void
fx_connect_fast(uint32_t n)
{
	begin_connect();
	CU_ASSERT_FATAL(fx.t != NULL);
	if (n != 0) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(tg_tcp_side(&fx.tcp, fx.h));
		tg_tcp_append(&fx.tcp, fx.h, n);
	}
	fx.syn_text = tg_tcp_fast_open(&fx.tcp, fx.h, fx.now);
	fx_serve();
}

void
fx_append(uint32_t n)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(tg_tcp_side(&fx.tcp, fx.h));
	tg_tcp_append(&fx.tcp, fx.h, n);
	fx_serve();
}

static void
ended_or_served(uint32_t h)
{
	fx.events |= fx.r.events;
	if ((fx.r.events & TG_TCP_EVENT_CLOSED) != 0)
		finish(h);
	else
		serve(h);
}

void
fx_close(void)
{
	fx.r = (struct tg_tcp_result){ .handle = fx.h };
	tg_tcp_close(&fx.tcp, fx.h, &fx.r);
	ended_or_served(fx.h);
}

void
fx_abort(void)
{
	fx.r = (struct tg_tcp_result){ .handle = fx.h };
	tg_tcp_abort(&fx.tcp, fx.h, &fx.r);
	ended_or_served(fx.h);
}

void
fx_spend_probe(void)
{
	fx_side()->tlp = TG_TLP_AGAIN;
	fx_side()->loss->tlp_end_seq = fx.t->snd_nxt;
}

static void
run_timers(void)
{
	uint32_t expired[16], n, i;

	n = tg_wheel_advance(&fx.tcp.wheel, tg_time_tick(fx.now), 256, expired, 16);
	for (i = 0; i < n; i++) {
		tg_tcp_timer(&fx.tcp, expired[i], fx.now, &fx.r);
		ended_or_served(expired[i]);
	}
}

void
fx_wait(uint32_t ticks)
{
	tg_time_t end = fx.now + ((tg_time_t)ticks << TG_TICK_SHIFT);
	uint32_t next;

	while (tg_wheel_next(&fx.tcp.wheel, &next) && tg_seq_leq(next, tg_time_tick(end))) {
		if (tg_seq_gt(next, tg_time_tick(fx.now)))
			fx.now += (tg_time_t)(next - tg_time_tick(fx.now)) << TG_TICK_SHIFT;
		run_timers();
	}
	fx.now = end;
	run_timers();
}

void
fx_wait_ms(uint32_t ms)
{
	fx_wait(tg_ticks_from_ms(ms));
}

void
fx_mark(void)
{
	fx.mark = tg_time_tick(fx.now);
}

uint32_t
fx_elapsed(void)
{
	return tg_time_tick(fx.now) - fx.mark;
}

void
fx_forget(void)
{
	fx.log[0] = '\0';
	fx.n_sent = 0;
	fx.events = 0;
}

struct tg_side *
fx_side(void)
{
	return fx.h != TG_HANDLE_NONE ? tg_tcp_side_of(&fx.tcp, &fx.tcp.tcb[fx.h]) : NULL;
}

enum tg_tcp_state
fx_state(void)
{
	return fx.h != TG_HANDLE_NONE ? (enum tg_tcp_state)fx.tcp.tcb[fx.h].state : TG_TCP_CLOSED;
}

uint64_t
fx_counter(enum tg_counter c)
{
	return tg_stats_counter(&fx.stats, c);
}
