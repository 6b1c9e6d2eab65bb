/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Signals: only the control thread hears them, and only where it waits for them.
 *
 * SIGINT, SIGTERM and SIGHUP are blocked in all threads and taken by tg_signals_wait. A driver
 * may have the kernel raise a real-time signal for every received packet (net_tap
 * does): all are blocked, and SIGIO, which the kernel sends once their queue is full and
 * which would end the process, is ignored.
 */
#ifndef TG_APP_SIGNALS_H
#define TG_APP_SIGNALS_H

/* Sets all this up. Before EAL starts threads, which inherit it. */
void tg_signals_block(void);

/* Waits for SIGINT, SIGTERM or SIGHUP, ms milliseconds at most. Returns its number, or 0. */
int tg_signals_wait(unsigned ms);

/* From now on SIGINT and SIGTERM end the process at once, with exit code 128 + number; SIGHUP
 * does nothing. */
void tg_signals_arm_exit(void);

#endif
