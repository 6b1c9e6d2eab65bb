/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/site.h"

const struct tg_http_status_info tg_http_status_info[TG_HTTP_STATUS_MAX] = {
	[TG_HTTP_100] = { 100, "Continue", TG_COUNTER_HTTP_100 },
	[TG_HTTP_200] = { 200, "OK", TG_COUNTER_HTTP_200 },
	[TG_HTTP_204] = { 204, "No Content", TG_COUNTER_HTTP_204 },
	[TG_HTTP_205] = { 205, "Reset Content", TG_COUNTER_HTTP_205 },
	[TG_HTTP_206] = { 206, "Partial Content", TG_COUNTER_HTTP_206 },
	[TG_HTTP_301] = { 301, "Moved Permanently", TG_COUNTER_HTTP_301 },
	[TG_HTTP_302] = { 302, "Found", TG_COUNTER_HTTP_302 },
	[TG_HTTP_303] = { 303, "See Other", TG_COUNTER_HTTP_303 },
	[TG_HTTP_304] = { 304, "Not Modified", TG_COUNTER_HTTP_304 },
	[TG_HTTP_307] = { 307, "Temporary Redirect", TG_COUNTER_HTTP_307 },
	[TG_HTTP_400] = { 400, "Bad Request", TG_COUNTER_HTTP_400 },
	[TG_HTTP_401] = { 401, "Unauthorized", TG_COUNTER_HTTP_401 },
	[TG_HTTP_403] = { 403, "Forbidden", TG_COUNTER_HTTP_403 },
	[TG_HTTP_404] = { 404, "Not Found", TG_COUNTER_HTTP_404 },
	[TG_HTTP_405] = { 405, "Method Not Allowed", TG_COUNTER_HTTP_405 },
	[TG_HTTP_408] = { 408, "Request Timeout", TG_COUNTER_HTTP_408 },
	[TG_HTTP_412] = { 412, "Precondition Failed", TG_COUNTER_HTTP_412 },
	[TG_HTTP_413] = { 413, "Content Too Large", TG_COUNTER_HTTP_413 },
	[TG_HTTP_414] = { 414, "URI Too Long", TG_COUNTER_HTTP_414 },
	[TG_HTTP_416] = { 416, "Range Not Satisfiable", TG_COUNTER_HTTP_416 },
	[TG_HTTP_417] = { 417, "Expectation Failed", TG_COUNTER_HTTP_417 },
	[TG_HTTP_431] = { 431, "Request Header Fields Too Large", TG_COUNTER_HTTP_431 },
	[TG_HTTP_500] = { 500, "Internal Server Error", TG_COUNTER_HTTP_500 },
	[TG_HTTP_501] = { 501, "Not Implemented", TG_COUNTER_HTTP_501 },
	[TG_HTTP_503] = { 503, "Service Unavailable", TG_COUNTER_HTTP_503 },
	[TG_HTTP_505] = { 505, "HTTP Version Not Supported", TG_COUNTER_HTTP_505 },
};

const char *const tg_http_method_name[TG_HTTP_METHOD_MAX] = {
	[TG_HTTP_METHOD_OTHER] = NULL,
	[TG_HTTP_METHOD_GET] = "GET",
	[TG_HTTP_METHOD_HEAD] = "HEAD",
	[TG_HTTP_METHOD_POST] = "POST",
	[TG_HTTP_METHOD_PUT] = "PUT",
	[TG_HTTP_METHOD_DELETE] = "DELETE",
	[TG_HTTP_METHOD_PATCH] = "PATCH",
	[TG_HTTP_METHOD_OPTIONS] = "OPTIONS",
	[TG_HTTP_METHOD_TRACE] = "TRACE",
	[TG_HTTP_METHOD_CONNECT] = "CONNECT",
};

/* Shorter paths first, then by bytes: most comparisons end at the length. */
static int
compare_path(const struct tg_http_route *r, const char *path, uint32_t len)
{
	if (r->path_len != len)
		return r->path_len < len ? -1 : 1;
	return memcmp(r->path, path, len);
}

/* Puts routes[n] in its place among the n sorted routes before it; false if one of
 * them has the same path. Quadratic over a whole table, which start-up can afford. */
static bool
insert_route(struct tg_http_route *routes, uint16_t n)
{
	struct tg_http_route route = routes[n];
	int order = -1;

	while (n > 0 && (order = compare_path(&routes[n - 1], route.path, route.path_len)) > 0) {
		routes[n] = routes[n - 1];
		n--;
	}
	routes[n] = route;
	return order != 0;
}

bool
tg_http_site_init(struct tg_http_site *site, struct tg_http_route *routes, uint16_t n_routes)
{
	uint16_t i;

	for (i = 0; i < n_routes; i++) {
		if (routes[i].path_len == 0 || routes[i].path_len >= TG_HTTP_TARGET_MAX)
			return false;
		if (routes[i].path[0] != '/' || !insert_route(routes, i))
			return false;
	}
	site->routes = routes;
	site->n_routes = n_routes;
	return true;
}

const struct tg_http_route *
tg_http_site_find(const struct tg_http_site *site, const char *path, uint32_t path_len)
{
	uint32_t low = 0, high = site->n_routes;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int order = compare_path(&site->routes[middle], path, path_len);

		if (order == 0)
			return &site->routes[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
