/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/conn.h"

#include "base/seq.h"

/* What a whole request is answered with. */
struct outcome {
	uint16_t page;
	bool close;
};

/* One writer per count: a load and a store, no locked instruction. */
static void
pin(struct tg_http_pins *pins, uint8_t slot)
{
	uint32_t n = atomic_load_explicit(&pins->count[slot], memory_order_relaxed);

	atomic_store_explicit(&pins->count[slot], n + 1, memory_order_relaxed);
}

static void
unpin(struct tg_http_pins *pins, uint8_t slot)
{
	uint32_t n = atomic_load_explicit(&pins->count[slot], memory_order_relaxed);

	assert(n > 0); /* each answer was pinned when it was appended */
	/* Pairs with the control thread's acquire: our reads of the slot come before it is
	 * rendered anew. */
	atomic_store_explicit(&pins->count[slot], n - 1, memory_order_release);
}

static bool
is_expired(const struct tg_http_answer *a, const struct tg_http_view *view)
{
	return tg_seq_lt(a->serial, (uint32_t)view->oldest_serial);
}

static struct outcome
error_outcome(const struct tg_http_site *site, enum tg_http_status status, bool close)
{
	return (struct outcome){ site->error_page[status], close };
}

/* Decides the answer to a well-formed head. Framing comes first: where the end of the
 * request is not known or not worth reading for, the connection cannot go on. */
static struct outcome
judge_request(const struct tg_http_parser *ps, const struct tg_http_site *site)
{
	bool close = !tg_http_parser_persists(ps);
	uint16_t page;

	if (ps->seen & TG_HTTP_SEEN_TRANSFER_ENCODING)
		return error_outcome(site, TG_HTTP_501, true);
	if (ps->content_length > site->body_limit)
		return error_outcome(site, TG_HTTP_413, true);
	if (ps->method != TG_HTTP_METHOD_GET && ps->method != TG_HTTP_METHOD_HEAD)
		return error_outcome(site, TG_HTTP_501, close);
	if (!tg_http_site_find(site, ps->path, ps->path_len, &page))
		return error_outcome(site, TG_HTTP_404, close);
	return (struct outcome){ page, close };
}

/* Appends the answer to the request in c->parser and returns the status it carries. */
static enum tg_http_status
append_answer(struct tg_http_conn *c, const struct tg_http_view *view, struct outcome what)
{
	const struct tg_http_snapshot *snapshot = view->slot[view->current];
	const struct tg_http_page *page = &snapshot->page[what.page];
	bool head_only = c->parser.method == TG_HTTP_METHOD_HEAD;
	struct tg_http_answer *a = &c->answer[c->n_answers++];

	a->serial = (uint32_t)snapshot->serial;
	a->page = what.page;
	a->slot = (uint8_t)view->current;
	a->variant = (uint8_t)((what.close ? TG_HTTP_VARIANT_CLOSE : 0) |
			       (head_only ? TG_HTTP_VARIANT_HEAD : 0));
	a->len = page->head_len[what.close] + (head_only ? 0 : page->body_len);
	c->end += a->len;
	c->closing = what.close;
	return page->status;
}

/* Answers the request at whose end, or error, the parser stands; the body, which may be
 * waited for with Expect: 100-continue, is not needed for that (RFC 9110 10.1.1). */
static enum tg_http_status
answer_request(struct tg_http_conn *c, const struct tg_http_view *view, enum tg_http_parse result)
{
	struct outcome what;

	if (result == TG_HTTP_PARSE_FAILED) {
		what = error_outcome(view->site, (enum tg_http_status)c->parser.error, true);
	} else {
		what = judge_request(&c->parser, view->site);
		c->body_left = c->parser.content_length;
	}
	return append_answer(c, view, what);
}

static uint32_t
discard_body(struct tg_http_conn *c, uint32_t len)
{
	uint32_t n = TG_MIN(len, c->body_left);

	c->body_left -= n;
	return n;
}

