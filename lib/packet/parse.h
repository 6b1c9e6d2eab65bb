/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The stages of tg_packet_parse below layer 4, private to lib/packet. Steering
 * runs the same stages, so that both read a frame alike.
 */
#ifndef TG_PACKET_PARSE_H
#define TG_PACKET_PARSE_H

#include "packet/packet.h"

#define TG_IP4_DONT_FRAGMENT 0x4000
#define TG_IP4_FRAGMENT_MASK 0x3fff /* more fragments, and the offset */

/* Sources that no packet may carry: 0/8, 127/8, and from 224/4 up: multicast, class E,
 * broadcast. */
static inline bool
tg_ip4_source_refused(const uint8_t *src)
{
	return src[0] == 0 || src[0] == 127 || src[0] >= 224;
}

/* Ethernet, tag, and ARP or IP: fills all of pkt but tcp, kind included.
 * ip_csum: what is known of the IPv4 header checksum; NONE skips it. */
enum tg_drop tg_parse_l3(
    const struct tg_frame *frame, enum tg_rx_csum ip_csum, struct tg_packet *pkt);

/* One IP header with what stands between it and layer 4. p: the header, avail bytes
 * to the end of the frame; pkt->l3_off is its offset. Fills the IP fields of pkt
 * and *proto. */
enum tg_drop tg_parse_ip4(
    const uint8_t *p, uint32_t avail, enum tg_rx_csum csum, struct tg_packet *pkt, uint8_t *proto);
enum tg_drop tg_parse_ip6(const uint8_t *p, uint32_t avail, struct tg_packet *pkt, uint8_t *proto);

#endif
