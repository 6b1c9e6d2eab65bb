/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A connection served from a rendered snapshot, and the stream expected of it.
 */
#ifndef TG_TESTS_HTTP_CONN_FIXTURE_H
#define TG_TESTS_HTTP_CONN_FIXTURE_H

#include "http/conn.h"
#include "http/head.h"
#include "tap.h"

#include <stdlib.h>

#define HOST_END "Host: a\r\n\r\n"
#define GET_A    "GET /a HTTP/1.1\r\n" HOST_END
#define GET_BIG  "GET /big HTTP/1.1\r\n" HOST_END
#define HEAD_BIG "HEAD /big HTTP/1.1\r\n" HOST_END
#define GET_NONE "GET /none HTTP/1.1\r\n" HOST_END
#define POST_A   "POST /a HTTP/1.1\r\nContent-Length: 5\r\n" HOST_END "12345"
#define LAST_A   "GET /a HTTP/1.1\r\nConnection: close\r\n" HOST_END

#define BIG_ETAG     "0123456789abcdef"
#define BIG_DATE     "Sun, 06 Nov 1994 08:49:37 GMT"
#define BIG_MODIFIED 784111777

/* The first pages have the status of their index, so PAGE_A is that of 200. */
enum { PAGE_A = TG_HTTP_200, PAGE_BIG = TG_HTTP_STATUS_MAX, PAGE_EMPTY, PAGE_MAX };

/* A snapshot and the bytes it refers to. */
struct rendered {
	struct tg_http_snapshot snapshot;
	struct tg_http_page page[PAGE_MAX];
	char head[PAGE_MAX][2][256];
	char body[PAGE_MAX][700];
};

/* A connection served from snapshot `now[0]` in slot 7; now[1] is a later one. */
static struct {
	struct tg_http_route route[3];
	struct tg_http_site site;
	struct rendered now[2];
	struct tg_http_view view;
	struct tg_http_pins pins;
	struct tg_stats stats;
	tg_time_t time;
	struct tg_http_conn conn;
	uint8_t expected[1 << 16]; /* the response stream, made from the heads and bodies */
	uint32_t n_expected;
} fx;

static inline void
render_page(struct rendered *r, unsigned page, enum tg_http_status status, uint32_t body_len)
{
	struct tg_http_head h = { .status = status, .content_length = body_len };
	char date[TG_HTTP_DATE_BYTES];
	unsigned close;
	uint32_t i;

	for (i = 0; i < body_len; i++)
		r->body[page][i] = (char)(i * 7 + page + r->snapshot.serial);
	tg_http_date_write(date, 784111777 + r->snapshot.serial);
	h.date = date;
	r->page[page].status = status;
	r->page[page].body = (const uint8_t *)r->body[page];
	r->page[page].body_len = body_len;
	for (close = 0; close < 2; close++) {
		h.close = close;
		r->page[page].head[close] = (const uint8_t *)r->head[page][close];
		r->page[page].head_len[close] = (uint32_t)tg_http_head_write_marked(
		    r->head[page][close], sizeof(r->head[page][close]), &h, &r->page[page].marks);
	}
}

static inline void
render_snapshot(struct rendered *r, uint64_t serial)
{
	unsigned i;

	r->snapshot = (struct tg_http_snapshot){ serial, r->page };
	for (i = 0; i < TG_HTTP_STATUS_MAX; i++) {
		unsigned code = tg_http_status_info[i].code;
		bool empty = code < 200 || code == 204 || code == 205 || code == 304;

		render_page(r, i, (enum tg_http_status)i, empty ? 0 : 11 + i);
	}
	render_page(r, PAGE_BIG, TG_HTTP_200, 700);
	render_page(r, PAGE_EMPTY, TG_HTTP_200, 0);
}

static inline void
set_route(unsigned i, const char *path, uint16_t page)
{
	fx.route[i].path_len = (uint8_t)strlen(path);
	fx.route[i].methods = TG_HTTP_METHODS_READ;
	fx.route[i].page = page;
	fx.route[i].options = TG_HTTP_204;
	fx.route[i].not_allowed = TG_HTTP_405;
	fx.route[i].not_modified = TG_HTTP_304;
	fx.route[i].conditional = true;
	memcpy(fx.route[i].path, path, fx.route[i].path_len);
}

