/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Sockets: the calls that a script makes, on top of a stack.
 *
 * A script runs on one thread; a call that may block can run on another. Only the first
 * moves time. It must not do so while the second has something to do at this very moment:
 * sockets_settle waits until a call that could now go on has gone on, and its thread has
 * asked for the time (packetdrill notes when a call ended).
 */
#ifndef TG_TESTS_SOCKETS_SOCKETS_H
#define TG_TESTS_SOCKETS_SOCKETS_H

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "stack.h"

#define SOCKETS_MAX 128

enum socket_kind { SOCKET_FREE, SOCKET_FRESH, SOCKET_LISTENING, SOCKET_CONNECTED, SOCKET_ENDED };

struct tg_socket {
	enum socket_kind kind;
	int fd; /* -1: closed by the program, or not accepted yet */
	int domain;
	bool nonblocking;
	bool opening; /* connect has been called and nothing came of it yet */
	bool read_shut, write_shut;
	bool fin;               /* nothing more comes */
	bool linger_0;          /* SO_LINGER with no time: close resets */
	bool fast_open;         /* TCP_FASTOPEN */
	bool fast_open_connect; /* TCP_FASTOPEN_CONNECT */
	bool deferred;          /* connect went well; the SYN waits for text */
	bool pending;           /* accepted by Fast Open, the handshake is not complete */
	bool syn_data;          /* text in a SYN was acknowledged */
	bool has_cookie_key;    /* TCP_FASTOPEN_KEY */
	struct tg_siphash_key cookie_key;
	int error;     /* pending, as SO_ERROR gives it */
	uint32_t h;    /* connection, while SOCKET_CONNECTED */
	uint32_t late; /* bytes that came before the end and are still to be read */
	uint32_t sndbuf, rcvbuf;
	uint32_t start;           /* our sequence number when the connection opened */
	uint32_t syn_end;         /* our sequence number behind the text of our SYN */
	uint32_t user_timeout_ms; /* TCP_USER_TIMEOUT, 0 for none */
	bool keep_alive;          /* SO_KEEPALIVE */
	bool nagle;               /* TCP_NODELAY is off */
	uint32_t notsent_lowat;   /* TCP_NOTSENT_LOWAT, bytes; 0 for no bound */
	bool inq;                 /* TCP_INQ */
	uint64_t heard_events;    /* how often something came */
	tg_time_t busy;           /* for how long something waited to be acknowledged, */
	tg_time_t rwnd_limited;   /* and to be sent, for want of window */
	tg_time_t heard;          /* when text came last, or the connection opened */
	struct sockaddr_storage local, peer;
	struct tg_socket *listener; /* its connection waits there to be accepted */
	uint64_t order;             /* connections are accepted in the order they came */
};

/* sockets.fast_open, as net.ipv4.tcp_fastopen has it. */
#define SOCKETS_FAST_OPEN_CLIENT 0x1U
#define SOCKETS_FAST_OPEN_SERVER 0x2U
#define SOCKETS_FAST_OPEN_ALWAYS 0x400U /* who listens need not set TCP_FASTOPEN */

struct sockets {
	struct stack stack;
	struct tg_socket socket[SOCKETS_MAX];
	struct tg_socket *of_handle[2 * STACK_CONNECTIONS];
	uint64_t connections; /* passively established so far */
	uint16_t ports;       /* local ports chosen so far */
	uint8_t syn_retries;  /* TCP_SYNCNT of the latest socket, 0 for none */
	uint32_t fast_open;   /* SOCKETS_FAST_OPEN_* */
	struct tg_siphash_key cookie_key;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct tg_socket *waiting; /* a call sleeps on this socket */
	short waits_for;           /* POLLIN or POLLOUT */
	bool settling;             /* it was woken and has not asked for the time yet */
	pthread_t waiter;
	pthread_t script; /* the thread that moves time */
};

extern struct sockets sockets;

/* No sockets, on a stack as in stack_init. The caller is the thread that moves time.
 * sockets_exit closes what is open, without a word to the peer. */
void sockets_init(const struct tg_tcp_config *config, tg_time_t now);
void sockets_exit(void);

/* The open socket with this descriptor; NULL, errno EBADF. */
struct tg_socket *sockets_find(int fd);

/* Which of POLLIN, POLLOUT, POLLHUP, POLLERR, POLLRDHUP holds. */
short sockets_ready(const struct tg_socket *s);

/* Lets a call go on that can. The lock is held. */
void sockets_settle(void);

/* The thread that asks for the time may be the one just woken. The lock is held. */
void sockets_asked_time(void);

/* Bytes that a read would give. */
uint32_t sockets_readable(const struct tg_socket *s);

/* Bytes written and not acknowledged, or not even sent. */
uint32_t sockets_queued(const struct tg_socket *s);
uint32_t sockets_unsent(const struct tg_socket *s);

/* A fresh socket without a descriptor; NULL if there are too many. */
struct tg_socket *sockets_new(int domain);

/* Family, address and port of a bound socket; IPv4-mapped addresses are IPv4. */
bool sockets_address(
    const struct sockaddr_storage *addr, bool *is_ipv6, union tg_ip *ip, be16_t *port);

/* The calls, with the lock held; -1 and errno as in POSIX. */
int sockets_socket(int domain, int type, int protocol);
int sockets_bind(struct tg_socket *s, const struct sockaddr *addr, socklen_t len);
int sockets_listen(struct tg_socket *s);
int sockets_accept(struct tg_socket *s, struct sockaddr *addr, socklen_t *len);
int sockets_connect(struct tg_socket *s, const struct sockaddr *addr, socklen_t len);
ssize_t sockets_read(struct tg_socket *s, void *buf, size_t len, int flags);
ssize_t sockets_write(struct tg_socket *s, size_t len, int flags);
int sockets_shutdown(struct tg_socket *s, int how);
int sockets_close(struct tg_socket *s);
ssize_t sockets_send_to(
    struct tg_socket *s, size_t len, int flags, const struct sockaddr *addr, socklen_t addr_len);
bool sockets_wait(struct tg_socket *s, short for_what);

/* Whether the caller is the thread that moves time. If not it may sleep until one of for_what
 * holds. */
bool sockets_is_alone(void);
void sockets_sleep(struct tg_socket *s, short for_what);

/* Notes whom s will speak to, and from where unless it is bound. */
void sockets_set_peer(struct tg_socket *s, const struct sockaddr *addr, socklen_t len);

/* The pending error, which is then no longer pending. */
int sockets_take_error(struct tg_socket *s);

/* Opens a connection to s->peer, by Fast Open with up to len bytes in the SYN or not. Returns
 * how many it takes, or -1. */
ssize_t sockets_open(struct tg_socket *s, bool fast_open, size_t len);

/* fast_open.c: tells the stack what a listening socket does; connect with TCP_FASTOPEN_CONNECT;
 * the first write of a socket whose SYN waits for it. */
void sockets_listen_fast_open(const struct tg_socket *s);
int sockets_connect_fast_open(struct tg_socket *s);
ssize_t sockets_first_write(struct tg_socket *s, size_t len, int flags);

/* options.c. sockets_apply_options: tells the connection what its socket was told before. */
void sockets_apply_options(const struct tg_socket *s);
int sockets_setsockopt(struct tg_socket *s, int level, int name, const void *value, socklen_t len);
int sockets_getsockopt(struct tg_socket *s, int level, int name, void *value, socklen_t *len);

#endif
