// SPDX-License-Identifier: GPL-2.0
/*
 * The column of forecasts: how long one holds, which memory blocks are asked for and when, and that the process apart
 * answers. tests/vm/t/explain.py compares the answers with those of mhptop list, and with what an offline does.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "answers/block_page.h"
#include "answers/forecasts.h"
#include "base/loop.h"
#include "model_records.h"

#define PATIENCE 60000 /* ms for the process to answer on a busy machine */
#define SECOND LOOP_NS

static char root[] = "/tmp/test_forecasts.XXXXXX";

#include "tree.h"

static const struct source_info info = { .kind = SOURCE_EVENTS,
					 .page_bytes = 4096,
					 .block_bytes = 4096 * PAGES };

/* Memory blocks 40 to 59 online, but 45, and 47 is not there; 45 is offline */
static void begin(void)
{
	u64 block;

	model_init(&model, &info);
	for (block = 40; block < 60; block++)
		if (block != 47)
			take_snapshot(block, block, MHP_HOSTING_BLOCK,
				      block == 45 ? MHP_STATE_OFFLINE :
						    MHP_STATE_ONLINE,
				      block == 45 ? MHP_ZONE_NONE :
						    MHP_ZONE_MOVABLE);
}

static void test_column(void)
{
	struct forecasts forecasts = { 0 };
	struct forecast *forecast;
	u32 answer;

	begin();
	cell(40, "can_go", "?");
	cell(45, "can_go", "-");
	sparse_init(&forecasts.blocks, sizeof(struct forecast));
	model.forecasts = &forecasts;
	cell(40, "can_go", "?");
	for (answer = FORECAST_NONE; answer <= FORECAST_NO; answer++) {
		forecast = sparse_make(&forecasts.blocks, 40 + answer);
		forecast->answer = answer;
		forecast->asked_ns = SECOND;
	}
	model_tick(&model, 3 * SECOND);
	cell(40, "can_go", "?");
	cell(41, "can_go", "yes");
	cell(42, "can_go", "unknown");
	cell(43, "can_go", "no");
	*(struct forecast *)sparse_make(&forecasts.blocks, 45) = *forecast;
	cell(45, "can_go", "-");
	model_tick(&model, SECOND + FORECAST_GONE_NS + 1);
	cell(43, "can_go", "?");
	model_tick(&model, 3 * SECOND);
	forecast->asked_ns = 71 * 1000;
	cell(43, "can_go", "no");
	take_begin(43, 70, MHP_EVENT_mhp_offline_begin);
	take_end(43, 71, MHP_EVENT_mhp_offline_end, -EBUSY);
	eq("an offline failed, so the block is online again",
	   block_at(43)->state, MHP_STATE_ONLINE);
	cell(43, "can_go", "?");
	forecast->asked_ns = 72 * 1000;
	cell(43, "can_go", "no");
	sparse_free(&forecasts.blocks);
	model_fini(&model);
}

static void test_choice(void)
{
	struct block_filter *filter;
	char why[256];

	eq("a filter by it is refused",
	   block_filter_parse(&filter, "can_go=yes", why, sizeof(why)),
	   -EINVAL);
	eq_text("  and why", why, "can_go " COLUMN_ASKED_WHY);
	eq("a word alone does not mean it",
	   block_filter_parse(&filter, "yes", why, sizeof(why)), -EINVAL);
	ok(column_is_asked(column_find("can_go")) &&
		   !column_is_asked(column_find("state")),
	   "no other column is asked for");
}

static struct forecast_asker asker;
static u64 pfns[20];
static size_t nr_pfns;

/* Rows of the table, as block numbers */
static void rows(u64 first, u64 last)
{
	for (nr_pfns = 0; first <= last; first++)
		if (first != 47)
			pfns[nr_pfns++] = first * PAGES;
}

static void asks(const char *name, u64 first, u64 nr)
{
	bool due = forecast_asker_next(&asker, &model, pfns, nr_pfns);

	if (!due)
		asker.question = (struct forecasts_question){ 0 };
	if (!ok(asker.question.first == first && asker.question.nr == nr, "%s",
		name))
		printf("# asked for %llu blocks from %llu on\n",
		       asker.question.nr, asker.question.first);
}

/* The last question is answered with yes for all. */
static void is_answered(u64 took_ns)
{
	struct forecasts_answer answer = { .question = asker.question,
					   .took_ns = took_ns };

	memset(answer.answers, FORECAST_YES, sizeof(answer.answers));
	forecast_asker_take(&asker, &answer);
}

