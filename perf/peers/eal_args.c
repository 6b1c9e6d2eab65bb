/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * For programs that give EAL the arguments of a physical port and none else: loaded before
 * them, it replaces each "-a NAME" by what the environment's EAL_ARGS has, words between spaces.
 *
 *   cc -shared -fPIC -o eal_args.so eal_args.c -ldl
 *   EAL_ARGS="--no-huge --vdev net_memif000,role=server" LD_PRELOAD=./eal_args.so PROGRAM
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 64

int rte_eal_init(int argc, char **argv);

/* Copies what is to stay; returns how many that are. */
static int
keep_args(int argc, char **argv, char **to)
{
	int i, n = 0;

	for (i = 0; i < argc && n < ARGS_MAX / 2; i++) {
		if (strcmp(argv[i], "-a") == 0)
			i++;
		else if (i == 0 || argv[i][0] != '\0')
			to[n++] = argv[i];
	}
	return n;
}

int
rte_eal_init(int argc, char **argv)
{
	static char *all[ARGS_MAX + 1];
	int (*init)(int, char **) = (int (*)(int, char **))dlsym(RTLD_NEXT, "rte_eal_init");
	char *words = strdup(getenv("EAL_ARGS") != NULL ? getenv("EAL_ARGS") : ""), *word;
	int n = keep_args(argc, argv, all);

	for (word = strtok(words, " "); word != NULL && n < ARGS_MAX; word = strtok(NULL, " "))
		all[n++] = word;
	return init(n, all);
}
