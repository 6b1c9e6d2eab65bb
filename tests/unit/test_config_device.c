/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The device file, alone, with the service and with the EAL command line.
 */
#include "config/broken.h"
#include "config_fixture.h"

static struct tg_eal_args eal;

static void
test_device_least_gets_defaults(void)
{
	CU_ASSERT_EQUAL_FATAL(parse_device("port: { vdev: 'net_tap0,iface=tide0' }\n"), 0);
	CU_ASSERT_EQUAL(dev.eal.n_args, 0);
	CU_ASSERT_STRING_EQUAL(dev.eal.lcores, "");
	CU_ASSERT_EQUAL(dev.eal.n_lcores, 0);
	CU_ASSERT_EQUAL(dev.eal.memory_mb, 0);
	CU_ASSERT_TRUE(dev.eal.huge);
	CU_ASSERT_FALSE(dev.eal.pci);
	CU_ASSERT_STRING_EQUAL(dev.eal.file_prefix, "tidegate");
	CU_ASSERT_STRING_EQUAL(dev.port.vdev, "net_tap0,iface=tide0");
	CU_ASSERT_STRING_EQUAL(dev.port.name, "net_tap0");
	CU_ASSERT_EQUAL(dev.port.mtu, 1500);
	CU_ASSERT_EQUAL(dev.port.promiscuous, TG_CONFIG_AUTO);
	CU_ASSERT_FALSE(dev.port.mac.set);
	CU_ASSERT_EQUAL(dev.queues.rx_descriptors, 1024);
	CU_ASSERT_EQUAL(dev.queues.tx_descriptors, 1024);
	CU_ASSERT_EQUAL(dev.queues.max_queues, 0);
	CU_ASSERT_EQUAL(dev.offloads.rx_checksum, TG_CONFIG_AUTO);
	CU_ASSERT_EQUAL(dev.offloads.tx_checksum, TG_CONFIG_AUTO);
	CU_ASSERT_EQUAL(dev.rss, TG_CONFIG_AUTO);
	CU_ASSERT_EQUAL(dev.burst, 64);
	CU_ASSERT_EQUAL(dev.idle, TG_CONFIG_IDLE_SLEEP);
	CU_ASSERT_EQUAL(dev.mbufs, 0);
}

static void
test_device_pci_polls_and_gets_its_full_name(void)
{
	CU_ASSERT_EQUAL(parse_device("port: { pci: 'AF:00.1', mac: 02:aB:00:00:00:ff }\n"), 0);
	CU_ASSERT_STRING_EQUAL(dev.port.name, "0000:af:00.1");
	CU_ASSERT_EQUAL(dev.idle, TG_CONFIG_IDLE_POLL);
	CU_ASSERT_TRUE(dev.port.mac.set);
	CU_ASSERT_EQUAL(memcmp(dev.port.mac.b, "\x02\xab\x00\x00\x00\xff", 6), 0);
	CU_ASSERT_EQUAL(
	    parse_device("port: { pci: '0001:01:00.0,txq_inline=0' }\nidle: pause\n"), 0);
	CU_ASSERT_STRING_EQUAL(dev.port.name, "0001:01:00.0");
	CU_ASSERT_EQUAL(dev.idle, TG_CONFIG_IDLE_PAUSE);
}

static void
test_device_lcores_are_counted(void)
{
	static const struct {
		const char *map;
		unsigned n; /* 0: refused */
	} maps[] = { { "0", 1 }, { "0@0,1@1", 2 }, { "0-3", 4 }, { "(0-3)@0", 4 },
		{ "0-3@(0,2-4)", 4 }, { "1,2@(5-7),(3-5)@(0,2),(0,6),7-8", 9 }, { "127@300", 1 },
		{ "(0,1),(1,2)", 3 }, { "128", 0 }, { "0-128", 0 }, { "3-1", 0 }, { "0,3-1", 0 },
		{ "0@", 0 }, { "@1", 0 }, { "(0,1", 0 }, { "()", 0 }, { "0,,1", 0 }, { "0 ,1", 0 },
		{ "0)", 0 }, { "0@0@0", 0 }, { "0x1", 0 }, { "99999999999", 0 }, { "0-", 0 } };
	char text[128];
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(maps); i++) {
		sprintf(text, "eal: { lcores: '%s' }\nport: { vdev: net_null0 }\n", maps[i].map);
		CU_ASSERT_EQUAL(parse_device(text), maps[i].n == 0 ? -EINVAL : 0);
		CU_ASSERT_EQUAL(dev.eal.n_lcores, maps[i].n);
	}
}

