/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SYNs of a flood, and replies to them.
 */
#include "flood_fixture.h"

/* ---- Sources. */

/* Takes all tuples once and says whether each came once. */
static bool
covers_all(const struct tg_flood_config *config, uint32_t n)
{
	static uint8_t seen[1 << 16];
	uint32_t ports = (uint32_t)config->port_max - config->port_min + 1, i, at;
	struct tg_packet pkt;

	memset(seen, 0, sizeof(seen));
	for (i = 0; i < n; i++) {
		pkt = next_syn(TG_NS_PER_SEC);
		at = offset_of(&pkt) * ports + tg_host16(pkt.tcp.sport) - config->port_min;
		if (at >= n || seen[at]++ != 0)
			return false;
	}
	return true;
}

static void
test_every_order_uses_each_tuple_once_and_then_again(void)
{
	static const struct {
		uint8_t bits;
		uint16_t port_min, port_max;
	} space[] = { { 0, 80, 80 }, { 0, 1024, 1026 }, { 3, 5000, 5000 }, { 4, 1, 1000 },
		{ 6, 65000, 65535 }, { 8, 1024, 1151 }, { 1, 32768, 60999 } };
	enum tg_flood_order order;
	unsigned i, round;

	for (i = 0; i < TG_ARRAY_LEN(space); i++)
		for (order = TG_FLOOD_RANDOM; order <= TG_FLOOD_SEQUENTIAL; order++) {
			struct tg_flood_config config = plain4;
			uint32_t n = (uint32_t)(space[i].port_max - space[i].port_min + 1)
				     << space[i].bits;

			config.source_bits = space[i].bits;
			config.port_min = space[i].port_min;
			config.port_max = space[i].port_max;
			config.order = order;
			begin(&config);
			CU_ASSERT_EQUAL(tg_flood_tuples(flood), n);
			for (round = 0; round < 2; round++)
				CU_ASSERT_TRUE(covers_all(&config, n));
			end();
		}
}

/* How many of the first 256 SYNs differ from those of another flood. */
static uint32_t
differing(const struct tg_flood_config *a, const struct tg_flood_config *b)
{
	struct tg_packet first[256], other;
	uint32_t i, n = 0;

	begin(a);
	for (i = 0; i < 256; i++)
		first[i] = next_syn(TG_NS_PER_SEC);
	end();
	begin(b);
	for (i = 0; i < 256; i++) {
		other = next_syn(TG_NS_PER_SEC);
		n += !tg_ip_equal(&first[i].src, &other.src) ||
		     first[i].tcp.sport != other.tcp.sport || first[i].tcp.seq != other.tcp.seq;
	}
	end();
	return n;
}

static void
test_same_key_gives_the_same_syns_and_another_gives_others(void)
{
	struct tg_flood_config other = plain4;

	CU_ASSERT_EQUAL(differing(&plain4, &plain4), 0);
	other.key.k[1]++;
	CU_ASSERT_TRUE(differing(&plain4, &other) > 250);
}

static void
test_random_order_spreads_over_addresses_and_ports(void)
{
	uint32_t low_address = 0, low_port = 0, i;
	struct tg_packet pkt;

	begin(&plain4);
	for (i = 0; i < 4096; i++) {
		pkt = next_syn(TG_NS_PER_SEC);
		low_address += offset_of(&pkt) < 1U << (plain4.source_bits - 1);
		low_port += tg_host16(pkt.tcp.sport) < 33280;
	}
	CU_ASSERT_TRUE(low_address > 1800 && low_address < 2300);
	CU_ASSERT_TRUE(low_port > 1800 && low_port < 2300);
	end();
}

static void
test_sequential_order_goes_port_by_port(void)
{
	struct tg_flood_config config = plain4;
	struct tg_packet pkt;
	uint32_t i;

	config.order = TG_FLOOD_SEQUENTIAL;
	config.port_min = 1000;
	config.port_max = 1002;
	begin(&config);
	for (i = 0; i < 9; i++) {
		pkt = next_syn(TG_NS_PER_SEC);
		CU_ASSERT_EQUAL(offset_of(&pkt), i / 3);
		CU_ASSERT_EQUAL(tg_host16(pkt.tcp.sport), 1000 + i % 3);
	}
	end();
}

/* ---- SYNs: next_syn asserts that each parses, checksums included. */

