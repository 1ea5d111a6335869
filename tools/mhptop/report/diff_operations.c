// SPDX-License-Identifier: GPL-2.0
/* Compares the results of operations on the same memory, and shows what they took. */
#include <errno.h>
#include <stdlib.h>

#include "model/event_table.h"
#include "model/times.h"
#include "report/diff_part.h"

/* The results of the operations of one kind on the same memory */
struct results_of {
	u64 start_pfn;
	u64 nr_pages;
	u64 ok;
	u64 failed;
	u64 unended;
	u32 reason; /* enum mhp_reason of the last that failed */
	u8 kind;
};

static int compare_results(const void *a, const void *b)
{
	const struct results_of *one = a, *other = b;

	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	return one->start_pfn < other->start_pfn ?
		       -1 :
		       one->start_pfn > other->start_pfn;
}

/* One entry for each kind and memory, sorted; NULL: out of memory. The caller frees it. */
static struct results_of *sum_results(const struct history *history, size_t *nr)
{
	struct results_of *list = calloc(history->nr + 1, sizeof(*list));
	size_t i, kept = 0;

	for (i = 0; list && i < history->nr; i++) {
		const struct history_operation *operation =
			&history->operations[i];
		bool ended = operation->end == HISTORY_ENDED;

		list[i] = (struct results_of){
			.start_pfn = operation->start_pfn,
			.nr_pages = operation->nr_pages,
			.kind = operation->kind,
			.ok = ended && !operation->ret,
			.failed = ended && operation->ret,
			.unended = !ended,
			.reason = operation->reason,
		};
	}
	if (!list)
		return NULL;
	qsort(list, history->nr, sizeof(*list), compare_results);
	for (i = 0; i < history->nr; i++) {
		if (kept && !compare_results(&list[kept - 1], &list[i])) {
			list[kept - 1].ok += list[i].ok;
			list[kept - 1].failed += list[i].failed;
			list[kept - 1].unended += list[i].unended;
			if (list[i].reason)
				list[kept - 1].reason = list[i].reason;
		} else {
			list[kept++] = list[i];
		}
	}
	*nr = kept;
	return list;
}

static void results_text(const struct results_of *results, char text[96])
{
	size_t used = snprintf(text, 96, "%llu ok", results->ok);

	if (results->failed)
		used += snprintf(text + used, 96 - used, ", %llu failed (%s)",
				 results->failed,
				 results->reason ?
					 event_symbol(event_reasons,
						      results->reason) :
					 "?");
	if (results->unended)
		snprintf(text + used, 96 - used, ", %llu unended",
			 results->unended);
}

static void results_json(struct diff *diff, const char *key,
			 const struct results_of *results)
{
	fprintf(diff->out,
		",\"%s\":{\"ok\":%llu,\"failed\":%llu,\"unended\":%llu,\"reason\":",
		key, results->ok, results->failed, results->unended);
	if (results->failed && results->reason)
		fprintf(diff->out, "\"%s\"}",
			event_symbol(event_reasons, results->reason));
	else
		fputs("null}", diff->out);
}

static void compare_result(struct diff *diff, const struct results_of *a,
			   const struct results_of *b)
{
	static const struct results_of none;
	const struct results_of *any = a ? a : b;
	char memory[HISTORY_MEMORY_MAX], name[64], text_a[96], text_b[96];

	a = a ? a : &none;
	b = b ? b : &none;
	if (a->ok == b->ok && a->failed == b->failed &&
	    a->unended == b->unended && a->reason == b->reason)
		return;
	diff->differences++;
	history_memory(&diff->a.stream->model, any->kind, any->start_pfn,
		       any->nr_pages, memory);
	if (!diff->json) {
		results_text(a, text_a);
		results_text(b, text_b);
		snprintf(name, sizeof(name), "%s %s", operation_name(any->kind),
			 memory);
		diff_put_row(diff, name, text_a, text_b);
		return;
	}
	diff_begin_row(diff);
	fprintf(diff->out,
		"{\"kind\":\"%s\",\"memory\":\"%s\",\"start_pfn\":%llu",
		operation_name(any->kind), memory, any->start_pfn);
	results_json(diff, "a", a);
	results_json(diff, "b", b);
	fputc('}', diff->out);
}

int diff_compare_operations(struct diff *diff)
{
	size_t nr_a = 0, nr_b = 0, a = 0, b = 0;
	struct results_of *list_a = sum_results(diff->a.history, &nr_a);
	struct results_of *list_b = sum_results(diff->b.history, &nr_b);
	int order, err = list_a && list_b ? 0 : -ENOMEM;

	while (!err && (a < nr_a || b < nr_b)) {
		order = a == nr_a ? 1 :
			b == nr_b ? -1 :
				    compare_results(&list_a[a], &list_b[b]);
		compare_result(diff, order <= 0 ? &list_a[a] : NULL,
			       order >= 0 ? &list_b[b] : NULL);
		a += order <= 0;
		b += order >= 0;
	}
	free(list_a);
	free(list_b);
	return err;
}

static void put_times(struct diff *diff, enum operation kind, const char *key,
		      u64 a, bool known_a, u64 b, bool known_b)
{
	char name[48], text_a[UNITS_TEXT_MAX] = "-",
		       text_b[UNITS_TEXT_MAX] = "-";

	if (known_a == known_b && a == b)
		return;
	if (diff->json) {
		diff_put_numbers(diff, operation_name(kind), key, a, b, known_a,
				 known_b);
		return;
	}
	if (known_a)
		duration_text(text_a, a, 1);
	if (known_b)
		duration_text(text_b, b, 1);
	snprintf(name, sizeof(name), "%s %.3s", operation_name(kind), key);
	diff_put_row(diff, name, text_a, text_b);
}

#define PUT_TIMES(diff, kind, key, a, b)                                \
	put_times(diff, kind, #key, (a)->key, (a)->timed > 0, (b)->key, \
		  (b)->timed > 0)

void diff_show_times(struct diff *diff)
{
	int i;

	for (i = 0; i < NR_OPERATIONS; i++) {
		const struct summary_times *a = &diff->a.summary.times[i];
		const struct summary_times *b = &diff->b.summary.times[i];

		PUT_TIMES(diff, i, p50_ns, a, b);
		PUT_TIMES(diff, i, p95_ns, a, b);
		PUT_TIMES(diff, i, p99_ns, a, b);
		PUT_TIMES(diff, i, max_ns, a, b);
	}
}
