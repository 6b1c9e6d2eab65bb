/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Other: one request as libhttp-parser reads it, fed byte by byte, so that each event is known
 * to the byte that brought it.
 */
#ifndef TG_TESTS_HTTP_OTHER_H
#define TG_TESTS_HTTP_OTHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OTHER_BYTES_MAX  4096
#define OTHER_FIELDS_MAX (OTHER_BYTES_MAX / 2)

struct piece {
	size_t at, len; /* in other.text */
};

struct other_field {
	struct piece name, value;
};

struct other {
	bool refused;    /* at the last byte that was read */
	size_t used;     /* bytes read */
	size_t head_end; /* offset behind the empty line; 0: not reached */
	size_t end;      /* offset behind the body; 0: not reached */
	size_t body_len; /* bytes of content so far */
	bool in_value, in_trailer;
	bool upgrade; /* HTTP ends behind the head, as that parser has it */
	bool chunked, keep_alive;
	uint64_t chunk_left; /* bytes of data in this chunk */
	unsigned line_end;   /* bytes behind the data of a chunk, up to CRLF */
	bool unended;        /* some chunk has other bytes there */
	bool has_length;
	uint64_t length; /* of Content-Length */
	unsigned major, minor;
	const char *method; /* NULL: none it knows */
	struct piece url;
	unsigned n_fields;
	struct other_field field[OTHER_FIELDS_MAX];
	size_t text_len;
	char text[OTHER_BYTES_MAX];
};

/* Reads size bytes, at most OTHER_BYTES_MAX, up to the end of one request. */
void other_read(struct other *o, const uint8_t *data, size_t size);

#endif
