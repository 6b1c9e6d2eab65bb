/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Segments into a connection in every state, RFC 9293 3.10.7, both roles. The input says
 * which state and which options, then what happens: segments whose numbers lie near those
 * in use or anywhere, calls of the user, ICMP errors, time. After every step the
 * invariants of sim/watch.h must hold and the text must be the one of its sequence
 * numbers; in the end nothing may be left.
 */
#include <assert.h>
#include <stdio.h>

#include "base/seq.h"
#include "fuzz.h"
#include "packet/flow_hash.h"
#include "watch.h"

#define FRAMES      32
#define FRAME_BYTES 512
#define ARENA_BYTES (64 * 1024)
#define WAITS_MAX   100000 /* more than any connection lives */

struct reader {
	const uint8_t *p;
	size_t left;
};

struct bench {
	struct tg_tcp tcp;
	struct tg_tcp_config config;
	struct tg_endpoint endpoint;
	struct tg_stats stats;
	struct tg_tcp_gauges gauges;
	struct watch watch;
	uint32_t h;
	tg_time_t now;
	bool user_idle; /* gives the side record back when it can */
	struct tg_frame spare_store[FRAMES];
	struct tg_frames spare;
	uint8_t buffer[FRAMES][FRAME_BYTES];
	_Alignas(64) uint8_t arena[ARENA_BYTES];
};

static uint8_t
next(struct reader *r)
{
	if (r->left == 0)
		return 0;
	r->left--;
	return *r->p++;
}

static uint32_t
next32(struct reader *r)
{
	uint32_t v = (uint32_t)next(r) << 24;

	v |= (uint32_t)next(r) << 16;
	v |= (uint32_t)next(r) << 8;
	return v | next(r);
}

/* The peer's stream, byte by sequence number. */
static uint8_t
pattern(uint32_t seq)
{
	return (uint8_t)((seq * 2654435761u) >> 24);
}

static void
check_text(const uint8_t *text, uint32_t seq, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		assert(text[i] == pattern(seq + i));
}

static void
bench_init(struct bench *b, uint8_t options, uint8_t limits)
{
	struct tg_arena arena = { b->arena, sizeof(b->arena), 0 };
	uint32_t i;

	memset(b, 0, sizeof(*b));
	b->h = TG_HANDLE_NONE;
	b->now = TG_NS_PER_SEC;
	b->user_idle = (options & 0x80) != 0;
	b->endpoint = (struct tg_endpoint){ .ip.v4 = tg_be32(0xc0000202), .port = tg_be16(80) };
	b->config = (struct tg_tcp_config){
		.timers = { .rto_initial = tg_ticks_from_ms(1000),
		    .rto_min = tg_ticks_from_ms(200),
		    .rto_max = tg_ticks_from_ms(60000),
		    .delayed_ack = tg_ticks_from_ms(40),
		    .msl = tg_ticks_from_ms(500),
		    .fin_wait2 = tg_ticks_from_ms(10000),
		    .idle = tg_ticks_from_ms(60000),
		    .syn_retries = 4,
		    .syn_ack_retries = 4,
		    .retries = 6 },
		.limits = { .connections4 = 2,
		    .half_open = 2,
		    .sides = (limits & 3) != 0,
		    .held = 8,
		    .held_per_connection = 1 + (limits >> 2 & 7),
		    .challenge_acks_per_second = 100,
		    .resets_per_second = 100 },
		.receive_window = limits & 0x20 ? 4096 : 65536,
		.window_scale = options >> 3 & 7,
		.timestamps = options & 1,
		.sack = (options & 2) != 0,
		.initial_window = 10,
		.mss4 = limits & 0x40 ? 1460 : 100,
		.n_endpoints = 1,
		.endpoint = &b->endpoint,
	};
	tg_tcp_layout(&b->tcp, &arena, &b->config, &b->stats, &b->gauges, tg_time_tick(b->now));
	b->spare = (struct tg_frames){ b->spare_store, 0, FRAMES };
	for (i = 0; i < FRAMES; i++) {
		struct tg_frame f = { .data = b->buffer[i], .room = FRAME_BYTES };

		tg_frames_push(&b->spare, &f);
	}
}

