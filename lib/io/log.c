/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "io/log.h"

RTE_LOG_REGISTER(tg_io_logtype, tidegate.io, INFO)
