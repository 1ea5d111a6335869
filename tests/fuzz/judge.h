/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that an untrusted stream can reach: model, rules, and the output of
 * the views and the verdict. Each target has its own reader.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>

#include "check/check.h"
#include "format/json_flags.h"
#include "view/view.h"
#include "model/event_table.h"
#include "fuzz.h"

struct judge {
	struct stream stream;
	struct check check;
	struct check_opts opts;
	struct view_opts view;
	void (*take)(
		const struct mhp_record *record); /* for each; may be NULL */
	bool renumber; /* close gaps, after which the rules would not report */
	u64 seq;
};

static inline int judge_take(void *ctx, const struct mhp_record *record)
{
	struct judge *judge = ctx;
	struct mhp_record copy = *record;

	if (judge->take)
		judge->take(record);
	if (judge->renumber && copy.seq)
		copy.seq = ++judge->seq;
	return stream_take(&judge->stream, &copy);
}

/* Options that the input chooses. */
static inline void judge_choose(struct judge *judge, u64 bits)
{
	struct rules_opts *rules = &judge->opts.rules;
	const struct column *column = columns;
	u64 nth;
	int i;

	judge->renumber = bits & 1;
	judge->view.reverse = bits & 2;
	for (i = 0; bits & 4 && i < 4; i++)
		rules->max_ns[i] = 1000000;
	if (bits & 4)
		rules->max_vmemmap = 1.5;
	if (bits & 8) {
		rules->hosting = MHP_HOSTING_BLOCK;
		rules->limit_failures = true;
		rules->retries_ok = bits & 2;
	}
	if (bits & 16)
		rules->removed_end = rules->online_end = ~0ULL;
	if (bits & 1 << 12) {
		rules->max_idle_ns = 1000000;
		rules->count[1] = (struct rules_count){ true, 1, 2 };
	}
	if (bits & 32)
		judge->view.filter = "offline_failures>0 state!=online";
	if (bits & 64)
		return;
	for (nth = bits >> 7 & 31; nth && column[1].key; nth--)
		column++;
	snprintf(judge->view.sort, sizeof(judge->view.sort), "%s", column->key);
}

/* -- output ----------------------------------------------------------------- */

/* A stream in memory that is rewritten from the start each time. */
struct output {
	FILE *file;
	char *text;
	size_t size;
};

static inline FILE *output_begin(struct output *output)
{
	if (!output->file)
		output->file = open_memstream(&output->text, &output->size);
	if (!output->file)
		abort();
	rewind(output->file);
	return output->file;
}

/* Returns the text; each of its lines must be plain. */
static inline char *output_end(struct output *output, const char *what)
{
	char *line, *end;

	fputc('\0', output->file);
	if (fflush(output->file))
		abort();
	for (line = output->text; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		must_be_plain(line, what);
		*end = '\n';
	}
	must(!*line, "%s does not end with a newline", what);
	return output->text;
}

static inline void must_be_json(const char *text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	json_tokener_set_flags(tokener, json_flags(text, strlen(text)));
	must(strchr(text, '\n')[1] == '\0', "JSON on more than one line");
	object = json_tokener_parse_ex(tokener, text, strlen(text) - 1);
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		object = json_tokener_parse_ex(tokener, "", 1);
	must(json_object_is_type(object, json_type_object), "not JSON: %s",
	     text);
	json_object_put(object);
	json_tokener_free(tokener);
}

/* As many results as planned, and otherwise only comments. */
static inline void must_be_ktap(const char *text)
{
	unsigned int plan, nth, results = 0;

	must(sscanf(text, "KTAP version 1\n1..%u\n", &plan) == 1, "no plan");
	for (text = strchr(strchr(text, '\n') + 1, '\n') + 1; *text;
	     text = strchr(text, '\n') + 1) {
		if (*text == '#')
			continue;
		must(sscanf(text, "ok %u ", &nth) == 1 ||
			     sscanf(text, "not ok %u ", &nth) == 1,
		     "not a result: %s", text);
		must(nth == ++results, "result %u, expected %u", nth, results);
	}
	must(results == plan, "%u results of %u", results, plan);
}

static inline void judge_show(const struct judge *judge)
{
	const struct model *model = &judge->stream.model;
	static struct output output;

	must(!view_text(model, &judge->view, output_begin(&output)), "no text");
	output_end(&output, "text");
	must(!view_json(model, &judge->view, output_begin(&output)), "no JSON");
	must_be_json(output_end(&output, "JSON"));
	must(!check_ktap(&judge->check, output_begin(&output)), "no verdict");
	must_be_ktap(output_end(&output, "the verdict"));
	must(!check_junit(&judge->check, output_begin(&output)), "no JUnit");
	output_end(&output, "JUnit");
}

/* -- model and verdict ------------------------------------------------------ */

static inline void must_be_ordered(const struct mhp_ledger *ledger)
{
	const struct mhp_block *block = NULL, *last = NULL;
	size_t nr = 0;

	while ((block = ledger_next_block(ledger, block))) {
		must(!last || last->start_pfn < block->start_pfn,
		     "block 0x%llx twice or out of order", block->start_pfn);
		must(ledger_find_block(ledger, block->start_pfn) == block,
		     "block 0x%llx is not found", block->start_pfn);
		last = block;
		nr++;
	}
	must(nr == ledger_nr_blocks(ledger), "%zu blocks of %zu", nr,
	     ledger_nr_blocks(ledger));
}

static inline void must_be_verdict(const struct check *check)
{
	const struct violations *violations = &check->stream->model.violations;
	const struct rules *rules = check->stream->rules;
	const struct violation *violation;
	size_t nth;
	int i;

	for (nth = 0; nth < violations->nr_kept; nth++) {
		violation = &violations->kept[nth];
		must(violation->rule < NR_RULES, "an invalid rule");
		must_be_reason(violation->expected,
			       sizeof(violation->expected));
		must_be_reason(violation->found, sizeof(violation->found));
	}
	for (i = 0; i < NR_RULES; i++)
		must(violations->of_rule[i] <= rules_checked(rules, i),
		     "%s is violated more often than checked",
		     rule_infos[i].name);
	must(!check->stream->rules_err && !violations->err,
	     "not everything was checked");
}

/* The input chooses options after its stream was opened, so start the rules anew. */
static inline void judge_renew(struct judge *judge)
{
	struct model *model = &judge->stream.model;

	judge->opts.rules.page_bytes = model->info.page_bytes;
	rules_free(judge->stream.rules);
	violations_free(&model->violations);
	judge->stream.rules = rules_new(ledger_block_pages(model->ledger),
					&judge->opts.rules, &model->violations);
	must(judge->stream.rules, "no rules");
}

/* Read an open stream to its end and produce all output. */
static inline void judge_run(struct judge *judge, u64 bits)
{
	static struct call_sites *sites; /* without a vmlinux */
	struct stream *stream = &judge->stream;
	int end;

	if (!sites)
		sites = call_sites_new("");
	must(sites, "no memory");

	judge_choose(judge, bits);
	judge->check.stream = stream;
	judge->check.opts = &judge->opts;
	judge->check.sites = sites;
	judge_renew(judge);
	while ((end = stream_read(stream, judge_take, judge)) >= 0)
		;
	must(end == -ENODATA && stream->over, "ended with %d", end);
	if (stream->err || *stream->why)
		must_be_reason(stream->why, sizeof(stream->why));
	stream_finish(stream, judge_take, judge);
	check_judge(&judge->check);
	must_be_ordered(stream->model.ledger);
	must_be_verdict(&judge->check);
	judge_show(judge);
}

#endif
