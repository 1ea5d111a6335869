// SPDX-License-Identifier: GPL-2.0
/* Which rules of udev are for memory blocks: forms that distributions have, and their neighbours that are not. */
#include "doctor/udev.h"
#include "ktap.h"

static void is_about(const char *rule, bool want)
{
	struct udev_place place = { 0 };

	eq(rule, udev_rule_take(&place, rule), want);
}

static void test_rules(void)
{
	is_about("SUBSYSTEM==\"memory\", ATTR{state}=\"online\"", true);
	is_about("SUBSYSTEM == \"memory\", ATTR{state} = \"online\"", true);
	is_about("ACTION==\"add\",SUBSYSTEM==\"block|memory\",RUN+=\"x\"",
		 true);
	is_about("SUBSYSTEM==\"memory*\", RUN+=\"x\"", true);
	is_about("SUBSYSTEM==e\"memory\", RUN+=\"x\"", true);
	is_about("KERNEL==\"memory[0-9]*\", RUN+=\"x\"", true);
	is_about("KERNEL==\"memory7\", RUN+=\"x\"", true);
	is_about("KERNEL==\"sda|memory1[0-9]\", RUN+=\"x\"", true);
	is_about("DEVPATH==\"/devices/system/memory/*\", RUN+=\"x\"", true);
	is_about("DEVPATH==\"/devices/system/memory/memory7\", RUN+=\"x\"",
		 true);
	is_about("SUBSYSTEM==\"memory\", KERNEL!=\"memory0\", RUN+=\"x\"",
		 true);
	is_about("ENV{A}==\"\\\"b\", SUBSYSTEM==\"memory\", RUN+=\"x\"", true);
	is_about("SUBSYSTEM==\"memory\"", true);
	is_about("SUBSYSTEM==\"memory2\", RUN+=\"x\"", false);
	is_about("SUBSYSTEM==\"cpu\", ENV{A}=\"SUBSYSTEM==memory\"", false);
	is_about("SUBSYSTEM==\"cpu\", KERNEL==\"*\", RUN+=\"x\"", false);
	is_about("SUBSYSTEM!=\"memory\", RUN+=\"x\"", false);
	is_about("KERNEL==\"*\", RUN+=\"x\"", false);
	is_about("KERNEL!=\"sd*\", RUN+=\"x\"", false);
	is_about("KERNEL==\"memory_tier0\", RUN+=\"x\"", false);
	is_about("ACTION==\"add\", RUN+=\"x\"", false);
	is_about("", false);
}

/* Rules behind a jump that only memory blocks do not take, as in 40-redhat.rules */
static void test_jumps(void)
{
	static const struct {
		const char *rule;
		bool about;
	} rules[] = {
		{ "ATTR{state}==\"offline\", ATTR{before}=\"x\"", false },
		{ "SUBSYSTEM!=\"memory\", GOTO=\"end\"", false },
		{ "ACTION!=\"add\", GOTO=\"end\"", false },
		{ "ATTR{state}==\"offline\", ATTR{state}=\"online\"", true },
		{ "LABEL=\"other\"", false },
		{ "SUBSYSTEM==\"cpu\", RUN+=\"x\"", false },
		{ "RUN+=\"x\"", true },
		{ "LABEL=\"end\"", false },
		{ "ATTR{state}==\"offline\", ATTR{behind}=\"x\"", false },
		{ "SUBSYSTEM!=\"memory\", ACTION==\"add\", GOTO=\"end\"",
		  false },
		{ "ATTR{state}==\"offline\", ATTR{any}=\"x\"", false },
		{ "SUBSYSTEM!=\"cpu\", GOTO=\"end\"", false },
		{ "ATTR{online}==\"0\", ATTR{online}=\"1\"", false },
	};
	struct udev_place place = { 0 };
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		eq(rules[i].rule, udev_rule_take(&place, rules[i].rule),
		   rules[i].about);
}

int main(void)
{
	test_rules();
	test_jumps();
	return ktap_done();
}
