/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Site: what is served.
 *
 * site      the route table made from the configuration; immutable once workers
 *           see it. A route names a page by its index.
 * snapshot  all pages rendered at one moment, heads included (they carry Date);
 *           made by the control thread about once a second into one of
 *           TG_HTTP_SLOTS slots and immutable from then on.
 * view      what a shard sees: the site and the snapshot in every slot, published
 *           by RCU pointer swap. New answers take the current slot.
 * pins      a shard's count of unacknowledged answers per slot. A slot that is no
 *           longer current only loses pins once every worker has seen the newer
 *           view; the control thread frees it at zero.
 *
 * An answer is a reference into a snapshot, never a copy of bytes. When a slot is
 * needed while still pinned, the control thread raises oldest_serial: the answers
 * of older snapshots are expired and their connections are reset.
 */
#ifndef TG_HTTP_SITE_H
#define TG_HTTP_SITE_H

#include "base/stats.h"
#include "base/types.h"
#include "crypto/sha256.h"

#define TG_HTTP_SALT_BYTES  16
#define TG_HTTP_SLOTS       64
#define TG_HTTP_CLASSES_MAX 32  /* source classes, that of no class included; sets have 32 bits */
#define TG_HTTP_TARGET_MAX  128 /* routes are shorter: a path this long matches none */

/* Limits on one request, RFC 9112 sections 3 and 5. */
#define TG_HTTP_LINE_BYTES_MAX    8000  /* request line without CRLF; beyond: 414 */
#define TG_HTTP_SECTION_BYTES_MAX 16384 /* field lines with the empty line; beyond: 431 */
#define TG_HTTP_FIELDS_MAX        100   /* field lines; beyond: 431 */
#define TG_HTTP_BODY_BYTES_MAX    65536 /* usual body_limit; beyond: 413 */
#define TG_HTTP_RANGES_MAX        4     /* in one answer; beyond: the whole page */
#define TG_HTTP_EMPTY_LINES_MAX   4     /* before a request line; beyond: 400 */

/* Status codes that are answered, RFC 9110 section 15, in their order. */
enum tg_http_status {
	TG_HTTP_100,
	TG_HTTP_200,
	TG_HTTP_204,
	TG_HTTP_205,
	TG_HTTP_206,
	TG_HTTP_301,
	TG_HTTP_302,
	TG_HTTP_303,
	TG_HTTP_304,
	TG_HTTP_307,
	TG_HTTP_400,
	TG_HTTP_401,
	TG_HTTP_403,
	TG_HTTP_404,
	TG_HTTP_405,
	TG_HTTP_408,
	TG_HTTP_412,
	TG_HTTP_413,
	TG_HTTP_414,
	TG_HTTP_416,
	TG_HTTP_417,
	TG_HTTP_431,
	TG_HTTP_500,
	TG_HTTP_501,
	TG_HTTP_503,
	TG_HTTP_505,
	TG_HTTP_STATUS_MAX
};

/* Methods of RFC 9110 section 9 and RFC 5789. */
enum tg_http_method {
	TG_HTTP_METHOD_OTHER, /* a token without meaning here */
	TG_HTTP_METHOD_GET,
	TG_HTTP_METHOD_HEAD,
	TG_HTTP_METHOD_POST,
	TG_HTTP_METHOD_PUT,
	TG_HTTP_METHOD_DELETE,
	TG_HTTP_METHOD_PATCH,
	TG_HTTP_METHOD_OPTIONS,
	TG_HTTP_METHOD_TRACE,
	TG_HTTP_METHOD_CONNECT,
	TG_HTTP_METHOD_MAX
};

extern const char *const tg_http_method_name[TG_HTTP_METHOD_MAX]; /* NULL: OTHER */

/* Sets of methods have bit 1 << enum tg_http_method. */
#define TG_HTTP_METHODS_READ (1U << TG_HTTP_METHOD_GET | 1U << TG_HTTP_METHOD_HEAD)

struct tg_http_status_info {
	uint16_t code;           /* as on the wire */
	const char *reason;      /* reason phrase */
	enum tg_counter counter; /* counts answers of this status */
};

extern const struct tg_http_status_info tg_http_status_info[TG_HTTP_STATUS_MAX];

/* Somebody who may see the routes of a realm: RFC 7617. */
struct tg_http_user {
	char name[32]; /* zero-padded */
	uint8_t salt[TG_HTTP_SALT_BYTES];
	uint8_t hash[TG_SHA256_BYTES]; /* of the salt and the secret behind it */
};

