// SPDX-License-Identifier: GPL-2.0
/* A plan as text and as JSON. */
#include <errno.h>
#include <string.h>

#include "answers/plan.h"
#include "base/fit.h"
#include "base/json.h"
#include "base/units.h"
#include "model/event_table.h"
#include "model/forecast.h"

const char *plan_answer_word(enum plan_answer answer)
{
	return event_symbol(forecast_words, FORECAST_YES + answer);
}

const char *plan_reason_word(enum plan_reason reason)
{
	static const char *const words[] = {
#define PLAN_REASON(name, word) [PLAN_##name] = word,
		PLAN_REASONS(PLAN_REASON)
#undef PLAN_REASON
	};

	return words[reason];
}

/* "1 page", "2 pages" */
static const char *plural(u64 nr)
{
	return nr == 1 ? "" : "s";
}

static const char *kind_text(enum account_kind kind)
{
	static const char *const texts[ACCOUNT_NR_KINDS] = {
		[ACCOUNT_SLAB] = "slab page",
		[ACCOUNT_PGTABLE] = "page table",
		[ACCOUNT_RESERVED] = "reserved page",
		[ACCOUNT_OTHER] = "other kernel page",
		[ACCOUNT_SECRET] = "secretmem page",
		[ACCOUNT_OFFLINE] = "offline page",
		[ACCOUNT_NOPAGE] = "missing page",
	};

	return kind < ACCOUNT_NR_KINDS && texts[kind] ? texts[kind] : "page";
}

static void huge_text(char buf[PLAN_TEXT_MAX],
		      const struct plan_finding *finding)
{
	const char *more = finding->reason == PLAN_HUGE_COMPACT ?
				   ", unless the kernel makes more" :
				   "";
	char size[UNITS_TEXT_MAX];

	size_text(size, finding->size);
	if (finding->reason == PLAN_HUGE_RESERVED)
		snprintf(
			buf, PLAN_TEXT_MAX,
			"%llu huge page%s of %s would leave the pool, which can spare %llu: the others are reserved",
			finding->pages, plural(finding->pages), size,
			finding->room);
	else if (finding->reason == PLAN_HUGE_BEYOND)
		snprintf(
			buf, PLAN_TEXT_MAX,
			"%s block ends inside a huge page of %s, which this kernel cannot isolate",
			finding->each ? "each" : "the", size);
	else if (finding->reason == PLAN_HUGE_LOOP)
		snprintf(
			buf, PLAN_TEXT_MAX,
			"%llu huge page%s of %s must move, and this kernel may move %s to free ones of the same block, again and again",
			finding->pages, plural(finding->pages), size,
			finding->pages == 1 ? "it" : "them");
	else
		snprintf(
			buf, PLAN_TEXT_MAX,
			"%llu huge page%s of %s must move, and %llu %s free elsewhere%s",
			finding->pages, plural(finding->pages), size,
			finding->room, finding->room == 1 ? "is" : "are", more);
}

static void room_text(char buf[PLAN_TEXT_MAX],
		      const struct plan_finding *finding)
{
	snprintf(buf, PLAN_TEXT_MAX,
		 "%s%llu page%s must move%s, and there is room for %s%llu%s",
		 finding->each ? "up to " : "", finding->pages,
		 plural(finding->pages), finding->each ? " in each block" : "",
		 finding->each ? "at most " : "", finding->room,
		 finding->reason == PLAN_RECLAIM ?
			 ", unless the kernel reclaims more" :
			 "");
}

/* Pages of a kind that are in the way */
static void pages_text(char buf[PLAN_TEXT_MAX],
		       const struct plan_finding *finding)
{
	const char *more = finding->reason == PLAN_PINNED_PAGES ?
				   " with unexplained references" :
				   "";
	const char *unless = "";
	char where[48];

	if (finding->reason == PLAN_KERNEL_PAGES &&
	    finding->answer == PLAN_UNKNOWN)
		unless = ", unless they are about to become free";
	snprintf(where, sizeof(where),
		 finding->pages > 1 ? ", the first at pfn 0x%llx" :
				      " at pfn 0x%llx",
		 finding->first);
	snprintf(buf, PLAN_TEXT_MAX, "%llu %s%s%s%s%s", finding->pages,
		 kind_text(finding->kind), plural(finding->pages), more, where,
		 unless);
}

/* Huge pages that are in the way */
static void stuck_text(char buf[PLAN_TEXT_MAX],
		       const struct plan_finding *finding)
{
	bool thp = finding->kind == ACCOUNT_NR_KINDS;
	bool poisoned = finding->reason == PLAN_THP_POISONED ||
			finding->reason == PLAN_HUGE_POISONED;
	char size[UNITS_TEXT_MAX], where[48];

	snprintf(where, sizeof(where),
		 finding->pages > 1 ? ", the first at pfn 0x%llx" :
				      " at pfn 0x%llx",
		 finding->first);
	snprintf(buf, PLAN_TEXT_MAX, "%llu %s%shuge page%s of %s%s%s%s",
		 finding->pages, poisoned ? "poisoned " : "",
		 thp ? "transparent " : "", plural(finding->pages),
		 size_text(size, finding->size),
		 poisoned ? thp ? "" : " in use" :
			    " with unexplained references",
		 where,
		 finding->answer == PLAN_UNKNOWN ?
			 ", which this kernel may or may not migrate" :
			 "");
}

