/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Segments on the wire: IPv4 and IPv6, TCP, checksums.
 */
#include "segment.h"

#include <string.h>

#define IP4_BYTES       20
#define IP6_BYTES       40
#define TCP_BYTES       20
#define TCP_PROTOCOL    6
#define OPTIONS_MAX     40
#define OPTION_VALUES   8
#define TTL             64
#define DONT_FRAGMENT   0x40
#define TCP_CHECKSUM    16
#define IP4_CHECKSUM    10
#define NEXT_HEADER_IP6 6

static const uint8_t address4[2][4] = { { 198, 18, 0, 2 }, { 192, 0, 2, 1 } };
static const uint8_t address6[2][16] = {
	{ 0x20, 0x01, 0x0d, 0xb8, [7] = 1, [15] = 2 },
	{ 0x20, 0x01, 0x0d, 0xb8, [15] = 1 },
};

const uint8_t *
segment_address(bool is_ipv6, bool ours)
{
	return is_ipv6 ? address6[ours] : address4[ours];
}

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint32_t
sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get16(p + i);
	if (i < len)
		sum += (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Of len bytes of TCP under the pseudo header; 0 if the checksum in it is right. */
static uint16_t
tcp_checksum(bool is_ipv6, const uint8_t *tcp, size_t len)
{
	size_t bytes = is_ipv6 ? 16 : 4;
	uint32_t sum = TCP_PROTOCOL + (uint32_t)len;

	sum = sum16(segment_address(is_ipv6, false), bytes, sum);
	sum = sum16(segment_address(is_ipv6, true), bytes, sum);
	return fold(sum16(tcp, len, sum));
}

/* ---- Options. */

/* Bytes of each value of an option on the wire; 0: it has none. */
static const uint8_t value_bytes[] = {
	[OPTION_MSS] = 2,
	[OPTION_WSCALE] = 1,
	[OPTION_SACK] = 4,
	[OPTION_TIMESTAMP] = 4,
	[OPTION_FAST_OPEN] = 1,
};

/* What is added to value i of an option of a segment. */
static uint32_t
offset_of(const struct segment_option *o, uint32_t isn)
{
	return o->kind == OPTION_SACK ? isn : 0;
}

static uint8_t *
encode_option(uint8_t *p, const struct segment_option *o, const struct wire *wire)
{
	uint8_t i, bytes;

	*p++ = o->kind;
	if (o->kind <= OPTION_NOP)
		return p;
	bytes = o->kind < sizeof(value_bytes) ? value_bytes[o->kind] : 1;
	*p++ = (uint8_t)(2 + o->n * bytes);
	for (i = 0; i < o->n; i++, p += bytes) {
		uint32_t v = o->value[i] + offset_of(o, wire->our_isn);

		if (o->any[i])
			v = bytes == 1 ? wire->last_cookie[i] : wire->last_tsval;

		if (bytes == 1)
			*p = (uint8_t)v;
		else if (bytes == 2)
			put16(p, v);
		else
			put32(p, v);
	}
	return p;
}

static size_t
encode_options(uint8_t *p, const struct segment *seg, const struct wire *wire)
{
	uint8_t *end = p;
	uint8_t i;

	for (i = 0; i < seg->n_options; i++)
		end = encode_option(end, &seg->option[i], wire);
	while ((end - p) % 4 != 0)
		*end++ = OPTION_EOL;
	return (size_t)(end - p);
}

/* Returns the bytes read, 0 if it cannot be one of ours. */
static size_t
decode_option(struct segment_option *o, const uint8_t *p, size_t len, uint32_t isn)
{
	uint8_t bytes;

	*o = (struct segment_option){ .kind = p[0] };
	if (o->kind <= OPTION_NOP)
		return 1;
	if (len < 2 || p[1] < 2 || p[1] > len || o->kind >= sizeof(value_bytes))
		return 0;
	bytes = value_bytes[o->kind];
	if (bytes == 0)
		return p[1] == 2 && o->kind == OPTION_SACK_OK ? 2 : 0;
	if ((p[1] - 2) % bytes != 0 || (p[1] - 2) / bytes > OPTION_VALUES)
		return 0;
	for (; o->n < (p[1] - 2) / bytes; o->n++) {
		const uint8_t *v = p + 2 + o->n * bytes;
		uint32_t value = bytes == 1 ? *v : bytes == 2 ? get16(v) : get32(v);

		o->value[o->n] = value - offset_of(o, isn);
	}
	return p[1];
}

static bool
decode_options(struct segment *seg, const uint8_t *p, size_t len, uint32_t isn)
{
	size_t n;

	for (; len != 0; p += n, len -= n) {
		if (seg->n_options == SEGMENT_OPTIONS)
			return false;
		n = decode_option(&seg->option[seg->n_options++], p, len, isn);
		if (n == 0)
			return false;
	}
	return true;
}

/* ---- Whole packets. */

static size_t
encode_ip(const struct wire *wire, uint8_t *ip, size_t tcp_bytes, uint8_t ecn)
{
	size_t bytes = wire->is_ipv6 ? 16 : 4, at = wire->is_ipv6 ? 8 : 12;
	size_t header = wire->is_ipv6 ? IP6_BYTES : IP4_BYTES;

	memset(ip, 0, header);
	if (wire->is_ipv6) {
		ip[0] = 0x60;
		ip[1] = (uint8_t)(ecn << 4);
		put16(ip + 4, (uint32_t)tcp_bytes);
		ip[NEXT_HEADER_IP6] = TCP_PROTOCOL;
		ip[7] = TTL;
	} else {
		ip[0] = 0x45;
		ip[1] = ecn;
		put16(ip + 2, (uint32_t)(header + tcp_bytes));
		ip[6] = DONT_FRAGMENT;
		ip[8] = TTL;
		ip[9] = TCP_PROTOCOL;
	}
	memcpy(ip + at, segment_address(wire->is_ipv6, false), bytes);
	memcpy(ip + at + bytes, segment_address(wire->is_ipv6, true), bytes);
	if (!wire->is_ipv6)
		put16(ip + IP4_CHECKSUM, fold(sum16(ip, header, 0)));
	return header;
}

size_t
segment_encode(const struct segment *seg, const struct wire *wire, uint8_t *ip)
{
	uint8_t *tcp = ip + (wire->is_ipv6 ? IP6_BYTES : IP4_BYTES);
	size_t options = encode_options(tcp + TCP_BYTES, seg, wire);
	size_t bytes = TCP_BYTES + options + seg->len;

	put16(tcp, wire->peer_port);
	put16(tcp + 2, wire->our_port);
	put32(tcp + 4, seg->seq + wire->peer_isn);
	put32(tcp + 8, (seg->flags & FLAG_ACK) != 0 ? seg->ack + wire->our_isn : 0);
	tcp[12] = (uint8_t)((TCP_BYTES + options) / 4 << 4);
	tcp[13] = seg->flags;
	put16(tcp + 14, seg->win);
	put16(tcp + TCP_CHECKSUM, 0);
	put16(tcp + 18, seg->urg);
	memset(tcp + TCP_BYTES + options, 0, seg->len);
	put16(tcp + TCP_CHECKSUM, tcp_checksum(wire->is_ipv6, tcp, bytes));
	return encode_ip(wire, ip, bytes, seg->ecn) + bytes;
}

/* Returns where TCP begins; 0 if this is no packet from us to the peer. */
static size_t
decode_ip(const struct wire *wire, const uint8_t *ip, size_t len)
{
	size_t bytes = wire->is_ipv6 ? 16 : 4, at = wire->is_ipv6 ? 8 : 12;
	size_t header = wire->is_ipv6 ? IP6_BYTES : IP4_BYTES;
	bool ok;

	if (len < header + TCP_BYTES)
		return 0;
	if (wire->is_ipv6)
		ok = ip[0] >> 4 == 6 && ip[NEXT_HEADER_IP6] == TCP_PROTOCOL &&
		     get16(ip + 4) + header == len;
	else
		ok = ip[0] == 0x45 && ip[9] == TCP_PROTOCOL && get16(ip + 2) == len &&
		     fold(sum16(ip, header, 0)) == 0;
	ok = ok && memcmp(ip + at, segment_address(wire->is_ipv6, true), bytes) == 0 &&
	     memcmp(ip + at + bytes, segment_address(wire->is_ipv6, false), bytes) == 0;
	return ok ? header : 0;
}

const char *
segment_decode(struct segment *seg, const struct wire *wire, const uint8_t *ip, size_t len)
{
	size_t at = decode_ip(wire, ip, len), header;
	const uint8_t *tcp = ip + at;

	*seg = (struct segment){ 0 };
	seg->ecn = wire->is_ipv6 ? ip[1] >> 4 & 3 : ip[1] & 3;
	if (at == 0)
		return "not an IP packet from us to the peer";
	header = (size_t)(tcp[12] >> 4) * 4;
	if (header < TCP_BYTES || at + header > len)
		return "its data offset is wrong";
	if (tcp_checksum(wire->is_ipv6, tcp, len - at) != 0)
		return "its checksum is wrong";
	if (get16(tcp + 2) != wire->peer_port)
		return "it goes to another port";
	seg->port = get16(tcp);
	seg->seq = get32(tcp + 4) - wire->our_isn;
	seg->flags = tcp[13];
	seg->ack = (seg->flags & FLAG_ACK) != 0 ? get32(tcp + 8) - wire->peer_isn : 0;
	seg->win = get16(tcp + 14);
	seg->urg = get16(tcp + 18);
	seg->len = (uint32_t)(len - at - header);
	if (!decode_options(seg, tcp + TCP_BYTES, header - TCP_BYTES, wire->peer_isn))
		return "its options cannot be read";
	return NULL;
}

static bool
option_is(const struct segment_option *o, const struct segment_option *expected)
{
	uint8_t i;

	if (o->kind != expected->kind || o->n != expected->n)
		return false;
	for (i = 0; i < o->n; i++)
		if (!expected->any[i] && o->value[i] != expected->value[i])
			return false;
	return true;
}

static bool
options_are(const struct segment *seg, const struct segment *expected)
{
	uint8_t i;

	if (expected->any_options)
		return true;
	if (seg->n_options != expected->n_options)
		return false;
	for (i = 0; i < seg->n_options; i++)
		if (!option_is(&seg->option[i], &expected->option[i]))
			return false;
	return true;
}

bool
segment_is(const struct segment *seg, const struct segment *expected)
{
	uint8_t differ = seg->flags ^ expected->flags;

	if (expected->any_psh)
		differ &= (uint8_t)~FLAG_PSH;
	if (!expected->any_ecn && seg->ecn != expected->ecn)
		return false;
	return differ == 0 && seg->seq == expected->seq && seg->len == expected->len &&
	       seg->ack == expected->ack && seg->urg == expected->urg &&
	       (expected->any_win || seg->win == expected->win) && options_are(seg, expected);
}
