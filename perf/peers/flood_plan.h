/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * What flood.c tells flood.bpf.c.
 */
#ifndef FLOOD_PLAN_H
#define FLOOD_PLAN_H

#include <linux/types.h>

#define FLOOD_LEAST_BYTES 54 /* a SYN over IPv4 without options */
#define FLOOD_MOST_BYTES  74 /* with 20 bytes of them */

struct flood_plan {
	__u32 interface; /* its index */
	__u8 frame[80];  /* a SYN with right checksums */
};

#endif