static void
test_syn_goes_from_the_prefix_to_the_target(void)
{
	static const struct tg_flood_config *const config[] = { &plain4, &plain6 };
	struct tg_packet pkt;
	unsigned i, k;

	for (i = 0; i < TG_ARRAY_LEN(config); i++) {
		begin(config[i]);
		for (k = 0; k < 1000; k++) {
			pkt = next_syn(TG_NS_PER_SEC);
			CU_ASSERT_EQUAL(pkt.is_ipv6, config[i]->is_ipv6);
			CU_ASSERT_TRUE(tg_ip_equal(&pkt.dst, &config[i]->target));
			CU_ASSERT_TRUE(is_from_prefix(&pkt));
			CU_ASSERT_EQUAL(pkt.tcp.dport, config[i]->port);
			CU_ASSERT_EQUAL(pkt.tcp.flags, TG_TCP_SYN);
			CU_ASSERT_EQUAL(pkt.tcp.len, 0);
		}
		CU_ASSERT_EQUAL(memcmp(frame_room, peer_mac, 6), 0);
		CU_ASSERT_EQUAL(memcmp(frame_room + 6, own_mac, 6), 0);
		end();
	}
}

static void
test_whole_address_space_as_sources(void)
{
	struct tg_flood_config config = plain4;
	uint32_t i, high = 0;

	config.sources.v4 = 0;
	config.source_bits = 32;
	begin(&config);
	CU_ASSERT_EQUAL(tg_flood_tuples(flood), 64512ULL << 32);
	for (i = 0; i < 100; i++) {
		uint8_t *to = frame_room;

		tg_flood_make(flood, TG_NS_PER_SEC, &to, 1);
		high += frame_room[TG_ETH_HEADER_BYTES + 12] >= 128;
	}
	CU_ASSERT_TRUE(high > 20 && high < 80);
	end();
}

static void
test_syn_carries_the_options_asked_for(void)
{
	static const struct {
		enum tg_flood_options options;
		uint8_t present;
		uint32_t bytes4, bytes6;
	} row[] = {
		{ TG_FLOOD_OPTIONS_NONE, 0, 54, 74 },
		{ TG_FLOOD_OPTIONS_MSS, TG_OPT_MSS, 58, 78 },
		{ TG_FLOOD_OPTIONS_LINUX,
		    TG_OPT_MSS | TG_OPT_SACK_OK | TG_OPT_TIMESTAMP | TG_OPT_WSCALE, 74, 94 },
	};
	struct tg_packet pkt;
	unsigned i, ip6;

	for (i = 0; i < TG_ARRAY_LEN(row); i++)
		for (ip6 = 0; ip6 < 2; ip6++) {
			struct tg_flood_config config = ip6 ? plain6 : plain4;

			config.options = row[i].options;
			begin(&config);
			pkt = next_syn(5000 * TG_NS_PER_MS);
			CU_ASSERT_EQUAL(pkt.tcp.opt.present, row[i].present);
			CU_ASSERT_EQUAL(
			    tg_flood_syn_bytes(flood), ip6 ? row[i].bytes6 : row[i].bytes4);
			if (i > 0)
				CU_ASSERT_EQUAL(pkt.tcp.opt.mss, ip6 ? 1440 : 1460);
			if (i > 1)
				CU_ASSERT_EQUAL(pkt.tcp.opt.wscale, 7);
			end();
		}
}

static void
test_timestamp_moves_with_time_and_checksums_with_it(void)
{
	struct tg_flood_config config = plain4;
	uint32_t i, last = 0;
	struct tg_packet pkt;

	config.options = TG_FLOOD_OPTIONS_LINUX;
	begin(&config);
	for (i = 1; i < 200; i++) {
		/* Sums wrap, too. */
		pkt = next_syn((uint64_t)i * 0x1234567890aULL);
		CU_ASSERT_TRUE(pkt.tcp.opt.tsval > last);
		last = pkt.tcp.opt.tsval;
	}
	pkt = next_syn(199 * 0x1234567890aULL);
	CU_ASSERT_EQUAL(pkt.tcp.opt.tsval, last);
	end();
}

static void
test_sent_and_unsent_syns_count(void)
{
	begin(&plain4);
	(void)next_syn(TG_NS_PER_SEC);
	CU_ASSERT_EQUAL(count(TG_FLOOD_SYNS), 0); /* it is not on its way yet */
	tg_flood_sent(flood, 5);
	tg_flood_unsent(flood, 7);
	CU_ASSERT_EQUAL(count(TG_FLOOD_SYNS), 5);
	CU_ASSERT_EQUAL(count(TG_FLOOD_UNSENT), 7);
	end();
}

/* ---- Replies. */

