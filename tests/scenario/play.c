/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A scenario's lines, one after the other. Time stops at each of them; what we send in
 * between, or at any time and not as written, ends the scenario.
 */
#include "play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sockets/sockets.h"

#define LINE_MAX_BYTES 400
#define PEER_PORT      40000
#define OUR_PORT       8080
#define SILENCE_NS     (600 * TG_NS_PER_SEC)

/* Deadlines are whole ticks, and the retransmission timer rounds what it measures: a segment
 * may be early or late by this, or by a part of the time since the last event. */
#define TOLERANCE_NS   (5 * TG_NS_PER_MS)
#define TOLERANCE_PART 25

bool
play_fail(struct play *p, const char *format, ...)
{
	va_list args;

	if (p->error[0] != '\0')
		return false;
	va_start(args, format);
	vsnprintf(p->error, sizeof(p->error), format, args);
	va_end(args);
	return false;
}

static double
seconds(const struct play *p, tg_time_t at)
{
	return (double)(at - p->start) / (double)TG_NS_PER_SEC;
}

/* ---- What we send. */

/* A connection's first number is taken as it comes, once: when we open, or the peer opens
 * another one. */
static void
learn_isn(struct play *p, const struct segment *seg, uint32_t expected_seq)
{
	if ((seg->flags & FLAG_SYN) == 0 || p->has_isn)
		return;
	p->wire.our_isn += seg->seq - expected_seq;
	p->wire.our_port = seg->port;
	p->has_isn = true;
	if (!p->seen_first)
		p->first_isn = p->wire.our_isn;
	p->seen_first = true;
}

static const char *
decode(struct play *p, const struct stack_packet *packet, uint32_t seq, struct segment *seg)
{
	const char *error = segment_decode(seg, &p->wire, packet->ip, packet->len);

	if (error != NULL)
		return error;
	learn_isn(p, seg, seq);
	if (seg->port != p->wire.our_port)
		return "it comes from another port";
	return segment_decode(seg, &p->wire, packet->ip, packet->len);
}

static bool
unexpected(struct play *p)
{
	struct stack_packet *packet = stack_sent(&sockets.stack);
	struct segment seg;
	char text[SEGMENT_TEXT_MAX];
	const char *error = decode(p, packet, 0, &seg);

	segment_write(&seg, text);
	play_fail(p, "expected nothing\n  got      > %s at %.4f s%s%s", text,
	    seconds(p, packet->sent), error != NULL ? ", " : "", error != NULL ? error : "");
	free(packet);
	return false;
}

/* Moves time, until there is a packet. */
static void
advance(tg_time_t to)
{
	while (sockets.stack.first == NULL && sockets.stack.now < to)
		stack_advance(&sockets.stack, to);
}

/* Moves time; nothing is sent meanwhile. */
static bool
pass_silently(struct play *p, tg_time_t to)
{
	advance(to);
	return sockets.stack.first == NULL || unexpected(p);
}

/* What the peer echoes, and the cookie that it keeps. */
static void
note_options(struct play *p, const struct segment *seg)
{
	uint8_t i, j;

	for (i = 0; i < seg->n_options; i++) {
		const struct segment_option *o = &seg->option[i];

		if (o->kind == OPTION_TIMESTAMP)
			p->wire.last_tsval = o->value[0];
		for (j = 0; o->kind == OPTION_FAST_OPEN && j < o->n; j++)
			p->wire.last_cookie[j] = (uint8_t)o->value[j];
	}
}

static bool
compare(struct play *p, const struct stack_packet *packet, const struct segment *expected,
    tg_time_t at, tg_time_t tolerance)
{
	char want[SEGMENT_TEXT_MAX], got[SEGMENT_TEXT_MAX];
	struct segment seg;
	const char *error = decode(p, packet, expected->seq, &seg);

	segment_write(expected, want);
	segment_write(&seg, got);
	if (error != NULL)
		return play_fail(p, "expected > %s\n  got      > %s, %s", want, got, error);
	if (!segment_is(&seg, expected))
		return play_fail(p, "expected > %s\n  got      > %s", want, got);
	if (packet->sent + tolerance < at || packet->sent > at + tolerance)
		return play_fail(p, "expected > %s at %.4f s\n  got      at %.4f s", want,
		    seconds(p, at), seconds(p, packet->sent));
	note_options(p, &seg);
	p->at = packet->sent; /* what follows counts from here */
	return true;
}

static bool
outbound(struct play *p, const char *text, tg_time_t at)
{
	tg_time_t tolerance = TG_MAX(TOLERANCE_NS, (at - p->at) / TOLERANCE_PART);
	struct stack_packet *packet;
	char want[SEGMENT_TEXT_MAX];
	struct segment expected;
	const char *error = segment_read(&expected, text, false);
	bool ok;

	if (error != NULL)
		return play_fail(p, "%s", error);
	advance(at + tolerance);
	packet = stack_sent(&sockets.stack);
	segment_write(&expected, want);
	if (packet == NULL)
		return play_fail(
		    p, "expected > %s at %.4f s\n  got      nothing", want, seconds(p, at));
	ok = compare(p, packet, &expected, at, tolerance);
	free(packet);
	return ok;
}

/* ---- What the peer sends. */

