/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Auth: the Basic scheme, RFC 7617; private to lib/http.
 *
 * Secrets are generated, 128 bits as 32 hexadecimal digits, so that a salted hash is
 * enough to keep them and one compression is all that a request costs.
 */
#ifndef TG_HTTP_AUTH_H
#define TG_HTTP_AUTH_H

#include "http/site.h"

/* Whether an Authorization field of len bytes at p lets its sender into realm. The time it
 * takes tells neither how much of a secret was right nor whether the user exists. */
bool tg_http_authorizes(const struct tg_http_realm *realm, const char *p, size_t len);

#endif
