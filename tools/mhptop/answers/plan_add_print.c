// SPDX-License-Identifier: GPL-2.0
/* The forecast of an add as text and as JSON. */
#include <errno.h>

#include "answers/plan_add.h"
#include "base/fit.h"
#include "base/json.h"
#include "base/units.h"
#include "model/event_table.h"

#define REASON_MAX 160 /* bytes */

static const struct {
	const char *word;
	const char *text;
} reason_texts[PLAN_ADD_NR_REASONS] = {
#define PLAN_ADD_REASON(name, word, answer, text) \
	[PLAN_ADD_##name] = { word, text },
	PLAN_ADD_REASONS(PLAN_ADD_REASON)
#undef PLAN_ADD_REASON
};

static const struct {
	const char *word;
	const char *text;
} why_texts[PLAN_ADD_NR_WHYS] = {
#define PLAN_ADD_WHY(name, word, text) [PLAN_ADD_WHY_##name] = { word, text },
	PLAN_ADD_WHYS(PLAN_ADD_WHY)
#undef PLAN_ADD_WHY
};

static const char *reason_text(const struct plan_add *plan,
			       enum plan_add_reason reason)
{
	return reason == PLAN_ADD_OVERLAPS && *plan->in_way ?
		       plan->in_way :
		       reason_texts[reason].text;
}

const char *plan_add_why_word(enum plan_add_why why)
{
	return why_texts[why].word;
}

static const char *mode_word(enum plan_add_mode mode)
{
	static const char *const words[PLAN_ADD_NR_MODES] = {
#define PLAN_ADD_MODE(name, word) [PLAN_ADD_##name] = word,
		PLAN_ADD_MODE_LIST(PLAN_ADD_MODE)
#undef PLAN_ADD_MODE
	};

	return words[mode];
}

static const char *pages_of(const struct plan_add *plan,
			    char buf[2 * UNITS_TEXT_MAX], u64 pages)
{
	char size[UNITS_TEXT_MAX];

	snprintf(buf, 2 * UNITS_TEXT_MAX, "%llu page%s (%s)", pages,
		 pages == 1 ? "" : "s",
		 size_text(size, pages * plan->page_bytes));
	return buf;
}

static void print_memmap(const struct plan_add *plan, FILE *out)
{
	char text[2 * UNITS_TEXT_MAX];

	fprintf(out, "memmap     %s, ",
		pages_of(plan, text, plan->memmap_pages));
	if (plan->hosting == MHP_HOSTING_RANGE)
		fputs("in the first pages of the range", out);
	else if (plan->hosting == MHP_HOSTING_BLOCK)
		fprintf(out, "%llu pages in each memory block",
			plan->memmap_pages / plan->blocks);
	else
		fputs("from free memory of the kernel zones", out);
	if (plan->why != PLAN_ADD_WHY_SELF_HOSTED)
		fprintf(out, ", because %s", why_texts[plan->why].text);
	fputc('\n', out);
}

static void print_gib(const struct plan_add *plan, FILE *out)
{
	fprintf(out, "1 GiB      of %llu whole GiB, ", plan->gib);
	if (plan->has_gib)
		fprintf(out, "%llu would be mapped by one page each",
			plan->mapped_gib);
	else
		fputs("none would be mapped by one page, as this machine has no such pages",
		      out);
	if (plan->has_gigantic)
		fprintf(out,
			", and %llu could be gigantic pages if they went online to a kernel zone\n",
			plan->gigantic);
	else
		fputs(", and none could be a gigantic page, as the kernel has no huge pages of that size\n",
		      out);
}

/* What it costs; of a range that the kernel refuses before it sets anything up, nothing. */
static void print_costs(const struct plan_add *plan, FILE *out)
{
	char text[2 * UNITS_TEXT_MAX];

	fprintf(out, "mode       memmap_on_memory=%s%s\n",
		mode_word(plan->mode),
		plan->mode_is_current ? ", as booted" : ", if booted with it");
	print_memmap(plan, out);
	fprintf(out, "waste      %s\n",
		plan->waste_pages ? pages_of(plan, text, plan->waste_pages) :
				    "none");
	fprintf(out, "needs      %s",
		pages_of(plan, text, plan->buddy_pages + plan->other_pages));
	fprintf(out,
		" of free memory, about %llu of them for page tables and memory blocks\n",
		plan->other_pages);
	fprintf(out, "free       %s in kernel zones",
		pages_of(plan, text, plan->free_pages));
	fprintf(out, ", and %llu more that might be reclaimed\n",
		plan->reclaim_pages);
	print_gib(plan, out);
}

/* As size_parse() takes it, without rounding: "9344M" */
static const char *exact_size(char buf[UNITS_TEXT_MAX], u64 bytes)
{
	static const char *const units[] = { "", "K", "M", "G", "T" };
	size_t unit = 0;

	for (; bytes && !(bytes % 1024) && unit + 1 < 5; unit++)
		bytes /= 1024;
	snprintf(buf, UNITS_TEXT_MAX, "%llu%s", bytes, units[unit]);
	return buf;
}

static const char *exact_address(char buf[UNITS_TEXT_MAX], u64 address)
{
	snprintf(buf, UNITS_TEXT_MAX, "0x%llx", address);
	return buf;
}

/* The multiples of a memory block around a value that is none */
static void print_multiples(const struct plan_add *plan, u64 value,
			    const char *(*text)(char *, u64), FILE *out)
{
	u64 below = value / plan->block_bytes * plan->block_bytes;
	char buf[UNITS_TEXT_MAX];

	if (below)
		fprintf(out, "%s or ", text(buf, below));
	fputs(text(buf, below + plan->block_bytes), out);
}

static bool has_reason(const struct plan_add *plan, enum plan_add_reason reason)
{
	return plan->reasons >> reason & 1;
}

/* Free memory, where there is too little: the memmap takes most of it. */
static void advise_room(const struct plan_add *plan, FILE *out)
{
	fputs("do         free memory of the kernel zones", out);
	if (plan->hosting == MHP_HOSTING_BUDDY && plan->can_self_host)
		fputs(", or boot with memory_hotplug.memmap_on_memory=Y, so that the new memory hosts its memmap",
		      out);
	fputc('\n', out);
}

/* What to ask for instead */
static void print_advice(const struct plan_add *plan, FILE *out)
{
	bool elsewhere = !plan->assumed && plan->free_address &&
			 (has_reason(plan, PLAN_ADD_OVERLAPS) ||
			  has_reason(plan, PLAN_ADD_TOO_HIGH));
	bool size = has_reason(plan, PLAN_ADD_SIZE_UNALIGNED);
	bool address = has_reason(plan, PLAN_ADD_ADDRESS_UNALIGNED);

	if (size || address || elsewhere)
		fputs("do         give ", out);
	if (size) {
		fputs("a size such as ", out);
		print_multiples(plan, plan->bytes, exact_size, out);
	}
	if (size && (address || elsewhere))
		fputs(", and ", out);
	if (elsewhere) {
		fprintf(out, "an address such as 0x%llx, or no --at",
			plan->free_address);
	} else if (address) {
		fputs("an address such as ", out);
		print_multiples(plan, plan->address, exact_address, out);
	}
	if (size || address || elsewhere)
		fputc('\n', out);
	else if (has_reason(plan, PLAN_ADD_NO_ROOM) &&
		 !has_reason(plan, PLAN_ADD_TOO_HIGH))
		advise_room(plan, out);
}

int plan_add_print_text(const struct plan_add *plan, FILE *to)
{
	bool unaligned = plan->reasons & (1U << PLAN_ADD_SIZE_UNALIGNED |
					  1U << PLAN_ADD_ADDRESS_UNALIGNED);
	FILE *out = fit_open(to, fit_cols(to));
	char size[UNITS_TEXT_MAX];
	const char *sep = ": ";
	int i;

	if (!out)
		return -ENOMEM;
	fprintf(out, "range      0x%llx-0x%llx, %s%s\n", plan->address,
		plan->address + plan->bytes - 1, size_text(size, plan->bytes),
		plan->assumed ? ", at an assumed address" : "");
	size_text(size, plan->block_bytes);
	if (unaligned)
		fprintf(out,
			"blocks     the kernel adds whole memory blocks only, of %s each\n",
			size);
	else
		fprintf(out, "blocks     %llu memory block%s of %s\n",
			plan->blocks, plan->blocks == 1 ? "" : "s", size);
	if (!unaligned)
		print_costs(plan, out);
	fprintf(out, "can it be added: %s", plan_answer_word(plan->answer));
	for (i = 0; i < PLAN_ADD_NR_REASONS; i++) {
		if (!(plan->reasons >> i & 1))
			continue;
		fprintf(out, "%s%s", sep, reason_text(plan, i));
		sep = "; ";
	}
	fputc('\n', out);
	print_advice(plan, out);
	return fit_close(out);
}

void plan_add_print_json(const struct plan_add *plan, FILE *out)
{
	char text[JSON_TEXT_MAX * REASON_MAX + 1];
	const char *sep = "";
	int i;

	fprintf(out,
		"{\"answer\":\"%s\",\"start\":%llu,\"assumed\":%s,\"bytes\":%llu,\"block_bytes\":%llu,\"page_bytes\":%u,\"blocks\":%llu,",
		plan_answer_word(plan->answer), plan->address,
		plan->assumed ? "true" : "false", plan->bytes,
		plan->block_bytes, plan->page_bytes, plan->blocks);
	fprintf(out,
		"\"mode\":\"%s\",\"mode_is_current\":%s,\"hosting\":\"%s\",\"why\":\"%s\",",
		mode_word(plan->mode), plan->mode_is_current ? "true" : "false",
		event_symbol(event_hostings, plan->hosting),
		why_texts[plan->why].word);
	fprintf(out,
		"\"memmap_pages\":%llu,\"buddy_pages\":%llu,\"other_pages\":%llu,\"waste_pages\":%llu,\"free_pages\":%llu,\"reclaim_pages\":%llu,",
		plan->memmap_pages, plan->buddy_pages, plan->other_pages,
		plan->waste_pages, plan->free_pages, plan->reclaim_pages);
	fprintf(out, "\"gib\":%llu,\"mapped_gib\":", plan->gib);
	if (plan->has_gib)
		fprintf(out, "%llu", plan->mapped_gib);
	else
		fputs("null", out);
	fprintf(out, ",\"gigantic\":%llu,\"reasons\":[", plan->gigantic);
	for (i = 0; i < PLAN_ADD_NR_REASONS; i++) {
		if (!(plan->reasons >> i & 1))
			continue;
		*json_text_put(text, reason_text(plan, i), REASON_MAX) = '\0';
		fprintf(out, "%s{\"reason\":\"%s\",\"text\":\"%s\"}", sep,
			reason_texts[i].word, text);
		sep = ",";
	}
	fputs("]}\n", out);
}
