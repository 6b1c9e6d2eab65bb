/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/pages_internal.h"

#include "control/file.h"
#include "control/page/page.h"
#include "crypto/siphash.h"
#include "http/date.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define VARY "Vary: Accept\r\n"

_Static_assert(TG_CONFIG_ROUTE_MAX <= TG_HTTP_TARGET_MAX, "every configured path fits a route");
_Static_assert(sizeof(((struct tg_config_route *)NULL)->redirect) + 32 < TG_PAGES_FIELDS_MAX,
    "every Location fits the fields of a page");

/* What a redirect or a status answers unless the configuration says otherwise. */
#define METHODS_ANY                                                                                \
	(TG_HTTP_METHODS_READ | 1U << TG_HTTP_METHOD_POST | 1U << TG_HTTP_METHOD_PUT |             \
	    1U << TG_HTTP_METHOD_DELETE | 1U << TG_HTTP_METHOD_PATCH |                             \
	    1U << TG_HTTP_METHOD_OPTIONS)

/* What /metrics is to those who ask for it by Accept. */
static const struct other {
	const char *type;
	tg_render_body render;
	struct tg_http_media media[2];
} openmetrics = {
	.type = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	.render = tg_render_openmetrics,
	.media = { { "text/plain", "0.0.4" }, { "application/openmetrics-text", "1.0.0" } },
};

static const struct builtin {
	const char *path;
	const char *type;
	const char *body;          /* or */
	tg_render_body render;     /* for a body that changes */
	bool ready;                /* the page is 503 while connections should go elsewhere */
	const char *policy;        /* Content-Security-Policy, of a document */
	bool yields;               /* to a configured route of the same path */
	const struct other *other; /* NULL, or a second representation */
} builtin[] = {
	{ .path = "/",
	    .type = "text/html; charset=utf-8",
	    .body = tg_page_index,
	    .policy = tg_page_policy,
	    .yields = true },
	{ .path = "/status", .type = "application/json", .render = tg_render_status },
	{ .path = "/metrics",
	    .type = "text/plain; version=0.0.4; charset=utf-8",
	    .render = tg_render_metrics,
	    .other = &openmetrics },
	{ .path = "/healthz", .type = TG_PAGES_TEXT_PLAIN, .body = "ok\n" },
	{ .path = "/readyz", .type = TG_PAGES_TEXT_PLAIN, .body = "ready\n", .ready = true },
};

_Static_assert(TG_ARRAY_LEN(builtin) == TG_PAGES_BUILTIN, "the tables have room for each");

static struct tg_page_source *
add_source(struct tg_pages *pages, enum tg_http_status status, const char *type, const char *fields)
{
	struct tg_page_source *source = &pages->source[pages->site.n_pages++];

	source->status = status;
	snprintf(source->type, sizeof(source->type), "%s", type);
	snprintf(source->fields, sizeof(source->fields), "%s", fields);
	return source;
}

static uint16_t
index_of(const struct tg_pages *pages, const struct tg_page_source *source)
{
	return (uint16_t)(source - pages->source);
}

static int
set_body(struct tg_page_source *source, const char *body)
{
	source->body_len = (uint32_t)strlen(body);
	source->body = (uint8_t *)strdup(body);
	return source->body == NULL ? -ENOMEM : 0;
}

/* Sets the body that says nothing but the status; none where the status allows none. */
static int
set_status_body(struct tg_page_source *source)
{
	const struct tg_http_status_info *info = &tg_http_status_info[source->status];
	char body[64];

	if (info->code < 200 || info->code == 204 || info->code == 205 || info->code == 304) {
		source->type[0] = '\0';
		return 0;
	}
	snprintf(body, sizeof(body), "%u %s\n", info->code, info->reason);
	return set_body(source, body);
}

/* The page with this status and these fields, which routes share; made if there is none. */
static int
status_page(struct tg_pages *pages, enum tg_http_status status, const char *fields, uint16_t *index)
{
	struct tg_page_source *source;
	uint16_t i;

	for (i = 0; i < pages->site.n_pages; i++) {
		source = &pages->source[i];
		*index = i;
		if (source->status == status && status != TG_HTTP_200 &&
		    strcmp(source->fields, fields) == 0)
			return 0;
	}
	source = add_source(pages, status, TG_PAGES_TEXT_PLAIN, fields);
	*index = index_of(pages, source);
	return set_status_body(source);
}

