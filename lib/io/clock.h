/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The clock behind tg_clock_ns, for a worker that has already read the TSC.
 */
#ifndef TG_IO_CLOCK_H
#define TG_IO_CLOCK_H

#include "base/time.h"

/* Nanoseconds at TSC value tsc, on the scale of tg_clock_ns. EAL must be up. Any thread. */
tg_time_t tg_clock_from_tsc(uint64_t tsc);

#endif
