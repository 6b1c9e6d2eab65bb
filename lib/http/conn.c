/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "http/conn.h"

#include "base/seq.h"
#include "http/judge.h"
#include "http/partial.h"

/* What is left to read of a request whose head was read. */
enum body {
	BODY_NONE,
	BODY_DISCARDED, /* the request is answered */
	BODY_AWAITED,   /* it is answered behind its body */
	BODY_CHUNKED,   /* likewise */
};

/* One call of tg_http_receive or tg_http_timeout. */
struct turn {
	struct tg_http_conn *c;
	const struct tg_http_view *view;
	struct tg_http_pins *pins;
	struct tg_stats *stats;
	uint32_t now; /* 2^10 ns; only in tg_http_receive */
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

static struct tg_http_partial
partial_of(const struct tg_http_conn *c, const struct tg_http_page *page, bool close)
{
	const struct tg_http_parser *ps = &c->parser;
	bool satisfiable = (ps->seen & TG_HTTP_SEEN_UNSATISFIABLE) == 0;

	return (struct tg_http_partial){ page, ps->route, ps->range,
		satisfiable ? ps->n_ranges : (uint8_t)0, close };
}

static uint32_t
partial_len(const struct tg_http_conn *c, const struct tg_http_page *page, bool close)
{
	const struct tg_http_partial partial = partial_of(c, page, close);

	return tg_http_partial_len(&partial);
}

/* The status of an answer: that of its page, but for a part of one. */
static enum tg_http_status
status_of(const struct tg_http_page *page, uint8_t variant)
{
	bool part = (variant & TG_HTTP_VARIANT_RANGE) != 0 && page->status == TG_HTTP_200;

	return part ? TG_HTTP_206 : page->status;
}

static void
append_page(const struct turn *t, uint16_t index, uint8_t variant)
{
	const struct tg_http_snapshot *snapshot = t->view->slot[t->view->current];
	const struct tg_http_page *page = &snapshot->page[index];
	bool close = (variant & TG_HTTP_VARIANT_CLOSE) != 0;
	struct tg_http_answer *a = &t->c->answer[t->c->n_answers++];

	a->serial = (uint32_t)snapshot->serial;
	a->began = 0;
	a->page = index;
	a->slot = (uint8_t)t->view->current;
	a->variant = variant;
	a->len = page->head_len[close] + ((variant & TG_HTTP_VARIANT_HEAD) ? 0 : page->body_len);
	if ((variant & TG_HTTP_VARIANT_RANGE) != 0)
		a->len = partial_len(t->c, page, close);
	t->c->end += a->len;
	pin(t->pins, a->slot);
	tg_count(t->stats, tg_http_status_info[status_of(page, variant)].counter);
}

/* Appends the answer to the request in the parser. */
static void
answer(const struct turn *t, struct tg_http_outcome what)
{
	struct tg_http_conn *c = t->c;
	bool head_only = c->parser.method == TG_HTTP_METHOD_HEAD;

	append_page(t, what.page,
	    (uint8_t)((what.close ? TG_HTTP_VARIANT_CLOSE : 0) |
		      (head_only ? TG_HTTP_VARIANT_HEAD : 0) |
		      (what.partial ? TG_HTTP_VARIANT_RANGE : 0)));
	tg_count(t->stats, TG_COUNTER_HTTP_REQUESTS);
	c->answer[c->n_answers - 1].began = TG_MAX(c->began, 1U);
	c->began = t->now; /* of the next one, if it follows at once */
	c->closing = what.close;
	c->ranged = what.partial;
	if (!c->ranged)
		tg_http_parser_init(&c->parser);
}

static void
await_body(const struct turn *t)
{
	struct tg_http_conn *c = t->c;

	if (tg_http_is_chunked(&c->parser)) {
		c->body = BODY_CHUNKED;
		tg_http_chunks_init(&c->chunks, t->view->site->body_limit);
	} else {
		c->body = BODY_AWAITED;
		c->body_left = c->parser.content_length;
	}
	if (tg_http_awaits_continue(&c->parser))
		append_page(t, t->view->site->error_page[TG_HTTP_100], 0);
}

static struct tg_http_client
client_of(const struct tg_http_conn *c)
{
	return (struct tg_http_client){ .busy = c->busy, .src_class = c->src_class };
}

/* A head is complete: answers it, or leaves that to the end of the body. */
static void
end_head(const struct turn *t)
{
	struct tg_http_conn *c = t->c;
	struct tg_http_outcome what = tg_http_judge(&c->parser, t->view->site, client_of(c));
	bool chunked = tg_http_is_chunked(&c->parser);
	bool has_body = chunked || c->parser.content_length != 0;

	if (has_body && !what.refused) {
		await_body(t);
		return;
	}
	/* Who is refused before it has sent the body may send it or not: nobody could tell it
	 * from the next request. And what is wrong with chunks could no longer be said. */
	what.close = what.close || chunked || (has_body && tg_http_awaits_continue(&c->parser));
	c->body = has_body ? BODY_DISCARDED : BODY_NONE;
	c->body_left = c->parser.content_length;
	answer(t, what);
}

static void
end_body(const struct turn *t)
{
	struct tg_http_conn *c = t->c;

	c->body = BODY_NONE;
	answer(t, tg_http_judge(&c->parser, t->view->site, client_of(c)));
}

static uint32_t
read_chunks(const struct turn *t, const uint8_t *p, uint32_t len)
{
	const struct tg_http_site *site = t->view->site;
	uint32_t used;

	switch (tg_http_chunks_read(&t->c->chunks, p, len, &used)) {
	case TG_HTTP_CHUNKED_MORE:
		break;
	case TG_HTTP_CHUNKED_END:
		end_body(t);
		break;
	case TG_HTTP_CHUNKED_BAD:
		answer(t, tg_http_refuse(site, TG_HTTP_400, true));
		break;
	case TG_HTTP_CHUNKED_TOO_LARGE:
		answer(t, tg_http_refuse(site, TG_HTTP_413, true));
		break;
	}
	return used;
}

/* Reads on in a request body; returns the bytes taken. */
static uint32_t
read_body(const struct turn *t, const uint8_t *p, uint32_t len)
{
	struct tg_http_conn *c = t->c;
	uint32_t n;

	if (c->body == BODY_CHUNKED)
		return read_chunks(t, p, len);
	n = TG_MIN(len, c->body_left);
	c->body_left -= n;
	if (c->body_left != 0)
		return n;
	if (c->body == BODY_AWAITED)
		end_body(t);
	c->body = BODY_NONE;
	return n;
}

/* Reads on in a request head; returns the bytes taken. */
static uint32_t
read_head(const struct turn *t, const uint8_t *p, uint32_t len)
{
	struct tg_http_parser *ps = &t->c->parser;
	const struct tg_http_site *site = t->view->site;
	uint32_t used;

	switch (tg_http_parser_feed(ps, p, len, &used)) {
	case TG_HTTP_PARSE_MORE:
		break;
	case TG_HTTP_PARSE_LINE:
		ps->route = tg_http_site_find(site, ps->path, ps->path_len);
		break;
	case TG_HTTP_PARSE_HEAD:
		end_head(t);
		break;
	case TG_HTTP_PARSE_FAILED:
		answer(t, tg_http_refuse(site, (enum tg_http_status)ps->error, true));
		break;
	}
	return used;
}

void
tg_http_conn_init(struct tg_http_conn *c)
{
	c->released = 0;
	c->end = 0;
	c->n_answers = 0;
	c->body = BODY_NONE;
	c->closing = false;
	c->ranged = false;
	c->busy = false;
	c->src_class = 0;
	tg_http_parser_init(&c->parser);
}

uint32_t
tg_http_receive(struct tg_http_conn *c, const struct tg_http_view *view, struct tg_http_pins *pins,
    struct tg_stats *stats, tg_time_t now, const uint8_t *p, uint32_t len)
{
	const struct turn t = { c, view, pins, stats, tg_time_rtt(now) };
	uint32_t taken = 0;

