/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SEGMENT ARRIVES, RFC 9293 3.10.7.4 with RFC 5961: every kind of segment in every state.
 */
#include "fixture.h"

#include <stdio.h>

/* What sequence and acknowledgment numbers are measured from. */
enum edge {
	R,  /* RCV.NXT */
	RW, /* RCV.NXT + RCV.WND */
	U,  /* SND.UNA */
	N,  /* SND.NXT */
};

/* The columns. */
static const enum tg_tcp_state states[] = {
	TG_TCP_SYN_RECEIVED,
	TG_TCP_ESTABLISHED,
	TG_TCP_FIN_WAIT_1,
	TG_TCP_FIN_WAIT_2,
	TG_TCP_CLOSE_WAIT,
	TG_TCP_CLOSING,
	TG_TCP_LAST_ACK,
	TG_TCP_TIME_WAIT,
};

/* What becomes of a segment, a letter for each state above:
 *
 *   -  dropped without a word       a  dropped, answered by <SEQ=SND.NXT><ACK=RCV.NXT>
 *   r  dropped, answered by a RST   x  ends the connection without a word
 *   .  taken, nothing to say        t  text taken, RCV.NXT moves
 *   h  text held, ACK at once       i  text ignored, nothing to say
 *   s  SYN-ACK again
 *   E  to ESTABLISHED               2  to FIN-WAIT-2
 *   #  text taken, to FIN-WAIT-2    ?  a new incarnation, see the tests of TIME-WAIT
 *   W  to CLOSE-WAIT, ACK           C  to CLOSING, ACK
 *   T  to TIME-WAIT, ACK            Q  to TIME-WAIT, nothing to say */
struct row {
	const char *name;
	const char *flags;
	enum edge seq_edge;
	int32_t seq_off;
	uint32_t len;
	enum edge ack_edge;
	int32_t ack_off;
	const char *outcome;
};

static const struct row rows[] = {
	/* first, check sequence number */
	{ "ACK one below the window", ".", R, -1, 0, U, 0, "aaaaaaaa" },
	{ "ACK at the right edge", ".", RW, 0, 0, U, 0, "aaaaaaaa" },
	{ "text before the window", "P.", R, -100, 100, U, 0, "aaaaaaaa" },
	{ "text at the right edge", "P.", RW, 0, 100, U, 0, "aaaaaaaa" },
	{ "FIN again", "F.", R, -1, 0, U, 0, "aaaaaaaa" },
	/* second, check the RST bit; RFC 5961 3.2 */
	{ "RST at RCV.NXT", "R", R, 0, 0, U, 0, "xxxxxxxx" },
	{ "RST at RCV.NXT, ACK of the future", "R.", R, 0, 0, N, 5000, "xxxxxxxx" },
	{ "RST at RCV.NXT with text", "R", R, 0, 100, U, 0, "xxxxxxxx" },
	{ "RST one above RCV.NXT", "R", R, 1, 0, U, 0, "aaaaaaaa" },
	{ "RST at the last number of the window", "R", RW, -1, 0, U, 0, "aaaaaaaa" },
	{ "RST one below the window", "R", R, -1, 0, U, 0, "--------" },
	{ "RST at the right edge", "R", RW, 0, 0, U, 0, "--------" },
	{ "RST far away", "R", R, 1 << 30, 0, U, 0, "--------" },
	/* fourth, check the SYN bit; RFC 5961 4.2 */
	{ "SYN at RCV.NXT", "S", R, 0, 0, U, 0, "xaaaaaaa" },
	{ "SYN at the last number of the window", "S", RW, -1, 0, U, 0, "xaaaaaa?" },
	{ "SYN at the right edge", "S", RW, 0, 0, U, 0, "aaaaaaa?" },
	{ "the first SYN again", "S", R, -1, 0, U, 0, "saaaaaaa" },
	{ "SYN-ACK at RCV.NXT", "S.", R, 0, 0, N, 0, "xaaaaaaa" },
	{ "SYN-ACK one below the window", "S.", R, -1, 0, N, 0, "aaaaaaaa" },
	/* fifth, check the ACK field; RFC 5961 5.2 */
	{ "no flags", "", R, 0, 0, U, 0, "--------" },
	{ "text without ACK", "P", R, 0, 100, U, 0, "--------" },
	{ "FIN without ACK", "F", R, 0, 0, U, 0, "--------" },
	{ "ACK of everything sent", ".", R, 0, 0, N, 0, "E.2..Qx." },
	{ "ACK of what is acknowledged", ".", R, 0, 0, U, 0, "r......." },
	{ "ACK one older", ".", R, 0, 0, U, -1, "r......." },
	{ "ACK as old as the largest window", ".", R, 0, 0, U, -FX_PEER_WND, "r......." },
	{ "ACK older than that", ".", R, 0, 0, U, -FX_PEER_WND - 1, "raaaaaaa" },
	{ "ACK of one never sent", ".", R, 0, 0, N, 1, "raaaaaaa" },
	{ "ACK of far beyond", ".", R, 0, 0, N, 1 << 30, "raaaaaaa" },
	{ "text with ACK of one never sent", "P.", R, 0, 100, N, 1, "raaaaaaa" },
	/* seventh, process the segment text */
	{ "text in order", "P.", R, 0, 100, U, 0, "rtttiiii" },
	{ "text in order, urgent", "PU.", R, 0, 100, U, 0, "rtttiiii" },
	{ "text that overlaps", "P.", R, -50, 100, U, 0, "rtttiiii" },
	{ "text behind a gap", "P.", R, 100, 100, U, 0, "rhhhiiii" },
	{ "text across the right edge", "P.", RW, -50, 100, U, 0, "rhhhiiii" },
	{ "text in order that acknowledges all", "P.", R, 0, 100, N, 0, "tt#tiQxi" },
	/* eighth, check the FIN bit */
	{ "FIN in order", "F.", R, 0, 0, U, 0, "rWCT...." },
	{ "FIN that acknowledges all", "F.", R, 0, 0, N, 0, "WWTT.Qx." },
};