static void cma_text(char buf[PLAN_TEXT_MAX],
		     const struct plan_finding *finding)
{
	if (finding->reason == PLAN_CMA)
		snprintf(
			buf, PLAN_TEXT_MAX,
			"%llu pages of a CMA area, the first at pfn 0x%llx, which the kernel does not isolate for an offline",
			finding->pages, finding->first);
	else
		snprintf(
			buf, PLAN_TEXT_MAX,
			"its zone has CMA areas with %llu pages, and where they are cannot be read",
			finding->pages);
}

const char *plan_finding_text(char buf[PLAN_TEXT_MAX],
			      const struct plan_finding *finding)
{
	switch (finding->reason) {
	case PLAN_OFFLINE_ALREADY:
		return "it is already offline";
	case PLAN_BUSY:
		return "its state is changing";
	case PLAN_HOLES:
		return "it has holes, or firmware keeps a part of it";
	case PLAN_MULTIZONE:
		return "it spans several zones";
	case PLAN_KERNEL_PAGES:
	case PLAN_SECRET_PAGES:
	case PLAN_OFFLINE_PAGES:
	case PLAN_PINNED_PAGES:
		pages_text(buf, finding);
		break;
	case PLAN_THP_PINNED:
	case PLAN_HUGE_PINNED:
	case PLAN_THP_POISONED:
	case PLAN_HUGE_POISONED:
		stuck_text(buf, finding);
		break;
	case PLAN_CMA:
	case PLAN_CMA_UNKNOWN:
		cma_text(buf, finding);
		break;
	case PLAN_NO_ROOM:
	case PLAN_RECLAIM:
		room_text(buf, finding);
		break;
	case PLAN_HUGE_RESERVED:
	case PLAN_HUGE_NO_ROOM:
	case PLAN_HUGE_COMPACT:
	case PLAN_HUGE_LOOP:
	case PLAN_HUGE_BEYOND:
		huge_text(buf, finding);
		break;
	case PLAN_BLIND:
		snprintf(buf, PLAN_TEXT_MAX,
			 "the references to %llu page%s cannot be read",
			 finding->pages, plural(finding->pages));
		break;
	case PLAN_NR_REASONS:
		*buf = '\0';
		break;
	}
	return buf;
}

/* What moves and has room */
static void print_moves(const struct plan_result *result, bool each, FILE *out)
{
	const char *most = each ? "up to " : "";
	const char *of_each = each ? " in each block" : "";

	if (result->move)
		fprintf(out,
			"%s%llu page%s must move%s, and there is room for %s%llu",
			most, result->move, plural(result->move), of_each,
			each ? "at least " : "", result->room);
	if (result->move && result->move_huge)
		fputs("; ", out);
	if (result->move_huge)
		fprintf(out,
			"%s%llu huge page%s must move%s, and there is room",
			most, result->move_huge, plural(result->move_huge),
			of_each);
	if (!result->move && !result->move_huge)
		fputs("nothing has to move", out);
}

/* Of a row of blocks, each alone can go. */
static void print_findings(const struct plan_result *result, bool each,
			   FILE *out)
{
	char text[PLAN_TEXT_MAX];
	size_t i;

	for (i = 0; i < result->nr_findings; i++)
		fprintf(out, "%s%s", i ? "; " : "",
			plan_finding_text(text, &result->findings[i]));
	if (!result->nr_findings)
		print_moves(result, each, out);
	fputc('\n', out);
}

static void print_row(const struct plan *plan, const struct plan_row *row,
		      bool pages, FILE *out)
{
	const struct mhp_mhp_snapshot_block *at =
		&plan->blocks[row->first].block->at;
	u64 number = at->start_pfn / plan->target.block_pages;
	char blocks[48];

	if (row->nr == 1)
		snprintf(blocks, sizeof(blocks), "%llu", number);
	else
		snprintf(blocks, sizeof(blocks), "%llu-%llu", number,
			 number + row->nr - 1);
	fprintf(out, "%11s %-8s%-8s%5d  " FIT_HERE, blocks,
		plan_answer_word(row->result.answer),
		event_symbol(event_zones, at->zone), at->nid);
	print_findings(&row->result, row->nr > 1, out);
	if (pages)
		account_print_text(&row->account, plan->target.page_bytes,
				   "            pages: " FIT_HERE, out);
}