static struct tg_tcb *
tcb(struct bench *b)
{
	static struct tg_tcb none;

	return b->h == TG_HANDLE_NONE ? &none : tg_tcp_tcb(&b->tcp, b->h);
}

/* After each call into lib/tcp but output. */
static void
after(struct bench *b, enum watch_call call, const struct tg_tcp_result *r)
{
	const uint8_t *text;
	uint32_t len;

	watch_call(&b->watch, &b->tcp, b->h, call);
	assert(!r->has_reply || (r->reply.flags & TG_TCP_RST) != 0);
	if ((r->events & TG_TCP_EVENT_CLOSED) == 0)
		return;
	while ((len = tg_tcp_take(&b->tcp, b->h, &text)) != 0)
		tg_tcp_taken(&b->tcp, b->h, len, &b->spare);
	tg_tcp_free(&b->tcp, b->h, &b->spare);
	b->h = TG_HANDLE_NONE;
}

static void
serve(struct bench *b)
{
	struct tg_segment seg;
	uint32_t offset;
	bool wanted;

	if (b->h == TG_HANDLE_NONE)
		return;
	/* What was taken as it came may have covered what is held. */
	tg_tcp_taken(&b->tcp, b->h, 0, &b->spare);
	wanted = tg_tcp_wants_output(&b->tcp, b->h);
	while (tg_tcp_output(&b->tcp, b->h, b->now, &seg, &offset)) {
		assert(wanted);
		wanted = tg_tcp_wants_output(&b->tcp, b->h);
		watch_call(&b->watch, &b->tcp, b->h, WATCH_OUTPUT);
		watch_segment(&b->watch, &b->tcp, b->h, &seg);
	}
	assert(!wanted);
	tg_tcp_rest(&b->tcp, b->h, b->user_idle, &b->spare, b->now);
	watch_call(&b->watch, &b->tcp, b->h, WATCH_OUTPUT);
	watch_rest(&b->watch, &b->tcp, b->h);
}

static void
check(struct bench *b)
{
	if (b->watch.wrong != NULL) {
		fprintf(stderr, "%s\n", b->watch.wrong);
		abort();
	}
	assert(b->spare.n + tg_gauge(&b->gauges.held) == FRAMES);
}

/* What RFC 9293 3.10.7.4 with RFC 5961 lets a reset and a SYN do. before: the TCB then. */
static void
check_reset_and_syn(struct bench *b, const struct tg_tcb *before, const struct tg_segment *seg,
    const struct tg_tcp_result *r)
{
	bool ended = (r->events & TG_TCP_EVENT_CLOSED) != 0;

	if ((seg->flags & TG_TCP_RST) != 0) {
		assert(!r->has_reply);
		if (before->state == TG_TCP_SYN_SENT)
			assert(!ended ||
			       ((seg->flags & TG_TCP_ACK) != 0 && seg->ack == before->snd_nxt));
		else
			assert(!ended || seg->seq == before->rcv_nxt);
	} else if ((seg->flags & TG_TCP_SYN) != 0 && before->state > TG_TCP_SYN_RECEIVED) {
		assert(!ended);
		assert(before->state == TG_TCP_TIME_WAIT || tcb(b)->state == before->state);
	} else if ((seg->flags & (TG_TCP_SYN | TG_TCP_ACK)) == 0 &&
		   before->state != TG_TCP_CLOSED) {
		assert(tcb(b)->snd_una == before->snd_una);
		assert(tcb(b)->rcv_nxt == before->rcv_nxt);
		assert(tcb(b)->state == before->state);
	}
}

/* RFC 7323 section 5: an older timestamp moves nothing. */
static void
check_paws(struct bench *b, const struct tg_tcb *before, const struct tg_segment *seg)
{
	if (before->state < TG_TCP_SYN_RECEIVED || (before->flags & TG_TCB_TIMESTAMPS) == 0 ||
	    (seg->flags & TG_TCP_RST) != 0 || (seg->opt.present & TG_OPT_TIMESTAMP) == 0 ||
	    tg_seq_geq(seg->opt.tsval, before->ts_recent))
		return;
	assert(tcb(b)->state == before->state && tcb(b)->ts_recent == before->ts_recent);
	assert(tcb(b)->snd_una == before->snd_una && tcb(b)->rcv_nxt == before->rcv_nxt);
}

