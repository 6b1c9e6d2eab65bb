/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/capture.h"

#include "control/log.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_pdump.h>

bool
tg_capture_start(void)
{
	if (!rte_eal_has_hugepages()) {
		TG_CONTROL_LOG(INFO,
		    "packet capture by dpdk-dumpcap is unavailable: without hugepages there is no "
		    "memory that a second process could share; on a tap port use tcpdump on its "
		    "interface");
		return false;
	}
	if (rte_pdump_init() < 0) {
		TG_CONTROL_LOG(WARNING, "packet capture by dpdk-dumpcap is unavailable: %s",
		    rte_strerror(rte_errno));
		return false;
	}
	return true;
}

void
tg_capture_stop(void)
{
	rte_pdump_uninit();
}
