/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The checks of routes.
 */
#include "config/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const tg_route_status_names[] = { "auto", "200", "204", "205", "301", "302", "303",
	"307", "400", "403", "404", "500", "501", "503", NULL };

static const char *
path_problem(const char *path)
{
	static const char *const built_in[] = { "/status", "/metrics", "/healthz", "/readyz" };
	unsigned i;

	if (path[0] != '/')
		return "does not begin with a slash";
	for (i = 0; i < TG_ARRAY_LEN(built_in); i++) {
		if (strcmp(path, built_in[i]) == 0)
			return "is a built-in page";
	}
	for (i = 0; path[i] != '\0'; i++) {
		if (path[i] <= ' ' || path[i] > '~' || path[i] == '?' || path[i] == '#')
			return "holds a character that no path has";
	}
	return NULL;
}

static bool
is_visible(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

static bool
is_media_type(const char *type)
{
	const char *c, *slash = strchr(type, '/');

	for (c = type; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			return false;
	}
	return slash != NULL && slash != type && slash[1] != '\0' && type[0] != ' ';
}

static void
check_path(struct tg_reader *r, const struct tg_service_config *s, unsigned i)
{
	const char *problem = path_problem(s->route[i].path);
	struct tg_item_path at = tg_item_path("routes", i, "path");
	unsigned j;

	if (problem != NULL)
		tg_reader_fault_at(r, at.text, "%s; give another path such as /hello", problem);
	for (j = 0; j < i; j++) {
		if (strcmp(s->route[i].path, s->route[j].path) == 0)
			tg_reader_fault_at(
			    r, at.text, "is routes[%u] again; give each path once", j);
	}
}

static void
check_file(struct tg_reader *r, unsigned i, const char *file)
{
	struct tg_item_path at = tg_item_path("routes", i, "file");
	struct stat st;

	if (stat(file, &st) != 0 || access(file, R_OK) != 0)
		tg_reader_fault_at(
		    r, at.text, "cannot be read: %s; name a readable file", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		tg_reader_fault_at(r, at.text, "is no regular file; name a readable file");
}

/* Whether the status fits what else the route has. */
static void
check_status(struct tg_reader *r, unsigned i, const struct tg_config_route *route)
{
	struct tg_item_path at = tg_item_path("routes", i, "status");
	bool moved = route->status > 300 && route->status < 400;

	if (route->redirect[0] != '\0') {
		if (!moved)
			tg_reader_fault_at(
			    r, at.text, "redirects nobody; give 301, 302, 303 or 307");
	} else if (moved) {
		tg_reader_fault_at(r, at.text, "leads nowhere; give a redirect, too");
	} else if ((route->file[0] != '\0' || route->body[0] != '\0') && route->status != 200) {
		tg_reader_fault_at(
		    r, at.text, "has a content of its own; give no file and no body");
	}
}

/* What route->status is in the file, an index, becomes a status. */
static void
resolve_status(struct tg_config_route *route)
{
	unsigned usual = route->redirect[0] != '\0' ? 302 : 200;

	route->status = route->status == 0
			    ? usual
			    : (uint32_t)strtoul(tg_route_status_names[route->status], NULL, 10);
}

static void
check_content(struct tg_reader *r, unsigned i, struct tg_config_route *route)
{
	struct tg_item_path at = tg_item_path("routes", i, "path");
	unsigned n =
	    (route->file[0] != '\0') + (route->body[0] != '\0') + (route->redirect[0] != '\0');

	if (n > 1 || (n == 0 && route->status == 0)) {
		tg_reader_fault_at(r, at.text,
		    "has %s; give one of file, body, redirect and status",
		    n == 0 ? "no content" : "more than one content");
		return;
	}
	resolve_status(route);
	check_status(r, i, route);
	if (route->file[0] != '\0' && r->files)
		check_file(r, i, route->file);
	if (!is_visible(route->redirect))
		tg_reader_fault_at(r, tg_item_path("routes", i, "redirect").text,
		    "holds a character that no URL has; write it as %%XX");
}

static void
check_methods(struct tg_reader *r, unsigned i, const struct tg_config_route *route)
{
	static const char *const known[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH",
		"OPTIONS" };
	unsigned j, k;

	for (j = 0; j < route->n_methods; j++) {
		for (k = 0; k < TG_ARRAY_LEN(known); k++) {
			if (strcmp(route->methods[j], known[k]) == 0)
				break;
		}
		if (k == TG_ARRAY_LEN(known))
			tg_reader_fault_at(r, tg_item_path("routes", i, "methods").text,
			    "has %s, which is no method here; give GET, HEAD, POST, PUT, DELETE, "
			    "PATCH or OPTIONS",
			    route->methods[j]);
	}
}

/* Reads 2 n hexadecimal digits, in lower case. */
static bool
read_hex(const char *p, uint8_t *to, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const char *high, *low;

	for (; n > 0; n--, p += 2) {
		high = *p != '\0' ? strchr(digits, p[0]) : NULL;
		low = high != NULL && p[1] != '\0' ? strchr(digits, p[1]) : NULL;
		if (low == NULL)
			return false;
		*to++ = (uint8_t)((high - digits) << 4 | (low - digits));
	}
	return true;
}

static bool
read_user(const char *line, struct tg_config_user *to)
{
	const size_t salt = 2 * sizeof(to->salt), hash = 2 * sizeof(to->hash);
	size_t name = strcspn(line, ":");

	if (name == 0 || name >= sizeof(to->name) || strlen(line) != name + salt + hash + 2 ||
	    line[name + 1 + salt] != ':')
		return false;
	memcpy(to->name, line, name);
	return read_hex(line + name + 1, to->salt, sizeof(to->salt)) &&
	       read_hex(line + name + salt + 2, to->hash, sizeof(to->hash));
}

static void
check_users(struct tg_reader *r, unsigned i, struct tg_config_route *route)
{
	unsigned j;

	if ((route->realm[0] == '\0') != (route->n_users == 0))
		tg_reader_fault_at(r, tg_item_path("routes", i, "realm").text,
		    "and users belong together; give both");
	if (strpbrk(route->realm, "\"\\") != NULL)
		tg_reader_fault_at(r, tg_item_path("routes", i, "realm").text,
		    "holds a quote or a backslash; give a plain name");
	for (j = 0; j < route->n_users; j++) {
		/* Not quoted: a secret may have been given instead. */
		if (!read_user(route->users[j], &route->user[j]))
			tg_reader_fault_at(r, tg_item_path("routes", i, "users").text,
			    "has no user in line %u; give what `tidegate secret NAME` prints",
			    j + 1);
	}
}

static void
check_classes(struct tg_reader *r, const struct tg_service_config *s, unsigned i,
    struct tg_config_route *route)
{
	unsigned j, class;

	for (j = 0; j < route->n_allow_classes; j++) {
		class = tg_sources_find(s, route->allow_classes[j]);
		if (class == 0)
			tg_reader_fault_at(r, tg_item_path("routes", i, "allow_classes").text,
			    "has %s, which is no class of sources; give the name of one",
			    route->allow_classes[j]);
		else if (s->source[class - 1].action == TG_CONFIG_SOURCE_DENY)
			tg_reader_fault_at(r, tg_item_path("routes", i, "allow_classes").text,
			    "has %s, whose packets sources denies; remove one of the two",
			    route->allow_classes[j]);
		else
			route->classes |= UINT32_C(1) << class;
	}
}

void
tg_route_check(struct tg_reader *r, unsigned i)
{
	struct tg_service_config *s = r->base;
	struct tg_config_route *route = &s->route[i];

	check_path(r, s, i);
	check_content(r, i, route);
	check_methods(r, i, route);
	check_users(r, i, route);
	check_classes(r, s, i, route);
	if (!is_media_type(route->type))
		tg_reader_fault_at(r, tg_item_path("routes", i, "type").text,
		    "is no media type; give one such as text/plain");
}
