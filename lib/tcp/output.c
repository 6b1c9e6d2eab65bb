/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What to send next: SYN-ACK, text, FIN, probe or ACK. Segments are described by sequence
 * number and length; the user renders their bytes.
 */
#include "tcp/tcp_internal.h"

#define TIMESTAMP_BYTES  12 /* the option with its padding */
#define SACK_BYTES       4  /* the same, without blocks */
#define SACK_BLOCK_BYTES 8

/* Bytes of text that fit a full segment. */
uint32_t
tg_tcp_effective_mss(const struct tg_tcb *t)
{
	return t->mss - ((t->flags & TG_TCB_TIMESTAMPS) != 0 ? TIMESTAMP_BYTES : 0);
}

static uint8_t
sack_blocks_max(const struct tg_tcb *t)
{
	return (t->flags & TG_TCB_TIMESTAMPS) != 0 ? 3 : 4;
}

/* Bytes of text that fit the next segment: SACK blocks take their room from it. */
static uint32_t
text_max(const struct tg_tcb *t, const struct tg_side *s)
{
	bool sack = (t->flags & TG_TCB_SACK) != 0 && (s->held != TG_HANDLE_NONE || s->duplicate);

	return tg_tcp_effective_mss(t) -
	       (sack ? SACK_BYTES + SACK_BLOCK_BYTES * sack_blocks_max(t) : 0);
}

/* The window field; moves the advertised edge. RFC 9293 3.8.6.2.2: the edge moves by a
 * segment or half the window, or not at all, and never back. */
static uint16_t
window_field(const struct tg_tcp *tcp, const struct tg_tcb *t, struct tg_side *s)
{
	uint32_t window = tcp->config->receive_window;
	unsigned shift = (t->flags & TG_TCB_WSCALE) != 0 ? tcp->config->window_scale : 0;
	uint32_t right;

	if (s != NULL) {
		right = s->rcv_user + window;
		if ((int32_t)(right - s->rcv_adv) >= (int32_t)TG_MIN(window / 2, t->mss))
			s->rcv_adv = right;
		window = tg_seq_gt(s->rcv_adv, t->rcv_nxt) ? s->rcv_adv - t->rcv_nxt : 0;
	}
	return (uint16_t)TG_MIN(window >> shift, UINT16_MAX);
}

/* The next run of held text beyond RCV.NXT, from held frame *i on. */
static bool
next_run(const struct tg_tcp *tcp, const struct tg_tcb *t, uint32_t *i, struct tg_sack_block *run)
{
	const struct tg_held *held = tcp->held;

	while (*i != TG_HANDLE_NONE && tg_seq_leq(held[*i].seq, t->rcv_nxt))
		*i = held[*i].next;
	if (*i == TG_HANDLE_NONE)
		return false;
	run->left = run->right = held[*i].seq;
	for (; *i != TG_HANDLE_NONE && tg_seq_leq(held[*i].seq, run->right); *i = held[*i].next)
		run->right = tg_seq_max(run->right, held[*i].seq + held[*i].len);
	return true;
}

/* RFC 2883 section 4: text that arrived twice before all else. RFC 2018 section 4: then the run
 * that the latest segment belongs to, never left out; then as many others as fit. */
static void
add_sack_blocks(const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s,
    struct tg_tcp_options *opt)
{
	uint8_t first = s->duplicate, n = first + 1;
	uint32_t i = s->held;
	struct tg_sack_block run;
	bool latest = false;

	if (s->duplicate)
		opt->sack[0] = s->loss->duplicate;

	while (next_run(tcp, t, &i, &run)) {
		if (tg_seq_in_window(s->last_held, run.left, run.right - run.left)) {
			opt->sack[first] = run;
			latest = true;
		} else if (n < sack_blocks_max(t))
			opt->sack[n++] = run;
	}
	if (!latest && --n != first)
		opt->sack[first] = opt->sack[n];
	opt->n_sack = n;
	if (n != 0)
		opt->present |= TG_OPT_SACK;
}

