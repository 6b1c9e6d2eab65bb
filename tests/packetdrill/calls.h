/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Calls of packetdrill on a descriptor: the lock that they are made under, and those that move
 * text, as its table has them.
 */
#ifndef TG_TESTS_PACKETDRILL_CALLS_H
#define TG_TESTS_PACKETDRILL_CALLS_H

#include "sockets/sockets.h"

/* Takes the lock and finds the socket. NULL: not locked, errno EBADF. */
static inline struct tg_socket *
enter(int fd)
{
	struct tg_socket *s;

	pthread_mutex_lock(&sockets.lock);
	s = sockets_find(fd);
	if (s == NULL)
		pthread_mutex_unlock(&sockets.lock);
	return s;
}

static inline ssize_t
leave(ssize_t result)
{
	pthread_mutex_unlock(&sockets.lock);
	return result;
}

ssize_t call_read(void *userdata, int fd, void *buf, size_t len);
ssize_t call_readv(void *userdata, int fd, const struct iovec *iov, int n);
ssize_t call_recv(void *userdata, int fd, void *buf, size_t len, int flags);
ssize_t call_recvfrom(void *userdata, int fd, void *buf, size_t len, int flags,
    struct sockaddr *addr, socklen_t *addr_len);
ssize_t call_recvmsg(void *userdata, int fd, struct msghdr *msg, int flags);
ssize_t call_write(void *userdata, int fd, const void *buf, size_t len);
ssize_t call_writev(void *userdata, int fd, const struct iovec *iov, int n);
ssize_t call_send(void *userdata, int fd, const void *buf, size_t len, int flags);
ssize_t call_sendto(void *userdata, int fd, const void *buf, size_t len, int flags,
    const struct sockaddr *addr, socklen_t addr_len);
ssize_t call_sendmsg(void *userdata, int fd, const struct msghdr *msg, int flags);

#endif
