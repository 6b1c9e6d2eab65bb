/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Stack: lib/tcp alone, on a virtual clock, with raw IP packets going in and out. No
 * Ethernet, no neighbours, no shard: a connection's user is whoever sets on_event.
 *
 * Time stands still until stack_advance moves it; on its way there it stops at every tick
 * that has a deadline. What is sent is queued with the time at which it left.
 *
 * Not locked: the caller sees to it that one thread at a time is inside.
 */
#ifndef TG_TESTS_SOCKETS_STACK_H
#define TG_TESTS_SOCKETS_STACK_H

#include "tcp/tcp.h"

#define STACK_CONNECTIONS 64 /* of each family */
#define STACK_ENDPOINTS   16
#define STACK_FRAMES      512
#define STACK_FRAME_BYTES 65535

struct stack_packet {
	struct stack_packet *next;
	tg_time_t sent;
	uint32_t len;
	uint8_t ip[]; /* from the IP header on */
};

struct stack {
	struct tg_tcp tcp;
	struct tg_tcp_config config;
	struct tg_endpoint endpoint[STACK_ENDPOINTS];
	struct tg_stats stats;
	struct tg_tcp_gauges gauges;
	struct tg_frames spare;
	struct tg_frame spare_store[STACK_FRAMES];
	struct tg_fast_open_keys fast_open_keys;
	struct stack_packet *first, **last;
	tg_time_t now;
	void *memory; /* the arena */
	uint8_t *buffers;
	/* Called before time moves by so much. */
	void (*on_time)(tg_time_t by);
	/* Called when a connection has something to tell, before output. reset: a RST, or a
	 * refusal by ICMP, brought it. */
	void (*on_event)(
	    struct stack *stack, uint32_t h, const struct tg_tcp_result *r, bool reset);
};

/* The bounds of a stack. */
void stack_limits(struct tg_tcp_limits *limits);

/* A stack without connections at time now. The configuration is copied; its keys are fixed
 * ones and its endpoints those that listen. Memory is taken from malloc until stack_exit. */
void stack_init(struct stack *stack, const struct tg_tcp_config *config, tg_time_t now);
void stack_exit(struct stack *stack);

/* Listens at ip and port; true if there was room. */
bool stack_listen(struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t port);

/* Whether who listens at ip and port does Fast Open. */
void stack_listen_fast_open(
    struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t port, bool fast_open);
void stack_unlisten(struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t port);

/* Opens a connection to remote:rport from lport of our address ip. Returns its handle, or
 * TG_HANDLE_NONE. The SYN leaves with stack_serve. */
uint32_t stack_connect(struct stack *stack, bool is_ipv6, const union tg_ip *ip, be16_t lport,
    const union tg_ip *remote, be16_t rport);

/* Opens h, which is new, by Fast Open with up to n bytes in the SYN. Returns how many it takes;
 * the others are not part of the stream. */
uint32_t stack_fast_open(struct stack *stack, uint32_t h, uint32_t n);

/* Whether a connection from ip to remote:rport would open with text in its SYN. */
bool stack_has_cookie(struct stack *stack, bool is_ipv6, const union tg_ip *ip,
    const union tg_ip *remote, be16_t rport);

/* One received IP packet of len bytes: TCP, or an ICMP error. */
void stack_receive(struct stack *stack, const void *ip, uint32_t len);

/* After the user appended, took, closed: sends what may be sent and arms the timers. */
void stack_serve(struct stack *stack, uint32_t h);

/* What a call said that the user made himself: the reply goes out, the end is told. */
void stack_result(struct stack *stack, uint32_t h, const struct tg_tcp_result *r);

/* Moves time towards to: there, or to the first deadline before it. Returns whether
 * anything was due on the way. */
bool stack_advance(struct stack *stack, tg_time_t to);

/* The next packet sent, to be freed by the caller, or NULL. */
struct stack_packet *stack_sent(struct stack *stack);

#endif
