/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/auth.h"

#define SECRET_MAX      32 /* bytes; a longer one is nobody's */
#define CREDENTIALS_MAX (sizeof(((struct tg_http_user *)NULL)->name) + SECRET_MAX)

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes base64 (RFC 4648 section 4), with its padding or without. Returns the bytes, 0 if
 * it is malformed or decodes to more than cap. */
static size_t
decode(const char *p, size_t len, uint8_t *to, size_t cap)
{
	uint32_t bits = 0;
	size_t n = 0, i;

	if (len % 4 == 0 && len > 0 && p[len - 1] == '=')
		len -= p[len - 2] == '=' ? 2 : 1;
	if (len % 4 == 1)
		return 0;
	for (i = 0; i < len; i++) {
		int digit = base64_digit(p[i]);

		if (digit < 0)
			return 0;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 == 0)
			continue;
		if (n == cap)
			return 0;
		to[n++] = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	return n;
}

/* The user of this name, or another one, which *known tells. */
static const struct tg_http_user *
find_user(const struct tg_http_realm *realm, const uint8_t *name, size_t len, bool *known)
{
	char padded[sizeof(realm->user->name)] = { 0 };
	uint16_t i;

	*known = false;
	if (len < sizeof(padded)) {
		memcpy(padded, name, len);
		for (i = 0; i < realm->n_users; i++) {
			*known = memcmp(realm->user[i].name, padded, sizeof(padded)) == 0;
			if (*known)
				return &realm->user[i];
		}
	}
	return realm->user;
}

static bool
is_secret(const struct tg_http_user *user, const uint8_t *secret, size_t len)
{
	uint8_t salted[TG_HTTP_SALT_BYTES + SECRET_MAX], hash[TG_SHA256_BYTES], differs = 0;
	size_t i;

	memcpy(salted, user->salt, TG_HTTP_SALT_BYTES);
	memcpy(salted + TG_HTTP_SALT_BYTES, secret, len);
	tg_sha256(salted, TG_HTTP_SALT_BYTES + len, hash);
	for (i = 0; i < TG_SHA256_BYTES; i++)
		differs |= hash[i] ^ user->hash[i];
	return differs == 0;
}

/* Credentials are a name, the first colon and a secret. */
static bool
is_user(const struct tg_http_realm *realm, const uint8_t *credentials, size_t len)
{
	const struct tg_http_user *user;
	size_t name = 0;
	bool known, right;

	while (name < len && credentials[name] != ':')
		name++;
	if (name == len || len - name - 1 > SECRET_MAX)
		return false;
	user = find_user(realm, credentials, name, &known);
	right = is_secret(user, credentials + name + 1, len - name - 1);
	return right && known;
}

bool
tg_http_authorizes(const struct tg_http_realm *realm, const char *p, size_t len)
{
	static const char scheme[] = { 'b', 'a', 's', 'i', 'c' };
	uint8_t credentials[CREDENTIALS_MAX];
	size_t i;

	for (i = 0; i < sizeof(scheme); i++)
		if (i == len || (p[i] | 0x20) != scheme[i])
			return false;
	if (i == len || p[i] != ' ')
		return false;
	while (i < len && p[i] == ' ')
		i++;
	len = decode(p + i, len - i, credentials, sizeof(credentials));
	return is_user(realm, credentials, len);
}
