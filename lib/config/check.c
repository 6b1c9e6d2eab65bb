/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/reader.h"

#include <errno.h>

static void fault(struct tg_config_errors *err, const char *file, struct tg_config_place at,
    const char *key, uint32_t value, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

static void
fault(struct tg_config_errors *err, const char *file, struct tg_config_place at, const char *key,
    uint32_t value, const char *fmt, ...)
{
	char text[16];
	va_list ap;

	snprintf(text, sizeof(text), "%u", value);
	va_start(ap, fmt);
	tg_config_error_add(err, file, at, key, text, fmt, ap);
	va_end(ap);
}

static bool
has_ipv6(const struct tg_service_config *s)
{
	unsigned i;

	for (i = 0; i < s->n_addresses; i++) {
		if (s->address[i].is_ipv6)
			return true;
	}
	return false;
}

int
tg_config_check_together(const struct tg_device_config *dev, const struct tg_service_config *s,
    struct tg_config_errors *err)
{
	unsigned before = tg_config_errors_seen(err);

	if (dev->eal.n_lcores != 0 && dev->eal.n_lcores < s->workers + 1)
		fault(err, s->file, s->workers_at, "workers", s->workers,
		    "needs %u lcores, one of them for control, and eal.lcores on line %u of %s "
		    "has %u; give fewer workers, or more lcores there",
		    s->workers + 1, dev->eal.lcores_at.line, dev->file, dev->eal.n_lcores);
	if (s->tcp.mss > dev->port.mtu - 40)
		fault(err, s->file, s->tcp.mss_at, "tcp.mss", s->tcp.mss,
		    "does not fit port.mtu %u of %s; give at most %u, or 0: from the MTU",
		    dev->port.mtu, dev->file, dev->port.mtu - 40);
	if (has_ipv6(s) && dev->port.mtu < 1280)
		fault(err, dev->file, dev->port.mtu_at, "port.mtu", dev->port.mtu,
		    "is too small for the IPv6 addresses of %s; give at least 1280 (RFC 8200 5)",
		    s->file);
	return tg_config_errors_seen(err) == before ? 0 : -EINVAL;
}