static void
receive_text(struct bench *b, const struct tg_packet *pkt, const struct tg_frame *f, uint8_t bite,
    struct tg_tcp_result *r)
{
	uint32_t seq = tcb(b)->rcv_nxt, len, taken = 0;
	const uint8_t *text;

	len = tg_tcp_in_order(&b->tcp, b->h, &pkt->tcp, &text);
	if (len != 0 && tg_tcp_side(&b->tcp, b->h) != NULL)
		taken = TG_MIN(len, bite);
	check_text(text, seq, taken);
	tg_tcp_text(&b->tcp, b->h, pkt, f, taken, b->now, r);
	watch_call(&b->watch, &b->tcp, b->h, WATCH_TEXT);
}

/* One segment arrives; the user takes at most bite bytes of its text at once. */
static void
receive(struct bench *b, struct tg_segment *seg, uint8_t bite)
{
	struct tg_packet pkt = {
		.kind = TG_PACKET_TCP, .src.v4 = tg_be32(0xc0000201), .dst.v4 = tg_be32(0xc0000202)
	};
	struct tg_tcb before = *tcb(b);
	struct tg_tcp_result r;
	struct tg_frame f;
	uint32_t hash, i;

	assert(tg_frames_pop(&b->spare, &f));
	for (i = 0; i < seg->len; i++)
		f.data[i] = pattern(seg->seq + ((seg->flags & TG_TCP_SYN) != 0) + i);
	seg->text = f.data;
	seg->sport = tg_be16(4000);
	seg->dport = tg_be16(80);
	pkt.tcp = *seg;
	hash = tg_flow_hash(
	    &b->config.secrets.flow, false, &pkt.src, &pkt.dst, seg->sport, seg->dport);
	assert(tg_tcp_find(&b->tcp, &pkt, hash) == b->h);
	tg_tcp_input(&b->tcp, b->h, &pkt, hash, b->now, &r);
	b->h = r.handle;
	watch_input(&b->watch, &b->tcp, seg, &r, b->now);
	check_reset_and_syn(b, &before, seg, &r);
	check_paws(b, &before, seg);
	if (r.drop == TG_DROP_NONE && b->h != TG_HANDLE_NONE &&
	    (r.events & TG_TCP_EVENT_CLOSED) == 0 && (seg->flags & TG_TCP_SYN) == 0)
		receive_text(b, &pkt, &f, bite, &r);
	if (!r.frame_held)
		tg_frames_push(&b->spare, &f);
	after(b, WATCH_USER, &r);
	serve(b);
}

/* ---- Into a state. */

#define OFFER_TIMESTAMPS 1
#define OFFER_SACK       2
#define OFFER_WSCALE     4

static struct tg_segment
well_formed(struct bench *b, uint8_t flags)
{
	struct tg_segment seg = {
		.seq = tcb(b)->rcv_nxt, .ack = tcb(b)->snd_nxt, .wnd = 8000, .flags = flags
	};

	if ((tcb(b)->flags & TG_TCB_TIMESTAMPS) != 0) {
		seg.opt.present = TG_OPT_TIMESTAMP;
		seg.opt.tsval = tcb(b)->ts_recent;
		seg.opt.tsecr = tg_time_tick(b->now) + tcb(b)->ts_off;
	}
	return seg;
}

static void
send_syn(struct bench *b, uint8_t flags, uint8_t offer)
{
	struct tg_segment seg = well_formed(b, flags);

	seg.seq = 0xffffff00; /* close before the wrap */
	seg.opt = (struct tg_tcp_options){ .present = TG_OPT_MSS, .mss = 300, .tsval = 0xfffffff0 };
	seg.opt.present |= offer & OFFER_TIMESTAMPS ? TG_OPT_TIMESTAMP : 0;
	seg.opt.present |= offer & OFFER_SACK ? TG_OPT_SACK_OK : 0;
	seg.opt.present |= offer & OFFER_WSCALE ? TG_OPT_WSCALE : 0;
	seg.opt.wscale = 2;
	receive(b, &seg, 0);
}

