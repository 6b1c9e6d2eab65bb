/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/reader.h"

#include <stdio.h>
#include <string.h>

/* A map being read. */
struct scope {
	const char *prefix; /* of its keys' paths in the table: "listeners[]." */
	const char *shown;  /* of their paths in errors: "listeners[1]." */
	char *base;         /* what their offsets count from */
};

static void read_map(struct tg_reader *r, const yaml_node_t *map, const struct scope *in);

/* Makes a path; a name that is too long for it is cut short, and is no key anyway. */
static void join(char path[TG_CONFIG_PATH_MAX], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
join(char path[TG_CONFIG_PATH_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, TG_CONFIG_PATH_MAX, fmt, ap);
	va_end(ap);
}

static const char *
text_of(const yaml_node_t *scalar)
{
	return (const char *)scalar->data.scalar.value;
}

static const char *
kind_of(const yaml_node_t *node)
{
	switch (node->type) {
	case YAML_SEQUENCE_NODE:
		return "is a list";
	case YAML_MAPPING_NODE:
		return "is a map";
	case YAML_SCALAR_NODE:
		return text_of(node)[0] == '\0' ? "is empty" : "is a single value";
	case YAML_NO_NODE:
		break;
	}
	return "is nothing";
}

static void
fault_right(struct tg_reader *r, const yaml_node_t *node, const char *path, const char *what,
    const struct tg_key *key)
{
	char right[256];

	tg_reader_fault(
	    r, node, path, "%s; give %s", what, tg_value_describe(key, right, sizeof(right)));
}

/* Whether node can be the value of a key or list item at all. */
static const char *
scalar_problem(const struct tg_key *key, const yaml_node_t *node)
{
	bool plain;

	if (node->type != YAML_SCALAR_NODE)
		return kind_of(node);
	plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (strcmp((const char *)node->tag, YAML_DEFAULT_SCALAR_TAG) != 0)
		return "carries a tag";
	if (strlen(text_of(node)) != node->data.scalar.length)
		return "holds a zero byte";
	if (plain && (node->data.scalar.length == 0 || strcmp(text_of(node), "~") == 0 ||
			 strcmp(text_of(node), "null") == 0))
		return "is empty";
	if (!plain && (key->type == TG_KEY_INTEGER || key->type == TG_KEY_BOOLEAN))
		return "is in quotes";
	return NULL;
}

static bool
read_scalar(struct tg_reader *r, const struct tg_key *key, const yaml_node_t *node,
    const char *path, char *at)
{
	const char *problem = scalar_problem(key, node);

	if (problem == NULL)
		problem = tg_value_parse(key, text_of(node), at);
	if (problem != NULL)
		fault_right(r, node, path, problem, key);
	return problem == NULL;
}

static void
set_place(const struct scope *in, const struct tg_key *key, unsigned i, const yaml_node_t *node)
{
	struct tg_config_place at = tg_place_of(&node->start_mark);

	if (key->place_offset != 0)
		memcpy(in->base + key->place_offset + i * sizeof(at), &at, sizeof(at));
}

/* Gives every key below in->prefix its default, apart from those of list items. */
static void
set_defaults(struct tg_reader *r, const struct scope *in)
{
	size_t len = strlen(in->prefix);
	unsigned i;

	for (i = 0; i < r->table->n; i++) {
		const struct tg_key *key = &r->table->key[i];

		if (strncmp(key->path, in->prefix, len) == 0 &&
		    strchr(key->path + len, '[') == NULL && key->def != NULL)
			tg_value_parse(key, key->def, in->base + key->offset);
	}
}

static void
read_item(struct tg_reader *r, const struct tg_key *key, const yaml_node_t *node, const char *path,
    char *at)
{
	char prefix[TG_CONFIG_PATH_MAX], shown[TG_CONFIG_PATH_MAX];
	const struct scope item = { prefix, shown, at };

	if (node->type != YAML_MAPPING_NODE) {
		tg_reader_fault(
		    r, node, path, "%s; give a map such as { key: value }", kind_of(node));
		return;
	}
	join(prefix, "%s[].", key->path);
	join(shown, "%s.", path);
	set_defaults(r, &item);
	read_map(r, node, &item);
}

static void
read_list(struct tg_reader *r, const struct tg_key *key, const yaml_node_t *node, const char *path,
    const struct scope *in)
{
	char shown[TG_CONFIG_PATH_MAX];
	unsigned i, n;

	if (node->type != YAML_SEQUENCE_NODE) {
		fault_right(r, node, path, kind_of(node), key);
		return;
	}
	n = (unsigned)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (n < key->min || n > key->max) {
		fault_right(r, node, path, n == 0 ? "is empty" : "is too long", key);
		return;
	}
	for (i = 0; i < n; i++) {
		const yaml_node_t *item =
		    yaml_document_get_node(&r->doc, node->data.sequence.items.start[i]);
		char *at = in->base + key->offset + i * key->size;

		join(shown, "%s[%u]", path, i);
		set_place(in, key, i, item);
		if (key->type == TG_KEY_LIST)
			read_item(r, key, item, shown, at);
		else
			read_scalar(r, key, item, shown, at);
	}
	memcpy(in->base + key->count_offset, &n, sizeof(n));
}

static void
read_section(struct tg_reader *r, const struct tg_key *key, const yaml_node_t *node,
    const char *path, const struct scope *in)
{
	char prefix[TG_CONFIG_PATH_MAX], shown[TG_CONFIG_PATH_MAX];
	const struct scope section = { prefix, shown, in->base };

	if (node->type != YAML_MAPPING_NODE) {
		fault_right(r, node, path, kind_of(node), key);
		return;
	}
	join(prefix, "%s.", key->path);
	join(shown, "%s.", path);
	read_map(r, node, &section);
}

static void
read_value(struct tg_reader *r, const struct tg_key *key, const yaml_node_t *node, const char *path,
    const struct scope *in)
{
	if (key->type == TG_KEY_SECTION) {
		read_section(r, key, node, path, in);
	} else if (tg_key_is_list(key)) {
		read_list(r, key, node, path, in);
	} else {
		set_place(in, key, 0, node);
		read_scalar(r, key, node, path, in->base + key->offset);
	}
}

/* Levenshtein's distance, of names that are short. */
static unsigned
edit_distance(const char *a, const char *b)
{
	unsigned row[64], i, j, n = (unsigned)strlen(b);

	if (n >= TG_ARRAY_LEN(row))
		return UINT32_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= n; j++) {
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = TG_MIN(change, TG_MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[n];
}

/* The key that was meant by an unknown name: one of this map spelled nearly so, else
 * one of any map with this very name. */
static const struct tg_key *
nearest_key(const struct tg_key_table *table, const char *prefix, const char *name)
{
	unsigned best = TG_MAX(TG_MIN((unsigned)strlen(name) / 3, 3), 1) + 1, i;
	const struct tg_key *nearest = NULL;

	for (i = 0; i < table->n; i++) {
		const char *child = tg_key_child_name(&table->key[i], prefix);
		unsigned distance = child == NULL ? UINT32_MAX : edit_distance(name, child);

		if (distance < best) {
			best = distance;
			nearest = &table->key[i];
		}
	}
	for (i = 0; i < table->n && nearest == NULL; i++) {
		if (strcmp(tg_key_leaf(&table->key[i]), name) == 0)
			nearest = &table->key[i];
	}
	return nearest;
}

static void
unknown_key(struct tg_reader *r, const yaml_node_t *node, const char *path, const struct scope *in)
{
	const struct tg_key *meant = nearest_key(r->table, in->prefix, text_of(node));

	if (meant != NULL)
		tg_reader_fault_key(r, node, path, "is no key; did you mean %s?", meant->path);
	else
		tg_reader_fault_key(r, node, path, "is no key; remove it");
}

/* The child of in->prefix with this name, or NULL. */
static const struct tg_key *
find_child(const struct tg_reader *r, const struct scope *in, const char *name)
{
	unsigned i;

	for (i = 0; i < r->table->n; i++) {
		const char *child = tg_key_child_name(&r->table->key[i], in->prefix);

		if (child != NULL && strcmp(child, name) == 0)
			return &r->table->key[i];
	}
	return NULL;
}

static void
read_pair(struct tg_reader *r, const yaml_node_t *map, const yaml_node_pair_t *pair,
    const struct scope *in)
{
	const yaml_node_t *name = yaml_document_get_node(&r->doc, pair->key);
	const yaml_node_pair_t *first;
	char path[TG_CONFIG_PATH_MAX];
	const struct tg_key *key;

	if (name->type != YAML_SCALAR_NODE || strlen(text_of(name)) != name->data.scalar.length) {
		tg_reader_fault_key(r, name, NULL, "this key is no name; write `name: value`");
		return;
	}
	join(path, "%s%s", in->shown, text_of(name));
	first = tg_reader_find_pair(r, map, text_of(name), name->data.scalar.length);
	key = find_child(r, in, text_of(name));
	if (first != pair)
		tg_reader_fault_key(r, name, path, "is given twice, on lines %zu and %zu; keep one",
		    yaml_document_get_node(&r->doc, first->key)->start_mark.line + 1,
		    name->start_mark.line + 1);
	else if (key == NULL)
		unknown_key(r, name, path, in);
	else
		read_value(r, key, yaml_document_get_node(&r->doc, pair->value), path, in);
}

static void
require_keys(struct tg_reader *r, const yaml_node_t *map, const struct scope *in)
{
	char path[TG_CONFIG_PATH_MAX], right[256];
	unsigned i;

	for (i = 0; i < r->table->n; i++) {
		const struct tg_key *key = &r->table->key[i];
		const char *name = tg_key_child_name(key, in->prefix);

		if (!key->required || name == NULL ||
		    tg_reader_find_pair(r, map, name, strlen(name)) != NULL)
			continue;
		join(path, "%s%s", in->shown, name);
		tg_reader_fault(r, map, path, "is missing; give %s",
		    tg_value_describe(key, right, sizeof(right)));
	}
}

static void
read_map(struct tg_reader *r, const yaml_node_t *map, const struct scope *in)
{
	const yaml_node_pair_t *pair;

	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++)
		read_pair(r, map, pair, in);
	require_keys(r, map, in);
}

void
tg_reader_fill(struct tg_reader *r, const yaml_node_t *root)
{
	const struct scope top = { "", "", r->base };

	set_defaults(r, &top);
	read_map(r, root, &top);
}
