/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "report.h"

#include "figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define JSON_BYTES 65536

static void
add_shard(struct tg_load_report *r, struct tg_shard *shard)
{
	const struct tg_load_figures *f = tg_load_figures(shard);
	const struct tg_stats *stats = tg_shard_stats(shard);
	unsigned i;

	for (i = 0; i < TG_LOAD_MAX; i++)
		r->count[i] += atomic_load_explicit(&f->count[i], memory_order_relaxed);
	for (i = 0; i < TG_COUNTER_MAX; i++)
		r->counter[i] += tg_stats_counter(stats, (enum tg_counter)i);
	for (i = 0; i < TG_DROP_MAX; i++)
		r->drop[i] += tg_stats_drop(stats, (enum tg_drop)i);
	r->open += tg_gauge(&f->open);
	r->finished = r->finished && atomic_load_explicit(&f->finished, memory_order_relaxed);
	tg_histogram_merge(&r->handshake, &f->handshake);
	tg_histogram_merge(&r->request, &f->request);
}

void
tg_load_report_read(struct tg_load_report *r, struct tg_workers *workers,
    const struct tg_port *port, tg_time_t elapsed_ns)
{
	uint16_t i;

	memset(r, 0, sizeof(*r));
	r->elapsed_ns = elapsed_ns;
	r->finished = true;
	for (i = 0; i < tg_workers_count(workers); i++)
		add_shard(r, tg_workers_shard(workers, i));
	tg_port_read_losses(port, &r->losses);
}

uint64_t
tg_load_report_errors(const struct tg_load_report *r)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < TG_LOAD_MAX; i++)
		if (tg_load_count_info[i].kind == TG_LOAD_ERROR && i != TG_LOAD_CUT_OFF)
			n += r->count[i];
	return n;
}

