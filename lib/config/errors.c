/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/reader.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60 /* characters of a value that an error quotes */

/* What a file says goes to terminals and logs: only printable ASCII passes as it is. */
static void
escape(char *to, size_t size, const char *from)
{
	size_t n = 0, shown;

	for (shown = 0; *from != '\0' && n + 8 < size; from++, shown++) {
		unsigned char c = (unsigned char)*from;

		if (shown == SHOWN_MAX) {
			strcpy(to + n, "...");
			return;
		}
		if (c < ' ' || c > '~')
			n += (size_t)snprintf(to + n, size - n, "\\x%02x", c);
		else
			to[n++] = (char)c;
	}
	to[n] = '\0';
}

void
tg_config_error_add(struct tg_config_errors *err, const char *file, struct tg_config_place place,
    const char *key, const char *value, const char *fmt, va_list ap)
{
	char shown[4 * SHOWN_MAX + 16], *text;
	size_t size, n;

	if (err->n == TG_CONFIG_ERRORS_MAX) {
		err->lost++;
		return;
	}
	text = err->e[err->n].text;
	size = sizeof(err->e[err->n].text);
	err->n++;
	/* No prefix comes near size: each of its parts is bounded. */
	n = (size_t)snprintf(text, size, "%.128s:", file);
	if (place.line != 0)
		n += (size_t)snprintf(text + n, size - n, "%u:%u:", place.line, place.column);
	if (key != NULL) {
		escape(shown, 100, key);
		n += (size_t)snprintf(text + n, size - n, " %s:", shown);
	}
	if (value != NULL) {
		escape(shown, 140, value);
		n += (size_t)snprintf(text + n, size - n, " value \"%s\":", shown);
	}
	text[n++] = ' ';
	vsnprintf(text + n, size - n, fmt, ap);
}

static void add_at_node(struct tg_reader *r, const yaml_node_t *node, bool with_value,
    const char *path, const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static void
add_at_node(struct tg_reader *r, const yaml_node_t *node, bool with_value, const char *path,
    const char *fmt, va_list ap)
{
	const char *value = NULL;

	if (with_value && node->type == YAML_SCALAR_NODE)
		value = (const char *)node->data.scalar.value;
	tg_config_error_add(r->err, r->file, tg_place_of(&node->start_mark), path, value, fmt, ap);
}

void
tg_reader_fault(
    struct tg_reader *r, const yaml_node_t *node, const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_at_node(r, node, true, path, fmt, ap);
	va_end(ap);
}

void
tg_reader_fault_key(
    struct tg_reader *r, const yaml_node_t *node, const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_at_node(r, node, false, path, fmt, ap);
	va_end(ap);
}

const yaml_node_pair_t *
tg_reader_find_pair(struct tg_reader *r, const yaml_node_t *map, const char *name, size_t len)
{
	const yaml_node_pair_t *pair;

	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&r->doc, pair->key);

		if (key->type == YAML_SCALAR_NODE && key->data.scalar.length == len &&
		    memcmp(key->data.scalar.value, name, len) == 0)
			return pair;
	}
	return NULL;
}

static yaml_node_t *
list_item(struct tg_reader *r, const yaml_node_t *list, const char *index)
{
	size_t i = strtoul(index, NULL, 10);

	if (i >= (size_t)(list->data.sequence.items.top - list->data.sequence.items.start))
		return NULL;
	return yaml_document_get_node(&r->doc, list->data.sequence.items.start[i]);
}

/* One step along path from node: a name in a map or an index in a list. */
static yaml_node_t *
step(struct tg_reader *r, const yaml_node_t *node, const char **path)
{
	const yaml_node_pair_t *pair;
	size_t len;

	if (node->type == YAML_SEQUENCE_NODE && **path == '[') {
		const char *index = *path + 1;

		*path += strcspn(*path, "]") + 1;
		return list_item(r, node, index);
	}
	*path += **path == '.';
	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	len = strcspn(*path, ".[");
	*path += len;
	pair = tg_reader_find_pair(r, node, *path - len, len);
	return pair == NULL ? NULL : yaml_document_get_node(&r->doc, pair->value);
}

void
tg_reader_fault_at(struct tg_reader *r, const char *path, const char *fmt, ...)
{
	yaml_node_t *node = yaml_document_get_root_node(&r->doc), *next = node;
	const char *rest = path;
	va_list ap;

	while (*rest != '\0' && next != NULL) {
		next = step(r, node, &rest);
		if (next != NULL)
			node = next;
	}
	va_start(ap, fmt);
	add_at_node(r, node, true, path, fmt, ap);
	va_end(ap);
}
