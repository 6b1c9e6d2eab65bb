/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * epoll over sockets of ours: one set, asked and never waited for. The lock is held.
 */
#ifndef TG_TESTS_PACKETDRILL_EPOLL_H
#define TG_TESTS_PACKETDRILL_EPOLL_H

#include <stdbool.h>
#include <sys/epoll.h>

int watch_create(void);
int watch_control(int fd, int op, int socket, const struct epoll_event *event);
int watch_ready(int fd, struct epoll_event *events, int n);

/* Closes the set; false if fd is none. */
bool watch_close(int fd);

#endif
