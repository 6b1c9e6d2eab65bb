/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The socket calls of a scenario. None of them blocks: only a line of the scenario moves time.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"
#include "sockets/sockets.h"

#define ARGUMENTS     6
#define TEXT_MAX      200
#define OPTION_VALUES 4

#define OUR_PORT  8080
#define PEER_PORT 40000

struct call {
	char text[TEXT_MAX];
	const char *arg[ARGUMENTS];
	uint32_t n;
	long expected;
	int error; /* errno that goes with it, 0 for none */
};

/* ---- Names. */

static const struct {
	const char *name;
	int value;
} names[] = {
	{ "SOCK_STREAM", SOCK_STREAM },
	{ "SOL_SOCKET", SOL_SOCKET },
	{ "SOL_TCP", IPPROTO_TCP },
	{ "SO_ERROR", SO_ERROR },
	{ "SO_KEEPALIVE", SO_KEEPALIVE },
	{ "SO_LINGER", SO_LINGER },
	{ "SO_SNDBUF", SO_SNDBUF },
	{ "TCP_FASTOPEN", TCP_FASTOPEN },
	{ "TCP_FASTOPEN_CONNECT", TCP_FASTOPEN_CONNECT },
	{ "TCP_NODELAY", TCP_NODELAY },
	{ "TCP_USER_TIMEOUT", TCP_USER_TIMEOUT },
	{ "MSG_FASTOPEN", MSG_FASTOPEN },
	{ "SHUT_RD", SHUT_RD },
	{ "SHUT_WR", SHUT_WR },
	{ "SHUT_RDWR", SHUT_RDWR },
	{ "EAGAIN", EAGAIN },
	{ "EALREADY", EALREADY },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "ECONNRESET", ECONNRESET },
	{ "EADDRNOTAVAIL", EADDRNOTAVAIL },
	{ "EINPROGRESS", EINPROGRESS },
	{ "EINVAL", EINVAL },
	{ "EISCONN", EISCONN },
	{ "ENOTCONN", ENOTCONN },
	{ "EPIPE", EPIPE },
	{ "ETIMEDOUT", ETIMEDOUT },
};

/* A number or a name, up to n characters; false: it is neither. */
static bool
value_of(const char *text, size_t n, long *value)
{
	size_t i;

	if (isdigit((unsigned char)*text) || *text == '-') {
		*value = strtol(text, NULL, 10);
		return true;
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == n && strncmp(text, names[i].name, n) == 0) {
			*value = names[i].value;
			return true;
		}
	return false;
}

static size_t
word(const char *text)
{
	return strcspn(text, " \t,()[]{}=");
}

static int
number(const struct call *c, uint32_t i)
{
	long value = -1;

	if (i < c->n)
		value_of(c->arg[i], word(c->arg[i]), &value);
	return (int)value;
}

/* The numbers in an argument, [1] or {1, 0}. */
static uint32_t
numbers(const char *text, int *values)
{
	uint32_t n = 0;
	long value;

	while (n < OPTION_VALUES && *(text += strspn(text, " \t,[]{}")) != '\0') {
		if (value_of(text, word(text), &value))
			values[n++] = (int)value;
		text += TG_MAX(word(text), 1);
	}
	return n;
}

/* ---- The calls. */

static struct tg_socket *
socket_of(const struct play *p, const struct call *c)
{
	int fd = number(c, 0);

	if (fd >= 0 && fd < PLAY_FDS && p->fd[fd] >= 0)
		return sockets_find(p->fd[fd]);
	errno = EBADF;
	return NULL;
}

/* A new descriptor gets the number that the scenario expects. */
static long
add_fd(struct play *p, const struct call *c, int fd)
{
	if (fd < 0)
		return fd;
	sockets_find(fd)->nonblocking = true;
	if (c->expected < 0 || c->expected >= PLAY_FDS)
		return fd;
	p->fd[c->expected] = fd;
	return c->expected;
}

