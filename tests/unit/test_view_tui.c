// SPDX-License-Identifier: GPL-2.0
/*
 * The dashboard without a terminal: layout of the screen, line editor, order
 * of blocks, which events concern a block, the list of keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model/event_table.h"
#include "ktap.h"
#include "view/tui/state.h"
#include "view/tui/keys.h"

#define BLOCK_PAGES 32768

/* For any request, the areas are adjacent and fill the screen. */
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
	struct tui_request request;
	struct tui_panes panes;
	int rows, bits, bad = 0, small = 0;

	for (rows = 1; rows <= 120; rows++) {
		for (bits = 0; bits < 8 * 3 * 3; bits++) {
			request = (struct tui_request){
				.map = bits & 1,
				.table = bits & 2,
				.alarm = bits & 4 ? rows % 7 : 0,
				.log = bits / 8 % 3,
				.ranges = bits / 24,
				.range_rows = rows % 5,
				.map_rows = rows % 9,
			};
			tui_layout(&panes, &request, rows, 80);
			if (panes.too_small)
				small++;
			else if (!panes_fit(&panes))
				bad++;
		}
	}
	eq("panes fill a screen of any height", bad, 0);
	eq("screens with too few rows are refused", small,
	   (TUI_MIN_ROWS - 1) * 72);
	tui_layout(&panes, &request, TUI_MIN_ROWS, TUI_MIN_COLS - 1);
	ok(panes.too_small, "a screen with too few columns is refused");
	tui_layout(&panes, &request, TUI_MIN_ROWS, TUI_MIN_COLS);
	ok(!panes.too_small, "the minimum size is accepted");
}

static void test_layout_request(void)
{
	struct tui_request request = { .map = true,
				       .table = true,
				       .map_rows = 3 };
	struct tui_panes panes;

	tui_layout(&panes, &request, 24, 80);
	eq("24 rows: header", panes.header.height, 4);
	eq("24 rows: the map has the height it needs",
	   panes.pane[TUI_MAP].height, 5);
	ok(panes.pane[TUI_TABLE].height >= 8,
	   "24 rows: the table has at least six rows");
	ok(panes.pane[TUI_LOG].height >= 4,
	   "24 rows: the log has at least three lines");
	request.map_rows = 1000;
	tui_layout(&panes, &request, 24, 80);
	ok(panes.pane[TUI_TABLE].height >= 6,
	   "a large map leaves room for a table");
	request.log = TUI_LOG_ALONE;
	tui_layout(&panes, &request, 24, 80);
	eq("only the log: it fills the screen", panes.pane[TUI_LOG].height, 19);
	eq("only the log: the next pane is the log",
	   tui_layout_next(&panes, TUI_LOG), TUI_LOG);
	request = (struct tui_request){ .log = TUI_LOG_HIDDEN, .map_rows = 3 };
	tui_layout(&panes, &request, 24, 80);
	eq("nothing requested: the table is shown",
	   panes.pane[TUI_TABLE].height, 19);
	eq("Tab skips hidden panes", tui_layout_next(&panes, TUI_MAP),
	   TUI_TABLE);
	request.footer = 3;
	tui_layout(&panes, &request, 24, 80);
	eq("a message of three rows is at the bottom", panes.footer.y, 21);
	eq("  has three rows", panes.footer.height, 3);
	eq("  and the table two less", panes.pane[TUI_TABLE].height, 17);
	request.footer = 100;
	tui_layout(&panes, &request, 24, 80);
	eq("a message has half of the screen at most", panes.footer.height, 12);
}

/* The height of the ranges; the table must keep two rows. */
static void ranges_are(const char *name, const struct tui_request *request,
		       int rows, int want)
{
	struct tui_panes panes;

	tui_layout(&panes, request, rows, 80);
	eq(name, panes.pane[TUI_RANGES].height, want);
	ok(!request->table || panes.pane[TUI_TABLE].height >= 4,
	   "  the table has at least two rows");
}

static void test_layout_ranges(void)
{
	struct tui_request request = {
		.map = true,
		.table = true,
		.map_rows = 3,
		.range_rows = 2,
	};
	struct tui_panes panes;
	int rows;

	ranges_are("29 rows: no ranges by default", &request, 29, 0);
	ranges_are("30 rows: ranges by default, with the height they need",
		   &request, 30, 4);
	request.range_rows = 0;
	ranges_are("30 rows: no pane without ranges", &request, 30, 0);
	request.ranges = TUI_RANGES_HIDDEN;
	request.range_rows = 2;
	ranges_are("30 rows: no pane if it is hidden", &request, 30, 0);
	request.ranges = TUI_RANGES_SHOWN;
	ranges_are("24 rows: ranges on request", &request, 24, 4);
	request.range_rows = 0;
	ranges_are("24 rows: an empty pane has a row for a message", &request,
		   24, 3);
	request.range_rows = 1000;
	ranges_are("60 rows: at most a third of the space below the map",
		   &request, 60, 16);
	for (rows = TUI_MIN_ROWS; rows < 24; rows++) {
		tui_layout(&panes, &request, rows, 80);
		if (panes.pane[TUI_TABLE].height < 4 ||
		    panes.pane[TUI_RANGES].height == 1 ||
		    panes.pane[TUI_RANGES].height == 2)
			break;
	}
	eq("below 24 rows: the table always has two rows", rows, 24);
	tui_layout(&panes, &request, 60, 80);
	eq("Tab: from the map to the ranges", tui_layout_next(&panes, TUI_MAP),
	   TUI_RANGES);
	eq("Tab: from the ranges to the table",
	   tui_layout_next(&panes, TUI_RANGES), TUI_TABLE);
	ranges_are("only the log: no ranges",
		   &(struct tui_request){ .log = TUI_LOG_ALONE,
					  .ranges = TUI_RANGES_SHOWN },
		   60, 0);
	ranges_are("only ranges: they fill the screen",
		   &(struct tui_request){ .log = TUI_LOG_HIDDEN,
					  .ranges = TUI_RANGES_SHOWN },
		   24, 19);
}

