/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "sockets.h"

#include <errno.h>
#include <unistd.h>

#define SNDBUF_DEFAULT (4U << 20)
#define RCVBUF_DEFAULT 131072

struct sockets sockets;

static struct tg_tcp *
tcp(void)
{
	return &sockets.stack.tcp;
}

struct tg_socket *
sockets_new(int domain)
{
	uint32_t i;

	for (i = 0; i < SOCKETS_MAX; i++) {
		struct tg_socket *s = &sockets.socket[i];

		if (s->kind != SOCKET_FREE)
			continue;
		*s = (struct tg_socket){ .kind = SOCKET_FRESH,
			.fd = -1,
			.domain = domain,
			.h = TG_HANDLE_NONE,
			.sndbuf = SNDBUF_DEFAULT,
			.rcvbuf = RCVBUF_DEFAULT,
			.nagle = sockets.stack.config.nagle,
			.keep_alive = sockets.stack.config.keep_alive };
		return s;
	}
	return NULL;
}

/* The peer is told once and kept: a connection may have ended before it is accepted. */
static void
set_peer(bool is_ipv6, const union tg_ip *ip, be16_t port, struct sockaddr_storage *addr)
{
	struct sockaddr_in *in = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;

	memset(addr, 0, sizeof(*addr));
	if (is_ipv6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		memcpy(&in6->sin6_addr, ip->b, sizeof(ip->b));
		return;
	}
	in->sin_family = AF_INET;
	in->sin_port = port;
	in->sin_addr.s_addr = ip->v4;
}

bool
sockets_address(const struct sockaddr_storage *addr, bool *is_ipv6, union tg_ip *ip, be16_t *port)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;

	*ip = (union tg_ip){ .w = { 0 } };
	*is_ipv6 = addr->ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
	if (addr->ss_family == AF_INET6) {
		*port = in6->sin6_port;
		if (*is_ipv6)
			memcpy(ip->b, &in6->sin6_addr, sizeof(ip->b));
		else
			memcpy(ip->b, in6->sin6_addr.s6_addr + 12, 4);
		return true;
	}
	*port = in->sin_port;
	ip->v4 = in->sin_addr.s_addr;
	return addr->ss_family == AF_INET;
}

static struct tg_socket *
listener_of(uint32_t h)
{
	const struct tg_endpoint *e = tg_tcp_endpoint(tcp(), h);
	uint32_t i;

	for (i = 0; i < SOCKETS_MAX; i++) {
		struct tg_socket *s = &sockets.socket[i];
		bool is_ipv6;
		union tg_ip ip;
		be16_t port;

		if (s->kind == SOCKET_LISTENING &&
		    sockets_address(&s->local, &is_ipv6, &ip, &port) && is_ipv6 == e->is_ipv6 &&
		    port == e->port && tg_ip_equal(&ip, &e->ip))
			return s;
	}
	return NULL;
}

/* There is a connection to accept. */
static void
arrived(uint32_t h)
{
	struct tg_socket *listener = listener_of(h), *s;
	union tg_ip remote;

	if (listener == NULL || (s = sockets_new(listener->domain)) == NULL)
		return;
	s->kind = SOCKET_CONNECTED;
	s->h = h;
	s->sndbuf = listener->sndbuf;
	s->rcvbuf = listener->rcvbuf;
	s->user_timeout_ms = listener->user_timeout_ms;
	s->notsent_lowat = listener->notsent_lowat;
	s->local = listener->local;
	s->listener = listener;
	s->order = sockets.connections++;
	sockets.of_handle[h] = s;
	tg_tcp_remote(tcp(), h, &remote);
	set_peer(tg_tcp_is_ipv6(tcp(), h), &remote, tg_tcp_tcb(tcp(), h)->rport, &s->peer);
	s->keep_alive = listener->keep_alive;
	s->nagle = listener->nagle;
	sockets_apply_options(s);
	s->pending = s->syn_data = tg_tcp_tcb(tcp(), h)->state == TG_TCP_SYN_RECEIVED;
}

/* The connection may leave before its text is read: TIME-WAIT keeps no frames. */
static void
keep_text(struct tg_socket *s)
{
	const uint8_t *text;
	uint32_t n;

	while ((n = tg_tcp_take(tcp(), s->h, &text)) != 0) {
		s->late += n;
		tg_tcp_taken(tcp(), s->h, n, &sockets.stack.spare);
	}
}