static bool
inbound(struct play *p, const char *text)
{
	static uint8_t ip[SEGMENT_BYTES_MAX];
	struct segment seg;
	const char *error = segment_read(&seg, text, true);

	if (error != NULL)
		return play_fail(p, "%s", error);
	if ((seg.flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN) {
		if (p->peer_opened && seg.seq != p->peer_syn)
			p->has_isn = false; /* perhaps another connection */
		p->peer_opened = true;
		p->peer_syn = seg.seq;
	}
	stack_receive(&sockets.stack, ip, (uint32_t)segment_encode(&seg, &p->wire, ip));
	return true;
}

/* ---- States. */

/* "state X": one connection exists and is in state X; CLOSED: there is none, and nothing that
 * one would leave behind. */
static bool
check_state(struct play *p, const char *text)
{
	const struct tg_tcp_gauges *gauges = &sockets.stack.gauges;
	bool closed = strcmp(text, "CLOSED") == 0, known = closed;
	uint32_t i;

	for (i = TG_TCP_LISTEN; i < TG_TCP_STATES; i++) {
		bool named = strcmp(text, tg_tcp_state_name[i]) == 0;

		known = known || named;
		if (tg_gauge(&gauges->state[i]) != named)
			return play_fail(p, "expected state %s\n  got      %u in %s", text,
			    tg_gauge(&gauges->state[i]), tg_tcp_state_name[i]);
	}
	if (!known)
		return play_fail(p, "there is no state %s", text);
	if (closed && (tg_gauge(&gauges->sides) != 0 || tg_gauge(&gauges->held) != 0 ||
			  sockets.stack.spare.n != STACK_FRAMES))
		return play_fail(p, "a connection has left something behind");
	return true;
}

/* ---- Lines. */

static bool
play_event(struct play *p, const char *text, tg_time_t at)
{
	if (*text == '>')
		return outbound(p, text + 1, at);
	if (!pass_silently(p, at))
		return false;
	p->at = at;
	if (*text == '<')
		return inbound(p, text + 1);
	if (strncmp(text, "state ", 6) == 0)
		return check_state(p, text + 6);
	return play_call(p, text);
}

/* "+0.25 event": that long after the event before. */
static bool
play_line(struct play *p, const char *line)
{
	double after;
	char *text;

	if (*line == '\0' || strncmp(line, "--", 2) == 0)
		return true;
	after = strtod(line, &text);
	if (*line != '+' || text == line)
		return play_fail(p, "a line begins with +seconds or --name=value");
	return play_event(p, text + strspn(text, " \t"),
	    p->at + (tg_time_t)(after * (double)TG_NS_PER_SEC + 0.5));
}

/* Copies the next line without its comment and the space around it. */
static const char *
next_line(const char *text, char *line)
{
	size_t len = strcspn(text, "\n"), n;
	const char *next = text[len] == '\0' ? NULL : text + len + 1, *comment;

	n = TG_MIN(len, LINE_MAX_BYTES - 1);
	memcpy(line, text, n);
	line[n] = '\0';
	comment = strstr(line, "//");
	if (comment != NULL)
		n = (size_t)(comment - line);
	while (n != 0 && strchr(" \t\r", line[n - 1]) != NULL)
		n--;
	line[n] = '\0';
	return next;
}

static bool
each_line(
    struct play *p, const char *text, bool (*what)(struct play *, const char *, void *), void *data)
{
	char line[LINE_MAX_BYTES];

	for (p->line = 1; text != NULL && *text != '\0'; p->line++) {
		text = next_line(text, line);
		if (!what(p, line, data))
			return false;
	}
	return true;
}

bool
play_is_for(const char *text, bool is_ipv6)
{
	return strstr(text, is_ipv6 ? "--ip=ipv4\n" : "--ip=ipv6\n") == NULL;
}

static bool
configure(struct play *p, const char *line, void *config)
{
	if (strncmp(line, "--", 2) != 0 || strncmp(line, "--ip=", 5) == 0 ||
	    play_setting(config, line))
		return true;
	return play_fail(p, "there is no setting %s", line);
}

static bool
play(struct play *p, const char *line, void *unused)
{
	(void)unused;
	return play_line(p, line);
}

bool
play_script(struct play *p, const struct play_variant *variant, const char *path, const char *text,
    tg_time_t start)
{
	struct tg_tcp_config config;
	uint32_t i;
	bool ok;

	*p = (struct play){ .variant = variant, .path = path, .start = start, .at = start };
	p->wire = (struct wire){ .is_ipv6 = variant->is_ipv6,
		.our_port = OUR_PORT,
		.peer_port = PEER_PORT,
		.peer_isn = variant->isn };
	for (i = 0; i < PLAY_FDS; i++)
		p->fd[i] = -1;
	play_defaults(&config);
	if (!each_line(p, text, configure, &config))
		return false;
	sockets_init(&config, start);
	sockets.fast_open = SOCKETS_FAST_OPEN_CLIENT | SOCKETS_FAST_OPEN_SERVER;
	sockets.cookie_key = (struct tg_siphash_key){ { 7, 8 } };
	ok = each_line(p, text, play, NULL) && pass_silently(p, p->at + SILENCE_NS);
	sockets_exit();
	return ok;
}