static void
test_together_workers_need_an_lcore_each_and_one_more(void)
{
	CU_ASSERT_EQUAL(parse_service("workers: 3\n" SERVICE), 0);
	CU_ASSERT_EQUAL(parse_device("port: { vdev: net_null0 }\neal:\n  lcores: '0-3'\n"), 0);
	CU_ASSERT_EQUAL(tg_config_check_together(&dev, &service, &err), 0);
	CU_ASSERT_EQUAL(parse_device("port: { vdev: net_null0 }\neal:\n  lcores: '0-2'\n"), 0);
	CU_ASSERT_EQUAL(tg_config_check_together(&dev, &service, &err), -EINVAL);
	expect_one_error(
	    ":1:10: workers: value \"3\": needs 4 lcores, one of them for control, and "
	    "eal.lcores on line 3 of t.yaml has 3; give fewer workers, or more lcores "
	    "there");
	CU_ASSERT_EQUAL(parse_device("port: { vdev: net_null0 }\n"), 0);
	CU_ASSERT_EQUAL(tg_config_check_together(&dev, &service, &err), 0);
}

static void
test_together_mss_and_ipv6_must_fit_the_mtu(void)
{
	CU_ASSERT_EQUAL(parse_service(DUAL "tcp: { mss: 1240 }\n"), 0);
	CU_ASSERT_EQUAL(parse_device("port: { vdev: net_null0, mtu: 1280 }\n"), 0);
	CU_ASSERT_EQUAL(tg_config_check_together(&dev, &service, &err), 0);
	CU_ASSERT_EQUAL(parse_device("port: { vdev: net_null0, mtu: 1279 }\n"), 0);
	CU_ASSERT_EQUAL(tg_config_check_together(&dev, &service, &err), -EINVAL);
	CU_ASSERT_EQUAL_FATAL(err.n, 2);
	CU_ASSERT_STRING_EQUAL(err.e[0].text,
	    "t.yaml:4:13: tcp.mss: value \"1240\": does not fit port.mtu 1279 of t.yaml; give at "
	    "most 1239, or 0: from the MTU");
	CU_ASSERT_STRING_EQUAL(err.e[1].text,
	    "t.yaml:1:31: port.mtu: value \"1279\": is too small for the IPv6 addresses of t.yaml; "
	    "give at least 1280 (RFC 8200 5)");
	CU_ASSERT_EQUAL(parse_service(SERVICE), 0);
	CU_ASSERT_EQUAL(tg_config_check_together(&dev, &service, &err), 0);
}

#define EAL_DEVICE                                                                                 \
	"eal: { lcores: '0@0,1@1', memory_mb: 512, huge: false, file_prefix: tg,\n"                \
	"  args: [--log-level=lib.eal:error, -d, driver.so] }\n"                                   \
	"port: { vdev: 'net_tap0,iface=tide0' }\n"