static void test_scroll(void)
{
	eq("no scrolling if the selection is visible",
	   tui_layout_scroll(5, 7, 100, 10), 5);
	eq("scroll up to the selection", tui_layout_scroll(5, 3, 100, 10), 3);
	eq("scroll down to the selection", tui_layout_scroll(5, 15, 100, 10),
	   6);
	eq("no empty rows at the end", tui_layout_scroll(95, -1, 100, 10), 90);
	eq("a short list starts at its top", tui_layout_scroll(3, 1, 5, 10), 0);
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
	eq_text("Ctrl-W deletes a word", line.text, "State=offline ");
	tui_line_edit(&line, TUI_EDIT_KILL_WORD);
	eq_text("Ctrl-W deletes the spaces after a word, too", line.text, "");
	tui_line_edit(&line, TUI_EDIT_BACKSPACE);
	tui_line_edit(&line, TUI_EDIT_DELETE);
	tui_line_edit(&line, TUI_EDIT_LEFT);
	eq("editing keys do nothing on an empty line", line.len + line.at, 0);
	ok(!tui_line_insert(&line, 7), "control characters are refused");
	ok(!tui_line_insert(&line, 0xe4), "non-ASCII characters are refused");
	for (i = 0; i < TUI_LINE_MAX; i++)
		tui_line_insert(&line, 'x');
	ok(!tui_line_insert(&line, 'y'), "a full line refuses more characters");
	eq("a full line keeps its length", strlen(line.text), TUI_LINE_MAX);
	tui_line_edit(&line, TUI_EDIT_LEFT);
	tui_line_edit(&line, TUI_EDIT_BACKSPACE);
	eq("backspace before the end moves the cursor", line.at,
	   TUI_LINE_MAX - 2);
	tui_line_edit(&line, TUI_EDIT_KILL_LINE);
	eq_text("Ctrl-U deletes the line", line.text, "");
}

static void test_bytes(void)
{
	char buf[UNITS_TEXT_MAX];

	eq_text("0 bytes", size_text(buf, 0), "0 B");
	eq_text("a page", size_text(buf, 4096), "4 KiB");
	eq_text("memmap of 9 GiB", size_text(buf, 36864ULL * 4096), "144 MiB");
	eq_text("9.9 GiB", size_text(buf, 10580787200ULL), "9.9 GiB");
	eq_text("rounded up to the next unit", size_text(buf, (1ULL << 30) - 1),
		"1.0 GiB");
	eq_text("the largest value", size_text(buf, ~0ULL), "16 EiB");
}

/* Blocks in only a few states, so that sorting has many ties. */
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
	eq("without a column, sorted by address", order.pfns[29],
	   29 * BLOCK_PAGES);
	block_order_make(&order, model, state, false, NULL);
	ok(order_is_sorted(&order, model, state, 1),
	   "sorted by state, ties by address");
	eq("the first of the lowest state", order.pfns[0], BLOCK_PAGES);
	block_order_make(&order, model, state, true, NULL);
	ok(order_is_sorted(&order, model, state, -1),
	   "reversed, including ties");
	eq("reversed: the last block was the first", order.pfns[29],
	   BLOCK_PAGES);
	eq("the filter is valid",
	   block_filter_parse(&filter, "state=offline", why, sizeof(why)), 0);
	block_order_make(&order, model, NULL, false, filter);
	eq("only matching blocks are listed", order.nr, 10);
	eq("a block is found", block_order_find(&order, 4 * BLOCK_PAGES), 1);
	eq("a block that is filtered out is not found",
	   block_order_find(&order, 0), -1);
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
	   "an event of a range concerns its last block");
	ok(!tui_event_concerns(&range, 4 * BLOCK_PAGES, BLOCK_PAGES),
	   "  not the block after it");
	ok(!tui_event_concerns(&range, BLOCK_PAGES, BLOCK_PAGES),
	   "  not the block before it");
	page.p.mhp_offline_blocker.pfn = BLOCK_PAGES + 5;
	ok(tui_event_concerns(&page, BLOCK_PAGES, BLOCK_PAGES),
	   "an event of a page concerns its block");
	ok(!tui_event_concerns(&page, 0, BLOCK_PAGES), "  not another block");
	ok(tui_event_failed(&page), "a blocker is a failure");
	ok(!tui_event_failed(&end), "an end with 0 is not a failure");
	end.p.mhp_block_end.ret = -16;
	ok(tui_event_failed(&end), "an end with an error is a failure");
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
	eq("no key has two actions", twice, 0);
	eq("each key has a name, a code and a description", silent, 0);
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
	test_layout_request();
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