/* The pages that tell which methods there are. */
static int
add_allow_pages(struct tg_pages *pages, uint16_t methods, uint16_t *options, uint16_t *not_allowed)
{
	char fields[TG_PAGES_FIELDS_MAX] = "Allow: ";
	const char *comma = "";
	unsigned i;
	int rc;

	methods |= 1U << TG_HTTP_METHOD_OPTIONS;
	for (i = TG_HTTP_METHOD_OTHER + 1; i < TG_HTTP_METHOD_MAX; i++) {
		if ((methods & 1U << i) == 0)
			continue;
		strcat(strcat(fields, comma), tg_http_method_name[i]);
		comma = ", ";
	}
	strcat(fields, "\r\n");
	rc = status_page(pages, TG_HTTP_204, fields, options);
	return rc < 0 ? rc : status_page(pages, TG_HTTP_405, fields, not_allowed);
}

static int
add_route(struct tg_pages *pages, const char *path, uint16_t page, uint16_t methods)
{
	struct tg_http_route *route = &pages->route[pages->site.n_routes++];
	size_t len = strnlen(path, TG_HTTP_TARGET_MAX);

	memcpy(route->path, path, len);
	route->path_len = (uint8_t)len;
	route->methods = methods;
	route->page = page;
	route->conditional = pages->source[page].status == TG_HTTP_200;
	route->not_modified = pages->site.error_page[TG_HTTP_304];
	return add_allow_pages(pages, methods, &route->options, &route->not_allowed);
}

/* Gives a built-in route its second page. */
static void
add_other(struct tg_pages *pages, const struct other *from, struct tg_http_route *route)
{
	struct tg_page_source *source = add_source(pages, TG_HTTP_200, from->type, VARY);

	source->render = from->render;
	pages->choice[route - pages->route] =
	    (struct tg_http_choice){ .media = { from->media[0], from->media[1] },
		    .other = index_of(pages, source) };
	route->choice = &pages->choice[route - pages->route];
}

/* Gives a page that never changes its validators: the entity tag is a hash of the body, without
 * a secret, so that every node of a fleet makes the same. */
static int
describe(struct tg_pages *pages, struct tg_page_source *source, struct tg_http_route *route)
{
	static const struct tg_siphash_key no_key;
	uint64_t hash = tg_siphash24(&no_key, source->body, source->body_len);
	char etag[TG_HTTP_ETAG_BYTES + 1], date[TG_HTTP_DATE_BYTES], fields[128];
	size_t at;
	int n;

	snprintf(etag, sizeof(etag), "%016" PRIx64, hash);
	memcpy(route->etag, etag, TG_HTTP_ETAG_BYTES);
	route->fixed = true;
	route->body_len = source->body_len;
	route->modified_s = source->modified_s;
	n = snprintf(fields, sizeof(fields), "ETag: \"%s\"\r\n", etag);
	tg_http_date_write(date, source->modified_s);
	if (source->modified_s != 0)
		snprintf(fields + n, sizeof(fields) - (size_t)n, "Last-Modified: %.*s\r\n",
		    TG_HTTP_DATE_BYTES, date);
	at = strlen(source->fields);
	snprintf(
	    source->fields + at, sizeof(source->fields) - at, "%sAccept-Ranges: bytes\r\n", fields);
	return status_page(pages, TG_HTTP_304, fields, &route->not_modified);
}

static int
add_builtin(struct tg_pages *pages, const struct builtin *from)
{
	struct tg_page_source *source =
	    add_source(pages, TG_HTTP_200, from->type, from->other != NULL ? VARY : "");
	struct tg_http_route *route = &pages->route[pages->site.n_routes];
	int rc = 0;

	source->render = from->render;
	source->ready = from->ready;
	if (from->body != NULL)
		rc = set_body(source, from->body);
	if (rc == 0)
		rc = add_route(pages, from->path, index_of(pages, source), TG_HTTP_METHODS_READ);
	route->spared = true;
	if (from->other != NULL)
		add_other(pages, from->other, route);
	if (rc < 0 || from->policy == NULL)
		return rc;
	snprintf(source->fields, sizeof(source->fields), "Content-Security-Policy: %s\r\n",
	    from->policy);
	return describe(pages, source, route);
}

