/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "epoll.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sockets/sockets.h"

#define WATCHED_MAX 16

struct watched {
	int socket; /* 0: free */
	struct epoll_event event;
	uint64_t told; /* what the socket had heard when it was last asked about, */
	uint32_t were; /* and which events then held */
};

static struct {
	int fd; /* 0: there is no set */
	struct watched of[WATCHED_MAX];
} set;

static int
fail(int error)
{
	errno = error;
	return -1;
}

/* A real descriptor: packetdrill closes what a script leaves open. */
int
watch_create(void)
{
	if (set.fd != 0)
		return fail(EMFILE);
	return set.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
}

static struct watched *
find(int socket)
{
	int i;

	for (i = 0; i < WATCHED_MAX; i++)
		if (set.of[i].socket == socket)
			return &set.of[i];
	return NULL;
}

int
watch_control(int fd, int op, int socket, const struct epoll_event *event)
{
	struct watched *w = find(op == EPOLL_CTL_ADD ? 0 : socket);

	if (set.fd == 0 || fd != set.fd || sockets_find(socket) == NULL)
		return fail(EBADF);
	if (w == NULL)
		return fail(op == EPOLL_CTL_ADD ? ENOSPC : ENOENT);
	if (op == EPOLL_CTL_DEL)
		*w = (struct watched){ .socket = 0 };
	else
		*w = (struct watched){ .socket = socket, .event = *event, .told = UINT64_MAX };
	return 0;
}

/* With EPOLLET an event is news if the socket has heard something since, or if it did not hold
 * before. */
static uint32_t
news(struct watched *w)
{
	const struct tg_socket *s = sockets_find(w->socket);
	uint32_t ready, fresh;

	if (s == NULL)
		return 0;
	ready = (uint32_t)sockets_ready(s) & (w->event.events | EPOLLERR | EPOLLHUP);
	fresh = w->told != s->heard_events ? ready : ready & ~w->were;
	w->told = s->heard_events;
	w->were = ready;
	return (w->event.events & EPOLLET) != 0 && fresh == 0 ? 0 : ready;
}

int
watch_ready(int fd, struct epoll_event *events, int n)
{
	int i, ready = 0;

	if (set.fd == 0 || fd != set.fd)
		return fail(EBADF);
	for (i = 0; i < WATCHED_MAX && ready < n; i++) {
		struct watched *w = &set.of[i];
		uint32_t now = w->socket != 0 ? news(w) : 0;

		if (now == 0)
			continue;
		events[ready] = w->event;
		events[ready++].events = now;
		if ((w->event.events & EPOLLONESHOT) != 0)
			w->event.events = 0;
	}
	return ready;
}

bool
watch_close(int fd)
{
	if (set.fd == 0 || fd != set.fd)
		return false;
	close(fd);
	memset(&set, 0, sizeof(set));
	return true;
}
