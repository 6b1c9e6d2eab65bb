/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "report.h"

#include "figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define JSON_BYTES (65536 + 128 * TG_FLOOD_INTERVALS_MAX)

static const char *const kind_names[] = {
	[TG_FLOOD_KIND_SENT] = "sent",
	[TG_FLOOD_KIND_REPLY] = "replies",
	[TG_FLOOD_KIND_CHECK] = "checks",
	[TG_FLOOD_KIND_OUTCOME] = "outcomes",
	[TG_FLOOD_KIND_LIMIT] = "limits",
};

static void
read_clients(struct tg_flood_report *r, struct tg_shard *shard)
{
	const struct tg_load_figures *f = tg_load_figures(shard);
	const struct tg_stats *stats = tg_shard_stats(shard);
	unsigned i;

	for (i = 0; i < TG_LOAD_MAX; i++)
		r->client[i] = atomic_load_explicit(&f->count[i], memory_order_relaxed);
	for (i = 0; i < TG_COUNTER_MAX; i++)
		r->counter[i] = tg_stats_counter(stats, (enum tg_counter)i);
	for (i = 0; i < TG_DROP_MAX; i++)
		r->drop[i] = tg_stats_drop(stats, (enum tg_drop)i);
	r->handshake = &f->handshake;
	r->request = &f->request;
}

void
tg_flood_report_read(struct tg_flood_report *r, struct tg_flood_loop *l, const struct tg_port *port,
    tg_time_t elapsed_ns)
{
	const struct tg_flood *flood = tg_flood_loop_flood(l);
	const struct tg_flood_figures *f = tg_flood_figures(flood);
	const struct tg_flood_loop_figures *lf = tg_flood_loop_figures(l);
	uint64_t timed_ns = atomic_load_explicit(&lf->elapsed_ns, memory_order_relaxed);
	unsigned i;

	r->elapsed_ns = timed_ns != 0 ? timed_ns : elapsed_ns;
	for (i = 0; i < TG_FLOOD_MAX; i++) {
		r->count[i] = atomic_load_explicit(&f->count[i], memory_order_relaxed);
		r->timed[i] = timed_ns == 0
				  ? r->count[i]
				  : atomic_load_explicit(&lf->count[i], memory_order_relaxed);
	}
	r->tuples = tg_flood_tuples(flood);
	r->answer = &f->answer;
	r->unread = atomic_load_explicit(&lf->unread, memory_order_relaxed);
	r->gaps = atomic_load_explicit(&lf->gaps, memory_order_relaxed);
	r->gap_ns = atomic_load_explicit(&lf->gap_ns, memory_order_relaxed);
	r->gap_max_ns = atomic_load_explicit(&lf->gap_max_ns, memory_order_relaxed);
	r->intervals = atomic_load_explicit(&lf->intervals, memory_order_relaxed);
	r->clean_intervals = atomic_load_explicit(&lf->clean_intervals, memory_order_relaxed);
	r->clean_handshake = &lf->clean_handshake;
	read_clients(r, tg_flood_loop_shard(l));
	tg_port_read_losses(port, &r->losses);
}

static uint64_t
client_errors(const struct tg_flood_report *r)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < TG_LOAD_MAX; i++)
		if (tg_load_count_info[i].kind == TG_LOAD_ERROR && i != TG_LOAD_CUT_OFF)
			n += r->client[i];
	return n + r->client[TG_LOAD_STATUS_4XX] + r->client[TG_LOAD_STATUS_5XX];
}

uint64_t
tg_flood_report_errors(const struct tg_flood_report *r)
{
	return r->count[TG_FLOOD_BAD_CHECKSUM] + r->count[TG_FLOOD_BAD_ACK] +
	       r->count[TG_FLOOD_DENIED] + r->count[TG_FLOOD_RESET] + client_errors(r);
}

uint64_t
tg_flood_report_kind(const struct tg_flood_report *r, enum tg_flood_kind kind)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < TG_FLOOD_MAX; i++)
		if (tg_flood_count_info[i].kind == kind)
			n += r->count[i];
	return n;
}

