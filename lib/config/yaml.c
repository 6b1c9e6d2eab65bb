/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX (256 << 10) /* the largest valid files are smaller; this ends /dev/zero */

static void file_error(struct tg_config_errors *err, const char *file, struct tg_config_place place,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
file_error(struct tg_config_errors *err, const char *file, struct tg_config_place place,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tg_config_error_add(err, file, place, NULL, NULL, fmt, ap);
	va_end(ap);
}

int
tg_config_read_file(const char *file, char **text, size_t *len, struct tg_config_errors *err)
{
	const struct tg_config_place none = { 0, 0 };
	FILE *f;
	int rc;

	f = fopen(file, "rb");
	if (f == NULL) {
		rc = -errno;
		goto err_open;
	}
	*text = malloc(FILE_BYTES_MAX + 1);
	if (*text == NULL) {
		rc = -ENOMEM;
		goto err_alloc;
	}
	errno = 0;
	*len = fread(*text, 1, FILE_BYTES_MAX + 1, f);
	if (ferror(f)) {
		rc = errno != 0 ? -errno : -EIO;
		goto err_read;
	}
	if (*len > FILE_BYTES_MAX) {
		rc = -EFBIG;
		goto err_read;
	}
	fclose(f);
	return 0;

err_read:
	free(*text);
err_alloc:
	fclose(f);
err_open:
	file_error(err, file, none, "cannot be read: %s; name a readable file", strerror(-rc));
	return rc;
}

/* libyaml's reader knows the offset of bad bytes, not their mark. */
static struct tg_config_place
place_of_offset(const char *text, size_t len, size_t offset)
{
	struct tg_config_place at = { 1, 1 };
	size_t i;

	for (i = 0; i < len && i < offset; i++) {
		at.column++;
		if (text[i] == '\n')
			at = (struct tg_config_place){ at.line + 1, 1 };
	}
	return at;
}

static void
syntax_error(struct tg_reader *r, const yaml_parser_t *parser, const char *text, size_t len)
{
	const char *problem = parser->problem != NULL ? parser->problem : "out of memory";

	if (parser->error == YAML_READER_ERROR)
		file_error(r->err, r->file, place_of_offset(text, len, parser->problem_offset),
		    "%s (byte 0x%02x); write printable characters in UTF-8", problem,
		    (unsigned)parser->problem_value);
	else if (parser->context != NULL)
		file_error(r->err, r->file, tg_place_of(&parser->problem_mark),
		    "%s, %s that began on line %zu; write valid YAML", problem, parser->context,
		    parser->context_mark.line + 1);
	else
		file_error(r->err, r->file, tg_place_of(&parser->problem_mark),
		    "%s; write valid YAML", problem);
}

/* What follows the first document must be the end. */
static bool
is_last_document(struct tg_reader *r, yaml_parser_t *parser, const char *text, size_t len)
{
	yaml_document_t doc;
	yaml_node_t *root;

	if (!yaml_parser_load(parser, &doc)) {
		syntax_error(r, parser, text, len);
		return false;
	}
	root = yaml_document_get_root_node(&doc);
	if (root != NULL)
		file_error(r->err, r->file, tg_place_of(&doc.start_mark),
		    "a second document begins; write one document, without \"---\" lines in it");
	yaml_document_delete(&doc);
	return root == NULL;
}

static yaml_node_t *
check_root(struct tg_reader *r)
{
	static const struct tg_config_place first = { 1, 1 };
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);

	if (root == NULL) {
		file_error(r->err, r->file, first, "the file is empty; write `key: value` lines");
	} else if (root->type != YAML_MAPPING_NODE) {
		tg_reader_fault(r, root, NULL, "is no map; write `key: value` lines");
		root = NULL;
	}
	return root;
}

yaml_node_t *
tg_reader_load(struct tg_reader *r, const char *text, size_t len)
{
	yaml_parser_t parser;
	yaml_node_t *root = NULL;

	if (!yaml_parser_initialize(&parser)) {
		file_error(r->err, r->file, (struct tg_config_place){ 0, 0 }, "out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (yaml_parser_load(&parser, &r->doc)) {
		root = check_root(r);
		if (root != NULL && !is_last_document(r, &parser, text, len))
			root = NULL;
		if (root == NULL)
			yaml_document_delete(&r->doc);
	} else {
		syntax_error(r, &parser, text, len);
	}
	yaml_parser_delete(&parser);
	return root;
}
