/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/judge.h"

#include "http/accept.h"
#include "http/condition.h"

struct tg_http_outcome
tg_http_refuse(const struct tg_http_site *site, enum tg_http_status status, bool close)
{
	return (struct tg_http_outcome){ site->error_page[status], close, true, false };
}

bool
tg_http_awaits_continue(const struct tg_http_parser *ps)
{
	/* RFC 9110 10.1.1: an HTTP/1.0 client cannot mean it. */
	return (ps->seen & TG_HTTP_SEEN_CONTINUE) != 0 && ps->minor > 0;
}

bool
tg_http_is_chunked(const struct tg_http_parser *ps)
{
	return (ps->seen & (TG_HTTP_SEEN_CHUNKED | TG_HTTP_SEEN_CODING)) == TG_HTTP_SEEN_CHUNKED;
}

/* Targets that name no path: `*` of OPTIONS and the authority of CONNECT. */
static struct tg_http_outcome
judge_without_path(const struct tg_http_parser *ps, const struct tg_http_site *site, bool close)
{
	bool options = ps->method == TG_HTTP_METHOD_OPTIONS;

	return (
	    struct tg_http_outcome){ options ? site->options : site->not_allowed, close, !options };
}

/* RFC 9110 13.2.1: conditions count only where the answer would be 2xx without them. */
static struct tg_http_outcome
judge_conditions(const struct tg_http_parser *ps, const struct tg_http_site *site, bool close)
{
	struct tg_http_outcome what = { ps->route->page, close, false, false };

	if ((ps->seen & TG_HTTP_SEEN_ACCEPT) != 0)
		what.page = tg_http_accept_page(ps);
	switch (ps->route->conditional ? tg_http_conditions(ps) : TG_HTTP_VERDICT_WHOLE) {
	case TG_HTTP_VERDICT_WHOLE:
		break;
	case TG_HTTP_VERDICT_PARTIAL:
		what.partial = true;
		break;
	case TG_HTTP_VERDICT_UNSATISFIABLE:
		what = tg_http_refuse(site, TG_HTTP_416, close);
		what.partial = true;
		break;
	case TG_HTTP_VERDICT_NOT_MODIFIED:
		what.page = ps->route->not_modified;
		break;
	case TG_HTTP_VERDICT_FAILED:
		return tg_http_refuse(site, TG_HTTP_412, close);
	}
	return what;
}

static struct tg_http_outcome
judge_route(const struct tg_http_parser *ps, const struct tg_http_site *site,
    struct tg_http_client client, bool close)
{
	const struct tg_http_route *route = ps->route;

	if (route == NULL)
		return tg_http_refuse(site, TG_HTTP_404, close);
	if (route->classes != 0 && (route->classes & 1U << client.src_class) == 0)
		return tg_http_refuse(site, TG_HTTP_403, close);
	if (client.busy && !route->spared)
		return tg_http_refuse(site, TG_HTTP_503, close);
	if (route->realm != NULL && (ps->seen & TG_HTTP_SEEN_AUTHORIZED) == 0)
		return (struct tg_http_outcome){ route->realm->unauthorized, close, true, false };
	if ((route->methods & 1U << ps->method) != 0)
		return judge_conditions(ps, site, close);
	if (ps->method == TG_HTTP_METHOD_OPTIONS)
		return (struct tg_http_outcome){ route->options, close, false, false };
	return (struct tg_http_outcome){ route->not_allowed, close, true, false };
}

/* Framing comes first: where the end of the request is not known or not worth reading
 * for, the connection cannot go on. */
struct tg_http_outcome
tg_http_judge(
    const struct tg_http_parser *ps, const struct tg_http_site *site, struct tg_http_client client)
{
	bool close = !tg_http_parser_persists(ps);

	if ((ps->seen & TG_HTTP_SEEN_TRANSFER_ENCODING) && !tg_http_is_chunked(ps))
		return tg_http_refuse(site, TG_HTTP_501, true);
	if (ps->content_length > site->body_limit)
		return tg_http_refuse(site, TG_HTTP_413, true);
	if ((ps->seen & TG_HTTP_SEEN_EXPECTATION) != 0 && ps->minor > 0)
		return tg_http_refuse(site, TG_HTTP_417, close);
	if (ps->method == TG_HTTP_METHOD_OTHER)
		return tg_http_refuse(site, TG_HTTP_501, close);
	if (ps->path_len == 0)
		return judge_without_path(ps, site, close);
	return judge_route(ps, site, client, close);
}
