/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#ifndef TG_TESTS_PACKETDRILL_SYSCTLS_H
#define TG_TESTS_PACKETDRILL_SYSCTLS_H

/* Scripts set the kernel up by sysctl, at their beginning and on their way. They do so in a
 * namespace of their own; what it says is what the stack does for connections to come. The lock
 * is held. */
void follow_sysctls(void);

#endif
