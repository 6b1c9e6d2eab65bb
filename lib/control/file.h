/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * File: a whole file in memory.
 */
#ifndef TG_CONTROL_FILE_H
#define TG_CONTROL_FILE_H

#include <stdint.h>

struct tg_file {
	uint8_t *body; /* the caller frees it, after an error, too */
	uint32_t body_len;
	uint64_t modified_s; /* seconds since 1970; 0: not known for sure */
};

/* Reads a regular file of max bytes at most; may block. *out: zeroed before. Returns 0, -EFBIG
 * where it is larger, -EISDIR, -EINVAL where it is something else, or -errno. */
int tg_file_read(const char *name, uint32_t max, struct tg_file *out);

#endif
