/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Sockets, seen from the program: the calls and what makes them wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/seq.h"
#include "sockets.h"

#define FIRST_FD   1000 /* out of the way of the program's own descriptors */
#define FIRST_PORT 50000

#define WAIT_ALONE_NS (3600 * TG_NS_PER_SEC)

static int
fail(int error)
{
	errno = error;
	return -1;
}

static struct tg_tcp *
tcp(void)
{
	return &sockets.stack.tcp;
}

static const struct tg_side *
side_of(const struct tg_socket *s)
{
	uint32_t side = tg_tcp_tcb(tcp(), s->h)->side;

	return side == TG_HANDLE_NONE ? NULL : &tcp()->side[side];
}

/* A real one: packetdrill closes what a script leaves open. */
static int
new_fd(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;

	if (null < 0)
		return -1;
	fd = fcntl(null, F_DUPFD_CLOEXEC, FIRST_FD);
	close(null);
	return fd;
}

/* ---- Readiness and waiting. */

static const struct tg_socket *
first_waiting(const struct tg_socket *listener)
{
	const struct tg_socket *first = NULL;
	uint32_t i;

	for (i = 0; i < SOCKETS_MAX; i++) {
		const struct tg_socket *s = &sockets.socket[i];

		if (s->kind != SOCKET_FREE && s->listener == listener &&
		    (first == NULL || s->order < first->order))
			first = s;
	}
	return first;
}

uint32_t
sockets_readable(const struct tg_socket *s)
{
	const struct tg_side *side = s->kind == SOCKET_CONNECTED ? side_of(s) : NULL;
	uint32_t n = s->late;

	if (side != NULL && !s->fin)
		n += tg_tcp_tcb(tcp(), s->h)->rcv_nxt - side->rcv_user;
	return n;
}

uint32_t
sockets_queued(const struct tg_socket *s)
{
	const struct tg_side *side = s->kind == SOCKET_CONNECTED ? side_of(s) : NULL;
	uint32_t una = s->kind == SOCKET_CONNECTED ? tg_tcp_tcb(tcp(), s->h)->snd_una : 0;

	return side == NULL || tg_seq_geq(una, side->snd_end) ? 0 : side->snd_end - una;
}

uint32_t
sockets_unsent(const struct tg_socket *s)
{
	const struct tg_side *side = s->kind == SOCKET_CONNECTED ? side_of(s) : NULL;
	uint32_t nxt = s->kind == SOCKET_CONNECTED ? tg_tcp_tcb(tcp(), s->h)->snd_nxt : 0;

	return side == NULL || tg_seq_geq(nxt, side->snd_end) ? 0 : side->snd_end - nxt;
}

/* A writer is woken when a third of the buffer is free, not for every segment. */
static bool
is_writable(const struct tg_socket *s)
{
	return s->kind == SOCKET_CONNECTED && !s->opening &&
	       sockets_queued(s) <= s->sndbuf / 3 * 2 &&
	       (s->notsent_lowat == 0 || sockets_unsent(s) < s->notsent_lowat);
}

short
sockets_ready(const struct tg_socket *s)
{
	short ready = 0;

	if (s->opening)
		return 0;
	if (s->kind == SOCKET_LISTENING)
		return first_waiting(s) != NULL ? POLLIN | POLLRDNORM : 0;
	if (s->kind == SOCKET_FRESH)
		return s->deferred ? POLLOUT | POLLWRNORM : POLLOUT | POLLHUP;
	if (sockets_readable(s) != 0 || s->fin || s->read_shut || s->error != 0)
		ready |= POLLIN | POLLRDNORM;
	if (is_writable(s) || s->write_shut || s->error != 0 || s->kind == SOCKET_ENDED)
		ready |= POLLOUT | POLLWRNORM;
	if (s->fin || s->read_shut)
		ready |= POLLRDHUP;
	if (((s->fin || s->read_shut) && s->write_shut) || s->kind == SOCKET_ENDED)
		ready |= POLLHUP;
	if (s->error != 0)
		ready |= POLLERR;
	return ready;
}

/* A call that blocks on the script's own thread, which moves time, would block for ever:
 * it moves time itself, until nothing can come any more. */