static void
add_options(const struct tg_tcp *tcp, const struct tg_tcb *t, const struct tg_side *s,
    tg_time_t now, struct tg_tcp_options *opt)
{
	if ((t->flags & TG_TCB_TIMESTAMPS) != 0) {
		opt->present |= TG_OPT_TIMESTAMP;
		opt->tsval = tg_time_tick(now) + t->ts_off;
		opt->tsecr = t->ts_recent;
	}
	if ((t->flags & TG_TCB_SACK) != 0 && s != NULL &&
	    (s->held != TG_HANDLE_NONE || s->duplicate))
		add_sack_blocks(tcp, t, s, opt);
}

/* A segment with nothing in it. Options are written as they become present. */
static void
begin_segment(struct tg_segment *seg, uint32_t seq)
{
	memset(seg, 0, offsetof(struct tg_segment, opt.mss));
	seg->seq = seq;
}

/* Fills in what every segment of a synchronised connection carries. Whatever ACK was due
 * goes with it. */
static void
describe(
    struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now, struct tg_segment *seg)
{
	seg->ack = t->rcv_nxt;
	seg->wnd = window_field(tcp, t, s);
	seg->flags |= (t->flags & TG_TCB_ECE) != 0 ? TG_TCP_ACK | TG_TCP_ECE : TG_TCP_ACK;
	seg->sport = t->lport;
	seg->dport = t->rport;
	add_options(tcp, t, s, now, &seg->opt);
	t->flags &= (uint16_t) ~(TG_TCB_SEND_ACK | TG_TCB_DELAYED_ACK);
	if (s != NULL) {
		s->last_ack = t->rcv_nxt;
		s->text_segments = 0;
		s->duplicate = false;
		tg_tcp_stop_timer(s, TG_TIMER_DELAYED_ACK);
		if ((s->rare & TG_RARE_URGENT_OUT) != 0)
			tg_urgent_mark(tcp, t, s, seg);
	}
}

static void
add_fast_open(struct tg_tcp *tcp, uint32_t h, struct tg_segment *seg)
{
	if (tcp->tcb[h].state == TG_TCP_SYN_SENT)
		tg_fast_open_offer(tcp, h, seg);
	else
		tg_fast_open_grant(tcp, h, seg);
}

/* SYN in SYN-SENT, SYN-ACK in SYN-RECEIVED. The flags say which options we offer or accept. */
static void
output_syn(
    struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now, struct tg_segment *seg)
{
	const struct tg_tcp_config *config = tcp->config;
	uint32_t h = (uint32_t)(t - tcp->tcb), window;
	bool is_ipv6 = tg_tcp_is_ipv6(tcp, h);

	*seg = (struct tg_segment){ .seq = t->snd_una, .flags = TG_TCP_SYN };
	seg->opt.present = TG_OPT_MSS;
	seg->opt.mss = is_ipv6 ? config->mss6 : config->mss4;
	if ((t->flags & TG_TCB_WSCALE) != 0) {
		seg->opt.present |= TG_OPT_WSCALE;
		seg->opt.wscale = config->window_scale;
	}
	if ((t->flags & TG_TCB_SACK) != 0)
		seg->opt.present |= TG_OPT_SACK_OK;
	describe(tcp, t, s, now, seg);
	if ((t->flags & TG_TCB_FAST_OPEN) != 0)
		add_fast_open(tcp, h, seg);
	if (t->state == TG_TCP_SYN_SENT)
		seg->flags = TG_TCP_SYN; /* there is nothing to acknowledge yet */
	if ((t->flags & TG_TCB_ECN) != 0)
		seg->flags |= t->state == TG_TCP_SYN_SENT ? TG_TCP_ECE | TG_TCP_CWR : TG_TCP_ECE;
	window = s != NULL ? s->rcv_adv - t->rcv_nxt : config->receive_window;
	seg->wnd = (uint16_t)TG_MIN(window, UINT16_MAX); /* never scaled */
	t->flags &= (uint16_t)~TG_TCB_SEND_SYN;
	if (t->syn_time == 0)
		t->syn_time = TG_MAX(tg_time_rtt(now), 1);
}

/* RFC 9293 3.10.4: in SYN-RECEIVED, FIN waits for ESTABLISHED. */
static bool
fin_due(const struct tg_tcb *t, const struct tg_side *s, uint32_t from)
{
	return (t->flags & TG_TCB_FIN_QUEUED) != 0 && tg_seq_leq(from, s->snd_end) &&
	       !tg_tcp_is_opening(t);
}

