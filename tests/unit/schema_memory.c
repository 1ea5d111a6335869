// SPDX-License-Identifier: GPL-2.0
/*
 * Prints a JSON Schema of an answer about the memory of a machine, from the lists of
 * answers, reasons, kinds of pages and words:
 *
 *	schema_memory plan|plan-add|list
 */
#include "answers/plan_add.h"
#include "schema_members.h"

static void print_words(const char *const *words, size_t nr)
{
	size_t i;

	printf("{\"enum\": [");
	for (i = 0; i < nr; i++)
		printf("%s\"%s\"", i ? ", " : "", words[i]);
	printf("]}");
}

#define WORD(name, word, ...) word,

static void answer(void)
{
	enum plan_answer one;

	printf("{\"enum\": [");
	for (one = PLAN_YES; one <= PLAN_NO; one++)
		printf("%s\"%s\"", one ? ", " : "", plan_answer_word(one));
	printf("]}");
}

/* null: offline memory, or pages that cannot be looked at */
static void answer_or_null(void)
{
	printf("{\"anyOf\": [");
	answer();
	printf(", {\"type\": \"null\"}]}");
}

static void state(void)
{
	print_known(event_states);
}

static void zone(void)
{
	print_known(event_zones);
}

static void hosting(void)
{
	print_known(event_hostings);
}

static void reason(void)
{
	static const char *const words[] = { PLAN_REASONS(WORD) };

	print_words(words, PLAN_NR_REASONS);
}

static void kind(void)
{
	enum account_kind one;

	printf("{\"enum\": [");
	for (one = 0; one < ACCOUNT_NR_KINDS; one++)
		printf("\"%s\", ", account_kind_word(one));
	printf("null]}");
}

static void reasons(void)
{
	static const struct member members[] = {
		{ "reason", NULL, reason },    { "answer", NULL, answer },
		{ "kind", NULL, kind },	       { "pages", "u64", NULL },
		{ "first_pfn", "u64?", NULL }, { "text", NULL, text },
	};

	print_array(MEMBERS(members));
}

/* How many there are of each kind */
static void pages(void)
{
	struct member members[ACCOUNT_NR_KINDS];
	enum account_kind one;

	for (one = 0; one < ACCOUNT_NR_KINDS; one++)
		members[one] =
			(struct member){ account_kind_word(one), "u64", NULL };
	print_object(members, ACCOUNT_NR_KINDS);
}

static void huge_pages(void)
{
	static const struct member members[] = {
		{ "bytes", "u64", NULL },    { "used", "u64", NULL },
		{ "free", "u64", NULL },     { "pinned", "u64", NULL },
		{ "poisoned", "u64", NULL },
	};

	print_array(MEMBERS(members));
}

static void offline_owners(void)
{
	struct member members[ACCOUNT_NR_OWNERS];
	enum account_owner one;

	for (one = 0; one < ACCOUNT_NR_OWNERS; one++)
		members[one] =
			(struct member){ account_owner_word(one), "u64", NULL };
	print_object(members, ACCOUNT_NR_OWNERS);
}

static void blocks(void)
{
	static const struct member members[] = {
		{ "id", "u64", NULL },
		{ "start_pfn", "u64", NULL },
		{ "nr_pages", "u64", NULL },
		{ "state", NULL, state },
		{ "node", "s32", NULL },
		{ "zone", NULL, zone },
		{ "answer", NULL, answer },
		{ "move", "u64", NULL },
		{ "room", "u64", NULL },
		{ "pages", NULL, pages },
		{ "huge", NULL, huge_pages },
		{ "offline_owners", NULL, offline_owners },
		{ "unevictable", "u64", NULL },
		{ "pinned", "u64", NULL },
		{ "pinned_thp", "u64", NULL },
		{ "poisoned_thp", "u64", NULL },
		{ "cpu_ns", "u64", NULL },
		{ "reasons", NULL, reasons },
	};

	print_array(MEMBERS(members));
}

static void print_plan(void)
{
	static const struct member members[] = {
		{ "what", NULL, text },
		{ "answer", NULL, answer },
		{ "page_bytes", "u32", NULL },
		{ "block_bytes", "u64", NULL },
		{ "move", "u64", NULL },
		{ "room", "u64", NULL },
		{ "references_unknown", NULL, text_or_null },
		{ "reasons", NULL, reasons },
		{ "blocks", NULL, blocks },
	};

	print_answer("plan", "What mhptop plan --json offline prints",
		     MEMBERS(members), "");
}

static void mode(void)
{
	static const char *const words[] = { PLAN_ADD_MODE_LIST(WORD) };

	print_words(words, sizeof(words) / sizeof(*words));
}

static void why(void)
{
	static const char *const words[] = { PLAN_ADD_WHYS(WORD) };

	print_words(words, PLAN_ADD_NR_WHYS);
}

static void reason_of_add(void)
{
	static const char *const words[] = { PLAN_ADD_REASONS(WORD) };

	print_words(words, PLAN_ADD_NR_REASONS);
}

static void reasons_of_add(void)
{
	static const struct member members[] = {
		{ "reason", NULL, reason_of_add },
		{ "text", NULL, text },
	};

	print_array(MEMBERS(members));
}

static void print_plan_add(void)
{
	static const struct member members[] = {
		{ "answer", NULL, answer },
		{ "start", "u64", NULL },
		{ "assumed", NULL, flag },
		{ "bytes", "u64", NULL },
		{ "block_bytes", "u64", NULL },
		{ "page_bytes", "u32", NULL },
		{ "blocks", "u64", NULL },
		{ "mode", NULL, mode },
		{ "mode_is_current", NULL, flag },
		{ "hosting", NULL, hosting },
		{ "why", NULL, why },
		{ "memmap_pages", "u64", NULL },
		{ "buddy_pages", "u64", NULL },
		{ "other_pages", "u64", NULL },
		{ "waste_pages", "u64", NULL },
		{ "free_pages", "u64", NULL },
		{ "reclaim_pages", "u64", NULL },
		{ "gib", "u64", NULL },
		{ "mapped_gib", "u64?", NULL },
		{ "gigantic", "u64", NULL },
		{ "reasons", NULL, reasons_of_add },
	};

	print_answer("plan-add", "What mhptop plan --json add prints",
		     MEMBERS(members), "");
}

static void ranges(void)
{
	static const struct member members[] = {
		{ "start", "u64", NULL },
		{ "end", "u64", NULL },
		{ "bytes", "u64", NULL },
		{ "state", NULL, state },
		{ "offline", NULL, answer_or_null },
		{ "zone", NULL, zone },
		{ "hosting", NULL, hosting },
		{ "device", NULL, text_or_null },
		{ "node", "s32", NULL },
		{ "first_block", "u64", NULL },
		{ "last_block", "u64", NULL },
	};

	print_array(MEMBERS(members));
}

static void print_list(void)
{
	static const struct member members[] = {
		{ "ranges", NULL, ranges },
		{ "block_bytes", "u64", NULL },
		{ "online_bytes", "u64", NULL },
		{ "offline_bytes", "u64", NULL },
	};

	print_answer("list", "What mhptop list --json prints", MEMBERS(members),
		     "");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "plan"))
		print_plan();
	else if (argc == 2 && !strcmp(argv[1], "plan-add"))
		print_plan_add();
	else if (argc == 2 && !strcmp(argv[1], "list"))
		print_list();
	else
		return 2;
	return 0;
}
