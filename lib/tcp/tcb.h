/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * TCB: the transmission control block, RFC 9293 section 3.3.1, in one cache line.
 *
 * An idle connection, one with nothing sent and unacknowledged, nothing held and no
 * request being parsed, is its 64-byte TCB and nothing else. What only a moving
 * connection needs lives in a side record, taken from a pool when the first byte
 * moves and given back when everything has come to rest. Without a side record:
 *
 *   SND.WL1 = RCV.NXT, SND.WL2 = SND.UNA    the last window update was the last segment
 *   last ACK sent = RCV.NXT                 nothing is left to acknowledge
 *   RCV.WND = the configured window         nothing is held
 *   the only deadline is the one on the wheel, and the state says what it is for
 *
 * TCBs for IPv4 and IPv6 lie in one array, IPv4 first; the handle tells the family. The
 * remote IPv6 addresses lie in an array of their own.
 */
#ifndef TG_TCP_TCB_H
#define TG_TCP_TCB_H

#include "base/frame.h"
#include "base/time.h"
#include "packet/tcp_options.h"
#include "tcp/gauges.h"
#include "wheel/wheel.h"

/* tg_tcb.flags */
#define TG_TCB_TIMESTAMPS  (1U << 0)  /* both sides use RFC 7323 timestamps */
#define TG_TCB_SACK        (1U << 1)  /* the peer takes SACK blocks */
#define TG_TCB_WSCALE      (1U << 2)  /* both sides scale their windows */
#define TG_TCB_SEND_SYN    (1U << 3)  /* a SYN, or in SYN-RECEIVED a SYN-ACK, is to be sent */
#define TG_TCB_SEND_ACK    (1U << 4)  /* an ACK is to be sent now, alone if need be */
#define TG_TCB_DELAYED_ACK (1U << 5)  /* an ACK may ride on the next segment */
#define TG_TCB_FIN_QUEUED  (1U << 6)  /* the user closed: FIN follows the last byte */
#define TG_TCB_FIN_SENT    (1U << 7)  /* FIN has been sent at least once */
#define TG_TCB_RETRIED     (1U << 8)  /* the SYN was repeated: no RTT sample (Karn) */
#define TG_TCB_TOUCHED     (1U << 9)  /* in this burst's list of connections to serve */
#define TG_TCB_ACTIVE      (1U << 10) /* opened by us (RFC 9293 MUST-11) */
#define TG_TCB_ECN         (1U << 11) /* both sides use ECN; SYN-SENT: we offer it */
#define TG_TCB_ECE         (1U << 12) /* a mark (CE) is to be echoed until CWR arrives */
#define TG_TCB_FAST_OPEN   (1U << 13) /* our SYN or SYN-ACK carries the Fast Open option */
#define TG_TCB_NAGLE       (1U << 14) /* small text waits for an ACK (RFC 9293 3.7.4) */
#define TG_TCB_KEEP_ALIVE  (1U << 15) /* idle, the connection probes its peer (RFC 9293 3.8.4) */

/* In SYN-RECEIVED, where no FIN is sent: the SYN-ACK's Fast Open option is the experimental one. */
#define TG_TCB_FAST_OPEN_EXPERIMENT TG_TCB_FIN_SENT
/* From ESTABLISHED on: CWND was reduced, and new text is to say so. Not in the side record, for the
 * peer echoes its mark until it hears so, and the connection may come to rest before. */
#define TG_TCB_SEND_CWR TG_TCB_FAST_OPEN

struct tg_tcb {
	be32_t raddr;      /* remote IPv4 address; 0 for IPv6 */
	be16_t rport;      /* remote port */
	be16_t lport;      /* local port */
	uint16_t endpoint; /* local address and VLAN: index into the configuration's endpoints */
	uint16_t nexthop;  /* hint for the neighbour cache */
	uint8_t state : 4; /* enum tg_tcp_state */
	uint8_t snd_wscale : 4; /* Snd.Wind.Shift, the peer's */
	uint8_t retries; /* SYN-SENT, SYN-RECEIVED: SYNs repeated; with a side record: timeouts in a
			    row; without one: keep-alive probes that nothing has answered */
	uint16_t flags;  /* TG_TCB_* */
	uint32_t snd_una;   /* SND.UNA */
	uint32_t snd_nxt;   /* SND.NXT: one past the highest sequence number sent */
	uint32_t rcv_nxt;   /* RCV.NXT */
	uint16_t snd_wnd;   /* SND.WND as the peer sent it, unscaled */
	uint16_t mss;       /* largest segment to send in bytes, options included */
	uint32_t ts_recent; /* TS.Recent (RFC 7323) */
	uint32_t ts_off;    /* our timestamps are tick + ts_off */
	union {
		struct {
			tg_sf16_t srtt;   /* SRTT in 2^10 ns; 0: no sample yet */
			tg_sf16_t rttvar; /* RTTVAR in 2^10 ns */
		};
		uint32_t
		    syn_time; /* SYN-SENT, SYN-RECEIVED: when it was sent, 2^10 ns; 0: not yet */
	};
	uint16_t cwnd;              /* segments */
	uint16_t ssthresh;          /* segments */
	struct tg_wheel_node timer; /* the earliest deadline */
	uint32_t side;              /* side record, or TG_HANDLE_NONE */
};
_Static_assert(sizeof(struct tg_tcb) == 64, "one cache line");
_Static_assert(offsetof(struct tg_tcb, snd_una) == 16, "tuple and flags in the first quarter");
_Static_assert(offsetof(struct tg_tcb, timer) == 48, "the wheel touches the last quarter");

