/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A flood of SYNs for the price of little more than their bytes: the kernel makes frames up,
 * runs flood.bpf.c on them and hands them to the interface's driver, without a socket buffer or
 * a socket. For drivers with ndo_xdp_xmit; a veth takes them if its peer has NAPI.
 *
 *   cc -O2 -o flood flood.c -lbpf
 *   clang -O2 -target bpf -c flood.bpf.c -o flood.bpf.o
 *   flood flood.bpf.o syn.pcap IFACE
 *
 * The first frame of the capture is the model. Runs until it gets a signal.
 */
#include "flood_plan.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCAP_FRAME_AT 40        /* behind the file's header and the first frame's */
#define BATCH         64        /* frames that reach the driver at once */
#define FRAMES        (1 << 16) /* between two looks for signals */

static void
die(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Returns the bytes of the capture's first frame, put into the plan. */
static uint32_t
read_model(const char *path, struct flood_plan *plan)
{
	uint8_t head[PCAP_FRAME_AT];
	FILE *file = fopen(path, "rb");
	uint32_t bytes;

	if (file == NULL || fread(head, sizeof(head), 1, file) != 1)
		die(path);
	memcpy(&bytes, head + PCAP_FRAME_AT - sizeof(bytes), sizeof(bytes));
	if (bytes < FLOOD_LEAST_BYTES || bytes > FLOOD_MOST_BYTES ||
	    fread(plan->frame, bytes, 1, file) != 1) {
		errno = EINVAL;
		die(path);
	}
	fclose(file);
	return bytes;
}

static int
load(const char *path, const struct flood_plan *plan)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	uint32_t first = 0;
	int map;

	if (object == NULL || bpf_object__load(object) != 0)
		die(path);
	program = bpf_object__find_program_by_name(object, "flood");
	map = bpf_object__find_map_fd_by_name(object, "plans");
	if (program == NULL || bpf_map_update_elem(map, &first, plan, BPF_ANY) != 0)
		die(path);
	return bpf_program__fd(program);
}

int
main(int argc, char **argv)
{
	struct flood_plan plan = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = plan.frame, .repeat = FRAMES,
	    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	int program;

	if (argc != 4) {
		fputs("usage: flood PROGRAM CAPTURE IFACE\n", stderr);
		return 2;
	}
	run.data_size_in = read_model(argv[2], &plan);
	plan.interface = if_nametoindex(argv[3]);
	if (plan.interface == 0)
		die(argv[3]);
	program = load(argv[1], &plan);
	for (;;) /* what the interface does not take is counted there */
		if (bpf_prog_test_run_opts(program, &run) != 0 && errno != EINTR)
			die("run");
}
