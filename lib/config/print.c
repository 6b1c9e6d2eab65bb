/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/keys.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS  96
#define TEXT_MAX 1024

/* Prints text broken at spaces; the lines begin with `first`, then with `next`. */
static void
print_wrapped(FILE *to, const char *first, const char *next, const char *text)
{
	size_t column = strlen(first);
	const char *gap = "";

	fputs(first, to);
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (*gap != '\0' && column + 1 + len > COLUMNS) {
			fprintf(to, "\n%s", next);
			column = strlen(next);
			gap = "";
		}
		fprintf(to, "%s%.*s", gap, (int)len, text);
		column += strlen(gap) + len;
		gap = " ";
		text += len + (text[len] == ' ');
	}
	fputc('\n', to);
}

/* "an integer from 1 to 64 threads; default 1" */
static void
describe_with_default(const struct tg_key *key, char *text, size_t size)
{
	size_t n;

	tg_value_describe(key, text, size);
	n = strlen(text);
	if (key->def != NULL)
		snprintf(text + n, size - n, "; default %s", key->def);
	else
		snprintf(
		    text + n, size - n, "; %s", key->required ? "required" : "may be left out");
}

static const char *
capitalised(char *text)
{
	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	return text;
}

static unsigned
depth_of(const struct tg_key *key)
{
	unsigned depth = 0;
	const char *c;

	for (c = key->path; *c != '\0'; c++)
		depth += *c == '.';
	return depth;
}

static bool
is_list_key(const struct tg_key *key)
{
	return strstr(key->path, "[]") != NULL;
}

/* A list's keys are explained above the list: its items are written on one line. */
static void
print_item_comments(FILE *to, const struct tg_key *list)
{
	const struct tg_key *end = tg_service_keys.key + tg_service_keys.n, *key;
	char what[TEXT_MAX / 2], text[TEXT_MAX];

	for (key = list + 1; key < end && is_list_key(key); key++) {
		describe_with_default(key, what, sizeof(what));
		snprintf(text, sizeof(text), "%s: %s %s.", tg_key_leaf(key), key->help,
		    capitalised(what));
		print_wrapped(to, "#   ", "#     ", text);
	}
}

static void
print_sample_key(FILE *to, const struct tg_key *key)
{
	const char *indent = depth_of(key) > 0 ? "  " : "", *name = tg_key_leaf(key);
	char comment[8], text[TEXT_MAX];

	snprintf(comment, sizeof(comment), "%s# ", indent);
	fputc('\n', to);
	print_wrapped(to, comment, comment, key->help);
	if (key->type != TG_KEY_SECTION) {
		describe_with_default(key, text, sizeof(text));
		strcat(text, ".");
		print_wrapped(to, comment, comment, capitalised(text));
	}
	if (key->type == TG_KEY_LIST)
		print_item_comments(to, key);
	if (key->type == TG_KEY_SECTION)
		fprintf(to, "%s:\n", name);
	else if (key->type == TG_KEY_LIST)
		fprintf(to, "%s:\n%s", name, key->sample);
	else
		fprintf(to, "%s%s: %s\n", indent, name, key->sample ? key->sample : key->def);
}

void
tg_config_print_sample(FILE *to)
{
	unsigned i;

	fputs(
	    "# Tidegate's service file: what the appliance does with its port. Every key is here,\n"
	    "# with its default or an example; a key that has a default may be left out.\n",
	    to);
	for (i = 0; i < tg_service_keys.n; i++) {
		if (!is_list_key(&tg_service_keys.key[i]))
			print_sample_key(to, &tg_service_keys.key[i]);
	}
}

static void
print_reference_table(FILE *to, const struct tg_key_table *table)
{
	char what[TEXT_MAX / 2], text[TEXT_MAX];
	unsigned i;

	for (i = 0; i < table->n; i++) {
		const struct tg_key *key = &table->key[i];

		describe_with_default(key, what, sizeof(what));
		snprintf(text, sizeof(text), "`%s`: %s. %s", key->path, what, key->help);
		print_wrapped(to, "- ", "  ", text);
	}
}

void
tg_config_print_reference(FILE *to)
{
	fputs(
	    "# Configuration\n"
	    "\n"
	    "Two YAML files, read whole and checked before EAL starts. Integers are decimal,\n"
	    "without quotes, and their unit stands in the key's name or below. Booleans are true\n"
	    "or false. A key that is unknown or given twice is an error. `[]` stands for each "
	    "item\n"
	    "of a list. This text is what `tidegate --help-config` prints.\n"
	    "\n"
	    "## Device file, `pmd-config/<driver>.yaml`\n"
	    "\n",
	    to);
	print_reference_table(to, &tg_device_keys);
	fputs("\n## Service file, `tidegate.yaml`\n\n", to);
	print_reference_table(to, &tg_service_keys);
}
