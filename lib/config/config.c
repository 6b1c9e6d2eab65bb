/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/config.h"

#include "config/reader.h"

#include <errno.h>
#include <stdlib.h>

static int
parse(struct tg_reader *r, const char *text, size_t len, void (*check)(struct tg_reader *))
{
	unsigned before = tg_config_errors_seen(r->err);
	const yaml_node_t *root = tg_reader_load(r, text, len);

	if (root == NULL)
		return -EINVAL;
	tg_reader_fill(r, root);
	/* A cross-check of a value that is wrong by itself would only add noise. */
	if (tg_config_errors_seen(r->err) == before)
		check(r);
	yaml_document_delete(&r->doc);
	return tg_config_errors_seen(r->err) == before ? 0 : -EINVAL;
}

int
tg_config_parse_device(const char *name, const char *text, size_t len, struct tg_device_config *out,
    struct tg_config_errors *err)
{
	struct tg_reader r = { .file = name, .table = &tg_device_keys, .err = err, .base = out };

	memset(out, 0, sizeof(*out));
	snprintf(out->file, sizeof(out->file), "%s", name);
	return parse(&r, text, len, tg_device_check);
}

static int
parse_service(const char *name, const char *text, size_t len, bool files,
    struct tg_service_config *out, struct tg_config_errors *err)
{
	struct tg_reader r = {
		.file = name, .table = &tg_service_keys, .err = err, .files = files, .base = out
	};

	memset(out, 0, sizeof(*out));
	snprintf(out->file, sizeof(out->file), "%s", name);
	return parse(&r, text, len, tg_service_check);
}

int
tg_config_parse_service(const char *name, const char *text, size_t len,
    struct tg_service_config *out, struct tg_config_errors *err)
{
	return parse_service(name, text, len, false, out, err);
}

int
tg_config_load_device(const char *file, struct tg_device_config *out, struct tg_config_errors *err)
{
	char *text;
	size_t len;
	int rc;

	rc = tg_config_read_file(file, &text, &len, err);
	if (rc != 0)
		return rc;
	rc = tg_config_parse_device(file, text, len, out, err);
	free(text);
	return rc;
}

int
tg_config_load_service(
    const char *file, struct tg_service_config *out, struct tg_config_errors *err)
{
	char *text;
	size_t len;
	int rc;

	rc = tg_config_read_file(file, &text, &len, err);
	if (rc != 0)
		return rc;
	rc = parse_service(file, text, len, true, out, err);
	free(text);
	return rc;
}
