/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * URL: where a client goes, and what it asks for.
 */
#ifndef TG_APP_URL_H
#define TG_APP_URL_H

#include "base/types.h"

/* http://HOST[:PORT][/PATH]; the host is an address. */
struct tg_url {
	union tg_ip ip;
	bool is_ipv6;
	uint16_t port;    /* host order */
	const char *host; /* with the port, as in the URL; host_len characters */
	const char *path; /* at least "/", zero-terminated */
	unsigned host_len;
};

/* Reads text into url, which points into it. Returns 0, or -EINVAL after saying on stderr what is
 * wrong. */
int tg_url_parse(struct tg_url *url, const char *text);

#endif
