/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The tables of keys, and what is printed from them.
 */
#include "config/broken.h"
#include "config/keys.h"
#include "config_fixture.h"

/* Writes a file in which key has this value and all else is least. */
static void
write_with(char *text, const struct tg_key *key, bool device, const char *value)
{
	const char *path = key->path, *leaf = tg_key_leaf(key);
	int head = (int)strcspn(path, ".[");
	const char *needs = "";

	if (strncmp(path, "addresses[]", 11) == 0)
		needs = "address: 192.0.2.2/24, ";
	else if (strncmp(path, "listeners[]", 11) == 0 && strcmp(leaf, "port") != 0)
		needs = "port: 80, ";
	else if (strncmp(path, "sources[]", 9) == 0)
		needs = "class: a, prefixes: [192.0.2.0/24], ";
	else if (strncmp(path, "port.", 5) == 0 && strcmp(leaf, "vdev") != 0)
		needs = "vdev: net_null0, ";

	if (path[head] == '[')
		text += sprintf(text, "%.*s: [{ %s%s: %s }]\n", head, path, needs, leaf, value);
	else if (path[head] == '.')
		text += sprintf(text, "%.*s: { %s%s: %s }\n", head, path, needs, leaf, value);
	else
		text += sprintf(text, "%s: %s\n", path, value);
	if (device && strncmp(path, "port", 4) != 0)
		text += sprintf(text, "port: { vdev: net_null0 }\n");
	if (!device && strncmp(path, "addresses", 9) != 0)
		text += sprintf(text, "addresses: [{ address: 192.0.2.2/24 }]\n");
	if (!device && strncmp(path, "listeners", 9) != 0)
		sprintf(text, "listeners: [{ port: 80 }]\n");
}

static int
parse_with(const struct tg_key *key, bool device, const char *value)
{
	char text[512];

	write_with(text, key, device, value);
	return device ? parse_device(text) : parse_service(text);
}

static const char *
parse_number(const struct tg_key *key, bool device, uint64_t value)
{
	char text[32];

	sprintf(text, "%llu", (unsigned long long)value);
	parse_with(key, device, text);
	return err.n == 0 ? "" : err.e[0].text;
}

/* What key is stored as, after a file with one item in each list. */
static uint32_t
stored(const struct tg_key *key, bool device)
{
	const char *base = device ? (const char *)&dev : (const char *)&service;
	uint32_t v = 0;

	if (strncmp(key->path, "addresses[]", 11) == 0)
		base = (const char *)&service.address[0];
	else if (strncmp(key->path, "listeners[]", 11) == 0)
		base = (const char *)&service.listener[0];
	else if (strncmp(key->path, "sources[]", 9) == 0)
		base = (const char *)&service.source[0];
	memcpy(&v, base + key->offset, key->type == TG_KEY_BOOLEAN ? sizeof(bool) : sizeof(v));
	return v;
}

static void
check_bounds(const struct tg_key *key, bool device)
{
	static const char *const junk[] = { "15junk", "010", "0x10", "1.5", "1e3", "-1", "+1",
		"1 0", "\"16\"", "''", "1_000", "0o17", ".inf", "18446744073709551617", "" };
	bool related = strcmp(key->path, "tcp.receive_window_bytes") == 0; /* is rounded */
	unsigned i;

	/* At the bounds a relation to another key may fail, but not this key by itself. */
	CU_ASSERT_PTR_NULL(strstr(parse_number(key, device, key->min), "; give an integer"));
	CU_ASSERT_TRUE(related || stored(key, device) == key->min || key->min == 0);
	CU_ASSERT_PTR_NULL(strstr(parse_number(key, device, key->max), "; give an integer"));
	CU_ASSERT_TRUE(related || stored(key, device) == key->max);

	CU_ASSERT_PTR_NOT_NULL(strstr(
	    parse_number(key, device, (uint64_t)key->max + 1), "is too large; give an integer"));
	if (key->min > 1 || (key->min == 1 && key->zero == NULL))
		CU_ASSERT_PTR_NOT_NULL(strstr(
		    parse_number(key, device, key->min - 1), "is too small; give an integer"));
	CU_ASSERT_EQUAL(parse_with(key, device, "0") == 0, key->zero != NULL || key->min == 0);
	for (i = 0; i < TG_ARRAY_LEN(junk); i++) {
		CU_ASSERT_EQUAL(parse_with(key, device, junk[i]), -EINVAL);
		CU_ASSERT_EQUAL(err.n, 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.e[0].text, key->unit != NULL ? key->unit : ""));
	}
}

static void
test_integer_keys_hold_their_bounds(void)
{
	const struct tg_key_table *tables[] = { &tg_service_keys, &tg_device_keys };
	unsigned t, i, n = 0;

	for (t = 0; t < 2; t++) {
		for (i = 0; i < tables[t]->n; i++) {
			if (tables[t]->key[i].type != TG_KEY_INTEGER)
				continue;
			check_bounds(&tables[t]->key[i], t == 1);
			n++;
		}
	}
	CU_ASSERT_EQUAL(n, 49);
}