void
tg_load_report_line(const struct tg_load_report *now, const struct tg_load_report *before)
{
	tg_time_t ns = now->elapsed_ns - before->elapsed_ns;
	bool terminal = isatty(STDERR_FILENO);

#define RATE(what)                                                                                 \
	tg_figures_per_second(now->count[TG_LOAD_##what] - before->count[TG_LOAD_##what], ns)
	fprintf(stderr,
	    "%s%5.0f s: %.0f connections/s, %.0f responses/s, %.1f MB/s, open %" PRIu64
	    ", p50 %.3f ms, p99 %.3f ms, errors %" PRIu64 "%s",
	    terminal ? "\r" : "", (double)now->elapsed_ns / 1e9, RATE(ESTABLISHED), RATE(RESPONSES),
	    RATE(RECEIVED_BYTES) / 1e6, now->open,
	    tg_figures_ms(tg_histogram_percentile(&now->request, 5000)),
	    tg_figures_ms(tg_histogram_percentile(&now->request, 9900)), tg_load_report_errors(now),
	    terminal ? "\033[K" : "\n");
#undef RATE
}

void
tg_load_report_line_end(void)
{
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
}

/* All counts of a kind that are not zero. */
static void
print_kind(const struct tg_load_report *r, enum tg_load_kind kind)
{
	unsigned i;

	for (i = 0; i < TG_LOAD_MAX; i++)
		if (tg_load_count_info[i].kind == kind && r->count[i] != 0)
			printf("  %-22s %10" PRIu64 "  %s\n", tg_load_count_info[i].name,
			    r->count[i], tg_load_count_info[i].help);
}

/* Whether a counter is of the ordinary kind, which every run moves. */
static bool
is_ordinary(enum tg_counter c)
{
	static const bool ordinary[TG_COUNTER_MAX] = {
		[TG_COUNTER_RX_FRAMES] = true,
		[TG_COUNTER_RX_BYTES] = true,
		[TG_COUNTER_TX_FRAMES] = true,
		[TG_COUNTER_TX_BYTES] = true,
		[TG_COUNTER_STEERED_IN] = true,
		[TG_COUNTER_STEERED_OUT] = true,
		[TG_COUNTER_BURSTS] = true,
		[TG_COUNTER_ARP_REPLIES] = true,
		[TG_COUNTER_ARP_REQUESTS] = true,
		[TG_COUNTER_ND_SOLICITATIONS] = true,
		[TG_COUNTER_ND_ADVERTISEMENTS] = true,
		[TG_COUNTER_MLD_REPORTS] = true,
		[TG_COUNTER_SYN_SENT] = true,
		[TG_COUNTER_ESTABLISHED] = true,
		[TG_COUNTER_CLOSED] = true,
	};

	return ordinary[c];
}

static void
print_stack(const struct tg_load_report *r)
{
	unsigned i;

	for (i = 0; i < TG_COUNTER_MAX; i++)
		if (r->counter[i] != 0 && !is_ordinary((enum tg_counter)i))
			printf("  %-22s %10" PRIu64 "  %s\n", tg_counter_info[i].name,
			    r->counter[i], tg_counter_info[i].help);
	for (i = 0; i < TG_DROP_MAX; i++)
		if (r->drop[i] != 0)
			printf("  %-22s %10" PRIu64 "  dropped: %s\n", tg_drop_info[i].name,
			    r->drop[i], tg_drop_info[i].help);
	if (r->losses.missed != 0)
		printf("  %-22s %10" PRIu64 "  frames missed by the port\n", "missed",
		    r->losses.missed);
}

static void
print_fast_open(const struct tg_load_report *r)
{
	printf("Fast Open      %" PRIu64 " cookies asked for, %" PRIu64
	       " requests in a SYN: %" PRIu64 " taken, %" PRIu64 " not taken\n",
	    r->counter[TG_COUNTER_FAST_OPEN_ASKED], r->counter[TG_COUNTER_FAST_OPEN_SENT],
	    r->counter[TG_COUNTER_FAST_OPEN_TAKEN], r->counter[TG_COUNTER_FAST_OPEN_UNTAKEN]);
}

void
tg_load_report_text(const struct tg_load_report *r)
{
	const uint64_t *c = r->count;

	printf("%.3f s\n", (double)r->elapsed_ns / 1e9);
	printf("connections    %" PRIu64 " opened, %" PRIu64 " established (%.0f/s), %" PRIu64
	       " failed, %" PRIu64 " cut off at the end\n",
	    c[TG_LOAD_OPENED], c[TG_LOAD_ESTABLISHED],
	    tg_figures_per_second(c[TG_LOAD_ESTABLISHED], r->elapsed_ns), tg_load_report_errors(r),
	    c[TG_LOAD_CUT_OFF]);
	printf("requests       %" PRIu64 " sent, %" PRIu64 " answered (%.0f/s): 2xx %" PRIu64
	       ", 3xx %" PRIu64 ", 4xx %" PRIu64 ", 5xx %" PRIu64 "\n",
	    c[TG_LOAD_REQUESTS], c[TG_LOAD_RESPONSES],
	    tg_figures_per_second(c[TG_LOAD_RESPONSES], r->elapsed_ns), c[TG_LOAD_STATUS_2XX],
	    c[TG_LOAD_STATUS_3XX], c[TG_LOAD_STATUS_4XX], c[TG_LOAD_STATUS_5XX]);
	printf("bytes          %" PRIu64 " sent, %" PRIu64 " received (%.1f MB/s), %" PRIu64
	       " of them bodies\n",
	    c[TG_LOAD_SENT_BYTES], c[TG_LOAD_RECEIVED_BYTES],
	    tg_figures_per_second(c[TG_LOAD_RECEIVED_BYTES], r->elapsed_ns) / 1e6,
	    c[TG_LOAD_BODY_BYTES]);
	printf("SYNs           %" PRIu64 " repeated\n", r->counter[TG_COUNTER_SYN_RETRANSMITS]);
	if (r->counter[TG_COUNTER_FAST_OPEN_ASKED] + r->counter[TG_COUNTER_FAST_OPEN_SENT] != 0)
		print_fast_open(r);
	putchar('\n');
	tg_figures_print_latency_head();
	tg_figures_print_latency("handshake", &r->handshake);
	tg_figures_print_latency("request", &r->request);
	printf("\nwhat failed, and which bounds were met:\n");
	print_kind(r, TG_LOAD_ERROR);
	print_kind(r, TG_LOAD_LIMIT);
	print_stack(r);
}

static void
put_kind(
    struct tg_json *j, const char *name, const struct tg_load_report *r, enum tg_load_kind kind)
{
	unsigned i;

	tg_json_open(j, name, '{');
	for (i = 0; i < TG_LOAD_MAX; i++)
		if (tg_load_count_info[i].kind == kind)
			tg_json_number(j, tg_load_count_info[i].name, r->count[i]);
	tg_json_close(j, '}');
}

static void
put_fast_open(struct tg_json *j, const struct tg_load_report *r)
{
	tg_json_open(j, "fast_open", '{');
	tg_json_number(j, "asked", r->counter[TG_COUNTER_FAST_OPEN_ASKED]);
	tg_json_number(j, "sent", r->counter[TG_COUNTER_FAST_OPEN_SENT]);
	tg_json_number(j, "taken", r->counter[TG_COUNTER_FAST_OPEN_TAKEN]);
	tg_json_number(j, "not_taken", r->counter[TG_COUNTER_FAST_OPEN_UNTAKEN]);
	tg_json_close(j, '}');
}

void
tg_load_report_json(const struct tg_load_report *r)
{
	static char buf[JSON_BYTES];
	struct tg_text text;
	struct tg_json j;

	tg_text_init(&text, buf, sizeof(buf));
	tg_json_init(&j, &text);
	tg_json_open(&j, NULL, '{');
	tg_json_number(&j, "elapsed_ns", r->elapsed_ns);
	put_kind(&j, "totals", r, TG_LOAD_TOTAL);
	put_kind(&j, "errors", r, TG_LOAD_ERROR);
	put_kind(&j, "limits", r, TG_LOAD_LIMIT);
	tg_json_open(&j, "per_second", '{');
	tg_json_number(&j, "connections",
	    (uint64_t)tg_figures_per_second(r->count[TG_LOAD_ESTABLISHED], r->elapsed_ns));
	tg_json_number(&j, "responses",
	    (uint64_t)tg_figures_per_second(r->count[TG_LOAD_RESPONSES], r->elapsed_ns));
	tg_json_number(&j, "received_bytes",
	    (uint64_t)tg_figures_per_second(r->count[TG_LOAD_RECEIVED_BYTES], r->elapsed_ns));
	tg_json_close(&j, '}');
	tg_figures_put_latency(&j, "handshake_ns", &r->handshake);
	tg_figures_put_latency(&j, "request_ns", &r->request);
	tg_json_number(&j, "syn_retransmits", r->counter[TG_COUNTER_SYN_RETRANSMITS]);
	put_fast_open(&j, r);
	tg_figures_put_stack(&j, r->counter, r->drop, &r->losses);
	tg_json_close(&j, '}');
	fwrite(buf, 1, text.len, stdout);
	fputc('\n', stdout);
}