static void
wait_alone(const struct tg_socket *s, short for_what)
{
	tg_time_t until = sockets.stack.now + WAIT_ALONE_NS;

	while ((sockets_ready(s) & for_what) == 0 && sockets.stack.now < until)
		stack_advance(&sockets.stack, until);
}

bool
sockets_is_alone(void)
{
	return pthread_equal(sockets.script, pthread_self());
}

void
sockets_sleep(struct tg_socket *s, short for_what)
{
	while ((sockets_ready(s) & for_what) == 0) {
		sockets.waiting = s;
		sockets.waits_for = for_what;
		sockets.waiter = pthread_self();
		sockets.settling = false; /* it went on as far as it could */
		pthread_cond_broadcast(&sockets.changed);
		while (sockets.waiting == s)
			pthread_cond_wait(&sockets.changed, &sockets.lock);
	}
}

/* Sleeps until the socket is ready; false, errno EAGAIN, if it must not. */
bool
sockets_wait(struct tg_socket *s, short for_what)
{
	bool alone = sockets_is_alone();

	if (alone && !s->nonblocking)
		wait_alone(s, for_what);
	if (!alone && !s->nonblocking)
		sockets_sleep(s, for_what);
	if ((sockets_ready(s) & for_what) != 0)
		return true;
	errno = EAGAIN;
	return false;
}

void
sockets_settle(void)
{
	if (sockets.waiting == NULL || (sockets_ready(sockets.waiting) & sockets.waits_for) == 0)
		return;
	sockets.waiting = NULL;
	sockets.settling = true;
	pthread_cond_broadcast(&sockets.changed);
	while (sockets.settling)
		pthread_cond_wait(&sockets.changed, &sockets.lock);
}

void
sockets_asked_time(void)
{
	if (!sockets.settling || !pthread_equal(sockets.waiter, pthread_self()))
		return;
	sockets.settling = false;
	pthread_cond_broadcast(&sockets.changed);
}

/* ---- The calls. */

static socklen_t
address_bytes(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					   : sizeof(struct sockaddr_in);
}

struct tg_socket *
sockets_find(int fd)
{
	uint32_t i;

	for (i = 0; fd >= FIRST_FD && i < SOCKETS_MAX; i++)
		if (sockets.socket[i].kind != SOCKET_FREE && sockets.socket[i].fd == fd)
			return &sockets.socket[i];
	errno = EBADF;
	return NULL;
}

int
sockets_socket(int domain, int type, int protocol)
{
	struct tg_socket *s;

	if ((domain != AF_INET && domain != AF_INET6) ||
	    (protocol != 0 && protocol != IPPROTO_TCP) ||
	    (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM)
		return fail(EPROTONOSUPPORT);
	s = sockets_new(domain);
	sockets.syn_retries = 0;
	if (s == NULL)
		return fail(EMFILE);
	s->nonblocking = (type & SOCK_NONBLOCK) != 0;
	return s->fd = new_fd();
}

int
sockets_bind(struct tg_socket *s, const struct sockaddr *addr, socklen_t len)
{
	if (s->kind != SOCKET_FRESH || len > sizeof(s->local))
		return fail(EINVAL);
	memcpy(&s->local, addr, len);
	return 0;
}

int
sockets_listen(struct tg_socket *s)
{
	union tg_ip ip;
	bool is_ipv6;
	be16_t port;

	if (s->kind == SOCKET_LISTENING)
		return 0;
	if (s->kind != SOCKET_FRESH || !sockets_address(&s->local, &is_ipv6, &ip, &port))
		return fail(EINVAL);
	if (!stack_listen(&sockets.stack, is_ipv6, &ip, port))
		return fail(ENOBUFS);
	s->kind = SOCKET_LISTENING;
	sockets_listen_fast_open(s);
	return 0;
}

int
sockets_accept(struct tg_socket *s, struct sockaddr *addr, socklen_t *len)
{
	struct tg_socket *conn;

	if (s->kind != SOCKET_LISTENING)
		return fail(EINVAL);
	if (!sockets_wait(s, POLLIN))
		return -1;
	conn = &sockets.socket[first_waiting(s) - sockets.socket];
	conn->listener = NULL;
	conn->fd = new_fd();
	if (addr != NULL) {
		*len = TG_MIN(*len, address_bytes(&conn->peer));
		memcpy(addr, &conn->peer, *len);
	}
	return conn->fd;
}

int
sockets_take_error(struct tg_socket *s)
{
	int error = s->error;

	s->error = 0;
	return error;
}

/* A socket that is not bound speaks from here. */
static void
choose_local(struct tg_socket *s)
{
	static const struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = 0x0200a8c0 }; /* 192.168.0.2 */
	static const struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_addr.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } };
	union tg_ip remote;
	bool is_ipv6;
	be16_t rport;

	sockets_address(&s->peer, &is_ipv6, &remote, &rport);
	if (is_ipv6)
		memcpy(&s->local, &in6, sizeof(in6));
	else
		memcpy(&s->local, &in, sizeof(in));
}

