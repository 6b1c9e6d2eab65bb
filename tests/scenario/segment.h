/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Segments as scenarios write them and as they are on the wire. Written and read here and
 * not by lib/packet, so that the two check each other.
 *
 *   S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 7>
 *   [ce] P. 1:11(10) ack 1 win 65535
 *
 * Sequence numbers are relative: to our first one in what we send and what the peer
 * acknowledges, to the peer's otherwise. A struct segment holds what was written; a wire
 * says how it becomes bytes.
 */
#ifndef TG_TESTS_SCENARIO_SEGMENT_H
#define TG_TESTS_SCENARIO_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_OPTIONS   12
#define SEGMENT_BYTES_MAX 65535
#define SEGMENT_TEXT_MAX  300 /* characters of a segment in words */

/* The flags of the header, CWR highest. */
#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10
#define FLAG_URG 0x20
#define FLAG_ECE 0x40
#define FLAG_CWR 0x80

#define OPTION_EOL       0
#define OPTION_NOP       1
#define OPTION_MSS       2
#define OPTION_WSCALE    3
#define OPTION_SACK_OK   4
#define OPTION_SACK      5
#define OPTION_TIMESTAMP 8
#define OPTION_FAST_OPEN 34

#define COOKIE_BYTES 8 /* of a Fast Open cookie, in scenarios */

/* One option; value is what follows its length: MSS, shift, TSval and TSecr, block edges,
 * bytes of a cookie. */
struct segment_option {
	uint8_t kind;
	uint8_t n; /* values in use */
	bool any[8];
	uint32_t value[8];
};

struct segment {
	uint8_t flags;
	bool any_psh; /* written p: PSH may be there or not */
	bool any_win, any_options, any_ecn;
	uint8_t ecn; /* codepoint of the IP header: 1 ECT(1), 2 ECT(0), 3 CE */
	uint32_t seq, len, ack;
	uint16_t win, urg;
	uint16_t port; /* our port, in a packet of ours */
	uint8_t n_options;
	struct segment_option option[SEGMENT_OPTIONS];
};

struct wire {
	bool is_ipv6;
	uint16_t our_port, peer_port;
	uint32_t our_isn, peer_isn;
	uint32_t last_tsval;               /* what the peer echoes for TSecr * */
	uint8_t last_cookie[COOKIE_BYTES]; /* and shows for FO * */
};

/* Reads a segment from text. Returns NULL, or what is wrong with it. Any TSval, TSecr or
 * window may be left open in one that we send. */
const char *segment_read(struct segment *seg, const char *text, bool inbound);

/* Writes seg as scenarios write it; text holds SEGMENT_TEXT_MAX characters. */
void segment_write(const struct segment *seg, char *text);

/* The IP packet with which the peer sends seg, its text zeros. ip holds SEGMENT_BYTES_MAX.
 * Returns its length. */
size_t segment_encode(const struct segment *seg, const struct wire *wire, uint8_t *ip);

/* Reads an IP packet of ours. Returns NULL, or what is wrong with it: addresses,
 * lengths, the peer's port, checksums, options. */
const char *segment_decode(
    struct segment *seg, const struct wire *wire, const uint8_t *ip, size_t len);

/* Whether a segment that we sent is the expected one. */
bool segment_is(const struct segment *seg, const struct segment *expected);

/* Our address or the peer's: 4 or 16 bytes. */
const uint8_t *segment_address(bool is_ipv6, bool ours);

#endif
