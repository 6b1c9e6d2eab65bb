/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The adapter that packetdrill loads with --so_filename: its table of calls, each one a
 * socket call under the lock, and the two ends of the wire.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <packetdrill.h>

#include "calls.h"
#include "epoll.h"
#include "sysctls.h"

#define NS_PER_US 1000
#define START_NS  (1000000 * TG_NS_PER_SEC)
/* How long, in the stack's time, the script waits for a packet that does not come. */
#define RECEIVE_WAIT_NS (3600 * TG_NS_PER_SEC)
/* How long, in real time, a call that packetdrill has just started on its second thread
 * may take to get here before time moves on. */
#define START_WAIT_NS 1000000

/* What the scripts assume of a stack: window scale 8, 64 KiB to begin with, ten segments,
 * RTO not below 200 ms, an ACK at once for the first segments. */
static void
set_config(struct tg_tcp_config *config)
{
	*config = (struct tg_tcp_config){
		.timers = { .rto_initial = tg_ticks_from_ms(1000),
		    .rto_min = tg_ticks_from_ms(200),
		    .rto_max = tg_ticks_from_ms(120000),
		    .delayed_ack = 0,
		    .msl = tg_ticks_from_ms(30000),
		    .fin_wait2 = tg_ticks_from_ms(60000),
		    .idle = tg_ticks_from_ms(7200000),
		    .syn_retries = 5,
		    .syn_ack_retries = 5,
		    .retries = 15 },
		.receive_window = 65536,
		.window_scale = 8,
		.timestamps = true,
		.sack = true,
		.initial_window = 10,
		.mss4 = 1460,
		.mss6 = 1460, /* the scripts want one MSS of both: IPv6 has an MTU of 1520 */
	};
	stack_limits(&config->limits);
}

/* ---- Time. */

static void
let_calls_start(void)
{
	static const struct timespec wait = { .tv_nsec = START_WAIT_NS };

	pthread_mutex_unlock(&sockets.lock);
	nanosleep(&wait, NULL);
	pthread_mutex_lock(&sockets.lock);
}

/* packetdrill spins on this for its last microseconds: time moves with every question. */
static int
get_time(void *userdata, struct timeval *tv, struct timezone *tz)
{
	struct stack *stack = &sockets.stack;

	(void)userdata;
	(void)tz;
	pthread_mutex_lock(&sockets.lock);
	sockets_asked_time();
	stack_advance(stack, stack->now + NS_PER_US);
	tv->tv_sec = (time_t)(stack->now / TG_NS_PER_SEC);
	tv->tv_usec = (suseconds_t)(stack->now % TG_NS_PER_SEC / NS_PER_US);
	return (int)leave(0);
}

static int
sleep_us(void *userdata, useconds_t us)
{
	struct stack *stack = &sockets.stack;
	tg_time_t until;

	(void)userdata;
	pthread_mutex_lock(&sockets.lock);
	let_calls_start();
	until = stack->now + (tg_time_t)us * NS_PER_US;
	for (sockets_settle(); stack->now < until; sockets_settle())
		stack_advance(stack, until);
	return (int)leave(0);
}

/* ---- The wire. */

static int
wire_send(void *userdata, const void *buf, size_t count)
{
	(void)userdata;
	pthread_mutex_lock(&sockets.lock);
	follow_sysctls();
	stack_receive(&sockets.stack, buf, (uint32_t)count);
	sockets_settle();
	return (int)leave(0);
}

/* packetdrill gives no bound and asks again for ever after -1: nothing is count 0. */
static int
wire_receive(void *userdata, void *buf, size_t *count, long long *time_us)
{
	struct stack *stack = &sockets.stack;
	struct stack_packet *p;
	tg_time_t until;

	(void)userdata;
	pthread_mutex_lock(&sockets.lock);
	until = stack->now + RECEIVE_WAIT_NS;
	if (stack->first == NULL)
		let_calls_start();
	for (sockets_settle(); stack->first == NULL && stack->now < until; sockets_settle())
		stack_advance(stack, until);
	p = stack_sent(stack);
	*count = p != NULL ? TG_MIN(*count, p->len) : 0;
	if (p != NULL) {
		memcpy(buf, p->ip, *count);
		*time_us = (long long)(p->sent / NS_PER_US);
	}
	free(p);
	return (int)leave(0);
}