void
sockets_set_peer(struct tg_socket *s, const struct sockaddr *addr, socklen_t len)
{
	memcpy(&s->peer, addr, len);
	if (s->local.ss_family == AF_UNSPEC)
		choose_local(s);
}

ssize_t
sockets_open(struct tg_socket *s, bool fast_open, size_t len)
{
	uint32_t carried = 0;
	union tg_ip ip, remote;
	be16_t lport, rport;
	bool is_ipv6, local_is_ipv6;

	if (!sockets_address(&s->peer, &is_ipv6, &remote, &rport))
		return fail(EAFNOSUPPORT);
	if (!sockets_address(&s->local, &local_is_ipv6, &ip, &lport) || is_ipv6 != local_is_ipv6)
		return fail(EINVAL);
	if (lport == 0)
		lport = tg_be16((uint16_t)(FIRST_PORT + sockets.ports++));
	s->h = stack_connect(&sockets.stack, is_ipv6, &ip, lport, &remote, rport);
	if (s->h == TG_HANDLE_NONE)
		return fail(EADDRNOTAVAIL);
	s->kind = SOCKET_CONNECTED;
	s->opening = true;
	sockets.of_handle[s->h] = s;
	sockets_apply_options(s);
	if (fast_open)
		carried = stack_fast_open(&sockets.stack, s->h, (uint32_t)len);
	s->start = tg_tcp_tcb(tcp(), s->h)->snd_una;
	s->syn_end = s->start + 1 + carried;
	stack_serve(&sockets.stack, s->h);
	return carried;
}

int
sockets_connect(struct tg_socket *s, const struct sockaddr *addr, socklen_t len)
{
	if (s->kind == SOCKET_CONNECTED)
		return fail(s->opening ? EALREADY : EISCONN);
	if (s->kind == SOCKET_ENDED && s->error != 0)
		return fail(sockets_take_error(s));
	if (s->deferred)
		return fail(EISCONN);
	if (s->kind != SOCKET_FRESH || len > sizeof(s->peer))
		return fail(EINVAL);
	sockets_set_peer(s, addr, len);
	if (s->fast_open_connect)
		return sockets_connect_fast_open(s);
	if (sockets_open(s, false, 0) != 0)
		return -1;
	if (!sockets_wait(s, POLLOUT))
		return fail(EINPROGRESS);
	return s->error != 0 ? fail(sockets_take_error(s)) : 0;
}

static void
consume(struct tg_socket *s, uint32_t len)
{
	uint32_t late = TG_MIN(len, s->late), n;
	const uint8_t *text;

	s->late -= late;
	len -= late;
	while (len != 0 && (n = tg_tcp_take(tcp(), s->h, &text)) != 0) {
		n = TG_MIN(n, len);
		tg_tcp_taken(tcp(), s->h, n, &sockets.stack.spare);
		len -= n;
	}
	if (s->kind == SOCKET_CONNECTED)
		stack_serve(&sockets.stack, s->h);
}

/* What was received is not copied: nobody looks at it. */
ssize_t
sockets_read(struct tg_socket *s, void *buf, size_t len, int flags)
{
	uint32_t n;

	if (s->kind != SOCKET_CONNECTED && s->kind != SOCKET_ENDED)
		return fail(s->deferred ? EAGAIN : ENOTCONN);
	if ((flags & MSG_DONTWAIT) != 0 && (sockets_ready(s) & POLLIN) == 0)
		return fail(EAGAIN);
	if (!sockets_wait(s, POLLIN))
		return -1;
	n = (uint32_t)TG_MIN(len, sockets_readable(s));
	if (n == 0 && s->error != 0)
		return fail(sockets_take_error(s));
	memset(buf, 0, (flags & MSG_TRUNC) != 0 ? 0 : n);
	if ((flags & MSG_PEEK) == 0)
		consume(s, n);
	return n;
}

