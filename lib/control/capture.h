/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Capture: lets dpdk-dumpcap attach to the port.
 *
 * It runs as a secondary process that maps the memory of this one, which needs
 * hugepages. Without them, capture at the other end: tcpdump on the tap interface or
 * on the peer.
 */
#ifndef TG_CONTROL_CAPTURE_H
#define TG_CONTROL_CAPTURE_H

#include <stdbool.h>

/* Makes capture possible if it can be and says in the log if it cannot. EAL must be
 * up. True: tg_capture_stop is to be called. Control thread. */
bool tg_capture_start(void);

/* Ends captures. The workers must have stopped, the port must still be open. */
void tg_capture_stop(void);

#endif
