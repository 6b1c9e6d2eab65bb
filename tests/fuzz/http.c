/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Any bytes as requests, taken whole and taken in pieces: both must draw the same answers.
 */
#include "fuzz.h"
#include "rig.h"

#define PIECES_MAX 4096

/* Every route has two representations, so that Accept is read. */
static const struct tg_http_choice choice = {
	.media = { { "text/plain", "0.0.4" }, { "application/openmetrics-text", "1.0.0" } },
	.other = TG_HTTP_404,
};

static void
start(struct rig *rig)
{
	unsigned i;

	rig_init(rig, &rig_defaults, TG_NS_PER_SEC);
	for (i = 0; i < rig->site.n_routes; i++)
		rig->route[i].choice = &choice;
}

/* Feeds size bytes in pieces of at most piece bytes, letting go of answers at once.
 * Returns a digest of the answers. */
static uint32_t
digest(struct rig *rig, const uint8_t *data, size_t size, size_t piece)
{
	struct tg_http_pins pins = { 0 };
	struct tg_stats stats = { 0 };
	struct tg_http_conn conn;
	uint32_t sum = 0, i;
	size_t at = 0;

	tg_http_conn_init(&conn);
	while (at < size) {
		at += tg_http_receive(&conn, &rig->view, &pins, &stats, at + 1, data + at,
		    (uint32_t)TG_MIN(piece, size - at));
		for (i = 0; i < conn.n_answers; i++)
			sum = sum * 31 + conn.answer[i].page * 7u + conn.answer[i].variant + 1;
		tg_http_acked(&conn, &pins, &stats, at + 1, tg_http_stream_end(&conn));
	}
	tg_http_conn_release(&conn, &pins);
	if (atomic_load(&pins.count[0]) != 0)
		abort();
	return sum + (uint32_t)tg_http_closing(&conn);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rig rig;
	uint32_t whole;
	size_t piece;

	if (rig.shard == NULL)
		start(&rig);
	if (size < 1 || size > PIECES_MAX)
		return 0;
	piece = 1 + data[0] % 16;
	whole = digest(&rig, data + 1, size - 1, size);
	if (digest(&rig, data + 1, size - 1, piece) != whole)
		abort();
	return 0;
}
