// SPDX-License-Identifier: GPL-2.0
/*
 * Failed operations, and the later tries that make them good: with --retries-ok,
 * a failure counts until operations of its kind have succeeded for all of its
 * memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "rules/state.h"

/* The most gaps that later tries leave in the memory of a failure, and failures that begin in one memory block. */
#define SPANS_MAX 1024
#define FAILURES_MAX 64

/* Pages from start up to end, which is none of them. */
struct failure_span {
	u64 start;
	u64 end;
};

/*
 * A failed operation, and those like it: the same kind and memory, of which
 * later tries have left the same pages.
 */
struct failure {
	struct failure *next;
	struct mhp_record end; /* of the first one */
	u64 start;
	u64 nr_pages;
	s64 ret;
	u64 nr; /* failed operations */
	bool unsure; /* later tries may be among the missing events */
	struct failure_span *
		left; /* in ascending order: no later try has succeeded for these pages */
	size_t nr_left;
	size_t room_left;
};

static struct failure_span span_of(u64 start, u64 nr_pages)
{
	u64 end = start + (nr_pages ? nr_pages : 1);

	return (struct failure_span){ start, end < start ? ~0ULL : end };
}

/* Failures are kept by their kind and the memory block that they begin in. */
static u64 failure_number(const struct rules *rules, enum rule_op_kind kind,
			  u64 pfn)
{
	return pfn / rules->block_pages * 4 + kind - OP_ADD;
}

static void failure_free(struct failure *failure)
{
	free(failure->left);
	free(failure);
}

static void failures_free(struct rule_failures *failures)
{
	struct failure *failure, *next;

	for (failure = failures->first; failure; failure = next) {
		next = failure->next;
		failure_free(failure);
	}
	failures->first = NULL;
}

void rules_retries_free(struct rules *rules)
{
	struct rule_failures *failures;
	u64 number;

	for (number = 0; (failures = sparse_next(&rules->failed, &number));
	     number++)
		failures_free(failures);
	sparse_free(&rules->failed);
}

static bool is_of(const struct failure *failure, const struct rule_op *op)
{
	return failure->start == op->start && failure->nr_pages == op->nr;
}

/* Whether no later try has succeeded for any page of it. */
static bool is_whole(const struct failure *failure)
{
	struct failure_span all = span_of(failure->start, failure->nr_pages);

	return failure->nr_left == 1 && failure->left->start == all.start &&
	       failure->left->end == all.end;
}

/*
 * The failure to which another one of the same memory adds; NULL: none. A try
 * among the missing events may have made good those of which that is not sure.
 */
static struct failure *failure_again(struct rule_failures *failures,
				     const struct rule_op *op)
{
	struct failure **at = &failures->first, *failure, *found = NULL;

	while ((failure = *at)) {
		if (is_of(failure, op) && failure->unsure) {
			*at = failure->next;
			failure_free(failure);
			continue;
		}
		if (is_of(failure, op) && is_whole(failure))
			found = failure;
		at = &failure->next;
	}
	return found;
}

static struct failure *failure_new(struct rule_failures *failures,
				   const struct rule_op *op)
{
	struct failure *failure = calloc(1, sizeof(*failure)), **at;

	if (!failure)
		return NULL;
	if (!vec_grow(failure->left, failure->nr_left, failure->room_left)) {
		free(failure);
		return NULL;
	}
	failure->left[failure->nr_left++] = span_of(op->start, op->nr);
	failure->start = op->start;
	failure->nr_pages = op->nr;
	for (at = &failures->first; *at; at = &(*at)->next)
		;
	*at = failure;
	return failure;
}

static bool is_full(const struct rule_failures *failures)
{
	const struct failure *failure = failures->first;
	int i;

	for (i = 0; failure; i++)
		failure = failure->next;
	return i >= FAILURES_MAX;
}

/*
 * Without room for another one, an earlier failure of the same memory takes it in: what
 * makes the new one good makes the earlier one good as well. NULL: there is none.
 */
static struct failure *failure_reuse(struct rule_failures *failures,
				     const struct rule_op *op)
{
	struct failure *failure = failures->first;

	while (failure && !is_of(failure, op))
		failure = failure->next;
	if (!failure)
		return NULL;
	failure->nr_left = 1;
	*failure->left = span_of(op->start, op->nr);
	return failure;
}