struct tg_http_realm {
	const struct tg_http_user *user;
	uint16_t n_users;      /* at least 1 */
	uint16_t unauthorized; /* page of 401, which names the realm */
};

/* A media type with the version that its parameter of that name tells. */
struct tg_http_media {
	const char *type;    /* in lower case, without parameters */
	const char *version; /* likewise */
};

/* Two representations, between which the client chooses by Accept (RFC 9110 section 12.5.1). */
struct tg_http_choice {
	struct tg_http_media media[2]; /* of the route's page and of the other one */
	uint16_t other;                /* its page */
};

#define TG_HTTP_ETAG_BYTES 16 /* without the quotes */

struct tg_http_route {
	char path[TG_HTTP_TARGET_MAX]; /* starts with '/', no query, not terminated */
	uint8_t path_len;              /* 1..TG_HTTP_TARGET_MAX - 1 */
	bool spared;                   /* answered whatever the load is */
	uint16_t methods;              /* set of those that page answers */
	uint16_t page;                 /* these are indices into tg_http_snapshot.page */
	uint16_t options;              /* to OPTIONS, where it is not one of methods */
	uint16_t not_allowed;          /* to every other method */
	uint16_t not_modified;         /* where a condition says that the client has page */
	bool conditional;              /* page is a 200: conditions are looked at */
	bool fixed;                    /* page never changes: the following describe it */
	uint32_t classes;              /* set of source classes that are let in; 0: everybody is */
	const struct tg_http_realm *realm;   /* who is let in; NULL: everybody */
	const struct tg_http_choice *choice; /* page is one of two; NULL: it is the only one */
	char etag[TG_HTTP_ETAG_BYTES];       /* strong */
	uint32_t body_len;                   /* bytes */
	uint64_t modified_s;                 /* seconds since 1970; 0: not known */
};

/* control: rw until published, then everyone: ro */
struct tg_http_site {
	const struct tg_http_route *routes; /* sorted by tg_http_site_init */
	uint16_t n_routes;
	uint16_t n_pages;
	uint16_t error_page[TG_HTTP_STATUS_MAX]; /* page of each status that needs no route */
	uint16_t options;                        /* page for OPTIONS of no route in particular */
	uint16_t not_allowed;                    /* page for CONNECT */
	uint32_t busy_connections; /* side records of a shard beyond which it is busy; 0: none */
	uint32_t body_limit;       /* bytes of a request body that are read and discarded */
};

/* Offsets in a head, for heads that are made of its parts. */
struct tg_http_marks {
	uint16_t fields;     /* behind the status line */
	uint16_t type;       /* Content-Type */
	uint16_t length;     /* Content-Length */
	uint16_t connection; /* Connection, the last field */
};

/* control: rw until published, then everyone: ro */
struct tg_http_page {
	enum tg_http_status status;
	const uint8_t *head[2];     /* status line to empty line; [0] keep-alive, [1] close */
	uint32_t head_len[2];       /* bytes, at least 1 */
	struct tg_http_marks marks; /* of both heads */
	const uint8_t *body;
	uint32_t body_len; /* bytes */
};

struct tg_http_snapshot {
	uint64_t serial;                 /* grows by one per snapshot, never reused */
	const struct tg_http_page *page; /* tg_http_site.n_pages of them */
};

struct tg_http_view {
	const struct tg_http_site *site;
	const struct tg_http_snapshot *slot[TG_HTTP_SLOTS]; /* NULL: empty */
	uint16_t current;       /* slot that new answers take; never empty */
	uint64_t oldest_serial; /* answers of older snapshots are expired */
};

/* worker: rw, control: ro */
struct tg_http_pins {
	_Atomic uint32_t count[TG_HTTP_SLOTS];
};

/* Makes site serve n_routes routes, which are sorted in place and stay with the
 * caller for the life of the site; the other members are the caller's to fill.
 *
 * Control thread, at start. False if a path is empty, too long, does not start
 * with '/' or occurs twice. */
bool tg_http_site_init(struct tg_http_site *site, struct tg_http_route *routes, uint16_t n_routes);

/* Finds the route of a path, RFC 9110 section 4.2.3 without normalisation: the
 * bytes must be equal.
 *
 * Any thread. path: path_len bytes, query excluded. NULL: there is none. */
const struct tg_http_route *tg_http_site_find(
    const struct tg_http_site *site, const char *path, uint32_t path_len);

#endif