static socklen_t
address(const struct play *p, bool ours, uint16_t port, struct sockaddr_storage *addr)
{
	const uint8_t *ip = segment_address(p->wire.is_ipv6, ours);
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *in = (struct sockaddr_in *)addr;

	memset(addr, 0, sizeof(*addr));
	if (p->wire.is_ipv6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = tg_be16(port);
		memcpy(&in6->sin6_addr, ip, 16);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = tg_be16(port);
	memcpy(&in->sin_addr, ip, 4);
	return sizeof(*in);
}

static long
make_socket(struct play *p, struct tg_socket *s, const struct call *c)
{
	(void)s;
	return add_fd(p, c, sockets_socket(p->wire.is_ipv6 ? AF_INET6 : AF_INET, number(c, 1), 0));
}

static long
make_bind(struct play *p, struct tg_socket *s, const struct call *c)
{
	struct sockaddr_storage addr;
	socklen_t len = address(p, true, OUR_PORT, &addr);

	(void)c;
	return sockets_bind(s, (struct sockaddr *)&addr, len);
}

static long
make_listen(struct play *p, struct tg_socket *s, const struct call *c)
{
	(void)p;
	(void)c;
	return sockets_listen(s);
}

static long
make_accept(struct play *p, struct tg_socket *s, const struct call *c)
{
	return add_fd(p, c, sockets_accept(s, NULL, NULL));
}

/* A socket that is not bound yet speaks from our address, and begins another connection. */
static socklen_t
find_peer(struct play *p, struct tg_socket *s, struct sockaddr_storage *addr)
{
	socklen_t len;

	if (s->kind == SOCKET_FRESH && s->local.ss_family == AF_UNSPEC) {
		len = address(p, true, 0, addr);
		sockets_bind(s, (struct sockaddr *)addr, len);
	}
	if (s->kind == SOCKET_FRESH)
		p->has_isn = false;
	return address(p, false, PEER_PORT, addr);
}

static long
make_connect(struct play *p, struct tg_socket *s, const struct call *c)
{
	struct sockaddr_storage addr;
	socklen_t len = find_peer(p, s, &addr);

	(void)c;
	return sockets_connect(s, (struct sockaddr *)&addr, len);
}

static long
make_sendto(struct play *p, struct tg_socket *s, const struct call *c)
{
	struct sockaddr_storage addr;
	socklen_t len = find_peer(p, s, &addr);

	return sockets_send_to(
	    s, (size_t)number(c, 2), number(c, 3), (struct sockaddr *)&addr, len);
}

static long
make_read(struct play *p, struct tg_socket *s, const struct call *c)
{
	static uint8_t buffer[1 << 20];

	(void)p;
	return sockets_read(s, buffer, TG_MIN((size_t)number(c, 2), sizeof(buffer)), 0);
}

static long
make_write(struct play *p, struct tg_socket *s, const struct call *c)
{
	(void)p;
	return sockets_write(s, (size_t)number(c, 2), 0);
}

static long
make_shutdown(struct play *p, struct tg_socket *s, const struct call *c)
{
	(void)p;
	return sockets_shutdown(s, number(c, 1));
}

static long
make_close(struct play *p, struct tg_socket *s, const struct call *c)
{
	p->fd[number(c, 0)] = -1;
	return sockets_close(s);
}

static long
make_setsockopt(struct play *p, struct tg_socket *s, const struct call *c)
{
	int values[OPTION_VALUES];
	uint32_t n = numbers(c->arg[3], values);

	(void)p;
	return sockets_setsockopt(
	    s, number(c, 1), number(c, 2), values, (socklen_t)(n * sizeof(values[0])));
}

static long
make_getsockopt(struct play *p, struct tg_socket *s, const struct call *c)
{
	int expected[OPTION_VALUES] = { 0 }, value = 0;
	socklen_t len = sizeof(value);
	long result = sockets_getsockopt(s, number(c, 1), number(c, 2), &value, &len);

	numbers(c->arg[3], expected);
	if (result == 0 && value != expected[0])
		play_fail(p, "expected [%d]\n  got      [%d]", expected[0], value);
	return result;
}

static const struct {
	const char *name;
	uint32_t arguments;
	bool no_socket; /* the first argument is no descriptor */
	long (*make)(struct play *p, struct tg_socket *s, const struct call *c);
} calls[] = {
	{ "socket", 3, true, make_socket },
	{ "bind", 3, false, make_bind },
	{ "listen", 2, false, make_listen },
	{ "accept", 3, false, make_accept },
	{ "connect", 3, false, make_connect },
	{ "read", 3, false, make_read },
	{ "write", 3, false, make_write },
	{ "sendto", 6, false, make_sendto },
	{ "shutdown", 2, false, make_shutdown },
	{ "close", 1, false, make_close },
	{ "setsockopt", 5, false, make_setsockopt },
	{ "getsockopt", 5, false, make_getsockopt },
};

/* ---- Reading and judging. */

/* Cuts the argument list at its outermost commas. Returns what follows it, or NULL. */
static char *
split(struct call *c, char *text)
{
	int depth = 1;

	c->arg[c->n++] = text;
	for (; *text != '\0'; text++) {
		depth += strchr("([{", *text) != NULL;
		depth -= strchr(")]}", *text) != NULL;
		if (depth == 0) {
			*text = '\0';
			return text + 1;
		}
		if (depth == 1 && *text == ',') {
			*text++ = '\0';
			text += strspn(text, " ");
			if (c->n == ARGUMENTS)
				return NULL;
			c->arg[c->n++] = text--;
		}
	}
	return NULL;
}

/* "= result" or "= -1 ERRNO". */
static bool
read_result(struct call *c, const char *text)
{
	long error;
	char *end;

	text += strspn(text, " ");
	if (*text++ != '=')
		return false;
	c->expected = strtol(text, &end, 10);
	if (end == text)
		return false;
	end += strspn(end, " ");
	if (*end == '\0')
		return true;
	if (!value_of(end, word(end), &error))
		return false;
	c->error = (int)error;
	return true;
}

static bool
judge(struct play *p, const struct call *c, const char *name, long result, int error)
{
	if (result == c->expected && (result >= 0 || error == c->error))
		return p->error[0] == '\0';
	return play_fail(p, "expected %s = %ld%s%s\n  got      %ld%s%s", name, c->expected,
	    c->error != 0 ? ", " : "", c->error != 0 ? strerror(c->error) : "", result,
	    result < 0 ? ", " : "", result < 0 ? strerror(error) : "");
}

bool
play_call(struct play *p, const char *text)
{
	struct tg_socket *s = NULL;
	struct call c = { .n = 0 };
	size_t length = strcspn(text, "("), i;
	char *rest;
	long result;

	snprintf(c.text, sizeof(c.text), "%s", text);
	rest = text[length] == '(' ? split(&c, c.text + length + 1) : NULL;
	if (rest == NULL || !read_result(&c, rest))
		return play_fail(p, "this is neither <, >, state nor a call: %s", text);
	c.text[length] = '\0';
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].name, c.text) != 0 || calls[i].arguments != c.n)
			continue;
		if (!calls[i].no_socket && (s = socket_of(p, &c)) == NULL)
			return play_fail(p, "descriptor %s is not open", c.arg[0]);
		errno = 0;
		result = calls[i].make(p, s, &c);
		return judge(p, &c, c.text, result, errno);
	}
	return play_fail(p, "there is no call %s with %u arguments", c.text, c.n);
}