static void
test_string_keys_hold_their_lengths(void)
{
	char value[TG_CONFIG_BODY_MAX + 8];
	unsigned i;

	for (i = 0; i < tg_device_keys.n; i++) {
		const struct tg_key *key = &tg_device_keys.key[i];

		if (key->type != TG_KEY_STRING)
			continue;
		memset(value, '1', sizeof(value));
		value[key->size] = '\0';
		CU_ASSERT_EQUAL(parse_with(key, true, value), -EINVAL);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.e[0].text, "is too long; give one line"));
		value[key->size - 1] = '\0';
		parse_with(key, true, value);
		CU_ASSERT_TRUE(err.n == 0 || strstr(err.e[0].text, "too long") == NULL);
	}
}

static void
test_boolean_and_enum_keys_take_each_of_their_values(void)
{
	const struct tg_key_table *tables[] = { &tg_service_keys, &tg_device_keys };
	unsigned t, i, v;

	for (t = 0; t < 2; t++) {
		for (i = 0; i < tables[t]->n; i++) {
			const struct tg_key *key = &tables[t]->key[i];

			if (key->type == TG_KEY_BOOLEAN) {
				CU_ASSERT_EQUAL(parse_with(key, t == 1, "true"), 0);
				CU_ASSERT_EQUAL(stored(key, t == 1), 1);
				CU_ASSERT_EQUAL(parse_with(key, t == 1, "false"), 0);
				CU_ASSERT_EQUAL(stored(key, t == 1), 0);
				CU_ASSERT_EQUAL(parse_with(key, t == 1, "no"), -EINVAL);
			}
			if (strcmp(key->path, "routes[].status") == 0)
				continue; /* each fits another kind of route */
			for (v = 0; key->type == TG_KEY_ENUM && key->names[v] != NULL; v++) {
				CU_ASSERT_EQUAL(parse_with(key, t == 1, key->names[v]), 0);
				CU_ASSERT_TRUE(
				    stored(key, t == 1) == v || strcmp(key->path, "idle") == 0);
			}
		}
	}
}

static void
check_table(const struct tg_key_table *table, size_t config_size)
{
	union {
		char bytes[4096];
		uint64_t align;
	} scratch;
	unsigned i, j;

	for (i = 0; i < table->n; i++) {
		const struct tg_key *key = &table->key[i];
		const char *dot = strrchr(key->path, '.');
		bool parent = dot == NULL;

		CU_ASSERT_PTR_NOT_NULL_FATAL(key->help);
		CU_ASSERT_EQUAL(key->help[strlen(key->help) - 1], '.');
		CU_ASSERT_TRUE(key->offset < config_size && key->place_offset < config_size);
		CU_ASSERT_EQUAL(key->names != NULL, key->type == TG_KEY_ENUM);
		if (key->type == TG_KEY_STRING || key->type == TG_KEY_TEXT)
			CU_ASSERT_TRUE(key->size > 1 && key->offset + key->size <= config_size);
		if (tg_key_is_list(key))
			CU_ASSERT_TRUE(key->offset + key->max * key->size <= config_size);
		if (key->def != NULL) {
			memset(&scratch, 0, sizeof(scratch));
			CU_ASSERT_PTR_NULL(tg_value_parse(key, key->def, &scratch));
			CU_ASSERT_FALSE(key->required);
		}
		for (j = 0; j < i; j++) {
			size_t len = strlen(table->key[j].path);

			CU_ASSERT_STRING_NOT_EQUAL(table->key[j].path, key->path);
			parent =
			    parent || (strncmp(key->path, table->key[j].path, len) == 0 &&
					  (key->path + len == dot || key->path + len + 2 == dot));
		}
		CU_ASSERT_TRUE(parent);
	}
}

static void
test_key_tables_are_complete_and_in_order(void)
{
	check_table(&tg_service_keys, sizeof(struct tg_service_config));
	check_table(&tg_device_keys, sizeof(struct tg_device_config));
}

static void
expect_current(const char *name, void (*print)(FILE *))
{
	FILE *want = tmpfile(), *have = fopen(source_file(name), "rb");
	int a = 0, b = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(want);
	CU_ASSERT_PTR_NOT_NULL(have);
	print(want);
	rewind(want);
	while (have != NULL && a == b && a != EOF) {
		a = getc(want);
		b = getc(have);
	}
	CU_ASSERT_EQUAL(a, b);
	fclose(want);
	if (have != NULL)
		fclose(have);
}

static void
test_sample_is_current_and_valid(void)
{
	expect_current("app/tidegate/tidegate.yaml", tg_config_print_sample);
	memset(&err, 0, sizeof(err));
	CU_ASSERT_EQUAL(
	    tg_config_load_service(source_file("app/tidegate/tidegate.yaml"), &service, &err), 0);
	CU_ASSERT_EQUAL(service.n_addresses, 2);
	CU_ASSERT_TRUE(service.gateway4.set && service.gateway6.set);
}

static void
test_reference_is_current(void)
{
	expect_current("docs/configuration.md", tg_config_print_reference);
}

static CU_TestInfo table_tests[] = {
	{ "tables are complete and in order", test_key_tables_are_complete_and_in_order },
	{ "integer keys hold their bounds", test_integer_keys_hold_their_bounds },
	{ "string keys hold their lengths", test_string_keys_hold_their_lengths },
	{ "booleans and enums take each value",
	    test_boolean_and_enum_keys_take_each_of_their_values },
	{ "the sample is current and valid", test_sample_is_current_and_valid },
	{ "the reference is current", test_reference_is_current },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "table", NULL, NULL, NULL, NULL, table_tests },
		CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
