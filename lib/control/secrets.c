/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/secrets.h"

#include "crypto/sha256.h"

#include <errno.h>
#include <stdio.h>
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

static void
write_hex(char *to, const uint8_t *from, size_t n)
{
	for (; n > 0; n--, to += 2)
		sprintf(to, "%02x", *from++);
}

int
tg_secrets_make_user(const char *name, char secret[TG_SECRET_CHARS], char *line)
{
	/* The salt, and the secret as it is typed. */
	uint8_t random[32], salted[16 + TG_SECRET_CHARS], hash[TG_SHA256_BYTES];
	char salt_hex[33], hash_hex[65];
	int rc = fill(random, sizeof(random));

	if (rc < 0)
		return rc;
	write_hex(secret, random + 16, 16);
	memcpy(salted, random, 16);
	memcpy(salted + 16, secret, TG_SECRET_CHARS);
	tg_sha256(salted, 16 + TG_SECRET_CHARS - 1, hash);
	write_hex(salt_hex, random, 16);
	write_hex(hash_hex, hash, sizeof(hash));
	snprintf(line, TG_CONFIG_USER_MAX, "%s:%s:%s", name, salt_hex, hash_hex);
	return 0;
}