static uint32_t
number(enum edge edge, int32_t off)
{
	switch (edge) {
	case R:
		return fx.t->rcv_nxt + (uint32_t)off;
	case RW:
		return fx.t->rcv_nxt + FX_WINDOW + (uint32_t)off;
	case U:
		return fx.t->snd_una + (uint32_t)off;
	case N:
		return fx.t->snd_nxt + (uint32_t)off;
	}
	return 0;
}

static void
check_log(char outcome, const struct tg_tcb *before, const struct tg_segment *seg, const char *name)
{
	const struct tg_segment *sent = &fx.sent[0].seg;
	bool acks = strchr("ahWCT", outcome) != NULL;
	bool silent = strchr("-x.iE2Q", outcome) != NULL;

	FX_TRUE(!silent || fx.n_sent == 0, name);
	if (acks) {
		FX_TRUE(fx.n_sent == 1 && sent->flags == TG_TCP_ACK, name);
		FX_TRUE(sent->seq == before->snd_nxt && sent->len == 0, name);
		FX_TRUE(sent->ack == before->rcv_nxt + (strchr("WCT", outcome) != NULL), name);
	}
	if (outcome == 'r') {
		FX_TRUE(fx.n_sent == 1 && sent->flags == TG_TCP_RST, name);
		FX_TRUE(sent->seq == seg->ack, name);
	}
	if (outcome == 's') {
		FX_TRUE(fx.n_sent == 1 && sent->flags == (TG_TCP_SYN | TG_TCP_ACK), name);
		FX_TRUE(sent->seq == before->snd_una && sent->ack == before->rcv_nxt, name);
	}
}

static enum tg_tcp_state
state_after(char outcome, enum tg_tcp_state before)
{
	switch (outcome) {
	case 'x':
		return TG_TCP_CLOSED;
	case 'E':
		return TG_TCP_ESTABLISHED;
	case '2':
	case '#':
		return TG_TCP_FIN_WAIT_2;
	case 'W':
		return TG_TCP_CLOSE_WAIT;
	case 'C':
		return TG_TCP_CLOSING;
	case 'T':
	case 'Q':
		return TG_TCP_TIME_WAIT;
	}
	return before;
}