/* A side record does not keep it: it is said again whenever there may be another one. */
static void
set_user_timeout(const struct tg_socket *s)
{
	if (s->user_timeout_ms != 0)
		tg_tcp_set_user_timeout(tcp(), s->h, tg_ticks_from_ms(s->user_timeout_ms));
}

/* Appends what fits; 0 if nothing does. */
static size_t
append(struct tg_socket *s, size_t len)
{
	uint32_t room = sockets_queued(s) < s->sndbuf ? s->sndbuf - sockets_queued(s) : 0;

	len = TG_MIN(len, room);
	if (len == 0 || tg_tcp_side(tcp(), s->h) == NULL)
		return 0;
	set_user_timeout(s);
	tg_tcp_append(tcp(), s->h, (uint32_t)len);
	stack_serve(&sockets.stack, s->h);
	return len;
}

static int
write_error(struct tg_socket *s)
{
	if (s->error != 0)
		return sockets_take_error(s);
	if (s->kind == SOCKET_ENDED || s->write_shut)
		return EPIPE;
	return s->kind == SOCKET_CONNECTED ? 0 : EPIPE;
}

ssize_t
sockets_write(struct tg_socket *s, size_t len, int flags)
{
	size_t done = 0;
	int error;

	if (s->deferred)
		return sockets_first_write(s, len, flags);
	while ((error = write_error(s)) == 0) {
		done += s->opening ? 0 : append(s, len - done);
		if (done == len)
			return (ssize_t)done;
		if ((flags & MSG_DONTWAIT) != 0 || s->nonblocking)
			return done != 0 ? (ssize_t)done : fail(EAGAIN);
		if (!is_writable(s) && !sockets_wait(s, POLLOUT))
			return done != 0 ? (ssize_t)done : -1;
	}
	return done != 0 ? (ssize_t)done : fail(error);
}

/* Our side of the connection has nothing more to say. */
static void
close_stream(struct tg_socket *s)
{
	struct tg_tcp_result r = { .handle = s->h };
	uint32_t h = s->h;

	if (s->write_shut)
		return;
	s->write_shut = true;
	tg_tcp_close(tcp(), h, &r);
	if (tg_tcp_tcb(tcp(), h)->side != TG_HANDLE_NONE)
		set_user_timeout(s);
	stack_result(&sockets.stack, h, &r);
	if ((r.events & TG_TCP_EVENT_CLOSED) == 0)
		stack_serve(&sockets.stack, h);
}

int
sockets_shutdown(struct tg_socket *s, int how)
{
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return fail(EINVAL);
	if (s->kind != SOCKET_CONNECTED)
		return fail(ENOTCONN);
	if (how != SHUT_WR)
		s->read_shut = true;
	if (how != SHUT_RD)
		close_stream(s);
	return 0;
}

static void
abort_connection(struct tg_socket *s)
{
	struct tg_tcp_result r = { .handle = s->h };
	uint32_t h = s->h;

	tg_tcp_abort(tcp(), h, &r);
	stack_result(&sockets.stack, h, &r);
}

static void
close_listener(struct tg_socket *s)
{
	const struct tg_socket *conn;
	union tg_ip ip;
	bool is_ipv6;
	be16_t port;

	while ((conn = first_waiting(s)) != NULL) {
		struct tg_socket *c = &sockets.socket[conn - sockets.socket];

		c->listener = NULL;
		if (c->kind == SOCKET_CONNECTED)
			abort_connection(c);
		else
			c->kind = SOCKET_FREE;
	}
	if (sockets_address(&s->local, &is_ipv6, &ip, &port))
		stack_unlisten(&sockets.stack, is_ipv6, &ip, port);
}

/* RFC 9293 3.6.1, SHLD-3: closing with text unread resets, for it is lost. */
int
sockets_close(struct tg_socket *s)
{
	int fd = s->fd;

	s->fd = -1;
	if (s->kind == SOCKET_LISTENING)
		close_listener(s);
	if (s->kind != SOCKET_CONNECTED)
		s->kind = SOCKET_FREE;
	else if (sockets_readable(s) != 0 || s->linger_0)
		abort_connection(s);
	else
		close_stream(s);
	return close(fd);
}