/* Merges the words of `line` as the command line. */
static int
merge(const char *device, const char *line)
{
	static char words[8192];
	char *argv[128], *word;
	int argc = 0;

	CU_ASSERT_EQUAL_FATAL(parse_device(device), 0);
	strcpy(words, line);
	for (word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	return tg_config_merge_eal(&dev, argc, argv, &eal, &err);
}

static void
expect_args(const char *want)
{
	char line[2048] = "";
	int i;

	for (i = 0; i < eal.argc; i++)
		sprintf(line + strlen(line), "%s%s", i == 0 ? "" : " ", eal.argv[i]);
	CU_ASSERT_STRING_EQUAL(line, want);
	CU_ASSERT_PTR_NULL(eal.argv[eal.argc]);
}

static void
test_merge_keeps_the_order_device_then_command_line(void)
{
	CU_ASSERT_EQUAL(
	    merge(EAL_DEVICE, "--vdev net_null0 --proc-type=primary -v --log-level 8"), 0);
	expect_args("tidegate --lcores=0@0,1@1 -m 512 --no-huge --file-prefix=tg --no-pci "
		    "--vdev=net_tap0,iface=tide0 --log-level=lib.eal:error -d driver.so --vdev "
		    "net_null0 --proc-type=primary -v --log-level 8");
	CU_ASSERT_EQUAL(merge("port: { pci: '01:00.0,a=b' }\n", ""), 0);
	expect_args("tidegate --file-prefix=tidegate --allow=01:00.0,a=b");
	CU_ASSERT_EQUAL(merge("port: { vdev: net_null0 }\neal: { pci: true }\n", "--new x"), 0);
	expect_args("tidegate --file-prefix=tidegate --vdev=net_null0 --new x");
}

static void
test_merge_option_given_by_both_is_refused_in_any_spelling(void)
{
	static const struct {
		const char *line, *error;
	} twice[] = {
		{ "-l 0-1", "command line: value \"-l\": is given by eal.lcores of t.yaml too, as "
			    "--lcores=0@0,1@1; give it in one place" },
		{ "-l0-1", "command line: value \"-l0-1\": is given by eal.lcores ..." },
		{ "-c 3", "command line: value \"-c\": is given by eal.lcores of ..." },
		{ "--lcores 0", "command line: value \"--lcores\": is given by eal.lcores ..." },
		{ "--lco=0", "command line: value \"--lco=0\": is given by eal.lcores of ..." },
		{ "-m 64", "command line: value \"-m\": is given by eal.memory_mb of t.yaml too, "
			   "as -m; give it in one place" },
		{ "--socket-mem=64", "command line: value \"--socket-mem=64\": is given by "
				     "eal.memory_mb ..." },
		{ "--no-huge", "command line: value \"--no-huge\": is given by eal.huge of ..." },
		{ "--no-pci", "command line: value \"--no-pci\": is given by eal.pci of ..." },
		{ "--file-prefix x", "command line: value \"--file-prefix\": is given by "
				     "eal.file_prefix ..." },
		{ "-n 2 -n 4", "command line: value \"-n\": is on the command line twice; give it "
			       "once" },
		{ "-n2 -n4", "command line: value \"-n4\": is on the command line twice; ..." },
		{ "--telemetry --no-telemetry", "command line: value \"--no-telemetry\": is on the "
						"command line twice; give it once" },
		{ "--in-memory",
		    "command line: value \"--in-memory\": excludes --no-huge, given by "
		    "eal.huge; give one of them" },
		{ "stray", "command line: value \"stray\": is no option; give EAL options that "
			   "begin with a dash" },
		{ "-v stray", "command line: value \"stray\": is no option; ..." },
	};
	size_t i;

	for (i = 0; i < TG_ARRAY_LEN(twice); i++) {
		CU_ASSERT_EQUAL(merge(EAL_DEVICE, twice[i].line), -EINVAL);
		CU_ASSERT_EQUAL(err.n, 1);
		CU_ASSERT_TRUE(matches(err.e[0].text, twice[i].error));
	}
}

static void
test_merge_option_twice_in_the_file_is_refused_at_its_place(void)
{
	CU_ASSERT_EQUAL(merge("port: { vdev: net_null0 }\n"
			      "eal:\n  memory_mb: 64\n  args:\n    - --in-memory\n    - -m32\n",
			    ""),
	    -EINVAL);
	expect_one_error(":6:7: eal.args[1]: value \"-m32\": is given by eal.memory_mb of t.yaml "
			 "too, as -m; give it in one place");
	CU_ASSERT_EQUAL(
	    merge("port: { vdev: net_null0 }\neal: { args: [--in-memory], huge: false }\n", ""),
	    -EINVAL);
	expect_one_error(":2:15: eal.args[0]: value \"--in-memory\": excludes --no-huge, given by "
			 "eal.huge; give one of them");
}

static void
test_merge_value_of_an_option_is_no_option(void)
{
	/* What follows -d is a file, whatever it is called; so is what follows a new option. */
	CU_ASSERT_EQUAL(merge(EAL_DEVICE, "-d --no-huge"), 0);
	CU_ASSERT_EQUAL(merge(EAL_DEVICE, "--huge-unlink --no-hpet"), 0);
	CU_ASSERT_EQUAL(merge(EAL_DEVICE, "--huge-unlink never"), -EINVAL);
	CU_ASSERT_EQUAL(merge(EAL_DEVICE, "--future-option value --no-hpet"), 0);
	CU_ASSERT_EQUAL(merge(EAL_DEVICE, "-n"), 0);
}

static void
test_merge_too_many_arguments_are_refused(void)
{
	char line[1024] = "";
	unsigned i;

	for (i = 0; i < (TG_CONFIG_EAL_ARGV_MAX - 4) / 2; i++)
		strcat(line, "-a x ");
	CU_ASSERT_EQUAL(merge("port: { vdev: net_null0 }\n", line), 0);
	CU_ASSERT_EQUAL(eal.argc, TG_CONFIG_EAL_ARGV_MAX);
	strcat(line, "-v");
	CU_ASSERT_EQUAL(merge("port: { vdev: net_null0 }\n", line), -EINVAL);
	CU_ASSERT_EQUAL(eal.argc, TG_CONFIG_EAL_ARGV_MAX);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.e[0].text, "too many arguments; give at most 80"));
}

