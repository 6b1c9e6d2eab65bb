/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The client's connections: requests out, responses in.
 */
#include "load/load_internal.h"

static void
count(struct tg_load *load, enum tg_load_count what, uint64_t n)
{
	tg_stat_add(&load->figures.count[what], n);
}

/* The connection is of no more use; it is reset once everything that arrived is taken. */
static void
fail(struct tg_load *load, struct tg_load_conn *c, enum tg_load_count why)
{
	if (c->phase == TG_LOAD_FAILED)
		return;
	count(load, why, 1);
	c->phase = TG_LOAD_FAILED;
}

static const struct tg_load_request *
text_of(const struct tg_load *load, const struct tg_load_conn *c)
{
	return c->last ? &load->config->last_request : &load->config->request;
}

static bool
has_budget(const struct tg_load *load)
{
	return load->begun < load->total;
}

void
tg_load_put_request(struct tg_run *run, uint32_t h, struct tg_load_conn *c)
{
	struct tg_load *load = run->user;
	const struct tg_side *s = tg_tcp_side(run->tcp, h);

	c->n++;
	load->begun++;
	c->last = c->n == load->config->requests || !has_budget(load);
	c->base = s->snd_end - s->snd_base;
	c->began = run->now;
	tg_response_begin(&c->response);
	tg_tcp_append(run->tcp, h, text_of(load, c)->len);
}

/* The request under way is on a connection that exists. */
static void
await_response(struct tg_run *run, uint32_t h, struct tg_load_conn *c)
{
	struct tg_load *load = run->user;

	c->phase = TG_LOAD_WAITING;
	count(load, TG_LOAD_REQUESTS, 1);
	count(load, TG_LOAD_SENT_BYTES, text_of(load, c)->len);
	if (c->last && load->config->half_close) {
		c->closed = true;
		tg_connection_close(run, h); /* has its side record, so it cannot fail */
	}
}

static void
begin_request(struct tg_run *run, uint32_t h, struct tg_load_conn *c)
{
	if (tg_tcp_side(run->tcp, h) == NULL) {
		fail(run->user, c, TG_LOAD_NO_SIDE);
		return;
	}
	tg_load_put_request(run, h, c);
	await_response(run, h, c);
}

/* What Fast Open has put into the stream counts from now on, in the SYN or not. */
static void
settle_first_request(struct tg_run *run, uint32_t h, struct tg_load_conn *c)
{
	if (!c->in_syn)
		c->began = run->now;
	await_response(run, h, c);
}

/* Notices that the handshake is complete. Then it is the client that speaks first. */
static void
settle(struct tg_run *run, uint32_t h, struct tg_load_conn *c)
{
	const struct tg_tcb *t = tg_tcp_tcb(run->tcp, h);
	struct tg_load *load = run->user;

	if (c->phase != TG_LOAD_OPENING || t->state == TG_TCP_SYN_SENT ||
	    t->state == TG_TCP_SYN_RECEIVED)
		return;
	count(load, TG_LOAD_ESTABLISHED, 1);
	tg_histogram_record(&load->figures.handshake, run->now - c->began);
	if (c->n != 0) {
		settle_first_request(run, h, c);
		return;
	}
	load->opening--;
	if (has_budget(load)) {
		begin_request(run, h, c);
		return;
	}
	c->phase = TG_LOAD_DONE; /* others were quicker */
	c->closed = true;
	tg_connection_close(run, h);
}

static void
count_response(struct tg_load *load, const struct tg_response *r)
{
	static const uint8_t status[] = {
		[2] = TG_LOAD_STATUS_2XX,
		[3] = TG_LOAD_STATUS_3XX,
		[4] = TG_LOAD_STATUS_4XX,
		[5] = TG_LOAD_STATUS_5XX,
	};

	count(load, TG_LOAD_RESPONSES, 1);
	count(load, (enum tg_load_count)status[r->status / 100], 1);
	count(load, TG_LOAD_BODY_BYTES, r->body_bytes);
}

static bool
is_expected(const struct tg_load_config *config, const struct tg_response *r)
{
	return !config->verify ||
	       (r->body_bytes == config->body_bytes && r->body_sum == config->body_sum);
}

/* The response is whole: the next request, or the end. */
static void
answered(struct tg_run *run, uint32_t h, struct tg_load_conn *c)
{
	struct tg_load *load = run->user;
	const struct tg_load_config *config = load->config;

	count_response(load, &c->response);
	tg_histogram_record(&load->figures.request, run->now - c->began);
	if (!is_expected(config, &c->response)) {
		fail(load, c, TG_LOAD_WRONG_BODY);
		return;
	}
	if (!c->last && !c->response.close && !load->stopping && has_budget(load)) {
		begin_request(run, h, c);
		return;
	}
	c->phase = TG_LOAD_DONE;
	/* A server that has neither been asked to close nor said that it will would wait. */
	if (!c->closed && (config->close || (!c->last && !c->response.close))) {
		c->closed = true;
		tg_connection_close(run, h);
	}
}

