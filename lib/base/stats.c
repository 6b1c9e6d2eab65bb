/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "base/stats.h"

const struct tg_stat_info tg_counter_info[TG_COUNTER_MAX] = {
#define TG_COUNTER(symbol, name, help) [TG_COUNTER_##symbol] = { #name, help, TG_SEVERITY_INFO },
#include "base/counter.def"
#undef TG_COUNTER
};

const struct tg_stat_info tg_drop_info[TG_DROP_MAX] = {
	[TG_DROP_NONE] = { "none", "Not dropped.", TG_SEVERITY_INFO },
#define TG_DROP(symbol, name, severity, help)                                                      \
	[TG_DROP_##symbol] = { #name, help, TG_SEVERITY_##severity },
#include "base/drop.def"
#undef TG_DROP
};
