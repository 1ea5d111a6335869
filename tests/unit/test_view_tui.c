// SPDX-License-Identifier: GPL-2.0
/*
 * The dashboard without a terminal: division of the screen, line editor,
 * order of blocks, which events concern a block, the list of keys. The map's
 * cells are in test_view_tui_cells.c, the screen itself in tests/tui.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model/event_table.h"
#include "ktap.h"
#include "view/tui/tui.h"
#include "view/tui/keys.h"

#define BLOCK_PAGES 32768

/* Areas follow each other and fill the screen, whatever is asked for. */
static bool panes_fit(const struct tui_panes *panes)
{
	int i, y = panes->header.height;

	if (panes->header.y || panes->header.height < 2)
		return false;
	for (i = 0; i < TUI_NR_PANES; i++) {
		if (panes->pane[i].y != y || panes->pane[i].height < 0)
			return false;
		y += panes->pane[i].height;
	}
	return panes->footer.height == 1 && panes->footer.y == y &&
	       y + 1 == panes->rows && y > panes->header.height;
}

static void test_layout_sizes(void)
{
	struct tui_wishes wishes;
	struct tui_panes panes;
	int rows, bits, bad = 0, small = 0;

	for (rows = 1; rows <= 120; rows++) {
		for (bits = 0; bits < 8 * 3 * 3; bits++) {
			wishes = (struct tui_wishes){
				.map = bits & 1,
				.table = bits & 2,
				.alarm = bits & 4 ? rows % 7 : 0,
				.log = bits / 8 % 3,
				.ranges = bits / 24,
				.range_rows = rows % 5,
				.map_rows = rows % 9,
			};
			tui_layout(&panes, &wishes, rows, 80);
			if (panes.too_small)
				small++;
			else if (!panes_fit(&panes))
				bad++;
		}
	}
	eq("panes fill screens of any height", bad, 0);
	eq("too low screens are refused", small, (TUI_MIN_ROWS - 1) * 72);
	tui_layout(&panes, &wishes, TUI_MIN_ROWS, TUI_MIN_COLS - 1);
	ok(panes.too_small, "a too narrow screen is refused");
	tui_layout(&panes, &wishes, TUI_MIN_ROWS, TUI_MIN_COLS);
	ok(!panes.too_small, "the smallest one is not");
}

static void test_layout_wishes(void)
{
	struct tui_wishes wishes = { .map = true,
				     .table = true,
				     .map_rows = 3 };
	struct tui_panes panes;

	tui_layout(&panes, &wishes, 24, 80);
	eq("24 rows: header", panes.header.height, 4);
	eq("24 rows: map as high as it needs", panes.pane[TUI_MAP].height, 5);
	ok(panes.pane[TUI_TABLE].height >= 8,
	   "24 rows: a table of six rows at least");
	ok(panes.pane[TUI_LOG].height >= 4,
	   "24 rows: a log of three lines at least");
	wishes.map_rows = 1000;
	tui_layout(&panes, &wishes, 24, 80);
	ok(panes.pane[TUI_TABLE].height >= 6,
	   "a large map leaves room for a table");
	wishes.log = TUI_LOG_ALONE;
	tui_layout(&panes, &wishes, 24, 80);
	eq("log alone: it has all", panes.pane[TUI_LOG].height, 19);
	eq("log alone: next pane is itself", tui_layout_next(&panes, TUI_LOG),
	   TUI_LOG);
	wishes = (struct tui_wishes){ .log = TUI_LOG_HIDDEN, .map_rows = 3 };
	tui_layout(&panes, &wishes, 24, 80);
	eq("nothing wished for: the table", panes.pane[TUI_TABLE].height, 19);
	eq("Tab skips hidden panes", tui_layout_next(&panes, TUI_MAP),
	   TUI_TABLE);
}

/* Height of the ranges, and what is left for the table. */
static void ranges_are(const char *name, const struct tui_wishes *wishes,
		       int rows, int want)
{
	struct tui_panes panes;

	tui_layout(&panes, wishes, rows, 80);
	eq(name, panes.pane[TUI_RANGES].height, want);
	ok(!wishes->table || panes.pane[TUI_TABLE].height >= 4,
	   "  there is a table of two rows at least");
}

