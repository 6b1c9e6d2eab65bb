/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/secrets.h"

#include <errno.h>
#include <sys/random.h>

/* One call gives this many bytes whole, whatever signals arrive: getrandom(2). */
_Static_assert(sizeof(struct tg_tcp_secrets) <= 256, "getrandom may return less than asked");

static int
fill(void *to, size_t size)
{
	ssize_t n;

	do {
		n = getrandom(to, size, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int
tg_secrets_make(struct tg_tcp_secrets *secrets)
{
	return fill(secrets, sizeof(*secrets));
}

int
tg_secrets_make_key(struct tg_siphash_key *key)
{
	return fill(key, sizeof(*key));
}
