/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/log.h"

RTE_LOG_REGISTER(tg_control_logtype, tidegate.control, INFO)
