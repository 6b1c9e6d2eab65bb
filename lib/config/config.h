/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Configuration: two YAML files, read whole and cross-checked before EAL starts.
 *
 * The device file (pmd-config/<driver>.yaml) says which port to own and how: EAL
 * arguments, devargs, queues, offloads. The service file (tidegate.yaml) says what
 * to do with it: addresses, listeners, limits, timers, routes. A device file fits
 * any service file that tg_config_check_together accepts.
 *
 * Each file has a table of keys (path, type, default, bounds, unit, help). Parsing,
 * defaults, bounds errors, the reference and the commented sample come from it.
 *
 * A file is never read in part: every error found is reported, as
 *
 *     file:line:column: key.path: value "15junk": what is wrong; what would be right
 *
 * Relations between keys are checked once each value is right by itself. After any
 * error the configuration must not be used. The structs hold no
 * pointers, so they are copied and dropped like integers. They are large: keep
 * them static or on the heap, not on a small stack.
 *
 * All functions run on the control path and may block on files.
 */
#ifndef TG_CONFIG_CONFIG_H
#define TG_CONFIG_CONFIG_H

#include "base/types.h"

#include <stdio.h>

#define TG_CONFIG_ERRORS_MAX    32
#define TG_CONFIG_FILE_MAX      256 /* characters of a file name, the final zero included */
#define TG_CONFIG_ADDRESSES_MAX 64  /* the link-local ones that the program adds included */
#define TG_CONFIG_LISTENERS_MAX 64
#define TG_CONFIG_ROUTES_MAX    32
#define TG_CONFIG_ROUTE_MAX     128  /* characters of a route's path, the final zero included */
#define TG_CONFIG_BODY_MAX      1024 /* likewise, of a route's body */
#define TG_CONFIG_METHODS_MAX   8    /* of a route */
#define TG_CONFIG_SOURCES_MAX   16   /* classes of sources */
#define TG_CONFIG_CLASS_MAX     32   /* characters of a class, the final zero included */
#define TG_CONFIG_PREFIXES_MAX  256  /* of a class */
#define TG_CONFIG_USERS_MAX     8    /* of a route */
#define TG_CONFIG_USER_MAX      136  /* characters of a user's line, the final zero included */
#define TG_CONFIG_SERVER_MAX    64   /* characters of the Server field, the final zero included */
#define TG_CONFIG_WORKERS_MAX   64
#define TG_CONFIG_LCORES_MAX    128 /* lcore numbers 0..127, as Debian builds DPDK */
#define TG_CONFIG_EAL_ARGS_MAX  32  /* in the device file */
#define TG_CONFIG_EAL_ARG_MAX   320 /* characters of one argument, the final zero included */
#define TG_CONFIG_EAL_ARGV_MAX  80  /* after the merge, the program name included */

/* Errors in the order they were found. Zero it before the first call; calls append. */
struct tg_config_errors {
	unsigned n;    /* entries in e */
	unsigned lost; /* errors beyond the last entry */
	struct {
		char text[512];
	} e[TG_CONFIG_ERRORS_MAX];
};

/* Where a value stands in its file, counted from 1; line 0: not in the file. */
struct tg_config_place {
	uint32_t line, column;
};

/* auto: what the port can do. on: it must, or the program does not start. */
enum tg_config_switch { TG_CONFIG_AUTO, TG_CONFIG_ON, TG_CONFIG_OFF };

/* What a worker does after an empty receive burst. */
enum tg_config_idle {
	TG_CONFIG_IDLE_AUTO,  /* only in the file: SLEEP for port.vdev, POLL for port.pci */
	TG_CONFIG_IDLE_POLL,  /* polls again at once */
	TG_CONFIG_IDLE_PAUSE, /* polls after a pause instruction */
	TG_CONFIG_IDLE_SLEEP, /* sleeps for a moment: shares its CPU */
};

enum tg_config_log_level {
	TG_CONFIG_LOG_DEBUG,
	TG_CONFIG_LOG_INFO,
	TG_CONFIG_LOG_WARN,
	TG_CONFIG_LOG_ERROR,
};

/* A MAC address that may be left out. */
struct tg_config_mac {
	bool set;
	uint8_t b[6];
};

enum tg_config_ecn { TG_CONFIG_ECN_OFF, TG_CONFIG_ECN_ACCEPT, TG_CONFIG_ECN_ALWAYS };

enum tg_config_syn_cookies {
	TG_CONFIG_SYN_COOKIES_NEVER,
	TG_CONFIG_SYN_COOKIES_AUTO,
	TG_CONFIG_SYN_COOKIES_ALWAYS,
};

/* What becomes of a SYN beyond the limit of half-open connections. */
enum tg_config_syn_overflow { TG_CONFIG_SYN_DROP, TG_CONFIG_SYN_RESET };

enum tg_config_congestion_control { TG_CONFIG_CUBIC, TG_CONFIG_RENO };

