/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/keys.h"

#define AT(field)   offsetof(struct tg_device_config, field)
#define SIZE(field) sizeof(((struct tg_device_config *)NULL)->field)

static const char *const switch_names[] = {
	[TG_CONFIG_AUTO] = "auto",
	[TG_CONFIG_ON] = "on",
	[TG_CONFIG_OFF] = "off",
	NULL,
};

static const char *const idle_names[] = {
	[TG_CONFIG_IDLE_AUTO] = "auto",
	[TG_CONFIG_IDLE_POLL] = "poll",
	[TG_CONFIG_IDLE_PAUSE] = "pause",
	[TG_CONFIG_IDLE_SLEEP] = "sleep",
	NULL,
};

static const struct tg_key device_keys[] = {
	{
	    .path = "eal",
	    .type = TG_KEY_SECTION,
	    .help = "DPDK's environment. The same option here and on the command line is an "
		    "error.",
	},
	{
	    .path = "eal.args",
	    .type = TG_KEY_STRINGS,
	    .offset = AT(eal.args),
	    .size = SIZE(eal.args[0]),
	    .count_offset = AT(eal.n_args),
	    .place_offset = AT(eal.args_at),
	    .max = TG_CONFIG_EAL_ARGS_MAX,
	    .help = "Further EAL arguments, one string each.",
	},
	{
	    .path = "eal.lcores",
	    .type = TG_KEY_STRING,
	    .offset = AT(eal.lcores),
	    .size = SIZE(eal.lcores),
	    .place_offset = AT(eal.lcores_at),
	    .help = "The lcores and their CPUs (--lcores), such as 0@0,1@1. The lowest is the "
		    "control thread's, each further one a worker's. Left out: one lcore per CPU.",
	},
	{
	    .path = "eal.memory_mb",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(eal.memory_mb),
	    .min = 64,
	    .max = 1 << 20,
	    .zero = "what EAL takes by itself",
	    .def = "0",
	    .unit = "MiB",
	    .help = "Memory to take at start (-m). Without hugepages it is all there is.",
	},
	{
	    .path = "eal.huge",
	    .type = TG_KEY_BOOLEAN,
	    .offset = AT(eal.huge),
	    .def = "true",
	    .help = "Whether to use hugepages; false passes --no-huge.",
	},
	{
	    .path = "eal.pci",
	    .type = TG_KEY_BOOLEAN,
	    .offset = AT(eal.pci),
	    .def = "false",
	    .help = "Whether to probe PCI devices beside port.vdev; false passes --no-pci, so that "
		    "no live NIC is seized. With port.pci that device alone is probed.",
	},
	{
	    .path = "eal.file_prefix",
	    .type = TG_KEY_STRING,
	    .offset = AT(eal.file_prefix),
	    .size = SIZE(eal.file_prefix),
	    .def = "tidegate",
	    .help = "Names this instance (--file-prefix); two that run at once need two names.",
	},
	{
	    .path = "port",
	    .type = TG_KEY_SECTION,
	    .required = true,
	    .help = "The one port that the appliance owns: give vdev or pci.",
	},
	{
	    .path = "port.vdev",
	    .type = TG_KEY_STRING,
	    .offset = AT(port.vdev),
	    .size = SIZE(port.vdev),
	    .help = "A virtual device with its arguments, such as net_tap0,iface=tide0.",
	},
	{
	    .path = "port.pci",
	    .type = TG_KEY_STRING,
	    .offset = AT(port.pci),
	    .size = SIZE(port.pci),
	    .help = "The address of a PCI device, such as 0000:01:00.0; arguments may follow "
		    "after a comma.",
	},
	{
	    .path = "port.mtu",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(port.mtu),
	    .place_offset = AT(port.mtu_at),
	    .min = 256,
	    .max = 9216,
	    .def = "1500",
	    .unit = "bytes",
	    .help = "Largest IP packet.",
	},
	{
	    .path = "port.promiscuous",
	    .type = TG_KEY_ENUM,
	    .offset = AT(port.promiscuous),
	    .names = switch_names,
	    .def = "auto",
	    .help = "Whether to receive frames to any MAC address. auto: only where the port "
		    "cannot filter as needed.",
	},
	{
	    .path = "port.mac",
	    .type = TG_KEY_MAC,
	    .offset = AT(port.mac),
	    .help = "Replaces the port's own MAC address.",
	},
	{
	    .path = "queues",
	    .type = TG_KEY_SECTION,
	    .help = "Receive and transmit queues, as many of one as of the other.",
	},
	{
	    .path = "queues.rx_descriptors",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(queues.rx_descriptors),
	    .min = 32,
	    .max = 32768,
	    .def = "1024",
	    .unit = "descriptors",
	    .help = "Length of each receive queue; the driver may round it.",
	},
	{
	    .path = "queues.tx_descriptors",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(queues.tx_descriptors),
	    .min = 32,
	    .max = 32768,
	    .def = "1024",
	    .unit = "descriptors",
	    .help = "Length of each transmit queue; the driver may round it.",
	},
	{
	    .path = "queues.max_queues",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(queues.max_queues),
	    .min = 1,
	    .max = TG_CONFIG_WORKERS_MAX,
	    .zero = "as many as workers",
	    .def = "0",
	    .unit = "queues",
	    .help = "Most queues to use, also where the port has more. Workers without a queue "
		    "get their frames from the others.",
	},
	{
	    .path = "offloads",
	    .type = TG_KEY_SECTION,
	    .help = "What the port computes. auto: what it can. on: it must, or the program does "
		    "not start.",
	},
	{
	    .path = "offloads.rx_checksum",
	    .type = TG_KEY_ENUM,
	    .offset = AT(offloads.rx_checksum),
	    .names = switch_names,
	    .def = "auto",
	    .help = "Verify IPv4 and TCP checksums of received frames.",
	},
	{
	    .path = "offloads.tx_checksum",
	    .type = TG_KEY_ENUM,
	    .offset = AT(offloads.tx_checksum),
	    .names = switch_names,
	    .def = "auto",
	    .help = "Fill in IPv4 and TCP checksums of frames to send.",
	},
	{
	    .path = "rss",
	    .type = TG_KEY_ENUM,
	    .offset = AT(rss),
	    .names = switch_names,
	    .def = "auto",
	    .help = "Whether the port spreads flows over queues. auto: where key and table, once "
		    "written, read back the same; else the workers do it.",
	},
	{
	    .path = "burst",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(burst),
	    .min = 1,
	    .max = 256,
	    .def = "64",
	    .unit = "frames",
	    .help = "Most frames that a worker takes from a queue at once.",
	},
	{
	    .path = "idle",
	    .type = TG_KEY_ENUM,
	    .offset = AT(idle),
	    .names = idle_names,
	    .def = "auto",
	    .help = "What a worker does when nothing came: poll again, poll after a pause "
		    "instruction, or sleep for a moment. auto: sleep with port.vdev, poll with "
		    "port.pci.",
	},
	{
	    .path = "mbufs",
	    .type = TG_KEY_INTEGER,
	    .offset = AT(mbufs),
	    .min = 512,
	    .max = 1 << 24,
	    .zero = "sized from the queues and limits",
	    .def = "0",
	    .unit = "buffers",
	    .help = "Packet buffers per pool.",
	},
};

const struct tg_key_table tg_device_keys = { device_keys, TG_ARRAY_LEN(device_keys) };