static bool
is_configured(const struct tg_service_config *service, const char *path)
{
	unsigned i;

	for (i = 0; i < service->n_routes; i++) {
		if (strcmp(path, service->route[i].path) == 0)
			return true;
	}
	return false;
}

static int
add_builtins(struct tg_pages *pages, const struct tg_service_config *service)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < TG_ARRAY_LEN(builtin) && rc == 0; i++) {
		if (!builtin[i].yields || !is_configured(service, builtin[i].path))
			rc = add_builtin(pages, &builtin[i]);
	}
	return rc;
}

static int
add_error_pages(struct tg_pages *pages)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < TG_HTTP_STATUS_MAX && rc == 0; i++) {
		if (i != TG_HTTP_200)
			rc = status_page(pages, (enum tg_http_status)i,
			    i == TG_HTTP_503 ? TG_PAGES_RETRY_AFTER : "",
			    &pages->site.error_page[i]);
	}
	return rc;
}

static bool
is_builtin(const char *path)
{
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(builtin); i++) {
		if (!builtin[i].yields && strcmp(path, builtin[i].path) == 0)
			return true;
	}
	return false;
}

static enum tg_http_status
status_of(uint32_t code)
{
	unsigned i;

	for (i = 0; i < TG_HTTP_STATUS_MAX; i++) {
		if (tg_http_status_info[i].code == code)
			return (enum tg_http_status)i;
	}
	return TG_HTTP_200; /* the code of a page with content may be left out */
}

static uint16_t
methods_of(const struct tg_config_route *from)
{
	uint16_t methods = 0;
	unsigned i, j;

	if (from->n_methods == 0)
		return from->file[0] != '\0' || from->body[0] != '\0' ? TG_HTTP_METHODS_READ
								      : METHODS_ANY;
	for (i = 0; i < from->n_methods; i++) {
		for (j = TG_HTTP_METHOD_OTHER + 1; j < TG_HTTP_METHOD_MAX; j++) {
			if (strcmp(from->methods[i], tg_http_method_name[j]) == 0)
				methods |= (uint16_t)(1U << j);
		}
	}
	if ((methods & 1U << TG_HTTP_METHOD_GET) != 0)
		methods |= 1U << TG_HTTP_METHOD_HEAD;
	return methods;
}

static int
set_file(struct tg_page_source *source, const struct tg_config_route *from, char *why)
{
	struct tg_file file = { 0 };
	int rc = tg_file_read(from->file, TG_PAGES_FILE_BYTES_MAX, &file);

	source->body = file.body;
	source->body_len = file.body_len;
	source->modified_s = file.modified_s;
	if (rc == -EFBIG)
		snprintf(why, TG_PAGES_WHY_MAX, "route %s: file %s has more than %u bytes",
		    from->path, from->file, TG_PAGES_FILE_BYTES_MAX);
	else if (rc < 0)
		snprintf(why, TG_PAGES_WHY_MAX, "route %s: cannot read file %s: %s", from->path,
		    from->file, strerror(-rc));
	return rc;
}

/* Makes the page of a configured route; on failure says why. */
static int
add_page(struct tg_pages *pages, const struct tg_config_route *from, uint16_t *page, char *why)
{
	enum tg_http_status status = status_of(from->status);
	struct tg_page_source *source;

	if (from->file[0] == '\0' && from->body[0] == '\0') {
		char fields[TG_PAGES_FIELDS_MAX] = "";

		if (from->redirect[0] != '\0')
			snprintf(fields, sizeof(fields), "Location: %s\r\n", from->redirect);
		return status_page(
		    pages, status, status == TG_HTTP_503 ? TG_PAGES_RETRY_AFTER : fields, page);
	}
	source = add_source(pages, status, from->type, "");
	*page = index_of(pages, source);
	return from->file[0] != '\0' ? set_file(source, from, why) : set_body(source, from->body);
}

