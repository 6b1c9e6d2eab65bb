/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#ifndef TG_TESTS_SIPHASH_WIDTH_H
#define TG_TESTS_SIPHASH_WIDTH_H

#include "crypto/siphash_lanes.h"

/* The widest that this processor has. */
static inline enum tg_siphash_width
widest(void)
{
	if (!__builtin_cpu_supports("avx2"))
		return TG_SIPHASH_X1;
	return __builtin_cpu_supports("avx512f") ? TG_SIPHASH_X16 : TG_SIPHASH_X8;
}

#endif
