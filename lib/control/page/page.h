/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Page: the live page, one HTML document that needs no other file.
 *
 * It draws what `/status` says, once a second. embed-page makes these strings of
 * index.html when the program is built.
 */
#ifndef TG_CONTROL_PAGE_H
#define TG_CONTROL_PAGE_H

extern const char tg_page_index[];  /* the document, terminated */
extern const char tg_page_policy[]; /* value of its Content-Security-Policy, terminated */

#endif
