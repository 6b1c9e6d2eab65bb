/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "config/reader.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SET_NAME "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

struct lcore_set {
	bool has[TG_CONFIG_LCORES_MAX];
};

/* A decimal number below `limit`; moves *text behind it. */
static bool
take_number(const char **text, unsigned limit, unsigned *n)
{
	if (!isdigit((unsigned char)**text))
		return false;
	for (*n = 0; isdigit((unsigned char)**text); (*text)++) {
		*n = *n * 10 + (unsigned)(**text - '0');
		if (*n >= limit)
			return false;
	}
	return true;
}

/* number | number-number; set is NULL for CPUs. */
static bool
take_range(const char **text, struct lcore_set *set)
{
	unsigned limit = set != NULL ? TG_CONFIG_LCORES_MAX : UINT16_MAX, first, last;

	if (!take_number(text, limit, &first))
		return false;
	last = first;
	if (**text == '-') {
		(*text)++;
		if (!take_number(text, limit, &last) || last < first)
			return false;
	}
	for (; set != NULL && first <= last; first++)
		set->has[first] = true;
	return true;
}

/* range | (range,range,...) */
static bool
take_group(const char **text, struct lcore_set *set)
{
	if (**text != '(')
		return take_range(text, set);
	do {
		(*text)++;
		if (!take_range(text, set))
			return false;
	} while (**text == ',');
	return *(*text)++ == ')';
}

/* EAL's --lcores: group[@group],... Returns the number of lcores, 0 if it is malformed. */
static unsigned
count_lcores(const char *text)
{
	struct lcore_set set = { { false } };
	unsigned i, n = 0;

	for (;;) {
		if (!take_group(&text, &set))
			return 0;
		if (*text == '@') {
			text++;
			if (!take_group(&text, NULL))
				return 0;
		}
		if (*text != ',')
			break;
		text++;
	}
	for (i = 0; i < TG_CONFIG_LCORES_MAX; i++)
		n += set.has[i];
	return *text == '\0' ? n : 0;
}

static void
check_eal(struct tg_reader *r, struct tg_device_config *dev)
{
	const char *prefix = dev->eal.file_prefix;

	if (dev->eal.lcores[0] != '\0') {
		dev->eal.n_lcores = count_lcores(dev->eal.lcores);
		if (dev->eal.n_lcores == 0)
			tg_reader_fault_at(r, "eal.lcores",
			    "is no lcore map; give lcores below %u and their CPUs such as "
			    "0@0,1@1 or (0-3)@0",
			    TG_CONFIG_LCORES_MAX);
	}
	if (strspn(prefix, SET_NAME "-.") != strlen(prefix) || prefix[0] == '.')
		tg_reader_fault_at(
		    r, "eal.file_prefix", "is no file name; use letters, digits, '_', '-' and '.'");
}

/* [dddd:]bb:dd.f, hexadecimal, with or without arguments after a comma. Writes the
 * full form to name, which is what ethdev calls the port. */
static bool
pci_name(const char *text, char *name, size_t size)
{
	static const char form[] = "xxxx:xx:xx.x";
	char full[sizeof(form)];
	size_t len = strcspn(text, ","), i;

	if (len != sizeof(form) - 1 && len != sizeof("xx:xx.x") - 1)
		return false;
	snprintf(full, sizeof(full), "%s%.*s", len < 12 ? "0000:" : "", (int)len, text);
	for (i = 0; form[i] != '\0'; i++) {
		if (form[i] == 'x' ? !isxdigit((unsigned char)full[i]) : form[i] != full[i])
			return false;
		full[i] = (char)tolower((unsigned char)full[i]);
	}
	snprintf(name, size, "%s", full);
	return true;
}

static void
check_port(struct tg_reader *r, struct tg_device_config *dev)
{
	size_t len = strcspn(dev->port.vdev, ",");

	if ((dev->port.vdev[0] == '\0') == (dev->port.pci[0] == '\0')) {
		tg_reader_fault_at(r, "port", "has %s; give one of vdev and pci",
		    dev->port.vdev[0] == '\0' ? "no device" : "both vdev and pci");
	} else if (dev->port.pci[0] != '\0') {
		if (!pci_name(dev->port.pci, dev->port.name, sizeof(dev->port.name)))
			tg_reader_fault_at(r, "port.pci",
			    "does not begin with a PCI address; give one such as 0000:01:00.0");
	} else if (len == 0 || len >= sizeof(dev->port.name) ||
		   strspn(dev->port.vdev, SET_NAME) != len) {
		tg_reader_fault_at(r, "port.vdev",
		    "does not begin with a device name; give one such as net_tap0, arguments "
		    "after a comma");
	} else {
		snprintf(dev->port.name, sizeof(dev->port.name), "%.*s", (int)len, dev->port.vdev);
	}
}

void
tg_device_check(struct tg_reader *r)
{
	struct tg_device_config *dev = r->base;

	check_eal(r, dev);
	check_port(r, dev);
	if (dev->idle == TG_CONFIG_IDLE_AUTO)
		dev->idle = dev->port.vdev[0] != '\0' ? TG_CONFIG_IDLE_SLEEP : TG_CONFIG_IDLE_POLL;
}
