// SPDX-License-Identifier: GPL-2.0
/*
 * What the page of the dashboard about a memory block says beyond its account: of a recording, and of a machine by the
 * process apart, which answers for this one.
 */
#include <poll.h>
#include <stdlib.h>

#include "answers/block_page.h"
#include "base/units.h"
#include "model_records.h"
#include "source/pages.h"

#define PATIENCE 60000 /* ms for the process to answer on a busy machine */

static struct block_answers *answers;
static char *text;

static const char *written(u64 number)
{
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	answers->write(answers, &model, block_at(number), out);
	fclose(out);
	return text;
}

static const struct source_info info = { .kind = SOURCE_EVENTS,
					 .page_bytes = 4096,
					 .block_bytes = 4096 * PAGES };

static void begin(void)
{
	model_init(&model, &info);
	take_snapshot(40, 1, MHP_HOSTING_BLOCK, MHP_STATE_ONLINE,
		      MHP_ZONE_MOVABLE);
	take_begin(40, 2, MHP_EVENT_mhp_offline_begin);
}

static void test_recording(void)
{
	u64 seq;

	begin();
	take_snapshot(41, 3, MHP_HOSTING_BLOCK, MHP_STATE_OFFLINE,
		      MHP_ZONE_NONE);
	eq_text("no operation has failed", written(41),
		"now      not known from a recording\n");
	take_blocker(40, 3);
	eq_text("an offline in progress", written(40),
		"now      not known from a recording\n"
		"why      offline has not ended, after 1.0us, stage migrate, pass 0\n"
		"page     pfn 0x140005: anon, order 0, references 0, mappings 0, migrated, but each pass found another one\n"
		"whose    not known from a recording\n"
		"do       Something holds this page: end or restart the process that pins it (a device passed through, RDMA, io_uring, a pipe), or interrupt the offline.\n");
	take_failed(40, 4, MHP_EVENT_mhp_offline_failed, MHP_REASON_UNMOVABLE,
		    -16);
	take_end(40, 5, MHP_EVENT_mhp_offline_end, -16);
	eq_text("one that failed", written(40),
		"now      not known from a recording\n"
		"why      offline failed after 3.0us: unmovable, stage migrate, pass 0\n"
		"page     pfn 0x140005: anon, order 0, references 0, mappings 0, migrated, but each pass found another one\n"
		"whose    not known from a recording\n"
		"do       A page cannot be moved: end what holds it, then try again.\n");
	for (seq = 6; seq < 6 + MODEL_LOG; seq++)
		take_begin(41, seq, MHP_EVENT_mhp_online_begin);
	eq_text("one whose events have left the log", written(40),
		"now      not known from a recording\n"
		"why      offline failed after 3.0us: unmovable, stage migrate, pass unknown\n"
		"page     pfn 0x140005: anon, order unknown, references unknown, mappings unknown, not migrated, error unknown\n"
		"whose    not known from a recording\n"
		"do       A page cannot be moved: end what holds it, then try again.\n");
	model_fini(&model);
}

static void test_refused(void)
{
	struct mhp_record r = { 0 };

	begin();
	r.p.mhp_refused = (struct mhp_mhp_refused){ .start_pfn = 40 * PAGES,
						    .nr_pages = PAGES,
						    .call = 4096 };
	take(&r, MHP_EVENT_mhp_refused, 3);
	take_failed(40, 4, MHP_EVENT_mhp_offline_failed, MHP_REASON_NOTIFIER,
		    -1);
	take_end(40, 5, MHP_EVENT_mhp_offline_end, -1);
	eq_text("a function refused, which is not in the log", written(40),
		"now      not known from a recording\n"
		"why      offline failed after 3.0us: notifier\n"
		"page     none was reported\n"
		"refused  unknown: only the machine of the recording can name it, until it reboots\n"
		"do       A driver refused, such as that of a device that owns the memory: take the memory away through that driver.\n");
	take_begin(40, 6, MHP_EVENT_mhp_offline_begin);
	take_failed(40, 7, MHP_EVENT_mhp_offline_failed, MHP_REASON_NOTIFIER,
		    -1);
	take_end(40, 8, MHP_EVENT_mhp_offline_end, -1);
	ok(strstr(written(40), "refused  unknown: the recording does not say"),
	   "the next time, which one did is unknown");
	model_fini(&model);
}

/* Whether there was an answer in time */
static bool wait_answer(void)
{
	struct pollfd fd = { .fd = answers->fd, .events = POLLIN };

	return poll(&fd, 1, PATIENCE) == 1 && answers->take(answers);
}

/* What this machine says of a memory block that no machine has does not matter here. */
static void test_apart(void)
{
	char before[sizeof("now      asking the machine\n")];
	int tries;

	begin();
	take_blocker(40, 3);
	snprintf(before, sizeof(before), "%s", written(40));
	eq_text("the machine, before it has answered", before,
		"now      asking the machine\n");
	ok(strstr(text, "\nwhose    asking the machine\n"),
	   "  nor who has the page");
	ok(wait_answer(), "the machine answers");
	ok(!strstr(written(40), "asking the machine") &&
		   strstr(text, "now      "),
	   "  and says whether the block can go");
	take_begin(42, 9, MHP_EVENT_mhp_online_begin);
	eq_text("another block", written(42),
		"now      asking the machine\n"
		"why      online has not ended, after 0ns\n");
	/* On a busy machine, a second question about the first block may come before. */
	for (tries = 0; tries < 3 && strstr(written(42), "asking the machine");
	     tries++)
		wait_answer();
	ok(!strstr(text, "asking the machine") && strstr(text, "now      "),
	   "  is answered, too");
	model_fini(&model);
}

static void test_flags(void)
{
	char buf[PAGE_FLAGS_TEXT_MAX];

	eq_text("flags of a page",
		page_flags_text(buf, 1ULL << PAGE_LRU | 1ULL << PAGE_MMAP |
					     1ULL << PAGE_ANON |
					     1ULL << PAGE_SWAPBACKED),
		"lru, mmap, anon, swapbacked");
	eq_text("of a reserved one",
		page_flags_text(buf, 1ULL << PAGE_RESERVED), "reserved");
	eq_text("one that has no name", page_flags_text(buf, 1ULL << 60 | 1),
		"locked, bit 60");
	eq_text("none", page_flags_text(buf, 0), "none");
	eq("all of them fit: the last one is there",
	   strcmp(strrchr(page_flags_text(buf, ~0ULL), ' '), " 63"), 0);
}

int main(void)
{
	answers = block_page_open(false);
	eq("of a recording nothing more will be known", answers->fd, -1);
	test_recording();
	test_refused();
	block_page_close(answers);
	answers = block_page_open(true);
	test_apart();
	block_page_close(answers);
	test_flags();
	free(text);
	return ktap_done();
}