static void
send(struct bench *b, uint8_t flags, uint32_t ack_less)
{
	struct tg_segment seg = well_formed(b, flags);

	seg.ack -= ack_less;
	receive(b, &seg, 0);
}

static void
connect(struct bench *b)
{
	const union tg_ip remote = { .v4 = tg_be32(0xc0000201) };

	b->h = tg_tcp_connect(&b->tcp, 0, &remote, tg_be16(4000), tg_be16(80), b->now);
	watch_call(&b->watch, &b->tcp, b->h, WATCH_CONNECT);
	serve(b);
}

static void
close_by_user(struct bench *b)
{
	struct tg_tcp_result r = { .handle = b->h };

	tg_tcp_close(&b->tcp, b->h, &r);
	after(b, WATCH_USER, &r);
	serve(b);
}

/* Opens actively or passively, one of them at the same time as the peer. */
static void
establish(struct bench *b, enum tg_tcp_state to, bool active, uint8_t offer)
{
	if (active)
		connect(b);
	if (to == TG_TCP_SYN_SENT && active)
		return;
	send_syn(
	    b, active && to != TG_TCP_SYN_RECEIVED ? TG_TCP_SYN | TG_TCP_ACK : TG_TCP_SYN, offer);
	if (!active && to > TG_TCP_SYN_RECEIVED)
		send(b, TG_TCP_ACK, 0);
}

static void
enter(struct bench *b, enum tg_tcp_state to, bool active, uint8_t offer)
{
	bool we_close = to == TG_TCP_FIN_WAIT_1 || to == TG_TCP_FIN_WAIT_2 ||
			to == TG_TCP_CLOSING || to == TG_TCP_TIME_WAIT;

	if (to <= TG_TCP_LISTEN)
		return;
	establish(b, to, active, offer);
	if (we_close)
		close_by_user(b);
	if (to == TG_TCP_FIN_WAIT_2 || to == TG_TCP_TIME_WAIT)
		send(b, TG_TCP_ACK, 0);
	if (to == TG_TCP_CLOSE_WAIT || to == TG_TCP_CLOSING || to == TG_TCP_LAST_ACK ||
	    to == TG_TCP_TIME_WAIT)
		send(b, TG_TCP_FIN | TG_TCP_ACK, to == TG_TCP_CLOSING);
	if (to == TG_TCP_LAST_ACK)
		close_by_user(b);
	/* Without a side record a close resets. */
	assert(tcb(b)->state == to || b->config.limits.sides == 0 || to == TG_TCP_SYN_SENT);
}

/* ---- Steps. */

static uint32_t
near(struct bench *b, struct reader *r, uint8_t from)
{
	const struct tg_tcb *t = tcb(b);
	const uint32_t base[8] = { t->rcv_nxt, t->rcv_nxt + b->config.receive_window, b->watch.irs,
		t->snd_una, t->snd_nxt, b->watch.iss, b->watch.may_send, next32(r) };

	return base[from & 7] + (uint32_t)(int8_t)next(r) * (from & 8 ? 40u : 1u);
}

static void
step_segment(struct bench *b, struct reader *r)
{
	uint8_t shape = next(r), from = next(r), wnd = next(r), i;
	struct tg_segment seg = well_formed(b, next(r) & 0x3f);

	if ((shape & 1) != 0)
		seg.seq = near(b, r, from & 15);
	if ((shape & 2) != 0)
		seg.ack = near(b, r, from >> 4);
	seg.wnd = (uint16_t)(shape & 4 ? wnd << 8 : wnd);
	if ((shape & 8) != 0)
		seg.len = next(r);
	if ((shape & 16) != 0)
		seg.opt.tsval += (uint32_t)(int8_t)next(r);
	if ((shape & 32) != 0)
		seg.opt.present ^= next(r) & 15; /* SACK blocks below */
	if ((shape & 64) != 0) {
		seg.opt.present |= TG_OPT_SACK;
		seg.opt.n_sack = 1 + next(r) % TG_TCP_SACK_BLOCKS_MAX;
		for (i = 0; i < seg.opt.n_sack; i++) {
			seg.opt.sack[i].left = near(b, r, next(r));
			seg.opt.sack[i].right = seg.opt.sack[i].left + next(r);
		}
	}
	receive(b, &seg, shape & 128 ? 255 : next(r));
}

