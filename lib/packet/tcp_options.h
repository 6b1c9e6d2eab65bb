/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * TCP options, RFC 9293 section 3.2: MSS, window scale and timestamps (RFC 7323),
 * SACK (RFC 2018), Fast Open (RFC 7413, also in the experimental form that preceded its kind).
 * Unknown options with a length are skipped (MUST-6); an impossible length ends the walk and keeps
 * what was read before (MUST-7).
 *
 * Any thread may call these functions; they keep no state.
 */
#ifndef TG_PACKET_TCP_OPTIONS_H
#define TG_PACKET_TCP_OPTIONS_H

#include "base/types.h"

#define TG_TCP_OPTIONS_BYTES_MAX 40
#define TG_TCP_SACK_BLOCKS_MAX   4
#define TG_TCP_WSCALE_MAX        14 /* RFC 7323 2.3 */
#define TG_TCP_COOKIE_MIN        4  /* bytes of a Fast Open cookie, RFC 7413 4.1.1 */
#define TG_TCP_COOKIE_MAX        16

/* tg_tcp_options.present */
#define TG_OPT_MSS                  (1U << 0)
#define TG_OPT_WSCALE               (1U << 1)
#define TG_OPT_SACK_OK              (1U << 2)
#define TG_OPT_TIMESTAMP            (1U << 3)
#define TG_OPT_SACK                 (1U << 4)
#define TG_OPT_FAST_OPEN            (1U << 5) /* says something on a SYN or SYN-ACK only */
#define TG_OPT_FAST_OPEN_EXPERIMENT (1U << 6) /* with it: in the form of RFC 6994 */

struct tg_sack_block {
	uint32_t left;  /* first sequence number of the block */
	uint32_t right; /* one past its last */
};

struct tg_tcp_options {
	uint8_t present; /* TG_OPT_* */
	uint8_t wscale;  /* 0..14; larger values are read as 14 */
	uint8_t n_sack;
	uint8_t n_cookie; /* bytes of the Fast Open cookie, 0: one is asked for */
	uint16_t mss;     /* bytes */
	uint32_t tsval, tsecr;
	struct tg_sack_block sack[TG_TCP_SACK_BLOCKS_MAX];
	uint8_t cookie[TG_TCP_COOKIE_MAX]; /* as it stands on the wire */
};

/* Reads the option area p[0..len). Always fills *opt; present says what was
 * found. Only the first occurrence of a kind counts, and none whose length is not
 * that of its kind. */
void tg_tcp_options_parse(const uint8_t *p, uint32_t len, struct tg_tcp_options *opt);

/* Writes opt at p, which holds TG_TCP_OPTIONS_BYTES_MAX, and returns the bytes
 * written, a multiple of 4. The order is fixed, and NOPs stand in front but of the cookie:
 *
 *   mss, then sackOK timestamp | nop nop sackOK | nop nop timestamp,
 *   then nop wscale, then the cookie and nops up to a multiple of 4, then nop nop sack
 *
 * A cookie of 16 bytes fits a SYN with all the others. SACK blocks that do not fit are left out,
 * the last first. */
uint32_t tg_tcp_options_write(uint8_t *p, const struct tg_tcp_options *opt);

/* The bytes tg_tcp_options_write would write. */
uint32_t tg_tcp_options_bytes(const struct tg_tcp_options *opt);

#endif