struct tg_device_config {
	char file[TG_CONFIG_FILE_MAX]; /* where it came from */

	struct {
		unsigned n_args;
		char args[TG_CONFIG_EAL_ARGS_MAX][128]; /* further arguments, one each */
		struct tg_config_place args_at[TG_CONFIG_EAL_ARGS_MAX];
		char lcores[128]; /* --lcores, empty: EAL's choice */
		struct tg_config_place lcores_at;
		unsigned n_lcores;  /* lcores named by `lcores`, 0 if empty */
		uint32_t memory_mb; /* -m, 0: EAL's choice */
		bool huge;          /* false: --no-huge */
		bool pci;           /* with port.vdev, false: --no-pci */
		char file_prefix[64];
	} eal;

	struct {
		char vdev[256]; /* devargs of a virtual device; exactly one of vdev and pci */
		char pci[128];  /* PCI address, devargs may follow */
		char name[64];  /* derived: what ethdev calls the port */
		uint32_t mtu;   /* bytes of IP packet */
		struct tg_config_place mtu_at;
		enum tg_config_switch promiscuous;
		struct tg_config_mac mac; /* where set: replaces the port's own */
	} port;

	struct {
		uint32_t rx_descriptors, tx_descriptors;
		uint32_t max_queues; /* 0: as many as workers */
	} queues;

	struct {
		enum tg_config_switch rx_checksum, tx_checksum;
	} offloads;

	enum tg_config_switch rss;
	uint32_t burst;           /* frames */
	enum tg_config_idle idle; /* never AUTO once loaded */
	uint32_t mbufs;           /* per pool, 0: sized from queues and limits */
};

/* An address that may be left out. */
struct tg_config_ip {
	bool set;
	bool is_ipv6;
	union tg_ip ip;
};

/* As struct tg_net_addr: tg_net is filled by copying field by field. */
struct tg_config_address {
	union tg_ip ip;
	bool is_ipv6;
	uint8_t prefix_len; /* bits */
	uint32_t vlan;      /* 0: untagged */
};

struct tg_config_listener {
	uint32_t port;
	struct tg_config_ip address; /* one of addresses, on each VLAN that has it; not set: all */
	bool fast_open;
	enum tg_config_syn_cookies syn_cookies;
};

/* What becomes of packets from a class of sources. */
enum tg_config_source_action {
	TG_CONFIG_SOURCE_NONE,  /* nothing: the class is a name for routes */
	TG_CONFIG_SOURCE_ALLOW, /* they are exempt from syn_limits */
	TG_CONFIG_SOURCE_DENY,  /* they are dropped */
};

struct tg_config_prefix {
	union tg_ip ip; /* no bit behind the prefix is set */
	bool is_ipv6;
	uint8_t bits;
};

/* Class 1 + i of frames, for source[i]. */
struct tg_config_source {
	char name[TG_CONFIG_CLASS_MAX];
	enum tg_config_source_action action;
	unsigned n_prefixes; /* at least 1 */
	struct tg_config_prefix prefix[TG_CONFIG_PREFIXES_MAX];
};

/* A user's line, taken apart: name:salt:hash, the latter two in hexadecimal digits. */
struct tg_config_user {
	char name[32]; /* zero-padded */
	uint8_t salt[16];
	uint8_t hash[32]; /* SHA-256 of the salt and the secret */
};

/* One of file, body and redirect is not empty, or status says it all. */
struct tg_config_route {
	char path[TG_CONFIG_ROUTE_MAX]; /* begins with a slash, no query */
	char file[TG_CONFIG_FILE_MAX];  /* relative to the working directory */
	char body[TG_CONFIG_BODY_MAX];
	char redirect[TG_CONFIG_FILE_MAX]; /* of Location */
	uint32_t status;                   /* as on the wire */
	char type[64];                     /* of Content-Type */
	unsigned n_methods;                /* 0: those that are usual */
	char methods[TG_CONFIG_METHODS_MAX][8];
	char realm[64];   /* empty: everybody is let in */
	unsigned n_users; /* at least 1 with a realm, else 0 */
	char users[TG_CONFIG_USERS_MAX][TG_CONFIG_USER_MAX];
	struct tg_config_user user[TG_CONFIG_USERS_MAX]; /* the same */
	unsigned n_allow_classes;
	char allow_classes[TG_CONFIG_SOURCES_MAX][TG_CONFIG_CLASS_MAX];
	uint32_t classes; /* the same: bit 1 << class; 0: everybody is let in */
};

struct tg_service_config {
	char file[TG_CONFIG_FILE_MAX]; /* where it came from */

	uint32_t workers;
	struct tg_config_place workers_at;

	unsigned n_addresses;
	struct tg_config_address address[TG_CONFIG_ADDRESSES_MAX];
	struct tg_config_ip gateway4, gateway6; /* on-link */
	bool dad;