/* Deadlines that a moving connection can have at the same time. */
enum tg_tcp_timer {
	TG_TIMER_RETRANSMIT, /* RFC 6298; with a zero window the persist timer */
	TG_TIMER_DELAYED_ACK,
	TG_TIMER_PROBE,   /* tail loss probe, where it comes before RETRANSMIT (RFC 8985) */
	TG_TIMER_RESUME,  /* output stopped for want of frames or a next hop: try again */
	TG_TIMER_LIFE,    /* idle time, keep-alive or FIN-WAIT-2 */
	TG_TIMER_REORDER, /* RACK: what may still be late counts as lost (RFC 8985) */
	TG_TIMERS
};

/* Tail loss probes, RFC 8985 section 7.1: at most one is out (TLP.end_seq). */
enum tg_tlp {
	TG_TLP_NONE,
	TG_TLP_DUE,
	TG_TLP_NEW,   /* it carried new text */
	TG_TLP_AGAIN, /* it carried the last segment again (TLP.is_retrans) */
};

#define TG_SACK_RANGES 8  /* two ACKs' worth of blocks; fills up the cache line */
#define TG_RUNS        26 /* bursts under way whose times are told apart */

/* Text sent at one time. */
struct tg_tx_run {
	uint32_t left; /* its first byte; it ends where the next run begins */
	uint32_t sent; /* when, 2^10 ns */
	bool resent;
};

/* RFC 8985 section 5.2; times in 2^10 ns. */
struct tg_rack {
	uint32_t xmit_ts; /* of what has arrived, when the last of it was sent */
	uint32_t end_seq; /* and where it ends */
	uint32_t rtt;     /* how long that took */
	uint32_t min_rtt;
	uint32_t fack;        /* one past the highest that has arrived */
	uint32_t lost_ts;     /* lost is what was sent earlier, */
	uint32_t lost_seq;    /* or at the same time below this */
	uint32_t dsack_round; /* the round ends here */
	bool in_dsack_round;
	bool reordering_seen;
	bool was_recovering; /* before this ACK */
	uint8_t reo_wnd_mult;
	uint8_t reo_wnd_persist; /* recoveries until it is one again */
};

/* CUBIC (RFC 9438), touched only by congestion avoidance. Windows in segments. */
struct tg_cubic {
	uint32_t epoch;      /* tick when congestion avoidance began, pauses added */
	uint32_t seen;       /* tick of the last ACK */
	uint32_t k;          /* K: ticks from epoch to W_max */
	uint32_t credit;     /* fraction of CWND's next segment */
	uint32_t est_acked;  /* bytes acknowledged since W_est last grew */
	uint16_t w_est;      /* W_est: what Reno would have */
	uint16_t w_max;      /* W_max: what was too much; 0: not known */
	uint16_t cwnd_prior; /* CWND before the last reduction */
};

/* What loss brings with it: one for each side record, touched only by connections that lose
 * something or have bursts of several times under way. Taking a side record does not clear it:
 * what is in use is told by n_sacked, n_runs, recovering, cubic_used and cwr there. */
struct tg_loss {
	_Alignas(64) struct tg_sack_block sacked[TG_SACK_RANGES]; /* the scoreboard, ascending */
	struct tg_tx_run run[TG_RUNS]; /* ascending, SND.UNA to SND.NXT */
	struct tg_rack rack;
	struct tg_sack_block duplicate; /* text that arrived twice (RFC 2883) */
	uint32_t tlp_end_seq;           /* SND.NXT when the probe was sent */
	uint32_t reorder_deadline;      /* of TG_TIMER_REORDER, while armed */
	uint32_t recover_fs;    /* RecoverFS (RFC 6937): bytes under way when recovery began */
	uint32_t prr_delivered; /* bytes that have arrived since */
	uint32_t prr_out;       /* bytes sent since */
	uint32_t prr_credit;    /* bytes that the last ACK still lets go (sndcnt) */
	struct tg_cubic cubic;
	uint32_t cwr_end; /* ECN: SND.NXT when CWND was reduced, while cwr */
};