/* Whether SND_PTR is behind all there is to send, FIN included. */
static bool
is_all_sent(const struct tg_tcb *t, const struct tg_side *s)
{
	return tg_seq_gt(s->snd_ptr, s->snd_end) ||
	       (s->snd_ptr == s->snd_end && !fin_due(t, s, s->snd_ptr));
}

/* Accounts for [seq, seq + len) and perhaps FIN having been sent. */
static void
sent(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now,
    const struct tg_segment *seg)
{
	uint32_t end = seg->seq + tg_seg_len(seg);
	bool first = t->snd_una == t->snd_nxt; /* a timer still armed was the persist timer */

	if ((t->flags & TG_TCB_SACK) != 0)
		tg_runs_sent(tcp, t, s, seg, now);
	if (tg_seq_lt(seg->seq, t->snd_nxt)) {
		tg_count(tcp->stats, TG_COUNTER_RETRANSMITS);
		s->rtt_timing = false; /* Karn's algorithm, RFC 6298 section 3 */
	} else if (!s->rtt_timing) {
		s->rtt_timing = true;
		s->rtt_seq = end;
		s->rtt_time = tg_time_rtt(now);
	}
	t->snd_nxt = tg_seq_max(t->snd_nxt, end);
	tg_cc_sent(t, s);
	s->sent_at = tg_time_tick(now);
	if (tg_recovering_by_sack(t, s))
		tg_recovery_sent(s, tg_seg_len(seg));
	if ((seg->flags & TG_TCP_FIN) != 0 && (t->flags & TG_TCB_FIN_SENT) == 0) {
		t->flags |= TG_TCB_FIN_SENT;
		tg_tcp_set_state(
		    tcp, t, t->state == TG_TCP_CLOSE_WAIT ? TG_TCP_LAST_ACK : TG_TCP_FIN_WAIT_1);
	}
	if (first || (s->armed & 1U << TG_TIMER_RETRANSMIT) == 0)
		tg_tcp_set_timer(
		    s, TG_TIMER_RETRANSMIT, tg_time_tick(now) + tg_tcp_rto(tcp, t, s->backoff));
	if ((t->flags & TG_TCB_SACK) != 0)
		tg_tlp_schedule(t, s, now);
}

static bool
emit(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now, uint32_t seq,
    uint32_t len, bool fin, struct tg_segment *seg)
{
	begin_segment(seg, seq);
	seg->len = len;
	if (len != 0 && seq + len == s->snd_end)
		seg->flags |= TG_TCP_PSH; /* MUST-61: the last buffered segment */
	if (fin)
		seg->flags |= TG_TCP_FIN;
	describe(tcp, t, s, now, seg);
	sent(tcp, t, s, now, seg);
	return true;
}

/* Whether something other than the next text in line may be due. */
static bool
is_repairing(const struct tg_side *s)
{
	return s->resend_one || s->probe || s->tlp == TG_TLP_DUE || s->recovering;
}

/* NewReno's fast retransmit: the segment at SND.UNA, whatever the window. Only what was sent
 * before: new text keeps to the window (SHLD-15). */
static bool
output_resend(
    struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now, struct tg_segment *seg)
{
	uint32_t end, len;
	bool fin;

	if (!s->resend_one)
		return false;
	s->resend_one = false;
	if (t->snd_una == t->snd_nxt)
		return false;
	end = tg_seq_min(s->snd_end, t->snd_nxt);
	len = TG_MIN(end - t->snd_una, text_max(t, s));
	fin = (t->flags & TG_TCB_FIN_SENT) != 0 && t->snd_una + len == s->snd_end;
	return emit(tcp, t, s, now, t->snd_una, len, fin, seg);
}

/* The same with SACK: lost text, as much of it as fits a segment. */
static bool
output_lost(
    struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now, struct tg_segment *seg)
{
	struct tg_sack_block lost;
	uint32_t end;
	bool fin;

	if (!tg_recovery_next(t, s, &lost))
		return false;
	end = tg_seq_min(tg_seq_min(lost.right, s->snd_end), lost.left + text_max(t, s));
	end = tg_seq_max(end, lost.left); /* beyond the text there is only the FIN */
	fin = tg_seq_geq(end, s->snd_end) && tg_seq_gt(lost.right, s->snd_end);
	return emit(tcp, t, s, now, lost.left, end - lost.left, fin, seg);
}

