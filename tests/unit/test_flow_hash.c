/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "packet/flow_hash.h"

#include <stdlib.h>

#include "raw_frame.h"
#include "tap.h"

#define HASH_UNTOUCHED 0xdeadbeef

static const struct tg_siphash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

static struct raw r;
static uint32_t hash;

/* Steers r from a buffer that ends where the frame ends. */
static enum tg_steer
steer(void)
{
	struct tg_frame f = { .data = malloc(r.len + 1), .len = (uint16_t)r.len };
	enum tg_steer where;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f.data);
	f.data++; /* packets are not aligned either */
	memcpy(f.data, r.b, r.len);
	hash = HASH_UNTOUCHED;
	where = tg_flow_steer(&key, &f, &hash);
	CU_ASSERT_EQUAL(where == TG_STEER_HASH, hash != HASH_UNTOUCHED);
	free(f.data - 1);
	return where;
}

static enum tg_steer
steer_hex(const char *hex)
{
	r.len = 0;
	raw_hex(&r, hex);
	return steer();
}

static void
random_bytes(uint8_t *p, uint32_t n, uint64_t *seed)
{
	while (n-- > 0)
		*p++ = (uint8_t)raw_random(seed);
}

/* The hash of raw_tcp's flow towards raw_dst, as we who are raw_dst see it. */
static uint32_t
hash_of_raw_tcp(bool is_ipv6)
{
	union tg_ip src = { .q = { 0, 0 } }, dst = { .q = { 0, 0 } };

	memcpy(&src, is_ipv6 ? raw_src6 : raw_src4, is_ipv6 ? 16 : 4);
	memcpy(&dst, is_ipv6 ? raw_dst6 : raw_dst4, is_ipv6 ? 16 : 4);
	return tg_flow_hash(&key, is_ipv6, &src, &dst, tg_be16(40000), tg_be16(80));
}

static void
make_tcp(bool is_ipv6)
{
	if (is_ipv6)
		raw_ip6(&r, TG_IPPROTO_TCP);
	else
		raw_ip4(&r, TG_IPPROTO_TCP, "", 0);
	raw_tcp(&r, TG_TCP_SYN, "", 0, "");
	raw_seal(&r, TG_IPPROTO_TCP);
}

/* The bytes in the order of the tuple: remote, local, ports. */
static void
test_hash_of_ip4_is_siphash13_of_twelve_bytes(void)
{
	static const uint8_t tuple[12] = { 192, 0, 2, 1, 198, 51, 100, 7, 0x9c, 0x40, 0, 80 };

	CU_ASSERT_EQUAL(hash_of_raw_tcp(false), (uint32_t)tg_siphash13(&key, tuple, 12));
}

static void
test_hash_of_ip6_is_siphash13_of_thirty_six_bytes(void)
{
	uint8_t tuple[36] = { [32] = 0x9c, 0x40, 0, 80 };

	memcpy(tuple, raw_src6, 16);
	memcpy(tuple + 16, raw_dst6, 16);
	CU_ASSERT_EQUAL(hash_of_raw_tcp(true), (uint32_t)tg_siphash13(&key, tuple, 36));
}

/* Stale bytes behind an IPv4 address say nothing. */
static void
test_hash_of_ip4_reads_the_ip4_address_only(void)
{
	union tg_ip a = { .b = { 192, 0, 2, 1 } }, b = a;

	b.w[2] = 1;
	CU_ASSERT_EQUAL(
	    tg_flow_hash(&key, false, &a, &a, 1, 2), tg_flow_hash(&key, false, &b, &b, 1, 2));
}