/* A dropped segment leaves no trace in the TCB. */
static void
check_cell(const struct row *row, enum tg_tcp_state state, char outcome)
{
	struct tg_segment seg = fx_segment(row->flags, 0, row->len, 0);
	struct tg_tcb before = *fx.t;
	char name[128];

	if (state == TG_TCP_SYN_RECEIVED && outcome == 't')
		state = TG_TCP_ESTABLISHED;
	seg.seq = number(row->seq_edge, row->seq_off);
	seg.ack = strchr(row->flags, '.') != NULL ? number(row->ack_edge, row->ack_off) : 0;
	snprintf(name, sizeof(name), "%s in %s", row->name, tg_tcp_state_name[state]);
	fx_arrives(&seg);
	fx_serve();
	FX_TRUE(fx_state() == state_after(outcome, state), name);
	if (strchr("xsQ", outcome) == NULL)
		FX_TRUE((strchr("-ari", outcome) != NULL) == (fx.r.drop != TG_DROP_NONE), name);
	check_log(outcome, &before, &seg, name);
	FX_TRUE((strchr("t#", outcome) != NULL) == (fx.taken != 0), name);
	if (strchr("-ar", outcome) != NULL)
		FX_TCB(&before);
	if (outcome == 'h')
		FX_TRUE(fx.r.frame_held, name);
}

static void
test_every_state_every_segment_does_what_the_rfc_says(void)
{
	uint32_t i, j;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++)
		for (j = 0; j < TG_ARRAY_LEN(states); j++) {
			if (rows[i].outcome[j] == '?')
				continue;
			fx_teardown();
			fx_setup();
			fx_enter(states[j]);
			check_cell(&rows[i], states[j], rows[i].outcome[j]);
		}
}

/* The same over IPv6 and with all options agreed. */
static void
test_every_state_every_segment_over_ipv6_with_options_does_the_same(void)
{
	uint32_t i, j;

	for (i = 0; i < TG_ARRAY_LEN(rows); i++)
		for (j = 0; j < TG_ARRAY_LEN(states); j++) {
			if (rows[i].outcome[j] == '?')
				continue;
			fx_teardown();
			fx_setup();
			fx.peer.is_ipv6 = true;
			fx_offer_all(0);
			fx_enter(states[j]);
			check_cell(&rows[i], states[j], rows[i].outcome[j]);
		}
}

/* With text of ours under way an ACK can be new, and partly so. */
static void
test_sending_states_ack_of_part_moves_snd_una(void)
{
	static const enum tg_tcp_state sending[] = { TG_TCP_ESTABLISHED, TG_TCP_CLOSE_WAIT };
	uint32_t i, irs;

	for (i = 0; i < TG_ARRAY_LEN(sending); i++) {
		fx_teardown();
		fx_setup();
		fx_enter(sending[i]);
		irs = fx.t->rcv_nxt - fx.peer.iss;
		fx_append(1500);
		fx_forget();
		fx_peer(".", irs, 0, 1001);
		FX_STATE(sending[i]);
		FX_EQUAL(fx.r.events, TG_TCP_EVENT_ACKED);
		FX_EQUAL(fx.t->snd_una - fx.iss, 1001);
		FX_EQUAL(fx.t->snd_nxt - fx.iss, 1501);
		FX_SENT("");
		fx_peer(".", irs, 0, 1501);
		FX_EQUAL(fx.t->snd_una - fx.iss, 1501);
		FX_EQUAL(fx.t->side, TG_HANDLE_NONE); /* at rest again */
	}
}

static void
test_idle_connection_is_its_tcb_alone(void)
{
	struct tg_tcb want;

	fx_offer_all(3);
	fx_enter(TG_TCP_ESTABLISHED);
	want = *fx.t;
	FX_EQUAL(want.side, TG_HANDLE_NONE);
	FX_EQUAL(tg_gauge(&fx.gauges.sides), 0);
	fx_peer("P.", 1, 10, 1);
	fx_wait_ms(40);
	want.rcv_nxt += 10;
	want.timer.deadline = fx.t->timer.deadline; /* heard again */
	FX_TCB(&want);
	FX_EQUAL(tg_gauge(&fx.gauges.sides), 0);
}

static CU_TestInfo tests[] = {
	{ "every state, every segment: what the RFC says",
	    test_every_state_every_segment_does_what_the_rfc_says },
	{ "every state, every segment, over IPv6 with options",
	    test_every_state_every_segment_over_ipv6_with_options_does_the_same },
	{ "sending states: ACK of a part moves SND.UNA",
	    test_sending_states_ack_of_part_moves_snd_una },
	{ "idle connection is its TCB alone", test_idle_connection_is_its_tcb_alone },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return fx_run("tcp arrival", tests);
}
