/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/render.h"

#include <inttypes.h>

/* An element with data-k holds one value of /status, named by its path there. */
static const char page_start[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<link rel=\"icon\" href=\"data:,\">\n"
    "<title>Tidegate</title>\n"
    "<style>\n"
    ":root{--fg:#1b2530;--dim:#5b6875;--bg:#f6f8fa;--card:#fff;--line:#d9e0e6;--sea:#0b6e8f}\n"
    "@media(prefers-color-scheme:dark){:root{--fg:#e3e9ee;--dim:#94a1ad;--bg:#10161c;"
    "--card:#18212a;--line:#2a3641;--sea:#55b7d6}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:62rem;padding:1.5rem;background:var(--bg);color:var(--fg);"
    "font:16px/1.5 system-ui,sans-serif}\n"
    "header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline}\n"
    "h1{margin:0;font-size:1.6rem;color:var(--sea)}\n"
    "h2{margin:0 0 .5rem;font-size:1rem}\n"
    "section{margin-top:1rem;padding:1rem;background:var(--card);border:1px solid var(--line);"
    "border-radius:.5rem;overflow-x:auto}\n"
    ".dim,th{color:var(--dim);font-weight:400}\n"
    ".big{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:1rem}\n"
    ".big b{display:block;font-size:1.5rem;font-weight:600}\n"
    ".two{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:0 1rem}\n"
    "table{width:100%;border-collapse:collapse}\n"
    "td,th{padding:.2rem .75rem .2rem 0;text-align:left;border-top:1px solid var(--line)}\n"
    "tr:first-child>*{border-top:0}\n"
    "b,.n{font-variant-numeric:tabular-nums}\n"
    "td.n,th.n{text-align:right}\n"
    "a{color:var(--sea)}\n"
    "</style>\n";

static const char page_end[] =
    "<p class=\"dim\">The same as JSON: <a href=\"/status\">/status</a>."
    " <span id=\"live\"></span></p>\n"
    "<script>\n"
    "'use strict';\n"
    "const two = n => String(n).padStart(2, '0');\n"
    "const show = {\n"
    "  n: v => v.toLocaleString('en-US'),\n"
    "  up: s => Math.floor(s / 86400) + ' d ' + [s / 3600 % 24, s / 60 % 60, s % 60]\n"
    "    .map(x => two(Math.floor(x))).join(':'),\n"
    "  link: v => v ? 'up' : 'down',\n"
    "};\n"
    "async function refresh() {\n"
    "  const live = document.getElementById('live');\n"
    "  if (document.hidden) return;\n"
    "  try {\n"
    "    const status = await (await fetch('/status', {cache: 'no-store'})).json();\n"
    "    for (const e of document.querySelectorAll('[data-k]')) {\n"
    "      const v = e.dataset.k.split('.').reduce((o, k) => o?.[k], status);\n"
    "      if (v === undefined) continue;\n"
    "      e.textContent = show[e.dataset.as || 'n'](v);\n"
    "      if (e.dataset.k.startsWith('drops.')) e.parentNode.hidden = v === 0;\n"
    "    }\n"
    "    live.textContent = '';\n"
    "  } catch {\n"
    "    live.textContent = 'No answer; these values are old.';\n"
    "  }\n"
    "}\n"
    "setInterval(refresh, 1000);\n"
    "</script>\n"
    "</html>\n";

/* Digits in groups of three: 1,234,567. */
static void
put_grouped(struct tg_text *t, uint64_t value)
{
	uint64_t unit = 1;

	while (value / unit >= 1000)
		unit *= 1000;
	tg_text_printf(t, "%" PRIu64, value / unit);
	while (unit > 1) {
		unit /= 1000;
		tg_text_printf(t, ",%03u", (unsigned)(value / unit % 1000));
	}
}

static void
put_cell(struct tg_text *t, const char *path, uint64_t value)
{
	tg_text_printf(t, "<td class=\"n\" data-k=\"%s\">", path);
	put_grouped(t, value);
	tg_text_put(t, "</td>");
}

static void
put_header(struct tg_text *t, const struct tg_moment *m)
{
	uint64_t up = tg_moment_uptime(m);

	tg_text_put(t, "<header><h1>Tidegate</h1><span class=\"dim\">");
	tg_text_put_html(t, m->about->version);
	tg_text_printf(t,
	    "</span><span>up <b data-k=\"uptime_seconds\" data-as=\"up\">"
	    "%" PRIu64 " d %02u:%02u:%02u</b></span><span>",
	    up / 86400, (unsigned)(up / 3600 % 24), (unsigned)(up / 60 % 60), (unsigned)(up % 60));
	tg_text_put_html(t, m->about->port_name);
	tg_text_printf(t, " <b data-k=\"port.link_up\" data-as=\"link\">%s</b></span></header>\n",
	    m->now->link_up ? "up" : "down");
}

/* The counters whose rates stand at the top. */
static const struct {
	enum tg_counter counter;
	const char *label;
} headline[] = {
	{ TG_COUNTER_HTTP_REQUESTS, "requests/s" },
	{ TG_COUNTER_ESTABLISHED, "connections/s" },
	{ TG_COUNTER_RX_FRAMES, "frames in/s" },
	{ TG_COUNTER_TX_FRAMES, "frames out/s" },
};

static void
put_figure(struct tg_text *t, const char *name, const char *label, uint64_t value)
{
	tg_text_printf(t, "<div><b data-k=\"rates.%s\">", name);
	put_grouped(t, value);
	tg_text_printf(t, "</b><span class=\"dim\">%s</span></div>\n", label);
}

static void
put_rates(struct tg_text *t, const struct tg_moment *m)
{
	const struct tg_tally *now = &m->now->total, *before = &m->before->total;
	tg_time_t dt = m->now->at - m->before->at;
	unsigned i;

	tg_text_put(t, "<section class=\"big\">\n");
	for (i = 0; i < TG_ARRAY_LEN(headline); i++) {
		enum tg_counter c = headline[i].counter;

		put_figure(t, tg_counter_info[c].name, headline[i].label,
		    tg_report_rate(now->counter[c], before->counter[c], dt));
	}
	put_figure(t, "drops", "drops/s", tg_report_rate(now->drops, before->drops, dt));
	tg_text_put(t, "</section>\n");
}

static void
put_connections(struct tg_text *t, const struct tg_tally *total)
{
	char name[TG_REPORT_NAME_MAX], path[TG_REPORT_NAME_MAX + 16];
	unsigned i;

	tg_text_put(t, "<section><h2>Connections</h2><table>\n");
	for (i = 0; i < TG_TCP_STATES; i++) {
		if (!tg_report_state_shown((enum tg_tcp_state)i))
			continue;
		tg_report_state_name(name, (enum tg_tcp_state)i);
		snprintf(path, sizeof(path), "connections.%s", name);
		tg_text_printf(t, "<tr><td>%s</td>", tg_tcp_state_name[i]);
		put_cell(t, path, total->state[i]);
		tg_text_put(t, "</tr>\n");
	}
	tg_text_put(t, "<tr><td>all</td>");
	put_cell(t, "connections.total", total->connections);
	tg_text_put(t, "</tr>\n</table></section>\n");
}

static void
put_pools(struct tg_text *t, const struct tg_about *about, const struct tg_report *now)
{
	struct tg_pool_level pool[TG_REPORT_POOLS];
	char path[64];
	unsigned i;

	tg_report_pools(pool, about, now);
	tg_text_put(t, "<section><h2>Pools in use</h2><table>\n");
	for (i = 0; i < TG_REPORT_POOLS; i++) {
		tg_text_printf(t, "<tr><td>%s</td>", pool[i].label);
		snprintf(path, sizeof(path), "pools.%s.in_use", pool[i].name);
		put_cell(t, path, pool[i].in_use);
		tg_text_put(t, "<td class=\"n dim\">of ");
		put_grouped(t, pool[i].limit);
		tg_text_put(t, "</td></tr>\n");
	}
	tg_text_put(t, "</table></section>\n");
}

static void
put_workers(struct tg_text *t, const struct tg_moment *m)
{
	char path[64];
	uint16_t i;

	tg_text_put(t, "<section><h2>Workers</h2><table>\n<tr><th>worker</th><th class=\"n\">"
		       "load, %</th><th class=\"n\">connections</th></tr>\n");
	for (i = 0; i < m->now->n_workers; i++) {
		const struct tg_tally *worker = &m->now->worker[i];

		tg_text_printf(t, "<tr><td>%u</td>", i);
		snprintf(path, sizeof(path), "per_worker.%u.load_percent", i);
		put_cell(t, path, tg_report_load(worker, &m->before->worker[i]));
		snprintf(path, sizeof(path), "per_worker.%u.connections.total", i);
		put_cell(t, path, worker->connections);
		tg_text_put(t, "</tr>\n");
	}
	tg_text_put(t, "</table></section>\n");
}

/* All reasons are in the page, those without a drop hidden until they have one. */
static void
put_drops(struct tg_text *t, const struct tg_tally *total)
{
	char path[64];
	unsigned i;

	tg_text_put(t, "<section><h2>Dropped frames</h2><table>\n<tr><td>all</td>");
	put_cell(t, "drops_total", total->drops);
	tg_text_put(t, "<td></td></tr>\n");
	for (i = TG_DROP_NONE + 1; i < TG_DROP_MAX; i++) {
		const struct tg_stat_info *info = &tg_drop_info[i];

		snprintf(path, sizeof(path), "drops.%s", info->name);
		tg_text_printf(
		    t, "<tr%s><td>%s</td>", total->drop[i] == 0 ? " hidden" : "", info->name);
		put_cell(t, path, total->drop[i]);
		tg_text_put(t, "<td class=\"dim\">");
		tg_text_put_html(t, info->help);
		tg_text_put(t, "</td></tr>\n");
	}
	tg_text_put(t, "</table></section>\n");
}

void
tg_render_index(struct tg_text *t, const struct tg_moment *m)
{
	tg_text_put(t, page_start);
	put_header(t, m);
	put_rates(t, m);
	tg_text_put(t, "<div class=\"two\">\n");
	put_connections(t, &m->now->total);
	put_pools(t, m->about, m->now);
	tg_text_put(t, "</div>\n");
	put_workers(t, m);
	put_drops(t, &m->now->total);
	tg_text_put(t, page_end);
}