static void make_older(u64 number, u64 ns)
{
	struct forecast *forecast = sparse_find(&asker.known.blocks, number);

	forecast->asked_ns -= ns;
}

static void test_questions(void)
{
	u64 block;

	begin();
	forecast_asker_init(&asker);
	rows(40, 59);
	asks("the first blocks, up to one that is not online", 40, 5);
	is_answered(0);
	asks("the next one that is online", 46, 1);
	is_answered(0);
	asks("behind a hole, as many as fit in one question", 48,
	     FORECAST_SLICE);
	is_answered(0);
	asks("the others", 56, 4);
	is_answered(0);
	asks("nothing, as all are known", 0, 0);
	rows(45, 45);
	asks("nothing of a block that is offline", 0, 0);
	rows(40, 59);
	for (block = 50; block < 53; block++)
		make_older(block, FORECAST_OLD_NS);
	asks("old forecasts again", 50, 3);
	is_answered(60 * SECOND);
	make_older(58, FORECAST_OLD_NS);
	asks("nothing so soon after a look that took long", 0, 0);
	make_older(57, FORECAST_GONE_NS);
	asks("but at once what the table does not show any more, with old ones behind it",
	     57, 2);
	is_answered(0);
	asker.question = (struct forecasts_question){ .first = 40, .nr = 1 };
	forecast_asker_take(&asker, &(struct forecasts_answer){
					    .question = asker.question });
	asks("a block that was not online when the machine looked: not at once again",
	     0, 0);
	make_older(40, SECOND);
	asks("  but a little later", 40, 1);
	forecast_asker_free(&asker);
	model_fini(&model);
}

static void test_look(void)
{
	const struct forecasts_question question = {
		.first = 40, .nr = 2, .block_bytes = 4096 * PAGES
	};
	struct forecasts_answer answer;

	forecast_look(NULL, "run as root", &question, &answer);
	eq_text("without root there is no forecast, and why", answer.why,
		"run as root");
	eq("  for none of the blocks", answer.answers[0] + answer.answers[1],
	   FORECAST_NONE);
}

/* What this machine says of a memory block that no machine has does not matter here. */
static void test_process(void)
{
	struct block_answers *answers = block_page_open(true);
	struct pollfd fd = { .fd = answers->fd, .events = POLLIN };
	FILE *out;

	begin();
	model.forecasts = answers->forecasts;
	rows(40, 44);
	answers->want(answers, &model, pfns, nr_pfns);
	ok(poll(&fd, 1, PATIENCE) == 1 && answers->take(answers),
	   "the process apart answers");
	eq("  for all blocks of the question", answers->forecasts->blocks.nr,
	   5);
	answers->want(answers, &model, pfns, nr_pfns);
	out = fopen("/dev/null", "w");
	answers->write(answers, &model, block_at(40), out);
	fclose(out);
	ok(poll(&fd, 1, PATIENCE) == 1 && answers->take(answers),
	   "it answers the page about a block, too");
	block_page_close(answers);
	model_fini(&model);
	answers = block_page_open(false);
	ok(!answers->forecasts, "a recording has no forecasts");
	block_page_close(answers);
}

static bool is_same_view(const struct sysfs_view *some,
			 const struct sysfs_view *all, size_t first, size_t nr)
{
	return some->nr_blocks == nr &&
	       !memcmp(some->blocks, all->blocks + first,
		       nr * sizeof(*some->blocks));
}

/* A few memory blocks are read without the others. */
static void test_some(void)
{
	struct sysfs_view all, some;
	int id;

	if (!mkdtemp(root))
		return;
	for (id = 3; id < 12; id++)
		if (id != 7)
			put_block(id, id / 6, id % 4 ? "online" : "offline",
				  id % 4 ? "Movable" : "Normal Movable");
	put("proc/zoneinfo", "");
	eq("all memory blocks are read", sysfs_view_read(&all, root, PAGES), 0);
	eq("some are read", sysfs_view_read_some(&some, root, PAGES, 5, 4), 0);
	ok(is_same_view(&some, &all, 2, 3),
	   "  state, zone and node as with all, without one that is not there");
	sysfs_view_free(&some);
	eq("those that are not there",
	   sysfs_view_read_some(&some, root, PAGES, 20, 4), 0);
	eq("  are none", some.nr_blocks, 0);
	sysfs_view_free(&some);
	sysfs_view_free(&all);
	run("rm -rf %s", root);
}

int main(void)
{
	test_column();
	test_choice();
	test_questions();
	test_look();
	test_process();
	test_some();
	return ktap_done();
}
