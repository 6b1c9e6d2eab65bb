/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * A fuzz target without libFuzzer: runs every file of a directory through it, or single
 * files. A finding ends the program; the name of its file stands last on stderr.
 *
 *   replay_TARGET PATH...
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdio.h>

#include "fuzz.h"

#define INPUT_BYTES_MAX 65536
#define PATH_BYTES_MAX  4096

static int
replay_file(const char *path)
{
	static uint8_t data[INPUT_BYTES_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *copy;
	size_t size;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	fprintf(stderr, "%s\n", path);
	copy = fuzz_copy(data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	return 1;
}

/* Returns the number of inputs, or -1. */
static int
replay(const char *path)
{
	DIR *dir = opendir(path);
	char name[PATH_BYTES_MAX];
	const struct dirent *entry;
	int n = 0, more;

	if (dir == NULL)
		return replay_file(path);
	while (n >= 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		more = replay_file(name);
		n = more < 0 ? more : n + more;
	}
	closedir(dir);
	return n;
}

int
main(int argc, char **argv)
{
	int i, n = 0, more = 0;

	for (i = 1; i < argc && more >= 0; i++) {
		more = replay(argv[i]);
		n += more;
	}
	printf("%s 1 - %d inputs replayed\n1..1\n", n > 0 && more >= 0 ? "ok" : "not ok", n);
	return n > 0 && more >= 0 ? 0 : 1;
}