/* RFC 8985 section 7.3: a segment of new text if the peer has room, whatever CWND is, or else
 * the last one again. */
static bool
output_tail_probe(
    struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now, struct tg_segment *seg)
{
	uint32_t mss = text_max(t, s), edge = t->snd_una + tg_tcp_snd_wnd(t);
	uint32_t seq = t->snd_nxt, end = tg_seq_min(s->snd_end, seq + mss);
	bool fin, again;

	if (s->tlp != TG_TLP_DUE)
		return false;
	s->tlp = TG_TLP_NONE;
	if (t->snd_una == t->snd_nxt)
		return false;
	fin = end == s->snd_end && fin_due(t, s, seq);
	again = tg_seq_gt(seq, s->snd_end) || (seq == end && !fin) || tg_seq_gt(end + fin, edge);
	if (again) {
		end = tg_seq_min(seq, s->snd_end);
		fin = seq != end;
		seq = tg_seq_max(t->snd_una, end - mss);
	} else
		s->snd_ptr = end + fin;
	emit(tcp, t, s, now, seq, end - seq, fin, seg);
	tg_tlp_sent(t, s, again);
	return true;
}

/* RFC 9293 3.8.6.1: at least one octet of new data, or the FIN, into a closed window. Also
 * what ends sender-side silly window avoidance (3.8.6.2.1, the override timeout). Into a
 * closed window SND_PTR stays: what the probe carried counts as unsent until it is
 * acknowledged. */
static bool
output_probe(
    struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now, struct tg_segment *seg)
{
	uint32_t window = TG_MAX(tg_tcp_snd_wnd(t), 1), len = s->snd_end - t->snd_una;

	if (!s->probe)
		return false;
	s->probe = false;
	if (tg_seq_gt(t->snd_una, s->snd_end))
		return false; /* everything, FIN included, is acknowledged */
	len = TG_MIN(TG_MIN(len, window), text_max(t, s));
	if (len == 0 && (t->flags & TG_TCB_FIN_QUEUED) == 0)
		return false;
	if (t->snd_wnd != 0)
		s->snd_ptr = tg_seq_max(s->snd_ptr, t->snd_una + len + (len == 0));
	return emit(tcp, t, s, now, t->snd_una, len, len == 0, seg);
}

static bool
output_repair(
    struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now, struct tg_segment *seg)
{
	return output_resend(tcp, t, s, now, seg) || output_probe(tcp, t, s, now, seg) ||
	       output_tail_probe(tcp, t, s, now, seg) || output_lost(tcp, t, s, now, seg);
}

/* Text that waits for a window must not wait for ever: the retransmission timer doubles
 * as the persist timer while nothing is outstanding. */
static void
wait_for_window(struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now)
{
	if (t->snd_una == t->snd_nxt && (s->armed & 1U << TG_TIMER_RETRANSMIT) == 0)
		tg_tcp_set_timer(
		    s, TG_TIMER_RETRANSMIT, tg_time_tick(now) + tg_tcp_rto(tcp, t, s->backoff));
}

/* Whether new text that does not fill a segment waits for company. Before a FIN it does not: none
 * will come. */
static bool
nagle_holds(const struct tg_tcb *t, uint32_t seq)
{
	return (t->flags & (TG_TCB_NAGLE | TG_TCB_FIN_QUEUED)) == TG_TCB_NAGLE &&
	       t->snd_una != t->snd_nxt && seq == t->snd_nxt;
}

/* RFC 9293 3.8.6.2.1: besides a full segment all there is, or half the largest window, goes.
 * After a timeout old text goes again in whatever the window lets (SHLD-16). */
static bool
is_worth_sending(
    const struct tg_tcb *t, const struct tg_side *s, uint32_t seq, uint32_t len, uint32_t left)
{
	if (len == left || len >= s->max_wnd / 2)
		return !nagle_holds(t, seq);
	return t->retries != 0 && tg_seq_lt(seq, t->snd_nxt);
}

