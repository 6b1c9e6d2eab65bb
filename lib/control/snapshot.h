/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Snapshot: renders all pages about once a second and publishes them to the shards.
 *
 * A snapshot lies in one of TG_HTTP_SLOTS slots while answers that refer to it are
 * unacknowledged (pins, http/site.h). After each publication a grace period is waited
 * for, so the pins of all slots but the current one only fall. Such a slot may be
 * rendered into again when
 *
 *   - no shard has it pinned, or
 *   - a view was published whose oldest_serial is above its snapshot: whatever is still
 *     pinned there is expired and never read again. The late unpins only keep the
 *     count of the slot's next snapshot too high for a while, which is safe.
 *
 * Every publication leaves at least one such slot for the next, expiring the oldest
 * snapshot if need be. A peer that reads slower than snapshots go round loses its
 * connection; publication never waits and never fails for want of a slot.
 *
 * With the snapshot go the keys of Fast Open cookies (tcp/fast_open.h) and of SYN cookies
 * (tcp/cookie.h) that the key store makes for this moment.
 *
 * Control thread only.
 */
#ifndef TG_CONTROL_SNAPSHOT_H
#define TG_CONTROL_SNAPSHOT_H

#include "control/key_store.h"
#include "control/pages.h"

struct tg_publisher; /* opaque */

struct tg_publisher_config {
	const struct tg_about *about;
	const struct tg_pages *pages;
	const struct tg_port *port;
	struct tg_workers *workers;
	struct tg_key_store *keys; /* outlives the publisher */
	uint8_t window_scale;      /* that SYN-ACKs offer */
};

/* Allocates all slots. What config points to outlives the publisher. Returns NULL
 * without memory. */
struct tg_publisher *tg_publisher_create(const struct tg_publisher_config *config);

/* Renders a snapshot of this moment, makes it the current one and waits until every
 * worker has seen it. The first call comes before tg_workers_start. */
void tg_publisher_publish(struct tg_publisher *pub);

/* From the next publication on the shards are told that the program is shutting down. */
void tg_publisher_drain(struct tg_publisher *pub);

/* The report of the last publication; valid until the next. */
const struct tg_report *tg_publisher_report(const struct tg_publisher *pub);

/* Frees everything published. The workers must have stopped. */
void tg_publisher_free(struct tg_publisher *pub);

#endif
