/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Fast Open (RFC 7413) as programs know it: MSG_FASTOPEN, TCP_FASTOPEN_CONNECT, and who listens
 * with TCP_FASTOPEN.
 */
#include <errno.h>
#include <poll.h>

#include "sockets.h"

static int
fail(int error)
{
	errno = error;
	return -1;
}

/* Keys belong to the whole stack: those of the socket that listened last. */
void
sockets_listen_fast_open(const struct tg_socket *s)
{
	bool asked = s->fast_open || (sockets.fast_open & SOCKETS_FAST_OPEN_ALWAYS) != 0;
	union tg_ip ip;
	bool is_ipv6;
	be16_t port;

	if (s->kind != SOCKET_LISTENING || !sockets_address(&s->local, &is_ipv6, &ip, &port))
		return;
	stack_listen_fast_open(&sockets.stack, is_ipv6, &ip, port,
	    asked && (sockets.fast_open & SOCKETS_FAST_OPEN_SERVER) != 0);
	sockets.stack.fast_open_keys.current =
	    s->has_cookie_key ? s->cookie_key : sockets.cookie_key;
}

static bool
has_cookie(struct tg_socket *s)
{
	union tg_ip ip, remote;
	be16_t lport, rport;
	bool is_ipv6;

	return sockets_address(&s->peer, &is_ipv6, &remote, &rport) &&
	       sockets_address(&s->local, &is_ipv6, &ip, &lport) &&
	       stack_has_cookie(&sockets.stack, is_ipv6, &ip, &remote, rport);
}

/* With a cookie nothing is sent before there is something to say. */
int
sockets_connect_fast_open(struct tg_socket *s)
{
	if (has_cookie(s)) {
		s->deferred = true;
		return 0;
	}
	if (sockets_open(s, true, 0) != 0)
		return -1;
	if (!sockets_wait(s, POLLOUT))
		return fail(EINPROGRESS);
	return s->error != 0 ? fail(sockets_take_error(s)) : 0;
}

/* Who may not wait has written what the SYN carries; others have written everything once the
 * handshake is complete. */
ssize_t
sockets_first_write(struct tg_socket *s, size_t len, int flags)
{
	ssize_t carried = sockets_open(s, true, len), more;

	s->deferred = false;
	if (carried < 0)
		return -1;
	if ((flags & MSG_DONTWAIT) != 0 || s->nonblocking)
		return carried != 0 ? carried : fail(EINPROGRESS);
	if (!sockets_wait(s, POLLOUT))
		return -1;
	if (s->error != 0)
		return fail(sockets_take_error(s));
	if ((size_t)carried == len)
		return carried;
	more = sockets_write(s, len - (size_t)carried, flags);
	return more < 0 ? more : carried + more;
}

ssize_t
sockets_send_to(
    struct tg_socket *s, size_t len, int flags, const struct sockaddr *addr, socklen_t addr_len)
{
	if ((flags & MSG_FASTOPEN) == 0)
		return sockets_write(s, len, flags);
	if ((sockets.fast_open & SOCKETS_FAST_OPEN_CLIENT) == 0)
		return fail(EOPNOTSUPP);
	if (s->opening)
		return fail(EALREADY);
	if (s->kind != SOCKET_FRESH || s->deferred)
		return sockets_write(s, len, flags);
	if (addr == NULL || addr_len > sizeof(s->peer) || addr->sa_family == AF_UNSPEC)
		return fail(EOPNOTSUPP);
	sockets_set_peer(s, addr, addr_len);
	return sockets_first_write(s, len, flags);
}
