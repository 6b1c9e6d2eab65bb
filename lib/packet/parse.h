/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The stages of tg_packet_parse below layer 4, private to lib/packet. Steering
 * runs the same stages, so that both read a frame alike.
 */
#ifndef TG_PACKET_PARSE_H
#define TG_PACKET_PARSE_H

#include "packet/packet.h"

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
