/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Keys: the two tables that say everything about the two files, one entry per key.
 *
 * A path names a key from the root of its file: `limits.connections`. `[]` stands
 * for any item of a list: `listeners[].port`. A section or list comes before its
 * keys, and their order is that of the reference and the sample.
 */
#ifndef TG_CONFIG_KEYS_H
#define TG_CONFIG_KEYS_H

#include "config/config.h"

enum tg_key_type {
	TG_KEY_SECTION,  /* a map; its keys are those under its path */
	TG_KEY_LIST,     /* a list of maps */
	TG_KEY_STRINGS,  /* a list of strings */
	TG_KEY_INTEGER,  /* uint32_t */
	TG_KEY_BOOLEAN,  /* bool */
	TG_KEY_ENUM,     /* an enum; its values are the indices of names */
	TG_KEY_STRING,   /* char[]: one line, not empty */
	TG_KEY_TEXT,     /* char[]: any lines, not empty */
	TG_KEY_IP,       /* struct tg_config_ip */
	TG_KEY_PREFIX,   /* struct tg_config_address, apart from its VLAN */
	TG_KEY_PREFIXES, /* a list of struct tg_config_prefix */
	TG_KEY_MAC,      /* struct tg_config_mac */
};

struct tg_key {
	const char *path;
	enum tg_key_type type;
	bool required;
	size_t offset;            /* of the value, from the config or from its list item */
	size_t size;              /* STRING, TEXT: bytes; lists: bytes of one item */
	size_t count_offset;      /* lists: of the unsigned number of items */
	size_t place_offset;      /* of a struct tg_config_place, or of one per item; 0: none */
	uint32_t min, max;        /* INTEGER: bounds; lists: items */
	const char *zero;         /* INTEGER: what 0 means where it is valid beside the bounds */
	const char *const *names; /* ENUM: ends with NULL */
	const char *def;          /* as in a file; NULL: zero bytes, not set */
	const char *unit;
	const char *help;   /* sentences */
	const char *sample; /* the value in the sample; a list's as whole lines */
};

struct tg_key_table {
	const struct tg_key *key;
	unsigned n;
};

extern const struct tg_key_table tg_device_keys;
extern const struct tg_key_table tg_service_keys;

/* The statuses that a route may have, as text; the first leaves it open. Ends with NULL. */
extern const char *const tg_route_status_names[];

/* The part of key's path below prefix ("" or ending with a dot) if it is one name:
 * key is then a child of prefix. Else NULL. */
const char *tg_key_child_name(const struct tg_key *key, const char *prefix);

/* Whether key is a list of values, or of maps. */
bool tg_key_is_list(const struct tg_key *key);

/* The last name of key's path. */
const char *tg_key_leaf(const struct tg_key *key);

/* Parses text, zero-terminated, as a value of key and stores it at `at`. Returns NULL,
 * or what is wrong with text, in which case *at is unchanged. Scalar types only. */
const char *tg_value_parse(const struct tg_key *key, const char *text, void *at);

/* Writes what a value of key looks like: "true or false". Returns buf. */
const char *tg_value_describe(const struct tg_key *key, char *buf, size_t size);

#endif
