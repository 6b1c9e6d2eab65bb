/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/keys.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Decimal digits without sign, leading zero or anything else; saturates at 2^32. */
static bool
parse_decimal(const char *text, uint64_t *value)
{
	uint64_t v = 0;

	if (*text == '\0' || (text[0] == '0' && text[1] != '\0'))
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = TG_MIN(v * 10 + (uint64_t)(*text - '0'), UINT64_C(1) << 32);
	}
	*value = v;
	return true;
}

static const char *
parse_integer(const struct tg_key *key, const char *text, void *at)
{
	uint64_t v;
	uint32_t stored;

	if (!parse_decimal(text, &v))
		return "is no plain decimal integer";
	if (v < key->min && !(v == 0 && key->zero != NULL))
		return "is too small";
	if (v > key->max)
		return "is too large";
	stored = (uint32_t)v;
	memcpy(at, &stored, sizeof(stored));
	return NULL;
}

static const char *
parse_boolean(const char *text, void *at)
{
	bool v = strcmp(text, "true") == 0;

	if (!v && strcmp(text, "false") != 0)
		return "is no boolean";
	memcpy(at, &v, sizeof(v));
	return NULL;
}

static const char *
parse_enum(const struct tg_key *key, const char *text, void *at)
{
	unsigned i;

	_Static_assert(sizeof(enum tg_config_switch) == sizeof(i), "enums are stored as unsigned");
	for (i = 0; key->names[i] != NULL; i++) {
		if (strcmp(key->names[i], text) == 0) {
			memcpy(at, &i, sizeof(i));
			return NULL;
		}
	}
	return "is not one of the values";
}

static const char *
parse_string(const struct tg_key *key, const char *text, void *at)
{
	size_t len = strlen(text);
	const char *c;

	if (len == 0)
		return "is empty";
	if (len >= key->size)
		return "is too long";
	for (c = text; *c != '\0' && key->type != TG_KEY_TEXT; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return "holds a control character";
	}
	memcpy(at, text, len + 1);
	return NULL;
}

static bool
parse_ip(const char *text, union tg_ip *ip, bool *is_ipv6)
{
	memset(ip, 0, sizeof(*ip));
	*is_ipv6 = strchr(text, ':') != NULL;
	return inet_pton(*is_ipv6 ? AF_INET6 : AF_INET, text, ip->b) == 1;
}

static const char *
parse_address(const char *text, void *at)
{
	struct tg_config_ip v = { .set = true };

	if (!parse_ip(text, &v.ip, &v.is_ipv6))
		return "is no IP address";
	memcpy(at, &v, sizeof(v));
	return NULL;
}

static const char *
parse_prefix_of(const char *text, struct tg_config_prefix *v)
{
	const char *slash = strchr(text, '/');
	char ip[INET6_ADDRSTRLEN];
	uint64_t bits;

	if (slash == NULL)
		return "has no prefix length";
	if ((size_t)(slash - text) >= sizeof(ip))
		return "is no IP address with a prefix length";
	memcpy(ip, text, (size_t)(slash - text));
	ip[slash - text] = '\0';
	if (!parse_ip(ip, &v->ip, &v->is_ipv6))
		return "is no IP address with a prefix length";
	if (!parse_decimal(slash + 1, &bits) || bits == 0 || bits > (v->is_ipv6 ? 128 : 32))
		return "has a bad prefix length";
	v->bits = (uint8_t)bits;
	return NULL;
}

static const char *
parse_address_with_prefix(const char *text, void *at)
{
	struct tg_config_prefix prefix;
	struct tg_config_address v;
	const char *problem = parse_prefix_of(text, &prefix);

	if (problem != NULL)
		return problem;
	memcpy(&v, at, sizeof(v)); /* keeps the VLAN */
	v.ip = prefix.ip;
	v.is_ipv6 = prefix.is_ipv6;
	v.prefix_len = prefix.bits;
	memcpy(at, &v, sizeof(v));
	return NULL;
}

/* What lies behind the prefix, if anything, is set. */
static bool
has_host_bits(const struct tg_config_prefix *prefix)
{
	unsigned i;

	for (i = prefix->bits; i < 128; i++) {
		if ((prefix->ip.b[i / 8] & 0x80 >> i % 8) != 0)
			return true;
	}
	return false;
}

