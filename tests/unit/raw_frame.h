/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Frames written byte by byte, without help from lib/packet: what a test expects
 * must not come from what it tests.
 *
 * A frame grows by raw_* calls from the front; raw_seal then fills in lengths and
 * checksums, so a test can spoil a byte before it (a wrong field under a right
 * checksum) or after it (a wrong checksum).
 */
#ifndef TG_TESTS_RAW_FRAME_H
#define TG_TESTS_RAW_FRAME_H

#include <stdint.h>
#include <string.h>

struct raw {
	uint8_t b[2048];
	uint32_t len;
	uint32_t l3; /* offset of the IP header */
	uint32_t l4; /* offset of the last header begun */
};

static const uint8_t raw_src4[4] = { 192, 0, 2, 1 }, raw_dst4[4] = { 198, 51, 100, 7 };
static const uint8_t raw_src6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static const uint8_t raw_dst6[16] = { 0x20, 0x01, 0x0d, 0xb8, [14] = 7, [15] = 2 };

/* Frames that Linux 6 sent from a tap device. */
static const char linux_syn4[] =
    "02000000000202000000000108004500003c1887400040069e31c0000201c00002029340005089991d60000000"
    "00a002faf0c0330000020405b40402080a2f189f32000000000103030a";
static const char linux_syn6[] =
    "02000000000202000000000186dd600272a40028064020010db800000000000000000000000120010db8000000"
    "000000000000000002dde40050d7a4d93700000000a002fd201f570000020405a00402080acaa7766b00000000"
    "0103030a";
static const char linux_arp[] =
    "ffffffffffff02000000000108060001080006040001020000000001c0000201000000000000c0000202";
static const char linux_echo4[] =
    "020000000002020000000001080045000054ea9540004001cc0fc0000201c0000202080020272c630001d72603"
    "6b000000000a10080000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
    "3031323334353637";
static const char linux_solicitation[] =
    "3333ff00000202000000000186dd6000000000203aff20010db8000000000000000000000001ff020000000000"
    "0000000001ff00000287001c270000000020010db8000000000000000000000002010102000000"
    "0001";
static const char linux_mld_report[] =
    "33330000001602000000000186dd6000000000240001000000000000000000000000"
    "00000000ff0200000000000000000000000000163a000502000001008f006f89000000010400"
    "0000ff0200000000000000000001ff000001";

/* xorshift64: the same numbers in every run. */
static inline uint64_t
raw_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline uint8_t *
raw_add(struct raw *r, const void *bytes, uint32_t n)
{
	uint8_t *at = r->b + r->len;

	if (n != 0) /* bytes may be NULL then */
		memcpy(at, bytes, n);
	r->len += n;
	return at;
}

static inline void
raw_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Sixteen bits at a time, as RFC 1071 section 1 words it; adds to sum. */
static inline uint32_t
raw_sum(uint32_t sum, const uint8_t *p, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++) {
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static inline void
raw_hex(struct raw *r, const char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (; hex[0] != '\0'; hex += 2)
		r->b[r->len++] = (uint8_t)((strchr(digits, hex[0]) - digits) << 4 |
					   (strchr(digits, hex[1]) - digits));
}

static inline void
raw_eth(struct raw *r, uint16_t ethertype)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };

	r->len = 0;
	raw_add(r, macs, sizeof(macs));
	raw_put16(r->b + r->len, ethertype);
	r->len += 2;
	r->l3 = r->l4 = r->len;
}

/* One tag in front of the EtherType. */
static inline void
raw_tag(struct raw *r, uint16_t tci)
{
	memmove(r->b + 16, r->b + 12, r->len - 12);
	raw_put16(r->b + 12, 0x8100);
	raw_put16(r->b + 14, tci);
	r->len += 4;
	r->l3 += 4;
	r->l4 += 4;
}

/* options: n bytes, a multiple of four. */
static inline void
raw_ip4(struct raw *r, uint8_t proto, const void *options, uint32_t n)
{
	uint8_t h[20] = { [0] = (uint8_t)(0x45 + n / 4), [6] = 0x40, [8] = 64, [9] = proto };

	raw_eth(r, 0x0800);
	memcpy(h + 12, raw_src4, 4);
	memcpy(h + 16, raw_dst4, 4);
	raw_add(r, h, sizeof(h));
	raw_add(r, options, n);
	r->l4 = r->len;
}

static inline void
raw_ip6(struct raw *r, uint8_t next)
{
	uint8_t h[40] = { [0] = 0x60, [6] = next, [7] = 64 };

	raw_eth(r, 0x86dd);
	memcpy(h + 8, raw_src6, 16);
	memcpy(h + 24, raw_dst6, 16);
	raw_add(r, h, sizeof(h));
	r->l4 = r->len;
}

/* An extension header: type and length bytes, then n of its own, 2 + n a multiple of 8. */
static inline void
raw_extension(struct raw *r, uint8_t next, const void *bytes, uint32_t n)
{
	uint8_t h[2] = { next, (uint8_t)((2 + n) / 8 - 1) };

	raw_add(r, h, sizeof(h));
	raw_add(r, bytes, n);
	r->l4 = r->len;
}

/* A TCP header from port 40000 to 80, n bytes of options, then text. */
static inline void
raw_tcp(struct raw *r, uint8_t flags, const void *options, uint32_t n, const char *text)
{
	uint8_t h[20] = { 0x9c, 0x40, 0, 80, 0xff, 0xff, 0xff, 0xf0, 0x12, 0x34, 0x56, 0x78,
		(uint8_t)((20 + n) / 4 << 4), flags, 0x72, 0x10, 0, 0, 0xab, 0xcd };

	raw_add(r, h, sizeof(h));
	raw_add(r, options, n);
	raw_add(r, text, (uint32_t)strlen(text));
}

/* An ICMP or ICMPv6 header and n bytes behind its first eight. */
static inline void
raw_icmp(struct raw *r, uint8_t type, const void *bytes, uint32_t n)
{
	uint8_t h[8] = { type };

	raw_add(r, h, sizeof(h));
	raw_add(r, bytes, n);
}

static inline uint32_t
raw_pseudo(const struct raw *r, uint8_t proto, uint32_t l4_len)
{
	const uint8_t *ip = r->b + r->l3;
	uint32_t sum = l4_len + proto;

	return ip[0] >> 4 == 4 ? raw_sum(sum, ip + 12, 8) : raw_sum(sum, ip + 8, 32);
}

static inline void
raw_seal_l4(struct raw *r, uint8_t proto)
{
	uint32_t len = r->len - r->l4, sum = proto == 1 ? 0 : raw_pseudo(r, proto, len);
	uint8_t *csum = r->b + r->l4 + (proto == 6 ? 16 : 2);

	if (r->b + r->len < csum + 2)
		return;
	raw_put16(csum, 0);
	raw_put16(csum, ~raw_sum(sum, r->b + r->l4, len));
}

/* Lengths and checksums of IP and of proto behind it. */
static inline void
raw_seal(struct raw *r, uint8_t proto)
{
	uint8_t *ip = r->b + r->l3;

	if (ip[0] >> 4 == 4) {
		raw_put16(ip + 2, r->len - r->l3);
		raw_put16(ip + 10, 0);
		raw_put16(ip + 10, ~raw_sum(0, ip, (ip[0] & 15) * 4U));
	} else {
		raw_put16(ip + 4, r->len - r->l3 - 40);
	}
	raw_seal_l4(r, proto);
}

#endif
