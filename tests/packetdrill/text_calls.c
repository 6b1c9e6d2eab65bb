/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The calls that read and write. The bytes are not kept: every stream is zeros.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "calls.h"
#include "sysctls.h"

/* Whether len bytes at buf cannot be: the one wrong address that can be told. */
static bool
is_bad_address(const void *buf, size_t len)
{
	if (buf != NULL || len == 0)
		return false;
	errno = EFAULT;
	return true;
}

ssize_t
call_recv(void *userdata, int fd, void *buf, size_t len, int flags)
{
	struct tg_socket *s;

	(void)userdata;
	if (is_bad_address(buf, len))
		return -1;
	s = enter(fd);
	return s != NULL ? leave(sockets_read(s, buf, len, flags)) : -1;
}

ssize_t
call_read(void *userdata, int fd, void *buf, size_t len)
{
	return call_recv(userdata, fd, buf, len, 0);
}

ssize_t
call_recvfrom(void *userdata, int fd, void *buf, size_t len, int flags, struct sockaddr *addr,
    socklen_t *addr_len)
{
	(void)addr;
	if (addr_len != NULL)
		*addr_len = 0;
	return call_recv(userdata, fd, buf, len, flags);
}

static size_t
iov_bytes(const struct iovec *iov, size_t n)
{
	size_t i, sum = 0;

	for (i = 0; i < n; i++)
		sum += iov[i].iov_len;
	return sum;
}

/* What was received is all zeros, so the pieces need not be filled one by one. */
static ssize_t
scatter(void *userdata, int fd, const struct iovec *iov, size_t n, int flags)
{
	size_t len = iov_bytes(iov, n);
	void *buf = malloc(TG_MAX(len, 1));
	ssize_t got = call_recv(userdata, fd, buf, len, flags);
	size_t left = got > 0 ? (size_t)got : 0, i;

	free(buf);
	for (i = 0; i < n && left != 0; i++) {
		size_t part = TG_MIN(left, iov[i].iov_len);

		memset(iov[i].iov_base, 0, part);
		left -= part;
	}
	return got;
}

ssize_t
call_readv(void *userdata, int fd, const struct iovec *iov, int n)
{
	return scatter(userdata, fd, iov, (size_t)n, 0);
}

/* TCP_INQ: how much more could be read. The FIN counts as one byte. */
static bool
say_what_is_left(int fd, struct msghdr *msg)
{
	struct tg_socket *s = enter(fd);
	struct cmsghdr *header = CMSG_FIRSTHDR(msg);
	int left;

	if (s == NULL)
		return false;
	left = (int)sockets_readable(s);
	left += left == 0 && s->fin;
	leave(0);
	if (!s->inq || header == NULL || msg->msg_controllen < CMSG_SPACE(sizeof(left)))
		return false;
	*header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(left)),
		.cmsg_level = IPPROTO_TCP,
		.cmsg_type = TCP_CM_INQ };
	memcpy(CMSG_DATA(header), &left, sizeof(left));
	msg->msg_controllen = CMSG_SPACE(sizeof(left));
	return true;
}

ssize_t
call_recvmsg(void *userdata, int fd, struct msghdr *msg, int flags)
{
	ssize_t got = scatter(userdata, fd, msg->msg_iov, msg->msg_iovlen, flags);

	msg->msg_flags = 0;
	if (got < 0 || !say_what_is_left(fd, msg))
		msg->msg_controllen = 0;
	return got;
}

/* The bytes themselves are not kept: every stream is zeros. */
ssize_t
call_send(void *userdata, int fd, const void *buf, size_t len, int flags)
{
	struct tg_socket *s;

	(void)userdata;
	if (is_bad_address(buf, len))
		return -1;
	s = enter(fd);
	return s != NULL ? leave(sockets_write(s, len, flags)) : -1;
}

static ssize_t
send_to(int fd, size_t len, int flags, const struct sockaddr *addr, socklen_t addr_len)
{
	struct tg_socket *s = enter(fd);

	if (s == NULL)
		return -1;
	follow_sysctls();
	return leave(sockets_send_to(s, len, flags, addr, addr_len));
}

ssize_t
call_write(void *userdata, int fd, const void *buf, size_t len)
{
	return call_send(userdata, fd, buf, len, 0);
}

ssize_t
call_writev(void *userdata, int fd, const struct iovec *iov, int n)
{
	return call_send(userdata, fd, iov->iov_base, iov_bytes(iov, (size_t)n), 0);
}

ssize_t
call_sendto(void *userdata, int fd, const void *buf, size_t len, int flags,
    const struct sockaddr *addr, socklen_t addr_len)
{
	(void)userdata;
	if (is_bad_address(buf, len))
		return -1;
	return send_to(fd, len, flags, addr, addr_len);
}

ssize_t
call_sendmsg(void *userdata, int fd, const struct msghdr *msg, int flags)
{
	(void)userdata;
	return send_to(
	    fd, iov_bytes(msg->msg_iov, msg->msg_iovlen), flags, msg->msg_name, msg->msg_namelen);
}