	unsigned n_listeners;
	struct tg_config_listener listener[TG_CONFIG_LISTENERS_MAX];

	unsigned n_sources;
	struct tg_config_source source[TG_CONFIG_SOURCES_MAX];

	struct {
		uint32_t per_source_per_s, per_prefix_per_s; /* 0: no limit */
		uint32_t prefix4_bits, prefix6_bits;
		uint32_t cells; /* a power of two */
	} syn_limits;           /* per worker */

	struct {
		uint32_t connections; /* per worker, as are all limits */
		uint32_t half_open;
		uint32_t fast_open_pending;
		uint32_t side_records;
		uint32_t held_frames;
		uint32_t held_frames_per_connection;
		uint32_t neighbors;
		uint32_t challenge_acks_per_second;
		uint32_t resets_per_second;
		uint32_t echo_replies_per_second;
	} limits;

	struct {
		uint32_t msl_ms;
		uint32_t syn_retries, syn_ack_retries, syn_ack_retries_pressure;
		uint32_t r1, retries;
		uint32_t rto_initial_ms, rto_min_ms, rto_max_ms;
		uint32_t delayed_ack_ms;
		uint32_t request_ms; /* 0: idle_timeout_ms */
		uint32_t idle_timeout_ms;
		uint32_t keep_alive_ms; /* 0: off */
		uint32_t keep_alive_interval_ms;
		uint32_t keep_alive_probes;
		uint32_t fin_wait2_ms;
	} timers;

	struct {
		uint32_t ttl;
		uint32_t dscp; /* 0..63 */
	} ip;

	struct {
		uint32_t receive_window_bytes; /* a multiple of 1 << window_scale */
		uint32_t window_scale;
		bool timestamps, sack;
		bool nagle;
		uint32_t initial_window_segments;
		enum tg_config_congestion_control congestion_control;
		enum tg_config_ecn ecn;
		enum tg_config_syn_overflow syn_overflow;
		uint32_t mss; /* 0: from the MTU */
		struct tg_config_place mss_at;
	} tcp;

	struct {
		uint32_t key_rotation_s;
	} tcp_fast_open;

	struct {
		char key_file[TG_CONFIG_FILE_MAX]; /* or "random" */
		bool trust_clock;
	} syn_cookies;

	struct {
		char server[TG_CONFIG_SERVER_MAX]; /* of the Server field; empty: none */
		uint32_t busy_connections;         /* per worker; 0: no limit */
	} http;

	unsigned n_routes;
	struct tg_config_route route[TG_CONFIG_ROUTES_MAX];

	enum tg_config_log_level log_level;
	bool telemetry;
	bool pdump;
};

/* Arguments for rte_eal_init. argv points into this struct and into the command
 * line: it must not be copied, and both outlive EAL. */
struct tg_eal_args {
	int argc;
	char *argv[TG_CONFIG_EAL_ARGV_MAX + 1]; /* argv[argc] is NULL */
	char text[TG_CONFIG_EAL_ARGS_MAX + 9][TG_CONFIG_EAL_ARG_MAX];
};

/* Reads a device file into *out. Returns 0; -EINVAL where the file is wrong, or
 * -errno where it cannot be read. After an error *err has at least one entry more
 * and *out must not be used. */
int tg_config_load_device(
    const char *file, struct tg_device_config *out, struct tg_config_errors *err);

/* Likewise for a service file; the files that routes name must be readable. */
int tg_config_load_service(
    const char *file, struct tg_service_config *out, struct tg_config_errors *err);

/* The same from len bytes of memory, called `name` in errors. The files that routes
 * name are not looked at. text is not kept. Returns 0 or -EINVAL. */
int tg_config_parse_device(const char *name, const char *text, size_t len,
    struct tg_device_config *out, struct tg_config_errors *err);
int tg_config_parse_service(const char *name, const char *text, size_t len,
    struct tg_service_config *out, struct tg_config_errors *err);

/* Checks what only both files show: lcores for the workers, the MTU against the
 * MSS and against IPv6. Returns 0 or -EINVAL. */
int tg_config_check_together(const struct tg_device_config *dev,
    const struct tg_service_config *service, struct tg_config_errors *err);

/* Makes the EAL arguments of dev and of the command line, in this order.
 *
 * cli_argv: the cli_argc arguments before "--", without the program name. An option
 * given by both, or twice by one, is refused by name, whichever of its spellings is
 * used (-l, -c and --lcores are one name), unless EAL takes several of it, as of
 * --vdev. Options that are not known here are passed on for EAL to judge.
 * Returns 0 or -EINVAL. */
int tg_config_merge_eal(const struct tg_device_config *dev, int cli_argc, char **cli_argv,
    struct tg_eal_args *out, struct tg_config_errors *err);

/* Writes a complete, commented, valid service file. */
void tg_config_print_sample(FILE *to);

/* Writes the reference of both files' keys, in Markdown. */
void tg_config_print_reference(FILE *to);

#endif
