/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The checks of sources and syn_limits.
 */
#include "config/reader.h"

#include <string.h>

unsigned
tg_sources_find(const struct tg_service_config *s, const char *name)
{
	unsigned i;

	for (i = 0; i < s->n_sources; i++) {
		if (strcmp(s->source[i].name, name) == 0)
			return i + 1;
	}
	return 0;
}

static bool
is_name(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_";

	return text[strspn(text, allowed)] == '\0';
}

static void
check_name(struct tg_reader *r, const struct tg_service_config *s, unsigned i)
{
	struct tg_item_path at = tg_item_path("sources", i, "class");
	unsigned first = tg_sources_find(s, s->source[i].name) - 1;

	if (!is_name(s->source[i].name))
		tg_reader_fault_at(r, at.text,
		    "holds a character that no class has; give letters, digits, hyphens and "
		    "underscores");
	if (first != i)
		tg_reader_fault_at(r, at.text, "is sources[%u] again; give each class once", first);
}

static bool
same_prefix(const struct tg_config_prefix *a, const struct tg_config_prefix *b)
{
	return a->is_ipv6 == b->is_ipv6 && a->bits == b->bits && tg_ip_equal(&a->ip, &b->ip);
}

/* Looks for prefix j of class i among those before it, in the order of the file. */
static void
check_prefix(struct tg_reader *r, const struct tg_service_config *s, unsigned i, unsigned j)
{
	const struct tg_config_prefix *prefix = &s->source[i].prefix[j];
	char field[32];
	unsigned k, l;

	for (k = 0; k <= i; k++) {
		for (l = 0; l < (k < i ? s->source[k].n_prefixes : j); l++) {
			if (!same_prefix(prefix, &s->source[k].prefix[l]))
				continue;
			snprintf(field, sizeof(field), "prefixes[%u]", j);
			tg_reader_fault_at(r, tg_item_path("sources", i, field).text,
			    "is sources[%u].prefixes[%u] again; give each prefix once", k, l);
			return;
		}
	}
}

void
tg_sources_check(struct tg_reader *r)
{
	const struct tg_service_config *s = r->base;
	unsigned i, j;

	for (i = 0; i < s->n_sources; i++) {
		check_name(r, s, i);
		for (j = 0; j < s->source[i].n_prefixes; j++)
			check_prefix(r, s, i, j);
	}
	if ((s->syn_limits.cells & (s->syn_limits.cells - 1)) != 0)
		tg_reader_fault_at(
		    r, "syn_limits.cells", "is no power of two; give one from 1024 to 65536");
}
