/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Plays scenarios: each over IPv4 and IPv6, with sequence numbers of the stack's own choice
 * and with numbers that wrap. One TAP line for each file.
 *
 * usage: scenario PATH...
 *   PATH  a scenario, or a directory: every .pkt in it
 */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

#define START_NS  (1000000 * TG_NS_PER_SEC)
#define FILE_MAX  65536
#define ISN_SHIFT 12 /* ISNs follow a clock of 2^12 ns, RFC 6528 */

static const struct play_variant variants[] = {
	{ "IPv4", false, false, 1000000 },
	{ "IPv6", true, false, 1000000 },
	{ "IPv4, ISNs 2^32 - 1", false, true, UINT32_MAX },
	{ "IPv6, ISNs 2^32 - 500", true, true, UINT32_MAX - 499 },
	{ "IPv4, ISNs 2^31 - 1", false, true, INT32_MAX },
};

/* The whole file, or NULL. */
static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text;

	if (f == NULL)
		return NULL;
	text = malloc(FILE_MAX);
	if (text != NULL)
		text[fread(text, 1, FILE_MAX - 1, f)] = '\0';
	fclose(f);
	return text;
}

/* Our ISN is a hash and a clock: a first play shows it, and a second one begins so much
 * later that the clock makes it the one that is wanted. */
static bool
play_with_isn(
    struct play *p, const struct play_variant *variant, const char *path, const char *text)
{
	uint32_t later;

	if (!play_script(p, variant, path, text, START_NS) || !p->seen_first)
		return p->error[0] == '\0';
	later = variant->isn - p->first_isn;
	return play_script(p, variant, path, text, START_NS + ((tg_time_t)later << ISN_SHIFT));
}

static bool
play_variant(struct play *p, const struct play_variant *variant, const char *path, const char *text)
{
	if (!play_is_for(text, variant->is_ipv6))
		return true;
	if (!variant->fixed_isn)
		return play_script(p, variant, path, text, START_NS);
	if (!play_with_isn(p, variant, path, text))
		return false;
	if (p->seen_first && p->first_isn != variant->isn)
		return play_fail(p, "our ISN is %u", p->first_isn);
	return true;
}

/* A message of several lines as TAP comments. */
static void
comment(const char *text)
{
	printf("# ");
	for (; *text != '\0'; text++)
		if (*text == '\n')
			printf("\n# ");
		else
			putchar(*text);
	putchar('\n');
}

static bool
play_file(int number, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	int length = (int)strcspn(name, ".");
	char *text = read_file(path);
	struct play p = { .line = 0 };
	size_t i, n = sizeof(variants) / sizeof(variants[0]);

	for (i = 0; text != NULL && i < n; i++)
		if (!play_variant(&p, &variants[i], path, text))
			break;
	free(text);
	if (i == n) {
		printf("ok %d - %.*s\n", number, length, name);
		return true;
	}
	printf("not ok %d - %.*s\n", number, length, name);
	if (text == NULL)
		printf("# %s cannot be read\n", path);
	else
		printf("# %s:%u, %s\n", path, p.line, variants[i].name);
	comment(p.error);
	return false;
}

/* Adds path, or what a directory holds, to the list. */
static void
add_path(const char *path, glob_t *found)
{
	char pattern[PATH_MAX];
	size_t before = found->gl_pathc;
	int more = found->gl_pathv != NULL ? GLOB_APPEND : 0;

	snprintf(pattern, sizeof(pattern), "%s/*.pkt", path);
	glob(pattern, more, NULL, found);
	if (found->gl_pathc == before)
		glob(path, GLOB_NOCHECK | more, NULL, found);
}

int
main(int argc, char **argv)
{
	glob_t found = { 0 };
	int i, n, failed = 0;

	for (i = 1; i < argc; i++)
		add_path(argv[i], &found);
	n = (int)found.gl_pathc;
	printf("1..%d\n", n);
	for (i = 0; i < n; i++)
		failed += !play_file(i + 1, found.gl_pathv[i]);
	globfree(&found);
	return failed != 0 || n == 0;
}
