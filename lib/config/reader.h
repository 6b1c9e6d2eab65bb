/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Reader: a YAML document on its way into a struct. It lives from the first byte
 * until the last cross-check, so that every error can point at its value.
 */
#ifndef TG_CONFIG_READER_H
#define TG_CONFIG_READER_H

#include "config/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <yaml.h>

#define TG_CONFIG_PATH_MAX 192 /* characters of a key's path with indices */

struct tg_reader {
	const char *file;                 /* as errors call it */
	const struct tg_key_table *table; /* its keys */
	struct tg_config_errors *err;
	bool files; /* whether files that values name must be readable */
	yaml_document_t doc;
	void *base; /* the struct to fill */
};

/* Adds an error. key and value may be NULL; they are escaped and cut short. */
void tg_config_error_add(struct tg_config_errors *err, const char *file,
    struct tg_config_place place, const char *key, const char *value, const char *fmt, va_list ap)
    __attribute__((format(printf, 6, 0)));

/* Adds an error about the node, at its mark; value is the node's if it is a scalar. */
void tg_reader_fault(struct tg_reader *r, const yaml_node_t *node, const char *path,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Likewise about the node as a key, or as a map that lacks one: quotes no value. */
void tg_reader_fault_key(struct tg_reader *r, const yaml_node_t *node, const char *path,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Adds an error about the value at path, e.g. "listeners[2].port"; where the file
 * leaves it out, at the nearest node above. */
void tg_reader_fault_at(struct tg_reader *r, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The first pair of map whose key is the len bytes at name, or NULL. */
const yaml_node_pair_t *tg_reader_find_pair(
    struct tg_reader *r, const yaml_node_t *map, const char *name, size_t len);

/* Loads the one document of text into r->doc and returns its root, a map; or NULL
 * after adding an error. After a root: yaml_document_delete. */
yaml_node_t *tg_reader_load(struct tg_reader *r, const char *text, size_t len);

/* Fills r->base, which is zero, from root: defaults first, then what the file says. */
void tg_reader_fill(struct tg_reader *r, const yaml_node_t *root);

/* Cross-checks r->base, a device or service config whose values are right each by
 * itself, and resolves what the file left to be derived. */
void tg_device_check(struct tg_reader *r);
void tg_service_check(struct tg_reader *r);

/* Likewise item i of routes alone. */
void tg_route_check(struct tg_reader *r, unsigned i);

/* Likewise sources and syn_limits, before the routes. */
void tg_sources_check(struct tg_reader *r);

/* The class of this name, 1 + its index; 0: there is none. */
unsigned tg_sources_find(const struct tg_service_config *s, const char *name);

/* Reads a whole file into *text, to be freed. Returns 0 or -errno, with an error. */
int tg_config_read_file(const char *file, char **text, size_t *len, struct tg_config_errors *err);

/* The path of a field of a list item, for errors. */
struct tg_item_path {
	char text[64];
};

static inline struct tg_item_path
tg_item_path(const char *list, unsigned i, const char *field)
{
	struct tg_item_path p;

	snprintf(p.text, sizeof(p.text), "%s[%u].%s", list, i, field);
	return p;
}

static inline struct tg_config_place
tg_place_of(const yaml_mark_t *mark)
{
	return (struct tg_config_place){ (uint32_t)mark->line + 1, (uint32_t)mark->column + 1 };
}

static inline unsigned
tg_config_errors_seen(const struct tg_config_errors *err)
{
	return err->n + err->lost;
}

#endif