void
tg_http_conn_init(struct tg_http_conn *c)
{
	c->released = 0;
	c->end = 0;
	c->body_left = 0;
	c->n_answers = 0;
	c->closing = false;
	tg_http_parser_init(&c->parser);
}

uint32_t
tg_http_receive(struct tg_http_conn *c, const struct tg_http_view *view, struct tg_http_pins *pins,
    struct tg_stats *stats, const uint8_t *p, uint32_t len)
{
	uint32_t taken = 0, used;
	enum tg_http_parse result;
	enum tg_http_status status;

	while (taken < len && !c->closing && c->n_answers < TG_HTTP_ANSWERS_MAX) {
		taken += discard_body(c, len - taken);
		result = tg_http_parser_feed(&c->parser, p + taken, len - taken, &used);
		taken += used;
		if (result == TG_HTTP_PARSE_MORE)
			break;
		status = answer_request(c, view, result);
		pin(pins, (uint8_t)view->current);
		tg_count(stats, TG_COUNTER_HTTP_REQUESTS);
		tg_count(stats, tg_http_status_info[status].counter);
		tg_http_parser_init(&c->parser);
	}
	return c->closing ? len : taken;
}

uint32_t
tg_http_stream_end(const struct tg_http_conn *c)
{
	return c->end;
}

/* Copies n bytes from offset skip of one answer. */
static void
copy_answer(uint8_t *dst, const struct tg_http_answer *a, const struct tg_http_page *page,
    uint32_t skip, uint32_t n)
{
	bool close = (a->variant & TG_HTTP_VARIANT_CLOSE) != 0;
	uint32_t head_len = page->head_len[close];
	uint32_t n_head = 0;

	if (skip < head_len) {
		n_head = TG_MIN(n, head_len - skip);
		memcpy(dst, page->head[close] + skip, n_head);
	}
	if (n > n_head)
		memcpy(dst + n_head, page->body + (skip + n_head - head_len), n - n_head);
}

bool
tg_http_render(const struct tg_http_conn *c, const struct tg_http_view *view, uint32_t off,
    uint8_t *dst, uint32_t len)
{
	uint32_t skip = off - c->released, i, n;

	assert(skip <= c->end - c->released && len <= c->end - off);
	for (i = 0; i < c->n_answers && len > 0; i++) {
		const struct tg_http_answer *a = &c->answer[i];

		if (skip >= a->len) {
			skip -= a->len;
			continue;
		}
		if (is_expired(a, view))
			return false;
		n = TG_MIN(len, a->len - skip);
		copy_answer(dst, a, &view->slot[a->slot]->page[a->page], skip, n);
		dst += n;
		len -= n;
		skip = 0;
	}
	return true;
}

static void
release_oldest(struct tg_http_conn *c, struct tg_http_pins *pins)
{
	unpin(pins, c->answer[0].slot);
	c->released += c->answer[0].len;
	c->n_answers--;
	memmove(c->answer, c->answer + 1, c->n_answers * sizeof(c->answer[0]));
}

void
tg_http_acked(struct tg_http_conn *c, struct tg_http_pins *pins, uint32_t off)
{
	while (c->n_answers > 0 && tg_seq_leq(c->released + c->answer[0].len, off))
		release_oldest(c, pins);
}

void
tg_http_conn_release(struct tg_http_conn *c, struct tg_http_pins *pins)
{
	while (c->n_answers > 0)
		release_oldest(c, pins);
}

void
tg_http_eof(struct tg_http_conn *c)
{
	c->closing = true;
}

bool
tg_http_closing(const struct tg_http_conn *c)
{
	return c->closing;
}

bool
tg_http_idle(const struct tg_http_conn *c)
{
	return c->n_answers == 0 && !c->closing && c->body_left == 0 &&
	       tg_http_parser_fresh(&c->parser);
}

bool
tg_http_expired(const struct tg_http_conn *c, const struct tg_http_view *view)
{
	/* Serials only grow, so the oldest answer expires first. */
	return c->n_answers > 0 && is_expired(&c->answer[0], view);
}