static void
ended(struct tg_socket *s, bool reset)
{
	bool had_fin = s->fin;

	keep_text(s);
	sockets.of_handle[s->h] = NULL;
	s->h = TG_HANDLE_NONE;
	s->kind = s->fd >= 0 || s->listener != NULL ? SOCKET_ENDED : SOCKET_FREE;
	if (reset && s->opening)
		s->error = ECONNREFUSED;
	else if (reset)
		s->error = had_fin ? EPIPE : ECONNRESET;
	else if (!had_fin || !s->write_shut)
		s->error = ETIMEDOUT;
	s->fin = true;
	s->opening = false;
}

/* A new connection came out of TIME-WAIT: the socket of the old one keeps no handle. */
static void
forget(struct tg_socket *s)
{
	sockets.of_handle[s->h] = NULL;
	s->h = TG_HANDLE_NONE;
	s->kind = s->fd >= 0 ? SOCKET_ENDED : SOCKET_FREE;
	s->fin = true;
}

/* The handshake is complete. */
static void
established(uint32_t h)
{
	struct tg_socket *s = sockets.of_handle[h];
	uint32_t una = tg_tcp_tcb(tcp(), h)->snd_una;

	if (s == NULL || (!s->opening && !s->pending)) {
		if (s != NULL)
			forget(s);
		arrived(h);
		s = sockets.of_handle[h];
	}
	if (s == NULL)
		return;
	if (s->opening && s->syn_end != s->start + 1)
		s->syn_data = una == s->syn_end;
	s->opening = s->pending = false;
	s->start = una;
}

static void
on_event(struct stack *stack, uint32_t h, const struct tg_tcp_result *r, bool reset)
{
	struct tg_socket *s;

	if ((r->events & TG_TCP_EVENT_ESTABLISHED) != 0)
		established(h);
	else if (r->syn_text)
		arrived(h);
	s = sockets.of_handle[h];
	if (s == NULL)
		return;
	if ((r->events & ~(TG_TCP_EVENT_ACKED | TG_TCP_EVENT_R1)) != 0)
		s->heard_events++;
	if ((r->events & (TG_TCP_EVENT_ESTABLISHED | TG_TCP_EVENT_TEXT)) != 0)
		s->heard = stack->now;
	if ((r->events & TG_TCP_EVENT_FIN) != 0) {
		s->fin = true;
		keep_text(s);
	}
	sockets_settle(); /* who waits for text takes it before it is acknowledged */
	if ((r->events & TG_TCP_EVENT_CLOSED) != 0)
		ended(s, reset);
	else if ((r->events & TG_TCP_EVENT_TEXT) != 0 && s->fd < 0 && s->listener == NULL) {
		struct tg_tcp_result end = { .handle = h };

		/* Nobody will read it: RFC 9293 3.6.1, SHLD-3. */
		tg_tcp_abort(&stack->tcp, h, &end);
		stack_result(stack, h, &end);
	}
}

static bool
is_window_closed(const struct tg_socket *s, uint32_t unsent)
{
	const struct tg_tcb *t = tg_tcp_tcb(tcp(), s->h);
	uint32_t flight = t->snd_nxt - t->snd_una;

	return flight < (uint32_t)t->cwnd * t->mss &&
	       (uint32_t)t->snd_wnd << t->snd_wscale < flight + TG_MIN(unsent, t->mss);
}

static void
on_time(tg_time_t by)
{
	uint32_t i;

	for (i = 0; i < SOCKETS_MAX; i++) {
		struct tg_socket *s = &sockets.socket[i];
		uint32_t unsent;

		if (s->kind != SOCKET_CONNECTED || s->opening || sockets_queued(s) == 0)
			continue;
		unsent = sockets_unsent(s);
		s->busy += by;
		if (unsent != 0 && is_window_closed(s, unsent))
			s->rwnd_limited += by;
	}
}

void
sockets_init(const struct tg_tcp_config *config, tg_time_t now)
{
	memset(&sockets, 0, sizeof(sockets));
	stack_init(&sockets.stack, config, now);
	sockets.stack.on_event = on_event;
	sockets.stack.on_time = on_time;
	sockets.script = pthread_self();
	pthread_mutex_init(&sockets.lock, NULL);
	pthread_cond_init(&sockets.changed, NULL);
}

void
sockets_exit(void)
{
	uint32_t i;

	for (i = 0; i < SOCKETS_MAX; i++)
		if (sockets.socket[i].kind != SOCKET_FREE && sockets.socket[i].fd >= 0)
			close(sockets.socket[i].fd);
	pthread_cond_destroy(&sockets.changed);
	pthread_mutex_destroy(&sockets.lock);
	stack_exit(&sockets.stack);
}