static void test_layout_ranges(void)
{
	struct tui_wishes wishes = {
		.map = true,
		.table = true,
		.map_rows = 3,
		.range_rows = 2,
	};
	struct tui_panes panes;
	int rows;

	ranges_are("29 rows: no ranges unless asked for", &wishes, 29, 0);
	ranges_are("30 rows: ranges, as high as they need", &wishes, 30, 4);
	wishes.range_rows = 0;
	ranges_are("30 rows: none if there are none", &wishes, 30, 0);
	wishes.ranges = TUI_RANGES_HIDDEN;
	wishes.range_rows = 2;
	ranges_are("30 rows: none if they are hidden", &wishes, 30, 0);
	wishes.ranges = TUI_RANGES_SHOWN;
	ranges_are("24 rows: ranges that are asked for", &wishes, 24, 4);
	wishes.range_rows = 0;
	ranges_are("24 rows: with a row to say that there are none", &wishes,
		   24, 3);
	wishes.range_rows = 1000;
	ranges_are("60 rows: no more than a third of what the map left",
		   &wishes, 60, 16);
	for (rows = TUI_MIN_ROWS; rows < 24; rows++) {
		tui_layout(&panes, &wishes, rows, 80);
		if (panes.pane[TUI_TABLE].height < 4 ||
		    panes.pane[TUI_RANGES].height == 1 ||
		    panes.pane[TUI_RANGES].height == 2)
			break;
	}
	eq("lower ones never starve the table", rows, 24);
	tui_layout(&panes, &wishes, 60, 80);
	eq("Tab: from the map to the ranges", tui_layout_next(&panes, TUI_MAP),
	   TUI_RANGES);
	eq("Tab: from the ranges to the table",
	   tui_layout_next(&panes, TUI_RANGES), TUI_TABLE);
	ranges_are("log alone: no ranges",
		   &(struct tui_wishes){ .log = TUI_LOG_ALONE,
					 .ranges = TUI_RANGES_SHOWN },
		   60, 0);
	ranges_are("nothing but ranges: they have all",
		   &(struct tui_wishes){ .log = TUI_LOG_HIDDEN,
					 .ranges = TUI_RANGES_SHOWN },
		   24, 19);
}

static void test_scroll(void)
{
	eq("no scrolling in sight", tui_layout_scroll(5, 7, 100, 10), 5);
	eq("up to the selected", tui_layout_scroll(5, 3, 100, 10), 3);
	eq("down to the selected", tui_layout_scroll(5, 15, 100, 10), 6);
	eq("nothing empty at the end", tui_layout_scroll(95, -1, 100, 10), 90);
	eq("a short list is at its top", tui_layout_scroll(3, 1, 5, 10), 0);
	eq("an empty list", tui_layout_scroll(3, -1, 0, 10), 0);
}

static void line_keys(struct tui_line *line, const char *text)
{
	while (*text)
		tui_line_insert(line, *text++);
}

static void test_line(void)
{
	struct tui_line line;
	int i;

	tui_line_set(&line, "");
	line_keys(&line, "state=off");
	tui_line_edit(&line, TUI_EDIT_HOME);
	tui_line_edit(&line, TUI_EDIT_DELETE);
	line_keys(&line, "S");
	tui_line_edit(&line, TUI_EDIT_END);
	line_keys(&line, "line zone=x");
	eq_text("typing in the middle and at the end", line.text,
		"State=offline zone=x");
	tui_line_edit(&line, TUI_EDIT_KILL_WORD);
	eq_text("a word goes", line.text, "State=offline ");
	tui_line_edit(&line, TUI_EDIT_KILL_WORD);
	eq_text("the spaces after a word go with it", line.text, "");
	tui_line_edit(&line, TUI_EDIT_BACKSPACE);
	tui_line_edit(&line, TUI_EDIT_DELETE);
	tui_line_edit(&line, TUI_EDIT_LEFT);
	eq("nothing happens to an empty line", line.len + line.at, 0);
	ok(!tui_line_insert(&line, 7), "control characters are refused");
	ok(!tui_line_insert(&line, 0xe4), "what is not ASCII is refused");
	for (i = 0; i < TUI_LINE_MAX; i++)
		tui_line_insert(&line, 'x');
	ok(!tui_line_insert(&line, 'y'), "a full line takes no more");
	eq("and keeps its length", strlen(line.text), TUI_LINE_MAX);
	tui_line_edit(&line, TUI_EDIT_LEFT);
	tui_line_edit(&line, TUI_EDIT_BACKSPACE);
	eq("backspace before the end", line.at, TUI_LINE_MAX - 2);
	tui_line_edit(&line, TUI_EDIT_KILL_LINE);
	eq_text("all of it goes", line.text, "");
}

static void test_bytes(void)
{
	char buf[UNITS_TEXT_MAX];

	eq_text("0", size_text(buf, 0), "0 B");
	eq_text("a page", size_text(buf, 4096), "4 KiB");
	eq_text("memmap of 9 GiB", size_text(buf, 36864ULL * 4096), "144 MiB");
	eq_text("9.9 GiB", size_text(buf, 10580787200ULL), "9.9 GiB");
	eq_text("never 1024 MiB", size_text(buf, (1ULL << 30) - 1), "1.0 GiB");
	eq_text("all there is", size_text(buf, ~0ULL), "16 EiB");
}

