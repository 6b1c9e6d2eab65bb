/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/pages_internal.h"

#include "http/date.h"
#include "http/head.h"

#define HEAD_BYTES_MAX 384 /* without further fields: a reason and two texts of 63 bytes */

size_t
tg_pages_room(const struct tg_pages *pages, uint16_t n_workers)
{
	size_t room = TG_RENDER_STATUS_BYTES(n_workers) + 2 * TG_RENDER_METRICS_BYTES(n_workers) +
		      2 * strlen(TG_PAGES_RETRY_AFTER);
	unsigned i;

	for (i = 0; i < pages->site.n_pages; i++)
		room += 2 * (HEAD_BYTES_MAX + strlen(pages->source[i].fields));
	return room;
}

static void
render_one_head(struct tg_http_page *page, struct tg_text *room, const struct tg_http_head *head)
{
	uint8_t *at = (uint8_t *)room->buf + room->len;
	size_t n = tg_http_head_write_marked(
	    room->buf + room->len, room->cap - room->len, head, &page->marks);

	room->len += n;
	room->cut = room->cut || n == 0;
	page->head[head->close] = at;
	page->head_len[head->close] = (uint32_t)n;
}

static void
render_heads(const struct tg_pages *pages, const struct tg_page_source *source, const char *date,
    struct tg_http_page *page, struct tg_text *room)
{
	struct tg_http_head head = { .status = source->status,
		.date = date,
		.content_type = source->type[0] != '\0' ? source->type : NULL,
		.server = pages->server[0] != '\0' ? pages->server : NULL,
		.fields = source->fields,
		.content_length = page->body_len };

	render_one_head(page, room, &head);
	head.close = true;
	render_one_head(page, room, &head);
}

static void
render_fixed(const struct tg_pages *pages, const struct tg_page_source *source, const char *date,
    struct tg_http_page *page, struct tg_text *room)
{
	page->status = source->status;
	page->body = source->body;
	page->body_len = source->body_len;
	render_heads(pages, source, date, page, room);
}

/* False: there was no room for it. */
static bool
render_live(const struct tg_pages *pages, const struct tg_page_source *source,
    const struct tg_moment *moment, const char *date, struct tg_http_page *page,
    struct tg_text *room)
{
	size_t start = room->len;

	source->render(room, moment);
	page->status = source->status;
	page->body = (uint8_t *)room->buf + start;
	page->body_len = (uint32_t)(room->len - start);
	render_heads(pages, source, date, page, room);
	if (!room->cut)
		return true;
	room->len = start;
	room->cut = false;
	return false;
}

/* Renders in place of `ready` what keeps connections away. */
static void
render_not_ready(const struct tg_pages *pages, enum tg_readiness readiness, const char *date,
    struct tg_http_page *page, struct tg_text *room)
{
	static const char *const why[] = {
		[TG_NOT_READY_DRAINING] = "shutting down\n",
		[TG_NOT_READY_CLOCK] = "the clock is not synchronised, which the keys that nodes "
				       "share depend on\n",
	};
	const struct tg_page_source source = {
		.status = TG_HTTP_503, .type = TG_PAGES_TEXT_PLAIN, .fields = TG_PAGES_RETRY_AFTER
	};

	page->status = source.status;
	page->body = (const uint8_t *)why[readiness];
	page->body_len = (uint32_t)strlen(why[readiness]);
	render_heads(pages, &source, date, page, room);
}

bool
tg_pages_render(const struct tg_pages *pages, const struct tg_moment *moment,
    struct tg_http_page *page, struct tg_text *room)
{
	enum tg_readiness readiness = tg_report_readiness(moment->draining, moment->keys);
	const struct tg_http_site *site = &pages->site;
	char date[TG_HTTP_DATE_BYTES];
	unsigned i;

	tg_http_date_write(date, moment->unix_seconds);
	for (i = 0; i < site->n_pages; i++) {
		if (pages->source[i].ready && readiness != TG_READY)
			render_not_ready(pages, readiness, date, &page[i], room);
		else if (pages->source[i].render == NULL)
			render_fixed(pages, &pages->source[i], date, &page[i], room);
	}
	if (room->cut)
		return false;
	for (i = 0; i < site->n_pages; i++) {
		if (pages->source[i].render != NULL &&
		    !render_live(pages, &pages->source[i], moment, date, &page[i], room))
			page[i] = page[site->error_page[TG_HTTP_500]];
	}
	return true;
}