/* What is unsent or to be sent again from *seq on: moves *seq there, and returns where what is
 * known to have arrived or to be still under way begins, or SND.NXT. Without SACK all that a
 * timeout found under way goes again, with SACK what is lost. */
static uint32_t
next_gap(const struct tg_tcb *t, const struct tg_side *s, uint32_t *seq)
{
	struct tg_sack_block lost;

	if ((t->flags & TG_TCB_SACK) == 0 || tg_seq_geq(t->snd_una, s->recover) ||
	    tg_seq_geq(*seq, t->snd_nxt))
		return t->snd_nxt;
	if (!tg_rack_next_lost(t, s, *seq, &lost))
		lost.left = lost.right = t->snd_nxt;
	*seq = lost.left;
	return lost.right;
}

/* Whether nothing is under way and one segment takes all there is, as with most answers: nothing
 * but a window that leaves no room for the FIN can then hold it back. */
static bool
is_lone_segment(const struct tg_tcb *t, const struct tg_side *s, uint32_t mss)
{
	return t->snd_una == t->snd_nxt && s->snd_ptr == t->snd_nxt && !s->recovering &&
	       t->cwnd != 0 && t->state > TG_TCP_SYN_RECEIVED &&
	       s->snd_end - s->snd_ptr <= TG_MIN(mss, tg_tcp_snd_wnd(t));
}

/* The next segment from SND_PTR on, without what the peer has, that CWND and SND.WND let go. */
static bool
next_segment(
    const struct tg_tcb *t, const struct tg_side *s, uint32_t *seq, uint32_t *len, bool *fin)
{
	uint32_t mss = text_max(t, s), left, room, gap_end, edge, wnd_edge;
	bool last;

	*seq = s->snd_ptr;
	if (is_lone_segment(t, s, mss)) {
		*len = s->snd_end - s->snd_ptr;
		*fin = (t->flags & TG_TCB_FIN_QUEUED) != 0 && *len < tg_tcp_snd_wnd(t);
		return *fin || *len != 0;
	}
	gap_end = next_gap(t, s, seq);
	wnd_edge = t->snd_una + tg_tcp_snd_wnd(t);
	edge = tg_seq_min(tg_cc_edge(t, s, *seq), wnd_edge);
	edge += t->state == TG_TCP_SYN_RECEIVED; /* SND.UNA is the SYN, which takes no window */
	last = tg_seq_geq(gap_end, t->snd_nxt);
	gap_end = last ? s->snd_end : tg_seq_min(gap_end, s->snd_end);
	left = tg_seq_lt(*seq, gap_end) ? gap_end - *seq : 0;
	room = tg_seq_lt(*seq, edge) ? edge - *seq : 0;
	*len = TG_MIN(TG_MIN(left, room), mss);
	/* CWND limits text (RFC 5681 section 2), not the FIN behind it. */
	*fin = last && *len == left && tg_seq_lt(*seq + *len, wnd_edge) && fin_due(t, s, *seq);
	return *fin || (*len != 0 && (*len == mss || is_worth_sending(t, s, *seq, *len, left)));
}

/* PSH where a window ends a burst, so that the receiver passes it on and acknowledges it at
 * once. Not on a lone segment, such as one ACK of a long queue lets go: there it is better if
 * the next ACK covers more. */
static void
push_burst(const struct tg_tcb *t, struct tg_side *s, struct tg_segment *seg)
{
	bool was = s->bursting, fin;
	uint32_t seq, len;

	s->bursting =
	    (seg->flags & (TG_TCP_PSH | TG_TCP_FIN)) == 0 && next_segment(t, s, &seq, &len, &fin);
	if (was && !s->bursting)
		seg->flags |= TG_TCP_PSH;
}

/* RFC 3168 6.1: only new text may be marked instead of dropped; what was resent and probes are
 * not, 6.1.5 and 6.1.6. The first after a reduction of CWND tells the peer to echo no more. */