static void
take(struct bench *b, uint32_t bite)
{
	const struct tg_side *s =
	    tcb(b)->side == TG_HANDLE_NONE ? NULL : &b->tcp.side[tcb(b)->side];
	const uint8_t *text;
	uint32_t len = tg_tcp_take(&b->tcp, b->h, &text);

	len = TG_MIN(len, bite);
	if (len != 0)
		check_text(text, s->rcv_user, len);
	tg_tcp_taken(&b->tcp, b->h, len, &b->spare);
}

static void
icmp(struct bench *b, uint8_t what, uint8_t n, uint32_t quoted_seq, struct tg_tcp_result *result)
{
	const struct tg_tcp_icmp_error err = { .hard = what & 1,
		.too_big = (what & 2) != 0,
		.mtu = (uint16_t)(n << 3),
		.quoted_seq = quoted_seq };

	tg_tcp_icmp(&b->tcp, b->h, &err, b->now, result);
}

static void
step_user(struct bench *b, struct reader *r)
{
	struct tg_tcp_result result = { .handle = b->h };
	uint8_t what = next(r), n = next(r);

	if (b->h == TG_HANDLE_NONE) {
		connect(b);
		return;
	}
	if (what < 96)
		take(b, n);
	else if (what < 192 && tcb(b)->state >= TG_TCP_ESTABLISHED &&
		 (tcb(b)->flags & TG_TCB_FIN_QUEUED) == 0 && tg_tcp_side(&b->tcp, b->h) != NULL)
		tg_tcp_append(&b->tcp, b->h, n * 16u);
	else if (what < 240)
		tg_tcp_close(&b->tcp, b->h, &result);
	else if (what < 250)
		icmp(b, what, n, near(b, r, what), &result);
	else
		tg_tcp_abort(&b->tcp, b->h, &result);
	after(b, WATCH_USER, &result);
	serve(b);
}

static void
step_time(struct bench *b, tg_time_t ns)
{
	uint32_t expired[4], n, i;

	b->now += ns;
	n = tg_wheel_advance(&b->tcp.wheel, tg_time_tick(b->now), 100000, expired, 4);
	for (i = 0; i < n; i++) {
		struct tg_tcp_result r;

		assert(expired[i] == b->h);
		tg_tcp_timer(&b->tcp, b->h, b->now, &r);
		after(b, WATCH_TIMER, &r);
		serve(b);
	}
}

/* Nobody answers any more: timers alone end it, and the user closes. */
static void
end(struct bench *b)
{
	struct tg_tcp_result r = { .handle = b->h };
	unsigned wait;

	if (b->h != TG_HANDLE_NONE) {
		take(b, UINT32_MAX);
		tg_tcp_close(&b->tcp, b->h, &r);
		after(b, WATCH_USER, &r);
		serve(b);
	}
	for (wait = 0; b->h != TG_HANDLE_NONE && wait < WAITS_MAX; wait++) {
		step_time(b, 100 * TG_NS_PER_MS);
		check(b);
	}
	assert(b->h == TG_HANDLE_NONE);
	assert(b->spare.n == FRAMES && tg_gauge(&b->gauges.sides) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench b;
	struct reader r = { data, size };
	uint8_t start = next(&r), options = next(&r), limits = next(&r);

	bench_init(&b, options, limits);
	enter(&b, (enum tg_tcp_state)(start % TG_TCP_STATES), (start & 0x80) != 0, options);
	check(&b);
	while (r.left != 0) {
		uint8_t kind = next(&r);

		if (kind >= 128)
			step_segment(&b, &r);
		else if (kind >= 64)
			step_user(&b, &r);
		else
			step_time(&b, (tg_time_t)(kind * kind) << 22);
		check(&b);
	}
	end(&b);
	return 0;
}