static u64 with_answer(const struct plan *plan, enum plan_answer answer)
{
	u64 nr = 0;
	size_t i;

	for (i = 0; i < plan->target.nr; i++)
		nr += plan->blocks[i].result.answer == answer;
	return nr;
}

static void print_sum(const struct plan *plan, const char *what, FILE *out)
{
	u64 cannot = with_answer(plan, PLAN_NO);
	u64 unknown = with_answer(plan, PLAN_UNKNOWN);

	fprintf(out, "%s: %s: %llu of %zu memory block%s can go offline", what,
		plan_answer_word(plan->all.answer), with_answer(plan, PLAN_YES),
		plan->target.nr, plural(plan->target.nr));
	if (cannot)
		fprintf(out, ", %llu cannot", cannot);
	if (unknown)
		fprintf(out, ", %llu %s unknown", unknown,
			unknown == 1 ? "is" : "are");
	if (plan->all.nr_findings) {
		fputs("; together: ", out);
		print_findings(&plan->all, false, out);
	} else {
		fputc('\n', out);
	}
	if (*plan->blind)
		fprintf(out, "References are unknown: %s\n", plan->blind);
}

int plan_print_text(const struct plan *plan, const char *what,
		    const struct plan_opts *opts, FILE *to)
{
	bool pages = opts->pages || plan->target.nr == 1;
	FILE *out = fit_open(to, fit_cols(to));
	struct plan_row row;
	size_t i;

	if (!out)
		return -ENOMEM;

	fputs("      BLOCK CAN GO  ZONE     NODE  WHY\n", out);
	for (i = 0; i < plan->target.nr; i += row.nr) {
		plan_row_make(&row, plan, i, opts->all);
		print_row(plan, &row, pages, out);
	}
	print_sum(plan, what, out);
	return fit_close(out);
}

static void json_string(const char *key, const char *text, FILE *out)
{
	char escaped[JSON_TEXT_MAX * 256 + 1];

	*json_text_put(escaped, text, 256) = '\0';
	fprintf(out, "\"%s\":\"%s\"", key, escaped);
}

static void json_findings(const struct plan_result *result, FILE *out)
{
	const struct plan_finding *finding = result->findings;
	char text[PLAN_TEXT_MAX];
	size_t i;

	fputs("\"reasons\":[", out);
	for (i = 0; i < result->nr_findings; i++, finding++) {
		fprintf(out, "%s{\"reason\":\"%s\",\"answer\":\"%s\",\"kind\":",
			i ? "," : "", plan_reason_word(finding->reason),
			plan_answer_word(finding->answer));
		if (finding->kind < ACCOUNT_NR_KINDS)
			fprintf(out, "\"%s\"",
				account_kind_word(finding->kind));
		else
			fputs("null", out);
		fprintf(out, ",\"pages\":%llu,\"first_pfn\":", finding->pages);
		if (finding->first)
			fprintf(out, "%llu,", finding->first);
		else
			fputs("null,", out);
		json_string("text", plan_finding_text(text, finding), out);
		fputc('}', out);
	}
	fputc(']', out);
}

static void json_block(const struct plan *plan, const struct plan_block *block,
		       FILE *out)
{
	const struct mhp_mhp_snapshot_block *at = &block->block->at;

	fprintf(out,
		"{\"id\":%llu,\"start_pfn\":%llu,\"nr_pages\":%llu,\"state\":\"%s\",\"node\":%d,\"zone\":\"%s\",\"answer\":\"%s\",\"move\":%llu,\"room\":%llu,",
		at->start_pfn / plan->target.block_pages, at->start_pfn,
		at->nr_pages, event_symbol(event_states, at->state), at->nid,
		event_symbol(event_zones, at->zone),
		plan_answer_word(block->result.answer), block->result.move,
		block->result.room);
	account_print_json(&block->account, plan->target.page_bytes, out);
	fputc(',', out);
	json_findings(&block->result, out);
	fputc('}', out);
}

void plan_print_json(const struct plan *plan, const char *what, FILE *out)
{
	size_t i;

	fputc('{', out);
	json_string("what", what, out);
	fprintf(out,
		",\"answer\":\"%s\",\"page_bytes\":%u,\"block_bytes\":%llu,\"move\":%llu,\"room\":%llu,",
		plan_answer_word(plan->all.answer), plan->target.page_bytes,
		plan->target.block_pages * plan->target.page_bytes,
		plan->all.move, plan->all.room);
	if (*plan->blind)
		json_string("references_unknown", plan->blind, out);
	else
		fputs("\"references_unknown\":null", out);
	fputc(',', out);
	json_findings(&plan->all, out);
	fputs(",\"blocks\":[", out);
	for (i = 0; i < plan->target.nr; i++) {
		if (i)
			fputc(',', out);
		json_block(plan, &plan->blocks[i], out);
	}
	fputs("]}\n", out);
}