/* ---- Sockets. */

static int
call_socket(void *userdata, int domain, int type, int protocol)
{
	(void)userdata;
	pthread_mutex_lock(&sockets.lock);
	follow_sysctls();
	return (int)leave(sockets_socket(domain, type, protocol));
}

static int
call_bind(void *userdata, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct tg_socket *s = enter(fd);

	(void)userdata;
	return s != NULL ? (int)leave(sockets_bind(s, addr, len)) : -1;
}

static int
call_listen(void *userdata, int fd, int backlog)
{
	struct tg_socket *s = enter(fd);

	(void)userdata;
	(void)backlog;
	return s != NULL ? (int)leave(sockets_listen(s)) : -1;
}

static int
call_accept(void *userdata, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct tg_socket *s = enter(fd);

	(void)userdata;
	return s != NULL ? (int)leave(sockets_accept(s, addr, len)) : -1;
}

static int
call_connect(void *userdata, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct tg_socket *s = enter(fd);

	(void)userdata;
	return s != NULL ? (int)leave(sockets_connect(s, addr, len)) : -1;
}

static int
call_shutdown(void *userdata, int fd, int how)
{
	struct tg_socket *s = enter(fd);

	(void)userdata;
	return s != NULL ? (int)leave(sockets_shutdown(s, how)) : -1;
}

static int
call_close(void *userdata, int fd)
{
	struct tg_socket *s;

	(void)userdata;
	if (watch_close(fd))
		return 0;
	s = enter(fd);
	return s != NULL ? (int)leave(sockets_close(s)) : -1;
}

static int
call_setsockopt(void *userdata, int fd, int level, int name, const void *value, socklen_t len)
{
	struct tg_socket *s = enter(fd);

	(void)userdata;
	if (s != NULL)
		follow_sysctls();
	return s != NULL ? (int)leave(sockets_setsockopt(s, level, name, value, len)) : -1;
}

static int
call_getsockopt(void *userdata, int fd, int level, int name, void *value, socklen_t *len)
{
	struct tg_socket *s = enter(fd);

	(void)userdata;
	return s != NULL ? (int)leave(sockets_getsockopt(s, level, name, value, len)) : -1;
}

static int
set_flags(struct tg_socket *s, int cmd, int arg)
{
	switch (cmd) {
	case F_GETFL:
		return O_RDWR | (s->nonblocking ? O_NONBLOCK : 0);
	case F_SETFL:
		s->nonblocking = (arg & O_NONBLOCK) != 0;
		return 0;
	}
	errno = EINVAL;
	return -1;
}

static int
call_fcntl(void *userdata, int fd, int cmd, ...)
{
	struct tg_socket *s = enter(fd);
	va_list args;
	int arg;

	(void)userdata;
	if (s == NULL)
		return -1;
	va_start(args, cmd);
	arg = cmd == F_SETFL ? va_arg(args, int) : 0;
	va_end(args);
	return (int)leave(set_flags(s, cmd, arg));
}

static int
query(struct tg_socket *s, unsigned long request, int *value)
{
	switch (request) {
	case SIOCINQ:
		*value = (int)sockets_readable(s);
		return 0;
	case SIOCOUTQ:
		*value = (int)sockets_queued(s);
		return 0;
	case SIOCOUTQNSD:
		*value = (int)sockets_unsent(s);
		return 0;
	}
	errno = EINVAL;
	return -1;
}

static int
call_ioctl(void *userdata, int fd, unsigned long request, ...)
{
	struct tg_socket *s = enter(fd);
	va_list args;
	int *value;

	(void)userdata;
	if (s == NULL)
		return -1;
	va_start(args, request);
	value = va_arg(args, int *);
	va_end(args);
	return (int)leave(query(s, request, value));
}

