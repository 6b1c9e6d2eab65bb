/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Report: what all workers counted and hold, read at one moment, and what is known
 * about the program since its start. The status pages and telemetry are made of it.
 *
 * tally   numbers of one worker, or of all together
 * report  the tallies and the port's levels at one moment
 * about   facts that do not change while the program runs
 *
 * A tally is read while its worker goes on counting: its numbers are each exact, but
 * not of the same instant.
 */
#ifndef TG_CONTROL_REPORT_H
#define TG_CONTROL_REPORT_H

#include "base/stats.h"
#include "base/time.h"
#include "config/config.h"
#include "control/limit.h"
#include "tcp/gauges.h"

#include <stdbool.h>

struct tg_port;
struct tg_workers;

#define TG_REPORT_NAME_MAX    24 /* characters of a state's name, the final zero included */
#define TG_REPORT_ADDRESS_MAX 46 /* likewise, of an address */

/* A listener, as configured. */
struct tg_about_listener {
	char address[TG_REPORT_ADDRESS_MAX]; /* as text; "any": each local address */
	uint16_t port;
	enum tg_config_syn_cookies syn_cookies;
};

struct tg_about {
	char version[32];
	char compiler[48];
	char dpdk[32]; /* its version */
	char port_name[64];
	char driver[32];
	char mac[18];      /* as text */
	uint16_t mtu;      /* bytes of IP packet */
	uint16_t n_queues; /* RX/TX pairs */
	uint16_t n_workers;
	bool rss, rx_checksum, tx_checksum; /* done by the port */
	tg_time_t started;                  /* as tg_clock_ns */
	uint64_t tsc_hz;                    /* TSC cycles in a second; 0: not known */
	/* Limits of one worker. */
	uint32_t connections, half_open, sides, held;
	uint32_t mbufs; /* of the port's pool */
	uint64_t limit[TG_LIMIT_MAX];
	enum tg_config_syn_overflow syn_overflow;
	unsigned n_listeners;
	struct tg_about_listener listener[TG_CONFIG_LISTENERS_MAX];
	const struct tg_config_source *source; /* the configuration's classes */
	unsigned n_sources;
};

/* What is known about the keys of SYN cookies, control/key_store.h. */
struct tg_key_facts {
	bool shared;                /* by the nodes of a fleet: they came from a file */
	bool usable;                /* the epochs of this moment have keys */
	uint64_t epoch;             /* the current one */
	uint64_t next_master_epoch; /* in which another master takes over; 0: none is known */
	bool clock_synchronised;    /* as the kernel says */
	bool clock_trusted;         /* whatever it says */
	uint64_t reloads, reloads_refused;
};

struct tg_tally {
	uint64_t counter[TG_COUNTER_MAX];
	uint64_t drop[TG_DROP_MAX];
	uint64_t drops;                                /* of all reasons together */
	uint32_t state[TG_TCP_STATES];                 /* connections */
	uint32_t connections;                          /* in all states together */
	uint32_t sides, held;                          /* records and frames in use */
	uint32_t syn_pressure;                         /* workers under pressure by SYNs */
	uint64_t source_frames[TG_CONFIG_SOURCES_MAX]; /* received from each class */
	uint64_t busy, cycles; /* TSC cycles: with work, and since the worker started */
	struct tg_times times[TG_TIMED_MAX];
};

struct tg_report {
	tg_time_t at;
	bool link_up;
	uint32_t speed_mbps; /* 0: unknown */
	uint32_t mbufs;      /* in use */
	/* Frames that the port lost before any worker had them, as far as it says. */
	uint64_t rx_missed, rx_errors, rx_no_buffer;
	uint16_t n_workers;
	struct tg_tally total;
	struct tg_tally worker[TG_CONFIG_WORKERS_MAX];
};

/* Reads the numbers of worker i. Any thread while workers exist. */
void tg_tally_read(struct tg_tally *tally, struct tg_workers *workers, uint16_t i);

/* Adds the numbers of one tally to another. Any thread. */
void tg_tally_add(struct tg_tally *sum, const struct tg_tally *tally);

/* Reads all workers and the port. Any thread while both exist. */
void tg_report_read(
    struct tg_report *report, struct tg_workers *workers, const struct tg_port *port);

/* How many workers answer the SYNs of a listener with cookies at this moment. Any thread. */
unsigned tg_report_active_workers(
    const struct tg_about_listener *listener, const struct tg_report *report);

/* The names that the configuration has for a mode, for what becomes of a SYN too many, and for
 * what becomes of a class of sources. */
const char *tg_report_syn_cookies_name(enum tg_config_syn_cookies mode);
const char *tg_report_source_action_name(enum tg_config_source_action action);
const char *tg_report_syn_overflow_name(enum tg_config_syn_overflow overflow);

/* Whether connections may be sent here, or why not. A clock matters to nodes that share keys. */
enum tg_readiness { TG_READY, TG_NOT_READY_DRAINING, TG_NOT_READY_CLOCK };
enum tg_readiness tg_report_readiness(bool draining, const struct tg_key_facts *keys);

/* A bounded pool of all workers together. */
struct tg_pool_level {
	const char *name; /* as in /status and telemetry */
	uint64_t in_use, limit;
};

#define TG_REPORT_POOLS 5

/* Says how full the pools are. Any thread. */
void tg_report_pools(struct tg_pool_level pool[TG_REPORT_POOLS], const struct tg_about *about,
    const struct tg_report *report);

/* Writes the name of a state in the spelling of counter names, as /status and
 * telemetry have it: "syn_received". */
void tg_report_state_name(char name[TG_REPORT_NAME_MAX], enum tg_tcp_state state);

/* Whether a connection can be in this state: the others are not shown. */
bool tg_report_state_shown(enum tg_tcp_state state);

/* How often per second something happened that was counted `before` and `now`, two
 * readings dt nanoseconds apart; rounded, 0 if dt is 0. */
uint64_t tg_report_rate(uint64_t now, uint64_t before, tg_time_t dt);

/* Share of its time that a worker was busy between two readings, 0..100 per cent. */
unsigned tg_report_load(const struct tg_tally *now, const struct tg_tally *before);

#endif