/* Closes a route to all but its users. i: its index in the configuration. */
static int
guard(struct tg_pages *pages, const struct tg_config_route *from, unsigned i,
    struct tg_http_route *route)
{
	struct tg_http_realm *realm = &pages->realm[i];
	char fields[TG_PAGES_FIELDS_MAX];
	unsigned j;

	for (j = 0; j < from->n_users; j++) {
		struct tg_http_user *user = &pages->user[i][j];

		memcpy(user->name, from->user[j].name, sizeof(user->name));
		memcpy(user->salt, from->user[j].salt, sizeof(user->salt));
		memcpy(user->hash, from->user[j].hash, sizeof(user->hash));
	}
	realm->user = pages->user[i];
	realm->n_users = (uint16_t)from->n_users;
	route->realm = realm;
	snprintf(fields, sizeof(fields),
	    "WWW-Authenticate: Basic realm=\"%s\", charset=\"UTF-8\"\r\n", from->realm);
	return status_page(pages, TG_HTTP_401, fields, &realm->unauthorized);
}

static int
add_configured(
    struct tg_pages *pages, const struct tg_service_config *service, unsigned i, char *why)
{
	const struct tg_config_route *from = &service->route[i];
	struct tg_http_route *route = &pages->route[pages->site.n_routes];
	uint16_t page;
	int rc;

	if (is_builtin(from->path)) {
		snprintf(why, TG_PAGES_WHY_MAX, "route %s: the path is built in", from->path);
		return -EEXIST;
	}
	rc = add_page(pages, from, &page, why);
	if (rc == 0)
		rc = add_route(pages, from->path, page, methods_of(from));
	if (rc == 0 && (from->file[0] != '\0' || from->body[0] != '\0'))
		rc = describe(pages, &pages->source[page], route);
	route->classes = from->classes;
	if (rc == 0 && from->n_users != 0)
		rc = guard(pages, from, i, route);
	return rc;
}

/* What the site as a whole answers. */
static int
add_site_pages(struct tg_pages *pages)
{
	uint16_t methods = 0;
	unsigned i;

	for (i = 0; i < pages->site.n_routes; i++)
		methods |= pages->route[i].methods;
	return add_allow_pages(pages, methods, &pages->site.options, &pages->site.not_allowed);
}

static int
fill_pages(struct tg_pages *pages, const struct tg_service_config *service, char *why)
{
	unsigned i;
	int rc;

	snprintf(why, TG_PAGES_WHY_MAX, "no memory for the pages");
	rc = add_error_pages(pages);
	if (rc == 0)
		rc = add_builtins(pages, service);
	for (i = 0; i < service->n_routes && rc == 0; i++)
		rc = add_configured(pages, service, i, why);
	if (rc == 0)
		rc = add_site_pages(pages);
	if (rc < 0)
		return rc;
	if (tg_http_site_init(&pages->site, pages->route, pages->site.n_routes))
		return 0;
	snprintf(why, TG_PAGES_WHY_MAX, "a route occurs twice or does not begin with a slash");
	return -EINVAL;
}

struct tg_pages *
tg_pages_create(const struct tg_service_config *service, char why[TG_PAGES_WHY_MAX])
{
	struct tg_pages *pages = calloc(1, sizeof(*pages));

	if (pages == NULL) {
		snprintf(why, TG_PAGES_WHY_MAX, "no memory for the pages");
		return NULL;
	}
	snprintf(pages->server, sizeof(pages->server), "%s", service->http.server);
	pages->site.busy_connections = service->http.busy_connections;
	pages->site.body_limit = TG_HTTP_BODY_BYTES_MAX;
	if (fill_pages(pages, service, why) < 0) {
		tg_pages_free(pages);
		return NULL;
	}
	return pages;
}

void
tg_pages_free(struct tg_pages *pages)
{
	unsigned i;

	if (pages == NULL)
		return;
	for (i = 0; i < pages->site.n_pages; i++)
		free(pages->source[i].body);
	free(pages);
}

const struct tg_http_site *
tg_pages_site(const struct tg_pages *pages)
{
	return &pages->site;
}
