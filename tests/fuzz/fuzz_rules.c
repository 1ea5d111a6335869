// SPDX-License-Identifier: GPL-2.0
/*
 * Settings of the rules: each input is used as a settings file, and its first
 * line as an option with a value, which may contain blanks. Accepted settings
 * must be valid for the rules.
 */
#include <errno.h>

#include "fuzz.h"
#include "lines.h"
#include "rules/config.h"

#define BLOCK_PAGES 32768
#define BLOCKS 512 /* above every block that a removal can reach */

static void must_be_sane(const struct rules_opts *opts)
{
	int i;

	for (i = 0; i < 4; i++)
		must(opts->max_ns[i] < 1000000000000000000ULL,
		     "a time of %llu ns", opts->max_ns[i]);
	must(opts->max_vmemmap >= 0 && opts->max_vmemmap <= 100, "%f percent",
	     opts->max_vmemmap);
	must(!opts->hosting || opts->hosting == MHP_HOSTING_BUDDY ||
		     opts->hosting == MHP_HOSTING_BLOCK ||
		     opts->hosting == MHP_HOSTING_RANGE,
	     "hosting %u", opts->hosting);
	must(!opts->removed_end || opts->removed_end > opts->removed_start,
	     "a range that ends before it begins");
	must(!opts->online_end || opts->online_end > opts->online_start,
	     "a range that ends before it begins");
	must(opts->max_idle_ns < 1000000000000000000ULL, "a time of %llu ns",
	     opts->max_idle_ns);
	for (i = 0; i < 4; i++)
		must(opts->count[i].min <= opts->count[i].max,
		     "%llu to %llu operations", opts->count[i].min,
		     opts->count[i].max);
}

static void must_be_removals(const struct violations *violations,
			     const struct rules_opts *opts)
{
	size_t i;

	for (i = 0; i < violations->nr_kept; i++) {
		must((violations->kept[i].rule == RULE_BUDGET_REMOVED &&
		      opts->removed_end) ||
			     (violations->kept[i].rule == RULE_BUDGET_ONLINE &&
			      opts->online_end) ||
			     violations->kept[i].rule == RULE_BUDGET_COUNT,
		     "%s is violated without cause",
		     rule_infos[violations->kept[i].rule].name);
		must_be_reason(violations->kept[i].found,
			       sizeof(violations->kept[i].found));
	}
}

static void take_removal(struct rules *rules, u64 block, u64 blocks)
{
	struct mhp_record record = {
		.event = MHP_EVENT_mhp_remove_begin,
		.size = sizeof(record.p.mhp_remove_begin),
		.p.mhp_remove_begin = { .start_pfn = block * BLOCK_PAGES,
					.nr_pages = blocks * BLOCK_PAGES },
	};

	must(!rules_take(rules, &record), "no memory for a removal");
	record.event = MHP_EVENT_mhp_remove_end;
	record.size = sizeof(record.p.mhp_remove_end);
	record.p.mhp_remove_end.ret = 0;
	must(!rules_take(rules, &record), "no memory for a removal");
}

/* Whether all blocks that must be removed are; true without that setting. */
static bool is_removed(const struct rules_opts *opts, const bool *gone)
{
	u64 bytes = (u64)BLOCK_PAGES * opts->page_bytes;
	u64 block = opts->removed_start / bytes;

	if (!opts->removed_end || opts->skip[RULE_BUDGET_REMOVED])
		return true;
	for (; block <= opts->removed_end / bytes; block++)
		if (block >= BLOCKS || !gone[block])
			return false;
	return true;
}

/*
 * Removals of blocks that the input chooses: the only possible violations are
 * that the expected range was not removed or did not go online, or that the
 * number of operations is another than expected.
 */
static void judge_removals(struct rules_opts *opts, const uint8_t *data,
			   size_t size)
{
	bool gone[BLOCKS] = { false };
	struct violations violations;
	struct rules *rules;
	size_t i;

	opts->page_bytes = 4096;
	violations_init(&violations, BLOCK_PAGES);
	rules = rules_new(BLOCK_PAGES, opts, &violations);
	must(rules, "no rules");
	for (i = 0; i + 1 < size && i < 8; i += 2) {
		take_removal(rules, data[i], data[i + 1] % 64 + 1);
		memset(gone + data[i], true, data[i + 1] % 64 + 1);
	}
	rules_end(rules, &(struct rules_ending){ .whole = true });
	must_be_removals(&violations, opts);
	must(violations.of_rule[RULE_BUDGET_REMOVED] == !is_removed(opts, gone),
	     "wrong verdict about removing bytes 0x%llx to 0x%llx",
	     opts->removed_start, opts->removed_end);
	rules_free(rules);
	violations_free(&violations);
}

/* Applying the same setting twice must not change the result. */
static void take_option(char *text)
{
	struct rules_opts once = { 0 }, twice;
	char *value = text + strcspn(text, " \n"), why[256];
	int err;

	text[strcspn(text, "\n")] = '\0';
	if (*value)
		*value++ = '\0';
	err = rules_set(&once, text, value, why, sizeof(why));
	must(!err || err == -EINVAL || err == -ENOENT, "error %d", err);
	if (err) {
		plain_text(why);
		must_be_reason(why, sizeof(why));
		return;
	}
	twice = once;
	must(!rules_set(&twice, text, value, why, sizeof(why)),
	     "accepted only once: %s", why);
	must(!memcmp(&once, &twice, sizeof(once)), "changed the second time");
	must_be_sane(&once);
	judge_removals(&once, (uint8_t *)value, strlen(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules_opts opts = { 0 };
	char why[512], *text;

	if (!rules_read(&opts, fuzz_file(data, size), why, sizeof(why))) {
		must_be_sane(&opts);
		judge_removals(&opts, data, size);
	} else {
		/* The caller that prints the reason and the file name makes them plain. */
		plain_text(why);
		must_be_reason(why, sizeof(why));
	}
	text = malloc(size + 1);
	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	take_option(text);
	free(text);
	return 0;
}