static void
mark_new_text(struct tg_tcb *t, struct tg_segment *seg)
{
	if ((t->flags & TG_TCB_ECN) == 0 || seg->len == 0)
		return;
	seg->ecn = TG_ECN_ECT0;
	if ((t->flags & TG_TCB_SEND_CWR) != 0)
		seg->flags |= TG_TCP_CWR;
	t->flags &= (uint16_t)~TG_TCB_SEND_CWR;
}

static bool
output_next(
    struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now, struct tg_segment *seg)
{
	uint32_t seq = s->snd_ptr, len;
	bool fin, is_new;

	if (is_all_sent(t, s))
		return false;
	if (t->snd_una == t->snd_nxt) {
		tg_cc_idle(tcp, t, tg_time_tick(now) - s->sent_at);
		tg_cubic_pause(s, tg_time_tick(now));
	}
	if (!next_segment(t, s, &seq, &len, &fin)) {
		wait_for_window(tcp, t, s, now);
		return false;
	}
	s->snd_ptr = seq + len + fin;
	is_new = tg_seq_geq(seq, t->snd_nxt);
	emit(tcp, t, s, now, seq, len, fin, seg);
	if (is_new)
		mark_new_text(t, seg);
	push_burst(t, s, seg);
	return true;
}

/* The sequence number of a segment without text. What probes a closed window counts as unsent: a
 * peer that refused it takes no ACK from behind it. */
static uint32_t
bare_seq(struct tg_tcb *t, struct tg_side *s)
{
	if (t->snd_wnd == 0 && t->snd_nxt - t->snd_una == 1 && !tg_tcp_is_opening(t))
		return t->snd_una;
	return tg_keep_alive_seq(t, s);
}

static bool
output_ack(
    struct tg_tcp *tcp, struct tg_tcb *t, struct tg_side *s, tg_time_t now, struct tg_segment *seg)
{
	if ((t->flags & TG_TCB_SEND_ACK) == 0)
		return false;
	begin_segment(seg, bare_seq(t, s));
	describe(tcp, t, s, now, seg);
	return true;
}

bool
tg_tcp_output(
    struct tg_tcp *tcp, uint32_t h, tg_time_t now, struct tg_segment *seg, uint32_t *offset)
{
	struct tg_tcb *t = &tcp->tcb[h];
	struct tg_side *s = tg_tcp_side_of(tcp, t);
	bool any = false;

	*offset = 0;
	if (t->state == TG_TCP_CLOSED)
		return false;
	if ((t->flags & TG_TCB_SEND_SYN) != 0) {
		output_syn(tcp, t, s, now, seg);
		return true;
	}
	if (s != NULL && tg_tcp_sends(t, s) && t->state != TG_TCP_TIME_WAIT &&
	    t->state != TG_TCP_FIN_WAIT_2)
		any = (is_repairing(s) && output_repair(tcp, t, s, now, seg)) ||
		      output_next(tcp, t, s, now, seg);
	if (any)
		*offset = seg->seq - s->snd_base;
	return any || output_ack(tcp, t, s, now, seg);
}

/* Whether output_repair has something to try. */
static bool
repair_due(const struct tg_tcb *t, const struct tg_side *s)
{
	struct tg_sack_block lost;

	return s->resend_one || s->probe || s->tlp == TG_TLP_DUE || tg_recovery_next(t, s, &lost);
}

bool
tg_tcp_wants_output(const struct tg_tcp *tcp, uint32_t h)
{
	const struct tg_tcb *t = &tcp->tcb[h];
	const struct tg_side *s = tg_tcp_side_of(tcp, t);
	uint32_t seq, len;
	bool fin;

	if (t->state == TG_TCP_CLOSED)
		return false;
	if ((t->flags & (TG_TCB_SEND_SYN | TG_TCB_SEND_ACK)) != 0)
		return true;
	if (s == NULL || !tg_tcp_sends(t, s))
		return false;
	if (is_repairing(s) && repair_due(t, s))
		return true;
	if (is_all_sent(t, s))
		return false;
	if (s->snd_ptr != s->snd_end && is_lone_segment(t, s, text_max(t, s)))
		return true;
	return next_segment(t, s, &seq, &len, &fin);
}

void
tg_tcp_append(struct tg_tcp *tcp, uint32_t h, uint32_t n)
{
	tcp->side[tcp->tcb[h].side].snd_end += n;
}