static void
test_hash_changes_with_each_part_of_the_tuple(void)
{
	union tg_ip a = { .b = { 1 } }, b = { .b = { 2 } };
	uint32_t h[6], i, j;

	h[0] = tg_flow_hash(&key, false, &a, &b, 1, 2);
	h[1] = tg_flow_hash(&key, false, &b, &a, 1, 2);
	h[2] = tg_flow_hash(&key, false, &a, &b, 2, 1);
	h[3] = tg_flow_hash(&key, true, &a, &b, 1, 2);
	h[4] = tg_flow_hash(&key, true, &b, &a, 1, 2);
	h[5] = tg_flow_hash(&key, true, &a, &b, 2, 1);
	for (i = 0; i < 6; i++) {
		for (j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(h[i], h[j]);
	}
}

static void
test_shard_covers_all_and_never_leaves_the_range(void)
{
	uint32_t n;

	for (n = 1; n <= 128; n++) {
		CU_ASSERT_EQUAL(tg_flow_shard(0, n), 0);
		CU_ASSERT_EQUAL(tg_flow_shard(UINT32_MAX, n), n - 1);
	}
}

/* Consecutive ports of one peer, the worst input of a linear hash. 64000 flows over
 * 7 shards: 9143 each, standard deviation 88. */
static void
test_shards_share_consecutive_ports_evenly(void)
{
	union tg_ip peer = { .b = { 192, 0, 2, 1 } }, us = { .b = { 198, 51, 100, 7 } };
	uint32_t count[7] = { 0 }, i;

	for (i = 1024; i < 65024; i++)
		count[tg_flow_shard(
		    tg_flow_hash(&key, false, &peer, &us, tg_be16((uint16_t)i), tg_be16(80)), 7)]++;
	for (i = 0; i < 7; i++)
		CU_ASSERT_TRUE(count[i] > 9143 - 440 && count[i] < 9143 + 440);
}

static void
test_steer_of_tcp_names_its_flow(void)
{
	make_tcp(false);
	CU_ASSERT_EQUAL(steer(), TG_STEER_HASH);
	CU_ASSERT_EQUAL(hash, hash_of_raw_tcp(false));
	make_tcp(true);
	CU_ASSERT_EQUAL(steer(), TG_STEER_HASH);
	CU_ASSERT_EQUAL(hash, hash_of_raw_tcp(true));
}

static void
test_steer_checks_no_checksum(void)
{
	make_tcp(false);
	r.b[r.l3 + 10] ^= 1;
	r.b[r.l4 + 16] ^= 1;
	CU_ASSERT_EQUAL(steer(), TG_STEER_HASH);
	CU_ASSERT_EQUAL(hash, hash_of_raw_tcp(false));
}

static void
test_steer_of_icmp_error_meets_the_shard_of_the_flow_it_quotes(void)
{
	struct raw ours;

	/* We sent from raw_dst port 80; the flow's remote end is raw_src. */
	make_tcp(false);
	ours = r;
	memcpy(ours.b + ours.l3 + 12, raw_dst4, 4);
	memcpy(ours.b + ours.l3 + 16, raw_src4, 4);
	memcpy(ours.b + ours.l4, "\0\x50\x9c\x40", 4);
	raw_ip4(&r, TG_IPPROTO_ICMP, "", 0);
	raw_icmp(&r, 3, ours.b + ours.l3, 28);
	raw_seal(&r, TG_IPPROTO_ICMP);
	CU_ASSERT_EQUAL(steer(), TG_STEER_HASH);
	CU_ASSERT_EQUAL(hash, hash_of_raw_tcp(false));

	make_tcp(true);
	ours = r;
	memcpy(ours.b + ours.l3 + 8, raw_dst6, 16);
	memcpy(ours.b + ours.l3 + 24, raw_src6, 16);
	memcpy(ours.b + ours.l4, "\0\x50\x9c\x40", 4);
	raw_ip6(&r, TG_IPPROTO_ICMP6);
	raw_icmp(&r, 2, ours.b + ours.l3, 60);
	raw_seal(&r, TG_IPPROTO_ICMP6);
	CU_ASSERT_EQUAL(steer(), TG_STEER_HASH);
	CU_ASSERT_EQUAL(hash, hash_of_raw_tcp(true));
}

static void
test_steer_of_icmp_error_without_tcp_stays_here(void)
{
	raw_ip4(&r, TG_IPPROTO_ICMP, "", 0);
	raw_icmp(&r, 3, "", 0);
	raw_seal(&r, TG_IPPROTO_ICMP);
	CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
	raw_ip6(&r, TG_IPPROTO_ICMP6);
	raw_icmp(&r, 1, "", 0);
	raw_seal(&r, TG_IPPROTO_ICMP6);
	CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
}

static void
test_steer_of_echo_stays_here(void)
{
	CU_ASSERT_EQUAL(steer_hex(linux_echo4), TG_STEER_HERE);
	raw_ip6(&r, TG_IPPROTO_ICMP6);
	raw_icmp(&r, 128, "ping", 4);
	raw_seal(&r, TG_IPPROTO_ICMP6);
	CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
}

static void
test_steer_of_arp_and_solicitation_goes_to_all(void)
{
	CU_ASSERT_EQUAL(steer_hex(linux_arp), TG_STEER_ALL);
	r.b[21] = 2; /* a reply as well */
	CU_ASSERT_EQUAL(steer(), TG_STEER_ALL);
	CU_ASSERT_EQUAL(steer_hex(linux_solicitation), TG_STEER_ALL);
}

static void
test_steer_of_each_icmp6_type_goes_where_it_belongs(void)
{
	bool all;
	uint32_t type;

	for (type = 0; type < 256; type++) {
		raw_ip6(&r, TG_IPPROTO_ICMP6);
		raw_icmp(&r, (uint8_t)type, raw_src6, 16);
		raw_seal(&r, TG_IPPROTO_ICMP6);
		all = type == 130 || (type >= 133 && type <= 137);
		CU_ASSERT_EQUAL(steer(), all ? TG_STEER_ALL : TG_STEER_HERE);
	}
	CU_ASSERT_EQUAL(steer_hex(linux_mld_report), TG_STEER_HERE);
}

static void
test_steer_of_what_parse_drops_stays_here(void)
{
	r.len = 0;
	CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
	make_tcp(false);
	r.b[r.l3 + 9] = 17;
	CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
	make_tcp(false);
	r.b[r.l3 + 6] = 0x20; /* a fragment */
	CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
	make_tcp(true);
	r.b[r.l3 + 6] = 44;
	CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
	CU_ASSERT_EQUAL(steer_hex(linux_arp), TG_STEER_ALL);
	r.len--;
	CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
}

static void
test_steer_of_truncated_tcp_stays_here(void)
{
	uint32_t n;

	for (n = 0; n < 20; n++) {
		raw_ip6(&r, TG_IPPROTO_TCP);
		raw_add(&r, "\x9c\x40\0\x50\0\0\0\0\0\0\0\0\x50\2\0\0\0\0\0\0", n);
		raw_seal(&r, TG_IPPROTO_TCP);
		CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
	}
}

static void
test_steer_of_truncated_icmp_stays_here(void)
{
	uint32_t n;

	for (n = 0; n < 8; n++) {
		raw_ip4(&r, TG_IPPROTO_ICMP, "", 0);
		raw_add(&r, "\3\1\0\0\0\0\0", n);
		raw_seal(&r, TG_IPPROTO_ICMP);
		CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
		raw_ip6(&r, TG_IPPROTO_ICMP6);
		raw_add(&r, "\1\1\0\0\0\0\0", n);
		raw_seal(&r, TG_IPPROTO_ICMP6);
		CU_ASSERT_EQUAL(steer(), TG_STEER_HERE);
	}
}

/* A sound TCP frame of random family, addresses, ports, options, extension headers,
 * tag and padding. */
static void
make_random_tcp(uint64_t *seed)
{
	uint64_t x = raw_random(seed);
	uint32_t i;

	if (x & 1) {
		raw_ip6(&r, x & 6 ? 60 : TG_IPPROTO_TCP);
		random_bytes(r.b + r.l3 + 12, 28, seed); /* below a global prefix */
		r.b[r.l3 + 24] = 0x20;
		for (i = (x >> 1 & 3); i > 0; i--)
			raw_extension(&r, i > 1 ? 60 : TG_IPPROTO_TCP, "\1\4\0\0\0\0", 6);
	} else {
		raw_ip4(&r, TG_IPPROTO_TCP, "\1\1\1\0", x & 2 ? 4 : 0);
		random_bytes(r.b + r.l3 + 13, 3, seed);
		random_bytes(r.b + r.l3 + 17, 3, seed);
	}
	raw_tcp(&r, TG_TCP_ACK, "\1\1\1\1", x & 8 ? 4 : 0, x & 16 ? "text" : "");
	random_bytes(r.b + r.l4, 4, seed);
	if (x & 32)
		raw_tag(&r, (uint16_t)(x >> 32 & 0xeffe));
	raw_seal(&r, TG_IPPROTO_TCP);
	if (x & 64)
		raw_add(&r, "padding", 6);
}

static void
test_steer_agrees_with_parse_on_generated_frames(void)
{
	struct tg_frame f = { .data = r.b };
	struct tg_packet p;
	uint64_t seed = 11;
	uint32_t i;

	for (i = 0; i < 20000; i++) {
		make_random_tcp(&seed);
		f.len = (uint16_t)r.len;
		CU_ASSERT_EQUAL_FATAL(tg_packet_parse(&f, &p), TG_DROP_NONE);
		CU_ASSERT_EQUAL_FATAL(steer(), TG_STEER_HASH);
		CU_ASSERT_EQUAL(
		    hash, tg_flow_hash(&key, p.is_ipv6, &p.src, &p.dst, p.tcp.sport, p.tcp.dport));
	}
}

/* What holds for any frame that was accepted. */
static void
assert_sound(const struct tg_frame *f, const struct tg_packet *p)
{
	CU_ASSERT_TRUE_FATAL(p->l3_off >= 14 && p->l4_off > p->l3_off);
	CU_ASSERT_TRUE_FATAL(p->l4_off + p->l4_len <= f->len);
	CU_ASSERT_TRUE(p->vlan < 4095);
	if (p->kind != TG_PACKET_TCP)
		return;
	CU_ASSERT_TRUE_FATAL(p->tcp.text >= f->data + p->l4_off + 20);
	CU_ASSERT_PTR_EQUAL_FATAL(p->tcp.text + p->tcp.len, f->data + p->l4_off + p->l4_len);
	CU_ASSERT_EQUAL_FATAL(
	    hash, tg_flow_hash(&key, p->is_ipv6, &p->src, &p->dst, p->tcp.sport, p->tcp.dport));
}

/* Every reader of received bytes over one frame in a buffer of its exact size. */
static bool
read_everything(uint16_t flags)
{
	struct tg_frame f = { .data = malloc(r.len), .len = (uint16_t)r.len, .flags = flags };
	struct tg_packet p;
	struct tg_quote q;
	enum tg_steer where;
	enum tg_drop why;

	if (r.len > 0)
		memcpy(f.data, r.b, r.len);
	where = tg_flow_steer(&key, &f, &hash);
	why = tg_packet_parse(&f, &p);
	CU_ASSERT_TRUE_FATAL(why < TG_DROP_MAX);
	if (why == TG_DROP_NONE) {
		CU_ASSERT_FALSE_FATAL(p.kind == TG_PACKET_TCP && where != TG_STEER_HASH);
		assert_sound(&f, &p);
		if (p.kind == TG_PACKET_ICMP4 || p.kind == TG_PACKET_ICMP6)
			tg_packet_parse_quote(&f, &p, &q);
	}
	CU_ASSERT_EQUAL_FATAL(memcmp(f.data, r.b, r.len), 0);
	free(f.data);
	return why == TG_DROP_NONE;
}

/* An ICMP error with a whole frame's IP packet inside. */
static void
make_error(bool is_ipv6)
{
	struct raw ours;

	make_tcp(is_ipv6);
	ours = r;
	if (is_ipv6)
		raw_ip6(&r, TG_IPPROTO_ICMP6);
	else
		raw_ip4(&r, TG_IPPROTO_ICMP, "", 0);
	raw_icmp(&r, 3, ours.b + ours.l3, ours.len - ours.l3);
	raw_seal(&r, is_ipv6 ? TG_IPPROTO_ICMP6 : TG_IPPROTO_ICMP);
}

static void
make_seed_frame(uint64_t *seed)
{
	static const char *const hex[] = { linux_syn4, linux_syn6, linux_arp, linux_echo4,
		linux_solicitation, linux_mld_report };
	uint32_t which = (uint32_t)(raw_random(seed) % 16);

	if (which < TG_ARRAY_LEN(hex)) {
		r.len = 0;
		raw_hex(&r, hex[which]);
		r.l3 = r.l4 = 14;
	} else if (which < 9) {
		make_error(which & 1);
	} else {
		make_random_tcp(seed);
	}
}

/* Up to four bytes changed, mostly in the headers, half of them to what a length or
 * type may be; then perhaps cut. */
static void
mutate(uint64_t *seed)
{
	uint32_t n = (uint32_t)(raw_random(seed) % 5), at;
	uint64_t x;

	while (n-- > 0) {
		x = raw_random(seed);
		at = (uint32_t)(x >> 8) % (x & 1 ? r.len : TG_MIN(r.len, 64U));
		r.b[at] = (uint8_t)(x & 2 ? x >> 40 : x >> 40 & 0x0f);
	}
	x = raw_random(seed);
	if ((x & 3) == 0)
		r.len = (uint32_t)(x >> 8) % (r.len + 1);
}

/* The checksums are vouched for in most rounds, so that mutations get past them. */
static void
test_mutated_frames_are_never_read_beyond_their_end(void)
{
	uint64_t seed = 0x7469646567617465;
	uint32_t i, accepted = 0;

	for (i = 0; i < 100000; i++) {
		make_seed_frame(&seed);
		mutate(&seed);
		accepted += read_everything(i % 4 == 0 ? 0 : 0x5);
	}
	CU_ASSERT_TRUE(accepted > 20000 && accepted < 80000); /* both sides are exercised */
}

static void
test_random_bytes_behind_each_ethertype_are_never_read_beyond_their_end(void)
{
	static const uint16_t types[] = { 0x0800, 0x86dd, 0x0806, 0x8100, 0x1234 };
	uint64_t seed = 13;
	uint32_t i;

	for (i = 0; i < 50000; i++) {
		raw_eth(&r, types[i % TG_ARRAY_LEN(types)]);
		r.len = 14 + (uint32_t)(raw_random(&seed) % 120);
		random_bytes(r.b + 14, r.len - 14, &seed);
		if (i & 8) /* a plausible version and length gets further */
			r.b[14] = types[i % TG_ARRAY_LEN(types)] == 0x0800 ? 0x46 : 0x60;
		read_everything(0x5);
	}
}

/* Tuples hashed together have the hashes that each has alone. */
static void
expect_tuples(bool is_ipv6, enum tg_siphash_width width)
{
	struct tg_tuples t = { .is_ipv6 = is_ipv6 };
	uint32_t out[TG_TUPLES_MAX + 1], row, i, n;
	uint64_t random = 1;

	for (i = 0; i < TG_TUPLES_MAX; i++) {
		for (row = 0; row < 4; row++)
			t.addr[row][i] = raw_random(&random);
		t.head[i] = raw_random(&random);
	}
	for (n = 0; n <= TG_TUPLES_MAX; n++) {
		t.n = n;
		memset(out, 0x55, sizeof(out));
		tg_flow_hash_tuples(&key, width, &t, out);
		CU_ASSERT_EQUAL(out[n], 0x55555555);
		for (i = 0; i < n; i++) {
			union tg_ip src = { .q = { t.addr[0][i], t.addr[1][i] } };
			union tg_ip dst = { .q = { t.addr[2][i], t.addr[3][i] } };

			if (!is_ipv6) {
				src = (union tg_ip){ .v4 = (be32_t)t.addr[0][i] };
				dst = (union tg_ip){ .v4 = (be32_t)(t.addr[0][i] >> 32) };
			}
			CU_ASSERT_EQUAL(out[i], tg_flow_hash(&key, is_ipv6, &src, &dst,
						    (be16_t)t.head[i], (be16_t)(t.head[i] >> 16)));
		}
	}
}

static void
test_tuples_together_hash_as_each_alone(void)
{
	expect_tuples(false, TG_SIPHASH_X1);
	expect_tuples(true, TG_SIPHASH_X1);
	if (!__builtin_cpu_supports("avx2"))
		return;
	expect_tuples(false, TG_SIPHASH_X8);
	expect_tuples(true, TG_SIPHASH_X8);
	if (!__builtin_cpu_supports("avx512f"))
		return;
	expect_tuples(false, TG_SIPHASH_X16);
	expect_tuples(true, TG_SIPHASH_X16);
}

static CU_TestInfo flow_hash_tests[] = {
	{ "IPv4 hashes twelve bytes", test_hash_of_ip4_is_siphash13_of_twelve_bytes },
	{ "IPv6 hashes 36 bytes", test_hash_of_ip6_is_siphash13_of_thirty_six_bytes },
	{ "IPv4 reads the IPv4 address only", test_hash_of_ip4_reads_the_ip4_address_only },
	{ "each part of the tuple counts", test_hash_changes_with_each_part_of_the_tuple },
	{ "shards cover the range", test_shard_covers_all_and_never_leaves_the_range },
	{ "consecutive ports spread", test_shards_share_consecutive_ports_evenly },
	{ "TCP names its flow", test_steer_of_tcp_names_its_flow },
	{ "steering checks no checksum", test_steer_checks_no_checksum },
	{ "an ICMP error meets its flow",
	    test_steer_of_icmp_error_meets_the_shard_of_the_flow_it_quotes },
	{ "an ICMP error without TCP stays here", test_steer_of_icmp_error_without_tcp_stays_here },
	{ "echo stays here", test_steer_of_echo_stays_here },
	{ "ARP and solicitations go to all", test_steer_of_arp_and_solicitation_goes_to_all },
	{ "each ICMPv6 type", test_steer_of_each_icmp6_type_goes_where_it_belongs },
	{ "what parse drops stays here", test_steer_of_what_parse_drops_stays_here },
	{ "truncated TCP stays here", test_steer_of_truncated_tcp_stays_here },
	{ "truncated ICMP stays here", test_steer_of_truncated_icmp_stays_here },
	{ "steering agrees with parsing", test_steer_agrees_with_parse_on_generated_frames },
	{ "mutated frames are read within bounds",
	    test_mutated_frames_are_never_read_beyond_their_end },
	{ "random bytes are read within bounds",
	    test_random_bytes_behind_each_ethertype_are_never_read_beyond_their_end },
	{ "tuples together hash as each alone", test_tuples_together_hash_as_each_alone },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "flow hash", NULL, NULL, NULL, NULL, flow_hash_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