static inline void
setup_with_serial(uint64_t serial)
{
	unsigned i;

	memset(&fx, 0, sizeof(fx));
	set_route(0, "/big", PAGE_BIG);
	set_route(1, "/a", PAGE_A);
	set_route(2, "/empty", PAGE_EMPTY);
	/* /big never changes. */
	fx.route[0].fixed = true;
	fx.route[0].body_len = 700;
	fx.route[0].modified_s = BIG_MODIFIED;
	memcpy(fx.route[0].etag, BIG_ETAG, TG_HTTP_ETAG_BYTES);
	CU_ASSERT_TRUE_FATAL(tg_http_site_init(&fx.site, fx.route, 3));
	fx.site.n_pages = PAGE_MAX;
	fx.site.options = TG_HTTP_204;
	fx.site.not_allowed = TG_HTTP_405;
	fx.site.body_limit = TG_HTTP_BODY_BYTES_MAX;
	for (i = 0; i < TG_HTTP_STATUS_MAX; i++)
		fx.site.error_page[i] = (uint16_t)i;
	render_snapshot(&fx.now[0], serial);
	render_snapshot(&fx.now[1], serial + 1);
	fx.view = (struct tg_http_view){ .site = &fx.site, .current = 7, .oldest_serial = serial };
	fx.view.slot[7] = &fx.now[0].snapshot;
	tg_http_conn_init(&fx.conn);
}

static inline void
setup(void)
{
	setup_with_serial(41);
}

/* The next snapshot becomes current, in slot 63. */
static inline void
publish_next(void)
{
	fx.view.slot[63] = &fx.now[1].snapshot;
	fx.view.current = 63;
}

static inline uint32_t
pinned(unsigned slot)
{
	return atomic_load(&fx.pins.count[slot]);
}

static inline uint32_t
pinned_in_all(void)
{
	uint32_t i, sum = 0;

	for (i = 0; i < TG_HTTP_SLOTS; i++)
		sum += pinned(i);
	return sum;
}

static inline void
teardown(void)
{
	tg_http_conn_release(&fx.conn, &fx.pins);
	CU_ASSERT_EQUAL(pinned_in_all(), 0);
}

static inline uint32_t
receive_bytes(const void *p, uint32_t len)
{
	return tg_http_receive(&fx.conn, &fx.view, &fx.pins, &fx.stats, fx.time, p, len);
}

static inline uint32_t
receive(const char *text)
{
	return receive_bytes(text, (uint32_t)strlen(text));
}

/* The peer acknowledges the response stream up to offset off. */
static inline void
acked(uint32_t off)
{
	tg_http_acked(&fx.conn, &fx.pins, &fx.stats, fx.time, off);
}

static inline uint64_t
counted(enum tg_counter c)
{
	return tg_stats_counter(&fx.stats, c);
}

enum variant { KEEP, CLOSE, KEEP_HEAD, CLOSE_HEAD };

/* Appends to the stream that is expected. */
static inline void
expect_answer(const struct rendered *r, unsigned page, enum variant variant)
{
	const struct tg_http_page *p = &r->page[page];
	unsigned close = variant == CLOSE || variant == CLOSE_HEAD;

	memcpy(fx.expected + fx.n_expected, p->head[close], p->head_len[close]);
	fx.n_expected += p->head_len[close];
	if (variant == KEEP_HEAD || variant == CLOSE_HEAD)
		return;
	memcpy(fx.expected + fx.n_expected, p->body, p->body_len);
	fx.n_expected += p->body_len;
}

/* Renders [off, off + len) into a block of exactly that size. */
static inline bool
renders(uint32_t off, uint32_t len)
{
	uint8_t *exact = malloc(len + 1);
	bool same;

	CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
	same = tg_http_render(&fx.conn, &fx.view, off, exact, len) &&
	       memcmp(exact, fx.expected + off, len) == 0;
	free(exact);
	return same;
}

static inline bool
stream_is_expected(uint32_t from)
{
	return tg_http_stream_end(&fx.conn) == fx.n_expected && renders(from, fx.n_expected - from);
}

#endif
