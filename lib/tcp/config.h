/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What the operator decides about TCP, in the units that TCP computes in. Made
 * once from the configuration, then immutable and shared by all shards.
 */
#ifndef TG_TCP_CONFIG_H
#define TG_TCP_CONFIG_H

#include "base/types.h"
#include "crypto/siphash_lanes.h"
#include "tcp/source_limit.h"

struct tg_tcp_timers {                          /* all in ticks, base/time.h */
	uint32_t rto_initial, rto_min, rto_max; /* RFC 6298 */
	uint32_t delayed_ack;
	uint32_t msl;        /* TIME-WAIT lasts twice this */
	uint32_t fin_wait2;  /* a half-closed connection waits this long for the peer's FIN */
	uint32_t request;    /* how long an impatient user waits; 0: for the idle time */
	uint32_t idle;       /* an established connection without traffic is closed after this */
	uint32_t keep_alive; /* a connection with keep-alives is probed after this much silence */
	uint32_t keep_alive_interval;     /* and again after this much more */
	uint8_t keep_alive_probes;        /* probes without an answer before giving up */
	uint8_t syn_retries;              /* retransmissions of a SYN */
	uint8_t syn_ack_retries;          /* retransmissions of a SYN-ACK */
	uint8_t syn_ack_retries_pressure; /* the same, under pressure, if fewer */
	uint8_t r1;      /* retransmissions of one segment before the user is told */
	uint8_t retries; /* R2: retransmissions of one segment before giving up */
};

/* Bounds of one shard. */
struct tg_tcp_limits {
	uint32_t connections4;      /* TCBs for IPv4 */
	uint32_t connections6;      /* TCBs for IPv6 */
	uint32_t half_open;         /* TCBs in SYN-RECEIVED */
	uint32_t fast_open_pending; /* those among them whose SYN's text was taken */
	uint32_t fast_open_cookies; /* servers in the client's cookie cache; 0: no client's part */
	uint32_t sides;             /* connections that move at the same time */
	uint32_t held;              /* received frames kept for later, all connections together */
	uint32_t held_per_connection;
	uint32_t challenge_acks_per_second; /* RFC 5961 section 7; on average */
	uint32_t resets_per_second;         /* RSTs for segments of no connection */
};

/* tcp/syn_cookies.h */
enum tg_syn_cookies_mode { TG_SYN_COOKIES_NEVER, TG_SYN_COOKIES_AUTO, TG_SYN_COOKIES_ALWAYS };

/* One local address, and the port that listens there. TCBs name it by index. */
struct tg_endpoint {
	union tg_ip ip;
	bool is_ipv6;
	be16_t port;    /* 0: does not listen, is there to connect from */
	uint16_t vlan;  /* VLAN identifier, 0 untagged */
	uint16_t addr;  /* index of the address in struct tg_net */
	bool fast_open; /* grants and takes cookies (RFC 7413) */
	enum tg_syn_cookies_mode syn_cookies;
};

/* Keys from the operating system's random source, made at start. */
struct tg_tcp_secrets {
	struct tg_siphash_key isn;       /* RFC 6528 */
	struct tg_siphash_key ts;        /* RFC 7323 section 5.4: timestamp offsets */
	struct tg_siphash_key flow;      /* flow table and steering */
	struct tg_siphash_key ports;     /* RFC 6056: where to begin to look for a port */
	struct tg_siphash_key challenge; /* limits of challenge ACKs */
	struct tg_siphash_key sources;   /* sketches of SYNs by their source */
};

/* How CWND grows in congestion avoidance, and to what it is reduced. */
enum tg_cc_algorithm {
	TG_CC_CUBIC, /* RFC 9438 */
	TG_CC_RENO,  /* RFC 5681 */
};

/* RFC 3168. */
enum tg_tcp_ecn {
	TG_TCP_ECN_OFF,
	TG_TCP_ECN_ACCEPT, /* if the peer asks for it */
	TG_TCP_ECN_ALWAYS, /* offered by active opens, too */
};

struct tg_tcp_config {
	struct tg_tcp_timers timers;
	struct tg_tcp_limits limits;
	struct tg_source_limits source_limits;
	struct tg_tcp_secrets secrets;
	uint32_t receive_window; /* bytes, a multiple of 2^window_scale */
	uint8_t window_scale;    /* 0..14, what we offer */
	bool timestamps, sack;   /* offer the options */
	bool keep_alive;         /* new connections have keep-alives on */
	bool reset_on_overflow;  /* a SYN beyond limits.half_open, else it is dropped */
	bool nagle;              /* new connections have Nagle's algorithm on */
	enum tg_cc_algorithm congestion_control;
	enum tg_tcp_ecn ecn;
	uint16_t initial_window;             /* segments, RFC 6928 */
	uint16_t mss4, mss6;                 /* what we announce: MTU less IP and TCP headers */
	enum tg_siphash_width siphash_width; /* what the processor has */
	uint16_t n_endpoints;
	const struct tg_endpoint *endpoint;
};

#endif
