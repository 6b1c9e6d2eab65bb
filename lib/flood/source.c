/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Sources, one after the other: numbers counted up, or turned into others of as many bits.
 */
#include "flood/flood_internal.h"

static uint32_t
bits_for(uint32_t n)
{
	return n <= 1 ? 0 : 32 - (uint32_t)__builtin_clz(n - 1);
}

void
tg_flood_space_init(struct tg_flood_space *s, const struct tg_flood_config *config)
{
	uint8_t label[2] = { 0 };
	uint32_t bits, i;

	s->n_ports = (uint32_t)config->port_max - config->port_min + 1;
	s->port_min = config->port_min;
	s->port_bits = bits_for(s->n_ports);
	s->port_mask = (1U << s->port_bits) - 1;
	bits = s->port_bits + config->source_bits;
	s->mask = (1ULL << bits) - 1;
	s->shift = (bits + 1) / 2;
	s->random = config->order == TG_FLOOD_RANDOM;
	for (i = 0; i < TG_FLOOD_ROUNDS; i++) {
		label[0] = (uint8_t)i;
		s->factor[i] = tg_siphash24(&config->key, label, 2) | 1;
		label[1] = 1;
		s->term[i] = tg_siphash24(&config->key, label, 2);
		label[1] = 0;
	}
	s->isn_key = tg_siphash24(&config->key, label, 1);
}

/* One to one on numbers of the mask's bits, since each step can be undone: an odd factor has an
 * inverse modulo a power of two, and x ^ x >> n leaves the upper n bits as they were. */
static uint64_t
permute(const struct tg_flood_space *s, uint64_t x)
{
	uint32_t i;

	for (i = 0; i < TG_FLOOD_ROUNDS; i++) {
		x = (x * s->factor[i] + s->term[i]) & s->mask;
		x ^= x >> s->shift;
	}
	return x;
}

/* The ports need not be a power of two: numbers whose port is none are passed over, less than
 * every second one. */
struct tg_flood_source
tg_flood_space_next(struct tg_flood_space *s)
{
	uint64_t x;

	do {
		x = s->next++ & s->mask;
		if (s->random)
			x = permute(s, x);
	} while ((x & s->port_mask) >= s->n_ports);
	return (struct tg_flood_source){ (uint32_t)(x >> s->port_bits),
		(uint16_t)(s->port_min + (x & s->port_mask)) };
}
