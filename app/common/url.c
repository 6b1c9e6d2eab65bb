/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int
bad_url(const char *url, const char *what)
{
	fprintf(stderr,
	    "%s: %s: %s; give one such as http://192.0.2.2/status or "
	    "http://[2001:db8::2]:8080/\n",
	    program_invocation_short_name, url, what);
	return -EINVAL;
}

/* [host][:port][/path] behind "http://". */
int
tg_url_parse(struct tg_url *url, const char *text)
{
	const char *host, *end, *port;
	char ip[INET6_ADDRSTRLEN];
	char *port_end;
	long n = 80;

	if (strncmp(text, "http://", 7) != 0)
		return bad_url(text, "is no URL that begins with http://");
	url->host = host = text + 7;
	url->path = host + strcspn(host, "/?#");
	url->host_len = (unsigned)(url->path - host);
	url->is_ipv6 = *host == '[';
	end = url->is_ipv6 ? strchr(host, ']') : host + strcspn(host, ":/?#");
	if (end == NULL || (size_t)(end - host) >= sizeof(ip))
		return bad_url(text, "has no address");
	host += url->is_ipv6;
	snprintf(ip, sizeof(ip), "%.*s", (int)(end - host), host);
	if (inet_pton(url->is_ipv6 ? AF_INET6 : AF_INET, ip, url->ip.b) != 1)
		return bad_url(text, "names no address: names are not looked up");
	port = end + url->is_ipv6;
	if (*port == ':' && port[1] >= '0' && port[1] <= '9') {
		n = strtol(port + 1, &port_end, 10);
		port = port_end;
	}
	if (port != url->path || n < 1 || n > 65535)
		return bad_url(text, "has something wrong behind the address");
	url->port = (uint16_t)n;
	if (*url->path == '\0')
		url->path = "/";
	if (*url->path != '/' || strcspn(url->path, " #\t\r\n") != strlen(url->path))
		return bad_url(text, "has a path that no request can name");
	return 0;
}