/* Says what is ready; it waits only for one descriptor, and then for as long as it takes. */
static int
call_poll(void *userdata, struct pollfd *fds, nfds_t n, int timeout)
{
	nfds_t i;
	int ready = 0;

	(void)userdata;
	pthread_mutex_lock(&sockets.lock);
	if (n == 1 && timeout != 0 && sockets_find(fds->fd) != NULL && !sockets_is_alone())
		sockets_sleep(sockets_find(fds->fd), fds->events | POLLERR | POLLHUP);
	for (i = 0; i < n; i++) {
		const struct tg_socket *s = sockets_find(fds[i].fd);

		fds[i].revents = POLLNVAL;
		if (s != NULL)
			fds[i].revents =
			    (short)(sockets_ready(s) & (fds[i].events | POLLERR | POLLHUP));
		ready += fds[i].revents != 0;
	}
	return (int)leave(ready);
}

static int
call_epoll_create(void *userdata, int size)
{
	(void)userdata;
	(void)size;
	pthread_mutex_lock(&sockets.lock);
	return (int)leave(watch_create());
}

static int
call_epoll_ctl(void *userdata, int epfd, int op, int fd, struct epoll_event *event)
{
	(void)userdata;
	pthread_mutex_lock(&sockets.lock);
	return (int)leave(watch_control(epfd, op, fd, event));
}

static int
call_epoll_wait(void *userdata, int epfd, struct epoll_event *events, int n, int timeout)
{
	(void)userdata;
	(void)timeout;
	pthread_mutex_lock(&sockets.lock);
	return (int)leave(watch_ready(epfd, events, n));
}

/* ---- What no socket of ours does. */

static int
no_pipe(void *userdata, int fds[2])
{
	(void)userdata;
	(void)fds;
	errno = ENOSYS;
	return -1;
}

static int
no_splice(void *userdata, int in, loff_t *in_offset, int out, loff_t *out_offset, size_t len,
    unsigned int flags)
{
	(void)userdata;
	(void)in;
	(void)in_offset;
	(void)out;
	(void)out_offset;
	(void)len;
	(void)flags;
	errno = ENOSYS;
	return -1;
}

static void
free_nothing(void *userdata)
{
	(void)userdata;
}

/* Assertions on TCP_INFO go past the interface to libc. Preloaded, the adapter answers them
 * for its own descriptors. */
__attribute__((visibility("default"))) int
getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
	struct tg_socket *s;
	int result;

	pthread_mutex_lock(&sockets.lock);
	s = sockets_find(fd);
	result = s != NULL ? sockets_getsockopt(s, level, name, value, len)
			   : (int)syscall(SYS_getsockopt, fd, level, name, value, len);
	pthread_mutex_unlock(&sockets.lock);
	return result;
}

/* What packetdrill looks up in us. */
__attribute__((visibility("default"))) void packetdrill_interface_init(
    const char *flags, struct packetdrill_interface *table);

void
packetdrill_interface_init(const char *flags, struct packetdrill_interface *table)
{
	struct tg_tcp_config config;

	(void)flags;
	set_config(&config);
	sockets_init(&config, START_NS);
	*table = (struct packetdrill_interface){
		.free = free_nothing,
		.socket = call_socket,
		.bind = call_bind,
		.listen = call_listen,
		.accept = call_accept,
		.connect = call_connect,
		.read = call_read,
		.readv = call_readv,
		.recv = call_recv,
		.recvfrom = call_recvfrom,
		.recvmsg = call_recvmsg,
		.write = call_write,
		.writev = call_writev,
		.send = call_send,
		.sendto = call_sendto,
		.sendmsg = call_sendmsg,
		.fcntl = call_fcntl,
		.ioctl = call_ioctl,
		.close = call_close,
		.shutdown = call_shutdown,
		.getsockopt = call_getsockopt,
		.setsockopt = call_setsockopt,
		.poll = call_poll,
		.netdev_send = wire_send,
		.netdev_receive = wire_receive,
		.usleep = sleep_us,
		.gettimeofday = get_time,
		.epoll_create = call_epoll_create,
		.epoll_ctl = call_epoll_ctl,
		.epoll_wait = call_epoll_wait,
		.pipe = no_pipe,
		.splice = no_splice,
	};
}