struct tg_flood_interval
tg_flood_report_interval(const struct tg_flood_report *now, const struct tg_flood_report *before)
{
	tg_time_t ns = now->elapsed_ns - before->elapsed_ns;
	uint64_t replies = tg_flood_report_kind(now, TG_FLOOD_KIND_REPLY) -
			   tg_flood_report_kind(before, TG_FLOOD_KIND_REPLY);
	uint64_t syns = now->count[TG_FLOOD_SYNS] - before->count[TG_FLOOD_SYNS];

	return (struct tg_flood_interval){ .ns = ns,
		.syns = (uint32_t)tg_figures_per_second(syns, ns),
		.replies = (uint32_t)tg_figures_per_second(replies, ns) };
}

void
tg_flood_report_line(const struct tg_flood_report *now, const struct tg_flood_report *before)
{
	tg_time_t ns = now->elapsed_ns - before->elapsed_ns;
	bool terminal = isatty(STDERR_FILENO);

#define RATE(what)                                                                                 \
	tg_figures_per_second(now->count[TG_FLOOD_##what] - before->count[TG_FLOOD_##what], ns)
	fprintf(stderr,
	    "%s%5.0f s: %.0f SYNs/s, %.0f SYN-ACKs/s, %.0f resets/s, %.0f others/s, completed "
	    "%.0f/s"
	    ", answered %.0f/s, errors %" PRIu64,
	    terminal ? "\r" : "", (double)now->elapsed_ns / 1e9, RATE(SYNS), RATE(SYN_ACKS),
	    RATE(RESETS), RATE(OTHERS), RATE(COMPLETED), RATE(ANSWERED),
	    tg_flood_report_errors(now));
#undef RATE
	if (now->has_clients)
		fprintf(stderr, ", clients %.0f/s, p99 %.3f ms",
		    tg_figures_per_second(
			now->client[TG_LOAD_ESTABLISHED] - before->client[TG_LOAD_ESTABLISHED], ns),
		    tg_figures_ms(tg_histogram_percentile(now->handshake, 9900)));
	fputs(terminal ? "\033[K" : "\n", stderr);
}

void
tg_flood_report_line_end(void)
{
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
}

static void
print_counts(const struct tg_flood_report *r)
{
	unsigned i;

	for (i = 0; i < TG_FLOOD_MAX; i++)
		if (r->count[i] != 0)
			printf("  %-14s %12" PRIu64 "  %s\n", tg_flood_count_info[i].name,
			    r->count[i], tg_flood_count_info[i].help);
}

static void
print_clients(const struct tg_flood_report *r)
{
	unsigned i;

	printf("\nclients:\n");
	for (i = 0; i < TG_LOAD_MAX; i++)
		if (r->client[i] != 0)
			printf("  %-14s %12" PRIu64 "  %s\n", tg_load_count_info[i].name,
			    r->client[i], tg_load_count_info[i].help);
	printf("  %-14s %12" PRIu64 "  SYNs repeated.\n", "repeated",
	    r->counter[TG_COUNTER_SYN_RETRANSMITS]);
}

void
tg_flood_report_text(const struct tg_flood_report *r)
{
#define RATE(what) tg_figures_per_second(r->timed[TG_FLOOD_##what], r->elapsed_ns)
	printf("%.3f s, %" PRIu64 " tuples\n", (double)r->elapsed_ns / 1e9, r->tuples);
	printf("per second     %.0f SYNs, %.0f SYN-ACKs, %.0f resets, %.0f others\n", RATE(SYNS),
	    RATE(SYN_ACKS), RATE(RESETS), RATE(OTHERS));
#undef RATE
	printf("gaps           %" PRIu64
	       " of more than 0.1 ms, %.3f ms in all, longest %.3f ms\n\n",
	    r->gaps, tg_figures_ms(r->gap_ns), tg_figures_ms(r->gap_max_ns));
	print_counts(r);
	if (r->has_clients)
		print_clients(r);
	putchar('\n');
	tg_figures_print_latency_head();
	tg_figures_print_latency("answer", r->answer);
	if (!r->has_clients)
		return;
	tg_figures_print_latency("handshake", r->handshake);
	tg_figures_print_latency("  clean", r->clean_handshake);
	tg_figures_print_latency("request", r->request);
}

static void
put_kind(struct tg_json *j, const struct tg_flood_report *r, unsigned kind)
{
	unsigned i;

	tg_json_open(j, kind_names[kind], '{');
	for (i = 0; i < TG_FLOOD_MAX; i++)
		if (tg_flood_count_info[i].kind == kind)
			tg_json_number(j, tg_flood_count_info[i].name, r->count[i]);
	tg_json_close(j, '}');
}

static void
put_rates(struct tg_json *j, const struct tg_flood_report *r)
{
	unsigned i;

	tg_json_open(j, "per_second", '{');
	for (i = 0; i < TG_FLOOD_MAX; i++)
		if (tg_flood_count_info[i].kind <= TG_FLOOD_KIND_REPLY)
			tg_json_number(j, tg_flood_count_info[i].name,
			    (uint64_t)tg_figures_per_second(r->timed[i], r->elapsed_ns));
	tg_json_close(j, '}');
}

static void
put_intervals(struct tg_json *j, const struct tg_flood_interval *interval, uint32_t n)
{
	uint32_t i;

	tg_json_open(j, "intervals", '[');
	for (i = 0; i < n; i++) {
		tg_json_open(j, NULL, '{');
		tg_json_number(j, "ns", interval[i].ns);
		tg_json_number(j, "syns_per_second", interval[i].syns);
		tg_json_number(j, "replies_per_second", interval[i].replies);
		tg_json_close(j, '}');
	}
	tg_json_close(j, ']');
}

static void
put_gaps(struct tg_json *j, const struct tg_flood_report *r)
{
	tg_json_open(j, "gaps", '{');
	tg_json_number(j, "count", r->gaps);
	tg_json_number(j, "sum_ns", r->gap_ns);
	tg_json_number(j, "max_ns", r->gap_max_ns);
	tg_json_close(j, '}');
}

static void
put_clients(struct tg_json *j, const struct tg_flood_report *r)
{
	unsigned i;

	tg_json_open(j, "clients", '{');
	for (i = 0; i < TG_LOAD_MAX; i++)
		tg_json_number(j, tg_load_count_info[i].name, r->client[i]);
	tg_json_number(j, "syn_retransmits", r->counter[TG_COUNTER_SYN_RETRANSMITS]);
	tg_figures_put_latency(j, "handshake_ns", r->handshake);
	tg_json_number(j, "intervals", r->intervals);
	tg_json_number(j, "clean_intervals", r->clean_intervals);
	tg_figures_put_latency(j, "clean_handshake_ns", r->clean_handshake);
	tg_figures_put_latency(j, "request_ns", r->request);
	tg_json_close(j, '}');
}

void
tg_flood_report_json(
    const struct tg_flood_report *r, const struct tg_flood_interval *interval, uint32_t n)
{
	static char buf[JSON_BYTES];
	struct tg_text text;
	struct tg_json j;
	unsigned kind;

	tg_text_init(&text, buf, sizeof(buf));
	tg_json_init(&j, &text);
	tg_json_open(&j, NULL, '{');
	tg_json_number(&j, "began_ns", r->began_ns);
	tg_json_number(&j, "elapsed_ns", r->elapsed_ns);
	tg_json_number(&j, "tuples", r->tuples);
	for (kind = 0; kind < TG_ARRAY_LEN(kind_names); kind++)
		put_kind(&j, r, kind);
	put_rates(&j, r);
	put_intervals(&j, interval, n);
	put_gaps(&j, r);
	tg_json_number(&j, "unread", r->unread);
	tg_figures_put_latency(&j, "answer_ns", r->answer);
	if (r->has_clients)
		put_clients(&j, r);
	tg_figures_put_stack(&j, r->counter, r->drop, &r->losses);
	tg_json_close(&j, '}');
	fwrite(buf, 1, text.len, stdout);
	fputc('\n', stdout);
}