	if (tg_http_parser_fresh(&c->parser))
		c->began = t.now;

	while (taken < len && !c->closing && !c->ranged && c->n_answers < TG_HTTP_ANSWERS_MAX) {
		if (c->body != BODY_NONE)
			taken += read_body(&t, p + taken, len - taken);
		else
			taken += read_head(&t, p + taken, len - taken);
	}
	return c->closing ? len : taken;
}

void
tg_http_set_busy(struct tg_http_conn *c, bool busy)
{
	c->busy = busy;
}

void
tg_http_set_source(struct tg_http_conn *c, uint8_t src_class)
{
	c->src_class = src_class;
}

void
tg_http_timeout(struct tg_http_conn *c, const struct tg_http_view *view, struct tg_http_pins *pins,
    struct tg_stats *stats)
{
	const struct turn t = { c, view, pins, stats, 0 };

	if (c->closing || c->n_answers != 0 || tg_http_idle(c))
		return;
	if (c->body == BODY_DISCARDED)
		c->closing = true; /* it is answered: there is nothing more to say */
	else
		answer(&t, tg_http_refuse(view->site, TG_HTTP_408, true));
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

static void
copy_partial(const struct tg_http_conn *c, uint8_t *dst, const struct tg_http_answer *a,
    const struct tg_http_view *view, uint32_t skip, uint32_t n)
{
	const struct tg_http_partial partial = partial_of(
	    c, &view->slot[a->slot]->page[a->page], (a->variant & TG_HTTP_VARIANT_CLOSE) != 0);

	tg_http_partial_copy(&partial, skip, dst, n);
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
		if ((a->variant & TG_HTTP_VARIANT_RANGE) != 0)
			copy_partial(c, dst, a, view, skip, n);
		else
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
	if (c->ranged && c->n_answers == 1) {
		c->ranged = false;
		tg_http_parser_init(&c->parser);
	}
	unpin(pins, c->answer[0].slot);
	c->released += c->answer[0].len;
	c->n_answers--;
	if (c->n_answers != 0)
		memmove(c->answer, c->answer + 1, c->n_answers * sizeof(c->answer[0]));
}

void
tg_http_acked(struct tg_http_conn *c, struct tg_http_pins *pins, struct tg_stats *stats,
    tg_time_t now, uint32_t off)
{
	while (c->n_answers > 0 && tg_seq_leq(c->released + c->answer[0].len, off)) {
		if (c->answer[0].began != 0)
			tg_timing_record(&stats->timing[TG_TIMED_REQUEST],
			    tg_time_rtt(now) - c->answer[0].began);
		release_oldest(c, pins);
	}
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
	return c->n_answers == 0 && !c->closing && c->body == BODY_NONE &&
	       tg_http_parser_fresh(&c->parser);
}

bool
tg_http_expired(const struct tg_http_conn *c, const struct tg_http_view *view)
{
	/* Serials only grow, so the oldest answer expires first. */
	return c->n_answers > 0 && is_expired(&c->answer[0], view);
}