struct tg_side {
	_Alignas(64) uint32_t owner; /* TCB handle; free list link while free */
	/* send: the stream of the user is appended at snd_end and rendered on demand */
	uint32_t snd_base;   /* sequence number of the user's stream offset 0 */
	uint32_t snd_end;    /* sequence number behind the last byte appended */
	uint32_t snd_ptr;    /* next to send; behind SND.NXT while resending after a timeout */
	uint32_t snd_wl1;    /* SND.WL1 */
	uint32_t snd_wl2;    /* SND.WL2 */
	uint32_t max_wnd;    /* largest window the peer ever offered, bytes */
	uint32_t recover;    /* SND.NXT when recovery began, or at the timeout (RFC 6582) */
	uint32_t acked;      /* bytes acknowledged since CWND last grew */
	uint32_t flight_max; /* most bytes under way in this window: whether CWND limits */
	uint32_t flight_end; /* that window ends where this is acknowledged */
	uint32_t rtt_seq;    /* the segment being timed ends here */
	uint32_t rtt_time;   /* when it was sent, 2^10 ns; without runs all under way was */
	uint32_t sent_at;    /* tick of the last text sent, at first of the last segment heard */
	uint8_t dup_acks;    /* duplicate ACKs in a row */
	uint8_t backoff;     /* RTO doubled this many times */
	bool rtt_timing;     /* a segment is being timed */
	bool recovering;     /* in fast recovery */
	bool resend_one;     /* NewReno: send one segment at SND.UNA */
	bool probe;          /* zero-window probe due */
	bool bursting;       /* the segment sent last was not the last that could go */
	bool user_ready;     /* the user's part has been initialised */
	bool impatient : 1;  /* the user waits for text: traffic does not prolong its life */
	bool overdue : 1;    /* and has waited for config->timers.request */
	bool cubic_used;     /* loss->cubic is in use */
	bool cwr;            /* ECN: CWND has been reduced for what is below cwr_end */
	bool cubic_epoch;    /* cubic: congestion avoidance has begun */
	uint8_t n_sacked;    /* ranges of the scoreboard in use */
	uint8_t tlp;         /* enum tg_tlp */
	uint8_t n_runs;      /* 0: all that is under way was sent at one time */
	/* receive: text in order but not yet taken by the user, and out of order */
	bool fin_held : 1;     /* the peer's FIN waits behind missing text */
	bool fast_open : 1;    /* SYN-RECEIVED: pending, tcp/fast_open.h; text may be sent */
	bool duplicate;        /* the next ACK reports text that arrived twice */
	uint8_t text_segments; /* segments with text since the last ACK */
	uint8_t keep_alives;   /* keep-alive probes that nothing has answered */
	uint8_t rare;          /* TG_RARE_*: what of its struct tg_rare is in use */
	uint8_t armed;         /* bit per enum tg_tcp_timer */
	uint16_t n_held;       /* frames held */
	uint32_t rcv_user;     /* next byte that the user takes; RCV.NXT once it took all */
	uint32_t rcv_adv;      /* right edge of the window as advertised */
	uint32_t last_ack;     /* last ACK sent (RFC 7323) */
	uint32_t held;         /* first held frame, in order of sequence; TG_HANDLE_NONE */
	uint32_t last_held;    /* sequence number of the text held last (RFC 2018) */
	uint32_t deadline[TG_TIMER_REORDER]; /* ticks; that of REORDER is with the loss */
	struct tg_loss *loss;
};
_Static_assert(sizeof(struct tg_side) == 128, "two cache lines");
_Static_assert(TG_TIMERS <= 8, "armed has a bit for each");
_Static_assert(sizeof(struct tg_loss) == 512, "eight");

/* tg_side.rare. While a bit is not set, the fields that belong to it mean nothing. */
#define TG_RARE_USER_TIMEOUT (1U << 0) /* user_timeout, stalled_at */
#define TG_RARE_URGENT_IN    (1U << 1) /* rcv_up: urgent text is to be taken */
#define TG_RARE_URGENT_OUT   (1U << 2) /* snd_up: urgent text is not acknowledged */
#define TG_RARE_SMALLER_MSS  (1U << 3) /* mss_before: smaller segments are being tried */

/* What hardly any connection needs, one for each side record: so that the others neither clear
 * nor touch it. */
struct tg_rare {
	uint32_t user_timeout; /* ticks */
	uint32_t stalled_at;   /* tick since which what is under way waits for its ACK */
	uint32_t rcv_up;       /* RCV.UP: one past the urgent text of the peer */
	uint32_t snd_up;       /* SND.UP: one past ours */
	uint32_t fin_seq;      /* sequence number of the FIN held, while fin_held */
	uint16_t mss_before;   /* MSS of the segments that timed out first */
};

/* A received frame kept until its text can be taken. */
struct tg_held {
	struct tg_frame frame;
	const uint8_t *text;
	uint32_t seq;  /* of text[0] */
	uint32_t len;  /* bytes of text */
	uint32_t next; /* held frame with the next text, or free list link */
};

#endif