static void
test_replies_count_by_kind(void)
{
	static const struct {
		uint8_t flags;
		enum tg_flood_count count;
	} row[] = {
		{ TG_TCP_SYN | TG_TCP_ACK, TG_FLOOD_SYN_ACKS },
		{ TG_TCP_SYN | TG_TCP_ACK | TG_TCP_ECE, TG_FLOOD_SYN_ACKS },
		{ TG_TCP_RST | TG_TCP_ACK, TG_FLOOD_RESETS },
		{ TG_TCP_RST, TG_FLOOD_RESETS },
		{ TG_TCP_SYN, TG_FLOOD_OTHERS }, /* the SYN itself, turned round */
		{ TG_TCP_ACK, TG_FLOOD_OTHERS },
		{ TG_TCP_FIN | TG_TCP_ACK, TG_FLOOD_OTHERS },
		{ TG_TCP_SYN | TG_TCP_ACK | TG_TCP_FIN, TG_FLOOD_OTHERS },
		{ TG_TCP_SYN | TG_TCP_ACK | TG_TCP_RST, TG_FLOOD_RESETS },
	};
	unsigned i, ip6;

	for (i = 0; i < TG_ARRAY_LEN(row); i++)
		for (ip6 = 0; ip6 < 2; ip6++) {
			struct tg_packet syn;

			begin(ip6 ? &plain6 : &plain4);
			syn = next_syn(TG_NS_PER_SEC);
			make_reply(&syn,
			    &(struct tg_segment){ .flags = row[i].flags, .ack = syn.tcp.seq + 1 });
			CU_ASSERT_EQUAL(take(), TG_FLOOD_DONE);
			CU_ASSERT_EQUAL(count(row[i].count), 1);
			CU_ASSERT_EQUAL(replies(), 1);
			end();
		}
}

static void
test_frame_for_another_is_foreign_and_untouched(void)
{
	/* Offsets of IPv4 and IPv6 whose change makes the frame another's. */
	static const uint16_t at4[] = { 12, 14, 23, 26, 29, 30, 31, 34, 35 };
	static const uint16_t at6[] = { 12, 20, 22, 37, 38, 49, 50, 51, 54, 55 };
	uint8_t before[TG_FLOOD_ANSWER_ROOM];
	unsigned i, ip6;

	for (ip6 = 0; ip6 < 2; ip6++)
		for (i = 0; i < (ip6 ? TG_ARRAY_LEN(at6) : TG_ARRAY_LEN(at4)); i++) {
			struct tg_packet syn;

			begin(ip6 ? &plain6 : &plain4);
			syn = next_syn(TG_NS_PER_SEC);
			make_reply(&syn, &(struct tg_segment){ .flags = TG_TCP_SYN | TG_TCP_ACK });
			frame_room[ip6 ? at6[i] : at4[i]] ^= 0x10;
			memcpy(before, frame_room, frame_len);
			CU_ASSERT_EQUAL(take(), TG_FLOOD_FOREIGN);
			CU_ASSERT_EQUAL(memcmp(before, frame_room, frame_len), 0);
			CU_ASSERT_EQUAL(replies(), 0);
			end();
		}
}

static void
test_short_frame_is_foreign(void)
{
	unsigned ip6;

	for (ip6 = 0; ip6 < 2; ip6++) {
		struct tg_packet syn;

		begin(ip6 ? &plain6 : &plain4);
		syn = next_syn(TG_NS_PER_SEC);
		make_reply(&syn, &(struct tg_segment){ .flags = TG_TCP_SYN | TG_TCP_ACK });
		frame_len--;
		CU_ASSERT_EQUAL(take(), TG_FLOOD_FOREIGN);
		frame_len = 0;
		CU_ASSERT_EQUAL(take(), TG_FLOOD_FOREIGN);
		end();
	}
}