static void failure_keep(struct rules *rules, const struct mhp_record *r,
			 s64 ret)
{
	const struct rule_op *op = &rules->op;
	u64 number = failure_number(rules, op->kind, op->start);
	struct rule_failures *failures = sparse_make(&rules->failed, number);
	u64 *most = &rules->failed_blocks[op->kind - OP_ADD];
	struct failure *failure;

	if (!failures) {
		/* No machine has memory at this address. */
		if (number >= SPARSE_MAX)
			rules->unsure = true;
		else
			rules->no_memory = true;
		return;
	}
	failure = failure_again(failures, op);
	if (!failure && is_full(failures)) {
		failure = failure_reuse(failures, op);
		rules->unsure |= !failure;
		if (!failure)
			return;
	}
	if (!failure)
		failure = failure_new(failures, op);
	if (!failure) {
		rules->no_memory = true;
		return;
	}
	if (!failure->nr) {
		failure->end = *r;
		failure->ret = ret;
	}
	failure->nr++;
	if (*most < rule_blocks(rules, op->nr) + 1)
		*most = rule_blocks(rules, op->nr) + 1;
}

/* -- later tries ------------------------------------------------------------ */

/* The first of the spans that end behind a page. */
static size_t left_from(const struct failure *failure, u64 pfn)
{
	size_t low = 0, high = failure->nr_left, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (failure->left[mid].end <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Take pages off what is left of a failure. False if out of memory. */
static bool left_cut(struct failure *failure, struct failure_span span)
{
	size_t i = left_from(failure, span.start), last;
	struct failure_span *left = failure->left + i;

	if (i == failure->nr_left || left->start >= span.end)
		return true;
	if (left->start < span.start && left->end > span.end) {
		if (failure->nr_left == SPANS_MAX) {
			failure->unsure = true;
			return true;
		}
		if (!vec_insert(failure->left, failure->nr_left,
				failure->room_left, i))
			return false;
		left = failure->left + i;
		left->start = left[1].start;
		left->end = span.start;
		left[1].start = span.end;
		return true;
	}
	if (left->start < span.start) {
		left->end = span.start;
		i++;
	}
	for (last = i;
	     last < failure->nr_left && failure->left[last].end <= span.end;)
		last++;
	if (last < failure->nr_left && failure->left[last].start < span.end)
		failure->left[last].start = span.end;
	memmove(failure->left + i, failure->left + last,
		(failure->nr_left - last) * sizeof(*left));
	failure->nr_left -= last - i;
	return true;
}

static bool is_same_rest(const struct failure *a, const struct failure *b)
{
	return a->start == b->start && a->nr_pages == b->nr_pages &&
	       a->unsure == b->unsure && a->nr_left == b->nr_left &&
	       !memcmp(a->left, b->left, a->nr_left * sizeof(*a->left));
}

/* Count a failure with an earlier one that the same later tries make good. */
static bool failure_join(struct rule_failures *failures,
			 const struct failure *failure)
{
	struct failure *earlier = failures->first;

	for (; earlier != failure; earlier = earlier->next) {
		if (!is_same_rest(earlier, failure))
			continue;
		earlier->nr += failure->nr;
		return true;
	}
	return false;
}

static void failures_retried(struct rules *rules,
			     struct rule_failures *failures,
			     struct failure_span span)
{
	struct failure **at = &failures->first, *failure;

	while ((failure = *at)) {
		if (!left_cut(failure, span))
			rules->no_memory = true;
		if (!failure->nr_left || failure_join(failures, failure)) {
			*at = failure->next;
			failure_free(failure);
		} else {
			at = &failure->next;
		}
	}
}

/* The first number at which there may be a failure of a kind that has some of these pages. */
static u64 failures_from(const struct rules *rules, enum rule_op_kind kind,
			 struct failure_span span)
{
	u64 most = rules->failed_blocks[kind - OP_ADD];
	u64 first = span.start / rules->block_pages;

	first -= first < most ? first : most;
	return failure_number(rules, kind, first * rules->block_pages);
}

/* The next failures of a kind that may have pages before end, from a number on; NULL: none. */
static struct rule_failures *failures_next(const struct rules *rules,
					   enum rule_op_kind kind, u64 end,
					   u64 *number)
{
	u64 last = failure_number(rules, kind, end - 1);
	struct rule_failures *failures;

	for (; (failures = sparse_next(&rules->failed, number)); ++*number) {
		if (*number > last)
			return NULL;
		if (*number % 4 == (u64)(kind - OP_ADD))
			return failures;
	}
	return NULL;
}

static void success_take(struct rules *rules)
{
	const struct rule_op *op = &rules->op;
	struct failure_span span = span_of(op->start, op->nr);
	u64 number = failures_from(rules, op->kind, span);
	struct rule_failures *failures;

	rule_passes(rules, RULE_BUDGET_FAILURES);
	for (; (failures = failures_next(rules, op->kind, span.end, &number));
	     number++)
		failures_retried(rules, failures, span);
}

/* Whether an operation that succeeds for these pages makes a failure good. */
static bool is_within_span(const struct failure *failure,
			   struct failure_span span)
{
	return failure->left->start >= span.start &&
	       failure->left[failure->nr_left - 1].end <= span.end;
}

void rules_retries_open(struct rules *rules, enum rule_op_kind kind, u64 pfn,
			u64 nr_pages)
{
	struct failure_span span = span_of(pfn, nr_pages);
	u64 number = failures_from(rules, kind, span);
	struct rule_failures *failures;
	struct failure *failure;

	for (; (failures = failures_next(rules, kind, span.end, &number));
	     number++)
		for (failure = failures->first; failure;
		     failure = failure->next)
			failure->unsure |= is_within_span(failure, span);
}

void rules_retries_forget(struct rules *rules)
{
	struct rule_failures *failures;
	struct failure *failure;
	u64 number;

	for (number = 0; (failures = sparse_next(&rules->failed, &number));
	     number++)
		for (failure = failures->first; failure;
		     failure = failure->next)
			failure->unsure = true;
}

/* -- what fails -------------------------------------------------------------- */

/* Whether more have failed than allowed. As many as in one recording are certain. */
static bool is_beyond(struct rules *rules, u64 failures)
{
	u64 allowed = rules->opts.allowed_failures;

	if (failures <= allowed)
		return false;
	if ((!rules->overlaps && !rules->may_overlap) ||
	    failures - rules->part_failures > allowed)
		return true;
	rules->twice |= rules->overlaps;
	rules->postponed |= !rules->overlaps;
	return false;
}

void rules_expect_overlap(struct rules *rules)
{
	u64 failures = rules->failures;

	rules->may_overlap = false;
	if (!rules->postponed)
		return;
	rules->postponed = false;
	rule_check(rules, RULE_BUDGET_FAILURES, 0, !is_beyond(rules, failures),
		   "no more failures", "%llu failures in several recordings",
		   failures);
}

void rules_retries_take(struct rules *rules, const struct mhp_record *r,
			s64 ret)
{
	const struct rules_opts *opts = &rules->opts;

	if (!ret)
		return success_take(rules);
	if (opts->retries_ok)
		return failure_keep(rules, r, ret);
	rules->failures++;
	rule_check(rules, RULE_BUDGET_FAILURES, rules->op.start,
		   !is_beyond(rules, rules->failures),
		   opts->allowed_failures ? "no more failures" : "success",
		   "%s failed with %lld", rule_op_names[rules->op.kind], ret);
}

static void failure_report(struct rules *rules, const struct failure *failure,
			   enum rule_op_kind kind)
{
	const char *retried =
		is_whole(failure) ? "" : ", and later tries left pages";

	rules->now = &failure->end;
	rule_check(rules, RULE_BUDGET_FAILURES, failure->left->start, false,
		   "success, or a later try that succeeds",
		   failure->nr > 1 ? "%s failed with %lld%s, %llu times" :
				     "%s failed with %lld%s",
		   rule_op_names[kind], failure->ret, retried, failure->nr);
	rules->now = NULL;
}

void rules_retries_over(struct rules *rules)
{
	u64 number, sure = rules->failures, all = sure + rules->unsure_failures;
	struct rule_failures *failures;
	struct failure *failure;

	for (number = 0; (failures = sparse_next(&rules->failed, &number));
	     number++)
		for (failure = failures->first; failure;
		     failure = failure->next) {
			all += failure->nr;
			sure += failure->unsure || !rules->whole ? 0 :
								   failure->nr;
		}
	for (number = 0; (failures = sparse_next(&rules->failed, &number));
	     number++) {
		for (failure = failures->first; failure;
		     failure = failure->next)
			if (!failure->unsure && is_beyond(rules, sure) &&
			    rules->whole)
				failure_report(rules, failure,
					       OP_ADD + number % 4);
		failures_free(failures);
	}
	if (all > rules->opts.allowed_failures &&
	    sure <= rules->opts.allowed_failures)
		rules->unmet = true;
	rules->failures = sure;
	rules->unsure_failures = all - sure;
}