/* Blocks whose states repeat, so that there are many ties. */
static void model_fill(struct model *model, unsigned int nr)
{
	static const u8 states[] = { MHP_STATE_ONLINE, MHP_STATE_OFFLINE,
				     MHP_STATE_ONLINE };
	struct mhp_record record = {
		.event = MHP_EVENT_mhp_snapshot_block,
		.size = sizeof(record.p.mhp_snapshot_block),
	};
	unsigned int i;

	for (i = 0; i < nr; i++) {
		record.p.mhp_snapshot_block.start_pfn = (u64)i * BLOCK_PAGES;
		record.p.mhp_snapshot_block.nr_pages = BLOCK_PAGES;
		record.p.mhp_snapshot_block.state = states[i % 3];
		record.p.mhp_snapshot_block.zone = MHP_ZONE_MOVABLE;
		record.p.mhp_snapshot_block.hosting = MHP_HOSTING_BUDDY;
		record.p.mhp_snapshot_block.origin = MHP_ORIGIN_KERNEL;
		model_take(model, &record);
	}
}

static bool order_is_sorted(const struct block_order *order,
			    const struct model *model,
			    const struct column *column, int sign)
{
	const struct mhp_block *last = NULL, *block;
	size_t i;

	for (i = 0; i < order->nr; i++, last = block) {
		block = ledger_find_block(model->ledger, order->pfns[i]);
		if (last &&
		    sign * column_compare(column, model, last, block) >= 0)
			return false;
	}
	return true;
}

static void test_order(struct model *model)
{
	const struct column *state = column_find("state");
	struct block_filter *filter = NULL;
	struct block_order order = { 0 };
	char why[80];

	block_order_make(&order, model, NULL, false, NULL);
	eq("all blocks are listed", order.nr, 30);
	eq("by address without a column", order.pfns[29], 29 * BLOCK_PAGES);
	block_order_make(&order, model, state, false, NULL);
	ok(order_is_sorted(&order, model, state, 1),
	   "sorted by state, ties by address");
	eq("the first of the lowest state", order.pfns[0], BLOCK_PAGES);
	block_order_make(&order, model, state, true, NULL);
	ok(order_is_sorted(&order, model, state, -1), "reversed, ties too");
	eq("its first was the last", order.pfns[29], BLOCK_PAGES);
	eq("a filter that parses",
	   block_filter_parse(&filter, "state=offline", why, sizeof(why)), 0);
	block_order_make(&order, model, NULL, false, filter);
	eq("a filter leaves what matches", order.nr, 10);
	eq("a block is found", block_order_find(&order, 4 * BLOCK_PAGES), 1);
	eq("one that is filtered out is not", block_order_find(&order, 0), -1);
	block_filter_free(filter);
	block_order_free(&order);
}

static void test_events(void)
{
	struct mhp_record range = { .event = MHP_EVENT_mhp_add_begin };
	struct mhp_record page = { .event = MHP_EVENT_mhp_offline_blocker };
	struct mhp_record end = { .event = MHP_EVENT_mhp_offline_end };

	range.p.mhp_add_begin.start_pfn = 2 * BLOCK_PAGES;
	range.p.mhp_add_begin.nr_pages = 2 * BLOCK_PAGES;
	ok(tui_event_concerns(&range, 3 * BLOCK_PAGES, BLOCK_PAGES),
	   "a range is about its last block");
	ok(!tui_event_concerns(&range, 4 * BLOCK_PAGES, BLOCK_PAGES),
	   "and not about the one after");
	ok(!tui_event_concerns(&range, BLOCK_PAGES, BLOCK_PAGES),
	   "nor the one before");
	page.p.mhp_offline_blocker.pfn = BLOCK_PAGES + 5;
	ok(tui_event_concerns(&page, BLOCK_PAGES, BLOCK_PAGES),
	   "a page is about its block");
	ok(!tui_event_concerns(&page, 0, BLOCK_PAGES), "and no other");
	ok(tui_event_failed(&page), "what blocks is a failure");
	ok(!tui_event_failed(&end), "an end with 0 is none");
	end.p.mhp_block_end.ret = -16;
	ok(tui_event_failed(&end), "one with an error is");
}

static void test_keys(void)
{
#define X(action, keys, hint, what, ...) { keys, hint, what, { __VA_ARGS__ } },
	static const struct {
		const char *keys, *hint, *what;
		int codes[3];
	} list[] = { TUI_KEYS(X) };
#undef X
	size_t i, j, k, l, twice = 0, silent = 0;

	for (i = 0; i < sizeof(list) / sizeof(*list); i++) {
		silent += !*list[i].keys || !*list[i].what || !list[i].codes[0];
		for (j = 0; j < i; j++)
			for (k = 0; k < 3 && list[i].codes[k]; k++)
				for (l = 0; l < 3; l++)
					twice += list[i].codes[k] ==
						 list[j].codes[l];
	}
	eq("no key does two things", twice, 0);
	eq("each key is named and explained", silent, 0);
}

int main(void)
{
	struct source_info info = {
		.kind = SOURCE_EVENTS,
		.page_bytes = 4096,
		.block_bytes = BLOCK_PAGES * 4096,
	};
	struct model model;

	test_layout_sizes();
	test_layout_wishes();
	test_layout_ranges();
	test_scroll();
	test_line();
	test_bytes();
	if (model_init(&model, &info))
		return 1;
	model_fill(&model, 30);
	test_order(&model);
	model_fini(&model);
	test_events();
	test_keys();
	return ktap_done();
}
