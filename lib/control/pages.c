/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/pages.h"

#include "http/head.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVER_NAME    "tidegate"
#define HEAD_BYTES_MAX 384 /* fixed fields, a reason phrase and a type of 63 characters */
#define TEXT_PLAIN     "text/plain; charset=utf-8"

_Static_assert(TG_CONFIG_ROUTE_MAX <= TG_HTTP_TARGET_MAX, "every configured path fits a route");

typedef void (*render_body)(struct tg_text *, const struct tg_moment *);

static const struct builtin {
	const char *path;
	const char *type;
	const char *body;   /* or */
	render_body render; /* for a body that changes */
} builtin[] = {
	{ .path = "/", .type = "text/html; charset=utf-8", .render = tg_render_index },
	{ .path = "/status", .type = "application/json", .render = tg_render_status },
	{ .path = "/healthz", .type = TEXT_PLAIN, .body = "ok\n" },
};

/* One page, from which each snapshot renders its copy. */
struct source {
	enum tg_http_status status;
	char type[64];
	render_body render; /* NULL: the body is fixed */
	uint8_t *body;
	uint32_t body_len; /* bytes */
};

#define ROUTES_MAX (TG_ARRAY_LEN(builtin) + TG_CONFIG_ROUTES_MAX)
#define PAGES_MAX  (ROUTES_MAX + TG_HTTP_STATUS_MAX)

struct tg_pages {
	struct tg_http_site site;
	struct tg_http_route route[ROUTES_MAX];
	struct source source[PAGES_MAX];
};

static struct source *
add_source(struct tg_pages *pages, enum tg_http_status status, const char *type)
{
	struct source *source = &pages->source[pages->site.n_pages++];

	source->status = status;
	snprintf(source->type, sizeof(source->type), "%s", type);
	return source;
}

static void
add_route(struct tg_pages *pages, const char *path)
{
	struct tg_http_route *route = &pages->route[pages->site.n_routes++];
	size_t len = strnlen(path, TG_HTTP_TARGET_MAX);

	memcpy(route->path, path, len);
	route->path_len = (uint8_t)len;
	route->page = (uint16_t)(pages->site.n_pages - 1);
}

static int
set_body(struct source *source, const char *body)
{
	source->body_len = (uint32_t)strlen(body);
	source->body = (uint8_t *)strdup(body);
	return source->body == NULL ? -ENOMEM : 0;
}

static int
read_open_file(struct source *source, int fd)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size > TG_PAGES_FILE_BYTES_MAX)
		return -EFBIG;
	source->body = malloc((size_t)st.st_size + 1);
	if (source->body == NULL)
		return -ENOMEM;
	/* A file that shrinks meanwhile is taken as far as it goes. */
	while (source->body_len < (uint32_t)st.st_size) {
		n = read(
		    fd, source->body + source->body_len, (size_t)st.st_size - source->body_len);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		source->body_len += (uint32_t)n;
	}
	return 0;
}

static int
read_file(struct source *source, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = read_open_file(source, fd);
	close(fd);
	return rc;
}

static int
add_builtins(struct tg_pages *pages)
{
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(builtin); i++) {
		struct source *source = add_source(pages, TG_HTTP_200, builtin[i].type);

		source->render = builtin[i].render;
		add_route(pages, builtin[i].path);
		if (source->render == NULL && set_body(source, builtin[i].body) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int
add_error_pages(struct tg_pages *pages)
{
	unsigned i;

	for (i = TG_HTTP_200 + 1; i < TG_HTTP_STATUS_MAX; i++) {
		const struct tg_http_status_info *info = &tg_http_status_info[i];
		struct source *source = add_source(pages, (enum tg_http_status)i, TEXT_PLAIN);
		char body[64];

		snprintf(body, sizeof(body), "%u %s\n", info->code, info->reason);
		pages->site.error_page[i] = (uint16_t)(pages->site.n_pages - 1);
		if (set_body(source, body) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool
is_builtin(const char *path)
{
	unsigned i;

	for (i = 0; i < TG_ARRAY_LEN(builtin); i++) {
		if (strcmp(path, builtin[i].path) == 0)
			return true;
	}
	return false;
}

/* Adds one configured route; on failure says why. */
static int
add_configured(struct tg_pages *pages, const struct tg_config_route *from, char *why)
{
	struct source *source;
	int rc;

	if (is_builtin(from->path)) {
		snprintf(why, TG_PAGES_WHY_MAX, "route %s: the path is built in", from->path);
		return -EEXIST;
	}
	source = add_source(pages, TG_HTTP_200, from->type);
	add_route(pages, from->path);
	if (from->file[0] == '\0')
		return set_body(source, from->body);
	rc = read_file(source, from->file);
	if (rc == -EFBIG)
		snprintf(why, TG_PAGES_WHY_MAX, "route %s: file %s has more than %u bytes",
		    from->path, from->file, TG_PAGES_FILE_BYTES_MAX);
	else if (rc < 0)
		snprintf(why, TG_PAGES_WHY_MAX, "route %s: cannot read file %s: %s", from->path,
		    from->file, strerror(-rc));
	return rc;
}

static int
fill_pages(struct tg_pages *pages, const struct tg_service_config *service, char *why)
{
	unsigned i;
	int rc;

	snprintf(why, TG_PAGES_WHY_MAX, "no memory for the pages");
	rc = add_builtins(pages);
	if (rc == 0)
		rc = add_error_pages(pages);
	for (i = 0; i < service->n_routes && rc == 0; i++)
		rc = add_configured(pages, &service->route[i], why);
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

size_t
tg_pages_room(const struct tg_pages *pages, uint16_t n_workers)
{
	return TG_RENDER_STATUS_BYTES(n_workers) + TG_RENDER_INDEX_BYTES(n_workers) +
	       (size_t)pages->site.n_pages * 2 * HEAD_BYTES_MAX;
}

static void
render_one_head(struct tg_http_page *page, struct tg_text *room, const struct tg_http_head *head)
{
	uint8_t *at = (uint8_t *)room->buf + room->len;
	size_t n = tg_http_head_write(room->buf + room->len, room->cap - room->len, head);

	room->len += n;
	room->cut = room->cut || n == 0;
	page->head[head->close] = at;
	page->head_len[head->close] = (uint32_t)n;
}

static void
render_page(const struct source *source, const struct tg_moment *moment, const char *date,
    struct tg_http_page *page, struct tg_text *room)
{
	struct tg_http_head head = { .status = source->status,
		.date = date,
		.content_type = source->type,
		.server = SERVER_NAME };
	size_t start = room->len;

	page->status = source->status;
	page->body = source->body;
	page->body_len = source->body_len;
	if (source->render != NULL) {
		source->render(room, moment);
		page->body = (uint8_t *)room->buf + start;
		page->body_len = (uint32_t)(room->len - start);
	}
	head.content_length = page->body_len;
	render_one_head(page, room, &head);
	head.close = true;
	render_one_head(page, room, &head);
}

bool
tg_pages_render(const struct tg_pages *pages, const struct tg_moment *moment,
    struct tg_http_page *page, struct tg_text *room)
{
	char date[TG_HTTP_DATE_BYTES];
	unsigned i;

	tg_http_date_write(date, moment->unix_seconds);
	for (i = 0; i < pages->site.n_pages; i++)
		render_page(&pages->source[i], moment, date, &page[i], room);
	return !room->cut;
}