static uint32_t
feed(struct tg_run *run, uint32_t h, const uint8_t *text, uint32_t len, uint8_t src_class)
{
	struct tg_load *load = run->user;
	struct tg_load_conn *c = &load->conn[h];
	uint32_t at = 0;

	(void)src_class;
	settle(run, h, c);
	count(load, TG_LOAD_RECEIVED_BYTES, len);
	if (c->phase == TG_LOAD_WAITING) {
		at = tg_response_read(&c->response, text, len, load->config->verify);
		if (c->response.state == TG_RESPONSE_BAD)
			fail(load, c, TG_LOAD_BAD_RESPONSE);
		else if (c->response.state == TG_RESPONSE_DONE)
			answered(run, h, c);
	}
	if (at < len) /* a response to nothing */
		fail(load, c, TG_LOAD_BAD_RESPONSE);
	return len;
}

static void
serve(struct tg_run *run, uint32_t h)
{
	struct tg_load *load = run->user;
	struct tg_load_conn *c = &load->conn[h];

	settle(run, h, c);
	/* TCP closes what has been silent for its idle time. */
	if (c->phase == TG_LOAD_WAITING && !c->closed &&
	    (tg_tcp_tcb(run->tcp, h)->flags & TG_TCB_FIN_QUEUED) != 0)
		fail(load, c, TG_LOAD_TIMEOUT);
}

static void
eof(struct tg_run *run, uint32_t h)
{
	struct tg_load *load = run->user;
	struct tg_load_conn *c = &load->conn[h];

	if (c->phase == TG_LOAD_WAITING) {
		tg_response_eof(&c->response);
		if (c->response.state == TG_RESPONSE_DONE)
			answered(run, h, c);
		else
			fail(load, c, TG_LOAD_CLOSED_EARLY);
	}
	if (c->phase != TG_LOAD_FAILED)
		tg_connection_close(run, h);
}

/* The stream is one request after the other, all alike but the one under way, which begins at
 * c->base: what lies before it is rendered backwards from there. */
static bool
render(struct tg_run *run, uint32_t h, uint32_t offset, uint8_t *dst, uint32_t len)
{
	const struct tg_load *load = run->user;
	const struct tg_load_conn *c = &load->conn[h];
	const struct tg_load_request *now = text_of(load, c), *before = &load->config->request;
	uint32_t n;

	for (; tg_seq_lt(offset, c->base) && len != 0; offset += n, dst += n, len -= n) {
		uint32_t left = (c->base - offset - 1) % before->len + 1; /* of its request */

		n = TG_MIN(left, len);
		memcpy(dst, before->text + before->len - left, n);
	}
	if (len == 0)
		return true;
	assert(offset - c->base + len <= now->len); /* no more was appended */
	memcpy(dst, now->text + (offset - c->base), len);
	return true;
}

/* The connection no longer counts as open: it has ended, or is only waited for. */
static void
leave(struct tg_load *load, struct tg_load_conn *c)
{
	if (c->phase == TG_LOAD_DONE)
		count(load, TG_LOAD_CLOSED, 1);
	c->left = true;
	tg_gauge_add(&load->figures.open, -1);
}

static void
rest(struct tg_run *run, uint32_t h)
{
	struct tg_load *load = run->user;
	struct tg_load_conn *c = &load->conn[h];

	if (c->phase == TG_LOAD_FAILED) {
		tg_connection_abort(run, h);
		return;
	}
	if (!c->left && tg_tcp_tcb(run->tcp, h)->state == TG_TCP_TIME_WAIT)
		leave(load, c);
	tg_tcp_rest(run->tcp, h, c->phase == TG_LOAD_DONE, run->spare, run->now);
}

/* What the end of a connection means that has sent nothing but its SYN. */
static enum tg_load_count
why_not_opened(const struct tg_tcb *t, enum tg_counter why)
{
	if (why == TG_COUNTER_RESET_BY_PEER)
		return TG_LOAD_REFUSED;
	return why == TG_COUNTER_SYN_TIMEOUTS && t->syn_time != 0 ? TG_LOAD_CONNECT_TIMEOUT
								  : TG_LOAD_UNREACHABLE;
}

static void
closed(struct tg_run *run, uint32_t h, const struct tg_tcp_result *r)
{
	struct tg_load *load = run->user;
	struct tg_load_conn *c = &load->conn[h];

	switch (c->phase) {
	case TG_LOAD_OPENING:
		if (c->n == 0)
			load->opening--;
		else
			load->begun--; /* another connection is to send it */
		fail(load, c, why_not_opened(tg_tcp_tcb(run->tcp, h), (enum tg_counter)r->why));
		break;
	case TG_LOAD_WAITING:
		fail(load, c, r->why == TG_COUNTER_RESET_BY_PEER ? TG_LOAD_RESET : TG_LOAD_TIMEOUT);
		break;
	case TG_LOAD_DONE:
	case TG_LOAD_FAILED:
		break;
	}
	if (!c->left)
		leave(load, c);
}

const struct tg_user_ops tg_load_user = {
	.layout = tg_load_layout,
	.feed = feed,
	.poll = tg_load_poll,
	.serve = serve,
	.eof = eof,
	.render = render,
	.rest = rest,
	.closed = closed,
	.due = tg_load_due,
};