static const char *
parse_prefix(const char *text, void *at)
{
	struct tg_config_prefix v;
	const char *problem = parse_prefix_of(text, &v);

	if (problem == NULL && has_host_bits(&v))
		problem = "has host bits set";
	if (problem == NULL)
		memcpy(at, &v, sizeof(v));
	return problem;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static const char *
parse_mac(const char *text, void *at)
{
	struct tg_config_mac v = { .set = true };
	unsigned i;

	if (strlen(text) != 17)
		return "is no MAC address";
	for (i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return "is no MAC address";
		v.b[i] = (uint8_t)(high << 4 | low);
	}
	if ((v.b[0] & 1) != 0)
		return "is a multicast address";
	if (memcmp(v.b, (uint8_t[6]){ 0 }, sizeof(v.b)) == 0)
		return "is all zero";
	memcpy(at, &v, sizeof(v));
	return NULL;
}

const char *
tg_value_parse(const struct tg_key *key, const char *text, void *at)
{
	switch (key->type) {
	case TG_KEY_INTEGER:
		return parse_integer(key, text, at);
	case TG_KEY_BOOLEAN:
		return parse_boolean(text, at);
	case TG_KEY_ENUM:
		return parse_enum(key, text, at);
	case TG_KEY_STRING:
	case TG_KEY_TEXT:
	case TG_KEY_STRINGS: /* one item of it */
		return parse_string(key, text, at);
	case TG_KEY_IP:
		return parse_address(text, at);
	case TG_KEY_PREFIX:
		return parse_address_with_prefix(text, at);
	case TG_KEY_PREFIXES: /* one item of it */
		return parse_prefix(text, at);
	case TG_KEY_MAC:
		return parse_mac(text, at);
	case TG_KEY_SECTION:
	case TG_KEY_LIST:
		break;
	}
	return "is no scalar";
}

static void
describe_integer(const struct tg_key *key, char *buf, size_t size)
{
	int n = snprintf(buf, size, "an integer from %u to %u%s%s", key->min, key->max,
	    key->unit != NULL ? " " : "", key->unit != NULL ? key->unit : "");

	if (key->zero != NULL)
		snprintf(buf + n, size - (size_t)n, ", or 0: %s", key->zero);
}

static void
describe_enum(const struct tg_key *key, char *buf, size_t size)
{
	size_t n = (size_t)snprintf(buf, size, "one of");
	unsigned i;

	for (i = 0; key->names[i] != NULL; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s %s", i == 0 ? "" : ",", key->names[i]);
}

const char *
tg_value_describe(const struct tg_key *key, char *buf, size_t size)
{
	switch (key->type) {
	case TG_KEY_SECTION:
		snprintf(buf, size, "a section of `key: value` lines");
		break;
	case TG_KEY_LIST:
		snprintf(buf, size, "a list of %u to %u maps", key->min, key->max);
		break;
	case TG_KEY_STRINGS:
		snprintf(buf, size, "a list of %u to %u strings of 1 to %zu bytes", key->min,
		    key->max, key->size - 1);
		break;
	case TG_KEY_INTEGER:
		describe_integer(key, buf, size);
		break;
	case TG_KEY_BOOLEAN:
		snprintf(buf, size, "true or false");
		break;
	case TG_KEY_ENUM:
		describe_enum(key, buf, size);
		break;
	case TG_KEY_STRING:
		snprintf(buf, size, "one line of 1 to %zu bytes", key->size - 1);
		break;
	case TG_KEY_TEXT:
		snprintf(buf, size, "a text of 1 to %zu bytes", key->size - 1);
		break;
	case TG_KEY_IP:
		snprintf(buf, size, "an address such as 192.0.2.1 or 2001:db8::1");
		break;
	case TG_KEY_PREFIX:
		snprintf(buf, size,
		    "an address and its prefix length such as 192.0.2.2/24 or 2001:db8::2/64");
		break;
	case TG_KEY_PREFIXES:
		snprintf(buf, size,
		    "a list of %u to %u prefixes such as 192.0.2.0/24 or 2001:db8::/64", key->min,
		    key->max);
		break;
	case TG_KEY_MAC:
		snprintf(buf, size, "a unicast MAC address such as 02:00:00:00:00:01");
		break;
	}
	return buf;
}