static void
test_pmd_configs_load_and_seize_no_nic(void)
{
	static const char *const names[] = { "net_af_packet", "net_af_xdp", "net_memif",
		"net_memif_client", "net_null", "net_pcap", "net_ring", "net_tap", "net_vhost",
		"net_virtio_user" };
	static char prefixes[TG_ARRAY_LEN(names)][64];
	char path[64];
	size_t i, j;
	int k, found;

	memset(&err, 0, sizeof(err));
	parse_service(SERVICE);
	for (i = 0; i < TG_ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "pmd-config/%s.yaml", names[i]);
		CU_ASSERT_EQUAL(tg_config_load_device(source_file(path), &dev, &err), 0);
		CU_ASSERT_EQUAL(tg_config_merge_eal(&dev, 0, NULL, &eal, &err), 0);
		CU_ASSERT_EQUAL(tg_config_check_together(&dev, &service, &err), 0);
		for (k = found = 0; k < eal.argc; k++)
			found +=
			    strcmp(eal.argv[k], "--no-pci") == 0 || strcmp(eal.argv[k], "-m") == 0;
		CU_ASSERT_EQUAL(found, 2);
		strcpy(prefixes[i], dev.eal.file_prefix);
		for (j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(prefixes[i], prefixes[j]);
	}
	CU_ASSERT_EQUAL(err.n, 0);
}

static CU_TestInfo device_tests[] = {
	{ "least file gets defaults", test_device_least_gets_defaults },
	{ "PCI polls and gets its full name", test_device_pci_polls_and_gets_its_full_name },
	{ "lcores are counted", test_device_lcores_are_counted },
	{ "workers need an lcore each", test_together_workers_need_an_lcore_each_and_one_more },
	{ "MSS and IPv6 must fit the MTU", test_together_mss_and_ipv6_must_fit_the_mtu },
	{ "shipped files load and seize no NIC", test_pmd_configs_load_and_seize_no_nic },
	CU_TEST_INFO_NULL,
};

static CU_TestInfo merge_tests[] = {
	{ "device first, then command line", test_merge_keeps_the_order_device_then_command_line },
	{ "given by both is refused", test_merge_option_given_by_both_is_refused_in_any_spelling },
	{ "twice in the file is refused",
	    test_merge_option_twice_in_the_file_is_refused_at_its_place },
	{ "the value of an option is no option", test_merge_value_of_an_option_is_no_option },
	{ "too many arguments are refused", test_merge_too_many_arguments_are_refused },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = { { "device", NULL, NULL, NULL, NULL, device_tests },
		{ "merge", NULL, NULL, NULL, NULL, merge_tests }, CU_SUITE_INFO_NULL };

	return tg_tap_run(suites);
}
