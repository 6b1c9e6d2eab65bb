/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/keys.h"

#include <string.h>

const char *
tg_key_child_name(const struct tg_key *key, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(key->path, prefix, len) != 0 || strpbrk(key->path + len, ".[") != NULL)
		return NULL;
	return key->path + len;
}

bool
tg_key_is_list(const struct tg_key *key)
{
	return key->type == TG_KEY_LIST || key->type == TG_KEY_STRINGS ||
	       key->type == TG_KEY_PREFIXES;
}

const char *
tg_key_leaf(const struct tg_key *key)
{
	const char *dot = strrchr(key->path, '.');

	return dot == NULL ? key->path : dot + 1;
}