static void
test_broken_reply_counts_and_is_not_read(void)
{
	struct tg_flood_config config = plain4;
	struct tg_packet syn;

	config.complete_every = 1;
	begin(&config);
	syn = next_syn(TG_NS_PER_SEC);
	make_reply(&syn, &(struct tg_segment){ .flags = TG_TCP_ACK });
	frame_room[TG_ETH_HEADER_BYTES + 3]++; /* longer than the frame */
	CU_ASSERT_EQUAL(take(), TG_FLOOD_DONE);
	make_reply(&syn, &(struct tg_segment){ .flags = TG_TCP_ACK });
	frame_room[TG_ETH_HEADER_BYTES + TG_IP4_HEADER_BYTES + 12] = 0x40; /* header too short */
	CU_ASSERT_EQUAL(take(), TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(count(TG_FLOOD_OTHERS), 2);
	make_reply(
	    &syn, &(struct tg_segment){ .flags = TG_TCP_SYN | TG_TCP_ACK, .ack = syn.tcp.seq + 1 });
	frame_room[TG_ETH_HEADER_BYTES + TG_IP4_HEADER_BYTES + 12] = 0xf0; /* beyond the frame */
	CU_ASSERT_EQUAL(take(), TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(count(TG_FLOOD_SYN_ACKS), 1);
	CU_ASSERT_EQUAL(count(TG_FLOOD_COMPLETED), 0);
	end();
}

/* Down to lengths of less than the IP header, which say that TCP has less than nothing. */
static void
test_reply_that_says_it_is_short_is_not_read(void)
{
	uint32_t ip6, said;

	for (ip6 = 0; ip6 < 2; ip6++) {
		struct tg_flood_config config = ip6 ? plain6 : plain4;
		uint32_t at = TG_ETH_HEADER_BYTES + (ip6 ? 4 : 2), least = ip6 ? 20 : 40;
		struct tg_packet syn;

		config.check_every = 1;
		config.complete_every = 1;
		begin(&config);
		syn = next_syn(TG_NS_PER_SEC);
		for (said = 0; said < least; said++) {
			make_reply(&syn, &(struct tg_segment){ .flags = TG_TCP_SYN | TG_TCP_ACK,
					     .ack = syn.tcp.seq + 1 });
			tg_store16(frame_room + at, (uint16_t)said);
			CU_ASSERT_EQUAL(take(), TG_FLOOD_DONE);
		}
		CU_ASSERT_EQUAL(count(TG_FLOOD_BAD_CHECKSUM), least);
		CU_ASSERT_EQUAL(count(TG_FLOOD_COMPLETED), 0);
		end();
	}
}

static void
test_burst_gives_each_its_verdict(void)
{
	static uint8_t room[4][TG_FLOOD_ANSWER_ROOM];
	uint8_t *data[4] = { room[0], room[1], room[2], room[3] }, verdict[4];
	struct tg_flood_config config = plain4;
	uint16_t len[4];
	unsigned i;

	config.complete_every = 1;
	begin(&config);
	for (i = 0; i < 4; i++) {
		struct tg_packet syn = next_syn(TG_NS_PER_SEC);

		make_reply(&syn,
		    &(struct tg_segment){ .flags = i == 3 ? TG_TCP_SYN | TG_TCP_ACK : TG_TCP_RST,
			.ack = syn.tcp.seq + 1 });
		if (i == 1)
			frame_room[12] = 0x86;
		memcpy(room[i], frame_room, frame_len);
		len[i] = frame_len;
	}
	CU_ASSERT_EQUAL(tg_flood_take(flood, TG_NS_PER_SEC, data, len, verdict, 4), 2);
	CU_ASSERT_EQUAL(verdict[0], TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(verdict[1], TG_FLOOD_FOREIGN);
	CU_ASSERT_EQUAL(verdict[2], TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(verdict[3], TG_FLOOD_ANSWER);
	end();
}

/* ---- The sample that is checked. */

static void
test_check_finds_each_wrong_byte(void)
{
	unsigned ip6, at;

	for (ip6 = 0; ip6 < 2; ip6++) {
		struct tg_flood_config config = ip6 ? plain6 : plain4;
		uint32_t l4 = ip6 ? 54 : 34;

		config.check_every = 1;
		/* What does not make it another's: sequence number to urgent pointer. */
		for (at = l4 + 14; at < l4 + 20; at++) {
			struct tg_packet syn;

			begin(&config);
			syn = next_syn(TG_NS_PER_SEC);
			make_reply(&syn, &(struct tg_segment){ .flags = TG_TCP_SYN | TG_TCP_ACK,
					     .ack = syn.tcp.seq + 1 });
			CU_ASSERT_EQUAL(take(), TG_FLOOD_DONE);
			CU_ASSERT_EQUAL(count(TG_FLOOD_BAD_CHECKSUM), 0);
			frame_room[at] ^= 1;
			CU_ASSERT_EQUAL(take(), TG_FLOOD_DONE);
			CU_ASSERT_EQUAL(count(TG_FLOOD_BAD_CHECKSUM), 1);
			CU_ASSERT_EQUAL(count(TG_FLOOD_BAD_ACK), 0);
			CU_ASSERT_EQUAL(count(TG_FLOOD_CHECKED), 2);
			end();
		}
	}
}

static void
test_check_finds_a_wrong_ip_checksum(void)
{
	struct tg_flood_config config = plain4;
	struct tg_packet syn;

	config.check_every = 1;
	begin(&config);
	syn = next_syn(TG_NS_PER_SEC);
	make_reply(&syn, &(struct tg_segment){ .flags = TG_TCP_RST });
	frame_room[TG_ETH_HEADER_BYTES + 8]--; /* time to live */
	CU_ASSERT_EQUAL(take(), TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(count(TG_FLOOD_BAD_CHECKSUM), 1);
	CU_ASSERT_EQUAL(count(TG_FLOOD_RESETS), 1);
	end();
}

static void
test_check_leaves_checksums_alone_that_the_port_keeps_unfinished(void)
{
	struct tg_flood_config config = plain4;
	struct tg_packet syn;

	config.check_every = 1;
	config.check_sums = false;
	begin(&config);
	syn = next_syn(TG_NS_PER_SEC);
	make_reply(&syn, &(struct tg_segment){ .flags = TG_TCP_SYN | TG_TCP_ACK, .ack = 1 });
	frame_room[50] ^= 1;
	CU_ASSERT_EQUAL(take(), TG_FLOOD_DONE);
	CU_ASSERT_EQUAL(count(TG_FLOOD_BAD_CHECKSUM), 0);
	CU_ASSERT_EQUAL(count(TG_FLOOD_BAD_ACK), 1);
	end();
}

static void
test_check_looks_at_one_in_n(void)
{
	struct tg_flood_config config = plain4;
	struct tg_packet syn;
	uint32_t i;

	config.check_every = 8;
	begin(&config);
	for (i = 0; i < 80; i++) {
		syn = next_syn(TG_NS_PER_SEC);
		make_reply(&syn, &(struct tg_segment){ .flags = TG_TCP_RST });
		CU_ASSERT_EQUAL(take(), TG_FLOOD_DONE);
	}
	CU_ASSERT_EQUAL(count(TG_FLOOD_CHECKED), 10);
	end();
}

static void
test_each_count_has_a_name_and_a_sentence(void)
{
	unsigned i;

	for (i = 0; i < TG_FLOOD_MAX; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(tg_flood_count_info[i].name);
		CU_ASSERT_EQUAL(
		    tg_flood_count_info[i].help[strlen(tg_flood_count_info[i].help) - 1], '.');
	}
}

static CU_TestInfo source_tests[] = {
	{ "every order uses each tuple once and then again",
	    test_every_order_uses_each_tuple_once_and_then_again },
	{ "the same key gives the same SYNs, another gives others",
	    test_same_key_gives_the_same_syns_and_another_gives_others },
	{ "random order spreads over addresses and ports",
	    test_random_order_spreads_over_addresses_and_ports },
	{ "sequential order goes port by port", test_sequential_order_goes_port_by_port },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo syn_tests[] = {
	{ "a SYN goes from the prefix to the target", test_syn_goes_from_the_prefix_to_the_target },
	{ "the whole address space as sources", test_whole_address_space_as_sources },
	{ "a SYN carries the options asked for", test_syn_carries_the_options_asked_for },
	{ "the timestamp moves with time, checksums with it",
	    test_timestamp_moves_with_time_and_checksums_with_it },
	{ "sent and unsent SYNs count", test_sent_and_unsent_syns_count },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo reply_tests[] = {
	{ "replies count by kind", test_replies_count_by_kind },
	{ "a frame for another is foreign and untouched",
	    test_frame_for_another_is_foreign_and_untouched },
	{ "a short frame is foreign", test_short_frame_is_foreign },
	{ "a broken reply counts and is not read", test_broken_reply_counts_and_is_not_read },
	{ "a reply that says it is short is not read",
	    test_reply_that_says_it_is_short_is_not_read },
	{ "a burst gives each its verdict", test_burst_gives_each_its_verdict },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo check_tests[] = {
	{ "a check finds each wrong byte", test_check_finds_each_wrong_byte },
	{ "a check finds a wrong IP checksum", test_check_finds_a_wrong_ip_checksum },
	{ "a check leaves unfinished checksums alone",
	    test_check_leaves_checksums_alone_that_the_port_keeps_unfinished },
	{ "one in n is checked", test_check_looks_at_one_in_n },
	{ "each count has a name and a sentence", test_each_count_has_a_name_and_a_sentence },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "sources", NULL, NULL, NULL, NULL, source_tests },
		{ "SYNs", NULL, NULL, NULL, NULL, syn_tests },
		{ "replies", NULL, NULL, NULL, NULL, reply_tests },
		{ "checks", NULL, NULL, NULL, NULL, check_tests }, CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
